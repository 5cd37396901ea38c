/* code: what the files of the linker share. */
#ifndef REMIT_CODE_LINK_INT_H
#define REMIT_CODE_LINK_INT_H

#include <string.h>

#include "engine/base/limits.h"
#include "engine/code/link.h"
#include "engine/code/relocate.h"
#include "engine/code/verify.h"

enum { LINK_DEPTH = 200 };

/* A part that is known by its bytes. */
typedef struct Known {
    Str bytes;
    uint32_t number;
    uint8_t part;
} Known;

typedef struct Assumed {
    int32_t old; /* number of the declaration that it is taken for, or -1 */
    uint8_t fate;
} Assumed;

typedef struct Link {
    const Bundle *old;
    Str bytes;
    const LinkPlan *plan;
    Arena *a; /* of the round */
    Err *err;
    Bundle *add, *out;
    Relocation to;
    Known *known; /* open addressing */
    size_t slots;
    Relocation canon; /* of each old part the first that is alike */
    Buf scratch;
    uint8_t *fn_state; /* 0 not seen, 1 on the way, 2 done */
    uint8_t *table_state;
    uint32_t *loops_of; /* of each instruction of the new bundle that loops: the loop's number */
    uint32_t depth;
    Assumed *assumed[DECL_KINDS]; /* of each declaration of the new bundle; they outlive a round */
    bool wrong;                   /* an assumption was */
} Link;

Status link_too_large(Link *k);

/* link_known.c: the parts of the old bundle, known by their bytes, and the bundle that is made. */
Status link_know_old(Link *k);
/* The bytes of a part in k->scratch, without its place in the text. */
Status link_put_plain(Link *k, const Bundle *b, Part part, uint32_t n);
/* The number of a part with the bytes in k->scratch; otherwise it is known from now on as `number`.
 */
Status link_known_or(Link *k, Part part, uint32_t number, uint32_t *out);
/* The first function of the old bundle that is like this one. */
int32_t link_canon_fn(const Link *k, int32_t fn);
/* Lists of the old bundle with room for what comes behind, and the maps of the new one. */
Status link_begin(Link *k);

/* A part that stands in `list` already relocated: one that is known, or one behind the others. */
#define PLACE(k, part, list, count, n)                                                             \
    do {                                                                                           \
        uint32_t placed;                                                                           \
        TRY(link_put_plain(k, (k)->add, part, n));                                                 \
        TRY(link_known_or(k, part, (k)->out->count, &placed));                                     \
        if (placed == (k)->out->count)                                                             \
            (k)->out->list[(k)->out->count++] = (k)->add->list[n];                                 \
        (k)->to.to[part][n] = placed;                                                              \
    } while (0)

/* link_parts.c: what declarations name. */
Status link_places(Link *k);
Status link_parties(Link *k);
Status link_records(Link *k);
Status link_entities(Link *k);

/* link_code.c: events and functions. */
Status link_events(Link *k);
Status link_code(Link *k);

/* link.c: declarations by their kind. */
extern const Part link_decl_parts[DECL_KINDS];
Str link_name_of(const Bundle *b, DeclKind kind, uint32_t n);

#endif
