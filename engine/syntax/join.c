/* syntax: raw tokens -> joined tokens. */
#include "engine/syntax/join.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/near.h"
#include "engine/base/unicode.h"
#include "engine/base/utf8.h"
#include "engine/syntax/foreign.h"
#include "engine/syntax/unseen.h"
#include "remit_grammar.h"

/* The table of keywords, one for all sources. */
static Status join_keywords(Join *j, Sources *sources) {
    if (sources->keywords == NULL) {
        Keywords *k = new (sources->arena, Keywords, 1);
        if (k == NULL)
            return ERR_NOMEM;
        TRY(keywords_init(k, sources->arena));
        sources->keywords = k;
    }
    j->keywords = sources->keywords;
    return OK;
}

Status join_init(Join *j, Str text, uint32_t file, const void *parser, Arena *arena, Diags *diags) {
    *j = (Join){.parser = parser, .arena = arena, .diags = diags};
    lexer_init(&j->lexer, text, file, arena);
    return join_keywords(j, diags->sources);
}

bool join_chinese(const Join *j) {
    Lexer lx = j->lexer; /* a copy: nothing is taken */
    size_t chinese = 0, english = 0;
    size_t i = 0;
    while (i < lx.text.n && (unsigned char)lx.text.p[i] < 0x80)
        i++;
    if (i == lx.text.n) /* all of it is ASCII */
        return false;
    for (RawToken t = lexer_next(&lx); t.kind != RAW_END; t = lexer_next(&lx)) {
        size_t count;
        const Spelling *s = t.kind == RAW_WORD ? keywords_find(j->keywords, t.text, &count) : NULL;
        chinese += s != NULL && s->chinese;
        english += s != NULL && !s->chinese;
    }
    return chinese > english;
}

static RawToken *join_peek(Join *j, size_t n) {
    ASSERT(n < JOIN_AHEAD);
    while (j->count <= n) {
        j->ahead[(j->first + j->count) % JOIN_AHEAD] = lexer_next(&j->lexer);
        j->count++;
    }
    return &j->ahead[(j->first + n) % JOIN_AHEAD];
}

const RawToken *join_raw(Join *j, size_t n) {
    return join_peek(j, n);
}

void join_seek(Join *j, uint32_t offset) {
    j->first = j->count = 0;
    j->lexer.at = j->lexer.text.p + offset;
    j->lexer.line = false;
    j->after_dot = j->after_word = false;
}

static bool join_accepts(const Join *j, int token) {
    return j->trial != NULL ? trial_accepts(j->trial, token) : parse_accepts(j->parser, token);
}

static void join_drop(Join *j, size_t n) {
    ASSERT(n <= j->count);
    j->first = (j->first + n) % JOIN_AHEAD;
    j->count -= n;
}

static bool join_mark(Join *j, size_t n, int mark) {
    const RawToken *t = join_peek(j, n);
    return t->kind == RAW_MARK && t->mark == mark;
}

/* Whether the raw token n is a word and a colon behind it (with a text between them, perhaps). */
static bool join_is_label(Join *j, size_t n) {
    if (join_peek(j, n)->kind != RAW_WORD)
        return false;
    if (join_mark(j, n + 1, TK_COLON))
        return true;
    return join_peek(j, n + 1)->kind == RAW_STRING && join_mark(j, n + 2, TK_COLON);
}

/* The code point at p, which is valid UTF-8. */
static Str join_char(const char *p) {
    unsigned char c = (unsigned char)*p;
    return (Str){p, c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4};
}

