/* check: what a decision table covers, proved. Walking its columns atom by atom (base/atoms.h),
 * with the rows that are left, meets every combination of values that can differ; where nothing new
 * can be met (no gap, and each row is known to be the first somewhere) it does not go on. Rows that
 * cross in many columns make too many combinations: the work is bounded, and when it ends before
 * the proof does, that is said. */
#include "engine/check/check_int.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/limits.h"

typedef struct Prover {
    Program *p;
    Table *t;
    Arena arena;
    Column *columns;
    uint32_t *order;    /* columns, those with few atoms first */
    AtomRanges *ranges; /* of row r and column c at r * columns + c */
    uint32_t *atom;     /* of each column, where the walk is */
    bool *alive;        /* row: it is the first somewhere, or nobody asks */
    bool gap;
    uint64_t work; /* rows looked at, LIMIT_PROOF at most */
} Prover;

/* Whether n more rows may be looked at. */
static bool may_work(Prover *w, uint64_t n) {
    w->work += n;
    return w->work <= LIMIT_PROOF;
}

/* ---- words for a counterexample */

static const AtomRanges *ranges_of(const Prover *w, uint32_t row, uint32_t column) {
    return &w->ranges[(size_t)row * w->t->input_count + column];
}

static const Cell *cell_of(const Prover *w, uint32_t row, uint32_t column) {
    return &w->t->cells[(size_t)row * w->t->input_count + column];
}

/* Whether an atom of texts or parties is one that no cell names, not even to leave it out. */
static bool is_other(Prover *w, uint32_t column, uint32_t atom) {
    const Column *c = &w->columns[column];
    if (c->values != NULL)
        return atom == c->value_count;
    bool other = c->type.kind == V_TEXT && c->ordered;
    ArenaMark mark = arena_mark(&w->arena);
    for (uint32_t r = 0; r < w->t->row_count && other; r++) {
        const Cell *cell = cell_of(w, r, column);
        for (uint32_t i = 0; i < cell->test_count && other; i++) {
            CellTest test = cell->tests[i];
            AtomRanges ranges;
            test.negated = test.also = false;
            Cell alone = {.tests = &test, .test_count = 1};
            other =
                column_ranges(c, &alone, &w->arena, &ranges) == OK && !ranges_have(&ranges, atom);
        }
    }
    arena_back(&w->arena, mark);
    return other;
}

static Str sample_words(Prover *w, uint32_t column) {
    const Column *c = &w->columns[column];
    const Type *type = &w->t->inputs[column].type;
    uint32_t atom = w->atom[column];
    Program *p = w->p;
    if (c->type.optional && atom == c->last)
        return say_both(p, "absent", "空缺");
    if (type->kind == TY_FLAG)
        return atom == 1 ? say_both(p, "yes", "是") : say_both(p, "no", "否");
    if (type->kind == TY_ENUM)
        return type->members->members[atom].name;
    if (is_other(w, column, atom))
        return type->kind == TY_PARTY ? say_both(p, "any other party", "其他主体")
                                      : say_both(p, "any other text", "其他文本");
    if (c->ordered && c->cut_count == 0)
        return say_both(p, "anything", "任意值");
    Buf out = {0};
    Value sample;
    if (column_sample(c, atom, p->arena, &sample) != OK) {
        p->nomem = true;
        return S("");
    }
    put_literal(p, &out, sample);
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
    return all.n == 0 ? say_both(p, "anything", "任何情形") : all;
}

