/* ledger: the hash tree of RFC 9162, its proofs and their verification. */
#include "engine/ledger/merkle.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/base/sha256.h"

enum { LEAF_SHORT = 255 };

MerkleHash merkle_leaf(Str leaf) {
    MerkleHash out;
    if (leaf.n <= LEAF_SHORT) { /* in one piece: fewer calls */
        char bytes[1 + LEAF_SHORT];
        bytes[0] = 0;
        if (leaf.n > 0)
            memcpy(bytes + 1, leaf.p, leaf.n);
        sha256((Str){bytes, 1 + leaf.n}, out.b);
        return out;
    }
    Sha256 h;
    sha256_begin(&h);
    sha256_update(&h, S("\0"));
    sha256_update(&h, leaf);
    sha256_final(&h, out.b);
    return out;
}

MerkleHash merkle_node(const MerkleHash *left, const MerkleHash *right) {
    char bytes[1 + 2 * MERKLE_BYTES];
    MerkleHash out;
    bytes[0] = 1;
    memcpy(bytes + 1, left->b, MERKLE_BYTES);
    memcpy(bytes + 1 + MERKLE_BYTES, right->b, MERKLE_BYTES);
    sha256((Str){bytes, sizeof bytes}, out.b);
    return out;
}

bool merkle_eq(const MerkleHash *a, const MerkleHash *b) {
    return memcmp(a->b, b->b, MERKLE_BYTES) == 0;
}

void merkle_add(MerklePeaks *t, const MerkleHash *leaf,
                void (*seen)(void *ctx, unsigned level, uint64_t index, const MerkleHash *hash),
                void *ctx) {
    ASSERT(t->size < UINT64_MAX);
    unsigned n = merkle_peaks(t->size);
    MerkleHash hash = *leaf;
    uint64_t index = t->size;
    for (unsigned level = 1; (index & 1) != 0; level++) {
        index >>= 1;
        hash = merkle_node(&t->peak[--n], &hash);
        if (seen != NULL)
            seen(ctx, level, index, &hash);
    }
    t->peak[n] = hash;
    t->size++;
}

bool merkle_add_tree(MerklePeaks *t, unsigned level, const MerkleHash *root) {
    uint64_t leaves = (uint64_t)1 << level, index = t->size >> level;
    if (t->size % leaves != 0 || t->size > UINT64_MAX - leaves)
        return false;
    unsigned n = merkle_peaks(t->size);
    MerkleHash hash = *root;
    for (; (index & 1) != 0; index >>= 1)
        hash = merkle_node(&t->peak[--n], &hash);
    t->peak[n] = hash;
    t->size += leaves;
    return true;
}

MerkleHash merkle_root(const MerklePeaks *t) {
    unsigned n = merkle_peaks(t->size);
    MerkleHash hash;
    if (n == 0) {
        sha256((Str){NULL, 0}, hash.b);
        return hash;
    }
    hash = t->peak[--n];
    while (n > 0)
        hash = merkle_node(&t->peak[--n], &hash);
    return hash;
}

/* The largest power of two below n, for n > 1, as an exponent. */
static unsigned split_level(uint64_t n) {
    return 63 - (unsigned)__builtin_clzll(n - 1);
}

/* The root of leaves [from, from + n), n > 0. As from is a multiple of the power of two that n does
 * not exceed, each perfect part is a node of the whole tree. Depth: at most 64. */
static Status range_root(const MerkleSource *src, uint64_t from, uint64_t n, MerkleHash *out) {
    if (n == 1)
        return src->leaf(src->ctx, from, out);
    unsigned level = split_level(n);
    if (src->node != NULL && n == (uint64_t)2 << level) {
        bool found = false;
        TRY(src->node(src->ctx, level + 1, from >> (level + 1), out, &found));
        if (found)
            return OK;
    }
    uint64_t left = (uint64_t)1 << level;
    MerkleHash l, r;
    TRY(range_root(src, from, left, &l));
    TRY(range_root(src, from + left, n - left, &r));
    *out = merkle_node(&l, &r);
    return OK;
}

Status merkle_root_at(const MerkleSource *src, uint64_t size, MerkleHash *out) {
    if (size == 0) {
        *out = merkle_root(&(MerklePeaks){0});
        return OK;
    }
    return range_root(src, 0, size, out);
}

/* The proofs are built from the root down, so that the lowest sibling comes last: turned round. */
static void turn(MerkleHash *proof, size_t n) {
    for (size_t i = 0; i < n / 2; i++) {
        MerkleHash h = proof[i];
        proof[i] = proof[n - 1 - i];
        proof[n - 1 - i] = h;
    }
}

Status merkle_inclusion(const MerkleSource *src, uint64_t index, uint64_t size, MerkleHash *proof,
                        size_t *n) {
    *n = 0;
    if (index >= size)
        return ERR_NOTFOUND;
    uint64_t from = 0;
    while (size > 1) {
        uint64_t left = (uint64_t)1 << split_level(size);
        if (index - from < left) {
            TRY(range_root(src, from + left, size - left, &proof[(*n)++]));
            size = left;
        } else {
            TRY(range_root(src, from, left, &proof[(*n)++]));
            from += left;
            size -= left;
        }
    }
    turn(proof, *n);
    return OK;
}

Status merkle_consistency(const MerkleSource *src, uint64_t old, uint64_t size, MerkleHash *proof,
                          size_t *n) {
    *n = 0;
    if (old == 0 || old > size)
        return ERR_NOTFOUND;
    uint64_t from =
        0; /* the subtree [from, from + size) that the old tree ends in, at from + old */
    while (old < size) {
        uint64_t left = (uint64_t)1 << split_level(size);
        if (old <= left) {
            TRY(range_root(src, from + left, size - left, &proof[(*n)++]));
            size = left;
        } else {
            TRY(range_root(src, from, left, &proof[(*n)++]));
            from += left;
            old -= left;
            size -= left;
        }
    }
    if (from != 0) /* a subtree that is not the old tree whole: its root is part of the proof */
        TRY(range_root(src, from, size, &proof[(*n)++]));
    turn(proof, *n);
    return OK;
}

bool merkle_included(const MerkleHash *leaf, uint64_t index, uint64_t size, const MerkleHash *proof,
                     size_t n, const MerkleHash *root) {
    if (index >= size)
        return false;
    uint64_t fn = index, sn = size - 1;
    MerkleHash r = *leaf;
    for (size_t i = 0; i < n; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) != 0 || fn == sn) {
            r = merkle_node(&proof[i], &r);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            r = merkle_node(&r, &proof[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && merkle_eq(&r, root);
}

bool merkle_consistent(uint64_t old, const MerkleHash *old_root, uint64_t size,
                       const MerkleHash *root, const MerkleHash *proof, size_t n) {
    if (old == 0 || old > size)
        return false;
    if (old == size)
        return n == 0 && merkle_eq(old_root, root);
    if (n == 0)
        return false;
    uint64_t fn = old - 1, sn = size - 1;
    while ((fn & 1) != 0) {
        fn >>= 1;
        sn >>= 1;
    }
    bool whole = (old & (old - 1)) == 0; /* the old root stands before the proof */
    MerkleHash fr = whole ? *old_root : proof[0], sr = fr;
    for (size_t i = whole ? 0 : 1; i < n; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) != 0 || fn == sn) {
            fr = merkle_node(&proof[i], &fr);
            sr = merkle_node(&proof[i], &sr);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            sr = merkle_node(&sr, &proof[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && merkle_eq(&fr, old_root) && merkle_eq(&sr, root);
}
