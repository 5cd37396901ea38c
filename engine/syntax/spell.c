/* syntax: how tokens are written, from grammar/keywords.def. */
#include "engine/syntax/spell.h"

#include <string.h>

#include "engine/base/unicode.h"
#include "engine/syntax/keyword.h"
#include "engine/syntax/tree.h"
#include "remit_grammar.h"

/* Words that are names to the grammar: `sub` says where they are the language's. */
enum { WORD_PROPERTY, WORD_FUNCTION, WORD_VALUE };

static const KeywordRow word_rows[] = {
#define PROPERTY(name, en, zh) {TK_ID, WORD_PROPERTY, en, zh},
#define FUNCTION(name, en, zh) {TK_ID, WORD_FUNCTION, en, zh},
#include "grammar/keywords.def"
};

enum {
    WORD_ROWS = sizeof word_rows / sizeof *word_rows,
    WORDS_ALL = WORD_ROWS + 2,
    SPELL_SLOTS = 4096 /* more than there are spellings */
};

/* ---- which of several spellings */

typedef enum SpellWhere {
    BEHIND_ONE,    /* the number before it is 1 */
    BEHIND_OTHER,  /* it is another number */
    BEHIND_IN,     /* `in hours` */
    ALONE,         /* a unit without a number: of calendars */
    BEFORE_TEXT,   /* a text in quotes follows */
    BEHIND_BRACE,  /* a closing brace stands before it: } by "ann" */
    BEFORE_MOMENT, /* a date or an instant follows */
    BETWEEN,       /* it stands between two things: from A to B */
    OF_SEVERAL     /* a list with a comma follows */
} SpellWhere;

typedef struct SpellChoice {
    uint16_t token;
    bool chinese;
    SpellWhere where;
    uint8_t form; /* the spelling, from 0; in all other places the first is taken */
} SpellChoice;

static const SpellChoice choices[] = {
    {TK_UNIT, false, BEHIND_OTHER, 1},
    {TK_UNIT, false, BEHIND_IN, 1},
    {TK_UNIT, true, ALONE, 1},
    {TK_UNIT, true, BEHIND_IN, 1},
    {TK_PLACES, false, BEHIND_ONE, 1},
    {TK_SAMPLES, false, BEHIND_ONE, 1},
    {TK_POINTS_OF, false, BEHIND_ONE, 1},
    {TK_DEPUTY_OF, false, OF_SEVERAL, 1},
    {TK_TO, true, BETWEEN, 1},
    {TK_AFTER, true, BEFORE_MOMENT, 1},
    {TK_BY, true, BEFORE_TEXT, 0},
    {TK_BY, true, BEHIND_BRACE, 0},
    {TK_BY, true, ALONE, 1},
    {TK_FROM, true, BEFORE_TEXT, 1},
};

/* ---- the table, cut up */

static void row_cut(SpellRow *row, const KeywordRow *from) {
    row->token = from->token;
    row->sub = from->sub;
    for (int zh = 0; zh < 2; zh++) {
        Str rest = str_of(zh ? from->zh : from->en);
        for (int i = 0; i < SPELL_FORMS && rest.n > 0; i++) {
            str_cut(rest, '|', &row->forms[zh][i], &rest);
            row->columns[zh][i] = (uint16_t)uc_columns(row->forms[zh][i]);
        }
    }
}

static const SpellRow *row_find(const Speller *s, int token, int sub) {
    if (token <= 0 || token > parse_tokens() || s->first[token] == 0)
        return NULL;
    for (size_t i = s->first[token] - 1u; i < keyword_row_count && s->rows[i].token == token; i++)
        if (s->rows[i].sub == sub)
            return &s->rows[i];
    return NULL;
}

/* `any` and `value` are keywords elsewhere, and names where they are called or read. */
static void words_more(Speller *s) {
    const SpellRow *any = row_find(s, TK_HIT, HIT_ANY), *value = row_find(s, TK_VALUE, 0);
    s->words[WORD_ROWS] = *any;
    s->words[WORD_ROWS].sub = WORD_FUNCTION;
    s->words[WORD_ROWS + 1] = *value;
    s->words[WORD_ROWS + 1].sub = WORD_VALUE;
}

