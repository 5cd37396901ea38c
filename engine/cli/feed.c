/* cli: remit feed. */
#include <stdio.h>
#include <string.h>

#include "engine/cli/cli.h"

static const Option feed_options[] = {
    {"--policy", "PATH", "files, folders or a bundle; may repeat",
     "政策：文件、文件夹或编译包；可重复", true},
    {"--source", "TEXT", "source of events where the feed says none",
     "导入没有写明来源时，来源记为此", false},
    {"--strict", NULL, "exit 1 when rows were rejected", "有行被拒收时以 1 退出", false},
    {"--quiet", NULL, "no summary", "不输出汇总", false},
    {NULL, NULL, NULL, NULL, false},
};

static uint64_t rejected_rows(const RemitSummary *s) {
    uint64_t n = 0;
    for (int i = 0; i < REMIT_REASONS; i++)
        n += s->rejected[i];
    return n;
}

static void put_counts(const Args *args, uint64_t events, uint64_t rejected) {
    if (args->look.chinese)
        fprintf(stderr, "%llu 个事件，拒收 %llu 行\n", (unsigned long long)events,
                (unsigned long long)rejected);
    else
        fprintf(stderr, "%llu event%s, %llu row%s rejected\n", (unsigned long long)events,
                events == 1 ? "" : "s", (unsigned long long)rejected, rejected == 1 ? "" : "s");
}

static int run_feed(Args *args) {
    RemitText feeds[CLI_PATHS];
    if (args->policy_count == 0)
        return usage(args, "which policy? --policy PATH", "哪个政策？--policy PATH");
    if (args->path_count < 2)
        return usage(args, "which feed, and which file? remit feed NAME FILE --policy PATH",
                     "哪个导入、哪个文件？remit feed NAME FILE --policy PATH");
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
        fail(args, &error);
    else if (arg(args, "--quiet") == NULL)
        put_counts(args, summary.events, rejected_rows(&summary));
    remit_policy_close(policy);
    if (code == REMIT_OK && arg(args, "--strict") != NULL && rejected_rows(&summary) > 0)
        code = REMIT_FAULT;
    return done(args, code);
}

const Command command_feed = {
    "feed",
    "NAME FILE... --policy PATH",
    "prints the events that the policy's feed NAME makes of an export\n"
    "Events go to standard output as CloudEvents, one a line; rows that do not fit are told on\n"
    "standard error, with file, line and column. Nothing is kept.",
    "输出政策中名为 NAME 的导入由文件得出的事件\n"
    "事件以 CloudEvents 写到标准输出，每行一个；不合要求的行写到标准错误，\n"
    "附文件、行、列。不留记录。",
    feed_options,
    run_feed};
