/* run: rotations: rosters and turns, hours, swaps, and who is on call. */
#include "engine/run/rotation.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/base/civil.h"

/* Somebody who held a place for a time. Those of one place stand together. */
typedef struct Stint {
    uint32_t place;
    int64_t from, to;
    Str person; /* empty: a seat that nobody has ever held, by its own name */
    bool again; /* there is one before it of the same place and person */
} Stint;

/* The turns of a layer, as far as they were gone through. */
typedef struct Turns {
    bool begun;
    int64_t at, next; /* the handover that was last, and the next; INSTANT_NEVER: there is none */
    bool has;         /* somebody has it */
    Stint whose;
} Turns;

struct Roster {
    Roster *rest;
    const LayerDef *layer;
    Stint *stints;
    uint32_t n, room;
    Turns turns;
};

void rotations_forget(Engine *e) {
    e->rosters = NULL;
    arena_reset(&e->rota);
}

/* ---- who can be on call */

/* In the order of places, then of joining, then of ids. */
static int stint_cmp(const Stint *a, const Stint *b) {
    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    return str_cmp(a->person, b->person);
}

static Status stint_add(Engine *e, Roster *r, Stint s) {
    if (!arena_room(&e->rota, (void **)&r->stints, r->n, &r->room, sizeof *r->stints))
        return ERR_NOMEM;
    uint32_t at = r->n++;
    for (; at > 0 && stint_cmp(&s, &r->stints[at - 1]) < 0; at--)
        r->stints[at] = r->stints[at - 1];
    r->stints[at] = s;
    return OK;
}

/* All who ever held a party, by one of its seats too where it is a team whose members are meant. */
static Status place_read(Engine *e, Roster *r, uint32_t place) {
    const PlaceDef *p = &r->layer->places[place];
    bool any = false;
    for (uint32_t i = 0; i < e->b->party_count; i++) {
        if (i != p->party && (!p->members || e->b->parties[i].team != (int64_t)p->party))
            continue;
        OrgRows rows = {.party = i};
        Str person;
        const Interval *held;
        uint32_t n;
        for (bool found = true; found;) {
            TRY(org_row_next(e, &rows, &person, &held, &n, &found));
            if (!found)
                break;
            Stint s = {.place = place};
            TRY(arena_str(&e->rota, person, &s.person));
            for (uint32_t k = 0; k < n; k++) {
                s.from = held[k].from;
                s.to = held[k].to;
                any = true;
                TRY(stint_add(e, r, s));
            }
        }
    }
    Stint unheld = {.place = place, .from = INT64_MIN, .to = INT64_MAX};
    return any || p->members ? OK : stint_add(e, r, unheld);
}

static Status roster_get(Engine *e, const LayerDef *layer, Roster **out) {
    for (Roster *r = e->rosters; r != NULL; r = r->rest)
        if (r->layer == layer) {
            *out = r;
            return OK;
        }
    Roster *r = new (&e->rota, Roster, 1);
    if (r == NULL)
        return ERR_NOMEM;
    r->layer = layer;
    for (uint32_t i = 0; i < layer->place_count; i++)
        TRY(place_read(e, r, i));
    for (uint32_t i = 0; i < r->n; i++)
        for (uint32_t k = 0; k < i; k++)
            r->stints[i].again =
                r->stints[i].again || (r->stints[k].place == r->stints[i].place &&
                                       str_eq(r->stints[k].person, r->stints[i].person));
    r->rest = e->rosters;
    e->rosters = *out = r;
    return OK;
}

static bool is_held(const Stint *s, int64_t at) {
    return s->from <= at && at < s->to;
}

/* Whether an earlier stint of the same place is of the same person at that time: they count once,
 * from the first on. */
static bool is_double(const Roster *r, uint32_t i, int64_t at) {
    for (uint32_t k = 0; r->stints[i].again && k < i; k++)
        if (r->stints[k].place == r->stints[i].place && is_held(&r->stints[k], at) &&
            str_eq(r->stints[k].person, r->stints[i].person))
            return true;
    return false;
}

/* A seat has one turn, whoever holds it. */
static bool is_same_turn(const Roster *r, const Stint *a, const Stint *b) {
    return a->place == b->place && (!r->layer->places[a->place].members || stint_cmp(a, b) == 0);
}

