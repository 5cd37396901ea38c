/* check: what a decision table covers, proved. Walking its columns atom by atom (base/atoms.h),
 * with the rows that are left, meets every combination of values that can differ. */
#include "engine/check/check_int.h"

#include <stdlib.h>

#include "engine/base/check.h"

typedef struct Prover {
    Program *p;
    Table *t;
    Arena arena;
    Column *columns;
    uint32_t *order;    /* columns, those with few atoms first */
    AtomRanges *ranges; /* of row r and column c at r * columns + c */
    uint32_t *atom;     /* of each column, where the walk is */
    bool *alive;        /* row: it is the first somewhere */
    bool gap, overlap;
} Prover;

/* ---- words for a counterexample */

static Value sample_between(const Column *c, uint32_t atom) {
    bool has_lo = atom > 0, has_hi = atom < c->cut_count;
    Cut lo = has_lo ? c->cuts[atom - 1] : (Cut){0}, hi = has_hi ? c->cuts[atom] : (Cut){0};
    if (c->discrete) {
        Value v = has_lo ? lo.v : hi.v;
        v.i -= !has_lo;
        return v;
    }
    if (has_lo && !lo.after)
        return lo.v;
    Value v = has_lo ? lo.v : hi.v;
    Dec step = c->type.kind == V_PERCENT ? (Dec){has_lo ? 1 : -1, 2} : dec_of_i64(has_lo ? 1 : -1),
        sum;
    if (dec_add(value_to_dec(v), step, &sum) == OK)
        v = (Value){.i = sum.coef, .n = v.n, .kind = v.kind, .scale = sum.scale};
    if (!has_lo || !has_hi || value_cmp(v, hi.v) < 0)
        return v;
    Dec total, middle; /* no whole step fits between the ends: half way */
    if (dec_add(value_to_dec(lo.v), value_to_dec(hi.v), &total) == OK &&
        dec_mul(total, (Dec){5, 1}, &middle) == OK)
        v = (Value){.i = middle.coef, .n = v.n, .kind = v.kind, .scale = middle.scale};
    return v;
}

static bool is_other(const Column *c, uint32_t atom) {
    return c->values != NULL && atom == c->value_count;
}

static Str sample_words(Prover *w, uint32_t column) {
    const Column *c = &w->columns[column];
    const Type *type = &w->t->inputs[column].type;
    uint32_t atom = w->atom[column];
    Program *p = w->p;
    if (c->type.optional && atom == c->last)
        return S("absent");
    if (type->kind == TY_FLAG)
        return atom == 1 ? S("yes") : S("no");
    if (type->kind == TY_ENUM)
        return type->members->members[atom].name;
    if (is_other(c, atom))
        return type->kind == TY_PARTY ? S("any other party") : S("any other text");
    if (c->ordered && c->cut_count == 0)
        return S("anything");
    Buf out = {0};
    put_literal(p, &out, c->ordered ? sample_between(c, atom) : c->values[atom]);
    Str text = say(p, "%.*s", STR_ARG(buf_str(&out)));
    buf_free(&out);
    return text;
}

/* "category = other, severity = 5": the columns in which it matters. */
static Str counterexample(Prover *w) {
    Program *p = w->p;
    Str all = {NULL, 0};
    for (uint32_t i = 0; i < w->t->input_count; i++) {
        const Column *c = &w->columns[i];
        if (c->atoms - c->first <= 1)
            continue;
        Str one = say(p, "%.*s = %.*s", STR_ARG(w->t->inputs[i].name), STR_ARG(sample_words(w, i)));
        all = all.n == 0 ? one : say(p, "%.*s, %.*s", STR_ARG(all), STR_ARG(one));
    }
    return all.n == 0 ? S("anything") : all;
}

static Str missing_row(Prover *w) {
    Program *p = w->p;
    Str all = {NULL, 0};
    for (uint32_t i = 0; i < w->t->input_count; i++) {
        const Column *c = &w->columns[i];
        Str one = c->atoms - c->first <= 1 || is_other(c, w->atom[i]) ? S("-") : sample_words(w, i);
        all = i == 0 ? one : say(p, "%.*s | %.*s", STR_ARG(all), STR_ARG(one));
    }
    return say(p, "%.*s => ...", STR_ARG(all));
}

static void say_gap(Prover *w) {
    if (w->gap)
        return;
    w->gap = true;
    diag_add3(w->p->diags, DIAG_TABLE_GAP, w->t->at, w->t->name, counterexample(w), missing_row(w));
}

static void say_overlap(Prover *w, uint32_t a, uint32_t b) {
    if (w->overlap)
        return;
    w->overlap = true;
    Span first = w->t->rows[a].at, second = w->t->rows[b].at;
    Place place = source_place(w->p->sources, first.file, first.from);
    diag_other(diag_add3(w->p->diags, DIAG_TABLE_OVERLAP, second, w->t->name, counterexample(w),
                         say_count(w->p, place.line)),
               first);
}

/* ---- the walk */

/* The region is one in which rows[0..n) all hold. */
static void region_done(Prover *w, const uint32_t *rows, uint32_t n) {
    if (n == 0) {
        say_gap(w);
        return;
    }
    w->alive[rows[0]] = true;
    if (w->t->hit == HIT_UNIQUE && n > 1)
        say_overlap(w, rows[0], rows[1]);
}

static const Cell *cell_of(const Prover *w, uint32_t row, uint32_t column) {
    return &w->t->cells[(size_t)row * w->t->input_count + column];
}

static const AtomRanges *ranges_of(const Prover *w, uint32_t row, uint32_t column) {
    return &w->ranges[(size_t)row * w->t->input_count + column];
}

