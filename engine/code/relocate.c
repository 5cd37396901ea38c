/* code: other numbers for the parts of a bundle. Each relocate_x goes over what put_x puts. */
#include "engine/code/relocate.h"

#include "engine/code/verify.h"

static void one(const Relocation *r, Part part, uint32_t *n) {
    *n = r->to[part][*n];
}

static void one_or_none(const Relocation *r, Part part, int32_t *n) {
    if (*n >= 0)
        *n = (int32_t)r->to[part][*n];
}

/* The event of what has these functions, -1 for none; their numbers are still the old ones. */
static uint32_t event_of(const Relocation *r, uint32_t event, const int32_t *fns, uint32_t n) {
    bool older = r->older[event] >= 0;
    for (uint32_t i = 0; i < n; i++)
        older = older && (fns[i] < 0 || r->over_older[fns[i]]);
    return older ? (uint32_t)r->older[event] : r->to[PART_EVENT][event];
}

static void file_of(const Relocation *r, uint32_t *file) {
    one(r, PART_SOURCE, file);
}

void relocate_type(const Relocation *r, TypeDef *t) {
    uint8_t kind = t->kind == V_LIST ? t->item : t->kind;
    if (kind == V_ENUM)
        one(r, PART_ENUM, &t->members);
    else if (kind == V_RECORD)
        one(r, PART_RECORD, &t->members);
}

void relocate_value(const Relocation *r, Value *v) {
    if (v->kind == V_ENUM)
        one(r, PART_ENUM, &v->n);
    else if (v->kind == V_PARTY && v->aux == 0)
        v->i = r->to[PART_PARTY][v->i];
    else if (v->kind == V_RECORD)
        v->aux = (uint16_t)r->to[PART_RECORD][v->aux];
    for (uint32_t i = 0; value_holds_more(*v) && i < v->n; i++)
        relocate_value(r, (Value *)(uintptr_t)&v->items[i]);
}

void relocate_local(const Relocation *r, uint32_t *local) {
    *local = *local == 0 ? r->home : r->to[PART_LOCAL][*local - 1] + 1;
}

/* Where 0 is not the policy's own, but that of somebody else. */
static void local_said(const Relocation *r, uint32_t *local) {
    if (*local != 0)
        relocate_local(r, local);
}

void relocate_field(const Relocation *r, FieldDef *f) {
    relocate_type(r, &f->type);
    if (f->has_preset)
        relocate_value(r, &f->preset);
}

static void fields(const Relocation *r, FieldDef *list, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        relocate_field(r, &list[i]);
}

void relocate_party(const Relocation *r, PartyDef *p) {
    for (uint32_t i = 0; i < p->span_count; i++)
        one_or_none(r, PART_PARTY, &p->spans[i].under);
    one_or_none(r, PART_PARTY, &p->team);
    one_or_none(r, PART_PARTY, &p->votes);
    if (p->kind == PARTY_ROTATION_DEF) /* who is on call is asked for by hours of work, too */
        relocate_local(r, &p->local);
    else
        local_said(r, &p->local);
}

void relocate_record(const Relocation *r, RecordDef *d) {
    fields(r, d->fields, d->field_count);
}

/* In order again: they are few. */
static void sort(uint32_t *list, uint32_t n) {
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = i; k > 0 && list[k - 1] > list[k]; k--) {
            uint32_t t = list[k];
            list[k] = list[k - 1];
            list[k - 1] = t;
        }
}

void relocate_event(const Relocation *r, EventDef *e) {
    fields(r, e->fields, e->field_count);
    one_or_none(r, PART_DUTY, &e->duty);
    one_or_none(r, PART_ENTITY, &e->entity);
    if (e->told < 0)
        return;
    DeclKind kind = told_of((ToldRow)e->told);
    Part part = kind == DECL_DUTY ? PART_DUTY : kind == DECL_APPROVAL ? PART_APPROVAL : PART_KPI;
    for (uint32_t i = 0; i < e->of_count; i++)
        one(r, part, &e->of[i]);
    sort(e->of, e->of_count);
}

void relocate_entity(const Relocation *r, EntityDef *e) {
    fields(r, e->fields, e->field_count);
    file_of(r, &e->file);
}

