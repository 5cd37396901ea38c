/* ledger: the tables on disk. */
#include "engine/ledger/table.h"

#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/check.h"
#include "engine/base/limits.h"

enum {
    VALUE_PLAIN = 0,
    VALUE_LONG = 1,
    LONG_BYTES = 13,
    PART_KEY = 12,
    PLAIN_MOST = LIMIT_VALUE_BYTES - 1,
};

typedef struct RecordKey {
    char b[1 + LED_KEY_MOST];
    size_t n;
} RecordKey;

static Str record_key(RecordKey *k, uint8_t table, Str key) {
    ASSERT(key.n <= LED_KEY_MOST);
    k->b[0] = (char)table;
    if (key.n > 0)
        memcpy(k->b + 1, key.p, key.n);
    k->n = 1 + key.n;
    return (Str){k->b, k->n};
}

static Str part_key(char b[PART_KEY], uint64_t number, uint32_t part) {
    uint64_t n = __builtin_bswap64(number);
    uint32_t p = __builtin_bswap32(part);
    memcpy(b, &n, 8);
    memcpy(b + 8, &p, 4);
    return (Str){b, PART_KEY};
}

static bool take_long(Str bytes, uint64_t *number, uint32_t *n) {
    if (bytes.n != LONG_BYTES || bytes.p[0] != VALUE_LONG)
        return false;
    Take t = take_from(str_from(bytes, 1));
    *number = take_u64(&t);
    *n = take_u32(&t);
    return *n > PLAIN_MOST && *n <= LED_VALUE_MOST;
}

static size_t put_long(char to[LONG_BYTES], uint64_t number, uint32_t n) {
    to[0] = VALUE_LONG;
    for (size_t i = 0; i < 8; i++)
        to[1 + i] = (char)(uint8_t)(number >> (8 * i));
    for (size_t i = 0; i < 4; i++)
        to[9 + i] = (char)(uint8_t)(n >> (8 * i));
    return LONG_BYTES;
}

/* Puts a long value together. */
static Status read_parts(Env *v, uint64_t number, uint32_t n, char *to) {
    MDB_cursor *at = NULL;
    TRY(env_cursor(&v->reader, DB_PARTS, &at));
    Status status = OK;
    uint32_t have = 0;
    for (uint32_t part = 0; status == OK && have < n; part++) {
        char bytes[PART_KEY];
        Str want = part_key(bytes, number, part), key = want, value;
        bool found;
        status =
            env_move(&v->reader, at, part == 0 ? MDB_SET_RANGE : MDB_NEXT, &key, &value, &found);
        if (status == OK && (!found || !str_eq(key, want) || value.n == 0 || value.n > n - have))
            status = ERR_DAMAGED;
        if (status == OK) {
            memcpy(to + have, value.p, value.n);
            have += (uint32_t)value.n;
        }
    }
    mdb_cursor_close(at);
    return status;
}

/* From the bytes in `records` to the value. */
static Status open_value(Env *v, Str bytes, Arena *long_to, Str *value) {
    uint64_t number;
    uint32_t n;
    if (bytes.n > 0 && bytes.p[0] == VALUE_PLAIN) {
        *value = str_from(bytes, 1);
        return OK;
    }
    if (!take_long(bytes, &number, &n))
        return ERR_DAMAGED;
    char *p = arena_take(long_to, n, 1);
    if (p == NULL)
        return ERR_NOMEM;
    *value = (Str){p, n};
    return read_parts(v, number, n, p);
}

Status table_find(Env *v, uint8_t table, Str key, Arena *long_to, Str *value, bool *found) {
    RecordKey k;
    Str bytes;
    TRY(env_get(&v->reader, DB_RECORDS, record_key(&k, table, key), &bytes, found));
    return *found ? open_value(v, bytes, long_to, value) : OK;
}

/* ---- walking ---- */

/* Whether what the walk knows answers for `from`: it lies between the walk's own `from` and its
 * key. */
static bool walk_answers(const TableWalk *w, const Cache *c, Str from, bool after) {
    if (!w->known || w->unhid != c->unhid)
        return false;
    int low = str_cmp(from, (Str){w->from, w->from_n});
    if (low < 0 || (low == 0 && w->after && !after))
        return false;
    int high = w->end ? -1 : str_cmp(from, (Str){w->stop, w->stop_n});
    return high < 0 || (high == 0 && !after);
}

static bool hidden(const Cache *c, uint8_t table, Str key) {
    const Entry *e = cache_look(c, table, key);
    return e != NULL && (e->flags & E_HIDES) != 0;
}

/* Goes on from where the cursor has come to, to the first record that is not hidden or does not
 * begin with `prefix`. */
