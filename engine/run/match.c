/* run: matching voters to places, by augmenting paths. */
#include "engine/run/match.h"

typedef struct Path {
    Match *m;
    uint64_t seen;       /* places that were tried */
    uint64_t seen_needs; /* requirements out of which somebody was to be moved */
} Path;

static bool place_find(Path *path, uint32_t voter, uint64_t seats);

static void place_take(Match *m, uint32_t place, uint32_t voter, uint64_t seats) {
    m->owner[place] = voter;
    m->owner_seats[place] = seats;
}

/* Moves somebody out of another place of a requirement that is full, so that `free` can be taken.
 */
static bool make_room(Path *path, uint32_t need, uint32_t free, uint32_t voter, uint64_t seats) {
    Match *m = path->m;
    if ((path->seen_needs >> need & 1) != 0)
        return false;
    path->seen_needs |= (uint64_t)1 << need;
    for (uint32_t i = 0; i < m->places; i++) {
        if (m->place[i].need != need || m->owner[i] == 0 || (path->seen >> i & 1) != 0)
            continue;
        path->seen |= (uint64_t)1 << i;
        if (place_find(path, m->owner[i], m->owner_seats[i])) {
            m->owner[i] = 0;
            place_take(m, free, voter, seats);
            return true;
        }
    }
    return false;
}

/* A place for a voter, moving others where that helps. The depth is bounded by the places. */
static bool place_find(Path *path, uint32_t voter, uint64_t seats) {
    Match *m = path->m;
    for (uint32_t i = 0; i < m->places; i++) {
        if ((seats >> m->place[i].seat & 1) == 0 || (path->seen >> i & 1) != 0)
            continue;
        path->seen |= (uint64_t)1 << i;
        uint32_t need = m->place[i].need;
        if (m->owner[i] != 0) {
            if (!place_find(path, m->owner[i], m->owner_seats[i]))
                continue;
            place_take(m, i, voter, seats);
            return true;
        }
        if (m->used[need] < m->wanted[need]) {
            m->used[need]++;
            place_take(m, i, voter, seats);
            return true;
        }
        if (make_room(path, need, i, voter, seats))
            return true;
    }
    return false;
}

Status match_add(Match *m, Arena *a, uint64_t seats) {
    Voter *v = new (a, Voter, 1);
    if (v == NULL)
        return ERR_NOMEM;
    *v = (Voter){seats, m->last};
    m->last = v;
    m->voters++;
    Path path = {.m = m};
    (void)place_find(&path, m->voters, seats);
    return OK;
}

bool match_placed(const Match *m, uint32_t voter) {
    for (uint32_t i = 0; i < m->places; i++)
        if (m->owner[i] == voter)
            return true;
    return false;
}

bool match_full(const Match *m) {
    for (uint32_t i = 0; i < m->needs; i++)
        if (m->used[i] < m->wanted[i])
            return false;
    return true;
}
