/* vm: the loop. */
#include "engine/vm/vm.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/base/ckd.h"
#include "engine/base/civil.h"
#include "engine/base/limits.h"
#include "engine/base/moment.h"
#include "engine/code/lookup.h"

static const uint8_t op_cost[OP_COUNT] = {
#define OP(name, form, a, b, c, cost, effect) cost,
#include "engine/code/op.def"
};

enum { LOOP_COST = 8 }; /* of an item, beside what its function costs */

void vm_init(Vm *vm, const Bundle *b, Arena *arena, const VmHost *host) {
    vm->b = b;
    vm->arena = arena;
    vm->host = host;
    vm->zone = (ZoneCache){.zone = bundle_zone(b)};
    vm->cost = 0;
    vm->trace_count = 0;
    vm->tracing = false;
    vm->watch = NULL;
    vm->depth = 0;
    vm->local = 0;
}

static Status trap(Vm *vm, TrapCode code, Value a, Value b) {
    vm->trap.code = code;
    vm->trap.values[0] = a;
    vm->trap.values[1] = b;
    vm->trap.more = (Str){NULL, 0};
    return ERR_TRAP;
}

/* A failed calculation as a trap. */
static Status trap_status(Vm *vm, Status status, Value a, Value b) {
    if (status == OK || status == ERR_NOMEM)
        return status;
    if (status == ERR_BYZERO)
        return trap(vm, TRAP_BYZERO, a, b);
    return trap(vm, status == ERR_INEXACT ? TRAP_INEXACT : TRAP_OVERFLOW, a, b);
}

static Status trap_time(Vm *vm, Status status, Value a, Value b) {
    return status == OK || status == ERR_NOMEM ? status : trap(vm, TRAP_TIME, a, b);
}

typedef Status (*DecOp)(Dec a, Dec b, Dec *out);

/* A = op(B, C) with the kind and the currency of `like`. */
static Status do_dec(Vm *vm, DecOp op, Value b, Value c, ValueKind kind, Value like, Value *out) {
    Dec d = {0, 0};
    TRY(trap_status(vm, op(value_to_dec(b), value_to_dec(c), &d), b, c));
    *out = value_dec(kind, d);
    out->n = kind == V_MONEY ? like.n : 0;
    return OK;
}

static Status same_currency(Vm *vm, Value b, Value c) {
    return b.n == c.n ? OK : trap(vm, TRAP_CURRENCY, b, c);
}

static Status do_int(Vm *vm, Op op, Value b, Value c, Value *out) {
    int64_t i;
    bool bad = op == OP_ADD_INT   ? ckd_add(&i, b.i, c.i)
               : op == OP_SUB_INT ? ckd_sub(&i, b.i, c.i)
                                  : ckd_mul(&i, b.i, c.i);
    if (bad)
        return trap(vm, TRAP_OVERFLOW, b, c);
    *out = value_int(i);
    return OK;
}

static Status do_span(Vm *vm, Op op, Value b, Value c, Value *out) {
    int64_t i;
    if (op != OP_MUL_SPAN && b.aux != c.aux)
        return trap(vm, TRAP_FAMILY, b, c);
    bool bad = op == OP_ADD_SPAN   ? ckd_add(&i, b.i, c.i)
               : op == OP_SUB_SPAN ? ckd_sub(&i, b.i, c.i)
                                   : ckd_mul(&i, b.i, c.i);
    if (bad)
        return trap(vm, TRAP_OVERFLOW, b, c);
    *out = value_duration((Family)b.aux, i);
    return OK;
}

/* A number that counts the whole units of a duration's family. */
static Status whole_span(Vm *vm, Status status, Dec d, Value b, Value c, Value *out) {
    int64_t amount = 0;
    TRY(trap_status(vm, status, b, c));
    TRY(trap_status(vm, dec_to_i64(d, &amount), b, c));
    *out = value_duration((Family)b.aux, amount);
    return OK;
}

static Status do_scale(Vm *vm, Op op, Value b, Value c, Value *out) {
    Dec d = {0, 0}, amount = dec_of_i64(b.i);
    if (op == OP_SCALE_SPAN)
        return whole_span(vm, dec_mul(amount, value_to_dec(c), &d), d, b, c, out);
    if (op == OP_DIV_SPAN)
        return whole_span(vm, dec_div(amount, value_to_dec(c), &d), d, b, c, out);
    if (b.aux != c.aux)
        return trap(vm, TRAP_FAMILY, b, c);
    TRY(trap_status(vm, dec_div(amount, dec_of_i64(c.i), &d), b, c));
    *out = value_dec(V_DEC, d);
    return OK;
}

static Status do_round(Vm *vm, Value b, uint32_t how, Value *out) {
    Dec d = {0, 0};
    TRY(trap_status(vm, dec_round(value_to_dec(b), (int)(how % 32), (DecRound)(how / 32), &d), b,
                    value_absent()));
    *out = value_dec((ValueKind)b.kind, d);
    out->n = b.kind == V_MONEY ? b.n : 0;
    return OK;
}

