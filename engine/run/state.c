/* run: the state of declarations, for conditions. Rules of one event read the state before it
 * (semantics.md 19): what the event at hand has changed already is kept aside as it was. */
#include "engine/base/check.h"
#include "engine/run/live.h"

Status state_before(Engine *e, uint64_t number, uint8_t was) {
    if (!e->b->asks_state)
        return OK;
    for (size_t i = 0; i < e->befores.n; i++)
        if (e->befores.at[i].number == number)
            return OK;
    return vec_push(&e->befores, ((Before){number, was})) ? OK : ERR_NOMEM;
}

static bool was_state(const Engine *e, uint64_t number, uint8_t now, int64_t state) {
    for (size_t i = 0; i < e->befores.n; i++)
        if (e->befores.at[i].number == number)
            return e->befores.at[i].state == state;
    return now == state;
}

static Status duty_is(Engine *e, uint32_t decl, int64_t state, const Str *key, uint32_t n,
                      bool *is) {
    uint64_t number;
    bool found;
    TRY(duty_find_key(e, decl, key, n, e->clock, &number, &found));
    if (!found)
        return OK;
    Duty d;
    TRY(duty_load(e, number, &d));
    *is = was_state(e, number, duty_state(&d), state);
    return OK;
}

static Status approval_is(Engine *e, uint32_t decl, int64_t state, const Str *key, uint32_t n,
                          bool *is) {
    uint64_t number;
    bool found;
    TRY(approval_find_key(e, decl, key, n, e->clock, &number, &found));
    if (!found)
        return OK;
    Approval a;
    TRY(approval_load(e, number, &a));
    *is = was_state(e, number, (uint8_t)a.state, state);
    return OK;
}

/* Levels are judged after the events of an instant, so none of them changes one. */
static Status kpi_is(Engine *e, uint32_t decl, int64_t state, const Value *group, bool *is) {
    const KpiDef *def = &e->b->kpis[decl];
    Live *v;
    bool raised = false;
    TRY(live_find(e, decl, group, &v));
    for (uint32_t i = 0; v != NULL && i < def->level_count; i++)
        if (v->s.levels[i].raised && (state == KPI_CLEARED || def->levels[i].level == state))
            raised = true;
    *is = state == KPI_CLEARED ? !raised : raised;
    return OK;
}

Status state_answer(void *ctx, DeclDef decl, int64_t state, const Value *key, uint32_t n,
                    bool *is) {
    Engine *e = ctx;
    *is = false;
    if (decl.kind == DECL_KPI)
        return kpi_is(e, decl.number, state, key, is);
    Str *texts;
    TRY(key_texts(e, key, n, &texts));
    return decl.kind == DECL_DUTY ? duty_is(e, decl.number, state, texts, n, is)
                                  : approval_is(e, decl.number, state, texts, n, is);
}

/* ---- measures */

/* Whether nothing leaves or enters a series' window up to an instant, as far as is known without
 * looking at its samples. */
static bool holds_still(const Live *v, int64_t at) {
    if (v->s.timer_at > at)
        return true;
    if (v->s.def->window != WINDOW_IS_SLIDING || !v->has_pane)
        return false;
    if (v->pane == INSTANT_NEVER || v->pane - pane_width(v->s.def) >= at)
        return true;
    return v->has_front && v->front_at < v->front.n && v->front.at[v->front_at].leaves > at;
}

/* What a series measures now; it stays as it is. */
static Status measure_now(Engine *e, const Live *v, Measure *out) {
    Series s = v->s;
    if (holds_still(v, e->instant)) {
        TRY(series_measure(e->l, &s, e->instant, &e->key, out));
        return series_compare(e->l, &s, e->instant, &e->key, out);
    }
    return series_at(e->l, &s, e->instant, &e->event, &e->key, out);
}

/* A number without a unit as a decimal: both sides of a quotient are. */
static Value quotient_part(Value v) {
    if (v.kind == V_INT)
        return value_dec(V_DEC, dec_of_i64(v.i));
    return v.kind == V_PERCENT ? value_dec(V_DEC, value_to_dec(v)) : v;
}

Status measure_answer(void *ctx, uint32_t kpi, const Value *group, Value out[2]) {
    Engine *e = ctx;
    const KpiDef *def = &e->b->kpis[kpi];
    Value *kept = new (&e->event, Value, def->by_count + 1); /* it stands in registers */
    Live *v;
    Measure m;
    if (kept == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < def->by_count; i++)
        kept[i] = group[i];
    TRY(live_find(e, kpi, kept, &v));
    if (v == NULL)
        return OK;
    Status status = measure_now(e, v, &m);
    if (status != OK)
        return status == ERR_OVERFLOW || status == ERR_INEXACT || status == ERR_NOMEM
                   ? status
                   : engine_fail(e, status, "measuring a series");
    if (m.absent || m.samples < def->samples) {
        out[0] = value_absent();
        return OK;
    }
    out[0] = m.ratio ? quotient_part(m.num) : m.num;
    if (m.ratio)
        out[1] = quotient_part(m.den);
    return OK;
}
