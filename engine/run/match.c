/* run: matching voters, authorities and seats: augmenting paths, found breadth first. */
#include "engine/run/match.h"

#include "engine/base/check.h"

#define NONE UINT32_MAX

/* One authority and the seats in which some may use it: who may do so in the same seats share it.
 */
typedef struct Way {
    uint32_t owner; /* number of whose authority it is */
    uint64_t seats;
    uint32_t next;  /* of the same owner */
    uint32_t voter; /* who uses it; NONE */
    uint32_t seat;  /* for which; of use where there is a voter */
} Way;

typedef struct Match {
    const Places *places;
    const Voter *voters;
    uint32_t n;
    uint32_t *first; /* of each voter: their first edge; first[n]: all there are */
    uint32_t *owner; /* of each edge: whose authority it is */
    uint32_t *edge;  /* of each edge: its way */
    uint64_t *limit; /* of each voter: the seats that are open to them */
    Way *ways;
    uint32_t way_count;
    uint32_t owners;
    uint32_t *ways_of; /* of each owner: their first way */
    uint32_t *only;    /* of each owner: the one way that may be used, NONE: any */
    uint32_t *way;     /* of each voter: the way that they use, NONE */
    uint32_t *placed;  /* the voters who are seated, in order of seating */
    uint32_t placed_count;
    uint32_t seat_used[LIMIT_SEATS], need_used[LIMIT_SEATS];
    /* the search for a path. Nodes: voters; ways as they are entered, and as they are left; seats;
     * requirements. What a search that failed has seen leads nowhere till one succeeds. */
    uint32_t *seen, *from, *queue;
    uint32_t head, tail, round;
    uint32_t tries; /* flows */
    bool cut;
} Match;

/* ---- nodes */

static uint32_t node_in(const Match *m, uint32_t way) {
    return m->n + way;
}

static uint32_t node_out(const Match *m, uint32_t way) {
    return m->n + m->first[m->n] + way;
}

static uint32_t node_seat(const Match *m, uint32_t seat) {
    return m->n + 2 * m->first[m->n] + seat;
}

static uint32_t node_need(const Match *m, uint32_t need) {
    return node_seat(m, m->places->seats) + need;
}

static uint32_t node_count(const Match *m) {
    return node_need(m, m->places->needs);
}

/* ---- whose an authority is */

/* Numbers the owners of all edges; the same text is the same owner. */
static Status owners_find(Match *m, Arena *a) {
    uint32_t edges = m->first[m->n];
    size_t room = 8;
    while (room < 2 * (size_t)edges)
        room *= 2;
    Str *names = new (a, Str, room);
    uint32_t *numbers = new (a, uint32_t, room);
    if (names == NULL || numbers == NULL)
        return ERR_NOMEM;
    for (uint32_t v = 0; v < m->n; v++)
        for (uint32_t i = 0; i < m->voters[v].n; i++) {
            Str of = m->voters[v].by[i].of;
            uint32_t *number = &m->owner[m->first[v] + i];
            if (of.n == 0) {
                *number = m->owners++;
                continue;
            }
            size_t at = (size_t)str_hash(of) & (room - 1);
            while (names[at].n > 0 && !str_eq(names[at], of))
                at = (at + 1) & (room - 1);
            if (names[at].n == 0) {
                names[at] = of;
                numbers[at] = m->owners++;
            }
            *number = numbers[at];
        }
    return OK;
}

static Status match_begin(Match *m, const Places *places, const Voter *voters, uint32_t n,
                          Arena *a) {
    *m = (Match){.places = places, .voters = voters, .n = n};
    m->first = new (a, uint32_t, (size_t)n + 1);
    if (m->first == NULL)
        return ERR_NOMEM;
    for (uint32_t v = 0; v < n; v++)
        m->first[v + 1] = m->first[v] + voters[v].n;
    size_t edges = m->first[n], nodes = node_count(m);
    m->owner = new (a, uint32_t, edges + 1);
    m->edge = new (a, uint32_t, edges + 1);
    m->limit = new (a, uint64_t, (size_t)n + 1);
    m->ways = new (a, Way, edges + 1);
    m->ways_of = new (a, uint32_t, edges + 1);
    m->only = new (a, uint32_t, edges + 1);
    m->way = new (a, uint32_t, (size_t)n + 1);
    m->placed = new (a, uint32_t, (size_t)n + 1);
    m->seen = new (a, uint32_t, nodes + 1);
    m->from = new (a, uint32_t, nodes + 1);
    m->queue = new (a, uint32_t, nodes + 1);
    if (m->owner == NULL || m->edge == NULL || m->limit == NULL || m->ways == NULL ||
        m->ways_of == NULL || m->only == NULL || m->way == NULL || m->placed == NULL ||
        m->seen == NULL || m->from == NULL || m->queue == NULL)
        return ERR_NOMEM;
    for (uint32_t v = 0; v < n; v++)
        m->limit[v] = UINT64_MAX;
    TRY(owners_find(m, a));
    for (uint32_t o = 0; o < m->owners; o++)
        m->only[o] = NONE;
    return OK;
}

