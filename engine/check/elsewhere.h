/* check: names that other languages and everyday speech have for types, zones and times of day. */
#ifndef REMIT_CHECK_ELSEWHERE_H
#define REMIT_CHECK_ELSEWHERE_H

#include "engine/check/check_int.h"

/* The type, or the zone, that is meant; empty: none is known. sure: nothing else can be meant by
 * the type; set only where one is known. */
Str elsewhere_type(Str word, bool *sure);
Str elsewhere_zone(Str word);
/* `09:00` for `9:00`; empty when that is no time of day either. */
Str elsewhere_time(Program *p, Str text);
/* What to write for a time of day, else what is said of others. */
Str elsewhere_hint(Program *p, Str padded, Str others);

#endif
