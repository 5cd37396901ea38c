/* book: parts of the policy's own text in the language of the book: keywords spelt as the formatter
 * spells them, names called by their labels and linked, parameters of patterns replaced by what a
 * use gives for them. */
#include "engine/book/book_int.h"

#include "engine/syntax/keyword.h"
#include "remit_grammar.h"

enum { GIVEN_DEPTH = 8 /* patterns that use patterns */ };

Str book_name(const Book *b, Str name, Str alias) {
    return b->chinese && alias.n > 0 ? alias : name;
}

static BookText *text_of(Book *b, uint32_t file) {
    BookText *t = &b->texts[file];
    if (t->ready || b->status != OK)
        return t;
    t->ready = true;
    for (size_t i = 0; i < b->p->spaces.n; i++)
        if (b->p->spaces.at[i]->use != NULL && b->p->spaces.at[i]->file == file)
            t->home = b->p->spaces.at[i];
    if (b->p->sources->files.at[file].data)
        return t;
    b->speller.text = (Str){NULL, 0};
    Status status = format_laid(b->p->sources, file, &b->arena, &b->speller, &t->of, &t->gaps);
    t->readable = status == OK;
    if (status == ERR_NOMEM)
        b->status = status;
    return t;
}

/* ---- names */

static const char *const anchors[] = {"party",    "event", "table",    "entity", "duty",
                                      "approval", "kpi",   "calendar", "type",   ""};

/* Whether the book has an article of it: of the library only what is used. */
static bool has_article(const Meant *m) {
    if (m->kind == MEANT_WORD)
        return false;
    if (m->kind == MEANT_TABLE)
        return ((const Table *)m->of)->called == m->of;
    return m->kind != MEANT_CALENDAR;
}

void book_meant(Book *b, const Meant *m) {
    Str text = book_name(b, m->name, m->alias);
    if (has_article(m))
        book_link(b, anchors[m->kind], m->name, text);
    else
        book_text(b, text);
}

static const Meant *meant_at(const Book *b, size_t first, uint32_t file, uint32_t from) {
    const Meant *best = NULL;
    for (size_t i = first; i < b->meants.all.n; i++) {
        const Meant *m = &b->meants.all.at[i];
        if (m->at.file == file && m->at.from == from && (best == NULL || m->at.to > best->at.to))
            best = m;
    }
    return best;
}

/* ---- what is given for a parameter */

static void put_given(Book *b, const Space *home, const Given *g) {
    Meant meant;
    if (g->kind == HOLE_FIELD || g->arg == NULL) {
        if (g->text.n > 0)
            book_text(b, g->text);
        else if (g->arg != NULL)
            book_node(b, home, g->arg);
        else
            book_text(b, g->name);
        return;
    }
    b->depth++;
    if (g->kind != HOLE_VALUE && g->kind != HOLE_PARTIES &&
        name_meant(b->p, g->space, g->text, &meant))
        book_meant(b, &meant);
    else if (g->kind == HOLE_PARTIES)
        book_nodes(b, g->space, g->arg);
    else
        book_node(b, g->space, g->arg);
    b->depth--;
}

static const Given *given_at(const Book *b, const BookText *t, const Space *home, uint32_t i) {
    const Piece *piece = &t->of.pieces.at[i];
    bool word = piece->tok.kind == TK_ID;
    if (t->home == NULL || !word || b->depth >= GIVEN_DEPTH)
        return NULL;
    const Given *g = name_given(home != NULL ? home : t->home, piece->tok.text);
    bool behind = i > 0 && t->of.pieces.at[i - 1].tok.kind == TK_DOT;
    return g != NULL && (!behind || g->kind == HOLE_FIELD) ? g : NULL;
}

/* ---- pieces */

typedef struct Run {
    const Space *home;
    Span span;
    size_t meants; /* the first of them */
    bool lines;
} Run;

static void put_blank(Book *b, const Gap *gap, const Run *r, bool first, int base) {
    if (first)
        return;
    if (r->lines && gap->broken) {
        put_c(b->out, '\n');
        for (int i = base; i < gap->indent; i++)
            put_c(b->out, ' ');
        return;
    }
    for (int i = 0; i < gap->space + (r->lines ? gap->pad : 0); i++)
        put_c(b->out, ' ');
    if (gap->broken && gap->space == 0)
        put_c(b->out, ' ');
}

