/* code: expressions and actions to instructions. */
#include "engine/code/emit_int.h"

#include "engine/base/check.h"
#include "engine/syntax/marks.h"

/* ---- constants */

bool emit_const_value(Emit *e, const Node *node, const Type *want, Value *out) {
    switch (node->bind) {
    case BIND_CONST:
        if (!literal_value((Program *)(uintptr_t)e->p, node, out))
            return false;
        if (want != NULL && want->kind == TY_NUMBER && out->kind == V_INT)
            *out = value_dec(V_DEC, dec_of_i64(out->i));
        return true;
    case BIND_PARTY:
        *out = value_of(V_PARTY, ((const Party *)node->means)->number);
        return true;
    case BIND_MEMBER:
        *out = value_of(V_ENUM, node->slot);
        out->n = ((const Enum *)node->means)->number;
        return true;
    default:
        return false;
    }
}

static void load_constant(Emit *e, const Node *node, uint32_t dst, const Type *want) {
    Value v = value_absent();
    if (emit_const_value(e, node, want, &v))
        ins_abx(e, OP_LOADK, dst, emit_constant(e, v));
}

/* ---- names */

/* Whether a node is a plain reference to the raising event or a let: what a frame slot keeps. */
static bool is_kept(const Emit *e, const Node *node) {
    const Node *of = node->bind == BIND_LOCAL ? node : node->a;
    if (of != NULL && of->bind == BIND_LOCAL && e->fn.scope->locals.at[of->slot].item)
        return false; /* what a loop is at */
    if (node->bind == BIND_LOCAL)
        return true;
    if (node->bind == BIND_PICK)
        return is_kept(e, node->a);
    if (node->kind == N_IS_ABSENT)
        return node->a->bind == BIND_LOCAL && type_of(node->a)->kind == TY_ENTITY;
    if (node->kind != N_FIELD)
        return false;
    if (node->bind == BIND_FIELD || node->bind == BIND_ATTR)
        return node->a->bind == BIND_EVENT;
    return (node->bind == BIND_OUTPUT || node->bind == BIND_HELD) && node->a->bind == BIND_LOCAL;
}

uint32_t emit_slot(Emit *e, const Node *node) {
    for (size_t i = 0; i < e->slots.n; i++)
        if (expr_same(e->slots.at[i].node, node))
            return (uint32_t)i;
    Slot slot = {node, *type_of(node)};
    if (!vec_push(&e->slots, slot))
        emit_nomem(e);
    else if (e->slots.n > LIMIT_REGISTERS)
        emit_limit(e, "what this duty keeps of its raising", "该职责发生时所存的值", "250");
    return (uint32_t)(e->slots.n == 0 ? 0 : e->slots.n - 1);
}

void emit_part(Emit *e, const Node *node, uint32_t part, uint32_t dst) {
    if (node->bind == BIND_ITEM) {
        ins_abx(e, OP_ARG, dst, e->fn.item_at + part);
        return;
    }
    const Local *local = &e->fn.scope->locals.at[node->slot];
    uint32_t arg = e->fn.arg_at == NULL ? UINT32_MAX : e->fn.arg_at[node->slot];
    if (arg != UINT32_MAX)
        ins_abx(e, OP_ARG, dst, arg + part);
    else if (local->parameter)
        ins_abx(e, OP_ARG, dst, local->number + part);
    else
        ins_abc(e, OP_MOVE, dst, e->fn.local_at[node->slot] + part, 0);
}

/* Of what a table gave, and of an entity, all of it: another name for it has it, too. */
static void load_local(Emit *e, const Node *node, uint32_t dst) {
    for (uint32_t part = 0; part < type_width(type_of(node)); part++)
        emit_part(e, node, part, dst + part);
}

uint32_t type_width(const Type *type) {
    if (type->kind == TY_OUTPUTS)
        return ((const Table *)type->of)->result_count;
    return type->kind == TY_ENTITY ? 1 + ((const Entity *)type->of)->field_count : 1;
}

/* The key of an entity, in registers from base on. */
static void emit_key(Emit *e, const Node *node, const Entity *entity, uint32_t base) {
    uint32_t i = 0;
    for (const Node *part = node->a; part != NULL; part = part->next, i++)
        emit_expr(e, part, base + i, &entity->fields[entity->keys[i]].type);
}

/* The entity of a key: whether it is there, then its fields, from register base on. */
static void emit_get(Emit *e, const Node *node, uint32_t base) {
    const Entity *entity = node->means;
    emit_key(e, node, entity, base);
    emit_at(e, node);
    ins_abx(e, OP_GET, base, entity->number);
}

/* A field of an entity. One that must be there is that of what is set: its default where it is not
 * there yet. */
static void emit_held(Emit *e, const Node *node, uint32_t dst) {
    const Entity *entity = type_of(node->a)->of;
    if (node->a->bind == BIND_LOCAL || node->a->bind == BIND_ITEM) {
        emit_part(e, node->a, 1 + node->slot, dst);
        return;
    }
    const Field *field = &entity->fields[node->slot];
    uint32_t key = fn_reg(e, 1), base = fn_reg(e, type_width(type_of(node->a)));
    emit_get(e, node->a, base);
    uint32_t at = base + 1 + node->slot;
    if (node->flag == 0) {
        ins_abc(e, OP_MOVE, dst, at, 0);
    } else if (field->has_preset) {
        ins_abc(e, OP_IS_ABSENT, key, at, 0);
        uint32_t absent = jump_from(e, OP_SKIP_IF, key);
        ins_abc(e, OP_UNWRAP, dst, at, 0);
        uint32_t end = jump_from(e, OP_SKIP, 0);
        jump_here(e, absent);
        ins_abx(e, OP_LOADK, dst, emit_constant(e, field->preset));
        jump_here(e, end);
    } else {
        emit_expr(e, node->a->a, key, NULL);
        emit_at(e, node);
        ins_abc(e, OP_NEED, dst, at, key);
    }
}

