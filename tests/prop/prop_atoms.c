/* Laws of columns: the atom of a value is where the plain comparisons with every cut put it,
 * whatever the scales of the decimals and however large they are; and the rank of a number in a
 * sorted array is how many are not above it. */
#include "tests/prop/prop.h"

#include "engine/base/atoms.h"

enum { CELLS = 12 };

static int64_t number(void) {
    static const int64_t far[] = {INT64_MAX, INT64_MIN, INT64_MAX / 2, INT64_MIN / 2,
                                  INT64_MAX / 2 + 1};
    if (prop_roll(20) == 0)
        return far[prop_roll(5)];
    return (int64_t)prop_roll(2001) - 1000;
}

static Value value(ValueKind kind, bool wild) {
    Value v = value_of(kind, number());
    if (kind == V_DEC || kind == V_MONEY)
        v.scale = (uint8_t)prop_roll(wild ? 4 : 2);
    if (kind == V_MONEY)
        v.n = wild && prop_roll(50) == 0 ? 2 : 1;
    return v;
}

static bool atom_is_right(void) {
    static const ValueKind kinds[] = {V_INT, V_DEC, V_MONEY, V_DATE, V_INSTANT};
    ValueKind kind = kinds[prop_roll(5)];
    bool wild = prop_roll(3) == 0;
    CellTest tests[CELLS] = {0};
    Cell cells[CELLS];
    uint32_t n = 1 + prop_roll(CELLS);
    for (uint32_t i = 0; i < n; i++) {
        tests[i].has_lo = true;
        tests[i].lo = value(kind, wild);
        tests[i].open_lo = prop_roll(2) == 0;
        cells[i] = (Cell){.tests = &tests[i], .test_count = 1};
    }
    Arena a = {0};
    Column c;
    ColumnType type = {.kind = kind};
    bool good = column_cut(&type, cells, n, 1, &a, &c) == OK;
    for (int round = 0; good && round < 20; round++) {
        Value v = value(kind, true);
        if (prop_roll(2) == 0)
            v = tests[prop_roll(n)].lo; /* at a cut */
        uint32_t below = 0;
        for (uint32_t i = 0; i < c.cut_count; i++) {
            int order = value_cmp(c.cuts[i].v, v);
            below += order < 0 || (order == 0 && !c.cuts[i].after);
        }
        uint32_t want = below < c.first || below >= c.last ? c.atoms : below;
        good = column_atom(&c, v) == want;
    }
    arena_free(&a);
    return good;
}

/* Crowded, spread and far numbers: all that buckets could miss. */
static bool rank_is_right(void) {
    enum { KEYS = 200 };
    int64_t keys[KEYS];
    uint32_t n = prop_roll(KEYS + 1);
    uint64_t spread = (uint64_t)1 << prop_roll(64);
    int64_t key = prop_roll(4) == 0 ? INT64_MIN : number();
    uint32_t count = 0;
    for (; count < n; count++) {
        keys[count] = key;
        uint64_t step = prop_roll(5) == 0 ? prop_u64() % spread : prop_roll(3);
        if (step > (uint64_t)INT64_MAX - (uint64_t)key)
            break;
        key = (int64_t)((uint64_t)key + step);
    }
    n = count < n ? count + 1 : n;
    Arena a = {0};
    Ranks ranks;
    bool good = ranks_make(keys, n, &a, &ranks) == OK;
    for (int round = 0; good && round < 20; round++) {
        int64_t asked = n > 0 && prop_roll(3) > 0 ? keys[prop_roll(n)] : number();
        if (prop_roll(3) == 0 && asked > INT64_MIN)
            asked--;
        uint32_t below = 0;
        for (uint32_t i = 0; i < n; i++)
            below += keys[i] <= asked;
        good = ranks_below(&ranks, asked) == below;
    }
    arena_free(&a);
    return good;
}

int main(int argc, char **argv) {
    prop_start(argc, argv, 20000);
    bool holds = true;
    for (uint64_t i = 0; i < prop_rounds && holds; i++)
        holds = atom_is_right() && rank_is_right();
    return prop_end(holds);
}
