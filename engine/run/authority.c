/* run: who may vote in an approval, and by whose authority; who could still. */
#include <string.h>

#include "engine/base/moment.h"
#include "engine/run/approval.h"

/* ---- which parties an open approval hangs on */

static Status hang_key(Engine *e, int64_t party, uint64_t number) {
    static const char none[16] = {0};
    buf_reset(&e->key);
    put_key_u64(&e->key, (uint64_t)1 << 63 | (uint64_t)party); /* duties' links are below */
    put_bytes(&e->key, none, sizeof none);
    put_key_u64(&e->key, number);
    return buf_status(&e->key);
}

/* What is done with each party that an approval hangs on. */
typedef struct Hang {
    enum { HANG_ADD, HANG_DROP, HANG_LOOK } what;
    bool all; /* HANG_LOOK: each was there */
} Hang;

static Status hang(Engine *e, int64_t party, uint64_t number, Hang *h) {
    Str value;
    bool found = true;
    TRY(hang_key(e, party, number));
    Status status = h->what == HANG_ADD ? led_put(e->l, LED_LINK, buf_str(&e->key), S("1"))
                    : h->what == HANG_DROP
                        ? led_del(e->l, LED_LINK, buf_str(&e->key))
                        : led_find(e->l, LED_LINK, buf_str(&e->key), &value, &found);
    h->all = h->all && found;
    if (status == OK)
        return OK;
    return engine_fail(e, status,
                       h->what == HANG_LOOK ? "reading the ledger" : "writing the ledger");
}

int64_t seat_party(const Engine *e, const Approval *a, uint32_t seat) {
    Value who = a->seats[seat].who;
    if (who.aux == 1)
        return -1;
    if (a->seats[seat].members || e->b->parties[who.i].kind != PARTY_TEAM_DEF)
        return who.i;
    return e->b->parties[who.i].votes;
}

static Status hang_team(Engine *e, const Approval *a, int64_t party, bool roles, Hang *h) {
    TRY(hang(e, party, a->number, h));
    for (uint32_t i = 0; roles && i < e->b->party_count; i++)
        if (e->b->parties[i].team == party)
            TRY(hang(e, i, a->number, h));
    return OK;
}

/* It hangs on whom it asks and whom it excludes; on party_count when a person sits in a seat by
 * their own name. */
static Status hang_each(Engine *e, const Approval *a, Hang *h) {
    for (uint32_t s = 0; s < a->seat_count; s++) {
        int64_t party = a->seats[s].who.aux == 1 ? e->b->party_count : seat_party(e, a, s);
        if (seat_asked(a, s) && party >= 0)
            TRY(hang_team(e, a, party, a->seats[s].members, h));
    }
    for (uint32_t i = 0; i < a->def->excluded_count; i++)
        if (a->excluded[i].kind == V_PARTY && a->excluded[i].aux == 0)
            TRY(hang_team(e, a, a->excluded[i].i, true, h));
    return OK;
}

Status hang_all(Engine *e, const Approval *a, bool there) {
    Hang h = {.what = there ? HANG_ADD : HANG_DROP};
    return hang_each(e, a, &h);
}

Status approval_hangs(Engine *e, const Approval *a, bool *all) {
    Hang h = {.what = HANG_LOOK, .all = true};
    TRY(hang_each(e, a, &h));
    *all = h.all;
    return OK;
}

Status hanging_on(Engine *e, int64_t party, Numbers *out) {
    TRY(hang_key(e, party, 0));
    Str from;
    TRY(arena_str(&e->event, buf_str(&e->key), &from));
    Str prefix = {from.p, from.n - 8};
    for (;;) {
        Str key, value;
        bool found;
        Status status = led_next(e->l, LED_LINK, from, true, &key, &value, &found);
        if (status != OK)
            return engine_fail(e, status, "reading the ledger");
        if (!found || !str_starts(key, prefix))
            return OK;
        TRY(arena_str(&e->event, key, &from));
        Take t = take_from(str_from(from, prefix.n));
        uint64_t number = take_key_u64(&t);
        size_t at = out->n;
        while (at > 0 && out->at[at - 1] > number)
            at--;
        if (at > 0 && out->at[at - 1] == number)
            continue;
        if (!vec_push(out, number))
            return ERR_NOMEM;
        memmove(&out->at[at + 1], &out->at[at], (out->n - 1 - at) * sizeof number);
        out->at[at] = number;
    }
}

