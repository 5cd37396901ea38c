/* base: working time. */
#include "engine/base/calendar.h"

#include "engine/base/check.h"
#include "engine/base/ckd.h"
#include "engine/base/limits.h"
#include "engine/base/utf8.h"

/* --- walking from date to date
 * ------------------------------------------------------------------------ */

static void walk_init(CalWalk *w, const Calendar *cal, bool *assumed) {
    *w = (CalWalk){.cal = cal, .zone = {.zone = cal->zone}, .left = LIMIT_CAL_DAYS};
    w->known_from = DAY_MIN;
    w->known_to = DAY_MAX;
    if (cal->published_from != 0) {
        w->known_from = days_from_civil(cal->published_from, 1, 1);
        w->known_to = days_from_civil(cal->published_to, 12, 31);
    }
    w->assumed = assumed;
}

static bool walk_is_known(const CalWalk *w) {
    return w->day >= w->known_from && w->day <= w->known_to;
}

/* The instant of a wall time of the date. */
static inline int64_t walk_instant(CalWalk *w, int64_t time) {
    return zone_cache_instant(&w->zone, w->day * DAY_MS + time);
}

/* Learns the hours of w->day, to which w->date belongs. */
static Status walk_look(CalWalk *w) {
    if (!day_ok(w->day))
        return ERR_OVERFLOW;
    if (w->left == 0)
        return ERR_LIMIT;
    w->left--;
    w->looked = true;
    if (!walk_is_known(w) && w->assumed != NULL)
        *w->assumed = true;
    const Calendar *cal = w->cal;
    if (w->date < cal->n_dates && cal->dates[w->date].day == w->day) {
        w->hours = cal->dates[w->date].hours;
        w->kind = w->hours.n == 0 ? CAL_HOLIDAY : CAL_OWN_HOURS;
    } else {
        w->hours = cal->week[civil_weekday(w->day)];
        w->kind = CAL_WEEKDAY;
    }
    return OK;
}

static Status walk_to(CalWalk *w, int32_t day) {
    if (w->looked && w->day == day)
        return OK;
    uint32_t low = 0, high = w->cal->n_dates;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (w->cal->dates[mid].day < day)
            low = mid + 1;
        else
            high = mid;
    }
    w->day = day;
    w->date = low;
    return walk_look(w);
}

/* To the date whose midnight is the last at or before t. Where the clock goes back over midnight
 * that is not the date that it shows, but the one after. */
static Status walk_seek(CalWalk *w, int64_t t) {
    if (!instant_ok(t))
        return ERR_OVERFLOW;
    int32_t day = local_day(zone_cache_local(&w->zone, t));
    while (day <= DAY_MAX && zone_cache_instant(&w->zone, (day + 1) * DAY_MS) <= t)
        day++;
    return walk_to(w, day);
}

static Status walk_next(CalWalk *w) {
    const Calendar *cal = w->cal;
    w->day++;
    if (w->date < cal->n_dates && cal->dates[w->date].day < w->day)
        w->date++;
    return walk_look(w);
}

static Status walk_previous(CalWalk *w) {
    w->day--;
    if (w->date > 0 && w->cal->dates[w->date - 1].day == w->day)
        w->date--;
    return walk_look(w);
}

/* The instants of span i of the date; false if it is nothing. */
static inline bool walk_span(CalWalk *w, uint32_t i, Interval *out) {
    out->from = walk_instant(w, w->hours.spans[i].from_ms);
    out->to = walk_instant(w, w->hours.spans[i].to_ms);
    return out->from < out->to;
}

static bool walk_works(CalWalk *w) {
    Interval x;
    for (uint32_t i = 0; i < w->hours.n; i++)
        if (walk_span(w, i, &x))
            return true;
    return false;
}

/* Goes on to the first span that ends after t, and gives it. */
static Status walk_open(CalWalk *w, int64_t t, Interval *span) {
    TRY(walk_seek(w, t));
    for (;;) {
        for (uint32_t i = 0; i < w->hours.n; i++)
            if (walk_span(w, i, span) && span->to > t)
                return OK;
        TRY(walk_next(w));
    }
}

static Status checked(int64_t t, int64_t *out) {
    if (!instant_ok(t))
        return ERR_OVERFLOW;
    *out = t;
    return OK;
}

/* --- one date
 * ----------------------------------------------------------------------------------------- */

bool cal_is_working_day(const Calendar *cal, int32_t day, bool *assumed) {
    CalWalk w;
    walk_init(&w, cal, assumed);
    return walk_to(&w, day) == OK && walk_works(&w);
}

