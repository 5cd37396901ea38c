/* ledger: the sets on disk, as sorted runs with filters. A checkpoint writes a set's new entries as
 * one run of level 0; eight runs of a level are merged into one of the next, a bounded step at a
 * time.
 *
 * A run is blocks of at most 63 entries (16 bytes of key, a in 8, b in 6, little-endian) in the
 * database of its level, keyed by run id (4 bytes, big-endian) and the block's last key; and a
 * Bloom filter in lines of 64 bytes, 29 lines a chunk, keyed by run id and chunk number (4 bytes
 * each). An entry's line is given by the first half of its key, so that lines fill in order of
 * keys, as blocks do; its bits by the second half. A chunk without a bit is not there.
 *
 * A merge has taken from its inputs all keys up to `last`, and deleted those blocks. Up to `last`
 * its output counts, above it the inputs do. All steps are parts of commits, so a merge goes on
 * where the last commit left it. In `sys`: "run" and id -> set, level, items; "merge" and level ->
 * the merge. No two runs of a level are written at a time and ids only grow: each goes in at the
 * end of its database and fills the pages.
 *
 * Memory:  the writer's filters, up to RUNS_ROOM bytes; the others are read through the map.
 * Errors:  ERR_NOMEM, ERR_DAMAGED, ERR_LIMIT (2^32 runs), those of env.h. */
#ifndef REMIT_LEDGER_RUNS_H
#define REMIT_LEDGER_RUNS_H

#include "engine/ledger/env.h"
#include "engine/ledger/setmem.h"

enum {
    RUNS_LEVELS = 8,
    RUNS_FAN = 8,         /* runs of a level that make one of the next */
    RUNS_ROOM = 64 << 20, /* bytes of filters in memory */
    RUN_LINE = 64,        /* bytes of a filter's line */
    RUN_CHUNK = 29,       /* lines of a chunk */
    RUN_ENTRY = LED_SET_KEY + 14,
    RUN_BLOCK = 63, /* entries of a block */
};

typedef struct Run {
    uint32_t id;
    uint8_t set, level;
    bool in, out;   /* being merged; being made by the merge into its level */
    uint64_t items; /* once complete */
    uint64_t lines;
    uint8_t *filter; /* all lines, or NULL */
    bool tried;      /* to have the filter in memory */
} Run;

/* The merge into a level from the one below. */
typedef struct Merge {
    bool active, finished; /* finished: with the step that is being committed */
    bool filtered;         /* the output's filter is in memory too */
    uint8_t set;
    uint32_t in[RUNS_FAN], out;
    uint64_t items; /* the output will have */
    uint64_t done;  /* it has */
    uint8_t last[LED_SET_KEY];
} Merge;

/* Zeroed is empty. */
typedef struct Runs {
    VEC(Run) runs; /* by id */
    Merge merge[RUNS_LEVELS];
    uint8_t *out_filter[RUNS_LEVELS]; /* of a merge's output, until the merge's first step is
                                         committed */
    MDB_cursor *at[RUNS_LEVELS];
    uint64_t at_snapshot[RUNS_LEVELS]; /* that the cursors are of */
    size_t filter_bytes;
    bool in_map; /* filters are never copied into memory (readers) */
} Runs;

/* A bit set of a filter in memory, to be set when the step that wrote the entry is committed. */
typedef struct FilterBits {
    uint64_t line, probes;
    uint8_t level;
} FilterBits;

typedef VEC(FilterBits) FilterList;

/* A run being written. Copying the struct saves the state. */
typedef struct RunWriter {
    uint32_t id;
    uint8_t level;
    uint64_t lines, chunk; /* the chunk in `line` */
    uint32_t n;            /* entries in `block` */
    bool begun, dirty,
        old;          /* a chunk is in `line`; it has bits that are not written; it is there */
    uint8_t *filter;  /* the same lines in memory, which nobody else looks at yet; or NULL */
    FilterList *bits; /* where to note them otherwise; or NULL */
    uint8_t block[RUN_BLOCK * RUN_ENTRY];
    uint8_t line[RUN_CHUNK * RUN_LINE];
} RunWriter;

void runs_free(Runs *r);
/* Reads which runs and merges there are, in v's snapshot or transaction. */
MUST_USE Status runs_load(Runs *r, Env *v);
MUST_USE Status runs_find(Runs *r, Env *v, LedSet set, const uint8_t key[LED_SET_KEY],
                          SetItem *item, bool *found);

/* Goes through a set's entries, those of a run in order of key. */
MUST_USE Status runs_walk(const Runs *r, Env *v, LedSet set,
                          Status (*each)(void *ctx, const SetItem *item), void *ctx);

/* What the run's filter says, which must be in memory: false when the key is certainly not there.
 */
bool runs_maybe(const Run *run, const uint8_t key[LED_SET_KEY]);
/* Sorts by key. room: as many items. */
void runs_sort(SetItem *items, SetItem *room, size_t n);
/* Makes room in memory for one more run, so that runs_add cannot fail. */
MUST_USE Status runs_ready(Runs *r);
/* Memory for the filter of a run of that many items, to be handed on to runs_add or runs_unfilter;
 * NULL when there is no room: then it is read through the map. */
uint8_t *runs_filter(Runs *r, uint64_t items);
void runs_unfilter(Runs *r, uint8_t *filter, uint64_t items);
/* A writer of a run of level 0 with that many items. */
RunWriter run_writer(uint32_t id, uint64_t items, uint8_t *filter);
/* Takes out what an earlier try at this run left in the database. */
MUST_USE Status run_clear(Env *v, uint8_t level, uint32_t id);
/* Items come in order of keys. */
MUST_USE Status run_put(RunWriter *w, Env *v, const SetItem *item);
/* Writes what is still in the writer's hands. */
MUST_USE Status run_end(RunWriter *w, Env *v);
/* Writes the row in `sys` that makes blocks and filter a run of level 0. */
MUST_USE Status run_enter(Env *v, uint32_t id, LedSet set, uint64_t items);
/* That row is committed. */
void runs_add(Runs *r, uint32_t id, LedSet set, uint64_t items, uint8_t *filter);

/* Whether there is a merge to begin or to go on with. */
bool runs_busy(const Runs *r);
/* Chooses what to merge: `next` gets the merges that go on and those to begin. *run_next: the next
 * free id. Only memory is prepared. */
MUST_USE Status runs_plan(Runs *r, Merge next[RUNS_LEVELS], uint32_t *run_next);
/* Takes each merge on by about `budget` entries, in the writer's transaction. Changes `next` and
 * `bits` alone; it may run beside runs_find. */
MUST_USE Status runs_step(const Runs *r, Env *v, uint64_t budget, Merge next[RUNS_LEVELS],
                          FilterList *bits);
/* The step is committed. */
void runs_stepped(Runs *r, const Merge next[RUNS_LEVELS], const FilterList *bits);

#endif