/* Its event goes with its code. */
void relocate_fn(const Relocation *r, FnDef *f) {
    static const Part parts[DECL_KINDS] = {PART_DUTY, PART_RULE, PART_APPROVAL, PART_KPI};
    one_or_none(r, parts[f->of], &f->owner);
    local_said(r, &f->local);
    f->home = f->local == 0 ? r->home : 0;
}

static uint32_t number_of(const void *ctx, Part part, uint32_t n) {
    const Relocation *r = ctx;
    return part == PARTS ? r->picked[n] : r->to[part][n];
}

bool relocate_code(const Relocation *r, uint32_t *words, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (!instruction_map(&words[i], number_of, r))
            return false;
    return true;
}

uint32_t relocate_line(const Relocation *r, uint32_t line) {
    return r->to[PART_SOURCE][line >> 20] << 20 | (line & 0xFFFFF);
}

void relocate_loop(const Relocation *r, LoopDef *l) {
    one_or_none(r, PART_ENTITY, &l->entity);
    relocate_value(r, &l->nothing);
}

static void cell(const Relocation *r, Cell *c) {
    for (uint32_t i = 0; i < c->test_count; i++) {
        CellTest *t = (CellTest *)(uintptr_t)&c->tests[i];
        if (t->has_lo)
            relocate_value(r, &t->lo);
        if (t->has_hi)
            relocate_value(r, &t->hi);
    }
}

void relocate_table(const Relocation *r, TableDef *t) {
    fields(r, t->inputs, t->input_count);
    fields(r, t->outputs, t->output_count);
    file_of(r, &t->file);
    for (uint32_t row = 0; row < t->row_count; row++) {
        one_or_none(r, PART_FN, &t->row_fns[row]);
        for (uint32_t i = 0; i < t->input_count; i++)
            cell(r, &t->cells[(size_t)row * t->input_count + i]);
        for (uint32_t i = 0; i < t->output_count && t->row_fns[row] < 0; i++)
            relocate_value(r, &t->results[(size_t)row * t->output_count + i]);
    }
}

static void act(const Relocation *r, ActDef *a) {
    bool field = a->field >= 0; /* what it adds up goes by its number */
    a->event = field ? r->to[PART_EVENT][a->event]
                     : event_of(r, a->event, (int32_t[]){a->link_fn, a->test_fn}, 2);
    one_or_none(r, PART_FN, &a->link_fn);
    one_or_none(r, PART_FN, &a->test_fn);
    file_of(r, &a->file);
}

/* Only working days ask for a calendar: the zone is the same in all versions. */
static void schedule(const Relocation *r, ScheduleDef *s) {
    bool works = s->kind == SCHEDULE_WORKING_DAY ||
                 (s->kind == SCHEDULE_MONTH && s->what == MONTHLY_WORKING_DAY);
    if (works)
        relocate_local(r, &s->local);
    else if (s->kind != SCHEDULE_NONE)
        local_said(r, &s->local);
}

static void reactions(const Relocation *r, ReactionDef *list, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        one_or_none(r, PART_FN, &list[i].fn);
}

void relocate_duty(const Relocation *r, DutyDef *d) {
    if (d->event >= 0)
        d->event = (int32_t)event_of(r, (uint32_t)d->event, &d->raise_fn, 1);
    schedule(r, &d->schedule);
    one_or_none(r, PART_FN, &d->each_fn);
    local_said(r, &d->local);
    one_or_none(r, PART_FN, &d->silent_fn);
    one_or_none(r, PART_FN, &d->group_fn);
    fields(r, d->params, d->param_count);
    one_or_none(r, PART_FN, &d->raise_fn);
    for (uint32_t i = 0; i < d->act_count; i++)
        act(r, &d->acts[i]);
    for (uint32_t i = 0; i < d->rung_count; i++) {
        one_or_none(r, PART_FN, &d->rungs[i].to_fn);
        file_of(r, &d->rungs[i].file);
    }
    reactions(r, d->reactions, d->reaction_count);
    for (uint32_t i = 0; i < d->move_count; i++) {
        one(r, PART_PARTY, &d->moves[i].from);
        one(r, PART_PARTY, &d->moves[i].to);
        file_of(r, &d->moves[i].file);
    }
    d->home = d->local == 0 ? r->home : 0;
    file_of(r, &d->file);
}

