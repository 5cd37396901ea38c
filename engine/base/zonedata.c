/* base: finding the built-in zones by name. */
#include "engine/base/zonedata.h"

#include "engine/base/check.h"
#include "engine/base/zone.h"

size_t zone_names(void) {
    return zonedata_count;
}

Str zone_name(size_t i) {
    ASSERT(i < zonedata_count);
    return i < zonedata_count ? zonedata_entries[i].name : (Str){NULL, 0};
}

Str zone_version(void) {
    return zonedata_version;
}

/* The index of the first name that is not before `name`. */
static size_t name_place(Str name) {
    size_t low = 0, high = zonedata_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (str_cmp(zonedata_entries[mid].name, name) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

Status zone_find(Str name, Arena *to, Zone *out) {
    size_t i = name_place(name);
    if (i == zonedata_count || !str_eq(zonedata_entries[i].name, name))
        return ERR_NOTFOUND;
    const ZoneEntry *entry = &zonedata_entries[i];
    Take t = take_from((Str){(const char *)zonedata_bytes + entry->at, entry->n});
    TRY(zone_take_rules(&t, name, to, out));
    return take_done(&t);
}
