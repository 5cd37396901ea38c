/* audit: why: the chain that led to something, from the event and the line of the policy through
 * the table row and the deadline's arithmetic to every effect. */
#include "engine/audit/why.h"

#include "engine/audit/log.h"
#include "engine/base/civil.h"
#include "engine/base/hex.h"
#include "engine/base/json.h"
#include "engine/base/near.h"
#include "engine/run/view.h"

typedef struct Why {
    Record *r;
    Arena arena;
    Buf *out;
    Err *err;
    bool json;
    Duty d;
    Leaf opened;      /* the effect that opened it */
    int64_t said_due; /* the deadline that was told last */
} Why;

static const char *const state_names[DUTY_STATES] = {"open",      "paused", "breached",
                                                     "fulfilled", "waived", "cancelled"};

/* ---- finding it */

/* A part of a subject with its %XX undone. */
static Status undo_part(Arena *a, Str part, Str *out) {
    char *p = arena_take(a, part.n + 1, 1);
    size_t n = 0;
    if (p == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < part.n; i++) {
        int high = i + 2 < part.n ? hex_digit(part.p[i + 1]) : -1,
            low = i + 2 < part.n ? hex_digit(part.p[i + 2]) : -1;
        if (part.p[i] == '%' && high >= 0 && low >= 0) {
            p[n++] = (char)(high * 16 + low);
            i += 2;
        } else {
            p[n++] = part.p[i];
        }
    }
    *out = (Str){p, n};
    return OK;
}

static Status say_no_duty(Why *w, Str name) {
    const Bundle *b = w->r->b;
    Str *names = new (&w->arena, Str, b->duty_count + 1);
    if (names == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < b->duty_count; i++)
        names[i] = b->duties[i].name;
    ptrdiff_t best = nearest(name, names, b->duty_count);
    if (best >= 0)
        return err_set(w->err, ERR_NOTFOUND, "no duty is called %.*s; did you mean %.*s?",
                       STR_ARG(name), STR_ARG(names[best]));
    return err_set(w->err, ERR_NOTFOUND, "no duty is called %.*s", STR_ARG(name));
}

/* The occurrence behind #, cut off the key's last part. */
static uint32_t cut_occurrence(Str *rest) {
    Str head, tail;
    if (!str_cut(*rest, '#', &head, &tail) || tail.n == 0)
        return 1;
    uint32_t n = 0;
    for (size_t i = 0; i < tail.n; i++) {
        if (tail.p[i] < '0' || tail.p[i] > '9' || n > 100000000)
            return 1;
        n = n * 10 + (uint32_t)(tail.p[i] - '0');
    }
    *rest = head;
    return n;
}

static Status find_duty(Why *w, Str subject) {
    Str kind, name, rest, part;
    if (!str_cut(subject, '/', &kind, &rest) || !str_eq(kind, S("duty")) ||
        !str_cut(rest, '/', &name, &rest))
        return err_set(w->err, ERR_SYNTAX,
                       "\"%.*s\" is no subject: write it as effects have it, as in "
                       "duty/handle_complaint/C1",
                       STR_ARG(subject));
    int32_t decl = bundle_duty(w->r->b, name);
    if (decl < 0)
        return say_no_duty(w, name);
    Str whole = rest;
    uint32_t occurrence = cut_occurrence(&rest), n = 0;
    Str *key = new (&w->arena, Str, rest.n + 2);
    if (key == NULL)
        return ERR_NOMEM;
    for (bool more = true; more;) {
        more = str_cut(rest, '/', &part, &rest);
        TRY(undo_part(&w->arena, part, &key[n++]));
    }
    Buf scratch = {0};
    uint8_t hash[32];
    uint64_t number, b;
    bool found;
    Status status = duty_hash(w->r->b, (uint32_t)decl, key, n, occurrence, &scratch, hash);
    buf_free(&scratch);
    TRY(status);
    TRY(led_set_find(w->r->l, LED_SET_NAMES, hash, &number, &b, &found));
    if (!found)
        return err_set(w->err, ERR_NOTFOUND,
                       "there is no duty %.*s with the key %.*s in this ledger", STR_ARG(name),
                       STR_ARG(whole));
    Buf record = {0};
    Str value, kept;
    put_key_u64(&record, number);
    status =
        record.failed ? ERR_NOMEM : led_find(w->r->l, LED_DUTY, buf_str(&record), &value, &found);
    buf_free(&record);
    TRY(status);
    if (!found)
        return ERR_DAMAGED;
    TRY(arena_str(&w->arena, value, &kept));
    return view_duty(w->r->b, number, kept, &w->arena, &w->d);
}

