/* audit: why an approval is as it is: who asked, whose yes was needed, who voted by what authority,
 * what is missing, how it ended. */
#include "engine/audit/why_int.h"

#include "engine/base/json.h"
#include "engine/base/unicode.h"
#include "engine/run/approval.h"

static const char *const states[APPROVAL_STATES] = {"open",   "granted",   "refused",
                                                    "lapsed", "withdrawn", "unattainable"};

static Str seat_words(Why *w, uint32_t seat) {
    size_t from = w->out->n;
    put_text(w->out, party_text(w->r->b, w->a.seats[seat].who));
    put_text(w->out, w->a.seats[seat].members ? S(".members") : S(""));
    return why_cut(w, from);
}

static Str state_word(Why *w, uint32_t state) {
    return engine_word(w->chinese, str_of(states[state]));
}

/* Behind what stands in a list already, the next of it. */
static Str listed(Why *w, Str list, Str next) {
    size_t from = w->out->n;
    put_text(w->out, list);
    put_text(w->out, list.n == 0 ? S("") : why_word(w, SAY_LISTED));
    put_text(w->out, next);
    return why_cut(w, from);
}

/* ---- authority, as it was when the vote was cast */

/* By what a person sits in a seat, behind the words about `who`; *how is empty when they do not. */
static Status holds_text(Why *w, uint32_t seat, Str person, int64_t at, Str who, Str *how) {
    const Bundle *b = w->r->b;
    Value v = w->a.seats[seat].who;
    bool members = w->a.seats[seat].members, yes = false;
    int64_t since = 0;
    *how = (Str){NULL, 0};
    if (v.aux == 1) {
        if (str_eq(value_str(v), person))
            *how = why_said(w, SAY_IS_NAMED, (Args){{who}});
        return OK;
    }
    bool team = b->parties[v.i].kind == PARTY_TEAM_DEF;
    int64_t direct = team && !members ? b->parties[v.i].votes : v.i;
    int32_t itself = bundle_party(b, person);
    if (itself >= 0 && (itself == v.i || itself == direct)) {
        *how = why_word(w, SAY_IS_SEAT);
        return OK;
    }
    if (direct >= 0)
        TRY(record_held(w->r, person, direct, at, &yes, &since));
    for (uint32_t i = 0; i < b->party_count && !yes; i++)
        if (direct >= 0 && b->parties[i].team == direct) {
            TRY(record_held(w->r, person, i, at, &yes, &since));
            direct = yes ? (int64_t)i : direct;
        }
    if (yes)
        *how = why_said(w, SAY_HOLDS,
                        (Args){{who, b->parties[direct].name, why_local(w, since),
                                team && !members ? b->parties[v.i].name : S("")}});
    return OK;
}

static Status deputy_text(Why *w, uint32_t seat, const Vote *vote, Str *how) {
    const Bundle *b = w->r->b;
    Buf key = {0};
    Str value;
    bool found;
    put_c(&key, 'f');
    put_text(&key, vote->by);
    Status status =
        key.failed ? ERR_NOMEM : led_find(w->r->l, LED_DELEGATE, buf_str(&key), &value, &found);
    buf_free(&key);
    TRY(status);
    if (!found)
        return OK;
    Str kept;
    TRY(arena_str(&w->arena, value, &kept));
    Take t = take_from(kept);
    for (uint64_t n = take_varint(&t); n > 0 && !t.failed && how->n == 0; n--) {
        Str whom = take_str(&t);
        uint64_t party = take_varint(&t);
        int64_t from = take_zigzag(&t), to = take_zigzag(&t);
        if (t.failed || vote->time < from || vote->time >= to || party > b->party_count)
            continue;
        Str who = why_said(w, SAY_BY_DELEGATION,
                           (Args){{whom, party > 0 ? b->parties[party - 1].name : S("")}});
        TRY(holds_text(w, seat, whom, vote->time, who, how));
    }
    return t.failed ? ERR_DAMAGED : OK;
}

