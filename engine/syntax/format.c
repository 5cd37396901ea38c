/* syntax: writes a text in its layout, remarks and all, and makes sure that it reads the same. */
#include "engine/syntax/format.h"

#include "engine/base/unicode.h"
#include "engine/syntax/keyword.h"
#include "remit_grammar.h"

enum { NOTE_APART = 4 /* blanks before a remark behind a line */ };

typedef struct Line {
    uint32_t from, to; /* tokens */
    unsigned columns;
    uint32_t note;   /* the remark behind it; SHAPE_NONE: none */
    unsigned column; /* where that stands */
} Line;

typedef struct Printing {
    const Shaped *of;
    const Gap *gaps;
    VEC(Line) lines;
    Buf *out;
} Printing;

/* ---- tokens */

/* Whether a keyword stands between two things of its rule: from A to B, monday to friday. */
static void find_between(const Shaped *of, const Shape *s, bool *between) {
    const Shape *before = NULL;
    for (const Shape *part = s->first; part != NULL; part = part->next) {
        if (part->first_token == SHAPE_NONE)
            continue;
        if (part->kind == SHAPE_LEAF && before != NULL) {
            int kind = before->kind == SHAPE_LEAF ? of->pieces.at[before->token].tok.kind : TK_ID;
            between[part->token] =
                kind == TK_ID || kind == TK_WEEKDAY || kind == TK_OWNER || token_is_literal(kind);
        }
        if (part->kind != SHAPE_LEAF)
            find_between(of, part, between);
        before = part;
    }
}

/* By how many columns the name that begins at a byte could be longer. */
static uint32_t wider_by(const Speller *s, uint32_t file, uint32_t from) {
    size_t lo = 0, hi = s->wider_count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const Wider *w = &s->wider[mid];
        if (w->file < file || (w->file == file && w->from < from))
            lo = mid + 1;
        else
            hi = mid;
    }
    bool there = lo < s->wider_count && s->wider[lo].file == file && s->wider[lo].from == from;
    return there ? s->wider[lo].more : 0;
}

static Status write_pieces(const Shaped *of, Arena *arena, Speller *speller, Gap *gaps) {
    bool *between = new (arena, bool, of->pieces.n);
    if (between == NULL)
        return ERR_NOMEM;
    find_between(of, of->root, between);
    speller->text = of->text;
    speller->value_until = 0;
    for (uint32_t i = 0; i < of->pieces.n; i++) {
        TRY(speller_write(speller, of, i, between[i], &gaps[i].is));
        gaps[i].is.room += wider_by(speller, of->file, of->pieces.at[i].from);
    }
    return OK;
}

Status format_words(Sources *sources, uint32_t file, Arena *arena, Speller *speller, Shaped *of,
                    Str **words) {
    TRY(shape_text(sources, file, arena, true, of));
    Gap *gaps = new (arena, Gap, of->pieces.n);
    *words = new (arena, Str, of->pieces.n);
    if (gaps == NULL || *words == NULL)
        return ERR_NOMEM;
    TRY(write_pieces(of, arena, speller, gaps));
    for (size_t i = 0; i < of->pieces.n; i++)
        (*words)[i] = gaps[i].is.text;
    return OK;
}

/* ---- lines */

static bool comma_behind(const Printing *p, uint32_t i) {
    return i + 1 < p->of->pieces.n && p->of->pieces.at[i + 1].comma;
}

static bool gather_lines(Printing *p) {
    uint32_t n = (uint32_t)p->of->pieces.n;
    for (uint32_t from = 0; from < n;) {
        Line line = {.from = from, .columns = p->gaps[from].indent, .note = SHAPE_NONE};
        uint32_t i = from;
        for (; i < n && (i == from || !p->gaps[i].broken); i++)
            line.columns += (i == from ? 0u : p->gaps[i].space + p->gaps[i].pad) +
                            p->gaps[i].is.columns + comma_behind(p, i);
        line.to = i;
        if (i < n && p->of->pieces.at[i].notes > 0 &&
            p->of->notes.at[p->of->pieces.at[i].note].behind)
            line.note = p->of->pieces.at[i].note;
        line.column = line.columns + NOTE_APART;
        if (!vec_push(&p->lines, line))
            return false;
        from = i;
    }
    return true;
}

