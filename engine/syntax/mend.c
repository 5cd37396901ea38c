/* syntax: what is said of a token that cannot stand where it does, and the one change that lets the
 * parser read on. A repair is tried on a copy of the parser's stack: the one that leads furthest is
 * taken, so that one mistake costs one message. */
#include <string.h>

#include "engine/base/limits.h"
#include "engine/base/near.h"
#include "engine/base/utf8.h"
#include "engine/syntax/syntax_int.h"
#include "remit_grammar.h"

enum {
    REACH_MOST = 12, /* tokens that are tried behind a repair */
    REACH_LEAST = 3, /* tokens that must follow for a repair to be believed */
    WORDS_LISTED = 9 /* of what could stand here */
};

Str mend_both(Parse *p, const char *en, const char *zh) {
    return diag_both(p->b.diags, en, zh);
}

Str mend_quoted(Parse *p, Str text) {
    Str out = text;
    if (arena_printf(p->b.arena, &out, "`%.*s`", STR_ARG(text)) != OK)
        p->b.nomem = true;
    return out;
}

/* ---- what could stand here */

static bool is_value(int token) {
    return token_is_literal(token) || token == TK_STRING || token == TK_ID || token == TK_YES ||
           token == TK_NO || token == TK_IT;
}

/* Whether a token is a class of words (a name, a type) and not one word of the language. */
static bool is_class(int token) {
    switch (token) {
    case TK_ID:
    case TK_LABEL:
    case TK_COMMALABEL:
    case TK_STRING:
    case TK_UNIT:
    case TK_WEEKDAY:
    case TK_TYPE:
    case TK_CURRENCY_CODE:
    case TK_HIT:
    case TK_STATE:
    case TK_LEVEL:
    case TK_AGG:
    case TK_POWER:
    case TK_COMPARISON:
    case TK_ATTRIBUTE:
    case TK_ROUNDING:
        return true;
    default:
        return token_is_literal(token);
    }
}

Str keyword_here(const Parse *p, int token) {
    return token_name(token, source_chinese(p->b.diags->sources, p->join.lexer.file));
}

static Str token_words(Parse *p, int token) {
    Str en = token_name(token, false), zh = token_name(token, true), out = en;
    if (!is_class(token))
        return mend_quoted(p, keyword_here(p, token));
    if (arena_printf(p->b.arena, &out, "%c%.*s%c%.*s%c", DIAG_BOTH_EN, STR_ARG(en), DIAG_BOTH_ZH,
                     STR_ARG(zh), DIAG_BOTH_END) != OK)
        p->b.nomem = true;
    return out;
}

static void list_word(Buf *out, Str word, int *listed) {
    if (*listed < WORDS_LISTED) {
        put_text(out, *listed > 0 ? S(", ") : S(""));
        put_text(out, word);
    }
    (*listed)++;
}

/* Whether a token begins a clause of the declaration that is being read: the grammar takes the
 * clauses of any, check tells them apart. Deeper in braces there are actions and other things. */
bool mend_of_item(const Parse *p, int token) {
    bool duty = p->item == TK_DUTY, approval = p->item == TK_APPROVAL, rule = p->item == TK_RULE;
    if (p->braces.n != 1 || !(duty || approval || rule))
        return true;
    switch (token) {
    case TK_OWED_BY:
    case TK_ATTRIBUTE:
    case TK_STARTS:
    case TK_DUE_WITHIN:
    case TK_DUE_BY:
    case TK_FULFILLED_BY:
    case TK_MUST_NOT:
    case TK_QUIET_FROM:
    case TK_SILENT_WHILE:
    case TK_WAIVED_BY:
    case TK_CANCELLED_BY:
    case TK_PAUSED_FROM:
    case TK_ESCALATE:
        return duty;
    case TK_REQUIRES:
    case TK_EXCLUDING:
    case TK_EACH_WITHIN:
    case TK_WITHDRAWN_BY:
    case TK_REFUSED_BY:
    case TK_REFUSED_BY_ANY:
    case TK_REFUSED_BY_MAJORITY:
    case TK_RESUBMIT:
        return approval;
    case TK_KEY:
    case TK_AGAIN:
        return duty || approval;
    case TK_EMIT:
    case TK_OBLIGE:
    case TK_ASK:
    case TK_NOTIFY:
    case TK_SET:
    case TK_DELETE:
        return rule;
    default:
        return true;
    }
}

/* Which states can be looked for, and which a reaction can be to. */
static Str state_words(Parse *p, const Trial *t) {
    if (trial_accepts(t, TK_REMINDED))
        return mend_both(
            p,
            "a state (open, paused, breached, fulfilled, waived, cancelled, granted, "
            "refused, lapsed, withdrawn or unattainable)",
            "状态（进行中、暂停中、已违约、已完成、已豁免、已取消、已批准、已拒绝、已失效、"
            "已撤回或无法达成）");
    if (p->last_kind == TK_WHEN && p->item == TK_DUTY)
        return mend_both(p, "breached, fulfilled, waived or cancelled",
                         "已违约、已完成、已豁免或已取消");
    if (p->last_kind == TK_WHEN && p->item == TK_APPROVAL)
        return mend_both(p, "granted, refused, lapsed, withdrawn or unattainable",
                         "已批准、已拒绝、已失效、已撤回或无法达成");
    return token_words(p, TK_STATE);
}

/* What an example says of the state that cannot take the token; NULL: no example leads there. */
static const Expectation *exampled(const Trial *t, int token) {
    int state = trial_stop(t, token);
    size_t from = 0, to = expectation_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (expectations[middle].state < state)
            from = middle + 1;
        else
            to = middle;
    }
    return from < expectation_count && expectations[from].state == state ? &expectations[from]
                                                                         : NULL;
}

/* Whether a token begins a value, where every value can stand. */
static bool begins_value(int token) {
    switch (token) {
    case TK_LP:
    case TK_CALLP:
    case TK_LBRACK:
    case TK_MINUS:
    case TK_NOT:
    case TK_DUTY:
    case TK_APPROVAL:
    case TK_KPI:
    case TK_OWNER:
    case TK_AGG:
        return true;
    default:
        return is_value(token);
    }
}

