/* check: powers: who may do what to which duties and approvals (semantics.md 12). Without one, only
 * the policy's own clauses act; with one, each act of its kind needs it. */
#include "engine/check/check_int.h"

#include "engine/base/limits.h"

static void say_no_power(Program *p, const Node *at, Str of, Str why) {
    diag_add3(p->diags, DIAG_NO_SUCH_POWER, at->at, source_text(p->sources, at->at), of, why);
}

/* How long an acknowledgement holds, or NULL. */
static Node *grant_span(const Node *grant) {
    Node *d = grant->d;
    return d != NULL && d->kind == N_DATED ? d->next : d;
}

static bool is_of_approval(PowerRow what) {
    return what == POWER_WITHDRAW || what == POWER_ADD_SIGNER || what == POWER_REMOVE_SIGNER ||
           what == POWER_TRANSFER || what == POWER_RETURN || what == POWER_URGE;
}

/* What goes with the verb and what does not. */
static bool power_fits(Program *p, const Node *grant, const Node *verb, PowerRow what,
                       const DutySym *of) {
    if ((of->kind == DECL_APPROVAL) != is_of_approval(what)) {
        say_no_power(
            p, verb, of->name,
            of->kind == DECL_APPROVAL
                ? say_both(p,
                           "an approval may be withdrawn, returned, transferred, urged, and "
                           "signers added to it or removed from it",
                           "审批可撤回、退回、移交、催办、加签、减签")
                : say_both(p, "a duty may be waived, paused, acknowledged, reassigned or corrected",
                           "职责可豁免、暂停、确认、转办或更正"));
        return false;
    }
    if (what == POWER_ACKNOWLEDGE && grant_span(grant) == NULL) {
        say_no_power(p, verb, of->name,
                     say_both(p, "say how long it silences the ladder: ... for 4 hours",
                              "请写明阶梯静默多久：…… 持续 4 小时"));
        return false;
    }
    if (what != POWER_ACKNOWLEDGE && grant_span(grant) != NULL) {
        say_no_power(p, verb, of->name,
                     say_both(p, "only acknowledge has a time: write it in a line of its own",
                              "只有确认可写持续时间：请单独写一行"));
        return false;
    }
    bool ladder = false;
    for (const Node *c = of->node->c; c != NULL; c = c->next)
        ladder = ladder || c->kind == N_ESCALATE || c->kind == N_ERROR;
    if (what == POWER_ACKNOWLEDGE && !ladder) {
        say_no_power(p, verb, of->name,
                     say_both(p, "it has no ladder to silence", "它没有可静默的升级阶梯"));
        return false;
    }
    return true;
}

DutySym *duty_called(Program *p, const Node *name) {
    DutySym *duty = duty_find(p, name->text);
    if (duty == NULL)
        (void)say_no_declaration(p, DECL_DUTY, name->at, name->text);
    return duty;
}

static DutySym *power_of(Program *p, const Node *name) {
    DutySym *duty = duty_find(p, name->text);
    if (duty != NULL)
        return duty;
    ApprovalSym *approval = approval_find(p, name->text);
    if (approval != NULL)
        return &approval->base;
    size_t n = 0;
    Str *names = new (p->arena, Str, p->duties.n + p->approvals.n + 1);
    if (names == NULL) {
        p->nomem = true;
        return NULL;
    }
    for (size_t i = 0; i < p->duties.n; i++)
        names[n++] = name_here(p, p->duties.at[i]->home, p->duties.at[i]->name);
    for (size_t i = 0; i < p->approvals.n; i++)
        names[n++] = name_here(p, p->approvals.at[i]->base.home, p->approvals.at[i]->base.name);
    say_unknown(p, DIAG_NOT_A_DUTY, name->at, name->text, names, n);
    return NULL;
}

/* Who has it: parties of the organisation, and `owner`. */
static bool power_parties(Program *p, const Node *grant, PowerSym *power) {
    static const Scope none = {0};
    Type party = type_plain(TY_PARTY);
    power->parties = new (p->arena, const Party *, node_count(grant->a));
    if (power->parties == NULL) {
        p->nomem = true;
        return false;
    }
    bool ok = true;
    for (Node *who = grant->a; who != NULL; who = who->next) {
        if (who->kind == N_REF && who->flag != 0 && party_find(p, who->text) == NULL) {
            power->owner = true;
            continue;
        }
        ok = expr_want(p, &none, who, &party).kind == TY_PARTY && who->bind == BIND_PARTY && ok;
        if (ok)
            power->parties[power->party_count++] = who->means;
    }
    return ok;
}

static bool power_span(Program *p, const Node *grant, PowerSym *power) {
    Type span = {.kind = TY_DURATION, .families = FAMILIES_CALENDAR | FAMILIES_WORKING};
    Node *said = grant_span(grant);
    if (said == NULL)
        return true;
    if (!expr_constant(p, said, &span, DIAG_BAD_CELL, &power->span))
        return false;
    need_calendar(p, said, type_of(said));
    if (power->span.i > 0)
        return true;
    diag_add(p->diags, DIAG_NO_TIME_AT_ALL, said->span);
    return false;
}

