/* audit: why-not: why no event raised a duty, or opened an approval, under a key: none came, it was
 * refused, or the condition did not hold. */
#include "engine/audit/whynot_int.h"

#include "engine/base/near.h"

enum {
    EVENTS_TOLD = 5, /* of one key */
    REFUSED_TOLD = 5
};

typedef struct Scan {
    WhyNot *n;
    const Raised *r;
    const KeyAsked *key;
    uint32_t seen, met, told; /* events of the type, of the key, told */
    Arena keep;
    Str near; /* the key seen that is most like the one asked for */
} Scan;

/* ---- keys */

static Status key_text(Why *w, Arena *a, Value v, Str *out) {
    Buf text = {0};
    if (v.kind == V_DEC || v.kind == V_MONEY || v.kind == V_PERCENT) {
        Dec d = dec_normal(value_to_dec(v)); /* 7.00 and 7 are one key */
        v.i = d.coef;
        v.scale = d.scale;
    }
    put_value_text(&text, w->r->b, &w->r->render.zone, v);
    Status status = text.failed ? ERR_NOMEM : arena_str(a, buf_str(&text), out);
    buf_free(&text);
    return status;
}

/* Whether some field is a part of the key: where the key itself cannot be computed. */
static Status field_is_key(Scan *s, const HeardEvent *e, bool *yes) {
    const EventDef *def = &s->n->w.r->b->events[e->event];
    *yes = false;
    for (uint32_t i = 0; i < def->field_count && !*yes; i++) {
        Str text;
        if (!def->fields[i].type.is_id || e->vm.fields[i].kind == V_ABSENT)
            continue;
        TRY(key_text(&s->n->w, &s->n->probe.arena, e->vm.fields[i], &text));
        for (uint32_t k = 0; k < s->key->n && !*yes; k++)
            *yes = str_eq(text, s->key->parts[k]);
    }
    return OK;
}

/* Whether key parts are those asked for; keeps them when they are the most like them so far. */
static Status is_key(Scan *s, const Value *parts, uint32_t count, bool *yes) {
    Buf whole = {0};
    Status status = OK;
    *yes = true;
    for (uint32_t i = 0; i < count && status == OK; i++) {
        Str text;
        status = key_text(&s->n->w, &s->n->probe.arena, parts[i], &text);
        if (status != OK)
            break;
        *yes = *yes && i < s->key->n && str_eq(text, s->key->parts[i]);
        put_text(&whole, i > 0 ? S("/") : S(""));
        put_text(&whole, text);
    }
    Str names[2] = {s->near, buf_str(&whole)};
    if (status == OK && whole.failed)
        status = ERR_NOMEM;
    if (status == OK && !*yes && nearest(s->key->whole, names, 2) == 1)
        status = arena_str(&s->keep, names[1], &s->near);
    buf_free(&whole);
    return status;
}

/* Whether an event is of the key asked for. */
static Status is_of_key(Scan *s, const HeardEvent *e, const Value *results, bool *yes) {
    const Probe *p = &s->n->probe;
    if (!s->r->by_field && results != NULL)
        return is_key(s, results, s->r->key_count, yes);
    if (p->made_count == 0)
        return field_is_key(s, e, yes);
    *yes = false;
    for (uint32_t i = 0; i < p->made_count && !*yes; i++)
        TRY(is_key(s, p->made[i], s->r->sought.key_count, yes));
    return OK;
}

/* ---- events that came */

/* Whether an event raised one of this declaration: another occurrence than the one asked for. */
static Status did_raise(Scan *s, const HeardEvent *e, bool *yes) {
    Why *w = &s->n->w;
    EffectId opened = s->r->decl.kind == DECL_DUTY ? EFFECT_DUTY_OPENED : EFFECT_APPROVAL_OPENED;
    *yes = false;
    for (uint64_t i = e->index + 1; i < led_size(w->r->l) && !*yes; i++) {
        Leaf leaf;
        TRY(record_leaf(w->r, i, &s->n->probe.arena, &leaf, w->err));
        if (leaf.kind != LEAF_EFFECT && leaf.kind != LEAF_CHANGE)
            return OK;
        *yes = leaf.kind == LEAF_EFFECT && leaf.effect.id == opened &&
               leaf.effect.subject.decl == s->r->decl.number && leaf.effect.cause.index == e->index;
    }
    return OK;
}

