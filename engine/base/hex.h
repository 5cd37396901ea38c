/* base: hexadecimal digits in. Out go bytes by put_hex of base/buf.h. */
#ifndef REMIT_BASE_HEX_H
#define REMIT_BASE_HEX_H

#include "engine/base/status.h"
#include "engine/base/str.h"

/* The value of a digit, of either case; -1 for all else. */
static inline int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    char small = (char)(c | 0x20);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/* The n bytes that just 2n digits say, as the 32 of a SHA-256. ERR_SYNTAX: another length, or no
 * digits; then out holds nothing of use. */
MUST_USE Status hex_read(Str s, uint8_t *out, size_t n);

#endif
