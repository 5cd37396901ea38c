/* run: one event at a time: repeats and conflicts, lateness, the clock, timers, handlers, what they
 * emit. */
#include "engine/run/engine.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/sha256.h"
#include "engine/run/engine_int.h"
#include "engine/run/mapping.h"
#include "engine/run/event.h"
#include "engine/run/gather.h"

Status engine_fail(Engine *e, Status status, const char *what) {
    bool reading = strncmp(what, "reading", 7) == 0;
    return err_because(&e->err, status, what, reading ? "读取账本" : "写入账本", led_error(e->l));
}

#define LEDGER(e, call, what)                                                                      \
    do {                                                                                           \
        Status ledger_status = (call);                                                             \
        if (ledger_status != OK)                                                                   \
            return engine_fail(e, ledger_status, what);                                            \
    } while (0)

/* ---- opening */

typedef struct HandlerList {
    Handler *at;
    uint32_t n;
} HandlerList;

static void handler_add(HandlerList *list, Handler h) {
    if (list->at != NULL)
        list->at[list->n] = h;
    list->n++;
}

/* All handlers, in their order: counted when the lists have no memory yet, written when they have.
 * Samples come last: what an event asks for is as it was before it. */
static void handlers_collect(const Bundle *b, HandlerList *lists) {
    for (uint32_t i = 0; i < b->decl_count; i++) {
        uint32_t n = b->decls[i].number;
        if (b->decls[i].kind == DECL_RULE) {
            if (b->rules[n].event >= 0)
                handler_add(&lists[b->rules[n].event], (Handler){HANDLE_RULE, n, 0});
            continue;
        }
        if (b->decls[i].kind == DECL_KPI)
            continue;
        if (b->decls[i].kind == DECL_APPROVAL) {
            const ApprovalDef *a = &b->approvals[n];
            for (uint32_t k = 0; k < a->act_count; k++)
                handler_add(&lists[a->acts[k].event], (Handler){HANDLE_WITHDRAW, n, k});
            if (a->event >= 0)
                handler_add(&lists[a->event], (Handler){HANDLE_OPEN, n, 0});
            continue;
        }
        const DutyDef *d = &b->duties[n];
        for (uint8_t kind = ACT_IS_FULFIL; kind < ACT_KINDS; kind++)
            for (uint32_t k = 0; k < d->act_count; k++)
                if (d->acts[k].kind == kind)
                    handler_add(&lists[d->acts[k].event], (Handler){HANDLE_ACT, n, k});
        if (d->event >= 0)
            handler_add(&lists[d->event], (Handler){HANDLE_RAISE, n, 0});
    }
    for (uint32_t n = 0; n < b->kpi_count; n++)
        for (uint32_t k = 0; b->kpis[n].base < 0 && k < b->kpis[n].agg_count; k++)
            handler_add(&lists[b->kpis[n].aggs[k].event], (Handler){HANDLE_SAMPLE, n, k});
}

static Status handlers_init(Engine *e) {
    uint32_t n = e->b->event_count;
    HandlerList *lists = new (&e->keep, HandlerList, n);
    e->handlers = new (&e->keep, Handlers, n);
    e->entity_records = new (&e->keep, uint32_t, e->b->entity_count + 1);
    if (lists == NULL || e->handlers == NULL || e->entity_records == NULL)
        return ERR_NOMEM;
    handlers_collect(e->b, lists);
    for (uint32_t i = 0; i < n; i++) {
        lists[i].at = new (&e->keep, Handler, lists[i].n + 1);
        if (lists[i].at == NULL)
            return ERR_NOMEM;
        lists[i].n = 0;
    }
    handlers_collect(e->b, lists);
    for (uint32_t i = 0; i < n; i++) {
        e->handlers[i] = (Handlers){lists[i].at, lists[i].n};
        e->measures_duties = e->measures_duties || e->b->events[i].duty >= 0;
        if (e->b->events[i].entity >= 0)
            e->entity_records[e->b->events[i].entity] = i;
    }
    told_init(e);
    return OK;
}

static Status meta_get(Engine *e, Str key, bool *found, int64_t *out) {
    Str value;
    LEDGER(e, led_find(e->l, LED_META, key, &value, found), "reading the ledger");
    if (*found) {
        Take t = take_from(value);
        *out = take_zigzag(&t);
        if (take_done(&t) != OK)
            return engine_fail(e, ERR_DAMAGED, "the ledger's clock");
    }
    return OK;
}

static Status meta_put(Engine *e, Str key, int64_t v) {
    buf_reset(&e->record);
    put_zigzag(&e->record, v);
    TRY(buf_status(&e->record));
    LEDGER(e, led_put(e->l, LED_META, key, buf_str(&e->record)), "writing the ledger");
    return OK;
}

/* The ledger goes on under the bundle that its first entry names, and holds it. */
static Status policy_check(Engine *e, Str bytes) {
    Str old, bytes0;
    bool found;
    Leaf genesis;
    LEDGER(e, led_find(e->l, LED_POLICY, S("0"), &old, &found), "reading the ledger's policy");
    if (!found)
        return engine_fail(e, ERR_DAMAGED, "the ledger's policy is missing");
    bool same = str_eq(old, bytes);
    LEDGER(e, led_leaf(e->l, 0, &bytes0), "reading the journal");
    if (take_leaf(bytes0, &e->event, &genesis) != OK || genesis.kind != LEAF_GENESIS)
        return engine_fail(e, ERR_DAMAGED, "the journal's first entry");
    Str name = e->b->versions[0].hash;
    if (str_eq(genesis.genesis.bundle, name))
        return same ? OK : engine_fail(e, ERR_DAMAGED, "the policy that the ledger holds");
    return err_say(&e->err, ERR_MISMATCH, "the ledger runs under another bundle",
                   "账本用的是另一个编译包");
}

static Status genesis(Engine *e, Str bytes) {
    Leaf leaf = {.kind = LEAF_GENESIS};
    leaf.genesis =
        (GenesisLeaf){led_name(e->l), e->b->policy, e->b->version, {(const char *)e->b->hash, 32}};
    TRY(engine_leaf(e, &leaf, NULL));
    LEDGER(e, led_put(e->l, LED_POLICY, S("0"), bytes), "keeping the policy");
    e->next = 1u + (uint64_t)e->numbers[0].schedules + e->numbers[0].moves;
    return meta_put(e, S("next"), (int64_t)e->next);
}

