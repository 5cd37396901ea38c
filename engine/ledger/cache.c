/* ledger: the records in memory above the tables. */
#include "engine/ledger/cache.h"

#include <string.h>

#include "engine/base/check.h"

/* ---- the hash of keys: open addressing, each slot with its hash ---- */

static uint64_t mix(uint64_t a, uint64_t b) {
    __extension__ unsigned __int128 m = (unsigned __int128)a * b;
    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static uint64_t load(const char *p, size_t n) {
    uint64_t v = 0;
    memcpy(&v, p, n);
    return v;
}

static uint64_t key_hash(uint8_t table, Str key) {
    const uint64_t k0 = 0x9E3779B97F4A7C15u, k1 = 0xD6E8FEB86659FD93u;
    uint64_t h = mix(k0 ^ table, k1 ^ key.n);
    const char *p = key.p;
    size_t n = key.n;
    for (; n > 16; p += 16, n -= 16)
        h = mix(h ^ load(p, 8), k1 ^ load(p + 8, 8));
    if (n > 8)
        h = mix(h ^ load(p, 8), k1 ^ load(p + n - 8, 8));
    else if (n == 8)
        h = mix(h ^ load(p, 8), k1);
    else if (n > 0)
        h = mix(h ^ load(p, n), k1);
    return h;
}

static Entry *hash_find(const Cache *c, uint64_t hash, uint8_t table, Str key) {
    if (c->slots_n == 0)
        return NULL;
    size_t mask = c->slots_n - 1;
    for (size_t i = (size_t)hash & mask; c->slots[i].entry != NULL; i = (i + 1) & mask) {
        Entry *e = c->slots[i].entry;
        if (c->slots[i].hash == hash && e->table == table && e->key_n == key.n &&
            (key.n == 0 || memcmp(e->key, key.p, key.n) == 0))
            return e;
    }
    return NULL;
}

static void hash_set(struct CacheSlot *slots, size_t mask, Entry *e) {
    size_t i = (size_t)e->hash & mask;
    while (slots[i].entry != NULL)
        i = (i + 1) & mask;
    slots[i] = (struct CacheSlot){e->hash, e};
}

/* Room for one more entry, at most two thirds full. */
static bool hash_room(Cache *c) {
    if ((c->entries + 1) * 3 <= c->slots_n * 2)
        return true;
    size_t n = c->slots_n == 0 ? 64 : c->slots_n * 2;
    struct CacheSlot *slots = mem_zalloc(n * sizeof *slots);
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < c->slots_n; i++)
        if (c->slots[i].entry != NULL)
            hash_set(slots, n - 1, c->slots[i].entry);
    mem_free(c->slots);
    c->slots = slots;
    c->slots_n = n;
    return true;
}

static void hash_add(Cache *c, Entry *e) {
    hash_set(c->slots, c->slots_n - 1, e);
    c->entries++;
}

/* Takes e out and moves up those behind it that would no longer be found. */
static void hash_drop(Cache *c, Entry *e) {
    size_t mask = c->slots_n - 1, i = (size_t)e->hash & mask;
    while (c->slots[i].entry != e)
        i = (i + 1) & mask;
    for (size_t j = (i + 1) & mask; c->slots[j].entry != NULL; j = (j + 1) & mask) {
        size_t home = (size_t)c->slots[j].hash & mask;
        if (((j - home) & mask) >= ((j - i) & mask)) {
            c->slots[i] = c->slots[j];
            i = j;
        }
    }
    c->slots[i].entry = NULL;
    c->entries--;
}

/* ---- entries ---- */

static size_t entry_bytes(const Entry *e) {
    return sizeof(Entry) + e->key_n;
}

static size_t entry_weight(const Entry *e) {
    return entry_bytes(e) + e->value_n + 2 * sizeof(struct CacheSlot);
}

