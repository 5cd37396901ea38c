/* base: time zones. A Zone is the instants at which a place's offset from UTC changes, and a rule
 * that goes on after the last of them for ever (the POSIX TZ footer of RFC 9636). The zones of the
 * tz database are built in, in one version, from stdlib/zones-VERSION.txt; a bundle carries the
 * zones that it uses, so that bytes, not this program, decide what a policy means.
 *
 * A local time W stands for the first instant at which the zone's clock shows W or later: in a gap
 * that is the instant of the jump, and of a time that comes twice it is the first coming.
 *
 * Trusts:  Zones made by zone_find, zone_take or zone_take_rules, or by hand with zone_check
 * passed. Memory:  what a Zone points to lives in the arena it was given. Errors:  looking up times
 * cannot fail. An instant or local time outside the years 0001..9999 is read as if it lay at most
 * two days outside them; whoever needs to know asks instant_ok. */
#ifndef REMIT_BASE_ZONE_H
#define REMIT_BASE_ZONE_H

#include "engine/base/civil.h"

/* The day of a year on which the clock changes. */
typedef enum ZoneDay {
    ZONE_DAY_MONTH,  /* Mm.w.d: weekday d (Sunday 0) of week w (5 is the last) of month m */
    ZONE_DAY_JULIAN, /* Jn: day 1..365, 29 February is never counted */
    ZONE_DAY_COUNT,  /* n: day 0..365, 29 February is counted */
} ZoneDay;

typedef struct ZoneChange {
    ZoneDay kind;
    uint16_t day;              /* of the year, for the last two kinds */
    uint8_t month, week, wday; /* for the first */
    int32_t time_ms; /* wall time by the offset before the change, less than 168 hours from 0 */
} ZoneChange;

typedef struct ZoneTail {
    bool changes;   /* false: std_ms for ever, the rest is unused */
    int32_t std_ms; /* offsets: local time - UTC */
    int32_t dst_ms; /* may be less than std_ms, as Dublin's in winter */
    ZoneChange to_dst, to_std;
} ZoneTail;

typedef struct Zone {
    Str name;               /* as it was asked for, be it a link's */
    uint32_t n;             /* changes of the offset, at[0] < at[1] < ... */
    const int64_t *at;      /* instants */
    const int32_t *offsets; /* n + 1 of them, ms: [0] before at[0], [i + 1] from at[i] on */
    ZoneTail tail;          /* holds from at[n - 1] on, or always where n is 0 */
} Zone;

#define ZONE_OFFSET_END                                                                            \
    (26 * (int32_t)HOUR_MS) /* every offset lies within it, either side of 0                       \
                             */

/* The Zone of a name or link of the tz database (exact case). ERR_NOTFOUND: there is none. */
MUST_USE Status zone_find(Str name, Arena *to, Zone *out);
/* All names and links, in byte order: what "did you mean" looks through. i < zone_names(). */
size_t zone_names(void);
Str zone_name(size_t i);
/* The version of the tz database, as "2026f". */
Str zone_version(void);

/* ERR_DAMAGED: z is not as this header says it is, or its tail does not go on from its last change.
 */
MUST_USE Status zone_check(const Zone *z);
/* Canonical bytes: one zone has one form. The first two with the name, the others without. Reading
 * checks all (zone_check); ERR_DAMAGED, ERR_NOMEM; *out is then undefined. The name is copied. */
void zone_put(Buf *b, const Zone *z);
MUST_USE Status zone_take(Take *t, Arena *to, Zone *out);
void zone_put_rules(Buf *b, const Zone *z);
MUST_USE Status zone_take_rules(Take *t, Str name, Arena *to, Zone *out);
/* Reads a POSIX TZ text with RFC 9636's extensions: `EST5EDT,M3.2.0,M11.1.0`,
 * `<-02>2<-01>,M3.5.0/-1,M10.5.0/0`. ERR_SYNTAX; a daylight name without dates is that too. */
MUST_USE Status zone_tail_parse(Str text, ZoneTail *out);

/* local time - UTC in ms, and the zone's local time, at an instant. */
int32_t zone_offset(const Zone *z, int64_t t);
int64_t zone_local(const Zone *z, int64_t t);
/* The first instant at which the zone's clock shows `local` or later. */
int64_t zone_instant(const Zone *z, int64_t local);

/* The period of one offset that was looked up last, so that the next look-up costs two compares.
 * The caller owns it; start one as {.zone = z}. z must stay. */
typedef struct ZoneCache {
    const Zone *zone;
    int64_t from, until; /* instants: the offset holds in [from, until) */
    int64_t local_from,
        local_end; /* local times in [local_from, local_end) are instants of the period */
    int32_t offset_ms;
    /* instants in [day_from, day_until) print as `day`, the time since day_start and `away` */
    int64_t day_from, day_until, day_start;
    char day[11], away[6];
} ZoneCache;

int64_t zone_cache_load(ZoneCache *c,
                        int64_t t); /* makes c hold the period of t; gives t as it was read */
int64_t zone_cache_search(ZoneCache *c, int64_t local);

static inline int32_t zone_cache_offset(ZoneCache *c, int64_t t) {
    if (t < c->from || t >= c->until)
        (void)zone_cache_load(c, t);
    return c->offset_ms;
}
static inline int64_t zone_cache_local(ZoneCache *c, int64_t t) {
    if (t < c->from || t >= c->until)
        t = zone_cache_load(c, t);
    return t + c->offset_ms;
}
static inline int64_t zone_cache_instant(ZoneCache *c, int64_t local) {
    if (local >= c->local_from && local < c->local_end)
        return local - c->offset_ms;
    return zone_cache_search(c, local);
}
/* put_instant with the zone's offset at t. Instants of one day after the other are common: the
 * day's text is kept. */
void zone_put_instant(Buf *b, ZoneCache *c, int64_t t);

#endif
