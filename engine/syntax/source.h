/* syntax: the files of a policy, and where in them a byte stands. */
#ifndef REMIT_SYNTAX_SOURCE_H
#define REMIT_SYNTAX_SOURCE_H

#include "engine/base/mem.h"
#include "engine/syntax/token.h"

typedef struct Source {
    Str name;        /* as the caller named it, for messages */
    Str stem;        /* the same wherever the policy lies: what a bundle keeps */
    Str text;        /* valid UTF-8, NUL behind its last byte */
    bool embedded;   /* a file of the standard library */
    Str pattern, as; /* of a use of a pattern: its name, and what it is called where it is used */
    Span used;       /* likewise: where */
    uint32_t of;     /* likewise: the source in which the pattern stands */
    bool data;       /* it holds no declarations: the rows of a table */
    bool chinese;    /* most of its keywords are; known once it is read */
    bool quiet;      /* what is wrong in it merely follows from a mistake elsewhere */
    uint32_t *lines; /* offset of each line's first byte; made when first asked for */
    uint32_t line_count;
} Source;

typedef struct Sources {
    Arena *arena;
    VEC(Source) files;
    const struct Keywords *keywords; /* made when the first of them is read */
} Sources;

/* Takes a copy of name and text. *file is the new number. ERR_LIMIT: too large or too many. */
MUST_USE Status source_add(Sources *all, Str name, Str text, bool embedded, uint32_t *file);
/* A pattern put to use at `used` as `as`: the text of source `of` once more, shared with it. Errors
 * as for source_add. */
MUST_USE Status source_use(Sources *all, uint32_t of, Str pattern, Str as, Span used,
                           uint32_t *file);
/* Its stem, which is its name until this is called. stem is a part of its name. */
void source_stem(Sources *all, uint32_t file, Str stem);
void sources_free(Sources *all);

typedef struct Place {
    uint32_t line, column; /* from 1; columns count code points */
} Place;
/* Where byte `offset` of a source stands. An offset behind the end counts as the end. */
Place source_place(Sources *all, uint32_t file, uint32_t offset);
/* A line without its newline; line from 1. Empty when there is none. */
Str source_line(Sources *all, uint32_t file, uint32_t line);
/* Whether most keywords of a source are Chinese: words of the language that a message names are
 * then Chinese too, whatever the language of the message. */
bool source_chinese(const Sources *all, uint32_t file);
/* The text of a span. */
Str source_text(const Sources *all, Span span);

#endif
