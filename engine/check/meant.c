/* check: names in a tree that is checked, each with what it means. */
#include "engine/check/meant.h"

#include "engine/check/check_int.h"

typedef struct Walk {
    Program *p;
    Meants *out;
} Walk;

static void meant_add(Walk *w, Meant meant) {
    if (meant.at.to > meant.at.from && meant.name.n > 0 && !vec_push(&w->out->all, meant))
        w->out->nomem = true;
}

#define SYMBOL(span, row, sym)                                                                     \
    ((Meant){.at = (span), .kind = (row), .of = (sym), .name = (sym)->name, .alias = (sym)->alias})

static bool find_any(Program *p, Str name, Meant *out) {
    const Span none = {0};
    const Party *party = party_find(p, name);
    const Event *event = party != NULL ? NULL : event_find(p, name);
    const DutySym *duty = event != NULL ? NULL : duty_find(p, name);
    const ApprovalSym *approval = duty != NULL ? NULL : approval_find(p, name);
    const KpiSym *kpi = approval != NULL ? NULL : kpi_find(p, name);
    const Table *table = kpi != NULL ? NULL : decision_find(p, name);
    const Calend *calendar = table != NULL ? NULL : calendar_find(p, name);
    if (party != NULL)
        *out = SYMBOL(none, MEANT_PARTY, party);
    else if (event != NULL && !event->engine && !event->told)
        *out = SYMBOL(none, MEANT_EVENT, event);
    else if (duty != NULL)
        *out = SYMBOL(none, MEANT_DUTY, duty);
    else if (approval != NULL)
        *out = SYMBOL(none, MEANT_APPROVAL, &approval->base);
    else if (kpi != NULL)
        *out = SYMBOL(none, MEANT_KPI, kpi);
    else if (table != NULL)
        *out = SYMBOL(none, MEANT_TABLE, table);
    else if (calendar != NULL)
        *out = SYMBOL(none, MEANT_CALENDAR, calendar);
    else
        return false;
    return true;
}

static void name_add(Walk *w, Span at, Str name) {
    Meant meant;
    if (name.n > 0 && find_any(w->p, name, &meant)) {
        meant.at = at;
        meant_add(w, meant);
    }
}

/* ---- fields and members */

static void field_word(Walk *w, Span at, const Field *fields, uint32_t n, uint32_t slot) {
    if (slot < n)
        meant_add(w, (Meant){at, MEANT_WORD, NULL, fields[slot].name, fields[slot].alias});
}

static void field_meant(Walk *w, const Node *node) {
    const Type *of = node->a == NULL ? NULL : type_of(node->a);
    if (of == NULL)
        return;
    if (node->bind == BIND_FIELD && of->kind == TY_EVENT) {
        const Event *event = of->of;
        field_word(w, node->at, event->fields, event->field_count, node->slot);
    } else if (node->bind == BIND_HELD && of->kind == TY_ENTITY) {
        const Entity *entity = of->of;
        field_word(w, node->at, entity->fields, entity->field_count, node->slot);
    } else if (node->bind == BIND_PICK && of->kind == TY_RECORD) {
        const RecordType *record = of->of;
        field_word(w, node->at, record->fields, record->field_count, node->slot);
    }
}

static void member_meant(Walk *w, const Node *node) {
    const Enum *e = node->means;
    if (e != NULL && node->slot < e->count)
        meant_add(w, (Meant){node->span, MEANT_WORD, NULL, e->members[node->slot].name,
                             e->members[node->slot].alias});
}

/* ---- the tree */

static void node_meant(Walk *w, const Node *node) {
    switch ((int)node->kind) {
    case N_REF:
    case N_FIELD:
        if (node->bind == BIND_PARTY)
            meant_add(w, SYMBOL(node->span, MEANT_PARTY, (const Party *)node->means));
        else if (node->bind == BIND_MEMBER)
            member_meant(w, node);
        else if (node->kind == N_FIELD)
            field_meant(w, node);
        return;
    case N_CALL:
        if (node->bind == BIND_TABLE)
            meant_add(w, SYMBOL(node->at, MEANT_TABLE, (const Table *)node->means));
        else if (node->bind == BIND_ENTITY)
            meant_add(w, SYMBOL(node->at, MEANT_ENTITY, (const Entity *)node->means));
        else if (node->bind == BIND_MEASURE)
            name_add(w, node->at, node->text);
        return;
    case N_NAME:
        if (node->c == NULL && node->b == NULL)
            name_add(w, node->span, node->text);
        return;
    case N_GRANT:
    case N_REASSIGN: /* what it is about */
        for (const Node *what = node->c; what != NULL; what = what->next)
            name_add(w, what->at, what->text);
        return;
    case N_OBLIGE:
    case N_ASK:
    case N_STATE_IS:
    case N_SET_CALENDAR:
        name_add(w, node->at, node->text);
        return;
    default:
        return;
    }
}

static void walk(Walk *w, const Node *list, bool alone) {
    for (const Node *node = list; node != NULL && !w->out->nomem;
         node = alone ? NULL : node->next) {
        bool whole = node->bind == BIND_PARTY; /* a seat is one name */
        node_meant(w, node);
        const Node *below[] = {node->a, node->b, node->c, node->d};
        for (int i = 0; i < 4 && !whole; i++)
            walk(w, below[i], false);
    }
}

void names_meant(Program *p, const Space *home, const Node *node, Meants *out) {
    Walk w = {p, out};
    const Space *here = p->here;
    space_enter(p, home);
    walk(&w, node, true);
    p->here = here;
}

bool name_meant(Program *p, const Space *home, Str name, Meant *out) {
    const Space *here = p->here;
    space_enter(p, home);
    bool found = find_any(p, name, out);
    p->here = here;
    return found;
}

const Given *name_given(const Space *home, Str name) {
    for (const Space *s = home; s != NULL; s = s->outer)
        for (const Given *g = s->given; g != NULL; g = g->next)
            if (str_eq(g->name, name))
                return g;
    return NULL;
}