static Status numbers_init(Engine *e) {
    e->numbers = new (&e->keep, OwnNumbers, e->b->version_count);
    if (e->numbers == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < e->b->version_count; i++)
        e->numbers[i] =
            (OwnNumbers){e->b->versions[i].first, schedules_count(e->b, i), moves_count(e->b, i)};
    return OK;
}

static Status engine_restore(Engine *e, Str bytes) {
    TRY(numbers_init(e));
    if (led_size(e->l) == 0)
        return genesis(e, bytes);
    TRY(policy_check(e, bytes));
    int64_t next = 0;
    bool found;
    TRY(meta_get(e, S("clock"), &e->has_clock, &e->clock));
    TRY(meta_get(e, S("ticked"), &e->has_ticked, &e->ticked));
    TRY(meta_get(e, S("next"), &found, &next));
    e->next = (uint64_t)next;
    TRY(meta_get(e, S("series"), &found, &next));
    e->series = found ? (uint64_t)next : 1;
    e->first_timer = INT64_MIN;
    Str key, value;
    LEDGER(e, led_next(e->l, LED_ORG, (Str){NULL, 0}, false, &key, &value, &e->has_people),
           "reading the ledger's people");
    return OK;
}

/* ---- what the VM's actions do */

Status queue_room(Engine *e) {
    if (e->queue.n < LIMIT_CASCADE)
        return OK;
    e->vm.trap =
        (Trap){.code = TRAP_TOO_MANY, .at = e->vm.trap.at, .fn = e->vm.trap.fn, .table = -1};
    return ERR_TRAP;
}

Status queue_push(Engine *e, uint32_t event, const Effect *effect, Value *fields) {
    Str id;
    TRY(arena_printf(&e->event, &id, "%llu", (unsigned long long)effect->index));
    /* A correction has the time of what came late; it is heard when it is made. */
    int64_t time = effect->id == EFFECT_DUTY_CORRECTED ? effect->seen : effect->time;
    Flow flow = {.event = event,
                 .leaf = effect->index,
                 .subject = effect->subject,
                 .cause = {.kind = CAUSE_EFFECT, .index = effect->index},
                 .vm = {.fields = fields, .time = time, .id = id, .source = e->render.source}};
    return vec_push(&e->queue, flow) ? OK : ERR_NOMEM;
}

static Status host_emit(void *ctx, uint32_t event, const Value *fields) {
    Engine *e = ctx;
    TRY(queue_room(e));
    uint32_t n = e->b->events[event].field_count;
    Value *copy = new (&e->event, Value, n + 1);
    if (copy == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < n; i++)
        TRY(value_keep(fields[i], &e->event, &copy[i]));
    Effect effect = {.id = EFFECT_EMITTED, .event = event, .fields = copy, .field_count = n};
    effect.subject = e->subject;
    TRY(engine_effect(e, &effect, NULL));
    return queue_push(e, event, &effect, copy);
}

static Status host_oblige(void *ctx, uint32_t duty, const Value *args) {
    Engine *e = ctx;
    const DutyDef *d = &e->b->duties[duty];
    Value *copy =
        new (&e->event, Value, d->param_count + 1); /* the machine's registers are used again */
    if (copy == NULL)
        return ERR_NOMEM;
    memcpy(copy, args, d->param_count * sizeof *copy);
    return duty_raise(e, duty, NULL, copy, e->now);
}

static Status host_ask(void *ctx, uint32_t approval, const Value *args) {
    Engine *e = ctx;
    uint32_t n = e->b->approvals[approval].param_count;
    Value *copy = new (&e->event, Value, n + 1); /* the machine's registers are used again */
    if (copy == NULL)
        return ERR_NOMEM;
    memcpy(copy, args, n * sizeof *copy);
    return approval_open(e, approval, NULL, copy, e->now);
}

static Status host_escalate(void *ctx, const Value *parties, uint32_t n) {
    return approval_escalate(ctx, parties, n);
}

static Status host_notify(void *ctx, const VmNotice *notice) {
    return gather_notice(ctx, notice);
}

static Status host_superior(void *ctx, Value person, Value *out) {
    Engine *e = ctx;
    Str who;
    TRY(arena_str(&e->event, value_str(person), &who)); /* it may stand in a register */
    *out = value_person(who);
    return e->has_people ? org_superior(e, who, e->now, out) : OK;
}

static Status host_members(void *ctx, Value party, Value *list) {
    Engine *e = ctx;
    return org_members(e, party, e->now, list);
}

Status engine_open(const Bundle *b, Str bytes, Ledger *l, const EngineOptions *opt, Engine **out,
                   Err *err) {
    Engine *e = mem_zalloc(sizeof *e);
    if (e == NULL)
        return err_say(err, ERR_NOMEM, "out of memory", "内存不足");
    e->b = b;
    e->l = l;
    e->opt = *opt;
    e->first_timer = INT64_MAX;
    e->has_stale = true;
    e->instant = INT64_MIN;
    e->series = 1;
    e->host = (VmHost){.ctx = e,
                       .emit = host_emit,
                       .oblige = host_oblige,
                       .ask = host_ask,
                       .escalate = host_escalate,
                       .notify = host_notify,
                       .state = state_answer,
                       .measure = measure_answer,
                       .get = entity_get,
                       .next = entity_next,
                       .members = host_members,
                       .set = entity_set,
                       .drop = entity_drop,
                       .superior = host_superior};
    vm_init(&e->vm, b, &e->event, &e->host);
    e->vm.at = &e->now;
    e->vm.watch = opt->watch;
    Status status = render_init(&e->render, b, led_name(l), &e->keep);
    if (status == OK)
        status = handlers_init(e);
    if (status == OK)
        status = live_open(e);
    if (status == OK)
        status = engine_restore(e, bytes);
    if (status != OK) {
        (void)err_as(err, status, &e->err);
        engine_close(e);
        return status;
    }
    *out = e;
    return OK;
}

