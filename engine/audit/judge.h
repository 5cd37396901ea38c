/* audit: which part of a journal lies. A journal says up to three times what it holds: by its
 * entries, by their hashes, by the roots of blocks of 256. Each gives a root of all; the one that
 * was signed tells which of them is right, and the others are held against it (docs/journal.md).
 *
 * Memory:  one block's hashes, FINDINGS_MOST findings; nothing grows with the journal. */
#ifndef REMIT_AUDIT_JUDGE_H
#define REMIT_AUDIT_JUDGE_H

#include "engine/base/buf.h"
#include "engine/ledger/merkle.h"

typedef enum FindingId {
#define FINDING(id, name, fatal, en, zh) FINDING_##id,
#include "engine/audit/finding.def"
    FINDING_IDS
} FindingId;

enum { BLOCK_LEVEL = 8, BLOCK_ENTRIES = 256, BLOCK_READ_MOST = 512, FINDINGS_MOST = 100 };

typedef struct Finding {
    FindingId id;
    uint64_t from, to; /* entries */
    uint64_t n;
    bool has_got, has_want;
    MerkleHash got, want; /* the hash of what stands there, and of what should */
} Finding;

typedef struct Findings {
    Finding list[FINDINGS_MOST];
    size_t n;
    uint64_t more; /* found, and no room for them */
} Findings;

void findings_add(Findings *f, FindingId id, uint64_t from, uint64_t to, uint64_t n);
/* Whether one is fatal. */
bool findings_fatal(const Findings *f);
const char *finding_name(FindingId id);
void put_finding(Buf *out, const Finding *f, bool chinese);

/* A root that was signed. */
typedef struct Signed {
    uint64_t size;
    MerkleHash root;
    unsigned known, right; /* a bit for each Voice: it has given a root at this size; that one */
} Signed;

typedef enum Voice { VOICE_ENTRIES, VOICE_HASHES, VOICE_BLOCKS, VOICES } Voice;

/* A block as it was read. */
typedef struct Block {
    uint64_t first;
    const MerkleHash
        *entry; /* hashes of the entries that could be read, in the order of the file */
    size_t entries;
    bool has_hashes;        /* the file lists hashes */
    const MerkleHash *hash; /* these */
    size_t hashes;
    bool has_root;
    MerkleHash root; /* as the file, or the ledger, gives it */
    bool broken; /* entries from number `broken_from` to `broken_to` of the block cannot be read */
    size_t broken_from, broken_to; /* first and last; `entry` leaves them out */
} Block;

typedef struct Judge {
    Findings *findings;
    Signed *targets; /* by size */
    size_t target_count;
    bool own_hashes; /* the journal lists its hashes: an exported file */
    MerklePeaks peaks[VOICES];
    bool silent[VOICES];
    /* The block before, until it is known whether another follows. */
    bool pending, pending_root;
    MerkleHash pending_hash[BLOCK_READ_MOST], root;
    size_t pending_count;
    uint64_t pending_first, gap; /* entries that are known to be missing */
} Judge;

/* targets: sorted by size; they are filled in. */
void judge_begin(Judge *j, Findings *findings, Signed *targets, size_t n, bool own_hashes);
void judge_block(Judge *j, const Block *b);
/* Blocks that cannot be read, or are gone; the next one that is handed over stands behind them. */
void judge_gap(Judge *j, FindingId id, uint64_t from, uint64_t to);
/* Ends it: findings are told by what was signed. */
void judge_end(Judge *j);
/* Whether the end of a file names a number of entries and a root that one of the voices has, or
 * that was signed. */
bool judge_agrees(const Judge *j, uint64_t size, const MerkleHash *root);

#endif