static Status do_round_quot(Vm *vm, Value a, Value b, uint32_t how, Value *out) {
    Dec d = {0, 0};
    if (a.kind == V_MONEY && b.kind == V_MONEY)
        TRY(same_currency(vm, a, b));
    if (a.kind == V_DURATION && a.aux != b.aux)
        return trap(vm, TRAP_FAMILY, a, b);
    TRY(trap_status(
        vm,
        dec_div_round(value_to_dec(a), value_to_dec(b), (int)(how % 32), (DecRound)(how / 32), &d),
        a, b));
    bool money = a.kind == V_MONEY && b.kind == V_DEC;
    *out = value_dec(money ? V_MONEY : V_DEC, d);
    out->n = money ? a.n : 0;
    return OK;
}

static Status do_worked(Vm *vm, Value b, Value c, Value *out) {
    const Calendar *calendar = local_calendar(vm->b, vm->local);
    bool back = c.i < b.i;
    int64_t ms = 0;
    TRY(trap_time(vm,
                  calendar == NULL
                      ? ERR_STATE
                      : cal_between(calendar, back ? c.i : b.i, back ? b.i : c.i, &ms, NULL),
                  b, c));
    *out = value_duration(FAMILY_WORKING, back ? -ms : ms);
    return OK;
}

/* A part of a date or an instant. At the ends of the years that there are a zone may put an instant
 * on a date that there is not. */
static Status do_part(Vm *vm, Op op, Value b, uint32_t c, Value *out) {
    static const uint8_t by_name[] = {1, 5, 6, 4, 0, 2, 3}; /* Monday to Sunday in English order */
    const Calendar *calendar = local_calendar(vm->b, vm->local);
    if ((op == OP_IS_OPEN || op == OP_IS_WORKDAY) && calendar == NULL)
        return trap_time(vm, ERR_STATE, b, b);
    Civil civil = {0};
    int64_t local = 0;
    if (op == OP_PART_OF)
        civil = civil_from_days((int32_t)b.i);
    if (op == OP_DATE_OF || op == OP_TIME_OF)
        local = zone_local(local_zone(vm->b, vm->local), b.i);
    int64_t ms = (local % DAY_MS + DAY_MS) % DAY_MS;
    switch ((int)op) {
    case OP_DATE_OF:
        *out = value_of(V_DATE, (local - ms) / DAY_MS);
        return day_ok(out->i) ? OK : trap_time(vm, ERR_OVERFLOW, b, b);
    case OP_TIME_OF:
        *out = value_of(V_TIME, ms);
        return OK;
    case OP_PART_OF:
        *out = value_int(c == 0 ? civil.year : c == 1 ? civil.month : civil.day);
        return OK;
    case OP_WEEKDAY:
        *out = (Value){.kind = V_ENUM, .n = c, .i = by_name[civil_weekday((int32_t)b.i)]};
        return OK;
    case OP_IS_OPEN:
        *out = value_flag(cal_is_open(calendar, b.i, NULL));
        return OK;
    default:
        *out = value_flag(cal_is_working_day(calendar, (int32_t)b.i, NULL));
        return OK;
    }
}

static Status do_moment(Vm *vm, Op op, Value b, Value c, Value *out) {
    const Calendar *calendar = local_calendar(vm->b, vm->local);
    bool back = op == OP_SUB_TIME || op == OP_SUB_DATE;
    int64_t amount = c.i, instant = 0;
    int32_t day = 0;
    if (back && ckd_sub(&amount, (int64_t)0, c.i))
        return trap(vm, TRAP_OVERFLOW, b, c);
    if (op == OP_ADD_TIME || op == OP_SUB_TIME) {
        TRY(trap_time(vm,
                      moment_add(local_zone(vm->b, vm->local), calendar, b.i, (Family)c.aux, amount,
                                 &instant, NULL),
                      b, c));
        *out = value_of(V_INSTANT, instant);
    } else {
        TRY(trap_time(vm, date_add(calendar, (int32_t)b.i, (Family)c.aux, amount, &day, NULL), b,
                      c));
        *out = value_of(V_DATE, day);
    }
    return OK;
}

static Status do_state_is(Vm *vm, uint32_t decl, Value *ra) {
    DeclDef of = vm->b->decls[decl];
    bool is = false;
    if (vm->host != NULL && vm->host->state != NULL)
        TRY(vm->host->state(vm->host->ctx, of, ra[0].i, &ra[1], bundle_key_parts(vm->b, of), &is));
    *ra = value_flag(is);
    return OK;
}

static Status measured(Vm *vm, uint32_t decl, const Value *group, Value out[2]) {
    uint32_t kpi = vm->b->decls[decl].number;
    out[0] = bundle_measure_nothing(&vm->b->kpis[kpi]);
    out[1] = value_absent();
    if (vm->host == NULL || vm->host->measure == NULL)
        return OK;
    Status status = vm->host->measure(vm->host->ctx, kpi, group, out);
    bool number = status == ERR_OVERFLOW || status == ERR_INEXACT;
    return number ? trap_status(vm, status, value_absent(), value_absent()) : status;
}

static Status do_measure(Vm *vm, uint32_t decl, Value *ra) {
    Value out[2];
    bool quotient;
    TRY(measured(vm, decl, &ra[1], out));
    (void)bundle_measure(&vm->b->kpis[vm->b->decls[decl].number], &quotient);
    ra[0] = out[0];
    if (quotient)
        ra[1] = out[1];
    return OK;
}

static Dec number_of(Value v) {
    return v.kind == V_INT || v.kind == V_DURATION ? dec_of_i64(v.i) : value_to_dec(v);
}

