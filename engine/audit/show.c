/* audit: duties, timers, refused and unmatched events, people: read from the ledger. */
#include "engine/audit/show_int.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/json.h"
#include "engine/base/near.h"
#include "engine/base/sha256.h"
#include "engine/base/shown.h"
#include "engine/run/gather.h"
#include "engine/run/series.h"

static const char *const state_names[DUTY_STATES] = {"open",      "paused", "breached",
                                                     "fulfilled", "waived", "cancelled"};

static bool in_chinese(const Show *s) {
    return s->opt->chinese && !s->opt->json;
}

Str show_duty_state(bool chinese, const Duty *d) {
    bool late = d->fold.ended && d->fold.late && d->fold.end_kind == ACT_IS_FULFIL;
    return late ? sentence_word(chinese, SAY_FULFILLED_LATE)
                : engine_word(chinese, str_of(state_names[duty_state(d)]));
}

Str show_word(const Show *s, Sentence what) {
    return sentence_word(in_chinese(s), what);
}

Str show_engine_word(const Show *s, Str english) {
    return engine_word(in_chinese(s), english);
}

Status show_said(Show *s, Sentence what, Args args, Str *out) {
    Buf text = {0};
    put_sentence(&text, in_chinese(s), what, args);
    Status status = text.failed ? ERR_NOMEM : arena_str(&s->arena, buf_str(&text), out);
    buf_free(&text);
    return status;
}

Status show_columns(Show *s, const Sentence *names, size_t n) {
    Str columns[SHOW_CELLS];
    for (size_t i = 0; i < n; i++)
        columns[i] = show_word(s, names[i]);
    if (!s->opt->json && !s->sink.begin(s->sink.ctx, columns, n))
        s->stopped = true;
    return OK;
}

Status show_cell(Show *s, Str text) {
    Buf line = {0};
    if (s->opt->json)
        put_text(&line, text);
    else
        put_on_line(&line, text);
    Status status =
        line.failed ? ERR_NOMEM : arena_str(&s->arena, buf_str(&line), &s->cells[s->n++]);
    buf_free(&line);
    return status;
}

Status show_value(Show *s, Value v, Str *out) {
    Buf text = {0};
    if (v.kind != V_ABSENT)
        put_value_in(&text, s->r->b, &s->r->render.zone, v, in_chinese(s));
    Status status = text.failed ? ERR_NOMEM : arena_str(&s->arena, buf_str(&text), out);
    buf_free(&text);
    return status;
}

Status show_cell_value(Show *s, Value v) {
    return show_value(s, v, &s->cells[s->n++]);
}

/* An instant for people: local time of the policy's zone, without the offset. */
Status show_cell_time(Show *s, int64_t at) {
    if (at == INSTANT_NEVER)
        return show_cell(s, S(""));
    Buf text = {0};
    put_local(&text, zone_cache_local(&s->r->render.zone, at));
    Status status = text.failed ? ERR_NOMEM : show_cell(s, buf_str(&text));
    buf_free(&text);
    return status;
}

/* What is left while a duty pauses; nothing when it does not. */
static Status cell_left(Show *s, Value left) {
    TRY(show_cell_value(s, left));
    if (left.kind == V_ABSENT)
        return OK;
    return show_said(s, SAY_LEFT, (Args){{s->cells[s->n - 1]}}, &s->cells[s->n - 1]);
}

Status show_end_row(Show *s) {
    if (!s->sink.row(s->sink.ctx, s->cells, s->n))
        s->stopped = true;
    s->n = 0;
    return OK;
}

Status show_end_line(Show *s, Buf *line) {
    put_c(line, '\n');
    if (line->failed)
        return ERR_NOMEM;
    if (!s->sink.line(s->sink.ctx, buf_str(line)))
        s->stopped = true;
    return OK;
}

static bool full(Show *s) {
    return s->stopped || (s->opt->limit > 0 && s->rows >= s->opt->limit);
}

typedef struct ShowWalk {
    Show *show;
    Status (*each)(Show *s, Str key, Str value);
} ShowWalk;

static Status walk_one(void *ctx, Str key, Str value, bool *stop) {
    const ShowWalk *w = ctx;
    Status status = w->each(w->show, key, value);
    *stop = full(w->show);
    return status;
}

Status show_walk(Show *s, LedTable table, Status (*each)(Show *s, Str key, Str value)) {
    ShowWalk walk = {s, each};
    return full(s) ? OK : record_walk(s->r, table, &s->arena, walk_one, &walk);
}

/* ---- duties */

static Str key_text(Arena *a, const Duty *d, Status *status) {
    Buf text = {0};
    for (uint32_t i = 0; i < d->key_count; i++) {
        put_text(&text, i == 0 ? S("") : S("/"));
        put_text(&text, d->key[i]);
    }
    if (d->occurrence > 1)
        put_fmt(&text, "#%u", d->occurrence);
    Str out = {NULL, 0};
    *status = text.failed ? ERR_NOMEM : arena_str(a, buf_str(&text), &out);
    buf_free(&text);
    return out;
}

/* A duty is that of its owner, of the team of an owner that is a seat, and of who holds either; of
 * a team's also who holds one of its seats. */
