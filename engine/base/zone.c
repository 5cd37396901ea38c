/* base: time zones: their periods, their bytes, and the POSIX TZ rules they end with. */
#include "engine/base/zone.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/base/limits.h"

/* All instants that are looked up lie in [BEGIN, END). Local times lie in [INSTANT_MIN, INSTANT_MAX
 * + 1], so that for each there is an instant in between, whatever the offset. */
#define BEGIN (INSTANT_MIN - 2 * DAY_MS)
#define END (INSTANT_MAX + 1 + 2 * DAY_MS)

static int64_t clamp(int64_t value, int64_t least, int64_t most) {
    return value < least ? least : value > most ? most : value;
}

/* --- periods
 * ------------------------------------------------------------------------------------------ */

/* One offset, from..until. Neighbours may have the same offset. */
typedef struct Period {
    int64_t from, until;
    int32_t offset;
} Period;

static int32_t change_day(const ZoneChange *c, int32_t year) {
    if (c->kind != ZONE_DAY_MONTH) {
        bool after = c->kind == ZONE_DAY_JULIAN && (c->day < 60 || !civil_leap(year));
        return days_from_civil(year, 1, c->day + (after ? 0 : 1));
    }
    int32_t first = days_from_civil(year, c->month, 1);
    int32_t ahead = (c->wday + 6 - civil_weekday(first)) % 7; /* Sunday is 0 here and 6 there */
    int32_t day = ahead + 7 * (c->week - 1);
    return first + (day < civil_days_in_month(year, c->month) ? day : day - 7);
}

static int64_t change_at(const ZoneChange *c, int32_t year, int32_t offset_before) {
    return change_day(c, year) * DAY_MS + c->time_ms - offset_before;
}

/* Narrows p, which holds t, by one change of the rule. */
static void narrow(Period *p, int64_t t, int64_t at, int32_t offset) {
    if (at > t) {
        p->until = at < p->until ? at : p->until;
    } else if (at >= p->from) {
        p->from = at;
        p->offset = offset;
    }
}

/* The rule's period of t, cut to begin at p->from. A change lies within eight days of its year, so
 * that the last one and the next one are found within a year of t, or two where t is as near to the
 * turn of the year. Where the clock would go back and forth in one instant (a rule that says
 * daylight time all year), it stays: the daylight change is looked at last. */
static void tail_period(const ZoneTail *tail, int64_t t, Period *p) {
    int32_t day = local_day(t), year = civil_from_days(day).year;
    int32_t in_year = day - days_from_civil(year, 1, 1);
    int32_t reach = in_year < 10 || in_year > 355 ? 2 : 1;
    int64_t begin = p->from;
    p->from = BEGIN - 1000 * DAY_MS;
    for (int32_t y = year - reach; y <= year + reach; y++) {
        narrow(p, t, change_at(&tail->to_std, y, tail->dst_ms), tail->std_ms);
        narrow(p, t, change_at(&tail->to_dst, y, tail->std_ms), tail->dst_ms);
    }
    if (p->from < begin)
        p->from = begin;
}

/* The period of t, which lies in [BEGIN, END). */
static Period period_of(const Zone *z, int64_t t) {
    Period p = {BEGIN, END, z->tail.std_ms};
    if (z->n == 0 || t >= z->at[z->n - 1]) {
        p.from = z->n == 0 ? BEGIN : z->at[z->n - 1];
        if (z->tail.changes)
            tail_period(&z->tail, t, &p);
        return p;
    }
    uint32_t low = 0, high = z->n - 1; /* the first change after t is in low..high */
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (z->at[mid] <= t)
            low = mid + 1;
        else
            high = mid;
    }
    p.from = low == 0 ? BEGIN : z->at[low - 1];
    p.until = z->at[low];
    p.offset = z->offsets[low];
    return p;
}

static void cache_fill(ZoneCache *c, Period p) {
    c->from = p.from;
    c->until = p.until;
    c->offset_ms = p.offset;
    /* Before it, no clock had shown what lies 26 hours on: no offset is that large. */
    c->local_from = clamp(p.from + ZONE_OFFSET_END, INSTANT_MIN, INSTANT_MAX + 2);
    c->local_end = clamp(p.until + p.offset, INSTANT_MIN, INSTANT_MAX + 2);
}

