/* run: KPIs: events become samples of series; each series is judged at the instants at which its
 * value or a wait may change, once the clock moves past them: when a sample came, when one leaves,
 * when a pane ends, when a level has held long enough (semantics.md 21-23, language.md 14, 19). */
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/civil.h"
#include "engine/base/limits.h"
#include "engine/base/moment.h"
#include "engine/base/sha256.h"
#include "engine/run/compare.h"
#include "engine/run/restate.h"
#include "engine/run/session.h"
#include "engine/run/tally.h"

static Status ledger_status(Engine *e, Status status, const char *what) {
    return status == OK || status == ERR_NOMEM ? status : engine_fail(e, status, what);
}

uint64_t series_timer_number(const Series *s) {
    return KPI_TIMER | (uint64_t)s->def->rank << KPI_RANK_BIT | s->number;
}

static Status series_timer(Engine *e, Series *s, int64_t at) {
    uint32_t rung = 0;
    return timer_set(e, series_timer_number(s), &s->timer_at, &rung, at, 0);
}

/* ---- samples */

/* Where a sample is counted that comes now: in what counts, or in what will from some instant on.
 */
static Status totals_of(Engine *e, Series *s, const Sample *m, Total **out) {
    *out = s->totals;
    if (s->def->window != WINDOW_IS_STEPPED)
        return OK;
    for (uint32_t i = 0; i < s->pending_count; i++) {
        *out = s->pending[i].totals;
        if (s->pending[i].enters == m->enters)
            return OK;
    }
    if (s->pending_count == PENDING_MOST)
        return engine_fail(e, ERR_DAMAGED, "a series' pending samples");
    s->pending[s->pending_count] = (Pending){.enters = m->enters};
    *out = s->pending[s->pending_count++].totals;
    return OK;
}

/* Keeps what is in memory of the first pane true. */
static Status front_take(Engine *e, Live *v, const Sample *m) {
    int64_t pane = pane_of(v->s.def, m->leaves);
    if (!v->has_pane || pane > v->pane)
        return OK;
    if (pane < v->pane) {
        v->pane = pane;
        v->has_front = false;
    }
    if (!v->has_front)
        return OK;
    TRY(front_add(e, v, m));
    Sample *at = v->front.at, kept = at[v->front.n - 1];
    for (size_t i = v->front.n - 1; i > v->front_at && sample_before(&kept, &at[i - 1]); i--) {
        at[i] = at[i - 1];
        at[i - 1] = kept;
    }
    return OK;
}

static Status sample_add(Engine *e, Live *v, const Sample *m) {
    Series *s = &v->s;
    Total *totals;
    TRY(live_change(e, v));
    if (window_keeps(s->def))
        s->oldest = m->leaves < s->oldest ? m->leaves : s->oldest;
    if (m->leaves <= m->enters) {
        late_note(s, m);
        return ledger_status(e, pane_add(e->l, s, m, &e->key, &e->text, &e->record),
                             "writing a sample");
    }
    TRY(totals_of(e, s, m, &totals));
    TRY(engine_time_trap(e, total_add(&s->def->aggs[m->agg], &totals[m->agg], m->value, false)));
    if (agg_sorts(&s->def->aggs[m->agg]))
        TRY(ledger_status(e, value_add(e->l, s, m, &e->key, &e->record), "writing a sample"));
    if (agg_tallies(&s->def->aggs[m->agg]))
        TRY(ledger_status(e, tally_add(e->l, s, m, &e->key, &e->text, &e->record),
                          "writing a sample"));
    TRY(front_take(e, v, m));
    return ledger_status(e, pane_add(e->l, s, m, &e->key, &e->text, &e->record),
                         "writing a sample");
}

