/* check: what stands in a policy and can never come: events that nothing speaks of, what the engine
 * never says of a declaration, rungs that come at once or not at all, requirements that nobody can
 * meet. Warnings, and only what the text alone makes certain. */
#include "engine/check/check_int.h"

#include "engine/base/civil.h"

/* ---- events */

/* A policy that reacts to nothing may only say what comes in. What a module declares is for others.
 */
static void events_idle(Program *p) {
    bool reacts = p->rules.n + p->duties.n + p->approvals.n + p->kpis.n > 0;
    for (size_t i = 0; i < p->events.n && reacts && p->header != NULL; i++) {
        const Event *event = p->events.at[i];
        bool own = event->home != NULL && event->home->name.n == 0;
        if (!event->named && own && !event->engine && !event->broken && !is_lost(p, event->name))
            diag_add1(p->diags, DIAG_EVENT_IDLE, event->at, event->name);
    }
}

/* ---- what the engine says */

static bool acts(const DutySym *duty, int kind) {
    for (uint32_t i = 0; i < duty->act_count; i++)
        if (duty->acts[i].kind == kind)
            return true;
    return false;
}

static bool has_power(const Program *p, const DutySym *of, PowerRow verb) {
    for (size_t i = 0; i < p->powers.n; i++)
        if (p->powers.at[i].of == of && p->powers.at[i].verb == verb)
            return true;
    return false;
}

static bool moves(const Program *p, const DutySym *duty) {
    for (size_t i = 0; i < p->moves.n; i++)
        if (p->moves.at[i].of == duty)
            return true;
    return acts(duty, ACT_REASSIGN);
}

static bool rungs_that(const DutySym *duty, bool raise) {
    for (uint32_t i = 0; i < duty->rung_count; i++)
        if (duty->rungs[i].raises == raise)
            return true;
    return false;
}

/* Whether a rung may be kept for later: with others, for the end of quiet hours, or in a digest. */
static bool collects(const Program *p, const DutySym *duty) {
    bool kept = p->quiet.from != p->quiet.to || duty->quiet.from != duty->quiet.to ||
                duty->grouped.within.kind != V_ABSENT;
    for (uint32_t i = 0; i < duty->rung_count; i++)
        kept = kept || duty->rungs[i].stale.kind != V_ABSENT;
    return kept;
}

/* Why the engine never says this of a duty; empty: it may. */
static Str duty_never(Program *p, const DutySym *duty, ToldRow row) {
    const Str may = {NULL, 0};
    switch ((int)row) {
    case TOLD_DUTY_REMINDED:
        return rungs_that(duty, false) ? may
                                       : say_both(p, "no rung of it reminds", "它没有提醒的级");
    case TOLD_DUTY_ESCALATED:
        return rungs_that(duty, true) ? may
                                      : say_both(p, "no rung of it escalates", "它没有上报的级");
    case TOLD_DUTY_VACANT:
        return duty->rung_count > 0 ? may : say_both(p, "it has no ladder", "它没有升级阶梯");
    case TOLD_DUTY_COLLECTED:
        return collects(p, duty) ? may
                                 : say_both(p, "none of its rungs waits for others or for a time",
                                            "它的各级都不汇总，也不推迟");
    case TOLD_DUTY_PAUSED:
    case TOLD_DUTY_RESUMED:
        return acts(duty, ACT_PAUSE) ? may : say_both(p, "nothing pauses it", "没有任何东西暂停它");
    case TOLD_DUTY_FULFILLED:
        return duty->forbids || acts(duty, ACT_FULFIL) || acts(duty, ACT_PART) ||
                       acts(duty, ACT_PORTION)
                   ? may
                   : say_both(p, "nothing fulfils it", "没有任何东西完成它");
    case TOLD_DUTY_WAIVED:
        return acts(duty, ACT_WAIVE) ? may : say_both(p, "nothing waives it", "没有任何东西豁免它");
    case TOLD_DUTY_CANCELLED: /* the event that raised it may be corrected */
        return acts(duty, ACT_CANCEL) || has_power(p, duty, POWER_CORRECT)
                   ? may
                   : say_both(p, "nothing cancels it", "没有任何东西取消它");
    case TOLD_DUTY_REASSIGNED:
        return moves(p, duty) ? may : say_both(p, "nothing reassigns it", "没有任何东西转办它");
    case TOLD_DUTY_ACKNOWLEDGED:
        return acts(duty, ACT_ACKNOWLEDGE)
                   ? may
                   : say_both(p, "nobody may acknowledge it", "没有人可确认它");
    case TOLD_DUTY_ENDED:
        return duty->forbids ? may : say_both(p, "it is no prohibition", "它不是禁止");
    default:
        return may;
    }
}