/* What could stand where the trial is. Where a value can stand that is said in one word; where an
 * expression can go on its operators are left out if anything else could follow. */
static Str listed_words(Parse *p, const Trial *t) {
    Buf out = {0};
    int listed = 0, others = 0;
    bool item = trial_accepts(t, TK_DUTY) && trial_accepts(t, TK_USE);
    bool value = trial_accepts(t, TK_ID) && trial_accepts(t, TK_NUMBER);
    bool clause = trial_accepts(t, TK_OWED_BY) && trial_accepts(t, TK_REQUIRES);
    if (value)
        list_word(&out, mend_both(p, "a value", "值"), &listed);
    for (int token = 1; token < parse_tokens(); token++)
        others += !token_is_operator(token) && token != TK_RECLB && trial_accepts(t, token);
    for (int token = 1; token < parse_tokens(); token++) {
        bool skip = (value && begins_value(token)) ||
                    (others > 0 && !value && token_is_operator(token)) || token == TK_COMMALABEL ||
                    (token == TK_CALLP && trial_accepts(t, TK_LP)) || token == TK_RECLB ||
                    (token == TK_COMMA && others > 2) ||
                    (item && (token_declares(token) || token == TK_GRANT)) ||
                    (clause && !mend_of_item(p, token)) || token_name(token, false).n == 0;
        if (!skip && trial_accepts(t, token))
            list_word(&out, token == TK_STATE ? state_words(p, t) : token_words(p, token), &listed);
    }
    if (item)
        list_word(
            &out,
            listed > 0
                ? mend_both(p, "a declaration", "声明")
                : mend_both(
                      p,
                      "a declaration: policy, use, type, role, team, event, entity, table, define, "
                      "duty, rule, approval, kpi, calendar, feed, test, or WHO may ...",
                      "声明：政策、引用、类型、角色、团队、事件、档案、决策表、定义、职责、"
                      "规则、审批、指标、日历、导入、测试，或 谁 可 ..."),
            &listed);
    if (listed > WORDS_LISTED)
        put_text(&out, S(", ..."));
    Str text = {NULL, 0};
    if (arena_str(p->b.arena, buf_str(&out), &text) != OK)
        p->b.nomem = true;
    buf_free(&out);
    return text;
}

/* The words with what stands between backticks in the others; NULL where these have not as many. */
static const char *with_pieces(Parse *p, const char *words, const char *others) {
    Str text = str_of(words), from = str_of(others), out = {NULL, 0};
    Buf made = {0};
    bool inside = false, whole = true;
    for (ptrdiff_t at = 0; whole && at >= 0;) {
        at = str_find(text, '`');
        ptrdiff_t other = str_find(from, '`');
        whole = (at < 0) == (other < 0);
        size_t n = at < 0 ? text.n : (size_t)at + 1, m = other < 0 ? from.n : (size_t)other + 1;
        put_text(&made, inside ? str_upto(from, m) : str_upto(text, n));
        text = str_from(text, n);
        from = str_from(from, m);
        inside = !inside;
    }
    if (arena_printf(p->b.arena, &out, "%.*s", STR_ARG(buf_str(&made))) != OK)
        p->b.nomem = true;
    buf_free(&made);
    return whole && out.n > 0 ? out.p : NULL;
}

/* An example as it is said of this file: its words of the language are those of the file. */
static const Expectation *example_here(Parse *p, const Trial *t, int token) {
    const Expectation *said = exampled(t, token);
    bool chinese = source_chinese(p->b.diags->sources, p->join.lexer.file);
    Expectation *here = said == NULL ? NULL : new (p->b.arena, Expectation, 1);
    if (here == NULL)
        return said;
    *here = *said;
    const char **text = chinese ? &here->en : &here->zh;
    const char *pieces = with_pieces(p, *text, chinese ? here->zh : here->en);
    *text = pieces != NULL ? pieces : respell(p, *text, chinese);
    return here;
}

/* The words of an example; all that could stand takes the place of `{}` in them. */
static Str example_words(Parse *p, const Expectation *said, const Trial *t) {
    const char *en = strstr(said->en, "{}"), *zh = strstr(said->zh, "{}");
    if (en == NULL || zh == NULL)
        return mend_both(p, said->en, said->zh);
    Str list = listed_words(p, t), out = list;
    if (arena_printf(p->b.arena, &out, "%c%.*s%c%.*s%c%.*s%c%s%c%s%c", DIAG_BOTH_EN,
                     (int)(en - said->en), said->en, DIAG_BOTH_ZH, (int)(zh - said->zh), said->zh,
                     DIAG_BOTH_END, STR_ARG(list), DIAG_BOTH_EN, en + 2, DIAG_BOTH_ZH, zh + 2,
                     DIAG_BOTH_END) != OK)
        p->b.nomem = true;
    return out;
}

/* What was expected in place of the token: what an example says of the place, else all that could
 * stand. */
Str mend_expected(Parse *p, const Trial *t, int token) {
    const Expectation *said = example_here(p, t, token);
    return said != NULL ? example_words(p, said, t) : listed_words(p, t);
}

/* ---- how far a repair leads */

/* How many tokens from the joiner's place on the trial takes; REACH_MOST if the text ends well. */
static int reach(const Join *from, Trial *t) {
    Join j = *from;
    j.trial = t;
    for (int n = 0; n < REACH_MOST; n++) {
        Tok tok = join_next(&j);
        if (tok.kind == 0)
            return trial_accepts(t, 0) ? REACH_MOST : n;
        if (tok.open || !trial_feed(t, tok.kind))
            return n;
    }
    return REACH_MOST;
}

Join mend_behind(const Join *j, Span words) {
    Join after = *j;
    join_seek(&after, words.to);
    return after;
}

int mend_reach(Parse *p, int token, const Join *from) {
    trial_begin(&p->try, p->parser);
    return trial_feed(&p->try, token) ? reach(from, &p->try) : -1;
}

/* ---- misspelt keywords */

typedef struct Meant {
    const Spelling *spelling;
    Span words;
    size_t off; /* letters that differ */
    int reach;
    bool open; /* the words are so short that another keyword is as like */
    bool sure; /* a slip of this keyword, and of no other */
} Meant;

