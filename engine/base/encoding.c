/* base: encodings: the characters, lines and texts of each. */
#include "engine/base/encoding.h"

#include <string.h>

#include "engine/base/gb18030-2022.inc"
#include "engine/base/utf8.h"

static const struct {
    const char *name, *title;
} encodings[] = {
    [ENCODED_UTF8] = {"utf-8", "UTF-8"},
    [ENCODED_WINDOWS_1252] = {"windows-1252", "windows-1252"},
    [ENCODED_LATIN_1] = {"latin-1", "Latin-1"},
    [ENCODED_GB18030] = {"gb18030", "GB 18030"},
    [ENCODED_UTF16] = {"utf-16", "UTF-16"},
    [ENCODED_UTF16LE] = {"utf-16le", "UTF-16 (little-endian)"},
    [ENCODED_UTF16BE] = {"utf-16be", "UTF-16 (big-endian)"},
};
_Static_assert(sizeof encodings / sizeof *encodings == ENCODINGS, "a row for each encoding");

bool encoding_named(Str name, Encoding *out) {
    *out = ENCODED_GB18030; /* which holds the older ones */
    if (str_eq(name, S("gbk")) || str_eq(name, S("gb2312")))
        return true;
    for (*out = ENCODED_UTF8; *out < ENCODINGS; (*out)++)
        if (str_eq(name, encoding_name(*out)))
            return true;
    return false;
}

Str encoding_name(Encoding e) {
    return str_of(encodings[e].name);
}

Str encoding_title(Encoding e) {
    return str_of(encodings[e].title);
}

size_t encoding_mark(Str start, Encoding *out) {
    static const struct {
        Str bytes;
        Encoding of;
    } marks[] = {{{"\xEF\xBB\xBF", 3}, ENCODED_UTF8},
                 {{"\xFF\xFE", 2}, ENCODED_UTF16LE},
                 {{"\xFE\xFF", 2}, ENCODED_UTF16BE},
                 {{"\x84\x31\x95\x33", 4}, ENCODED_GB18030}};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (str_starts(start, marks[i].bytes)) {
            *out = marks[i].of;
            return marks[i].bytes.n;
        }
    return 0;
}

/* ---- characters */

static uint32_t unit_at(Encoding e, const unsigned char *p) {
    return e == ENCODED_UTF16LE ? (uint32_t)(p[0] | p[1] << 8) : (uint32_t)(p[0] << 8 | p[1]);
}

static bool is_lead(unsigned char c) {
    return c >= 0x81 && c <= 0xFE;
}

static bool is_digit(unsigned char c) {
    return c >= '0' && c <= '9';
}

/* How many bytes a character of GB 18030 takes by its form; 0: it is none. */
static size_t gb_step(const unsigned char *p, size_t left) {
    if (p[0] <= 0x80)
        return 1;
    if (left < 2 || !is_lead(p[0]))
        return 0;
    if (p[1] >= 0x40 && p[1] != 0x7F && p[1] != 0xFF)
        return 2;
    return left >= 4 && is_digit(p[1]) && is_lead(p[2]) && is_digit(p[3]) ? 4 : 0;
}

static uint32_t gb_four(const unsigned char *p) {
    uint32_t number = (((p[0] - 0x81u) * 10 + p[1] - '0') * 126 + p[2] - 0x81) * 10 + p[3] - '0';
    if (number >= GB_WIDE)
        return 0x10000 + number - GB_WIDE;
    if (number >= GB_QUADS_END)
        return UINT32_MAX;
    size_t low = 0, high = sizeof GB_QUADS / sizeof *GB_QUADS;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (GB_QUADS[middle][0] <= number)
            low = middle;
        else
            high = middle;
    }
    return GB_QUADS[low][1] + number - GB_QUADS[low][0];
}

static size_t gb_char(const unsigned char *p, size_t left, uint32_t *cp) {
    size_t n = gb_step(p, left);
    if (n == 1)
        *cp = p[0] == 0x80 ? 0x20AC : p[0];
    else if (n == 2)
        *cp = GB_PAIRS[(p[0] - 0x81) * 190 + p[1] - 0x40 - (p[1] > 0x7F)];
    else if (n == 4)
        *cp = gb_four(p);
    return n;
}

