/* base and run: forms of dates and numbers, paths, and the rows of JSON files: what is read, what
 * is not, and that it does not matter in which pieces a file comes. */
#include "engine/base/form.h"

#include "engine/run/jsonrows.h"
#include "tests/unit/unit.h"

static int64_t local(Str form, Str text) {
    Moment m;
    Status status = form.n == 0 ? moment_read_iso(text, &m) : moment_read(form, text, &m);
    return status == OK             ? m.day * DAY_MS + m.time_ms - m.offset_ms
           : status == ERR_OVERFLOW ? INT64_MAX
                                    : INT64_MIN;
}

static int64_t at(int32_t y, int32_t mo, int32_t d, int32_t h, int32_t mi, int32_t ms) {
    return days_from_civil(y, mo, d) * DAY_MS + (h * 60 + mi) * MINUTE_MS + ms;
}

TEST(a_form_reads_what_it_says) {
    EXPECT_INT(local(S("DD.MM.YYYY hh:mm"), S("31.12.2025 14:05")), at(2025, 12, 31, 14, 5, 0));
    EXPECT_INT(local(S("YYYY/MM/DD h:mm PM"), S("2025/12/31 2:05 PM")), at(2025, 12, 31, 14, 5, 0));
    EXPECT_INT(local(S("YYYY/MM/DD h:mm PM"), S("2025/12/31 12:05 a.m.")),
               at(2025, 12, 31, 0, 5, 0));
    EXPECT_INT(local(S("D MMM YY"), S("1 jan 00")), at(2000, 1, 1, 0, 0, 0));
    EXPECT_INT(local(S("D MMMM YY"), S("1 September 99")), at(1999, 9, 1, 0, 0, 0));
    EXPECT_INT(local(S("YYYYMMDD'T'hhmmssZ"), S("20251231T140500+0100")),
               at(2025, 12, 31, 13, 5, 0));
    EXPECT_INT(local(S("YYYY-MM-DDThh:mm:ss.fZ"), S("2025-12-31T14:05:00.0001Z")),
               at(2025, 12, 31, 14, 5, 1));
    EXPECT_INT(local(S("YYYY-MM-DD hh:mm:ss.f"), S("2025-12-31 23:59:59.9999")),
               at(2026, 1, 1, 0, 0, 0));
    EXPECT_INT(local(S("'at' DD''MM'' YYYY"), S("at 31'12' 2025")), at(2025, 12, 31, 0, 0, 0));
    EXPECT_INT(local(S("epoch seconds"), S("1767188700.5")), at(2025, 12, 31, 13, 45, 500));
    EXPECT_INT(local(S("epoch milliseconds"), S("-1")), at(1969, 12, 31, 23, 59, 59999));
    EXPECT_INT(local(S("hh:mm"), S("14:05")), at(1970, 1, 1, 14, 5, 0));
}