/* `desk may swap night_watch`. Gives a verb of the grant that is about something else, or NULL. */
static const Node *swaps_read(Program *p, const Node *grant, PowerSym *power, bool ok) {
    const Node *other = NULL;
    for (const Node *verb = grant->b; verb != NULL; verb = verb->next) {
        if (verb->op != POWER_SWAP) {
            other = verb;
            continue;
        }
        if (grant_span(grant) != NULL || power->owner)
            say_no_power(p, verb, grant->c->text,
                         say_both(p, "write: WHO may swap ROTATION", "请写：谁 可 换班 轮值"));
        for (const Node *name = grant->c; name != NULL; name = name->next) {
            PowerSym swap = *power;
            swap.verb = POWER_SWAP;
            swap.rotation = rotation_called(p, name);
            if (swap.rotation != NULL && ok && !vec_push(&p->powers, swap))
                p->nomem = true;
        }
    }
    return other;
}

void powers_check(Program *p) {
    for (size_t i = 0; i < p->grants.n && !p->nomem; i++) {
        const Node *grant = p->grants.at[i];
        space_enter(p, grant->means);
        PowerSym power = {
            .node = grant, .span = value_absent(), .dated = dated_read(p, dated_said(grant->d))};
        bool ok = power_parties(p, grant, &power);
        ok = power_span(p, grant, &power) && ok;
        const Node *other = swaps_read(p, grant, &power, ok);
        for (const Node *name = other != NULL ? grant->c : NULL; name != NULL; name = name->next) {
            power.of = power_of(p, name);
            if (power.of != NULL && power.owner && power.of->kind == DECL_APPROVAL) {
                say_no_power(p, grant->a, power.of->name,
                             say_both(p, "nobody owes an approval", "审批没有承办人"));
                continue;
            }
            for (const Node *verb = grant->b; verb != NULL && power.of != NULL; verb = verb->next) {
                if (verb->op == POWER_SWAP)
                    continue;
                power.verb = (PowerRow)verb->op;
                if (power.of->kind == DECL_APPROVAL && power.verb == POWER_REASSIGN)
                    power.verb = POWER_TRANSFER; /* one word in an office: to hand on */
                if (power_fits(p, grant, verb, power.verb, power.of) && ok &&
                    !vec_push(&p->powers, power))
                    p->nomem = true;
            }
        }
    }
}

/* ---- deputies */

static bool deputy_parties(Program *p, Node *list) {
    static const Scope none = {0};
    Type party = type_plain(TY_PARTY);
    bool ok = true;
    for (Node *who = list; who != NULL; who = who->next)
        ok = expr_want(p, &none, who, &party).kind == TY_PARTY && who->bind == BIND_PARTY && ok;
    return ok;
}

static bool is_rotation(const Node *who) {
    return ((const Party *)who->means)->kind == PARTY_ROTATION;
}

void deputies_check(Program *p) {
    for (size_t i = 0; i < p->deputies.n && !p->nomem; i++) {
        const Node *node = p->deputies.at[i].node;
        space_enter(p, node->means);
        p->deputies.at[i].dated = dated_read(p, dated_said(node->d));
        bool of = deputy_parties(p, node->a), by = deputy_parties(p, node->b);
        if (!of || !by)
            continue;
        for (const Node *who = node->a; who != NULL; who = who->next)
            for (const Node *deputy = node->b; deputy != NULL; deputy = deputy->next)
                if (is_rotation(who) || is_rotation(deputy))
                    diag_add1(p->diags, DIAG_ROTATION_DEPUTY,
                              is_rotation(who) ? who->span : deputy->span,
                              source_text(p->sources, is_rotation(who) ? who->span : deputy->span));
                else if (who->means == deputy->means)
                    diag_add1(p->diags, DIAG_OWN_DEPUTY, deputy->span,
                              source_text(p->sources, deputy->span));
    }
}

/* ---- what powers add to a duty: a clause for each kind of act that it does not have */

static void act_add(Program *p, DutySym *duty, const Node *grant, int kind, const char *event,
                    uint32_t clause) {
    ActSym *act = &duty->acts[duty->act_count];
    *act = (ActSym){.kind = kind,
                    .field = -1,
                    .clause = clause,
                    .event = event_find(p, str_of(event)),
                    .match = MATCH_SELF,
                    .node = grant,
                    .scope = &duty->scope};
    duty->act_count++;
}

void power_acts(Program *p, DutySym *duty) {
    static const struct {
        PowerRow verb;
        int kind;
        const char *event;
    } rows[] = {
        {POWER_WAIVE, ACT_WAIVE, "remit.waived"},
        {POWER_PAUSE, ACT_PAUSE, "remit.paused"},
        {POWER_PAUSE, ACT_RESUME, "remit.resumed"},
        {POWER_REASSIGN, ACT_REASSIGN, "remit.reassigned"},
        {POWER_ACKNOWLEDGE, ACT_ACKNOWLEDGE, "remit.acknowledged"},
    };
    bool pauses = false;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        const Node *grant = NULL;
        for (size_t i = 0; i < p->powers.n && grant == NULL; i++)
            if (p->powers.at[i].of == duty && p->powers.at[i].verb == rows[r].verb)
                grant = p->powers.at[i].node;
        const Event *event = event_find(p, str_of(rows[r].event));
        bool there = false;
        for (uint32_t i = 0; i < duty->act_count; i++)
            there = there || duty->acts[i].event == event;
        if (grant == NULL || there)
            continue;
        bool pause = rows[r].verb == POWER_PAUSE;
        if (pause && !pauses && duty->pause_count == LIMIT_PAUSES) {
            diag_add2(p->diags, DIAG_TOO_LARGE, grant->at, say_both(p, "this duty", "这项职责"),
                      say_both(p, "32 pauses", "32 次暂停"));
            return;
        }
        act_add(p, duty, grant, rows[r].kind, rows[r].event, pause ? duty->pause_count : 0);
        pauses = pauses || pause;
    }
    duty->pause_count += pauses;
}
