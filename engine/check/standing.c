/* check: standing duties for each of many: `duty appraisal(p) every quarter on day 1 at 09:00 for
 * each p in sales.members`. At each instant of the schedule one is raised for each item; its key is
 * the item (of an entity its key) and the instant. And duties with a clock of their own: `again 90
 * days after done`. */
#include "engine/check/check_int.h"

/* The parameters of such a duty are only the item's name, written again. */
static void params_check(Program *p, const DutySym *duty, const Node *each) {
    const Node *params = duty->node->a;
    if (params == NULL ||
        (params->next == NULL && params->a == NULL && str_eq(params->text, each->text)))
        return;
    diag_add2(p->diags, DIAG_EACH_NAME, params->span, duty->name, each->text);
}

void each_declare(Program *p, DutySym *duty) {
    Node *each = duty->node->b->c;
    params_check(p, duty, each);
    for_each_check(p, &duty->scope, each, say_both(p, "a duty", "职责"), false);
    if (each->means == NULL) {
        duty->keyless = true;
        return;
    }
    Loop *loop = (Loop *)(uintptr_t)each->means;
    Node *oblige = new (p->arena, Node, 1);
    if (oblige == NULL) {
        p->nomem = true;
        return;
    }
    *oblige = (Node){.kind = N_OBLIGE, .span = each->span, .at = each->at, .text = duty->name};
    oblige->means = duty;
    oblige->flag = 1; /* with the item itself */
    each->c = oblige;
    loop->actions = oblige;
    duty->each = loop;
    duty->obliged = true;
    scope_add(p, &duty->scope,
              (Local){.name = each->text, .type = loop->item, .parameter = true, .at = each->at});
}

static Node *part_new(Program *p, NodeKind kind, const Node *each, Str text) {
    Node *node = new (p->arena, Node, 1);
    if (node == NULL)
        p->nomem = true;
    else
        *node = (Node){.kind = (uint8_t)kind, .span = each->at, .at = each->at, .text = text};
    return node;
}

/* What it is known by without `key`: the item, of an entity the fields of its key. */
Node *each_key(Program *p, const DutySym *duty) {
    const Node *each = duty->node->b->c;
    const Loop *loop = duty->each;
    Node *key = part_new(p, N_KEY, each, (Str){NULL, 0});
    if (key == NULL)
        return NULL;
    Node **last = &key->a;
    uint32_t n = loop->entity == NULL ? 1 : loop->entity->key_count;
    for (uint32_t i = 0; i < n && !p->nomem; i++) {
        Node *item = part_new(p, N_REF, each, each->text), *part = item;
        if (loop->entity != NULL) {
            part = part_new(p, N_FIELD, each, loop->entity->fields[loop->entity->keys[i]].name);
            if (part != NULL)
                part->a = item;
        }
        *last = part;
        if (part != NULL)
            last = &part->next;
    }
    return p->nomem ? NULL : key;
}

/* Rules say it with their own `for each`, approvals are asked for. */
void each_refused(Program *p, Scope *scope, const Node *trigger, Str where) {
    if (trigger == NULL || trigger->kind != N_EVERY || trigger->c == NULL)
        return;
    const Node *each = trigger->c;
    diag_add3(p->diags, DIAG_WRONG_PLACE, each->span, say_both(p, "for each", "对每个"), where,
              say_both(p, "write it inside: for each x in ... { ... }",
                       "请写在花括号内：对每个 x 属于 ... { ... }"));
    scope_add(p, scope,
              (Local){.name = each->text, .type = type_error(), .parameter = true, .at = each->at});
}

/* ---- renewals */

void renewal_check(Program *p, DutySym *duty, const Node *again) {
    Type span = {.kind = TY_DURATION, .families = FAMILIES_CALENDAR | FAMILIES_WORKING};
    Type type = expr_want(p, &duty->scope, again->a, &span);
    need_calendar(p, again->a, &type);
    Value v;
    if (again->a->kind == N_LIT && literal_value(p, again->a, &v) && v.i <= 0)
        diag_add(p->diags, DIAG_NO_TIME_AT_ALL, again->a->span);
    duty->renewed = again->a;
}

/* Whether its deadline would be the same instant each time. */
static bool due_is_fixed(const DutySym *duty) {
    return duty->due_by && duty->due != NULL && duty->due->kind != N_END_OF &&
           type_of(duty->due)->kind != TY_TIME && type_of(duty->due)->kind != TY_ERROR;
}

void renewal_fits(Program *p, const DutySym *duty) {
    if (duty->renewed == NULL)
        return;
    Str why = {NULL, 0}, how = why;
    if (duty->schedule.set) {
        why = say_both(p, "its schedule says when it comes", "其周期已写明何时发生");
        how = say_both(p, "write on EVENT instead of every, or leave again out",
                       "请把 每 改为 当 事件，或不写 可再发生");
    } else if (duty->forbids) {
        why = say_both(p, "a prohibition is never done", "禁止无所谓办结");
        how = say_both(p, "oblige it anew in when fulfilled { ... }",
                       "请在 若 已完成 { ... } 中再次责成");
    } else if (duty->start != NULL) {
        why = say_both(p, "this says when its clock starts, and so does starts",
                       "此处与 起算于 都在说何时起算");
        how = say_both(p, "leave starts out", "请不写 起算于");
    } else if (due_is_fixed(duty)) {
        why = say_both(p, "it would be due at the same instant each time",
                       "每次的截止时间点都会相同");
        how = say_both(p, "write due within, due by end of, or a time of day",
                       "请写 时限、截止于 止于 …，或一个时刻");
    }
    if (why.n > 0)
        diag_add3(p->diags, DIAG_NO_RENEWAL, duty->renewed->span, duty->name, why, how);
}

/* ---- the key as others name it */

uint32_t key_wanted(const DutySym *duty) {
    if (duty->schedule.set)
        return duty->each == NULL ? 1 : duty->key_count + 1;
    return duty->key_count + duty->by_kpi;
}

const Type *key_wanted_type(const DutySym *duty, uint32_t part) {
    static const Type instant = {.kind = TY_INSTANT}, number = {.kind = TY_INTEGER};
    bool own = part < duty->key_count && (!duty->schedule.set || duty->each != NULL);
    if (own)
        return &duty->key_types[part];
    if (duty->schedule.set)
        return &instant;
    return part == duty->key_count && duty->by_kpi ? &number : NULL;
}
