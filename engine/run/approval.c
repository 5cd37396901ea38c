/* run: approvals: opened by events and rules, decided by votes, ended by the first of granted,
 * refused, lapsed, withdrawn, unattainable. Votes fill seats by a greatest matching, so that their
 * order does not matter (language.md 16). */
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/moment.h"
#include "engine/base/sha256.h"
#include "engine/ledger/record.h"
#include "engine/run/engine_int.h"
#include "engine/run/lists.h"
#include "engine/run/match.h"
#include "engine/run/view.h"

enum { TIMER_LAPSE, TIMER_LOOK }; /* what an approval's timer is for */

Subject approval_subject(const Approval *a) {
    return (Subject){.kind = SUBJECT_APPROVAL,
                     .decl = a->decl,
                     .occurrence = a->occurrence,
                     .key = a->key,
                     .key_count = a->key_count};
}

/* ---- saying */

static Status approval_say(Engine *e, Approval *a, Effect *effect) {
    uint64_t *more = new (&e->event, uint64_t, a->said_count + 1);
    if (more == NULL)
        return ERR_NOMEM;
    if (a->said_count > 0)
        memcpy(more, a->said, a->said_count * sizeof *more);
    a->said = more;
    effect->subject = approval_subject(a);
    if (effect->line == 0)
        effect->line = a->def->file << 20 | a->def->line;
    return engine_effect(e, effect, &a->said[a->said_count++]);
}

static bool seat_asked(const Approval *a, uint32_t seat) {
    return (a->needs >> a->def->seats[seat].need & 1) != 0;
}

/* "customer_service", "customer_service.members", or a person's id. */
static Status seat_text(Engine *e, const Approval *a, uint32_t seat, Value *out) {
    Str name = party_text(e->b, a->seats[seat]);
    if (a->def->seats[seat].members)
        TRY(arena_printf(&e->event, &name, "%.*s.members", STR_ARG(name)));
    *out = value_text(name);
    return OK;
}

/* ---- records */

static Str list_at(Str all, size_t from, size_t to) {
    return (Str){all.p + from, to - from};
}

static void put_authorities(Buf *out, const Voter *who) {
    put_varint(out, who->n);
    for (uint32_t i = 0; i < who->n; i++) {
        put_str(out, who->by[i].of);
        put_varint(out, who->by[i].seats);
    }
}

static Status approval_save(Engine *e, Approval *a) {
    TRY(state_before(e, a->number, a->was));
    Buf *t = &e->text;
    buf_reset(t);
    put_texts(t, a->key, a->key_count);
    size_t each = t->n;
    put_value_list(t, &a->each, 1);
    size_t excluded = t->n;
    put_value_list(t, a->excluded, a->def->excluded_count);
    size_t seats = t->n;
    put_value_list(t, a->seats, a->def->seat_count);
    size_t frame = t->n;
    put_value_list(t, a->frame, a->def->frame_count);
    size_t votes = t->n;
    put_varint(t, a->vote_count);
    for (uint32_t i = 0; i < a->vote_count; i++) {
        put_str(t, a->votes[i].by);
        put_u8(t, a->votes[i].yes);
        put_varint(t, a->votes[i].leaf);
        put_zigzag(t, a->votes[i].time);
        put_authorities(t, &a->votes[i].who);
    }
    size_t said = t->n;
    put_leaves(t, a->said, a->said_count);
    TRY(buf_status(t));
    Str all = buf_str(t);
    ApprovalRec rec = {.decl = a->decl,
                       .key = list_at(all, 0, each),
                       .occurrence = a->occurrence,
                       .latest = a->latest,
                       .raised = a->raised,
                       .each = list_at(all, each, excluded),
                       .asker = a->asker,
                       .due = a->due,
                       .assumed = a->assumed,
                       .excluded = list_at(all, excluded, seats),
                       .seats = list_at(all, seats, frame),
                       .needs = a->needs,
                       .frame = list_at(all, frame, votes),
                       .votes = list_at(all, votes, said),
                       .state = a->state,
                       .ended = a->ended,
                       .said = str_from(all, said),
                       .timer_at = a->timer_at,
                       .timer_rung = a->timer_rung};
    buf_reset(&e->record);
    approval_rec_put(&e->record, &rec);
    TRY(buf_status(&e->record));
    buf_reset(&e->key);
    put_key_u64(&e->key, a->number);
    Status status = led_put(e->l, LED_APPROVAL, buf_str(&e->key), buf_str(&e->record));
    return status == OK ? OK : engine_fail(e, status, "writing an approval");
}

