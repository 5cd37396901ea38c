/* book: the organisation: who stands under whom, with dates, and what each owes. */
#include "engine/book/book_int.h"

enum { ORG_DEPTH = 32 };

/* ---- who owes what */

/* A party named in a node, or behind it in its list. */
static bool names_party(const Node *node, const Party *party) {
    for (; node != NULL; node = node->next)
        if (node->means == party || names_party(node->a, party) || names_party(node->b, party))
            return true;
    return false;
}

static bool owes(const DutySym *duty, const Party *party) {
    for (const Node *c = duty->node->c; c != NULL; c = c->next)
        if (c->kind == N_OWED_BY)
            return names_party(c->a, party);
    return false;
}

static void put_owed(Book *b, const Party *party) {
    bool any = false;
    for (size_t i = 0; i < b->p->duties.n; i++) {
        const DutySym *duty = b->p->duties.at[i];
        if (!owes(duty, party))
            continue;
        if (!any) {
            put_text(b->out, b->html ? S(" <small>") : S(" – "));
            book_say(b, BOOK_OWES);
            put_c(b->out, ' ');
        } else {
            book_say(b, BOOK_LISTED);
        }
        any = true;
        book_link(b, "duty", duty->name, book_name(b, duty->name, duty->node->more));
    }
    if (any)
        book_raw(b, "</small>");
}

/* ---- the tree */

static void put_span(Book *b, const Party *party) {
    const Node *node = party->spans == NULL ? NULL : party->spans->node;
    for (const Node *d = node == NULL ? NULL : node->d; d != NULL; d = d->next)
        if (d->kind == N_DATED && (d->text.n > 0 || d->more.n > 0)) {
            Str args[] = {d->text, d->more};
            book_raw(b, " <small>");
            put_c(b->out, ' ');
            book_said(b, BOOK_FROM_UNTIL, args, 2);
            book_raw(b, "</small>");
        }
}

static void put_party(Book *b, const Party *party) {
    Str title = book_name(b, party->name, party->label.n > 0 ? party->label : party->alias);
    if (b->html) {
        put_text(b->out, S("<span data-find=\""));
        book_text(b, title);
        put_c(b->out, ' ');
        book_text(b, party->name);
        put_text(b->out, S("\">"));
    }
    book_anchor(b, "party", party->name);
    book_strong(b, title);
    if (!str_eq(title, party->name)) {
        put_c(b->out, ' ');
        book_code(b, party->name);
    } else if (party->label.n > 0) {
        put_c(b->out, ' ');
        book_text(b, party->label);
    }
    put_span(b, party);
    put_owed(b, party);
    book_raw(b, "</span>");
}

static void put_indent(Book *b, int depth) {
    for (int i = 0; i < depth && !b->html; i++)
        put_text(b->out, S("  "));
    put_text(b->out, b->html ? S("<li>") : S("- "));
}

static bool stands_under(const Party *party, const Party *above) {
    if (party->team != NULL)
        return party->team == above;
    return (party->spans == NULL ? NULL : party->spans->under) == above;
}

static void put_under(Book *b, const Party *above, int depth) {
    bool any = false;
    for (size_t i = 0; i < b->p->parties.n && depth < ORG_DEPTH; i++) {
        const Party *party = b->p->parties.at[i];
        if (!stands_under(party, above))
            continue;
        if (!any)
            book_raw(b, depth == 0 ? "<ul class=\"org\">" : "<ul>");
        any = true;
        put_indent(b, depth);
        put_party(b, party);
        if (!b->html)
            put_c(b->out, '\n');
        put_under(b, party, depth + 1);
        book_raw(b, "</li>\n");
    }
    if (any)
        book_raw(b, "</ul>");
}

void book_org(Book *b) {
    if (b->p->parties.n == 0)
        return;
    book_section(b, "organisation", BOOK_ORGANISATION);
    put_under(b, NULL, 0);
    put_c(b->out, '\n');
    for (size_t i = 0; i < b->p->parties.n; i++)
        if (b->p->parties.at[i]->kind == PARTY_ROTATION)
            book_lines(b, b->p->parties.at[i]->home, b->p->parties.at[i]->node);
    for (size_t i = 0; i < b->p->deputies.n; i++)
        book_lines(b, NULL, b->p->deputies.at[i].node);
}
