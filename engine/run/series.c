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
    TRY(buf_status(scratch));
    sha256(buf_str(scratch), out);
    return OK;
}

/* ---- records */

static void put_total(Buf *out, const Total *t) {
    put_varint(out, t->count);
    put_zigzag(out, (int64_t)(t->sum >> 64));
    put_varint(out, (uint64_t)t->sum);
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
    int64_t high = take_zigzag(t);
    uint64_t low = take_varint(t);
    out->sum = (i128)((u128)(i128)high << 64 | low);
    uint64_t n = take_varint(t);
    for (uint64_t i = 0; i < n && !t->failed; i++) {
        uint8_t scale = take_u8(t);
        if (scale > DEC_SCALE_MAX)
            t->failed = true;
        else
            out->scales[scale] = take_varint(t);
    }
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
    t->failed = t->failed || raised > 1;
}

static Str list_at(const Buf *b, size_t from, size_t to) {
    return (Str){b->p + from, to - from};
}

Status series_put(const Series *s, Buf *scratch, Buf *record) {
    buf_reset(scratch);
    for (uint32_t i = 0; i < s->def->by_count; i++)
        put_str(scratch, s->key[i]);
    size_t group = scratch->n;
    for (uint32_t i = 0; i < s->def->by_count; i++)
        put_value(scratch, s->group[i], false);
    size_t sums = scratch->n;
    for (uint32_t i = 0; i < s->def->agg_count; i++)
        put_total(scratch, &s->totals[i]);
    size_t levels = scratch->n;
    for (uint32_t i = 0; i < s->def->level_count; i++)
        put_state(scratch, &s->levels[i]);
    TRY(buf_status(scratch));
    SeriesRec rec = {.decl = s->decl,
                     .key = list_at(scratch, 0, group),
                     .group = list_at(scratch, group, sums),
                     .next = s->next,
                     .sums = list_at(scratch, sums, levels),
                     .levels = list_at(scratch, levels, scratch->n),
                     .sampled = s->sampled,
                     .said = s->said,
                     .timer_at = s->timer_at};
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
                    .next = rec.next,
                    .sampled = rec.sampled,
                    .said = rec.said,
                    .timer_at = rec.timer_at};
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
    for (uint32_t i = 0; i < def->agg_count; i++)
        take_total(&t, &out->totals[i]);
    TRY(take_done(&t));
    t = take_from(rec.levels);
    for (uint32_t i = 0; i < def->level_count; i++)
        take_state(&t, &out->levels[i]);
    return take_done(&t);
}

Status sample_put(const Measured1 *m, Buf *scratch, Buf *record) {
    buf_reset(scratch);
    put_value(scratch, m->value, false);
    TRY(buf_status(scratch));
    MeasuredRec rec = {.agg = m->agg, .time = m->time, .value = buf_str(scratch), .leaf = m->leaf};
    buf_reset(record);
    measured_rec_put(record, &rec);
    return buf_status(record);
}

Status sample_take(Str bytes, Arena *a, Measured1 *out) {
    MeasuredRec rec;
    TRY(measured_rec_take(bytes, &rec));
    if (rec.agg >= KPI_AGGS)
        return ERR_DAMAGED;
    Take t = take_from(rec.value);
    *out = (Measured1){
        .agg = (uint32_t)rec.agg, .time = rec.time, .value = take_value(&t, a), .leaf = rec.leaf};
    return take_done(&t);
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
    const Zone *zone = bundle_zone(b);
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
    Civil c = civil_from_days(day);
    return day_start(zone, (int64_t)day + civil_days_in_month(c.year, c.month) - c.day + 1, leaves);
}

/* ---- samples */

void sample_prefix(Buf *key, uint64_t series, SampleList list) {
    buf_reset(key);
    put_key_u64(key, series);
    put_u8(key, (uint8_t)list);
}

void sample_key(Buf *key, uint64_t series, SampleList list, int64_t at, uint64_t number) {
    sample_prefix(key, series, list);
    put_key_i64(key, at);
    put_key_u64(key, number);
}

