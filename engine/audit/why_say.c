/* audit: why: the pieces of its text. */
#include "engine/audit/why_int.h"

#include "engine/base/civil.h"
#include "engine/base/json.h"
#include "engine/base/shown.h"

enum {
    CAUSES_MOST = 32,
    REACTION_MOST = 100000, /* effects between a level and what it obliged */
    SOURCE_MOST = 80        /* characters of a line of the policy */
};

/* ---- sentences */

void why_say(Why *w, Sentence what, Args args) {
    put_sentence(w->out, w->chinese, what, args);
}

void why_say_word(Why *w, Sentence what) {
    put_text(w->out, why_word(w, what));
}

Str why_word(Why *w, Sentence what) {
    return sentence_word(w->chinese, what);
}

Str why_cut(Why *w, size_t from) {
    Str text = {NULL, 0};
    if (!w->out->failed && arena_str(&w->arena, str_from(buf_str(w->out), from), &text) != OK)
        w->out->failed = true;
    w->out->n = from;
    return text;
}

Str why_said(Why *w, Sentence what, Args args) {
    size_t from = w->out->n;
    why_say(w, what, args);
    return why_cut(w, from);
}

/* ---- pieces */

Str why_local(Why *w, int64_t at) {
    size_t from = w->out->n;
    put_local(w->out, zone_cache_local(&w->r->render.zone, at));
    return why_cut(w, from);
}

static void put_weekday(Why *w, int32_t day) {
    why_say_word(w, (Sentence)(SAY_MONDAY + civil_weekday(day)));
    put_c(w->out, ' ');
}

Str why_day(Why *w, int64_t at) {
    size_t from = w->out->n;
    int32_t day = local_day(zone_cache_local(&w->r->render.zone, at));
    put_weekday(w, day);
    put_date(w->out, day);
    return why_cut(w, from);
}

Str why_moment(Why *w, int64_t at) {
    size_t from = w->out->n;
    int64_t local = zone_cache_local(&w->r->render.zone, at);
    put_weekday(w, local_day(local));
    put_local(w->out, local);
    return why_cut(w, from);
}

Str why_value(Why *w, Value v) {
    size_t from = w->out->n;
    if (v.kind == V_INSTANT)
        return why_local(w, v.i);
    Buf text = {0};
    put_value_in(&text, w->r->b, &w->r->render.zone, v, w->chinese);
    put_on_line(w->out, buf_str(&text));
    w->out->failed = w->out->failed || text.failed;
    buf_free(&text);
    return why_cut(w, from);
}

Str why_number(Why *w, uint64_t n) {
    Str text = {NULL, 0};
    if (arena_printf(&w->arena, &text, "%llu", (unsigned long long)n) != OK)
        w->out->failed = true;
    return text;
}

Str why_subject(Why *w, const Subject *subject) {
    size_t from = w->out->n;
    put_subject(w->out, w->r->b, subject);
    return why_cut(w, from);
}

Str why_span(Why *w, int64_t ms) {
    static const struct {
        int64_t ms;
        Sentence name;
    } units[] = {
        {3600000, SAY_HOURS}, {60000, SAY_MINUTES}, {1000, SAY_SECONDS}, {1, SAY_MILLISECONDS}};
    size_t from = w->out->n;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        int64_t n = ms / units[i].ms;
        ms %= units[i].ms;
        if (n > 0 || (ms == 0 && w->out->n == from)) {
            Str count = why_number(w, (uint64_t)n);
            put_text(w->out, w->out->n == from ? S("") : S(" "));
            why_say(w, units[i].name, (Args){{count}});
        }
        if (ms == 0)
            break;
    }
    return why_cut(w, from);
}

Str why_place(Why *w, uint32_t file, uint32_t line) {
    size_t from = w->out->n;
    if (file < w->r->b->source_count)
        put_fmt(w->out, "%.*s:%u", STR_ARG(w->r->b->sources[file].name), line);
    return why_cut(w, from);
}

/* A line without the braces at its end that close what other lines opened. */
static Str clause_text(Str text) {
    for (;;) {
        int open = 0;
        bool quoted = false;
        for (size_t i = 0; i < text.n; i++) {
            char c = text.p[i];
            quoted = c == '"' && (i == 0 || text.p[i - 1] != '\\') ? !quoted : quoted;
            open += quoted ? 0 : c == '{' ? 1 : c == '}' ? -1 : 0;
        }
        if (open >= 0 || text.n < 2 || text.p[text.n - 1] != '}')
            return text;
        text = str_trim((Str){text.p, text.n - 1});
    }
}