static Status walk_on(TableWalk *w, Env *v, const Cache *c, uint8_t table, Str prefix, Str key,
                      Str bytes, bool found) {
    while (found && key.p[0] == (char)table && str_starts(str_from(key, 1), prefix) &&
           hidden(c, table, str_from(key, 1)))
        TRY(env_move(&v->reader, w->at, MDB_NEXT, &key, &bytes, &found));
    w->end = !found || key.p[0] != (char)table;
    w->known = true;
    if (w->end)
        return OK;
    if (key.n - 1 > LED_KEY_MOST)
        return ERR_DAMAGED;
    w->key = str_from(key, 1);
    w->value = bytes;
    w->stop_n = (uint16_t)w->key.n;
    memcpy(w->stop, w->key.p, w->key.n);
    return OK;
}

/* Goes to the first record >= from (> from if after) that is not hidden or does not begin with
 * `prefix`. */
static Status walk_seek(TableWalk *w, Env *v, const Cache *c, uint8_t table, Str prefix, Str from,
                        bool after) {
    RecordKey k;
    Str want = record_key(&k, table, from), key = want, bytes;
    bool found;
    w->known = false;
    TRY(env_move(&v->reader, w->at, MDB_SET_RANGE, &key, &bytes, &found));
    if (found && after && str_eq(key, want))
        TRY(env_move(&v->reader, w->at, MDB_NEXT, &key, &bytes, &found));
    return walk_on(w, v, c, table, prefix, key, bytes, found);
}

Status table_next(TableWalk *w, Env *v, const Cache *c, uint8_t table, Str from, bool after,
                  size_t prefix, Arena *long_to, Str *key, Str *value, bool *found) {
    ASSERT(from.n <= LED_KEY_MOST && prefix <= from.n);
    Str all = str_upto(from, prefix);
    bool answers = walk_answers(w, c, from, after), moved = w->snapshot != v->snapshot;
    TRY(env_cursor_here(v, DB_RECORDS, &w->at, &w->snapshot));
    if (!answers) {
        TRY(walk_seek(w, v, c, table, all, from, after));
        w->from_n = (uint16_t)from.n;
        if (from.n > 0)
            memmove(w->from, from.p, from.n);
        w->after = after;
        w->unhid = c->unhid;
    } else if (!w->end && moved) {
        TRY(walk_seek(w, v, c, table, all, (Str){w->stop, w->stop_n}, false));
    } else if (!w->end && str_starts((Str){w->stop, w->stop_n}, all) &&
               hidden(c, table, (Str){w->stop, w->stop_n})) {
        Str at = {NULL, 0}, bytes;
        bool more;
        w->known = false;
        TRY(env_move(&v->reader, w->at, MDB_NEXT, &at, &bytes, &more));
        TRY(walk_on(w, v, c, table, all, at, bytes, more));
    }
    *found = !w->end && str_starts((Str){w->stop, w->stop_n}, all);
    if (!*found)
        return OK;
    *key = w->key;
    return open_value(v, w->value, long_to, value);
}

void table_walk_close(TableWalk *w) {
    if (w->at != NULL)
        mdb_cursor_close(w->at);
    *w = (TableWalk){0};
}

/* ---- writing ---- */

static Status write_parts(Env *v, uint64_t number, Str value) {
    char key[PART_KEY];
    for (uint32_t part = 0; value.n > 0; part++) {
        size_t n = value.n < LIMIT_VALUE_BYTES ? value.n : LIMIT_VALUE_BYTES;
        TRY(env_put(v, DB_PARTS, part_key(key, number, part), (Str){value.p, n}, true));
        value = str_from(value, n);
    }
    return OK;
}

static Status drop_parts(Env *v, uint64_t number) {
    MDB_cursor *at = NULL;
    TRY(env_write_cursor(v, DB_PARTS, &at));
    for (;;) {
        char bytes[PART_KEY];
        Str key = part_key(bytes, number, 0), value;
        bool found;
        TRY(env_move(&v->writer, at, MDB_SET_RANGE, &key, &value, &found));
        if (!found || key.n != PART_KEY || memcmp(key.p, bytes, 8) != 0)
            return OK;
        TRY(env_del_at(v, at));
    }
}

/* Drops the parts of a record that is about to be replaced. */
static Status drop_old(Env *v, Str key) {
    Str bytes;
    bool found;
    uint64_t number;
    uint32_t n;
    TRY(env_get(&v->writer, DB_RECORDS, key, &bytes, &found));
    return found && take_long(bytes, &number, &n) ? drop_parts(v, number) : OK;
}

Status table_write(Env *v, TableState *t, uint8_t table, Str key, Str value, bool live) {
    RecordKey k;
    uint64_t bit = (uint64_t)1 << table;
    key = record_key(&k, table, key);
    if ((t->longs & bit) != 0)
        TRY(drop_old(v, key));
    if (!live)
        return env_del(v, DB_RECORDS, key);
    char bytes[LIMIT_VALUE_BYTES];
    size_t n = 1 + value.n;
    bytes[0] = VALUE_PLAIN;
    if (value.n > PLAIN_MOST) {
        TRY(write_parts(v, t->parts, value));
        t->longs |= bit;
        n = put_long(bytes, t->parts++, (uint32_t)value.n);
    } else if (value.n > 0) {
        memcpy(bytes + 1, value.p, value.n);
    }
    return env_put(v, DB_RECORDS, key, (Str){bytes, n}, false);
}
