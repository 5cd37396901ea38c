/* audit: where two tables answer otherwise. The columns of both are cut into the atoms that the
 * cells of either tell apart, and what their rows compute with; each combination of atoms is asked
 * of both by a value of each. Combinations that are answered otherwise in the same way are put
 * together into regions. */
#include "engine/audit/differ_int.h"

#include <stdlib.h>

#include "engine/base/ckd.h"
#include "engine/base/json.h"
#include "engine/vm/vm.h"

#define NOWHERE UINT32_MAX
enum {
    COMBINATIONS_MOST = 200000,
    TRIES_MOST = 20000, /* of a table that has more of them */
    REGIONS_MOST = 12,
    CONSTANTS_MOST = 12, /* of a column: what rows compute with */
};

/* A column that both have. */
typedef struct Shared {
    uint32_t at[SIDES]; /* its number in each */
    Str *members;       /* of an enumeration: those of both, the old ones first */
    uint32_t member_count;
    uint32_t *member_of[SIDES]; /* of each: its number in the side, or NOWHERE */
    Column column;
    Value *samples; /* one an atom */
} Shared;

typedef struct Answer {
    Str bytes; /* what it is, whatever the side's numbers are */
    Str words;
} Answer;

typedef struct Tables {
    Differ *d;
    Change *c;
    const TableDef *t[SIDES];
    Shared *columns;
    uint32_t n;
    uint64_t all; /* combinations */
    uint32_t *atoms;
    Vm *vm[SIDES];
    int64_t at;  /* the instant at which they are asked */
    Arena arena; /* of the question at hand */
    Value *regs;
    struct {
        Answer *at;
        uint32_t n, room;
    } answers;
    uint32_t *slots; /* of the answers, open addressing: number and 1 */
    uint32_t slot_count;
    uint32_t *gives[SIDES]; /* of each combination: its answer */
    uint8_t *told;          /* it is in a region */
    Buf bytes;
} Tables;

/* ---- columns */

static bool types_fit(const TypeDef *a, const TypeDef *b) {
    return a->kind == b->kind && a->item == b->item && a->currency == b->currency &&
           a->kind != V_LIST && a->kind != V_RECORD &&
           (a->kind != V_DURATION || a->families == b->families);
}

static Status share_members(Tables *t, Shared *s) {
    const Bundle *b[SIDES] = {t->d->side[WAS].b, t->d->side[IS].b};
    const EnumDef *e[SIDES];
    for (int i = 0; i < SIDES; i++)
        e[i] = &b[i]->enums[t->t[i]->inputs[s->at[i]].type.members];
    uint32_t most = e[WAS]->count + e[IS]->count;
    s->members = new (&t->d->arena, Str, most + 1);
    for (int i = 0; i < SIDES; i++)
        s->member_of[i] = new (&t->d->arena, uint32_t, most + 1);
    if (s->members == NULL || s->member_of[WAS] == NULL || s->member_of[IS] == NULL)
        return ERR_NOMEM;
    for (uint32_t k = 0; k < most; k++)
        s->member_of[WAS][k] = s->member_of[IS][k] = NOWHERE;
    for (int i = 0; i < SIDES; i++)
        for (uint32_t k = 0; k < e[i]->count; k++) {
            uint32_t n = 0;
            while (n < s->member_count && !str_eq(s->members[n], e[i]->members[k].name))
                n++;
            if (n == s->member_count)
                s->members[s->member_count++] = e[i]->members[k].name;
            s->member_of[i][n] = k;
        }
    return OK;
}

/* A value of a side by the numbers that both have in common. */
static Value to_shared(const Tables *t, const Shared *s, int side, Value v) {
    const uint32_t *of = v.kind == V_ENUM ? s->member_of[side] : t->d->party_of[side];
    uint32_t n = v.kind == V_ENUM ? s->member_count : t->d->party_count;
    if (v.kind != V_ENUM && (v.kind != V_PARTY || value_is_person(v)))
        return v;
    for (uint32_t i = 0; i < n; i++)
        if (of[i] == (uint64_t)v.i) {
            v.i = i;
            break;
        }
    v.n = 0;
    return v;
}

