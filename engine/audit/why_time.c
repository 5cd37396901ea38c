/* audit: why a duty is due when it is: the calendar walked from the raising to the deadline, pauses
 * and all, with the sum of what was used up. */
#include "engine/audit/why_int.h"

#include "engine/base/civil.h"
#include "engine/base/unicode.h"

enum { WALK_LINES = 40 }; /* dates that are shown; the rest are a line of points */

typedef struct Walk {
    Why *w;
    int64_t sum, limit;
    int32_t day; /* of the last line */
    int lines;
} Walk;

static Str clock_text(Why *w, int64_t at) {
    size_t from = w->out->n;
    int32_t time = local_time(zone_cache_local(&w->r->render.zone, at));
    put_fmt(w->out, "%02d:%02d", time / 3600000, time / 60000 % 60);
    if (time % 60000 != 0)
        put_fmt(w->out, ":%02d", time / 1000 % 60);
    if (time % 1000 != 0)
        put_fmt(w->out, ".%03d", time % 1000);
    return why_cut(w, from);
}

static bool same_day(Why *w, int64_t a, int64_t b) {
    return local_day(zone_cache_local(&w->r->render.zone, a)) ==
           local_day(zone_cache_local(&w->r->render.zone, b));
}

/* The label of a line, and blanks to where its text begins. */
static void put_label(Why *w, Str label) {
    size_t width = uc_columns(label), most = w->chinese ? 8 : 7;
    put_text(w->out, S("  "));
    put_text(w->out, label);
    for (put_c(w->out, ' '); width < most; width++)
        put_c(w->out, ' ');
}

static int64_t hours_ms(Hours h) {
    int64_t sum = 0;
    for (uint32_t i = 0; i < h.n; i++)
        sum += h.spans[i].to_ms - h.spans[i].from_ms;
    return sum;
}

/* What a date is beside its weekday, with its name; nothing for a plain one. */
static Str kind_text(Why *w, const CalPart *part) {
    const Calendar *cal = w->d.terms.calendar;
    if (part->kind == CAL_WEEKDAY)
        return (Str){NULL, 0};
    Sentence kind = SAY_HOLIDAY;
    if (part->kind == CAL_OWN_HOURS) {
        int64_t usual = hours_ms(cal->week[civil_weekday(part->day)]), own = 0;
        for (uint32_t i = 0; i < cal->n_dates; i++)
            own = cal->dates[i].day == part->day ? hours_ms(cal->dates[i].hours) : own;
        kind = usual == 0 ? SAY_MAKE_UP : own < usual ? SAY_SHORTER : SAY_OWN_HOURS;
    }
    return why_said(w, kind, (Args){{part->name}});
}

/* Why a date has no working time from `from` on. */
static Str no_time(Why *w, const CalPart *part, int64_t from) {
    if (part->kind == CAL_HOLIDAY || !cal_is_working_day(w->d.terms.calendar, part->day, NULL))
        return why_word(w, SAY_CLOSED);
    int32_t day = local_day(zone_local(w->d.terms.calendar->zone, from));
    return why_word(w, day == part->day ? SAY_OVER : SAY_NOT_OPEN);
}

/* Opens the line of a date, or goes on below it. False: enough was shown. */
static bool walk_line(Walk *k, int64_t at, const CalPart *part) {
    int32_t day = local_day(zone_cache_local(&k->w->r->render.zone, at));
    if (k->lines == WALK_LINES)
        put_text(k->w->out, S("  ...\n"));
    if (k->lines++ >= WALK_LINES)
        return false;
    Str kind = part == NULL ? (Str){NULL, 0} : kind_text(k->w, part);
    if (day != k->day)
        why_say(k->w, SAY_WALK_DAY, (Args){{why_day(k->w, at), kind}});
    else
        why_say(k->w, SAY_WALK_SAME, (Args){{kind}});
    k->day = day;
    return true;
}

static void walk_piece(Walk *k, int64_t from, int64_t to, const CalPart *part) {
    if (from >= to)
        return;
    k->sum += to - from;
    if (!walk_line(k, from, part))
        return;
    Str start = clock_text(k->w, from), times = {NULL, 0};
    if (!same_day(k->w, from, to))
        times = why_said(k->w, SAY_FROM_TO, (Args){{start, why_local(k->w, to)}});
    else if (arena_printf(&k->w->arena, &times, "%.*s-%.*s", STR_ARG(start),
                          STR_ARG(clock_text(k->w, to))) != OK)
        k->w->out->failed = true;
    Str sum = k->sum != to - from ? why_span(k->w, k->sum) : (Str){NULL, 0};
    why_say(k->w, SAY_WALK_PIECE, (Args){{times, why_span(k->w, to - from), sum}});
}

