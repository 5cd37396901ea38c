/* code: the index that finds a table's first row for given inputs, or all of them. Columns are cut
 * into atoms; a graph of decisions, one column a step, leads to the row: its depth is the number of
 * columns at most, whatever the number of rows. */
#ifndef REMIT_CODE_LOOKUP_H
#define REMIT_CODE_LOOKUP_H

#include "engine/base/atoms.h"

enum { LOOKUP_COLUMNS = 64 };

typedef struct Lookup Lookup;

/* Builds the index of rows over n columns; cells of row r and column i at r * n + i. order: the
 * rows, the one that goes first before the others. all: lookup_next gives every row that matches;
 * else only the first. order and cells are borrowed, memory is the arena's. ERR_NOMEM. */
MUST_USE Status lookup_build(const ColumnType *types, uint32_t columns, const Cell *cells,
                             uint32_t rows, const uint32_t *order, bool all, Arena *a,
                             Lookup **out);
/* The first row that matches, or -1. inputs: one value a column, of its type. Allocates nothing. */
int32_t lookup_row(const Lookup *l, const Value *inputs);

/* A walk over the rows that match, in their order. */
typedef struct Hits {
    const Lookup *l;
    const uint32_t *rows;
    uint32_t n, next;
    bool sure; /* they match, all that there are */
    uint32_t atoms[LOOKUP_COLUMNS];
} Hits;
/* Begins the walk. Allocates nothing. */
void lookup_begin(const Lookup *l, const Value *inputs, Hits *out);
/* The next row, or -1. */
int32_t lookup_next(Hits *hits);

#endif
