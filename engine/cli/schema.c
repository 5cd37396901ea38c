/* cli: remit schema. */
#include "engine/cli/cli.h"

static const Option schema_options[] = {
    {"--policy", "PATH", "files, folders or a bundle; may repeat",
     "政策：文件、文件夹或编译包；可重复", true},
    {"--csv", NULL, "the line that names the columns of a CSV file instead",
     "改为输出 CSV 文件的表头行", false},
    {NULL, NULL, NULL, NULL, false},
};

static int run_schema(Args *args) {
    if (args->policy_count == 0)
        return usage(args, "which policy? --policy PATH", "哪个政策？--policy PATH");
    if (args->path_count > 1)
        return usage(args, "one event, or none for all of them", "请给出一个事件；不给出则为全部");
    int code;
    RemitPolicy *policy =
        open_policy(args, args->policies, args->policy_count, false, to_stderr(), &code);
    if (policy == NULL)
        return code;
    RemitError error;
    code = (int)remit_schema(policy, args->path_count == 0 ? NULL : args->paths[0],
                             arg(args, "--csv") != NULL, to_stdout(), &error);
    remit_policy_close(policy);
    return code == REMIT_OK ? done(args, code) : fail(args, &error);
}

const Command command_schema = {
    "schema",
    "[EVENT] --policy PATH",
    "prints what producers may send, as JSON Schema\n"
    "One document (2020-12) for all events, those that the engine itself understands among\n"
    "them, or for one EVENT.",
    "输出外部可以发来的事件，用 JSON Schema 描述\n"
    "一份文档（2020-12）涵盖所有事件，包括系统自己认识的；\n"
    "或只描述一种事件 EVENT。",
    schema_options,
    run_schema};