Status kpi_sample(Engine *e, uint32_t decl, uint32_t agg, const Flow *flow) {
    const KpiDef *def = &e->b->kpis[decl];
    const AggDef *g = &def->aggs[agg];
    const Value *results;
    bool applies;
    if (!dated_at(&bundle_judge(e->b, decl, flow->vm.time)->dated, flow->vm.time))
        return OK;
    TRY(vm_call(&e->vm, g->fn, &flow->vm, NULL, NULL, &results, &applies));
    if (!applies)
        return OK;
    Value *group = new (&e->event, Value, def->by_count + 2);
    if (group == NULL)
        return ERR_NOMEM;
    memcpy(group, results, (def->by_count + (g->kind != AGG_IS_COUNT)) * sizeof *group);
    Sample m = {.agg = agg, .time = flow->vm.time, .leaf = flow->leaf};
    m.value = g->kind == AGG_IS_COUNT ? value_int(1) : group[def->by_count];
    if (m.value.kind == V_ABSENT)
        return OK; /* nothing to count */
    if (g->kind == AGG_IS_DISTINCT)
        TRY(tally_short(m.value, &e->text, &e->event, &m.value));
    int64_t now = e->instant > flow->vm.time ? e->instant : flow->vm.time;
    bool session = def->window == WINDOW_IS_SESSION;
    m.enters = now;
    m.leaves = m.time; /* of a session, which goes by times alone */
    if (!session)
        TRY(engine_time_trap(e, window_span(e->b, def, m.time, now, &m.enters, &m.leaves)));
    if (!session && m.leaves <= m.enters && !window_keeps(def))
        return OK; /* no window holds it any more */
    Live *v;
    TRY(live_of(e, decl, group, &v));
    TRY(session ? session_add(e, v, &m) : sample_add(e, v, &m));
    return series_timer(e, &v->s, m.enters < v->s.timer_at ? m.enters : v->s.timer_at);
}

Status series_at_latest(Engine *e, Live *live, int64_t at) {
    if (live->s.timer_at <= at)
        return OK;
    TRY(live_change(e, live));
    return series_timer(e, &live->s, at);
}

/* What a gauge counts of a duty or an entity: its group, and behind it what is measured. counts
 * false: its condition does not hold, or there is nothing to measure. */
static Status gauge_read(Engine *e, const KpiDef *def, const AggDef *agg, const Flow *flow,
                         Value **out, bool *counts) {
    const Value *results;
    *counts = false;
    if (flow == NULL)
        return OK;
    TRY(vm_call(&e->vm, agg->fn, &flow->vm, NULL, NULL, &results, counts));
    if (!*counts)
        return OK;
    bool plain = agg->kind == AGG_IS_COUNT;
    *out = new (&e->event, Value, def->by_count + 1);
    if (*out == NULL)
        return ERR_NOMEM;
    memcpy(*out, results, (def->by_count + !plain) * sizeof **out);
    Value *value = &(*out)[def->by_count];
    if (plain)
        *value = value_int(1);
    *counts = value->kind != V_ABSENT;
    return *counts && agg->kind == AGG_IS_DISTINCT ? tally_short(*value, &e->text, &e->event, value)
                                                   : OK;
}

static Status gauge_count(Engine *e, uint32_t decl, uint32_t agg, Value *group, bool out) {
    const AggDef *def = &e->b->kpis[decl].aggs[agg];
    Sample m = {.agg = agg, .value = group[e->b->kpis[decl].by_count]};
    Live *v;
    TRY(live_of(e, decl, group, &v));
    TRY(live_change(e, v));
    Status status = total_add(def, &v->s.totals[agg], m.value, out);
    if (status == OK && agg_tallies(def))
        status = out ? tally_leave(e->l, &v->s, &m, &e->key, &e->text, &e->record)
                     : tally_add(e->l, &v->s, &m, &e->key, &e->text, &e->record);
    TRY(ledger_status(e, status, "a series' sums"));
    return series_timer(e, &v->s, e->instant < v->s.timer_at ? e->instant : v->s.timer_at);
}

static bool same_count(const KpiDef *def, const Value *a, const Value *b) {
    uint32_t n = def->by_count;
    for (uint32_t i = 0; i <= n; i++)
        if (!value_eq(a[i], b[i]))
            return false;
    return a[n].scale == b[n].scale; /* 2.50 and 2.5 are shown as they are written */
}

Status kpi_gauge(Engine *e, uint32_t decl, uint32_t agg, const Flow *was, const Flow *is) {
    const KpiDef *def = &e->b->kpis[decl];
    Value *before = NULL, *after = NULL;
    bool leaves, enters;
    TRY(gauge_read(e, def, &def->aggs[agg], was, &before, &leaves));
    TRY(gauge_read(e, def, &def->aggs[agg], is, &after, &enters));
    if (leaves && enters && same_count(def, before, after))
        return OK;
    if (leaves)
        TRY(gauge_count(e, decl, agg, before, true));
    return enters ? gauge_count(e, decl, agg, after, false) : OK;
}

