/* audit: what a rule did that comes by a schedule, at one of its instants. The journal is in the
 * order of the clock: the place is found by halving, and what followed stands together. */
#include "engine/audit/why_int.h"

#include "engine/base/civil.h"
#include "engine/base/json.h"

/* What is asked about. */
typedef struct RuleAsked {
    const RuleDef *def;
    uint32_t decl;
    int64_t at;
    Arena leaf; /* of the leaf at hand */
} RuleAsked;

static Status leaf_read(Why *w, RuleAsked *q, uint64_t index, Leaf *out) {
    arena_reset(&q->leaf);
    return record_leaf(w->r, index, &q->leaf, out, w->err);
}

/* The clock that the first leaf at or behind `index` tells; INSTANT_NEVER: none does. */
static Status clock_from(Why *w, RuleAsked *q, uint64_t index, int64_t *clock) {
    *clock = INSTANT_NEVER;
    for (; index < led_size(w->r->l); index++) {
        Leaf leaf;
        TRY(leaf_read(w, q, index, &leaf));
        if (leaf.kind == LEAF_CLOCK || leaf.kind == LEAF_TICK)
            *clock = leaf.time;
        else if (leaf.kind == LEAF_EFFECT && leaf.effect.has_time)
            *clock = leaf.effect.seen;
        else if (leaf.kind == LEAF_CHANGE)
            *clock = leaf.change.seen;
        else
            continue;
        return OK;
    }
    return OK;
}

/* The first leaf from which on the clock is at the instant or behind it. */
static Status place_of(Why *w, RuleAsked *q, uint64_t *out) {
    uint64_t low = 0, high = led_size(w->r->l);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        int64_t clock;
        TRY(clock_from(w, q, middle, &clock));
        if (clock != INSTANT_NEVER && clock < q->at)
            low = middle + 1;
        else
            high = middle;
    }
    *out = low;
    return OK;
}

static const Cause *cause_of(const Leaf *leaf) {
    return leaf->kind == LEAF_EFFECT   ? &leaf->effect.cause
           : leaf->kind == LEAF_CHANGE ? &leaf->change.cause
                                       : NULL;
}

static bool comes_of(const RuleAsked *q, const Cause *c) {
    return c->kind == CAUSE_TIMER && c->instant == q->at && c->subject.kind == SUBJECT_RULE &&
           c->subject.decl == q->decl;
}

/* Goes through what followed: `each` for every leaf. *n: how many. */
static Status follow(Why *w, RuleAsked *q, Status (*each)(Why *w, uint64_t index, const Leaf *leaf),
                     uint32_t *n) {
    uint64_t index, first = UINT64_MAX;
    int beyond = 0; /* clocks behind the instant that were passed */
    *n = 0;
    TRY(place_of(w, q, &index));
    for (; index < led_size(w->r->l) && beyond < 2; index++) {
        Leaf leaf;
        TRY(leaf_read(w, q, index, &leaf));
        const Cause *c = cause_of(&leaf);
        bool follows =
            c != NULL && (comes_of(q, c) || (c->kind == CAUSE_EFFECT && c->index >= first));
        if (first != UINT64_MAX && !follows)
            return OK;
        beyond += leaf.kind == LEAF_CLOCK && leaf.time > q->at;
        if (!follows)
            continue;
        first = first == UINT64_MAX ? index : first;
        ++*n;
        TRY(each(w, index, &leaf));
    }
    return OK;
}

static Status follow_text(Why *w, uint64_t index, const Leaf *leaf) {
    if (leaf->kind == LEAF_EFFECT)
        return why_effect(w, index, &leaf->effect, true);
    why_change(w, index, &leaf->change, true);
    return OK;
}

static Status follow_json(Why *w, uint64_t index, const Leaf *leaf) {
    (void)index;
    if (leaf->kind != LEAF_EFFECT)
        return OK;
    why_effect_json(w, &leaf->effect, w->out->p[w->out->n - 1] == '[');
    return OK;
}

static Status put_nothing(Why *w, const RuleAsked *q) {
    if (!dated_at(&q->def->dated, q->at))
        why_say_word(w, SAY_RULE_NOT_APPLIED);
    else
        why_say_word(w, q->def->schedule.missed != MISSED_ARE_EACH ? SAY_RULE_MISSED : SAY_NOTHING);
    return OK;
}