static Status do_measure_is(Vm *vm, uint32_t decl, Value *ra) {
    Value out[2];
    TRY(measured(vm, decl, &ra[2], out));
    Ratio is = {number_of(out[0]), dec_of_i64(1)};
    if (out[1].kind != V_ABSENT)
        is.den = number_of(out[1]);
    *ra = value_flag(out[0].kind != V_ABSENT &&
                     side_holds(ra[0].i, ratio_cmp_dec(is, number_of(ra[1]))));
    return OK;
}

static Status do_get(Vm *vm, uint32_t entity, Value *ra) {
    const EntityDef *def = &vm->b->entities[entity];
    Value key[LIMIT_ENTITY_FIELDS];
    bool found = false;
    memcpy(key, ra, def->key_count * sizeof *key);
    if (vm->host != NULL && vm->host->get != NULL)
        TRY(vm->host->get(vm->host->ctx, entity, key, ra + 1, &found));
    ra[0] = value_flag(found);
    for (uint32_t i = 0; !found && i < def->field_count; i++)
        ra[1 + i] = value_absent();
    return OK;
}

static Status do_set(Vm *vm, uint32_t entity, uint32_t field, const Value *ra) {
    if (vm->host == NULL || vm->host->set == NULL)
        return OK;
    Value value = ra[vm->b->entities[entity].key_count];
    return vm->host->set(vm->host->ctx, entity, ra, field, value);
}

static Status do_delete(Vm *vm, uint32_t entity, const Value *ra) {
    return vm->host == NULL || vm->host->drop == NULL ? OK
                                                      : vm->host->drop(vm->host->ctx, entity, ra);
}

static Status do_superior(Vm *vm, Value who, Value *out) {
    bool person = value_is_person(who);
    if (person && vm->host != NULL && vm->host->superior != NULL)
        return vm->host->superior(vm->host->ctx, who, out);
    if (!person && vm->when == INT64_MIN && vm->b->parties[who.i].span_count > 1)
        return trap(vm, TRAP_WHICH_VERSION, who, value_absent());
    int32_t above = person ? -1 : bundle_superior(vm->b, (int32_t)who.i, vm->when);
    *out = above < 0 ? who : (Value){.kind = V_PARTY, .i = above};
    return OK;
}

static Status do_text(Vm *vm, Value v, Value *out) {
    Buf text = {0};
    put_value_text(&text, vm->b, &vm->zone, v);
    Str copy = {NULL, 0};
    Status status = text.failed ? ERR_NOMEM : arena_str(vm->arena, buf_str(&text), &copy);
    buf_free(&text);
    *out = value_text(copy);
    return status;
}

static Status do_concat(Vm *vm, Value b, Value c, Value *out) {
    size_t n = (size_t)b.n + c.n;
    if (n > LIMIT_EVENT_TEXT)
        return trap(vm, TRAP_TOO_LONG, value_absent(), value_absent());
    char *p = arena_take(vm->arena, n, 1);
    if (p == NULL)
        return ERR_NOMEM;
    if (b.n > 0)
        memcpy(p, b.p, b.n);
    if (c.n > 0)
        memcpy(p + b.n, c.p, c.n);
    *out = value_text((Str){p, n});
    return OK;
}

static Status vm_trace(Vm *vm, uint32_t table, int32_t row, const Value *inputs, uint32_t n) {
    if (!vm->tracing || vm->trace_count >= VM_TRACE)
        return OK;
    Value *copy = arena_take(vm->arena, (n + 1) * sizeof *copy, 8);
    if (copy == NULL)
        return ERR_NOMEM;
    memcpy(copy, inputs, n * sizeof *copy);
    vm->trace[vm->trace_count++] = (TraceRow){table, row, copy};
    return OK;
}

static Status no_row(Vm *vm, uint32_t table, const Value *regs) {
    const TableDef *t = &vm->b->tables[table];
    vm->trap.table = (int32_t)table;
    return trap(vm, TRAP_NO_ROW, t->input_count > 0 ? regs[0] : value_absent(),
                t->input_count > 1 ? regs[1] : value_absent());
}

/* What a row that hits gives; inputs stand in regs. */
static Status row_results(Vm *vm, uint32_t table, int32_t row, const Value *regs,
                          const Value **out) {
    const TableDef *t = &vm->b->tables[table];
    TRY(vm_trace(vm, table, row, regs, t->input_count));
    if (vm->watch != NULL && vm->watch->rows != NULL)
        vm->watch->rows[table][row] = 1;
    *out = &t->results[(size_t)row * t->output_count];
    if (t->row_fns[row] < 0)
        return OK;
    if (vm->cost > vm->most)
        return trap(vm, TRAP_TOO_MANY, value_absent(), value_absent());
    return vm_call(vm, t->row_fns[row], NULL, NULL, regs, out, NULL);
}

/* Nothing, in the unit of a column that is added up. */
static Value nothing_of(const TypeDef *type) {
    if (type->kind == V_DURATION)
        for (uint32_t f = 0; f < FAMILIES; f++)
            if ((type->families >> f & 1) != 0)
                return value_duration((Family)f, 0);
    return (Value){.kind = type->kind, .n = type->kind == V_MONEY ? type->currency : 0};
}

