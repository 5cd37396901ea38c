/* run: clauses that look back: `fulfilled by E ... since 3 days before` (language.md 13). An event
 * that fulfilled nothing is kept for as long as a duty may still be raised that looks back to it.
 * Records of LED_LINK, beside the links of open duties, of each kept event two:
 *   clause | LOOK, hash of the values that must fit, time, leaf   to find it
 *   clause | DROP, time, hash, leaf                                to forget it */
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/moment.h"
#include "engine/base/sha256.h"
#include "engine/run/engine_int.h"

enum {
    SINCE_LOOK = 0x8000,
    SINCE_DROP = 0xC000,
    SINCE_PREFIX = 24, /* clause and hash */
    SINCE_FORGETS = 4  /* old events a kept one, at most */
};

static uint64_t clause_of(const Engine *e, uint32_t decl, const ActDef *act, uint32_t list) {
    return (uint64_t)decl << 32 | list | (uint64_t)(act - e->b->duties[decl].acts);
}

static Status since_hash(Engine *e, const Str *values, uint32_t n, uint8_t out[SHA256_BYTES]) {
    buf_reset(&e->text);
    for (uint32_t i = 0; i < n; i++)
        put_str(&e->text, values[i]);
    sha256(buf_str(&e->text), out);
    return buf_status(&e->text);
}

static Status write(Engine *e, bool there) {
    TRY(buf_status(&e->key));
    Status status = there ? led_put(e->l, LED_LINK, buf_str(&e->key), S("1"))
                          : led_del(e->l, LED_LINK, buf_str(&e->key));
    return status == OK ? OK : engine_fail(e, status, "writing the ledger");
}

static Status look_key(Engine *e, uint32_t decl, const ActDef *act, const uint8_t *hash,
                       int64_t time, uint64_t leaf) {
    buf_reset(&e->key);
    put_key_u64(&e->key, clause_of(e, decl, act, SINCE_LOOK));
    put_bytes(&e->key, hash, 16);
    put_key_i64(&e->key, time);
    put_key_u64(&e->key, leaf);
    return buf_status(&e->key);
}

static Status set_both(Engine *e, uint32_t decl, const ActDef *act, const uint8_t *hash,
                       int64_t time, uint64_t leaf, bool there) {
    TRY(look_key(e, decl, act, hash, time, leaf));
    TRY(write(e, there));
    buf_reset(&e->key);
    put_key_u64(&e->key, clause_of(e, decl, act, SINCE_DROP));
    put_key_i64(&e->key, time);
    put_bytes(&e->key, hash, 16);
    put_key_u64(&e->key, leaf);
    return write(e, there);
}

/* How far back a duty raised at `at` looks. */
static Status since_from(Engine *e, uint32_t local, const ActDef *act, int64_t at, int64_t *from) {
    return moment_add(local_zone(e->b, local), local_calendar(e->b, local), at,
                      (Family)act->since.aux, -act->since.i, from, NULL);
}

Status since_reaches(Engine *e, const ActDef *act, const Duty *d, int64_t time, bool *yes) {
    int64_t from;
    *yes = false;
    TRY(engine_time_trap(e, since_from(e, d->local, act, d->terms.raised, &from)));
    *yes = time >= from;
    return OK;
}

/* The same wherever a duty of the kind may be counted. */
static Status since_earliest(Engine *e, const ActDef *act, int64_t at, int64_t *from) {
    *from = at;
    for (uint32_t local = 0; local <= e->b->local_count; local++) {
        int64_t one;
        TRY(since_from(e, local, act, at, &one));
        *from = one < *from ? one : *from;
    }
    return OK;
}

