/* ledger: the codec of records, made from record.def. */
#include "engine/ledger/record.h"

/* Two records with one tag do not compile: a switch has no case twice. */
const char *rec_name(unsigned tag) {
    switch (tag) {
#define RECORD(type, name, tag, version, doc)                                                      \
    case (tag):                                                                                    \
        return #name;
#define F(kind, field, doc)
#define END(type, name)
#include "engine/ledger/record.def"
    default:
        return NULL;
    }
}

/* ---- one field ---- */

static void put_U64(Buf *b, uint64_t v) {
    put_varint(b, v);
}

static void put_I64(Buf *b, int64_t v) {
    put_zigzag(b, v);
}

static void put_FLAG(Buf *b, bool v) {
    put_u8(b, v);
}

static void put_TEXT(Buf *b, Str v) {
    put_str(b, v);
}

static void put_BYTES(Buf *b, Str v) {
    put_str(b, v);
}

static uint64_t take_U64(Take *t) {
    return take_varint(t);
}

static int64_t take_I64(Take *t) {
    return take_zigzag(t);
}

static bool take_FLAG(Take *t) {
    uint8_t v = take_u8(t);
    t->failed |= v > 1;
    return v == 1;
}

static Str take_TEXT(Take *t) {
    return take_str(t);
}

static Str take_BYTES(Take *t) {
    return take_str(t);
}

/* Tag and version, which must be these. */
static Status take_head(Take *t, unsigned tag, uint64_t version) {
    if (take_u8(t) != tag)
        return ERR_DAMAGED;
    uint64_t have = take_varint(t);
    if (t->failed)
        return ERR_DAMAGED;
    return have == version ? OK : ERR_VERSION;
}

/* ---- the records ---- */

/* A kind that no record has now is a kind all the same. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"

#define RECORD(type, name, tag, version, doc)                                                      \
    void name##_rec_put(Buf *b, const type##Rec *r) {                                              \
        (void)r;                                                                                   \
        put_u8(b, tag);                                                                            \
        put_varint(b, version);
#define F(kind, field, doc) put_##kind(b, r->field);
#define END(type, name) }
#include "engine/ledger/record.def"

#define RECORD(type, name, tag, version, doc)                                                      \
    Status name##_rec_take(Str bytes, type##Rec *r) {                                              \
        Take t = take_from(bytes);                                                                 \
        *r = (type##Rec){0};                                                                       \
        TRY(take_head(&t, tag, version));
#define F(kind, field, doc) r->field = take_##kind(&t);
#define END(type, name)                                                                            \
    return take_done(&t);                                                                          \
    }
#include "engine/ledger/record.def"

/* ---- printing ---- */

static void print_U64(Buf *b, uint64_t v) {
    put_fmt(b, "%llu", (unsigned long long)v);
}

static void print_I64(Buf *b, int64_t v) {
    put_dec(b, v);
}

static void print_FLAG(Buf *b, bool v) {
    put_text(b, v ? S("yes") : S("no"));
}

/* Letters and the like as they are, but for quotes, backslashes and control characters. */
static void print_TEXT(Buf *b, Str v) {
    put_c(b, '"');
    for (size_t i = 0; i < v.n; i++)
        if ((unsigned char)v.p[i] < ' ' || v.p[i] == '"' || v.p[i] == '\\' || v.p[i] == 127)
            put_fmt(b, "\\x%02x", (unsigned char)v.p[i]);
        else
            put_c(b, v.p[i]);
    put_c(b, '"');
}

static void print_BYTES(Buf *b, Str v) {
    put_hex(b, v.p, v.n);
}

#define RECORD(type, name, tag, version, doc)                                                      \
    static Status name##_print(Str bytes, Buf *to) {                                               \
        type##Rec rec, *r = &rec;                                                                  \
        TRY(name##_rec_take(bytes, r));                                                            \
        put_text(to, S(#name));
#define F(kind, field, doc)                                                                        \
    put_text(to, S(" " #field "="));                                                               \
    print_##kind(to, r->field);
#define END(type, name)                                                                            \
    return buf_status(to);                                                                         \
    }
#include "engine/ledger/record.def"

#pragma GCC diagnostic pop

Status rec_print(Str bytes, Buf *to) {
    switch (rec_tag(bytes)) {
#define RECORD(type, name, tag, version, doc)                                                      \
    case (tag):                                                                                    \
        return name##_print(bytes, to);
#define F(kind, field, doc)
#define END(type, name)
#include "engine/ledger/record.def"
    default:
        return ERR_DAMAGED;
    }
}
