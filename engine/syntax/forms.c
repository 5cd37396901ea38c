/* syntax: words and forms of other languages, and of everyday speech, where this one has its own.
 */
#include <string.h>

#include "engine/base/limits.h"
#include "engine/syntax/syntax_int.h"
#include "remit_grammar.h"

enum { REACH_TAKEN = 3 }; /* tokens that must follow where the word could be a name */

static size_t word_count(Str words) {
    size_t n = 1;
    for (size_t i = 0; i < words.n; i++)
        n += words.p[i] == ' ';
    return n;
}

/* Whether these words stand here; *span: where. */
static bool words_here(const Join *before, const char *wanted, Span *span) {
    char text[64];
    size_t size;
    Str words = str_of(wanted);
    return mend_words(before, word_count(words), span, text, &size) &&
           str_eq((Str){text, size}, words);
}

/* ---- one keyword for another */

typedef struct Usual {
    const char *words;
    int token, sub;
    bool taken; /* nobody names a thing so: they are read as the keyword where a name can stand */
} Usual;

/* Longer ones before those that they begin with; of one word the more general token first. */
static const Usual usual_words[] = {
    {"due in", TK_DUE_WITHIN, 0, false},
    {"due on", TK_DUE_BY, 0, false},
    {"assigned to", TK_OWED_BY, 0, false},
    {"owned by", TK_OWED_BY, 0, false},
    {"completed by", TK_FULFILLED_BY, 0, false},
    {"done by", TK_FULFILLED_BY, 0, false},
    {"done", TK_STATE, STATE_FULFILLED, false},
    {"completed", TK_STATE, STATE_FULFILLED, false},
    {"overdue", TK_STATE, STATE_BREACHED, false},
    {"approved", TK_STATE, STATE_GRANTED, false},
    {"equals", TK_EQ, 0, false},
    {"equal to", TK_EQ, 0, false},
    {"greater than", TK_GT, 0, false},
    {"greater than", TK_ABOVE, 0, false},
    {"more than", TK_GT, 0, false},
    {"more than", TK_ABOVE, 0, false},
    {"less than", TK_LT, 0, false},
    {"less than", TK_BELOW, 0, false},
    {"exceeds", TK_GT, 0, false},
    {"exceeds", TK_ABOVE, 0, false},
    {"over the last", TK_OVER, 0, false},
    {"in the last", TK_OVER, 0, false},
    {"within the last", TK_OVER, 0, false},
    {"over", TK_ABOVE, 0, false},
    {"under", TK_BELOW, 0, false},
    {"within", TK_OVER, 0, false},
    {"during", TK_OVER, 0, false},
    {"in", TK_OVER, 0, false},
    {"if", TK_WHERE, 0, false},
    {"if", TK_WHEN, 0, false},
    {"halfday", TK_WORKDAY, 0, false},
    {"half day", TK_WORKDAY, 0, false},
    {"quiet hours from", TK_QUIET_FROM, 0, false},
    {"quiet hours", TK_QUIET_FROM, 0, false},
    {"quiet", TK_QUIET_FROM, 0, false},
    {"stale for", TK_STALE_AFTER, 0, false},
    {"stale", TK_STALE_AFTER, 0, false},
    {"majority", TK_MAJORITY_OF, 0, true},
    {"assert", TK_EXPECT, 0, false},
    {"expects", TK_EXPECT, 0, false},
    {"due after", TK_DUE_WITHIN, 0, false},
    {"due at", TK_DUE_BY, 0, false},
    {"due", TK_DUE_WITHIN, 0, false},
    {"deadline", TK_DUE_WITHIN, 0, false},
    {"within", TK_DUE_WITHIN, 0, false},
    {"within", TK_EACH_WITHIN, 0, false},
    {"responsible", TK_OWED_BY, 0, false},
    {"closed by", TK_FULFILLED_BY, 0, false},
    {"fulfilled when", TK_FULFILLED_BY, 0, false},
    {"done when", TK_FULFILLED_BY, 0, false},
    {"paused while", TK_PAUSED_FROM, 0, false},
    {"paused when", TK_PAUSED_FROM, 0, false},
    {"paused by", TK_PAUSED_FROM, 0, false},
    {"withdrawn when", TK_WITHDRAWN_BY, 0, false},
    {"without", TK_EXCLUDING, 0, false},
    {"late", TK_STATE, STATE_BREACHED, false},
    {"accepted", TK_STATE, STATE_GRANTED, false},
    {"rejected", TK_STATE, STATE_REFUSED, false},
    {"declined", TK_STATE, STATE_REFUSED, false},
    {"with", TK_WHERE, 0, false},
    {"on", TK_WHEN, 0, false},
    {"otherwise", TK_ELSE, 0, false},
    {"for", TK_FOR_EACH, 0, false},
    {"each", TK_EVERY, 0, false},
    {"notify", TK_REMIND, 0, false},
    {"tell", TK_REMIND, 0, false},
    {"email", TK_REMIND, 0, false},
    {"tell", TK_NOTIFY, 0, false},
    {"send", TK_NOTIFY, 0, false},
    {"email", TK_NOTIFY, 0, false},
    {"raise", TK_EMIT, 0, false},
    {"trigger", TK_EMIT, 0, false},
    {"publish", TK_EMIT, 0, false},
    {"create duty", TK_OBLIGE, 0, false},
    {"create", TK_OBLIGE, 0, false},
    {"request", TK_ASK, 0, false},
    {"update", TK_SET, 0, false},
    {"change", TK_SET, 0, false},
    {"remove", TK_DELETE, 0, false},
    {"max", TK_AT_MOST, 0, false},
    {"maximum", TK_AT_MOST, 0, false},
    {"out of", TK_OF, 0, false},
    {"and", TK_COMMA, 0, false},
    {"or", TK_COMMA, 0, false},
    {"to", TK_DOTDOT, 0, false},
    {"负责人", TK_OWED_BY, 0, false},
    {"限期", TK_DUE_WITHIN, 0, false},
    {"完成", TK_STATE, STATE_FULFILLED, false},
    {"逾期", TK_STATE, STATE_BREACHED, false},
    {"等于", TK_EQ, 0, false},
    {"不等于", TK_NE, 0, false},
    {"大于", TK_GT, 0, false},
    {"大于", TK_ABOVE, 0, false},
    {"小于", TK_LT, 0, false},
    {"小于", TK_BELOW, 0, false},
    {"大于等于", TK_GE, 0, false},
    {"大于等于", TK_AT_LEAST, 0, false},
    {"小于等于", TK_LE, 0, false},
    {"小于等于", TK_AT_MOST, 0, false},
    {"超过", TK_GT, 0, false},
    {"超过", TK_ABOVE, 0, false},
    {"不超过", TK_LE, 0, false},
    {"不超过", TK_AT_MOST, 0, false},
    {"至少", TK_AT_LEAST, 0, false},
    {"至多", TK_AT_MOST, 0, false},
    {"并且", TK_AND, 0, false},
    {"或者", TK_OR, 0, false},
    {"不是", TK_NE, 0, false},
    {"近", TK_OVER, 0, false},
    {"最近", TK_OVER, 0, false},
    {"过去", TK_OVER, 0, false},
    {"在", TK_OVER, 0, false},
    {"每", TK_PER, 0, false},
    {"在", TK_AT, 0, false},
    {"期望", TK_EXPECT, 0, false},
    {"半天", TK_WORKDAY, 0, false},
    {"静默", TK_QUIET_FROM, 0, false},
    {"如果", TK_WHEN, 0, false},
    {"当", TK_WHERE, 0, false},
    {"当", TK_WHEN, 0, false},
    {"完成", TK_FULFILLED_BY, 0, false},
    {"通知", TK_REMIND, 0, false},
    {"违约", TK_STATE, STATE_BREACHED, false},
    {"批准", TK_STATE, STATE_GRANTED, false},
    {"拒绝", TK_STATE, STATE_REFUSED, false},
    {"到", TK_DOTDOT, 0, false},
    {"和", TK_COMMA, 0, false},
    {"与", TK_COMMA, 0, false},
    {"至", TK_DOTDOT, 0, false},
};

