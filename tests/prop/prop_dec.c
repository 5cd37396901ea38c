/* Law: decimals agree with schoolbook arithmetic on strings of digits: what is exact is given
 * exactly, in the scale that is promised; what does not fit is refused, and for the right reason.
 */
#include "engine/base/dec.h"
#include "tests/prop/prop.h"

/* A number as in school: digits, the lowest first, of which the first `scale` stand behind the
 * point. */
enum { DIGITS = 200 };
typedef struct Big {
    bool negative;
    int n, scale;
    uint8_t d[DIGITS];
} Big;

/* Without zeros at the top; keeps the scale. */
static Big trimmed(Big a) {
    while (a.n > 0 && a.d[a.n - 1] == 0)
        a.n--;
    a.negative = a.negative && a.n > 0;
    return a;
}

static Big big_of(Dec v) {
    Big a = {.negative = v.coef < 0, .scale = v.scale};
    uint64_t mag = v.coef < 0 ? 0 - (uint64_t)v.coef : (uint64_t)v.coef;
    for (; mag != 0; mag /= 10)
        a.d[a.n++] = (uint8_t)(mag % 10);
    return a;
}

/* Times 10^k, by writing k zeros. */
static Big shifted(Big a, int k) {
    Big b = {.negative = a.negative, .scale = a.scale, .n = a.n + k};
    memcpy(b.d + k, a.d, (size_t)a.n);
    return trimmed(b);
}

static Big rescaled(Big a, int scale) {
    Big b = shifted(a, scale - a.scale);
    b.scale = scale;
    return b;
}

/* Order of two magnitudes of one scale, trimmed. */
static int digits_cmp(const Big *a, const Big *b) {
    if (a->n != b->n)
        return a->n > b->n ? 1 : -1;
    for (int i = a->n - 1; i >= 0; i--)
        if (a->d[i] != b->d[i])
            return a->d[i] > b->d[i] ? 1 : -1;
    return 0;
}

static Big digits_add(const Big *a, const Big *b) {
    Big sum = {.scale = a->scale, .n = (a->n > b->n ? a->n : b->n) + 1};
    unsigned carry = 0;
    for (int i = 0; i < sum.n; i++) {
        carry += (i < a->n ? a->d[i] : 0u) + (i < b->n ? b->d[i] : 0u);
        sum.d[i] = (uint8_t)(carry % 10);
        carry /= 10;
    }
    return trimmed(sum);
}

/* a - b, where a is not the smaller. */
static Big digits_sub(const Big *a, const Big *b) {
    Big left = {.scale = a->scale, .n = a->n};
    int borrow = 0;
    for (int i = 0; i < a->n; i++) {
        int digit = a->d[i] - (i < b->n ? b->d[i] : 0) - borrow;
        borrow = digit < 0;
        left.d[i] = (uint8_t)(digit + 10 * borrow);
    }
    return trimmed(left);
}

static Big big_add(Big a, Big b) {
    int scale = a.scale > b.scale ? a.scale : b.scale;
    a = rescaled(a, scale);
    b = rescaled(b, scale);
    Big sum;
    if (a.negative == b.negative) {
        sum = digits_add(&a, &b);
        sum.negative = a.negative;
    } else {
        bool first = digits_cmp(&a, &b) >= 0;
        sum = first ? digits_sub(&a, &b) : digits_sub(&b, &a);
        sum.negative = first ? a.negative : b.negative;
    }
    return trimmed(sum);
}

static Big big_neg(Big a) {
    a.negative = !a.negative && a.n > 0;
    return a;
}

static Big big_mul(Big a, Big b) {
    Big product = {
        .negative = a.negative != b.negative, .scale = a.scale + b.scale, .n = a.n + b.n};
    for (int i = 0; i < a.n; i++) {
        unsigned carry = 0;
        for (int k = 0; k < b.n || carry != 0; k++) {
            carry += product.d[i + k] + (k < b.n ? (unsigned)a.d[i] * b.d[k] : 0);
            product.d[i + k] = (uint8_t)(carry % 10);
            carry /= 10;
        }
    }
    return trimmed(product);
}

