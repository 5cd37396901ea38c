/* audit: why: the tables and functions that were asked when something arose, what they saw and
 * gave. What a function gave is not kept: it is computed again from what it saw, unless it asks for
 * the state. */
#include "engine/audit/why_int.h"

#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/limits.h"
#include "engine/vm/vm.h"

static int32_t day_of(Why *w, int64_t at) {
    return local_day(zone_cache_local(&w->r->render.zone, at));
}

static Str date_text(Why *w, int64_t at) {
    size_t from = w->out->n;
    put_date(w->out, day_of(w, at));
    return why_cut(w, from);
}

/* "from 2026-07-01 until 2026-12-31": of what applies for a time; empty: it always does. */
static Str dated_text(Why *w, const DatedDef *d) {
    Str until = d->until != INT64_MAX ? date_text(w, d->until - 1) : S("");
    if (d->from == INT64_MIN)
        return until.n == 0 ? until : why_said(w, SAY_DATED_UNTIL, (Args){{until}});
    return why_said(w, SAY_DATED, (Args){{date_text(w, d->from), until}});
}

/* ---- what a function gives */

static Status asks_state(void *ctx, DeclDef decl, int64_t state, const Value *key, uint32_t n,
                         bool *is) {
    (void)ctx, (void)decl, (void)state, (void)key, (void)n, (void)is;
    return ERR_TRAP;
}

static Status asks_measure(void *ctx, uint32_t kpi, const Value *group, Value out[2]) {
    (void)ctx, (void)kpi, (void)group, (void)out;
    return ERR_TRAP;
}

static Status asks_entity(void *ctx, uint32_t entity, const Value *key, Value *fields,
                          bool *found) {
    (void)ctx, (void)entity, (void)key, (void)fields, (void)found;
    return ERR_TRAP;
}

static Status asks_next(void *ctx, uint32_t entity, int32_t index, Value sought, VmCursor *cursor,
                        Value *fields, bool *found) {
    (void)ctx, (void)entity, (void)index, (void)sought, (void)cursor, (void)fields, (void)found;
    return ERR_TRAP;
}

static Status asks_members(void *ctx, Value party, Value *list) {
    (void)ctx, (void)party, (void)list;
    return ERR_TRAP;
}

static Status asks_superior(void *ctx, Value person, Value *out) {
    (void)ctx, (void)person, (void)out;
    return ERR_TRAP;
}

/* The state is that of now, and not of then: who asks for it is told nothing. */
static const VmHost no_state = {.state = asks_state,
                                .measure = asks_measure,
                                .get = asks_entity,
                                .next = asks_next,
                                .members = asks_members,
                                .superior = asks_superior};

/* What the row gave, as if what arose under `local` at `at` had asked it; NULL: nobody knows. */
static const Value *given(Why *w, const Trace *trace, uint32_t local, int64_t at) {
    const TableDef *t = &w->r->b->tables[trace->table];
    const Value *results = &t->results[(size_t)trace->row * t->output_count];
    if (t->row_fns[trace->row] < 0)
        return results;
    Vm *vm = new (&w->arena, Vm, 1);
    if (vm == NULL || trace->input_count < t->input_count)
        return NULL;
    vm_init(vm, w->r->b, &w->arena, &no_state);
    vm->depth = 1; /* below the function that asks */
    vm->local = local;
    vm->when = at;
    vm->most = LIMIT_COST;
    if (vm_call(vm, t->row_fns[trace->row], NULL, NULL, trace->inputs, &results, NULL) != OK)
        return NULL;
    Value *kept = new (&w->arena, Value, t->output_count + 1);
    if (kept != NULL)
        memcpy(kept, results, t->output_count * sizeof *kept);
    return kept;
}

/* ---- in words */

static bool same_trace(const Trace *a, const Trace *b) {
    bool same = a->table == b->table && a->row == b->row && a->input_count == b->input_count;
    for (uint32_t i = 0; same && i < a->input_count; i++)
        same = value_eq(a->inputs[i], b->inputs[i]);
    return same;
}

static void put_named(Why *w, Str name, Value v, bool first) {
    Str value = why_value(w, v);
    put_text(w->out, first ? S("") : why_word(w, SAY_COMMA));
    put_fmt(w->out, "%s%.*s = ", first ? " " : "", STR_ARG(name));
    put_text(w->out, value);
}

static void put_gave(Why *w, const TableDef *t, const Value *gave, bool function) {
    why_say_word(w, SAY_GAVE);
    for (uint32_t o = 0; o < t->output_count; o++) {
        if (!function || t->output_count > 1) {
            put_named(w, t->outputs[o].name, gave[o], o == 0);
            continue;
        }
        Str value = why_value(w, gave[o]);
        put_c(w->out, ' ');
        put_text(w->out, value);
    }
    put_c(w->out, '\n');
}

static void put_trace(Why *w, const Trace *trace, uint32_t times, uint32_t local, int64_t at) {
    const TableDef *t = &w->r->b->tables[trace->table];
    uint32_t line = t->lines[trace->row];
    Str dated = dated_text(w, &t->dated), place = why_place(w, t->file, line),
        source = why_source(w, t->file, line), asked = times > 1 ? why_number(w, times) : S("");
    if (t->function)
        why_say(w, SAY_ASKED_FUNCTION, (Args){{t->name, dated, place, asked, source}});
    else
        why_say(w, SAY_ASKED_TABLE,
                (Args){{t->name, dated, why_number(w, trace->row + 1), why_number(w, t->row_count),
                        place, asked, source}});
    for (uint32_t i = 0; i < trace->input_count && i < t->input_count; i++)
        put_named(w, t->inputs[i].name, trace->inputs[i], i == 0);
    put_c(w->out, '\n');
    const Value *gave = given(w, trace, local, at);
    if (gave != NULL)
        put_gave(w, t, gave, t->function);
}

void why_traces(Why *w, const Effect *e, uint32_t local) {
    for (uint32_t i = 0; i < e->trace_count; i++) {
        const Trace *trace = &e->traces[i];
        uint32_t before = 0, times = 1;
        if (trace->table >= w->r->b->table_count ||
            trace->row >= w->r->b->tables[trace->table].row_count)
            continue;
        while (before < i && !same_trace(&e->traces[before], trace))
            before++;
        for (uint32_t k = i + 1; k < e->trace_count; k++)
            times += same_trace(&e->traces[k], trace);
        if (before == i)
            put_trace(w, trace, times, local, e->time);
    }
}