void engine_close(Engine *e) {
    if (e == NULL)
        return;
    live_close(e);
    arena_free(&e->keep);
    arena_free(&e->event);
    arena_free(&e->rota);
    vec_free(&e->freed);
    vec_free(&e->queue);
    vec_free(&e->deferred);
    vec_free(&e->befores);
    vec_free(&e->changed);
    buf_free(&e->leaf);
    buf_free(&e->record);
    buf_free(&e->key);
    buf_free(&e->text);
    mem_free(e);
}

const Counts *engine_counts(const Engine *e) {
    return &e->counts;
}

bool engine_clock(const Engine *e, int64_t *clock) {
    *clock = e->clock;
    return e->has_clock;
}

const Err *engine_error(const Engine *e) {
    return &e->err;
}

Arena *engine_arena(Engine *e) {
    return &e->event;
}

Render *engine_render(Engine *e) {
    return &e->render;
}

/* ---- leaves and effects */

Status engine_leaf(Engine *e, const Leaf *leaf, uint64_t *index) {
    buf_reset(&e->leaf);
    put_leaf(&e->leaf, leaf);
    TRY(buf_status(&e->leaf));
    if (e->leaf.n > LED_VALUE_MOST) {
        e->vm.trap =
            (Trap){.code = TRAP_TOO_MANY, .at = e->vm.trap.at, .fn = e->vm.trap.fn, .table = -1};
        return ERR_TRAP;
    }
    LEDGER(e, led_append(e->l, buf_str(&e->leaf), index), "writing the journal");
    return OK;
}

/* What a reaction does itself; what follows from that is said of others. */
static bool is_action(EffectId id) {
    return id == EFFECT_NOTIFIED || id == EFFECT_COLLECTED || id == EFFECT_EMITTED ||
           id == EFFECT_ALERT || id == EFFECT_DUTY_OPENED || id == EFFECT_APPROVAL_OPENED ||
           id == EFFECT_APPROVAL_ESCALATED;
}

static Status hear(Engine *e, const Effect *effect) {
    Heard *h = e->heard;
    if (h == NULL || !is_action(effect->id))
        return OK;
    return arena_push(&e->event, h, effect->index) ? OK : ERR_NOMEM;
}

Status heard_join(Engine *e, const Heard *heard, uint64_t **said, uint32_t *count) {
    uint64_t *all = new (&e->event, uint64_t, *count + heard->n + 1);
    if (all == NULL)
        return ERR_NOMEM;
    if (*count > 0)
        memcpy(all, *said, *count * sizeof *all);
    if (heard->n > 0)
        memcpy(all + *count, heard->at, heard->n * sizeof *all);
    *said = all;
    *count += heard->n;
    return OK;
}

/* The version of what is carried out: that of the duty or approval whose reaction it is. */
static uint32_t version_now(const Engine *e, int64_t at) {
    return e->reacting != NULL   ? e->reacting->policy
           : e->approval != NULL ? e->approval->policy
                                 : bundle_version_at(e->b, at);
}

Status engine_effect(Engine *e, Effect *effect, uint64_t *index) {
    if (!effect->has_time) {
        effect->has_time = e->has_clock;
        effect->time = e->now;
        effect->seen = e->clock;
    }
    if (effect->cause.kind == CAUSE_NONE)
        effect->cause = e->cause;
    if (!effect->versioned)
        effect->policy = version_now(e, effect->time);
    effect->rule = e->rule;
    if (effect->line == 0)
        effect->line = e->line;
    effect->index = led_size(e->l);
    Leaf leaf = {.kind = LEAF_EFFECT};
    leaf.effect = *effect;
    TRY(engine_leaf(e, &leaf, index));
    TRY(hear(e, effect));
    e->counts.effects++;
    e->counts.by_effect[effect->id]++;
    if (e->opt.sink.effect != NULL)
        TRY(e->opt.sink.effect(e->opt.sink.ctx, effect));
    return (e->told >> effect->id & 1) != 0 ? effect_tell(e, effect) : OK;
}

Status alert(Engine *e, const char *reason, Str message) {
    Effect effect = {.id = EFFECT_ALERT, .subject = e->subject};
    effect.values[0] = value_text(str_of(reason));
    effect.values[1] = value_text(message);
    return engine_effect(e, &effect, NULL);
}

Status alert_kept(Engine *e, Str message, uint64_t **said, uint32_t *count) {
    Heard heard = {0};
    e->heard = &heard;
    Status status = alert(e, "failed", message);
    e->heard = NULL;
    return status == OK ? heard_join(e, &heard, said, count) : status;
}

Status engine_time_trap(Engine *e, Status status) {
    if (status != ERR_OVERFLOW && status != ERR_LIMIT && status != ERR_STATE)
        return status;
    e->vm.trap = (Trap){.code = TRAP_TIME, .fn = e->vm.trap.fn, .at = e->vm.trap.at, .table = -1};
    return ERR_TRAP;
}

int64_t engine_horizon(const Engine *e) {
    return e->has_ticked && e->ticked == e->clock ? e->clock + 1 : e->clock;
}

/* ---- handling */

Status engine_actions(Engine *e, int32_t fn, const VmEvent *event, const Value *frame) {
    const Value *results;
    return vm_call(&e->vm, fn, event, frame, NULL, &results, NULL);
}

static Status rule_run(Engine *e, int32_t fn, const VmEvent *event) {
    const Value *results;
    bool applies = true;
    TRY(vm_call(&e->vm, fn, event, NULL, NULL, &results, &applies));
    e->matched = e->matched || applies;
    return OK;
}

