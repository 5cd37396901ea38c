/* audit: why-not: why a duty did not arise; of one that did, why a rung did not come. */
#include "engine/audit/whynot_int.h"

/* ---- rungs */

/* What ended it: the state, when, by which event. */
static Status end_facts(Why *w, Fact out[3]) {
    const Duty *d = &w->d;
    Leaf leaf;
    Str state = str_of(why_state(d)), by = {NULL, 0};
    TRY(record_leaf(w->r, d->fold.end_leaf, &w->arena, &leaf, w->err));
    if (leaf.kind == LEAF_EVENT)
        by = leaf.event.id;
    out[0] = (Fact){"state", value_text(state), engine_word(w->chinese, state)};
    out[1] = fact_at("ended", d->fold.end_at);
    out[2] = fact_text("by", by);
    return OK;
}

/* What was said in place of a rung: that its seat is vacant, that it is silent, that it waits. */
static Status instead_of(Why *w, uint32_t rung, Effect *out, bool *found) {
    *found = false;
    for (uint32_t i = 0; i < w->d.said_count && !*found; i++) {
        Leaf leaf;
        TRY(record_leaf(w->r, w->d.said[i], &w->arena, &leaf, w->err));
        if (leaf.kind != LEAF_EFFECT)
            return ERR_DAMAGED;
        Value which = effect_value(&leaf.effect, S("rung"));
        bool other = leaf.effect.id == EFFECT_DUTY_VACANT ||
                     leaf.effect.id == EFFECT_DUTY_SILENCED ||
                     leaf.effect.id == EFFECT_DUTY_COLLECTED;
        *found = other && which.kind != V_ABSENT && which.i == rung;
        *out = leaf.effect;
    }
    return OK;
}

/* A rung that has come: whether it reached whom it is for. */
static Status rung_came(WhyNot *n, uint32_t rung, Fact facts[5]) {
    Effect e;
    bool other;
    TRY(instead_of(&n->w, rung, &e, &other));
    if (!other)
        return OK;
    facts[3] = fact_at("time", e.time);
    Value seat = effect_value(&e, S("seat")), reason = effect_value(&e, S("reason"));
    Str why = value_str(reason);
    if (e.id == EFFECT_DUTY_VACANT) {
        facts[4] = (Fact){"seat", seat, {NULL, 0}};
        not_tell(n, "vacant", SAY_NOT_RUNG_VACANT, facts, 5);
    } else if (e.id == EFFECT_DUTY_SILENCED) {
        not_tell(n, "silent", SAY_NOT_RUNG_SILENT, facts, 4);
    } else {
        facts[4] = (Fact){"why", reason, engine_word(n->w.chinese, why)};
        not_tell(n, "collected", SAY_NOT_RUNG_COLLECTED, facts, 5);
    }
    return OK;
}

static bool acknowledged_at(const Duty *d, int64_t at) {
    for (uint32_t i = 0; i < d->fold.quiet_count; i++)
        if (d->fold.quiet[i].from <= at && at < d->fold.quiet[i].to)
            return true;
    return false;
}

/* A rung that has not come, and the duty goes on. */
static void rung_waits(WhyNot *n, int64_t at, Fact facts[6]) {
    const Duty *d = &n->w.d;
    facts[4] = fact_at("clock", n->w.r->clock);
    if (at != INSTANT_NEVER) {
        facts[3] = fact_at("comes", at);
        not_tell(n, "not_yet",
                 acknowledged_at(d, n->w.r->clock) ? SAY_NOT_RUNG_ACKNOWLEDGED : SAY_NOT_RUNG_YET,
                 facts, 5);
        return;
    }
    facts[3] =
        fact_at("since", d->fold.pause_count > 0 ? d->fold.pauses[d->fold.pause_count - 1].from
                                                 : n->w.r->clock);
    if (d->fold.reasons != 0)
        not_tell(n, "paused", SAY_NOT_RUNG_PAUSED, facts, 4);
    else
        not_tell(n, "no_time", SAY_NOT_RUNG_NO_TIME, facts, 3);
}

static Status tell_rung(WhyNot *n, uint32_t i) {
    Why *w = &n->w;
    const Duty *d = &w->d;
    const RungDef *def = &d->def->rungs[i];
    uint32_t again;
    int64_t at;
    Fact facts[6] = {fact_number("rung", i + 1), fact_text("line", why_rung(w, d->decl, i + 1)),
                     fact_text("place", why_place(w, def->file, def->line))};
    if ((d->fired >> i & 1) != 0)
        return rung_came(n, i + 1, facts);
    TRY(duty_rung(d, i, &again, &at));
    if (!d->fold.ended) {
        rung_waits(n, at, facts);
        return OK;
    }
    TRY(end_facts(w, facts + 3));
    not_tell(n, "ended", SAY_NOT_RUNG_ENDED, facts, 6);
    return OK;
}

static Status duty_arose(WhyNot *n, Str subject) {
    Why *w = &n->w;
    Str state = str_of(why_state(&w->d));
    not_head(n, subject, "arose", SAY_NOT_BUT_AROSE,
             (Args){{subject, engine_word(w->chinese, state)}});
    for (uint32_t i = 0; i < w->d.def->rung_count; i++)
        TRY(tell_rung(n, i));
    if (n->reasons == 0 && w->d.def->rung_count > 0)
        not_tell(n, "all_came", SAY_NOT_RUNGS_CAME, NULL, 0);
    return not_foot(n);
}

/* ---- why it did not arise */

static void tell_schedule(WhyNot *n, const DutyDef *d) {
    const Fact facts[] = {fact_text("place", why_place(&n->w, d->file, d->line)),
                          fact_text("line", why_source(&n->w, d->file, d->line)),
                          fact_at("clock", n->w.r->clock)};
    not_tell(n, "schedule", SAY_NOT_SCHEDULED, facts, 3);
}

/* Of one that an event raises: of each version of its name, the one that is asked for last. */
static Status duty_raised(WhyNot *n, uint32_t asked, const KeyAsked *key) {
    const Bundle *b = n->w.r->b;
    bool met = false;
    TRY(probe_open(n));
    for (uint32_t k = 0; k <= b->duty_count; k++) {
        uint32_t i = k < b->duty_count ? k : asked;
        const DutyDef *d = &b->duties[i];
        if ((k == asked) || !str_eq(d->name, b->duties[asked].name) || d->event < 0)
            continue;
        bool one = false;
        const Raised r = {.decl = {DECL_DUTY, i},
                          .kind = "duty",
                          .name = d->name,
                          .dated = &d->dated,
                          .event = d->event,
                          .raise_fn = d->raise_fn,
                          .key_count = d->key_count,
                          .file = d->file,
                          .line = d->line,
                          .again = d->again,
                          .last = k == b->duty_count && !met,
                          .where = probe_duty_where(&n->probe, i)};
        TRY(not_raised(n, &r, key, &one));
        met = met || one;
    }
    return OK;
}

Status not_duty(WhyNot *n, Str subject, uint32_t decl, const KeyAsked *key, bool found) {
    const DutyDef *d = &n->w.r->b->duties[decl];
    if (found)
        return duty_arose(n, subject);
    not_head(n, subject, "not_raised", SAY_NOT_ARISEN, (Args){{subject}});
    if (d->event >= 0)
        TRY(duty_raised(n, decl, key));
    else if (d->schedule.kind != SCHEDULE_NONE)
        tell_schedule(n, d);
    else
        TRY(not_made(n, &(Sought){OP_OBLIGE, decl, d->raise_fn, d->key_count}, key));
    return not_foot(n);
}
