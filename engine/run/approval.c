/* run: approvals: opened by events and rules, decided by votes stage after stage, ended by the
 * first of granted, refused, lapsed, withdrawn, unattainable. Votes fill seats by a greatest
 * matching, so that their order does not matter (language.md 16). */
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/moment.h"
#include "engine/run/rotation.h"
#include "engine/run/approval.h"
#include "engine/run/lists.h"
#include "engine/run/view.h"

enum { TIMER_LAPSE, TIMER_LOOK }; /* what an approval's timer is for */

/* ---- saying */

Status approval_say(Engine *e, Approval *a, Effect *effect) {
    uint64_t *more = new (&e->event, uint64_t, a->said_count + 1);
    if (more == NULL)
        return ERR_NOMEM;
    if (a->said_count > 0)
        memcpy(more, a->said, a->said_count * sizeof *more);
    a->said = more;
    effect->subject = approval_subject(a);
    effect->policy = a->policy;
    effect->versioned = true;
    if (effect->line == 0)
        effect->line = a->def->file << 20 | a->def->line;
    return engine_effect(e, effect, &a->said[a->said_count++]);
}

Status seat_text(Engine *e, const Approval *a, uint32_t seat, Value *out) {
    Str name = party_text(e->b, a->seats[seat].who);
    if (a->seats[seat].members)
        TRY(arena_printf(&e->event, &name, "%.*s.members", STR_ARG(name)));
    *out = value_text(name);
    return OK;
}

Str stage_name(const Approval *a, uint32_t stage) {
    return a->stages[stage].name.n > 0 ? a->stages[stage].name : a->def->name;
}

Value stage_text(const Approval *a, uint32_t stage) {
    Str name = a->stages[stage].name;
    return name.n == 0 ? value_absent() : value_text(name);
}

static uint32_t seat_line(const Approval *a, uint32_t seat) {
    const SeatDef *def = a->seats[seat].def == NO_SEAT ? NULL : &a->def->seats[a->seats[seat].def];
    return def == NULL ? 0 : def->file << 20 | def->line;
}

Status seats_text(Engine *e, const Approval *a, uint32_t stage, Value *out) {
    Value *seats = new (&e->event, Value, a->seat_count + 1);
    if (seats == NULL)
        return ERR_NOMEM;
    uint32_t n = 0;
    for (uint32_t s = 0; s < a->seat_count; s++)
        if (seat_asked(a, s) && seat_stage(a, s) == stage)
            TRY(seat_text(e, a, s, &seats[n++]));
    *out = (Value){.items = seats, .n = n, .kind = V_LIST};
    return OK;
}

Value due_value(const Approval *a) {
    return a->due == INSTANT_NEVER ? value_absent() : value_of(V_INSTANT, a->due);
}

/* ---- ending, and looking whether it can still be had */

/* Keeps with an approval what its reactions made, as duties do. */
static Status approval_heard(Engine *e, Approval *a, const Heard *heard) {
    if (heard->n == 0)
        return OK;
    TRY(heard_join(e, heard, &a->said, &a->said_count));
    return approval_save(e, a);
}

static Status approval_react(Engine *e, Approval *a) {
    Subject outer = e->subject;
    const Approval *before = e->approval;
    const Duty *reacting = e->reacting;
    const Subject *grouping = e->grouping;
    uint32_t line = e->line;
    Heard heard = {0}, *above = e->heard;
    e->heard = &heard;
    e->subject = approval_subject(a);
    e->approval = a;
    e->reacting = NULL;
    e->grouping = NULL;
    Status status = OK;
    for (uint32_t i = 0; i < a->def->reaction_count && status == OK; i++)
        if (a->def->reactions[i].state == a->state)
            status = engine_actions(e, a->def->reactions[i].fn, NULL, a->frame);
    e->subject = outer;
    e->approval = before;
    e->reacting = reacting;
    e->grouping = grouping;
    e->line = line;
    e->heard = above;
    return status == OK ? approval_heard(e, a, &heard) : status;
}

static Status timer_plan(Engine *e, Approval *a, int64_t next) {
    int64_t at = INSTANT_NEVER;
    uint32_t what = TIMER_LAPSE;
    if (a->state == APPROVAL_OPEN) {
        at = a->due;
        if (at != INSTANT_NEVER && at < a->raised)
            at = a->raised;
        if (next < at) {
            at = next;
            what = TIMER_LOOK;
        }
    }
    return timer_set(e, a->number, &a->timer_at, &a->timer_rung, at, APPROVAL_TIMER | what);
}

static Status approval_end(Engine *e, Approval *a, ApprovalState state, Effect *effect) {
    a->state = (uint8_t)state;
    a->ended = e->now;
    TRY(approval_say(e, a, effect));
    TRY(hang_all(e, a, false));
    TRY(timer_plan(e, a, INSTANT_NEVER));
    TRY(approval_save(e, a));
    return approval_react(e, a);
}