void speller_free(Speller *s) {
    vec_free(&s->taken);
    vec_free(&s->bound);
}

static bool spells(const SpellRow *row, Str text) {
    for (int zh = 0; zh < 2; zh++)
        for (int i = 0; i < SPELL_FORMS; i++)
            if (row->forms[zh][i].n > 0 && str_eq(row->forms[zh][i], text))
                return true;
    return false;
}

/* The slot of a spelling, or the free one where it would stand: there are free ones. */
static uint16_t *spelt_slot(const Speller *s, Str text) {
    size_t i = str_hash(text) % SPELL_SLOTS;
    while (s->spelt[i] != 0 && !spells(&s->rows[s->spelt[i] - 1], text))
        i = (i + 1) % SPELL_SLOTS;
    return &s->spelt[i];
}

static void row_spellings(Speller *s, size_t row) {
    for (int zh = 0; zh < 2; zh++)
        for (int i = 0; i < SPELL_FORMS; i++) {
            Str form = s->rows[row].forms[zh][i];
            uint16_t *slot = form.n == 0 ? NULL : spelt_slot(s, form);
            if (slot != NULL && *slot == 0)
                *slot = (uint16_t)(row + 1);
        }
}

static const SpellRow *row_spelt(const Speller *s, Str text) {
    uint16_t row = *spelt_slot(s, text);
    return row == 0 ? NULL : &s->rows[row - 1];
}

Status speller_init(Speller *s, Arena *arena, SpellIn in) {
    *s = (Speller){.arena = arena, .in = in};
    s->rows = new (arena, SpellRow, keyword_row_count);
    s->words = new (arena, SpellRow, WORDS_ALL);
    s->first = new (arena, uint16_t, (size_t)parse_tokens() + 1);
    s->spelt = new (arena, uint16_t, SPELL_SLOTS);
    if (s->rows == NULL || s->words == NULL || s->first == NULL || s->spelt == NULL)
        return ERR_NOMEM;
    for (size_t i = keyword_row_count; i-- > 0;) {
        row_cut(&s->rows[i], &keyword_rows[i]);
        s->first[keyword_rows[i].token] = (uint16_t)(i + 1);
    }
    for (size_t i = 0; i < keyword_row_count; i++)
        row_spellings(s, i);
    for (size_t i = 0; i < WORD_ROWS; i++)
        row_cut(&s->words[i], &word_rows[i]);
    words_more(s);
    return OK;
}

static bool is_chinese(Str text) {
    return text.n > 0 && (unsigned char)text.p[0] >= 0x80;
}

/* ---- names that are declared */

static int kind_at(const Shaped *of, size_t i) {
    return i < of->pieces.n ? of->pieces.at[i].tok.kind : 0;
}

static bool is_label(int kind) {
    return kind == TK_LABEL || kind == TK_COMMALABEL;
}

/* Whether piece i is a name that stands alone: not behind a point, and not called. */
static bool stands_alone(const Shaped *of, size_t i) {
    return kind_at(of, i) == TK_ID && (i == 0 || kind_at(of, i - 1) != TK_DOT) &&
           kind_at(of, i + 1) != TK_CALLP && kind_at(of, i + 1) != TK_DOT;
}

/* Whether piece i is a part of the name of a declaration. */
static bool is_declared(const Shaped *of, size_t i) {
    while (i >= 2 && kind_at(of, i - 1) == TK_DOT && kind_at(of, i - 2) == TK_ID)
        i -= 2;
    return i > 0 && kind_at(of, i) == TK_ID && token_declares(kind_at(of, i - 1));
}

/* Keywords that may also be a name in an expression: a declaration of that name may be meant. */
static bool may_name(int kind) {
    return kind == TK_AGG || kind == TK_OWNER || kind == TK_YES || kind == TK_NO || kind == TK_IT;
}

