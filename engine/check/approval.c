/* check: approvals: who must say yes, who may not, and by when. */
#include "engine/check/check_int.h"

#include "engine/base/limits.h"

bool is_members(const Node *seat) {
    return is_property(seat, PROPERTY_MEMBERS);
}

const Node *seat_of(const Node *seat) {
    return seat->kind == N_WEIGHED ? seat->a : seat;
}

/* A seat is a name: what stands for it is said by `let`. */
static void say_absent_seat(Program *p, const Node *who) {
    for (size_t i = 0; i < p->diags->all.n; i++) {
        const Diag *d = &p->diags->all.at[i];
        if (d->code == DIAG_SEAT_IS_CHOSEN && d->span.file == who->span.file &&
            d->span.from == who->span.from)
            return; /* it has been said so */
    }
    Str name = source_text(p->sources, who->span);
    diag_add2(p->diags, DIAG_MAY_BE_ABSENT, who->span, name,
              say(p, "%.*s%.*s%.*s", STR_ARG(say_both(p, "let who = ", "在 须经 之前写 设 who = ")),
                  STR_ARG(or_else(p, who)),
                  STR_ARG(say_both(p, " before requires, and who here", "，此处写 who"))));
}

/* TEAM.members is each member of a team; a list of parties is as many seats; anything else is a
 * party. */
static void seat_check(Program *p, const ApprovalSym *a, Node *seat, bool *members, bool *list) {
    Type party = type_plain(TY_PARTY);
    Node *who = seat;
    *members = is_members(seat);
    if (*members)
        who = seat->a;
    Type type =
        *members ? type_error() : expr_scalar(p, who, expr_check(p, &a->base.scope, who, &party));
    *list = type.kind == TY_LIST && !type.one_or_many && type.item->kind == TY_PARTY;
    if (type.optional && type.kind != TY_ERROR) {
        say_absent_seat(p, who);
        return;
    }
    if (*list)
        return;
    if (*members || type.kind != TY_ERROR)
        expr_want(p, &a->base.scope, who, &party);
    if (who->bind != BIND_PARTY)
        return;
    const Party *is = who->means;
    if (*members && is->kind != PARTY_TEAM)
        diag_add2(p->diags, DIAG_UNKNOWN_FIELD, seat->at, is->name, seat->text);
    else if (!*members && is->kind == PARTY_TEAM && is->votes == NULL)
        diag_add1(p->diags, DIAG_NO_VOTER, who->span, is->name);
}

static bool number_read(Program *p, Span at, Str text, const char *en, const char *zh, int64_t most,
                        uint32_t *out) {
    Node literal = {.kind = N_LIT, .op = LIT_NUMBER, .text = text, .span = at};
    Value v;
    if (!literal_value(p, &literal, &v))
        return false;
    if (v.kind != V_INT || v.i < 1 || v.i > most) {
        diag_add3(p->diags, DIAG_BAD_LITERAL, at, text, say_both(p, en, zh),
                  say_both(p, "write a whole number from 1 on", "请写从 1 起的整数"));
        return false;
    }
    *out = (uint32_t)v.i;
    return true;
}

static bool share_read(Program *p, const Node *node, Dec *out) {
    Node literal = {.kind = N_LIT, .op = LIT_PERCENT, .text = node->text, .span = node->at};
    Value v;
    if (!literal_value(p, &literal, &v))
        return false;
    *out = value_to_dec(v);
    if (out->coef > 0 && dec_cmp(*out, dec_of_i64(1)) <= 0)
        return true;
    diag_add3(p->diags, DIAG_BAD_LITERAL, node->at, source_text(p->sources, node->at),
              say_both(p, "share of the votes", "票数比例"),
              say_both(p, "write more than 0% and at most 100%", "请写大于 0% 且不超过 100%"));
    return false;
}