/* ---- turns */

/* Who comes after `last` at a handover: the first behind it, else the first of all. */
static void turn_pass(const Roster *r, Turns *t, int64_t at) {
    const Stint *first = NULL, *after = NULL;
    for (uint32_t i = 0; i < r->n; i++) {
        const Stint *s = &r->stints[i];
        if (!is_held(s, at) || is_double(r, i, at))
            continue;
        first = first == NULL ? s : first;
        bool behind = t->has && stint_cmp(s, &t->whose) > 0 && !is_same_turn(r, s, &t->whose);
        after = after == NULL && behind ? s : after;
    }
    const Stint *next = after != NULL ? after : first;
    if (next == NULL)
        return; /* nobody is there: the turn stays where it was */
    t->has = true;
    t->whose = *next;
}

static int64_t handover_next(const Engine *e, const LayerDef *layer, int64_t last, int64_t from) {
    return schedule_next(e->b, &layer->handover, last, from);
}

/* The turn at an instant. *out: not `begun` before the first one. */
static Status turn_at(Engine *e, Roster *r, int64_t at, Turns *out) {
    const LayerDef *layer = r->layer;
    Turns *t = &r->turns;
    if (layer->handover.kind == SCHEDULE_NONE) {
        *out = (Turns){.begun = true, .at = INT64_MIN, .next = INSTANT_NEVER};
        turn_pass(r, out, at);
        return OK;
    }
    if (t->begun && at < t->at)
        *t = (Turns){0};
    if (!t->begun) {
        const Zone *zone = local_zone(e->b, layer->handover.local);
        *t = (Turns){.begun = true, .at = INT64_MIN};
        t->next = handover_next(e, layer, INSTANT_NEVER, zone_instant(zone, layer->from * DAY_MS));
    }
    while (t->next != INSTANT_NEVER && t->next <= at) {
        t->at = t->next;
        turn_pass(r, t, t->at);
        t->next = handover_next(e, layer, t->at, t->at + 1);
    }
    *out = *t;
    out->begun = t->at != INT64_MIN;
    return OK;
}

/* ---- hours */

static bool hours_hold(const Engine *e, const RotationDef *def, const LayerDef *layer, int64_t at) {
    uint32_t local = e->b->parties[def->party].local;
    switch ((HoursDef)layer->hours) {
    case ONCALL_OF_DAY:
        return quiet_hours_end(local_zone(e->b, local), layer->from_ms, layer->to_ms, at) > at;
    case ONCALL_OPEN:
    case ONCALL_CLOSED:
        return cal_is_open(local_calendar(e->b, local), at, NULL) == (layer->hours == ONCALL_OPEN);
    case ONCALL_ALL:
    case ONCALL_HOURS:
        break;
    }
    return true;
}

/* ---- swaps: the rotation, until, leaf -> the event's time, from, the person */

typedef struct Swap {
    int64_t time, from, until;
    uint64_t leaf;
    Str person;
} Swap;

static Status swap_key(Engine *e, const RotationDef *def, int64_t until, uint64_t leaf) {
    buf_reset(&e->key);
    put_key_u64(&e->key, def->party);
    put_key_i64(&e->key, until);
    put_key_u64(&e->key, leaf);
    return buf_status(&e->key);
}

enum { SWAP_PREFIX = 8 };

/* The next swap behind a key of the rotation's, which *key becomes. */
static Status swap_next(Engine *e, Str *key, Swap *out, bool *found) {
    Str at, value;
    Status status = led_next_in(e->l, LED_SWAP, *key, true, SWAP_PREFIX, &at, &value, found);
    if (status != OK || !*found)
        return status == OK ? OK : engine_fail(e, status, "reading swaps");
    TRY(arena_str(&e->event, at, key));
    Take k = take_from(str_from(*key, SWAP_PREFIX)), t = take_from(value);
    out->until = take_key_i64(&k);
    out->leaf = take_key_u64(&k);
    out->time = take_zigzag(&t);
    out->from = take_zigzag(&t);
    Str person = take_str(&t);
    if (t.failed || k.failed)
        return engine_fail(e, ERR_DAMAGED, "a swap");
    return arena_str(&e->event, person, &out->person);
}