static int big_cmp(Big a, Big b) {
    Big left = big_add(a, big_neg(b));
    return left.n == 0 ? 0 : left.negative ? -1 : 1;
}

/* |a| / |b| to `places` places, by long division; *rest is what is left, in units of the last place
 * of the quotient times b. */
static Big long_divide(Big a, Big b, int places, Big *rest) {
    Big quotient = {.scale = places};
    int scale = a.scale > b.scale ? a.scale : b.scale;
    a = rescaled(a, scale);
    b = rescaled(b, scale);
    a = shifted(a, places);
    *rest = (Big){.scale = scale};
    b.negative = false;
    for (int i = a.n - 1; i >= 0; i--) {
        *rest = shifted(*rest, 1);
        rest->d[0] = a.d[i];
        rest->n = rest->n == 0 ? 1 : rest->n;
        *rest = trimmed(*rest);
        quotient = shifted(quotient, 1);
        uint8_t digit = 0;
        for (; digits_cmp(rest, &b) >= 0; digit++)
            *rest = digits_sub(rest, &b);
        quotient.d[0] = digit;
        quotient.n = quotient.n == 0 ? 1 : quotient.n;
        quotient = trimmed(quotient);
    }
    return quotient;
}

static Big one_more(Big a) {
    Big one = {.scale = a.scale, .n = 1, .d = {1}};
    return digits_add(&a, &one);
}

/* The rounding rules in words, on a quotient and its rest. */
static Big round_quotient(Big quotient, Big rest, Big b, bool negative, DecRound how) {
    b.negative = false;
    b = rescaled(b, rest.scale);
    Big twice = digits_add(&rest, &rest);
    int half = digits_cmp(&twice, &b);
    bool odd = quotient.n > 0 && quotient.d[0] % 2 == 1;
    bool away = false;
    switch (how) {
    case DEC_HALF_UP:
        away = half >= 0;
        break;
    case DEC_HALF_EVEN:
        away = half > 0 || (half == 0 && odd);
        break;
    case DEC_HALF_DOWN:
        away = half > 0;
        break;
    case DEC_UP:
        away = true;
        break;
    case DEC_DOWN:
        break;
    case DEC_CEILING:
        away = !negative;
        break;
    case DEC_FLOOR:
        away = negative;
        break;
    }
    if (rest.n > 0 && away)
        quotient = one_more(quotient);
    quotient.negative = negative;
    return trimmed(quotient);
}

/* Whether the digits are a coefficient of 64 bits. */
static bool fits(Big a) {
    static const char most[2][20] = {"9223372036854775807", "9223372036854775808"};
    if (a.n != 19)
        return a.n < 19;
    for (int i = 0; i < 19; i++) {
        int order = a.d[18 - i] - (most[a.negative][i] - '0');
        if (order != 0)
            return order < 0;
    }
    return true;
}

/* Drops places that are 0, down to `scale`. */
static Big shortened(Big a, int scale) {
    while (a.scale > scale && (a.n == 0 || a.d[0] == 0)) {
        memmove(a.d, a.d + 1, DIGITS - 1);
        a.n -= a.n > 0;
        a.scale--;
    }
    return a;
}

static Big whole_part(Big a) {
    Big whole = {.negative = a.negative};
    if (a.n > a.scale) {
        whole.n = a.n - a.scale;
        memcpy(whole.d, a.d + a.scale, (size_t)whole.n);
    }
    return whole;
}

static void say_big(const char *what, Big a) {
    printf("  %s: %s", what, a.negative ? "-" : "");
    for (int i = (a.n > a.scale ? a.n : a.scale + 1) - 1; i >= 0; i--)
        printf("%d%s", i < a.n ? a.d[i] : 0, i == a.scale && i > 0 ? "." : "");
    printf("\n");
}

/* What an operation of dec.h gave. */
typedef struct Got {
    Status status;
    Dec v;
} Got;

