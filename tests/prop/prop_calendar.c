/* Law: calendars agree with walking minute by minute.
 * Random calendars in random zones, most of them about a change of the clock, are asked what
 * engine/base/calendar.h offers; the answers are compared with a row of minutes, each open or not,
 * that knows only zone_local and the definitions: a wall time is the first minute at which the
 * clock shows it or later. prop_calendar [--seed N] [--calendars N]      (or REMIT_SEED) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/calendar.h"

enum { DAYS = 24, MINUTES = DAYS * 1440, SPANS = 4, DATES = 8, PAUSES = 6, QUESTIONS = 40 };

static uint64_t random_state;

static uint64_t random_bits(void) {
    random_state += UINT64_C(0x9E3779B97F4A7C15); /* splitmix64 */
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* 0..below-1 */
static int any(int below) {
    return (int)(random_bits() % (uint64_t)below);
}

/* --- the calendar and its minutes
 * --------------------------------------------------------------------- */

typedef struct World {
    Zone zone;
    Calendar cal;
    DaySpan spans[7 + DATES][SPANS];
    CalDate dates[DATES];
    Interval pauses[PAUSES];
    size_t n_pauses;
    int64_t start; /* the instant of minute 0 */
    int32_t first; /* its local date */
    /* By minute; [m] speaks of the time from m to m + 1. */
    int64_t local[MINUTES]; /* in minutes */
    bool open[MINUTES], paused[MINUTES];
    int32_t date[MINUTES]; /* whose working time it is */
    /* By date since `first`. */
    int midnight[DAYS + 2];
    Hours hours[DAYS + 2];
    int opening[DAYS + 2][SPANS], closing[DAYS + 2][SPANS]; /* minutes of each span */
} World;

static World world;
static Arena arena;
static int failures;

/* The first minute at which the clock shows `local` (in minutes) or later; MINUTES if it is beyond.
 */
static int first_showing(const World *w, int64_t local) {
    int m = 0;
    while (m < MINUTES && w->local[m] < local)
        m++;
    return m;
}

static Hours random_hours(DaySpan *room) {
    Hours h = {room, 0};
    int at = 0, most = any(5) == 0 ? 0 : 1 + any(SPANS);
    int reach = any(3) == 0 ? 240 : 1440; /* some have their hours where clocks change */
    while ((int)h.n < most && at < 1440) {
        int from = at + any(reach / 2), to = from + 1 + any(reach / 2);
        if (from >= 1440)
            break;
        to = to > 1440 || any(8) == 0 ? 1440 : to;
        room[h.n++] = (DaySpan){from * 60000, to * 60000};
        at = to + (any(3) == 0 ? 0 : any(60));
    }
    return h;
}

static int by_day(const void *a, const void *b) {
    int32_t x = ((const CalDate *)a)->day, y = ((const CalDate *)b)->day;
    return (x > y) - (x < y);
}

static void make_calendar(World *w) {
    w->cal = (Calendar){.name = S("random"), .zone = &w->zone, .dates = w->dates};
    for (size_t i = 0; i < 7; i++)
        w->cal.week[i] = random_hours(w->spans[i]);
    int32_t day = w->first;
    for (uint32_t i = 0, n = (uint32_t)any(DATES + 1); i < n; i++) {
        day += 1 + any(5);
        Hours own = random_hours(w->spans[7 + i]);
        w->dates[w->cal.n_dates++] = (CalDate){day, any(2) == 0 ? (Hours){NULL, 0} : own};
    }
    qsort(w->dates, w->cal.n_dates, sizeof *w->dates, by_day);
    int32_t year = civil_from_days(w->first).year;
    if (any(2) == 0) {
        w->cal.published_from = (int16_t)(year - any(3) + 1);
        w->cal.published_to = (int16_t)(w->cal.published_from + any(2));
    }
}

static Hours hours_of(const World *w, int32_t day) {
    for (uint32_t i = 0; i < w->cal.n_dates; i++)
        if (w->dates[i].day == day)
            return w->dates[i].hours;
    return w->cal.week[civil_weekday(day)];
}

/* Somewhere in a zone, most often with a change of its clock in the middle. Offsets are whole
 * minutes from 1975. */
static void make_place(World *w) {
    arena_reset(&arena);
    if (zone_find(zone_name((size_t)any((int)zone_names())), &arena, &w->zone) != OK)
        abort();
    ZoneCache c = {.zone = &w->zone};
    int64_t t = (days_from_civil(1975, 1, 1) + any(86 * 365)) * DAY_MS + any(1440) * MINUTE_MS;
    zone_cache_load(&c, t);
    if (any(4) != 0 && c.until < days_from_civil(2400, 1, 1) * DAY_MS)
        t = c.until;
    w->start = t - (6 + any(8)) * DAY_MS + any(1440) * MINUTE_MS;
    for (int m = 0; m < MINUTES; m++)
        w->local[m] = zone_cache_local(&c, w->start + m * MINUTE_MS) / MINUTE_MS;
    w->first = local_day(w->local[0] * MINUTE_MS);
}

