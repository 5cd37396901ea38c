/* audit: why a thing is not so: the first condition that failed with the values that it read, its
 * line, and of a table the row that came nearest. What a condition came to is computed again from
 * the event; where it asks for the state, from a replay up to there. */
#ifndef REMIT_AUDIT_WHYNOT_H
#define REMIT_AUDIT_WHYNOT_H

#include "engine/audit/why.h"

/* subject: as for why. What is so is said to be so. Errors as for why; what never came is an
 * answer. */
MUST_USE Status why_not(Record *r, Str subject, WhyForm form, Buf *out, Err *err);

#endif