static Status add_up(Vm *vm, Value v, Value *sum) {
    if (sum->kind == V_INT)
        return do_int(vm, OP_ADD_INT, *sum, v, sum);
    if (sum->kind == V_DURATION)
        return do_span(vm, OP_ADD_SPAN, *sum, v, sum);
    if (sum->kind == V_MONEY)
        TRY(same_currency(vm, *sum, v));
    return do_dec(vm, dec_add, *sum, v, (ValueKind)sum->kind, *sum, sum);
}

static Status pick(Vm *vm, bool least, Value v, Value *best) {
    if (v.kind == V_ABSENT)
        return OK;
    if (best->kind == V_MONEY)
        TRY(same_currency(vm, *best, v));
    if (best->kind == V_DURATION && best->aux != v.aux)
        return trap(vm, TRAP_FAMILY, *best, v);
    if (best->kind == V_ABSENT || (least ? value_cmp(v, *best) < 0 : value_cmp(v, *best) > 0))
        *best = v;
    return OK;
}

/* Room for what n rows give, by output; the results point at it. */
static Status make_lists(Vm *vm, const TableDef *t, uint32_t n, Value *lists) {
    for (uint32_t o = 0; o < t->output_count; o++) {
        Value *items = arena_take(vm->arena, ((size_t)n + 1) * sizeof *items, 8);
        if (items == NULL)
            return ERR_NOMEM;
        lists[o] = (Value){.items = items, .n = 0, .kind = V_LIST};
    }
    return OK;
}

/* One more row for what is gathered. Lists have room. */
static Status gather_row(Vm *vm, const TableDef *t, const Value *gives, Value *results) {
    if (t->hit == HIT_COLLECT_COUNT)
        return do_int(vm, OP_ADD_INT, results[0], value_int(1), &results[0]);
    if (t->hit == HIT_COLLECT_SUM)
        return add_up(vm, gives[0], &results[0]);
    if (hit_picks((HitRow)t->hit))
        return pick(vm, t->hit == HIT_COLLECT_MIN, gives[0], &results[0]);
    for (uint32_t o = 0; o < t->output_count; o++) {
        Value *items = (Value *)(uintptr_t)results[o].items;
        items[results[o].n++] = gives[o];
    }
    return OK;
}

/* A table of whose rows all that apply count. */
static Status do_gather(Vm *vm, uint32_t table, Value *regs) {
    const TableDef *t = &vm->b->tables[table];
    Hits hits;
    uint32_t n = 0;
    lookup_begin(t->lookup, regs, &hits);
    while (lookup_next(&hits) >= 0)
        n++;
    vm->cost += n;
    if (vm->cost > vm->most)
        return trap(vm, TRAP_TOO_MANY, value_absent(), value_absent());
    Value *results = arena_take(vm->arena, ((size_t)t->result_count + 1) * sizeof *results, 8);
    if (results == NULL)
        return ERR_NOMEM;
    results[0] = value_absent();
    if (hit_lists((HitRow)t->hit))
        TRY(make_lists(vm, t, n, results));
    else if (t->hit == HIT_COLLECT_COUNT)
        results[0] = value_int(0);
    else if (t->hit == HIT_COLLECT_SUM)
        results[0] = nothing_of(&t->outputs[0].type);
    hits.next = 0;
    for (int32_t row = lookup_next(&hits); row >= 0; row = lookup_next(&hits)) {
        const Value *gives;
        TRY(row_results(vm, table, row, regs, &gives));
        TRY(gather_row(vm, t, gives, results));
    }
    if (hit_picks((HitRow)t->hit) && results[0].kind == V_ABSENT && !t->kinds[0].optional)
        return no_row(vm, table, regs);
    memcpy(regs, results, t->result_count * sizeof *regs);
    return OK;
}

/* Whether a table applies now; traps where there is no now. */
static Status in_force(Vm *vm, uint32_t table, bool *yes) {
    const DatedDef *dated = &vm->b->tables[table].dated;
    *yes = dated_ever(dated) || dated_at(dated, vm->when);
    if (dated_ever(dated) || vm->when != INT64_MIN)
        return OK;
    vm->trap.table = (int32_t)table;
    return trap(vm, TRAP_WHICH_VERSION, value_absent(), value_absent());
}

static Status do_in_force(Vm *vm, uint32_t table, Value *out) {
    bool yes;
    TRY(in_force(vm, table, &yes));
    *out = value_flag(yes);
    return OK;
}

static Status do_lookup(Vm *vm, uint32_t table, Value *regs) {
    const TableDef *t = &vm->b->tables[table];
    bool applies;
    TRY(in_force(vm, table, &applies));
    if (!applies) {
        vm->trap.table = (int32_t)table;
        return trap(vm, TRAP_NOT_IN_FORCE, value_of(V_INSTANT, vm->when), value_absent());
    }
    if (hit_gathers((HitRow)t->hit))
        return do_gather(vm, table, regs);
    int32_t row = lookup_row(t->lookup, regs);
    if (row < 0)
        return no_row(vm, table, regs);
    const Value *results;
    TRY(row_results(vm, table, row, regs, &results));
    memcpy(regs, results, t->output_count * sizeof *regs);
    return OK;
}

/* ---- going over many */

/* Where a loop is, and what it has found. */
typedef struct Going {
    const LoopDef *l;
    const VmEvent *event;
    const Value *frame;
    Value *args; /* what the function is given, room for the item behind it */
    Value found;
    bool over;
} Going;

