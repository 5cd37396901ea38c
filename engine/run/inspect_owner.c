/* run: inspecting what has a timer: each record is found by its name, each name leads to one; what
 * comes next of a record has its timer, each timer is of a record that says so. */
#include "engine/base/civil.h"
#include "engine/run/gather.h"
#include "engine/run/inspect_int.h"
#include "engine/run/live.h"
#include "engine/run/view.h"

static Status number_of_key(Inspect *in, Str key, const char *what, uint64_t *number, bool *good) {
    Take t = take_from(key);
    *number = take_key_u64(&t);
    *good = take_done(&t) == OK;
    if (!*good)
        fault(in, FAULT_RECORD, 0, str_of(what));
    return OK;
}

static void numbers_left(Inspect *in, uint64_t number, uint64_t next, const char *what) {
    if (number >= next)
        fault(in, FAULT_NEXT, number, str_of(what));
}

static Status timer_there(Inspect *in, const Due *due, bool *there) {
    Str value;
    TRY(timer_key(in->e, due->at, due->number, due->rung));
    return led_find(in->l, LED_TIMER, buf_str(&in->e->key), &value, there);
}

/* The timer that a record says it has. */
static Status timer_kept(Inspect *in, const Due *due, uint64_t number, const Subject *subject) {
    bool there = true;
    if (due->at != INSTANT_NEVER)
        TRY(timer_there(in, due, &there));
    return there ? OK : fault_of(in, FAULT_TIMER_LOST, number, subject);
}

static Status named(Inspect *in, const uint8_t hash[32], uint64_t number, const Subject *subject) {
    uint64_t leads, none;
    bool found;
    TRY(led_set_find(in->l, LED_SET_NAMES, hash, &leads, &none, &found));
    if (found && leads == number) {
        in->named++;
        return OK;
    }
    return fault_of(in, FAULT_NAME_LOST, number, subject);
}

static bool same_key(const Subject *a, const Subject *b) {
    bool same = a->kind == b->kind && a->key_count == b->key_count;
    for (uint32_t i = 0; same && i < a->key_count; i++)
        same = str_eq(a->key[i], b->key[i]);
    return same;
}

/* What was said of it stands in the journal. */
static Status said_of(Inspect *in, const uint64_t *said, uint32_t n, uint64_t number,
                      const Subject *subject) {
    for (uint32_t i = 0; i < n; i++) {
        Leaf leaf;
        bool good;
        TRY(leaf_read(in, said[i], &leaf, &good));
        good = good && leaf.kind == LEAF_EFFECT;
        if (good && i == 0)
            good = same_key(&leaf.effect.subject, subject);
        if (!good)
            return fault_of(in, FAULT_OPENED, number, subject);
    }
    return OK;
}

static Status later_one(Inspect *in, LedTable table, uint64_t latest, uint64_t number,
                        const Subject *subject) {
    bool there = true;
    if (latest != 0)
        TRY(numbered(in, table, latest, &there));
    return there ? OK : fault_of(in, FAULT_OCCURRENCE, number, subject);
}

/* ---- duties */

static Status duty_timer(Inspect *in, const Duty *d, const Subject *subject) {
    Due next, has = {d->timer_at, d->number, d->timer_rung};
    TRY(timer_kept(in, &has, d->number, subject));
    TRY(duty_next(d, true, &next.at, &next.rung));
    bool same = next.at == has.at && (next.at == INSTANT_NEVER || next.rung == has.rung);
    return same ? OK : fault_of(in, FAULT_TIMER_OTHER, d->number, subject);
}

static Status duty_fits(Inspect *in, Str key, Str value) {
    Duty d;
    uint64_t number;
    bool bad, good, linked;
    uint8_t hash[32];
    TRY(number_of_key(in, key, "duty", &number, &good));
    if (!good)
        return OK;
    numbers_left(in, number, in->e->next, "next");
    TRY(is_bad(view_duty(in->b, number, value, &in->e->event, &d), &bad));
    if (bad) {
        fault(in, FAULT_RECORD, number, S("duty"));
        return OK;
    }
    Subject subject = duty_subject(&d);
    TRY(duty_hash(in->b, d.decl, d.key, d.key_count, d.occurrence, &in->key, hash));
    TRY(named(in, hash, number, &subject));
    TRY(said_of(in, d.said, d.said_count, number, &subject));
    TRY(later_one(in, LED_DUTY, d.latest, number, &subject));
    TRY(duty_is_linked(in->e, &d, &linked));
    if (!linked)
        TRY(fault_of(in, FAULT_LINK_LOST, number, &subject));
    return duty_timer(in, &d, &subject);
}

/* ---- approvals */

