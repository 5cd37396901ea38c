/* code: what goes over many. Its body is a function of its own, which is given what it uses of the
 * locals around it and the item; it reads the same event and the same frame. */
#include "engine/base/check.h"
#include "engine/code/emit_int.h"

/* ---- what a loop is given */

static bool uses_local(const Node *node, uint32_t slot) {
    for (; node != NULL; node = node->next)
        if ((node->bind == BIND_LOCAL && node->slot == slot) || uses_local(node->a, slot) ||
            uses_local(node->b, slot) || uses_local(node->c, slot) || uses_local(node->d, slot))
            return true;
    return false;
}

static bool uses_below(const Node *node, uint32_t slot) {
    return node != NULL &&
           ((node->bind == BIND_LOCAL && node->slot == slot) || uses_local(node->a, slot) ||
            uses_local(node->b, slot) || uses_local(node->c, slot) || uses_local(node->d, slot));
}

/* Whether it must be given: what a later function knows is in the frame. */
static bool is_given(const Emit *e, const Loop *loop, uint32_t slot) {
    if (e->fn.later && !loop->scope.locals.at[slot].item)
        return false;
    return uses_below(loop->where, slot) || uses_below(loop->value, slot) ||
           uses_local(loop->actions, slot);
}

static uint32_t locals_around(const Loop *loop) {
    size_t n = loop->scope.locals.n;
    return (uint32_t)(loop->named ? n - 1 : n); /* the last is the item */
}

/* ---- the loop */

static void load_all(Emit *e, uint32_t slot, uint32_t base) {
    const Local *local = &e->fn.scope->locals.at[slot];
    Node node = {.kind = N_REF, .bind = BIND_LOCAL, .slot = slot};
    for (uint32_t part = 0; part < type_width(&local->type); part++)
        emit_part(e, &node, part, base + part);
}

static Value nothing_of(const Type *type) {
    if (type->kind == TY_DURATION)
        return value_duration((Family)__builtin_ctz(type->families), 0);
    if (type->kind == TY_INTEGER)
        return value_int(0);
    Value v = value_dec(type_value_kind(type), dec_of_i64(0));
    v.n = type->kind == TY_MONEY ? type->currency : 0;
    return v;
}

static LoopDef loop_def(const Loop *loop, const Type *result) {
    LoopDef def = {.does = (uint8_t)loop->does,
                   .entity = -1,
                   .index = loop->index,
                   .fn = -1,
                   .nothing = value_absent()};
    if (loop->entity != NULL)
        def.entity = (int32_t)loop->entity->number;
    else
        def.item = emit_kind(&loop->item);
    if (loop->does != LOOP_EACH)
        def.result = emit_kind(result);
    if (loop->does == LOOP_SUMS)
        def.nothing = nothing_of(result);
    return def;
}

/* The instruction, with what it needs in registers from the one it gives on. */
static uint32_t loop_begin(Emit *e, const Loop *loop) {
    uint32_t around = locals_around(loop), given = 0,
             list = loop->entity == NULL || loop->index >= 0;
    LoopBody body = {.number = (uint32_t)e->loops.n, .loop = loop, .around = e->fn};
    body.arg_at = new (e->a, uint32_t, loop->scope.locals.n + 1);
    if (body.arg_at == NULL) {
        emit_nomem(e);
        return 0;
    }
    for (uint32_t i = 0; i < around; i++) {
        body.arg_at[i] = is_given(e, loop, i) ? given : UINT32_MAX;
        given += body.arg_at[i] == given ? type_width(&loop->scope.locals.at[i].type) : 0;
    }
    uint32_t base = fn_reg(e, list + given == 0 ? 1 : list + given);
    if (loop->index >= 0)
        emit_expr(e, loop->sought, base,
                  &loop->entity->fields[loop->entity->indexes[loop->index]].type);
    else if (list)
        emit_expr(e, loop->source, base, NULL);
    for (uint32_t i = 0; i < around; i++)
        if (body.arg_at[i] != UINT32_MAX)
            load_all(e, i, base + list + body.arg_at[i]);
    LoopDef def = loop_def(loop, type_of(loop->node));
    def.given = given;
    if (!vec_push(&e->loops, def) || !vec_push(&e->bodies, body))
        emit_nomem(e);
    emit_at(e, loop->node);
    ins_abx(e, OP_LOOP, base, body.number);
    return base;
}

