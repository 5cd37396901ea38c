/* audit: why-not: conditions run again. The bundle carries its sources: compiled again they give
 * the same code, and beside it where each expression of them is known, so that what a condition
 * came to is read off the machine part by part. */
#include "engine/audit/whynot_int.h"

#include <string.h>

#include "engine/audit/replay.h"
#include "engine/base/json.h"
#include "engine/check/check_int.h"
#include "engine/syntax/marks.h"

enum {
    NODES_MOST = 64, /* values of one condition that are told */
    REPLAYS_MOST = 8 /* of one answer */
};

/* ---- a state that is not there */

static Status no_answer(void *ctx) {
    ((Probe *)ctx)->asks_state = true;
    return OK;
}

static Status no_state(void *ctx, DeclDef decl, int64_t state, const Value *key, uint32_t n,
                       bool *is) {
    (void)decl, (void)state, (void)key, (void)n;
    *is = false;
    return no_answer(ctx);
}

static Status no_measure(void *ctx, uint32_t kpi, const Value *group, Value out[2]) {
    (void)kpi, (void)group;
    out[0] = out[1] = value_absent();
    return no_answer(ctx);
}

static Status no_entity(void *ctx, uint32_t entity, const Value *key, Value *fields, bool *found) {
    (void)entity, (void)key, (void)fields;
    *found = false;
    return no_answer(ctx);
}

static Status no_next(void *ctx, uint32_t entity, int32_t index, Value sought, VmCursor *cursor,
                      Value *fields, bool *found) {
    (void)entity, (void)index, (void)sought, (void)cursor, (void)fields;
    *found = false;
    return no_answer(ctx);
}

static Status no_members(void *ctx, Value party, Value *list) {
    (void)party;
    *list = (Value){.kind = V_LIST};
    return no_answer(ctx);
}

static Status no_superior(void *ctx, Value person, Value *out) {
    *out = person;
    return no_answer(ctx);
}

/* ---- what is done goes nowhere */

/* The key under which something would have been made. */
static Status keep_made(Probe *p, const VmEvent *event, const Value *args) {
    const Value *results;
    uint32_t n = p->sought.key_count;
    bool applies;
    if (p->made_count == MADE_MOST || p->sought.key_fn < 0)
        return OK;
    Status status = vm_call(p->vm, p->sought.key_fn, event, NULL, args, &results, &applies);
    if (status == ERR_TRAP)
        return OK;
    TRY(status);
    Value *key = new (&p->arena, Value, (size_t)n + 1);
    if (key == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < n; i++)
        TRY(value_keep(results[i], &p->arena, &key[i]));
    p->made[p->made_count++] = key;
    return OK;
}

static Status no_emit(void *ctx, uint32_t event, const Value *fields) {
    Probe *p = ctx;
    VmEvent made = {.fields = fields, .time = p->vm->when};
    bool is = p->sought.op == OP_EMIT && p->sought.number == event;
    return is ? keep_made(p, &made, NULL) : OK;
}

static Status no_oblige(void *ctx, uint32_t decl, const Value *args) {
    Probe *p = ctx;
    bool is = p->sought.op == OP_OBLIGE && p->sought.number == decl;
    return is ? keep_made(p, NULL, args) : OK;
}

static Status no_ask(void *ctx, uint32_t decl, const Value *args) {
    Probe *p = ctx;
    bool is = p->sought.op == OP_ASK && p->sought.number == decl;
    return is ? keep_made(p, NULL, args) : OK;
}

static Status no_escalate(void *ctx, const Value *parties, uint32_t n) {
    (void)ctx, (void)parties, (void)n;
    return OK;
}

static Status no_notify(void *ctx, const VmNotice *notice) {
    (void)ctx, (void)notice;
    return OK;
}

/* ---- the policy again */

