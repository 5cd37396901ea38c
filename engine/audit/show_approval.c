/* audit: approvals as rows. */
#include "engine/audit/show_int.h"

#include "engine/base/json.h"
#include "engine/run/approval.h"

static const char *const approval_states[APPROVAL_STATES] = {"open",   "granted",   "refused",
                                                             "lapsed", "withdrawn", "unattainable"};

/* What is needed and what is there. */
typedef struct Tally {
    uint32_t filled, wanted; /* places; where points are asked for, points */
    uint32_t *seats;         /* of each vote: where it counts, or NO_SEAT */
    uint64_t open;           /* bits of the seats of the open stage that may still be filled */
} Tally;

static Status tally_take(Show *s, const Approval *a, Tally *out) {
    uint32_t taken[LIMIT_SEATS] = {0}, have[LIMIT_SEATS] = {0};
    *out = (Tally){0};
    TRY(approval_arrange(&s->arena, a, &out->seats));
    for (uint32_t i = 0; i < a->vote_count; i++)
        if (out->seats[i] != NO_SEAT)
            taken[out->seats[i]]++;
    for (uint32_t i = 0; i < a->need_count; i++) {
        if (!a->needs[i].asked)
            continue;
        have[i] = need_have(a, i, out->seats);
        out->filled += have[i];
        out->wanted += a->needs[i].count;
    }
    for (uint32_t i = 0; i < a->seat_count; i++) {
        const AskedNeed *need = &a->needs[a->seats[i].need];
        if (seat_asked(a, i) && need->stage == a->open && have[a->seats[i].need] < need->count &&
            taken[i] < seat_room(a, i))
            out->open |= (uint64_t)1 << i;
    }
    return OK;
}

static Status seat_name(Show *s, const Approval *a, uint32_t seat, Str *out) {
    *out = party_text(s->r->b, a->seats[seat].who);
    if (a->seats[seat].members)
        return arena_printf(&s->arena, out, "%.*s.members", STR_ARG(*out));
    return OK;
}

/* Whether somebody holds a party at the clock. */
static Status holds_now(Show *s, Str person, int64_t party, bool *yes) {
    return record_held(s->r, person, party, s->r->clock, yes, NULL);
}

/* Whether a seat is that of a role, team, seat or person. */
static Status seat_is_of(Show *s, const Approval *a, uint32_t seat, Str who, bool *yes) {
    const Bundle *b = s->r->b;
    Value v = a->seats[seat].who;
    Str name;
    TRY(seat_name(s, a, seat, &name));
    *yes = str_eq(name, who) || str_eq(party_text(b, v), who);
    if (*yes || v.aux == 1)
        return OK;
    const PartyDef *party = &b->parties[v.i];
    int32_t wanted = bundle_party(b, who),
            voter = party->kind == PARTY_TEAM_DEF ? party->votes : -1;
    bool members = a->seats[seat].members;
    if (wanted >= 0) {
        *yes = wanted == v.i || (!members && wanted == voter) || party->team == wanted ||
               (members && b->parties[wanted].team == v.i);
        return OK;
    }
    if (!members)
        return holds_now(s, who, voter >= 0 ? voter : v.i, yes);
    TRY(holds_now(s, who, v.i, yes));
    for (uint32_t i = 0; i < b->party_count && !*yes; i++)
        if (b->parties[i].team == v.i)
            TRY(holds_now(s, who, i, yes));
    return OK;
}

static Status has_to_decide(Show *s, const Approval *a, const Tally *t, bool *yes) {
    *yes = s->opt->owner.n == 0;
    if (*yes || a->state != APPROVAL_OPEN)
        return OK;
    for (uint32_t i = 0; i < a->vote_count; i++)
        if (!a->votes[i].returned && str_eq(a->votes[i].by, s->opt->owner))
            return OK;
    for (uint32_t i = 0; i < a->seat_count && !*yes; i++)
        if ((t->open >> i & 1) != 0)
            TRY(seat_is_of(s, a, i, s->opt->owner, yes));
    return OK;
}

static Status approval_key(Show *s, const Approval *a, Str *out) {
    Buf text = {0};
    for (uint32_t i = 0; i < a->key_count; i++) {
        put_text(&text, i == 0 ? S("") : S("/"));
        put_text(&text, a->key[i]);
    }
    if (a->occurrence > 1)
        put_fmt(&text, "#%u", a->occurrence);
    Status status = text.failed ? ERR_NOMEM : arena_str(&s->arena, buf_str(&text), out);
    buf_free(&text);
    return status;
}

