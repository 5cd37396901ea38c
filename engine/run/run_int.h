/* run: a run under way: what a plain one and one of rejects share. */
#ifndef REMIT_RUN_RUN_INT_H
#define REMIT_RUN_RUN_INT_H

#include "engine/run/run.h"

typedef struct Run {
    const Policy *p;
    Policy own; /* what p is in place of the one given, where the ledger's bundle counts */
    const RunOptions *opt;
    RunResult *out;
    Err *err;
    Arena keep;
    Ledger *ledger;
    Engine *engine;
    Outbox outbox;
    OutboxSink sink;
    size_t in_batch;
    size_t batch;
    bool existing; /* the ledger must be there */
} Run;

void job_begin(Run *r, const Policy *p, const RunOptions *opt, RunResult *out, Err *err);
/* Opens ledger, engine and effects. */
MUST_USE Status run_open(Run *r);
/* A Status of the engine, with its words in *err. */
MUST_USE Status run_fail(Run *r, Status status);
/* One more was done: commits when the batch is full. */
MUST_USE Status run_counted(Run *r);
MUST_USE Status run_commit(Run *r);
void job_end(Run *r);

#endif
