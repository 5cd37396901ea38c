/* audit: what the files of the comparison of two policies share. */
#ifndef REMIT_AUDIT_DIFFER_INT_H
#define REMIT_AUDIT_DIFFER_INT_H

#include "engine/audit/differ.h"
#include "engine/audit/words.h"
#include "engine/code/alike.h"
#include "engine/syntax/spell.h"

enum { WAS, IS, SIDES };

/* A source's tokens, each as it is written in the language of the answer. */
typedef struct Spelt {
    Shaped shaped;
    Str *words;
    bool ready;
} Spelt;

/* One of the two policies. */
typedef struct Side {
    Policy *policy; /* with its text */
    Policy again;   /* the sources of a bundle, compiled */
    bool has_again;
    const Bundle *b;
    Things things;
    Spelt *spelt; /* of each source */
    Speller speller;
    bool has_speller;
    ZoneCache zone;
} Side;

/* One thing that is otherwise. Empty: not said. */
typedef struct Point {
    Sentence what;
    Str name;        /* of a part: a field, a rung */
    Str was, is;     /* as it was and is */
    Str given;       /* the witness: what is asked, or the event that is sent */
    Str gave[SIDES]; /* and what came of it */
    Str events;      /* as lines of JSON */
    Str inputs;      /* as JSON */
    bool sought;     /* a witness was sought in vain */
    uint32_t tries;
} Point;

typedef enum ChangeFate { CHANGE_OTHER, CHANGE_NEW, CHANGE_GONE, CHANGE_NAME } ChangeFate;

/* A declaration that means something else. */
typedef struct Change {
    uint8_t fate; /* ChangeFate */
    const Thing *thing[SIDES];
    struct {
        Point *at;
        uint32_t n, room;
    } points;
} Change;

typedef struct Differ {
    Side side[SIDES];
    const DifferOptions *opt;
    Arena arena;
    Buf text; /* scratch */
    Buf *out;
    struct {
        Change *at;
        uint32_t n, room;
    } changes;
    Str *parties; /* of both, the old ones first */
    uint32_t party_count;
    uint32_t *party_of[SIDES]; /* of each number here, its number in the side; UINT32_MAX: none */
    Err *err;
} Differ;

MUST_USE Status differ_point(Differ *d, Change *c, Point p);
/* What stands in d->text, kept. */
MUST_USE Status differ_keep(Differ *d, Str *out);

/* differ_table.c */
/* How two tables answer otherwise; *same: they do not. */
MUST_USE Status differ_tables(Differ *d, Change *c, bool *same);

/* differ_clause.c */
MUST_USE Status differ_spell(Differ *d, int side);
void differ_unspell(Side *s);
/* Which clauses of two declarations read otherwise. */
MUST_USE Status differ_clauses(Differ *d, Change *c);
/* Where a thing stands; false: nowhere. */
bool differ_span(const Side *s, const Thing *t, Span *out);

/* differ_say.c */
MUST_USE Status differ_say(Differ *d);

#endif