enum { SAMPLE_PREFIX = 9 };

Status sample_next(Ledger *l, uint64_t series, SampleList list, Buf *key, int64_t *at,
                   uint64_t *number, Str *value, bool *found) {
    sample_key(key, series, list, *at, *number);
    TRY(buf_status(key));
    Str got;
    TRY(led_next_in(l, LED_PANE, buf_str(key), false, SAMPLE_PREFIX, &got, value, found));
    if (!*found)
        return OK;
    Take t = take_from(str_from(got, SAMPLE_PREFIX));
    *at = take_key_i64(&t);
    *number = take_key_u64(&t);
    return take_done(&t);
}

static Dec value_dec_of(Value v) {
    return v.kind == V_INT || v.kind == V_DURATION ? dec_of_i64(v.i) : value_to_dec(v);
}

static i128 power_of_ten(int n) {
    i128 p = 1;
    while (n-- > 0)
        p *= 10;
    return p;
}

static i128 in_units(Dec d) {
    return (i128)d.coef * power_of_ten(DEC_SCALE_MAX - d.scale);
}

Status total_add(Total *t, Value v, bool out) {
    Dec d = value_dec_of(v);
    if (out && (t->count == 0 || t->scales[d.scale] == 0))
        return ERR_DAMAGED;
    i128 units = in_units(d);
    if (out ? ckd_sub(&t->sum, t->sum, units) : ckd_add(&t->sum, t->sum, units))
        return ERR_OVERFLOW;
    t->count += out ? UINT64_MAX : 1;
    t->scales[d.scale] += out ? UINT64_MAX : 1;
    return OK;
}

bool agg_sorts(const AggDef *def) {
    return def->kind == AGG_IS_MIN || def->kind == AGG_IS_MAX;
}

Status value_key(Buf *key, const Series *s, uint32_t agg, Value v, int64_t leaves,
                 uint64_t number) {
    u128 order = (u128)in_units(value_dec_of(v)) ^ (u128)1 << 127;
    if (s->def->aggs[agg].kind == AGG_IS_MAX)
        order = ~order;
    sample_prefix(key, s->number, SAMPLE_VALUES);
    put_u8(key, (uint8_t)agg);
    put_key_u64(key, (uint64_t)(order >> 64));
    put_key_u64(key, (uint64_t)order);
    put_key_i64(key, leaves);
    put_key_u64(key, number);
    return buf_status(key);
}

/* ---- values */