static void make_minutes(World *w) {
    memset(w->open, 0, sizeof w->open);
    for (int i = 0; i < DAYS + 2; i++) {
        int64_t midnight = (int64_t)(w->first + i) * 1440;
        w->midnight[i] = first_showing(w, midnight);
        w->hours[i] = hours_of(w, w->first + i);
        for (uint32_t k = 0; k < w->hours[i].n; k++) {
            w->opening[i][k] = first_showing(w, midnight + w->hours[i].spans[k].from_ms / 60000);
            w->closing[i][k] = first_showing(w, midnight + w->hours[i].spans[k].to_ms / 60000);
            for (int m = w->opening[i][k]; m < w->closing[i][k]; m++) {
                w->open[m] = true;
                w->date[m] = i;
            }
        }
    }
}

static void make_pauses(World *w) {
    memset(w->paused, 0, sizeof w->paused);
    w->n_pauses = 0;
    for (int m = any(3000); m < MINUTES && w->n_pauses < PAUSES; m += any(2000)) {
        int end = m + 1 + any(3000);
        bool for_ever = any(10) == 0 || end > MINUTES;
        for (int k = m; k < (for_ever ? MINUTES : end); k++)
            w->paused[k] = true;
        w->pauses[w->n_pauses++] =
            (Interval){w->start + m * MINUTE_MS, for_ever ? INT64_MAX : w->start + end * MINUTE_MS};
        if (for_ever)
            break;
        m = end;
    }
}

/* --- the answers, by minutes; -1 where they lie outside the row
 * --------------------------------------- */

typedef struct Wish {
    bool calendar, pauses;
} Wish;

static bool counts(const World *w, Wish wish, int m) {
    return (!wish.calendar || w->open[m]) && (!wish.pauses || !w->paused[m]);
}

/* ms after minute 0. */
static int64_t walk_on(const World *w, Wish wish, int m, int64_t ms) {
    if (ms == 0)
        return m * MINUTE_MS;
    for (; m < MINUTES; m++) {
        if (!counts(w, wish, m))
            continue;
        if (ms <= MINUTE_MS)
            return m * MINUTE_MS + ms;
        ms -= MINUTE_MS;
    }
    return -1;
}

static int64_t walk_back(const World *w, int m, int64_t ms) {
    if (ms == 0)
        return m * MINUTE_MS;
    while (m-- > 0) {
        if (!w->open[m])
            continue;
        if (ms <= MINUTE_MS)
            return (m + 1) * MINUTE_MS - ms;
        ms -= MINUTE_MS;
    }
    return -1;
}

static int64_t count(const World *w, Wish wish, int a, int b) {
    int64_t n = 0;
    for (int m = a; m < b; m++)
        n += counts(w, wish, m);
    return n * MINUTE_MS;
}

static bool works(const World *w, int date) {
    for (uint32_t k = 0; k < w->hours[date].n; k++)
        if (w->opening[date][k] < w->closing[date][k])
            return true;
    return false;
}

static int64_t in_minutes(int m) {
    return m >= MINUTES ? -1 : m * MINUTE_MS;
}

static int64_t days_on(const World *w, int m, int n) {
    while (m < MINUTES && !w->open[m])
        m++;
    if (m >= MINUTES)
        return -1;
    int date = w->date[m], wall = (int)(w->local[m] % 1440), moved = -1;
    while (n > 0 && ++date < DAYS - 1)
        n -= works(w, date);
    for (uint32_t k = 0; n == 0 && k < w->hours[date].n; k++) {
        int from = w->hours[date].spans[k].from_ms / 60000;
        int to = w->hours[date].spans[k].to_ms / 60000;
        if (w->opening[date][k] >= w->closing[date][k])
            continue;
        moved = wall >= to ? to : wall < from ? from : wall;
        if (wall < to)
            break;
    }
    return n > 0 ? -1 : in_minutes(first_showing(w, (int64_t)(w->first + date) * 1440 + moved));
}

static int64_t days_back(const World *w, int m, int n) {
    while (m > 0 && !w->open[m - 1])
        m--;
    if (m <= 0)
        return -1;
    int date = w->date[m - 1], wall = m < MINUTES ? (int)(w->local[m] % 1440) : 0, moved = -1;
    for (uint32_t k = 0; k < w->hours[date].n; k++)
        if (w->opening[date][k] < w->closing[date][k] && w->closing[date][k] == m)
            wall = w->hours[date].spans[k].to_ms / 60000;
    while (n > 0 && --date > 0)
        n -= works(w, date);
    for (uint32_t k = n == 0 ? w->hours[date].n : 0; k-- > 0;) {
        int from = w->hours[date].spans[k].from_ms / 60000,
            to = w->hours[date].spans[k].to_ms / 60000;
        if (w->opening[date][k] >= w->closing[date][k])
            continue;
        moved = wall > to ? to : wall > from ? wall : from;
        if (wall > from)
            break;
    }
    return n > 0 ? -1 : in_minutes(first_showing(w, (int64_t)(w->first + date) * 1440 + moved));
}

