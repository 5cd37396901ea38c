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

/* The same as another version of the policy knows it; fields NULL: it lacks what that one needs. */
static Status record_for(Engine *e, uint32_t own, uint32_t event, const Changed *c, Value owner,
                         Flow *flow) {
    Value *fields;
    Flow mine = *flow;
    bool fits = true;
    TRY(record_fields(e, &e->b->events[own], c, owner, &fields));
    mine.event = own;
    mine.vm.fields = fields;
    TRY(flow_as(e, &mine, event, flow, &fits));
    if (!fits)
        flow->vm.fields = NULL;
    return OK;
}

static bool is_counted(const AggDef *agg, uint8_t state) {
    return state < DUTY_STATES && (agg->states >> state & 1) != 0;
}

/* own: the event that is the record of its declaration; event: a twin of it, perhaps. */
static Status change_measure(Engine *e, const Changed *c, uint32_t own, uint32_t event,
                             const Handler *h) {
    const AggDef *agg = &e->b->kpis[h->decl].aggs[h->act];
    Flow flow = {.event = event, .leaf = c->leaf};
    flow.vm.time = e->now;
    if (agg->states == 0) {
        if (c->is != DUTY_FULFILLED || c->was == DUTY_FULFILLED)
            return OK;
        flow.vm.time = c->ended;
        TRY(record_for(e, own, event, c, c->owner, &flow));
        return flow.vm.fields == NULL ? OK : kpi_sample(e, h->decl, h->act, &flow);
    }
    bool was = is_counted(agg, c->was), is = is_counted(agg, c->is);
    Flow before = flow;
    if (was) {
        TRY(record_for(e, own, event, c, c->owner_was, &before));
        was = before.vm.fields != NULL;
    }
    if (is) {
        TRY(record_for(e, own, event, c, c->owner, &flow));
        is = flow.vm.fields != NULL;
    }
    return kpi_gauge(e, h->decl, h->act, was ? &before : NULL, is ? &flow : NULL);
}

static Status measure_in(Engine *e, const Changed *c, uint32_t own, uint32_t event) {
    const Handlers *handlers = &e->handlers[event];
    for (uint32_t k = 0; k < handlers->n; k++)
        if (handlers->at[k].kind == HANDLE_SAMPLE)
            TRY(change_measure(e, c, own, event, &handlers->at[k]));
    return OK;
}

Status changes_take(Engine *e) {
    for (size_t i = 0; i < e->changed.n; i++) {
        Changed c = e->changed.at[i];
        for (uint32_t event = ENGINE_EVENTS; event < e->b->event_count; event++) {
            if (e->b->events[event].duty != (int32_t)c.decl)
                continue;
            TRY(measure_in(e, &c, event, event));
            for (uint32_t k = 0; k < e->b->events[event].twin_count; k++)
                if (e->b->events[e->b->events[event].twins[k]].duty != (int32_t)c.decl)
                    TRY(measure_in(e, &c, event, e->b->events[event].twins[k]));
        }
    }
    e->changed.n = 0;
    return OK;
}

/* The record of an entity as one version has it; NULL stays NULL. */
static Status record_of_entity(Engine *e, uint32_t entity, const EventDef *record,
                               const Value *held, const Value **out, bool *fits) {
    const EntityDef *from = &e->b->entities[entity];
    Value *fields;
    *out = held;
    *fits = true;
    if (held == NULL || record->entity == (int32_t)entity)
        return OK;
    TRY(fields_as(e, from->fields, from->field_count, held, record->fields, record->field_count,
                  &fields, fits));
    *out = *fits ? fields : NULL;
    return OK;
}