/* What the line asks of its seats. False: it cannot be told. */
static bool count_of(Program *p, const ApprovalSym *a, const Node *node, Need *need) {
    Type integer = type_plain(TY_INTEGER);
    need->count = node->op == NEED_ALL ? need->seat_count : 1;
    switch (node->op) {
    case NEED_COUNT:
        return number_read(p, node->at, node->text, "number of seats", "席位数", LIMIT_SEATS,
                           &need->count);
    case NEED_ONE:
    case NEED_ALL:
        need->kind = need->lists ? COUNT_IS_ALL : COUNT_IS_FIXED;
        return true;
    case NEED_SHARE:
        need->kind = COUNT_IS_SHARE;
        return share_read(p, node, &need->share);
    case NEED_MAJORITY:
        need->kind = COUNT_IS_MAJORITY;
        return true;
    case NEED_GIVEN:
        need->kind = COUNT_IS_GIVEN;
        need->given = node->c;
        expr_want(p, &a->base.scope, node->c, &integer);
        return true;
    case NEED_POINTS:
        need->kind = COUNT_IS_POINTS;
        return number_read(p, node->at, node->text, "number of points", "分数", LIMIT_POINTS,
                           &need->count);
    default: /* NEED_ANY */
        return true;
    }
}

/* The ways to reach so many points, at most: each seat filled so far as it helps. */
static void points_check(Program *p, ApprovalSym *a, const Need *need) {
    int64_t sum = 0;
    bool members = false;
    for (const Node *seat = need->seats; seat != NULL; seat = seat->next) {
        uint32_t weight = 0;
        if (!number_read(p, seat->at, seat->text, "weight", "权重", LIMIT_POINTS, &weight))
            return;
        ((Node *)(uintptr_t)seat)->slot = weight;
        bool each = is_members(seat->a);
        uint32_t most = each ? (need->count + weight - 1) / weight : 1;
        a->ways = a->ways > LIMIT_SEATINGS ? a->ways : a->ways * (most + 1);
        members = members || each;
        sum += weight;
    }
    if (!members && sum < need->count)
        diag_add3(p->diags, DIAG_TOO_MANY_WANTED, need->node->at,
                  say_number(p, need->count, " point", " points", " 分"),
                  say_number(p, (size_t)sum, " point", " points", " 分"),
                  say_both(p, "list more seats, or ask for fewer", "请列出更多席位，或减少分数"));
}

static void need_read(Program *p, ApprovalSym *a, const Node *node) {
    Need *need = &a->needs[a->need_count];
    bool any_members = false, members, list;
    uint32_t errors = p->diags->errors;
    *need = (Need){.node = node, .seats = node->a, .when = node->b, .stage = a->stage_count - 1};
    for (Node *seat = node->a; seat != NULL; seat = seat->next, need->seat_count++) {
        seat_check(p, a, (Node *)(uintptr_t)seat_of(seat), &members, &list);
        any_members = any_members || members;
        need->lists = need->lists || list;
        if (list && seat->kind == N_WEIGHED)
            diag_add3(
                p->diags, DIAG_WRONG_PLACE, seat->span, source_text(p->sources, seat->span),
                say_both(p, "a requirement in points", "计分要求"),
                say_both(p, "a list has no weight: name the seats", "清单没有权重：请写明各席位"));
    }
    if (!count_of(p, a, node, need))
        return;
    if (need->kind == COUNT_IS_POINTS)
        points_check(p, a, need);
    if (any_members && node->op == NEED_ALL)
        diag_add3(
            p->diags, DIAG_TOO_MANY_WANTED, node->at, say_both(p, "all", "全部"),
            say_both(p, "a team's members, whose number changes", "人数会变的团队成员"),
            say_both(p, "say how many, as in 3 of TEAM.members", "请写明人数，如：3 之 团队.成员"));
    else if (!any_members && !need->lists && need->kind == COUNT_IS_FIXED &&
             need->count > need->seat_count && p->diags->errors == errors)
        diag_add3(p->diags, DIAG_TOO_MANY_WANTED, node->at, node->text,
                  say_number(p, need->seat_count, " seat", " seats", " 个席位"),
                  say_both(p, "list more seats, or ask for fewer", "请列出更多席位，或减少人数"));
    if (node->b != NULL)
        expr_condition(p, &a->base.scope, node->b);
    a->need_count++;
}