/* The sum with as many places as its samples had, as the language adds. */
static Status total_sum(const Total *t, Dec *out) {
    int scale = DEC_SCALE_MAX;
    while (scale > 0 && t->scales[scale] == 0)
        scale--;
    i128 coef = t->sum / power_of_ten(DEC_SCALE_MAX - scale);
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

/* The least or greatest that has not left. */
static Status extreme(Ledger *l, const Series *s, uint32_t agg, int64_t skip, Buf *key, Part *out) {
    sample_prefix(key, s->number, SAMPLE_VALUES);
    put_u8(key, (uint8_t)agg);
    TRY(buf_status(key));
    size_t prefix = key->n;
    out->den = 0;
    for (bool after = false;; after = true) {
        Str got, value;
        bool found;
        TRY(led_next_in(l, LED_PANE, buf_str(key), after, prefix, &got, &value, &found));
        if (!found)
            return OK;
        Take t = take_from(str_from(got, prefix));
        (void)take_key_u64(&t);
        (void)take_key_u64(&t);
        int64_t leaves = take_key_i64(&t);
        if (skip == INT64_MIN || leaves > skip) {
            Take v = take_from(value);
            out->num.scale = take_u8(&v);
            out->num.coef = take_zigzag(&v);
            out->den = 1;
            return out->num.scale > DEC_SCALE_MAX ? ERR_DAMAGED : take_done(&v);
        }
        buf_reset(key);
        put_bytes(key, got.p, got.n);
        TRY(buf_status(key));
    }
}

static Status part_of(Ledger *l, const Series *s, uint32_t agg, int64_t skip, Buf *key, Part *out) {
    const Total *t = &s->totals[agg];
    *out = (Part){.den = 1};
    switch ((AggKind)s->def->aggs[agg].kind) {
    case AGG_IS_SUM:
        return total_sum(t, &out->num);
    case AGG_IS_COUNT:
        out->num = dec_of_i64((int64_t)t->count);
        return OK;
    case AGG_IS_AVERAGE:
        out->den = (int64_t)t->count;
        return total_sum(t, &out->num);
    case AGG_IS_MIN:
    case AGG_IS_MAX:
        return extreme(l, s, agg, skip, key, out);
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

Status series_measure(Ledger *l, const Series *s, int64_t skip, Buf *key, Measure *out) {
    const KpiDef *def = s->def;
    const AggDef *first = &def->aggs[0];
    *out = (Measure){.samples = s->totals[def->agg_count - 1].count};
    Part a, b;
    TRY(part_of(l, s, 0, skip, key, &a));
    if (def->agg_count == 1) {
        out->absent = a.den == 0;
        out->ratio = first->kind == AGG_IS_AVERAGE;
        out->num = as_value(first, (ValueKind)first->sample, a.num);
        out->den = value_int(a.den);
        return OK;
    }
    TRY(part_of(l, s, 1, skip, key, &b));
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

/* Takes samples that have left by `clock` out of the totals in memory. */
static Status leave_until(Ledger *l, Series *s, int64_t clock, Arena *a, Buf *key) {
    sample_prefix(key, s->number, SAMPLE_LEAVES);
    TRY(buf_status(key));
    for (bool after = false;; after = true) {
        Str got, value;
        bool found;
        Measured1 m;
        TRY(led_next_in(l, LED_PANE, buf_str(key), after, SAMPLE_PREFIX, &got, &value, &found));
        if (!found)
            return OK;
        Take t = take_from(str_from(got, SAMPLE_PREFIX));
        if (take_key_i64(&t) > clock)
            return OK;
        TRY(sample_take(value, a, &m));
        TRY(total_add(&s->totals[m.agg], m.value, true));
        buf_reset(key);
        put_bytes(key, got.p, got.n);
        TRY(buf_status(key));
    }
}

Status series_at(Ledger *l, Series *s, int64_t clock, Arena *a, Buf *key, Measure *out) {
    TRY(leave_until(l, s, clock, a, key));
    return series_measure(l, s, clock, key, out);
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

bool bound_holds(const BoundDef *bound, const Measure *m) {
    Ratio is = {value_dec_of(m->num), m->ratio ? value_dec_of(m->den) : dec_of_i64(1)};
    int order = ratio_cmp_dec(is, value_dec_of(bound->value));
    switch ((SideDef)bound->side) {
    case SIDE_IS_ABOVE:
        return order > 0;
    case SIDE_IS_BELOW:
        return order < 0;
    case SIDE_IS_AT_LEAST:
        return order >= 0;
    case SIDE_IS_AT_MOST:
        return order <= 0;
    }
    UNREACHABLE();
}

/* ---- printing */

static bool is_plain(Value v) {
    return v.kind == V_INT || v.kind == V_DEC || v.kind == V_PERCENT;
}

static bool measure_percent(Value v, Dec *out) {
    if (v.kind != V_LIST || v.n != 2 || !is_plain(v.items[0]) || !is_plain(v.items[1]))
        return false;
    Ratio r = {value_dec_of(v.items[0]), value_dec_of(v.items[1])};
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

void put_measure_text(Buf *out, const Bundle *b, ZoneCache *zone, Value v) {
    Dec share;
    if (v.kind != V_LIST || v.n != 2) {
        put_value_text(out, b, zone, v);
        return;
    }
    if (measure_percent(v, &share)) {
        put_percent_places(out, share);
        return;
    }
    put_value_text(out, b, zone, v.items[0]);
    put_text(out, S(" / "));
    put_value_text(out, b, zone, v.items[1]);
}
