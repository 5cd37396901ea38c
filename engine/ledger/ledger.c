/* ledger: opening, the open batch, and its commit. */
#include "engine/ledger/ledger.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/ledger/ledger_int.h"

static const Str format_mark = {"remit ledger", 12};

Status led_fails(Ledger *l, Status status, const Err *why, const char *what, Err *err) {
    bool more = why != NULL && why->code == status;
    l->err = (Err){0};
    const char *zh = strncmp(what, "cannot read", 11) == 0 || strncmp(what, "cannot look", 11) == 0
                         ? "无法读取账本"
                         : "无法写入账本或计算摘要";
    (void)err_because(&l->err, status, what, zh, more ? why : NULL);
    return err_as(err, status, &l->err);
}

Status led_failed(Ledger *l, Status status, const char *what) {
    return led_fails(l, status, &l->env.reader.err, what, NULL);
}

const Err *led_error(const Ledger *l) {
    return &l->err;
}

Str led_name(const Ledger *l) {
    return l->name;
}

bool led_is_new(const Ledger *l) {
    return l->head.commits == 0;
}

/* ---- format and head ---- */

static Status write_format(Ledger *l) {
    Buf b = {0};
    put_text(&b, format_mark);
    put_varint(&b, LED_FORMAT);
    put_str(&b, l->name);
    Status status = buf_status(&b);
    if (status == OK)
        status = env_put(&l->env, DB_SYS, S("format"), buf_str(&b), false);
    buf_free(&b);
    return status;
}

static Status read_format(Ledger *l, Str name, Err *err) {
    Str bytes, have;
    bool found;
    TRY(env_get(&l->env.reader, DB_SYS, S("format"), &bytes, &found));
    Take t = take_from(found ? bytes : (Str){NULL, 0});
    if (!str_eq(take_bytes(&t, format_mark.n), format_mark))
        return err_say(err, ERR_MISMATCH, "%.*s is not a ledger", "%.*s 不是账本", STR_ARG(l->dir));
    uint64_t version = take_varint(&t);
    if (!t.failed && version != LED_FORMAT)
        return err_say(err, ERR_VERSION, "the ledger in %.*s is of format %llu, not %d",
                       "%.*s 中的账本格式是 %llu，不是 %d", STR_ARG(l->dir),
                       (unsigned long long)version, LED_FORMAT);
    have = take_str(&t);
    if (take_done(&t) != OK)
        return err_say(err, ERR_DAMAGED, "the ledger in %.*s is damaged: format",
                       "%.*s 中的账本已损坏：格式", STR_ARG(l->dir));
    if (name.n > 0 && !str_eq(name, have))
        return err_say(err, ERR_MISMATCH, "the ledger in %.*s has the name %.*s, not %.*s",
                       "%.*s 中的账本名叫 %.*s，不是 %.*s", STR_ARG(l->dir), STR_ARG(have),
                       STR_ARG(name));
    return arena_str(&l->life, have, &l->name);
}

/* ---- opening ---- */

#ifdef REMIT_TESTING
static _Thread_local uint32_t test_log, test_step, test_merge;

void led_test_rooms(uint32_t log, uint32_t step, uint32_t merge) {
    test_log = log;
    test_step = step;
    test_merge = merge;
}

static void rooms(Ledger *l) {
    l->log_room = test_log != 0 ? test_log : LOG_ROOM;
    l->point_room = test_step != 0 ? test_step : POINT_STEP;
    l->merge_room = test_merge != 0 ? test_merge : MERGE_STEP;
}
#else
static void rooms(Ledger *l) {
    l->log_room = LOG_ROOM;
    l->point_room = POINT_STEP;
    l->merge_room = MERGE_STEP;
}
#endif

static Status make_new(Ledger *l, Str name, Err *err) {
    TRY(arena_str(&l->life, name.n > 0 ? name : S("main"), &l->name));
    TRY(env_make(&l->env));
    Status status = write_format(l);
    if (status == OK)
        status = head_write(&l->env, &l->flight.row, &l->head);
    if (status != OK) {
        env_abort(&l->env);
        return status;
    }
    TRY(env_commit(&l->env));
    return env_made(&l->env, l->dir, err);
}

static Status open_disk(Ledger *l, const LedOptions *opt, Err *err) {
    bool empty;
    TRY(arena_str(&l->life, opt->dir, &l->dir));
    TRY(env_open(&l->env, opt, &empty, err));
    if (empty && (!opt->create || opt->read_only))
        return err_say(err, ERR_NOTFOUND, "there is no ledger in %.*s", "%.*s 中没有账本",
                       STR_ARG(l->dir));
    if (empty)
        TRY(make_new(l, opt->name, err));
    TRY(env_read(&l->env));
    TRY(read_format(l, opt->name, err));
    TRY(head_read(l, &l->head));
    journal_start(&l->journal, &l->head.peaks);
    l->runs.in_map = l->read_only;
    TRY(runs_load(&l->runs, &l->env));
    return led_replay(l, 0);
}

