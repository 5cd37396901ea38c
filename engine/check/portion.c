/* check: what acts on a duty besides single events: sums of a field (`fulfilled by i.total of
 * payment.amount`), and outcomes of approvals (`fulfilled by approval launch(p.launch) granted`).
 */
#include "engine/check/check_int.h"

#include "engine/base/told.h"

/* ---- sums */

/* The two names that stand around the last point; false: there is none. */
static bool name_split(const Node *name, Node *event, Str *field) {
    for (size_t i = name->text.n; i > 0; i--) {
        if (name->text.p[i - 1] != '.')
            continue;
        *event = *name;
        event->text.n = i - 1;
        event->span.to = event->at.to = event->span.from + (uint32_t)(i - 1);
        *field = str_from(name->text, i);
        return true;
    }
    return false;
}

/* `of payment.amount`: the event, and which of its fields; of an event itself *field is -1: each
 * counts one. */
static const Event *portion_event(Program *p, const Node *name, int *field) {
    Node of;
    Str last;
    Unseen unseen = p->unseen;
    *field = -1;
    const Event *whole = event_find(p, name->text);
    p->unseen = unseen;
    if (whole != NULL || !name_split(name, &of, &last))
        return event_named(p, name);
    const Event *event = event_named(p, &of);
    if (event == NULL)
        return NULL;
    *field = field_find(event->fields, event->field_count, field_given(p, event, last));
    if (*field >= 0)
        return event;
    say_unknown_field(p, name->span, event->name, event->fields, event->field_count, last);
    return NULL;
}

static bool adds_up(const Type *type) {
    return type->kind == TY_INTEGER || type->kind == TY_NUMBER || type->kind == TY_MONEY ||
           type->kind == TY_PERCENT ||
           (type->kind == TY_DURATION && (type->families & (type->families - 1)) == 0);
}

/* What is added up, and what it must come to, which is fixed when the duty is raised. */
const Event *portion_check(Program *p, DutySym *duty, ActSym *act) {
    const Node *node = act->node;
    const Event *event = portion_event(p, node->a, &act->field);
    Type want = type_plain(TY_INTEGER);
    if (event != NULL && act->field >= 0)
        want = event->fields[act->field].type;
    if (event != NULL && want.kind != TY_ERROR && !adds_up(&want)) {
        diag_add2(p->diags, DIAG_NOT_A_SUM, node->a->span, node->a->text, type_text(p, &want));
        event = NULL;
    }
    if (event == NULL) {
        (void)expr_operand(p, &duty->scope, node->c, NULL);
        return NULL;
    }
    want.optional = want.bounded = false;
    if (want.kind == TY_INTEGER && act->field >= 0)
        want.kind = TY_NUMBER; /* whole numbers may come to any amount */
    Type type = expr_want(p, &duty->scope, node->c, &want);
    if (type.kind == TY_ERROR)
        return NULL;
    act->amount = node->c;
    Value v;
    if (node->c->kind == N_LIT && literal_value(p, node->c, &v) && dec_sign(value_to_dec(v)) <= 0)
        diag_add1(p->diags, DIAG_NO_AMOUNT, node->c->span, source_text(p->sources, node->c->span));
    return event;
}

static Node *node_new(Program *p, NodeKind kind, Span at, Str text) {
    Node *node = new (p->arena, Node, 1);
    if (node == NULL) {
        p->nomem = true;
        return NULL;
    }
    *node = (Node){.kind = (uint8_t)kind, .span = at, .at = at, .text = text};
    return node;
}

/* `i.total` as an expression. */
static Node *path_of(Program *p, const Node *name) {
    Node *path = NULL;
    uint32_t from = name->span.from;
    for (Str part, rest = name->text; rest.n > 0;) {
        if (!str_cut(rest, '.', &part, &rest))
            rest = (Str){NULL, 0};
        Span at = {name->span.file, from, from + (uint32_t)part.n};
        Node *next = node_new(p, path == NULL ? N_REF : N_FIELD, at, part);
        if (next == NULL)
            return NULL;
        next->a = path;
        next->span.from = name->span.from;
        path = next;
        from = at.to + 1;
    }
    return path;
}

/* Whether `A of B` means an amount, and not something that the engine says of a declaration. */
static bool means_sum(Program *p, const Node *act) {
    const Node *name = act->a;
    if (name->b == NULL || name->op != HEARD_OF || name->c != NULL || name->b->next != NULL ||
        str_starts(name->text, S("remit.")) || told_find(name->text) >= 0)
        return false;
    Unseen unseen = p->unseen;
    bool event = event_find(p, name->text) != NULL;
    p->unseen = unseen;
    return !event;
}

static void sum_alone(Program *p, const Node *act) {
    if (act->c == NULL && act->flag == 0)
        return;
    diag_add3(p->diags, DIAG_WRONG_PLACE, act->c != NULL ? act->c->span : act->at,
              act->c != NULL ? say_both(p, "since", "自") : say_both(p, "each", "各"),
              say_both(p, "a sum", "合计"),
              say_both(p, "what comes counts for one duty, from its raising on",
                       "发生的事件只计入一项职责，且自其发生起计"));
}

/* Reads `A of B` among parts as a portion. */
void portion_read(Program *p, Node *act) {
    if (act->op == ACT_PORTION || !means_sum(p, act))
        return;
    const Node *name = act->a, *of = name->b;
    sum_alone(p, act);
    act->op = ACT_PORTION;
    act->flag = 0;
    act->c = path_of(p, name);
    act->a = node_new(p, N_NAME, of->span, of->text);
}