/* A name in its normal form (NFC); characters that no name may have are reported (UAX #31). */
static Str join_name(Join *j, const RawToken *t) {
    bool ascii = true;
    for (size_t i = 0; i < t->text.n; i++)
        ascii = ascii && (unsigned char)t->text.p[i] < 0x80;
    if (t->text.n > LIMIT_NAME_BYTES) {
        diag_add2(j->diags, DIAG_TOO_LARGE, t->span, diag_both(j->diags, "this name", "这个名称"),
                  diag_both(j->diags, "255 bytes", "255 字节"));
        return (Str){t->text.p, 1};
    }
    if (ascii)
        return t->text;
    for (size_t i = 0; i < t->text.n;) {
        Str c = join_char(t->text.p + i);
        uint32_t cp = 0;
        size_t n = utf8_decode(str_from(t->text, i), &cp);
        if (n == 0 || !(i == 0 ? uc_xid_start(cp) || cp == '_' : uc_xid_continue(cp))) {
            Span at = {t->span.file, t->span.from + (uint32_t)i,
                       t->span.from + (uint32_t)(i + c.n)};
            Str called = c;
            bool breaks;
            if (!unseen_at(j->diags, str_from(t->text, i), &n, &called, &breaks)) {
                diag_add1(j->diags, DIAG_BAD_NAME, at, c);
                return t->text;
            }
            Diag *diag = diag_add1(j->diags, DIAG_BAD_NAME, at, called);
            if (!breaks)
                diag_fix(diag, at, S(""));
            return unseen_without(j->diags, t->text);
        }
        i += n;
    }
    Str name = t->text;
    if (uc_nfc(t->text, j->arena, &name) != OK)
        j->nomem = true;
    return name;
}

/* The text of a string with its escapes undone. Between “ and ” nothing is changed. */
static Str join_string(Join *j, const RawToken *t) {
    Str raw = t->text;
    if (str_find(raw, '\\') < 0 || j->lexer.text.p[t->span.from] != '"')
        return raw;
    char *out = arena_take(j->arena, raw.n, 1);
    if (out == NULL) {
        j->nomem = true;
        return raw;
    }
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        if (raw.p[i] != '\\' || i + 1 == raw.n) {
            out[n++] = raw.p[i];
            continue;
        }
        char c = raw.p[++i];
        if (c == 'n' || c == 't') {
            out[n++] = c == 'n' ? '\n' : '\t';
        } else if (c == '"' || c == '\\') {
            out[n++] = c;
        } else {
            uint32_t at = t->span.from + 1 + (uint32_t)i;
            Str bad = {raw.p + i - 1, 1 + join_char(raw.p + i).n};
            diag_add1(j->diags, DIAG_BAD_ESCAPE,
                      (Span){t->span.file, at - 1, at - 1 + (uint32_t)bad.n}, bad);
            out[n++] = c;
        }
    }
    return (Str){out, n};
}

static Tok join_tok(int kind, const RawToken *t, Str text) {
    return (Tok){.kind = kind, .text = text, .span = t->span, .line = t->line};
}

/* How many raw words from `n` on spell s; 0 when they do not. */
static size_t join_spells(Join *j, size_t n, const Spelling *s) {
    for (size_t i = 1; i < s->word_count; i++) {
        const RawToken *t = join_peek(j, n + i);
        if (t->kind != RAW_WORD || !str_eq(t->text, s->words[i]))
            return 0;
    }
    return s->word_count;
}

/* The unit of time that begins at raw token n, or NULL. */
static const Spelling *join_unit(Join *j, size_t n) {
    const RawToken *t = join_peek(j, n);
    size_t count;
    const Spelling *s = t->kind == RAW_WORD ? keywords_find(j->keywords, t->text, &count) : NULL;
    for (size_t i = 0; s != NULL && i < count; i++)
        if (s[i].token == TK_UNIT && join_spells(j, n, &s[i]) != 0)
            return &s[i];
    return NULL;
}

static bool join_is_currency(const RawToken *t) {
    if (t->kind != RAW_WORD || t->text.n != 3)
        return false;
    for (size_t i = 0; i < 3; i++)
        if (t->text.p[i] < 'A' || t->text.p[i] > 'Z')
            return false;
    return true;
}

