/* check: the reaction graph: which event makes which within one instant. It must have no cycle
 * (design.md 1, language.md 15). Deadlines cut it: what a breach does happens at an instant of its
 * own. */
#include "engine/check/check_int.h"

typedef struct Edge {
    uint32_t from, to; /* events */
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

static void edges_of(Graph *g, uint32_t from, const Node *actions, Str by) {
    for (const Node *a = actions; a != NULL; a = a->next) {
        if (a->kind != N_EMIT || a->means == NULL)
            continue;
        Edge edge = {from, ((const Event *)a->means)->number, by};
        if (!vec_push(&g->edges, edge))
            g->p->nomem = true;
    }
}

static void edges_of_duty(Graph *g, const DutySym *duty) {
    for (uint32_t i = 0; i < duty->reaction_count; i++) {
        StateRow state = duty->reactions[i].state;
        if (state == STATE_BREACHED)
            continue;
        int kind = state == STATE_FULFILLED ? ACT_FULFIL
                   : state == STATE_WAIVED  ? ACT_WAIVE
                                            : ACT_CANCEL;
        for (uint32_t k = 0; k < duty->act_count; k++)
            if (duty->acts[k].kind == kind && duty->acts[k].event != NULL)
                edges_of(g, duty->acts[k].event->number, duty->reactions[i].actions, duty->name);
    }
}

static void say_cycle(Graph *g, size_t start, uint32_t closing) {
    Program *p = g->p;
    const Edge *last = &g->edges.at[closing];
    Str text = {NULL, 0};
    for (size_t i = start; i <= g->depth; i++) {
        const Edge *e = i < g->depth ? &g->edges.at[g->path[i]] : last;
        Str from = p->events.at[e->from]->name;
        text = text.n == 0
                   ? say(p, "%.*s -> (%.*s)", STR_ARG(from), STR_ARG(e->by))
                   : say(p, "%.*s -> %.*s -> (%.*s)", STR_ARG(text), STR_ARG(from), STR_ARG(e->by));
    }
    Str end = p->events.at[last->to]->name;
    diag_add1(p->diags, DIAG_REACTION_CYCLE, p->events.at[last->to]->at,
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

void graph_check(Program *p) {
    Graph g = {.p = p};
    g.state = new (p->arena, uint8_t, p->events.n + 1);
    g.path = new (p->arena, uint32_t, p->events.n + 1);
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
    for (uint32_t i = 0; i < p->events.n && !p->nomem; i++)
        if (g.state[i] == 0)
            visit(&g, i);
    vec_free(&g.edges);
}
