/* book: duties: each as a table of sentences, and all their deadlines at one glance. */
#include "engine/book/book_int.h"

/* ---- what duties, approvals and rules share */

static const Node *clause_of(const Node *clauses, NodeKind kind) {
    while (clauses != NULL && clauses->kind != kind)
        clauses = clauses->next;
    return clauses;
}

static Str cut_node(Book *b, const Space *home, const Node *node) {
    size_t from = b->out->n;
    book_node(b, home, node);
    return book_cut(b, from);
}

static Str cut_nodes(Book *b, const Space *home, const Node *list) {
    size_t from = b->out->n;
    book_nodes(b, home, list);
    return book_cut(b, from);
}

void book_trigger(Book *b, const Space *home, const Node *node) {
    const Node *trigger = node->b;
    if (trigger == NULL) {
        book_say(b, BOOK_ON_RULE);
        for (const Node *param = node->a; param != NULL; param = param->next) {
            book_text(b, param == node->a ? S(" (") : S(", "));
            book_node(b, home, param);
            if (param->next == NULL)
                book_text(b, S(")"));
        }
    } else if (trigger->kind == N_ON) {
        Str args[] = {cut_node(b, home, trigger->a), cut_node(b, home, trigger->b)};
        book_said(b, BOOK_ON_EVENT, args, 2);
    } else {
        book_node(b, home, trigger);
    }
}

void book_doc(Book *b, const Node *node) {
    Str chapter, remark = book_remark(b, node, &chapter);
    if (chapter.n > 0) {
        book_row_of(b, BOOK_CHAPTER);
        book_text(b, chapter);
    }
    if (remark.n > 0) {
        book_row_of(b, BOOK_REMARK);
        book_text(b, remark);
    }
}

void book_dated(Book *b, const Node *dated, const Space *home) {
    for (const Node *d = dated; d != NULL; d = d->next)
        if (d->kind == N_DATED && (d->text.n > 0 || d->more.n > 0)) {
            book_row_of(b, BOOK_APPLIES);
            book_node(b, home, d);
        }
}

/* ---- the deadline */

static void put_due(Book *b, const DutySym *duty) {
    const Node *clauses = duty->node->c;
    const Node *within = clause_of(clauses, N_DUE_WITHIN), *by = clause_of(clauses, N_DUE_BY);
    const Node *due = within != NULL ? within : by;
    if (due == NULL) {
        book_say(b, BOOK_DUE_NEVER);
        return;
    }
    Str arg = cut_node(b, duty->home, due->a);
    BookWord how = within == NULL && due->a->kind == N_END_OF ? BOOK_DUE_BY_END
                   : within == NULL                           ? BOOK_DUE_BY
                   : duty->forbids                            ? BOOK_DUE_UNTIL_WITHIN
                                                              : BOOK_DUE_WITHIN;
    book_said(b, how, &arg, 1);
}

/* Whether a name of a let is read in a node. */
static bool reads(const Node *node, Str name) {
    for (; node != NULL; node = node->next)
        if ((node->kind == N_REF && str_eq(node->text, name)) || reads(node->a, name) ||
            reads(node->b, name) || reads(node->c, name) || reads(node->d, name))
            return true;
    return false;
}

static void put_let(Book *b, const Space *home, const Node *let) {
    Str args[] = {let->text, {NULL, 0}};
    args[1] = cut_node(b, home, let->a);
    book_br(b);
    book_said(b, BOOK_LET_WHERE, args, 2);
}

/* What the names in a clause stand for: lets that it reads, and lets that these read. */
static void put_lets(Book *b, const DutySym *duty, const Node *clause) {
    const Node *lets = duty->node->c;
    for (const Node *let = lets; let != NULL; let = let->next) {
        bool read = let->kind == N_LET && clause != NULL && reads(clause->a, let->text);
        for (const Node *other = lets; other != NULL && clause != NULL && !read;
             other = other->next)
            read = let->kind == N_LET && other->kind == N_LET && reads(clause->a, other->text) &&
                   reads(other->a, let->text);
        if (read)
            put_let(b, duty->home, let);
    }
}

static const Node *due_clause(const DutySym *duty) {
    const Node *within = clause_of(duty->node->c, N_DUE_WITHIN);
    return within != NULL ? within : clause_of(duty->node->c, N_DUE_BY);
}

static void row_due(Book *b, const DutySym *duty) {
    book_row_of(b, BOOK_DUE);
    put_due(b, duty);
    put_lets(b, duty, due_clause(duty));
}

static void row_owner(Book *b, const DutySym *duty) {
    const Node *owed = clause_of(duty->node->c, N_OWED_BY);
    if (owed == NULL)
        return;
    book_row_of(b, BOOK_OWED_BY);
    book_node(b, duty->home, owed->a);
    put_lets(b, duty, owed);
}

/* ---- the ladder */

static Str rung_does(Book *b, const Space *home, const Node *action) {
    Str to = cut_nodes(b, home, action->a);
    size_t from = b->out->n;
    book_said(b, action->kind == N_REMIND ? BOOK_RUNG_REMINDS : BOOK_RUNG_RAISES, &to, 1);
    return book_cut(b, from);
}

