/* audit: why a KPI's series is as it is: what is measured, the samples that its window holds, which
 * levels stand or wait, and what was said of it. */
#include "engine/audit/why_int.h"

#include "engine/base/json.h"
#include "engine/base/moment.h"
#include "engine/run/pane.h"

enum { SAMPLES_SHOWN = 3, SAID_SHOWN = 50 };

/* The samples that have not left by the clock, the first to leave first. */
static Status held_samples(Why *w, const Series *s, Samples *out) {
    Buf key = {0};
    Status status = samples_held(w->r->l, s, w->r->clock, &key, &w->arena, out);
    samples_sort(out);
    buf_free(&key);
    return status;
}

static void put_sample(Why *w, const Series *s, const Sample *m) {
    const AggDef *agg = &s->def->aggs[m->agg];
    why_say(w, SAY_SAMPLE_ENTRY,
            (Args){{why_moment(w, m->time), w->r->b->events[agg->event].name,
                    agg->kind != AGG_IS_COUNT ? why_value(w, m->value) : S(""),
                    why_number(w, m->leaf)}});
}

/* "of 3 samples", or of the duties or entities that a measure counts; in words for none: a
 * comparison has a value then, too. */
static Str samples_text(Why *w, const KpiDef *kpi, uint64_t n) {
    bool duties = true, entities = true;
    for (uint32_t i = 0; i < kpi->agg_count; i++) {
        const EventDef *of = &w->r->b->events[kpi->aggs[i].event];
        duties = duties && (kpi->aggs[i].states != 0 || of->duty >= 0);
        entities = entities && of->entity >= 0;
    }
    Sentence none = duties     ? SAY_OF_NO_DUTIES
                    : entities ? SAY_OF_NO_ENTITIES
                               : SAY_OF_NO_SAMPLES,
             one = duties     ? SAY_OF_DUTY
                   : entities ? SAY_OF_ENTITY
                              : SAY_OF_SAMPLE,
             many = duties     ? SAY_OF_DUTIES
                    : entities ? SAY_OF_ENTITIES
                               : SAY_OF_SAMPLES;
    if (n <= 1)
        return why_word(w, n == 0 ? none : one);
    return why_said(w, many, (Args){{why_number(w, n)}});
}

/* How many an aggregate counts that has no samples but what stands now. */
static void put_now(Why *w, const Series *s, uint32_t agg) {
    const AggDef *def = &s->def->aggs[agg];
    Str n = why_number(w, s->totals[agg].count), which = {NULL, 0};
    if (s->def->agg_count > 1)
        which = why_word(w, agg == 0 ? SAY_ABOVE_LINE : SAY_BELOW_LINE);
    if (def->states != 0)
        why_say(w, SAY_DUTIES_NOW, (Args){{n, which}});
    else
        why_say(w, SAY_ENTITIES_NOW, (Args){{n, w->r->b->events[def->event].name, which}});
}

/* The session that goes on, or the one that was last. */
static void put_session(Why *w, const Series *s, const Samples *held) {
    bool last = s->first <= s->last;
    if (held->n > 0)
        why_say(w, SAY_SESSION, (Args){{why_number(w, held->n), why_moment(w, session_end(s))}});
    else
        why_say(w, SAY_NO_SESSION,
                (Args){{last ? why_moment(w, s->first) : S(""),
                        last ? why_moment(w, s->last) : S("")}});
}

/* What a gauge counts now, or the samples of a window. */
static void put_held(Why *w, const Series *s, const Samples *held) {
    for (uint32_t i = 0; i < s->def->agg_count; i++)
        if (s->def->aggs[i].now)
            put_now(w, s, i);
    if (s->def->window == WINDOW_IS_NOW)
        return;
    if (s->def->window == WINDOW_IS_SESSION)
        put_session(w, s, held);
    else
        why_say(w, held->n == 0 ? SAY_NO_SAMPLES_HELD : SAY_SAMPLES_HELD,
                (Args){{why_number(w, held->n)}});
    size_t head = held->n < SAMPLES_SHOWN ? held->n : SAMPLES_SHOWN;
    for (size_t i = 0; i < head; i++)
        put_sample(w, s, &held->at[i]);
    size_t tail = held->n - head < SAMPLES_SHOWN ? held->n - head : SAMPLES_SHOWN;
    if (held->n > head + tail)
        why_say(w, SAY_SAMPLES_MORE, (Args){{why_number(w, held->n - head - tail)}});
    for (size_t i = held->n - tail; i < held->n; i++)
        put_sample(w, s, &held->at[i]);
}

