/* Laws of seating votes: what match.h says is what trying every seating finds; and of large
 * requirements, which nobody can try out, the seating that is given is one. */
#include "tests/prop/prop.h"

#include "engine/run/match.h"

enum { VOTERS = LIMIT_SEATS, SEATS = LIMIT_SEATS, OWNERS = 30, BY = 4 };

typedef struct Case {
    Places places;
    Voter voters[VOTERS];
    Authority by[VOTERS][BY];
    uint32_t n;
} Case;

static Str owner_name(uint32_t i) {
    static char names[OWNERS + VOTERS][12];
    snprintf(names[i], sizeof names[i], "p%u", i);
    return str_of(names[i]);
}

/* Voters 0, 1, ... are owners of their own authority too, so that they meet their deputies. */
static void any_case(Case *c, uint32_t voters, uint32_t seats, uint32_t owners) {
    memset(c, 0, sizeof *c);
    c->places.seats = 1 + prop_roll(seats);
    for (uint32_t s = 0; s < c->places.seats; s++) {
        if (s == 0 || prop_roll(2) == 0)
            c->places.needs++;
        c->places.need[s] = c->places.needs - 1;
        c->places.room[s] = 1 + (prop_roll(4) == 0) * prop_roll(3);
    }
    for (uint32_t s = 0; s < c->places.seats; s++)
        c->places.wanted[c->places.need[s]] += prop_roll(c->places.room[s] + 1);
    c->n = prop_roll(voters + 1);
    for (uint32_t v = 0; v < c->n; v++) {
        uint32_t n = prop_roll(3) == 0 ? 1 + prop_roll(BY) : 1;
        c->voters[v] = (Voter){c->by[v], 0};
        for (uint32_t i = 0; i < n; i++) {
            Str of = prop_roll(9) == 0   ? (Str){NULL, 0}
                     : prop_roll(3) == 0 ? owner_name(v)
                                         : owner_name(prop_roll(owners));
            bool again = false;
            for (uint32_t k = 0; k < c->voters[v].n; k++)
                again = again || (of.n > 0 && str_eq(of, c->by[v][k].of));
            uint64_t seat = prop_u64() & (((uint64_t)1 << c->places.seats) - 1);
            if (prop_roll(2) == 0)
                seat = (uint64_t)1 << prop_roll(c->places.seats);
            if (!again && seat != 0)
                c->by[v][c->voters[v].n++] = (Authority){of, seat};
        }
    }
}

/* ---- every seating */

typedef struct Try {
    const Case *c;
    uint32_t seats[VOTERS], best[VOTERS];
    const Authority *used[VOTERS];
    uint32_t seat_used[SEATS], need_used[SEATS];
} Try;

/* More seated, then earlier ones, then earlier seats. */
static bool is_better(const Try *t) {
    uint32_t n = t->c->n, mine = 0, theirs = 0;
    for (uint32_t v = 0; v < n; v++) {
        mine += t->seats[v] != NO_SEAT;
        theirs += t->best[v] != NO_SEAT;
    }
    if (mine != theirs)
        return mine > theirs;
    for (uint32_t v = 0; v < n; v++)
        if ((t->seats[v] == NO_SEAT) != (t->best[v] == NO_SEAT))
            return t->seats[v] != NO_SEAT;
    for (uint32_t v = 0; v < n; v++)
        if (t->seats[v] != t->best[v])
            return t->seats[v] < t->best[v];
    return false;
}

static bool is_used(const Try *t, uint32_t voters, Str of) {
    for (uint32_t v = 0; v < voters; v++)
        if (of.n > 0 && t->used[v] != NULL && str_eq(t->used[v]->of, of))
            return true;
    return false;
}

static void try_all(Try *t, uint32_t v) {
    const Places *p = &t->c->places;
    if (v == t->c->n) {
        if (is_better(t))
            memcpy(t->best, t->seats, sizeof t->best);
        return;
    }
    t->seats[v] = NO_SEAT;
    t->used[v] = NULL;
    try_all(t, v + 1);
    for (uint32_t i = 0; i < t->c->voters[v].n; i++)
        for (uint32_t s = 0; s < p->seats; s++) {
            const Authority *by = &t->c->by[v][i];
            uint32_t need = p->need[s];
            if ((by->seats >> s & 1) == 0 || is_used(t, v, by->of) ||
                t->seat_used[s] == p->room[s] || t->need_used[need] == p->wanted[need])
                continue;
            t->seats[v] = s;
            t->used[v] = by;
            t->seat_used[s]++;
            t->need_used[need]++;
            try_all(t, v + 1);
            t->seat_used[s]--;
            t->need_used[need]--;
            t->seats[v] = NO_SEAT;
            t->used[v] = NULL;
        }
}

