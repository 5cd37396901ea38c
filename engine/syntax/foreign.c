/* syntax: texts and remarks in the marks of other languages. */
#include "engine/syntax/foreign.h"

#include "engine/base/buf.h"

/* ---- texts */

typedef struct Pair {
    const char *open;
    const char *close[3];
} Pair;

static const Pair pairs[] = {
    {"'", {"'", "’", NULL}},    {"‘", {"’", "'", NULL}},    {"＂", {"＂", "\"", "”"}},
    {"”", {"“", "”", NULL}},    {"„", {"“", "”", "\""}},    {"「", {"」", NULL, NULL}},
    {"『", {"』", NULL, NULL}}, {"《", {"》", NULL, NULL}}, {"`", {"`", "'", NULL}},
};

/* The mark that closes a pair at this byte; empty: none does. */
static Str pair_closes(const Pair *pair, Str rest) {
    for (size_t i = 0; i < sizeof pair->close / sizeof *pair->close && pair->close[i]; i++)
        if (str_starts(rest, str_of(pair->close[i])))
            return str_of(pair->close[i]);
    return (Str){NULL, 0};
}

static bool pair_ends(const Pair *pair, Str rest, Foreign *out, Str *close) {
    size_t open = str_of(pair->open).n;
    for (size_t i = open; i < rest.n && rest.p[i] != '\n'; i++) {
        *close = pair_closes(pair, str_from(rest, i));
        if (close->n == 0)
            continue;
        out->inner = (Str){rest.p + open, i - open};
        out->to = (uint32_t)(i + close->n);
        return i > open;
    }
    return false;
}

bool foreign_quoted(Str text, uint32_t at, Arena *arena, Foreign *out, bool *nomem) {
    Str rest = str_from(text, at), close;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (!str_starts(rest, str_of(pairs[i].open)) || !pair_ends(&pairs[i], rest, out, &close))
            continue;
        bool plain = str_find(out->inner, '"') < 0 && str_find(out->inner, '\\') < 0;
        const char *open = plain ? "\"" : "“"; /* between “ and ” nothing is an escape */
        out->to += at;
        out->instead = out->marks = out->inner;
        if (arena_printf(arena, &out->instead, "%s%.*s%s", open, STR_ARG(out->inner),
                         plain ? "\"" : "”") != OK ||
            arena_printf(arena, &out->marks, "%s %.*s", pairs[i].open, STR_ARG(close)) != OK)
            *nomem = true;
        return true;
    }
    return false;
}

/* ---- remarks */

typedef struct Remark {
    const char *open, *close; /* no close: it goes to the end of its line */
} Remark;

static const Remark remarks[] = {
    {"//", NULL}, {"#", NULL}, {"/*", "*/"}, {"<!--", "-->"}, {"——", NULL},
};

static size_t remark_size(const Remark *remark, Str rest) {
    for (size_t i = str_of(remark->open).n; i < rest.n; i++)
        if (remark->close == NULL ? rest.p[i] == '\n'
                                  : str_starts(str_from(rest, i), str_of(remark->close)))
            return i;
    return rest.n;
}

/* The remark with -- before each of its lines that holds something. */
static void put_remark(Buf *out, Str inner) {
    bool first = true;
    for (Str line; inner.n > 0 || first; first = false) {
        str_cut(inner, '\n', &line, &inner);
        if (!first)
            put_c(out, '\n');
        if (first || str_trim(line).n > 0)
            put_fmt(out, "-- %.*s", STR_ARG(str_trim(line)));
    }
}

bool foreign_remark(Str text, uint32_t at, Arena *arena, Foreign *out, bool *nomem) {
    Str rest = str_from(text, at);
    for (size_t i = 0; i < sizeof remarks / sizeof *remarks; i++) {
        Str open = str_of(remarks[i].open);
        if (!str_starts(rest, open))
            continue;
        size_t size = remark_size(&remarks[i], rest);
        size_t close = remarks[i].close == NULL || size == rest.n ? 0 : str_of(remarks[i].close).n;
        Buf words = {0};
        put_remark(&words, (Str){rest.p + open.n, size - open.n});
        Str behind = str_from(rest, size + close);
        str_cut(behind, '\n', &behind, NULL);
        if (close > 0 && str_trim(behind).n > 0)
            put_c(&words, '\n'); /* what follows on its line is no part of it */
        *out = (Foreign){.to = at + (uint32_t)(size + close), .marks = open};
        *nomem = words.failed || arena_str(arena, buf_str(&words), &out->instead) != OK || *nomem;
        buf_free(&words);
        return true;
    }
    return false;
}
