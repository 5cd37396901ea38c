/* base: the civil calendar, and instants as text. */
#include "engine/base/civil.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/base/ckd.h"

enum { ERA_YEARS = 400, ERA_DAYS = 146097, MARCH_1_0000 = -719468 };

Status instant_add(int64_t t, int64_t ms, int64_t *out) {
    int64_t sum;
    if (!instant_ok(t) || ckd_add(&sum, t, ms) || !instant_ok(sum))
        return ERR_OVERFLOW;
    *out = sum;
    return OK;
}

bool civil_leap(int32_t year) {
    return year % 25 != 0 ? year % 4 == 0 : year % 16 == 0;
}

int32_t civil_days_in_month(int32_t year, int32_t month) {
    ASSERT(month >= 1 && month <= 12);
    if (month == 2)
        return civil_leap(year) ? 29 : 28;
    return 30 + ((month + (month >> 3)) & 1);
}

bool civil_ok(int32_t year, int32_t month, int32_t day) {
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= civil_days_in_month(year, month);
}

/* Years are counted from March, so that the leap day is a year's last, and one era early, so that
 * all is unsigned. (153 m + 2) / 5 is the number of days before month m, March being 0. */
int32_t days_from_civil(int32_t year, int32_t month, int32_t day) {
    ASSERT(year >= -ERA_YEARS && year <= 10000 + ERA_YEARS && month >= 1 && month <= 12);
    uint32_t y = (uint32_t)(year + 2 * ERA_YEARS - (month <= 2));
    uint32_t m = (uint32_t)(month > 2 ? month - 3 : month + 9);
    uint32_t century = y / 100;
    uint32_t days = y * 1461 / 4 - century + century / 4 + (153 * m + 2) / 5;
    return (int32_t)days + day - 1 - 2 * ERA_DAYS + MARCH_1_0000;
}

Civil civil_from_days(int32_t day) {
    ASSERT(day >= DAY_MIN - ERA_DAYS && day <= DAY_MAX + ERA_DAYS);
    uint32_t n = (uint32_t)(day - MARCH_1_0000 + 2 * ERA_DAYS);
    uint32_t era = n / ERA_DAYS, in_era = n % ERA_DAYS;
    uint32_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / (ERA_DAYS - 1)) / 365;
    uint32_t in_year = in_era - (365 * year + year / 4 - year / 100);
    uint32_t m = (5 * in_year + 2) / 153;
    Civil c;
    c.day = (int32_t)(in_year - (153 * m + 2) / 5) + 1;
    c.month = (int32_t)m + (m < 10 ? 3 : -9);
    c.year = (int32_t)(year + era * ERA_YEARS) - 2 * ERA_YEARS + (m >= 10);
    return c;
}

int32_t civil_weekday(int32_t day) {
    int32_t rest = (day + 3) % 7; /* 1970-01-01 was a Thursday */
    return rest < 0 ? rest + 7 : rest;
}

Status civil_add_months(int32_t day, int64_t n, int32_t *out) {
    if (!day_ok(day) || n > 9999 * 12 || n < -9999 * 12)
        return ERR_OVERFLOW;
    Civil c = civil_from_days(day);
    int32_t months = c.year * 12 + c.month - 1 + (int32_t)n;
    if (months < 12 || months >= 10000 * 12)
        return ERR_OVERFLOW;
    c.year = months / 12;
    c.month = months % 12 + 1;
    int32_t last = civil_days_in_month(c.year, c.month);
    *out = days_from_civil(c.year, c.month, c.day < last ? c.day : last);
    return OK;
}

/* Two digits as a number; anything else sets *bad. */
static inline uint32_t two(const char *p, uint32_t *bad) {
    uint32_t a = (uint32_t)(uint8_t)p[0] - '0', b = (uint32_t)(uint8_t)p[1] - '0';
    *bad |= (uint32_t)(a > 9) | (uint32_t)(b > 9);
    return a * 10 + b;
}

static inline void must(const char *p, char c, uint32_t *bad) {
    *bad |= (uint32_t)(*p != c);
}

/* Three numbers of two digits with a mark between them, `dd:dd:dd`: eight bytes at once. Each byte
 * is taken down by what it is to be at least; then no byte may be above what is left to it, 9 or 0,
 * and none may have borrowed. */
