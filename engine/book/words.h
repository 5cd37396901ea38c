/* book: what the book says, in both languages, by name. */
#ifndef REMIT_BOOK_WORDS_H
#define REMIT_BOOK_WORDS_H

#include "engine/base/words.h"

typedef enum BookWord {
#define WORDS(name, en, zh) BOOK_##name,
#include "engine/book/words.def"
    BOOK_WORDS
} BookWord;

enum { BOOK_ARGS = 4 };

extern const Words book_words[BOOK_WORDS];
/* A word without arguments; nobody's memory. */
Str book_word(bool chinese, BookWord what);

#endif
