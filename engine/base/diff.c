/* base: what two texts differ in, line by line. */
#include "engine/base/diff.h"

enum {
    DIFF_CONTEXT = 3, /* lines shown around what changes */
    DIFF_FAR = 400    /* lines that are looked at; beyond, all that is left is one change */
};

/* So many lines at a are left out, and so many at b put in. */
typedef struct Edit {
    size_t a, b, out, in;
} Edit;

typedef VEC(Str) Lines;

typedef struct Diff {
    Lines a, b;
    VEC(Edit) edits;
    bool failed;
} Diff;

static bool lines_split(Lines *lines, Str text) {
    for (size_t i = 0, from = 0; i < text.n; i++) {
        if (text.p[i] != '\n' && i + 1 < text.n)
            continue;
        if (!vec_push(lines, ((Str){text.p + from, i + 1 - from})))
            return false;
        from = i + 1;
    }
    return true;
}

/* A line of so little that it is found everywhere, as a brace. */
static bool is_slight(Str line) {
    return str_trim(line).n < 3;
}

static bool same(const Diff *d, size_t a, size_t b) {
    return a < d->a.n && b < d->b.n && str_eq(d->a.at[a], d->b.at[b]);
}

/* Where both go on alike from (a, b) on, by the fewest lines. */
static Edit edit_next(const Diff *d, size_t a, size_t b) {
    for (size_t far = 1; far <= DIFF_FAR; far++)
        for (size_t out = 0; out <= far; out++)
            if (same(d, a + out, b + far - out) && !is_slight(d->a.at[a + out]))
                return (Edit){a, b, out, far - out};
    return (Edit){a, b, d->a.n - a, d->b.n - b};
}

static void edits_find(Diff *d) {
    for (size_t a = 0, b = 0; !d->failed && (a < d->a.n || b < d->b.n);) {
        if (same(d, a, b)) {
            a++;
            b++;
            continue;
        }
        Edit edit = edit_next(d, a, b);
        a += edit.out;
        b += edit.in;
        while (edit.out > 0 && edit.in > 0 &&
               same(d, edit.a + edit.out - 1, edit.b + edit.in - 1)) {
            edit.out--;
            edit.in--;
        }
        d->failed = !vec_push(&d->edits, edit);
    }
}

static void put_line(Buf *out, char mark, Str line) {
    put_c(out, mark);
    put_text(out, line);
    if (!str_ends(line, S("\n")))
        put_text(out, S("\n\\ No newline at end of file\n"));
}

static void put_part(Buf *out, const char *mark, size_t from, size_t n) {
    put_fmt(out, " %s%zu", mark, n == 0 ? from : from + 1);
    if (n != 1)
        put_fmt(out, ",%zu", n);
}

/* Edits from..to, which stand close together. */
static void put_hunk(Buf *out, const Diff *d, size_t from, size_t to) {
    const Edit *first = &d->edits.at[from], *last = &d->edits.at[to - 1];
    size_t lead = first->a < DIFF_CONTEXT ? first->a : DIFF_CONTEXT;
    size_t left = d->a.n - (last->a + last->out);
    size_t tail = left < DIFF_CONTEXT ? left : DIFF_CONTEXT;
    size_t a = first->a - lead, b = first->b - lead;
    put_text(out, S("@@"));
    put_part(out, "-", a, last->a + last->out + tail - a);
    put_part(out, "+", b, last->b + last->in + tail - b);
    put_text(out, S(" @@\n"));
    for (size_t e = from; e < to; e++) {
        const Edit *edit = &d->edits.at[e];
        for (; a < edit->a; a++)
            put_line(out, ' ', d->a.at[a]);
        for (size_t i = 0; i < edit->out; i++)
            put_line(out, '-', d->a.at[edit->a + i]);
        for (size_t i = 0; i < edit->in; i++)
            put_line(out, '+', d->b.at[edit->b + i]);
        a = edit->a + edit->out;
    }
    for (size_t i = 0; i < tail; i++)
        put_line(out, ' ', d->a.at[a + i]);
}

void put_diff(Buf *out, Str name, Str before, Str after) {
    Diff d = {.failed = false};
    d.failed = !lines_split(&d.a, before) || !lines_split(&d.b, after);
    edits_find(&d);
    if (d.edits.n > 0)
        put_fmt(out, "--- %.*s\n+++ %.*s\n", STR_ARG(name), STR_ARG(name));
    for (size_t from = 0, to; !d.failed && from < d.edits.n; from = to) {
        for (to = from + 1; to < d.edits.n; to++) {
            const Edit *before_it = &d.edits.at[to - 1];
            if (d.edits.at[to].a - (before_it->a + before_it->out) > 2 * DIFF_CONTEXT)
                break;
        }
        put_hunk(out, &d, from, to);
    }
    out->failed |= d.failed;
    vec_free(&d.a);
    vec_free(&d.b);
    vec_free(&d.edits);
}