static Status owned_by(Show *s, const Duty *d, bool *yes) {
    const Bundle *b = s->r->b;
    Str who = s->opt->owner;
    *yes = who.n == 0 || str_eq(party_text(b, d->owner), who);
    if (*yes || d->owner.aux == 1)
        return OK;
    if (bundle_rotation(b, d->owner) != NULL)
        return show_is_on_call(s, d->owner, who, yes);
    int32_t wanted = bundle_party(b, who);
    if (wanted >= 0) {
        *yes = d->owner.i == wanted || b->parties[d->owner.i].team == wanted;
        return OK;
    }
    TRY(record_held(s->r, who, d->owner.i, s->r->clock, yes, NULL));
    for (uint32_t i = 0; i < b->party_count && !*yes; i++)
        if (b->parties[i].team == d->owner.i)
            TRY(record_held(s->r, who, i, s->r->clock, yes, NULL));
    return OK;
}

static Status wanted(Show *s, const Duty *d, bool *yes) {
    *yes = false;
    const ShowOptions *o = s->opt;
    if (o->state.n > 0 && !str_eq(o->state, str_of(state_names[duty_state(d)])))
        return OK;
    if (o->duty.n > 0 && !str_eq(o->duty, d->def->name) && !str_eq(o->duty, d->def->alias))
        return OK;
    bool late = !d->fold.ended && d->fold.due != INSTANT_NEVER && d->fold.due < s->r->clock;
    return o->overdue && !late ? OK : owned_by(s, d, yes);
}

/* When a duty that pauses has stopped: its left time is counted to the clock. */
static Status left_of(const Show *s, const Duty *d, Value *out) {
    *out = value_absent();
    return duty_state(d) == DUTY_PAUSED ? view_left(d, s->r->clock, out) : OK;
}

static Value due_of(const Duty *d) {
    return duty_state(d) == DUTY_PAUSED || d->fold.due == INSTANT_NEVER
               ? value_absent()
               : value_of(V_INSTANT, d->fold.due);
}

void show_json(Show *s, Buf *out, const char *name, Value v) {
    if (v.kind == V_ABSENT)
        return;
    put_fmt(out, ",\"%s\":", name);
    put_value_json(out, s->r->b, &s->r->render.zone, v);
}

static Status duty_json(Show *s, const Duty *d) {
    Buf out = {0};
    Value left;
    TRY(left_of(s, d, &left));
    put_text(&out, S("{\"duty\":"));
    put_json_string(&out, d->def->name);
    put_text(&out, S(",\"key\":["));
    for (uint32_t i = 0; i < d->key_count; i++) {
        put_text(&out, i == 0 ? S("") : S(","));
        put_json_string(&out, d->key[i]);
    }
    put_c(&out, ']');
    show_json(s, &out, "state", value_text(str_of(state_names[duty_state(d)])));
    show_json(s, &out, "owner", d->owner);
    show_json(s, &out, "raised", value_of(V_INSTANT, d->terms.raised));
    show_json(s, &out, "due", due_of(d));
    show_json(s, &out, "left", left);
    show_json(s, &out, "late", value_flag(d->fold.late));
    show_json(s, &out, "reported_late", value_flag(d->reported_late));
    show_json(s, &out, "rung", d->last_rung > 0 ? value_int(d->last_rung) : value_absent());
    show_json(s, &out, "round", value_int(d->round));
    put_json_sums(&out, s->r->b, &s->r->render.zone, d);
    show_json(s, &out, "policy", value_text(s->r->b->versions[d->policy].version));
    put_c(&out, '}');
    Status status = show_end_line(s, &out);
    buf_free(&out);
    return status;
}

static Status duty_row(Show *s, const Duty *d) {
    Status status;
    Value left;
    Str key = key_text(&s->arena, d, &status);
    TRY(status);
    TRY(left_of(s, d, &left));
    TRY(show_cell(s, d->def->name));
    TRY(show_cell(s, key));
    TRY(show_cell(s, show_duty_state(in_chinese(s), d)));
    TRY(show_cell_value(s, d->owner));
    TRY(show_cell_time(s, d->terms.raised));
    Value due = due_of(d);
    TRY(due.kind == V_ABSENT ? cell_left(s, left) : show_cell_time(s, due.i));
    TRY(show_cell_value(s, d->last_rung > 0 ? value_int(d->last_rung) : value_absent()));
    return show_end_row(s);
}

static Status each_duty(Show *s, Str key, Str value) {
    Duty d;
    Take t = take_from(key);
    TRY(view_duty(s->r->b, take_key_u64(&t), value, &s->arena, &d));
    bool yes;
    TRY(wanted(s, &d, &yes));
    if (!yes)
        return OK;
    s->rows++;
    return s->opt->json ? duty_json(s, &d) : duty_row(s, &d);
}

static Status show_duties(Show *s) {
    static const Sentence columns[] = {SAY_HEAD_DUTY,  SAY_HEAD_KEY,    SAY_HEAD_STATE,
                                       SAY_HEAD_OWNER, SAY_HEAD_RAISED, SAY_HEAD_DUE,
                                       SAY_HEAD_RUNG};
    TRY(show_columns(s, columns, 7));
    return show_walk(s, LED_DUTY, each_duty);
}

/* ---- timers */

Status show_subject(Show *s, const Subject *subject, Str *out) {
    Buf text = {0};
    put_subject(&text, s->r->b, subject);
    Status status = text.failed ? ERR_NOMEM : arena_str(&s->arena, buf_str(&text), out);
    buf_free(&text);
    return status;
}

/* What a schedule will raise at `at`: its key is its instant; of one for each of many, who they
 * will be is not known yet. */