int64_t zone_cache_load(ZoneCache *c, int64_t t) {
    t = clamp(t, BEGIN, END - 1);
    cache_fill(c, period_of(c->zone, t));
    return t;
}

/* The first period in which the clock shows `local` or later. No offset is 26 hours, so no period
 * that ends 26 hours before can be it. */
static Period period_showing(const Zone *z, int64_t local) {
    Period p = period_of(z, clamp(local - ZONE_OFFSET_END, BEGIN, END - 1));
    while (local >= p.until + p.offset)
        p = period_of(z, p.until);
    return p;
}

static int64_t period_instant(const Period *p, int64_t local) {
    return local - p->offset < p->from ? p->from : local - p->offset;
}

int64_t zone_cache_search(ZoneCache *c, int64_t local) {
    local = clamp(local, INSTANT_MIN, INSTANT_MAX + 1);
    Period p = period_showing(c->zone, local);
    cache_fill(c, p);
    return period_instant(&p, local);
}

/* Keeps the text of t's day, just put at the end of b, if it is that of a time in whole minutes. */
static void keep_day(const Buf *b, ZoneCache *c, int64_t t) {
    static const size_t whole = sizeof "2026-03-02T09:00:00+08:00" - 1;
    if (b->failed || t % SECOND_MS != 0 || c->offset_ms % MINUTE_MS != 0 ||
        !instant_ok(t + c->offset_ms) || c->offset_ms <= -DAY_MS || c->offset_ms >= DAY_MS)
        return;
    int64_t begin = local_day(t + c->offset_ms) * DAY_MS - c->offset_ms;
    c->day_start = begin;
    const char *text = b->p + b->n - whole;
    c->day_from = begin > c->from ? begin : c->from;
    c->day_until = begin + DAY_MS < c->until ? begin + DAY_MS : c->until;
    memcpy(c->day, text, sizeof c->day);
    memcpy(c->away, text + whole - sizeof c->away, sizeof c->away);
}

void zone_put_instant(Buf *b, ZoneCache *c, int64_t t) {
    bool kept = t >= c->day_from && t < c->day_until;
    uint32_t time = kept ? (uint32_t)(t - c->day_start) : 1;
    if (time % SECOND_MS != 0 || !buf_reserve(b, 32)) {
        put_instant(b, t, zone_cache_offset(c, t));
        if (!kept)
            keep_day(b, c, t);
        return;
    }
    char *p = b->p + b->n;
    memcpy(p, c->day, sizeof c->day);
    p = put_seconds_of_day(p + sizeof c->day, time / SECOND_MS);
    memcpy(p, c->away, sizeof c->away);
    b->n = (size_t)(p + sizeof c->away - b->p);
}

int32_t zone_offset(const Zone *z, int64_t t) {
    return period_of(z, clamp(t, BEGIN, END - 1)).offset;
}

int64_t zone_local(const Zone *z, int64_t t) {
    t = clamp(t, BEGIN, END - 1);
    return t + period_of(z, t).offset;
}

int64_t zone_instant(const Zone *z, int64_t local) {
    local = clamp(local, INSTANT_MIN, INSTANT_MAX + 1);
    Period p = period_showing(z, local);
    return period_instant(&p, local);
}

/* --- what a zone must be
 * ------------------------------------------------------------------------------ */

static bool name_ok(Str name) {
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '/' && c != '_' && c != '-' && c != '+' && c != '.')
            return false;
    }
    return name.n > 0 && name.n <= LIMIT_NAME_BYTES;
}

static bool offset_ok(int32_t ms) {
    return ms % SECOND_MS == 0 && ms > -ZONE_OFFSET_END && ms < ZONE_OFFSET_END;
}

static bool change_ok(const ZoneChange *c) {
    if (c->time_ms % SECOND_MS != 0 || c->time_ms <= -168 * HOUR_MS || c->time_ms >= 168 * HOUR_MS)
        return false;
    switch (c->kind) {
    case ZONE_DAY_MONTH:
        return c->month >= 1 && c->month <= 12 && c->week >= 1 && c->week <= 5 && c->wday <= 6;
    case ZONE_DAY_JULIAN:
        return c->day >= 1 && c->day <= 365;
    case ZONE_DAY_COUNT:
        return c->day <= 365;
    }
    return false;
}

