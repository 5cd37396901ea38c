/* base: working time. */
#include "engine/base/calendar.h"
#include "engine/base/limits.h"
#include "tests/unit/calendars.h"
#include "tests/unit/data.h"
#include "tests/unit/unit.h"

static Arena arena;
static TestCalendar cn; /* 09:00-12:00, 13:00-18:00; the first holidays of 2026 */

static const Calendar *office(void) {
    if (cn.cal.zone == NULL) {
        calendar_init(&cn, &arena, "Asia/Shanghai", "09:00-12:00 13:00-18:00", "", "");
        calendar_dates(
            &cn, "2026-01-01 2026-01-02 2026-01-03 +2026-01-04 +2026-02-14 2026-02-15 2026-02-16 "
                 "2026-02-17 2026-02-18 2026-02-19 2026-02-20 2026-02-21 2026-02-22 2026-02-23 "
                 "+2026-02-28");
        cn.cal.published_from = cn.cal.published_to = 2026;
    }
    return &cn.cal;
}

/* A wall time of the calendar's zone. */
static int64_t wall(const Calendar *cal, const char *text) {
    int64_t local = 0;
    if (local_parse(str_of(text), &local) != OK)
        EXPECT_STR(str_of(text), S("a local time"));
    return zone_instant(cal->zone, local);
}

static void is_wall(const Calendar *cal, Status status, const int64_t *got, const char *want) {
    Buf b = {0};
    EXPECT_INT(status, OK);
    if (status == OK)
        put_local(&b, zone_local(cal->zone, *got));
    EXPECT_STR(buf_str(&b), str_of(want));
    buf_free(&b);
}

#define ADD_TIME(from, hours, want)                                                                \
    do {                                                                                           \
        int64_t r = 0;                                                                             \
        Status s = cal_add_time(cal, wall(cal, from), (hours)*HOUR_MS, &r, NULL);                  \
        is_wall(cal, s, &r, want);                                                                 \
    } while (0)
#define ADD_DAYS(from, days, want)                                                                 \
    do {                                                                                           \
        int64_t r = 0;                                                                             \
        Status s = cal_add_days(cal, wall(cal, from), days, &r, NULL);                             \
        is_wall(cal, s, &r, want);                                                                 \
    } while (0)

TEST(the_definitions_own_examples) {
    const Calendar *cal = office();
    ADD_TIME("2026-03-06 17:00", 1, "2026-03-06 18:00"); /* at closing */
    ADD_TIME("2026-03-06 17:00", 2, "2026-03-09 10:00");
    ADD_TIME("2026-02-13 17:00", 2, "2026-02-14 10:00"); /* a make-up day */
    ADD_DAYS("2026-03-02 10:30", 1, "2026-03-03 10:30");
    ADD_DAYS("2026-03-02 12:20", 1, "2026-03-03 13:00"); /* in the break */
    ADD_DAYS("2026-03-02 18:00", 1, "2026-03-04 09:00"); /* starts on Tuesday */
    ADD_DAYS("2026-03-07 15:00", 1, "2026-03-10 09:00");
    ADD_DAYS("2026-02-14 20:00", 1, "2026-02-25 09:00"); /* starts after the holiday */
}

TEST(nothing_added_is_no_move) {
    const Calendar *cal = office();
    ADD_TIME("2026-03-07 03:00", 0, "2026-03-07 03:00");
    ADD_TIME("2026-03-02 18:00", 0, "2026-03-02 18:00");
    ADD_DAYS("2026-03-07 03:00", 0, "2026-03-07 03:00");
    ADD_TIME("2026-03-02 12:00", -0, "2026-03-02 12:00");
}

TEST(time_is_used_up_at_closings_and_breaks) {
    const Calendar *cal = office();
    ADD_TIME("2026-03-02 09:00", 3, "2026-03-02 12:00");
    ADD_TIME("2026-03-02 09:00", 4, "2026-03-02 14:00");
    ADD_TIME("2026-03-02 00:00", 8, "2026-03-02 18:00");
    ADD_TIME("2026-03-02 18:00", 8, "2026-03-03 18:00");
    ADD_TIME("2026-03-07 12:00", 40, "2026-03-13 18:00");
    ADD_TIME("2026-03-02 12:00", 24 * 8, "2026-04-03 12:00"); /* 5, 23 days, 3 */
}

TEST(time_is_taken_away_to_the_latest_instant) {
    const Calendar *cal = office();
    ADD_TIME("2026-03-09 10:00", -1, "2026-03-09 09:00");
    ADD_TIME("2026-03-09 10:00", -2, "2026-03-06 17:00");
    ADD_TIME("2026-03-09 09:00", -8, "2026-03-06 09:00");
    ADD_TIME("2026-03-08 12:00", -8, "2026-03-06 09:00");
    ADD_TIME("2026-03-06 13:00", -3, "2026-03-06 09:00");
    ADD_TIME("2026-03-06 14:00", -1, "2026-03-06 13:00"); /* not 12:00: the latest */
    ADD_TIME("2026-02-24 10:00", -2, "2026-02-14 17:00"); /* a make-up day */
}