/* The bundle's sources, compiled; *same: to the same bundle, so that their names are its. */
static Status compile_again(Probe *p, const Bundle *b) {
    Err why = {0};
    policy_init(&p->policy, true);
    p->policy.traced = true;
    Status status = policy_add_sources(&p->policy, b, &why);
    if (status == OK)
        status = policy_finish(&p->policy, &why);
    if (status == ERR_NOMEM)
        return status;
    p->has_policy = status == OK && p->policy.bundle != NULL &&
                    memcmp(p->policy.bundle->hash, b->hash, sizeof b->hash) == 0;
    return OK;
}

static Status watch_values(Probe *p, const Bundle *b) {
    const EmitMarks *marks = &p->policy.values;
    Arena *a = &p->policy.arena;
    uint32_t *at = new (a, uint32_t, (size_t)b->code_count + 1), mark = 0;
    WatchFlag *values = new (a, WatchFlag, (size_t)marks->n + 1);
    p->watch.came_to = new (a, Value, (size_t)marks->n + 1);
    p->watch.came = new (a, uint8_t, (size_t)marks->n + 1);
    if (at == NULL || values == NULL || p->watch.came_to == NULL || p->watch.came == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i <= b->code_count; i++) {
        at[i] = mark;
        for (; mark < marks->n && marks->at[mark].at == i; mark++)
            values[mark] = (WatchFlag){i, (uint32_t)marks->at[mark].reg};
    }
    p->watch.values_at = at;
    p->watch.values = values;
    p->watch.value_count = mark;
    return OK;
}

Status probe_open(WhyNot *n) {
    Probe *p = &n->probe;
    if (n->probes)
        return OK;
    const Bundle *b = n->w.r->b;
    n->probes = true;
    p->w = &n->w;
    TRY(compile_again(p, b));
    p->watch.keep = &p->arena;
    p->watch.past_stops = true;
    if (p->has_policy)
        TRY(watch_values(p, b));
    p->vm = new (&p->policy.arena, Vm, 1);
    if (p->vm == NULL)
        return ERR_NOMEM;
    p->host = (VmHost){.ctx = p,
                       .emit = no_emit,
                       .oblige = no_oblige,
                       .ask = no_ask,
                       .escalate = no_escalate,
                       .notify = no_notify,
                       .state = no_state,
                       .measure = no_measure,
                       .get = no_entity,
                       .next = no_next,
                       .members = no_members,
                       .superior = no_superior};
    return OK;
}

void probe_close(Probe *p) {
    policy_free(&p->policy);
    arena_free(&p->arena);
}

Status probe_run(Probe *p, int32_t fn, const VmEvent *event, const Value **results, bool *applies) {
    arena_reset(&p->arena);
    if (p->watch.came != NULL)
        memset(p->watch.came, 0, p->watch.value_count);
    p->asks_state = false;
    p->made_count = 0;
    vm_init(p->vm, p->w->r->b, &p->arena, &p->host);
    p->vm->watch = &p->watch;
    p->vm->at = NULL;
    *applies = true;
    Status status = vm_call(p->vm, fn, event, NULL, NULL, results, applies);
    if (status == ERR_TRAP || status == ERR_OVERFLOW || status == ERR_INEXACT) {
        *results = NULL;
        return OK;
    }
    return status;
}

/* ---- what it came to */

const Node *probe_duty_where(const Probe *p, uint32_t decl) {
    return p->has_policy && decl < p->policy.program->duties.n
               ? p->policy.program->duties.at[decl]->where
               : NULL;
}

const Node *probe_approval_where(const Probe *p, uint32_t decl) {
    return p->has_policy && decl < p->policy.program->approvals.n
               ? p->policy.program->approvals.at[decl]->base.where
               : NULL;
}

const Node *probe_rule_where(const Probe *p, uint32_t decl) {
    return p->has_policy && decl < p->policy.program->rules.n
               ? p->policy.program->rules.at[decl]->where
               : NULL;
}

const Node *probe_rule_actions(const Probe *p, uint32_t decl) {
    return p->has_policy && decl < p->policy.program->rules.n
               ? p->policy.program->rules.at[decl]->clauses
               : NULL;
}

