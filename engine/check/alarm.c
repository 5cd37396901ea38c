/* check: what is said with alarms: how old they may be, whether quiet hours hold them, and which of
 * them are told together. */
#include "engine/check/check_int.h"

static void say_twice(Program *p, const Node *at) {
    diag_add1(p->diags, DIAG_SAID_TWICE, at->at, source_text(p->sources, at->span));
}

Value stale_read(Program *p, Node *said) {
    Type want = {.kind = TY_DURATION, .families = FAMILIES_CALENDAR};
    Value span = value_absent();
    if (said == NULL)
        return span;
    if (said->next != NULL)
        say_twice(p, said);
    if (!expr_constant(p, said->a, &want, DIAG_BAD_CELL, &span))
        return value_absent();
    if (span.i <= 0)
        diag_add(p->diags, DIAG_NO_TIME_AT_ALL, said->a->span);
    return span;
}

void urgent_check(Program *p, const Node *at, unsigned times, bool quiet) {
    if (times > 1)
        diag_add1(p->diags, DIAG_SAID_TWICE, at->span,
                  say_both(p, "even in quiet hours", "静默照发"));
    if (times > 0 && !quiet)
        diag_add(p->diags, DIAG_NOTHING_QUIET, at->span);
}

static bool is_quiet(const Quiet *q) {
    return q->from != q->to;
}

void notice_check(Program *p, Node *notice) {
    bool quiet = is_quiet(&p->quiet);
    for (size_t i = 0; i < p->duties.n; i++)
        for (const Node *c = p->duties.at[i]->node->c; c != NULL; c = c->next)
            quiet = quiet || c->kind == N_QUIET;
    urgent_check(p, notice, notice->flag, quiet);
    (void)stale_read(p, notice->c);
}

bool grouped_within(Program *p, const Node *node, bool working, Grouping *out) {
    Type want = {.kind = TY_DURATION,
                 .families = working ? FAMILIES_CALENDAR | FAMILIES_WORKING : FAMILIES_CALENDAR};
    if (!expr_constant(p, node->b, &want, DIAG_BAD_CELL, &out->within))
        return false;
    need_calendar(p, node->b, type_of(node->b));
    if (out->within.i <= 0)
        diag_add(p->diags, DIAG_NO_TIME_AT_ALL, node->b->span);
    out->by = node->a;
    return true;
}