static bool tail_ok(const ZoneTail *t) {
    if (!offset_ok(t->std_ms))
        return false;
    return !t->changes || (offset_ok(t->dst_ms) && t->dst_ms != t->std_ms &&
                           change_ok(&t->to_dst) && change_ok(&t->to_std));
}

Status zone_check(const Zone *z) {
    if (!name_ok(z->name) || z->n > LIMIT_ZONE_CHANGES || !tail_ok(&z->tail) ||
        !offset_ok(z->offsets[0]))
        return ERR_DAMAGED;
    for (uint32_t i = 0; i < z->n; i++) {
        if (!instant_ok(z->at[i]) || z->at[i] % SECOND_MS != 0 ||
            (i > 0 && z->at[i] <= z->at[i - 1]))
            return ERR_DAMAGED;
        if (!offset_ok(z->offsets[i + 1]) || z->offsets[i + 1] == z->offsets[i])
            return ERR_DAMAGED;
    }
    int32_t goes_on = z->n == 0 ? z->tail.std_ms : zone_offset(z, z->at[z->n - 1]);
    return z->offsets[z->n] == goes_on ? OK : ERR_DAMAGED;
}

/* --- bytes
 * -------------------------------------------------------------------------------------------- */

static void put_seconds(Buf *b, int64_t ms) {
    put_zigzag(b, ms / SECOND_MS);
}

static void put_change(Buf *b, const ZoneChange *c) {
    put_u8(b, (uint8_t)c->kind);
    if (c->kind == ZONE_DAY_MONTH) {
        put_u8(b, c->month);
        put_u8(b, c->week);
        put_u8(b, c->wday);
    } else {
        put_varint(b, c->day);
    }
    put_seconds(b, c->time_ms);
}

void zone_put_rules(Buf *b, const Zone *z) {
    put_varint(b, z->n);
    for (uint32_t i = 0; i < z->n; i++)
        put_seconds(b, z->at[i] - (i == 0 ? 0 : z->at[i - 1]));
    for (uint32_t i = 0; i <= z->n; i++)
        put_seconds(b, z->offsets[i]);
    put_u8(b, z->tail.changes);
    put_seconds(b, z->tail.std_ms);
    if (z->tail.changes) {
        put_seconds(b, z->tail.dst_ms);
        put_change(b, &z->tail.to_dst);
        put_change(b, &z->tail.to_std);
    }
}

void zone_put(Buf *b, const Zone *z) {
    put_str(b, z->name);
    zone_put_rules(b, z);
}

/* Seconds as ms. What lies beyond any instant is a failure. */
static int64_t take_seconds(Take *t) {
    int64_t s = take_zigzag(t);
    if (s < 2 * INSTANT_MIN / SECOND_MS || s > 2 * INSTANT_MAX / SECOND_MS) {
        t->failed = true;
        return 0;
    }
    return s * SECOND_MS;
}

/* Seconds as ms of less than 168 hours: offsets and times of day. */
static int32_t take_short_seconds(Take *t) {
    int64_t ms = take_seconds(t);
    if (ms <= -168 * HOUR_MS || ms >= 168 * HOUR_MS) {
        t->failed = true;
        return 0;
    }
    return (int32_t)ms;
}

static ZoneChange take_change(Take *t) {
    ZoneChange c = {0};
    uint8_t kind = take_u8(t);
    if (kind == ZONE_DAY_MONTH) {
        c.month = take_u8(t);
        c.week = take_u8(t);
        c.wday = take_u8(t);
    } else {
        uint64_t day = take_varint(t);
        t->failed |= kind > ZONE_DAY_COUNT || day > 365;
        c.kind = kind == ZONE_DAY_JULIAN ? ZONE_DAY_JULIAN : ZONE_DAY_COUNT;
        c.day = (uint16_t)(day & 511);
    }
    c.time_ms = take_short_seconds(t);
    return c;
}

static ZoneTail take_tail(Take *t) {
    ZoneTail tail = {0};
    uint8_t changes = take_u8(t);
    t->failed |= changes > 1;
    tail.changes = changes == 1;
    tail.std_ms = take_short_seconds(t);
    if (tail.changes) {
        tail.dst_ms = take_short_seconds(t);
        tail.to_dst = take_change(t);
        tail.to_std = take_change(t);
    }
    return tail;
}

