/* check: approvals: who must say yes, who may not, and by when. */
#include "engine/check/check_int.h"

#include "engine/base/limits.h"

bool is_members(const Node *seat) {
    return is_property(seat, PROPERTY_MEMBERS);
}

/* TEAM.members is each member of a team; anything else is a party. */
static void seat_check(Program *p, const ApprovalSym *a, Node *seat, bool *members) {
    Type party = type_plain(TY_PARTY);
    Node *who = seat;
    *members = is_members(seat);
    if (*members)
        who = seat->a;
    expr_want(p, &a->base.scope, who, &party);
    if (who->bind != BIND_PARTY)
        return;
    const Party *is = who->means;
    if (*members && is->kind != PARTY_TEAM)
        diag_add2(p->diags, DIAG_UNKNOWN_FIELD, seat->at, is->name, seat->text);
    else if (!*members && is->kind == PARTY_TEAM && is->votes == NULL)
        diag_add1(p->diags, DIAG_NO_VOTER, who->span, is->name);
}

static void need_read(Program *p, ApprovalSym *a, const Node *node) {
    if (node->kind != N_NEED)
        return;
    Need *need = &a->needs[a->need_count];
    bool any_members = false, members;
    *need = (Need){.node = node, .seats = node->a, .when = node->b};
    for (Node *seat = node->a; seat != NULL; seat = seat->next, need->seat_count++) {
        seat_check(p, a, seat, &members);
        any_members = any_members || members;
    }
    need->count = node->op == NEED_ALL ? need->seat_count : 1;
    if (node->op == NEED_COUNT) {
        Node literal = {.kind = N_LIT, .op = LIT_NUMBER, .text = node->text, .span = node->at};
        Value v;
        if (!literal_value(p, &literal, &v))
            return;
        if (v.kind != V_INT || v.i < 1 || v.i > LIMIT_SEATS) {
            diag_add3(p->diags, DIAG_BAD_LITERAL, node->at, node->text,
                      say_both(p, "number of seats", "席位数"),
                      say_both(p, "write a whole number from 1 on", "请写从 1 起的整数"));
            return;
        }
        need->count = (uint32_t)v.i;
    }
    if (any_members && node->op == NEED_ALL)
        diag_add3(
            p->diags, DIAG_TOO_MANY_WANTED, node->at, say_both(p, "all", "全部"),
            say_both(p, "a team's members, whose number changes", "人数会变的团队成员"),
            say_both(p, "say how many, as in 3 of TEAM.members", "请写明人数，如：3 之 团队.成员"));
    else if (!any_members && need->count > need->seat_count)
        diag_add3(p->diags, DIAG_TOO_MANY_WANTED, node->at, node->text,
                  say_number(p, need->seat_count, " seat", " seats", " 个席位"),
                  say_both(p, "list more seats, or ask for fewer", "请列出更多席位，或减少人数"));
    if (node->b != NULL)
        expr_condition(p, &a->base.scope, node->b);
    a->need_count++;
}

static void requires_read(Program *p, ApprovalSym *a, const Node *clause) {
    size_t n = node_count(clause->a), seats = 0;
    a->needs = new (p->arena, Need, n + 1);
    if (a->needs == NULL) {
        p->nomem = true;
        return;
    }
    for (const Node *need = clause->a; need != NULL; need = need->next) {
        if (need->kind == N_ERROR)
            a->base.broken = true;
        need_read(p, a, need);
    }
    for (uint32_t i = 0; i < a->need_count; i++)
        seats +=
            a->needs[i].seat_count > a->needs[i].count ? a->needs[i].seat_count : a->needs[i].count;
    if (seats > LIMIT_SEATS)
        diag_add2(p->diags, DIAG_TOO_LARGE, clause->at,
                  say_number(p, seats, " seat", " seats", " 个席位"), S("60"));
}

static void each_read(Program *p, ApprovalSym *a, const Node *clause) {
    Type want = {.kind = TY_DURATION, .families = FAMILIES_CALENDAR | FAMILIES_WORKING};
    Type type = expr_want(p, &a->base.scope, clause->a, &want);
    need_calendar(p, clause->a, &type);
    Value v;
    if (clause->a->kind == N_LIT && type.kind == TY_DURATION && literal_value(p, clause->a, &v) &&
        v.i <= 0)
        diag_add(p->diags, DIAG_NO_TIME_AT_ALL, clause->a->span);
    a->each = clause->a;
}

static void excluding_read(Program *p, ApprovalSym *a, const Node *clause) {
    Type party = type_plain(TY_PARTY);
    party.optional = true; /* one who is absent excludes nobody */
    a->excluded = clause->a;
    for (Node *who = clause->a; who != NULL; who = who->next)
        expr_want(p, &a->base.scope, who, &party);
}

static bool ends_approval(int state) {
    return state == STATE_GRANTED || state == STATE_REFUSED || state == STATE_LAPSED ||
           state == STATE_WITHDRAWN || state == STATE_UNATTAINABLE;
}

/* Which of the clauses that stand once only this is; -1: none of them. */
static int once(const Node *c) {
    switch (c->kind) {
    case N_REQUIRES:
        return 0;
    case N_EXCLUDING:
        return 1;
    case N_EACH_WITHIN:
        return 2;
    default:
        return -1;
    }
}

