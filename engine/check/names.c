/* check: an index from names to the places of symbols in their lists. */
#include "engine/check/check_int.h"

enum { SLOTS_FIRST = 64 };

/* The slot in which the first entry of a name stands, or would stand. */
static uint32_t *slot_of(const NameIndex *x, Str name) {
    uint32_t at = (uint32_t)str_hash(name) & (x->room - 1);
    while (x->slots[at] != 0 && !str_eq(x->entries.at[x->slots[at] - 1].name, name))
        at = (at + 1) & (x->room - 1);
    return &x->slots[at];
}

static bool grow(Program *p, NameIndex *x) {
    uint32_t room = x->room == 0 ? SLOTS_FIRST : x->room * 2;
    uint32_t *slots = new (p->arena, uint32_t, room);
    if (slots == NULL)
        return false;
    x->slots = slots;
    x->room = room;
    for (size_t i = 0; i < x->entries.n; i++)
        if (x->entries.at[i].first)
            *slot_of(x, x->entries.at[i].name) = (uint32_t)i + 1;
    return true;
}

void names_add(Program *p, NameIndex *x, Str name, uint32_t place) {
    if (name.n == 0)
        return;
    bool full = x->entries.n >= UINT32_MAX / 4;
    if (full || (2 * x->entries.n >= x->room && !grow(p, x)) ||
        !vec_push(&x->entries, ((NameEntry){.name = name, .place = place}))) {
        p->nomem = true;
        return;
    }
    uint32_t number = (uint32_t)x->entries.n, *slot = slot_of(x, name);
    NameEntry *entry = &x->entries.at[number - 1];
    entry->first = *slot == 0;
    entry->last = number;
    if (entry->first) {
        *slot = number;
        return;
    }
    NameEntry *first = &x->entries.at[*slot - 1];
    x->entries.at[first->last - 1].next = number;
    first->last = number;
}

const NameEntry *names_first(const NameIndex *x, Str name) {
    uint32_t at = x->room == 0 ? 0 : *slot_of(x, name);
    return at == 0 ? NULL : &x->entries.at[at - 1];
}

const NameEntry *names_next(const NameIndex *x, const NameEntry *entry) {
    return entry->next == 0 ? NULL : &x->entries.at[entry->next - 1];
}
