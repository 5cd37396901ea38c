/* run: schedules: when a duty or a rule comes of itself. A schedule's number is its place among the
 * policy's, in the order of the text; the timer of that number is its next instant. */
#include "engine/base/check.h"
#include "engine/base/civil.h"
#include "engine/base/limits.h"
#include "engine/run/engine_int.h"

enum { MONTHS_LOOKED = 12 * 100 };

static const ScheduleDef *schedule_in(const Bundle *b, DeclDef decl) {
    const ScheduleDef *s = decl.kind == DECL_DUTY   ? &b->duties[decl.number].schedule
                           : decl.kind == DECL_RULE ? &b->rules[decl.number].schedule
                                                    : NULL;
    return s != NULL && s->kind != SCHEDULE_NONE ? s : NULL;
}

static uint32_t version_in(const Bundle *b, DeclDef decl) {
    return decl.kind == DECL_DUTY ? b->duties[decl.number].version : b->rules[decl.number].version;
}

const DatedDef *schedule_dated(const Bundle *b, DeclDef decl) {
    return decl.kind == DECL_DUTY ? &b->duties[decl.number].dated : &b->rules[decl.number].dated;
}

/* Those of a version have numbers one behind the other; declarations are in the order of versions.
 */
const ScheduleDef *schedule_nth(const Bundle *b, uint32_t i, uint64_t *number, DeclDef *decl) {
    uint32_t version = 0, in_version = 0;
    for (uint32_t d = 0; d < b->decl_count; d++) {
        *decl = b->decls[d];
        const ScheduleDef *s = schedule_in(b, *decl);
        if (s == NULL)
            continue;
        if (version_in(b, *decl) != version) {
            version = version_in(b, *decl);
            in_version = 0;
        }
        if (i-- == 0) {
            *number = b->versions[version].first + in_version;
            return s;
        }
        in_version++;
    }
    return NULL;
}

const ScheduleDef *schedule_of(const Bundle *b, uint64_t number, DeclDef *decl) {
    uint64_t its;
    const ScheduleDef *s;
    for (uint32_t i = 0; (s = schedule_nth(b, i, &its, decl)) != NULL; i++)
        if (its == number)
            return s;
    return NULL;
}

uint32_t schedules_count(const Bundle *b, uint32_t version) {
    uint32_t n = 0;
    for (uint32_t d = 0; d < b->decl_count; d++)
        n += schedule_in(b, b->decls[d]) != NULL && version_in(b, b->decls[d]) == version;
    return n;
}

NumberOf number_of(const Engine *e, uint64_t number) {
    for (uint32_t i = e->b->version_count; i-- > 0;) {
        const OwnNumbers *n = &e->numbers[i];
        if (number < n->first)
            continue;
        return number - n->first < n->schedules              ? NUMBER_OF_SCHEDULE
               : number - n->first < n->schedules + n->moves ? NUMBER_OF_MOVE
                                                             : NUMBER_OF_OWNER;
    }
    return NUMBER_OF_OWNER;
}

/* The first instant of a date's that is not before `from`; false where there is none. Times that
 * the clock of that day passes over are one instant, and so are one. */
static bool at_day(const Bundle *b, const ScheduleDef *s, int64_t day, int64_t from, int64_t *out) {
    for (uint32_t i = 0; day_ok(day) && i < s->time_count; i++) {
        *out = zone_instant(local_zone(b, s->local), day * DAY_MS + s->times[i]);
        if (*out >= from)
            return true;
    }
    return false;
}

static bool falls_on(const Bundle *b, const ScheduleDef *s, int32_t day) {
    if (s->kind == SCHEDULE_WEEKDAY)
        return (s->weekdays >> civil_weekday(day) & 1) != 0;
    return s->kind == SCHEDULE_DAY || cal_is_working_day(local_calendar(b, s->local), day, NULL);
}

static int64_t next_day(const Bundle *b, const ScheduleDef *s, int64_t from) {
    int32_t day = local_day(zone_local(local_zone(b, s->local), from));
    for (int32_t i = -1; i < LIMIT_CAL_DAYS && day_ok((int64_t)day + i); i++) {
        int64_t at;
        if (day_ok((int64_t)day + i) && falls_on(b, s, day + i) && at_day(b, s, day + i, from, &at))
            return at;
    }
    return INSTANT_NEVER;
}

/* The nth of its kind in a month; false: it has not that many. A day that the month does not have
 * is its last. */
static bool day_of_month(const Bundle *b, const ScheduleDef *s, int32_t year, int32_t month,
                         int32_t *day) {
    int32_t length = civil_days_in_month(year, month), first = days_from_civil(year, month, 1);
    if (s->what == MONTHLY_WORKING_DAY)
        return cal_nth_day(local_calendar(b, s->local), year, month, s->nth, day, NULL) == OK;
    if (s->what == MONTHLY_DAY) {
        *day = first + (s->nth < 0 || s->nth > length ? length : s->nth) - 1;
        return true;
    }
    int32_t count = 0, last = 0;
    for (int32_t i = 0; i < length; i++)
        if ((s->weekdays >> civil_weekday(first + i) & 1) != 0 && (s->nth < 0 || count < s->nth)) {
            last = first + i;
            count++;
        }
    *day = last;
    return s->nth < 0 || count == s->nth;
}

