/* run: what the files of tests in the language share: policytest.c sends and steps on, testlook.c
 * looks, testreport.c tells. */
#ifndef REMIT_RUN_POLICYTEST_INT_H
#define REMIT_RUN_POLICYTEST_INT_H

#include "engine/run/engine_int.h"
#include "engine/run/policytest.h"

/* A test that runs. */
typedef struct Tester {
    Policy *p;
    const PolicyTest *test;
    Ledger *l;
    Engine *e;
    Arena arena; /* of the step at hand */
    Buf report;
    uint32_t sent; /* events so far: their made ids */
    Err *err;
} Tester;

typedef Status (*LeafVisit)(Tester *t, void *ctx, const Leaf *leaf);
/* Visits every leaf so far. */
Status visit_leaves(Tester *t, LeafVisit visit, void *ctx);
bool same_subject(const Subject *a, const Subject *b);

/* testlook.c: goes to the instant of an expectation and looks; *ok: it is met. */
Status test_expect(Tester *t, const TestStep *step, bool *ok);

/* testreport.c */
void put_when(Tester *t, Buf *out, int64_t at);
void put_wanted(Tester *t, Buf *out, const TestCheck *c);
void put_state(Tester *t, Buf *out, const Duty *d);
void put_step(Tester *t, const TestStep *step);
/* What happened to a subject; NULL: all. */
Status put_timeline(Tester *t, const Subject *subject);

#endif
