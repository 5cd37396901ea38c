/* audit: the sentences of `why` and `show` in both languages, by name. */
#ifndef REMIT_AUDIT_WORDS_H
#define REMIT_AUDIT_WORDS_H

#include "engine/base/words.h"

typedef enum Sentence {
#define WORDS(name, en, zh) SAY_##name,
#include "engine/audit/words.def"
    SENTENCES
} Sentence;

enum { SENTENCE_ARGS = 8 };
/* What a sentence is filled with; what is not given is empty. */
typedef struct Args {
    Str at[SENTENCE_ARGS];
} Args;

void put_sentence(Buf *out, bool chinese, Sentence what, Args args);
/* A sentence without arguments; nobody's memory. */
Str sentence_word(bool chinese, Sentence what);
/* A word of the engine's own, such as a state or a reason that effects have in English, in a
 * language; borrowed: the word itself when it is none of them. */
Str engine_word(bool chinese, Str english);
/* The English of it, whichever language it is in; the word itself when it is none of them. */
Str engine_word_read(Str text);

#endif