/* Whether that is what must come of the exact result `want`, whose promised scale is its own. */
static bool right(Got got, Big want, bool overflow_only) {
    Big least = shortened(want, 0), most = shortened(want, 18);
    while (most.scale > least.scale && !fits(most))
        most = shortened(most, most.scale - 1);
    bool can = most.scale <= 18 && fits(most);
    if (!can)
        return got.status ==
               (!overflow_only && fits(whole_part(want)) ? ERR_INEXACT : ERR_OVERFLOW);
    return got.status == OK && got.v.scale == most.scale && big_cmp(big_of(got.v), want) == 0;
}

static bool report(bool good, const char *what, Dec a, Dec b, Got got) {
    if (!good) {
        printf("broken: %s\n", what);
        say_big("a", big_of(a));
        say_big("b", big_of(b));
        say_big("got", big_of(got.v));
        printf("  status: %s\n", status_text(got.status));
    }
    return good;
}

static int64_t any_coef(void) {
    static const int64_t corners[] = {
        0, 1, -1, 5, 10, INT64_MAX, INT64_MIN, INT64_MIN + 1, INT64_MAX / 10, INT64_MAX / 10 + 1};
    int64_t v = (int64_t)(prop_u64() >> prop_roll(64));
    switch (prop_roll(6)) {
    case 0:
        return corners[prop_roll(10)];
    case 1: /* only twos and fives: finite quotients */
        v = 1;
        for (uint32_t n = prop_roll(40); n > 0 && v < INT64_MAX / 10; n--)
            v *= prop_roll(2) == 0 ? 2 : 5;
        break;
    case 2: /* zeros at the end */
        for (uint32_t n = prop_roll(19); n > 0; n--)
            v = v / 10;
        for (uint32_t n = prop_roll(19); n > 0 && v <= INT64_MAX / 10 && v >= INT64_MIN / 10; n--)
            v *= 10;
        break;
    default:
        break;
    }
    return prop_roll(2) == 0 || v == INT64_MIN ? v : -v;
}

static Dec any_dec(void) {
    static const uint8_t common[] = {0, 0, 1, 2, 2, 2, 3, 18};
    uint8_t scale = prop_roll(2) == 0 ? common[prop_roll(8)] : (uint8_t)prop_roll(19);
    return (Dec){any_coef(), scale};
}

static bool sums_and_products(Dec a, Dec b) {
    Big x = big_of(a), y = big_of(b);
    Got sum = {0}, difference = {0}, product = {0};
    sum.status = dec_add(a, b, &sum.v);
    difference.status = dec_sub(a, b, &difference.v);
    product.status = dec_mul(a, b, &product.v);
    return report(right(sum, big_add(x, y), true), "a + b", a, b, sum) &&
           report(right(difference, big_add(x, big_neg(y)), true), "a - b", a, b, difference) &&
           report(right(product, big_mul(x, y), false), "a * b", a, b, product) &&
           report(dec_cmp(a, b) == big_cmp(x, y), "cmp", a, b, sum);
}

static bool exact_quotient(Dec a, Dec b) {
    Got got = {0};
    got.status = dec_div(a, b, &got.v);
    if (b.coef == 0)
        return report(got.status == ERR_BYZERO, "a / 0", a, b, got);
    Big rest, quotient = long_divide(big_of(a), big_of(b), 18, &rest);
    quotient.negative = quotient.n > 0 && (a.coef < 0) != (b.coef < 0);
    int ideal = a.scale > b.scale ? a.scale - b.scale : 0;
    bool good;
    if (rest.n > 0)
        good = got.status == (fits(whole_part(quotient)) ? ERR_INEXACT : ERR_OVERFLOW);
    else
        good = right(got, shortened(quotient, ideal), false);
    return report(good, "a / b", a, b, got);
}

static bool rounded_quotient(Dec a, Dec b) {
    DecRound how = (DecRound)prop_roll(7);
    int places = (int)prop_roll(19);
    Got got = {0};
    got.status = dec_div_round(a, b, places, how, &got.v);
    if (b.coef == 0)
        return report(got.status == ERR_BYZERO, "round a / 0", a, b, got);
    Big rest, quotient = long_divide(big_of(a), big_of(b), places, &rest);
    Big want = round_quotient(quotient, rest, big_of(b), (a.coef < 0) != (b.coef < 0), how);
    bool good = report(right(got, want, true), "round a / b", a, b, got);
    Got ratio = {0};
    ratio.status = ratio_round((Ratio){a, b}, places, how, &ratio.v);
    return good && ratio.status == got.status && ratio.v.coef == got.v.coef;
}

