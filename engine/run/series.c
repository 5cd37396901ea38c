/* run: series of KPIs: records, windows, sums. */
#include "engine/run/series.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/base/ckd.h"
#include "engine/base/civil.h"
#include "engine/base/limits.h"
#include "engine/base/moment.h"
#include "engine/base/sha256.h"
#include "engine/ledger/record.h"
#include "engine/run/compare.h"
#include "engine/run/tally.h"

Subject series_subject(const Series *s) {
    return (Subject){.kind = SUBJECT_KPI,
                     .decl = s->decl,
                     .occurrence = 1,
                     .key = s->key,
                     .key_count = s->def->by_count};
}

Status series_hash(const KpiDef *def, const Str *key, Buf *scratch, uint8_t out[SHA256_BYTES]) {
    buf_reset(scratch);
    put_text(scratch, S("kpi"));
    put_str(scratch, def->name);
    for (uint32_t i = 0; i < def->by_count; i++)
        put_str(scratch, key[i]);
    if (def->version > 0) /* one of its name may have been before it, and measured something else */
        put_varint(scratch, def->version);
    TRY(buf_status(scratch));
    sha256(buf_str(scratch), out);
    return OK;
}

/* ---- records */

static void put_total(Buf *out, const Total *t) {
    put_varint(out, t->count);
    put_zigzag(out, t->high);
    put_zigzag(out, (int64_t)(t->low >> 64));
    put_varint(out, (uint64_t)t->low);
    uint32_t n = 0;
    for (int i = 0; i <= DEC_SCALE_MAX; i++)
        n += t->scales[i] != 0;
    put_varint(out, n);
    for (int i = 0; i <= DEC_SCALE_MAX; i++)
        if (t->scales[i] != 0) {
            put_u8(out, (uint8_t)i);
            put_varint(out, t->scales[i]);
        }
}

static void take_total(Take *t, Total *out) {
    *out = (Total){.count = take_varint(t)};
    out->high = take_zigzag(t);
    uint64_t middle = (uint64_t)take_zigzag(t);
    out->low = (u128)middle << 64 | take_varint(t);
    uint64_t n = take_varint(t);
    for (uint64_t i = 0; i < n && !t->failed; i++) {
        uint8_t scale = take_u8(t);
        uint64_t samples = take_varint(t);
        if (scale > DEC_SCALE_MAX || samples > UINT32_MAX)
            t->failed = true;
        else
            out->scales[scale] = (uint32_t)samples;
    }
}

static void put_tally(Buf *out, const Tally *t) {
    put_varint(out, t->values);
    put_u8(out, t->placed);
    put_varint(out, (uint64_t)(t->at >> 64));
    put_varint(out, (uint64_t)t->at);
    put_varint(out, t->below);
}

static void take_tally(Take *t, Tally *out) {
    *out = (Tally){.values = take_varint(t)};
    uint8_t placed = take_u8(t);
    t->failed = t->failed || placed > 1;
    out->placed = placed == 1;
    u128 high = take_varint(t);
    out->at = high << 64 | take_varint(t);
    out->below = take_varint(t);
}

static void put_state(Buf *out, const LevelState *s) {
    put_u8(out, s->raised);
    put_zigzag(out, s->since);
    put_zigzag(out, s->waits);
    put_varint(out, s->episode);
}

static void take_state(Take *t, LevelState *s) {
    uint8_t raised = take_u8(t);
    *s = (LevelState){.raised = raised == 1};
    s->since = take_zigzag(t);
    s->waits = take_zigzag(t);
    s->episode = take_varint(t);
    t->failed = t->failed || raised > 1 || !instant_ok(s->since) ||
                (s->waits != INSTANT_NEVER && !instant_ok(s->waits));
}

static Str list_at(const Buf *b, size_t from, size_t to) {
    return (Str){b->p + from, to - from};
}

void put_levels(Buf *out, const Series *s) {
    for (uint32_t i = 0; i < s->def->level_count; i++)
        put_state(out, &s->levels[i]);
}