/* Whether a person was absent then. */
static Status was_absent(Why *w, Str person, int64_t at, bool *yes) {
    Str value;
    bool found;
    *yes = false;
    TRY(led_find(w->r->l, LED_ABSENT, person, &value, &found));
    Take t = take_from(found ? value : S("\0"));
    for (uint64_t n = found ? take_varint(&t) : 0; n > 0 && !t.failed; n--) {
        int64_t from = take_zigzag(&t), to = take_zigzag(&t);
        *yes = *yes || (from <= at && at < to);
    }
    return t.failed ? ERR_DAMAGED : OK;
}

/* The deputy of one who is absent, by the policy. */
static Status absent_text(Why *w, uint32_t seat, const Vote *vote, Str *how) {
    for (uint32_t i = 0; i < vote->who.n && how->n == 0; i++) {
        Str of = vote->who.by[i].of;
        bool away;
        if (str_eq(of, vote->by) || (vote->who.by[i].seats >> seat & 1) == 0)
            continue;
        TRY(was_absent(w, of, vote->time, &away));
        if (!away)
            continue;
        TRY(holds_text(w, seat, of, vote->time, why_said(w, SAY_BY_ABSENCE, (Args){{of}}), how));
    }
    return OK;
}

/* The seat that a vote was said to be of, as it was named then. */
static Status seat_said(Why *w, const Vote *v, Str *out) {
    const Approval *a = &w->a;
    uint64_t at = UINT64_MAX; /* what is said first after the vote came */
    for (uint32_t i = 0; i < a->said_count; i++)
        at = a->said[i] > v->leaf && a->said[i] < at ? a->said[i] : at;
    Leaf leaf;
    *out = (Str){NULL, 0};
    if (at == UINT64_MAX)
        return ERR_DAMAGED;
    TRY(record_leaf(w->r, at, &w->arena, &leaf, w->err));
    if (leaf.kind != LEAF_EFFECT || leaf.effect.id != EFFECT_APPROVAL_VOTED)
        return ERR_DAMAGED;
    *out = value_str(leaf.effect.values[1]);
    return OK;
}

/* Of a vote that fills no seat now: the seat that it was of, and whose that was then: it may have
 * been handed on since. */
static Status seat_voted(Why *w, const Vote *v, uint32_t *seat, Value *who) {
    const Approval *a = &w->a;
    const Bundle *b = w->r->b;
    Str said;
    TRY(seat_said(w, v, &said));
    *seat = NO_SEAT;
    for (uint32_t s = a->seat_count; s-- > 0;) {
        Str name = party_text(b, a->seats[s].who);
        bool same = str_starts(said, name) &&
                    str_eq(str_from(said, name.n), a->seats[s].members ? S(".members") : S(""));
        if ((v->seats >> s & 1) == 0)
            continue;
        if (same) {
            *seat = s;
            *who = a->seats[s].who;
            return OK;
        }
        *seat = s;
    }
    if (*seat == NO_SEAT)
        return ERR_DAMAGED;
    int32_t party = bundle_party(b, said);
    *who = party < 0 ? value_person(said) : value_of(V_PARTY, party);
    return OK;
}

static Status put_vote(Why *w, const Vote *v, uint32_t seat, bool counts) {
    const Approval *a = &w->a;
    Leaf leaf;
    Str how;
    TRY(record_leaf(w->r, v->leaf, &w->arena, &leaf, w->err));
    why_say(w, SAY_VOTE,
            (Args){{why_local(w, v->time), v->by, why_word(w, v->yes ? SAY_YES : SAY_NO),
                    seat_words(w, seat), a->stages[seat_stage(a, seat)].name,
                    leaf.kind == LEAF_EVENT ? leaf.event.id : S("")}});
    put_fmt(w->out, "  [%llu]\n                    ", (unsigned long long)v->leaf);
    TRY(holds_text(w, seat, v->by, v->time, (Str){NULL, 0}, &how));
    if (how.n == 0)
        TRY(deputy_text(w, seat, v, &how));
    if (how.n == 0)
        TRY(absent_text(w, seat, v, &how));
    if (how.n == 0)
        how = why_word(w, SAY_TAKEN_BACK);
    if (v->returned)
        how = why_said(w, SAY_VOTE_VOID, (Args){{how}});
    else if (v->yes && !counts)
        how = why_said(w, SAY_VOTE_UNCOUNTED, (Args){{how}});
    put_text(w->out, how);
    put_c(w->out, '\n');
    return OK;
}