Status led_open(const LedOptions *opt, Ledger **out, Err *err) {
    *out = NULL;
    Ledger *l = mem_zalloc(sizeof *l);
    if (l == NULL)
        return err_status(err, ERR_NOMEM);
    l->memory = opt->dir.n == 0;
    l->read_only = opt->read_only;
    l->env.lock = -1;
    l->cache.alone = l->memory;
    rooms(l);
    Status status = l->memory
                        ? arena_str(&l->life, opt->name.n > 0 ? opt->name : S("main"), &l->name)
                        : open_disk(l, opt, err);
    if (status != OK) {
        const Err *why = l->env.writer.err.code == status ? &l->env.writer.err : &l->env.reader.err;
        led_fails(l, status, why, "cannot open the ledger", err);
        led_close(l);
        return status;
    }
    led_mark(l);
    *out = l;
    return OK;
}

void led_close(Ledger *l) {
    if (l == NULL)
        return;
    for (size_t i = 0; i < CACHE_TABLES; i++)
        if (l->walk[i] != NULL) {
            table_walk_close(l->walk[i]);
            mem_free(l->walk[i]);
        }
    if (l->leaf_at != NULL)
        mdb_cursor_close(l->leaf_at);
    for (size_t i = 0; i < LED_SETS; i++) {
        runs_unfilter(&l->runs, l->filter[i], l->sealed[i].items.n);
        setmem_free(&l->set[i]);
        setmem_free(&l->sealed[i]);
    }
    runs_free(&l->runs);
    if (!l->memory)
        env_close(&l->env);
    cache_free(&l->cache);
    journal_free(&l->journal);
    arena_free(&l->held);
    arena_free(&l->given[0]);
    arena_free(&l->given[1]);
    arena_free(&l->life);
    buf_free(&l->flight.frame);
    buf_free(&l->flight.row);
    buf_free(&l->flight.records);
    vec_free(&l->flight.bits);
    mem_free(l->sorting);
    mem_free(l);
}

/* ---- reading ---- */

/* A reader's memory starts anew from a snapshot whose logs do not go on from what it has. */
static Status reader_anew(Ledger *l) {
    cache_clear(&l->cache);
    for (size_t i = 0; i < LED_SETS; i++) {
        setmem_reset(&l->set[i]);
        setmem_reset(&l->sealed[i]);
    }
    return led_replay(l, 0);
}

/* Takes a new snapshot and brings memory up to it. */
static Status reader_renew(Ledger *l) {
    Head was = l->head;
    env_renew(&l->env);
    TRY(env_read(&l->env));
    TRY(head_read(l, &l->head));
    if (l->head.commits == was.commits)
        return OK;
    journal_start(&l->journal, &l->head.peaks);
    l->cache.unhid++;
    if (l->head.run_changes != was.run_changes)
        TRY(runs_load(&l->runs, &l->env));
    return l->head.settled != was.settled ? reader_anew(l) : led_replay(l, was.commits + 1);
}

/* A reader lets its snapshot go now and then, for the writer cannot
 * use the pages again that it holds. What was given out of the snapshot before the last goes with
 * it. */
Status led_look(Ledger *l) {
    if (l->memory || !l->read_only)
        return l->memory ? OK : env_read(&l->env);
    if (l->calls++ < READER_CALLS && l->given_bytes < READER_BYTES)
        return env_read(&l->env);
    Arena oldest = l->given[1];
    l->given[1] = l->given[0];
    l->given[0] = oldest;
    arena_reset(&l->given[0]);
    arena_reset(&l->held);
    l->calls = 0;
    l->given_bytes = 0;
    return l->holding ? env_read(&l->env) : reader_renew(l);
}

Status led_hold(Ledger *l) {
    CHECK(l->read_only && !l->memory);
    l->calls = READER_CALLS;
    Status status = led_look(l);
    l->holding = status == OK;
    return status == OK ? OK : led_failed(l, status, "cannot read the ledger");
}

/* What a reader gives out outlives the snapshot it came from. */
static Status give(Ledger *l, Str *s) {
    if (!l->read_only)
        return OK;
    l->given_bytes += s->n;
    return arena_str(&l->given[0], *s, s);
}

/* ---- records ---- */

