/* audit: the journal, entry by entry. */
#ifndef REMIT_AUDIT_LOG_H
#define REMIT_AUDIT_LOG_H

#include "engine/audit/record.h"

typedef struct LogOptions {
    bool effects_only, json;
    uint64_t from;
    /* filters; empty: all */
    Str subject; /* or what its subjects begin with: duty/handle is all of that duty */
    Str type, who, rule;
    bool has_since, has_until;
    int64_t since, until; /* the entries' own times */
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

/* log_filter.c */
/* ERR_SYNTAX: nothing in the policy is called so; err says what was probably meant. */
MUST_USE Status log_rule_known(const Record *r, Str name, Err *err);
/* Whether an entry is among those that are asked for. */
bool log_is_asked(Record *r, const Leaf *leaf, const LogOptions *opt);

#endif