static Status scheduled(Show *s, DeclDef decl, int64_t at, Str *owner) {
    Buf key = {0};
    zone_put_instant(&key, &s->r->render.zone, at);
    Str parts[] = {S("*"), buf_str(&key)};
    bool each = decl.kind == DECL_DUTY && s->r->b->duties[decl.number].each_fn >= 0;
    Subject subject = {.kind = decl.kind == DECL_RULE ? SUBJECT_RULE : SUBJECT_DUTY,
                       .decl = decl.number,
                       .occurrence = 1,
                       .key = each ? parts : parts + 1,
                       .key_count = each ? 2 : 1};
    Status status = key.failed ? ERR_NOMEM : show_subject(s, &subject, owner);
    buf_free(&key);
    return status;
}

/* ---- KPIs */

static Status series_get(Show *s, uint64_t number, Series *out) {
    Buf key = {0};
    Str value;
    bool found;
    put_key_u64(&key, number);
    Status status =
        key.failed ? ERR_NOMEM : led_find(s->r->l, LED_SERIES, buf_str(&key), &value, &found);
    buf_free(&key);
    TRY(status);
    return found ? view_series(s->r->b, number, value, &s->arena, out) : ERR_DAMAGED;
}

static Status show_kpi_timer(Show *s, uint64_t number, Str *owner, Str *what) {
    Series series;
    TRY(series_get(s, number & ((UINT64_C(1) << KPI_RANK_BIT) - 1), &series));
    Subject subject = series_subject(&series);
    *what = show_word(s, SAY_TIMER_JUDGE);
    if (!series.def->nameless)
        return show_subject(s, &subject, owner);
    Buf text = {0}; /* of a condition's measure, which has no name to know it by */
    put_text(&text, series.def->measure);
    for (uint32_t i = 0; i < series.def->by_count; i++)
        put_fmt(&text, ", %.*s", STR_ARG(series.key[i]));
    Status status = text.failed ? ERR_NOMEM : arena_str(&s->arena, buf_str(&text), owner);
    buf_free(&text);
    return status;
}

/* The level that stands: the graver of two. NULL: none. */
static const LevelState *level_now(const Series *s, uint8_t *level) {
    const LevelState *now = NULL;
    for (uint32_t i = 0; i < s->def->level_count; i++)
        if (s->levels[i].raised) {
            now = &s->levels[i];
            *level = s->def->levels[i].level;
        }
    return now;
}

static Str level_word(const LevelState *now, uint8_t level) {
    if (now == NULL)
        return S("clear");
    return level == KPI_WARNING ? S("warning") : S("critical");
}

static Status kpi_json(Show *s, const Series *series, const Measure *m) {
    Buf out = {0};
    uint8_t level = 0;
    const LevelState *now = level_now(series, &level);
    Value value;
    TRY(measure_value(m, &s->arena, &value));
    put_text(&out, S("{\"kpi\":"));
    put_json_string(&out, series->def->name);
    put_text(&out, S(",\"group\":{"));
    for (uint32_t i = 0; i < series->def->by_count; i++) {
        put_text(&out, i == 0 ? S("") : S(","));
        put_json_string(&out, series->def->by[i].name);
        put_c(&out, ':');
        put_value_json(&out, s->r->b, &s->r->render.zone, series->group[i]);
    }
    put_c(&out, '}');
    if (value.kind != V_ABSENT) {
        put_text(&out, S(",\"value\":"));
        put_measure_json(&out, s->r->b, &s->r->render.zone, value);
    }
    show_json(s, &out, "samples", value_int((int64_t)m->samples));
    show_json(s, &out, "level", value_text(level_word(now, level)));
    show_json(s, &out, "since", now == NULL ? value_absent() : value_of(V_INSTANT, now->since));
    show_json(s, &out, "episode", now == NULL ? value_absent() : value_int((int64_t)now->episode));
    put_c(&out, '}');
    Status status = show_end_line(s, &out);
    buf_free(&out);
    return status;
}

static Status kpi_row(Show *s, const Series *series, const Measure *m) {
    uint8_t level = 0;
    const LevelState *now = level_now(series, &level);
    Value value;
    Buf text = {0};
    TRY(measure_value(m, &s->arena, &value));
    TRY(show_cell(s, series->def->name));
    for (uint32_t i = 0; i < series->def->by_count; i++) {
        put_text(&text, i == 0 ? S("") : S("/"));
        put_text(&text, series->key[i]);
    }
    Status status = text.failed ? ERR_NOMEM : show_cell(s, buf_str(&text));
    buf_reset(&text);
    if (status == OK && value.kind != V_ABSENT)
        put_measure_in(&text, s->r->b, &s->r->render.zone, series->def, value, in_chinese(s));
    if (status == OK)
        status = text.failed ? ERR_NOMEM : show_cell(s, buf_str(&text));
    buf_free(&text);
    TRY(status);
    TRY(show_cell_value(s, value_int((int64_t)m->samples)));
    TRY(show_cell(s, show_engine_word(s, level_word(now, level))));
    TRY(show_cell_time(s, now == NULL ? INSTANT_NEVER : now->since));
    TRY(show_cell_value(s, now == NULL ? value_absent() : value_int((int64_t)now->episode)));
    return show_end_row(s);
}

static Status each_series(Show *s, Str key, Str value) {
    Series series;
    Measure m;
    Take t = take_from(key);
    TRY(view_series(s->r->b, take_key_u64(&t), value, &s->arena, &series));
    const ShowOptions *o = s->opt;
    uint8_t level = 0;
    const LevelState *now = level_now(&series, &level);
    if (series.def->nameless || bundle_kpi(s->r->b, series.def->name) != (int32_t)series.decl)
        return OK; /* of a version that measured something else */
    if (o->kpi.n > 0 && !str_eq(o->kpi, series.def->name) && !str_eq(o->kpi, series.def->alias))
        return OK;
    if (o->state.n > 0 && !str_eq(o->state, level_word(now, level)))
        return OK;
    Buf scratch = {0};
    Status status = series_at(s->r->l, &series, s->r->clock, &s->arena, &scratch, &m);
    buf_free(&scratch);
    if (status == ERR_OVERFLOW || status == ERR_INEXACT)
        m.absent = true;
    else
        TRY(status);
    s->rows++;
    return o->json ? kpi_json(s, &series, &m) : kpi_row(s, &series, &m);
}

