/* base: hexadecimal digits in. */
#include "engine/base/hex.h"

Status hex_read(Str s, uint8_t *out, size_t n) {
    if (s.n % 2 != 0 || s.n / 2 != n)
        return ERR_SYNTAX;
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(s.p[2 * i]), low = hex_digit(s.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return ERR_SYNTAX;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return OK;
}
