/* cli: remit test. */
#include <stdio.h>

#include "engine/cli/cli.h"

static const Option test_options[] = {
    {"--filter", "TEXT", "only tests whose title holds it", false},
    {NULL, NULL, NULL, false},
};

static int run_test(Args *args) {
    if (args->path_count == 0)
        return usage(args, "which policy? give files or folders");
    int code;
    RemitPolicy *policy =
        open_policy(args, args->paths, args->path_count, false, to_stderr(), &code);
    if (policy == NULL)
        return code;
    RemitTestOptions options = {.filter = arg(args, "--filter")};
    RemitTestCounts counts = {0, 0};
    RemitError error;
    code = (int)remit_policy_test(policy, &options, &args->look, to_stdout(), &counts, &error);
    remit_policy_close(policy);
    if (code != REMIT_OK && counts.failed == 0)
        return fail(&error);
    if (args->look.format == REMIT_TEXT)
        printf("%zu passed, %zu failed\n", counts.passed, counts.failed);
    return done(code);
}

const Command command_test = {"test", "PATH...", "runs the tests that stand in a policy's files",
                              test_options, run_test};