bool mend_words(const Join *before, size_t n, Span *span, char *text, size_t *size) {
    enum { MOST = 64 };
    Join j = *before;
    *size = 0;
    for (size_t i = 0; i < n; i++) {
        const RawToken *t = join_raw(&j, i);
        if (t->kind != RAW_WORD || (i > 0 && t->line) || *size + t->text.n + 1 > MOST)
            return false;
        if (i > 0)
            text[(*size)++] = ' ';
        memcpy(text + *size, t->text.p, t->text.n);
        *size += t->text.n;
        *span = i == 0 ? t->span : span_join(*span, t->span);
    }
    return n > 0;
}

/* A short word of the language in the wrong place is no other one misspelt: `or` is not `of`. */
static bool is_short_keyword(const Parse *p, Str word) {
    enum { SHORT = 2 };
    size_t count;
    return utf8_count(word) <= SHORT && keywords_find(p->join.keywords, word, &count) != NULL;
}

/* The keyword that could stand here and is most like the words here. Between equals the one that
 * leads further; of words of one or two letters, as many in Chinese are, half of which differ,
 * none. `least`: how far it must lead. */
static bool misspelt(Parse *p, const Join *before, int least, Meant *best) {
    const Keywords *k = p->join.keywords;
    char text[KEYWORD_WORDS + 1][64];
    Span spans[KEYWORD_WORDS + 1];
    size_t sizes[KEYWORD_WORDS + 1];
    bool there[KEYWORD_WORDS + 1] = {false};
    for (size_t n = 1; n <= KEYWORD_WORDS; n++)
        there[n] = mend_words(before, n, &spans[n], text[n], &sizes[n]);
    *best = (Meant){.off = SIZE_MAX, .reach = -1};
    trial_begin(&p->best, p->parser);
    for (size_t i = 0; i < k->n; i++) {
        const Spelling *s = &k->at[i];
        for (size_t n = s->word_count > 1 ? s->word_count - 1u : 1u; n <= s->word_count; n++) {
            Str words = {text[n], sizes[n]};
            if (!there[n] || s->token == TK_IT || (n == 1 && is_short_keyword(p, words)))
                continue;
            size_t most = name_distance_most(words), off = name_distance(words, s->text, most);
            size_t letters = utf8_count(words), meant = utf8_count(s->text);
            if (off == 0 || off > most || off >= letters || off >= meant || off > best->off ||
                !trial_accepts(&p->best, s->token))
                continue;
            Join after = mend_behind(before, spans[n]);
            int far = mend_reach(p, s->token, &after);
            if (far < least)
                continue;
            bool rival = off == best->off && s->token != best->spelling->token;
            bool open = utf8_count(words) < 3 && rival;
            if (off < best->off || far > best->reach)
                *best = (Meant){s, spans[n], off, far, open, false};
            best->open = best->open || open;
        }
    }
    best->sure = best->spelling != NULL &&
                 keyword_sure(k, source_text(p->b.diags->sources, best->words), best->spelling);
    return best->spelling != NULL && !best->open;
}

static void say_misspelt(Parse *p, const Meant *m) {
    Diag *diag = diag_misspelt(p->b.diags, m->words, m->spelling->text);
    diag_guess(diag, m->words, m->spelling->text);
    diag->certain = m->sure;
}

void mend_take(Parse *p, const Join *before, const Spelling *s, Span words) {
    Tok tok = {.kind = s->token, .sub = s->sub, .text = s->text, .span = words};
    p->join = mend_behind(before, words);
    parse_feed(p, tok);
}

/* Goes on as if the keyword that was meant stood there. */
static void take_meant(Parse *p, const Join *before, const Meant *meant) {
    say_misspelt(p, meant);
    mend_take(p, before, meant->spelling, meant->words);
}

/* A keyword that could stand here and begins the word, as in 责任人客户服务组. */
static bool mend_swallowed(Parse *p, const Join *before, Tok tok) {
    const Keywords *k = p->join.keywords;
    const Spelling *best = NULL;
    int far = -1;
    Str word = source_text(p->b.diags->sources, tok.span);
    for (size_t i = 0; i < k->n; i++) {
        const Spelling *s = &k->at[i];
        if (!s->chinese || s->text.n >= word.n || !str_starts(word, s->text) ||
            !parse_accepts(p->parser, s->token))
            continue;
        Span head = {tok.span.file, tok.span.from, tok.span.from + (uint32_t)s->text.n};
        Join after = mend_behind(before, head);
        int n = mend_reach(p, s->token, &after);
        if (n >= 1 && (n > far || (n == far && s->text.n > best->text.n))) {
            far = n;
            best = s;
        }
    }
    if (best == NULL)
        return false;
    Span head = {tok.span.file, tok.span.from, tok.span.from + (uint32_t)best->text.n};
    Str parted = word;
    if (arena_printf(p->b.arena, &parted, "%.*s %.*s", STR_ARG(best->text),
                     STR_ARG(str_from(word, best->text.n))) != OK)
        p->b.nomem = true;
    diag_fix(diag_add2(p->b.diags, DIAG_WORDS_RUN_TOGETHER, tok.span, word, parted), tok.span,
             parted);
    mend_take(p, before, best, head);
    return true;
}

/* ---- one token put in, left out or changed */

typedef enum Change { CHANGE_NONE, CHANGE_ADD, CHANGE_SWAP, CHANGE_DROP, CHANGE_LABEL } Change;

typedef struct Repair {
    Change change;
    int token;
    int reach;
    int rivals; /* other tokens that would do as well */
} Repair;

/* Tokens that may be put in: marks, keywords, a name or a text that stands for what is missing.
 * What has no placeholder (a literal's place, a unit) may not. */
static bool may_add(int token) {
    switch (token) {
    case TK_LABEL:
    case TK_COMMALABEL:
    case TK_UNIT:
    case TK_WEEKDAY:
    case TK_CURRENCY_CODE:
    case TK_HIT:
    case TK_STATE:
    case TK_LEVEL:
    case TK_AGG:
    case TK_POWER:
    case TK_GRANT:
    case TK_COMPARISON:
    case TK_ATTRIBUTE:
    case TK_DECIDED:
    case TK_ROUNDING:
    case TK_EVALUATE:
    case TK_BREAK:
    case TK_IT:
    case TK_YES:
    case TK_NO:
    case TK_ABSENT:
    case TK_NOT:
    case TK_MINUS:
    case TK_EXCEPT:
    case TK_BAD:
    case TK_SEMI:
    case TK_COLON:
    case TK_QUESTION:
        return false;
    default:
        return !token_is_literal(token) && !token_declares(token);
    }
}