/* By what authority somebody votes. *seats: in all. */
static Status take_authorities(Arena *arena, Take *t, uint32_t seat_count, Voter *who,
                               uint64_t *seats) {
    uint64_t n = take_varint(t);
    if (t->failed || n == 0 || n > take_left(t))
        return ERR_DAMAGED;
    Authority *list = new (arena, Authority, n);
    if (list == NULL)
        return ERR_NOMEM;
    *seats = 0;
    for (uint32_t i = 0; i < n && !t->failed; i++) {
        TRY(arena_str(arena, take_str(t), &list[i].of));
        list[i].seats = take_varint(t);
        t->failed = t->failed || list[i].of.n == 0 || list[i].seats == 0 ||
                    (list[i].seats >> seat_count) != 0;
        *seats |= list[i].seats;
    }
    *who = (Voter){list, (uint32_t)n};
    return OK;
}

static Status take_votes(Arena *arena, Str bytes, Approval *a) {
    Take t = take_from(bytes);
    uint64_t n = take_varint(&t);
    if (t.failed || n > take_left(&t))
        return ERR_DAMAGED;
    a->votes = new (arena, Vote, n + 1); /* room for one more */
    if (a->votes == NULL)
        return ERR_NOMEM;
    for (; a->vote_count < n && !t.failed; a->vote_count++) {
        Vote *v = &a->votes[a->vote_count];
        TRY(arena_str(arena, take_str(&t), &v->by));
        v->yes = take_u8(&t) != 0;
        v->leaf = take_varint(&t);
        v->time = take_zigzag(&t);
        TRY(take_authorities(arena, &t, a->def->seat_count, &v->who, &v->seats));
        t.failed = t.failed || !instant_ok(v->time);
    }
    return take_done(&t);
}

/* Whether these are parties of this policy or persons; who is absent excludes nobody. */
static bool are_parties(const Bundle *b, const Value *list, uint32_t n, bool or_absent) {
    for (uint32_t i = 0; i < n; i++) {
        bool known = list[i].kind == V_PARTY &&
                     (list[i].aux == 1 || (list[i].i >= 0 && list[i].i < (int64_t)b->party_count));
        if (!known && !(or_absent && list[i].kind == V_ABSENT))
            return false;
    }
    return true;
}

static bool instants_fit(const ApprovalRec *rec) {
    return instant_ok(rec->raised) && instant_ok(rec->ended) &&
           (rec->due == INSTANT_NEVER || instant_ok(rec->due));
}

Status view_approval(const Bundle *b, uint64_t number, Str bytes, Arena *arena, Approval *out) {
    ApprovalRec rec;
    uint32_t excluded, seats, frame, each;
    Value *span;
    TRY(approval_rec_take(bytes, &rec));
    if (rec.decl >= b->approval_count || rec.state >= APPROVAL_STATES || !instants_fit(&rec))
        return ERR_DAMAGED;
    *out = (Approval){.number = number,
                      .decl = (uint32_t)rec.decl,
                      .def = &b->approvals[rec.decl],
                      .occurrence = (uint32_t)rec.occurrence,
                      .latest = rec.latest,
                      .raised = rec.raised,
                      .due = rec.due,
                      .assumed = rec.assumed,
                      .needs = rec.needs,
                      .state = (uint8_t)rec.state,
                      .ended = rec.ended,
                      .timer_at = rec.timer_at,
                      .timer_rung = (uint32_t)rec.timer_rung};
    TRY(arena_str(arena, rec.asker, &out->asker));
    TRY(take_texts(arena, rec.key, &out->key, &out->key_count));
    TRY(take_value_list(arena, rec.each, &span, &each));
    if (each != 1)
        return ERR_DAMAGED;
    out->each = span[0];
    TRY(take_value_list(arena, rec.excluded, &out->excluded, &excluded));
    TRY(take_value_list(arena, rec.seats, &out->seats, &seats));
    TRY(take_value_list(arena, rec.frame, &out->frame, &frame));
    TRY(take_votes(arena, rec.votes, out));
    TRY(take_leaves(arena, rec.said, &out->said, &out->said_count));
    bool fits = excluded == out->def->excluded_count && seats == out->def->seat_count &&
                frame == out->def->frame_count && are_parties(b, out->seats, seats, false) &&
                are_parties(b, out->excluded, excluded, true);
    bool timed = out->due == INSTANT_NEVER || out->each.kind == V_DURATION;
    out->was = out->state;
    return fits && timed ? OK : ERR_DAMAGED;
}