/* The unit that the word or two words behind a number on its line are almost. */
static const Spelling *join_unit_like(Join *j, Span *words) {
    const RawToken *one = join_peek(j, 1), *two = join_peek(j, 2);
    size_t count, least = SIZE_MAX;
    if (one->kind != RAW_WORD || one->line || one->text.n > LIMIT_NAME_BYTES)
        return NULL;
    bool single = keywords_find(j->keywords, one->text, &count) == NULL;
    bool pair = two->kind == RAW_WORD && !two->line && two->text.n <= LIMIT_NAME_BYTES;
    const Spelling *best = NULL;
    for (size_t i = 0; i < j->keywords->n; i++) {
        const Spelling *s = &j->keywords->at[i];
        if (s->token != TK_UNIT || !(s->word_count == 1 ? single : pair))
            continue;
        Span at = s->word_count == 1 ? one->span : span_join(one->span, two->span);
        Str found = {j->lexer.text.p + at.from, at.to - at.from};
        size_t most = name_distance_most(found), off = name_distance(found, s->text, most);
        if (off > most || off >= least || off * 3 > utf8_count(s->text))
            continue;
        least = off;
        best = s;
        *words = at;
    }
    return best;
}

/* The unit of one word, or that of working time; NULL: there is none. */
static const Spelling *join_unit_spelt(Join *j, Str word, bool working) {
    for (size_t i = 0; i < j->keywords->n; i++) {
        const Spelling *s = &j->keywords->at[i];
        if (s->token == TK_UNIT && s->word_count == 1u + working &&
            str_eq(s->words[working], word) && (!working || str_eq(s->words[0], S("working"))))
            return s;
    }
    return NULL;
}

/* The working time that `business days` and the like behind a number mean. */
static const Spelling *join_business(Join *j, Span *words) {
    const RawToken *one = join_peek(j, 1);
    if (one->kind != RAW_WORD || one->line)
        return NULL;
    bool workdays = str_eq(one->text, S("workdays")) || str_eq(one->text, S("workday"));
    for (size_t i = 0; workdays && i < j->keywords->n; i++)
        if (str_eq(j->keywords->at[i].text, S("working days"))) {
            *words = one->span;
            return &j->keywords->at[i];
        }
    if (!str_eq(one->text, S("business")))
        return NULL;
    const Spelling *unit = join_unit(j, 2);
    *words = span_join(one->span, join_peek(j, 2)->span);
    return unit == NULL ? NULL : join_unit_spelt(j, unit->text, true);
}

/* How a unit is spelt behind 1. */
static const Spelling *join_unit_one(Join *j, const Spelling *many) {
    Str text = many->text;
    if (text.n < 2 || text.p[text.n - 1] != 's')
        return many;
    Str one = {text.p, text.n - 1};
    for (size_t i = 0; i < j->keywords->n; i++)
        if (j->keywords->at[i].token == TK_UNIT && str_eq(j->keywords->at[i].text, one))
            return &j->keywords->at[i];
    return many;
}

/* The unit that an abbreviation behind a number means, if it does not begin a row of a table or a
 * call. */
static const Spelling *join_unit_short(Join *j, Span *words) {
    static const char *const shorts[][2] = {
        {"ms", "milliseconds"}, {"s", "seconds"},    {"sec", "seconds"}, {"secs", "seconds"},
        {"min", "minutes"},     {"mins", "minutes"}, {"h", "hours"},     {"hr", "hours"},
        {"hrs", "hours"},       {"d", "days"},       {"wk", "weeks"},    {"wks", "weeks"},
        {"mo", "months"},       {"mos", "months"},   {"mth", "months"},  {"mths", "months"},
        {"yr", "years"},        {"yrs", "years"},    {"钟头", "小时"},   {"个钟头", "小时"},
        {"日", "天"},           {"分", "分钟"},      {"天内", "天"},     {"小时内", "小时"}};
    const RawToken *first = join_peek(j, 1);
    bool working = first->kind == RAW_WORD && !first->line && str_eq(first->text, S("working"));
    size_t at = working ? 2 : 1;
    const RawToken *one = join_peek(j, at);
    if (one->kind != RAW_WORD || one->line || join_mark(j, at + 1, TK_BAR) ||
        join_mark(j, at + 1, TK_FAT) || join_mark(j, at + 1, TK_COMMA) ||
        join_mark(j, at + 1, TK_DOT) || join_mark(j, at + 1, TK_LP))
        return NULL;
    for (size_t i = 0; i < sizeof shorts / sizeof *shorts; i++) {
        if (!str_eq(one->text, str_of(shorts[i][0])))
            continue;
        *words = span_join(first->span, one->span);
        return join_unit_spelt(j, str_of(shorts[i][1]), working);
    }
    return NULL;
}

