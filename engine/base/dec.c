/* base: exact decimal numbers. Each operation tries 64 bits first, and does what is left in 128: an
 * aligned coefficient is below 2^63 * 10^18 < 2^123, a product of two below 2^126. */
#include "engine/base/dec.h"

#include "engine/base/check.h"
#include "engine/base/ckd.h"

/* clang-format off */
static const int64_t POW10[DEC_SCALE_MAX + 1] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000,
    100000000000, 1000000000000, 10000000000000, 100000000000000, 1000000000000000,
    10000000000000000, 100000000000000000, 1000000000000000000};
/* clang-format on */

/* 10^n, 0 <= n <= DEC_SCALE_MAX. */
static uint64_t pow10_of(int64_t n) {
    ASSERT(n >= 0 && n <= DEC_SCALE_MAX);
    return (uint64_t)POW10[n];
}

/* 10^n, 0 <= n <= 38: what 128 bits hold. */
static u128 wide_pow10(int n) {
    ASSERT(n >= 0 && n <= 38);
    u128 p = 1;
    for (; n > DEC_SCALE_MAX; n -= DEC_SCALE_MAX)
        p *= pow10_of(DEC_SCALE_MAX);
    return p * pow10_of(n);
}

static uint64_t magnitude(int64_t v) {
    return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

static u128 wide_magnitude(i128 v) {
    return v < 0 ? 0 - (u128)v : (u128)v;
}

/* The largest magnitude that a coefficient of this sign may have. */
static uint64_t largest(bool negative) {
    return (uint64_t)INT64_MAX + negative;
}

/* mag <= largest(negative) */
static int64_t with_sign(bool negative, uint64_t mag) {
    return (int64_t)(negative ? 0 - mag : mag);
}

/* The number mag / 10^scale, scale >= 0 and perhaps above 18, as the header says of results. */
static Status fit(bool negative, u128 mag, int scale, Dec *out) {
    while (scale > 0 && (scale > DEC_SCALE_MAX || mag > largest(negative)) && mag % 10 == 0) {
        mag /= 10;
        scale--;
    }
    if (scale <= DEC_SCALE_MAX && mag <= largest(negative)) {
        *out = (Dec){with_sign(negative, (uint64_t)mag), (uint8_t)scale};
        return OK;
    }
    bool small = scale > 38 || mag / wide_pow10(scale) <= largest(negative);
    return small ? ERR_INEXACT : ERR_OVERFLOW;
}

/* fit, for operations whose only failure is to be too big. */
static Status fit_digits(bool negative, u128 mag, int scale, Dec *out) {
    return fit(negative, mag, scale, out) == OK ? OK : ERR_OVERFLOW;
}

static Status fit_sum(i128 coef, int scale, Dec *out) {
    return fit_digits(coef < 0, wide_magnitude(coef), scale, out);
}

static int max_int(int a, int b) {
    return a > b ? a : b;
}

/* The coefficient that d has at a scale not below its own. */
static i128 at_scale(Dec d, int scale) {
    ASSERT(d.scale <= scale && scale <= DEC_SCALE_MAX);
    return (i128)d.coef * POW10[scale - d.scale];
}

/* Reading. */

typedef struct Digits {
    const char *p, *end;
    bool source;    /* underscores may stand between digits */
    uint64_t lead;  /* the number of the first 19 digits that count */
    int64_t count;  /* digits from the first that is not 0 */
    int64_t last;   /* of these, up to the last that is not 0 */
    int64_t places; /* digits behind the point */
} Digits;

enum { LEAD = 19 }; /* 19 digits fit into 64 bits without a sign */

static bool at_digit(const Digits *d) {
    return d->p < d->end && (unsigned)(*d->p - '0') < 10;
}

static void take_digit(Digits *d) {
    unsigned digit = (unsigned)(*d->p++ - '0');
    if (digit == 0 && d->count == 0)
        return;
    d->count++;
    if (d->count <= LEAD)
        d->lead = d->lead * 10 + digit;
    if (digit != 0)
        d->last = d->count;
}

/* Takes digits, of which there must be one at least, and gives how many; 0 where there is none, or
 * an underscore that stands wrong. */
static int64_t take_digits(Digits *d) {
    int64_t n = 0;
    while (at_digit(d)) {
        take_digit(d);
        n++;
        if (d->source && d->p < d->end && *d->p == '_') {
            d->p++;
            if (!at_digit(d))
                return 0;
        }
    }
    return n;
}

/* An exponent's number at p, to the end of the text. Beyond a thousand million it counts no
 * further: no text is long enough to make up for that. */
static Status take_exponent(Digits *d, int64_t *out) {
    const int64_t most = 1000000000000;
    bool negative = d->p < d->end && *d->p == '-';
    if (d->p < d->end && (*d->p == '-' || *d->p == '+'))
        d->p++;
    if (!at_digit(d))
        return ERR_SYNTAX;
    int64_t v = 0;
    for (; at_digit(d); d->p++)
        v = v >= most ? most : v * 10 + (*d->p - '0');
    *out = negative ? -v : v;
    return OK;
}

static Status take_number(Digits *d, int64_t *exponent) {
    *exponent = 0;
    bool zero_first = d->p < d->end && *d->p == '0';
    int64_t whole = take_digits(d);
    if (whole == 0 || (zero_first && whole > 1))
        return ERR_SYNTAX;
    if (d->p < d->end && *d->p == '.') {
        d->p++;
        d->places = take_digits(d);
        if (d->places == 0)
            return ERR_SYNTAX;
    }
    if (d->p < d->end && (*d->p | 0x20) == 'e') {
        d->p++;
        TRY(take_exponent(d, exponent));
    }
    return d->p == d->end ? OK : ERR_SYNTAX;
}

/* The number that was read, when it is not simply `lead` with its places. */
static Status make_number(const Digits *d, bool negative, int64_t exponent, Dec *out) {
    int64_t scale = d->places - exponent;
    scale = scale < 0 ? 0 : scale > DEC_SCALE_MAX ? DEC_SCALE_MAX : scale;
    if (d->last == 0) {
        *out = (Dec){0, (uint8_t)scale};
        return OK;
    }
    int64_t unit = d->count - d->last - d->places + exponent; /* the last digit counts 10^unit */
    int64_t kept = d->count < LEAD ? d->count : LEAD;
    if (d->last <= LEAD) {
        uint64_t number = d->lead / pow10_of(kept - d->last);
        for (; scale >= 0 && scale + unit >= 0; scale--) {
            uint64_t coef;
            if (scale + unit <= DEC_SCALE_MAX && !ckd_mul(&coef, number, pow10_of(scale + unit)) &&
                coef <= largest(negative)) {
                *out = (Dec){with_sign(negative, coef), (uint8_t)scale};
                return OK;
            }
        }
    }
    int64_t whole = unit + d->last; /* digits before the point */
    bool small =
        whole < LEAD || (whole == LEAD && d->lead * pow10_of(LEAD - kept) <= largest(negative));
    return small ? ERR_INEXACT : ERR_OVERFLOW;
}

/* Reads what most numbers are: up to 18 digits, perhaps with a point between them. False: it is
 * something else, or wrong; *out is then untouched. */
static bool plain_number(Str s, Dec *out) {
    uint64_t coef = 0;
    size_t point = s.n; /* where it stands */
    if (s.n == 0 || s.n > DEC_SCALE_MAX || (s.n > 1 && s.p[0] == '0' && s.p[1] != '.'))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned digit = (unsigned)(s.p[i] - '0');
        if (digit < 10)
            coef = coef * 10 + digit;
        else if (s.p[i] == '.' && point == s.n && i > 0)
            point = i;
        else
            return false;
    }
    if (point == s.n - 1)
        return false;
    *out = (Dec){(int64_t)coef, (uint8_t)(point == s.n ? 0 : s.n - point - 1)};
    return true;
}

