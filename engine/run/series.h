/* run: a series of a KPI: the exact sums of the samples that its window holds, and which levels
 * stand. One series a group; numbers count them in the order in which they came into being. The
 * samples themselves are in panes (pane.h).
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
    u128 low;                           /* the sum in units of 10^-18: its low 128 bits */
    int64_t high;                       /* and those above */
    uint32_t scales[DEC_SCALE_MAX + 1]; /* how many samples were written with so many places */
} Total;

/* What an aggregate that tallies (tally.h) knows of its values. */
typedef struct Tally {
    uint64_t values; /* how many there are */
    bool placed;     /* percentile: `at` is a place among them */
    u128 at;
    uint64_t below; /* how many samples are less than it */
} Tally;

typedef struct LevelState {
    bool raised;
    int64_t since;    /* raised: at which instant */
    int64_t waits;    /* since when it holds what raises it or, raised, clears it; else never */
    uint64_t episode; /* how often it was raised */
} LevelState;

/* Samples of a window in steps that count from an instant to come. */
typedef struct Pending {
    int64_t enters;
    Total totals[KPI_AGGS];
} Pending;

/* A sample that comes at the end of a pane counts from then or, if it lies there, from the next. */
enum { PENDING_MOST = 2 };

/* What was measured at an instant: num, of a quotient over den; absent also with too few samples.
 */
typedef struct Seen {
    bool absent;
    Value num, den;
} Seen;

typedef struct Series {
    uint64_t number;
    uint32_t decl;
    const KpiDef *def;   /* what it measures */
    const KpiDef *judge; /* by which levels, at its last judgement or the one under way */
    Str *key;            /* texts of its group */
    Value *group;
    Total totals[KPI_AGGS];
    Tally tallies[KPI_AGGS];
    LevelState levels[KPI_STEPS];
    Pending pending[PENDING_MOST];
    uint32_t pending_count;
    int64_t judged; /* when it was judged last, up to when samples have left; INT64_MIN: never */
    bool failed;    /* what it measures did not fit, and that was said */
    Seen earlier, newest; /* compare.h: what it is compared with; what was kept of it last */
    uint64_t said;
    int64_t timer_at;
    /* Of windows that are kept when they are over (window_keeps), each known by its end: */
    int64_t late, late_at; /* the first to be judged again, and when; INSTANT_NEVER: none */
    int64_t head;          /* whose head was written last; INT64_MIN: none */
    int64_t oldest;        /* the first that is kept; INSTANT_NEVER: none */
    /* session.h: of sessions the latest one, from its first sample to its last; first > last: there
     * is none. open: its samples are in the totals. `head` is then the first judgement. */
    int64_t first, last;
    bool open;
} Series;

/* A value of a measure: absent, a value, or a fraction of two. */
typedef struct Measure {
    bool absent, ratio;
    Value num, den; /* den: of a ratio */
    uint64_t samples;
    Seen now, before; /* of a KPI that compares: what it compares */
} Measure;

/* ---- records */
MUST_USE Status view_series(const Bundle *b, uint64_t number, Str bytes, Arena *a, Series *out);
void put_levels(Buf *out, const Series *s);
MUST_USE Status take_levels(Str bytes, const KpiDef *def, LevelState *out);
MUST_USE Status series_put(const Series *s, Buf *scratch, Buf *record);
/* The 16 bytes by which LED_SET_NAMES knows a series stand first in out. */
MUST_USE Status series_hash(const KpiDef *def, const Str *key, Buf *scratch, uint8_t out[32]);
Subject series_subject(const Series *s);

/* ---- windows */
/* When a sample of time `time` that is handled at `now` begins to count, and when it ceases to.
 * ERR_OVERFLOW: outside the years there are. */
MUST_USE Status window_span(const Bundle *b, const KpiDef *def, int64_t time, int64_t now,
                            int64_t *enters, int64_t *leaves);

/* Whether late samples change windows that are over: those of the calendar, and those in steps that
 * are as long as the step. */
bool window_keeps(const KpiDef *def);
/* From when on the value of the window that ends then is looked at. */
MUST_USE Status window_start(const Bundle *b, const KpiDef *def, int64_t ends, int64_t *out);

/* When the latest session is over unless another sample comes. */
int64_t session_end(const Series *s);

/* ---- samples */
Dec sample_dec(Value v);
/* In units of 10^-18. */
i128 sample_units(Value v);
/* Counts a sample in or out. ERR_DAMAGED: it was not counted in. ERR_OVERFLOW: 2^32 samples. */
MUST_USE Status total_add(const AggDef *def, Total *t, Value v, bool out);
/* What was pending until `at` counts. ERR_OVERFLOW as above. */
MUST_USE Status pending_enter(Series *s, int64_t at);
/* What the series measures at an instant for which its totals hold. ERR_OVERFLOW: it does not fit.
 * Moves the places of percentiles in *s. */
MUST_USE Status series_measure(Ledger *l, Series *s, int64_t at, Buf *key, Measure *out);
/* The same where is known what each aggregate is that is no sum or count of samples; has: there is
 * one. */
MUST_USE Status series_measure_of(const Series *s, const Dec best[KPI_AGGS],
                                  const bool has[KPI_AGGS], Measure *out);
/* The same at a clock that may be past the last judgement: what has entered and left since is moved
 * in the totals of *s first. */
MUST_USE Status series_at(Ledger *l, Series *s, int64_t clock, Arena *a, Buf *key, Measure *out);
/* Makes of what is measured what the KPI says: against what was before, if it compares. */
MUST_USE Status series_compare(Ledger *l, const Series *s, int64_t at, Buf *key, Measure *m);
/* The value for an effect: V_ABSENT, a value, or a list of two. */
MUST_USE Status measure_value(const Measure *m, Arena *a, Value *out);
/* value: what the bound says, or computes. */
bool bound_holds(const BoundDef *bound, Value value, const Measure *m);

/* ---- levels */
/* Judges level n of a KPI by what was measured at an instant. bounds: what raises and what clears
 * it. counts: the value is one that levels
 * look at. *due: what it waited for has lasted, so that it is to be raised or, raised, cleared; if
 * it still waits, *next is no later than when the wait ends. */
MUST_USE Status level_judge(const Bundle *b, const KpiDef *def, uint32_t n, const Measure *m,
                            bool counts, const Value bounds[2], LevelState *level, int64_t at,
                            int64_t *next, bool *due);

#endif
