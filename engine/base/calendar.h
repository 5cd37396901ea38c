/* base: working time. A Calendar has a zone, hours for each weekday, and dates with hours of their
 * own: none is a holiday, others a make-up or half day. A date's working time is, for each of its
 * spans, from the instant of its beginning to the instant of its end, both by zone.h's rule for
 * local times; so it is real time, longer or shorter where the clock changes, and a span that a gap
 * swallows whole is nothing. A working day is a date with some working time. worked(t, u) is the
 * working time in [t, u).
 *
 * A year outside published_from..published_to has plain weekdays, and the dates that are listed
 * nevertheless. Every function that has to look at a date of such a year sets *assumed, and
 * otherwise leaves it as it is, so that one flag can gather several answers; it may be NULL.
 *
 * Trusts:  Calendars of cal_take, or made by hand with cal_check passed; the zone they point to.
 * Memory:  allocates nothing, but for cal_take.
 * Errors:  ERR_OVERFLOW: an argument or the result is no instant of the years 0001..9999.
 * ERR_LIMIT: after LIMIT_CAL_DAYS dates there is still no answer, as where a calendar has no hours
 * at all. Outputs are written on OK only, *assumed at any time. Time:    O(dates looked at), some
 * 10 ns each. */
#ifndef REMIT_BASE_CALENDAR_H
#define REMIT_BASE_CALENDAR_H

#include "engine/base/zone.h"

/* Wall time of a date, [from_ms, to_ms) since midnight; to_ms may be DAY_MS. */
typedef struct DaySpan {
    int32_t from_ms, to_ms;
} DaySpan;

/* In order and not overlapping. */
typedef struct Hours {
    const DaySpan *spans;
    uint32_t n;
} Hours;

typedef struct CalDate {
    int32_t day;
    Hours hours;
} CalDate;

typedef struct Calendar {
    Str name;
    const Zone *zone;
    Hours week[7];         /* Monday first */
    const CalDate *dates;  /* by day, each once */
    const Str *date_names; /* one a date, empty where it has none; NULL: none has */
    uint32_t n_dates;
    int16_t published_from, published_to; /* years; both 0: the dates hold for all years */
} Calendar;

/* ERR_DAMAGED: cal is not as this header says it is, or beyond limits.h. */
MUST_USE Status cal_check(const Calendar *cal);
/* Canonical bytes, the zone by its name. Reading finds the zone among zones (ERR_DAMAGED if it is
 * not there) and checks all (cal_check); the name is copied and need not be UTF-8. ERR_DAMAGED,
 * ERR_NOMEM; *out is then undefined. */
void cal_put(Buf *b, const Calendar *cal);
MUST_USE Status cal_take(Take *t, Arena *to, const Zone *zones, size_t n_zones, Calendar *out);

/* --- one date
 * ----------------------------------------------------------------------------------------- */

bool cal_is_working_day(const Calendar *cal, int32_t day, bool *assumed);
/* The n-th working day of a month, n from 1; from -1 counting back from its end. ERR_NOTFOUND: it
 * has not that many. ERR_OVERFLOW: there is no such month. */
MUST_USE Status cal_nth_day(const Calendar *cal, int32_t year, int32_t month, int32_t n,
                            int32_t *out, bool *assumed);

/* --- instants
 * ----------------------------------------------------------------------------------------- */

bool cal_is_open(const Calendar *cal, int64_t t, bool *assumed); /* closing time is outside */
/* The first instant at or after t inside working time. */
MUST_USE Status cal_next_open(const Calendar *cal, int64_t t, int64_t *out, bool *assumed);
/* The earliest last closing of a date that is after t: of the working day t lies in, before its
 * opening too, else of the next. */
MUST_USE Status cal_end_of_day(const Calendar *cal, int64_t t, int64_t *out, bool *assumed);

/* The earliest instant r >= t with worked(t, r) = ms: at closing rather than at the next opening.
 * ms < 0: cal_sub_time of -ms. */
MUST_USE Status cal_add_time(const Calendar *cal, int64_t t, int64_t ms, int64_t *out,
                             bool *assumed);
