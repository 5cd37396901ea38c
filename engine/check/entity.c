/* check: entities: what they hold, what expressions read of them, what actions set. An entity that
 * is not there is absent, and so are its fields; where a SET reads the entity that it sets, a field
 * of one that is not there is its default. */
#include "engine/check/check_int.h"

#include <string.h>

#include "engine/base/limits.h"
#include "engine/syntax/marks.h"

enum { ENTITY_KEYS = 8 };

/* ---- fields */

static bool keys_with(const Type *type) {
    switch ((int)type->kind) {
    case TY_ERROR:
    case TY_FLAG:
    case TY_INTEGER:
    case TY_DATE:
    case TY_TIME:
    case TY_INSTANT:
    case TY_TEXT:
    case TY_ID:
    case TY_PARTY:
    case TY_ENUM:
        return !type->optional;
    default:
        return false;
    }
}

static void key_field(Program *p, Entity *entity, const Node *f, const Field *field) {
    if (f->b != NULL || !keys_with(&field->type)) {
        Str why = f->b != NULL ? say_both(p, "it has a default", "它有默认值")
                  : field->type.optional
                      ? say_both(p, "it may be absent", "它可能空缺")
                      : say(p, "%.*s%.*s", STR_ARG(say_both(p, "it is ", "其类型为")),
                            STR_ARG(type_text(p, &field->type)));
        diag_add2(p->diags, DIAG_BAD_KEY, f->at, field->name, why);
    }
    if (entity->key_count == ENTITY_KEYS) {
        diag_add2(p->diags, DIAG_TOO_LARGE, f->at, say_both(p, "this key", "这个键"),
                  say_both(p, "8 fields", "8 个字段"));
        return;
    }
    entity->keys[entity->key_count++] = entity->field_count;
}

static void field_read(Program *p, Entity *entity, const Node *f) {
    int old = field_find(entity->fields, entity->field_count, f->text);
    if (old >= 0) {
        diag_other(diag_add2(p->diags, DIAG_DECLARED_TWICE, f->at, f->text, (Str){NULL, 0}),
                   entity->fields[old].at);
        return;
    }
    Field field = {
        .name = f->text, .alias = name_alias(f->more), .type = type_read(p, f->a), .at = f->at};
    if (f->b != NULL)
        field_preset(p, &field, f->b);
    if (f->flag != 0)
        key_field(p, entity, f, &field);
    entity->fields[entity->field_count++] = field;
}

/* `index by f`: of a field that may be a key, absent perhaps. */
static void index_read(Program *p, Entity *entity, const Node *node) {
    int field = field_find(entity->fields, entity->field_count, node->text);
    if (field < 0) {
        if (!entity->broken)
            say_unknown_field(p, node->at, entity->name, entity->fields, entity->field_count,
                              node->text);
        return;
    }
    Type type = entity->fields[field].type;
    type.optional = false;
    if (!keys_with(&type)) {
        diag_add2(p->diags, DIAG_BAD_KEY, node->at, node->text,
                  say(p, "%.*s%.*s", STR_ARG(say_both(p, "it is ", "其类型为")),
                      STR_ARG(type_text(p, &type))));
        return;
    }
    for (uint32_t i = 0; i < entity->index_count; i++)
        if (entity->indexes[i] == (uint32_t)field) {
            diag_add2(p->diags, DIAG_DECLARED_TWICE, node->at, node->text, (Str){NULL, 0});
            return;
        }
    entity->indexes[entity->index_count++] = (uint32_t)field;
}

void entity_fields(Program *p, Entity *entity) {
    size_t n = node_count(entity->node->a);
    entity->fields = new (p->arena, Field, n + 1);
    entity->keys = new (p->arena, uint32_t, ENTITY_KEYS);
    entity->indexes = new (p->arena, uint32_t, n + 1);
    if (entity->fields == NULL || entity->keys == NULL || entity->indexes == NULL) {
        p->nomem = true;
        return;
    }
    if (entity->number >= LIMIT_ENTITIES)
        diag_add2(p->diags, DIAG_TOO_LARGE, entity->at, say_both(p, "this policy", "这个政策"),
                  say_both(p, "250 entities", "250 种档案"));
    if (n > LIMIT_ENTITY_FIELDS)
        diag_add2(p->diags, DIAG_TOO_LARGE, entity->at,
                  say(p, "%zu%.*s", n, STR_ARG(say_both(p, " fields", " 个字段"))), S("100"));
    for (const Node *f = entity->node->a; f != NULL; f = f->next) {
        if (f->kind == N_ERROR)
            entity->broken = true;
        else if (f->kind == N_FIELD_DECL && entity->field_count < LIMIT_ENTITY_FIELDS)
            field_read(p, entity, f);
    }
    for (const Node *f = entity->node->a; f != NULL; f = f->next)
        if (f->kind == N_INDEX)
            index_read(p, entity, f);
    if (entity->key_count == 0 && !entity->broken)
        diag_add1(p->diags, DIAG_ENTITY_KEY, entity->at, entity->name);
}

/* ---- reading */