/* A part of a date; of an instant that of its date. */
static void load_part(Emit *e, const Node *node, uint32_t dst) {
    uint32_t of = fn_reg(e, 1);
    bool whole = node->slot == PROPERTY_DATE || node->slot == PROPERTY_TIME_OF_DAY ||
                 node->slot == PROPERTY_IS_OPEN;
    emit_expr(e, node->a, of, NULL);
    emit_at(e, node);
    if (!whole && type_of(node->a)->kind == TY_INSTANT)
        ins_abc(e, OP_DATE_OF, of, of, 0);
    switch ((int)node->slot) {
    case PROPERTY_DATE:
        ins_abc(e, OP_DATE_OF, dst, of, 0);
        return;
    case PROPERTY_TIME_OF_DAY:
        ins_abc(e, OP_TIME_OF, dst, of, 0);
        return;
    case PROPERTY_IS_OPEN:
        ins_abc(e, OP_IS_OPEN, dst, of, 0);
        return;
    case PROPERTY_IS_WORKING_DAY:
        ins_abc(e, OP_IS_WORKDAY, dst, of, 0);
        return;
    case PROPERTY_WEEKDAY: {
        Value any = {.kind = V_ENUM, .n = ((const Enum *)node->means)->number};
        uint32_t of_them = fn_reg(e, 1);
        ins_abx(e, OP_LOADK, of_them, emit_constant(e, any));
        ins_abc(e, OP_WEEKDAY, dst, of, of_them);
        return;
    }
    default:
        ins_abc(e, OP_PART_OF, dst, of, node->slot - PROPERTY_YEAR);
    }
}

static void load_field(Emit *e, const Node *node, uint32_t dst) {
    if (node->bind == BIND_PART) {
        load_part(e, node, dst);
    } else if (node->bind == BIND_PICK) {
        const RecordType *record = type_of(node->a)->of;
        emit_expr(e, node->a, dst, NULL);
        emit_at(e, node);
        ins_abx(e, OP_PICK, dst, record->first + node->slot);
    } else if (node->bind == BIND_FIELD) {
        ins_abx(e, OP_FIELD, dst, node->slot);
    } else if (node->bind == BIND_MEMBERS) {
        emit_expr(e, node->a, dst, NULL);
        ins_abc(e, OP_MEMBERS, dst, dst, 0);
    } else if (node->bind == BIND_SUPERIOR) {
        emit_expr(e, node->a, dst, NULL);
        ins_abc(e, OP_SUPERIOR, dst, dst, 0);
    } else if (node->bind == BIND_HELD) {
        emit_held(e, node, dst);
    } else if (node->bind == BIND_ATTR) {
        ins_abx(e, OP_ATTR, dst, node->slot);
    } else if (node->a->bind == BIND_LOCAL) {
        emit_part(e, node->a, node->slot, dst);
    } else { /* an output of a call */
        const Table *table = type_of(node->a)->of;
        uint32_t base = fn_reg(e, table->input_count > table->result_count ? table->input_count
                                                                           : table->result_count);
        emit_expr(e, node->a, base, NULL);
        ins_abc(e, OP_MOVE, dst, base + node->slot, 0);
    }
}

/* What the columns hold, computed where the table is asked from the parameters in registers `given`
 * on. */
static void emit_columns(Emit *e, const Table *table, uint32_t given, uint32_t base) {
    const Scope *scope = e->fn.scope;
    uint32_t *local_at = e->fn.local_at, *arg_at = e->fn.arg_at;
    bool later = e->fn.later;
    e->fn.arg_at = NULL;
    e->fn.scope = &table->scope;
    e->fn.later = false;
    e->fn.local_at = new (e->a, uint32_t, table->param_count + 1);
    if (e->fn.local_at == NULL)
        emit_nomem(e);
    for (uint32_t i = 0; e->fn.local_at != NULL && i < table->param_count; i++)
        e->fn.local_at[i] = given + i;
    for (uint32_t i = 0; e->status == OK && i < table->input_count; i++)
        if (table->feeds[i].value != NULL)
            emit_expr(e, table->feeds[i].value, base + i, &table->inputs[i].type);
        else
            ins_abc(e, OP_MOVE, base + i, given + table->feeds[i].param, 0);
    e->fn.scope = scope;
    e->fn.local_at = local_at;
    e->fn.arg_at = arg_at;
    e->fn.later = later;
}

static uint32_t call_room(const Table *table) {
    return table->input_count > table->result_count ? table->input_count : table->result_count;
}

/* Asks a table, or one version of it, with what stands in registers `given` on. */
static void emit_lookup(Emit *e, const Node *node, const Table *table, uint32_t given,
                        uint32_t base, uint32_t dst) {
    if (table->feeds != NULL)
        emit_columns(e, table, given, base);
    for (uint32_t i = 0; table->feeds == NULL && given != base && i < table->param_count; i++)
        ins_abc(e, OP_MOVE, base + i, given + i, 0);
    emit_at(e, node);
    ins_abx(e, OP_LOOKUP, base, table->number);
    for (uint32_t i = 0; i < table->result_count; i++)
        ins_abc(e, OP_MOVE, dst + i, base + i, 0);
}

/* Asks the version that applies. The last one is not asked whether it does, where one must: its
 * look-up traps. */
