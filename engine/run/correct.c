/* run: corrections (semantics.md 9): `remit.corrected` says that an event was a mistake. What it
 * did to the duties that may be corrected drops out of their folds; nothing that was said is
 * unsaid, and `remit.duty.corrected` tells what it was and what it is. What rules made of the event
 * stays.
 *
 * Which duties an event touched is kept for as long as it may be corrected, in LED_LINK:
 *   CORRECT, time of the event, its leaf, number of the duty */
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/run/saying.h"

/* Above the links of any clause: the number of a duty's declaration is never so high. */
static const uint64_t CORRECT = UINT64_C(0xFFFFFFFF00000000);
enum { CORRECT_PREFIX = 24, CORRECT_FORGETS = 4 };

static Status touched_key(Engine *e, int64_t time, uint64_t leaf) {
    buf_reset(&e->key);
    put_key_u64(&e->key, CORRECT);
    put_key_i64(&e->key, time);
    put_key_u64(&e->key, leaf);
    return buf_status(&e->key);
}

/* The first record behind `from`, or at it, that begins as `prefix`. */
static Status touched_next(Engine *e, Str prefix, Str from, bool after, Str *key, bool *found) {
    Str value;
    Status status = led_next(e->l, LED_LINK, from, after, key, &value, found);
    if (status != OK)
        return engine_fail(e, status, "reading the ledger");
    *found = *found && str_starts(*key, prefix);
    return *found ? arena_str(&e->event, *key, key) : OK;
}

/* Forgets events that are too old to be corrected. */
static Status touched_forget(Engine *e) {
    TRY(touched_key(e, 0, 0));
    Str prefix;
    TRY(arena_str(&e->event, (Str){e->key.p, 8}, &prefix));
    for (int i = 0; i < CORRECT_FORGETS; i++) {
        Str key;
        bool found;
        TRY(touched_next(e, prefix, prefix, false, &key, &found));
        Take t = take_from(found ? str_from(key, 8) : S(""));
        if (!found || take_key_i64(&t) >= e->clock - e->b->late_ms)
            return OK;
        Status status = led_del(e->l, LED_LINK, key);
        if (status != OK)
            return engine_fail(e, status, "writing the ledger");
    }
    return OK;
}

static Power power_to_correct(const Duty *d) {
    return (Power){.verb = POWER_TO_CORRECT, .of = d->decl, .owner = d->owner};
}

Status correct_note(Engine *e, const Duty *d, const Flow *flow) {
    Power asked = power_to_correct(d);
    if (flow == NULL || flow->cause.kind != CAUSE_EVENT || !power_given(e->b, &asked))
        return OK;
    TRY(touched_forget(e));
    TRY(touched_key(e, flow->vm.time, flow->leaf));
    put_key_u64(&e->key, d->number);
    TRY(buf_status(&e->key));
    Status status = led_put(e->l, LED_LINK, buf_str(&e->key), S("1"));
    return status == OK ? OK : engine_fail(e, status, "writing the ledger");
}

/* ---- one duty */

/* An ordinary duty without one of its acts. */
static Status corrected_told(Engine *e, Duty *d, const Fold *old, Said was) {
    const Fold *now = &d->fold;
    if (old->ended && !now->ended)
        d->reported_late = false;
    else if (now->ended)
        d->reported_late = now->end_kind == ACT_IS_FULFIL && !now->late && d->breached;
    if (!now->ended && d->breached && now->due >= engine_horizon(e))
        take_back(d);
    return say_corrected(e, d, was);
}

/* Drops what an event did from a duty that had not been raised by it. */
static Status duty_without(Engine *e, Duty *d, uint64_t leaf, const Flow *flow) {
    Fold old = d->fold;
    Value owner = d->owner;
    Said was = said_of(d);
    bool dropped = false, reacts = false;
    for (uint32_t i = 0; i < d->act_count; i++)
        if (d->acts[i].leaf == leaf && !d->acts[i].dropped)
            dropped = d->acts[i].dropped = true;
    if (!dropped)
        return OK;
    e->matched = true;
    TRY(duty_refold(e, d));
    if (!value_eq(owner, d->owner))
        TRY(say_reassigned(e, d, owner));
    if (d->def->forbids)
        TRY(forbid_told(e, d, NULL, 0, &old, flow, &reacts));
    else
        TRY(corrected_told(e, d, &old, was));
    TRY(duty_listed(e, d, &old));
    TRY(duty_plan(e, d));
    TRY(duty_save(e, d));
    if (old.ended && (!d->fold.ended || d->fold.end_at > old.end_at))
        TRY(moves_past(e, d));
    return reacts ? duty_react(e, d, duty_state(d)) : OK;
}

static Status raised_by(Engine *e, const Duty *d, uint64_t leaf, bool *yes) {
    Str bytes;
    Leaf opened;
    Status status = led_leaf(e->l, d->leaf, &bytes);
    if (status == OK)
        status = take_leaf(bytes, &e->event, &opened);
    if (status != OK)
        return engine_fail(e, status, "reading the journal");
    const Cause *cause = &opened.effect.cause;
    *yes = opened.kind == LEAF_EFFECT && cause->kind == CAUSE_EVENT && cause->index == leaf;
    return OK;
}

/* A duty that should never have been: it ends where it began, whatever happened since. */
static Status duty_unraise(Engine *e, Duty *d, const Flow *flow) {
    for (uint32_t i = 0; i < d->act_count; i++)
        if (d->acts[i].kind == ACT_IS_UNRAISE)
            return OK;
    e->matched = true;
    return duty_apply(e, d,
                      (Act){.time = d->terms.raised,
                            .kind = ACT_IS_UNRAISE,
                            .leaf = flow->leaf,
                            .more = value_absent()},
                      flow);
}

