/* check: where a policy uses names of declared things that have an alias as well, and how each of
 * them would be written by the one and by the other. What it is not sure of it leaves out: what
 * stands in a pattern, keys and measures of conditions, whose very words are kept. */
#include "engine/check/alias.h"

#include <stdlib.h>

#include "engine/check/check_int.h"

typedef struct Walk {
    Program *p;
    NameUses *out;
} Walk;

/* ---- one use */

static void use_add(Walk *w, Span at, Str name, Str alias, Str of) {
    const Source *source = &w->p->sources->files.at[at.file];
    if (source->embedded || source->data || source->pattern.n > 0 || name.n == 0 || alias.n == 0)
        return;
    NameUse use = {.at = at, .name = name, .alias = alias, .of = of};
    if (!vec_push(&w->out->all, use))
        w->p->nomem = true;
}

/* What stands before `own` in a text that ends with it; false: it does not. */
static bool prefix_of(Str text, Str own, Str *prefix) {
    if (own.n == 0 || !str_ends(text, own))
        return false;
    *prefix = (Str){text.p, text.n - own.n};
    return prefix->n == 0 || prefix->p[prefix->n - 1] == '.';
}

/* A symbol may be written in several ways, of which the first is its name and the last its alias.
 * The module's name before it stays. */
static void symbol_use(Walk *w, Span at, char kind, Str full, const Str *ways, size_t n) {
    Str text = source_text(w->p->sources, at), prefix;
    for (size_t i = 0; i < n; i++)
        if (prefix_of(text, ways[i], &prefix)) {
            use_add(w, at, say(w->p, "%.*s%.*s", STR_ARG(prefix), STR_ARG(ways[0])),
                    say(w->p, "%.*s%.*s", STR_ARG(prefix), STR_ARG(ways[n - 1])),
                    say(w->p, "%c %.*s", kind, STR_ARG(full)));
            return;
        }
}

static void named_use(Walk *w, Span at, char kind, const Space *home, Str name, Str alias) {
    Str ways[] = {name_own(home, name), alias.n == 0 ? alias : name_own(home, alias)};
    if (alias.n > 0 && !str_eq(ways[0], ways[1]))
        symbol_use(w, at, kind, name, ways, 2);
}

/* Both the team and the role of a seat may have an alias. */
static void party_use(Walk *w, Span at, const Party *party) {
    if (party->team == NULL) {
        named_use(w, at, 'p', party->home, party->name, party->alias);
        return;
    }
    const Party *team = party->team;
    Str of = name_own(party->home, team->name), role = str_from(party->name, team->name.n + 1),
        of_alias = team->alias.n == 0 ? of : name_own(party->home, team->alias),
        role_alias = name_alias(party->label);
    if (role_alias.n == 0)
        role_alias = role;
    Str ways[4] = {
        say(w->p, "%.*s.%.*s", STR_ARG(of), STR_ARG(role)),
        say(w->p, "%.*s.%.*s", STR_ARG(of), STR_ARG(role_alias)),
        say(w->p, "%.*s.%.*s", STR_ARG(of_alias), STR_ARG(role)),
        say(w->p, "%.*s.%.*s", STR_ARG(of_alias), STR_ARG(role_alias)),
    };
    if (!str_eq(ways[0], ways[3]))
        symbol_use(w, at, 'p', party->name, ways, 4);
}

#define USE_OF(kind, sym) named_use(w, at, kind, (sym)->home, (sym)->name, (sym)->alias)

static void event_use(Walk *w, const Node *name) {
    Span at = name == NULL ? (Span){0} : name->span;
    const Event *event = name == NULL ? NULL : event_find(w->p, name->text);
    if (event != NULL && !event->engine)
        USE_OF('e', event);
}

static void duty_use(Walk *w, Span at, Str name) {
    const DutySym *duty = duty_find(w->p, name);
    if (duty != NULL)
        USE_OF('d', duty);
}

static void approval_use(Walk *w, Span at, Str name) {
    const ApprovalSym *approval = approval_find(w->p, name);
    if (approval != NULL)
        USE_OF('a', &approval->base);
}

static void kpi_use(Walk *w, Span at, Str name) {
    const KpiSym *kpi = kpi_find(w->p, name);
    if (kpi != NULL && !kpi->nameless)
        USE_OF('k', kpi);
}

static void entity_use(Walk *w, Span at, Str name) {
    const Entity *entity = entity_find(w->p, name);
    if (entity != NULL)
        USE_OF('n', entity);
}

static void calendar_use(Walk *w, Span at, Str name) {
    const Calend *calendar = calendar_find(w->p, name);
    if (calendar != NULL)
        USE_OF('c', calendar);
}

