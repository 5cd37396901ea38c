/* audit: whether a ledger is whole: its journal against its tree, then all that its tables hold
 * against each other and against the journal (run/inspect.h). */
#ifndef REMIT_AUDIT_DOCTOR_H
#define REMIT_AUDIT_DOCTOR_H

#include "engine/base/buf.h"

typedef struct DoctorOptions {
    Str ledger;
    Str place;   /* where a temporary folder may be made, for a replay; empty: /tmp */
    bool replay; /* the journal's inputs again, too, and all compared */
    bool json, chinese;
} DoctorOptions;

/* Says each finding to `out`, on a line, and at last whether it is whole and what to do. Reads it
 * in a process of its own, while a run may go on beside. ERR_NOTFOUND: there is no ledger. */
MUST_USE Status doctor(const DoctorOptions *opt, Buf *out, bool *whole, Err *err);
/* The findings of the tables alone. */
MUST_USE Status doctor_look(Str ledger, bool json, bool chinese, Buf *out, bool *whole, Err *err);

#endif
