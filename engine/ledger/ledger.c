/* ledger: opening, the open batch, and its commit. */
#include "engine/ledger/ledger.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/ledger/ledger_int.h"

static const Str format_mark = {"remit ledger", 12};

Status led_failed(Ledger *l, Status status, const char *what) {
    l->err = (Err){0};
    if (!l->memory && l->env.err.code == status)
        return err_set(&l->err, status, "%s: %s", what, l->env.err.text);
    return err_set(&l->err, status, "%s: %s", what, status_text(status));
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
    TRY(env_get(&l->env, DB_SYS, S("format"), &bytes, &found));
    Take t = take_from(found ? bytes : (Str){NULL, 0});
    if (!str_eq(take_bytes(&t, format_mark.n), format_mark))
        return err_set(err, ERR_MISMATCH, "%.*s is not a ledger", STR_ARG(l->dir));
    uint64_t version = take_varint(&t);
    if (!t.failed && version != LED_FORMAT)
        return err_set(err, ERR_VERSION, "the ledger in %.*s is of format %llu, not %d",
                       STR_ARG(l->dir), (unsigned long long)version, LED_FORMAT);
    have = take_str(&t);
    if (take_done(&t) != OK)
        return err_set(err, ERR_DAMAGED, "the ledger in %.*s is damaged: format", STR_ARG(l->dir));
    if (name.n > 0 && !str_eq(name, have))
        return err_set(err, ERR_MISMATCH, "the ledger in %.*s has the name %.*s, not %.*s",
                       STR_ARG(l->dir), STR_ARG(have), STR_ARG(name));
    return arena_str(&l->life, have, &l->name);
}

static void put_head(Buf *b, const Head *h) {
    put_varint(b, h->commits);
    put_varint(b, h->log);
    put_varint(b, h->peaks.size);
    put_bytes(b, h->peaks.peak, merkle_peaks(h->peaks.size) * sizeof(MerkleHash));
}

static Status write_head(Ledger *l, const Head *h) {
    Buf b = {0};
    put_head(&b, h);
    Status status = buf_status(&b);
    if (status == OK)
        status = env_put(&l->env, DB_SYS, S("head"), buf_str(&b), false);
    buf_free(&b);
    return status;
}

static Status read_head(Ledger *l, Head *h) {
    Str bytes, peaks;
    bool found;
    *h = (Head){0};
    TRY(env_get(&l->env, DB_SYS, S("head"), &bytes, &found));
    if (!found)
        return ERR_DAMAGED;
    Take t = take_from(bytes);
    h->commits = take_varint(&t);
    h->log = take_varint(&t);
    h->peaks.size = take_varint(&t);
    peaks = take_bytes(&t, merkle_peaks(h->peaks.size) * sizeof(MerkleHash));
    if (take_done(&t) != OK || h->log > 1)
        return ERR_DAMAGED;
    if (peaks.n > 0)
        memcpy(h->peaks.peak, peaks.p, peaks.n);
    return OK;
}

/* ---- opening ---- */

static Status replay_record(void *ctx, uint8_t table, Str key, Str value, bool live) {
    Ledger *l = ctx;
    return cache_put(&l->cache, table, key, value, live);
}

static Status replay_item(void *ctx, LedSet set, const SetItem *item) {
    Ledger *l = ctx;
    if (setmem_find(&l->set[set], item->key) != NULL)
        return ERR_DAMAGED;
    return setmem_add(&l->set[set], item);
}

static Status replay_end(void *ctx, uint64_t number) {
    Ledger *l = ctx;
    if (number > l->head.commits)
        return ERR_DAMAGED;
    TRY(cache_ready(&l->cache));
    cache_commit(&l->cache);
    return OK;
}

static Status replay(Ledger *l) {
    LogSink sink = {l, replay_record, replay_item, replay_end};
    TRY(log_read(&l->env, l->head.log == 0 ? DB_LOG1 : DB_LOG0, 0, &l->frame, &sink));
    TRY(log_read(&l->env, l->head.log == 0 ? DB_LOG0 : DB_LOG1, 0, &l->frame, &sink));
    for (size_t i = 0; i < LED_SETS; i++)
        l->set_done[i] = l->set[i].items.n;
    return OK;
}