static int64_t day_end(const World *w, int m) {
    for (int date = 0; date < DAYS - 1; date++) {
        int last = -1;
        for (uint32_t k = 0; k < w->hours[date].n; k++)
            if (w->opening[date][k] < w->closing[date][k])
                last = w->closing[date][k];
        if (last > m)
            return in_minutes(last);
    }
    return -1;
}

/* Whether a date of a year that is not published lies in the way from minute m to `ms`. */
static bool unpublished(const World *w, int m, int64_t ms) {
    for (int i = 0; i <= DAYS; i++) {
        int year = civil_from_days(w->first + i).year;
        bool on_the_way = w->midnight[i + 1] > m && w->midnight[i] * MINUTE_MS < ms;
        if (w->cal.published_from != 0 && on_the_way &&
            (year < w->cal.published_from || year > w->cal.published_to))
            return true;
    }
    return false;
}

/* --- comparing
 * ---------------------------------------------------------------------------------------- */

static void compare(const World *w, const char *what, int m, int64_t n, Status status, int64_t got,
                    int64_t want) {
    if (want >= 0 && (status != OK || got != w->start + want) && failures++ < 10) {
        Buf b = {0};
        put_fmt(&b, "%s in %.*s from ", what, STR_ARG(w->zone.name));
        put_instant(&b, w->start + m * MINUTE_MS, 0);
        put_fmt(&b, " by %lld: %s, ", (long long)n, status_text(status));
        if (instant_ok(got))
            put_instant(&b, got, 0);
        put_fmt(&b, " instead of ");
        put_instant(&b, w->start + want, 0);
        printf("%.*s\n", STR_ARG(buf_str(&b)));
        buf_free(&b);
    }
}

/* Lengths compare as instants do, from the start. */
static void compare_ms(const World *w, const char *what, int m, int n, Status status, int64_t got,
                       int64_t want) {
    compare(w, what, m, n, status, w->start + got, want);
}

static void ask_time(const World *w, int m) {
    const Calendar *cal = &w->cal;
    const Wish wish = {.calendar = true};
    int64_t t = w->start + m * MINUTE_MS, r = 0;
    int64_t ms = any(4) == 0 ? any(3) * MINUTE_MS : any(6000000) * INT64_C(31) / (1 + any(40));
    bool assumed = false;
    int64_t want = walk_on(w, wish, m, ms);
    Status s = cal_add_time(cal, t, ms, &r, &assumed);
    compare(w, "cal_add_time", m, ms, s, r, want);
    if (want >= 0 && ms > 0 && assumed != unpublished(w, m, want) && failures++ < 10)
        printf("assumed is %d in %.*s\n", assumed, STR_ARG(w->zone.name));
    s = cal_sub_time(cal, t, ms, &r, NULL);
    compare(w, "cal_sub_time", m, ms, s, r, walk_back(w, m, ms));
    s = cal_next_open(cal, t, &r, NULL);
    compare(w, "cal_next_open", m, 0, s, r, walk_on(w, wish, m, 1) - (walk_on(w, wish, m, 1) > 0));
    compare_ms(w, "cal_is_open", m, 0, OK, cal_is_open(cal, t, NULL), w->open[m]);
}

static void ask_days(const World *w, int m) {
    int64_t t = w->start + m * MINUTE_MS, r = 0;
    int n = 1 + any(6);
    Status s = cal_add_days(&w->cal, t, n, &r, NULL);
    compare(w, "cal_add_days", m, n, s, r, days_on(w, m, n));
    s = cal_sub_days(&w->cal, t, n, &r, NULL);
    compare(w, "cal_sub_days", m, n, s, r, days_back(w, m, n));
    s = cal_end_of_day(&w->cal, t, &r, NULL);
    compare(w, "cal_end_of_day", m, 0, s, r, day_end(w, m));
    int date = 1 + any(DAYS - 3);
    compare_ms(w, "cal_is_working_day", m, date, OK,
               cal_is_working_day(&w->cal, w->first + date, NULL), works(w, date));
}

