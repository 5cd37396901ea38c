/* base: the name that was probably meant. */
#ifndef REMIT_BASE_NEAR_H
#define REMIT_BASE_NEAR_H

#include "engine/base/str.h"

/* How many letters (code points) must be inserted, deleted, changed or swapped with a neighbour to
 * turn a into b; most + 1 when more than `most`. */
size_t name_distance(Str a, Str b, size_t most);
/* How many may differ for the two to be alike: a third of the word's letters. */
size_t name_distance_most(Str word);
/* The one of n candidates that is most like `word`, the first of equals, or -1. Of a word of one or
 * two letters, as many in Chinese are, half of which differ, it must be the only one. */
ptrdiff_t nearest(Str word, const Str *candidates, size_t n);

#endif
