/* A law: the index over a table's rows gives the row that trying each in order gives, and all rows
 * that apply in that order, for tables of all kinds of columns and any order of the rows; and it
 * asks of 10,000 rows about what it asks of 10. */
#include "tests/prop/prop.h"

#include <time.h>

#include "engine/base/mem.h"
#include "engine/code/lookup.h"

enum { COLUMNS = 6, ROWS = 40, TESTS = 3, POOL = 12, ASKED = 60 };

typedef struct Table {
    ColumnType types[COLUMNS];
    Value pool[COLUMNS][POOL]; /* of which cells and questions are made, so that they meet */
    Cell cells[ROWS * COLUMNS];
    CellTest tests[ROWS * COLUMNS * TESTS];
    uint32_t order[ROWS]; /* of the rows */
    uint32_t columns, rows;
} Table;

static Table table;

/* ---- random columns */

static const ValueKind kinds[] = {V_FLAG, V_INT,     V_DEC,      V_PERCENT, V_MONEY, V_DATE,
                                  V_TIME, V_INSTANT, V_DURATION, V_TEXT,    V_ENUM,  V_PARTY};

static bool is_dec(ValueKind kind) {
    return kind == V_DEC || kind == V_PERCENT || kind == V_MONEY;
}

static bool is_ordered(ValueKind kind) {
    return is_dec(kind) || kind == V_INT || kind == V_DATE || kind == V_TIME || kind == V_INSTANT ||
           kind == V_DURATION;
}

static Value random_value(const ColumnType *t) {
    static const char *const texts[] = {"", "a", "ab", "b", "north", "上海", "a\xCC\x81"};
    const char *text = texts[prop_roll(7)];
    switch ((int)t->kind) {
    case V_FLAG:
        return value_flag(prop_roll(2) == 1);
    case V_ENUM:
        return (Value){.i = prop_roll(t->members), .n = 3, .kind = V_ENUM};
    case V_TEXT:
        return value_text((Str){text, strlen(text)});
    case V_PARTY:
        return prop_roll(2) == 0 ? value_of(V_PARTY, prop_roll(5))
                                 : value_person((Str){text, strlen(text)});
    default:
        break;
    }
    int64_t i = (int64_t)prop_roll(41) - 20;
    if (!t->bounded && prop_roll(12) == 0)
        i = prop_roll(2) == 0 ? INT64_MAX - prop_roll(2) : INT64_MIN + prop_roll(2);
    if (t->kind == V_TIME || t->kind == V_DATE)
        i = prop_roll(20);
    Value v = value_of(t->kind, i);
    v.n = t->kind == V_MONEY ? currency_pack(S("CNY")) : 0;
    v.aux = t->kind == V_DURATION ? FAMILY_WORKING : 0;
    if (is_dec(t->kind))
        v.scale = (uint8_t)prop_roll(4);
    return v;
}

/* By the language's words, and by other means than the engine's: numbers in 128 bits. */
static int order_of(Value a, Value b) {
    if (a.kind == V_TEXT) {
        int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
        return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
    }
    i128 x = a.i, y = b.i;
    for (int scale = a.scale; scale < 18; scale++)
        x *= is_dec((ValueKind)a.kind) ? 10 : 1;
    for (int scale = b.scale; scale < 18; scale++)
        y *= is_dec((ValueKind)a.kind) ? 10 : 1;
    return (x > y) - (x < y);
}

static bool equal(Value a, Value b) {
    if (a.kind == V_TEXT || (a.kind == V_PARTY && a.aux == 1 && b.aux == 1))
        return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
    return a.kind == V_PARTY ? a.aux == b.aux && a.i == b.i : order_of(a, b) == 0;
}

static bool test_holds(const CellTest *t, Value v) {
    if (v.kind == V_ABSENT)
        return t->absent && !t->negated;
    bool in = !t->absent;
    if (in && t->has_lo && t->has_hi && !is_ordered((ValueKind)v.kind) && v.kind != V_TEXT) {
        in = equal(v, t->lo);
    } else if (in) {
        int lo = t->has_lo ? order_of(v, t->lo) : 1, hi = t->has_hi ? order_of(v, t->hi) : -1;
        in = (lo > 0 || (lo == 0 && !t->open_lo)) && (hi < 0 || (hi == 0 && !t->open_hi));
    }
    return in != t->negated;
}