/* The latest instant r <= t with worked(r, t) = ms. ms < 0: cal_add_time of -ms. */
MUST_USE Status cal_sub_time(const Calendar *cal, int64_t t, int64_t ms, int64_t *out,
                             bool *assumed);
/* n working days on. Let r be the first instant at or after t inside working time, in the hours of
 * date d, and w the wall time of r: it is w on the n-th working day after d, moved into that day's
 * hours (on to an opening, or back to the last closing). n = 0 is t itself, n < 0 cal_sub_days of
 * -n. */
MUST_USE Status cal_add_days(const Calendar *cal, int64_t t, int64_t n, int64_t *out,
                             bool *assumed);
/* n working days back, the mirror image: r is the last instant at or before t that ends some
 * working time (closing time does, opening time does not), and w on the n-th working day before d
 * is moved back to a closing, or on to the first opening. */
MUST_USE Status cal_sub_days(const Calendar *cal, int64_t t, int64_t n, int64_t *out,
                             bool *assumed);
/* worked(a, b) in ms; 0 if b <= a. */
MUST_USE Status cal_between(const Calendar *cal, int64_t a, int64_t b, int64_t *ms, bool *assumed);

/* ms * num / den, rounded up: ms, num >= 0, den > 0, else ERR_OVERFLOW, as where it does not fit.
 */
MUST_USE Status cal_share_of(int64_t ms, int64_t num, int64_t den, int64_t *out);
/* The earliest instant by which num/den of the time from t to u has passed: of worked(t, u), or
 * with a NULL cal of real time. 0 % is t, also where u <= t; over 100 % is after u. */
MUST_USE Status cal_share(const Calendar *cal, int64_t t, int64_t u, int64_t num, int64_t den,
                          int64_t *out, bool *assumed);

/* --- active time
 * -------------------------------------------------------------------------------------- */

/* [from, to). Pauses are sorted, disjoint and not empty; the last may go on to INT64_MAX: it is not
 * over. */
typedef struct Interval {
    int64_t from, to;
} Interval;

/* The earliest instant r >= t by which ms of active time has passed: working time, or with a NULL
 * cal real time, outside the pauses. ms >= 0, else ERR_OVERFLOW. INT64_MAX: a pause that is not
 * over keeps it from passing. */
MUST_USE Status active_add(const Calendar *cal, int64_t t, int64_t ms, const Interval *pauses,
                           size_t n, int64_t *out, bool *assumed);
/* The active time in [a, b); 0 if b <= a. */
MUST_USE Status active_between(const Calendar *cal, int64_t a, int64_t b, const Interval *pauses,
                               size_t n, int64_t *ms, bool *assumed);

/* --- why
 * ---------------------------------------------------------------------------------------------- */

typedef enum CalKind {
    CAL_WEEKDAY,   /* its weekday's hours, which may be none */
    CAL_HOLIDAY,   /* listed, without hours */
    CAL_OWN_HOURS, /* listed, with hours of its own */
} CalKind;

/* A place among the dates: what all the above walk with, and no one else's business. */
typedef struct CalWalk {
    const Calendar *cal;
    ZoneCache zone;
    int32_t day;
    int32_t known_from, known_to; /* days of the years that are published */
    uint32_t date;                /* of cal->dates: the first not before day */
    uint32_t left;                /* dates that may still be looked at */
    Hours hours;                  /* of day */
    CalKind kind;
    bool looked; /* day's hours are known */
    bool *assumed;
} CalWalk;

/* Some working time of a date, or (from == to) a date that has none in the range. */
typedef struct CalPart {
    int32_t day;
    CalKind kind;
    bool assumed; /* the year is not published */
    int64_t from, to;
    Str name; /* of a listed date, or empty; borrowed from the calendar */
} CalPart;

typedef struct CalIter {
    CalWalk walk;
    int64_t from, until;
    uint32_t span; /* the next one of the date */
    bool some;     /* the date has given a part */
    bool over;
} CalIter;

/* The working time in [a, b) piece by piece, in order, and each date without any as one part. */
void cal_iter(CalIter *it, const Calendar *cal, int64_t a, int64_t b);
/* The next part; *got is false, and *out not written, when there are no more. */
MUST_USE Status cal_iter_next(CalIter *it, CalPart *out, bool *got);

#endif