static void emit_versions(Emit *e, const Node *node, const Table *table, uint32_t given,
                          uint32_t dst) {
    uint32_t most = 0, n = 0;
    for (const Table *t = table; t != NULL; t = t->later, n++)
        most = call_room(t) > most ? call_room(t) : most;
    uint32_t base = fn_reg(e, most), flag = fn_reg(e, 1);
    uint32_t *over = new (e->a, uint32_t, n);
    if (over == NULL) {
        emit_nomem(e);
        return;
    }
    n = 0;
    for (const Table *t = table; t != NULL; t = t->later) {
        bool last = t->later == NULL && node->slot == 0;
        emit_at(e, node);
        if (!last)
            ins_abx(e, OP_IN_FORCE, flag, t->number);
        uint32_t next = last ? 0 : jump_from(e, OP_SKIP_UNLESS, flag);
        emit_lookup(e, node, t, given, base, dst);
        if (last)
            break;
        over[n++] = jump_from(e, OP_SKIP, 0);
        jump_here(e, next);
    }
    for (uint32_t i = 0; node->slot != 0 && i < table->result_count; i++)
        ins_abx(e, OP_LOADK, dst + i, emit_constant(e, value_absent()));
    for (uint32_t i = 0; i < n; i++)
        jump_here(e, over[i]);
}

static void emit_call(Emit *e, const Node *node, uint32_t dst) {
    const Table *table = node->means;
    bool versions = table->later != NULL || node->slot != 0;
    uint32_t base = versions ? 0 : fn_reg(e, call_room(table)), i = 0;
    uint32_t given = table->feeds == NULL && !versions ? base : fn_reg(e, table->param_count);
    for (const Node *arg = node->a; arg != NULL; arg = arg->next, i++)
        emit_expr(e, arg, given + i, &table->params[i].type);
    if (versions)
        emit_versions(e, node, table, given, dst);
    else
        emit_lookup(e, node, table, given, base, dst);
}

/* ---- operators */

static bool is_int_like(const Type *t) {
    switch ((int)t->kind) {
    case TY_FLAG:
    case TY_INTEGER:
    case TY_DATE:
    case TY_TIME:
    case TY_INSTANT:
    case TY_DURATION:
    case TY_ENUM:
        return true;
    default:
        return false;
    }
}

typedef struct CmpOps {
    Op eq, lt, le;
} CmpOps;

static CmpOps cmp_ops(const Type *t) {
    if (is_int_like(t))
        return (CmpOps){OP_EQ_INT, OP_LT_INT, OP_LE_INT};
    if (t->kind == TY_TEXT || t->kind == TY_ID)
        return (CmpOps){OP_EQ_TEXT, OP_EQ_TEXT, OP_EQ_TEXT};
    if (t->kind == TY_PARTY)
        return (CmpOps){OP_EQ_PARTY, OP_EQ_PARTY, OP_EQ_PARTY};
    if (t->kind == TY_LIST)
        return (CmpOps){OP_EQ_LIST, OP_EQ_LIST, OP_EQ_LIST};
    if (t->kind == TY_RECORD)
        return (CmpOps){OP_EQ_RECORD, OP_EQ_RECORD, OP_EQ_RECORD};
    return (CmpOps){OP_EQ_DEC, OP_LT_DEC, OP_LE_DEC};
}

static void emit_comparison(Emit *e, const Node *node, uint32_t dst) {
    const Type *a = type_of(node->a), *b = type_of(node->b);
    Type common = *a;
    if (a->kind != b->kind && (a->kind == TY_NUMBER || b->kind == TY_NUMBER))
        common = type_plain(TY_NUMBER);
    uint32_t x = fn_reg(e, 1), y = fn_reg(e, 1);
    emit_expr(e, node->a, x, &common);
    emit_expr(e, node->b, y, &common);
    emit_at(e, node);
    CmpOps ops = cmp_ops(&common);
    switch (node->op) {
    case MARK_EQ:
        ins_abc(e, ops.eq, dst, x, y);
        return;
    case MARK_NE:
        ins_abc(e, ops.eq, dst, x, y);
        ins_abc(e, OP_NOT, dst, dst, 0);
        return;
    case MARK_LT:
        ins_abc(e, ops.lt, dst, x, y);
        return;
    case MARK_LE:
        ins_abc(e, ops.le, dst, x, y);
        return;
    case MARK_GT:
        ins_abc(e, ops.lt, dst, y, x);
        return;
    default:
        ins_abc(e, ops.le, dst, y, x);
        return;
    }
}

static void emit_logic(Emit *e, const Node *node, uint32_t dst) {
    emit_expr(e, node->a, dst, NULL);
    uint32_t jump = jump_from(e, node->op == MARK_AND ? OP_SKIP_UNLESS : OP_SKIP_IF, dst);
    emit_expr(e, node->b, dst, NULL);
    jump_here(e, jump);
}

/* A number in register r of any numeric type, as a decimal. */
static void to_dec(Emit *e, const Type *t, uint32_t r) {
    if (t->kind == TY_INTEGER)
        ins_abc(e, OP_INT_DEC, r, r, 0);
    else if (t->kind == TY_PERCENT)
        ins_abc(e, OP_PCT_DEC, r, r, 0);
}

