/* syntax: tables in CSV files. */
#include "engine/syntax/csv.h"

#include <string.h>

#include "engine/base/utf8.h"
#include "engine/syntax/keyword.h"
#include "remit_grammar.h"

/* Of the generated parser. */
void *RemitParseAlloc(void *(*take)(size_t), Builder *b);
void RemitParseFree(void *parser, void (*give)(void *));
void RemitParse(void *parser, int kind, Tok tok);

static void csv_say(Csv *csv, Span at, const char *en, const char *zh, const char *fix_en,
                    const char *fix_zh) {
    diag_add2(csv->diags, DIAG_CSV, at, diag_both(csv->diags, en, zh),
              diag_both(csv->diags, fix_en, fix_zh));
}

/* The first line, without its end. */
static Str csv_first_line(Str text) {
    Str line;
    str_cut(text, '\n', &line, NULL);
    return line;
}

Status csv_open(Csv *csv, Sources *sources, uint32_t file, Arena *arena, Diags *diags, bool *ok) {
    Str text = sources->files.at[file].text;
    *csv = (Csv){.sources = sources, .file = file, .arena = arena, .diags = diags};
    *ok = false;
    size_t valid = utf8_good(text);
    if (valid < text.n) {
        diag_add(diags, DIAG_NOT_UTF8, (Span){file, (uint32_t)valid, (uint32_t)valid + 1});
        return OK;
    }
    if (text.n >= 3 && memcmp(text.p, "\xEF\xBB\xBF", 3) == 0)
        csv->at = 3; /* spreadsheets put it there */
    Str head = csv_first_line(str_from(text, csv->at));
    Span line = {file, csv->at, csv->at + (uint32_t)head.n};
    if (str_find(head, ',') < 0 && (str_find(head, ';') >= 0 || str_find(head, '\t') >= 0)) {
        csv_say(csv, line, "the columns of this file are not separated by commas",
                "此文件的列不是以逗号分隔", "save it as CSV with commas",
                "请另存为以逗号分隔的 CSV");
        return OK;
    }
    Str copy;
    TRY(arena_str(arena, text, &copy));
    csv->text = copy;
    TRY(join_init(&csv->join, copy, file, NULL, arena, diags));
    *ok = true;
    return OK;
}

static bool is_end(char c) {
    return c == '\n' || c == '\r';
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || is_end(c);
}

/* A cell in quotes; two of them stand for one. In the copy the cell's bytes move together. */
static bool csv_quoted(Csv *csv, CsvCell *cell) {
    char *p = (char *)(uintptr_t)csv->text.p;
    uint32_t n = (uint32_t)csv->text.n, from = csv->at + 1, to = from, i = from;
    for (; i < n && !(p[i] == '"' && p[i + 1] != '"'); i++) {
        i += p[i] == '"';
        p[to++] = p[i];
    }
    *cell = (CsvCell){{csv->file, from, to}, true};
    if (i >= n) {
        csv_say(csv, (Span){csv->file, from - 1, from}, "this quote is never closed",
                "这个引号没有结束", "close the cell with a quote", "请以引号结束这一格");
        return false;
    }
    for (uint32_t k = to; k <= i; k++)
        p[k] = ' ';
    i++;
    while (i < n && p[i] == ' ')
        i++;
    if (i < n && p[i] != ',' && !is_end(p[i])) {
        csv_say(csv, (Span){csv->file, i, i + 1}, "text follows a cell in quotes",
                "带引号的格之后还有文字", "put all of the cell into quotes", "请把整格放进引号");
        return false;
    }
    csv->at = i;
    return true;
}

static bool csv_cell(Csv *csv, CsvCell *cell) {
    const char *p = csv->text.p;
    uint32_t n = (uint32_t)csv->text.n;
    while (csv->at < n && (p[csv->at] == ' ' || p[csv->at] == '\t'))
        csv->at++;
    if (csv->at < n && p[csv->at] == '"') {
        if (!csv_quoted(csv, cell))
            return false;
    } else {
        uint32_t from = csv->at;
        while (csv->at < n && p[csv->at] != ',' && !is_end(p[csv->at]))
            csv->at++;
        *cell = (CsvCell){{csv->file, from, csv->at}, false};
    }
    while (cell->at.to > cell->at.from && is_blank(p[cell->at.to - 1]))
        cell->at.to--;
    while (cell->at.from < cell->at.to && is_blank(p[cell->at.from]))
        cell->at.from++;
    return true;
}

static bool csv_grow(const Csv *csv, CsvRecord *out, uint32_t *room) {
    uint32_t more = *room == 0 ? 16 : *room * 2;
    CsvCell *cells = new (csv->arena, CsvCell, more);
    if (cells == NULL)
        return false;
    if (out->n > 0)
        memcpy(cells, out->cells, out->n * sizeof *cells);
    out->cells = cells;
    *room = more;
    return true;
}