static bool has_time(const ApprovalSym *a) {
    bool timed = a->each != NULL;
    for (uint32_t i = 0; i < a->stage_count; i++)
        timed = timed || a->stages[i].each != NULL;
    return timed;
}

/* Whether some reaction escalates. */
static bool raises(const Node *actions) {
    for (const Node *a = actions; a != NULL; a = a->next)
        if (a->kind == N_RAISE_TO || (node_holds_actions(a) && (raises(a->c) || raises(a->d))))
            return true;
    return false;
}

static bool reactions_raise(const DutySym *of) {
    for (uint32_t i = 0; i < of->reaction_count; i++)
        if (raises(of->reactions[i].actions))
            return true;
    return false;
}

static Str approval_never(Program *p, const ApprovalSym *a, ToldRow row) {
    const Str may = {NULL, 0};
    const DutySym *base = &a->base;
    switch ((int)row) {
    case TOLD_APPROVAL_LAPSED:
        return has_time(a) ? may
                           : say_both(p, "no time is set for its votes: each within ...",
                                      "没有写明表决的时限：各限 ...");
    case TOLD_APPROVAL_WITHDRAWN:
        return base->act_count > 0 || has_power(p, base, POWER_WITHDRAW)
                   ? may
                   : say_both(p, "nothing withdraws it", "没有任何东西撤回它");
    case TOLD_APPROVAL_ESCALATED:
        return reactions_raise(base)
                   ? may
                   : say_both(p, "none of its reactions escalates", "它的反应都不上报");
    case TOLD_APPROVAL_ADVANCED:
        return a->stage_count > 1 || has_power(p, base, POWER_ADD_SIGNER) ||
                       has_power(p, base, POWER_RETURN)
                   ? may
                   : say_both(p, "it has one stage", "它只有一个阶段");
    default:
        return may;
    }
}

static Str kpi_never(Program *p, const KpiSym *kpi, ToldRow row) {
    LevelRow level = row == TOLD_KPI_CRITICAL ? LEVEL_CRITICAL : LEVEL_WARNING;
    bool has = row == TOLD_KPI_CLEARED && kpi->level_count > 0;
    for (uint32_t i = 0; i < kpi->level_count; i++)
        has = has || kpi->levels[i].level == level;
    return has ? (Str){NULL, 0} : say_both(p, "it has no such level", "它没有这个级别");
}

/* Of what a rule or a clause hears by name, what is never said. */
static void heard_idle(Program *p, const HeardSym *heard) {
    space_enter(p, heard->home);
    for (const Node *one = heard->name->b; one != NULL; one = one->next) {
        DeclKind kind = told_of(heard->row);
        const KpiSym *kpi = kind == DECL_KPI ? kpi_find(p, one->text) : NULL;
        const ApprovalSym *approval = kind == DECL_APPROVAL ? approval_find(p, one->text) : NULL;
        const DutySym *duty = kind == DECL_DUTY ? duty_find(p, one->text) : NULL;
        Str why = kpi != NULL        ? kpi_never(p, kpi, heard->row)
                  : approval != NULL ? approval_never(p, approval, heard->row)
                  : duty != NULL     ? duty_never(p, duty, heard->row)
                                     : (Str){NULL, 0};
        if (why.n > 0)
            diag_add3(p->diags, DIAG_NEVER_SAID, one->span, told_type(heard->row), one->text, why);
    }
}

/* ---- states */

/* What the engine says when it comes to a state, or -1: that state comes by itself. */
static int said_at(DeclKind kind, int state) {
    switch (state) {
    case STATE_PAUSED:
        return TOLD_DUTY_PAUSED;
    case STATE_FULFILLED:
        return TOLD_DUTY_FULFILLED;
    case STATE_WAIVED:
        return TOLD_DUTY_WAIVED;
    case STATE_CANCELLED:
        return TOLD_DUTY_CANCELLED;
    case STATE_LAPSED:
        return TOLD_APPROVAL_LAPSED;
    case STATE_WITHDRAWN:
        return kind == DECL_APPROVAL ? (int)TOLD_APPROVAL_WITHDRAWN : -1;
    default:
        return -1;
    }
}

