/* base: the zones of the tz database as tools/gen_zones.c builds them in. Only zonedata.c and the
 * generated table include this. */
#ifndef REMIT_BASE_ZONEDATA_H
#define REMIT_BASE_ZONEDATA_H

#include "engine/base/str.h"

typedef struct ZoneEntry {
    Str name;
    uint32_t at,
        n; /* its zone_put_rules bytes in zonedata_bytes; a link has those of what it names */
} ZoneEntry;

extern const Str zonedata_version;
extern const unsigned char zonedata_bytes[];
extern const ZoneEntry zonedata_entries[]; /* by name, in byte order */
extern const size_t zonedata_count;

#endif