static Status cell_votes(Show *s, const Approval *a) {
    Buf text = {0};
    Status status = OK;
    for (uint32_t i = 0; i < a->vote_count && status == OK; i++) {
        const Vote *v = &a->votes[i];
        Str vote;
        status = show_said(s, v->returned ? SAY_VOTE_CELL_VOID : SAY_VOTE_CELL,
                           (Args){{v->by, show_word(s, v->yes ? SAY_YES : SAY_NO)}}, &vote);
        put_text(&text, i == 0 ? S("") : show_word(s, SAY_LISTED));
        put_text(&text, status == OK ? vote : S(""));
    }
    if (status == OK)
        status = text.failed ? ERR_NOMEM : show_cell(s, buf_str(&text));
    buf_free(&text);
    return status;
}

static Status cell_waiting(Show *s, const Approval *a, const Tally *t) {
    Buf text = {0};
    Status status = OK;
    for (uint32_t i = 0; i < a->seat_count && a->state == APPROVAL_OPEN && status == OK; i++) {
        Str name;
        if ((t->open >> i & 1) == 0)
            continue;
        status = seat_name(s, a, i, &name);
        put_text(&text, text.n == 0 ? S("") : show_word(s, SAY_LISTED));
        put_text(&text, status == OK ? name : S(""));
    }
    if (status == OK)
        status = text.failed ? ERR_NOMEM : show_cell(s, buf_str(&text));
    buf_free(&text);
    return status;
}

/* "open" and, where there are stages, which one is: "open: legal". */
static Status cell_state(Show *s, const Approval *a) {
    Str text = show_engine_word(s, str_of(approval_states[a->state])),
        stage = a->stages[a->open].name;
    if (stage.n > 0 && a->state != APPROVAL_GRANTED)
        TRY(show_said(s, SAY_STATE_OF_STAGE, (Args){{text, stage}}, &text));
    return show_cell(s, text);
}

static Status approval_row(Show *s, const Approval *a, const Tally *t) {
    Str key, filled, wanted, seats;
    TRY(approval_key(s, a, &key));
    TRY(arena_printf(&s->arena, &filled, "%u", t->filled));
    TRY(arena_printf(&s->arena, &wanted, "%u", t->wanted));
    TRY(show_said(s, SAY_NEED, (Args){{filled, wanted}}, &seats));
    TRY(show_cell(s, a->def->name));
    TRY(show_cell(s, key));
    TRY(cell_state(s, a));
    TRY(show_cell(s, a->asker));
    TRY(show_cell_time(s, a->raised));
    TRY(show_cell_time(s, a->due));
    TRY(show_cell(s, seats));
    TRY(cell_waiting(s, a, t));
    TRY(cell_votes(s, a));
    return show_end_row(s);
}

static Status put_approval_json(Show *s, const Approval *a, const Tally *t, Buf *out) {
    put_text(out, S("{\"approval\":"));
    put_json_string(out, a->def->name);
    put_text(out, S(",\"key\":["));
    for (uint32_t i = 0; i < a->key_count; i++) {
        put_text(out, i == 0 ? S("") : S(","));
        put_json_string(out, a->key[i]);
    }
    put_c(out, ']');
    if (a->occurrence > 1)
        put_fmt(out, ",\"occurrence\":%u", a->occurrence);
    show_json(s, out, "state", value_text(str_of(approval_states[a->state])));
    show_json(s, out, "asked_by", a->asker.n > 0 ? value_text(a->asker) : value_absent());
    show_json(s, out, "raised", value_of(V_INSTANT, a->raised));
    show_json(s, out, "due",
              a->due == INSTANT_NEVER ? value_absent() : value_of(V_INSTANT, a->due));
    show_json(s, out, "ended",
              a->state == APPROVAL_OPEN ? value_absent() : value_of(V_INSTANT, a->ended));
    if (a->stages[a->open].name.n > 0)
        show_json(s, out, "stage", value_text(a->stages[a->open].name));
    put_fmt(out, ",\"filled\":%u,\"wanted\":%u,\"open\":[", t->filled, t->wanted);
    bool comma = false;
    for (uint32_t i = 0; i < a->seat_count && a->state == APPROVAL_OPEN; i++) {
        Str name;
        if ((t->open >> i & 1) == 0)
            continue;
        TRY(seat_name(s, a, i, &name));
        put_text(out, comma ? S(",") : S(""));
        put_json_string(out, name);
        comma = true;
    }
    put_text(out, S("],\"votes\":["));
    for (uint32_t i = 0; i < a->vote_count; i++) {
        Str name = {NULL, 0};
        put_text(out, i == 0 ? S("{\"by\":") : S(",{\"by\":"));
        put_json_string(out, a->votes[i].by);
        if (t->seats[i] != NO_SEAT)
            TRY(seat_name(s, a, t->seats[i], &name));
        show_json(s, out, "seat", name.n > 0 ? value_text(name) : value_absent());
        show_json(s, out, "vote", value_text(a->votes[i].yes ? S("yes") : S("no")));
        show_json(s, out, "time", value_of(V_INSTANT, a->votes[i].time));
        if (a->votes[i].returned)
            put_text(out, S(",\"void\":true"));
        put_c(out, '}');
    }
    put_c(out, ']');
    show_json(s, out, "policy", value_text(s->r->b->versions[a->policy].version));
    put_c(out, '}');
    return OK;
}

