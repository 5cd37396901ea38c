/* run: what a KPI measures, held against what it measured so long before. Each change of the
 * measure is a record under the instant at which it will be what was before: series, LATER, instant
 * Earlier so that what was before is the last record that has come, whatever the window and the
 * aggregate. It is what was known then: a sample that comes later does not change it.
 *
 * Trusts:  nothing in what it reads. */
#ifndef REMIT_RUN_COMPARE_H
#define REMIT_RUN_COMPARE_H

#include "engine/run/series.h"

/* What is measured at an instant, too few samples being nothing: kept for later if it is new.
 * *next: no later than when it will be what was before. */
MUST_USE Status compare_keep(Ledger *l, const Bundle *b, Series *s, int64_t at, const Measure *m,
                             Buf *key, Buf *scratch, Buf *record, int64_t *next);
/* What was before, at an instant, becomes so; *next: when the next does. */
MUST_USE Status compare_move(Ledger *l, Series *s, int64_t at, Buf *key, int64_t *next);
/* What was before at an instant that may be past the last judgement. */
MUST_USE Status compare_at(Ledger *l, const Series *s, int64_t at, Buf *key, Seen *out);
/* Turns what is measured into what the KPI says of it; what was measured is in m->now.
 * ERR_OVERFLOW: it does not fit. */
MUST_USE Status compare_with(const KpiDef *def, const Seen *before, Measure *m);

void put_seen(Buf *out, const Seen *seen);
bool take_seen(Take *t, Arena *a, Seen *out);

#endif
