/* base: an instant or a date moved by a duration of any family (semantics.md 3): hours elapse, days
 * and months are of the zone's calendar, working time is a Calendar's. */
#ifndef REMIT_BASE_MOMENT_H
#define REMIT_BASE_MOMENT_H

#include "engine/base/calendar.h"
#include "engine/base/value.h"

/* from and then amount of family. calendar may be NULL: then working families are ERR_STATE. amount
 * may be negative. *assumed is set when a year without published holidays was looked at; it may be
 * NULL. ERR_OVERFLOW: outside the years 0001..9999; ERR_LIMIT as in calendar.h. */
MUST_USE Status moment_add(const Zone *zone, const Calendar *calendar, int64_t from, Family family,
                           int64_t amount, int64_t *out, bool *assumed);
/* The same for a date; families that have no whole days are ERR_STATE. */
MUST_USE Status date_add(const Calendar *calendar, int32_t from, Family family, int64_t amount,
                         int32_t *out, bool *assumed);

#endif