Status zone_take_rules(Take *t, Str name, Arena *to, Zone *out) {
    Zone z = {0};
    uint64_t n = take_varint(t);
    if (t->failed || n > LIMIT_ZONE_CHANGES || n > take_left(t))
        return ERR_DAMAGED;
    z.n = (uint32_t)n;
    int64_t *at = new (to, int64_t, n + 1);
    int32_t *offsets = new (to, int32_t, n + 1);
    if (at == NULL || offsets == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < z.n && !t->failed; i++) {
        at[i] = take_seconds(t) + (i == 0 ? 0 : at[i - 1]);
        t->failed |= !instant_ok(at[i]);
    }
    for (uint32_t i = 0; i <= z.n; i++)
        offsets[i] = take_short_seconds(t);
    z.at = at;
    z.offsets = offsets;
    z.tail = take_tail(t);
    if (t->failed)
        return ERR_DAMAGED;
    TRY(arena_str(to, name, &z.name));
    TRY(zone_check(&z));
    *out = z;
    return OK;
}

Status zone_take(Take *t, Arena *to, Zone *out) {
    Str name = take_str(t);
    return t->failed ? ERR_DAMAGED : zone_take_rules(t, name, to, out);
}

/* --- POSIX TZ
 * ----------------------------------------------------------------------------------------- */

typedef struct Text {
    const char *p, *end;
    bool bad;
} Text;

static char peek(const Text *t) {
    return t->p < t->end ? *t->p : '\0';
}

static bool skip(Text *t, char c) {
    if (peek(t) != c || t->p == t->end)
        return false;
    t->p++;
    return true;
}

/* One to three digits, a value of at most `most`; 0 if it is not that. */
static int32_t text_number(Text *t, int32_t most) {
    int32_t value = 0;
    const char *first = t->p;
    for (; peek(t) >= '0' && peek(t) <= '9' && t->p - first < 3; t->p++)
        value = value * 10 + (*t->p - '0');
    t->bad |= t->p == first || value > most;
    return value > most ? 0 : value;
}

/* `[+-]h[:mm[:ss]]` in ms. */
static int32_t text_time(Text *t, int32_t most_hours) {
    bool minus = skip(t, '-');
    if (!minus)
        skip(t, '+');
    int32_t seconds = text_number(t, most_hours) * 3600;
    if (skip(t, ':')) {
        seconds += text_number(t, 59) * 60;
        if (skip(t, ':'))
            seconds += text_number(t, 59);
    }
    return (minus ? -seconds : seconds) * (int32_t)SECOND_MS;
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A zone's abbreviation, which nothing here needs: three letters or more, or anything in <>. */
static void text_name(Text *t) {
    const char *first = t->p;
    if (skip(t, '<')) {
        while (t->p < t->end && peek(t) != '>')
            t->p++;
        t->bad |= !skip(t, '>');
    } else {
        while (is_letter(peek(t)))
            t->p++;
    }
    t->bad |= t->p - first < 3;
}

static ZoneChange text_change(Text *t) {
    ZoneChange c = {.time_ms = 2 * (int32_t)HOUR_MS};
    if (skip(t, 'M')) {
        c.month = (uint8_t)text_number(t, 12);
        t->bad |= !skip(t, '.');
        c.week = (uint8_t)text_number(t, 5);
        t->bad |= !skip(t, '.');
        c.wday = (uint8_t)text_number(t, 6);
    } else {
        c.kind = skip(t, 'J') ? ZONE_DAY_JULIAN : ZONE_DAY_COUNT;
        c.day = (uint16_t)text_number(t, 365);
    }
    if (skip(t, '/'))
        c.time_ms = text_time(t, 167);
    return c;
}

Status zone_tail_parse(Str text, ZoneTail *out) {
    ZoneTail tail = {0};
    if (text.n == 0)
        return ERR_SYNTAX;
    Text t = {text.p, text.p + text.n, false};
    text_name(&t);
    tail.std_ms = -text_time(&t, 24);
    if (t.p < t.end) {
        tail.changes = true;
        text_name(&t);
        tail.dst_ms = peek(&t) == ',' ? tail.std_ms + (int32_t)HOUR_MS : -text_time(&t, 24);
        t.bad |= !skip(&t, ',');
        tail.to_dst = text_change(&t);
        t.bad |= !skip(&t, ',');
        tail.to_std = text_change(&t);
    }
    if (t.bad || t.p != t.end || !tail_ok(&tail))
        return ERR_SYNTAX;
    *out = tail;
    return OK;
}
