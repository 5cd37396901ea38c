/* check: the reaction graph: which event makes which within one instant. It must have no cycle
 * (design.md 1, language.md 15). Deadlines cut it: what a breach does happens at an instant of its
 * own. From the graph comes the order in which KPIs are judged at one instant: one that measures
 * what another emits comes after it. */
#include "engine/check/check_int.h"

typedef struct Edge {
    uint32_t from, to; /* events, and behind them the approvals */
    Str by;            /* the declaration that turns one into the other */
} Edge;

typedef struct Graph {
    Program *p;
    VEC(Edge) edges;
    size_t nodes;
    uint32_t *out;   /* numbers of edges by where they come from, in the order of the text */
    uint32_t *first; /* those of node i begin at out[first[i]] and end before out[first[i + 1]] */
    uint32_t *next;  /* of each node: how many of its edges were followed */
    uint8_t *state;  /* of each node: 0 not seen, 1 on the path, 2 done */
    uint32_t *path;  /* edges on the path */
    size_t depth;
    bool reported;
} Graph;

static uint32_t approval_node(const Graph *g, uint32_t approval) {
    return (uint32_t)(g->p->events.n + g->p->records.n) + approval;
}

static void edge_add(Graph *g, uint32_t from, uint32_t to, Str by) {
    Edge edge = {from, to, by};
    if (!vec_push(&g->edges, edge))
        g->p->nomem = true;
}

/* What changes a duty changes what is measured of it. */
static void edges_to_records(Graph *g, uint32_t from, const DutySym *duty, Str by) {
    for (size_t i = 0; i < g->p->records.n; i++)
        if (g->p->records.at[i]->duty == duty)
            edge_add(g, from, g->p->records.at[i]->number, by);
}

/* What the engine says of a declaration is heard as events. */
static void edges_to_told(Graph *g, uint32_t from, ToldRow row, uint32_t decl, Str by) {
    for (size_t i = 0; i < g->p->records.n; i++)
        if (told_tells(g->p->records.at[i], row, decl))
            edge_add(g, from, g->p->records.at[i]->number, by);
}

/* What sets or deletes an entity changes what is measured of all of its kind. */
static const Event *record_set(const Program *p, const Node *action) {
    bool sets = (action->kind == N_SET || action->kind == N_DELETE) && action->means != NULL;
    for (size_t i = 0; sets && i < p->records.n; i++)
        if (p->records.at[i]->entity == action->means)
            return p->records.at[i];
    return NULL;
}

static void edges_of(Graph *g, uint32_t from, const Node *actions, Str by) {
    for (const Node *a = actions; a != NULL; a = a->next) {
        if (a->kind == N_EMIT && a->means != NULL)
            edge_add(g, from, ((const Event *)a->means)->number, by);
        if (a->kind == N_OBLIGE && a->means != NULL) {
            const DutySym *duty = a->means;
            edges_to_records(g, from, duty, by);
            edges_to_told(g, from, TOLD_DUTY_OPENED, duty->number, by);
        }
        const Event *record = record_set(g->p, a);
        if (record != NULL)
            edge_add(g, from, record->number, by);
        if (a->kind == N_ASK && a->means != NULL)
            edge_add(g, from, approval_node(g, ((const ApprovalSym *)a->means)->base.number), by);
        if (node_holds_actions(a)) {
            edges_of(g, from, a->c, by);
            edges_of(g, from, a->d, by);
        }
    }
}

/* Whether such an act brings a duty into a state. A breach of a prohibition comes by an event, any
 * other by time. */
static bool leads_to(int act, StateRow state) {
    switch (act) {
    case ACT_FULFIL:
    case ACT_PART:
    case ACT_PORTION:
    case ACT_EXPIRE:
        return state == STATE_FULFILLED;
    case ACT_WAIVE:
        return state == STATE_WAIVED;
    case ACT_CANCEL:
        return state == STATE_CANCELLED;
    case ACT_VIOLATE:
        return state == STATE_BREACHED;
    default:
        return false;
    }
}

