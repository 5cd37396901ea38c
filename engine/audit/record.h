/* audit: a ledger opened for reading, with the policy that it runs under. */
#ifndef REMIT_AUDIT_RECORD_H
#define REMIT_AUDIT_RECORD_H

#include "engine/code/bundle.h"
#include "engine/ledger/ledger.h"
#include "engine/run/leaf.h"

typedef struct Record {
    Arena arena;
    Ledger *l;
    Bundle *b;
    Render render;
    bool has_clock;
    int64_t clock;
    Str temporary; /* a folder that goes when it is closed; empty: none */
    bool grows;    /* b and render are those of the versions up to where a replay is */
} Record;

/* ERR_NOTFOUND: there is no ledger, or nothing was ever run against it. Close it whatever happens.
 */
MUST_USE Status record_open(Record *r, Str dir, Err *err);
void record_close(Record *r);
/* The leaf at an index; its texts live in a. The cause of an effect gets its id. */
MUST_USE Status record_leaf(Record *r, uint64_t index, Arena *a, Leaf *out, Err *err);
/* Walks a table; each record goes to `each`, in the row's arena, until *stop. The walk resumes at a
 * key, so that no snapshot is held for long. */
MUST_USE Status record_walk(Record *r, LedTable table, Arena *row,
                            Status (*each)(void *ctx, Str key, Str value, bool *stop), void *ctx);
/* An instant with its offset, or a date where the policy is: its beginning, or its end.
 * ERR_SYNTAX: it is neither; err says so. */
MUST_USE Status record_moment(const Record *r, Str text, bool end, int64_t *out, Err *err);
/* Whether a person held a party at an instant, and since when. since may be NULL. */
MUST_USE Status record_held(Record *r, Str person, int64_t party, int64_t at, bool *yes,
                            int64_t *since);
/* The next reject behind *index, which is moved there (begin with RECORD_BEGIN): its leaf, whose
 * texts live in a. The effect that told it is the leaf behind. */
#define RECORD_BEGIN UINT64_MAX
MUST_USE Status record_reject(Record *r, uint64_t *index, Arena *a, Leaf *out, bool *there,
                              Err *err);
/* The leaf by which a retry marked a reject; 0: it has not been taken. */
MUST_USE Status record_retried(Record *r, uint64_t reject, uint64_t *leaf);
/* Where the input stood whose reject was told as the effect at `index`: file and byte, on this
 * machine, and of a row that a feed maps the line (else 0). *known is false for one that came
 * another way. */
MUST_USE Status record_place(Record *r, uint64_t index, Arena *a, Str *file, uint64_t *offset,
                             uint32_t *line, bool *known);
/* An entry of the journal that cannot be read: fills err, gives the status. */
Status entry_fails(Err *err, Status status, uint64_t index);

#endif