static Status show_kpis(Show *s) {
    static const Sentence columns[] = {SAY_HEAD_KPI,     SAY_HEAD_GROUP, SAY_HEAD_VALUE,
                                       SAY_HEAD_SAMPLES, SAY_HEAD_LEVEL, SAY_HEAD_SINCE,
                                       SAY_HEAD_EPISODE};
    TRY(show_columns(s, columns, 7));
    return show_walk(s, LED_SERIES, each_series);
}

Status show_rung(Show *s, uint32_t rung, Str *out) {
    Str n;
    TRY(arena_printf(&s->arena, &n, "%u", rung));
    return show_said(s, SAY_TIMER_RUNG, (Args){{n}}, out);
}

static Status timer_owner(Show *s, uint64_t number, int64_t at, uint32_t rung, Str *owner,
                          Str *what) {
    Bundle *b = s->r->b;
    DeclDef decl;
    if (is_gather_timer(number))
        return show_gather_timer(s, number, owner, what);
    if (number >= KPI_TIMER)
        return show_kpi_timer(s, number, owner, what);
    if (schedule_of(b, number, &decl) != NULL) {
        *what = show_word(s, decl.kind == DECL_RULE ? SAY_TIMER_ACT : SAY_TIMER_RAISE);
        return scheduled(s, decl, at, owner);
    }
    if ((rung & APPROVAL_TIMER) != 0)
        return show_approval_timer(s, number, rung, owner, what);
    Buf key = {0};
    Str value;
    bool found;
    put_key_u64(&key, number);
    Status status =
        key.failed ? ERR_NOMEM : led_find(s->r->l, LED_DUTY, buf_str(&key), &value, &found);
    buf_free(&key);
    TRY(status);
    if (!found)
        return ERR_DAMAGED;
    Duty d;
    TRY(view_duty(b, number, value, &s->arena, &d));
    Subject subject = duty_subject(&d);
    TRY(show_subject(s, &subject, owner));
    *what = show_word(s, rung == 0 ? SAY_TIMER_BREACH : SAY_TIMER_RENEW);
    return rung == 0 || rung == RENEWAL_RUNG ? OK : show_rung(s, rung, what);
}

/* ---- what the schedules bring, the soonest first */

enum { SCHEDULE_ROWS = 20 };

static Status schedule_row(Show *s, DeclDef decl, int64_t at) {
    Str subject;
    TRY(scheduled(s, decl, at, &subject));
    if (!s->opt->json) {
        TRY(show_cell_time(s, at));
        TRY(show_cell(s, subject));
        return show_end_row(s);
    }
    Buf out = {0};
    put_text(&out, S("{\"at\":\""));
    zone_put_instant(&out, &s->r->render.zone, at);
    put_text(&out, S("\",\"subject\":"));
    put_json_string(&out, subject);
    put_c(&out, '}');
    Status status = show_end_line(s, &out);
    buf_free(&out);
    return status;
}

/* What comes after the timer of each schedule is computed. */
static Status schedule_begin(Show *s, uint32_t n, const uint64_t *numbers, int64_t *next) {
    for (uint32_t i = 0; i < n; i++)
        next[i] = INSTANT_NEVER;
    Str from = {NULL, 0}, key, value;
    bool found = true;
    for (bool after = false; found; after = true) {
        TRY(led_next(s->r->l, LED_TIMER, from, after, &key, &value, &found));
        if (!found)
            break;
        Take t = take_from(key);
        int64_t at = take_key_i64(&t);
        uint64_t number = take_key_u64(&t);
        for (uint32_t i = 0; i < n; i++)
            if (numbers[i] == number)
                next[i] = at;
        TRY(arena_str(&s->arena, key, &from));
    }
    return OK;
}

static Status show_schedule(Show *s) {
    static const Sentence columns[] = {SAY_HEAD_AT, SAY_HEAD_SUBJECT};
    Bundle *b = s->r->b;
    uint32_t n = 0;
    DeclDef decl;
    uint64_t number;
    while (schedule_nth(b, n, &number, &decl) != NULL)
        n++;
    size_t rows = s->opt->limit > 0 ? s->opt->limit : SCHEDULE_ROWS;
    int64_t *next = new (&s->arena, int64_t, n + 1);
    uint64_t *numbers = new (&s->arena, uint64_t, n + 1);
    if (next == NULL || numbers == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < n; i++)
        (void)schedule_nth(b, i, &numbers[i], &decl);
    TRY(show_columns(s, columns, 2));
    TRY(schedule_begin(s, n, numbers, next));
    for (size_t row = 0; row < rows; row++) {
        uint32_t soonest = n;
        for (uint32_t i = 0; i < n; i++)
            if (next[i] != INSTANT_NEVER && (soonest == n || next[i] < next[soonest]))
                soonest = i;
        if (soonest == n)
            return OK;
        const ScheduleDef *def = schedule_nth(b, soonest, &number, &decl);
        int64_t at = next[soonest];
        TRY(schedule_row(s, decl, at));
        next[soonest] = schedule_next(b, def, at, at + 1);
        if (next[soonest] >= schedule_dated(b, decl)->until)
            next[soonest] = INSTANT_NEVER;
    }
    return OK;
}

