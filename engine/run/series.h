/* run: a series of a KPI: the samples that its window holds, their exact sums, and which levels
 * stand. One series a group; numbers count them in the order in which they came into being.
 *
 * Samples are records of their own (record.def, Measured), keyed so that what comes next is first:
 *   series, LEAVES, instant, sample      until the instant at which the window lets it go
 *   series, ENTERS, instant, sample      stepped windows: until its pane has ended
 *   series, VALUES, aggregate, value, instant, sample    min and max: in order of value
 * A sample costs the same however many there are.
 *
 * Trusts:  records of its own making are checked as they are read.
 * Memory:  a series lives in the arena that took it. */
#ifndef REMIT_RUN_SERIES_H
#define REMIT_RUN_SERIES_H

#include "engine/ledger/ledger.h"
#include "engine/run/fold.h"
#include "engine/run/leaf.h"

/* What an aggregate knows of its samples: enough to take one out again exactly. */
typedef struct Total {
    uint64_t count;
    i128 sum;                           /* in units of 10^-18 */
    uint64_t scales[DEC_SCALE_MAX + 1]; /* how many samples were written with so many places */
} Total;

typedef struct LevelState {
    bool raised;
    int64_t since;    /* raised: at which instant */
    int64_t waits;    /* since when it holds what raises it or, raised, clears it; else never */
    uint64_t episode; /* how often it was raised */
} LevelState;

typedef struct Series {
    uint64_t number;
    uint32_t decl;
    const KpiDef *def;
    Str *key; /* texts of its group */
    Value *group;
    uint64_t next;
    Total totals[KPI_AGGS];
    LevelState levels[KPI_STEPS];
    int64_t sampled; /* when its last sample was handled; INT64_MIN: none */
    uint64_t said;
    int64_t timer_at;
} Series;

/* A value of a measure: absent, a value, or a fraction of two. */
typedef struct Measure {
    bool absent, ratio;
    Value num, den; /* den: of a ratio */
    uint64_t samples;
} Measure;

typedef struct Measured1 {
    uint32_t agg;
    int64_t time;
    Value value;
    uint64_t leaf;
} Measured1;

typedef enum SampleList { SAMPLE_LEAVES, SAMPLE_ENTERS, SAMPLE_VALUES } SampleList;

/* ---- records */
MUST_USE Status view_series(const Bundle *b, uint64_t number, Str bytes, Arena *a, Series *out);
MUST_USE Status series_put(const Series *s, Buf *scratch, Buf *record);
/* The 16 bytes by which LED_SET_NAMES knows a series stand first in out. */
MUST_USE Status series_hash(const KpiDef *def, const Str *key, Buf *scratch, uint8_t out[32]);
Subject series_subject(const Series *s);

/* ---- windows */
/* When a sample of time `time` that is handled at `now` begins to count, and when it ceases to.
 * ERR_OVERFLOW: outside the years there are. */
MUST_USE Status window_span(const Bundle *b, const KpiDef *def, int64_t time, int64_t now,
                            int64_t *enters, int64_t *leaves);

/* ---- samples */
void sample_prefix(Buf *key, uint64_t series, SampleList list);
/* The key in the list of leaving or entering ones. */
void sample_key(Buf *key, uint64_t series, SampleList list, int64_t at, uint64_t number);
/* The first sample of a list from (*at, *number) on, and where it stands; found false: none. What
 * was taken out of the list and is not yet gone from the tables lies before what is looked for: who
 * knows where to begin does not walk over it. */
MUST_USE Status sample_next(Ledger *l, uint64_t series, SampleList list, Buf *key, int64_t *at,
                            uint64_t *number, Str *value, bool *found);
MUST_USE Status sample_take(Str bytes, Arena *a, Measured1 *out);
MUST_USE Status sample_put(const Measured1 *m, Buf *scratch, Buf *record);
/* Counts a sample in or out. ERR_OVERFLOW. */
MUST_USE Status total_add(Total *t, Value v, bool out);
/* Whether an aggregate keeps its samples in order of value. */
bool agg_sorts(const AggDef *def);
/* The key of a sample among those of its aggregate, in the order in which the least (min) or the
 * greatest (max) comes first. */
MUST_USE Status value_key(Buf *key, const Series *s, uint32_t agg, Value v, int64_t leaves,
                          uint64_t number);
/* What the series measures. `skip`: samples that leave at or before it no longer count for extremes
 * (INT64_MIN: all in the list do). ERR_OVERFLOW: it does not fit. */
MUST_USE Status series_measure(Ledger *l, const Series *s, int64_t skip, Buf *key, Measure *out);
/* The same at a clock that may be past the last judgement: samples that have left are taken out of
 * the totals of *s first. */
MUST_USE Status series_at(Ledger *l, Series *s, int64_t clock, Arena *a, Buf *key, Measure *out);
/* The value for an effect: V_ABSENT, a value, or a list of two. */
MUST_USE Status measure_value(const Measure *m, Arena *a, Value *out);
bool bound_holds(const BoundDef *bound, const Measure *m);

#endif
