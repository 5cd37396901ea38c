/* audit: what stands in a ledger, as rows. */
#ifndef REMIT_AUDIT_SHOW_H
#define REMIT_AUDIT_SHOW_H

#include "engine/audit/record.h"

typedef struct ShowOptions {
    Str what;     /* duties, timers, rejected, unmatched, people, approvals, kpis, entities,
                  schedule, waiting, rotation,
                  policy */
    Str rotation; /* of `rotation`: which */
    Str owner, duty, approval, kpi, entity; /* filters; empty: all */
    Str state;                              /* one too, in either language */
    bool overdue, json;
    bool chinese; /* texts; JSON is the same in any language */
    size_t limit; /* 0: all */
} ShowOptions;

/* Rows go to `begin` and `row` (texts), or with json lines to `line`. Each gives false to stop. */
typedef struct ShowSink {
    void *ctx;
    bool (*begin)(void *ctx, const Str *columns, size_t n);
    bool (*row)(void *ctx, const Str *cells, size_t n);
    bool (*line)(void *ctx, Str line);
} ShowSink;

/* ERR_SYNTAX: there is nothing of this name to show. */
MUST_USE Status show(Record *r, const ShowOptions *opt, ShowSink sink, Err *err);
/* The digest of what the duties mean (contract.md 16). */
MUST_USE Status digest_state(Record *r, uint8_t digest[32], Err *err);

#endif