/* Whether a word stands where a state is wanted: no token is missing there, the word is wrong. */
static bool is_for_state(const Trial *t, Tok tok) {
    return tok.kind == TK_ID && !tok.line && trial_accepts(t, TK_STATE);
}

static void consider(Repair *best, Change change, int token, int far, int least) {
    if (far < least)
        return;
    if (far > best->reach)
        *best = (Repair){change, token, far, 0};
    else if (far == best->reach && change == best->change &&
             !str_eq(token_name(token, false), token_name(best->token, false)))
        best->rivals++;
}

static bool compares(int token) {
    return token == TK_EQ || token == TK_NE || token == TK_LT || token == TK_LE || token == TK_GT ||
           token == TK_GE;
}

static bool is_word(int token) {
    Str name = token_name(token, false);
    return !is_class(token) && name.n > 0 && name.p[0] >= 'a' && name.p[0] <= 'z';
}

/* Whether one of a class of words could stand here, none of which can be put in for the others. */
static bool could_be_class(const Trial *t) {
    for (int token = 1; token < parse_tokens(); token++)
        if (is_class(token) && !may_add(token) && token != TK_LABEL && token != TK_COMMALABEL &&
            trial_accepts(t, token))
            return true;
    return false;
}

/* Whether a word joins two values, and does so nowhere here. */
static bool is_lone_operator(const Parse *p, Tok tok) {
    size_t count;
    const Spelling *s = keywords_find(p->join.keywords, tok.text, &count);
    for (size_t i = 0; s != NULL && i < count; i++)
        if (s[i].word_count == 1 && (s[i].token == TK_AND || s[i].token == TK_OR))
            return true;
    return false;
}

static bool is_count(int token) {
    return token == TK_NUMBER || token == TK_PERCENT;
}

/* Whether a name goes on with a point, so that it cannot be left out alone. */
static bool is_dotted(const Parse *p, Tok tok) {
    Join j = p->join;
    const RawToken *next = join_raw(&j, 0);
    return tok.kind == TK_ID && next->kind == RAW_MARK && next->mark == TK_DOT;
}

/* Whether the token may be what is missing before the wrong one. */
static bool is_missing(const Parse *p, int token, Tok tok) {
    const Trial *t = &p->best;
    if (!trial_accepts(t, token) || !mend_of_item(p, token))
        return false;
    if (token == TK_OF && is_count(p->last_kind) && !trial_accepts(t, TK_PLUS))
        return true; /* `2 board.members` */
    if (token == TK_IS && !trial_accepts(t, TK_PLUS))
        return true;           /* `deputy of head care.lead` */
    if (token_declares(token)) /* `expect answer("T1") open`: one that is no declaration there */
        return !trial_accepts(t, TK_USE) && !trial_accepts(t, TK_NUMBER);
    if (token == TK_ESCALATE && !tok.line)
        return false; /* `notify "late" to boss` */
    if ((token == TK_RECLB && tok.line) || (token == TK_CALLP && tok.kind == TK_RP))
        return false; /* no record begins there, nothing is called */
    return may_add(token) && !token_is_operator(token) &&
           !(is_word(token) && tok.text.n > 0 && str_contains(token_name(token, false), tok.text));
}

static Repair find_repair(Parse *p, const Join *before, Tok tok) {
    static const int closing[] = {TK_LB, TK_RB, TK_RP, TK_RBRACK};
    Repair best = {CHANGE_NONE, 0, 0, 0};
    bool mark = tok.kind != TK_ID && tok.kind != TK_STAR && tok.kind != TK_SLASH &&
                tok.kind != TK_COLON && tok.text.n > 0 && tok.text.n <= 3 && !is_value(tok.kind) &&
                tok.kind != TK_LABEL && (unsigned char)tok.text.p[0] < 'A';
    trial_begin(&p->best, p->parser);
    if (tok.kind == TK_ID && trial_accepts(&p->best, TK_LABEL))
        consider(&best, CHANGE_LABEL, TK_LABEL, mend_reach(p, TK_LABEL, &p->join), REACH_LEAST);
    if (is_for_state(&p->best, tok))
        return best;
    if (tok.kind == TK_FAT && trial_accepts(&p->best, TK_GE)) { /* a comparison turned round */
        consider(&best, CHANGE_SWAP, TK_GE, mend_reach(p, TK_GE, &p->join), REACH_LEAST);
        return best;
    }
    if (compares(tok.kind) && compares(p->last_kind)) { /* one too many: no value is missing */
        trial_begin(&p->try, p->parser);
        consider(&best, CHANGE_DROP, 0, reach(&p->join, &p->try), REACH_LEAST);
        return best;
    }
    for (int token = 1; !is_lone_operator(p, tok) && token < parse_tokens(); token++)
        if (is_missing(p, token, tok))
            consider(&best, CHANGE_ADD, token, mend_reach(p, token, before), REACH_LEAST);
    if (best.change == CHANGE_ADD && is_word(best.token) &&
        (best.rivals > 0 || could_be_class(&p->best)))
        best = (Repair){CHANGE_NONE, 0, 0, 0}; /* which word is missing cannot be told */
    for (int token = 1; mark && token < parse_tokens(); token++)
        if (token != tok.kind && may_add(token) && token_name(token, false).n <= 2 &&
            !is_word(token) && trial_accepts(&p->best, token))
            consider(&best, CHANGE_SWAP, token, mend_reach(p, token, &p->join), REACH_LEAST);
    if (best.change == CHANGE_NONE && tok.line) /* the next line has a mistake of its own */
        for (size_t i = 0; i < sizeof closing / sizeof *closing; i++)
            if (trial_accepts(&p->best, closing[i]))
                consider(&best, CHANGE_ADD, closing[i], mend_reach(p, closing[i], before), 1);
    if (is_dotted(p, tok))
        return best;
    trial_begin(&p->try, p->parser);
    consider(&best, CHANGE_DROP, 0, reach(&p->join, &p->try), REACH_LEAST);
    return best;
}

