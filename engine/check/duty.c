/* check: duties and rules: their clauses, whom they act on, what they do. */
#include "engine/check/check_int.h"

#include "engine/base/check.h"
#include "engine/base/civil.h"
#include "engine/base/limits.h"
#include "engine/syntax/keyword.h"
#include "engine/syntax/marks.h"

/* ---- shared by duties and rules */

static void trigger_on(Program *p, Scope *scope, const Node *on, const Node **where) {
    scope->event = event_heard(p, on->a);
    scope->alias = on->text;
    refuse_value_word(p, on->a->span, on->text);
    if (on->b == NULL)
        return;
    *where = on->b;
    if (scope->event != NULL)
        expr_condition(p, scope, on->b);
}

Type let_type(Program *p, const Scope *scope, const Node *let) {
    Type type = expr_check(p, scope, let->a, NULL);
    if (type.kind != TY_EVENT && type.kind != TY_NOTHING && type.kind != TY_QUOTIENT)
        return type;
    Type any = type_plain(TY_TEXT);
    say_wrong_type(p, let->a, &type, &any);
    return type_error();
}

void lets_read(Program *p, Scope *scope, const Node *clauses) {
    uint32_t number = 0;
    for (const Node *c = clauses; c != NULL; c = c->next) {
        if (c->kind != N_LET)
            continue;
        Type type = let_type(p, scope, c);
        scope_add(
            p, scope,
            (Local){.name = c->text, .type = type, .node = c->a, .number = number++, .at = c->at});
    }
}

bool has_error(const Node *list) {
    for (; list != NULL; list = list->next)
        if (list->kind == N_ERROR)
            return true;
    return false;
}

void parties_check(Program *p, const Scope *scope, Node *parties) {
    Type party = type_plain(TY_PARTY);
    for (; parties != NULL; parties = parties->next)
        expr_want(p, scope, parties, &party);
}

static void text_check(Program *p, const Scope *scope, Node *text) {
    Type want = type_plain(TY_TEXT);
    if (text != NULL)
        expr_want(p, scope, text, &want);
}

/* Whether the one may be the other misspelt. */
static bool name_is_like(Str name, Str other) {
    return nearest(name, &other, 1) == 0;
}

void init_check(Program *p, const Scope *scope, const Event *event, Node *inits, const Node *at) {
    for (Node *init = inits; init != NULL; init = init->next) {
        if (init->kind == N_ERROR)
            continue;
        init->text = field_given(p, event, init->text);
        int field = field_find(event->fields, event->field_count, init->text);
        if (field < 0) {
            if (!say_field_needed(p, init->at, event, init->text))
                say_unknown_field(p, init->at, event->name, event->fields, event->field_count,
                                  init->text);
            expr_check(p, scope, init->a, NULL);
            continue;
        }
        for (const Node *old = inits; old != init; old = old->next)
            if (old->slot == (uint32_t)field && old->bind == BIND_FIELD)
                diag_add2(p->diags, DIAG_DECLARED_TWICE, init->at, init->text, (Str){NULL, 0});
        init->bind = BIND_FIELD;
        init->slot = (uint32_t)field;
        expr_want(p, scope, init->a, &event->fields[field].type);
    }
    for (uint32_t i = 0; i < event->field_count; i++) {
        bool there = event->fields[i].type.optional || event->fields[i].has_preset;
        for (const Node *init = inits; init != NULL && !there; init = init->next)
            there = init->bind == BIND_FIELD ? init->slot == i
                                             : name_is_like(init->text, event->fields[i].name);
        if (!there && !event->broken && !has_error(inits))
            declared_field(
                p,
                diag_add3(p->diags, DIAG_MISSING_FIELD, at->at, event->fields[i].name, event->name,
                          say(p, "%.*s%.*s: %.*s", STR_ARG(say_both(p, "add ", "请补上 ")),
                              STR_ARG(event->fields[i].name), STR_ARG(say_both(p, "VALUE", "值")))),
                &event->fields[i]);
    }
}

static void emit_check(Program *p, const Scope *scope, Node *action) {
    const Event *event = event_named(p, action->a);
    if (event == NULL)
        return;
    if (event->engine)
        diag_add(p->diags, DIAG_RESERVED_NAME, action->a->span);
    action->means = event;
    init_check(p, scope, event, action->b, action->a);
}

void arguments_check(Program *p, const Scope *scope, Node *action, const DutySym *duty) {
    size_t n = node_count(action->a);
    if (n != duty->param_count)
        diag_add3(p->diags, DIAG_ARGUMENT_COUNT, action->span, duty->name,
                  say_number(p, duty->param_count, " argument", " arguments", " 个参数"),
                  say_count(p, n));
    uint32_t i = 0;
    for (Node *arg = action->a; arg != NULL; arg = arg->next, i++)
        expr_want(p, scope, arg, i < duty->param_count ? &duty->params[i].type : NULL);
}

static void oblige_check(Program *p, const Scope *scope, Node *action) {
    DutySym *duty = duty_find(p, action->text);
    if (duty == NULL) {
        ptrdiff_t meant = say_no_declaration(p, DECL_DUTY, action->at, action->text);
        if (meant >= 0)
            p->duties.at[meant]->obliged = true;
        for (Node *arg = action->a; arg != NULL; arg = arg->next)
            expr_check(p, scope, arg, NULL);
        return;
    }
    duty->obliged = true;
    if (duty->node->b != NULL) {
        diag_add1(p->diags, DIAG_NOT_OBLIGED, action->at, duty->name);
        return;
    }
    action->means = duty;
    arguments_check(p, scope, action, duty);
}

static void ask_check(Program *p, const Scope *scope, Node *action) {
    ApprovalSym *approval = approval_find(p, action->text);
    if (approval == NULL) {
        p->asked_unknown = true;
        (void)say_no_declaration(p, DECL_APPROVAL, action->at, action->text);
        for (Node *arg = action->a; arg != NULL; arg = arg->next)
            expr_check(p, scope, arg, NULL);
        return;
    }
    approval->base.obliged = true;
    if (approval->base.node->b != NULL) {
        diag_add1(p->diags, DIAG_NOT_ASKED, action->at, approval->base.name);
        return;
    }
    action->means = approval;
    arguments_check(p, scope, action, &approval->base);
}