/* One item, which stands among the arguments. */
static Status go_over(Vm *vm, Going *g) {
    const Value *results;
    bool counts;
    vm->cost += LOOP_COST;
    if (vm->cost > vm->most)
        return trap(vm, TRAP_TOO_MANY, value_absent(), value_absent());
    TRY(vm_call(vm, g->l->fn, g->event, g->frame, g->args, &results, &counts));
    if (!counts)
        return OK;
    switch ((LoopDoes)g->l->does) {
    case LOOP_EACH:
        return OK;
    case LOOP_COUNTS:
        g->found.i++;
        return OK;
    case LOOP_ANY:
        g->found = value_flag(true);
        g->over = true;
        return OK;
    case LOOP_SUMS:
        return add_up(vm, results[0], &g->found);
    case LOOP_LEAST:
    case LOOP_GREATEST:
        return pick(vm, g->l->does == LOOP_LEAST, results[0], &g->found);
    case LOOP_DOES:
        break;
    }
    UNREACHABLE();
}

static Status go_entities(Vm *vm, Going *g, Value sought) {
    VmCursor cursor = {.begun = false, .n = 0};
    Value *item = g->args + g->l->given;
    uint32_t entity = (uint32_t)g->l->entity;
    while (!g->over) {
        bool found = false;
        if (vm->host != NULL && vm->host->next != NULL)
            TRY(vm->host->next(vm->host->ctx, entity, g->l->index, sought, &cursor, item + 1,
                               &found));
        if (!found)
            return OK;
        item[0] = value_flag(true);
        TRY(go_over(vm, g));
    }
    return OK;
}

/* What a list holds is not proved: it is looked at here. */
static Status go_list(Vm *vm, Going *g, Value list) {
    for (uint32_t i = 0; i < list.n && !g->over; i++) {
        if (list.items[i].kind != g->l->item.kind)
            return trap(vm, TRAP_BAD_VALUE, list.items[i], value_absent());
        g->args[g->l->given] = list.items[i];
        TRY(go_over(vm, g));
    }
    return OK;
}

static Status do_loop(Vm *vm, const LoopDef *l, const VmEvent *event, const Value *frame,
                      Value *ra) {
    Value args[LIMIT_FIELDS + 1];
    Going g = {.l = l, .event = event, .frame = frame, .args = args, .found = l->nothing};
    Value first = ra[0]; /* a list, or what is sought */
    memcpy(args, ra + (l->entity < 0 || l->index >= 0), l->given * sizeof *args);
    if (l->does == LOOP_COUNTS)
        g.found = value_int(0);
    if (l->does == LOOP_ANY)
        g.found = value_flag(false);
    TRY(l->entity < 0 ? go_list(vm, &g, first) : go_entities(vm, &g, first));
    if (l->does != LOOP_EACH)
        *ra = g.found;
    return OK;
}

static Status do_members(Vm *vm, Value party, Value *out) {
    *out = (Value){.items = NULL, .n = 0, .kind = V_LIST};
    return vm->host == NULL || vm->host->members == NULL
               ? OK
               : vm->host->members(vm->host->ctx, party, out);
}

/* What stands in the registers from `from` on, as a list or a record. */
static Status do_many(Vm *vm, const Value *from, Value like, Value *out) {
    Value *items = arena_take(vm->arena, ((size_t)like.n + 1) * sizeof *items, 8);
    if (items == NULL)
        return ERR_NOMEM;
    memcpy(items, from, like.n * sizeof *items);
    *out = like;
    out->items = items;
    return OK;
}

/* What a record holds is not proved: it is looked at here. */
static Status do_pick(Vm *vm, uint32_t n, Value *ra) {
    const RecordDef *d = &vm->b->records[vm->b->record_of[n]];
    const FieldDef *field = &d->fields[n - d->first];
    if (ra->kind == V_ABSENT)
        return OK;
    if (ra->aux != vm->b->record_of[n] || ra->n != d->field_count)
        return trap(vm, TRAP_BAD_VALUE, *ra, value_absent());
    Value v = ra->items[n - d->first];
    if (v.kind == V_ABSENT ? !field->type.optional : v.kind != field->type.kind)
        return trap(vm, TRAP_BAD_VALUE, v, value_absent());
    *ra = v;
    return OK;
}

static bool is_among(Value v, Value list) {
    for (uint32_t i = 0; i < list.n; i++)
        if (value_eq(v, list.items[i]))
            return true;
    return false;
}

static Value attr(const VmEvent *event, uint32_t which) {
    switch (which) {
    case 0:
        return value_of(V_INSTANT, event->time);
    case 1:
        return value_text(event->id);
    case 2:
        return value_text(event->source);
    default:
        return event->actor;
    }
}

/* An instruction is reached: notes it, and which of the conditions that end here hold. */
static void watch_at(Watch *w, uint32_t at, const Value *regs) {
    if (w->waits)
        return;
    for (uint32_t i = w->values == NULL ? 0 : w->values_at[at];
         w->values != NULL && i < w->values_at[at + 1]; i++)
        w->came[i] = value_keep(regs[w->values[i].reg], w->keep, &w->came_to[i]) == OK;
    if (w->ran == NULL)
        return;
    w->ran[at] = 1;
    for (uint32_t i = w->flags_at[at]; i < w->flags_at[at + 1]; i++)
        w->held[i] |= regs[w->flags[i].reg].i != 0 ? WATCH_HELD : WATCH_HELD_NOT;
}