Status cal_nth_day(const Calendar *cal, int32_t year, int32_t month, int32_t n, int32_t *out,
                   bool *assumed) {
    if (!civil_ok(year, month, 1))
        return ERR_OVERFLOW;
    int32_t days = civil_days_in_month(year, month);
    int32_t first = days_from_civil(year, month, 1);
    int32_t found = 0, step = n < 0 ? -1 : 1;
    CalWalk w;
    walk_init(&w, cal, assumed);
    for (int32_t i = 0; i < days && n != 0; i++) {
        TRY(walk_to(&w, step < 0 ? first + days - 1 - i : first + i));
        found += walk_works(&w) ? step : 0;
        if (found == n) {
            *out = w.day;
            return OK;
        }
    }
    return ERR_NOTFOUND;
}

/* --- instants
 * ----------------------------------------------------------------------------------------- */

bool cal_is_open(const Calendar *cal, int64_t t, bool *assumed) {
    CalWalk w;
    Interval span;
    walk_init(&w, cal, assumed);
    if (walk_seek(&w, t) != OK)
        return false;
    for (uint32_t i = 0; i < w.hours.n; i++)
        if (walk_span(&w, i, &span) && span.from <= t && t < span.to)
            return true;
    return false;
}

Status cal_next_open(const Calendar *cal, int64_t t, int64_t *out, bool *assumed) {
    CalWalk w;
    Interval span;
    walk_init(&w, cal, assumed);
    TRY(walk_open(&w, t, &span));
    return checked(span.from < t ? t : span.from, out);
}

Status cal_end_of_day(const Calendar *cal, int64_t t, int64_t *out, bool *assumed) {
    CalWalk w;
    Interval span, last;
    walk_init(&w, cal, assumed);
    TRY(walk_open(&w, t, &last));
    for (uint32_t i = 0; i < w.hours.n; i++)
        if (walk_span(&w, i, &span))
            last = span;
    return checked(last.to, out);
}

/* The n-th working day after the date, or before it. */
static Status walk_days(CalWalk *w, int64_t n, bool back) {
    while (n > 0) {
        TRY(back ? walk_previous(w) : walk_next(w));
        n -= walk_works(w);
    }
    return OK;
}

Status cal_add_days(const Calendar *cal, int64_t t, int64_t n, int64_t *out, bool *assumed) {
    CalWalk w;
    Interval span;
    if (n < 0)
        return n == INT64_MIN ? ERR_OVERFLOW : cal_sub_days(cal, t, -n, out, assumed);
    if (n == 0)
        return checked(t, out);
    walk_init(&w, cal, assumed);
    TRY(walk_open(&w, t, &span));
    int32_t wall = local_time(zone_cache_local(&w.zone, span.from < t ? t : span.from));
    int32_t moved = wall;
    TRY(walk_days(&w, n, false));
    for (uint32_t i = 0; i < w.hours.n; i++) {
        DaySpan hours = w.hours.spans[i];
        if (!walk_span(&w, i, &span))
            continue;
        moved = wall < hours.from_ms ? hours.from_ms : wall < hours.to_ms ? wall : hours.to_ms;
        if (wall < hours.to_ms)
            break;
    }
    return checked(walk_instant(&w, moved), out);
}

/* Goes back to the last span that begins before t, and gives it and the wall time of its end or of
 * t. */
static Status walk_open_back(CalWalk *w, int64_t t, int32_t *wall) {
    Interval span;
    TRY(walk_seek(w, t - 1));
    for (;;) {
        for (uint32_t i = w->hours.n; i-- > 0;) {
            if (!walk_span(w, i, &span) || span.from >= t)
                continue;
            *wall =
                t < span.to ? local_time(zone_cache_local(&w->zone, t)) : w->hours.spans[i].to_ms;
            return OK;
        }
        TRY(walk_previous(w));
    }
}

Status cal_sub_days(const Calendar *cal, int64_t t, int64_t n, int64_t *out, bool *assumed) {
    CalWalk w;
    Interval span;
    int32_t wall, moved;
    if (n < 0)
        return n == INT64_MIN ? ERR_OVERFLOW : cal_add_days(cal, t, -n, out, assumed);
    if (n == 0 || !instant_ok(t))
        return checked(t, out);
    walk_init(&w, cal, assumed);
    TRY(walk_open_back(&w, t, &wall));
    TRY(walk_days(&w, n, true));
    moved = wall;
    for (uint32_t i = w.hours.n; i-- > 0;) {
        DaySpan hours = w.hours.spans[i];
        if (!walk_span(&w, i, &span))
            continue;
        moved = wall > hours.to_ms ? hours.to_ms : wall > hours.from_ms ? wall : hours.from_ms;
        if (wall > hours.from_ms)
            break;
    }
    return checked(walk_instant(&w, moved), out);
}