Status approval_load(Engine *e, uint64_t number, Approval *out) {
    Str bytes;
    bool found;
    buf_reset(&e->key);
    put_key_u64(&e->key, number);
    TRY(buf_status(&e->key));
    Status status = led_find(e->l, LED_APPROVAL, buf_str(&e->key), &bytes, &found);
    if (status != OK)
        return engine_fail(e, status, "reading an approval");
    if (!found)
        return engine_fail(e, ERR_DAMAGED, "an approval is missing");
    status = view_approval(e->b, number, bytes, &e->event, out);
    return status == OK || status == ERR_NOMEM ? status
                                               : engine_fail(e, status, "an approval's record");
}

/* ---- names */

Status approval_hash(const Bundle *b, uint32_t decl, const Str *key, uint32_t n,
                     uint32_t occurrence, Buf *scratch, uint8_t out[SHA256_BYTES]) {
    return name_hash(S("approval"), b->approvals[decl].name, key, n, occurrence, scratch, out);
}

static Status approval_named(Engine *e, uint32_t decl, const Str *key, uint32_t n,
                             uint32_t occurrence, uint64_t *number, bool *found) {
    uint8_t hash[SHA256_BYTES];
    uint64_t b;
    TRY(approval_hash(e->b, decl, key, n, occurrence, &e->text, hash));
    Status status = led_set_find(e->l, LED_SET_NAMES, hash, number, &b, found);
    return status == OK ? OK : engine_fail(e, status, "reading the ledger");
}

/* The number of the latest that was opened at or before `at`, or of the first one. */
Status approval_find_key(Engine *e, uint32_t decl, const Str *key, uint32_t n, int64_t at,
                         uint64_t *number, bool *found) {
    TRY(approval_named(e, decl, key, n, 1, number, found));
    if (!*found || !e->b->approvals[decl].again)
        return OK;
    Approval a;
    TRY(approval_load(e, *number, &a));
    if (a.latest != 0) {
        *number = a.latest;
        TRY(approval_load(e, *number, &a));
    }
    while (a.raised > at && a.occurrence > 1) {
        TRY(approval_named(e, decl, key, n, a.occurrence - 1, number, found));
        if (!*found)
            return engine_fail(e, ERR_DAMAGED, "an occurrence of an approval is missing");
        TRY(approval_load(e, *number, &a));
    }
    return OK;
}

/* ---- which parties an open approval hangs on */

static Status hang_key(Engine *e, int64_t party, uint64_t number) {
    static const char none[16] = {0};
    buf_reset(&e->key);
    put_key_u64(&e->key, (uint64_t)1 << 63 | (uint64_t)party); /* duties' links are below */
    put_bytes(&e->key, none, sizeof none);
    put_key_u64(&e->key, number);
    return buf_status(&e->key);
}

static Status hang(Engine *e, int64_t party, uint64_t number, bool there) {
    TRY(hang_key(e, party, number));
    Status status = there ? led_put(e->l, LED_LINK, buf_str(&e->key), S("1"))
                          : led_del(e->l, LED_LINK, buf_str(&e->key));
    return status == OK ? OK : engine_fail(e, status, "writing the ledger");
}

/* The party whose holders sit in a seat; -1: a person, or a team for which nobody votes. */
static int64_t seat_party(const Engine *e, const Approval *a, uint32_t seat) {
    Value who = a->seats[seat];
    if (who.aux == 1)
        return -1;
    if (a->def->seats[seat].members || e->b->parties[who.i].kind != PARTY_TEAM_DEF)
        return who.i;
    return e->b->parties[who.i].votes;
}

static Status hang_team(Engine *e, const Approval *a, int64_t party, bool roles, bool there) {
    TRY(hang(e, party, a->number, there));
    for (uint32_t i = 0; roles && i < e->b->party_count; i++)
        if (e->b->parties[i].team == party)
            TRY(hang(e, i, a->number, there));
    return OK;
}

/* It hangs on whom it asks and whom it excludes; on party_count when a person sits in a seat by
 * their own name. */
static Status hang_all(Engine *e, const Approval *a, bool there) {
    for (uint32_t s = 0; s < a->def->seat_count; s++) {
        int64_t party = a->seats[s].aux == 1 ? e->b->party_count : seat_party(e, a, s);
        if (seat_asked(a, s) && party >= 0)
            TRY(hang_team(e, a, party, a->def->seats[s].members, there));
    }
    for (uint32_t i = 0; i < a->def->excluded_count; i++)
        if (a->excluded[i].kind == V_PARTY && a->excluded[i].aux == 0)
            TRY(hang_team(e, a, a->excluded[i].i, true, there));
    return OK;
}