static Status handle_one(Engine *e, const Handler *h, Flow *flow) {
    e->rule = 0;
    switch ((HandlerKind)h->kind) {
    case HANDLE_ACT:
        e->acts = true;
        return duty_act(e, h->decl, &e->b->duties[h->decl].acts[h->act], flow);
    case HANDLE_RAISE:
        e->matched = true;
        e->line = e->b->duties[h->decl].file << 20 | e->b->duties[h->decl].line;
        return duty_raise(e, h->decl, &flow->vm, NULL, flow->vm.time);
    case HANDLE_OPEN:
        e->matched = true;
        e->line = e->b->approvals[h->decl].file << 20 | e->b->approvals[h->decl].line;
        return approval_open(e, h->decl, &flow->vm, NULL, flow->vm.time);
    case HANDLE_WITHDRAW:
        e->acts = true;
        return approval_withdraw(e, h->decl, &e->b->approvals[h->decl].acts[h->act], flow);
    case HANDLE_SAMPLE:
        return kpi_sample(e, h->decl, h->act, flow);
    case HANDLE_RULE:
        e->rule = h->decl + 1;
        e->line = e->b->rules[h->decl].file << 20 | e->b->rules[h->decl].line;
        return dated_at(&e->b->rules[h->decl].dated, flow->vm.time)
                   ? rule_run(e, e->b->rules[h->decl].fn, &flow->vm)
                   : OK;
    }
    UNREACHABLE();
}

/* What an event of the engine's own does before the policy hears of it. */
static Status handle_own(Engine *e, Flow *flow) {
    int64_t *parties;
    uint32_t n;
    TRY(org_event(e, flow));
    TRY(approval_event(e, flow));
    if (e->b->events[flow->event].engine == ENGINE_CORRECTED)
        return correct_event(e, flow);
    if (e->b->approval_count == 0)
        return OK;
    TRY(org_concerned(e, flow, &parties, &n));
    return approvals_review(e, parties, n);
}

static Status handle_in(Engine *e, Flow *flow) {
    const Handlers *handlers = &e->handlers[flow->event];
    Status status = OK;
    for (uint32_t i = 0; i < handlers->n && status == OK && !e->refused; i++)
        status = handle_one(e, &handlers->at[i], flow);
    return status;
}

/* Those of an event's own version and, in the order of versions, of others that know its name. */
static Status handle_all(Engine *e, Flow *flow) {
    const EventDef *event = &e->b->events[flow->event];
    uint32_t own = flow->event;
    bool fits, done = event->twin_count == 0;
    if (done)
        return handle_in(e, flow);
    for (uint32_t i = 0; i < event->twin_count && !e->refused; i++) {
        Flow twin;
        if (event->twins[i] > own && !done) {
            TRY(handle_in(e, flow));
            done = true;
        }
        if (e->handlers[event->twins[i]].n == 0)
            continue;
        TRY(flow_as(e, flow, event->twins[i], &twin, &fits));
        e->flow = &twin;
        if (fits && !e->refused)
            TRY(handle_in(e, &twin));
        e->flow = flow;
    }
    return done || e->refused ? OK : handle_in(e, flow);
}

static Status handle(Engine *e, Flow *flow) {
    Flow *outer = e->flow;
    int64_t now = e->now;
    Cause cause = e->cause;
    Subject subject = e->subject;
    e->flow = flow;
    flow->begun = led_size(e->l);
    e->now = flow->vm.time;
    e->cause = flow->cause;
    e->subject = flow->subject;
    e->befores.n = 0;
    Status status = e->b->events[flow->event].engine < 0 ? OK : handle_own(e, flow);
    if (status == OK && !e->refused)
        status = handle_all(e, flow);
    if (status == OK && !e->refused)
        status = entities_apply(e);
    if (status == OK)
        status = changes_take(e);
    e->flow = outer;
    e->now = now;
    e->cause = cause;
    e->subject = subject;
    e->rule = 0;
    e->line = 0;
    return status;
}

Status engine_cascade(Engine *e) {
    TRY(entities_apply(e)); /* of a KPI's reactions: what they emit reads the state after them */
    for (size_t i = 0; i < e->queue.n; i++) {
        Flow flow = e->queue.at[i];
        TRY(handle(e, &flow));
    }
    e->queue.n = 0;
    return OK;
}

/* ---- identity */

typedef struct Identity {
    uint8_t key[SHA256_BYTES]; /* the first 16 bytes: of source, NUL, id */
    uint64_t content;
} Identity;

static uint64_t first_eight(const uint8_t *hash) {
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | hash[i];
    return v;
}

static void identity_key(Str source, Str id, uint8_t out[SHA256_BYTES]) {
    Sha256 h;
    sha256_begin(&h);
    sha256_update(&h, source);
    sha256_update(&h, (Str){"", 1});
    sha256_update(&h, id);
    sha256_final(&h, out);
}

Status engine_event_find(Engine *e, Str source, Str id, uint64_t *leaf, bool *found) {
    uint8_t key[SHA256_BYTES];
    uint64_t content;
    identity_key(source, id, key);
    LEDGER(e, led_set_find(e->l, LED_SET_EVENTS, key, &content, leaf, found), "reading the ledger");
    *found = *found && *leaf != 0; /* a tick has no leaf of its own */
    return OK;
}

/* A value whatever the bundle's numbers are: enumerations, parties and record
 * types by name. */
static void put_content(Buf *out, const Bundle *b, Value v) {
    if (v.kind == V_ENUM) {
        put_u8(out, V_ENUM);
        put_str(out, b->enums[v.n].members[v.i].name);
    } else if (v.kind == V_PARTY) {
        put_u8(out, V_PARTY);
        put_str(out, party_text(b, v));
    } else if (value_holds_more(v)) {
        put_u8(out, v.kind);
        if (v.kind == V_RECORD)
            put_str(out, b->records[v.aux].name);
        put_varint(out, v.n);
        for (uint32_t i = 0; i < v.n; i++)
            put_content(out, b, v.items[i]);
    } else {
        put_value(out, v, true);
    }
}

void put_event_content(Buf *out, const Bundle *b, const Input *in) {
    put_str(out, b->events[in->event].name);
    put_zigzag(out, in->time);
    put_str(out, in->actor);
    for (uint32_t i = 0; i < in->field_count; i++)
        put_content(out, b, in->fields[i]);
}

static Status identify(Engine *e, const Input *in, Identity *out) {
    identity_key(in->source, in->id, out->key);
    buf_reset(&e->text);
    put_event_content(&e->text, e->b, in);
    TRY(buf_status(&e->text));
    uint8_t hash[SHA256_BYTES];
    sha256(buf_str(&e->text), hash);
    out->content = first_eight(hash);
    return OK;
}

