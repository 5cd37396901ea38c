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
    put_text(w->out, S("            "));
    why_moment(w, m->time);
    put_text(w->out, S("  "));
    put_text(w->out, w->r->b->events[agg->event].name);
    if (agg->kind != AGG_IS_COUNT) {
        put_c(w->out, ' ');
        why_value(w, m->value);
    }
    put_fmt(w->out, "  (entry %llu)\n", (unsigned long long)m->leaf);
}

static void put_number_of(Why *w, uint64_t n, const char *what) {
    put_fmt(w->out, "%llu %s%s", (unsigned long long)n, what, n == 1 ? "" : "s");
}

/* What a measure counts: samples, or the duties or entities of which it is. */
static const char *sample_word(Why *w, const KpiDef *kpi) {
    bool duties = true, entities = true;
    for (uint32_t i = 0; i < kpi->agg_count; i++) {
        const EventDef *of = &w->r->b->events[kpi->aggs[i].event];
        duties = duties && (kpi->aggs[i].states != 0 || of->duty >= 0);
        entities = entities && of->entity >= 0;
    }
    return duties ? "duties" : entities ? "entities" : "samples";
}

/* "of 3 samples", in words for none: a comparison has a value then, too. */
static void put_of_samples(Why *w, const KpiDef *kpi, uint64_t n) {
    const char *many = sample_word(w, kpi);
    if (n == 0)
        put_fmt(w->out, ", with no %s", many);
    else if (n > 1)
        put_fmt(w->out, " of %llu %s", (unsigned long long)n, many);
    else
        put_fmt(w->out, " of 1 %s", *many == 'd' ? "duty" : *many == 'e' ? "entity" : "sample");
}

/* How many an aggregate counts that has no samples but what stands now. */
static void put_now(Why *w, const Series *s, uint32_t agg) {
    const AggDef *def = &s->def->aggs[agg];
    unsigned long long n = s->totals[agg].count;
    const char *which = s->def->agg_count == 1 ? "" : agg == 0 ? " above the line" : " below it";
    if (def->states != 0)
        put_fmt(w->out, "  duties    %llu in these states now%s\n", n, which);
    else
        put_fmt(w->out, "  entities  %llu of %.*s now%s\n", n,
                STR_ARG(w->r->b->events[def->event].name), which);
}

