/* check: what goes over many: `for each p in product { ... }`, and what is found of many:
 * `count(product where it.stock = 0)`, `sum(o.prices)`, `any(desk.members where it = o.actor)`. The
 * many are all entities of a kind, in the order of their keys, or the items of a list. */
#include "engine/check/check_int.h"

#include "engine/base/limits.h"
#include "engine/syntax/keyword.h"
#include "engine/syntax/marks.h"

/* ---- which it is */

static bool is_word(Str name, int token, int row) {
    return str_eq(name, keyword_of(token, row, false)) ||
           str_eq(name, keyword_of(token, row, true));
}

/* What a call does with many, or -1. */
static int loop_does(const Node *node) {
    static const struct {
        AggRow row;
        LoopDoes does;
    } rows[] = {{AGG_COUNT, LOOP_COUNTS},
                {AGG_SUM, LOOP_SUMS},
                {AGG_MIN, LOOP_LEAST},
                {AGG_MAX, LOOP_GREATEST}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (is_word(node->text, TK_AGG, (int)rows[i].row))
            return (int)rows[i].does;
    if (is_word(node->text, TK_HIT, HIT_ANY))
        return LOOP_ANY;
    return function_named(node->text, BUILTIN_ALL) ? (int)LOOP_ANY : -1;
}

/* The entity that names joined by points stand for, unless a name at hand hides it. */
static Entity *entity_of(Program *p, const Scope *scope, const Node *node) {
    Str name;
    Unseen unseen = p->unseen;
    bool bound = expr_bound(scope, node);
    Entity *entity =
        bound || p->entities.n == 0 || !dotted_text(p, node, &name) ? NULL : entity_find(p, name);
    p->unseen = unseen;
    return entity;
}

bool is_loop(Program *p, const Scope *scope, const Node *node) {
    int does = loop_does(node);
    if (does < 0)
        return false;
    bool picks = does == LOOP_LEAST || does == LOOP_GREATEST;
    return !picks || node->b != NULL || node_count(node->a) < 2 ||
           entity_of(p, scope, node->a) != NULL;
}

/* ---- over what */

static void say_not_many(Program *p, const Scope *scope, const Node *node, const Type *is) {
    Str name, why = say_both(p, "name an entity, or a list", "请写一种档案或一个列表");
    if (!expr_bound(scope, node) && dotted_text(p, node, &name) && event_find(p, name) != NULL)
        why = say_both(p, "of events over some time: add over 30 days",
                       "若指一段时间内的事件，请补上：窗口 30 天");
    diag_add3(p->diags, DIAG_NOT_MANY, node->span, source_text(p->sources, node->span),
              is == NULL ? say_both(p, "an event", "一个事件") : type_text(p, is), why);
}

/* it.FIELD, for `sum(product.stock)`. */
static Node *field_of_it(Program *p, const Node *path) {
    Node *two = new (p->arena, Node, 2);
    if (two == NULL) {
        p->nomem = true;
        return NULL;
    }
    two[0] = (Node){.kind = N_FIELD, .text = path->text, .span = path->span, .at = path->at};
    two[0].a = &two[1];
    two[1] = (Node){.kind = N_IT, .span = path->span, .at = path->at};
    return &two[0];
}

/* The type of a path of names at hand, without a word about what is wrong with it. */
static Type path_type(Program *p, const Scope *scope, const Node *path) {
    if (path->kind == N_IT && scope->item != NULL)
        return *scope->item;
    const Event *it = scope->it != NULL ? scope->it : scope->event;
    if (path->kind == N_IT && it != NULL)
        return (Type){.kind = TY_EVENT, .of = it};
    if (path->kind == N_REF) {
        for (size_t i = 0; i < scope->locals.n; i++)
            if (named(scope->locals.at[i].name, scope->locals.at[i].alias, path->text))
                return scope->locals.at[i].type;
        bool event = scope->event != NULL && scope->alias.n > 0 && str_eq(scope->alias, path->text);
        return event ? (Type){.kind = TY_EVENT, .of = scope->event} : type_error();
    }
    const Entity *called = path->kind == N_CALL ? entity_find(p, path->text) : NULL;
    if (called != NULL)
        return (Type){.kind = TY_ENTITY, .of = called};
    if (path->kind != N_FIELD)
        return type_error();
    Type of = path_type(p, scope, path->a);
    const Event *event = of.kind == TY_EVENT ? of.of : NULL;
    const Entity *entity = of.kind == TY_ENTITY ? of.of : NULL;
    const RecordType *record = of.kind == TY_RECORD ? of.of : NULL;
    const Field *fields = event != NULL    ? event->fields
                          : entity != NULL ? entity->fields
                          : record != NULL ? record->fields
                                           : NULL;
    uint32_t n = event != NULL    ? event->field_count
                 : entity != NULL ? entity->field_count
                 : record != NULL ? record->field_count
                                  : 0;
    Str name = event != NULL ? field_given(p, event, path->text) : path->text;
    int field = field_find(fields, n, name);
    return field < 0 ? type_error() : fields[field].type;
}

/* Of `o.lines.price.net` the list `o.lines`, with it.price.net in *value; NULL: there is none in
 * it. */
static Node *list_inside(Program *p, const Scope *scope, Node *path, Node **value) {
    if (path->kind != N_FIELD)
        return NULL;
    Node *list = list_inside(p, scope, path->a, value);
    if (list == NULL) {
        Type of = path_type(p, scope, path->a);
        if (of.kind != TY_LIST || of.item->kind != TY_RECORD)
            return NULL;
        *value = field_of_it(p, path);
        return path->a;
    }
    Node *field = field_of_it(p, path);
    if (field != NULL)
        field->a = *value;
    *value = field;
    return list;
}

/* Finds what is gone over. *value: what is taken of each, where the path says so. */
static bool loop_over(Program *p, const Scope *scope, Node *source, Loop *loop, Node **value) {
    Entity *entity = entity_of(p, scope, source);
    Node *list = value == NULL ? NULL : list_inside(p, scope, source, value);
    source = list != NULL ? list : source;
    if (entity == NULL && value != NULL && source->kind == N_FIELD) {
        entity = entity_of(p, scope, source->a);
        if (entity != NULL)
            *value = field_of_it(p, source);
    }
    loop->source = source;
    if (entity != NULL) {
        loop->entity = entity;
        loop->item = (Type){.kind = TY_ENTITY, .of = entity};
        return !entity->broken;
    }
    Str name;
    bool event = !expr_bound(scope, source) && dotted_text(p, source, &name) &&
                 party_find(p, name) == NULL && event_find(p, name) != NULL;
    if (event) {
        say_not_many(p, scope, source, NULL);
        return false;
    }
    if (source->kind == N_REF && !expr_bound(scope, source) &&
        party_find(p, source->text) == NULL) {
        say_no_entity(p, source);
        return false;
    }
    Type type = expr_operand(p, scope, source, NULL);
    if (type.kind != TY_LIST) {
        if (type.kind != TY_ERROR)
            say_not_many(p, scope, source, &type);
        return false;
    }
    loop->item = *type.item;
    return true;
}

static Loop *loop_new(Program *p, const Scope *scope, Node *node) {
    Loop *loop = new (p->arena, Loop, 1);
    if (loop == NULL) {
        p->nomem = true;
        return NULL;
    }
    loop->node = node;
    loop->index = -1;
    loop->scope = *scope;
    size_t n = scope->locals.n;
    loop->scope.locals.at = new (p->arena, Local, n + 1); /* room for an item */
    if (loop->scope.locals.at == NULL) {
        p->nomem = true;
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        loop->scope.locals.at[i] = scope->locals.at[i];
    loop->scope.locals.cap = n;
    loop->scope.loops = scope->loops + 1;
    if (loop->scope.loops > LIMIT_LOOPS)
        diag_add2(p->diags, DIAG_TOO_LARGE, node->at, say_both(p, "loops in loops", "循环的嵌套"),
                  say(p, "%d", LIMIT_LOOPS));
    return loop;
}

/* ---- finding those that count by an index */

static bool uses_item(const Loop *loop, const Node *node) {
    if (node == NULL)
        return false;
    bool item =
        node->bind == BIND_ITEM || (node->bind == BIND_LOCAL && node->slot < loop->scope.locals.n &&
                                    loop->scope.locals.at[node->slot].item && loop->named &&
                                    node->slot == loop->scope.locals.n - 1);
    return item || uses_item(loop, node->a) || uses_item(loop, node->b) ||
           uses_item(loop, node->c) || uses_item(loop, node->d) || uses_item(loop, node->next);
}

static bool same_but_item(const Loop *loop, const Node *node) {
    Node alone = *node;
    alone.next = NULL;
    return !uses_item(loop, &alone);
}

/* FIELD = what is not of the item: of an indexed field. */
static bool index_side(Loop *loop, const Node *field, const Node *other) {
    if (field->kind != N_FIELD || field->bind != BIND_HELD || !uses_item(loop, field->a) ||
        (field->a->bind != BIND_ITEM && field->a->bind != BIND_LOCAL) ||
        !same_but_item(loop, other) || other->bind == BIND_LOOP)
        return false;
    for (uint32_t i = 0; i < loop->entity->index_count; i++)
        if (loop->entity->indexes[i] == field->slot) {
            loop->index = (int)i;
            loop->sought = other;
            return true;
        }
    return false;
}

/* Looks for one among conditions all of which must hold. They are still tested. */
static void index_choose(Loop *loop, const Node *cond) {
    if (cond == NULL || loop->entity == NULL || loop->index >= 0 || loop->negated ||
        cond->kind != N_BINARY)
        return;
    if (cond->op == MARK_AND) {
        index_choose(loop, cond->a);
        index_choose(loop, cond->b);
    } else if (cond->op == MARK_EQ && !index_side(loop, cond->a, cond->b)) {
        (void)index_side(loop, cond->b, cond->a);
    }
}

/* ---- what is found of many */

static bool adds_up(const Type *type) {
    return type->kind == TY_INTEGER || type->kind == TY_NUMBER || type->kind == TY_MONEY ||
           type->kind == TY_PERCENT ||
           (type->kind == TY_DURATION && (type->families & (type->families - 1)) == 0);
}

static Type loop_value(Program *p, Loop *loop, Node *node, Node *value) {
    bool sums = loop->does == LOOP_SUMS;
    Node it = {.kind = N_IT, .span = loop->source->span, .at = loop->source->span};
    if (value == NULL) { /* the items themselves */
        value = new (p->arena, Node, 1);
        if (value == NULL) {
            p->nomem = true;
            return type_error();
        }
        *value = it;
    }
    loop->value = value;
    Type type = expr_operand(p, &loop->scope, value, NULL);
    if (type.kind == TY_ERROR)
        return type;
    if (sums ? !adds_up(&type) : !type_ordered(&type)) {
        diag_add3(p->diags, DIAG_NO_OPERATOR, node->span, node->text, type_text(p, &type),
                  type_text(p, &type));
        return type_error();
    }
    type.bounded = false;
    type.optional = !sums;
    return type;
}

static Type loop_type(Program *p, Loop *loop, Node *node, Node *value) {
    Node *more = node->a->next;
    size_t n = node_count(node->a),
           most = loop->does == LOOP_COUNTS || loop->does == LOOP_ANY ? 1 : 2;
    if (n > most || (value != NULL && more != NULL)) {
        diag_add3(p->diags, DIAG_ARGUMENT_COUNT, node->at, node->text,
                  most == 1 ? say_both(p, "one argument", "一个参数")
                            : say_both(p, "what it goes over, and what it takes of each",
                                       "范围与各项取值两个参数"),
                  say_count(p, n));
        return type_error();
    }
    if (node->b != NULL)
        expr_condition(p, &loop->scope, node->b);
    else if (loop->negated)
        diag_add3(p->diags, DIAG_WRONG_PLACE, node->at, node->text,
                  say_both(p, "a condition without where", "没有 其中 的条件"),
                  say_both(p, "say what all must be: where ...", "请写明全都应如何：其中 ..."));
    loop->where = node->b;
    index_choose(loop, node->b);
    if (loop->does == LOOP_COUNTS)
        return type_plain(TY_INTEGER);
    if (loop->does == LOOP_ANY)
        return type_plain(TY_FLAG);
    return loop_value(p, loop, node, more != NULL ? more : value);
}

/* The item's name, in the last of the locals. */
static void item_add(Program *p, const Scope *scope, Loop *loop, Str name, Span at) {
    for (size_t i = 0; i < scope->locals.n; i++)
        if (str_eq(scope->locals.at[i].name, name))
            diag_other(diag_add2(p->diags, DIAG_DECLARED_TWICE, at, name, (Str){NULL, 0}),
                       scope->locals.at[i].at);
    if (scope->event != NULL && scope->alias.n > 0 && str_eq(scope->alias, name))
        diag_add2(p->diags, DIAG_DECLARED_TWICE, at, name, (Str){NULL, 0});
    loop->named = true;
    loop->scope.locals.at[loop->scope.locals.n++] =
        (Local){.name = name, .type = loop->item, .item = true, .at = at};
}

/* Of `count(l in o.lines where ...)` the l; else NULL. */
static const Node *item_named(const Node *over) {
    bool in =
        over != NULL && over->kind == N_BINARY && over->op == MARK_IN && over->a->kind == N_REF;
    return in ? over->a : NULL;
}

/* `sum(o.lines.price * o.lines.quantity)`: said once, with what is meant. `from`: the first
 * diagnostic of the argument. */
static void say_of_each(Program *p, const Node *node, size_t from) {
    if (node->a->kind != N_BINARY || from >= p->diags->all.n ||
        p->diags->all.at[from].code != DIAG_FIELD_OF_MANY)
        return;
    Diag *d = &p->diags->all.at[from];
    Str many = d->args[0], rest = source_text(p->sources, node->a->span), each = S("");
    bool chinese = source_chinese(p->sources, node->at.file);
    for (size_t at = 0; at < rest.n; at++) {
        if (!str_starts(str_from(rest, at), many))
            continue;
        each = say(p, "%.*s%.*s%.*s", STR_ARG(each), (int)at, rest.p,
                   STR_ARG(keyword_of(TK_IT, -1, chinese)));
        rest = str_from(rest, at + many.n);
        at = 0;
    }
    d->span = node->a->span;
    d->args[2] = say(p, "%.*s%.*s(%.*s, %.*s%.*s)",
                     STR_ARG(say_both(p, "take it of each: ", "请逐项取值：")), STR_ARG(node->text),
                     STR_ARG(many), STR_ARG(each), STR_ARG(rest));
    while (p->diags->all.n > from + 1 &&
           p->diags->all.at[p->diags->all.n - 1].code == DIAG_FIELD_OF_MANY) {
        p->diags->all.n--;
        p->diags->errors--;
    }
}

Type loop_check(Program *p, const Scope *scope, Node *node) {
    static const Scope nothing_at_hand = {0};
    Node *value = NULL;
    if (scope == NULL)
        scope = &nothing_at_hand;
    Loop *loop = loop_new(p, scope, node);
    if (loop == NULL)
        return type_error();
    loop->does = (LoopDoes)loop_does(node);
    loop->negated = function_named(node->text, BUILTIN_ALL);
    const Node *item = item_named(node->a);
    if (node->a == NULL) {
        diag_add3(p->diags, DIAG_ARGUMENT_COUNT, node->at, node->text,
                  say_both(p, "what it goes over", "范围"), say_count(p, 0));
        return type_error();
    }
    bool takes = loop->does != LOOP_COUNTS && loop->does != LOOP_ANY;
    Node *source = item != NULL ? node->a->b : node->a;
    size_t said = p->diags->all.n;
    if (!loop_over(p, scope, source, loop, takes ? &value : NULL)) {
        say_of_each(p, node, said);
        return type_error();
    }
    if (item != NULL)
        item_add(p, scope, loop, item->text, item->at);
    loop->scope.item = &loop->item;
    node->bind = BIND_LOOP;
    node->means = loop;
    return loop_type(p, loop, node, value);
}

/* ---- for each */

void lets_refused(Program *p, const Node *actions, Str where) {
    for (const Node *a = actions; a != NULL; a = a->next)
        if (a->kind == N_LET)
            diag_add3(p->diags, DIAG_WRONG_PLACE, a->at, source_text(p->sources, a->at), where,
                      say_both(p, "write it before, or its value in its place",
                               "请写在之前，或直接写出其值"));
}

void for_each_check(Program *p, Scope *scope, Node *node, Str where, bool of_approval) {
    Loop *loop = loop_new(p, scope, node);
    if (loop == NULL)
        return;
    bool good = loop_over(p, scope, node->a, loop, NULL);
    if (!good)
        loop->item = type_error();
    item_add(p, scope, loop, node->text, node->at);
    loop->does = LOOP_EACH;
    loop->where = node->b;
    loop->actions = node->c;
    node->means = good ? loop : NULL;
    if (node->b != NULL)
        expr_condition(p, &loop->scope, node->b);
    index_choose(loop, node->b);
    lets_refused(p, node->c, say_both(p, "loop", "循环"));
    actions_check(p, &loop->scope, node->c, where, of_approval);
}