static bool any_below(const Prover *w, uint32_t row, uint32_t depth) {
    for (uint32_t d = depth; d < w->t->input_count; d++)
        if (!cell_of(w, row, w->order[d])->any)
            return false;
    return true;
}

static int atom_order(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The atoms at which the set of rows may change in a column, ascending; the first is the column's
 * first. */
static uint32_t *column_steps(Prover *w, uint32_t column, const uint32_t *rows, uint32_t n,
                              uint32_t *count) {
    const Column *c = &w->columns[column];
    size_t most = 2, used = 0;
    for (uint32_t i = 0; i < n; i++)
        most += 2 * (size_t)ranges_of(w, rows[i], column)->n;
    uint32_t *steps = new (&w->arena, uint32_t, most);
    if (steps == NULL)
        return NULL;
    steps[used++] = c->first;
    if (c->type.optional)
        steps[used++] = c->last;
    for (uint32_t i = 0; i < n; i++) {
        const AtomRanges *r = ranges_of(w, rows[i], column);
        for (uint32_t k = 0; k < r->n; k++) {
            steps[used++] = r->at[k].from;
            steps[used++] = r->at[k].to;
        }
    }
    qsort(steps, used, sizeof *steps, atom_order); /* a total order: equal atoms are one */
    *count = 0;
    for (size_t i = 0; i < used; i++)
        if (steps[i] < c->atoms && (*count == 0 || steps[*count - 1] != steps[i]))
            steps[(*count)++] = steps[i];
    return steps;
}

static bool walk(Prover *w, uint32_t depth, const uint32_t *rows, uint32_t n);

/* Goes through one column's steps; `left` are the rows that hold at the step, `last` those of the
 * step before. */
static bool walk_column(Prover *w, uint32_t depth, const uint32_t *rows, uint32_t n) {
    uint32_t column = w->order[depth], count, before = 0;
    uint32_t *steps = column_steps(w, column, rows, n, &count);
    uint32_t *left = new (&w->arena, uint32_t, n), *last = new (&w->arena, uint32_t, n);
    if (steps == NULL || left == NULL || last == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t m = 0;
        for (uint32_t k = 0; k < n; k++)
            if (ranges_have(ranges_of(w, rows[k], column), steps[i]))
                left[m++] = rows[k];
        bool same = i > 0 && m == before;
        for (uint32_t k = 0; same && k < m; k++)
            same = left[k] == last[k];
        if (same)
            continue;
        for (uint32_t k = 0; k < m; k++)
            last[k] = left[k];
        before = m;
        w->atom[column] = steps[i];
        if (!walk(w, depth + 1, left, m))
            return false;
    }
    return true;
}

static bool walk(Prover *w, uint32_t depth, const uint32_t *rows, uint32_t n) {
    bool decided = n > 0 && any_below(w, rows[0], depth) && (w->t->hit != HIT_UNIQUE || n == 1);
    if (decided || depth == w->t->input_count || n == 0) {
        for (uint32_t d = depth; d < w->t->input_count; d++)
            w->atom[w->order[d]] = w->columns[w->order[d]].first;
        region_done(w, rows, n);
        return true;
    }
    ArenaMark mark = arena_mark(&w->arena);
    bool ok = walk_column(w, depth, rows, n);
    arena_back(&w->arena, mark);
    return ok;
}

static bool prove_columns(Prover *w) {
    uint32_t n = w->t->input_count;
    for (uint32_t i = 0; i < n; i++) {
        ColumnType type = column_type(&w->t->inputs[i].type);
        if (column_cut(&type, w->t->cells + i, w->t->row_count, n, &w->arena, &w->columns[i]) != OK)
            return false;
        w->order[i] = i;
    }
    for (uint32_t i = 1; i < n; i++) /* few atoms first; ties in the order of the text */
        for (uint32_t k = i;
             k > 0 && w->columns[w->order[k]].atoms < w->columns[w->order[k - 1]].atoms; k--) {
            uint32_t swap = w->order[k];
            w->order[k] = w->order[k - 1];
            w->order[k - 1] = swap;
        }
    for (uint32_t r = 0; r < w->t->row_count; r++)
        for (uint32_t i = 0; i < n; i++)
            if (column_ranges(&w->columns[i], cell_of(w, r, i), &w->arena,
                              &w->ranges[(size_t)r * n + i]) != OK)
                return false;
    return true;
}

static bool prove(Prover *w) {
    uint32_t rows = w->t->row_count, n = w->t->input_count;
    w->columns = new (&w->arena, Column, n + 1);
    w->order = new (&w->arena, uint32_t, n + 1);
    w->atom = new (&w->arena, uint32_t, n + 1);
    w->alive = new (&w->arena, bool, rows + 1);
    w->ranges = new (&w->arena, AtomRanges, (size_t)rows * n + 1);
    uint32_t *all = new (&w->arena, uint32_t, rows + 1);
    if (w->columns == NULL || w->order == NULL || w->atom == NULL || w->alive == NULL ||
        w->ranges == NULL || all == NULL || !prove_columns(w))
        return false;
    for (uint32_t r = 0; r < rows; r++)
        all[r] = r;
    return walk(w, 0, all, rows);
}

void table_prove(Program *p, Table *t) {
    Prover w = {.p = p, .t = t};
    if (!prove(&w))
        p->nomem = true;
    for (uint32_t r = 0; !p->nomem && t->hit == HIT_FIRST && r < t->row_count; r++)
        if (!w.alive[r])
            diag_add1(p->diags, DIAG_DEAD_ROW, t->rows[r].at, t->name);
    arena_free(&w.arena);
}