/* The loop, made twice: who asks what runs costs nothing where nobody does. */
static inline __attribute__((always_inline)) Status
vm_loop(Vm *vm, const FnDef *fn, const VmEvent *event, const Value *frame, const Value *args,
        Value *regs, const Value **results, bool *applies, bool watched) {
    const Bundle *b = vm->b;
    for (uint32_t at = fn->from;; at++) {
        uint32_t word = b->code[at];
        if (watched)
            watch_at(vm->watch, at, regs);
        Value *ra = &regs[INS_A(word)];
        /* By address: most instructions look at one of them or none. */
        const Value *rb = &regs[INS_B(word)], *rc = &regs[INS_C(word)];
        Op op = INS_OP(word);
        vm->cost += op_cost[op];
        vm->trap.at = at;
        switch (op) {
        case OP_LOADK:
            *ra = b->constants[INS_BX(word)];
            break;
        case OP_FIELD:
            *ra = event->fields[INS_BX(word)];
            break;
        case OP_ATTR:
            *ra = attr(event, INS_BX(word));
            break;
        case OP_FRAME:
            *ra = frame[INS_BX(word)];
            break;
        case OP_ARG:
            *ra = args[INS_BX(word)];
            break;
        case OP_STATE_IS:
            TRY(do_state_is(vm, INS_BX(word), ra));
            break;
        case OP_MEASURE:
            TRY(do_measure(vm, INS_BX(word), ra));
            break;
        case OP_MEASURE_IS:
            TRY(do_measure_is(vm, INS_BX(word), ra));
            break;
        case OP_LOOP:
            TRY(do_loop(vm, &b->loops[INS_BX(word)], event, frame, ra));
            vm->trap.fn = (uint32_t)(fn - b->fns);
            vm->trap.at = at;
            break;
        case OP_MEMBERS:
            TRY(do_members(vm, *rb, ra));
            break;
        case OP_AMONG:
            *ra = value_flag(is_among(*rb, *rc));
            break;
        case OP_LIST:
            TRY(do_many(vm, rb, (Value){.n = INS_C(word), .kind = V_LIST}, ra));
            break;
        case OP_RECORD:
            TRY(do_many(vm, rb,
                        value_record(INS_C(word), NULL, b->records[INS_C(word)].field_count), ra));
            break;
        case OP_PICK:
            TRY(do_pick(vm, INS_BX(word), ra));
            break;
        case OP_GET:
            TRY(do_get(vm, INS_BX(word), ra));
            break;
        case OP_NEED:
            if (rb->kind == V_ABSENT)
                return trap(vm, TRAP_NO_ENTITY, *rc, value_absent());
            *ra = *rb;
            break;
        case OP_SET:
            TRY(do_set(vm, INS_B(word), INS_C(word), ra));
            break;
        case OP_DELETE:
            TRY(do_delete(vm, INS_BX(word), ra));
            break;
        case OP_SUPERIOR:
            TRY(do_superior(vm, *rb, ra));
            break;
        case OP_UNWRAP:
            /* What a condition behind which it goes on has not made sure of. */
            if (watched && vm->watch->past_stops && rb->kind == V_ABSENT)
                return trap(vm, TRAP_NO_ROW, value_absent(), value_absent());
            *ra = *rb;
            break;
        case OP_MOVE:
            *ra = *rb;
            break;
        case OP_IS_ABSENT:
            *ra = value_flag(rb->kind == V_ABSENT);
            break;
        case OP_NOT:
            *ra = value_flag(rb->i == 0);
            break;
        case OP_EQ_INT:
            *ra = value_flag(rb->i == rc->i);
            break;
        case OP_LT_INT:
            *ra = value_flag(rb->i < rc->i);
            break;
        case OP_LE_INT:
            *ra = value_flag(rb->i <= rc->i);
            break;
        case OP_EQ_DEC:
            *ra = value_flag(dec_cmp(value_to_dec(*rb), value_to_dec(*rc)) == 0);
            break;
        case OP_LT_DEC:
            *ra = value_flag(dec_cmp(value_to_dec(*rb), value_to_dec(*rc)) < 0);
            break;
        case OP_LE_DEC:
            *ra = value_flag(dec_cmp(value_to_dec(*rb), value_to_dec(*rc)) <= 0);
            break;
        case OP_EQ_TEXT:
        case OP_EQ_PARTY:
        case OP_EQ_LIST:
        case OP_EQ_RECORD:
            *ra = value_flag(value_eq(*rb, *rc));
            break;
        case OP_STARTS:
            *ra = value_flag(str_starts(value_str(*rb), value_str(*rc)));
            break;
        case OP_CONTAINS:
            *ra = value_flag(str_contains(value_str(*rb), value_str(*rc)));
            break;
        case OP_ENDS:
            *ra = value_flag(str_ends(value_str(*rb), value_str(*rc)));
            break;
        case OP_SKIP:
            at += INS_BX(word);
            break;
        case OP_SKIP_IF:
            at += ra->i != 0 ? INS_BX(word) : 0;
            break;
        case OP_SKIP_UNLESS:
            at += ra->i == 0 ? INS_BX(word) : 0;
            break;
        case OP_ADD_INT:
        case OP_SUB_INT:
        case OP_MUL_INT:
            TRY(do_int(vm, op, *rb, *rc, ra));
            break;
        case OP_INT_DEC:
            *ra = value_dec(V_DEC, dec_of_i64(rb->i));
            break;
        case OP_PCT_DEC:
            *ra = value_dec(V_DEC, value_to_dec(*rb));
            break;
        case OP_DEC_PCT:
            *ra = value_dec(V_PERCENT, value_to_dec(*rb));
            break;
        case OP_ADD_DEC:
            TRY(do_dec(vm, dec_add, *rb, *rc, V_DEC, *rb, ra));
            break;
        case OP_SUB_DEC:
            TRY(do_dec(vm, dec_sub, *rb, *rc, V_DEC, *rb, ra));
            break;
        case OP_MUL_DEC:
            TRY(do_dec(vm, dec_mul, *rb, *rc, V_DEC, *rb, ra));
            break;
        case OP_DIV_DEC:
            TRY(do_dec(vm, dec_div, *rb, *rc, V_DEC, *rb, ra));
            break;
        case OP_ADD_MONEY:
            TRY(same_currency(vm, *rb, *rc));
            TRY(do_dec(vm, dec_add, *rb, *rc, V_MONEY, *rb, ra));
            break;
        case OP_SUB_MONEY:
            TRY(same_currency(vm, *rb, *rc));
            TRY(do_dec(vm, dec_sub, *rb, *rc, V_MONEY, *rb, ra));
            break;
        case OP_MUL_MONEY:
            TRY(do_dec(vm, dec_mul, *rb, *rc, V_MONEY, *rb, ra));
            break;
        case OP_DIV_MONEY:
            TRY(do_dec(vm, dec_div, *rb, *rc, V_MONEY, *rb, ra));
            break;
        case OP_PER_MONEY:
            TRY(same_currency(vm, *rb, *rc));
            TRY(do_dec(vm, dec_div, *rb, *rc, V_DEC, *rb, ra));
            break;
        case OP_ADD_SPAN:
        case OP_SUB_SPAN:
        case OP_MUL_SPAN:
            TRY(do_span(vm, op, *rb, *rc, ra));
            break;
        case OP_ADD_TIME:
        case OP_SUB_TIME:
        case OP_ADD_DATE:
        case OP_SUB_DATE:
            TRY(do_moment(vm, op, *rb, *rc, ra));
            break;
        case OP_GAP_TIME:
            *ra = value_duration(FAMILY_ELAPSED, rb->i - rc->i);
            break;
        case OP_GAP_DATE:
            *ra = value_duration(FAMILY_DAYS, rb->i - rc->i);
            break;
        case OP_DEC_INT: {
            int64_t i = 0;
            TRY(trap_status(vm, dec_to_i64(value_to_dec(*rb), &i), *rb, value_absent()));
            *ra = value_int(i);
            break;
        }
        case OP_ROUND:
            TRY(do_round(vm, *rb, INS_C(word), ra));
            break;
        case OP_ROUND_QUOT:
            TRY(do_round_quot(vm, *ra, *rb, INS_C(word), ra));
            break;
        case OP_SCALE_SPAN:
        case OP_DIV_SPAN:
        case OP_PER_SPAN:
            TRY(do_scale(vm, op, *rb, *rc, ra));
            break;
        case OP_WORKED:
            TRY(do_worked(vm, *rb, *rc, ra));
            break;
        case OP_DATE_OF:
        case OP_TIME_OF:
        case OP_PART_OF:
        case OP_IS_OPEN:
        case OP_IS_WORKDAY:
            TRY(do_part(vm, op, *rb, INS_C(word), ra));
            break;
        case OP_WEEKDAY:
            TRY(do_part(vm, op, *rb, rc->n, ra));
            break;
        case OP_TO_TEXT:
            TRY(do_text(vm, *rb, ra));
            break;
        case OP_CONCAT:
            TRY(do_concat(vm, *rb, *rc, ra));
            break;
        case OP_IN_FORCE:
            TRY(do_in_force(vm, INS_BX(word), ra));
            break;
        case OP_LOOKUP:
            TRY(do_lookup(vm, INS_BX(word), ra));
            vm->trap.fn = (uint32_t)(fn - b->fns);
            vm->trap.at = at;
            break;
        case OP_EMIT:
            TRY(vm->host->emit(vm->host->ctx, INS_BX(word), ra));
            break;
        case OP_OBLIGE:
            TRY(vm->host->oblige(vm->host->ctx, INS_BX(word), ra));
            break;
        case OP_ASK:
            TRY(vm->host->ask(vm->host->ctx, INS_BX(word), ra));
            break;
        case OP_ESCALATE:
            TRY(vm->host->escalate(vm->host->ctx, ra, INS_B(word)));
            break;
        case OP_NOTIFY:
            TRY(vm->host->notify(vm->host->ctx,
                                 &(VmNotice){.parties = ra,
                                             .n = INS_B(word),
                                             .text = INS_C(word) == 255 ? value_absent() : *rc}));
            break;
        case OP_NOTIFY_AS:
            TRY(vm->host->notify(
                vm->host->ctx,
                &(VmNotice){.parties = ra,
                            .n = INS_B(word),
                            .text = INS_C(word) == 255 ? value_absent() : *rc,
                            .stale = ra[INS_B(word)].i > 0 ? ra[INS_B(word)] : value_absent(),
                            .urgent = ra[INS_B(word) + 1].i != 0}));
            break;
        case OP_STOP:
            if (applies != NULL)
                *applies = false;
            if (watched && vm->watch->past_stops)
                break;
            return OK;
        case OP_RET:
            *results = ra;
            return OK;
        case OP_COUNT:
            UNREACHABLE();
        }
    }
}

