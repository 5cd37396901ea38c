/* run: which votes suffice: what the stages of an approval want as places to be filled,
 * requirements in points in each way to reach them, and who sits where. Pure. */
#include "engine/run/approval.h"

bool seat_asked(const Approval *a, uint32_t seat) {
    return a->needs[a->seats[seat].need].asked && !a->seats[seat].gone;
}

uint32_t seat_stage(const Approval *a, uint32_t seat) {
    return a->needs[a->seats[seat].need].stage;
}

bool stage_asked(const Approval *a, uint32_t stage) {
    for (uint32_t i = 0; i < a->need_count; i++)
        if (a->needs[i].stage == stage && a->needs[i].asked)
            return true;
    return false;
}

/* ---- places */

uint32_t seat_room(const Approval *a, uint32_t seat) {
    const AskedSeat *s = &a->seats[seat];
    const AskedNeed *need = &a->needs[s->need];
    if (s->gone || !need->asked)
        return 0;
    if (!s->members)
        return 1;
    return need->points ? (need->count + s->weight - 1) / s->weight : need->count;
}

Quorum quorum_of(const Approval *a, uint32_t last) {
    Quorum q = {.places = {.seats = a->seat_count, .needs = a->need_count}};
    for (uint32_t i = 0; i < a->need_count; i++) {
        const AskedNeed *need = &a->needs[i];
        bool wanted = need->asked && need->stage <= last;
        q.places.wanted[i] = wanted && !need->points ? need->count : 0;
        q.points[i] = wanted && need->points ? need->count : 0;
    }
    for (uint32_t s = 0; s < a->seat_count; s++) {
        uint32_t need = a->seats[s].need;
        q.places.need[s] = need;
        q.weight[s] = a->seats[s].weight;
        q.places.room[s] = seat_room(a, s);
        if (q.points[need] > 0)
            q.places.wanted[need] += q.places.room[s];
    }
    return q;
}

/* ---- the ways to reach points */

typedef struct Ways {
    const Quorum *q;
    Places p; /* as far as it is chosen */
    const Voter *voters;
    uint32_t n;
    Arena *arena;
    uint32_t tries;
    bool found, sure;
} Ways;

static Status way_need(Ways *w, uint32_t need);

/* Chooses how many of seat `s` and those behind it serve; `least` is the smallest weight of those
 * that do: what has so much to spare is no better than a way without one. */
static Status way_seat(Ways *w, uint32_t need, uint32_t s, int64_t left, int64_t least) {
    const Quorum *q = w->q;
    while (s < q->places.seats && q->places.need[s] != need)
        s++;
    if (left <= 0) {
        for (uint32_t k = s; k < q->places.seats; k++)
            if (q->places.need[k] == need)
                w->p.room[k] = 0;
        return -left >= least ? OK : way_need(w, need + 1);
    }
    if (s == q->places.seats)
        return OK;
    for (uint32_t k = q->places.room[s] + 1; k-- > 0 && !w->found;) {
        int64_t weight = q->weight[s], rest = left - weight * k;
        w->p.room[s] = k;
        w->p.wanted[need] += k;
        TRY(way_seat(w, need, s + 1, rest, k > 0 && weight < least ? weight : least));
        if (!w->found)
            w->p.wanted[need] -= k;
    }
    return OK;
}

/* Chooses for the requirements from `need` on; when all are chosen they are tried. */
static Status way_need(Ways *w, uint32_t need) {
    while (need < w->q->places.needs && w->q->points[need] == 0)
        need++;
    if (need < w->q->places.needs) {
        w->p.wanted[need] = 0;
        return way_seat(w, need, 0, w->q->points[need], INT64_MAX);
    }
    if (w->tries == LIMIT_SEATINGS) {
        w->sure = false;
        return OK;
    }
    bool sure;
    w->tries++;
    TRY(match_can(&w->p, w->voters, w->n, w->arena, &w->found, &sure));
    w->sure = w->sure && (w->found || sure);
    return OK;
}