/* Actions on a condition, and those that take their place where it does not hold. */
static void case_check(Program *p, Scope *scope, Node *action, Str where, bool of_approval) {
    expr_condition(p, scope, action->a);
    lets_refused(p, action->c, say_both(p, "when", "若"));
    lets_refused(p, action->d, say_both(p, "else", "否则"));
    actions_check(p, scope, action->c, where, of_approval);
    actions_check(p, scope, action->d, where, of_approval);
}

/* Checks actions; `where` names what they stand in, for messages. LETs are skipped. */
void actions_check(Program *p, Scope *scope, const Node *first, Str where, bool of_approval) {
    for (const Node *a = first; a != NULL; a = a->next) {
        Node *action = (Node *)(uintptr_t)a;
        switch (a->kind) {
        case N_EMIT:
            emit_check(p, scope, action);
            break;
        case N_OBLIGE:
            oblige_check(p, scope, action);
            break;
        case N_ASK:
            ask_check(p, scope, action);
            break;
        case N_NOTIFY:
            parties_check(p, scope, action->a);
            text_check(p, scope, action->b);
            notice_check(p, action);
            break;
        case N_RAISE_TO:
            if (!of_approval)
                diag_add3(
                    p->diags, DIAG_WRONG_PLACE, a->at, source_text(p->sources, a->at), where,
                    say_both(p, "an approval escalates when it has ended", "审批结束时才这样上报"));
            parties_check(p, scope, action->a);
            break;
        case N_SET:
            set_check(p, scope, action);
            break;
        case N_DELETE:
            delete_check(p, scope, action);
            break;
        case N_FOR_EACH:
            for_each_check(p, scope, action, where, of_approval);
            break;
        case N_CASE:
            case_check(p, scope, action, where, of_approval);
            break;
        case N_LET:
        case N_SET_ZONE:
        case N_SET_CALENDAR:
        case N_ERROR:
            break;
        default:
            diag_add3(p->diags, DIAG_WRONG_PLACE, a->at, source_text(p->sources, a->at), where,
                      say_both(p, "it is a clause of duties", "它是职责的条款"));
        }
    }
}

/* ---- finding the instances of a clause */

static Uses uses_of(const Node *node) {
    Uses uses = {false, false};
    for (; node != NULL; node = node->next) {
        if (node->bind == BIND_IT)
            uses.it = true;
        if (node->bind == BIND_EVENT || node->bind == BIND_LOCAL)
            uses.at_hand = true;
        const Node *kids[] = {node->a, node->b, node->c, node->d};
        for (int i = 0; i < 4; i++) {
            Uses below = uses_of(kids[i]);
            uses.it = uses.it || below.it;
            uses.at_hand = uses.at_hand || below.at_hand;
        }
    }
    return uses;
}

/* The uses of one node without its siblings. */
Uses uses_here(const Node *node) {
    Uses uses = {node->bind == BIND_IT, node->bind == BIND_EVENT || node->bind == BIND_LOCAL};
    const Node *kids[] = {node->a, node->b, node->c, node->d};
    for (int i = 0; i < 4; i++) {
        Uses below = uses_of(kids[i]);
        uses.it = uses.it || below.it;
        uses.at_hand = uses.at_hand || below.at_hand;
    }
    return uses;
}

bool expr_same(const Node *a, const Node *b) {
    if (a == NULL || b == NULL)
        return a == b;
    if (a->kind == N_IT && a->bind == BIND_EVENT && b->bind == BIND_EVENT)
        return true;
    bool bound = a->bind != BIND_NONE && a->bind != BIND_CONST;
    bool same = a->kind == b->kind && a->op == b->op && a->bind == b->bind &&
                a->means == b->means && a->slot == b->slot && a->flag == b->flag &&
                (bound || (str_eq(a->text, b->text) && str_eq(a->more, b->more)));
    if (same && a->kind == N_CALL && !expr_same(a->b, b->b))
        return false;
    if (!same || (!node_lists(a) && a->kind != N_MEASURED && a->kind != N_STATE_IS))
        return same && expr_same(a->a, b->a) && expr_same(a->b, b->b);
    const Node *x = a->a, *y = b->a;
    for (; same && x != NULL && y != NULL; x = x->next, y = y->next)
        same = expr_same(x, y);
    return same && x == y;
}

static int key_part(const DutySym *duty, const Node *side) {
    for (uint32_t i = 0; i < duty->key_count; i++)
        if (duty->key[i] != NULL && expr_same(duty->key[i], side))
            return (int)i;
    return -1;
}

/* Whether it asks who owes the duty, which may change. */
static bool asks_owner(const DutySym *duty, const Node *node) {
    if (node == NULL || duty->scope.owner == 0)
        return false;
    return (node->bind == BIND_LOCAL && node->slot == duty->scope.owner - 1) ||
           asks_owner(duty, node->a) || asks_owner(duty, node->b) || asks_owner(duty, node->next);
}

/* Sorts one condition of a clause: a link between event and duty, or the rest. */
static void condition_sort(const DutySym *duty, ActSym *act, const Node *cond) {
    if (cond->kind == N_BINARY && cond->op == MARK_AND) {
        condition_sort(duty, act, cond->a);
        condition_sort(duty, act, cond->b);
        return;
    }
    if (cond->kind == N_BINARY && cond->op == MARK_EQ) {
        Uses a = uses_here(cond->a), b = uses_here(cond->b);
        TypeKind kind = type_of(cond->a)->kind;
        bool fixed = !expr_reads(cond->a) && !expr_reads(cond->b) && kind != TY_LIST &&
                     kind != TY_RECORD; /* these are no names to find a duty by */
        bool forth = a.it && !a.at_hand && b.at_hand && !b.it,
             back = b.it && !b.at_hand && a.at_hand && !a.it;
        if ((forth || back) && fixed && !asks_owner(duty, cond)) {
            const Node *event_side = forth ? cond->a : cond->b,
                       *duty_side = forth ? cond->b : cond->a;
            act->links[act->link_count++] =
                (Link){event_side, 0, duty_side, key_part(duty, duty_side)};
            return;
        }
    }
    act->rest[act->rest_count++] = cond;
}

static size_t conditions(const Node *cond) {
    if (cond == NULL)
        return 0;
    return cond->kind == N_BINARY && cond->op == MARK_AND
               ? conditions(cond->a) + conditions(cond->b)
               : 1;
}