static Status end_for_seat(Engine *e, Approval *a, ApprovalState state, EffectId id,
                           uint32_t seat) {
    Effect effect = {.id = id};
    if (seat != NO_SEAT) {
        effect.line = seat_line(a, seat);
        TRY(seat_text(e, a, seat, &effect.values[0]));
        effect.values[1] = stage_text(a, seat_stage(a, seat));
    }
    return approval_end(e, a, state, &effect);
}

/* A requirement whose list was empty has no seat: its line and its stage stand for it. */
static Status end_unattainable(Engine *e, Approval *a, uint32_t need, uint32_t seat) {
    if (seat != NO_SEAT || need == NO_SEAT)
        return end_for_seat(e, a, APPROVAL_UNATTAINABLE, EFFECT_APPROVAL_UNATTAINABLE, seat);
    Effect effect = {.id = EFFECT_APPROVAL_UNATTAINABLE};
    for (uint32_t s = a->def->seat_count; s-- > 0;)
        if (a->def->seats[s].need == a->needs[need].def)
            effect.line = a->def->seats[s].file << 20 | a->def->seats[s].line;
    effect.values[1] = stage_text(a, a->needs[need].stage);
    return approval_end(e, a, APPROVAL_UNATTAINABLE, &effect);
}

/* What a mixed vote came to: how many yes count, how many noes stand. */
static Status result_of(Engine *e, const Approval *a, Value out[2]) {
    uint32_t *seats, yes = 0, no;
    if (a->def->refuse == REFUSED_BY_A_NO)
        return OK;
    TRY(approval_arrange(&e->event, a, &seats));
    TRY(noes_of(&e->event, a, 0, &no));
    for (uint32_t i = 0; i < a->vote_count; i++)
        yes += seats[i] != NO_SEAT;
    out[0] = value_int(yes);
    out[1] = value_int(no);
    return OK;
}

static Status end_granted(Engine *e, Approval *a) {
    Effect granted = {.id = EFFECT_APPROVAL_GRANTED};
    TRY(result_of(e, a, &granted.values[0]));
    return approval_end(e, a, APPROVAL_GRANTED, &granted);
}

static Status end_refused(Engine *e, Approval *a, Str by) {
    Effect refused = {.id = EFFECT_APPROVAL_REFUSED};
    refused.values[0] = value_text(by);
    refused.values[1] = stage_text(a, a->open);
    TRY(result_of(e, a, &refused.values[2]));
    return approval_end(e, a, APPROVAL_REFUSED, &refused);
}

/* Where the bound was met the approval stays open: it is granted or given up only on proof. */
static Status say_unsure(Engine *e) {
    return alert(e, "failed",
                 S("too many ways to seat these votes, for delegations limit who may use whose "
                   "authority in which seat; they do not count till fewer are left"));
}

/* ---- stages */

/* A share of n, rounded up; one at least. */
static uint32_t share_of(const NeedDef *def, uint32_t n) {
    if (def->kind == COUNT_IS_MAJORITY)
        return n / 2 + 1;
    i128 all = (i128)def->share.i * n, whole = 1;
    for (uint8_t i = 0; i < def->share.scale; i++)
        whole *= 10;
    uint32_t count = (uint32_t)((all + whole - 1) / whole);
    return count == 0 ? 1 : count;
}

static bool is_share(const Approval *a, uint32_t need) {
    const AskedNeed *n = &a->needs[need];
    if (n->def == NO_SEAT)
        return false;
    CountKind kind = (CountKind)a->def->needs[n->def].kind;
    return kind == COUNT_IS_SHARE || kind == COUNT_IS_MAJORITY;
}

/* What the shares of a stage come to when it opens at `at`; `used`: so many may have voted before.
 */
static Status stage_shares(Engine *e, Approval *a, uint32_t stage, int64_t at, uint32_t used) {
    for (uint32_t i = 0; i < a->need_count; i++) {
        uint32_t n;
        if (a->needs[i].stage != stage || !a->needs[i].asked || !is_share(a, i))
            continue;
        TRY(voters_count(e, a, i, at, used, &n));
        a->needs[i].count = share_of(&a->def->needs[a->needs[i].def], n);
        if (a->needs[i].count > LIMIT_VOTES)
            a->needs[i].count = LIMIT_VOTES + 1;
    }
    return OK;
}

static Status stage_voters(Engine *e, Approval *a, uint32_t stage, int64_t at) {
    uint32_t n, all = 0;
    for (uint32_t i = 0; i < a->need_count && a->def->refuse == REFUSED_BY_MOST; i++) {
        if (a->needs[i].stage != stage || !a->needs[i].asked)
            continue;
        TRY(voters_count(e, a, i, at, 0, &n));
        all += n > a->needs[i].count || a->needs[i].points ? n : a->needs[i].count;
    }
    a->stages[stage].voters = all;
    return OK;
}