static bool cell_holds(const Cell *c, Value v) {
    bool holds = c->any;
    for (uint32_t i = 0; i < c->test_count && !holds; i++) {
        holds = test_holds(&c->tests[i], v);
        for (; c->tests[i].also; i++)
            holds = test_holds(&c->tests[i + 1], v) && holds;
    }
    return holds;
}

static bool in_bounds(const ColumnType *t, Value v) {
    return !t->bounded || (order_of(v, t->lo) >= 0 && order_of(v, t->hi) <= 0);
}

static void make_column(uint32_t c) {
    ColumnType *t = &table.types[c];
    *t = (ColumnType){.kind = kinds[prop_roll(sizeof kinds / sizeof *kinds)],
                      .optional = prop_roll(3) == 0,
                      .members = 1 + prop_roll(5)};
    if ((t->kind == V_INT || is_dec(t->kind)) && prop_roll(3) == 0) {
        t->lo = random_value(t);
        t->hi = random_value(t);
        t->bounded = order_of(t->lo, t->hi) <= 0;
    }
    for (uint32_t i = 0; i < POOL; i++) {
        table.pool[c][i] = random_value(t);
        for (int tries = 0; tries < 50 && !in_bounds(t, table.pool[c][i]); tries++)
            table.pool[c][i] = random_value(t);
        if (!in_bounds(t, table.pool[c][i]))
            table.pool[c][i] = t->lo;
    }
}

static CellTest make_test(uint32_t c) {
    const ColumnType *t = &table.types[c];
    Value a = table.pool[c][prop_roll(POOL)], b = table.pool[c][prop_roll(POOL)];
    CellTest test = {
        .lo = a, .hi = a, .has_lo = true, .has_hi = true, .negated = prop_roll(4) == 0};
    if (t->optional && prop_roll(4) == 0)
        return (CellTest){.absent = true, .negated = prop_roll(3) == 0};
    if (!is_ordered(t->kind) && (t->kind != V_TEXT || prop_roll(3) > 0))
        return test;
    switch (prop_roll(4)) {
    case 0:
        return test;
    case 1:
        test.has_hi = false;
        test.open_lo = prop_roll(2) == 1;
        return test;
    case 2:
        test.has_lo = false;
        test.open_hi = prop_roll(2) == 1;
        return test;
    default: /* a range; now and then of nothing */
        test.lo = order_of(a, b) <= 0 || prop_roll(8) == 0 ? a : b;
        test.hi = equal(test.lo, a) ? b : a;
        test.open_lo = prop_roll(2) == 1;
        test.open_hi = prop_roll(2) == 1;
        return test;
    }
}

static void make_table(void) {
    table.columns = prop_roll(8) == 0 ? 0 : 1 + prop_roll(COLUMNS);
    table.rows = prop_roll(ROWS + 1);
    for (uint32_t r = 0; r < table.rows; r++) { /* every other table in the order of the text */
        uint32_t k = table.columns % 2 == 0 ? prop_roll(r + 1) : r;
        table.order[r] = table.order[k];
        table.order[k] = r;
    }
    uint32_t any = prop_roll(4); /* how many cells of four ask nothing */
    for (uint32_t c = 0; c < table.columns; c++)
        make_column(c);
    for (uint32_t i = 0; i < table.rows * table.columns; i++) {
        CellTest *tests = &table.tests[(size_t)i * TESTS];
        Cell *cell = &table.cells[i];
        *cell = (Cell){.any = prop_roll(4) < any, .tests = tests};
        if (cell->any)
            continue;
        cell->test_count = 1 + (prop_roll(3) == 0 ? prop_roll(TESTS) : 0);
        for (uint32_t k = 0; k < cell->test_count; k++) {
            tests[k] = make_test(i % table.columns);
            tests[k].also = k + 1 < cell->test_count && prop_roll(4) == 0;
        }
    }
}

/* The next row from place *at of the order on that matches, or -1. */
static int32_t tried(const Value *inputs, uint32_t *at) {
    while (*at < table.rows) {
        uint32_t r = table.order[(*at)++];
        bool holds = true;
        for (uint32_t c = 0; c < table.columns && holds; c++)
            holds = cell_holds(&table.cells[r * table.columns + c], inputs[c]);
        if (holds)
            return (int32_t)r;
    }
    return -1;
}

