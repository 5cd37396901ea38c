/* check: a declaration that many uses are at odds with is told once, with where it stands. */
#include "engine/check/check_int.h"

enum { USES_LEAST = 3 }; /* fewer are told one by one */

static const Field *field_of_type(const Field *fields, uint32_t n, const Type *type) {
    for (uint32_t i = 0; i < n; i++)
        if (&fields[i].type == type)
            return &fields[i];
    return NULL;
}

/* The field whose declaration a type is. */
static const Field *field_typed(const Program *p, const Type *type) {
    const Field *found = NULL;
    for (size_t i = 0; found == NULL && i < p->events.n; i++)
        found = field_of_type(p->events.at[i]->fields, p->events.at[i]->field_count, type);
    for (size_t i = 0; found == NULL && i < p->record_types.n; i++)
        found =
            field_of_type(p->record_types.at[i]->fields, p->record_types.at[i]->field_count, type);
    return found;
}

/* The field of an event that an expression names. */
static const Field *field_used(const Node *node) {
    const Type *of = node->a == NULL ? NULL : type_of(node->a);
    bool field = node->kind == N_FIELD && node->bind == BIND_FIELD && of != NULL;
    const Event *event = field && of->kind == TY_EVENT ? of->of : NULL;
    return event != NULL && node->slot < event->field_count ? &event->fields[node->slot] : NULL;
}

static void set_cause(Program *p, Diag *diag, const Field *field) {
    if (field != NULL && field->at.to > field->at.from)
        diag_cause(diag, field->at,
                   say(p, "`%.*s`%.*s", STR_ARG(field->name), STR_ARG(say_both(p, "", " "))));
}

void declared_as(Program *p, Diag *diag, const Node *at, const Type *wanted) {
    const Field *field = field_typed(p, wanted);
    set_cause(p, diag, field == NULL ? field_used(at) : field);
}

void declared_beside(Program *p, Diag *diag, const Node *node) {
    const Field *field = field_used(node->a);
    set_cause(p, diag, field == NULL ? field_used(node->b) : field);
}

void declared_field(Program *p, Diag *diag, const Field *field) {
    set_cause(p, diag, field);
}

void declared_currency(Program *p, Diag *diag, const Type *a, const Type *b) {
    bool ours = p->currency != 0 && (a->currency == p->currency || b->currency == p->currency);
    for (const Node *s = !ours || p->header == NULL ? NULL : p->header->a; s != NULL; s = s->next)
        if (s->kind == N_SET_CURRENCY)
            diag_cause(diag, s->span, say_both(p, "the policy's currency", "政策的币种"));
}

static bool same_cause(const Diag *a, const Diag *b) {
    return a->cause_name.n > 0 && b->cause_name.n > 0 && a->code == b->code && !a->has_fix &&
           !b->has_fix && a->cause.file == b->cause.file && a->cause.from == b->cause.from &&
           str_eq(a->args[0], b->args[0]) && str_eq(a->args[1], b->args[1]) &&
           str_eq(a->args[2], b->args[2]);
}

/* "`product` is declared on line 94", behind what the hint says anyway. */
static void name_cause(Program *p, Diag *diag) {
    Place place = source_place(p->sources, diag->cause.file, diag->cause.from);
    Str *hint = &diag->args[diag->code == DIAG_NO_OPERATOR ? 3 : 2];
    Str name = diag->cause_name, where;
    if (diag->cause.file == diag->span.file)
        where = say(p, "%.*s%.*s%u%.*s", STR_ARG(name),
                    STR_ARG(say_both(p, " is declared on line ", "声明于第 ")), place.line,
                    STR_ARG(say_both(p, "", " 行")));
    else
        where = say(p, "%.*s%.*s%.*s:%u", STR_ARG(name),
                    STR_ARG(say_both(p, " is declared in ", "声明于 ")),
                    STR_ARG(p->sources->files.at[diag->cause.file].name), place.line);
    *hint = hint->n == 0 ? where
                         : say(p, "%.*s%.*s%.*s", STR_ARG(*hint), STR_ARG(say_both(p, "; ", "；")),
                               STR_ARG(where));
    diag_other(diag, diag->cause);
}

void declared_gather(Program *p) {
    Diags *d = p->diags;
    size_t kept = 0;
    diags_sort(d); /* so that the first place is the one shown */
    for (size_t i = 0; i < d->all.n; i++) {
        Diag *one = &d->all.at[i];
        uint32_t more = 0;
        for (size_t k = i + 1; k < d->all.n && !one->gathered; k++)
            more += !d->all.at[k].gathered && same_cause(one, &d->all.at[k]);
        if (one->gathered || more + 1 < USES_LEAST)
            continue;
        for (size_t k = i + 1; k < d->all.n; k++)
            if (same_cause(one, &d->all.at[k]))
                d->all.at[k].gathered = true;
        one->again += more;
        name_cause(p, one);
    }
    for (size_t i = 0; i < d->all.n; i++)
        if (!d->all.at[i].gathered)
            d->all.at[kept++] = d->all.at[i];
    d->errors -= (uint32_t)(d->all.n - kept);
    d->all.n = kept;
}