static Status each_approval(Show *s, Str key, Str value) {
    const ShowOptions *o = s->opt;
    Approval a;
    Tally t;
    bool owner;
    Take k = take_from(key);
    TRY(view_approval(s->r->b, take_key_u64(&k), value, &s->arena, &a));
    if ((o->state.n > 0 && !str_eq(o->state, str_of(approval_states[a.state]))) ||
        (o->approval.n > 0 && !str_eq(o->approval, a.def->name) &&
         !str_eq(o->approval, a.def->alias)) ||
        (o->overdue && a.state != APPROVAL_LAPSED))
        return OK;
    TRY(tally_take(s, &a, &t));
    TRY(has_to_decide(s, &a, &t, &owner));
    if (!owner)
        return OK;
    s->rows++;
    if (!o->json)
        return approval_row(s, &a, &t);
    Buf out = {0};
    Status status = put_approval_json(s, &a, &t, &out);
    if (status == OK)
        status = show_end_line(s, &out);
    buf_free(&out);
    return status;
}

Status show_approvals(Show *s) {
    static const Sentence columns[] = {SAY_HEAD_APPROVAL, SAY_HEAD_KEY,         SAY_HEAD_STATE,
                                       SAY_HEAD_ASKED_BY, SAY_HEAD_RAISED,      SAY_HEAD_DUE,
                                       SAY_HEAD_SEATS,    SAY_HEAD_WAITING_FOR, SAY_HEAD_VOTES};
    TRY(show_columns(s, columns, 9));
    return show_walk(s, LED_APPROVAL, each_approval);
}

Status show_approval_filters(Show *s) {
    const ShowOptions *o = s->opt;
    Str states[APPROVAL_STATES];
    bool known = o->state.n == 0;
    for (size_t i = 0; i < APPROVAL_STATES; i++) {
        states[i] = str_of(approval_states[i]);
        known = known || str_eq(o->state, states[i]);
    }
    if (!known)
        return show_unknown(s->err, "no approval is ever in the state", o->state, states,
                            APPROVAL_STATES);
    if (o->approval.n == 0 || bundle_approval(s->r->b, o->approval) >= 0)
        return OK;
    Str *names = new (&s->arena, Str, s->r->b->approval_count + 1);
    if (names == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < s->r->b->approval_count; i++)
        names[i] = s->r->b->approvals[i].name;
    return show_unknown(s->err, "no approval is called", o->approval, names,
                        s->r->b->approval_count);
}

Status show_approval_timer(Show *s, uint64_t number, uint32_t rung, Str *owner, Str *what) {
    Buf key = {0};
    Str value;
    bool found;
    put_key_u64(&key, number);
    Status status =
        key.failed ? ERR_NOMEM : led_find(s->r->l, LED_APPROVAL, buf_str(&key), &value, &found);
    buf_free(&key);
    TRY(status);
    if (!found)
        return ERR_DAMAGED;
    Approval a;
    TRY(view_approval(s->r->b, number, value, &s->arena, &a));
    Subject subject = approval_subject(&a);
    bool lapse = (rung & ~(uint32_t)APPROVAL_TIMER) == 0;
    *what = show_word(s, lapse ? SAY_TIMER_LAPSE : SAY_TIMER_TERM);
    return show_subject(s, &subject, owner);
}