static bool is_word(const Speller *s, Str name) {
    for (size_t w = 0; w < WORDS_ALL; w++)
        if (spells(&s->words[w], name))
            return true;
    for (size_t i = 0; i < keyword_row_count; i++)
        if (may_name(s->rows[i].token) && spells(&s->rows[i], name))
            return true;
    return false;
}

/* In brackets a label is a parameter, elsewhere a field. */
Status speller_take(Speller *s, const Shaped *of) {
    int depth = 0;
    for (size_t i = 0; s->in != SPELL_KEPT && i < of->pieces.n; i++) {
        int kind = kind_at(of, i);
        Str name = of->pieces.at[i].tok.text;
        depth += kind == TK_LP || kind == TK_CALLP ? 1 : kind == TK_RP ? -1 : 0;
        if (kind != TK_ID && !is_label(kind))
            continue;
        bool declared = is_declared(of, i), alone = stands_alone(of, i);
        bool names = declared || alone || is_label(kind);
        bool binds = declared || alone || (is_label(kind) && depth > 0);
        if (!names || !is_word(s, name))
            continue;
        if (!vec_push(&s->taken, name) || (binds && !vec_push(&s->bound, name)))
            return ERR_NOMEM;
    }
    return OK;
}

static bool is_among(const Str *names, size_t n, Str name) {
    for (size_t i = 0; i < n; i++)
        if (str_eq(names[i], name))
            return true;
    return false;
}

/* Keeps each name once: few are words of the language. */
static size_t names_once(Str *names, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!is_among(names, kept, names[i]))
            names[kept++] = names[i];
    return kept;
}

void speller_ready(Speller *s) {
    s->taken.n = names_once(s->taken.at, s->taken.n);
    s->bound.n = names_once(s->bound.at, s->bound.n);
}

/* A row none of whose spellings is among the names. */
static bool row_is_free(const SpellRow *row, const Str *names, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (spells(row, names[i]))
            return false;
    return true;
}

/* ---- writing */

static void written_set(Written *out, Str text) {
    out->text = text;
    out->columns = out->room = (uint32_t)uc_columns(text);
}

static bool stands(const Shaped *of, uint32_t i, bool between, SpellWhere where) {
    int before = i == 0 ? 0 : kind_at(of, i - 1), after = kind_at(of, i + 1);
    switch (where) {
    case BEHIND_ONE:
        return before == TK_NUMBER && str_eq(of->pieces.at[i - 1].tok.text, S("1"));
    case BEHIND_OTHER:
        return false; /* numbers and their units are one token */
    case BEHIND_IN:
        return before == TK_IN;
    case ALONE:
        return after != TK_STRING;
    case BEFORE_TEXT:
        return after == TK_STRING;
    case BEHIND_BRACE:
        return before == TK_RB;
    case BEFORE_MOMENT:
        return after == TK_DATE || after == TK_DATETIME || after == TK_INSTANT;
    case BETWEEN:
        return between;
    case OF_SEVERAL:
        for (size_t k = i + 1; kind_at(of, k) != 0 && kind_at(of, k) != TK_IS; k++)
            if (kind_at(of, k) == TK_COMMA)
                return true;
        return false;
    }
    return false;
}

static int choose(const SpellRow *row, bool zh, const Shaped *of, uint32_t i, bool between) {
    for (size_t c = 0; c < sizeof choices / sizeof *choices; c++) {
        Str form = row->forms[zh][choices[c].form];
        bool counts = str_starts(form, S("个")); /* read behind a number, and never written */
        if (choices[c].token == row->token && choices[c].chinese == zh && form.n > 0 && !counts &&
            stands(of, i, between, choices[c].where))
            return choices[c].form;
    }
    return 0;
}

static void write_row(const Speller *s, const SpellRow *row, bool chinese, const int form[2],
                      Written *out) {
    int zh = s->in == SPELL_KEPT ? chinese : s->in == SPELL_CHINESE;
    uint32_t other = row->columns[!zh][form[!zh]];
    out->text = row->forms[zh][form[zh]];
    out->columns = row->columns[zh][form[zh]];
    out->room = out->columns > other ? out->columns : other;
}