/* ---- authority */

/* Whether a person sits in a seat themselves. A team's seat is that of who votes for it. */
static Status seat_holds(Engine *e, const Approval *a, uint32_t seat, Str person, int64_t at,
                         bool *yes) {
    Value who = a->seats[seat];
    if (a->def->seats[seat].members || who.aux == 1 || e->b->parties[who.i].kind != PARTY_TEAM_DEF)
        return org_holds(e, person, who, at, yes);
    *yes = bundle_party(e->b, person) == who.i;
    int32_t votes = e->b->parties[who.i].votes;
    return *yes || votes < 0 ? OK : org_holds(e, person, value_of(V_PARTY, votes), at, yes);
}

static bool deputy_for(const Engine *e, const Approval *a, uint32_t seat, int64_t party) {
    return party < 0 || party == seat_party(e, a, seat) ||
           (a->seats[seat].aux == 0 && party == a->seats[seat].i);
}

/* Whether a deputy acts in this matter at all. */
static bool deputy_concerns(const Engine *e, const Approval *a, int64_t party) {
    for (uint32_t s = 0; s < a->def->seat_count; s++)
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

/* Excluded are the persons named, whoever acts for them in this matter, and whoever they act for
 * (semantics.md 13). *for_whom: because of whom; empty: because of themselves. */
static Status is_excluded(Engine *e, const Approval *a, Str person, int64_t at, bool *yes,
                          Str *for_whom) {
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

/* Authorities as they are gathered; `of` comes once. */
typedef struct Authorities {
    Authority *at;
    uint32_t n, room;
} Authorities;

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

/* Adds the seats in which a person sits themselves, or of which they named a deputy for `party`. */
static Status seats_held(Engine *e, const Approval *a, Str person, int64_t at, bool deputy,
                         int64_t party, Authorities *out) {
    uint64_t seats = 0;
    for (uint32_t s = 0; s < a->def->seat_count; s++) {
        bool yes = false;
        if (seat_asked(a, s) && (!deputy || deputy_for(e, a, s, party)))
            TRY(seat_holds(e, a, s, person, at, &yes));
        seats |= (uint64_t)yes << s;
    }
    return authority_add(e, out, person, seats);
}

/* Adds by what authority a person may vote in which seats: their own, that of those who named them.
 */
static Status authorities_of(Engine *e, const Approval *a, Str person, int64_t at,
                             Authorities *out) {
    Deputy *list;
    uint32_t n;
    TRY(org_deputies(e, person, false, at, at, &list, &n));
    TRY(seats_held(e, a, person, at, false, -1, out));
    for (uint32_t i = 0; i < n; i++)
        TRY(seats_held(e, a, list[i].person, at, true, list[i].party, out));
    return OK;
}

static uint64_t seats_in_all(const Voter *who) {
    uint64_t seats = 0;
    for (uint32_t i = 0; i < who->n; i++)
        seats |= who->by[i].seats;
    return seats;
}

/* Leaves of a voter's authorities what is of these seats. */
static void authorities_limit(Authorities *list, uint64_t seats) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->n; i++) {
        list->at[i].seats &= seats;
        if (list->at[i].seats != 0)
            list->at[kept++] = list->at[i];
    }
    list->n = kept;
}

/* ---- matching votes to seats */

static Places places_of(const Approval *a) {
    Places p = {.seats = a->def->seat_count, .needs = a->def->need_count};
    for (uint32_t i = 0; i < p.needs; i++)
        p.wanted[i] = (a->needs >> i & 1) != 0 ? a->def->needs[i].count : 0;
    for (uint32_t s = 0; s < p.seats; s++) {
        p.need[s] = a->def->seats[s].need;
        p.room[s] = a->def->seats[s].members ? p.wanted[p.need[s]] : 1;
    }
    return p;
}

/* The voters of those votes that say yes; vote[i]: the number of the vote of voter i. */
static Status voters_of(Arena *arena, const Approval *a, Voter **voters, uint32_t **vote,
                        uint32_t *n) {
    *voters = new (arena, Voter, a->vote_count + 1);
    *vote = new (arena, uint32_t, a->vote_count + 1);
    *n = 0;
    if (*voters == NULL || *vote == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < a->vote_count; i++)
        if (a->votes[i].yes) {
            (*voters)[*n] = a->votes[i].who;
            (*vote)[(*n)++] = i;
        }
    return OK;
}