Str why_line(const Why *w, uint32_t file, uint32_t line) {
    Str text = {NULL, 0}, rest = text;
    if (file < w->r->b->source_count)
        rest = w->r->b->sources[file].text;
    for (uint32_t i = 0; i < line && rest.n > 0; i++)
        str_cut(rest, '\n', &text, &rest);
    return text;
}

Str why_source(Why *w, uint32_t file, uint32_t line) {
    return why_words(w, why_line(w, file, line));
}

void why_effect_json(Why *w, const Effect *e, bool first) {
    Buf line = {0};
    put_effect_json(&line, &w->r->render, e);
    put_text(w->out, first ? S("") : S(","));
    put_bytes(w->out, line.p, line.n > 0 ? line.n - 1 : 0);
    w->out->failed = w->out->failed || line.failed;
    buf_free(&line);
}

Str why_words(Why *w, Str text) {
    size_t from = w->out->n;
    text = clause_text(str_trim(text));
    for (size_t i = 0, n = 0; i < text.n; i++) {
        bool begins = ((unsigned char)text.p[i] & 0xC0) != 0x80; /* a character of UTF-8 */
        if (text.p[i] == ' ' && text.p[i - 1] == ' ')
            continue;
        n += begins;
        if (begins && n > SOURCE_MOST) {
            put_text(w->out, S(" ..."));
            break;
        }
        put_c(w->out, text.p[i]);
    }
    return why_cut(w, from);
}

void why_json_value(Why *w, const char *name, Value v) {
    put_fmt(w->out, ",\"%s\":", name);
    put_value_json(w->out, w->r->b, &w->r->render.zone, v);
}

const char *why_state(const Duty *d) {
    static const char *const names[DUTY_STATES] = {"open",      "paused", "breached",
                                                   "fulfilled", "waived", "cancelled"};
    return names[duty_state(d)];
}

/* ---- events and causes */

Status why_event_leaf(Why *w, uint64_t index, const EventLeaf *e) {
    if (e->event >= w->r->b->event_count)
        return ERR_DAMAGED;
    const EventDef *def = &w->r->b->events[e->event];
    why_say(w, SAY_EVENT,
            (Args){{def->name, e->id, e->source, why_moment(w, e->time), e->actor,
                    why_number(w, index)}});
    for (uint32_t i = 0; i < e->field_count && i < def->field_count; i++) {
        Str value = why_value(w, e->fields[i]);
        put_fmt(w->out, "            %.*s = ", STR_ARG(def->fields[i].name));
        put_text(w->out, value);
        put_c(w->out, '\n');
    }
    return OK;
}

Status why_event_line(Why *w, uint64_t index) {
    Leaf leaf;
    TRY(record_leaf(w->r, index, &w->arena, &leaf, w->err));
    if (leaf.kind != LEAF_EVENT || leaf.event.event >= w->r->b->event_count)
        return OK;
    const EventDef *def = &w->r->b->events[leaf.event.event];
    put_fmt(w->out, "                    %.*s", STR_ARG(def->name));
    for (uint32_t i = 0; i < leaf.event.field_count && i < def->field_count; i++) {
        if (leaf.event.fields[i].kind == V_ABSENT)
            continue;
        why_say_word(w, SAY_COMMA);
        put_text(w->out, def->fields[i].name);
        put_text(w->out, S(" = "));
        put_text(w->out, why_value(w, leaf.event.fields[i]));
    }
    put_c(w->out, '\n');
    return buf_status(w->out);
}

/* Where a line of the policy is, by how a leaf keeps it; empty: there is none. */
static Str place_of(Why *w, uint32_t line) {
    return line > 0 ? why_place(w, line >> 20, line & 0xFFFFF) : (Str){NULL, 0};
}

/* What made the effect of an event that was emitted, or that the engine said: its line. */
static void put_emitted(Why *w, uint64_t index, const Effect *e) {
    Str source = e->line > 0 ? why_source(w, e->line >> 20, e->line & 0xFFFFF) : S("");
    why_say(w, e->id == EFFECT_EMITTED ? SAY_EMITTED : SAY_SAID,
            (Args){{effect_type(w->r->b, e), why_number(w, index), place_of(w, e->line), source}});
}

Str why_measure(Why *w, const KpiDef *def, Value v) {
    size_t from = w->out->n;
    put_measure_in(w->out, w->r->b, &w->r->render.zone, def, v, w->chinese);
    return why_cut(w, from);
}

