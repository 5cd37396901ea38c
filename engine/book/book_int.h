/* book: what the layer's files share. */
#ifndef REMIT_BOOK_BOOK_INT_H
#define REMIT_BOOK_BOOK_INT_H

#include "engine/book/book.h"
#include "engine/book/words.h"
#include "engine/check/meant.h"
#include "engine/syntax/format.h"

/* A source taken apart: how each of its tokens is written in the language of the book. */
typedef struct BookText {
    bool ready, readable;
    Shaped of;
    Gap *gaps;
    const Space *home; /* of a pattern put to use: where its names stand */
} BookText;

typedef struct BookSection {
    const char *id;
    BookWord title;
} BookSection;
enum { BOOK_SECTIONS = 24 };

typedef struct Book {
    Policy *policy;
    Program *p;
    const BookOptions *o;
    bool chinese, html;
    Arena arena;
    Speller speller;
    BookText *texts; /* one a source */
    bool *shown;     /* of each source: something stands in it that the book links to */
    Buf *out;
    Meants meants;
    bool plain;     /* what is put is neither escaped nor linked: code of Markdown */
    bool row, cell; /* a row of a table, a cell of it is open */
    int depth;      /* what is given for parameters, within each other */
    BookSection sections[BOOK_SECTIONS];
    uint32_t section_count;
    Status status; /* the first failure */
} Book;

/* ---- page.c: the two forms. Text is escaped by them, but for put_text on b->out itself. */
void book_text(Book *b, Str text);        /* as it is read, in a line */
void book_raw(Book *b, const char *html); /* in HTML alone */
void book_say(Book *b, BookWord what);
/* With arguments that are in the form already (book_cut). */
void book_said(Book *b, BookWord what, const Str *args, size_t n);
/* Cuts what was put since `from` off the page; it lives in the arena. */
Str book_cut(Book *b, size_t from);
void book_strong(Book *b, Str text);
void book_code(Book *b, Str text);
/* An anchor is a kind, "duty", and a name. */
void book_link(Book *b, const char *kind, Str name, Str text);
void book_anchor(Book *b, const char *kind, Str name);
/* The link to line and column of the source, if the source is shown. */
void book_place(Book *b, Span at);
void book_section(Book *b, const char *id, BookWord title);
/* A declaration's heading; found by the search. title: in the language of the book; name: as the
 * policy calls it, shown where it differs. */
void book_heading(Book *b, const char *kind, Str name, Str title);
void book_heading_end(Book *b);
void book_para(Book *b);
void book_para_end(Book *b);
void book_br(Book *b); /* the next line of a cell or a paragraph */
/* A table; heads: n of them, or NULL. */
void book_table(Book *b, const char *class, const BookWord *heads, size_t n);
void book_table_end(Book *b);
void book_row(Book *b);  /* begins a row, ending the one before */
void book_cell(Book *b); /* begins a cell, ending the one before */
/* A row of two: what it is, and the cell in which that stands. */
void book_row_of(Book *b, BookWord what);

/* ---- text.c: the policy's own text in the language of the book */
/* How a thing is called in the language of the book. */
Str book_name(const Book *b, Str name, Str alias);
/* A node in a line, names linked to what they mean. NULL: nothing. */
void book_node(Book *b, const Space *home, const Node *node);
/* A list of nodes, commas between. */
void book_nodes(Book *b, const Space *home, const Node *list);
/* Several lines as they are laid out. */
void book_lines(Book *b, const Space *home, const Node *node);
/* The remark right above a declaration, and the heading above that in its file; empty: none. */
Str book_remark(Book *b, const Node *node, Str *chapter);
void book_meant(Book *b, const Meant *meant);

/* ---- the parts, in their order */
void book_title(Book *b);
void book_org(Book *b);
void book_duties(Book *b);
void book_approvals(Book *b);
void book_kpis(Book *b);
void book_tables(Book *b);
void book_rules(Book *b);
void book_data(Book *b); /* types, events, entities, feeds */
void book_calendars(Book *b);
void book_index(Book *b);
void book_sources(Book *b);
/* ---- shared by parts */
/* Rows of what a duty, approval or rule is raised by. */
void book_trigger(Book *b, const Space *home, const Node *node);
void book_dated(Book *b, const Node *dated, const Space *home);
void book_doc(Book *b, const Node *node);
/* look.c: the style and the search, as texts one after another, up to NULL. */
extern const char *const book_style[], *const book_script[];
/* life.c: the picture of a duty's states. */
void book_life(Book *b, const DutySym *duty);

#endif