static Status parse(Str s, bool source, Dec *out) {
    if (plain_number(s, out))
        return OK;
    Digits d = {.p = s.p, .end = s.p + s.n, .source = source};
    bool negative = s.n > 0 && *s.p == '-';
    if (s.n > 0 && (*s.p == '-' || *s.p == '+'))
        d.p++;
    int64_t exponent;
    TRY(take_number(&d, &exponent));
    if (exponent != 0 || d.count > DEC_SCALE_MAX || d.places > DEC_SCALE_MAX)
        return make_number(&d, negative, exponent, out);
    *out = (Dec){with_sign(negative, d.lead), (uint8_t)d.places};
    return OK;
}

Status dec_parse(Str s, Dec *out) {
    return parse(s, false, out);
}

Status dec_parse_source(Str s, Dec *out) {
    return parse(s, true, out);
}

void dec_put(Buf *b, Dec d) {
    char text[24]; /* a sign, 19 digits, a point */
    size_t at = sizeof text;
    uint64_t mag = magnitude(d.coef);
    for (int place = 0; mag != 0 || place <= d.scale; place++) {
        if (place == d.scale && place > 0)
            text[--at] = '.';
        text[--at] = (char)('0' + mag % 10);
        mag /= 10;
    }
    if (d.coef < 0)
        text[--at] = '-';
    put_bytes(b, text + at, sizeof text - at);
}