/* What is said of a duty when such an act comes; -1: nothing that follows at once. */
static int said_of_act(int act) {
    switch (act) {
    case ACT_FULFIL:
    case ACT_PART:
    case ACT_PORTION:
    case ACT_EXPIRE:
        return TOLD_DUTY_FULFILLED;
    case ACT_WAIVE:
        return TOLD_DUTY_WAIVED;
    case ACT_CANCEL:
        return TOLD_DUTY_CANCELLED;
    case ACT_PAUSE:
        return TOLD_DUTY_PAUSED;
    case ACT_RESUME:
        return TOLD_DUTY_RESUMED;
    case ACT_VIOLATE:
        return TOLD_DUTY_BREACHED;
    default:
        return -1;
    }
}

static void edges_of_act(Graph *g, const DutySym *duty, const ActSym *act) {
    uint32_t from = act->event->number;
    int said = said_of_act(act->kind);
    edges_to_records(g, from, duty, duty->name);
    if (said >= 0)
        edges_to_told(g, from, (ToldRow)said, duty->number, duty->name);
    if (act->kind == ACT_EXPIRE)
        edges_to_told(g, from, TOLD_DUTY_ENDED, duty->number, duty->name);
    edges_to_told(g, from, TOLD_DUTY_CORRECTED, duty->number, duty->name);
}

static void edges_of_duty(Graph *g, const DutySym *duty) {
    if (duty->scope.event != NULL) {
        edges_to_records(g, duty->scope.event->number, duty, duty->name);
        edges_to_told(g, duty->scope.event->number, TOLD_DUTY_OPENED, duty->number, duty->name);
    }
    for (uint32_t k = 0; k < duty->act_count; k++)
        if (duty->acts[k].event != NULL)
            edges_of_act(g, duty, &duty->acts[k]);
    for (uint32_t i = 0; i < duty->reaction_count; i++) {
        StateRow state = duty->reactions[i].state;
        for (uint32_t k = 0; k < duty->act_count; k++)
            if (leads_to(duty->acts[k].kind, state) && duty->acts[k].event != NULL)
                edges_of(g, duty->acts[k].event->number, duty->reactions[i].actions, duty->name);
    }
}

/* What opens an approval may at once grant it (nothing is required) or find that it cannot be had;
 * votes are events of their own, which nothing emits. */
static void edges_of_approval(Graph *g, const ApprovalSym *a) {
    const DutySym *base = &a->base;
    uint32_t node = approval_node(g, base->number);
    if (base->scope.event != NULL)
        edge_add(g, base->scope.event->number, node, base->name);
    static const ToldRow at_once[] = {TOLD_APPROVAL_OPENED, TOLD_APPROVAL_GRANTED,
                                      TOLD_APPROVAL_UNATTAINABLE, TOLD_APPROVAL_ESCALATED};
    for (size_t i = 0; i < sizeof at_once / sizeof *at_once; i++)
        edges_to_told(g, node, at_once[i], base->number, base->name);
    for (uint32_t k = 0; k < base->act_count; k++)
        if (base->acts[k].event != NULL)
            edges_to_told(g, base->acts[k].event->number, TOLD_APPROVAL_WITHDRAWN, base->number,
                          base->name);
    for (uint32_t i = 0; i < base->reaction_count; i++) {
        StateRow state = base->reactions[i].state;
        if (state == STATE_GRANTED || state == STATE_UNATTAINABLE)
            edges_of(g, node, base->reactions[i].actions, base->name);
        for (uint32_t k = 0; state == STATE_WITHDRAWN && k < base->act_count; k++)
            if (base->acts[k].event != NULL)
                edges_of(g, base->acts[k].event->number, base->reactions[i].actions, base->name);
    }
}

static Str node_called(const Program *p, uint32_t node) {
    size_t events = p->events.n, records = p->records.n;
    return node < events             ? p->events.at[node]->name
           : node < events + records ? p->records.at[node - events]->name
                                     : p->approvals.at[node - events - records]->base.name;
}

static Span node_stands(const Program *p, uint32_t node) {
    size_t events = p->events.n, records = p->records.n;
    return node < events             ? p->events.at[node]->at
           : node < events + records ? p->records.at[node - events]->at
                                     : p->approvals.at[node - events - records]->base.at;
}

