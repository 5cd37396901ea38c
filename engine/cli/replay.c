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

static int run_replay(Args *args) {
    bool quiet = arg(args, "--quiet") != NULL, json = args->look.format == REMIT_JSON;
    RemitReplayOptions o = {
        .ledger = arg(args, "--ledger"), .into = arg(args, "--into"), .place = getenv("TMPDIR")};
    if (o.ledger == NULL)
        return usage(args, "which ledger? --ledger DIR", "哪个账本？--ledger DIR");
    if (args->path_count > 0)
        return usage(args, "\"%s\" is not expected here", "这里不应有“%s”", args->paths[0]);
    if (!quiet && is_terminal(STDERR_FILENO))
        o.progress = show_progress;
    RemitReplay r;
    RemitError error;
    int code = (int)remit_replay(&o, &args->look, to_stdout(), &r, &error);
    if (code == REMIT_OK && (json || !quiet))
        print_replay(args, &r);
    return code == REMIT_OK ? done(args, code) : fail(args, &error);
}

const Command command_replay = {
    "replay",
    "--ledger DIR",
    "runs a journal's inputs again and compares what comes of them\n"
    "Into a fresh ledger, under the policy that the ledger holds: entry by entry, then the\n"
    "digests. The first difference is named, with exit code 1.",
    "重新运行日志中的输入，比较得出的结果\n"
    "在全新的账本中，用账本里的政策：先逐条比，再比摘要。指出第一处不同，以 1 退出。",
    replay_options,
    run_replay};