static bool rounding(Dec a) {
    DecRound how = (DecRound)prop_roll(7);
    int places = (int)prop_roll(19);
    Got got = {0};
    got.status = dec_round(a, places, how, &got.v);
    Big one = big_of(dec_of_i64(1)), rest, quotient = long_divide(big_of(a), one, places, &rest);
    Big want = round_quotient(quotient, rest, one, a.coef < 0, how);
    return report(right(got, want, false) && got.status == OK, "round a", a, a, got);
}

static bool floors(Dec a, Dec b) {
    Got whole = {0}, rest = {0};
    whole.status = dec_floor_div(a, b, &whole.v);
    rest.status = dec_mod(a, b, &rest.v);
    if (b.coef == 0)
        return whole.status == ERR_BYZERO && rest.status == ERR_BYZERO;
    Big x = big_of(a), y = big_of(b), left;
    Big quotient = long_divide(x, y, 0, &left);
    quotient = round_quotient(quotient, left, y, (a.coef < 0) != (b.coef < 0), DEC_FLOOR);
    Big mod = big_add(x, big_neg(big_mul(quotient, y)));
    mod = rescaled(shortened(mod, 0), a.scale > b.scale ? a.scale : b.scale);
    return report(right(whole, quotient, true), "floor a / b", a, b, whole) &&
           report(right(rest, mod, true), "a mod b", a, b, rest);
}

static bool ratios(Dec a, Dec b, Dec c, Dec d) {
    if (b.coef == 0 || d.coef == 0)
        return true;
    Big x = big_mul(big_of(a), big_of(d)), y = big_mul(big_of(c), big_of(b));
    int order = big_cmp(x, y) * (big_of(b).negative != big_of(d).negative ? -1 : 1);
    Big z = big_mul(big_of(c), big_of(b));
    int to_dec = big_cmp(big_of(a), z) * (b.coef < 0 ? -1 : 1);
    Got none = {0};
    return report(ratio_cmp((Ratio){a, b}, (Ratio){c, d}) == order, "a/b <=> c/d", a, b, none) &&
           report(ratio_cmp_dec((Ratio){a, b}, c) == to_dec, "a/b <=> c", a, b, none);
}

/* A number's text with a point and an exponent anywhere, and what it says. */
static Big any_text(char *text, bool *source) {
    Big a = {.negative = prop_roll(2) == 0};
    char *p = text;
    int whole = 1 + (int)prop_roll(prop_roll(4) == 0 ? 40 : 8), places = 0;
    int exponent = prop_roll(3) == 0 ? (int)prop_roll(50) - 25 : 0;
    *source = prop_roll(2) == 0;
    uint8_t digits[80];
    if (prop_roll(2) == 0)
        places = (int)prop_roll(prop_roll(4) == 0 ? 40 : 8);
    for (int i = 0; i < whole + places; i++)
        digits[i] = prop_roll(2) == 0 ? 0 : (uint8_t)prop_roll(10);
    if (whole > 1 && digits[0] == 0)
        digits[0] = 1;
    if (a.negative || prop_roll(4) == 0)
        *p++ = a.negative ? '-' : '+';
    for (int i = 0; i < whole + places; i++) {
        if (i == whole)
            *p++ = '.';
        else if (i > 0 && *source && prop_roll(5) == 0)
            *p++ = '_';
        *p++ = (char)('0' + digits[i]);
    }
    if (exponent != 0)
        p += snprintf(p, 10, "%c%s%d", prop_roll(2) == 0 ? 'e' : 'E',
                      exponent > 0 && prop_roll(2) == 0 ? "+" : "", exponent);
    *p = '\0';
    for (int i = whole + places - 1; i >= 0; i--)
        a.d[a.n++] = digits[i];
    a.scale = places;
    a = trimmed(a);
    return exponent >= places ? (a.scale = 0, shifted(a, exponent - places))
                              : (a.scale = places - exponent, a);
}