/* The reverse; false: the side has no such value. */
static bool from_shared(const Tables *t, const Shared *s, int side, Value v, Value *out) {
    const TypeDef *type = &t->t[side]->inputs[s->at[side]].type;
    *out = v;
    if (v.kind == V_ABSENT)
        return type->optional;
    if (v.kind == V_ENUM) {
        out->i = s->member_of[side][v.i];
        out->n = type->members;
        return out->i != NOWHERE;
    }
    if (v.kind == V_PARTY && !value_is_person(v)) {
        out->i = t->d->party_of[side][v.i];
        return out->i != NOWHERE;
    }
    ColumnType column = bundle_column(t->d->side[side].b, type);
    return !column.bounded || (value_cmp(column.lo, v) <= 0 && value_cmp(v, column.hi) <= 0);
}

/* What rows compute with, as cells that cut. */
static uint32_t put_constants(const Tables *t, int side, ValueKind kind, Cell *cells,
                              CellTest *tests) {
    const TableDef *def = t->t[side];
    const Bundle *b = t->d->side[side].b;
    uint32_t n = 0;
    for (uint32_t row = 0; row < def->row_count && kind != V_PARTY && kind != V_TEXT; row++) {
        if (def->row_fns[row] < 0)
            continue;
        const FnDef *f = &b->fns[def->row_fns[row]];
        for (uint32_t at = f->from; at < f->to && n < CONSTANTS_MOST; at++) {
            if (INS_OP(b->code[at]) != OP_LOADK)
                continue;
            Value v = b->constants[INS_BX(b->code[at])];
            if (v.kind == V_INT && (kind == V_DEC || kind == V_PERCENT))
                v = value_dec(kind, dec_of_i64(v.i));
            if (v.kind != kind || kind == V_ENUM || kind == V_FLAG)
                continue;
            tests[n] = (CellTest){.lo = v, .hi = v, .has_lo = true, .has_hi = true};
            cells[n] = (Cell){.tests = &tests[n], .test_count = 1};
            n++;
        }
    }
    return n;
}

static Status put_cells(const Tables *t, const Shared *s, int side, Cell *cells) {
    const TableDef *def = t->t[side];
    for (uint32_t r = 0; r < def->row_count; r++) {
        const Cell *from = &def->cells[(size_t)r * def->input_count + s->at[side]];
        CellTest *tests = new (&t->d->arena, CellTest, from->test_count + 1u);
        if (tests == NULL)
            return ERR_NOMEM;
        for (uint32_t i = 0; i < from->test_count; i++) {
            tests[i] = from->tests[i];
            if (tests[i].has_lo)
                tests[i].lo = to_shared(t, s, side, tests[i].lo);
            if (tests[i].has_hi)
                tests[i].hi = to_shared(t, s, side, tests[i].hi);
        }
        cells[r] = *from;
        cells[r].tests = tests;
    }
    return OK;
}

static ColumnType column_type(const Tables *t, const Shared *s) {
    ColumnType x = bundle_column(t->d->side[WAS].b, &t->t[WAS]->inputs[s->at[WAS]].type);
    ColumnType y = bundle_column(t->d->side[IS].b, &t->t[IS]->inputs[s->at[IS]].type);
    x.optional = x.optional || y.optional;
    x.members = s->member_count;
    x.bounded = x.bounded && y.bounded;
    if (x.bounded && value_cmp(y.lo, x.lo) < 0)
        x.lo = y.lo;
    if (x.bounded && value_cmp(y.hi, x.hi) > 0)
        x.hi = y.hi;
    return x;
}

/* Where the ends of a range differ there is an atom between them. */
static uint32_t put_ends(const Tables *t, const Shared *s, Cell *cells, CellTest *tests) {
    uint32_t n = 0;
    for (int side = 0; side < SIDES; side++) {
        ColumnType type = bundle_column(t->d->side[side].b, &t->t[side]->inputs[s->at[side]].type);
        if (!type.bounded)
            continue;
        tests[n] = (CellTest){.lo = type.lo, .hi = type.hi, .has_lo = true, .has_hi = true};
        cells[n] = (Cell){.tests = &tests[n], .test_count = 1};
        n++;
    }
    return n;
}

