/* base: the civil calendar (proleptic Gregorian), and instants as text.
 * An instant is int64_t milliseconds since 1970-01-01T00:00:00Z, a date int32_t days since
 * 1970-01-01, a time of day int32_t milliseconds since midnight, a local (wall) time int64_t
 * milliseconds that would be an instant if the clock showed UTC. There are the years 0001 to 9999
 * and no others: what would lie beyond is ERR_OVERFLOW. Nothing here allocates, or knows a zone
 * (zone.h does). */
#ifndef REMIT_BASE_CIVIL_H
#define REMIT_BASE_CIVIL_H

#include "engine/base/buf.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS INT64_C(3600000)
#define DAY_MS INT64_C(86400000)

#define DAY_MIN INT32_C(-719162) /* 0001-01-01 */
#define DAY_MAX INT32_C(2932896) /* 9999-12-31 */
#define INSTANT_MIN (DAY_MIN * DAY_MS)
#define INSTANT_MAX ((DAY_MAX + 1) * DAY_MS - 1)

static inline bool day_ok(int64_t day) {
    return day >= DAY_MIN && day <= DAY_MAX;
}
/* Also for local times, whose years are the same. */
static inline bool instant_ok(int64_t t) {
    return t >= INSTANT_MIN && t <= INSTANT_MAX;
}
/* *out = t + ms; ERR_OVERFLOW when t or the sum is no instant. */
MUST_USE Status instant_add(int64_t t, int64_t ms, int64_t *out);

/* The date of a local time, and the time of day left over. Any int64_t that has an int32_t day. */
static inline int32_t local_day(int64_t local) {
    return (int32_t)(local / DAY_MS - (local % DAY_MS < 0));
}
static inline int32_t local_time(int64_t local) {
    return (int32_t)(local - local_day(local) * DAY_MS);
}

typedef struct Civil {
    int32_t year;
    int32_t month; /* 1..12 */
    int32_t day;   /* 1..31 */
} Civil;

bool civil_leap(int32_t year);
int32_t civil_days_in_month(int32_t year, int32_t month); /* month 1..12 */
/* True if year is 1..9999 and that day exists. */
bool civil_ok(int32_t year, int32_t month, int32_t day);
/* The date of a year -400..10400, month 1..12 and any day that fits: day 0 is the last of the month
 * before. */
int32_t days_from_civil(int32_t year, int32_t month, int32_t day);
/* The same back; day DAY_MIN - 146097..DAY_MAX + 146097. */
Civil civil_from_days(int32_t day);
int32_t civil_weekday(int32_t day); /* Monday 0 .. Sunday 6 */
/* The date n months on, counted from the start at once: where that month is shorter, its last day
 * (31 January and a month is 28 or 29 February). n may be negative. ERR_OVERFLOW: beyond the years
 * there are. */
MUST_USE Status civil_add_months(int32_t day, int64_t n, int32_t *out);

/* Reading takes the whole of s or gives ERR_SYNTAX: also for a month 13 or a 30 February. Digits
 * finer than a millisecond round up to the next one. ERR_OVERFLOW: of that form, but outside the
 * years. */

/* RFC 3339: `2026-03-02T09:00:00+08:00`, `Z` for the offset, a fraction of any length, `t` and `z`.
 * The offset is required. Second 60 is read only where a leap second can be, in the last second of
 * a month in UTC (RFC 3339, 5.7), and is the second after. */
MUST_USE Status instant_parse(Str s, int64_t *out);
/* `2026-03-02`. */
MUST_USE Status date_parse(Str s, int32_t *out);
/* `09:00`, `09:00:30`, `09:00:30.250`. 24:00 and what rounds up to it: DAY_MS where `end` is true
 * (the end of a span), else ERR_SYNTAX. */
MUST_USE Status time_parse(Str s, bool end, int32_t *out);
/* `09:00:30` at p, 8 bytes: the second of the day; -1 if it is none (a leap second is none here).
 */
int32_t second_of_day(const char *p);
/* A date, a space and a time, `2026-03-02 09:00`: a local time. */
MUST_USE Status local_parse(Str s, int64_t *out);

/* Printing, the inverse of reading. Seconds and milliseconds are left out of times of day and local
 * times where they are 0, milliseconds out of instants. `day` is day_ok or one day off, `time`
 * 0..DAY_MS, `local` instant_ok. */
void put_date(Buf *b, int32_t day);
void put_time(Buf *b, int32_t time);
void put_local(Buf *b, int64_t local); /* `2026-03-02 09:00` */
/* `09:00:00` into 8 bytes at p, for a second of the day; gives the end. */
char *put_seconds_of_day(char *p, uint32_t second);
/* RFC 3339 with that offset: `2026-03-02T09:00:00+08:00`, UTC as `+00:00`. An offset with seconds
 * is cut to minutes towards UTC, and the local time goes with it, so that it is the same instant;
 * and an offset that RFC 3339 cannot say here (24 hours and more, or a local year outside
 * 0001..9999) becomes `+00:00`. t is instant_ok; offset_ms is local time - UTC. */
void put_instant(Buf *b, int64_t t, int32_t offset_ms);

#endif