Status take_levels(Str bytes, const KpiDef *def, LevelState *out) {
    Take t = take_from(bytes);
    for (uint32_t i = 0; i < def->level_count; i++)
        take_state(&t, &out[i]);
    return take_done(&t);
}

Status series_put(const Series *s, Buf *scratch, Buf *record) {
    buf_reset(scratch);
    for (uint32_t i = 0; i < s->def->by_count; i++)
        put_str(scratch, s->key[i]);
    size_t group = scratch->n;
    for (uint32_t i = 0; i < s->def->by_count; i++)
        put_value(scratch, s->group[i], false);
    size_t sums = scratch->n;
    for (uint32_t i = 0; i < s->def->agg_count; i++) {
        put_total(scratch, &s->totals[i]);
        if (agg_tallies(&s->def->aggs[i]))
            put_tally(scratch, &s->tallies[i]);
    }
    size_t pending = scratch->n;
    for (uint32_t k = 0; k < s->pending_count; k++) {
        put_zigzag(scratch, s->pending[k].enters);
        for (uint32_t i = 0; i < s->def->agg_count; i++)
            put_total(scratch, &s->pending[k].totals[i]);
    }
    size_t levels = scratch->n;
    put_levels(scratch, s);
    size_t earlier = scratch->n;
    if (s->def->compare != COMPARES_NOTHING)
        put_seen(scratch, &s->earlier);
    size_t newest = scratch->n;
    if (s->def->compare != COMPARES_NOTHING)
        put_seen(scratch, &s->newest);
    TRY(buf_status(scratch));
    SeriesRec rec = {.decl = s->decl,
                     .key = list_at(scratch, 0, group),
                     .group = list_at(scratch, group, sums),
                     .sums = list_at(scratch, sums, pending),
                     .pending = list_at(scratch, pending, levels),
                     .levels = list_at(scratch, levels, earlier),
                     .earlier = list_at(scratch, earlier, newest),
                     .newest = list_at(scratch, newest, scratch->n),
                     .judged = s->judged,
                     .said = s->said,
                     .failed = s->failed,
                     .timer_at = s->timer_at,
                     .late = s->late,
                     .late_at = s->late_at,
                     .head = s->head,
                     .oldest = s->oldest,
                     .first = s->first,
                     .last = s->last,
                     .open = s->open};
    buf_reset(record);
    series_rec_put(record, &rec);
    return buf_status(record);
}

Status view_series(const Bundle *b, uint64_t number, Str bytes, Arena *a, Series *out) {
    SeriesRec rec;
    TRY(series_rec_take(bytes, &rec));
    if (rec.decl >= b->kpi_count)
        return ERR_DAMAGED;
    const KpiDef *def = &b->kpis[rec.decl];
    *out = (Series){.number = number,
                    .decl = (uint32_t)rec.decl,
                    .def = def,
                    .judged = rec.judged,
                    .said = rec.said,
                    .failed = rec.failed,
                    .timer_at = rec.timer_at,
                    .late = rec.late,
                    .late_at = rec.late_at,
                    .head = rec.head,
                    .oldest = rec.oldest,
                    .first = rec.first,
                    .last = rec.last,
                    .open = rec.open};
    out->key = new (a, Str, def->by_count + 1);
    out->group = new (a, Value, def->by_count + 1);
    if (out->key == NULL || out->group == NULL)
        return ERR_NOMEM;
    Take t = take_from(rec.key);
    for (uint32_t i = 0; i < def->by_count; i++)
        TRY(arena_str(a, take_str(&t), &out->key[i]));
    TRY(take_done(&t));
    t = take_from(rec.group);
    for (uint32_t i = 0; i < def->by_count; i++)
        TRY(value_keep(take_value(&t, a), a, &out->group[i]));
    TRY(take_done(&t));
    t = take_from(rec.sums);
    for (uint32_t i = 0; i < def->agg_count; i++) {
        take_total(&t, &out->totals[i]);
        if (agg_tallies(&def->aggs[i]))
            take_tally(&t, &out->tallies[i]);
    }
    TRY(take_done(&t));
    t = take_from(rec.pending);
    while (take_left(&t) > 0) {
        if (out->pending_count == PENDING_MOST)
            return ERR_DAMAGED;
        Pending *p = &out->pending[out->pending_count++];
        p->enters = take_zigzag(&t);
        for (uint32_t i = 0; i < def->agg_count; i++)
            take_total(&t, &p->totals[i]);
    }
    TRY(take_done(&t));
    if (def->compare != COMPARES_NOTHING) {
        t = take_from(rec.earlier);
        if (!take_seen(&t, a, &out->earlier) || take_done(&t) != OK)
            return ERR_DAMAGED;
        t = take_from(rec.newest);
        if (!take_seen(&t, a, &out->newest) || take_done(&t) != OK)
            return ERR_DAMAGED;
    }
    out->judge = bundle_judge(b, out->decl, out->judged);
    return take_levels(rec.levels, def, out->levels);
}