/* If the links name every part of the key, they are put in the key's order and others after them.
 */
static bool links_are_key(const DutySym *duty, ActSym *act) {
    for (uint32_t part = 0; part < duty->key_count; part++) {
        uint32_t found = part;
        while (found < act->link_count && act->links[found].key_part != (int)part)
            found++;
        if (found >= act->link_count)
            return false;
        Link swap = act->links[part];
        act->links[part] = act->links[found];
        act->links[found] = swap;
    }
    return duty->key_count > 0;
}

/* Without `where`: the event's fields that have the names of the key's fields (contract.md 7). */
static void links_by_name(Program *p, const DutySym *duty, ActSym *act) {
    Str names = {NULL, 0};
    for (uint32_t i = 0; i < duty->key_count; i++) {
        const Node *key = duty->key[i];
        Str name = key == NULL ? duty->params[i].name : key->text;
        names = names.n == 0 ? name : say(p, "%.*s, %.*s", STR_ARG(names), STR_ARG(name));
        int found = field_for_key(duty, act->event, i);
        if (found < 0)
            continue;
        act->links[act->link_count++] = (Link){NULL, (uint32_t)found, key, (int)i};
    }
    if (act->link_count == 0 && act->kind != ACT_FULFIL && act->kind != ACT_PART &&
        act->kind != ACT_PORTION && !act->event->broken && !duty->keyless)
        diag_add2(p->diags, DIAG_NO_MATCH, act->node->at, act->event->name,
                  names.n == 0 ? say_both(p, "(its instant)", "（其时间点）") : names);
}

static bool is_self_event(const Event *event) {
    return event->engine && field_find(event->fields, event->field_count, S("duty")) >= 0;
}

static void act_match(Program *p, const DutySym *duty, ActSym *act, Node *where) {
    Node *during = act->node->d;
    size_t n = conditions(where) + conditions(during) + duty->key_count + 1;
    act->links = new (p->arena, Link, n);
    act->rest = new (p->arena, const Node *, n);
    if (act->links == NULL || act->rest == NULL) {
        p->nomem = true;
        return;
    }
    if (act->node->a->c != NULL) {
        outcome_match(p, duty, act);
        if (where != NULL)
            act->rest[act->rest_count++] = where;
        return;
    }
    if (is_self_event(act->event)) {
        act->match = MATCH_SELF;
        if (where != NULL)
            act->rest[act->rest_count++] = where;
        return;
    }
    if (where != NULL)
        condition_sort(duty, act, where);
    else
        links_by_name(p, duty, act);
    if (during != NULL)
        condition_sort(duty, act, during);
    unkeyed_check(p, duty, act, where);
    if (links_are_key(duty, act) && !duty->by_kpi && duty->each == NULL) {
        act->match = MATCH_KEY;
    } else { /* the episode of a KPI, the instant of a schedule: no event knows them */
        act->match = act->link_count > 0 ? MATCH_LINK : MATCH_SCAN;
    }
}

void act_check(Program *p, DutySym *duty, const Node *node, uint32_t clause) {
    ActSym *act = &duty->acts[duty->act_count];
    *act = (ActSym){
        .kind = node->op, .clause = clause, .each = node->flag != 0, .node = node, .field = -1};
    act->event = node->op == ACT_PORTION ? portion_check(p, duty, act)
                 : node->a->c != NULL    ? outcome_check(p, duty, node->a)
                                         : event_heard(p, node->a);
    if (act->event == NULL)
        return;
    Scope *scope = new (p->arena, Scope, 1);
    if (scope == NULL) {
        p->nomem = true;
        return;
    }
    *scope = duty->scope;
    scope->it = act->event;
    act->scope = scope;
    uint32_t before = p->diags->errors;
    if (node->b != NULL)
        expr_condition(p, scope, node->b);
    if (node->d != NULL)
        expr_condition(p, scope, node->d);
    const Node *looks = node->op == ACT_PORTION ? NULL : node->c;
    if (looks != NULL && act->event->told)
        diag_add3(p->diags, DIAG_WRONG_PLACE, looks->span, say_both(p, "since", "自"),
                  say_both(p, "a clause that hears what the engine says", "听取引擎所说的子句"),
                  say_both(p, "it is heard when it is said", "引擎说时即听取"));
    Value since;
    Type span = {.kind = TY_DURATION, .families = FAMILIES_CALENDAR | FAMILIES_WORKING};
    if (looks != NULL && expr_constant(p, node->c, &span, DIAG_BAD_CELL, &since))
        act->since = looks;
    duty->act_count++;
    if (p->diags->errors == before)
        act_match(p, duty, act, node->b);
}

/* ---- the clauses of a duty */

void say_clause_twice(Program *p, const DutySym *duty, const Node *clause) {
    if (clause->at.from == clause->at.to) /* it stands in the text's place where one is missing */
        return;
    diag_add2(p->diags, DIAG_CLAUSE_TWICE, clause->at, duty->name,
              source_text(p->sources, clause->at));
}

void owing_params(Program *p, DutySym *duty) {
    bool each = duty->node->b != NULL && duty->node->b->kind == N_EVERY && duty->node->b->c != NULL;
    size_t n = node_count(duty->node->a);
    duty->params = new (p->arena, Field, n + 1);
    if (duty->params == NULL) {
        p->nomem = true;
        return;
    }
    for (const Node *param = duty->node->a; param != NULL && !each; param = param->next) {
        Type type = param->a != NULL ? type_read(p, param->a) : type_from_fields(p, param);
        type.bounded = false;
        scope_add(p, &duty->scope,
                  (Local){.name = param->text,
                          .type = type,
                          .number = duty->param_count,
                          .parameter = true,
                          .at = param->at});
        duty->params[duty->param_count++] =
            (Field){.name = param->text, .type = type, .at = param->at};
    }
    if (n > 0 && duty->node->b != NULL && !each)
        diag_add(p->diags, DIAG_RAISED_TWO_WAYS, duty->at);
}

