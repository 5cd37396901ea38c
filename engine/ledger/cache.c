/* ledger: the records in memory above the tables. */
#include "engine/ledger/cache.h"

#include <string.h>

#include "engine/base/check.h"

enum {
    ROOM_UNIT = 8,
    ROOM_MOST = 255 * ROOM_UNIT,
    FAR_HEAD = 8, /* before a far value: the bytes of its piece */
    AHEAD = 12,   /* how far ahead of a walk over entries memory is asked for */
};

/* ---- the hash of keys ---- */

static uint64_t mix(uint64_t a, uint64_t b) {
    __extension__ unsigned __int128 m = (unsigned __int128)a * b;
    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static uint64_t load(const char *p, size_t n) {
    uint64_t v = 0;
    memcpy(&v, p, n);
    return v;
}

static uint32_t key_hash(uint8_t table, Str key) {
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
    return (uint32_t)(h ^ (h >> 32));
}

/* A slot has the upper half of the hash, whose lower part says where to look, above an address. */
static uint64_t slot_tag(uint32_t hash) {
    return (uint64_t)(hash >> 16) << 48;
}

static Entry *slot_entry(uint64_t slot) {
    return (Entry *)(uintptr_t)(slot & (((uint64_t)1 << 48) - 1));
}

static Entry *hash_find(const Cache *c, uint32_t hash, uint8_t table, Str key) {
    if (c->slots_n == 0)
        return NULL;
    size_t mask = c->slots_n - 1;
    for (size_t i = hash & mask; c->slots[i] != 0; i = (i + 1) & mask) {
        if ((c->slots[i] ^ slot_tag(hash)) >> 48 != 0)
            continue;
        Entry *e = slot_entry(c->slots[i]);
        if (e->hash == hash && e->table == table && e->key_n == key.n &&
            (key.n == 0 || memcmp(e->key, key.p, key.n) == 0))
            return e;
    }
    return NULL;
}

static void hash_set(uint64_t *slots, size_t mask, Entry *e) {
    CHECK((uintptr_t)e >> 48 == 0); /* so it is on the machines we know */
    size_t i = e->hash & mask;
    while (slots[i] != 0)
        i = (i + 1) & mask;
    slots[i] = slot_tag(e->hash) | (uintptr_t)e;
}

static bool hash_grow(Cache *c, size_t n) {
    uint64_t *slots = mem_zalloc(n * sizeof *slots);
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < c->slots_n; i++) {
        if (i + AHEAD < c->slots_n)
            __builtin_prefetch(slot_entry(c->slots[i + AHEAD]));
        if (c->slots[i] != 0)
            hash_set(slots, n - 1, slot_entry(c->slots[i]));
    }
    mem_free(c->slots);
    c->slots = slots;
    c->slots_n = n;
    return true;
}

/* Room for one more entry, at most two thirds full. */
static bool hash_room(Cache *c) {
    return (c->entries + 1) * 3 <= c->slots_n * 2 ||
           hash_grow(c, c->slots_n == 0 ? 64 : c->slots_n * 2);
}

void cache_expect(Cache *c, size_t entries) {
    size_t n = 64;
    while (n * 2 < entries * 3)
        n *= 2;
    if (n > c->slots_n)
        hash_grow(c, n);
}

static void hash_add(Cache *c, Entry *e) {
    hash_set(c->slots, c->slots_n - 1, e);
    c->entries++;
}

/* Takes e out and moves up those behind it that would no longer be found. */
static void hash_drop(Cache *c, Entry *e) {
    size_t mask = c->slots_n - 1, i = e->hash & mask;
    while (slot_entry(c->slots[i]) != e)
        i = (i + 1) & mask;
    for (size_t j = (i + 1) & mask; c->slots[j] != 0; j = (j + 1) & mask) {
        size_t home = slot_entry(c->slots[j])->hash & mask;
        if (((j - home) & mask) >= ((j - i) & mask)) {
            c->slots[i] = c->slots[j];
            i = j;
        }
    }
    c->slots[i] = 0;
    c->entries--;
}

