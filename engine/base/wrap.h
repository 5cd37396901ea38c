/* base: text for people, broken into lines: at blanks, and between wide letters, as Chinese is. */
#ifndef REMIT_BASE_WRAP_H
#define REMIT_BASE_WRAP_H

#include "engine/base/buf.h"

/* Puts words on lines of so many columns, of which `used` are full already; further lines are
 * indented. A word that is wider than a line stays whole. */
void put_wrapped(Buf *out, Str text, size_t used, size_t indent, size_t columns);

#endif