static Tok join_number(Join *j) {
    RawToken t = *join_peek(j, 0);
    Tok tok = join_tok(TK_NUMBER, &t, t.text);
    const Spelling *unit = join_is_label(j, 1) ? NULL : join_unit(j, 1);
    if (unit != NULL && !join_mark(j, unit->word_count + 1u, TK_COLON)) {
        tok.kind = TK_DURATION;
        tok.sub = unit->sub;
        tok.span = span_join(t.span, join_peek(j, unit->word_count)->span);
        join_drop(j, 1u + unit->word_count);
    } else if (join_is_currency(join_peek(j, 1)) && !join_is_label(j, 1)) {
        tok.kind = TK_MONEY;
        tok.more = join_peek(j, 1)->text;
        tok.span = span_join(t.span, join_peek(j, 1)->span);
        join_drop(j, 2);
    } else {
        Span words = t.span;
        const Spelling *like = join_business(j, &words);
        if (like == NULL && !join_is_label(j, 1))
            like = join_unit_short(j, &words);
        if (like != NULL && str_eq(t.text, S("1")))
            like = join_unit_one(j, like);
        bool sure = like != NULL;
        if (like == NULL && !join_is_label(j, 1) && !join_is_label(j, 2)) {
            like = join_unit_like(j, &words);
            Str found = {j->lexer.text.p + words.from, words.to - words.from};
            sure = like != NULL && keyword_sure(j->keywords, found, like);
        }
        join_drop(j, 1);
        if (like == NULL)
            return tok;
        Diag *diag = diag_misspelt(j->diags, words, like->text);
        diag_guess(diag, words, like->text);
        diag->certain = sure;
        tok.kind = TK_DURATION;
        tok.sub = like->sub;
        tok.span = span_join(t.span, words);
        join_drop(j, join_peek(j, 0)->span.to < words.to ? 2 : 1);
    }
    return tok;
}

static Tok join_date(Join *j) {
    RawToken t = *join_peek(j, 0), time = *join_peek(j, 1);
    Tok tok = join_tok(TK_DATE, &t, t.text);
    size_t used = 1;
    if (time.kind == RAW_TIME && !join_mark(j, 2, TK_DOTDOT)) {
        tok.kind = TK_DATETIME;
        tok.more = time.text;
        tok.span = span_join(t.span, time.span);
        used = 2;
    }
    join_drop(j, used);
    return tok;
}

static Tok join_label(Join *j, int kind) {
    RawToken t = *join_peek(j, 0);
    Tok tok = join_tok(kind, &t, join_name(j, &t));
    size_t used = 2;
    if (join_peek(j, 1)->kind == RAW_STRING) {
        tok.more = join_string(j, join_peek(j, 1));
        used = 3;
    }
    join_drop(j, used);
    return tok;
}

/* EUR 5: read as 5 EUR, and said. */
static Tok join_turned(Join *j, const RawToken *currency) {
    RawToken number = *join_peek(j, 1);
    Tok tok = join_tok(TK_MONEY, currency, number.text);
    Str meant;
    tok.more = currency->text;
    tok.span = span_join(currency->span, number.span);
    if (arena_printf(j->arena, &meant, "%.*s %.*s", STR_ARG(number.text),
                     STR_ARG(currency->text)) != OK)
        j->nomem = true;
    else
        diag_fix(diag_add1(j->diags, DIAG_CURRENCY_FIRST, tok.span, meant), tok.span, meant);
    join_drop(j, 2);
    return tok;
}

