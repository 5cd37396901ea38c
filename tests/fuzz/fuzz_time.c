/* What comes from others about time: a text (up to its first NUL) is read as an instant, a date, a
 * time, a local time and a POSIX rule; the bytes after it as a zone and a calendar in that zone.
 * What is accepted comes back the same, and can be asked without end or overflow. */
#include "tests/fuzz/fuzz.h"

#include "engine/base/calendar.h"
#include "engine/base/check.h"

static void ask_text(Str s) {
    int64_t t, back;
    int32_t n, m;
    ZoneTail tail;
    Buf b = {0};
    if (instant_parse(s, &t) == OK) {
        put_instant(&b, t, 0);
        CHECK(instant_parse(buf_str(&b), &back) == OK && back == t);
        buf_reset(&b);
    }
    if (local_parse(s, &t) == OK) {
        put_local(&b, t);
        CHECK(local_parse(buf_str(&b), &back) == OK && back == t);
        buf_reset(&b);
    }
    if (date_parse(s, &n) == OK) {
        put_date(&b, n);
        CHECK(str_eq(buf_str(&b), s));
        buf_reset(&b);
    }
    if (time_parse(s, true, &n) == OK) {
        put_time(&b, n);
        CHECK(time_parse(buf_str(&b), true, &m) == OK && m == n);
        buf_reset(&b);
    }
    if (zone_tail_parse(s, &tail) == OK) {
        Zone z = {.name = S("z"), .offsets = &tail.std_ms, .tail = tail};
        CHECK(zone_check(&z) == OK);
    }
    buf_free(&b);
}

static void ask_zone(const Zone *z, int64_t near) {
    ZoneCache c = {.zone = z};
    for (int64_t t = near - 3 * DAY_MS; t < near + 3 * DAY_MS; t += 5 * HOUR_MS) {
        int64_t local = zone_cache_local(&c, t), first = zone_cache_instant(&c, local);
        CHECK(local == zone_local(z, t) && first == zone_instant(z, local));
        CHECK(!instant_ok(local) || (first <= t && zone_local(z, first) >= local));
    }
}

static void ask_calendar(const Calendar *cal, int64_t t) {
    int64_t r, ms;
    if (cal_add_time(cal, t, 50 * HOUR_MS, &r, NULL) == OK)
        CHECK(cal_between(cal, t, r, &ms, NULL) == OK && ms == 50 * HOUR_MS);
    if (cal_add_days(cal, t, 3, &r, NULL) == OK)
        CHECK(r > t);
    if (cal_end_of_day(cal, t, &r, NULL) == OK)
        CHECK(r > t);
    if (cal_sub_days(cal, t, 3, &r, NULL) == OK)
        CHECK(r < t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    Str text, bytes, all = {(const char *)data, n};
    str_cut(all, '\0', &text, &bytes);
    ask_text(text);
    if (bytes.n == 0)
        return 0;
    Arena arena = {0};
    Buf b = {0};
    Zone zone;
    Calendar cal;
    Take t = take_from(bytes);
    if (zone_take(&t, &arena, &zone) == OK) {
        zone_put(&b, &zone);
        int64_t near = zone.n > 0 ? zone.at[zone.n / 2] : 0;
        ask_zone(&zone, near);
        ask_zone(&zone, zone.n > 0 ? zone.at[zone.n - 1] : INSTANT_MAX);
        bool more = take_left(&t) > 0, taken = cal_take(&t, &arena, &zone, 1, &cal) == OK;
        if (taken) {
            cal_put(&b, &cal);
            ask_calendar(&cal, near);
        }
        if ((taken || !more) && take_done(&t) == OK)
            CHECK(buf_status(&b) == OK && str_eq(buf_str(&b), bytes));
    }
    buf_free(&b);
    arena_free(&arena);
    return 0;
}