/* When a wait ends if nothing changes. */
static Status wait_ends(Why *w, uint32_t local, const LevelDef *def, const LevelState *level,
                        int64_t *out) {
    const BoundDef *bound = level->raised ? &def->clear : &def->raise;
    *out = level->waits;
    if (bound->hold.kind != V_DURATION)
        return OK;
    return moment_add(local_zone(w->r->b, local), NULL, level->waits, (Family)bound->hold.aux,
                      bound->hold.i, out, NULL);
}

/* For how long a bound must hold; empty: it need not. */
static Str hold_text(Why *w, const BoundDef *bound) {
    return bound->hold.kind == V_DURATION ? why_value(w, bound->hold) : (Str){NULL, 0};
}

static Str bound_text(Why *w, const BoundDef *bound) {
    static const Sentence sides[] = {[SIDE_IS_ABOVE] = SAY_BOUND_ABOVE,
                                     [SIDE_IS_BELOW] = SAY_BOUND_BELOW,
                                     [SIDE_IS_AT_LEAST] = SAY_BOUND_AT_LEAST,
                                     [SIDE_IS_AT_MOST] = SAY_BOUND_AT_MOST};
    return why_said(
        w, sides[bound->side],
        (Args){{bound->fn >= 0 ? bound->text : why_value(w, bound->value), hold_text(w, bound)}});
}

/* What a level says; in a pattern, what it comes to with what was given. */
static Str level_text(Why *w, const LevelDef *def) {
    if (def->text.n > 0)
        return def->text;
    return why_said(
        w, def->level == KPI_WARNING ? SAY_LEVEL_WARNING : SAY_LEVEL_CRITICAL,
        (Args){{bound_text(w, &def->raise), def->has_clear ? bound_text(w, &def->clear) : S("")}});
}

Str why_level(Why *w, const KpiDef *def, Str level) {
    for (uint32_t i = 0; i < def->level_count; i++)
        if (str_eq(level, def->levels[i].level == KPI_WARNING ? S("warning") : S("critical")))
            return level_text(w, &def->levels[i]);
    return (Str){NULL, 0};
}

/* Why the levels do not look at the value, and what they do then. */
static void put_uncounted(Why *w, const KpiDef *def, const Measure *m) {
    static const Sentence rules[] = {[EMPTY_HOLDS] = SAY_EMPTY_HOLDS,
                                     [EMPTY_CLEARS] = SAY_EMPTY_CLEARS,
                                     [EMPTY_ALERTS] = SAY_EMPTY_ALERTS};
    Str rule = why_word(w, rules[def->empty]), samples = why_number(w, m->samples);
    if (m->samples < def->samples && def->samples == 1)
        why_say(w, SAY_TOO_FEW, (Args){{samples, rule}});
    else if (m->samples < def->samples)
        why_say(w, SAY_TOO_FEW_OF, (Args){{samples, why_number(w, def->samples), rule}});
    else if (m->absent)
        why_say(w, SAY_NOTHING_MEASURED, (Args){{rule}});
}

/* When a wait ends, and since when what it waits for holds. */
static Status wait_text(Why *w, const KpiDef *kpi, const LevelDef *def, const LevelState *level,
                        Str *out) {
    int64_t ends;
    *out = (Str){NULL, 0};
    if (level->waits == INSTANT_NEVER)
        return OK;
    TRY(wait_ends(w, kpi->local, def, level, &ends));
    *out = why_said(w, level->raised ? SAY_WOULD_CLEAR : SAY_WOULD_RAISE,
                    (Args){{why_moment(w, ends), why_moment(w, level->waits),
                            hold_text(w, level->raised ? &def->clear : &def->raise)}});
    return OK;
}

