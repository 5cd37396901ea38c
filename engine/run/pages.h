/* run: the help pages of docs/errors, embedded by the build. */
#ifndef REMIT_RUN_PAGES_H
#define REMIT_RUN_PAGES_H

#include "engine/base/str.h"

typedef struct Page {
    Str name; /* E0203 */
    Str text; /* Markdown */
} Page;

extern const Page pages[];
extern const size_t page_count;

#endif
