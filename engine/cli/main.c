/* cli: the entry: finds the command, reads its options, gives its exit code. */
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/cli/cli.h"

const Command *const commands[COMMANDS] = {
#define COMMAND(name) &command_##name,
#include "engine/cli/command.def"
};

const Option common[] = {
    {"--json", NULL, "one JSON object a line", false},
    {"--lang", "en|zh", "language of messages", false},
    {"--no-color", NULL, "no colours (so does NO_COLOR)", false},
    {"--help", NULL, "this help", false},
    {NULL, NULL, NULL, false},
};

bool is_terminal(int fd) {
    return isatty(fd) != 0;
}

int terminal_columns(void) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    const char *columns = getenv("COLUMNS");
    int n = 0;
    for (const char *p = columns; p != NULL && *p >= '0' && *p <= '9' && n < 10000; p++)
        n = n * 10 + (*p - '0');
    return n > 0 ? n : 80;
}

int write_stream(void *stream, const char *bytes, size_t n) {
    return n == 0 || fwrite(bytes, 1, n, stream) == n ? 0 : 1;
}

RemitWriter to_stdout(void) {
    return (RemitWriter){stdout, write_stream};
}

RemitWriter to_stderr(void) {
    return (RemitWriter){stderr, write_stream};
}

int done(int code) {
    if (fflush(stdout) != 0 && code == REMIT_OK) {
        fprintf(stderr, "remit: the output cannot be written\n");
        return REMIT_FAILED;
    }
    return code;
}

int fail(const RemitError *error) {
    fflush(stdout);
    fprintf(stderr, "remit: %s\n", error->text);
    return (int)error->status;
}

int usage(const Args *args, const char *format, ...) {
    va_list list;
    fflush(stdout);
    fprintf(stderr, "remit %s: ", args->command);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fprintf(stderr, "\nTry: remit %s --help\n", args->command);
    return REMIT_CALL;
}

const char *arg(const Args *args, const char *name) {
    for (size_t i = 0; args->options[i].name != NULL; i++)
        if (strcmp(args->options[i].name, name) == 0)
            return args->values[i];
    return NULL;
}

size_t arg_list(const Args *args, const char *name, const char **out) {
    size_t n = 0;
    for (size_t i = 0; i < args->more_count; i++)
        if (strcmp(args->more_of[i]->name, name) == 0)
            out[n++] = args->more[i];
    return n;
}

bool arg_number(const Args *args, const char *name, size_t *out) {
    const char *text = arg(args, name);
    *out = 0;
    if (text == NULL)
        return true;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || *out > 1000000000000u) {
            usage(args, "%s: \"%s\" is not a whole number", name, text);
            return false;
        }
        *out = *out * 10 + (size_t)(*p - '0');
    }
    if (*text == '\0') {
        usage(args, "%s: a number is missing", name);
        return false;
    }
    return true;
}

/* ---- help */

static void help_options(const Option *options) {
    for (; options->name != NULL; options++) {
        char left[64];
        snprintf(left, sizeof left, "%s%s%s", options->name, options->value == NULL ? "" : " ",
                 options->value == NULL ? "" : options->value);
        printf("  %-26s %s\n", left, options->help);
    }
}

static int help_command(const Command *c) {
    printf("remit %s%s%s\n\n%s\n\n", c->name, *c->operands ? " " : "", c->operands, c->summary);
    help_options(c->options);
    help_options(common);
    return done(REMIT_OK);
}

static void first_line(const char *text) {
    size_t n = strcspn(text, "\n");
    printf("%.*s\n", (int)n, text);
}

static int help_all(void) {
    printf("remit: rules for duties, run and proved\n\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        printf("  %-11s", commands[i]->name);
        first_line(commands[i]->summary);
    }
    printf("\nremit COMMAND --help tells a command's options; remit --version the version.\n"
           "Exit codes: 0 done; 1 the policy or the data is at fault; 2 the call was wrong;\n"
           "3 the ledger or the system failed.\n");
    return done(REMIT_OK);
}

/* ---- options */

static const Option *option_find(const Option *options, const char *name, size_t n, size_t *at) {
    for (size_t i = 0; options[i].name != NULL; i++)
        if (strlen(options[i].name) == n && strncmp(options[i].name, name, n) == 0) {
            *at = i;
            return &options[i];
        }
    return NULL;
}