static Str missing_row(Prover *w) {
    Program *p = w->p;
    Str all = {NULL, 0};
    for (uint32_t i = 0; i < w->t->column_count; i++) {
        const Column *c = &w->columns[i];
        Str one =
            c->atoms - c->first <= 1 || is_other(w, i, w->atom[i]) ? S("-") : sample_words(w, i);
        one = str_eq(one, S("-")) ? contains_said(p, w->t, i, w->atom) : one;
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

/* ---- two rows that cover the same, in a table where they may not */

static void say_overlap(Prover *w, uint32_t a, uint32_t b) {
    Span first = w->t->rows[a].at, second = w->t->rows[b].at;
    Place place = source_place(w->p->sources, first.file, first.from);
    DiagCode code = w->t->hit == HIT_ANY ? DIAG_ANY_DIFFERS : DIAG_TABLE_OVERLAP;
    diag_other(diag_add3(w->p->diags, code, second, w->t->name, counterexample(w),
                         say_count(w->p, place.line)),
               first);
}

/* The first atom that both have. */
static bool first_common(const AtomRanges *a, const AtomRanges *b, uint32_t *out) {
    for (uint32_t i = 0, k = 0; i < a->n && k < b->n;) {
        uint32_t from = a->at[i].from > b->at[k].from ? a->at[i].from : b->at[k].from;
        uint32_t to = a->at[i].to < b->at[k].to ? a->at[i].to : b->at[k].to;
        if (from < to) {
            *out = from;
            return true;
        }
        if (a->at[i].to <= b->at[k].to)
            i++;
        else
            k++;
    }
    return false;
}

/* Whether two rows surely give the same. */
static bool rows_agree(const Prover *w, uint32_t a, uint32_t b) {
    for (uint32_t o = 0; o < w->t->output_count; o++) {
        const Node *x = w->t->rows[a].outputs[o], *y = w->t->rows[b].outputs[o];
        Value v, u;
        bool constants = x->bind == BIND_CONST && y->bind == BIND_CONST;
        if (constants && literal_value(w->p, x, &v) && literal_value(w->p, y, &u) && value_eq(v, u))
            continue;
        if (!expr_same(x, y))
            return false;
    }
    return true;
}

static bool rows_meet(const Prover *w, uint32_t a, uint32_t b) {
    uint32_t atom;
    if (w->t->hit == HIT_ANY && rows_agree(w, a, b))
        return false;
    for (uint32_t c = 0; c < w->t->input_count; c++)
        if (!first_common(ranges_of(w, a, c), ranges_of(w, b, c), &atom))
            return false;
    return true;
}

typedef struct Extent {
    uint32_t from, to, row; /* the atoms of a row in one column, holes and all */
} Extent;

static int extent_order(const void *a, const void *b) {
    const Extent *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* The pair that comes first in the text, among those that meet. Rows are put in order along the
 * column with the most atoms, where few lie side by side. */
static bool find_overlap(Prover *w) {
    uint32_t rows = w->t->row_count, n = 0, second = UINT32_MAX, first = 0;
    uint32_t column = w->t->input_count == 0 ? 0 : w->order[w->t->input_count - 1];
    Extent *extents = new (&w->arena, Extent, rows + 1);
    if (extents == NULL)
        return false;
    for (uint32_t r = 0; r < rows; r++) {
        const AtomRanges *ranges = w->t->input_count == 0 ? NULL : ranges_of(w, r, column);
        if (ranges == NULL)
            extents[n++] = (Extent){0, 1, r};
        else if (ranges->n > 0)
            extents[n++] = (Extent){ranges->at[0].from, ranges->at[ranges->n - 1].to, r};
    }
    qsort(extents, n, sizeof *extents, extent_order); /* a total order: rows differ */
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = i + 1; k < n && extents[k].from < extents[i].to; k++) {
            uint32_t x = extents[i].row, y = extents[k].row;
            uint32_t low = x < y ? x : y, high = x < y ? y : x;
            if (!may_work(w, 1))
                return false;
            if ((high < second || (high == second && low < first)) && rows_meet(w, x, y)) {
                second = high;
                first = low;
            }
        }
    if (second == UINT32_MAX)
        return true;
    for (uint32_t c = 0; c < w->t->input_count; c++)
        (void)first_common(ranges_of(w, first, c), ranges_of(w, second, c), &w->atom[c]);
    say_overlap(w, first, second);
    return true;
}

/* ---- the walk */

static bool any_below(const Prover *w, uint32_t row, uint32_t depth) {
    for (uint32_t d = depth; d < w->t->input_count; d++)
        if (!cell_of(w, row, w->order[d])->any)
            return false;
    return true;
}

/* Where a row begins or ends to hold as a column is walked. */
typedef struct Step {
    uint32_t atom, row; /* row: its place in the list that is walked */
    bool begins;
} Step;

static int step_order(const void *a, const void *b) {
    const Step *x = a, *y = b;
    if (x->atom != y->atom)
        return x->atom < y->atom ? -1 : 1;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return x->begins - y->begins;
}

/* The steps of rows[0..n) in a column, in order. A row's ranges do not touch. */
static Step *column_steps(Prover *w, uint32_t column, const uint32_t *rows, uint32_t n,
                          size_t *count) {
    size_t most = 1;
    for (uint32_t i = 0; i < n; i++)
        most += 2 * (size_t)ranges_of(w, rows[i], column)->n;
    Step *steps = new (&w->arena, Step, most);
    *count = 0;
    for (uint32_t i = 0; steps != NULL && i < n; i++) {
        const AtomRanges *r = ranges_of(w, rows[i], column);
        for (uint32_t k = 0; k < r->n; k++) {
            steps[(*count)++] = (Step){r->at[k].from, i, true};
            steps[(*count)++] = (Step){r->at[k].to, i, false};
        }
    }
    if (steps != NULL)
        qsort(steps, *count, sizeof *steps, step_order); /* a total order: no two are equal */
    return steps;
}

/* The rows that hold at one atom, by their places in the list that is walked, ascending. */
typedef struct Holding {
    uint32_t *places, *rows, n;
} Holding;

static void take_step(Holding *h, const Step *step, const uint32_t *rows) {
    uint32_t low = 0, high = h->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (h->places[middle] < step->row)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t behind = h->n - low;
    if (step->begins) {
        memmove(h->places + low + 1, h->places + low, behind * sizeof *h->places);
        memmove(h->rows + low + 1, h->rows + low, behind * sizeof *h->rows);
        h->places[low] = step->row;
        h->rows[low] = rows[step->row];
        h->n++;
    } else {
        memmove(h->places + low, h->places + low + 1, (behind - 1) * sizeof *h->places);
        memmove(h->rows + low, h->rows + low + 1, (behind - 1) * sizeof *h->rows);
        h->n--;
    }
}

static bool walk(Prover *w, uint32_t depth, const uint32_t *rows, uint32_t n, bool covered);

/* Goes through one column: from each atom at which the rows that hold change to the next one. */
static bool walk_column(Prover *w, uint32_t depth, const uint32_t *rows, uint32_t n, bool covered) {
    uint32_t column = w->order[depth];
    const Column *c = &w->columns[column];
    size_t count, next = 0;
    Step *steps = column_steps(w, column, rows, n, &count);
    Holding h = {new (&w->arena, uint32_t, n + 1), new (&w->arena, uint32_t, n + 1), 0};
    if (steps == NULL || h.places == NULL || h.rows == NULL)
        return false;
    for (uint32_t atom = c->first; atom < c->atoms;) {
        for (; next < count && steps[next].atom <= atom; next++)
            take_step(&h, &steps[next], rows);
        w->atom[column] = atom;
        if (!may_work(w, h.n + 1) || !walk(w, depth + 1, h.rows, h.n, covered))
            return false;
        atom = next < count && steps[next].atom < c->atoms ? steps[next].atom : c->atoms;
    }
    return true;
}

/* Of the rows that hold here, those that may still tell something: up to the first that covers all
 * that is left, and where no gap is looked for, up to the last that is not yet known to be the
 * first somewhere. */
static uint32_t worth(const Prover *w, uint32_t depth, const uint32_t *rows, uint32_t n,
                      bool *covered) {
    uint32_t m = 0;
    while (m < n && !any_below(w, rows[m], depth))
        m++;
    *covered = *covered || m < n || w->gap;
    n = m < n ? m + 1 : n;
    while (*covered && n > 0 && w->alive[rows[n - 1]])
        n--;
    return n;
}

/* covered: no combination here is without a row, or a gap is known already. */
static bool walk(Prover *w, uint32_t depth, const uint32_t *rows, uint32_t n, bool covered) {
    n = worth(w, depth, rows, n, &covered);
    if (n == 0 && covered)
        return true;
    if (n == 0 || any_below(w, rows[0], depth)) {
        for (uint32_t d = depth; d < w->t->input_count; d++)
            w->atom[w->order[d]] = w->columns[w->order[d]].first;
        if (n == 0)
            say_gap(w);
        else
            w->alive[rows[0]] = true;
        return true;
    }
    ArenaMark mark = arena_mark(&w->arena);
    bool ok = walk_column(w, depth, rows, n, covered);
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

/* Whether one of the rows that apply counts, the first on the way. */
static bool one_counts(const Table *t) {
    return t->hit == HIT_FIRST || t->hit == HIT_ANY || t->hit == HIT_PRIORITY;
}

/* Whether a cell of the row leaves no value of its column. */
static bool never_applies(const Prover *w, uint32_t row) {
    for (uint32_t c = 0; c < w->t->input_count; c++)
        if (ranges_of(w, row, c)->n == 0)
            return true;
    return false;
}

static bool ranges_within(const AtomRanges *inner, const AtomRanges *outer) {
    for (uint32_t i = 0, k = 0; i < inner->n; i++) {
        while (k < outer->n && outer->at[k].to < inner->at[i].to)
            k++;
        if (k == outer->n || outer->at[k].from > inner->at[i].from)
            return false;
    }
    return true;
}

static bool prove(Prover *w) {
    uint32_t rows = w->t->row_count, n = w->t->input_count;
    w->columns = new (&w->arena, Column, n + 1);
    w->order = new (&w->arena, uint32_t, n + 1);
    w->atom = new (&w->arena, uint32_t, n + 1);
    w->alive = new (&w->arena, bool, rows + 1);
    w->ranges = new (&w->arena, AtomRanges, (size_t)rows * n + 1);
    if (w->columns == NULL || w->order == NULL || w->atom == NULL || w->alive == NULL ||
        w->ranges == NULL || !prove_columns(w))
        return false;
    for (uint32_t r = 0; r < rows; r++)
        w->alive[r] = !one_counts(w->t) && !never_applies(w, r);
    bool may_lack =
        hit_gathers(w->t->hit) && !(hit_picks(w->t->hit) && !w->t->outputs[0].type.optional);
    bool may_meet = w->t->hit != HIT_UNIQUE && w->t->hit != HIT_ANY;
    w->gap = may_lack; /* none is looked for */
    return (may_meet || find_overlap(w)) && walk(w, 0, w->t->order, rows, false);
}

/* The first row on the way that alone covers all of row r; -1: there is none. */
static int64_t covering_row(Prover *w, uint32_t r) {
    for (uint32_t i = 0; one_counts(w->t) && w->t->order[i] != r && may_work(w, 1); i++) {
        bool covers = true;
        for (uint32_t c = 0; covers && c < w->t->input_count; c++)
            covers = ranges_within(ranges_of(w, r, c), ranges_of(w, w->t->order[i], c));
        if (covers)
            return w->t->order[i];
    }
    return -1;
}

static void say_dead(Prover *w, uint32_t r) {
    Program *p = w->p;
    int64_t by = never_applies(w, r) ? -1 : covering_row(w, r);
    Str why = say_both(p, "the rows that go before it cover all that it covers",
                       "先于它的各行已涵盖它的全部情形");
    if (never_applies(w, r)) {
        why = say_both(p, "a cell of it leaves no value", "它有一格不含任何值");
    } else if (by >= 0) {
        Span at = w->t->rows[by].at;
        Place place = source_place(p->sources, at.file, at.from);
        why = say(p, "%.*s%u%.*s", STR_ARG(say_both(p, "the row on line ", "第 ")), place.line,
                  STR_ARG(say_both(p, " covers all that it covers", " 行已涵盖它的全部情形")));
    }
    diag_add2(p->diags, DIAG_DEAD_ROW, w->t->rows[r].at, w->t->name, why);
}

void table_prove(Program *p, Table *t) {
    Prover w = {.p = p, .t = t};
    bool proved = prove(&w);
    if (!proved && w.work > LIMIT_PROOF)
        diag_add1(p->diags, DIAG_TABLE_UNPROVED, t->at, t->name);
    else if (!proved)
        p->nomem = true;
    for (uint32_t r = 0; proved && r < t->row_count; r++)
        if (!w.alive[r])
            say_dead(&w, r);
    arena_free(&w.arena);
}
