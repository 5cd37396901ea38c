/* cli: tables on a terminal. Rows are kept in a temporary file and measured first, so that any
 * number of rows can be aligned without holding them in memory. */
#include <stdio.h>
#include <string.h>

#include "engine/cli/cli.h"

enum {
    GAP = 2,           /* blanks between columns */
    COLUMN_LEAST = 16, /* what a column is made narrower to */
    DIGEST_LEAST = 40, /* digits of what is taken for a digest */
    DIGEST_SHOWN = 11, /* and what is shown of it */
    CELL_MOST = 4096   /* bytes of a cell that are shown */
};

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

/* How much of a cell is shown where a row is too long: of a digest its beginning. */
static size_t brief_size(RemitText cell) {
    size_t n = 0;
    while (n < cell.size && strchr("0123456789abcdef", cell.data[n]) != NULL && cell.data[n] != 0)
        n++;
    return n == cell.size && n >= DIGEST_LEAST ? DIGEST_SHOWN : cell.size;
}

static size_t brief_width(RemitText cell) {
    size_t n = brief_size(cell);
    return remit_columns((RemitText){cell.data, n}) + (n < cell.size);
}

static void widen(size_t *width, size_t to) {
    *width = to > *width ? to : *width;
}

static int grid_cells(void *ctx, const RemitText *cells, size_t n) {
    Grid *g = ctx;
    for (size_t i = 0; i < g->columns; i++) {
        RemitText cell = i < n ? cells[i] : (RemitText){"", 0};
        widen(&g->widths[i], remit_columns(cell));
        widen(&g->brief[i], brief_width(cell));
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

static size_t grid_width(const Grid *g, const size_t *widths) {
    size_t width = 0;
    for (size_t i = 0; i < g->columns; i++)
        width += widths[i] + (i == 0 ? 0 : GAP);
    return width;
}

/* Makes the widest columns narrower until a row goes into the room; where there are too many for
 * that, a row is shown as a list of its columns. */
static void grid_fit(Grid *g) {
    if (g->room == 0 || grid_width(g, g->widths) <= g->room)
        return;
    g->form = GRID_FITTED;
    memcpy(g->widths, g->brief, sizeof g->widths);
    for (size_t over = grid_width(g, g->widths); over > g->room; over--) {
        size_t widest = 0;
        for (size_t i = 1; i < g->columns; i++)
            widest = g->widths[i] > g->widths[widest] ? i : widest;
        if (g->widths[widest] <= COLUMN_LEAST) {
            g->form = GRID_LISTED;
            return;
        }
        g->widths[widest]--;
    }
}

static size_t letter_size(const char *at, const char *end) {
    size_t n = 1;
    while (at + n < end && ((unsigned char)at[n] & 0xC0) == 0x80)
        n++;
    return n;
}

/* How many bytes of a text go on a line of so many columns: up to a blank or behind a mark where
 * there is one in its second half, one letter at least. */
static size_t line_size(RemitText text, size_t columns) {
    size_t n = 0, used = 0, mark = 0;
    while (n < text.size) {
        size_t letter = letter_size(text.data + n, text.data + text.size);
        size_t width = remit_columns((RemitText){text.data + n, letter});
        if (used + width > columns && n > 0)
            return mark > 0 ? mark : n;
        n += letter;
        used += width;
        if (strchr(" -/.,:;_", text.data[n - 1]) != NULL && used * 2 >= columns)
            mark = n;
    }
    return n;
}

/* A line of a row: of each cell what goes into its column. Whether more is left. */
static bool print_line(const Grid *g, RemitText *cells) {
    size_t blanks = 0; /* owed before the next cell that is not empty */
    bool more = false;
    for (size_t i = 0; i < g->columns; i++) {
        size_t n = g->form == GRID_PLAIN ? cells[i].size : line_size(cells[i], g->widths[i]);
        size_t shown = n;
        while (shown > 0 && shown < cells[i].size && cells[i].data[shown - 1] == ' ')
            shown--;
        if (shown > 0) {
            put_blanks(blanks);
            fwrite(cells[i].data, 1, shown, stdout);
            blanks = 0;
        }
        size_t width = remit_columns((RemitText){cells[i].data, shown});
        blanks += g->widths[i] - (width < g->widths[i] ? width : g->widths[i]) + GAP;
        cells[i].data += n;
        cells[i].size -= n;
        more = more || cells[i].size > 0;
    }
    putchar('\n');
    return more;
}

/* The cells of the next row, in `text`. */
static void read_row(Grid *g, char (*text)[CELL_MOST + 4], RemitText *cells) {
    for (size_t i = 0; i < g->columns; i++) {
        cells[i] = (RemitText){text[i], read_cell(g->rows, text[i], CELL_MOST)};
        size_t brief = g->form == GRID_PLAIN ? cells[i].size : brief_size(cells[i]);
        if (brief < cells[i].size) {
            memcpy(text[i] + brief, "…", strlen("…"));
            cells[i].size = brief + strlen("…");
        }
    }
}

/* A row as a list: on each line the name of a column and what it has, where it has something. */
static void print_list(const Grid *g, const RemitText *names, const RemitText *cells) {
    Grid pair = {.form = GRID_FITTED, .columns = 2};
    for (size_t i = 0; i < g->columns; i++)
        widen(&pair.widths[0], remit_columns(names[i]));
    size_t taken = pair.widths[0] + GAP;
    pair.widths[1] = g->room > taken + COLUMN_LEAST ? g->room - taken : COLUMN_LEAST;
    for (size_t i = 0; i < g->columns; i++) {
        RemitText two[2] = {names[i], cells[i]};
        while (cells[i].size > 0 && print_line(&pair, two)) {
        }
    }
}

void grid_print(Grid *g) {
    char heads[GRID_COLUMNS][CELL_MOST + 4], text[GRID_COLUMNS][CELL_MOST + 4];
    RemitText names[GRID_COLUMNS], cells[GRID_COLUMNS];
    if (g->rows == NULL)
        return;
    rewind(g->rows);
    grid_fit(g);
    for (size_t row = 0; row < g->count && !g->failed; row++) {
        read_row(g, row == 0 ? heads : text, row == 0 ? names : cells);
        if (row > 1 && g->form == GRID_LISTED)
            putchar('\n');
        if (row > 0 && g->form == GRID_LISTED)
            print_list(g, names, cells);
        while (g->form != GRID_LISTED && print_line(g, row == 0 ? names : cells)) {
        }
    }
    fclose(g->rows);
    g->rows = NULL;
}
