/* ledger: the sets' sorted runs. */
#include "engine/ledger/runs.h"

#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/check.h"

enum {
    LINE_BITS = RUN_LINE * 8,
    ENTRY_BITS = 10, /* of the filter, for each entry */
    PROBES = 6,
    PROBE_BITS = 9, /* LINE_BITS is 2^9 */
    CHUNK_BYTES = RUN_CHUNK * RUN_LINE,
    BLOCK_KEY = 4 + LED_SET_KEY,
    CHUNK_KEY = 8,
    SORT_SMALL = 16,
};
#define ITEMS_MOST ((uint64_t)1 << 36) /* of one run: a chunk's number fits in 4 bytes */

static EnvDb blocks_db(unsigned level) {
    return (EnvDb)(DB_BLOCKS0 + level);
}

static EnvDb filters_db(unsigned level) {
    return (EnvDb)(DB_FILTERS0 + level);
}

static Str block_key(char b[BLOCK_KEY], uint32_t id, const uint8_t *key) {
    uint32_t big = __builtin_bswap32(id);
    memcpy(b, &big, 4);
    memcpy(b + 4, key, LED_SET_KEY);
    return (Str){b, BLOCK_KEY};
}

static Str chunk_key(char b[CHUNK_KEY], uint32_t id, uint64_t chunk) {
    uint32_t big = __builtin_bswap32(id), at = __builtin_bswap32((uint32_t)chunk);
    memcpy(b, &big, 4);
    memcpy(b + 4, &at, 4);
    return (Str){b, CHUNK_KEY};
}

/* Whether a key of `blocks` or `filters` is of that run and has that length. */
static bool key_is_of(Str key, uint32_t id, size_t n) {
    uint32_t big = __builtin_bswap32(id);
    return key.n == n && memcmp(key.p, &big, 4) == 0;
}

static uint64_t key_high(const uint8_t *key) {
    uint64_t v;
    memcpy(&v, key, 8);
    return __builtin_bswap64(v);
}

static void entry_put(uint8_t *to, const SetItem *item) {
    memcpy(to, item->key, LED_SET_KEY);
    for (size_t i = 0; i < 8; i++)
        to[LED_SET_KEY + i] = (uint8_t)(item->a >> (8 * i));
    for (size_t i = 0; i < 6; i++)
        to[LED_SET_KEY + 8 + i] = (uint8_t)(item->b >> (8 * i));
}

static SetItem entry_get(const uint8_t *from) {
    SetItem item = {.a = 0};
    memcpy(item.key, from, LED_SET_KEY);
    for (size_t i = 0; i < 8; i++)
        item.a |= (uint64_t)from[LED_SET_KEY + i] << (8 * i);
    for (size_t i = 0; i < 6; i++)
        item.b |= (uint64_t)from[LED_SET_KEY + 8 + i] << (8 * i);
    return item;
}

/* ---- filters ---- */

static uint64_t lines_for(uint64_t items) {
    return items / (LINE_BITS / ENTRY_BITS) + 1;
}

/* Grows with the key, from 0 to lines - 1. */
static uint64_t line_of(const uint8_t *key, uint64_t lines) {
    __extension__ unsigned __int128 m = (unsigned __int128)key_high(key) * lines;
    return (uint64_t)(m >> 64);
}

static uint64_t probes_of(const uint8_t *key) {
    uint64_t v;
    memcpy(&v, key + 8, 8);
    return v * 0x9E3779B97F4A7C15u;
}

static void line_add(uint8_t *line, uint64_t probes) {
    for (int i = 0; i < PROBES; i++, probes >>= PROBE_BITS)
        line[(probes & (LINE_BITS - 1)) >> 3] |= (uint8_t)(1u << (probes & 7));
}

static bool line_has(const uint8_t *line, uint64_t probes) {
    unsigned all = 1;
    for (int i = 0; i < PROBES; i++, probes >>= PROBE_BITS)
        all &= (unsigned)line[(probes & (LINE_BITS - 1)) >> 3] >> (probes & 7);
    return (all & 1) != 0;
}