Status cal_add_time(const Calendar *cal, int64_t t, int64_t ms, int64_t *out, bool *assumed) {
    if (ms < 0)
        return ms == INT64_MIN ? ERR_OVERFLOW : cal_sub_time(cal, t, -ms, out, assumed);
    return active_add(cal, t, ms, NULL, 0, out, assumed);
}

Status cal_sub_time(const Calendar *cal, int64_t t, int64_t ms, int64_t *out, bool *assumed) {
    CalWalk w;
    Interval span;
    if (ms < 0)
        return ms == INT64_MIN ? ERR_OVERFLOW : cal_add_time(cal, t, -ms, out, assumed);
    if (ms == 0 || !instant_ok(t))
        return checked(t, out);
    walk_init(&w, cal, assumed);
    TRY(walk_seek(&w, t - 1));
    for (;;) {
        for (uint32_t i = w.hours.n; i-- > 0;) {
            if (!walk_span(&w, i, &span) || span.from >= t)
                continue;
            if (span.to > t)
                span.to = t;
            if (span.to - span.from >= ms)
                return checked(span.to - ms, out);
            ms -= span.to - span.from;
        }
        TRY(walk_previous(&w));
    }
}

Status cal_between(const Calendar *cal, int64_t a, int64_t b, int64_t *ms, bool *assumed) {
    return active_between(cal, a, b, NULL, 0, ms, assumed);
}

Status cal_share_of(int64_t ms, int64_t num, int64_t den, int64_t *out) {
    __extension__ typedef unsigned __int128 Wide;
    if (ms < 0 || num < 0 || den <= 0)
        return ERR_OVERFLOW;
    Wide share = ((Wide)ms * (Wide)num + (Wide)(den - 1)) / (Wide)den;
    if (share > INT64_MAX)
        return ERR_OVERFLOW;
    *out = (int64_t)share;
    return OK;
}

Status cal_share(const Calendar *cal, int64_t t, int64_t u, int64_t num, int64_t den, int64_t *out,
                 bool *assumed) {
    int64_t all, share;
    TRY(active_between(cal, t, u, NULL, 0, &all, assumed));
    TRY(cal_share_of(all, num, den, &share));
    return active_add(cal, t, share, NULL, 0, out, assumed);
}

/* --- active time
 * -------------------------------------------------------------------------------------- */

/* Takes the working time of [from, until) away from *need. When none is needed any more, *out is
 * the instant at which that was so, and the walk ends there. */
static Status walk_run(CalWalk *w, int64_t from, int64_t until, int64_t *need, int64_t *out) {
    Interval span;
    TRY(walk_seek(w, from));
    for (;;) {
        for (uint32_t i = 0; i < w->hours.n; i++) {
            if (!walk_span(w, i, &span) || span.to <= from)
                continue;
            int64_t begin = span.from < from ? from : span.from;
            int64_t passed = (span.to < until ? span.to : until) - begin;
            if (passed >= *need) {
                *out = begin + *need;
                *need = 0;
                return OK;
            }
            *need -= passed > 0 ? passed : 0;
        }
        if (walk_instant(w, DAY_MS) >= until)
            return OK;
        TRY(walk_next(w));
    }
}

/* The same in real time. */
static void real_run(int64_t from, int64_t until, int64_t *need, int64_t *out) {
    int64_t passed = until - from < *need ? until - from : *need;
    *need -= passed;
    *out = from + passed;
}

/* What goes from one stretch without a pause to the next. */
typedef struct Active {
    const Interval *pauses;
    size_t n, i; /* i: the first pause that may lie ahead */
    int64_t at;  /* how far it came */
} Active;

static Active active_from(int64_t t, const Interval *pauses, size_t n) {
    size_t low = 0, high = n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (pauses[mid].to <= t)
            low = mid + 1;
        else
            high = mid;
    }
    return (Active){pauses, n, low, t};
}

/* The next stretch before `end` in which no pause holds; false if there is none. */
static bool active_next(Active *a, int64_t end, Interval *out) {
    while (a->i < a->n && a->pauses[a->i].from <= a->at)
        a->at = a->pauses[a->i++].to;
    if (a->at >= end)
        return false;
    out->from = a->at;
    out->to = a->i < a->n && a->pauses[a->i].from < end ? a->pauses[a->i].from : end;
    a->at = out->to;
    return true;
}

