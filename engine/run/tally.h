/* run: the values of a series' samples, counted: for distinct, percentile,
 * and of what stands now the least and the greatest. Records of LED_PANE,
 * by their keys:
 *   series, COUNTS, aggregate, value              how many samples of the value count
 *   series, BACK, aggregate, value turned round   percentile: the same values, the greatest first
 *   series, ENTERING, instant, aggregate, value   steps: how many begin to count then
 *
 * A value is 16 bytes: of a percentile in the order of numbers, else its hash. A percentile keeps a
 * place among its values, which moves by a value or two for each sample that comes or leaves; so a
 * judgement costs the same however many samples there are.
 *
 * Trusts:  nothing in what it reads. */
#ifndef REMIT_RUN_TALLY_H
#define REMIT_RUN_TALLY_H

#include "engine/run/pane.h"

bool agg_tallies(const AggDef *def);
/* A value as the sample of a distinct keeps it: a long one as its beginning and its hash. */
MUST_USE Status tally_short(Value v, Buf *scratch, Arena *a, Value *out);

/* Counts a sample of a window in or, of one in steps, in when it enters. */
MUST_USE Status tally_add(Ledger *l, Series *s, const Sample *m, Buf *key, Buf *scratch,
                          Buf *record);
/* Counts one out that counts. */
MUST_USE Status tally_leave(Ledger *l, Series *s, const Sample *m, Buf *key, Buf *scratch,
                            Buf *record);
/* What enters at or before an instant counts. */
MUST_USE Status tally_enter(Ledger *l, Series *s, int64_t at, Buf *key, Buf *record);
/* What the aggregate measures; has false: there is nothing. Moves its place. */
MUST_USE Status tally_measure(Ledger *l, Series *s, uint32_t agg, Buf *key, Dec *out, bool *has);

/* The same over samples in memory, which are counted in one by one. */
typedef struct Ranking {
    const AggDef *def;
    u128 *values;   /* all that may come, in order, each once */
    uint64_t *tree; /* sums of how many came (a Fenwick tree) */
    bool *came;
    size_t n;
    uint64_t count, distinct;
} Ranking;
/* Makes room for the samples of one aggregate. */
MUST_USE Status ranking_init(Ranking *r, const Series *s, uint32_t agg, const Samples *samples,
                             Buf *scratch, Arena *a);
MUST_USE Status ranking_add(Ranking *r, Value v, Buf *scratch);
/* Takes one of those that came away again. All that have its value must go with it. */
MUST_USE Status ranking_remove(Ranking *r, Value v, Buf *scratch);
/* total: of the same samples. */
MUST_USE Status ranking_measure(const Ranking *r, const Total *total, Dec *out, bool *has);

#endif
