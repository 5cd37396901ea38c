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
void put_u8(Buf *b, uint8_t v);
void put_u16(Buf *b, uint16_t v);
void put_u32(Buf *b, uint32_t v);
void put_u64(Buf *b, uint64_t v);
void put_varint(Buf *b, uint64_t v);
void put_zigzag(Buf *b, int64_t v);
void put_str(Buf *b, Str s);     /* varint length, then the bytes */
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
uint8_t take_u8(Take *t);
uint16_t take_u16(Take *t);
uint32_t take_u32(Take *t);
uint64_t take_u64(Take *t);
uint64_t take_varint(Take *t);
int64_t take_zigzag(Take *t);
Str take_bytes(Take *t, size_t n); /* borrowed */
Str take_str(Take *t);             /* borrowed */
uint64_t take_key_u64(Take *t);
int64_t take_key_i64(Take *t);
/* OK if nothing failed and all was taken, else ERR_DAMAGED. */
MUST_USE Status take_done(const Take *t);

#endif