/* The keyword; of a mark there is none. */
static const Spelling *spelling_of(const Keywords *k, const Usual *u, bool chinese) {
    for (size_t i = 0; i < k->n; i++)
        if (k->at[i].token == u->token && k->at[i].sub == u->sub && k->at[i].chinese == chinese)
            return &k->at[i];
    return NULL;
}

/* Whether `if` here has its `then` and its `else` on the line: no single word stands for it. */
static bool is_if_then(const Join *before, const Usual *u) {
    if (strcmp(u->words, "if") != 0 && strcmp(u->words, "如果") != 0)
        return false;
    Join j = *before;
    bool then = false;
    for (int i = 0; i < LIMIT_NESTING; i++) {
        RawToken t = *join_raw(&j, 0);
        if (t.kind == RAW_END || (i > 0 && t.line))
            return false;
        then = then || str_eq(t.text, S("then")) || str_eq(t.text, S("那么")) ||
               str_eq(t.text, S("则"));
        if (then && (str_eq(t.text, S("else")) || str_eq(t.text, S("否则"))))
            return true;
        join_seek(&j, t.span.to);
    }
    return false;
}

/* Whether what is usual elsewhere is written here and its keyword could stand. */
static bool usual_fits(const Parse *p, const Join *before, const Usual *u, Span *span) {
    static const char *const joining[] = {"and", "和", "与"};
    if (!words_here(before, u->words, span) || !parse_accepts(p->parser, u->token) ||
        !mend_of_item(p, u->token) || is_if_then(before, u))
        return false;
    bool cell = u->token == TK_COMMA && parse_accepts(p->parser, TK_FAT); /* a comma is `or` */
    for (size_t i = 0; cell && i < sizeof joining / sizeof *joining; i++)
        if (strcmp(u->words, joining[i]) == 0)
            return false;
    return true;
}

