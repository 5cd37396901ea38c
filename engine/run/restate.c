/* run: windows that are over, judged again. */
#include "engine/run/restate.h"

#include <string.h>

#include "engine/base/ckd.h"
#include "engine/base/limits.h"
#include "engine/base/moment.h"
#include "engine/run/session.h"
#include "engine/run/tally.h"

enum { NO_EPISODE = 0 };

typedef struct Episode {
    int64_t raised, cleared; /* cleared: INSTANT_NEVER while it stands at the window's end */
    Value value;             /* at the raising; absent for one that began before the window */
    uint64_t number;
} Episode;

typedef VEC(Episode) Episodes;

/* A window that is over, and how it began. */
typedef struct Window {
    int64_t start, end;
    bool judged;
    LevelState levels[KPI_STEPS];
    Samples *samples; /* by when they count */
} Window;

static Status ledger_status(Engine *e, Status status, const char *what) {
    return status == OK || status == ERR_NOMEM ? status : engine_fail(e, status, what);
}

void late_note(Series *s, const Sample *m) {
    s->late = m->leaves < s->late ? m->leaves : s->late;
    s->late_at = m->enters < s->late_at ? m->enters : s->late_at;
}

static bool came_late(const Window *w, const Sample *m) {
    return m->enters >= w->end;
}

/* ---- judging again */

/* Puts the samples in the order in which they count. From then on `leaves` is from when on. */
static void sort_by_start(const KpiDef *def, const Window *w) {
    for (size_t i = 0; i < w->samples->n; i++) {
        Sample *m = &w->samples->at[i];
        int64_t own = def->window == WINDOW_IS_STEPPED ? w->start : m->time;
        m->leaves = came_late(w, m) ? own : m->enters;
    }
    samples_sort(w->samples);
}

typedef struct Again {
    Series s; /* its totals and levels */
    Dec best[KPI_AGGS];
    bool has[KPI_AGGS];
    Ranking ranks[KPI_AGGS]; /* of what tallies */
    Measure measure;
    bool counts;
} Again;

static Status again_add(Engine *e, Again *a, const Sample *m) {
    const AggDef *agg = &a->s.def->aggs[m->agg];
    if (agg_tallies(agg))
        TRY(ranking_add(&a->ranks[m->agg], m->value, &e->text));
    TRY(total_add(agg, &a->s.totals[m->agg], m->value, false));
    if (!agg_sorts(agg))
        return OK;
    Dec d = sample_dec(m->value);
    int order = a->has[m->agg] ? dec_cmp(d, a->best[m->agg]) : 0;
    bool better = agg->kind == AGG_IS_MIN ? order < 0 : order > 0;
    if (!a->has[m->agg] || better)
        a->best[m->agg] = d;
    a->has[m->agg] = true;
    return OK;
}

static Status again_measure(Again *a) {
    for (uint32_t i = 0; i < a->s.def->agg_count; i++)
        if (agg_tallies(&a->s.def->aggs[i]))
            TRY(ranking_measure(&a->ranks[i], &a->s.totals[i], &a->best[i], &a->has[i]));
    Status status = series_measure_of(&a->s, a->best, a->has, &a->measure);
    if (status == ERR_OVERFLOW || status == ERR_INEXACT)
        a->measure.absent = true;
    else
        TRY(status);
    a->counts = !a->measure.absent && a->measure.samples >= a->s.def->samples;
    return OK;
}

static Status again_turn(Engine *e, Again *a, uint32_t level, int64_t at, Episodes *out) {
    LevelState *state = &a->s.levels[level];
    state->waits = INSTANT_NEVER;
    state->raised = !state->raised;
    if (!state->raised) {
        out->at[out->n - 1].cleared = at;
        return OK;
    }
    Episode episode = {.raised = at, .cleared = INSTANT_NEVER, .number = ++state->episode};
    TRY(measure_value(&a->measure, &e->event, &episode.value));
    return vec_push(out, episode) ? OK : ERR_NOMEM;
}