/* ---- authority */

/* Whether a person sits in a seat themselves. A team's seat is that of who votes for it. */
static Status seat_holds(Engine *e, const Approval *a, uint32_t seat, Str person, int64_t at,
                         bool *yes) {
    Value who = a->seats[seat].who;
    if (a->seats[seat].members || who.aux == 1 || e->b->parties[who.i].kind != PARTY_TEAM_DEF)
        return org_holds(e, person, who, at, yes);
    *yes = bundle_party(e->b, person) == who.i;
    int32_t votes = e->b->parties[who.i].votes;
    return *yes || votes < 0 ? OK : org_holds(e, person, value_of(V_PARTY, votes), at, yes);
}

static bool deputy_for(const Engine *e, const Approval *a, uint32_t seat, int64_t party) {
    return party < 0 || party == seat_party(e, a, seat) ||
           (a->seats[seat].who.aux == 0 && party == a->seats[seat].who.i);
}

/* Whether a deputy acts in this matter at all. */
static bool deputy_concerns(const Engine *e, const Approval *a, int64_t party) {
    for (uint32_t s = 0; s < a->seat_count; s++)
        if (seat_asked(a, s) && deputy_for(e, a, s, party))
            return true;
    return false;
}

static Status excluded_self(Engine *e, const Approval *a, Str person, int64_t at, bool *yes) {
    *yes = false;
    for (uint32_t i = 0; i < a->def->excluded_count && !*yes; i++)
        if (a->excluded[i].kind == V_PARTY)
            TRY(org_holds(e, person, a->excluded[i], at, yes));
    return OK;
}

Status is_excluded(Engine *e, const Approval *a, Str person, int64_t at, bool *yes, Str *for_whom) {
    *for_whom = (Str){NULL, 0};
    TRY(excluded_self(e, a, person, at, yes));
    for (int side = 0; side < 2 && !*yes && a->def->excluded_count > 0; side++) {
        Deputy *list;
        uint32_t n;
        TRY(org_deputies(e, person, side == 1, at, at, &list, &n));
        for (uint32_t i = 0; i < n && !*yes; i++) {
            if (!deputy_concerns(e, a, list[i].party))
                continue;
            TRY(excluded_self(e, a, list[i].person, at, yes));
            *for_whom = list[i].person;
        }
    }
    return OK;
}

/* ---- by whose authority */

static Status authority_add(Engine *e, Authorities *list, Str of, uint64_t seats) {
    if (seats == 0)
        return OK;
    for (uint32_t i = 0; i < list->n; i++)
        if (str_eq(list->at[i].of, of)) {
            list->at[i].seats |= seats;
            return OK;
        }
    return arena_push(&e->event, list, ((Authority){of, seats})) ? OK : ERR_NOMEM;
}

static bool has_handed(const Approval *a, uint32_t seat, Str person) {
    for (uint32_t i = 0; i < a->handed_count; i++)
        if (a->handed[i].seat == seat && str_eq(a->handed[i].person, person))
            return true;
    return false;
}

/* The seats in which a person sits themselves, or of which they named a deputy for `party`. */
static Status seats_held(Engine *e, const Approval *a, Str person, int64_t at, bool deputy,
                         int64_t party, uint64_t *seats) {
    *seats = 0;
    for (uint32_t s = 0; s < a->seat_count; s++) {
        bool yes = false;
        if (seat_asked(a, s) && !has_handed(a, s, person) &&
            (!deputy || deputy_for(e, a, s, party)))
            TRY(seat_holds(e, a, s, person, at, &yes));
        *seats |= (uint64_t)yes << s;
    }
    return OK;
}