static Status run(CalWalk *w, Interval x, int64_t *need, int64_t *out) {
    if (w->cal != NULL)
        return walk_run(w, x.from, x.to, need, out);
    real_run(x.from, x.to, need, out);
    return OK;
}

Status active_add(const Calendar *cal, int64_t t, int64_t ms, const Interval *pauses, size_t n,
                  int64_t *out, bool *assumed) {
    CalWalk w = {0};
    Interval x;
    int64_t at = t;
    if (!instant_ok(t) || ms < 0)
        return ERR_OVERFLOW;
    if (cal != NULL)
        walk_init(&w, cal, assumed);
    Active active = active_from(t, pauses, n);
    while (ms > 0 && active_next(&active, INSTANT_MAX + 1, &x))
        TRY(run(&w, x, &ms, &at));
    if (ms > 0 && active.at == INT64_MAX) {
        *out = INT64_MAX;
        return OK;
    }
    return ms > 0 ? ERR_OVERFLOW : checked(at, out);
}

Status active_between(const Calendar *cal, int64_t a, int64_t b, const Interval *pauses, size_t n,
                      int64_t *ms, bool *assumed) {
    CalWalk w = {0};
    Interval x;
    int64_t need = INT64_MAX, at;
    if (!instant_ok(a) || !instant_ok(b))
        return ERR_OVERFLOW;
    if (cal != NULL)
        walk_init(&w, cal, assumed);
    Active active = active_from(a, pauses, n);
    while (active_next(&active, b, &x))
        TRY(run(&w, x, &need, &at));
    *ms = INT64_MAX - need;
    return OK;
}

/* --- why
 * ---------------------------------------------------------------------------------------------- */

void cal_iter(CalIter *it, const Calendar *cal, int64_t a, int64_t b) {
    *it = (CalIter){.from = a, .until = b, .over = b <= a};
    walk_init(&it->walk, cal, NULL);
}

static CalPart iter_part(CalIter *it, int64_t from, int64_t to) {
    const CalWalk *w = &it->walk;
    it->some = true;
    bool named = w->kind != CAL_WEEKDAY && w->cal->date_names != NULL;
    Str name = named ? w->cal->date_names[w->date] : (Str){NULL, 0};
    return (CalPart){w->day, w->kind, !walk_is_known(w), from, to, name};
}

/* The next part of the date that the walk is at. */
static bool iter_date(CalIter *it, CalPart *out) {
    CalWalk *w = &it->walk;
    Interval span;
    while (it->span < w->hours.n) {
        if (!walk_span(w, it->span++, &span) || span.to <= it->from || span.from >= it->until)
            continue;
        *out = iter_part(it, span.from < it->from ? it->from : span.from,
                         span.to < it->until ? span.to : it->until);
        return true;
    }
    if (it->some)
        return false;
    int64_t midnight = walk_instant(w, 0);
    midnight = midnight < it->from ? it->from : midnight;
    *out = iter_part(it, midnight, midnight);
    return true;
}

Status cal_iter_next(CalIter *it, CalPart *out, bool *got) {
    *got = false;
    if (it->over)
        return OK;
    if (!it->walk.looked)
        TRY(walk_seek(&it->walk, it->from));
    while (!iter_date(it, out)) {
        if (walk_instant(&it->walk, DAY_MS) >= it->until) {
            it->over = true;
            return OK;
        }
        TRY(walk_next(&it->walk));
        it->span = 0;
        it->some = false;
    }
    *got = true;
    return OK;
}

/* --- what a calendar must be, and its bytes
 * ----------------------------------------------------------- */

static bool name_ok(Str name) {
    for (size_t i = 0; i < name.n; i++)
        if ((uint8_t)name.p[i] <= ' ' || name.p[i] == 0x7F)
            return false;
    return name.n > 0 && name.n <= LIMIT_NAME_BYTES;
}

static bool hours_ok(Hours h) {
    int32_t before = 0;
    for (uint32_t i = 0; i < h.n; i++) {
        if (h.spans[i].from_ms < before || h.spans[i].to_ms <= h.spans[i].from_ms)
            return false;
        before = h.spans[i].to_ms;
    }
    return before <= DAY_MS && h.n <= LIMIT_CAL_SPANS;
}

static bool published_ok(const Calendar *cal) {
    if (cal->published_from == 0)
        return cal->published_to == 0;
    return cal->published_from >= 1 && cal->published_from <= cal->published_to &&
           cal->published_to <= 9999;
}

