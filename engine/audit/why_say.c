/* audit: why: the pieces of its text. */
#include "engine/audit/why_int.h"

#include "engine/base/civil.h"
#include "engine/base/json.h"

enum {
    CAUSES_MOST = 32,
    REACTION_MOST = 100000, /* effects between a level and what it obliged */
    SOURCE_MOST = 80        /* characters of a line of the policy */
};

void why_local(Why *w, int64_t at) {
    put_local(w->out, zone_cache_local(&w->r->render.zone, at));
}

void why_day(Why *w, int64_t at) {
    static const char *const names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    int32_t day = local_day(zone_cache_local(&w->r->render.zone, at));
    put_fmt(w->out, "%s ", names[civil_weekday(day)]);
    put_date(w->out, day);
}

void why_moment(Why *w, int64_t at) {
    static const char *const names[] = {"Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "};
    int64_t local = zone_cache_local(&w->r->render.zone, at);
    put_text(w->out, str_of(names[civil_weekday(local_day(local))]));
    put_local(w->out, local);
}

void why_value(Why *w, Value v) {
    if (v.kind == V_INSTANT)
        why_local(w, v.i);
    else if (v.kind == V_ABSENT)
        put_text(w->out, S("absent"));
    else
        put_value_text(w->out, w->r->b, &w->r->render.zone, v);
}

void why_span(Why *w, int64_t ms) {
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {{3600000, "h"}, {60000, "min"}, {1000, "s"}, {1, "ms"}};
    const char *gap = "";
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        int64_t n = ms / units[i].ms;
        ms %= units[i].ms;
        if (n > 0 || (ms == 0 && *gap == '\0')) {
            put_fmt(w->out, "%s%lld %s", gap, (long long)n, units[i].name);
            gap = " ";
        }
        if (ms == 0)
            return;
    }
}

