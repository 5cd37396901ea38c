/* run: what is said of a duty: its effects, its corrections, and what the policy does upon a state.
 */
#include "engine/run/saying.h"

#include <string.h>

#include "engine/base/check.h"

/* ---- effects of a duty */

Effect duty_effect(const Duty *d, EffectId id) {
    return (Effect){.id = id,
                    .subject = duty_subject(d),
                    .owner = d->owner,
                    .policy = d->policy,
                    .versioned = true};
}

Status duty_say(Engine *e, Duty *d, Effect *effect) {
    uint64_t *more = new (&e->event, uint64_t, d->said_count + 1);
    if (more == NULL)
        return ERR_NOMEM;
    if (d->said_count > 0)
        memcpy(more, d->said, d->said_count * sizeof *more);
    d->said = more;
    return engine_effect(e, effect, &d->said[d->said_count++]);
}

Value instant_or_absent(int64_t at) {
    return at == INSTANT_NEVER ? value_absent() : value_of(V_INSTANT, at);
}

Value round_value(const Duty *d) {
    return d->round > 1 ? value_int(d->round) : value_absent();
}

static Value by_value(const Flow *flow) {
    return flow == NULL || flow->by.n == 0 ? value_absent() : value_text(flow->by);
}

static Str state_text(uint8_t state) {
    static const char *const names[DUTY_STATES] = {"open",      "paused", "breached",
                                                   "fulfilled", "waived", "cancelled"};
    return str_of(names[state]);
}

/* Keeps with a duty what its reactions made. */
static Status duty_heard(Engine *e, Duty *d, const Heard *heard) {
    if (heard->n == 0)
        return OK;
    TRY(heard_join(e, heard, &d->said, &d->said_count));
    return duty_save(e, d);
}

Status duty_react(Engine *e, Duty *d, uint8_t state) {
    Subject outer = e->subject;
    uint32_t line = e->line;
    Heard heard = {0}, *above = e->heard;
    const Duty *before = e->reacting;
    e->subject = duty_subject(d);
    e->heard = &heard;
    e->reacting = d;
    Status status = OK;
    for (uint32_t i = 0; i < d->def->reaction_count && status == OK; i++)
        if (d->def->reactions[i].state == state && (!d->def->reactions[i].late || d->fold.late))
            status = engine_actions(e, d->def->reactions[i].fn, NULL, d->frame);
    e->subject = outer;
    e->line = line;
    e->heard = above;
    e->reacting = before;
    return status == OK ? duty_heard(e, d, &heard) : status;
}

/* Which pauses hold after an instant, as if one act had not been. */
static uint64_t reasons_after(const Duty *d, int64_t at, uint32_t without) {
    uint64_t reasons = 0;
    for (uint32_t i = 0; i < d->act_count && d->acts[i].time <= at; i++) {
        if (i == without || d->acts[i].dropped)
            continue;
        uint64_t bit = (uint64_t)1 << d->acts[i].clause;
        if (d->acts[i].kind == ACT_IS_PAUSE)
            reasons |= bit;
        else if (d->acts[i].kind == ACT_IS_RESUME)
            reasons &= ~bit;
    }
    return reasons;
}

static Status say_paused(Engine *e, Duty *d, const Act *act) {
    int64_t left;
    TRY(engine_time_trap(e, fold_left(&d->terms, &d->fold, act->time, &left)));
    Effect effect = duty_effect(d, EFFECT_DUTY_PAUSED);
    if (d->terms.unpaused != INSTANT_NEVER)
        effect.values[0] = value_duration(d->terms.working ? FAMILY_WORKING : FAMILY_ELAPSED, left);
    return duty_say(e, d, &effect);
}

static Status say_resumed(Engine *e, Duty *d) {
    Effect effect = duty_effect(d, EFFECT_DUTY_RESUMED);
    effect.values[0] = instant_or_absent(d->fold.due);
    return duty_say(e, d, &effect);
}

Status say_clock(Engine *e, Duty *d, const Act *act, uint32_t place) {
    bool stood = reasons_after(d, act->time, place) != 0,
         stands = reasons_after(d, act->time, UINT32_MAX) != 0;
    if (!stood && stands)
        TRY(say_paused(e, d, act));
    return stood && !stands ? say_resumed(e, d) : OK;
}

Status say_progressed(Engine *e, Duty *d, const Act *act, const Flow *flow) {
    Effect effect = duty_effect(d, EFFECT_DUTY_PROGRESSED);
    effect.values[0] = d->fold.sums[act->clause];
    effect.values[1] = *portion_of(&d->terms, act->clause);
    effect.values[2] = d->def->part_count > 1 ? value_int(act->clause + 1) : value_absent();
    effect.values[3] = by_value(flow);
    return duty_say(e, d, &effect);
}

