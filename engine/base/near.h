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

/* Whether `word` is `meant` with one slip of the keyboard, so that nothing else can be meant: two
 * neighbours swapped, a letter lost, doubled or too many, or, of a keyword, another letter. Words
 * of less than four letters are too short, of Chinese keywords less than three; a digit is never a
 * slip. Of a name neither is its last letter or the first of a part (`lead_a`, `orders`), and of a
 * Chinese one only a swap. */
bool is_slip(Str word, Str meant, bool keyword);
/* Whether candidate `best` is what was meant by a name: a slip of it, and no other is about as
 * like. */
bool is_sure(Str word, const Str *candidates, size_t n, size_t best);

#endif
