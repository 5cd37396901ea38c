/* audit: why a duty is due when it is: the calendar walked from the raising to the deadline, pauses
 * and all, with the sum of what was used up. */
#include "engine/audit/why_int.h"

#include "engine/base/civil.h"

enum { WALK_LINES = 40 }; /* dates that are shown; the rest are a line of points */

typedef struct Walk {
    Why *w;
    int64_t sum, limit;
    int32_t day; /* of the last line */
    int lines;
} Walk;

static void put_clock(Why *w, int64_t at) {
    int32_t time = local_time(zone_cache_local(&w->r->render.zone, at));
    put_fmt(w->out, "%02d:%02d", time / 3600000, time / 60000 % 60);
    if (time % 60000 != 0)
        put_fmt(w->out, ":%02d", time / 1000 % 60);
    if (time % 1000 != 0)
        put_fmt(w->out, ".%03d", time % 1000);
}

static int64_t hours_ms(Hours h) {
    int64_t sum = 0;
    for (uint32_t i = 0; i < h.n; i++)
        sum += h.spans[i].to_ms - h.spans[i].from_ms;
    return sum;
}

/* What a date is beside its weekday, with its name; nothing for a plain one. */
static void put_kind(Why *w, const CalPart *part, const char *before, const char *after) {
    const Calendar *cal = w->d.terms.calendar;
    if (part->kind == CAL_WEEKDAY)
        return;
    const char *kind = "holiday";
    if (part->kind == CAL_OWN_HOURS) {
        int64_t usual = hours_ms(cal->week[civil_weekday(part->day)]), own = 0;
        for (uint32_t i = 0; i < cal->n_dates; i++)
            own = cal->dates[i].day == part->day ? hours_ms(cal->dates[i].hours) : own;
        kind = usual == 0 ? "make-up day" : own < usual ? "shorter day" : "hours of its own";
    }
    put_fmt(w->out, "%s%s", before, kind);
    if (part->name.n > 0)
        put_fmt(w->out, " \"%.*s\"", STR_ARG(part->name));
    put_text(w->out, str_of(after));
}

/* Why a date has no working time from `from` on. */
static const char *no_time(Why *w, const CalPart *part, int64_t from) {
    if (part->kind == CAL_HOLIDAY || !cal_is_working_day(w->d.terms.calendar, part->day, NULL))
        return "closed";
    int32_t day = local_day(zone_local(w->d.terms.calendar->zone, from));
    return day == part->day ? "over" : "not open yet";
}

/* Opens the line of a date, or goes on below it. False: enough was shown. */
static bool walk_line(Walk *k, int64_t at, const CalPart *part) {
    int32_t day = local_day(zone_cache_local(&k->w->r->render.zone, at));
    if (k->lines == WALK_LINES)
        put_text(k->w->out, S("  ...\n"));
    if (k->lines++ >= WALK_LINES)
        return false;
    put_text(k->w->out, S("  "));
    if (day != k->day)
        why_day(k->w, at);
    else
        put_text(k->w->out, S("              "));
    k->day = day;
    if (part != NULL)
        put_kind(k->w, part, " (", ")");
    return true;
}

static void walk_piece(Walk *k, int64_t from, int64_t to, const CalPart *part) {
    if (from >= to)
        return;
    k->sum += to - from;
    if (!walk_line(k, from, part))
        return;
    put_text(k->w->out, S("  "));
    if (local_day(zone_cache_local(&k->w->r->render.zone, from)) !=
        local_day(zone_cache_local(&k->w->r->render.zone, to))) {
        put_clock(k->w, from);
        put_text(k->w->out, S(" to "));
        why_local(k->w, to);
    } else {
        put_clock(k->w, from);
        put_c(k->w->out, '-');
        put_clock(k->w, to);
    }
    put_text(k->w->out, S("  "));
    why_span(k->w, to - from);
    if (k->sum != to - from) {
        put_text(k->w->out, S(", together "));
        why_span(k->w, k->sum);
    }
    put_c(k->w->out, '\n');
}