TEST(days_are_clamped_into_shorter_days) {
    TestCalendar t;
    calendar_init(&t, &arena, "America/New_York", "09:30-12:00 12:30-20:00", "10:00-16:00", "");
    const Calendar *cal = &t.cal;
    ADD_DAYS("2026-07-03 19:00", 1, "2026-07-04 16:00"); /* at its close */
    ADD_DAYS("2026-07-03 16:00", 1, "2026-07-04 16:00");
    ADD_DAYS("2026-07-03 09:45", 1, "2026-07-04 10:00"); /* before its opening */
    ADD_DAYS("2026-07-03 12:30", 1, "2026-07-04 12:30");
    ADD_DAYS("2026-07-04 12:15", 1, "2026-07-06 12:30"); /* into a break */
    ADD_DAYS("2026-07-04 12:00", 1, "2026-07-06 12:30");
    ADD_DAYS("2026-07-03 19:59", 2, "2026-07-06 19:59");
}

TEST(days_back_mirror_days_on) {
    const Calendar *cal = office();
    ADD_DAYS("2026-03-03 10:30", -1, "2026-03-02 10:30");
    ADD_DAYS("2026-03-03 12:20", -1, "2026-03-02 12:00"); /* ends in the break: at its beginning */
    ADD_DAYS("2026-03-04 09:00", -1, "2026-03-02 18:00"); /* opening time ends Tuesday's closing */
    ADD_DAYS("2026-03-07 15:00", -1, "2026-03-05 18:00");
    ADD_DAYS("2026-02-24 08:00", -1, "2026-02-13 18:00");
    ADD_DAYS("2026-03-03 12:00", -1, "2026-03-02 12:00");
    ADD_DAYS("2026-03-03 18:00", -1, "2026-03-02 18:00");
    TestCalendar t;
    calendar_init(&t, &arena, "America/New_York", "09:30-12:00 12:30-20:00", "10:00-16:00", "");
    cal = &t.cal;
    ADD_DAYS("2026-07-06 09:45", -1, "2026-07-04 10:00"); /* on to the first opening */
    ADD_DAYS("2026-07-06 19:00", -1, "2026-07-04 16:00");
    ADD_DAYS("2026-07-04 12:15", -1, "2026-07-03 12:00"); /* back to a closing */
    ADD_DAYS("2026-07-04 12:30", -1, "2026-07-03 12:00");
}

TEST(a_changed_clock_makes_a_shift_longer_or_shorter) {
    TestCalendar t;
    calendar_init(&t, &arena, "Europe/Berlin", "00:00-06:00 22:00-24:00", "00:00-06:00",
                  "00:00-06:00");
    const Calendar *cal = &t.cal;
    int64_t ms = 0;
    EXPECT(cal_between(cal, wall(cal, "2026-03-29 00:00"), wall(cal, "2026-03-30 00:00"), &ms,
                       NULL) == OK);
    EXPECT_INT(ms, 5 * HOUR_MS);
    EXPECT(cal_between(cal, wall(cal, "2026-10-25 00:00"), wall(cal, "2026-10-26 00:00"), &ms,
                       NULL) == OK);
    EXPECT_INT(ms, 7 * HOUR_MS);
    ADD_TIME("2026-03-29 01:00", 2, "2026-03-29 04:00");
    ADD_TIME("2026-10-24 23:00", 3, "2026-10-25 02:00"); /* the second coming of 02:00 */
}

TEST(a_span_in_a_gap_is_nothing) {
    TestCalendar t;
    calendar_init(&t, &arena, "America/New_York", "09:00-17:00", "", "02:00-03:00");
    const Calendar *cal = &t.cal;
    int32_t day = days_from_civil(2026, 3, 8);
    EXPECT(!cal_is_working_day(cal, day, NULL));
    EXPECT(cal_is_working_day(cal, day + 7, NULL));
    ADD_DAYS("2026-03-06 10:00", 1, "2026-03-09 10:00");
    /* beside hours that stand, it is no place to be moved to */
    calendar_init(&t, &arena, "America/New_York", "02:05-02:20 08:00-09:00", "",
                  "02:05-02:20 08:00-09:00");
    ADD_DAYS("2026-03-06 02:10", 1, "2026-03-08 08:00");
    ADD_DAYS("2026-03-09 02:10", -1, "2026-03-08 08:00");
}

/* St. John's went back from 00:01 to 23:01 of the day before: what follows is Sunday's, whatever
 * the clock shows. */
