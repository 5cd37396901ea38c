/* cli: remit adopt. */
#include <stdio.h>

#include "engine/cli/cli.h"

static const Option adopt_options[] = {
    {"--ledger", "DIR", "the ledger", "账本所在的文件夹", false},
    {"--policy", "PATH", "the new version: files, folders or a bundle",
     "新版本：文件、文件夹或政策包", true},
    {"--from", "WHEN", "from when it applies: an instant or a date (default: from now on)",
     "何时生效：时刻或日期（默认即时）", false},
    REQUIRE_SIGNATURE,
    {"--dry-run", NULL, "say what would change, and change nothing", "只说明会有何变化，不作改动",
     false},
    {NULL, NULL, NULL, NULL, false},
};

static int run_adopt(Args *args) {
    RemitAdoptOptions o = {.ledger = arg(args, "--ledger"),
                           .from = arg(args, "--from"),
                           .dry = arg(args, "--dry-run") != NULL};
    if (o.ledger == NULL)
        return usage(args, "which ledger? --ledger DIR", "哪个账本？--ledger DIR");
    if (args->policy_count == 0)
        return usage(args, "which policy? --policy PATH", "哪个政策？--policy PATH");
    if (args->path_count > 0)
        return usage(args, "\"%s\" is not expected here", "这里不应有“%s”", args->paths[0]);
    int code;
    RemitPolicy *policy = open_required(args, &code);
    if (policy == NULL)
        return code;
    RemitError error;
    code = (int)remit_adopt(policy, &o, &args->look, to_stdout(), &error);
    remit_policy_close(policy);
    return code == REMIT_OK ? done(args, code) : fail(args, &error);
}

const Command command_adopt = {
    "adopt",
    "--ledger DIR --policy PATH [--from WHEN]",
    "lets a ledger go on under a new version of its policy\n"
    "From an instant on what is new arises under the new version; what runs ends as it began,\n"
    "under its own. All stays in one journal. What changes is listed.",
    "让账本改用政策的新版本\n"
    "自某一时刻起，新产生的按新版本；已在进行的按原版本结束。全部留在同一份日志里。\n"
    "列出有何变化。",
    adopt_options,
    run_adopt};