/* Takes a sample that leaves out of what counts. */
static Status sample_leave(Engine *e, Series *s, const Sample *m) {
    const AggDef *agg = &s->def->aggs[m->agg];
    TRY(ledger_status(e, total_add(agg, &s->totals[m->agg], m->value, true), "a series' sums"));
    if (agg_tallies(agg))
        return ledger_status(e, tally_leave(e->l, s, m, &e->key, &e->text, &e->record),
                             "writing a sample");
    if (!agg_sorts(agg))
        return OK;
    return ledger_status(e, value_del(e->l, s, m, &e->key), "writing a sample");
}

/* Finds the first pane that has samples from an instant on, or behind a pane that had. */
static Status pane_seek(Engine *e, Live *v, int64_t from, bool behind) {
    bool found;
    Status status = behind ? pane_after(e->l, &v->s, from, &e->key, &v->pane, &found)
                           : pane_from(e->l, &v->s, from, &e->key, &v->pane, &found);
    TRY(ledger_status(e, status, "reading the samples"));
    if (!found)
        v->pane = INSTANT_NEVER;
    v->has_pane = true;
    return OK;
}

/* Lets go of the first pane, all of whose samples have left. */
static Status pane_leave(Engine *e, Live *v) {
    if (!window_keeps(v->s.def))
        TRY(ledger_status(e, pane_drop(e->l, &v->s, v->pane, &e->key), "writing a sample"));
    v->has_front = false;
    return pane_seek(e, v, v->pane, true);
}

static Status pane_load(Engine *e, const Live *v, Samples **out) {
    *out = live_room(e);
    return ledger_status(e, pane_read(e->l, &v->s, v->pane, &e->key, &e->event, *out),
                         "a series' samples");
}

static Status front_load(Engine *e, Live *v) {
    Samples *room;
    TRY(pane_load(e, v, &room));
    samples_sort(room);
    v->front.n = v->front_at = 0;
    for (size_t i = 0; i < room->n; i++)
        if (room->at[i].leaves > v->s.judged)
            TRY(front_add(e, v, &room->at[i]));
    v->has_front = true;
    return OK;
}

/* A sliding window's: what leaves at or before `at`; *next: when the next does. */
static Status slide(Engine *e, Live *v, int64_t at, int64_t *next) {
    while (v->pane != INSTANT_NEVER) {
        if (!v->has_front)
            TRY(front_load(e, v));
        for (; v->front_at < v->front.n; v->front_at++) {
            const Sample *m = &v->front.at[v->front_at];
            if (m->leaves > at) {
                *next = m->leaves < *next ? m->leaves : *next;
                return OK;
            }
            TRY(sample_leave(e, &v->s, m));
        }
        TRY(pane_leave(e, v));
    }
    return OK;
}

/* The same of others, where the samples of a pane leave at once. */
static Status step(Engine *e, Live *v, int64_t at, int64_t *next) {
    while (v->pane <= at) {
        Samples *room;
        TRY(pane_load(e, v, &room));
        for (size_t i = 0; i < room->n; i++)
            if (room->at[i].enters < room->at[i].leaves)
                TRY(sample_leave(e, &v->s, &room->at[i]));
        TRY(pane_leave(e, v));
    }
    *next = v->pane < *next ? v->pane : *next;
    return OK;
}

/* What leaves at or before `at`, and what enters; *next: when something does so next. */
static Status samples_move(Engine *e, Live *v, int64_t at, int64_t *next) {
    TRY(engine_time_trap(e, pending_enter(&v->s, at)));
    if (v->s.def->window == WINDOW_IS_STEPPED)
        TRY(ledger_status(e, tally_enter(e->l, &v->s, at, &e->key, &e->record),
                          "writing a sample"));
    for (uint32_t i = 0; i < v->s.pending_count; i++)
        *next = v->s.pending[i].enters < *next ? v->s.pending[i].enters : *next;
    if (!v->has_pane)
        TRY(pane_seek(e, v, v->s.judged == INT64_MIN ? INT64_MIN : v->s.judged + 1, false));
    return v->s.def->window == WINDOW_IS_SLIDING ? slide(e, v, at, next) : step(e, v, at, next);
}

