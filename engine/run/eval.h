/* run: single expressions of a policy, compiled, verified and run like any other code. */
#ifndef REMIT_RUN_EVAL_H
#define REMIT_RUN_EVAL_H

#include "engine/run/policy.h"
#include "engine/vm/vm.h"

/* What an expression came to: values, a trap, or neither where its diagnostics say why. */
typedef struct Evaluated {
    Bundle *bundle; /* that its values are of; NULL: it has errors */
    const Value *values;
    const FieldDef *names; /* of each value, where a table gave them; else NULL */
    uint32_t count;        /* 0: it trapped */
    Str name;              /* what `let` calls it; empty: it is no `let` */
    Trap trap;
} Evaluated;

/* Computes the last of `texts`, where no event is at hand, as of the instant *at (NULL: of none).
 * Those before it are `let NAME = EXPRESSION`, and known to it. All of `out` lives in `arena`.
 * Their sources stay the last of the policy's: the caller takes them away. ERR_POLICY: the policy
 * came as a bundle, which has no names. */
MUST_USE Status eval_text(Policy *p, const Str *texts, size_t count, const int64_t *at,
                          Arena *arena, Diags *diags, Evaluated *out, Err *err);

#endif