/* The key of a reject: identity and content together, so that each content is told once. */
static void reject_key(const uint8_t *identity, uint64_t content, uint8_t out[SHA256_BYTES]) {
    uint8_t bytes[24];
    memcpy(bytes, identity, 16);
    for (int i = 0; i < 8; i++)
        bytes[16 + i] = (uint8_t)(content >> (56 - 8 * i));
    sha256((Str){(const char *)bytes, sizeof bytes}, out);
}

/* ---- refusing */

static Value text_or_absent(Str text) {
    return text.n > 0 ? value_text(text) : value_absent();
}

static Status refuse_again(Engine *e, const Refusal *why) {
    e->retried->refused = true;
    e->retried->reason = why->reason;
    TRY(arena_str(e->retried_arena, why->field, &e->retried->field));
    return arena_str(e->retried_arena, why->message, &e->retried->message);
}

static Status refuse_now(Engine *e, const Refusal *why, const uint8_t key[SHA256_BYTES]) {
    if (e->retried != NULL)
        return refuse_again(e, why);
    Leaf leaf = {.kind = LEAF_REJECT};
    leaf.reject = (RejectLeaf){.reason = (uint8_t)why->reason,
                               .has_time = why->has_time,
                               .time = why->time,
                               .bound = why->reason == REJECT_FUTURE ? e->opt.not_after : 0,
                               .source = why->source,
                               .id = why->id,
                               .raw = why->raw};
    uint64_t index;
    TRY(engine_leaf(e, &leaf, &index));
    Str parts[2] = {why->source, why->id};
    Effect effect = {.id = EFFECT_REJECTED};
    effect.subject = (Subject){.kind = SUBJECT_EVENT, .key = parts, .key_count = 2};
    effect.has_time = why->has_time || e->has_clock;
    effect.time = why->has_time ? why->time : e->clock;
    effect.seen = e->has_clock ? e->clock : effect.time;
    effect.cause = (Cause){.kind = CAUSE_EVENT, .index = index, .id = why->id};
    effect.values[0] = value_text(reject_text(why->reason));
    effect.values[1] = why->field.n > 0 ? value_text(why->field) : value_absent();
    effect.values[2] = value_text(why->message);
    effect.values[3] = value_text(why->source);
    effect.values[4] = value_text(why->id);
    effect.values[5] = text_or_absent(why->type);
    effect.values[6] = text_or_absent(why->actor);
    effect.values[7] = text_or_absent(why->about);
    TRY(engine_effect(e, &effect, NULL));
    LEDGER(e, led_set_add(e->l, LED_SET_REJECTS, key, 0, 0), "writing the ledger");
    buf_reset(&e->key);
    put_key_u64(&e->key, index);
    buf_reset(&e->record);
    put_u8(&e->record, (uint8_t)why->reason);
    TRY(buf_status(&e->record));
    LEDGER(e, led_put(e->l, LED_REJECT, buf_str(&e->key), buf_str(&e->record)),
           "writing the ledger");
    e->counts.rejected[why->reason]++;
    return OK;
}

static Status known_reject(Engine *e, const uint8_t key[SHA256_BYTES], bool *found) {
    uint64_t a, b;
    LEDGER(e, led_set_find(e->l, LED_SET_REJECTS, key, &a, &b, found), "reading the ledger");
    if (*found) {
        e->counts.repeated++;
        e->counts.again++;
    }
    return OK;
}

static void event_done(Engine *e) {
    e->queue.n = e->deferred.n = 0;
    e->refused = false;
    e->changes = (Changes){0};
    arena_reset(&e->event);
}

Status engine_refuse(Engine *e, const Refusal *why) {
    uint8_t identity[SHA256_BYTES], hash[SHA256_BYTES], key[SHA256_BYTES];
    bool found;
    identity_key(why->source, why->id, identity);
    sha256(why->raw, hash);
    reject_key(identity, why->has_content ? why->content : first_eight(hash), key);
    TRY(engine_mark(e));
    Status status = known_reject(e, key, &found);
    if (status == OK && !found)
        status = refuse_now(e, why, key);
    event_done(e);
    return status;
}

static Refusal refusal_of(const Input *in, RejectReason reason, Str message) {
    return (Refusal){.reason = reason,
                     .has_time = true,
                     .time = in->time,
                     .source = in->source,
                     .id = in->id,
                     .message = message,
                     .raw = in->raw};
}

/* "approval/launch/L1": what an event that names a duty or an approval is about. */
static Status about_named(Engine *e, const Input *in, bool duty, Str *out) {
    Str name = value_str(in->fields[0]);
    Value list = in->fields[1];
    int32_t decl = duty ? bundle_duty(e->b, name) : bundle_approval(e->b, name);
    Str *key = new (&e->event, Str, list.n + 1);
    size_t total = 0;
    if (key == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < list.n; i++) {
        key[i] = value_str(list.items[i]);
        total += key[i].n;
    }
    if (decl < 0 || total > LIMIT_KEY_BYTES)
        return OK;
    Subject subject = {.kind = duty ? SUBJECT_DUTY : SUBJECT_APPROVAL,
                       .decl = (uint32_t)decl,
                       .occurrence = 1,
                       .key = key,
                       .key_count = list.n};
    buf_reset(&e->text);
    put_subject(&e->text, e->b, &subject);
    TRY(buf_status(&e->text));
    return arena_str(&e->event, buf_str(&e->text), out);
}

/* Refuses an event that was read: with what it is, who acts and what it is about. */
static Status refuse_input(Engine *e, const Input *in, Refusal why,
                           const uint8_t key[SHA256_BYTES]) {
    const EventDef *event = &e->b->events[in->event];
    bool duty = event->engine >= ENGINE_REPORTED;
    why.type = event->name;
    why.actor = in->actor;
    if (in->raw.n == 0) {
        buf_reset(&e->text);
        put_event_line(&e->text, e->b, &e->render.zone, in);
        TRY(buf_status(&e->text));
        TRY(arena_str(&e->event, buf_str(&e->text), &why.raw));
    }
    if (duty || is_of_approval(event->engine))
        TRY(about_named(e, in, duty, &why.about));
    for (uint32_t i = 0; event->engine < 0 && why.about.n == 0 && i < event->field_count; i++)
        if (event->fields[i].type.is_id && in->fields[i].kind == V_TEXT &&
            value_str(in->fields[i]).n <= LIMIT_KEY_BYTES)
            TRY(arena_printf(&e->event, &why.about, "%.*s=%.*s", STR_ARG(event->fields[i].name),
                             STR_ARG(value_str(in->fields[i]))));
    return refuse_now(e, &why, key);
}