/* The first that leads far enough, else the one that leads furthest. */
bool mend_usual(Parse *p, const Join *before, bool taken) {
    const Usual *best = NULL;
    Span words = {0};
    int far = taken ? REACH_TAKEN - 1 : 0;
    for (size_t i = 0; i < sizeof usual_words / sizeof *usual_words && far < REACH_TAKEN; i++) {
        const Usual *u = &usual_words[i];
        Span span;
        if ((taken && !u->taken) || !usual_fits(p, before, u, &span))
            continue;
        Join after = mend_behind(before, span);
        int n = mend_reach(p, u->token, &after);
        if (n <= far)
            continue;
        best = u;
        words = span;
        far = n;
    }
    if (best == NULL)
        return false;
    bool chinese = (unsigned char)best->words[0] >= 0x80;
    const Spelling *s = spelling_of(p->join.keywords, best, chinese);
    Spelling mark = {.text = token_name(best->token, false), .token = (uint16_t)best->token};
    s = s == NULL ? &mark : s;
    diag_fix(diag_misspelt(p->b.diags, words, s->text), words, s->text);
    mend_take(p, before, s, words);
    return true;
}

/* ---- another way to say it */

typedef struct Form {
    const char *words;
    int behind;  /* the token that stands before them; 0: any */
    int accepts; /* what could stand in their place; 0: whatever */
    bool taken;  /* they are no name, even where a name can stand */
    const char *en, *zh;
} Form;

static const Form forms[] = {
    {"if", 0, TK_WHEN, false, "A if CONDITION else B", "甲 如果 条件 否则 乙"},
    {"如果", 0, TK_WHEN, false, "A if CONDITION else B", "甲 如果 条件 否则 乙"},
    {"if", 0, TK_NUMBER, true, "A if CONDITION else B", "甲 如果 条件 否则 乙"},
    {"如果", 0, TK_NUMBER, true, "A if CONDITION else B", "甲 如果 条件 否则 乙"},
    {"between", 0, TK_IN, false, "N >= 1 and N <= 5", "N >= 1 且 N <= 5"},
    {"介于", 0, TK_IN, false, "N >= 1 and N <= 5", "N >= 1 且 N <= 5"},
    {"unless", 0, TK_WHERE, false, "where not (CONDITION)", "其中 非 (条件)"},
    {"unless", 0, TK_AND, false, "and not (CONDITION)", "且 非 (条件)"},
    {"除非", 0, TK_WHERE, false, "where not (CONDITION)", "其中 非 (条件)"},
    {"like", 0, TK_CONTAINS, false, "contains, starts with or ends with", "包含、开头为 或 结尾为"},
    {"matches", 0, TK_CONTAINS, false, "contains, starts with or ends with",
     "包含、开头为 或 结尾为"},
    {"once", TK_RESUBMIT, 0, false, "at most 1 times", "不高于 1 次"},
    {"twice", TK_RESUBMIT, 0, false, "at most 2 times", "不高于 2 次"},
    {"一次", TK_RESUBMIT, 0, false, "at most 1 times", "不高于 1 次"},
    {"两次", TK_RESUBMIT, 0, false, "at most 2 times", "不高于 2 次"},
};

