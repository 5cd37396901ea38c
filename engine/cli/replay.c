/* cli: remit replay. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/cli/cli.h"

static const Option replay_options[] = {
    {"--ledger", "DIR", "the ledger", false},
    {"--into", "DIR", "keep what comes of it as a ledger there (default: nothing stays)", false},
    {"--quiet", NULL, "no progress and no summary", false},
    {NULL, NULL, NULL, false},
};

static int show_progress(void *ctx, uint64_t done, uint64_t of) {
    (void)ctx;
    fprintf(stderr, "\r%3d%%", of == 0 ? 100 : (int)(done * 100 / of));
    if (done >= of)
        fputs("\r    \r", stderr);
    fflush(stderr);
    return 1;
}

static void print_replay(const RemitReplay *r, bool json) {
    if (json)
        printf(
            "{\"inputs\":%llu,\"entries\":%llu,\"same\":%s,\"digest\":\"%s\",\"again\":\"%s\"}\n",
            (unsigned long long)r->inputs, (unsigned long long)r->entries,
            r->same ? "true" : "false", r->digest, r->again);
    else if (r->same)
        printf("%llu inputs again: all %llu entries are the same\ndigest  %s\n",
               (unsigned long long)r->inputs, (unsigned long long)r->entries, r->digest);
}

static int run_replay(Args *args) {
    bool quiet = arg(args, "--quiet") != NULL, json = args->look.format == REMIT_JSON;
    RemitReplayOptions o = {
        .ledger = arg(args, "--ledger"), .into = arg(args, "--into"), .place = getenv("TMPDIR")};
    if (o.ledger == NULL)
        return usage(args, "which ledger? --ledger DIR");
    if (args->path_count > 0)
        return usage(args, "\"%s\" is not expected here", args->paths[0]);
    if (!quiet && is_terminal(STDERR_FILENO))
        o.progress = show_progress;
    RemitReplay r;
    RemitError error;
    int code = (int)remit_replay(&o, &args->look, to_stdout(), &r, &error);
    if (code == REMIT_OK && (json || !quiet))
        print_replay(&r, json);
    return code == REMIT_OK ? done(code) : fail(&error);
}

const Command command_replay = {
    "replay", "--ledger DIR",
    "runs a journal's inputs again and compares what comes of them\n"
    "Into a fresh ledger, under the policy that the ledger holds: entry by entry, then the\n"
    "digests. The first difference is named, with exit code 1.",
    replay_options, run_replay};
