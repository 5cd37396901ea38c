/* ledger: what the runs of one policy know and have done, kept so that a kill at any point leaves a
 * committed state: records by (table, key), three sets of 16-byte keys, and the journal, whose
 * leaves make a hash tree (merkle.h). An open batch gathers changes; a commit puts them on disk in
 * one transaction.
 *
 * Trusts:  that the directory's files are its own making (doctor and verify do not).
 * Never:   reads a clock, or knows what a record means (record.h has their forms).
 * Memory:  bytes given out are borrowed. When open for writing: until the next led_put, led_add,
 *          led_del, led_undo, led_commit, led_seal, led_settle or led_close. When open read-only:
 *          through at least the next 1,000 calls, unless those give out more than 32 MB.
 * Errors:  a call that fails changes nothing. ERR_NOMEM; ERR_IO (the system); ERR_FULL (disk);
 *          ERR_DAMAGED (what is read is not what was written); ERR_LIMIT (a key or value too long);
 *          ERR_STATE (a change when read-only, or after a failed commit). led_error has the words.
 * LMDB's rule: a process may have a ledger open only once at a time. */
#ifndef REMIT_LEDGER_LEDGER_H
#define REMIT_LEDGER_LEDGER_H

#include "engine/base/status.h"
#include "engine/base/str.h"
#include "engine/ledger/merkle.h"

typedef struct Ledger Ledger;

typedef enum LedTable {
#define TABLE(name, id, digest, doc) LED_##name = (id),
#include "engine/ledger/table.def"
} LedTable;

/* Grow-only maps of 16 bytes to 14. The keys must be bytes of a hash: spread evenly. */
typedef enum LedSet { LED_SET_EVENTS, LED_SET_NAMES, LED_SET_REJECTS, LED_SETS } LedSet;

enum {
    LED_FORMAT = 1,     /* the version of what is on disk, and of the digest */
    LED_KEY_MOST = 480, /* bytes of a key */
    LED_VALUE_MOST =
        17 << 20,     /* bytes of a value or a leaf: a line of input, and what is said of it */
    LED_SET_KEY = 16, /* bytes of a set's key */
};

typedef struct LedOptions {
    Str dir;  /* empty: in memory alone, nothing on disk */
    Str name; /* of a new ledger (empty: main); if given for an old one it must be its name */
    bool create, read_only, no_sync; /* no_sync: survives a kill, not a power cut */
} LedOptions;

/* Opens DIR's ledger; with `create` makes it if it is not there. A writer holds a lock on DIR/lock
 * till led_close. ERR_LOCKED: another process writes it; err names its pid. ERR_NOTFOUND: there is
 * none. ERR_VERSION: its format is not LED_FORMAT, or LMDB's is not ours. ERR_MISMATCH: the files
 * are not a ledger's, or its name is another. ERR_DAMAGED: data.mdb is cut or is not LMDB's. */
MUST_USE Status led_open(const LedOptions *opt, Ledger **out, Err *err);
/* Drops what was not committed. NULL is fine. */
void led_close(Ledger *l);
/* Nothing was ever committed to it. */
bool led_is_new(const Ledger *l);
/* Lives as long as the ledger. */
Str led_name(const Ledger *l);
/* The words of the last failure of a call that takes no Err. */
const Err *led_error(const Ledger *l);

MUST_USE Status led_find(Ledger *l, LedTable table, Str key, Str *value, bool *found);
/* key: up to LED_KEY_MOST bytes; value: up to LED_VALUE_MOST. Both are copied. */
MUST_USE Status led_put(Ledger *l, LedTable table, Str key, Str value);
/* The same for a record of which the caller knows that it is not there: never put, or deleted
 * since. If it is deleted soon, as a timer is, neither its coming nor its going costs anything on
 * disk. */
MUST_USE Status led_add(Ledger *l, LedTable table, Str key, Str value);
/* An absent record: OK. */
MUST_USE Status led_del(Ledger *l, LedTable table, Str key);
/* The first record with a key >= from, or > from if `after`, by byte order, the shorter first. */
MUST_USE Status led_next(Ledger *l, LedTable table, Str from, bool after, Str *key, Str *value,
                         bool *found);
/* The same among those that begin with the first `prefix` bytes of from. What was deleted behind
 * them costs nothing. */
MUST_USE Status led_next_in(Ledger *l, LedTable table, Str from, bool after, size_t prefix,
                            Str *key, Str *value, bool *found);

/* What the set has for the key. b has 48 bits. */
MUST_USE Status led_set_find(Ledger *l, LedSet set, const uint8_t key[LED_SET_KEY], uint64_t *a,
                             uint64_t *b, bool *found);
/* Adds a key, which must not be there (look first); ERR_STATE if the open batch has it.
 * b < 2^48, or ERR_LIMIT. */
MUST_USE Status led_set_add(Ledger *l, LedSet set, const uint8_t key[LED_SET_KEY], uint64_t a,
                            uint64_t b);

