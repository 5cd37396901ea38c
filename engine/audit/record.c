/* audit: ledgers opened for reading. */
#include "engine/audit/record.h"

#include "engine/base/civil.h"
#include "engine/base/os.h"
#include "engine/base/sha256.h"

static Status meta(Record *r, Str key, bool *found, int64_t *out) {
    Str value;
    TRY(led_find(r->l, LED_META, key, &value, found));
    if (!*found)
        return OK;
    Take t = take_from(value);
    *out = take_zigzag(&t);
    return take_done(&t);
}

/* The policy that the ledger holds is the one that its journal's first entry names. */
static Status policy_named(Record *r) {
    Str bytes;
    Leaf first;
    TRY(led_leaf(r->l, 0, &bytes));
    TRY(take_leaf(bytes, &r->arena, &first));
    bool same = first.kind == LEAF_GENESIS && str_eq(first.genesis.bundle, r->b->versions[0].hash);
    return same ? OK : ERR_DAMAGED;
}

static Status place_fails(Err *err, Status status, Str dir, Str en, Str zh, const Err *why) {
    Err at = {0};
    (void)err_set(&at, status, "%.*s%.*s", STR_ARG(dir), STR_ARG(en));
    Err chinese = {0};
    (void)err_set(&chinese, status, "%.*s%.*s", STR_ARG(dir), STR_ARG(zh));
    return err_because(err, status, at.text, chinese.text, why);
}

Status entry_fails(Err *err, Status status, uint64_t index) {
    Err at = {0};
    (void)err_say(&at, status, "journal, entry %llu", "日志第 %llu 条", (unsigned long long)index);
    return err_because(err, status, at.text, at.chinese, NULL);
}

static Status record_begin(Record *r, Str dir, Err *err) {
    LedOptions opt = {.dir = dir, .read_only = true};
    TRY(led_open(&opt, &r->l, err));
    Str bytes, kept;
    bool found;
    TRY(led_find(r->l, LED_POLICY, S("0"), &bytes, &found));
    if (!found)
        return err_say(err, ERR_NOTFOUND, "%.*s: nothing was ever run against this ledger",
                       "%.*s：从未用这个账本运行过", STR_ARG(dir));
    TRY(arena_str(&r->arena, bytes, &kept));
    Err why = {0};
    Status status = bundle_take(kept, &r->arena, &r->b, &why);
    if (status != OK)
        return place_fails(err, status, dir, S(": its policy"), S("：其中的政策"), &why);
    if (policy_named(r) != OK)
        return err_say(err, ERR_DAMAGED,
                       "%.*s: the policy in it is not the one that its journal names",
                       "%.*s：其中的政策不是日志所记的那个", STR_ARG(dir));
    TRY(render_init(&r->render, r->b, led_name(r->l), &r->arena));
    return meta(r, S("clock"), &r->has_clock, &r->clock);
}

Status record_open(Record *r, Str dir, Err *err) {
    *r = (Record){0};
    Status status = record_begin(r, dir, err);
    if (status == OK)
        return OK;
    const Err *why = r->l == NULL ? NULL : led_error(r->l);
    return place_fails(err, status, dir, S(""), S(""), why);
}

void record_close(Record *r) {
    led_close(r->l);
    Err none = {0};
    if (r->temporary.n > 0 && os_remove_folder(r->temporary, &none) != OK)
        none.code = OK; /* it stays where such things are cleaned up */
    arena_free(&r->arena);
    *r = (Record){0};
}

static Status leaf_at(Record *r, uint64_t index, Arena *a, Leaf *out) {
    Str bytes, kept;
    TRY(led_leaf(r->l, index, &bytes));
    TRY(arena_str(a, bytes, &kept));
    TRY(take_leaf(kept, a, out));
    return leaf_fits(out, r->b) ? OK : ERR_DAMAGED;
}

/* The id of the event that is the cause, if it is an event. */
static Status cause_id(Record *r, Arena *a, Cause *c) {
    Leaf cause;
    if (c->kind != CAUSE_EVENT)
        return OK;
    TRY(leaf_at(r, c->index, a, &cause));
    c->id = cause.kind == LEAF_EVENT    ? cause.event.id
            : cause.kind == LEAF_REJECT ? cause.reject.id
                                        : (Str){NULL, 0};
    return OK;
}

Status record_leaf(Record *r, uint64_t index, Arena *a, Leaf *out, Err *err) {
    Status status = leaf_at(r, index, a, out);
    if (status == OK && out->kind == LEAF_EFFECT) {
        out->effect.index = index;
        status = cause_id(r, a, &out->effect.cause);
    }
    if (status == OK && out->kind == LEAF_CHANGE)
        status = cause_id(r, a, &out->change.cause);
    return status == OK ? OK : entry_fails(err, status, index);
}