static bool small_is_right(Arena *a, uint32_t *full) {
    static Case c;
    any_case(&c, 6, 4, 4);
    Try t = {.c = &c};
    for (uint32_t v = 0; v < c.n; v++)
        t.best[v] = NO_SEAT;
    try_all(&t, 0);
    uint32_t seats[VOTERS], most = 0;
    bool sure, found, can_sure;
    if (match_seats(&c.places, c.voters, c.n, a, seats, &sure) != OK || !sure ||
        match_can(&c.places, c.voters, c.n, a, &found, &can_sure) != OK || !can_sure)
        return false;
    bool good = true;
    for (uint32_t v = 0; v < c.n; v++) {
        most += t.best[v] != NO_SEAT;
        good = good && seats[v] == t.best[v];
    }
    *full += found && most > 0;
    return good && found == (most == places_wanted(&c.places));
}

/* ---- large ones */

/* Whether voter v can have an authority for its seat, others giving way: owner[x] has it. */
static bool have_authority(const Case *c, const uint32_t *seats, uint32_t v,
                           uint32_t user[OWNERS + VOTERS], bool *seen) {
    for (uint32_t i = 0; i < c->voters[v].n; i++) {
        const Authority *by = &c->by[v][i];
        if ((by->seats >> seats[v] & 1) == 0)
            continue;
        if (by->of.n == 0)
            return true;
        uint32_t x = (uint32_t)strtoul(by->of.p + 1, NULL, 10);
        if (seen[x])
            continue;
        seen[x] = true;
        if (user[x] == NO_SEAT || have_authority(c, seats, user[x], user, seen)) {
            user[x] = v;
            return true;
        }
    }
    return false;
}

static bool is_seating(const Case *c, const uint32_t *seats) {
    uint32_t seat_used[SEATS] = {0}, need_used[SEATS] = {0}, user[OWNERS + VOTERS];
    for (uint32_t i = 0; i < OWNERS + VOTERS; i++)
        user[i] = NO_SEAT;
    for (uint32_t v = 0; v < c->n; v++) {
        bool seen[OWNERS + VOTERS] = {false};
        if (seats[v] == NO_SEAT)
            continue;
        uint32_t need = c->places.need[seats[v]];
        if (++seat_used[seats[v]] > c->places.room[seats[v]] ||
            ++need_used[need] > c->places.wanted[need] || !have_authority(c, seats, v, user, seen))
            return false;
    }
    return true;
}

/* Both answers to one case. */
typedef struct Answer {
    uint32_t seats[VOTERS], seated;
    bool sure, found, can_sure;
} Answer;

static bool ask(const Case *c, Arena *a, Answer *r) {
    r->seated = 0;
    if (match_seats(&c->places, c->voters, c->n, a, r->seats, &r->sure) != OK ||
        match_can(&c->places, c->voters, c->n, a, &r->found, &r->can_sure) != OK)
        return false;
    for (uint32_t v = 0; v < c->n; v++)
        r->seated += r->seats[v] != NO_SEAT;
    return true;
}

static bool large_is_one(Arena *a, uint32_t *unsure) {
    static Case c;
    any_case(&c, 40, 12, prop_roll(2) == 0 ? OWNERS : 6);
    Answer r;
    if (!ask(&c, a, &r))
        return false;
    *unsure += !r.sure;
    bool full = r.seated == places_wanted(&c.places);
    return is_seating(&c, r.seats) && (!r.sure || !r.can_sure || r.found == full);
}

/* Each of 30 has two deputies, each for a seat of their own: half of them count, and to prove that
 * no more can would take longer than anybody waits. */
static bool hard_is_bounded(Arena *a) {
    static Case c;
    memset(&c, 0, sizeof c);
    c.places = (Places){.seats = SEATS, .needs = 1, .wanted = {SEATS}};
    c.n = SEATS;
    for (uint32_t v = 0; v < c.n; v++) {
        c.places.room[v] = 1;
        c.by[v][0] = (Authority){owner_name(v / 2), (uint64_t)1 << v};
        c.voters[v] = (Voter){c.by[v], 1};
    }
    Answer r;
    return ask(&c, a, &r) && is_seating(&c, r.seats) && r.seated == OWNERS && !r.sure && !r.found &&
           r.can_sure;
}

int main(int argc, char **argv) {
    prop_start(argc, argv, 3000);
    Arena a = {0};
    bool holds = hard_is_bounded(&a);
    uint32_t full = 0, unsure = 0;
    for (uint64_t i = 0; i < prop_rounds && holds; i++) {
        arena_reset(&a);
        holds = small_is_right(&a, &full) && (i % 10 != 0 || large_is_one(&a, &unsure));
    }
    arena_free(&a);
    printf("%u were filled, of the large ones %u not to the end\n", full, unsure);
    return prop_end(holds && full > 0);
}
