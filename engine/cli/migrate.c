/* cli: remit migrate. */
#include <stdio.h>

#include "engine/cli/cli.h"

static const Option migrate_options[] = {
    {"--ledger", "DIR", "the ledger", "账本所在的文件夹", false},
    {"--actor", "WHO", "who asks for it: kept in the journal", "由谁提出：记入日志", false},
    {"--dry-run", NULL, "say what would move, and change nothing", "只说明会如何变动，不作改动",
     false},
    {NULL, NULL, NULL, NULL, false},
};

static int run_migrate(Args *args) {
    RemitMigrateOptions o = {.ledger = arg(args, "--ledger"),
                             .actor = arg(args, "--actor"),
                             .dry = arg(args, "--dry-run") != NULL,
                             .duty = args->path_count > 0 ? args->paths[0] : NULL,
                             .key = args->path_count > 1 ? args->paths + 1 : NULL,
                             .key_count = args->path_count > 1 ? args->path_count - 1 : 0};
    if (o.ledger == NULL)
        return usage(args, "which ledger? --ledger DIR", "哪个账本？--ledger DIR");
    RemitError error;
    int code = (int)remit_migrate(&o, &args->look, to_stdout(), &error);
    return code == REMIT_OK ? done(args, code) : fail(args, &error);
}

const Command command_migrate = {
    "migrate",
    "[DUTY [KEY...]] --ledger DIR",
    "moves running duties to the newest version of the policy\n"
    "Those that began under an older version get the deadline, clauses and rungs that the newest\n"
    "one has for what raised them. What was done stays; rungs that are past are not made up for.\n"
    "Each is told, with its deadline before and now, or why it stays.",
    "把进行中的职责转入政策的最新版本\n"
    "按旧版本开始的职责，改用最新版本对其起因所定的期限、条款和级次。已做的保留；\n"
    "已过时刻的级次不补发。逐项列出原期限、新期限，或不变的原因。",
    migrate_options,
    run_migrate};