void dec_put_range(Buf *b, Dec lo, Dec hi) {
    dec_put(b, lo);
    put_text(b, S(".."));
    if (hi.coef != DEC_NO_END.coef || hi.scale != DEC_NO_END.scale)
        dec_put(b, hi);
}

/* Forms. */

Dec dec_normal(Dec d) {
    if (d.coef == 0)
        return (Dec){0, 0};
    while (d.scale > 0 && d.coef % 10 == 0) {
        d.coef /= 10;
        d.scale--;
    }
    return d;
}

bool dec_is_int(Dec d) {
    return d.scale == 0 || d.coef % POW10[d.scale] == 0;
}

Status dec_to_i64(Dec d, int64_t *out) {
    if (!dec_is_int(d))
        return ERR_INEXACT;
    *out = d.coef / POW10[d.scale];
    return OK;
}

int64_t dec_floor(Dec d, bool *more) {
    int64_t whole = d.coef / POW10[d.scale], rest = d.coef % POW10[d.scale];
    *more = rest != 0;
    return whole - (rest < 0);
}

Status dec_rescale(Dec d, int scale, Dec *out) {
    if (scale < 0 || scale > DEC_SCALE_MAX)
        return ERR_LIMIT;
    if (scale < d.scale) {
        int64_t unit = POW10[d.scale - scale];
        if (d.coef % unit != 0)
            return ERR_INEXACT;
        *out = (Dec){d.coef / unit, (uint8_t)scale};
        return OK;
    }
    int64_t coef;
    if (ckd_mul(&coef, d.coef, POW10[scale - d.scale]))
        return ERR_OVERFLOW;
    *out = (Dec){coef, (uint8_t)scale};
    return OK;
}

/* Order. */

int dec_cmp(Dec a, Dec b) {
    if (a.scale == b.scale)
        return (a.coef > b.coef) - (a.coef < b.coef);
    int64_t coef;
    if (a.scale < b.scale && !ckd_mul(&coef, a.coef, POW10[b.scale - a.scale]))
        return (coef > b.coef) - (coef < b.coef);
    if (a.scale > b.scale && !ckd_mul(&coef, b.coef, POW10[a.scale - b.scale]))
        return (a.coef > coef) - (a.coef < coef);
    int scale = max_int(a.scale, b.scale);
    i128 x = at_scale(a, scale), y = at_scale(b, scale);
    return (x > y) - (x < y);
}

bool dec_eq(Dec a, Dec b) {
    return dec_cmp(a, b) == 0;
}

int dec_sign(Dec d) {
    return (d.coef > 0) - (d.coef < 0);
}

Dec dec_min(Dec a, Dec b) {
    return dec_cmp(b, a) < 0 ? b : a;
}

Dec dec_max(Dec a, Dec b) {
    return dec_cmp(b, a) > 0 ? b : a;
}

/* Sums and products. */

Status dec_neg(Dec d, Dec *out) {
    if (d.coef == INT64_MIN)
        return ERR_OVERFLOW;
    *out = (Dec){-d.coef, d.scale};
    return OK;
}

Status dec_abs(Dec d, Dec *out) {
    if (d.coef < 0)
        return dec_neg(d, out);
    *out = d;
    return OK;
}

