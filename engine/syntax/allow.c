/* syntax: warnings that a remark allows. */
#include "engine/syntax/allow.h"

#include "engine/syntax/shape.h"
#include "remit_grammar.h"

typedef struct Allowance {
    Span at; /* the code, in the remark */
    DiagCode code;
    uint32_t first, last; /* the lines for which it is said */
    bool used;
} Allowance;

typedef struct Allowing {
    Diags *d;
    Arena *arena;
    VEC(Allowance) all;
} Allowing;

/* ---- reading remarks */

/* The word that makes a remark one of these, and how much of the text it takes; 0: none. */
static size_t allow_word(Str text) {
    static const char *const words[] = {"allow", "Allow", "ALLOW", "允许"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_starts(text, str_of(words[i])))
            return str_of(words[i]).n;
    return 0;
}

static size_t blanks(Str text) {
    size_t n = 0;
    while (n < text.n && (text.p[n] == ' ' || text.p[n] == '\t'))
        n++;
    return n;
}

static bool is_code(Str text) {
    bool digits = text.n >= 5 && (text.p[0] == 'E' || text.p[0] == 'e');
    for (size_t i = 1; digits && i < 5; i++)
        digits = text.p[i] >= '0' && text.p[i] <= '9';
    return digits;
}

static bool code_named(Str text, DiagCode *out) {
    for (int i = 0; i < DIAG_COUNT; i++)
        if (str_eq(str_from(diag_code((DiagCode)i), 1), str_from(text, 1))) {
            *out = (DiagCode)i;
            return true;
        }
    return false;
}

/* The hyphens that begin a remark: two, or a line of them. */
static size_t hyphens(Str text) {
    size_t n = 0;
    while (n < text.n && text.p[n] == '-')
        n++;
    return n;
}

/* How long a mark at the beginning of a text is, in ASCII or full width; 0: it is not there. */
static size_t mark_here(Str text, const char *ascii, const char *wide) {
    return str_starts(text, str_of(ascii))  ? str_of(ascii).n
           : str_starts(text, str_of(wide)) ? str_of(wide).n
                                            : 0;
}

/* What stands between two codes. */
static size_t list_mark(Str text) {
    size_t comma = mark_here(text, ",", "，");
    return comma > 0 ? comma : mark_here(text, "、", "、");
}

/* The lines for which a remark is said. */
typedef struct Lines {
    uint32_t first, last;
} Lines;

static Status allowance_add(Allowing *a, Span at, Lines lines) {
    Allowance one = {.at = at, .first = lines.first, .last = lines.last};
    Str name = source_text(a->d->sources, at);
    if (!code_named(name, &one.code)) {
        diag_add1(a->d, DIAG_ALLOW_NO_WARNING, at, name);
        return OK;
    }
    if (diag_severity(one.code) == SEVERITY_ERROR) {
        diag_add1(a->d, DIAG_ALLOW_NO_WARNING, at, name);
        return OK;
    }
    return vec_push(&a->all, one) ? OK : ERR_NOMEM;
}

/* `allow E0507, E0508: REASON`, which begins at a byte of the source. */
static Status remark_read(Allowing *a, uint32_t file, uint32_t from, Str text, Lines lines) {
    size_t at = hyphens(text);
    at += blanks(str_from(text, at));
    size_t word = allow_word(str_from(text, at));
    at += word;
    at += blanks(str_from(text, at));
    if (word == 0 || !is_code(str_from(text, at)))
        return OK;
    Span code = {0};
    for (size_t mark = 1; mark > 0 && is_code(str_from(text, at));) {
        code = (Span){file, from + (uint32_t)at, from + (uint32_t)at + 5};
        TRY(allowance_add(a, code, lines));
        at += 5;
        at += blanks(str_from(text, at));
        mark = list_mark(str_from(text, at));
        at += mark;
        at += blanks(str_from(text, at));
    }
    at += blanks(str_from(text, at));
    size_t colon = mark_here(str_from(text, at), ":", "：");
    if (colon == 0 || str_trim(str_from(text, at + colon)).n == 0)
        diag_add1(a->d, DIAG_ALLOW_REASON, code, source_text(a->d->sources, code));
    return OK;
}

static uint32_t line_of(Allowing *a, uint32_t file, uint32_t at) {
    return source_place(a->d->sources, file, at).line;
}