static Status put_votes(Why *w, const uint32_t *seats) {
    const Approval *a = &w->a;
    why_say_word(w, SAY_WHO_VOTED);
    if (a->vote_count == 0)
        why_say_word(w, SAY_NO_VOTES);
    for (uint32_t i = 0; i < a->vote_count; i++) {
        const Vote *v = &a->votes[i];
        if (seats[i] != NO_SEAT) {
            TRY(put_vote(w, v, seats[i], true));
            continue;
        }
        uint32_t seat;
        Value who;
        TRY(seat_voted(w, v, &seat, &who));
        Value now = a->seats[seat].who;
        a->seats[seat].who = who; /* as it was then */
        Status status = put_vote(w, v, seat, false);
        a->seats[seat].who = now;
        TRY(status);
    }
    return OK;
}

/* ---- what did not count */

Status why_approval_at(Why *w, uint32_t decl, const Str *key, uint32_t n, uint32_t occurrence,
                       Approval *out, bool *found) {
    Buf scratch = {0};
    uint8_t hash[32];
    uint64_t number = 0, zero;
    Str value, kept;
    Status status = approval_hash(w->r->b, decl, key, n, occurrence, &scratch, hash);
    *found = false;
    if (status == OK)
        status = led_set_find(w->r->l, LED_SET_NAMES, hash, &number, &zero, found);
    buf_reset(&scratch);
    put_key_u64(&scratch, number);
    bool there = false;
    if (status == OK && *found)
        status = scratch.failed
                     ? ERR_NOMEM
                     : led_find(w->r->l, LED_APPROVAL, buf_str(&scratch), &value, &there);
    buf_free(&scratch);
    if (status != OK || !*found)
        return status;
    if (!there)
        return ERR_DAMAGED;
    TRY(arena_str(&w->arena, value, &kept));
    return view_approval(w->r->b, number, kept, &w->arena, out);
}

/* Ballots and withdrawals are of the latest that was opened by their time; of the first when none
 * was. */
typedef struct Span {
    int64_t from, to; /* INSTANT_NEVER: there is no later one */
} Span;

static Status span_of(Why *w, Span *out) {
    const Approval *a = &w->a;
    Approval next;
    bool found;
    *out = (Span){a->occurrence > 1 ? a->raised : INT64_MIN, INSTANT_NEVER};
    TRY(why_approval_at(w, a->decl, a->key, a->key_count, a->occurrence + 1, &next, &found));
    if (found)
        out->to = next.raised;
    return OK;
}

static bool span_has(const Span *s, int64_t at) {
    return at >= s->from && (s->to == INSTANT_NEVER || at < s->to);
}

/* A ballot of somebody, a withdrawal by them, or another event of the office. */
static Str vote_words(Why *w, Str type, Str who) {
    if (str_eq(type, S("remit.decided")))
        return why_said(w, SAY_BALLOT_OF, (Args){{who}});
    if (str_eq(type, S("remit.withdrawn")))
        return why_said(w, SAY_WITHDRAWAL_BY, (Args){{who}});
    return why_said(w, SAY_OFFICE_BY, (Args){{who, type}});
}