Status dec_add(Dec a, Dec b, Dec *out) {
    int64_t coef;
    if (a.scale == b.scale && !ckd_add(&coef, a.coef, b.coef)) {
        *out = (Dec){coef, a.scale};
        return OK;
    }
    int scale = max_int(a.scale, b.scale);
    i128 sum = at_scale(a, scale) + at_scale(b, scale);
    if (sum == (int64_t)sum) {
        *out = (Dec){(int64_t)sum, (uint8_t)scale};
        return OK;
    }
    return fit_sum(sum, scale, out);
}

Status dec_sub(Dec a, Dec b, Dec *out) {
    int64_t coef;
    if (a.scale == b.scale && !ckd_sub(&coef, a.coef, b.coef)) {
        *out = (Dec){coef, a.scale};
        return OK;
    }
    int scale = max_int(a.scale, b.scale);
    return fit_sum(at_scale(a, scale) - at_scale(b, scale), scale, out);
}

Status dec_mul(Dec a, Dec b, Dec *out) {
    int64_t coef;
    int scale = a.scale + b.scale;
    if (scale <= DEC_SCALE_MAX && !ckd_mul(&coef, a.coef, b.coef)) {
        *out = (Dec){coef, (uint8_t)scale};
        return OK;
    }
    i128 product = (i128)a.coef * b.coef;
    return fit(product < 0, wide_magnitude(product), scale, out);
}

/* Quotients. */

