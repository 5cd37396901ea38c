/* base: time zones. */
#include <stdlib.h>
#include <time.h>

#include "engine/base/zone.h"
#include "tests/unit/data.h"
#include "tests/unit/unit.h"

#define H ((int32_t)HOUR_MS)

static Arena arena;

static Zone zone(Str name) {
    static const int32_t none;
    Zone z = {.offsets = &none};
    EXPECT(zone_find(name, &arena, &z) == OK);
    return z;
}

static int64_t instant(const char *text) {
    int64_t t = 0;
    EXPECT(instant_parse(str_of(text), &t) == OK);
    return t;
}

static int64_t local(const char *text) {
    int64_t t = 0;
    EXPECT(local_parse(str_of(text), &t) == OK);
    return t;
}

/* The wall time is that instant, by every way there is to ask. */
static void stands_for(const Zone *z, const char *wall, const char *want) {
    int64_t got[3];
    ZoneCache near = {.zone = z}, far = {.zone = z};
    got[0] = zone_instant(z, local(wall));
    zone_cache_load(&near, got[0]);
    got[1] = zone_cache_instant(&near, local(wall));
    got[2] = zone_cache_instant(&far, local(wall));
    for (int i = 0; i < 3; i++)
        if (got[i] != instant(want)) {
            printf("%.*s %s by way %d:\n", STR_ARG(z->name), wall, i);
            EXPECT_INT(got[i], instant(want));
        }
}

static uint64_t random_state = 1;

static uint64_t any(uint64_t below) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 20) % below;
}

TEST(zones_are_found_by_name_and_link) {
    Zone z = zone(S("Asia/Shanghai")), prc = zone(S("PRC")), utc = zone(S("UTC"));
    EXPECT_STR(z.name, S("Asia/Shanghai"));
    EXPECT_STR(prc.name, S("PRC"));
    EXPECT_INT(prc.n, z.n);
    EXPECT_INT(zone_offset(&z, 0), 8 * H);
    EXPECT_INT(utc.n, 0);
    EXPECT_INT(zone_offset(&utc, 0), 0);
    EXPECT(zone_find(S("asia/shanghai"), &arena, &z) == ERR_NOTFOUND);
    EXPECT(zone_find(S("Asia/Shanghaj"), &arena, &z) == ERR_NOTFOUND);
    EXPECT(zone_find(S("Asia/Shangha"), &arena, &z) == ERR_NOTFOUND);
    EXPECT(zone_find(S(""), &arena, &z) == ERR_NOTFOUND);
    EXPECT(zone_find(S("~"), &arena, &z) == ERR_NOTFOUND);
    EXPECT(zone_version().n >= 5);
}

TEST(every_name_is_listed_in_order_and_found) {
    EXPECT(zone_names() > 590);
    for (size_t i = 0; i < zone_names(); i++) {
        Zone z = zone(zone_name(i));
        EXPECT_STR(z.name, zone_name(i));
        EXPECT(i == 0 || str_cmp(zone_name(i - 1), zone_name(i)) < 0);
        arena_reset(&arena);
    }
}

TEST(a_gap_is_the_instant_of_the_jump) {
    Zone ny = zone(S("America/New_York"));
    stands_for(&ny, "2026-03-08 01:59:59.999", "2026-03-08T06:59:59.999Z");
    stands_for(&ny, "2026-03-08 02:00", "2026-03-08T07:00:00Z");
    stands_for(&ny, "2026-03-08 02:30", "2026-03-08T07:00:00Z");
    stands_for(&ny, "2026-03-08 03:00", "2026-03-08T07:00:00Z");
    stands_for(&ny, "2026-03-08 03:00:00.001", "2026-03-08T07:00:00.001Z");
}

TEST(of_a_fold_it_is_the_first) {
    Zone ny = zone(S("America/New_York"));
    stands_for(&ny, "2026-11-01 00:59", "2026-11-01T04:59:00Z");
    stands_for(&ny, "2026-11-01 01:00", "2026-11-01T05:00:00Z");
    stands_for(&ny, "2026-11-01 01:59:59.999", "2026-11-01T05:59:59.999Z");
    stands_for(&ny, "2026-11-01 02:00", "2026-11-01T07:00:00Z");
    EXPECT_INT(zone_local(&ny, instant("2026-11-01T06:30:00Z")), local("2026-11-01 01:30"));
}

