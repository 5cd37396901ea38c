/* syntax: how a token is written: keywords in either language, marks in ASCII, everything else as
 * it stands. The formatter is its only user.
 * Of several spellings of a keyword one is right in its place (1 hour, 2 hours); the choice depends
 * on nothing but the tokens, so that a text comes back from the other language as it was. */
#ifndef REMIT_SYNTAX_SPELL_H
#define REMIT_SYNTAX_SPELL_H

#include "engine/syntax/shape.h"

typedef enum SpellIn { SPELL_KEPT, SPELL_ENGLISH, SPELL_CHINESE } SpellIn;

typedef struct Written {
    Str text;
    uint32_t columns;
    uint32_t room;   /* columns of the longer one of the two languages: what lines are broken by */
    bool keyword;    /* a word of the language, here */
    bool translated; /* a name that is a property or a function of the language */
} Written;

enum { SPELL_FORMS = 3 };

/* One row of the keyword table, cut into its spellings. */
typedef struct SpellRow {
    uint16_t token, sub;
    Str forms[2][SPELL_FORMS]; /* English, Chinese */
    uint16_t columns[2][SPELL_FORMS];
} SpellRow;

/* A name that could be written otherwise: by how much the longer way is longer. Lines are broken as
 * if it stood there, so that they are the same in both. */
typedef struct Wider {
    uint32_t file, from, more; /* from: its first byte; more: columns */
} Wider;

typedef struct Speller {
    Arena *arena;
    Str text;
    SpellIn in;
    SpellRow *rows, *words; /* keywords; properties and functions */
    uint16_t *first;        /* by token: 1 + its first row */
    uint16_t *spelt;        /* by the hash of a spelling: 1 + the first row that has it */
    VEC(Str) taken;         /* words of the language that are names of the policy, too */
    VEC(Str) bound;         /* of these, what an expression may name alone: all but fields */
    const Wider *wider;     /* by file and byte */
    size_t wider_count;
    uint32_t value_until; /* before this piece `value` is the value of a KPI */
} Speller;

/* ERR_NOMEM. */
MUST_USE Status speller_init(Speller *s, Arena *arena, SpellIn in);
void speller_free(Speller *s);
/* Notes the names that a text declares. */
MUST_USE Status speller_take(Speller *s, const Shaped *of);
/* Call it when all names are noted. */
void speller_ready(Speller *s);
/* How piece i of a text is written. between: something stands before it in its rule, that it joins
 * to what follows. ERR_NOMEM. */
MUST_USE Status speller_write(Speller *s, const Shaped *of, uint32_t i, bool between, Written *out);

#endif
