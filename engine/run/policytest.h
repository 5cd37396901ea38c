/* run: tests in the language, run through the engine itself on a ledger in memory. */
#ifndef REMIT_RUN_POLICYTEST_H
#define REMIT_RUN_POLICYTEST_H

#include "engine/run/policy.h"
#include "engine/vm/watch.h"

typedef struct TestResult {
    Str title;
    Str file;
    uint32_t line;
    bool passed;
    Str report; /* of a failed one: what was expected, what was, and the whole test beside what
                   happened; lines that end with newlines */
} TestResult;

/* Which tests are meant: those that fit one of each list that is not empty. */
typedef struct TestFilter {
    const Str *titles; /* parts of titles */
    size_t title_count;
    const Str *places; /* FILE or FILE:LINE, a file by its path or the end of it */
    size_t place_count;
    const Str *of; /* names of declarations that a step names */
    size_t of_count;
} TestFilter;

struct Tester;
/* How a test is run. */
typedef struct TestRun {
    size_t columns;   /* of its report */
    bool chinese;     /* the report's own words are Chinese */
    bool silent;      /* it ends with its first failure, and there is no report */
    uint64_t effects; /* it fails (ERR_LIMIT) when it says more; 0: any number */
    uint64_t *said;   /* of a limit: how many it said; or NULL */
    Watch *watch;     /* or NULL */
    /* Called when it is over, with its ledger still there; or NULL. */
    Status (*looked)(void *ctx, struct Tester *t);
    void *ctx;
} TestRun;

/* Runs one test on a fresh ledger. */
MUST_USE Status policy_test(Policy *p, const PolicyTest *test, const TestRun *how, Buf *report,
                            bool *passed, Err *err);
bool policy_test_meant(Policy *p, const PolicyTest *test, const TestFilter *filter);

typedef struct TestOptions {
    TestFilter filter;
    bool list;      /* run none: each is passed */
    bool fail_fast; /* end with the first that fails */
    TestRun run;
    /* A result is borrowed for the call; it gives false to stop. */
    bool (*each)(void *ctx, const TestResult *result);
    void *ctx;
} TestOptions;

/* Runs those of the policy's tests that are meant, in the order of the text. ERR_NOTFOUND: a filter
 * is given, and none is meant. */
MUST_USE Status policy_tests(Policy *p, const TestOptions *o, Err *err);

#endif
