/* run: a whole run: files in, batches, commits, effects out. */
#ifndef REMIT_RUN_RUN_H
#define REMIT_RUN_RUN_H

#include "engine/run/feed.h"
#include "engine/run/outbox.h"
#include "engine/run/policy.h"

typedef struct RunOptions {
    Str ledger, name;
    const Str *events;
    const Str *feeds; /* of each file the feed that maps it, or empty; NULL: none is mapped */
    size_t event_count;
    FeedKind kind;
    Str source; /* of events that name none */
    bool has_until, has_not_after;
    int64_t until, not_after;
    size_t batch; /* 0: 1,000 */
    Str effects;  /* a file, or empty */
    Status (*write)(void *ctx, Str lines, Err *err);
    void *write_ctx;
    bool readable; /* lines for people */
    bool no_sync;
    bool (*progress)(void *ctx, const Counts *counts, uint64_t bytes); /* false: stop */
    void *progress_ctx;
} RunOptions;

typedef struct RunResult {
    Counts counts;
    uint64_t bytes;
    bool has_clock;
    int64_t clock;
    bool stopped;
    bool reworded; /* the policy differs from the ledger's in remarks, layout or tests alone: the
                      ledger went on under its own */
} RunResult;

/* Whether all files can be read and the feeds are the policy's. ERR_NOTFOUND, ERR_IO. */
MUST_USE Status inputs_check(const Policy *p, const RunOptions *opt, Err *err);
/* Opens file number i of the options. Then it must be closed, whatever the Status is. */
MUST_USE Status input_open(const Policy *p, const RunOptions *opt, size_t i, Arena *keep, Feed *out,
                           Err *err);
/* What a refused line is told by: "tickets.csv:17: Priority: ...". */
void put_refusal(Buf *out, const Feed *f, const Refusal *why);

MUST_USE Status run_all(const Policy *p, const RunOptions *opt, RunResult *out, Err *err);
/* What came of a reject that was tried again. */
typedef enum RetryNow {
    RETRY_TAKEN,
    RETRY_KNOWN, /* its events are in already */
    RETRY_REFUSED,
    RETRY_NOWS
} RetryNow;
typedef struct RetryTold {
    uint64_t index; /* of the reject in the journal */
    const RejectLeaf *reject;
    RetryNow now;
    uint64_t events;     /* taken */
    RejectReason reason; /* REFUSED: why now */
    Str field, message;
} RetryTold;
typedef struct RetryOptions {
    Str reason, from, id, type; /* only these: from is their source; empty: all */
    Status (*told)(void *ctx, const RetryTold *told, Err *err);
    void *told_ctx;
} RetryOptions;
typedef struct RetryResult {
    uint64_t tried, now[RETRY_NOWS];
} RetryResult;
/* Takes kept rejects again, in the order of the journal. What is refused again writes nothing. Of
 * the options of a run those of ledger, effects, batch and bounds count. */
MUST_USE Status retry_all(const Policy *p, const RunOptions *opt, const RetryOptions *retry,
                          RunResult *run, RetryResult *out, Err *err);
/* Events through the stateless rules alone. */
MUST_USE Status decide_all(const Policy *p, const RunOptions *opt, RunResult *out, Err *err);
/* The events of mapped files as lines of CloudEvents; what is refused goes to `told`, a line each.
 */
MUST_USE Status convert_all(const Policy *p, const RunOptions *opt,
                            Status (*told)(void *ctx, Str line, Err *err), RunResult *out,
                            Err *err);

#endif