static uint8_t *filter_room(Runs *r, uint64_t lines) {
    if (r->in_map || lines > RUNS_ROOM / RUN_LINE || r->filter_bytes + lines * RUN_LINE > RUNS_ROOM)
        return NULL;
    uint8_t *filter = mem_zalloc((size_t)lines * RUN_LINE);
    if (filter != NULL)
        r->filter_bytes += (size_t)lines * RUN_LINE;
    return filter;
}

static void filter_free(Runs *r, uint8_t *filter, uint64_t lines) {
    if (filter != NULL)
        r->filter_bytes -= (size_t)lines * RUN_LINE;
    mem_free(filter);
}

/* Copies a run's filter into memory, if there is room; without it, look-ups read it through the
 * map. */
static Status filter_load(Runs *r, Env *v, Run *run) {
    run->tried = true;
    uint8_t *filter = filter_room(r, run->lines);
    if (filter == NULL)
        return OK;
    char bytes[CHUNK_KEY];
    Str key = chunk_key(bytes, run->id, 0), value;
    MDB_cursor *at = NULL;
    bool found = false;
    Status status = env_cursor(&v->reader, filters_db(run->level), &at);
    if (status == OK)
        status = env_move(&v->reader, at, MDB_SET_RANGE, &key, &value, &found);
    while (status == OK && found && key_is_of(key, run->id, CHUNK_KEY)) {
        Take t = take_from(str_from(key, 4));
        uint64_t chunk = __builtin_bswap32(take_u32(&t));
        uint64_t from = chunk * CHUNK_BYTES, all = run->lines * RUN_LINE;
        if (value.n != CHUNK_BYTES || from >= all) {
            status = ERR_DAMAGED;
            break;
        }
        memcpy(filter + from, value.p,
               all - from < CHUNK_BYTES ? (size_t)(all - from) : CHUNK_BYTES);
        status = env_move(&v->reader, at, MDB_NEXT, &key, &value, &found);
    }
    if (at != NULL)
        mdb_cursor_close(at);
    if (status == OK)
        run->filter = filter;
    else
        filter_free(r, filter, run->lines);
    return status;
}

/* Asks the filter through the map. */
static Status filter_ask(Env *v, const Run *run, const uint8_t *key, bool *maybe) {
    uint64_t line = line_of(key, run->lines);
    char bytes[CHUNK_KEY];
    Str value;
    TRY(env_get(&v->reader, filters_db(run->level), chunk_key(bytes, run->id, line / RUN_CHUNK),
                &value, maybe));
    if (*maybe && value.n != CHUNK_BYTES)
        return ERR_DAMAGED;
    if (*maybe)
        *maybe = line_has((const uint8_t *)value.p + line % RUN_CHUNK * RUN_LINE, probes_of(key));
    return OK;
}

/* ---- which runs there are ---- */

typedef struct RowKey {
    char b[12];
    size_t n;
} RowKey;

static Str run_row_key(RowKey *k, uint32_t id) {
    uint32_t big = __builtin_bswap32(id);
    memcpy(k->b, "run", 3);
    memcpy(k->b + 3, &big, 4);
    return (Str){k->b, 7};
}

static Str merge_row_key(RowKey *k, unsigned level) {
    memcpy(k->b, "merge", 5);
    k->b[5] = (char)level;
    return (Str){k->b, 6};
}

static Status write_run_row(Env *v, uint32_t id, uint8_t set, uint8_t level, uint64_t items) {
    RowKey k;
    Buf b = {0};
    put_u8(&b, set);
    put_u8(&b, level);
    put_varint(&b, items);
    Status status = buf_status(&b);
    if (status == OK)
        status = env_put(v, DB_SYS, run_row_key(&k, id), buf_str(&b), false);
    buf_free(&b);
    return status;
}

static Status write_merge_row(Env *v, unsigned level, const Merge *m) {
    RowKey k;
    Buf b = {0};
    put_u8(&b, m->set);
    for (size_t i = 0; i < RUNS_FAN; i++)
        put_varint(&b, m->in[i]);
    put_varint(&b, m->out);
    put_varint(&b, m->items);
    put_varint(&b, m->done);
    put_bytes(&b, m->last, LED_SET_KEY);
    Status status = buf_status(&b);
    if (status == OK)
        status = env_put(v, DB_SYS, merge_row_key(&k, level), buf_str(&b), false);
    buf_free(&b);
    return status;
}