static void walk_pause(Walk *k, Interval p, int64_t until) {
    if (!walk_line(k, p.from, NULL))
        return;
    put_text(k->w->out, S("  paused from "));
    put_clock(k->w, p.from);
    if (p.to == INT64_MAX || p.to > until) {
        put_text(k->w->out, S(" on\n"));
        return;
    }
    put_text(k->w->out, S(" to "));
    if (local_day(zone_cache_local(&k->w->r->render.zone, p.from)) !=
        local_day(zone_cache_local(&k->w->r->render.zone, p.to)))
        why_local(k->w, p.to);
    else
        put_clock(k->w, p.to);
    put_c(k->w->out, '\n');
}

/* What is active in [from, to): working time where that counts, else all of it. */
static Status walk_between(Walk *k, int64_t from, int64_t to) {
    if (!k->w->d.terms.working) {
        walk_piece(k, from, to, NULL);
        return OK;
    }
    CalIter it;
    CalPart part;
    bool got;
    cal_iter(&it, k->w->d.terms.calendar, from, to);
    for (;;) {
        TRY(cal_iter_next(&it, &part, &got));
        if (!got)
            return OK;
        if (part.from < part.to)
            walk_piece(k, part.from, part.to, &part);
        else if (part.day != k->day && walk_line(k, part.from, &part))
            put_fmt(k->w->out, "  %s\n", no_time(k->w, &part, from));
    }
}

/* From the raising to `until`, without the pauses. */
static Status walk_active(Walk *k, int64_t until) {
    const Fold *f = &k->w->d.fold;
    int64_t at = k->w->d.terms.begins;
    for (uint32_t i = 0; i < f->pause_count && f->pauses[i].from < until; i++) {
        TRY(walk_between(k, at, f->pauses[i].from));
        walk_pause(k, f->pauses[i], until);
        at = f->pauses[i].to;
        if (at == INT64_MAX)
            return OK;
    }
    return walk_between(k, at, until);
}

static void put_end(Why *w, const char *before, int64_t at) {
    put_text(w->out, str_of(before));
    why_moment(w, at);
}

/* Working days are counted as dates: the day of the start, then each working day. */
static Status put_working_days(Why *w) {
    const Terms *t = &w->d.terms;
    CalIter it;
    CalPart part;
    bool got, open = false, started = false;
    int64_t n = 0;
    int32_t day = INT32_MIN;
    int lines = 0;
    cal_iter(&it, t->calendar, t->begins, t->unpaused + 1);
    for (;;) {
        TRY(cal_iter_next(&it, &part, &got));
        if (!got)
            break;
        open = part.from < part.to;
        if (part.day == day && started)
            continue;
        if (open && !started) {
            put_end(w, "  starts  ", part.from);
            put_text(w->out,
                     part.from > t->begins ? S(", the next opening\n") : S(", in open time\n"));
            started = true;
            day = part.day;
            continue;
        }
        if (lines++ > WALK_LINES)
            break;
        if (part.day == day)
            continue;
        day = part.day;
        bool last = open && n + 1 == w->d.span.i;
        n += open;
        if (open)
            put_fmt(w->out, "  day %-3lld ", (long long)n);
        else
            put_fmt(w->out, "  %-7s ", no_time(w, &part, t->begins));
        why_day(w, open || part.from >= t->begins ? part.from : t->begins);
        put_kind(w, &part, ", ", "");
        put_c(w->out, '\n');
        if (last)
            break;
    }
    if (n < w->d.span.i) { /* the deadline stands at the opening of the last day */
        put_fmt(w->out, "  day %-3lld ", (long long)w->d.span.i);
        why_day(w, t->unpaused);
        put_c(w->out, '\n');
    }
    return OK;
}

static bool has_pause_before_due(const Duty *d) {
    return d->fold.pause_count > 0 &&
           (d->fold.due == INSTANT_NEVER || d->fold.pauses[0].from < d->fold.due);
}

