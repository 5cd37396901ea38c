/* audit: the journal printed. */
#include "engine/audit/log.h"

#include "engine/base/civil.h"
#include "engine/base/json.h"
#include "engine/base/shown.h"

static void put_at(Buf *out, Record *r, int64_t at) {
    zone_put_instant(out, &r->render.zone, at);
}

static Str event_name(const Record *r, uint32_t event) {
    return event < r->b->event_count ? r->b->events[event].name : S("?");
}

static void put_fields_text(Buf *out, Record *r, const EventLeaf *e) {
    if (e->event >= r->b->event_count)
        return;
    const EventDef *def = &r->b->events[e->event];
    for (uint32_t i = 0; i < e->field_count && i < def->field_count; i++) {
        if (e->fields[i].kind == V_ABSENT)
            continue;
        put_fmt(out, " %.*s=", STR_ARG(def->fields[i].name));
        put_value_text(out, r->b, &r->render.zone, e->fields[i]);
    }
}

/* ,"data":{...}: what was given, and what the policy presets. */
static void put_fields_json(Buf *out, Record *r, const EventLeaf *e) {
    const EventDef *def = e->event < r->b->event_count ? &r->b->events[e->event] : NULL;
    bool comma = false;
    put_text(out, S(",\"data\":{"));
    for (uint32_t i = 0; def != NULL && i < e->field_count && i < def->field_count; i++) {
        if (e->fields[i].kind == V_ABSENT)
            continue;
        put_text(out, comma ? S(",") : S(""));
        comma = true;
        put_json_string(out, def->fields[i].name);
        put_c(out, ':');
        put_value_json(out, r->b, &r->render.zone, e->fields[i]);
    }
    put_c(out, '}');
}

void put_change_text(Buf *out, Record *r, const ChangeLeaf *c) {
    const EntityDef *def = &r->b->entities[c->subject.decl];
    put_subject(out, r->b, &c->subject);
    put_fmt(out, " %.*s", STR_ARG(change_text(c->how)));
    for (uint32_t i = 0; c->how != CHANGE_DELETED && i < c->field_count; i++) {
        put_fmt(out, " %.*s=", STR_ARG(def->fields[c->fields[i].field].name));
        put_value_text(out, r->b, &r->render.zone, c->fields[i].is);
        if (c->how == CHANGE_CREATED)
            continue;
        put_text(out, S(" (was "));
        put_value_text(out, r->b, &r->render.zone, c->fields[i].was);
        put_c(out, ')');
    }
}

/* ,"NAME":{"stock":3}: of each field what it is or was. */
static void put_changed_json(Buf *out, Record *r, const ChangeLeaf *c, const char *name, bool was) {
    const EntityDef *def = &r->b->entities[c->subject.decl];
    put_fmt(out, ",\"%s\":{", name);
    for (uint32_t i = 0; i < c->field_count; i++) {
        put_text(out, i > 0 ? S(",") : S(""));
        put_json_string(out, def->fields[c->fields[i].field].name);
        put_c(out, ':');
        put_value_json(out, r->b, &r->render.zone, was ? c->fields[i].was : c->fields[i].is);
    }
    put_c(out, '}');
}

void put_change_json(Buf *out, Record *r, const ChangeLeaf *c) {
    put_text(out, S(",\"time\":\""));
    put_at(out, r, c->time);
    put_text(out, S("\",\"subject\":"));
    Buf subject = {0};
    put_subject(&subject, r->b, &c->subject);
    put_json_string(out, buf_str(&subject));
    buf_reset(&subject);
    put_subject(&subject, r->b, &c->by);
    put_fmt(out, ",\"change\":\"%.*s\"", STR_ARG(change_text(c->how)));
    if (c->how != CHANGE_DELETED)
        put_changed_json(out, r, c, "data", false);
    if (c->how != CHANGE_CREATED)
        put_changed_json(out, r, c, "was", true);
    put_text(out, S(",\"by\":"));
    put_json_string(out, buf_str(&subject));
    out->failed = out->failed || subject.failed;
    buf_free(&subject);
}