Status csv_next(Csv *csv, CsvRecord *out, bool *more) {
    uint32_t n = (uint32_t)csv->text.n, room = 0;
    const char *p = csv->text.p;
    *out = (CsvRecord){.empty = true, .at = {csv->file, csv->at, csv->at}};
    *more = false;
    if (csv->at >= n)
        return OK;
    for (;;) {
        if (out->n == room && !csv_grow(csv, out, &room))
            return ERR_NOMEM;
        CsvCell *cell = &out->cells[out->n];
        if (!csv_cell(csv, cell))
            return OK;
        out->n++;
        out->at.to = csv->at;
        out->empty = out->empty && cell->at.from == cell->at.to;
        if (csv->at >= n || p[csv->at] != ',')
            break;
        csv->at++;
    }
    if (csv->at < n && p[csv->at] == '\r')
        csv->at++;
    if (csv->at < n && p[csv->at] == '\n')
        csv->at++;
    *more = true;
    return OK;
}

Str csv_text(const Csv *csv, CsvCell cell) {
    return (Str){csv->text.p + cell.at.from, cell.at.to - cell.at.from};
}

/* ---- what the parser gets */

typedef struct Feed {
    Csv *csv;
    Builder b;
    void *parser;
    Span here;
    bool bad;
} Feed;

static void feed(Feed *f, Tok tok) {
    f->b.here = tok.span;
    RemitParse(f->parser, tok.kind, tok);
}

/* A token that stands in no file. */
static void feed_mark(Feed *f, int kind, const char *text) {
    feed(f, (Tok){.kind = kind, .text = str_of(text), .span = f->here});
}

static Status feed_begin(Feed *f, Csv *csv, Span here) {
    *f = (Feed){.csv = csv, .here = {here.file, here.from, here.from}};
    f->b = (Builder){.arena = csv->arena, .diags = csv->diags};
    f->parser = RemitParseAlloc(mem_alloc, &f->b);
    if (f->parser == NULL)
        return ERR_NOMEM;
    csv->join.parser = f->parser;
    feed_mark(f, TK_TABLE, "table");
    feed_mark(f, TK_ID, "t");
    feed_mark(f, TK_LP, "(");
    return OK;
}

/* The table that was read, or NULL. */
static Status feed_end(Feed *f, Node **out) {
    if (!f->bad) {
        feed_mark(f, TK_RB, "}");
        feed_mark(f, 0, "");
    }
    RemitParseFree(f->parser, mem_free);
    f->csv->join.parser = NULL;
    Node *table = f->b.items.first;
    *out = f->bad || table == NULL || table->kind != N_TABLE ? NULL : table;
    return f->b.nomem || f->csv->join.nomem || f->csv->join.lexer.nomem ? ERR_NOMEM : OK;
}

static void feed_say(Feed *f, Tok tok, const char *en, const char *zh) {
    Diags *diags = f->csv->diags;
    Str found = tok.kind == 0 ? diag_both(diags, "the end of the cell", "本格的结尾")
                              : source_text(f->csv->sources, tok.span);
    diag_add2(diags, DIAG_UNEXPECTED, tok.span, found, diag_both(diags, en, zh));
    f->bad = true;
}

/* A comma between digits that group them, 1,000: a list of 1 and 0 is hardly meant. */
static bool feed_grouped(Feed *f, CsvCell cell) {
    Str s = csv_text(f->csv, cell);
    for (size_t i = 1; i + 3 < s.n; i++) {
        bool three = true;
        for (size_t k = 1; k <= 3; k++)
            three = three && s.p[i + k] >= '0' && s.p[i + k] <= '9';
        if (s.p[i] != ',' || s.p[i - 1] < '0' || s.p[i - 1] > '9' || !three ||
            (i + 4 < s.n && s.p[i + 4] >= '0' && s.p[i + 4] <= '9'))
            continue;
        csv_say(f->csv, cell.at, "a comma within a number separates two values",
                "数字中的逗号会把它分成两个值", "write 1_000, or a blank behind the comma",
                "请写 1_000，或在逗号后加空格");
        f->bad = true;
        return true;
    }
    return false;
}

/* Whether a token of a cell in a column of texts is more than a part of a text without quotes. */
static bool is_structure(int kind) {
    return kind == TK_STRING || kind == TK_NOT || kind == TK_ABSENT || kind == TK_STARTS_WITH ||
           kind == TK_CONTAINS || kind == TK_EQ || kind == TK_NE || kind == TK_COMMA ||
           kind == TK_LP || kind == TK_RP;
}

/* A text without quotes: up to a comma, a closing parenthesis or the end of the cell. */
static Tok feed_text(Feed *f, CsvCell cell, Tok tok) {
    const char *p = f->csv->text.p;
    uint32_t to = tok.span.from;
    while (to < cell.at.to && p[to] != ',' && p[to] != ')')
        to++;
    join_seek(&f->csv->join, to);
    while (to > tok.span.from && p[to - 1] == ' ')
        to--;
    tok.kind = TK_STRING;
    tok.span.to = to;
    tok.text = (Str){p + tok.span.from, to - tok.span.from};
    tok.open = false;
    return tok;
}

