/* cli: remit schema. */
#include "engine/cli/cli.h"

static const Option schema_options[] = {
    {"--policy", "PATH", "files, folders or a bundle; may repeat", true},
    {"--csv", NULL, "the line that names the columns of a CSV file instead", false},
    {NULL, NULL, NULL, false},
};

static int run_schema(Args *args) {
    if (args->policy_count == 0)
        return usage(args, "which policy? --policy PATH");
    if (args->path_count > 1)
        return usage(args, "one event, or none for all of them");
    int code;
    RemitPolicy *policy =
        open_policy(args, args->policies, args->policy_count, false, to_stderr(), &code);
    if (policy == NULL)
        return code;
    RemitError error;
    code = (int)remit_schema(policy, args->path_count == 0 ? NULL : args->paths[0],
                             arg(args, "--csv") != NULL, to_stdout(), &error);
    remit_policy_close(policy);
    return code == REMIT_OK ? done(code) : fail(&error);
}

const Command command_schema = {
    "schema", "[EVENT] --policy PATH",
    "prints what producers may send, as JSON Schema\n"
    "One document (2020-12) for all events, those that the engine itself understands among\n"
    "them, or for one EVENT.",
    schema_options, run_schema};
