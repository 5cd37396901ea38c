/* base: bytes going out (Buf, put_*) and coming in (Take, take_*). Both check bounds and remember
 * the first failure, so that a caller looks once, at the end. Integers are little-endian; varints
 * are LEB128, signed ones zigzag. */
#ifndef REMIT_BASE_BUF_H
#define REMIT_BASE_BUF_H

#include <string.h>

#include "engine/base/mem.h"

/* A growing buffer. Zeroed is empty. After a failed allocation `failed` is set, puts do nothing. */
typedef struct Buf {
    char *p;
    size_t n, cap;
    bool failed;
} Buf;

void buf_reset(Buf *b); /* empties for reuse, clears `failed` */
void buf_free(Buf *b);
/* Makes room for `more` bytes behind n; false, and `failed`, if there is none. */
bool buf_grow(Buf *b, size_t more); /* the slow half of buf_reserve */
/* Room for `more` bytes behind n; false and `failed` if there is none. */
static inline bool buf_reserve(Buf *b, size_t more) {
    return !b->failed && (b->cap - b->n >= more || buf_grow(b, more));
}
static inline Str buf_str(const Buf *b) {
    return (Str){b->p, b->n};
}
/* OK, or ERR_NOMEM when a put has failed. */
MUST_USE Status buf_status(const Buf *b);

static inline void put_bytes(Buf *b, const void *p, size_t n) {
    if (n == 0 || !buf_reserve(b, n))
        return;
    memcpy(b->p + b->n, p, n);
    b->n += n;
}
static inline void put_text(Buf *b, Str s) { /* the bytes alone, no length */
    put_bytes(b, s.p, s.n);
}
static inline void put_c(Buf *b, char c) {
    if (buf_reserve(b, 1))
        b->p[b->n++] = c;
}
static inline void put_u8(Buf *b, uint8_t v) {
    put_c(b, (char)v);
}
void put_u16(Buf *b, uint16_t v);
void put_u32(Buf *b, uint32_t v);
void put_u64(Buf *b, uint64_t v);
static inline void put_varint(Buf *b, uint64_t v) {
    if (!buf_reserve(b, 10))
        return;
    for (; v >= 0x80; v >>= 7)
        b->p[b->n++] = (char)(uint8_t)(v | 0x80);
    b->p[b->n++] = (char)(uint8_t)v;
}
static inline void put_zigzag(Buf *b, int64_t v) {
    put_varint(b, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}
static inline void put_str(Buf *b, Str s) { /* varint length, then the bytes */
    put_varint(b, s.n);
    put_text(b, s);
}
void put_dec(Buf *b, int64_t v); /* decimal digits */
void put_fmt(Buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void put_hex(Buf *b, const void *p, size_t n); /* two lower-case digits a byte */
/* Big-endian, so that keys sort as numbers do; for the same reason put_key_i64 flips the sign. */
void put_key_u64(Buf *b, uint64_t v);
void put_key_i64(Buf *b, int64_t v);

/* A cursor over bytes that it borrows. Past the end `failed` is set and takes give 0. */
typedef struct Take {
    const char *p, *end;
    bool failed;
} Take;

static inline Take take_from(Str s) {
    return (Take){s.p, s.p + s.n, false};
}
static inline size_t take_left(const Take *t) {
    return (size_t)(t->end - t->p);
}
static inline uint8_t take_u8(Take *t) {
    if (!t->failed && t->p < t->end)
        return (uint8_t)*t->p++;
    t->failed = true;
    return 0;
}
uint16_t take_u16(Take *t);
uint32_t take_u32(Take *t);
uint64_t take_u64(Take *t);
uint64_t take_varint_long(Take *t); /* the slow half of take_varint */
static inline uint64_t take_varint(Take *t) {
    if (!t->failed && t->p < t->end && (uint8_t)*t->p < 0x80)
        return (uint8_t)*t->p++;
    return take_varint_long(t);
}
static inline int64_t take_zigzag(Take *t) {
    uint64_t v = take_varint(t);
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}
Str take_bytes(Take *t, size_t n); /* borrowed */
Str take_str(Take *t);             /* borrowed */
uint64_t take_key_u64(Take *t);
int64_t take_key_i64(Take *t);
/* OK if nothing failed and all was taken, else ERR_DAMAGED. */
MUST_USE Status take_done(const Take *t);

#endif
