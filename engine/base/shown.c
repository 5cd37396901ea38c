/* base: text that others wrote, for the eyes of people. */
#include "engine/base/shown.h"

#include "engine/base/utf8.h"

/* Marks that turn the direction of writing, and those that Unicode has for the end of a line. */
static bool is_hidden(uint32_t cp) {
    return cp == 0x61C || cp == 0x200E || cp == 0x200F || (cp >= 0x2028 && cp <= 0x202E) ||
           (cp >= 0x2066 && cp <= 0x2069);
}

static void put_control(Buf *out, uint32_t cp) {
    if (cp == '\n' || cp == '\r' || cp == '\t')
        put_fmt(out, "\\%c", cp == '\n' ? 'n' : cp == '\r' ? 'r' : 't');
    else
        put_fmt(out, "\\x%02x", (unsigned)cp);
}

void put_on_line(Buf *out, Str text) {
    for (size_t i = 0; i < text.n;) {
        uint32_t cp = 0;
        size_t n = utf8_decode(str_from(text, i), &cp);
        if (n > 0 && (cp < 0x20 || (cp >= 0x7F && cp < 0xA0)))
            put_control(out, cp);
        else if (n > 0 && is_hidden(cp))
            put_fmt(out, "\\u%04x", (unsigned)cp);
        else
            put_text(out, (Str){text.p + i, n == 0 ? 1 : n});
        i += n == 0 ? 1 : n;
    }
}

void put_lines(Buf *out, Str text) {
    size_t from = 0;
    for (size_t i = 0; i <= text.n; i++) {
        if (i < text.n && text.p[i] != '\n' && text.p[i] != '\t')
            continue;
        put_on_line(out, (Str){text.p + from, i - from});
        if (i < text.n)
            put_c(out, text.p[i]);
        from = i + 1;
    }
}