/* A reject keeps what it is about, whatever form the line had. */
static Status put_refused(Why *w, const Span *span) {
    Arena a = {0};
    uint64_t index = RECORD_BEGIN;
    Status status = OK;
    bool head = false;
    Subject me = approval_subject(&w->a);
    Buf mine = {0};
    me.occurrence = 1;
    put_subject(&mine, w->r->b, &me);
    while (status == OK && !mine.failed) {
        bool there;
        Leaf leaf, told;
        arena_reset(&a);
        status = record_reject(w->r, &index, &a, &leaf, &there, w->err);
        if (status != OK || !there)
            break;
        status = record_leaf(w->r, index + 1, &a, &told, w->err);
        if (status == OK && (leaf.kind != LEAF_REJECT || told.kind != LEAF_EFFECT))
            status = ERR_DAMAGED;
        if (status != OK)
            break;
        Value about = effect_value(&told.effect, S("about")),
              by = effect_value(&told.effect, S("actor")),
              type = effect_value(&told.effect, S("type"));
        if (about.kind != V_TEXT || type.kind != V_TEXT ||
            !str_eq(value_str(about), buf_str(&mine)) || !leaf.reject.has_time ||
            !span_has(span, leaf.reject.time))
            continue;
        if (!head)
            why_say_word(w, SAY_WHAT_REFUSED);
        head = true;
        Str who = by.kind == V_TEXT ? value_str(by) : why_word(w, SAY_NOBODY),
            reason = reject_text((RejectReason)leaf.reject.reason);
        why_say(w, SAY_BALLOT_REFUSED,
                (Args){{why_local(w, leaf.reject.time), vote_words(w, value_str(type), who),
                        leaf.reject.id, engine_word(w->chinese, reason)}});
        put_fmt(w->out, "  [%llu]\n                    %.*s\n", (unsigned long long)index,
                STR_ARG(value_str(effect_value(&told.effect, S("message")))));
    }
    status = status == OK && mine.failed ? ERR_NOMEM : status;
    buf_free(&mine);
    arena_free(&a);
    return status;
}

/* Whether an event is a ballot for this approval, or a withdrawal of it. */
static bool is_mine(const Why *w, const EventLeaf *e, const Span *span) {
    int32_t kind = w->r->b->events[e->event].engine;
    if (!is_of_approval(kind) || e->field_count < 2 ||
        bundle_approval(w->r->b, value_str(e->fields[0])) != (int32_t)w->a.decl ||
        !span_has(span, e->time))
        return false;
    Value key = e->fields[1];
    bool same = key.n == w->a.key_count;
    for (uint32_t i = 0; same && i < key.n; i++)
        same = str_eq(value_str(key.items[i]), w->a.key[i]);
    return same;
}

/* Unmatched events: ballots that came when it could not take them any more, or yet. */
static Status put_unmatched(Why *w, const Span *span) {
    Arena keys = {0}, a = {0};
    Str from = {NULL, 0};
    Status status = OK;
    bool head = false;
    for (bool after = false; status == OK; after = true) {
        Str key, value;
        bool found;
        Leaf leaf;
        status = led_next(w->r->l, LED_COUNTER, from, after, &key, &value, &found);
        if (status != OK || !found)
            break;
        bool unmatched = key.n == 8 && str_eq(value, S("unmatched"));
        Take t = take_from(key);
        uint64_t index = unmatched ? take_key_u64(&t) : 0;
        arena_reset(&keys);
        status = arena_str(&keys, key, &from);
        if (status != OK || !unmatched)
            continue;
        arena_reset(&a);
        status = record_leaf(w->r, index, &a, &leaf, w->err);
        if (status != OK || leaf.kind != LEAF_EVENT || !is_mine(w, &leaf.event, span))
            continue;
        if (!head)
            why_say_word(w, SAY_WHAT_UNMATCHED);
        head = true;
        const EventDef *def = &w->r->b->events[leaf.event.event];
        bool ballot = def->engine == ENGINE_DECIDED && leaf.event.field_count > 2;
        Str vote = ballot ? engine_word(w->chinese, why_value(w, leaf.event.fields[2])) : S("");
        why_say(w, SAY_BALLOT_UNMATCHED,
                (Args){{why_local(w, leaf.event.time), vote_words(w, def->name, leaf.event.actor),
                        vote, leaf.event.id,
                        why_word(w, leaf.event.time < w->a.raised ? SAY_CAME_BEFORE
                                                                  : SAY_CAME_AFTER)}});
        put_fmt(w->out, "  [%llu]\n", (unsigned long long)index);
    }
    arena_free(&keys);
    arena_free(&a);
    return status;
}

/* ---- whose yes was needed */

/* "1 of 2", of points "3 of 4 points", or why nothing is asked. */
static void put_need_count(Why *w, uint32_t need, const uint32_t *seats) {
    const Approval *a = &w->a;
    const AskedNeed *n = &a->needs[need];
    enum { COUNT_WIDTH = 11 }; /* what is asked of stands in one column */
    Str text = why_word(w, SAY_NOT_ASKED);
    if (n->asked)
        text =
            why_said(w, n->points ? SAY_NEED_POINTS : SAY_NEED,
                     (Args){{why_number(w, need_have(a, need, seats)), why_number(w, n->count)}});
    put_text(w->out, text);
    size_t width = uc_columns(text);
    do
        put_c(w->out, ' ');
    while (++width < COUNT_WIDTH);
}

