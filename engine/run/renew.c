/* run: duties that come again so long after they are done (`again 90 days after done`). What is
 * done is fulfilled or waived; the next is counted from that instant, by its own time, and is owed
 * as the last one was: by whom owed it then, with all that was known at the first raising. Until it
 * has come the instant follows what is known of the end; once it has come it stays. */
#include "engine/base/check.h"
#include "engine/base/moment.h"
#include "engine/run/saying.h"

static Value renewal_span(const Duty *d) {
    return d->def->again_slot >= 0 ? d->frame[d->def->again_slot] : d->def->again_span;
}

/* Whether the matter is over: what cancels a duty does so too while the next one waits. */
static bool is_given_up(const Duty *d) {
    for (uint32_t i = d->fold.counted; i < d->act_count; i++)
        if (d->acts[i].kind == ACT_IS_CANCEL && !d->acts[i].dropped)
            return true;
    return false;
}

bool renewal_waits(const Duty *d) {
    bool done =
        d->fold.ended && (d->fold.end_kind == ACT_IS_FULFIL || d->fold.end_kind == ACT_IS_WAIVE);
    return duty_def_renews(d->def) && done && d->latest == 0;
}

Status renewal_at(const Duty *d, int64_t *at) {
    *at = INSTANT_NEVER;
    if (!renewal_waits(d) || is_given_up(d))
        return OK;
    Value span = renewal_span(d);
    TRY(moment_add(d->terms.zone, d->terms.calendar, d->fold.end_at, (Family)span.aux, span.i, at,
                   NULL));
    if (!dated_at(&d->def->dated, *at))
        *at = INSTANT_NEVER;
    return OK;
}

Status renewal_noted(Engine *e, const Duty *last, const Duty *next) {
    Duty d;
    if (!duty_def_renews(next->def) || last->number == 0)
        return OK;
    TRY(duty_load(e, last->number, &d));
    d.latest = next->number;
    TRY(duty_plan(e, &d));
    return duty_save(e, &d);
}

Status renewal_fire(Engine *e, Duty *d, int64_t at) {
    Duty next = {.decl = d->decl,
                 .def = d->def,
                 .key = d->key,
                 .key_count = d->key_count,
                 .occurrence = d->occurrence + 1,
                 .span = d->span,
                 .frame = d->frame};
    memcpy(next.attributes, d->attributes, sizeof next.attributes);
    next.owner = next.first_owner = next.terms.owner = move_owner(e->b, d->def, d->owner, at);
    return duty_follow(e, &next, at, d);
}

Status renewal_failed(Engine *e, Duty *d, Str message) {
    d->latest = d->number;
    TRY(alert_kept(e, message, &d->said, &d->said_count));
    TRY(duty_plan_left(e, d));
    return duty_save(e, d);
}
