/* run: what the files of inspect.h share. */
#ifndef REMIT_RUN_INSPECT_INT_H
#define REMIT_RUN_INSPECT_INT_H

#include "engine/run/engine_int.h"
#include "engine/run/inspect.h"

/* How many timers a schedule of the policy has, and when the first one is. */
typedef struct Scheduled {
    uint64_t number;
    int64_t at;
    uint32_t n;
} Scheduled;

typedef struct Inspect {
    Engine *e;
    Ledger *l;
    const Bundle *b;
    Faults *out;
    uint64_t named;   /* records that were found by their names */
    uint64_t indexed; /* entries of indexes that lead to their entities */
    VEC(Scheduled) scheduled;
    Buf key;
} Inspect;

/* Notes what does not fit; the text is cut to what there is room for. */
void fault(Inspect *in, FaultId id, uint64_t number, Str text);
/* The same of what a subject names: "duty/answer/C1". */
Status fault_of(Inspect *in, FaultId id, uint64_t number, const Subject *subject);
/* Goes through a table; key and value live in the engine's event arena, which is emptied for each
 * row. */
Status inspect_table(Inspect *in, LedTable table, Status (*each)(Inspect *, Str key, Str value));
/* Whether a table has a record of a number. */
Status numbered(Inspect *in, LedTable table, uint64_t number, bool *there);
/* A leaf, in the event's arena; *is false: it is not there or not of the form of one. */
Status leaf_read(Inspect *in, uint64_t index, Leaf *out, bool *is);
/* ERR_DAMAGED and ERR_VERSION are `bad`, not errors. */
Status is_bad(Status status, bool *bad);

/* inspect_owner.c: duties, approvals, series, groups, and their timers and names. */
Status inspect_owners(Inspect *in);
/* inspect_table.c: entities, links, people, samples, what is kept of this copy. */
Status inspect_tables(Inspect *in);
/* inspect_journal.c: the journal, its tree, what is known of it by id; the policy. */
Status inspect_journal(Inspect *in);
Status inspect_policy(Inspect *in);

#endif