/* ---- windows */

static int64_t floor_to(int64_t t, int64_t step) {
    int64_t over = t % step;
    return t - (over < 0 ? over + step : over);
}

static Status day_start(const Zone *zone, int64_t day, int64_t *out) {
    if (!day_ok(day))
        return ERR_OVERFLOW;
    *out = zone_instant(zone, day * DAY_MS);
    return OK;
}

/* The first day of the month, quarter or year that a day is in, or of the one `on` after it. */
static int64_t period_start(const KpiDef *def, int32_t day, int on) {
    int months = def->window == WINDOW_IS_YEAR ? 12 : def->window == WINDOW_IS_QUARTER ? 3 : 1;
    Civil c = civil_from_days(day);
    int month = (c.month - 1) / months * months + on * months;
    return days_from_civil(c.year + month / 12, month % 12 + 1, 1);
}

/* A stepped window's panes begin at whole steps: of elapsed time since 1970, or at midnight. A
 * sample counts from the end of its pane; one that comes later from the next end of a pane. */
static Status stepped_span(const Zone *zone, const KpiDef *def, int64_t time, int64_t now,
                           int64_t *enters, int64_t *leaves) {
    if (def->step.aux == FAMILY_DAYS) {
        int64_t day = local_day(zone_local(zone, time)), today = local_day(zone_local(zone, now));
        int64_t next;
        TRY(day_start(zone, day + 1, enters));
        TRY(day_start(zone, day + 1 + def->length.i, leaves));
        TRY(day_start(zone, today, &next));
        if (next < now)
            TRY(day_start(zone, today + 1, &next));
        *enters = next > *enters ? next : *enters;
        return OK;
    }
    int64_t step = def->step.i, pane = floor_to(time, step), next = floor_to(now, step);
    if (next < now)
        next += step;
    if (ckd_add(leaves, pane + step, def->length.i) || *leaves > INSTANT_MAX)
        return ERR_OVERFLOW;
    *enters = pane + step > next ? pane + step : next;
    return OK;
}

Status window_span(const Bundle *b, const KpiDef *def, int64_t time, int64_t now, int64_t *enters,
                   int64_t *leaves) {
    const Zone *zone = local_zone(b, def->local);
    *enters = now;
    if (def->window == WINDOW_IS_SLIDING)
        return moment_add(zone, NULL, time, (Family)def->length.aux, def->length.i, leaves, NULL);
    if (def->window == WINDOW_IS_STEPPED)
        return stepped_span(zone, def, time, now, enters, leaves);
    int32_t day = local_day(zone_local(zone, time));
    if (def->window == WINDOW_IS_DAY)
        return day_start(zone, (int64_t)day + 1, leaves);
    if (def->window == WINDOW_IS_WEEK)
        return day_start(zone, (int64_t)day + 7 - civil_weekday(day), leaves);
    return day_start(zone, period_start(def, day, 1), leaves);
}

