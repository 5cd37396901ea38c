/* run: KPIs: events become samples of series; each series is judged at the instants at which its
 * value or a wait may change, once the clock moves past them: when a sample came, when one leaves,
 * when a pane ends, when a level has held long enough (semantics.md 21-23, language.md 14, 19). */
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/moment.h"
#include "engine/base/sha256.h"
#include "engine/run/engine_int.h"
#include "engine/run/series.h"

static Status ledger_status(Engine *e, Status status, const char *what) {
    return status == OK || status == ERR_NOMEM ? status : engine_fail(e, status, what);
}

/* ---- records */

static Status series_load(Engine *e, uint64_t number, Series *out) {
    buf_reset(&e->key);
    put_key_u64(&e->key, number);
    TRY(buf_status(&e->key));
    Str bytes;
    bool found;
    TRY(ledger_status(e, led_find(e->l, LED_SERIES, buf_str(&e->key), &bytes, &found),
                      "reading a series"));
    if (!found)
        return engine_fail(e, ERR_DAMAGED, "a series is missing");
    return ledger_status(e, view_series(e->b, number, bytes, &e->event, out), "a series' record");
}

static Status series_save(Engine *e, const Series *s) {
    TRY(series_put(s, &e->text, &e->record));
    buf_reset(&e->key);
    put_key_u64(&e->key, s->number);
    TRY(buf_status(&e->key));
    return ledger_status(e, led_put(e->l, LED_SERIES, buf_str(&e->key), buf_str(&e->record)),
                         "writing a series");
}

static uint64_t timer_number(const Series *s) {
    return KPI_TIMER | (uint64_t)s->def->rank << KPI_RANK_BIT | s->number;
}

static Status series_timer(Engine *e, Series *s, int64_t at) {
    uint32_t rung = 0;
    return timer_set(e, timer_number(s), &s->timer_at, &rung, at, 0);
}

/* The series of a group; a new one begins with its first sample. */
static Status series_of(Engine *e, uint32_t decl, Value *group, Series *out) {
    const KpiDef *def = &e->b->kpis[decl];
    Str *key;
    uint8_t hash[SHA256_BYTES];
    uint64_t number, zero;
    bool found;
    TRY(key_texts(e, group, def->by_count, &key));
    TRY(series_hash(def, key, &e->text, hash));
    TRY(ledger_status(e, led_set_find(e->l, LED_SET_NAMES, hash, &number, &zero, &found),
                      "reading the ledger"));
    if (found)
        return series_load(e, number, out);
    *out = (Series){.number = e->series++,
                    .decl = decl,
                    .def = def,
                    .key = key,
                    .group = group,
                    .sampled = INT64_MIN,
                    .timer_at = INSTANT_NEVER};
    for (uint32_t i = 0; i < KPI_STEPS; i++)
        out->levels[i].waits = INSTANT_NEVER;
    return ledger_status(e, led_set_add(e->l, LED_SET_NAMES, hash, out->number, 0),
                         "writing the ledger");
}

/* ---- samples */

static Status pane_put(Engine *e, Str value) {
    TRY(buf_status(&e->key));
    return ledger_status(e, led_add(e->l, LED_PANE, buf_str(&e->key), value), "writing a sample");
}

static Status pane_del(Engine *e) {
    TRY(buf_status(&e->key));
    return ledger_status(e, led_del(e->l, LED_PANE, buf_str(&e->key)), "writing a sample");
}

static Dec sample_dec(Value v) {
    return v.kind == V_INT || v.kind == V_DURATION ? dec_of_i64(v.i) : value_to_dec(v);
}

/* Adds a sample to what counts, or takes it out. */
static Status sample_count(Engine *e, Series *s, const Measured1 *m, int64_t leaves,
                           uint64_t number, bool out) {
    TRY(engine_time_trap(e, total_add(&s->totals[m->agg], m->value, out)));
    if (!agg_sorts(&s->def->aggs[m->agg]))
        return OK;
    TRY(value_key(&e->key, s, m->agg, m->value, leaves, number));
    if (out)
        return pane_del(e);
    Dec d = sample_dec(m->value);
    buf_reset(&e->record);
    put_u8(&e->record, d.scale);
    put_zigzag(&e->record, d.coef);
    TRY(buf_status(&e->record));
    return pane_put(e, buf_str(&e->record));
}

