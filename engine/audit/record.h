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
} Record;

/* ERR_NOTFOUND: there is no ledger, or nothing was ever run against it. Close it whatever happens.
 */
MUST_USE Status record_open(Record *r, Str dir, Err *err);
void record_close(Record *r);
/* The leaf at an index; its texts live in a. The cause of an effect gets its id. */
MUST_USE Status record_leaf(Record *r, uint64_t index, Arena *a, Leaf *out, Err *err);
/* Where the input stood whose reject was told as the effect at `index`: file and byte, on this
 * machine. *known is false for one that came another way. */
MUST_USE Status record_place(Record *r, uint64_t index, Arena *a, Str *file, uint64_t *offset,
                             bool *known);

#endif
