/* syntax: a text as it stands: every token, every remark between them, and how the grammar groups
 * them. It is what the formatter lays out; it knows no construct by name.
 * Trusts:  a text that parse_source reads without a diagnostic.
 * Memory:  all lives in the arena that is given; texts are borrowed from the source.
 * Errors:  ERR_LIMIT where the text is none of the language; ERR_NOMEM. */
#ifndef REMIT_SYNTAX_SHAPE_H
#define REMIT_SYNTAX_SHAPE_H

#include "engine/syntax/join.h"

enum { SHAPE_NONE = INT32_MAX }; /* no token has this number */

/* A remark, from its dashes to the end of its line. */
typedef struct Note {
    Str text;        /* without blanks at its end */
    bool behind;     /* something stands before it on its line */
    bool blank;      /* an empty line stands before it */
    uint32_t column; /* from 0, as it was written */
} Note;

/* A token with what stands between it and the one before it. */
typedef struct Piece {
    Tok tok;              /* its kind is what the parser took it as; 0: the end of the text */
    uint32_t from, to;    /* bytes of the text, from its first raw token to its last */
    bool comma;           /* a comma that belongs to it stands before it: `, name:` */
    bool blank;           /* an empty line stands before it, behind the remarks */
    uint32_t note, notes; /* the remarks before it */
} Piece;

typedef enum ShapeKind {
    SHAPE_LEAF,  /* a token */
    SHAPE_GROUP, /* what a rule puts together */
    SHAPE_CHAIN  /* what repeats: the first, then each further one with what stands before it */
} ShapeKind;

typedef struct Shape Shape;
struct Shape {
    uint8_t kind;
    bool listed;     /* of a chain: it may be empty, so that each of its parts begins an item */
    bool further;    /* a group that continues a chain */
    uint16_t symbol; /* of the grammar */
    uint16_t chain;  /* of a chain: the symbol that repeats */
    uint32_t token;  /* of a leaf; SHAPE_NONE where no text stands for it */
    uint32_t first_token, last_token; /* SHAPE_NONE: it has none */
    Shape *first, *last, *next;
};

typedef struct Shaped {
    Str text;
    uint32_t file;     /* the source */
    VEC(Piece) pieces; /* the last is the end of the text */
    VEC(Note) notes;
    Shape *root; /* a listed chain: the declarations */
} Shaped;

/* Takes a text apart. tree false: the tokens and remarks alone. shape_free also after an error. */
MUST_USE Status shape_text(Sources *sources, uint32_t file, Arena *arena, bool tree, Shaped *out);
/* Told of each token; false: that is enough. */
typedef bool ShapeTold(void *ctx, uint32_t i, const Piece *piece);
/* The same without a tree, and tokens are told of, not kept; ERR_LIMIT also where that was enough.
 */
MUST_USE Status shape_tell(Sources *sources, uint32_t file, Arena *arena, ShapeTold *tell,
                           void *ctx, Shaped *out);
void shape_free(Shaped *s);

#endif