Status approval_arrange(Arena *arena, const Approval *a, uint32_t **seats) {
    Voter *voters;
    uint32_t *vote, n;
    bool sure;
    Places places = places_of(a);
    TRY(voters_of(arena, a, &voters, &vote, &n));
    uint32_t *found = new (arena, uint32_t, n + 1);
    *seats = new (arena, uint32_t, a->vote_count + 1);
    if (found == NULL || *seats == NULL)
        return ERR_NOMEM;
    TRY(match_seats(&places, voters, n, arena, found, &sure));
    for (uint32_t i = 0; i < a->vote_count; i++)
        (*seats)[i] = NO_SEAT;
    for (uint32_t i = 0; i < n; i++)
        (*seats)[vote[i]] = found[i];
    return OK;
}

/* The first seat that lacks a vote of a requirement that has fewer than it wants. */
static Status first_lacking(Engine *e, const Approval *a, uint32_t *out) {
    uint32_t *seats, taken[LIMIT_SEATS] = {0};
    TRY(approval_arrange(&e->event, a, &seats));
    *out = NO_SEAT;
    for (uint32_t i = 0; i < a->vote_count; i++)
        if (seats[i] != NO_SEAT)
            taken[seats[i]]++;
    for (uint32_t from = 0, to; from < a->def->seat_count && *out == NO_SEAT; from = to) {
        const SeatDef *def = &a->def->seats[from];
        uint32_t have = 0, wanted = a->def->needs[def->need].count, open = NO_SEAT;
        for (to = from; to < a->def->seat_count && a->def->seats[to].need == def->need; to++) {
            uint32_t copies = a->def->seats[to].members ? wanted : 1;
            have += taken[to];
            open = open == NO_SEAT && taken[to] < copies ? to : open;
        }
        if (seat_asked(a, from) && have < wanted)
            *out = open;
    }
    return OK;
}

/* By what authority a person may vote at `at` or will be able to by the end, as far as is known.
 * *next: the first instant after `at` at which that may change. */
static Status authorities_by_end(Engine *e, const Approval *a, Str person, int64_t at,
                                 Authorities *out, int64_t *next) {
    Instants bounds = {0};
    TRY(org_bounds(e, person, at, a->due, &bounds));
    for (uint32_t i = 0; i <= bounds.n; i++) {
        int64_t when = i == 0 ? at : bounds.at[i - 1];
        bool excluded;
        Str because;
        TRY(is_excluded(e, a, person, when, &excluded, &because));
        if (!excluded)
            TRY(authorities_of(e, a, person, when, out));
        if (i > 0 && when < *next)
            *next = when;
    }
    return OK;
}

/* The voters, and those who could still vote. Of each seat so many are looked for as can be needed:
 * each place that is filled takes a voter and an authority, so that of twice as many who hold the
 * seat themselves there is always one left. */
typedef struct Candidates {
    Str *person; /* empty: anybody */
    Voter *who;
    uint32_t n, room;
    uint32_t voted;            /* so many have */
    uint32_t own[LIMIT_SEATS]; /* of each seat: how many hold it themselves */
    int64_t next;
    Str *votes; /* who has voted, by hash; empty: free */
    size_t votes_room;
} Candidates;

static bool has_voted(const Approval *a, Str person) {
    for (uint32_t i = 0; i < a->vote_count; i++)
        if (str_eq(a->votes[i].by, person))
            return true;
    return false;
}

/* Who has voted, by a table: every holder of a seat is looked up. */
static Status voted_find(Engine *e, const Approval *a, Candidates *list) {
    size_t room = 8;
    while (room < 2 * (size_t)a->vote_count)
        room *= 2;
    list->votes_room = room;
    list->votes = new (&e->event, Str, room);
    if (list->votes == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < a->vote_count; i++) {
        size_t at = (size_t)str_hash(a->votes[i].by) & (room - 1);
        while (list->votes[at].n > 0)
            at = (at + 1) & (room - 1);
        list->votes[at] = a->votes[i].by;
    }
    return OK;
}

static bool is_voter(const Candidates *list, Str person) {
    size_t at = (size_t)str_hash(person) & (list->votes_room - 1);
    while (list->votes[at].n > 0 && !str_eq(list->votes[at], person))
        at = (at + 1) & (list->votes_room - 1);
    return list->votes[at].n > 0;
}