static bool is_key(const Entity *entity, uint32_t field) {
    for (uint32_t i = 0; i < entity->key_count; i++)
        if (entity->keys[i] == field)
            return true;
    return false;
}

void arguments_any(Program *p, const Scope *scope, Node *first) {
    for (Node *arg = first; arg != NULL; arg = arg->next)
        expr_check(p, scope, arg, NULL);
}

/* The key in parentheses behind its name. */
static void key_check(Program *p, const Scope *scope, Node *node, const Entity *entity) {
    size_t n = node_count(node->a);
    if (entity->broken) {
        arguments_any(p, scope, node->a);
        return;
    }
    if (n != entity->key_count)
        diag_add3(p->diags, DIAG_ARGUMENT_COUNT, node->at, entity->name,
                  say_number(p, entity->key_count, " argument", " arguments", " 个参数"),
                  say_count(p, n));
    uint32_t i = 0;
    for (Node *part = node->a; part != NULL; part = part->next, i++)
        expr_want(p, scope, part,
                  i < entity->key_count ? &entity->fields[entity->keys[i]].type : NULL);
}

Type entity_call(Program *p, const Scope *scope, Node *node, Entity *entity) {
    node->bind = BIND_ENTITY;
    node->means = entity;
    key_check(p, scope, node, entity);
    return (Type){.kind = TY_ENTITY, .of = entity, .optional = true};
}

static bool same_key(const Node *a, const Node *b) {
    const Node *x = a->a, *y = b->a;
    while (x != NULL && y != NULL && expr_same(x, y)) {
        x = x->next;
        y = y->next;
    }
    return a->means == b->means && x == NULL && y == NULL;
}

Type entity_field(Program *p, const Scope *scope, Node *node, const Type *of) {
    const Entity *entity = of->of;
    int field = field_find(entity->fields, entity->field_count, node->text);
    if (field < 0) {
        if (!entity->broken)
            say_unknown_field(p, node->at, entity->name, entity->fields, entity->field_count,
                              node->text);
        return type_error();
    }
    node->bind = BIND_HELD;
    node->slot = (uint32_t)field;
    Type type = entity->fields[field].type;
    bool own = scope != NULL && scope->target != NULL && node->a->bind == BIND_ENTITY &&
               (scope->target->means == NULL || same_key(scope->target, node->a));
    node->flag = own && !type.optional;
    type.optional = type.optional || (of->optional && !own);
    return type;
}

bool expr_reads(const Node *node) {
    if (node == NULL)
        return false;
    if (node->bind == BIND_LOOP && ((const Loop *)node->means)->entity != NULL)
        return true;
    if (node->bind == BIND_ENTITY || node->bind == BIND_MEMBERS || node->kind == N_STATE_IS ||
        node->kind == N_MEASURED || (node->bind == BIND_TABLE && versions_read(node->means)))
        return true;
    bool list = node_lists(node);
    for (const Node *arg = list ? node->a : NULL; arg != NULL; arg = arg->next)
        if (expr_reads(arg))
            return true;
    return (!list && expr_reads(node->a)) || expr_reads(node->b);
}

bool entity_whole(Program *p, const Node *node, const Type *type) {
    if (type->kind != TY_ENTITY)
        return false;
    const Entity *entity = type->of;
    uint32_t field = 0;
    while (field + 1 < entity->field_count && is_key(entity, field))
        field++;
    Str text = source_text(p->sources, node->span), like = {NULL, 0};
    if (entity->field_count > 0)
        like = say(p, "%.*s.%.*s", STR_ARG(text), STR_ARG(entity->fields[field].name));
    diag_add2(p->diags, DIAG_ENTITY_WHOLE, node->span, text, like);
    return true;
}

/* ---- setting */

void say_no_entity(Program *p, const Node *node) {
    Str *names = new (p->arena, Str, p->entities.n + 1);
    size_t n = 0;
    for (; names != NULL && n < p->entities.n; n++)
        names[n] = name_here(p, p->entities.at[n]->home, p->entities.at[n]->name);
    if (names != NULL)
        say_unknown(p, DIAG_UNKNOWN_ENTITY, node->at, node->text, names, n);
}

static Entity *entity_named(Program *p, const Scope *scope, Node *node) {
    Entity *entity = entity_find(p, node->text);
    if (entity != NULL) {
        node->means = entity;
        key_check(p, scope, node, entity);
        return entity;
    }
    say_no_entity(p, node);
    arguments_any(p, scope, node->a);
    return NULL;
}

static void value_check(Program *p, const Scope *scope, const Entity *entity, Node *init) {
    int field = field_find(entity->fields, entity->field_count, init->text);
    if (field < 0) {
        if (!entity->broken)
            say_unknown_field(p, init->at, entity->name, entity->fields, entity->field_count,
                              init->text);
        expr_check(p, scope, init->a, NULL);
        return;
    }
    if (is_key(entity, (uint32_t)field))
        diag_add2(p->diags, DIAG_KEY_SET, init->at, init->text, entity->name);
    init->bind = BIND_HELD;
    init->slot = (uint32_t)field;
    expr_want(p, scope, init->a, &entity->fields[field].type);
}