static Status duty_correct(Engine *e, uint64_t number, uint64_t leaf, const Flow *flow) {
    Duty d;
    bool raised = false;
    const PowerDef *by;
    TRY(duty_load(e, number, &d));
    Power asked = power_to_correct(&d);
    TRY(power_permits(e, &asked, flow->by, flow->vm.time, &by));
    if (by == NULL) {
        Str message;
        TRY(power_missing(e, &asked, flow->by, &message));
        return refuse_authority(e, flow, S("actor"), message);
    }
    e->line = by->file << 20 | by->line;
    TRY(raised_by(e, &d, leaf, &raised));
    return raised ? duty_unraise(e, &d, flow) : duty_without(e, &d, leaf, flow);
}

/* ---- the event */

static Status refuse_correction(Engine *e, const Flow *flow, RejectReason reason, Str message) {
    e->refusal = (Refusal){.reason = reason,
                           .has_time = true,
                           .time = flow->vm.time,
                           .source = flow->vm.source,
                           .id = flow->vm.id,
                           .field = S("id"),
                           .message = message};
    e->refused = true;
    return ERR_TRAP;
}

/* Whether something was said of an approval because of the event: that cannot be taken back. */
static Status approval_moved(Engine *e, uint64_t leaf, bool *yes) {
    *yes = false;
    for (uint64_t i = leaf + 1; i < led_size(e->l) && !*yes; i++) {
        ArenaMark mark = arena_mark(&e->event);
        Str bytes;
        Leaf said;
        Status status = led_leaf(e->l, i, &bytes);
        if (status == OK)
            status = take_leaf(bytes, &e->event, &said);
        if (status != OK)
            return engine_fail(e, status, "reading the journal");
        if (said.kind != LEAF_EFFECT)
            return OK;
        *yes = said.effect.subject.kind == SUBJECT_APPROVAL &&
               said.effect.cause.kind == CAUSE_EVENT && said.effect.cause.index == leaf;
        arena_back(&e->event, mark);
    }
    return OK;
}

/* A sample stays counted: that is said. */
static Status note_samples(Engine *e, const Flow *target) {
    const Handlers *handlers = &e->handlers[target->event];
    for (uint32_t i = 0; i < handlers->n; i++) {
        const Handler *h = &handlers->at[i];
        if (h->kind != HANDLE_SAMPLE || h->act > 0)
            continue;
        Str message, kpi = e->b->kpis[h->decl].name;
        TRY(arena_printf(
            &e->event, &message, "%.*s %.*s was corrected; what the KPI %.*s measured of it stays",
            STR_ARG(e->b->events[target->event].name), STR_ARG(target->vm.id), STR_ARG(kpi)));
        TRY(alert(e, "corrected", message));
    }
    return OK;
}

/* What waited for a duty to look back to it waits no more. */
static Status forget_kept(Engine *e, Flow *target) {
    const Handlers *handlers = &e->handlers[target->event];
    for (uint32_t i = 0; i < handlers->n; i++) {
        const Handler *h = &handlers->at[i];
        Power asked = {.verb = POWER_TO_CORRECT, .of = h->decl};
        if (h->kind == HANDLE_ACT && e->b->duties[h->decl].acts[h->act].has_since &&
            power_given(e->b, &asked))
            TRY(since_drop(e, h->decl, &e->b->duties[h->decl].acts[h->act], target));
    }
    return OK;
}

static Status correction_refused(Engine *e, const Flow *flow, const Flow *target) {
    int32_t engine = e->b->events[target->event].engine;
    bool approval = is_of_approval(engine);
    if (engine == ENGINE_CORRECTED)
        return refuse_correction(e, flow, REJECT_SCHEMA,
                                 S("a correction is not corrected: send the event again, under "
                                   "another id"));
    if (target->vm.time < e->clock - e->b->late_ms)
        return refuse_correction(e, flow, REJECT_LATE,
                                 S("that event is too old: it can be corrected as long as events "
                                   "are taken after their time"));
    if (!approval)
        TRY(approval_moved(e, target->leaf, &approval));
    if (approval)
        return refuse_correction(e, flow, REJECT_SCHEMA,
                                 S("that event opened or decided an approval, which cannot be "
                                   "taken back: withdraw the approval"));
    return OK;
}

Status correct_event(Engine *e, Flow *flow) {
    Str id = value_str(flow->vm.fields[0]);
    Str source =
        flow->vm.fields[1].kind == V_ABSENT ? flow->vm.source : value_str(flow->vm.fields[1]);
    uint64_t leaf;
    bool found;
    Flow target;
    TRY(engine_event_find(e, source, id, &leaf, &found));
    if (!found)
        return refuse_correction(e, flow, REJECT_SCHEMA,
                                 S("no event with this id came from this source"));
    TRY(flow_kept(e, leaf, &target));
    TRY(correction_refused(e, flow, &target));
    e->acts = true;
    Str prefix, from, key;
    TRY(touched_key(e, target.vm.time, leaf));
    TRY(arena_str(&e->event, buf_str(&e->key), &prefix));
    from = prefix;
    for (bool after = false;; after = true) {
        TRY(touched_next(e, prefix, from, after, &key, &found));
        if (!found)
            break;
        from = key;
        Take t = take_from(str_from(key, CORRECT_PREFIX));
        TRY(duty_correct(e, take_key_u64(&t), leaf, flow));
    }
    TRY(forget_kept(e, &target));
    return e->matched ? note_samples(e, &target) : OK;
}
