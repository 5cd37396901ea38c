/* base: decimals: standing cases, and the published ones when they lie in ../shared/data/decimal.
 * What holds for all numbers is in tests/prop/prop_dec.c. */
#include "engine/base/dec.h"

#include <ctype.h>

#include "tests/unit/unit.h"

/* The number a text says, which must be one. */
static Dec dec(const char *text) {
    Dec d = {0};
    Status status = dec_parse(str_of(text), &d);
    if (status != OK)
        printf("no number: %s\n", text);
    EXPECT_INT(status, OK);
    return d;
}

/* The text of d, or what went wrong, in `to`. */
static Str said(Status status, Dec d, Buf *to) {
    buf_reset(to);
    if (status == OK)
        dec_put(to, d);
    else
        put_text(to, str_of(status_text(status)));
    return buf_str(to);
}

typedef Status Operation(Dec a, Dec b, Dec *out);

typedef struct Case {
    const char *a, *b, *result;
} Case;

static void check_cases(Operation *op, const Case *cases, size_t n) {
    Buf b = {0};
    for (size_t i = 0; i < n; i++) {
        Dec out = {0};
        Status status = op(dec(cases[i].a), dec(cases[i].b), &out);
        Str got = said(status, out, &b);
        if (!str_eq(got, str_of(cases[i].result)))
            printf("with %s and %s:\n", cases[i].a, cases[i].b);
        EXPECT_STR(got, str_of(cases[i].result));
    }
    buf_free(&b);
}
#define CHECK_CASES(op, cases) check_cases(op, cases, sizeof(cases) / sizeof *(cases))

#define MOST "9223372036854775807"
#define LEAST "-9223372036854775808"
static const char OVERFLOWS[] = "a number does not fit";
static const char INEXACT[] = "the result is not exact";
static const char BYZERO[] = "division by zero";

TEST(dec_parse_keeps_the_scale) {
    static const char *const cases[][2] = {
        {"0", "0"},
        {"-0", "0"},
        {"0.00", "0.00"},
        {"80.00", "80.00"},
        {"-0.5", "-0.5"},
        {"+3.10", "3.10"},
        {"1e3", "1000"},
        {"1.50e1", "15.0"},
        {"1.5E+3", "1500"},
        {"25e-3", "0.025"},
        {"0e999999999999999999999", "0"},
        {"0e-999999999999999999999", "0.000000000000000000"},
        {MOST, MOST},
        {LEAST, LEAST},
        {"9223372036854775807.000", MOST},
        {"-922337203685477580.80", "-922337203685477580.8"},
        {"0.000000000000000001", "0.000000000000000001"},
        {"0.1000000000000000000000", "0.100000000000000000"},
        {"10000000000000000000000e-4", "1000000000000000000"},
        {"1234567890123456789000e-4", "123456789012345678.9"},
        {"0.00000000000000000000001e23", "1"},
    };
    Buf b = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        EXPECT_STR(said(OK, dec(cases[i][0]), &b), str_of(cases[i][1]));
    buf_free(&b);
}

TEST(dec_parse_refuses) {
    static const char *const bad[] = {
        "",    " 1",  "1 ",   "-",    "+",   ".",   ".5",   "5.",    "1.e1",
        "01",  "-00", "1..2", "1.2.", "1e",  "1e+", "1e1.", "0x1",   "1f",
        "--1", "+-1", "1,0",  "NaN",  "1_0", "inf", "e1",   "1e--1", "1\xEF\xBC\x91"};
    static const char *const big[] = {
        "9223372036854775808",    "-9223372036854775809",    "1e19",
        "10000000000000000000.1", "1e999999999999999999999", "9223372036854775808.5"};
    static const char *const fine[] = {"0.0000000000000000001",    "1e-19",
                                       "1e-999999999999999999999", "9223372036854775807.1",
                                       "-9223372036854775808.5",   "1.2345678901234567890123"};
    Dec d = {7, 7};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT_INT(dec_parse(str_of(bad[i]), &d), ERR_SYNTAX);
    for (size_t i = 0; i < sizeof big / sizeof *big; i++)
        EXPECT_INT(dec_parse(str_of(big[i]), &d), ERR_OVERFLOW);
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        EXPECT_INT(dec_parse(str_of(fine[i]), &d), ERR_INEXACT);
    EXPECT_INT(dec_parse((Str){NULL, 0}, &d), ERR_SYNTAX);
    EXPECT(d.coef == 7 && d.scale == 7);
}