Status cal_check(const Calendar *cal) {
    if (cal->zone == NULL || !name_ok(cal->name) || !published_ok(cal) ||
        cal->n_dates > LIMIT_CAL_DATES)
        return ERR_DAMAGED;
    for (size_t i = 0; i < 7; i++)
        if (!hours_ok(cal->week[i]))
            return ERR_DAMAGED;
    for (uint32_t i = 0; i < cal->n_dates; i++) {
        const CalDate *date = &cal->dates[i];
        if (!day_ok(date->day) || (i > 0 && date->day <= date[-1].day) || !hours_ok(date->hours))
            return ERR_DAMAGED;
    }
    return OK;
}

static void put_hours(Buf *b, Hours h) {
    put_varint(b, h.n);
    for (uint32_t i = 0; i < h.n; i++) {
        put_varint(b, (uint64_t)h.spans[i].from_ms);
        put_varint(b, (uint64_t)h.spans[i].to_ms);
    }
}

void cal_put(Buf *b, const Calendar *cal) {
    put_str(b, cal->name);
    put_str(b, cal->zone->name);
    for (size_t i = 0; i < 7; i++)
        put_hours(b, cal->week[i]);
    put_varint(b, cal->n_dates);
    for (uint32_t i = 0; i < cal->n_dates; i++) {
        put_zigzag(b, cal->dates[i].day);
        put_hours(b, cal->dates[i].hours);
        put_str(b, cal->date_names == NULL ? (Str){NULL, 0} : cal->date_names[i]);
    }
    put_varint(b, (uint64_t)cal->published_from);
    put_varint(b, (uint64_t)cal->published_to);
}

/* A number that must be at most `most`. */
static uint64_t take_most(Take *t, uint64_t most) {
    uint64_t n = take_varint(t);
    if (n > most) {
        t->failed = true;
        return 0;
    }
    return n;
}

static Status take_hours(Take *t, Arena *to, Hours *out) {
    uint64_t n = take_most(t, LIMIT_CAL_SPANS);
    *out = (Hours){NULL, 0};
    if (t->failed)
        return ERR_DAMAGED;
    if (n == 0)
        return OK;
    DaySpan *spans = new (to, DaySpan, n);
    if (spans == NULL)
        return ERR_NOMEM;
    for (uint64_t i = 0; i < n; i++) {
        spans[i].from_ms = (int32_t)take_most(t, (uint64_t)DAY_MS);
        spans[i].to_ms = (int32_t)take_most(t, (uint64_t)DAY_MS);
    }
    *out = (Hours){spans, (uint32_t)n};
    return t->failed ? ERR_DAMAGED : OK;
}

static Status take_dates(Take *t, Arena *to, Calendar *cal) {
    uint64_t n = take_most(t, LIMIT_CAL_DATES);
    if (t->failed || n > take_left(t) / 3) /* a date has three bytes or more */
        return ERR_DAMAGED;
    CalDate *dates = new (to, CalDate, n + 1);
    Str *names = new (to, Str, n + 1);
    if (dates == NULL || names == NULL)
        return ERR_NOMEM;
    for (uint64_t i = 0; i < n; i++) {
        int64_t day = take_zigzag(t);
        if (!day_ok(day))
            return ERR_DAMAGED;
        dates[i].day = (int32_t)day;
        TRY(take_hours(t, to, &dates[i].hours));
        Str name = take_str(t);
        if (t->failed || utf8_good(name) < name.n)
            return ERR_DAMAGED;
        TRY(arena_str(to, name, &names[i]));
    }
    cal->dates = dates;
    cal->date_names = names;
    cal->n_dates = (uint32_t)n;
    return OK;
}

static const Zone *zone_named(Str name, const Zone *zones, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (str_eq(zones[i].name, name))
            return &zones[i];
    return NULL;
}

Status cal_take(Take *t, Arena *to, const Zone *zones, size_t n_zones, Calendar *out) {
    Calendar cal = {0};
    Str name = take_str(t);
    cal.zone = zone_named(take_str(t), zones, n_zones);
    if (t->failed || cal.zone == NULL)
        return ERR_DAMAGED;
    for (size_t i = 0; i < 7; i++)
        TRY(take_hours(t, to, &cal.week[i]));
    TRY(take_dates(t, to, &cal));
    cal.published_from = (int16_t)take_most(t, 9999);
    cal.published_to = (int16_t)take_most(t, 9999);
    if (t->failed)
        return ERR_DAMAGED;
    TRY(arena_str(to, name, &cal.name));
    TRY(cal_check(&cal));
    *out = cal;
    return OK;
}
