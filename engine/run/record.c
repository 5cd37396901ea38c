/* run: records as bytes, from record.def. */
#include "engine/run/record.h"

static void put_U64(Buf *out, uint64_t v) {
    put_varint(out, v);
}
static void put_I64(Buf *out, int64_t v) {
    put_zigzag(out, v);
}
static void put_FLAG(Buf *out, bool v) {
    put_u8(out, v);
}
static void put_BYTES(Buf *out, Str v) {
    put_str(out, v);
}
static uint64_t take_U64(Take *t) {
    return take_varint(t);
}
static int64_t take_I64(Take *t) {
    return take_zigzag(t);
}
static bool take_FLAG(Take *t) {
    uint8_t v = take_u8(t);
    t->failed = t->failed || v > 1;
    return v == 1;
}
static Str take_BYTES(Take *t) {
    return take_str(t);
}

#define RECORD_BEGIN(Type, name, tag, version)                                                     \
    void name##_rec_put(Buf *out, const Type##Rec *rec) {                                          \
        put_u8(out, tag);                                                                          \
        put_u8(out, version);
#define FIELD(kind, name) put_##kind(out, rec->name);
#define RECORD_END(Type, name) }
#include "engine/run/record.def"

#define RECORD_BEGIN(Type, name, tag, version)                                                     \
    Status name##_rec_take(Str bytes, Type##Rec *out) {                                            \
        Take t = take_from(bytes);                                                                 \
        bool known = take_u8(&t) == (tag);                                                         \
        if (!known || t.failed)                                                                    \
            return ERR_DAMAGED;                                                                    \
        if (take_u8(&t) != (version))                                                              \
            return t.failed ? ERR_DAMAGED : ERR_VERSION;
#define FIELD(kind, name) out->name = take_##kind(&t);
#define RECORD_END(Type, name)                                                                     \
    return take_done(&t);                                                                          \
    }
#include "engine/run/record.def"
