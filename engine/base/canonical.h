/* base: JSON in one form: members in order of their names, no white space, strings unescaped and
 * escaped anew. Numbers stay as written. For telling whether two texts say the same (after RFC
 * 8785, which also rewrites numbers). */
#ifndef REMIT_BASE_CANONICAL_H
#define REMIT_BASE_CANONICAL_H

#include "engine/base/json.h"

/* Appends the value at j. ERR_SYNTAX, ERR_LIMIT: j says why; ERR_NOMEM. Texts in between live in a.
 */
MUST_USE Status put_canonical_json(Buf *out, Json *j, Arena *a);

#endif
