/* run: the samples of a series, packed. */
#include "engine/run/pane.h"

#include "engine/base/ckd.h"
#include "engine/base/limits.h"
#include "engine/ledger/record.h"

enum {
    LIST_SAMPLES = 0,
    LIST_VALUES = 2, /* as in the keys; 1 was once the list of those that had not yet entered */
    LIST_HEADS = 3,
    LIST_PREFIX = 9, /* series, list; 4 to 6 are those of tally.c */
    PANE_PARTS = 16, /* panes of a sliding window's length */
    PANE_BYTES = 900,
    PART_LAST = INT32_MAX, /* the part that fills */
    PLAIN = 31,            /* for a scale: the value as it is */
};
enum { HEAD_AGG = 1, HEAD_ENTERS = 0x80 };

_Static_assert(PANE_BYTES + 200 < LIMIT_VALUE_BYTES, "a part and its head are one value");
_Static_assert(KPI_AGGS <= 2, "an aggregate is a bit of a sample's head");

static void list_prefix(Buf *key, const Series *s, int list) {
    buf_reset(key);
    put_key_u64(key, s->number);
    put_u8(key, (uint8_t)list);
}

static void part_key(Buf *key, const Series *s, int64_t pane, uint64_t part) {
    list_prefix(key, s, LIST_SAMPLES);
    put_key_i64(key, pane);
    put_key_u64(key, part);
}

/* A sliding window's length as elapsed time: near enough for panes and for small numbers. */
static int64_t nominal(const KpiDef *def) {
    if (def->length.kind == V_ABSENT || def->window == WINDOW_IS_SESSION)
        return 0;
    return def->length.aux == FAMILY_DAYS     ? def->length.i * DAY_MS
           : def->length.aux == FAMILY_MONTHS ? def->length.i * 30 * DAY_MS
                                              : def->length.i;
}

/* Whether the samples of a pane do not all leave at once. */
static bool leaves_apart(const KpiDef *def) {
    return def->window == WINDOW_IS_SLIDING || def->window == WINDOW_IS_SESSION;
}

int64_t pane_width(const KpiDef *def) {
    if (def->window == WINDOW_IS_SESSION) /* so a pane has samples of one session alone */
        return def->length.i;
    if (def->window != WINDOW_IS_SLIDING)
        return 1;
    int64_t width = nominal(def) / PANE_PARTS;
    return width > 0 ? width : 1;
}

int64_t pane_of(const KpiDef *def, int64_t leaves) {
    int64_t width = pane_width(def), over = leaves % width;
    return over == 0 ? leaves : over < 0 ? leaves - over : leaves + (width - over);
}

/* When a sample enters unless it says otherwise. */
static int64_t enters_usually(const KpiDef *def, int64_t time, int64_t leaves) {
    return def->window == WINDOW_IS_STEPPED ? leaves - nominal(def) : time;
}

static bool is_usual(const AggDef *agg, Value v) {
    if (v.kind != agg->sample)
        return false;
    if (v.kind == V_DURATION)
        return v.aux == agg->unit;
    return v.kind == V_INT || v.kind == V_DEC || v.kind == V_PERCENT ||
           (v.kind == V_MONEY && v.n == agg->currency);
}

static Value usual_value(const AggDef *agg, int64_t i, uint8_t scale) {
    return (Value){.i = i,
                   .n = agg->sample == V_MONEY ? agg->currency : 0,
                   .kind = agg->sample,
                   .scale = scale,
                   .aux = agg->sample == V_DURATION ? agg->unit : 0};
}

static void put_sample(Buf *out, const Series *s, int64_t pane, uint64_t leaf, const Sample *m) {
    const KpiDef *def = s->def;
    const AggDef *agg = &def->aggs[m->agg];
    bool counts = agg->kind == AGG_IS_COUNT, usual = counts || is_usual(agg, m->value);
    int64_t enters = enters_usually(def, m->time, m->leaves);
    bool says = def->window != WINDOW_IS_SLIDING && m->enters != enters;
    unsigned scale = usual ? (counts ? 0 : m->value.scale) : PLAIN;
    put_u8(out, (uint8_t)(m->agg | scale << 1 | (says ? HEAD_ENTERS : 0u)));
    if (leaves_apart(def))
        put_varint(out, (uint64_t)(pane - m->leaves));
    put_zigzag(out, m->leaves - nominal(def) - m->time);
    if (says)
        put_zigzag(out, m->enters - enters);
    if (!usual)
        put_value(out, m->value, false);
    else if (!counts)
        put_zigzag(out, m->value.i);
    put_zigzag(out, (int64_t)(m->leaf - leaf));
}

