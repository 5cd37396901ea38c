/* ledger: the journal: leaves by index, in blocks, and the tree over them.
 *
 * In the database `journal` (keys grow, so that all goes in at its end):
 *   index of a block's last leaf, 8 bytes      0, varint count, then for each leaf varint length,
 * bytes or, a leaf too long for a block: 1, varint length, its start the same, 1, part number in 4
 * bytes        more bytes of that long leaf last leaf of a perfect subtree, 2, level   the
 * subtree's root; levels 8, 16, 24, ... only Numbers in keys are big-endian. Memory: leaves of the
 * open batch in an arena, reset when they are committed. */
#ifndef REMIT_LEDGER_JOURNAL_H
#define REMIT_LEDGER_JOURNAL_H

#include "engine/base/buf.h"
#include "engine/ledger/env.h"
#include "engine/ledger/merkle.h"

typedef struct JournalNode {
    uint64_t last; /* index of the subtree's last leaf */
    unsigned level;
    MerkleHash hash;
} JournalNode;

/* Zeroed is empty. */
typedef struct Journal {
    Arena bytes;
    VEC(Str) leaves;   /* those from index `first` on */
    uint64_t first;    /* in memory mode 0, else the number of leaves committed */
    size_t done, mark; /* of `leaves`: committed; there at the mark */
    ArenaMark bytes_mark;
    size_t pending; /* bytes of those not committed */
    size_t pending_mark;
    MerklePeaks peaks;      /* over leaves committed; in memory mode it may lag */
    MerklePeaks next;       /* over all, once journal_hash has run */
    VEC(JournalNode) nodes; /* finished by the open batch's leaves */
    Buf block;
} Journal;

void journal_free(Journal *j);
/* The journal on disk has peaks.size leaves. */
void journal_start(Journal *j, const MerklePeaks *peaks);
uint64_t journal_size(const Journal *j);
MUST_USE Status journal_append(Journal *j, Str leaf);
void journal_mark(Journal *j);
void journal_undo(Journal *j);
MerkleHash journal_root(Journal *j);

/* Hashes the open batch's leaves into `next` and `nodes`. */
MUST_USE Status journal_hash(Journal *j);
/* Writes the open batch's leaves and `nodes` in v's transaction. */
MUST_USE Status journal_write(Journal *j, Env *v);
/* They are on disk (or, in memory mode, done). */
void journal_commit(Journal *j, bool memory);
/* A leaf that is not in memory, index < first. long_to: where one that stands in parts is put
 * together. */
MUST_USE Status journal_read(Journal *j, Env *v, MDB_cursor *at, uint64_t index, Arena *long_to,
                             Str *leaf);

#endif