static Entry *entry_new(Cache *c, uint64_t hash, uint8_t table, Str key) {
    Entry *e = slab_take(&c->slab, sizeof(Entry) + key.n);
    if (e == NULL)
        return NULL;
    *e = (Entry){.prefix = order_prefix(key.p, key.n),
                 .hash = hash,
                 .key_n = (uint16_t)key.n,
                 .table = table,
                 .flags = c->alone ? E_ABSENT : 0};
    if (key.n > 0)
        memcpy(e->key, key.p, key.n);
    return e;
}

static void value_free(Cache *c, char *value, uint32_t n) {
    slab_give(&c->slab, value, n);
}

/* Takes the entry out of everything but the lists and frees it. */
static void entry_free(Cache *c, Entry *e) {
    if ((e->flags & E_TREE) != 0)
        order_drop(&c->order[e->table], &c->slab, e);
    hash_drop(c, e);
    value_free(c, e->value, e->value_n);
    slab_give(&c->slab, e, entry_bytes(e));
}

static void flag_set(Entry *e, unsigned set) {
    e->flags = (uint8_t)(e->flags | set);
}

static void flag_clear(Entry *e, unsigned clear) {
    e->flags = (uint8_t)(e->flags & ~clear);
}

static void clean_in(Cache *c, Entry *e) {
    flag_set(e, E_CLEAN);
    e->newer = NULL;
    e->older = c->clean_new;
    if (c->clean_new != NULL)
        c->clean_new->newer = e;
    else
        c->clean_old = e;
    c->clean_new = e;
    c->clean_bytes += entry_weight(e);
}

static void clean_out(Cache *c, Entry *e) {
    flag_clear(e, E_CLEAN | E_USED);
    *(e->newer != NULL ? &e->newer->older : &c->clean_new) = e->older;
    *(e->older != NULL ? &e->older->newer : &c->clean_old) = e->newer;
    c->clean_bytes -= entry_weight(e);
}

void cache_trim(Cache *c, size_t room) {
    while (c->clean_bytes > room) {
        Entry *e = c->clean_old;
        bool used = (e->flags & E_USED) != 0;
        clean_out(c, e);
        if (used)
            clean_in(c, e);
        else
            entry_free(c, e);
    }
}

void cache_free(Cache *c) {
    slab_free(&c->slab);
    mem_free(c->slots);
    vec_free(&c->undo);
    vec_free(&c->changed);
    vec_free(&c->dirty);
    vec_free(&c->taken);
    *c = (Cache){0};
}

void cache_clear(Cache *c) {
    bool alone = c->alone;
    uint64_t unhid = c->unhid + 1;
    ASSERT(c->changed.n == 0);
    cache_free(c);
    c->alone = alone;
    c->unhid = unhid;
}

Entry *cache_find(Cache *c, uint8_t table, Str key) {
    Entry *e = hash_find(c, key_hash(table, key), table, key);
    if (e != NULL && (e->flags & E_CLEAN) != 0)
        flag_set(e, E_USED);
    return e;
}

Entry *cache_keep(Cache *c, uint8_t table, Str key, Str value, bool live) {
    if (!hash_room(c))
        return NULL;
    Entry *e = entry_new(c, key_hash(table, key), table, key);
    char *copy = e != NULL && live ? slab_take(&c->slab, value.n) : NULL;
    if (e == NULL || (live && copy == NULL)) {
        if (e != NULL)
            slab_give(&c->slab, e, entry_bytes(e));
        return NULL;
    }
    if (live) {
        if (value.n > 0)
            memcpy(copy, value.p, value.n);
        e->value = copy;
        e->value_n = (uint32_t)value.n;
    }
    flag_set(e, live ? E_LIVE : E_ABSENT);
    hash_add(c, e);
    clean_in(c, e);
    return e;
}

Entry *cache_next(Cache *c, uint8_t table, Str from, bool after) {
    OrderKey key = {order_prefix(from.p, from.n), from.p, from.n};
    OrderAt at;
    Entry *e = order_find(&c->order[table], &key, after, &at);
    while (e != NULL && (e->flags & E_LIVE) == 0)
        e = order_next(&at);
    return e;
}

/* Remembers the entry's state for undo, once a mark. There is room. */
static void undo_keep(Cache *c, Entry *e, bool created) {
    e->mark = c->mark;
    c->undo.at[c->undo.n++] = (EntryUndo){e, e->value, e->value_n, e->flags, created};
}

