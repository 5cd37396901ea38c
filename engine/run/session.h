/* run: sessions: samples of one group, of which no two neighbours in time are further apart than a
 * gap. A sample belongs to the session of its own time, whenever it comes; so a late one may make
 * one longer, or two into one. What counts is the latest session, until the gap behind its last
 * sample has passed.
 *
 * Records of LED_PANE, by their keys, beside those of pane.h:
 *   series, SESSIONS, last sample     a session before the latest one: its first sample
 *   series, LATE, time of a sample    one that came when its session was over, until it is judged
 *   series, HEADS, instant            how the levels stood before a judgement that changed them
 * They and the samples are kept as long as late ones may come.
 *
 * A sample in its time costs the same however long the session is, but at its end, where those of
 * extremes, percentiles and different values are taken out one by one. One that comes late costs
 * as much as the sessions that it joins have samples. */
#ifndef REMIT_RUN_SESSION_H
#define REMIT_RUN_SESSION_H

#include "engine/run/live.h"

typedef struct SessionSpan {
    int64_t first, last;
} SessionSpan;

/* Puts a sample that comes now (m->enters) into its session. */
MUST_USE Status session_add(Engine *e, Live *v, const Sample *m);
/* At each judgement at an instant, before the levels: ends the session whose gap has passed, says
 * what late samples altered, drops what none can join any more. *next: when there is something to
 * do next. */
MUST_USE Status session_judge(Engine *e, Live *v, int64_t at, int64_t *next);
/* After the levels were judged: keeps how they stood, if that is another now. */
MUST_USE Status session_keep(Engine *e, Series *s, const LevelState *was, int64_t at);
/* How the levels stood just before an instant. levels: KPI_STEPS. */
MUST_USE Status session_levels(Engine *e, const Series *s, int64_t at, LevelState *levels);

#endif