static Status candidate_push(Engine *e, Candidates *list, Str person, Voter who) {
    if (list->n == list->room) {
        uint32_t room = 2 * list->room + 8;
        Str *persons = new (&e->event, Str, room);
        Voter *voters = new (&e->event, Voter, room);
        if (persons == NULL || voters == NULL)
            return ERR_NOMEM;
        for (uint32_t i = 0; i < list->n; i++) {
            persons[i] = list->person[i];
            voters[i] = list->who[i];
        }
        list->person = persons;
        list->who = voters;
        list->room = room;
    }
    list->person[list->n] = person;
    list->who[list->n++] = who;
    return OK;
}

static Status candidate_add(Engine *e, const Approval *a, Candidates *list, Str person,
                            int64_t at) {
    if (is_voter(list, person))
        return OK; /* they cannot vote again, whatever they will hold */
    for (uint32_t i = list->voted; i < list->n; i++)
        if (str_eq(list->person[i], person))
            return OK;
    Authorities found = {0};
    TRY(authorities_by_end(e, a, person, at, &found, &list->next));
    if (found.n == 0)
        return OK;
    for (uint32_t i = 0; i < found.n; i++)
        for (uint32_t s = 0; s < a->def->seat_count && str_eq(found.at[i].of, person); s++)
            list->own[s] += (uint32_t)(found.at[i].seats >> s & 1);
    return candidate_push(e, list, person, (Voter){found.at, found.n});
}

/* One who holds a seat, and who acts for them. */
static Status candidates_of(Engine *e, const Approval *a, Candidates *list, Str holder,
                            int64_t at) {
    Deputy *deputies;
    uint32_t n;
    TRY(candidate_add(e, a, list, holder, at));
    TRY(org_deputies(e, holder, true, at, a->due, &deputies, &n));
    for (uint32_t i = 0; i < n; i++)
        TRY(candidate_add(e, a, list, deputies[i].person, at));
    return OK;
}

/* When the term of one who has voted begins, the seat is held, though they cannot vote again. */
static Status voter_bounds(Engine *e, const Approval *a, Candidates *list, Str person, int64_t at) {
    Instants bounds = {0};
    TRY(org_bounds(e, person, at, a->due, &bounds));
    for (uint32_t i = 0; i < bounds.n; i++)
        list->next = bounds.at[i] < list->next ? bounds.at[i] : list->next;
    return OK;
}

