/* check: tables that ask tables. A row may compute its outputs with another table; none may come
 * back to itself, and the chain has a bound, which is that of the machine's stack. */
#include "engine/check/check_int.h"

#include "engine/base/limits.h"

typedef struct Calls {
    Program *p;
    uint8_t *depth; /* of each table: how many compute below it and with it; 0: not known yet */
    const Table *path[LIMIT_TABLE_DEPTH + 1];
    uint32_t n;
} Calls;

static uint32_t table_depth(Calls *c, const Table *t);

static Str path_text(Calls *c, uint32_t from, const Table *last) {
    Program *p = c->p;
    Str text = c->path[from]->name;
    for (uint32_t i = from + 1; i < c->n; i++)
        text = say(p, "%.*s -> %.*s", STR_ARG(text), STR_ARG(c->path[i]->name));
    return say(p, "%.*s -> %.*s", STR_ARG(text), STR_ARG(last->name));
}

/* What is below a call of `to`; what is wrong with it is said once, and then counts as nothing. */
static uint32_t version_depth(Calls *c, const Table *to) {
    for (uint32_t i = 0; i < c->n; i++)
        if (c->path[i] == to) {
            diag_add2(c->p->diags, DIAG_TABLE_CYCLE, to->at, to->name, path_text(c, i, to));
            return 0;
        }
    uint32_t below = c->depth[to->number];
    if (below == 0 && c->n <= LIMIT_TABLE_DEPTH)
        below = table_depth(c, to);
    if (c->n + below > LIMIT_TABLE_DEPTH) {
        diag_add2(c->p->diags, DIAG_TABLE_DEPTH, c->path[0]->at, say_count(c->p, LIMIT_TABLE_DEPTH),
                  path_text(c, 0, to));
        return 0;
    }
    return below;
}

static uint32_t called_depth(Calls *c, const Table *eldest) {
    uint32_t most = 0;
    for (const Table *t = eldest; t != NULL; t = t->later) {
        uint32_t below = t->ready ? version_depth(c, t) : 0;
        most = below > most ? below : most;
    }
    return most;
}

/* Recursion over trees is bounded by the parser's LIMIT_NESTING. */
static uint32_t calls_below(Calls *c, const Node *node, bool list) {
    uint32_t most = 0;
    for (; node != NULL; node = list ? node->next : NULL) {
        bool call = node->bind == BIND_TABLE;
        uint32_t below[] = {call ? called_depth(c, node->means) : 0,
                            calls_below(c, node->a, node_lists(node)),
                            calls_below(c, node->b, false)};
        for (size_t i = 0; i < 3; i++)
            most = below[i] > most ? below[i] : most;
    }
    return most;
}

/* What it calls is known by now. */
static void table_reads(const Table *t) {
    bool reads = false;
    for (uint32_t i = 0; t->feeds != NULL && i < t->column_count; i++)
        reads = reads || expr_reads(t->feeds[i].value);
    for (uint32_t r = 0; r < t->row_count; r++)
        for (uint32_t o = 0; o < t->output_count; o++)
            reads = reads || expr_reads(t->rows[r].outputs[o]);
    ((Table *)(uintptr_t)t)->reads = reads;
}

static uint32_t table_depth(Calls *c, const Table *t) {
    uint32_t most = 0;
    c->path[c->n++] = t;
    for (uint32_t i = 0; t->feeds != NULL && i < t->column_count; i++) {
        uint32_t below = calls_below(c, t->feeds[i].value, false);
        most = below > most ? below : most;
    }
    for (uint32_t r = 0; r < t->row_count; r++)
        for (uint32_t o = 0; o < t->output_count; o++) {
            uint32_t below = calls_below(c, t->rows[r].outputs[o], false);
            most = below > most ? below : most;
        }
    c->n--;
    table_reads(t);
    c->depth[t->number] = (uint8_t)(most + 1);
    return most + 1;
}

void calls_check(Program *p) {
    Calls c = {.p = p, .depth = new (p->arena, uint8_t, p->tables.n + 1)};
    if (c.depth == NULL) {
        p->nomem = true;
        return;
    }
    for (size_t i = 0; i < p->tables.n; i++)
        if (p->tables.at[i]->ready && c.depth[p->tables.at[i]->number] == 0)
            (void)table_depth(&c, p->tables.at[i]);
}