TEST(dec_parse_source_takes_underscores_between_digits) {
    Buf b = {0};
    Dec d = {0};
    EXPECT_STR(said(dec_parse_source(S("10_000"), &d), d, &b), S("10000"));
    EXPECT_STR(said(dec_parse_source(S("1_0.0_1e2"), &d), d, &b), S("1001"));
    static const char *const bad[] = {"_1",   "1_",   "1__0",  "1_.5", "1._5",
                                      "1.5_", "1_e5", "1e1_0", "0_1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT_INT(dec_parse_source(str_of(bad[i]), &d), ERR_SYNTAX);
    buf_free(&b);
}

TEST(dec_add_keeps_scale) {
    static const Case cases[] = {
        {"1.20", "1.3", "2.50"},
        {"0.1", "0.2", "0.3"},
        {"1", "-1.00", "0.00"},
        {"-5", "2", "-3"},
        {MOST, "0.00", MOST},
        {MOST, "1", OVERFLOWS},
        {"9000000000000000000", "0.10", OVERFLOWS},
        {"900000000000000000", "0.10", "900000000000000000.1"},
        {LEAST, "1", "-9223372036854775807"},
        {"9223372036854775.80", "0.000000000000000001", OVERFLOWS},
    };
    CHECK_CASES(dec_add, cases);
}

TEST(dec_sub_keeps_scale) {
    static const Case cases[] = {
        {"1.20", "1.3", "-0.10"}, {"0.3", "0.10", "0.20"},
        {"0", LEAST, OVERFLOWS},  {LEAST, "1", OVERFLOWS},
        {"-1", MOST, LEAST},      {"100000000000000000", "0.00", "100000000000000000.0"},
    };
    CHECK_CASES(dec_sub, cases);
}

TEST(dec_mul_adds_scales) {
    static const Case cases[] = {
        {"1.20", "1.3", "1.560"},
        {"80.00", "0.05", "4.0000"},
        {"-3", "0.00", "0.00"},
        {"0.0000000010", "0.0000000010", "0.000000000000000001"},
        {"0.0000000001", "0.0000000001", INEXACT},
        {"0.999999999999999999", "0.999999999999999999", INEXACT},
        {"3037000500", "3037000500", OVERFLOWS},
        {"3037000500.00", "3037000500.00", OVERFLOWS},
        {"4000000000", "2000000000.5", "8000000002000000000"},
        {"4000000000.0", "2000000000.50", "8000000002000000000"},
        {LEAST, "-1", OVERFLOWS},
        {LEAST, "1", LEAST},
    };
    CHECK_CASES(dec_mul, cases);
}

TEST(dec_div_is_exact_or_refused) {
    static const Case cases[] = {
        {"2.40", "2", "1.20"},
        {"1", "8", "0.125"},
        {"6", "2", "3"},
        {"6.00", "2.0", "3.0"},
        {"1.00", "0.010", "100"},
        {"0.00", "7", "0.00"},
        {"1", "3", INEXACT},
        {"1", "0.00", BYZERO},
        {"0", "0", BYZERO},
        {"1", "262144", "0.000003814697265625"},
        {"1", "524288", INEXACT},
        {"-1", "-4", "0.25"},
        {MOST, "0.1", OVERFLOWS},
        {MOST, "0.000000000000000003", OVERFLOWS},
        {LEAST, "-1", OVERFLOWS},
        {LEAST, "2", "-4611686018427387904"},
        {MOST, MOST, "1"},
        {"0.000000000000000001", MOST, INEXACT},
        {"9000000000000000000.0", "1", "9000000000000000000"},
    };
    CHECK_CASES(dec_div, cases);
}

TEST(dec_floor_div_and_mod_go_by_floor) {
    static const Case floors[] = {
        {"7", "2", "3"},          {"-7", "2", "-4"},        {"7", "-2", "-4"},
        {"-7", "-2", "3"},        {"7.5", "0.5", "15"},     {"1", "0", BYZERO},
        {LEAST, "-1", OVERFLOWS}, {MOST, "0.1", OVERFLOWS}, {"-0.1", MOST, "-1"}};
    static const Case mods[] = {
        {"7", "2", "1"},    {"-7", "2", "1"},          {"7", "-2", "-1"},
        {"-7", "-2", "-1"}, {"7.5", "0.50", "0.00"},   {"-1.25", "1", "0.75"},
        {"1", "0", BYZERO}, {"-0.1", MOST, OVERFLOWS}, {"5", "7.00", "5.00"}};
    CHECK_CASES(dec_floor_div, floors);
    CHECK_CASES(dec_mod, mods);
}

TEST(dec_rounds_by_each_rule) {
    /* What each rule makes of a number with one place. */
    static const struct {
        const char *a, *by_rule[DEC_FLOOR + 1];
    } cases[] = {
        {"2.5", {"3", "2", "2", "3", "2", "3", "2"}},
        {"3.5", {"4", "4", "3", "4", "3", "4", "3"}},
        {"-2.5", {"-3", "-2", "-2", "-3", "-2", "-2", "-3"}},
        {"2.4", {"2", "2", "2", "3", "2", "3", "2"}},
        {"2.6", {"3", "3", "3", "3", "2", "3", "2"}},
        {"-0.1", {"0", "0", "0", "-1", "0", "0", "-1"}},
        {"-2.6", {"-3", "-3", "-3", "-3", "-2", "-2", "-3"}},
        {"7", {"7", "7", "7", "7", "7", "7", "7"}},
    };
    Buf b = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (DecRound how = DEC_HALF_UP; how <= DEC_FLOOR; how++) {
            Dec d = {0};
            Status status = dec_round(dec(cases[i].a), 0, how, &d);
            EXPECT_STR(said(status, d, &b), str_of(cases[i].by_rule[how]));
            status = dec_div_round(dec(cases[i].a), dec_of_i64(1), 0, how, &d);
            EXPECT_STR(said(status, d, &b), str_of(cases[i].by_rule[how]));
        }
    buf_free(&b);
}

TEST(dec_round_gives_the_places) {
    Buf b = {0};
    Dec d = {0};
    EXPECT_STR(said(dec_round(dec("80.5"), 2, DEC_HALF_UP, &d), d, &b), S("80.50"));
    EXPECT_STR(said(dec_round(dec("0.005"), 2, DEC_HALF_EVEN, &d), d, &b), S("0.00"));
    EXPECT_STR(said(dec_round(dec("9.995"), 2, DEC_HALF_UP, &d), d, &b), S("10.00"));
    EXPECT_STR(said(dec_round(dec(MOST), 2, DEC_UP, &d), d, &b), S(MOST));
    EXPECT_STR(said(dec_round(dec("922337203685477580.7"), 0, DEC_UP, &d), d, &b),
               S("922337203685477581"));
    EXPECT_STR(said(dec_div_round(dec("1"), dec("3"), 4, DEC_HALF_UP, &d), d, &b), S("0.3333"));
    EXPECT_STR(said(dec_div_round(dec("2.00"), dec("-3"), 18, DEC_HALF_UP, &d), d, &b),
               S("-0.666666666666666667"));
    EXPECT_STR(said(dec_div_round(dec("0.000000000000000001"), dec("3"), 0, DEC_UP, &d), d, &b),
               S("1"));
    EXPECT_STR(said(dec_div_round(dec(MOST), dec("0.7"), 0, DEC_DOWN, &d), d, &b), S(OVERFLOWS));
    EXPECT_STR(said(dec_div_round(dec(MOST), dec("0.000000000000000001"), 18, DEC_DOWN, &d), d, &b),
               S(OVERFLOWS));
    EXPECT_STR(said(dec_div_round(dec(MOST), dec("1"), 2, DEC_DOWN, &d), d, &b), S(MOST));
    EXPECT_INT(dec_div_round(dec("1"), dec("0"), 2, DEC_DOWN, &d), ERR_BYZERO);
    EXPECT_INT(dec_round(dec("1"), 19, DEC_UP, &d), ERR_LIMIT);
    EXPECT_INT(dec_round(dec("1"), -1, DEC_UP, &d), ERR_LIMIT);
    EXPECT_INT(dec_div_round(dec("1"), dec("1"), 19, DEC_UP, &d), ERR_LIMIT);
    EXPECT_INT(dec_rescale(dec("1"), 19, &d), ERR_LIMIT);
    EXPECT_INT(dec_rescale(dec("1.01"), 1, &d), ERR_INEXACT);
    EXPECT_INT(dec_rescale(dec(MOST), 1, &d), ERR_OVERFLOW);
    EXPECT_STR(said(dec_rescale(dec("1.5"), 3, &d), d, &b), S("1.500"));
    buf_free(&b);
}

TEST(dec_cmp_goes_by_value) {
    EXPECT(dec_cmp(dec("1.0"), dec("1.00")) == 0);
    EXPECT(dec_eq(dec("7.00"), dec("7")));
    EXPECT(dec_cmp(dec("-0.1"), dec("0.01")) < 0);
    EXPECT(dec_cmp(dec(MOST), dec("0.000000000000000001")) > 0);
    EXPECT(dec_cmp(dec(LEAST), dec("-9.223372036854775808")) < 0);
    EXPECT_INT(dec_max(dec("1.0"), dec("1.00")).scale, 1);
    EXPECT_INT(dec_min(dec("1.0"), dec("1.00")).scale, 1);
    EXPECT(dec_eq(dec_min(dec("2"), dec("1.5")), dec("1.5")));
    EXPECT(dec_eq(dec_max(dec("2"), dec("2.5")), dec("2.5")));
    EXPECT(dec_sign(dec("-0.01")) == -1 && dec_sign(dec("0.00")) == 0 && dec_sign(dec("3")) == 1);
}

TEST(dec_normal_is_one_form_of_a_value) {
    Dec d = dec_normal(dec("7.00"));
    EXPECT(d.coef == 7 && d.scale == 0);
    d = dec_normal(dec("0.000"));
    EXPECT(d.coef == 0 && d.scale == 0);
    d = dec_normal(dec("-1.20"));
    EXPECT(d.coef == -12 && d.scale == 1);
    d = dec_normal(dec("100"));
    EXPECT(d.coef == 100 && d.scale == 0);
    int64_t v = 0;
    EXPECT(dec_is_int(dec("7.00")) && !dec_is_int(dec("7.01")));
    EXPECT(dec_to_i64(dec("-7.00"), &v) == OK && v == -7);
    EXPECT_INT(dec_to_i64(dec("7.01"), &v), ERR_INEXACT);
    EXPECT_INT(dec_neg(dec(LEAST), &d), ERR_OVERFLOW);
    EXPECT_INT(dec_abs(dec(LEAST), &d), ERR_OVERFLOW);
    EXPECT(dec_neg(dec("1.50"), &d) == OK && d.coef == -150 && d.scale == 2);
    EXPECT(dec_abs(dec("-1.50"), &d) == OK && d.coef == 150 && d.scale == 2);
}

static void check_split(const char *amount, const char *const *weights, size_t n,
                        const char *want) {
    Dec w[8], parts[8];
    Buf b = {0}, one = {0};
    for (size_t i = 0; i < n && weights != NULL; i++)
        w[i] = dec(weights[i]);
    Status status = dec_split(dec(amount), weights == NULL ? NULL : w, n, parts);
    for (size_t i = 0; i < n && status == OK; i++) {
        put_text(&b, i > 0 ? S(" ") : S(""));
        put_text(&b, said(OK, parts[i], &one));
    }
    EXPECT_STR(status == OK ? buf_str(&b) : str_of(status_text(status)), str_of(want));
    buf_free(&b);
    buf_free(&one);
}

TEST(dec_split_keeps_the_sum) {
    check_split("100.00", NULL, 3, "33.34 33.33 33.33");
    check_split("-100.00", NULL, 3, "-33.34 -33.33 -33.33");
    check_split("0.02", NULL, 3, "0.01 0.01 0.00");
    check_split("10", (const char *const[]){"1", "1", "2"}, 3, "3 2 5");
    check_split("100", (const char *const[]){"21.5", "33.3", "45.2"}, 3, "22 33 45");
    check_split("1.00", (const char *const[]){"0", "5", "0.00"}, 3, "0.00 1.00 0.00");
    check_split(LEAST, (const char *const[]){"1", "1"}, 2,
                "-4611686018427387904 -4611686018427387904");
    check_split("1", (const char *const[]){"0", "0.0"}, 2, BYZERO);
    check_split("1", (const char *const[]){"1", "-1"}, 2, status_text(ERR_LIMIT));
    check_split("1", (const char *const[]){MOST, "1"}, 2, OVERFLOWS);
    check_split("1", (const char *const[]){MOST, "0.1"}, 2, OVERFLOWS);
    check_split("1", NULL, 0, status_text(ERR_LIMIT));
    check_split("10.0", (const char *const[]){"1.0000000000000000", "10", "9"}, 3, "0.5 5.0 4.5");
}

TEST(ratio_cmp_is_exact) {
    Ratio fraction = {dec("1"), dec("3")};
    EXPECT(ratio_cmp_dec(fraction, dec("0.333333333333333333")) > 0);
    EXPECT(ratio_cmp_dec(fraction, dec("0.333333333333333334")) < 0);
    EXPECT(ratio_cmp_dec((Ratio){dec("5.00"), dec("100")}, dec("0.05")) == 0);
    EXPECT(ratio_cmp_dec((Ratio){dec(MOST), dec("0.000000000000000001")}, dec(MOST)) > 0);
    EXPECT(ratio_cmp_dec((Ratio){dec("0.000000000000000001"), dec(MOST)},
                         dec("0.000000000000000001")) < 0);
    EXPECT(ratio_cmp_dec((Ratio){dec("-1"), dec("3")}, dec("0")) < 0);
    EXPECT(ratio_cmp_dec((Ratio){dec("0"), dec("-3")}, dec("0.00")) == 0);
    EXPECT(ratio_cmp((Ratio){dec("-2"), dec("-4")}, (Ratio){dec("0.1"), dec("0.20")}) == 0);
    EXPECT(ratio_cmp((Ratio){dec(MOST), dec("2")}, (Ratio){dec("9223372036854775806"), dec("2")}) >
           0);
    EXPECT(ratio_cmp((Ratio){dec("1"), dec("-3")}, (Ratio){dec("-1"), dec("2")}) > 0);
    Dec d = {0};
    Buf b = {0};
    EXPECT_STR(said(ratio_round(fraction, 6, DEC_HALF_EVEN, &d), d, &b), S("0.333333"));
    buf_free(&b);
}

/* The published cases. */

/* A number of the suite ("12.", ".5", "00.5", "1E+5") in the form that dec_parse reads, in `to`. */
static Str json_form(Str s, char to[300]) {
    size_t n = 0, i = 0;
    if (s.n > 280)
        return (Str){to, 0};
    if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
        to[n++] = s.p[i++];
    while (i + 1 < s.n && s.p[i] == '0' && isdigit((unsigned char)s.p[i + 1]))
        i++;
    if (i < s.n && s.p[i] == '.')
        to[n++] = '0';
    for (; i < s.n; i++) {
        bool bare = s.p[i] == '.' && (i + 1 == s.n || !isdigit((unsigned char)s.p[i + 1]));
        if (!bare)
            to[n++] = s.p[i];
    }
    return (Str){to, n};
}

static Status suite_number(Str s, Dec *out) {
    char form[300];
    Status status = dec_parse(json_form(s, form), out);
    if (status == ERR_SYNTAX)
        printf("no number: %.*s\n", STR_ARG(s));
    EXPECT(status != ERR_SYNTAX);
    return status;
}

/* The suite's integer division and remainder cut towards zero; ours goes by floor. */
static Status cut_div(Dec a, Dec b, Dec *out) {
    int sign = dec_sign(a) * dec_sign(b);
    TRY(dec_abs(a, &a));
    TRY(dec_abs(b, &b));
    TRY(dec_floor_div(a, b, out));
    return sign < 0 ? dec_neg(*out, out) : OK;
}

static Status cut_mod(Dec a, Dec b, Dec *out) {
    int sign = dec_sign(a);
    TRY(dec_abs(a, &a));
    TRY(dec_abs(b, &b));
    TRY(dec_mod(a, b, out));
    return sign < 0 ? dec_neg(*out, out) : OK;
}

static Status suite_operation(Str op, Dec a, Dec b, Dec c, Dec *out) {
    *out = a;
    if (str_eq(op, S("add")))
        return dec_add(a, b, out);
    if (str_eq(op, S("subtract")))
        return dec_sub(a, b, out);
    if (str_eq(op, S("multiply")))
        return dec_mul(a, b, out);
    if (str_eq(op, S("divide")))
        return dec_div(a, b, out);
    if (str_eq(op, S("divideint")))
        return cut_div(a, b, out);
    if (str_eq(op, S("remainder")))
        return cut_mod(a, b, out);
    if (str_eq(op, S("compare")))
        return *out = dec_of_i64(dec_cmp(a, b)), OK;
    if (str_eq(op, S("max")))
        return *out = dec_max(a, b), OK;
    if (str_eq(op, S("min")))
        return *out = dec_min(a, b), OK;
    if (str_eq(op, S("abs")))
        return dec_abs(a, out);
    if (str_eq(op, S("minus")))
        return dec_neg(a, out);
    if (str_eq(op, S("reduce")))
        return *out = dec_normal(a), OK;
    if (str_eq(op, S("fma"))) {
        TRY(dec_mul(a, b, out));
        return dec_add(*out, c, out);
    }
    EXPECT_STR(op, S("plus"));
    return OK;
}

static FILE *open_data(const char *path) {
    FILE *f = fopen(path, "r");
    if (f == NULL)
        printf("skipped: %s, for %s is not there\n", unit_name, path);
    return f;
}

/* The next row's fields; false at the end. */
static bool next_row(FILE *f, char line[1000], Str *fields, size_t n) {
    if (fgets(line, 1000, f) == NULL)
        return false;
    Str rest = str_trim(str_of(line));
    for (size_t i = 0; i < n; i++)
        str_cut(rest, ',', &fields[i], &rest);
    return true;
}

typedef struct Tally {
    int rows, in_range, refused, beyond;
} Tally;

static void exact_row(const Str *f, Tally *t) {
    Dec a = {0}, b = {0}, c = {0}, want = {0}, got = {0};
    t->rows++;
    if (suite_number(f[2], &a) != OK || (f[3].n > 0 && suite_number(f[3], &b) != OK) ||
        (f[4].n > 0 && suite_number(f[4], &c) != OK)) {
        t->beyond++;
        return;
    }
    Status status = suite_operation(f[1], a, b, c, &got);
    if (suite_number(f[5], &want) != OK) { /* then ours must say so too */
        EXPECT(status == ERR_OVERFLOW || status == ERR_INEXACT);
        t->refused++;
        return;
    }
    Dec product;
    bool fits = !str_eq(f[1], S("fma")) || dec_mul(a, b, &product) == OK;
    bool right = fits ? status == OK && dec_eq(got, want) : status != OK;
    if (!right)
        printf("%.*s %.*s: %s\n", STR_ARG(f[0]), STR_ARG(f[1]), status_text(status));
    EXPECT(right);
    t->in_range += fits;
    t->refused += !fits;
}

TEST(dec_published_exact_cases) {
    FILE *f = open_data("../shared/data/decimal/exact.csv");
    char line[1000];
    Str fields[6];
    Tally t = {0};
    if (f == NULL)
        return;
    (void)next_row(f, line, fields, 6);
    while (next_row(f, line, fields, 6))
        exact_row(fields, &t);
    fclose(f);
    EXPECT(t.in_range > 0);
    printf(
        "exact cases: %d, of which %d in range and right, %d with a result beyond it and refused, "
        "%d with operands beyond it\n",
        t.rows, t.in_range, t.refused, t.beyond);
}

TEST(dec_published_cases_without_result) {
    FILE *f = open_data("../shared/data/decimal/no_result.csv");
    char line[1000];
    Str fields[5];
    int rows = 0, in_range = 0;
    if (f == NULL)
        return;
    (void)next_row(f, line, fields, 5);
    for (; next_row(f, line, fields, 5); rows++) {
        Dec a = {0}, b = {0}, got = {0};
        EXPECT_STR(fields[1], S("divide"));
        if (suite_number(fields[2], &a) != OK || suite_number(fields[3], &b) != OK)
            continue;
        in_range++;
        Status status = dec_div(a, b, &got);
        Dec whole = {0};
        bool fits = cut_div(a, b, &whole) == OK;
        EXPECT_INT(status, str_eq(fields[4], S("by-zero")) ? ERR_BYZERO
                           : fits                          ? ERR_INEXACT
                                                           : ERR_OVERFLOW);
    }
    fclose(f);
    EXPECT(in_range > 0);
    printf("cases without a result: %d, of which %d in range, all refused\n", rows, in_range);
}

/* "rounding: NAME" lines and "ID quantize A B -> RESULT" lines; B's places are what to round to. */

static int rule_named(Str name) {
    static const char *const names[] = {"half_up", "half_even", "half_down", "up",
                                        "down",    "ceiling",   "floor"};
    for (int i = 0; i <= DEC_FLOOR; i++)
        if (str_eq(name, str_of(names[i])))
            return i;
    return -1;
}

/* The next word of s, which is moved behind it. */
static Str word(Str *s) {
    Str head;
    *s = str_trim(*s);
    str_cut(*s, ' ', &head, s);
    return head;
}

/* Whether this was a case that our numbers can hold. */
static bool quantize_row(Str row, int rule) {
    Str head = word(&row), op = word(&row), a_text = word(&row), b_text = word(&row);
    Str arrow = word(&row), result = word(&row);
    Dec a = {0}, b = {0}, want = {0}, got = {0};
    bool a_case = str_eq(op, S("quantize")) && str_eq(arrow, S("->")) && !str_eq(result, S("NaN"));
    if (!a_case || rule < 0 || str_find(result, '+') >= 0 || str_find(a_text, '#') >= 0)
        return false;
    if (suite_number(a_text, &a) != OK || suite_number(b_text, &b) != OK ||
        suite_number(result, &want) != OK || b.scale != want.scale)
        return false;
    Status status = dec_round(a, b.scale, (DecRound)rule, &got);
    bool right = status == OK && got.coef == want.coef && got.scale == want.scale;
    if (!right)
        printf("%.*s\n", STR_ARG(head));
    EXPECT(right);
    return true;
}

TEST(dec_published_roundings) {
    static const char *const files[] = {"quantize", "ddQuantize", "dqQuantize"};
    int count = 0, by_rule[DEC_FLOOR + 1] = {0};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[100], line[1000];
        snprintf(path, sizeof path, "../shared/data/decimal/%s.decTest", files[i]);
        FILE *f = open_data(path);
        int rule = -1;
        if (f == NULL)
            return;
        while (fgets(line, sizeof line, f) != NULL) {
            Str row = str_trim(str_of(line));
            if (str_starts(row, S("rounding:")))
                rule = rule_named(str_trim(str_from(row, 9)));
            else if (!str_starts(row, S("--")) && quantize_row(row, rule))
                count++, by_rule[rule]++;
        }
        fclose(f);
    }
    for (int i = 0; i <= DEC_FLOOR; i++)
        EXPECT(by_rule[i] > 0);
    printf("roundings: %d in range, all right\n", count);
}

UNIT_MAIN(T(dec_parse_keeps_the_scale) T(dec_parse_refuses)
              T(dec_parse_source_takes_underscores_between_digits) T(dec_add_keeps_scale)
                  T(dec_sub_keeps_scale) T(dec_mul_adds_scales) T(dec_div_is_exact_or_refused)
                      T(dec_floor_div_and_mod_go_by_floor) T(dec_rounds_by_each_rule)
                          T(dec_round_gives_the_places) T(dec_cmp_goes_by_value)
                              T(dec_normal_is_one_form_of_a_value) T(dec_split_keeps_the_sum)
                                  T(ratio_cmp_is_exact) T(dec_published_exact_cases)
                                      T(dec_published_cases_without_result)
                                          T(dec_published_roundings))