/* Of what no cell names, somebody or something else. */
static Value anything(ValueKind kind) {
    return kind == V_PARTY ? value_person(S("somebody")) : value_text(S("something else"));
}

static Status cut(Tables *t, Shared *s) {
    Arena *a = &t->d->arena;
    uint32_t rows[SIDES] = {t->t[WAS]->row_count, t->t[IS]->row_count};
    size_t most = (size_t)rows[WAS] + rows[IS] + 2 * CONSTANTS_MOST + 4;
    Cell *cells = new (a, Cell, most);
    CellTest *tests = new (a, CellTest, 2 * CONSTANTS_MOST + 4);
    ColumnType type = column_type(t, s);
    if (cells == NULL || tests == NULL)
        return ERR_NOMEM;
    TRY(put_cells(t, s, WAS, cells));
    TRY(put_cells(t, s, IS, cells + rows[WAS]));
    size_t n = (size_t)rows[WAS] + rows[IS];
    n += put_ends(t, s, cells + n, tests);
    for (int side = 0; side < SIDES; side++)
        n += put_constants(t, side, type.kind, cells + n, tests + 2 + side * CONSTANTS_MOST);
    TRY(column_cut(&type, cells, n, 1, a, &s->column));
    s->samples = new (a, Value, s->column.atoms + 1u);
    if (s->samples == NULL)
        return ERR_NOMEM;
    for (uint32_t atom = s->column.first; atom < s->column.atoms; atom++) {
        if (type.optional && atom == s->column.last)
            continue; /* absent */
        Value *v = &s->samples[atom];
        TRY(column_sample(&s->column, atom, a, v));
        if (v->kind == V_ABSENT)
            *v = anything(type.kind);
        else if (s->column.cut_count == 0 && s->column.ordered)
            *v = (Value){.kind = (uint8_t)type.kind}; /* any one */
    }
    return OK;
}

/* An unordered column of a money or a duration that no cell names has no cut to take its unit from.
 */
static void complete(const Tables *t, Shared *s) {
    const TypeDef *type = &t->t[WAS]->inputs[s->at[WAS]].type;
    for (uint32_t atom = s->column.first; atom < s->column.last; atom++) {
        Value *v = &s->samples[atom];
        if (type->kind == V_MONEY && v->n == 0)
            v->n = type->currency;
        if (type->kind == V_DURATION && s->column.cut_count == 0)
            for (uint16_t f = 0; f < FAMILIES; f++)
                if ((type->families >> f & 1) != 0)
                    v->aux = f;
    }
}

/* Both ask for the same, in whatever order; *fits: they do. */
static Status share_columns(Tables *t, bool *fits) {
    const TableDef *x = t->t[WAS], *y = t->t[IS];
    *fits = x->input_count == y->input_count;
    t->n = x->input_count;
    t->columns = new (&t->d->arena, Shared, t->n + 1u);
    t->atoms = new (&t->d->arena, uint32_t, t->n + 1u);
    if (t->columns == NULL || t->atoms == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < t->n && *fits; i++) {
        Shared *s = &t->columns[i];
        int32_t other = bundle_field(y->inputs, y->input_count, x->inputs[i].name);
        *fits = other >= 0 && types_fit(&x->inputs[i].type, &y->inputs[other].type);
        if (!*fits)
            return OK;
        s->at[WAS] = i;
        s->at[IS] = (uint32_t)other;
        if (x->inputs[i].type.kind == V_ENUM)
            TRY(share_members(t, s));
        TRY(cut(t, s));
        complete(t, s);
    }
    return OK;
}

/* ---- answers */

