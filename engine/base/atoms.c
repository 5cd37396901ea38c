/* base: columns cut into atoms. */
#include "engine/base/atoms.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/ckd.h"

enum { DAY_MS = 86400000, SLOTS_FROM = 8 };

static bool is_ordered(ValueKind kind) {
    switch (kind) {
    case V_INT:
    case V_DEC:
    case V_PERCENT:
    case V_MONEY:
    case V_DURATION:
    case V_DATE:
    case V_TIME:
    case V_INSTANT:
        return true;
    case V_ABSENT:
    case V_FLAG:
    case V_TEXT:
    case V_ENUM:
    case V_PARTY:
    case V_LIST:
    case V_RECORD:
    case V_KINDS:
        break;
    }
    return false;
}

static int cut_order(const void *a, const void *b) {
    const Cut *x = a, *y = b;
    int order = value_cmp(x->v, y->v);
    return order != 0 ? order : (int)x->after - (int)y->after;
}

static int value_order(const void *a, const void *b) {
    return value_cmp(*(const Value *)a, *(const Value *)b);
}

/* In a discrete column "after v" is "before v + 1". */
static Cut make_cut(const Column *c, Value v, bool after) {
    if (c->discrete && after && v.i < INT64_MAX) {
        v.i++;
        after = false;
    }
    return (Cut){v, after};
}

static Cut cut_from(const Column *c, const CellTest *test) {
    return make_cut(c, test->lo, test->open_lo);
}

static Cut cut_to(const Column *c, const CellTest *test) {
    return make_cut(c, test->hi, !test->open_hi);
}

static bool is_single(const CellTest *t) {
    return t->has_lo && t->has_hi && !t->open_lo && !t->open_hi && value_cmp(t->lo, t->hi) == 0;
}

/* Whether a column of texts is asked for more than single ones. */
static bool has_ranges(const Cell *cells, size_t rows, size_t stride) {
    for (size_t r = 0; r < rows; r++)
        for (uint32_t i = 0; i < cells[r * stride].test_count; i++)
            if (!cells[r * stride].tests[i].absent && !is_single(&cells[r * stride].tests[i]))
                return true;
    return false;
}

/* The cuts as numbers (atoms.h), at the largest scale among them. */
static Status make_keys(Arena *a, Column *c) {
    int64_t *keys = new (a, int64_t, c->cut_count + 1);
    if (keys == NULL)
        return ERR_NOMEM;
    if (c->cut_count == 0 || c->type.kind == V_TEXT)
        return OK;
    Value form = c->cuts[0].v;
    for (uint32_t i = 0; i < c->cut_count; i++) {
        Value v = c->cuts[i].v;
        if (v.kind != form.kind || v.n != form.n || v.aux != form.aux)
            return OK;
        form.scale = v.scale > form.scale ? v.scale : form.scale;
    }
    for (uint32_t i = 0; i < c->cut_count; i++) {
        Dec d;
        if (dec_rescale(value_to_dec(c->cuts[i].v), form.scale, &d) != OK ||
            ckd_mul(&keys[i], d.coef, (int64_t)2) ||
            ckd_add(&keys[i], keys[i], (int64_t)c->cuts[i].after))
            return OK;
    }
    c->key_form = form;
    return ranks_make(keys, c->cut_count, a, &c->keys);
}