/* Where something is missing: behind the last token if the next stands on another line. */
static Span gap_before(Parse *p, Tok tok) {
    if (tok.line && p->last.to > 0)
        return (Span){p->last.file, p->last.to, p->last.to};
    return (Span){tok.span.file, tok.span.from, tok.span.from};
}

static Str spelt(const Parse *p, int token) {
    Str text = keyword_here(p, token);
    return token == TK_ID || token == TK_STRING || token == TK_TYPE ? (Str){NULL, 0} : text;
}

/* Words are what is wanted and then an example of it, between backticks: the first mark before it
 * that the words have. */
static Str example_mark(Str words, const char *const *marks) {
    for (; *marks != NULL; marks++)
        if (str_contains(words, str_of(*marks)))
            return str_of(*marks);
    return (Str){NULL, 0};
}

static size_t mark_place(Str words, Str mark) {
    for (size_t i = 0; i < words.n; i++)
        if (str_starts(str_from(words, i), mark))
            return i;
    return words.n;
}

static Diag *add_missing(Parse *p, Span gap, Str what, Str next) {
    return diag_missing(p->b.diags, gap, what, next, (Str){NULL, 0});
}

/* What is missing is said first; the example of it below, with the place where it is to be put. */
static Diag *say_missing(Parse *p, const Expectation *said, Span gap, Str next) {
    static const char *const en_marks[] = {", as in `", ": `", NULL};
    static const char *const zh_marks[] = {"，如 `", "：`", NULL};
    Str en = str_of(said->en), zh = str_of(said->zh), what = en, example = en;
    size_t en_from = mark_place(en, example_mark(en, en_marks));
    size_t zh_from = mark_place(zh, example_mark(zh, zh_marks));
    ptrdiff_t en_tick = str_find(str_from(en, en_from), '`');
    ptrdiff_t zh_tick = str_find(str_from(zh, zh_from), '`');
    if (en_from == 0 || zh_from == 0 || en_tick < 0 || zh_tick < 0)
        return add_missing(p, gap, mend_both(p, said->en, said->zh), next);
    if (arena_printf(p->b.arena, &what, "%c%.*s%c%.*s%c", DIAG_BOTH_EN,
                     STR_ARG(str_upto(en, en_from)), DIAG_BOTH_ZH, STR_ARG(str_upto(zh, zh_from)),
                     DIAG_BOTH_END) != OK ||
        arena_printf(p->b.arena, &example, "%cas in %.*s%c如 %.*s%c", DIAG_BOTH_EN,
                     STR_ARG(str_from(en, en_from + (size_t)en_tick)), DIAG_BOTH_ZH,
                     STR_ARG(str_from(zh, zh_from + (size_t)zh_tick)), DIAG_BOTH_END) != OK)
        p->b.nomem = true;
    return diag_missing(p->b.diags, gap, what, next, example);
}

/* What an example says of the place is said where what is missing has no spelling of its own, and
 * of the token that cannot stand where one of several could have been meant. */
static Diag *say_gap(Parse *p, const Repair *r, Tok tok, Span gap) {
    Str found =
        tok.kind == 0 ? (Str){NULL, 0} : mend_quoted(p, source_text(p->b.diags->sources, tok.span));
    trial_begin(&p->best, p->parser);
    bool value = r->token == TK_ID && trial_accepts(&p->best, TK_NUMBER);
    const Expectation *said = example_here(p, &p->best, tok.kind);
    bool bar = tok.kind == TK_BAR && tok.line; /* before a row */
    if (said != NULL && ((r->rivals > 0 && !value && tok.kind != 0) || bar))
        return diag_add2(p->b.diags, DIAG_UNEXPECTED, tok.span, found,
                         example_words(p, said, &p->best));
    if (r->rivals > 2 && !value && tok.kind != 0) /* nobody knows which */
        return diag_add2(p->b.diags, DIAG_UNEXPECTED, tok.span, found, listed_words(p, &p->best));
    bool spoken = value || r->rivals > 0 || spelt(p, r->token).n == 0;
    if (said != NULL && spoken && strstr(said->en, "{}") == NULL)
        return say_missing(p, said, gap, found);
    Str what = value            ? mend_both(p, "a value", "值")
               : r->rivals == 0 ? token_words(p, r->token)
               : said != NULL   ? example_words(p, said, &p->best)
                                : listed_words(p, &p->best);
    return add_missing(p, gap, what, found);
}

static void say_added(Parse *p, const Repair *r, Tok tok) {
    Span gap = gap_before(p, tok);
    Diag *diag = say_gap(p, r, tok, gap);
    if (spelt(p, r->token).n == 0 || r->rivals > 0)
        return;
    Str fix = {NULL, 0};
    bool behind_last = tok.line && p->last.to > 0;
    if (arena_printf(p->b.arena, &fix, behind_last ? " %.*s" : "%.*s ",
                     STR_ARG(spelt(p, r->token))) != OK)
        p->b.nomem = true;
    diag_guess(diag, gap, fix); /* where, and whether something else is missing too */
}