static uint64_t gcd(uint64_t a, uint64_t b) {
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Why a / b, which has no form that fits, has none. */
static Status no_quotient(Dec a, Dec b) {
    u128 num = (u128)magnitude(a.coef) * pow10_of(b.scale);
    u128 den = (u128)magnitude(b.coef) * pow10_of(a.scale);
    return num / den > largest((a.coef < 0) != (b.coef < 0)) ? ERR_OVERFLOW : ERR_INEXACT;
}

/* How often *d can be divided by p, which is then taken out of it. */
static int take_out(uint64_t *d, uint64_t p) {
    int n = 0;
    for (; *d % p == 0; n++)
        *d /= p;
    return n;
}

/* *mag times base^n; true if that does not fit. */
static bool times_power(u128 *mag, unsigned base, int n) {
    bool over = false;
    for (; n > 0 && !over; n--)
        over = ckd_mul(mag, *mag, (u128)base);
    return over;
}

Status dec_div(Dec a, Dec b, Dec *out) {
    if (b.coef == 0)
        return ERR_BYZERO;
    int ideal = max_int(0, a.scale - b.scale);
    if (a.coef == 0) {
        *out = (Dec){0, (uint8_t)ideal};
        return OK;
    }
    uint64_t num = magnitude(a.coef), den = magnitude(b.coef), common = gcd(num, den);
    num /= common;
    den /= common;
    int twos = take_out(&den, 2), fives = take_out(&den, 5), places = max_int(twos, fives);
    u128 mag = num;
    bool over =
        den != 1 || times_power(&mag, 2, places - twos) || times_power(&mag, 5, places - fives);
    int scale = places + a.scale - b.scale;
    over = over || times_power(&mag, 10, max_int(scale, ideal) - scale);
    return over ? no_quotient(a, b)
                : fit((a.coef < 0) != (b.coef < 0), mag, max_int(scale, ideal), out);
}

/* Both at the larger scale, *num the whole number that floor gives, *rest what is left. b.coef != 0
 */
static void floor_parts(Dec a, Dec b, i128 *whole, i128 *rest) {
    int scale = max_int(a.scale, b.scale);
    i128 num = at_scale(a, scale), den = at_scale(b, scale);
    *whole = num / den;
    *rest = num % den;
    if (*rest != 0 && (*rest < 0) != (den < 0)) {
        *whole -= 1;
        *rest += den;
    }
}

Status dec_floor_div(Dec a, Dec b, Dec *out) {
    if (b.coef == 0)
        return ERR_BYZERO;
    i128 whole, rest;
    floor_parts(a, b, &whole, &rest);
    return fit_sum(whole, 0, out);
}

Status dec_mod(Dec a, Dec b, Dec *out) {
    if (b.coef == 0)
        return ERR_BYZERO;
    i128 whole, rest;
    floor_parts(a, b, &whole, &rest);
    return fit_sum(rest, max_int(a.scale, b.scale), out);
}

/* Rounding. */

/* Whether a number between the magnitudes `whole` and whole + 1, namely rest / unit above the first
 * with 0 < rest < unit, goes to the second. */
static bool rounds_away(bool negative, bool odd, u128 rest, u128 unit, DecRound how) {
    u128 other = unit - rest;
    switch (how) {
    case DEC_HALF_UP:
        return rest >= other;
    case DEC_HALF_EVEN:
        return rest > other || (rest == other && odd);
    case DEC_HALF_DOWN:
        return rest > other;
    case DEC_UP:
        return true;
    case DEC_DOWN:
        return false;
    case DEC_CEILING:
        return !negative;
    case DEC_FLOOR:
        return negative;
    }
    UNREACHABLE();
}

static u128 rounded(bool negative, u128 whole, u128 rest, u128 unit, DecRound how) {
    return whole + (rest != 0 && rounds_away(negative, whole % 2 == 1, rest, unit, how));
}

/* d with zeros added, up to `places` or as many as fit. */
static Dec padded(Dec d, int places) {
    int64_t coef;
    while (d.scale < places && !ckd_mul(&coef, d.coef, 10))
        d = (Dec){coef, (uint8_t)(d.scale + 1)};
    return d;
}

Status dec_round(Dec d, int places, DecRound how, Dec *out) {
    if (places < 0 || places > DEC_SCALE_MAX)
        return ERR_LIMIT;
    if (places >= d.scale) {
        *out = padded(d, places);
        return OK;
    }
    uint64_t unit = pow10_of(d.scale - places), mag = magnitude(d.coef);
    return fit(d.coef < 0, rounded(d.coef < 0, mag / unit, mag % unit, unit, how), places, out);
}

/* Divides num * 10^shift by den, 0 <= shift <= 36, 18 digits at a time. True if it does not fit. */
static bool long_division(uint64_t num, uint64_t den, int shift, u128 *whole, u128 *rest) {
    *whole = num / den;
    *rest = num % den;
    while (shift > 0) {
        int digits = shift < DEC_SCALE_MAX ? shift : DEC_SCALE_MAX;
        u128 more = *rest * pow10_of(digits);
        if (ckd_mul(whole, *whole, pow10_of(digits)) || ckd_add(whole, *whole, more / den))
            return true;
        *rest = more % den;
        shift -= digits;
    }
    return false;
}

Status dec_div_round(Dec a, Dec b, int places, DecRound how, Dec *out) {
    if (places < 0 || places > DEC_SCALE_MAX)
        return ERR_LIMIT;
    if (b.coef == 0)
        return ERR_BYZERO;
    bool negative = (a.coef < 0) != (b.coef < 0);
    uint64_t num = magnitude(a.coef), den = magnitude(b.coef);
    int shift = places + b.scale - a.scale; /* from -18 to 36 */
    u128 unit = den, whole, rest;
    if (shift < 0) {
        unit *= pow10_of(-shift);
        whole = num / unit;
        rest = num % unit;
    } else if (long_division(num, den, shift, &whole, &rest)) {
        return ERR_OVERFLOW;
    }
    return fit_digits(negative, rounded(negative, whole, rest, unit, how), places, out);
}

/* Splitting. */

/* The least scale that holds all weights. */
static Status weights_scale(const Dec *weights, size_t n, int *scale) {
    *scale = 0;
    for (size_t i = 0; i < n; i++) {
        if (weights[i].coef < 0)
            return ERR_LIMIT;
        *scale = max_int(*scale, dec_normal(weights[i]).scale);
    }
    return OK;
}

/* The weight in units of 10^-scale. */
static u128 weight_units(const Dec *weights, size_t i, int scale) {
    return weights == NULL ? 1 : wide_magnitude(at_scale(dec_normal(weights[i]), scale));
}

static Status sum_weights(const Dec *weights, size_t n, int scale, uint64_t *sum) {
    u128 total = 0;
    for (size_t i = 0; i < n; i++) {
        total += weight_units(weights, i, scale);
        if (total > INT64_MAX)
            return ERR_OVERFLOW;
    }
    *sum = (uint64_t)total;
    return total == 0 ? ERR_BYZERO : OK;
}

/* How many of the lost[] are at least `least`. */
static size_t count_from(const Dec *lost, size_t n, int64_t least) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += lost[i].coef >= least;
    return count;
}