static Status approval_fits(Inspect *in, Str key, Str value) {
    Approval a;
    uint64_t number;
    bool bad, good;
    uint8_t hash[32];
    TRY(number_of_key(in, key, "approval", &number, &good));
    if (!good)
        return OK;
    numbers_left(in, number, in->e->next, "next");
    TRY(is_bad(view_approval(in->b, number, value, &in->e->event, &a), &bad));
    if (bad) {
        fault(in, FAULT_RECORD, number, S("approval"));
        return OK;
    }
    Subject subject = approval_subject(&a);
    Due has = {a.timer_at, number, a.timer_rung};
    TRY(approval_hash(in->b, a.decl, a.key, a.key_count, a.occurrence, &in->key, hash));
    TRY(named(in, hash, number, &subject));
    TRY(said_of(in, a.said, a.said_count, number, &subject));
    TRY(later_one(in, LED_APPROVAL, a.latest, number, &subject));
    TRY(timer_kept(in, &has, number, &subject));
    bool open = a.state == APPROVAL_OPEN, hangs = true;
    if (open)
        TRY(approval_hangs(in->e, &a, &hangs));
    if (!hangs)
        TRY(fault_of(in, FAULT_LINK_LOST, number, &subject));
    if (open ? a.due != INSTANT_NEVER && has.at > (a.due > a.raised ? a.due : a.raised)
             : has.at != INSTANT_NEVER)
        return fault_of(in, FAULT_TIMER_OTHER, number, &subject);
    return OK;
}

/* ---- series */

static Status panes_read(Inspect *in, const Series *s, const Subject *subject) {
    int64_t pane;
    bool found, bad;
    Samples list = {0};
    Status status = is_bad(pane_from(in->l, s, INT64_MIN, &in->key, &pane, &found), &bad);
    while (status == OK && !bad && found) {
        list.n = 0;
        status = is_bad(pane_read(in->l, s, pane, &in->key, &in->e->event, &list), &bad);
        if (status == OK && !bad)
            status = is_bad(pane_after(in->l, s, pane, &in->key, &pane, &found), &bad);
    }
    vec_free(&list);
    TRY(status);
    return bad ? fault_of(in, FAULT_PANE, s->number, subject) : OK;
}

static Status series_fits(Inspect *in, Str key, Str value) {
    Series *s = new (&in->e->event, Series, 1);
    uint64_t number;
    bool bad, good;
    uint8_t hash[32];
    if (s == NULL)
        return ERR_NOMEM;
    TRY(number_of_key(in, key, "series", &number, &good));
    if (!good)
        return OK;
    numbers_left(in, number, in->e->series, "series");
    TRY(is_bad(view_series(in->b, number, value, &in->e->event, s), &bad));
    if (bad) {
        fault(in, FAULT_RECORD, number, S("series"));
        return OK;
    }
    Subject subject = series_subject(s);
    Due has = {s->timer_at, series_timer_number(s), 0};
    TRY(series_hash(s->def, s->key, &in->key, hash));
    TRY(named(in, hash, number, &subject));
    TRY(panes_read(in, s, &subject));
    return timer_kept(in, &has, number, &subject);
}

/* ---- groups of alarms */

static Status group_fits(Inspect *in, Str key, Str value) {
    Group g;
    Take t = take_from(key.n == 8 ? key : value);
    uint64_t number = take_key_u64(&t);
    bool there = false, bad = false;
    if (key.n != 8) { /* a name */
        if (take_done(&t) == OK)
            TRY(numbered(in, LED_GROUP, number, &there));
        if (!there)
            fault(in, FAULT_GROUP_FALSE, number, S(""));
        return OK;
    }
    numbers_left(in, number, in->e->next, "next");
    TRY(is_bad(view_group(in->b, number, value, &in->e->event, &g), &bad));
    if (!bad && g.timer_at != INSTANT_NEVER) {
        Due has = {g.timer_at, group_timer_number(&g), 0};
        TRY(timer_there(in, &has, &there));
        if (!there)
            fault(in, FAULT_TIMER_LOST, number, S("group"));
    }
    if (bad)
        fault(in, FAULT_RECORD, number, S("group"));
    return OK;
}

/* ---- timers */