TEST(the_places_where_others_fail) {
    Zone z = zone(S("Pacific/Apia")); /* no 30 December 2011 */
    stands_for(&z, "2011-12-29 23:59", "2011-12-30T09:59:00Z");
    stands_for(&z, "2011-12-30 00:00", "2011-12-30T10:00:00Z");
    stands_for(&z, "2011-12-30 15:00", "2011-12-30T10:00:00Z");
    stands_for(&z, "2011-12-31 00:00", "2011-12-30T10:00:00Z");
    stands_for(&z, "2011-12-31 09:00", "2011-12-30T19:00:00Z");
    z = zone(S("Australia/Lord_Howe")); /* half an hour */
    stands_for(&z, "2026-10-04 02:15", "2026-10-03T15:30:00Z");
    stands_for(&z, "2026-04-05 01:45", "2026-04-04T14:45:00Z");
    EXPECT_INT(zone_local(&z, instant("2026-04-04T15:15:00Z")), local("2026-04-05 01:45"));
    z = zone(S("Asia/Shanghai")); /* daylight time 1986 to 1991 */
    stands_for(&z, "1986-05-04 02:30", "1986-05-03T18:00:00Z");
    stands_for(&z, "1991-09-15 01:30", "1991-09-14T16:30:00Z");
    stands_for(&z, "1992-07-01 09:00", "1992-07-01T01:00:00Z");
    z = zone(S("Africa/Casablanca")); /* Ramadan 2026 */
    stands_for(&z, "2026-02-15 02:30", "2026-02-15T01:30:00Z");
    stands_for(&z, "2026-03-22 02:30", "2026-03-22T02:00:00Z");
    z = zone(S("America/St_Johns")); /* back over midnight, at 00:01, until 2011 */
    stands_for(&z, "2005-10-29 23:30", "2005-10-30T02:00:00Z");
    stands_for(&z, "2005-10-30 00:00", "2005-10-30T02:30:00Z");
    stands_for(&z, "2005-10-30 00:01", "2005-10-30T03:31:00Z");
}

TEST(rules_go_on_for_ever) {
    Zone z = zone(S("Europe/Dublin")); /* summer is its standard time */
    EXPECT(z.tail.changes && z.tail.dst_ms < z.tail.std_ms);
    stands_for(&z, "9998-07-01 12:00", "9998-07-01T11:00:00Z");
    stands_for(&z, "9998-12-25 12:00", "9998-12-25T12:00:00Z");
    stands_for(&z, "2400-03-26 01:30", "2400-03-26T01:00:00Z");
    stands_for(&z, "2400-10-29 01:30", "2400-10-29T00:30:00Z");
    z = zone(S("America/Nuuk")); /* the day before, at -01:00 */
    stands_for(&z, "2100-03-27 22:59", "2100-03-28T00:59:00Z");
    stands_for(&z, "2100-03-27 23:30", "2100-03-28T01:00:00Z");
    stands_for(&z, "2100-10-30 23:30", "2100-10-31T00:30:00Z");
    z = zone(S("Africa/Cairo")); /* until 24:00 of a Thursday */
    stands_for(&z, "2100-10-28 23:30", "2100-10-28T20:30:00Z");
    stands_for(&z, "2100-10-29 00:00", "2100-10-28T22:00:00Z");
    stands_for(&z, "2100-04-30 00:30", "2100-04-29T22:00:00Z");
    z = zone(S("Australia/Sydney")); /* summer spans the turn of the year */
    stands_for(&z, "3000-01-01 00:00", "2999-12-31T13:00:00Z");
    stands_for(&z, "3000-07-01 00:00", "3000-06-30T14:00:00Z");
}

