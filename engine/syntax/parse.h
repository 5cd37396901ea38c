/* syntax: from text to tree.
 * Trusts:  nothing; any bytes may come.
 * Never:   stops at the first mistake: it goes on at the next clause or declaration.
 * Memory:  nodes and texts live in the compile arena.
 * Errors:  mistakes in the text are diagnostics; a Status is for memory and limits alone.
 * Read:    token.h, grammar/lexer.re, join.c (keywords, labels, literals), grammar/remit.y,
 * build.c. */
#ifndef REMIT_SYNTAX_PARSE_H
#define REMIT_SYNTAX_PARSE_H

#include "engine/syntax/build.h"

typedef struct Lost {
    VEC(Str) words; /* names in text that was passed over after a mistake */
    bool file;      /* a file could not be read at all */
    bool module;    /* a module was not found */
    bool nameless;  /* a declaration has no name: any name may be the one that is missing */
} Lost;

/* Reads source number `file`; *items is the list of its declarations, those that could be read.
 * Words that stood in passed-over text are added to `lost` (which may be NULL): what they name may
 * be missing. */
MUST_USE Status parse_source(Sources *sources, uint32_t file, Arena *arena, Diags *diags,
                             Lost *lost, Node **items);
/* Reads source number `file` as one expression; *expr is NULL when it could not be read. */
MUST_USE Status parse_expression(Sources *sources, uint32_t file, Arena *arena, Diags *diags,
                                 Node **expr);

#endif