Status record_walk(Record *r, LedTable table, Arena *row,
                   Status (*each)(void *ctx, Str key, Str value, bool *stop), void *ctx) {
    Arena keys = {0};
    Str from = {NULL, 0};
    Status status = OK;
    for (bool after = false, stop = false; status == OK && !stop; after = true) {
        Str key, value, kept, next = {NULL, 0};
        bool found;
        status = led_next(r->l, table, from, after, &key, &value, &found);
        if (status != OK || !found)
            break;
        arena_reset(row);
        status = arena_str(row, value, &kept);
        if (status == OK)
            status = arena_str(row, key, &next);
        if (status == OK)
            status = each(ctx, next, kept, &stop);
        arena_reset(&keys);
        if (status == OK)
            status = arena_str(&keys, next, &from);
    }
    arena_free(&keys);
    return status;
}

Status record_moment(const Record *r, Str text, bool end, int64_t *out, Err *err) {
    int32_t day;
    if (instant_parse(text, out) == OK)
        return OK;
    if (date_parse(text, &day) != OK)
        return err_say(err, ERR_SYNTAX,
                       "\"%.*s\" is neither a date nor an instant with its offset, as in "
                       "2026-03-02 or 2026-03-02T09:00:00+08:00",
                       "\"%.*s\" 既不是日期也不是带时差的时刻，应如 2026-03-02 或 "
                       "2026-03-02T09:00:00+08:00",
                       STR_ARG(text));
    *out = zone_instant(bundle_zone(r->b), (int64_t)(day + (end ? 1 : 0)) * DAY_MS) - (end ? 1 : 0);
    return OK;
}

Status record_held(Record *r, Str person, int64_t party, int64_t at, bool *yes, int64_t *since) {
    Buf key = {0};
    Str value;
    bool found;
    put_key_u64(&key, (uint64_t)party);
    put_text(&key, person);
    Status status = key.failed ? ERR_NOMEM : led_find(r->l, LED_ORG, buf_str(&key), &value, &found);
    buf_free(&key);
    TRY(status);
    int64_t first = 0;
    *yes = false;
    Take t = take_from(found ? value : S("\0"));
    for (uint64_t n = found ? take_varint(&t) : 0; n > 0 && !t.failed; n--) {
        int64_t from = take_zigzag(&t), to = take_zigzag(&t);
        if (from <= at && at < to && (!*yes || from < first)) {
            *yes = true;
            first = from;
        }
    }
    if (*yes && since != NULL)
        *since = first;
    return t.failed ? ERR_DAMAGED : OK;
}

Status record_reject(Record *r, uint64_t *index, Arena *a, Leaf *out, bool *there, Err *err) {
    Buf from = {0};
    Str key, value;
    if (*index != RECORD_BEGIN)
        put_key_u64(&from, *index);
    Status status =
        from.failed ? ERR_NOMEM
                    : led_next(r->l, LED_REJECT, buf_str(&from), from.n > 0, &key, &value, there);
    buf_free(&from);
    TRY(status);
    if (!*there)
        return OK;
    Take t = take_from(key);
    *index = take_key_u64(&t);
    TRY(take_done(&t));
    return record_leaf(r, *index, a, out, err);
}

Status record_retried(Record *r, uint64_t reject, uint64_t *leaf) {
    Buf key = {0};
    Str value;
    bool found = false;
    *leaf = 0;
    put_key_u64(&key, reject);
    Status status =
        key.failed ? ERR_NOMEM : led_find(r->l, LED_REJECT, buf_str(&key), &value, &found);
    buf_free(&key);
    if (status != OK || !found || value.n < 2)
        return status;
    Take t = take_from(str_from(value, 1));
    *leaf = take_varint(&t);
    return take_done(&t);
}

Status record_place(Record *r, uint64_t index, Arena *a, Str *file, uint64_t *offset,
                    uint32_t *line, bool *known) {
    Buf key = {0};
    Str value;
    put_text(&key, S("place:"));
    put_key_u64(&key, index);
    Status status =
        key.failed ? ERR_NOMEM : led_find(r->l, LED_LOCAL, buf_str(&key), &value, known);
    buf_free(&key);
    TRY(status);
    if (!*known)
        return OK;
    Take t = take_from(value);
    *offset = take_varint(&t);
    Str path = take_str(&t);
    *line = take_left(&t) > 0 ? (uint32_t)take_varint(&t) : 0;
    return arena_str(a, path, file);
}