Status seats_own(Engine *e, const Approval *a, Str person, int64_t at, uint64_t *seats) {
    return seats_held(e, a, person, at, false, -1, seats);
}

Status authorities_of(Engine *e, const Approval *a, Str person, int64_t at, Authorities *out) {
    Deputy *list;
    uint32_t n;
    uint64_t seats;
    TRY(org_deputies(e, person, false, at, at, &list, &n));
    TRY(seats_held(e, a, person, at, false, -1, &seats));
    TRY(authority_add(e, out, person, seats));
    for (uint32_t i = 0; i < n; i++) {
        TRY(seats_held(e, a, list[i].person, at, true, list[i].party, &seats));
        TRY(authority_add(e, out, list[i].person, seats));
    }
    return OK;
}

void authorities_limit(Authorities *list, uint64_t seats) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->n; i++) {
        list->at[i].seats &= seats;
        if (list->at[i].seats != 0)
            list->at[kept++] = list->at[i];
    }
    list->n = kept;
}

bool has_voted(const Approval *a, Str person) {
    for (uint32_t i = 0; i < a->vote_count; i++)
        if (!a->votes[i].returned && str_eq(a->votes[i].by, person))
            return true;
    return false;
}

/* ---- who could still vote. Of each seat so many are looked for as can be needed: each place that
 * is filled takes a voter and an authority, so that of twice as many who hold the seat themselves
 * there is always one left. */

/* The seats of the open stage and later ones that have not ended by `when`. */
static uint64_t seats_until(const Approval *a, const Candidates *list, int64_t when) {
    uint64_t seats = 0;
    for (uint32_t s = 0; s < a->seat_count; s++) {
        uint32_t stage = seat_stage(a, s);
        seats |= (uint64_t)(stage >= a->open && list->until[stage] >= when) << s;
    }
    return seats;
}

static int64_t last_until(const Approval *a, const Candidates *list) {
    int64_t last = INT64_MIN;
    for (uint32_t i = 0; i < a->stage_count; i++)
        last = stage_asked(a, i) && list->until[i] > last ? list->until[i] : last;
    return last;
}

/* By what authority a person may vote at `at` or will be able to, as far as is known. */
static Status authorities_by_end(Engine *e, const Approval *a, Str person, int64_t at,
                                 Candidates *list, Authorities *out) {
    Instants bounds = {0};
    TRY(org_bounds(e, person, at, last_until(a, list), &bounds));
    for (uint32_t i = 0; i <= bounds.n; i++) {
        int64_t when = i == 0 ? at : bounds.at[i - 1];
        bool excluded;
        Str because;
        Authorities found = {0};
        TRY(is_excluded(e, a, person, when, &excluded, &because));
        if (!excluded)
            TRY(authorities_of(e, a, person, when, &found));
        authorities_limit(&found, seats_until(a, list, i == 0 ? INT64_MIN : when));
        for (uint32_t k = 0; k < found.n; k++)
            TRY(authority_add(e, out, found.at[k].of, found.at[k].seats));
        if (i > 0 && when < list->next)
            list->next = when;
    }
    return OK;
}

/* Where a person stands, or would. There is room. */
static size_t person_slot(const Persons *list, Str person) {
    size_t at = (size_t)str_hash(person) & (list->room - 1);
    while (list->at[at].n > 0 && !str_eq(list->at[at], person))
        at = (at + 1) & (list->room - 1);
    return at;
}

static bool person_in(const Persons *list, Str person) {
    return list->room > 0 && list->at[person_slot(list, person)].n > 0;
}