/* Whether a word has the spelling of a keyword. */
static bool join_is_keyword(Join *j, const RawToken *t, int token) {
    size_t count;
    const Spelling *s = t->kind == RAW_WORD ? keywords_find(j->keywords, t->text, &count) : NULL;
    for (size_t i = 0; s != NULL && i < count; i++)
        if (s[i].token == token && s[i].word_count == 1)
            return true;
    return false;
}

/* Whether the outcome of an approval stands here as what acts on a duty: `approval launch(p.launch)
 * granted`. Where no name and outcome follow, the word is that of an event. */
static bool join_decides(Join *j, const RawToken *first) {
    if (!join_accepts(j, TK_DECIDED) || !join_is_keyword(j, first, TK_APPROVAL))
        return false;
    Lexer ahead = j->lexer; /* a copy: nothing is taken */
    ahead.at = ahead.text.p + first->span.to;
    for (int i = 0; i < LIMIT_NAME_BYTES; i++) {
        RawToken name = lexer_next(&ahead);
        if (name.kind != RAW_WORD)
            return false;
        RawToken next = lexer_next(&ahead);
        if (next.kind != RAW_MARK || next.mark != TK_DOT)
            return next.kind == RAW_MARK ? next.mark == TK_LP && !next.space
                                         : join_is_keyword(j, &next, TK_STATE);
    }
    return false;
}

/* A keyword where the parser can take it; else a name. Longer spellings first. */
static Tok join_word(Join *j) {
    RawToken t = *join_peek(j, 0);
    if (join_decides(j, &t)) {
        join_drop(j, 1);
        return join_tok(TK_DECIDED, &t, t.text);
    }
    if (join_is_currency(&t) && join_accepts(j, TK_CURRENCY_CODE)) {
        join_drop(j, 1);
        return join_tok(TK_CURRENCY_CODE, &t, t.text);
    }
    if (join_is_currency(&t) && join_peek(j, 1)->kind == RAW_NUMBER && !join_peek(j, 1)->line &&
        join_accepts(j, TK_MONEY))
        return join_turned(j, &t);
    size_t count;
    const Spelling *s = keywords_find(j->keywords, t.text, &count);
    for (size_t i = 0; s != NULL && i < count; i++) {
        size_t words = join_spells(j, 0, &s[i]);
        if (words == 0 || (words > 1 && join_mark(j, words, TK_COLON)))
            continue;
        if (!join_accepts(j, s[i].token))
            continue;
        Tok tok = join_tok(s[i].token, &t, s[i].text);
        tok.sub = s[i].sub;
        tok.span = span_join(t.span, join_peek(j, words - 1)->span);
        join_drop(j, words);
        return tok;
    }
    Tok tok = join_tok(TK_ID, &t, join_name(j, &t));
    join_drop(j, 1);
    return tok;
}

/* Whether here, where a declaration can stand, names follow that have `may` behind them: `director,
 * desk.lead may waive answer`. Words that begin another declaration win. */
static bool join_grants(Join *j, const RawToken *first) {
    enum { GRANT_WORDS = 64 };
    size_t count;
    if (j->granted == first->span.from + 1u || !join_accepts(j, TK_GRANT))
        return false;
    const Spelling *s = keywords_find(j->keywords, first->text, &count);
    for (size_t i = 0; s != NULL && i < count; i++)
        if (join_spells(j, 0, &s[i]) != 0 && join_accepts(j, s[i].token))
            return false;
    Lexer ahead = j->lexer; /* a copy: nothing is taken */
    ahead.at = ahead.text.p + first->span.to;
    bool word = true;
    for (int i = 0; i < GRANT_WORDS; i++) {
        RawToken t = lexer_next(&ahead);
        if (t.kind == RAW_MARK && (t.mark == TK_DOT || t.mark == TK_COMMA) && word) {
            word = false;
            continue;
        }
        if (t.kind != RAW_WORD)
            return false;
        if (word) {
            s = keywords_find(j->keywords, t.text, &count);
            return s != NULL && s->token == TK_MAY;
        }
        word = true;
    }
    return false;
}

