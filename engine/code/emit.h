/* code: from a checked policy to a bundle.
 * Trusts:  the policy has no errors. Errors: ERR_NOMEM; ERR_LIMIT: Err says what is too
 * large, and a diagnostic of the policy says where. */
#ifndef REMIT_CODE_EMIT_H
#define REMIT_CODE_EMIT_H

#include "engine/check/check.h"
#include "engine/code/bundle.h"

/* Compiles p; the bundle and all of it live in the arena `a`. It still has to go through bundle_put
 * and bundle_take to be run: there is one way in. */
MUST_USE Status emit_bundle(const Program *p, Arena *a, Bundle **out, Err *err);

/* Adds a function without event or arguments that gives the value of a checked expression of p to
 * what `base`, the bundle of p, has. *out borrows base; its last function is the new one, which
 * verify_from has still to pass. */
MUST_USE Status emit_evaluated(const Program *p, const Node *expr, const Bundle *base, Arena *a,
                               Bundle **out, Err *err);

#endif
