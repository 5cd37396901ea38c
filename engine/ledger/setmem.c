/* ledger: set entries in memory. */
#include "engine/ledger/setmem.h"

#include <string.h>

#include "engine/ledger/runs.h"

/* Keys are hashes already; both halves are used, so that a chosen half alone makes no long chain.
 */
static uint64_t hash_of(const uint8_t *key) {
    uint64_t hi, lo;
    memcpy(&hi, key, 8);
    memcpy(&lo, key + 8, 8);
    return (hi ^ lo) * 0x9E3779B97F4A7C15u >> 32;
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
    uint64_t hash = hash_of(key), mask = s->slots_n - 1;
    for (size_t i = hash & mask; s->slots[i] != 0; i = (i + 1) & mask) {
        if (s->slots[i] >> 32 != hash)
            continue;
        const SetItem *item = &s->items.at[(uint32_t)s->slots[i] - 1];
        if (memcmp(item->key, key, LED_SET_KEY) == 0)
            return item;
    }
    return NULL;
}

static void slot_set(uint64_t *slots, size_t n, uint64_t slot) {
    size_t i = (slot >> 32) & (n - 1);
    while (slots[i] != 0)
        i = (i + 1) & (n - 1);
    slots[i] = slot;
}

static bool slots_room(SetMem *s) {
    if ((s->items.n + 1) * 3 <= s->slots_n * 2)
        return true;
    size_t n = s->slots_n == 0 ? 64 : s->slots_n * 2;
    uint64_t *slots = mem_zalloc(n * sizeof *slots);
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < s->slots_n; i++)
        if (s->slots[i] != 0)
            slot_set(slots, n, s->slots[i]);
    mem_free(s->slots);
    s->slots = slots;
    s->slots_n = n;
    return true;
}

Status setmem_add(SetMem *s, const SetItem *item) {
    if (s->items.n >= (size_t)1 << 31)
        return ERR_LIMIT;
    if (!slots_room(s) || !vec_push(&s->items, *item))
        return ERR_NOMEM;
    slot_set(s->slots, s->slots_n, hash_of(item->key) << 32 | s->items.n);
    return OK;
}

void setmem_sort(SetMem *s, SetItem *room) {
    runs_sort(s->items.at, room, s->items.n);
    if (s->slots_n > 0)
        memset(s->slots, 0, s->slots_n * sizeof *s->slots);
    for (size_t i = 0; i < s->items.n; i++)
        slot_set(s->slots, s->slots_n, hash_of(s->items.at[i].key) << 32 | (i + 1));
}

void setmem_cut(SetMem *s, size_t n) {
    size_t mask = s->slots_n - 1;
    for (; s->items.n > n; s->items.n--) {
        size_t i = hash_of(s->items.at[s->items.n - 1].key) & mask;
        while ((uint32_t)s->slots[i] != s->items.n)
            i = (i + 1) & mask;
        for (size_t j = (i + 1) & mask; s->slots[j] != 0; j = (j + 1) & mask) {
            size_t home = (s->slots[j] >> 32) & mask;
            if (((j - home) & mask) >= ((j - i) & mask)) {
                s->slots[i] = s->slots[j];
                i = j;
            }
        }
        s->slots[i] = 0;
    }
}