static void walk_pause(Walk *k, Interval p, int64_t until) {
    if (!walk_line(k, p.from, NULL))
        return;
    Str from = clock_text(k->w, p.from);
    if (p.to == INT64_MAX || p.to > until)
        why_say(k->w, SAY_WALK_PAUSED_ON, (Args){{from}});
    else
        why_say(k->w, SAY_WALK_PAUSED,
                (Args){{from, same_day(k->w, p.from, p.to) ? clock_text(k->w, p.to)
                                                           : why_local(k->w, p.to)}});
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
            put_fmt(k->w->out, "  %.*s\n", STR_ARG(no_time(k->w, &part, from)));
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

static void put_end(Why *w, Sentence label, int64_t at) {
    put_label(w, why_word(w, label));
    put_text(w->out, why_moment(w, at));
}

static void put_counted(Why *w, Str label, int64_t day, Str kind) {
    put_label(w, label);
    why_say(w, SAY_COUNTED_DAY, (Args){{why_day(w, day), kind}});
}

static Str day_label(Why *w, int64_t n) {
    return why_said(w, SAY_LABEL_DAY, (Args){{why_number(w, (uint64_t)n)}});
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
            put_label(w, why_word(w, SAY_LABEL_STARTS));
            why_say(w, part.from > t->begins ? SAY_STARTS_NEXT : SAY_STARTS_OPEN,
                    (Args){{why_moment(w, part.from)}});
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
        put_counted(w, open ? day_label(w, n) : no_time(w, &part, t->begins),
                    open || part.from >= t->begins ? part.from : t->begins, kind_text(w, &part));
        if (last)
            break;
    }
    if (n < w->d.span.i) /* the deadline stands at the opening of the last day */
        put_counted(w, day_label(w, w->d.span.i), t->unpaused, (Str){NULL, 0});
    return OK;
}

static bool has_pause_before_due(const Duty *d) {
    return d->fold.pause_count > 0 &&
           (d->fold.due == INSTANT_NEVER || d->fold.pauses[0].from < d->fold.due);
}

static Status put_paused_deadline(Why *w) {
    const Duty *d = &w->d;
    Walk k = {.w = w, .limit = d->terms.limit_ms, .day = INT32_MIN};
    put_label(w, why_word(w, SAY_LABEL_USED));
    why_say(w, d->terms.working ? SAY_USED_WORKING : SAY_USED_TIME,
            (Args){{why_span(w, d->terms.limit_ms)}});
    TRY(walk_active(&k, d->fold.due));
    if (d->fold.due != INSTANT_NEVER) {
        put_end(w, d->def->forbids ? SAY_LABEL_SO_UNTIL : SAY_LABEL_SO_DUE, d->fold.due);
        put_c(w->out, '\n');
        return OK;
    }
    int64_t left;
    int64_t at = d->fold.pauses[d->fold.pause_count - 1].from;
    TRY(fold_left(&d->terms, &d->fold, at, &left));
    put_label(w, why_word(w, SAY_LABEL_LEFT));
    why_say(w, SAY_LEFT_THEN, (Args){{why_span(w, left)}});
    return OK;
}

static const Sentence due_ends[DUE_ENDS] = {0,
                                            SAY_DUE_DAY,
                                            SAY_DUE_WORKING_DAY,
                                            SAY_DUE_WEEK,
                                            SAY_DUE_MONTH,
                                            SAY_DUE_QUARTER,
                                            SAY_DUE_YEAR,
                                            SAY_DUE_LAST_OF_WEEK,
                                            SAY_DUE_LAST_OF_MONTH,
                                            SAY_DUE_LAST_OF_QUARTER,
                                            SAY_DUE_LAST_OF_YEAR,
                                            SAY_DUE_NO_TIME};

Value why_due_said(const Duty *d, bool chinese) {
    return d->def->due_end != DUE_END_NONE
               ? value_text(sentence_word(chinese, due_ends[d->def->due_end]))
               : d->span;
}

static Status put_deadline(Why *w) {
    const Duty *d = &w->d;
    const Terms *t = &d->terms;
    if (t->unpaused == INSTANT_NEVER) {
        why_say_word(w, SAY_DUE_NEVER);
        return OK;
    }
    if (t->begins > t->raised)
        why_say(w, SAY_CLOCK_STARTS, (Args){{why_moment(w, t->begins), why_moment(w, t->raised)}});
    bool calendar = t->working && t->calendar != NULL;
    if (d->def->due_by)
        why_say(w, SAY_DUE_BY, (Args){{why_value(w, why_due_said(d, w->chinese))}});
    else
        why_say(w, SAY_DUE_WITHIN,
                (Args){{why_value(w, d->span), why_moment(w, t->begins),
                        calendar ? t->calendar->name : S(""),
                        calendar ? t->calendar->zone->name : S("")}});
    bool paused = has_pause_before_due(d);
    if (calendar && d->span.aux == FAMILY_WORKING_DAYS) {
        TRY(put_working_days(w));
    } else if (t->working && !paused) {
        Walk k = {.w = w, .limit = t->limit_ms, .day = INT32_MIN};
        TRY(walk_between(&k, t->begins, t->unpaused));
    }
    put_end(w, d->def->forbids ? SAY_LABEL_UNTIL : SAY_LABEL_DUE, t->unpaused);
    if (paused)
        why_say_word(w, SAY_BUT_PAUSES);
    if (d->assumed)
        why_say_word(w, SAY_ASSUMED_YEAR);
    put_c(w->out, '\n');
    return paused ? put_paused_deadline(w) : OK;
}

/* By the clocks of where its time is counted, which may not be the policy's. */
Status why_deadline(Why *w) {
    const Terms *t = &w->d.terms;
    ZoneCache policy = w->r->render.zone;
    bool other = !str_eq(t->zone->name, policy.zone->name);
    why_say(w, w->d.def->forbids ? SAY_WHY_UNTIL : SAY_WHY_DUE,
            (Args){{other ? t->zone->name : S("")}});
    if (other)
        w->r->render.zone = (ZoneCache){.zone = t->zone};
    Status status = put_deadline(w);
    w->r->render.zone = policy;
    return status;
}
