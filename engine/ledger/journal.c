/* ledger: the journal's leaves and blocks. */
#include "engine/ledger/journal.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/base/limits.h"

enum {
    BLOCK_LEAVES = 0,
    BLOCK_LONG = 1,
    KEY_PART = 1,
    KEY_NODE = 2,
    NODE_LEVELS = 8,                                 /* a node is kept at every eighth level */
    BLOCK_HEAD = 4,                                  /* kind and count */
    LEAF_SHORT = LIMIT_VALUE_BYTES - BLOCK_HEAD - 2, /* the longest that stands in a block */
    LONG_HEAD = 6,
};

void journal_free(Journal *j) {
    arena_free(&j->bytes);
    vec_free(&j->leaves);
    vec_free(&j->nodes);
    buf_free(&j->block);
    *j = (Journal){0};
}

void journal_start(Journal *j, const MerklePeaks *peaks) {
    j->peaks = *peaks;
    j->first = peaks->size;
}

uint64_t journal_size(const Journal *j) {
    return j->first + j->leaves.n;
}

Status journal_append(Journal *j, Str leaf) {
    Str copy = {arena_take(&j->bytes, leaf.n, 1), leaf.n};
    if (copy.p == NULL)
        return ERR_NOMEM;
    if (leaf.n > 0)
        memcpy((char *)(uintptr_t)copy.p, leaf.p, leaf.n);
    if (!vec_push(&j->leaves, copy))
        return ERR_NOMEM;
    j->pending += leaf.n;
    return OK;
}

void journal_mark(Journal *j) {
    j->mark = j->leaves.n;
    j->bytes_mark = arena_mark(&j->bytes);
    j->pending_mark = j->pending;
}

void journal_undo(Journal *j) {
    j->leaves.n = j->mark;
    arena_back(&j->bytes, j->bytes_mark);
    j->pending = j->pending_mark;
}

/* ---- the tree ---- */

typedef struct NodeSink {
    Journal *j;
    bool failed;
} NodeSink;

static void node_seen(void *ctx, unsigned level, uint64_t index, const MerkleHash *hash) {
    NodeSink *sink = ctx;
    if (level % NODE_LEVELS != 0)
        return;
    JournalNode node = {((index + 1) << level) - 1, level, *hash};
    if (!vec_push(&sink->j->nodes, node))
        sink->failed = true;
}

Status journal_hash(Journal *j) {
    NodeSink sink = {j, false};
    j->next = j->peaks;
    j->nodes.n = 0;
    for (size_t i = (size_t)(j->peaks.size - j->first); i < j->leaves.n; i++) {
        MerkleHash hash = merkle_leaf(j->leaves.at[i]);
        merkle_add(&j->next, &hash, node_seen, &sink);
    }
    return sink.failed ? ERR_NOMEM : OK;
}

MerkleHash journal_root(Journal *j) {
    size_t i = (size_t)(j->peaks.size - j->first);
    for (; i < j->done; i++) {
        MerkleHash hash = merkle_leaf(j->leaves.at[i]);
        merkle_add(&j->peaks, &hash, NULL, NULL);
    }
    MerklePeaks all = j->peaks;
    for (; i < j->leaves.n; i++) {
        MerkleHash hash = merkle_leaf(j->leaves.at[i]);
        merkle_add(&all, &hash, NULL, NULL);
    }
    return merkle_root(&all);
}

/* ---- writing ---- */

typedef struct JournalKey {
    char b[16];
    size_t n;
} JournalKey;

static JournalKey key_of(uint64_t last) {
    JournalKey k = {.n = 8};
    uint64_t big = __builtin_bswap64(last);
    memcpy(k.b, &big, 8);
    return k;
}

static JournalKey part_key(uint64_t last, uint32_t part) {
    JournalKey k = key_of(last);
    uint32_t big = __builtin_bswap32(part);
    k.b[8] = KEY_PART;
    memcpy(k.b + 9, &big, 4);
    k.n = 13;
    return k;
}

static JournalKey node_key(uint64_t last, unsigned level) {
    JournalKey k = key_of(last);
    k.b[8] = KEY_NODE;
    k.b[9] = (char)level;
    k.n = 10;
    return k;
}

static Status append(Env *v, const JournalKey *key, Str value) {
    return env_put(v, DB_JOURNAL, (Str){key->b, key->n}, value, true);
}

/* Nodes go in among the blocks, so that keys only grow. */
static Status write_nodes(Journal *j, Env *v, size_t *at, uint64_t before) {
    for (; *at < j->nodes.n && j->nodes.at[*at].last < before; (*at)++) {
        JournalNode *node = &j->nodes.at[*at];
        JournalKey key = node_key(node->last, node->level);
        TRY(append(v, &key, (Str){(const char *)node->hash.b, MERKLE_BYTES}));
    }
    return OK;
}