TEST(looking_up_stops_at_the_years_there_are) {
    Zone z = zone(S("America/New_York"));
    EXPECT_INT(zone_offset(&z, INT64_MAX), -5 * H);
    EXPECT_INT(zone_offset(&z, INT64_MIN), -17762000);
    ZoneCache c = {.zone = &z};
    EXPECT(zone_cache_local(&c, INT64_MAX) > INSTANT_MAX);
    EXPECT(zone_cache_local(&c, INT64_MIN) < INSTANT_MIN);
    EXPECT_INT(zone_instant(&z, INT64_MAX), INSTANT_MAX + 1 + 5 * H);
    EXPECT_INT(zone_cache_instant(&c, INT64_MAX), INSTANT_MAX + 1 + 5 * H);
    EXPECT_INT(zone_cache_instant(&c, INT64_MIN), INSTANT_MIN + 17762000);
    EXPECT_INT(zone_cache_instant(&c, INSTANT_MAX + 1), INSTANT_MAX + 1 + 5 * H);
}

TEST(instants_are_printed_in_their_zone) {
    Buf b = {0};
    Zone z = zone(S("Asia/Shanghai"));
    ZoneCache c = {.zone = &z};
    zone_put_instant(&b, &c, instant("2026-03-02T01:00:00Z"));
    put_c(&b, ' ');
    zone_put_instant(&b, &c, instant("1900-01-01T00:00:00Z")); /* +08:05:43 */
    EXPECT_STR(buf_str(&b), S("2026-03-02T09:00:00+08:00 1900-01-01T08:05:00+08:05"));
    buf_free(&b);
}

/* --- rules
 * -------------------------------------------------------------------------------------------- */

static Zone by_rule(const char *text) {
    static const int32_t none;
    Zone z = {.name = S("rule"), .offsets = &none};
    if (zone_tail_parse(str_of(text), &z.tail) != OK) {
        EXPECT_STR(str_of(text), S("a rule"));
        return z;
    }
    int32_t *first = new (&arena, int32_t, 1);
    *first = z.tail.std_ms;
    z.offsets = first;
    EXPECT(zone_check(&z) == OK);
    return z;
}

TEST(days_of_the_year_are_counted_with_and_without_the_leap_day) {
    Zone z = by_rule("AAA0BBB,J60/0,J365/0"); /* 1 March, always */
    stands_for(&z, "2024-02-29 23:59", "2024-02-29T23:59:00Z");
    stands_for(&z, "2024-03-01 12:00", "2024-03-01T11:00:00Z");
    stands_for(&z, "2023-03-01 12:00", "2023-03-01T11:00:00Z");
    stands_for(&z, "2023-02-28 12:00", "2023-02-28T12:00:00Z");
    stands_for(&z, "2024-12-30 12:00", "2024-12-30T11:00:00Z");
    stands_for(&z, "2024-12-31 12:00", "2024-12-31T12:00:00Z");
    z = by_rule("AAA0BBB,59/0,364/0"); /* 29 February or 1 March; 30 or 31 December */
    stands_for(&z, "2024-02-28 12:00", "2024-02-28T12:00:00Z");
    stands_for(&z, "2024-02-29 12:00", "2024-02-29T11:00:00Z");
    stands_for(&z, "2023-03-01 12:00", "2023-03-01T11:00:00Z");
    stands_for(&z, "2024-12-30 12:00", "2024-12-30T12:00:00Z");
    stands_for(&z, "2023-12-30 12:00", "2023-12-30T11:00:00Z");
    stands_for(&z, "2023-12-31 12:00", "2023-12-31T12:00:00Z");
}

TEST(weeks_of_a_month_count_from_its_first_day) {
    Zone z = by_rule("AAA0BBB,M3.1.0/0,M11.5.6/0");
    stands_for(&z, "2026-03-01 12:00", "2026-03-01T11:00:00Z"); /* a Sunday */
    stands_for(&z, "2027-03-06 12:00", "2027-03-06T12:00:00Z");
    stands_for(&z, "2027-03-07 12:00", "2027-03-07T11:00:00Z");
    stands_for(&z, "2026-11-27 12:00", "2026-11-27T11:00:00Z");
    stands_for(&z, "2026-11-28 12:00", "2026-11-28T12:00:00Z"); /* the last Saturday */
}

