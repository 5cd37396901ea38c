/* run: the values of a series' samples, counted. */
#include "engine/run/tally.h"

#include <string.h>

#include "engine/base/ckd.h"
#include "engine/base/limits.h"
#include "engine/base/sha256.h"
#include "engine/base/utf8.h"
#include "engine/ledger/record.h"

enum {
    LIST_COUNTS = 4, /* as in the keys, beside those of pane.c */
    LIST_BACK = 5,
    LIST_ENTERING = 6,
    LIST_PREFIX = 9,  /* series, list */
    VALUE_SHORT = 64, /* bytes of a value that a sample keeps whole */
    VALUE_SHOWN = 40, /* of the beginning of one that it does not */
    HASH_BYTES = 16,  /* by which values are told apart */
};

_Static_assert(VALUE_SHOWN + 2 * SHA256_BYTES > VALUE_SHORT + 8, "a cut value is no whole one");

bool agg_tallies(const AggDef *def) {
    AggKeeps keeps = agg_keeps(def->kind);
    return keeps == AGG_KEEPS_VALUES || keeps == AGG_KEEPS_RANKS ||
           (def->now && keeps == AGG_KEEPS_EXTREME);
}

/* Whether it looks for one in the order of its values. */
static bool agg_ranks(const AggDef *def) {
    return agg_keeps(def->kind) != AGG_KEEPS_VALUES;
}

/* ---- values */

Status tally_short(Value v, Buf *scratch, Arena *a, Value *out) {
    uint8_t hash[SHA256_BYTES];
    *out = v;
    buf_reset(scratch);
    put_value(scratch, v, true);
    TRY(buf_status(scratch));
    if (scratch->n <= VALUE_SHORT)
        return OK;
    sha256(buf_str(scratch), hash);
    buf_reset(scratch);
    Str text = v.kind == V_TEXT || v.kind == V_PARTY ? value_str(v) : S("");
    size_t shown = text.n < VALUE_SHOWN ? text.n : VALUE_SHOWN;
    while (shown > 0 && shown < text.n && ((unsigned char)text.p[shown] & 0xC0) == 0x80)
        shown--;
    put_bytes(scratch, text.p, shown);
    put_text(scratch, S("..."));
    put_hex(scratch, hash, SHA256_BYTES);
    TRY(buf_status(scratch));
    Str cut;
    TRY(arena_str(a, buf_str(scratch), &cut));
    *out = value_text(cut);
    return OK;
}

static const u128 MIDDLE = (u128)1 << 127; /* of the order of numbers: 0 */

static Status value_bits(const AggDef *def, Value v, Buf *scratch, u128 *out) {
    if (agg_ranks(def)) {
        *out = (u128)sample_units(v) ^ MIDDLE;
        return OK;
    }
    uint8_t hash[SHA256_BYTES];
    buf_reset(scratch);
    put_value(scratch, v, true);
    TRY(buf_status(scratch));
    sha256(buf_str(scratch), hash);
    *out = 0;
    for (int i = 0; i < HASH_BYTES; i++)
        *out = *out << 8 | hash[i];
    return OK;
}

/* Which of so many values in order is the percentile: the nearest rank, from 1 on; the least or
 * the greatest. */
static uint64_t rank_of(const AggDef *def, uint64_t count) {
    switch ((AggKind)def->kind) {
    case AGG_IS_MIN:
        return 1;
    case AGG_IS_MAX:
        return count;
    case AGG_IS_PERCENTILE:
        break;
    case AGG_IS_SUM:
    case AGG_IS_COUNT:
    case AGG_IS_AVERAGE:
    case AGG_IS_DISTINCT:
    case AGG_KINDS:
        UNREACHABLE();
    }
    i128 whole = 100, part = (i128)def->share.coef * (i128)count;
    for (int i = 0; i < def->share.scale; i++)
        whole *= 10;
    return (uint64_t)((part + whole - 1) / whole);
}

