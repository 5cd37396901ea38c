/* run: how far a policy's tests reach: what of it they make happen at least once.
 * Trusts:  the policy compiled. Counted is what stands in the policy's own files; of a pattern that
 * is used several times each part once, and nothing of the standard library. Memory: all in the
 * arena that was given. Read: coverage.def (what is counted), cover_open (how it is found). */
#ifndef REMIT_RUN_COVERAGE_H
#define REMIT_RUN_COVERAGE_H

#include "engine/run/policytest.h"

typedef enum CoverKind {
#define COVER(kind, name, name_zh, never, never_zh) COVER_##kind,
#include "engine/run/coverage.def"
    COVER_KINDS
} CoverKind;

/* Something that a test may reach. */
typedef struct CoverItem {
    uint8_t kind;   /* CoverKind */
    uint8_t part;   /* which of several at one place: of a condition 0 that it holds, 1 that not */
    bool reached;   /* by the test at hand */
    Span at;        /* in the file in which it stands */
    uint32_t decl;  /* number of the declaration around it */
    Str what;       /* its text, or what it is, on one line */
    uint32_t tests; /* how many reached it */
} CoverItem;

/* A declaration of the policy's own files. */
typedef struct CoverDecl {
    const Node *node;
    Str name;       /* "duty answer" */
    bool touched;   /* by the test at hand: it was looked at or something happened to it */
    uint32_t tests; /* how many touched it */
} CoverDecl;

typedef struct Cover Cover;

/* Finds all that may be reached. */
MUST_USE Status cover_open(Policy *p, Arena *a, Cover **out);
void cover_close(Cover *c);
/* How a test is to be run so that the cover counts what it reaches. */
TestRun cover_run(Cover *c);
/* In the order of the files and their text. */
const CoverItem *cover_items(const Cover *c, size_t *n);
/* The declarations; `touched` tells of the test that was run last. */
const CoverDecl *cover_decls(const Cover *c, size_t *n);
/* Whether a declaration is something that runs. */
bool cover_decl_runs(const CoverDecl *decl);
/* The declaration in whose lines a place lies, by its number; -1: none. */
int32_t cover_decl_at(const Cover *c, uint32_t file, uint32_t line);

/* coverreport.c */
typedef struct CoverSum {
    size_t reached, all;
} CoverSum;
/* Of one kind, or with COVER_KINDS of all. */
CoverSum cover_sum(const Cover *c, CoverKind kind);
/* A text on one line of so many columns, with dots for what does not go in. */
void put_cut(Buf *out, Str text, size_t columns);
/* A table of what was reached, then what was not, with its place and its text. */
void put_cover_text(Buf *out, Policy *p, const Cover *c, bool chinese, size_t columns);
/* A line for each item and one with the sums. */
void put_cover_json(Buf *out, Policy *p, const Cover *c);
/* In the form of lcov: lines, branches, and declarations as functions. */
void put_cover_lcov(Buf *out, Policy *p, const Cover *c);

#endif