static Status stage_deadline(Engine *e, const Approval *a, uint32_t stage, int64_t from,
                             int64_t *out, bool *assumed) {
    Value each = a->stages[stage].each;
    *out = INSTANT_NEVER;
    if (each.kind == V_ABSENT || from == INSTANT_NEVER)
        return OK;
    return moment_add(local_zone(e->b, a->def->local), local_calendar(e->b, a->def->local), from,
                      (Family)each.aux, each.i, out, assumed);
}

Status stage_open(Engine *e, Approval *a, uint32_t stage, int64_t at) {
    bool first = a->stages[stage].opened == INSTANT_NEVER;
    a->open = stage;
    a->stages[stage].opened = at;
    if (first) {
        TRY(stage_shares(e, a, stage, at, 0));
        TRY(stage_voters(e, a, stage, at));
    }
    return engine_time_trap(e, stage_deadline(e, a, stage, at, &a->due, &a->assumed));
}

uint32_t stage_next(const Approval *a, uint32_t from) {
    while (from < a->stage_count && !stage_asked(a, from))
        from++;
    return from;
}

Status say_advanced(Engine *e, Approval *a) {
    Effect effect = {.id = EFFECT_APPROVAL_ADVANCED};
    effect.values[0] = stage_text(a, a->open);
    TRY(seats_text(e, a, a->open, &effect.values[1]));
    effect.values[2] = due_value(a);
    return approval_say(e, a, &effect);
}

/* Opens stage after stage as long as the votes suffice. *done: they do for all. */
static Status stages_pass(Engine *e, Approval *a, const Voter *voters, uint32_t n, bool *done) {
    for (*done = false;;) {
        bool all, sure;
        Quorum q = quorum_of(a, a->open);
        TRY(quorum_can(&q, voters, n, &e->event, &all, &sure, NULL));
        if (!all)
            return sure ? OK : say_unsure(e);
        uint32_t next = stage_next(a, a->open + 1);
        *done = next == a->stage_count;
        if (*done)
            return OK;
        TRY(stage_open(e, a, next, e->now));
        TRY(say_advanced(e, a));
    }
}

/* Of the stages to come: what their shares come to at least, and when they end at the latest. */
static Status stages_foresee(Engine *e, Approval *a, int64_t at, int64_t *until) {
    uint32_t used = 0;
    bool assumed = false;
    int64_t last = a->due;
    for (uint32_t i = a->open; i < a->stage_count; i++) {
        if (i > a->open && stage_asked(a, i)) {
            if (a->stages[i].opened == INSTANT_NEVER)
                TRY(stage_shares(e, a, i, at, used));
            int64_t from = last; /* what cannot be computed has no bound */
            if (stage_deadline(e, a, i, from, &last, &assumed) != OK)
                last = INSTANT_NEVER;
        }
        until[i] = last;
        for (uint32_t k = 0; k < a->need_count; k++)
            if (a->needs[k].stage == i && a->needs[k].asked)
                used += a->needs[k].count;
    }
    return OK;
}

/* Who said no last, if those who said no make it impossible; else empty. */
static Status refused_by(Engine *e, const Approval *a, const Quorum *q, Candidates *list, Str *by) {
    Voter *noes;
    uint32_t *vote, n;
    bool can, sure;
    TRY(voters_of(&e->event, a, false, &noes, &vote, &n));
    Voter *all = new (&e->event, Voter, (size_t)list->n + n + 1);
    if (all == NULL)
        return ERR_NOMEM;
    if (list->n > 0)
        memcpy(all, list->who, list->n * sizeof *all);
    for (uint32_t i = 0; i < n; i++)
        TRY(could_have_voted(e, a, &a->votes[vote[i]], e->now, list, &all[list->n + i]));
    TRY(quorum_can(q, all, list->n + n, &e->event, &can, &sure, NULL));
    *by = n > 0 && (can || !sure) ? a->votes[vote[n - 1]].by : (Str){NULL, 0};
    return OK;
}

Status approval_judge(Engine *e, Approval *a) {
    Candidates list = {.next = INSTANT_NEVER};
    uint32_t *vote, need, seat;
    bool done, can, sure;
    TRY(voters_of(&e->event, a, true, &list.who, &vote, &list.n));
    TRY(stages_pass(e, a, list.who, list.n, &done));
    if (done)
        return end_granted(e, a);
    list.room = list.n;
    TRY(stages_foresee(e, a, e->now, list.until));
    Quorum q = quorum_of(a, a->stage_count);
    TRY(candidates_find(e, a, &q.places, e->now, &list));
    TRY(quorum_can(&q, list.who, list.n, &e->event, &can, &sure, NULL));
    if (!can && sure) {
        Str by;
        TRY(refused_by(e, a, &q, &list, &by));
        if (by.n > 0)
            return end_refused(e, a, by);
        TRY(quorum_hopeless(&q, list.who, list.n, &e->event, &need, &seat));
        return end_unattainable(e, a, need, seat);
    }
    TRY(timer_plan(e, a, list.next));
    return approval_save(e, a);
}

