/* run: lists inside records. */
#include "engine/run/lists.h"

void put_texts(Buf *out, const Str *texts, uint32_t n) {
    put_varint(out, n);
    for (uint32_t i = 0; i < n; i++)
        put_str(out, texts[i]);
}

void put_value_list(Buf *out, const Value *values, uint32_t n) {
    put_varint(out, n);
    for (uint32_t i = 0; i < n; i++)
        put_value(out, values[i], false);
}

void put_leaves(Buf *out, const uint64_t *leaves, uint32_t n) {
    put_varint(out, n);
    for (uint32_t i = 0; i < n; i++)
        put_varint(out, i == 0 ? leaves[0] : leaves[i] - leaves[i - 1]);
}

Status take_list(Take *t, uint32_t *n) {
    uint64_t count = take_varint(t);
    *n = (uint32_t)count;
    return t->failed || count > take_left(t) ? ERR_DAMAGED : OK;
}

Status take_texts(Arena *a, Str bytes, Str **out, uint32_t *n) {
    Take t = take_from(bytes);
    TRY(take_list(&t, n));
    *out = new (a, Str, *n + 1);
    if (*out == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < *n; i++)
        TRY(arena_str(a, take_str(&t), &(*out)[i]));
    return take_done(&t);
}

Status take_value_list(Arena *a, Str bytes, Value **out, uint32_t *n) {
    Take t = take_from(bytes);
    TRY(take_list(&t, n));
    *out = new (a, Value, *n + 1);
    if (*out == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < *n; i++)
        TRY(value_keep(take_value(&t, a), a, &(*out)[i]));
    return take_done(&t);
}

Status take_leaves(Arena *a, Str bytes, uint64_t **out, uint32_t *n) {
    Take t = take_from(bytes);
    TRY(take_list(&t, n));
    *out = new (a, uint64_t, *n + 1);
    if (*out == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < *n; i++)
        (*out)[i] = take_varint(&t) + (i == 0 ? 0 : (*out)[i - 1]);
    return take_done(&t);
}

Status name_hash(Str kind, Str name, const Str *key, uint32_t n, uint32_t occurrence, Buf *scratch,
                 uint8_t out[SHA256_BYTES]) {
    buf_reset(scratch);
    put_text(scratch, kind);
    put_str(scratch, name);
    put_varint(scratch, n);
    for (uint32_t i = 0; i < n; i++)
        put_str(scratch, key[i]);
    put_varint(scratch, occurrence);
    sha256(buf_str(scratch), out);
    return buf_status(scratch);
}