static Status find(Ledger *l, LedTable table, Str key, Str *value, bool *found) {
    TRY(led_look(l));
    const Entry *e = cache_find(&l->cache, (uint8_t)table, key);
    if (e == NULL && !l->memory && key.n <= LED_KEY_MOST)
        TRY(table_find(&l->env, (uint8_t)table, key, &l->held, value, found));
    else
        *found = e != NULL && (e->flags & E_LIVE) != 0;
    if (e != NULL && *found)
        *value = cache_value(e);
    if (e == NULL && !l->memory && !l->read_only && l->cache.clean_bytes < 2 * (size_t)CLEAN_ROOM)
        cache_keep(&l->cache, (uint8_t)table, key, *found ? *value : (Str){NULL, 0}, *found);
    return *found ? give(l, value) : OK;
}

Status led_find(Ledger *l, LedTable table, Str key, Str *value, bool *found) {
    *found = false;
    Status status = find(l, table, key, value, found);
    return status == OK ? OK : led_failed(l, status, "cannot read a record");
}

/* Whether the open batch can be changed. */
static Status changeable(Ledger *l) {
    if (l->read_only)
        return led_fails(l, ERR_STATE, NULL, "this ledger is open for reading", NULL);
    if (l->dead)
        return led_fails(l, ERR_STATE, NULL, "a commit failed", NULL);
    return OK;
}

static Status change(Ledger *l, LedTable table, Str key, Str value, CachePut how) {
    TRY(changeable(l));
    if (key.n > LED_KEY_MOST || value.n > LED_VALUE_MOST)
        return led_failed(l, ERR_LIMIT, "a record's key or value is too long");
    Status status = cache_put(&l->cache, (uint8_t)table, key, value, how);
    arena_reset(&l->held);
    return status == OK ? OK : led_failed(l, status, "cannot change a record");
}

Status led_put(Ledger *l, LedTable table, Str key, Str value) {
    return change(l, table, key, value, CACHE_SET);
}

Status led_add(Ledger *l, LedTable table, Str key, Str value) {
#ifdef REMIT_TESTING
    bool found;
    Str there;
    TRY(led_find(l, table, key, &there, &found));
    CHECK(!found);
#endif
    return change(l, table, key, value, CACHE_ADD);
}

Status led_del(Ledger *l, LedTable table, Str key) {
    return change(l, table, key, (Str){NULL, 0}, CACHE_DEL);
}

static Status next_below(Ledger *l, LedTable table, Str from, bool after, size_t prefix, Str *key,
                         Str *value, bool *found) {
    TableWalk **walk = &l->walk[table];
    if (*walk == NULL)
        *walk = mem_zalloc(sizeof **walk);
    if (*walk == NULL)
        return ERR_NOMEM;
    return table_next(*walk, &l->env, &l->cache, (uint8_t)table, from, after, prefix, &l->held, key,
                      value, found);
}

static Status next(Ledger *l, LedTable table, Str from, bool after, size_t prefix, Str *key,
                   Str *value, bool *found) {
    TRY(led_look(l));
    if (from.n > LED_KEY_MOST || prefix > from.n)
        return ERR_LIMIT;
    Entry *e;
    TRY(cache_next(&l->cache, (uint8_t)table, from, after, &e));
    if (e != NULL && !str_starts(cache_key(e), str_upto(from, prefix)))
        e = NULL;
    Str low = {NULL, 0}, low_value = {NULL, 0};
    bool below = false;
    if (!l->memory)
        TRY(next_below(l, table, from, after, prefix, &low, &low_value, &below));
    *found = e != NULL || below;
    if (!*found)
        return OK;
    if (e != NULL && (!below || str_cmp(cache_key(e), low) < 0)) {
        low = cache_key(e);
        low_value = cache_value(e);
    }
    TRY(give(l, &low));
    TRY(give(l, &low_value));
    *key = low;
    *value = low_value;
    return OK;
}

Status led_next_in(Ledger *l, LedTable table, Str from, bool after, size_t prefix, Str *key,
                   Str *value, bool *found) {
    *found = false;
    Status status = next(l, table, from, after, prefix, key, value, found);
    return status == OK ? OK : led_failed(l, status, "cannot read a record");
}

Status led_next(Ledger *l, LedTable table, Str from, bool after, Str *key, Str *value,
                bool *found) {
    return led_next_in(l, table, from, after, 0, key, value, found);
}

/* ---- sets ---- */

static Status set_find(Ledger *l, LedSet set, const uint8_t *key, SetItem *item, bool *found) {
    TRY(led_look(l));
    const SetItem *in = setmem_find(&l->set[set], key);
    if (in == NULL)
        in = setmem_find(&l->sealed[set], key);
    *found = in != NULL;
    if (in != NULL)
        *item = *in;
    else if (!l->memory)
        TRY(runs_find(&l->runs, &l->env, set, key, item, found));
    return OK;
}

