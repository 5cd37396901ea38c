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
    BLOCK_HEAD = 4,                                  /* kind and count */
    LEAF_SHORT = LIMIT_VALUE_BYTES - BLOCK_HEAD - 2, /* the longest that stands in a block */
    LONG_HEAD = 6,
};

static void leaves_free(Leaves *l) {
    arena_free(&l->bytes);
    vec_free(&l->list);
}

void journal_free(Journal *j) {
    leaves_free(&j->open);
    leaves_free(&j->sealed);
    vec_free(&j->nodes);
    buf_free(&j->block);
    *j = (Journal){0};
}

void journal_start(Journal *j, const MerklePeaks *peaks) {
    j->peaks = *peaks;
    j->open.first = j->sealed.first = peaks->size;
    journal_mark(j);
}

uint64_t journal_size(const Journal *j) {
    return j->open.first + j->open.list.n;
}

Status journal_append(Journal *j, Str leaf) {
    char *copy = arena_take(&j->open.bytes, leaf.n, 1);
    if (copy == NULL)
        return ERR_NOMEM;
    if (leaf.n > 0)
        memcpy(copy, leaf.p, leaf.n);
    if (!vec_push(&j->open.list, ((Str){copy, leaf.n})))
        return ERR_NOMEM;
    j->pending += leaf.n;
    return OK;
}

void journal_mark(Journal *j) {
    j->mark = j->open.list.n;
    j->bytes_mark = arena_mark(&j->open.bytes);
    j->pending_mark = j->pending;
}

void journal_undo(Journal *j) {
    j->open.list.n = j->mark;
    arena_back(&j->open.bytes, j->bytes_mark);
    j->pending = j->pending_mark;
}

bool journal_leaf(const Journal *j, uint64_t index, Str *leaf) {
    if (index < j->sealed.first)
        return false;
    const Leaves *in = index < j->open.first ? &j->sealed : &j->open;
    *leaf = in->list.at[index - in->first];
    return true;
}

#ifdef REMIT_NO_JOURNAL
static const bool reaches_disk = false; /* the benchmark's program: leaves without tree and disk */
#else
static const bool reaches_disk = true;
#endif

void journal_seal(Journal *j) {
    ASSERT(j->sealed.list.n == 0);
    if (!reaches_disk) {
        journal_keep(j);
        return;
    }
    Leaves empty = j->sealed;
    j->sealed = j->open;
    j->open = empty;
    j->open.first = j->sealed.first + j->sealed.list.n;
    j->pending = 0;
    journal_mark(j);
}

void journal_keep(Journal *j) {
    j->done = j->open.list.n;
    j->pending = 0;
    journal_mark(j);
}

void journal_settle(Journal *j) {
    j->sealed.list.n = 0;
    j->sealed.first = j->open.first;
    arena_reset(&j->sealed.bytes);
    j->peaks = j->next;
}

/* ---- the tree ---- */

typedef struct NodeSink {
    Journal *j;
    bool failed;
} NodeSink;

static void node_seen(void *ctx, unsigned level, uint64_t index, const MerkleHash *hash) {
    NodeSink *sink = ctx;
    if (level % JOURNAL_NODE_LEVELS != 0)
        return;
    JournalNode node = {((index + 1) << level) - 1, level, *hash};
    if (!vec_push(&sink->j->nodes, node))
        sink->failed = true;
}

Status journal_hash(Journal *j) {
    NodeSink sink = {j, false};
    j->next = j->peaks;
    j->nodes.n = 0;
    for (size_t i = 0; i < j->sealed.list.n; i++) {
        MerkleHash hash = merkle_leaf(j->sealed.list.at[i]);
        merkle_add(&j->next, &hash, node_seen, &sink);
    }
    return sink.failed ? ERR_NOMEM : OK;
}

static void add_leaves(MerklePeaks *t, const Leaves *l, size_t to) {
    for (size_t i = (size_t)(t->size - l->first); i < to; i++) {
        MerkleHash hash = merkle_leaf(l->list.at[i]);
        merkle_add(t, &hash, NULL, NULL);
    }
}

