/* run: what a test that failed tells: what was expected, and what happened. */
#include "engine/base/civil.h"
#include "engine/run/policytest_int.h"

void put_when(Tester *t, Buf *out, int64_t at) {
    put_local(out, zone_cache_local(&engine_render(t->e)->zone, at));
}

static void put_party(Tester *t, Buf *out, Value v) {
    put_text(out, party_text(t->p->bundle, v));
}

void put_wanted(Tester *t, Buf *out, const TestCheck *c) {
    static const char *const states[STATE_COUNT] = {
        "open",    "paused",  "breached", "fulfilled", "waived",      "cancelled",
        "granted", "refused", "lapsed",   "withdrawn", "unattainable"};
    if (c->negated)
        put_text(out, S("not "));
    switch (c->what) {
    case CHECK_STATE:
        put_text(out, str_of(states[c->state]));
        put_text(out, c->late ? S(" late") : S(""));
        return;
    case CHECK_ESCALATED:
        put_text(out, S("escalated to "));
        put_party(t, out, c->value);
        return;
    case CHECK_REMINDED:
        put_text(out, S("reminded "));
        put_party(t, out, c->value);
        return;
    case CHECK_DUE:
        put_text(out, S("due at "));
        put_when(t, out, c->value.i);
        return;
    case CHECK_OWED_BY:
        put_text(out, S("owed by "));
        put_party(t, out, c->value);
        return;
    default:
        put_text(out, S("reported late"));
    }
}

void put_state(Tester *t, Buf *out, const Duty *d) {
    static const char *const states[DUTY_STATES] = {"open",      "paused", "breached",
                                                    "fulfilled", "waived", "cancelled"};
    put_text(out, str_of(states[duty_state(d)]));
    if (d->fold.ended && d->fold.late)
        put_text(out, S(" late"));
    if (d->fold.due != INSTANT_NEVER) {
        put_text(out, S(", due "));
        put_when(t, out, d->fold.due);
    }
    put_text(out, S(", owed by "));
    put_party(t, out, d->owner);
}

typedef struct Timeline {
    const Subject *subject; /* NULL: all */
} Timeline;

/* The fields of an event that was emitted, as an expectation would name them. */
static void put_fields(Tester *t, const Effect *e) {
    const EventDef *event = &t->p->bundle->events[e->event];
    put_text(&t->report, S(" {"));
    for (uint32_t i = 0; i < e->field_count; i++) {
        if (e->fields[i].kind == V_ABSENT)
            continue;
        put_c(&t->report, ' ');
        put_text(&t->report, event->fields[i].name);
        put_text(&t->report, S(": "));
        put_value_text(&t->report, t->p->bundle, &engine_render(t->e)->zone, e->fields[i]);
    }
    put_text(&t->report, S(" }"));
}

static Status timeline_leaf(Tester *t, void *ctx, const Leaf *leaf) {
    const Timeline *line = ctx;
    if (leaf->kind != LEAF_EFFECT ||
        (line->subject != NULL && !same_subject(line->subject, &leaf->effect.subject)))
        return OK;
    const Effect *e = &leaf->effect;
    put_text(&t->report, S("      "));
    put_when(t, &t->report, e->time);
    put_text(&t->report, S("  "));
    put_text(&t->report, effect_type(t->p->bundle, e));
    if (e->subject.kind != SUBJECT_NONE) {
        put_c(&t->report, ' ');
        put_subject(&t->report, t->p->bundle, &e->subject);
    }
    if (e->id == EFFECT_EMITTED)
        put_fields(t, e);
    Value to = effect_value(e, S("to"));
    if (to.kind == V_PARTY || to.kind == V_LIST) {
        put_text(&t->report, S(" to "));
        put_value_text(&t->report, t->p->bundle, &engine_render(t->e)->zone, to);
    }
    Value said = effect_value(e, e->id == EFFECT_REJECTED ? S("message") : S("text"));
    if (said.kind == V_TEXT && (e->id == EFFECT_REJECTED || e->id == EFFECT_NOTIFIED)) {
        bool quotes = e->id == EFFECT_NOTIFIED; /* as an expectation has it */
        put_text(&t->report, quotes ? S(" \"") : S(": "));
        put_text(&t->report, value_str(said));
        put_text(&t->report, quotes ? S("\"") : S(""));
    }
    put_c(&t->report, '\n');
    return OK;
}

Status put_timeline(Tester *t, const Subject *subject) {
    Timeline line = {subject};
    put_text(&t->report, S("    what happened:\n"));
    size_t before = t->report.n;
    TRY(visit_leaves(t, timeline_leaf, &line));
    if (t->report.n == before)
        put_text(&t->report, S("      nothing\n"));
    return OK;
}

void put_step(Tester *t, const TestStep *step) {
    Place place = source_place(&t->p->sources, step->node->span.file, step->node->span.from);
    put_fmt(&t->report, "  line %u: %s ", place.line, step->after ? "after" : "at");
    put_when(t, &t->report, step->time);
    put_text(&t->report, S(" expected "));
    put_text(&t->report, source_text(&t->p->sources, step->node->b->span));
    put_c(&t->report, '\n');
}