/* What was said of a level, as a cause. */
static void put_level_said(Why *w, uint64_t index, const Effect *e, Str subject) {
    const KpiDef *def = &w->r->b->kpis[e->subject.decl];
    Str level = value_str(e->values[KPI_DATA_LEVEL]), now = engine_word(w->chinese, level);
    if (e->id == EFFECT_KPI_CLEARED)
        now = why_said(w, SAY_LEVEL_CLEARED, (Args){{now}});
    why_say(w, SAY_KPI_LEVEL,
            (Args){{subject, now, why_value(w, e->values[KPI_DATA_EPISODE]),
                    why_measure(w, def, e->values[KPI_DATA_VALUE]), why_number(w, index),
                    place_of(w, e->line), why_level(w, def, level)}});
}

/* Which level of a KPI it was: what was said of the series last, before the effect at `index`, by
 * the same judgement. */
static Status put_kpi(Why *w, const Cause *c, uint64_t index) {
    Buf mine = {0};
    Arena a = {0};
    Status status = OK;
    put_subject(&mine, w->r->b, &c->subject);
    for (int n = 0; n < REACTION_MOST && status == OK && index-- > 0; n++) {
        Leaf leaf;
        arena_reset(&a);
        status = record_leaf(w->r, index, &a, &leaf, w->err);
        const Effect *e = &leaf.effect;
        if (status == OK && leaf.kind == LEAF_CHANGE)
            continue;
        if (status != OK || leaf.kind != LEAF_EFFECT)
            break;
        if (e->id != EFFECT_KPI_WARNING && e->id != EFFECT_KPI_CRITICAL &&
            e->id != EFFECT_KPI_CLEARED)
            continue;
        Buf other = {0};
        put_subject(&other, w->r->b, &e->subject);
        bool same = str_eq(buf_str(&mine), buf_str(&other));
        buf_free(&other);
        if (!same || e->subject.decl >= w->r->b->kpi_count)
            continue;
        put_level_said(w, index, e, buf_str(&mine));
        break;
    }
    buf_free(&mine);
    arena_free(&a);
    return status;
}

/* The chain is as long as the cascade. */
Status why_cause(Why *w, const Cause *cause) {
    Cause c = *cause;
    uint64_t index = w->opened.effect.index;
    for (int depth = 0; depth < CAUSES_MOST; depth++) {
        Leaf leaf;
        if (c.kind == CAUSE_NONE)
            return OK;
        if (c.kind == CAUSE_TIMER) {
            Str at = why_moment(w, c.instant);
            if (w->d.def != NULL && w->d.def->schedule.kind != SCHEDULE_NONE &&
                c.subject.decl == w->d.decl) {
                why_say(w, SAY_BY_SCHEDULE, (Args){{at}});
                return OK;
            }
            why_say(w, SAY_BY_TIMER, (Args){{at, why_subject(w, &c.subject)}});
            return c.subject.kind == SUBJECT_KPI ? put_kpi(w, &c, index) : OK;
        }
        TRY(record_leaf(w->r, c.index, &w->arena, &leaf, w->err));
        if (c.kind == CAUSE_EVENT)
            return leaf.kind == LEAF_EVENT ? why_event_leaf(w, c.index, &leaf.event) : ERR_DAMAGED;
        if (leaf.kind != LEAF_EFFECT)
            return ERR_DAMAGED;
        put_emitted(w, c.index, &leaf.effect);
        index = c.index;
        c = leaf.effect.cause;
    }
    return OK;
}

/* ---- effects */

/* How effects are said: each with its data in the order of its sentence. What stands here with none
 * is said by its type. */
typedef struct Phrase {
    EffectId id;
    Sentence say;
    const char *data[SENTENCE_ARGS];
} Phrase;