/* ---- entries ---- */

static void flag_set(Entry *e, unsigned set) {
    e->flags = (uint16_t)(e->flags | set);
}

static void flag_clear(Entry *e, unsigned clear) {
    e->flags = (uint16_t)(e->flags & ~clear);
}

static size_t entry_bytes(const Entry *e) {
    return offsetof(Entry, key) + e->key_n + (size_t)e->room * ROOM_UNIT;
}

static char *far_get(const Entry *e) {
    char *p;
    memcpy(&p, e->key + e->key_n, sizeof p);
    return p;
}

static void far_set(Entry *e, char *far) {
    memcpy(e->key + e->key_n, &far, sizeof far);
}

static size_t far_bytes(const char *far) {
    uint64_t n;
    memcpy(&n, far, sizeof n);
    return (size_t)n;
}

static char *far_new(Cache *c, size_t n) {
    uint64_t bytes = FAR_HEAD + n;
    char *far = slab_take(&c->slab, (size_t)bytes);
    if (far != NULL)
        memcpy(far, &bytes, sizeof bytes);
    return far;
}

static void far_free(Cache *c, char *far) {
    if (far != NULL)
        slab_give(&c->slab, far, far_bytes(far));
}

Str cache_value(const Entry *e) {
    return (Str){(e->flags & E_FAR) != 0 ? far_get(e) + FAR_HEAD : e->key + e->key_n, e->value_n};
}

static bool value_fits(const Entry *e, size_t n) {
    return n <= (size_t)e->room * ROOM_UNIT;
}

/* An entry without a value but with room for one of n bytes, if a piece can be so long. */
static Entry *entry_new(Cache *c, uint32_t hash, uint8_t table, Str key, size_t n) {
    size_t head = offsetof(Entry, key) + key.n, bytes = head + (n < ROOM_UNIT ? ROOM_UNIT : n);
    if (n > ROOM_MOST || bytes > SLAB_MOST)
        bytes = head + ROOM_UNIT;
    bytes = (bytes + SLAB_STEP - 1) / SLAB_STEP * SLAB_STEP; /* what the slab gives anyhow */
    size_t room = (bytes - head) / ROOM_UNIT;
    Entry *e = slab_take(&c->slab, bytes);
    if (e == NULL)
        return NULL;
    *e = (Entry){.hash = hash,
                 .mark = c->mark - 1,
                 .key_n = (uint16_t)key.n,
                 .flags = c->alone ? E_ABSENT : 0,
                 .table = table,
                 .room = (uint8_t)(room > 255 ? 255 : room)};
    if (key.n > 0)
        memcpy(e->key, key.p, key.n);
    return e;
}

static void entry_give(Cache *c, Entry *e) {
    slab_give(&c->slab, e, entry_bytes(e));
}

/* Takes the entry out of everything but the lists and frees it. */
static void entry_free(Cache *c, Entry *e) {
    if ((e->flags & E_TREE) != 0)
        order_drop(&c->order[e->table], &c->slab, e);
    hash_drop(c, e);
    if ((e->flags & E_FAR) != 0)
        far_free(c, far_get(e));
    entry_give(c, e);
}

/* ---- lists ---- */

#define list_room(v) vec_room((void **)&(v)->at, (v)->n, &(v)->cap, sizeof *(v)->at)

static void list_add(EntryList *list, Entry *e) {
    e->at = (uint32_t)list->n;
    list->at[list->n++] = e;
}

static void list_drop(EntryList *list, const Entry *e) {
    Entry *last = list->at[--list->n];
    list->at[e->at] = last;
    last->at = e->at;
}

static size_t entry_weight(const Entry *e) {
    size_t far = (e->flags & E_FAR) != 0 ? far_bytes(far_get(e)) : 0;
    return entry_bytes(e) + far + 2 * sizeof(uint64_t) + sizeof(Entry *);
}