static int64_t next_month(const Bundle *b, const ScheduleDef *s, int64_t from) {
    Civil c = civil_from_days(local_day(zone_local(local_zone(b, s->local), from)));
    int32_t months = c.year * 12 + c.month - 1;
    for (int32_t i = -1; i < MONTHS_LOOKED; i++) {
        int32_t year = (months + i) / 12, month = (months + i) % 12 + 1, day;
        int64_t at;
        int32_t into = (month - 1) % s->months; /* the last one is in the period's last month */
        if (year < 1 || year > 9999 || into != (s->nth < 0 ? s->months - 1 : 0))
            continue;
        if (day_of_month(b, s, year, month, &day) && at_day(b, s, day, from, &at))
            return at;
    }
    return INSTANT_NEVER;
}

/* So many days or months on from the first date, each counted from that one. */
static int64_t next_span(const Bundle *b, const ScheduleDef *s, int32_t first, int64_t from) {
    int64_t day = local_day(zone_local(local_zone(b, s->local), from));
    int64_t longest = s->span.aux == FAMILY_DAYS ? s->span.i : s->span.i * 31;
    int64_t n = day > first ? (day - first) / longest : 0, at = INSTANT_NEVER;
    for (n = n > 0 ? n - 1 : 0;; n++) { /* from one that is surely before it */
        int32_t on = first;
        int64_t to = s->span.aux == FAMILY_DAYS ? first + n * s->span.i : 0;
        if (s->span.aux == FAMILY_MONTHS) {
            if (civil_add_months(first, n * s->span.i, &on) != OK)
                return INSTANT_NEVER;
            to = on;
        }
        if (!day_ok(to))
            return INSTANT_NEVER;
        if (at_day(b, s, to, from, &at))
            return at;
    }
}

int64_t schedule_next(const Bundle *b, const ScheduleDef *s, int64_t last, int64_t from) {
    switch ((ScheduleKind)s->kind) {
    case SCHEDULE_WEEKDAY:
    case SCHEDULE_DAY:
    case SCHEDULE_WORKING_DAY:
        return next_day(b, s, from);
    case SCHEDULE_MONTH:
        return next_month(b, s, from);
    case SCHEDULE_SPAN: {
        int64_t at;
        int32_t first = s->from;
        if (!s->has_from && last != INSTANT_NEVER) {
            first = local_day(zone_local(local_zone(b, s->local), last));
        } else if (!s->has_from) { /* the first time of day from here on */
            first = local_day(zone_local(local_zone(b, s->local), from));
            if (!at_day(b, s, first, from, &at))
                first++;
        }
        return next_span(b, s, first, from);
    }
    case SCHEDULE_NONE:
        break;
    }
    return INSTANT_NEVER;
}

static Status schedule_set(Engine *e, uint64_t number, int64_t at) {
    int64_t none = INSTANT_NEVER;
    uint32_t rung = 0;
    return timer_set(e, number, &none, &rung, at, 0);
}

Status schedules_begin(Engine *e, uint32_t version, int64_t from) {
    DeclDef decl;
    const OwnNumbers *n = &e->numbers[version];
    for (uint64_t number = n->first; number < n->first + n->schedules; number++) {
        const ScheduleDef *s = schedule_of(e->b, number, &decl);
        TRY(schedule_set(e, number, schedule_next(e->b, s, INSTANT_NEVER, from)));
    }
    return OK;
}

/* Puts the timer that is at `at` to the next instant. Where more of them are due already, a
 * schedule may say that only the latest counts, or none: *skips then, and the timer is at the
 * latest or beyond all that were missed (semantics.md 7). */
static Status schedule_on(Engine *e, uint64_t number, const ScheduleDef *s, DeclDef decl,
                          int64_t at, bool *skips) {
    int64_t old = at, last = at, next = schedule_next(e->b, s, at, at + 1);
    uint32_t rung = 0;
    *skips = s->missed != MISSED_ARE_EACH && next < e->before;
    while (*skips && next < e->before) {
        last = next;
        next = schedule_next(e->b, s, last, last + 1);
    }
    if (next >= schedule_dated(e->b, decl)->until) /* what is over comes no more */
        next = INSTANT_NEVER;
    bool latest = *skips && s->missed == MISSED_ARE_LATEST;
    return timer_set(e, number, &old, &rung, latest ? last : next, 0);
}

