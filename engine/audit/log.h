/* audit: the journal, entry by entry. */
#ifndef REMIT_AUDIT_LOG_H
#define REMIT_AUDIT_LOG_H

#include "engine/audit/record.h"

typedef struct LogOptions {
    bool effects_only, json;
    uint64_t from;
    Str subject, type; /* filters; empty: all */
} LogOptions;

/* Each entry as one line with its newline; `line` gives false to stop. Effects alone are written as
 * the run wrote them. */
MUST_USE Status log_entries(Record *r, const LogOptions *opt, bool (*line)(void *ctx, Str line),
                            void *ctx, Err *err);
/* One entry for people, without a newline. */
void put_entry_text(Buf *out, Record *r, uint64_t index, const Leaf *leaf);

#endif
