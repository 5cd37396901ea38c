/* syntax: drives lexer, joiner and parser, reports what cannot stand, and finds where to go on. */
#include "engine/syntax/parse.h"

#include <string.h>

#include "engine/base/limits.h"
#include "engine/base/utf8.h"
#include "engine/syntax/join.h"
#include "remit_grammar.h"

/* Of the generated parser. */
void *RemitParseAlloc(void *(*take)(size_t), Builder *b);
void RemitParseFree(void *parser, void (*give)(void *));
void RemitParse(void *parser, int kind, Tok tok);

typedef struct Parse {
    Builder b;
    Join join;
    void *parser;
    Lost *lost;
    VEC(Span) braces; /* the { that are open, as the parser knows them */
    bool failed;
} Parse;

static void parse_feed(Parse *p, Tok tok) {
    if (tok.kind == TK_LB) {
        if (!vec_push(&p->braces, tok.span))
            p->b.nomem = true;
    } else if (tok.kind == TK_RB && p->braces.n > 0) {
        p->braces.n--;
    }
    p->b.here = tok.span;
    RemitParse(p->parser, tok.kind, tok);
}

static Str parse_quoted(Parse *p, Str text) {
    Str out = text;
    if (arena_printf(p->b.arena, &out, "`%.*s`", STR_ARG(text)) != OK)
        p->b.nomem = true;
    return out;
}

/* What could stand here, in words: keywords are listed when they are few. */
static Str parse_expected(Parse *p) {
    static const int plain[] = {
        TK_ID,   TK_LABEL, TK_STRING, TK_NUMBER, TK_PERCENT, TK_DURATION, TK_DATE,   TK_DATETIME,
        TK_TIME, TK_TYPE,  TK_HIT,    TK_STATE,  TK_WEEKDAY, TK_UNIT,     TK_LB,     TK_RB,
        TK_LP,   TK_RP,    TK_EQ,     TK_ARROW,  TK_FAT,     TK_BAR,      TK_DOTDOT, TK_COLON};
    Buf out = {0};
    int listed = 0;
    for (int token = 1; token < TK_BAD && listed < 9; token++) {
        bool is_plain = false;
        for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
            is_plain = is_plain || plain[i] == token;
        Str keyword = is_plain ? token_name(token, false) : keyword_of(token, -1, false);
        if (keyword.n == 0 || !parse_accepts(p->parser, token))
            continue;
        if (token == TK_NUMBER || token == TK_PERCENT || token == TK_DURATION || token == TK_DATE ||
            token == TK_TIME || token == TK_STRING || token == TK_DATETIME)
            if (parse_accepts(p->parser, TK_ID) && parse_accepts(p->parser, TK_NUMBER))
                continue; /* "a value" says it all */
        if (listed++ > 0)
            put_text(&out, S(", "));
        bool value = token == TK_ID && parse_accepts(p->parser, TK_NUMBER);
        put_text(&out, value ? S("a value") : keyword);
    }
    if (listed == 9)
        put_text(&out, S(" ..."));
    Str text = {NULL, 0};
    if (arena_str(p->b.arena, buf_str(&out), &text) != OK)
        p->b.nomem = true;
    buf_free(&out);
    return text;
}

/* A keyword that could stand here and is most like the words from `tok` on: the keyword's spelling
 * and the span of the words it stands for. */
static bool parse_misspelt(Parse *p, Tok tok, Str *meant, Span *words) {
    Str rest = str_from(p->join.lexer.text, tok.span.from), line;
    str_cut(rest, '\n', &line, NULL);
    const Keywords *k = &p->join.keywords;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < k->n; i++) {
        const Spelling *s = &k->at[i];
        if (!parse_accepts(p->parser, s->token) || s->token == TK_IT || s->text.n < 3)
            continue;
        size_t n = 0, blanks = 0;
        while (n < line.n && (line.p[n] != ' ' || ++blanks < s->word_count) && line.p[n] != '{' &&
               line.p[n] != '"' && line.p[n] != '(')
            n++;
        Str words_here = str_trim((Str){line.p, n});
        if (words_here.n == 0 || nearest(words_here, &s->text, 1) < 0 ||
            str_eq(words_here, s->text))
            continue;
        size_t off = words_here.n > s->text.n ? words_here.n - s->text.n : s->text.n - words_here.n;
        if (off < best) {
            best = off;
            *meant = s->text;
            *words = (Span){tok.span.file, tok.span.from, tok.span.from + (uint32_t)words_here.n};
        }
    }
    return best != SIZE_MAX;
}

/* A Chinese keyword that could stand here and begins the word, as in 责任人客户服务组. */
static bool parse_swallowed(Parse *p, Tok tok, Str *keyword) {
    const Keywords *k = &p->join.keywords;
    keyword->n = 0;
    for (size_t i = 0; i < k->n; i++) {
        const Spelling *s = &k->at[i];
        if (s->chinese && s->text.n > keyword->n && s->text.n < tok.text.n &&
            str_starts(tok.text, s->text) && parse_accepts(p->parser, s->token))
            *keyword = s->text;
    }
    return keyword->n > 0;
}

static void parse_report_end(Parse *p, Tok tok) {
    if (p->braces.n > 0) {
        Span open = p->braces.at[p->braces.n - 1];
        diag_add1(p->b.diags, DIAG_OPEN_BRACE, open, S("{"));
    } else {
        diag_add2(p->b.diags, DIAG_UNEXPECTED, tok.span, S("the end of the file"),
                  parse_expected(p));
    }
}

