/* audit: why an input event did what it did, or was refused. */
#include "engine/audit/why_int.h"

#include "engine/base/json.h"
#include "engine/base/sha256.h"

typedef struct Found {
    uint32_t n; /* how often it was found */
} Found;

/* ---- taken */

/* Effects and changes follow their event at once; what they set off carries them as its cause. */
static bool follows(const Leaf *entry, uint64_t leaf, uint64_t first) {
    const Cause *c = entry->kind == LEAF_CHANGE ? &entry->change.cause : &entry->effect.cause;
    return (c->kind == CAUSE_EVENT && c->index == leaf) ||
           (c->kind == CAUSE_EFFECT && c->index >= first);
}

static bool may_follow(const Leaf *entry) {
    return entry->kind == LEAF_EFFECT || entry->kind == LEAF_CHANGE;
}

/* Why nothing followed. */
static Status put_nothing(Why *w, uint64_t index, const EventLeaf *e) {
    Buf key = {0};
    Str value;
    bool unmatched;
    put_key_u64(&key, index);
    Status status =
        key.failed ? ERR_NOMEM : led_find(w->r->l, LED_COUNTER, buf_str(&key), &value, &unmatched);
    buf_free(&key);
    TRY(status);
    int32_t kind = w->r->b->events[e->event].engine;
    if (unmatched && is_of_approval(kind))
        return why_unmatched_vote(w, e);
    why_say_word(w, unmatched ? SAY_NOTHING_TO_ACT_ON : SAY_NOTHING);
    return OK;
}

static Status taken_text(Why *w, uint64_t index, const EventLeaf *e) {
    why_say_word(w, SAY_TAKEN);
    TRY(why_event_leaf(w, index, e));
    why_say_word(w, SAY_WHAT_FOLLOWED);
    bool any = false;
    Arena a = {0};
    Status status = OK;
    for (uint64_t i = index + 1; i < led_size(w->r->l) && status == OK; i++) {
        Leaf leaf;
        arena_reset(&a);
        status = record_leaf(w->r, i, &a, &leaf, w->err);
        if (status != OK || !may_follow(&leaf))
            break;
        if (!follows(&leaf, index, index + 1))
            continue;
        any = true;
        if (leaf.kind == LEAF_CHANGE)
            why_change(w, i, &leaf.change, true);
        else
            status = why_effect(w, i, &leaf.effect, true);
    }
    arena_free(&a);
    return status == OK && !any ? put_nothing(w, index, e) : status;
}

static Status taken_json(Why *w, Str subject, uint64_t index, const EventLeaf *e) {
    if (e->event >= w->r->b->event_count)
        return ERR_DAMAGED;
    const EventDef *def = &w->r->b->events[e->event];
    put_text(w->out, S("{\"subject\":"));
    put_json_string(w->out, subject);
    why_json_value(w, "state", value_text(S("taken")));
    put_fmt(w->out, ",\"index\":%llu", (unsigned long long)index);
    why_json_value(w, "type", value_text(def->name));
    why_json_value(w, "time", value_of(V_INSTANT, e->time));
    if (e->actor.n > 0)
        why_json_value(w, "actor", value_text(e->actor));
    put_text(w->out, S(",\"data\":{"));
    bool comma = false;
    for (uint32_t i = 0; i < e->field_count && i < def->field_count; i++) {
        if (e->fields[i].kind == V_ABSENT)
            continue;
        put_text(w->out, comma ? S(",") : S(""));
        comma = true;
        put_json_string(w->out, def->fields[i].name);
        put_c(w->out, ':');
        put_value_json(w->out, w->r->b, &w->r->render.zone, e->fields[i]);
    }
    put_text(w->out, S("},\"said\":["));
    comma = false;
    Arena a = {0};
    Status status = OK;
    for (uint64_t i = index + 1; i < led_size(w->r->l) && status == OK; i++) {
        Leaf leaf;
        arena_reset(&a);
        status = record_leaf(w->r, i, &a, &leaf, w->err);
        if (status != OK || !may_follow(&leaf))
            break;
        if (leaf.kind == LEAF_CHANGE || !follows(&leaf, index, index + 1))
            continue;
        why_effect_json(w, &leaf.effect, !comma);
        comma = true;
    }
    arena_free(&a);
    put_text(w->out, S("]}\n"));
    return status;
}