static Value asked(uint32_t c) {
    const ColumnType *t = &table.types[c];
    if (t->optional && prop_roll(4) == 0)
        return value_absent();
    Value v = prop_roll(3) > 0 ? table.pool[c][prop_roll(POOL)] : random_value(t);
    return in_bounds(t, v) ? v : table.pool[c][0];
}

/* The first row, then all of them. */
static bool rows_agree(const Lookup *first, const Lookup *all, const Value *inputs,
                       uint64_t *hits) {
    uint32_t at = 0;
    int32_t got = lookup_row(first, inputs), want = tried(inputs, &at);
    Hits walk;
    lookup_begin(all, inputs, &walk);
    *hits += want >= 0;
    for (bool begun = false; got == want; begun = true) {
        if (begun)
            want = tried(inputs, &at);
        got = lookup_next(&walk);
        if (got < 0 && want < 0)
            return true;
    }
    printf("%u rows of %u columns: the index gives row %d, trying gives %d\n", table.rows,
           table.columns, got, want);
    return false;
}

static bool index_agrees(uint64_t *hits) {
    Arena arena = {0};
    Lookup *first = NULL, *all = NULL;
    make_table();
    bool ok = lookup_build(table.types, table.columns, table.cells, table.rows, table.order, false,
                           &arena, &first) == OK &&
              lookup_build(table.types, table.columns, table.cells, table.rows, table.order, true,
                           &arena, &all) == OK;
    for (int i = 0; i < ASKED && ok; i++) {
        Value inputs[COLUMNS];
        for (uint32_t c = 0; c < table.columns; c++)
            inputs[c] = asked(c);
        ok = rows_agree(first, all, inputs, hits);
    }
    arena_free(&arena);
    return ok;
}

/* ---- many rows */

enum { MANY = 10000, FEW = 10, BIG_COLUMNS = 4, LOOKUPS = 20000 };

typedef struct Big {
    Arena arena;
    ColumnType types[BIG_COLUMNS];
    Cell *cells;
    Value *questions;
    uint32_t *order;
    Lookup *lookup, *all;
    uint32_t rows;
} Big;

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static Cell range_cell(Arena *a, Value lo, Value hi) {
    CellTest *t = new (a, CellTest, 1);
    if (t == NULL)
        exit(3);
    *t = (CellTest){.lo = lo, .hi = hi, .has_lo = true, .has_hi = true};
    return (Cell){.tests = t, .test_count = 1};
}

static Value place_value(Arena *a, uint32_t n) {
    Str place = {NULL, 0};
    if (arena_printf(a, &place, "place %u", n) != OK)
        exit(3);
    return value_text(place);
}

/* Rows over a place, a range of sizes, an enumeration and an amount; some cells ask nothing, so
 * that rows overlap. The questions are each about some row's place. */
static void big_make(Big *b, uint32_t rows) {
    *b = (Big){.rows = rows};
    b->types[0] = (ColumnType){.kind = V_TEXT};
    b->types[1] = (ColumnType){.kind = V_INT};
    b->types[2] = (ColumnType){.kind = V_ENUM, .members = 8};
    b->types[3] = (ColumnType){.kind = V_DEC};
    b->cells = new (&b->arena, Cell, (size_t)rows * BIG_COLUMNS);
    b->questions = new (&b->arena, Value, (size_t)LOOKUPS * BIG_COLUMNS);
    b->order = new (&b->arena, uint32_t, rows);
    if (b->cells == NULL || b->questions == NULL || b->order == NULL)
        exit(3);
    for (uint32_t r = 0; r < rows; r++)
        b->order[r] = r;
    uint32_t places = rows / 10 + 1;
    for (uint32_t r = 0; r < rows; r++) {
        Cell *cell = &b->cells[(size_t)r * BIG_COLUMNS];
        Value place = place_value(&b->arena, prop_roll(places)),
              member = value_of(V_ENUM, prop_roll(8));
        int64_t from = prop_roll(1000);
        cell[0] = range_cell(&b->arena, place, place);
        cell[1] = range_cell(&b->arena, value_int(from), value_int(from + prop_roll(300)));
        cell[2] = prop_roll(3) == 0 ? (Cell){.any = true} : range_cell(&b->arena, member, member);
        Value amount = value_dec(V_DEC, (Dec){prop_roll(100000), 2});
        cell[3] = prop_roll(2) == 0 ? (Cell){.any = true} : range_cell(&b->arena, amount, amount);
        if (cell[3].test_count > 0) {
            CellTest *test = (CellTest *)(uintptr_t)cell[3].tests;
            test->has_hi = false;
        }
    }
    for (uint32_t i = 0; i < LOOKUPS; i++) {
        Value *q = &b->questions[(size_t)i * BIG_COLUMNS];
        q[0] = place_value(&b->arena, prop_roll(places));
        q[1] = value_int(prop_roll(1300));
        q[2] = value_of(V_ENUM, prop_roll(8));
        q[3] = value_dec(V_DEC, (Dec){prop_roll(200000), 2});
    }
}

