/* audit: why a duty is as it is. */
#include "engine/audit/why_int.h"

#include "engine/base/civil.h"
#include "engine/base/json.h"
#include "engine/base/limits.h"

static int32_t day_of(Why *w, int64_t at) {
    return local_day(zone_cache_local(&w->r->render.zone, at));
}

static void put_json_day(Why *w, const char *name, int64_t at, int64_t without) {
    if (at == without)
        return;
    put_fmt(w->out, ",\"%s\":\"", name);
    put_date(w->out, day_of(w, at));
    put_c(w->out, '"');
}

static Status put_arose(Why *w) {
    const Effect *e = &w->opened.effect;
    const DutyDef *def = w->d.def;
    why_say_word(w, SAY_WHY_AROSE);
    TRY(why_cause(w, &e->cause));
    if (e->rule > 0 && e->rule <= w->r->b->rule_count) {
        const RuleDef *rule = &w->r->b->rules[e->rule - 1];
        why_say(w, SAY_RULE,
                (Args){{rule->name, why_place(w, rule->file, rule->line),
                        why_source(w, rule->file, rule->line)}});
    }
    why_say(w, SAY_DUTY,
            (Args){{def->name, w->r->b->versions[w->d.policy].version,
                    why_place(w, def->file, def->line), why_source(w, def->file, def->line)}});
    why_traces(w, e, w->d.local);
    return OK;
}

/* ---- what happened: what was said of it, and the events that said nothing */

static bool was_said(Why *w, const Leaf *said, uint64_t act) {
    for (uint32_t i = 0; i < w->d.said_count; i++)
        if (said[i].effect.cause.kind == CAUSE_EVENT && said[i].effect.cause.index == act)
            return true;
        else if (said[i].effect.cause.kind == CAUSE_EFFECT && said[i].effect.cause.index == act)
            return true;
    return false;
}

/* Why an act changed nothing that was worth saying. */
static Sentence silence(const Duty *d, const Act *act) {
    uint64_t reasons = 0, bit = (uint64_t)1 << act->clause;
    bool over = false;
    for (uint32_t i = 0; i < d->act_count && &d->acts[i] != act; i++) {
        if (d->acts[i].dropped)
            continue;
        if (d->acts[i].kind == ACT_IS_PAUSE)
            reasons |= (uint64_t)1 << d->acts[i].clause;
        else if (d->acts[i].kind == ACT_IS_RESUME)
            reasons &= ~((uint64_t)1 << d->acts[i].clause);
        over = over || (d->fold.ended && d->acts[i].leaf == d->fold.end_leaf);
    }
    if (act->dropped)
        return SAY_ACT_DROPPED;
    if (act->kind == ACT_IS_VIOLATE && d->fold.due <= act->time)
        return SAY_ACT_ALLOWED_AFTER;
    if (over && act->kind == ACT_IS_CANCEL && renewal_waits(d))
        return SAY_ACT_NO_MORE;
    if (over)
        return SAY_ACT_AFTER_END;
    if (act->kind == ACT_IS_PART)
        return SAY_ACT_PART;
    if (act->kind == ACT_IS_VIOLATE)
        return reasons != 0 ? SAY_ACT_ALLOWED_PAUSED : SAY_ACT_VIOLATION;
    if (act->kind == ACT_IS_REASSIGN)
        return SAY_ACT_REASSIGNED;
    if (act->kind == ACT_IS_ACKNOWLEDGE)
        return SAY_ACT_ACKNOWLEDGED;
    if (act->kind == ACT_IS_PAUSE)
        return (reasons & bit) != 0 ? SAY_ACT_PAUSED_ALREADY
               : reasons != 0       ? SAY_ACT_PAUSE_MORE
                                    : SAY_ACT_PAUSE;
    if (act->kind == ACT_IS_RESUME)
        return (reasons & bit) == 0 ? SAY_ACT_NO_PAUSE
               : reasons != bit     ? SAY_ACT_PAUSE_HOLDS
                                    : SAY_ACT_PAUSE_ENDS;
    return SAY_ACT_END;
}

