/* audit: what would have been under another policy: two ledgers that took the same inputs, held
 * against each other by duty, by who owes, by what was said, and by the money that was said. */
#ifndef REMIT_AUDIT_WHATIF_H
#define REMIT_AUDIT_WHATIF_H

#include "engine/audit/replay.h"
#include "engine/audit/show.h"

typedef struct WhatIfOptions {
    bool each; /* each duty that differs, too */
    bool json, chinese;
} WhatIfOptions;

/* Replays under another policy, and holds what comes of it against the ledger. Several tables, each
 * begun by sink.begin; with json a line each row, whose member `table` names its table. */
MUST_USE Status what_if_replayed(Record *from, const ReplayOptions *replay,
                                 const WhatIfOptions *opt, ShowSink sink, Err *err);

#endif