/* Where the brace was opened that the piece closes; another piece is where it stands itself. */
static uint32_t opened_at(const Shaped *shaped, size_t piece) {
    int deep = 0;
    for (size_t i = piece + 1; i-- > 0;) {
        int kind = shaped->pieces.at[i].tok.kind;
        deep += kind == TK_RB ? 1 : kind == TK_LB || kind == TK_RECLB ? -1 : 0;
        if (deep <= 0)
            return shaped->pieces.at[i].from;
    }
    return shaped->pieces.at[piece].from;
}

/* Behind something it is said for that line, and for all that is between the braces of which one
 * closes there; alone for the first line below that is no remark. */
static Lines lines_meant(Allowing *a, uint32_t file, const Shaped *shaped, size_t piece,
                         const Note *note, uint32_t line) {
    if (note->behind)
        return (Lines){piece == 0 ? line : line_of(a, file, opened_at(shaped, piece - 1)), line};
    uint32_t meant = line + 1;
    while (str_starts(str_trim(source_line(a->d->sources, file, meant)), S("--")))
        meant++;
    return (Lines){meant, meant};
}

static bool may_allow(Str text) {
    for (size_t i = 0; i + 2 < text.n; i++)
        if (text.p[i] == '-' && text.p[i + 1] == '-') {
            Str rest = str_from(text, i + hyphens(str_from(text, i)));
            if (allow_word(str_from(rest, blanks(rest))) > 0)
                return true;
        }
    return false;
}

static Status source_read(Allowing *a, uint32_t file) {
    Source s = a->d->sources->files.at[file];
    if (s.embedded || s.data || s.pattern.n > 0 || !may_allow(s.text))
        return OK;
    Shaped shaped = {0};
    Status status = shape_text(a->d->sources, file, a->arena, false, &shaped);
    for (size_t i = 0; i < shaped.pieces.n; i++) {
        const Piece *piece = &shaped.pieces.at[i];
        for (uint32_t k = 0; k < piece->notes && status == OK; k++) {
            const Note *note = &shaped.notes.at[piece->note + k];
            uint32_t from = (uint32_t)(note->text.p - s.text.p);
            Lines lines = lines_meant(a, file, &shaped, i, note, line_of(a, file, from));
            status = remark_read(a, file, from, note->text, lines);
        }
    }
    shape_free(&shaped);
    return status == ERR_LIMIT ? OK : status; /* what is no text of the language has no remarks */
}

/* ---- the warnings */

static bool is_allowed(Allowing *a, const Diag *diag) {
    bool allowed = false;
    Span s = diag->span;
    if (diag_severity(diag->code) == SEVERITY_ERROR)
        return false;
    uint32_t first = source_place(a->d->sources, s.file, s.from).line,
             last = source_place(a->d->sources, s.file, s.to > s.from ? s.to - 1 : s.to).line;
    for (size_t i = 0; i < a->all.n; i++) {
        Allowance *one = &a->all.at[i];
        if (one->code != diag->code || one->at.file != s.file || one->last < first ||
            one->first > last)
            continue;
        one->used = allowed = true;
    }
    return allowed;
}

Status allow_apply(Diags *d, size_t *allowed) {
    Arena arena = {0};
    Allowing a = {.d = d, .arena = &arena};
    Status status = OK;
    size_t kept = 0;
    *allowed = 0;
    for (size_t i = 0; i < d->sources->files.n && status == OK; i++)
        status = source_read(&a, (uint32_t)i);
    for (size_t i = 0; i < d->all.n && status == OK; i++) {
        if (is_allowed(&a, &d->all.at[i]))
            ++*allowed;
        else
            d->all.at[kept++] = d->all.at[i];
    }
    if (status == OK) {
        d->all.n = kept;
        d->warnings -= (uint32_t)*allowed;
        for (size_t i = 0; i < a.all.n && d->errors == 0; i++)
            if (!a.all.at[i].used)
                diag_add1(d, DIAG_ALLOW_NOTHING, a.all.at[i].at, diag_code(a.all.at[i].code));
        diags_sort(d);
    }
    vec_free(&a.all);
    arena_free(&arena);
    return status == OK && d->nomem ? ERR_NOMEM : status;
}