static bool apply_repair(Parse *p, const Join *before, Tok tok, const Repair *r) {
    Str found = mend_quoted(p, source_text(p->b.diags->sources, tok.span));
    Tok other = {.kind = r->token, .span = tok.span};
    Diag *said;
    bool stands_in = spelt(p, r->token).n == 0 && !token_declares(p->last_kind);
    bool sure = r->change == CHANGE_LABEL ||
                (r->change != CHANGE_DROP && r->rivals == 0 && r->token != TK_RB && !stands_in);
    p->guessed = p->guessed || (r->change != CHANGE_NONE && !sure);
    switch (r->change) {
    case CHANGE_NONE:
        return false;
    case CHANGE_ADD:
        say_added(p, r, tok);
        if (r->token == TK_ID && token_declares(p->last_kind) && p->lost != NULL)
            p->lost->nameless = true;
        other.span = gap_before(p, tok);
        p->join = *before;
        parse_feed(p, other);
        return true;
    case CHANGE_LABEL: {
        Span end = {tok.span.file, tok.span.to, tok.span.to};
        Str head = mend_both(p, "put it behind ", "请写在 "), tail = mend_both(p, "", " 之后"),
            where = found;
        if (arena_printf(p->b.arena, &where, "%.*s%.*s%.*s", STR_ARG(head), STR_ARG(found),
                         STR_ARG(tail)) != OK)
            p->b.nomem = true;
        diag_fix(diag_add2(p->b.diags, DIAG_MISSING, end, token_words(p, TK_COLON), where), end,
                 S(":"));
        tok.kind = TK_LABEL;
        parse_feed(p, tok);
        return true;
    }
    case CHANGE_SWAP:
        trial_begin(&p->best, p->parser);
        said = diag_add2(p->b.diags, DIAG_UNEXPECTED, tok.span, found,
                         r->rivals > 0 ? mend_expected(p, &p->best, tok.kind)
                                       : token_words(p, r->token));
        diag_guess(said, tok.span, keyword_here(p, r->token));
        said->certain = tok.kind == TK_FAT; /* `=>` */
        parse_feed(p, other);
        return true;
    case CHANGE_DROP:
        if (tok.kind == TK_ID && p->lost != NULL && !vec_push(&p->lost->words, tok.text))
            p->b.nomem = true;
        trial_begin(&p->best, p->parser);
        diag_add2(p->b.diags, DIAG_UNEXPECTED, tok.span, found,
                  mend_expected(p, &p->best, tok.kind)); /* what to write instead is not known */
        return true;
    }
    return false;
}

/* A field's name without its colon. */
static bool mend_label(Parse *p, const Join *before, Tok tok) {
    if (tok.kind != TK_ID || !parse_accepts(p->parser, TK_LABEL) ||
        mend_reach(p, TK_LABEL, &p->join) < REACH_LEAST)
        return false;
    Repair label = {CHANGE_LABEL, TK_LABEL, 0, 0};
    return apply_repair(p, before, tok, &label);
}

/* ---- texts that are not closed */

/* Whether a text could end before this byte of its line. */
static bool may_end(Str text, uint32_t at) {
    char c = text.p[at];
    return c == ' ' || c == '\n' || c == '\0' || c == '{' || c == '}' || c == ',' || c == ')';
}

bool mend_quote(Parse *p, Tok tok) {
    if (tok.kind != TK_STRING || p->last_kind != TK_ID || p->last.to != tok.span.from ||
        p->join.lexer.text.p[tok.span.from] != '"')
        return false;
    p->guessed = true;
    Span gap = {tok.span.file, p->last.from, p->last.from};
    Str word = source_text(p->b.diags->sources, p->last);
    diag_guess(add_missing(p, gap, S("`\"`"), mend_quoted(p, word)), gap, S("\""));
    if (p->lost != NULL && !vec_push(&p->lost->words, word))
        p->b.nomem = true;
    join_seek(&p->join, tok.span.from + 1);
    return true;
}

/* `“S"`: opened by one mark and closed by the other. Both are to be straight. */
static bool mend_mixed(Parse *p, Tok tok) {
    Str text = p->join.lexer.text, meant = {NULL, 0};
    if (text.p[tok.span.from] == '"')
        return false;
    uint32_t from = tok.span.from + 3, end = from;
    while (end < tok.span.to && text.p[end] != '"')
        end++;
    if (end == tok.span.to)
        return false;
    Span whole = {tok.span.file, tok.span.from, end + 1};
    Str inner = {text.p + from, end - from};
    if (arena_printf(p->b.arena, &meant, "\"%.*s\"", STR_ARG(inner)) != OK)
        p->b.nomem = true;
    diag_fix(diag_add1(p->b.diags, DIAG_OPEN_TEXT, whole, S("”")), whole, meant);
    join_seek(&p->join, end + 1);
    tok.open = false;
    tok.span = whole;
    tok.text = inner;
    parse_feed(p, tok);
    return true;
}

/* Gives the text the end from which the rest can be read best; 0: its quote is best left out. */
void mend_text(Parse *p, Tok tok) {
    enum { ENDS_MOST = 200 };
    if (mend_mixed(p, tok))
        return;
    p->guessed = true;
    Str text = p->join.lexer.text;
    uint32_t quote = text.p[tok.span.from] == '"' ? 1 : 3, best = 0;
    Join j = p->join;
    join_seek(&j, tok.span.from + quote);
    trial_begin(&p->try, p->parser);
    int far = reach(&j, &p->try);
    uint32_t tried = 0;
    for (uint32_t at = tok.span.from + quote + 1; at <= tok.span.to && tried < ENDS_MOST; at++) {
        if (at < tok.span.to && !may_end(text, at))
            continue;
        tried++;
        join_seek(&j, at);
        int n = mend_reach(p, TK_STRING, &j);
        if (n > far) {
            far = n;
            best = at;
        }
    }
    Str close = quote == 1 ? S("\"") : S("”");
    if (best == 0 && tok.span.to == text.n)
        best = tok.span.to;
    uint32_t end = best == 0 ? tok.span.to : best;
    Diag *diag =
        diag_add1(p->b.diags, DIAG_OPEN_TEXT, (Span){tok.span.file, tok.span.from, end}, close);
    join_seek(&p->join, best == 0 ? tok.span.from + quote : best);
    if (best == 0)
        return;
    diag_guess(diag, (Span){tok.span.file, end, end}, close);
    tok.open = false;
    tok.span.to = end;
    tok.text.n = end - tok.span.from - quote;
    parse_feed(p, tok);
}

/* ---- what stands side by side on a line */

/* Several words in a row behind a value, some of which the language has for other places: they are
 * passed over as one mistake. */
static bool mend_run(Parse *p, const Join *before, Tok tok) {
    Join j = *before, end = *before;
    Span run = tok.span;
    size_t words = 0, known = 0;
    for (;;) {
        size_t count;
        Tok next = join_next(&j);
        if (!is_value(next.kind) || (words > 0 && next.line))
            break;
        words++;
        known += next.kind == TK_ID && keywords_find(j.keywords, next.text, &count) != NULL;
        run = span_join(run, next.span);
        end = j;
    }
    if (words < 2 || known == 0)
        return false;
    trial_begin(&p->best, p->parser);
    diag_add2(p->b.diags, DIAG_UNEXPECTED, run,
              mend_quoted(p, source_text(p->b.diags->sources, run)),
              mend_expected(p, &p->best, TK_ID));
    p->join = end;
    return true;
}