/* Characters that are taken for marks of the language, and what they were meant to be. */
typedef struct Lookalike {
    const char *text;
    int mark;
    const char *meant;
} Lookalike;

static const Lookalike lookalikes[] = {
    {"。", TK_DOT, "."},  {"｡", TK_DOT, "."},     {"—", TK_MINUS, "-"},   {"–", TK_MINUS, "-"},
    {"−", TK_MINUS, "-"}, {"→", TK_ARROW, "->"},  {"⇒", TK_FAT, "=>"},    {"×", TK_STAR, "*"},
    {"÷", TK_SLASH, "/"}, {"…", TK_DOTDOT, ".."}, {"【", TK_LBRACK, "["}, {"】", TK_RBRACK, "]"},
};

/* A text between other marks than quotes: it is read as a text. */
static bool join_quoted(Join *j, const RawToken *t, Tok *out) {
    Foreign text;
    if (!foreign_quoted(j->lexer.text, t->span.from, j->arena, &text, &j->nomem))
        return false;
    Span whole = {t->span.file, t->span.from, text.to};
    diag_fix(diag_add2(j->diags, DIAG_FOREIGN_QUOTES, whole, text.marks, text.instead), whole,
             text.instead);
    *out = (Tok){.kind = TK_STRING, .text = text.inner, .span = whole, .line = t->line};
    join_seek(j, text.to);
    return true;
}

/* A remark as others begin it: it is passed over. */
static bool join_remark(Join *j, const RawToken *t) {
    Foreign remark;
    if (!foreign_remark(j->lexer.text, t->span.from, j->arena, &remark, &j->nomem))
        return false;
    Span whole = {t->span.file, t->span.from, remark.to};
    diag_fix(diag_add1(j->diags, DIAG_FOREIGN_REMARK, whole, remark.marks), whole, remark.instead);
    join_seek(j, remark.to);
    j->lexer.line = t->line;
    return true;
}

/* Marks that stand for words of the language: &&, ||, !. `n`: how many raw tokens they are. */
static bool join_sign(Join *j, const RawToken *t, size_t n, int token, Tok *out) {
    bool joins =
        token == TK_AND && (join_peek(j, n)->kind == RAW_STRING) && join_accepts(j, TK_PLUS);
    token = joins ? TK_PLUS : token;
    if (!join_accepts(j, token))
        return false;
    Span whole = span_join(t->span, n > 1 ? join_peek(j, n - 1)->span : t->span);
    bool chinese = source_chinese(j->diags->sources, whole.file);
    Str word = joins ? S("+") : keyword_of(token, -1, chinese), text = word;
    char before = whole.from > 0 ? j->lexer.text.p[whole.from - 1] : ' ';
    bool close = before != ' ' && before != '(' && before != '\n';
    if (arena_printf(j->arena, &text, "%s%.*s%s", close ? " " : "", STR_ARG(word),
                     join_peek(j, n)->space ? "" : " ") != OK)
        j->nomem = true;
    diag_fix(diag_misspelt(j->diags, whole, word), whole, text);
    *out = (Tok){.kind = token, .text = word, .span = whole, .line = t->line};
    join_seek(j, whole.to);
    return true;
}

/* Whether the raw token n is the character c, directly behind the one before it. */
static bool join_again(Join *j, size_t n, char c) {
    const RawToken *t = join_peek(j, n);
    return !t->space && !t->line && t->text.n == 1 && t->text.p[0] == c &&
           (t->kind == RAW_MARK || t->kind == RAW_BAD_BYTE);
}

