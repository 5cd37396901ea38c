/* book: approvals as flows: stages, seats, how many, who may not, and what follows. */
#include "engine/book/book_int.h"

static void put_need(Book *b, const Space *home, const Node *need, bool first) {
    if (!first)
        book_br(b);
    book_node(b, home, need);
}

/* A row of what one stage needs. stage NULL: there are no stages. */
static void row_stage(Book *b, const Space *home, const Node *stage, const Node *needs) {
    book_row(b);
    book_raw(b, "<th scope=\"row\">");
    if (!b->html)
        put_text(b->out, S("| "));
    if (stage == NULL) {
        book_say(b, BOOK_NEEDS);
    } else {
        size_t from = b->out->n;
        book_text(b, book_name(b, stage->text, stage->more));
        Str name = book_cut(b, from);
        book_said(b, BOOK_STAGE, &name, 1);
    }
    put_text(b->out, b->html ? S("</th>") : S(" "));
    book_cell(b);
    bool first = true;
    for (const Node *need = needs; need != NULL; need = need->next, first = false) {
        if (stage == NULL && need->kind == N_STAGE)
            continue;
        put_need(b, home, need, first);
    }
    if (stage != NULL && stage->b != NULL) {
        size_t from = b->out->n;
        book_node(b, home, stage->b);
        Str when = book_cut(b, from);
        book_br(b);
        book_said(b, BOOK_ONLY_WHEN, &when, 1);
    }
}

static bool has_stages(const Node *requires) {
    for (const Node *need = requires->a; need != NULL; need = need->next)
        if (need->kind == N_STAGE)
            return true;
    return false;
}

static void rows_requires(Book *b, const Space *home, const Node *requires) {
    if (!has_stages(requires)) {
        row_stage(b, home, NULL, requires->a);
        return;
    }
    for (const Node *stage = requires->a; stage != NULL; stage = stage->next)
        if (stage->kind == N_STAGE)
            row_stage(b, home, stage, stage->a);
}

static void row_clause(Book *b, const Space *home, const Node *clause) {
    switch ((int)clause->kind) {
    case N_REQUIRES:
        rows_requires(b, home, clause);
        return;
    case N_KEY:
        book_row_of(b, BOOK_KEY);
        book_node(b, home, clause);
        return;
    case N_LET:
        book_row_of(b, BOOK_WHERE);
        book_node(b, home, clause);
        return;
    case N_EXCLUDING:
        book_row_of(b, BOOK_EXCLUDED);
        book_nodes(b, home, clause->a);
        return;
    case N_EACH_WITHIN:
        book_row_of(b, BOOK_EACH_WITHIN);
        book_node(b, home, clause->a);
        return;
    case N_REFUSED_BY:
        book_row_of(b, BOOK_REFUSAL);
        book_node(b, home, clause);
        return;
    case N_RESUBMIT:
        book_row_of(b, BOOK_RESUBMIT);
        book_node(b, home, clause);
        return;
    case N_ACT:
        book_row_of(b, BOOK_WITHDRAWAL);
        book_node(b, home, clause);
        return;
    case N_WHEN:
        book_row_of(b, BOOK_OUTCOME);
        book_node(b, home, clause);
        return;
    case N_SET_ZONE:
    case N_SET_CALENDAR:
        book_row_of(b, BOOK_COUNTS);
        book_node(b, home, clause);
        return;
    default:
        return;
    }
}

/* asked for -> stage -> stage -> granted */
static void put_flow(Book *b, const ApprovalSym *a) {
    book_raw(b, "<ol class=\"flow\"><li>");
    book_say(b, BOOK_FLOW_ASKED);
    for (uint32_t i = 0; i < a->stage_count; i++) {
        put_text(b->out, b->html ? S("</li><li>") : S(" → "));
        if (a->stages[i].name.n == 0)
            book_say(b, BOOK_STAGE_ONE);
        else
            book_text(b, book_name(b, a->stages[i].name, a->stages[i].label));
    }
    put_text(b->out, b->html ? S("</li><li class=\"good\">") : S(" → "));
    book_say(b, BOOK_FLOW_GRANTED);
    put_text(b->out, b->html ? S("</li></ol><p class=\"else\">") : S("; "));
    book_say(b, BOOK_FLOW_ELSE);
    put_text(b->out, b->html ? S("</p>\n") : S("\n\n"));
}

static void rows_powers(Book *b, const DutySym *of) {
    bool any = false;
    for (size_t i = 0; i < b->p->powers.n; i++) {
        if (b->p->powers.at[i].of != of)
            continue;
        if (any)
            book_br(b);
        else
            book_row_of(b, BOOK_POWERS);
        any = true;
        book_node(b, NULL, b->p->powers.at[i].node);
    }
}

static void put_approval(Book *b, const ApprovalSym *a) {
    const DutySym *base = &a->base;
    book_heading(b, "approval", base->name, book_name(b, base->name, base->node->more));
    put_flow(b, a);
    book_table(b, "says", NULL, 2);
    book_doc(b, base->node);
    book_row_of(b, BOOK_ASKED);
    book_trigger(b, base->home, base->node);
    for (const Node *clause = base->node->c; clause != NULL; clause = clause->next)
        row_clause(b, base->home, clause);
    rows_powers(b, base);
    book_dated(b, base->node->d, base->home);
    book_row_of(b, BOOK_SOURCE_LINE);
    book_place(b, base->at);
    book_table_end(b);
    book_heading_end(b);
}

void book_approvals(Book *b) {
    if (b->p->approvals.n == 0)
        return;
    book_section(b, "approvals", BOOK_APPROVALS);
    for (size_t i = 0; i < b->p->approvals.n; i++)
        put_approval(b, b->p->approvals.at[i]);
}
