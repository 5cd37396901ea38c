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
    uint32_t count; /* rows of a leaf */
    Ranks steps;    /* atoms at which the child changes; the first is 0 */
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

/* Where a row begins or ceases to match in a column; `at` is its place among the rows looked at. */
typedef struct Edge {
    uint32_t atom, at;
    bool begins;
} Edge;

static int edge_order(const void *a, const void *b) {
    const Edge *x = a, *y = b;
    if (x->atom != y->atom)
        return x->atom < y->atom ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* The edges of the rows in a column, by atom. Scratch memory. */
static Edge *edges_of(Build *w, uint32_t column, const uint32_t *rows, uint32_t n,
                      uint32_t *count) {
    size_t most = 0;
    *count = 0;
    for (uint32_t i = 0; i < n; i++)
        most += 2 * (size_t)ranges_at(w->l, rows[i], column)->n;
    Edge *edges = most > UINT32_MAX ? NULL : new (&w->scratch, Edge, most + 1);
    if (edges == NULL) {
        w->status = ERR_NOMEM;
        return NULL;
    }
    for (uint32_t i = 0; i < n; i++) {
        const AtomRanges *r = ranges_at(w->l, rows[i], column);
        for (uint32_t k = 0; k < r->n; k++) {
            edges[(*count)++] = (Edge){r->at[k].from, i, true};
            edges[(*count)++] = (Edge){r->at[k].to, i, false};
        }
    }
    if (*count > 1)
        qsort(edges, *count, sizeof *edges, edge_order); /* total: a row's ranges don't touch */
    return edges;
}

/* The places of the rows that match at an atom, ascending. */
typedef struct Active {
    uint32_t *at;
    uint32_t n;
} Active;

static void cross(Active *active, const Edge *edge) {
    uint32_t low = 0, high = active->n;
    if (high > 0 && active->at[high - 1] < edge->at)
        low = high;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (active->at[middle] < edge->at)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t *at = active->at + low, behind = active->n - low;
    if (edge->begins) {
        memmove(at + 1, at, behind * sizeof *at);
        *at = edge->at;
        active->n++;
    } else {
        memmove(at, at + 1, (behind - 1) * sizeof *at);
        active->n--;
    }
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

/* Sweeps over the column's edges: between two of them the same rows match. */
static const Decision *branch(Build *w, uint32_t column, const uint32_t *rows, uint32_t n,
                              uint64_t open) {
    uint32_t count, kept = 0, next = 0;
    const Edge *edges = edges_of(w, column, rows, n, &count);
    Active active = {.at = new (&w->scratch, uint32_t, n + 1)};
    uint32_t *left = new (&w->scratch, uint32_t, n + 1);
    int64_t *starts = w->status == OK ? new (w->a, int64_t, count + 1) : NULL;
    const Decision **children = w->status == OK ? new (w->a, const Decision *, count + 1) : NULL;
    Decision *d = new (w->a, Decision, 1);
    if (active.at == NULL || left == NULL || starts == NULL || children == NULL || d == NULL) {
        w->status = ERR_NOMEM;
        return NULL;
    }
    for (uint32_t atom = 0; atom < w->l->column[column].atoms && w->status == OK;) {
        for (; next < count && edges[next].atom == atom; next++)
            cross(&active, &edges[next]);
        for (uint32_t i = 0; i < active.n; i++)
            left[i] = rows[active.at[i]];
        starts[kept] = atom;
        children[kept++] = decide(w, left, active.n, open & ~((uint64_t)1 << column));
        atom = next < count ? edges[next].atom : w->l->column[column].atoms;
    }
    *d = (Decision){.column = column, .children = children};
    if (w->status == OK)
        w->status = ranks_make(starts, kept, w->a, &d->steps);
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
        d = d->children[ranks_below(&d->steps, out->atoms[d->column]) - 1];
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