static size_t wide_char(Encoding e, const unsigned char *p, size_t left, uint32_t *cp) {
    if (left < 2)
        return 0;
    *cp = unit_at(e, p);
    if (*cp < 0xD800 || *cp > 0xDBFF || left < 4)
        return 2; /* half a pair is no character */
    uint32_t second = unit_at(e, p + 2);
    if (second < 0xDC00 || second > 0xDFFF)
        return 2;
    *cp = 0x10000 + ((*cp - 0xD800) << 10) + second - 0xDC00;
    return 4;
}

/* What the bytes 0x80 to 0x9F stand for in windows-1252; 0: for themselves. */
static const uint16_t windows[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

/* A character and its length; 0, or what is no code point: there is none. */
static size_t char_at(Encoding e, Str s, uint32_t *cp) {
    const unsigned char *p = (const unsigned char *)s.p;
    switch (e) {
    case ENCODED_WINDOWS_1252:
        *cp =
            p[0] >= 0x80 && p[0] < 0xA0 && windows[p[0] - 0x80] != 0 ? windows[p[0] - 0x80] : p[0];
        return 1;
    case ENCODED_LATIN_1:
        *cp = p[0];
        return 1;
    case ENCODED_GB18030:
        return gb_char(p, s.n, cp);
    case ENCODED_UTF16LE:
    case ENCODED_UTF16BE:
        return wide_char(e, p, s.n, cp);
    case ENCODED_UTF8:
    case ENCODED_UTF16: /* before it is known which */
    case ENCODINGS:
        break;
    }
    return utf8_decode(s, cp);
}

bool encoding_has(Encoding e, Str s) {
    uint32_t cp;
    char put[4];
    size_t step;
    for (; s.n > 0; s = str_from(s, step)) {
        step = char_at(e, s, &cp);
        if (step == 0 || utf8_encode(cp, put) == 0)
            return false;
    }
    return true;
}

size_t encoding_room(Encoding e, Str s) {
    return e == ENCODED_UTF8 ? s.n : encoding_is_wide(e) ? s.n / 2 * 3 : s.n * 3;
}

size_t encoding_read(Encoding e, Str s, char *to, size_t *read) {
    size_t at = 0, n = 0;
    while (at < s.n) {
        uint32_t cp;
        size_t step = char_at(e, str_from(s, at), &cp);
        size_t put = step == 0 ? 0 : utf8_encode(cp, to + n);
        if (put == 0)
            break;
        at += step;
        n += put;
    }
    *read = at;
    return n;
}

/* ---- lines */

unsigned char encoded_char(Encoding e, Str s, size_t *step) {
    const unsigned char *p = (const unsigned char *)s.p;
    if (encoding_is_wide(e)) {
        uint32_t unit = s.n < 2 ? ENCODED_OTHER : unit_at(e, p);
        *step = s.n < 2 ? 1 : 2;
        return unit < 0x80 ? (unsigned char)unit : ENCODED_OTHER;
    }
    size_t n = e == ENCODED_GB18030 ? gb_step(p, s.n) : 1;
    *step = n == 0 ? 1 : n;
    return p[0] < 0x80 ? p[0] : ENCODED_OTHER;
}

size_t encoded_line(Encoding e, Str s) {
    if (!encoding_is_wide(e)) { /* no other has this byte within a character */
        ptrdiff_t end = str_find(s, '\n');
        return end < 0 ? 0 : (size_t)end + 1;
    }
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t i = 0; i + 1 < s.n; i += 2)
        if (unit_at(e, p + i) == '\n')
            return i + 2;
    return 0;
}

uint32_t encoded_lines(Encoding e, Str s) {
    uint32_t n = 0;
    for (size_t line = encoded_line(e, s); line > 0; line = encoded_line(e, s)) {
        n++;
        s = str_from(s, line);
    }
    return n;
}

Str encoded_without_end(Encoding e, Str line) {
    size_t step = encoding_is_wide(e) ? 2 : 1;
    while (line.n >= step && line.n % step == 0) {
        const unsigned char *end = (const unsigned char *)line.p + line.n - step;
        uint32_t last = step == 2 ? unit_at(e, end) : end[0];
        if (last != '\n' && last != '\r')
            break;
        line.n -= step;
    }
    return line;
}