/* Whether line i carries a remark that is aligned with the one of the line above. */
static bool notes_belong(const Printing *p, size_t i) {
    const Line *a = &p->lines.at[i - 1], *b = &p->lines.at[i];
    return a->note != SHAPE_NONE && b->note != SHAPE_NONE &&
           p->gaps[a->from].indent == p->gaps[b->from].indent &&
           p->of->pieces.at[b->from].notes == 1 &&
           !(p->of->pieces.at[b->from].blank && p->gaps[b->from].item);
}

static void align_notes(Printing *p) {
    for (size_t i = 0, to; i < p->lines.n; i = to) {
        unsigned most = p->lines.at[i].column;
        bool wide = false;
        for (to = i + 1; to < p->lines.n && notes_belong(p, to); to++)
            most = p->lines.at[to].column > most ? p->lines.at[to].column : most;
        for (size_t k = i; k < to && p->lines.at[k].note != SHAPE_NONE; k++) {
            size_t columns = uc_columns(p->of->notes.at[p->lines.at[k].note].text);
            wide |= most + columns > FORMAT_COLUMNS &&
                    p->lines.at[k].column + columns <= FORMAT_COLUMNS;
        }
        for (size_t k = i; k < to && !wide; k++)
            p->lines.at[k].column = most;
    }
}

/* ---- printing */

static void put_blanks(Buf *out, size_t n) {
    for (size_t i = 0; i < n; i++)
        put_c(out, ' ');
}

/* Whether an empty line may stand before what follows: not at the beginning of the file or of
 * braces, and only where items are divided. */
static bool may_part(const Printing *p, uint32_t i) {
    int kind = p->of->pieces.at[i].tok.kind;
    bool divided = p->gaps[i].item || kind == TK_RB;
    return i > 0 && divided && !token_opens(p->of->pieces.at[i - 1].tok.kind);
}

/* The remarks before the line, those behind the line above excepted, and the empty lines. */
static void put_notes(Printing *p, const Line *line, const Line *above) {
    const Piece *piece = &p->of->pieces.at[line->from];
    bool part = may_part(p, line->from), follows = above != NULL && above->note != SHAPE_NONE;
    uint32_t column = follows ? p->of->notes.at[above->note].column : 0;
    for (uint32_t k = follows ? 1 : 0; k < piece->notes; k++) {
        const Note *note = &p->of->notes.at[piece->note + k];
        bool first = line->from == 0 && k == 0;
        follows = follows && !note->blank && note->column == column;
        if (note->blank && !first && (part || k > 0))
            put_c(p->out, '\n');
        put_blanks(p->out, follows ? above->column : p->gaps[line->from].remarks);
        put_text(p->out, note->text);
        put_c(p->out, '\n');
    }
    bool own = piece->notes > (above != NULL && above->note != SHAPE_NONE ? 1u : 0u);
    if (piece->blank && p->gaps[line->from].item && piece->tok.kind != 0 && (part || own))
        put_c(p->out, '\n');
}

static void put_line(Printing *p, const Line *line) {
    put_blanks(p->out, p->gaps[line->from].indent);
    for (uint32_t i = line->from; i < line->to; i++) {
        if (i > line->from)
            put_blanks(p->out, (size_t)p->gaps[i].space + p->gaps[i].pad);
        put_text(p->out, p->gaps[i].is.text);
        if (comma_behind(p, i))
            put_c(p->out, ',');
    }
    if (line->note != SHAPE_NONE) {
        put_blanks(p->out, line->column - line->columns);
        put_text(p->out, p->of->notes.at[line->note].text);
    }
    put_c(p->out, '\n');
}

static Status print(const Shaped *of, const Gap *gaps, Buf *out) {
    Printing p = {.of = of, .gaps = gaps, .out = out};
    bool good = gather_lines(&p);
    if (good)
        align_notes(&p);
    for (size_t i = 0; good && i < p.lines.n; i++) {
        put_notes(&p, &p.lines.at[i], i == 0 ? NULL : &p.lines.at[i - 1]);
        if (of->pieces.at[p.lines.at[i].from].tok.kind != 0)
            put_line(&p, &p.lines.at[i]);
    }
    vec_free(&p.lines);
    return good && !out->failed ? OK : ERR_NOMEM;
}

