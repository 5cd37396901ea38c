/* cli: remit feed. */
#include <stdio.h>
#include <string.h>

#include "engine/cli/cli.h"

static const Option feed_options[] = {
    {"--policy", "PATH", "files, folders or a bundle; may repeat", true},
    {"--source", "TEXT", "source of events where the feed says none", false},
    {"--strict", NULL, "exit 1 when rows were rejected", false},
    {"--quiet", NULL, "no summary", false},
    {NULL, NULL, NULL, false},
};

static uint64_t rejected_rows(const RemitSummary *s) {
    uint64_t n = 0;
    for (int i = 0; i < REMIT_REASONS; i++)
        n += s->rejected[i];
    return n;
}

static int run_feed(Args *args) {
    RemitText feeds[CLI_PATHS];
    if (args->policy_count == 0)
        return usage(args, "which policy? --policy PATH");
    if (args->path_count < 2)
        return usage(args, "which feed, and which file? remit feed NAME FILE --policy PATH");
    for (size_t i = 1; i < args->path_count; i++)
        feeds[i - 1] = (RemitText){args->paths[0], strlen(args->paths[0])};
    RemitDecideOptions o = {.events = args->paths + 1,
                            .feeds = feeds,
                            .event_count = args->path_count - 1,
                            .source = arg(args, "--source")};
    int code;
    RemitPolicy *policy =
        open_policy(args, args->policies, args->policy_count, false, to_stderr(), &code);
    if (policy == NULL)
        return code;
    RemitSummary summary;
    RemitError error;
    code = (int)remit_convert(policy, &o, to_stdout(), to_stderr(), &summary, &error);
    fflush(stdout);
    if (code != REMIT_OK)
        fail(&error);
    else if (arg(args, "--quiet") == NULL)
        fprintf(stderr, "%llu event%s, %llu row%s rejected\n", (unsigned long long)summary.events,
                summary.events == 1 ? "" : "s", (unsigned long long)rejected_rows(&summary),
                rejected_rows(&summary) == 1 ? "" : "s");
    remit_policy_close(policy);
    if (code == REMIT_OK && arg(args, "--strict") != NULL && rejected_rows(&summary) > 0)
        code = REMIT_FAULT;
    return done(code);
}

const Command command_feed = {
    "feed", "NAME FILE... --policy PATH",
    "prints the events that the policy's feed NAME makes of an export\n"
    "Events go to standard output as CloudEvents, one a line; rows that do not fit are told on\n"
    "standard error, with file, line and column. Nothing is kept.",
    feed_options, run_feed};
