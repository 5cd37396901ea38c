/* base: the columns of a decision table cut into atoms: ranges of values that no cell of the column
 * tells apart. A cell is then a set of ranges of atoms, and a table a set of boxes. Proofs
 * (check/prove.c) and the index that finds a row (code/lookup.c) both work on atoms. */
#ifndef REMIT_BASE_ATOMS_H
#define REMIT_BASE_ATOMS_H

#include "engine/base/ranks.h"
#include "engine/base/value.h"

/* One test of a cell: lo..hi with closed or open ends. A single value is lo = hi. Texts go by code
 * point: those that begin with "CN" are "CN" to "CO", the latter left out. */
typedef struct CellTest {
    Value lo, hi;
    bool negated, absent; /* absent: holds for an absent value, and for no other */
    bool also;            /* holds only together with the test behind it */
    bool has_lo, has_hi, open_lo, open_hi;
} CellTest;

/* `any` matches all, the absent value too; else one of the tests must hold. */
typedef struct Cell {
    const CellTest *tests;
    uint32_t test_count;
    bool any;
} Cell;

/* A place between two values of an ordered column: before v, or after it. */
typedef struct Cut {
    Value v;
    bool after;
} Cut;

/* What values a column can have. */
typedef struct ColumnType {
    ValueKind kind;
    bool optional; /* absence is one more value */
    bool bounded;  /* only lo..hi occur */
    Value lo, hi;
    uint32_t members; /* V_ENUM: how many there are */
} ColumnType;

typedef struct Column {
    ColumnType type;
    bool ordered, discrete;
    const Cut *cuts; /* ordered: atom i lies between cut i-1 and cut i */
    uint32_t cut_count;
    /* ordered, where the cuts are of one form and small enough (else empty): cut i as the number
     * 2 * coefficient + after, with key_form's scale; so a value is placed by comparing integers */
    Ranks keys;
    Value key_form;
    const Value *values; /* parties, and texts that no range asks for: the distinct constants,
                            sorted; one more atom is "any other" */
    uint32_t value_count;
    /* of texts: at the hash of value i, or the next free place behind it, stands i + 1; slot_mask +
     * 1 places, a power of two; NULL where they are few */
    const uint32_t *slots;
    uint32_t slot_mask;
    uint32_t first, last; /* atoms of values: [first, last) */
    uint32_t atoms;       /* one behind the last atom: last, or last + 1 where absence is an atom */
} Column;

typedef struct AtomRange {
    uint32_t from, to; /* atoms [from, to) */
} AtomRange;

/* Sorted, disjoint, not touching. */
typedef struct AtomRanges {
    AtomRange *at;
    uint32_t n;
} AtomRanges;

/* Cuts a column. cells: one a row, at cells[row * stride]. All memory is the arena's. ERR_NOMEM. */
MUST_USE Status column_cut(const ColumnType *type, const Cell *cells, size_t rows, size_t stride,
                           Arena *a, Column *out);
/* The atoms that a cell matches. ERR_NOMEM. */
MUST_USE Status column_ranges(const Column *c, const Cell *cell, Arena *a, AtomRanges *out);
/* The atom of a value of the column's type; c->atoms if it is outside the bounds. */
uint32_t column_atom(const Column *c, Value v);
/* A value of an atom that is not absence, a plain one where there are many. Of texts and parties
 * that no cell names none is made up: absent. ERR_NOMEM. */
MUST_USE Status column_sample(const Column *c, uint32_t atom, Arena *a, Value *out);
bool ranges_have(const AtomRanges *r, uint32_t atom);

#endif
