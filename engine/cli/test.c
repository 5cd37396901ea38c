/* cli: remit test. */
#include <stdio.h>

#include "engine/cli/cli.h"
#include "engine/cli/junit.h"

static const Option test_options[] = {
    {"--filter", "TEXT", "only tests whose title holds it; may repeat", true},
    {"--at", "FILE[:LINE]", "only tests of this file, or the one there; may repeat", true},
    {"--of", "NAME", "only tests that name this declaration; may repeat", true},
    {"--list", NULL, "run none: list them", false},
    {"--fail-fast", NULL, "end with the first that fails", false},
    {"--junit", "FILE", "the results as JUnit XML, too", false},
    {NULL, NULL, NULL, false},
};

/* Lists that options give, as long as the call lasts. */
typedef struct Meant {
    const char *titles[CLI_PATHS], *places[CLI_PATHS], *of[CLI_PATHS];
} Meant;

static RemitTestOptions meant_of(const Args *args, Meant *m) {
    RemitTestOptions o = {.titles = m->titles, .places = m->places, .of = m->of};
    o.title_count = arg_list(args, "--filter", m->titles);
    o.place_count = arg_list(args, "--at", m->places);
    o.of_count = arg_list(args, "--of", m->of);
    o.list = arg(args, "--list") != NULL;
    o.fail_fast = arg(args, "--fail-fast") != NULL;
    return o;
}

static int add_result(void *ctx, const RemitTestResult *result) {
    junit_add(ctx, result);
    return 0;
}

static int test_policy(Args *args, RemitPolicy *policy) {
    Meant meant;
    Junit junit = {0};
    RemitTestOptions options = meant_of(args, &meant);
    const char *xml = arg(args, "--junit");
    if (xml != NULL && options.list)
        return usage(args, "--list runs no test: --junit has no results");
    if (xml != NULL) {
        junit_begin(&junit);
        options.each = add_result;
        options.ctx = &junit;
    }
    RemitTestCounts counts = {0, 0};
    RemitError error;
    int code = (int)remit_policy_test(policy, &options, &args->look, to_stdout(), &counts, &error);
    int wrote = xml == NULL ? REMIT_OK : junit_write(&junit, args->paths[0], xml);
    if (code != REMIT_OK && counts.failed == 0)
        return fail(&error);
    if (args->look.format == REMIT_TEXT && !options.list)
        printf("%zu passed, %zu failed\n", counts.passed, counts.failed);
    return done(code != REMIT_OK ? code : wrote);
}

static int run_test(Args *args) {
    if (args->path_count == 0)
        return usage(args, "which policy? give files or folders");
    int code;
    RemitPolicy *policy =
        open_policy(args, args->paths, args->path_count, false, to_stderr(), &code);
    if (policy == NULL)
        return code;
    if (is_terminal(1))
        args->look.columns = terminal_columns();
    code = test_policy(args, policy);
    remit_policy_close(policy);
    return code;
}

const Command command_test = {"test", "PATH...", "runs the tests that stand in a policy's files",
                              test_options, run_test};
