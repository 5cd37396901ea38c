/* base: UTF-8. */
#include "engine/base/utf8.h"

#include <string.h>

static const uint64_t HIGH_BITS = 0x8080808080808080u;

size_t utf8_decode(Str s, uint32_t *cp) {
    size_t n = utf8_step(s.p, s.n);
    if (n == 0) {
        *cp = 0xFFFD;
        return 0;
    }
    static const uint8_t lead[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t c = (uint8_t)s.p[0] & lead[n];
    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((uint8_t)s.p[i] & 0x3F);
    *cp = c;
    return n;
}

size_t utf8_encode(uint32_t cp, char out[4]) {
    static const uint8_t lead[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        return 0;
    size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (cp & 0x3F));
        cp >>= 6;
    }
    out[0] = (char)(lead[n] | cp);
    return n;
}

void put_utf8(Buf *b, uint32_t cp) {
    char bytes[4];
    size_t n = utf8_encode(cp, bytes);
    if (n == 0)
        n = utf8_encode(0xFFFD, bytes);
    put_bytes(b, bytes, n);
}

size_t utf8_ascii(Str s) {
    size_t at = 0;
    for (; s.n - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, s.p + at, 8);
        if ((word & HIGH_BITS) != 0)
            break;
    }
    while (at < s.n && (uint8_t)s.p[at] < 0x80)
        at++;
    return at;
}

/* The length of the well-formed sequences beyond ASCII at the start of s. */
static size_t wide_run(Str s) {
    size_t at = 0;
    while (at < s.n && (uint8_t)s.p[at] >= 0x80) {
        size_t n = utf8_step(s.p + at, s.n - at);
        if (n == 0)
            break;
        at += n;
    }
    return at;
}

size_t utf8_good(Str s) {
    size_t at = 0;
    while (at < s.n) {
        size_t ascii = utf8_ascii(str_from(s, at));
        size_t wide = wide_run(str_from(s, at + ascii));
        at += ascii + wide;
        if (wide == 0)
            break; /* the end, or a byte that does not belong */
    }
    return at;
}

bool utf8_valid(Str s) {
    return utf8_good(s) == s.n;
}

size_t utf8_count(Str s) {
    size_t count = 0;
    for (size_t at = 0; at < s.n; count++) {
        size_t n = utf8_step(s.p + at, s.n - at);
        at += n == 0 ? 1 : n;
    }
    return count;
}