static void type_use(Walk *w, Span at, Str name) {
    const NamedType *type = type_find(w->p, name);
    if (type != NULL)
        USE_OF('t', type);
}

static void party_named(Walk *w, const Node *name) {
    const Party *party = name == NULL ? NULL : party_find(w->p, name->text);
    if (party != NULL)
        party_use(w, name->span, party);
}

/* ---- fields and members */

static void field_use(Walk *w, Span at, const Field *fields, uint32_t n, uint32_t slot) {
    if (slot < n)
        named_use(w, at, 'f', NULL, fields[slot].name, fields[slot].alias);
}

static void bound_field(Walk *w, const Node *node) {
    const Type *of = type_of(node->a);
    if (node->bind == BIND_FIELD && of->kind == TY_EVENT) {
        const Event *event = of->of;
        if (!event->told && !event->engine)
            field_use(w, node->at, event->fields, event->field_count, node->slot);
    } else if (node->bind == BIND_HELD && of->kind == TY_ENTITY) {
        const Entity *entity = of->of;
        field_use(w, node->at, entity->fields, entity->field_count, node->slot);
    } else if (node->bind == BIND_PICK && of->kind == TY_RECORD) {
        const RecordType *record = of->of;
        field_use(w, node->at, record->fields, record->field_count, node->slot);
    }
}

static void inits_use(Walk *w, const Node *inits, const Field *fields, uint32_t n) {
    for (const Node *init = inits; init != NULL; init = init->next) {
        int slot = init->kind == N_INIT ? field_find(fields, n, init->text) : -1;
        if (slot >= 0)
            field_use(w, init->at, fields, n, (uint32_t)slot);
    }
}

static void event_inits(Walk *w, const Node *name, const Node *inits) {
    event_use(w, name);
    const Event *event = name == NULL ? NULL : event_find(w->p, name->text);
    if (event != NULL && !event->engine)
        inits_use(w, inits, event->fields, event->field_count);
}

static void entity_inits(Walk *w, const Node *node) {
    const Entity *entity = entity_find(w->p, node->text);
    entity_use(w, node->at, node->text);
    if (entity != NULL)
        inits_use(w, node->b, entity->fields, entity->field_count);
}

static void member_use(Walk *w, const Node *node) {
    const Enum *e = node->means;
    const Member *m = &e->members[node->slot];
    if (m->alias.n > 0 && !str_eq(m->name, m->alias))
        named_use(w, node->span, 'm', NULL, m->name, m->alias);
}

/* ---- where names stand */

/* Of which declarations something is heard. */
static void heard_use(Walk *w, const Node *name) {
    int row = name == NULL ? -1 : told_find(name->text);
    if (row < 0) {
        event_use(w, name);
        return;
    }
    for (const Node *one = name->b; one != NULL; one = one->next)
        switch (told_of((ToldRow)row)) {
        case DECL_DUTY:
            duty_use(w, one->span, one->text);
            break;
        case DECL_APPROVAL:
            approval_use(w, one->span, one->text);
            break;
        case DECL_KPI:
            kpi_use(w, one->span, one->text);
            break;
        case DECL_RULE:
        case DECL_KINDS:
            break;
        }
}

/* `order.paid.amount`: an event, a duty or an entity, and a field of it. */
static void measured_use(Walk *w, const Node *name) {
    if (name == NULL || name->kind != N_NAME ||
        !str_eq(source_text(w->p->sources, name->span), name->text))
        return;
    for (uint32_t n = (uint32_t)name->text.n; n > 0; n--) {
        if (n < name->text.n && name->text.p[n] != '.')
            continue;
        Str part = {name->text.p, n};
        Span at = {name->span.file, name->span.from, name->span.from + n};
        const Event *event = event_find(w->p, part);
        if (event != NULL)
            USE_OF('e', event);
        else if (duty_find(w->p, part) != NULL)
            duty_use(w, at, part);
        else if (entity_find(w->p, part) != NULL)
            entity_use(w, at, part);
        else
            continue;
        return;
    }
}

static void names_of(Walk *w, const Node *list) {
    for (const Node *one = list; one != NULL; one = one->next) {
        duty_use(w, one->at, one->text);
        approval_use(w, one->at, one->text);
        const Party *party = party_find(w->p, one->text);
        if (party != NULL && party->kind == PARTY_ROTATION)
            party_use(w, one->at, party);
    }
}

static void expression_use(Walk *w, const Node *node) {
    Span at = node->at;
    if (node->bind == BIND_PARTY)
        party_use(w, node->span, node->means);
    else if (node->bind == BIND_MEMBER)
        member_use(w, node);
    else if (node->kind == N_FIELD)
        bound_field(w, node);
    else if (node->kind == N_CALL && node->bind == BIND_TABLE)
        USE_OF('l', (const Table *)node->means);
    else if (node->kind == N_CALL && node->bind == BIND_ENTITY)
        USE_OF('n', (const Entity *)node->means);
    else if (node->kind == N_CALL && node->bind == BIND_MEASURE)
        kpi_use(w, at, node->text);
}