static void within_read(Program *p, const ApprovalSym *a, const Node *clause, const Node **each) {
    Type want = {.kind = TY_DURATION, .families = FAMILIES_CALENDAR | FAMILIES_WORKING};
    Type type = expr_want(p, &a->base.scope, clause->a, &want);
    need_calendar(p, clause->a, &type);
    Value v;
    if (clause->a->kind == N_LIT && type.kind == TY_DURATION && literal_value(p, clause->a, &v) &&
        v.i <= 0)
        diag_add(p->diags, DIAG_NO_TIME_AT_ALL, clause->a->span);
    *each = clause->a;
}

static void say_misplaced(Program *p, const Node *at, const char *en, const char *zh) {
    diag_add3(p->diags, DIAG_WRONG_PLACE, at->at, source_text(p->sources, at->at),
              say_both(p, "a requirement", "要求"), say_both(p, en, zh));
}

static void stage_read(Program *p, ApprovalSym *a, const Node *node) {
    Stage *stage = &a->stages[a->stage_count++];
    uint32_t before = a->need_count, errors = p->diags->errors;
    *stage = (Stage){.name = node->text, .label = node->more, .when = node->b, .at = node->at};
    for (uint32_t i = 0; i + 1 < a->stage_count; i++)
        if (str_eq(a->stages[i].name, stage->name))
            diag_add2(p->diags, DIAG_DECLARED_TWICE, node->at, node->text, (Str){NULL, 0});
    if (node->b != NULL)
        expr_condition(p, &a->base.scope, node->b);
    for (const Node *need = node->a; need != NULL; need = need->next) {
        if (need->kind == N_ERROR)
            a->base.broken = true;
        else if (need->kind == N_STAGE)
            say_misplaced(p, need, "a stage does not stand in a stage: close the one before it",
                          "阶段不能写在阶段中：请先结束前一阶段");
        else if (need->kind == N_EACH_WITHIN && stage->each != NULL)
            say_clause_twice(p, &a->base, need);
        else if (need->kind == N_EACH_WITHIN)
            within_read(p, a, need, &stage->each);
        else
            need_read(p, a, need);
    }
    if (a->need_count == before && p->diags->errors == errors && !a->base.broken)
        diag_missing(p->diags, node->at, say_both(p, "a requirement", "要求"), S("}"),
                     (Str){NULL, 0});
}

/* Either all requirements stand in stages, or none does. */
static bool has_stages(const Node *list, size_t *needs) {
    bool stages = false;
    *needs = 0;
    for (; list != NULL; list = list->next) {
        stages = stages || list->kind == N_STAGE;
        *needs += list->kind == N_STAGE ? node_count(list->a) : 1;
    }
    return stages;
}

static void requires_read(Program *p, ApprovalSym *a, const Node *clause) {
    size_t n, seats = 0;
    bool stages = has_stages(clause->a, &n);
    a->needs = new (p->arena, Need, n + 1);
    a->stages = new (p->arena, Stage, node_count(clause->a) + 1);
    if (a->needs == NULL || a->stages == NULL) {
        p->nomem = true;
        return;
    }
    a->ways = 1;
    if (!stages)
        a->stages[a->stage_count++] = (Stage){.at = clause->at};
    for (const Node *need = clause->a; need != NULL; need = need->next) {
        if (need->kind == N_ERROR)
            a->base.broken = true;
        else if (need->kind == N_STAGE)
            stage_read(p, a, need);
        else if (need->kind == N_EACH_WITHIN)
            say_misplaced(p, need, "write it behind requires { ... }, or in a stage",
                          "请写在 须经 { ... } 之后，或写在阶段中");
        else if (stages)
            diag_add1(p->diags, DIAG_NO_STAGE, need->span, source_text(p->sources, need->at));
        else
            need_read(p, a, need);
    }
    for (uint32_t i = 0; i < a->need_count; i++) {
        const Need *need = &a->needs[i];
        bool fixed = need->kind == COUNT_IS_FIXED && !need->lists;
        seats += fixed && need->count > need->seat_count ? need->count : need->seat_count;
    }
    if (seats > LIMIT_SEATS)
        diag_add2(p->diags, DIAG_TOO_LARGE, clause->at,
                  say_number(p, seats, " seat", " seats", " 个席位"), S("60"));
    else if (a->ways > LIMIT_SEATINGS)
        diag_add2(p->diags, DIAG_TOO_LARGE, clause->at,
                  say_both(p, "the number of ways to reach these points", "凑足这些分数的方式数"),
                  S("10,000"));
}

