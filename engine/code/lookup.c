/* code: finding a table's row by a graph of decisions. */
#include "engine/code/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/check.h"

/* A node decides on one column: the child of the last step that is not above the atom. A leaf has
 * column LEAF and lists rows to try in order; `sure` says that they need no more tests. */
#define LEAF UINT32_MAX
enum { LEAF_ROWS = 3, NODES_A_ROW = 64, NODES_MORE = 4096 };

typedef struct Decision {
    uint32_t column;
    uint32_t count;        /* steps, or rows of a leaf */
    const uint32_t *steps; /* atoms at which the child changes, ascending */
    const struct Decision **children;
    const uint32_t *rows;
    bool sure;
} Decision;

struct Lookup {
    uint32_t columns;
    Column *column;
    AtomRanges *ranges; /* of row r and column c at r * columns + c */
    bool *any;          /* of the same cell: it matches all atoms */
    const Decision *root;
    bool all;             /* leaves hold all rows that match, not only the first */
    uint32_t nodes, most; /* made, and how many may be */
};

typedef struct Build {
    Lookup *l;
    Arena *a;
    Arena scratch;
    Status status;
} Build;

static const AtomRanges *ranges_at(const Lookup *l, uint32_t row, uint32_t column) {
    return &l->ranges[(size_t)row * l->columns + column];
}

static bool any_in(const Lookup *l, uint32_t row, uint64_t open) {
    for (uint32_t c = 0; c < l->columns; c++)
        if ((open >> c & 1) != 0 && !l->any[(size_t)row * l->columns + c])
            return false;
    return true;
}

