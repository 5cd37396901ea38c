/* run: the series that were lately touched, in memory: read once, written when a batch is committed
 * (engine_write), forgotten when there are many. What the ledger then has follows from the events
 * alone: a series' record says nothing of when it was written.
 *
 * Trusts:  nobody else writes LED_SERIES.
 * Memory:  a Live stays where it is until the next engine_mark. */
#ifndef REMIT_RUN_LIVE_H
#define REMIT_RUN_LIVE_H

#include "engine/run/engine_int.h"
#include "engine/run/pane.h"

typedef struct Live {
    Series s;
    uint64_t hash; /* of `group` */
    Str group;     /* bytes that tell the series from others of its KPI, and the KPI */
    uint32_t mark; /* under which its former state was kept */
    bool changed;  /* since it was written */
    bool undone;   /* it never came into being */
    bool has_pane; /* `pane` is known */
    int64_t pane;  /* the first whose samples have not all left; INSTANT_NEVER: none */
    /* Of a sliding window the samples of that pane, in order. */
    bool has_front;
    size_t front_at; /* the first that has not left */
    Samples front;
} Live;

/* The series of a group, or NULL. */
Status live_find(Engine *e, uint32_t decl, const Value *group, Live **out);
/* The series of a group, which a new one is made for. */
Status live_of(Engine *e, uint32_t decl, const Value *group, Live **out);
/* The series of that number, which there must be. */
Status live_get(Engine *e, uint64_t number, Live **out);
/* To be called before its series is changed. */
Status live_change(Engine *e, Live *v);
/* Puts a sample behind the others of the first pane in memory. */
Status front_add(Engine *e, Live *v, const Sample *m);
/* What raises and what clears a level at an instant, as written or computed. failed: it could not
 * be, and is absent. (kpi.c) */
Status kpi_bounds(Engine *e, const Series *s, uint32_t level, int64_t at, Value out[2],
                  bool *failed);
/* When the next period begins, whose thresholds are judged even if nothing comes: *next is no
 * later. (kpi.c) */
Status kpi_period_next(Engine *e, const KpiDef *def, int64_t at, int64_t *next);
/* The number of a series' timer. (kpi.c) */
uint64_t series_timer_number(const Series *s);
/* Room for samples, for one caller at a time. */
Samples *live_room(Engine *e);

#endif