/* Two texts and what stands between them, in the arena. */
static Status write_joined(Speller *s, Str a, Str between, Str b, Written *out) {
    char *text = arena_take(s->arena, a.n + between.n + b.n, 1);
    if (text == NULL)
        return ERR_NOMEM;
    out->text = (Str){text, a.n + between.n + b.n};
    memcpy(text, a.p, a.n);
    if (between.n > 0)
        memcpy(text + a.n, between.p, between.n);
    if (b.n > 0)
        memcpy(text + a.n + between.n, b.p, b.n);
    return OK;
}

/* A number and its unit. */
static Status write_duration(Speller *s, const Tok *tok, Written *out) {
    const SpellRow *row = row_find(s, TK_UNIT, tok->sub);
    if (row == NULL)
        return ERR_LIMIT;
    int form[2] = {str_eq(tok->text, S("1")) || row->forms[0][1].n == 0 ? 0 : 1, 0};
    bool chinese = (unsigned char)s->text.p[tok->span.to - 1] >= 0x80;
    uint32_t digits = (uint32_t)tok->text.n + 1;
    write_row(s, row, chinese, form, out);
    out->columns += digits;
    out->room += digits;
    return write_joined(s, tok->text, S(" "), out->text, out);
}

static Status write_two(Speller *s, Str a, Str between, Str b, Written *out) {
    TRY(write_joined(s, a, between, b, out));
    out->columns = out->room = (uint32_t)uc_columns(out->text);
    return OK;
}

/* A text: “so” becomes "so" where that says the same. */
static Status write_string(Speller *s, Str source, Written *out) {
    written_set(out, source);
    if (source.p[0] == '"')
        return OK;
    Str inner = {source.p + 3, source.n - 6};
    if (str_find(inner, '"') >= 0 || str_find(inner, '\\') >= 0)
        return OK;
    char *text = arena_take(s->arena, inner.n + 2, 1);
    if (text == NULL)
        return ERR_NOMEM;
    text[0] = text[inner.n + 1] = '"';
    memcpy(text + 1, inner.p, inner.n);
    written_set(out, (Str){text, inner.n + 2});
    return OK;
}

/* `name:` or `name "label":`. */
static Status write_label(Speller *s, const Piece *piece, Written *out) {
    Str name = {s->text.p + piece->tok.span.from, piece->tok.span.to - piece->tok.span.from};
    if (piece->tok.more.p == NULL)
        return write_two(s, name, S(":"), (Str){NULL, 0}, out);
    Lexer lexer;
    lexer_init(&lexer, s->text, piece->tok.span.file, s->arena);
    lexer.at = s->text.p + piece->tok.span.to;
    RawToken string = lexer_next(&lexer);
    Written label;
    TRY(write_string(s, (Str){s->text.p + string.span.from, string.span.to - string.span.from},
                     &label));
    TRY(write_two(s, name, S(" "), label.text, out));
    return write_two(s, out->text, S(":"), (Str){NULL, 0}, out);
}

/* Behind a point or called; or, in a KPI, its value. */
static int word_at(const Speller *s, const Shaped *of, uint32_t i) {
    bool behind = i > 0 && kind_at(of, i - 1) == TK_DOT;
    if (behind && i > 1 && kind_at(of, i - 2) == TK_RP)
        return spells(&s->words[WORD_ROWS + 1], of->pieces.at[i].tok.text) ? WORD_VALUE
                                                                           : WORD_PROPERTY;
    if (behind)
        return WORD_PROPERTY;
    if (kind_at(of, i + 1) == TK_CALLP)
        return WORD_FUNCTION;
    return i < s->value_until ? WORD_VALUE : -1;
}

/* A name that is a word of the language, where no declaration has that name. */
static bool write_word(Speller *s, const Shaped *of, uint32_t i, Written *out) {
    Str name = of->pieces.at[i].tok.text;
    int form[2] = {0, 0}, what = word_at(s, of, i);
    for (size_t w = 0; what >= 0 && w < WORDS_ALL; w++) {
        const SpellRow *row = &s->words[w];
        if (row->sub != what || !spells(row, name))
            continue;
        bool own = what == WORD_VALUE && kind_at(of, i - 1) != TK_DOT; /* of a KPI, in its braces */
        if (!own && !row_is_free(row, s->taken.at, s->taken.n))
            continue;
        write_row(s, row, is_chinese(name), form, out);
        out->translated = true;
        return true;
    }
    return false;
}