static Status vm_run(Vm *vm, const FnDef *fn, const VmEvent *event, const Value *frame,
                     const Value *args, Value *regs, const Value **results, bool *applies) {
    return vm_loop(vm, fn, event, frame, args, regs, results, applies, false);
}

static Status vm_run_watched(Vm *vm, const FnDef *fn, const VmEvent *event, const Value *frame,
                             const Value *args, Value *regs, const Value **results, bool *applies) {
    return vm_loop(vm, fn, event, frame, args, regs, results, applies, true);
}

Status vm_call(Vm *vm, int32_t fn, const VmEvent *event, const Value *frame, const Value *args,
               const Value **results, bool *applies) {
    ASSERT(fn >= 0 && (uint32_t)fn < vm->b->fn_count);
    if (applies != NULL)
        *applies = true;
    *results = NULL;
    vm->trap.fn = (uint32_t)fn;
    vm->trap.table = -1;
    if (vm->depth == VM_DEPTH)
        return trap(vm, TRAP_TOO_DEEP, value_absent(), value_absent());
    if (vm->depth == 0)
        vm->most = vm->cost + LIMIT_COST; /* asked where one function calls another (do_lookup) */
    int64_t when = vm->when;
    if (event != NULL)
        vm->when = event->time;
    else if (vm->depth == 0) /* what it calls is computed at the same instant */
        vm->when = vm->at != NULL ? *vm->at : INT64_MIN;
    const FnDef *def = &vm->b->fns[fn];
    uint32_t outer = vm->local;
    if (vm->depth == 0 || def->local != 0) /* a table's row counts as what asked for it */
        vm->local = def->local != 0 ? def->local : def->home;
    Value *regs = vm->regs[vm->depth++];
    Status status = vm->watch == NULL
                        ? vm_run(vm, def, event, frame, args, regs, results, applies)
                        : vm_run_watched(vm, def, event, frame, args, regs, results, applies);
    vm->depth--;
    vm->local = outer;
    vm->when = when;
    return status;
}