static const Phrase phrases[] = {
    {EFFECT_DUTY_OPENED, SAY_DUTY_OPENED, {"due", "assumed"}},
    {EFFECT_DUTY_REMINDED, SAY_DUTY_REMINDED, {"to", "held"}},
    {EFFECT_DUTY_ESCALATED, SAY_DUTY_ESCALATED, {"to", "held"}},
    {EFFECT_DUTY_COLLECTED, SAY_DUTY_COLLECTED, {"to", "reason"}},
    {EFFECT_DIGEST, SAY_DIGEST, {"to", "on_call", "count", "reason"}},
    {EFFECT_DUTY_SILENCED, SAY_DUTY_SILENCED, {NULL}},
    {EFFECT_DUTY_VACANT, SAY_DUTY_VACANT, {"seat"}},
    {EFFECT_DUTY_BREACHED, SAY_DUTY_BREACHED, {"due", "violation", "by"}},
    {EFFECT_DUTY_ENDED, SAY_DUTY_ENDED, {"violations", "by"}},
    {EFFECT_DUTY_PAUSED, SAY_DUTY_PAUSED, {"left"}},
    {EFFECT_DUTY_RESUMED, SAY_DUTY_RESUMED, {"due"}},
    {EFFECT_DUTY_FULFILLED, SAY_DUTY_FULFILLED, {"late", "reported_late", "by", "sum", "of"}},
    {EFFECT_DUTY_PROGRESSED, SAY_DUTY_PROGRESSED, {"sum", "of", "part", "by"}},
    {EFFECT_DUTY_MIGRATED, SAY_DUTY_MIGRATED, {"from", "to", "is.due", "is.owner", "by"}},
    {EFFECT_DUTY_REASSIGNED, SAY_DUTY_REASSIGNED, {"from", "to"}},
    {EFFECT_DUTY_ACKNOWLEDGED, SAY_DUTY_ACKNOWLEDGED, {"by", "until"}},
    {EFFECT_DUTY_WAIVED, SAY_DUTY_WAIVED, {"by"}},
    {EFFECT_DUTY_CANCELLED, SAY_DUTY_CANCELLED, {"by"}},
    {EFFECT_DUTY_CORRECTED,
     SAY_DUTY_CORRECTED,
     {"was.state", "was.late", "was.at", "is.state", "is.late", "is.at", "is.due", "to"}},
    {EFFECT_APPROVAL_OPENED, SAY_APPROVAL_OPENED, {"seats", "stage", "due"}},
    {EFFECT_APPROVAL_ADVANCED, SAY_APPROVAL_ADVANCED, {"stage", "seats", "due"}},
    {EFFECT_APPROVAL_VOTED, SAY_APPROVAL_VOTED, {"by", "seat", "vote", "note", "stage", "for"}},
    {EFFECT_APPROVAL_GRANTED, SAY_APPROVAL_GRANTED, {"yes", "no"}},
    {EFFECT_APPROVAL_REFUSED, SAY_APPROVAL_REFUSED, {"by", "stage", "yes", "no"}},
    {EFFECT_APPROVAL_LAPSED, SAY_APPROVAL_LAPSED, {"seat", "stage"}},
    {EFFECT_APPROVAL_WITHDRAWN, SAY_APPROVAL_WITHDRAWN, {"by"}},
    {EFFECT_APPROVAL_UNATTAINABLE, SAY_APPROVAL_UNATTAINABLE, {"seat", "stage"}},
    {EFFECT_APPROVAL_ESCALATED, SAY_APPROVAL_ESCALATED, {"to"}},
    {EFFECT_SIGNER_ADDED, SAY_SIGNER_ADDED, {"seat", "place", "stage", "by", "note"}},
    {EFFECT_SIGNER_REMOVED, SAY_SIGNER_REMOVED, {"seat", "stage", "by", "note"}},
    {EFFECT_APPROVAL_TRANSFERRED, SAY_APPROVAL_TRANSFERRED, {"by", "from", "to", "stage", "note"}},
    {EFFECT_APPROVAL_RETURNED, SAY_APPROVAL_RETURNED, {"stage", "by", "seats", "due", "note"}},
    {EFFECT_NOTIFIED, SAY_NOTIFIED, {"to", "text", "on_call", "held"}},
    {EFFECT_SWAPPED, SAY_SWAPPED, {"person", "rotation", "from", "until", "by", "note"}},
    {EFFECT_COLLECTED, SAY_COLLECTED, {"to", "text", "reason", "until"}},
    {EFFECT_ALERT, SAY_ALERT, {"reason", "message"}},
};

/* Data whose texts are the engine's own words. */
static bool is_engine_word(Str name) {
    static const char *const names[] = {"was.state", "is.state", "reason", "vote", "place"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq(name, str_of(names[i])))
            return true;
    return false;
}

/* What a datum that is yes is said by. */
static Str flag_word(Why *w, Str name) {
    return why_word(w, str_eq(name, S("assumed"))         ? SAY_ASSUMED
                       : str_eq(name, S("reported_late")) ? SAY_REPORTED_LATE
                                                          : SAY_LATE);
}