Status quorum_can(const Quorum *q, const Voter *voters, uint32_t n, Arena *arena, bool *yes,
                  bool *sure, Places *way) {
    Ways w = {.q = q, .p = q->places, .voters = voters, .n = n, .arena = arena, .sure = true};
    TRY(way_need(&w, 0));
    *yes = w.found;
    *sure = w.found || w.sure;
    if (way != NULL)
        *way = w.p;
    return OK;
}

/* ---- what cannot be had */

/* Of requirement `need` nothing more than its first `most` places is wanted, of those behind it
 * nothing. */
static void quorum_cut(Quorum *q, uint32_t need, uint32_t most) {
    Places *p = &q->places;
    uint32_t left = most;
    for (uint32_t s = 0; s < p->seats; s++)
        if (p->need[s] == need) {
            p->room[s] = p->room[s] < left ? p->room[s] : left;
            left -= p->room[s];
        }
    for (uint32_t i = need; i < p->needs; i++) {
        p->wanted[i] = i > need ? 0 : p->wanted[i] < most ? p->wanted[i] : most;
        q->points[i] = i > need ? 0 : q->points[i];
    }
}

static Status had_so_far(const Quorum *all, const Voter *voters, uint32_t n, Arena *arena,
                         uint32_t need, uint32_t most, bool *yes) {
    Quorum q = *all;
    bool sure;
    quorum_cut(&q, need, most);
    if (most != UINT32_MAX)
        q.points[need] = 0;
    TRY(quorum_can(&q, voters, n, arena, yes, &sure, NULL));
    *yes = *yes || !sure;
    return OK;
}

/* Of a requirement in points the first seat that cannot be filled beside what is before it; where
 * each can, the first of all. */
static Status hopeless_points(const Quorum *all, const Voter *voters, uint32_t n, Arena *arena,
                              uint32_t need, uint32_t *seat) {
    uint32_t first = NO_SEAT;
    for (uint32_t s = 0; s < all->places.seats; s++) {
        if (all->places.need[s] != need || all->places.room[s] == 0)
            continue;
        Quorum q = *all;
        bool fits;
        for (uint32_t k = 0; k < q.places.seats; k++)
            if (q.places.need[k] == need)
                q.places.room[k] = k == s;
        TRY(had_so_far(&q, voters, n, arena, need, 1, &fits));
        first = first == NO_SEAT ? s : first;
        if (!fits) {
            *seat = s;
            return OK;
        }
    }
    *seat = first;
    return OK;
}

Status quorum_hopeless(const Quorum *q, const Voter *voters, uint32_t n, Arena *arena,
                       uint32_t *unmet, uint32_t *seat) {
    uint32_t need = 0;
    bool yes = true;
    for (; yes && need < q->places.needs; need++)
        TRY(had_so_far(q, voters, n, arena, need, UINT32_MAX, &yes));
    *unmet = *seat = NO_SEAT;
    if (yes)
        return OK;
    *unmet = --need;
    if (q->points[need] > 0)
        return hopeless_points(q, voters, n, arena, need, seat);
    uint32_t rooms = 0, low = 0, high = 0; /* the first `low` places can be had, `high` cannot */
    for (uint32_t s = 0; s < q->places.seats; s++)
        rooms += q->places.need[s] == need ? q->places.room[s] : 0;
    high = rooms + 1;
    while (high - low > 1) {
        uint32_t most = low + (high - low) / 2;
        bool fits;
        TRY(had_so_far(q, voters, n, arena, need, most, &fits));
        *(fits ? &low : &high) = most;
    }
    uint32_t place = high <= rooms ? high : rooms; /* more is wanted than there are: the last one */
    for (uint32_t s = 0, k = 0; s < q->places.seats && *seat == NO_SEAT; s++) {
        k += q->places.need[s] == need ? q->places.room[s] : 0;
        *seat = q->places.need[s] == need && k >= place ? s : NO_SEAT;
    }
    return OK;
}

/* ---- votes */