Status vm_table(Vm *vm, uint32_t table, const int64_t *at, Value *regs) {
    ASSERT(vm->depth == 0 && table < vm->b->table_count);
    vm->trap.table = -1;
    vm->most = vm->cost + LIMIT_COST;
    vm->at = at;
    vm->when = *at;
    return do_lookup(vm, table, regs);
}

/* ---- traps in words */

typedef struct TrapRow {
    const char *code, *en, *zh;
} TrapRow;

static const TrapRow trap_rows[] = {
#define TRAP(code, name, en, zh) {#code, en, zh},
#include "engine/vm/trap.def"
};

Str trap_code(TrapCode code) {
    return str_of(trap_rows[code].code);
}

Str trap_text(TrapCode code, bool chinese) {
    return str_of(chinese ? trap_rows[code].zh : trap_rows[code].en);
}

static void put_trap_inputs(Buf *out, const Bundle *b, const Trap *trap, bool chinese) {
    ZoneCache zone = {.zone = bundle_zone(b)};
    if (trap->table >= 0) {
        const TableDef *t = &b->tables[trap->table];
        put_fmt(out, " (%.*s", STR_ARG(t->name));
        bool then = trap->code == TRAP_NOT_IN_FORCE;
        if (then) {
            put_text(out, S(", "));
            put_value_text(out, b, &zone, trap->values[0]);
        }
        if (then || trap->code == TRAP_WHICH_VERSION) {
            put_c(out, ')');
            return;
        }
        for (uint32_t i = 0; i < t->input_count && i < 2; i++) {
            put_fmt(out, ", %.*s = ", STR_ARG(t->inputs[i].name));
            put_value_text(out, b, &zone, trap->values[i]);
        }
        put_c(out, ')');
        return;
    }
    if (trap->values[0].kind == V_ABSENT)
        return;
    put_text(out, S(" ("));
    put_value_text(out, b, &zone, trap->values[0]);
    if (trap->values[1].kind != V_ABSENT) {
        put_text(out, chinese ? S(" 与 ") : S(" and "));
        put_value_text(out, b, &zone, trap->values[1]);
    }
    put_c(out, ')');
}

void put_trap_words(Buf *out, const Bundle *b, const Trap *trap, bool chinese) {
    put_text(out, trap_text(trap->code, chinese));
    if (trap->more.n > 0)
        put_fmt(out, ": %.*s", STR_ARG(trap->more));
    put_trap_inputs(out, b, trap, chinese);
}

void put_trap(Buf *out, const Bundle *b, const Trap *trap) {
    uint32_t line = b->lines[trap->at];
    put_trap_words(out, b, trap, false);
    if (trap->fn < b->fn_count)
        put_fmt(out, " in %.*s", STR_ARG(b->fns[trap->fn].name));
    put_fmt(out, " at %.*s:%u [%.*s]", STR_ARG(b->sources[line >> 20].name), line & 0xFFFFF,
            STR_ARG(trap_code(trap->code)));
}