/* Reads clauses `fulfilled by A of B` as what several events fulfil together. */
void sums_read(Program *p, Node *clauses) {
    for (Node *c = clauses; c != NULL && !p->nomem; c = c->next) {
        if (c->kind != N_ACT || c->op != ACT_FULFIL || !means_sum(p, c))
            continue;
        Node *act = node_new(p, N_ACT, c->span, c->text);
        if (act == NULL)
            return;
        Node *next = c->next;
        *act = *c;
        act->next = NULL;
        act->at = c->a->span;
        portion_read(p, act);
        *c = (Node){.kind = N_PARTS, .span = c->span, .at = c->at, .a = act, .flag = 1};
        c->next = next;
    }
}

/* Where a text stands within a span of its source. */
static Span span_of(Program *p, Span within, Str text) {
    Str all = source_text(p->sources, within);
    if (text.p < all.p || text.p + text.n > all.p + all.n)
        return within;
    uint32_t from = within.from + (uint32_t)(text.p - all.p);
    return (Span){within.file, from, from + (uint32_t)text.n};
}

/* `fulfilled by 100 of delivery.pieces`: no count of events, for there is no such event. */
void count_read_as_sum(Program *p, Node *parts) {
    Node *act = parts->a, of;
    Str field;
    if (parts->flag != 0 || act == NULL || act->kind != N_ACT || act->a->b != NULL)
        return;
    Unseen unseen = p->unseen;
    bool sums = event_find(p, act->a->text) == NULL && name_split(act->a, &of, &field) &&
                event_find(p, of.text) != NULL;
    p->unseen = unseen;
    if (!sums)
        return;
    act->op = ACT_PORTION;
    act->c = node_new(p, N_LIT, span_of(p, parts->span, parts->text), parts->text);
    if (act->c == NULL)
        return;
    act->c->op = LIT_NUMBER;
    parts->flag = 1;
    parts->text = (Str){NULL, 0};
}

/* ---- outcomes of approvals */

static const struct {
    StateRow state;
    ToldRow told;
} outcomes[] = {
    {STATE_OPEN, TOLD_APPROVAL_OPENED},         {STATE_GRANTED, TOLD_APPROVAL_GRANTED},
    {STATE_REFUSED, TOLD_APPROVAL_REFUSED},     {STATE_LAPSED, TOLD_APPROVAL_LAPSED},
    {STATE_WITHDRAWN, TOLD_APPROVAL_WITHDRAWN}, {STATE_UNATTAINABLE, TOLD_APPROVAL_UNATTAINABLE}};

/* Without a key that of the duty is meant. */
static void key_as_duty(Program *p, const DutySym *duty, Node *asked) {
    Node **last = &asked->a;
    for (uint32_t i = 0; i < duty->key_count && !p->nomem; i++) {
        Node *part = node_new(p, N_REF, asked->at, (Str){NULL, 0});
        if (part == NULL)
            return;
        if (duty->key[i] != NULL) {
            *part = *duty->key[i];
            part->next = NULL;
        } else {
            part->text = duty->params[i].name;
            (void)expr_check(p, &duty->scope, part, NULL);
        }
        *last = part;
        last = &part->next;
    }
    asked->means = approval_find(p, asked->text);
    if (asked->means == NULL)
        (void)say_no_declaration(p, DECL_APPROVAL, asked->at, asked->text);
    else if (!duty->keyless && !vec_push(&p->asked, asked))
        p->nomem = true;
}

/* What the engine says of an approval then; NULL: that was no outcome, which is said. */
const Event *outcome_check(Program *p, const DutySym *duty, Node *name) {
    Node *asked = name->c;
    StateRow state = (StateRow)(asked->op & 0xFF);
    uint32_t before = p->diags->errors;
    if (name->flag != 0 || !state_fits(DECL_APPROVAL, state))
        (void)state_check(p, &duty->scope, asked);
    else
        key_as_duty(p, duty, asked);
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        if (outcomes[i].state == state)
            name->text = told_type(outcomes[i].told);
    if (p->diags->errors > before || asked->means == NULL)
        return NULL;
    return event_heard(p, name);
}

/* Which duties an outcome acts on: those whose values are the approval's key. */
void outcome_match(Program *p, const DutySym *duty, ActSym *act) {
    const Node *asked = act->node->a->c;
    size_t n = node_count(asked->a);
    act->links = new (p->arena, Link, n + 1);
    if (act->links == NULL) {
        p->nomem = true;
        return;
    }
    bool key = n == duty->key_count && !duty->by_kpi && duty->each == NULL;
    for (Node *part = asked->a; part != NULL; part = part->next) {
        bool same = key && act->link_count < duty->key_count;
        const Node *own = same ? duty->key[act->link_count] : NULL;
        bool param = same && own == NULL && part->bind == BIND_LOCAL &&
                     duty->scope.locals.at[part->slot].parameter &&
                     duty->scope.locals.at[part->slot].number == act->link_count;
        key = same && (param || (own != NULL && expr_same(own, part)));
        act->links[act->link_count++] = (Link){NULL, 0, part, -1};
    }
    act->of_subject = true;
    act->match = n == 0 ? MATCH_SCAN : key ? MATCH_KEY : MATCH_LINK;
}