/* ---- small pieces */

static void put_local_time(Why *w, int64_t at) {
    put_local(w->out, zone_cache_local(&w->r->render.zone, at));
}

static void put_place(Why *w, uint32_t file, uint32_t line) {
    put_fmt(w->out, "%.*s:%u", STR_ARG(w->r->b->sources[file].name), line);
}

static Str source_line_of(Why *w, uint32_t file, uint32_t line) {
    Str rest = w->r->b->sources[file].text, text = {NULL, 0};
    for (uint32_t i = 0; i < line && rest.n > 0; i++)
        str_cut(rest, '\n', &text, &rest);
    return str_trim(text);
}

static void put_value_of(Why *w, Value v) {
    put_value_text(w->out, w->r->b, &w->r->render.zone, v);
}

static void put_weekday(Why *w, int32_t day) {
    static const char *const names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    put_fmt(w->out, "%s ", names[civil_weekday(day)]);
    put_date(w->out, day);
}

static void put_clock_of(Why *w, int64_t at) {
    int32_t time = local_time(zone_cache_local(&w->r->render.zone, at));
    put_fmt(w->out, "%02d:%02d", time / 3600000, time / 60000 % 60);
    if (time % 60000 != 0)
        put_fmt(w->out, ":%02d", time / 1000 % 60);
}

/* "1 h 30 min" */
static void put_span_ms(Why *w, int64_t ms) {
    int64_t hours = ms / 3600000, minutes = ms / 60000 % 60, seconds = ms / 1000 % 60;
    const char *gap = "";
    if (hours > 0) {
        put_fmt(w->out, "%lld h", (long long)hours);
        gap = " ";
    }
    if (minutes > 0) {
        put_fmt(w->out, "%s%lld min", gap, (long long)minutes);
        gap = " ";
    }
    if (seconds > 0 || (hours == 0 && minutes == 0))
        put_fmt(w->out, "%s%lld s", gap, (long long)seconds);
}

/* ---- why it arose */

static Status put_event(Why *w, uint64_t index) {
    Leaf leaf;
    TRY(record_leaf(w->r, index, &w->arena, &leaf, w->err));
    if (leaf.kind != LEAF_EVENT || leaf.event.event >= w->r->b->event_count)
        return ERR_DAMAGED;
    const EventDef *def = &w->r->b->events[leaf.event.event];
    put_text(w->out, S("  event  "));
    put_text(w->out, def->name);
    put_fmt(w->out, " %.*s from %.*s\n         at ", STR_ARG(leaf.event.id),
            STR_ARG(leaf.event.source));
    put_local_time(w, leaf.event.time);
    if (leaf.event.actor.n > 0)
        put_fmt(w->out, " by %.*s", STR_ARG(leaf.event.actor));
    put_fmt(w->out, ", journal entry %llu\n", (unsigned long long)index);
    for (uint32_t i = 0; i < leaf.event.field_count && i < def->field_count; i++) {
        put_fmt(w->out, "           %.*s = ", STR_ARG(def->fields[i].name));
        put_value_of(w, leaf.event.fields[i]);
        put_c(w->out, '\n');
    }
    return OK;
}

/* What made an effect: an event, an emitted event and what made that, or a timer. The chain is as
 * long as the cascade. */