/* ---- the clock */

static Status clock_move(Engine *e, int64_t to) {
    if (e->has_clock && to <= e->clock)
        return OK;
    bool first = !e->has_clock;
    TRY(engine_mark(e));
    Leaf leaf = {.kind = LEAF_CLOCK, .time = to};
    TRY(engine_leaf(e, &leaf, NULL));
    e->clock = to;
    e->has_clock = true;
    TRY(meta_put(e, S("clock"), to));
    for (uint32_t i = 0; first && i < e->b->version_count; i++) {
        int64_t from = e->b->versions[i].from;
        TRY(schedules_begin(e, i, from > to ? from : to));
        TRY(moves_begin(e, i));
    }
    return OK;
}

/* ---- taking an event */

static Status say_late(Engine *e, Str *out) {
    Buf clock = {0}, limit = {0};
    int64_t days = e->b->late_ms / DAY_MS;
    bool whole = days > 0 && e->b->late_ms % DAY_MS == 0;
    zone_put_instant(&clock, &e->render.zone, e->clock);
    put_duration(&limit, whole ? FAMILY_DAYS : FAMILY_ELAPSED, whole ? days : e->b->late_ms);
    Status status = clock.failed || limit.failed ? ERR_NOMEM : OK;
    if (status == OK)
        status = arena_printf(&e->event, out,
                              "it comes too late: events are taken until %.*s after their time, "
                              "and the clock is at %.*s",
                              STR_ARG(buf_str(&limit)), STR_ARG(buf_str(&clock)));
    buf_free(&clock);
    buf_free(&limit);
    return status;
}

/* Nobody is appointed to a rotation, and only a rotation has swaps. *field: what is wrong, or
 * empty.
 */
static Status rotation_schema(Engine *e, const Input *in, Str *field, Str *why) {
    const EventDef *event = &e->b->events[in->event];
    bool swap = event->engine == ENGINE_SWAPPED;
    bool seat = event->engine == ENGINE_JOINED || event->engine == ENGINE_APPOINTED ||
                event->engine == ENGINE_LEFT || event->engine == ENGINE_DELEGATED;
    *field = (Str){NULL, 0};
    if (!swap && !seat)
        return OK;
    Value of = in->fields[swap ? 0 : 1];
    bool rotation = bundle_rotation(e->b, of) != NULL;
    if (of.kind == V_ABSENT || rotation == swap)
        return OK;
    *field = event->fields[swap ? 0 : 1].name;
    Str name = party_text(e->b, of);
    return swap ? arena_printf(&e->event, why, "there is no rotation %.*s", STR_ARG(name))
                : arena_printf(&e->event, why,
                               "%.*s is a rotation: who is on call follows from it, and is changed "
                               "by remit.swapped",
                               STR_ARG(name));
}

/* What an event of the office must say; *field: what is wrong with it, or empty. */
static Status signer_schema(Engine *e, const Input *in, Str *field, Str *why) {
    static const char *const places[] = {"with", "before", "after"};
    int32_t engine = e->b->events[in->event].engine;
    *field = (Str){NULL, 0};
    if (engine != ENGINE_SIGNER_ADDED && engine != ENGINE_SIGNER_REMOVED)
        return OK;
    if ((in->fields[2].kind == V_ABSENT) == (in->fields[3].kind == V_ABSENT)) {
        *field = S("seat");
        *why = S("it must name either a seat or a person");
    } else if (engine == ENGINE_SIGNER_ADDED && in->fields[4].kind == V_TEXT) {
        bool known = false;
        for (size_t i = 0; i < sizeof places / sizeof *places; i++)
            known = known || str_eq(value_str(in->fields[4]), str_of(places[i]));
        if (!known)
            *field = S("place");
        return known ? OK
                     : arena_printf(&e->event, why, "\"%.*s\" is none of with, before, after",
                                    STR_ARG(value_str(in->fields[4])));
    }
    return OK;
}

/* The policy gives nobody the power to do so; and how it would. */
static Status say_powerless(Engine *e, int32_t engine, uint32_t duty, Str *out) {
    const char *verb = engine == ENGINE_WAIVED         ? "waive"
                       : engine == ENGINE_ACKNOWLEDGED ? "acknowledge"
                       : engine == ENGINE_REASSIGNED   ? "reassign"
                                                       : "pause";
    return arena_printf(&e->event, out,
                        "the policy gives nobody the power to do this: it would say `WHO may %s "
                        "%.*s`",
                        verb, STR_ARG(e->b->duties[duty].name));
}

static bool hears(const DutyDef *d, uint32_t event) {
    for (uint32_t i = 0; i < d->act_count; i++)
        if (d->acts[i].event == event)
            return true;
    return false;
}

/* Whether a duty hears such an event, in some version of it. */
static bool is_allowed(const Bundle *b, uint32_t duty, uint32_t event) {
    bool yes = hears(&b->duties[duty], event);
    for (uint32_t n = 0; !yes && b->version_count > 1 && n < b->duty_count; n++)
        yes = str_eq(b->duties[n].name, b->duties[duty].name) && hears(&b->duties[n], event);
    return yes;
}