static Status put_paused_deadline(Why *w) {
    const Duty *d = &w->d;
    Walk k = {.w = w, .limit = d->terms.limit_ms, .day = INT32_MIN};
    put_text(w->out, S("  used    "));
    why_span(w, d->terms.limit_ms);
    put_text(w->out, d->terms.working ? S(" of working time, outside its pauses:\n")
                                      : S(" outside its pauses:\n"));
    TRY(walk_active(&k, d->fold.due));
    if (d->fold.due != INSTANT_NEVER) {
        put_end(w, d->def->forbids ? "  so until " : "  so due  ", d->fold.due);
        put_c(w->out, '\n');
        return OK;
    }
    int64_t left;
    int64_t at = d->fold.pauses[d->fold.pause_count - 1].from;
    TRY(fold_left(&d->terms, &d->fold, at, &left));
    put_text(w->out, S("  left    "));
    why_span(w, left);
    put_text(w->out, S(", when it goes on\n"));
    return OK;
}

static const char *const due_ends[DUE_ENDS] = {"",
                                               "the end of the day",
                                               "the end of the working day",
                                               "the end of the week",
                                               "the end of the month",
                                               "the end of the quarter",
                                               "the end of the year",
                                               "the last working day of the week",
                                               "the last working day of the month",
                                               "the last working day of the quarter",
                                               "the last working day of the year",
                                               "no time of its own"};

Value why_due_said(const Duty *d) {
    return d->def->due_end != DUE_END_NONE ? value_text(str_of(due_ends[d->def->due_end]))
                                           : d->span;
}

static Status put_deadline(Why *w) {
    const Duty *d = &w->d;
    const Terms *t = &d->terms;
    if (t->unpaused == INSTANT_NEVER) {
        put_text(w->out, S("until an event ends it: it has no time of its own\n"));
        return OK;
    }
    if (t->begins > t->raised) {
        put_end(w, "its clock starts ", t->begins);
        put_end(w, ", raised ", t->raised);
        put_text(w->out, S("\n  "));
    }
    if (d->def->due_by) {
        put_text(w->out, S("by "));
        why_value(w, why_due_said(d));
    } else {
        why_value(w, d->span);
        put_end(w, " from ", t->begins);
        if (t->working && t->calendar != NULL)
            put_fmt(w->out, ", in %.*s (%.*s)", STR_ARG(t->calendar->name),
                    STR_ARG(t->calendar->zone->name));
    }
    put_c(w->out, '\n');
    bool paused = has_pause_before_due(d);
    if (t->working && t->calendar != NULL && d->span.aux == FAMILY_WORKING_DAYS) {
        TRY(put_working_days(w));
    } else if (t->working && !paused) {
        Walk k = {.w = w, .limit = t->limit_ms, .day = INT32_MIN};
        TRY(walk_between(&k, t->begins, t->unpaused));
    }
    put_end(w, d->def->forbids ? "  until   " : "  due     ", t->unpaused);
    if (paused)
        put_text(w->out, S(", but for its pauses"));
    if (d->assumed)
        put_text(w->out, S(", assumed: the holidays of that year are not published"));
    put_c(w->out, '\n');
    return paused ? put_paused_deadline(w) : OK;
}

/* By the clocks of where its time is counted, which may not be the policy's. */
Status why_deadline(Why *w) {
    const Terms *t = &w->d.terms;
    ZoneCache policy = w->r->render.zone;
    put_text(w->out, w->d.def->forbids ? S("Until when it holds") : S("Why it is due then"));
    if (!str_eq(t->zone->name, policy.zone->name)) {
        put_fmt(w->out, ", by the clocks of %.*s", STR_ARG(t->zone->name));
        w->r->render.zone = (ZoneCache){.zone = t->zone};
    }
    put_text(w->out, S("\n  "));
    Status status = put_deadline(w);
    w->r->render.zone = policy;
    return status;
}