static Run *run_of(const Runs *r, uint32_t id) {
    size_t lo = 0, n = r->runs.n;
    while (n > 0) {
        size_t half = n / 2;
        bool below = r->runs.at[lo + half].id < id;
        lo = below ? lo + half + 1 : lo;
        n = below ? n - half - 1 : half;
    }
    return lo < r->runs.n && r->runs.at[lo].id == id ? &r->runs.at[lo] : NULL;
}

static Status load_run(Runs *r, Str key, Str value) {
    Take k = take_from(str_from(key, 3)), t = take_from(value);
    Run run = {.id = __builtin_bswap32(take_u32(&k))};
    run.set = take_u8(&t);
    run.level = take_u8(&t);
    run.items = take_varint(&t);
    run.lines = lines_for(run.items);
    if (take_done(&k) != OK || take_done(&t) != OK || run.set >= LED_SETS ||
        run.level >= RUNS_LEVELS || run.items > ITEMS_MOST)
        return ERR_DAMAGED;
    return vec_push(&r->runs, run) ? OK : ERR_NOMEM;
}

static uint32_t take_id(Take *t) {
    uint64_t v = take_varint(t);
    t->failed |= v > UINT32_MAX;
    return (uint32_t)v;
}

static Status load_merge(Runs *r, unsigned level, Str value) {
    Merge m = {.active = true};
    Take t = take_from(value);
    m.set = take_u8(&t);
    for (size_t i = 0; i < RUNS_FAN; i++)
        m.in[i] = take_id(&t);
    m.out = take_id(&t);
    m.items = take_varint(&t);
    m.done = take_varint(&t);
    Str last = take_bytes(&t, LED_SET_KEY);
    if (take_done(&t) != OK)
        return ERR_DAMAGED;
    memcpy(m.last, last.p, LED_SET_KEY);
    Run *out = run_of(r, m.out);
    if (out == NULL || out->level != level || out->set != m.set)
        return ERR_DAMAGED;
    out->out = out->tried = true; /* its filter is not whole: read through the map */
    for (size_t i = 0; i < RUNS_FAN; i++) {
        Run *in = run_of(r, m.in[i]);
        if (in == NULL || in->level + 1u != level || in->set != m.set || in->in)
            return ERR_DAMAGED;
        in->in = true;
    }
    r->merge[level] = m;
    return OK;
}

static void runs_forget(Runs *r) {
    for (size_t i = 0; i < r->runs.n; i++)
        filter_free(r, r->runs.at[i].filter, r->runs.at[i].lines);
    for (unsigned level = 0; level < RUNS_LEVELS; level++) {
        mem_free(r->out_filter[level]);
        r->out_filter[level] = NULL;
        r->merge[level] = (Merge){0};
    }
    r->filter_bytes = 0;
    r->runs.n = 0;
}

void runs_free(Runs *r) {
    runs_forget(r);
    vec_free(&r->runs);
    for (unsigned level = 0; level < RUNS_LEVELS; level++)
        if (r->at[level] != NULL)
            mdb_cursor_close(r->at[level]);
    *r = (Runs){0};
}

static Status load_rows(Runs *r, Env *v, MDB_cursor *at) {
    Str key = S("run"), value;
    bool found;
    TRY(env_move(&v->reader, at, MDB_SET_RANGE, &key, &value, &found));
    while (found && key.n == 7 && str_starts(key, S("run"))) {
        TRY(load_run(r, key, value));
        TRY(env_move(&v->reader, at, MDB_NEXT, &key, &value, &found));
    }
    for (unsigned level = 1; level < RUNS_LEVELS; level++) {
        RowKey k;
        TRY(env_get(&v->reader, DB_SYS, merge_row_key(&k, level), &value, &found));
        if (found)
            TRY(load_merge(r, level, value));
    }
    return OK;
}

Status runs_load(Runs *r, Env *v) {
    MDB_cursor *at = NULL;
    runs_forget(r);
    TRY(env_cursor(&v->reader, DB_SYS, &at));
    Status status = load_rows(r, v, at);
    mdb_cursor_close(at);
    return status;
}

/* ---- looking up ---- */

