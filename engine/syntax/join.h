/* syntax: the joiner between lexer and parser (language.md 1). It makes labels, literals of several
 * tokens and keywords of several words out of raw tokens, and asks the parser where a keyword can
 * stand. */
#ifndef REMIT_SYNTAX_JOIN_H
#define REMIT_SYNTAX_JOIN_H

#include "engine/syntax/diag.h"
#include "engine/syntax/keyword.h"
#include "engine/syntax/token.h"

enum { JOIN_AHEAD = 8 };

typedef struct Join {
    Lexer lexer;
    const void *parser;
    Keywords keywords;
    Arena *arena;
    Diags *diags;
    RawToken ahead[JOIN_AHEAD]; /* a ring of raw tokens not yet taken */
    size_t first, count;
    bool after_dot;  /* the next word is a name, whatever it is */
    bool after_word; /* the last token was a word */
    bool nomem;
} Join;

/* The parser's tables are consulted through parse_accepts. ERR_NOMEM. */
MUST_USE Status join_init(Join *j, Str text, uint32_t file, const void *parser, Arena *arena,
                          Diags *diags);
/* The next token; kind 0 at the end of the text. */
Tok join_next(Join *j);

/* Of grammar/remit.y: whether the parser could take this token now, as itself. */
bool parse_accepts(const void *parser, int token);
/* The same, or as a name if it is a keyword that may be one. */
bool parse_accepts_any(const void *parser, int token);

#endif