static bool big_agrees(const Big *b) {
    for (uint32_t i = 0; i < 500; i++) {
        const Value *q = &b->questions[(size_t)i * BIG_COLUMNS];
        int32_t want = -1;
        for (uint32_t r = 0; r < b->rows && want < 0; r++) {
            bool holds = true;
            for (uint32_t c = 0; c < BIG_COLUMNS && holds; c++)
                holds = cell_holds(&b->cells[r * BIG_COLUMNS + c], q[c]);
            want = holds ? (int32_t)r : want;
        }
        Hits walk;
        lookup_begin(b->all, q, &walk);
        if (lookup_row(b->lookup, q) != want || lookup_next(&walk) != want)
            return false;
    }
    return true;
}

/* The least time of several rounds over the questions, in ns: of the first row, or of all. */
static uint64_t big_time(const Big *b, bool all, int64_t *sum) {
    uint64_t best = UINT64_MAX;
    for (int round = 0; round < 7; round++) {
        uint64_t begin = now_ns();
        for (uint32_t i = 0; i < LOOKUPS; i++) {
            const Value *q = &b->questions[(size_t)i * BIG_COLUMNS];
            Hits walk;
            if (all)
                lookup_begin(b->all, q, &walk);
            *sum += all ? lookup_next(&walk) : lookup_row(b->lookup, q);
            while (all && lookup_next(&walk) >= 0)
                ++*sum;
        }
        uint64_t took = now_ns() - begin;
        best = took < best ? took : best;
    }
    return best;
}

static bool big_index(Big *b) {
    uint64_t begin = now_ns();
    bool ok = lookup_build(b->types, BIG_COLUMNS, b->cells, b->rows, b->order, false, &b->arena,
                           &b->lookup) == OK &&
              lookup_build(b->types, BIG_COLUMNS, b->cells, b->rows, b->order, true, &b->arena,
                           &b->all) == OK;
    printf("%u rows: built in %llu ms\n", b->rows,
           (unsigned long long)((now_ns() - begin) / 1000000));
    return ok;
}

/* A table of `times` more rows may cost `most` times as much; trying each would cost that of
 * `times`. */
static bool many_cost_what_few_do(void) {
    enum { MOST = 6 };
    Big few, many;
    int64_t sum = 0;
    big_make(&few, FEW);
    big_make(&many, MANY);
    bool ok = big_index(&few) && big_index(&many) && big_agrees(&few) && big_agrees(&many);
    for (int all = 0; all < 2 && ok; all++) {
        uint64_t a = big_time(&few, all, &sum), b = big_time(&many, all, &sum);
        printf("%s: asked of %d rows in %llu ns, of %d rows in %llu ns (sum %lld)\n",
               all ? "all" : "first", MANY, (unsigned long long)(b / LOOKUPS), FEW,
               (unsigned long long)(a / LOOKUPS), (long long)sum);
        ok = b <= a * MOST;
        if (!ok)
            printf("10,000 rows cost more than %d times what 10 do\n", MOST);
    }
    arena_free(&few.arena);
    arena_free(&many.arena);
    return ok;
}

int main(int argc, char **argv) {
    prop_start(argc, argv, 3000);
    bool holds = true;
    uint64_t hits = 0;
    for (uint64_t i = 0; i < prop_rounds && holds; i++)
        holds = index_agrees(&hits);
    printf("%llu of %llu questions had a row\n", (unsigned long long)hits,
           (unsigned long long)(prop_rounds * ASKED));
    return prop_end(holds && hits > prop_rounds && many_cost_what_few_do());
}