/* Whether the run is the one to ask about this key: see "A merge" in runs.h. */
static bool run_counts(const Runs *r, const Run *run, const uint8_t *key) {
    if (!run->in && !run->out)
        return true;
    const Merge *m = &r->merge[run->out ? run->level : run->level + 1];
    bool merged = m->done > 0 && memcmp(key, m->last, LED_SET_KEY) <= 0;
    return run->out ? merged : !merged;
}

/* The place of a key among n sorted entries, or of the next greater one. */
static size_t block_place(const uint8_t *block, size_t n, const uint8_t *key) {
    size_t lo = 0;
    while (n > 0) {
        size_t half = n / 2;
        bool below = memcmp(block + (lo + half) * RUN_ENTRY, key, LED_SET_KEY) < 0;
        lo = below ? lo + half + 1 : lo;
        n = below ? n - half - 1 : half;
    }
    return lo;
}

static bool block_is_whole(Str value) {
    return value.n > 0 && value.n % RUN_ENTRY == 0 && value.n <= RUN_BLOCK * RUN_ENTRY;
}

static Status run_find(Runs *r, Env *v, const Run *run, const uint8_t *key, SetItem *item,
                       bool *found) {
    char bytes[BLOCK_KEY];
    Str at = block_key(bytes, run->id, key), value;
    TRY(env_cursor_here(v, blocks_db(run->level), &r->at[run->level], &r->at_snapshot[run->level]));
    TRY(env_move(&v->reader, r->at[run->level], MDB_SET_RANGE, &at, &value, found));
    if (!*found || !key_is_of(at, run->id, BLOCK_KEY)) {
        *found = false;
        return OK;
    }
    if (!block_is_whole(value))
        return ERR_DAMAGED;
    const uint8_t *block = (const uint8_t *)value.p;
    size_t n = value.n / RUN_ENTRY, place = block_place(block, n, key);
    *found = place < n && memcmp(block + place * RUN_ENTRY, key, LED_SET_KEY) == 0;
    if (*found)
        *item = entry_get(block + place * RUN_ENTRY);
    return OK;
}

bool runs_maybe(const Run *run, const uint8_t key[LED_SET_KEY]) {
    return line_has(run->filter + line_of(key, run->lines) * RUN_LINE, probes_of(key));
}

Status runs_find(Runs *r, Env *v, LedSet set, const uint8_t key[LED_SET_KEY], SetItem *item,
                 bool *found) {
    *found = false;
    for (size_t i = 0; i < r->runs.n; i++) { /* all lines at once on their way to the processor */
        const Run *run = &r->runs.at[i];
        if (run->filter != NULL && run->set == (uint8_t)set)
            __builtin_prefetch(run->filter + line_of(key, run->lines) * RUN_LINE);
    }
    for (size_t i = r->runs.n; i-- > 0 && !*found;) {
        Run *run = &r->runs.at[i];
        if (run->set != (uint8_t)set || !run_counts(r, run, key))
            continue;
        if (!run->tried)
            TRY(filter_load(r, v, run));
        bool maybe = false;
        if (run->filter != NULL)
            maybe = runs_maybe(run, key);
        else
            TRY(filter_ask(v, run, key, &maybe));
        if (maybe)
            TRY(run_find(r, v, run, key, item, found));
    }
    return OK;
}

/* ---- going through ---- */

/* Where an entry is known twice, in a run and in what it is merged into, it counts once. */
static Status block_walk(const Runs *r, const Run *run, Str value,
                         Status (*each)(void *ctx, const SetItem *item), void *ctx) {
    if (!block_is_whole(value))
        return ERR_DAMAGED;
    for (size_t at = 0; at < value.n; at += RUN_ENTRY) {
        SetItem item = entry_get((const uint8_t *)value.p + at);
        if (run_counts(r, run, item.key))
            TRY(each(ctx, &item));
    }
    return OK;
}

static Status run_walk(const Runs *r, Env *v, const Run *run, MDB_cursor *at,
                       Status (*each)(void *ctx, const SetItem *item), void *ctx) {
    static const uint8_t least[LED_SET_KEY] = {0};
    char bytes[BLOCK_KEY];
    Str key = block_key(bytes, run->id, least), value;
    bool found;
    TRY(env_move(&v->reader, at, MDB_SET_RANGE, &key, &value, &found));
    while (found && key_is_of(key, run->id, BLOCK_KEY)) {
        TRY(block_walk(r, run, value, each, ctx));
        TRY(env_move(&v->reader, at, MDB_NEXT, &key, &value, &found));
    }
    return OK;
}