TEST(midnight_comes_once) {
    TestCalendar t;
    calendar_init(&t, &arena, "America/St_Johns", "", "", "00:00-01:00");
    const Calendar *cal = &t.cal;
    int64_t midnight = wall(cal, "2005-10-30 00:00"), r = 0;
    EXPECT(cal_is_open(cal, midnight, NULL));
    EXPECT(cal_is_open(cal, midnight + 30 * MINUTE_MS, NULL)); /* 23:30 again */
    EXPECT(cal_is_open(cal, midnight + 119 * MINUTE_MS, NULL));
    EXPECT(!cal_is_open(cal, midnight + 120 * MINUTE_MS, NULL));
    EXPECT(!cal_is_open(cal, midnight - 1, NULL));
    EXPECT(cal_add_time(cal, midnight + 30 * MINUTE_MS, 90 * MINUTE_MS, &r, NULL) == OK);
    EXPECT_INT(r, midnight + 120 * MINUTE_MS);
    EXPECT(cal_sub_time(cal, midnight + 30 * MINUTE_MS, 30 * MINUTE_MS, &r, NULL) == OK);
    EXPECT_INT(r, midnight);
}

TEST(apia_had_no_30_december) {
    TestCalendar t;
    calendar_init(&t, &arena, "Pacific/Apia", "08:00-16:00", "08:00-16:00", "08:00-16:00");
    const Calendar *cal = &t.cal;
    EXPECT(!cal_is_working_day(cal, days_from_civil(2011, 12, 30), NULL));
    ADD_DAYS("2011-12-29 10:00", 1, "2011-12-31 10:00");
    ADD_DAYS("2011-12-31 10:00", -1, "2011-12-29 10:00");
    ADD_TIME("2011-12-29 15:00", 2, "2011-12-31 09:00");
}

TEST(open_and_closed) {
    const Calendar *cal = office();
    int64_t r = 0;
    EXPECT(cal_is_open(cal, wall(cal, "2026-03-02 09:00"), NULL));
    EXPECT(!cal_is_open(cal, wall(cal, "2026-03-02 08:59:59.999"), NULL));
    EXPECT(cal_is_open(cal, wall(cal, "2026-03-02 11:59:59.999"), NULL));
    EXPECT(!cal_is_open(cal, wall(cal, "2026-03-02 12:00"), NULL));
    EXPECT(!cal_is_open(cal, wall(cal, "2026-03-07 10:00"), NULL));
    EXPECT(cal_is_open(cal, wall(cal, "2026-02-14 10:00"), NULL));
    EXPECT(!cal_is_open(cal, wall(cal, "2026-02-16 10:00"), NULL));
    is_wall(cal, cal_next_open(cal, wall(cal, "2026-03-02 10:00"), &r, NULL), &r,
            "2026-03-02 10:00");
    is_wall(cal, cal_next_open(cal, wall(cal, "2026-03-02 12:00"), &r, NULL), &r,
            "2026-03-02 13:00");
    is_wall(cal, cal_next_open(cal, wall(cal, "2026-02-14 18:00"), &r, NULL), &r,
            "2026-02-24 09:00");
}

TEST(the_end_of_the_working_day) {
    const Calendar *cal = office();
    int64_t r = 0;
    is_wall(cal, cal_end_of_day(cal, wall(cal, "2026-03-02 10:00"), &r, NULL), &r,
            "2026-03-02 18:00");
    is_wall(cal, cal_end_of_day(cal, wall(cal, "2026-03-02 03:00"), &r, NULL), &r,
            "2026-03-02 18:00");
    is_wall(cal, cal_end_of_day(cal, wall(cal, "2026-03-02 12:30"), &r, NULL), &r,
            "2026-03-02 18:00");
    is_wall(cal, cal_end_of_day(cal, wall(cal, "2026-03-02 18:00"), &r, NULL), &r,
            "2026-03-03 18:00");
    is_wall(cal, cal_end_of_day(cal, wall(cal, "2026-03-06 18:00"), &r, NULL), &r,
            "2026-03-09 18:00");
}

TEST(working_days_of_a_month_are_counted_from_both_ends) {
    const Calendar *cal = office();
    int32_t day = 0;
    EXPECT(cal_nth_day(cal, 2026, 1, 1, &day, NULL) == OK && day == days_from_civil(2026, 1, 4));
    EXPECT(cal_nth_day(cal, 2026, 1, 5, &day, NULL) == OK && day == days_from_civil(2026, 1, 8));
    EXPECT(cal_nth_day(cal, 2026, 2, -1, &day, NULL) == OK && day == days_from_civil(2026, 2, 28));
    EXPECT(cal_nth_day(cal, 2026, 2, -6, &day, NULL) == OK && day == days_from_civil(2026, 2, 14));
    EXPECT(cal_nth_day(cal, 2026, 2, 16, &day, NULL) == OK && day == days_from_civil(2026, 2, 28));
    EXPECT(cal_nth_day(cal, 2026, 2, 17, &day, NULL) == ERR_NOTFOUND);
    EXPECT(cal_nth_day(cal, 2026, 2, -17, &day, NULL) == ERR_NOTFOUND);
    EXPECT(cal_nth_day(cal, 2026, 2, 0, &day, NULL) == ERR_NOTFOUND);
    EXPECT(cal_nth_day(cal, 2026, 13, 1, &day, NULL) == ERR_OVERFLOW);
    EXPECT(cal_nth_day(cal, 10000, 1, 1, &day, NULL) == ERR_OVERFLOW);
}

