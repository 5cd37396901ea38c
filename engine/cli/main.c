/* cli: the entry: finds the command, reads its options, gives its exit code. */
#include <fcntl.h>
#include <signal.h>
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
    {"--json", NULL, "one JSON object a line", "每行一个 JSON 对象", false},
    {"--lang", "en|zh", "language of messages (default: that of REMIT_LANG)",
     "信息所用的语言（默认取自 REMIT_LANG）", false},
    {"--no-color", NULL, "no colours (so does NO_COLOR)", "不用颜色（设 NO_COLOR 亦可）", false},
    {"--help", NULL, "this help", "本说明", false},
    {NULL, NULL, NULL, NULL, false},
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

size_t table_columns(void) {
    return is_terminal(STDOUT_FILENO) ? (size_t)terminal_columns() : 0;
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
            usage(args, "%s: \"%s\" is not a whole number", "%s：“%s”不是整数", name, text);
            return false;
        }
        *out = *out * 10 + (size_t)(*p - '0');
    }
    if (*text == '\0') {
        usage(args, "%s: a number is missing", "%s：缺少数字", name);
        return false;
    }
    return true;
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
        return usage(args, "%s is given more than %d times", "%s 给出了不止 %d 次", option->name,
                     CLI_PATHS);
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
        return usage(args, "%s is given more than %d times", "%s 给出了不止 %d 次", option->name,
                     CLI_PATHS);
    if (strcmp(option->name, "--feed") == 0) {
        const char *equals = strchr(value, '=');
        if (equals == NULL || equals == value || equals[1] == '\0')
            return usage(args, "--feed: \"%s\" is not NAME=FILE",
                         "--feed：“%s”不是 NAME=FILE 的写法", value);
        args->feeds[*n] = (RemitText){value, (size_t)(equals - value)};
        value = equals + 1;
    }
    (policy ? args->policies : args->events)[(*n)++] = value;
    return REMIT_OK;
}

