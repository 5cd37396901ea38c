/* run: the samples of a series, packed. Records of LED_PANE, by their keys:
 *   series, SAMPLES, pane, part           samples in the order in which they came
 *   series, HEADS, window                 how the series stood when the window began
 *   series, VALUES, aggregate, value, instant, event    min and max: in order of value
 * and those of tally.h.
 *
 * A pane holds the samples that leave in (pane - width, pane]. Of a sliding window the width is a
 * sixteenth of it; of sessions a sample is in the pane of its own time, and the width is their gap;
 * of the others all samples of a pane leave at once, when it says. A pane stands
 * in parts of about PANE_BYTES, filled in the order in which its samples come; the last part is the
 * one that still fills. So what is stored follows from the samples and their order alone, whatever
 * the batches: nothing is packed anew, and a late sample goes behind the others of its pane.
 *
 * A sample in a part: a byte (bit 0 the aggregate, bits 1-5 the scale or PLAIN, bit 7 whether it
 * says when it enters), then numbers that are small as a rule: from its leaving to the pane's end
 * (sliding windows), from its time to its leaving less the window's length, when it enters, its
 * value, from the part's first event to its own.
 *
 * Trusts:  nothing in what it reads. */
#ifndef REMIT_RUN_PANE_H
#define REMIT_RUN_PANE_H

#include "engine/run/series.h"

typedef struct Sample {
    uint32_t agg;
    int64_t time, enters, leaves; /* enters: of a sliding window its time */
    Value value;
    uint64_t leaf; /* the event that gave it */
} Sample;

typedef VEC(Sample) Samples;

/* The pane of what leaves at that instant. */
int64_t pane_of(const KpiDef *def, int64_t leaves);
/* The samples of a pane that leave after an instant leave after its pane's width at the earliest.
 */
int64_t pane_width(const KpiDef *def);
MUST_USE Status pane_add(Ledger *l, const Series *s, const Sample *m, Buf *key, Buf *scratch,
                         Buf *record);
/* The first pane from an instant on that has samples; found false: none. */
MUST_USE Status pane_from(Ledger *l, const Series *s, int64_t from, Buf *key, int64_t *pane,
                          bool *found);
/* The first behind a pane that has samples. */
MUST_USE Status pane_after(Ledger *l, const Series *s, int64_t before, Buf *key, int64_t *pane,
                           bool *found);
/* Adds the samples of a pane to out, as they came. Values that are no numbers live in `a`. */
MUST_USE Status pane_read(Ledger *l, const Series *s, int64_t pane, Buf *key, Arena *a,
                          Samples *out);
/* Adds those that count at an instant to out: they have not left and have entered. */
MUST_USE Status samples_held(Ledger *l, const Series *s, int64_t at, Buf *key, Arena *a,
                             Samples *out);
/* Adds those of a session, from its first to its last, to out. */
MUST_USE Status samples_between(Ledger *l, const Series *s, int64_t first, int64_t last, Buf *key,
                                Arena *a, Samples *out);
MUST_USE Status pane_drop(Ledger *l, const Series *s, int64_t pane, Buf *key);
/* In the order in which they leave, then came. */
void samples_sort(Samples *list);
/* Whether a comes before b in that order. */
bool sample_before(const Sample *a, const Sample *b);

/* How the series stands at the beginning of the window that ends then; written once. */
MUST_USE Status head_put(Ledger *l, const Series *s, int64_t window, Buf *key, Buf *scratch,
                         Buf *record);
/* The same of a window that may have begun and ended without being judged. levels: KPI_STEPS.
 * found false: no head was written for it or a later one. */
MUST_USE Status head_get(Ledger *l, const Series *s, int64_t *window, Buf *key, bool *judged,
                         LevelState *levels, bool *found);
MUST_USE Status head_del(Ledger *l, const Series *s, int64_t window, Buf *key);

/* Whether an aggregate keeps its samples in order of value. */
bool agg_sorts(const AggDef *def);
/* Adds a sample to those of its aggregate in the order in which the least (min) or the greatest
 * (max) comes first, or takes it out. */
MUST_USE Status value_add(Ledger *l, const Series *s, const Sample *m, Buf *key, Buf *record);
MUST_USE Status value_del(Ledger *l, const Series *s, const Sample *m, Buf *key);
/* The first of them that counts at an instant. */
MUST_USE Status value_best(Ledger *l, const Series *s, uint32_t agg, int64_t at, Buf *key, Dec *out,
                           bool *found);

#endif