/* All tokens of a cell. */
static void feed_cell(Feed *f, CsvCell cell, bool text) {
    if (!text && feed_grouped(f, cell))
        return;
    Join *j = &f->csv->join;
    char *end = (char *)(uintptr_t)f->csv->text.p + cell.at.to, kept = *end;
    *end = 0;
    j->lexer.text.n = cell.at.to;
    join_seek(j, cell.at.from);
    for (Tok tok = join_next(j); tok.kind != 0 && !f->bad; tok = join_next(j)) {
        if (text && !is_structure(tok.kind) && parse_accepts(f->parser, TK_STRING))
            tok = feed_text(f, cell, tok);
        if (tok.open)
            feed_say(f, tok, "a text that is closed in its cell", "在本格内结束的文本");
        else if (!parse_accepts_any(f->parser, tok.kind))
            feed_say(f, tok, "what a cell of a table may hold", "决策表的格可写的内容");
        else
            feed(f, tok);
    }
    *end = kept;
    j->lexer.text.n = f->csv->text.n;
}

static void feed_after(Feed *f, CsvCell cell, int kind, const char *text) {
    if (f->bad)
        return;
    if (parse_accepts(f->parser, kind))
        feed_mark(f, kind, text);
    else
        feed_say(f, (Tok){.span = {cell.at.file, cell.at.to, cell.at.to}}, "a value", "一个值");
}

Status csv_param(Csv *csv, CsvCell cell, Node **out) {
    Feed f;
    Node *table = NULL;
    *out = NULL;
    TRY(feed_begin(&f, csv, cell.at));
    feed_cell(&f, cell, false);
    feed_after(&f, cell, TK_RP, ")");
    if (!f.bad) {
        feed_mark(&f, TK_HIT, "first");
        feed_mark(&f, TK_ARROW, "->");
        feed_mark(&f, TK_ID, "y");
        feed_mark(&f, TK_LB, "{");
    }
    TRY(feed_end(&f, &table));
    *out = table == NULL ? NULL : table->a;
    return OK;
}

static bool begins(Str s, const char *with) {
    size_t n = strlen(with);
    return s.n >= n && memcmp(s.p, with, n) == 0;
}

/* Whether a cell of a column of texts is written as in a policy: else it is the text itself. */
static bool is_written(Str s, bool output) {
    if (s.n > 0 && s.p[0] == '"')
        return true;
    if (output)
        return false;
    static const int words[] = {TK_NOT, TK_ABSENT, TK_STARTS_WITH, TK_CONTAINS};
    if (str_eq(s, S("-")) || begins(s, "=") || begins(s, "!=") || str_find(s, ',') >= 0 ||
        begins(s, "“"))
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (int zh = 0; zh < 2; zh++) {
            Str word = keyword_of(words[i], -1, zh != 0);
            if (s.n >= word.n && memcmp(s.p, word.p, word.n) == 0 &&
                (s.n == word.n || strchr(" (\"", s.p[word.n]) != NULL))
                return true;
        }
    return false;
}

static void feed_value(Feed *f, CsvCell cell, bool text, bool output) {
    Str s = csv_text(f->csv, cell);
    if (s.n == 0 && !output)
        feed(f, (Tok){.kind = TK_MINUS, .text = S("-"), .span = cell.at});
    else if (s.n > 0 && text && !is_written(s, output))
        feed(f, (Tok){.kind = TK_STRING, .text = s, .span = cell.at});
    else
        feed_cell(f, cell, text);
}

Status csv_row(Csv *csv, const CsvRecord *record, const CsvColumn *columns, uint32_t inputs,
               uint32_t outputs, Node **out) {
    Feed f;
    Node *table = NULL;
    *out = NULL;
    TRY(feed_begin(&f, csv, record->at));
    feed_mark(&f, TK_ID, "x");
    feed_mark(&f, TK_RP, ")");
    feed_mark(&f, TK_HIT, "first");
    feed_mark(&f, TK_ARROW, "->");
    feed_mark(&f, TK_ID, "y");
    feed_mark(&f, TK_LB, "{");
    for (uint32_t i = 0; i < inputs + outputs && !f.bad; i++) {
        CsvCell cell = record->cells[columns[i].place];
        feed_value(&f, cell, columns[i].text, i >= inputs);
        if (i + 1 < inputs)
            feed_after(&f, cell, TK_BAR, "|");
        else if (i + 1 == inputs)
            feed_after(&f, cell, TK_FAT, "=>");
        else if (i + 1 < inputs + outputs)
            feed_after(&f, cell, TK_COMMA, ",");
        else if (!f.bad && !parse_accepts(f.parser, TK_RB))
            feed_say(&f, (Tok){.span = {cell.at.file, cell.at.to, cell.at.to}}, "a value",
                     "一个值");
    }
    TRY(feed_end(&f, &table));
    *out = table == NULL ? NULL : table->c;
    if (*out != NULL)
        (*out)->span = record->at;
    return OK;
}
