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
    uint32_t line_at, line_from; /* a byte, and where its line begins */
    VEC(Brace) braces;           /* those that are open, as the parser knows them */
    size_t outer;  /* how many of them are of modules and patterns, which hold declarations */
    Brace suspect; /* one that was closed by a } of another indentation; at.to == 0: none */
    Span last;     /* the token last given to the parser; to == 0: none */
    int last_kind;
    Str head;        /* the name of the declaration that is being read */
    int item;        /* and its keyword: a token */
    uint32_t begun;  /* and where it begins */
    bool guessed;    /* its text was mended by a guess */
    bool owed;       /* nothing but a dotted name stands behind the last `owed by` */
    uint32_t set;    /* where what is set begins, behind the last `set` */
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

/* How far the line on which a byte stands is indented. */
uint32_t parse_indent(Parse *p, uint32_t offset);
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
/* Takes an `if` that would be read as an operator of the clause above, or as a name, for `when`. */
bool mend_condition(Parse *p, const Join *before, Tok tok);
/* Reports a { that is missing at the end of a team's head: its roles, indented below, could stand
 * alone. */
bool mend_head(Parse *p, const Join *before, Tok tok);
/* Reports a } that is missing before a reaction, as in `when lapsed {`, which would be read as a
 * condition of what stands in the reaction above it. */
bool mend_reaction(Parse *p, const Join *before, Tok tok);
/* Reports the innermost brace that is open, or the one that seems to have lost its partner, before
 * `tok`, at which that was found. */
void mend_say_open(Parse *p, Tok tok);

/* ---- shared by the repairs: mend.c, forms.c, habits.c and phrases.c */

/* Whether a token begins a clause of the declaration that is being read, or none at all. */
bool mend_of_item(const Parse *p, int token);
/* What was expected in place of the token, in words. */
Str mend_expected(Parse *p, const Trial *t, int token);
Str mend_both(Parse *p, const char *en, const char *zh);
Str mend_quoted(Parse *p, Str text);
/* What stands in ` ` in a text that ends with NUL, with its keywords in one language. */
const char *respell(Parse *p, const char *text, bool chinese);
/* A word of the language, in that of the file. */
Str keyword_here(const Parse *p, int token);
/* The first n raw tokens, if they are words on one line: their span, and their text with single
 * blanks between, of at most 64 bytes. */
bool mend_words(const Join *before, size_t n, Span *span, char *text, size_t *size);
/* The joiner at the words' end. */
Join mend_behind(const Join *j, Span words);
/* How many tokens from the joiner's place on can be taken behind `token`; -1: not even that. */
int mend_reach(Parse *p, int token, const Join *from);
/* Reads the words as the keyword. */
void mend_take(Parse *p, const Join *before, const Spelling *s, Span words);
/* Reads a word that others use for a keyword as that keyword, and says so. `taken`: the parser
 * could take it as a name, so that only words count that are hardly meant as one. */
bool mend_usual(Parse *p, const Join *before, bool taken);
/* Says how what the words here begin is written in this language, where no single keyword stands
 * for them (`between`, `unless`); the driver must find a place to go on. `taken` as above. */
bool mend_form(Parse *p, const Join *before, Tok tok, bool taken);
/* Reads what is a mistake of one construct as it was meant: a share as a quotient, a record without
 * its type, a clause in a reaction and the like. */
bool mend_construct(Parse *p, const Join *before, Tok tok);
/* Reads a colon that does not belong where it stands, or an = that should be one, as it was meant.
 */
bool mend_habit(Parse *p, const Join *before, Tok tok);
/* Reads a phrase that has another order or other marks here as it was meant: `between 1 and 5` in a
 * cell, `in a, b`, `to boss after 2 days`, `every last working day of the month`. */
bool mend_phrase(Parse *p, const Join *before, Tok tok);
/* `type line = {`: the = is passed over. */
bool mend_type(Parse *p, Tok tok);
/* `g.referee else r` as a seat: what follows the seat is passed over. */
bool mend_else(Parse *p, const Join *before, Tok tok);

#endif
