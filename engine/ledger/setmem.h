/* ledger: the entries of one set that are in memory alone: those of the open batch, and those
 * committed that no run on disk has yet. */
#ifndef REMIT_LEDGER_SETMEM_H
#define REMIT_LEDGER_SETMEM_H

#include "engine/base/mem.h"
#include "engine/ledger/ledger.h"

typedef struct SetItem {
    uint8_t key[LED_SET_KEY];
    uint64_t a, b;
} SetItem;

/* Zeroed is empty. Items stand in the order in which they came. */
typedef struct SetMem {
    VEC(SetItem) items;
    uint64_t *slots; /* open addressing: 32 bits of hash, then index of an item, plus one */
    size_t slots_n;  /* a power of two, or 0 */
} SetMem;

void setmem_free(SetMem *s);
void setmem_reset(SetMem *s); /* empties for reuse */
const SetItem *setmem_find(const SetMem *s, const uint8_t key[LED_SET_KEY]);
/* The key must not be there. Errors: ERR_NOMEM, ERR_LIMIT (2^31 items), which leave all as it was.
 */
MUST_USE Status setmem_add(SetMem *s, const SetItem *item);
/* Puts the items in order of their keys. room: for as many items. */
void setmem_sort(SetMem *s, SetItem *room);
/* Takes out the newest items until n are left. */
void setmem_cut(SetMem *s, size_t n);

#endif
