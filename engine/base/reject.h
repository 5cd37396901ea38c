/* base: why an event is not accepted (contract.md 3). */
#ifndef REMIT_BASE_REJECT_H
#define REMIT_BASE_REJECT_H

#include "engine/base/str.h"

typedef enum RejectReason {
    REJECT_MALFORMED,
    REJECT_SCHEMA,
    REJECT_CONFLICT,
    REJECT_LATE,
    REJECT_FUTURE,
    REJECT_AUTHORITY,
    REJECT_FAILED,
    REJECT_REASONS
} RejectReason;

Str reject_text(RejectReason reason); /* "malformed" */

#endif