int64_t session_end(const Series *s) {
    int64_t end;
    return ckd_add(&end, s->last, s->def->length.i) || end > INSTANT_MAX ? INSTANT_NEVER : end;
}

bool window_keeps(const KpiDef *def) {
    for (uint32_t i = 0; i < def->agg_count; i++)
        if (def->aggs[i].now) /* nobody knows what it was then */
            return false;
    return def->level_count > 0 && def->compare == COMPARES_NOTHING &&
           (def->window == WINDOW_IS_STEPPED
                ? def->step.i == def->length.i
                : def->window != WINDOW_IS_SLIDING && def->window != WINDOW_IS_NOW);
}

Status window_start(const Bundle *b, const KpiDef *def, int64_t ends, int64_t *out) {
    const Zone *zone = local_zone(b, def->local);
    int32_t last = local_day(zone_local(zone, ends - 1));
    int64_t day = last;
    if (def->window == WINDOW_IS_STEPPED && def->step.aux != FAMILY_DAYS) {
        *out = ends - def->step.i;
        return OK;
    }
    if (def->window == WINDOW_IS_WEEK)
        day -= civil_weekday(last);
    if (def->window >= WINDOW_IS_MONTH)
        day = period_start(def, last, 0);
    return day_start(zone, day, out);
}

/* ---- samples */

Dec sample_dec(Value v) {
    return v.kind == V_INT || v.kind == V_DURATION ? dec_of_i64(v.i) : value_to_dec(v);
}

static i128 power_of_ten(int n) {
    static const int64_t powers[DEC_SCALE_MAX + 1] = {
        1,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        10000000000,
        100000000000,
        1000000000000,
        10000000000000,
        100000000000000,
        1000000000000000,
        10000000000000000,
        100000000000000000,
        1000000000000000000,
    };
    return powers[n];
}

i128 sample_units(Value v) {
    Dec d = sample_dec(v);
    return (i128)d.coef * power_of_ten(DEC_SCALE_MAX - d.scale);
}

/* Adds in 192 bits, which hold the sum of as many samples as there may be. */
static void sum_wide(Total *t, u128 low, int64_t high) {
    t->low += low;
    t->high += high + (t->low < low);
}

Status total_add(const AggDef *def, Total *t, Value v, bool out) {
    if (def->kind == AGG_IS_DISTINCT) /* of any kind: it is only counted */
        v = value_int(0);
    uint8_t scale = sample_dec(v).scale;
    if (out && (t->count == 0 || t->scales[scale] == 0))
        return ERR_DAMAGED;
    if (!out && t->scales[scale] == UINT32_MAX)
        return ERR_OVERFLOW;
    i128 units = out ? -sample_units(v) : sample_units(v);
    sum_wide(t, (u128)units, units < 0 ? -1 : 0);
    t->count += out ? UINT64_MAX : 1;
    t->scales[scale] += out ? UINT32_MAX : 1;
    return OK;
}

static Status total_merge(Total *t, const Total *more) {
    for (int i = 0; i <= DEC_SCALE_MAX; i++)
        if (ckd_add(&t->scales[i], t->scales[i], more->scales[i]))
            return ERR_OVERFLOW;
    sum_wide(t, more->low, more->high);
    t->count += more->count;
    return OK;
}

Status pending_enter(Series *s, int64_t at) {
    uint32_t left = 0;
    for (uint32_t k = 0; k < s->pending_count; k++) {
        if (s->pending[k].enters > at) {
            s->pending[left++] = s->pending[k];
            continue;
        }
        for (uint32_t i = 0; i < s->def->agg_count; i++)
            TRY(total_merge(&s->totals[i], &s->pending[k].totals[i]));
    }
    s->pending_count = left;
    return OK;
}

/* ---- values */