static void emit_sum(Emit *e, const Node *node, uint32_t dst, uint32_t x, uint32_t y) {
    const Type *a = type_of(node->a), *b = type_of(node->b), *t = type_of(node);
    bool plus = node->op == MARK_PLUS;
    switch ((int)t->kind) {
    case TY_INTEGER:
        ins_abc(e, plus ? OP_ADD_INT : OP_SUB_INT, dst, x, y);
        return;
    case TY_MONEY:
        ins_abc(e, plus ? OP_ADD_MONEY : OP_SUB_MONEY, dst, x, y);
        return;
    case TY_INSTANT:
        ins_abc(e, plus ? OP_ADD_TIME : OP_SUB_TIME, dst, x, y);
        return;
    case TY_DATE:
        ins_abc(e, plus ? OP_ADD_DATE : OP_SUB_DATE, dst, x, y);
        return;
    case TY_DURATION:
        if (a->kind == TY_INSTANT)
            ins_abc(e, OP_GAP_TIME, dst, x, y);
        else if (a->kind == TY_DATE)
            ins_abc(e, OP_GAP_DATE, dst, x, y);
        else
            ins_abc(e, plus ? OP_ADD_SPAN : OP_SUB_SPAN, dst, x, y);
        return;
    case TY_TEXT:
        if (type_value_kind(a) != V_TEXT)
            ins_abc(e, OP_TO_TEXT, x, x, 0);
        if (type_value_kind(b) != V_TEXT)
            ins_abc(e, OP_TO_TEXT, y, y, 0);
        ins_abc(e, OP_CONCAT, dst, x, y);
        return;
    default:
        to_dec(e, a, x);
        to_dec(e, b, y);
        ins_abc(e, plus ? OP_ADD_DEC : OP_SUB_DEC, dst, x, y);
        if (t->kind == TY_PERCENT)
            ins_abc(e, OP_DEC_PCT, dst, dst, 0);
    }
}

/* A duration times, by or per something. */
static void emit_span(Emit *e, const Node *node, uint32_t dst, uint32_t x, uint32_t y) {
    const Type *a = type_of(node->a), *b = type_of(node->b);
    if (type_of(node)->kind != TY_DURATION) {
        ins_abc(e, OP_PER_SPAN, dst, x, y);
        return;
    }
    bool first = a->kind == TY_DURATION;
    const Type *factor = first ? b : a;
    uint32_t span = first ? x : y, by = first ? y : x;
    if (node->op != MARK_SLASH && factor->kind == TY_INTEGER) {
        ins_abc(e, OP_MUL_SPAN, dst, span, by);
        return;
    }
    to_dec(e, factor, by);
    ins_abc(e, node->op == MARK_SLASH ? OP_DIV_SPAN : OP_SCALE_SPAN, dst, span, by);
}

static void emit_product(Emit *e, const Node *node, uint32_t dst, uint32_t x, uint32_t y) {
    const Type *a = type_of(node->a), *b = type_of(node->b), *t = type_of(node);
    bool times = node->op != MARK_SLASH;
    if (t->kind == TY_INTEGER) {
        ins_abc(e, OP_MUL_INT, dst, x, y);
    } else if (a->kind == TY_DURATION || b->kind == TY_DURATION) {
        emit_span(e, node, dst, x, y);
    } else if (a->kind == TY_MONEY && b->kind == TY_MONEY) {
        ins_abc(e, OP_PER_MONEY, dst, x, y);
    } else if (t->kind == TY_MONEY) {
        bool first = a->kind == TY_MONEY;
        to_dec(e, first ? b : a, first ? y : x);
        ins_abc(e, times ? OP_MUL_MONEY : OP_DIV_MONEY, dst, first ? x : y, first ? y : x);
    } else {
        to_dec(e, a, x);
        to_dec(e, b, y);
        ins_abc(e, times ? OP_MUL_DEC : OP_DIV_DEC, dst, x, y);
        if (t->kind == TY_PERCENT)
            ins_abc(e, OP_DEC_PCT, dst, dst, 0);
    }
}

static void emit_binary(Emit *e, const Node *node, uint32_t dst) {
    switch (node->op) {
    case MARK_AND:
    case MARK_OR:
        emit_logic(e, node, dst);
        return;
    case MARK_PLUS:
    case MARK_MINUS:
    case MARK_STAR:
    case MARK_SLASH:
    case MARK_OF: {
        uint32_t x = fn_reg(e, 1), y = fn_reg(e, 1);
        emit_expr(e, node->a, x, NULL);
        emit_expr(e, node->b, y, NULL);
        emit_at(e, node);
        if (node->op == MARK_PLUS || node->op == MARK_MINUS)
            emit_sum(e, node, dst, x, y);
        else
            emit_product(e, node, dst, x, y);
        return;
    }
    case MARK_STARTS_WITH:
    case MARK_COMPARISON:
    case MARK_CONTAINS: {
        static const Op compares[] = {
#define COMPARISON(name, kind, en, zh) OP_##name,
#include "grammar/keywords.def"
        };
        uint32_t x = fn_reg(e, 1), y = fn_reg(e, 1);
        emit_expr(e, node->a, x, NULL);
        emit_expr(e, node->b, y, NULL);
        emit_at(e, node);
        ins_abc(e,
                node->op == MARK_STARTS_WITH  ? OP_STARTS
                : node->op == MARK_COMPARISON ? compares[node->slot]
                                              : OP_CONTAINS,
                dst, x, y);
        return;
    }
    default:
        emit_comparison(e, node, dst);
    }
}

/* A quotient is rounded once, from its exact value. */
static bool is_quotient(const Node *node) {
    return node->kind == N_BINARY && node->op == MARK_SLASH;
}

static uint32_t emit_measure(Emit *e, const Node *node);

/* A measured quotient, rounded; absent where there is none. */
static void emit_rounded_measure(Emit *e, const Node *node, uint32_t dst, uint32_t how) {
    uint32_t x = emit_measure(e, node->a), flag = fn_reg(e, 1);
    ins_abc(e, OP_IS_ABSENT, flag, x, 0);
    uint32_t absent = jump_from(e, OP_SKIP_IF, flag);
    ins_abc(e, OP_UNWRAP, x, x, 0);
    ins_abc(e, OP_UNWRAP, x + 1, x + 1, 0);
    emit_at(e, node);
    ins_abc(e, OP_ROUND_QUOT, x, x + 1, how);
    ins_abc(e, type_of(node)->kind == TY_INTEGER ? OP_DEC_INT : OP_MOVE, dst, x, 0);
    uint32_t end = jump_from(e, OP_SKIP, 0);
    jump_here(e, absent);
    ins_abx(e, OP_LOADK, dst, emit_constant(e, value_absent()));
    jump_here(e, end);
}

