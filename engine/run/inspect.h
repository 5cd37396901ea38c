/* run: whether all that a ledger holds fits together: records and names, timers and what they are
 * for, indexes, links, people, the journal and what is known of it. Nothing is executed.
 *
 * Trusts:  that pages and values are what was written (the ledger says where they are not).
 * Errors:  those of reading; what does not fit is a Fault. */
#ifndef REMIT_RUN_INSPECT_H
#define REMIT_RUN_INSPECT_H

#include "engine/code/bundle.h"
#include "engine/ledger/ledger.h"

typedef enum FaultId {
#define FAULT(id, name, en, zh) FAULT_##id,
#include "engine/run/fault.def"
    FAULT_IDS
} FaultId;

enum { FAULTS_MOST = 100, FAULT_TEXT = 120 };

typedef struct Fault {
    FaultId id;
    uint64_t number;
    char text[FAULT_TEXT];
} Fault;

/* Plain bytes: may be handed from process to process. */
typedef struct Faults {
    Fault list[FAULTS_MOST];
    size_t n;
    uint64_t more; /* found, and no room for them */
    uint64_t entries, records, timers, names;
} Faults;

const char *fault_name(FaultId id);
void put_fault(Buf *out, const Fault *f, bool chinese);

/* Inspects a ledger that is open for reading and holds its snapshot (led_hold). bytes: those of the
 * bundle that it keeps. */
MUST_USE Status inspect(Ledger *l, const Bundle *b, Str bytes, Faults *out, Err *err);

#endif