/* The sum with as many places as its samples had, as the language adds. */
static Status total_sum(const Total *t, Dec *out) {
    int scale = DEC_SCALE_MAX;
    while (scale > 0 && t->scales[scale] == 0)
        scale--;
    i128 sum = (i128)t->low;
    if (t->high != (sum < 0 ? -1 : 0))
        return ERR_OVERFLOW;
    i128 coef = sum / power_of_ten(DEC_SCALE_MAX - scale);
    if (coef > INT64_MAX || coef < INT64_MIN)
        return ERR_OVERFLOW;
    *out = (Dec){(int64_t)coef, (uint8_t)scale};
    return OK;
}

/* One of the aggregates: num / den; den is 0 where there is none. */
typedef struct Part {
    Dec num;
    int64_t den;
} Part;

static Status part_of(const Series *s, uint32_t agg, Dec best, bool has, Part *out) {
    const Total *t = &s->totals[agg];
    *out = (Part){.den = 1};
    switch (agg_keeps(s->def->aggs[agg].kind)) {
    case AGG_KEEPS_SUM:
        return total_sum(t, &out->num);
    case AGG_KEEPS_COUNT:
        out->num = dec_of_i64((int64_t)t->count);
        return OK;
    case AGG_KEEPS_MEAN:
        out->den = (int64_t)t->count;
        return total_sum(t, &out->num);
    case AGG_KEEPS_EXTREME:
    case AGG_KEEPS_VALUES:
    case AGG_KEEPS_RANKS:
        *out = (Part){best, has};
        return OK;
    }
    UNREACHABLE();
}

static Value as_value(const AggDef *def, ValueKind kind, Dec d) {
    if (kind == V_INT || kind == V_DURATION)
        return (Value){.i = d.coef, .kind = (uint8_t)kind, .aux = kind == V_INT ? 0 : def->unit};
    Value v = value_dec(kind, d);
    v.n = kind == V_MONEY ? def->currency : 0;
    return v;
}

/* A number without a unit: whole where it was. */
static Value as_number(const AggDef *def, Dec d) {
    return as_value(def, def->sample == V_INT || def->sample == V_DURATION ? V_INT : V_DEC, d);
}

static Status times(Dec a, int64_t b, Dec *out) {
    *out = a;
    return b == 1 ? OK : dec_mul(a, dec_of_i64(b), out);
}

static bool keeps_unit(const KpiDef *def) {
    uint8_t a = def->aggs[0].sample, b = def->aggs[1].sample;
    return (a == V_MONEY || a == V_DURATION) && a != b;
}

Status series_measure_of(const Series *s, const Dec best[KPI_AGGS], const bool has[KPI_AGGS],
                         Measure *out) {
    const KpiDef *def = s->def;
    const AggDef *first = &def->aggs[0];
    *out = (Measure){.samples = s->totals[def->agg_count - 1].count};
    Part a, b;
    TRY(part_of(s, 0, best[0], has[0], &a));
    if (def->agg_count == 1) {
        out->absent = a.den == 0;
        out->ratio = agg_keeps(first->kind) == AGG_KEEPS_MEAN;
        out->num = as_value(first, (ValueKind)first->sample, a.num);
        out->den = value_int(a.den);
        return OK;
    }
    TRY(part_of(s, 1, best[1], has[1], &b));
    out->ratio = true;
    out->absent = a.den == 0 || b.den == 0 || dec_sign(b.num) == 0;
    if (out->absent)
        return OK;
    Dec num, den;
    TRY(times(a.num, b.den, &num));
    TRY(times(b.num, a.den, &den));
    out->num =
        keeps_unit(def) ? as_value(first, (ValueKind)first->sample, num) : as_number(first, num);
    out->den = as_number(&def->aggs[1], den);
    return OK;
}

Status series_measure(Ledger *l, Series *s, int64_t at, Buf *key, Measure *out) {
    Dec best[KPI_AGGS] = {{0}};
    bool has[KPI_AGGS] = {false};
    for (uint32_t i = 0; i < s->def->agg_count; i++) {
        if (agg_sorts(&s->def->aggs[i]))
            TRY(value_best(l, s, i, at, key, &best[i], &has[i]));
        if (agg_tallies(&s->def->aggs[i]))
            TRY(tally_measure(l, s, i, key, &best[i], &has[i]));
    }
    return series_measure_of(s, best, has, out);
}