/* As many leaves from `at` on as fit in a block; returns how many, at least one. */
static size_t block_fill(Journal *j, size_t at) {
    size_t n = 0, bytes = BLOCK_HEAD;
    for (; at + n < j->leaves.n; n++) {
        size_t leaf = j->leaves.at[at + n].n;
        if (leaf > LEAF_SHORT || bytes + leaf + 2 > LIMIT_VALUE_BYTES)
            break;
        bytes += leaf + 2;
    }
    buf_reset(&j->block);
    put_u8(&j->block, BLOCK_LEAVES);
    put_varint(&j->block, n);
    for (size_t i = 0; i < n; i++)
        put_str(&j->block, j->leaves.at[at + i]);
    return n;
}

static Status write_long(Journal *j, Env *v, uint64_t index, Str leaf) {
    size_t head = LIMIT_VALUE_BYTES - LONG_HEAD;
    buf_reset(&j->block);
    put_u8(&j->block, BLOCK_LONG);
    put_varint(&j->block, leaf.n);
    put_bytes(&j->block, leaf.p, head);
    TRY(buf_status(&j->block));
    JournalKey key = key_of(index);
    TRY(append(v, &key, buf_str(&j->block)));
    uint32_t part = 0;
    for (size_t at = head; at < leaf.n; part++) {
        size_t n = leaf.n - at < LIMIT_VALUE_BYTES ? leaf.n - at : LIMIT_VALUE_BYTES;
        key = part_key(index, part);
        TRY(append(v, &key, (Str){leaf.p + at, n}));
        at += n;
    }
    return OK;
}

Status journal_write(Journal *j, Env *v) {
    size_t node = 0;
    for (size_t i = j->done; i < j->leaves.n;) {
        bool is_long = j->leaves.at[i].n > LEAF_SHORT;
        size_t n = is_long ? 1 : block_fill(j, i);
        uint64_t last = j->first + i + n - 1;
        TRY(write_nodes(j, v, &node, last));
        if (is_long) {
            TRY(write_long(j, v, last, j->leaves.at[i]));
        } else {
            TRY(buf_status(&j->block));
            JournalKey key = key_of(last);
            TRY(append(v, &key, buf_str(&j->block)));
        }
        i += n;
    }
    return write_nodes(j, v, &node, UINT64_MAX);
}

void journal_commit(Journal *j, bool memory) {
    if (!memory) {
        j->first += j->leaves.n;
        j->leaves.n = 0;
        arena_reset(&j->bytes);
        j->peaks = j->next;
    }
    j->done = j->leaves.n;
    j->pending = 0;
    journal_mark(j);
}

/* ---- reading ---- */

/* The leaf that stands `skip` leaves into a block. */
static Status block_leaf(Take *t, uint64_t skip, Str *leaf) {
    do
        *leaf = take_str(t);
    while (!t->failed && skip-- > 0);
    return t->failed ? ERR_DAMAGED : OK;
}

static Status long_leaf(Env *v, MDB_cursor *at, uint64_t index, Take *t, Arena *to, Str *leaf) {
    uint64_t n = take_varint(t);
    if (t->failed || n > LED_VALUE_MOST || take_left(t) > n)
        return ERR_DAMAGED;
    char *p = arena_take(to, (size_t)n, 1);
    if (p == NULL)
        return ERR_NOMEM;
    *leaf = (Str){p, (size_t)n};
    Str bytes = take_bytes(t, take_left(t)), key = {NULL, 0};
    size_t have = 0;
    for (uint32_t part = 0;; part++) {
        if (bytes.n == 0 || bytes.n > n - have)
            return ERR_DAMAGED;
        memcpy(p + have, bytes.p, bytes.n);
        have += bytes.n;
        if (have == n)
            return OK;
        bool found;
        TRY(env_move(v, at, MDB_NEXT, &key, &bytes, &found));
        JournalKey want = part_key(index, part);
        if (!found || !str_eq(key, (Str){want.b, want.n}))
            return ERR_DAMAGED;
    }
}

Status journal_read(Journal *j, Env *v, MDB_cursor *at, uint64_t index, Arena *long_to, Str *leaf) {
    ASSERT(index < j->first);
    JournalKey from = key_of(index);
    Str key = {from.b, from.n}, value;
    bool found;
    TRY(env_move(v, at, MDB_SET_RANGE, &key, &value, &found));
    while (found && key.n != 8) /* a node or a part of a leaf before */
        TRY(env_move(v, at, MDB_NEXT, &key, &value, &found));
    if (!found)
        return ERR_DAMAGED;
    Take k = take_from(key), t = take_from(value);
    uint64_t last = take_key_u64(&k);
    if (take_u8(&t) == BLOCK_LONG)
        return last == index ? long_leaf(v, at, index, &t, long_to, leaf) : ERR_DAMAGED;
    uint64_t count = take_varint(&t);
    if (t.failed || count == 0 || last - index >= count)
        return ERR_DAMAGED;
    return block_leaf(&t, count - 1 - (last - index), leaf);
}
