/* code: the verifier and the disassembler, both from op.def. */
#include "engine/code/verify.h"

#include <string.h>

#include "engine/base/json.h"

typedef enum Mode {
    M_NONE,
    M_WRITE,      /* gets kind */
    M_WRITE_SAME, /* gets B's kind, present */
    M_WRITE_LIKE, /* gets what the other operand holds */
    M_READ,       /* holds kind, present */
    M_READ_ANY,
    M_READ_INT,
    M_READ_DEC,
    M_READ_SAME,
    M_REGS,
    M_TEXTREG,
    M_COUNT,
    M_CONST,
    M_FIELD,
    M_ATTR,
    M_FRAME,
    M_ARG,
    M_TABLE,
    M_EVENT,
    M_DUTY,
    M_DECL,
    M_APPROVAL,
    M_ENTITY,
    M_LOOP,
    M_RECTYPE,
    M_PICKED,
    M_FWD
} Mode;

typedef struct Operand {
    uint8_t mode, kind;
} Operand;

typedef struct OpRow {
    const char *name;
    bool abx;
    Operand a, b, c;
} OpRow;

#define ABC false
#define ABx true
#define W(kind)                                                                                    \
    { M_WRITE, V_##kind }
#define R(kind)                                                                                    \
    { M_READ, V_##kind }
#define WSAME                                                                                      \
    { M_WRITE_SAME, 0 }
#define WLIKE                                                                                      \
    { M_WRITE_LIKE, 0 }
#define RANY                                                                                       \
    { M_READ_ANY, 0 }
#define RINT                                                                                       \
    { M_READ_INT, 0 }
#define RDEC                                                                                       \
    { M_READ_DEC, 0 }
#define SAME                                                                                       \
    { M_READ_SAME, 0 }
#define REGS                                                                                       \
    { M_REGS, 0 }
#define TEXTREG                                                                                    \
    { M_TEXTREG, 0 }
#define COUNT                                                                                      \
    { M_COUNT, 0 }
#define CONST                                                                                      \
    { M_CONST, 0 }
#define FIELD                                                                                      \
    { M_FIELD, 0 }
#define ATTR                                                                                       \
    { M_ATTR, 0 }
#define FRAME                                                                                      \
    { M_FRAME, 0 }
#define ARG                                                                                        \
    { M_ARG, 0 }
#define TABLE                                                                                      \
    { M_TABLE, 0 }
#define EVENT                                                                                      \
    { M_EVENT, 0 }
#define DUTY                                                                                       \
    { M_DUTY, 0 }
#define DECL                                                                                       \
    { M_DECL, 0 }
#define APPROVAL                                                                                   \
    { M_APPROVAL, 0 }
#define ENTITY                                                                                     \
    { M_ENTITY, 0 }
#define LOOP                                                                                       \
    { M_LOOP, 0 }
#define RECTYPE                                                                                    \
    { M_RECTYPE, 0 }
#define PICKED                                                                                     \
    { M_PICKED, 0 }
#define FWD                                                                                        \
    { M_FWD, 0 }
#define NONE                                                                                       \
    { M_NONE, 0 }
static const OpRow op_rows[OP_COUNT] = {
#define OP(name, form, a, b, c, cost, effect) {#name, form, a, b, c},
#include "engine/code/op.def"
};
#undef ABC
#undef ABx
#undef W
#undef R
#undef WSAME
#undef WLIKE
#undef RANY
#undef RINT
#undef RDEC
#undef SAME
#undef REGS
#undef TEXTREG
#undef COUNT
#undef CONST
#undef FIELD
#undef ATTR
#undef FRAME
#undef ARG
#undef TABLE
#undef EVENT
#undef DUTY
#undef DECL
#undef APPROVAL
#undef ENTITY
#undef LOOP
#undef RECTYPE
#undef PICKED
#undef FWD
#undef NONE

/* What is known of a register. */
typedef struct Reg {
    uint8_t kind; /* V_KINDS: never written, or written differently on two ways here */
    bool optional;
} Reg;

typedef struct State {
    bool reached;
    Reg regs[256];
} State;

typedef struct Verify {
    const Bundle *b;
    const FnDef *fn;
    Err *err;
    uint32_t at;
    State now;
    State **waiting; /* of each instruction of the function: what jumps there bring, or NULL */
    Arena *scratch;
    Status status;
} Verify;

static void refuse(Verify *v, const char *why) {
    if (v->status != OK)
        return;
    v->status =
        err_say(v->err, ERR_DAMAGED, "bundle: %.*s, instruction %u: %s",
                "编译包：%.*s，指令 %u：%s", STR_ARG(v->fn->name), v->at - v->fn->from, why);
}

static bool is_int_kind(uint8_t kind) {
    return kind == V_FLAG || kind == V_INT || kind == V_DURATION || kind == V_DATE ||
           kind == V_TIME || kind == V_INSTANT || kind == V_ENUM;
}

static bool is_dec_kind(uint8_t kind) {
    return kind == V_DEC || kind == V_PERCENT || kind == V_MONEY;
}

static Reg reg_of(Verify *v, uint32_t r) {
    if (r >= v->fn->registers) {
        refuse(v, "a register that the function does not have");
        return (Reg){V_KINDS, false};
    }
    Reg reg = v->now.regs[r];
    if (reg.kind == V_KINDS)
        refuse(v, "a register is read before it is written");
    return reg;
}

static void set_reg(Verify *v, uint32_t r, uint8_t kind, bool optional) {
    if (r >= v->fn->registers)
        refuse(v, "a register that the function does not have");
    else
        v->now.regs[r] = (Reg){kind, optional};
}

/* Whether a register holds what a field, argument or result of this kind takes. */
static void want_kind(Verify *v, uint32_t r, uint8_t kind, bool optional) {
    Reg reg = reg_of(v, r);
    bool nothing = reg.kind == V_ABSENT && optional;
    if (v->status == OK && !nothing && (reg.kind != kind || (reg.optional && !optional)))
        refuse(v, "a register holds another kind than is wanted");
}

static void want_fields(Verify *v, uint32_t base, const FieldDef *fields, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        want_kind(v, base + i, fields[i].type.kind, fields[i].type.optional);
}

static void check_read(Verify *v, Operand o, uint32_t r, Reg first) {
    switch (o.mode) {
    case M_READ:
        want_kind(v, r, o.kind, false);
        return;
    case M_READ_ANY:
        (void)reg_of(v, r);
        return;
    case M_READ_INT:
    case M_READ_DEC: {
        Reg reg = reg_of(v, r);
        bool ok = o.mode == M_READ_INT ? is_int_kind(reg.kind) : is_dec_kind(reg.kind);
        if (v->status == OK && (!ok || reg.optional))
            refuse(v, "a register holds another kind than is wanted");
        return;
    }
    case M_READ_SAME:
        want_kind(v, r, first.kind, false);
        return;
    default:
        return;
    }
}

/* What a numbered thing of the bundle gives. */
static Reg check_number(Verify *v, Mode mode, uint32_t n) {
    const Bundle *b = v->b;
    switch ((int)mode) {
    case M_CONST:
        if (n < b->constant_count)
            return (Reg){b->constants[n].kind, b->constants[n].kind == V_ABSENT};
        break;
    case M_FIELD:
        if (v->fn->event >= 0 && n < b->events[v->fn->event].field_count) {
            const TypeDef *type = &b->events[v->fn->event].fields[n].type;
            return (Reg){type->kind, type->optional};
        }
        break;
    case M_ATTR: {
        static const Reg attrs[] = {
            {V_INSTANT, false}, {V_TEXT, false}, {V_TEXT, false}, {V_PARTY, true}};
        if (v->fn->event >= 0 && n < 4)
            return attrs[n];
        break;
    }
    case M_FRAME: {
        uint32_t count;
        const KindDef *frame = bundle_frame(b, v->fn, &count);
        if (n < count)
            return (Reg){frame[n].kind, frame[n].optional};
        break;
    }
    case M_ARG:
        if (n < v->fn->arg_count)
            return (Reg){v->fn->args[n].kind, v->fn->args[n].optional};
        break;
    case M_TABLE:
        if (n < b->table_count)
            return (Reg){0, false};
        break;
    case M_EVENT:
        if (n < b->event_count && b->events[n].engine < 0 && !event_is_record(&b->events[n]))
            return (Reg){0, false};
        break;
    case M_DUTY:
        if (n < b->duty_count && b->duties[n].event < 0 &&
            (b->duties[n].schedule.kind == SCHEDULE_NONE || b->duties[n].each_fn >= 0))
            return (Reg){0, false};
        break;
    case M_APPROVAL:
        if (n < b->approval_count && b->approvals[n].event < 0)
            return (Reg){0, false};
        break;
    case M_LOOP:
        if (n < b->loop_count)
            return (Reg){0, false};
        break;
    case M_RECTYPE:
        if (n < b->record_count)
            return (Reg){0, false};
        break;
    case M_PICKED:
        if (n < b->record_field_count)
            return (Reg){0, false};
        break;
    case M_ENTITY:
        if (n < b->entity_count)
            return (Reg){0, false};
        break;
    case M_DECL:
        if (n < b->decl_count && b->decls[n].kind != DECL_RULE)
            return (Reg){0, false};
        break;
    default:
        return (Reg){0, false};
    }
    refuse(v, "it names something that there is not");
    return (Reg){V_KINDS, false};
}

/* Brings what is known here to the instruction `target`. */
static void flow_to(Verify *v, uint32_t target) {
    if (target >= v->fn->to) {
        refuse(v, "a jump leaves the function");
        return;
    }
    State **slot = &v->waiting[target - v->fn->from];
    if (*slot == NULL) {
        *slot = new (v->scratch, State, 1);
        if (*slot == NULL)
            v->status = ERR_NOMEM;
        else
            **slot = v->now;
        return;
    }
    for (uint32_t r = 0; r < v->fn->registers; r++) {
        Reg *there = &(*slot)->regs[r];
        const Reg *here = &v->now.regs[r];
        if (there->kind == V_ABSENT && here->kind != V_KINDS)
            *there = (Reg){here->kind, true};
        else if (here->kind == V_ABSENT && there->kind != V_KINDS)
            there->optional = true;
        else if (there->kind != here->kind)
            there->kind = V_KINDS;
        else
            there->optional = there->optional || here->optional;
    }
}

static void check_lookup(Verify *v, uint32_t base, const TableDef *t) {
    want_fields(v, base, t->inputs, t->input_count);
    for (uint32_t i = 0; i < t->result_count; i++)
        set_reg(v, base + i, t->kinds[i].kind, t->kinds[i].optional);
}

static void check_ret(Verify *v, uint32_t base) {
    for (uint32_t i = 0; i < v->fn->result_count; i++)
        want_kind(v, base + i, v->fn->results[i].kind, v->fn->results[i].optional);
    v->now.reached = false;
}

/* A way to round and places: what ROUND and ROUND_QUOT are given. */
static void check_rounding(Verify *v, uint32_t c) {
    if (c % 32 > DEC_SCALE_MAX || c / 32 > DEC_FLOOR)
        refuse(v, "there is no such rounding");
}

/* A = A / B: numbers, money by a number, or two of money or of time. */
static void check_quotient(Verify *v, uint32_t a, uint32_t b, uint32_t c) {
    uint8_t above = v->now.regs[a].kind, below = v->now.regs[b].kind;
    check_rounding(v, c);
    bool alike = above == below && (above == V_DEC || above == V_MONEY || above == V_DURATION);
    bool money = above == V_MONEY && below == V_DEC;
    if (!(alike || money) || v->now.regs[a].optional || v->now.regs[b].optional)
        refuse(v, "a register holds another kind than is wanted");
    set_reg(v, a, money ? V_MONEY : V_DEC, false);
}

static void want_key(Verify *v, uint32_t r) {
    Reg reg = reg_of(v, r);
    if (v->status == OK &&
        (reg.optional || reg.kind == V_ABSENT || reg.kind == V_LIST || reg.kind == V_RECORD))
        refuse(v, "a register holds another kind than is wanted");
}

/* What a list can hold. */
static void want_item(Verify *v, uint32_t r) {
    Reg reg = reg_of(v, r);
    if (v->status == OK && (reg.optional || reg.kind == V_ABSENT || reg.kind == V_LIST))
        refuse(v, "a register holds another kind than is wanted");
}

static const FieldDef *picked(const Bundle *b, uint32_t n) {
    const RecordDef *d = &b->records[b->record_of[n]];
    return &d->fields[n - d->first];
}

/* Of which type the record is, is looked at when it is run. */
static void check_pick(Verify *v, uint32_t a, uint32_t bx) {
    Reg reg = reg_of(v, a);
    const FieldDef *field = picked(v->b, bx);
    if (v->status == OK && reg.kind != V_RECORD)
        refuse(v, "a register holds another kind than is wanted");
    set_reg(v, a, field->type.kind, reg.optional || field->type.optional);
}

static bool is_number_kind(uint8_t kind) {
    return kind == V_INT || kind == V_DURATION || is_dec_kind(kind);
}

/* What a KPI measures, for the group in the registers from `group` on. */
static const KpiDef *check_group(Verify *v, uint32_t bx, uint32_t group) {
    DeclDef decl = v->b->decls[bx];
    if (decl.kind != DECL_KPI) {
        refuse(v, "it names something that there is not");
        return NULL;
    }
    const KpiDef *kpi = &v->b->kpis[decl.number];
    want_fields(v, group, kpi->by, kpi->by_count);
    return kpi;
}

static void check_measure(Verify *v, uint32_t a, uint32_t bx) {
    const KpiDef *kpi = check_group(v, bx, a + 1);
    bool quotient;
    if (kpi == NULL)
        return;
    KindDef kind = bundle_measure(kpi, &quotient);
    set_reg(v, a, kind.kind, kind.optional);
    if (quotient)
        set_reg(v, a + 1, V_DEC, true);
}

static void check_measure_is(Verify *v, uint32_t a, uint32_t bx) {
    want_kind(v, a, V_INT, false);
    Reg bound = reg_of(v, a + 1);
    if (v->status == OK && (bound.optional || !is_number_kind(bound.kind)))
        refuse(v, "a register holds another kind than is wanted");
    if (check_group(v, bx, a + 2) != NULL)
        set_reg(v, a, V_FLAG, false);
}

/* The key of an entity stands from register a on. */
static void want_entity(Verify *v, uint32_t a, const EntityDef *e) {
    for (uint32_t i = 0; i < e->key_count; i++)
        want_kind(v, a + i, e->fields[e->keys[i]].type.kind, false);
}

/* What the function of a loop is given of an item: of an entity whether it is there, and its
 * fields.
 */
static bool takes_item(const FnDef *f, uint32_t at, KindDef kind) {
    return f->args[at].kind == kind.kind && (!kind.optional || f->args[at].optional);
}

static bool takes_items(const Verify *v, const LoopDef *l, const FnDef *f) {
    if (l->entity < 0)
        return f->arg_count == l->given + 1 && takes_item(f, l->given, l->item);
    const EntityDef *e = &v->b->entities[l->entity];
    bool ok = f->arg_count == l->given + 1 + e->field_count &&
              takes_item(f, l->given, (KindDef){V_FLAG, false});
    for (uint32_t i = 0; ok && i < e->field_count; i++)
        ok = takes_item(f, l->given + 1 + i,
                        (KindDef){e->fields[i].type.kind, e->fields[i].type.optional});
    return ok;
}

/* What it gives for an item: nothing, or the value that is looked at. */
static bool gives_value(const LoopDef *l, const FnDef *f) {
    bool value = l->does == LOOP_SUMS || l->does == LOOP_LEAST || l->does == LOOP_GREATEST;
    if (!value)
        return f->result_count == 0;
    return f->result_count == 1 && f->results[0].kind == l->result.kind && !f->results[0].optional;
}

/* A loop's function comes behind the one that it stands in, so that none comes back to itself. */
static void check_loop(Verify *v, uint32_t a, const LoopDef *l) {
    const FnDef *f = &v->b->fns[l->fn];
    bool fits = f > v->fn && (f->event < 0 || f->event == v->fn->event) &&
                (f->owner < 0 || (f->of == v->fn->of && f->owner == v->fn->owner));
    if (!fits || !takes_items(v, l, f) || !gives_value(l, f)) {
        refuse(v, "a loop does not go with its function");
        return;
    }
    uint32_t at = a;
    if (l->entity < 0)
        want_kind(v, at++, V_LIST, false);
    if (l->index >= 0) {
        const EntityDef *e = &v->b->entities[l->entity];
        want_kind(v, at++, e->fields[e->indexes[l->index]].type.kind, false);
    }
    for (uint32_t i = 0; i < l->given; i++)
        want_kind(v, at + i, f->args[i].kind, f->args[i].optional);
    if (l->does != LOOP_EACH)
        set_reg(v, a, l->result.kind, l->result.optional);
}

static void check_get(Verify *v, uint32_t a, const EntityDef *e) {
    want_entity(v, a, e);
    set_reg(v, a, V_FLAG, false);
    for (uint32_t i = 0; i < e->field_count; i++)
        set_reg(v, a + 1 + i, e->fields[i].type.kind, true);
}

static void check_set(Verify *v, uint32_t a, const EntityDef *e, uint32_t field) {
    want_entity(v, a, e);
    bool key = field >= e->field_count;
    for (uint32_t i = 0; i < e->key_count; i++)
        key = key || e->keys[i] == field;
    if (key) {
        refuse(v, "there is no such field to set");
        return;
    }
    const TypeDef *type = &e->fields[field].type;
    want_kind(v, a + e->key_count, type->kind, type->optional);
}

/* The operations whose effect is more than their operands. */
static void check_special(Verify *v, Op op, uint32_t a, uint32_t b, uint32_t c, uint32_t bx) {
    const Bundle *bundle = v->b;
    switch ((int)op) {
    case OP_SKIP:
        flow_to(v, v->at + 1 + bx);
        v->now.reached = false;
        return;
    case OP_SKIP_IF:
    case OP_SKIP_UNLESS:
        flow_to(v, v->at + 1 + bx);
        return;
    case OP_LOOKUP:
        check_lookup(v, a, &bundle->tables[bx]);
        return;
    case OP_EMIT:
        want_fields(v, a, bundle->events[bx].fields, bundle->events[bx].field_count);
        return;
    case OP_OBLIGE:
        want_fields(v, a, bundle->duties[bx].params, bundle->duties[bx].param_count);
        return;
    case OP_ASK:
        want_fields(v, a, bundle->approvals[bx].params, bundle->approvals[bx].param_count);
        return;
    case OP_STATE_IS:
        want_kind(v, a, V_INT, false);
        for (uint32_t i = 0, n = bundle_key_parts(bundle, bundle->decls[bx]); i < n; i++)
            want_key(v, a + 1 + i);
        set_reg(v, a, V_FLAG, false);
        return;
    case OP_MEASURE:
        check_measure(v, a, bx);
        return;
    case OP_MEASURE_IS:
        check_measure_is(v, a, bx);
        return;
    case OP_LOOP:
        check_loop(v, a, &bundle->loops[bx]);
        return;
    case OP_LIST:
        for (uint32_t i = 0; i < c; i++)
            want_item(v, b + i);
        return;
    case OP_RECORD:
        want_fields(v, b, bundle->records[c].fields, bundle->records[c].field_count);
        return;
    case OP_PICK:
        check_pick(v, a, bx);
        return;
    case OP_GET:
        check_get(v, a, &bundle->entities[bx]);
        return;
    case OP_SET:
        check_set(v, a, &bundle->entities[b], c);
        return;
    case OP_DELETE:
        want_entity(v, a, &bundle->entities[bx]);
        return;
    case OP_ESCALATE:
        if (v->fn->of != DECL_APPROVAL || v->fn->owner < 0)
            refuse(v, "no approval is at hand");
        for (uint32_t i = 0; i < b; i++)
            want_kind(v, a + i, V_PARTY, false);
        return;
    case OP_NOTIFY:
    case OP_NOTIFY_AS:
        for (uint32_t i = 0; i < b; i++)
            want_kind(v, a + i, V_PARTY, false);
        if (op == OP_NOTIFY_AS) {
            want_kind(v, a + b, V_DURATION, false);
            want_kind(v, a + b + 1, V_FLAG, false);
        }
        if (c != 255)
            want_kind(v, c, V_TEXT, false);
        return;
    case OP_ROUND:
        check_rounding(v, c);
        return;
    case OP_ROUND_QUOT:
        check_quotient(v, a, b, c);
        return;
    case OP_STOP:
        v->now.reached = false;
        return;
    case OP_RET:
        check_ret(v, a);
        return;
    default:
        return;
    }
}

static void check_instruction(Verify *v, uint32_t word) {
    Op op = INS_OP(word);
    if (op >= OP_COUNT) {
        refuse(v, "there is no such instruction");
        return;
    }
    const OpRow *row = &op_rows[op];
    uint32_t a = INS_A(word), b = row->abx ? INS_BX(word) : INS_B(word),
             c = row->abx ? 0 : INS_C(word);
    Reg given = check_number(v, (Mode)row->b.mode, b);
    bool reads_b = row->b.mode == M_READ || row->b.mode == M_READ_ANY ||
                   row->b.mode == M_READ_INT || row->b.mode == M_READ_DEC;
    check_read(v, row->a, a, given);
    check_read(v, row->b, b, given);
    if (reads_b && v->status == OK)
        given = v->now.regs[b];
    check_read(v, row->c, c, given);
    if (row->c.mode == M_RECTYPE)
        (void)check_number(v, M_RECTYPE, c);
    if (v->status != OK)
        return;
    if (row->a.mode == M_WRITE)
        set_reg(v, a, row->a.kind, false);
    else if (row->a.mode == M_WRITE_SAME && given.kind == V_ABSENT)
        refuse(v, "what is always absent cannot be unwrapped");
    else if (row->a.mode == M_WRITE_SAME)
        set_reg(v, a, given.kind, false);
    else if (row->a.mode == M_WRITE_LIKE)
        set_reg(v, a, given.kind, given.optional);
    check_special(v, op, a, b, c, b);
}

static Status verify_fn(Verify *v) {
    const FnDef *fn = v->fn;
    v->waiting = new (v->scratch, State *, (size_t)(fn->to - fn->from) + 1);
    if (v->waiting == NULL)
        return ERR_NOMEM;
    v->now.reached = true;
    for (uint32_t r = 0; r < 256; r++)
        v->now.regs[r] = (Reg){V_KINDS, false};
    for (v->at = fn->from; v->at < fn->to && v->status == OK; v->at++) {
        State *waiting = v->waiting[v->at - fn->from];
        if (waiting != NULL) {
            if (v->now.reached) {
                flow_to(v, v->at);
                if (v->status != OK)
                    return v->status;
            }
            v->now = *waiting;
            v->now.reached = true;
        } else if (!v->now.reached) {
            refuse(v, "no way leads here");
            break;
        }
        check_instruction(v, v->b->code[v->at]);
    }
    if (v->status == OK && v->now.reached) {
        v->at = fn->to;
        refuse(v, "it does not end");
    }
    return v->status;
}

static Status verify_one(const Bundle *b, uint32_t fn, Arena *scratch, Err *err) {
    Verify v = {.b = b, .fn = &b->fns[fn], .err = err, .scratch = scratch};
    ArenaMark mark = arena_mark(scratch);
    Status status = verify_fn(&v);
    arena_back(scratch, mark);
    return status;
}

Status verify_code(const Bundle *b, Arena *scratch, Err *err) {
    for (uint32_t i = 0; i < b->fn_count; i++)
        TRY(verify_one(b, i, scratch, err));
    return OK;
}

Status verify_from(const Bundle *b, uint32_t first, Arena *scratch, Err *err) {
    if (first >= b->fn_count)
        return ERR_DAMAGED;
    for (uint32_t i = first; i < b->fn_count; i++)
        TRY(verify_one(b, i, scratch, err));
    return OK;
}

/* ---- disassembly */

static void put_padded(Buf *out, const char *text, size_t width) {
    size_t n = strlen(text);
    put_bytes(out, text, n);
    for (; n < width; n++)
        put_c(out, ' ');
}

/* ---- other numbers */

static bool names_part(Mode mode, Part *part) {
    switch ((int)mode) {
    case M_CONST:
        *part = PART_CONSTANT;
        return true;
    case M_TABLE:
        *part = PART_TABLE;
        return true;
    case M_EVENT:
        *part = PART_EVENT;
        return true;
    case M_DUTY:
        *part = PART_DUTY;
        return true;
    case M_DECL:
        *part = PART_DECL;
        return true;
    case M_APPROVAL:
        *part = PART_APPROVAL;
        return true;
    case M_ENTITY:
        *part = PART_ENTITY;
        return true;
    case M_LOOP:
        *part = PART_LOOP;
        return true;
    case M_RECTYPE:
        *part = PART_RECORD;
        return true;
    case M_PICKED:
        *part = PARTS;
        return true;
    default:
        return false;
    }
}

bool instruction_map(uint32_t *word, uint32_t (*map)(const void *ctx, Part part, uint32_t n),
                     const void *ctx) {
    const OpRow *row = &op_rows[INS_OP(*word)];
    Part part;
    bool fits = true;
    if (row->abx && names_part(row->b.mode, &part)) {
        uint32_t n = map(ctx, part, INS_BX(*word));
        fits = n <= 0xFFFF;
        *word = (*word & 0xFFFF) | n << 16;
    }
    if (!row->abx && names_part(row->b.mode, &part)) {
        uint32_t n = map(ctx, part, INS_B(*word));
        fits = fits && n <= 0xFF;
        *word = (*word & 0xFF00FFFF) | (n & 0xFF) << 16;
    }
    if (!row->abx && names_part(row->c.mode, &part)) {
        uint32_t n = map(ctx, part, INS_C(*word));
        fits = fits && n <= 0xFF;
        *word = (*word & 0xFFFFFF) | n << 24;
    }
    return fits;
}

static void put_named(Buf *out, const Bundle *b, const FnDef *fn, Mode mode, uint32_t n) {
    static const char *const attrs[] = {"time", "id", "source", "actor"};
    ZoneCache cache = {.zone = bundle_zone(b)};
    switch ((int)mode) {
    case M_CONST:
        if (b->constants[n].kind == V_TEXT)
            put_json_string(out, value_str(b->constants[n]));
        else
            put_value_text(out, b, &cache, b->constants[n]);
        return;
    case M_FIELD:
        put_fmt(out, "it.%.*s", STR_ARG(b->events[fn->event].fields[n].name));
        return;
    case M_ATTR:
        put_fmt(out, "it.%s", attrs[n]);
        return;
    case M_TABLE:
        put_text(out, b->tables[n].name);
        if (!dated_ever(&b->tables[n].dated))
            put_fmt(out, " #%u", n); /* one of several versions */
        return;
    case M_EVENT:
        put_text(out, b->events[n].name);
        return;
    case M_DUTY:
        put_text(out, b->duties[n].name);
        return;
    case M_DECL:
        put_text(out, b->decls[n].kind == DECL_DUTY  ? b->duties[b->decls[n].number].name
                      : b->decls[n].kind == DECL_KPI ? b->kpis[b->decls[n].number].name
                                                     : b->approvals[b->decls[n].number].name);
        return;
    case M_LOOP:
        put_fmt(out, "%u", n);
        return;
    case M_RECTYPE:
        put_text(out, b->records[n].name);
        return;
    case M_PICKED: {
        const RecordDef *of = &b->records[b->record_of[n]];
        put_fmt(out, "%.*s.%.*s", STR_ARG(of->name), STR_ARG(of->fields[n - of->first].name));
        return;
    }
    case M_ENTITY:
        put_text(out, b->entities[n].name);
        return;
    case M_APPROVAL:
        put_text(out, b->approvals[n].name);
        return;
    case M_FRAME:
        put_fmt(out, "frame %u", n);
        return;
    case M_ARG:
        put_fmt(out, "argument %u", n);
        return;
    case M_FWD:
        put_fmt(out, "+%u", n);
        return;
    default:
        put_fmt(out, "%u", n);
    }
}

static bool is_register(Mode mode) {
    return mode == M_WRITE || mode == M_WRITE_SAME || mode == M_WRITE_LIKE ||
           (mode >= M_READ && mode <= M_REGS);
}

static void put_operand(Buf *out, const Bundle *b, const FnDef *fn, Operand o, uint32_t n) {
    if (o.mode == M_NONE)
        return;
    put_c(out, ' ');
    if (is_register((Mode)o.mode) || (o.mode == M_TEXTREG && n != 255))
        put_fmt(out, "r%u", n);
    else if (o.mode == M_TEXTREG)
        put_c(out, '-');
    else
        put_named(out, b, fn, (Mode)o.mode, n);
}

static const FnDef *fn_at(const Bundle *b, uint32_t at) {
    for (uint32_t i = 0; i < b->fn_count; i++)
        if (at >= b->fns[i].from && at < b->fns[i].to)
            return &b->fns[i];
    return NULL;
}

void put_instruction(Buf *out, const Bundle *b, uint32_t at) {
    const FnDef *fn = fn_at(b, at);
    uint32_t word = b->code[at];
    const OpRow *row = &op_rows[INS_OP(word)];
    put_padded(out, row->name, row->a.mode + row->b.mode == M_NONE ? 0 : 11);
    put_operand(out, b, fn, row->a, INS_A(word));
    put_operand(out, b, fn, row->b, row->abx ? INS_BX(word) : INS_B(word));
    if (!row->abx)
        put_operand(out, b, fn, row->c, INS_C(word));
}

void put_disassembly(Buf *out, const Bundle *b) {
    for (uint32_t i = 0; i < b->fn_count; i++) {
        const FnDef *fn = &b->fns[i];
        put_fmt(out, "%s%.*s: %u registers, %u results\n", i > 0 ? "\n" : "", STR_ARG(fn->name),
                fn->registers, fn->result_count);
        uint32_t last = UINT32_MAX;
        for (uint32_t at = fn->from; at < fn->to; at++) {
            if (b->lines[at] != last)
                put_fmt(out, "%6u ", b->lines[at] & 0xFFFFF);
            else
                put_text(out, S("       "));
            last = b->lines[at];
            put_fmt(out, "%4u  ", at - fn->from);
            put_instruction(out, b, at);
            put_c(out, '\n');
        }
    }
}