/* A datum in words; nothing when it is absent, no or an empty list. */
static Str datum(Why *w, const Effect *e, const char *name) {
    Value v = effect_value(e, str_of(name));
    if (v.kind == V_ABSENT || (v.kind == V_FLAG && v.i == 0) || (v.kind == V_LIST && v.n == 0))
        return (Str){NULL, 0};
    if (v.kind == V_FLAG)
        return flag_word(w, str_of(name));
    Str text = why_value(w, v);
    return is_engine_word(str_of(name)) ? engine_word(w->chinese, text) : text;
}

static void put_what(Why *w, const Effect *e) {
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        if (phrases[i].id != e->id)
            continue;
        Args args = {0};
        for (int k = 0; k < SENTENCE_ARGS && phrases[i].data[k] != NULL; k++)
            args.at[k] = datum(w, e, phrases[i].data[k]);
        why_say(w, phrases[i].say, args);
        return;
    }
    if (e->id == EFFECT_EMITTED)
        why_say(w, SAY_EMITTED_TYPE, (Args){{effect_type(w->r->b, e)}});
    else
        put_text(w->out, effect_type(w->r->b, e));
}

void why_note(Why *w, const EventLeaf *e) {
    const EventDef *def = &w->r->b->events[e->event];
    for (uint32_t i = 0; i < e->field_count && i < def->field_count; i++)
        if (def->engine >= 0 && str_eq(def->fields[i].name, S("note")) &&
            e->fields[i].kind == V_TEXT && value_str(e->fields[i]).n > 0) {
            size_t from = w->out->n;
            put_on_line(w->out, value_str(e->fields[i]));
            Str note = why_cut(w, from);
            why_say(w, SAY_NOTE, (Args){{note}});
        }
}

/* By which event, and of one of the engine's own who acted and what they noted, unless the effect
 * has said so. */
static Status put_by(Why *w, const Effect *e) {
    Leaf leaf;
    TRY(record_leaf(w->r, e->cause.index, &w->arena, &leaf, w->err));
    bool own = leaf.kind == LEAF_EVENT && w->r->b->events[leaf.event.event].engine >= 0 &&
               w->d.def != NULL && e->subject.kind == SUBJECT_DUTY && e->id != EFFECT_NOTIFIED &&
               e->id != EFFECT_COLLECTED && e->id != EFFECT_EMITTED && e->id != EFFECT_ALERT;
    bool actor = own && effect_value(e, S("by")).kind == V_ABSENT;
    why_say(w, SAY_BY_EVENT, (Args){{actor ? leaf.event.actor : S(""), e->cause.id}});
    if (own && effect_value(e, S("note")).kind == V_ABSENT)
        why_note(w, &leaf.event);
    return OK;
}

/* By what the engine said, where that acted: `by approval/launch/L granted`. */
static Status put_by_said(Why *w, const Effect *e) {
    Leaf leaf;
    TRY(record_leaf(w->r, e->cause.index, &w->arena, &leaf, w->err));
    if (leaf.kind != LEAF_EFFECT || leaf.effect.id == EFFECT_EMITTED)
        return OK;
    Str type = effect_type(w->r->b, &leaf.effect);
    size_t last = type.n;
    while (last > 0 && type.p[last - 1] != '.')
        last--;
    why_say(w, SAY_BY_SAID,
            (Args){{why_subject(w, &leaf.effect.subject),
                    engine_word(w->chinese, str_from(type, last))}});
    return OK;
}

/* A duty or an approval that a reaction of what is asked about opened. */
static void put_made(Why *w, const Effect *e) {
    bool duty = e->id == EFFECT_DUTY_OPENED;
    why_say(w, duty ? SAY_OBLIGED : SAY_ASKED_FOR,
            (Args){{why_subject(w, &e->subject),
                    duty ? why_value(w, e->owner) : datum(w, e, "seats"), datum(w, e, "due")}});
}

/* The layer without turns by which somebody may be on call, where one alone has none. */
static const LayerDef *layer_alone(Why *w, const Effect *e, const RotationDef **def) {
    Value to = effect_value(e, S("to"));
    const LayerDef *layer = NULL;
    *def = NULL;
    for (uint32_t i = 0; to.kind == V_PARTY && i < w->r->b->rotation_count; i++)
        if ((int64_t)w->r->b->rotations[i].party == to.i)
            *def = &w->r->b->rotations[i];
    for (uint32_t i = 0; *def != NULL && i < (*def)->layer_count; i++)
        if ((*def)->layers[i].handover.kind == SCHEDULE_NONE) {
            if (layer != NULL)
                return NULL;
            layer = &(*def)->layers[i];
        }
    return layer;
}

