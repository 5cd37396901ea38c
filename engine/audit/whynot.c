/* audit: why-not: finds what is asked about, and puts the answer together. */
#include "engine/audit/whynot.h"

#include "engine/audit/whynot_int.h"
#include "engine/base/json.h"

/* ---- the answer */

void not_head(WhyNot *n, Str subject, const char *state, Sentence say, Args args) {
    Why *w = &n->w;
    if (!w->json) {
        why_say(w, say, args);
        return;
    }
    put_text(w->out, S("{\"subject\":"));
    put_json_string(w->out, subject);
    why_json_value(w, "state", value_text(str_of(state)));
    put_text(w->out, S(",\"reasons\":["));
}

static void json_event(Why *w, const HeardEvent *e) {
    put_text(w->out, S(",\"event\":{\"type\":"));
    put_json_string(w->out, w->r->b->events[e->event].name);
    if (!e->emitted)
        why_json_value(w, "id", value_text(e->vm.id));
    if (!e->emitted)
        why_json_value(w, "source", value_text(e->vm.source));
    why_json_value(w, "time", value_of(V_INSTANT, e->vm.time));
    put_fmt(w->out, ",\"index\":%llu}", (unsigned long long)e->index);
}

static Str fact_words(Why *w, const Fact *f) {
    if (f->said.n > 0 || f->v.kind == V_ABSENT)
        return f->said;
    return f->v.kind == V_INSTANT ? why_moment(w, f->v.i) : why_value(w, f->v);
}

void not_begin(WhyNot *n, const char *reason, Sentence say, const Fact *facts, size_t count) {
    Why *w = &n->w;
    if (!w->json) {
        Args args = {0};
        for (size_t i = 0; i < count && i < SENTENCE_ARGS; i++)
            args.at[i] = fact_words(w, &facts[i]);
        why_say(w, say, args);
        n->reasons++;
        return;
    }
    put_text(w->out, n->reasons++ > 0 ? S(",{\"reason\":\"") : S("{\"reason\":\""));
    put_text(w->out, str_of(reason));
    put_c(w->out, '"');
    if (n->event != NULL)
        json_event(w, n->event);
    for (size_t i = 0; i < count; i++)
        if (facts[i].name != NULL && facts[i].v.kind != V_ABSENT &&
            (facts[i].v.kind != V_TEXT || value_str(facts[i].v).n > 0))
            why_json_value(w, facts[i].name, facts[i].v);
}

void not_end(WhyNot *n) {
    if (n->w.json)
        put_c(n->w.out, '}');
}

Status not_foot(WhyNot *n) {
    if (n->w.json)
        put_text(n->w.out, S("]}\n"));
    return buf_status(n->w.out);
}

void not_tell(WhyNot *n, const char *reason, Sentence say, const Fact *facts, size_t count) {
    not_begin(n, reason, say, facts, count);
    not_end(n);
}

Status not_of_event(WhyNot *n, const HeardEvent *e) {
    Why *w = &n->w;
    n->event = e;
    if (e == NULL || w->json)
        return OK;
    const EventDef *def = &w->r->b->events[e->event];
    if (e->emitted) {
        why_say(w, SAY_NOT_EMITTED,
                (Args){{def->name, why_moment(w, e->vm.time), why_number(w, e->index)}});
        for (uint32_t i = 0; i < def->field_count; i++) {
            if (e->vm.fields[i].kind == V_ABSENT)
                continue;
            why_say(w, SAY_NOT_VALUE, (Args){{def->fields[i].name, why_value(w, e->vm.fields[i])}});
        }
        return OK;
    }
    Leaf leaf;
    TRY(record_leaf(w->r, e->index, &w->arena, &leaf, w->err));
    return leaf.kind == LEAF_EVENT ? why_event_leaf(w, e->index, &leaf.event) : ERR_DAMAGED;
}

/* ---- finding it */

static Status one_duty(WhyNot *n, Str subject, Str rest) {
    uint32_t decl;
    KeyAsked key;
    bool found;
    TRY(why_find_duty(&n->w, rest, &decl, &key, &found));
    return not_duty(n, subject, decl, &key, found);
}

static Status one_approval(WhyNot *n, Str subject, Str rest) {
    uint32_t decl;
    KeyAsked key;
    bool found;
    TRY(why_find_approval(&n->w, rest, &decl, &key, &found));
    return not_approval(n, subject, decl, &key, found);
}

static Status one_event(WhyNot *n, Str subject, Str rest) {
    Str source, id;
    TRY(why_event_parts(&n->w, rest, &source, &id));
    return not_event(n, subject, source, id);
}

static Status not_what(WhyNot *n, Str subject) {
    Str kind, rest;
    bool parts = str_cut(subject, '/', &kind, &rest);
    if (parts && str_eq(kind, S("duty")))
        return one_duty(n, subject, rest);
    if (parts && str_eq(kind, S("approval")))
        return one_approval(n, subject, rest);
    if (parts && str_eq(kind, S("event")))
        return one_event(n, subject, rest);
    return why_what(&n->w, subject);
}

Status why_not(Record *r, Str subject, WhyForm form, Buf *out, Err *err) {
    WhyNot n = {.w = {.r = r, .out = out, .err = err, .json = form.json, .chinese = form.chinese}};
    Status status = not_what(&n, subject);
    if (n.probes)
        probe_close(&n.probe);
    arena_free(&n.w.arena);
    if (status == OK)
        status = buf_status(out);
    return status == OK ? OK : err_set(err, status, "reading the ledger: %s", status_text(status));
}