TEST(a_rule_may_mean_daylight_time_all_year) {
    Zone z = by_rule("XXX3EDT4,0/0,J365/23"); /* RFC 9636's own example */
    for (int32_t day = days_from_civil(2023, 12, 1); day < days_from_civil(2025, 2, 1); day++)
        EXPECT_INT(zone_offset(&z, day * DAY_MS + 3 * H), -4 * H);
    stands_for(&z, "2024-12-31 23:30", "2025-01-01T03:30:00Z");
}

TEST(times_of_rules_go_a_week_either_way) {
    Zone z = by_rule("AAA0BBB,M1.1.0/-167,M12.5.0/167:59:59");
    int64_t on = (days_from_civil(2023, 1, 1) - 7) * DAY_MS + H; /* Sunday 1 January 2023 */
    EXPECT_INT(zone_offset(&z, on), H);
    EXPECT_INT(zone_offset(&z, on - 1), 0);
    int64_t off = (days_from_civil(2022, 12, 25) + 7) * DAY_MS - 1000 - H;
    EXPECT_INT(zone_offset(&z, off), 0);
    EXPECT_INT(zone_offset(&z, off - 1), H);
}

/* In the first days of a year the last change may be of the year before the last. */
TEST(rules_are_kept_over_the_turn_of_the_year) {
    Zone z = by_rule("AAA0BBB,J365/160,J364/160");
    int64_t off = (days_from_civil(2023, 12, 30) + 6) * DAY_MS + 15 * H;
    int64_t on = (days_from_civil(2023, 12, 31) + 6) * DAY_MS + 16 * H;
    EXPECT_INT(zone_offset(&z, days_from_civil(2024, 1, 3) * DAY_MS), H);
    EXPECT_INT(zone_offset(&z, off - 1), H);
    EXPECT_INT(zone_offset(&z, off), 0);
    EXPECT_INT(zone_offset(&z, on - 1), 0);
    EXPECT_INT(zone_offset(&z, on), H);
    EXPECT_INT(zone_offset(&z, days_from_civil(2024, 12, 30) * DAY_MS), H);
}

TEST(what_is_no_rule_is_refused) {
    static const char *const wrong[] = {
        "",
        "CST",
        "CS-8",
        "CST-8,",
        "CST-25",
        "CST-999",
        "<+08-8",
        "EST5EDT",
        "EST5EDT,M3.2.0",
        "EST5EDT,M13.2.0,M11.1.0",
        "EST5EDT,M0.2.0,M11.1.0",
        "EST5EDT,M3.6.0,M11.1.0",
        "EST5EDT,M3.0.0,M11.1.0",
        "EST5EDT,M3.2.7,M11.1.0",
        "EST5EDT,M3.2,M11.1.0",
        "EST5EDT,M3.2.0/168,M11.1.0",
        "EST5EDT,M3.2.0/2:60,M11.1.0",
        "EST5EDT,M3.2.0,M11.1.0,",
        "EST5EDT,J0,J5",
        "EST5EDT,J366,J5",
        "EST5EDT,366,J5",
        "EST5EDT5,M3.2.0,M11.1.0",
        "EST5EDT,M3.2.0/0000,M11.1.0",
    };
    ZoneTail tail;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (zone_tail_parse(str_of(wrong[i]), &tail) != ERR_SYNTAX)
            EXPECT_STR(str_of(wrong[i]), S("refused"));
    EXPECT(zone_tail_parse(S("<-02>2<-01>,M3.5.0/-1,M10.5.0/0"), &tail) == OK);
    EXPECT_INT(tail.to_dst.time_ms, -H);
    EXPECT(zone_tail_parse(S("ACST-9:30"), &tail) == OK);
    EXPECT_INT(tail.std_ms, 9 * H + H / 2);
}

/* --- agreement
 * ---------------------------------------------------------------------------------------- */

/* Near every change and at random: the cache says what the zone says, and an instant found for a
 * local time is the first that shows it or later. */
