/* run: what KPIs measure of duties: how long those took that were fulfilled, as samples, and how
 * many are in some states now. A duty is noted when its record is written, and measured when the
 * event or timer that changed it is done, so that conditions see what was before. And what they
 * measure of entities, when a change of one is carried out: that one is taken out as it was and put
 * in as it is, so a change costs the same however many there are. */
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/run/engine_int.h"

/* How long it was active, pauses apart: in real time, and in working time where there is a
 * calendar. */
static Status duty_took(const Duty *d, Changed *out) {
    const Calendar *calendar = d->terms.calendar;
    out->ended = d->fold.end_at;
    out->late = d->fold.late;
    TRY(fold_active(NULL, &d->fold, d->terms.raised, out->ended, &out->elapsed));
    return calendar == NULL
               ? OK
               : fold_active(calendar, &d->fold, d->terms.raised, out->ended, &out->worked);
}

Status duty_changed(Engine *e, Duty *d) {
    uint8_t is = duty_state(d);
    if (!e->measures_duties || (is == d->counted && value_eq(d->owner, d->counted_owner)))
        return OK;
    Changed c = {.decl = d->decl,
                 .was = d->counted,
                 .is = is,
                 .owner_was = d->counted_owner,
                 .owner = d->owner,
                 .frame = d->frame,
                 .raised = d->terms.raised,
                 .leaf = d->said_count > 0 ? d->said[d->said_count - 1] : d->leaf};
    if (is == DUTY_FULFILLED)
        TRY(engine_time_trap(e, duty_took(d, &c)));
    d->counted = is;
    d->counted_owner = d->owner;
    return vec_push(&e->changed, c) ? OK : ERR_NOMEM;
}

/* The record of a duty as the fields of an event. */
static Status record_fields(Engine *e, const EventDef *record, const Changed *c, Value owner,
                            Value **out) {
    const Value own[] = {[RECORD_HAS_OWNER] = owner,
                         [RECORD_HAS_LATE] = value_flag(c->late),
                         [RECORD_HAS_ELAPSED] = value_duration(FAMILY_ELAPSED, c->elapsed),
                         [RECORD_HAS_WORKED] = value_duration(FAMILY_WORKING, c->worked)};
    Value *fields = new (&e->event, Value, record->field_count + 1);
    if (fields == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < record->field_count; i++)
        fields[i] = record->from[i] == FROM_OWN       ? own[i]
                    : record->from[i] == FROM_NOTHING ? value_absent()
                                                      : c->frame[record->from[i] - FROM_FRAME];
    *out = fields;
    return OK;
}

static bool is_counted(const AggDef *agg, uint8_t state) {
    return state < DUTY_STATES && (agg->states >> state & 1) != 0;
}

static Status change_measure(Engine *e, const Changed *c, uint32_t event, const Handler *h) {
    const AggDef *agg = &e->b->kpis[h->decl].aggs[h->act];
    Flow flow = {.event = event, .leaf = c->leaf};
    Value *fields;
    flow.vm.time = e->now;
    if (agg->states == 0) {
        if (c->is != DUTY_FULFILLED || c->was == DUTY_FULFILLED)
            return OK;
        flow.vm.time = c->ended;
        TRY(record_fields(e, &e->b->events[event], c, c->owner, &fields));
        flow.vm.fields = fields;
        return kpi_sample(e, h->decl, h->act, &flow);
    }
    bool was = is_counted(agg, c->was), is = is_counted(agg, c->is);
    Flow before = flow;
    if (was) {
        TRY(record_fields(e, &e->b->events[event], c, c->owner_was, &fields));
        before.vm.fields = fields;
    }
    if (is) {
        TRY(record_fields(e, &e->b->events[event], c, c->owner, &fields));
        flow.vm.fields = fields;
    }
    return kpi_gauge(e, h->decl, h->act, was ? &before : NULL, is ? &flow : NULL);
}

Status changes_take(Engine *e) {
    for (size_t i = 0; i < e->changed.n; i++) {
        Changed c = e->changed.at[i];
        for (uint32_t event = ENGINE_EVENTS; event < e->b->event_count; event++) {
            if (e->b->events[event].duty != (int32_t)c.decl)
                continue;
            const Handlers *handlers = &e->handlers[event];
            for (uint32_t k = 0; k < handlers->n; k++)
                if (handlers->at[k].kind == HANDLE_SAMPLE)
                    TRY(change_measure(e, &c, event, &handlers->at[k]));
        }
    }
    e->changed.n = 0;
    return OK;
}

Status entity_measure(Engine *e, uint32_t entity, const Value *was, const Value *is) {
    if (e->entity_records[entity] == 0)
        return OK;
    const Handlers *handlers = &e->handlers[e->entity_records[entity]];
    Flow before = {.event = e->entity_records[entity]}, after = before;
    before.vm.time = after.vm.time = e->now;
    before.vm.fields = was;
    after.vm.fields = is;
    for (uint32_t i = 0; i < handlers->n; i++)
        TRY(kpi_gauge(e, handlers->at[i].decl, handlers->at[i].act, was == NULL ? NULL : &before,
                      is == NULL ? NULL : &after));
    return OK;
}
