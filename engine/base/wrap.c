/* base: text for people, broken into lines. */
#include "engine/base/wrap.h"

#include "engine/base/unicode.h"
#include "engine/base/utf8.h"

/* Whether a line may not begin with what follows: marks that close or go on. */
static bool stays_behind(Str text) {
    static const char *const marks[] = {"，", "。", "；", "：", "、", "）", "”", "！", "？", "》"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (str_starts(text, str_of(marks[i])))
            return true;
    return text.n > 0 && str_find(S(",.;:?)]}"), text.p[0]) >= 0;
}

/* Takes what must stay on one line from the text: letters up to a blank, or one wide letter with
 * the marks behind it. *blank: a blank stood before it. */
static Str take_piece(Str *text, bool *blank) {
    *blank = false;
    while (text->n > 0 && text->p[0] == ' ') {
        *blank = true;
        *text = str_from(*text, 1);
    }
    size_t n = 0;
    bool wide = false, opened = false;
    while (n < text->n && text->p[n] != ' ') {
        uint32_t cp;
        size_t used = utf8_decode(str_from(*text, n), &cp);
        used = used == 0 ? 1 : used;
        bool opens =
            str_starts(str_from(*text, n), S("（")) || str_starts(str_from(*text, n), S("“"));
        bool now = uc_columns((Str){text->p + n, used}) > 1 && !opens;
        if (n > 0 && !opened && (wide || now || opens) && !stays_behind(str_from(*text, n)))
            break;
        wide = now;
        opened = opens;
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
    for (bool first = true, blank; text.n > 0; first = false) {
        Str piece = take_piece(&text, &blank);
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
