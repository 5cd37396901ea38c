/* base: what two texts differ in, line by line. */
#ifndef REMIT_BASE_DIFF_H
#define REMIT_BASE_DIFF_H

#include "engine/base/buf.h"

/* Appends a patch (a unified diff) that makes `after` of `before`; nothing if they are the same.
 * From a difference on it goes to the nearest lines that are alike again: right, and short enough
 * to read, if not always the shortest. Time grows with the texts and the square of what differs in
 * one place, up to a bound. */
void put_diff(Buf *out, Str name, Str before, Str after);

#endif
