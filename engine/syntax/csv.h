/* syntax: a table whose rows stand in a CSV file (RFC 4180). Its cells are written as in a policy
 * and read by the same parser, each where it stands, so that a message underlines it there. Trusts:
 * nothing; any bytes may come. Memory:  nodes and texts live in the compile arena. Errors: mistakes
 * in the text are diagnostics; a Status is for memory alone. */
#ifndef REMIT_SYNTAX_CSV_H
#define REMIT_SYNTAX_CSV_H

#include "engine/syntax/join.h"

typedef struct Csv {
    Sources *sources;
    uint32_t file;
    Arena *arena;
    Diags *diags;
    Str text; /* as the lexer sees it: what is no cell is left out, no byte has moved */
    uint32_t at;
    Join join;
} Csv;

/* A cell: its bytes without quotes and the blanks around it. */
typedef struct CsvCell {
    Span at;
    bool quoted;
} CsvCell;

typedef struct CsvRecord {
    CsvCell *cells;
    uint32_t n;
    Span at;
    bool empty; /* no cell holds anything */
} CsvRecord;

/* Begins at the first record of source `file`. *ok: it can be read at all. */
MUST_USE Status csv_open(Csv *csv, Sources *sources, uint32_t file, Arena *arena, Diags *diags,
                         bool *ok);
/* The next record; *more false: there is none, or its quotes are wrong and that was said.
 * ERR_NOMEM. */
MUST_USE Status csv_next(Csv *csv, CsvRecord *out, bool *more);
/* What a cell holds. */
Str csv_text(const Csv *csv, CsvCell cell);
/* A cell of the header, NAME or NAME: TYPE, as a PARAM; NULL: that was said. ERR_NOMEM. */
MUST_USE Status csv_param(Csv *csv, CsvCell cell, Node **out);

/* How the cells of a column are read: as in a policy, or what is plainly a text as that text. */
typedef struct CsvColumn {
    uint32_t place; /* in the record */
    bool text;
} CsvColumn;

/* A record as a ROW: so many inputs, then so many outputs; NULL: that was said. ERR_NOMEM. */
MUST_USE Status csv_row(Csv *csv, const CsvRecord *record, const CsvColumn *columns,
                        uint32_t inputs, uint32_t outputs, Node **out);

#endif
