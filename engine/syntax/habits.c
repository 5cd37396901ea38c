/* syntax: marks and words of other languages, which are read as they were meant: a colon behind a
 * keyword or a name, = in place of a colon, if in place of when. */
#include "engine/base/limits.h"
#include "engine/syntax/syntax_int.h"
#include "remit_grammar.h"

/* A mark that is to be another one or, without one, to be left out. */
static void say_mark(Parse *p, Span mark, Str expected_words, Str instead) {
    Str found = mend_quoted(p, source_text(p->b.diags->sources, mark));
    diag_fix(diag_add2(p->b.diags, DIAG_UNEXPECTED, mark, found, expected_words), mark, instead);
}

/* The keyword of n words at the joiner's place that could stand; NULL: none. */
static const Spelling *keyword_at_join(const Parse *p, const Join *before, size_t n, Span *words) {
    char text[64];
    size_t size, count;
    Join j = *before;
    if (!mend_words(before, n, words, text, &size))
        return NULL;
    const Spelling *s = keywords_find(p->join.keywords, join_raw(&j, 0)->text, &count);
    for (size_t i = 0; s != NULL && i < count; i++)
        if (str_eq(s[i].text, (Str){text, size}) && mend_of_item(p, s[i].token) &&
            parse_accepts(p->parser, s[i].token))
            return &s[i];
    return NULL;
}

/* `owed by: care`, `notify: boss`: a keyword takes no colon. */
static bool mend_colon(Parse *p, const Join *before) {
    for (size_t n = KEYWORD_WORDS; n >= 1; n--) {
        Span words;
        const Spelling *s = keyword_at_join(p, before, n, &words);
        if (s == NULL)
            continue;
        Join after = mend_behind(before, words);
        RawToken colon = *join_raw(&after, 0);
        if (colon.kind != RAW_MARK || colon.mark != TK_COLON)
            continue;
        join_seek(&after, colon.span.to);
        if (mend_reach(p, s->token, &after) < 1)
            continue;
        trial_begin(&p->best, p->parser);
        if (trial_feed(&p->best, s->token))
            say_mark(p, colon.span, mend_expected(p, &p->best, TK_COLON), (Str){NULL, 0});
        mend_take(p, before, s, words);
        join_seek(&p->join, colon.span.to);
        return true;
    }
    return false;
}

/* `notify boss: "x"`: a name takes none either. */
static bool mend_named_colon(Parse *p, Tok tok) {
    if (tok.kind != TK_LABEL || !parse_accepts(p->parser, TK_ID) ||
        mend_reach(p, TK_ID, &p->join) < 1)
        return false;
    Join after = mend_behind(&p->join, tok.span);
    trial_begin(&p->best, p->parser);
    if (join_raw(&after, 0)->mark != TK_COLON || !trial_feed(&p->best, TK_ID))
        return false;
    say_mark(p, join_raw(&after, 0)->span, mend_expected(p, &p->best, TK_COLON), (Str){NULL, 0});
    tok.kind = TK_ID;
    parse_feed(p, tok);
    return true;
}

/* `{ ticket = "T1", amount = 5 }` */
static bool mend_label(Parse *p, Tok tok) {
    Join j = p->join;
    bool comma = tok.kind == TK_COMMA;
    int label = comma ? TK_COMMALABEL : TK_LABEL;
    RawToken name = *join_raw(&j, 0), equals = *join_raw(&j, comma ? 1 : 0);
    if (!(tok.kind == TK_ID || (comma && name.kind == RAW_WORD)) || equals.kind != RAW_MARK ||
        equals.mark != TK_EQ || !parse_accepts(p->parser, label))
        return false;
    join_seek(&j, equals.span.to);
    if (mend_reach(p, label, &j) < 1)
        return false;
    say_mark(p, equals.span, mend_quoted(p, S(":")), S(":"));
    tok.kind = label;
    tok.text = comma ? name.text : tok.text;
    tok.span = comma ? name.span : tok.span;
    parse_feed(p, tok);
    join_seek(&p->join, equals.span.to);
    return true;
}

bool mend_habit(Parse *p, const Join *before, Tok tok) {
    return mend_colon(p, before) || mend_label(p, tok) || mend_named_colon(p, tok);
}

/* Whether the rest of the line has an `else`: then it chooses between values. */
static bool has_else(const Join *before) {
    Join j = *before;
    for (int i = 0; i < LIMIT_NESTING; i++) {
        Tok next = join_next(&j);
        if (next.kind == 0 || (i > 0 && next.line) || token_opens(next.kind))
            return false;
        if (next.kind == TK_ELSE || str_eq(next.text, S("else")) || str_eq(next.text, S("否则")))
            return true;
    }
    return false;
}

bool mend_condition(Parse *p, const Join *before, Tok tok) {
    static const char *const words[] = {"if", "where", "如果", "其中"};
    Join j = *before;
    RawToken word = *join_raw(&j, 0);
    bool here = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        here = here || (word.kind == RAW_WORD && str_eq(word.text, str_of(words[i])));
    bool swallowed = (tok.kind == TK_IF && tok.line) || tok.kind == TK_ID;
    if (!swallowed || !here || !parse_accepts(p->parser, TK_WHEN) || has_else(before))
        return false;
    Join after = mend_behind(before, word.span);
    if (mend_reach(p, TK_WHEN, &after) <= mend_reach(p, tok.kind, &p->join))
        return false;
    bool chinese = (unsigned char)word.text.p[0] >= 0x80;
    Spelling when = {.token = TK_WHEN, .text = keyword_of(TK_WHEN, -1, chinese)};
    diag_fix(diag_misspelt(p->b.diags, word.span, when.text), word.span, when.text);
    mend_take(p, before, &when, word.span);
    return true;
}