static int step_order(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The atoms at which the rows' matches in a column may change. Scratch memory. */
static uint32_t *steps_of(Build *w, uint32_t column, const uint32_t *rows, uint32_t n,
                          uint32_t *count) {
    const Lookup *l = w->l;
    size_t most = 1, used = 0;
    for (uint32_t i = 0; i < n; i++)
        most += 2 * (size_t)ranges_at(l, rows[i], column)->n;
    uint32_t *steps = new (&w->scratch, uint32_t, most);
    if (steps == NULL) {
        w->status = ERR_NOMEM;
        return NULL;
    }
    steps[used++] = 0;
    for (uint32_t i = 0; i < n; i++) {
        const AtomRanges *r = ranges_at(l, rows[i], column);
        for (uint32_t k = 0; k < r->n; k++) {
            steps[used++] = r->at[k].from;
            steps[used++] = r->at[k].to;
        }
    }
    qsort(steps, used, sizeof *steps, step_order); /* a total order: equal steps are one */
    *count = 0;
    for (size_t i = 0; i < used; i++)
        if (steps[i] < l->column[column].atoms && (*count == 0 || steps[*count - 1] != steps[i]))
            steps[(*count)++] = steps[i];
    return steps;
}

/* Of the open columns, the one that leaves the fewest rows an atom: in how many steps, on average,
 * a row still holds. Compared as fractions: sum / count. */
static uint32_t choose(Build *w, const uint32_t *rows, uint32_t n, uint64_t open) {
    const Lookup *l = w->l;
    uint32_t best = LEAF;
    uint64_t best_sum = 0, best_count = 1;
    for (uint32_t c = 0; c < l->columns; c++) {
        if ((open >> c & 1) == 0)
            continue;
        uint64_t sum = 0, atoms = l->column[c].atoms - l->column[c].first;
        bool tests = false;
        for (uint32_t i = 0; i < n; i++) {
            const AtomRanges *r = ranges_at(l, rows[i], c);
            tests = tests || !l->any[(size_t)rows[i] * l->columns + c];
            for (uint32_t k = 0; k < r->n; k++)
                sum += r->at[k].to - r->at[k].from;
        }
        if (tests && (best == LEAF || sum * best_count < best_sum * atoms)) {
            best = c;
            best_sum = sum;
            best_count = atoms == 0 ? 1 : atoms;
        }
    }
    return best;
}

static const Decision *decide(Build *w, const uint32_t *rows, uint32_t n, uint64_t open);

static const Decision *leaf(Build *w, const uint32_t *rows, uint32_t n, bool sure) {
    Decision *d = new (w->a, Decision, 1);
    uint32_t *copy = new (w->a, uint32_t, n + 1);
    if (d == NULL || copy == NULL) {
        w->status = ERR_NOMEM;
        return NULL;
    }
    memcpy(copy, rows, n * sizeof *rows);
    *d = (Decision){.column = LEAF, .count = n, .rows = copy, .sure = sure};
    return d;
}

static const Decision *branch(Build *w, uint32_t column, const uint32_t *rows, uint32_t n,
                              uint64_t open) {
    uint32_t count = 0, kept = 0, before = 0;
    uint32_t *steps = steps_of(w, column, rows, n, &count);
    uint32_t *left = new (&w->scratch, uint32_t, n + 1), *last = new (&w->scratch, uint32_t, n + 1);
    uint32_t *starts = w->status == OK ? new (w->a, uint32_t, count) : NULL;
    const Decision **children = w->status == OK ? new (w->a, const Decision *, count) : NULL;
    Decision *d = new (w->a, Decision, 1);
    if (left == NULL || last == NULL || starts == NULL || children == NULL || d == NULL) {
        w->status = ERR_NOMEM;
        return NULL;
    }
    for (uint32_t i = 0; i < count && w->status == OK; i++) {
        uint32_t m = 0;
        for (uint32_t k = 0; k < n; k++)
            if (ranges_have(ranges_at(w->l, rows[k], column), steps[i]))
                left[m++] = rows[k];
        if (i > 0 && m == before && memcmp(left, last, m * sizeof *left) == 0)
            continue;
        memcpy(last, left, m * sizeof *left);
        before = m;
        starts[kept] = steps[i];
        children[kept++] = decide(w, left, m, open & ~((uint64_t)1 << column));
    }
    *d = (Decision){.column = column, .count = kept, .steps = starts, .children = children};
    return d;
}

/* Rows behind one that surely matches are dropped where the first is wanted. */
static const Decision *decide(Build *w, const uint32_t *rows, uint32_t n, uint64_t open) {
    w->l->nodes++;
    uint32_t m = 0;
    while (m < n && any_in(w->l, rows[m], open) == w->l->all)
        m++;
    if (w->l->all && m == n)
        return leaf(w, rows, n, true);
    if (!w->l->all && m == 0)
        return leaf(w, rows, n == 0 ? 0 : 1, true);
    uint32_t candidates = !w->l->all && m < n ? m + 1 : n;
    uint32_t column = choose(w, rows, candidates, open);
    if (candidates <= LEAF_ROWS || column == LEAF || w->l->nodes > w->l->most)
        return leaf(w, rows, candidates, false);
    ArenaMark mark = arena_mark(&w->scratch);
    const Decision *d = branch(w, column, rows, candidates, open);
    arena_back(&w->scratch, mark);
    return d;
}

Status lookup_build(const ColumnType *types, uint32_t columns, const Cell *cells, uint32_t rows,
                    const uint32_t *order, bool all, Arena *a, Lookup **out) {
    if (columns > LOOKUP_COLUMNS)
        return ERR_LIMIT;
    Lookup *l = new (a, Lookup, 1);
    if (l == NULL)
        return ERR_NOMEM;
    l->columns = columns;
    l->all = all;
    l->column = new (a, Column, columns + 1);
    l->ranges = new (a, AtomRanges, (size_t)rows * columns + 1);
    l->any = new (a, bool, (size_t)rows *columns + 1);
    if (l->column == NULL || l->ranges == NULL || l->any == NULL)
        return ERR_NOMEM;
    for (uint32_t c = 0; c < columns; c++) {
        TRY(column_cut(&types[c], cells + c, rows, columns, a, &l->column[c]));
        for (uint32_t r = 0; r < rows; r++) {
            AtomRanges *ranges = &l->ranges[(size_t)r * columns + c];
            TRY(column_ranges(&l->column[c], &cells[(size_t)r * columns + c], a, ranges));
            l->any[(size_t)r * columns + c] = ranges->n == 1 &&
                                              ranges->at[0].from <= l->column[c].first &&
                                              ranges->at[0].to == l->column[c].atoms;
        }
    }
    l->most =
        rows > UINT32_MAX / NODES_A_ROW - NODES_MORE ? UINT32_MAX : rows * NODES_A_ROW + NODES_MORE;
    Build w = {.l = l, .a = a};
    l->root = decide(&w, order, rows,
                     columns == LOOKUP_COLUMNS ? ~(uint64_t)0 : ((uint64_t)1 << columns) - 1);
    arena_free(&w.scratch);
    *out = l;
    return w.status;
}

static bool row_matches(const Lookup *l, uint32_t row, const uint32_t *atoms) {
    for (uint32_t c = 0; c < l->columns; c++)
        if (!l->any[(size_t)row * l->columns + c] && !ranges_have(ranges_at(l, row, c), atoms[c]))
            return false;
    return true;
}

static uint32_t step_find(const Decision *d, uint32_t atom) {
    uint32_t low = 0, high = d->count; /* steps[low] <= atom < steps[high] */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (d->steps[middle] <= atom)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void lookup_begin(const Lookup *l, const Value *inputs, Hits *out) {
    out->l = l;
    out->rows = NULL;
    out->n = out->next = 0;
    out->sure = false;
    for (uint32_t c = 0; c < l->columns; c++) {
        out->atoms[c] = column_atom(&l->column[c], inputs[c]);
        if (out->atoms[c] >= l->column[c].atoms)
            return; /* outside what the column can hold */
    }
    const Decision *d = l->root;
    while (d->column != LEAF)
        d = d->children[step_find(d, out->atoms[d->column])];
    out->rows = d->rows;
    out->n = d->count;
    out->sure = d->sure;
}

int32_t lookup_next(Hits *hits) {
    while (hits->next < hits->n) {
        uint32_t row = hits->rows[hits->next++];
        if (hits->sure || row_matches(hits->l, row, hits->atoms))
            return (int32_t)row;
    }
    return -1;
}

int32_t lookup_row(const Lookup *l, const Value *inputs) {
    Hits hits;
    lookup_begin(l, inputs, &hits);
    return lookup_next(&hits);
}