static Status sample_add(Engine *e, Series *s, const Measured1 *m, int64_t enters, int64_t leaves) {
    uint64_t number = s->next++;
    bool waits = s->def->window == WINDOW_IS_STEPPED;
    TRY(sample_put(m, &e->text, &e->record));
    sample_key(&e->key, s->number, waits ? SAMPLE_ENTERS : SAMPLE_LEAVES, waits ? enters : leaves,
               number);
    TRY(pane_put(e, buf_str(&e->record)));
    return waits ? OK : sample_count(e, s, m, leaves, number, false);
}

Status kpi_sample(Engine *e, uint32_t decl, uint32_t agg, const Flow *flow) {
    const KpiDef *def = &e->b->kpis[decl];
    const AggDef *g = &def->aggs[agg];
    const Value *results;
    bool applies;
    TRY(vm_call(&e->vm, g->fn, &flow->vm, NULL, NULL, &results, &applies));
    if (!applies)
        return OK;
    Value *group = new (&e->event, Value, def->by_count + 2);
    if (group == NULL)
        return ERR_NOMEM;
    memcpy(group, results, (def->by_count + (g->kind != AGG_IS_COUNT)) * sizeof *group);
    Measured1 m = {.agg = agg, .time = flow->vm.time, .leaf = flow->leaf};
    m.value = g->kind == AGG_IS_COUNT ? value_int(1) : group[def->by_count];
    if (m.value.kind == V_ABSENT)
        return OK; /* nothing to count */
    int64_t now = e->instant > flow->vm.time ? e->instant : flow->vm.time, enters, leaves;
    TRY(engine_time_trap(e, window_span(e->b, def, m.time, now, &enters, &leaves)));
    if (leaves <= enters)
        return OK; /* no window holds it any more */
    Series s;
    TRY(series_of(e, decl, group, &s));
    TRY(sample_add(e, &s, &m, enters, leaves));
    s.sampled = now;
    TRY(series_timer(e, &s, enters < s.timer_at ? enters : s.timer_at));
    return series_save(e, &s);
}

/* What leaves at or before `at`, and what enters. Nothing does so before the series' timer. */
static Status samples_move(Engine *e, Series *s, int64_t at) {
    for (int list = SAMPLE_LEAVES; list <= SAMPLE_ENTERS; list++) {
        int64_t when = s->timer_at;
        for (uint64_t number = 0;; number++) {
            int64_t enters, leaves;
            Str value;
            bool found;
            Measured1 m;
            TRY(ledger_status(e,
                              sample_next(e->l, s->number, (SampleList)list, &e->key, &when,
                                          &number, &value, &found),
                              "reading the samples"));
            if (!found || when > at)
                break;
            TRY(ledger_status(e, sample_take(value, &e->event, &m), "a sample"));
            sample_key(&e->key, s->number, (SampleList)list, when, number);
            TRY(pane_del(e));
            leaves = when;
            if (list == SAMPLE_ENTERS) {
                TRY(engine_time_trap(e, window_span(e->b, s->def, m.time, at, &enters, &leaves)));
                TRY(sample_put(&m, &e->text, &e->record));
                sample_key(&e->key, s->number, SAMPLE_LEAVES, leaves, number);
                TRY(pane_put(e, buf_str(&e->record)));
            }
            TRY(sample_count(e, s, &m, leaves, number, list == SAMPLE_LEAVES));
        }
    }
    return OK;
}

/* ---- judging */

/* One judgement of a series: what it found, and which reactions it must leave out since they
 * failed. */
typedef struct Judging {
    Series s;
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
        (Value){.items = j->s.group, .n = j->s.def->by_count, .kind = V_LIST};
    effect.values[KPI_DATA_EPISODE] = value_int((int64_t)level->episode);
    TRY(measure_value(&j->measure, &e->event, &effect.values[KPI_DATA_VALUE]));
    effect.values[KPI_DATA_SAMPLES] = value_int((int64_t)j->measure.samples);
    effect.values[KPI_DATA_SINCE] = value_of(V_INSTANT, since);
    effect.values[KPI_DATA_BEFORE] = value_int((int64_t)j->s.said);
    return engine_effect(e, &effect, &j->s.said);
}

static Status run_reaction(Engine *e, const Judging *j, const KpiReactionDef *reaction) {
    uint32_t by = j->s.def->by_count;
    Value *args = new (&e->event, Value, by + 1), value;
    if (args == NULL)
        return ERR_NOMEM;
    if (by > 0)
        memcpy(args, j->s.group, by * sizeof *args);
    TRY(measure_value(&j->measure, &e->event, &value));
    buf_reset(&e->text);
    put_measure_text(&e->text, e->b, &e->render.zone, value);
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
    e->episode = (uint32_t)episode;
    for (uint32_t i = 0; i < j->s.def->reaction_count && status == OK; i++)
        if (j->s.def->reactions[i].level == level)
            status = run_reaction(e, j, &j->s.def->reactions[i]);
    e->episode = 0;
    e->line = 0;
    return status;
}

