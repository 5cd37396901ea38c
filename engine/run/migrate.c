/* run: moving duties to the newest version. */
#include "engine/run/migrate.h"

#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/near.h"
#include "engine/run/saying.h"

typedef struct Migrating {
    const MigrateLeaf *what;
    MigrateTell *tell;
    void *ctx;
} Migrating;

/* ---- whether one can be moved */

/* The event that raised a duty, as another version declares it; *why: it cannot be had. */
static Status raising(Engine *e, const Duty *d, const DutyDef *def, Flow *flow, bool *timed,
                      const char **why) {
    Str bytes, kept;
    Leaf leaf;
    bool is_event, fits;
    Status status = led_leaf(e->l, d->leaf, &bytes);
    if (status == OK)
        status = arena_str(&e->event, bytes, &kept);
    if (status == OK)
        status = take_leaf(kept, &e->event, &leaf);
    if (status != OK || leaf.kind != LEAF_EFFECT)
        return engine_fail(e, status == OK ? ERR_DAMAGED : status, "reading how a duty arose");
    const Cause *cause = &leaf.effect.cause;
    *timed = cause->kind == CAUSE_TIMER && def->schedule.kind != SCHEDULE_NONE && def->each_fn < 0;
    if (*timed)
        return OK;
    if (def->event < 0 || cause->kind == CAUSE_TIMER || cause->kind == CAUSE_NONE) {
        *why = "it was not raised by an event or a schedule of its own: what obliged it is not "
               "computed again";
        return OK;
    }
    Flow found;
    TRY(flow_find(e, cause->index, &found, &is_event));
    if (!is_event) {
        *why = "what raised it is no event that is kept";
        return OK;
    }
    if (!str_eq(e->b->events[found.event].name, e->b->events[def->event].name)) {
        *why = "under the new version another event raises it";
        return OK;
    }
    TRY(flow_as(e, &found, (uint32_t)def->event, flow, &fits));
    if (!fits)
        *why = "the event that raised it lacks what the new version asks of it";
    return OK;
}

static bool same_key(const Duty *a, const Duty *b) {
    bool same = a->key_count == b->key_count;
    for (uint32_t i = 0; same && i < a->key_count; i++)
        same = str_eq(a->key[i], b->key[i]);
    return same;
}

static bool has_clause(const Engine *e, const DutyDef *def, const ActDef *wanted) {
    for (uint32_t i = 0; i < def->act_count; i++) {
        const ActDef *a = &def->acts[i];
        if (a->kind == wanted->kind && a->clause == wanted->clause &&
            str_eq(e->b->events[a->event].name, e->b->events[wanted->event].name))
            return true;
    }
    return false;
}

/* What was done of it goes by the numbers of clauses: those must be the new version's too. */
static bool acts_go_on(const Engine *e, const Duty *d, const DutyDef *def) {
    for (uint32_t i = 0; i < d->act_count; i++) {
        const Act *act = &d->acts[i];
        if (act->kind == ACT_IS_MOVE)
            return false;
        for (uint32_t n = 0; n < d->def->act_count; n++)
            if (d->def->acts[n].kind == act->kind && d->def->acts[n].clause == act->clause &&
                !has_clause(e, def, &d->def->acts[n]))
                return false;
    }
    return true;
}

/* ---- moving */

/* What is said of it, what was done, its names and numbers stay. */
static Status carry(Engine *e, const Duty *d, Duty *to) {
    to->number = d->number;
    to->occurrence = d->occurrence;
    to->latest = d->latest;
    to->leaf = d->leaf;
    to->said = d->said;
    to->said_count = d->said_count;
    to->told = d->told;
    to->told_count = d->told_count;
    to->round = d->round;
    to->was = d->was;
    to->counted = d->counted;
    to->counted_owner = d->counted_owner;
    to->timer_at = d->timer_at;
    to->timer_rung = d->timer_rung;
    to->terms.owner = to->first_owner;
    to->acts = new (&e->event, Act, d->act_count + to->def->move_count + 2);
    if (to->acts == NULL)
        return ERR_NOMEM;
    if (d->act_count > 0)
        memcpy(to->acts, d->acts, d->act_count * sizeof *d->acts);
    to->act_count = d->act_count;
    TRY(duty_repeats(to, &e->event));
    return duty_refold(e, to);
}

/* Rungs of the past are spent. */
static Status spend_past(Engine *e, Duty *d) {
    for (uint32_t i = 0; i < d->def->rung_count; i++) {
        uint32_t which;
        int64_t at;
        TRY(engine_time_trap(e, duty_rung(d, i, &which, &at)));
        if (at < engine_horizon(e))
            d->fired |= UINT64_C(1) << i;
    }
    return OK;
}

static Status say_migrated(Engine *e, const Migrating *m, const Duty *was, Duty *is) {
    Effect effect = duty_effect(is, EFFECT_DUTY_MIGRATED);
    bool other = !value_eq(was->owner, is->owner);
    effect.values[0] = value_text(e->b->versions[was->policy].version);
    effect.values[1] = value_text(e->b->versions[is->policy].version);
    effect.values[2] = instant_or_absent(was->fold.due);
    effect.values[3] = other ? was->owner : value_absent();
    effect.values[4] = instant_or_absent(is->fold.due);
    effect.values[5] = other ? is->owner : value_absent();
    effect.values[6] = m->what->actor.n > 0 ? value_text(m->what->actor) : value_absent();
    effect.line = is->def->file << 20 | is->def->line;
    return duty_say(e, is, &effect);
}

