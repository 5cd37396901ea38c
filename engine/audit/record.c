/* audit: ledgers opened for reading. */
#include "engine/audit/record.h"

static Status meta(Record *r, Str key, bool *found, int64_t *out) {
    Str value;
    TRY(led_find(r->l, LED_META, key, &value, found));
    if (!*found)
        return OK;
    Take t = take_from(value);
    *out = take_zigzag(&t);
    return take_done(&t);
}

static Status record_begin(Record *r, Str dir, Err *err) {
    LedOptions opt = {.dir = dir, .read_only = true};
    TRY(led_open(&opt, &r->l, err));
    Str bytes, kept;
    bool found;
    TRY(led_find(r->l, LED_POLICY, S("0"), &bytes, &found));
    if (!found)
        return err_set(err, ERR_NOTFOUND, "%.*s: nothing was ever run against this ledger",
                       STR_ARG(dir));
    TRY(arena_str(&r->arena, bytes, &kept));
    TRY(bundle_take(kept, &r->arena, &r->b, err));
    TRY(render_init(&r->render, r->b, led_name(r->l), &r->arena));
    return meta(r, S("clock"), &r->has_clock, &r->clock);
}

Status record_open(Record *r, Str dir, Err *err) {
    *r = (Record){0};
    Status status = record_begin(r, dir, err);
    if (status == OK)
        return OK;
    const Err *why = r->l == NULL ? NULL : led_error(r->l);
    return err_set(err, status, "%.*s: %s", STR_ARG(dir),
                   why != NULL && why->code != OK ? why->text : status_text(status));
}

void record_close(Record *r) {
    led_close(r->l);
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

Status record_leaf(Record *r, uint64_t index, Arena *a, Leaf *out, Err *err) {
    Status status = leaf_at(r, index, a, out);
    if (status == OK && out->kind == LEAF_EFFECT) {
        Leaf cause;
        out->effect.index = index;
        if (out->effect.cause.kind == CAUSE_EVENT) {
            status = leaf_at(r, out->effect.cause.index, a, &cause);
            out->effect.cause.id = status != OK                ? (Str){NULL, 0}
                                   : cause.kind == LEAF_EVENT  ? cause.event.id
                                   : cause.kind == LEAF_REJECT ? cause.reject.id
                                                               : (Str){NULL, 0};
        }
    }
    return status == OK ? OK
                        : err_set(err, status, "journal, entry %llu: %s", (unsigned long long)index,
                                  status_text(status));
}

Status record_place(Record *r, uint64_t index, Arena *a, Str *file, uint64_t *offset, bool *known) {
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
    return arena_str(a, take_str(&t), file);
}
