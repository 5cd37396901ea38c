/* syntax: drives lexer, joiner and parser, reports what cannot stand, and finds where to go on. */
#include "engine/syntax/parse.h"

#include <string.h>

#include "engine/base/limits.h"
#include "engine/base/utf8.h"
#include "engine/syntax/syntax_int.h"
#include "remit_grammar.h"

/* Of the generated parser. */
void *RemitParseAlloc(void *(*take)(size_t), Builder *b);
void RemitParseFree(void *parser, void (*give)(void *));
void RemitParse(void *parser, int kind, Tok tok);

/* The first byte of the line on which a byte stands; the line of the byte asked before is known. */
static uint32_t line_start(Parse *p, uint32_t offset) {
    Str text = p->join.lexer.text;
    uint32_t known = p->line_at <= offset ? p->line_at : 0, start = offset;
    while (start > known && text.p[start - 1] != '\n')
        start--;
    if (start == known && known > 0 && text.p[start - 1] != '\n')
        start = p->line_from;
    p->line_at = offset;
    p->line_from = start;
    return start;
}

uint32_t parse_indent(Parse *p, uint32_t offset) {
    Str text = p->join.lexer.text;
    uint32_t start = line_start(p, offset), blanks = 0;
    while (text.p[start + blanks] == ' ' || text.p[start + blanks] == '\t')
        blanks++;
    return blanks;
}

static void parse_brace(Parse *p, Tok tok) {
    if (token_opens(tok.kind)) {
        bool holds = p->item == TK_MODULE || p->item == TK_PATTERN;
        p->outer += holds && p->braces.n == p->outer;
        if (!vec_push(&p->braces, ((Brace){tok.span, parse_indent(p, tok.span.from)})))
            p->b.nomem = true;
    } else if (tok.kind == TK_RB && p->braces.n > 0) {
        Brace open = p->braces.at[--p->braces.n];
        if (tok.line && p->suspect.at.to == 0 && parse_indent(p, tok.span.from) < open.indent)
            p->suspect = open; /* this } belongs to an outer one */
        if (p->outer > p->braces.n) {
            p->outer = p->braces.n;
            p->item = 0;
        }
    }
}

/* A declaration begins, or the text ends, at this byte. */
static void parse_item(Parse *p, uint32_t file, uint32_t at) {
    if (p->guessed)
        diags_guessed(p->b.diags, (Span){file, p->begun, at});
    p->begun = at;
    p->guessed = false;
    p->suspect = (Brace){0};
}

void parse_feed(Parse *p, Tok tok) {
    parse_brace(p, tok);
    p->b.here = tok.span;
    bool parameter = p->item == TK_PATTERN && !tok.line; /* `event` among those of a pattern */
    if (token_declares(tok.kind) && p->braces.n == p->outer && !parameter) {
        parse_item(p, tok.span.file, tok.span.from);
        p->item = tok.kind;
    }
    if (tok.kind == TK_POLICY && p->braces.n == p->outer)
        p->head = S("policy"); /* what check asks for */
    else if (tok.kind == TK_ID && token_declares(p->last_kind) && p->braces.n == p->outer)
        p->head = tok.text;
    if (p->last_kind == TK_SET)
        p->set = tok.span.from;
    if (tok.kind == TK_OWED_BY)
        p->owed = p->braces.n == p->outer + 1;
    else if (tok.kind != TK_ID && tok.kind != TK_DOT)
        p->owed = false;
    if (tok.kind != TK_BAD && tok.kind != 0) {
        p->last = tok.span;
        p->last_kind = tok.kind;
    }
    RemitParse(p->parser, tok.kind, tok);
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
    bool clear = tok.kind == TK_LABEL || tok.kind == TK_COMMALABEL || str_find(tok.text, ' ') >= 0;
    return parse_accepts(p->parser, tok.kind) && (tok.line || clear);
}

/* A declaration's keyword at the margin, which the joiner took for a name where names can stand. */
static int parse_declaration(Parse *p, Tok tok) {
    size_t count;
    const Spelling *s =
        tok.kind == TK_ID && tok.line ? keywords_find(p->join.keywords, tok.text, &count) : NULL;
    for (size_t i = 0; s != NULL && i < count; i++)
        if (s[i].word_count == 1 && token_declares(s[i].token))
            return s[i].token;
    return tok.kind;
}