static Status put_silent(Why *w, const Act *act) {
    Leaf leaf;
    TRY(record_leaf(w->r, act->leaf, &w->arena, &leaf, w->err));
    bool event = leaf.kind == LEAF_EVENT && leaf.event.event < w->r->b->event_count;
    Str what = {NULL, 0};
    if (event)
        TRY(arena_printf(&w->arena, &what, "%.*s %.*s",
                         STR_ARG(w->r->b->events[leaf.event.event].name), STR_ARG(leaf.event.id)));
    else if (leaf.kind == LEAF_EFFECT)
        what = effect_type(w->r->b, &leaf.effect);
    why_say(w, SAY_ACT,
            (Args){{why_local(w, act->time), what, event ? leaf.event.actor : S(""),
                    why_word(w, silence(&w->d, act))}});
    if (event)
        why_note(w, &leaf.event);
    put_fmt(w->out, "  [%llu]\n", (unsigned long long)act->leaf);
    return event && act->kind == ACT_IS_VIOLATE ? why_event_line(w, act->leaf) : OK;
}

/* ---- what its reactions set: changes stand in the journal behind what set them off */

static bool is_own(const Duty *d, const Subject *s) {
    bool same = s->kind == SUBJECT_DUTY && s->decl == d->decl && s->occurrence == d->occurrence &&
                s->key_count == d->key_count;
    for (uint32_t i = 0; same && i < d->key_count; i++)
        same = str_eq(s->key[i], d->key[i]);
    return same;
}

static bool same_cause(const Cause *a, const Cause *b) {
    return a->kind == b->kind && a->index == b->index && a->instant == b->instant;
}

/* The changes that have the same cause as one of its effects and were made by it, in order. */
static Status changes_find(Why *w, uint64_t from, const Cause *cause, Heard *out) {
    Arena a = {0};
    Status status = OK;
    for (uint64_t i = from + 1; i < led_size(w->r->l) && status == OK; i++) {
        Leaf leaf;
        arena_reset(&a);
        status = record_leaf(w->r, i, &a, &leaf, w->err);
        bool change = status == OK && leaf.kind == LEAF_CHANGE;
        if (status != OK || (!change && leaf.kind != LEAF_EFFECT) ||
            !same_cause(change ? &leaf.change.cause : &leaf.effect.cause, cause))
            break;
        bool known = out->n > 0 && out->at[out->n - 1] >= i;
        if (change && !known && is_own(&w->d, &leaf.change.by) && !arena_push(&w->arena, out, i))
            status = ERR_NOMEM;
    }
    arena_free(&a);
    return status;
}

static Status changes_of(Why *w, const Leaf *said, Heard *out) {
    for (uint32_t i = 0; w->d.def->reaction_count > 0 && i < w->d.said_count; i++) {
        const Effect *e = &said[i].effect;
        if (is_own(&w->d, &e->subject) && e->id != EFFECT_DUTY_OPENED)
            TRY(changes_find(w, w->d.said[i], &e->cause, out));
    }
    return OK;
}

/* Those that lie before an entry of the journal. */
static Status put_changes(Why *w, const Heard *changes, uint32_t *next, uint64_t before) {
    for (; *next < changes->n && changes->at[*next] < before; (*next)++) {
        Leaf leaf;
        TRY(record_leaf(w->r, changes->at[*next], &w->arena, &leaf, w->err));
        why_change(w, changes->at[*next], &leaf.change, true);
    }
    return buf_status(w->out);
}

static Status put_happened(Why *w) {
    why_say_word(w, SAY_WHAT_HAPPENED);
    Leaf *said = new (&w->arena, Leaf, w->d.said_count + 1);
    bool *shown = new (&w->arena, bool, w->d.act_count + 1);
    if (said == NULL || shown == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < w->d.said_count; i++) {
        TRY(record_leaf(w->r, w->d.said[i], &w->arena, &said[i], w->err));
        if (said[i].kind != LEAF_EFFECT)
            return ERR_DAMAGED;
    }
    Heard changes = {0};
    uint32_t change = 0;
    TRY(changes_of(w, said, &changes));
    for (uint32_t i = 0; i <= w->d.said_count; i++) {
        uint64_t before = i < w->d.said_count ? w->d.said[i] : UINT64_MAX;
        for (;;) { /* the silent acts up to here, as they came in */
            uint32_t next = w->d.act_count;
            for (uint32_t k = 0; k < w->d.act_count; k++)
                if (!shown[k] && w->d.acts[k].leaf < before &&
                    (next == w->d.act_count || w->d.acts[k].leaf < w->d.acts[next].leaf))
                    next = k;
            if (next == w->d.act_count)
                break;
            shown[next] = true;
            if (w->d.acts[next].kind != ACT_IS_MOVE && !was_said(w, said, w->d.acts[next].leaf))
                TRY(put_silent(w, &w->d.acts[next]));
        }
        TRY(put_changes(w, &changes, &change, before));
        if (i < w->d.said_count)
            TRY(why_effect(w, w->d.said[i], &said[i].effect, false));
    }
    return OK;
}