static Str state_text(Program *p, int state) {
    static const char *const names[STATE_COUNT][2] = {
#define STATE(name, en, zh) [STATE_##name] = {en, zh},
#include "grammar/keywords.def"
    };
    return say_both(p, names[state][0], names[state][1]);
}

static void state_idle(Program *p, const DutySym *of, int state, Span at) {
    int row = said_at(of->kind, state);
    if (row < 0 || of->broken)
        return;
    Str why = of->kind == DECL_DUTY ? duty_never(p, of, (ToldRow)row)
                                    : approval_never(p, p->approvals.at[of->number], (ToldRow)row);
    if (why.n > 0)
        diag_add3(p->diags, DIAG_NEVER_REACHED, at, of->name, state_text(p, state), why);
}

static void reactions_idle(Program *p, const DutySym *of) {
    for (const Node *c = of->node->c; c != NULL; c = c->next) {
        if (c->kind != N_WHEN)
            continue;
        state_idle(p, of, c->op, c->at);
        if (of->forbids && c->op == STATE_FULFILLED && c->flag != 0)
            diag_add3(p->diags, DIAG_NEVER_REACHED, c->at, of->name,
                      say_both(p, "fulfilled late", "已完成 迟"),
                      say_both(p, "it is fulfilled by nothing but the end of its time",
                               "只有期满才算完成"));
    }
}

/* A condition that asks for a state. `not` of it always holds, which is no harm. */
static void asked_idle(Program *p, const Node *asked) {
    int of = asked->op >> 8;
    bool own = p->sources->files.at[asked->span.file].pattern.n == 0;
    if (own && asked->flag == 0 && of != DECL_KPI && asked->means != NULL)
        state_idle(p, asked->means, asked->op & 0xFF, asked->span);
}

/* ---- rungs */

/* How long a duration takes, at least and at most; false: that depends on a calendar. A day may be
 * some hours shorter or longer where the clocks are changed. */
static bool span_bounds(Value span, int64_t *least, int64_t *most) {
    enum { HOUR = 3600000, SLACK = 4 * HOUR };
    if (span.kind != V_DURATION || span.i < 0 || span.i > 100000)
        return false;
    if (span.aux == FAMILY_DAYS) {
        *least = span.i * DAY_MS - (span.i > 0 ? SLACK : 0);
        *most = span.i * DAY_MS + (span.i > 0 ? SLACK : 0);
        return true;
    }
    if (span.aux == FAMILY_MONTHS) {
        *least = span.i * 28 * DAY_MS - SLACK;
        *most = span.i * 31 * DAY_MS + SLACK;
        return true;
    }
    return false;
}

static bool elapsed_bounds(Value span, int64_t *least, int64_t *most) {
    if (span.kind != V_DURATION || span.aux != FAMILY_ELAPSED)
        return span_bounds(span, least, most);
    *least = *most = span.i;
    return true;
}

/* How two durations from one instant on surely stand to each other: whether `a` is the longer one,
 * or, with `or_same`, as long. */
static bool surely_longer(Value a, Value b, bool or_same) {
    if (a.kind != V_DURATION || b.kind != V_DURATION)
        return false;
    if (a.aux == b.aux)
        return a.i > b.i || (or_same && a.i == b.i);
    int64_t least, most, least_b, most_b;
    return elapsed_bounds(a, &least, &most) && elapsed_bounds(b, &least_b, &most_b) &&
           least > most_b;
}

static bool due_constant(Program *p, const DutySym *duty, Value *out) {
    return duty->due != NULL && !duty->due_by && duty->due->kind == N_LIT &&
           type_of(duty->due)->kind == TY_DURATION && literal_value(p, duty->due, out);
}

/* When it comes, as written. */
static Span rung_span(const Rung *rung) {
    Span at = rung->node->at, span = rung->span->span;
    return span.from < at.from ? span_join(span, at) : span_join(at, span);
}

/* A rung before the deadline that would lie before the duty's beginning comes at it; one that
 * counts from a breach does not come when the prohibition is over by then. */
