/* base: instants and dates moved by durations. */
#include "engine/base/moment.h"

#include "engine/base/check.h"
#include "engine/base/civil.h"
#include "engine/base/ckd.h"
#include "engine/base/limits.h"

static Status day_add(int32_t day, int64_t n, int32_t *out) {
    int64_t sum;
    if (ckd_add(&sum, (int64_t)day, n) || !day_ok(sum))
        return ERR_OVERFLOW;
    *out = (int32_t)sum;
    return OK;
}

/* The same wall time on another day. */
static Status wall_add(const Zone *zone, int64_t from, Family family, int64_t amount,
                       int64_t *out) {
    if (!instant_ok(from))
        return ERR_OVERFLOW;
    int64_t local = zone_local(zone, from);
    int32_t day = local_day(local), moved;
    TRY(family == FAMILY_DAYS ? day_add(day, amount, &moved)
                              : civil_add_months(day, amount, &moved));
    *out = zone_instant(zone, moved * DAY_MS + local_time(local));
    return instant_ok(*out) ? OK : ERR_OVERFLOW;
}

Status moment_add(const Zone *zone, const Calendar *calendar, int64_t from, Family family,
                  int64_t amount, int64_t *out, bool *assumed) {
    switch (family) {
    case FAMILY_ELAPSED:
        return instant_add(from, amount, out);
    case FAMILY_DAYS:
    case FAMILY_MONTHS:
        return wall_add(zone, from, family, amount, out);
    case FAMILY_WORKING:
        return calendar == NULL ? ERR_STATE : cal_add_time(calendar, from, amount, out, assumed);
    case FAMILY_WORKING_DAYS:
        return calendar == NULL ? ERR_STATE : cal_add_days(calendar, from, amount, out, assumed);
    case FAMILIES:
        break;
    }
    UNREACHABLE();
}

/* The n-th working day after (n > 0) or before (n < 0) a date. */
static Status working_day_add(const Calendar *calendar, int32_t from, int64_t n, int32_t *out,
                              bool *assumed) {
    if (n > LIMIT_CAL_DAYS || n < -LIMIT_CAL_DAYS)
        return ERR_LIMIT;
    int step = n < 0 ? -1 : 1;
    int64_t left = n < 0 ? -n : n, looked = 0;
    while (left > 0) {
        if (looked++ > LIMIT_CAL_DAYS)
            return ERR_LIMIT;
        TRY(day_add(from, step, &from));
        left -= cal_is_working_day(calendar, from, assumed);
    }
    *out = from;
    return OK;
}

Status date_add(const Calendar *calendar, int32_t from, Family family, int64_t amount, int32_t *out,
                bool *assumed) {
    switch (family) {
    case FAMILY_DAYS:
        return day_add(from, amount, out);
    case FAMILY_MONTHS:
        return civil_add_months(from, amount, out);
    case FAMILY_WORKING_DAYS:
        return calendar == NULL ? ERR_STATE : working_day_add(calendar, from, amount, out, assumed);
    case FAMILY_ELAPSED:
    case FAMILY_WORKING:
    case FAMILIES:
        break;
    }
    return ERR_STATE;
}