static bool take_sample(Take *t, const Series *s, int64_t pane, uint64_t leaf, Arena *a,
                        Sample *out) {
    const KpiDef *def = s->def;
    uint8_t head = take_u8(t);
    uint8_t scale = head >> 1 & 31;
    *out = (Sample){.agg = head & HEAD_AGG, .leaves = pane};
    if (out->agg >= def->agg_count || (scale > DEC_SCALE_MAX && scale != PLAIN) ||
        (head & 0x40) != 0)
        return false;
    const AggDef *agg = &def->aggs[out->agg];
    bool wrong = false;
    if (leaves_apart(def))
        wrong = ckd_sub(&out->leaves, pane, (int64_t)take_varint(t));
    wrong = ckd_sub(&out->time, out->leaves - nominal(def), take_zigzag(t)) || wrong;
    out->enters = enters_usually(def, out->time, out->leaves);
    if ((head & HEAD_ENTERS) != 0)
        wrong = ckd_add(&out->enters, out->enters, take_zigzag(t)) || wrong;
    if (scale == PLAIN)
        out->value = take_value(t, a);
    else
        out->value =
            agg->kind == AGG_IS_COUNT ? value_int(1) : usual_value(agg, take_zigzag(t), scale);
    out->leaf = leaf + (uint64_t)take_zigzag(t);
    return !t->failed && !wrong && pane_of(def, out->leaves) == pane;
}

/* ---- parts */

static Status part_put(Ledger *l, const PaneRec *rec, bool there, Buf *key, Buf *record) {
    buf_reset(record);
    pane_rec_put(record, rec);
    TRY(buf_status(record));
    TRY(buf_status(key));
    return there ? led_put(l, LED_PANE, buf_str(key), buf_str(record))
                 : led_add(l, LED_PANE, buf_str(key), buf_str(record));
}

Status pane_add(Ledger *l, const Series *s, const Sample *m, Buf *key, Buf *scratch, Buf *record) {
    int64_t pane = pane_of(s->def, m->leaves);
    PaneRec rec = {.first = m->leaf};
    Str value;
    bool there;
    part_key(key, s, pane, PART_LAST);
    TRY(buf_status(key));
    TRY(led_find(l, LED_PANE, buf_str(key), &value, &there));
    if (there)
        TRY(pane_rec_take(value, &rec));
    buf_reset(scratch);
    if (there && rec.samples.n >= PANE_BYTES) { /* full: it takes its place before the last */
        uint64_t full = rec.full;
        part_key(key, s, pane, full);
        TRY(part_put(l, &rec, false, key, record));
        part_key(key, s, pane, PART_LAST);
        rec = (PaneRec){.full = full + 1, .first = m->leaf};
    }
    put_text(scratch, rec.samples);
    put_sample(scratch, s, pane, rec.first, m);
    TRY(buf_status(scratch));
    rec.samples = buf_str(scratch);
    return part_put(l, &rec, there, key, record);
}

Status pane_from(Ledger *l, const Series *s, int64_t from, Buf *key, int64_t *pane, bool *found) {
    Str got, part;
    part_key(key, s, from, 0);
    TRY(buf_status(key));
    TRY(led_next_in(l, LED_PANE, buf_str(key), false, LIST_PREFIX, &got, &part, found));
    if (!*found)
        return OK;
    Take t = take_from(str_from(got, LIST_PREFIX));
    *pane = take_key_i64(&t);
    (void)take_key_u64(&t);
    return take_done(&t);
}

/* Where the next pane is if there is one without a gap: a look there is quicker than the order of
 * all. 0: not known. */
static int64_t pane_beside(const KpiDef *def, int64_t pane) {
    if (def->window == WINDOW_IS_SLIDING)
        return pane + pane_width(def);
    return def->window == WINDOW_IS_STEPPED && def->step.aux != FAMILY_DAYS ? pane + def->step.i
                                                                            : 0;
}

Status pane_after(Ledger *l, const Series *s, int64_t before, Buf *key, int64_t *pane,
                  bool *found) {
    Str part;
    *pane = pane_beside(s->def, before);
    if (*pane != 0) {
        part_key(key, s, *pane, PART_LAST);
        TRY(buf_status(key));
        TRY(led_find(l, LED_PANE, buf_str(key), &part, found));
        if (*found)
            return OK;
    }
    return pane_from(l, s, before + 1, key, pane, found);
}

