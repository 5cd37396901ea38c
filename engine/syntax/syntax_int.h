/* syntax: what the parser's driver (parse.c) and its repairs (mend.c) share. */
#ifndef REMIT_SYNTAX_SYNTAX_INT_H
#define REMIT_SYNTAX_SYNTAX_INT_H

#include "engine/syntax/join.h"
#include "engine/syntax/parse.h"

/* A { that is open: its place, and how far the line on which it stands is indented. */
typedef struct Brace {
    Span at;
    uint32_t indent;
} Brace;

typedef struct Parse {
    Builder b;
    Join join;
    void *parser;
    Lost *lost;
    VEC(Brace) braces; /* those that are open, as the parser knows them */
    size_t outer;      /* how many of them are of modules and patterns, which hold declarations */
    Brace suspect;     /* one that was closed by a } of another indentation; at.to == 0: none */
    Span last;         /* the token last given to the parser; to == 0: none */
    int last_kind;
    Str head;        /* the name of the declaration that is being read */
    int item;        /* and its keyword: a token */
    bool owed;       /* nothing but a dotted name stands behind the last `owed by` */
    Trial ahead;     /* for the look at the next token */
    Trial try, best; /* for repairs */
    bool has_next;
    Tok next;         /* already joined */
    Join before_next; /* the joiner before it */
} Parse;

/* What was expected in a state of the parser, in words: made from the examples in
 * grammar/expected/, in the order of the states. */
typedef struct Expectation {
    int state;
    const char *en, *zh;
} Expectation;

extern const Expectation expectations[];
extern const size_t expectation_count;

/* Gives the parser a token that it takes. */
void parse_feed(Parse *p, Tok tok);

/* Reports a token that the parser cannot take and repairs the text: by reading a misspelt keyword
 * as what was meant, by putting in, leaving out or changing one token. `before` is the joiner as it
 * was before the token. The parser and the joiner have moved on when it is true; false: the token
 * is reported, and the driver must find a place to go on. */
bool mend(Parse *p, const Join *before, Tok tok);
/* Whether a name that the parser would take is a keyword in the wrong place or misspelt: what
 * follows cannot follow a name. If so it is reported and repaired as by mend. */
bool mend_name(Parse *p, const Join *before, Tok tok);
/* Takes a quote directly behind a name for the end of a text that has lost its first quote. */
bool mend_quote(Parse *p, Tok tok);
/* Takes a text that is not closed: reports it and ends it where the rest of the line reads best. */
void mend_text(Parse *p, Tok tok);
/* Reports a comma that is missing between two values on a line: the parser would begin a new row.
 */
bool mend_beside(Parse *p, const Join *before, Tok tok);
/* Reports a { that is missing at the end of a team's head: its roles, indented below, could stand
 * alone. */
bool mend_head(Parse *p, const Join *before, Tok tok);
/* Reports the innermost brace that is open, or the one that seems to have lost its partner, before
 * `tok`, at which that was found. */
void mend_say_open(Parse *p, Tok tok);

#endif
