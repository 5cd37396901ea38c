/* run: which votes fill which seats of an approval. A voter takes one seat at most, by one
 * authority: their own, or that of one for whom they act; and each authority serves once, whoever
 * uses it (language.md 16, semantics.md 13).
 *
 * As many count as can, earlier ones first. A flow of voter, authority, seat and requirement with
 * room for one at each finds them, as long as all who may use an authority may use it in the same
 * seats. Where they may not, the flow may use one twice: then each way to limit it to some of them
 * is tried (LIMIT_SEATINGS). Pure. */
#ifndef REMIT_RUN_MATCH_H
#define REMIT_RUN_MATCH_H

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/base/status.h"
#include "engine/base/str.h"

typedef struct Authority {
    Str of;         /* whose it is; empty: of somebody who is nobody else here */
    uint64_t seats; /* bits of the seats in which it lets vote; at least one */
} Authority;

/* Each `of` comes once. */
typedef struct Voter {
    const Authority *by;
    uint32_t n;
} Voter;

typedef struct Places {
    uint32_t seats, needs;
    uint32_t need[LIMIT_SEATS];   /* of each seat */
    uint32_t room[LIMIT_SEATS];   /* how many may sit in each */
    uint32_t wanted[LIMIT_SEATS]; /* by each requirement */
} Places;

#define NO_SEAT UINT32_MAX

/* Whether these can fill all that is wanted. *found is what is so, but *sure is false when the
 * bound was met: then they may, though no way was found. All is taken from a and given back.
 * ERR_NOMEM. */
MUST_USE Status match_can(const Places *places, const Voter *voters, uint32_t n, Arena *a,
                          bool *found, bool *sure);
/* The seat of each voter, or NO_SEAT: as many as can sit, earlier ones first; of these each
 * in the first seat in which they can while all stay seated, earlier ones choosing first. *sure as
 * above: then these seats are one way, perhaps not the best. ERR_NOMEM. */
MUST_USE Status match_seats(const Places *places, const Voter *voters, uint32_t n, Arena *a,
                            uint32_t *seats, bool *sure);
uint32_t places_wanted(const Places *places);

#endif