/* ---- judging */

/* One judgement of a series: what it found, and which reactions it must leave out since they
 * failed. */
typedef struct Judging {
    Live *v;
    Series *s; /* of v */
    int64_t at;
    Measure measure;
    bool counts; /* the value is one that levels look at */
    uint32_t skip;
    Str failed[KPI_STEPS + 1]; /* why: of each level's reactions, and of what followed */
    uint32_t step;             /* which is going on */
} Judging;

static Str level_name(uint8_t level) {
    static const char *const names[KPI_LEVELS] = {"warning", "critical", "cleared"};
    return str_of(names[level]);
}

static Status kpi_say(Engine *e, Judging *j, EffectId id, const LevelDef *def,
                      const LevelState *level, int64_t since) {
    Effect effect = {.id = id, .subject = e->subject, .line = def->file << 20 | def->line};
    effect.values[KPI_DATA_LEVEL] = value_text(level_name(def->level));
    effect.values[KPI_DATA_GROUP] =
        (Value){.items = j->s->group, .n = j->s->def->by_count, .kind = V_LIST};
    effect.values[KPI_DATA_EPISODE] = value_int((int64_t)level->episode);
    TRY(measure_value(&j->measure, &e->event, &effect.values[KPI_DATA_VALUE]));
    effect.values[KPI_DATA_SAMPLES] = value_int((int64_t)j->measure.samples);
    effect.values[KPI_DATA_SINCE] = value_of(V_INSTANT, since);
    effect.values[KPI_DATA_BEFORE] = value_int((int64_t)j->s->said);
    return engine_effect(e, &effect, &j->s->said);
}

static Status run_reaction(Engine *e, const Judging *j, const KpiReactionDef *reaction) {
    uint32_t by = j->s->def->by_count;
    Value *args = new (&e->event, Value, by + 1), value;
    if (args == NULL)
        return ERR_NOMEM;
    if (by > 0)
        memcpy(args, j->s->group, by * sizeof *args);
    TRY(measure_value(&j->measure, &e->event, &value));
    buf_reset(&e->text);
    put_measure_text(&e->text, e->b, &e->render.zone, j->s->def, value);
    TRY(buf_status(&e->text));
    Str text;
    TRY(arena_str(&e->event, buf_str(&e->text), &text));
    args[by] = value_text(text);
    const Value *results;
    e->line = reaction->file << 20 | reaction->line;
    return vm_call(&e->vm, reaction->fn, NULL, NULL, args, &results, NULL);
}

static Status react(Engine *e, Judging *j, uint8_t level, uint64_t episode) {
    if ((j->skip >> j->step & 1) != 0) {
        Str why = j->failed[j->step];
        return why.n == 0 ? OK : alert(e, "failed", why);
    }
    Status status = OK;
    Subject series = series_subject(j->s);
    e->grouping = &series;
    e->episode = (uint32_t)episode;
    for (uint32_t i = 0; i < j->s->judge->reaction_count && status == OK; i++)
        if (j->s->judge->reactions[i].level == level)
            status = run_reaction(e, j, &j->s->judge->reactions[i]);
    e->episode = 0;
    e->grouping = NULL;
    e->line = 0;
    return status;
}

static Status raise_level(Engine *e, Judging *j, const LevelDef *def, LevelState *level) {
    int64_t since = level->waits;
    *level = (LevelState){
        .raised = true, .since = j->at, .waits = INSTANT_NEVER, .episode = level->episode + 1};
    bool warning = def->level == KPI_WARNING;
    TRY(kpi_say(e, j, warning ? EFFECT_KPI_WARNING : EFFECT_KPI_CRITICAL, def, level, since));
    return react(e, j, def->level, level->episode);
}

static Status clear_level(Engine *e, Judging *j, const LevelDef *def, LevelState *level) {
    int64_t since = level->since;
    level->raised = false;
    level->waits = INSTANT_NEVER;
    TRY(kpi_say(e, j, EFFECT_KPI_CLEARED, def, level, since));
    return react(e, j, KPI_CLEARED, level->episode);
}