/* ---- what comes next */

/* What comes at `at`: 0 the breach, else a rung from 1. */
static void put_coming(Why *w, int64_t at, uint32_t which) {
    Str when = at == INSTANT_NEVER ? why_word(w, SAY_COMES_LATER) : why_local(w, at);
    if (which == 0) {
        why_say(w, w->d.def->forbids ? SAY_COMES_END : SAY_COMES_BREACH, (Args){{when}});
        return;
    }
    const RungDef *rung = &w->d.def->rungs[which - 1];
    why_say(w, SAY_COMES_RUNG,
            (Args){{when, why_number(w, which), why_place(w, rung->file, rung->line),
                    why_rung(w, w->d.decl, which)}});
}

/* When a duty that is done comes again. */
static Status put_renewal(Why *w) {
    Subject next = duty_subject(&w->d);
    int64_t at;
    TRY(renewal_at(&w->d, &at));
    if (at == INSTANT_NEVER)
        return OK;
    why_say_word(w, SAY_WHAT_COMES);
    next.occurrence++;
    why_say(w, SAY_COMES_RENEWAL, (Args){{why_local(w, at), why_subject(w, &next)}});
    return buf_status(w->out);
}

/* By time; at one instant the breach, then the rungs in the policy's order. */
static Status put_next(Why *w) {
    const Duty *d = &w->d;
    int64_t at[LIMIT_RUNGS + 1] = {d->fold.due};
    bool left[LIMIT_RUNGS + 1] = {d->def->forbids ? d->terms.unpaused != INSTANT_NEVER
                                                  : !d->breached};
    if (d->fold.ended)
        return put_renewal(w);
    for (uint32_t i = 1; i <= d->def->rung_count; i++) {
        uint32_t again;
        TRY(duty_rung(d, i - 1, &again, &at[i]));
        left[i] = (d->fired >> (i - 1) & 1) == 0 || again > 0;
        if (d->def->forbids && at[i] == INSTANT_NEVER && d->fold.reasons == 0)
            left[i] = false; /* it counts from a breach that there is not */
    }
    for (bool head = false;; head = true) {
        uint32_t next = d->def->rung_count + 1;
        for (uint32_t i = 0; i <= d->def->rung_count; i++)
            if (left[i] && (next > d->def->rung_count || at[i] < at[next]))
                next = i;
        if (next > d->def->rung_count)
            return OK;
        if (!head)
            why_say_word(w, SAY_WHAT_COMES);
        left[next] = false;
        put_coming(w, at[next], next);
    }
}

/* What came of the amounts that fulfil it. */
static void put_sums(Why *w) {
    const Duty *d = &w->d;
    for (uint32_t i = 0; d->fold.sums != NULL && i < d->def->part_count; i++) {
        const Value *whole = portion_of(&d->terms, i);
        if (whole == NULL)
            continue;
        why_say(w, d->def->part_count > 1 ? SAY_SUM_OF_PART : SAY_SUM,
                (Args){{why_value(w, view_sum(d, i)), why_value(w, *whole)}});
    }
}

/* What it says of itself: ", concerning C1". */
static Str attributes_text(Why *w) {
    size_t from = w->out->n;
    for (int i = 0; i < ATTRIBUTES; i++) {
        Value v = w->d.attributes[i];
        if (v.kind == V_ABSENT)
            continue;
        Str value = why_value(w, v);
        why_say(w, SAY_DUTY_ATTRIBUTE,
                (Args){{w->chinese ? attribute_rows[i].said_zh : attribute_rows[i].said, value}});
    }
    return why_cut(w, from);
}