/* Forgets what no duty can look back to any more: not even one that is raised as late as may be. */
static Status forget(Engine *e, uint32_t decl, const ActDef *act) {
    int64_t bound;
    if (since_earliest(e, act, e->clock - e->b->late_ms, &bound) != OK)
        return OK; /* before all time */
    for (int i = 0; i < SINCE_FORGETS; i++) {
        Str key, value, prefix;
        bool found;
        uint8_t hash[16];
        buf_reset(&e->key);
        put_key_u64(&e->key, clause_of(e, decl, act, SINCE_DROP));
        TRY(buf_status(&e->key));
        TRY(arena_str(&e->event, buf_str(&e->key), &prefix));
        Status status = led_next(e->l, LED_LINK, prefix, false, &key, &value, &found);
        if (status != OK)
            return engine_fail(e, status, "reading the ledger");
        if (!found || !str_starts(key, prefix))
            return OK;
        Take t = take_from(str_from(key, prefix.n));
        int64_t time = take_key_i64(&t);
        Str bytes = take_bytes(&t, sizeof hash);
        uint64_t leaf = take_key_u64(&t);
        if (take_done(&t) != OK)
            return engine_fail(e, ERR_DAMAGED, "a kept event");
        if (time >= bound)
            return OK;
        memcpy(hash, bytes.p, sizeof hash);
        TRY(set_both(e, decl, act, hash, time, leaf, false));
    }
    return OK;
}

Status since_keep(Engine *e, uint32_t decl, const ActDef *act, const Flow *flow, const Str *values,
                  uint32_t n) {
    uint8_t hash[SHA256_BYTES];
    TRY(since_hash(e, values, n, hash));
    TRY(forget(e, decl, act));
    e->matched = true;
    return set_both(e, decl, act, hash, flow->vm.time, flow->leaf, true);
}

Status since_drop(Engine *e, uint32_t decl, const ActDef *act, Flow *flow) {
    Str *texts = NULL;
    uint32_t n = 0;
    bool absent = false;
    uint8_t hash[SHA256_BYTES];
    if (act->match == MATCH_BY_KEY || act->match == MATCH_BY_LINK)
        TRY(act_values(e, act, flow, &texts, &n, &absent));
    if (absent)
        return OK;
    TRY(since_hash(e, texts, n, hash));
    TRY(look_key(e, decl, act, hash, flow->vm.time, flow->leaf));
    Str value;
    bool found;
    Status status = led_find(e->l, LED_LINK, buf_str(&e->key), &value, &found);
    if (status != OK)
        return engine_fail(e, status, "reading the ledger");
    if (!found)
        return OK;
    e->matched = true;
    return set_both(e, decl, act, hash, flow->vm.time, flow->leaf, false);
}

/* ---- looking back */

Status flow_find(Engine *e, uint64_t index, Flow *flow, bool *is_event) {
    Str bytes, kept;
    Leaf leaf;
    Status status = led_leaf(e->l, index, &bytes);
    if (status == OK)
        status = arena_str(&e->event, bytes, &kept);
    if (status == OK)
        status = take_leaf(kept, &e->event, &leaf);
    if (status != OK)
        return engine_fail(e, status, "reading a kept event");
    *flow = (Flow){.leaf = index};
    *is_event =
        leaf.kind == LEAF_EVENT || (leaf.kind == LEAF_EFFECT && leaf.effect.id == EFFECT_EMITTED);
    if (!*is_event)
        return OK;
    if (leaf.kind == LEAF_EVENT) {
        const EventLeaf *in = &leaf.event;
        flow->event = in->event;
        flow->by = in->actor;
        flow->cause = (Cause){.kind = CAUSE_EVENT, .index = index, .id = in->id};
        flow->vm =
            (VmEvent){.fields = in->fields, .time = in->time, .id = in->id, .source = in->source};
        int32_t party = in->actor.n > 0 ? bundle_party(e->b, in->actor) : -1;
        if (in->actor.n > 0)
            flow->vm.actor = party >= 0 ? value_of(V_PARTY, party) : value_person(in->actor);
        return OK;
    }
    Str id;
    TRY(arena_printf(&e->event, &id, "%llu", (unsigned long long)index));
    flow->event = leaf.effect.event;
    flow->cause = (Cause){.kind = CAUSE_EFFECT, .index = index};
    flow->vm = (VmEvent){.fields = leaf.effect.fields,
                         .time = leaf.effect.time,
                         .id = id,
                         .source = e->render.source};
    return OK;
}

Status flow_kept(Engine *e, uint64_t index, Flow *flow) {
    bool is_event;
    TRY(flow_find(e, index, flow, &is_event));
    return is_event ? OK : engine_fail(e, ERR_DAMAGED, "a kept event");
}