TEST(the_cache_agrees_and_instants_are_the_first) {
    int wrong = 0;
    for (size_t i = 0; i < zone_names(); i += 3) {
        Zone z = zone(zone_name(i));
        ZoneCache c = {.zone = &z};
        for (uint32_t k = 0; k < 400; k++) {
            int64_t t = k < z.n ? z.at[k] : (int64_t)any(8000000000000) - 2000000000000;
            t += (int64_t)any(4) == 0 ? (int64_t)any(200 * HOUR_MS) - 100 * HOUR_MS
                                      : (int64_t)any(6 * HOUR_MS) - 3 * HOUR_MS;
            wrong += zone_cache_local(&c, t) != zone_local(&z, t);
            int64_t w = zone_local(&z, t), first = zone_cache_instant(&c, w);
            wrong += first != zone_instant(&z, w) || first > t || zone_local(&z, first) < w;
            for (int64_t before = 1; before < 30 * HOUR_MS;
                 before += 1 + (int64_t)any(40 * MINUTE_MS))
                wrong += zone_local(&z, first - before) >= w;
        }
        arena_reset(&arena);
    }
    EXPECT_INT(wrong, 0);
}

/* Where the C library's database is of the same version, it and we must agree on every zone. */
TEST(agrees_with_the_c_library) {
    char first[64] = "", want[64];
    FILE *file = fopen("/usr/share/zoneinfo/tzdata.zi", "r");
    snprintf(want, sizeof want, "# version %.*s\n", STR_ARG(zone_version()));
    if (file == NULL || fgets(first, sizeof first, file) == NULL || strcmp(first, want) != 0)
        printf("skipped: /usr/share/zoneinfo is not of this version\n");
    if (file != NULL)
        fclose(file);
    if (strcmp(first, want) != 0)
        return;
    int wrong = 0;
    for (size_t i = 0; i < zone_names(); i++) {
        Zone z = zone(zone_name(i));
        setenv("TZ", z.name.p, 1);
        tzset();
        for (uint32_t k = 0; k < 3 * z.n + 1500; k++) {
            time_t t = (time_t)any(7000000000) - 3000000000; /* 1874 to 2096 */
            if (k < 3 * z.n)
                t = (time_t)(z.at[k / 3] / 1000) + (time_t)(k % 3) - 1;
            struct tm tm;
            if (localtime_r(&t, &tm) == NULL || tm.tm_gmtoff * 1000 != zone_offset(&z, t * 1000))
                wrong++, printf("%.*s at %lld: %ld %d\n", STR_ARG(z.name), (long long)t,
                                tm.tm_gmtoff, zone_offset(&z, t * 1000));
        }
        arena_reset(&arena);
    }
    EXPECT_INT(wrong, 0);
}

/* Rows of `zone,...`, sorted by zone: keeps the last one. */
static const Zone *row_zone(Str name) {
    static Zone z;
    if (!str_eq(z.name, name))
        z = zone(name);
    return &z;
}

/* `1986-05-04T01:59:59` as a local time. */
static int64_t row_local(Str s) {
    char text[32] = "";
    memcpy(text, s.p, s.n < sizeof text ? s.n : 0);
    text[10] = ' ';
    return local(text);
}

static int64_t row_instant(Str s) {
    int64_t t = 0;
    EXPECT(instant_parse(s, &t) == OK);
    return t;
}

TEST(wall_times_of_the_data_become_their_instants) {
    Buf b = {0};
    Str fields[6];
    int rows = 0;
    if (data_read("time/wall_to_utc.csv", &b)) {
        Str text = buf_str(&b);
        for (data_row(&text, fields, 6); data_row(&text, fields, 6) == 6; rows++) {
            const Zone *z = row_zone(fields[0]);
            int64_t want = row_instant(fields[3]);
            if (zone_instant(z, row_local(fields[1])) != want)
                EXPECT_STR(fields[0], fields[1]);
        }
        EXPECT_INT(rows, 1503);
    }
    buf_free(&b);
}