/* Whether a wait that began at `from` has lasted. */
static Status has_held(Engine *e, const BoundDef *bound, int64_t from, int64_t at, bool *yes,
                       int64_t *ends) {
    *ends = from;
    if (bound->hold.kind == V_DURATION) {
        Status status = moment_add(bundle_zone(e->b), NULL, from, (Family)bound->hold.aux,
                                   bound->hold.i, ends, NULL);
        if (status == ERR_OVERFLOW) /* beyond the years there are: never */
            *ends = INSTANT_NEVER;
        else
            TRY(status);
    }
    *yes = *ends <= at;
    return OK;
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

static const BoundDef no_bound;

/* What a level does with the value as it is: what it waits for, and whether that holds. */
static const BoundDef *level_wants(const Judging *j, const LevelDef *def, const LevelState *level,
                                   bool *holds) {
    const EmptyRule empty = (EmptyRule)j->s.def->empty;
    if (!level->raised) {
        *holds = j->counts ? bound_holds(&def->raise, &j->measure) : empty == EMPTY_ALERTS;
        return &def->raise;
    }
    if (!j->counts) {
        *holds = empty == EMPTY_CLEARS;
        return &no_bound;
    }
    *holds = def->has_clear ? bound_holds(&def->clear, &j->measure)
                            : !bound_holds(&def->raise, &j->measure);
    return def->has_clear ? &def->clear : &no_bound;
}

/* Judges one level; *next: when its wait ends. */
static Status judge_level(Engine *e, Judging *j, uint32_t n, int64_t *next) {
    const LevelDef *def = &j->s.def->levels[n];
    LevelState *level = &j->s.levels[n];
    bool holds, held;
    int64_t ends;
    const BoundDef *bound = level_wants(j, def, level, &holds);
    if (!holds) {
        level->waits = INSTANT_NEVER;
        return OK;
    }
    if (level->waits == INSTANT_NEVER)
        level->waits = j->at;
    TRY(has_held(e, bound, level->waits, j->at, &held, &ends));
    if (!held) {
        *next = ends < *next ? ends : *next;
        return OK;
    }
    j->step = n;
    return level->raised ? clear_level(e, j, def, level) : raise_level(e, j, def, level);
}

/* When the first of a list moves, all being done that was to be by `done`. */
static Status next_instant(Engine *e, const Series *s, SampleList list, int64_t done,
                           int64_t *next) {
    int64_t at = done + 1;
    uint64_t number = 0;
    Str value;
    bool found;
    TRY(ledger_status(e, sample_next(e->l, s->number, list, &e->key, &at, &number, &value, &found),
                      "reading the samples"));
    if (found && at < *next)
        *next = at;
    return OK;
}

static Status measure_now(Engine *e, Judging *j) {
    Status status = series_measure(e->l, &j->s, INT64_MIN, &e->key, &j->measure);
    if (status == ERR_OVERFLOW || status == ERR_INEXACT) {
        j->measure.absent = true;
        TRY(alert(e, "failed", S("what it measures has more digits than the 18 there are")));
        status = OK;
    }
    TRY(ledger_status(e, status, "measuring a series"));
    j->counts = !j->measure.absent && j->measure.samples >= j->s.def->samples;
    return OK;
}

static Status judge(Engine *e, uint64_t number, Judging *j) {
    int64_t next = INSTANT_NEVER;
    j->step = KPI_STEPS;
    TRY(series_load(e, number, &j->s));
    e->now = j->at;
    e->subject = series_subject(&j->s);
    e->cause = (Cause){.kind = CAUSE_TIMER, .instant = j->at, .subject = e->subject};
    e->rule = 0;
    TRY(samples_move(e, &j->s, j->at));
    TRY(measure_now(e, j));
    for (uint32_t i = 0; i < j->s.def->level_count; i++)
        TRY(judge_level(e, j, i, &next));
    j->step = KPI_STEPS;
    TRY(next_instant(e, &j->s, SAMPLE_LEAVES, j->at, &next));
    TRY(next_instant(e, &j->s, SAMPLE_ENTERS, j->at, &next));
    TRY(series_timer(e, &j->s, next));
    TRY(series_save(e, &j->s));
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
    led_undo(e->l);
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