/* From how the levels stood when the window began. */
static Status again_begin(Engine *e, Again *a, const Series *s, const Window *w,
                          Episodes out[KPI_STEPS]) {
    *a = (Again){.s = {.number = s->number, .def = s->def}};
    memcpy(a->s.levels, w->levels, sizeof a->s.levels);
    for (uint32_t i = 0; i < s->def->level_count; i++) {
        Episode carried = {
            .raised = w->levels[i].since, .cleared = INSTANT_NEVER, .number = w->levels[i].episode};
        out[i].n = 0;
        if (w->levels[i].raised && !vec_push(&out[i], carried))
            return ERR_NOMEM;
    }
    for (uint32_t i = 0; i < s->def->agg_count; i++)
        if (agg_tallies(&s->def->aggs[i]))
            TRY(ranking_init(&a->ranks[i], s, i, w->samples, &e->text, &e->event));
    return OK;
}

static Status again_levels(Engine *e, Again *a, const Series *s, int64_t at, int64_t *next,
                           Episodes out[KPI_STEPS]) {
    TRY(kpi_period_next(e, s->def, at, next));
    for (uint32_t i = 0; i < s->def->level_count; i++) {
        bool due;
        Value bounds[2];
        TRY(kpi_bounds(e, s, i, at, bounds, &due));
        TRY(level_judge(e->b, bundle_judge(e->b, s->decl, at), i, &a->measure, a->counts, bounds,
                        &a->s.levels[i], at, next, &due));
        if (due)
            TRY(again_turn(e, a, i, at, &out[i]));
    }
    return OK;
}

/* Judges the window with the samples that came before an instant. */
static Status window_again(Engine *e, const Series *s, const Window *w, int64_t came,
                           Episodes out[KPI_STEPS]) {
    Again a;
    TRY(again_begin(e, &a, s, w, out));
    size_t n = w->samples->n, k = 0;
    int64_t at = w->judged ? w->start : INT64_MIN;
    while (at < w->end) {
        int64_t next = w->end;
        for (; k < n; k++) {
            const Sample *m = &w->samples->at[k];
            int64_t from = m->leaves;
            if (came_late(w, m) && m->enters >= came)
                continue;
            if (from > at) {
                next = from < next ? from : next;
                break;
            }
            TRY(again_add(e, &a, m));
        }
        if (at != INT64_MIN) {
            TRY(again_measure(&a));
            TRY(again_levels(e, &a, s, at, &next, out));
        }
        at = next;
    }
    return OK;
}

/* ---- comparing */

static bool overlap(const Episode *a, const Episode *b) {
    return a->raised == b->raised || (a->raised < b->cleared && b->raised < a->cleared);
}

/* Gives each episode the number of the first of those said at the time that it overlaps and that no
 * other has; the rest have none. */
static void number_them(const Episodes *said, Episodes *list) {
    size_t from = 0;
    for (size_t i = 0; i < list->n; i++) {
        list->at[i].number = NO_EPISODE;
        for (size_t k = from; k < said->n; k++)
            if (overlap(&list->at[i], &said->at[k])) {
                list->at[i].number = said->at[k].number;
                from = k + 1;
                break;
            }
    }
}

/* The one with the same number or, without a number, the first other without one that it overlaps.
 */
static const Episode *counterpart(const Episodes *list, const Episode *of) {
    for (size_t i = 0; i < list->n; i++)
        if (list->at[i].number == of->number &&
            (of->number != NO_EPISODE || overlap(&list->at[i], of)))
            return &list->at[i];
    return NULL;
}

static void episode_values(const Episode *episode, Value out[3]) {
    if (episode == NULL)
        return;
    out[0] = value_of(V_INSTANT, episode->raised);
    if (episode->cleared != INSTANT_NEVER)
        out[1] = value_of(V_INSTANT, episode->cleared);
    out[2] = episode->value;
}

