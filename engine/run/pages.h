/* run: the help pages of docs/errors, embedded by the build. */
#ifndef REMIT_RUN_PAGES_H
#define REMIT_RUN_PAGES_H

#include "engine/base/buf.h"

typedef struct Page {
    Str name; /* E0203; in Chinese zh.E0203 */
    Str text; /* Markdown */
} Page;

extern const Page pages[];
extern const size_t page_count;

/* The page of a code, in Chinese if there is one and it is asked for; NULL: there is none. */
const Page *page_of(Str code, bool chinese);
/* A page for a terminal: paragraphs broken at `columns`, examples indented, without the marks of
 * Markdown. */
void page_put(Buf *out, Str markdown, size_t columns, bool color);

#endif