static void ask_between(const World *w, int a, int b) {
    const Wish wish = {.calendar = true};
    int64_t from = w->start + a * MINUTE_MS, to = w->start + b * MINUTE_MS, got = 0, sum = 0;
    int64_t all = count(w, wish, a, b);
    int num = any(150), den = 100;
    Status s = cal_between(&w->cal, from, to, &got, NULL);
    compare_ms(w, "cal_between", a, b, s, got, all);
    s = cal_share(&w->cal, from, to, num, den, &got, NULL);
    compare(w, "cal_share", a, num, s, got, walk_on(w, wish, a, (all * num + den - 1) / den));
    CalIter it;
    CalPart part;
    bool more = true;
    int64_t last = from;
    cal_iter(&it, &w->cal, from, to);
    while ((s = cal_iter_next(&it, &part, &more)) == OK && more) {
        compare_ms(w, "order of parts", a, b, OK, part.from >= last && part.to >= part.from, 1);
        last = part.to;
        sum += part.to - part.from;
    }
    compare_ms(w, "sum of parts", a, b, s, sum, all);
}

static void ask_active(const World *w, int a, int b) {
    Wish wish = {.calendar = any(3) != 0, .pauses = true};
    const Calendar *cal = wish.calendar ? &w->cal : NULL;
    int64_t t = w->start + a * MINUTE_MS, got = 0, ms = any(9000) * MINUTE_MS / 7;
    Status s = active_add(cal, t, ms, w->pauses, w->n_pauses, &got, NULL);
    int64_t want = walk_on(w, wish, a, ms);
    bool for_ever = w->n_pauses > 0 && w->pauses[w->n_pauses - 1].to == INT64_MAX;
    if (want >= 0 || !for_ever)
        compare(w, "active_add", a, ms, s, got, want);
    else
        compare_ms(w, "active_add without end", a, 0, s, got == INT64_MAX, 1);
    s = active_between(cal, t, w->start + b * MINUTE_MS, w->pauses, w->n_pauses, &got, NULL);
    compare_ms(w, "active_between", a, b, s, got, count(w, wish, a, b));
}

/* What minutes cannot tell: an instant is the earliest to the millisecond, and parts add up. */
static void ask_finer(const World *w, int m) {
    int64_t t = w->start + m * MINUTE_MS + any(60000), ms = 1 + any(100000000), r = 0, got = 0;
    if (cal_add_time(&w->cal, t, ms, &r, NULL) != OK)
        return; /* no hours at all */
    Status s = cal_between(&w->cal, t, r, &got, NULL);
    compare_ms(w, "cal_between of cal_add_time", m, 0, s, got, ms);
    s = cal_between(&w->cal, t, r - 1, &got, NULL);
    compare_ms(w, "the earliest", m, 0, s, got, ms - 1);
    s = cal_sub_time(&w->cal, r, ms, &got, NULL);
    compare_ms(w, "back again is not before", m, 0, s, got >= t, 1);
    int64_t middle = t + (int64_t)(random_bits() % (uint64_t)(r - t)), one = 0, two = 0;
    s = cal_between(&w->cal, t, middle, &one, NULL);
    compare_ms(w, "a part", m, 0, s, one <= ms, 1);
    s = cal_between(&w->cal, middle, r, &two, NULL);
    compare_ms(w, "parts add up", m, 0, s, one + two, ms);
}

static void try_one(World *w) {
    make_place(w);
    w->cal.n_dates = 0;
    make_calendar(w);
    make_minutes(w);
    make_pauses(w);
    if (cal_check(&w->cal) != OK && failures++ < 10)
        printf("the calendar does not pass cal_check\n");
    for (int i = 0; i < QUESTIONS; i++) {
        int m = 2 * 1440 + any(MINUTES - 4 * 1440), other = 2 * 1440 + any(MINUTES - 4 * 1440);
        /* where something happens: at the edges of working time, or a minute away */
        for (int k = any(3) == 0 ? 0 : 1440; k > 0 && w->open[m] == w->open[m + 1]; k--)
            m = m + 1 < MINUTES - 2 * 1440 ? m + 1 : 2 * 1440;
        m += any(3);
        ask_time(w, m);
        ask_days(w, m);
        ask_between(w, m < other ? m : other, m < other ? other : m);
        ask_active(w, m < other ? m : other, m < other ? other : m);
        ask_finer(w, m);
    }
}

int main(int argc, char **argv) {
    const char *given = getenv("REMIT_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    unsigned long calendars = 250;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seed") == 0)
            seed = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--calendars") == 0)
            calendars = strtoul(argv[i + 1], NULL, 10);
    }
    printf("seed %llu\n", (unsigned long long)seed);
    for (unsigned long i = 0; i < calendars; i++) {
        random_state = seed + i;
        int before = failures;
        try_one(&world);
        if (before == 0 && failures > 0)
            printf("the first was calendar %lu: --seed %llu --calendars 1\n", i,
                   (unsigned long long)(seed + i));
    }
    printf("%d passed, %d failed\n", failures == 0, failures != 0);
    arena_free(&arena);
    return failures != 0;
}