static void duty_key(Program *p, DutySym *duty, const Node *key) {
    if (key == NULL && duty->each != NULL)
        key = each_key(p, duty);
    size_t n = key != NULL ? node_count(key->a) : duty->param_count > 0 ? duty->param_count : 1;
    duty->key = new (p->arena, const Node *, n + 1);
    duty->key_types = new (p->arena, Type, n + 1);
    if (duty->key == NULL || duty->key_types == NULL) {
        p->nomem = true;
        return;
    }
    if (key != NULL) {
        for (Node *part = key->a; part != NULL; part = part->next) {
            Type type = expr_check(p, &duty->scope, part, NULL);
            if (entity_whole(p, part, &type))
                type = type_error();
            else if (type.optional && type.kind != TY_ERROR)
                say_absent(p, part);
            else if (type.kind >= TY_LIST)
                say_wrong_type(p, part, &type, &(Type){.kind = TY_ID});
            duty->key_types[duty->key_count] = type;
            duty->key[duty->key_count++] = part;
        }
        return;
    }
    for (uint32_t i = 0; i < duty->param_count; i++) {
        const Field *param = &duty->params[i];
        if (param->type.kind == TY_LIST || param->type.kind == TY_RECORD)
            diag_add3(p->diags, DIAG_PARAM_NO_KEY, param->at, duty->name, param->name,
                      type_text(p, &param->type));
        duty->key_types[duty->key_count] = duty->params[i].type;
        duty->key[duty->key_count++] = NULL;
    }
    const Event *event = duty->scope.event;
    if (duty->param_count > 0 || event == NULL)
        return;
    size_t ids = 0;
    for (uint32_t i = 0; i < event->field_count; i++)
        ids += event->fields[i].type.kind == TY_ID;
    if (ids != 1) {
        if (!duty->broken && !event->broken)
            diag_add2(p->diags, DIAG_NO_KEY, duty->at, event->name,
                      ids == 0 ? say_both(p, "no field", "0 个字段")
                               : say_number(p, ids, " field", " fields", " 个字段"));
        duty->keyless = true;
        return;
    }
    for (uint32_t i = 0; i < event->field_count; i++) {
        if (event->fields[i].type.kind != TY_ID)
            continue;
        Node *field = new (p->arena, Node, 2);
        if (field == NULL) {
            p->nomem = true;
            return;
        }
        field[0] = (Node){.kind = N_FIELD,
                          .span = duty->at,
                          .at = duty->at,
                          .text = event->fields[i].name,
                          .a = &field[1],
                          .bind = BIND_FIELD,
                          .slot = i};
        field[1] = (Node){.kind = N_REF,
                          .span = duty->at,
                          .at = duty->at,
                          .text = duty->scope.alias,
                          .bind = BIND_EVENT};
        type_set(p, &field[0], event->fields[i].type);
        type_set(p, &field[1], (Type){.kind = TY_EVENT, .of = event});
        duty->key[0] = field;
        duty->key_types[0] = event->fields[i].type;
        duty->key_count = 1;
    }
}

void need_calendar(Program *p, const Node *at, const Type *type) {
    if (type->kind == TY_DURATION && (type->families & FAMILIES_WORKING) != 0 &&
        calendar_here(p) == NULL && p->header != NULL)
        say_header(p, DIAG_NO_CALENDAR, at->span, N_SET_CALENDAR);
}

/* `end of working day`, `last working day of month`: a form of its own (semantics.md 3). */
static void due_end(Program *p, Node *end) {
    static const struct {
        unsigned unit, of; /* of: 0, or UNIT and 1 */
        DueEnd means;
    } rows[] = {{UNIT_DAY, 0, DUE_END_OF_DAY},
                {UNIT_WORKING_DAY, 0, DUE_END_OF_WORKING_DAY},
                {UNIT_WEEK, 0, DUE_END_OF_WEEK},
                {UNIT_MONTH, 0, DUE_END_OF_MONTH},
                {UNIT_QUARTER, 0, DUE_END_OF_QUARTER},
                {UNIT_YEAR, 0, DUE_END_OF_YEAR},
                {UNIT_DAY, UNIT_MONTH + 1, DUE_END_OF_MONTH},
                {UNIT_DAY, UNIT_QUARTER + 1, DUE_END_OF_QUARTER},
                {UNIT_DAY, UNIT_YEAR + 1, DUE_END_OF_YEAR},
                {UNIT_WORKING_DAY, UNIT_WEEK + 1, DUE_LAST_WORKING_DAY_OF_WEEK},
                {UNIT_WORKING_DAY, UNIT_MONTH + 1, DUE_LAST_WORKING_DAY_OF_MONTH},
                {UNIT_WORKING_DAY, UNIT_QUARTER + 1, DUE_LAST_WORKING_DAY_OF_QUARTER},
                {UNIT_WORKING_DAY, UNIT_YEAR + 1, DUE_LAST_WORKING_DAY_OF_YEAR}};
    type_set(p, end, type_plain(TY_INTEGER));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].unit == end->slot && rows[i].of == end->op) {
            end->flag = (uint8_t)rows[i].means;
            if (end->slot == UNIT_WORKING_DAY && calendar_here(p) == NULL && p->header != NULL)
                say_header(p, DIAG_NO_CALENDAR, end->span, N_SET_CALENDAR);
            return;
        }
    diag_add2(p->diags, DIAG_UNEXPECTED, end->span, say_both(p, "this deadline", "这个期限"),
              say_both(p,
                       "end of day, working day, week, month, quarter or year; or last working "
                       "day of week, month, quarter or year",
                       "止于 天、工作日、周、月、季度、年；或 最后 工作日 之 周、月、季度、年"));
}

/* Whether a deadline is given as a span where an instant is said, or the reverse: says so. */
static bool due_by_other(Program *p, const Node *clause, const Type *is) {
    bool by = clause->kind == N_DUE_BY, span = is->kind == TY_DURATION;
    bool instant = is->kind == TY_INSTANT || is->kind == TY_DATE || is->kind == TY_TIME;
    if (by ? !span : !instant)
        return false;
    Str said = source_text(p->sources, clause->at);
    bool chinese = said.n > 0 && ((unsigned char)said.p[0] & 0x80) != 0;
    Str word = keyword_of(by ? TK_DUE_WITHIN : TK_DUE_BY, -1, chinese);
    diag_fix(diag_add3(p->diags, DIAG_OTHER_DUE, clause->a->span, type_text(p, is), said,
                       say(p, "%.*s %.*s", STR_ARG(word),
                           STR_ARG(source_text(p->sources, clause->a->span)))),
             clause->at, word);
    return true;
}

