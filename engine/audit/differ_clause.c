/* audit: declarations of clauses held against each other, clause by clause, as they are written. */
#include "engine/audit/differ_int.h"
#include "engine/check/check_int.h"
#include "engine/syntax/format.h"

/* ---- words */

Status differ_spell(Differ *d, int side) {
    Side *s = &d->side[side];
    Sources *sources = &s->policy->sources;
    s->spelt = new (&d->arena, Spelt, sources->files.n + 1);
    if (s->spelt == NULL)
        return ERR_NOMEM;
    s->has_speller = true;
    TRY(speller_init(&s->speller, &d->arena, d->opt->chinese ? SPELL_CHINESE : SPELL_ENGLISH));
    for (uint32_t i = 0; i < sources->files.n; i++)
        if (!sources->files.at[i].data)
            TRY(format_names(sources, i, &d->arena, &s->speller));
    speller_ready(&s->speller);
    return OK;
}

void differ_unspell(Side *s) {
    for (size_t i = 0; s->spelt != NULL && i < s->policy->sources.files.n; i++)
        if (s->spelt[i].ready)
            shape_free(&s->spelt[i].shaped);
    if (s->has_speller)
        speller_free(&s->speller);
}

static Status spelt_of(Differ *d, int side, uint32_t file, Spelt **out) {
    Side *s = &d->side[side];
    *out = &s->spelt[file];
    if ((*out)->ready)
        return OK;
    (*out)->ready = true;
    return format_words(&s->policy->sources, file, &d->arena, &s->speller, &(*out)->shaped,
                        &(*out)->words);
}