static void put_rung(Book *b, const DutySym *duty, const Node *rung, unsigned n) {
    Str does = rung->b == NULL ? (Str){NULL, 0} : rung_does(b, duty->home, rung->b);
    Str args[] = {does, does};
    BookWord how = duty->forbids ? BOOK_RUNG_BREACH : BOOK_RUNG_DUE;
    if (rung->op != RUNG_DUE) {
        args[0] = cut_node(b, duty->home, rung->a);
        how = rung->op == RUNG_SHARE    ? BOOK_RUNG_SHARE
              : rung->op == RUNG_BEFORE ? BOOK_RUNG_BEFORE
                                        : BOOK_RUNG_AFTER;
    }
    if (n > 1)
        book_br(b);
    put_fmt(b->out, b->html ? "<b>%u</b> " : "%u\\. ", n);
    book_said(b, how, args, 2);
    for (const Node *more = rung->c; more != NULL; more = more->next) {
        book_say(b, BOOK_LISTED);
        book_node(b, duty->home, more);
    }
}

static void row_ladder(Book *b, const DutySym *duty) {
    const Node *ladder = clause_of(duty->node->c, N_ESCALATE);
    if (ladder == NULL)
        return;
    book_row_of(b, BOOK_LADDER);
    unsigned n = 0;
    for (const Node *rung = ladder->a; rung != NULL; rung = rung->next)
        put_rung(b, duty, rung, ++n);
}

/* ---- the other clauses: their own text, under what it is of */

static bool label_of(const Node *clause, BookWord *out) {
    switch ((int)clause->kind) {
    case N_KEY:
        *out = BOOK_KEY;
        return true;
    case N_ATTRIBUTE:
        *out = BOOK_SAYS_OF_ITSELF;
        return true;
    case N_STARTS:
        *out = BOOK_STARTS;
        return true;
    case N_ACT:
    case N_PARTS:
        *out = clause->kind == N_ACT && clause->op == ACT_WITHDRAW ? BOOK_WITHDRAWAL : BOOK_ENDS;
        return true;
    case N_PAUSE:
        *out = BOOK_PAUSES;
        return true;
    case N_FORBID:
        *out = BOOK_FORBIDS;
        return true;
    case N_AGAIN:
        *out = BOOK_AGAIN;
        return true;
    case N_QUIET:
    case N_SILENT:
    case N_GROUPED:
    case N_STALE:
        *out = BOOK_LADDER_SAYS;
        return true;
    case N_SET_ZONE:
    case N_SET_CALENDAR:
        *out = BOOK_COUNTS;
        return true;
    case N_WHEN:
        *out = BOOK_REACTION;
        return true;
    default:
        return false;
    }
}

/* Rows of the clauses that stand for themselves; those of one label share a row. */
static void rows_clauses(Book *b, const DutySym *duty, bool reactions) {
    BookWord before = BOOK_WORDS, label;
    for (const Node *clause = duty->node->c; clause != NULL; clause = clause->next) {
        if (!label_of(clause, &label) || (label == BOOK_REACTION) != reactions)
            continue;
        if (label == before)
            book_br(b);
        else
            book_row_of(b, label);
        book_node(b, duty->home, clause);
        before = label;
    }
}

static void rows_powers(Book *b, const DutySym *duty) {
    bool any = false;
    for (size_t i = 0; i < b->p->powers.n; i++) {
        const PowerSym *power = &b->p->powers.at[i];
        if (power->of != duty || (any && i > 0 && b->p->powers.at[i - 1].of == duty &&
                                  b->p->powers.at[i - 1].node == power->node))
            continue;
        if (any)
            book_br(b);
        else
            book_row_of(b, BOOK_POWERS);
        any = true;
        book_node(b, NULL, power->node);
    }
    for (size_t i = 0; i < b->p->moves.n; i++)
        if (b->p->moves.at[i].of == duty) {
            book_row_of(b, BOOK_HANDED_OVER);
            book_node(b, NULL, b->p->moves.at[i].node);
        }
}

/* ---- all of them */

static void put_duty(Book *b, const DutySym *duty) {
    book_heading(b, "duty", duty->name, book_name(b, duty->name, duty->node->more));
    book_table(b, "says", NULL, 2);
    book_doc(b, duty->node);
    row_owner(b, duty);
    book_row_of(b, BOOK_RAISED);
    book_trigger(b, duty->home, duty->node);
    row_due(b, duty);
    rows_clauses(b, duty, false);
    row_ladder(b, duty);
    rows_clauses(b, duty, true);
    rows_powers(b, duty);
    book_dated(b, duty->node->d, duty->home);
    book_row_of(b, BOOK_SOURCE_LINE);
    book_place(b, duty->at);
    book_table_end(b);
    book_life(b, duty);
    book_heading_end(b);
}

static void put_deadlines(Book *b) {
    static const BookWord heads[] = {BOOK_DUTY, BOOK_OWED_BY, BOOK_RAISED, BOOK_DUE};
    book_section(b, "deadlines", BOOK_DEADLINES);
    book_table(b, "list", heads, 4);
    for (size_t i = 0; i < b->p->duties.n; i++) {
        const DutySym *duty = b->p->duties.at[i];
        const Node *owed = clause_of(duty->node->c, N_OWED_BY);
        book_row(b);
        book_cell(b);
        book_link(b, "duty", duty->name, book_name(b, duty->name, duty->node->more));
        book_cell(b);
        book_node(b, duty->home, owed == NULL ? NULL : owed->a);
        book_cell(b);
        book_trigger(b, duty->home, duty->node);
        book_cell(b);
        put_due(b, duty);
        put_lets(b, duty, due_clause(duty));
    }
    book_table_end(b);
}

void book_duties(Book *b) {
    if (b->p->duties.n == 0)
        return;
    put_deadlines(b);
    book_section(b, "duties", BOOK_DUTIES);
    for (size_t i = 0; i < b->p->duties.n; i++)
        put_duty(b, b->p->duties.at[i]);
}