/* ---- opening */

static Status opened_before(Engine *e, Approval *a, bool *may, Approval *first) {
    uint64_t number;
    bool found;
    a->occurrence = 1;
    *may = true;
    first->number = 0;
    TRY(approval_named(e, a->decl, a->key, a->key_count, 1, &number, &found));
    if (!found)
        return OK;
    *may = false;
    if (!a->def->again)
        return OK;
    TRY(approval_load(e, number, first));
    Approval last = *first;
    if (first->latest != 0)
        TRY(approval_load(e, first->latest, &last));
    bool ended = last.state != APPROVAL_OPEN, granted = last.state == APPROVAL_GRANTED;
    *may = ended && !(a->def->resubmits && granted);
    a->occurrence = last.occurrence + 1;
    if (!*may || a->def->resubmit_most == 0 || last.occurrence <= a->def->resubmit_most)
        return OK;
    *may = false;
    Str message;
    TRY(arena_printf(&e->event, &message,
                     "asked for again, it stays ended: it may be resubmitted %u %s",
                     a->def->resubmit_most, a->def->resubmit_most == 1 ? "time" : "times"));
    Effect effect = {.id = EFFECT_ALERT, .subject = approval_subject(&last)};
    effect.values[0] = value_text(S("resubmitted"));
    effect.values[1] = value_text(message);
    return engine_effect(e, &effect, NULL);
}

static Status trap_opening(Engine *e, TrapCode code) {
    e->vm.trap = (Trap){.code = code, .fn = e->vm.trap.fn, .at = e->vm.trap.at, .table = -1};
    return ERR_TRAP;
}

/* The stages of the policy, with the times that the opening function gave. */
static Status stages_take(Engine *e, Approval *a, const Value *kept, uint32_t *at) {
    const ApprovalDef *def = a->def;
    a->stages = new (&e->event, AskedStage, def->stage_count + 1);
    if (a->stages == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < def->stage_count; i++) {
        Value each = def->stages[i].has_due ? kept[(*at)++] : value_absent();
        if (each.kind == V_DURATION && each.i <= 0)
            return trap_opening(e, TRAP_NO_TIME);
        a->stages[a->stage_count++] =
            (AskedStage){.name = def->stages[i].name, .each = each, .opened = INSTANT_NEVER};
    }
    return OK;
}

/* A rotation is whoever is on call when the approval is opened. */
static Status seat_on_call(Engine *e, Value *who) {
    const RotationDef *rotation = bundle_rotation(e->b, *who);
    OnCall on;
    if (rotation == NULL)
        return OK;
    TRY(on_call(e, rotation, e->now, &on));
    return on.how == ONCALL_NOBODY ? OK : value_keep(on.who, &e->event, who);
}

static Status seat_add(Engine *e, Approval *a, Value who, uint32_t def) {
    const SeatDef *s = &a->def->seats[def];
    TRY(seat_on_call(e, &who));
    bool party = who.kind == V_PARTY && (who.aux == 1 || who.i < (int64_t)e->b->party_count);
    bool team = party && who.aux == 0 && e->b->parties[who.i].kind == PARTY_TEAM_DEF;
    if (a->seat_count == LIMIT_SEATS || !party || (s->members && !team))
        return trap_opening(e, TRAP_SEATS);
    a->seats[a->seat_count++] = (AskedSeat){
        .who = who, .def = def, .need = s->need, .weight = s->weight, .members = s->members};
    return OK;
}

/* A seat of the policy may be a list, which is as many. */
static Status seats_take(Engine *e, Approval *a, const Value *kept, uint32_t *at) {
    a->seats = new (&e->event, AskedSeat, LIMIT_SEATS + 1);
    if (a->seats == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < a->def->seat_count; i++) {
        Value v = kept[(*at)++];
        if (v.kind != V_LIST)
            TRY(seat_add(e, a, v, i));
        for (uint32_t k = 0; v.kind == V_LIST && k < v.n; k++)
            TRY(seat_add(e, a, v.items[k], i));
    }
    return OK;
}

static uint32_t seats_of_need(const Approval *a, uint32_t need) {
    uint32_t n = 0;
    for (uint32_t s = 0; s < a->seat_count; s++)
        n += a->seats[s].need == need;
    return n;
}