static void state_use(Walk *w, const Node *node) {
    int of = node->op >> 8;
    if (of == DECL_DUTY)
        duty_use(w, node->at, node->text);
    else if (of == DECL_APPROVAL)
        approval_use(w, node->at, node->text);
    else
        kpi_use(w, node->at, node->text);
}

static void node_use(Walk *w, const Node *node) {
    switch ((int)node->kind) {
    case N_ON:
    case N_ACT:
        if (node->a != NULL && node->a->c == NULL)
            heard_use(w, node->a);
        else if (node->a != NULL)
            state_use(w, node->a->c);
        return;
    case N_EMIT:
    case N_EXPECT_EMITTED:
        event_inits(w, node->a, node->b);
        return;
    case N_FED:
    case N_STEP_EVENT:
        event_inits(w, node->b, node->c);
        return;
    case N_AGGREGATE:
        measured_use(w, node->a);
        return;
    case N_ROLE:
    case N_TEAM:
    case N_ROTATION:
        party_named(w, node->a);
        return;
    case N_GRANT:
    case N_REASSIGN:
        names_of(w, node->c);
        return;
    case N_OBLIGE:
    case N_EXPECT_DUTY:
        duty_use(w, node->at, node->text);
        return;
    case N_ASK:
    case N_EXPECT_APPROVAL:
        approval_use(w, node->at, node->text);
        return;
    case N_EXPECT_KPI:
        kpi_use(w, node->at, node->text);
        return;
    case N_SET:
    case N_DELETE:
    case N_EXPECT_ENTITY:
        entity_inits(w, node);
        return;
    case N_STATE_IS:
        state_use(w, node);
        return;
    case N_TYPE_OF:
    case N_RECORD:
        type_use(w, node->at, node->text);
        return;
    case N_SET_CALENDAR:
        calendar_use(w, node->at, node->text);
        return;
    case N_REF:
    case N_FIELD:
    case N_CALL:
        expression_use(w, node);
        return;
    default:
        return;
    }
}

static void walk(Walk *w, const Node *list) {
    for (const Node *node = list; node != NULL && !w->p->nomem; node = node->next) {
        bool whole = node->bind == BIND_PARTY; /* a seat is one name */
        if (node->kind == N_PATTERN || node->kind == N_KEY || node->kind == N_MEASURED ||
            node->kind == N_USE || (node->kind == N_MODULE && node->flag != 0))
            continue;
        node_use(w, node);
        const Node *below[] = {node->a, node->b, node->c, node->d};
        for (int i = 0; i < 4 && !whole; i++)
            walk(w, below[i]);
    }
}

/* ---- all of them, in the order of the files */

static int compare_uses(const void *a, const void *b) {
    const NameUse *x = a, *y = b;
    return x->at.file != y->at.file   ? (x->at.file < y->at.file ? -1 : 1)
           : x->at.from != y->at.from ? (x->at.from < y->at.from ? -1 : 1)
           : x->at.to != y->at.to     ? (x->at.to < y->at.to ? -1 : 1)
                                      : str_cmp(x->of, y->of);
}

/* A name that is found to mean two things is none of these. */
static void uses_part(NameUses *uses) {
    size_t kept = 0;
    for (size_t i = 0, to; i < uses->all.n; i = to) {
        const NameUse *one = &uses->all.at[i];
        bool same = true;
        for (to = i + 1; to < uses->all.n && uses->all.at[to].at.file == one->at.file &&
                         uses->all.at[to].at.from < one->at.to;
             to++)
            same = same && str_eq(uses->all.at[to].of, one->of) &&
                   uses->all.at[to].at.to == one->at.to;
        if (same)
            uses->all.at[kept++] = *one;
    }
    uses->all.n = kept;
}

Status names_used(Program *p, NameUses *out) {
    Walk w = {.p = p, .out = out};
    *out = (NameUses){0};
    for (size_t i = 0; i < p->files.n && !p->nomem; i++) {
        if (p->homes.at[i]->pattern != NULL)
            continue;
        space_enter(p, p->homes.at[i]);
        walk(&w, p->files.at[i]);
    }
    walk(&w, p->header);
    space_enter(p, NULL);
    if (p->nomem)
        return ERR_NOMEM;
    if (out->all.n > 1)
        qsort(out->all.at, out->all.n, sizeof *out->all.at,
              compare_uses); /* a total order: what is equal is one use, found twice */
    uses_part(out);
    return OK;
}

void name_uses_free(NameUses *uses) {
    vec_free(&uses->all);
}