/* The first instant of the period that is looked at, as a day of the KPI's zone. */
static Status period_day(Engine *e, const KpiDef *def, int64_t at, int64_t *begins, int32_t *day) {
    const Zone *zone = local_zone(e->b, def->local);
    int64_t start = at, end, enters;
    if (def->window >= WINDOW_IS_DAY && def->window <= WINDOW_IS_YEAR) {
        TRY(window_span(e->b, def, at, at, &enters, &end));
        TRY(window_start(e->b, def, end, &start));
    }
    *begins = start;
    *day = local_day(zone_local(zone, start));
    return OK;
}

static Status bound_value(Engine *e, const Series *s, const BoundDef *bound, int64_t at,
                          Value *out) {
    *out = bound->value;
    if (bound->fn < 0)
        return OK;
    uint32_t by = s->def->by_count;
    Value *args = new (&e->event, Value, by + TARGET_NAMES);
    int32_t day = 0;
    int64_t begins = at, now = e->now;
    if (args == NULL)
        return ERR_NOMEM;
    TRY(engine_time_trap(e, period_day(e, s->def, at, &begins, &day)));
    Civil c = civil_from_days(day);
    if (by > 0)
        memcpy(args, s->group, by * sizeof *args);
    args[by + TARGET_MONTH] = value_int(c.month);
    args[by + TARGET_QUARTER] = value_int((c.month + 2) / 3);
    args[by + TARGET_YEAR] = value_int(c.year);
    args[by + TARGET_DAY] = value_of(V_DATE, day);
    const Value *results;
    e->now = begins; /* what is dated is as it was when the period began */
    Status status = vm_call(&e->vm, bound->fn, NULL, NULL, args, &results, NULL);
    e->now = now;
    if (status == OK)
        *out = results[0];
    return status;
}

Status kpi_bounds(Engine *e, const Series *s, uint32_t level, int64_t at, Value out[2],
                  bool *failed) {
    const LevelDef *def = &s->judge->levels[level];
    out[0] = out[1] = value_absent();
    Status status = bound_value(e, s, &def->raise, at, &out[0]);
    if (status == OK && def->has_clear)
        status = bound_value(e, s, &def->clear, at, &out[1]);
    *failed = status == ERR_TRAP;
    if (*failed)
        out[0] = out[1] = value_absent();
    return *failed ? OK : status;
}

/* Whether a threshold may be another in another period. */
static bool has_targets(const KpiDef *def) {
    for (uint32_t i = 0; i < def->level_count; i++)
        if (def->levels[i].raise.fn >= 0 ||
            (def->levels[i].has_clear && def->levels[i].clear.fn >= 0))
            return true;
    return false;
}

Status kpi_period_next(Engine *e, const KpiDef *def, int64_t at, int64_t *next) {
    if (!has_targets(def))
        return OK;
    KpiDef day = *def;
    if (def->window < WINDOW_IS_DAY || def->window > WINDOW_IS_YEAR)
        day.window = WINDOW_IS_DAY;
    int64_t enters, end;
    TRY(engine_time_trap(e, window_span(e->b, &day, at, at, &enters, &end)));
    *next = end < *next ? end : *next;
    return OK;
}

/* When the next version judges the series by others. */
static void version_next(const Bundle *b, const KpiDef *judge, int64_t *next) {
    if (judge->next < 0)
        return;
    int64_t from = b->versions[b->kpis[judge->next].version].from;
    *next = from < *next ? from : *next;
}

/* Judges one level; *next: when its wait ends. */
static Status judge_level(Engine *e, Judging *j, uint32_t n, int64_t *next) {
    const LevelDef *def = &j->s->judge->levels[n];
    LevelState *level = &j->s->levels[n];
    bool due, failed;
    Value bounds[2];
    TRY(kpi_bounds(e, j->s, n, j->at, bounds, &failed));
    if (failed)
        TRY(alert(e, "failed", S("a threshold could not be computed: the level does not stand")));
    TRY(level_judge(e->b, j->s->judge, n, &j->measure, j->counts, bounds, level, j->at, next,
                    &due));
    if (!due)
        return OK;
    j->step = n;
    return level->raised ? clear_level(e, j, def, level) : raise_level(e, j, def, level);
}