Status say_reassigned(Engine *e, Duty *d, Value from) {
    Effect effect = duty_effect(d, EFFECT_DUTY_REASSIGNED);
    effect.values[0] = from;
    effect.values[1] = d->owner;
    return duty_say(e, d, &effect);
}

Status say_acknowledged(Engine *e, Duty *d, const Act *act, const Flow *flow) {
    Effect effect = duty_effect(d, EFFECT_DUTY_ACKNOWLEDGED);
    effect.values[0] = by_value(flow);
    effect.values[1] = act->more;
    return duty_say(e, d, &effect);
}

Status say_breached(Engine *e, Duty *d, const Flow *flow) {
    Effect effect = duty_effect(d, EFFECT_DUTY_BREACHED);
    effect.values[0] = instant_or_absent(d->fold.due);
    effect.values[1] = round_value(d);
    if (flow != NULL) {
        effect.values[2] = value_int(d->fold.violations);
        effect.values[3] = by_value(flow);
    }
    return duty_say(e, d, &effect);
}

static EffectId end_effect(const Duty *d) {
    switch (duty_state(d)) {
    case DUTY_FULFILLED:
        return EFFECT_DUTY_FULFILLED;
    case DUTY_WAIVED:
        return EFFECT_DUTY_WAIVED;
    case DUTY_BREACHED:
        return EFFECT_DUTY_ENDED;
    default:
        return EFFECT_DUTY_CANCELLED;
    }
}

Status say_end(Engine *e, Duty *d, const Flow *flow) {
    Effect effect = duty_effect(d, end_effect(d));
    if (effect.id == EFFECT_DUTY_ENDED) {
        effect.values[0] = value_int(d->fold.violations);
        effect.values[1] = by_value(flow);
    } else if (effect.id == EFFECT_DUTY_FULFILLED) {
        e->counts.late += d->fold.late;
        effect.values[0] = instant_or_absent(d->fold.due);
        effect.values[1] = value_flag(d->fold.late);
        effect.values[2] = value_flag(d->reported_late);
        effect.values[3] = by_value(flow);
        if (d->fold.sums != NULL && d->def->part_count == 1 && d->fold.parts > 0) {
            effect.values[4] = d->fold.sums[0];
            effect.values[5] = *portion_of(&d->terms, 0);
        }
    } else {
        effect.values[0] = by_value(flow);
    }
    return duty_say(e, d, &effect);
}

Said said_of(const Duty *d) {
    Said said = {
        .state = duty_state(d), .due = d->fold.due, .at = INSTANT_NEVER, .late = d->fold.late};
    if (d->fold.violations > 0 && said.state == DUTY_BREACHED) {
        said.at = d->fold.breach_at;
    } else if (d->fold.ended) {
        said.at = d->fold.end_at;
    } else if (d->breached) {
        said.at = d->fold.due;
    }
    return said;
}

Said said_under(const Duty *d, const Fold *old, bool breached) {
    return said_of(&(Duty){.def = d->def, .fold = *old, .breached = breached});
}

static bool said_same(const Said *a, const Said *b) {
    return a->state == b->state && a->due == b->due && a->at == b->at && a->late == b->late;
}

Status say_corrected(Engine *e, Duty *d, Said was) {
    Said is = said_of(d);
    if (said_same(&is, &was))
        return OK;
    Effect effect = duty_effect(d, EFFECT_DUTY_CORRECTED);
    effect.values[0] = value_text(state_text(was.state));
    effect.values[1] = instant_or_absent(was.due);
    effect.values[2] = instant_or_absent(was.at);
    effect.values[3] = value_flag(was.late);
    effect.values[4] = value_text(state_text(is.state));
    effect.values[5] = instant_or_absent(is.due);
    effect.values[6] = instant_or_absent(is.at);
    effect.values[7] = value_flag(is.late);
    effect.values[8] = (Value){.items = d->told, .n = d->told_count, .kind = V_LIST};
    return duty_say(e, d, &effect);
}

bool rung_after_due(const RungDef *rung) {
    return rung->kind == RUNG_AT_DUE || rung->kind == RUNG_AFTER_DUE;
}

void take_back(Duty *d) {
    d->breached = false;
    d->round++;
    d->last_rung = d->early_rung;
    for (uint32_t i = 0; i < d->def->rung_count; i++) {
        if (rung_after_due(&d->def->rungs[i]))
            d->fired &= ~((uint64_t)1 << i);
        if (d->repeats != NULL && (d->fired >> i & 1) == 0)
            d->repeats[i] = 0;
    }
}