static void put_leaf_text(Buf *out, Record *r, const Leaf *leaf) {
    switch (leaf->kind) {
    case LEAF_GENESIS:
        put_fmt(out, "genesis  ledger %.*s, policy %.*s %.*s", STR_ARG(leaf->genesis.ledger),
                STR_ARG(leaf->genesis.policy), STR_ARG(leaf->genesis.version));
        return;
    case LEAF_POLICY:
        put_fmt(out, "policy   version %.*s from ", STR_ARG(leaf->policy.version));
        put_at(out, r, leaf->policy.from);
        return;
    case LEAF_MIGRATE:
        put_fmt(out, "migrate  %.*s", STR_ARG(leaf->migrate.duty));
        for (uint32_t i = 0; i < leaf->migrate.key_count; i++)
            put_fmt(out, "%s%.*s", i == 0 ? " " : "/", STR_ARG(leaf->migrate.key[i]));
        put_fmt(out, leaf->migrate.actor.n > 0 ? " by %.*s" : "%.*s", STR_ARG(leaf->migrate.actor));
        return;
    case LEAF_CLOCK:
        put_text(out, S("clock    "));
        put_at(out, r, leaf->time);
        return;
    case LEAF_TICK:
        put_text(out, S("tick     "));
        put_at(out, r, leaf->time);
        return;
    case LEAF_EVENT:
        put_text(out, S("event    "));
        put_at(out, r, leaf->event.time);
        put_fmt(out, "  %.*s %.*s", STR_ARG(event_name(r, leaf->event.event)),
                STR_ARG(leaf->event.id));
        if (leaf->event.actor.n > 0)
            put_fmt(out, " by %.*s", STR_ARG(leaf->event.actor));
        put_fields_text(out, r, &leaf->event);
        return;
    case LEAF_REJECT:
        put_fmt(out, "reject   %.*s %.*s", STR_ARG(reject_text((RejectReason)leaf->reject.reason)),
                STR_ARG(leaf->reject.id));
        return;
    case LEAF_EFFECT:
        put_text(out, S("effect   "));
        if (leaf->effect.has_time)
            put_at(out, r, leaf->effect.time);
        put_text(out, S("  "));
        put_effect_text(out, &r->render, &leaf->effect);
        if (leaf->effect.has_time && leaf->effect.seen != leaf->effect.time) {
            put_text(out, S(", seen "));
            put_at(out, r, leaf->effect.seen);
        }
        return;
    case LEAF_CHANGE:
        put_text(out, S("change   "));
        put_at(out, r, leaf->change.time);
        put_text(out, S("  "));
        put_change_text(out, r, &leaf->change);
        return;
    case LEAF_RETRIED:
        put_fmt(out, "retried  what was refused as entry %llu is in now",
                (unsigned long long)leaf->retried.reject);
        return;
    }
}

void put_entry_text(Buf *out, Record *r, uint64_t index, const Leaf *leaf) {
    Buf line = {0};
    put_leaf_text(&line, r, leaf);
    put_fmt(out, "%8llu  ", (unsigned long long)index);
    put_on_line(out, buf_str(&line));
    out->failed = out->failed || line.failed;
    buf_free(&line);
}

