/* syntax: lays a text out anew. What it means stays the same, and so do its remarks; doing it twice
 * is doing it once.
 * The layout comes from the grammar's own grouping (shape.h): braces, what may repeat in them, and
 * the keywords that begin a part. What is aligned is a table of rows in layout.c. */
#ifndef REMIT_SYNTAX_FORMAT_H
#define REMIT_SYNTAX_FORMAT_H

#include "engine/syntax/spell.h"

enum { FORMAT_COLUMNS = 100, FORMAT_INDENT = 2 };

/* Notes the names that source `file` declares, where keywords are translated: call it for each file
 * of a policy, then speller_ready. A text that cannot be read is passed over. */
MUST_USE Status format_names(Sources *sources, uint32_t file, Arena *arena, Speller *speller);
/* Appends source `file` in its layout to `out`. The text must be free of errors (parse_source).
 * ERR_DAMAGED: it would not read the same afterwards, and nothing is appended; an error of ours. */
MUST_USE Status format_source(Sources *sources, uint32_t file, Arena *arena, Speller *speller,
                              Buf *out);

/* A text's tokens as they are written, one by one; *of is to be freed (shape_free) whatever
 * happens. ERR_LIMIT: the text is none of the language. */
MUST_USE Status format_words(Sources *sources, uint32_t file, Arena *arena, Speller *speller,
                             Shaped *of, Str **words);

/* ---- between format.c and layout.c, and for who shows parts of a text elsewhere */

/* What stands before a token: blanks, or the end of a line. */
typedef enum BreakHow {
    BREAK_NEVER, /* but for a remark */
    BREAK_ALL,   /* where one of its level breaks, all on the line do */
    BREAK_FILL   /* only as many as are needed, the later ones first */
} BreakHow;

typedef struct Gap {
    Written is;       /* how the token behind it is written */
    uint16_t level;   /* the least is broken first */
    uint16_t indent;  /* of the line, if it is broken here */
    uint16_t remarks; /* the same of the remarks that stand here */
    uint16_t pad;     /* blanks that align, besides `space` */
    uint8_t how, space;
    bool broken;          /* a line begins here */
    bool item;            /* an item of a list begins here */
    uint32_t item_before; /* of such: where the one before it begins, or itself */
} Gap;

/* Braces of a value in an expression, and how far they would be indented. */
typedef struct LayoutValue {
    uint32_t from, to; /* the braces */
    uint16_t indent;
} LayoutValue;

typedef struct Layout {
    const Shaped *of;
    Arena *arena;
    Gap *gaps;                 /* one before each piece */
    VEC(const Shape *) blocks; /* the lists in braces */
    VEC(LayoutValue) values;
    bool nomem;
} Layout;

/* Takes source `file` apart and lays it out without printing it: how each piece is written and what
 * stands before it, in the arena. Errors as of shape_text; shape_free also after an error. */
MUST_USE Status format_laid(Sources *sources, uint32_t file, Arena *arena, Speller *speller,
                            Shaped *of, Gap **gaps);
/* Fills in the gaps, whose tokens are written, and breaks what is too long. */
void layout_plan(Layout *l);
/* Aligns what stands in lines below each other. */
void layout_align(Layout *l);

#endif
