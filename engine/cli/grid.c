/* cli: tables on a terminal. Rows are kept in a temporary file and measured first, so that any
 * number of rows can be aligned without holding them in memory. */
#include <stdio.h>
#include <string.h>

#include "engine/cli/cli.h"

/* A character that would move the cursor or end the cell is shown as one that does not. */
static int put_cell(FILE *f, RemitText cell) {
    for (size_t i = 0; i < cell.size; i++) {
        unsigned char c = (unsigned char)cell.data[i];
        bool blank = c == '\n' || c == '\r' || c == '\t';
        if (fputc(blank ? ' ' : c < 0x20 || c == 0x7F ? '?' : c, f) == EOF)
            return 1;
    }
    return fputc('\0', f) == EOF;
}

static int grid_cells(void *ctx, const RemitText *cells, size_t n) {
    Grid *g = ctx;
    for (size_t i = 0; i < g->columns; i++) {
        RemitText cell = i < n ? cells[i] : (RemitText){"", 0};
        size_t width = remit_columns(cell);
        g->widths[i] = width > g->widths[i] ? width : g->widths[i];
        g->failed = g->failed || put_cell(g->rows, cell) != 0;
    }
    g->count++;
    return g->failed;
}

static int grid_begin(void *ctx, const RemitText *columns, size_t n) {
    Grid *g = ctx;
    g->columns = n < GRID_COLUMNS ? n : GRID_COLUMNS;
    g->rows = tmpfile();
    g->failed = g->rows == NULL;
    return g->failed ? 1 : grid_cells(ctx, columns, n);
}

RemitTable grid_table(Grid *grid) {
    return (RemitTable){grid, grid_begin, grid_cells};
}

static void put_blanks(size_t n) {
    for (; n > 0; n--)
        putchar(' ');
}

/* The next cell of the file into `cell`; cut at its end when it is longer than that. */
static size_t read_cell(FILE *f, char *cell, size_t most) {
    size_t n = 0;
    for (int c = fgetc(f); c != EOF && c != '\0'; c = fgetc(f))
        if (n < most)
            cell[n++] = (char)c;
    return n;
}

/* A row, without blanks at its end. */
static void print_row(Grid *g) {
    char cell[4096];
    size_t blanks = 0; /* owed before the next cell that is not empty */
    for (size_t i = 0; i < g->columns; i++) {
        size_t n = read_cell(g->rows, cell, sizeof cell);
        if (n > 0) {
            put_blanks(blanks);
            fwrite(cell, 1, n, stdout);
            blanks = 0;
        }
        size_t width = remit_columns((RemitText){cell, n});
        blanks += g->widths[i] - (width < g->widths[i] ? width : g->widths[i]) + 2;
    }
    putchar('\n');
}

void grid_print(Grid *g) {
    if (g->rows == NULL)
        return;
    rewind(g->rows);
    for (size_t row = 0; row < g->count && !g->failed; row++)
        print_row(g);
    fclose(g->rows);
    g->rows = NULL;
}
