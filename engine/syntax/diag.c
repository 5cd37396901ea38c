/* syntax: diagnostics, collected and printed. */
#include "engine/syntax/diag.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/json.h"
#include "engine/base/limits.h"
#include "engine/base/unicode.h"
#include "engine/base/utf8.h"
#include "engine/base/words.h"
#include "engine/base/wrap.h"

typedef struct DiagRow {
    const char *code;
    Severity severity;
    const char *en, *zh, *hint_en, *hint_zh;
} DiagRow;

static const DiagRow diag_rows[] = {
#define DIAG(code, name, severity, en, zh, hint_en, hint_zh)                                       \
    {#code, SEVERITY_##severity, en, zh, hint_en, hint_zh},
#include "engine/syntax/diag.def"
};

Str diag_code(DiagCode code) {
    return str_of(diag_rows[code].code);
}

Severity diag_severity(DiagCode code) {
    return diag_rows[code].severity;
}

static bool diag_known(const Diags *d, DiagCode code, Span span) {
    for (size_t i = 0; i < d->all.n; i++) {
        const Diag *old = &d->all.at[i];
        if (old->code == code && old->span.file == span.file && old->span.from == span.from)
            return true;
    }
    return false;
}

void diags_guessed(Diags *d, Span declaration) {
    if (!vec_push(&d->guessed, declaration))
        d->nomem = true;
}

/* Codes of how a text reads begin so; all others are of what it says. */
static bool diag_reads(DiagCode code) {
    return str_starts(diag_code(code), S("E01"));
}

static bool diag_of_guess(const Diags *d, DiagCode code, Span span) {
    for (size_t i = 0; !diag_reads(code) && i < d->guessed.n; i++) {
        Span g = d->guessed.at[i];
        if (g.file == span.file && g.from <= span.from && span.from < g.to)
            return true;
    }
    return false;
}

/* Whether what stands here is nothing but the gap of which that has been said. */
static bool diag_of_gap(const Diags *d, Span span) {
    return span.from == span.to && diag_known(d, DIAG_MISSING, span);
}

Diag *diag_add(Diags *d, DiagCode code, Span span) {
    Diag diag = {.code = code, .span = span, .number = (uint32_t)d->all.n};
    d->sink = diag;
    if (d->sources->files.at[span.file].quiet)
        return &d->sink;
    if (diag_known(d, code, span) || diag_of_gap(d, span))
        return &d->sink;
    bool guess = diag_of_guess(d, code, span);
    if (guess || d->all.n >= LIMIT_DIAGS) {
        d->full = d->full || !guess;
        d->errors += diag_severity(code) == SEVERITY_ERROR;
        return &d->sink;
    }
    if (!vec_push(&d->all, diag)) {
        d->nomem = true;
        return &d->sink;
    }
    if (diag_severity(code) == SEVERITY_ERROR)
        d->errors++;
    else
        d->warnings++;
    return &d->all.at[d->all.n - 1];
}

Diag *diag_add1(Diags *d, DiagCode code, Span span, Str a) {
    return diag_add3(d, code, span, a, (Str){NULL, 0}, (Str){NULL, 0});
}

Diag *diag_add2(Diags *d, DiagCode code, Span span, Str a, Str b) {
    return diag_add3(d, code, span, a, b, (Str){NULL, 0});
}

Diag *diag_add3(Diags *d, DiagCode code, Span span, Str a, Str b, Str c) {
    Diag *diag = diag_add(d, code, span);
    diag->args[0] = a;
    diag->args[1] = b;
    diag->args[2] = c;
    return diag;
}

void diag_fix(Diag *diag, Span span, Str text) {
    diag_guess(diag, span, text);
    diag->certain = true;
}

void diag_guess(Diag *diag, Span span, Str text) {
    diag->has_fix = true;
    diag->certain = false;
    diag->fix_span = span;
    diag->fix = text;
}

void diag_like(Diag *diag, Span span, Str word, const Str *names, size_t n, ptrdiff_t best) {
    if (best >= 0 && is_sure(word, names, n, (size_t)best))
        diag_fix(diag, span, names[best]);
    else if (best >= 0)
        diag_guess(diag, span, names[best]);
}

void diag_other(Diag *diag, Span span) {
    diag->has_other = true;
    diag->other = span;
}

void diag_cause(Diag *diag, Span declaration, Str name) {
    diag->cause = declaration;
    diag->cause_name = name;
}

Diag *diag_misspelt(Diags *d, Span words, Str meant) {
    Str found = source_text(d->sources, words), a = found, b = meant;
    if (arena_printf(d->arena, &a, "`%.*s`", STR_ARG(found)) != OK ||
        arena_printf(d->arena, &b, "`%.*s`", STR_ARG(meant)) != OK)
        d->nomem = true;
    return diag_add2(d, DIAG_MISSPELT_KEYWORD, words, a, b);
}

Diag *diag_missing(Diags *d, Span gap, Str what, Str next, Str example) {
    Str head = diag_both(d, "put it before ", "请写在 "), where = example;
    Str tail = example.n > 0 ? diag_both(d, ", ", " 之前，") : diag_both(d, "", " 之前");
    if (next.n > 0 && arena_printf(d->arena, &where, "%.*s%.*s%.*s%.*s", STR_ARG(head),
                                   STR_ARG(next), STR_ARG(tail), STR_ARG(example)) != OK)
        d->nomem = true;
    return diag_add2(d, DIAG_MISSING, gap, what, where);
}

static int diag_order(const void *a, const void *b) {
    const Diag *x = a, *y = b;
    int order = span_order(x->span, y->span);
    if (order != 0)
        return order;
    return x->number < y->number ? -1 : x->number > y->number;
}

void diags_sort(Diags *d) {
    if (d->all.n > 1) /* a total order: numbers differ */
        qsort(d->all.at, d->all.n, sizeof *d->all.at, diag_order);
}

void diags_free(Diags *d) {
    vec_free(&d->all);
    vec_free(&d->guessed);
}

Str diag_both(Diags *d, const char *en, const char *zh) {
    Str both = {NULL, 0};
    if (arena_printf(d->arena, &both, "%c%s%c%s%c", DIAG_BOTH_EN, en, DIAG_BOTH_ZH, zh,
                     DIAG_BOTH_END) != OK)
        d->nomem = true;
    return both;
}

/* Text from a source for people's eyes: what would move a cursor is a blank, and what is no
 * character is a question mark. As long in bytes as it was. */
static void put_clean(Buf *out, Str text) {
    for (size_t i = 0; i < text.n;) {
        uint32_t cp;
        size_t n = utf8_decode(str_from(text, i), &cp);
        bool control = n > 0 && (cp < 0x20 || (cp >= 0x7F && cp < 0xA0));
        if (n == 0 || control) {
            for (size_t k = 0; k < (n == 0 ? 1 : n); k++)
                put_c(out, control ? ' ' : '?');
        } else {
            put_text(out, (Str){text.p + i, n});
        }
        i += n == 0 ? 1 : n;
    }
}

/* An argument in one language. */
static void put_argument(Buf *out, Str arg, bool chinese) {
    while (arg.n > 0) {
        ptrdiff_t en = str_find(arg, DIAG_BOTH_EN), zh = str_find(arg, DIAG_BOTH_ZH),
                  end = str_find(arg, DIAG_BOTH_END);
        if (en < 0 || zh < en || end < zh) {
            put_clean(out, arg);
            return;
        }
        Str one = str_from(arg, (size_t)(chinese ? zh : en) + 1);
        one.n = (size_t)(chinese ? end - zh : zh - en) - 1;
        put_clean(out, (Str){arg.p, (size_t)en});
        put_clean(out, one);
        arg = str_from(arg, (size_t)end + 1);
    }
}

/* Writes a pattern with its arguments; false when it uses one that is empty. */
static bool diag_text(const char *pattern, const Diag *diag, bool chinese, Buf *out) {
    bool whole = true;
    Str text;
    for (int arg; (arg = words_next(&pattern, &text)) >= 0;) {
        ASSERT(arg < DIAG_ARGS);
        whole = whole && diag->args[arg].n > 0;
        put_text(out, text);
        put_argument(out, diag->args[arg], chinese);
    }
    put_text(out, text);
    return whole;
}

void diag_message(const Diag *diag, bool chinese, Buf *out) {
    const DiagRow *row = &diag_rows[diag->code];
    diag_text(chinese ? row->zh : row->en, diag, chinese, out);
    if (diag->again > 0)
        put_fmt(out, chinese ? "（另有 %u 处）" : " (and in %u more place%s)", diag->again,
                diag->again == 1 ? "" : "s");
}

void diag_within(const Diags *d, const Diag *diag, bool chinese, Buf *out) {
    const Source *files = d->sources->files.at;
    Span at = diag->span;
    for (int i = 0; i < LIMIT_NESTING && files[at.file].pattern.n > 0; i++) {
        const Source *in = &files[at.file];
        Place place = source_place(d->sources, in->used.file, in->used.from);
        put_fmt(out, chinese ? "%s在 %.*s 中，引用处为 %.*s:%u" : "%sin %.*s, which %.*s:%u uses",
                i == 0    ? ""
                : chinese ? "；"
                          : "; ",
                STR_ARG(in->as), STR_ARG(files[in->used.file].name), place.line);
        at = in->used;
    }
}

void diag_hint(const Diag *diag, bool chinese, Buf *out) {
    const DiagRow *row = &diag_rows[diag->code];
    size_t start = out->n;
    if (!diag_text(chinese ? row->hint_zh : row->hint_en, diag, chinese, out))
        out->n = start;
}

static void put_paint(Buf *out, bool color, const char *code) {
    if (color)
        put_fmt(out, "\x1b[%sm", code);
}

/* ---- the form for people */

enum { COLUMNS_LEAST = 40, MESSAGE_INDENT = 2 };

/* A source line as it is shown: [from, to) of its bytes are visible, `mark` begins and `end` ends
 * what is underlined. */
typedef struct Shown {
    Str line;
    size_t from, to, mark, end;
} Shown;

/* The byte at which `columns` columns of the text are full. */
static size_t shown_cut(Str text, size_t columns) {
    size_t at = 0, used = 0;
    while (at < text.n) {
        uint32_t cp;
        size_t n = utf8_decode(str_from(text, at), &cp);
        n = n == 0 ? 1 : n;
        used += uc_columns((Str){text.p + at, n});
        if (used > columns)
            return at;
        at += n;
    }
    return at;
}

/* Shows the part of a long line that holds the mark. */
static void shown_fit(Shown *s, size_t room) {
    s->from = 0;
    s->to = s->line.n;
    if (room < COLUMNS_LEAST || uc_columns(s->line) <= room)
        return;
    size_t before = uc_columns((Str){s->line.p, s->mark});
    size_t marked = uc_columns((Str){s->line.p + s->mark, s->end - s->mark});
    if (before + marked + 1 > room) { /* two columns are for the dots */
        size_t lead = marked + room / 4 + 2 < room ? room - marked - room / 4 : room / 4;
        s->from = before > lead ? shown_cut(s->line, before - lead) : 0;
    }
    s->to = s->from + shown_cut(str_from(s->line, s->from), room - 2);
    s->to = s->to < s->mark ? s->mark : s->to;
    s->end = s->end > s->to ? s->to : s->end;
}

static void put_times(Buf *out, char c, size_t n) {
    while (n-- > 0)
        put_c(out, c);
}

/* What belongs to the source shown above, on lines of its own behind `= `. */
static void put_note(Buf *out, Str text, size_t margin, size_t columns) {
    put_times(out, ' ', margin);
    put_text(out, S("= "));
    put_wrapped(out, text, margin + 2, margin + 2, columns);
}

static size_t digits(uint32_t n) {
    size_t count = 1;
    for (; n >= 10; n /= 10)
        count++;
    return count;
}

static void put_hint(Buf *out, const Diag *diag, bool chinese, size_t margin, size_t used,
                     size_t columns) {
    Buf hint = {0};
    diag_hint(diag, chinese, &hint);
    if (hint.n > 0 &&
        (columns < COLUMNS_LEAST || used + 1 + uc_columns(buf_str(&hint)) <= columns)) {
        put_c(out, ' ');
        put_text(out, buf_str(&hint));
    } else if (hint.n > 0) {
        put_c(out, '\n');
        put_note(out, buf_str(&hint), margin + 1, columns);
    }
    out->failed = out->failed || hint.failed;
    buf_free(&hint);
}

/* Red, or magenta: both can be read on a light ground and on a dark one. */
static const char *paint_of(const Diag *diag) {
    return diag_severity(diag->code) == SEVERITY_ERROR ? "1;31" : "1;35";
}

static void put_source(Diags *d, const Diag *diag, bool chinese, bool color, size_t columns,
                       Buf *out) {
    Place place = source_place(d->sources, diag->span.file, diag->span.from);
    Str raw = source_line(d->sources, diag->span.file, place.line);
    Str all = d->sources->files.at[diag->span.file].text;
    size_t line_from = raw.p == NULL ? 0 : (size_t)(raw.p - all.p), margin = digits(place.line);
    Buf clean = {0};
    put_clean(&clean, raw);
    Shown s = {.line = clean.n == 0 ? S("") : buf_str(&clean)};
    s.mark = diag->span.from > line_from ? diag->span.from - line_from : 0;
    s.mark = s.mark > s.line.n ? s.line.n : s.mark;
    s.end = diag->span.to > line_from ? diag->span.to - line_from : 0;
    s.end = s.end < s.mark ? s.mark : s.end > s.line.n ? s.line.n : s.end;
    shown_fit(&s, columns > margin + 3 ? columns - margin - 3 : 0);
    bool cut_left = s.from > 0, cut_right = s.to < s.line.n;
    put_paint(out, color, "2");
    put_fmt(out, "%u |", place.line);
    put_paint(out, color, "0");
    put_text(out, s.line.n == 0 ? S("") : S(" "));
    put_text(out, cut_left ? S("…") : S(""));
    put_text(out, (Str){s.line.p + s.from, s.to - s.from});
    put_text(out, cut_right ? S("…\n") : S("\n"));
    put_paint(out, color, "2");
    put_times(out, ' ', margin);
    put_text(out, S(" | "));
    put_paint(out, color, "0");
    size_t before = cut_left + uc_columns((Str){s.line.p + s.from, s.mark - s.from});
    size_t width = uc_columns((Str){s.line.p + s.mark, s.end - s.mark});
    width = width == 0 ? 1 : width;
    put_times(out, ' ', before);
    put_paint(out, color, paint_of(diag));
    put_times(out, '^', width);
    put_paint(out, color, "0");
    put_hint(out, diag, chinese, margin, margin + 3 + before + width, columns);
    put_c(out, '\n');
    out->failed = out->failed || clean.failed;
    buf_free(&clean);
}

void diag_print(Diags *d, const Diag *diag, DiagLook look, Buf *out) {
    bool chinese = look.chinese, color = look.color;
    bool error = diag_severity(diag->code) == SEVERITY_ERROR;
    Str kind = error ? (chinese ? S("错误") : S("error")) : (chinese ? S("警告") : S("warning"));
    size_t most = look.columns < COLUMNS_LEAST ? SIZE_MAX / 2 : look.columns;
    Buf text = {0};
    put_paint(out, color, paint_of(diag));
    put_fmt(out, "%.*s[%.*s]", STR_ARG(kind), STR_ARG(diag_code(diag->code)));
    put_paint(out, color, "0;1");
    put_text(out, S(": "));
    diag_message(diag, chinese, &text);
    put_wrapped(out, buf_str(&text), uc_columns(kind) + diag_code(diag->code).n + 4, MESSAGE_INDENT,
                look.wrapped ? most : SIZE_MAX / 2);
    put_paint(out, color, "0");
    Place place = source_place(d->sources, diag->span.file, diag->span.from);
    Str name = d->sources->files.at[diag->span.file].name;
    put_fmt(out, "\n --> %.*s:%u:%u\n", STR_ARG(name), place.line, place.column);
    put_source(d, diag, chinese, color, look.columns, out);
    buf_reset(&text);
    diag_within(d, diag, chinese, &text);
    if (text.n > 0) {
        put_note(out, buf_str(&text), digits(place.line) + 1, most);
        put_c(out, '\n');
    }
    out->failed = out->failed || text.failed;
    buf_free(&text);
}

/* The message, and where it was used if it is in a pattern. */
void diag_whole(const Diags *d, const Diag *diag, bool chinese, Buf *out) {
    Buf within = {0};
    diag_message(diag, chinese, out);
    diag_within(d, diag, chinese, &within);
    if (within.n > 0)
        put_fmt(out, chinese ? "（%.*s）" : " (%.*s)", STR_ARG(buf_str(&within)));
    out->failed = out->failed || within.failed;
    buf_free(&within);
}

/* ---- the forms for programs */

static void put_span(Buf *out, Diags *d, Span span) {
    Place from = source_place(d->sources, span.file, span.from);
    Place to = source_place(d->sources, span.file, span.to);
    put_text(out, S("\"file\":"));
    put_json_string(out, d->sources->files.at[span.file].name);
    put_fmt(out, ",\"line\":%u,\"column\":%u,\"end_line\":%u,\"end_column\":%u", from.line,
            from.column, to.line, to.column);
}

void diag_json(Diags *d, const Diag *diag, bool chinese, Buf *out) {
    Buf text = {0};
    diag_whole(d, diag, chinese, &text);
    put_fmt(out, "{\"code\":\"%.*s\",\"severity\":\"%s\",", STR_ARG(diag_code(diag->code)),
            diag_severity(diag->code) == SEVERITY_ERROR ? "error" : "warning");
    put_span(out, d, diag->span);
    put_text(out, S(",\"message\":"));
    put_json_string(out, buf_str(&text));
    buf_reset(&text);
    diag_hint(diag, chinese, &text);
    put_text(out, S(",\"suggestions\":["));
    if (text.n > 0 || diag->has_fix) {
        put_text(out, S("{\"text\":"));
        put_json_string(out, buf_str(&text));
        if (diag->has_fix) {
            put_text(out, S(",\"replacement\":"));
            put_json_string(out, diag->fix);
            put_c(out, ',');
            put_span(out, d, diag->fix_span);
            put_fmt(out, ",\"certain\":%s", diag->certain ? "true" : "false");
        }
        put_c(out, '}');
    }
    put_text(out, S("]}\n"));
    out->failed = out->failed || text.failed;
    buf_free(&text);
}