/* The session that goes on, or the one that was last. */
static void put_session(Why *w, const Series *s, const Samples *held) {
    if (held->n > 0) {
        put_fmt(w->out, "  samples   %zu in the session, which is over at ", held->n);
        why_moment(w, session_end(s));
        put_text(w->out, S(" unless another comes\n"));
        return;
    }
    put_text(w->out, S("  samples   none, no session goes on"));
    if (s->first <= s->last) {
        put_text(w->out, S("; the last one was from "));
        why_moment(w, s->first);
        put_text(w->out, S(" to "));
        why_moment(w, s->last);
    }
    put_c(w->out, '\n');
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
        put_fmt(w->out, "  samples   %zu in the window%s\n", held->n,
                held->n == 0 ? "" : ", the first to leave first");
    size_t head = held->n < SAMPLES_SHOWN ? held->n : SAMPLES_SHOWN;
    for (size_t i = 0; i < head; i++)
        put_sample(w, s, &held->at[i]);
    size_t tail = held->n - head < SAMPLES_SHOWN ? held->n - head : SAMPLES_SHOWN;
    if (held->n > head + tail)
        put_fmt(w->out, "            ... %zu more\n", held->n - head - tail);
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

static void put_bound(Why *w, const BoundDef *bound) {
    static const char *const sides[] = {[SIDE_IS_ABOVE] = "above ",
                                        [SIDE_IS_BELOW] = "below ",
                                        [SIDE_IS_AT_LEAST] = "at least ",
                                        [SIDE_IS_AT_MOST] = "at most "};
    put_text(w->out, str_of(sides[bound->side]));
    if (bound->fn >= 0)
        put_text(w->out, bound->text);
    else
        why_value(w, bound->value);
    if (bound->hold.kind == V_DURATION) {
        put_text(w->out, S(" for "));
        why_value(w, bound->hold);
    }
}

/* What a level says; in a pattern, what it comes to with what was given. */
static void put_level(Why *w, const LevelDef *def) {
    if (def->text.n > 0) {
        put_text(w->out, def->text);
        return;
    }
    put_text(w->out, def->level == KPI_WARNING ? S("warning ") : S("critical "));
    put_bound(w, &def->raise);
    if (def->has_clear) {
        put_text(w->out, S(", clear "));
        put_bound(w, &def->clear);
    }
}

void why_level(Why *w, const KpiDef *def, Str level) {
    for (uint32_t i = 0; i < def->level_count; i++)
        if (str_eq(level, def->levels[i].level == KPI_WARNING ? S("warning") : S("critical")))
            put_level(w, &def->levels[i]);
}

/* Why the levels do not look at the value, and what they do then. */
static void put_uncounted(Why *w, const KpiDef *def, const Measure *m) {
    static const char *const rules[] = {[EMPTY_HOLDS] = "a level stays as it is (empty: hold)",
                                        [EMPTY_CLEARS] =
                                            "a level that stands clears (empty: clear)",
                                        [EMPTY_ALERTS] = "a level is raised (empty: alert)"};
    if (!m->absent && m->samples >= def->samples)
        return;
    put_text(w->out, S("  absent    "));
    if (m->samples < def->samples) {
        put_fmt(w->out, "%llu of at least ", (unsigned long long)m->samples);
        put_number_of(w, def->samples, "sample");
        put_text(w->out, S(": the value counts as absent; "));
    } else {
        put_text(w->out, S("there is nothing to measure; "));
    }
    put_fmt(w->out, "%s\n", rules[def->empty]);
}

static Status put_level_state(Why *w, const KpiDef *kpi, const LevelDef *def,
                              const LevelState *level) {
    put_text(w->out, def->level == KPI_WARNING ? S("  warning   ") : S("  critical  "));
    if (level->raised) {
        put_text(w->out, S("since "));
        why_moment(w, level->since);
        put_fmt(w->out, ", episode %llu", (unsigned long long)level->episode);
    } else {
        put_text(w->out, S("clear"));
    }
    if (level->waits != INSTANT_NEVER) {
        int64_t ends;
        TRY(wait_ends(w, kpi->local, def, level, &ends));
        put_text(w->out, level->raised ? S("; would clear at ") : S("; would be raised at "));
        why_moment(w, ends);
        put_text(w->out, S(", what it waits for holds since "));
        why_moment(w, level->waits);
        const BoundDef *bound = level->raised ? &def->clear : &def->raise;
        if (bound->hold.kind == V_DURATION) {
            put_text(w->out, S(" and must for "));
            why_value(w, bound->hold);
        }
    }
    put_text(w->out, S("\n            "));
    put_level(w, def);
    put_text(w->out, S(", "));
    why_place(w, def->file, def->line);
    put_c(w->out, '\n');
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
static void put_episode(Why *w, const Value *v) {
    if (v[0].kind == V_ABSENT) {
        put_text(w->out, S("none"));
        return;
    }
    put_text(w->out, S("from "));
    why_moment(w, v[0].i);
    if (v[1].kind == V_ABSENT)
        return;
    put_text(w->out, S(" to "));
    why_moment(w, v[1].i);
}

static void put_restated(Why *w, const Effect *e) {
    put_fmt(w->out, " %.*s", STR_ARG(value_str(e->values[KPI_DATA_LEVEL])));
    if (e->values[KPI_DATA_EPISODE].kind == V_INT)
        put_fmt(w->out, " %lld", (long long)e->values[KPI_DATA_EPISODE].i);
    put_text(w->out, S(": was "));
    put_episode(w, &e->values[KPI_DATA_WAS]);
    put_text(w->out, S(", would have been "));
    put_episode(w, &e->values[KPI_DATA_IS]);
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

static Status put_said(Why *w, const Series *s) {
    uint64_t at[SAID_SHOWN];
    uint32_t n;
    TRY(said_leaves(w, s, at, &n));
    put_text(w->out, n == 0 ? S("  nothing was said of it\n") : S("  what was said\n"));
    while (n-- > 0) {
        Leaf leaf;
        TRY(record_leaf(w->r, at[n], &w->arena, &leaf, w->err));
        const Effect *e = &leaf.effect;
        put_text(w->out, S("            "));
        why_moment(w, e->time);
        put_text(w->out, S("  "));
        put_text(w->out, str_from(effect_type(w->r->b, e), sizeof "remit.kpi." - 1));
        if (e->id == EFFECT_KPI_CLEARED)
            put_fmt(w->out, " %.*s", STR_ARG(value_str(e->values[KPI_DATA_LEVEL])));
        if (e->id == EFFECT_KPI_RESTATED) {
            put_restated(w, e);
            put_fmt(w->out, "  (entry %llu)\n", (unsigned long long)at[n]);
            continue;
        }
        put_fmt(w->out, " %lld: ", (long long)e->values[KPI_DATA_EPISODE].i);
        put_measure_text(w->out, w->r->b, &w->r->render.zone, s->def, e->values[KPI_DATA_VALUE]);
        put_of_samples(w, s->def, (uint64_t)e->values[KPI_DATA_SAMPLES].i);
        put_text(w->out, S(", since "));
        why_moment(w, e->values[KPI_DATA_SINCE].i);
        put_fmt(w->out, "  (entry %llu)\n", (unsigned long long)at[n]);
        TRY(put_reactions(w, at[n], e));
    }
    return OK;
}

static void put_seen_text(Why *w, const KpiDef *def, const Seen *seen) {
    if (seen->absent) {
        put_text(w->out, S("nothing"));
        return;
    }
    bool quotient = def->agg_count == 2 || agg_keeps(def->aggs[0].kind) == AGG_KEEPS_MEAN;
    why_value(w, seen->num);
    if (quotient) {
        put_text(w->out, S(" / "));
        why_value(w, seen->den);
    }
}

/* What a comparison compares. */
static void put_compared(Why *w, const KpiDef *def, const Measure *m) {
    put_text(w->out, S("  now       "));
    put_seen_text(w, def, &m->now);
    put_text(w->out, S(", "));
    why_value(w, def->before);
    put_text(w->out, S(" before "));
    put_seen_text(w, def, &m->before);
    put_c(w->out, '\n');
}

static Status kpi_text(Why *w, Str subject, const Series *s, const Samples *held, const Measure *m,
                       Value value) {
    put_text(w->out, subject);
    put_text(w->out, S("\n  measures  "));
    put_text(w->out, s->def->measure);
    put_text(w->out, S("\n  value     "));
    put_measure_text(w->out, w->r->b, &w->r->render.zone, s->def, value);
    if (value.kind == V_LIST) {
        put_text(w->out, S(" = "));
        why_value(w, value.items[0]);
        put_text(w->out, S(" / "));
        why_value(w, value.items[1]);
    }
    put_text(w->out, S(" at "));
    why_moment(w, w->r->clock);
    put_c(w->out, '\n');
    if (s->def->compare != COMPARES_NOTHING)
        put_compared(w, s->def, m);
    put_held(w, s, held);
    put_uncounted(w, s->def, m);
    for (uint32_t i = 0; i < s->def->level_count; i++)
        TRY(put_level_state(w, s->def, &s->def->levels[i], &s->levels[i]));
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
            TRY(wait_ends(w, s->def->local, &s->def->levels[i], level, &ends));
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
