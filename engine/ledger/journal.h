/* ledger: the journal: leaves by index, in blocks, and the tree over them.
 *
 * In the database `journal` (keys only grow, so that all goes in at its end):
 *   - index of a block's last leaf, 8 bytes: 0, varint count, then for each leaf varint length and
 *     bytes; or, for a leaf too long for that: 1, varint length, its start
 *   - the same, 1, part number in 4 bytes: more bytes of that long leaf
 *   - index of the last leaf of a perfect subtree, 2, level: the subtree's root; levels 8, 16, 24,
 *     ... only
 * Numbers in keys are big-endian.
 *
 * The open batch's leaves become the sealed ones when it is closed, and go when they are on disk.
 * One thread may hash and write the sealed ones while another goes on with the open ones. */
#ifndef REMIT_LEDGER_JOURNAL_H
#define REMIT_LEDGER_JOURNAL_H

#include "engine/base/buf.h"
#include "engine/ledger/env.h"
#include "engine/ledger/merkle.h"

enum { JOURNAL_NODE_LEVELS = 8 }; /* a subtree's root is kept at every eighth level */

typedef struct JournalNode {
    uint64_t last; /* index of the subtree's last leaf */
    unsigned level;
    MerkleHash hash;
} JournalNode;

/* Leaves in memory, from index `first` on. */
typedef struct Leaves {
    Arena bytes;
    VEC(Str) list;
    uint64_t first;
} Leaves;

/* Zeroed is empty. */
typedef struct Journal {
    Leaves open, sealed;
    size_t mark, done; /* of open.list: there at the mark; committed (memory mode keeps them) */
    ArenaMark bytes_mark;
    size_t pending, pending_mark; /* bytes of those not committed */
    MerklePeaks peaks;            /* over the leaves on disk; in memory mode it may lag */
    /* of the sealed leaves, once journal_hash has run */
    MerklePeaks next;
    VEC(JournalNode) nodes;
    Buf block;
} Journal;

void journal_free(Journal *j);
/* The journal on disk has peaks->size leaves; none is in memory. */
void journal_start(Journal *j, const MerklePeaks *peaks);
uint64_t journal_size(const Journal *j);
MUST_USE Status journal_append(Journal *j, Str leaf);
void journal_mark(Journal *j);
void journal_undo(Journal *j);
/* The root over all leaves. */
MerkleHash journal_root(Journal *j);
/* A leaf that is in memory; false when it is on disk. */
bool journal_leaf(const Journal *j, uint64_t index, Str *leaf);

/* The open leaves are the sealed ones from now on; those before must be on disk. */
void journal_seal(Journal *j);
/* In memory mode instead: they are committed. */
void journal_keep(Journal *j);
/* Hashes the sealed leaves into `next` and `nodes`. */
MUST_USE Status journal_hash(Journal *j);
/* Writes them and `nodes` in the writer's transaction. */
MUST_USE Status journal_write(Journal *j, Env *v);
/* They are on disk. */
void journal_settle(Journal *j);
/* A leaf on disk, index < peaks.size. long_to: where one that stands in parts is put together. */
MUST_USE Status journal_read(const Journal *j, EnvTxn *t, MDB_cursor *at, uint64_t index,
                             Arena *long_to, Str *leaf);
/* The root of the perfect subtree of 2^level leaves that begins at leaf index << level, where it is
 * kept on disk; *found says so. */
MUST_USE Status journal_node(EnvTxn *t, unsigned level, uint64_t index, MerkleHash *out,
                             bool *found);

#endif
