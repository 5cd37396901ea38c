/* run: names of a policy written by their aliases, or the reverse. */
#ifndef REMIT_RUN_RENAMED_H
#define REMIT_RUN_RENAMED_H

#include "engine/run/formatted.h"

/* As in RemitNaming of remit.h. */
typedef enum NamesBy { NAMES_KEPT, NAMES_BY_ALIAS, NAMES_BY_NAME } NamesBy;

/* Told of a use that stays as it is since something else would be meant by `other`; nonzero stops.
 */
typedef int RenameStays(void *ctx, Str path, Place at, Str now, Str other);

/* Reads the sources of `p`, which is not finished, as one policy and gives `out`, which is to be
 * freed whatever happens, the same sources with each use of a declared thing written by its alias,
 * or by its name; it is not finished. Where something else would then be meant, the use stays, and
 * `tell` (or NULL) is told. With errors in the policy, which are then in p's diagnostics, `out` is
 * empty. The code of both is the same. *wider, to be freed, tells what lines are broken by. */
MUST_USE Status policy_rename(Policy *p, NamesBy by, Policy *out, Widers *wider, RenameStays *tell,
                              void *ctx, Err *err);

#endif
