/* base: UTF-8, strictly: no overlong form, no surrogate, nothing above U+10FFFF (The Unicode
 * Standard, table 3-7, "Well-Formed UTF-8 Byte Sequences"). Nothing here allocates or fails on
 * hostile bytes. */
#ifndef REMIT_BASE_UTF8_H
#define REMIT_BASE_UTF8_H

#include "engine/base/buf.h"
#include "engine/base/str.h"

/* How many bytes the code point at p takes, 1 to 4, where `left` bytes may be read; 0 if they do
 * not begin with a well-formed sequence (or left is 0). */
static inline size_t utf8_step(const char *p, size_t left) {
    const unsigned char *u = (const unsigned char *)p;
    if (left == 0)
        return 0;
    if (u[0] < 0x80)
        return 1;
    if (left < 2 || (u[1] & 0xC0) != 0x80)
        return 0;
    if (u[0] < 0xE0)
        return u[0] >= 0xC2 ? 2 : 0;
    if (left < 3 || (u[2] & 0xC0) != 0x80)
        return 0;
    unsigned head = (unsigned)u[0] << 8 | u[1];
    if (u[0] < 0xF0) /* E080..E09F would be overlong, EDA0..EDBF are surrogates */
        return head >= 0xE0A0 && (head & 0xFFE0) != 0xEDA0 ? 3 : 0;
    if (left < 4 || (u[3] & 0xC0) != 0x80)
        return 0;
    return head >= 0xF090 && head <= 0xF48F ? 4 : 0; /* U+10000 to U+10FFFF */
}

/* The code point at the start of s into *cp, and its length in bytes, 1 to 4. On bytes that are not
 * UTF-8, and on an empty s: 0, and *cp is U+FFFD. */
size_t utf8_decode(Str s, uint32_t *cp);
/* Writes cp to out and gives its length, 1 to 4; 0 and nothing for a surrogate or above U+10FFFF.
 */
size_t utf8_encode(uint32_t cp, char out[4]);
/* Appends cp; U+FFFD in place of what is no code point. */
void put_utf8(Buf *b, uint32_t cp);

/* The length of the ASCII at the start of s. */
size_t utf8_ascii(Str s);
/* The length of the longest well-formed beginning of s: s.n if all of it is. */
size_t utf8_good(Str s);
bool utf8_valid(Str s);
/* How many code points s has; each byte that is no part of one counts as one. */
size_t utf8_count(Str s);

#endif
