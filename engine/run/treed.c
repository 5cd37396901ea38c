/* run: the trees of files, written. */
#include "engine/run/treed.h"

#include "engine/base/json.h"
#include "engine/syntax/parse.h"

typedef struct Tree {
    Sources *sources;
    uint32_t file;
    Buf *out;
} Tree;

enum { PARTS = 4 };

/* "field_decl" */
static void put_kind(Buf *out, const Node *node) {
    Str name = node_name((NodeKind)node->kind);
    for (size_t i = 0; i < name.n; i++)
        put_c(out,
              (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] - 'A' + 'a' : name.p[i]));
}

/* The child that stands next in the text: each of the parts is a list in its order. */
static const Node *next_of(const Node *parts[PARTS]) {
    int first = -1;
    for (int i = 0; i < PARTS; i++)
        if (parts[i] != NULL && (first < 0 || parts[i]->span.from < parts[first]->span.from))
            first = i;
    if (first < 0)
        return NULL;
    const Node *node = parts[first];
    parts[first] = node->next;
    return node;
}

/* Where a node ends, with all that is in it. */
static uint32_t end_of(const Node *node) {
    uint32_t end = node->span.to;
    const Node *const parts[PARTS] = {node->a, node->b, node->c, node->d};
    for (int i = 0; i < PARTS; i++)
        for (const Node *child = parts[i]; child != NULL; child = child->next) {
            uint32_t below = end_of(child);
            end = below > end ? below : end;
        }
    return end;
}

static void put_place(Tree *t, const char *prefix, uint32_t offset) {
    Place place = source_place(t->sources, t->file, offset);
    put_fmt(t->out, ",\"%sline\":%u,\"%scolumn\":%u", prefix, place.line, prefix, place.column);
}

static void put_text_member(Buf *out, const char *name, Str text) {
    if (text.n == 0)
        return;
    put_fmt(out, ",\"%s\":", name);
    put_json_string(out, text);
}

static void put_json_list(Tree *t, const Node *parts[PARTS]);

/* Whether its name stands where a message would underline it, within it. */
static bool is_named_at(const Tree *t, const Node *node) {
    Str text = t->sources->files.at[t->file].text;
    return node->text.n > 0 && node->at.from > node->span.from && node->at.from <= text.n &&
           str_starts(str_from(text, node->at.from), node->text);
}

static void put_json_node(Tree *t, const Node *node) {
    put_text(t->out, S("{\"kind\":\""));
    put_kind(t->out, node);
    put_c(t->out, '"');
    put_text_member(t->out, node->kind == N_LIT ? "text" : "name", node->text);
    put_text_member(t->out, "label", node->more);
    put_place(t, "", node->span.from);
    put_place(t, "end_", end_of(node));
    if (is_named_at(t, node))
        put_place(t, "at_", node->at.from);
    const Node *parts[PARTS] = {node->a, node->b, node->c, node->d};
    put_json_list(t, parts);
    put_c(t->out, '}');
}

static void put_json_list(Tree *t, const Node *parts[PARTS]) {
    const Node *node = next_of(parts);
    if (node == NULL)
        return;
    put_text(t->out, S(",\"items\":["));
    for (const char *comma = ""; node != NULL; node = next_of(parts), comma = ",") {
        put_text(t->out, str_of(comma));
        put_json_node(t, node);
    }
    put_c(t->out, ']');
}

static void put_lines(Tree *t, const Node *parts[PARTS], int depth) {
    for (const Node *node = next_of(parts); node != NULL; node = next_of(parts)) {
        for (int i = 0; i < depth; i++)
            put_text(t->out, S("  "));
        put_kind(t->out, node);
        if (node->text.n > 0) {
            put_c(t->out, ' ');
            put_json_string(t->out, node->text);
        }
        Place from = source_place(t->sources, t->file, node->span.from);
        Place to = source_place(t->sources, t->file, end_of(node));
        put_fmt(t->out, "  %u:%u-%u:%u\n", from.line, from.column, to.line, to.column);
        const Node *below[PARTS] = {node->a, node->b, node->c, node->d};
        put_lines(t, below, depth + 1);
    }
}

Status put_tree(Policy *p, uint32_t file, bool json, Buf *out) {
    Node *items;
    Tree t = {&p->sources, file, out};
    TRY(parse_source(&p->sources, file, &p->arena, &p->diags, NULL, &items));
    const Node *parts[PARTS] = {items};
    if (!json) {
        put_text(out, p->sources.files.at[file].name);
        put_c(out, '\n');
        put_lines(&t, parts, 1);
        return buf_status(out);
    }
    put_text(out, S("{\"file\":"));
    put_json_string(out, p->sources.files.at[file].name);
    put_json_list(&t, parts);
    put_text(out, S("}\n"));
    return buf_status(out);
}