/* What may be refused before the clock moves (engine.md 11). */
static Status refuse_early(Engine *e, const Input *in, const uint8_t key[SHA256_BYTES],
                           bool *refused) {
    *refused = true;
    Refusal why = refusal_of(in, REJECT_LATE, (Str){NULL, 0});
    const EventDef *event = &e->b->events[in->event];
    if (e->has_clock && in->time < e->clock - e->b->late_ms) {
        TRY(say_late(e, &why.message));
        return refuse_input(e, in, why, key);
    }
    if (e->opt.has_not_after && in->time > e->opt.not_after) {
        why.reason = REJECT_FUTURE;
        Buf bound = {0};
        zone_put_instant(&bound, &e->render.zone, e->opt.not_after);
        Status status = buf_status(&bound);
        if (status == OK)
            status = arena_printf(&e->event, &why.message,
                                  "its time is after the latest that is taken, %.*s",
                                  STR_ARG(buf_str(&bound)));
        buf_free(&bound);
        TRY(status);
        return refuse_input(e, in, why, key);
    }
    bool needs_actor = false;
#define ENGINE_EVENT(id, type, actor)                                                              \
    needs_actor = needs_actor || ((actor) && event->engine == ENGINE_##id);
#include "engine/base/engine_events.def"
    if (needs_actor && in->actor.n == 0) {
        why.reason = REJECT_SCHEMA;
        why.field = S("actor");
        why.message = S("it does not say who acts: actor is missing");
        return refuse_input(e, in, why, key);
    }
    bool seats = event->engine == ENGINE_JOINED || event->engine == ENGINE_APPOINTED ||
                 event->engine == ENGINE_LEFT || event->engine == ENGINE_DELEGATED;
    if (seats && in->fields[1].kind == V_PARTY && in->fields[1].aux == 1) { /* a person */
        why.reason = REJECT_SCHEMA;
        why.field = event->fields[1].name;
        Status status = no_such_seat(e->b, value_str(in->fields[1]), &e->event, &why.message);
        return status == ERR_SYNTAX ? refuse_input(e, in, why, key) : status;
    }
    if (is_of_approval(event->engine) && bundle_approval(e->b, value_str(in->fields[0])) < 0) {
        why.reason = REJECT_SCHEMA;
        why.field = S("approval");
        Status status = no_such_approval(e->b, value_str(in->fields[0]), &e->event, &why.message);
        return status == ERR_SYNTAX ? refuse_input(e, in, why, key) : status;
    }
    TRY(rotation_schema(e, in, &why.field, &why.message));
    if (why.field.n == 0)
        TRY(signer_schema(e, in, &why.field, &why.message));
    if (why.field.n > 0) {
        why.reason = REJECT_SCHEMA;
        return refuse_input(e, in, why, key);
    }
    Power swap = {.verb = POWER_TO_SWAP,
                  .of = event->engine == ENGINE_SWAPPED ? (uint32_t)in->fields[0].i : 0};
    if (event->engine == ENGINE_SWAPPED && !power_given(e->b, &swap)) {
        why.reason = REJECT_AUTHORITY;
        TRY(arena_printf(&e->event, &why.message,
                         "the policy gives nobody the power to do this: it would say `WHO may swap "
                         "%.*s`",
                         STR_ARG(party_text(e->b, in->fields[0]))));
        return refuse_input(e, in, why, key);
    }
    bool corrects = event->engine != ENGINE_CORRECTED;
    for (uint32_t i = 0; i < e->b->power_count; i++)
        corrects = corrects || e->b->powers[i].verb == POWER_TO_CORRECT;
    if (!corrects) {
        why.reason = REJECT_AUTHORITY;
        why.message = S("the policy gives nobody the power to do this: it would say `WHO may "
                        "correct DUTY`");
        return refuse_input(e, in, why, key);
    }
    int32_t duty = -1;
    if (event->engine >= ENGINE_REPORTED) {
        duty = bundle_duty(e->b, value_str(in->fields[0]));
        if (duty < 0) {
            why.reason = REJECT_SCHEMA;
            why.field = S("duty");
            Status status = no_such_duty(e->b, value_str(in->fields[0]), &e->event, &why.message);
            return status == ERR_SYNTAX ? refuse_input(e, in, why, key) : status;
        }
        if (!is_allowed(e->b, (uint32_t)duty, in->event)) {
            why.reason = REJECT_AUTHORITY;
            if (event->engine == ENGINE_REPORTED)
                why.message = S("the duty does not say that it is fulfilled by remit.reported");
            else
                TRY(say_powerless(e, event->engine, (uint32_t)duty, &why.message));
            return refuse_input(e, in, why, key);
        }
    }
    *refused = false;
    return OK;
}

/* An event that a rule stopped at: all that it did is undone, and it is refused whole (semantics.md
 * 17). */
static Status refuse_failed(Engine *e, const Input *in, const uint8_t key[SHA256_BYTES]) {
    engine_undo(e);
    Refusal why = e->refusal;
    why.raw = in->raw;
    if (!e->refused) {
        Buf text = {0};
        put_trap(&text, e->b, &e->vm.trap);
        why = refusal_of(in, REJECT_FAILED, (Str){NULL, 0});
        Status status =
            text.failed ? ERR_NOMEM : arena_str(&e->event, buf_str(&text), &why.message);
        buf_free(&text);
        TRY(status);
    }
    e->queue.n = 0;
    return refuse_input(e, in, why, key);
}

static Status take_handled(Engine *e, const Input *in, const Identity *id) {
    Leaf leaf = {.kind = LEAF_EVENT};
    leaf.event = (EventLeaf){.event = in->event,
                             .time = in->time,
                             .source = in->source,
                             .id = in->id,
                             .actor = in->actor,
                             .fields = in->fields,
                             .field_count = in->field_count,
                             .policy = bundle_version_at(e->b, in->time)};
    Flow flow = {.event = in->event, .by = in->actor};
    TRY(engine_leaf(e, &leaf, &flow.leaf));
    Str *parts = new (&e->event, Str, 2);
    if (parts == NULL)
        return ERR_NOMEM;
    parts[0] = in->source;
    parts[1] = in->id;
    flow.subject = (Subject){.kind = SUBJECT_EVENT, .key = parts, .key_count = 2};
    flow.cause = (Cause){.kind = CAUSE_EVENT, .index = flow.leaf, .id = in->id};
    flow.vm = (VmEvent){.fields = in->fields, .time = in->time, .id = in->id, .source = in->source};
    if (in->actor.n > 0) {
        int32_t party = bundle_party(e->b, in->actor);
        flow.vm.actor = party >= 0 ? value_of(V_PARTY, party) : value_person(in->actor);
    }
    TRY(handle(e, &flow));
    TRY(engine_cascade(e));
    if (e->refused)
        return ERR_TRAP;
    LEDGER(e, led_set_add(e->l, LED_SET_EVENTS, id->key, id->content, flow.leaf & 0xFFFFFFFFFFFFu),
           "writing the ledger");
    return OK;
}

/* Events that find nothing to act on are listed (semantics.md 8). */
static Status note_unmatched(Engine *e, uint64_t leaf) {
    if (!e->acts || e->matched)
        return OK;
    e->counts.unmatched++;
    buf_reset(&e->key);
    put_key_u64(&e->key, leaf);
    TRY(buf_status(&e->key));
    LEDGER(e, led_put(e->l, LED_COUNTER, buf_str(&e->key), S("unmatched")), "writing the ledger");
    return OK;
}

static Status take_new(Engine *e, const Input *in, const Identity *id,
                       const uint8_t key[SHA256_BYTES]) {
    bool refused;
    TRY(refuse_early(e, in, key, &refused));
    if (refused)
        return OK;
    TRY(clock_move(e, in->time));
    TRY(timers_fire(e, e->clock));
    Counts before = e->counts;
    e->instant = e->clock;
    uint64_t next = e->next, series = e->series, leaf = led_size(e->l);
    TRY(engine_mark(e));
    e->matched = e->acts = e->refused = false;
    Status status = take_handled(e, in, id);
    if (status == ERR_TRAP) {
        e->counts = before;
        e->next = next;
        e->series = series;
        return refuse_failed(e, in, key);
    }
    TRY(status);
    e->counts.events++;
    TRY(note_unmatched(e, leaf));
    return timers_found(e);
}

static Status take_tick(Engine *e, const Input *in, const Identity *id,
                        const uint8_t key[SHA256_BYTES]) {
    bool refused;
    TRY(refuse_early(e, in, key, &refused));
    if (refused)
        return OK;
    e->counts.events++;
    LEDGER(e, led_set_add(e->l, LED_SET_EVENTS, id->key, id->content, 0), "writing the ledger");
    return engine_tick(e, in->time);
}

static Status take(Engine *e, const Input *in) {
    Identity id;
    uint8_t key[SHA256_BYTES];
    uint64_t content, leaf;
    bool found;
    TRY(identify(e, in, &id));
    reject_key(id.key, id.content, key);
    if (e->b->events[in->event].engine == ENGINE_TICK && e->has_ticked && in->time <= e->ticked) {
        e->counts.repeated++; /* whatever its id: it can write nothing (contract.md 13) */
        return OK;
    }
    LEDGER(e, led_set_find(e->l, LED_SET_EVENTS, id.key, &content, &leaf, &found),
           "reading the ledger");
    if (found && content == id.content) {
        e->counts.repeated++;
        if (e->retried != NULL)
            e->retried->repeated = true;
        return OK;
    }
    bool refused = false; /* before: only a retry tries it again */
    if (e->retried == NULL)
        TRY(known_reject(e, key, &refused));
    if (refused)
        return OK;
    if (found) {
        Refusal why =
            refusal_of(in, REJECT_CONFLICT, S("another event came with this source and id"));
        return refuse_input(e, in, why, key);
    }
    if (e->b->events[in->event].engine == ENGINE_TICK)
        return take_tick(e, in, &id, key);
    TRY(take_new(e, in, &id, key));
    return gather_stale(e); /* now that all that was due by then has come */
}

Status engine_take(Engine *e, const Input *in) {
    TRY(engine_mark(e));
    Status status = take(e, in);
    event_done(e);
    if (status != OK && e->err.code == OK)
        engine_fail(e, status, "taking an event");
    return status;
}

Status engine_retry(Engine *e, const Input *in, Arena *a, Retried *out) {
    *out = (Retried){0};
    e->retried = out;
    e->retried_arena = a;
    Status status = engine_take(e, in);
    e->retried = NULL;
    return status;
}

void engine_bound(Engine *e, bool has_not_after, int64_t not_after) {
    e->opt.has_not_after = has_not_after;
    e->opt.not_after = not_after;
}

Status engine_retried(Engine *e, uint64_t reject, uint64_t events) {
    uint64_t index;
    TRY(engine_mark(e));
    Leaf leaf = {.kind = LEAF_RETRIED, .retried = {reject, events}};
    TRY(engine_leaf(e, &leaf, &index));
    Str value;
    bool found;
    buf_reset(&e->key);
    put_key_u64(&e->key, reject);
    TRY(buf_status(&e->key));
    LEDGER(e, led_find(e->l, LED_REJECT, buf_str(&e->key), &value, &found), "reading the ledger");
    buf_reset(&e->record);
    put_bytes(&e->record, value.p, found ? 1 : 0);
    put_varint(&e->record, index);
    TRY(buf_status(&e->record));
    LEDGER(e, led_put(e->l, LED_REJECT, buf_str(&e->key), buf_str(&e->record)),
           "writing the ledger");
    event_done(e);
    return OK;
}

Status engine_tick(Engine *e, int64_t until) {
    if (e->has_ticked && until <= e->ticked)
        return OK;
    TRY(clock_move(e, until));
    TRY(timers_fire(e, until == INT64_MAX ? until : until + 1));
    TRY(gather_stale(e));
    TRY(engine_mark(e));
    Leaf leaf = {.kind = LEAF_TICK, .time = until};
    TRY(engine_leaf(e, &leaf, NULL));
    e->ticked = until;
    e->has_ticked = true;
    Status status = meta_put(e, S("ticked"), until);
    event_done(e);
    return status;
}

Status engine_move(Engine *e, int64_t to) {
    TRY(clock_move(e, to));
    Status status = timers_fire(e, e->clock);
    if (status == OK)
        status = gather_stale(e);
    event_done(e);
    return status;
}

Status engine_settle(Engine *e) {
    TRY(meta_put(e, S("next"), (int64_t)e->next));
    if (e->b->kpi_count > 0)
        TRY(meta_put(e, S("series"), (int64_t)e->series));
    return engine_write(e);
}

Status engine_commit(Engine *e, Err *err) {
    TRY(engine_settle(e));
    return led_commit(e->l, err);
}
