/* run: a policy changed in one place at a time, to see whether its tests notice.
 * A mutant is an edit of the text: it goes through the whole compiler, so that only what could be
 * written counts. What compiles to the same code is no mutant. Read: mutant.def (the ways),
 * mutate.c (where they apply), mutant.c (trying one). */
#ifndef REMIT_RUN_MUTATE_H
#define REMIT_RUN_MUTATE_H

#include "engine/run/coverage.h"

typedef enum MutantKind {
#define MUTANT(kind, what, what_zh, advice, advice_zh) MUTANT_##kind,
#include "engine/run/mutant.def"
    MUTANT_KINDS
} MutantKind;

typedef struct Mutant {
    uint8_t kind;    /* MutantKind */
    bool everywhere; /* any test may notice: it is tried with all */
    Span at;         /* what is replaced */
    Str text;        /* by this; it has as many newlines, so that lines stay */
    uint32_t line;
    int32_t decl; /* number of the declaration around it, or -1 */
} Mutant;
typedef VEC(Mutant) MutantList;

/* All mutants of the policy's own files, in the order of the text. Lines that say
 * `-- mutate: none, REASON` are left out; ERR_SYNTAX where the reason lacks, Err has the place. */
MUST_USE Status mutants_find(Policy *p, const Cover *cover, Arena *a, MutantList *out, Err *err);
Str mutant_what(const Mutant *m, bool chinese);
Str mutant_advice(const Mutant *m, bool chinese);
/* The lines that it changes, each on one line: as they are and as they are then. */
void put_mutant_lines(Buf *before, Buf *after, Policy *p, const Mutant *m);

/* tablesame.c */
/* Whether two forms of a table, of two bundles that differ in nothing else, give the same whatever
 * is asked. No: they do not, or there is too much to try. ERR_NOMEM. */
MUST_USE Status tables_agree(const Bundle *a, const TableDef *x, const Bundle *b, const TableDef *y,
                             bool *agree);

/* mutant.c */
typedef enum MutantFate {
    MUTANT_IS_WRONG,    /* it does not compile */
    MUTANT_IS_SAME,     /* it means the same */
    MUTANT_IS_NOTICED,  /* a test fails */
    MUTANT_IS_SURVIVING /* none does */
} MutantFate;

typedef struct MutantResult {
    MutantFate fate;
    uint32_t tried; /* tests that were run */
    uint32_t by;    /* number of the test that failed */
} MutantResult;

/* What trying needs to know of the policy as it is. */
typedef struct MutantTrial MutantTrial;
/* Runs the tests that are meant and notes what each touches. ERR_POLICY: one fails as it is. */
MUST_USE Status trial_open(Policy *p, const TestFilter *filter, Arena *a, MutantTrial **out,
                           Err *err);
void trial_close(MutantTrial *t);
const MutantList *trial_mutants(const MutantTrial *t);
/* Keeps so many of them, drawn by the seed, in their order. */
void trial_draw(MutantTrial *t, size_t most, uint64_t seed);
MUST_USE Status trial_try(MutantTrial *t, const Mutant *m, MutantResult *out, Err *err);

#endif
