/* syntax: the tree, counted and printed. */
#include "engine/syntax/tree.h"

static const char *const node_names[] = {
    "NONE",
#define NODE(kind, doc) #kind,
#include "engine/syntax/node.def"
};

Str node_name(NodeKind kind) {
    return kind < N_COUNT ? str_of(node_names[kind]) : S("?");
}

bool node_lists(const Node *node) {
    return node->kind == N_CALL || node->kind == N_LIST || node->kind == N_RECORD;
}

size_t node_count(const Node *list) {
    size_t n = 0;
    for (; list != NULL; list = list->next)
        n++;
    return n;
}

static void dump_one(const Node *node, int depth, Buf *out) {
    for (int i = 0; i < depth; i++)
        put_text(out, S("  "));
    put_text(out, node_name((NodeKind)node->kind));
    if (node->op != 0)
        put_fmt(out, " op=%u", node->op);
    if (node->flag != 0)
        put_fmt(out, " flag=%u", node->flag);
    if (node->text.n > 0)
        put_fmt(out, " '%.*s'", STR_ARG(node->text));
    if (node->more.n > 0)
        put_fmt(out, " '%.*s'", STR_ARG(node->more));
    put_c(out, '\n');
}

void node_dump(const Node *list, int depth, Buf *out) {
    for (const Node *node = list; node != NULL; node = node->next) {
        dump_one(node, depth, out);
        node_dump(node->a, depth + 1, out);
        node_dump(node->b, depth + 1, out);
        node_dump(node->c, depth + 1, out);
        node_dump(node->d, depth + 1, out);
    }
}