static Status each_timer(Show *s, Str key, Str value) {
    Take t = take_from(key);
    int64_t at = take_key_i64(&t);
    uint64_t number = take_key_u64(&t);
    uint32_t rung = (uint32_t)take_u8(&t) << 8;
    rung |= take_u8(&t);
    Str owner, what;
    (void)value;
    TRY(timer_owner(s, number, at, rung, &owner, &what));
    s->rows++;
    if (!s->opt->json) {
        TRY(show_cell_time(s, at));
        TRY(show_cell(s, owner));
        TRY(show_cell(s, what));
        return show_end_row(s);
    }
    Buf out = {0};
    put_text(&out, S("{\"at\":\""));
    zone_put_instant(&out, &s->r->render.zone, at);
    put_text(&out, S("\",\"subject\":"));
    put_json_string(&out, owner);
    put_text(&out, S(",\"what\":"));
    put_json_string(&out, what);
    put_c(&out, '}');
    Status status = show_end_line(s, &out);
    buf_free(&out);
    return status;
}

static Status show_timers(Show *s) {
    static const Sentence columns[] = {SAY_HEAD_AT, SAY_HEAD_OF, SAY_HEAD_WHAT};
    TRY(show_columns(s, columns, 3));
    return show_walk(s, LED_TIMER, each_timer);
}

/* ---- refused and unmatched events */