static Status move_to(Engine *e, const Migrating *m, const Duty *d, Duty *to, const char **why) {
    TRY(carry(e, d, to));
    if (to->fold.ended) {
        *why = "under the new version what was done of it would have ended it";
        return OK;
    }
    TRY(spend_past(e, to));
    TRY(say_migrated(e, m, d, to));
    TRY(duty_measured_as(e, d, to));
    TRY(duty_found_by(e, to));
    TRY(duty_plan(e, to));
    TRY(duty_save(e, to));
    return changes_take(e);
}

static Status try_one(Engine *e, const Migrating *m, const Duty *d, uint32_t decl, Duty *to,
                      const char **why) {
    const DutyDef *def = &e->b->duties[decl];
    Flow flow = {0};
    bool timed = false, applies;
    if (d->breached)
        *why = "it is breached: what was said of that stays true";
    else if (def->forbids || d->def->forbids)
        *why = "it forbids: what was violated is judged by the version under which it was";
    else if (!dated_at(&def->dated, e->clock) && def->dated.from > e->clock)
        *why = "the new version does not apply yet";
    else if (def->part_count > 0 && d->act_count > 0)
        *why = "parts of it are done already";
    else if (!acts_go_on(e, d, def))
        *why = "what was done of it goes by clauses that the new version does not have";
    if (*why == NULL)
        TRY(raising(e, d, def, &flow, &timed, why));
    if (*why != NULL)
        return OK;
    TRY(duty_as_raised(e, decl, timed ? NULL : &flow.vm, d->terms.raised, to, &applies));
    if (!applies)
        *why = "under the new version it would not arise";
    else if (!same_key(d, to))
        *why = "under the new version it would have another key";
    return *why == NULL ? move_to(e, m, d, to, why) : OK;
}

/* ---- all of them */

static Status tell_one(Engine *e, const Migrating *m, const Duty *d, const Duty *to, uint32_t decl,
                       Str stays) {
    MigrateTold told = {.subject = duty_subject(d),
                        .from = d->policy,
                        .to = e->b->duties[decl].version,
                        .was_due = d->fold.due,
                        .is_due = stays.n > 0 ? d->fold.due : to->fold.due,
                        .was_owner = d->owner,
                        .is_owner = stays.n > 0 ? d->owner : to->owner,
                        .stays = stays};
    return m->tell == NULL ? OK : m->tell(m->ctx, &told);
}

static Status one(Engine *e, Duty *d, void *ctx) {
    const Migrating *m = ctx;
    Duty to = {0};
    const char *why = NULL;
    uint32_t decl = (uint32_t)bundle_duty(e->b, d->def->name);
    bool named = m->what->duty.n == 0 || str_eq(m->what->duty, d->def->name) ||
                 (d->def->alias.n > 0 && str_eq(m->what->duty, d->def->alias));
    bool keyed = m->what->key_count == 0 || m->what->key_count == d->key_count;
    for (uint32_t i = 0; keyed && i < m->what->key_count; i++)
        keyed = str_eq(m->what->key[i], d->key[i]);
    if (d->fold.ended || decl == d->decl || !named || !keyed)
        return OK;
    TRY(engine_mark(e));
    e->now = e->clock;
    e->subject = duty_subject(d);
    e->cause = (Cause){0}; /* no event: its entry stands before it */
    e->rule = 0;
    e->befores.n = 0;
    Status status = try_one(e, m, d, decl, &to, &why);
    Str stays = why == NULL ? (Str){NULL, 0} : str_of(why);
    if (status == ERR_TRAP) {
        engine_undo(e);
        Buf text = {0};
        put_trap(&text, e->b, &e->vm.trap);
        status = text.failed ? ERR_NOMEM : arena_str(&e->event, buf_str(&text), &stays);
        buf_free(&text);
    }
    TRY(status);
    return tell_one(e, m, d, &to, decl, stays);
}

static Status unknown(Engine *e, Str name) {
    Str *names = new (&e->event, Str, e->b->duty_count + 1);
    if (names == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < e->b->duty_count; i++)
        names[i] = e->b->duties[i].name;
    ptrdiff_t best = nearest(name, names, e->b->duty_count);
    return best >= 0 ? err_say(&e->err, ERR_NOTFOUND, "there is no duty %.*s; did you mean %.*s?",
                               "没有职责 %.*s；是否指 %.*s？", STR_ARG(name), STR_ARG(names[best]))
                     : err_say(&e->err, ERR_NOTFOUND, "there is no duty %.*s", "没有职责 %.*s",
                               STR_ARG(name));
}

Status engine_migrate(Engine *e, const MigrateLeaf *what, MigrateTell *tell, void *ctx) {
    Migrating m = {.what = what, .tell = tell, .ctx = ctx};
    if (what->duty.n > 0 && bundle_duty(e->b, what->duty) < 0)
        return unknown(e, what->duty);
    TRY(engine_mark(e));
    Leaf leaf = {.kind = LEAF_MIGRATE, .migrate = *what};
    TRY(engine_leaf(e, &leaf, NULL));
    e->instant = e->clock;
    Status status = e->has_clock ? duties_each(e, one, &m) : OK;
    e->cause = (Cause){0};
    e->subject = (Subject){0};
    e->line = e->rule = 0;
    if (status == OK)
        status = timers_found(e);
    arena_reset(&e->event);
    return status;
}