TEST(a_share_is_the_earliest_millisecond_by_which_it_has_passed) {
    const Calendar *cal = office();
    int64_t t = wall(cal, "2026-03-02 11:00"), u = wall(cal, "2026-03-03 10:00"), r = 0;
    is_wall(cal, cal_share(cal, t, u, 1, 2, &r, NULL), &r, "2026-03-02 15:30"); /* 7 hours */
    is_wall(cal, cal_share(cal, t, u, 1, 7, &r, NULL), &r, "2026-03-02 12:00");
    is_wall(cal, cal_share(cal, t, u, 0, 1, &r, NULL), &r, "2026-03-02 11:00");
    is_wall(cal, cal_share(cal, t, u, 1, 1, &r, NULL), &r, "2026-03-03 10:00");
    is_wall(cal, cal_share(cal, t, u, 3, 2, &r, NULL), &r, "2026-03-03 14:30");
    is_wall(cal, cal_share(cal, u, t, 1, 2, &r, NULL), &r, "2026-03-03 10:00");
    EXPECT(cal_share(NULL, 1000, 1010, 1, 3, &r, NULL) == OK && r == 1004);
    EXPECT(cal_share(NULL, 1000, 1009, 1, 3, &r, NULL) == OK && r == 1003);
    EXPECT(cal_share_of(INT64_MAX, INT64_MAX, INT64_MAX, &r) == OK && r == INT64_MAX);
    EXPECT(cal_share_of(INT64_MAX, INT64_MAX, INT64_MAX - 1, &r) == ERR_OVERFLOW);
    EXPECT(cal_share_of(10, 1, 0, &r) == ERR_OVERFLOW);
    EXPECT(cal_share_of(10, -1, 2, &r) == ERR_OVERFLOW);
    EXPECT(cal_share_of(-10, 1, 2, &r) == ERR_OVERFLOW);
}

TEST(pauses_stop_the_clock) {
    const Calendar *cal = office();
    int64_t t = wall(cal, "2026-03-02 09:00"), r = 0, ms = 0;
    Interval pauses[] = {
        {wall(cal, "2026-03-01 09:00"), wall(cal, "2026-03-01 10:00")}, /* before it all */
        {wall(cal, "2026-03-02 10:00"), wall(cal, "2026-03-02 11:00")},
        {wall(cal, "2026-03-02 18:00"), wall(cal, "2026-03-03 09:00")}, /* in closed time */
        {wall(cal, "2026-03-03 10:00"), INT64_MAX},
    };
    is_wall(cal, active_add(cal, t, HOUR_MS, pauses, 4, &r, NULL), &r, "2026-03-02 10:00");
    is_wall(cal, active_add(cal, t, HOUR_MS + 1, pauses, 4, &r, NULL), &r,
            "2026-03-02 11:00:00.001");
    is_wall(cal, active_add(cal, t, 7 * HOUR_MS, pauses, 4, &r, NULL), &r, "2026-03-02 18:00");
    is_wall(cal, active_add(cal, t, 8 * HOUR_MS, pauses, 4, &r, NULL), &r, "2026-03-03 10:00");
    EXPECT(active_add(cal, t, 8 * HOUR_MS + 1, pauses, 4, &r, NULL) == OK && r == INT64_MAX);
    is_wall(cal, active_add(cal, t, 8 * HOUR_MS + 1, pauses, 3, &r, NULL), &r,
            "2026-03-03 10:00:00.001");
    is_wall(cal, active_add(cal, pauses[1].from, 0, pauses, 4, &r, NULL), &r, "2026-03-02 10:00");
    is_wall(cal, active_add(cal, pauses[1].from + 1, 1, pauses, 4, &r, NULL), &r,
            "2026-03-02 11:00:00.001");
    EXPECT(active_add(cal, pauses[3].from, 1, pauses, 4, &r, NULL) == OK && r == INT64_MAX);
    EXPECT(active_between(cal, t, wall(cal, "2026-03-04 09:00"), pauses, 4, &ms, NULL) == OK);
    EXPECT_INT(ms, 8 * HOUR_MS);
    EXPECT(active_between(cal, t, wall(cal, "2026-03-04 09:00"), pauses, 3, &ms, NULL) == OK);
    EXPECT_INT(ms, 15 * HOUR_MS);
    EXPECT(active_between(cal, t, t - 1, pauses, 4, &ms, NULL) == OK && ms == 0);
}