/* The first seat of a requirement as the policy says it; NULL: a signer who was added. */
static const SeatDef *need_def(const Approval *a, uint32_t need) {
    for (uint32_t s = 0; s < a->def->seat_count && a->needs[need].def != NO_SEAT; s++)
        if (a->def->seats[s].need == a->needs[need].def)
            return &a->def->seats[s];
    return NULL;
}

static Status put_need(Why *w, uint32_t need, const uint32_t *seats) {
    const Approval *a = &w->a;
    const AskedNeed *n = &a->needs[need];
    Str list = {NULL, 0};
    put_text(w->out, S("  "));
    put_need_count(w, need, seats);
    for (uint32_t s = 0; s < a->seat_count; s++) {
        if (a->seats[s].need != need)
            continue;
        Str seat = seat_words(w, s);
        if (n->points)
            TRY(arena_printf(&w->arena, &seat, "%.*s %u", STR_ARG(seat), a->seats[s].weight));
        if (a->seats[s].gone)
            seat = why_said(w, SAY_TAKEN_OUT, (Args){{seat}});
        list = listed(w, list, seat);
    }
    put_text(w->out, list.n > 0 ? list : why_word(w, SAY_NOBODY_LISTED));
    const SeatDef *def = need_def(a, need);
    if (def != NULL)
        why_say(w, SAY_NEED_AT,
                (Args){{why_place(w, def->file, def->line), why_source(w, def->file, def->line)}});
    if (def != NULL && a->def->needs[n->def].conditional)
        why_say_word(w, n->asked || !stage_asked(a, n->stage) ? SAY_CONDITION_HELD
                                                              : SAY_CONDITION_FAILED);
    if (def == NULL && n->def == NO_SEAT)
        why_say_word(w, SAY_SIGNER);
    put_c(w->out, '\n');
    return OK;
}

/* What has become of a stage. */
static Str stage_state(Why *w, uint32_t stage) {
    const Approval *a = &w->a;
    if (!stage_asked(a, stage))
        return why_word(w, SAY_NOT_ASKED);
    if (stage < a->open || a->state == APPROVAL_GRANTED)
        return why_word(w, SAY_GRANTED);
    return stage > a->open ? why_word(w, SAY_TO_COME) : state_word(w, a->state);
}

/* "stage legal, granted", then its requirements. Without stages the requirements alone. */
static Status put_stage(Why *w, uint32_t stage, const uint32_t *seats) {
    const Approval *a = &w->a;
    const AskedStage *s = &a->stages[stage];
    bool opened = stage_asked(a, stage) && s->opened != INSTANT_NEVER;
    if (s->name.n > 0)
        why_say(w, SAY_STAGE,
                (Args){{s->name, stage_state(w, stage), opened ? why_local(w, s->opened) : S("")}});
    for (uint32_t i = 0; i < a->need_count; i++)
        if (a->needs[i].stage == stage)
            TRY(put_need(w, i, seats));
    return OK;
}

static void put_excluded(Why *w) {
    const Approval *a = &w->a;
    Str list = {NULL, 0};
    for (uint32_t i = 0; i < a->def->excluded_count; i++)
        if (a->excluded[i].kind == V_PARTY)
            list = listed(w, list, party_text(w->r->b, a->excluded[i]));
    if (list.n > 0)
        why_say(w, SAY_EXCLUDED, (Args){{list}});
}

static Status put_due(Why *w) {
    Approval *a = &w->a;
    static const DutyDef none = {.schedule = {.kind = SCHEDULE_NONE}};
    if (a->due == INSTANT_NEVER)
        return OK;
    Value each = a->stages[a->open].each;
    w->d = (Duty){.def = &none, .span = each, .assumed = a->assumed};
    w->d.terms = (Terms){.zone = local_zone(w->r->b, a->def->local),
                         .calendar = local_calendar(w->r->b, a->def->local),
                         .raised = a->stages[a->open].opened,
                         .begins = a->stages[a->open].opened,
                         .unpaused = a->due,
                         .working = each.aux == FAMILY_WORKING || each.aux == FAMILY_WORKING_DAYS};
    w->d.fold.due = a->due;
    put_c(w->out, '\n');
    Status status = why_deadline(w);
    w->d = (Duty){0};
    return status;
}