static Status put_level_state(Why *w, const KpiDef *kpi, const LevelDef *def,
                              const LevelState *level) {
    Str state = why_word(w, SAY_CLEAR), waits;
    if (level->raised)
        state = why_said(w, SAY_RAISED_SINCE,
                         (Args){{why_moment(w, level->since), why_number(w, level->episode)}});
    TRY(wait_text(w, kpi, def, level, &waits));
    why_say(w, def->level == KPI_WARNING ? SAY_WARNING_IS : SAY_CRITICAL_IS,
            (Args){{state, waits, level_text(w, def), why_place(w, def->file, def->line)}});
    return OK;
}

/* What was said of the series, the newest first. */
static Status said_leaves(Why *w, const Series *s, uint64_t *at, uint32_t *n) {
    *n = 0;
    for (uint64_t next = s->said; next != 0 && *n < SAID_SHOWN;) {
        Leaf leaf;
        TRY(record_leaf(w->r, next, &w->arena, &leaf, w->err));
        if (leaf.kind != LEAF_EFFECT)
            return ERR_DAMAGED;
        at[(*n)++] = next;
        Value before = leaf.effect.values[KPI_DATA_BEFORE];
        if (before.kind != V_INT || before.i < 0 || (uint64_t)before.i >= next)
            return ERR_DAMAGED;
        next = (uint64_t)before.i;
    }
    return OK;
}

/* An episode as it was or is, from its place among the effect's values. */
static Str episode_text(Why *w, const Value *v) {
    if (v[0].kind == V_ABSENT)
        return why_word(w, SAY_NO_EPISODE);
    return why_said(
        w, SAY_EPISODE,
        (Args){{why_moment(w, v[0].i), v[1].kind == V_ABSENT ? S("") : why_moment(w, v[1].i)}});
}

/* What a level's reactions did stands behind what was said of it, until something else does. */
static Status put_reactions(Why *w, uint64_t said, const Effect *of) {
    Arena a = {0};
    Status status = OK;
    Buf mine = {0}, other = {0};
    put_subject(&mine, w->r->b, &of->subject);
    for (uint64_t i = said + 1; i < led_size(w->r->l) && status == OK; i++) {
        Leaf leaf;
        arena_reset(&a);
        status = record_leaf(w->r, i, &a, &leaf, w->err);
        const Effect *e = &leaf.effect;
        if (status != OK || leaf.kind != LEAF_EFFECT || e->cause.kind != CAUSE_TIMER ||
            e->cause.subject.kind != SUBJECT_KPI || e->cause.instant != of->cause.instant ||
            e->id == EFFECT_KPI_WARNING || e->id == EFFECT_KPI_CRITICAL ||
            e->id == EFFECT_KPI_CLEARED || e->id == EFFECT_KPI_RESTATED)
            break;
        buf_reset(&other);
        put_subject(&other, w->r->b, &e->cause.subject);
        if (!str_eq(buf_str(&mine), buf_str(&other)))
            break;
        if (e->id != EFFECT_NOTIFIED && e->id != EFFECT_EMITTED && e->id != EFFECT_ALERT &&
            e->id != EFFECT_DUTY_OPENED && e->id != EFFECT_APPROVAL_OPENED)
            continue;
        put_text(w->out, S("            "));
        status = why_effect(w, i, e, false);
    }
    status = status == OK && (mine.failed || other.failed) ? ERR_NOMEM : status;
    buf_free(&mine);
    buf_free(&other);
    arena_free(&a);
    return status;
}

/* One thing that was said of the series. */
static void put_one_said(Why *w, const Series *s, const Effect *e, Str entry) {
    const Value *v = e->values;
    Str at = why_moment(w, e->time), level = engine_word(w->chinese, value_str(v[KPI_DATA_LEVEL])),
        episode = v[KPI_DATA_EPISODE].kind == V_INT ? why_value(w, v[KPI_DATA_EPISODE]) : S("");
    if (e->id == EFFECT_KPI_RESTATED) {
        why_say(w, SAY_KPI_RESTATED_SAID,
                (Args){{at, level, episode, episode_text(w, &v[KPI_DATA_WAS]),
                        episode_text(w, &v[KPI_DATA_IS]), entry}});
        return;
    }
    why_say(w, e->id == EFFECT_KPI_CLEARED ? SAY_KPI_CLEARED_SAID : SAY_KPI_SAID,
            (Args){{at, level, episode, why_measure(w, s->def, v[KPI_DATA_VALUE]),
                    samples_text(w, s->def, (uint64_t)v[KPI_DATA_SAMPLES].i),
                    why_moment(w, v[KPI_DATA_SINCE].i), entry}});
}

