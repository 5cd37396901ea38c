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

/* What a change is, as JSON behind what stands before it: ,"time":... */
void put_change_json(Buf *out, Record *r, const ChangeLeaf *c);
/* "entity/product/A1 set stock=3 (was 5)" */
void put_change_text(Buf *out, Record *r, const ChangeLeaf *c);

#endif
