/* run: tests in the language, run through the engine itself on a ledger in memory. */
#ifndef REMIT_RUN_POLICYTEST_H
#define REMIT_RUN_POLICYTEST_H

#include "engine/run/policy.h"

typedef struct TestResult {
    Str title;
    Str file;
    uint32_t line;
    bool passed;
    Str report; /* of a failed one: what was expected, what was, and the timeline; lines that end
                   with newlines */
} TestResult;

/* Runs the policy's tests whose titles hold `filter` (empty: all), each on a fresh ledger. Each
 * result is borrowed for the call; it gives false to stop. */
MUST_USE Status policy_tests(Policy *p, Str filter,
                             bool (*each)(void *ctx, const TestResult *result), void *ctx,
                             Err *err);

#endif