/* ---- ways */

static uint32_t way_of(Match *m, uint32_t owner, uint64_t seats) {
    uint32_t w = m->ways_of[owner];
    while (w != NONE && m->ways[w].seats != seats)
        w = m->ways[w].next;
    if (w == NONE) {
        w = m->way_count++;
        m->ways[w] = (Way){owner, seats, m->ways_of[owner], NONE, 0};
        m->ways_of[owner] = w;
    }
    return w;
}

/* What the voters may use, by what is open to each now. */
static void ways_make(Match *m) {
    m->way_count = 0;
    for (uint32_t o = 0; o < m->owners; o++)
        m->ways_of[o] = NONE;
    for (uint32_t v = 0; v < m->n; v++)
        for (uint32_t i = 0; i < m->voters[v].n; i++) {
            uint32_t e = m->first[v] + i;
            uint64_t seats = m->voters[v].by[i].seats & m->limit[v];
            m->edge[e] = seats == 0 ? NONE : way_of(m, m->owner[e], seats);
        }
}

/* ---- a path */

static void visit(Match *m, uint32_t node, uint32_t from) {
    if (m->seen[node] == m->round)
        return;
    m->seen[node] = m->round;
    m->from[node] = from;
    m->queue[m->tail++] = node;
}

static void visit_voter(Match *m, uint32_t voter) {
    for (uint32_t e = m->first[voter]; e < m->first[voter + 1]; e++) {
        uint32_t w = m->edge[e];
        uint32_t only = w == NONE ? NONE : m->only[m->ways[w].owner];
        if (w != NONE && (only == NONE || only == w))
            visit(m, node_in(m, w), voter);
    }
}

static void visit_out(Match *m, uint32_t w) {
    uint32_t node = node_out(m, w);
    for (uint32_t s = 0; s < m->places->seats; s++)
        if ((m->ways[w].seats >> s & 1) != 0)
            visit(m, node_seat(m, s), node);
    if (m->ways[w].voter != NONE) /* it was taken its seat: who uses it may use another */
        visit(m, node_in(m, w), node);
}

static void visit_seat(Match *m, uint32_t seat) {
    uint32_t node = node_seat(m, seat);
    if (m->seat_used[seat] < m->places->room[seat]) {
        uint32_t need = m->places->need[seat];
        visit(m, node_need(m, need), node);
        if (m->need_used[need] < m->places->wanted[need])
            return; /* the path ends there: nothing behind it is looked at */
    }
    for (uint32_t i = 0; i < m->placed_count; i++) {
        uint32_t w = m->way[m->placed[i]];
        if (m->ways[w].seat == seat)
            visit(m, node_out(m, w), node);
    }
}

static void visit_need(Match *m, uint32_t need) {
    for (uint32_t s = 0; s < m->places->seats; s++)
        if (m->places->need[s] == need && m->seat_used[s] > 0)
            visit(m, node_seat(m, s), node_need(m, need));
}

static void visit_node(Match *m, uint32_t node) {
    uint32_t ways = m->first[m->n];
    if (node < m->n)
        visit_voter(m, node);
    else if (node < node_out(m, 0)) {
        uint32_t w = node - m->n, user = m->ways[w].voter;
        visit(m, user == NONE ? node_out(m, w) : user, node);
    } else if (node < node_seat(m, 0))
        visit_out(m, node - m->n - ways);
    else if (node < node_need(m, 0))
        visit_seat(m, node - node_seat(m, 0));
    else
        visit_need(m, node - node_need(m, 0));
}

/* One step of a path is taken: somebody enters a way, a way leaves or enters a seat. */
static void step_take(Match *m, uint32_t from, uint32_t to) {
    uint32_t out = node_out(m, 0), seat = node_seat(m, 0), need = node_need(m, 0);
    if (from < m->n) {
        m->way[from] = to - m->n;
        m->ways[to - m->n].voter = from;
    } else if (from >= out && from < seat && to < out)
        m->ways[from - out].voter = NONE;
    else if (from >= out && from < seat)
        m->ways[from - out].seat = to - seat;
    else if (from >= seat && from < need && to >= need)
        m->seat_used[from - seat]++;
    else if (from >= need)
        m->seat_used[to - seat]--;
}