static void emit_rounded(Emit *e, const Node *node, uint32_t dst) {
    const Type *t = type_of(node->a);
    bool percent = t->kind == TY_PERCENT;
    uint32_t places = node->slot + (percent ? 2 : 0); /* 5.5% has one place, its fraction three */
    places = places > DEC_SCALE_MAX ? DEC_SCALE_MAX : places;
    uint32_t how = (uint32_t)node->op * 32 + places;
    if (t->kind == TY_QUOTIENT) {
        emit_rounded_measure(e, node, dst, how);
        return;
    }
    uint32_t x = fn_reg(e, 1);
    if (is_quotient(node->a)) {
        const Node *a = node->a->a, *b = node->a->b;
        uint32_t y = fn_reg(e, 1);
        emit_expr(e, a, x, NULL);
        emit_expr(e, b, y, NULL);
        to_dec(e, type_of(a), x);
        to_dec(e, type_of(b), y);
        emit_at(e, node);
        ins_abc(e, OP_ROUND_QUOT, x, y, how);
        if (percent)
            ins_abc(e, OP_DEC_PCT, x, x, 0);
    } else {
        emit_expr(e, node->a, x, NULL);
        if (t->kind == TY_INTEGER)
            to_dec(e, t, x);
        emit_at(e, node);
        ins_abc(e, OP_ROUND, x, x, how);
    }
    if (type_of(node)->kind == TY_INTEGER)
        ins_abc(e, OP_DEC_INT, dst, x, 0);
    else
        ins_abc(e, OP_MOVE, dst, x, 0);
}

static void emit_extreme(Emit *e, const Node *node, uint32_t dst) {
    const Type *t = type_of(node);
    bool most = node->slot == BUILTIN_MAX;
    uint32_t best = fn_reg(e, 1), next = fn_reg(e, 1), flag = fn_reg(e, 1);
    emit_expr(e, node->a, best, t);
    for (const Node *arg = node->a->next; arg != NULL; arg = arg->next) {
        emit_expr(e, arg, next, t);
        ins_abc(e, cmp_ops(t).lt, flag, most ? best : next, most ? next : best);
        uint32_t keep = jump_from(e, OP_SKIP_UNLESS, flag);
        ins_abc(e, OP_MOVE, best, next, 0);
        jump_here(e, keep);
    }
    ins_abc(e, OP_MOVE, dst, best, 0);
}

/* Nothing, as a value of this type. */
static Value zero_of(const Type *t) {
    if (t->kind == TY_DURATION)
        return value_duration((Family)__builtin_ctz(t->families), 0);
    if (t->kind == TY_INTEGER)
        return value_int(0);
    Value v = value_dec(t->kind == TY_MONEY ? V_MONEY : V_DEC, dec_of_i64(0));
    v.n = t->currency;
    return v;
}

/* The same with the other sign: of an amount that is below nothing alone (`only`), or of any. */
static void emit_signed(Emit *e, const Node *node, uint32_t dst, bool only) {
    const Type *t = type_of(node);
    uint32_t x = fn_reg(e, 1), zero = fn_reg(e, 1), flag = fn_reg(e, 1);
    bool percent = t->kind == TY_PERCENT;
    emit_expr(e, node->a, x, NULL);
    if (percent)
        to_dec(e, t, x);
    emit_at(e, node);
    ins_abx(e, OP_LOADK, zero, emit_constant(e, zero_of(t)));
    if (only)
        ins_abc(e, percent ? OP_LT_DEC : cmp_ops(t).lt, flag, x, zero);
    uint32_t keep = only ? jump_from(e, OP_SKIP_UNLESS, flag) : 0;
    Op minus = t->kind == TY_INTEGER    ? OP_SUB_INT
               : t->kind == TY_DURATION ? OP_SUB_SPAN
               : t->kind == TY_MONEY    ? OP_SUB_MONEY
                                        : OP_SUB_DEC;
    ins_abc(e, minus, x, zero, x);
    if (only)
        jump_here(e, keep);
    ins_abc(e, percent ? OP_DEC_PCT : OP_MOVE, dst, x, 0);
}

static void emit_builtin(Emit *e, const Node *node, uint32_t dst) {
    switch ((Builtin)node->slot) {
    case BUILTIN_MIN:
    case BUILTIN_MAX:
        emit_extreme(e, node, dst);
        return;
    case BUILTIN_ABS:
        emit_signed(e, node, dst, true);
        return;
    case BUILTIN_WORKED: {
        uint32_t x = fn_reg(e, 1), y = fn_reg(e, 1);
        emit_expr(e, node->a, x, NULL);
        emit_expr(e, node->a->next, y, NULL);
        emit_at(e, node);
        ins_abc(e, OP_WORKED, dst, x, y);
        return;
    }
    case BUILTIN_ALL: /* a loop */
        break;
    }
    UNREACHABLE();
}

static void emit_if(Emit *e, const Node *node, uint32_t dst) {
    uint32_t flag = fn_reg(e, 1);
    emit_expr(e, node->b, flag, NULL);
    mark_condition(e, node->b, flag);
    uint32_t not_so = jump_from(e, OP_SKIP_UNLESS, flag);
    emit_expr(e, node->a, dst, NULL);
    uint32_t end = jump_from(e, OP_SKIP, 0);
    jump_here(e, not_so);
    ins_abx(e, OP_LOADK, dst, emit_constant(e, value_absent()));
    jump_here(e, end);
}

