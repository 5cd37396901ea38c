/* cli: remit fmt. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/cli/cli.h"

static const Option fmt_options[] = {
    {"--check", NULL, "change nothing: list the files that would change, and end with 1", false},
    {"--diff", NULL, "change nothing: print what would change", false},
    {"--keywords", "en|zh|keep", "the language of keywords, units and operators (default: keep)",
     false},
    {NULL, NULL, NULL, false},
};

typedef struct Fmt {
    bool list, stream; /* stream: to standard output */
    size_t changed;
} Fmt;

static int take_formatted(void *ctx, RemitText path, RemitText after, bool changed) {
    Fmt *fmt = ctx;
    fmt->changed += changed;
    if (fmt->list && changed)
        printf("%.*s\n", (int)path.size, path.data);
    return fmt->stream ? write_stream(stdout, after.data, after.size) : 0;
}

static bool read_keywords(const Args *args, RemitKeywords *out) {
    const char *word = arg(args, "--keywords");
    *out = REMIT_KEYWORDS_KEPT;
    if (word == NULL || strcmp(word, "keep") == 0)
        return true;
    *out = strcmp(word, "zh") == 0 ? REMIT_KEYWORDS_CHINESE : REMIT_KEYWORDS_ENGLISH;
    if (strcmp(word, "zh") == 0 || strcmp(word, "en") == 0)
        return true;
    usage(args, "--keywords: \"%s\" is none of en, zh, keep", word);
    return false;
}

static int run_fmt(Args *args) {
    static const char *const stream[] = {"-"};
    bool check = arg(args, "--check") != NULL, diff = arg(args, "--diff") != NULL;
    bool none = args->path_count == 0;
    Fmt fmt = {.list = check && !diff};
    RemitFormatOptions options = {.paths = none ? stream : args->paths,
                                  .path_count = none ? 1 : args->path_count,
                                  .formatted = take_formatted,
                                  .ctx = &fmt};
    if (!read_keywords(args, &options.keywords))
        return REMIT_CALL;
    bool streams = strcmp(options.paths[0], "-") == 0;
    if (streams && options.path_count > 1)
        return usage(args, "- is standard input: give it alone");
    fmt.stream = streams && !check && !diff;
    options.write = !streams && !check && !diff;
    if (diff)
        options.diff = to_stdout();
    RemitError error;
    RemitLook look = args->look;
    look.wrapped = is_terminal(STDERR_FILENO);
    look.color = look.color && look.wrapped;
    int code = (int)remit_format(&options, &look, to_stderr(), &error);
    if (code > REMIT_FAULT)
        return fail(&error);
    return done(code == REMIT_OK && check && fmt.changed > 0 ? REMIT_FAULT : code);
}

const Command command_fmt = {
    "fmt", "[PATH...]",
    "lays policies out: one form, in place\n"
    "PATHs are files or folders (all *.remit in them). Without any, or with -, it goes from\n"
    "standard input to standard output. What a policy means, its remarks and its names stay.",
    fmt_options, run_fmt};
