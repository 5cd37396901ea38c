/* cli: remit retry. */
#include <stdio.h>
#include <string.h>

#include "engine/cli/cli.h"

static const Option retry_options[] = {
    {"--ledger", "DIR", "the ledger", "账本所在的文件夹", false},
    {"--policy", "PATH", "files, folders or a bundle; may repeat",
     "政策：文件、文件夹或编译包；可重复", true},
    {"--reason", "REASON", "only what was refused for it: malformed, schema, conflict, ...",
     "只取因此被拒收的：malformed、schema、conflict 等", false},
    {"--source", "TEXT", "only events of this source", "只取此来源的事件", false},
    {"--id", "TEXT", "only events of this id", "只取此编号的事件", false},
    {"--type", "TYPE", "only events of this type", "只取此类型的事件", false},
    {"--effects", "FILE", "keep FILE equal to the ledger's effects", "让 FILE 与账本的结果始终一致",
     false},
    {"--not-after", "INSTANT", "refuse events later than this", "拒收晚于此时间点的事件", false},
    {"--batch", "N", "rejects a commit (default 1,000)", "每次提交的条数（默认 1,000）", false},
    REQUIRE_SIGNATURE,
    {"--strict", NULL, "exit 1 when some were refused again", "有再次被拒收的，以 1 退出", false},
    {"--quiet", NULL, "do not tell what came of each", "不逐条说明结果", false},
    {NULL, NULL, NULL, NULL, false},
};

static bool reason_known(const char *reason) {
    for (int i = 0; i < REMIT_REASONS; i++)
        if (strcmp(reason, remit_reason(i)) == 0)
            return true;
    return false;
}

static int run_retry(Args *args) {
    RemitRetryOptions o = {.ledger = arg(args, "--ledger"),
                           .reason = arg(args, "--reason"),
                           .source = arg(args, "--source"),
                           .id = arg(args, "--id"),
                           .type = arg(args, "--type"),
                           .not_after = arg(args, "--not-after"),
                           .effects = arg(args, "--effects")};
    bool quiet = arg(args, "--quiet") != NULL;
    if (o.ledger == NULL)
        return usage(args, "which ledger? --ledger DIR", "哪个账本？--ledger DIR");
    if (args->policy_count == 0)
        return usage(args, "which policy? --policy PATH", "哪个政策？--policy PATH");
    if (args->path_count > 0)
        return usage(args, "\"%s\" is not expected here", "这里不应有“%s”", args->paths[0]);
    if (o.reason != NULL && !reason_known(o.reason))
        return usage(
            args,
            "--reason: \"%s\" is none of malformed, schema, conflict, late, future, "
            "authority, failed",
            "--reason：“%s”不是 malformed、schema、conflict、late、future、authority、failed 之一",
            o.reason);
    if (!arg_number(args, "--batch", &o.batch))
        return REMIT_CALL;
    int code;
    RemitPolicy *policy = open_required(args, &code);
    if (policy == NULL)
        return code;
    if (o.effects == NULL)
        o.to = to_stdout();
    RemitRetrySummary s;
    RemitError error;
    RemitWriter none = {0};
    code = (int)remit_retry(policy, &o, &args->look, quiet ? none : to_stderr(), &s, &error);
    fflush(stdout);
    if (code != REMIT_OK)
        fail(args, &error);
    else if (!quiet && args->look.format != REMIT_JSON)
        fprintf(stderr,
                args->look.chinese
                    ? "拒收的  重试 %llu，收下 %llu，已经在内 %llu，再次拒收 %llu\n"
                    : "rejects  %llu tried, %llu taken, %llu in already, %llu refused again\n",
                (unsigned long long)s.tried, (unsigned long long)s.taken,
                (unsigned long long)s.known, (unsigned long long)s.refused);
    remit_policy_close(policy);
    if (code == REMIT_OK && arg(args, "--strict") != NULL && s.refused > 0)
        code = REMIT_FAULT;
    return done(args, code);
}

const Command command_retry = {
    "retry",
    "--ledger DIR --policy PATH",
    "takes kept rejects again\n"
    "What is taken now is marked and not tried again; what is refused again changes nothing.\n"
    "Effects go to standard output as from run; what came of each reject is told on standard\n"
    "error.",
    "重新收取被拒收的事件\n"
    "这次收下的作上标记，不再重试；再次被拒收的不改变任何记录。\n"
    "结果与 run 一样写到标准输出；每条怎么样了，写到标准错误。",
    retry_options,
    run_retry};