/* The last steps of a put, none of which can fail. The entry is in its table's order if it is live.
 */
static void put_done(Cache *c, Entry *e, char *value, uint32_t value_n, bool live, bool created) {
    if (created || e->mark != c->mark)
        undo_keep(c, e, created);
    else
        value_free(c, e->value, e->value_n);
    if ((e->flags & E_CLEAN) != 0)
        clean_out(c, e);
    if ((e->flags & E_BATCH) == 0) {
        flag_set(e, E_BATCH);
        c->changed.at[c->changed.n++] = e;
        c->bytes += e->key_n;
    }
    c->bytes += value_n;
    e->value = value;
    e->value_n = value_n;
    if (live)
        flag_set(e, E_LIVE);
    else
        flag_clear(e, E_LIVE);
}

#define list_room(v) vec_room((void **)&(v)->at, (v)->n, &(v)->cap, sizeof *(v)->at)

Status cache_put(Cache *c, uint8_t table, Str key, Str value, bool live) {
    uint64_t hash = key_hash(table, key);
    Entry *e = hash_find(c, hash, table, key);
    if (!live && (e == NULL ? c->alone : (e->flags & E_LIVE) == 0))
        return OK; /* it does not exist */
    if (!list_room(&c->undo) || !list_room(&c->changed))
        return ERR_NOMEM;
    bool created = e == NULL;
    char *copy = NULL;
    if (live) {
        copy = slab_take(&c->slab, value.n);
        if (copy == NULL)
            return ERR_NOMEM;
        if (value.n > 0)
            memcpy(copy, value.p, value.n);
    }
    if (created)
        e = hash_room(c) ? entry_new(c, hash, table, key) : NULL;
    if (e == NULL ||
        (live && (e->flags & E_TREE) == 0 && !order_add(&c->order[table], &c->slab, e))) {
        value_free(c, copy, (uint32_t)value.n);
        if (created && e != NULL)
            slab_give(&c->slab, e, entry_bytes(e));
        return ERR_NOMEM;
    }
    if (created)
        hash_add(c, e);
    put_done(c, e, copy, live ? (uint32_t)value.n : 0, live, created);
    if (live)
        flag_set(e, E_TREE);
    return OK;
}

void cache_mark(Cache *c) {
    for (size_t i = 0; i < c->undo.n; i++) {
        EntryUndo *u = &c->undo.at[i];
        value_free(c, u->value, u->value_n);
        if ((u->entry->flags & (E_LIVE | E_TREE)) == E_TREE) {
            order_drop(&c->order[u->entry->table], &c->slab, u->entry);
            flag_clear(u->entry, E_TREE);
        }
    }
    c->undo.n = 0;
    c->mark++;
    c->changed_mark = c->changed.n;
    c->bytes_mark = c->bytes;
}

void cache_undo(Cache *c) {
    while (c->undo.n > 0) {
        EntryUndo *u = &c->undo.at[--c->undo.n];
        Entry *e = u->entry;
        bool hid = (u->flags & E_HIDES) != 0;
        if (u->created) {
            entry_free(c, e);
        } else {
            value_free(c, e->value, e->value_n);
            if ((e->flags & E_TREE) != 0 && (u->flags & E_TREE) == 0)
                order_drop(&c->order[e->table], &c->slab, e);
            e->value = u->value;
            e->value_n = u->value_n;
            e->flags = u->flags & (uint8_t) ~(E_CLEAN | E_USED);
            if ((u->flags & E_CLEAN) != 0)
                clean_in(c, e);
        }
        c->unhid += !hid;
    }
    c->changed.n = c->changed_mark;
    c->bytes = c->bytes_mark;
    c->mark++;
}

Status cache_ready(Cache *c) {
    while (c->dirty.cap - c->dirty.n < c->changed.n) {
        size_t n = c->dirty.cap; /* asks for room as if full, so that the list doubles */
        if (!vec_room((void **)&c->dirty.at, n, &c->dirty.cap, sizeof *c->dirty.at))
            return ERR_NOMEM;
    }
    return OK;
}

