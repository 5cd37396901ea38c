/* ledger: frames of committed changes. */
#include "engine/ledger/log.h"

#include <string.h>

#include "engine/base/limits.h"

enum { OP_SET = 64, KEY_BYTES = 12 };

void log_put_record(Buf *frame, const Entry *e) {
    put_u8(frame, e->table);
    put_str(frame, cache_key(e));
    bool live = (e->flags & E_LIVE) != 0;
    put_varint(frame, live ? (uint64_t)e->value_n + 1 : 0);
    if (live)
        put_text(frame, cache_value(e));
}

void log_put_item(Buf *frame, LedSet set, const SetItem *item) {
    put_u8(frame, (uint8_t)(OP_SET + set));
    put_bytes(frame, item->key, LED_SET_KEY);
    put_u64(frame, item->a);
    put_u32(frame, (uint32_t)item->b);
    put_u16(frame, (uint16_t)(item->b >> 32));
}

static void frame_key(char key[KEY_BYTES], uint64_t number, uint32_t part) {
    uint64_t n = __builtin_bswap64(number);
    uint32_t p = __builtin_bswap32(part);
    memcpy(key, &n, 8);
    memcpy(key + 8, &p, 4);
}

Status log_write(Env *v, EnvDb db, uint64_t number, Str frame) {
    char key[KEY_BYTES];
    uint32_t part = 0;
    do {
        size_t n = frame.n < LIMIT_VALUE_BYTES ? frame.n : LIMIT_VALUE_BYTES;
        frame_key(key, number, part++);
        TRY(env_put(v, db, (Str){key, KEY_BYTES}, (Str){frame.p, n}, true));
        frame = str_from(frame, n);
    } while (frame.n > 0);
    return OK;
}

static Status take_item(Take *t, unsigned op, const LogSink *sink) {
    SetItem item;
    Str key = take_bytes(t, LED_SET_KEY);
    item.a = take_u64(t);
    item.b = take_u32(t);
    item.b |= (uint64_t)take_u16(t) << 32;
    if (t->failed || op - OP_SET >= LED_SETS)
        return ERR_DAMAGED;
    memcpy(item.key, key.p, LED_SET_KEY);
    return sink->item(sink->ctx, (LedSet)(op - OP_SET), &item);
}

Status log_take_record(Take *t, uint8_t *table, Str *key, Str *value, bool *live) {
    *table = take_u8(t);
    *key = take_str(t);
    uint64_t n = take_varint(t);
    *live = n > 0;
    *value = (Str){NULL, 0};
    if (*live && n - 1 <= LED_VALUE_MOST)
        *value = take_bytes(t, (size_t)(n - 1));
    bool good = !t->failed && *table != 0 && *table < OP_SET && key->n <= LED_KEY_MOST;
    return good && n <= (uint64_t)LED_VALUE_MOST + 1 ? OK : ERR_DAMAGED;
}

static Status take_frame(Str frame, uint64_t number, const LogSink *sink) {
    Take t = take_from(frame);
    while (take_left(&t) > 0) {
        if ((uint8_t)*t.p >= OP_SET) {
            TRY(take_item(&t, take_u8(&t), sink));
            continue;
        }
        uint8_t table;
        Str key, value;
        bool live;
        TRY(log_take_record(&t, &table, &key, &value, &live));
        TRY(sink->record(sink->ctx, table, key, value, live));
    }
    return sink->end(sink->ctx, number);
}

Status log_read(EnvTxn *t, EnvDb db, uint64_t from, Buf *room, const LogSink *sink) {
    char bytes[KEY_BYTES];
    frame_key(bytes, from, 0);
    Str key = {bytes, KEY_BYTES}, value;
    bool found;
    MDB_cursor *at = NULL;
    TRY(env_cursor(t, db, &at));
    Status status = env_move(t, at, MDB_SET_RANGE, &key, &value, &found);
    while (status == OK && found) {
        Take k = take_from(key);
        uint64_t number = take_key_u64(&k);
        buf_reset(room);
        bool same = true;
        for (uint32_t part = 0; status == OK && same; part++) {
            frame_key(bytes, number, part);
            if (!str_eq(key, (Str){bytes, KEY_BYTES}))
                status = ERR_DAMAGED;
            put_text(room, value);
            if (status == OK)
                status = env_move(t, at, MDB_NEXT, &key, &value, &found);
            same = status == OK && found && key.n >= 8 && memcmp(key.p, bytes, 8) == 0;
        }
        if (status == OK)
            status = buf_status(room);
        if (status == OK)
            status = take_frame(buf_str(room), number, sink);
    }
    mdb_cursor_close(at);
    return status;
}