static Status put_cause(Why *w, const Cause *cause, int depth) {
    if (depth > 32)
        return OK;
    if (cause->kind == CAUSE_EVENT)
        return put_event(w, cause->index);
    if (cause->kind == CAUSE_TIMER) {
        put_text(w->out, S("  timer  of "));
        put_subject(w->out, w->r->b, &cause->subject);
        put_text(w->out, S(" at "));
        put_local_time(w, cause->instant);
        put_c(w->out, '\n');
        return OK;
    }
    if (cause->kind != CAUSE_EFFECT)
        return OK;
    Leaf leaf;
    TRY(record_leaf(w->r, cause->index, &w->arena, &leaf, w->err));
    if (leaf.kind != LEAF_EFFECT)
        return ERR_DAMAGED;
    put_fmt(w->out, "  event  %.*s, emitted as journal entry %llu",
            STR_ARG(effect_type(w->r->b, &leaf.effect)), (unsigned long long)cause->index);
    if (leaf.effect.line > 0) {
        put_text(w->out, S(" by "));
        put_place(w, leaf.effect.line >> 20, leaf.effect.line & 0xFFFFF);
    }
    put_text(w->out, S(", because of\n"));
    return put_cause(w, &leaf.effect.cause, depth + 1);
}

static void put_trace(Why *w, const Trace *trace) {
    if (trace->table >= w->r->b->table_count ||
        trace->row >= w->r->b->tables[trace->table].row_count)
        return;
    const TableDef *t = &w->r->b->tables[trace->table];
    put_fmt(w->out, "  table  %.*s, row %u, ", STR_ARG(t->name), trace->row + 1);
    put_place(w, t->file, t->lines[trace->row]);
    put_fmt(w->out, "\n           %.*s\n",
            STR_ARG(source_line_of(w, t->file, t->lines[trace->row])));
    for (uint32_t i = 0; i < trace->input_count && i < t->input_count; i++) {
        put_fmt(w->out, "           %.*s = ", STR_ARG(t->inputs[i].name));
        put_value_of(w, trace->inputs[i]);
        put_c(w->out, '\n');
    }
    for (uint32_t o = 0; o < t->output_count && t->row_fns[trace->row] < 0; o++) {
        put_fmt(w->out, "           gave %.*s = ", STR_ARG(t->outputs[o].name));
        put_value_of(w, t->results[(size_t)trace->row * t->output_count + o]);
        put_c(w->out, '\n');
    }
}

static Status put_arose(Why *w) {
    const Effect *e = &w->opened.effect;
    put_text(w->out, S("Why it arose\n"));
    TRY(put_cause(w, &e->cause, 0));
    if (e->rule > 0 && e->rule <= w->r->b->rule_count) {
        const RuleDef *rule = &w->r->b->rules[e->rule - 1];
        put_fmt(w->out, "  rule   %.*s, ", STR_ARG(rule->name));
        put_place(w, rule->file, rule->line);
        put_c(w->out, '\n');
    }
    put_fmt(w->out, "  duty   %.*s, ", STR_ARG(w->d.def->name));
    put_place(w, w->d.def->file, w->d.def->line);
    put_fmt(w->out, ", policy %.*s\n", STR_ARG(w->r->b->version));
    for (uint32_t i = 0; i < e->trace_count; i++)
        put_trace(w, &e->traces[i]);
    return OK;
}

/* ---- why it is due then */

static const char *day_kind(const CalPart *part) {
    if (part->kind == CAL_HOLIDAY)
        return "holiday";
    return part->kind == CAL_OWN_HOURS ? "make-up day" : "";
}

/* The calendar's dates from the raising to the unpaused deadline, a line each: how much of a
 * deadline in working time each uses up, or the how-manieth working day it is. */
typedef struct DateWalk {
    const char *head; /* stands before the first line, 11 columns */
    int32_t day;      /* of the line; INT32_MIN before the first */
    int lines;
    uint32_t working_days; /* seen so far, the one of the start included */
    int64_t sum;
} DateWalk;

enum { WHY_DATES = 40 }; /* lines at most */

static void put_day_of_count(Why *w, DateWalk *d, const CalPart *part) {
    if (d->working_days++ == 0) {
        put_text(w->out, S("  from "));
        put_clock_of(w, part->from);
    } else {
        put_fmt(w->out, "  working day %u", d->working_days - 1);
    }
}