bool mend_beside(Parse *p, const Join *before, Tok tok) {
    if (tok.line || !(is_value(p->last_kind) || p->last_kind == TK_RP) ||
        !(is_value(tok.kind) || tok.kind == TK_MINUS) || !parse_accepts(p->parser, TK_COMMA))
        return false;
    if (tok.kind == TK_STRING && p->last_kind != TK_STRING && parse_accepts(p->parser, TK_NOTIFY))
        return false; /* the text of a notification */
    trial_begin(&p->try, p->parser);
    int without = reach(before, &p->try), with = mend_reach(p, TK_COMMA, before);
    if (with <= without)
        return false;
    if (mend_usual(p, before, false))
        return true;
    Meant meant;
    if (tok.kind == TK_ID && misspelt(p, before, REACH_LEAST, &meant) &&
        meant.spelling->word_count == 1) {
        take_meant(p, before, &meant);
        return true;
    }
    if (mend_run(p, before, tok))
        return true;
    if (parse_accepts(p->parser, TK_AT_DUE))
        return false; /* a rung says nothing but whom it goes to */
    Repair comma = {CHANGE_ADD, TK_COMMA, with, 0};
    return apply_repair(p, before, tok, &comma);
}

/* Whether roles on the line of a team's head run into a } that closes nothing. */
static bool roles_run_on(Parse *p, const Join *before) {
    trial_begin(&p->try, p->parser);
    int without = reach(before, &p->try);
    return without < REACH_MOST && mend_reach(p, TK_LB, before) > without;
}

bool mend_head(Parse *p, const Join *before, Tok tok) {
    if (tok.kind != TK_ROLE || p->braces.n > 0 || p->last_kind == TK_RB ||
        !parse_accepts(p->parser, TK_LB))
        return false;
    bool margin = source_place(p->b.diags->sources, tok.span.file, tok.span.from).column == 1;
    if (tok.line ? margin : !roles_run_on(p, before))
        return false;
    Repair brace = {CHANGE_ADD, TK_LB, 0, 0};
    return apply_repair(p, before, tok, &brace);
}

/* Whether `when` before this place, where the trial is, is that of a reaction. */
static bool is_reaction(Trial *t, const Join *behind_when) {
    Join j = *behind_when;
    if (!trial_feed(t, TK_WHEN))
        return false;
    j.trial = t;
    Tok state = join_next(&j);
    return (state.kind == TK_STATE || state.kind == TK_LEVEL) && trial_feed(t, state.kind) &&
           join_next(&j).kind == TK_LB;
}

bool mend_reaction(Parse *p, const Join *before, Tok tok) {
    if (tok.kind != TK_WHEN || !tok.line || p->braces.n <= p->outer + 1 ||
        parse_indent(p, tok.span.from) > p->braces.at[p->braces.n - 1].indent)
        return false;
    trial_begin(&p->try, p->parser);
    if (is_reaction(&p->try, &p->join))
        return false;
    trial_begin(&p->try, p->parser);
    if (!trial_feed(&p->try, TK_RB) || !is_reaction(&p->try, &p->join))
        return false;
    Repair brace = {CHANGE_ADD, TK_RB, 0, 0};
    return apply_repair(p, before, tok, &brace);
}

/* ---- mistakes of one construct */

/* `==`: the second mark is passed over. */
static bool mend_equals(Parse *p, Tok tok) {
    if (tok.kind != TK_EQ || p->last_kind != TK_EQ || p->last.to != tok.span.from)
        return false;
    Span both_marks = span_join(p->last, tok.span);
    diag_fix(diag_misspelt(p->b.diags, both_marks, S("=")), both_marks, S("="));
    return true;
}

/* `owed by a, b`: the other names are passed over. */
static bool mend_owners(Parse *p, const Join *before, Tok tok) {
    if (tok.kind != TK_COMMA || !p->owed || p->last_kind != TK_ID)
        return false;
    Join j = *before, here = *before;
    Span others = tok.span;
    bool name = false; /* a name is due, behind a mark */
    for (int i = 0; i < LIMIT_NESTING; i++) {
        Tok next = join_next(&j);
        bool mark = next.kind == TK_COMMA || next.kind == TK_DOT;
        if (name ? next.kind != TK_ID : !mark)
            break;
        if (!mark) {
            here = j;
            others.to = next.span.to;
        }
        name = mark;
    }
    diag_guess(diag_add(p->b.diags, DIAG_ONE_OWNER, others), others, S(""));
    p->join = here;
    if (others.to == tok.span.to)
        join_seek(&p->join, tok.span.to);
    return true;
}

/* What is to be joined to a text stands beside it, or behind a comma. */
static bool mend_joined(Parse *p, const Join *before, Tok tok) {
    bool comma = tok.kind == TK_COMMA;
    bool value =
        is_value(tok.kind) || tok.kind == TK_OWNER || tok.kind == TK_LP || tok.kind == TK_CALLP;
    bool text = p->last_kind == TK_STRING ||
                (tok.kind == TK_STRING && (is_value(p->last_kind) || p->last_kind == TK_RP));
    if (tok.line || !text || !(comma || value) || !parse_accepts(p->parser, TK_PLUS) ||
        parse_accepts(p->parser, TK_COMMA) || !parse_accepts(p->parser, TK_NOTIFY) ||
        mend_reach(p, TK_PLUS, comma ? &p->join : before) < 1)
        return false;
    Repair plus = {comma ? CHANGE_SWAP : CHANGE_ADD, TK_PLUS, 0, 0};
    return apply_repair(p, before, tok, &plus);
}

/* `notify boss with "late"` */
static bool is_text_ahead(const Parse *p) {
    Join j = p->join;
    const RawToken *next = join_raw(&j, 0);
    return next->kind == RAW_STRING && !next->line;
}

