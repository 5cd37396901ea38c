/* cli: remit replay. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/cli/cli.h"

static const Option replay_options[] = {
    {"--ledger", "DIR", "the ledger", "账本所在的文件夹", false},
    {"--into", "DIR", "keep what comes of it as a ledger there (default: nothing stays)",
     "把结果作为账本留在那里（默认不留）", false},
    {"--policy", "PATH", "what would have been under this one: files, folders or a bundle",
     "假如按此政策运行会怎样：文件、文件夹或政策包", true},
    {"--each", NULL, "with --policy: each duty that differs, too",
     "配合 --policy：再逐项列出不同的职责", false},
    {"--quiet", NULL, "no progress and no summary", "不输出进度和汇总", false},
    {NULL, NULL, NULL, NULL, false},
};

static int show_progress(void *ctx, uint64_t done, uint64_t of) {
    (void)ctx;
    fprintf(stderr, "\r%3d%%", of == 0 ? 100 : (int)(done * 100 / of));
    if (done >= of)
        fputs("\r    \r", stderr);
    fflush(stderr);
    return 1;
}

static void print_replay(const Args *args, const RemitReplay *r) {
    if (args->look.format == REMIT_JSON)
        printf(
            "{\"inputs\":%llu,\"entries\":%llu,\"same\":%s,\"digest\":\"%s\",\"again\":\"%s\"}\n",
            (unsigned long long)r->inputs, (unsigned long long)r->entries,
            r->same ? "true" : "false", r->digest, r->again);
    else if (r->same)
        printf(args->look.chinese
                   ? "重新运行 %llu 条输入：%llu 条日志全都相同\n摘要  %s\n"
                   : "%llu inputs again: all %llu entries are the same\ndigest  %s\n",
               (unsigned long long)r->inputs, (unsigned long long)r->entries, r->digest);
}

/* Tables one after the other, an empty line between them. */
typedef struct Tables {
    Grid grid;
    bool any;
} Tables;

static int tables_begin(void *ctx, const RemitText *columns, size_t n) {
    Tables *t = ctx;
    grid_print(&t->grid);
    if (t->any)
        putchar('\n');
    t->any = true;
    t->grid = (Grid){.room = table_columns()};
    RemitTable table = grid_table(&t->grid);
    return table.begin(table.ctx, columns, n);
}

static int tables_row(void *ctx, const RemitText *cells, size_t n) {
    Tables *t = ctx;
    RemitTable table = grid_table(&t->grid);
    return table.row(table.ctx, cells, n);
}

static RemitReplayOptions options_of(const Args *args) {
    bool shown = arg(args, "--quiet") == NULL && is_terminal(STDERR_FILENO);
    return (RemitReplayOptions){.ledger = arg(args, "--ledger"),
                                .into = arg(args, "--into"),
                                .place = getenv("TMPDIR"),
                                .progress = shown ? show_progress : NULL};
}

/* Under another policy. */
static int run_what_if(Args *args) {
    RemitWhatIfOptions o = {.replay = options_of(args), .each = arg(args, "--each") != NULL};
    int code;
    RemitPolicy *policy =
        open_policy(args, args->policies, args->policy_count, false, to_stderr(), &code);
    if (policy == NULL)
        return code;
    Tables tables = {0};
    RemitError error;
    code = (int)remit_what_if(policy, &o, &args->look,
                              (RemitTable){&tables, tables_begin, tables_row}, to_stdout(), &error);
    grid_print(&tables.grid);
    remit_policy_close(policy);
    return code == REMIT_OK ? done(args, code) : fail(args, &error);
}

static int run_replay(Args *args) {
    bool quiet = arg(args, "--quiet") != NULL, json = args->look.format == REMIT_JSON;
    RemitReplayOptions o = options_of(args);
    if (o.ledger == NULL)
        return usage(args, "which ledger? --ledger DIR", "哪个账本？--ledger DIR");
    if (args->path_count > 0)
        return usage(args, "\"%s\" is not expected here", "这里不应有“%s”", args->paths[0]);
    if (args->policy_count > 0)
        return run_what_if(args);
    if (arg(args, "--each") != NULL)
        return usage(args, "--each goes with --policy", "--each 须与 --policy 同用");
    RemitReplay r;
    RemitError error;
    int code = (int)remit_replay(&o, &args->look, to_stdout(), &r, &error);
    if (code == REMIT_OK && (json || !quiet))
        print_replay(args, &r);
    return code == REMIT_OK ? done(args, code) : fail(args, &error);
}

const Command command_replay = {
    "replay",
    "--ledger DIR [--policy PATH]",
    "runs a journal's inputs again and compares what comes of them\n"
    "Into a fresh ledger, under the policy that the ledger holds: entry by entry, then the\n"
    "digests. The first difference is named, with exit code 1.\n"
    "With --policy the inputs run under another one, and both are held against each other:\n"
    "duties, who owes them, what was said, the money in it.",
    "重新运行日志中的输入，比较得出的结果\n"
    "在全新的账本中，用账本里的政策：先逐条比，再比摘要。指出第一处不同，以 1 退出。\n"
    "加 --policy 则按另一政策运行，再与原先对比：职责、负责人、结果及其中的金额。",
    replay_options,
    run_replay};