/* Makes the entry a clean copy; without memory for the list it goes. */
static void clean_in(Cache *c, Entry *e) {
    if (!list_room(&c->clean)) {
        entry_free(c, e);
        return;
    }
    flag_set(e, E_CLEAN);
    list_add(&c->clean, e);
    c->clean_bytes += entry_weight(e);
}

static void clean_out(Cache *c, Entry *e) {
    c->clean_bytes -= entry_weight(e);
    list_drop(&c->clean, e);
    flag_clear(e, E_CLEAN | E_USED);
}

void cache_trim(Cache *c, size_t room) {
    while (c->clean_bytes > room) {
        if (c->hand >= c->clean.n)
            c->hand = 0;
        Entry *e = c->clean.at[c->hand];
        if ((e->flags & E_USED) != 0) {
            flag_clear(e, E_USED);
            c->hand++;
        } else {
            clean_out(c, e); /* another one comes to its place */
            entry_free(c, e);
        }
    }
}

void cache_free(Cache *c) {
    slab_free(&c->slab);
    mem_free(c->slots);
    mem_free(c->sorting);
    vec_free(&c->undo);
    buf_free(&c->undo_bytes);
    vec_free(&c->changed);
    vec_free(&c->dirty);
    vec_free(&c->taken);
    vec_free(&c->clean);
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

/* ---- finding ---- */

Entry *cache_find(Cache *c, uint8_t table, Str key) {
    Entry *e = hash_find(c, key_hash(table, key), table, key);
    if (e != NULL && (e->flags & (E_CLEAN | E_USED)) == E_CLEAN)
        flag_set(e, E_USED);
    return e;
}

const Entry *cache_look(const Cache *c, uint8_t table, Str key) {
    return hash_find(c, key_hash(table, key), table, key);
}

void cache_keep(Cache *c, uint8_t table, Str key, Str value, bool live) {
    if (!hash_room(c))
        return;
    Entry *e = entry_new(c, key_hash(table, key), table, key, live ? value.n : 0);
    if (e == NULL)
        return;
    if (live && !value_fits(e, value.n)) {
        entry_give(c, e); /* a long value is not worth it */
        return;
    }
    if (live && value.n > 0)
        memcpy(e->key + key.n, value.p, value.n);
    e->value_n = live ? (uint32_t)value.n : 0;
    flag_set(e, live ? E_LIVE : E_ABSENT);
    hash_add(c, e);
    clean_in(c, e);
}

/* ---- order ---- */

static Status tree_add(Cache *c, Entry *e) {
    if ((e->flags & E_TREE) != 0)
        return OK;
    if (!order_add(&c->order[e->table], &c->slab, e))
        return ERR_NOMEM;
    flag_set(e, E_TREE);
    return OK;
}

/* Puts a table's records in order. Those that an undo would bring back must be in the tree too, for
 * the undo cannot fail. */
static Status order_table(Cache *c, uint8_t table) {
    for (size_t i = 0; i < c->slots_n; i++) {
        Entry *e = slot_entry(c->slots[i]);
        if (c->slots[i] != 0 && e->table == table && (e->flags & (E_LIVE | E_CLEAN)) == E_LIVE)
            TRY(tree_add(c, e));
    }
    for (size_t i = 0; i < c->undo.n; i++) {
        EntryUndo *u = &c->undo.at[i];
        if (u->entry->table != table || (u->flags & (E_LIVE | E_CLEAN)) != E_LIVE)
            continue;
        TRY(tree_add(c, u->entry));
        u->flags |= E_TREE;
    }
    c->ordered[table] = true;
    return OK;
}

Status cache_next(Cache *c, uint8_t table, Str from, bool after, Entry **out) {
    if (!c->ordered[table])
        TRY(order_table(c, table));
    OrderKey key = {order_prefix(from.p, from.n), from.p, from.n};
    OrderAt at;
    Entry *e = order_find(&c->order[table], &key, after, &at);
    while (e != NULL && (e->flags & E_LIVE) == 0)
        e = order_next(&at);
    *out = e;
    return OK;
}

/* ---- changing ---- */

/* Remembers the entry's state for undo. There is room for it. */
static void undo_keep(Cache *c, Entry *e, bool created) {
    EntryUndo u = {e, NULL, c->undo_bytes.n, e->value_n, e->flags, created};
    if ((e->flags & E_FAR) != 0)
        u.far = far_get(e);
    else
        put_bytes(&c->undo_bytes, e->key + e->key_n, e->value_n);
    e->mark = c->mark;
    c->undo.at[c->undo.n++] = u;
}

/* Overwrites the value. far: a new piece for it, or NULL if it goes behind the key or into the old
 * piece. */
static void value_set(Cache *c, Entry *e, Str value, char *far, bool keep_old) {
    bool was_far = (e->flags & E_FAR) != 0;
    char *old = was_far ? far_get(e) : NULL, *to = e->key + e->key_n;
    if (far != NULL)
        to = far + FAR_HEAD;
    else if (!value_fits(e, value.n))
        to = old + FAR_HEAD;
    if (value.n > 0)
        memmove(to, value.p, value.n); /* before the old piece goes: it may be in there */
    e->value_n = (uint32_t)value.n;
    if (far != NULL) {
        far_set(e, far);
        flag_set(e, E_FAR);
    } else if (value_fits(e, value.n)) {
        flag_clear(e, E_FAR);
    }
    if (was_far && !keep_old && ((e->flags & E_FAR) == 0 || far != NULL))
        far_free(c, old);
}

/* The last steps of a put, none of which can fail. */
static void put_done(Cache *c, Entry *e, Str value, char *far, bool live, bool created) {
    bool first = created || e->mark != c->mark;
    if (first)
        undo_keep(c, e, created);
    if ((e->flags & E_CLEAN) != 0)
        clean_out(c, e);
    if ((e->flags & E_BATCH) == 0) {
        flag_set(e, E_BATCH);
        c->changed.at[c->changed.n++] = e;
        c->bytes += e->key_n;
    }
    c->bytes += value.n;
    value_set(c, e, value, far, first);
    if (live)
        flag_set(e, E_LIVE);
    else
        flag_clear(e, E_LIVE);
}

/* Whether a value of n bytes needs a piece of its own that the entry does not have. */
static bool needs_far(const Cache *c, const Entry *e, size_t n) {
    if (value_fits(e, n))
        return false;
    bool mine =
        (e->flags & E_FAR) != 0 && e->mark == c->mark; /* else the old one is kept for undo */
    return !mine || far_bytes(far_get(e)) < FAR_HEAD + n;
}

/* Memory for what is not yet there. */
static Status put_room(Cache *c, uint32_t hash, uint8_t table, Str key, size_t n, Entry **e,
                       char **far) {
    bool created = *e == NULL;
    if (!list_room(&c->undo) || !list_room(&c->changed))
        return ERR_NOMEM;
    if (!created && !buf_reserve(&c->undo_bytes, (*e)->value_n)) {
        c->undo_bytes.failed = false;
        return ERR_NOMEM;
    }
    if (created)
        *e = hash_room(c) ? entry_new(c, hash, table, key, n) : NULL;
    if (*e == NULL)
        return ERR_NOMEM;
    if (needs_far(c, *e, n) && (*far = far_new(c, n)) == NULL) {
        if (created)
            entry_give(c, *e);
        return ERR_NOMEM;
    }
    return OK;
}

Status cache_put(Cache *c, uint8_t table, Str key, Str value, CachePut how) {
    bool live = how != CACHE_DEL;
    uint32_t hash = key_hash(table, key);
    Entry *e = hash_find(c, hash, table, key);
    bool created = e == NULL;
    if (!live && (created ? c->alone : (e->flags & E_LIVE) == 0))
        return OK; /* it does not exist */
    char *far = NULL;
    value.n = live ? value.n : 0;
    TRY(put_room(c, hash, table, key, value.n, &e, &far));
    if (live && c->ordered[table] && tree_add(c, e) != OK) {
        far_free(c, far);
        if (created)
            entry_give(c, e);
        return ERR_NOMEM;
    }
    if (created && how == CACHE_ADD)
        flag_set(e, E_ABSENT);
    if (created)
        hash_add(c, e);
    put_done(c, e, value, far, live, created);
    return OK;
}

/* Marks are counted in 32 bits: before they come round, no entry may have an old one. */
static void mark_next(Cache *c) {
    if (++c->mark != UINT32_MAX)
        return;
    c->mark = 1;
    for (size_t i = 0; i < c->slots_n; i++)
        if (c->slots[i] != 0)
            slot_entry(c->slots[i])->mark = 0;
}

void cache_mark(Cache *c) {
    for (size_t i = 0; i < c->undo.n; i++) {
        EntryUndo *u = &c->undo.at[i];
        far_free(c, u->far);
        if ((u->entry->flags & (E_LIVE | E_TREE)) == E_TREE) {
            order_drop(&c->order[u->entry->table], &c->slab, u->entry);
            flag_clear(u->entry, E_TREE);
        }
    }
    c->undo.n = 0;
    buf_reset(&c->undo_bytes);
    c->changed_mark = c->changed.n;
    c->bytes_mark = c->bytes;
    mark_next(c);
}

static void undo_one(Cache *c, const EntryUndo *u) {
    Entry *e = u->entry;
    if (u->created) {
        entry_free(c, e);
        return;
    }
    if ((e->flags & E_FAR) != 0 && far_get(e) != u->far)
        far_free(c, far_get(e));
    if ((e->flags & E_TREE) != 0 && (u->flags & E_TREE) == 0)
        order_drop(&c->order[e->table], &c->slab, e);
    e->flags = u->flags & (uint16_t) ~(E_CLEAN | E_USED);
    e->value_n = u->value_n;
    if ((u->flags & E_FAR) != 0)
        far_set(e, u->far);
    else if (u->value_n > 0)
        memcpy(e->key + e->key_n, c->undo_bytes.p + u->at, u->value_n);
    if ((u->flags & E_CLEAN) != 0)
        clean_in(c, e);
}

void cache_undo(Cache *c) {
    while (c->undo.n > 0) {
        EntryUndo *u = &c->undo.at[--c->undo.n];
        c->unhid += (u->flags & E_HIDES) == 0;
        undo_one(c, u);
    }
    buf_reset(&c->undo_bytes);
    c->changed.n = c->changed_mark;
    c->bytes = c->bytes_mark;
    mark_next(c);
}

/* ---- commits ---- */

static Status list_ready(EntryList *list, size_t more) {
    while (list->cap - list->n < more) /* asks for room as if full, so that the list doubles */
        if (!vec_room((void **)&list->at, list->cap, &list->cap, sizeof *list->at))
            return ERR_NOMEM;
    return OK;
}

Status cache_ready(Cache *c) {
    return list_ready(&c->dirty, c->changed.n);
}

void cache_commit(Cache *c) {
    cache_mark(c);
    for (size_t i = 0; i < c->changed.n; i++) {
        Entry *e = c->changed.at[i];
        flag_clear(e, E_BATCH);
        if ((e->flags & (E_LIVE | E_ABSENT | E_TAKEN)) == E_ABSENT) {
            if ((e->flags & E_DIRTY) != 0)
                list_drop(&c->dirty, e);
            entry_free(c, e);
        } else if (!c->alone && (e->flags & E_DIRTY) == 0) {
            flag_set(e, E_DIRTY);
            list_add(&c->dirty, e);
        }
    }
    c->changed.n = c->changed_mark = 0;
    c->bytes = c->bytes_mark = 0;
}

/* ---- checkpoints ---- */

static bool tie_before(const SortItem *a, const SortItem *b) {
    return str_cmp(cache_key(a->entry), cache_key(b->entry)) < 0;
}

/* Items whose prefixes are equal, by their whole keys: by merging, `room` being as long. */
static void sort_ties(SortItem *items, SortItem *room, size_t n) {
    if (n < 2)
        return;
    size_t half = n / 2, a = 0, b = half;
    sort_ties(items, room, half);
    sort_ties(items + half, room, n - half);
    memcpy(room, items, n * sizeof *items);
    for (size_t i = 0; i < n; i++)
        items[i] = b == n || (a < half && !tie_before(&room[b], &room[a])) ? room[a++] : room[b++];
}

/* By prefix, byte by byte from the lowest; bytes that are the same in all are passed over. The
 * result is in `items`. */
static void sort_prefixes(SortItem *items, SortItem *room, size_t n) {
    size_t count[8][256] = {{0}};
    for (size_t i = 0; i < n; i++)
        for (unsigned k = 0; k < 8; k++)
            count[k][items[i].prefix >> (8 * k) & 255]++;
    SortItem *from = items, *to = room;
    for (unsigned k = 0; k < 8; k++) {
        if (count[k][items[0].prefix >> (8 * k) & 255] == n)
            continue;
        size_t start = 0;
        for (size_t b = 0; b < 256; b++) {
            size_t here = count[k][b];
            count[k][b] = start;
            start += here;
        }
        for (size_t i = 0; i < n; i++)
            to[count[k][from[i].prefix >> (8 * k) & 255]++] = from[i];
        SortItem *other = from;
        from = to;
        to = other;
    }
    if (from != items)
        memcpy(items, from, n * sizeof *items);
}

static void sort_table(SortItem *items, SortItem *room, size_t n) {
    if (n == 0)
        return;
    sort_prefixes(items, room, n);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && items[end].prefix == items[i].prefix; end++)
            continue;
        sort_ties(items + i, room, end - i);
    }
}