static void emit_else(Emit *e, const Node *node, uint32_t dst) {
    uint32_t flag = fn_reg(e, 1), value = fn_reg(e, 1);
    Type inner = *type_of(node);
    emit_expr(e, node->a, value, NULL);
    ins_abc(e, OP_IS_ABSENT, flag, value, 0);
    uint32_t absent = jump_from(e, OP_SKIP_IF, flag);
    ins_abc(e, OP_UNWRAP, dst, value, 0);
    if (inner.kind == TY_NUMBER && type_of(node->a)->kind == TY_INTEGER)
        ins_abc(e, OP_INT_DEC, dst, dst, 0);
    uint32_t end = jump_from(e, OP_SKIP, 0);
    jump_here(e, absent);
    emit_expr(e, node->b, dst, &inner);
    jump_here(e, end);
}

/* A whole number in register r where a decimal is wanted; what is absent stays so. */
static void widen(Emit *e, const Type *t, uint32_t r) {
    if (!t->optional) {
        ins_abc(e, OP_INT_DEC, r, r, 0);
        return;
    }
    uint32_t flag = fn_reg(e, 1);
    ins_abc(e, OP_IS_ABSENT, flag, r, 0);
    uint32_t absent = jump_from(e, OP_SKIP_IF, flag);
    ins_abc(e, OP_UNWRAP, r, r, 0);
    ins_abc(e, OP_INT_DEC, r, r, 0);
    uint32_t end = jump_from(e, OP_SKIP, 0);
    jump_here(e, absent);
    ins_abx(e, OP_LOADK, r, emit_constant(e, value_absent()));
    jump_here(e, end);
}

static uint32_t decl_number(const Emit *e, DeclKind kind, uint32_t number) {
    uint32_t decl = 0;
    while (decl < e->p->decls.n &&
           (e->p->decls.at[decl].kind != kind || e->p->decls.at[decl].number != number))
        decl++;
    return decl;
}

/* The group of a measure into the registers from `at` on. */
static void emit_group(Emit *e, const Node *node, uint32_t at) {
    const KpiSym *kpi = node->means;
    uint32_t i = 0;
    for (const Node *part = node->a; part != NULL; part = part->next, i++)
        emit_expr(e, part, at + i, &kpi->by[i].type);
    emit_at(e, node);
}

/* What a measure gives, in the register that comes back; of a quotient the next one has what it is
 * divided by. */
static uint32_t emit_measure(Emit *e, const Node *node) {
    const KpiSym *kpi = node->means;
    uint32_t base = fn_reg(e, 2 + kpi->by_count);
    emit_group(e, node, base + 1);
    ins_abx(e, OP_MEASURE, base, decl_number(e, DECL_KPI, kpi->number));
    return base;
}

/* A measure compared with a value. */
static void emit_measure_is(Emit *e, const Node *node, uint32_t dst) {
    bool right = node->flag != 0;
    const Node *measure = right ? node->b : node->a, *other = right ? node->a : node->b;
    const KpiSym *kpi = measure->means;
    int side = node->op == MARK_EQ   ? SIDE_IS_EQUAL
               : node->op == MARK_NE ? SIDE_IS_OTHER
               : node->op == MARK_GT ? (right ? SIDE_IS_BELOW : SIDE_IS_ABOVE)
               : node->op == MARK_LT ? (right ? SIDE_IS_ABOVE : SIDE_IS_BELOW)
               : node->op == MARK_GE ? (right ? SIDE_IS_AT_MOST : SIDE_IS_AT_LEAST)
                                     : (right ? SIDE_IS_AT_LEAST : SIDE_IS_AT_MOST);
    uint32_t base = fn_reg(e, 2 + kpi->by_count);
    ins_abx(e, OP_LOADK, base, emit_constant(e, value_int(side)));
    emit_expr(e, other, base + 1, NULL);
    emit_group(e, measure, base + 2);
    ins_abx(e, OP_MEASURE_IS, base, decl_number(e, DECL_KPI, kpi->number));
    ins_abc(e, OP_MOVE, dst, base, 0);
}

/* Whether a declaration is in a state: the state, then its key, in registers one behind the other.
 */
static void emit_state_is(Emit *e, const Node *node, uint32_t dst) {
    DeclKind kind = (DeclKind)(node->op >> 8);
    int row = node->op & 0xFF;
    uint32_t number = kind == DECL_KPI ? ((const KpiSym *)node->means)->number
                                       : ((const DutySym *)node->means)->number;
    int state = kind != DECL_KPI        ? state_def((StateRow)row)
                : row == LEVEL_WARNING  ? KPI_WARNING
                : row == LEVEL_CRITICAL ? KPI_CRITICAL
                                        : KPI_CLEARED;
    uint32_t decl = decl_number(e, kind, number);
    uint32_t base = fn_reg(e, 1 + (uint32_t)node_count(node->a)), i = 1;
    ins_abx(e, OP_LOADK, base, emit_constant(e, value_int(state)));
    for (const Node *part = node->a; part != NULL; part = part->next, i++)
        emit_expr(e, part, base + i, NULL);
    emit_at(e, node);
    ins_abx(e, OP_STATE_IS, base, decl);
    ins_abc(e, node->flag ? OP_NOT : OP_MOVE, dst, base, 0);
}

/* The whole entity, for a let. */
static void emit_entity(Emit *e, const Node *node, uint32_t dst) {
    uint32_t width = type_width(type_of(node)), base = fn_reg(e, width);
    emit_get(e, node, base);
    for (uint32_t i = 0; i < width; i++)
        ins_abc(e, OP_MOVE, dst + i, base + i, 0);
}