Status runs_walk(const Runs *r, Env *v, LedSet set, Status (*each)(void *ctx, const SetItem *item),
                 void *ctx) {
    for (size_t i = 0; i < r->runs.n; i++) {
        const Run *run = &r->runs.at[i];
        MDB_cursor *at;
        if (run->set != (uint8_t)set)
            continue;
        TRY(env_cursor(&v->reader, blocks_db(run->level), &at));
        Status status = run_walk(r, v, run, at, each, ctx);
        mdb_cursor_close(at);
        TRY(status);
    }
    return OK;
}

/* ---- sorting ---- */

static bool item_before(const SetItem *a, const SetItem *b) {
    return memcmp(a->key, b->key, LED_SET_KEY) < 0;
}

static void sort_few(SetItem *items, size_t n) {
    for (size_t i = 1; i < n; i++) {
        SetItem item = items[i];
        size_t at = i;
        for (; at > 0 && item_before(&item, &items[at - 1]); at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* By halves: only for keys that are not spread as they should be. */
static void sort_many(SetItem *items, SetItem *room, size_t n) {
    if (n <= SORT_SMALL) {
        sort_few(items, n);
        return;
    }
    size_t half = n / 2, a = 0, b = half;
    sort_many(items, room, half);
    sort_many(items + half, room, n - half);
    memcpy(room, items, n * sizeof *items);
    for (size_t i = 0; i < n; i++)
        items[i] = b == n || (a < half && item_before(&room[a], &room[b])) ? room[a++] : room[b++];
}

void runs_sort(SetItem *items, SetItem *room, size_t n) {
    enum { BUCKETS = 4096 };
    size_t starts[BUCKETS + 1] = {0};
    if (n <= SORT_SMALL) {
        sort_few(items, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        starts[(key_high(items[i].key) >> 52) + 1]++;
    for (size_t i = 0; i < BUCKETS; i++)
        starts[i + 1] += starts[i];
    memcpy(room, items, n * sizeof *items);
    for (size_t i = 0; i < n; i++)
        items[starts[key_high(room[i].key) >> 52]++] = room[i];
    for (size_t i = 0, from = 0; i < BUCKETS;
         from = starts[i++]) /* starts[i] is now where i ends */
        sort_many(items + from, room, starts[i] - from);
}

/* ---- writing a run ---- */

Status runs_ready(Runs *r) {
    while (r->runs.cap - r->runs.n < RUNS_LEVELS + LED_SETS)
        if (!vec_room((void **)&r->runs.at, r->runs.cap, &r->runs.cap, sizeof *r->runs.at))
            return ERR_NOMEM;
    return OK;
}

uint8_t *runs_filter(Runs *r, uint64_t items) {
    return filter_room(r, lines_for(items));
}

void runs_unfilter(Runs *r, uint8_t *filter, uint64_t items) {
    filter_free(r, filter, lines_for(items));
}

RunWriter run_writer(uint32_t id, uint64_t items, uint8_t *filter) {
    return (RunWriter){.id = id, .lines = lines_for(items), .filter = filter};
}

/* Deletes a run's rows in a database whose keys are at most `most`. */
static Status clear_rows(Env *v, EnvDb db, uint32_t id, Str most) {
    MDB_cursor *at = NULL;
    uint32_t big = __builtin_bswap32(id);
    TRY(env_write_cursor(v, db, &at));
    for (;;) {
        Str key = {(const char *)&big, 4}, value;
        bool found;
        TRY(env_move(&v->writer, at, MDB_SET_RANGE, &key, &value, &found));
        if (!found || !key_is_of(key, id, most.n) || str_cmp(key, most) > 0)
            return OK;
        TRY(env_del_at(v, at));
    }
}

Status run_clear(Env *v, uint8_t level, uint32_t id) {
    uint8_t most[LED_SET_KEY];
    char key[BLOCK_KEY];
    memset(most, 0xFF, sizeof most);
    TRY(clear_rows(v, blocks_db(level), id, block_key(key, id, most)));
    return clear_rows(v, filters_db(level), id, chunk_key(key, id, UINT32_MAX));
}

static Status flush_block(RunWriter *w, Env *v) {
    if (w->n == 0)
        return OK;
    char key[BLOCK_KEY];
    const uint8_t *last = w->block + (w->n - 1) * RUN_ENTRY;
    Str value = {(const char *)w->block, w->n * RUN_ENTRY};
    TRY(env_put(v, blocks_db(w->level), block_key(key, w->id, last), value, true));
    w->n = 0;
    return OK;
}

static Status flush_chunk(RunWriter *w, Env *v) {
    if (!w->dirty)
        return OK;
    char key[CHUNK_KEY];
    Str value = {(const char *)w->line, CHUNK_BYTES};
    TRY(env_put(v, filters_db(w->level), chunk_key(key, w->id, w->chunk), value, !w->old));
    w->dirty = false;
    return OK;
}

Status run_put(RunWriter *w, Env *v, const SetItem *item) {
    uint64_t line = line_of(item->key, w->lines), probes = probes_of(item->key);
    if (!w->begun || line / RUN_CHUNK != w->chunk) {
        TRY(flush_chunk(w, v));
        memset(w->line, 0, sizeof w->line);
        w->chunk = line / RUN_CHUNK;
        w->begun = true;
        w->old = false;
    }
    line_add(w->line + line % RUN_CHUNK * RUN_LINE, probes);
    w->dirty = true;
    if (w->filter != NULL)
        line_add(w->filter + line * RUN_LINE, probes);
    if (w->bits != NULL && !vec_push(w->bits, ((FilterBits){line, probes, w->level})))
        return ERR_NOMEM;
    entry_put(w->block + w->n * RUN_ENTRY, item);
    w->n++;
    return w->n == RUN_BLOCK ? flush_block(w, v) : OK;
}

Status run_end(RunWriter *w, Env *v) {
    TRY(flush_block(w, v));
    return flush_chunk(w, v);
}

Status run_enter(Env *v, uint32_t id, LedSet set, uint64_t items) {
    return write_run_row(v, id, (uint8_t)set, 0, items);
}

/* There is room. A run may come after merges that took higher ids. */
static void add_run(Runs *r, Run run) {
    ASSERT(r->runs.n < r->runs.cap);
    size_t at = r->runs.n++;
    for (; at > 0 && r->runs.at[at - 1].id > run.id; at--)
        r->runs.at[at] = r->runs.at[at - 1];
    r->runs.at[at] = run;
}

void runs_add(Runs *r, uint32_t id, LedSet set, uint64_t items, uint8_t *filter) {
    add_run(r, (Run){.id = id,
                     .set = (uint8_t)set,
                     .items = items,
                     .lines = lines_for(items),
                     .filter = filter,
                     .tried = true});
}

/* ---- merging ---- */

/* One input of a merge step: a block of it in hand. */
typedef struct Input {
    MDB_cursor *at;
    uint32_t id;
    size_t n, next; /* entries in hand; the next one to take */
    bool end;
    uint8_t block[RUN_BLOCK * RUN_ENTRY];
} Input;

static const uint8_t *input_entry(const Input *in) {
    return in->block + in->next * RUN_ENTRY;
}

static Status input_block(Input *in, Str key, Str value, bool found) {
    in->end = !found || !key_is_of(key, in->id, BLOCK_KEY);
    in->n = in->next = 0;
    if (in->end)
        return OK;
    if (!block_is_whole(value))
        return ERR_DAMAGED;
    memcpy(in->block, value.p, value.n);
    in->n = value.n / RUN_ENTRY;
    return OK;
}

/* Stands on the first entry that is not merged yet. */
static Status input_begin(Input *in, Env *v, const Merge *m, unsigned level, uint32_t id) {
    static const uint8_t least[LED_SET_KEY];
    char bytes[BLOCK_KEY];
    Str key = block_key(bytes, id, m->done > 0 ? m->last : least), value;
    bool found;
    in->id = id;
    TRY(env_cursor(&v->writer, blocks_db(level - 1), &in->at));
    TRY(env_move(&v->writer, in->at, MDB_SET_RANGE, &key, &value, &found));
    TRY(input_block(in, key, value, found));
    while (m->done > 0 && in->next < in->n && memcmp(input_entry(in), m->last, LED_SET_KEY) <= 0)
        in->next++;
    if (in->end || in->next < in->n)
        return OK;
    TRY(env_move(&v->writer, in->at, MDB_NEXT, &key, &value, &found));
    return input_block(in, key, value, found);
}

static Status input_step(Input *in, Env *v) {
    if (++in->next < in->n)
        return OK;
    Str key = {NULL, 0}, value;
    bool found;
    TRY(env_move(&v->writer, in->at, MDB_NEXT, &key, &value, &found));
    return input_block(in, key, value, found);
}

/* The input with the least key; the newest one, if a key is there twice. */
static Input *input_least(Input in[RUNS_FAN]) {
    Input *least = NULL;
    for (size_t i = 0; i < RUNS_FAN; i++)
        if (!in[i].end &&
            (least == NULL || memcmp(input_entry(&in[i]), input_entry(least), LED_SET_KEY) <= 0))
            least = &in[i];
    return least;
}

/* The filter's chunk that the last step wrote in part. */
static Status resume_chunk(RunWriter *w, Env *v, const Merge *m) {
    if (m->done == 0)
        return OK;
    char key[CHUNK_KEY];
    Str value;
    bool found;
    w->chunk = line_of(m->last, w->lines) / RUN_CHUNK;
    TRY(env_get(&v->writer, filters_db(w->level), chunk_key(key, w->id, w->chunk), &value, &found));
    if (!found || value.n != CHUNK_BYTES)
        return ERR_DAMAGED;
    memcpy(w->line, value.p, CHUNK_BYTES);
    w->begun = w->old = true;
    return OK;
}

/* Takes at least `budget` entries, up to the end of a block of the output or of the inputs. */
static Status merge_entries(Merge *m, Env *v, Input in[RUNS_FAN], RunWriter *w, uint64_t budget) {
    uint64_t taken = 0;
    for (Input *least; (least = input_least(in)) != NULL;) {
        SetItem item = entry_get(input_entry(least));
        int order = m->done == 0 ? 1 : memcmp(item.key, m->last, LED_SET_KEY);
        if (order < 0 || m->done == m->items)
            return ERR_DAMAGED;
        if (order > 0) { /* else there twice: the newest has been taken */
            TRY(run_put(w, v, &item));
            memcpy(m->last, item.key, LED_SET_KEY);
            m->done++;
        }
        TRY(input_step(least, v));
        if (++taken >= budget && w->n == 0)
            break;
    }
    m->finished = input_least(in) == NULL;
    TRY(flush_block(w, v));
    return flush_chunk(w, v);
}

/* Deletes what the inputs have that the output has too. */
static Status clear_inputs(const Runs *r, Env *v, const Merge *m, unsigned level) {
    char bytes[BLOCK_KEY];
    for (size_t i = 0; i < RUNS_FAN; i++) {
        uint32_t id = m->in[i];
        if (m->finished) {
            RowKey k;
            TRY(run_clear(v, (uint8_t)(level - 1), id));
            TRY(env_del(v, DB_SYS, run_row_key(&k, id)));
            continue;
        }
        TRY(clear_rows(v, blocks_db(level - 1), id, block_key(bytes, id, m->last)));
        uint64_t chunk = line_of(m->last, run_of(r, id)->lines) / RUN_CHUNK;
        if (chunk > 0)
            TRY(clear_rows(v, filters_db(level - 1), id, chunk_key(bytes, id, chunk - 1)));
    }
    return OK;
}

static Status merge_step(const Runs *r, Env *v, unsigned level, Merge *m, uint64_t budget,
                         FilterList *bits) {
    Input in[RUNS_FAN] = {0};
    RunWriter w = {.id = m->out,
                   .level = (uint8_t)level,
                   .lines = lines_for(m->items),
                   .bits = m->filtered ? bits : NULL};
    if (!r->merge[level].active)
        TRY(write_run_row(v, m->out, m->set, (uint8_t)level, m->items));
    Status status = resume_chunk(&w, v, m);
    for (size_t i = 0; i < RUNS_FAN && status == OK; i++)
        status = input_begin(&in[i], v, m, level, m->in[i]);
    if (status == OK)
        status = merge_entries(m, v, in, &w, budget);
    for (size_t i = 0; i < RUNS_FAN; i++)
        if (in[i].at != NULL)
            mdb_cursor_close(in[i].at);
    if (status == OK)
        status = clear_inputs(r, v, m, level);
    if (status != OK)
        return status;
    RowKey k;
    return m->finished ? env_del(v, DB_SYS, merge_row_key(&k, level))
                       : write_merge_row(v, level, m);
}

/* The first set with enough whole runs in the level below, and those runs, the oldest. */
static bool merge_due(const Runs *r, unsigned level, Merge *m) {
    for (uint8_t set = 0; set < LED_SETS; set++) {
        size_t n = 0;
        *m = (Merge){.active = true, .set = set};
        for (size_t i = 0; i < r->runs.n && n < RUNS_FAN; i++) {
            const Run *run = &r->runs.at[i];
            if (run->set == set && run->level + 1u == level && !run->in && !run->out) {
                m->in[n++] = run->id;
                m->items += run->items;
            }
        }
        if (n == RUNS_FAN)
            return true;
    }
    return false;
}

bool runs_busy(const Runs *r) {
    Merge m;
    for (unsigned level = 1; level < RUNS_LEVELS; level++)
        if (r->merge[level].active || merge_due(r, level, &m))
            return true;
    return false;
}

static Status merge_begin(Runs *r, unsigned level, Merge *m, uint32_t *run_next) {
    if (*run_next == UINT32_MAX)
        return ERR_LIMIT;
    m->out = (*run_next)++;
    if (r->out_filter[level] == NULL)
        r->out_filter[level] = filter_room(r, lines_for(m->items));
    m->filtered = r->out_filter[level] != NULL;
    return OK;
}

Status runs_plan(Runs *r, Merge next[RUNS_LEVELS], uint32_t *run_next) {
    TRY(runs_ready(r));
    for (unsigned level = 1; level < RUNS_LEVELS; level++) {
        next[level] = r->merge[level];
        if (next[level].active)
            continue;
        if (merge_due(r, level, &next[level]))
            TRY(merge_begin(r, level, &next[level], run_next));
        else
            next[level] = (Merge){0};
    }
    return OK;
}

Status runs_step(const Runs *r, Env *v, uint64_t budget, Merge next[RUNS_LEVELS],
                 FilterList *bits) {
    bits->n = 0;
    for (unsigned level = 1; level < RUNS_LEVELS; level++)
        if (next[level].active)
            TRY(merge_step(r, v, level, &next[level], budget, bits));
    return OK;
}

static void merge_started(Runs *r, unsigned level, const Merge *m) {
    add_run(r, (Run){.id = m->out,
                     .set = m->set,
                     .level = (uint8_t)level,
                     .out = true,
                     .items = m->items,
                     .lines = lines_for(m->items),
                     .filter = r->out_filter[level],
                     .tried = true});
    r->out_filter[level] = NULL;
    for (size_t i = 0; i < RUNS_FAN; i++)
        run_of(r, m->in[i])->in = true;
}

static void merge_finished(Runs *r, const Merge *m) {
    Run *out = run_of(r, m->out);
    out->out = false;
    out->tried = out->filter != NULL; /* now it is whole and may be copied */
    size_t kept = 0;
    for (size_t i = 0; i < r->runs.n; i++) {
        Run *run = &r->runs.at[i];
        bool gone = false;
        for (size_t k = 0; k < RUNS_FAN; k++)
            gone |= m->in[k] == run->id;
        if (gone)
            filter_free(r, run->filter, run->lines);
        else
            r->runs.at[kept++] = *run;
    }
    r->runs.n = kept;
}

void runs_stepped(Runs *r, const Merge next[RUNS_LEVELS], const FilterList *bits) {
    for (unsigned level = 1; level < RUNS_LEVELS; level++)
        if (next[level].active && !r->merge[level].active)
            merge_started(r, level, &next[level]);
    for (size_t i = 0; i < bits->n; i++) {
        const FilterBits *b = &bits->at[i];
        line_add(run_of(r, next[b->level].out)->filter + b->line * RUN_LINE, b->probes);
    }
    for (unsigned level = 1; level < RUNS_LEVELS; level++) {
        const Merge *m = &next[level];
        if (!m->active)
            continue;
        r->merge[level] = *m;
        if (m->finished) {
            merge_finished(r, m);
            r->merge[level] = (Merge){0};
        }
    }
}