static int keep_more(Args *args, const Option *option, const char *value) {
    if (args->more_count >= CLI_PATHS)
        return usage(args, "%s is given more than %d times", option->name, CLI_PATHS);
    args->more_of[args->more_count] = option;
    args->more[args->more_count++] = value;
    return REMIT_OK;
}

static bool names_input(const Option *option) {
    return strcmp(option->name, "--policy") == 0 || strcmp(option->name, "--events") == 0 ||
           strcmp(option->name, "--feed") == 0;
}

static int keep_many(Args *args, const Option *option, const char *value) {
    if (!names_input(option))
        return keep_more(args, option, value);
    bool policy = strcmp(option->name, "--policy") == 0;
    size_t *n = policy ? &args->policy_count : &args->event_count;
    if (*n >= CLI_PATHS)
        return usage(args, "%s is given more than %d times", option->name, CLI_PATHS);
    if (strcmp(option->name, "--feed") == 0) {
        const char *equals = strchr(value, '=');
        if (equals == NULL || equals == value || equals[1] == '\0')
            return usage(args, "--feed: \"%s\" is not NAME=FILE", value);
        args->feeds[*n] = (RemitText){value, (size_t)(equals - value)};
        value = equals + 1;
    }
    (policy ? args->policies : args->events)[(*n)++] = value;
    return REMIT_OK;
}

static int common_option(Args *args, const Option *option, const char *value, bool *help) {
    if (strcmp(option->name, "--json") == 0) {
        args->look.format = REMIT_JSON;
    } else if (strcmp(option->name, "--no-color") == 0) {
        args->look.color = false;
    } else if (strcmp(option->name, "--help") == 0) {
        *help = true;
    } else if (strcmp(value, "zh") == 0 || strcmp(value, "en") == 0) {
        args->look.chinese = value[0] == 'z';
    } else {
        return usage(args, "--lang: \"%s\" is neither en nor zh", value);
    }
    return REMIT_OK;
}

static int unknown_option(Args *args, const char *word, size_t n) {
    const char *names[CLI_OPTIONS * 2];
    size_t count = 0;
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)n, word);
    for (const Option *o = args->options; o->name != NULL; o++)
        names[count++] = o->name;
    for (const Option *o = common; o->name != NULL; o++)
        names[count++] = o->name;
    int near = remit_nearest(name, names, count);
    if (near >= 0)
        return usage(args, "there is no option %s; did you mean %s?", name, names[near]);
    return usage(args, "there is no option %s", name);
}

/* One option, given as --name VALUE or --name=VALUE; *i moves over what was used. */
static int read_option(Args *args, int argc, char **argv, int *i, bool *help) {
    const char *word = argv[*i], *equals = strchr(word, '=');
    size_t n = equals == NULL ? strlen(word) : (size_t)(equals - word), at = 0;
    const Option *option = option_find(args->options, word, n, &at);
    bool own = option != NULL;
    if (!own)
        option = option_find(common, word, n, &at);
    if (option == NULL)
        return unknown_option(args, word, n);
    const char *value = "";
    if (option->value == NULL && equals != NULL)
        return usage(args, "%s takes no value", option->name);
    if (option->value != NULL) {
        bool may_lack = option->value[0] == '['; /* [VALUE]: may be left out */
        bool lacks =
            equals == NULL && (*i + 1 >= argc || (may_lack && strncmp(argv[*i + 1], "--", 2) == 0));
        if (lacks && !may_lack)
            return usage(args, "%s: a value is missing (%s)", option->name, option->value);
        value = lacks ? "" : equals != NULL ? equals + 1 : argv[++*i];
    }
    if (!own)
        return common_option(args, option, value, help);
    if (option->many)
        return keep_many(args, option, value);
    if (args->values[at] != NULL && option->value != NULL)
        return usage(args, "%s is given twice", option->name);
    args->values[at] = value;
    return REMIT_OK;
}

/* An option has a name: - alone is a file, and -2 hours an expression. */
static bool is_option(const char *word) {
    return word[0] == '-' && (word[1] == '-' || (word[1] >= 'A' && word[1] <= 'Z') ||
                              (word[1] >= 'a' && word[1] <= 'z'));
}

