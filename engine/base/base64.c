/* base: base64, read strictly and written. */
#include "engine/base/base64.h"

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The six bits of a character; -1 if it is none of the alphabet. */
static int sextet(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The bytes of 4 characters, of which the last `pads` are padding. */
static Status read_four(const char *p, size_t pads, char *to) {
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        int six = i < 4 - pads ? sextet(p[i]) : 0;
        if (six < 0)
            return ERR_SYNTAX;
        bits = bits << 6 | (uint32_t)six;
    }
    if (pads > 0 && (bits & (pads == 1 ? 0xFFu : 0xFFFFu)) != 0)
        return ERR_SYNTAX;
    for (size_t i = 0; i < 3 - pads; i++)
        to[i] = (char)(uint8_t)(bits >> (16 - 8 * i));
    return OK;
}

Status base64_read(Str s, Arena *arena, Str *out) {
    if (s.n % 4 != 0)
        return ERR_SYNTAX;
    size_t pads = s.n == 0 || s.p[s.n - 1] != '=' ? 0 : s.p[s.n - 2] != '=' ? 1 : 2;
    size_t bytes = s.n / 4 * 3 - pads;
    char *to = arena_take(arena, bytes, 1);
    if (to == NULL)
        return ERR_NOMEM;
    for (size_t at = 0; at < s.n; at += 4)
        TRY(read_four(s.p + at, at + 4 == s.n ? pads : 0, to + at / 4 * 3));
    *out = (Str){to, bytes};
    return OK;
}

void put_base64(Buf *b, const void *p, size_t n) {
    const uint8_t *bytes = p;
    for (size_t at = 0; at < n; at += 3) {
        size_t left = n - at < 3 ? n - at : 3;
        uint32_t bits = (uint32_t)bytes[at] << 16;
        bits |= left > 1 ? (uint32_t)bytes[at + 1] << 8 : 0;
        bits |= left > 2 ? (uint32_t)bytes[at + 2] : 0;
        char four[4];
        for (size_t i = 0; i < 4; i++)
            four[i] = i <= left ? ALPHABET[bits >> (18 - 6 * i) & 63] : '=';
        put_bytes(b, four, 4);
    }
}