/* Whether an entity is there. */
static void emit_is_there(Emit *e, const Node *node, uint32_t dst) {
    uint32_t there = fn_reg(e, type_width(type_of(node->a)));
    if (node->a->bind == BIND_LOCAL || node->a->bind == BIND_ITEM)
        emit_part(e, node->a, 0, there);
    else
        emit_get(e, node->a, there);
    ins_abc(e, node->flag ? OP_MOVE : OP_NOT, dst, there, 0);
}

/* What the inits give to fields, in the registers from base on. */
static void emit_inits(Emit *e, const Node *inits, const Field *fields, uint32_t n, uint32_t base) {
    for (uint32_t i = 0; i < n; i++) {
        const Node *init = inits;
        while (init != NULL && init->slot != i)
            init = init->next;
        if (init != NULL)
            emit_expr(e, init->a, base + i, &fields[i].type);
        else
            ins_abx(e, OP_LOADK, base + i,
                    emit_constant(e, fields[i].has_preset ? fields[i].preset : value_absent()));
    }
}

static void emit_record(Emit *e, const Node *node, uint32_t dst) {
    const RecordType *record = node->means;
    uint32_t base = fn_reg(e, record->field_count);
    emit_inits(e, node->a, record->fields, record->field_count, base);
    emit_at(e, node);
    ins_abc(e, OP_RECORD, dst, base, record->number);
}

static void emit_list(Emit *e, const Node *node, uint32_t dst) {
    const Type *item = type_of(node)->item;
    uint32_t n = (uint32_t)node_count(node->a), base = fn_reg(e, n == 0 ? 1 : n), i = 0;
    for (const Node *one = node->a; one != NULL; one = one->next, i++)
        emit_expr(e, one, base + i, item);
    emit_at(e, node);
    ins_abc(e, OP_LIST, dst, base, n);
}

static void emit_among(Emit *e, const Node *node, uint32_t dst) {
    uint32_t one = fn_reg(e, 1), list = fn_reg(e, 1);
    emit_expr(e, node->a, one, type_of(node->b)->item);
    emit_expr(e, node->b, list, NULL);
    emit_at(e, node);
    ins_abc(e, OP_AMONG, dst, one, list);
}

/* ---- all expressions */

static void emit_plain(Emit *e, const Node *node, uint32_t dst) {
    if (node->bind == BIND_MEASURE && node->kind == N_BINARY) {
        emit_measure_is(e, node, dst);
        return;
    }
    if (node->bind == BIND_MEASURE) {
        ins_abc(e, OP_MOVE, dst, emit_measure(e, node), 0);
        return;
    }
    switch (node->kind) {
    case N_REF:
        load_local(e, node, dst);
        return;
    case N_IT:
        emit_part(e, node, 0, dst);
        return;
    case N_LIST:
        emit_list(e, node, dst);
        return;
    case N_RECORD:
        emit_record(e, node, dst);
        return;
    case N_FIELD:
        load_field(e, node, dst);
        return;
    case N_CALL:
        if (node->bind == BIND_BUILTIN)
            emit_builtin(e, node, dst);
        else if (node->bind == BIND_ENTITY)
            emit_entity(e, node, dst);
        else if (node->bind == BIND_LOOP)
            emit_loop(e, node->means, dst);
        else
            emit_call(e, node, dst);
        return;
    case N_ROUNDED:
        emit_rounded(e, node, dst);
        return;
    case N_UNARY:
        if (node->op == MARK_MINUS) {
            emit_signed(e, node, dst, false);
            return;
        }
        emit_expr(e, node->a, dst, NULL);
        ins_abc(e, OP_NOT, dst, dst, 0);
        return;
    case N_BINARY:
        if (node->bind == BIND_AMONG)
            emit_among(e, node, dst);
        else
            emit_binary(e, node, dst);
        return;
    case N_IF:
        emit_if(e, node, dst);
        return;
    case N_ELSE:
        emit_else(e, node, dst);
        return;
    case N_STATE_IS:
        emit_state_is(e, node, dst);
        return;
    case N_IS_ABSENT:
        if (type_of(node->a)->kind == TY_ENTITY) {
            emit_is_there(e, node, dst);
            return;
        }
        emit_expr(e, node->a, dst, NULL);
        ins_abc(e, OP_IS_ABSENT, dst, dst, 0);
        if (node->flag)
            ins_abc(e, OP_NOT, dst, dst, 0);
        return;
    default:
        UNREACHABLE();
    }
}

void emit_expr(Emit *e, const Node *node, uint32_t dst, const Type *want) {
    if (e->status != OK)
        return;
    emit_at(e, node);
    if (node->bind == BIND_CONST || node->bind == BIND_PARTY || node->bind == BIND_MEMBER) {
        load_constant(e, node, dst, want);
        mark_value(e, node, dst);
        return;
    }
    uint32_t mark = e->fn.next;
    if (e->fn.later && is_kept(e, node))
        ins_abx(e, OP_FRAME, dst, emit_slot(e, node));
    else
        emit_plain(e, node, dst);
    if (want != NULL && want->kind == TY_NUMBER && type_of(node)->kind == TY_INTEGER)
        widen(e, type_of(node), dst);
    mark_value(e, node, dst);
    e->fn.next = mark;
}

/* The lets of a scope, in order; each stays in its registers. */
void emit_lets(Emit *e, const Scope *scope) {
    e->fn.local_at = new (e->a, uint32_t, scope->locals.n + 1);
    if (e->fn.local_at == NULL) {
        emit_nomem(e);
        return;
    }
    for (size_t i = 0; i < scope->locals.n; i++) {
        const Local *local = &scope->locals.at[i];
        if (local->parameter)
            continue;
        e->fn.local_at[i] = fn_reg(e, type_width(&local->type));
        emit_expr(e, local->node, e->fn.local_at[i], NULL);
    }
}