static int read_args(Args *args, int argc, char **argv, bool *help) {
    bool rest = false;
    for (int i = 2; i < argc; i++) {
        if (!rest && strcmp(argv[i], "--") == 0) {
            rest = true;
        } else if (!rest && strcmp(argv[i], "-h") == 0) {
            *help = true;
        } else if (!rest && is_option(argv[i])) {
            int code = read_option(args, argc, argv, &i, help);
            if (code != REMIT_OK)
                return code;
        } else if (args->path_count >= CLI_PATHS) {
            return usage(args, "more than %d operands", CLI_PATHS);
        } else {
            args->paths[args->path_count++] = argv[i];
        }
    }
    return REMIT_OK;
}

RemitPolicy *open_policy(const Args *args, const char *const *paths, size_t n, bool partial,
                         RemitWriter to, int *code) {
    RemitPolicyOptions options = {.paths = paths, .path_count = n, .partial = partial};
    RemitPolicy *policy;
    RemitError error;
    *code = (int)remit_policy_open(&options, &policy, &error);
    if (*code != REMIT_OK) {
        fail(&error);
        return NULL;
    }
    RemitLook look = args->look;
    bool terminal = is_terminal(to.ctx == (void *)stderr ? STDERR_FILENO : STDOUT_FILENO);
    look.color = look.color && terminal;
    look.wrapped = terminal;
    bool good = remit_policy_errors(policy) == 0;
    if (!good || arg(args, "--quiet") == NULL) /* its warnings are no news at each run */
        remit_policy_diagnostics(policy, &look, to, &error);
    if (good)
        return policy;
    remit_policy_close(policy);
    *code = REMIT_FAULT;
    return NULL;
}

static bool wants_color(void) {
    const char *no_color = getenv("NO_COLOR");
    return (no_color == NULL || *no_color == '\0') && is_terminal(STDOUT_FILENO);
}

/* ---- what may happen to the process */

/* A file that is not open where a standard stream should be would be the next one to be opened: a
 * ledger's, with output written into it. */
static void streams_open(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) != fd)
            _exit(REMIT_FAILED);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static void guard_ledger(void) { /* sanitizers say more */
}
#else
static void crashed(int signal) {
    static const char text[] =
        "remit: reading the ledger crashed: it is damaged, or remit has an error\n";
    (void)signal;
    ssize_t n = write(STDERR_FILENO, text, sizeof text - 1);
    (void)n;
    _exit(REMIT_FAILED);
}

/* LMDB trusts its pages. A large ledger is not looked through when it is opened, so that damage may
 * crash it; nothing is committed then. */
static void guard_ledger(void) {
    static char room[65536];
    stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
    struct sigaction action = {.sa_handler = crashed, .sa_flags = SA_ONSTACK};
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
    if (sigaltstack(&stack, NULL) != 0)
        return;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
}
#endif

const Command *command_find(const char *name) {
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int unknown_command(const char *name) {
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i]->name;
    int near = remit_nearest(name, names, COMMANDS);
    if (near >= 0)
        fprintf(stderr, "remit: there is no command \"%s\"; did you mean %s?\n", name, names[near]);
    else
        fprintf(stderr, "remit: there is no command \"%s\"; remit --help lists them\n", name);
    return REMIT_CALL;
}

int main(int argc, char **argv) {
    streams_open();
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        (strcmp(argv[1], "help") == 0 && argc == 2)) {
        int code = help_all();
        return argc < 2 ? REMIT_CALL : code;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("remit %s\n", remit_version());
        return done(REMIT_OK);
    }
    bool asks = strcmp(argv[1], "help") == 0;
    const Command *command = command_find(asks ? argv[2] : argv[1]);
    if (command == NULL)
        return unknown_command(asks ? argv[2] : argv[1]);
    Args args = {.program = argv[0], .command = command->name, .options = command->options};
    args.look.color = wants_color();
    args.look.columns = terminal_columns();
    bool help = asks;
    int code = asks ? REMIT_OK : read_args(&args, argc, argv, &help);
    if (code != REMIT_OK)
        return code;
    if (arg(&args, "--ledger") != NULL)
        guard_ledger();
    return help ? help_command(command) : command->run(&args);
}
