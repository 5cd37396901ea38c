/* run: timers: in the order of their instants, then of what came into being first, then of the
 * rungs. Only the next timer of each owner stands in the ledger; its record knows the rest. */
#include "engine/base/check.h"
#include "engine/base/civil.h"
#include "engine/base/limits.h"
#include "engine/run/gather.h"

enum { TIMER_KEY = 18 }; /* instant, creation number, rung */

Status timer_key(Engine *e, int64_t at, uint64_t number, uint32_t rung) {
    buf_reset(&e->key);
    put_key_i64(&e->key, at);
    put_key_u64(&e->key, number);
    put_u8(&e->key, (uint8_t)(rung >> 8));
    put_u8(&e->key, (uint8_t)rung);
    return buf_status(&e->key);
}

Status timer_set(Engine *e, uint64_t number, int64_t *at, uint32_t *rung, int64_t new_at,
                 uint32_t new_rung) {
    if (*at == new_at && (*rung == new_rung || new_at == INSTANT_NEVER))
        return OK;
    Status status = OK;
    if (*at != INSTANT_NEVER) {
        TRY(timer_key(e, *at, number, *rung));
        status = led_del(e->l, LED_TIMER, buf_str(&e->key));
    }
    if (status == OK && new_at != INSTANT_NEVER) {
        TRY(timer_key(e, new_at, number, new_rung));
        status = led_put(e->l, LED_TIMER, buf_str(&e->key), S(""));
        if (new_at < e->first_timer)
            e->first_timer = new_at;
    }
    *at = new_at;
    *rung = new_rung;
    return status == OK ? OK : engine_fail(e, status, "writing a timer");
}

/* At one instant the breach is first, then rungs in the policy's order. */
Status duty_next(const Duty *d, bool left, int64_t *at, uint32_t *rung) {
    *at = INSTANT_NEVER;
    *rung = 0;
    if (d->fold.ended) {
        Status status = renewal_at(d, at);
        bool no = left && (status == ERR_OVERFLOW || status == ERR_LIMIT || status == ERR_STATE);
        *rung = RENEWAL_RUNG;
        *at = no ? INSTANT_NEVER : *at;
        return no ? OK : status;
    }
    if ((!d->breached || d->def->forbids) && d->fold.due != INSTANT_NEVER)
        *at = d->fold.due > d->terms.begins ? d->fold.due : d->terms.begins;
    for (uint32_t i = 0; i < d->def->rung_count; i++) {
        int64_t when;
        uint32_t which;
        Status status = duty_rung(d, i, &which, &when);
        if (left && (status == ERR_OVERFLOW || status == ERR_LIMIT || status == ERR_STATE))
            continue;
        TRY(status);
        if (when < *at) {
            *at = when;
            *rung = i + 1;
        }
    }
    return OK;
}

Status duty_plan(Engine *e, Duty *d) {
    int64_t at;
    uint32_t rung;
    TRY(engine_time_trap(e, duty_next(d, false, &at, &rung)));
    return timer_set(e, d->number, &d->timer_at, &d->timer_rung, at, rung);
}

Status duty_plan_left(Engine *e, Duty *d) {
    int64_t at;
    uint32_t rung;
    TRY(duty_next(d, true, &at, &rung));
    return timer_set(e, d->number, &d->timer_at, &d->timer_rung, at, rung);
}

/* ---- firing */

/* Takes back what was begun, and says why it could not go on. */
static Status trap_undone(Engine *e, Str *message) {
    engine_undo(e);
    e->queue.n = 0;
    Buf text = {0};
    put_trap(&text, e->b, &e->vm.trap);
    Status status = text.failed ? ERR_NOMEM : arena_str(&e->event, buf_str(&text), message);
    buf_free(&text);
    return status;
}

/* A timer whose reaction cannot be carried out is spent all the same, and says so (engine.md 11).
 */
static Status fire_failed(Engine *e, uint64_t number, uint32_t rung, int64_t at) {
    Str message;
    TRY(trap_undone(e, &message));
    if (is_gather_timer(number))
        return gather_fire_failed(e, number, at, message);
    NumberOf of = number_of(e, number);
    if (of != NUMBER_OF_OWNER) {
        TRY(of == NUMBER_OF_SCHEDULE ? schedule_skip(e, number, at) : move_skip(e, number, at));
        return alert(e, "failed", message);
    }
    if ((rung & APPROVAL_TIMER) != 0)
        return approval_fire_failed(e, number, rung, at, message);
    Duty d;
    TRY(duty_load(e, number, &d));
    return duty_fire_failed(e, &d, rung, at, message);
}

static Status fire(Engine *e, int64_t at, uint64_t number, uint32_t rung) {
    if (is_gather_timer(number))
        return gather_fire(e, number, at);
    if (number >= KPI_TIMER)
        return kpi_fire(e, number, at);
    NumberOf of = number_of(e, number);
    if (of == NUMBER_OF_SCHEDULE) {
        TRY(schedule_fire(e, number, at));
    } else if (of == NUMBER_OF_MOVE) {
        TRY(move_fire(e, number, at));
    } else if ((rung & APPROVAL_TIMER) != 0) {
        TRY(approval_fire(e, number, rung, at));
    } else {
        Duty d;
        TRY(duty_load(e, number, &d));
        TRY(duty_fire(e, &d, rung, at));
    }
    return entities_apply(e);
}