static Status make_new(Ledger *l, Str name) {
    TRY(arena_str(&l->life, name.n > 0 ? name : S("main"), &l->name));
    TRY(env_make(&l->env));
    Status status = write_format(l);
    if (status == OK)
        status = write_head(l, &l->head);
    if (status != OK) {
        env_abort(&l->env);
        return status;
    }
    TRY(env_commit(&l->env));
    return env_made(&l->env, l->dir);
}

static Status open_disk(Ledger *l, const LedOptions *opt, Err *err) {
    bool empty;
    TRY(arena_str(&l->life, opt->dir, &l->dir));
    TRY(env_open(&l->env, opt, &empty, err));
    if (empty && (!opt->create || opt->read_only))
        return err_set(err, ERR_NOTFOUND, "there is no ledger in %.*s", STR_ARG(l->dir));
    if (empty)
        TRY(make_new(l, opt->name));
    TRY(env_read(&l->env));
    TRY(read_format(l, opt->name, err));
    TRY(read_head(l, &l->head));
    journal_start(&l->journal, &l->head.peaks);
    return replay(l);
}

Status led_open(const LedOptions *opt, Ledger **out, Err *err) {
    *out = NULL;
    Ledger *l = mem_zalloc(sizeof *l);
    if (l == NULL)
        return err_set(err, ERR_NOMEM, "%s", status_text(ERR_NOMEM));
    l->memory = opt->dir.n == 0;
    l->read_only = opt->read_only;
    l->env.lock = -1;
    l->cache.alone = l->memory;
    Status status = l->memory
                        ? arena_str(&l->life, opt->name.n > 0 ? opt->name : S("main"), &l->name)
                        : open_disk(l, opt, err);
    if (status != OK) {
        led_failed(l, status, "cannot open the ledger");
        err_set(err, status, "%s", l->err.text);
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
    if (l->leaf_at != NULL)
        mdb_cursor_close(l->leaf_at);
    if (!l->memory)
        env_close(&l->env);
    cache_free(&l->cache);
    for (size_t i = 0; i < LED_SETS; i++)
        setmem_free(&l->set[i]);
    journal_free(&l->journal);
    arena_free(&l->held);
    arena_free(&l->life);
    buf_free(&l->frame);
    mem_free(l);
}

/* ---- records ---- */

Status led_find(Ledger *l, LedTable table, Str key, Str *value, bool *found) {
    const Entry *e = cache_find(&l->cache, (uint8_t)table, key);
    *found = e != NULL && (e->flags & E_LIVE) != 0;
    if (*found)
        *value = (Str){e->value, e->value_n};
    return OK;
}

static Status change(Ledger *l, LedTable table, Str key, Str value, bool live) {
    if (l->read_only)
        return led_failed(l, ERR_STATE, "this ledger is open for reading");
    if (key.n > LED_KEY_MOST || value.n > LED_VALUE_MOST)
        return led_failed(l, ERR_LIMIT, "a record's key or value is too long");
    Status status = cache_put(&l->cache, (uint8_t)table, key, value, live);
    arena_reset(&l->held);
    return status == OK ? OK : led_failed(l, status, "cannot change a record");
}

Status led_put(Ledger *l, LedTable table, Str key, Str value) {
    return change(l, table, key, value, true);
}

Status led_del(Ledger *l, LedTable table, Str key) {
    return change(l, table, key, (Str){NULL, 0}, false);
}

Status led_next(Ledger *l, LedTable table, Str from, bool after, Str *key, Str *value,
                bool *found) {
    const Entry *e = cache_next(&l->cache, (uint8_t)table, from, after);
    *found = e != NULL;
    if (e != NULL) {
        *key = (Str){e->key, e->key_n};
        *value = (Str){e->value, e->value_n};
    }
    return OK;
}

/* ---- sets ---- */

Status led_set_find(Ledger *l, LedSet set, const uint8_t key[LED_SET_KEY], uint64_t *a, uint64_t *b,
                    bool *found) {
    const SetItem *item = setmem_find(&l->set[set], key);
    *found = item != NULL;
    if (item != NULL) {
        *a = item->a;
        *b = item->b;
    }
    return OK;
}

Status led_set_add(Ledger *l, LedSet set, const uint8_t key[LED_SET_KEY], uint64_t a, uint64_t b) {
    if (l->read_only)
        return led_failed(l, ERR_STATE, "this ledger is open for reading");
    if (b >> 48 != 0)
        return led_failed(l, ERR_LIMIT, "a set entry's number is too large");
    if (setmem_find(&l->set[set], key) != NULL)
        return led_failed(l, ERR_STATE, "the set has this key");
    SetItem item = {.a = a, .b = b};
    memcpy(item.key, key, LED_SET_KEY);
    Status status = setmem_add(&l->set[set], &item);
    return status == OK ? OK : led_failed(l, status, "cannot add to a set");
}

/* ---- leaves ---- */

uint64_t led_size(const Ledger *l) {
    return journal_size(&l->journal);
}

Status led_append(Ledger *l, Str leaf, uint64_t *index) {
    if (l->read_only)
        return led_failed(l, ERR_STATE, "this ledger is open for reading");
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

Status led_leaf(Ledger *l, uint64_t index, Str *leaf) {
    if (index >= led_size(l))
        return ERR_NOTFOUND;
    if (index >= l->journal.first) {
        *leaf = l->journal.leaves.at[index - l->journal.first];
        return OK;
    }
    TRY(env_read(&l->env));
    if (l->leaf_at == NULL)
        TRY(env_cursor(&l->env, DB_JOURNAL, &l->leaf_at));
    Status status = journal_read(&l->journal, &l->env, l->leaf_at, index, &l->held, leaf);
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

static Status frame_fill(Ledger *l) {
    buf_reset(&l->frame);
    for (size_t i = 0; i < l->cache.changed.n; i++) {
        const Entry *e = l->cache.changed.at[i];
        if ((e->flags & (E_LIVE | E_ABSENT | E_DIRTY | E_TAKEN)) != E_ABSENT)
            log_put_record(&l->frame, e);
    }
    for (unsigned set = 0; set < LED_SETS; set++)
        for (size_t i = l->set_done[set]; i < l->set[set].items.n; i++)
            log_put_item(&l->frame, (LedSet)set, &l->set[set].items.at[i]);
    return buf_status(&l->frame);
}

static Status commit_disk(Ledger *l, Head *head) {
    TRY(env_begin(&l->env));
    Status status =
        log_write(&l->env, head->log == 0 ? DB_LOG0 : DB_LOG1, head->commits, buf_str(&l->frame));
    if (status == OK)
        status = journal_write(&l->journal, &l->env);
    if (status == OK)
        status = write_head(l, head);
    if (status == OK)
        return env_commit(&l->env);
    env_abort(&l->env);
    return status;
}

static Status commit_write(Ledger *l, Head *head) {
    TRY(cache_ready(&l->cache));
    TRY(frame_fill(l));
    TRY(journal_hash(&l->journal));
    head->peaks = l->journal.next;
    if (l->leaf_at != NULL)
        mdb_cursor_close(l->leaf_at);
    l->leaf_at = NULL;
    for (;;) {
        Status status = commit_disk(l, head);
        if (status != ERR_FULL || !l->env.map_full)
            return status;
        TRY(env_grow(&l->env));
    }
}

Status led_commit(Ledger *l, Err *err) {
    if (l->read_only)
        return err_set(err, ERR_STATE, "this ledger is open for reading");
    Head head = l->head;
    head.commits++;
    if (!l->memory) {
        Status status = commit_write(l, &head);
        if (status != OK) {
            led_failed(l, status, "cannot commit");
            return err_set(err, status, "%s", l->err.text);
        }
    }
    l->head = head;
    cache_commit(&l->cache);
    journal_commit(&l->journal, l->memory);
    for (size_t i = 0; i < LED_SETS; i++)
        l->set_done[i] = l->set[i].items.n;
    arena_reset(&l->held);
    led_mark(l);
    return OK;
}