static int common_option(Args *args, const Option *option, const char *value, bool *help) {
    if (strcmp(option->name, "--json") == 0) {
        set_format(args, REMIT_JSON);
    } else if (strcmp(option->name, "--no-color") == 0) {
        args->look.color = false;
    } else if (strcmp(option->name, "--help") == 0) {
        *help = true;
    } else if (strcmp(value, "zh") == 0 || strcmp(value, "en") == 0) {
        args->look.chinese = value[0] == 'z';
        args->language_given = true;
    } else {
        return usage(args, "--lang: \"%s\" is neither en nor zh",
                     "--lang：“%s”既不是 en，也不是 zh", value);
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
        return usage(args, "there is no option %s; did you mean %s?", "没有选项 %s；是不是 %s？",
                     name, names[near]);
    return usage(args, "there is no option %s", "没有选项 %s", name);
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
        return usage(args, "%s takes no value", "%s 不带值", option->name);
    if (option->value != NULL) {
        bool may_lack = option->value[0] == '['; /* [VALUE]: may be left out */
        bool lacks =
            equals == NULL && (*i + 1 >= argc || (may_lack && strncmp(argv[*i + 1], "--", 2) == 0));
        if (lacks && !may_lack)
            return usage(args, "%s: a value is missing (%s)", "%s：缺少值（%s）", option->name,
                         option->value);
        value = lacks ? "" : equals != NULL ? equals + 1 : argv[++*i];
    }
    if (!own)
        return common_option(args, option, value, help);
    if (option->many)
        return keep_many(args, option, value);
    if (args->values[at] != NULL && option->value != NULL)
        return usage(args, "%s is given twice", "%s 给出了两次", option->name);
    args->values[at] = value;
    return REMIT_OK;
}

/* An option has a name: - alone is a file, and -2 hours an expression. */
static bool is_option(const char *word) {
    return word[0] == '-' && (word[1] == '-' || (word[1] >= 'A' && word[1] <= 'Z') ||
                              (word[1] >= 'a' && word[1] <= 'z'));
}

static int read_args(Args *args, int argc, char **argv, int first, bool *help) {
    bool rest = false;
    for (int i = first; i < argc; i++) {
        if (!rest && strcmp(argv[i], "--") == 0) {
            rest = true;
        } else if (!rest && strcmp(argv[i], "-h") == 0) {
            *help = true;
        } else if (!rest && is_option(argv[i])) {
            int code = read_option(args, argc, argv, &i, help);
            if (code != REMIT_OK)
                return code;
        } else if (args->path_count >= CLI_PATHS) {
            return usage(args, "more than %d operands", "操作数多于 %d 个", CLI_PATHS);
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
        fail(args, &error);
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

RemitPolicy *open_required(const Args *args, int *code) {
    const char *keys[CLI_PATHS];
    size_t n = arg_list(args, "--require-signature", keys);
    RemitPolicy *policy =
        open_policy(args, args->policies, args->policy_count, false, to_stderr(), code);
    if (policy == NULL || n == 0)
        return policy;
    RemitError error;
    const char *path = args->policy_count == 1 ? args->policies[0] : NULL;
    *code = (int)remit_policy_signed(policy, path, keys, n, &error);
    if (*code == REMIT_OK)
        return policy;
    fail(args, &error);
    remit_policy_close(policy);
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
static void guard_ledger(const Args *args) { /* sanitizers say more */
    (void)args;
}
#else
_Noreturn static void end_crashed(const char *text, size_t size) {
    ssize_t n = write(STDERR_FILENO, text, size);
    (void)n;
    _exit(REMIT_FAILED);
}

static void crashed(int signal) {
    static const char text[] =
        "remit: reading the ledger crashed: it is damaged, or remit has an error\n";
    (void)signal;
    end_crashed(text, sizeof text - 1);
}

static void crashed_chinese(int signal) {
    static const char text[] = "remit: 读取账本时崩溃：账本已损坏，或 remit 有错误\n";
    (void)signal;
    end_crashed(text, sizeof text - 1);
}

/* LMDB trusts its pages. A large ledger is not looked through when it is opened, so that damage may
 * crash it; nothing is committed then. */
static void guard_ledger(const Args *args) {
    static char room[65536];
    stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
    struct sigaction action = {.sa_handler = args->look.chinese ? crashed_chinese : crashed,
                               .sa_flags = SA_ONSTACK};
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

static int unknown_command(const Args *args, const char *name) {
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i]->name;
    int near = remit_nearest(name, names, COMMANDS);
    return near >= 0
               ? complain(args, REMIT_CALL, "there is no command \"%s\"; did you mean %s?",
                          "没有命令“%s”；是不是 %s？", name, names[near])
               : complain(args, REMIT_CALL, "there is no command \"%s\"; remit --help lists them",
                          "没有命令“%s”；remit --help 列出所有命令", name);
}

/* ---- the call */

/* --lang, wherever it stands: what is wrong before it is told in its language, too. */
static void look_for_language(Args *args, int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const char *value = strncmp(argv[i], "--lang=", 7) == 0              ? argv[i] + 7
                            : strcmp(argv[i], "--lang") == 0 && i + 1 < argc ? argv[i + 1]
                                                                             : "";
        if (strcmp(value, "zh") == 0 || strcmp(value, "en") == 0) {
            args->look.chinese = value[0] == 'z';
            args->language_given = true;
        }
    }
}

int help_shown(Args *args, const Command *command) {
    return command == NULL ? help_all(args) : help_command(args, command);
}

/* What has to do with no command: `remit help`, `remit help COMMAND`. */
static int help_asked(Args *args, int argc, char **argv, int first) {
    bool help = false;
    int code = read_args(args, argc, argv, first, &help);
    if (code != REMIT_OK)
        return code;
    if (args->path_count > 1)
        return usage(args, "one command is taken", "只能给出一个命令");
    if (args->path_count == 0)
        return help_all(args);
    const Command *command = command_find(args->paths[0]);
    return command == NULL ? unknown_command(args, args->paths[0]) : help_command(args, command);
}

static int call(Args *args, int argc, char **argv, int first) {
    const Command *command = command_find(argv[first]);
    if (command == NULL)
        return unknown_command(args, argv[first]);
    args->command = command->name;
    args->options = command->options;
    bool help = false;
    int code = read_args(args, argc, argv, first + 1, &help);
    if (code != REMIT_OK)
        return code;
    if (help)
        return help_command(args, command);
    if (arg(args, "--ledger") != NULL)
        guard_ledger(args);
    return command->run(args);
}

/* Options of every command may stand before it; moves *i behind them. */
static int options_before(Args *args, int argc, char **argv, int *i, bool *help) {
    for (size_t at; *i < argc; ++*i) {
        const char *word = argv[*i];
        if (strcmp(word, "-h") == 0)
            *help = true;
        else if (option_find(common, word, strcspn(word, "="), &at) == NULL)
            return REMIT_OK;
        else if (read_option(args, argc, argv, i, help) != REMIT_OK)
            return REMIT_CALL;
    }
    return REMIT_OK;
}

int main(int argc, char **argv) {
    static const Option none[] = {{NULL, NULL, NULL, NULL, false}};
    Args args = {.program = argv[0], .command = "", .options = none};
    bool help = false;
    int first = 1;
    streams_open();
    args.look.color = wants_color();
    args.look.columns = terminal_columns();
    args.look.chinese = chinese_by_environment();
    look_for_language(&args, argc, argv);
    int code = options_before(&args, argc, argv, &first, &help);
    if (code != REMIT_OK)
        return code;
    if (help || first >= argc) {
        code = help_all(&args);
        return help ? code : REMIT_CALL;
    }
    if (strcmp(argv[first], "--version") == 0) {
        printf("remit %s\n", remit_version());
        return done(&args, REMIT_OK);
    }
    return strcmp(argv[first], "help") == 0 ? help_asked(&args, argc, argv, first + 1)
                                            : call(&args, argc, argv, first);
}