static void dirty_out(Cache *c, Entry *e) {
    Entry *last = c->dirty.at[--c->dirty.n];
    c->dirty.at[e->dirty_at] = last;
    last->dirty_at = e->dirty_at;
    flag_clear(e, E_DIRTY);
}

void cache_commit(Cache *c) {
    cache_mark(c);
    for (size_t i = 0; i < c->changed.n; i++) {
        Entry *e = c->changed.at[i];
        flag_clear(e, E_BATCH);
        if ((e->flags & (E_LIVE | E_ABSENT | E_TAKEN)) == E_ABSENT) {
            if ((e->flags & E_DIRTY) != 0)
                dirty_out(c, e);
            entry_free(c, e);
        } else if (!c->alone && (e->flags & E_DIRTY) == 0) {
            e->dirty_at = (uint32_t)c->dirty.n;
            flag_set(e, E_DIRTY);
            c->dirty.at[c->dirty.n++] = e;
        }
    }
    c->changed.n = c->changed_mark = 0;
    c->bytes = c->bytes_mark = 0;
}

static bool entry_before(const Entry *a, const Entry *b) {
    if (a->table != b->table)
        return a->table < b->table;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix;
    return str_cmp((Str){a->key, a->key_n}, (Str){b->key, b->key_n}) < 0;
}

/* Merges runs of `width` from one array into the other. */
static void merge_pass(Entry **from, Entry **to, size_t n, size_t width) {
    for (size_t lo = 0; lo < n; lo += 2 * width) {
        size_t mid = n - lo < width ? n : lo + width, hi = n - mid < width ? n : mid + width;
        size_t a = lo, b = mid;
        for (size_t i = lo; i < hi; i++)
            to[i] = b == hi || (a < mid && entry_before(from[a], from[b])) ? from[a++] : from[b++];
    }
}

/* Sorts by merging, with room for as many more behind the list. */
static void list_sort(EntryList *list) {
    Entry **from = list->at, **to = list->at + list->n;
    for (size_t width = 1; width < list->n; width *= 2) {
        merge_pass(from, to, list->n, width);
        Entry **other = from;
        from = to;
        to = other;
    }
    if (from != list->at)
        memcpy(list->at, from, list->n * sizeof *from);
}

Status cache_take(Cache *c) {
    ASSERT(c->taken.n == 0 && c->changed.n == 0);
    size_t need = c->dirty.n * 2;
    if (c->taken.cap < need) {
        Entry **at = mem_realloc(c->taken.at, need * sizeof *at);
        if (at == NULL)
            return ERR_NOMEM;
        c->taken.at = at;
        c->taken.cap = need;
    }
    if (c->dirty.n > 0)
        memcpy(c->taken.at, c->dirty.at, c->dirty.n * sizeof *c->dirty.at);
    c->taken.n = c->dirty.n;
    c->dirty.n = 0;
    for (size_t i = 0; i < c->taken.n; i++) {
        flag_clear(c->taken.at[i], E_DIRTY);
        flag_set(c->taken.at[i], E_TAKEN);
    }
    list_sort(&c->taken);
    return OK;
}

void cache_taken(Cache *c, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        Entry *e = c->taken.at[i];
        if ((e->flags & E_LIVE) != 0)
            flag_clear(e, E_ABSENT);
        else
            flag_set(e, E_ABSENT);
    }
}

void cache_settle(Cache *c) {
    for (size_t i = 0; i < c->taken.n; i++) {
        Entry *e = c->taken.at[i];
        flag_clear(e, E_TAKEN);
        if ((e->flags & E_HIDES) != 0)
            continue;
        if ((e->flags & E_TREE) != 0) {
            order_drop(&c->order[e->table], &c->slab, e);
            flag_clear(e, E_TREE);
        }
        if ((e->flags & E_LIVE) != 0)
            clean_in(c, e);
        else
            entry_free(c, e);
    }
    c->taken.n = 0;
    c->unhid++;
}