static Status entity_measure_in(Engine *e, uint32_t entity, uint32_t event, const Value *was,
                                const Value *is) {
    const Handlers *handlers = &e->handlers[event];
    Flow before = {.event = event}, after = before;
    bool fits;
    before.vm.time = after.vm.time = e->now;
    TRY(record_of_entity(e, entity, &e->b->events[event], was, &before.vm.fields, &fits));
    TRY(record_of_entity(e, entity, &e->b->events[event], is, &after.vm.fields, &fits));
    for (uint32_t i = 0; i < handlers->n; i++)
        TRY(kpi_gauge(e, handlers->at[i].decl, handlers->at[i].act,
                      before.vm.fields == NULL ? NULL : &before,
                      after.vm.fields == NULL ? NULL : &after));
    return OK;
}

Status entity_measure(Engine *e, uint32_t entity, const Value *was, const Value *is) {
    uint32_t base = e->b->entities[entity].base;
    for (uint32_t i = 0; i < e->b->entity_count; i++)
        if (e->b->entities[i].base == base && e->entity_records[i] != 0)
            TRY(entity_measure_in(e, entity, e->entity_records[i], was, is));
    return OK;
}

Status duty_measured_as(Engine *e, const Duty *was, Duty *is) {
    if (!e->measures_duties || was->counted == STATE_BEFORE_NONE)
        return OK;
    Changed out = {.decl = was->decl,
                   .was = was->counted,
                   .is = STATE_BEFORE_NONE,
                   .owner_was = was->counted_owner,
                   .owner = was->counted_owner,
                   .frame = was->frame,
                   .raised = was->terms.raised,
                   .leaf = was->leaf};
    is->counted = STATE_BEFORE_NONE;
    return vec_push(&e->changed, out) ? OK : ERR_NOMEM;
}

/* ---- measures that begin when there is something to count */

Status duty_count_now(Engine *e, const Duty *d, uint32_t kpi) {
    const KpiDef *k = &e->b->kpis[kpi];
    for (uint32_t i = 0; i < k->agg_count; i++) {
        const EventDef *record = &e->b->events[k->aggs[i].event];
        bool its = record->duty == (int32_t)d->decl;
        uint32_t own = k->aggs[i].event;
        for (uint32_t n = 0; n < record->twin_count && !its; n++) {
            own = record->twins[n];
            its = e->b->events[own].duty == (int32_t)d->decl;
        }
        if (!its || !is_counted(&k->aggs[i], duty_state(d)))
            continue;
        Changed c = {.decl = d->decl, .frame = d->frame, .owner = d->owner};
        Flow flow = {.event = k->aggs[i].event, .leaf = d->leaf};
        flow.vm.time = e->now;
        TRY(record_for(e, own, k->aggs[i].event, &c, d->owner, &flow));
        if (flow.vm.fields != NULL)
            TRY(kpi_gauge(e, kpi, i, NULL, &flow));
    }
    return OK;
}

static Status entities_count(Engine *e, uint32_t kpi, uint32_t agg, uint32_t entity) {
    VmCursor cursor = {0};
    uint32_t event = e->b->kpis[kpi].aggs[agg].event;
    for (;;) {
        ArenaMark mark = arena_mark(&e->event);
        Value *fields = new (&e->event, Value, e->b->entities[entity].field_count + 1);
        bool found;
        if (fields == NULL)
            return ERR_NOMEM;
        TRY(entity_next(e, entity, -1, value_absent(), &cursor, fields, &found));
        if (!found)
            return OK;
        Flow flow = {.event = event};
        flow.vm.time = e->now;
        flow.vm.fields = fields;
        TRY(kpi_gauge(e, kpi, agg, NULL, &flow));
        arena_back(&e->event, mark);
    }
}

Status entities_count_now(Engine *e, uint32_t kpi) {
    const KpiDef *k = &e->b->kpis[kpi];
    for (uint32_t i = 0; i < k->agg_count; i++) {
        int32_t entity = e->b->events[k->aggs[i].event].entity;
        if (entity >= 0)
            TRY(entities_count(e, kpi, i, (uint32_t)entity));
    }
    return OK;
}