TEST(without_a_calendar_active_time_is_real_time) {
    const Interval pauses[] = {{100, 200}, {200, 300}, {1000, INT64_MAX}};
    int64_t r = 0, ms = 0;
    EXPECT(active_add(NULL, 50, 50, pauses, 3, &r, NULL) == OK && r == 100);
    EXPECT(active_add(NULL, 50, 51, pauses, 3, &r, NULL) == OK && r == 301);
    EXPECT(active_add(NULL, 150, 700, pauses, 3, &r, NULL) == OK && r == 1000);
    EXPECT(active_add(NULL, 150, 701, pauses, 3, &r, NULL) == OK && r == INT64_MAX);
    EXPECT(active_add(NULL, 150, 701, NULL, 0, &r, NULL) == OK && r == 851);
    EXPECT(active_between(NULL, 0, 5000, pauses, 3, &ms, NULL) == OK && ms == 800);
    EXPECT(active_between(NULL, 150, 250, pauses, 3, &ms, NULL) == OK && ms == 0);
    EXPECT(active_add(NULL, INSTANT_MAX, 1, NULL, 0, &r, NULL) == ERR_OVERFLOW);
    EXPECT(active_add(NULL, INSTANT_MAX, 0, NULL, 0, &r, NULL) == OK && r == INSTANT_MAX);
    EXPECT(active_add(NULL, 0, INT64_MAX, NULL, 0, &r, NULL) == ERR_OVERFLOW);
    EXPECT(active_add(NULL, 0, -1, NULL, 0, &r, NULL) == ERR_OVERFLOW);
    EXPECT(active_add(NULL, INT64_MIN, 1, NULL, 0, &r, NULL) == ERR_OVERFLOW);
    EXPECT(active_between(NULL, 0, INT64_MAX, pauses, 3, &ms, NULL) == ERR_OVERFLOW);
}

TEST(years_that_are_not_published_are_assumed) {
    const Calendar *cal = office(); /* 2026 alone */
    int64_t r = 0;
    bool assumed = false;
    int64_t eve = wall(cal, "2026-12-31 17:00");
    is_wall(cal, cal_add_time(cal, eve, HOUR_MS, &r, &assumed), &r, "2026-12-31 18:00");
    EXPECT(!assumed); /* no date of 2027 was looked at */
    is_wall(cal, cal_add_time(cal, eve, HOUR_MS + 1, &r, &assumed), &r, "2027-01-01 09:00:00.001");
    EXPECT(assumed);
    assumed = false;
    is_wall(cal, cal_add_days(cal, eve, 1, &r, &assumed), &r, "2027-01-01 17:00");
    EXPECT(assumed);
    assumed = false;
    is_wall(cal, cal_sub_time(cal, wall(cal, "2027-01-01 00:00"), HOUR_MS, &r, &assumed), &r,
            "2026-12-31 17:00");
    EXPECT(!assumed);
    is_wall(cal, cal_sub_days(cal, wall(cal, "2027-01-01 00:00"), 1, &r, &assumed), &r,
            "2026-12-30 18:00");
    EXPECT(!assumed);
    is_wall(cal, cal_sub_time(cal, wall(cal, "2026-01-04 09:00"), HOUR_MS, &r, &assumed), &r,
            "2025-12-31 17:00");
    EXPECT(assumed);
    assumed = false;
    EXPECT(cal_between(cal, eve, wall(cal, "2027-01-01 00:00"), &r, &assumed) == OK && !assumed);
    EXPECT(cal_between(cal, eve, wall(cal, "2027-01-01 00:00") + 1, &r, &assumed) == OK && assumed);
    assumed = false;
    EXPECT(cal_is_open(cal, wall(cal, "2027-01-01 10:00"), &assumed) && assumed);
    assumed = false;
    EXPECT(cal_is_open(cal, wall(cal, "2026-03-02 10:00"), &assumed) && !assumed);
    assumed = false; /* without published years there is nothing to assume */
    TestCalendar plain;
    calendar_init(&plain, &arena, "UTC", "09:00-17:00", "", "");
    EXPECT(cal_add_days(&plain.cal, eve, 1000, &r, &assumed) == OK && !assumed);
}