/* A value by names, so that those of both can be held against each other. */
static void put_shared(Buf *out, const Bundle *b, Value v) {
    put_u8(out, v.kind);
    if (v.kind == V_ENUM)
        put_str(out, b->enums[v.n].members[v.i].name);
    else if (v.kind == V_PARTY)
        put_str(out, party_text(b, v));
    else if (value_holds_more(v)) {
        put_varint(out, v.n);
        for (uint32_t i = 0; i < v.n; i++)
            put_shared(out, b, v.items[i]);
    } else {
        put_value(out, v, true);
    }
}

static Status answer_number(Tables *t, Str words, uint32_t *out) {
    TRY(buf_status(&t->bytes));
    Str bytes = buf_str(&t->bytes);
    uint32_t at = (uint32_t)str_hash(bytes) & (t->slot_count - 1);
    while (t->slots[at] != 0 && !str_eq(t->answers.at[t->slots[at] - 1].bytes, bytes))
        at = (at + 1) & (t->slot_count - 1);
    if (t->slots[at] == 0) {
        Answer made = {0};
        if (t->answers.n * 2 > t->slot_count)
            return ERR_LIMIT;
        TRY(arena_str(&t->d->arena, bytes, &made.bytes));
        TRY(arena_str(&t->d->arena, words, &made.words));
        if (!arena_push(&t->d->arena, &t->answers, made))
            return ERR_NOMEM;
        t->slots[at] = t->answers.n;
    }
    *out = t->slots[at] - 1;
    return OK;
}

static Status answer_of(Tables *t, int side, uint32_t count, Status asked, uint32_t *out) {
    Differ *d = t->d;
    Side *s = &d->side[side];
    buf_reset(&t->bytes);
    buf_reset(&d->text);
    if (asked == ERR_TRAP) {
        put_text(&t->bytes, trap_code(t->vm[side]->trap.code));
        put_text(&d->text, trap_text(t->vm[side]->trap.code, d->opt->chinese));
    }
    for (uint32_t i = 0; i < count && asked == OK; i++) {
        put_shared(&t->bytes, s->b, t->regs[i]);
        put_text(&d->text, i == 0 ? S("") : d->opt->chinese ? S("，") : S(", "));
        put_value_in(&d->text, s->b, &s->zone, t->regs[i], d->opt->chinese);
    }
    TRY(buf_status(&d->text));
    Status status = answer_number(t, buf_str(&d->text), out);
    buf_reset(&d->text);
    return status;
}

/* What a side says to the combination at hand. */
static Status ask(Tables *t, int side, uint32_t *out) {
    const TableDef *def = t->t[side];
    arena_reset(&t->arena);
    for (uint32_t i = 0; i < t->n; i++) {
        const Shared *s = &t->columns[i];
        if (!from_shared(t, s, side, s->samples[t->atoms[i]], &t->regs[s->at[side]])) {
            buf_reset(&t->bytes);
            put_text(&t->bytes, S("not taken"));
            return answer_number(t, sentence_word(t->d->opt->chinese, SAY_DIFF_NOT_TAKEN), out);
        }
    }
    uint32_t number = (uint32_t)(def - t->d->side[side].b->tables);
    Status status = vm_table(t->vm[side], number, &t->at, t->regs);
    if (status != OK && status != ERR_TRAP)
        return status;
    return answer_of(t, side, def->result_count, status, out);
}

/* The next combination; false: that was the last. */
static bool advance(Tables *t) {
    for (uint32_t i = t->n; i-- > 0;) {
        if (++t->atoms[i] < t->columns[i].column.atoms)
            return true;
        t->atoms[i] = t->columns[i].column.first;
    }
    return false;
}

static void begin(Tables *t) {
    for (uint32_t i = 0; i < t->n; i++)
        t->atoms[i] = t->columns[i].column.first;
}

/* The number of the combination at hand. */
static size_t place(const Tables *t) {
    size_t at = 0;
    for (uint32_t i = 0; i < t->n; i++) {
        const Column *c = &t->columns[i].column;
        at = at * (c->atoms - c->first) + (t->atoms[i] - c->first);
    }
    return at;
}

