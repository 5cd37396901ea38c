/* run: prohibitions: duties that an event breaches. Such a duty holds from its raising up to its
 * end; what it was at its end is folded from its violations (fold.c), told here as they come. */
#include "engine/base/check.h"
#include "engine/run/saying.h"

Status forbid_told(Engine *e, Duty *d, const Act *act, uint32_t place, const Fold *old,
                   const Flow *flow, bool *reacts) {
    Said was = said_under(d, old, old->violations > 0);
    bool more = d->fold.violations > old->violations;
    bool cleared = old->violations > 0 && d->fold.violations == 0;
    bool ends = !old->ended && d->fold.ended;
    d->breached = d->fold.violations > 0;
    if (cleared && !d->fold.ended)
        take_back(d); /* a breach that stands no more, though nothing ended */
    if (ends)
        TRY(say_end(e, d, flow));
    else if (act != NULL && !old->ended && act->kind == ACT_IS_ACKNOWLEDGE)
        TRY(say_acknowledged(e, d, act, flow));
    else if (act != NULL && !old->ended)
        TRY(say_clock(e, d, act, place));
    if (more)
        TRY(say_breached(e, d, flow));
    bool other = old->ended && (duty_state(d) != was.state || d->fold.end_at != old->end_at ||
                                d->fold.ended != old->ended);
    if (act == NULL && !more)
        other = true;
    if (other || cleared)
        TRY(say_corrected(e, d, was));
    *reacts = more && duty_state(d) == DUTY_BREACHED;
    return OK;
}

Status forbid_over(Engine *e, Duty *d) {
    d->terms.over = true;
    e->line = d->def->file << 20 | d->def->line;
    TRY(engine_time_trap(e, fold_acts(&d->terms, d->acts, d->act_count, &e->event, &d->fold)));
    duty_owned(d);
    return say_end(e, d, NULL);
}
