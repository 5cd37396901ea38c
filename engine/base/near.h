/* base: the name that was probably meant. */
#ifndef REMIT_BASE_NEAR_H
#define REMIT_BASE_NEAR_H

#include "engine/base/str.h"

/* The one of n candidates that is most like `word`, the first of equals, or -1: at most a third of
 * its bytes differ (insertions, deletions, changes, swaps of neighbours). */
ptrdiff_t nearest(Str word, const Str *candidates, size_t n);

#endif