static Status machines(Tables *t) {
    uint32_t most = t->n;
    for (int i = 0; i < SIDES; i++) {
        most = t->t[i]->result_count > most ? t->t[i]->result_count : most;
        most = t->t[i]->output_count > most ? t->t[i]->output_count : most;
        t->vm[i] = new (&t->d->arena, Vm, 1);
        if (t->vm[i] == NULL)
            return ERR_NOMEM;
        vm_init(t->vm[i], t->d->side[i].b, &t->arena, NULL);
    }
    t->regs = new (&t->d->arena, Value, most + 1u);
    for (t->slot_count = 1024;
         t->slot_count < 4 * (t->all < TRIES_MOST ? t->all : COMBINATIONS_MOST);)
        t->slot_count *= 2;
    t->slots = new (&t->d->arena, uint32_t, t->slot_count);
    return t->regs == NULL || t->slots == NULL ? ERR_NOMEM : OK;
}

/* A Monday morning, or when both apply. */
static int64_t instant_of(const Tables *t) {
    enum { MONDAY = 1772413200000 / 1000 }; /* 2026-03-02T01:00:00Z */
    int64_t at = (int64_t)MONDAY * 1000;
    for (int i = 0; i < SIDES; i++) {
        const DatedDef *dated = &t->t[i]->dated;
        if (!dated_at(dated, at))
            at = dated->from > INT64_MIN ? dated->from : dated->until - 1;
    }
    return at;
}

static uint64_t combinations(const Tables *t) {
    uint64_t n = 1;
    for (uint32_t i = 0; i < t->n; i++)
        if (ckd_mul(&n, n, (uint64_t)(t->columns[i].column.atoms - t->columns[i].column.first)))
            return UINT64_MAX;
    return n;
}

/* ---- regions */

/* Which atoms of each column a region has. */
typedef struct Region {
    uint8_t **has;
    uint32_t from, to; /* the answers */
} Region;

static bool each_in(Tables *t, const Region *r, uint32_t column, uint32_t atom);

/* Whether all combinations of a region, with one column at an atom, are answered so and are told
 * nowhere else. */
static bool each_in(Tables *t, const Region *r, uint32_t column, uint32_t atom) {
    for (uint32_t i = 0; i < t->n; i++)
        for (t->atoms[i] = t->columns[i].column.first; i != column && r->has[i][t->atoms[i]] == 0;)
            t->atoms[i]++;
    t->atoms[column] = atom;
    for (;;) {
        size_t at = place(t);
        if (t->gives[WAS][at] != r->from || t->gives[IS][at] != r->to || t->told[at])
            return false;
        uint32_t i = t->n;
        for (;;) { /* the next one of the region */
            if (i == 0)
                return true;
            i--;
            if (i == column)
                continue;
            const Column *c = &t->columns[i].column;
            do
                t->atoms[i]++;
            while (t->atoms[i] < c->atoms && r->has[i][t->atoms[i]] == 0);
            if (t->atoms[i] < c->atoms)
                break;
            for (t->atoms[i] = c->first; r->has[i][t->atoms[i]] == 0;)
                t->atoms[i]++;
        }
    }
}

static void tell_region(Tables *t, const Region *r) {
    begin(t);
    do {
        bool in = true;
        for (uint32_t i = 0; i < t->n && in; i++)
            in = r->has[i][t->atoms[i]] != 0;
        if (in)
            t->told[place(t)] = 1;
    } while (advance(t));
}

/* As large as it gets around the combination at hand, column by column. */
static Status grow(Tables *t, Region *r) {
    uint32_t *seed = new (&t->d->arena, uint32_t, t->n + 1u);
    r->has = new (&t->d->arena, uint8_t *, t->n + 1u);
    if (seed == NULL || r->has == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < t->n; i++) {
        seed[i] = t->atoms[i];
        r->has[i] = new (&t->d->arena, uint8_t, t->columns[i].column.atoms + 1u);
        if (r->has[i] == NULL)
            return ERR_NOMEM;
        r->has[i][seed[i]] = 1;
    }
    for (uint32_t i = 0; i < t->n; i++)
        for (uint32_t atom = t->columns[i].column.first; atom < t->columns[i].column.atoms; atom++)
            if (r->has[i][atom] == 0 && each_in(t, r, i, atom))
                r->has[i][atom] = 1;
    for (uint32_t i = 0; i < t->n; i++)
        t->atoms[i] = seed[i];
    return OK;
}

