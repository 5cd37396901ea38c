/* run: the greatest matching of voters to the places of an approval. Each voter takes one place at
 * most, each place one voter; a requirement takes no more of its places than it wants. Voters are
 * added one by one; who was placed stays placed, perhaps elsewhere. Pure. */
#ifndef REMIT_RUN_MATCH_H
#define REMIT_RUN_MATCH_H

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/base/status.h"

enum { MATCH_PLACES = LIMIT_SEATS };

typedef struct MatchPlace {
    uint32_t seat, need;
} MatchPlace;

typedef struct Voter {
    uint64_t seats; /* bits of the seats that they may take */
    struct Voter *before;
} Voter;

typedef struct Match {
    MatchPlace place[MATCH_PLACES];
    uint32_t places;
    uint32_t owner[MATCH_PLACES]; /* number of the voter, from 1; 0: free */
    uint64_t owner_seats[MATCH_PLACES];
    uint32_t wanted[MATCH_PLACES], used[MATCH_PLACES]; /* of each requirement */
    uint32_t needs;
    Voter *last;
    uint32_t voters;
} Match;

/* Adds a voter, who gets the next number. ERR_NOMEM. Time: O(places squared). */
MUST_USE Status match_add(Match *m, Arena *a, uint64_t seats);
/* Whether a voter has a place. */
bool match_placed(const Match *m, uint32_t voter);
/* Whether every requirement has all that it wants. */
bool match_full(const Match *m);

#endif