static Status person_add(Engine *e, Persons *list, Str person) {
    if (2 * (size_t)list->n >= list->room) {
        Persons grown = {.room = list->room == 0 ? 16 : 2 * list->room};
        grown.at = new (&e->event, Str, grown.room);
        if (grown.at == NULL)
            return ERR_NOMEM;
        for (size_t i = 0; i < list->room; i++)
            if (list->at[i].n > 0)
                grown.at[person_slot(&grown, list->at[i])] = list->at[i];
        grown.n = list->n;
        *list = grown;
    }
    size_t at = person_slot(list, person);
    list->n += list->at[at].n == 0;
    list->at[at] = person;
    return OK;
}

static Status voted_find(Engine *e, const Approval *a, Candidates *list) {
    for (uint32_t i = 0; i < a->vote_count; i++)
        if (!a->votes[i].returned)
            TRY(person_add(e, &list->votes, a->votes[i].by));
    return OK;
}

static Status candidate_push(Engine *e, Candidates *list, Voter who) {
    if (list->n == list->room) {
        uint32_t room = 2 * list->room + 8;
        Voter *voters = new (&e->event, Voter, room);
        if (voters == NULL)
            return ERR_NOMEM;
        for (uint32_t i = 0; i < list->n; i++)
            voters[i] = list->who[i];
        list->who = voters;
        list->room = room;
    }
    list->who[list->n++] = who;
    return OK;
}

static Status candidate_add(Engine *e, const Approval *a, Candidates *list, Str person,
                            int64_t at) {
    if (person_in(&list->votes, person) || person_in(&list->known, person))
        return OK; /* who has voted cannot vote again, whatever they will hold */
    Authorities found = {0};
    TRY(authorities_by_end(e, a, person, at, list, &found));
    if (found.n == 0)
        return OK;
    for (uint32_t i = 0; i < found.n; i++)
        for (uint32_t s = 0; s < a->seat_count && str_eq(found.at[i].of, person); s++)
            list->own[s] += (uint32_t)(found.at[i].seats >> s & 1);
    TRY(person_add(e, &list->known, person));
    return candidate_push(e, list, (Voter){found.at, found.n});
}

/* One who holds a seat, and who acts for them. */
static Status candidates_of(Engine *e, const Approval *a, Candidates *list, Str holder,
                            int64_t at) {
    Deputy *deputies;
    uint32_t n;
    TRY(candidate_add(e, a, list, holder, at));
    TRY(org_deputies(e, holder, true, at, last_until(a, list), &deputies, &n));
    for (uint32_t i = 0; i < n; i++)
        TRY(candidate_add(e, a, list, deputies[i].person, at));
    return OK;
}

/* When the term of one who has voted begins, the seat is held, though they cannot vote again. */
static Status voter_bounds(Engine *e, const Approval *a, Candidates *list, Str person, int64_t at) {
    Instants bounds = {0};
    TRY(org_bounds(e, person, at, last_until(a, list), &bounds));
    for (uint32_t i = 0; i < bounds.n; i++)
        list->next = bounds.at[i] < list->next ? bounds.at[i] : list->next;
    return OK;
}

static Status holders_add(Engine *e, const Approval *a, Candidates *list, uint32_t seat,
                          int64_t party, uint32_t enough, int64_t at, bool *ever) {
    Holders holders = {.party = party, .at = at, .until = list->until[seat_stage(a, seat)]};
    while (list->own[seat] < enough) {
        Str person;
        bool found;
        TRY(org_holder_next(e, &holders, &person, &found));
        *ever = *ever || holders.ever;
        if (!found)
            break;
        if (!*ever && person_in(&list->votes, person))
            TRY(voter_bounds(e, a, list, person, at));
        TRY(candidates_of(e, a, list, person, at));
    }
    return OK;
}

/* Somebody who may come to hold a seat that nobody ever held (contract.md 6). */
static Status anybody_add(Engine *e, Candidates *list, uint32_t seat) {
    Authority *by = new (&e->event, Authority, 1);
    if (by == NULL)
        return ERR_NOMEM;
    *by = (Authority){.seats = (uint64_t)1 << seat};
    return candidate_push(e, list, (Voter){by, 1});
}