MerkleHash journal_root(Journal *j) {
    if (j->done > 0) /* in memory mode: what is committed is hashed once */
        add_leaves(&j->peaks, &j->open, j->done);
    MerklePeaks all = j->peaks;
    if (all.size < j->open.first)
        add_leaves(&all, &j->sealed, j->sealed.list.n);
    add_leaves(&all, &j->open, j->open.list.n);
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
    const Leaves *l = &j->sealed;
    size_t n = 0, bytes = BLOCK_HEAD;
    for (; at + n < l->list.n; n++) {
        size_t leaf = l->list.at[at + n].n;
        if (leaf > LEAF_SHORT || bytes + leaf + 2 > LIMIT_VALUE_BYTES)
            break;
        bytes += leaf + 2;
    }
    buf_reset(&j->block);
    put_u8(&j->block, BLOCK_LEAVES);
    put_varint(&j->block, n);
    for (size_t i = 0; i < n; i++)
        put_str(&j->block, l->list.at[at + i]);
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
    const Leaves *l = &j->sealed;
    size_t node = 0;
    for (size_t i = 0; i < l->list.n;) {
        bool is_long = l->list.at[i].n > LEAF_SHORT;
        size_t n = is_long ? 1 : block_fill(j, i);
        uint64_t last = l->first + i + n - 1;
        TRY(write_nodes(j, v, &node, last));
        if (is_long) {
            TRY(write_long(j, v, last, l->list.at[i]));
        } else {
            TRY(buf_status(&j->block));
            JournalKey key = key_of(last);
            TRY(append(v, &key, buf_str(&j->block)));
        }
        i += n;
    }
    return write_nodes(j, v, &node, UINT64_MAX);
}

/* ---- reading ---- */

/* The leaf that stands `skip` leaves into a block. */
static Status block_leaf(Take *t, uint64_t skip, Str *leaf) {
    do
        *leaf = take_str(t);
    while (!t->failed && skip-- > 0);
    return t->failed ? ERR_DAMAGED : OK;
}

static Status long_leaf(EnvTxn *t, MDB_cursor *at, uint64_t index, Take *in, Arena *to, Str *leaf) {
    uint64_t n = take_varint(in);
    if (in->failed || n > LED_VALUE_MOST || take_left(in) > n)
        return ERR_DAMAGED;
    char *p = arena_take(to, (size_t)n, 1);
    if (p == NULL)
        return ERR_NOMEM;
    *leaf = (Str){p, (size_t)n};
    Str bytes = take_bytes(in, take_left(in)), key = {NULL, 0};
    size_t have = 0;
    for (uint32_t part = 0;; part++) {
        if (bytes.n == 0 || bytes.n > n - have)
            return ERR_DAMAGED;
        memcpy(p + have, bytes.p, bytes.n);
        have += bytes.n;
        if (have == n)
            return OK;
        bool found;
        TRY(env_move(t, at, MDB_NEXT, &key, &bytes, &found));
        JournalKey want = part_key(index, part);
        if (!found || !str_eq(key, (Str){want.b, want.n}))
            return ERR_DAMAGED;
    }
}

Status journal_read(const Journal *j, EnvTxn *t, MDB_cursor *at, uint64_t index, Arena *long_to,
                    Str *leaf) {
    ASSERT(index < j->peaks.size);
    JournalKey from = key_of(index);
    Str key = {from.b, from.n}, value;
    bool found;
    TRY(env_move(t, at, MDB_SET_RANGE, &key, &value, &found));
    while (found && key.n != 8) /* a node, or a part of a leaf before */
        TRY(env_move(t, at, MDB_NEXT, &key, &value, &found));
    if (!found)
        return ERR_DAMAGED;
    Take k = take_from(key), in = take_from(value);
    uint64_t last = take_key_u64(&k);
    if (take_u8(&in) == BLOCK_LONG)
        return last == index ? long_leaf(t, at, index, &in, long_to, leaf) : ERR_DAMAGED;
    uint64_t count = take_varint(&in);
    if (in.failed || count == 0 || last - index >= count)
        return ERR_DAMAGED;
    return block_leaf(&in, count - 1 - (last - index), leaf);
}

Status journal_node(EnvTxn *t, unsigned level, uint64_t index, MerkleHash *out, bool *found) {
    *found = false;
    if (level == 0 || level % JOURNAL_NODE_LEVELS != 0 || level > 56)
        return OK;
    JournalKey key = node_key(((index + 1) << level) - 1, level);
    Str value;
    TRY(env_get(t, DB_JOURNAL, (Str){key.b, key.n}, &value, found));
    if (!*found)
        return OK;
    if (value.n != MERKLE_BYTES)
        return ERR_DAMAGED;
    memcpy(out->b, value.p, MERKLE_BYTES);
    return OK;
}
