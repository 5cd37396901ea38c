/* run: what is measured against what was measured before. */
#include "engine/run/compare.h"

#include "engine/base/ckd.h"
#include "engine/base/limits.h"
#include "engine/base/moment.h"
#include "engine/ledger/record.h"

enum { LIST_LATER = 7 /* as in the keys, beside those of pane.c and tally.c */, LIST_PREFIX = 9 };

/* ---- what was seen */

void put_seen(Buf *out, const Seen *seen) {
    put_value(out, seen->absent ? value_absent() : seen->num, false);
    put_value(out, seen->absent ? value_absent() : seen->den, false);
}

static bool is_number(Value v) {
    return v.kind == V_INT || v.kind == V_DEC || v.kind == V_PERCENT || v.kind == V_MONEY ||
           v.kind == V_DURATION;
}

bool take_seen(Take *t, Arena *a, Seen *out) {
    *out = (Seen){.num = take_value(t, a)};
    out->den = take_value(t, a);
    out->absent = out->num.kind == V_ABSENT;
    t->failed = t->failed || (!out->absent && (!is_number(out->num) || !is_number(out->den)));
    return !t->failed;
}

static bool seen_same(const Seen *a, const Seen *b) {
    return a->absent == b->absent &&
           (a->absent || (value_eq(a->num, b->num) && a->num.scale == b->num.scale &&
                          value_eq(a->den, b->den) && a->den.scale == b->den.scale));
}

/* ---- records */

static void later_key(Buf *key, const Series *s, int64_t at) {
    buf_reset(key);
    put_key_u64(key, s->number);
    put_u8(key, LIST_LATER);
    put_key_i64(key, at);
}

/* The first record behind an instant. */
static Status later_next(Ledger *l, const Series *s, int64_t after, Buf *key, int64_t *at,
                         Seen *seen, bool *found) {
    Str got, value;
    EarlierRec rec;
    later_key(key, s, after);
    TRY(buf_status(key));
    TRY(led_next_in(l, LED_PANE, buf_str(key), true, LIST_PREFIX, &got, &value, found));
    if (!*found)
        return OK;
    Take t = take_from(str_from(got, LIST_PREFIX));
    *at = take_key_i64(&t);
    TRY(take_done(&t));
    TRY(earlier_rec_take(value, &rec));
    t = take_from(rec.seen);
    return take_seen(&t, NULL, seen) ? take_done(&t) : ERR_DAMAGED;
}

Status compare_keep(Ledger *l, const Bundle *b, Series *s, int64_t at, const Measure *m, Buf *key,
                    Buf *scratch, Buf *record, int64_t *next) {
    const KpiDef *def = s->def;
    Seen seen = {.absent = m->absent || m->samples < def->samples, .num = m->num, .den = m->den};
    if (seen_same(&seen, &s->newest))
        return OK;
    s->newest = seen;
    int64_t then;
    Status status = moment_add(local_zone(b, def->local), NULL, at, (Family)def->before.aux,
                               def->before.i, &then, NULL);
    if (status == ERR_OVERFLOW)
        return OK; /* beyond the years there are: it will never be before */
    TRY(status);
    buf_reset(scratch);
    put_seen(scratch, &seen);
    TRY(buf_status(scratch));
    EarlierRec rec = {.seen = buf_str(scratch)};
    buf_reset(record);
    earlier_rec_put(record, &rec);
    TRY(buf_status(record));
    Str old;
    bool there; /* of instants that have one instant after them, as the ends of months, the last
                   counts */
    later_key(key, s, then);
    TRY(buf_status(key));
    TRY(led_find(l, LED_PANE, buf_str(key), &old, &there));
    *next = then < *next ? then : *next;
    return there ? led_put(l, LED_PANE, buf_str(key), buf_str(record))
                 : led_add(l, LED_PANE, buf_str(key), buf_str(record));
}

Status compare_move(Ledger *l, Series *s, int64_t at, Buf *key, int64_t *next) {
    for (;;) {
        int64_t then;
        Seen seen;
        bool found;
        TRY(later_next(l, s, INT64_MIN, key, &then, &seen, &found));
        if (!found)
            return OK;
        if (then > at) {
            *next = then < *next ? then : *next;
            return OK;
        }
        s->earlier = seen;
        later_key(key, s, then);
        TRY(buf_status(key));
        TRY(led_del(l, LED_PANE, buf_str(key)));
    }
}

Status compare_at(Ledger *l, const Series *s, int64_t at, Buf *key, Seen *out) {
    *out = s->earlier;
    for (int64_t from = INT64_MIN;;) {
        int64_t then;
        Seen seen;
        bool found;
        TRY(later_next(l, s, from, key, &then, &seen, &found));
        if (!found || then > at)
            return OK;
        *out = seen;
        from = then;
    }
}

/* ---- exact fractions */

