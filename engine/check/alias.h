/* check: where names stand that could be written by an alias, or the reverse. */
#ifndef REMIT_CHECK_ALIAS_H
#define REMIT_CHECK_ALIAS_H

#include "engine/check/check.h"

typedef struct NameUse {
    Span at;
    Str name, alias; /* what would stand there */
    Str of;          /* what is meant, the same in another reading of the policy */
} NameUse;

typedef struct NameUses {
    VEC(NameUse) all; /* in the order of files and texts, no two over each other */
} NameUses;

/* The uses in a checked policy without errors, but for those in patterns and in the standard
 * library. Texts live in the policy's arena. name_uses_free also after an error: ERR_NOMEM. */
MUST_USE Status names_used(Program *p, NameUses *out);
void name_uses_free(NameUses *uses);

#endif