static Status find_taken(Why *w, Str subject, Str source, Str id, Found *found) {
    Sha256 h;
    uint8_t hash[SHA256_BYTES];
    uint64_t content, index;
    bool there;
    Leaf leaf;
    sha256_begin(&h);
    sha256_update(&h, source);
    sha256_update(&h, (Str){"", 1});
    sha256_update(&h, id);
    sha256_final(&h, hash);
    TRY(led_set_find(w->r->l, LED_SET_EVENTS, hash, &content, &index, &there));
    if (!there)
        return OK;
    TRY(record_leaf(w->r, index, &w->arena, &leaf, w->err));
    if (leaf.kind != LEAF_EVENT)
        return OK; /* a tick has no fields and no leaf of its own */
    found->n++;
    if (w->json)
        return taken_json(w, subject, index, &leaf.event);
    return taken_text(w, index, &leaf.event);
}

/* ---- refused */

static Status refused_text(Why *w, uint64_t index, const Effect *e, const RejectLeaf *reject,
                           const Found *found) {
    Str file = {NULL, 0};
    uint64_t offset = 0;
    uint32_t line = 0;
    bool known;
    Str reason = value_str(effect_value(e, S("reason"))),
        message = value_str(effect_value(e, S("message")));
    Value field = effect_value(e, S("field"));
    why_say(w, found->n > 0 ? SAY_ALSO_REJECTED : SAY_REJECTED,
            (Args){{engine_word(w->chinese, reason),
                    field.kind != V_ABSENT ? value_str(field) : S(""), message}});
    if (reject->has_time)
        why_say(w, SAY_REJECTED_OF, (Args){{why_moment(w, reject->time)}});
    TRY(record_place(w->r, index + 1, &w->arena, &file, &offset, &line, &known));
    if (line > 0)
        why_say(w, SAY_REJECTED_AT_LINE, (Args){{file, why_number(w, line)}});
    else if (known)
        why_say(w, SAY_REJECTED_AT_BYTE, (Args){{file, why_number(w, offset)}});
    why_say(w, SAY_REJECTED_LINE, (Args){{reject->raw}});
    uint64_t taken;
    TRY(record_retried(w->r, index, &taken));
    if (taken > 0)
        why_say(w, SAY_RETRIED, (Args){{why_number(w, index), why_number(w, taken)}});
    else
        why_say(w, reject->reason == REJECT_CONFLICT ? SAY_KEPT_CONFLICT : SAY_KEPT,
                (Args){{why_number(w, index)}});
    return OK;
}

static Status refused_json(Why *w, Str subject, uint64_t index, const Effect *e,
                           const RejectLeaf *reject) {
    static const char *const names[] = {"reason", "field", "message"};
    put_text(w->out, S("{\"subject\":"));
    put_json_string(w->out, subject);
    why_json_value(w, "state", value_text(S("rejected")));
    put_fmt(w->out, ",\"index\":%llu", (unsigned long long)index);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        Value v = effect_value(e, str_of(names[i]));
        if (v.kind != V_ABSENT)
            why_json_value(w, names[i], v);
    }
    why_json_value(w, "line", value_text(reject->raw));
    put_text(w->out, S("}\n"));
    return OK;
}

/* The rejects are kept by their place in the journal: they are gone through. */
static Status find_refused(Why *w, Str subject, Str source, Str id, Found *found) {
    Arena a = {0};
    uint64_t index = RECORD_BEGIN;
    Status status = OK;
    while (status == OK) {
        bool there;
        Leaf leaf, effect;
        arena_reset(&a);
        status = record_reject(w->r, &index, &a, &leaf, &there, w->err);
        if (status != OK || !there)
            break;
        if (leaf.kind != LEAF_REJECT || !str_eq(leaf.reject.source, source) ||
            !str_eq(leaf.reject.id, id))
            continue;
        status = record_leaf(w->r, index + 1, &a, &effect, w->err);
        if (status == OK && effect.kind != LEAF_EFFECT)
            status = ERR_DAMAGED;
        if (status == OK)
            status = w->json ? refused_json(w, subject, index, &effect.effect, &leaf.reject)
                             : refused_text(w, index, &effect.effect, &leaf.reject, found);
        found->n++;
    }
    arena_free(&a);
    return status;
}

Status why_event(Why *w, Str subject, Str source, Str id) {
    Found found = {0};
    if (!w->json)
        put_fmt(w->out, "%.*s\n\n", STR_ARG(subject));
    TRY(find_taken(w, subject, source, id, &found));
    TRY(find_refused(w, subject, source, id, &found));
    if (found.n > 0)
        return OK;
    return err_set(w->err, ERR_NOTFOUND, "no event %.*s from %.*s has come to this ledger",
                   STR_ARG(id), STR_ARG(source));
}