TEST(a_calendar_without_hours_ends_in_a_limit) {
    TestCalendar t;
    calendar_init(&t, &arena, "America/New_York", "", "", "");
    int64_t r = 7;
    int64_t now = 1772413200000;
    EXPECT(cal_add_time(&t.cal, now, 1, &r, NULL) == ERR_LIMIT);
    EXPECT(cal_sub_time(&t.cal, now, 1, &r, NULL) == ERR_LIMIT);
    EXPECT(cal_add_days(&t.cal, now, 1, &r, NULL) == ERR_LIMIT);
    EXPECT(cal_sub_days(&t.cal, now, 1, &r, NULL) == ERR_LIMIT);
    EXPECT(cal_next_open(&t.cal, now, &r, NULL) == ERR_LIMIT);
    EXPECT(cal_end_of_day(&t.cal, now, &r, NULL) == ERR_LIMIT);
    EXPECT(cal_between(&t.cal, 0, INSTANT_MAX, &r, NULL) == ERR_LIMIT);
    EXPECT(cal_add_time(&t.cal, now, 0, &r, NULL) == OK && r == now);
    const Calendar *cal = office();
    EXPECT(cal_add_days(cal, now, INT64_MAX, &r, NULL) == ERR_LIMIT);
    EXPECT(cal_add_days(cal, now, INT64_MIN, &r, NULL) == ERR_OVERFLOW);
    EXPECT(cal_add_time(cal, now, INT64_MAX, &r, NULL) == ERR_LIMIT);
    EXPECT(cal_add_time(cal, now, INT64_MIN, &r, NULL) == ERR_OVERFLOW);
    EXPECT(cal_add_time(cal, now, 90 * INT64_C(2000) * HOUR_MS, &r, NULL) ==
           OK); /* 90 years and more */
}

TEST(the_years_there_are_end) {
    static const char *const zones[] = {"UTC", "Asia/Shanghai", "America/New_York"};
    for (size_t i = 0; i < 3; i++) {
        TestCalendar t;
        int64_t r, edges[] = {INSTANT_MIN,     INSTANT_MAX, INSTANT_MIN - 1,
                              INSTANT_MAX + 1, INT64_MIN,   INT64_MAX};
        calendar_init(&t, &arena, zones[i], "00:00-24:00", "00:00-24:00", "00:00-24:00");
        EXPECT(cal_add_time(&t.cal, INSTANT_MAX - DAY_MS, 2 * DAY_MS, &r, NULL) == ERR_OVERFLOW);
        EXPECT(cal_sub_time(&t.cal, INSTANT_MIN + DAY_MS, 2 * DAY_MS, &r, NULL) == ERR_OVERFLOW);
        EXPECT(cal_add_days(&t.cal, INSTANT_MAX - DAY_MS, 3, &r, NULL) == ERR_OVERFLOW);
        EXPECT(cal_sub_days(&t.cal, INSTANT_MIN + DAY_MS, 3, &r, NULL) == ERR_OVERFLOW);
        for (size_t k = 0; k < 6; k++) {
            Status s = cal_add_time(&t.cal, edges[k], HOUR_MS, &r, NULL);
            EXPECT(s == ERR_OVERFLOW || (k == 0 && s == OK));
            s = cal_sub_time(&t.cal, edges[k], HOUR_MS, &r, NULL);
            EXPECT(s == ERR_OVERFLOW || (k == 1 && s == OK));
            s = cal_next_open(&t.cal, edges[k], &r, NULL);
            EXPECT(s == ERR_OVERFLOW || (k < 2 && s == OK && r == edges[k]));
            cal_is_open(&t.cal, edges[k], NULL);
        }
    }
}

/* One line a part: date, kind, times. */
static void listed(const Calendar *cal, const char *from, const char *to, const char *want) {
    static const char *const kinds[] = {"weekday", "holiday", "own hours"};
    Buf b = {0};
    CalIter it;
    CalPart part;
    bool got;
    cal_iter(&it, cal, wall(cal, from), wall(cal, to));
    while (cal_iter_next(&it, &part, &got) == OK && got) {
        put_date(&b, part.day);
        put_fmt(&b, " %s%s", kinds[part.kind], part.assumed ? " assumed" : "");
        if (part.from < part.to) {
            put_c(&b, ' ');
            put_time(&b, local_time(zone_local(cal->zone, part.from)));
            put_c(&b, '-');
            put_time(&b, local_time(zone_local(cal->zone, part.to)));
        }
        put_c(&b, '\n');
    }
    EXPECT_STR(buf_str(&b), str_of(want));
    buf_free(&b);
}

TEST(what_was_counted_can_be_listed) {
    const Calendar *cal = office();
    listed(cal, "2026-02-13 17:00", "2026-02-15 10:00",
           "2026-02-13 weekday 17:00-18:00\n"
           "2026-02-14 own hours 09:00-12:00\n"
           "2026-02-14 own hours 13:00-18:00\n"
           "2026-02-15 holiday\n");
    listed(cal, "2026-12-31 18:00", "2027-01-03 10:00",
           "2026-12-31 weekday\n"
           "2027-01-01 weekday assumed 09:00-12:00\n"
           "2027-01-01 weekday assumed 13:00-18:00\n"
           "2027-01-02 weekday assumed\n"
           "2027-01-03 weekday assumed\n");
    listed(cal, "2026-03-02 10:00", "2026-03-02 10:00", "");
    listed(cal, "2026-03-02 10:00", "2026-03-02 11:00", "2026-03-02 weekday 10:00-11:00\n");
}