static bool texts(Dec v) {
    char text[200];
    bool source;
    Big want = any_text(text, &source);
    Got got = {0};
    got.status = source ? dec_parse_source(str_of(text), &got.v) : dec_parse(str_of(text), &got.v);
    if (want.scale > 18 && want.n == 0)
        want.scale = 18;
    if (!right(got, want, false)) {
        printf("broken: reading %s\n", text);
        return report(false, "text", got.v, got.v, got);
    }
    Buf b = {0};
    Dec back = {0};
    dec_put(&b, v);
    bool same = dec_parse(buf_str(&b), &back) == OK && back.coef == v.coef && back.scale == v.scale;
    buf_free(&b);
    return report(same, "put and parse", v, back, got);
}

/* Splitting: the sum is kept, no part is a unit away from its share, and the units that are left go
 * to the greatest losses first, among equals to the first. */
static bool splits(void) {
    enum { MOST = 12 };
    Dec weights[MOST], parts[MOST], amount = any_dec();
    size_t n = 1 + prop_roll(MOST);
    bool equal = prop_roll(3) == 0;
    i128 sum = 0, loss[MOST], given = 0;
    bool more[MOST];
    for (size_t i = 0; i < n; i++) {
        weights[i] =
            equal ? dec_of_i64(1) : (Dec){(int64_t)prop_roll(prop_roll(2) == 0 ? 5 : 1000000), 3};
        sum += weights[i].coef;
    }
    Status status = dec_split(amount, equal && prop_roll(2) == 0 ? NULL : weights, n, parts);
    if (sum == 0)
        return status == ERR_BYZERO;
    i128 whole = amount.coef < 0 ? -(i128)amount.coef : amount.coef;
    bool good = status == OK;
    for (size_t i = 0; i < n && good; i++) {
        i128 part = amount.coef < 0 ? -(i128)parts[i].coef : parts[i].coef;
        i128 share = whole * weights[i].coef;
        good = parts[i].scale == amount.scale && (part == share / sum || part == share / sum + 1);
        more[i] = part != share / sum;
        loss[i] = share % sum;
        given += part;
    }
    for (size_t i = 0; i < n && good; i++)
        for (size_t k = 0; k < n; k++)
            if (loss[i] > loss[k] || (loss[i] == loss[k] && i < k))
                good = good && more[i] >= more[k];
    Got none = {status, amount};
    return report(good && given == whole, "split", amount, weights[0], none);
}

static bool forms(Dec a) {
    Dec normal = dec_normal(a);
    Big least = shortened(big_of(a), 0);
    Got none = {OK, normal};
    bool good =
        normal.scale == (least.n == 0 ? 0 : least.scale) && big_cmp(big_of(normal), least) == 0;
    int64_t whole = 0;
    bool is_int = least.scale == 0;
    good = good && dec_is_int(a) == is_int && (dec_to_i64(a, &whole) == OK) == is_int &&
           (!is_int || whole == normal.coef);
    Got at = {0};
    int scale = (int)prop_roll(19);
    at.status = dec_rescale(a, scale, &at.v);
    Big want = least.scale > scale ? least : rescaled(least, scale);
    Status status = least.scale > scale ? ERR_INEXACT : fits(want) ? OK : ERR_OVERFLOW;
    good =
        good && at.status == status && (status != OK || (at.v.scale == scale && dec_eq(at.v, a)));
    return report(good, "forms", a, a, none);
}

static bool holds(void) {
    bool good = true;
    for (uint64_t i = 0; i < prop_rounds && good; i++) {
        Dec a = any_dec(), b = prop_roll(20) == 0 ? a : any_dec(), c = any_dec(), d = any_dec();
        good = sums_and_products(a, b) && exact_quotient(a, b) && rounded_quotient(a, b) &&
               rounding(a) && floors(a, b) && ratios(a, b, c, d) && texts(a) && splits() &&
               forms(a);
        if (!good)
            printf("in round %llu\n", (unsigned long long)i);
    }
    return good;
}

int main(int argc, char **argv) {
    prop_start(argc, argv, 30000);
    return prop_end(holds());
}
