/* base: exact decimal numbers, for money, percents and all else that counts. No result is rounded
 * unless a rounding was asked for by name: what does not fit is an error.
 *
 * A Dec is coef / 10^scale; the scale, 0 to 18, is what was written: 80.00 keeps its zeros. The
 * value of two Decs can be equal where their scales are not: dec_eq compares values, dec_normal
 * gives the one form of a value for keys and hashes. A zeroed Dec is 0. Any coef is allowed.
 *
 * Where a result has a scale of its own (the larger of two for a sum, their sum for a product) but
 * does not fit with it, zeros at its end are dropped, as few as need be; if that does not help:
 *   ERR_OVERFLOW  the number is too big, beyond 64 bits even as a whole number;
 *   ERR_INEXACT   it is not, but has more places than fit.
 * Sums, differences and remainders know only ERR_OVERFLOW, for both.
 * Functions write *out only when they return OK; out may be one of the operands' own place. */
#ifndef REMIT_BASE_DEC_H
#define REMIT_BASE_DEC_H

#include "engine/base/buf.h"

__extension__ typedef __int128 i128;
__extension__ typedef unsigned __int128 u128;

enum { DEC_SCALE_MAX = 18 };

typedef struct Dec {
    int64_t coef;
    uint8_t scale; /* 0 to DEC_SCALE_MAX */
} Dec;

/* How a number between two neighbours is brought to one of them. */
typedef enum DecRound {
    DEC_HALF_UP,   /* to the nearer; from the middle away from zero */
    DEC_HALF_EVEN, /* to the nearer; from the middle to the even one */
    DEC_HALF_DOWN, /* to the nearer; from the middle towards zero */
    DEC_UP,        /* away from zero */
    DEC_DOWN,      /* towards zero */
    DEC_CEILING,   /* to the greater */
    DEC_FLOOR,     /* to the lesser */
} DecRound;

/* Text to number: a number of JSON (RFC 8259, section 6), also with '+' before it: "80.00",
 * "-1.5e3". The scale is the number of places written, less the exponent, and at least 0; zeros at
 * the end are dropped where that does not fit. ERR_SYNTAX, ERR_OVERFLOW, ERR_INEXACT. Any length of
 * text. */
MUST_USE Status dec_parse(Str s, Dec *out);
/* The same for source text: single underscores may stand between digits before the exponent:
 * 10_000. */
MUST_USE Status dec_parse_source(Str s, Dec *out);
/* Prints all places: 80.00, -0.5; never an exponent. */
void dec_put(Buf *b, Dec d);

/* What no number is above: the upper end of a range that has none. */
#define DEC_NO_END ((Dec){INT64_MAX, 0})
/* "1..5"; "1.." where there is no upper end. */
void dec_put_range(Buf *b, Dec lo, Dec hi);

static inline Dec dec_of_i64(int64_t v) {
    return (Dec){v, 0};
}
/* ERR_INEXACT if d is not a whole number. */
MUST_USE Status dec_to_i64(Dec d, int64_t *out);
/* The whole number at or below d, and whether d is more than it. */
int64_t dec_floor(Dec d, bool *more);
bool dec_is_int(Dec d); /* by value: 7.00 is */
/* Without zeros behind the point: the one form of its value. */
Dec dec_normal(Dec d);

/* Order by value: < 0, 0, > 0. */
int dec_cmp(Dec a, Dec b);
bool dec_eq(Dec a, Dec b);
int dec_sign(Dec d); /* -1, 0, 1 */
/* The first of equals. */
Dec dec_min(Dec a, Dec b);
Dec dec_max(Dec a, Dec b);

/* ERR_OVERFLOW for the least coefficient only, as it has no opposite. */
MUST_USE Status dec_neg(Dec d, Dec *out);
MUST_USE Status dec_abs(Dec d, Dec *out);
/* Scale: the larger of the two. ERR_OVERFLOW. */
MUST_USE Status dec_add(Dec a, Dec b, Dec *out);
MUST_USE Status dec_sub(Dec a, Dec b, Dec *out);
/* Scale: the sum of the two. ERR_OVERFLOW, ERR_INEXACT. */
MUST_USE Status dec_mul(Dec a, Dec b, Dec *out);
/* The exact quotient, with as few places as it needs but no fewer than a has more than b: 2.40 / 2
 * is 1.20, 1 / 8 is 0.125. ERR_INEXACT also where it never ends (1 / 3). ERR_OVERFLOW, ERR_BYZERO.
 */
MUST_USE Status dec_div(Dec a, Dec b, Dec *out);
/* The greatest whole number not above a / b, and a less b times that: its sign is b's. So for every
 * b but 0, a = b * floor_div + mod. Scale of mod: the larger. ERR_OVERFLOW, ERR_BYZERO. */
MUST_USE Status dec_floor_div(Dec a, Dec b, Dec *out);
MUST_USE Status dec_mod(Dec a, Dec b, Dec *out);

/* d with `places` places (0 to 18, else ERR_LIMIT), rounded if it has more. If it has fewer zeros
 * are added, as many as fit, so that this never overflows. */
MUST_USE Status dec_round(Dec d, int places, DecRound how, Dec *out);
/* a / b rounded once, from its exact value. ERR_OVERFLOW, ERR_BYZERO; ERR_LIMIT as in dec_round. */
MUST_USE Status dec_div_round(Dec a, Dec b, int places, DecRound how, Dec *out);
/* d with just this scale (0 to 18, else ERR_LIMIT). ERR_INEXACT if that loses a digit,
 * ERR_OVERFLOW. */
MUST_USE Status dec_rescale(Dec d, int scale, Dec *out);

/* Parts of `amount` in proportion to the n weights (NULL: equal), each with the amount's scale,
 * whose sum is the amount. Each part is rounded towards zero; what is left goes, one unit of the
 * last place each, to the parts that lost most, and among equals to the first. Writes out[0..n-1],
 * which may not overlap the weights. ERR_LIMIT: n is 0 or a weight is negative. ERR_BYZERO: all
 * weights are 0. ERR_OVERFLOW: the weights, brought to one scale, have a sum beyond 64 bits. After
 * an error out holds nothing of use. */
MUST_USE Status dec_split(Dec amount, const Dec *weights, size_t n, Dec *out);

/* An exact fraction of two Decs, for what a division would round: averages, rates. den is not 0
 * where it is compared (ASSERT); a measure without a denominator is absent, not a Ratio. */
typedef struct Ratio {
    Dec num, den;
} Ratio;

/* Order by exact value, of any two Ratios, or of a Ratio and a threshold. Cannot overflow. */
int ratio_cmp(Ratio a, Ratio b);
int ratio_cmp_dec(Ratio a, Dec b);
/* Its value with `places` places, rounded once. Errors as in dec_div_round. */
MUST_USE Status ratio_round(Ratio a, int places, DecRound how, Dec *out);

#endif
