/* base: what the language and its messages need of Unicode 15.0.0: which code points make names,
 * how wide text stands in a terminal, and the composed normal form. From committed tables, never
 * from the machine's own, so that every machine judges alike. */
#ifndef REMIT_BASE_UNICODE_H
#define REMIT_BASE_UNICODE_H

#include "engine/base/mem.h"
#include "engine/base/str.h"

/* XID_Start and XID_Continue of UAX #31: what may begin a name, and what may follow. */
bool uc_xid_start(uint32_t cp);
bool uc_xid_continue(uint32_t cp);

/* Columns in a terminal: 0 for what stands on or between others (general categories Mn, Me, Cf), 2
 * for East Asian Wide and Fullwidth (UAX #11), 1 for all else: ambiguous and control characters
 * too. */
int uc_width(uint32_t cp);
/* The columns of a text; a byte that is not UTF-8 counts one. */
size_t uc_columns(Str s);

/* Whether s is in Normalization Form C (UAX #15). False too if it is not UTF-8. Allocates nothing.
 */
bool uc_is_nfc(Str s);
/* Normalization Form C of s: s itself, borrowed, if it is that already, else in the arena. Time
 * grows with the length, times the number of combining classes (54 at most) in a run of marks out
 * of order. ERR_SYNTAX: s is not UTF-8. ERR_NOMEM. */
MUST_USE Status uc_nfc(Str s, Arena *arena, Str *out);

#endif