static void put_entry_json(Buf *out, Record *r, uint64_t index, const Leaf *leaf) {
    static const char *const kinds[] = {"",        "genesis", "clock",  "event",
                                        "tick",    "reject",  "effect", "change",
                                        "retried", "policy",  NULL,     "migrate"};
    put_fmt(out, "{\"index\":%llu,\"kind\":\"%s\"", (unsigned long long)index, kinds[leaf->kind]);
    if (leaf->kind == LEAF_CLOCK || leaf->kind == LEAF_TICK || leaf->kind == LEAF_EVENT) {
        put_text(out, S(",\"time\":\""));
        put_at(out, r, leaf->kind == LEAF_EVENT ? leaf->event.time : leaf->time);
        put_c(out, '"');
    }
    if (leaf->kind == LEAF_GENESIS) {
        put_text(out, S(",\"ledger\":"));
        put_json_string(out, leaf->genesis.ledger);
        put_text(out, S(",\"policy\":"));
        put_json_string(out, leaf->genesis.policy);
        put_text(out, S(",\"version\":"));
        put_json_string(out, leaf->genesis.version);
        put_text(out, S(",\"bundle\":\""));
        put_hex(out, leaf->genesis.bundle.p, leaf->genesis.bundle.n);
        put_c(out, '"');
    } else if (leaf->kind == LEAF_MIGRATE) {
        put_text(out, S(",\"duty\":"));
        put_json_string(out, leaf->migrate.duty);
        put_text(out, S(",\"key\":["));
        for (uint32_t i = 0; i < leaf->migrate.key_count; i++) {
            put_text(out, i == 0 ? S("") : S(","));
            put_json_string(out, leaf->migrate.key[i]);
        }
        put_text(out, S("],\"actor\":"));
        put_json_string(out, leaf->migrate.actor);
    } else if (leaf->kind == LEAF_POLICY) {
        put_text(out, S(",\"version\":"));
        put_json_string(out, leaf->policy.version);
        put_text(out, S(",\"bundle\":\""));
        put_hex(out, leaf->policy.bundle.p, leaf->policy.bundle.n);
        put_text(out, S("\",\"from\":\""));
        put_at(out, r, leaf->policy.from);
        put_c(out, '"');
    } else if (leaf->kind == LEAF_EVENT) {
        put_text(out, S(",\"type\":"));
        put_json_string(out, event_name(r, leaf->event.event));
        put_text(out, S(",\"source\":"));
        put_json_string(out, leaf->event.source);
        put_text(out, S(",\"id\":"));
        put_json_string(out, leaf->event.id);
        if (leaf->event.actor.n > 0) {
            put_text(out, S(",\"actor\":"));
            put_json_string(out, leaf->event.actor);
        }
        put_fields_json(out, r, &leaf->event);
    } else if (leaf->kind == LEAF_REJECT) {
        put_text(out, S(",\"reason\":"));
        put_json_string(out, reject_text((RejectReason)leaf->reject.reason));
        put_text(out, S(",\"source\":"));
        put_json_string(out, leaf->reject.source);
        put_text(out, S(",\"id\":"));
        put_json_string(out, leaf->reject.id);
        put_text(out, S(",\"line\":"));
        put_json_string(out, leaf->reject.raw);
    } else if (leaf->kind == LEAF_EFFECT) {
        Buf effect = {0};
        put_effect_json(&effect, &r->render, &leaf->effect);
        put_text(out, S(",\"effect\":"));
        put_bytes(out, effect.p, effect.n > 0 ? effect.n - 1 : 0);
        out->failed = out->failed || effect.failed;
        buf_free(&effect);
    } else if (leaf->kind == LEAF_RETRIED) {
        put_fmt(out, ",\"reject\":%llu,\"events\":%llu", (unsigned long long)leaf->retried.reject,
                (unsigned long long)leaf->retried.events);
    } else if (leaf->kind == LEAF_CHANGE) {
        put_change_json(out, r, &leaf->change);
    }
    put_c(out, '}');
}

Status log_entries(Record *r, const LogOptions *opt, bool (*line)(void *ctx, Str line), void *ctx,
                   Err *err) {
    Arena a = {0};
    Buf out = {0};
    Status status = opt->rule.n > 0 ? log_rule_known(r, opt->rule, err) : OK;
    for (uint64_t i = opt->from; i < led_size(r->l) && status == OK; i++) {
        Leaf leaf;
        status = record_leaf(r, i, &a, &leaf, err);
        if (status == OK && log_is_asked(r, &leaf, opt)) {
            buf_reset(&out);
            if (opt->effects_only) {
                put_effect_json(&out, &r->render, &leaf.effect);
            } else if (opt->json) {
                put_entry_json(&out, r, i, &leaf);
                put_c(&out, '\n');
            } else {
                put_entry_text(&out, r, i, &leaf);
                put_c(&out, '\n');
            }
            status = buf_status(&out);
            if (status == OK && !line(ctx, buf_str(&out)))
                break;
        }
        arena_reset(&a);
    }
    buf_free(&out);
    arena_free(&a);
    return status;
}