/* Whether a party is there at some time from `at` until then; when that changes the approval is
 * looked at again. */
static bool is_there(const Bundle *b, int64_t party, int64_t at, int64_t until, Candidates *list) {
    bool there = bundle_party_is(b, party, at);
    int64_t next = bundle_party_change(b, party, at);
    if (next <= until && next < list->next)
        list->next = next;
    for (; !there && next <= until && next != INT64_MAX; next = bundle_party_change(b, party, next))
        there = bundle_party_is(b, party, next);
    return there;
}

Status candidates_find(Engine *e, const Approval *a, const Places *places, int64_t at,
                       Candidates *list) {
    uint32_t enough = 2 * places_wanted(places);
    TRY(voted_find(e, a, list));
    for (uint32_t s = 0; s < a->seat_count; s++) {
        int64_t party = seat_party(e, a, s);
        bool ever = party < 0, members = a->seats[s].members;
        if (!seat_asked(a, s) || seat_stage(a, s) < a->open)
            continue;
        if (party >= 0 && !is_there(e->b, party, at, list->until[seat_stage(a, s)], list))
            ever = true; /* nobody may come to hold it */
        if (a->seats[s].who.aux == 1)
            TRY(candidates_of(e, a, list, value_str(a->seats[s].who), at));
        if (party >= 0)
            TRY(holders_add(e, a, list, s, party, enough, at, &ever));
        for (uint32_t i = 0; members && party >= 0 && i < e->b->party_count; i++)
            if (e->b->parties[i].team == party)
                TRY(holders_add(e, a, list, s, i, enough, at, &ever));
        for (uint32_t c = 0; !ever && list->own[s] < enough && c < places->room[s]; c++)
            TRY(anybody_add(e, list, s));
    }
    return OK;
}

Status could_have_voted(Engine *e, const Approval *a, const Vote *no, int64_t at, Candidates *list,
                        Voter *out) {
    Authorities found = {0};
    for (uint32_t i = 0; i < no->who.n; i++)
        TRY(authority_add(e, &found, no->who.by[i].of, no->who.by[i].seats));
    TRY(authorities_by_end(e, a, no->by, at, list, &found));
    *out = (Voter){found.at, found.n};
    return OK;
}

/* ---- how many there are */

static Status members_add(Engine *e, const Approval *a, int64_t party, int64_t at, Persons *list) {
    Holders holders = {.party = party, .at = at, .until = at};
    for (;;) {
        Str person, because;
        bool found, out;
        TRY(org_holder_next(e, &holders, &person, &found));
        if (!found)
            return OK;
        TRY(is_excluded(e, a, person, at, &out, &because));
        if (!out && !has_voted(a, person))
            TRY(person_add(e, list, person));
    }
}

Status seat_voters(Engine *e, const Approval *a, uint32_t seat, int64_t at, uint32_t *n) {
    Persons list = {0};
    int64_t party = a->seats[seat].who.i;
    *n = 1;
    if (!a->seats[seat].members)
        return OK;
    TRY(members_add(e, a, party, at, &list));
    for (uint32_t i = 0; i < e->b->party_count; i++)
        if (e->b->parties[i].team == party)
            TRY(members_add(e, a, i, at, &list));
    *n = list.n;
    return OK;
}

Status voters_count(Engine *e, const Approval *a, uint32_t need, int64_t at, uint32_t used,
                    uint32_t *n) {
    uint32_t members = 0;
    *n = 0;
    for (uint32_t s = 0; s < a->seat_count; s++) {
        uint32_t some;
        if (a->seats[s].need != need || a->seats[s].gone)
            continue;
        TRY(seat_voters(e, a, s, at, &some));
        *(a->seats[s].members ? &members : n) += some;
    }
    *n += members > used ? members - used : 0;
    return OK;
}