/* Whether a value stands right behind the word here, on its line: then it is no name. */
static bool value_follows(const Join *before) {
    Join j = *before;
    const RawToken *next = join_raw(&j, 1);
    return !next->line &&
           (next->kind == RAW_WORD || next->kind == RAW_NUMBER || next->kind == RAW_STRING);
}

bool mend_form(Parse *p, const Join *before, Tok tok, bool taken) {
    bool chinese = source_chinese(p->b.diags->sources, tok.span.file);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const Form *f = &forms[i];
        Span span;
        if ((taken && !f->taken) || (f->behind != 0 && p->last_kind != f->behind) ||
            !words_here(before, f->words, &span) ||
            (f->accepts != 0 && !parse_accepts(p->parser, f->accepts)))
            continue;
        if (taken && !value_follows(before))
            continue;
        (void)diag_misspelt(p->b.diags, span, str_of(chinese ? f->zh : f->en));
        return true;
    }
    return false;
}

/* ---- words of the language in a message */

/* The longest keyword whose words begin at token i of n. */
static const Spelling *keyword_at(const Keywords *k, const RawToken *at, size_t i, size_t n) {
    size_t count;
    const Spelling *s =
        at[i].kind == RAW_WORD ? keywords_find(k, at[i].text, &count) : NULL; /* longest first */
    for (size_t c = 0; s != NULL && c < count; c++) {
        size_t words = 1;
        while (words < s[c].word_count && i + words < n && at[i + words].kind == RAW_WORD &&
               str_eq(at[i + words].text, s[c].words[words]))
            words++;
        if (words == s[c].word_count)
            return &s[c];
    }
    return NULL;
}

static void put_respelt(Parse *p, Buf *out, Str text, bool chinese) {
    enum { TOKENS_MOST = 64 };
    RawToken at[TOKENS_MOST];
    size_t n = 0, done = 0;
    Str copy = text; /* the lexer wants a NUL behind it */
    if (arena_printf(p->b.arena, &copy, "%.*s", STR_ARG(text)) != OK)
        p->b.nomem = true;
    Lexer lx;
    lexer_init(&lx, copy, 0, p->b.arena);
    for (RawToken t = lexer_next(&lx); t.kind != RAW_END && n < TOKENS_MOST; t = lexer_next(&lx))
        at[n++] = t;
    for (size_t i = 0; i < n; i++) {
        bool named = i > 0 && at[i - 1].kind == RAW_MARK && at[i - 1].mark == TK_DOT;
        const Spelling *s = named ? NULL : keyword_at(p->join.keywords, at, i, n);
        if (s == NULL)
            continue;
        put_text(out, (Str){copy.p + done, at[i].span.from - done});
        put_text(out, keyword_text(s->row, chinese));
        i += s->word_count - 1u;
        done = at[i].span.to;
    }
    put_text(out, str_from(copy, done));
}

const char *respell(Parse *p, const char *text, bool chinese) {
    Buf out = {0};
    Str rest = str_of(text), part;
    for (bool code = false; rest.n > 0; code = !code) {
        bool more = str_cut(rest, '`', &part, &rest);
        if (code)
            put_respelt(p, &out, part, chinese);
        else
            put_text(&out, part);
        if (!more)
            break;
        put_c(&out, '`');
    }
    Str made = {NULL, 0};
    if (arena_printf(p->b.arena, &made, "%.*s", STR_ARG(buf_str(&out))) != OK)
        p->b.nomem = true;
    buf_free(&out);
    return made.p == NULL ? text : made.p;
}

/* ---- mistakes of one construct */

static bool is_raw_mark(Join *j, size_t i, int mark) {
    const RawToken *t = join_raw(j, i);
    return t->kind == RAW_MARK && t->mark == mark;
}

/* Whether the words of NUMBER / NUMBER, in parentheses or not, and `of` stand at raw token i; the
 * numbers, and how many tokens they take without `of`. */
