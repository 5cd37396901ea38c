/* ledger: a B+tree of entries in key order. An inner node has with each child the least entry below
 * it. */
#include "engine/ledger/order.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/ledger/cache.h"

struct OrderNode {
    uint32_t n;
    uint64_t prefix[ORDER_FAN];
    Entry *key[ORDER_FAN];
    OrderNode *child[]; /* ORDER_FAN of them, in inner nodes only */
};

enum {
    LEAF_BYTES = sizeof(OrderNode),
    INNER_BYTES = sizeof(OrderNode) + ORDER_FAN * sizeof(OrderNode *),
};

uint64_t order_prefix(const char *p, size_t n) {
    uint64_t v = 0;
    if (n >= 8) {
        memcpy(&v, p, 8);
        return __builtin_bswap64(v);
    }
    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)(uint8_t)p[i] << (56 - 8 * i);
    return v;
}

static OrderKey key_of(const Entry *e) {
    return (OrderKey){order_prefix(e->key, e->key_n), e->key, e->key_n};
}

/* Equal prefixes: bytes decide, then lengths ("a" and "a\0" have one prefix). */
static int tie_cmp(const OrderKey *k, const Entry *e) {
    size_t least = k->n < e->key_n ? k->n : e->key_n;
    int c = least == 0 ? 0 : memcmp(k->p, e->key, least);
    return c != 0 ? c : (k->n > e->key_n) - (k->n < e->key_n);
}

/* How many keys of the node are below k, or, with `equal`, not above it. */
static uint32_t count_below(const OrderNode *node, const OrderKey *k, bool equal) {
    uint32_t lo = 0, n = node->n;
    while (n > 0) {
        uint32_t half = n / 2, mid = lo + half;
        bool below = node->prefix[mid] < k->prefix;
        if (node->prefix[mid] == k->prefix) {
            int c = tie_cmp(k, node->key[mid]);
            below = c > 0 || (c == 0 && equal);
        }
        lo = below ? mid + 1 : lo;
        n = below ? n - half - 1 : half;
    }
    return lo;
}

/* The child to look in for k. */
static uint32_t child_for(const OrderNode *node, const OrderKey *k) {
    uint32_t below = count_below(node, k, true);
    return below == 0 ? 0 : below - 1;
}

static OrderNode *node_new(Slab *s, bool inner) {
    OrderNode *node = slab_take(s, inner ? INNER_BYTES : LEAF_BYTES);
    if (node != NULL)
        node->n = 0;
    return node;
}

static void node_free(Slab *s, OrderNode *node, bool inner) {
    slab_give(s, node, inner ? INNER_BYTES : LEAF_BYTES);
}

static void node_open(OrderNode *node, bool inner, uint32_t at) {
    size_t behind = node->n - at;
    memmove(&node->prefix[at + 1], &node->prefix[at], behind * sizeof *node->prefix);
    memmove(&node->key[at + 1], &node->key[at], behind * sizeof(Entry *));
    if (inner)
        memmove(&node->child[at + 1], &node->child[at], behind * sizeof(OrderNode *));
    node->n++;
}

static void node_close(OrderNode *node, bool inner, uint32_t at) {
    size_t behind = node->n - at - 1;
    memmove(&node->prefix[at], &node->prefix[at + 1], behind * sizeof *node->prefix);
    memmove(&node->key[at], &node->key[at + 1], behind * sizeof(Entry *));
    if (inner)
        memmove(&node->child[at], &node->child[at + 1], behind * sizeof(OrderNode *));
    node->n--;
}

static void node_least(OrderNode *node, uint32_t at, Entry *least) {
    node->prefix[at] = order_prefix(least->key, least->key_n);
    node->key[at] = least;
}

/* Splits the full child at `at`. A child that grows at its end gives only its last item away, so
 * that keys that come in order fill their nodes. */
static bool split_child(OrderNode *node, Slab *s, uint32_t at, bool inner, const OrderKey *k) {
    OrderNode *left = node->child[at], *right = node_new(s, inner);
    if (right == NULL)
        return false;
    uint32_t keep = count_below(left, k, true) == ORDER_FAN ? ORDER_FAN - 1 : ORDER_FAN / 2;
    right->n = ORDER_FAN - keep;
    memcpy(right->prefix, &left->prefix[keep], right->n * sizeof *left->prefix);
    memcpy(right->key, &left->key[keep], right->n * sizeof(Entry *));
    if (inner)
        memcpy(right->child, &left->child[keep], right->n * sizeof(OrderNode *));
    left->n = keep;
    node_open(node, true, at + 1);
    node_least(node, at + 1, right->key[0]);
    node->child[at + 1] = right;
    return true;
}

