/* cli: remit fmt. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/cli/cli.h"

static const Option fmt_options[] = {
    {"--check", NULL, "change nothing: list the files that would change, and end with 1",
     "不改文件：列出会改动的文件，有则以 1 退出", false},
    {"--diff", NULL, "change nothing: print what would change", "不改文件：输出会有的改动", false},
    {"--keywords", "en|zh|keep", "the language of keywords, units and operators (default: keep)",
     "关键字、单位和运算符的语言（默认 keep：不变）", false},
    {"--names", "alias|name|keep",
     "how declared things are named: by labels that are names, or by names (default: keep)",
     "所声明之物的写法：以可作名称的标签，或以名称（默认 keep：不变）", false},
    {NULL, NULL, NULL, NULL, false},
};

typedef struct Fmt {
    bool list, stream; /* stream: to standard output */
    size_t changed;
    const Args *args;
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
    usage(args, "--keywords: \"%s\" is none of en, zh, keep",
          "--keywords：“%s”不是 en、zh、keep 之一", word);
    return false;
}

static bool read_names(const Args *args, RemitNaming *out) {
    const char *word = arg(args, "--names");
    *out = REMIT_NAMES_KEPT;
    if (word == NULL || strcmp(word, "keep") == 0)
        return true;
    *out = strcmp(word, "alias") == 0 ? REMIT_NAMES_BY_ALIAS : REMIT_NAMES_BY_NAME;
    if (strcmp(word, "alias") == 0 || strcmp(word, "name") == 0)
        return true;
    usage(args, "--names: \"%s\" is none of alias, name, keep",
          "--names：“%s”不是 alias、name、keep 之一", word);
    return false;
}

static int tell_stays(void *ctx, RemitText path, unsigned line, unsigned column, RemitText name,
                      RemitText other) {
    const Fmt *fmt = ctx;
    return complain(fmt->args, 0, "%.*s:%u:%u: %.*s stays: %.*s would mean something else here",
                    "%.*s:%u:%u：%.*s 不变：%.*s 在此处另有所指", (int)path.size, path.data, line,
                    column, (int)name.size, name.data, (int)other.size, other.data);
}

static int run_fmt(Args *args) {
    static const char *const stream[] = {"-"};
    bool check = arg(args, "--check") != NULL, diff = arg(args, "--diff") != NULL;
    bool none = args->path_count == 0;
    Fmt fmt = {.list = check && !diff, .args = args};
    RemitFormatOptions options = {.paths = none ? stream : args->paths,
                                  .path_count = none ? 1 : args->path_count,
                                  .formatted = take_formatted,
                                  .stays = tell_stays,
                                  .ctx = &fmt};
    if (!read_keywords(args, &options.keywords) || !read_names(args, &options.names))
        return REMIT_CALL;
    bool streams = strcmp(options.paths[0], "-") == 0;
    if (streams && options.path_count > 1)
        return usage(args, "- is standard input: give it alone", "- 是标准输入：请单独给出");
    if (none && is_terminal(STDIN_FILENO))
        fprintf(stderr, "%s\n",
                args->look.chinese
                    ? "remit fmt：从标准输入读取政策，以 Ctrl-D 结束"
                    : "remit fmt: the policy is read from standard input; Ctrl-D ends it");
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
        return fail(args, &error);
    return done(args, code == REMIT_OK && check && fmt.changed > 0 ? REMIT_FAULT : code);
}

const Command command_fmt = {
    "fmt",
    "[PATH...]",
    "lays policies out: one form, in place\n"
    "PATHs are files or folders (all *.remit in them). Without any, or with -, it goes from\n"
    "standard input to standard output. What a policy means, its remarks and its names stay.\n"
    "With --names the PATHs are one policy, which must be free of errors.",
    "整理政策的排版：统一格式，直接改写\n"
    "PATH 是文件或文件夹（其中所有 *.remit）。不给出或写 - 时，从标准输入读，\n"
    "写到标准输出。政策的含义、备注和名称都不变。\n"
    "用 --names 时，各 PATH 合为一个政策，须没有错误。",
    fmt_options,
    run_fmt};