/* Which requirements hold here, and what they ask for. Of what has no seat nothing is asked. */
static Status needs_take(Engine *e, Approval *a, const Value *kept, uint32_t *at) {
    const ApprovalDef *def = a->def;
    uint32_t given = *at;
    a->needs = new (&e->event, AskedNeed, def->need_count + 1);
    if (a->needs == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < def->need_count; i++)
        given += def->needs[i].conditional;
    uint32_t stages = given;
    for (uint32_t i = 0; i < def->stage_count; i++)
        given += def->stages[i].conditional;
    for (uint32_t i = 0; i < def->need_count; i++) {
        const NeedDef *from = &def->needs[i];
        AskedNeed *need = &a->needs[a->need_count++];
        uint32_t flag = stages;
        for (uint32_t k = 0; k < from->stage; k++)
            flag += def->stages[k].conditional;
        int64_t count = from->count;
        if (from->kind == COUNT_IS_GIVEN)
            count = kept[given++].i;
        if (from->kind == COUNT_IS_ALL)
            count = seats_of_need(a, i);
        if (from->kind != COUNT_IS_POINTS && count > LIMIT_VOTES)
            return trap_opening(e, TRAP_SEATS);
        if (count < 0)
            return trap_opening(e, TRAP_NEGATIVE_VOTES);
        bool counted = from->kind == COUNT_IS_GIVEN || from->kind == COUNT_IS_ALL;
        bool holds = !from->conditional || kept[(*at)++].i != 0;
        bool stage = !def->stages[from->stage].conditional || kept[flag].i != 0;
        *need = (AskedNeed){.stage = from->stage,
                            .def = i,
                            .count = (uint32_t)count,
                            .points = from->kind == COUNT_IS_POINTS,
                            .asked = holds && stage && (!counted || count > 0)};
    }
    *at = given;
    return OK;
}

/* What the opening function gave, in the order that ApprovalDef says. */
static Status opening_take(Engine *e, Approval *a, const Value *results) {
    const ApprovalDef *def = a->def;
    uint32_t n = e->b->fns[def->raise_fn].result_count, at = def->key_count;
    Value *kept = new (&e->event, Value, n + 1);
    a->handed = new (&e->event, Handed, 1);
    if (kept == NULL || a->handed == NULL)
        return ERR_NOMEM;
    memcpy(kept, results, n * sizeof *kept);
    a->key_count = def->key_count;
    TRY(key_texts(e, kept, def->key_count, &a->key));
    a->due = INSTANT_NEVER;
    TRY(stages_take(e, a, kept, &at));
    a->excluded = kept + at;
    at += def->excluded_count;
    TRY(seats_take(e, a, kept, &at));
    TRY(needs_take(e, a, kept, &at));
    a->frame = kept + at;
    uint32_t first = stage_next(a, 0);
    return stage_open(e, a, first < a->stage_count ? first : a->stage_count - 1, a->raised);
}

static Status say_opened(Engine *e, Approval *a) {
    Effect effect = {.id = EFFECT_APPROVAL_OPENED};
    TRY(seats_text(e, a, a->open, &effect.values[0]));
    effect.values[1] = due_value(a);
    effect.values[2] = stage_text(a, a->open);
    TRY(traces_of(e, &effect));
    return approval_say(e, a, &effect);
}

Status approval_open(Engine *e, uint32_t decl, const VmEvent *event, const Value *args,
                     int64_t at) {
    Approval a = {.decl = decl, .def = &e->b->approvals[decl], .raised = at}, first = {0};
    a.policy = bundle_version_of(e->b, a.def->version, at);
    const Value *results;
    bool applies, may, outer = e->vm.tracing;
    if (!dated_at(&a.def->dated, at))
        return OK;
    e->vm.tracing = true;
    e->vm.trace_count = 0;
    Status status = vm_call(&e->vm, a.def->raise_fn, event, NULL, args, &results, &applies);
    e->vm.tracing = outer;
    TRY(status);
    if (!applies)
        return OK;
    TRY(opening_take(e, &a, results));
    TRY(opened_before(e, &a, &may, &first));
    if (!may)
        return OK;
    a.asker = e->flow == NULL ? (Str){NULL, 0} : e->flow->by;
    a.number = e->next++;
    a.was = STATE_BEFORE_NONE;
    a.timer_at = INSTANT_NEVER;
    a.votes = new (&e->event, Vote, 1);
    if (a.votes == NULL)
        return ERR_NOMEM;
    TRY(say_opened(e, &a));
    uint8_t hash[SHA256_BYTES];
    TRY(approval_hash(e->b, decl, a.key, a.key_count, a.occurrence, &e->text, hash));
    status = led_set_add(e->l, LED_SET_NAMES, hash, a.number, 0);
    if (status != OK)
        return engine_fail(e, status, "writing the ledger");
    TRY(hang_all(e, &a, true));
    if (first.number != 0) {
        first.latest = a.number;
        TRY(approval_save(e, &first));
    }
    return approval_judge(e, &a);
}

/* ---- votes and withdrawals */

Status put_seats_asked(Engine *e, const Approval *a, Str *out) {
    Buf text = {0};
    for (uint32_t s = 0; s < a->seat_count; s++) {
        if (!seat_asked(a, s) || seat_stage(a, s) != a->open)
            continue;
        put_text(&text, text.n == 0 ? S("") : S(", "));
        put_text(&text, party_text(e->b, a->seats[s].who));
        if (a->seats[s].members)
            put_text(&text, S(".members"));
    }
    Status status = buf_status(&text);
    if (status == OK)
        status = arena_str(&e->event, buf_str(&text), out);
    buf_free(&text);
    return status;
}

