/* ledger: set entries in memory. */
#include "engine/ledger/setmem.h"

#include <string.h>

#include "engine/base/check.h"

/* Keys are hashes already; both halves are used, so that a chosen half alone makes no long chain.
 */
static size_t slot_of(const SetMem *s, const uint8_t *key) {
    uint64_t hi, lo;
    memcpy(&hi, key, 8);
    memcpy(&lo, key + 8, 8);
    return (size_t)((hi ^ (lo * 0x9E3779B97F4A7C15u)) >> 7) & (s->slots_n - 1);
}

void setmem_free(SetMem *s) {
    vec_free(&s->items);
    mem_free(s->slots);
    *s = (SetMem){0};
}

void setmem_reset(SetMem *s) {
    s->items.n = 0;
    if (s->slots_n > 0)
        memset(s->slots, 0, s->slots_n * sizeof *s->slots);
}

const SetItem *setmem_find(const SetMem *s, const uint8_t key[LED_SET_KEY]) {
    if (s->slots_n == 0)
        return NULL;
    for (size_t i = slot_of(s, key); s->slots[i] != 0; i = (i + 1) & (s->slots_n - 1)) {
        const SetItem *item = &s->items.at[s->slots[i] - 1];
        if (memcmp(item->key, key, LED_SET_KEY) == 0)
            return item;
    }
    return NULL;
}

static void slot_set(SetMem *s, uint32_t index) {
    size_t i = slot_of(s, s->items.at[index].key);
    while (s->slots[i] != 0)
        i = (i + 1) & (s->slots_n - 1);
    s->slots[i] = index + 1;
}

static bool slots_room(SetMem *s) {
    if ((s->items.n + 1) * 2 <= s->slots_n)
        return true;
    size_t n = s->slots_n == 0 ? 64 : s->slots_n * 2;
    uint32_t *slots = mem_zalloc(n * sizeof *slots);
    if (slots == NULL)
        return false;
    mem_free(s->slots);
    s->slots = slots;
    s->slots_n = n;
    for (size_t i = 0; i < s->items.n; i++)
        slot_set(s, (uint32_t)i);
    return true;
}

Status setmem_add(SetMem *s, const SetItem *item) {
    if (s->items.n >= (size_t)1 << 31)
        return ERR_LIMIT;
    if (!slots_room(s) || !vec_push(&s->items, *item))
        return ERR_NOMEM;
    slot_set(s, (uint32_t)(s->items.n - 1));
    return OK;
}

void setmem_cut(SetMem *s, size_t n) {
    size_t mask = s->slots_n - 1;
    for (; s->items.n > n; s->items.n--) {
        size_t i = slot_of(s, s->items.at[s->items.n - 1].key);
        while (s->slots[i] != s->items.n)
            i = (i + 1) & mask;
        for (size_t j = (i + 1) & mask; s->slots[j] != 0; j = (j + 1) & mask) {
            size_t home = slot_of(s, s->items.at[s->slots[j] - 1].key);
            if (((j - home) & mask) >= ((j - i) & mask)) {
                s->slots[i] = s->slots[j];
                i = j;
            }
        }
        s->slots[i] = 0;
    }
}