/* --- ../shared/data
 * ----------------------------------------------------------------------------------- */

static TestCalendar given[CALENDARS];
static size_t n_given;

static bool read_given(Buf *b) {
    if (n_given == 0 && data_read("worktime-calendars.json", b)) {
        n_given = calendars_read(buf_str(b), &arena, given);
        EXPECT_INT(n_given, 8);
    }
    return n_given > 0;
}

static const Calendar *given_named(Str name) {
    for (size_t i = 0; i < n_given; i++)
        if (str_eq(given[i].cal.name, name))
            return &given[i].cal;
    EXPECT_STR(name, S("a calendar"));
    return office();
}

static int64_t given_instant(Str s) {
    int64_t t = 0;
    EXPECT(instant_parse(s, &t) == OK);
    return t;
}

static int64_t given_number(Str s) {
    int64_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n = n * 10 + (s.p[i] - '0');
    return n;
}

static Status given_call(const Calendar *cal, Str op, int64_t t, int64_t n, int64_t *out) {
    if (str_eq(op, S("days")))
        return cal_add_days(cal, t, n, out, NULL);
    if (str_eq(op, S("hours")))
        return cal_add_time(cal, t, n * HOUR_MS, out, NULL);
    if (str_eq(op, S("minutes")))
        return cal_add_time(cal, t, n * MINUTE_MS, out, NULL);
    if (str_eq(op, S("hours_before")))
        return cal_sub_time(cal, t, n * HOUR_MS, out, NULL);
    return cal_sub_time(cal, t, n * MINUTE_MS, out, NULL);
}

TEST(working_time_of_the_data_is_added) {
    Buf calendars = {0}, b = {0};
    Str f[8];
    int rows = 0;
    if (read_given(&calendars) && data_read("worktime.csv", &b)) {
        Str text = buf_str(&b);
        for (data_row(&text, f, 8); data_row(&text, f, 8) == 8; rows++) {
            int64_t r = 0, t = given_instant(f[3]);
            Status s = given_call(given_named(f[1]), f[2], t, given_number(f[4]), &r);
            if (s != OK || r != given_instant(f[5]))
                EXPECT_STR(f[0], S("as in the data"));
        }
        EXPECT_INT(rows, 1257);
    }
    buf_free(&b);
    n_given = 0;
    buf_free(&calendars);
}

TEST(working_time_of_the_data_is_measured) {
    Buf calendars = {0}, b = {0};
    Str f[6];
    int rows = 0, halves = 0;
    if (read_given(&calendars) && data_read("worktime-between.csv", &b)) {
        Str text = buf_str(&b);
        for (data_row(&text, f, 6); data_row(&text, f, 6) == 6; rows++) {
            const Calendar *cal = given_named(f[1]);
            int64_t ms = 0, half = 0, t = given_instant(f[2]), u = given_instant(f[3]);
            if (cal_between(cal, t, u, &ms, NULL) != OK || ms != given_number(f[4]) * 1000)
                EXPECT_STR(f[0], S("as in the data"));
            if (f[5].n == 0)
                continue;
            halves++;
            if (cal_share(cal, t, u, 1, 2, &half, NULL) != OK || half != given_instant(f[5]))
                EXPECT_STR(f[0], S("half as in the data"));
        }
        EXPECT_INT(rows, 245);
        EXPECT(halves > 50);
    }
    buf_free(&b);
    n_given = 0;
    buf_free(&calendars);
}

/* --- bytes
 * -------------------------------------------------------------------------------------------- */

/* Bytes of others are refused, or they are a calendar: it can be asked, and its own bytes are those
 * read. */
static bool refused_or_sound(Str bytes) {
    Calendar cal;
    Arena a = {0};
    Take t = take_from(bytes);
    Status status = cal_take(&t, &a, office()->zone, 1, &cal);
    EXPECT(status == OK || status == ERR_DAMAGED);
    if (status == OK) {
        Buf b = {0};
        cal_put(&b, &cal);
        EXPECT_STR(buf_str(&b), ((Str){bytes.p, (size_t)(t.p - bytes.p)}));
        buf_free(&b);
        int64_t now = 1772413200000, r = 0, ms = 0;
        if (cal_add_time(&cal, now, 100 * HOUR_MS, &r, NULL) == OK)
            EXPECT(cal_between(&cal, now, r, &ms, NULL) == OK && ms == 100 * HOUR_MS);
        (void)!cal_add_days(&cal, now, 30, &r, NULL);
    }
    arena_free(&a);
    return status == OK;
}

