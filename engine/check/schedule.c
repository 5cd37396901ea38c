/* check: schedules: `every monday at 10:00`, `every month on last working day at 17:00`. */
#include "engine/check/check_int.h"
#include "engine/check/elsewhere.h"

#include "engine/base/civil.h"
#include "engine/base/limits.h"

/* How what is meant is written. */
static Str schedule_meant(Program *p, const Node *every) {
    static const struct {
        const char *word, *en, *zh;
    } words[] = {
        {"weekday", "write: every monday to friday at TIME, or every working day at TIME",
         "请写：每 周一 至 周五 于 时刻，或 每 工作日 于 时刻"},
        {"weekdays", "write: every monday to friday at TIME, or every working day at TIME",
         "请写：每 周一 至 周五 于 时刻，或 每 工作日 于 时刻"},
        {"weekend", "write: every saturday, sunday at TIME", "请写：每 周六, 周日 于 时刻"},
        {"fortnight", "write: every 14 days from DATE at TIME", "请写：每 14 天 自 日期 于 时刻"},
    };
    unsigned unit = every->op == EVERY_DAY ? every->flag - 1u : UNIT_COUNT;
    for (size_t i = 0; every->op == EVERY_WRONG && i < sizeof words / sizeof *words; i++)
        if (str_eq(every->text, str_of(words[i].word)))
            return say_both(p, words[i].en, words[i].zh);
    if (every->op == EVERY_WRONG && every->flag != 0)
        return say_both(p, "write: every 14 days from DATE at TIME, DATE being one of these days",
                        "请写：每 14 天 自 日期 于 时刻，日期取其中一天");
    if (unit == UNIT_MONTH || unit == UNIT_QUARTER || unit == UNIT_YEAR)
        return say_both(p,
                        "say on which day: every month on day 1 at TIME, every quarter on last "
                        "working day at TIME",
                        "请写明哪一天：每 月 当 天 1 于 时刻，每 季度 当 最后 工作日 于 时刻");
    if (unit == UNIT_WEEK)
        return say_both(p, "say on which day: every monday at TIME",
                        "请写明哪一天：每 周一 于 时刻");
    if (unit == UNIT_HOUR || unit == UNIT_MINUTE || every->op == EVERY_SPAN)
        return say_both(p,
                        "within the day it goes from one time to another: every 4 hours from "
                        "06:00 to 22:00",
                        "一天之内须写明起止：每 4 小时 自 06:00 至 22:00");
    return say_both(
        p,
        "every WEEKDAY, every day, every working day, every month on day N, every "
        "quarter on last working day or every 90 days, and at TIME",
        "请写：每 周一、每 天、每 工作日、每 月 当 天 N、每 季度 当 最后 工作日 或 每 90 "
        "天，其后写 于 时刻");
}

/* A day of the week or a unit that is misspelt. */
static bool say_misspelt(Program *p, const Node *every) {
    static const char *const words[] = {"monday", "tuesday",  "wednesday", "thursday",
                                        "friday", "saturday", "sunday",    "day",
                                        "month",  "quarter",  "year"};
    enum { WORDS = sizeof words / sizeof *words };
    Str names[WORDS];
    for (size_t i = 0; i < WORDS; i++)
        names[i] = str_of(words[i]);
    ptrdiff_t best =
        every->op != EVERY_WRONG || every->flag != 0 || str_starts(every->text, S("week"))
            ? -1
            : nearest(every->text, names, WORDS);
    if (best < 0)
        return false;
    Diag *diag =
        diag_add2(p->diags, DIAG_NO_SCHEDULE, every->at, every->text,
                  say(p, "%.*s%.*s%.*s", STR_ARG(say_both(p, "did you mean ", "是否想写 ")),
                      STR_ARG(names[best]), STR_ARG(say_both(p, "?", "？"))));
    diag_like(diag, every->at, every->text, names, WORDS, best);
    return true;
}

static void say_schedule(Program *p, const Node *every) {
    if (!say_misspelt(p, every))
        diag_add2(p->diags, DIAG_NO_SCHEDULE, every->span, source_text(p->sources, every->span),
                  schedule_meant(p, every));
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
        diag_missing(p->diags, every->span, say_both(p, "from DATE", "自 日期"),
                     say_both(p, "at TIME", "于 时刻"), (Str){NULL, 0});
    return true;
}

static bool read_time(Program *p, const Node *node, int32_t *out) {
    if (time_parse(node->text, false, out) == OK)
        return true;
    say_number_bad(p, node, say_both(p, "time of day", "时刻"),
                   elsewhere_hint(p, elsewhere_time(p, node->text),
                                  say_both(p, "write it as in 09:00", "写法如 09:00")));
    return false;
}

/* The times of the day, in their order; one that is written twice is a mistake. */
static void read_times(Program *p, const Node *every, Schedule *s) {
    s->times = new (p->arena, int32_t, node_count(every->d) + 1);
    if (s->times == NULL) {
        p->nomem = true;
        return;
    }
    for (const Node *node = every->d; node != NULL; node = node->next) {
        int32_t time = 0;
        uint32_t at = s->time_count;
        bool good = read_time(p, node, &time) || every->d->next == NULL;
        while (at > 0 && s->times[at - 1] > time)
            at--;
        if (good && at > 0 && s->times[at - 1] == time)
            diag_add2(p->diags, DIAG_TIME_TWICE, node->span, node->text, (Str){NULL, 0});
        if (!good || (at > 0 && s->times[at - 1] == time))
            continue;
        for (uint32_t i = s->time_count; i > at; i--)
            s->times[i] = s->times[i - 1];
        s->times[at] = time;
        s->time_count++;
    }
}

static void say_steps(Program *p, const Node *at, Str why) {
    diag_add1(p->diags, DIAG_BAD_STEPS, at->span, why);
}

/* From a time of day on, so long after one another, up to and with another. */
static void read_steps(Program *p, const Node *every, Schedule *s) {
    enum { LEAST_MS = 60000, MOST = 24 * 60 };
    Value step;
    int32_t from = 0, to = 0;
    s->times = new (p->arena, int32_t, MOST + 1);
    p->nomem = p->nomem || s->times == NULL;
    if (s->times == NULL || !literal_value(p, every->a, &step) || !read_time(p, every->d, &from) ||
        !read_time(p, every->d->next, &to))
        return;
    if (step.aux != FAMILY_ELAPSED || step.i >= DAY_MS || step.i < LEAST_MS)
        say_steps(
            p, every->a,
            say_both(
                p, "a step within the day is a minute or more, in minutes or hours: every 4 hours",
                "一天之内的间隔以分钟或小时计，至少一分钟：每 4 小时"));
    else if (to <= from)
        say_steps(p, every->d->next,
                  say_both(p, "it ends on the day on which it begins: from 06:00 to 22:00",
                           "须在同一天内结束：自 06:00 至 22:00"));
    else
        for (int64_t at = from; at <= to && s->time_count <= MOST; at += step.i)
            s->times[s->time_count++] = (int32_t)at;
}

void schedule_read(Program *p, const Node *every, Schedule *s) {
    *s = (Schedule){.set = true, .kind = every->op, .missed = (int)every->slot};
    bool known = true;
    if (every->op == EVERY_STEPS)
        read_steps(p, every, s);
    else
        read_times(p, every, s);
    if (every->op == EVERY_STEPS || every->op == EVERY_WRONG) {
        known = every->op == EVERY_STEPS;
        s->kind = EVERY_DAY;
    } else if (every->op == EVERY_WEEKDAY) {
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
