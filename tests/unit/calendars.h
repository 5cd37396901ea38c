/* Calendars for tests: a few written here, and those of ../shared/data/worktime-calendars.json by a
 * reader that knows just that file's shape. */
#ifndef REMIT_TESTS_CALENDARS_H
#define REMIT_TESTS_CALENDARS_H

#include "engine/base/calendar.h"
#include "tests/unit/unit.h"

enum { CALENDARS = 16, CALENDAR_DATES = 200, CALENDAR_HOURS = 9 };

/* The hours of the weekdays, Monday first, then of make-up days; room for what a Calendar points
 * to. */
typedef struct TestCalendar {
    Calendar cal;
    Zone zone;
    DaySpan spans[CALENDAR_HOURS][4];
    Hours hours[CALENDAR_HOURS];
    CalDate dates[CALENDAR_DATES];
} TestCalendar;

/* `09:00-12:00 13:00-18:00` as hours. */
static Hours calendar_hours(const char *text, DaySpan *room) {
    Hours h = {room, 0};
    Str rest = str_of(text), word, from;
    for (bool more = rest.n > 0; more; h.n++) {
        more = str_cut(rest, ' ', &word, &rest);
        str_cut(word, '-', &from, &word);
        if (time_parse(from, false, &room[h.n].from_ms) != OK ||
            time_parse(word, true, &room[h.n].to_ms) != OK)
            EXPECT_STR(word, S("hours"));
    }
    return h;
}

static void calendar_date(TestCalendar *c, Str text, Hours hours) {
    int32_t day = 0;
    uint32_t i = c->cal.n_dates++;
    if (date_parse(text, &day) != OK)
        EXPECT_STR(text, S("a date"));
    for (; i > 0 && c->dates[i - 1].day > day; i--)
        c->dates[i] = c->dates[i - 1];
    c->dates[i] = (CalDate){day, hours};
    c->cal.dates = c->dates;
}

__attribute__((unused)) static void calendar_init(TestCalendar *c, Arena *arena, const char *zone,
                                                  const char *workdays, const char *saturday,
                                                  const char *sunday) {
    *c = (TestCalendar){.cal = {.name = S("test")}};
    EXPECT(zone_find(str_of(zone), arena, &c->zone) == OK);
    c->cal.zone = &c->zone;
    for (size_t i = 0; i < 7; i++)
        c->cal.week[i] = calendar_hours(i < 5 ? workdays : i == 5 ? saturday : sunday, c->spans[i]);
    c->hours[7] = calendar_hours(workdays, c->spans[7]);
}

/* Holidays, and with a `+` before the date make-up days with a workday's hours: `2026-01-01
 * +2026-01-04`. */
__attribute__((unused)) static void calendar_dates(TestCalendar *c, const char *text) {
    Str rest = str_of(text), word;
    for (bool more = true; more;) {
        more = str_cut(rest, ' ', &word, &rest);
        bool works = str_starts(word, S("+"));
        calendar_date(c, works ? str_from(word, 1) : word, works ? c->hours[7] : (Hours){NULL, 0});
    }
    EXPECT(cal_check(&c->cal) == OK);
}

/* --- the file
 * ----------------------------------------------------------------------------------------- */

static char calendar_peek(Str *in) {
    *in = str_trim(*in);
    return in->n > 0 ? in->p[0] : '\0';
}

/* Whether c comes next, which is then read. */
static bool calendar_mark(Str *in, char c) {
    if (calendar_peek(in) != c)
        return false;
    *in = str_from(*in, 1);
    return true;
}

static Str calendar_text(Str *in) {
    Str text = {NULL, 0};
    if (calendar_mark(in, '"'))
        str_cut(*in, '"', &text, in);
    return text;
}

static Hours calendar_spans(Str *in, DaySpan *room) {
    Hours h = {room, 0};
    for (calendar_mark(in, '['); calendar_mark(in, '['); calendar_mark(in, ',')) {
        Str from = calendar_text(in);
        calendar_mark(in, ',');
        Str to = calendar_text(in);
        calendar_mark(in, ']');
        EXPECT(time_parse(from, false, &room[h.n].from_ms) == OK);
        EXPECT(time_parse(to, true, &room[h.n].to_ms) == OK);
        h.n++;
    }
    calendar_mark(in, ']');
    return h;
}

static void calendar_week(Str *in, TestCalendar *c) {
    static const char names[] = "montuewedthufrisatsun";
    for (calendar_mark(in, '{'); calendar_peek(in) == '"'; calendar_mark(in, ',')) {
        Str day = calendar_text(in);
        size_t i = 0;
        while (i < 7 && !str_eq((Str){names + 3 * i, 3}, day))
            i++;
        calendar_mark(in, ':');
        EXPECT(i < 7);
        c->cal.week[i % 7] = calendar_spans(in, c->spans[i % 7]);
    }
    calendar_mark(in, '}');
}

/* The member in turn of a calendar; dates are added with what hours[8] (none) or hours[7] (make-up)
 * will be. */
static void calendar_member(Str *in, Arena *arena, TestCalendar *c, Str *makeup) {
    Str name = calendar_text(in);
    calendar_mark(in, ':');
    if (str_eq(name, S("zone"))) {
        EXPECT(zone_find(calendar_text(in), arena, &c->zone) == OK);
        c->cal.zone = &c->zone;
    } else if (str_eq(name, S("week"))) {
        calendar_week(in, c);
    } else if (str_eq(name, S("makeup_hours"))) {
        c->hours[7] = calendar_spans(in, c->spans[7]);
    } else {
        EXPECT(calendar_mark(in, '['));
        if (str_eq(name, S("makeup")))
            *makeup = *in;
        while (calendar_peek(in) == '"') {
            Str date = calendar_text(in);
            if (str_eq(name, S("holidays")))
                calendar_date(c, date, (Hours){NULL, 0});
            calendar_mark(in, ',');
        }
        calendar_mark(in, ']');
    }
}

/* How many calendars there are in the text, up to CALENDARS of them in out. */
__attribute__((unused)) static size_t calendars_read(Str in, Arena *arena, TestCalendar *out) {
    size_t n = 0;
    for (calendar_mark(&in, '{'); n < CALENDARS && calendar_peek(&in) == '"'; n++) {
        TestCalendar *c = &out[n];
        *c = (TestCalendar){.cal = {.name = calendar_text(&in)}};
        Str makeup = {NULL, 0};
        calendar_mark(&in, ':');
        for (calendar_mark(&in, '{'); calendar_peek(&in) == '"'; calendar_mark(&in, ','))
            calendar_member(&in, arena, c, &makeup);
        EXPECT(calendar_mark(&in, '}'));
        calendar_mark(&in, ',');
        while (calendar_peek(&makeup) == '"') {
            calendar_date(c, calendar_text(&makeup), c->hours[7]);
            calendar_mark(&makeup, ',');
        }
        EXPECT(cal_check(&c->cal) == OK);
    }
    EXPECT(calendar_mark(&in, '}'));
    return n;
}

#endif
