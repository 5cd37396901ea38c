/* run: the rows of a JSON file: a value a line, the items of one list, or those of a list inside
 * each document of the file, by a path. Reads as it comes: a document need not be in memory whole,
 * a row and a member that is passed over must be. Trusts: nothing. Memory: none of its own; rows
 * borrow the text. */
#ifndef REMIT_RUN_JSONROWS_H
#define REMIT_RUN_JSONROWS_H

#include "engine/base/path.h"

typedef enum RowsNow {
    ROWS_MORE, /* more text is needed */
    ROWS_ROW,
    ROWS_BAD, /* what is left is not as it should be: the row is its beginning */
    ROWS_OVER
} RowsNow;

typedef struct JsonRows {
    PathStep steps[PATH_STEPS];
    uint32_t step_count;
    uint32_t at;   /* steps that were taken into this document */
    uint32_t open; /* its objects and lists that are open */
    uint32_t item; /* where the next step is an item: how many went by */
    uint8_t state;
    bool quoted, escaped; /* passing over the rest of a document: in a string */
    bool found;           /* the path led somewhere */
} JsonRows;

/* path empty: lines, or one list. It must be a path. */
void json_rows_init(JsonRows *r, Str path);
/* What follows is passed over. */
void json_rows_stop(JsonRows *r);
/* What comes next in text, `last` if nothing follows it. *used: how much of text is done with, the
 * row included. */
RowsNow json_rows_next(JsonRows *r, Str text, bool last, size_t *used, Str *row);

#endif