static void put_open_time(Why *w, DateWalk *d, const CalPart *part) {
    put_text(w->out, S("  "));
    put_clock_of(w, part->from);
    put_text(w->out, S("-"));
    put_clock_of(w, part->to);
    d->sum += part->to - part->from;
    put_text(w->out, S(" = "));
    put_span_ms(w, d->sum);
}

/* One stretch; the next goes on with the same `d`. Ends without a line break. */
static Status put_walk(Why *w, DateWalk *d, int64_t from, int64_t until, bool by_days) {
    CalIter it;
    CalPart part;
    bool got;
    /* A deadline that is an opening has no time of its own date before it. */
    cal_iter(&it, w->d.terms.calendar, from, by_days ? until + 1 : until);
    for (;;) {
        TRY(cal_iter_next(&it, &part, &got));
        if (!got)
            break;
        bool begins = part.day != d->day;
        if (begins && d->lines++ >= WHY_DATES) {
            put_text(w->out, d->lines == WHY_DATES + 1 ? S("\n           ...") : S(""));
            break;
        }
        if (begins) {
            put_fmt(w->out, "%s", d->day == INT32_MIN ? d->head : "\n           ");
            put_weekday(w, part.day);
            if (*day_kind(&part) != '\0')
                put_fmt(w->out, " (%s)", day_kind(&part));
        }
        if (part.from == part.to && begins)
            put_text(w->out, S("  closed"));
        else if (part.from < part.to && !by_days)
            put_open_time(w, d, &part);
        else if (part.from < part.to && begins)
            put_day_of_count(w, d, &part);
        d->day = part.day;
    }
    return OK;
}

/* How a deadline that pauses moved is reached: the active time, stretch by stretch. */
static Status put_active(Why *w) {
    const Fold *f = &w->d.fold;
    const Terms *t = &w->d.terms;
    DateWalk d = {.head = "  active   ", .day = INT32_MIN};
    int64_t from = t->raised;
    for (uint32_t i = 0; i <= f->pause_count; i++) {
        int64_t until = i < f->pause_count ? f->pauses[i].from : f->due;
        if (until > f->due)
            until = f->due;
        if (from >= until)
            break;
        if (t->working && t->calendar != NULL) {
            TRY(put_walk(w, &d, from, until, false));
        } else if (d.lines++ < WHY_DATES) {
            put_fmt(w->out, "%s", i == 0 ? d.head : "\n           ");
            put_local_time(w, from);
            put_text(w->out, S(" to "));
            put_local_time(w, until);
            d.sum += until - from;
            put_text(w->out, S(" = "));
            put_span_ms(w, d.sum);
        }
        if (i < f->pause_count)
            from = f->pauses[i].to;
    }
    put_c(w->out, '\n');
    return OK;
}

static Status put_deadline(Why *w) {
    const Terms *t = &w->d.terms;
    put_text(w->out, S("Why it is due then\n"));
    if (w->d.def->due_by) {
        put_text(w->out, S("  by       "));
        put_value_of(w, w->d.span);
        put_c(w->out, '\n');
    } else {
        put_text(w->out, S("  within   "));
        put_value_of(w, w->d.span);
        put_text(w->out, S(" from "));
        put_local_time(w, t->raised);
        if (t->working && t->calendar != NULL)
            put_fmt(w->out, " in %.*s (%.*s)", STR_ARG(t->calendar->name),
                    STR_ARG(t->calendar->zone->name));
        put_c(w->out, '\n');
        if (t->working && t->calendar != NULL) {
            DateWalk d = {.head = "           ", .day = INT32_MIN};
            TRY(put_walk(w, &d, t->raised, t->unpaused, w->d.span.aux == FAMILY_WORKING_DAYS));
            put_c(w->out, '\n');
        }
    }
    put_text(w->out, S("  is       "));
    put_local_time(w, t->unpaused);
    put_text(w->out, w->d.assumed ? S(", assumed: the holidays of that year are not published\n")
                                  : S("\n"));
    for (uint32_t i = 0; i < w->d.fold.pause_count; i++) {
        Interval p = w->d.fold.pauses[i];
        put_text(w->out, S("  paused   "));
        put_local_time(w, p.from);
        put_text(w->out, p.to == INT64_MAX ? S(" and not resumed") : S(" to "));
        if (p.to != INT64_MAX)
            put_local_time(w, p.to);
        put_c(w->out, '\n');
    }
    if (w->d.fold.due != t->unpaused && w->d.fold.due != INSTANT_NEVER) {
        TRY(put_active(w));
        put_text(w->out, S("  so it is "));
        put_local_time(w, w->d.fold.due);
        put_c(w->out, '\n');
    }
    return OK;
}