static void duty_due(Program *p, DutySym *duty, Node *clause) {
    bool by = clause->kind == N_DUE_BY;
    duty->due = clause->a;
    duty->due_by = by;
    if (clause->a->kind == N_END_OF) {
        due_end(p, clause->a);
        return;
    }
    Type want = by ? type_plain(TY_INSTANT)
                   : (Type){.kind = TY_DURATION, .families = FAMILIES_CALENDAR | FAMILIES_WORKING};
    Type seen = expr_check(p, &duty->scope, clause->a, &want);
    if (due_by_other(p, clause, &seen))
        return;
    if (by && (seen.kind == TY_DATE || seen.kind == TY_TIME))
        want = type_plain(seen.kind);
    Type type = expr_want(p, &duty->scope, clause->a, &want);
    need_calendar(p, clause->a, &type);
    Value v;
    if (!by && clause->a->kind == N_LIT && literal_value(p, clause->a, &v) &&
        v.kind == V_DURATION && v.i <= 0)
        diag_add(p->diags, DIAG_NO_TIME_AT_ALL, clause->a->span);
}

/* `every 2 hours until acknowledged at most 5 times`. */
static void repeat_check(Program *p, DutySym *duty, Rung *rung, Node *node) {
    Type span = {.kind = TY_DURATION, .families = FAMILIES_CALENDAR | FAMILIES_WORKING};
    int64_t most = LIMIT_REPEATS;
    rung->repeat = value_absent();
    if (node == NULL || !expr_constant(p, node->a, &span, DIAG_BAD_CELL, &rung->repeat))
        return;
    need_calendar(p, node->a, type_of(node->a));
    if (rung->repeat.i <= 0)
        diag_add(p->diags, DIAG_NO_TIME_AT_ALL, node->a->span);
    if (node->text.n > 0)
        (void)count_read(p, node->span, node->text, LIMIT_REPEATS,
                         say_both(p, "number of times", "次数"), &most);
    rung->repeats = (uint32_t)most;
    rung->until_acknowledged = node->flag != 0;
    bool power = !rung->until_acknowledged;
    for (size_t i = 0; i < p->powers.n; i++)
        power = power || (p->powers.at[i].of == duty && p->powers.at[i].verb == POWER_ACKNOWLEDGE);
    if (!power)
        diag_add1(p->diags, DIAG_NOBODY_ACKNOWLEDGES, node->at, duty->name);
}

/* Whether a rung surely comes before the one that is written above it. */
static bool rung_precedes(const Rung *rung, const Rung *above) {
    if (above->when == RUNG_AFTER && rung->when != RUNG_AFTER)
        return true;
    if (above->when == RUNG_DUE && rung->when == RUNG_SHARE)
        return dec_cmp(rung->share, dec_of_i64(1)) < 0;
    if (above->when == RUNG_DUE && rung->when == RUNG_BEFORE)
        return true;
    if (rung->when != above->when || rung->when == RUNG_DUE)
        return false;
    if (rung->when == RUNG_SHARE)
        return dec_cmp(rung->share, above->share) < 0;
    const Value *a = &rung->constant, *b = &above->constant;
    if (a->kind != V_DURATION || b->kind != V_DURATION || a->aux != b->aux)
        return false;
    return rung->when == RUNG_AFTER ? a->i < b->i : a->i > b->i;
}

static bool has_quiet(const DutySym *duty) {
    bool quiet = false;
    for (const Node *c = duty->node->c; c != NULL; c = c->next)
        quiet = quiet || c->kind == N_QUIET;
    return quiet;
}

static void rung_check(Program *p, DutySym *duty, Node *node) {
    if (node->kind != N_RUNG)
        return;
    if (duty->rung_count == LIMIT_RUNGS) {
        diag_add2(p->diags, DIAG_TOO_LARGE, node->at, say_both(p, "this ladder", "这个阶梯"),
                  say_both(p, "60 rungs", "60 级"));
        return;
    }
    Rung *rung = &duty->rungs[duty->rung_count++];
    *rung = (Rung){.when = node->op,
                   .node = node,
                   .raises = node->b->kind == N_RAISE_TO,
                   .constant = value_absent(),
                   .parties = node->b->a};
    if (rung->when == RUNG_SHARE) {
        Value v;
        if (literal_value(p, node->a, &v)) {
            rung->share = value_to_dec(v);
            if (dec_cmp(rung->share, dec_of_i64(0)) <= 0 || dec_cmp(rung->share, dec_of_i64(1)) > 0)
                diag_add1(p->diags, DIAG_BAD_SHARE, node->a->span,
                          source_text(p->sources, node->a->span));
        }
    } else if (rung->when != RUNG_DUE) {
        Type want = {.kind = TY_DURATION, .families = FAMILIES_CALENDAR | FAMILIES_WORKING};
        Type type = expr_want(p, &duty->scope, node->a, &want);
        need_calendar(p, node->a, &type);
        rung->span = node->a;
        if (node->a->kind == N_LIT && type.kind == TY_DURATION)
            (void)literal_value(p, node->a, &rung->constant);
    }
    if (duty->rung_count > 1 && rung_precedes(rung, rung - 1))
        diag_add(p->diags, DIAG_LADDER_ORDER, node->at);
    parties_check(p, &duty->scope, node->b->a);
    repeat_check(p, duty, rung, node->c);
    rung->stale = stale_read(p, node->d);
    rung->urgent = node->flag > 0;
    urgent_check(p, node, node->flag, p->quiet.from != p->quiet.to || has_quiet(duty));
}

/* `when CONDITION { ... }` where reactions stand. */
void no_reaction(Program *p, const Node *node, Str expected) {
    diag_add2(p->diags, DIAG_UNEXPECTED, node->a->span,
              say_quoted(p, source_text(p->sources, node->a->span)), expected);
}

void reaction_check(Program *p, DutySym *duty, const Node *node, bool allowed, Str expected) {
    if (!allowed)
        diag_add2(p->diags, DIAG_UNEXPECTED, node->at,
                  say_quoted(p, source_text(p->sources, node->at)), expected);
    if (node->flag != 0 && node->op != STATE_FULFILLED)
        diag_add2(p->diags, DIAG_UNEXPECTED, node->at, say_both(p, "late", "迟"),
                  say_both(p, "fulfilled late", "已完成 迟"));
    duty->reactions[duty->reaction_count++] =
        (Reaction){(StateRow)node->op, node->flag != 0, node->a};
    actions_check(p, &duty->scope, node->a,
                  duty->kind == DECL_DUTY ? say_both(p, "a reaction", "反应")
                                          : say_both(p, "a reaction of an approval", "审批的反应"),
                  duty->kind == DECL_APPROVAL);
}