/* A character that begins no token, still the first ahead, as other languages mean it. */
static bool join_foreign(Join *j, const RawToken *t, Tok *out) {
    if (join_quoted(j, t, out))
        return true;
    if (join_remark(j, t)) {
        *out = join_next(j);
        return true;
    }
    char c = t->text.n == 1 ? t->text.p[0] : ' ';
    return (c == '&' && join_sign(j, t, join_again(j, 1, '&') ? 2 : 1, TK_AND, out)) ||
           (c == '!' && join_sign(j, t, 1, TK_NOT, out));
}

/* Two marks that the language has, but not one behind the other: //, slash and star, <!, ||. */
static bool join_foreign_marks(Join *j, const RawToken *t, Tok *out) {
    bool remark = (t->mark == TK_SLASH && (join_again(j, 1, '/') || join_again(j, 1, '*'))) ||
                  (t->mark == TK_LT && join_again(j, 1, '!'));
    if (remark && join_remark(j, t)) {
        *out = join_next(j);
        return true;
    }
    return t->mark == TK_BAR && join_again(j, 1, '|') && join_sign(j, t, 2, TK_OR, out);
}

/* 【 and 】 stand for what the language has there: braces, or brackets. */
static Tok join_bracket(Join *j, RawToken t, bool opens) {
    int brace = opens ? TK_LB : TK_RB, bracket = opens ? TK_LBRACK : TK_RBRACK;
    bool braced = join_accepts(j, brace) && !join_accepts(j, bracket);
    Str meant = braced ? (opens ? S("{") : S("}")) : opens ? S("[") : S("]");
    diag_fix(diag_add2(j->diags, DIAG_BAD_CHARACTER, t.span, t.text, meant), t.span, meant);
    t.mark = braced ? brace : bracket;
    return join_tok(t.mark, &t, meant);
}

/* A carriage return ends no line alone: said of the first of a text. */
static void join_return(Join *j, const RawToken *t) {
    if (!j->returned)
        diag_add2(j->diags, DIAG_BAD_CHARACTER, t->span,
                  diag_both(j->diags, "a carriage return (CR) alone", "单独的回车符（CR）"),
                  diag_both(j->diags, "the end of a line (LF, or CR LF)", "换行（LF 或 CR LF）"));
    j->returned = true;
}

/* A character that begins no token. One that looks like a mark is read as that. */
static Tok join_odd(Join *j, RawToken t) {
    for (size_t i = 0; i < sizeof lookalikes / sizeof *lookalikes; i++) {
        const Lookalike *like = &lookalikes[i];
        if (!str_eq(t.text, str_of(like->text)))
            continue;
        if (like->mark == TK_LBRACK || like->mark == TK_RBRACK)
            return join_bracket(j, t, like->mark == TK_LBRACK);
        if (like->mark == TK_DOT && join_peek(j, 0)->line) { /* a sentence's end */
            diag_fix(diag_add2(j->diags, DIAG_BAD_CHARACTER, t.span, t.text, (Str){NULL, 0}),
                     t.span, S(""));
            return join_next(j);
        }
        bool fat = like->mark == TK_ARROW && !join_accepts(j, TK_ARROW);
        Str meant = fat ? S("=>") : str_of(like->meant);
        diag_fix(diag_add2(j->diags, DIAG_BAD_CHARACTER, t.span, t.text, meant), t.span, meant);
        t.mark = fat ? TK_FAT : like->mark;
        return join_tok(t.mark, &t, meant);
    }
    if (str_eq(t.text, S("\r"))) {
        join_return(j, &t);
        return join_next(j);
    }
    Str called;
    size_t n;
    bool breaks;
    if (!unseen_at(j->diags, t.text, &n, &called, &breaks))
        diag_add1(j->diags, DIAG_BAD_CHARACTER, t.span, join_char(t.text.p));
    else if (!breaks)
        diag_fix(diag_add1(j->diags, DIAG_BAD_CHARACTER, t.span, called), t.span, S(""));
    else
        diag_add1(j->diags, DIAG_BAD_CHARACTER, t.span, called);
    return join_next(j);
}

