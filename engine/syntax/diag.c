/* syntax: diagnostics, collected and printed. */
#include "engine/syntax/diag.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/json.h"
#include "engine/base/limits.h"
#include "engine/base/unicode.h"

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

Diag *diag_add(Diags *d, DiagCode code, Span span) {
    Diag diag = {.code = code, .span = span, .number = (uint32_t)d->all.n};
    d->sink = diag;
    if (diag_known(d, code, span))
        return &d->sink;
    if (d->all.n >= LIMIT_DIAGS) {
        d->full = true;
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
    diag->has_fix = true;
    diag->fix_span = span;
    diag->fix = text;
}

void diag_other(Diag *diag, Span span) {
    diag->has_other = true;
    diag->other = span;
}

static int diag_order(const void *a, const void *b) {
    const Diag *x = a, *y = b;
    if (x->span.file != y->span.file)
        return x->span.file < y->span.file ? -1 : 1;
    if (x->span.from != y->span.from)
        return x->span.from < y->span.from ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

void diags_sort(Diags *d) {
    if (d->all.n > 1) /* a total order: numbers differ */
        qsort(d->all.at, d->all.n, sizeof *d->all.at, diag_order);
}

void diags_free(Diags *d) {
    vec_free(&d->all);
}

/* Writes a pattern with its arguments; false when it uses one that is empty. */
static bool diag_text(const char *pattern, const Diag *diag, Buf *out) {
    bool whole = true;
    for (const char *p = pattern; *p != '\0'; p++) {
        if (p[0] == '{' && p[1] >= '0' && p[1] < '0' + DIAG_ARGS && p[2] == '}') {
            Str arg = diag->args[p[1] - '0'];
            whole = whole && arg.n > 0;
            put_text(out, arg);
            p += 2;
        } else {
            put_c(out, *p);
        }
    }
    return whole;
}

void diag_message(const Diag *diag, bool chinese, Buf *out) {
    const DiagRow *row = &diag_rows[diag->code];
    diag_text(chinese ? row->zh : row->en, diag, out);
}

void diag_hint(const Diag *diag, bool chinese, Buf *out) {
    const DiagRow *row = &diag_rows[diag->code];
    size_t start = out->n;
    if (!diag_text(chinese ? row->hint_zh : row->hint_en, diag, out))
        out->n = start;
}

static void put_paint(Buf *out, bool color, const char *code) {
    if (color)
        put_fmt(out, "\x1b[%sm", code);
}

/* A line of source with tabs as blanks and without control characters that would move the cursor.
 */
static void put_source_line(Buf *out, Str line) {
    for (size_t i = 0; i < line.n; i++) {
        unsigned char c = (unsigned char)line.p[i];
        put_c(out, c < 0x20 || c == 0x7F ? ' ' : (char)c);
    }
}

static void put_underline(Buf *out, Diags *d, const Diag *diag, Place place, Str line) {
    Place to = source_place(d->sources, diag->span.file, diag->span.to);
    size_t start = diag->span.from;
    Str text = d->sources->files.at[diag->span.file].text;
    size_t line_from = (size_t)(line.p - text.p);
    size_t end = to.line == place.line ? diag->span.to : line_from + line.n;
    if (end < start)
        end = start;
    size_t before = uc_columns((Str){line.p, start > line_from ? start - line_from : 0});
    size_t width = uc_columns((Str){text.p + start, end - start});
    for (size_t i = 0; i < before; i++)
        put_c(out, ' ');
    for (size_t i = 0; i < (width == 0 ? 1 : width); i++)
        put_c(out, '^');
}

void diag_print(Diags *d, const Diag *diag, bool chinese, bool color, Buf *out) {
    bool error = diag_severity(diag->code) == SEVERITY_ERROR;
    Str kind = error ? (chinese ? S("错误") : S("error")) : (chinese ? S("警告") : S("warning"));
    put_paint(out, color, error ? "1;31" : "1;33");
    put_fmt(out, "%.*s[%.*s]", STR_ARG(kind), STR_ARG(diag_code(diag->code)));
    put_paint(out, color, "0;1");
    put_text(out, S(": "));
    diag_message(diag, chinese, out);
    put_paint(out, color, "0");
    Place place = source_place(d->sources, diag->span.file, diag->span.from);
    Str name = d->sources->files.at[diag->span.file].name;
    put_fmt(out, "\n --> %.*s:%u:%u\n", STR_ARG(name), place.line, place.column);
    Str line = source_line(d->sources, diag->span.file, place.line);
    char number[16];
    Buf margin = {0};
    put_dec(&margin, place.line);
    size_t width = margin.n;
    memcpy(number, margin.p == NULL ? "" : margin.p, width < sizeof number ? width : 0);
    buf_free(&margin);
    put_paint(out, color, "2");
    put_fmt(out, "%u | ", place.line);
    put_paint(out, color, "0");
    put_source_line(out, line);
    put_c(out, '\n');
    put_paint(out, color, "2");
    for (size_t i = 0; i < width; i++)
        put_c(out, ' ');
    put_text(out, S(" | "));
    put_paint(out, color, error ? "1;31" : "1;33");
    put_underline(out, d, diag, place, line);
    Buf hint = {0};
    diag_hint(diag, chinese, &hint);
    if (hint.n > 0) {
        put_c(out, ' ');
        put_text(out, buf_str(&hint));
    }
    buf_free(&hint);
    put_paint(out, color, "0");
    put_c(out, '\n');
}

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
    diag_message(diag, chinese, &text);
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
        }
        put_c(out, '}');
    }
    put_text(out, S("]}\n"));
    out->failed = out->failed || text.failed;
    buf_free(&text);
}