void why_place(Why *w, uint32_t file, uint32_t line) {
    if (file < w->r->b->source_count)
        put_fmt(w->out, "%.*s:%u", STR_ARG(w->r->b->sources[file].name), line);
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

void why_source(Why *w, uint32_t file, uint32_t line) {
    why_words(w, why_line(w, file, line));
}

void why_effect_json(Why *w, const Effect *e, bool first) {
    Buf line = {0};
    put_effect_json(&line, &w->r->render, e);
    put_text(w->out, first ? S("") : S(","));
    put_bytes(w->out, line.p, line.n > 0 ? line.n - 1 : 0);
    w->out->failed = w->out->failed || line.failed;
    buf_free(&line);
}

void why_words(Why *w, Str text) {
    text = clause_text(str_trim(text));
    for (size_t i = 0, n = 0; i < text.n; i++) {
        bool begins = ((unsigned char)text.p[i] & 0xC0) != 0x80; /* a character of UTF-8 */
        if (text.p[i] == ' ' && text.p[i - 1] == ' ')
            continue;
        n += begins;
        if (begins && n > SOURCE_MOST) {
            put_text(w->out, S(" ..."));
            return;
        }
        put_c(w->out, text.p[i]);
    }
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
    put_fmt(w->out, "  event   %.*s %.*s from %.*s\n          of ", STR_ARG(def->name),
            STR_ARG(e->id), STR_ARG(e->source));
    why_moment(w, e->time);
    if (e->actor.n > 0)
        put_fmt(w->out, " by %.*s", STR_ARG(e->actor));
    put_fmt(w->out, ", journal entry %llu\n", (unsigned long long)index);
    for (uint32_t i = 0; i < e->field_count && i < def->field_count; i++) {
        put_fmt(w->out, "            %.*s = ", STR_ARG(def->fields[i].name));
        why_value(w, e->fields[i]);
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
        put_fmt(w->out, ", %.*s = ", STR_ARG(def->fields[i].name));
        why_value(w, leaf.event.fields[i]);
    }
    put_c(w->out, '\n');
    return buf_status(w->out);
}

/* What made the effect of an event that was emitted, or that the engine said: its line. */
static void put_emitted(Why *w, uint64_t index, const Effect *e) {
    put_fmt(w->out, "  event   %.*s, %s as journal entry %llu", STR_ARG(effect_type(w->r->b, e)),
            e->id == EFFECT_EMITTED ? "emitted" : "said", (unsigned long long)index);
    if (e->line > 0) {
        put_text(w->out, S(" by "));
        why_place(w, e->line >> 20, e->line & 0xFFFFF);
        put_text(w->out, S("\n            "));
        why_source(w, e->line >> 20, e->line & 0xFFFFF);
    }
    put_text(w->out, S("\n          because of\n"));
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
        put_text(w->out, S("  kpi     "));
        put_text(w->out, buf_str(&mine));
        put_fmt(w->out, ": %s%.*s, episode %lld, value ",
                e->id == EFFECT_KPI_CLEARED ? "cleared " : "",
                STR_ARG(value_str(e->values[KPI_DATA_LEVEL])),
                (long long)e->values[KPI_DATA_EPISODE].i);
        if (e->values[KPI_DATA_VALUE].kind == V_ABSENT)
            put_text(w->out, S("absent"));
        else
            put_measure_text(w->out, w->r->b, &w->r->render.zone, &w->r->b->kpis[e->subject.decl],
                             e->values[KPI_DATA_VALUE]);
        put_fmt(w->out, ", journal entry %llu, ", (unsigned long long)index);
        why_place(w, e->line >> 20, e->line & 0xFFFFF);
        put_text(w->out, S("\n            "));
        why_level(w, &w->r->b->kpis[e->subject.decl], value_str(e->values[KPI_DATA_LEVEL]));
        put_c(w->out, '\n');
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
            put_text(w->out, S("  time    "));
            why_moment(w, c.instant);
            if (w->d.def != NULL && w->d.def->schedule.kind != SCHEDULE_NONE &&
                c.subject.decl == w->d.decl) {
                put_text(w->out, S(", its schedule\n"));
                return OK;
            }
            put_text(w->out, S(", a timer of "));
            put_subject(w->out, w->r->b, &c.subject);
            put_c(w->out, '\n');
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

/* How effects are said: for each its pieces in order; a datum that is absent or no is left out with
 * the words before it. What stands here with none is said by its type. */
typedef struct Phrase {
    EffectId id;
    const char *before, *name; /* name NULL: the words alone */
} Phrase;

static const Phrase phrases[] = {
    {EFFECT_DUTY_OPENED, "opened", NULL},
    {EFFECT_DUTY_OPENED, ", due ", "due"},
    {EFFECT_DUTY_OPENED, ", assumed", "assumed"},
    {EFFECT_DUTY_REMINDED, "reminded ", "to"},
    {EFFECT_DUTY_REMINDED, ", held since ", "held"},
    {EFFECT_DUTY_ESCALATED, "escalated to ", "to"},
    {EFFECT_DUTY_ESCALATED, ", held since ", "held"},
    {EFFECT_DUTY_COLLECTED, "collected for ", "to"},
    {EFFECT_DUTY_COLLECTED, ", ", "reason"},
    {EFFECT_DIGEST, "told ", "to"},
    {EFFECT_DIGEST, ", on call ", "on_call"},
    {EFFECT_DIGEST, " in a digest of ", "count"},
    {EFFECT_DIGEST, ", ", "reason"},
    {EFFECT_DUTY_SILENCED, "not said: silent", NULL},
    {EFFECT_DUTY_VACANT, "vacant: ", "seat"},
    {EFFECT_DUTY_BREACHED, "breached", NULL},
    {EFFECT_DUTY_BREACHED, ", due ", "due"},
    {EFFECT_DUTY_BREACHED, ", violation ", "violation"},
    {EFFECT_DUTY_BREACHED, " by ", "by"},
    {EFFECT_DUTY_ENDED, "over, violations ", "violations"},
    {EFFECT_DUTY_ENDED, ", ended by ", "by"},
    {EFFECT_DUTY_PAUSED, "paused, left ", "left"},
    {EFFECT_DUTY_RESUMED, "resumed", NULL},
    {EFFECT_DUTY_RESUMED, ", due ", "due"},
    {EFFECT_DUTY_FULFILLED, "fulfilled", NULL},
    {EFFECT_DUTY_FULFILLED, " late", "late"},
    {EFFECT_DUTY_FULFILLED, " in time, reported late", "reported_late"},
    {EFFECT_DUTY_FULFILLED, " by ", "by"},
    {EFFECT_DUTY_FULFILLED, ": ", "sum"},
    {EFFECT_DUTY_FULFILLED, " of ", "of"},
    {EFFECT_DUTY_PROGRESSED, "came to ", "sum"},
    {EFFECT_DUTY_PROGRESSED, " of ", "of"},
    {EFFECT_DUTY_PROGRESSED, ", part ", "part"},
    {EFFECT_DUTY_PROGRESSED, " by ", "by"},
    {EFFECT_DUTY_REASSIGNED, "reassigned from ", "from"},
    {EFFECT_DUTY_REASSIGNED, " to ", "to"},
    {EFFECT_DUTY_ACKNOWLEDGED, "acknowledged", NULL},
    {EFFECT_DUTY_ACKNOWLEDGED, " by ", "by"},
    {EFFECT_DUTY_ACKNOWLEDGED, ", no rung until ", "until"},
    {EFFECT_DUTY_WAIVED, "waived", NULL},
    {EFFECT_DUTY_WAIVED, " by ", "by"},
    {EFFECT_DUTY_CANCELLED, "cancelled", NULL},
    {EFFECT_DUTY_CANCELLED, " by ", "by"},
    {EFFECT_DUTY_CORRECTED, "corrected: it was ", "was.state"},
    {EFFECT_DUTY_CORRECTED, " late", "was.late"},
    {EFFECT_DUTY_CORRECTED, " at ", "was.at"},
    {EFFECT_DUTY_CORRECTED, ", it is ", "is.state"},
    {EFFECT_DUTY_CORRECTED, " late", "is.late"},
    {EFFECT_DUTY_CORRECTED, " at ", "is.at"},
    {EFFECT_DUTY_CORRECTED, ", due ", "is.due"},
    {EFFECT_DUTY_CORRECTED, "; told to ", "to"},
    {EFFECT_APPROVAL_OPENED, "asked of ", "seats"},
    {EFFECT_APPROVAL_OPENED, " in stage ", "stage"},
    {EFFECT_APPROVAL_OPENED, ", due ", "due"},
    {EFFECT_APPROVAL_ADVANCED, "stage ", "stage"},
    {EFFECT_APPROVAL_ADVANCED, " opened, asked of ", "seats"},
    {EFFECT_APPROVAL_ADVANCED, ", due ", "due"},
    {EFFECT_APPROVAL_VOTED, "vote of ", "by"},
    {EFFECT_APPROVAL_VOTED, " as ", "seat"},
    {EFFECT_APPROVAL_VOTED, ": ", "vote"},
    {EFFECT_APPROVAL_VOTED, ", ", "note"},
    {EFFECT_APPROVAL_VOTED, " in stage ", "stage"},
    {EFFECT_APPROVAL_VOTED, ", for ", "for"},
    {EFFECT_APPROVAL_GRANTED, "granted", NULL},
    {EFFECT_APPROVAL_GRANTED, ", yes: ", "yes"},
    {EFFECT_APPROVAL_GRANTED, ", no: ", "no"},
    {EFFECT_APPROVAL_REFUSED, "refused", NULL},
    {EFFECT_APPROVAL_REFUSED, " by ", "by"},
    {EFFECT_APPROVAL_REFUSED, " in stage ", "stage"},
    {EFFECT_APPROVAL_REFUSED, ", yes: ", "yes"},
    {EFFECT_APPROVAL_REFUSED, ", no: ", "no"},
    {EFFECT_APPROVAL_LAPSED, "lapsed, still lacking ", "seat"},
    {EFFECT_APPROVAL_LAPSED, " in stage ", "stage"},
    {EFFECT_APPROVAL_WITHDRAWN, "withdrawn", NULL},
    {EFFECT_APPROVAL_WITHDRAWN, " by ", "by"},
    {EFFECT_APPROVAL_UNATTAINABLE, "unattainable", NULL},
    {EFFECT_APPROVAL_UNATTAINABLE, ": nobody can vote as ", "seat"},
    {EFFECT_APPROVAL_UNATTAINABLE, " in stage ", "stage"},
    {EFFECT_APPROVAL_ESCALATED, "escalated to ", "to"},
    {EFFECT_SIGNER_ADDED, "signer added: ", "seat"},
    {EFFECT_SIGNER_ADDED, ", ", "place"},
    {EFFECT_SIGNER_ADDED, " stage ", "stage"},
    {EFFECT_SIGNER_ADDED, ", by ", "by"},
    {EFFECT_SIGNER_ADDED, ", ", "note"},
    {EFFECT_SIGNER_REMOVED, "signer removed: ", "seat"},
    {EFFECT_SIGNER_REMOVED, " of stage ", "stage"},
    {EFFECT_SIGNER_REMOVED, ", by ", "by"},
    {EFFECT_SIGNER_REMOVED, ", ", "note"},
    {EFFECT_APPROVAL_TRANSFERRED, "handed on by ", "by"},
    {EFFECT_APPROVAL_TRANSFERRED, ": ", "from"},
    {EFFECT_APPROVAL_TRANSFERRED, " to ", "to"},
    {EFFECT_APPROVAL_TRANSFERRED, " in stage ", "stage"},
    {EFFECT_APPROVAL_TRANSFERRED, ", ", "note"},
    {EFFECT_APPROVAL_RETURNED, "returned", NULL},
    {EFFECT_APPROVAL_RETURNED, " to stage ", "stage"},
    {EFFECT_APPROVAL_RETURNED, " by ", "by"},
    {EFFECT_APPROVAL_RETURNED, ", asked of ", "seats"},
    {EFFECT_APPROVAL_RETURNED, ", due ", "due"},
    {EFFECT_APPROVAL_RETURNED, ", ", "note"},
    {EFFECT_NOTIFIED, "notified ", "to"},
    {EFFECT_NOTIFIED, ": ", "text"},
    {EFFECT_NOTIFIED, ", on call ", "on_call"},
    {EFFECT_NOTIFIED, ", held since ", "held"},
    {EFFECT_SWAPPED, "swapped: ", "person"},
    {EFFECT_SWAPPED, " is on call for ", "rotation"},
    {EFFECT_SWAPPED, " from ", "from"},
    {EFFECT_SWAPPED, " until ", "until"},
    {EFFECT_SWAPPED, ", by ", "by"},
    {EFFECT_SWAPPED, ", ", "note"},
    {EFFECT_COLLECTED, "collected for ", "to"},
    {EFFECT_COLLECTED, ": ", "text"},
    {EFFECT_COLLECTED, ", ", "reason"},
    {EFFECT_COLLECTED, " until ", "until"},
    {EFFECT_ALERT, "alert ", "reason"},
    {EFFECT_ALERT, ": ", "message"},
};

/* words, the value; nothing when it is absent, no or an empty list. */
static void put_datum(Why *w, const Effect *e, const char *before, const char *name) {
    Value v = effect_value(e, str_of(name));
    if (v.kind == V_ABSENT || (v.kind == V_FLAG && v.i == 0) || (v.kind == V_LIST && v.n == 0))
        return;
    put_text(w->out, str_of(before));
    if (v.kind != V_FLAG)
        why_value(w, v);
}

static void put_what(Why *w, const Effect *e) {
    bool said = false;
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        if (phrases[i].id != e->id)
            continue;
        said = true;
        if (phrases[i].name == NULL)
            put_text(w->out, str_of(phrases[i].before));
        else
            put_datum(w, e, phrases[i].before, phrases[i].name);
    }
    if (e->id == EFFECT_EMITTED)
        put_text(w->out, S("emitted "));
    if (!said)
        put_text(w->out, effect_type(w->r->b, e));
}

void why_note(Why *w, const EventLeaf *e) {
    const EventDef *def = &w->r->b->events[e->event];
    for (uint32_t i = 0; i < e->field_count && i < def->field_count; i++)
        if (def->engine >= 0 && str_eq(def->fields[i].name, S("note")) &&
            e->fields[i].kind == V_TEXT && value_str(e->fields[i]).n > 0)
            put_fmt(w->out, "; note: %.*s", STR_ARG(value_str(e->fields[i])));
}

/* By which event, and of one of the engine's own who acted and what they noted, unless the effect
 * has said so. */
static Status put_by(Why *w, const Effect *e) {
    Leaf leaf;
    TRY(record_leaf(w->r, e->cause.index, &w->arena, &leaf, w->err));
    bool own = leaf.kind == LEAF_EVENT && w->r->b->events[leaf.event.event].engine >= 0 &&
               w->d.def != NULL && e->subject.kind == SUBJECT_DUTY && e->id != EFFECT_NOTIFIED &&
               e->id != EFFECT_COLLECTED && e->id != EFFECT_EMITTED && e->id != EFFECT_ALERT;
    if (own && leaf.event.actor.n > 0 && effect_value(e, S("by")).kind == V_ABSENT)
        put_fmt(w->out, ", by %.*s", STR_ARG(leaf.event.actor));
    put_fmt(w->out, ", by event %.*s", STR_ARG(e->cause.id));
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
    put_text(w->out, S(", by "));
    put_subject(w->out, w->r->b, &leaf.effect.subject);
    put_fmt(w->out, " %.*s", STR_ARG(str_from(type, last)));
    return OK;
}

/* A duty or an approval that a reaction of what is asked about opened. */
static void put_made(Why *w, const Effect *e) {
    bool duty = e->id == EFFECT_DUTY_OPENED;
    put_text(w->out, duty ? S("obliged ") : S("asked for "));
    put_subject(w->out, w->r->b, &e->subject);
    if (duty) {
        put_text(w->out, S(", owed by "));
        why_value(w, e->owner);
    } else {
        put_datum(w, e, " of ", "seats");
    }
    put_datum(w, e, ", due ", "due");
}

/* Which layer without turns it was by which somebody was on call, where one alone has none. */
static void put_layer(Why *w, const Effect *e) {
    Value to = effect_value(e, S("to"));
    const RotationDef *def = NULL;
    for (uint32_t i = 0; to.kind == V_PARTY && i < w->r->b->rotation_count; i++)
        if ((int64_t)w->r->b->rotations[i].party == to.i)
            def = &w->r->b->rotations[i];
    const LayerDef *layer = NULL;
    for (uint32_t i = 0; def != NULL && i < def->layer_count; i++)
        if (def->layers[i].handover.kind == SCHEDULE_NONE) {
            if (layer != NULL)
                return;
            layer = &def->layers[i];
        }
    if (layer == NULL)
        return;
    if (def->layer_count > 1)
        put_fmt(w->out, ", by the layer %.*s", STR_ARG(layer->name));
    if (layer->hours == ONCALL_OF_DAY) {
        put_text(w->out, S(", from "));
        put_time(w->out, layer->from_ms);
        put_text(w->out, S(" to "));
        put_time(w->out, layer->to_ms);
    } else if (layer->hours != ONCALL_ALL) {
        put_text(w->out, layer->hours == ONCALL_OPEN ? S(", while open") : S(", while closed"));
    } else if (def->layer_count == 1) {
        put_text(w->out, S(", always"));
    }
}

/* Who was on call when a rotation was told, and why they. */
static void put_on_call(Why *w, const Effect *e) {
    Value who = effect_value(e, S("on_call")), how = effect_value(e, S("how"));
    Value turn = effect_value(e, S("turn")), from = effect_value(e, S("turn_from"));
    Value until = effect_value(e, S("turn_until"));
    if (who.kind == V_ABSENT || how.kind != V_TEXT)
        return;
    bool own = str_eq(value_str(how), S("turn")), swap = str_eq(value_str(how), S("swap"));
    put_text(w->out, S("                    on call "));
    why_value(w, who);
    if (!own) {
        put_text(w->out, swap ? S(", by a swap, in the place of ") : S(", who stands in for "));
        why_value(w, turn);
    }
    if (own && from.kind == V_ABSENT)
        put_layer(w, e);
    else if (from.kind != V_ABSENT)
        put_text(w->out, S(", whose turn it is from "));
    if (from.kind == V_INSTANT)
        why_moment(w, from.i);
    if (from.kind == V_INSTANT && until.kind == V_INSTANT) {
        put_text(w->out, S(" to "));
        why_moment(w, until.i);
    }
    put_c(w->out, '\n');
}

Status why_effect(Why *w, uint64_t index, const Effect *e, bool subject) {
    put_text(w->out, S("  "));
    why_local(w, e->time);
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
    if (e->seen != e->time) {
        put_text(w->out, S(", seen "));
        why_local(w, e->seen);
    }
    put_fmt(w->out, "  [%llu]\n", (unsigned long long)index);
    if (effect_value(e, S("violation")).kind != V_ABSENT && e->cause.kind == CAUSE_EVENT)
        TRY(why_event_line(w, e->cause.index));
    Value rung = effect_value(e, S("rung"));
    if (rung.kind == V_ABSENT)
        return buf_status(w->out);
    put_fmt(w->out, "                    rung %lld", (long long)rung.i);
    put_datum(w, e, ", round ", "round");
    put_datum(w, e, ", again ", "again");
    if (e->line > 0) {
        put_text(w->out, S(", "));
        why_place(w, e->line >> 20, e->line & 0xFFFFF);
        put_text(w->out, S(": "));
        if (e->subject.kind == SUBJECT_DUTY)
            why_rung(w, e->subject.decl, (uint32_t)rung.i);
        else
            why_source(w, e->line >> 20, e->line & 0xFFFFF);
    }
    put_c(w->out, '\n');
    put_on_call(w, e);
    return buf_status(w->out);
}