/* ---- what happened */

static Status put_said(Why *w, uint64_t index) {
    Leaf leaf;
    TRY(record_leaf(w->r, index, &w->arena, &leaf, w->err));
    if (leaf.kind != LEAF_EFFECT)
        return ERR_DAMAGED;
    const Effect *e = &leaf.effect;
    put_text(w->out, S("  "));
    put_local_time(w, e->time);
    put_text(w->out, S("  "));
    Str type = effect_type(w->r->b, e);
    put_text(w->out, str_starts(type, S("remit.duty.")) ? str_from(type, 11) : type);
    static const char *const names[] = {
        "to", "rung", "left", "due", "late", "reported_late", "by", "was.state", "is.state"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        Value v = effect_value(e, str_of(names[i]));
        if (v.kind == V_ABSENT || (v.kind == V_FLAG && v.i == 0))
            continue;
        if (v.kind == V_INSTANT && w->said_due == v.i) /* as told before */
            continue;
        if (v.kind == V_INSTANT)
            w->said_due = v.i;
        put_fmt(w->out, v.kind == V_FLAG ? ", %s" : " %s ", names[i]);
        if (v.kind == V_INSTANT)
            put_local_time(w, v.i);
        else if (v.kind != V_FLAG)
            put_value_of(w, v);
    }
    if (e->cause.kind == CAUSE_EVENT)
        put_fmt(w->out, ", event %.*s", STR_ARG(e->cause.id));
    if (e->seen != e->time) {
        put_text(w->out, S(", seen "));
        put_local_time(w, e->seen);
    }
    if (e->line > 0 && e->line >> 20 < w->r->b->source_count) {
        put_text(w->out, S(", "));
        put_place(w, e->line >> 20, e->line & 0xFFFFF);
    }
    put_fmt(w->out, " [%llu]\n", (unsigned long long)index);
    return OK;
}

static Status put_text_form(Why *w, Str subject) {
    put_text(w->out, subject);
    put_fmt(w->out, ": %s%s", state_names[duty_state(&w->d)],
            w->d.fold.ended && w->d.fold.late ? " late" : "");
    if (w->d.reported_late)
        put_text(w->out, S(", reported late"));
    put_text(w->out, S("\nowed by "));
    put_value_of(w, w->d.owner);
    if (w->d.fold.due != INSTANT_NEVER) {
        put_text(w->out, S(", due "));
        put_local_time(w, w->d.fold.due);
    }
    put_text(w->out, S("\n\n"));
    TRY(put_arose(w));
    put_c(w->out, '\n');
    TRY(put_deadline(w));
    put_text(w->out, S("\nWhat happened\n"));
    for (uint32_t i = 0; i < w->d.said_count; i++)
        TRY(put_said(w, w->d.said[i]));
    return OK;
}

/* ---- JSON */

static void put_json_value(Why *w, const char *name, Value v) {
    put_fmt(w->out, ",\"%s\":", name);
    put_value_json(w->out, w->r->b, &w->r->render.zone, v);
}

static void put_json_trace(Why *w, const Trace *trace) {
    const TableDef *t = &w->r->b->tables[trace->table];
    put_text(w->out, S("{\"table\":"));
    put_json_string(w->out, t->name);
    put_fmt(w->out, ",\"row\":%u,\"file\":", trace->row + 1);
    put_json_string(w->out, w->r->b->sources[t->file].name);
    put_fmt(w->out, ",\"line\":%u,\"inputs\":{",
            trace->row < t->row_count ? t->lines[trace->row] : 0);
    for (uint32_t i = 0; i < trace->input_count && i < t->input_count; i++) {
        put_text(w->out, i == 0 ? S("") : S(","));
        put_json_string(w->out, t->inputs[i].name);
        put_c(w->out, ':');
        put_value_json(w->out, w->r->b, &w->r->render.zone, trace->inputs[i]);
    }
    put_text(w->out, S("}}"));
}

