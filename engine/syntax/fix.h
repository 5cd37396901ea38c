/* syntax: what diagnostics suggest, applied to a text. */
#ifndef REMIT_SYNTAX_FIX_H
#define REMIT_SYNTAX_FIX_H

#include "engine/syntax/diag.h"

/* The text of a source with the suggestions for it applied: those that lie in another that comes
 * before are left out. *n: how many; 0: *out is the text itself. Owned by `a`. ERR_NOMEM. */
MUST_USE Status fix_source(const Diags *d, uint32_t file, Arena *a, Str *out, size_t *n);

#endif
