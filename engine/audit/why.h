/* audit: why a thing is as it is: the event, the rule and its line, the table's row and the values
 * it saw, the arithmetic of the deadline through the calendar, and all that was said since. The
 * causes stand in the journal: nothing is run again. */
#ifndef REMIT_AUDIT_WHY_H
#define REMIT_AUDIT_WHY_H

#include "engine/audit/record.h"

typedef struct WhyForm {
    bool json;    /* else text */
    bool chinese; /* the text; JSON is the same in any language */
} WhyForm;

/* subject: as effects have it, duty/NAME/KEY. ERR_NOTFOUND: there is nothing of this name;
 * ERR_SYNTAX: it is no subject. */
MUST_USE Status why(Record *r, Str subject, WhyForm form, Buf *out, Err *err);

#endif
