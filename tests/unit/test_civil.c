/* base: the civil calendar, instants as text. */
#include "engine/base/civil.h"
#include "tests/unit/unit.h"

#define REFUSES(call) EXPECT((call) == ERR_SYNTAX)

static int64_t at(const char *text) {
    int64_t t = INT64_MIN;
    EXPECT(instant_parse(str_of(text), &t) == OK);
    return t;
}

static void shows(Buf *b, const char *want) {
    EXPECT_STR(buf_str(b), str_of(want));
    buf_reset(b);
}

/* Walks every day there is with nothing but the lengths of months. */
TEST(dates_and_days_agree_over_all_years) {
    int32_t day = DAY_MIN, weekday = 0; /* 0001-01-01 was a Monday */
    int wrong = 0;
    for (int32_t year = 1; year <= 9999; year++) {
        bool leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
        const int lengths[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        for (int32_t month = 1; month <= 12; month++) {
            wrong += civil_days_in_month(year, month) != lengths[month - 1];
            for (int32_t d = 1; d <= lengths[month - 1]; d++, day++, weekday = (weekday + 1) % 7) {
                Civil c = civil_from_days(day);
                wrong += c.year != year || c.month != month || c.day != d;
                wrong += days_from_civil(year, month, d) != day || civil_weekday(day) != weekday;
            }
        }
    }
    EXPECT_INT(wrong, 0);
    EXPECT_INT(day, DAY_MAX + 1);
}

TEST(civil_ok_knows_the_leap_years) {
    EXPECT(civil_ok(2024, 2, 29) && civil_ok(2000, 2, 29));
    EXPECT(!civil_ok(2023, 2, 29) && !civil_ok(1900, 2, 29) && !civil_ok(2026, 4, 31));
    EXPECT(!civil_ok(0, 1, 1) && !civil_ok(10000, 1, 1) && !civil_ok(2026, 13, 1));
    EXPECT(!civil_ok(2026, 0, 1) && !civil_ok(2026, 1, 0));
}

TEST(a_month_after_a_long_month_is_its_last_day) {
    int32_t jan31 = days_from_civil(2026, 1, 31), out;
    EXPECT(civil_add_months(jan31, 1, &out) == OK && out == days_from_civil(2026, 2, 28));
    EXPECT(civil_add_months(jan31, 2, &out) == OK && out == days_from_civil(2026, 3, 31));
    EXPECT(civil_add_months(jan31, 25, &out) == OK && out == days_from_civil(2028, 2, 29));
    EXPECT(civil_add_months(jan31, -2, &out) == OK && out == days_from_civil(2025, 11, 30));
    EXPECT(civil_add_months(jan31, 0, &out) == OK && out == jan31);
    EXPECT(civil_add_months(days_from_civil(2024, 2, 29), 12, &out) == OK);
    EXPECT_INT(out, days_from_civil(2025, 2, 28));
}

TEST(months_stop_at_the_years_there_are) {
    int32_t out;
    EXPECT(civil_add_months(DAY_MAX, 1, &out) == ERR_OVERFLOW);
    EXPECT(civil_add_months(DAY_MIN, -1, &out) == ERR_OVERFLOW);
    EXPECT(civil_add_months(0, INT64_MAX, &out) == ERR_OVERFLOW);
    EXPECT(civil_add_months(0, INT64_MIN, &out) == ERR_OVERFLOW);
    EXPECT(civil_add_months(DAY_MIN, 9999 * 12 - 1, &out) == OK);
    EXPECT_INT(out, days_from_civil(9999, 12, 1));
}

TEST(instants_are_read) {
    EXPECT_INT(at("1970-01-01T00:00:00Z"), 0);
    EXPECT_INT(at("2026-03-02T09:00:00+08:00"), 1772413200000);
    EXPECT_INT(at("2026-03-02T01:00:00Z"), 1772413200000);
    EXPECT_INT(at("2026-03-01T20:00:00-05:00"), 1772413200000);
    EXPECT_INT(at("2026-03-02t01:00:00z"), 1772413200000);
    EXPECT_INT(at("2026-03-02T01:00:00-00:00"), 1772413200000);
    EXPECT_INT(at("1969-12-31T23:59:59.999Z"), -1);
    EXPECT_INT(at("2026-03-02T01:00:00.5Z"), 1772413200500);
    EXPECT_INT(at("0001-01-01T00:00:00Z"), INSTANT_MIN);
    EXPECT_INT(at("9999-12-31T23:59:59.999Z"), INSTANT_MAX);
    EXPECT_INT(at("9999-12-31T23:59:59.999+23:59"), INSTANT_MAX - (23 * 60 + 59) * MINUTE_MS);
}

TEST(digits_finer_than_a_millisecond_round_up) {
    EXPECT_INT(at("1970-01-01T00:00:00.000000000000000000000000000000001Z"), 1);
    EXPECT_INT(at("1970-01-01T00:00:00.1230Z"), 123);
    EXPECT_INT(at("1970-01-01T00:00:00.123000000Z"), 123);
    EXPECT_INT(at("1970-01-01T00:00:00.1230000001Z"), 124);
    EXPECT_INT(at("1970-01-01T00:00:00.99999999+00:00"), 1000);
    EXPECT_INT(at("1969-12-31T23:59:59.9991Z"), 0);
    int64_t t;
    EXPECT(instant_parse(S("9999-12-31T23:59:59.9991Z"), &t) == ERR_OVERFLOW);
}

TEST(leap_seconds_are_read_where_they_can_be) {
    int64_t t;
    EXPECT_INT(at("2016-12-31T23:59:60Z"), at("2017-01-01T00:00:00Z"));
    EXPECT_INT(at("1990-12-31T15:59:60-08:00"), at("1991-01-01T00:00:00Z"));
    EXPECT_INT(at("2017-01-01T07:59:60+08:00"), at("2017-01-01T00:00:00Z"));
    EXPECT_INT(at("2016-12-31T23:59:60.25Z"), at("2017-01-01T00:00:00.250Z"));
    REFUSES(instant_parse(S("2016-12-30T23:59:60Z"), &t));
    REFUSES(instant_parse(S("2016-12-31T22:59:60Z"), &t));
    REFUSES(instant_parse(S("2016-12-31T23:58:60Z"), &t));
    REFUSES(instant_parse(S("2016-12-31T23:59:60+01:00"), &t));
    REFUSES(instant_parse(S("2016-12-31T23:59:61Z"), &t));
    EXPECT(instant_parse(S("9999-12-31T23:59:60Z"), &t) == ERR_OVERFLOW);
}

TEST(what_is_no_instant_is_refused) {
    static const char *const wrong[] = {
        "",
        "yesterday",
        "2026-03-02",
        "2026-03-02T09:00:00",
        "2026-03-02T09:00Z",
        "2026-03-02 09:00:00Z",
        " 2026-03-02T09:00:00Z",
        "2026-03-02T09:00:00Z ",
        "2026-03-02T09:00:00ZZ",
        "2026-03-02T09:00:00,5Z",
        "2026-03-02T09:00:00.Z",
        "2026-03-02T09:00:00.5",
        "2026-03-02T09:00:00.5.5Z",
        "2026-03-02T09:00:00+8:00",
        "2026-03-02T09:00:00+0800",
        "2026-03-02T09:00:00+08",
        "2026-03-02T09:00:00+24:00",
        "2026-03-02T09:00:00+08:60",
        "2026-03-02T09:00:00+08:0a",
        "2026-03-02T09:00:00*08:00",
        "2026-03-02T09:00:00+08-00",
        "2026-03-02T24:00:00Z",
        "2026-03-02T09:60:00Z",
        "2026-03-02T09:00:61Z",
        "2026-13-02T09:00:00Z",
        "2026-00-02T09:00:00Z",
        "2026-03-00T09:00:00Z",
        "2026-03-32T09:00:00Z",
        "2023-02-29T00:00:00Z",
        "26-03-02T09:00:00Z",
        "2026/03/02T09:00:00Z",
        "2026-03-02T09.00.00Z",
        "+026-03-02T09:00:00Z",
        "2026-3-002T09:00:00Z",
        "20260302T090000Z    ",
        "2026-03-02T-9:00:00Z",
        "2026-03-02T09:00:0\xC3Z",
    };
    int64_t t = 7;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (instant_parse(str_of(wrong[i]), &t) != ERR_SYNTAX)
            EXPECT_STR(str_of(wrong[i]), S("refused"));
    EXPECT_INT(t, 7);
}

/* Any single character of a right one made wrong is refused, or it is another right one and comes
 * back. */
TEST(no_character_goes_unread) {
    const char right[] = "2026-03-02T09:00:00+08:00";
    char text[sizeof right];
    Buf b = {0};
    for (size_t i = 0; i < sizeof right - 1; i++)
        for (int c = 0; c < 256; c++) {
            memcpy(text, right, sizeof right);
            text[i] = (char)c;
            int64_t t;
            if (instant_parse((Str){text, sizeof right - 1}, &t) != OK)
                continue;
            int32_t away = (int32_t)((text[20] - '0') * 10 + text[21] - '0') * 60;
            away += (text[23] - '0') * 10 + text[24] - '0';
            put_instant(&b, t, (text[19] == '-' ? -away : away) * (int32_t)MINUTE_MS);
            text[10] = 'T';
            shows(&b, text);
        }
    buf_free(&b);
}

TEST(instants_beyond_the_years_overflow) {
    int64_t t;
    EXPECT(instant_parse(S("0000-06-01T00:00:00Z"), &t) == ERR_OVERFLOW);
    EXPECT(instant_parse(S("0001-01-01T00:00:00+00:01"), &t) == ERR_OVERFLOW);
    EXPECT(instant_parse(S("9999-12-31T23:59:59-00:01"), &t) == ERR_OVERFLOW);
    EXPECT(instant_add(INSTANT_MAX, 1, &t) == ERR_OVERFLOW);
    EXPECT(instant_add(INSTANT_MIN, INT64_MIN, &t) == ERR_OVERFLOW);
    EXPECT(instant_add(INSTANT_MIN - 1, 1, &t) == ERR_OVERFLOW);
    EXPECT(instant_add(INSTANT_MIN, INSTANT_MAX - INSTANT_MIN, &t) == OK && t == INSTANT_MAX);
}

TEST(dates_are_read) {
    int32_t day;
    EXPECT(date_parse(S("2024-02-29"), &day) == OK && day == days_from_civil(2024, 2, 29));
    EXPECT(date_parse(S("0000-01-01"), &day) == ERR_OVERFLOW);
    REFUSES(date_parse(S("2023-02-29"), &day));
    REFUSES(date_parse(S("2023-2-29"), &day));
    REFUSES(date_parse(S("2023-02-28 "), &day));
    REFUSES(date_parse(S(""), &day));
}

TEST(times_of_day_are_read) {
    int32_t time;
    EXPECT(time_parse(S("09:00"), false, &time) == OK && time == 9 * HOUR_MS);
    EXPECT(time_parse(S("23:59:59"), false, &time) == OK && time == DAY_MS - 1000);
    EXPECT(time_parse(S("09:00:30.25"), false, &time) == OK && time == 9 * HOUR_MS + 30250);
    EXPECT(time_parse(S("24:00"), true, &time) == OK && time == DAY_MS);
    EXPECT(time_parse(S("24:00:00.000"), true, &time) == OK && time == DAY_MS);
    EXPECT(time_parse(S("23:59:59.9999"), true, &time) == OK && time == DAY_MS);
    REFUSES(time_parse(S("24:00"), false, &time));
    REFUSES(time_parse(S("23:59:59.9999"), false, &time));
    REFUSES(time_parse(S("24:00:00.0001"), true, &time));
    REFUSES(time_parse(S("24:01"), true, &time));
    REFUSES(time_parse(S("25:00"), true, &time));
    REFUSES(time_parse(S("09:60"), true, &time));
    REFUSES(time_parse(S("09:00:60"), true, &time));
    REFUSES(time_parse(S("9:00"), true, &time));
    REFUSES(time_parse(S("09:00:"), true, &time));
    REFUSES(time_parse(S("09:00:3"), true, &time));
    REFUSES(time_parse(S("09:00:30."), true, &time));
    REFUSES(time_parse(S("09:00:30.5x"), true, &time));
    REFUSES(time_parse(S("09:00:30,5"), true, &time));
    REFUSES(time_parse(S("09:00Z"), true, &time));
}

TEST(local_times_are_read) {
    int64_t local;
    EXPECT(local_parse(S("2026-03-02 09:00"), &local) == OK && local == 1772442000000);
    EXPECT(local_parse(S("1970-01-01 00:00:00.001"), &local) == OK && local == 1);
    EXPECT(local_parse(S("0000-01-01 00:00"), &local) == ERR_OVERFLOW);
    REFUSES(local_parse(S("2026-03-02T09:00"), &local));
    REFUSES(local_parse(S("2026-03-02 24:00"), &local));
    REFUSES(local_parse(S("2026-03-02 "), &local));
    REFUSES(local_parse(S("2026-03-02"), &local));
    REFUSES(local_parse(S("2026-02-30 09:00"), &local));
}

TEST(instants_are_printed) {
    Buf b = {0};
    put_instant(&b, 1772413200000, 8 * (int32_t)HOUR_MS);
    shows(&b, "2026-03-02T09:00:00+08:00");
    put_instant(&b, 1772413200000, 0);
    shows(&b, "2026-03-02T01:00:00+00:00");
    put_instant(&b, 1772413200007, -(int32_t)(3 * HOUR_MS + 30 * MINUTE_MS));
    shows(&b, "2026-03-01T21:30:00.007-03:30");
    put_instant(&b, INSTANT_MIN, 0);
    shows(&b, "0001-01-01T00:00:00+00:00");
    put_instant(&b, INSTANT_MAX, 0);
    shows(&b, "9999-12-31T23:59:59.999+00:00");
    buf_free(&b);
}

/* Offsets that RFC 3339 cannot say give way, the instant never. */
TEST(a_printed_instant_is_the_same_instant) {
    Buf b = {0};
    put_instant(&b, 0, 29143000); /* +08:05:43 */
    shows(&b, "1970-01-01T08:05:00+08:05");
    put_instant(&b, 0, -1820000); /* -00:30:20 */
    shows(&b, "1969-12-31T23:30:00-00:30");
    put_instant(&b, 0, -52000); /* never -00:00, which is another thing */
    shows(&b, "1970-01-01T00:00:00+00:00");
    put_instant(&b, INSTANT_MIN, -(int32_t)HOUR_MS);
    shows(&b, "0001-01-01T00:00:00+00:00");
    put_instant(&b, INSTANT_MAX, (int32_t)HOUR_MS);
    shows(&b, "9999-12-31T23:59:59.999+00:00");
    put_instant(&b, 0, 25 * (int32_t)HOUR_MS);
    shows(&b, "1970-01-01T00:00:00+00:00");
    uint64_t random = 1;
    int wrong = 0;
    for (int i = 0; i < 100000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        int64_t t = INSTANT_MIN + (int64_t)((random >> 11) % (uint64_t)(INSTANT_MAX - INSTANT_MIN));
        int64_t back = 0;
        put_instant(&b, t, (int32_t)((random >> 3) % 187200000) - 93600000);
        wrong += instant_parse(buf_str(&b), &back) != OK || back != t;
        buf_reset(&b);
    }
    EXPECT_INT(wrong, 0);
    buf_free(&b);
}

TEST(dates_and_times_are_printed) {
    Buf b = {0};
    put_date(&b, DAY_MIN);
    put_c(&b, ' ');
    put_date(&b, days_from_civil(2024, 2, 29));
    shows(&b, "0001-01-01 2024-02-29");
    put_time(&b, 0);
    put_c(&b, ' ');
    put_time(&b, 9 * (int32_t)HOUR_MS + 30000);
    put_c(&b, ' ');
    put_time(&b, 5);
    put_c(&b, ' ');
    put_time(&b, (int32_t)DAY_MS);
    shows(&b, "00:00 09:00:30 00:00:00.005 24:00");
    put_local(&b, 1772442000000);
    put_c(&b, ' ');
    put_local(&b, -1);
    shows(&b, "2026-03-02 09:00 1969-12-31 23:59:59.999");
    buf_free(&b);
}

/* clang-format off */
UNIT_MAIN(
    T(dates_and_days_agree_over_all_years) T(civil_ok_knows_the_leap_years)
    T(a_month_after_a_long_month_is_its_last_day) T(months_stop_at_the_years_there_are)
    T(instants_are_read) T(digits_finer_than_a_millisecond_round_up)
    T(leap_seconds_are_read_where_they_can_be) T(what_is_no_instant_is_refused)
    T(no_character_goes_unread) T(instants_beyond_the_years_overflow) T(dates_are_read)
    T(times_of_day_are_read) T(local_times_are_read) T(instants_are_printed)
    T(a_printed_instant_is_the_same_instant) T(dates_and_times_are_printed))
