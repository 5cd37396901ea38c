/* run: whether two forms of a table give the same for all values. Both are cut into the atoms that
 * the cells of either tell apart; each combination of atoms stands for all values in it. */
#include "engine/run/mutate.h"

enum { COMBINATIONS_MOST = 100000, WORK_MOST = 4000000 };

typedef struct Form {
    const Bundle *b;
    const TableDef *t;
    uint8_t **matches; /* of each input: of each row and atom, whether the cell takes it */
} Form;

typedef struct Same {
    Form form[2];
    Arena *a;
    Column *columns;
    uint32_t inputs;
    uint32_t *atoms; /* of each input: the combination at hand */
} Same;

/* Cuts a column by the cells of both. */
static Status cut(Same *s, uint32_t input) {
    const TableDef *x = s->form[0].t, *y = s->form[1].t;
    uint32_t rows = x->row_count + y->row_count;
    Cell *cells = new (s->a, Cell, rows + 1);
    if (cells == NULL)
        return ERR_NOMEM;
    for (uint32_t r = 0; r < rows; r++)
        cells[r] = r < x->row_count ? x->cells[(size_t)r * s->inputs + input]
                                    : y->cells[(size_t)(r - x->row_count) * s->inputs + input];
    ColumnType type = bundle_column(s->form[0].b, &x->inputs[input].type);
    return column_cut(&type, cells, rows, 1, s->a, &s->columns[input]);
}

static Status match(Same *s, Form *f, uint32_t input) {
    const Column *c = &s->columns[input];
    uint8_t *out = f->matches[input] = new (s->a, uint8_t, (size_t)f->t->row_count * c->atoms + 1);
    if (out == NULL)
        return ERR_NOMEM;
    for (uint32_t r = 0; r < f->t->row_count; r++) {
        AtomRanges ranges;
        TRY(column_ranges(c, &f->t->cells[(size_t)r * s->inputs + input], s->a, &ranges));
        for (uint32_t i = 0; i < ranges.n; i++)
            for (uint32_t atom = ranges.at[i].from; atom < ranges.at[i].to && atom < c->atoms;
                 atom++)
                out[(size_t)r * c->atoms + atom] = 1;
    }
    return OK;
}

/* The row that goes first, or -1. */
static int32_t row_of(const Same *s, const Form *f) {
    for (uint32_t i = 0; i < f->t->row_count; i++) {
        uint32_t r = f->t->order[i];
        bool all = true;
        for (uint32_t k = 0; k < s->inputs && all; k++)
            all = f->matches[k][(size_t)r * s->columns[k].atoms + s->atoms[k]] != 0;
        if (all)
            return (int32_t)r;
    }
    return -1;
}

/* Whether two functions compute the same, instruction by instruction. */
static bool fns_agree(const Bundle *a, const FnDef *x, const Bundle *b, const FnDef *y) {
    if (x->to - x->from != y->to - y->from)
        return false;
    for (uint32_t i = 0; i < x->to - x->from; i++) {
        uint32_t v = a->code[x->from + i], w = b->code[y->from + i];
        bool constants = INS_OP(v) == OP_LOADK && INS_OP(w) == OP_LOADK && INS_A(v) == INS_A(w);
        if (constants ? !value_eq(a->constants[INS_BX(v)], b->constants[INS_BX(w)]) : v != w)
            return false;
    }
    return true;
}

static bool rows_agree(const Same *s, int32_t x, int32_t y) {
    const TableDef *t = s->form[0].t, *u = s->form[1].t;
    if (x < 0 || y < 0)
        return x == y;
    int32_t f = t->row_fns[x], g = u->row_fns[y];
    if ((f < 0) != (g < 0))
        return false;
    if (f >= 0)
        return fns_agree(s->form[0].b, &s->form[0].b->fns[f], s->form[1].b, &s->form[1].b->fns[g]);
    for (uint32_t o = 0; o < t->output_count; o++)
        if (!value_eq(t->results[(size_t)x * t->output_count + o],
                      u->results[(size_t)y * t->output_count + o]))
            return false;
    return true;
}

/* The next combination; false: that was the last. */
static bool advance(Same *s) {
    for (uint32_t i = 0; i < s->inputs; i++) {
        if (++s->atoms[i] < s->columns[i].atoms)
            return true;
        s->atoms[i] = s->columns[i].first;
    }
    return false;
}

static bool few_enough(const Same *s) {
    uint64_t n = 1, rows = (uint64_t)s->form[0].t->row_count + s->form[1].t->row_count;
    for (uint32_t i = 0; i < s->inputs; i++) {
        n *= s->columns[i].atoms - s->columns[i].first;
        if (n > COMBINATIONS_MOST)
            return false;
    }
    return n * (rows + 1) <= WORK_MOST;
}

static bool forms_fit(const TableDef *x, const TableDef *y) {
    return x->input_count == y->input_count && x->output_count == y->output_count &&
           x->hit == y->hit && !hit_gathers((HitRow)x->hit);
}

Status tables_agree(const Bundle *a, const TableDef *x, const Bundle *b, const TableDef *y,
                    bool *agree) {
    Arena scratch = {0};
    Same s = {
        .form = {{.b = a, .t = x}, {.b = b, .t = y}}, .a = &scratch, .inputs = x->input_count};
    Status status = OK;
    *agree = false;
    if (!forms_fit(x, y))
        return OK;
    s.columns = new (&scratch, Column, s.inputs + 1);
    s.atoms = new (&scratch, uint32_t, s.inputs + 1);
    for (int i = 0; i < 2; i++)
        s.form[i].matches = new (&scratch, uint8_t *, s.inputs + 1);
    if (s.columns == NULL || s.atoms == NULL || s.form[0].matches == NULL ||
        s.form[1].matches == NULL)
        status = ERR_NOMEM;
    for (uint32_t i = 0; i < s.inputs && status == OK; i++) {
        status = cut(&s, i);
        for (int k = 0; k < 2 && status == OK; k++)
            status = match(&s, &s.form[k], i);
        s.atoms[i] = status == OK ? s.columns[i].first : 0;
    }
    if (status == OK && few_enough(&s)) {
        do
            *agree = rows_agree(&s, row_of(&s, &s.form[0]), row_of(&s, &s.form[1]));
        while (*agree && advance(&s));
    }
    arena_free(&scratch);
    return status;
}