static void path_take(Match *m, uint32_t last) {
    uint32_t n = 0; /* the queue is of no use any more: the path is written into it, last first */
    for (uint32_t node = last; node != NONE; node = m->from[node])
        m->queue[n++] = node;
    uint32_t voter = m->queue[n - 1];
    for (uint32_t i = n - 1; i > 0; i--)
        step_take(m, m->queue[i], m->queue[i - 1]);
    m->need_used[last - node_need(m, 0)]++;
    m->placed[m->placed_count++] = voter;
    m->round++;
}

/* Seats one voter more, moving others where that helps; who is seated stays so. */
static bool voter_seat(Match *m, uint32_t voter) {
    m->head = m->tail = 0;
    visit(m, voter, NONE);
    while (m->head < m->tail) {
        uint32_t node = m->queue[m->head++];
        uint32_t first = node_need(m, 0);
        if (node >= first && m->need_used[node - first] < m->places->wanted[node - first]) {
            path_take(m, node);
            return true;
        }
        visit_node(m, node);
    }
    return false;
}

/* ---- a flow, and the search among flows */

uint32_t places_wanted(const Places *places) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < places->needs; i++)
        n += places->wanted[i];
    return n;
}

/* Who is to be seated: the first `must` all, the rest in order as long as there is room. */
typedef struct Wish {
    const uint32_t *order;
    uint32_t n, must;
    uint32_t least; /* as many at least */
} Wish;

/* Seats as many as can be, though an authority may serve twice in two ways. False: not all who
 * must be, or too few. */
static bool flow(Match *m, const Wish *wish) {
    m->placed_count = 0;
    m->round++;
    for (uint32_t v = 0; v < m->n; v++)
        m->way[v] = NONE;
    for (uint32_t w = 0; w < m->way_count; w++)
        m->ways[w].voter = NONE;
    for (uint32_t i = 0; i < LIMIT_SEATS; i++)
        m->seat_used[i] = m->need_used[i] = 0;
    uint32_t most = places_wanted(m->places);
    for (uint32_t i = 0; i < wish->n; i++) {
        if (m->placed_count == most) /* nobody more can be seated */
            return i >= wish->must && most >= wish->least;
        if (!voter_seat(m, wish->order[i]) && i < wish->must)
            return false;
    }
    return m->placed_count >= wish->least;
}

/* An authority that is used twice, or NONE. */
static uint32_t used_twice(const Match *m) {
    for (uint32_t i = 0; i < m->placed_count; i++) {
        uint32_t w = m->way[m->placed[i]], owner = m->ways[w].owner;
        for (uint32_t x = m->ways_of[owner]; x != NONE; x = m->ways[x].next)
            if (x != w && m->ways[x].voter != NONE)
                return owner;
    }
    return NONE;
}

/* Whether there is a seating as wished, by some way of those left for each authority. The depth is
 * bounded by the tries. */
static bool search(Match *m, const Wish *wish) {
    if (m->tries >= LIMIT_SEATINGS) {
        m->cut = true;
        return false;
    }
    m->tries++;
    if (!flow(m, wish))
        return false;
    uint32_t owner = used_twice(m);
    bool found = owner == NONE;
    for (uint32_t w = found ? NONE : m->ways_of[owner]; w != NONE && !found; w = m->ways[w].next) {
        m->only[owner] = w;
        found = search(m, wish);
        m->only[owner] = NONE;
    }
    return found;
}

static uint32_t *everybody(Arena *a, uint32_t n) {
    uint32_t *order = new (a, uint32_t, (size_t)n + 1);
    for (uint32_t i = 0; order != NULL && i < n; i++)
        order[i] = i;
    return order;
}

static Status can(const Places *places, const Voter *voters, uint32_t n, Arena *a, bool *found,
                  bool *sure) {
    Match m;
    TRY(match_begin(&m, places, voters, n, a));
    uint32_t *order = everybody(a, n);
    if (order == NULL)
        return ERR_NOMEM;
    ways_make(&m);
    *found = search(&m, &(Wish){order, n, 0, places_wanted(places)});
    *sure = *found || !m.cut;
    return OK;
}

