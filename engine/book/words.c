/* book: the words of words.def. */
#include "engine/book/words.h"

const Words book_words[BOOK_WORDS] = {
#define WORDS(name, en, zh) {en, zh},
#include "engine/book/words.def"
};

Str book_word(bool chinese, BookWord what) {
    return str_of(chinese ? book_words[what].zh : book_words[what].en);
}
