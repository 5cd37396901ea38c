/* audit: the inputs of a journal through the engine again: into a fresh ledger under the policy
 * that they ran under, to see whether all follows as it did, or to stop at a moment of the past; or
 * under another policy, to see what would have been. */
#ifndef REMIT_AUDIT_REPLAY_H
#define REMIT_AUDIT_REPLAY_H

#include "engine/audit/record.h"
#include "engine/vm/watch.h"

/* Up to where. Neither: all of it. */
typedef struct Moment {
    bool has_index, has_instant;
    uint64_t index;  /* the last entry whose input counts */
    int64_t instant; /* what came while the clock stood at or before it, and what was due by then */
} Moment;

/* A moment as it is asked for. */
typedef struct Asof {
    Str place; /* where temporary folders may be made; empty: /tmp */
    Str text;  /* an instant, or a date: the end of that day where the policy is; empty: none */
    bool has_index;
    uint64_t index;
} Asof;

typedef struct ReplayOptions {
    Str dir;              /* of the fresh ledger: nothing stands there yet */
    Str place;            /* where a temporary folder may be made; empty: /tmp */
    const Bundle *policy; /* another than the ledger's, with its bytes; NULL: its own */
    Str bytes;
    Moment until;
    bool compare; /* entry by entry; ends at the first difference */
    bool sync;    /* the fresh ledger is to last */
    Watch *watch; /* what expressions came to when the input at `watched` was taken; or NULL */
    uint64_t watched;
    bool (*progress)(void *ctx, uint64_t done, uint64_t of); /* false: stop; may be NULL */
    void *progress_ctx;
} ReplayOptions;

typedef struct ReplayResult {
    Arena arena;
    uint64_t inputs;  /* events, ticks, refusals and retries that were taken again */
    uint64_t entries; /* of the fresh journal */
    bool differs, stopped;
    uint64_t at; /* the first entry that is another */
    Str was, is; /* it, and what came instead, in words; empty: nothing stands there */
    /* of replay_compared, once all entries are the same: the digests, before and now */
    bool digests, same;
    uint8_t digest[32], again[32];
} ReplayResult;

/* Replays, and hands what came of it to `then`, unless it ended before. opt->dir empty: in a
 * temporary folder. ERR_MISMATCH: something stands at opt->dir. Free out->arena, whatever the
 * Status is. */
MUST_USE Status replay_then(Record *from, const ReplayOptions *opt, ReplayResult *out,
                            Status (*then)(void *ctx, Record *fresh, Err *err), void *ctx,
                            Err *err);
/* The same under the ledger's own policy, compared entry by entry, then the digests. */
MUST_USE Status replay_compared(Record *from, const ReplayOptions *opt, ReplayResult *out,
                                Err *err);
/* The same in memory, without digests: of a Record that is no ledger's but has a journal and the
 * policies as they were given. */
MUST_USE Status replay_in_memory(Record *from, ReplayResult *out, Err *err);
/* Where a replay differs, for people or as one object, with a newline. */
void put_difference(Buf *out, const ReplayResult *r, bool json, bool chinese);

/* A ledger as it was: replayed into a folder that goes with the Record. With no moment it is the
 * ledger itself. ERR_SYNTAX: the moment cannot be read, or there is no such entry. */
MUST_USE Status record_open_at(Record *r, Str dir, const Asof *when, Err *err);

#endif