static Status say_restated(Engine *e, Series *s, const LevelDef *level, const Episode *was,
                           const Episode *is) {
    if (was != NULL && is != NULL && was->raised == is->raised && was->cleared == is->cleared)
        return OK;
    uint64_t number = was != NULL ? was->number : is->number;
    Effect effect = {
        .id = EFFECT_KPI_RESTATED, .subject = e->subject, .line = level->file << 20 | level->line};
    effect.values[KPI_DATA_LEVEL] =
        value_text(level->level == KPI_WARNING ? S("warning") : S("critical"));
    effect.values[KPI_DATA_GROUP] =
        (Value){.items = s->group, .n = s->def->by_count, .kind = V_LIST};
    if (number != NO_EPISODE)
        effect.values[KPI_DATA_EPISODE] = value_int((int64_t)number);
    effect.values[KPI_DATA_BEFORE] = value_int((int64_t)s->said);
    episode_values(was, &effect.values[KPI_DATA_WAS]);
    episode_values(is, &effect.values[KPI_DATA_IS]);
    return engine_effect(e, &effect, &s->said);
}

static Status compare(Engine *e, Series *s, const LevelDef *level, const Episodes *was,
                      const Episodes *is) {
    for (size_t i = 0; i < was->n; i++)
        TRY(say_restated(e, s, level, &was->at[i], counterpart(is, &was->at[i])));
    for (size_t i = 0; i < is->n; i++)
        if (counterpart(was, &is->at[i]) == NULL)
            TRY(say_restated(e, s, level, NULL, &is->at[i]));
    return OK;
}

/* Says how the episodes as they were before differ from what they are with all samples. lists: as
 * they were said, with the late samples that came before, with all. */
static Status lists_compare(Engine *e, Series *s, Episodes lists[3][KPI_STEPS]) {
    for (uint32_t i = 0; i < s->def->level_count; i++) {
        number_them(&lists[0][i], &lists[1][i]);
        number_them(&lists[0][i], &lists[2][i]);
        TRY(compare(e, s, &s->judge->levels[i], &lists[1][i], &lists[2][i]));
    }
    return OK;
}

static void lists_free(Episodes lists[3][KPI_STEPS]) {
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < KPI_STEPS; k++)
            vec_free(&lists[i][k]);
}

/* ---- sessions */

/* The samples of a session in the order of their own times, each of which comes to be known at some
 * instant. What counts at one is the latest of the sessions that those make which are known. */
typedef struct Retold {
    Window w;
    int64_t *from; /* of each sample: from when on it is known */
    bool *late;    /* it came when its session was over */
    size_t *order; /* their numbers by when they are known */
    bool *known;
    size_t lo, hi; /* the first and the last of the session that counts; lo > hi: none is known */
    size_t pick[KPI_AGGS]; /* which is the least or the greatest */
    Again a;
} Retold;

static bool known_before(const Retold *r, size_t a, size_t b) {
    return r->from[a] != r->from[b] ? r->from[a] < r->from[b] : a < b;
}

static void order_sift(Retold *r, size_t root, size_t n) {
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && known_before(r, r->order[child], r->order[child + 1]))
            child++;
        if (!known_before(r, r->order[root], r->order[child]))
            return;
        size_t held = r->order[root];
        r->order[root] = r->order[child];
        r->order[child] = held;
    }
}

static void order_sort(Retold *r) {
    size_t n = r->w.samples->n;
    for (size_t i = 0; i < n; i++)
        r->order[i] = i;
    for (size_t i = n / 2; i-- > 0;)
        order_sift(r, i, n);
    while (n-- > 1) {
        size_t held = r->order[0];
        r->order[0] = r->order[n];
        r->order[n] = held;
        order_sift(r, 0, n);
    }
}

static int64_t retold_time(const Retold *r, size_t i) {
    return r->w.samples->at[i].time;
}