static void say_cycle(Graph *g, size_t start, uint32_t closing) {
    Program *p = g->p;
    const Edge *last = &g->edges.at[closing];
    Str text = {NULL, 0};
    for (size_t i = start; i <= g->depth; i++) {
        const Edge *e = i < g->depth ? &g->edges.at[g->path[i]] : last;
        Str from = node_called(p, e->from);
        text = text.n == 0
                   ? say(p, "%.*s -> (%.*s)", STR_ARG(from), STR_ARG(e->by))
                   : say(p, "%.*s -> %.*s -> (%.*s)", STR_ARG(text), STR_ARG(from), STR_ARG(e->by));
    }
    Str end = node_called(p, last->to);
    diag_add1(p->diags, DIAG_REACTION_CYCLE, node_stands(p, last->to),
              say(p, "%.*s -> %.*s", STR_ARG(text), STR_ARG(end)));
    g->reported = true;
}

/* Files the edges by where they come from. */
static void edges_sort(Graph *g) {
    Arena *a = g->p->arena;
    g->out = new (a, uint32_t, g->edges.n + 1);
    g->first = new (a, uint32_t, g->nodes + 2);
    if (g->out == NULL || g->first == NULL) {
        g->p->nomem = true;
        return;
    }
    for (size_t i = 0; i < g->edges.n; i++)
        g->first[g->edges.at[i].from + 2]++;
    for (size_t i = 2; i < g->nodes + 2; i++)
        g->first[i] += g->first[i - 1];
    for (uint32_t i = 0; i < g->edges.n; i++)
        g->out[g->first[g->edges.at[i].from + 1]++] = i;
}

/* One step along an edge from the end of the path. */
static void step(Graph *g, uint32_t number) {
    uint32_t to = g->edges.at[number].to;
    if (g->state[to] == 1) {
        size_t start = 0;
        while (start < g->depth && g->edges.at[g->path[start]].from != to)
            start++;
        say_cycle(g, start, number);
    } else if (g->state[to] == 0) {
        g->path[g->depth++] = number;
        g->state[to] = 1;
    }
}

/* Depth first, without recursion: a chain may be as long as there are events. */
static void visit(Graph *g, uint32_t root) {
    uint32_t at = root;
    g->state[at] = 1;
    for (;;) {
        if (g->first[at] + g->next[at] < g->first[at + 1] && !g->reported) {
            step(g, g->out[g->first[at] + g->next[at]++]);
        } else {
            g->state[at] = 2;
            if (g->depth == 0)
                return;
            g->depth--;
        }
        at = g->depth == 0 ? root : g->edges.at[g->path[g->depth - 1]].to;
    }
}

static void edges_of_kpi(Graph *g, const KpiSym *kpi) {
    for (uint32_t k = 0; k < kpi->agg_count; k++)
        for (ToldRow row = TOLD_KPI_WARNING; row <= TOLD_KPI_CLEARED; row++)
            edges_to_told(g, kpi->aggs[k].event->number, row, kpi->number, kpi->name);
    for (uint32_t i = 0; i < kpi->reaction_count; i++)
        for (uint32_t k = 0; k < kpi->agg_count; k++)
            edges_of(g, kpi->aggs[k].event->number, kpi->reactions[i].actions, kpi->name);
}

/* What follows from what: the events at which something leads to KPIs, and the order so far. */
typedef struct Ranking {
    Graph *g;
    uint32_t *measured; /* numbers of KPIs by the events they measure; a quotient stands twice */
    uint32_t *first;    /* those of event i are measured[first[i]] to before first[i + 1] */
    uint32_t *waits;    /* of each KPI: how often something not yet ranked leads to it */
    uint8_t *marked;    /* nodes that follow from the KPI at hand */
    uint32_t *follow;   /* the same as a list */
    uint32_t count;
} Ranking;

static void mark(Ranking *r, uint32_t node) {
    if (r->marked[node])
        return;
    r->marked[node] = 1;
    r->follow[r->count++] = node;
}

static void mark_records(Ranking *r, const DutySym *duty) {
    const Program *p = r->g->p;
    for (size_t i = 0; i < p->records.n; i++)
        if (p->records.at[i]->duty == duty)
            mark(r, p->records.at[i]->number);
}

static void mark_told(Ranking *r, ToldRow row, uint32_t decl) {
    const Program *p = r->g->p;
    for (size_t i = 0; i < p->records.n; i++)
        if (told_tells(p->records.at[i], row, decl))
            mark(r, p->records.at[i]->number);
}

