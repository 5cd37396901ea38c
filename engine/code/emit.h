/* code: from a checked policy to a bundle.
 * Trusts:  the policy has no errors. Errors: ERR_NOMEM; ERR_LIMIT: Err says what is too
 * large, and a diagnostic of the policy says where. */
#ifndef REMIT_CODE_EMIT_H
#define REMIT_CODE_EMIT_H

#include "engine/check/check.h"
#include "engine/code/bundle.h"

/* Where in the code a condition is known or an action begins, for who asks what runs. */
typedef struct EmitMark {
    uint32_t at; /* the instruction that is reached then */
    int32_t reg; /* the register with the condition's value; -1: an action */
    const Node *node;
} EmitMark;
typedef struct EmitMarks {
    Arena *arena; /* their owner */
    EmitMark *at; /* in the order of the code */
    uint32_t n, room;
    struct EmitMarks *values; /* gets where each expression that is computed is known, too; may be
                                 NULL */
} EmitMarks;

/* Compiles p; the bundle and all of it live in the arena `a`. It still has to go through bundle_put
 * and bundle_take to be run: there is one way in. marks, where it is not NULL, gets those of all
 * that tests of the policy can reach: of feeds it gets none. */
MUST_USE Status emit_bundle(const Program *p, Arena *a, EmitMarks *marks, Bundle **out, Err *err);

/* Adds a function without event or arguments that gives the value of what was asked of p to
 * what `base`, the bundle of p, has. *out borrows base; its last function is the new one, which
 * verify_from has still to pass. */
MUST_USE Status emit_evaluated(const Program *p, const Asked *asked, const Bundle *base, Arena *a,
                               Bundle **out, Err *err);

#endif