/* The swap that holds at an instant: of several the one that was said last. */
static Status swap_at(Engine *e, const RotationDef *def, int64_t at, Swap *out, bool *found) {
    Swap s;
    bool more = true;
    Str key;
    *out = (Swap){0};
    *found = false;
    TRY(swap_key(e, def, at, UINT64_MAX));
    TRY(arena_str(&e->event, buf_str(&e->key), &key));
    while (more) {
        TRY(swap_next(e, &key, &s, &more));
        bool later = more && s.from <= at &&
                     (!*found || s.time > out->time || (s.time == out->time && s.leaf > out->leaf));
        if (later) {
            *out = s;
            *found = true;
        }
    }
    return OK;
}

Status rotation_swap(Engine *e, const Flow *flow) {
    const Value *f = flow->vm.fields;
    const RotationDef *def = bundle_rotation(e->b, f[0]);
    int64_t from = f[2].kind == V_ABSENT ? flow->vm.time : f[2].i;
    Power asked = {.verb = POWER_TO_SWAP, .of = def->party};
    const PowerDef *by;
    Str message;
    TRY(power_permits(e, &asked, flow->by, flow->vm.time, &by));
    if (by == NULL) {
        TRY(power_missing(e, &asked, flow->by, &message));
        return refuse_authority(e, flow, S("actor"), message);
    }
    if (from >= f[3].i)
        return OK;
    e->matched = true;
    buf_reset(&e->record);
    put_zigzag(&e->record, flow->vm.time);
    put_zigzag(&e->record, from);
    put_str(&e->record, value_str(f[1]));
    TRY(buf_status(&e->record));
    TRY(swap_key(e, def, f[3].i, flow->leaf));
    Status status = led_put(e->l, LED_SWAP, buf_str(&e->key), buf_str(&e->record));
    if (status != OK)
        return engine_fail(e, status, "writing a swap");
    Effect effect = {.id = EFFECT_SWAPPED, .subject = flow->subject};
    effect.line = by->file << 20 | by->line;
    effect.values[0] = f[0];
    effect.values[1] = value_person(value_str(f[1]));
    effect.values[2] = value_of(V_INSTANT, from);
    effect.values[3] = f[3];
    effect.values[4] = value_text(flow->by);
    effect.values[5] = f[4];
    return engine_effect(e, &effect, NULL);
}

/* ---- who is on call */

static Value stint_value(const Roster *r, const Stint *s) {
    return s->person.n > 0 ? value_person(s->person)
                           : value_of(V_PARTY, r->layer->places[s->place].party);
}

/* The first from the turn on who is there, all round. */
static Status stands(Engine *e, const Roster *r, const Turns *t, int64_t at, const Stint **out) {
    *out = NULL;
    for (int lap = 0; lap < 2 && *out == NULL; lap++)
        for (uint32_t i = 0; i < r->n && *out == NULL; i++) {
            const Stint *s = &r->stints[i];
            bool from = !t->has || stint_cmp(s, &t->whose) >= 0 || is_same_turn(r, s, &t->whose);
            bool away = false;
            if (from != (lap == 0) || !is_held(s, at) || is_double(r, i, at))
                continue;
            if (s->person.n > 0)
                TRY(org_is_absent(e, s->person, at, &away));
            *out = away ? NULL : s;
        }
    return OK;
}

static Status layer_on_call(Engine *e, const LayerDef *layer, int64_t at, OnCall *out) {
    Roster *r;
    Turns t;
    const Stint *s;
    TRY(roster_get(e, layer, &r));
    TRY(turn_at(e, r, at, &t));
    if (!t.begun)
        return OK;
    out->layer = layer;
    out->from = t.at;
    out->until = t.next;
    out->unknown = out->unknown || r->n == 0;
    if (t.has)
        out->turn = stint_value(r, &t.whose);
    TRY(stands(e, r, &t, at, &s));
    if (s == NULL)
        return OK;
    out->who = stint_value(r, s);
    bool same = t.has && is_same_turn(r, s, &t.whose);
    out->how = same ? ONCALL_TURN : ONCALL_STANDS;
    if (same)
        out->turn = out->who;
    return OK;
}

