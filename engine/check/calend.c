/* check: calendars: weekly hours, holidays, make-up days, as base/calendar.h wants them. */
#include "engine/check/check_int.h"
#include "engine/check/elsewhere.h"

#include <stdlib.h>

#include "engine/base/civil.h"

/* A date and its label. */
typedef struct CalNamed {
    CalDate date;
    Str name;
} CalNamed;

typedef struct CalBuild {
    Program *p;
    Calend *c;
    CalNamed *dates;
    Span *at; /* of each date, for messages */
    uint32_t count;
    Hours workdays;         /* of make-up days that name no hours */
    int32_t past[7];        /* how far the hours of each weekday go on into the next one */
    const Node *past_at[7]; /* where that is said */
} CalBuild;

static bool read_time(Program *p, const Node *span, Str text, int32_t *out) {
    if (time_parse(text, true, out) == OK)
        return true;
    Str padded = elsewhere_time(p, text);
    Span at = {span->span.file, span->span.from, span->span.from + (uint32_t)text.n};
    if (text.p == span->more.p)
        at = (Span){span->span.file, span->span.to - (uint32_t)text.n, span->span.to};
    Diag *diag = diag_add3(
        p->diags, DIAG_BAD_LITERAL, span->span, text, say_both(p, "time of day", "时刻"),
        elsewhere_hint(p, padded, say_both(p, "write 00:00 to 24:00", "请写 00:00 至 24:00")));
    if (padded.n > 0 && str_eq(source_text(p->sources, at), text))
        diag_fix(diag, at, padded);
    return false;
}

/* 12:00..08:00 is 20 hours over midnight; more often its ends have been exchanged. */
static void say_long_night(Program *p, const Node *span, int64_t length_ms) {
    if (length_ms <= 16 * HOUR_MS)
        return;
    diag_add3(p->diags, DIAG_LONG_NIGHT, span->span, source_text(p->sources, span->span),
              say_number(p, (size_t)(length_ms / HOUR_MS), " hour", " hours", " 小时"),
              say(p, "%.*s..%.*s", STR_ARG(span->more), STR_ARG(span->text)));
}

/* past: how far the last span goes on past midnight; NULL: none may. */
static Hours read_hours(Program *p, const Node *spans, int32_t *past) {
    size_t n = node_count(spans);
    DaySpan *out = new (p->arena, DaySpan, n + 1);
    if (out == NULL) {
        p->nomem = true;
        return (Hours){NULL, 0};
    }
    uint32_t used = 0;
    for (const Node *s = spans; s != NULL; s = s->next) {
        DaySpan span;
        if (!read_time(p, s, s->text, &span.from_ms) || !read_time(p, s, s->more, &span.to_ms))
            continue;
        if (past != NULL && s->next == NULL && span.to_ms < span.from_ms) {
            say_long_night(p, s, DAY_MS + span.to_ms - span.from_ms);
            *past = span.to_ms;
            span.to_ms = DAY_MS;
        }
        if (span.from_ms >= span.to_ms || (used > 0 && out[used - 1].to_ms > span.from_ms)) {
            diag_add1(p->diags, DIAG_BAD_HOURS, s->span, source_text(p->sources, s->span));
            continue;
        }
        if (used > 0 && out[used - 1].to_ms == span.from_ms)
            out[used - 1].to_ms = span.to_ms;
        else
            out[used++] = span;
    }
    return (Hours){out, used};
}

static void weekly(CalBuild *b, const Node *item) {
    int32_t past = 0;
    Hours hours = read_hours(b->p, item->b, &past);
    for (const Node *d = item->a; d != NULL; d = d->next)
        for (unsigned day = d->op, i = 0; i < 7; i++, day = day % 7 + 1) {
            Hours *slot = &b->c->calendar.week[day - 1];
            if (slot->n > 0)
                diag_add2(b->p->diags, DIAG_DECLARED_TWICE, d->span,
                          source_text(b->p->sources, d->span), S(""));
            *slot = hours;
            b->past[day - 1] = past;
            b->past_at[day - 1] = item->b;
            if (day == d->flag)
                break;
        }
}

/* What goes on past midnight are hours of the next date. */
static void weekly_past(CalBuild *b) {
    Hours *week = b->c->calendar.week, after[7];
    for (int day = 0; day < 7; day++) {
        int from = (day + 6) % 7;
        int32_t past = b->past[from];
        Hours own = after[day] = week[day];
        if (past == 0)
            continue;
        if (own.n > 0 && own.spans[0].from_ms < past) {
            const Node *last = b->past_at[from];
            while (last->next != NULL)
                last = last->next;
            diag_add1(b->p->diags, DIAG_BAD_HOURS, last->span,
                      source_text(b->p->sources, last->span));
            continue;
        }
        DaySpan *spans = new (b->p->arena, DaySpan, own.n + 1);
        if (spans == NULL) {
            b->p->nomem = true;
            return;
        }
        bool joins = own.n > 0 && own.spans[0].from_ms == past;
        spans[0] = (DaySpan){0, joins ? own.spans[0].to_ms : past};
        for (uint32_t i = joins; i < own.n; i++)
            spans[i + 1 - joins] = own.spans[i];
        after[day] = (Hours){spans, own.n + 1 - joins};
    }
    for (int day = 0; day < 7; day++)
        week[day] = after[day];
}

static bool read_date(Program *p, const Node *literal, int32_t *out) {
    Value v;
    if (literal == NULL || !literal_value(p, literal, &v))
        return false;
    *out = (int32_t)v.i;
    return true;
}