static Status reject_row(Show *s, uint64_t index, const Effect *e, const RejectLeaf *reject) {
    Str file = {NULL, 0}, offset = {NULL, 0};
    uint64_t at = 0;
    uint32_t line = 0;
    bool known;
    TRY(record_place(s->r, index + 1, &s->arena, &file, &at, &line, &known));
    Str place = file;
    if (line > 0)
        TRY(arena_printf(&s->arena, &place, "%.*s:%u", STR_ARG(file), line));
    if (known)
        TRY(arena_printf(&s->arena, &offset, "%llu", (unsigned long long)at));
    if (!s->opt->json) {
        TRY(reject->has_time ? show_cell_time(s, reject->time) : show_cell(s, S("-")));
        Value type = effect_value(e, S("type"));
        TRY(type.kind == V_ABSENT ? show_cell(s, S("-")) : show_cell_value(s, type));
        TRY(show_cell_value(s, effect_value(e, S("about"))));
        TRY(show_cell_value(s, effect_value(e, S("actor"))));
        TRY(show_cell(s, show_engine_word(s, value_str(effect_value(e, S("reason"))))));
        Value field = effect_value(e, S("field"));
        TRY(show_cell(s, field.kind == V_ABSENT ? S("") : value_str(field)));
        TRY(show_cell(s, value_str(effect_value(e, S("message")))));
        TRY(show_cell(s, reject->id));
        TRY(show_cell(s, place));
        TRY(show_cell(s, offset));
        return show_end_row(s);
    }
    Buf out = {0};
    put_fmt(&out, "{\"index\":%llu", (unsigned long long)index);
    static const char *const names[] = {"reason", "field", "message", "source",
                                        "id",     "type",  "about",   "actor"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        show_json(s, &out, names[i], effect_value(e, str_of(names[i])));
    if (reject->has_time)
        show_json(s, &out, "time", value_of(V_INSTANT, reject->time));
    if (known) {
        show_json(s, &out, "file", value_text(file));
        put_fmt(&out, ",\"offset\":%llu", (unsigned long long)at);
        if (line > 0)
            put_fmt(&out, ",\"row\":%u", line);
    }
    show_json(s, &out, "line", value_text(reject->raw));
    put_c(&out, '}');
    Status status = show_end_line(s, &out);
    buf_free(&out);
    return status;
}

static Status each_reject(Show *s, Str key, Str value) {
    Take t = take_from(key);
    uint64_t index = take_key_u64(&t);
    Leaf input, effect;
    bool taken = value.n > 1; /* a retry took it */
    if (taken != str_eq(s->opt->state, S("taken")))
        return OK;
    TRY(record_leaf(s->r, index, &s->arena, &input, s->err));
    TRY(record_leaf(s->r, index + 1, &s->arena, &effect, s->err));
    if (input.kind != LEAF_REJECT || effect.kind != LEAF_EFFECT)
        return ERR_DAMAGED;
    s->rows++;
    return reject_row(s, index, &effect.effect, &input.reject);
}

static Status show_rejected(Show *s) {
    static const Sentence columns[] = {
        SAY_HEAD_TIME,  SAY_HEAD_TYPE,    SAY_HEAD_ABOUT, SAY_HEAD_BY,   SAY_HEAD_REASON,
        SAY_HEAD_FIELD, SAY_HEAD_MESSAGE, SAY_HEAD_ID,    SAY_HEAD_FILE, SAY_HEAD_OFFSET};
    TRY(show_columns(s, columns, 10));
    return show_walk(s, LED_REJECT, each_reject);
}

static Status each_unmatched(Show *s, Str key, Str value) {
    if (key.n != 8 || !str_eq(value, S("unmatched")))
        return OK;
    Take t = take_from(key);
    uint64_t index = take_key_u64(&t);
    Leaf leaf;
    TRY(record_leaf(s->r, index, &s->arena, &leaf, s->err));
    if (leaf.kind != LEAF_EVENT || leaf.event.event >= s->r->b->event_count)
        return ERR_DAMAGED;
    s->rows++;
    Str type = s->r->b->events[leaf.event.event].name;
    if (!s->opt->json) {
        TRY(show_cell_time(s, leaf.event.time));
        TRY(show_cell(s, type));
        TRY(show_cell(s, leaf.event.source));
        TRY(show_cell(s, leaf.event.id));
        return show_end_row(s);
    }
    Buf out = {0};
    put_fmt(&out, "{\"index\":%llu", (unsigned long long)index);
    show_json(s, &out, "type", value_text(type));
    show_json(s, &out, "time", value_of(V_INSTANT, leaf.event.time));
    show_json(s, &out, "source", value_text(leaf.event.source));
    show_json(s, &out, "id", value_text(leaf.event.id));
    put_c(&out, '}');
    Status status = show_end_line(s, &out);
    buf_free(&out);
    return status;
}

static Status show_unmatched(Show *s) {
    static const Sentence columns[] = {SAY_HEAD_TIME, SAY_HEAD_TYPE, SAY_HEAD_SOURCE, SAY_HEAD_ID};
    TRY(show_columns(s, columns, 4));
    return show_walk(s, LED_COUNTER, each_unmatched);
}

/* ---- people and policy */

typedef struct PersonMember {
    const char *name;
    Value value;
} PersonMember;

/* What is so of a person from an instant until another: a row, or a line with these members. */
static Status show_span(Show *s, Str person, Str what, int64_t from, int64_t to,
                        const PersonMember *members, size_t n) {
    s->rows++;
    if (!s->opt->json) {
        TRY(show_cell(s, person));
        TRY(show_cell(s, what));
        TRY(show_cell_time(s, from));
        TRY(show_cell_time(s, to));
        return show_end_row(s);
    }
    Buf out = {0};
    put_text(&out, S("{\"person\":"));
    put_json_string(&out, person);
    for (size_t i = 0; i < n; i++)
        show_json(s, &out, members[i].name, members[i].value);
    show_json(s, &out, "from", value_of(V_INSTANT, from));
    show_json(s, &out, "until", to == INT64_MAX ? value_absent() : value_of(V_INSTANT, to));
    put_c(&out, '}');
    Status status = show_end_line(s, &out);
    buf_free(&out);
    return status;
}

static Status each_person(Show *s, Str key, Str value) {
    Take k = take_from(key), t = take_from(value);
    uint64_t party = take_key_u64(&k), n = take_varint(&t);
    if (k.failed || party >= s->r->b->party_count)
        return ERR_DAMAGED;
    Str person = str_from(key, 8), name = s->r->b->parties[party].name;
    for (uint64_t i = 0; i < n && !t.failed; i++) {
        int64_t from = take_zigzag(&t), to = take_zigzag(&t);
        TRY(show_span(s, person, name, from, to, (PersonMember[]){{"holds", value_text(name)}}, 1));
    }
    return t.failed ? ERR_DAMAGED : OK;
}

/* A delegation stands twice; here it is told by who acts. */
static Status each_delegation(Show *s, Str key, Str value) {
    Take t = take_from(value);
    uint64_t n = take_varint(&t);
    if (key.n == 0 || key.p[0] != 'f')
        return OK;
    Str person = str_from(key, 1);
    for (uint64_t i = 0; i < n && !t.failed; i++) {
        Str whom = take_str(&t), seat = S("");
        uint64_t party = take_varint(&t);
        int64_t from = take_zigzag(&t), to = take_zigzag(&t);
        if (party > s->r->b->party_count)
            return ERR_DAMAGED;
        if (party > 0)
            seat = s->r->b->parties[party - 1].name;
        if (t.failed || from >= to)
            continue;
        Str holds;
        TRY(show_said(s, SAY_ACTS_FOR, (Args){{whom, seat}}, &holds));
        PersonMember members[] = {{"acts_for", value_text(whom)},
                                  {"seat", party > 0 ? value_text(seat) : value_absent()}};
        TRY(show_span(s, person, holds, from, to, members, 2));
    }
    return t.failed ? ERR_DAMAGED : OK;
}

static Status each_absence(Show *s, Str key, Str value) {
    Take t = take_from(value);
    for (uint64_t n = take_varint(&t); n > 0 && !t.failed; n--) {
        int64_t from = take_zigzag(&t), to = take_zigzag(&t);
        if (t.failed || from >= to)
            continue;
        PersonMember absent = {"absent", value_flag(true)};
        TRY(show_span(s, key, show_word(s, SAY_IS_ABSENT), from, to, &absent, 1));
    }
    return t.failed ? ERR_DAMAGED : OK;
}

static Status show_people(Show *s) {
    static const Sentence columns[] = {SAY_HEAD_PERSON, SAY_HEAD_HOLDS, SAY_HEAD_FROM,
                                       SAY_HEAD_UNTIL};
    TRY(show_columns(s, columns, 4));
    TRY(show_walk(s, LED_ORG, each_person));
    TRY(show_walk(s, LED_DELEGATE, each_delegation));
    return show_walk(s, LED_ABSENT, each_absence);
}

typedef struct ShowKind {
    const char *what;
    Status (*run)(Show *s);
} ShowKind;

static const ShowKind show_kinds[] = {
    {"duties", show_duties},       {"timers", show_timers},     {"rejected", show_rejected},
    {"unmatched", show_unmatched}, {"people", show_people},     {"approvals", show_approvals},
    {"kpis", show_kpis},           {"schedule", show_schedule}, {"policy", show_policy},
    {"entities", show_entities},   {"waiting", show_waiting},   {"rotation", show_rotation}};
enum { SHOW_KINDS = sizeof show_kinds / sizeof *show_kinds };

/* A word that is none of those it may be: says them, and the one that was probably meant. */
Status show_unknown(Err *err, const char *what, Str word, const Str *names, size_t n) {
    Buf all = {0};
    ptrdiff_t best = nearest(word, names, n);
    for (size_t i = 0; i < n && best < 0; i++) {
        put_text(&all, i == 0 ? S("") : i + 1 < n ? S(", ") : S(" and "));
        put_text(&all, names[i]);
    }
    Status status;
    if (best >= 0)
        status = err_set(err, ERR_SYNTAX, "%s \"%.*s\"; did you mean %.*s?", what, STR_ARG(word),
                         STR_ARG(names[best]));
    else
        status = err_set(err, ERR_SYNTAX, "%s \"%.*s\"; there are %.*s", what, STR_ARG(word),
                         STR_ARG(buf_str(&all)));
    buf_free(&all);
    return status;
}

static Status check_kpi_filters(Show *s) {
    const ShowOptions *o = s->opt;
    const Str levels[] = {S("clear"), S("warning"), S("critical")};
    if (o->state.n > 0 && !str_eq(o->state, levels[0]) && !str_eq(o->state, levels[1]) &&
        !str_eq(o->state, levels[2]))
        return show_unknown(s->err, "no KPI ever has the level", o->state, levels, 3);
    if (o->kpi.n == 0 || bundle_kpi(s->r->b, o->kpi) >= 0)
        return OK;
    Str *names = new (&s->arena, Str, s->r->b->kpi_count + 1);
    if (names == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < s->r->b->kpi_count; i++)
        names[i] = s->r->b->kpis[i].name;
    return show_unknown(s->err, "no KPI is called", o->kpi, names, s->r->b->kpi_count);
}

/* Persons as they are found; `near` is the one whose id is the most like the one asked for. */
typedef struct People {
    Str asked, near;
    bool known;
    Arena arena;
} People;

static Status meet(People *p, Str id) {
    Str names[2] = {p->near, id};
    p->known = p->known || str_eq(id, p->asked);
    if (p->known || id.n == 0 || nearest(p->asked, names, 2) != 1)
        return OK;
    return arena_str(&p->arena, id, &p->near);
}

/* Those of one table: who holds a seat, who acts for whom, who owes a duty, who voted or asked. */
static Status meet_row(Show *s, People *p, LedTable table, Arena *row, Str key, Str value) {
    Take t = take_from(key);
    if (table == LED_ORG)
        return meet(p, str_from(key, key.n < 8 ? key.n : 8));
    if (table == LED_DELEGATE)
        return meet(p, str_from(key, key.n < 1 ? key.n : 1));
    if (table == LED_DUTY) {
        Duty d;
        TRY(view_duty(s->r->b, take_key_u64(&t), value, row, &d));
        return d.owner.aux == 1 ? meet(p, value_str(d.owner)) : OK;
    }
    Approval a;
    TRY(view_approval(s->r->b, take_key_u64(&t), value, row, &a));
    for (uint32_t i = 0; i < a.seat_count; i++)
        if (a.seats[i].who.aux == 1)
            TRY(meet(p, value_str(a.seats[i].who)));
    for (uint32_t i = 0; i < a.vote_count; i++)
        TRY(meet(p, a.votes[i].by));
    return meet(p, a.asker);
}

static Status meet_table(Show *s, People *p, LedTable table) {
    Arena keys = {0}, row = {0};
    Str from = {NULL, 0};
    Status status = OK;
    for (bool after = false; status == OK && !p->known; after = true) {
        Str key, value, kept;
        bool found;
        arena_reset(&row);
        status = led_next(s->r->l, table, from, after, &key, &value, &found);
        if (status != OK || !found)
            break;
        status = arena_str(&row, value, &kept);
        arena_reset(&keys);
        if (status == OK)
            status = arena_str(&keys, key, &from);
        if (status == OK)
            status = meet_row(s, p, table, &row, from, kept);
    }
    arena_free(&keys);
    arena_free(&row);
    return status;
}

/* An owner is a role, a team, a seat or a person of whom the ledger has heard. */
static Status check_owner(Show *s) {
    static const LedTable tables[] = {LED_ORG, LED_DELEGATE, LED_DUTY, LED_APPROVAL};
    const Bundle *b = s->r->b;
    People p = {.asked = s->opt->owner};
    if (p.asked.n == 0 || bundle_party(b, p.asked) >= 0)
        return OK;
    Status status = OK;
    for (size_t i = 0; i < sizeof tables / sizeof *tables && status == OK && !p.known; i++)
        status = meet_table(s, &p, tables[i]);
    for (uint32_t i = 0; i < b->party_count && status == OK && !p.known; i++)
        status = meet(&p, b->parties[i].name);
    if (status == OK && !p.known)
        status =
            p.near.n > 0
                ? err_set(s->err, ERR_SYNTAX,
                          "no role, team, seat or person is called \"%.*s\"; did you mean %.*s?",
                          STR_ARG(p.asked), STR_ARG(p.near))
                : err_set(s->err, ERR_SYNTAX,
                          "no role, team, seat or person is called \"%.*s\"; `remit show "
                          "people` lists who holds which seat",
                          STR_ARG(p.asked));
    arena_free(&p.arena);
    return status;
}

/* Filters that can never fit are a wrong call. */
static Status check_filters(Show *s) {
    const ShowOptions *o = s->opt;
    TRY(check_owner(s));
    if (str_eq(o->what, S("kpis")))
        return check_kpi_filters(s);
    if (str_eq(o->what, S("entities")))
        return show_entity_filter(s);
    if (str_eq(o->what, S("approvals")))
        return show_approval_filters(s);
    Str states[DUTY_STATES], taken = S("taken");
    if (str_eq(o->what, S("rejected")))
        return o->state.n == 0 || str_eq(o->state, taken)
                   ? OK
                   : show_unknown(s->err, "no reject is ever in the state", o->state, &taken, 1);
    bool known = o->state.n == 0;
    for (size_t i = 0; i < DUTY_STATES; i++) {
        states[i] = str_of(state_names[i]);
        known = known || str_eq(o->state, states[i]);
    }
    if (!known)
        return show_unknown(s->err, "no duty is ever in the state", o->state, states, DUTY_STATES);
    if (o->duty.n == 0 || bundle_duty(s->r->b, o->duty) >= 0)
        return OK;
    Str *names = new (&s->arena, Str, s->r->b->duty_count + 1);
    if (names == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < s->r->b->duty_count; i++)
        names[i] = s->r->b->duties[i].name;
    return show_unknown(s->err, "no duty is called", o->duty, names, s->r->b->duty_count);
}

static Status show_what(Show *s) {
    Str names[SHOW_KINDS + 1];
    TRY(check_filters(s));
    for (size_t i = 0; i < SHOW_KINDS; i++) {
        names[i] = str_of(show_kinds[i].what);
        if (str_eq(s->opt->what, names[i]))
            return show_kinds[i].run(s);
    }
    names[SHOW_KINDS] = S("digest"); /* which needs no table */
    return show_unknown(s->err, "there is nothing to show that is called", s->opt->what, names,
                        SHOW_KINDS + 1);
}

Status show(Record *r, const ShowOptions *opt, ShowSink sink, Err *err) {
    ShowOptions asked = *opt;
    asked.state = engine_word_read(opt->state);
    Show s = {.r = r, .opt = &asked, .sink = sink, .err = err};
    Status status = show_what(&s);
    show_reader_free(&s);
    arena_free(&s.arena);
    return status == OK ? OK : err_set(err, status, "reading the ledger: %s", status_text(status));
}

/* ---- the digest of meaning */

typedef struct StateLine {
    Str subject, bytes;
} StateLine;

typedef struct States {
    Record *r;
    Arena arena;
    VEC(StateLine) lines;
} States;

static int state_order(const void *a, const void *b) {
    return str_cmp(((const StateLine *)a)->subject, ((const StateLine *)b)->subject);
}

/* A duty is rule, key, owner, raised, due, pauses, state, end, late (contract.md 16). */
static Status state_bytes(States *s, const Duty *d, StateLine *out) {
    Buf text = {0};
    Subject subject = duty_subject(d);
    put_subject(&text, s->r->b, &subject);
    Status status = text.failed ? ERR_NOMEM : arena_str(&s->arena, buf_str(&text), &out->subject);
    buf_reset(&text);
    put_str(&text, d->def->name);
    put_varint(&text, d->key_count);
    for (uint32_t i = 0; i < d->key_count; i++)
        put_str(&text, d->key[i]);
    put_varint(&text, d->occurrence);
    put_str(&text, party_text(s->r->b, d->owner));
    put_zigzag(&text, d->terms.raised);
    put_zigzag(&text, d->fold.due);
    put_varint(&text, d->fold.pause_count);
    for (uint32_t i = 0; i < d->fold.pause_count; i++) {
        put_zigzag(&text, d->fold.pauses[i].from);
        put_zigzag(&text, d->fold.pauses[i].to);
    }
    put_u8(&text, duty_state(d));
    put_zigzag(&text, d->fold.ended ? d->fold.end_at : INT64_MAX);
    put_u8(&text, d->fold.late);
    if (status == OK)
        status = text.failed ? ERR_NOMEM : arena_str(&s->arena, buf_str(&text), &out->bytes);
    buf_free(&text);
    return status;
}

static Status states_read(States *s) {
    Arena row = {0};
    Str from = {NULL, 0};
    Status status = OK;
    for (bool after = false; status == OK; after = true) {
        Str key, value, kept;
        bool found;
        status = led_next(s->r->l, LED_DUTY, from, after, &key, &value, &found);
        if (status != OK || !found)
            break;
        Take t = take_from(key);
        uint64_t number = take_key_u64(&t);
        Duty d;
        StateLine line;
        status = arena_str(&row, value, &kept);
        if (status == OK)
            status = arena_str(&s->arena, key, &from);
        if (status == OK)
            status = view_duty(s->r->b, number, kept, &row, &d);
        if (status == OK)
            status = state_bytes(s, &d, &line);
        if (status == OK && !vec_push(&s->lines, line))
            status = ERR_NOMEM;
        arena_reset(&row);
    }
    arena_free(&row);
    return status;
}

Status digest_state(Record *r, uint8_t digest[32], Err *err) {
    States s = {.r = r};
    Status status = states_read(&s);
    if (status == OK && s.lines.n > 1)
        qsort(s.lines.at, s.lines.n, sizeof *s.lines.at,
              state_order); /* a total order: subjects differ */
    Sha256 h;
    sha256_begin(&h);
    for (size_t i = 0; status == OK && i < s.lines.n; i++) {
        Buf length = {0};
        put_u64(&length, s.lines.at[i].bytes.n);
        sha256_update(&h, buf_str(&length));
        sha256_update(&h, s.lines.at[i].bytes);
        buf_free(&length);
    }
    sha256_final(&h, digest);
    vec_free(&s.lines);
    arena_free(&s.arena);
    return status == OK ? OK : err_set(err, status, "reading the ledger: %s", status_text(status));
}