Status schedule_skip(Engine *e, uint64_t number, int64_t at) {
    DeclDef decl;
    bool skips;
    const ScheduleDef *s = schedule_of(e->b, number, &decl);
    if (s == NULL)
        return engine_fail(e, ERR_DAMAGED, "a timer of a schedule that the policy does not have");
    return schedule_on(e, number, s, decl, at, &skips);
}

Status schedule_fire(Engine *e, uint64_t number, int64_t at) {
    DeclDef decl = {0};
    bool skips;
    const ScheduleDef *s = schedule_of(e->b, number, &decl);
    if (s == NULL)
        return engine_fail(e, ERR_DAMAGED, "a timer of a schedule that the policy does not have");
    Str *key = new (&e->event, Str, 1);
    if (key == NULL)
        return ERR_NOMEM;
    Value instant = value_of(V_INSTANT, at);
    TRY(key_texts(e, &instant, 1, &key));
    TRY(schedule_on(e, number, s, decl, at, &skips));
    if (skips)
        return OK;
    e->now = at;
    e->subject = (Subject){.kind = decl.kind == DECL_RULE ? SUBJECT_RULE : SUBJECT_DUTY,
                           .decl = decl.number,
                           .occurrence = 1,
                           .key = key,
                           .key_count = 1};
    e->cause = (Cause){.kind = CAUSE_TIMER, .instant = at, .subject = e->subject};
    if (decl.kind == DECL_DUTY && e->b->duties[decl.number].each_fn >= 0)
        return dated_at(&e->b->duties[decl.number].dated, at)
                   ? engine_actions(e, e->b->duties[decl.number].each_fn, NULL, NULL)
                   : OK;
    if (decl.kind == DECL_DUTY)
        return duty_raise(e, decl.number, NULL, NULL, at);
    const RuleDef *rule = &e->b->rules[decl.number];
    if (!dated_at(&rule->dated, at))
        return OK;
    e->rule = decl.number + 1;
    e->line = rule->file << 20 | rule->line;
    return engine_actions(e, rule->fn, NULL, NULL);
}

/* ---- `due by end of ...` */

static Status period_end(int32_t day, DueEnd end, int32_t *last) {
    Civil c = civil_from_days(day);
    int32_t month = c.month;
    switch (end) {
    case DUE_END_OF_WEEK:
    case DUE_LAST_WORKING_DAY_OF_WEEK:
        *last = day + 6 - civil_weekday(day);
        return day_ok(*last) ? OK : ERR_OVERFLOW;
    case DUE_END_OF_QUARTER:
    case DUE_LAST_WORKING_DAY_OF_QUARTER:
        month = (c.month - 1) / 3 * 3 + 3;
        break;
    case DUE_END_OF_YEAR:
    case DUE_LAST_WORKING_DAY_OF_YEAR:
        month = 12;
        break;
    case DUE_END_OF_MONTH:
    case DUE_LAST_WORKING_DAY_OF_MONTH:
        break;
    case DUE_END_NONE:
    case DUE_NEVER:
    case DUE_END_OF_DAY:
    case DUE_END_OF_WORKING_DAY:
    case DUE_ENDS:
        *last = day;
        return OK;
    }
    *last = days_from_civil(c.year, month, civil_days_in_month(c.year, month));
    return OK;
}

/* The closing of the last working day up to a date; false when that is not after `t`. */
static Status last_closing(const Bundle *b, uint32_t local, int32_t last, int64_t t, int64_t *out,
                           bool *assumed, bool *found) {
    const Calendar *calendar = local_calendar(b, local);
    *found = false;
    for (int32_t i = 0; i < LIMIT_CAL_DAYS && day_ok((int64_t)last - i); i++) {
        int32_t day = last - i;
        if (!cal_is_working_day(calendar, day, assumed))
            continue;
        int64_t start = zone_instant(calendar->zone, day * DAY_MS);
        TRY(cal_end_of_day(calendar, start, out, assumed));
        *found = *out > t;
        return OK;
    }
    return ERR_LIMIT;
}

Status due_end(const Bundle *b, uint32_t local, DueEnd end, int64_t raised, int64_t *out,
               bool *assumed) {
    const Zone *zone = local_zone(b, local);
    int32_t day = local_day(zone_local(zone, raised)), last;
    if (end == DUE_NEVER) {
        *out = INSTANT_NEVER;
        return OK;
    }
    if (end == DUE_END_OF_WORKING_DAY)
        return cal_end_of_day(local_calendar(b, local), raised, out, assumed);
    for (int tries = 0; tries < 3; tries++) {
        bool found = true;
        TRY(period_end(day, end, &last));
        if (end >= DUE_LAST_WORKING_DAY_OF_WEEK)
            TRY(last_closing(b, local, last, raised, out, assumed, &found));
        else
            *out = zone_instant(zone, (last + INT64_C(1)) * DAY_MS);
        if (found)
            return OK;
        day = last + 1; /* its last working day is over: that of the next period */
        if (!day_ok(day))
            return ERR_OVERFLOW;
    }
    return ERR_LIMIT;
}