/* Whether one who was swapped in can be on call: present, and not gone from all that they held. */
static Status swap_stands(Engine *e, const Swap *swap, int64_t at, bool *yes) {
    bool away;
    TRY(org_is_absent(e, swap->person, at, &away));
    TRY(org_is_gone(e, swap->person, at, yes));
    *yes = !away && !*yes;
    return OK;
}

Status on_call(Engine *e, const RotationDef *def, int64_t at, OnCall *out) {
    Swap swap;
    bool swapped;
    *out = (OnCall){.from = INSTANT_NEVER, .until = INSTANT_NEVER};
    for (uint32_t i = 0; i < def->layer_count && out->how == ONCALL_NOBODY; i++)
        if (hours_hold(e, def, &def->layers[i], at))
            TRY(layer_on_call(e, &def->layers[i], at, out));
    if (out->layer == NULL)
        return OK;
    TRY(swap_at(e, def, at, &swap, &swapped));
    if (swapped)
        TRY(swap_stands(e, &swap, at, &swapped));
    if (swapped) {
        out->who = value_person(swap.person);
        out->how = ONCALL_SWAP;
    }
    return OK;
}

Str on_call_text(uint8_t how) {
    static const char *const texts[] = {"nobody", "turn", "stands in", "swap"};
    return str_of(texts[how]);
}

/* ---- when it changes */

static void sooner(int64_t instant, int64_t at, int64_t *next) {
    if (instant > at && instant < *next)
        *next = instant;
}

/* The next instant at which the clocks show a time of day. */
static int64_t time_next(const Zone *zone, int32_t time, int64_t at) {
    int64_t day = local_day(zone_local(zone, at)), found = at;
    for (int i = 0; i < 3 && found <= at; i++)
        found = zone_instant(zone, (day + i) * DAY_MS + time);
    return found;
}

/* The next opening or closing. */
static Status hours_next(Engine *e, const RotationDef *def, const LayerDef *layer, int64_t at,
                         int64_t *next) {
    enum { DAYS_LOOKED = 62 };
    uint32_t local = e->b->parties[def->party].local;
    const Zone *zone = local_zone(e->b, local);
    if (layer->hours == ONCALL_OF_DAY) {
        sooner(time_next(zone, layer->from_ms, at), at, next);
        sooner(time_next(zone, layer->to_ms, at), at, next);
    }
    if (layer->hours != ONCALL_OPEN && layer->hours != ONCALL_CLOSED)
        return OK;
    CalIter it;
    CalPart part;
    bool got = true;
    cal_iter(&it, local_calendar(e->b, local), at, at + DAYS_LOOKED * DAY_MS);
    while (got) {
        TRY(engine_time_trap(e, cal_iter_next(&it, &part, &got)));
        if (!got || part.from == part.to)
            continue;
        sooner(part.from, at, next);
        sooner(part.to, at, next);
        if (part.to > at)
            return OK;
    }
    return OK;
}

Status on_call_next(Engine *e, const RotationDef *def, int64_t at, int64_t *next) {
    *next = INSTANT_NEVER;
    for (uint32_t i = 0; i < def->layer_count; i++) {
        Roster *r;
        Turns t;
        TRY(roster_get(e, &def->layers[i], &r));
        TRY(turn_at(e, r, at, &t));
        sooner(t.next, at, next);
        TRY(hours_next(e, def, &def->layers[i], at, next));
        for (uint32_t k = 0; k < r->n; k++) {
            sooner(r->stints[k].from, at, next);
            sooner(r->stints[k].to, at, next);
            if (r->stints[k].person.n > 0)
                TRY(org_absence_next(e, r->stints[k].person, at, next));
        }
    }
    Swap s;
    bool found = true;
    Str key;
    TRY(swap_key(e, def, at, UINT64_MAX));
    TRY(arena_str(&e->event, buf_str(&e->key), &key));
    while (found) {
        TRY(swap_next(e, &key, &s, &found));
        if (!found)
            break;
        sooner(s.from, at, next);
        sooner(s.until, at, next);
        TRY(org_absence_next(e, s.person, at, next));
    }
    if (*next == INT64_MAX)
        *next = INSTANT_NEVER;
    return OK;
}