/* ---- actions */

static void emit_emit(Emit *e, const Node *node) {
    const Event *event = node->means;
    uint32_t base = fn_reg(e, event->field_count == 0 ? 1 : event->field_count);
    emit_inits(e, node->b, event->fields, event->field_count, base);
    emit_at(e, node);
    ins_abx(e, OP_EMIT, base, event->number);
}

/* The arguments of oblige and ask, in registers one behind the other: the first of them. */
static uint32_t emit_arguments(Emit *e, const Node *node, const DutySym *of) {
    uint32_t base = fn_reg(e, of->param_count == 0 ? 1 : of->param_count), i = 0;
    for (const Node *arg = node->a; arg != NULL; arg = arg->next, i++)
        emit_expr(e, arg, base + i, &of->params[i].type);
    emit_at(e, node);
    return base;
}

/* What a standing duty is raised for, as the loop has it. */
static uint32_t emit_item(Emit *e, const DutySym *duty) {
    uint32_t width = type_width(&duty->each->item), base = fn_reg(e, width);
    Node item = {.bind = BIND_LOCAL, .slot = (uint32_t)duty->each->scope.locals.n - 1};
    for (uint32_t part = 0; part < width; part++)
        emit_part(e, &item, part, base + part);
    return base;
}

static void emit_oblige(Emit *e, const Node *node) {
    const DutySym *duty = node->means;
    uint32_t base = node->flag == 0 ? emit_arguments(e, node, duty) : emit_item(e, duty);
    ins_abx(e, OP_OBLIGE, base, duty->number);
}

static void emit_ask(Emit *e, const Node *node) {
    const ApprovalSym *approval = node->means;
    uint32_t base = emit_arguments(e, node, &approval->base);
    ins_abx(e, OP_ASK, base, approval->base.number);
}

/* The parties that are told, likewise. */
/* `more` registers stand right behind them. */
static uint32_t emit_parties_told(Emit *e, const Node *node, uint32_t more, uint32_t *count) {
    *count = (uint32_t)node_count(node->a);
    uint32_t base = fn_reg(e, *count + more), i = 0;
    for (const Node *party = node->a; party != NULL; party = party->next, i++)
        emit_expr(e, party, base + i, NULL);
    return base;
}

static void emit_escalate(Emit *e, const Node *node) {
    uint32_t count, base = emit_parties_told(e, node, 0, &count);
    emit_at(e, node);
    ins_abc(e, OP_ESCALATE, base, count, 0);
}

static void emit_notify(Emit *e, const Node *node) {
    bool more = node->c != NULL || node->flag > 0;
    uint32_t count, base = emit_parties_told(e, node, more ? 2 : 0, &count), text = 255;
    Value stale = value_duration(FAMILY_ELAPSED, 0);
    if (more) {
        uint32_t at = base + count;
        if (node->c != NULL)
            (void)emit_const_value(e, node->c->a, NULL, &stale);
        emit_at(e, node);
        ins_abx(e, OP_LOADK, at, emit_constant(e, stale));
        ins_abx(e, OP_LOADK, at + 1, emit_constant(e, value_flag(node->flag > 0)));
    }
    if (node->b != NULL) {
        text = fn_reg(e, 1);
        emit_expr(e, node->b, text, NULL);
    }
    emit_at(e, node);
    ins_abc(e, more ? OP_NOTIFY_AS : OP_NOTIFY, base, count, text);
}

static void emit_set(Emit *e, const Node *node) {
    const Entity *entity = node->means;
    uint32_t base = fn_reg(e, entity->key_count + 1);
    emit_key(e, node, entity, base);
    for (const Node *init = node->b; init != NULL; init = init->next) {
        emit_expr(e, init->a, base + entity->key_count, &entity->fields[init->slot].type);
        emit_at(e, init);
        ins_abc(e, OP_SET, base, entity->number, init->slot);
    }
}

static void emit_delete(Emit *e, const Node *node) {
    const Entity *entity = node->means;
    uint32_t base = fn_reg(e, entity->key_count);
    emit_key(e, node, entity, base);
    emit_at(e, node);
    ins_abx(e, OP_DELETE, base, entity->number);
}

static void emit_case(Emit *e, const Node *node) {
    uint32_t flag = fn_reg(e, 1);
    emit_expr(e, node->a, flag, NULL);
    mark_condition(e, node->a, flag);
    uint32_t not_so = jump_from(e, OP_SKIP_UNLESS, flag);
    emit_actions(e, node->c);
    uint32_t end = node->d != NULL ? jump_from(e, OP_SKIP, 0) : 0;
    jump_here(e, not_so);
    if (node->d == NULL)
        return;
    emit_actions(e, node->d);
    jump_here(e, end);
}

void emit_actions(Emit *e, const Node *first) {
    for (const Node *node = first; node != NULL && e->status == OK; node = node->next) {
        uint32_t next = e->fn.next;
        mark_action(e, node);
        if (node->kind == N_EMIT)
            emit_emit(e, node);
        else if (node->kind == N_OBLIGE)
            emit_oblige(e, node);
        else if (node->kind == N_NOTIFY)
            emit_notify(e, node);
        else if (node->kind == N_ASK)
            emit_ask(e, node);
        else if (node->kind == N_RAISE_TO)
            emit_escalate(e, node);
        else if (node->kind == N_SET)
            emit_set(e, node);
        else if (node->kind == N_DELETE)
            emit_delete(e, node);
        else if (node->kind == N_FOR_EACH)
            emit_for_each(e, node);
        else if (node->kind == N_CASE)
            emit_case(e, node);
        e->fn.next = next;
    }
}
