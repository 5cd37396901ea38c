/* run: windows of the calendar, and steps as long as their window, that are over: late samples are
 * counted in them as if they had come in time, and where that alters an episode, remit.kpi.restated
 * says so (semantics.md 23).
 *
 * A window that is over is judged again by itself, from how the levels stood at its beginning to
 * its end: once with the samples that came while it lasted, once with those as well that came late
 * before, once with all. The second and the third are compared; the first has the episodes'
 * numbers. A sample counts from when it was handled if that was before the end, else from its own
 * time. */
#ifndef REMIT_RUN_RESTATE_H
#define REMIT_RUN_RESTATE_H

#include "engine/run/live.h"

/* Notes a sample that came when its window was over. */
void late_note(Series *s, const Sample *m);
/* To be called at each judgement at an instant, before the levels: keeps how they stand if a window
 * begins, says what late samples altered, drops windows to which none can come any more. *next: the
 * instant when there will be something to do next. */
Status windows_judge(Engine *e, Live *v, int64_t at, int64_t *next);

/* The same of a session that is over, from its first sample to its last, with the late samples that
 * came at an instant. It is judged from its first sample to its end, that instant included. */
MUST_USE Status session_restate(Engine *e, Series *s, int64_t first, int64_t last, int64_t at);

#endif
