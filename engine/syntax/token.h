/* syntax: what the lexer gives (raw tokens) and what the parser takes (joined tokens).
 * The lexer knows marks, numbers and words; the joiner (join.c) makes keywords, labels and literals
 * of them, as language.md 1 decides. */
#ifndef REMIT_SYNTAX_TOKEN_H
#define REMIT_SYNTAX_TOKEN_H

#include "engine/base/mem.h"
#include "engine/base/str.h"

/* A place in the sources: bytes [from, to) of file number `file`. */
typedef struct Span {
    uint32_t file, from, to;
} Span;

/* By file, then by where they begin: less than, equal to or more than 0. */
int span_order(Span a, Span b);
/* From the beginning of a to the end of b; both in one file. */
Span span_join(Span a, Span b);

typedef enum RawKind {
    RAW_END,
    RAW_WORD,
    RAW_NUMBER,    /* 12, 10_000, 0.5 */
    RAW_PERCENT,   /* 5%; text without the mark */
    RAW_DATE,      /* 2026-03-02 */
    RAW_TIME,      /* 09:00, 09:00:30 */
    RAW_INSTANT,   /* 2026-03-02T09:00:00+08:00 */
    RAW_STRING,    /* text without its quotes, as written */
    RAW_MARK,      /* `mark` says which */
    RAW_BAD_BYTE,  /* a character that no token begins with */
    RAW_BAD_STRING /* a string that is not closed on its line */
} RawKind;

typedef struct RawToken {
    RawKind kind;
    int mark;   /* RAW_MARK: the parser's token */
    bool space; /* white space or a comment stands before it */
    bool line;  /* it is the first on its line */
    Str text;   /* as ASCII: full-width digits and marks are already translated */
    Span span;
} RawToken;

typedef struct Lexer {
    Str text;
    uint32_t file;
    const char *at; /* the next byte */
    Arena *arena;
    bool line; /* a newline stands before `at` */
    bool nomem;
} Lexer;

/* Begins at the first byte of text. The text must be valid UTF-8 and must be followed by a NUL
 * byte, which is not part of it. Translated tokens are owned by arena. */
void lexer_init(Lexer *lx, Str text, uint32_t file, Arena *arena);
/* The next token; RAW_END at the end, again and again. */
RawToken lexer_next(Lexer *lx);

/* What the parser's terminals carry. */
typedef struct Tok {
    int kind; /* the parser's token */
    int sub;  /* UNIT, WEEKDAY, TYPE, HIT, STATE: the row; a duration: its unit */
    Str text; /* a name or the digits of a literal */
    Str more; /* a label's alias, a money literal's currency, a date-time's time */
    Span span;
    bool line; /* it is the first on its line */
    bool open; /* a text without its closing quote: it goes to the end of the line */
} Tok;

#endif