Status match_can(const Places *places, const Voter *voters, uint32_t n, Arena *a, bool *found,
                 bool *sure) {
    ArenaMark mark = arena_mark(a);
    Status status = can(places, voters, n, a, found, sure);
    arena_back(a, mark);
    return status;
}

/* ---- who sits where */

/* Writes down the seats of a search that found. */
static void seats_note(const Match *m, uint32_t *seats) {
    for (uint32_t v = 0; v < m->n; v++)
        seats[v] = m->way[v] == NONE ? NO_SEAT : m->ways[m->way[v]].seat;
}

/* As many as can sit. `seats` is such a seating; *first: of those who come first. */
static uint32_t most_seated(Match *m, const uint32_t *order, uint32_t *seats, bool *first) {
    Wish wish = {order, m->n, 0, 0};
    (void)flow(m, &wish);
    *first = used_twice(m) == NONE;
    bool found = *first;
    for (wish.least = m->placed_count; !found && wish.least > 0 && !m->cut; wish.least--)
        found = search(m, &wish);
    if (!found) { /* the bound was met: one way for each authority */
        for (uint32_t o = 0; o < m->owners; o++)
            m->only[o] = m->ways_of[o];
        wish.least = 0;
        (void)flow(m, &wish);
        for (uint32_t o = 0; o < m->owners; o++)
            m->only[o] = NONE;
    }
    seats_note(m, seats);
    return m->placed_count;
}

/* Makes `seats`, a seating of `most`, one of as many who come first: each who can be seated with
 * those before them. */
static void choose_voters(Match *m, uint32_t *order, uint32_t most, uint32_t *seats) {
    uint32_t kept = 0;
    for (uint32_t v = 0; v < m->n && kept < most; v++) {
        uint32_t n = kept;
        order[n++] = v;
        if (seats[v] == NO_SEAT) {
            for (uint32_t x = v + 1; x < m->n; x++)
                order[n++] = x;
            if (!search(m, &(Wish){order, n, kept + 1, most}))
                continue;
            seats_note(m, seats);
        }
        kept++;
    }
}

/* Moves each in order to the first seat that leaves all seated, as all are in `seats`. */
static void choose_seats(Match *m, const uint32_t *order, uint32_t *seats) {
    for (uint32_t v = 0; v < m->n; v++) {
        uint64_t all = 0;
        for (uint32_t k = 0; k < m->voters[v].n; k++)
            all |= m->voters[v].by[k].seats;
        for (uint32_t s = 0; s < seats[v]; s++) {
            if ((all >> s & 1) == 0)
                continue;
            m->limit[v] = (uint64_t)1 << s;
            ways_make(m);
            if (search(m, &(Wish){order, m->n, m->n, m->n}))
                seats_note(m, seats);
        }
        m->limit[v] = (uint64_t)1 << seats[v];
        if (all != m->limit[v])
            ways_make(m);
    }
}

static Status seat_all(const Places *places, const Voter *voters, uint32_t n, Arena *a,
                       uint32_t *seats, bool *sure) {
    Match m;
    bool first;
    TRY(match_begin(&m, places, voters, n, a));
    uint32_t *order = everybody(a, n), count = 0;
    if (order == NULL)
        return ERR_NOMEM;
    ways_make(&m);
    uint32_t most = most_seated(&m, order, seats, &first);
    if (!first)
        choose_voters(&m, order, most, seats);
    *sure = !m.cut;
    Voter *kept = new (a, Voter, (size_t)most + 1);
    uint32_t *kept_seats = new (a, uint32_t, (size_t)most + 1);
    if (kept == NULL || kept_seats == NULL)
        return ERR_NOMEM;
    for (uint32_t v = 0; v < n; v++)
        if (seats[v] != NO_SEAT) {
            kept[count] = voters[v];
            kept_seats[count++] = seats[v];
        }
    CHECK(count == most);
    TRY(match_begin(&m, places, kept, count, a));
    order = everybody(a, count);
    if (order == NULL)
        return ERR_NOMEM;
    choose_seats(&m, order, kept_seats);
    *sure = *sure && !m.cut;
    count = 0;
    for (uint32_t v = 0; v < n; v++)
        if (seats[v] != NO_SEAT)
            seats[v] = kept_seats[count++];
    return OK;
}

Status match_seats(const Places *places, const Voter *voters, uint32_t n, Arena *a, uint32_t *seats,
                   bool *sure) {
    ArenaMark mark = arena_mark(a);
    Status status = seat_all(places, voters, n, a, seats, sure);
    arena_back(a, mark);
    return status;
}