static int64_t retold_gap(const Retold *r) {
    return r->a.s.def->length.i;
}

static int64_t retold_end(const Retold *r) {
    int64_t end;
    return r->lo > r->hi                                         ? INT64_MIN
           : ckd_add(&end, retold_time(r, r->hi), retold_gap(r)) ? INSTANT_NEVER
                                                                 : end;
}

/* Counts a sample; of equal least or greatest ones the first in time stays. */
static Status retold_count(Engine *e, Retold *r, size_t i) {
    const Sample *m = &r->w.samples->at[i];
    Dec held = r->a.best[m->agg], value;
    bool had = r->a.has[m->agg];
    TRY(again_add(e, &r->a, m));
    if (!agg_sorts(&r->a.s.def->aggs[m->agg]))
        return OK;
    value = sample_dec(m->value);
    bool equal = had && dec_cmp(held, value) == 0;
    if (equal ? i < r->pick[m->agg] : dec_cmp(r->a.best[m->agg], value) == 0) {
        r->a.best[m->agg] = value;
        r->pick[m->agg] = i;
    }
    return OK;
}

/* Those that counted count no more. */
static Status retold_clear(Engine *e, Retold *r) {
    const KpiDef *def = r->a.s.def;
    for (size_t i = r->lo; i <= r->hi && r->lo <= r->hi; i++) {
        const Sample *m = &r->w.samples->at[i];
        if (r->known[i] && agg_tallies(&def->aggs[m->agg]))
            TRY(ranking_remove(&r->a.ranks[m->agg], m->value, &e->text));
    }
    memset(r->a.s.totals, 0, sizeof r->a.s.totals);
    memset(r->a.has, 0, sizeof r->a.has);
    return OK;
}

/* One more sample is known. */
static Status retold_know(Engine *e, Retold *r, size_t i) {
    int64_t gap = retold_gap(r), time = retold_time(r, i);
    bool none = r->lo > r->hi;
    if (none || (i > r->hi && time - retold_time(r, r->hi) > gap)) {
        TRY(retold_clear(e, r));
        r->known[i] = true;
        r->lo = r->hi = i;
        return retold_count(e, r, i);
    }
    r->known[i] = true;
    if (i < r->lo && retold_time(r, r->lo) - time > gap)
        return OK; /* of a session before it */
    TRY(retold_count(e, r, i));
    r->hi = i > r->hi ? i : r->hi;
    if (i > r->lo)
        return OK;
    r->lo = i;
    for (size_t k = i; k-- > 0 && retold_time(r, r->lo) - retold_time(r, k) <= gap;)
        if (r->known[k]) { /* the session that it joins */
            TRY(retold_count(e, r, k));
            r->lo = k;
        }
    return OK;
}

static Status retold_begin(Engine *e, Retold *r, const Series *s, Episodes out[KPI_STEPS]) {
    memset(r->known, 0, r->w.samples->n * sizeof *r->known);
    r->lo = 1;
    r->hi = 0;
    order_sort(r);
    return again_begin(e, &r->a, s, &r->w, out);
}

static Status retold_measure(Retold *r, int64_t at) {
    if (at < retold_end(r))
        return again_measure(&r->a);
    Again none = {.s = {.number = r->a.s.number, .def = r->a.s.def}};
    for (uint32_t i = 0; i < KPI_AGGS; i++)
        none.ranks[i].def = r->a.ranks[i].def;
    TRY(again_measure(&none));
    r->a.measure = none.measure;
    r->a.counts = none.counts;
    return OK;
}

/* Tells the session anew, each sample known from its instant on. find_late: notes which of them
 * came when their session was over. */