static Str duty_ends(Program *p) {
    return say_both(p, "breached, fulfilled, waived or cancelled",
                    "已违约、已完成、已豁免 或 已取消");
}

/* `fulfilled by all of { ... }`, `2 of { ... }`, `3 of visit.made`: what fulfils it together. */
static void parts_check(Program *p, DutySym *duty, Node *node) {
    if (duty->part_count > 0) {
        say_clause_twice(p, duty, node);
        return;
    }
    count_read_as_sum(p, node);
    uint32_t n = (uint32_t)node_count(node->a);
    if (n > LIMIT_PAUSES) {
        diag_add2(p->diags, DIAG_TOO_LARGE, node->at, say_both(p, "this list", "这个列表"),
                  S("32"));
        return;
    }
    for (Node *part = node->a; part != NULL; part = part->next) {
        if (part->kind != N_ACT)
            continue;
        portion_read(p, part);
        act_check(p, duty, part, duty->part_count++);
    }
    if (has_error(node->a))
        return;
    int64_t count = n, most = node->flag != 0 ? n : LIMIT_PARTS;
    if (n == 0)
        diag_missing(p->diags, node->at, say_both(p, "an event", "事件"), S("}"), (Str){NULL, 0});
    else if (node->text.n == 0 || count_read(p, node->at, node->text, most,
                                             say_both(p, "number of parts", "部分数"), &count))
        duty->parts_needed = (uint32_t)count;
    duty->parts_once = node->flag != 0;
}

bool quiet_read(Program *p, const Node *node, Quiet *out) {
    Value from, to;
    if (!literal_value(p, node->a, &from) || !literal_value(p, node->b, &to))
        return false;
    if (from.i == to.i) {
        diag_add(p->diags, DIAG_QUIET_ALL_DAY, node->span);
        return false;
    }
    *out = (Quiet){(int32_t)from.i, (int32_t)to.i};
    return true;
}

/* What makes a ladder quiet needs one; hours also hold what reactions notify. */
static bool has_ladder(const DutySym *duty, bool quiet) {
    bool ladder = duty->broken;
    for (const Node *c = duty->node->c; c != NULL; c = c->next)
        ladder = ladder || c->kind == N_ESCALATE || (quiet && c->kind == N_WHEN);
    return ladder;
}

/* `grouped by a.site within 30 minutes`. */
static void grouped_check(Program *p, DutySym *duty, const Node *node) {
    for (Node *by = node->a; by != NULL; by = by->next) {
        Type type = expr_check(p, &duty->scope, by, NULL);
        if (!entity_whole(p, by, &type) && type.kind >= TY_LIST)
            say_wrong_type(p, by, &type, &(Type){.kind = TY_ID});
    }
    (void)grouped_within(p, node, true, &duty->grouped);
}

static void silence_check(Program *p, DutySym *duty, const Node *node) {
    if (!has_ladder(duty, node->kind == N_QUIET))
        diag_add2(p->diags, DIAG_NO_LADDER, node->at, source_text(p->sources, node->at),
                  duty->name);
    if (node->kind == N_QUIET) {
        (void)quiet_read(p, node, &duty->quiet);
        return;
    }
    if (node->kind == N_GROUPED) {
        grouped_check(p, duty, node);
        return;
    }
    expr_condition(p, &duty->scope, node->a);
    duty->silent = node->a;
}

/* `must not price.changed where ... until sale.ended where ...`. */
static void forbid_check(Program *p, DutySym *duty, const Node *node) {
    act_check(p, duty, node->a, 0);
    const ActSym *act = duty->act_count > 0 ? &duty->acts[duty->act_count - 1] : NULL;
    if (act != NULL && act->node == node->a && is_self_event(act->event))
        diag_add1(p->diags, DIAG_NOT_FORBIDDEN, node->a->a->span, act->event->name);
    if (node->b != NULL)
        act_check(p, duty, node->b, 0);
}

/* What it says of itself. */
static void attribute_check(Program *p, DutySym *duty, const Node *c) {
    if (duty->attributes[c->op] != NULL) {
        say_clause_twice(p, duty, c);
        return;
    }
    if (attribute_rows[c->op].of == ATTRIBUTE_OF_PARTY) {
        Type party = type_plain(TY_PARTY);
        expr_want(p, &duty->scope, c->a, &party);
    } else {
        Type type = expr_operand(p, &duty->scope, c->a, NULL), wanted = type_plain(TY_TEXT);
        if (type.kind >= TY_LIST && type.kind != TY_ERROR) {
            say_wrong_type(p, c->a, &type, &wanted);
            return;
        }
    }
    duty->attributes[c->op] = c->a;
}

/* How much later its clock starts than it is raised. */
static void start_check(Program *p, DutySym *duty, const Node *c) {
    if (duty->start != NULL) {
        say_clause_twice(p, duty, c);
        return;
    }
    Type span = {.kind = TY_DURATION, .families = FAMILIES_CALENDAR | FAMILIES_WORKING};
    expr_want(p, &duty->scope, c->a, &span);
    need_calendar(p, c->a, type_of(c->a));
    duty->start = c->a;
}

