/* ledger: the hash tree of RFC 9162 section 2.1 over SHA-256. A leaf's hash is SHA-256(0x00 ||
 * leaf), a node's SHA-256(0x01 || left || right); n leaves are split at the largest power of two
 * below n.
 *
 * Trusts:  nothing in a proof: verification takes hostile input.
 * Never:   allocates, keeps state of its own, reads leaves by itself (MerkleSource does).
 * Errors:  only those that a MerkleSource gives; the hashing itself cannot fail. */
#ifndef REMIT_LEDGER_MERKLE_H
#define REMIT_LEDGER_MERKLE_H

#include "engine/base/status.h"
#include "engine/base/str.h"

enum {
    MERKLE_BYTES = 32, /* one hash */
    MERKLE_MOST = 128, /* a proof has fewer hashes than this */
};

typedef struct MerkleHash {
    uint8_t b[MERKLE_BYTES];
} MerkleHash;

/* A tree's compact range: the roots of its perfect subtrees, the largest (leftmost) first, one for
 * each bit that is set in size. Zeroed is the empty tree. */
typedef struct MerklePeaks {
    uint64_t size;
    MerkleHash peak[64];
} MerklePeaks;

MerkleHash merkle_leaf(Str leaf);
MerkleHash merkle_node(const MerkleHash *left, const MerkleHash *right);
bool merkle_eq(const MerkleHash *a, const MerkleHash *b);

/* How many peaks a tree of that size has. */
static inline unsigned merkle_peaks(uint64_t size) {
    return (unsigned)__builtin_popcountll(size);
}
/* Adds a leaf. When done, the perfect subtrees that end with it stand in turn in the places that
 * their level gives; `seen`, if not NULL, is told of each one finished: levels 1, 2, ... and the
 * subtree's place among those of its level. */
void merkle_add(MerklePeaks *t, const MerkleHash *leaf,
                void (*seen)(void *ctx, unsigned level, uint64_t index, const MerkleHash *hash),
                void *ctx);
/* Adds a perfect subtree of 2^level leaves, of which only the root is known. The size before must
 * be a multiple of 2^level; false, and nothing is done, when it is not. */
bool merkle_add_tree(MerklePeaks *t, unsigned level, const MerkleHash *root);
/* The tree's root; SHA-256 of nothing for the empty one (2.1.1). */
MerkleHash merkle_root(const MerklePeaks *t);

/* Where proofs get hashes from. `leaf` yields the hash of a leaf. `node`, which may be NULL, may
 * know the root of the perfect subtree of 2^level leaves that starts at leaf index << level; *found
 * says so. */
typedef struct MerkleSource {
    void *ctx;
    Status (*leaf)(void *ctx, uint64_t index, MerkleHash *out);
    Status (*node)(void *ctx, unsigned level, uint64_t index, MerkleHash *out, bool *found);
} MerkleSource;

/* The root of the first `size` leaves. Errors: the source's. */
MUST_USE Status merkle_root_at(const MerkleSource *src, uint64_t size, MerkleHash *out);
/* The inclusion proof of a leaf in the tree of `size` leaves (2.1.3.1), lowest sibling first.
 * proof: room for MERKLE_MOST. ERR_NOTFOUND when index >= size; else the source's errors. */
MUST_USE Status merkle_inclusion(const MerkleSource *src, uint64_t index, uint64_t size,
                                 MerkleHash *proof, size_t *n);
/* The consistency proof between the trees of `old` and of `size` leaves (2.1.4.1); empty when they
 * are the same. ERR_NOTFOUND when old is 0 or greater than size: there is nothing to prove. */
MUST_USE Status merkle_consistency(const MerkleSource *src, uint64_t old, uint64_t size,
                                   MerkleHash *proof, size_t *n);

/* Whether the proof shows that the leaf stands at index in the tree of that size and root
 * (2.1.3.2). */
bool merkle_included(const MerkleHash *leaf, uint64_t index, uint64_t size, const MerkleHash *proof,
                     size_t n, const MerkleHash *root);
/* Whether the proof shows that the tree of `size` leaves starts with that of `old` leaves
 * (2.1.4.2). Equal sizes need equal roots and an empty proof; old == 0 proves nothing and gives
 * false. */
bool merkle_consistent(uint64_t old, const MerkleHash *old_root, uint64_t size,
                       const MerkleHash *root, const MerkleHash *proof, size_t n);

#endif
