/* run: a new version of the policy that a ledger goes on under (link.h). The old and the new one
 * become one bundle, which the ledger holds; both stay in it as they were given, too. */
#ifndef REMIT_RUN_ADOPT_H
#define REMIT_RUN_ADOPT_H

#include "engine/code/link.h"
#include "engine/run/engine.h"

/* From when a new version applies: not said, right behind the ledger's clock. */
typedef struct AdoptFrom {
    bool said;
    int64_t at;
} AdoptFrom;

typedef struct Adopted {
    Linked linked; /* its memory is the caller's arena */
    int64_t from;
} Adopted;

/* The bundle that the ledger runs under: of all its versions; its bytes live in a. *bundle is NULL
 * for a new ledger. */
MUST_USE Status ledger_bundle(Ledger *l, Arena *a, const Bundle **bundle, Str *bytes, Err *err);
/* The bundle of version `number` as it was given. */
MUST_USE Status ledger_given(Ledger *l, uint32_t number, Arena *a, Str *bytes, Err *err);
/* Lets the ledger go on under a new version, in its open batch: led_commit or engine_commit puts it
 * on disk, led_close forgets it. bytes: the version's own bundle. ERR_MISMATCH: it cannot follow,
 * or not from then on; ERR_STATE: nothing was ever run against the ledger. */
MUST_USE Status ledger_adopt(Ledger *l, Str bytes, AdoptFrom from, Arena *a, Adopted *out,
                             Err *err);

#endif