static void mark_emitted(Ranking *r, const Node *actions) {
    for (const Node *a = actions; a != NULL; a = a->next) {
        if (a->kind == N_EMIT && a->means != NULL)
            mark(r, ((const Event *)a->means)->number);
        if (a->kind == N_OBLIGE && a->means != NULL) {
            mark_records(r, a->means);
            mark_told(r, TOLD_DUTY_OPENED, ((const DutySym *)a->means)->number);
        }
        const Event *record = record_set(r->g->p, a);
        if (record != NULL)
            mark(r, record->number);
        if (node_holds_actions(a)) {
            mark_emitted(r, a->c);
            mark_emitted(r, a->d);
        }
    }
}

/* Adds `by` to the waits of all KPIs that measure what follows, within the instant, from what a KPI
 * emits. */
static void kpi_leads(Ranking *r, const KpiSym *kpi, int by) {
    const Graph *g = r->g;
    r->count = 0;
    for (uint32_t i = 0; i < kpi->reaction_count; i++)
        mark_emitted(r, kpi->reactions[i].actions);
    for (ToldRow row = TOLD_KPI_WARNING; row <= TOLD_KPI_CLEARED; row++)
        mark_told(r, row, kpi->number);
    for (uint32_t i = 0; i < r->count; i++) {
        uint32_t node = r->follow[i];
        for (uint32_t k = g->first[node]; k < g->first[node + 1]; k++)
            mark(r, g->edges.at[g->out[k]].to);
        if (node >= g->p->events.n + g->p->records.n)
            continue;
        for (uint32_t k = r->first[node]; k < r->first[node + 1]; k++)
            r->waits[r->measured[k]] += (uint32_t)by;
    }
    for (uint32_t i = 0; i < r->count; i++)
        r->marked[r->follow[i]] = 0;
}

static bool ranking_make(Ranking *r) {
    const Program *p = r->g->p;
    size_t events = p->events.n + p->records.n, n = p->kpis.n;
    r->measured = new (p->arena, uint32_t, 2 * n + 1);
    r->first = new (p->arena, uint32_t, events + 2);
    r->waits = new (p->arena, uint32_t, n + 1);
    r->marked = new (p->arena, uint8_t, r->g->nodes + 1);
    r->follow = new (p->arena, uint32_t, r->g->nodes + 1);
    if (r->measured == NULL || r->first == NULL || r->waits == NULL || r->marked == NULL ||
        r->follow == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < p->kpis.at[i]->agg_count; k++)
            r->first[p->kpis.at[i]->aggs[k].event->number + 2]++;
    for (size_t i = 2; i < events + 2; i++)
        r->first[i] += r->first[i - 1];
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < p->kpis.at[i]->agg_count; k++)
            r->measured[r->first[p->kpis.at[i]->aggs[k].event->number + 1]++] = i;
    return true;
}

/* The order of the text, but for those that measure what others lead to: they come after them. */
static void kpis_rank(Graph *g) {
    Program *p = g->p;
    Ranking r = {.g = g};
    uint8_t *ranked = new (p->arena, uint8_t, p->kpis.n + 1);
    if (p->nomem || ranked == NULL || !ranking_make(&r)) {
        p->nomem = true;
        return;
    }
    for (size_t i = 0; i < p->kpis.n; i++)
        kpi_leads(&r, p->kpis.at[i], 1);
    size_t k = 0; /* all before it are ranked, or wait */
    for (uint32_t rank = 0; rank < p->kpis.n; rank++) {
        while (k < p->kpis.n && (ranked[k] || r.waits[k] > 0))
            k++;
        if (k == p->kpis.n)
            return; /* a cycle, which is reported */
        p->kpis.at[k]->rank = rank;
        ranked[k] = 1;
        kpi_leads(&r, p->kpis.at[k], -1);
        if (r.count > 0)
            k = 0; /* one before it may wait no more */
    }
}

/* ---- duties that oblige each other as each is breached: their deadlines cut the graph, so it ends
 * within an instant, but never over time (language.md 15) */

typedef struct Chain {
    Program *p;
    uint8_t *state;
    const DutySym **path;
    size_t depth;
    VEC(const Rule *) rules;     /* that hear of breaches */
    VEC(const DutySym *) duties; /* which a breach of another raises */
} Chain;

static void say_chain(Chain *c, size_t start) {
    Str text = {NULL, 0};
    for (size_t i = start; i < c->depth; i++)
        text = text.n == 0 ? c->path[i]->name
                           : say(c->p, "%.*s -> %.*s", STR_ARG(text), STR_ARG(c->path[i]->name));
    const DutySym *first = c->path[start];
    diag_add1(c->p->diags, DIAG_BREACH_CHAIN, first->at,
              say(c->p, "%.*s -> %.*s", STR_ARG(text), STR_ARG(first->name)));
}

