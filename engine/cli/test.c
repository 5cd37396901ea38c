/* cli: remit test. */
#include <stdio.h>

#include "engine/cli/cli.h"
#include "engine/cli/junit.h"
#include "engine/cli/mutants.h"

static const Option test_options[] = {
    {"--filter", "TEXT", "only tests whose title holds it; may repeat",
     "只做标题含此文字的测试；可重复", true},
    {"--at", "FILE[:LINE]", "only tests of this file, or the one there; may repeat",
     "只做此文件的测试，或该行的那个；可重复", true},
    {"--of", "NAME", "only tests that name this declaration; may repeat",
     "只做提到此声明的测试；可重复", true},
    {"--list", NULL, "run none: list them", "不做测试，只列出", false},
    {"--fail-fast", NULL, "end with the first that fails", "遇到第一个未通过的就停", false},
    {"--junit", "FILE", "the results as JUnit XML, too", "另将结果写成 JUnit XML", false},
    {"--coverage", NULL, "what of the policy the tests reach, and what not",
     "测试触及政策的哪些部分，漏了哪些", false},
    {"--lcov", "FILE", "the same in the form of lcov, for editors and CI",
     "同上，写成 lcov 格式，供编辑器和 CI 使用", false},
    {"--mutate", NULL, "change the policy in one place at a time: which test notices?",
     "每次改动政策的一处，看哪个测试能发现", false},
    {"--limit", "N", "only so many mutants, drawn by the seed", "只试这么多处改动，按种子抽取",
     false},
    {"--seed", "N", "of the draw (default 0)", "抽取用的种子（默认 0）", false},
    {"--jobs", "N", "processes that try mutants (default: one a core)",
     "试改动的进程数（默认每核一个）", false},
    {"--least", "PERCENT", "exit 1 where less is reached, or noticed",
     "触及或发现的比例低于此数时以 1 退出", false},
    {NULL, NULL, NULL, NULL, false},
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

static int cannot_write(const Args *args, const char *path) {
    return complain(args, REMIT_FAILED, "%s: cannot be written", "%s：无法写入", path);
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
        return usage(args, "--list runs no test: there are no results",
                     "--list 不做测试：没有结果可写");
    if (b->xml != NULL) {
        junit_begin(&b->junit);
        o->each = add_result;
        o->ctx = &b->junit;
    }
    if (b->lcov == NULL)
        return REMIT_OK;
    b->lcov_to = fopen(b->lcov, "w");
    o->lcov = (RemitWriter){b->lcov_to, write_stream};
    return b->lcov_to == NULL ? cannot_write(args, b->lcov) : REMIT_OK;
}

static int beside_close(const Args *args, Beside *b) {
    int code = b->xml == NULL ? REMIT_OK : junit_write(&b->junit, args, b->xml);
    bool bad = b->lcov_to != NULL && (ferror(b->lcov_to) != 0);
    bad = b->lcov_to != NULL && (fclose(b->lcov_to) != 0 || bad);
    return bad ? cannot_write(args, b->lcov) : code;
}

int too_little(const Args *args, size_t reached, size_t all, size_t least) {
    if (reached * 100 >= all * least)
        return REMIT_OK;
    return complain(args, REMIT_FAULT, "%zu of %zu are less than %zu %%",
                    "%zu（共 %zu）不足百分之 %zu", reached, all, least);
}

static int mutate_policy(Args *args, RemitPolicy *policy, const RemitTestOptions *options) {
    static const char *const others[] = {"--fail-fast", "--junit", "--coverage", "--lcov"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (arg(args, others[i]) != NULL)
            return usage(args, "%s does not go with --mutate", "%s 不能与 --mutate 同用",
                         others[i]);
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
        return usage(args, "--least is of --coverage, --lcov or --mutate",
                     "--least 须与 --coverage、--lcov 或 --mutate 同用");
    int code = beside_open(args, &beside, &options);
    if (code != REMIT_OK)
        return code;
    RemitTestCounts counts = {0};
    RemitError error;
    code = (int)remit_policy_test(policy, &options, &args->look, to_stdout(), &counts, &error);
    int wrote = beside_close(args, &beside);
    if (code != REMIT_OK && counts.failed == 0)
        return fail(args, &error);
    if (args->look.format == REMIT_TEXT && !options.list)
        printf(args->look.chinese ? "通过 %zu，未通过 %zu\n" : "%zu passed, %zu failed\n",
               counts.passed, counts.failed);
    if (code == REMIT_OK)
        code = too_little(args, counts.reached, counts.reachable, least);
    return done(args, code != REMIT_OK ? code : wrote);
}

static int run_test(Args *args) {
    if (args->path_count == 0)
        return usage(args, "which policy? give files or folders", "哪个政策？请给出文件或文件夹");
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

const Command command_test = {"test",
                              "PATH...",
                              "runs the tests that stand in a policy's files",
                              "运行政策文件中的测试",
                              test_options,
                              run_test};