static Status refuse_vote(Engine *e, const Approval *a, const Flow *flow, const char *of,
                          uint32_t stage) {
    Str message, asked;
    TRY(put_seats_asked(e, a, &asked));
    TRY(arena_printf(&e->event, &message,
                     "%.*s votes in stage %.*s, which %s; the stage that is open is %.*s: %.*s",
                     STR_ARG(flow->by), STR_ARG(stage_name(a, stage)), of,
                     STR_ARG(stage_name(a, a->open)), STR_ARG(asked)));
    return refuse_authority(e, flow, S("actor"), message);
}

/* Why somebody has no seat in the open stage. */
static Status refuse_seatless(Engine *e, const Approval *a, const Flow *flow, uint64_t seats) {
    Str message, asked;
    uint32_t stage = a->stage_count;
    for (uint32_t s = 0; s < a->seat_count; s++)
        if ((seats >> s & 1) != 0 && (stage == a->stage_count || seat_stage(a, s) > a->open))
            stage = seat_stage(a, s);
    if (stage < a->stage_count)
        return refuse_vote(e, a, flow,
                           stage > a->open ? "is not open yet" : "has been granted already", stage);
    TRY(put_seats_asked(e, a, &asked));
    TRY(arena_printf(&e->event, &message, "%.*s holds none of the seats of this approval: %.*s",
                     STR_ARG(flow->by), STR_ARG(asked)));
    return refuse_authority(e, flow, S("actor"), message);
}

static uint64_t seats_of_stage(const Approval *a, uint32_t stage) {
    uint64_t seats = 0;
    for (uint32_t s = 0; s < a->seat_count; s++)
        seats |= (uint64_t)(seat_stage(a, s) == stage) << s;
    return seats;
}

static uint64_t seats_in_all(const Voter *who) {
    uint64_t seats = 0;
    for (uint32_t i = 0; i < who->n; i++)
        seats |= who->by[i].seats;
    return seats;
}

/* Whether the actor may vote, and where; else the event is refused with what is missing. */
static Status vote_judge(Engine *e, const Approval *a, const Flow *flow, Value seat,
                         Authorities *found) {
    Str by = flow->by, because, message, asked;
    bool out;
    if (has_voted(a, by)) {
        TRY(arena_printf(&e->event, &message, "%.*s has voted in this approval already",
                         STR_ARG(by)));
        return refuse_authority(e, flow, S("actor"), message);
    }
    TRY(is_excluded(e, a, by, flow->vm.time, &out, &because));
    if (out) {
        if (because.n == 0)
            TRY(arena_printf(&e->event, &message, "%.*s is excluded from this approval",
                             STR_ARG(by)));
        else
            TRY(arena_printf(&e->event, &message,
                             "%.*s is excluded from this approval because of %.*s, who is, by "
                             "delegation",
                             STR_ARG(by), STR_ARG(because)));
        return refuse_authority(e, flow, S("actor"), message);
    }
    TRY(authorities_of(e, a, by, flow->vm.time, found));
    uint64_t anywhere = seats_in_all(&(Voter){found->at, found->n});
    authorities_limit(found, seats_of_stage(a, a->open));
    if (found->n == 0)
        return refuse_seatless(e, a, flow, anywhere);
    if (flow->vm.time < a->stages[a->open].opened)
        return refuse_vote(e, a, flow, "was not open then", a->open);
    if (seat.kind == V_ABSENT)
        return OK;
    uint64_t named = 0;
    for (uint32_t s = 0; s < a->seat_count; s++)
        if (value_eq(a->seats[s].who, seat) ||
            (seat.aux == 0 && seat_asked(a, s) && seat_party(e, a, s) == seat.i))
            named |= (uint64_t)1 << s;
    authorities_limit(found, named);
    if (found->n > 0)
        return OK;
    Str name = party_text(e->b, seat);
    TRY(put_seats_asked(e, a, &asked));
    TRY(arena_printf(&e->event, &message,
                     named == 0 ? "%.*s is no seat of this approval; its seats are %.*s"
                                : "%.*s is not held by who acts; the seats are %.*s",
                     STR_ARG(name), STR_ARG(asked)));
    return refuse_authority(e, flow, S("seat"), message);
}

/* The seat that the newest vote fills; else the first one that it could. */
static Status seat_taken(Engine *e, const Approval *a, uint32_t *out) {
    const Vote *vote = &a->votes[a->vote_count - 1];
    uint32_t *seats;
    TRY(approval_arrange(&e->event, a, &seats));
    *out = seats[a->vote_count - 1];
    for (uint32_t s = 0; *out == NO_SEAT && s < a->seat_count; s++)
        *out = (vote->seats >> s & 1) != 0 ? s : NO_SEAT;
    return *out == NO_SEAT ? ERR_DAMAGED : OK;
}