/* Closes the braces that are open, so that a declaration can follow. */
static void parse_close(Parse *p, Tok tok) {
    bool ends = tok.kind == 0;
    tok.kind = TK_RB;
    tok.line = false;
    for (int i = 0; i < LIMIT_NESTING; i++) {
        bool whole = ends ? p->braces.n == 0 : parse_accepts(p->parser, TK_DUTY);
        if (whole)
            break;
        if (!parse_accepts(p->parser, TK_RB))
            break;
        parse_feed(p, tok);
    }
}

/* Lets the parser unwind to where it can go on. What is whole before the mistake, on the lines
 * above it or behind a brace, is kept. */
static void parse_unwind(Parse *p, Tok tok) {
    bool whole = false;
    p->guessed = true;
    tok.text = (Str){NULL, 0};
    if ((tok.line || p->last_kind == TK_RB) && parse_accepts(p->parser, TK_BREAK)) {
        whole = parse_accepts(p->parser, TK_DUTY);
        tok.kind = TK_BREAK;
        RemitParse(p->parser, tok.kind, tok);
    }
    tok.kind = TK_BAD;
    parse_feed(p, tok);
    if (!whole && parse_accepts(p->parser, TK_DUTY) && p->head.n > 0 && p->lost != NULL &&
        !vec_push(&p->lost->words, p->head))
        p->b.nomem = true; /* a whole declaration is gone */
}

/* Passes over tokens from the wrong one on; gives the one to go on with. */
static Tok parse_skip(Parse *p, Tok tok) {
    bool closes;
    parse_unwind(p, tok);
    /* braces of what is gone must not close what it stood in */
    int depth = (int)(p->braces.n - parse_braces(p->parser)), open = depth;
    for (;;) {
        tok.kind = parse_declaration(p, tok);
        if (parse_resumes(p, tok, depth, &closes))
            break;
        if (token_opens(tok.kind)) {
            depth++;
        } else if (tok.kind == TK_RB) {
            if (--depth < open) {
                parse_brace(p, tok);
                open = depth;
            }
        } else if (tok.kind == TK_ID && p->lost != NULL && !vec_push(&p->lost->words, tok.text))
            p->b.nomem = true;
        tok = join_next(&p->join);
    }
    if (closes || tok.kind == 0)
        parse_close(p, tok);
    return tok;
}

/* A declaration at the margin where none can stand: a brace above it is not closed. */
static bool parse_unclosed(Parse *p, Tok *tok) {
    int declares = parse_declaration(p, *tok);
    bool margin =
        tok->line && source_place(p->b.diags->sources, tok->span.file, tok->span.from).column == 1;
    if (tok->kind != 0 && !(margin && token_declares(declares)))
        return false;
    if (p->braces.n == 0)
        return false;
    mend_say_open(p, *tok);
    tok->kind = declares;
    if (!parse_accepts(p->parser, TK_RB))
        parse_unwind(p, *tok);
    parse_close(p, *tok);
    return parse_accepts(p->parser, tok->kind);
}

/* The next token, and the joiner as it was before it. */
static Tok parse_take(Parse *p, Join *before) {
    if (p->has_next) {
        p->has_next = false;
        *before = p->before_next;
        return p->next;
    }
    *before = p->join;
    return join_next(&p->join);
}

/* Whether what follows a name can follow a name; the token that follows is kept. */
static bool parse_name_holds(Parse *p) {
    trial_begin(&p->ahead, p->parser);
    if (!trial_feed(&p->ahead, TK_ID))
        return true;
    p->before_next = p->join;
    p->join.trial = &p->ahead;
    p->next = join_next(&p->join);
    p->join.trial = NULL;
    p->has_next = trial_feed(&p->ahead, p->next.kind);
    if (!p->has_next)
        p->join = p->before_next;
    return p->has_next;
}

/* Goes on behind the wrong token where that can be done; false at the end of the text. */
static bool parse_pass(Parse *p, Tok tok) {
    tok = parse_skip(p, tok);
    if (tok.kind == 0)
        return false;
    bool stray = tok.kind == TK_RB && !parse_accepts(p->parser, TK_RB);
    if (!stray && parse_accepts_any(p->parser, tok.kind))
        parse_feed(p, tok);
    return true;
}