static Status rule_text(Why *w, Str subject, RuleAsked *q) {
    uint32_t n;
    why_say(w, SAY_RULE_CAME,
            (Args){{subject, why_moment(w, q->at), q->def->name,
                    why_place(w, q->def->file, q->def->line),
                    why_source(w, q->def->file, q->def->line)}});
    TRY(follow(w, q, follow_text, &n));
    return n == 0 ? put_nothing(w, q) : OK;
}

static Status rule_json(Why *w, Str subject, RuleAsked *q) {
    uint32_t n;
    put_text(w->out, S("{\"subject\":"));
    put_json_string(w->out, subject);
    why_json_value(w, "state", value_text(S("came")));
    why_json_value(w, "rule", value_text(q->def->name));
    why_json_value(w, "time", value_of(V_INSTANT, q->at));
    put_text(w->out, S(",\"said\":["));
    TRY(buf_status(w->out));
    TRY(follow(w, q, follow_json, &n));
    put_text(w->out, S("]}\n"));
    return OK;
}

/* Whether a timer of the schedule still waits for the instant. */
static Status is_pending(Why *w, uint64_t number, int64_t at, bool *yes) {
    Buf from = {0};
    Str key, value;
    bool found;
    put_key_i64(&from, at);
    put_key_u64(&from, number);
    Status status = from.failed
                        ? ERR_NOMEM
                        : led_next(w->r->l, LED_TIMER, buf_str(&from), false, &key, &value, &found);
    *yes = status == OK && found && str_starts(key, buf_str(&from));
    buf_free(&from);
    return status;
}

static uint64_t schedule_number(const Bundle *b, uint32_t rule) {
    DeclDef decl;
    uint64_t number;
    for (uint32_t i = 0; schedule_nth(b, i, &number, &decl) != NULL; i++)
        if (decl.kind == DECL_RULE && decl.number == rule)
            return number;
    return 0;
}

static Str moment_text(Why *w, int64_t at) {
    Buf text = {0};
    Str out = S("?");
    put_value_json(&text, w->r->b, &w->r->render.zone, value_of(V_INSTANT, at));
    if (!text.failed && text.n > 2 &&
        arena_str(&w->arena, (Str){text.p + 1, text.n - 2}, &out) != OK)
        out = S("?");
    buf_free(&text);
    return out;
}

/* That the schedule comes at the instant, and has. */
static Status came(Why *w, RuleAsked *q) {
    const Bundle *b = w->r->b;
    const ScheduleDef *s = &q->def->schedule;
    int64_t begun, first, next;
    bool pending;
    TRY(clock_from(w, q, 0, &begun));
    first = schedule_next(b, s, INSTANT_NEVER, begun);
    next = first == INSTANT_NEVER || q->at <= first ? first : schedule_next(b, s, first, q->at);
    if (next == INSTANT_NEVER)
        return err_set(w->err, ERR_NOTFOUND, "rule %.*s never comes", STR_ARG(q->def->name));
    if (next != q->at)
        return err_set(w->err, ERR_NOTFOUND,
                       "rule %.*s does not come at that instant; from there on it comes at "
                       "rule/%.*s/%.*s",
                       STR_ARG(q->def->name), STR_ARG(q->def->name), STR_ARG(moment_text(w, next)));
    TRY(is_pending(w, schedule_number(b, q->decl), q->at, &pending));
    if (q->at > w->r->clock || pending)
        return err_set(w->err, ERR_NOTFOUND,
                       "rule %.*s has not come at that instant yet: the clock is at %.*s",
                       STR_ARG(q->def->name), STR_ARG(moment_text(w, w->r->clock)));
    return OK;
}

Status why_rule(Why *w, Str subject, uint32_t decl, Str instant) {
    RuleAsked q = {.def = &w->r->b->rules[decl], .decl = decl};
    if (q.def->schedule.kind == SCHEDULE_NONE)
        return err_set(
            w->err, ERR_SYNTAX,
            "rule %.*s comes by an event, which is the subject of what it says: write it "
            "as in event/remit:input/e1",
            STR_ARG(q.def->name));
    if (instant_parse(instant, &q.at) != OK)
        return err_set(w->err, ERR_SYNTAX,
                       "the instant is missing: write it as in rule/%.*s/2026-03-02T09:00:00+01:00",
                       STR_ARG(q.def->name));
    if (!w->r->has_clock)
        return err_set(w->err, ERR_NOTFOUND, "nothing has happened in this ledger yet");
    Status status = came(w, &q);
    if (status == OK)
        status = w->json ? rule_json(w, subject, &q) : rule_text(w, subject, &q);
    arena_free(&q.leaf);
    return status;
}