/* Writes piece i or the name that begins there; gives the piece behind it. */
static uint32_t put_piece(Book *b, const BookText *t, const Run *r, uint32_t i) {
    const Piece *piece = &t->of.pieces.at[i];
    const Meant *m = meant_at(b, r->meants, r->span.file, piece->from);
    const Given *g = given_at(b, t, r->home, i);
    if (m != NULL && m->kind != MEANT_WORD && piece->to <= m->at.to && m->at.to <= r->span.to) {
        book_meant(b, m);
        while (i < t->of.pieces.n && t->of.pieces.at[i].to <= m->at.to &&
               t->of.pieces.at[i].tok.kind != 0)
            i++;
        return i;
    }
    if (g != NULL)
        put_given(b, r->home, g);
    else if (m != NULL && m->kind == MEANT_WORD && piece->to <= m->at.to)
        book_meant(b, m);
    else if (t->gaps[i].is.keyword && b->html) {
        put_text(b->out, S("<i>"));
        book_text(b, t->gaps[i].is.text);
        put_text(b->out, S("</i>"));
    } else
        book_text(b, t->gaps[i].is.text);
    return i + 1;
}

static void put_pieces(Book *b, const Run *r) {
    const BookText *t = text_of(b, r->span.file);
    if (!t->readable) {
        book_text(b, source_text(b->p->sources, r->span));
        return;
    }
    uint32_t i = 0, n = (uint32_t)t->of.pieces.n;
    while (i < n && t->of.pieces.at[i].from < r->span.from)
        i++;
    int base = i < n ? t->gaps[i].indent : 0, open = 0; /* braces, which some nodes end before */
    for (uint32_t first = i; i < n && t->of.pieces.at[i].tok.kind != 0 &&
                             (open > 0 || t->of.pieces.at[i].to <= r->span.to);) {
        int kind = t->of.pieces.at[i].tok.kind;
        open += token_opens(kind) - (kind == TK_RB);
        if (open < 0)
            return;
        if (i > first && t->of.pieces.at[i].comma)
            put_c(b->out, ',');
        put_blank(b, &t->gaps[i], r, i == first, base);
        i = put_piece(b, t, r, i);
    }
}

static void put_node(Book *b, const Space *home, const Node *node, bool lines) {
    if (node == NULL || b->status != OK)
        return;
    size_t before = b->meants.all.n;
    Run run = {home, node->span, before, lines};
    names_meant(b->p, home, node, &b->meants);
    if (b->meants.nomem)
        b->status = ERR_NOMEM;
    put_pieces(b, &run);
    b->meants.all.n = before;
}

void book_node(Book *b, const Space *home, const Node *node) {
    put_node(b, home, node, false);
}

void book_nodes(Book *b, const Space *home, const Node *list) {
    for (const Node *node = list; node != NULL; node = node->next) {
        if (node != list)
            book_say(b, BOOK_LISTED);
        book_node(b, home, node);
    }
}

void book_lines(Book *b, const Space *home, const Node *node) {
    put_text(b->out, b->html ? S("<pre>") : S("\n~~~\n"));
    b->plain = !b->html;
    put_node(b, home, node, true);
    b->plain = false;
    put_text(b->out, b->html ? S("</pre>\n") : S("\n~~~\n"));
}

/* ---- remarks */

static Str remark_text(Str note) {
    while (note.n > 0 && note.p[0] == '-')
        note = str_from(note, 1);
    return str_trim(note);
}

static bool is_chapter(Str note) {
    return str_ends(note, S("---"));
}

static Str chapter_text(Str note) {
    Str text = remark_text(note);
    while (text.n > 0 && (text.p[text.n - 1] == '-' || text.p[text.n - 1] == ' '))
        text.n--;
    return text;
}

/* The remarks of piece i as one text. */
static Str remark_of(Book *b, const BookText *t, uint32_t i) {
    const Piece *piece = &t->of.pieces.at[i];
    Buf text = {0};
    for (uint32_t k = 0; k < piece->notes && !piece->blank; k++) {
        const Note *note = &t->of.notes.at[piece->note + k];
        if (note->blank)
            buf_reset(&text);
        if (note->behind || is_chapter(note->text))
            continue;
        if (text.n > 0)
            put_c(&text, ' ');
        put_text(&text, remark_text(note->text));
    }
    Str out = {NULL, 0};
    Status status = text.failed ? ERR_NOMEM : arena_str(&b->arena, buf_str(&text), &out);
    buf_free(&text);
    b->status = b->status == OK ? status : b->status;
    return out;
}

Str book_remark(Book *b, const Node *node, Str *chapter) {
    *chapter = (Str){NULL, 0};
    const BookText *t = text_of(b, node->span.file);
    if (!t->readable)
        return *chapter;
    uint32_t i = 0;
    for (; i + 1 < t->of.pieces.n && t->of.pieces.at[i].from < node->span.from; i++) {
    }
    for (uint32_t k = t->of.pieces.at[i].note + t->of.pieces.at[i].notes; k-- > 0;)
        if (is_chapter(t->of.notes.at[k].text)) {
            *chapter = chapter_text(t->of.notes.at[k].text);
            break;
        }
    return remark_of(b, t, i);
}