/* Lays the entries out by table, with their prefixes; starts[t] is where table t begins. */
static void sort_lay_out(const EntryList *list, SortItem *items, size_t starts[CACHE_TABLES + 1]) {
    size_t next[CACHE_TABLES] = {0};
    for (size_t i = 0; i < list->n; i++) {
        if (i + AHEAD < list->n)
            __builtin_prefetch(list->at[i + AHEAD]);
        next[list->at[i]->table]++;
    }
    starts[0] = 0;
    for (size_t t = 0; t < CACHE_TABLES; t++) {
        starts[t + 1] = starts[t] + next[t];
        next[t] = starts[t];
    }
    for (size_t i = 0; i < list->n; i++) {
        Entry *e = list->at[i];
        items[next[e->table]++] = (SortItem){order_prefix(e->key, e->key_n), e};
    }
}

Status cache_take_ready(Cache *c) {
    size_t most = c->dirty.n + c->changed.n;
    TRY(list_ready(&c->taken, most));
    if (c->sorting_n >= most * 2)
        return OK;
    SortItem *room = mem_realloc(c->sorting, most * 2 * sizeof *room);
    if (room == NULL)
        return ERR_NOMEM;
    c->sorting = room;
    c->sorting_n = most * 2;
    return OK;
}

void cache_take(Cache *c) {
    size_t starts[CACHE_TABLES + 1], n = c->dirty.n;
    ASSERT(c->taken.n == 0 && c->changed.n == 0 && c->taken.cap >= n && c->sorting_n >= 2 * n);
    sort_lay_out(&c->dirty, c->sorting, starts);
    for (size_t t = 0; t < CACHE_TABLES; t++)
        sort_table(c->sorting + starts[t], c->sorting + n, starts[t + 1] - starts[t]);
    for (size_t i = 0; i < n; i++) {
        Entry *e = c->sorting[i].entry;
        flag_clear(e, E_DIRTY);
        flag_set(e, E_TAKEN);
        c->taken.at[i] = e;
    }
    c->taken.n = n;
    c->dirty.n = 0;
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
        if (i + AHEAD < c->taken.n)
            __builtin_prefetch(c->taken.at[i + AHEAD]);
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