/* For whom a deputy votes who has no authority of their own; absent: by nobody's absence. */
static Status voted_for(Engine *e, const Vote *vote, uint32_t seat, Value *out) {
    Deputy *list;
    uint32_t n;
    *out = value_absent();
    for (uint32_t i = 0; i < vote->who.n; i++)
        if (str_eq(vote->who.by[i].of, vote->by) && (vote->who.by[i].seats >> seat & 1) != 0)
            return OK;
    TRY(org_deputies(e, vote->by, false, vote->time, vote->time, &list, &n));
    for (uint32_t i = 0; i < vote->who.n && out->kind == V_ABSENT; i++)
        for (uint32_t k = 0; k < n; k++)
            if (list[k].absent && str_eq(list[k].person, vote->who.by[i].of) &&
                (vote->who.by[i].seats >> seat & 1) != 0)
                *out = value_text(vote->who.by[i].of);
    return OK;
}

static Status say_voted(Engine *e, Approval *a, const Vote *vote, Value note, Value ballot) {
    uint32_t seat;
    TRY(seat_taken(e, a, &seat));
    if (e->vm.watch != NULL && e->vm.watch->seats != NULL && vote->yes &&
        a->seats[seat].def != NO_SEAT)
        e->vm.watch->seats[a->decl][a->seats[seat].def] = 1;
    Effect effect = {.id = EFFECT_APPROVAL_VOTED};
    effect.line = seat_line(a, seat);
    effect.values[0] = value_text(vote->by);
    TRY(seat_text(e, a, seat, &effect.values[1]));
    effect.values[2] = ballot;
    effect.values[3] = note;
    effect.values[4] = stage_text(a, a->open);
    TRY(voted_for(e, vote, seat, &effect.values[5]));
    return approval_say(e, a, &effect);
}

/* Whether the noes are so many that it is refused: a number counts those of all stages, a majority
 * those of the stage that is open. */
static Status is_refused(Engine *e, const Approval *a, bool *yes) {
    uint32_t noes;
    *yes = a->def->refuse == REFUSED_BY_A_NO;
    if (*yes)
        return OK;
    bool most = a->def->refuse == REFUSED_BY_MOST;
    TRY(noes_of(&e->event, a, most ? a->open : 0, &noes));
    *yes = most ? 2 * noes > a->stages[a->open].voters : noes >= a->def->noes;
    return OK;
}

static Status approval_vote(Engine *e, Approval *a, Flow *flow) {
    const Value *f = flow->vm.fields; /* approval, key, vote, note, seat */
    Vote vote = {.by = flow->by,
                 .yes = f[2].i == 1, /* its members are no and yes, in this order */
                 .leaf = flow->leaf,
                 .time = flow->vm.time};
    Authorities found = {0};
    TRY(vote_judge(e, a, flow, f[4], &found));
    vote.who = (Voter){found.at, found.n};
    vote.seats = seats_in_all(&vote.who);
    e->matched = true;
    a->votes[a->vote_count++] = vote;
    TRY(say_voted(e, a, &vote, f[3], f[2]));
    bool refused = false;
    if (!vote.yes)
        TRY(is_refused(e, a, &refused));
    return refused ? end_refused(e, a, vote.by) : approval_judge(e, a);
}

static Status withdraw(Engine *e, Approval *a, const Flow *flow, uint32_t line) {
    e->matched = true;
    Effect effect = {.id = EFFECT_APPROVAL_WITHDRAWN, .line = line};
    effect.values[0] = flow->by.n == 0 ? value_absent() : value_text(flow->by);
    return approval_end(e, a, APPROVAL_WITHDRAWN, &effect);
}

/* Who asked for an approval may withdraw it (semantics.md 16). */
static Status withdraw_own(Engine *e, Approval *a, const Flow *flow) {
    if (a->asker.n > 0 && str_eq(a->asker, flow->by))
        return withdraw(e, a, flow, 0);
    Str message;
    Power asked = {.verb = POWER_TO_WITHDRAW, .approval = true, .of = a->decl};
    const PowerDef *by;
    TRY(power_permits(e, &asked, flow->by, flow->vm.time, &by));
    if (by != NULL)
        return withdraw(e, a, flow, by->file << 20 | by->line);
    if (power_given(e->b, &asked))
        TRY(power_missing(e, &asked, flow->by, &message));
    else if (a->asker.n == 0)
        message = S("the event that opened this approval does not say who asked for it, and only "
                    "they may withdraw it");
    else
        TRY(arena_printf(&e->event, &message, "%.*s did not ask for this approval: %.*s did",
                         STR_ARG(flow->by), STR_ARG(a->asker)));
    return refuse_authority(e, flow, S("actor"), message);
}