/* What a node of the policy came to. */
bool probe_value(const Probe *p, const Node *node, Value *out) {
    const EmitMarks *marks = &p->policy.values;
    for (uint32_t i = 0; i < p->watch.value_count; i++)
        if (marks->at[i].node == node && p->watch.came[i] != 0) {
            *out = p->watch.came_to[i];
            return true;
        }
    return false;
}

static bool node_holds(const Probe *p, const Node *node) {
    Value v;
    return probe_value(p, node, &v) && v.kind == V_FLAG && v.i != 0;
}

/* The first part of a condition that did not hold: of what `and` joins the first that failed. */
static const Node *first_failed(const Probe *p, const Node *node) {
    while (node->kind == N_BINARY && node->op == MARK_AND)
        node = node_holds(p, node->a) ? node->b : node->a;
    return node;
}

/* Without parentheses that hold all of it. */
static Str bare_text(Str text) {
    while (text.n > 1 && text.p[0] == '(' && text.p[text.n - 1] == ')') {
        int open = 0;
        size_t closes = 0; /* where the first parenthesis does */
        for (; closes < text.n; closes++) {
            open += text.p[closes] == '(' ? 1 : text.p[closes] == ')' ? -1 : 0;
            if (open == 0)
                break;
        }
        if (closes + 1 < text.n)
            break;
        text = str_trim((Str){text.p + 1, text.n - 2});
    }
    return text;
}

Str probe_text(WhyNot *n, const Node *node) {
    Why *w = &n->w;
    const Probe *p = &n->probe;
    Str text = bare_text(source_text(&p->policy.sources, node->span));
    size_t from = w->out->n;
    bool blank = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i] == '\n' || text.p[i] == '\t' || text.p[i] == '\r' ? ' ' : text.p[i];
        if (c != ' ' || !blank)
            put_c(w->out, c);
        blank = c == ' ';
    }
    return why_cut(w, from);
}

typedef struct Reads {
    const Node *at[NODES_MOST];
    uint32_t n;
} Reads;

static void read_add(Reads *r, const Node *node) {
    for (uint32_t i = 0; i < r->n; i++)
        if (r->at[i] == node)
            return;
    if (r->n < NODES_MOST)
        r->at[r->n++] = node;
}

static bool is_constant(const Node *node) {
    return node->bind == BIND_CONST || node->bind == BIND_PARTY || node->bind == BIND_MEMBER;
}

/* The values that a condition reads: what it names, calls or asks for. Constants have none. */
static void reads_of(const Probe *p, const Node *node, Reads *out) {
    Value v;
    if (node == NULL)
        return;
    switch (node->kind) {
    case N_BINARY:
    case N_UNARY:
    case N_ELSE:
        if (node->bind == BIND_MEASURE && probe_value(p, node, &v))
            read_add(out, node);
        reads_of(p, node->a, out);
        reads_of(p, node->kind != N_UNARY ? node->b : NULL, out);
        return;
    case N_IS_ABSENT:
        reads_of(p, node->a, out);
        return;
    case N_LIST:
        for (const Node *item = node->a; item != NULL; item = item->next)
            reads_of(p, item, out);
        return;
    default: {
        if (!is_constant(node) && probe_value(p, node, &v))
            read_add(out, node);
        const Node *of = node->kind == N_FIELD && node->a != NULL ? node->a : node;
        if (of->kind == N_CALL || of->kind == N_STATE_IS)
            for (const Node *arg = of->a; arg != NULL; arg = arg->next)
                reads_of(p, arg, out);
        return;
    }
    }
}

