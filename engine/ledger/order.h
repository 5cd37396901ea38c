/* ledger: the live records of one table in key order: a B+tree in memory whose leaves point at
 * entries. */
#ifndef REMIT_LEDGER_ORDER_H
#define REMIT_LEDGER_ORDER_H

#include "engine/ledger/slab.h"

enum { ORDER_FAN = 32, ORDER_DEPTH = 16 };

/* What the tree orders: a key with its first 8 bytes as a number (big-endian, zeros behind a
 * shorter key). The key's bytes must stay as they are while the item is in the tree. */
typedef struct OrderKey {
    uint64_t prefix;
    const char *p;
    size_t n;
} OrderKey;

typedef struct Entry Entry;
typedef struct OrderNode OrderNode;

/* Zeroed is empty. */
typedef struct Order {
    OrderNode *root;
    uint32_t height; /* levels of nodes; 0 when empty */
} Order;

/* A place in the tree; dead after any change of it. */
typedef struct OrderAt {
    OrderNode *node[ORDER_DEPTH];
    uint16_t at[ORDER_DEPTH];
    uint32_t height;
} OrderAt;

uint64_t order_prefix(const char *p, size_t n);
/* Adds an entry whose key is not there. False when memory is out: the tree holds what it held. */
bool order_add(Order *o, Slab *s, Entry *e);
/* Takes out an entry that is there. */
void order_drop(Order *o, Slab *s, Entry *e);
/* The first entry whose key is >= from (> from if after); NULL when there is none. */
Entry *order_find(const Order *o, const OrderKey *from, bool after, OrderAt *at);
/* The entry behind the one that `at` stands on; NULL at the end. */
Entry *order_next(OrderAt *at);

#endif