static Status session_again(Engine *e, const Series *s, Retold *r, bool find_late,
                            Episodes out[KPI_STEPS]) {
    TRY(retold_begin(e, r, s, out));
    size_t n = r->w.samples->n, k = 0, first = 0;
    int64_t at = r->w.judged ? r->w.start : r->from[r->order[0]];
    while (k < n || at <= r->w.end) {
        int64_t next = INSTANT_NEVER;
        for (first = k; k < n && r->from[r->order[k]] <= at; k++)
            TRY(retold_know(e, r, r->order[k]));
        bool live = at < retold_end(r);
        for (size_t i = first; find_late && i < k; i++)
            r->late[r->order[i]] = !live || r->order[i] < r->lo;
        if (at <= r->w.end) {
            TRY(retold_measure(r, at));
            TRY(again_levels(e, &r->a, s, at, &next, out));
        }
        if (k < n && r->from[r->order[k]] < next)
            next = r->from[r->order[k]];
        if (live && retold_end(r) < next)
            next = retold_end(r);
        if (next == INSTANT_NEVER)
            break;
        at = next;
    }
    return OK;
}

static Status session_compare(Engine *e, Series *s, Retold *r, int64_t at) {
    Episodes lists[3][KPI_STEPS] = {{{0}}};
    size_t n = r->w.samples->n;
    Status status = OK;
    for (int i = 0; i < 3 && status == OK; i++) {
        for (size_t k = 0; k < n; k++) {
            const Sample *m = &r->w.samples->at[k];
            bool counts = i > 0 && r->late[k] && (i == 2 || m->enters < at);
            r->from[k] = counts ? m->time : m->enters;
        }
        status =
            ledger_status(e, session_again(e, s, r, i == 0, lists[i]), "judging a session again");
    }
    if (status == OK)
        status = lists_compare(e, s, lists);
    lists_free(lists);
    return status;
}

Status session_restate(Engine *e, Series *s, int64_t first, int64_t last, int64_t at) {
    Retold r = {.w = {.start = first, .samples = live_room(e)}};
    TRY(ledger_status(e, samples_between(e->l, s, first, last, &e->key, &e->event, r.w.samples),
                      "a series' samples"));
    size_t n = r.w.samples->n;
    r.from = new (&e->event, int64_t, n + 1);
    r.late = new (&e->event, bool, n + 1);
    r.known = new (&e->event, bool, n + 1);
    r.order = new (&e->event, size_t, n + 1);
    if (r.from == NULL || r.late == NULL || r.known == NULL || r.order == NULL)
        return ERR_NOMEM;
    if (n == 0)
        return engine_fail(e, ERR_DAMAGED, "a session's samples");
    samples_sort(r.w.samples); /* they leave by their own times */
    TRY(session_levels(e, s, first, r.w.levels));
    r.w.judged = s->head < first;
    if (ckd_add(&r.w.end, last, s->def->length.i))
        return engine_fail(e, ERR_DAMAGED, "a session's end");
    return session_compare(e, s, &r, at);
}

/* ---- windows */

static Status window_compare(Engine *e, Series *s, const Window *w) {
    Episodes lists[3][KPI_STEPS] = {{{0}}};
    const int64_t came[3] = {INT64_MIN, s->late_at, INT64_MAX};
    Status status = OK;
    for (int i = 0; i < 3 && status == OK; i++)
        status =
            ledger_status(e, window_again(e, s, w, came[i], lists[i]), "judging a window again");
    if (status == OK)
        status = lists_compare(e, s, lists);
    lists_free(lists);
    return status;
}

static Status window_restate(Engine *e, Series *s, int64_t pane) {
    Window w = {.end = pane, .samples = live_room(e)};
    int64_t head = pane;
    bool found, late = false;
    TRY(ledger_status(e, pane_read(e->l, s, pane, &e->key, &e->event, w.samples),
                      "a series' samples"));
    for (size_t i = 0; i < w.samples->n; i++)
        late = late || (came_late(&w, &w.samples->at[i]) && w.samples->at[i].enters >= s->late_at);
    if (!late)
        return OK;
    TRY(ledger_status(e, head_get(e->l, s, &head, &e->key, &w.judged, w.levels, &found),
                      "a window's head"));
    if (!found)
        return engine_fail(e, ERR_DAMAGED, "a window's head is missing");
    TRY(engine_time_trap(e, window_start(e->b, s->def, pane, &w.start)));
    sort_by_start(s->def, &w);
    return window_compare(e, s, &w);
}

