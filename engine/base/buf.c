/* base: bounds-checked bytes out and in. */
#include "engine/base/buf.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/check.h"

void buf_reset(Buf *b) {
    b->n = 0;
    b->failed = false;
}

void buf_free(Buf *b) {
    mem_free(b->p);
    *b = (Buf){0};
}

bool buf_grow(Buf *b, size_t more) {
    size_t cap = b->cap < 64 ? 64 : b->cap;
    if (more > SIZE_MAX / 4 || b->n > SIZE_MAX / 4) {
        b->failed = true;
        return false;
    }
    while (cap - b->n < more)
        cap *= 2;
    char *p = mem_realloc(b->p, cap);
    if (p == NULL) {
        b->failed = true;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

Status buf_status(const Buf *b) {
    return b->failed ? ERR_NOMEM : OK;
}

static void put_little(Buf *b, uint64_t v, size_t n) {
    char bytes[8];
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(uint8_t)(v >> (8 * i));
    put_bytes(b, bytes, n);
}

void put_u16(Buf *b, uint16_t v) {
    put_little(b, v, 2);
}

void put_u32(Buf *b, uint32_t v) {
    put_little(b, v, 4);
}

void put_u64(Buf *b, uint64_t v) {
    put_little(b, v, 8);
}

void put_dec(Buf *b, int64_t v) {
    char digits[20];
    size_t n = 0;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do {
        digits[sizeof digits - ++n] = (char)('0' + u % 10);
        u /= 10;
    } while (u != 0);
    if (v < 0)
        put_c(b, '-');
    put_bytes(b, digits + sizeof digits - n, n);
}

void put_fmt(Buf *b, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0 || !buf_reserve(b, (size_t)n + 1)) {
        b->failed = true;
        return;
    }
    va_start(args, fmt);
    vsnprintf(b->p + b->n, (size_t)n + 1, fmt, args);
    va_end(args);
    b->n += (size_t)n;
}

void put_hex(Buf *b, const void *p, size_t n) {
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = p;
    if (!buf_reserve(b, n * 2))
        return;
    for (size_t i = 0; i < n; i++) {
        b->p[b->n++] = digits[bytes[i] >> 4];
        b->p[b->n++] = digits[bytes[i] & 15];
    }
}

void put_key_u64(Buf *b, uint64_t v) {
    uint64_t big = __builtin_bswap64(v);
    put_bytes(b, &big, sizeof big);
}

void put_key_i64(Buf *b, int64_t v) {
    put_key_u64(b, (uint64_t)v ^ ((uint64_t)1 << 63));
}

Str take_bytes(Take *t, size_t n) {
    if (t->failed || n > take_left(t)) {
        t->failed = true;
        return (Str){NULL, 0};
    }
    Str s = {t->p, n};
    t->p += n;
    return s;
}

static uint64_t take_little(Take *t, size_t n) {
    Str s = take_bytes(t, n);
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++)
        v |= (uint64_t)(uint8_t)s.p[i] << (8 * i);
    return v;
}

uint16_t take_u16(Take *t) {
    return (uint16_t)take_little(t, 2);
}

uint32_t take_u32(Take *t) {
    return (uint32_t)take_little(t, 4);
}

uint64_t take_u64(Take *t) {
    return take_little(t, 8);
}

uint64_t take_varint_long(Take *t) {
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64 && !t->failed; shift += 7) {
        uint8_t byte = take_u8(t);
        if (shift == 63 && byte > 1)
            break;
        v |= (uint64_t)(byte & 0x7F) << shift;
        if ((byte & 0x80) == 0) {
            if (byte == 0 && shift > 0)
                break; /* a longer form of a shorter number: one number has one form */
            return t->failed ? 0 : v;
        }
    }
    t->failed = true;
    return 0;
}

Str take_str(Take *t) {
    uint64_t n = take_varint(t);
    if (t->failed || n > take_left(t)) {
        t->failed = true;
        return (Str){NULL, 0};
    }
    return take_bytes(t, (size_t)n);
}

uint64_t take_key_u64(Take *t) {
    uint64_t big = 0;
    Str s = take_bytes(t, sizeof big);
    if (s.n > 0)
        memcpy(&big, s.p, sizeof big);
    return __builtin_bswap64(big);
}

int64_t take_key_i64(Take *t) {
    return (int64_t)(take_key_u64(t) ^ ((uint64_t)1 << 63));
}

Status take_done(const Take *t) {
    return t->failed || t->p != t->end ? ERR_DAMAGED : OK;
}
