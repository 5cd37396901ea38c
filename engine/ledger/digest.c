/* ledger: the digest over the state: SHA-256 of a canonical dump. The dump is
 *   "remit ledger digest" NUL, format, journal's size, journal's root (32 bytes),
 *   then for each table in the digest, by id: id, then for each record by key: 1, key, value; at
 * last 0 with numbers as varints, keys and values as varint length and bytes. */
#include "engine/base/sha256.h"
#include "engine/ledger/ledger_int.h"

enum { DUMP_FLUSH = 1 << 16 };

typedef struct Dump {
    Sha256 sha;
    Buf buf;
} Dump;

static void dump_flush(Dump *d) {
    sha256_update(&d->sha, buf_str(&d->buf));
    buf_reset(&d->buf);
}

static Status dump_table(Ledger *l, Dump *d, LedTable table) {
    Str key = {NULL, 0}, value;
    bool found;
    put_varint(&d->buf, (uint64_t)table);
    TRY(led_next(l, table, key, false, &key, &value, &found));
    while (found) {
        put_u8(&d->buf, 1);
        put_str(&d->buf, key);
        put_str(&d->buf, value);
        TRY(buf_status(&d->buf));
        if (d->buf.n >= DUMP_FLUSH)
            dump_flush(d);
        TRY(led_next(l, table, key, true, &key, &value, &found));
    }
    put_u8(&d->buf, 0);
    return buf_status(&d->buf);
}

static Status dump_all(Ledger *l, Dump *d) {
    static const struct {
        LedTable table;
        bool digest;
    } tables[] = {
#define TABLE(name, id, digest, doc) {LED_##name, digest},
#include "engine/ledger/table.def"
    };
    uint8_t root[32];
    TRY(led_root(l, root));
    put_bytes(&d->buf, "remit ledger digest", sizeof "remit ledger digest");
    put_varint(&d->buf, LED_FORMAT);
    put_varint(&d->buf, led_size(l));
    put_bytes(&d->buf, root, sizeof root);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (tables[i].digest)
            TRY(dump_table(l, d, tables[i].table));
    dump_flush(d);
    return OK;
}

Status led_digest(Ledger *l, uint8_t digest[32], Err *err) {
    Dump d = {0};
    sha256_begin(&d.sha);
    l->calls = READER_CALLS; /* a reader sees the newest state, and one state only */
    Status status = led_find(l, LED_META, S(""), &(Str){NULL, 0}, &(bool){false});
    bool held = l->holding;
    l->holding = true;
    if (status == OK)
        status = dump_all(l, &d);
    l->holding = held;
    sha256_final(&d.sha, digest);
    buf_free(&d.buf);
    if (status != OK) {
        led_failed(l, status, "cannot compute the digest");
        return err_as(err, status, &l->err);
    }
    return OK;
}
