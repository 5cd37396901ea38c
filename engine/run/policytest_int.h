/* run: what the files of tests in the language share: policytest.c sends and steps on, testlook.c
 * looks, testreport.c tells. */
#ifndef REMIT_RUN_POLICYTEST_INT_H
#define REMIT_RUN_POLICYTEST_INT_H

#include "engine/run/engine_int.h"
#include "engine/run/policytest.h"

/* What became of a step. */
typedef struct StepSeen {
    uint64_t size; /* the journal's, when it was done */
    bool reached, met;
    Str why; /* of an expectation that is not met: what is so instead */
} StepSeen;

/* A test that runs. */
typedef struct Tester {
    Policy *p;
    const PolicyTest *test;
    Ledger *l;
    Engine *e;
    Arena arena;      /* of the step at hand */
    Arena keep;       /* of the test */
    Buf why, wanted;  /* of an expectation that is not met: what is so instead; which part of it */
    bool failed;      /* an expectation was not met */
    Str missed;       /* which part of the first of them, as put_wanted has it */
    bool is_about;    /* what was looked at first in vain: */
    Subject about;    /* it */
    StepSeen *seen;   /* of each step */
    uint32_t sent;    /* events so far: their made ids */
    uint64_t effects; /* said so far, where they are counted */
    uint64_t most;    /* of them; 0: any number */
    Buf report;
    size_t columns;
    bool chinese;
    Err *err;
} Tester;

typedef Status (*LeafVisit)(Tester *t, void *ctx, const Leaf *leaf);
/* Visits every leaf so far. */
Status visit_leaves(Tester *t, LeafVisit visit, void *ctx);
bool same_subject(const Subject *a, const Subject *b);

/* testlook.c: goes to the instant of an expectation and looks; *ok: it is met. */
Status test_expect(Tester *t, const TestStep *step, bool *ok);

/* testreport.c */
/* A text on one line: white space is one blank each. */
void put_line_of(Buf *out, Str text);
void put_when(Tester *t, Buf *out, int64_t at);
/* In the language of the report. */
void put_either(const Tester *t, Buf *out, const char *en, const char *zh);
void put_state_name(const Tester *t, Buf *out, const char *state);
void put_wanted(Tester *t, Buf *out, const TestCheck *c);
void put_state(Tester *t, Buf *out, const Duty *d);
void put_held(Tester *t, Buf *out, const EntityDef *def, uint32_t field, Value v);
/* What was expected in vain at step `first`, and how the whole test went: what it does and expects
 * beside what happened. */
Status put_report(Tester *t, uint32_t first);

#endif