static void rungs_idle(Program *p, const DutySym *duty) {
    Value due;
    if (duty->broken || !due_constant(p, duty, &due))
        return;
    for (uint32_t i = 0; i < duty->rung_count; i++) {
        const Rung *rung = &duty->rungs[i];
        Str span = source_text(p->sources, duty->due->span);
        if (rung->when == RUNG_BEFORE && surely_longer(rung->constant, due, false))
            diag_add1(p->diags, DIAG_RUNG_AT_ONCE, rung_span(rung), span);
        else if (rung->when == RUNG_AFTER && duty->forbids &&
                 surely_longer(rung->constant, due, true))
            diag_add1(p->diags, DIAG_RUNG_TOO_LATE, rung_span(rung), span);
    }
}

/* ---- requirements */

static const Party *party_of(const Node *who) {
    return who->bind == BIND_PARTY ? who->means : NULL;
}

static bool has_rotations(const Program *p) {
    for (size_t i = 0; i < p->parties.n; i++)
        if (p->parties.at[i]->kind == PARTY_ROTATION)
            return true;
    return false;
}

/* Whether whoever may vote in a seat is surely excluded by `who`. */
static bool shuts_out(const Node *who, const Node *seat) {
    bool members = is_members(seat);
    const Node *named = members ? seat->a : seat;
    const Party *out = party_of(who), *in = party_of(named);
    if (out == NULL && in == NULL)
        return !members && type_of(named)->kind == TY_PARTY && type_of(who)->kind == TY_PARTY &&
               expr_same(who, named);
    if (out == NULL || in == NULL)
        return false;
    if (out->kind == PARTY_ROTATION || in->kind == PARTY_ROTATION)
        return false;
    if (out == in)
        return true;
    if (members)
        return false;
    return (in->kind == PARTY_SEAT && in->team == out) ||
           (in->kind == PARTY_TEAM && in->votes == out);
}

static const Node *shut_out(const ApprovalSym *a, const Node *seat) {
    for (const Node *who = a->excluded; who != NULL; who = who->next)
        if (shuts_out(who, seat))
            return who;
    return NULL;
}

/* Whether the seats that are not shut out are enough; *out: who shuts out the others. A team's
 * members may be any number. */
static bool has_enough(Program *p, const ApprovalSym *a, const Need *need, Str *out) {
    const Node *last = NULL;
    uint64_t left = 0;
    for (const Node *seat = need->seats; seat != NULL; seat = seat->next) {
        const Node *who = seat_of(seat), *by = shut_out(a, who);
        if (by == NULL && is_members(who))
            return true;
        if (by == NULL)
            left += seat->kind == N_WEIGHED ? seat->slot : 1;
        if (by == NULL || by == last)
            continue;
        Str text = source_text(p->sources, by->span);
        *out = last == NULL ? text : say(p, "%.*s, %.*s", STR_ARG(*out), STR_ARG(text));
        last = by;
    }
    return left >= need->count;
}

static void needs_idle(Program *p, const ApprovalSym *a) {
    const DutySym *base = &a->base;
    if (base->broken || a->excluded == NULL || has_rotations(p) ||
        has_power(p, base, POWER_TRANSFER) || has_power(p, base, POWER_REMOVE_SIGNER))
        return; /* who is in a seat may change, or it is asked no more */
    for (uint32_t i = 0; i < a->need_count; i++) {
        const Need *need = &a->needs[i];
        Str by = {NULL, 0};
        bool counted = need->kind == COUNT_IS_FIXED || need->kind == COUNT_IS_POINTS;
        if (counted && !need->lists && !has_enough(p, a, need, &by) && by.n > 0)
            diag_add1(p->diags, DIAG_NEED_UNMET, need->node->span, by);
    }
}

void idle_check(Program *p) {
    if (p->diags->errors > 0)
        return; /* what is there is not all that is meant */
    events_idle(p);
    for (size_t i = 0; i < p->heard.n; i++)
        if (p->heard.at[i].home->pattern == NULL)
            heard_idle(p, &p->heard.at[i]);
    for (size_t i = 0; i < p->duties.n; i++) {
        if (p->duties.at[i]->home->pattern != NULL)
            continue;
        reactions_idle(p, p->duties.at[i]);
        rungs_idle(p, p->duties.at[i]);
    }
    for (size_t i = 0; i < p->approvals.n; i++) {
        if (p->approvals.at[i]->base.home->pattern != NULL)
            continue;
        reactions_idle(p, &p->approvals.at[i]->base);
        needs_idle(p, p->approvals.at[i]);
    }
    for (size_t i = 0; i < p->asked.n; i++)
        asked_idle(p, p->asked.at[i]);
    conditions_check(p);
}