static Status restate(Engine *e, Series *s, int64_t at) {
    int64_t from = s->late, pane;
    for (bool found;; from = pane + 1) {
        TRY(ledger_status(e, pane_from(e->l, s, from, &e->key, &pane, &found),
                          "reading the samples"));
        if (!found || pane > at)
            break;
        TRY(window_restate(e, s, pane));
    }
    s->late = s->late_at = INSTANT_NEVER;
    return OK;
}

/* The window that is looked at from `at` on. */
static Status window_now(Engine *e, const KpiDef *def, int64_t at, int64_t *end) {
    int64_t enters;
    if (def->window == WINDOW_IS_STEPPED && def->step.aux != FAMILY_DAYS) {
        int64_t over = at % def->step.i;
        return ckd_add(end, at - (over < 0 ? over + def->step.i : over), def->step.i) ? ERR_OVERFLOW
                                                                                      : OK;
    }
    if (def->window != WINDOW_IS_STEPPED)
        return window_span(e->b, def, at, at, &enters, end);
    KpiDef day = *def;
    day.window = WINDOW_IS_DAY;
    return window_span(e->b, &day, at, at, &enters, end);
}

static Status head_write(Engine *e, Series *s, int64_t at) {
    int64_t end;
    if (at < s->head)
        return OK;
    TRY(engine_time_trap(e, window_now(e, s->def, at, &end)));
    TRY(ledger_status(e, head_put(e->l, s, end, &e->key, &e->text, &e->record),
                      "writing a window's head"));
    s->head = end;
    s->oldest = end < s->oldest ? end : s->oldest;
    return OK;
}

/* Until when a late sample may come for a window. */
static int64_t kept_until(const Engine *e, int64_t window) {
    int64_t until;
    return ckd_add(&until, window, e->b->late_ms) || until > INSTANT_MAX ? INSTANT_NEVER : until;
}

static Status drop_old(Engine *e, Live *v, int64_t at) {
    Series *s = &v->s;
    bool judged, found = true;
    LevelState levels[KPI_STEPS];
    while (s->oldest != INSTANT_NEVER && kept_until(e, s->oldest) <= at) {
        int64_t pane, head = s->oldest;
        TRY(ledger_status(e, pane_from(e->l, s, s->oldest, &e->key, &pane, &found),
                          "reading the samples"));
        if (found && pane == s->oldest)
            TRY(ledger_status(e, pane_drop(e->l, s, pane, &e->key), "writing a sample"));
        TRY(ledger_status(e, head_del(e->l, s, s->oldest, &e->key), "writing a window's head"));
        TRY(ledger_status(e, pane_from(e->l, s, s->oldest, &e->key, &pane, &found),
                          "reading the samples"));
        s->oldest = found ? pane : INSTANT_NEVER;
        TRY(ledger_status(e, head_get(e->l, s, &head, &e->key, &judged, levels, &found),
                          "a window's head"));
        if (found && head < s->oldest)
            s->oldest = head;
    }
    return OK;
}

Status windows_judge(Engine *e, Live *v, int64_t at, int64_t *next) {
    Series *s = &v->s;
    if (!window_keeps(s->def))
        return OK;
    TRY(head_write(e, s, at));
    if (s->late_at <= at)
        TRY(restate(e, s, at));
    TRY(drop_old(e, v, at));
    *next = s->late_at < *next ? s->late_at : *next;
    int64_t until = s->oldest == INSTANT_NEVER ? INSTANT_NEVER : kept_until(e, s->oldest);
    *next = until < *next ? until : *next;
    return OK;
}
