/* check: schedules: `every monday at 10:00`, `every month on last working day at 17:00`. */
#include "engine/check/check_int.h"

#include "engine/base/civil.h"
#include "engine/base/limits.h"

static void say_schedule(Program *p, const Node *every) {
    diag_add2(p->diags, DIAG_UNEXPECTED, every->span, say_both(p, "this schedule", "这个周期"),
              say_both(p,
                       "every WEEKDAY, every day, every working day, every month on day N, every "
                       "quarter on last working day or every 90 days, and at TIME",
                       "每 星期、每 天、每 工作日、每 月 当 天 N、每 季度 当 最后 工作日 或 每 90 "
                       "天，再写 于 时刻"));
}

static void say_number_bad(Program *p, const Node *node, Str what, Str how) {
    diag_add3(p->diags, DIAG_BAD_LITERAL, node->span, node->text, what, how);
}

/* Which one of its kind in the month: 1, 2, ...; -1 the last. */
static void read_which(Program *p, const Node *day, Schedule *s) {
    int64_t nth = -1;
    int64_t most = s->what == MONTH_WEEKDAY ? 5 : s->what == MONTH_WORKING_DAY ? 23 : 31;
    if (day->text.n > 0)
        (void)count_read(p, day->span, day->text, most, say_both(p, "day of the month", "每月的日"),
                         &nth);
    s->nth = (int32_t)nth;
}

static bool read_month(Program *p, const Node *every, Schedule *s) {
    const Node *day = every->a;
    unsigned unit = every->flag == 0 ? UNIT_MONTH : every->flag - 1u; /* every last friday */
    s->kind = EVERY_MONTH;
    s->months = unit == UNIT_MONTH ? 1 : unit == UNIT_QUARTER ? 3 : unit == UNIT_YEAR ? 12 : 0;
    s->what = day->op != 0                    ? MONTH_WEEKDAY
              : day->slot == UNIT_DAY         ? MONTH_DAY
              : day->slot == UNIT_WORKING_DAY ? MONTH_WORKING_DAY
                                              : MONTH_NOTHING;
    if (s->months == 0 || s->what == MONTH_NOTHING)
        return false;
    if (s->what == MONTH_WEEKDAY)
        s->weekdays = (uint8_t)(1u << (day->slot - 1));
    read_which(p, day, s);
    return true;
}

/* So many days or months after one another, from a date on. */
static bool read_span(Program *p, const Node *every, Schedule *s) {
    Value from;
    if (!literal_value(p, every->a, &s->span))
        return true;
    if (s->span.aux != FAMILY_DAYS && s->span.aux != FAMILY_MONTHS)
        return false;
    if (s->span.i <= 0)
        diag_add(p->diags, DIAG_NO_TIME_AT_ALL, every->a->span);
    s->has_from = every->b != NULL && literal_value(p, every->b, &from);
    if (s->has_from)
        s->from = (int32_t)from.i;
    if (every->b == NULL && s->span.aux == FAMILY_MONTHS)
        diag_add2(p->diags, DIAG_MISSING, every->span, say_both(p, "from DATE", "自 日期"),
                  say_both(p, "at TIME", "于 时刻"));
    return true;
}

void schedule_read(Program *p, const Node *every, Schedule *s) {
    *s = (Schedule){.set = true, .kind = every->op, .missed = (int)every->slot};
    if (time_parse(every->more, false, &s->time_ms) != OK)
        say_number_bad(p, &(Node){.span = every->span, .text = every->more},
                       say_both(p, "time of day", "时刻"),
                       say_both(p, "write it as in 09:00", "写法如 09:00"));
    bool known = true;
    if (every->op == EVERY_WEEKDAY) {
        for (const Node *d = every->a; d != NULL; d = d->next)
            for (unsigned day = d->op, i = 0; i < 7; i++, day = day % 7 + 1) {
                s->weekdays |= (uint8_t)(1u << (day - 1));
                if (day == d->flag)
                    break;
            }
    } else if (every->op == EVERY_SPAN) {
        known = read_span(p, every, s);
    } else if (every->op == EVERY_MONTH) {
        known = read_month(p, every, s);
    } else {
        unsigned unit = every->flag - 1u;
        s->kind = unit == UNIT_DAY ? EVERY_DAY : EVERY_WORKING_DAY;
        known = unit == UNIT_DAY || unit == UNIT_WORKING_DAY;
    }
    if (!known)
        say_schedule(p, every);
    bool works =
        s->kind == EVERY_WORKING_DAY || (s->kind == EVERY_MONTH && s->what == MONTH_WORKING_DAY);
    if (known && works && calendar_here(p) == NULL && p->header != NULL)
        say_header(p, DIAG_NO_CALENDAR, every->span, N_SET_CALENDAR);
}