/* Tries one kept event on a duty: at the raising, or at its own time if the raising came late. */
static Status try_kept(Engine *e, Duty *d, const ActDef *act, int64_t time, uint64_t leaf,
                       bool *fits) {
    Flow flow;
    *fits = e->flow == NULL || e->flow->leaf != leaf; /* what raises a duty does not fulfil it */
    if (!*fits)
        return OK;
    TRY(flow_kept(e, leaf, &flow));
    Flow kept = flow;
    TRY(flow_as(e, &kept, act->event, &flow, fits));
    if (*fits && act->test_fn >= 0) {
        const Value *flag;
        TRY(vm_call(&e->vm, act->test_fn, &flow.vm, d->frame, NULL, &flag, NULL));
        *fits = flag[0].i != 0;
    }
    if (!*fits)
        return OK;
    Cause cause = e->cause;
    uint32_t line = e->line;
    int64_t now = e->now;
    e->cause = flow.cause;
    e->line = act->file << 20 | act->line;
    e->now = time > d->terms.raised ? time : d->terms.raised;
    Status status = duty_apply(e, d,
                               (Act){.time = e->now,
                                     .kind = act->kind,
                                     .clause = act->clause,
                                     .leaf = leaf,
                                     .more = value_absent()},
                               &flow);
    e->now = now;
    e->cause = cause;
    e->line = line;
    return status;
}

/* The values that a kept event must have for this duty; none: any event. */
static Status wanted_values(Engine *e, const Duty *d, const ActDef *act, Str **texts, uint32_t *n,
                            bool *absent) {
    *absent = false;
    *texts = d->key;
    *n = act->match == MATCH_BY_KEY ? d->key_count : 0;
    if (act->match != MATCH_BY_LINK)
        return OK;
    Value *values = new (&e->event, Value, act->slot_count + 1);
    if (values == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < act->slot_count; i++) {
        values[i] = d->frame[act->slots[i]];
        *absent = *absent || values[i].kind == V_ABSENT;
    }
    *n = act->slot_count;
    return *absent ? OK : key_texts(e, values, *n, texts);
}

static Status look_back(Engine *e, Duty *d, const ActDef *act) {
    Str *texts;
    uint32_t n;
    bool absent, fits = false;
    uint8_t hash[SHA256_BYTES];
    int64_t from;
    TRY(wanted_values(e, d, act, &texts, &n, &absent));
    if (absent)
        return OK; /* what is absent equals nothing */
    TRY(since_hash(e, texts, n, hash));
    TRY(engine_time_trap(e, since_from(e, d->local, act, d->terms.raised, &from)));
    buf_reset(&e->key);
    put_key_u64(&e->key, clause_of(e, d->decl, act, SINCE_LOOK));
    put_bytes(&e->key, hash, 16);
    put_key_i64(&e->key, from);
    TRY(buf_status(&e->key));
    Str at, key, value;
    TRY(arena_str(&e->event, buf_str(&e->key), &at));
    Str prefix = {at.p, SINCE_PREFIX};
    while (!fits) {
        bool found;
        Status status = led_next(e->l, LED_LINK, at, at.n > SINCE_PREFIX + 8, &key, &value, &found);
        if (status != OK)
            return engine_fail(e, status, "reading the ledger");
        if (!found || !str_starts(key, prefix))
            return OK;
        TRY(arena_str(&e->event, key, &at));
        Take t = take_from(str_from(at, SINCE_PREFIX));
        int64_t time = take_key_i64(&t);
        uint64_t leaf = take_key_u64(&t);
        if (take_done(&t) != OK)
            return engine_fail(e, ERR_DAMAGED, "a kept event");
        TRY(try_kept(e, d, act, time, leaf, &fits));
        if (fits && !act->each)
            TRY(set_both(e, d->decl, act, hash, time, leaf, false));
    }
    return OK;
}

Status since_find(Engine *e, Duty *d) {
    for (uint32_t i = 0; i < d->def->act_count && !d->fold.ended; i++)
        if (d->def->acts[i].has_since && d->def->acts[i].kind == ACT_IS_FULFIL)
            TRY(look_back(e, d, &d->def->acts[i]));
    return OK;
}