void emit_loop(Emit *e, const Loop *loop, uint32_t dst) {
    uint32_t base = loop_begin(e, loop);
    ins_abc(e, loop->negated ? OP_NOT : OP_MOVE, dst, base, 0);
}

void emit_for_each(Emit *e, const Node *node) {
    if (node->means != NULL)
        (void)loop_begin(e, node->means);
}

/* ---- its function */

static void arg_add(Emit *e, KindDef kind) {
    if (e->status != OK)
        return;
    if (e->fn.def.arg_count >= LIMIT_FIELDS)
        emit_limit(e, "what this loop uses from around it", "该循环引用的外部值", "250");
    else
        e->fn.def.args[e->fn.def.arg_count++] = kind;
}

void emit_item_args(Emit *e, const Type *type) {
    if (type->kind == TY_OUTPUTS) {
        const Table *table = type->of;
        for (uint32_t i = 0; i < table->result_count; i++)
            arg_add(e, emit_kind(&table->results[i].type));
    } else if (type->kind == TY_ENTITY) {
        const Entity *entity = type->of;
        arg_add(e, (KindDef){V_FLAG, false});
        for (uint32_t i = 0; i < entity->field_count; i++) {
            KindDef kind = emit_kind(&entity->fields[i].type);
            kind.optional = kind.optional || type->optional;
            arg_add(e, kind);
        }
    } else {
        arg_add(e, emit_kind(type));
    }
}

/* It stops where an item does not count: of `all`, where it is as it must be. */
static void stop_unless(Emit *e, const Node *where, bool negated) {
    if (where == NULL)
        return;
    uint32_t flag = fn_reg(e, 1);
    emit_expr(e, where, flag, NULL);
    mark_condition(e, where, flag);
    uint32_t jump = jump_from(e, negated ? OP_SKIP_UNLESS : OP_SKIP_IF, flag);
    ins_abc(e, OP_STOP, 0, 0, 0);
    jump_here(e, jump);
    e->fn.next = flag;
}

static void emit_body(Emit *e, const LoopBody *body) {
    const Loop *loop = body->loop;
    const FnDef *around = &body->around.def;
    fn_begin(e, around->name, &loop->scope, NULL, (DeclKind)around->of, around->owner,
             body->around.later);
    e->fn.def.event = around->event;
    e->fn.arg_at = body->arg_at;
    for (uint32_t i = 0; i < locals_around(loop); i++)
        if (body->arg_at[i] != UINT32_MAX)
            emit_item_args(e, &loop->scope.locals.at[i].type);
    e->fn.item_at = e->fn.def.arg_count;
    if (loop->named)
        body->arg_at[locals_around(loop)] = e->fn.item_at;
    emit_item_args(e, &loop->item);
    emit_at(e, loop->node);
    stop_unless(e, loop->where, loop->negated);
    uint32_t value = 0;
    if (loop->value != NULL) {
        value = fn_reg(e, 1);
        emit_expr(e, loop->value, value, NULL);
        fn_result(e, (KindDef){(uint8_t)type_value_kind(type_of(loop->value)), false});
    }
    emit_actions(e, loop->actions);
    int32_t fn = fn_end(e, value);
    if (e->status == OK)
        e->loops.at[body->number].fn = fn;
}

void emit_bodies(Emit *e) {
    while (e->bodies.n > 0 && e->status == OK) {
        LoopBody body = e->bodies.at[--e->bodies.n];
        emit_body(e, &body);
    }
}
