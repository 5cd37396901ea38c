/* run: inspecting a ledger: what its checks share, and their order. */
#include "engine/run/inspect.h"

#include <stdio.h>
#include <string.h>

#include "engine/run/inspect_int.h"

static const struct {
    const char *name, *en, *zh;
} rows[] = {
#define FAULT(id, name, en, zh) {name, en, zh},
#include "engine/run/fault.def"
};

const char *fault_name(FaultId id) {
    return rows[id].name;
}

void put_fault(Buf *out, const Fault *f, bool chinese) {
    for (const char *p = chinese ? rows[f->id].zh : rows[f->id].en; *p != '\0'; p++) {
        if (p[0] != '{') {
            put_c(out, *p);
            continue;
        }
        if (p[1] == '0')
            put_fmt(out, "%llu", (unsigned long long)f->number);
        else
            put_text(out, str_of(f->text));
        p += 2;
    }
}

void fault(Inspect *in, FaultId id, uint64_t number, Str text) {
    Faults *out = in->out;
    if (out->n == FAULTS_MOST) {
        out->more++;
        return;
    }
    Fault *f = &out->list[out->n++];
    *f = (Fault){.id = id, .number = number};
    size_t n = text.n < FAULT_TEXT - 1 ? text.n : FAULT_TEXT - 1;
    while (n < text.n && n > 0 && ((unsigned char)text.p[n] & 0xC0) == 0x80)
        n--; /* not within a character */
    memcpy(f->text, text.p, n);
}

Status fault_of(Inspect *in, FaultId id, uint64_t number, const Subject *subject) {
    Buf text = {0};
    put_subject(&text, in->b, subject);
    fault(in, id, number, buf_str(&text));
    Status status = buf_status(&text);
    buf_free(&text);
    return status;
}

Status is_bad(Status status, bool *bad) {
    *bad = status == ERR_DAMAGED || status == ERR_VERSION;
    return *bad ? OK : status;
}

Status inspect_table(Inspect *in, LedTable table, Status (*each)(Inspect *, Str key, Str value)) {
    Arena at = {0};
    Str from = {NULL, 0};
    Status status = OK;
    for (bool after = false; status == OK; after = true) {
        Str key, value, kept;
        bool found;
        arena_reset(&in->e->event);
        status = led_next(in->l, table, from, after, &key, &value, &found);
        if (status != OK || !found)
            break;
        in->out->records++;
        arena_reset(&at);
        status = arena_str(&at, key, &from);
        if (status == OK)
            status = arena_str(&in->e->event, value, &kept);
        if (status == OK)
            status = each(in, from, kept);
    }
    arena_free(&at);
    return status;
}

Status numbered(Inspect *in, LedTable table, uint64_t number, bool *there) {
    Str value;
    buf_reset(&in->key);
    put_key_u64(&in->key, number);
    TRY(buf_status(&in->key));
    return led_find(in->l, table, buf_str(&in->key), &value, there);
}

Status leaf_read(Inspect *in, uint64_t index, Leaf *out, bool *is) {
    Str bytes, kept;
    bool bad;
    *is = false;
    if (index >= led_size(in->l))
        return OK;
    TRY(led_leaf(in->l, index, &bytes));
    TRY(arena_str(&in->e->event, bytes, &kept));
    TRY(is_bad(take_leaf(kept, &in->e->event, out), &bad));
    *is = !bad && leaf_fits(out, in->b);
    return OK;
}

static Status inspect_all(Inspect *in) {
    TRY(inspect_policy(in));
    TRY(inspect_journal(in));
    TRY(inspect_owners(in));
    return inspect_tables(in);
}

Status inspect(Ledger *l, const Bundle *b, Str bytes, Faults *out, Err *err) {
    Inspect in = {.l = l, .b = b, .out = out};
    EngineOptions none = {0};
    TRY(engine_open(b, bytes, l, &none, &in.e, err));
    out->entries = led_size(l);
    Status status = inspect_all(&in);
    if (status != OK)
        (void)err_as(err, status,
                     engine_error(in.e)->code == status ? engine_error(in.e) : led_error(l));
    vec_free(&in.scheduled);
    buf_free(&in.key);
    engine_close(in.e);
    return status;
}