/* ---- records */

static void list_prefix(Buf *key, const Series *s, int list) {
    buf_reset(key);
    put_key_u64(key, s->number);
    put_u8(key, (uint8_t)list);
}

static void put_bits(Buf *key, u128 bits) {
    put_key_u64(key, (uint64_t)(bits >> 64));
    put_key_u64(key, (uint64_t)bits);
}

static u128 take_bits(Take *t) {
    u128 high = take_key_u64(t);
    return high << 64 | take_key_u64(t);
}

static void value_key(Buf *key, const Series *s, int list, uint32_t agg, u128 bits) {
    list_prefix(key, s, list);
    put_u8(key, (uint8_t)agg);
    put_bits(key, bits);
}

/* How many the record of the key counts; 0: there is none. */
static Status count_get(Ledger *l, const Buf *key, uint64_t *out) {
    Str bytes;
    bool found;
    TallyRec rec;
    *out = 0;
    TRY(buf_status(key));
    TRY(led_find(l, LED_PANE, buf_str(key), &bytes, &found));
    if (!found)
        return OK;
    TRY(tally_rec_take(bytes, &rec));
    *out = rec.count;
    return rec.count > 0 ? OK : ERR_DAMAGED;
}

/* Makes it count so many; was: what it counts. */
static Status count_set(Ledger *l, const Buf *key, uint64_t was, uint64_t is, Buf *record) {
    if (is == 0)
        return led_del(l, LED_PANE, buf_str(key));
    TallyRec rec = {.count = is};
    buf_reset(record);
    tally_rec_put(record, &rec);
    TRY(buf_status(record));
    return was > 0 ? led_put(l, LED_PANE, buf_str(key), buf_str(record))
                   : led_add(l, LED_PANE, buf_str(key), buf_str(record));
}

/* Counts `by` more, or fewer, samples of a value. */
static Status tally_count(Ledger *l, Series *s, uint32_t agg, u128 bits, int64_t by, Buf *key,
                          Buf *record) {
    bool ranks = agg_ranks(&s->def->aggs[agg]);
    Tally *t = &s->tallies[agg];
    uint64_t was, is;
    value_key(key, s, LIST_COUNTS, agg, bits);
    TRY(count_get(l, key, &was));
    if (by < 0 && was < (uint64_t)-by)
        return ERR_DAMAGED;
    is = was + (uint64_t)by;
    TRY(count_set(l, key, was, is, record));
    if (ranks && t->placed && bits < t->at)
        t->below += (uint64_t)by;
    if ((was == 0) == (is == 0))
        return OK;
    t->values += is > 0 ? 1 : UINT64_MAX;
    if (!ranks)
        return OK;
    value_key(key, s, LIST_BACK, agg, ~bits);
    TRY(buf_status(key));
    return count_set(l, key, was > 0, is > 0, record);
}

Status tally_add(Ledger *l, Series *s, const Sample *m, Buf *key, Buf *scratch, Buf *record) {
    u128 bits;
    uint64_t was;
    TRY(value_bits(&s->def->aggs[m->agg], m->value, scratch, &bits));
    if (s->def->window != WINDOW_IS_STEPPED || s->def->aggs[m->agg].now)
        return tally_count(l, s, m->agg, bits, 1, key, record);
    list_prefix(key, s, LIST_ENTERING);
    put_key_i64(key, m->enters);
    put_u8(key, (uint8_t)m->agg);
    put_bits(key, bits);
    TRY(count_get(l, key, &was));
    return count_set(l, key, was, was + 1, record);
}

Status tally_leave(Ledger *l, Series *s, const Sample *m, Buf *key, Buf *scratch, Buf *record) {
    u128 bits;
    TRY(value_bits(&s->def->aggs[m->agg], m->value, scratch, &bits));
    return tally_count(l, s, m->agg, bits, -1, key, record);
}

