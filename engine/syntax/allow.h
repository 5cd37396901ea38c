/* syntax: warnings that a remark allows, with its reason: `-- allow E0563: the night shift wants
 * it`. */
#ifndef REMIT_SYNTAX_ALLOW_H
#define REMIT_SYNTAX_ALLOW_H

#include "engine/syntax/diag.h"

/* Takes the warnings out that a remark on their line, or alone above it, allows; adds what is wrong
 * with such remarks. *allowed: how many were taken out. ERR_NOMEM. */
MUST_USE Status allow_apply(Diags *d, size_t *allowed);

#endif