/* Takes samples that have left by `clock` out of the totals in memory. */
static Status leave_until(Ledger *l, Series *s, int64_t clock, Arena *a, Buf *key, Samples *room) {
    int64_t from = s->judged, pane;
    for (;; from = pane + 1) {
        bool found;
        TRY(pane_from(l, s, from, key, &pane, &found));
        if (!found || pane - pane_width(s->def) >= clock)
            return OK;
        room->n = 0;
        TRY(pane_read(l, s, pane, key, a, room));
        for (size_t i = 0; i < room->n; i++) {
            const Sample *m = &room->at[i];
            if (m->enters < m->leaves && m->leaves > s->judged && m->leaves <= clock)
                TRY(total_add(&s->def->aggs[m->agg], &s->totals[m->agg], m->value, true));
        }
    }
}

/* The same as series_measure without writing: of what tallies, all samples are looked at. */
static Status measure_held(Ledger *l, Series *s, int64_t clock, Arena *a, Buf *key, Samples *room,
                           Measure *out) {
    Dec best[KPI_AGGS] = {{0}};
    bool has[KPI_AGGS] = {false};
    TRY(samples_held(l, s, clock, key, a, room));
    for (uint32_t i = 0; i < s->def->agg_count; i++) {
        Ranking r;
        if (agg_sorts(&s->def->aggs[i]))
            TRY(value_best(l, s, i, clock, key, &best[i], &has[i]));
        if (s->def->aggs[i].now && agg_tallies(&s->def->aggs[i]))
            TRY(tally_measure(l, s, i, key, &best[i], &has[i]));
        if (s->def->aggs[i].now || !agg_tallies(&s->def->aggs[i]))
            continue;
        TRY(ranking_init(&r, s, i, room, key, a));
        for (size_t k = 0; k < room->n; k++)
            if (room->at[k].agg == i)
                TRY(ranking_add(&r, room->at[k].value, key));
        TRY(ranking_measure(&r, &s->totals[i], &best[i], &has[i]));
    }
    return series_measure_of(s, best, has, out);
}

/* A session that is over holds nothing; what stands now stays. */
static Status measure_nothing(Ledger *l, Series *s, Buf *key, Measure *out) {
    Dec best[KPI_AGGS] = {{0}};
    bool has[KPI_AGGS] = {false};
    for (uint32_t i = 0; i < s->def->agg_count; i++) {
        const AggDef *agg = &s->def->aggs[i];
        if (agg->now && agg_tallies(agg))
            TRY(tally_measure(l, s, i, key, &best[i], &has[i]));
        has[i] = has[i] || agg->kind == AGG_IS_DISTINCT;
        if (!agg->now)
            s->totals[i] = (Total){0};
    }
    return series_measure_of(s, best, has, out);
}

Status series_at(Ledger *l, Series *s, int64_t clock, Arena *a, Buf *key, Measure *out) {
    Samples room = {0};
    if (s->def->window == WINDOW_IS_SESSION) {
        TRY(s->open && clock <= session_end(s) ? series_measure(l, s, clock, key, out)
                                               : measure_nothing(l, s, key, out));
        return series_compare(l, s, clock, key, out);
    }
    bool tallies = false;
    for (uint32_t i = 0; i < s->def->agg_count; i++)
        tallies = tallies || agg_tallies(&s->def->aggs[i]);
    Status status = pending_enter(s, clock);
    if (status == OK)
        status = leave_until(l, s, clock, a, key, &room);
    room.n = 0;
    if (status == OK && tallies)
        status = measure_held(l, s, clock, a, key, &room, out);
    else if (status == OK)
        status = series_measure(l, s, clock, key, out);
    vec_free(&room);
    return status == OK ? series_compare(l, s, clock, key, out) : status;
}