Status tally_enter(Ledger *l, Series *s, int64_t at, Buf *key, Buf *record) {
    for (;;) {
        Str got, value;
        TallyRec rec;
        bool found;
        list_prefix(key, s, LIST_ENTERING);
        TRY(buf_status(key));
        TRY(led_next_in(l, LED_PANE, buf_str(key), false, LIST_PREFIX, &got, &value, &found));
        if (!found)
            return OK;
        Take t = take_from(str_from(got, LIST_PREFIX));
        int64_t enters = take_key_i64(&t);
        uint32_t agg = take_u8(&t);
        u128 bits = take_bits(&t);
        TRY(take_done(&t));
        if (enters > at)
            return OK;
        TRY(tally_rec_take(value, &rec));
        if (agg >= s->def->agg_count || rec.count > INT64_MAX)
            return ERR_DAMAGED;
        buf_reset(key);
        put_bytes(key, got.p, got.n);
        TRY(buf_status(key));
        TRY(led_del(l, LED_PANE, buf_str(key)));
        TRY(tally_count(l, s, agg, bits, (int64_t)rec.count, key, record));
    }
}

/* ---- the place of a percentile */

/* The value behind the one of the key in its list, turned by `turn`; there must be one. */
static Status value_after(Ledger *l, const Series *s, int list, uint32_t agg, u128 from, bool after,
                          Buf *key, u128 *out) {
    Str got, value;
    bool found;
    value_key(key, s, list, agg, from);
    TRY(buf_status(key));
    TRY(led_next_in(l, LED_PANE, buf_str(key), after, LIST_PREFIX + 1, &got, &value, &found));
    if (!found)
        return ERR_DAMAGED;
    Take t = take_from(str_from(got, LIST_PREFIX + 1));
    *out = take_bits(&t);
    return take_done(&t);
}

/* Moves the place to the value with that rank, of which there must be one. */
static Status place_move(Ledger *l, Series *s, uint32_t agg, uint64_t rank, Buf *key) {
    Tally *t = &s->tallies[agg];
    if (!t->placed) {
        TRY(value_after(l, s, LIST_COUNTS, agg, 0, false, key, &t->at));
        t->placed = true;
        t->below = 0;
    }
    for (uint64_t count; t->below >= rank;) {
        u128 back;
        TRY(value_after(l, s, LIST_BACK, agg, ~t->at, true, key, &back));
        t->at = ~back;
        value_key(key, s, LIST_COUNTS, agg, t->at);
        TRY(count_get(l, key, &count));
        if (count == 0 || count > t->below)
            return ERR_DAMAGED;
        t->below -= count;
    }
    for (;;) {
        uint64_t count;
        value_key(key, s, LIST_COUNTS, agg, t->at);
        TRY(count_get(l, key, &count));
        if (t->below + count >= rank)
            return OK;
        t->below += count;
        TRY(value_after(l, s, LIST_COUNTS, agg, t->at, true, key, &t->at));
    }
}

/* A number with as many places as the sample that has most, if they fit; else with fewer. */
static Status bits_dec(const Total *total, u128 bits, Dec *out) {
    i128 units = (i128)(bits ^ MIDDLE);
    int scale = DEC_SCALE_MAX;
    while (scale > 0 && total->scales[scale] == 0)
        scale--;
    for (int i = scale; i < DEC_SCALE_MAX; i++) {
        if (units % 10 != 0)
            return ERR_DAMAGED;
        units /= 10;
    }
    for (; (units > INT64_MAX || units < INT64_MIN) && scale > 0 && units % 10 == 0; scale--)
        units /= 10;
    if (units > INT64_MAX || units < INT64_MIN)
        return ERR_OVERFLOW;
    *out = (Dec){(int64_t)units, (uint8_t)scale};
    return OK;
}

