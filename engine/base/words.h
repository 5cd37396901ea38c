/* base: what is said to people, in two languages. A table of it is a file words.def with a row
 *   WORDS(NAME, "English {0} of {1}[, due {2}]", "中文 {1} 的 {0}[，{2}到期]")
 * for each sentence: {n} is the argument n, the same set in both texts (lint asks), in whichever
 * order the language wants. NAMED(...) is a row that is found by its English or its number, not by
 * its name. What stands in [ ] is left out when an argument in it is empty; one may
 * stand within another. Braces and brackets stand for nothing else. */
#ifndef REMIT_BASE_WORDS_H
#define REMIT_BASE_WORDS_H

#include "engine/base/buf.h"

typedef struct Words {
    const char *en, *zh;
} Words;

/* The next argument {n} of a pattern, from 0: *text is what stands before it, *pattern goes on
 * behind it. -1: there is none left, *text is the rest. Borrows the pattern. */
int words_next(const char **pattern, Str *text);
/* The words in one language with their arguments, of which there are n. */
void put_words(Buf *out, Words words, bool chinese, const Str *args, size_t n);

#endif