Status approval_event(Engine *e, Flow *flow) {
    int32_t kind = e->b->events[flow->event].engine;
    if (!is_of_approval(kind))
        return OK;
    e->acts = true;
    int32_t decl = bundle_approval(e->b, value_str(flow->vm.fields[0]));
    Value list = flow->vm.fields[1];
    Str *key;
    uint64_t number;
    bool found = false;
    TRY(key_texts(e, list.items, list.n, &key));
    if (decl >= 0)
        TRY(approval_find_key(e, (uint32_t)decl, key, list.n, flow->vm.time, &number, &found));
    if (!found)
        return OK;
    Approval a;
    TRY(approval_load(e, number, &a));
    if (a.state != APPROVAL_OPEN || flow->vm.time < a.raised)
        return OK;
    if (kind == ENGINE_DECIDED)
        return approval_vote(e, &a, flow);
    return kind == ENGINE_WITHDRAWN ? withdraw_own(e, &a, flow) : office_act(e, &a, flow);
}

Status approval_withdraw(Engine *e, uint32_t decl, const ActDef *act, Flow *flow) {
    const Value *values;
    TRY(vm_call(&e->vm, act->link_fn, &flow->vm, NULL, NULL, &values, NULL));
    uint32_t n = e->b->fns[act->link_fn].result_count;
    for (uint32_t i = 0; i < n; i++)
        if (values[i].kind == V_ABSENT)
            return OK;
    Str *key;
    uint64_t number;
    bool found;
    TRY(key_texts(e, values, n, &key));
    TRY(approval_find_key(e, decl, key, n, flow->vm.time, &number, &found));
    if (!found)
        return OK;
    Approval a;
    TRY(approval_load(e, number, &a));
    if (a.state != APPROVAL_OPEN || flow->vm.time < a.raised)
        return OK;
    if (act->test_fn >= 0) {
        TRY(vm_call(&e->vm, act->test_fn, &flow->vm, a.frame, NULL, &values, NULL));
        if (values[0].i == 0)
            return OK;
    }
    if (e->vm.watch != NULL && e->vm.watch->approval_acts != NULL)
        e->vm.watch->approval_acts[decl][act - a.def->acts] = 1;
    return withdraw(e, &a, flow, act->file << 20 | act->line);
}

/* ---- people come and go */

Status approvals_review(Engine *e, const int64_t *parties, uint32_t n) {
    Numbers numbers = {0};
    Status status = OK;
    for (uint32_t i = 0; i < n && status == OK; i++)
        status = hanging_on(e, parties[i], &numbers);
    for (size_t i = 0; i < numbers.n && status == OK; i++) {
        Approval a;
        status = approval_load(e, numbers.at[i], &a);
        if (status == OK && a.state == APPROVAL_OPEN)
            status = approval_judge(e, &a);
    }
    vec_free(&numbers);
    return status;
}

/* ---- time */

static void fire_begin(Engine *e, const Approval *a, int64_t at) {
    e->now = at;
    e->subject = approval_subject(a);
    e->cause = (Cause){.kind = CAUSE_TIMER, .instant = at, .subject = e->subject};
    e->rule = 0;
}

static Status lapse(Engine *e, Approval *a) {
    uint32_t *seats;
    TRY(approval_arrange(&e->event, a, &seats));
    return end_for_seat(e, a, APPROVAL_LAPSED, EFFECT_APPROVAL_LAPSED, first_lacking(a, seats));
}

Status approval_fire(Engine *e, uint64_t number, uint32_t rung, int64_t at) {
    Approval a;
    TRY(approval_load(e, number, &a));
    fire_begin(e, &a, at);
    return (rung & ~(uint32_t)APPROVAL_TIMER) == TIMER_LAPSE ? lapse(e, &a) : approval_judge(e, &a);
}

/* A reaction that cannot be carried out: the end stands, and says so. */
Status approval_fire_failed(Engine *e, uint64_t number, uint32_t rung, int64_t at, Str message) {
    Approval a;
    TRY(approval_load(e, number, &a));
    fire_begin(e, &a, at);
    ApprovalDef quiet = *a.def;
    quiet.reaction_count = 0;
    a.def = &quiet;
    bool lapses = (rung & ~(uint32_t)APPROVAL_TIMER) == TIMER_LAPSE;
    TRY(lapses ? lapse(e, &a) : approval_judge(e, &a));
    TRY(alert_kept(e, message, &a.said, &a.said_count));
    return approval_save(e, &a);
}

Status approval_escalate(Engine *e, const Value *parties, uint32_t n) {
    Value *to = new (&e->event, Value, n + 1);
    if (to == NULL)
        return ERR_NOMEM;
    memcpy(to, parties, n * sizeof *to);
    Approval a = *e->approval;
    for (uint32_t i = 0; i < n; i++) {
        Effect effect = {.id = EFFECT_APPROVAL_ESCALATED, .subject = approval_subject(&a)};
        effect.values[0] = to[i];
        TRY(engine_effect(e, &effect, NULL));
    }
    return OK;
}