/* The first piece at or behind a byte. */
static uint32_t piece_at(const Shaped *of, uint32_t byte) {
    uint32_t low = 0, high = (uint32_t)of->pieces.n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (of->pieces.at[middle].from < byte)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A stretch of a policy on one line, its keywords in the language of the answer. */
static Status words_of(Differ *d, int side, Span at, Str *out) {
    Spelt *s;
    TRY(spelt_of(d, side, at.file, &s));
    const Shaped *of = &s->shaped;
    uint32_t first = piece_at(of, at.from);
    for (uint32_t i = first; i < of->pieces.n && of->pieces.at[i].from < at.to; i++) {
        const Piece *piece = &of->pieces.at[i];
        if (i > first && piece->comma)
            put_c(&d->text, ',');
        if (i > first && (piece->comma || piece->from > of->pieces.at[i - 1].to))
            put_c(&d->text, ' ');
        put_text(&d->text, s->words[i]);
    }
    return differ_keep(d, out);
}

/* ---- declarations */

/* The declaration of a kind around a place. */
static const Node *node_around(const Node *list, NodeKind kind, Span at) {
    for (const Node *node = list; node != NULL; node = node->next) {
        bool around =
            node->span.file == at.file && node->span.from <= at.from && node->span.to >= at.to;
        if (node->kind == kind && around)
            return node;
        const Node *inner = node->kind == N_MODULE    ? node->a
                            : node->kind == N_PATTERN ? node->c
                                                      : NULL;
        const Node *found = inner == NULL ? NULL : node_around(inner, kind, at);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static const Node *node_in_files(const Program *p, NodeKind kind, Span at) {
    for (size_t i = 0; i < p->files.n; i++) {
        const Node *found = node_around(p->files.at[i], kind, at);
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* of: the members that have number and node; empty, or with its point. */
#define NODE_OF(list, of)                                                                          \
    do {                                                                                           \
        for (size_t n_of = 0; n_of < (list).n; n_of++)                                             \
            if ((list).at[n_of]->of number == t->number)                                           \
                return (list).at[n_of]->of node;                                                   \
        return NULL;                                                                               \
    } while (0)

/* The node of a thing, NULL where it has none. */
static const Node *node_of(const Side *s, const Thing *t) {
    const Program *p = s->policy->program;
    switch ((ThingKind)t->kind) {
    case THING_TABLE:
        NODE_OF(p->tables, );
    case THING_DUTY:
        NODE_OF(p->duties, );
    case THING_APPROVAL:
        NODE_OF(p->approvals, base.);
    case THING_RULE:
        NODE_OF(p->rules, );
    case THING_KPI:
        NODE_OF(p->kpis, );
    case THING_FEED:
        return t->number < p->feeds.n ? p->feeds.at[t->number]->node : NULL;
    case THING_HEADER:
        return p->header;
    case THING_ENTITY:
        NODE_OF(p->entities, );
    case THING_PARTY:
        NODE_OF(p->parties, );
    case THING_CALENDAR:
        for (size_t i = 0; i < p->calendars.n; i++)
            if (p->calendars.at[i]->used && p->calendars.at[i]->number == t->number)
                return p->calendars.at[i]->node;
        return NULL;
    case THING_EVENT:
        for (size_t i = 0; i < p->events.n; i++)
            if (p->events.at[i]->number == t->number)
                return node_in_files(p, N_EVENT, p->events.at[i]->at);
        return NULL;
    case THING_RECORD:
        for (size_t i = 0; i < p->record_types.n; i++)
            if (p->record_types.at[i]->number == t->number)
                return node_in_files(p, N_NAMED_TYPE, p->record_types.at[i]->at);
        return NULL;
    case THING_POWER:
    case THING_DEPUTY:
    case THING_MOVE:
    case THING_KINDS:
        break;
    }
    return NULL;
}

/* The line of a policy in which something stands that the tree does not give. */
static Span line_of(const Side *s, uint32_t file, uint32_t line) {
    Sources *sources = &s->policy->sources;
    Str name = file < s->b->source_count ? s->b->sources[file].name : S(""), text;
    for (uint32_t i = 0; i < sources->files.n; i++)
        if (str_eq(sources->files.at[i].stem, name)) {
            text = source_line(sources, i, line);
            uint32_t from = (uint32_t)(text.p - sources->files.at[i].text.p);
            return (Span){i, from, from + (uint32_t)text.n};
        }
    return (Span){0};
}

/* The lines of all that a thing of several gathers. */
typedef Status (*LineVisit)(Differ *d, int side, void *ctx, Span line);

static bool power_is(const Bundle *b, const PowerDef *p, Str name) {
    return str_eq(p->verb == POWER_TO_SWAP ? b->parties[p->of].name
                  : p->approval            ? b->approvals[p->of].name
                                           : b->duties[p->of].name,
                  name);
}

static Status visit_lines(Differ *d, int side, const Thing *t, LineVisit visit, void *ctx) {
    const Side *s = &d->side[side];
    const Bundle *b = s->b;
    for (uint32_t i = 0; i < b->power_count && t->kind == THING_POWER; i++)
        if (power_is(b, &b->powers[i], t->name))
            TRY(visit(d, side, ctx, line_of(s, b->powers[i].file, b->powers[i].line)));
    for (uint32_t i = 0; i < b->deputy_count && t->kind == THING_DEPUTY; i++)
        if (str_eq(b->parties[b->deputies[i].of].name, t->name))
            TRY(visit(d, side, ctx, line_of(s, b->deputies[i].file, b->deputies[i].line)));
    for (uint32_t i = 0; i < b->duty_count && t->kind == THING_MOVE; i++)
        for (uint32_t n = 0; n < b->duties[i].move_count; n++) {
            const MoveDef *m = &b->duties[i].moves[n];
            if (str_eq(b->parties[m->from].name, t->name))
                TRY(visit(d, side, ctx, line_of(s, m->file, m->line)));
        }
    return OK;
}

bool differ_span(const Side *s, const Thing *t, Span *out) {
    const Bundle *b = s->b;
    const Node *node = node_of(s, t);
    if (node != NULL) {
        *out = node->span;
        return true;
    }
    if (t->kind == THING_POWER)
        *out = line_of(s, b->powers[t->number].file, b->powers[t->number].line);
    else if (t->kind == THING_DEPUTY)
        *out = line_of(s, b->deputies[t->number].file, b->deputies[t->number].line);
    else if (t->kind == THING_MOVE)
        *out = line_of(s, b->duties[t->number].moves[0].file, b->duties[t->number].moves[0].line);
    else
        return false;
    return true;
}

/* ---- clauses */

typedef struct Clause {
    uint8_t kind; /* NodeKind */
    uint8_t op;
    Str within; /* the stage that it is of */
    Str words;
    bool matched;
} Clause;

typedef struct Clauses {
    Clause *at;
    uint32_t n, room;
} Clauses;

static Status add_clause(Differ *d, int side, Clauses *out, const Node *node, Str within) {
    Clause c = {.kind = (uint8_t)node->kind, .op = (uint8_t)node->op, .within = within};
    TRY(words_of(d, side, node->span, &c.words));
    return arena_push(&d->arena, out, c) ? OK : ERR_NOMEM;
}

static Status add_list(Differ *d, int side, Clauses *out, const Node *list, Str within) {
    for (const Node *node = list; node != NULL; node = node->next) {
        switch ((int)node->kind) {
        case N_ESCALATE:
        case N_REQUIRES:
            TRY(add_list(d, side, out, node->a, within));
            break;
        case N_STAGE:
            if (node->b != NULL)
                TRY(add_clause(d, side, out, node->b, node->text));
            TRY(add_list(d, side, out, node->a, node->text));
            break;
        case N_ON:
            TRY(add_clause(d, side, out, node->a, within));
            if (node->b != NULL)
                TRY(add_clause(d, side, out, node->b, within));
            break;
        default:
            TRY(add_clause(d, side, out, node, within));
        }
    }
    return OK;
}

/* A line that gives several powers is one clause. */
static Status add_line(Differ *d, int side, void *ctx, Span line) {
    Clauses *out = ctx;
    Clause c = {.kind = N_GRANT};
    TRY(words_of(d, side, line, &c.words));
    for (uint32_t i = 0; i < out->n; i++)
        if (str_eq(out->at[i].words, c.words))
            return OK;
    return arena_push(&d->arena, out, c) ? OK : ERR_NOMEM;
}

static Status clauses_of(Differ *d, int side, const Thing *t, Clauses *out) {
    const Node *node = node_of(&d->side[side], t);
    *out = (Clauses){0};
    if (node == NULL)
        return visit_lines(d, side, t, add_line, out);
    if (node->kind == N_NAMED_TYPE || node->kind == N_TYPE_RECORD)
        node = node->kind == N_NAMED_TYPE && node->a != NULL ? node->a : node;
    TRY(add_list(d, side, out, node->a, S("")));
    TRY(add_list(d, side, out, node->b, S("")));
    TRY(add_list(d, side, out, node->c, S("")));
    return add_list(d, side, out, node->d, S(""));
}

/* What a clause is called. */
static Sentence clause_word(const Clause *c) {
    switch ((int)c->kind) {
    case N_OWED_BY:
        return SAY_DIFF_OWNER;
    case N_DUE_WITHIN:
    case N_DUE_BY:
    case N_EACH_WITHIN:
        return SAY_DIFF_DUE;
    case N_STARTS:
        return SAY_DIFF_STARTS;
    case N_EVERY:
        return SAY_DIFF_SCHEDULE;
    case N_NAME:
        return SAY_DIFF_RAISED;
    case N_RUNG:
        return SAY_DIFF_RUNG;
    case N_NEED:
        return SAY_DIFF_NEED;
    case N_EXCLUDING:
        return SAY_DIFF_EXCLUDED;
    case N_ACT:
    case N_PARTS:
    case N_FORBID:
    case N_PAUSE:
        return SAY_DIFF_CLAUSE;
    case N_LET:
        return SAY_DIFF_LET;
    case N_WHEN:
    case N_WHEN_LEVEL:
        return SAY_DIFF_REACTION;
    case N_MEASURE:
        return SAY_DIFF_MEASURE;
    case N_LEVEL:
        return SAY_DIFF_LEVEL;
    case N_PARAM:
    case N_KEY:
        return SAY_DIFF_KEY;
    case N_NOTIFY:
    case N_EMIT:
    case N_OBLIGE:
    case N_ASK:
    case N_SET:
    case N_DELETE:
    case N_CASE:
    case N_FOR_EACH:
        return SAY_DIFF_ACTION;
    case N_DATED:
        return SAY_DIFF_DATES;
    case N_FIELD_DECL:
        return SAY_DIFF_FIELD;
    case N_COLUMN:
        return SAY_DIFF_COLUMN;
    case N_ROW:
        return SAY_DIFF_ROW;
    default:
        return c->kind >= N_NAME ? SAY_DIFF_WHERE : SAY_DIFF_CLAUSE;
    }
}

static void match_same(Clauses *was, Clauses *is) {
    for (uint32_t i = 0; i < was->n; i++)
        for (uint32_t k = 0; k < is->n && !was->at[i].matched; k++)
            if (!is->at[k].matched && was->at[i].kind == is->at[k].kind &&
                str_eq(was->at[i].within, is->at[k].within) &&
                str_eq(was->at[i].words, is->at[k].words))
                was->at[i].matched = is->at[k].matched = true;
}

/* What stands before the first blank or colon tells clauses of one kind apart. */
static Str first_words(const Clause *c) {
    size_t n = 0;
    for (int blanks = 0; n < c->words.n; n++)
        if (c->words.p[n] == ' ' && ++blanks == 2)
            break;
    return str_upto(c->words, n);
}

static Status note_pair(Differ *d, Change *c, Clause *was, Clause *is) {
    const Clause *any = was != NULL ? was : is;
    Point p = {.what = clause_word(any), .name = any->within};
    if (was != NULL) {
        was->matched = true;
        p.was = was->words;
    }
    if (is != NULL) {
        is->matched = true;
        p.is = is->words;
    }
    return differ_point(d, c, p);
}

/* Pairs of what is left: strict: those that begin alike. */
static Status match_kinds(Differ *d, Change *c, Clauses *was, Clauses *is, bool strict) {
    for (uint32_t i = 0; i < was->n; i++)
        for (uint32_t k = 0; k < is->n && !was->at[i].matched; k++) {
            Clause *x = &was->at[i], *y = &is->at[k];
            bool like = !y->matched && clause_word(x) == clause_word(y) &&
                        (x->kind == y->kind || clause_word(x) != SAY_DIFF_CLAUSE) &&
                        str_eq(x->within, y->within);
            if (like && strict)
                like = x->op == y->op && str_eq(first_words(x), first_words(y));
            if (like)
                TRY(note_pair(d, c, x, y));
        }
    return OK;
}

/* Whether all that both have stands in the same order. */
static bool in_order(const Clauses *was, const Clauses *is) {
    bool same = was->n == is->n;
    for (uint32_t i = 0; same && i < was->n; i++)
        same = str_eq(was->at[i].words, is->at[i].words);
    return same;
}

Status differ_clauses(Differ *d, Change *c) {
    Clauses was, is;
    TRY(clauses_of(d, WAS, c->thing[WAS], &was));
    TRY(clauses_of(d, IS, c->thing[IS], &is));
    match_same(&was, &is);
    TRY(match_kinds(d, c, &was, &is, true));
    TRY(match_kinds(d, c, &was, &is, false));
    for (uint32_t i = 0; i < was.n; i++)
        if (!was.at[i].matched)
            TRY(note_pair(d, c, &was.at[i], NULL));
    for (uint32_t i = 0; i < is.n; i++)
        if (!is.at[i].matched)
            TRY(note_pair(d, c, NULL, &is.at[i]));
    if (c->points.n == 0)
        return differ_point(d, c,
                            (Point){.what = in_order(&was, &is) ? SAY_DIFF_USES : SAY_DIFF_ORDER});
    return OK;
}