static Status put_ended(Why *w) {
    const Approval *a = &w->a;
    why_say_word(w, SAY_APPROVAL_HAPPENED);
    Arena arena = {0};
    Status status = OK;
    Leaf leaf;
    for (uint32_t i = 0; i < a->said_count && status == OK; i++) {
        arena_reset(&arena);
        status = record_leaf(w->r, a->said[i], &arena, &leaf, w->err);
        if (status == OK && leaf.kind != LEAF_EFFECT)
            status = ERR_DAMAGED;
        if (status == OK)
            status = why_effect(w, a->said[i], &leaf.effect, false);
    }
    arena_free(&arena);
    return status;
}

/* Why a ballot or a withdrawal found nothing to act on. */
Status why_unmatched_vote(Why *w, const EventLeaf *e) {
    if (e->field_count < 2)
        return ERR_DAMAGED;
    int32_t decl = bundle_approval(w->r->b, value_str(e->fields[0]));
    Value list = e->fields[1];
    Approval of = {0}, next;
    bool found = decl >= 0;
    Str *key = new (&w->arena, Str, list.n + 1);
    if (key == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < list.n; i++)
        key[i] = value_str(list.items[i]);
    for (uint32_t n = 1; found; n++) {
        TRY(why_approval_at(w, (uint32_t)decl, key, list.n, n, &next, &found));
        if (found && n > 1 && next.raised > e->time)
            break;
        of = found ? next : of;
    }
    if (of.def == NULL) {
        why_say(w, SAY_NO_APPROVAL, (Args){{value_str(e->fields[0])}});
        return OK;
    }
    Subject subject = approval_subject(&of);
    if (e->time < of.raised)
        why_say(w, SAY_NOT_ASKED_YET, (Args){{why_subject(w, &subject), why_moment(w, of.raised)}});
    else
        why_say(
            w, SAY_HAD_ENDED,
            (Args){{why_subject(w, &subject), state_word(w, of.state), why_moment(w, of.ended)}});
    return OK;
}

static Status put_opened(Why *w) {
    const Approval *a = &w->a;
    const Effect *e = &w->opened.effect;
    why_say_word(w, SAY_WHY_ASKED);
    TRY(why_cause(w, &e->cause));
    if (e->rule > 0 && e->rule <= w->r->b->rule_count) {
        const RuleDef *rule = &w->r->b->rules[e->rule - 1];
        why_say(w, SAY_RULE_OF_APPROVAL,
                (Args){{rule->name, why_place(w, rule->file, rule->line)}});
    }
    why_say(w, SAY_APPROVAL,
            (Args){{a->def->name, w->r->b->versions[a->policy].version,
                    why_place(w, a->def->file, a->def->line),
                    why_source(w, a->def->file, a->def->line)}});
    return OK;
}

/* Whether a seat has its yes; of a team's members another is always thinkable. */
static bool is_filled(const Approval *a, uint32_t seat, const uint32_t *seats) {
    for (uint32_t i = 0; i < a->vote_count && !a->seats[seat].members; i++)
        if (seats[i] == seat)
            return true;
    return false;
}

/* The seats of the open stage that still lack a yes. */
static Str lacking_text(Why *w, const uint32_t *seats) {
    const Approval *a = &w->a;
    Str all = {NULL, 0};
    for (uint32_t i = 0; i < a->need_count; i++) {
        if (a->needs[i].stage != a->open || !a->needs[i].asked ||
            need_have(a, i, seats) >= a->needs[i].count)
            continue;
        Str list = {NULL, 0};
        for (uint32_t s = 0; s < a->seat_count; s++)
            if (a->seats[s].need == i && !a->seats[s].gone && !is_filled(a, s, seats))
                list = listed(w, list, seat_words(w, s));
        Str count = why_number(w, a->needs[i].count - need_have(a, i, seats));
        Str next = why_said(w, SAY_LACKING, (Args){{count, list}});
        all = all.n == 0 ? next : why_said(w, SAY_AND_ALSO, (Args){{all, next}});
    }
    return all;
}