static bool has_action(const Node *actions, uint8_t kind) {
    for (const Node *a = actions; a != NULL; a = a->next)
        if (a->kind == kind ||
            (node_holds_actions(a) && (has_action(a->c, kind) || has_action(a->d, kind))))
            return true;
    return false;
}

/* The first `when` around an action of a kind. */
static const Node *case_around(const Node *actions, uint8_t kind) {
    for (const Node *a = actions; a != NULL; a = a->next)
        if (a->kind == N_CASE && has_action(a->c, kind))
            return a;
    return NULL;
}

/* Why a rule whose condition held did not come to its action: the `when` around that. */
static Status tell_case(Scan *s, const HeardEvent *e) {
    const Raised *r = s->r;
    const Node *inner = case_around(r->actions, r->action);
    bool holds = true;
    if (inner != NULL)
        TRY(probe_holds(s->n, inner->a, e, &holds));
    if (!holds)
        return probe_tell(s->n, inner->a, e, r->file, r->line);
    not_tell(s->n, "other_key", SAY_NOT_OF_THIS_KEY,
             (Fact[]){fact_text("rule", r->name),
                      fact_text("place", why_place(&s->n->w, r->file, r->line))},
             2);
    return OK;
}

static Status tell_met(Scan *s, const HeardEvent *e, bool applies) {
    WhyNot *n = s->n;
    const Raised *r = s->r;
    bool raised = false;
    if (applies && !n->probe.asks_state)
        TRY(did_raise(s, e, &raised));
    if (raised || s->told++ >= EVENTS_TOLD)
        return OK;
    TRY(not_of_event(n, e));
    const Fact at[] = {fact_text("place", why_place(&n->w, r->file, r->line)),
                       fact_text("line", why_source(&n->w, r->file, r->line))};
    if (!dated_at(r->dated, e->vm.time))
        not_tell(n, "not_in_force", SAY_NOT_IN_FORCE, at, 2);
    else if (!applies || (n->probe.asks_state && !r->by_field))
        TRY(probe_tell(n, r->where, e, r->file, r->line));
    else if (r->by_field)
        TRY(tell_case(s, e));
    else
        not_tell(n, "raised_once", r->again ? SAY_NOT_WHILE_OPEN : SAY_NOT_AGAIN, at, 2);
    return not_of_event(n, NULL);
}

/* Whether another declaration of this name, as of another version of the policy, applied at an
 * instant and this one did not. */
static bool is_anothers(const Scan *s, int64_t at) {
    const Bundle *b = s->n->w.r->b;
    bool duty = s->r->decl.kind == DECL_DUTY, yes = false;
    if (dated_at(s->r->dated, at) || s->r->by_field)
        return false;
    for (uint32_t i = 0; duty && i < b->duty_count; i++)
        yes = yes || (str_eq(b->duties[i].name, s->r->name) && dated_at(&b->duties[i].dated, at));
    for (uint32_t i = 0; !duty && i < b->approval_count; i++)
        yes = yes ||
              (str_eq(b->approvals[i].name, s->r->name) && dated_at(&b->approvals[i].dated, at));
    return yes;
}

static Status look_at(void *ctx, const HeardEvent *e, bool *stop) {
    Scan *s = ctx;
    if (is_anothers(s, e->vm.time))
        return OK;
    const Value *results = NULL;
    bool applies, yes;
    (void)stop;
    s->seen++;
    s->n->probe.sought = s->r->sought;
    TRY(probe_run(&s->n->probe, s->r->raise_fn, &e->vm, &results, &applies));
    TRY(is_of_key(s, e, results, &yes));
    if (!yes)
        return OK;
    s->met++;
    return tell_met(s, e, applies);
}

