/* syntax: takes a text apart for the formatter: tokens, remarks, and the grammar's grouping. */
#include "engine/syntax/shape.h"

#include "engine/base/check.h"
#include "engine/base/unicode.h"
#include "remit_grammar.h"

typedef struct Shaping {
    Arena *arena;
    Shaped *out;
    Join join;
    Trial trial;
    Diags diags;
    VEC(Shape *) stack;
    bool tree;
    ShapeTold *tell; /* or NULL: tokens are kept */
    void *ctx;
    bool nomem;
} Shaping;

/* ---- the tree */

static Shape *shape_new(Shaping *g, ShapeKind kind, int symbol) {
    Shape *s = new (g->arena, Shape, 1);
    if (s == NULL) {
        g->nomem = true;
        return NULL;
    }
    s->kind = (uint8_t)kind;
    s->symbol = (uint16_t)symbol;
    s->token = s->first_token = s->last_token = SHAPE_NONE;
    return s;
}

static void shape_put(Shape *to, Shape *part) {
    if (to->last == NULL)
        to->first = part;
    else
        to->last->next = part;
    to->last = part;
    if (to->first_token == SHAPE_NONE)
        to->first_token = part->first_token;
    if (part->last_token != SHAPE_NONE)
        to->last_token = part->last_token;
}

static void shape_push(Shaping *g, Shape *s) {
    if (s == NULL || !vec_push(&g->stack, s))
        g->nomem = true;
}

/* The parts from..n of the stack as one. */
static Shape *shape_join(Shaping *g, int symbol, size_t from) {
    if (g->stack.n - from == 1)
        return g->stack.at[from];
    Shape *s = shape_new(g, SHAPE_GROUP, symbol);
    for (size_t i = from; s != NULL && i < g->stack.n; i++)
        shape_put(s, g->stack.at[i]);
    return s;
}

/* A rule that begins with the symbol it makes: what repeats grows in breadth, not in depth. */
static Shape *shape_grow(Shaping *g, int symbol, size_t base) {
    Shape *chain = g->stack.at[base], *part = shape_join(g, symbol, base + 1);
    if (chain->kind != SHAPE_CHAIN || chain->chain != symbol) {
        Shape *first = chain;
        chain = shape_new(g, SHAPE_CHAIN, symbol);
        if (chain == NULL)
            return NULL;
        chain->chain = (uint16_t)symbol;
        shape_put(chain, first);
    }
    if (part == NULL)
        return NULL;
    part->further = !chain->listed;
    shape_put(chain, part);
    return chain;
}

static void shape_reduced(void *ctx, int symbol, size_t n) {
    Shaping *g = ctx;
    if (g->nomem)
        return;
    ASSERT(n <= g->stack.n);
    size_t base = g->stack.n - n;
    if (n == 0) {
        Shape *none = shape_new(g, SHAPE_CHAIN, symbol);
        if (none != NULL) {
            none->chain = (uint16_t)symbol;
            none->listed = true;
        }
        shape_push(g, none);
        return;
    }
    Shape *made = n > 1 && g->stack.at[base]->symbol == symbol ? shape_grow(g, symbol, base)
                                                               : shape_join(g, symbol, base);
    g->stack.n = base;
    if (made != NULL)
        made->symbol = (uint16_t)symbol;
    shape_push(g, made);
}

static void shape_leaf(Shaping *g, int kind, uint32_t token) {
    Shape *leaf = shape_new(g, SHAPE_LEAF, kind);
    if (leaf != NULL)
        leaf->token = leaf->first_token = leaf->last_token = token;
    shape_push(g, leaf);
}

/* ---- remarks */

static uint32_t note_column(Str text, size_t at) {
    size_t line = at;
    while (line > 0 && text.p[line - 1] != '\n')
        line--;
    return (uint32_t)uc_columns((Str){text.p + line, at - line});
}

/* Gathers the remarks of a gap between raw tokens; `lines` counts the ends of lines since what
 * stands before. */
static void shape_gap(Shaping *g, size_t from, size_t to, int *lines) {
    Str text = g->out->text;
    for (size_t i = from; i < to; i++) {
        if (text.p[i] == '\n') {
            (*lines)++;
        } else if (text.p[i] == '-' && i + 1 < to && text.p[i + 1] == '-') {
            size_t end = i;
            while (end < to && text.p[end] != '\n')
                end++;
            Note note = {.text = str_trim((Str){text.p + i, end - i}),
                         .behind = *lines == 0 && from > 0,
                         .blank = *lines > 1,
                         .column = note_column(text, i)};
            if (!vec_push(&g->out->notes, note))
                g->nomem = true;
            *lines = 0;
            i = end - 1;
        }
    }
}

/* ---- tokens */

/* The raw tokens of the text are read beside the joined ones, so that what stands between them is
 * known: a token goes to where the next one begins. */
typedef struct RawWalk {
    Lexer lexer;
    RawToken next;
    size_t at; /* behind the last raw token taken */
} RawWalk;