static void put_state(Why *w, Str subject) {
    const Duty *d = &w->d;
    bool late = d->fold.ended && d->fold.late && d->fold.end_kind == ACT_IS_FULFIL;
    why_say(w, SAY_DUTY_IS,
            (Args){{subject, engine_word(w->chinese, str_of(why_state(d))),
                    late ? why_word(w, SAY_LATE) : S(""),
                    d->reported_late ? why_word(w, SAY_REPORTED_LATE) : S("")}});
}

Status why_duty_text(Why *w, Str subject) {
    const Duty *d = &w->d;
    bool begins = d->terms.begins > d->terms.raised, due = d->fold.due != INSTANT_NEVER;
    put_state(w, subject);
    why_say(w, d->def->forbids ? SAY_DUTY_HEAD_FORBIDS : SAY_DUTY_HEAD,
            (Args){{why_value(w, d->owner), attributes_text(w),
                    begins ? why_moment(w, d->terms.begins) : S(""),
                    due ? why_moment(w, d->fold.due) : S("")}});
    if (d->fold.violations > 0)
        why_say(w, d->fold.violations == 1 ? SAY_VIOLATION : SAY_VIOLATIONS,
                (Args){{why_number(w, d->fold.violations), why_moment(w, d->fold.breach_at)}});
    put_sums(w);
    if (d->def->parts_needed > 0 && (d->fold.sums == NULL || d->def->part_count > 1))
        why_say(w, SAY_PARTS,
                (Args){{why_number(w, d->fold.parts), why_number(w, d->def->parts_needed)}});
    put_text(w->out, S("\n\n"));
    TRY(put_arose(w));
    put_c(w->out, '\n');
    TRY(why_deadline(w));
    put_c(w->out, '\n');
    TRY(put_happened(w));
    return put_next(w);
}

/* ---- JSON */

static void put_json_trace(Why *w, const Trace *trace) {
    const TableDef *t = &w->r->b->tables[trace->table];
    put_text(w->out, S("{\"table\":"));
    put_json_string(w->out, t->name);
    put_json_day(w, "from", t->dated.from, INT64_MIN);
    put_json_day(w, "until", t->dated.until == INT64_MAX ? INT64_MAX : t->dated.until - 1,
                 INT64_MAX);
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
        why_json_value(w, "timer", value_of(V_INSTANT, cause->instant));
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

Status why_duty_json(Why *w, Str subject) {
    const Effect *opened = &w->opened.effect;
    const Duty *d = &w->d;
    put_text(w->out, S("{\"subject\":"));
    put_json_string(w->out, subject);
    why_json_value(w, "state", value_text(str_of(why_state(&w->d))));
    why_json_value(w, "owner", w->d.owner);
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
    why_json_value(w, "raised", value_of(V_INSTANT, w->d.terms.raised));
    if (w->d.terms.begins > w->d.terms.raised)
        why_json_value(w, "begins", value_of(V_INSTANT, w->d.terms.begins));
    for (int i = 0; i < ATTRIBUTES; i++)
        if (d->attributes[i].kind != V_ABSENT)
            why_json_value(w, attribute_rows[i].datum.p, d->attributes[i]);
    why_json_value(w, w->d.def->due_by ? "by" : "within", why_due_said(&w->d, false));
    why_json_value(w, "unpaused", value_of(V_INSTANT, w->d.terms.unpaused));
    if (w->d.fold.due != INSTANT_NEVER)
        why_json_value(w, "due", value_of(V_INSTANT, w->d.fold.due));
    put_json_sums(w->out, w->r->b, &w->r->render.zone, d);
    put_text(w->out, S(",\"said\":["));
    for (uint32_t i = 0; i < w->d.said_count; i++) {
        Leaf leaf;
        TRY(record_leaf(w->r, w->d.said[i], &w->arena, &leaf, w->err));
        why_effect_json(w, &leaf.effect, i == 0);
    }
    put_text(w->out, S("]}\n"));
    return OK;
}
