/* syntax: the keyword table (grammar/keywords.def) as data, looked up by the words of a spelling.
 */
#ifndef REMIT_SYNTAX_KEYWORD_H
#define REMIT_SYNTAX_KEYWORD_H

#include "engine/base/decl.h"
#include "engine/base/mem.h"

enum { KEYWORD_WORDS = 5 };

/* A row of the table: the parser's token, the row within its class, the spellings. */
typedef struct KeywordRow {
    uint16_t token, sub;
    const char *en, *zh;
} KeywordRow;

extern const KeywordRow keyword_rows[];
extern const size_t keyword_row_count;

typedef struct Keywords Keywords;

/* One spelling of one row. */
typedef struct Spelling {
    Str words[KEYWORD_WORDS];
    uint8_t word_count;
    bool chinese;
    uint16_t token; /* the parser's token */
    uint16_t sub;   /* the row within its class */
    uint16_t row;   /* the row within the table */
    Str text;       /* as spelt, words separated by a blank */
} Spelling;

struct Keywords {
    Spelling *at; /* sorted by first word, then the longest first */
    size_t n;
    uint16_t *slots; /* by the hash of a first word: 1 + the first that has it; 0: free */
};

/* Builds the table in `a`. ERR_NOMEM. */
MUST_USE Status keywords_init(Keywords *k, Arena *a);
/* The first spelling that begins with `word`; *count says how many follow each other that do. NULL
 * if none. */
const Spelling *keywords_find(const Keywords *k, Str word, size_t *count);
/* The canonical spelling of a row in a language. */
Str keyword_text(uint16_t row, bool chinese);
/* The canonical spelling of the first row that has this token (and sub, where >= 0). */
Str keyword_of(int token, int sub, bool chinese);
/* Whether an expression reads the word as a value or as what begins one, though a name may be spelt
 * so. */
bool keyword_is_value(Str word);
/* Of a hit policy. */
Str keyword_hit(HitRow hit, bool chinese);
/* What a token is called in messages: a keyword's spelling, or "a name", "a number". */
Str token_name(int token, bool chinese);
/* Whether words are a slip of a keyword, and no other is about as like: of short words, as all
 * Chinese ones are, as like. */
bool keyword_sure(const Keywords *k, Str words, const Spelling *meant);
/* Whether this token begins a declaration. */
bool token_declares(int token);
/* A { of any kind. */
bool token_opens(int token);
/* A number, an amount, a date and the like. */
bool token_is_literal(int token);
/* What stands between two values of an expression. */
bool token_is_operator(int token);

#endif