/* The text of a notification that begins with something else: an empty text is put before it. */
static bool mend_notice(Parse *p, const Join *before, Tok tok) {
    bool value =
        is_value(tok.kind) || tok.kind == TK_OWNER || tok.kind == TK_LP || tok.kind == TK_CALLP;
    bool after_text = p->last_kind == TK_STRING && tok.kind == TK_ID; /* `notify "x" to boss` */
    if (tok.line || !value || after_text || !parse_accepts(p->parser, TK_STRING) ||
        !parse_accepts(p->parser, TK_COMMA) || !parse_accepts(p->parser, TK_NOTIFY) ||
        is_text_ahead(p))
        return false;
    Span gap = {tok.span.file, tok.span.from, tok.span.from};
    Span whole = tok.span;
    Join j = p->join;
    for (size_t i = 0; i + 1 < JOIN_AHEAD && join_raw(&j, i)->kind == RAW_MARK &&
                       join_raw(&j, i)->mark == TK_DOT && join_raw(&j, i + 1)->kind == RAW_WORD;
         i += 2)
        whole = span_join(whole, join_raw(&j, i + 1)->span);
    Str found = source_text(p->b.diags->sources, whole);
    diag_fix(diag_add1(p->b.diags, DIAG_TEXT_FIRST, tok.span, found), gap, S("\"\" + "));
    p->join = *before;
    parse_feed(p, (Tok){.kind = TK_STRING, .span = gap});
    parse_feed(p, (Tok){.kind = TK_PLUS, .text = S("+"), .span = gap});
    return true;
}

/* ---- braces */

void mend_say_open(Parse *p, Tok tok) {
    p->guessed = true;
    Brace open = p->suspect.at.to > 0 ? p->suspect : p->braces.at[p->braces.n - 1];
    p->suspect = (Brace){0};
    Diag *diag = diag_add1(p->b.diags, DIAG_OPEN_BRACE, open.at, S("{"));
    if (p->last.to > 0)
        diag_guess(diag, (Span){tok.span.file, p->last.to, p->last.to}, S("\n}"));
}

/* ---- the two entries */

/* Whether words are those of a spelling but for one of them, which is like its own. */
static bool one_word_off(Str words, Str spelling) {
    size_t unlike = 0;
    for (Str word, own; words.n > 0 || spelling.n > 0;) {
        str_cut(words, ' ', &word, &words);
        str_cut(spelling, ' ', &own, &spelling);
        size_t most = name_distance_most(word);
        unlike += !str_eq(word, own);
        if (name_distance(word, own, most) > most)
            return false;
    }
    return unlike == 1;
}

/* A keyword of several words of which one is misspelt: `due wihin`. It comes before what people
 * usually write for the first of them alone. */
static bool mend_one_of_words(Parse *p, const Join *before) {
    Meant meant;
    if (!misspelt(p, before, 1, &meant) || meant.spelling->word_count < 2 ||
        !one_word_off(source_text(p->b.diags->sources, meant.words), meant.spelling->text))
        return false;
    take_meant(p, before, &meant);
    return true;
}

bool mend_name(Parse *p, const Join *before, Tok tok) {
    Meant meant;
    size_t count;
    Join j = *before;
    const RawToken *word = join_raw(&j, 0);
    if (word->kind != RAW_WORD)
        return false;
    const Spelling *s = keywords_find(p->join.keywords, word->text, &count);
    if (!tok.line && (mend_construct(p, before, tok) || mend_one_of_words(p, before) ||
                      mend_usual(p, before, false)))
        return true;
    bool declared = token_declares(p->last_kind); /* `duty on asked`: its name is missing */
    for (size_t i = 0; (tok.line || declared) && s != NULL && i < count; i++) {
        char text[64];
        size_t size;
        Span span;
        if (!mend_words(before, s[i].word_count, &span, text, &size) ||
            !str_eq((Str){text, size}, s[i].text))
            continue;
        Join after = mend_behind(before, span);
        Tok keyword = {.kind = s[i].token, .text = s[i].text, .span = span, .line = true};
        Join saved = p->join;
        p->join = after;
        Repair r = find_repair(p, before, keyword);
        bool named = !declared || r.token == TK_ID;
        if (r.change == CHANGE_ADD && named && apply_repair(p, before, keyword, &r))
            return true;
        p->join = saved;
    }
    if (mend_one_of_words(p, before) || mend_usual(p, before, false) || mend_label(p, before, tok))
        return true;
    if (misspelt(p, before, REACH_LEAST, &meant)) {
        take_meant(p, before, &meant);
        return true;
    }
    return false;
}

bool mend(Parse *p, const Join *before, Tok tok) {
    Meant meant;
    Join j = *before;
    bool word = join_raw(&j, 0)->kind == RAW_WORD;
    if (tok.kind == TK_RB && p->braces.n == 0) {
        diag_guess(diag_add(p->b.diags, DIAG_NOTHING_TO_CLOSE, tok.span), tok.span, S(""));
        return true;
    }
    if (mend_equals(p, tok) || mend_owners(p, before, tok) || mend_habit(p, before, tok) ||
        mend_construct(p, before, tok))
        return true;
    if (word && (mend_one_of_words(p, before) || mend_usual(p, before, false) ||
                 mend_swallowed(p, before, tok)))
        return true;
    if (word && mend_form(p, before, tok, false))
        return false;
    bool like = word && misspelt(p, before, 1, &meant);
    if ((!like || meant.off > 1) && mend_label(p, before, tok))
        return true;
    if (like) {
        take_meant(p, before, &meant);
        return true;
    }
    if (mend_notice(p, before, tok) || mend_joined(p, before, tok))
        return true;
    Repair r = find_repair(p, before, tok);
    if (apply_repair(p, before, tok, &r))
        return true;
    if (word && misspelt(p, before, 0, &meant)) {
        say_misspelt(p, &meant);
        return false;
    }
    trial_begin(&p->best, p->parser);
    Str found = tok.kind == 0 ? mend_both(p, "the end", "结尾")
                              : mend_quoted(p, source_text(p->b.diags->sources, tok.span));
    diag_add2(p->b.diags, DIAG_UNEXPECTED, tok.span, found, mend_expected(p, &p->best, tok.kind));
    return false;
}
