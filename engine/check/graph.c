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
    uint8_t *state; /* of each event: 0 not seen, 1 on the path, 2 done */
    uint32_t *path; /* edges on the path */
    size_t depth;
    bool reported;
} Graph;

static uint32_t approval_node(const Graph *g, uint32_t approval) {
    return (uint32_t)g->p->events.n + approval;
}

static void edge_add(Graph *g, uint32_t from, uint32_t to, Str by) {
    Edge edge = {from, to, by};
    if (!vec_push(&g->edges, edge))
        g->p->nomem = true;
}

static void edges_of(Graph *g, uint32_t from, const Node *actions, Str by) {
    for (const Node *a = actions; a != NULL; a = a->next) {
        if (a->kind == N_EMIT && a->means != NULL)
            edge_add(g, from, ((const Event *)a->means)->number, by);
        if (a->kind == N_ASK && a->means != NULL)
            edge_add(g, from, approval_node(g, ((const ApprovalSym *)a->means)->base.number), by);
    }
}

/* Whether such an act brings a duty into a state. A breach of a prohibition comes by an event, any
 * other by time. */
static bool leads_to(int act, StateRow state) {
    switch (act) {
    case ACT_FULFIL:
    case ACT_PART:
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

static void edges_of_duty(Graph *g, const DutySym *duty) {
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
    return node < p->events.n ? p->events.at[node]->name
                              : p->approvals.at[node - p->events.n]->base.name;
}

static Span node_stands(const Program *p, uint32_t node) {
    return node < p->events.n ? p->events.at[node]->at
                              : p->approvals.at[node - p->events.n]->base.at;
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

/* Depth first; the path is as long as there are events at most, so the recursion is bounded by
 * them. */
static void visit(Graph *g, uint32_t event) {
    g->state[event] = 1;
    for (uint32_t i = 0; i < g->edges.n && !g->reported; i++) {
        if (g->edges.at[i].from != event)
            continue;
        uint32_t to = g->edges.at[i].to;
        if (g->state[to] == 1) {
            size_t start = 0;
            while (start < g->depth && g->edges.at[g->path[start]].from != to)
                start++;
            say_cycle(g, start, i);
        } else if (g->state[to] == 0) {
            g->path[g->depth++] = i;
            visit(g, to);
            g->depth--;
        }
    }
    g->state[event] = 2;
}

static void edges_of_kpi(Graph *g, const KpiSym *kpi) {
    for (uint32_t i = 0; i < kpi->reaction_count; i++)
        for (uint32_t k = 0; k < kpi->agg_count; k++)
            edges_of(g, kpi->aggs[k].event->number, kpi->reactions[i].actions, kpi->name);
}

/* Marks what follows, within the instant, from what a KPI emits. */
static void kpi_leads(const Graph *g, const KpiSym *kpi, uint8_t *marked, size_t nodes) {
    for (size_t i = 0; i < nodes; i++)
        marked[i] = 0;
    for (uint32_t i = 0; i < kpi->reaction_count; i++)
        for (const Node *a = kpi->reactions[i].actions; a != NULL; a = a->next)
            if (a->kind == N_EMIT && a->means != NULL)
                marked[((const Event *)a->means)->number] = 1;
    bool more = true;
    while (more) { /* each round marks something, so there are no more rounds than nodes */
        more = false;
        for (size_t i = 0; i < g->edges.n; i++) {
            const Edge *edge = &g->edges.at[i];
            if (marked[edge->from] && !marked[edge->to])
                marked[edge->to] = more = true;
        }
    }
}

/* Whether all KPIs that lead to this one have their rank. */
static bool kpi_is_free(const Program *p, const uint8_t *leads, const uint8_t *ranked, size_t k) {
    for (size_t i = 0; i < p->kpis.n; i++)
        if (leads[i * p->kpis.n + k] && !ranked[i])
            return false;
    return true;
}

/* The order of the text, but for those that measure what others lead to: they come after them. */
static void kpis_rank(Graph *g, size_t nodes) {
    Program *p = g->p;
    size_t n = p->kpis.n;
    uint8_t *marked = new (p->arena, uint8_t, nodes + 1),
            *leads = new (p->arena, uint8_t, n * n + 1);
    uint8_t *ranked = new (p->arena, uint8_t, n + 1);
    if (marked == NULL || leads == NULL || ranked == NULL) {
        p->nomem = true;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        kpi_leads(g, p->kpis.at[i], marked, nodes);
        for (size_t k = 0; k < n; k++)
            for (uint32_t a = 0; a < p->kpis.at[k]->agg_count; a++)
                leads[i * n + k] |= marked[p->kpis.at[k]->aggs[a].event->number];
    }
    for (uint32_t rank = 0; rank < n; rank++) {
        size_t k = 0;
        while (k < n && (ranked[k] || !kpi_is_free(p, leads, ranked, k)))
            k++;
        if (k == n)
            return; /* a cycle, which is reported */
        p->kpis.at[k]->rank = rank;
        ranked[k] = 1;
    }
}

/* ---- duties that oblige each other as each is breached: their deadlines cut the graph, so it ends
 * within an instant, but never over time (language.md 15) */

typedef struct Chain {
    Program *p;
    uint8_t *state;
    const DutySym **path;
    size_t depth;
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

/* Depth first; no deeper than there are duties. */
static void follow(Chain *c, const DutySym *duty) {
    c->state[duty->number] = 1;
    c->path[c->depth++] = duty;
    for (uint32_t i = 0; i < duty->reaction_count; i++) {
        if (duty->reactions[i].state != STATE_BREACHED)
            continue;
        for (const Node *a = duty->reactions[i].actions; a != NULL; a = a->next) {
            const DutySym *next = a->kind == N_OBLIGE ? a->means : NULL;
            if (next != NULL && c->state[next->number] == 0)
                follow(c, next);
            else if (next != NULL && c->state[next->number] == 1)
                for (size_t k = 0; k < c->depth; k++)
                    if (c->path[k] == next)
                        say_chain(c, k);
        }
    }
    c->depth--;
    c->state[duty->number] = 2;
}

static void chains_check(Program *p) {
    Chain c = {.p = p,
               .state = new (p->arena, uint8_t, p->duties.n + 1),
               .path = new (p->arena, const DutySym *, p->duties.n + 1)};
    p->nomem = p->nomem || c.state == NULL || c.path == NULL;
    for (size_t i = 0; i < p->duties.n && !p->nomem; i++)
        if (c.state[i] == 0)
            follow(&c, p->duties.at[i]);
}

void graph_check(Program *p) {
    chains_check(p);
    Graph g = {.p = p};
    size_t nodes = p->events.n + p->approvals.n;
    g.state = new (p->arena, uint8_t, nodes + 1);
    g.path = new (p->arena, uint32_t, nodes + 1);
    if (g.state == NULL || g.path == NULL) {
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
    for (uint32_t i = 0; i < nodes && !p->nomem; i++)
        if (g.state[i] == 0)
            visit(&g, i);
    kpis_rank(&g, nodes);
    vec_free(&g.edges);
}