static bool root_up(Order *o, Slab *s) {
    CHECK(o->height < ORDER_DEPTH);
    OrderNode *root = node_new(s, true);
    if (root == NULL)
        return false;
    root->n = 1;
    node_least(root, 0, o->root->key[0]);
    root->child[0] = o->root;
    o->root = root;
    o->height++;
    return true;
}

/* Sees to it that no node on the way to k is full. */
static bool make_room(Order *o, Slab *s, const OrderKey *k) {
    if (o->height == 0) {
        o->root = node_new(s, false);
        o->height = o->root != NULL;
        return o->root != NULL;
    }
    if (o->root->n == ORDER_FAN && !root_up(o, s))
        return false;
    OrderNode *node = o->root;
    for (uint32_t level = o->height - 1; level > 0; level--) {
        uint32_t at = child_for(node, k);
        if (node->child[at]->n == ORDER_FAN) {
            if (!split_child(node, s, at, level > 1, k))
                return false;
            at = child_for(node, k);
        }
        node = node->child[at];
    }
    return true;
}

bool order_add(Order *o, Slab *s, Entry *e) {
    OrderKey k = key_of(e);
    if (!make_room(o, s, &k))
        return false;
    OrderNode *node = o->root;
    for (uint32_t level = o->height - 1; level > 0; level--) {
        uint32_t below = count_below(node, &k, true);
        if (below == 0)
            node_least(node, 0, e);
        node = node->child[below == 0 ? 0 : below - 1];
    }
    uint32_t at = count_below(node, &k, true);
    ASSERT(node->n < ORDER_FAN && (at == 0 || tie_cmp(&k, node->key[at - 1]) != 0));
    node_open(node, false, at);
    node_least(node, at, e);
    return true;
}

void order_drop(Order *o, Slab *s, Entry *e) {
    OrderKey k = key_of(e);
    OrderNode *path[ORDER_DEPTH];
    uint32_t at[ORDER_DEPTH], level = o->height;
    path[--level] = o->root;
    while (level > 0) {
        at[level] = child_for(path[level], &k);
        path[level - 1] = path[level]->child[at[level]];
        level--;
    }
    at[0] = child_for(path[0], &k);
    CHECK(path[0]->key[at[0]] == e);
    node_close(path[0], false, at[0]);
    for (; level + 1 < o->height && path[level]->n == 0; level++) {
        node_free(s, path[level], level > 0);
        node_close(path[level + 1], true, at[level + 1]);
    }
    /* The nodes from `level` up stand; where the first child changed, so did the least entry above.
     */
    for (; level + 1 < o->height && at[level] == 0; level++)
        node_least(path[level + 1], at[level + 1], path[level]->key[0]);
    while (o->height > 1 && o->root->n == 1) {
        OrderNode *root = o->root;
        o->root = root->child[0];
        o->height--;
        node_free(s, root, true);
    }
    if (o->root->n == 0) {
        node_free(s, o->root, o->height > 1);
        *o = (Order){0};
    }
}

/* Steps over the end of a leaf. */
static Entry *settle(OrderAt *at) {
    uint32_t level = 0;
    while (at->at[level] == at->node[level]->n) {
        if (++level == at->height)
            return NULL;
        at->at[level]++;
    }
    for (; level > 0; level--) {
        at->node[level - 1] = at->node[level]->child[at->at[level]];
        at->at[level - 1] = 0;
    }
    return at->node[0]->key[at->at[0]];
}

Entry *order_find(const Order *o, const OrderKey *from, bool after, OrderAt *at) {
    at->height = o->height;
    if (o->height == 0)
        return NULL;
    uint32_t level = o->height - 1;
    at->node[level] = o->root;
    for (; level > 0; level--) {
        at->at[level] = (uint16_t)child_for(at->node[level], from);
        at->node[level - 1] = at->node[level]->child[at->at[level]];
    }
    at->at[0] = (uint16_t)count_below(at->node[0], from, after);
    return settle(at);
}

Entry *order_next(OrderAt *at) {
    at->at[0]++;
    return settle(at);
}
