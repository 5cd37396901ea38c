/* ledger: the tables on disk. In the database `records`: table id and key -> 0 and the value; or,
 * for a value too long for that, 1, its number (8 bytes) and its length (4 bytes), while its bytes
 * are in `parts`, keyed by number (8 bytes) and part (4 bytes). Numbers in keys are big-endian, in
 * values little-endian. */
#ifndef REMIT_LEDGER_TABLE_H
#define REMIT_LEDGER_TABLE_H

#include "engine/base/mem.h"
#include "engine/ledger/cache.h"
#include "engine/ledger/env.h"

/* What is found in a table is copied to `long_to` when it stands in parts, else it is the map's
 * own. */
MUST_USE Status table_find(Env *v, uint8_t table, Str key, Arena *long_to, Str *value, bool *found);

/* A walk along a table that passes over records which the cache hides. It remembers that there was
 * nothing to see between `from` and where it stands, so that asking again and again for the first
 * record does not pass over the same hidden ones each time. Zeroed has not begun. */
typedef struct TableWalk {
    MDB_cursor *at;
    uint64_t snapshot; /* that the cursor, key and value are of */
    uint64_t unhid;    /* the cache's count when what is remembered was found */
    bool known, end;   /* before `stop` no record is to be seen; nor is one from there on */
    bool after;        /* `from` itself was left out */
    Str key, value;    /* of the record at `stop`: the map's own; value as in `records` */
    uint16_t from_n, stop_n;
    char from[LED_KEY_MOST], stop[LED_KEY_MOST];
} TableWalk;

/* The first record >= from (> from if after) that the cache does not hide; found false if it does
 * not begin with the first `prefix` bytes of from, and then none is looked for behind those that
 * do. *key is the map's own. */
MUST_USE Status table_next(TableWalk *w, Env *v, const Cache *c, uint8_t table, Str from,
                           bool after, size_t prefix, Arena *long_to, Str *key, Str *value,
                           bool *found);
void table_walk_close(TableWalk *w);

/* What writing to tables needs to know, kept in the ledger's head. */
typedef struct TableState {
    uint64_t parts; /* the next long value's number */
    uint64_t longs; /* bit t: table t has had a long value */
} TableState;

/* Puts a record into its table, or takes it out (!live), in the writer's transaction. */
MUST_USE Status table_write(Env *v, TableState *t, uint8_t table, Str key, Str value, bool live);

#endif