static Status holders_add(Engine *e, const Approval *a, Candidates *list, uint32_t seat,
                          int64_t party, uint32_t enough, int64_t at, bool *ever) {
    Holders holders = {.party = party, .at = at, .until = a->due};
    while (list->own[seat] < enough) {
        Str person;
        bool found;
        TRY(org_holder_next(e, &holders, &person, &found));
        *ever = *ever || holders.ever;
        if (!found)
            break;
        if (!*ever && is_voter(list, person))
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
    return candidate_push(e, list, (Str){NULL, 0}, (Voter){by, 1});
}

/* Adds all who could still vote. list->next: when to look again, though nothing comes in. */
static Status candidates_find(Engine *e, const Approval *a, const Places *places, int64_t at,
                              Candidates *list) {
    uint32_t enough = 2 * places_wanted(places);
    for (uint32_t s = 0; s < a->def->seat_count; s++) {
        int64_t party = seat_party(e, a, s);
        bool ever = party < 0, members = a->def->seats[s].members;
        if (!seat_asked(a, s))
            continue;
        if (a->seats[s].aux == 1)
            TRY(candidates_of(e, a, list, value_str(a->seats[s]), at));
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
    uint32_t line = e->line;
    Heard heard = {0}, *above = e->heard;
    e->heard = &heard;
    e->subject = approval_subject(a);
    e->approval = a;
    Status status = OK;
    for (uint32_t i = 0; i < a->def->reaction_count && status == OK; i++)
        if (a->def->reactions[i].state == a->state)
            status = engine_actions(e, a->def->reactions[i].fn, NULL, a->frame);
    e->subject = outer;
    e->approval = before;
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
        effect.line = a->def->seats[seat].file << 20 | a->def->seats[seat].line;
        TRY(seat_text(e, a, seat, &effect.values[0]));
    }
    return approval_end(e, a, state, &effect);
}

/* Whether the requirements before `need`, and of it the first `most` places, can be had by all
 * these voters. */
static Status had_so_far(Engine *e, const Places *all, const Candidates *list, uint32_t need,
                         uint32_t most, bool *yes) {
    Places p = *all;
    uint32_t left = most;
    bool sure;
    for (uint32_t s = 0; s < p.seats; s++)
        if (p.need[s] == need) {
            p.room[s] = p.room[s] < left ? p.room[s] : left;
            left -= p.room[s];
        }
    for (uint32_t i = need; i < p.needs; i++)
        p.wanted[i] = i > need ? 0 : p.wanted[i] < most ? p.wanted[i] : most;
    TRY(match_can(&p, list->who, list->n, &e->event, yes, &sure));
    *yes = *yes || !sure;
    return OK;
}

/* Of the first requirement that cannot be had together with those before it, the first seat that
 * cannot. They cannot all be had. */
static Status first_hopeless(Engine *e, const Places *all, const Candidates *list, uint32_t *seat) {
    uint32_t need = 0, places = 0;
    bool yes = true;
    for (; yes && need < all->needs; need++)
        TRY(had_so_far(e, all, list, need, UINT32_MAX, &yes));
    need -= yes ? 0 : 1;
    *seat = NO_SEAT;
    for (uint32_t s = 0; !yes && *seat == NO_SEAT && s < all->seats; s++)
        for (uint32_t c = 0; all->need[s] == need && *seat == NO_SEAT && c < all->room[s]; c++) {
            bool fits;
            TRY(had_so_far(e, all, list, need, ++places, &fits));
            *seat = fits ? NO_SEAT : s;
        }
    return OK;
}

/* Where the bound was met the approval stays open: it is granted or given up only on proof. */
static Status say_unsure(Engine *e) {
    return alert(e, "failed",
                 S("too many ways to seat these votes, for delegations limit who may use whose "
                   "authority in which seat; they do not count till fewer are left"));
}

/* Grants it when all is there, ends it when it cannot be had any more; else plans when to look
 * again. */
static Status approval_judge(Engine *e, Approval *a) {
    Candidates list = {.next = INSTANT_NEVER};
    Places places = places_of(a);
    uint32_t *vote, seat;
    bool all, can, sure;
    TRY(voters_of(&e->event, a, &list.who, &vote, &list.n));
    TRY(match_can(&places, list.who, list.n, &e->event, &all, &sure));
    if (all) {
        Effect granted = {.id = EFFECT_APPROVAL_GRANTED};
        return approval_end(e, a, APPROVAL_GRANTED, &granted);
    }
    if (!sure)
        TRY(say_unsure(e));
    list.voted = list.room = list.n;
    list.person = new (&e->event, Str, list.n + 1);
    if (list.person == NULL)
        return ERR_NOMEM;
    TRY(voted_find(e, a, &list));
    TRY(candidates_find(e, a, &places, e->now, &list));
    TRY(match_can(&places, list.who, list.n, &e->event, &can, &sure));
    if (!can && sure) {
        TRY(first_hopeless(e, &places, &list, &seat));
        return end_for_seat(e, a, APPROVAL_UNATTAINABLE, EFFECT_APPROVAL_UNATTAINABLE, seat);
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
    *may = last.state != APPROVAL_OPEN;
    a->occurrence = last.occurrence + 1;
    return OK;
}

/* What the opening function gave, in the order that ApprovalDef says. */
static Status opening_take(Engine *e, Approval *a, const Value *results) {
    const ApprovalDef *def = a->def;
    uint32_t n = e->b->fns[def->raise_fn].result_count, at = 0;
    Value *kept = new (&e->event, Value, n + 1);
    if (kept == NULL)
        return ERR_NOMEM;
    memcpy(kept, results, n * sizeof *kept);
    a->key_count = def->key_count;
    TRY(key_texts(e, kept, def->key_count, &a->key));
    at = def->key_count;
    a->due = INSTANT_NEVER;
    a->each = value_absent();
    if (def->has_due) {
        Value each = a->each = kept[at++];
        if (each.i <= 0) {
            e->vm.trap =
                (Trap){.code = TRAP_NO_TIME, .fn = e->vm.trap.fn, .at = e->vm.trap.at, .table = -1};
            return ERR_TRAP;
        }
        TRY(engine_time_trap(e, moment_add(bundle_zone(e->b), bundle_calendar(e->b), a->raised,
                                           (Family)each.aux, each.i, &a->due, &a->assumed)));
    }
    a->excluded = kept + at;
    at += def->excluded_count;
    a->seats = kept + at;
    at += def->seat_count;
    for (uint32_t i = 0; i < def->need_count; i++)
        if (!def->needs[i].conditional || kept[at++].i != 0)
            a->needs |= (uint64_t)1 << i;
    a->frame = kept + at;
    return OK;
}

static Status say_opened(Engine *e, Approval *a) {
    Effect effect = {.id = EFFECT_APPROVAL_OPENED};
    Value *seats = new (&e->event, Value, a->def->seat_count + 1);
    if (seats == NULL)
        return ERR_NOMEM;
    uint32_t n = 0;
    for (uint32_t s = 0; s < a->def->seat_count; s++)
        if (seat_asked(a, s))
            TRY(seat_text(e, a, s, &seats[n++]));
    effect.values[0] = (Value){.items = seats, .n = n, .kind = V_LIST};
    effect.values[1] = a->due == INSTANT_NEVER ? value_absent() : value_of(V_INSTANT, a->due);
    TRY(traces_of(e, &effect));
    return approval_say(e, a, &effect);
}

Status approval_open(Engine *e, uint32_t decl, const VmEvent *event, const Value *args,
                     int64_t at) {
    Approval a = {.decl = decl, .def = &e->b->approvals[decl], .raised = at}, first = {0};
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

static Status put_seats_asked(Engine *e, const Approval *a, Str *out) {
    Buf text = {0};
    for (uint32_t s = 0; s < a->def->seat_count; s++) {
        if (!seat_asked(a, s))
            continue;
        put_text(&text, text.n == 0 ? S("") : S(", "));
        put_text(&text, party_text(e->b, a->seats[s]));
        if (a->def->seats[s].members)
            put_text(&text, S(".members"));
    }
    Status status = buf_status(&text);
    if (status == OK)
        status = arena_str(&e->event, buf_str(&text), out);
    buf_free(&text);
    return status;
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
    TRY(put_seats_asked(e, a, &asked));
    if (found->n == 0) {
        TRY(arena_printf(&e->event, &message, "%.*s holds none of the seats of this approval: %.*s",
                         STR_ARG(by), STR_ARG(asked)));
        return refuse_authority(e, flow, S("actor"), message);
    }
    if (seat.kind == V_ABSENT)
        return OK;
    uint64_t named = 0;
    for (uint32_t s = 0; s < a->def->seat_count; s++)
        if (value_eq(a->seats[s], seat) ||
            (seat.aux == 0 && seat_asked(a, s) && seat_party(e, a, s) == seat.i))
            named |= (uint64_t)1 << s;
    authorities_limit(found, named);
    if (found->n > 0)
        return OK;
    Str name = party_text(e->b, seat);
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
    for (uint32_t s = 0; *out == NO_SEAT && s < a->def->seat_count; s++)
        *out = (vote->seats >> s & 1) != 0 ? s : NO_SEAT;
    return *out == NO_SEAT ? ERR_DAMAGED : OK;
}

static Status say_voted(Engine *e, Approval *a, const Vote *vote, Value note, Value ballot) {
    uint32_t seat;
    TRY(seat_taken(e, a, &seat));
    Effect effect = {.id = EFFECT_APPROVAL_VOTED};
    effect.line = a->def->seats[seat].file << 20 | a->def->seats[seat].line;
    effect.values[0] = value_text(vote->by);
    TRY(seat_text(e, a, seat, &effect.values[1]));
    effect.values[2] = ballot;
    effect.values[3] = note;
    return approval_say(e, a, &effect);
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
    if (vote.yes)
        return approval_judge(e, a);
    Effect refused = {.id = EFFECT_APPROVAL_REFUSED};
    refused.values[0] = value_text(vote.by);
    return approval_end(e, a, APPROVAL_REFUSED, &refused);
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
    if (kind != ENGINE_DECIDED && kind != ENGINE_WITHDRAWN)
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
    return kind == ENGINE_DECIDED ? approval_vote(e, &a, flow) : withdraw_own(e, &a, flow);
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
    return withdraw(e, &a, flow, act->file << 20 | act->line);
}

/* ---- people come and go */

typedef VEC(uint64_t) Numbers;

static Status numbers_of(Engine *e, int64_t party, Numbers *out) {
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

Status approvals_review(Engine *e, const int64_t *parties, uint32_t n) {
    Numbers numbers = {0};
    Status status = OK;
    for (uint32_t i = 0; i < n && status == OK; i++)
        status = numbers_of(e, parties[i], &numbers);
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
    uint32_t seat;
    TRY(first_lacking(e, a, &seat));
    return end_for_seat(e, a, APPROVAL_LAPSED, EFFECT_APPROVAL_LAPSED, seat);
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