/* ---- whether it reads the same */

static bool same_piece(const Piece *a, const Piece *b, const Written *is) {
    int x = a->tok.kind, y = b->tok.kind;
    bool call = (x == TK_LP || x == TK_CALLP) && (y == TK_LP || y == TK_CALLP);
    if (!(x == y || call) || a->tok.sub != b->tok.sub || !str_eq(a->tok.more, b->tok.more))
        return false;
    bool mark = x != TK_ID && x != TK_LABEL && x != TK_COMMALABEL && x != TK_STRING &&
                x != TK_CURRENCY_CODE && !token_is_literal(x);
    return mark || is->translated || str_eq(a->tok.text, b->tok.text);
}

typedef struct Compared {
    const Shaped *of;
    const Gap *gaps;
    uint32_t n; /* tokens that are the same */
} Compared;

static bool compare_piece(void *ctx, uint32_t i, const Piece *now) {
    Compared *c = ctx;
    bool same = i < c->of->pieces.n && same_piece(&c->of->pieces.at[i], now, &c->gaps[i].is);
    c->n += same;
    return same;
}

static Status compare(const Shaped *of, const Gap *gaps, Str text, const Keywords *keywords,
                      Arena *arena) {
    Sources again = {.arena = arena, .keywords = keywords};
    Shaped now = {.text = text};
    Compared c = {of, gaps, 0};
    uint32_t file;
    Status status = source_add(&again, S("formatted"), text, false, &file);
    if (status == OK)
        status = shape_tell(&again, file, arena, compare_piece, &c, &now);
    bool same = status == OK && c.n == of->pieces.n && now.notes.n == of->notes.n;
    for (size_t i = 0; same && i < of->notes.n; i++)
        same = str_eq(of->notes.at[i].text, now.notes.at[i].text);
    shape_free(&now);
    sources_free(&again);
    return status == ERR_NOMEM ? status : same ? OK : ERR_DAMAGED;
}

/* ---- the whole */

static Status lay_out(const Shaped *of, Arena *arena, Speller *speller, Gap **gaps) {
    Layout l = {.of = of, .arena = arena, .gaps = new (arena, Gap, of->pieces.n)};
    if (l.gaps == NULL)
        return ERR_NOMEM;
    Status status = write_pieces(of, arena, speller, l.gaps);
    if (status == OK) {
        layout_plan(&l);
        layout_align(&l);
        status = l.nomem ? ERR_NOMEM : OK;
    }
    vec_free(&l.blocks);
    vec_free(&l.values);
    *gaps = l.gaps;
    return status;
}

Status format_laid(Sources *sources, uint32_t file, Arena *arena, Speller *speller, Shaped *of,
                   Gap **gaps) {
    speller->arena = arena;
    TRY(shape_text(sources, file, arena, true, of));
    return lay_out(of, arena, speller, gaps);
}

static Status format_shaped(const Shaped *of, const Keywords *keywords, Arena *arena,
                            Speller *speller, Buf *out) {
    Gap *gaps;
    size_t before = out->n;
    Status status = lay_out(of, arena, speller, &gaps);
    if (status == OK)
        status = print(of, gaps, out);
    if (status == OK)
        status = compare(of, gaps, str_from(buf_str(out), before), keywords, arena);
    if (status != OK)
        out->n = before;
    return status;
}

Status format_source(Sources *sources, uint32_t file, Arena *arena, Speller *speller, Buf *out) {
    Shaped of;
    speller->arena = arena;
    Status status = shape_text(sources, file, arena, true, &of);
    if (status == OK)
        status = format_shaped(&of, sources->keywords, arena, speller, out);
    shape_free(&of);
    return status == ERR_LIMIT ? ERR_DAMAGED : status;
}

Status format_names(Sources *sources, uint32_t file, Arena *arena, Speller *speller) {
    Shaped of;
    Status status = shape_text(sources, file, arena, false, &of);
    if (status == OK)
        status = speller_take(speller, &of);
    shape_free(&of);
    return status == ERR_LIMIT ? OK : status;
}
