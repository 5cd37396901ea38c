/* audit: why an approval is as it is: who asked, whose yes was needed, who voted by what authority,
 * what is missing, how it ended. */
#include "engine/audit/why_int.h"

#include "engine/base/json.h"
#include "engine/run/approval.h"

static const char *const states[APPROVAL_STATES] = {"open",   "granted",   "refused",
                                                    "lapsed", "withdrawn", "unattainable"};

static void put_seat(Why *w, uint32_t seat) {
    put_text(w->out, party_text(w->r->b, w->a.seats[seat].who));
    if (w->a.seats[seat].members)
        put_text(w->out, S(".members"));
}

/* ---- authority, as it was when the vote was cast */

/* By what a person sits in a seat: says it and is true. */
static Status put_holds(Why *w, uint32_t seat, Str person, int64_t at, const char *who, bool *yes) {
    const Bundle *b = w->r->b;
    Value v = w->a.seats[seat].who;
    bool members = w->a.seats[seat].members;
    int64_t since = 0;
    *yes = false;
    if (v.aux == 1) {
        *yes = str_eq(value_str(v), person);
        if (*yes)
            put_fmt(w->out, "%sis named", who);
        return OK;
    }
    bool team = b->parties[v.i].kind == PARTY_TEAM_DEF;
    int64_t direct = team && !members ? b->parties[v.i].votes : v.i;
    int32_t itself = bundle_party(b, person);
    if (itself >= 0 && (itself == v.i || itself == direct)) {
        *yes = true;
        put_text(w->out, S("acts as the seat itself"));
        return OK;
    }
    if (direct >= 0)
        TRY(record_held(w->r, person, direct, at, yes, &since));
    for (uint32_t i = 0; i < b->party_count && !*yes; i++)
        if (direct >= 0 && b->parties[i].team == direct) {
            TRY(record_held(w->r, person, i, at, yes, &since));
            direct = *yes ? (int64_t)i : direct;
        }
    if (!*yes)
        return OK;
    put_fmt(w->out, "%sholds %.*s since ", who, STR_ARG(b->parties[direct].name));
    why_local(w, since);
    if (team && !members)
        put_fmt(w->out, ", who votes for %.*s", STR_ARG(b->parties[v.i].name));
    return OK;
}

