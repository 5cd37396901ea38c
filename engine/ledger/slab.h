/* ledger: memory for the cache's records, in sizes of 16 bytes' steps. What is given back is used
 * again, so that steady work asks the system for nothing. */
#ifndef REMIT_LEDGER_SLAB_H
#define REMIT_LEDGER_SLAB_H

#include "engine/base/mem.h"

enum { SLAB_STEP = 16, SLAB_CLASSES = 129, SLAB_MOST = SLAB_STEP * (SLAB_CLASSES - 1) };

typedef struct SlabBig SlabBig;

/* Zeroed is empty. */
typedef struct Slab {
    Arena arena;
    void *given[SLAB_CLASSES]; /* free pieces by size, linked through their first word */
    SlabBig *big;              /* pieces above SLAB_MOST, each from the system */
} Slab;

/* n bytes aligned to 16, not zeroed; NULL when memory is out. n == 0 gives a piece like any other.
 */
void *slab_take(Slab *s, size_t n);
/* Gives a piece back; n is what it was taken with. NULL is fine. */
void slab_give(Slab *s, void *p, size_t n);
/* Gives all memory back to the system. */
void slab_free(Slab *s);

#endif