Status timer_read(Str key, Due *out) {
    Take t = take_from(key);
    out->at = take_key_i64(&t);
    out->number = take_key_u64(&t);
    out->rung = (uint32_t)take_u8(&t) << 8;
    out->rung |= take_u8(&t);
    return take_done(&t);
}

/* The first timer before `before` whose owner came into being before `newest`. */
static Status due_find(Engine *e, int64_t before, uint64_t newest, Due *due, bool *found) {
    Str key, value, from = {NULL, 0};
    *found = false;
    for (bool after = false; e->first_timer < before; after = true) {
        bool there;
        Status status = led_next(e->l, LED_TIMER, from, after, &key, &value, &there);
        if (status != OK)
            return engine_fail(e, status, "reading the timers");
        *due = (Due){.at = INT64_MAX};
        if (there)
            TRY(timer_read(key, due));
        if (!after)
            e->first_timer = due->at;
        if (!there || due->at >= before)
            return OK;
        *found = due->number < newest || due->number >= NOTICE_TIMER;
        if (*found)
            return OK;
        TRY(arena_str(&e->event, key, &from));
    }
    return OK;
}

/* Carries out something of a timer's whole or not at all: `failed` is what is left to do when it
 * cannot be carried out. */
static Status attempt(Engine *e, Status (*step)(Engine *, void *),
                      Status (*failed)(Engine *, void *), void *ctx) {
    TRY(engine_mark(e));
    uint64_t next = e->next, series = e->series;
    Counts counts = e->counts;
    Status status = step(e, ctx);
    if (status == ERR_TRAP) {
        e->next = next;
        e->series = series;
        e->counts = counts;
        status = failed(e, ctx);
    }
    e->cause = (Cause){0};
    e->subject = (Subject){0};
    e->line = e->rule = 0;
    return status;
}

static Status due_fire(Engine *e, void *ctx) {
    const Due *due = ctx;
    TRY(fire(e, due->at, due->number, due->rung));
    return changes_take(e);
}

static Status due_failed(Engine *e, void *ctx) {
    const Due *due = ctx;
    TRY(fire_failed(e, due->number, due->rung, due->at));
    return changes_take(e);
}

/* What a timer emitted, handled with all that follows from it. */
static Status deferred_handle(Engine *e, void *ctx) {
    const Flow *flow = ctx;
    e->queue.n = 0;
    if (!vec_push(&e->queue, *flow))
        return ERR_NOMEM;
    return engine_cascade(e);
}

static Status deferred_failed(Engine *e, void *ctx) {
    const Flow *flow = ctx;
    Str message;
    TRY(trap_undone(e, &message));
    e->now = flow->vm.time;
    e->subject = flow->subject;
    e->cause = flow->cause;
    return alert(e, "failed", message);
}

/* Fires one timer; what it emits waits. */
static Status due_take(Engine *e, Due *due) {
    ArenaMark mark = arena_mark(&e->event);
    e->instant = due->at > e->instant ? due->at : e->instant;
    e->befores.n = 0;
    TRY(attempt(e, due_fire, due_failed, due));
    if (e->queue.n == 0)
        arena_back(&e->event, mark);
    for (size_t i = 0; i < e->queue.n; i++)
        if (!vec_push(&e->deferred, e->queue.at[i]))
            return ERR_NOMEM;
    e->queue.n = 0;
    return OK;
}

/* Fires what is due before `before`, instant by instant: first all timers of duties and approvals,
 * then what they emitted is handled, then KPIs are judged (language.md 14) and digests told.
 * newest: only owners that came into being before it. */
static Status fire_due(Engine *e, int64_t before, uint64_t newest, bool *any) {
    Due due;
    bool found;
    e->before = before;
    TRY(due_find(e, before, newest, &due, &found));
    while (found) {
        int64_t instant = due.at;
        bool kpis = due.number >= KPI_TIMER;
        ArenaMark mark = arena_mark(&e->event);
        *any = true;
        while (found && due.at == instant && (due.number >= KPI_TIMER) == kpis) {
            TRY(due_take(e, &due));
            TRY(due_find(e, before, newest, &due, &found));
        }
        for (size_t i = 0; i < e->deferred.n; i++)
            TRY(attempt(e, deferred_handle, deferred_failed, &e->deferred.at[i]));
        if (e->deferred.n > 0)
            TRY(due_find(e, before, newest, &due, &found));
        e->deferred.n = 0;
        arena_back(&e->event, mark);
    }
    return OK;
}

Status timers_fire(Engine *e, int64_t before) {
    bool any;
    return fire_due(e, before, UINT64_MAX, &any);
}

/* What an event made due in the past fires at once, in steps: what a step brings into being is for
 * the next one. */
Status timers_found(Engine *e) {
    for (int step = 0; step < LIMIT_STEPS; step++) {
        bool any = false;
        TRY(fire_due(e, engine_horizon(e), e->next, &any));
        if (!any)
            return OK;
    }
    e->now = e->clock;
    TRY(engine_mark(e));
    return alert(e, "steps",
                 S("what happens at this instant sets itself off more than 64 times; it goes on "
                   "with the next event"));
}
