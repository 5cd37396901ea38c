/* cli: remit test. */
#include <stdio.h>

#include "engine/cli/cli.h"
#include "engine/cli/junit.h"
#include "engine/cli/mutants.h"

static const Option test_options[] = {
    {"--filter", "TEXT", "only tests whose title holds it; may repeat", true},
    {"--at", "FILE[:LINE]", "only tests of this file, or the one there; may repeat", true},
    {"--of", "NAME", "only tests that name this declaration; may repeat", true},
    {"--list", NULL, "run none: list them", false},
    {"--fail-fast", NULL, "end with the first that fails", false},
    {"--junit", "FILE", "the results as JUnit XML, too", false},
    {"--coverage", NULL, "what of the policy the tests reach, and what not", false},
    {"--lcov", "FILE", "the same in the form of lcov, for editors and CI", false},
    {"--mutate", NULL, "change the policy in one place at a time: which test notices?", false},
    {"--limit", "N", "only so many mutants, drawn by the seed", false},
    {"--seed", "N", "of the draw (default 0)", false},
    {"--jobs", "N", "processes that try mutants (default: one a core)", false},
    {"--least", "PERCENT", "exit 1 where less is reached, or noticed", false},
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

static int cannot_write(const char *path) {
    fflush(stdout);
    fprintf(stderr, "remit: %s: cannot be written\n", path);
    return REMIT_FAILED;
}

static int add_result(void *ctx, const RemitTestResult *result) {
    junit_add(ctx, result);
    return 0;
}

/* What is written beside the results. */
typedef struct Beside {
    Junit junit;
    const char *xml, *lcov; /* files, or NULL */
    FILE *lcov_to;
} Beside;

static int beside_open(const Args *args, Beside *b, RemitTestOptions *o) {
    b->xml = arg(args, "--junit");
    b->lcov = arg(args, "--lcov");
    o->coverage = arg(args, "--coverage") != NULL;
    if (o->list && (b->xml != NULL || b->lcov != NULL || o->coverage))
        return usage(args, "--list runs no test: there are no results");
    if (b->xml != NULL) {
        junit_begin(&b->junit);
        o->each = add_result;
        o->ctx = &b->junit;
    }
    if (b->lcov == NULL)
        return REMIT_OK;
    b->lcov_to = fopen(b->lcov, "w");
    o->lcov = (RemitWriter){b->lcov_to, write_stream};
    return b->lcov_to == NULL ? cannot_write(b->lcov) : REMIT_OK;
}

static int beside_close(Beside *b, const char *name) {
    int code = b->xml == NULL ? REMIT_OK : junit_write(&b->junit, name, b->xml);
    bool bad = b->lcov_to != NULL && (ferror(b->lcov_to) != 0);
    bad = b->lcov_to != NULL && (fclose(b->lcov_to) != 0 || bad);
    return bad ? cannot_write(b->lcov) : code;
}

int too_little(size_t reached, size_t all, size_t least) {
    if (reached * 100 >= all * least)
        return REMIT_OK;
    fflush(stdout);
    fprintf(stderr, "remit: %zu of %zu are less than %zu %%\n", reached, all, least);
    return REMIT_FAULT;
}

static int mutate_policy(Args *args, RemitPolicy *policy, const RemitTestOptions *options) {
    static const char *const others[] = {"--fail-fast", "--junit", "--coverage", "--lcov"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (arg(args, others[i]) != NULL)
            return usage(args, "%s does not go with --mutate", others[i]);
    return mutants_run(args, policy, options);
}

static int test_policy(Args *args, RemitPolicy *policy) {
    Meant meant;
    Beside beside = {0};
    RemitTestOptions options = meant_of(args, &meant);
    if (arg(args, "--mutate") != NULL)
        return mutate_policy(args, policy, &options);
    size_t least;
    if (!arg_number(args, "--least", &least))
        return REMIT_CALL;
    bool measures = arg(args, "--coverage") != NULL || arg(args, "--lcov") != NULL;
    if (arg(args, "--least") != NULL && !measures)
        return usage(args, "--least is of --coverage, --lcov or --mutate");
    int code = beside_open(args, &beside, &options);
    if (code != REMIT_OK)
        return code;
    RemitTestCounts counts = {0};
    RemitError error;
    code = (int)remit_policy_test(policy, &options, &args->look, to_stdout(), &counts, &error);
    int wrote = beside_close(&beside, args->paths[0]);
    if (code != REMIT_OK && counts.failed == 0)
        return fail(&error);
    if (args->look.format == REMIT_TEXT && !options.list)
        printf("%zu passed, %zu failed\n", counts.passed, counts.failed);
    if (code == REMIT_OK)
        code = too_little(counts.reached, counts.reachable, least);
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
