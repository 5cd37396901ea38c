/* book: decision tables as tables, and rules. */
#include "engine/book/book_int.h"

#include "engine/syntax/keyword.h"

static void put_heads(Book *b, const Table *t) {
    put_text(b->out, b->html ? S("<div class=\"wide\"><table class=\"rows\"><thead><tr>") : S(""));
    for (uint32_t i = 0; i < t->input_count + t->output_count; i++) {
        bool out = i >= t->input_count;
        const Field *f = out ? &t->outputs[i - t->input_count] : &t->inputs[i];
        put_text(b->out, b->html
                             ? out ? S("<th scope=\"col\" class=\"out\">") : S("<th scope=\"col\">")
                             : S("| "));
        if (t->feeds != NULL && !out && t->feeds[i].said.n > 0)
            book_text(b, t->feeds[i].said);
        else
            book_text(b, book_name(b, f->name, f->alias));
        put_text(b->out, b->html ? S("</th>") : out ? S(" ⇒ ") : S(" "));
    }
    if (!b->html)
        put_text(b->out, S("|\n"));
    for (uint32_t i = 0; !b->html && i < t->input_count + t->output_count; i++)
        put_text(b->out, S("| --- "));
    put_text(b->out, b->html ? S("</tr></thead><tbody>\n") : S("|\n"));
}

static void put_rows(Book *b, const Table *t) {
    put_heads(b, t);
    for (const Node *row = t->row_nodes; row != NULL; row = row->next) {
        if (row->kind != N_ROW)
            continue;
        book_row(b);
        for (const Node *cell = row->a; cell != NULL; cell = cell->next) {
            book_cell(b);
            book_node(b, t->home, cell);
        }
        for (const Node *out = row->b; out != NULL; out = out->next) {
            book_cell(b);
            book_node(b, t->home, out);
        }
    }
    book_table_end(b);
}

/* The parameters of a declaration in parentheses, from its tree. */
static void put_params(Book *b, const Space *home, const Node *params) {
    book_text(b, S("("));
    for (const Node *param = params; param != NULL; param = param->next) {
        if (param != params)
            book_text(b, S(", "));
        book_node(b, home, param);
    }
    book_text(b, S(")"));
}

static void put_table(Book *b, const Table *t) {
    Str name = t->name;
    if (t->called != t && b->status == OK)
        b->status = arena_printf(&b->arena, &name, "%.*s-%u", STR_ARG(t->name), t->number);
    book_heading(b, "table", name, book_name(b, t->name, t->node->more));
    book_table(b, "says", NULL, 2);
    book_doc(b, t->node);
    book_row_of(b, BOOK_HIT_GIVES);
    put_params(b, t->home, t->in_nodes);
    put_text(b->out, S(" → "));
    book_nodes(b, t->home, t->out_nodes);
    if (t->node->flag == 0) {
        book_row_of(b, BOOK_HIT);
        book_text(b, keyword_hit(t->hit, b->chinese));
    }
    book_dated(b, t->node->d, t->home);
    book_row_of(b, BOOK_SOURCE_LINE);
    book_place(b, t->at);
    book_table_end(b);
    if (t->row_nodes != NULL)
        put_rows(b, t);
    book_heading_end(b);
}

void book_tables(Book *b) {
    bool any = false;
    for (size_t i = 0; i < b->p->tables.n; i++) {
        const Table *t = b->p->tables.at[i];
        if (t->node == NULL)
            continue;
        if (!any)
            book_section(b, "tables", BOOK_TABLES);
        any = true;
        put_table(b, t);
    }
}

/* ---- rules */

static void put_rule(Book *b, const Rule *rule) {
    book_heading(b, "rule", rule->name, book_name(b, rule->name, rule->node->more));
    book_table(b, "says", NULL, 2);
    book_doc(b, rule->node);
    book_row_of(b, BOOK_RUNS);
    book_trigger(b, rule->home, rule->node);
    book_dated(b, rule->node->d, rule->home);
    book_row_of(b, BOOK_SOURCE_LINE);
    book_place(b, rule->at);
    book_table_end(b);
    for (const Node *clause = rule->clauses; clause != NULL; clause = clause->next)
        book_lines(b, rule->home, clause);
    book_heading_end(b);
}

void book_rules(Book *b) {
    if (b->p->rules.n == 0)
        return;
    book_section(b, "rules", BOOK_RULES);
    for (size_t i = 0; i < b->p->rules.n; i++)
        put_rule(b, b->p->rules.at[i]);
}
