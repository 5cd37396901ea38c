/* syntax: what diagnostics suggest, applied to a text. */
#ifndef REMIT_SYNTAX_FIX_H
#define REMIT_SYNTAX_FIX_H

#include "engine/syntax/diag.h"

/* The text of a source with the suggestions for it applied that are certain: those that lie in
 * another that comes before are left out. *applied: those of *n diagnostics, in the order of the
 * text; none: *out is the text itself. Owned by `a`. ERR_NOMEM. */
MUST_USE Status fix_source(const Diags *d, uint32_t file, Arena *a, Str *out, const Diag ***applied,
                           size_t *n);

#endif
