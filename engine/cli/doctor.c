/* cli: remit doctor. */
#include <stdlib.h>

#include "engine/cli/cli.h"

static const Option doctor_options[] = {
    {"--ledger", "DIR", "the ledger", "账本所在的文件夹", false},
    {"--replay", NULL, "run the journal's inputs again, too, and compare all that comes of them",
     "另把日志的输入重新运行一遍，逐项比较", false},
    {"--rebuild", "NEWDIR", "make a ledger there from the journal alone", "仅由日志在那里重建账本",
     false},
    {NULL, NULL, NULL, NULL, false},
};

static int run_doctor(Args *args) {
    RemitDoctorOptions o = {.ledger = arg(args, "--ledger"),
                            .rebuild = arg(args, "--rebuild"),
                            .place = getenv("TMPDIR"),
                            .replay = arg(args, "--replay") != NULL};
    RemitError error = {0};
    if (o.ledger == NULL)
        return usage(args, "which ledger? --ledger DIR", "哪个账本？--ledger DIR");
    if (args->path_count > 0)
        return usage(args, "\"%s\" is not expected here", "这里不应有“%s”", args->paths[0]);
    int code = (int)remit_doctor(&o, &args->look, to_stdout(), &error);
    return code == REMIT_OK || error.text[0] == '\0' ? done(args, code) : fail(args, &error);
}

const Command command_doctor = {
    "doctor",
    "--ledger DIR [--replay] [--rebuild NEWDIR]",
    "looks a ledger through, and says what in it is damaged\n"
    "The journal against its tree; records against names, timers, indexes and links; people; what "
    "is\n"
    "known of inputs. Each finding is a line, and then exit code 1; it changes nothing. A run may "
    "go\n"
    "on beside. --rebuild makes a ledger anew from the journal, where that is whole.",
    "检查账本，指出其中的损坏\n"
    "日志与哈希树；记录与名称、定时器、索引、链接；人员；关于输入所存的内容。每项发现一行，\n"
    "并以 1 退出；什么都不改。运行期间也可以检查。--rebuild 在日志完好时由它重建账本。",
    doctor_options,
    run_doctor};