/* The least loss that still gets a unit when `left` units, 0 < left < n, go to the greatest losses:
 * the greatest value that at least `left` of the losses reach. All are below `bound`. */
static int64_t loss_that_counts(const Dec *lost, size_t n, uint64_t bound, size_t left) {
    int64_t low = 0, high = (int64_t)(bound - 1); /* halved at most 63 times */
    while (low < high) {
        int64_t middle = low + (high - low) / 2 + 1;
        if (count_from(lost, n, middle) >= left)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* How an amount is shared: weights count at `scale` and have this sum, `left` units are over. */
typedef struct Shares {
    int scale;
    uint64_t sum, left;
} Shares;

/* Turns out[i].coef, what part i lost by rounding, into the part itself. */
static void give_units(Dec amount, const Dec *weights, size_t n, Shares s, Dec *out) {
    bool negative = amount.coef < 0;
    int64_t least = s.left == 0 ? INT64_MAX : loss_that_counts(out, n, s.sum, (size_t)s.left);
    uint64_t equals = s.left; /* units for those that lost just `least` */
    for (size_t i = 0; i < n; i++)
        equals -= out[i].coef > least;
    for (size_t i = 0; i < n; i++) {
        u128 share = magnitude(amount.coef) * weight_units(weights, i, s.scale);
        bool equal = out[i].coef == least && equals > 0, more = equal || out[i].coef > least;
        equals -= equal;
        out[i].coef = with_sign(negative, (uint64_t)(share / s.sum) + more);
    }
}

Status dec_split(Dec amount, const Dec *weights, size_t n, Dec *out) {
    if (n == 0 || n > INT64_MAX)
        return ERR_LIMIT;
    int scale = 0;
    uint64_t sum = n, left = magnitude(amount.coef);
    if (weights != NULL) {
        TRY(weights_scale(weights, n, &scale));
        TRY(sum_weights(weights, n, scale, &sum));
    }
    /* What each part loses by rounding, in units of 1 / sum. */
    for (size_t i = 0; i < n; i++) {
        u128 share = magnitude(amount.coef) * weight_units(weights, i, scale);
        out[i] = (Dec){(int64_t)(share % sum), amount.scale};
        left -= (uint64_t)(share / sum);
    }
    give_units(amount, weights, n, (Shares){scale, sum, left}, out);
    return OK;
}

/* Ratios. */

/* Order of a * 10^shift and b, 0 <= shift <= 36. */
static int cmp_shifted(u128 a, int shift, u128 b) {
    if (a != 0 && ckd_mul(&a, a, wide_pow10(shift)))
        return 1; /* beyond 128 bits, where b is not */
    return (a > b) - (a < b);
}

int ratio_cmp(Ratio a, Ratio b) {
    ASSERT(a.den.coef != 0 && b.den.coef != 0);
    int sign = dec_sign(a.num) * dec_sign(a.den), other = dec_sign(b.num) * dec_sign(b.den);
    if (sign != other || sign == 0)
        return (sign > other) - (sign < other);
    u128 x = (u128)magnitude(a.num.coef) * magnitude(b.den.coef);
    u128 y = (u128)magnitude(b.num.coef) * magnitude(a.den.coef);
    int shift = a.den.scale + b.num.scale - a.num.scale - b.den.scale;
    int order = shift >= 0 ? cmp_shifted(x, shift, y) : -cmp_shifted(y, -shift, x);
    return sign * order;
}

int ratio_cmp_dec(Ratio a, Dec b) {
    return ratio_cmp(a, (Ratio){b, dec_of_i64(1)});
}

Status ratio_round(Ratio a, int places, DecRound how, Dec *out) {
    return dec_div_round(a.num, a.den, places, how, out);
}