/* Says what is wrong with a token that the parser cannot take. */
static void parse_report(Parse *p, Tok tok) {
    Str meant;
    Span words;
    if (tok.kind == 0) {
        parse_report_end(p, tok);
    } else if (tok.kind == TK_RB && p->braces.n == 0) {
        diag_fix(diag_add(p->b.diags, DIAG_NOTHING_TO_CLOSE, tok.span), tok.span, S(""));
    } else if (tok.kind == TK_ID && parse_swallowed(p, tok, &meant)) {
        Str rest = str_from(tok.text, meant.n), parted = tok.text;
        if (arena_printf(p->b.arena, &parted, "%.*s %.*s", STR_ARG(meant), STR_ARG(rest)) != OK)
            p->b.nomem = true;
        diag_fix(diag_add2(p->b.diags, DIAG_WORDS_RUN_TOGETHER, tok.span, tok.text, parted),
                 tok.span, parted);
    } else if (tok.text.n > 0 && parse_misspelt(p, tok, &meant, &words)) {
        Str found = source_text(p->b.diags->sources, words);
        diag_fix(diag_add2(p->b.diags, DIAG_MISSPELT_KEYWORD, words, parse_quoted(p, found),
                           parse_quoted(p, meant)),
                 words, meant);
    } else {
        Str found = source_text(p->b.diags->sources, tok.span);
        diag_add2(p->b.diags, DIAG_UNEXPECTED, tok.span, parse_quoted(p, found), parse_expected(p));
    }
}

/* Whether the parser can go on with this token after a mistake: a word that cannot be mistaken for
 * a part of what was passed over. */
static bool parse_resumes(Parse *p, Tok tok, int depth, bool *closes) {
    *closes = false;
    if (tok.kind == 0)
        return true;
    bool margin =
        tok.line && source_place(p->b.diags->sources, tok.span.file, tok.span.from).column == 1;
    if (margin && token_declares(tok.kind)) {
        *closes = true;
        return true;
    }
    if (depth > 0)
        return false;
    if (tok.kind == TK_RB)
        return true;
    bool one_word = str_find(tok.text, ' ') < 0;
    return parse_accepts(p->parser, tok.kind) && (tok.line || !one_word);
}

/* A declaration's keyword at the margin, which the joiner took for a name where names can stand. */
static int parse_declaration(Parse *p, Tok tok) {
    size_t count;
    const Spelling *s =
        tok.kind == TK_ID && tok.line ? keywords_find(&p->join.keywords, tok.text, &count) : NULL;
    for (size_t i = 0; s != NULL && i < count; i++)
        if (s[i].word_count == 1 && token_declares(s[i].token))
            return s[i].token;
    return tok.kind;
}

/* Passes over tokens from the wrong one on; gives the one to go on with. */
static Tok parse_skip(Parse *p, Tok tok) {
    int depth = 0;
    bool closes;
    Tok bad = tok;
    bad.kind = TK_BAD;
    bad.text = (Str){NULL, 0};
    parse_feed(p, bad); /* the parser unwinds to where it can go on */
    for (;;) {
        tok.kind = parse_declaration(p, tok);
        if (parse_resumes(p, tok, depth, &closes))
            break;
        if (tok.kind == TK_LB)
            depth++;
        else if (tok.kind == TK_RB)
            depth--;
        else if (tok.kind == TK_ID && p->lost != NULL && !vec_push(&p->lost->words, tok.text))
            p->b.nomem = true;
        tok = join_next(&p->join);
    }
    Tok close = tok;
    close.kind = TK_RB;
    for (int i = 0;
         (closes || tok.kind == 0) && i < LIMIT_NESTING && !parse_accepts(p->parser, TK_DUTY);
         i++) {
        if (!parse_accepts(p->parser, TK_RB))
            break;
        parse_feed(p, close);
    }
    return tok;
}

static Status parse_all(Parse *p) {
    int mistakes = 0;
    for (;;) {
        Tok tok = join_next(&p->join);
        while (!parse_accepts_any(p->parser, tok.kind)) {
            parse_report(p, tok);
            tok = parse_skip(p, tok);
            if (tok.kind == 0 || ++mistakes > LIMIT_DIAGS)
                return p->b.nomem || p->join.nomem ? ERR_NOMEM : OK;
            if (tok.kind == TK_RB && !parse_accepts(p->parser, TK_RB))
                tok = join_next(&p->join);
        }
        if (p->b.nomem || p->join.nomem || p->join.lexer.nomem)
            return ERR_NOMEM;
        if (p->braces.n > LIMIT_NESTING) {
            diag_add2(p->b.diags, DIAG_TOO_LARGE, tok.span, S("this depth of braces"), S("200"));
            return OK;
        }
        parse_feed(p, tok);
        if (tok.kind == 0)
            return OK;
    }
}

Status parse_source(Sources *sources, uint32_t file, Arena *arena, Diags *diags, Lost *lost,
                    Node **items) {
    *items = NULL;
    Str text = sources->files.at[file].text;
    size_t valid = utf8_good(text);
    if (valid < text.n) {
        uint32_t at = (uint32_t)valid;
        diag_add(diags, DIAG_NOT_UTF8, (Span){file, at, at + 1});
        return OK;
    }
    Parse *p = new (arena, Parse, 1);
    if (p == NULL)
        return ERR_NOMEM;
    p->b = (Builder){.arena = arena, .diags = diags};
    p->lost = lost;
    p->parser = RemitParseAlloc(mem_alloc, &p->b);
    if (p->parser == NULL)
        return ERR_NOMEM;
    Status status = join_init(&p->join, text, file, p->parser, arena, diags);
    if (status == OK)
        status = parse_all(p);
    RemitParseFree(p->parser, mem_free);
    vec_free(&p->braces);
    *items = p->b.items.first;
    return status == OK && diags->nomem ? ERR_NOMEM : status;
}
