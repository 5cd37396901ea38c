/* base: a sorted array of numbers in which a number's rank is found in about constant time,
 * however many there are: the array's span is cut into equal buckets, about two for each number,
 * and a bucket knows which numbers lie in it. Where they crowd into few buckets, what is left is a
 * binary search. Numbers below the first or above the last are fine. */
#ifndef REMIT_BASE_RANKS_H
#define REMIT_BASE_RANKS_H

#include "engine/base/mem.h"

typedef struct Ranks {
    const int64_t *keys; /* ascending */
    uint32_t n;
    uint32_t shift;       /* a bucket spans 2^shift numbers */
    uint64_t buckets;     /* 0: few keys, no buckets */
    const uint32_t *from; /* how many keys lie before bucket b; one more than there are buckets */
} Ranks;

/* keys are borrowed; the buckets are the arena's. ERR_NOMEM. */
MUST_USE Status ranks_make(const int64_t *keys, uint32_t n, Arena *a, Ranks *out);
/* How many of the keys are not above `key`. */
uint32_t ranks_below(const Ranks *p, int64_t key);

#endif