/* Leaves in the journal, those of the open batch included. */
uint64_t led_size(const Ledger *l);
/* Copies the leaf. index may be NULL. */
MUST_USE Status led_append(Ledger *l, Str leaf, uint64_t *index);
/* ERR_NOTFOUND: index >= led_size. */
MUST_USE Status led_leaf(Ledger *l, uint64_t index, Str *leaf);

/* Begins an event: led_undo comes back to here. One deep: a new mark forgets the old one. led_open
 * and led_commit mark too. */
void led_mark(Ledger *l);
/* Takes back all changes since the mark: records, set entries, leaves. Cannot fail. */
void led_undo(Ledger *l);
/* Bytes of the open batch, about: keys, values, set entries, leaves. */
size_t led_pending(const Ledger *l);
/* Puts the open batch on disk; it is there when this returns. After a failure other than ERR_NOMEM
 * at once, the ledger takes no more changes and has to be closed; disk is as before or, if syncing
 * failed, as before or after. */
MUST_USE Status led_commit(Ledger *l, Err *err);

/* The same in three, so that the next batch can be begun while this one is written. led_seal closes
 * the open batch and opens the next. led_write puts the closed one on disk; another thread may call
 * it while this one goes on with led_find to led_undo; the caller sees to it that it starts after
 * led_seal and has ended before led_settle, which must come before the next led_seal. led_settle
 * ends borrows as led_commit does. Any of them failing: as led_commit. */
MUST_USE Status led_seal(Ledger *l, Err *err);
MUST_USE Status led_write(Ledger *l, Err *err);
MUST_USE Status led_settle(Ledger *l, Err *err);

/* The root of the hash tree over all leaves, those of the open batch included. */
MUST_USE Status led_root(Ledger *l, uint8_t root[32]);
/* Of the tree over the first `size` leaves: its root, and proofs as merkle.h has them. They come of
 * the roots of subtrees that are kept: some hundred look-ups however long the journal is.
 * ERR_NOTFOUND: there are fewer leaves, or nothing to prove. */
MUST_USE Status led_root_at(Ledger *l, uint64_t size, MerkleHash *out);
MUST_USE Status led_inclusion(Ledger *l, uint64_t index, uint64_t size, MerkleHash *proof,
                              size_t *n);
MUST_USE Status led_consistency(Ledger *l, uint64_t old, uint64_t size, MerkleHash *proof,
                                size_t *n);
enum { LED_BLOCK_LEVEL = 8 }; /* subtrees of 256 leaves have their roots kept */
/* The root of leaves [number * 256, number * 256 + 256) as it is kept. *found is false where there
 * are fewer, and in memory. */
MUST_USE Status led_block_root(Ledger *l, uint64_t number, MerkleHash *out, bool *found);
/* The same of any perfect subtree: of 2^level leaves, from leaf number << level on. Kept are those
 * of every eighth level. */
MUST_USE Status led_node(Ledger *l, unsigned level, uint64_t number, MerkleHash *out, bool *found);
/* SHA-256 over a canonical dump of the state, the open batch included: format, journal's size and
 * root, then every record of the tables that are in the digest, in order of table and key. */
MUST_USE Status led_digest(Ledger *l, uint8_t digest[32], Err *err);

/* From now on a reader sees the newest state as it is now, and that alone, till it is closed: a
 * writer beside uses no page again meanwhile. What was given out lives as ever. */
MUST_USE Status led_hold(Ledger *l);
/* Goes through the entries of a set in a reader that holds its snapshot: those of each run in order
 * of key. */
MUST_USE Status led_set_walk(Ledger *l, LedSet set,
                             Status (*each)(void *ctx, const uint8_t key[LED_SET_KEY], uint64_t a,
                                            uint64_t b),
                             void *ctx);

/* What stands in a copy. */
typedef struct LedCopy {
    uint64_t size; /* of the journal */
    uint8_t root[32], digest[32];
} LedCopy;
/* Copies the newest state of a ledger that is open for reading into a new folder, each value held
 * against its sum, without free pages; it is on disk then. One snapshot is held all the while, so
 * that a writer beside uses no page again meanwhile. */
MUST_USE Status led_copy(Ledger *l, Str dir, LedCopy *out, Err *err);
/* A folder that a copied data.mdb was put into is a ledger's from now on. */
MUST_USE Status led_adopt(Str dir, Err *err);

#ifdef REMIT_TESTING
/* From now on the k-th write to LMDB or commit (from 1) fails, and only that one; 0 stops failing.
 */
void led_fail_at(uint64_t k);
/* In ledgers opened from now on: bytes of frames that begin a checkpoint, and between its steps;
 * set entries between steps of the merges. 0: as it is. */
void led_test_rooms(uint32_t log, uint32_t step, uint32_t merge);
/* In ledgers opened from now on: bytes of the map at first. 0: as it is. */
void led_test_map(size_t bytes);
#endif

#endif