Status tally_measure(Ledger *l, Series *s, uint32_t agg, Buf *key, Dec *out, bool *has) {
    const AggDef *def = &s->def->aggs[agg];
    const Total *total = &s->totals[agg];
    Tally *t = &s->tallies[agg];
    *has = def->kind == AGG_IS_DISTINCT || total->count > 0;
    if (def->kind == AGG_IS_DISTINCT) {
        *out = dec_of_i64((int64_t)t->values);
        return OK;
    }
    if (!*has) {
        t->placed = false;
        return OK;
    }
    TRY(place_move(l, s, agg, rank_of(def, total->count), key));
    return bits_dec(total, t->at, out);
}

/* ---- in memory */

static void sift(u128 *at, size_t root, size_t n) {
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && at[child] < at[child + 1])
            child++;
        if (at[root] >= at[child])
            return;
        u128 held = at[root];
        at[root] = at[child];
        at[child] = held;
    }
}

static size_t sort_unique(u128 *at, size_t n) {
    size_t left = 0;
    for (size_t i = n / 2; i-- > 0;)
        sift(at, i, n);
    for (size_t last = n; last-- > 1;) {
        u128 held = at[0];
        at[0] = at[last];
        at[last] = held;
        sift(at, 0, last);
    }
    for (size_t i = 0; i < n; i++)
        if (left == 0 || at[left - 1] != at[i])
            at[left++] = at[i];
    return left;
}

Status ranking_init(Ranking *r, const Series *s, uint32_t agg, const Samples *samples, Buf *scratch,
                    Arena *a) {
    *r = (Ranking){.def = &s->def->aggs[agg]};
    size_t n = 0;
    for (size_t i = 0; i < samples->n; i++)
        n += samples->at[i].agg == agg;
    r->values = new (a, u128, n + 1);
    r->tree = new (a, uint64_t, n + 1);
    r->came = new (a, bool, n + 1);
    if (r->values == NULL || r->tree == NULL || r->came == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < samples->n; i++)
        if (samples->at[i].agg == agg)
            TRY(value_bits(r->def, samples->at[i].value, scratch, &r->values[r->n++]));
    r->n = sort_unique(r->values, r->n);
    return OK;
}

static Status ranking_place(const Ranking *r, Value v, Buf *scratch, size_t *out) {
    u128 bits;
    TRY(value_bits(r->def, v, scratch, &bits));
    size_t low = 0, high = r->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->values[middle] < bits)
            low = middle + 1;
        else
            high = middle;
    }
    *out = low;
    return low == r->n || r->values[low] != bits ? ERR_DAMAGED : OK;
}

static void ranking_count(Ranking *r, size_t place, uint64_t by) {
    r->count += by;
    for (size_t i = place + 1; i <= r->n; i += i & -i)
        r->tree[i] += by;
}

Status ranking_add(Ranking *r, Value v, Buf *scratch) {
    size_t place;
    TRY(ranking_place(r, v, scratch, &place));
    r->distinct += !r->came[place];
    r->came[place] = true;
    ranking_count(r, place, 1);
    return OK;
}

Status ranking_remove(Ranking *r, Value v, Buf *scratch) {
    size_t place;
    TRY(ranking_place(r, v, scratch, &place));
    r->distinct -= r->came[place];
    r->came[place] = false;
    ranking_count(r, place, UINT64_MAX);
    return OK;
}

Status ranking_measure(const Ranking *r, const Total *total, Dec *out, bool *has) {
    *has = r->def->kind == AGG_IS_DISTINCT || r->count > 0;
    if (r->def->kind == AGG_IS_DISTINCT)
        *out = dec_of_i64((int64_t)r->distinct);
    if (r->def->kind == AGG_IS_DISTINCT || !*has)
        return OK;
    uint64_t before = rank_of(r->def, r->count) - 1; /* how many stand before it */
    size_t at = 0, step = 1;
    while (step <= r->n / 2)
        step *= 2;
    for (; step > 0; step /= 2)
        if (at + step <= r->n && r->tree[at + step] <= before) {
            at += step;
            before -= r->tree[at];
        }
    return bits_dec(total, r->values[at], out);
}