/* ---- words */

static void put_either(Differ *d, Str en, Str zh) {
    put_text(&d->text, d->opt->chinese ? zh : en);
}

static void put_sample(Tables *t, const Shared *s, Value v) {
    Differ *d = t->d;
    Value own;
    int side = from_shared(t, s, IS, v, &own) ? IS : WAS;
    if (side == WAS)
        (void)from_shared(t, s, WAS, v, &own);
    put_value_in(&d->text, d->side[side].b, &d->side[side].zone, own, d->opt->chinese);
}

static bool one_value(const Cut *lo, const Cut *hi, bool discrete) {
    if (!discrete)
        return value_cmp(lo->v, hi->v) == 0 && !lo->after && hi->after;
    return lo->v.i + 1 == hi->v.i;
}

/* Atoms from..to of a column of numbers. */
static void put_range(Tables *t, const Shared *s, uint32_t from, uint32_t to) {
    const Column *c = &s->column;
    Buf *out = &t->d->text;
    bool has_lo = from > 0 && from > c->first, has_hi = to < c->last;
    bool lo_bound = from > 0 && from == c->first && c->type.bounded;
    bool hi_bound = to == c->last && c->type.bounded && to - 1 < c->cut_count;
    Cut lo = from > 0 ? c->cuts[from - 1] : (Cut){0};
    Cut hi = to - 1 < c->cut_count ? c->cuts[to - 1] : (Cut){0};
    bool both = (has_lo || lo_bound) && (has_hi || hi_bound);
    if (both && one_value(&lo, &hi, c->discrete)) {
        put_sample(t, s, lo.v);
        return;
    }
    if (both && c->discrete) {
        put_sample(t, s, lo.v);
        put_text(out, S(".."));
        hi.v.i--;
        put_sample(t, s, hi.v);
        return;
    }
    if (has_lo || lo_bound) {
        put_text(out, lo.after ? S("> ") : S(">= "));
        put_sample(t, s, lo.v);
    }
    if (has_hi || hi_bound) {
        if (has_lo || lo_bound)
            put_either(t->d, S(" and "), S(" 且 "));
        put_text(out, hi.after ? S("<= ") : S("< "));
        put_sample(t, s, hi.v);
    }
}

static void put_atom(Tables *t, const Shared *s, uint32_t atom) {
    const Column *c = &s->column;
    if (c->type.optional && atom == c->last)
        put_either(t->d, S("absent"), S("空缺"));
    else if (c->type.kind == V_ENUM)
        put_text(&t->d->text, s->members[atom]);
    else if (c->type.kind == V_FLAG)
        put_either(t->d, atom == 1 ? S("yes") : S("no"), atom == 1 ? S("是") : S("否"));
    else if (c->values != NULL && atom == c->value_count)
        put_either(t->d, S("any other"), S("其他"));
    else
        put_sample(t, s, c->values == NULL ? s->samples[atom] : c->values[atom]);
}

/* "severity 4..5"; nothing where all of a column is meant. */
static void put_column(Tables *t, const Shared *s, const uint8_t *has, bool *some) {
    const Column *c = &s->column;
    uint32_t n = 0, parts = 0;
    for (uint32_t i = c->first; i < c->atoms; i++)
        n += has[i];
    if (n == c->atoms - c->first)
        return;
    if (*some)
        put_either(t->d, S(", "), S("，"));
    *some = true;
    put_text(&t->d->text, t->t[IS]->inputs[s->at[IS]].name);
    put_c(&t->d->text, ' ');
    bool most = !c->ordered && c->type.kind == V_ENUM && 2 * n > c->atoms - c->first &&
                c->atoms - c->first > 2;
    if (most) /* fewer words tell the others */
        put_either(t->d, S("other than "), S("除 "));
    for (uint32_t i = c->first, to; i < c->atoms; i = to) {
        to = i + 1;
        if ((has[i] != 0) == most)
            continue;
        bool absent = c->type.optional && i == c->last;
        while (c->ordered && !absent && to < c->last && has[to])
            to++;
        if (parts++ > 0)
            put_either(t->d, S(" or "), S(" 或 "));
        if (c->ordered && !absent)
            put_range(t, s, i, to);
        else
            put_atom(t, s, i);
    }
    if (most)
        put_either(t->d, S(""), S(" 外"));
}

