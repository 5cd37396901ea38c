/* syntax: the joiner between lexer and parser (language.md 1). It makes labels, literals of several
 * tokens and keywords of several words out of raw tokens, and asks the parser where a keyword can
 * stand. */
#ifndef REMIT_SYNTAX_JOIN_H
#define REMIT_SYNTAX_JOIN_H

#include "engine/syntax/build.h"
#include "engine/syntax/diag.h"
#include "engine/syntax/keyword.h"
#include "engine/syntax/token.h"

enum { JOIN_AHEAD = 8 };

/* A copy of the parser's stack, to try tokens on. */
typedef struct Trial {
    uint16_t states[PARSE_DEPTH];
    size_t n;
} Trial;

/* A copy of it reads on from the same place. */
typedef struct Join {
    Lexer lexer;
    const void *parser;
    const Trial *trial;       /* asked in place of the parser, or NULL */
    const Keywords *keywords; /* of the sources */
    Arena *arena;
    Diags *diags;
    RawToken ahead[JOIN_AHEAD]; /* a ring of raw tokens not yet taken */
    size_t first, count;
    uint32_t granted; /* 1 + where the last GRANT was put in */
    bool after_dot;   /* the next word on the line is a name, whatever it is */
    bool after_word;  /* the last token was a word */
    bool nomem;
    bool returned; /* of a carriage return that ends no line it has been said */
} Join;

/* The parser's tables are consulted through parse_accepts. ERR_NOMEM. */
MUST_USE Status join_init(Join *j, Str text, uint32_t file, const void *parser, Arena *arena,
                          Diags *diags);
/* Whether more words of the text are Chinese keywords than English ones. Time: O(text). */
bool join_chinese(const Join *j);
/* The next token; kind 0 at the end of the text. */
Tok join_next(Join *j);
/* Goes on at byte `offset` of the text. */
void join_seek(Join *j, uint32_t offset);
/* The raw token n places ahead, n < JOIN_AHEAD; good until the next call. */
const RawToken *join_raw(Join *j, size_t n);

/* Of grammar/remit.y: how many tokens there are; they are numbered from 1. */
int parse_tokens(void);
/* Whether so much is open at once that the parser must not go on. */
bool parse_is_deep(const void *parser);
/* How many braces are open in what the parser holds. */
size_t parse_braces(const void *parser);
/* Whether the parser could take this token now, as itself. */
bool parse_accepts(const void *parser, int token);
/* The same, or as a name if it is a keyword that may be one. */
bool parse_accepts_any(const void *parser, int token);
/* A trial from where the parser is. */
void trial_begin(Trial *t, const void *parser);
bool trial_accepts(const Trial *t, int token);
/* The parser's state that cannot take the token, behind what is reduced before it; -1: it is taken.
 */
int trial_stop(const Trial *t, int token);
/* Takes a token, as a name where it can be nothing else; false, and nothing changed, if it cannot
 * be taken. */
bool trial_feed(Trial *t, int token);
/* Told of each rule that is complete: the symbol that it makes, out of the last n ones. */
typedef void TrialReduced(void *ctx, int symbol, size_t n);
/* A trial of a whole text. */
void trial_start(Trial *t);
/* As trial_feed, and tells what is complete before the token. What it was taken as: the token or a
 * name; -1 if it cannot be taken. */
int trial_shape(Trial *t, int token, TrialReduced *tell, void *ctx);

#endif