/* How many cuts lie before `cut`. */
static uint32_t cut_find(const Column *c, Cut cut) {
    uint32_t low = 0, high = c->cut_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (cut_order(&c->cuts[middle], &cut) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static Status cut_ordered(const Cell *cells, size_t rows, size_t stride, size_t tests, Arena *a,
                          Column *c) {
    Cut *cuts = new (a, Cut, tests * 2 + 2);
    if (cuts == NULL)
        return ERR_NOMEM;
    uint32_t n = 0, kept = 0;
    if (c->type.bounded) {
        cuts[n++] = make_cut(c, c->type.lo, false);
        cuts[n++] = make_cut(c, c->type.hi, true);
    }
    for (size_t r = 0; r < rows; r++)
        for (uint32_t i = 0; i < cells[r * stride].test_count; i++) {
            const CellTest *test = &cells[r * stride].tests[i];
            if (test->has_lo)
                cuts[n++] = cut_from(c, test);
            if (test->has_hi)
                cuts[n++] = cut_to(c, test);
        }
    if (n > 1)
        qsort(cuts, n, sizeof *cuts,
              cut_order); /* a total order of what is kept: equal cuts are one */
    for (uint32_t i = 0; i < n; i++)
        if (kept == 0 || cut_order(&cuts[kept - 1], &cuts[i]) != 0)
            cuts[kept++] = cuts[i];
    c->cuts = cuts;
    c->cut_count = kept;
    c->first = 0;
    c->last = kept + 1;
    if (c->type.kind == V_TEXT && kept > 0 && cuts[0].v.n == 0 && !cuts[0].after)
        c->first = 1; /* no text lies before the empty one */
    if (c->type.bounded) {
        c->first = cut_find(c, make_cut(c, c->type.lo, false)) + 1;
        c->last = cut_find(c, make_cut(c, c->type.hi, true)) + 1;
    }
    return make_keys(a, c);
}

static uint32_t slot_of(const Column *c, Value v) {
    return (uint32_t)str_hash(value_str(v)) & c->slot_mask;
}

static Status make_slots(Arena *a, Column *c) {
    uint64_t size = 1;
    while (size < 2 * (uint64_t)c->value_count)
        size *= 2;
    uint32_t *slots = new (a, uint32_t, size);
    if (slots == NULL)
        return ERR_NOMEM;
    c->slot_mask = (uint32_t)(size - 1);
    for (uint32_t i = 0; i < c->value_count; i++) {
        uint32_t at = slot_of(c, c->values[i]);
        while (slots[at] != 0)
            at = (at + 1) & c->slot_mask;
        slots[at] = i + 1;
    }
    c->slots = slots;
    return OK;
}

static Status cut_values(const Cell *cells, size_t rows, size_t stride, size_t tests, Arena *a,
                         Column *c) {
    if (c->type.kind == V_FLAG || c->type.kind == V_ENUM) {
        c->last = c->type.kind == V_FLAG ? 2 : c->type.members;
        return OK;
    }
    Value *values = new (a, Value, tests + 1);
    if (values == NULL)
        return ERR_NOMEM;
    uint32_t n = 0, kept = 0;
    for (size_t r = 0; r < rows; r++)
        for (uint32_t i = 0; i < cells[r * stride].test_count; i++)
            if (cells[r * stride].tests[i].has_lo)
                values[n++] = cells[r * stride].tests[i].lo;
    if (n > 1)
        qsort(values, n, sizeof *values, value_order); /* a total order: equal values are one */
    for (uint32_t i = 0; i < n; i++)
        if (kept == 0 || value_cmp(values[kept - 1], values[i]) != 0)
            values[kept++] = values[i];
    c->values = values;
    c->value_count = kept;
    c->last = kept + 1;
    return c->type.kind == V_TEXT && kept > SLOTS_FROM ? make_slots(a, c) : OK;
}

Status column_cut(const ColumnType *type, const Cell *cells, size_t rows, size_t stride, Arena *a,
                  Column *out) {
    *out = (Column){.type = *type};
    if (type->kind == V_TIME && !type->bounded) { /* a day has no more */
        out->type.bounded = true;
        out->type.lo = value_of(V_TIME, 0);
        out->type.hi = value_of(V_TIME, DAY_MS - 1);
    }
    out->ordered =
        is_ordered(type->kind) || (type->kind == V_TEXT && has_ranges(cells, rows, stride));
    out->discrete = type->kind != V_DEC && type->kind != V_PERCENT && type->kind != V_MONEY &&
                    type->kind != V_TEXT;
    size_t tests = 0;
    for (size_t r = 0; r < rows; r++)
        tests += cells[r * stride].test_count;
    TRY(out->ordered ? cut_ordered(cells, rows, stride, tests, a, out)
                     : cut_values(cells, rows, stride, tests, a, out));
    out->atoms = out->last + (type->optional ? 1 : 0);
    return OK;
}

/* A value as a number to compare with a column's keys: between 2n and 2n + 2 lies what is more than
 * n and less than n + 1, as the cut "after n" does. False: it is of another form. */
static inline bool value_key(const Column *c, Value v, int64_t *key) {
    const Value *form = &c->key_form;
    if (v.kind != form->kind || v.n != form->n || v.aux != form->aux)
        return false;
    int64_t whole = v.i;
    bool more = false;
    Dec d;
    if (v.scale > form->scale) {
        whole = dec_floor((Dec){v.i, (uint8_t)(v.scale - form->scale)}, &more);
    } else if (v.scale < form->scale) {
        if (dec_rescale(value_to_dec(v), form->scale, &d) != OK)
            return false;
        whole = d.coef;
    }
    return !ckd_mul(key, whole, (int64_t)2) && !ckd_add(key, *key, (int64_t)more);
}

/* The number of a constant, or value_count. */
static uint32_t value_find(const Column *c, Value v) {
    if (c->slots != NULL) {
        for (uint32_t at = slot_of(c, v);; at = (at + 1) & c->slot_mask) {
            uint32_t i = c->slots[at];
            if (i == 0)
                return c->value_count;
            if (value_cmp(c->values[i - 1], v) == 0)
                return i - 1;
        }
    }
    uint32_t low = 0, high = c->value_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (value_cmp(c->values[middle], v) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->value_count && value_cmp(c->values[low], v) == 0 ? low : c->value_count;
}

uint32_t column_atom(const Column *c, Value v) {
    if (v.kind == V_ABSENT)
        return c->type.optional ? c->last : c->atoms;
    int64_t key;
    if (c->keys.n > 0 && value_key(c, v, &key)) {
        uint32_t low = ranks_below(&c->keys, key);
        return low < c->first || low >= c->last ? c->atoms : low;
    }
    if (c->ordered) {
        uint32_t low = 0, high = c->cut_count; /* cuts at or before v */
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            int order = value_cmp(c->cuts[middle].v, v);
            if (order < 0 || (order == 0 && !c->cuts[middle].after))
                low = middle + 1;
            else
                high = middle;
        }
        return low < c->first || low >= c->last ? c->atoms : low;
    }
    if (c->values == NULL)
        return v.i < 0 || v.i >= (int64_t)c->last ? c->atoms : (uint32_t)v.i;
    return value_find(c, v);
}

/* The atoms that one test takes, as one range before negation. */
static AtomRange test_range(const Column *c, const CellTest *test) {
    if (test->absent)
        return (AtomRange){c->last, c->atoms};
    if (!c->ordered) {
        uint32_t atom = column_atom(c, test->lo);
        return (AtomRange){atom, atom + 1};
    }
    uint32_t from = test->has_lo ? cut_find(c, cut_from(c, test)) + 1 : c->first;
    uint32_t to = test->has_hi ? cut_find(c, cut_to(c, test)) + 1 : c->last;
    from = from < c->first ? c->first : from;
    to = to > c->last ? c->last : to;
    return (AtomRange){from, to < from ? from : to};
}

static int range_order(const void *a, const void *b) {
    const AtomRange *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

/* The atoms of one test, as at most two ranges. */
static uint32_t test_ranges(const Column *c, const CellTest *test, AtomRange *out) {
    AtomRange range = test_range(c, test);
    uint32_t n = 0;
    if (!test->negated) {
        out[n++] = range;
    } else {
        /* a negated test never matches an absent value, unless it says "not absent": then all
         * others */
        out[n++] = (AtomRange){c->first, range.from < c->last ? range.from : c->last};
        out[n++] = (AtomRange){range.to < c->last ? range.to : c->last, c->last};
    }
    return n;
}

/* The atoms of two sets of ranges that both have; room for a.n + b.n. */
static uint32_t ranges_meet(const AtomRange *a, uint32_t n, const AtomRange *b, uint32_t m,
                            AtomRange *out) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < m; k++) {
            uint32_t from = a[i].from > b[k].from ? a[i].from : b[k].from;
            uint32_t to = a[i].to < b[k].to ? a[i].to : b[k].to;
            if (from < to)
                out[count++] = (AtomRange){from, to};
        }
    return count;
}

/* The atoms of test *i and those that hold only together with it; *i moves behind them. A set of k
 * disjoint ranges met with two disjoint ones has at most k + 1. */
static uint32_t tests_ranges(const Column *c, const Cell *cell, uint32_t *i, AtomRange *out,
                             AtomRange *spare) {
    uint32_t n = test_ranges(c, &cell->tests[*i], out);
    while (cell->tests[(*i)++].also && *i < cell->test_count) {
        AtomRange next[2];
        uint32_t m = test_ranges(c, &cell->tests[*i], next);
        n = ranges_meet(out, n, next, m, spare);
        for (uint32_t k = 0; k < n; k++)
            out[k] = spare[k];
    }
    return n;
}

Status column_ranges(const Column *c, const Cell *cell, Arena *a, AtomRanges *out) {
    size_t most = (size_t)cell->test_count * 2 + 1;
    AtomRange *at = new (a, AtomRange, most), *spare = at;
    for (uint32_t i = 0; i < cell->test_count && spare == at; i++)
        if (cell->tests[i].also)
            spare = new (a, AtomRange, most);
    if (at == NULL || spare == NULL)
        return ERR_NOMEM;
    uint32_t n = 0, kept = 0;
    if (cell->any)
        at[n++] = (AtomRange){c->first, c->atoms};
    for (uint32_t i = 0; !cell->any && i < cell->test_count;)
        n += tests_ranges(c, cell, &i, at + n, spare);
    if (n > 1)
        qsort(at, n, sizeof *at, range_order); /* a total order: equal ranges are one */
    for (uint32_t i = 0; i < n; i++) {
        if (at[i].from >= at[i].to)
            continue;
        if (kept > 0 && at[i].from <= at[kept - 1].to)
            at[kept - 1].to = at[i].to > at[kept - 1].to ? at[i].to : at[kept - 1].to;
        else
            at[kept++] = at[i];
    }
    *out = (AtomRanges){at, kept};
    return OK;
}

/* ---- samples */

/* A short text between two cuts. */
static Status text_between(bool has_lo, Cut lo, bool has_hi, Cut hi, Arena *a, Value *out) {
    static const char *const ends[] = {"a", "A", "0", " ", "\t", "\x01"};
    *out = lo.v;
    if (has_lo && !lo.after)
        return OK;
    Str base = has_lo ? value_str(lo.v) : (Str){NULL, 0}, text;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char *p = new (a, char, base.n + 2);
        if (p == NULL)
            return ERR_NOMEM;
        if (base.n > 0)
            memcpy(p, base.p, base.n);
        p[base.n] = *ends[i];
        text = (Str){p, base.n + 1};
        *out = value_text(text);
        if (!has_hi || value_cmp(*out, hi.v) < 0)
            return OK;
    }
    *out = has_lo ? hi.v : value_text(S(""));
    return OK;
}

/* A whole step from a cut, or half way to the next one. */
static Value number_between(const Column *c, bool has_lo, Cut lo, bool has_hi, Cut hi) {
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

Status column_sample(const Column *c, uint32_t atom, Arena *a, Value *out) {
    if (!c->ordered) {
        *out = c->values == NULL       ? (Value){.i = atom, .kind = (uint8_t)c->type.kind}
               : atom < c->value_count ? c->values[atom]
                                       : value_absent();
        return OK;
    }
    bool has_lo = atom > 0, has_hi = atom < c->cut_count;
    Cut lo = has_lo ? c->cuts[atom - 1] : (Cut){0}, hi = has_hi ? c->cuts[atom] : (Cut){0};
    if (c->type.kind == V_TEXT)
        return text_between(has_lo, lo, has_hi, hi, a, out);
    if (!c->discrete) {
        *out = number_between(c, has_lo, lo, has_hi, hi);
        return OK;
    }
    *out = has_lo ? lo.v : hi.v;
    out->i -= !has_lo;
    return OK;
}

bool ranges_have(const AtomRanges *r, uint32_t atom) {
    for (uint32_t i = 0; i < r->n; i++)
        if (atom >= r->at[i].from && atom < r->at[i].to)
            return true;
    return false;
}