/* What becomes of an open one if nobody does anything, and who can end it. */
static void put_coming(Why *w, const uint32_t *seats) {
    const Approval *a = &w->a;
    if (a->state != APPROVAL_OPEN)
        return;
    why_say_word(w, SAY_WHAT_COMES);
    if (a->due == INSTANT_NEVER)
        why_say(w, SAY_STAYS_OPEN, (Args){{lacking_text(w, seats)}});
    else
        why_say(w, SAY_LAPSES, (Args){{why_local(w, a->due), lacking_text(w, seats)}});
}

Status why_approval_text(Why *w, Str subject) {
    const Approval *a = &w->a;
    uint32_t *seats;
    Span span;
    TRY(approval_arrange(&w->arena, a, &seats));
    TRY(span_of(w, &span));
    why_say(w, SAY_APPROVAL_IS, (Args){{subject, state_word(w, a->state)}});
    why_say(w, SAY_ASKED_ON,
            (Args){{a->asker, why_moment(w, a->raised),
                    a->due != INSTANT_NEVER ? why_moment(w, a->due) : S("")}});
    TRY(put_opened(w));
    why_say_word(w, SAY_WHOSE_YES);
    for (uint32_t i = 0; i < a->stage_count; i++)
        TRY(put_stage(w, i, seats));
    put_excluded(w);
    TRY(put_due(w));
    TRY(put_votes(w, seats));
    TRY(put_refused(w, &span));
    TRY(put_unmatched(w, &span));
    TRY(put_ended(w));
    put_coming(w, seats);
    return buf_status(w->out);
}

Status why_approval_json(Why *w, Str subject) {
    const Approval *a = &w->a;
    uint32_t *seats;
    TRY(approval_arrange(&w->arena, a, &seats));
    put_text(w->out, S("{\"subject\":"));
    put_json_string(w->out, subject);
    why_json_value(w, "state", value_text(str_of(states[a->state])));
    if (a->asker.n > 0)
        why_json_value(w, "asked_by", value_text(a->asker));
    put_text(w->out, S(",\"file\":"));
    put_json_string(w->out, w->r->b->sources[a->def->file].name);
    put_fmt(w->out, ",\"line\":%u", a->def->line);
    why_json_value(w, "raised", value_of(V_INSTANT, a->raised));
    if (a->due != INSTANT_NEVER) {
        why_json_value(w, "within", a->stages[a->open].each);
        why_json_value(w, "due", value_of(V_INSTANT, a->due));
    }
    if (a->stages[a->open].name.n > 0)
        why_json_value(w, "stage", value_text(a->stages[a->open].name));
    put_text(w->out, S(",\"seats\":["));
    for (uint32_t s = 0; s < a->seat_count; s++) {
        Str name = party_text(w->r->b, a->seats[s].who), stage = a->stages[seat_stage(a, s)].name;
        if (a->seats[s].members)
            TRY(arena_printf(&w->arena, &name, "%.*s.members", STR_ARG(name)));
        put_text(w->out, s == 0 ? S("{\"seat\":") : S(",{\"seat\":"));
        put_json_string(w->out, name);
        if (stage.n > 0)
            why_json_value(w, "stage", value_text(stage));
        put_fmt(w->out, ",\"asked\":%s", seat_asked(a, s) ? "true" : "false");
        for (uint32_t i = 0; i < a->vote_count; i++)
            if (seats[i] == s)
                why_json_value(w, "by", value_text(a->votes[i].by));
        put_c(w->out, '}');
    }
    put_text(w->out, S("],\"said\":["));
    for (uint32_t i = 0; i < a->said_count; i++) {
        Leaf leaf;
        TRY(record_leaf(w->r, a->said[i], &w->arena, &leaf, w->err));
        why_effect_json(w, &leaf.effect, i == 0);
    }
    put_text(w->out, S("]}\n"));
    return OK;
}