TEST(a_form_reads_nothing_else) {
    static const char *const cases[][2] = {
        {"DD.MM.YYYY", "31.12.25"},
        {"DD.MM.YYYY", "31.12.2025 "},
        {"DD.MM.YYYY", "1.12.2025"},
        {"DD.MM.YYYY", "31.02.2025"},
        {"DD.MM.YYYY", "31-12-2025"},
        {"DD.MM.YYYY", ""},
        {"DD.MM.YYYY", "00.01.2025"},
        {"DD.MM.YYYY", "01.01.0000"},
        {"D.M.YYYY hh:mm", "1.1.2025 24:00"},
        {"D.M.YYYY hh:mm", "1.1.2025 23:60"},
        {"D.M.YYYY h PM", "1.1.2025 0 AM"},
        {"D.M.YYYY h PM", "1.1.2025 13 PM"},
        {"D MMM YYYY", "1 foo 2025"},
        {"D.M.YYYY hhZ", "1.1.2025 10+25:00"},
        {"D.M.YYYY hhZ", "1.1.2025 10 "},
        {"epoch seconds", "1."},
        {"epoch seconds", "x"},
        {"epoch seconds", "-"},
        {"", "2025-1-1"},
        {"", "2025-01-01 9:00"},
        {"", "2025-01-01x"},
        {"", "2025-01-01 09:00:00+"},
        {"", "2025-01-01T09"},
        {"", "2025-02-29"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        EXPECT_INT(local(str_of(cases[i][0]), str_of(cases[i][1])), INT64_MIN);
    EXPECT_INT(local(S("YYYY-MM-DD hh:mm:ss.f"), S("9999-12-31 23:59:59.9999")), INT64_MAX);
    EXPECT_INT(local(S("epoch seconds"), S("99999999999999999999")), INT64_MAX);
}

TEST(iso_needs_no_form) {
    EXPECT_INT(local(S(""), S("2025-12-31")), at(2025, 12, 31, 0, 0, 0));
    EXPECT_INT(local(S(""), S("2025-12-31T14:05")), at(2025, 12, 31, 14, 5, 0));
    EXPECT_INT(local(S(""), S("2025-12-31 14:05:00.276000+02:00")), at(2025, 12, 31, 12, 5, 276));
    EXPECT_INT(local(S(""), S("2025-12-31 14:05+0200")), at(2025, 12, 31, 12, 5, 0));
    EXPECT_INT(local(S(""), S("2025-12-31 14:05:00,5Z")), at(2025, 12, 31, 14, 5, 500));
}

TEST(a_form_is_checked) {
    static const char *const bad[] = {"dd.MM.YYYY", "DD.MM",       "mm:ss", "DD.MM.YYYY DD",
                                      "hh:mm f",    "x",           "'T",    "",
                                      "MM.YYYY",    "YYYY-MM-DD Z"};
    const char *why;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        MomentForm form = moment_form(str_of(bad[i]), &why);
        EXPECT(!form.date && !form.time && why != NULL);
    }
    EXPECT(moment_form(S("hh:mm"), &why).time && why == NULL);
    EXPECT(moment_form(S("YYYY-M-D"), &why).date && why == NULL);
}

static Str number(const char *sample, const char *text, char to[FORM_DIGITS]) {
    NumberForm form;
    Str out;
    if (!number_form(str_of(sample), &form))
        return S("no form");
    return number_read(&form, str_of(text), to, &out) == OK ? out : S("none");
}

TEST(numbers_are_as_they_are_written) {
    static const char *const cases[][3] = {
        {"1.234,56", "1.234.567,8", "1234567.8"},
        {"1.234,56", "-12,5", "-12.5"},
        {"1.234,56", "1234,5", "1234.5"},
        {"1.234,56", "12.34,5", "none"},
        {"1.234,56", "1234.567,8", "none"},
        {"1.234,56", "1.2345", "none"},
        {"1.234,56", "1,", "none"},
        {"1.234,56", ",5", "none"},
        {"1.234,56", "1.", "none"},
        {"1.234,56", "", "none"},
        {"1.234,56", "--1", "none"},
        {"1.234,56", "1e3", "none"},
        {"1,234", "1,234", "1234"},
        {"1,234", "1,234.5", "none"},
        {"1234,56", "1.234,56", "none"},
        {"1'234.56", "1'234.56", "1234.56"},
        {"1 234,56",
         "1\xC2\xA0"
         "234,56",
         "1234.56"},
        {"1234.56", "+7", "7"},
        {"1234", "1234567890123456789012345678901234567890", "none"},
        {"1.234,5", "1", "no form"},
        {"1.234.56", "1", "no form"},
        {"1", "1", "no form"},
        {"12345", "1", "no form"},
        {",", "1", "no form"},
        {"1a234,56", "1", "no form"},
    };
    char to[FORM_DIGITS];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        EXPECT_STR(number(cases[i][0], cases[i][1], to), str_of(cases[i][2]));
}

TEST(a_path_has_steps) {
    PathStep s[PATH_STEPS];
    EXPECT_INT(path_steps(S("a.b[2].c"), s), 4);
    EXPECT_STR(s[1].name, S("b"));
    EXPECT(s[2].item && s[2].place == 2);
    EXPECT_INT(path_steps(S("['a.b'][0]['c]d']"), s), 3);
    EXPECT_STR(s[2].name, S("c]d"));
    static const char *const bad[] = {"",
                                      ".",
                                      "a.",
                                      ".a",
                                      "a..b",
                                      "a[",
                                      "a[]",
                                      "a[x]",
                                      "a]",
                                      "[''",
                                      "['']",
                                      "a[1]b",
                                      "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT(!path_ok(str_of(bad[i])));
}

/* All rows of a text that comes in pieces of `piece` bytes, with bars between them; ! before what
 * is broken. */
static Str rows(Str path, Str text, size_t piece, char *to) {
    JsonRows r;
    size_t from = 0, have = 0, n = 0;
    json_rows_init(&r, path);
    for (;;) {
        Str row = {NULL, 0}, rest = {text.p + from, have - from};
        size_t used;
        RowsNow now = json_rows_next(&r, rest, have == text.n, &used, &row);
        from += used;
        if (now == ROWS_OVER)
            break;
        if (now == ROWS_MORE) {
            have = have + piece < text.n ? have + piece : text.n;
            continue;
        }
        if (now == ROWS_BAD)
            to[n++] = '!';
        memcpy(to + n, row.p, now == ROWS_BAD ? 0 : row.n);
        n += now == ROWS_BAD ? 0 : row.n;
        to[n++] = '|';
    }
    return (Str){to, n};
}

TEST(rows_come_the_same_in_any_pieces) {
    static const char *const cases[][3] = {
        {"", "{\"a\":1}\n\n {\"b\":2}", "{\"a\":1}|{\"b\":2}|"},
        {"", "[1, \"]\", {\"a\":[\"\\\"}\"]}, null]", "1|\"]\"|{\"a\":[\"\\\"}\"]}|null|"},
        {"", "[]", ""},
        {"", "", ""},
        {"", "[1,2] [3]", "1|2|3|"},
        {"", "[1,{\"a\":2", "1|!|"},
        {"", "[1,}2]", "1|!|"},
        {"a.b", "{\"x\":{\"b\":[9]},\"a\":{\"c\":\"}\",\"b\":[1,[2]],\"d\":{}},\"e\":[\"]\"]}",
         "1|[2]|"},
        {"a.b", "{\"a\":{\"b\":[1]}}\n{\"a\":{\"b\":[2]}}\n", "1|2|"},
        {"a.b", "{\"a\":{\"b\":{\"c\":1}}}", "{\"c\":1}|"},
        {"a.b", "{\"a\":7}{\"a\":{}}{}", ""},
        {"a.b", "{\"a\" \"b\"}", "!|"},
        {"a.b", "{\"a\":{\"b\":[1]}", "1|!|"},
        {"[1].x", "[{\"x\":[1]},{\"y\":2,\"x\":[3,4]},{\"x\":[5]}]", "3|4|"},
        {"[5]", "[[1],[2]]", ""},
    };
    char got[256];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t piece = 1; piece < 40; piece++)
            EXPECT_STR(rows(str_of(cases[i][0]), str_of(cases[i][1]), piece, got),
                       str_of(cases[i][2]));
}

UNIT_MAIN(T(a_form_reads_what_it_says) T(a_form_reads_nothing_else) T(iso_needs_no_form)
              T(a_form_is_checked) T(numbers_are_as_they_are_written) T(a_path_has_steps)
                  T(rows_come_the_same_in_any_pieces))