Status series_compare(Ledger *l, const Series *s, int64_t at, Buf *key, Measure *m) {
    Seen before;
    if (s->def->compare == COMPARES_NOTHING)
        return OK;
    TRY(compare_at(l, s, at, key, &before));
    return compare_with(s->def, &before, m);
}

Status measure_value(const Measure *m, Arena *a, Value *out) {
    *out = m->absent ? value_absent() : m->num;
    if (m->absent || !m->ratio)
        return OK;
    Value *pair = new (a, Value, 2);
    if (pair == NULL)
        return ERR_NOMEM;
    pair[0] = m->num;
    pair[1] = m->den;
    *out = (Value){.items = pair, .n = 2, .kind = V_LIST};
    return OK;
}

bool bound_holds(const BoundDef *bound, Value value, const Measure *m) {
    if (value.kind == V_ABSENT)
        return false;
    Ratio is = {sample_dec(m->num), m->ratio ? sample_dec(m->den) : dec_of_i64(1)};
    return side_holds(bound->side, ratio_cmp_dec(is, sample_dec(value)));
}

/* ---- levels */

static const BoundDef no_bound;

/* What a level does with the value as it is: what it waits for, and whether that holds. */
static const BoundDef *level_wants(const KpiDef *kpi, const LevelDef *def, const Measure *m,
                                   const Value bounds[2], bool counts, const LevelState *level,
                                   bool *holds) {
    const EmptyRule empty = (EmptyRule)kpi->empty;
    if (!level->raised) {
        *holds = counts ? bound_holds(&def->raise, bounds[0], m) : empty == EMPTY_ALERTS;
        return &def->raise;
    }
    if (!counts) {
        *holds = empty == EMPTY_CLEARS;
        return &no_bound;
    }
    *holds = def->has_clear ? bound_holds(&def->clear, bounds[1], m)
                            : !bound_holds(&def->raise, bounds[0], m);
    return def->has_clear ? &def->clear : &no_bound;
}

/* When a wait that began at `from` has lasted. */
static Status wait_end(const Bundle *b, uint32_t local, const BoundDef *bound, int64_t from,
                       int64_t *ends) {
    *ends = from;
    if (bound->hold.kind != V_DURATION)
        return OK;
    Status status = moment_add(local_zone(b, local), NULL, from, (Family)bound->hold.aux,
                               bound->hold.i, ends, NULL);
    if (status == ERR_OVERFLOW) { /* beyond the years there are: never */
        *ends = INSTANT_NEVER;
        return OK;
    }
    return status;
}

Status level_judge(const Bundle *b, const KpiDef *def, uint32_t n, const Measure *m, bool counts,
                   const Value bounds[2], LevelState *level, int64_t at, int64_t *next, bool *due) {
    bool holds;
    int64_t ends;
    const BoundDef *bound = level_wants(def, &def->levels[n], m, bounds, counts, level, &holds);
    *due = false;
    if (!dated_at(&def->dated, at)) { /* no level stands when the KPI does not apply */
        level->waits = INSTANT_NEVER;
        *due = level->raised;
        if (at < def->dated.from && def->dated.from < *next)
            *next = def->dated.from;
        return OK;
    }
    if (def->dated.until < *next)
        *next = def->dated.until;
    if (!holds) {
        level->waits = INSTANT_NEVER;
        return OK;
    }
    if (level->waits == INSTANT_NEVER)
        level->waits = at;
    TRY(wait_end(b, def->local, bound, level->waits, &ends));
    *due = ends <= at;
    if (!*due && ends < *next)
        *next = ends;
    return OK;
}

/* ---- printing */

static bool is_plain(Value v) {
    return v.kind == V_INT || v.kind == V_DEC || v.kind == V_PERCENT;
}

static bool measure_percent(Value v, Dec *out) {
    if (v.kind != V_LIST || v.n != 2 || !is_plain(v.items[0]) || !is_plain(v.items[1]))
        return false;
    Ratio r = {sample_dec(v.items[0]), sample_dec(v.items[1])};
    return r.den.coef != 0 && ratio_round(r, 4, DEC_HALF_EVEN, out) == OK && out->scale == 4;
}