static Status put_region(Tables *t, const Region *r, Str *out) {
    bool some = false;
    for (uint32_t i = 0; i < t->n; i++)
        put_column(t, &t->columns[i], r->has[i], &some);
    if (!some)
        put_text(&t->d->text, sentence_word(t->d->opt->chinese, SAY_DIFF_ALWAYS));
    return differ_keep(t->d, out);
}

/* The witness: the call as `remit eval` takes it, and its inputs as JSON. */
static Status put_witness(Tables *t, Point *p) {
    Differ *d = t->d;
    put_text(&d->text, t->t[IS]->name);
    put_c(&d->text, '(');
    for (uint32_t i = 0; i < t->n; i++) {
        uint32_t column = 0;
        while (t->columns[column].at[IS] != i)
            column++;
        put_text(&d->text, i == 0 ? S("") : S(", "));
        const Shared *s = &t->columns[column];
        Value v = s->samples[t->atoms[column]];
        bool quoted = v.kind == V_TEXT;
        if (quoted)
            put_json_string(&d->text, value_str(v));
        else
            put_sample(t, s, v);
    }
    put_c(&d->text, ')');
    TRY(differ_keep(d, &p->given));
    put_c(&d->text, '{');
    for (uint32_t i = 0; i < t->n; i++) {
        const Shared *s = &t->columns[i];
        Value own;
        int side = from_shared(t, s, IS, s->samples[t->atoms[i]], &own) ? IS : WAS;
        (void)from_shared(t, s, side, s->samples[t->atoms[i]], &own);
        put_text(&d->text, i == 0 ? S("") : S(","));
        put_json_string(&d->text, t->t[WAS]->inputs[i].name);
        put_c(&d->text, ':');
        put_value_json(&d->text, d->side[side].b, &d->side[side].zone, own);
    }
    put_c(&d->text, '}');
    return differ_keep(d, &p->inputs);
}

/* ---- the comparison */

static Status one_region(Tables *t, const Region *r) {
    Point p = {.what = SAY_DIFF_REGION,
               .was = t->answers.at[r->from].words,
               .is = t->answers.at[r->to].words};
    TRY(put_region(t, r, &p.name));
    TRY(put_witness(t, &p));
    return differ_point(t->d, t->c, p);
}

static Status regions(Tables *t, uint64_t *more) {
    *more = 0;
    begin(t);
    do {
        size_t at = place(t);
        if (t->told[at] || t->gives[WAS][at] == t->gives[IS][at])
            continue;
        if (t->c->points.n >= REGIONS_MOST) {
            ++*more;
            continue;
        }
        Region r = {.from = t->gives[WAS][at], .to = t->gives[IS][at]};
        uint32_t *kept = new (&t->d->arena, uint32_t, t->n + 1u);
        if (kept == NULL)
            return ERR_NOMEM;
        for (uint32_t i = 0; i < t->n; i++)
            kept[i] = t->atoms[i];
        TRY(grow(t, &r));
        TRY(one_region(t, &r));
        tell_region(t, &r);
        for (uint32_t i = 0; i < t->n; i++)
            t->atoms[i] = kept[i];
    } while (advance(t));
    return OK;
}

/* Whether some row computes what it gives. */
static bool computes(const TableDef *t) {
    for (uint32_t i = 0; i < t->row_count; i++)
        if (t->row_fns[i] >= 0)
            return true;
    return false;
}