/* ---- events that were refused */

/* Whether a byte goes on with a word, in JSON and CSV, whose marks are ASCII. */
static bool is_of_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-' || (unsigned char)c >= 0x80;
}

static bool is_word_at(Str text, size_t from, size_t n) {
    bool before = from == 0 || !is_of_word(text.p[from - 1]);
    return before && (from + n == text.n || !is_of_word(text.p[from + n]));
}

static bool has_word(Str text, Str word) {
    bool found = false;
    for (size_t at = 0; word.n > 0 && at + word.n <= text.n && !found; at++)
        found = str_starts(str_from(text, at), word) && is_word_at(text, at, word.n);
    return found;
}

static bool would_be(const Scan *s, const RejectLeaf *reject, const Effect *e) {
    Str name = s->n->w.r->b->events[s->r->event].name;
    Value type = effect_value(e, S("type"));
    bool mine = type.kind == V_TEXT ? str_eq(value_str(type), name) : has_word(reject->raw, name);
    for (uint32_t i = 0; mine && i < s->key->n; i++)
        mine = has_word(reject->raw, s->key->parts[i]);
    return mine;
}

static Status tell_refused(Scan *s, uint64_t index, const RejectLeaf *reject, const Effect *e,
                           uint32_t *told) {
    Why *w = &s->n->w;
    Value field = effect_value(e, S("field")), message = effect_value(e, S("message"));
    Str reason = value_str(effect_value(e, S("reason"))), subject;
    Str source_id[] = {reject->source, reject->id};
    Subject event = {.kind = SUBJECT_EVENT, .key = source_id, .key_count = 2};
    uint64_t taken;
    TRY(record_retried(w->r, index, &taken));
    if (taken > 0)
        return OK;
    ++*told;
    subject = why_subject(w, &event);
    const Fact facts[] = {{"rejected", value_text(reason), engine_word(w->chinese, reason)},
                          fact_text("field", field.kind == V_TEXT ? value_str(field) : S("")),
                          fact_text("message", message.kind == V_TEXT ? value_str(message) : S("")),
                          fact_text("subject", subject),
                          fact_number("index", index)};
    not_tell(s->n, "rejected", SAY_NOT_REJECTED, facts, 5);
    return OK;
}

/* The key that came and is most like the one asked for. */
static Status tell_near(Scan *s) {
    const Raised *r = s->r;
    Str like;
    TRY(arena_printf(&s->n->w.arena, &like, "%s/%.*s/%.*s", r->kind, STR_ARG(r->name),
                     STR_ARG(s->near)));
    not_tell(s->n, "near", SAY_NOT_NEAR, (Fact[]){fact_text("subject", like)}, 1);
    return OK;
}

static Status look_at_refused(Scan *s) {
    Arena a = {0};
    uint64_t index = RECORD_BEGIN;
    uint32_t told = 0; /* what was tried again and taken is not told */
    Status status = OK;
    while (status == OK && told < REFUSED_TOLD) {
        bool there;
        Leaf leaf, effect;
        arena_reset(&a);
        status = record_reject(s->n->w.r, &index, &a, &leaf, &there, s->n->w.err);
        if (status != OK || !there)
            break;
        if (leaf.kind != LEAF_REJECT)
            continue;
        status = record_leaf(s->n->w.r, index + 1, &a, &effect, s->n->w.err);
        if (status == OK && effect.kind != LEAF_EFFECT)
            status = ERR_DAMAGED;
        if (status != OK || !would_be(s, &leaf.reject, &effect.effect))
            continue;
        status = tell_refused(s, index, &leaf.reject, &effect.effect, &told);
    }
    arena_free(&a);
    if (status == OK && told == 0 && s->met == 0 && s->near.n > 0)
        return tell_near(s);
    return status;
}