static Status put_deputy(Why *w, uint32_t seat, const Vote *vote, bool *yes) {
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
    for (uint64_t n = take_varint(&t); n > 0 && !t.failed && !*yes; n--) {
        Str whom = take_str(&t), who;
        uint64_t party = take_varint(&t);
        int64_t from = take_zigzag(&t), to = take_zigzag(&t);
        if (t.failed || vote->time < from || vote->time >= to || party > b->party_count)
            continue;
        TRY(arena_printf(&w->arena, &who, "acts for %.*s%s%.*s by delegation, who ", STR_ARG(whom),
                         party > 0 ? " as " : "",
                         STR_ARG((party > 0 ? b->parties[party - 1].name : S("")))));
        TRY(put_holds(w, seat, whom, vote->time, who.p, yes));
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
static Status put_absent(Why *w, uint32_t seat, const Vote *vote, bool *yes) {
    for (uint32_t i = 0; i < vote->who.n && !*yes; i++) {
        Str of = vote->who.by[i].of, who;
        bool away;
        if (str_eq(of, vote->by) || (vote->who.by[i].seats >> seat & 1) == 0)
            continue;
        TRY(was_absent(w, of, vote->time, &away));
        if (!away)
            continue;
        TRY(arena_printf(&w->arena, &who, "is a deputy of %.*s, who is absent and ", STR_ARG(of)));
        TRY(put_holds(w, seat, of, vote->time, who.p, yes));
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
    bool yes;
    TRY(record_leaf(w->r, v->leaf, &w->arena, &leaf, w->err));
    put_text(w->out, S("  "));
    why_local(w, v->time);
    put_fmt(w->out, "  %.*s says %s as ", STR_ARG(v->by), v->yes ? "yes" : "no");
    put_seat(w, seat);
    if (a->stages[seat_stage(a, seat)].name.n > 0)
        put_fmt(w->out, " in stage %.*s", STR_ARG(a->stages[seat_stage(a, seat)].name));
    if (leaf.kind == LEAF_EVENT)
        put_fmt(w->out, ", by event %.*s", STR_ARG(leaf.event.id));
    put_fmt(w->out, "  [%llu]\n                    ", (unsigned long long)v->leaf);
    TRY(put_holds(w, seat, v->by, v->time, "", &yes));
    if (!yes)
        TRY(put_deputy(w, seat, v, &yes));
    if (!yes)
        TRY(put_absent(w, seat, v, &yes));
    if (!yes)
        put_text(w->out, S("by an appointment that was taken back since"));
    if (v->returned)
        put_text(w->out, S("; it is void: its stage was returned to"));
    else if (v->yes && !counts)
        put_text(w->out, S("; it does not count: its seats are filled, or votes by the same "
                           "authority count already"));
    put_c(w->out, '\n');
    return OK;
}

static Status put_votes(Why *w, const uint32_t *seats) {
    const Approval *a = &w->a;
    put_text(w->out, S("\nWho voted\n"));
    if (a->vote_count == 0)
        put_text(w->out, S("  nobody\n"));
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

/* "a ballot of", "a withdrawal by", or the event's type. */
static void put_vote_words(Why *w, Str type) {
    if (str_eq(type, S("remit.decided")))
        put_text(w->out, S("a ballot of"));
    else if (str_eq(type, S("remit.withdrawn")))
        put_text(w->out, S("a withdrawal by"));
    else
        put_fmt(w->out, "%.*s by", STR_ARG(type));
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
        put_text(w->out, head ? S("") : S("\nWhat was refused\n"));
        head = true;
        put_text(w->out, S("  "));
        why_local(w, leaf.reject.time);
        put_text(w->out, S("  "));
        put_vote_words(w, value_str(type));
        put_fmt(w->out, " %.*s, event %.*s: %.*s  [%llu]\n                    %.*s\n",
                STR_ARG(by.kind == V_TEXT ? value_str(by) : S("nobody")), STR_ARG(leaf.reject.id),
                STR_ARG(reject_text((RejectReason)leaf.reject.reason)), (unsigned long long)index,
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
        put_text(w->out, head ? S("") : S("\nWhat came when it could not be taken\n"));
        head = true;
        bool ballot = w->r->b->events[leaf.event.event].engine == ENGINE_DECIDED;
        put_text(w->out, S("  "));
        why_local(w, leaf.event.time);
        put_text(w->out, S("  "));
        put_vote_words(w, w->r->b->events[leaf.event.event].name);
        put_fmt(w->out, " %.*s", STR_ARG(leaf.event.actor));
        if (ballot && leaf.event.field_count > 2) {
            put_text(w->out, S(": "));
            why_value(w, leaf.event.fields[2]);
        }
        put_fmt(w->out, ", event %.*s: %s  [%llu]\n", STR_ARG(leaf.event.id),
                leaf.event.time < w->a.raised ? "it came before it was asked for"
                                              : "it came after its end",
                (unsigned long long)index);
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
    size_t from = w->out->n;
    enum { COUNT_WIDTH = 11 }; /* what is asked of stands in one column */
    if (!n->asked)
        put_text(w->out, S("not asked"));
    else
        put_fmt(w->out, "%u of %u%s", need_have(a, need, seats), n->count,
                n->points ? " points" : "");
    do
        put_c(w->out, ' ');
    while (w->out->n - from < COUNT_WIDTH);
}

/* The first seat of a requirement as the policy says it; NULL: a signer who was added. */
static const SeatDef *need_def(const Approval *a, uint32_t need) {
    for (uint32_t s = 0; s < a->def->seat_count && a->needs[need].def != NO_SEAT; s++)
        if (a->def->seats[s].need == a->needs[need].def)
            return &a->def->seats[s];
    return NULL;
}

static void put_need(Why *w, uint32_t need, const uint32_t *seats) {
    const Approval *a = &w->a;
    const AskedNeed *n = &a->needs[need];
    uint32_t first = NO_SEAT;
    put_text(w->out, S("  "));
    put_need_count(w, need, seats);
    for (uint32_t s = 0; s < a->seat_count; s++) {
        if (a->seats[s].need != need)
            continue;
        put_text(w->out, first == NO_SEAT ? S("") : S(", "));
        first = first == NO_SEAT ? s : first;
        put_seat(w, s);
        if (n->points)
            put_fmt(w->out, " %u", a->seats[s].weight);
        if (a->seats[s].gone)
            put_text(w->out, S(" (taken out)"));
    }
    if (first == NO_SEAT)
        put_text(w->out, S("nobody, for the list is empty"));
    const SeatDef *def = need_def(a, need);
    if (def != NULL) {
        put_text(w->out, S(", "));
        why_place(w, def->file, def->line);
        put_text(w->out, S("\n            "));
        why_source(w, def->file, def->line);
        if (a->def->needs[n->def].conditional)
            put_text(w->out, n->asked || !stage_asked(a, n->stage)
                                 ? S("\n            its condition held")
                                 : S("\n            its condition did not hold"));
    } else if (n->def == NO_SEAT) {
        put_text(w->out, S(", a signer who was added"));
    }
    put_c(w->out, '\n');
}

/* "stage legal, granted", then its requirements. Without stages the requirements alone. */
static void put_stage(Why *w, uint32_t stage, const uint32_t *seats) {
    const Approval *a = &w->a;
    const AskedStage *s = &a->stages[stage];
    if (s->name.n > 0) {
        put_fmt(w->out, "  stage %.*s, ", STR_ARG(s->name));
        if (!stage_asked(a, stage))
            put_text(w->out, S("not asked"));
        else if (stage < a->open || a->state == APPROVAL_GRANTED)
            put_text(w->out, S("granted"));
        else if (stage > a->open)
            put_text(w->out, S("to come"));
        else
            put_text(w->out, str_of(states[a->state]));
        if (stage_asked(a, stage) && s->opened != INSTANT_NEVER) {
            put_text(w->out, S(", opened "));
            why_local(w, s->opened);
        }
        put_c(w->out, '\n');
    }
    for (uint32_t i = 0; i < a->need_count; i++)
        if (a->needs[i].stage == stage)
            put_need(w, i, seats);
}

static void put_excluded(Why *w) {
    const Approval *a = &w->a;
    bool head = false;
    for (uint32_t i = 0; i < a->def->excluded_count; i++) {
        if (a->excluded[i].kind != V_PARTY)
            continue;
        put_text(w->out, head ? S(", ") : S("  excluded   "));
        head = true;
        put_text(w->out, party_text(w->r->b, a->excluded[i]));
    }
    if (head)
        put_text(w->out, S(", with those who act for them and for whom they act\n"));
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
    put_text(w->out, S("\nWhat happened\n"));
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
    put_text(w->out, S("  nothing: "));
    if (of.def == NULL) {
        put_fmt(w->out, "there was no approval %.*s with this key\n",
                STR_ARG(value_str(e->fields[0])));
        return OK;
    }
    Subject subject = approval_subject(&of);
    put_subject(w->out, w->r->b, &subject);
    if (e->time < of.raised) {
        put_text(w->out, S(" was not asked for before "));
        why_moment(w, of.raised);
    } else {
        put_fmt(w->out, " had ended: it was %s on ", states[of.state]);
        why_moment(w, of.ended);
    }
    put_c(w->out, '\n');
    return OK;
}

static Status put_opened(Why *w) {
    const Approval *a = &w->a;
    const Effect *e = &w->opened.effect;
    put_text(w->out, S("Why it was asked for\n"));
    TRY(why_cause(w, &e->cause));
    if (e->rule > 0 && e->rule <= w->r->b->rule_count) {
        const RuleDef *rule = &w->r->b->rules[e->rule - 1];
        put_fmt(w->out, "  rule    %.*s, ", STR_ARG(rule->name));
        why_place(w, rule->file, rule->line);
        put_c(w->out, '\n');
    }
    put_fmt(w->out, "  approval %.*s, policy version %.*s, ", STR_ARG(a->def->name),
            STR_ARG(w->r->b->version));
    why_place(w, a->def->file, a->def->line);
    put_text(w->out, S("\n            "));
    why_source(w, a->def->file, a->def->line);
    put_c(w->out, '\n');
    return OK;
}

/* Whether a seat has its yes; of a team's members another is always thinkable. */
static bool is_filled(const Approval *a, uint32_t seat, const uint32_t *seats) {
    for (uint32_t i = 0; i < a->vote_count && !a->seats[seat].members; i++)
        if (seats[i] == seat)
            return true;
    return false;
}

/* What becomes of an open one if nobody does anything, and who can end it. */
static void put_coming(Why *w, const uint32_t *seats) {
    const Approval *a = &w->a;
    if (a->state != APPROVAL_OPEN)
        return;
    put_text(w->out, S("\nWhat comes, unless something happens\n  "));
    if (a->due == INSTANT_NEVER) {
        put_text(w->out, S("nothing: it stays open until it is decided"));
    } else {
        why_local(w, a->due);
        put_text(w->out, S("  it lapses"));
    }
    const char *before = "; still lacking ";
    for (uint32_t i = 0; i < a->need_count; i++) {
        if (a->needs[i].stage != a->open || !a->needs[i].asked ||
            need_have(a, i, seats) >= a->needs[i].count)
            continue;
        put_fmt(w->out, "%s%u of ", before, a->needs[i].count - need_have(a, i, seats));
        before = ", ";
        bool first = true;
        for (uint32_t s = 0; s < a->seat_count; s++) {
            if (a->seats[s].need != i || a->seats[s].gone || is_filled(a, s, seats))
                continue;
            put_text(w->out, first ? S("") : S(", "));
            first = false;
            put_seat(w, s);
        }
    }
    put_c(w->out, '\n');
}

Status why_approval_text(Why *w, Str subject) {
    const Approval *a = &w->a;
    uint32_t *seats;
    Span span;
    TRY(approval_arrange(&w->arena, a, &seats));
    TRY(span_of(w, &span));
    put_text(w->out, subject);
    put_fmt(w->out, " is %s\n", states[a->state]);
    if (a->asker.n > 0)
        put_fmt(w->out, "asked for by %.*s", STR_ARG(a->asker));
    else
        put_text(w->out, S("asked for"));
    put_text(w->out, S(" on "));
    why_moment(w, a->raised);
    if (a->due != INSTANT_NEVER) {
        put_text(w->out, S(", due "));
        why_moment(w, a->due);
    }
    put_text(w->out, S("\n\n"));
    TRY(put_opened(w));
    put_text(w->out, S("\nWhose yes it needs\n"));
    for (uint32_t i = 0; i < a->stage_count; i++)
        put_stage(w, i, seats);
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
