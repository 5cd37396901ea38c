/* ledger: the records in memory above the tables. It holds what was changed since the tables were
 * last brought up to date (those records hide the tables' own) and copies of records lately read.
 *
 * A record changed in the open batch is in `changed`; once committed it is in `dirty` until a
 * checkpoint takes it (`taken`) into the tables, after which it stays as a clean copy while there
 * is room.
 *
 * Memory counts here: what does not fit the processor's cache costs more than any work that is done
 * on it. An entry is one piece with its key and, if it fits, its value, which is overwritten in
 * place; the former one goes to the undo's buffer. Tables are put in order when somebody first asks
 * for an order.
 *
 * Trusts:  its callers for the bounds of keys and values.
 * Memory:  a value lives until the next cache_put, cache_undo, cache_commit or cache_trim.
 * Errors:  ERR_NOMEM, which leaves all as it was. */
#ifndef REMIT_LEDGER_CACHE_H
#define REMIT_LEDGER_CACHE_H

#include "engine/base/buf.h"
#include "engine/ledger/order.h"

enum { CACHE_TABLES = 64 }; /* table ids are below this */

enum EntryFlag {
    E_LIVE = 1,    /* has a value; else the record is known not to exist */
    E_BATCH = 2,   /* changed since the last commit: in `changed` */
    E_DIRTY = 4,   /* in `dirty` */
    E_TAKEN = 8,   /* in `taken` */
    E_TREE = 16,   /* in its table's order */
    E_ABSENT = 32, /* the tables certainly have no such record */
    E_CLEAN = 64,  /* a copy of the tables' state: in `clean` */
    E_USED = 128,  /* a clean one, found again since the hand last came by */
    E_FAR = 256,   /* the value is a piece of its own */
    E_HIDES = E_BATCH | E_DIRTY | E_TAKEN,
};

struct Entry {
    uint32_t hash, mark; /* mark: under which its former state was kept for undo */
    uint32_t at;         /* place in `dirty` (E_DIRTY) or `clean` (E_CLEAN) */
    uint32_t value_n;
    uint16_t key_n, flags;
    uint8_t table;
    uint8_t room; /* for the value behind the key, in units of 8 bytes; at least 1 */
    char key[];   /* then the value or, if E_FAR, its address */
};

typedef struct EntryUndo {
    Entry *entry;
    char *far; /* the former value's piece if E_FAR, else it is in undo_bytes */
    size_t at; /* there */
    uint32_t value_n;
    uint16_t flags;
    bool created;
} EntryUndo;

typedef VEC(Entry *) EntryList;

typedef struct SortItem {
    uint64_t prefix;
    Entry *entry;
} SortItem;

/* Zeroed is empty, but for `alone`. */
typedef struct Cache {
    Slab slab;
    uint64_t *slots; /* open addressing: 16 bits of hash above an entry's address; 0: free */
    size_t slots_n, entries; /* slots_n: a power of two, or 0 */
    Order order[CACHE_TABLES];
    bool ordered[CACHE_TABLES];
    VEC(EntryUndo) undo;
    Buf undo_bytes;
    EntryList changed, dirty, taken, clean;
    SortItem *sorting; /* room for sorting_n */
    size_t sorting_n;
    size_t hand;              /* in `clean` */
    size_t changed_mark;      /* changed.n at the mark */
    size_t bytes, bytes_mark; /* of keys and values put in the open batch, now and at the mark */
    size_t clean_bytes;
    uint64_t unhid; /* counts the times that a record of the tables may have come to light again */
    uint32_t mark;  /* counts marks */
    bool alone;     /* nothing is beneath: what is not here does not exist */
} Cache;

void cache_free(Cache *c);
/* NULL when the cache does not know. An entry without E_LIVE: the record does not exist. */
Entry *cache_find(Cache *c, uint8_t table, Str key);
/* The same, without counting as a use of a clean copy. */
const Entry *cache_look(const Cache *c, uint8_t table, Str key);
Str cache_value(const Entry *e);
static inline Str cache_key(const Entry *e) {
    return (Str){e->key, e->key_n};
}
typedef enum CachePut { CACHE_DEL, CACHE_SET, CACHE_ADD } CachePut;
/* Sets the record, or takes it away. CACHE_ADD: the caller knows that it does not exist. key and
 * value are copied and may be the cache's own. */
MUST_USE Status cache_put(Cache *c, uint8_t table, Str key, Str value, CachePut how);
/* Keeps a copy of what the tables have (live) or do not have; the key must not be in the cache.
 * Without memory it does nothing. */
void cache_keep(Cache *c, uint8_t table, Str key, Str value, bool live);
/* The first live record >= from (> from if after) among those that hide the tables'. */
MUST_USE Status cache_next(Cache *c, uint8_t table, Str from, bool after, Entry **out);

void cache_mark(Cache *c);
void cache_undo(Cache *c);
/* Makes room so that cache_commit cannot fail. */
MUST_USE Status cache_ready(Cache *c);
/* The batch is committed: its records are dirty ones from now on. */
void cache_commit(Cache *c);

/* Makes room so that cache_take cannot fail after the commit of the open batch. */
MUST_USE Status cache_take_ready(Cache *c);
/* Moves `dirty` to `taken`, in order of table and key. `taken` must be empty. */
void cache_take(Cache *c);
/* taken[from..to) is in the tables. */
void cache_taken(Cache *c, size_t from, size_t to);
/* The tables have all of `taken`: entries not changed since are clean. */
void cache_settle(Cache *c);
/* Drops clean entries until the rest fits in `room` bytes; one that was found again since the last
 * time stays for another round. */
void cache_trim(Cache *c, size_t room);
/* Forgets everything (a reader that starts anew). No batch may be open. */
void cache_clear(Cache *c);
/* Makes the hash great enough for that many entries, if there is memory. */
void cache_expect(Cache *c, size_t entries);

#endif