/* n / d in lowest terms, d above 0. */
typedef struct Fraction {
    i128 n, d;
} Fraction;

static i128 gcd(i128 a, i128 b) {
    a = a < 0 ? -a : a;
    while (b != 0) {
        i128 rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static Fraction lowest(i128 n, i128 d) {
    i128 by = gcd(n, d < 0 ? -d : d);
    by = d < 0 ? -by : by;
    return (Fraction){n / by, d / by};
}

static Status times(Fraction a, Fraction b, Fraction *out) {
    Fraction x = lowest(a.n, b.d), y = lowest(b.n, a.d);
    i128 n, d;
    if (__builtin_mul_overflow(x.n, y.n, &n) || __builtin_mul_overflow(x.d, y.d, &d))
        return ERR_OVERFLOW;
    *out = (Fraction){n, d};
    return OK;
}

static Status minus(Fraction a, Fraction b, Fraction *out) {
    i128 by = gcd(a.d, b.d), x, y, d, n;
    if (__builtin_mul_overflow(a.n, b.d / by, &x) || __builtin_mul_overflow(b.n, a.d / by, &y) ||
        __builtin_mul_overflow(a.d, b.d / by, &d) || __builtin_sub_overflow(x, y, &n))
        return ERR_OVERFLOW;
    *out = lowest(n, d);
    return OK;
}

static Fraction over(Fraction f) {
    return f.n < 0 ? (Fraction){-f.d, -f.n} : (Fraction){f.d, f.n};
}

static Fraction fraction_of_dec(Dec d) {
    i128 by = 1;
    for (int i = 0; i < d.scale; i++)
        by *= 10;
    return lowest(d.coef, by);
}

static Status fraction_of(Value num, Value den, Fraction *out) {
    return times(fraction_of_dec(sample_dec(num)), over(fraction_of_dec(sample_dec(den))), out);
}

/* ---- comparing */

static Status difference_plain(Measure *m, const Seen *before) {
    Dec d;
    TRY(dec_sub(sample_dec(m->num), sample_dec(before->num), &d));
    if (m->num.kind == V_INT || m->num.kind == V_DURATION) {
        m->num.i = d.coef;
        return OK;
    }
    Value v = value_dec((ValueKind)m->num.kind, d);
    v.n = m->num.n;
    m->num = v;
    return OK;
}

static Status rate_factor(const KpiDef *def, Fraction *change) {
    if (def->compare != COMPARES_RATE)
        return OK;
    return times(*change, lowest(def->per.i, def->before.i), change);
}

/* A fraction as the two numbers of a quotient; the first keeps the unit of a difference. */
static Status fraction_put(const KpiDef *def, Fraction f, Measure *m) {
    if (f.n > INT64_MAX || f.n < -INT64_MAX || f.d > INT64_MAX)
        return ERR_OVERFLOW;
    bool unit = (m->num.kind == V_MONEY || m->num.kind == V_DURATION) &&
                def->compare != COMPARES_CHANGE && def->compare != COMPARES_MULTIPLE;
    Value like = m->num;
    m->num = value_int((int64_t)f.n);
    if (unit && like.kind == V_DURATION)
        m->num = value_duration((Family)like.aux, (int64_t)f.n);
    if (unit && like.kind == V_MONEY) {
        m->num = value_dec(V_MONEY, dec_of_i64((int64_t)f.n));
        m->num.n = like.n;
    }
    m->den = value_int((int64_t)f.d);
    m->ratio = true;
    return OK;
}

static Status compare_quotient(const KpiDef *def, const Seen *before, Measure *m) {
    Fraction is, was, out;
    TRY(fraction_of(m->num, m->den, &is));
    TRY(fraction_of(before->num, before->den, &was));
    bool relative = def->compare == COMPARES_CHANGE || def->compare == COMPARES_MULTIPLE;
    if (relative && was.n == 0) {
        m->absent = true;
        return OK;
    }
    if (def->compare == COMPARES_MULTIPLE) {
        TRY(times(is, over(was), &out));
        return fraction_put(def, out, m);
    }
    TRY(minus(is, was, &out));
    if (def->compare == COMPARES_CHANGE) {
        was.n = was.n < 0 ? -was.n : was.n; /* a rise is above nothing, whatever it rises from */
        TRY(times(out, over(was), &out));
    }
    TRY(rate_factor(def, &out));
    return fraction_put(def, out, m);
}

Status compare_with(const KpiDef *def, const Seen *before, Measure *m) {
    if (def->compare == COMPARES_NOTHING)
        return OK;
    m->absent = m->absent || m->samples < def->samples;
    m->now = (Seen){m->absent, m->num, m->den};
    m->before = *before;
    m->absent = m->absent || before->absent;
    if (m->absent)
        return OK;
    return def->compare == COMPARES_DIFFERENCE && !m->ratio ? difference_plain(m, before)
                                                            : compare_quotient(def, before, m);
}