static void excluding_read(Program *p, ApprovalSym *a, const Node *clause) {
    Type party = type_plain(TY_PARTY);
    party.optional = true; /* one who is absent excludes nobody */
    a->excluded = clause->a;
    for (Node *who = clause->a; who != NULL; who = who->next)
        expr_want(p, &a->base.scope, who, &party);
}

static Str approval_ends(Program *p) {
    return say_both(p, "granted, refused, lapsed, withdrawn or unattainable",
                    "已批准、已拒绝、已失效、已撤回 或 无法达成");
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
    case N_REFUSED_BY:
        return 3;
    case N_AGAIN:
    case N_RESUBMIT:
        return 4;
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
        within_read(p, a, c, &a->each);
        return;
    case N_REFUSED_BY:
        a->refused_by = c->op;
        if (c->op == REFUSED_BY_COUNT)
            (void)number_read(p, c->at, c->text, "number of votes", "票数", LIMIT_SEATS, &a->noes);
        return;
    case N_RESUBMIT:
        a->resubmits = a->base.again = true;
        if (c->op == RESUBMIT_COUNT)
            (void)number_read(p, c->at, c->text, "number of times", "次数", LIMIT_PARTS,
                              &a->resubmit_most);
        return;
    case N_WHEN:
        reaction_check(p, &a->base, c, ends_approval(c->op), approval_ends(p));
        return;
    case N_CASE:
        no_reaction(p, c, approval_ends(p));
        return;
    case N_AGAIN:
        a->base.again = true;
        if (c->a != NULL)
            diag_add3(p->diags, DIAG_WRONG_PLACE, c->a->span, source_text(p->sources, c->a->span),
                      say_both(p, "an approval", "审批"),
                      say_both(p, "an approval comes again when it is asked for",
                               "审批再次请批时才再发生"));
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
    case N_SET_ZONE:
    case N_SET_CALENDAR:
    case N_KEY:
    case N_ERROR:
        return;
    default:
        break;
    }
    diag_add3(
        p->diags, DIAG_WRONG_PLACE, c->at, source_text(p->sources, c->at),
        say_both(p, "an approval", "审批"),
        say_both(
            p,
            "here stand requires, excluding, each within, refused by, withdrawn by, when, key, "
            "let, again, resubmit",
            "此处可写 须经、回避、各限、一票否决、多数否决、撤回于、若、键、设、可再发生、可重提"));
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
        text = say(p, "%.*s%.*s", STR_ARG(source_text(p->sources, seat_of(need->seats)->span)),
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
    bool seen[5] = {false, false, false, false, false};
    a->refused_by = REFUSED_BY_ONE;
    const Node *trigger = a->base.node->b;
    if (trigger != NULL && trigger->kind == N_EVERY) {
        diag_add3(p->diags, DIAG_WRONG_PLACE, trigger->at, source_text(p->sources, trigger->at),
                  say_both(p, "an approval", "审批"),
                  say_both(p, "let a rule ask for it", "请由规则请批"));
        return;
    }
    if (!owing_begin(p, &a->base))
        return;
    for (Node *c = a->base.node->c; c != NULL && !p->nomem; c = c->next) {
        clause_during(p, &a->base, c);
        approval_clause(p, a, c, seen);
    }
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
        local_enter(p, &p->approvals.at[i]->base.local);
        approval_check(p, p->approvals.at[i]);
    }
}