void relocate_approval(const Relocation *r, ApprovalDef *d) {
    if (d->event >= 0)
        d->event = (int32_t)event_of(r, (uint32_t)d->event, &d->raise_fn, 1);
    relocate_local(r, &d->local);
    fields(r, d->params, d->param_count);
    for (uint32_t i = 0; i < d->stage_count; i++)
        file_of(r, &d->stages[i].file);
    for (uint32_t i = 0; i < d->seat_count; i++)
        file_of(r, &d->seats[i].file);
    one_or_none(r, PART_FN, &d->raise_fn);
    for (uint32_t i = 0; i < d->act_count; i++)
        act(r, &d->acts[i]);
    reactions(r, d->reactions, d->reaction_count);
    file_of(r, &d->file);
}

void relocate_rule(const Relocation *r, RuleDef *u) {
    if (u->event >= 0)
        u->event = (int32_t)event_of(r, (uint32_t)u->event, &u->fn, 1);
    schedule(r, &u->schedule);
    one_or_none(r, PART_FN, &u->fn);
    file_of(r, &u->file);
}

static void bound(const Relocation *r, BoundDef *g) {
    one_or_none(r, PART_FN, &g->fn);
    relocate_value(r, &g->value);
}

void relocate_kpi(const Relocation *r, KpiDef *k) {
    fields(r, k->by, k->by_count);
    for (uint32_t i = 0; i < k->agg_count; i++) {
        k->aggs[i].event = event_of(r, k->aggs[i].event, &k->aggs[i].fn, 1);
        one_or_none(r, PART_FN, &k->aggs[i].fn);
    }
    for (uint32_t i = 0; i < k->level_count; i++) {
        bound(r, &k->levels[i].raise);
        if (k->levels[i].has_clear)
            bound(r, &k->levels[i].clear);
        file_of(r, &k->levels[i].file);
    }
    for (uint32_t i = 0; i < k->reaction_count; i++) {
        one_or_none(r, PART_FN, &k->reactions[i].fn);
        file_of(r, &k->reactions[i].file);
    }
    local_said(r, &k->local); /* its windows ask for a zone alone */
    file_of(r, &k->file);
}

void relocate_feed(const Relocation *r, FeedDef *f) {
    relocate_local(r, &f->local);
    for (uint32_t i = 0; i < f->column_count; i++) {
        relocate_field(r, &f->columns[i].field);
        for (uint32_t k = 0; k < f->columns[i].reading_count; k++)
            relocate_value(r, &f->columns[i].readings[k].value);
    }
    one_or_none(r, PART_FN, &f->only_fn);
    for (uint32_t i = 0; i < f->fed_count; i++) {
        one(r, PART_EVENT, &f->fed[i].event);
        one_or_none(r, PART_FN, &f->fed[i].when_fn);
        one_or_none(r, PART_FN, &f->fed[i].fn);
        file_of(r, &f->fed[i].file);
    }
}

void relocate_rotation(const Relocation *r, RotationDef *d) {
    one(r, PART_PARTY, &d->party);
    for (uint32_t i = 0; i < d->layer_count; i++) {
        LayerDef *l = &d->layers[i];
        schedule(r, &l->handover);
        for (uint32_t k = 0; k < l->place_count; k++)
            one(r, PART_PARTY, &l->places[k].party);
        file_of(r, &l->file);
    }
}

void relocate_deputy(const Relocation *r, DeputyDef *d) {
    one(r, PART_PARTY, &d->of);
    one(r, PART_PARTY, &d->by);
    file_of(r, &d->file);
}

void relocate_power(const Relocation *r, PowerDef *p) {
    Part of = p->verb == POWER_TO_SWAP ? PART_PARTY : p->approval ? PART_APPROVAL : PART_DUTY;
    one(r, of, &p->of);
    for (uint32_t i = 0; i < p->party_count; i++)
        one(r, PART_PARTY, &p->parties[i]);
    file_of(r, &p->file);
}
