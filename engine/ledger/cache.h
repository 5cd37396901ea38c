/* ledger: the records in memory above the tables. It holds what was changed since the tables were
 * last brought up to date (those records hide the tables' own) and copies of records lately read.
 *
 * A record changed in the open batch is in `changed`; once committed it is in `dirty` until a
 * checkpoint takes it (`taken`) into the tables, after which it stays as a clean copy while there
 * is room. Trusts:  its callers for the bounds of keys and values. Memory:  a slab; a value lives
 * until it is replaced (by a later put or del) and no undo can want it. Errors:  ERR_NOMEM, which
 * leaves all as it was. */
#ifndef REMIT_LEDGER_CACHE_H
#define REMIT_LEDGER_CACHE_H

#include "engine/ledger/order.h"

enum { CACHE_TABLES = 64 }; /* table ids are below this */

enum EntryFlag {
    E_LIVE = 1,    /* has a value; else the record is known not to exist */
    E_BATCH = 2,   /* changed since the last commit: in `changed` */
    E_DIRTY = 4,   /* in `dirty` */
    E_TAKEN = 8,   /* in `taken` */
    E_TREE = 16,   /* in its table's order */
    E_ABSENT = 32, /* the tables certainly have no such record */
    E_CLEAN = 64,  /* a copy of the tables' state, in the clean queue */
    E_USED = 128,  /* a clean one, found again since it came to the queue's end last */
    E_HIDES = E_BATCH | E_DIRTY | E_TAKEN,
};

struct Entry {
    uint64_t prefix; /* order_prefix of the key */
    uint64_t hash;
    char *value;
    uint64_t mark;              /* the mark under which its former state was kept for undo */
    Entry *newer, *older;       /* the clean queue */
    uint32_t value_n, dirty_at; /* dirty_at: place in `dirty` while E_DIRTY */
    uint16_t key_n;
    uint8_t table, flags;
    char key[];
};

typedef struct EntryUndo {
    Entry *entry;
    char *value;
    uint32_t value_n;
    uint8_t flags;
    bool created;
} EntryUndo;

typedef VEC(Entry *) EntryList;

/* Zeroed is empty, but for `alone`. */
typedef struct Cache {
    Slab slab;
    struct CacheSlot {
        uint64_t hash;
        Entry *entry;
    } * slots;
    size_t slots_n, entries; /* slots_n: a power of two, or 0 */
    Order order[CACHE_TABLES];
    VEC(EntryUndo) undo;
    EntryList changed, dirty, taken;
    size_t changed_mark;      /* changed.n at the mark */
    uint64_t mark;            /* counts marks */
    size_t bytes, bytes_mark; /* of keys and values in `changed`, now and at the mark */
    Entry *clean_new, *clean_old;
    size_t clean_bytes;
    uint64_t unhid; /* counts the times that a record of the tables may have come to light again */
    bool alone;     /* nothing is beneath: what is not here does not exist */
} Cache;

void cache_free(Cache *c);
/* NULL when the cache does not know. An entry without E_LIVE: the record does not exist. */
Entry *cache_find(Cache *c, uint8_t table, Str key);
/* Sets the record, or takes it away (live == false). key and value are copied and may be the
 * cache's own. */
MUST_USE Status cache_put(Cache *c, uint8_t table, Str key, Str value, bool live);
/* Keeps a copy of what the tables have (live) or do not have; the key must not be in the cache.
 * *kept may be NULL after ERR_NOMEM, which the caller may ignore. */
Entry *cache_keep(Cache *c, uint8_t table, Str key, Str value, bool live);
/* The first live record >= from (> from if after) among those that hide the tables'. */
Entry *cache_next(Cache *c, uint8_t table, Str from, bool after);

void cache_mark(Cache *c);
void cache_undo(Cache *c);
/* Makes room so that cache_commit cannot fail. */
MUST_USE Status cache_ready(Cache *c);
/* The batch is committed: its records are dirty ones from now on. */
void cache_commit(Cache *c);

/* Moves `dirty` to `taken`, in order of table and key. `taken` must be empty. */
MUST_USE Status cache_take(Cache *c);
/* taken[from..to) is in the tables. */
void cache_taken(Cache *c, size_t from, size_t to);
/* The tables have all of `taken`: entries not changed since are clean. */
void cache_settle(Cache *c);
/* Drops the oldest clean entries until the rest fits in `room` bytes; one that was found again
 * stays for another round. Values borrowed from those are gone. */
void cache_trim(Cache *c, size_t room);
/* Forgets everything (a reader that starts anew). No batch may be open. */
void cache_clear(Cache *c);

#endif