static Status part_get(Ledger *l, const Series *s, int64_t pane, uint64_t part, Buf *key,
                       PaneRec *rec) {
    Str bytes;
    bool found;
    part_key(key, s, pane, part);
    TRY(buf_status(key));
    TRY(led_find(l, LED_PANE, buf_str(key), &bytes, &found));
    return found ? pane_rec_take(bytes, rec) : ERR_DAMAGED;
}

static Status part_take(const Series *s, int64_t pane, const PaneRec *rec, Arena *a, Samples *out) {
    Take t = take_from(rec->samples);
    while (take_left(&t) > 0) {
        Sample m;
        if (!take_sample(&t, s, pane, rec->first, a, &m))
            return ERR_DAMAGED;
        if (!vec_push(out, m))
            return ERR_NOMEM;
    }
    return take_done(&t);
}

Status pane_read(Ledger *l, const Series *s, int64_t pane, Buf *key, Arena *a, Samples *out) {
    PaneRec rec;
    TRY(part_get(l, s, pane, PART_LAST, key, &rec));
    uint64_t full = rec.full;
    for (uint64_t i = 0; i < full; i++) {
        TRY(part_get(l, s, pane, i, key, &rec));
        TRY(part_take(s, pane, &rec, a, out));
    }
    if (full > 0)
        TRY(part_get(l, s, pane, PART_LAST, key, &rec));
    return part_take(s, pane, &rec, a, out);
}

Status samples_between(Ledger *l, const Series *s, int64_t first, int64_t last, Buf *key, Arena *a,
                       Samples *out) {
    int64_t pane = first;
    for (bool found; first <= last; pane++) {
        TRY(pane_from(l, s, pane, key, &pane, &found));
        if (!found || pane - pane_width(s->def) >= last)
            return OK;
        size_t to = out->n;
        TRY(pane_read(l, s, pane, key, a, out));
        for (size_t i = to; i < out->n; i++)
            if (out->at[i].time >= first && out->at[i].time <= last)
                out->at[to++] = out->at[i];
        out->n = to;
    }
    return OK;
}

Status samples_held(Ledger *l, const Series *s, int64_t at, Buf *key, Arena *a, Samples *out) {
    if (s->def->window == WINDOW_IS_SESSION)
        return s->open && at <= session_end(s)
                   ? samples_between(l, s, s->first, s->last, key, a, out)
                   : OK;
    int64_t pane = at;
    for (bool found;; pane++) {
        TRY(pane_from(l, s, pane, key, &pane, &found));
        if (!found)
            return OK;
        size_t to = out->n;
        TRY(pane_read(l, s, pane, key, a, out));
        for (size_t i = to; i < out->n; i++)
            if (out->at[i].leaves > at && out->at[i].enters <= at)
                out->at[to++] = out->at[i];
        out->n = to;
    }
}

Status pane_drop(Ledger *l, const Series *s, int64_t pane, Buf *key) {
    PaneRec rec;
    TRY(part_get(l, s, pane, PART_LAST, key, &rec));
    TRY(led_del(l, LED_PANE, buf_str(key)));
    for (uint64_t i = 0; i < rec.full; i++) {
        part_key(key, s, pane, i);
        TRY(buf_status(key));
        TRY(led_del(l, LED_PANE, buf_str(key)));
    }
    return OK;
}

bool sample_before(const Sample *a, const Sample *b) {
    if (a->leaves != b->leaves)
        return a->leaves < b->leaves;
    return a->leaf != b->leaf ? a->leaf < b->leaf : a->agg < b->agg;
}

static void sift(Sample *at, size_t root, size_t n) {
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && sample_before(&at[child], &at[child + 1]))
            child++;
        if (!sample_before(&at[root], &at[child]))
            return;
        Sample held = at[root];
        at[root] = at[child];
        at[child] = held;
    }
}

void samples_sort(Samples *list) {
    size_t n = list->n, i = 1;
    while (i < n && sample_before(&list->at[i - 1], &list->at[i]))
        i++;
    if (i >= n)
        return; /* as they came: the usual case */
    for (i = n / 2; i-- > 0;)
        sift(list->at, i, n);
    while (n-- > 1) {
        Sample held = list->at[0];
        list->at[0] = list->at[n];
        list->at[n] = held;
        sift(list->at, 0, n);
    }
}

