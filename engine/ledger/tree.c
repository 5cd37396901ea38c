/* ledger: the hash tree over the journal, of any size that it had: roots and proofs from the
 * subtrees' roots that are kept. */
#include "engine/ledger/ledger_int.h"

_Static_assert((int)LED_BLOCK_LEVEL == (int)JOURNAL_NODE_LEVELS,
               "blocks are the smallest subtrees kept");

static Status leaf_hash(void *ctx, uint64_t index, MerkleHash *out) {
    Str leaf;
    TRY(led_leaf(ctx, index, &leaf));
    *out = merkle_leaf(leaf);
    return OK;
}

static Status kept_node(void *ctx, unsigned level, uint64_t index, MerkleHash *out, bool *found) {
    Ledger *l = ctx;
    *found = false;
    if (l->memory)
        return OK;
    TRY(led_look(l));
    return journal_node(&l->env.reader, level, index, out, found);
}

static Status told(Ledger *l, Status status) {
    return status == OK || status == ERR_NOTFOUND || l->err.code == status
               ? status
               : led_failed(l, status, "cannot read the journal's tree");
}

Status led_root_at(Ledger *l, uint64_t size, MerkleHash *out) {
    MerkleSource src = {l, leaf_hash, kept_node};
    return size > led_size(l) ? ERR_NOTFOUND : told(l, merkle_root_at(&src, size, out));
}

Status led_inclusion(Ledger *l, uint64_t index, uint64_t size, MerkleHash *proof, size_t *n) {
    MerkleSource src = {l, leaf_hash, kept_node};
    *n = 0;
    return size > led_size(l) ? ERR_NOTFOUND
                              : told(l, merkle_inclusion(&src, index, size, proof, n));
}

Status led_consistency(Ledger *l, uint64_t old, uint64_t size, MerkleHash *proof, size_t *n) {
    MerkleSource src = {l, leaf_hash, kept_node};
    *n = 0;
    return size > led_size(l) ? ERR_NOTFOUND
                              : told(l, merkle_consistency(&src, old, size, proof, n));
}

Status led_node(Ledger *l, unsigned level, uint64_t number, MerkleHash *out, bool *found) {
    return told(l, kept_node(l, level, number, out, found));
}

Status led_block_root(Ledger *l, uint64_t number, MerkleHash *out, bool *found) {
    return led_node(l, LED_BLOCK_LEVEL, number, out, found);
}