static void put_reads(WhyNot *n, const Node *failed) {
    Why *w = &n->w;
    Reads reads = {.n = 0};
    reads_of(&n->probe, failed, &reads);
    if (w->json)
        put_text(w->out, S(",\"values\":{"));
    bool comma = false;
    Str said[NODES_MOST];
    for (uint32_t i = 0; i < reads.n; i++) {
        Value v;
        bool again = false;
        if ((reads.at[i] == failed && !w->json) || !probe_value(&n->probe, reads.at[i], &v))
            continue;
        said[i] = probe_text(n, reads.at[i]);
        for (uint32_t k = 0; k < i; k++)
            again = again || (reads.at[k] != failed && str_eq(said[k], said[i]));
        if (again)
            continue;
        if (w->json) {
            put_text(w->out, comma ? S(",") : S(""));
            put_json_string(w->out, said[i]);
            put_c(w->out, ':');
            put_value_json(w->out, w->r->b, &w->r->render.zone, v);
            comma = true;
        } else {
            Str value = v.kind == V_ABSENT ? why_word(w, SAY_NOT_THERE) : why_value(w, v);
            why_say(w, SAY_NOT_VALUE, (Args){{said[i], value}});
        }
    }
    if (w->json)
        put_c(w->out, '}');
}

static Status nothing(void *ctx, Record *fresh, Err *err) {
    (void)ctx, (void)fresh, (void)err;
    return OK;
}

/* Runs the journal again up to an event, so that what asks for the state finds it. */
static Status replay_to(Probe *p, uint64_t index) {
    ReplayOptions opt = {
        .until = {.has_index = true, .index = index}, .watch = &p->watch, .watched = index};
    ReplayResult result = {0};
    if (p->replays++ >= REPLAYS_MOST)
        return OK;
    p->watch.past_stops = false;
    memset(p->watch.came, 0, p->watch.value_count);
    Status status = replay_then(p->w->r, &opt, &result, nothing, NULL, p->w->err);
    p->watch.past_stops = true;
    p->watch.waits = false;
    arena_free(&result.arena);
    return status;
}

/* The input that an event came of. */
static Status root_of(Why *w, const HeardEvent *e, uint64_t *index, bool *found) {
    *index = e->index;
    *found = !e->emitted;
    for (int depth = 0; !*found && depth < 64; depth++) {
        Leaf leaf;
        TRY(record_leaf(w->r, *index, &w->arena, &leaf, w->err));
        *found = leaf.kind == LEAF_EVENT;
        if (leaf.kind != LEAF_EFFECT || leaf.effect.cause.kind == CAUSE_TIMER ||
            leaf.effect.cause.kind == CAUSE_NONE)
            return OK;
        *index = leaf.effect.cause.index;
    }
    return OK;
}

static Status state_then(Probe *p, const HeardEvent *e) {
    uint64_t index;
    bool found;
    TRY(root_of(p->w, e, &index, &found));
    return found ? replay_to(p, index) : OK;
}

Status probe_holds(WhyNot *n, const Node *where, const HeardEvent *e, bool *yes) {
    Probe *p = &n->probe;
    *yes = false;
    if (where == NULL)
        return OK;
    if (p->asks_state)
        TRY(state_then(p, e));
    p->asks_state = false;
    *yes = node_holds(p, where);
    return OK;
}

Status probe_tell(WhyNot *n, const Node *where, const HeardEvent *e, uint32_t file, uint32_t line) {
    Why *w = &n->w;
    Probe *p = &n->probe;
    Value v;
    if (where != NULL && p->asks_state)
        TRY(state_then(p, e));
    if (where == NULL || !probe_value(p, where, &v)) {
        const Fact facts[] = {fact_text("place", why_place(w, file, line)),
                              fact_text("line", why_source(w, file, line))};
        not_tell(n, "condition", SAY_NOT_SOME_CONDITION, facts, 2);
        return OK;
    }
    const Node *failed = first_failed(p, where);
    Place place = source_place(&p->policy.sources, failed->span.file, failed->span.from);
    Str text = probe_text(n, failed), at;
    Str name = p->policy.sources.files.at[failed->span.file].stem;
    TRY(arena_printf(&w->arena, &at, "%.*s:%u", STR_ARG(name), place.line));
    const Fact facts[] = {fact_text("condition", text), fact_text("place", at)};
    not_begin(n, "condition", SAY_NOT_CONDITION, facts, 2);
    put_reads(n, failed);
    not_end(n);
    TRY(probe_row(n, failed));
    return buf_status(w->out);
}
