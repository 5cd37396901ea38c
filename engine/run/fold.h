/* run: a duty's state as a fold over the events that acted on it, by their own time (semantics.md
 * 8, language.md 12). Pure: from the acts and the terms of the duty to pauses, deadline, end and
 * the instants of the rungs. What has been said of it before (breaches, rungs that fired) is not
 * known here; duty.c compares. */
#ifndef REMIT_RUN_FOLD_H
#define REMIT_RUN_FOLD_H

#include "engine/code/bundle.h"

/* One event that acts on the duty. In order: by time; at one instant what takes back, fulfil,
 * waive, cancel, resume, pause, reassign, acknowledge, expire, violate; then by source and id. */
typedef struct Act {
    int64_t time;
    uint8_t kind;   /* ActKind */
    uint8_t clause; /* of a pause or resume: which reason */
    bool dropped;   /* its event was a mistake: it does not count */
    uint64_t leaf;  /* of the event */
    Value more; /* REASSIGN: to whom; ACKNOWLEDGE: the instant until which it holds; PORTION: how
                   much */
} Act;

/* What a duty was raised with. */
typedef struct Terms {
    const Zone *zone;
    const Calendar *calendar; /* the policy's; may be NULL where no working time is used */
    int64_t raised;
    int64_t begins;   /* when its clock starts: raised, or later */
    int64_t unpaused; /* the deadline without pauses */
    int64_t limit_ms; /* active time from raising to the unpaused deadline */
    bool working;     /* active time is working time; else real time */
    bool over;        /* of a prohibition: its time is over, which was said */
    Value owner;      /* who owed it when it was raised */
    const DutyDef *def;
    const Value *frame; /* what it keeps of its raising */
} Terms;

#define INSTANT_NEVER INT64_MAX

typedef struct Fold {
    bool ended;
    uint8_t end_kind; /* ActKind of its end */
    int64_t end_at;
    uint64_t end_leaf;
    uint32_t counted; /* acts up to its end, that one included */
    bool late;        /* ended after due */
    uint64_t reasons; /* bit 1 << clause: pauses that hold (at the end, if it has ended) */
    Interval *pauses; /* sorted, disjoint; the last may be open (to INT64_MAX) */
    uint32_t pause_count;
    uint32_t parts; /* of what fulfils it together: how many there are */
    Value *sums;    /* of each part: what its portions come to; absent: none came; NULL: no part is
                       a sum */
    const Act *given; /* the last that reassigned it, or NULL */
    Interval *quiet;  /* while it is acknowledged no rung comes; sorted, disjoint */
    uint32_t quiet_count;
    uint32_t violations; /* of a prohibition */
    int64_t breach_at;   /* when it is breached: at due; a prohibition by the first violation, or
                            INSTANT_NEVER */
    int64_t due;         /* INSTANT_NEVER while a pause keeps it from being known */
} Fold;

/* Whether an act hands a duty on, to what it says besides, from who owes it before it. */
bool act_hands_on(const DutyDef *def, const Act *act, Value owner);
/* Folds `n` acts, sorted. Lists are owned by a. ERR_NOMEM; ERR_OVERFLOW or ERR_LIMIT where an
 * instant cannot be had. */
MUST_USE Status fold_acts(const Terms *terms, const Act *acts, uint32_t n, Arena *a, Fold *out);
/* What a part must come to; NULL: it is no sum. */
const Value *portion_of(const Terms *terms, uint32_t part);
/* The end of the hours from .. to, ms of the day, in which `at` lies; `at` itself when it lies in
 * none, as always where both are the same. */
int64_t quiet_hours_end(const Zone *zone, int32_t from, int32_t to, int64_t at);
/* The instant of a rung, one that an acknowledgement or quiet hours silence at the end of that
 * (semantics.md 15);
 * INSTANT_NEVER while a pause keeps it from being known. span: its duration,
 * where it has one. */
MUST_USE Status fold_rung(const Terms *terms, const Fold *fold, const RungDef *rung, Value span,
                          int64_t *out);
/* When a rung that came `times` times again comes next, and as which repetition: INSTANT_NEVER
 * where it does not. Those that an acknowledgement silences come as one at its end. */
MUST_USE Status fold_repeat(const Terms *terms, const Fold *fold, const RungDef *rung, Value span,
                            uint32_t times, uint32_t *which, int64_t *out);
/* How long it was active from `from` to `to`, pauses apart: real time, or working time of a
 * calendar. */
MUST_USE Status fold_active(const Calendar *calendar, const Fold *fold, int64_t from, int64_t to,
                            int64_t *ms);
/* Active time left at `at` of what was allowed: never below 0. */
MUST_USE Status fold_left(const Terms *terms, const Fold *fold, int64_t at, int64_t *ms);
/* Active time of a span that begins at `from`: the unpaused end and what is active until then (data
 * README). */
MUST_USE Status span_terms(const Zone *zone, const Calendar *calendar, int64_t from, Value span,
                           int64_t *unpaused, int64_t *limit_ms, bool *working, bool *assumed);

#endif