static Str time_text(Why *w, int32_t ms) {
    size_t from = w->out->n;
    put_time(w->out, ms);
    return why_cut(w, from);
}

/* Who is on call by a layer that has no turns. */
static void put_by_layer(Why *w, const Effect *e, Str who) {
    const RotationDef *def;
    const LayerDef *layer = layer_alone(w, e, &def);
    Str name = {NULL, 0}, hours = {NULL, 0};
    if (layer != NULL && def->layer_count > 1)
        name = layer->name;
    if (layer != NULL && layer->hours == ONCALL_OF_DAY)
        hours = why_said(w, SAY_LAYER_HOURS,
                         (Args){{time_text(w, layer->from_ms), time_text(w, layer->to_ms)}});
    else if (layer != NULL && layer->hours != ONCALL_ALL)
        hours = why_word(w, layer->hours == ONCALL_OPEN ? SAY_LAYER_OPEN : SAY_LAYER_CLOSED);
    else if (layer != NULL && def->layer_count == 1)
        hours = why_word(w, SAY_LAYER_ALWAYS);
    why_say(w, SAY_ON_CALL_LAYER, (Args){{who, name, hours}});
}

/* Who was on call when a rotation was told, and why they. */
static void put_on_call(Why *w, const Effect *e) {
    Value who = effect_value(e, S("on_call")), how = effect_value(e, S("how"));
    Value turn = effect_value(e, S("turn")), from = effect_value(e, S("turn_from"));
    Value until = effect_value(e, S("turn_until"));
    if (who.kind == V_ABSENT || how.kind != V_TEXT)
        return;
    bool own = str_eq(value_str(how), S("turn")), swap = str_eq(value_str(how), S("swap"));
    Str since = from.kind == V_INSTANT ? why_moment(w, from.i) : S("");
    Str to = until.kind == V_INSTANT ? why_moment(w, until.i) : S("");
    if (own && from.kind == V_ABSENT)
        put_by_layer(w, e, why_value(w, who));
    else if (own)
        why_say(w, SAY_ON_CALL_TURN, (Args){{why_value(w, who), since, to}});
    else
        why_say(w, swap ? SAY_ON_CALL_SWAP : SAY_ON_CALL_STANDS,
                (Args){{why_value(w, who), why_value(w, turn), since, to}});
}

/* Which rung of a ladder it was. */
static void put_rung(Why *w, const Effect *e, int64_t rung) {
    Str words = {NULL, 0};
    if (e->line > 0 && e->subject.kind == SUBJECT_DUTY)
        words = why_rung(w, e->subject.decl, (uint32_t)rung);
    else if (e->line > 0)
        words = why_source(w, e->line >> 20, e->line & 0xFFFFF);
    why_say(w, SAY_RUNG,
            (Args){{why_number(w, (uint64_t)rung), datum(w, e, "round"), datum(w, e, "again"),
                    place_of(w, e->line), words}});
}

Status why_effect(Why *w, uint64_t index, const Effect *e, bool subject) {
    Str time = why_local(w, e->time);
    put_text(w->out, S("  "));
    put_text(w->out, time);
    put_text(w->out, S("  "));
    if (subject && (e->subject.kind == SUBJECT_DUTY || e->subject.kind == SUBJECT_APPROVAL)) {
        put_subject(w->out, w->r->b, &e->subject);
        put_c(w->out, ' ');
    }
    if (!subject && index != w->opened.effect.index &&
        (e->id == EFFECT_DUTY_OPENED || e->id == EFFECT_APPROVAL_OPENED))
        put_made(w, e);
    else
        put_what(w, e);
    if (e->cause.kind == CAUSE_EVENT && !subject)
        TRY(put_by(w, e));
    if (e->cause.kind == CAUSE_EFFECT && !subject)
        TRY(put_by_said(w, e));
    if (e->seen != e->time)
        why_say(w, SAY_SEEN, (Args){{why_local(w, e->seen)}});
    put_fmt(w->out, "  [%llu]\n", (unsigned long long)index);
    if (effect_value(e, S("violation")).kind != V_ABSENT && e->cause.kind == CAUSE_EVENT)
        TRY(why_event_line(w, e->cause.index));
    Value rung = effect_value(e, S("rung"));
    if (rung.kind != V_ABSENT) {
        put_rung(w, e, rung.i);
        put_on_call(w, e);
    }
    return buf_status(w->out);
}
