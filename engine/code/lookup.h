/* code: the index that finds a table's first row for given inputs. Columns are cut into atoms; a
 * graph of decisions, one column a step, leads to the row: its depth is the number of columns at
 * most, whatever the number of rows. */
#ifndef REMIT_CODE_LOOKUP_H
#define REMIT_CODE_LOOKUP_H

#include "engine/base/atoms.h"

typedef struct Lookup Lookup;

/* Builds the index of rows over n columns; cells of row r and column i at r * n + i. Memory is the
 * arena's. ERR_NOMEM. */
MUST_USE Status lookup_build(const ColumnType *types, uint32_t columns, const Cell *cells,
                             uint32_t rows, Arena *a, Lookup **out);
/* The first row that matches, or -1. inputs: one value a column, of its type. Allocates nothing. */
int32_t lookup_row(const Lookup *l, const Value *inputs);

#endif