TEST(instants_of_the_data_show_their_wall_times) {
    Buf b = {0};
    Str fields[4];
    int rows = 0;
    if (data_read("time/utc_to_wall.csv", &b)) {
        Str text = buf_str(&b);
        for (data_row(&text, fields, 4); data_row(&text, fields, 4) == 4; rows++) {
            const Zone *z = row_zone(fields[0]);
            int64_t t = row_instant(fields[1]);
            if (zone_local(z, t) != row_local(fields[2]) ||
                zone_local(z, t) - t != zone_offset(z, t))
                EXPECT_STR(fields[0], fields[1]);
        }
        EXPECT_INT(rows, 631);
    }
    buf_free(&b);
}

/* --- bytes
 * -------------------------------------------------------------------------------------------- */

TEST(bytes_come_back_the_same) {
    Buf first = {0}, second = {0};
    for (size_t i = 0; i < zone_names(); i++) {
        Zone z = zone(zone_name(i)), back;
        zone_put(&first, &z);
        Take t = take_from(buf_str(&first));
        EXPECT(zone_take(&t, &arena, &back) == OK && take_done(&t) == OK);
        zone_put(&second, &back);
        EXPECT_STR(buf_str(&second), buf_str(&first));
        buf_reset(&first);
        buf_reset(&second);
        arena_reset(&arena);
    }
    buf_free(&first);
    buf_free(&second);
}

/* Bytes of others are refused, or they are a zone: it can be asked, and its own bytes are those
 * that were read. */
static bool refused_or_sound(Str bytes) {
    Zone z;
    Take t = take_from(bytes);
    Status status = zone_take(&t, &arena, &z);
    if (status != OK) {
        EXPECT(status == ERR_DAMAGED);
        return false;
    }
    Buf b = {0};
    zone_put(&b, &z);
    EXPECT_STR(buf_str(&b), ((Str){bytes.p, (size_t)(t.p - bytes.p)}));
    buf_free(&b);
    for (int k = 0; k < 20; k++) {
        int64_t at = z.n > 0 ? z.at[any(z.n)] + (int64_t)any(80 * HOUR_MS) - 40 * HOUR_MS
                             : (int64_t)any(5000000000000);
        int64_t found = zone_instant(&z, zone_local(&z, at));
        EXPECT(!instant_ok(zone_local(&z, at)) || found <= at);
    }
    return true;
}

TEST(changed_bytes_are_refused_or_sound) {
    static const char *const names[] = {"Europe/Dublin", "UTC", "America/Nuuk", "Asia/Shanghai"};
    Buf b = {0};
    int sound = 0, refused = 0;
    for (size_t i = 0; i < 4; i++) {
        Zone z = zone(str_of(names[i]));
        buf_reset(&b);
        zone_put(&b, &z);
        for (size_t n = 0; n < b.n; n++)
            EXPECT(!refused_or_sound((Str){b.p, n})); /* cut short */
        for (int k = 0; k < 4000; k++) {
            size_t place = any(b.n), other = any(b.n);
            char old = b.p[place], old_other = b.p[other];
            b.p[place] = (char)any(256);
            if (k % 2 == 0)
                b.p[other] = (char)any(256);
            refused_or_sound(buf_str(&b)) ? sound++ : refused++;
            b.p[other] = old_other;
            b.p[place] = old;
            arena_reset(&arena);
        }
    }
    EXPECT(sound > 100 && refused > 100);
    buf_free(&b);
}