/* Whether a word before a colon is a keyword that is written with one: `empty:`. */
static bool join_colon_follows(Join *j) {
    size_t count;
    const Spelling *s = keywords_find(j->keywords, join_peek(j, 0)->text, &count);
    for (size_t i = 0; s != NULL && i < count; i++)
        if (s[i].token == TK_EMPTY && s[i].word_count == 1)
            return join_mark(j, 1, TK_COLON) && join_accepts(j, TK_EMPTY);
    return false;
}

/* Whether the brace just taken opens a record: fields follow, or nothing at all where no other
 * brace can stand. */
static bool join_holds_fields(Join *j) {
    bool none = join_mark(j, 0, TK_RB) && !join_accepts(j, TK_LB);
    return (none || join_is_label(j, 0)) && join_accepts(j, TK_RECLB);
}

static Tok join_bad(Join *j) {
    RawToken t = *join_peek(j, 0);
    Tok foreign;
    if (t.kind == RAW_BAD_BYTE && join_foreign(j, &t, &foreign))
        return foreign;
    join_drop(j, 1);
    if (t.kind == RAW_BAD_STRING) {
        Tok tok = join_tok(TK_STRING, &t, t.text);
        tok.open = true;
        return tok;
    }
    return join_odd(j, t);
}

Tok join_next(Join *j) {
    RawToken t = *join_peek(j, 0);
    bool after_dot = j->after_dot, after_word = j->after_word;
    j->after_dot = t.kind == RAW_MARK && t.mark == TK_DOT;
    j->after_word = t.kind == RAW_WORD;
    Tok tok;
    switch (t.kind) {
    case RAW_END:
        return join_tok(0, &t, t.text);
    case RAW_WORD:
        if (after_dot && !t.line) {
            tok = join_tok(TK_ID, &t, join_name(j, &t));
            join_drop(j, 1);
            return tok;
        }
        if (join_is_label(j, 0) && !join_colon_follows(j))
            return join_label(j, TK_LABEL);
        if (join_grants(j, &t)) {
            j->granted = t.span.from + 1;
            tok = join_tok(TK_GRANT, &t, (Str){t.text.p, 0});
            tok.span.to = tok.span.from;
            j->after_word = after_word;
            return tok;
        }
        return join_word(j);
    case RAW_NUMBER:
        return join_number(j);
    case RAW_DATE:
        return join_date(j);
    case RAW_PERCENT:
    case RAW_TIME:
    case RAW_INSTANT:
        tok = join_tok(t.kind == RAW_PERCENT ? TK_PERCENT
                       : t.kind == RAW_TIME  ? TK_TIME
                                             : TK_INSTANT,
                       &t, t.text);
        join_drop(j, 1);
        return tok;
    case RAW_STRING:
        tok = join_tok(TK_STRING, &t, join_string(j, &t));
        join_drop(j, 1);
        return tok;
    case RAW_MARK:
        if (join_foreign_marks(j, &t, &tok))
            return tok;
        join_drop(j, 1);
        if (t.mark == TK_COMMA && join_is_label(j, 0)) {
            tok = join_label(j, TK_COMMALABEL);
            tok.line = t.line || tok.line;
            return tok;
        }
        if (t.mark == TK_LP && after_word && !t.space && join_accepts(j, TK_CALLP))
            t.mark = TK_CALLP;
        if (t.mark == TK_LB && after_word && join_holds_fields(j))
            t.mark = TK_RECLB;
        return join_tok(t.mark, &t, t.text);
    case RAW_BAD_BYTE:
    case RAW_BAD_STRING:
        return join_bad(j);
    }
    UNREACHABLE();
}