static Status put_json_cause(Why *w, const Cause *cause) {
    if (cause->kind != CAUSE_EVENT && cause->kind != CAUSE_EFFECT) {
        put_json_value(w, "timer", value_of(V_INSTANT, cause->instant));
        return OK;
    }
    Leaf leaf;
    TRY(record_leaf(w->r, cause->index, &w->arena, &leaf, w->err));
    Str type = leaf.kind == LEAF_EVENT && leaf.event.event < w->r->b->event_count
                   ? w->r->b->events[leaf.event.event].name
               : leaf.kind == LEAF_EFFECT ? effect_type(w->r->b, &leaf.effect)
                                          : S("?");
    put_fmt(w->out, ",\"event\":{\"index\":%llu,\"type\":", (unsigned long long)cause->index);
    put_json_string(w->out, type);
    if (leaf.kind == LEAF_EVENT) {
        put_text(w->out, S(",\"source\":"));
        put_json_string(w->out, leaf.event.source);
        put_text(w->out, S(",\"id\":"));
        put_json_string(w->out, leaf.event.id);
    }
    put_c(w->out, '}');
    return OK;
}

static Status put_json_form(Why *w, Str subject) {
    const Effect *opened = &w->opened.effect;
    put_text(w->out, S("{\"subject\":"));
    put_json_string(w->out, subject);
    put_json_value(w, "state", value_text(str_of(state_names[duty_state(&w->d)])));
    put_json_value(w, "owner", w->d.owner);
    put_text(w->out, S(",\"file\":"));
    put_json_string(w->out, w->r->b->sources[w->d.def->file].name);
    put_fmt(w->out, ",\"line\":%u", w->d.def->line);
    TRY(put_json_cause(w, &opened->cause));
    put_text(w->out, S(",\"tables\":["));
    for (uint32_t i = 0; i < opened->trace_count; i++) {
        put_text(w->out, i == 0 ? S("") : S(","));
        if (opened->traces[i].table < w->r->b->table_count)
            put_json_trace(w, &opened->traces[i]);
    }
    put_c(w->out, ']');
    put_json_value(w, "raised", value_of(V_INSTANT, w->d.terms.raised));
    put_json_value(w, w->d.def->due_by ? "by" : "within", w->d.span);
    put_json_value(w, "unpaused", value_of(V_INSTANT, w->d.terms.unpaused));
    if (w->d.fold.due != INSTANT_NEVER)
        put_json_value(w, "due", value_of(V_INSTANT, w->d.fold.due));
    put_text(w->out, S(",\"said\":["));
    for (uint32_t i = 0; i < w->d.said_count; i++) {
        Leaf leaf;
        TRY(record_leaf(w->r, w->d.said[i], &w->arena, &leaf, w->err));
        Buf line = {0};
        put_effect_json(&line, &w->r->render, &leaf.effect);
        put_text(w->out, i == 0 ? S("") : S(","));
        put_bytes(w->out, line.p, line.n > 0 ? line.n - 1 : 0);
        w->out->failed = w->out->failed || line.failed;
        buf_free(&line);
    }
    put_text(w->out, S("]}\n"));
    return OK;
}

Status why(Record *r, Str subject, bool json, Buf *out, Err *err) {
    Why w = {.r = r, .out = out, .err = err, .json = json};
    Status status = find_duty(&w, subject);
    if (status == OK)
        status = record_leaf(r, w.d.leaf, &w.arena, &w.opened, err);
    if (status == OK && w.opened.kind != LEAF_EFFECT)
        status = ERR_DAMAGED;
    if (status == OK)
        status = json ? put_json_form(&w, subject) : put_text_form(&w, subject);
    arena_free(&w.arena);
    if (status == OK)
        status = buf_status(out);
    return status == OK ? OK : err_set(err, status, "reading the ledger: %s", status_text(status));
}
