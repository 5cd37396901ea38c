/* run: the standard library, embedded: Remit files of stdlib/, made into an array by the build. */
#ifndef REMIT_RUN_STDLIB_H
#define REMIT_RUN_STDLIB_H

#include "engine/base/str.h"

typedef struct StdModule {
    Str name; /* std.calendar.cn */
    Str file; /* std/calendar/cn.remit */
    Str text; /* NUL behind its last byte */
} StdModule;

extern const StdModule std_modules[];
extern const size_t std_module_count;

#endif