Status led_set_find(Ledger *l, LedSet set, const uint8_t key[LED_SET_KEY], uint64_t *a, uint64_t *b,
                    bool *found) {
    SetItem item;
    *found = false;
    Status status = set_find(l, set, key, &item, found);
    if (status != OK)
        return led_failed(l, status, "cannot look into a set");
    if (*found) {
        *a = item.a;
        *b = item.b;
    }
    return OK;
}

Status led_set_add(Ledger *l, LedSet set, const uint8_t key[LED_SET_KEY], uint64_t a, uint64_t b) {
    TRY(changeable(l));
    if (b >> 48 != 0)
        return led_failed(l, ERR_LIMIT, "a set entry's number is too large");
    if (setmem_find(&l->set[set], key) != NULL || setmem_find(&l->sealed[set], key) != NULL)
        return led_failed(l, ERR_STATE, "the set has this key");
    SetItem item = {.a = a, .b = b};
    memcpy(item.key, key, LED_SET_KEY);
    Status status = setmem_add(&l->set[set], &item);
    return status == OK ? OK : led_failed(l, status, "cannot add to a set");
}

typedef struct SetWalk {
    Status (*each)(void *ctx, const uint8_t key[LED_SET_KEY], uint64_t a, uint64_t b);
    void *ctx;
} SetWalk;

static Status walk_item(void *ctx, const SetItem *item) {
    SetWalk *w = ctx;
    return w->each(w->ctx, item->key, item->a, item->b);
}

static Status walk_mem(SetWalk *w, const SetMem *mem) {
    for (size_t i = 0; i < mem->items.n; i++)
        TRY(walk_item(w, &mem->items.at[i]));
    return OK;
}

Status led_set_walk(Ledger *l, LedSet set,
                    Status (*each)(void *ctx, const uint8_t key[LED_SET_KEY], uint64_t a,
                                   uint64_t b),
                    void *ctx) {
    SetWalk walk = {each, ctx};
    CHECK(l->holding);
    TRY(walk_mem(&walk, &l->set[set]));
    TRY(walk_mem(&walk, &l->sealed[set]));
    return runs_walk(&l->runs, &l->env, set, walk_item, &walk);
}

/* ---- leaves ---- */

uint64_t led_size(const Ledger *l) {
    return journal_size(&l->journal);
}

Status led_append(Ledger *l, Str leaf, uint64_t *index) {
    TRY(changeable(l));
    if (leaf.n > LED_VALUE_MOST)
        return led_failed(l, ERR_LIMIT, "a leaf is too long");
    uint64_t at = led_size(l);
    Status status = journal_append(&l->journal, leaf);
    if (status != OK)
        return led_failed(l, status, "cannot append a leaf");
    if (index != NULL)
        *index = at;
    return OK;
}

static Status leaf_at(Ledger *l, uint64_t index, Str *leaf) {
    TRY(led_look(l));
    if (index >= led_size(l))
        return ERR_NOTFOUND;
    if (journal_leaf(&l->journal, index, leaf))
        return OK;
    TRY(env_cursor_here(&l->env, DB_JOURNAL, &l->leaf_at, &l->leaf_of));
    TRY(journal_read(&l->journal, &l->env.reader, l->leaf_at, index, &l->held, leaf));
    return give(l, leaf);
}

Status led_leaf(Ledger *l, uint64_t index, Str *leaf) {
    Status status = leaf_at(l, index, leaf);
    return status == OK ? OK : led_failed(l, status, "cannot read a leaf");
}

Status led_root(Ledger *l, uint8_t root[32]) {
    MerkleHash hash = journal_root(&l->journal);
    memcpy(root, hash.b, MERKLE_BYTES);
    return OK;
}

/* ---- the batch ---- */

void led_mark(Ledger *l) {
    cache_mark(&l->cache);
    journal_mark(&l->journal);
    for (size_t i = 0; i < LED_SETS; i++)
        l->set_mark[i] = l->set[i].items.n;
}

void led_undo(Ledger *l) {
    cache_undo(&l->cache);
    journal_undo(&l->journal);
    for (size_t i = 0; i < LED_SETS; i++)
        setmem_cut(&l->set[i], l->set_mark[i]);
    arena_reset(&l->held);
    led_mark(l);
}

size_t led_pending(const Ledger *l) {
    size_t n = l->cache.bytes + l->journal.pending;
    for (size_t i = 0; i < LED_SETS; i++)
        n += (l->set[i].items.n - l->set_done[i]) * sizeof(SetItem);
    return n;
}