static inline void three(const char *p, char mark, uint32_t out[3], uint32_t *bad) {
    const uint8_t *b = (const uint8_t *)p;
    uint64_t w = (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 |
                 (uint64_t)b[3] << 24 | (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 |
                 (uint64_t)b[6] << 48 | (uint64_t)b[7] << 56;
    w -= UINT64_C(0x3030003030003030) + (uint8_t)mark * UINT64_C(0x0000010000010000);
    *bad |= ((w + UINT64_C(0x76767F76767F7676)) | w) & UINT64_C(0x8080808080808080) ? 1 : 0;
    w = w * 10 + (w >> 8);
    out[0] = (uint32_t)(w & 0x7F);
    out[1] = (uint32_t)(w >> 24 & 0x7F);
    out[2] = (uint32_t)(w >> 48 & 0x7F);
}

/* The ten characters of a date. *day is of any year 0000..9999; false if there is no such day. */
static inline bool ten(const char *p, int32_t *day) {
    uint32_t bad = 0, part[3];
    uint32_t century = two(p, &bad);
    three(p + 2, '-', part, &bad);
    int32_t year = (int32_t)(century * 100 + part[0]), month = (int32_t)part[1];
    if (bad != 0 || part[1] - 1 > 11 || part[2] - 1 > 30 ||
        (part[2] > 28 && (int32_t)part[2] > civil_days_in_month(year, month)))
        return false;
    *day = days_from_civil(year, month, (int32_t)part[2]);
    return true;
}

/* A fraction from its point to the end of its digits: 0..1000 ms, rounded up. NULL if it has no
 * digits, else where it ends. */
static const char *fraction(const char *p, const char *end, int32_t *ms) {
    int32_t value = 0, weight = 100;
    bool more = false;
    const char *first = ++p;
    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        value += (*p - '0') * weight;
        more |= weight == 0 && *p != '0';
        weight /= 10;
    }
    *ms = value + more;
    return p == first ? NULL : p;
}

/* `Z` or `+hh:mm`, all of [p, end), as ms. */
static inline bool offset(const char *p, const char *end, int64_t *ms) {
    *ms = 0;
    if (end - p == 1)
        return *p == 'Z' || *p == 'z';
    if (end - p != 6)
        return false;
    uint32_t bad = 0, hours = two(p + 1, &bad), minutes = two(p + 4, &bad);
    must(p + 3, ':', &bad);
    *ms = (hours * 60 + minutes) * MINUTE_MS;
    if (*p == '-')
        *ms = -*ms;
    return bad == 0 && hours < 24 && minutes < 60 && (*p == '+' || *p == '-');
}

/* A leap second is the last of a month in UTC: t is the instant after it. */
static bool ends_month(int64_t t) {
    return t % DAY_MS == 0 && civil_from_days((int32_t)(t / DAY_MS)).day == 1;
}

Status instant_parse(Str s, int64_t *out) {
    if (s.n < 20)
        return ERR_SYNTAX;
    const char *p = s.p, *end = s.p + s.n;
    int32_t day, ms = 0;
    int64_t away;
    uint32_t bad = 0, part[3];
    three(p + 11, ':', part, &bad);
    uint32_t hour = part[0], minute = part[1], second = part[2];
    bad |= (uint32_t)((p[10] | 0x20) != 't') | (uint32_t)(hour > 23) | (uint32_t)(minute > 59) |
           (uint32_t)(second > 60);
    if (!ten(p, &day) || bad != 0)
        return ERR_SYNTAX;
    p += 19;
    if (*p == '.')
        p = fraction(p, end, &ms);
    if (p == NULL || !offset(p, end, &away))
        return ERR_SYNTAX;
    int64_t t = day * DAY_MS + (int64_t)(hour * 3600 + minute * 60 + second) * SECOND_MS - away;
    if (second == 60 && !ends_month(t))
        return ERR_SYNTAX;
    if (!instant_ok(t + ms))
        return ERR_OVERFLOW;
    *out = t + ms;
    return OK;
}

int32_t second_of_day(const char *p) {
    uint32_t bad = 0, part[3];
    three(p, ':', part, &bad);
    if (bad != 0 || part[0] > 23 || part[1] > 59 || part[2] > 59)
        return -1;
    return (int32_t)(part[0] * 3600 + part[1] * 60 + part[2]);
}

Status date_parse(Str s, int32_t *out) {
    int32_t day;
    if (s.n != 10 || !ten(s.p, &day))
        return ERR_SYNTAX;
    if (!day_ok(day))
        return ERR_OVERFLOW;
    *out = day;
    return OK;
}

Status time_parse(Str s, bool end, int32_t *out) {
    if (s.n < 5 || s.n == 6 || s.n == 7)
        return ERR_SYNTAX;
    uint32_t bad = 0, second = 0;
    int32_t ms = 0;
    uint32_t hour = two(s.p, &bad), minute = two(s.p + 3, &bad);
    must(s.p + 2, ':', &bad);
    if (s.n > 5) {
        must(s.p + 5, ':', &bad);
        second = two(s.p + 6, &bad);
    }
    if (s.n > 8 && (s.p[8] != '.' || fraction(s.p + 8, s.p + s.n, &ms) != s.p + s.n))
        return ERR_SYNTAX;
    if (bad != 0 || hour > 24 || minute > 59 || second > 59)
        return ERR_SYNTAX;
    int32_t time = (int32_t)(hour * 3600 + minute * 60 + second) * 1000 + ms;
    if (time > DAY_MS || (time == DAY_MS && !end))
        return ERR_SYNTAX;
    *out = time;
    return OK;
}

Status local_parse(Str s, int64_t *out) {
    int32_t day, time;
    if (s.n < 11 || s.p[10] != ' ')
        return ERR_SYNTAX;
    Status date = date_parse((Str){s.p, 10}, &day);
    if (date == ERR_SYNTAX || time_parse(str_from(s, 11), false, &time) != OK)
        return ERR_SYNTAX;
    TRY(date);
    *out = day * DAY_MS + time;
    return OK;
}

/* The writers below fill a place that is large enough and give its end. */
enum { TEXT_ROOM = 40 };

static inline char *two_digits(char *p, uint32_t n) {
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    memcpy(p, pairs + (size_t)n * 2, 2);
    return p + 2;
}

static inline char *date_text(char *p, int32_t day) {
    Civil c = civil_from_days(day);
    p = two_digits(p, (uint32_t)c.year / 100);
    p = two_digits(p, (uint32_t)c.year % 100);
    *p++ = '-';
    p = two_digits(p, (uint32_t)c.month);
    *p++ = '-';
    return two_digits(p, (uint32_t)c.day);
}

static inline char *time_text(char *p, int32_t time, bool seconds) {
    uint32_t all = (uint32_t)time, ms = all % 1000, second = all / 1000 % 60;
    p = two_digits(p, all / 3600000);
    *p++ = ':';
    p = two_digits(p, all / 60000 % 60);
    if (!seconds && ms == 0 && second == 0)
        return p;
    *p++ = ':';
    p = two_digits(p, second);
    if (ms == 0)
        return p;
    *p++ = '.';
    *p++ = (char)('0' + ms / 100);
    return two_digits(p, ms % 100);
}

char *put_seconds_of_day(char *p, uint32_t second) {
    p = two_digits(p, second / 3600);
    *p++ = ':';
    p = two_digits(p, second / 60 % 60);
    *p++ = ':';
    return two_digits(p, second % 60);
}

void put_date(Buf *b, int32_t day) {
    ASSERT(day_ok(day) || day == DAY_MIN - 1 || day == DAY_MAX + 1);
    if (!day_ok(day)) { /* where a zone puts the first and the last hours that there are */
        Civil c = civil_from_days(day);
        put_fmt(b, "%04d-%02d-%02d", c.year, c.month, c.day);
        return;
    }
    if (!buf_reserve(b, TEXT_ROOM))
        return;
    b->n = (size_t)(date_text(b->p + b->n, day) - b->p);
}

void put_time(Buf *b, int32_t time) {
    ASSERT(time >= 0 && time <= DAY_MS);
    if (time < 0 || time > DAY_MS || !buf_reserve(b, TEXT_ROOM))
        return;
    b->n = (size_t)(time_text(b->p + b->n, time, false) - b->p);
}

void put_local(Buf *b, int64_t local) {
    put_date(b, local_day(local));
    put_c(b, ' ');
    put_time(b, local_time(local));
}

void put_instant(Buf *b, int64_t t, int32_t offset_ms) {
    ASSERT(instant_ok(t));
    if (!instant_ok(t) || !buf_reserve(b, TEXT_ROOM))
        return;
    int32_t minutes = offset_ms / (int32_t)MINUTE_MS;
    if (minutes <= -24 * 60 || minutes >= 24 * 60 || !instant_ok(t + minutes * MINUTE_MS))
        minutes = 0;
    int64_t local = t + minutes * MINUTE_MS;
    uint32_t away = (uint32_t)(minutes < 0 ? -minutes : minutes);
    char *p = date_text(b->p + b->n, local_day(local));
    *p++ = 'T';
    p = time_text(p, local_time(local), true);
    *p++ = minutes < 0 ? '-' : '+';
    p = two_digits(p, away / 60);
    *p++ = ':';
    p = two_digits(p, away % 60);
    b->n = (size_t)(p - b->p);
}