static Status put_said(Why *w, const Series *s) {
    uint64_t at[SAID_SHOWN];
    uint32_t n;
    TRY(said_leaves(w, s, at, &n));
    why_say_word(w, n == 0 ? SAY_NOTHING_SAID : SAY_WHAT_WAS_SAID);
    while (n-- > 0) {
        Leaf leaf;
        TRY(record_leaf(w->r, at[n], &w->arena, &leaf, w->err));
        put_one_said(w, s, &leaf.effect, why_number(w, at[n]));
        if (leaf.effect.id != EFFECT_KPI_RESTATED)
            TRY(put_reactions(w, at[n], &leaf.effect));
    }
    return OK;
}

static Str seen_text(Why *w, const KpiDef *def, const Seen *seen) {
    if (seen->absent)
        return why_word(w, SAY_NOTHING_SEEN);
    bool quotient = def->agg_count == 2 || agg_keeps(def->aggs[0].kind) == AGG_KEEPS_MEAN;
    Str text = why_value(w, seen->num);
    if (quotient && arena_printf(&w->arena, &text, "%.*s / %.*s", STR_ARG(text),
                                 STR_ARG(why_value(w, seen->den))) != OK)
        w->out->failed = true;
    return text;
}

/* What a comparison compares. */
static void put_compared(Why *w, const KpiDef *def, const Measure *m) {
    why_say(w, SAY_KPI_COMPARED,
            (Args){{seen_text(w, def, &m->now), why_value(w, def->before),
                    seen_text(w, def, &m->before)}});
}

static Status kpi_text(Why *w, Str subject, const Series *s, const Samples *held, const Measure *m,
                       Value value) {
    bool fraction = value.kind == V_LIST;
    why_say(w, SAY_KPI_MEASURES, (Args){{subject, s->def->measure}});
    why_say(w, SAY_KPI_VALUE,
            (Args){{why_measure(w, s->def, value), fraction ? why_value(w, value.items[0]) : S(""),
                    fraction ? why_value(w, value.items[1]) : S(""), why_moment(w, w->r->clock)}});
    if (s->def->compare != COMPARES_NOTHING)
        put_compared(w, s->def, m);
    put_held(w, s, held);
    put_uncounted(w, s->def, m);
    for (uint32_t i = 0; i < s->def->level_count; i++)
        TRY(put_level_state(w, s->judge, &s->judge->levels[i], &s->levels[i]));
    return put_said(w, s);
}

static Status kpi_json(Why *w, Str subject, const Series *s, const Samples *held, Value value) {
    uint64_t at[SAID_SHOWN];
    uint32_t n;
    put_text(w->out, S("{\"subject\":"));
    put_json_string(w->out, subject);
    if (value.kind != V_ABSENT) {
        put_text(w->out, S(",\"value\":"));
        put_measure_json(w->out, w->r->b, &w->r->render.zone, value);
    }
    why_json_value(w, "at", value_of(V_INSTANT, w->r->clock));
    why_json_value(w, "samples", value_int((int64_t)held->n));
    put_text(w->out, S(",\"levels\":["));
    for (uint32_t i = 0; i < s->def->level_count; i++) {
        const LevelState *level = &s->levels[i];
        put_fmt(w->out, "%s{\"level\":\"%s\"", i == 0 ? "" : ",",
                s->def->levels[i].level == KPI_WARNING ? "warning" : "critical");
        why_json_value(w, "raised", value_flag(level->raised));
        if (level->raised)
            why_json_value(w, "since", value_of(V_INSTANT, level->since));
        why_json_value(w, "episodes", value_int((int64_t)level->episode));
        if (level->waits != INSTANT_NEVER) {
            int64_t ends;
            TRY(wait_ends(w, s->def->local, &s->judge->levels[i], level, &ends));
            why_json_value(w, "waits_since", value_of(V_INSTANT, level->waits));
            why_json_value(w, "waits_until", value_of(V_INSTANT, ends));
        }
        put_c(w->out, '}');
    }
    TRY(said_leaves(w, s, at, &n));
    put_text(w->out, S("],\"said\":["));
    for (bool first = true; n-- > 0; first = false)
        put_fmt(w->out, "%s%llu", first ? "" : ",", (unsigned long long)at[n]);
    put_text(w->out, S("]}\n"));
    return OK;
}