static Status ask_all(Tables *t) {
    for (int i = 0; i < SIDES; i++) {
        t->gives[i] = new (&t->d->arena, uint32_t, (size_t)t->all + 1);
        if (t->gives[i] == NULL)
            return ERR_NOMEM;
    }
    t->told = new (&t->d->arena, uint8_t, (size_t)t->all + 1);
    if (t->told == NULL)
        return ERR_NOMEM;
    begin(t);
    do
        for (int i = 0; i < SIDES; i++)
            TRY(ask(t, i, &t->gives[i][place(t)]));
    while (advance(t));
    return OK;
}

/* The next number of a sequence that looks random, the same everywhere. */
static uint64_t draw(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* A table of more combinations than can be asked: some of them, each told by itself. */
static Status ask_some(Tables *t, uint32_t *tries) {
    uint64_t state = 1;
    for (*tries = 0; *tries < TRIES_MOST && t->c->points.n < REGIONS_MOST; ++*tries) {
        uint32_t gives[SIDES];
        for (uint32_t i = 0; i < t->n; i++) {
            const Column *c = &t->columns[i].column;
            t->atoms[i] = c->first + (uint32_t)(draw(&state) % (c->atoms - c->first));
        }
        for (int i = 0; i < SIDES; i++)
            TRY(ask(t, i, &gives[i]));
        if (gives[WAS] == gives[IS])
            continue;
        Region r = {.from = gives[WAS], .to = gives[IS]};
        r.has = new (&t->d->arena, uint8_t *, t->n + 1u);
        for (uint32_t i = 0; i < t->n && r.has != NULL; i++) {
            r.has[i] = new (&t->d->arena, uint8_t, t->columns[i].column.atoms + 1u);
            if (r.has[i] == NULL)
                return ERR_NOMEM;
            r.has[i][t->atoms[i]] = 1;
        }
        if (r.has == NULL)
            return ERR_NOMEM;
        TRY(one_region(t, &r));
    }
    return OK;
}

static Status compare(Tables *t, bool *same) {
    uint64_t more = 0;
    uint32_t tries = 0;
    bool exact = !computes(t->t[WAS]) && !computes(t->t[IS]);
    t->all = combinations(t);
    TRY(machines(t));
    t->at = instant_of(t);
    if (t->all <= COMBINATIONS_MOST) {
        TRY(ask_all(t));
        TRY(regions(t, &more));
        tries = (uint32_t)t->all;
    } else {
        exact = false;
        TRY(ask_some(t, &tries));
    }
    if (more > 0) {
        put_fmt(&t->d->text, "%llu", (unsigned long long)more);
        Point p = {.what = SAY_DIFF_MORE};
        TRY(differ_keep(t->d, &p.name));
        return differ_point(t->d, t->c, p);
    }
    *same = exact && t->c->points.n == 0;
    if (t->c->points.n == 0 && !*same)
        return differ_point(t->d, t->c,
                            (Point){.what = SAY_DIFF_ROWS, .sought = true, .tries = tries});
    return OK;
}

/* What else is told of a table beside its answers. */
static Status signature(Tables *t, bool *same) {
    const TableDef *x = t->t[WAS], *y = t->t[IS];
    bool outputs = x->output_count == y->output_count && x->result_count == y->result_count;
    for (uint32_t i = 0; i < x->output_count && outputs; i++)
        outputs = str_eq(x->outputs[i].name, y->outputs[i].name) &&
                  str_eq(x->outputs[i].alias, y->outputs[i].alias);
    *same = outputs && x->dated.from == y->dated.from && x->dated.until == y->dated.until;
    return OK;
}

Status differ_tables(Differ *d, Change *c, bool *same) {
    Tables t = {.d = d, .c = c};
    bool fits = false, signs = false;
    for (int i = 0; i < SIDES; i++)
        t.t[i] = &d->side[i].b->tables[c->thing[i]->number];
    *same = false;
    Status status = share_columns(&t, &fits);
    if (status == OK)
        status = signature(&t, &signs);
    if (status == OK && fits)
        status = compare(&t, same);
    buf_free(&t.bytes);
    arena_free(&t.arena);
    TRY(status);
    *same = *same && signs;
    return fits && signs ? OK : differ_clauses(d, c);
}