static void follow(Chain *c, const DutySym *duty);

static void follow_one(Chain *c, const DutySym *next) {
    if (c->state[next->number] == 0)
        follow(c, next);
    else if (c->state[next->number] == 1)
        for (size_t k = 0; k < c->depth; k++)
            if (c->path[k] == next)
                say_chain(c, k);
}

static void follow_obliged(Chain *c, const Node *actions) {
    for (const Node *a = actions; a != NULL; a = a->next) {
        const DutySym *next = a->kind == N_OBLIGE ? a->means : NULL;
        if (node_holds_actions(a)) {
            follow_obliged(c, a->c);
            follow_obliged(c, a->d);
        }
        if (next != NULL)
            follow_one(c, next);
    }
}

/* Depth first; no deeper than there are duties. */
static void follow(Chain *c, const DutySym *duty) {
    c->state[duty->number] = 1;
    c->path[c->depth++] = duty;
    for (uint32_t i = 0; i < duty->reaction_count; i++) {
        if (duty->reactions[i].state != STATE_BREACHED)
            continue;
        follow_obliged(c, duty->reactions[i].actions);
    }
    for (size_t i = 0; i < c->rules.n; i++)
        if (told_tells(c->rules.at[i]->scope.event, TOLD_DUTY_BREACHED, duty->number))
            follow_obliged(c, c->rules.at[i]->clauses);
    for (size_t i = 0; i < c->duties.n; i++)
        if (told_tells(c->duties.at[i]->scope.event, TOLD_DUTY_BREACHED, duty->number))
            follow_one(c, c->duties.at[i]);
    c->depth--;
    c->state[duty->number] = 2;
}

static bool hears_breaches(const Event *event) {
    return event != NULL && event->told && event->row == TOLD_DUTY_BREACHED;
}

static void chains_check(Program *p) {
    Chain c = {.p = p,
               .state = new (p->arena, uint8_t, p->duties.n + 1),
               .path = new (p->arena, const DutySym *, p->duties.n + 1)};
    p->nomem = p->nomem || c.state == NULL || c.path == NULL;
    for (size_t i = 0; i < p->rules.n && !p->nomem; i++)
        if (hears_breaches(p->rules.at[i]->scope.event) && !vec_push(&c.rules, p->rules.at[i]))
            p->nomem = true;
    for (size_t i = 0; i < p->duties.n && !p->nomem; i++)
        if (hears_breaches(p->duties.at[i]->scope.event) && !vec_push(&c.duties, p->duties.at[i]))
            p->nomem = true;
    for (size_t i = 0; i < p->duties.n && !p->nomem; i++)
        if (c.state[i] == 0)
            follow(&c, p->duties.at[i]);
    vec_free(&c.rules);
    vec_free(&c.duties);
}

void graph_check(Program *p) {
    chains_check(p);
    Graph g = {.p = p};
    g.nodes = p->events.n + p->records.n + p->approvals.n;
    g.next = new (p->arena, uint32_t, g.nodes + 1);
    g.state = new (p->arena, uint8_t, g.nodes + 1);
    g.path = new (p->arena, uint32_t, g.nodes + 1);
    if (g.next == NULL || g.state == NULL || g.path == NULL) {
        p->nomem = true;
        return;
    }
    for (size_t i = 0; i < p->rules.n; i++)
        if (p->rules.at[i]->scope.event != NULL)
            edges_of(&g, p->rules.at[i]->scope.event->number, p->rules.at[i]->clauses,
                     p->rules.at[i]->name);
    for (size_t i = 0; i < p->duties.n; i++)
        edges_of_duty(&g, p->duties.at[i]);
    for (size_t i = 0; i < p->approvals.n; i++)
        edges_of_approval(&g, p->approvals.at[i]);
    for (size_t i = 0; i < p->kpis.n; i++)
        edges_of_kpi(&g, p->kpis.at[i]);
    edges_sort(&g);
    for (uint32_t i = 0; i < g.nodes && !p->nomem; i++)
        if (g.state[i] == 0)
            visit(&g, i);
    kpis_rank(&g);
    vec_free(&g.edges);
}