/* ---- all together */

static void tell_none(Scan *s) {
    WhyNot *n = s->n;
    const Raised *r = s->r;
    const Fact facts[] = {fact_text("event", n->w.r->b->events[r->event].name),
                          fact_text("place", why_place(&n->w, r->file, r->line)),
                          fact_text("line", why_source(&n->w, r->file, r->line)),
                          fact_text("key", s->key->whole)};
    not_tell(n, "no_event", s->seen == 0 ? SAY_NOT_ONE_CAME : SAY_NOT_OF_KEY, facts, 4);
}

Status not_raised(WhyNot *n, const Raised *r, const KeyAsked *key, bool *met) {
    Scan s = {.n = n, .r = r, .key = key};
    TRY(probe_open(n));
    Status status = each_heard(n, (uint32_t)r->event, look_at, &s);
    *met = s.met > 0;
    if (status == OK && s.met == 0 && r->last)
        tell_none(&s);
    if (status == OK && s.met == 0 && r->last && !r->by_field)
        status =
            not_made(n, &(Sought){OP_EMIT, (uint32_t)r->event, r->raise_fn, r->key_count}, key);
    if (status == OK && s.told > EVENTS_TOLD)
        not_tell(n, "more", SAY_NOT_MORE, (Fact[]){fact_number("events", s.told - EVENTS_TOLD)}, 1);
    if (status == OK && r->last)
        status = look_at_refused(&s);
    arena_free(&s.keep);
    return status;
}

/* ---- rules that would have done it */

static const RuleDef *rule_of(const Bundle *b, uint32_t fn, uint32_t *number) {
    for (uint32_t i = 0; i < b->rule_count; i++)
        if (b->rules[i].fn == (int32_t)fn) {
            *number = i;
            return &b->rules[i];
        }
    return NULL;
}

static uint8_t action_of(Op op) {
    return op == OP_EMIT ? N_EMIT : op == OP_ASK ? N_ASK : N_OBLIGE;
}

/* A function that does it, at an instruction. */
static Status tell_maker(WhyNot *n, uint32_t fn, uint32_t at, const Sought *sought,
                         const KeyAsked *key) {
    Why *w = &n->w;
    const Bundle *b = w->r->b;
    uint32_t file = b->lines[at] >> 20, line = b->lines[at] & 0xFFFFF, number;
    const Fact facts[] = {fact_text("by", b->fns[fn].name),
                          fact_text("place", why_place(w, file, line)),
                          fact_text("line", why_source(w, file, line))};
    const RuleDef *rule = rule_of(b, fn, &number);
    not_tell(n, "not_made", sought->op == OP_EMIT ? SAY_NOT_MADE : SAY_NOT_OBLIGED, facts, 3);
    if (rule == NULL || rule->event < 0)
        return OK;
    TRY(probe_open(n));
    const Raised r = {.decl = {DECL_RULE, number},
                      .kind = "rule",
                      .name = rule->name,
                      .dated = &rule->dated,
                      .event = rule->event,
                      .raise_fn = rule->fn,
                      .file = rule->file,
                      .line = rule->line,
                      .where = probe_rule_where(&n->probe, number),
                      .by_field = true,
                      .last = true,
                      .sought = *sought,
                      .action = action_of(sought->op),
                      .actions = probe_rule_actions(&n->probe, number)};
    bool met;
    return not_raised(n, &r, key, &met);
}

Status not_made(WhyNot *n, const Sought *sought, const KeyAsked *key) {
    const Bundle *b = n->w.r->b;
    for (uint32_t f = 0; f < b->fn_count; f++)
        for (uint32_t at = b->fns[f].from; at < b->fns[f].to; at++)
            if (INS_OP(b->code[at]) == sought->op && INS_BX(b->code[at]) == sought->number) {
                TRY(tell_maker(n, f, at, sought, key));
                break; /* one is enough of a function */
            }
    return OK;
}
