/* run: answers without a ledger: events through rules and tables, and what they emit and whom they
 * notify out. Repeats are not looked for, no duty is raised, no clock is kept; the ids of what
 * comes out count it. */
#include <string.h>

#include "engine/base/limits.h"
#include "engine/run/run.h"

enum { DECIDE_OUT = 1 << 18 };

typedef struct Rules {
    const RuleDef **at;
    uint32_t n;
} Rules;

typedef struct Queued {
    uint32_t event;
    Value *fields;
    Cause cause;
    Subject subject;
    Str id;
} Queued;

typedef struct Decide {
    const Policy *p;
    const RunOptions *opt;
    RunResult *out;
    Err *err;
    Arena keep, arena;
    Vm vm;
    VmHost host;
    Render render;
    Rules *rules; /* of each event */
    uint64_t next;
    VEC(Queued) queue;
    Cause cause;
    Subject subject;
    int64_t now;
    bool has_now;
    Buf lines;
    Effect emitted; /* used again and again: there is much in it that stays zero */
} Decide;

static Status flush(Decide *d) {
    Status status =
        d->opt->write == NULL ? OK : d->opt->write(d->opt->write_ctx, buf_str(&d->lines), d->err);
    buf_reset(&d->lines);
    return status;
}

static Status say(Decide *d, Effect *e) {
    e->index = d->next++;
    e->has_time = d->has_now;
    e->time = e->seen = d->now;
    e->cause = d->cause;
    e->subject = d->subject;
    d->out->counts.effects++;
    d->out->counts.by_effect[e->id]++;
    put_effect_json(&d->lines, &d->render, e);
    return buf_status(&d->lines);
}

static Status decide_emit(void *ctx, uint32_t event, const Value *fields) {
    Decide *d = ctx;
    uint32_t n = d->p->bundle->events[event].field_count;
    Value *copy = new (&d->arena, Value, n + 1);
    if (copy == NULL)
        return ERR_NOMEM;
    memcpy(copy, fields, n * sizeof *copy);
    Effect *e = &d->emitted;
    e->id = EFFECT_EMITTED;
    e->event = event;
    e->fields = copy;
    e->field_count = n;
    TRY(say(d, e));
    if (d->rules[event].n == 0)
        return OK;
    if (d->queue.n >= LIMIT_CASCADE) {
        d->vm.trap =
            (Trap){.code = TRAP_TOO_MANY, .at = d->vm.trap.at, .fn = d->vm.trap.fn, .table = -1};
        return ERR_TRAP;
    }
    Queued q = {.event = event, .fields = copy, .subject = d->subject};
    q.cause = (Cause){.kind = CAUSE_EFFECT, .index = e->index};
    TRY(arena_printf(&d->arena, &q.id, "%llu", (unsigned long long)e->index));
    return vec_push(&d->queue, q) ? OK : ERR_NOMEM;
}

static Status decide_oblige(void *ctx, uint32_t duty, const Value *args) {
    (void)ctx;
    (void)duty;
    (void)args;
    return OK; /* a duty needs a ledger, and so does an approval */
}

/* An approval neither: it is never at hand. */
static Status decide_escalate(void *ctx, const Value *parties, uint32_t n) {
    (void)ctx;
    (void)parties;
    (void)n;
    return OK;
}

static Status decide_notify(void *ctx, const VmNotice *notice) {
    Decide *d = ctx;
    Value *to = new (&d->arena, Value, notice->n + 1);
    if (to == NULL)
        return ERR_NOMEM;
    memcpy(to, notice->parties, notice->n * sizeof *to);
    Effect e = {.id = EFFECT_NOTIFIED};
    e.values[0] = (Value){.items = to, .n = notice->n, .kind = V_LIST};
    e.values[1] = notice->text;
    return say(d, &e);
}

static Status run_rules(Decide *d, uint32_t event, const VmEvent *vm) {
    const Rules *rules = &d->rules[event];
    const Value *results;
    for (uint32_t i = 0; i < rules->n; i++)
        if (dated_at(&rules->at[i]->dated, vm->time))
            TRY(vm_call(&d->vm, rules->at[i]->fn, vm, NULL, NULL, &results, NULL));
    return OK;
}

static Status decide_event(Decide *d, const Input *in) {
    Str parts[2] = {in->source, in->id};
    d->now = in->time;
    d->has_now = true;
    d->cause = (Cause){.kind = CAUSE_EVENT, .id = in->id};
    d->subject = (Subject){.kind = SUBJECT_EVENT, .key = parts, .key_count = 2};
    VmEvent vm = {.fields = in->fields, .time = in->time, .id = in->id, .source = in->source};
    if (in->actor.n > 0) {
        int32_t party = bundle_party(d->p->bundle, in->actor);
        vm.actor = party >= 0 ? value_of(V_PARTY, party) : value_person(in->actor);
    }
    TRY(run_rules(d, in->event, &vm));
    for (size_t i = 0; i < d->queue.n; i++) {
        Queued q = d->queue.at[i];
        d->cause = q.cause;
        d->subject = q.subject;
        VmEvent emitted = {
            .fields = q.fields, .time = in->time, .id = q.id, .source = d->render.source};
        TRY(run_rules(d, q.event, &emitted));
    }
    return OK;
}