/* Whether the owner of a timer has it then. */
static Status has_timer(Inspect *in, const Due *due, bool *has) {
    Str value;
    Duty d;
    Approval a;
    Group g;
    bool there, bad = false;
    Arena *event = &in->e->event;
    uint64_t number = due->number;
    LedTable table = (due->rung & APPROVAL_TIMER) != 0 ? LED_APPROVAL : LED_DUTY;
    *has = false;
    if (is_gather_timer(number)) {
        table = LED_GROUP;
        number &= ~(number >= DIGEST_TIMER ? DIGEST_TIMER : NOTICE_TIMER);
    } else if (number >= KPI_TIMER) {
        table = LED_SERIES;
        number &= (UINT64_C(1) << KPI_RANK_BIT) - 1;
    }
    TRY(numbered(in, table, number, &there));
    if (!there)
        return OK;
    TRY(led_find(in->l, table, buf_str(&in->key), &value, &there));
    TRY(arena_str(event, value, &value));
    if (table == LED_DUTY) {
        TRY(is_bad(view_duty(in->b, number, value, event, &d), &bad));
        *has = bad || (d.timer_at == due->at && d.timer_rung == due->rung);
    } else if (table == LED_APPROVAL) {
        TRY(is_bad(view_approval(in->b, number, value, event, &a), &bad));
        *has = bad || (a.timer_at == due->at && a.timer_rung == due->rung);
    } else if (table == LED_GROUP) {
        TRY(is_bad(view_group(in->b, number, value, event, &g), &bad));
        *has = bad || (g.timer_at == due->at && group_timer_number(&g) == due->number);
    } else {
        Series *s = new (event, Series, 1);
        if (s == NULL)
            return ERR_NOMEM;
        TRY(is_bad(view_series(in->b, number, value, event, s), &bad));
        *has = bad || (s->timer_at == due->at && series_timer_number(s) == due->number);
    }
    return OK;
}

/* The timer is one of the policy's own. */
static Status scheduled(Inspect *in, const Due *due) {
    for (size_t i = 0; i < in->scheduled.n; i++)
        if (in->scheduled.at[i].number == due->number) {
            in->scheduled.at[i].n++;
            return OK;
        }
    Scheduled first = {due->number, due->at, 1};
    return vec_push(&in->scheduled, first) ? OK : ERR_NOMEM;
}

static Status timer_fits(Inspect *in, Str key, Str value) {
    Due due = {0};
    bool has = false;
    (void)value;
    in->out->timers++;
    if (timer_read(key, &due) != OK) {
        fault(in, FAULT_RECORD, due.number, S("timer"));
        return OK;
    }
    bool owned = due.number >= NOTICE_TIMER || number_of(in->e, due.number) == NUMBER_OF_OWNER;
    if (!owned)
        return scheduled(in, &due);
    TRY(has_timer(in, &due, &has));
    if (has)
        return OK;
    Buf text = {0};
    put_instant(&text, due.at, 0);
    fault(in, FAULT_TIMER_FALSE, due.number, buf_str(&text));
    Status status = buf_status(&text);
    buf_free(&text);
    return status;
}

/* One timer, at one of its instants; none where no more come. */
static void schedule_fits(Inspect *in, const ScheduleDef *s, uint64_t number, DeclDef decl) {
    Scheduled has = {.number = number};
    const DatedDef *dated = schedule_dated(in->b, decl);
    for (size_t i = 0; i < in->scheduled.n; i++)
        if (in->scheduled.at[i].number == number)
            has = in->scheduled.at[i];
    bool comes = in->e->has_clock && dated->until > in->e->clock &&
                 schedule_next(in->b, s, INSTANT_NEVER, in->e->clock + 1) < dated->until;
    bool good = has.n <= 1 && (has.n == 1 || !comes);
    if (good && has.n == 1 && (s->kind != SCHEDULE_SPAN || s->has_from))
        good = schedule_next(in->b, s, INSTANT_NEVER, has.at) == has.at;
    if (!good)
        fault(in, FAULT_SCHEDULE, number, S(""));
}

static void schedules_fit(Inspect *in) {
    uint64_t number;
    DeclDef decl;
    const ScheduleDef *s;
    for (uint32_t i = 0; (s = schedule_nth(in->b, i, &number, &decl)) != NULL; i++)
        schedule_fits(in, s, number, decl);
}

/* ---- names */

static Status name_leads(void *ctx, const uint8_t key[LED_SET_KEY], uint64_t number, uint64_t b) {
    static const LedTable tables[] = {LED_DUTY, LED_APPROVAL, LED_SERIES};
    Inspect *in = ctx;
    bool there = false;
    (void)key, (void)b;
    in->out->names++;
    for (size_t i = 0; i < sizeof tables / sizeof *tables && !there; i++)
        TRY(numbered(in, tables[i], number, &there));
    if (!there)
        fault(in, FAULT_NAME_FALSE, number, S(""));
    return OK;
}

Status inspect_owners(Inspect *in) {
    TRY(inspect_table(in, LED_DUTY, duty_fits));
    TRY(inspect_table(in, LED_APPROVAL, approval_fits));
    TRY(inspect_table(in, LED_SERIES, series_fits));
    TRY(inspect_table(in, LED_GROUP, group_fits));
    TRY(inspect_table(in, LED_TIMER, timer_fits));
    schedules_fit(in);
    TRY(led_set_walk(in->l, LED_SET_NAMES, name_leads, in));
    if (in->out->names > in->named && in->out->n == 0)
        fault(in, FAULT_NAME_MANY, in->out->names - in->named, S(""));
    return OK;
}