static void duty_clause(Program *p, DutySym *duty, Node *c, const Node **seen) {
    Type party = type_plain(TY_PARTY);
    switch (c->kind) {
    case N_OWED_BY:
    case N_DUE_WITHIN:
    case N_DUE_BY:
    case N_ESCALATE: {
        int which = c->kind == N_OWED_BY ? 0 : c->kind == N_ESCALATE ? 1 : 2;
        if (seen[which] != NULL) {
            say_clause_twice(p, duty, c);
            return;
        }
        seen[which] = c;
        if (which == 0 && c->a->kind == N_BINARY && (c->a->op == MARK_AND || c->a->op == MARK_OR)) {
            diag_add(p->diags, DIAG_ONE_OWNER, c->a->span);
        } else if (which == 0) {
            if (duty->owner != c->a)
                expr_want(p, &duty->scope, c->a, &party);
            duty->owner = c->a;
        } else if (which == 1) {
            for (Node *rung = c->a; rung != NULL; rung = rung->next)
                rung_check(p, duty, rung);
        } else {
            duty_due(p, duty, c);
        }
        return;
    }
    case N_ATTRIBUTE:
        attribute_check(p, duty, c);
        return;
    case N_STARTS:
        start_check(p, duty, c);
        return;
    case N_ACT:
        if (c->op == ACT_WITHDRAW)
            diag_add3(p->diags, DIAG_WRONG_PLACE, c->at, source_text(p->sources, c->at),
                      say_both(p, "a duty", "职责"),
                      say_both(p, "write cancelled by", "请写 取消于"));
        else
            act_check(p, duty, c, 0);
        return;
    case N_PAUSE:
        if (duty->pause_count == LIMIT_PAUSES) {
            diag_add2(p->diags, DIAG_TOO_LARGE, c->at, say_both(p, "this duty", "这项职责"),
                      say_both(p, "32 pauses", "32 次暂停"));
            return;
        }
        act_check(p, duty, c->a, duty->pause_count);
        act_check(p, duty, c->b, duty->pause_count);
        duty->pause_count++;
        return;
    case N_PARTS:
        parts_check(p, duty, c);
        return;
    case N_QUIET:
    case N_SILENT:
    case N_GROUPED:
        if (c->kind == N_QUIET     ? duty->quiet.from != duty->quiet.to
            : c->kind == N_GROUPED ? duty->grouped.within.kind != V_ABSENT
                                   : duty->silent != NULL)
            say_clause_twice(p, duty, c);
        else
            silence_check(p, duty, c);
        return;
    case N_FORBID:
        forbid_check(p, duty, c);
        return;
    case N_AGAIN:
        if (duty->again)
            say_clause_twice(p, duty, c);
        duty->again = true;
        if (c->a != NULL)
            renewal_check(p, duty, c);
        return;
    case N_WHEN:
        reaction_check(p, duty, c,
                       c->op == STATE_BREACHED || c->op == STATE_FULFILLED ||
                           c->op == STATE_WAIVED || c->op == STATE_CANCELLED,
                       duty_ends(p));
        return;
    case N_CASE:
        no_reaction(p, c, duty_ends(p));
        return;
    case N_REQUIRES:
    case N_EXCLUDING:
    case N_EACH_WITHIN:
    case N_REFUSED_BY:
    case N_RESUBMIT:
        diag_add3(p->diags, DIAG_WRONG_PLACE, c->at, source_text(p->sources, c->at),
                  say_both(p, "a duty", "职责"),
                  say_both(p, "it is a clause of approvals", "它是审批的条款"));
        return;
    case N_ASK:
    case N_RAISE_TO:
    case N_EMIT:
    case N_OBLIGE:
    case N_NOTIFY:
    case N_SET:
    case N_DELETE:
    case N_FOR_EACH:
        diag_add3(p->diags, DIAG_WRONG_PLACE, c->at, source_text(p->sources, c->at),
                  say_both(p, "a duty", "职责"),
                  say_both(p, "write it in when breached { ... }, or in a rule",
                           "请写在 若 已违约 { ... } 或规则中"));
        return;
    default:
        return; /* LET, KEY: read before; ERROR */
    }
}

static void say_missing(Program *p, const DutySym *duty, Str what, Str clause) {
    if (!duty->broken)
        diag_add3(p->diags, DIAG_MISSING_CLAUSE, duty->at, duty->name, what, clause);
}

static bool duty_room(Program *p, DutySym *duty) {
    enum { BY_POWERS = 5 };
    size_t n = 1 + BY_POWERS, rungs = 1;
    for (const Node *c = duty->node->c; c != NULL; c = c->next) {
        n += 2;
        if (c->kind == N_PARTS)
            n += node_count(c->a);
        if (c->kind == N_ESCALATE)
            rungs += node_count(c->a);
    }
    duty->acts = new (p->arena, ActSym, n);
    duty->reactions = new (p->arena, Reaction, n);
    duty->rungs = new (p->arena, Rung, rungs);
    p->nomem = p->nomem || duty->acts == NULL || duty->reactions == NULL || duty->rungs == NULL;
    return !p->nomem;
}

bool owing_begin(Program *p, DutySym *duty) {
    const Node *node = duty->node, *key = NULL;
    duty->broken = has_error(node->c);
    duty->dated = dated_read(p, node->d);
    during_enter(p, &duty->dated);
    if (!duty_room(p, duty))
        return false;
    if (node->b != NULL && node->b->kind == N_ON) {
        trigger_on(p, &duty->scope, node->b, &duty->where);
        duty->keyless = duty->scope.event == NULL;
        if (duty->keyless)
            return false; /* nothing that it says of the event can be checked */
    } else if (node->b != NULL && node->b->kind == N_EVERY) {
        schedule_read(p, node->b, &duty->schedule);
    }
    during_enter(p, &duty->dated);
    if (duty->kind == DECL_DUTY && duty->schedule.set && node->b->c != NULL)
        each_declare(p, duty);
    else
        each_refused(p, &duty->scope, node->b, say_both(p, "an approval", "审批"));
    lets_read(p, &duty->scope, node->c);
    duty->lets = node->c;
    for (const Node *c = node->c; c != NULL; c = c->next) {
        if (c->kind == N_KEY && key != NULL)
            say_clause_twice(p, duty, c);
        else if (c->kind == N_KEY)
            key = c;
    }
    duty_key(p, duty, key);
    return true;
}

static bool names_owner(const Node *node) {
    for (; node != NULL; node = node->next)
        if ((node->kind == N_REF && node->flag != 0) || names_owner(node->a) ||
            names_owner(node->b) || names_owner(node->c) || names_owner(node->d))
            return true;
    return false;
}

/* `owner` in a later clause is who owes the duty: a value like a let's, kept and changed when the
 * duty is reassigned. */
static void owner_named(Program *p, DutySym *duty) {
    Type party = type_plain(TY_PARTY);
    Node *owed = NULL;
    for (Node *c = duty->node->c; c != NULL && owed == NULL; c = c->next)
        owed = c->kind == N_OWED_BY ? c->a : NULL;
    if (owed == NULL || !names_owner(duty->node->c))
        return;
    duty->owner = owed;
    Type type = expr_want(p, &duty->scope, owed, &party);
    uint32_t number = 0;
    for (size_t i = 0; i < duty->scope.locals.n; i++)
        number += !duty->scope.locals.at[i].parameter;
    scope_add(p, &duty->scope,
              (Local){.type = type, .node = owed, .number = number, .at = owed->span});
    duty->scope.owner = (uint32_t)duty->scope.locals.n;
}

