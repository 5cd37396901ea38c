/* base: text for people, broken into lines. */
#include "engine/base/wrap.h"

#include "engine/base/unicode.h"
#include "engine/base/utf8.h"

static bool starts_with_one(Str text, const char *const *marks, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (str_starts(text, str_of(marks[i])))
            return true;
    return false;
}

/* Whether a line may not begin with what follows: marks that close or go on. */
static bool stays_behind(Str text, bool quoted) {
    static const char *const marks[] = {"，", "。", "；", "：", "、", "）", "”", "！",
                                        "？", "》", "」", "』", "】", "’",  "…"};
    return starts_with_one(text, marks, sizeof marks / sizeof *marks) ||
           (text.n > 0 &&
            (str_find(S(",.;:?!)]}"), text.p[0]) >= 0 || (quoted && text.p[0] == '`')));
}

/* Whether a line may not end with what follows: marks that open. */
static bool opens_here(Str text, bool quoted) {
    static const char *const marks[] = {"（", "“", "《", "「", "『", "【", "‘"};
    return starts_with_one(text, marks, sizeof marks / sizeof *marks) ||
           (!quoted && text.n > 0 && text.p[0] == '`');
}

/* Takes what must stay on one line from the text: letters up to a blank, a path with its strokes,
 * or one wide letter with the marks around it. *blank: a blank stood before it; *quoted: within ``.
 */
static Str take_piece(Str *text, bool *blank, bool *quoted) {
    *blank = false;
    while (text->n > 0 && text->p[0] == ' ') {
        *blank = true;
        *text = str_from(*text, 1);
    }
    size_t n = 0;
    bool wide = false, opened = false, path = false;
    while (n < text->n && text->p[n] != ' ') {
        uint32_t cp;
        size_t used = utf8_decode(str_from(*text, n), &cp);
        used = used == 0 ? 1 : used;
        Str rest = str_from(*text, n);
        bool opens = opens_here(rest, *quoted), closes = stays_behind(rest, *quoted);
        bool now = uc_columns((Str){rest.p, used}) > 1 && !opens;
        if (n > 0 && (wide || now || opens) && !closes && !opened && !path)
            break;
        path = rest.p[0] == '/' || (path && !(closes && now));
        *quoted = *quoted != (rest.p[0] == '`');
        opened = opens;
        wide = now;
        n += used;
    }
    Str piece = {text->p, n};
    *text = str_from(*text, n);
    return piece;
}

void put_wrapped(Buf *out, Str text, size_t used, size_t indent, size_t columns) {
    if (used + uc_columns(text) <= columns) {
        put_text(out, text);
        return;
    }
    bool quoted = false;
    for (bool first = true, blank; text.n > 0; first = false) {
        Str piece = take_piece(&text, &blank, &quoted);
        size_t width = uc_columns(piece), gap = blank && !first;
        if (!first && used + gap + width > columns && width + indent <= columns) {
            put_c(out, '\n');
            for (size_t i = 0; i < indent; i++)
                put_c(out, ' ');
            used = indent;
        } else if (gap > 0) {
            put_c(out, ' ');
            used++;
        }
        put_text(out, piece);
        used += width;
    }
}