/* The groups that a KPI has a series of, for who left them out. */
static Status put_groups(Why *w, uint32_t decl, Buf *out) {
    enum { GROUPS_SHOWN = 10 };
    Str key, value;
    Buf from = {0};
    uint64_t n = 0;
    bool found = false;
    Status status = OK;
    for (;;) {
        Series s;
        status = led_next_in(w->r->l, LED_SERIES, buf_str(&from), n > 0 || found, 0, &key, &value,
                             &found);
        if (status != OK || !found)
            break;
        Take t = take_from(key);
        status = view_series(w->r->b, take_key_u64(&t), value, &w->arena, &s);
        if (status != OK)
            break;
        buf_reset(&from);
        put_bytes(&from, key.p, key.n);
        if (s.decl != decl)
            continue;
        if (n++ < GROUPS_SHOWN) {
            Subject subject = series_subject(&s);
            put_text(out, n == 1 ? S(" ") : S(", "));
            put_subject(out, w->r->b, &subject);
        }
    }
    if (n > GROUPS_SHOWN)
        put_fmt(out, " and %llu more", (unsigned long long)(n - GROUPS_SHOWN));
    buf_free(&from);
    return status != OK ? status : buf_status(out);
}

/* Says that there is no such series; of a KPI with groups, which there are. */
static Status no_series(Why *w, Str subject, uint32_t decl, uint32_t n) {
    const KpiDef *def = &w->r->b->kpis[decl];
    Buf by = {0}, groups = {0};
    for (uint32_t i = 0; i < def->by_count; i++)
        put_fmt(&by, "%s%.*s", i == 0 ? "" : ", ", STR_ARG(def->by[i].name));
    Status status = n == def->by_count ? OK : put_groups(w, decl, &groups);
    if (status == OK && (n == def->by_count || groups.n == 0))
        status = err_set(w->err, ERR_NOTFOUND, "no sample has come for %.*s in this ledger",
                         STR_ARG(subject));
    else if (status == OK)
        status = err_set(w->err, ERR_NOTFOUND, "%.*s is kept by %.*s: ask for one of%.*s",
                         STR_ARG(def->name), STR_ARG(buf_str(&by)), STR_ARG(buf_str(&groups)));
    buf_free(&by);
    buf_free(&groups);
    return status;
}

Status why_kpi(Why *w, Str subject, uint32_t decl, const Str *key, uint32_t n) {
    const KpiDef *def = &w->r->b->kpis[decl];
    Buf scratch = {0};
    uint8_t hash[32];
    uint64_t number = 0, zero;
    bool found = false;
    Str value, kept;
    Series s;
    Status status = OK;
    if (n == def->by_count)
        status = series_hash(def, key, &scratch, hash);
    if (status == OK && n == def->by_count)
        status = led_set_find(w->r->l, LED_SET_NAMES, hash, &number, &zero, &found);
    if (status == OK && found) {
        buf_reset(&scratch);
        put_key_u64(&scratch, number);
        status = led_find(w->r->l, LED_SERIES, buf_str(&scratch), &value, &found);
    }
    if (status == OK && !found)
        status = no_series(w, subject, decl, n);
    if (status == OK)
        status = arena_str(&w->arena, value, &kept);
    if (status == OK)
        status = view_series(w->r->b, number, kept, &w->arena, &s);
    Measure m;
    Samples held = {0};
    if (status == OK)
        status = held_samples(w, &s, &held);
    if (status == OK)
        status = series_at(w->r->l, &s, w->r->clock, &w->arena, &scratch, &m);
    if (status == ERR_OVERFLOW || status == ERR_INEXACT) {
        m = (Measure){.absent = true};
        status = OK;
    }
    buf_free(&scratch);
    Value now;
    if (status == OK)
        status = measure_value(&m, &w->arena, &now);
    if (status == OK)
        status = w->json ? kpi_json(w, subject, &s, &held, now)
                         : kpi_text(w, subject, &s, &held, &m, now);
    vec_free(&held);
    return status;
}
