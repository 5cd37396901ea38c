/* run: effects on their way out. */
#include "engine/run/outbox.h"

#include <string.h>

#include "engine/base/civil.h"

enum { OUTBOX_TAIL = 1 << 16 };

Status outbox_render(Ledger *l, Render *r, uint64_t index, Arena *a, Buf *out, bool *is) {
    Str bytes, kept;
    Leaf leaf, cause;
    TRY(led_leaf(l, index, &bytes));
    TRY(arena_str(a, bytes, &kept));
    TRY(take_leaf(kept, a, &leaf));
    if (!leaf_fits(&leaf, r->b))
        return ERR_DAMAGED;
    *is = leaf.kind == LEAF_EFFECT;
    if (!*is)
        return OK;
    Effect *e = &leaf.effect;
    e->index = index;
    if (e->cause.kind == CAUSE_EVENT) {
        TRY(led_leaf(l, e->cause.index, &bytes));
        TRY(arena_str(a, bytes, &kept));
        TRY(take_leaf(kept, a, &cause));
        e->cause.id = cause.kind == LEAF_EVENT    ? cause.event.id
                      : cause.kind == LEAF_REJECT ? cause.reject.id
                                                  : (Str){NULL, 0};
    }
    put_effect_json(out, r, e);
    return buf_status(out);
}

static Status keep_line(void *ctx, const Effect *e) {
    OutboxSink *sink = ctx;
    Buf *out = &sink->outbox->pending;
    Render *render = engine_render(sink->engine);
    if (!sink->outbox->readable) {
        put_effect_json(out, render, e);
        return buf_status(out);
    }
    if (e->has_time)
        put_local(out, zone_cache_local(&render->zone, e->time));
    put_text(out, S("  "));
    put_effect_text(out, render, e);
    put_c(out, '\n');
    return buf_status(&sink->outbox->pending);
}

static void mark_lines(void *ctx) {
    Outbox *o = ((OutboxSink *)ctx)->outbox;
    o->mark = o->pending.n;
}

static void undo_lines(void *ctx) {
    Outbox *o = ((OutboxSink *)ctx)->outbox;
    o->pending.n = o->mark;
}

EffectSink outbox_sink(OutboxSink *ctx) {
    return (EffectSink){ctx, keep_line, mark_lines, undo_lines};
}

Status outbox_flush(Outbox *o, Err *err) {
    Status status = OK;
    if (o->pending.n > 0 && o->file.fd >= 0)
        status = os_write(&o->file, buf_str(&o->pending), err);
    else if (o->pending.n > 0 && o->write != NULL)
        status = o->write(o->ctx, buf_str(&o->pending), err);
    buf_reset(&o->pending);
    o->mark = 0;
    return status;
}

void outbox_close(Outbox *o) {
    os_close(&o->file);
    buf_free(&o->pending);
}

/* The id of a line as this program writes it: a number behind `"id":"`. */
static bool line_index(Str line, uint64_t *index) {
    static const char head[] = "{\"specversion\":\"1.0\",\"id\":\"";
    Str prefix = {head, sizeof head - 1};
    if (!str_starts(line, prefix))
        return false;
    *index = 0;
    size_t i = prefix.n;
    for (; i < line.n && line.p[i] >= '0' && line.p[i] <= '9' && i < prefix.n + 18; i++)
        *index = *index * 10 + (uint64_t)(line.p[i] - '0');
    return i > prefix.n;
}

/* Whether a line (with its newline) is what the ledger says it should be. */
static Status line_is_ours(Ledger *l, Render *r, uint64_t start, Str line, bool *ours,
                           uint64_t *index) {
    *ours = false;
    if (!line_index(line, index) || *index < start || *index >= led_size(l))
        return OK;
    Arena a = {0};
    Buf text = {0};
    bool is;
    Status status = outbox_render(l, r, *index, &a, &text, &is);
    *ours = status == OK && is && str_eq(buf_str(&text), line);
    buf_free(&text);
    arena_free(&a);
    return status;
}

/* Where the last line ends that equals the ledger's, and which effect comes next. Reads the file
 * backwards, a line at a time; a line longer than what is read at once is read whole. */
static Status find_good_end(OsFile *f, Ledger *l, Render *r, uint64_t start, uint64_t *size,
                            uint64_t *next, Err *err) {
    Buf text = {0};
    Status status = os_size(f, size, err);
    *next = start;
    uint64_t end = status == OK ? *size : 0;
    size_t window = OUTBOX_TAIL;
    while (status == OK && end > 0) {
        size_t n = end < window ? (size_t)end : window;
        buf_reset(&text);
        if (!buf_reserve(&text, n)) {
            status = ERR_NOMEM;
            break;
        }
        status = os_read_at(f, end - n, text.p, n, err);
        text.n = n;
        if (status != OK)
            break;
        size_t to = n; /* behind a newline, or the end of a line that is not whole */
        bool moved = false;
        while (status == OK && to > 0) {
            size_t from = to - 1;
            while (from > 0 && text.p[from - 1] != '\n')
                from--;
            if (from == 0 && end > n)
                break; /* the line may begin before what was read */
            bool ours = false;
            uint64_t index = 0;
            Str line = {text.p + from, to - from};
            if (text.p[to - 1] == '\n')
                status = line_is_ours(l, r, start, line, &ours, &index);
            if (ours) {
                *size = end - n + to;
                *next = index + 1;
                buf_free(&text);
                return OK;
            }
            to = from;
            moved = true;
        }
        end = end - n + to;
        window = moved ? OUTBOX_TAIL : window * 2;
    }
    buf_free(&text);
    *size = 0;
    return status;
}

static Status complete(Outbox *o, Ledger *l, Render *r, uint64_t next, Err *err) {
    Status status = OK;
    Arena a = {0};
    for (; next < led_size(l) && status == OK; next++) {
        bool is;
        status = outbox_render(l, r, next, &a, &o->pending, &is);
        if (status == OK && o->pending.n > 1 << 20)
            status = outbox_flush(o, err);
        arena_reset(&a);
    }
    arena_free(&a);
    return status == OK ? outbox_flush(o, err) : status;
}

Status outbox_open_file(Outbox *o, Str path, Engine *e, Ledger *l, Arena *a, Err *err) {
    Str absolute, value;
    bool found;
    TRY(os_absolute(path, a, &absolute, err));
    Buf key = {0}, record = {0};
    put_text(&key, S("effects:"));
    put_text(&key, absolute.n > LED_KEY_MOST - 16
                       ? str_from(absolute, absolute.n - (LED_KEY_MOST - 16))
                       : absolute);
    Status status = buf_status(&key);
    if (status == OK)
        status = led_find(l, LED_FEED, buf_str(&key), &value, &found);
    uint64_t start = led_size(l), next = 0, size = 0;
    if (status == OK && found) {
        Take t = take_from(value);
        start = take_varint(&t);
        status = take_done(&t);
    } else if (status == OK) {
        start = led_is_new(l) ? 0 : start;
        put_varint(&record, start);
        status = buf_status(&record);
        if (status == OK)
            status = led_put(l, LED_FEED, buf_str(&key), buf_str(&record));
        if (status == OK)
            status = led_commit(l, err);
    }
    buf_free(&key);
    buf_free(&record);
    TRY(status);
    TRY(os_open_write(path, a, &o->file, err));
    TRY(find_good_end(&o->file, l, engine_render(e), start, &size, &next, err));
    TRY(os_truncate(&o->file, size, err));
    return complete(o, l, engine_render(e), size == 0 ? start : next, err);
}
