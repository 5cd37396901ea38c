/* cli: remit backup and remit restore. */
#include "engine/cli/cli.h"

static const Option backup_options[] = {
    {"--ledger", "DIR", "the ledger", "账本所在的文件夹", false},
    {"--to", "PATH", "the backup: a file that is not there yet, or a folder for it",
     "备份：尚不存在的文件，或存放它的文件夹", false},
    {NULL, NULL, NULL, NULL, false},
};

static const Option restore_options[] = {
    {"--from", "FILE", "the backup", "备份文件", false},
    {"--ledger", "DIR", "the folder for the ledger: none is there yet",
     "账本的文件夹，其中尚无账本", false},
    {"--rebuild", NULL, "the tables anew from the journal, which must be whole",
     "由日志重建各表，日志须完整", false},
    {"--quick", NULL, "read all values, but do not hold them against each other",
     "只读取各值，不互相核对", false},
    {NULL, NULL, NULL, NULL, false},
};

static int run_with(Args *args, const char *file,
                    RemitStatus (*what)(const RemitBackupOptions *, const RemitLook *, RemitWriter,
                                        RemitError *)) {
    RemitBackupOptions o = {.ledger = arg(args, "--ledger"), .file = file};
    RemitError error = {0};
    if (what == remit_restore) {
        o.rebuild = arg(args, "--rebuild") != NULL;
        o.quick = arg(args, "--quick") != NULL;
    }
    if (o.ledger == NULL)
        return usage(args, "which ledger? --ledger DIR", "哪个账本？--ledger DIR");
    if (args->path_count > 0)
        return usage(args, "\"%s\" is not expected here", "这里不应有“%s”", args->paths[0]);
    int code = (int)what(&o, &args->look, to_stdout(), &error);
    return code == REMIT_OK || error.text[0] == '\0' ? done(args, code) : fail(args, &error);
}

static int run_backup(Args *args) {
    const char *to = arg(args, "--to");
    return to == NULL ? usage(args, "where to? --to FILE|DIR", "备份到哪里？--to FILE|DIR")
                      : run_with(args, to, remit_backup);
}

static int run_restore(Args *args) {
    const char *from = arg(args, "--from");
    return from == NULL ? usage(args, "from which backup? --from FILE", "用哪个备份？--from FILE")
                        : run_with(args, from, remit_restore);
}

const Command command_backup = {
    "backup",
    "--ledger DIR --to FILE|DIR",
    "writes a backup of a ledger, also while a run goes on\n"
    "One file, of one moment, without free pages. It is read again, its tree and its digest held\n"
    "against the ledger's, before it gets its name; what stands there already is left as it is.",
    "备份账本，运行期间也可以\n"
    "一个文件，取自同一时刻，不含空闲页。写好后重新读一遍，哈希树和摘要与账本相符才定名；\n"
    "已有的文件保持不动。",
    backup_options,
    run_backup};

const Command command_restore = {
    "restore",
    "--from FILE --ledger DIR",
    "makes a ledger of a backup\n"
    "The backup is read in a process of its own and looked through first: its journal against its\n"
    "tree, and all that it holds (remit doctor). What is damaged is named, with exit code 1, and "
    "no ledger is made.\n"
    "The ledger goes on as the one of which the backup was made.",
    "由备份恢复账本\n"
    "先在单独的进程中查一遍备份：日志与哈希树，以及所存的一切（remit doctor）。有损坏则指出，以 1 "
    "退出，不建账本。\n"
    "恢复的账本从备份那一刻继续。",
    restore_options,
    run_restore};