static size_t quotient_at(Join *j, size_t i, int64_t parts[2]) {
    size_t open = is_raw_mark(j, i, TK_LP), n = i + open;
    for (size_t k = 0; k < 2; k++, n += 2) {
        const RawToken *number = join_raw(j, n);
        bool whole = number->kind == RAW_NUMBER && number->text.n <= 4;
        if (!whole || (k == 0 && !is_raw_mark(j, n + 1, TK_SLASH)))
            return 0;
        parts[k] = 0;
        for (size_t d = 0; d < number->text.n; d++) {
            if (number->text.p[d] < '0' || number->text.p[d] > '9')
                return 0;
            parts[k] = parts[k] * 10 + (number->text.p[d] - '0');
        }
    }
    n -= 1; /* behind the second number */
    if (open && !is_raw_mark(j, n, TK_RP))
        return 0;
    n += open;
    size_t count;
    const RawToken *word = join_raw(j, n);
    const Spelling *of = word->kind == RAW_WORD && parts[1] > 0
                             ? keywords_find(j->keywords, word->text, &count)
                             : NULL;
    for (size_t k = 0; of != NULL && k < count; k++)
        if (of[k].token == TK_OF)
            return n - i;
    return 0;
}

/* `(2/3) of T.members`: a share is a percentage. Read as one. Cut to two places, it asks for as
 * many of up to thousands of voters. */
static bool mend_share(Parse *p, const Join *before, Tok tok) {
    Join j = *before;
    int64_t parts[2];
    bool bare = tok.kind == TK_SLASH && p->last_kind == TK_NUMBER;
    if (bare)
        join_seek(&j, p->last.from);
    else if (tok.kind != TK_LP || !parse_accepts(p->parser, TK_MAJORITY_OF))
        return false;
    size_t n = quotient_at(&j, 0, parts);
    if (n == 0 || parts[0] > parts[1])
        return false;
    Span all = span_join(join_raw(&j, 0)->span, join_raw(&j, n - 1)->span);
    int64_t hundredths = parts[0] * 10000 / parts[1];
    Str share = {NULL, 0};
    if (arena_printf(p->b.arena, &share, hundredths % 100 == 0 ? "%d%%" : "%d.%02d%%",
                     (int)(hundredths / 100), (int)(hundredths % 100)) != OK)
        p->b.nomem = true;
    diag_fix(diag_add2(p->b.diags, DIAG_SHARE_AS_QUOTIENT, all,
                       source_text(p->b.diags->sources, all), share),
             all, share);
    join_seek(&p->join, all.to);
    if (!bare) /* of `2/3 of` the 2 is read, as that of `2 of` */
        parse_feed(p, (Tok){.kind = TK_PERCENT, .text = S("50"), .span = all});
    return true;
}

/* `customer: { ... }`: a record begins with the name of its type. What that is, check says. */
static bool mend_record(Parse *p, const Join *before, Tok tok) {
    if (tok.kind != TK_LB || !parse_accepts(p->parser, TK_ID) ||
        !parse_accepts(p->parser, TK_NUMBER) || parse_accepts(p->parser, TK_NOTIFY))
        return false;
    Join j = *before;
    if (join_raw(&j, 1)->kind != RAW_WORD || !is_raw_mark(&j, 2, TK_COLON))
        return false;
    Span gap = {tok.span.file, tok.span.from, tok.span.from};
    parse_feed(p, (Tok){.kind = TK_ID, .span = gap});
    tok.kind = TK_RECLB;
    parse_feed(p, tok);
    p->b.diags->has_unnamed = true;
    p->b.diags->unnamed = gap;
    return true;
}

static bool is_clause(int token) {
    switch (token) {
    case TK_OWED_BY:
    case TK_ATTRIBUTE:
    case TK_DUE_WITHIN:
    case TK_DUE_BY:
    case TK_FULFILLED_BY:
    case TK_WAIVED_BY:
    case TK_CANCELLED_BY:
    case TK_PAUSED_FROM:
    case TK_REQUIRES:
    case TK_EXCLUDING:
    case TK_EACH_WITHIN:
    case TK_WITHDRAWN_BY:
    case TK_RESUBMIT:
    case TK_STARTS:
        return true;
    default:
        return false;
    }
}