/* From the keyword of a KPI on `value` is its value, up to its last brace, unless it is grouped by
 * something of that name. */
static void value_look(Speller *s, const Shaped *of, uint32_t i) {
    if (kind_at(of, i) != TK_KPI || kind_at(of, i + 1) != TK_ID || kind_at(of, i + 2) == TK_CALLP)
        return;
    const SpellRow *row = &s->words[WORD_ROWS + 1];
    uint32_t at = i + 2, depth = 0;
    for (; kind_at(of, at) != 0 && kind_at(of, at) != TK_LB; at++)
        if (kind_at(of, at) == TK_ID && spells(row, of->pieces.at[at].tok.text))
            return;
    for (; kind_at(of, at) != 0; at++) {
        if (kind_at(of, at) == TK_FOR_EACH && spells(row, of->pieces.at[at + 1].tok.text))
            return;
        depth += token_opens(kind_at(of, at));
        depth -= kind_at(of, at) == TK_RB;
        if (depth == 0)
            break;
    }
    s->value_until = at;
}

/* A keyword that means a name here, for all that can be seen. */
static bool means_name(const Speller *s, const SpellRow *row, const Shaped *of, uint32_t i) {
    if (!may_name(row->token))
        return false;
    bool bare = row->token == TK_AGG && kind_at(of, i + 1) != TK_CALLP;
    return bare || !row_is_free(row, s->bound.at, s->bound.n);
}

/* A word that is neither a name nor a keyword by its token. */
static bool is_other_word(const Tok *tok) {
    bool word = tok->text.n > 0 && (is_chinese(tok->text) || (tok->text.p[0] | 0x20) >= 'a');
    return word && tok->kind != TK_ID && !is_label(tok->kind) && tok->kind != TK_STRING &&
           tok->kind != TK_CURRENCY_CODE && !token_is_literal(tok->kind);
}

Status speller_write(Speller *s, const Shaped *of, uint32_t i, bool between, Written *out) {
    const Piece *piece = &of->pieces.at[i];
    const Tok *tok = &piece->tok;
    Str source = {s->text.p + tok->span.from, tok->span.to - tok->span.from};
    *out = (Written){.text = source};
    const SpellRow *row = row_find(s, tok->kind, tok->sub);
    value_look(s, of, i);
    if (row == NULL && is_other_word(tok))
        row = row_spelt(s, source); /* a keyword that the joiner has set apart by what follows */
    if (row != NULL) {
        int form[2] = {choose(row, false, of, i, between), choose(row, true, of, i, between)};
        out->keyword = true;
        if (means_name(s, row, of, i))
            written_set(out, source);
        else
            write_row(s, row, is_chinese(source), form, out);
        return OK;
    }
    switch (tok->kind) {
    case TK_DURATION:
        return write_duration(s, tok, out);
    case TK_PERCENT:
        return write_two(s, tok->text, S("%"), (Str){NULL, 0}, out);
    case TK_MONEY:
    case TK_DATETIME:
        return write_two(s, tok->text, S(" "), tok->more, out);
    case TK_NUMBER:
    case TK_DATE:
    case TK_TIME:
    case TK_INSTANT:
        written_set(out, tok->text);
        return OK;
    case TK_STRING:
        return write_string(s, source, out);
    case TK_LABEL:
    case TK_COMMALABEL:
        return write_label(s, piece, out);
    case TK_ID:
        if (s->in == SPELL_KEPT || !write_word(s, of, i, out))
            written_set(out, source);
        return OK;
    case TK_CURRENCY_CODE:
        written_set(out, source);
        return OK;
    default:
        written_set(out, token_name(tok->kind, false));
        return OK;
    }
}