Status voters_of(Arena *arena, const Approval *a, bool yes, Voter **voters, uint32_t **vote,
                 uint32_t *n) {
    *voters = new (arena, Voter, a->vote_count + 1);
    *vote = new (arena, uint32_t, a->vote_count + 1);
    *n = 0;
    if (*voters == NULL || *vote == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < a->vote_count; i++)
        if (a->votes[i].yes == yes && !a->votes[i].returned) {
            (*voters)[*n] = a->votes[i].who;
            (*vote)[(*n)++] = i;
        }
    return OK;
}

/* The places to fill: where points are asked for, those of a way by which they are reached; as long
 * as there is none, any. */
static Status places_to_fill(Arena *arena, const Approval *a, const Voter *voters, uint32_t n,
                             Places *out) {
    Quorum q = quorum_of(a, a->stage_count);
    *out = q.places;
    bool points = false;
    for (uint32_t i = 0; i < a->need_count; i++)
        points = points || q.points[i] > 0;
    for (uint32_t last = a->stage_count; points && last-- > 0;) {
        Quorum part = quorum_of(a, last);
        Places way;
        bool found, sure;
        TRY(quorum_can(&part, voters, n, arena, &found, &sure, &way));
        if (!found)
            continue;
        for (uint32_t i = 0; i < a->need_count; i++)
            if (part.points[i] > 0)
                out->wanted[i] = way.wanted[i];
        for (uint32_t s = 0; s < a->seat_count; s++)
            if (part.points[a->seats[s].need] > 0)
                out->room[s] = way.room[s];
        break;
    }
    return OK;
}

Status approval_arrange(Arena *arena, const Approval *a, uint32_t **seats) {
    Voter *voters;
    uint32_t *vote, n;
    bool sure;
    Places places;
    TRY(voters_of(arena, a, true, &voters, &vote, &n));
    TRY(places_to_fill(arena, a, voters, n, &places));
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

uint32_t need_have(const Approval *a, uint32_t need, const uint32_t *seats) {
    uint32_t have = 0;
    for (uint32_t i = 0; i < a->vote_count; i++)
        if (seats[i] != NO_SEAT && a->seats[seats[i]].need == need)
            have += a->needs[need].points ? a->seats[seats[i]].weight : 1;
    return have;
}

uint32_t first_lacking(const Approval *a, const uint32_t *seats) {
    uint32_t taken[LIMIT_SEATS] = {0};
    for (uint32_t i = 0; i < a->vote_count; i++)
        if (seats[i] != NO_SEAT)
            taken[seats[i]]++;
    for (uint32_t i = 0; i < a->need_count; i++) {
        const AskedNeed *need = &a->needs[i];
        if (!need->asked || need->stage != a->open || need_have(a, i, seats) >= need->count)
            continue;
        for (uint32_t s = 0; s < a->seat_count; s++)
            if (a->seats[s].need == i && taken[s] < seat_room(a, s))
                return s;
    }
    return NO_SEAT;
}

bool seat_lacking(const Approval *a, uint32_t seat, const uint32_t *seats) {
    uint32_t need = a->seats[seat].need, taken = 0;
    for (uint32_t i = 0; i < a->vote_count; i++)
        taken += seats[i] == seat;
    return seat_asked(a, seat) && seat_stage(a, seat) >= a->open && taken < seat_room(a, seat) &&
           need_have(a, need, seats) < a->needs[need].count;
}

Status noes_of(Arena *arena, const Approval *a, uint32_t from, uint32_t *noes) {
    Voter *voters;
    uint32_t *vote, n;
    bool sure;
    Places places = quorum_of(a, a->stage_count).places;
    TRY(voters_of(arena, a, false, &voters, &vote, &n));
    *noes = 0;
    for (uint32_t s = 0; s < a->seat_count; s++) {
        uint32_t need = a->seats[s].need;
        bool open = seat_room(a, s) > 0 && seat_stage(a, s) >= from;
        places.room[s] = !open ? 0 : a->seats[s].members ? n : 1;
        places.wanted[need] = n;
    }
    uint32_t *seats = new (arena, uint32_t, n + 1);
    if (seats == NULL)
        return ERR_NOMEM;
    TRY(match_seats(&places, voters, n, arena, seats, &sure));
    for (uint32_t i = 0; i < n; i++)
        *noes += seats[i] != NO_SEAT;
    return OK;
}