/* What a prohibition needs and cannot have: an end of its time, and nothing that fulfils it. */
static void prohibition_check(Program *p, const DutySym *duty, bool due) {
    bool ends = due || duty->broken;
    for (const Node *c = duty->node->c; c != NULL; c = c->next) {
        ends = ends || (c->kind == N_FORBID && c->b != NULL);
        if (c->kind == N_PARTS || (c->kind == N_ACT && c->op == ACT_FULFIL))
            diag_add1(p->diags, DIAG_DOES_OR_REFRAINS, c->at, duty->name);
    }
    if (!ends)
        diag_add1(p->diags, DIAG_FOREVER, duty->at, duty->name);
    for (uint32_t i = 0; i < duty->rung_count && !due; i++)
        if (duty->rungs[i].when == RUNG_SHARE || duty->rungs[i].when == RUNG_BEFORE)
            diag_add1(p->diags, DIAG_NO_TIME_TO_SHARE, duty->rungs[i].node->at, duty->name);
}

void clause_during(Program *p, const DutySym *duty, const Node *clause) {
    const Dated later = {duty->dated.from, INT64_MAX};
    switch ((int)clause->kind) {
    case N_ACT: /* what acts may be of any time */
    case N_PARTS:
    case N_PAUSE:
    case N_FORBID:
    case N_WHEN: /* and so may what ends it */
        during_enter(p, NULL);
        return;
    case N_ESCALATE:
    case N_SILENT:
    case N_GROUPED:
        during_enter(p, &later);
        return;
    default:
        during_enter(p, &duty->dated);
    }
}

static void duty_check(Program *p, DutySym *duty) {
    uint32_t errors = p->diags->errors;
    const Node *node = duty->node, *seen[3] = {NULL, NULL, NULL};
    if (!owing_begin(p, duty))
        return;
    sums_read(p, node->c);
    for (const Node *c = node->c; c != NULL; c = c->next)
        duty->forbids = duty->forbids || c->kind == N_FORBID;
    owner_named(p, duty);
    for (Node *c = node->c; c != NULL && !p->nomem; c = c->next) {
        clause_during(p, duty, c);
        duty_clause(p, duty, c, seen);
    }
    power_acts(p, duty);
    if (seen[0] == NULL)
        say_missing(p, duty, say_both(p, "who owes it", "由谁承担"),
                    say_both(p, "owed by WHO", "责任人 谁"));
    if (duty->forbids)
        prohibition_check(p, duty, seen[2] != NULL);
    else if (seen[2] == NULL)
        say_missing(p, duty, say_both(p, "when it is due", "何时到期"),
                    say_both(p, "due within 1 working day", "时限 1 工作日"));
    renewal_fits(p, duty);
    if (p->diags->errors == errors)
        acts_clash(p, duty);
    bool fulfilled = duty->broken || duty->forbids;
    for (uint32_t i = 0; i < duty->act_count; i++)
        fulfilled = fulfilled || duty->acts[i].kind == ACT_FULFIL ||
                    duty->acts[i].kind == ACT_PART || duty->acts[i].kind == ACT_PORTION;
    for (const Node *c = node->c; c != NULL; c = c->next)
        fulfilled = fulfilled || c->kind == N_PARTS || (c->kind == N_ACT && c->op == ACT_FULFIL);
    if (!fulfilled)
        diag_add1(p->diags, DIAG_NEVER_FULFILLED, duty->at, duty->name);
}

void duties_params(Program *p) {
    for (size_t i = 0; i < p->duties.n && !p->nomem; i++) /* any duty may oblige any other */
    {
        space_enter(p, p->duties.at[i]->home);
        owing_params(p, p->duties.at[i]);
    }
    for (size_t i = 0; i < p->approvals.n && !p->nomem; i++) /* and ask for any approval */
    {
        space_enter(p, p->approvals.at[i]->base.home);
        owing_params(p, &p->approvals.at[i]->base);
    }
}

void duties_check(Program *p) {
    for (size_t i = 0; i < p->duties.n && !p->nomem; i++) {
        space_enter(p, p->duties.at[i]->home);
        local_enter(p, &p->duties.at[i]->local);
        duty_check(p, p->duties.at[i]);
    }
}

void rules_check(Program *p) {
    for (size_t i = 0; i < p->rules.n && !p->nomem; i++) {
        Rule *rule = p->rules.at[i];
        const Node *trigger = rule->node->b;
        space_enter(p, rule->home);
        local_enter(p, &rule->local);
        rule->dated = dated_read(p, rule->node->d);
        during_enter(p, &rule->dated);
        if (trigger == NULL) {
            diag_add1(p->diags, DIAG_RULE_WITHOUT_EVENT, rule->at, rule->name);
            continue;
        }
        each_refused(p, &rule->scope, trigger, say_both(p, "a rule's head", "规则的开头"));
        if (trigger->kind == N_EVERY)
            schedule_read(p, trigger, &rule->schedule);
        else
            trigger_on(p, &rule->scope, trigger, &rule->where);
        if (rule->scope.event == NULL && !rule->schedule.set)
            continue;
        lets_read(p, &rule->scope, rule->node->c);
        rule->clauses = rule->node->c;
        actions_check(p, &rule->scope, rule->node->c, say_both(p, "a rule", "规则"), false);
    }
    for (size_t i = 0; i < p->duties.n; i++) {
        const DutySym *duty = p->duties.at[i];
        if (duty->node->b == NULL && !duty->obliged && duty->home->name.n == 0 &&
            p->header != NULL && !is_lost(p, duty->name))
            diag_add1(p->diags, DIAG_NEVER_RAISED, duty->at, duty->name);
    }
    for (size_t i = 0; i < p->approvals.n; i++) {
        const DutySym *approval = &p->approvals.at[i]->base;
        if (approval->node->b == NULL && !approval->obliged && approval->home->name.n == 0 &&
            p->header != NULL && !p->asked_unknown && !is_lost(p, approval->name))
            diag_add1(p->diags, DIAG_NEVER_ASKED, approval->at, approval->name);
    }
}
