/* audit: why: the words of one rung, also where several of them stand on a line. */
#include "engine/audit/why_int.h"

#include <string.h>

#include "engine/syntax/keyword.h"
#include "engine/syntax/marks.h"
#include "engine/syntax/token.h"

enum { TOKENS_MOST = 256 };

/* The keyword at token i of n, the longest; 0: none. */
static int keyword_at(const Keywords *k, const RawToken *at, size_t i, size_t n, size_t *words) {
    size_t count;
    const Spelling *s = at[i].kind == RAW_WORD ? keywords_find(k, at[i].text, &count) : NULL;
    *words = 1;
    for (size_t c = 0; s != NULL && c < count; c++) { /* longest first */
        size_t same = 1;
        while (same < s[c].word_count && i + same < n && at[i + same].kind == RAW_WORD &&
               str_eq(at[i + same].text, s[c].words[same]))
            same++;
        if (same < s[c].word_count)
            continue;
        *words = same;
        return s[c].token;
    }
    return 0;
}

/* Whether a rung begins at token i: `at 50%`, `at due`, `after 1 hour`, `1 day before due`. */
static bool rung_begins(const Keywords *k, const RawToken *at, size_t i, size_t n, size_t *words) {
    int token = keyword_at(k, at, i, n, words);
    if (token == TK_AT_DUE || token == TK_AT_BREACH || token == TK_AFTER)
        return true;
    if (token == TK_AT)
        return i + 1 < n && at[i + 1].kind == RAW_PERCENT;
    for (size_t unit = i + 1; at[i].kind == RAW_NUMBER && unit < n && unit <= i + 2; unit++) {
        size_t more;
        if (keyword_at(k, at, unit, n, &more) == TK_UNIT && unit + more < n)
            return keyword_at(k, at, unit + more, n, &more) == TK_BEFORE_DUE;
    }
    return false;
}

/* The words of the rung that is the nth of its line, from 0; the line where they cannot be told. */
static Str rung_words(Why *w, Str line, uint32_t nth) {
    Keywords keywords;
    RawToken at[TOKENS_MOST];
    size_t n = 0, from = SIZE_MAX, to = line.n;
    char *copy = arena_take(&w->arena, line.n + 1, 1); /* the lexer wants a NUL behind it */
    if (copy == NULL || keywords_init(&keywords, &w->arena) != OK)
        return line;
    memcpy(copy, line.p, line.n);
    copy[line.n] = '\0';
    Lexer lx;
    lexer_init(&lx, (Str){copy, line.n}, 0, &w->arena);
    for (RawToken t = lexer_next(&lx); t.kind != RAW_END && n < TOKENS_MOST; t = lexer_next(&lx))
        at[n++] = t;
    size_t i = 0, words, depth = 0;
    while (i < n && keyword_at(&keywords, at, i, n, &words) != TK_ESCALATE)
        i += words;
    i = i < n ? i + 1 : 0; /* the ladder's head stands on the line, or above it */
    for (uint32_t seen = 0; i < n; i += words) {
        words = 1;
        if (at[i].kind == RAW_MARK && at[i].mark == TK_LB)
            depth++;
        bool closes = at[i].kind == RAW_MARK && at[i].mark == TK_RB;
        bool begins = !closes && rung_begins(&keywords, at, i, n, &words);
        if (from != SIZE_MAX && (begins || closes)) {
            to = at[i].span.from;
            break;
        }
        if (begins && seen++ == nth)
            from = at[i].span.from;
        if (closes && depth <= 1)
            break;
    }
    return from == SIZE_MAX ? line : str_trim((Str){line.p + from, to - from});
}

Str why_rung(Why *w, uint32_t decl, uint32_t rung) {
    if (decl >= w->r->b->duty_count || rung == 0 || rung > w->r->b->duties[decl].rung_count)
        return (Str){NULL, 0};
    const RungDef *rungs = w->r->b->duties[decl].rungs, *it = &rungs[rung - 1];
    uint32_t nth = 0;
    for (uint32_t i = 0; i < w->r->b->duties[decl].rung_count; i++)
        nth += rungs[i].file == it->file && rungs[i].line == it->line && &rungs[i] < it;
    return why_words(w, rung_words(w, why_line(w, it->file, it->line), nth));
}