TEST(zones_that_break_a_rule_are_refused) {
    Zone good = zone(S("Europe/Dublin"));
    const int64_t at[] = {0, 1000}, equal[] = {1000, 1000}, finer[] = {0, 1},
                  far[] = {0, INSTANT_MAX + 1};
    const int32_t offsets[] = {0, H, 0}, idle[] = {0, H, H}, wide[] = {0, 26 * H, 0},
                  part[] = {0, 1, 0};
    Zone z = {.name = S("z"), .n = 2, .at = at, .offsets = offsets};
    EXPECT(zone_check(&good) == OK && zone_check(&z) == OK);
    for (int i = 0; i < 15; i++) {
        Zone bad = z;
        bad.name = i == 0 ? S("") : i == 1 ? S("a b") : bad.name;
        bad.at = i == 2 ? equal : i == 3 ? finer : i == 4 ? far : at;
        bad.offsets = i == 5 ? idle : i == 6 ? wide : i == 7 ? part : offsets;
        if (i == 8)
            bad.tail.std_ms = H; /* does not go on from the last change */
        if (i > 9) {             /* the changes of `good`, whose tail does */
            bad.n = good.n;
            bad.at = good.at;
            bad.offsets = good.offsets;
        }
        if (i == 9)
            bad.tail = (ZoneTail){.changes = true, .to_dst = {.kind = (ZoneDay)9}};
        if (i == 10)
            bad.tail = good.tail, bad.tail.to_dst.month = 13;
        if (i == 11)
            bad.tail = good.tail, bad.tail.to_std.time_ms = 168 * H;
        if (i == 12)
            bad.tail = good.tail, bad.tail.to_std.wday = 7;
        if (i == 13)
            bad.tail = good.tail, bad.tail.to_std.week = 6;
        if (i == 14)
            bad.tail = good.tail, bad.tail.dst_ms = bad.tail.std_ms;
        EXPECT(zone_check(&bad) == ERR_DAMAGED);
    }
}

TEST(a_failed_allocation_is_told) {
    for (uint64_t k = 1; k < 10; k++) {
        Arena a = {0};
        Zone z;
        mem_fail_at(k);
        Status status = zone_find(S("Asia/Gaza"), &a, &z);
        mem_fail_at(0);
        EXPECT(status == (k == 1 ? ERR_NOMEM : OK) || status == ERR_NOMEM);
        EXPECT(k < 9 || status == OK);
        arena_free(&a);
    }
}

/* One cache, asked up and down through days and offsets, prints what a fresh one does. */
TEST(kept_days_print_as_fresh_ones) {
    static const char *const names[] = {"Europe/Amsterdam", "Asia/Kolkata", "Africa/Monrovia",
                                        "Australia/Lord_Howe", "UTC"};
    uint64_t draw = unit_seed * 2 + 1;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        Arena a = {0};
        Zone z;
        EXPECT(zone_find(str_of(names[k]), &a, &z) == OK);
        ZoneCache kept = {.zone = &z};
        int64_t t = k % 2 == 0 ? -INT64_C(1500000000000) : INT64_C(1772409600000);
        for (int i = 0; i < 20000; i++) {
            draw = draw * UINT64_C(6364136223846793005) + 1442695040888963407u;
            int64_t step = (int64_t)(draw >> 33) % (40 * HOUR_MS) - 19 * HOUR_MS;
            t += (draw >> 60) == 0 ? step : step / SECOND_MS * SECOND_MS - t % SECOND_MS;
            Buf got = {0}, want = {0};
            if ((draw >> 59) == 0)
                (void)zone_cache_local(&kept, t + 200 * DAY_MS);
            zone_put_instant(&got, &kept, t);
            put_instant(&want, t, zone_offset(&z, t));
            EXPECT_STR(buf_str(&got), buf_str(&want));
            buf_free(&got);
            buf_free(&want);
        }
        arena_free(&a);
    }
}

/* clang-format off */
UNIT_MAIN(
    T(zones_are_found_by_name_and_link) T(every_name_is_listed_in_order_and_found)
    T(a_gap_is_the_instant_of_the_jump) T(of_a_fold_it_is_the_first)
    T(the_places_where_others_fail) T(rules_go_on_for_ever)
    T(looking_up_stops_at_the_years_there_are) T(instants_are_printed_in_their_zone)
    T(days_of_the_year_are_counted_with_and_without_the_leap_day)
    T(weeks_of_a_month_count_from_its_first_day) T(a_rule_may_mean_daylight_time_all_year)
    T(times_of_rules_go_a_week_either_way) T(rules_are_kept_over_the_turn_of_the_year)
    T(what_is_no_rule_is_refused) T(the_cache_agrees_and_instants_are_the_first)
    T(agrees_with_the_c_library) T(wall_times_of_the_data_become_their_instants)
    T(instants_of_the_data_show_their_wall_times) T(bytes_come_back_the_same)
    T(changed_bytes_are_refused_or_sound) T(zones_that_break_a_rule_are_refused)
    T(a_failed_allocation_is_told) T(kept_days_print_as_fresh_ones))
