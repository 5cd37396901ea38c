/* base: ranks in a sorted array. */
#include "engine/base/ranks.h"

enum { RANKS_FEW = 8 };

/* How far a key is from the first; keys are ascending, so it never wraps. */
static uint64_t distance(const Ranks *p, int64_t key) {
    return (uint64_t)key - (uint64_t)p->keys[0];
}

Status ranks_make(const int64_t *keys, uint32_t n, Arena *a, Ranks *out) {
    *out = (Ranks){.keys = keys, .n = n};
    if (n <= RANKS_FEW)
        return OK;
    uint64_t span = distance(out, keys[n - 1]);
    while (span >> out->shift >= 2 * (uint64_t)n)
        out->shift++;
    uint64_t buckets = (span >> out->shift) + 1;
    uint32_t *from = new (a, uint32_t, buckets + 1);
    if (from == NULL)
        return ERR_NOMEM;
    uint32_t k = 0;
    for (uint64_t b = 0; b < buckets; b++) {
        while (k < n && distance(out, keys[k]) >> out->shift < b)
            k++;
        from[b] = k;
    }
    from[buckets] = n;
    out->buckets = buckets;
    out->from = from;
    return OK;
}

uint32_t ranks_below(const Ranks *p, int64_t key) {
    uint32_t low = 0, high = p->n; /* the answer lies in low..high */
    if (p->buckets > 0) {
        if (key < p->keys[0])
            return 0;
        uint64_t bucket = distance(p, key) >> p->shift;
        if (bucket >= p->buckets)
            return p->n;
        low = p->from[bucket];
        high = p->from[bucket + 1];
    }
    while (high - low > RANKS_FEW) {
        uint32_t middle = low + (high - low) / 2;
        if (p->keys[middle] <= key)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t count = low;
    for (uint32_t i = low; i < high; i++)
        count += p->keys[i] <= key;
    return count;
}