/* ---- heads of windows */

static void head_key(Buf *key, const Series *s, int64_t window) {
    list_prefix(key, s, LIST_HEADS);
    put_key_i64(key, window);
}

Status head_put(Ledger *l, const Series *s, int64_t window, Buf *key, Buf *scratch, Buf *record) {
    buf_reset(scratch);
    put_levels(scratch, s);
    TRY(buf_status(scratch));
    WindowHeadRec rec = {.judged = s->judged != INT64_MIN, .levels = buf_str(scratch)};
    buf_reset(record);
    window_head_rec_put(record, &rec);
    head_key(key, s, window);
    TRY(buf_status(record));
    TRY(buf_status(key));
    return led_add(l, LED_PANE, buf_str(key), buf_str(record));
}

Status head_get(Ledger *l, const Series *s, int64_t *window, Buf *key, bool *judged,
                LevelState *levels, bool *found) {
    Str got, value;
    WindowHeadRec rec;
    head_key(key, s, *window);
    TRY(buf_status(key));
    TRY(led_next_in(l, LED_PANE, buf_str(key), false, LIST_PREFIX, &got, &value, found));
    if (!*found)
        return OK;
    Take t = take_from(str_from(got, LIST_PREFIX));
    *window = take_key_i64(&t);
    TRY(take_done(&t));
    TRY(window_head_rec_take(value, &rec));
    *judged = rec.judged;
    return take_levels(rec.levels, s->def, levels);
}

Status head_del(Ledger *l, const Series *s, int64_t window, Buf *key) {
    head_key(key, s, window);
    TRY(buf_status(key));
    return led_del(l, LED_PANE, buf_str(key));
}

/* ---- in order of value */

bool agg_sorts(const AggDef *def) {
    return !def->now && agg_keeps(def->kind) == AGG_KEEPS_EXTREME;
}

static void value_prefix(Buf *key, const Series *s, uint32_t agg) {
    list_prefix(key, s, LIST_VALUES);
    put_u8(key, (uint8_t)agg);
}

static Status value_key(Buf *key, const Series *s, const Sample *m) {
    u128 order = (u128)sample_units(m->value) ^ (u128)1 << 127;
    if (s->def->aggs[m->agg].kind == AGG_IS_MAX)
        order = ~order;
    value_prefix(key, s, m->agg);
    put_key_u64(key, (uint64_t)(order >> 64));
    put_key_u64(key, (uint64_t)order);
    put_key_i64(key, m->leaves);
    put_key_u64(key, m->leaf);
    return buf_status(key);
}

Status value_add(Ledger *l, const Series *s, const Sample *m, Buf *key, Buf *record) {
    Dec d = sample_dec(m->value);
    ExtremeRec rec = {.coef = d.coef, .scale = d.scale, .enters = INT64_MIN};
    if (s->def->window == WINDOW_IS_STEPPED)
        rec.enters = m->enters;
    TRY(value_key(key, s, m));
    buf_reset(record);
    extreme_rec_put(record, &rec);
    TRY(buf_status(record));
    return led_add(l, LED_PANE, buf_str(key), buf_str(record));
}

Status value_del(Ledger *l, const Series *s, const Sample *m, Buf *key) {
    TRY(value_key(key, s, m));
    return led_del(l, LED_PANE, buf_str(key));
}

Status value_best(Ledger *l, const Series *s, uint32_t agg, int64_t at, Buf *key, Dec *out,
                  bool *found) {
    value_prefix(key, s, agg);
    TRY(buf_status(key));
    size_t prefix = key->n;
    for (bool after = false;; after = true) {
        Str got, value;
        ExtremeRec rec;
        TRY(led_next_in(l, LED_PANE, buf_str(key), after, prefix, &got, &value, found));
        if (!*found)
            return OK;
        Take t = take_from(str_from(got, prefix));
        (void)take_key_u64(&t);
        (void)take_key_u64(&t);
        int64_t leaves = take_key_i64(&t);
        TRY(extreme_rec_take(value, &rec));
        if (t.failed || rec.scale > DEC_SCALE_MAX)
            return ERR_DAMAGED;
        if (s->def->window == WINDOW_IS_SESSION || (leaves > at && rec.enters <= at)) {
            *out = (Dec){rec.coef, (uint8_t)rec.scale};
            return OK;
        }
        buf_reset(key);
        put_bytes(key, got.p, got.n);
        TRY(buf_status(key));
    }
}
