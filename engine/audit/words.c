/* audit: the sentences of `why` and `show`. */
#include "engine/audit/words.h"

static const Words sentences[SENTENCES] = {
#define WORDS(name, en, zh) {en, zh},
#include "engine/audit/words.def"
};

void put_sentence(Buf *out, bool chinese, Sentence what, Args args) {
    put_words(out, sentences[what], chinese, args.at, SENTENCE_ARGS);
}

Str sentence_word(bool chinese, Sentence what) {
    return str_of(chinese ? sentences[what].zh : sentences[what].en);
}

Str engine_word(bool chinese, Str english) {
    for (int i = SAY_OPEN; chinese && i <= SAY_ENGINE_WORDS_END; i++)
        if (str_eq(english, str_of(sentences[i].en)))
            return str_of(sentences[i].zh);
    return english;
}

Str engine_word_read(Str text) {
    for (int i = SAY_OPEN; i <= SAY_ENGINE_WORDS_END; i++)
        if (str_eq(text, str_of(sentences[i].zh)))
            return str_of(sentences[i].en);
    return text;
}