/* A share with its two places: 5.00%. */
static void put_percent_places(Buf *out, Dec share) {
    share.scale = (uint8_t)(share.scale - 2);
    dec_put(out, share);
    put_c(out, '%');
}

void put_measure_json(Buf *out, const Bundle *b, ZoneCache *zone, Value v) {
    if (v.kind != V_LIST || v.n != 2) {
        put_value_json(out, b, zone, v);
        return;
    }
    put_text(out, S("{\"num\":"));
    put_value_json(out, b, zone, v.items[0]);
    put_text(out, S(",\"den\":"));
    put_value_json(out, b, zone, v.items[1]);
    Dec share;
    if (measure_percent(v, &share)) {
        put_text(out, S(",\"percent\":\""));
        put_percent_places(out, share);
        put_c(out, '"');
    }
    put_c(out, '}');
}

/* A quotient of two aggregates of one kind is a share; any other is so much a sample. */
static bool is_share(const KpiDef *def, Value v) {
    if (def->compare == COMPARES_CHANGE || def->compare == COMPARES_MULTIPLE)
        return def->compare == COMPARES_CHANGE;
    return v.items[0].kind == V_PERCENT ||
           (def->agg_count == 2 && def->aggs[0].kind == def->aggs[1].kind);
}

/* To whole minutes from an hour on, to whole seconds from a minute on, else to milliseconds. */
static bool mean_span(Ratio r, Value *out) {
    enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
    Dec size = r.num, whole;
    size.coef = size.coef < 0 ? -size.coef : size.coef;
    int64_t unit = ratio_cmp_dec((Ratio){size, r.den}, dec_of_i64(HOUR)) >= 0     ? MINUTE
                   : ratio_cmp_dec((Ratio){size, r.den}, dec_of_i64(MINUTE)) >= 0 ? SECOND
                                                                                  : 1;
    if ((out->aux != FAMILY_ELAPSED && out->aux != FAMILY_WORKING) ||
        dec_mul(r.den, dec_of_i64(unit), &r.den) != OK ||
        ratio_round(r, 0, DEC_HALF_EVEN, &whole) != OK || ckd_mul(&out->i, whole.coef, unit))
        return false;
    return true;
}

static bool measure_mean(Value v, Value *out) {
    enum { PLACES = 2 };
    Dec mean;
    *out = v.items[0];
    Ratio r = {sample_dec(v.items[0]), sample_dec(v.items[1])};
    if (out->kind == V_DURATION && is_plain(v.items[1]) && r.den.coef != 0)
        return mean_span(r, out);
    if ((!is_plain(*out) && out->kind != V_MONEY) || !is_plain(v.items[1]) || r.den.coef == 0 ||
        ratio_round(r, PLACES, DEC_HALF_EVEN, &mean) != OK)
        return false;
    out->kind = out->kind == V_MONEY ? V_MONEY : V_DEC;
    out->i = mean.coef;
    out->scale = mean.scale;
    return true;
}

void put_measure_text(Buf *out, const Bundle *b, ZoneCache *zone, const KpiDef *def, Value v) {
    put_measure_in(out, b, zone, def, v, false);
}

void put_measure_in(Buf *out, const Bundle *b, ZoneCache *zone, const KpiDef *def, Value v,
                    bool chinese) {
    Dec share;
    Value mean;
    if (v.kind != V_LIST || v.n != 2)
        put_value_in(out, b, zone, v, chinese);
    else if (is_share(def, v) && measure_percent(v, &share))
        put_percent_places(out, share);
    else if (measure_mean(v, &mean))
        put_value_in(out, b, zone, mean, chinese);
    else {
        put_value_in(out, b, zone, v.items[0], chinese);
        put_text(out, S(" / "));
        put_value_in(out, b, zone, v.items[1], chinese);
    }
}