/* Takes one token; false at the end of the text. */
static bool parse_step(Parse *p, int *mistakes) {
    Join before;
    Tok tok = parse_take(p, &before);
    bool fits = parse_accepts(p->parser, tok.kind), quote = tok.open || !fits;
    if (quote && mend_quote(p, tok))
        return ++*mistakes <= LIMIT_DIAGS;
    if (tok.open) {
        mend_text(p, tok);
        return ++*mistakes <= LIMIT_DIAGS;
    }
    bool taken = fits || parse_accepts_any(p->parser, tok.kind);
    if (mend_phrase(p, &before, tok))
        return ++*mistakes <= LIMIT_DIAGS;
    if (taken && (mend_condition(p, &before, tok) || mend_type(p, tok) ||
                  mend_else(p, &before, tok) || mend_beside(p, &before, tok) ||
                  mend_head(p, &before, tok) || mend_reaction(p, &before, tok)))
        return ++*mistakes <= LIMIT_DIAGS;
    if (taken && tok.kind == TK_ID && mend_usual(p, &before, true))
        return ++*mistakes <= LIMIT_DIAGS;
    if (taken && tok.kind == TK_ID && mend_form(p, &before, tok, true))
        return ++*mistakes <= LIMIT_DIAGS && parse_pass(p, tok);
    if (taken && (tok.kind != TK_ID || parse_name_holds(p))) {
        parse_feed(p, tok);
        return tok.kind != 0;
    }
    if (taken) {
        if (mend_name(p, &before, tok))
            return ++*mistakes <= LIMIT_DIAGS;
        parse_feed(p, tok);
        return true;
    }
    if (++*mistakes > LIMIT_DIAGS)
        return false;
    if (parse_unclosed(p, &tok)) {
        parse_feed(p, tok);
        return tok.kind != 0;
    }
    if (tok.kind != 0 && mend(p, &before, tok))
        return true;
    if (tok.kind == 0 && p->braces.n == 0)
        mend(p, &before, tok);
    return tok.kind != 0 && parse_pass(p, tok);
}

static Status parse_all(Parse *p) {
    int mistakes = 0;
    while (parse_step(p, &mistakes)) {
        if (p->b.nomem || p->join.nomem || p->join.lexer.nomem)
            return ERR_NOMEM;
        if (p->braces.n > LIMIT_NESTING) {
            diag_add2(p->b.diags, DIAG_TOO_LARGE, p->last,
                      diag_both(p->b.diags, "this depth of braces", "花括号的层数"), S("200"));
            return OK;
        }
        if (parse_is_deep(p->parser)) {
            diag_add2(p->b.diags, DIAG_TOO_LARGE, p->last,
                      diag_both(p->b.diags, "what is open at once here", "此处同时未完结的部分"),
                      diag_both(p->b.diags, "4,000 words and marks", "4,000 个词与符号"));
            return OK;
        }
    }
    return p->b.nomem || p->join.nomem || p->join.lexer.nomem ? ERR_NOMEM : OK;
}

/* begin: a token that no text has, given before the first one; 0: none. */
static Status parse_text(Sources *sources, uint32_t file, Arena *arena, Diags *diags, Lost *lost,
                         int begin, Node **items) {
    *items = NULL;
    Str text = sources->files.at[file].text;
    size_t valid = utf8_good(text);
    if (valid < text.n) {
        uint32_t at = (uint32_t)valid;
        if (lost != NULL)
            lost->file = true;
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
        sources->files.at[file].chinese = join_chinese(&p->join);
    if (status == OK && begin != 0)
        RemitParse(p->parser, begin, (Tok){.kind = begin, .span = {file, 0, 0}});
    if (status == OK)
        status = parse_all(p);
    parse_item(p, file, (uint32_t)text.n + 1);
    RemitParseFree(p->parser, mem_free);
    vec_free(&p->braces);
    *items = p->b.items.first;
    return status == OK && diags->nomem ? ERR_NOMEM : status;
}

Status parse_source(Sources *sources, uint32_t file, Arena *arena, Diags *diags, Lost *lost,
                    Node **items) {
    return parse_text(sources, file, arena, diags, lost, 0, items);
}

Status parse_expression(Sources *sources, uint32_t file, Arena *arena, Diags *diags, Node **expr) {
    return parse_text(sources, file, arena, diags, NULL, TK_EVALUATE, expr);
}