/* What is measured becomes what the KPI says of it, and is kept for a comparison to come. */
static Status compare_now(Engine *e, Judging *j, int64_t *next) {
    if (j->s->def->compare == COMPARES_NOTHING)
        return OK;
    TRY(compare_move(e->l, j->s, j->at, &e->key, next));
    TRY(compare_keep(e->l, e->b, j->s, j->at, &j->measure, &e->key, &e->text, &e->record, next));
    return compare_with(j->s->def, &j->s->earlier, &j->measure);
}

static Status measure_now(Engine *e, Judging *j, int64_t *next) {
    Status status = series_measure(e->l, j->s, j->at, &e->key, &j->measure);
    if (status == OK)
        status = compare_now(e, j, next);
    if (status == ERR_OVERFLOW || status == ERR_INEXACT) {
        j->measure.absent = true;
        if (!j->s->failed && !j->s->def->nameless) /* once, until it can be measured again */
            TRY(alert(e, "failed", S("what it measures has more digits than the 18 there are")));
        j->s->failed = true;
        status = OK;
    } else
        j->s->failed = false;
    TRY(ledger_status(e, status, "measuring a series"));
    j->counts = !j->measure.absent && j->measure.samples >= j->s->def->samples;
    return OK;
}

static Status judge(Engine *e, uint64_t number, Judging *j) {
    int64_t next = INSTANT_NEVER;
    j->step = KPI_STEPS;
    TRY(live_get(e, number, &j->v));
    TRY(live_change(e, j->v));
    j->s = &j->v->s;
    j->s->judge = bundle_judge(e->b, j->s->decl, j->at);
    e->now = j->at;
    e->subject = series_subject(j->s);
    e->cause = (Cause){.kind = CAUSE_TIMER, .instant = j->at, .subject = e->subject};
    e->rule = 0;
    LevelState was[KPI_STEPS];
    bool session = j->s->def->window == WINDOW_IS_SESSION;
    memcpy(was, j->s->levels, sizeof was);
    if (session) {
        TRY(session_judge(e, j->v, j->at, &next));
    } else {
        TRY(samples_move(e, j->v, j->at, &next));
        TRY(windows_judge(e, j->v, j->at, &next));
    }
    TRY(kpi_period_next(e, j->s->judge, j->at, &next));
    version_next(e->b, j->s->judge, &next);
    j->s->judged = j->at;
    if (!j->s->def->nameless || j->s->def->compare != COMPARES_NOTHING)
        TRY(measure_now(e, j, &next)); /* what of others does not fit is told to whoever asks */
    for (uint32_t i = 0; i < j->s->def->level_count; i++)
        TRY(judge_level(e, j, i, &next));
    if (session)
        TRY(session_keep(e, j->s, was, j->at));
    j->step = KPI_STEPS;
    TRY(series_timer(e, j->s, next));
    if ((j->skip >> KPI_STEPS & 1) != 0)
        return alert(e, "failed", j->failed[KPI_STEPS]);
    return engine_cascade(e);
}

/* A reaction that fails is spent and says so (engine.md 11): the judgement is made again without
 * it. What fails behind the reactions takes all of them with it. */
static Status kpi_failed(Engine *e, Judging *j) {
    Buf text = {0};
    put_trap(&text, e->b, &e->vm.trap);
    Status status = arena_str(&e->event, buf_str(&text), &j->failed[j->step]);
    buf_free(&text);
    engine_undo(e);
    e->queue.n = 0;
    e->episode = 0;
    if ((j->skip >> j->step & 1) != 0)
        return engine_fail(e, ERR_DAMAGED, "judging a series");
    j->skip |= j->step == KPI_STEPS ? (1u << (KPI_STEPS + 1)) - 1 : 1u << j->step;
    return status;
}

Status kpi_fire(Engine *e, uint64_t number, int64_t at) {
    Judging j = {.at = at};
    uint64_t next = e->next, series = e->series;
    Counts counts = e->counts;
    number &= (UINT64_C(1) << KPI_RANK_BIT) - 1;
    for (;;) {
        Status status = judge(e, number, &j);
        if (status != ERR_TRAP)
            return status;
        TRY(kpi_failed(e, &j));
        e->next = next;
        e->series = series;
        e->counts = counts;
    }
}