static Status decide_refused(Decide *d, const Refusal *why) {
    Str parts[2] = {why->source, why->id};
    d->now = why->time;
    d->has_now = why->has_time;
    d->cause = (Cause){.kind = CAUSE_EVENT, .id = why->id};
    d->subject = (Subject){.kind = SUBJECT_EVENT, .key = parts, .key_count = 2};
    Effect e = {.id = EFFECT_REJECTED};
    e.values[0] = value_text(reject_text(why->reason));
    e.values[1] = why->field.n > 0 ? value_text(why->field) : value_absent();
    e.values[2] = value_text(why->message);
    e.values[3] = value_text(why->source);
    e.values[4] = value_text(why->id);
    d->out->counts.rejected[why->reason]++;
    return say(d, &e);
}

static Status decide_one(Decide *d, Reading what, const Input *in, const Refusal *refusal) {
    if (what == READ_REFUSED)
        return decide_refused(d, refusal);
    uint64_t next = d->next;
    size_t lines = d->lines.n;
    Counts *counts = &d->out->counts;
    uint64_t effects = counts->effects, emitted = counts->by_effect[EFFECT_EMITTED],
             notified = counts->by_effect[EFFECT_NOTIFIED];
    Status status = decide_event(d, in);
    d->queue.n = 0;
    if (status != ERR_TRAP) {
        counts->events += status == OK;
        return status;
    }
    d->next = next; /* refused whole: what it said is unsaid */
    d->lines.n = lines;
    counts->effects = effects;
    counts->by_effect[EFFECT_EMITTED] = emitted;
    counts->by_effect[EFFECT_NOTIFIED] = notified;
    Buf text = {0};
    put_trap(&text, d->p->bundle, &d->vm.trap);
    Refusal why = {.reason = REJECT_FAILED,
                   .has_time = true,
                   .time = in->time,
                   .source = in->source,
                   .id = in->id};
    status = text.failed ? ERR_NOMEM : arena_str(&d->arena, buf_str(&text), &why.message);
    buf_free(&text);
    return status == OK ? decide_refused(d, &why) : status;
}

static Status decide_feed(Decide *d, size_t number) {
    Feed feed;
    EventReader reader = {.b = d->p->bundle,
                          .arena = &d->arena,
                          .source = d->opt->source,
                          .zone = {.zone = bundle_zone(d->p->bundle)}};
    Status status = input_open(d->p, d->opt, number, &d->keep, &feed, d->err);
    for (bool over = false; status == OK && !over;) {
        Reading what;
        Input event;
        Refusal refusal;
        uint64_t at;
        status = feed_next(&feed, &reader, &what, &event, &refusal, &at, &over, d->err);
        if (status == OK && !over)
            status = decide_one(d, what, &event, &refusal);
        if (status == OK && d->lines.n >= DECIDE_OUT)
            status = flush(d);
        arena_reset(&d->arena);
    }
    d->out->bytes += feed.offset;
    feed_close(&feed);
    return status;
}

static Status decide_init(Decide *d) {
    const Bundle *b = d->p->bundle;
    d->host = (VmHost){.ctx = d,
                       .emit = decide_emit,
                       .oblige = decide_oblige,
                       .ask = decide_oblige,
                       .escalate = decide_escalate,
                       .notify = decide_notify};
    vm_init(&d->vm, b, &d->arena, &d->host);
    d->vm.at = &d->now;
    TRY(render_init(&d->render, b, S("decide"), &d->keep));
    d->rules = new (&d->keep, Rules, b->event_count);
    if (d->rules == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < b->event_count; i++) {
        d->rules[i].at = new (&d->keep, const RuleDef *, b->rule_count + 1);
        if (d->rules[i].at == NULL)
            return ERR_NOMEM;
    }
    for (uint32_t i = 0; i < b->rule_count; i++) {
        if (b->rules[i].event < 0)
            continue;
        Rules *rules = &d->rules[b->rules[i].event];
        rules->at[rules->n++] = &b->rules[i];
    }
    return OK;
}

Status decide_all(const Policy *p, const RunOptions *opt, RunResult *out, Err *err) {
    Decide *d = mem_zalloc(sizeof *d);
    *out = (RunResult){0};
    if (d == NULL)
        return err_say(err, ERR_NOMEM, "out of memory", "内存不足");
    *d = (Decide){.p = p, .opt = opt, .out = out, .err = err};
    Status status = decide_init(d);
    if (status == OK)
        status = inputs_check(p, opt, err);
    for (size_t i = 0; i < opt->event_count && status == OK; i++)
        status = decide_feed(d, i);
    if (status == OK)
        status = flush(d);
    vec_free(&d->queue);
    buf_free(&d->lines);
    arena_free(&d->arena);
    arena_free(&d->keep);
    mem_free(d);
    return status == OK ? OK : err_status(err, status);
}