static void approval_clause(Program *p, ApprovalSym *a, Node *c, bool *seen) {
    int which = once(c);
    if (which >= 0 && seen[which]) {
        say_clause_twice(p, &a->base, c);
        return;
    }
    if (which >= 0)
        seen[which] = true;
    switch (c->kind) {
    case N_REQUIRES:
        requires_read(p, a, c);
        return;
    case N_EXCLUDING:
        excluding_read(p, a, c);
        return;
    case N_EACH_WITHIN:
        each_read(p, a, c);
        return;
    case N_WHEN:
        reaction_check(p, &a->base, c, ends_approval(c->op),
                       say_both(p, "granted, refused, lapsed, withdrawn or unattainable",
                                "已批准、已拒绝、已失效、已撤回 或 无法达成"));
        return;
    case N_AGAIN:
        a->base.again = true;
        return;
    case N_ACT:
        if (c->op == ACT_WITHDRAW) {
            uint32_t before = a->base.act_count, errors = p->diags->errors;
            act_check(p, &a->base, c, 0);
            if (a->base.act_count > before && p->diags->errors == errors &&
                a->base.acts[before].match != MATCH_KEY)
                diag_add1(p->diags, DIAG_WITHDRAWN_BY_WHAT, c->at, source_text(p->sources, c->at));
            return;
        }
        break;
    case N_LET:
    case N_KEY:
    case N_ERROR:
        return;
    default:
        break;
    }
    diag_add3(
        p->diags, DIAG_WRONG_PLACE, c->at, source_text(p->sources, c->at),
        say_both(p, "approval", "审批"),
        say_both(p,
                 "here stand requires, excluding, each within, withdrawn by, when, key, let, again",
                 "此处可写 须经、回避、各限、撤回于、若、键、设、可再发生"));
}

/* ---- what becomes of one that cannot be had any more */

static bool says_unattainable(const ApprovalSym *a) {
    for (const Node *c = a->base.node->c; c != NULL; c = c->next)
        if (c->kind == N_WHEN && c->op == STATE_UNATTAINABLE)
            return true;
    return false;
}

/* How the votes of a requirement can come to be out of reach. A role may lose its last holder at
 * any time, and what a field of type party or person names may be a role. */
static Str way_out_of_reach(Program *p, const ApprovalSym *a, const Need *need) {
    Str text;
    bool several = need->seat_count > 1 || need->count > 1;
    if (!several)
        text = say(p, "%.*s%.*s", STR_ARG(source_text(p->sources, need->seats->span)),
                   STR_ARG(say_both(p, " may lose its last holder", " 可能无人在任")));
    else if (need->count == 1)
        text = say_both(p, "none of those asked may be left to vote", "可能无人能表决");
    else
        text = say(p, "%.*s%u%.*s", STR_ARG(say_both(p, "fewer than ", "能表决的可能不足 ")),
                   need->count, STR_ARG(say_both(p, " of those asked may be left to vote", " 人")));
    if (a->excluded == NULL)
        return text;
    return say(p, "%.*s%.*s", STR_ARG(text),
               STR_ARG(several ? say_both(p, ", since some may be excluded", "，因为有人须回避")
                               : say_both(p, ", or be held by nobody but whom it excludes",
                                          "，或仅由须回避的人担任")));
}

/* There is no approval that cannot get there: each asks somebody. */
static void way_out_check(Program *p, const ApprovalSym *a) {
    if (a->need_count == 0 || a->base.broken || says_unattainable(a))
        return;
    const Need *need = &a->needs[0];
    for (uint32_t i = 0; i < a->need_count && need->when != NULL; i++)
        need = &a->needs[i];
    if (need->when != NULL)
        need = &a->needs[0];
    diag_add2(p->diags, DIAG_NO_WAY_OUT, a->base.at, a->base.name, way_out_of_reach(p, a, need));
}

static void approval_check(Program *p, ApprovalSym *a) {
    uint32_t errors = p->diags->errors;
    bool seen[3] = {false, false, false};
    const Node *trigger = a->base.node->b;
    if (trigger != NULL && trigger->kind == N_EVERY) {
        diag_add3(p->diags, DIAG_WRONG_PLACE, trigger->at, source_text(p->sources, trigger->at),
                  say_both(p, "approval", "审批"),
                  say_both(p, "let a rule ask for it", "请由规则请批"));
        return;
    }
    if (!owing_begin(p, &a->base))
        return;
    for (Node *c = a->base.node->c; c != NULL && !p->nomem; c = c->next)
        approval_clause(p, a, c, seen);
    if (!seen[0] && !a->base.broken)
        diag_add1(p->diags, DIAG_NOTHING_REQUIRED, a->base.at, a->base.name);
    else if (a->need_count == 0 && !a->base.broken && p->diags->errors == 0)
        diag_add1(p->diags, DIAG_NOTHING_REQUIRED, a->base.at, a->base.name);
    if (p->diags->errors == errors)
        way_out_check(p, a);
}

void approvals_check(Program *p) {
    for (size_t i = 0; i < p->approvals.n && !p->nomem; i++) {
        space_enter(p, p->approvals.at[i]->base.home);
        approval_check(p, p->approvals.at[i]);
    }
}
