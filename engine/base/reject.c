/* base: the names of the reasons. */
#include "engine/base/reject.h"

static const char *const names[REJECT_REASONS] = {"malformed", "schema",    "conflict", "late",
                                                  "future",    "authority", "failed"};

Str reject_text(RejectReason reason) {
    return str_of(names[reason]);
}