TEST(bytes_come_back_the_same) {
    Buf b = {0};
    cal_put(&b, office());
    Take t = take_from(buf_str(&b));
    Calendar back;
    EXPECT(cal_take(&t, &arena, office()->zone, 1, &back) == OK && take_done(&t) == OK);
    EXPECT_STR(back.name, office()->name);
    EXPECT_INT(back.n_dates, office()->n_dates);
    EXPECT_INT(back.published_to, 2026);
    EXPECT(refused_or_sound(buf_str(&b)));
    t = take_from(buf_str(&b));
    EXPECT(cal_take(&t, &arena, NULL, 0, &back) == ERR_DAMAGED); /* its zone is not there */
    buf_free(&b);
}

TEST(changed_bytes_are_refused_or_sound) {
    Buf b = {0};
    uint64_t random = 1;
    int sound = 0, refused = 0;
    cal_put(&b, office());
    for (size_t n = 0; n < b.n; n++)
        EXPECT(!refused_or_sound((Str){b.p, n}));
    for (int k = 0; k < 10000; k++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        size_t place = (size_t)(random >> 20) % b.n;
        char old = b.p[place];
        b.p[place] = (char)(random >> 50);
        refused_or_sound(buf_str(&b)) ? sound++ : refused++;
        b.p[place] = old;
    }
    EXPECT(sound > 100 && refused > 100);
    buf_free(&b);
}

TEST(calendars_that_break_a_rule_are_refused) {
    const DaySpan good[] = {{0, 10}, {10, 20}}, over[] = {{0, 10}, {9, 20}}, none[] = {{5, 5}};
    const DaySpan late[] = {{0, 86400001}}, early[] = {{-1, 10}},
                  many[LIMIT_CAL_SPANS + 1] = {{0, 1}};
    const CalDate twice[] = {{5, {NULL, 0}}, {5, {NULL, 0}}}, far[] = {{DAY_MAX + 1, {NULL, 0}}};
    Calendar cal = {.name = S("c"), .zone = office()->zone};
    cal.week[3] = (Hours){good, 2};
    EXPECT(cal_check(&cal) == OK);
    for (int i = 0; i < 15; i++) {
        Calendar bad = cal;
        Hours h = {i == 0 ? over : i == 1 ? none : i == 2 ? late : early, i == 0 ? 2 : 1};
        bad.week[3] = i < 4 ? h : cal.week[3];
        bad.name = i == 4 ? S("") : i == 5 ? S("a\033b") : bad.name;
        bad.zone = i == 6 ? NULL : bad.zone;
        bad.dates = i == 7 ? twice : far;
        bad.n_dates = i == 7 ? 2 : i == 8 ? 1 : i == 9 ? LIMIT_CAL_DATES + 1 : 0;
        bad.published_from = i == 10 ? 2026 : i == 11 ? -5 : i == 12 ? 2026 : 0;
        bad.published_to = i == 10 ? 2025 : i == 11 ? 5 : i == 12 ? 10000 : i == 13 ? 5 : 0;
        bad.week[0] = i == 14 ? (Hours){many, LIMIT_CAL_SPANS + 1} : bad.week[0];
        if (cal_check(&bad) != ERR_DAMAGED)
            EXPECT_INT(i, -1);
    }
}

TEST(a_failed_allocation_is_told) {
    Buf b = {0};
    cal_put(&b, office());
    bool ok = false;
    for (uint64_t k = 1; k < 50 && !ok; k++) {
        Arena a = {0};
        Calendar cal;
        Take t = take_from(buf_str(&b));
        mem_fail_at(k);
        Status status = cal_take(&t, &a, office()->zone, 1, &cal);
        mem_fail_at(0);
        EXPECT(status == OK || status == ERR_NOMEM);
        EXPECT(k > 1 || status == ERR_NOMEM);
        ok = status == OK;
        arena_free(&a);
    }
    EXPECT(ok);
    buf_free(&b);
}

/* clang-format off */
UNIT_MAIN(
    T(the_definitions_own_examples) T(nothing_added_is_no_move)
    T(time_is_used_up_at_closings_and_breaks) T(time_is_taken_away_to_the_latest_instant)
    T(days_are_clamped_into_shorter_days) T(days_back_mirror_days_on)
    T(a_changed_clock_makes_a_shift_longer_or_shorter) T(a_span_in_a_gap_is_nothing)
    T(midnight_comes_once) T(apia_had_no_30_december) T(open_and_closed)
    T(the_end_of_the_working_day) T(working_days_of_a_month_are_counted_from_both_ends)
    T(a_share_is_the_earliest_millisecond_by_which_it_has_passed) T(pauses_stop_the_clock)
    T(without_a_calendar_active_time_is_real_time) T(years_that_are_not_published_are_assumed)
    T(a_calendar_without_hours_ends_in_a_limit) T(the_years_there_are_end)
    T(what_was_counted_can_be_listed) T(working_time_of_the_data_is_added)
    T(working_time_of_the_data_is_measured) T(bytes_come_back_the_same)
    T(changed_bytes_are_refused_or_sound) T(calendars_that_break_a_rule_are_refused)
    T(a_failed_allocation_is_told))