/* Whether the words of a clause stand here, which the parser could not take. */
static bool clause_here(Parse *p, const Join *before, Span *words) {
    Join j = *before;
    const RawToken *first = join_raw(&j, 0);
    size_t count;
    const Spelling *s =
        first->kind == RAW_WORD ? keywords_find(j.keywords, first->text, &count) : NULL;
    for (size_t i = 0; s != NULL && i < count; i++) {
        char text[64];
        size_t size;
        if (is_clause(s[i].token) && mend_words(before, s[i].word_count, words, text, &size) &&
            str_eq((Str){text, size}, s[i].text) && !parse_accepts(p->parser, s[i].token))
            return true;
    }
    return false;
}

/* `when fulfilled { due within 1 day }` on one line: what stands in the braces is passed over. */
static bool mend_clause(Parse *p, const Join *before, Tok tok) {
    Span words;
    if (tok.line || p->braces.n < p->outer + 2 || !parse_accepts(p->parser, TK_NOTIFY) ||
        !parse_accepts(p->parser, TK_RB) || !clause_here(p, before, &words))
        return false;
    diag_add3(p->b.diags, DIAG_WRONG_PLACE, words, source_text(p->b.diags->sources, words),
              mend_both(p, "a reaction", "反应"),
              mend_both(p, "it is a clause: write it beside the reaction, not in its braces",
                        "它是子句：请写在反应的花括号之外"));
    Join j = p->join;
    for (int depth = 0; depth >= 0;) {
        p->join = j; /* before the token that is read now */
        Tok next = join_next(&j);
        depth += token_opens(next.kind) ? 1 : next.kind == TK_RB || next.kind == 0 ? -1 : 0;
    }
    return true;
}

/* `starts in 2 working days`. */
static bool mend_starts(Parse *p, const Join *before) {
    Span word;
    Join j = *before;
    if (p->last_kind != TK_STARTS || !words_here(before, "in", &word))
        return false;
    j = mend_behind(before, word);
    Tok span = join_next(&j);
    if (span.kind != TK_DURATION)
        return false;
    Span all = span_join(word, span.span);
    Str meant = {NULL, 0};
    Str length = source_text(p->b.diags->sources, span.span);
    if (arena_printf(p->b.arena, &meant, "%.*s later", STR_ARG(length)) != OK)
        p->b.nomem = true;
    diag_fix(diag_misspelt(p->b.diags, all, meant), all, meant);
    parse_feed(p, span);
    p->join = j;
    parse_feed(p, (Tok){.kind = TK_LATER, .text = S("later"), .span = all});
    return true;
}

/* A comparison where a bound stands in words: `value > 66%`. */
static bool mend_bound(Parse *p, Tok tok) {
    static const int marks[][2] = {
        {TK_GT, TK_ABOVE}, {TK_LT, TK_BELOW}, {TK_GE, TK_AT_LEAST}, {TK_LE, TK_AT_MOST}};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (tok.kind != marks[i][0] || !parse_accepts(p->parser, marks[i][1]) ||
            mend_reach(p, marks[i][1], &p->join) < 1)
            continue;
        Str meant = keyword_here(p, marks[i][1]);
        diag_fix(diag_misspelt(p->b.diags, tok.span, meant), tok.span, meant);
        parse_feed(p, (Tok){.kind = marks[i][1], .text = meant, .span = tok.span});
        return true;
    }
    return false;
}

/* `set stock(k).units += 1`. */
static bool mend_increase(Parse *p, const Join *before, Tok tok) {
    Join j = *before;
    const RawToken *equals = join_raw(&j, 1);
    if ((tok.kind != TK_PLUS && tok.kind != TK_MINUS && tok.kind != TK_STAR) ||
        equals->kind != RAW_MARK || equals->mark != TK_EQ || equals->space ||
        !parse_accepts(p->parser, TK_EQ))
        return false;
    Span both = span_join(tok.span, equals->span);
    Str mark = source_text(p->b.diags->sources, tok.span), meant = mark;
    Str old = source_text(p->b.diags->sources, (Span){tok.span.file, p->set, p->last.to});
    if (arena_printf(p->b.arena, &meant, "= %.*s %.*s", STR_ARG(old), STR_ARG(mark)) != OK)
        p->b.nomem = true;
    diag_fix(diag_misspelt(p->b.diags, both, meant), both, meant);
    join_seek(&p->join, both.to);
    parse_feed(p, (Tok){.kind = TK_EQ, .text = S("="), .span = both});
    return true;
}