void set_check(Program *p, const Scope *scope, Node *node) {
    const Entity *entity = entity_named(p, scope, node);
    Scope inner = *scope;
    inner.target = node; /* of one that is not known any may be meant */
    for (Node *init = node->b; init != NULL; init = init->next) {
        if (init->kind == N_ERROR)
            continue;
        if (entity == NULL)
            expr_check(p, &inner, init->a, NULL);
        else
            value_check(p, &inner, entity, init);
    }
}

void delete_check(Program *p, const Scope *scope, Node *node) {
    (void)entity_named(p, scope, node);
}

/* ---- what is set twice (semantics.md 19) */

static Str field_name(Program *p, const Entity *entity, const Node *init) {
    return say(p, "%.*s.%.*s", STR_ARG(entity->name), STR_ARG(entity->fields[init->slot].name));
}

static Str line_of(Program *p, Span at) {
    return say(p, "%u", source_place(p->sources, at.file, at.from).line);
}

static bool has_constant(const Node *node) {
    return node->bind == BIND_CONST || node->bind == BIND_MEMBER || node->bind == BIND_PARTY;
}

/* Whether two values are surely not the same. */
static bool differ(Program *p, const Node *a, const Node *b) {
    if (!has_constant(a) || !has_constant(b))
        return false;
    if (a->bind != BIND_CONST || b->bind != BIND_CONST)
        return !expr_same(a, b);
    Value x, y;
    if (!literal_value(p, a, &x) || !literal_value(p, b, &y))
        return false;
    if (x.kind == V_INT && y.kind == V_DEC)
        x = value_dec(V_DEC, dec_of_i64(x.i));
    if (y.kind == V_INT && x.kind == V_DEC)
        y = value_dec(V_DEC, dec_of_i64(y.i));
    return !value_eq(x, y);
}

/* Two SETs of one list of actions, all of which are carried out. */
static void sets_of_list(Program *p, const Node *first) {
    for (const Node *a = first; a != NULL; a = a->next)
        for (const Node *x = a->kind == N_SET && a->means != NULL ? a->b : NULL; x != NULL;
             x = x->next)
            for (const Node *b = first; b != NULL; b = b->next) {
                if (b->kind != N_SET || b->means != a->means || !same_key(a, b))
                    continue;
                const Node *y = b->b;
                while (y != NULL && y != x && (y->bind != BIND_HELD || y->slot != x->slot))
                    y = y->next;
                if (y == x)
                    break; /* all before it have been looked at */
                if (y != NULL && x->bind == BIND_HELD)
                    diag_other(diag_add2(p->diags, DIAG_SET_TWICE, x->at,
                                         field_name(p, a->means, x), line_of(p, y->at)),
                               y->at);
            }
}

/* SETs of rules of one event that hold whatever the event is. */
static void sets_of_rules(Program *p, const Rule *one, const Rule *other) {
    for (const Node *a = one->clauses; a != NULL; a = a->next)
        for (const Node *b = other->clauses; b != NULL; b = b->next) {
            if (a->kind != N_SET || b->kind != N_SET || a->means == NULL || !same_key(a, b))
                continue;
            for (const Node *x = a->b; x != NULL; x = x->next)
                for (const Node *y = b->b; y != NULL; y = y->next)
                    if (x->bind == BIND_HELD && y->bind == BIND_HELD && x->slot == y->slot &&
                        differ(p, x->a, y->a))
                        diag_other(diag_add3(p->diags, DIAG_SETS_DIFFER, y->at,
                                             field_name(p, a->means, y), one->name,
                                             line_of(p, x->at)),
                                   x->at);
        }
}

static bool apply_together(const Rule *a, const Rule *b) {
    bool dated = a->dated.from != b->dated.from || a->dated.until != b->dated.until;
    return a->scope.event != NULL && a->scope.event == b->scope.event && !dated &&
           (a->where == NULL ? b->where == NULL
                             : b->where != NULL && expr_same(a->where, b->where));
}

void sets_check(Program *p) {
    if (p->entities.n == 0)
        return;
    for (size_t i = 0; i < p->rules.n; i++) {
        sets_of_list(p, p->rules.at[i]->clauses);
        for (size_t k = 0; k < i; k++)
            if (apply_together(p->rules.at[k], p->rules.at[i]))
                sets_of_rules(p, p->rules.at[k], p->rules.at[i]);
    }
    for (size_t i = 0; i < p->duties.n; i++)
        for (uint32_t k = 0; k < p->duties.at[i]->reaction_count; k++)
            sets_of_list(p, p->duties.at[i]->reactions[k].actions);
    for (size_t i = 0; i < p->approvals.n; i++)
        for (uint32_t k = 0; k < p->approvals.at[i]->base.reaction_count; k++)
            sets_of_list(p, p->approvals.at[i]->base.reactions[k].actions);
    for (size_t i = 0; i < p->kpis.n; i++)
        for (uint32_t k = 0; k < p->kpis.at[i]->reaction_count; k++)
            sets_of_list(p, p->kpis.at[i]->reactions[k].actions);
}