static void raw_take(RawWalk *w) {
    w->at = w->next.span.to;
    w->next = lexer_next(&w->lexer);
}

/* Passes the raw tokens before byte `start`: the rest of the piece before it. */
static void shape_finish(Shaping *g, RawWalk *w, Piece *last, size_t start, int *lines) {
    while (w->next.kind != RAW_END && w->next.span.from < start) {
        shape_gap(g, w->at, w->next.span.from, lines); /* inside the token */
        raw_take(w);
        if (last != NULL)
            last->to = (uint32_t)w->at;
    }
}

static Status shape_piece(Shaping *g, RawWalk *w, Tok tok) {
    Shaped *out = g->out;
    Piece *last = out->pieces.n > 0 ? &out->pieces.at[out->pieces.n - 1] : NULL;
    Piece piece = {.tok = tok, .comma = tok.kind == TK_COMMALABEL};
    int lines = 0;
    piece.note = (uint32_t)out->notes.n;
    size_t start = tok.span.from;
    if (piece.comma) { /* the comma is the last raw token before the word */
        RawWalk ahead = *w;
        while (ahead.next.kind != RAW_END && ahead.next.span.from < tok.span.from) {
            start = ahead.next.span.from;
            raw_take(&ahead);
        }
    }
    shape_finish(g, w, last, start, &lines);
    shape_gap(g, w->at, start, &lines);
    if (piece.comma) {
        raw_take(w);
        shape_gap(g, w->at, tok.span.from, &lines);
    }
    piece.notes = (uint32_t)out->notes.n - piece.note;
    piece.blank = lines > 1;
    piece.from = tok.span.from;
    raw_take(w);
    piece.to = (uint32_t)w->at;
    return vec_push(&out->pieces, piece) && !g->nomem ? OK : ERR_NOMEM;
}

/* Hands the token that was taken last on, if it is not kept. */
static bool shape_told(Shaping *g, uint32_t i) {
    if (g->tell == NULL)
        return true;
    g->out->pieces.n = 0;
    return g->tell(g->ctx, i, &g->out->pieces.at[0]);
}

static Status shape_tokens(Shaping *g, RawWalk *w) {
    for (uint32_t i = 0;;) {
        Tok tok = join_next(&g->join);
        int as = trial_shape(&g->trial, tok.kind, g->tree ? shape_reduced : NULL, g);
        if (g->nomem || g->join.nomem || g->join.lexer.nomem)
            return ERR_NOMEM;
        if (as < 0 || tok.open || g->diags.errors > 0)
            return ERR_LIMIT;
        bool silent = tok.kind == TK_GRANT;
        tok.kind = as;
        if (!silent) {
            TRY(shape_piece(g, w, tok));
            if (!shape_told(g, i++))
                return ERR_LIMIT;
        }
        if (as == 0)
            return OK;
        if (g->tree)
            shape_leaf(g, as, silent ? SHAPE_NONE : (uint32_t)g->out->pieces.n - 1);
    }
}

static Status shape_root(Shaping *g) {
    for (size_t i = g->stack.n; i-- > 0;)
        if (g->stack.at[i]->kind == SHAPE_CHAIN && g->stack.at[i]->listed) {
            g->out->root = g->stack.at[i];
            return OK;
        }
    return ERR_LIMIT;
}

static Status shape_all(Sources *sources, uint32_t file, Arena *arena, bool tree, ShapeTold *tell,
                        void *ctx, Shaped *out) {
    Shaping *g = new (arena, Shaping, 1);
    *out = (Shaped){.text = sources->files.at[file].text, .file = file};
    if (g == NULL)
        return ERR_NOMEM;
    g->tree = tree;
    g->tell = tell;
    g->ctx = ctx;
    g->arena = arena;
    g->out = out;
    g->diags = (Diags){.arena = arena, .sources = sources};
    trial_start(&g->trial);
    Status status = join_init(&g->join, out->text, file, NULL, arena, &g->diags);
    g->join.trial = &g->trial;
    RawWalk walk = {.at = 0};
    lexer_init(&walk.lexer, out->text, file, arena);
    walk.next = lexer_next(&walk.lexer);
    if (status == OK)
        status = shape_tokens(g, &walk);
    if (status == OK && g->tree)
        status = shape_root(g);
    vec_free(&g->stack);
    diags_free(&g->diags);
    return status;
}

Status shape_text(Sources *sources, uint32_t file, Arena *arena, bool tree, Shaped *out) {
    return shape_all(sources, file, arena, tree, NULL, NULL, out);
}

Status shape_tell(Sources *sources, uint32_t file, Arena *arena, ShapeTold *tell, void *ctx,
                  Shaped *out) {
    return shape_all(sources, file, arena, false, tell, ctx, out);
}

void shape_free(Shaped *s) {
    vec_free(&s->pieces);
    vec_free(&s->notes);
}