static bool digits_at(Str text, size_t from, size_t n) {
    for (size_t i = from; i < from + n; i++)
        if (i >= text.n || text.p[i] < '0' || text.p[i] > '9')
            return false;
    return true;
}

/* `31.03.2026`, the day first, or `2026/3/31` and `2026.03.31`, the year first: how long it is; 0:
 * no such date. */
static size_t date_at(Str text, int number[3]) {
    size_t at = 0;
    char mark = '\0';
    for (int part = 0; part < 3; part++) {
        size_t n = digits_at(text, at, 4) ? 4 : digits_at(text, at, 2) ? 2 : 1;
        if (!digits_at(text, at, n))
            return 0;
        number[part] = 0;
        for (size_t i = 0; i < n; i++)
            number[part] = number[part] * 10 + (text.p[at + i] - '0');
        at += n;
        if (part == 2)
            break;
        char c = at < text.n ? text.p[at] : '\0';
        if ((c != '.' && c != '/') || (mark != '\0' && c != mark))
            return 0;
        mark = c;
        at++;
    }
    if (digits_at(text, at, 1) || (number[0] < 1000) == (number[2] < 1000))
        return 0;
    return mark == '/' && number[0] < 1000 ? 0 : at; /* 3/4/2026: nobody knows which is the day */
}

static bool mend_date(Parse *p, Tok tok) {
    int n[3];
    if (tok.kind != TK_NUMBER || !parse_accepts(p->parser, TK_DATE))
        return false;
    size_t size = date_at(str_from(p->join.lexer.text, tok.span.from), n);
    if (size == 0)
        return false;
    bool year_first = n[0] >= 1000;
    Span all = {tok.span.file, tok.span.from, tok.span.from + (uint32_t)size};
    Str meant = {NULL, 0};
    if (arena_printf(p->b.arena, &meant, "%04d-%02d-%02d", year_first ? n[0] : n[2], n[1],
                     year_first ? n[2] : n[0]) != OK)
        p->b.nomem = true;
    diag_fix(diag_misspelt(p->b.diags, all, meant), all, meant);
    join_seek(&p->join, all.to);
    parse_feed(p, (Tok){.kind = TK_DATE, .text = meant, .span = all});
    return true;
}

bool mend_construct(Parse *p, const Join *before, Tok tok) {
    return mend_share(p, before, tok) || mend_record(p, before, tok) ||
           mend_clause(p, before, tok) || mend_starts(p, before) || mend_bound(p, tok) ||
           mend_increase(p, before, tok) || mend_date(p, tok);
}

bool mend_type(Parse *p, Tok tok) {
    Join j = p->join;
    if (tok.kind != TK_EQ || p->item != TK_NAMED_TYPE || p->last_kind != TK_ID ||
        p->braces.n > p->outer || !is_raw_mark(&j, 0, TK_LB))
        return false;
    diag_fix(diag_misspelt(p->b.diags, span_join(tok.span, join_raw(&j, 0)->span), S("{")),
             tok.span, S(""));
    return true;
}

bool mend_else(Parse *p, const Join *before, Tok tok) {
    static const char *const words[] = {"else", "if", "否则", "如果"};
    Span word = tok.span;
    bool here = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        here = here || words_here(before, words[i], &word);
    if (!here || tok.line || tok.kind != TK_ID || p->last_kind != TK_ID ||
        !parse_accepts(p->parser, TK_MAJORITY_OF) || !value_follows(before))
        return false;
    Span seat = p->last;
    Str text = p->join.lexer.text;
    while (seat.from > 0 && text.p[seat.from - 1] != ' ' && text.p[seat.from - 1] != '{' &&
           text.p[seat.from - 1] != ',' && text.p[seat.from - 1] != '\n')
        seat.from--;
    Join j = p->join;
    Tok next = join_next(&j);
    Span all = span_join(seat, next.span);
    for (; next.kind == TK_ID || next.kind == TK_DOT; next = join_next(&j)) {
        p->join = j;
        all = span_join(all, next.span);
        if (next.kind == TK_ID && !is_raw_mark(&j, 0, TK_DOT))
            break;
    }
    diag_add1(p->b.diags, DIAG_SEAT_IS_CHOSEN, all, source_text(p->b.diags->sources, all));
    return true;
}