enum { CAL_RANGE_MOST = 400, CAL_DATES_MOST = 20000 };

static void dated(CalBuild *b, const Node *item, Hours hours) {
    int32_t from, to;
    if (!read_date(b->p, item->a, &from) || !read_date(b->p, item->b, &to))
        return;
    if (to < from || to - from > CAL_RANGE_MOST) {
        diag_add1(b->p->diags, DIAG_BAD_BOUNDS, item->span, source_text(b->p->sources, item->span));
        return;
    }
    for (int32_t day = from; day <= to && b->count < CAL_DATES_MOST; day++) {
        for (uint32_t i = 0; i < b->count; i++)
            if (b->dates[i].date.day == day) {
                Buf text = {0};
                put_date(&text, day);
                diag_other(diag_add1(b->p->diags, DIAG_DATE_TWICE, item->span,
                                     say(b->p, "%.*s", STR_ARG(buf_str(&text)))),
                           b->at[i]);
                buf_free(&text);
                return;
            }
        b->at[b->count] = item->span;
        b->dates[b->count++] = (CalNamed){{day, hours}, item->text};
    }
}

static int date_order(const void *a, const void *b) {
    const CalNamed *x = a, *y = b;
    return (x->date.day > y->date.day) - (x->date.day < y->date.day);
}

/* By day, the names apart. */
static void dates_take(CalBuild *b) {
    CalDate *dates = new (b->p->arena, CalDate, b->count + 1);
    Str *names = new (b->p->arena, Str, b->count + 1);
    if (dates == NULL || names == NULL) {
        b->p->nomem = true;
        return;
    }
    if (b->count > 1)
        qsort(b->dates, b->count, sizeof *b->dates,
              date_order); /* a total order: no date stands twice */
    for (uint32_t i = 0; i < b->count; i++) {
        dates[i] = b->dates[i].date;
        names[i] = b->dates[i].name;
    }
    b->c->calendar.dates = dates;
    b->c->calendar.date_names = names;
    b->c->calendar.n_dates = b->count;
}

static void published(CalBuild *b, const Node *item) {
    Node from = {.kind = N_LIT, .op = LIT_NUMBER, .text = item->text, .span = item->span};
    Node to = {.kind = N_LIT, .op = LIT_NUMBER, .text = item->more, .span = item->span};
    Value lo, hi;
    if (!literal_value(b->p, &from, &lo) || !literal_value(b->p, &to, &hi))
        return;
    if (lo.kind != V_INT || hi.kind != V_INT || lo.i < 1 || hi.i > 9999 || lo.i > hi.i) {
        diag_add1(b->p->diags, DIAG_BAD_BOUNDS, item->span, source_text(b->p->sources, item->span));
        return;
    }
    b->c->calendar.published_from = (int16_t)lo.i;
    b->c->calendar.published_to = (int16_t)hi.i;
}

static size_t dates_most(const Node *items) {
    size_t n = 1;
    for (const Node *item = items; item != NULL; item = item->next)
        if (item->kind == N_CAL_HOLIDAY || item->kind == N_CAL_WORKDAY)
            n += CAL_RANGE_MOST + 1;
    return n > CAL_DATES_MOST ? CAL_DATES_MOST : n;
}

static bool has_hours(const Calendar *c) {
    uint32_t n = 0;
    for (int i = 0; i < 7; i++)
        n += c->week[i].n;
    return n > 0;
}

static void calendar_zone(Program *p, Calend *c, const Node *item) {
    Zone *zone = new (p->arena, Zone, 1);
    if (zone == NULL) {
        p->nomem = true;
        return;
    }
    if (zone_read(p, item, zone)) {
        c->calendar.zone = zone;
        c->own_zone = true;
    }
}

static void calendar_check(Program *p, Calend *c) {
    const Node *items = c->node->a;
    uint32_t errors = p->diags->errors;
    size_t most = dates_most(items);
    CalBuild b = {
        .p = p, .c = c, .dates = new (p->arena, CalNamed, most), .at = new (p->arena, Span, most)};
    if (b.dates == NULL || b.at == NULL) {
        p->nomem = true;
        return;
    }
    c->calendar.name = name_short(p, c->home, c->name);
    c->calendar.zone = &p->zone;
    for (const Node *item = items; item != NULL; item = item->next) {
        if (item->kind == N_CAL_HOURS)
            weekly(&b, item);
        else if (item->kind == N_CAL_WORKDAYS)
            b.workdays = read_hours(p, item->c, NULL);
        else if (item->kind == N_CAL_PUBLISHED)
            published(&b, item);
        else if (item->kind == N_SET_ZONE) {
            said_once(p, items, item);
            calendar_zone(p, c, item);
        }
    }
    if (b.workdays.n == 0)
        b.workdays = c->calendar.week[0];
    weekly_past(&b);
    for (const Node *item = items; item != NULL; item = item->next) {
        if (item->kind == N_CAL_HOLIDAY)
            dated(&b, item, (Hours){NULL, 0});
        else if (item->kind == N_CAL_WORKDAY)
            dated(&b, item, item->c == NULL ? b.workdays : read_hours(p, item->c, NULL));
    }
    dates_take(&b);
    if (!has_hours(&c->calendar) && p->diags->errors == errors) /* and all could be read */
        diag_add1(p->diags, DIAG_NO_HOURS, c->at, c->name);
}

void calendars_check(Program *p) {
    for (size_t i = 0; i < p->calendars.n && !p->nomem; i++)
        calendar_check(p, p->calendars.at[i]);
}
