/* run: the people: who holds which seat, role or team, from when to when. Records: party number and
 * person -> intervals. */
#include <string.h>

#include "engine/base/check.h"
#include "engine/run/rotation.h"

typedef struct Held {
    Interval *at;
    uint32_t n;
} Held;

static Status org_key(Engine *e, int64_t party, Str person) {
    buf_reset(&e->key);
    put_key_u64(&e->key, (uint64_t)party);
    put_text(&e->key, person);
    if (e->key.n > LED_KEY_MOST) { /* a person's id that is too long to be a key holds nothing */
        e->vm.trap = (Trap){.code = TRAP_TOO_LONG, .table = -1};
        return ERR_TRAP;
    }
    return buf_status(&e->key);
}

/* What stands in a record of intervals, with room for one more. */
static Status intervals_take(Engine *e, Str value, bool found, Held *out) {
    Take t = take_from(found ? value : S("\0"));
    uint64_t n = found ? take_varint(&t) : 0;
    if (n > take_left(&t))
        return engine_fail(e, ERR_DAMAGED, "a record of people");
    out->at = new (&e->event, Interval, n + 2);
    if (out->at == NULL)
        return ERR_NOMEM;
    for (out->n = 0; out->n < n; out->n++) {
        out->at[out->n].from = take_zigzag(&t);
        out->at[out->n].to = take_zigzag(&t);
    }
    return t.failed ? engine_fail(e, ERR_DAMAGED, "a record of people") : OK;
}

static Status org_read(Engine *e, int64_t party, Str person, Held *out) {
    Str value;
    bool found;
    TRY(org_key(e, party, person));
    Status status = led_find(e->l, LED_ORG, buf_str(&e->key), &value, &found);
    if (status != OK)
        return engine_fail(e, status, "reading the ledger");
    return intervals_take(e, value, found, out);
}

/* What of intervals lies within those of others, in a new list; `room` more may be added. */
static Status within(Engine *e, const Held *held, const PartyDef *p, Held *out) {
    Held cut = {new (&e->event, Interval, (size_t)held->n * p->span_count + 2), 0};
    if (cut.at == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < held->n; i++)
        for (uint32_t k = 0; k < p->span_count; k++) {
            const DatedDef *there = &p->spans[k].dated;
            Interval h = held->at[i];
            h.from = h.from > there->from ? h.from : there->from;
            h.to = h.to < there->until ? h.to : there->until;
            if (h.from < h.to)
                cut.at[cut.n++] = h;
        }
    *out = cut;
    return OK;
}

static bool is_always(const PartyDef *p) {
    return p->span_count == 1 && dated_ever(&p->spans[0].dated);
}

/* What of intervals counts: nobody holds a party when it is not there, nor a seat without its
 * team. */
static Status held_there(Engine *e, int64_t party, Held *held) {
    const PartyDef *p = &e->b->parties[party];
    if (!is_always(p))
        TRY(within(e, held, p, held));
    if (p->team >= 0 && !is_always(&e->b->parties[p->team]))
        TRY(within(e, held, &e->b->parties[p->team], held));
    return OK;
}

/* When a person holds a party that is there. */
static Status org_spans(Engine *e, int64_t party, Str person, Held *out) {
    TRY(org_read(e, party, person, out));
    return held_there(e, party, out);
}

static Status org_write(Engine *e, int64_t party, Str person, const Held *held) {
    TRY(org_key(e, party, person));
    buf_reset(&e->record);
    put_varint(&e->record, held->n);
    for (uint32_t i = 0; i < held->n; i++) {
        put_zigzag(&e->record, held->at[i].from);
        put_zigzag(&e->record, held->at[i].to);
    }
    TRY(buf_status(&e->record));
    e->has_people = true;
    rotations_forget(e);
    Status status = led_put(e->l, LED_ORG, buf_str(&e->key), buf_str(&e->record));
    return status == OK ? OK : engine_fail(e, status, "writing the ledger");
}

static Status org_begin(Engine *e, Str person, Value party, int64_t from, int64_t until) {
    if (party.aux == 1 || from >= until)
        return OK; /* a person is no seat */
    Held held;
    TRY(org_read(e, party.i, person, &held));
    held.at[held.n++] = (Interval){from, until};
    return org_write(e, party.i, person, &held);
}

/* Ends what a person holds of a party at `at`; what begins later never begins. */
static Status org_end(Engine *e, Str person, int64_t party, int64_t at) {
    Held held;
    TRY(org_read(e, party, person, &held));
    if (held.n == 0)
        return OK;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < held.n; i++) {
        Interval h = held.at[i];
        if (h.to > at)
            h.to = at;
        if (h.from < h.to)
            held.at[kept++] = h;
    }
    held.n = kept;
    return org_write(e, party, person, &held);
}

/* ---- who is absent: person -> intervals */

static Status absent_key(Engine *e, Str person) {
    buf_reset(&e->key);
    put_text(&e->key, person);
    if (e->key.n > LED_KEY_MOST) {
        e->vm.trap = (Trap){.code = TRAP_TOO_LONG, .table = -1};
        return ERR_TRAP;
    }
    return buf_status(&e->key);
}

static Status absent_read(Engine *e, Str person, Held *out) {
    Str value;
    bool found;
    TRY(absent_key(e, person));
    Status status = led_find(e->l, LED_ABSENT, buf_str(&e->key), &value, &found);
    return status == OK ? intervals_take(e, value, found, out)
                        : engine_fail(e, status, "reading the ledger");
}

/* Adds an absence; until: ends what there is then, and what begins later never begins. */
static Status absent_write(Engine *e, Str person, const Interval *more, int64_t until) {
    Held held;
    uint32_t kept = 0;
    TRY(absent_read(e, person, &held));
    for (uint32_t i = 0; i < held.n; i++) {
        Interval h = held.at[i];
        h.to = h.to > until ? until : h.to;
        if (h.from < h.to)
            held.at[kept++] = h;
    }
    if (more != NULL)
        held.at[kept++] = *more;
    TRY(absent_key(e, person));
    buf_reset(&e->record);
    put_varint(&e->record, kept);
    for (uint32_t i = 0; i < kept; i++) {
        put_zigzag(&e->record, held.at[i].from);
        put_zigzag(&e->record, held.at[i].to);
    }
    TRY(buf_status(&e->record));
    e->has_people = true;
    Status status = led_put(e->l, LED_ABSENT, buf_str(&e->key), buf_str(&e->record));
    return status == OK ? OK : engine_fail(e, status, "writing the ledger");
}

/* ---- who acts for whom. Two records a delegation: 'f' and the deputy, 't' and who delegates; each
 * lists person, party + 1 (0: any), from, until. */

typedef struct Delegation {
    Str person;
    uint64_t party; /* + 1; 0: any */
    int64_t from, until;
} Delegation;

static Status deputy_read(Engine *e, char side, Str person, Delegation **out, uint32_t *n) {
    Str value;
    bool found;
    buf_reset(&e->key);
    put_c(&e->key, side);
    put_text(&e->key, person);
    if (e->key.n > LED_KEY_MOST) {
        e->vm.trap = (Trap){.code = TRAP_TOO_LONG, .table = -1};
        return ERR_TRAP;
    }
    TRY(buf_status(&e->key));
    Status status = led_find(e->l, LED_DELEGATE, buf_str(&e->key), &value, &found);
    if (status != OK)
        return engine_fail(e, status, "reading the ledger");
    Take t = take_from(found ? value : S("\0"));
    uint64_t count = take_varint(&t);
    if (count > take_left(&t))
        return engine_fail(e, ERR_DAMAGED, "a record of delegations");
    *out = new (&e->event, Delegation, count + 2);
    if (*out == NULL)
        return ERR_NOMEM;
    for (*n = 0; *n < count && !t.failed; (*n)++) {
        Delegation *d = &(*out)[*n];
        TRY(arena_str(&e->event, take_str(&t), &d->person));
        d->party = take_varint(&t);
        d->from = take_zigzag(&t);
        d->until = take_zigzag(&t);
    }
    return t.failed ? engine_fail(e, ERR_DAMAGED, "a record of delegations") : OK;
}

static Status deputy_write(Engine *e, char side, Str person, const Delegation *list, uint32_t n) {
    buf_reset(&e->key);
    put_c(&e->key, side);
    put_text(&e->key, person);
    buf_reset(&e->record);
    put_varint(&e->record, n);
    for (uint32_t i = 0; i < n; i++) {
        put_str(&e->record, list[i].person);
        put_varint(&e->record, list[i].party);
        put_zigzag(&e->record, list[i].from);
        put_zigzag(&e->record, list[i].until);
    }
    TRY(buf_status(&e->key));
    TRY(buf_status(&e->record));
    Status status = led_put(e->l, LED_DELEGATE, buf_str(&e->key), buf_str(&e->record));
    return status == OK ? OK : engine_fail(e, status, "writing the ledger");
}

static Status deputy_add(Engine *e, char side, Str person, Delegation d) {
    Delegation *list;
    uint32_t n;
    TRY(deputy_read(e, side, person, &list, &n));
    list[n++] = d;
    return deputy_write(e, side, person, list, n);
}

static Status org_delegate(Engine *e, const Flow *flow) {
    const Value *f = flow->vm.fields;
    int64_t from = f[2].kind == V_ABSENT ? flow->vm.time : f[2].i,
            until = f[3].kind == V_ABSENT ? INT64_MAX : f[3].i;
    if (from >= until)
        return OK;
    Delegation d = {value_str(f[0]), 0, from, until};
    if (f[1].kind == V_PARTY && f[1].aux == 0)
        d.party = (uint64_t)f[1].i + 1;
    TRY(deputy_add(e, 't', flow->by, d));
    d.person = flow->by;
    return deputy_add(e, 'f', value_str(f[0]), d);
}

/* Who leaves acts for nobody any more, and nobody for them. */
static Status deputies_end(Engine *e, Str person, int64_t at) {
    static const char sides[2] = {'f', 't'};
    for (int side = 0; side < 2; side++) {
        Delegation *list, *other;
        uint32_t n, m;
        TRY(deputy_read(e, sides[side], person, &list, &n));
        for (uint32_t i = 0; i < n; i++) {
            list[i].until = list[i].until < at ? list[i].until : at;
            TRY(deputy_read(e, sides[1 - side], list[i].person, &other, &m));
            for (uint32_t k = 0; k < m; k++)
                if (str_eq(other[k].person, person) && other[k].until > at)
                    other[k].until = at;
            TRY(deputy_write(e, sides[1 - side], list[i].person, other, m));
        }
        if (n > 0)
            TRY(deputy_write(e, sides[side], person, list, n));
    }
    return OK;
}

/* Deputies as they are gathered. */
typedef struct Deputies {
    Deputy *at;
    uint32_t n, room;
} Deputies;

/* When a person holds a party, or is it; of a team also when they hold one of its seats. */
static Status spans_held(Engine *e, Str person, int64_t party, Held *out) {
    TRY(org_spans(e, party, person, out));
    for (uint32_t i = 0; i < e->b->party_count; i++) {
        Held more;
        if (e->b->parties[i].team != party)
            continue;
        TRY(org_spans(e, i, person, &more));
        Interval *all = new (&e->event, Interval, (size_t)out->n + more.n + 2);
        if (all == NULL)
            return ERR_NOMEM;
        if (out->n > 0)
            memcpy(all, out->at, out->n * sizeof *all);
        if (more.n > 0)
            memcpy(all + out->n, more.at, more.n * sizeof *all);
        *out = (Held){all, out->n + more.n};
    }
    if (bundle_party(e->b, person) == party) {
        out->at[out->n++] = (Interval){INT64_MIN, INT64_MAX};
        TRY(held_there(e, party, out));
    }
    return OK;
}

/* Whether three spans have an instant from `at` to `until` in common. */
static bool spans_meet(const Held *a, const Held *b, const Held *c, int64_t at, int64_t until) {
    for (uint32_t i = 0; i < a->n; i++)
        for (uint32_t k = 0; k < b->n; k++)
            for (uint32_t m = 0; m < c->n; m++) {
                int64_t from = at, to = INT64_MAX;
                const Interval all[3] = {a->at[i], b->at[k], c->at[m]};
                for (int x = 0; x < 3; x++) {
                    from = all[x].from > from ? all[x].from : from;
                    to = all[x].to < to ? all[x].to : to;
                }
                if (from <= until && from < to)
                    return true;
            }
    return false;
}

/* Those who are absent and for whom a person acts by the policy, in one seat. */
static Status absent_for(Engine *e, Str person, const DeputyDef *def, int64_t at, int64_t until,
                         Deputies *out) {
    Held mine;
    Str last = {NULL, 0};
    TRY(spans_held(e, person, def->by, &mine));
    for (bool after = false; mine.n > 0; after = true) {
        Str key, value;
        bool found;
        Held away, holds;
        Status status = led_next(e->l, LED_ABSENT, last, after, &key, &value, &found);
        if (status != OK)
            return engine_fail(e, status, "reading the ledger");
        if (!found)
            return OK;
        TRY(arena_str(&e->event, key, &last));
        TRY(intervals_take(e, value, true, &away));
        TRY(spans_held(e, last, def->of, &holds));
        if (!str_eq(last, person) && spans_meet(&mine, &away, &holds, at, until) &&
            !arena_push(&e->event, out, ((Deputy){last, def->of, true})))
            return ERR_NOMEM;
    }
    return OK;
}

/* Those who act by the policy for a person who is absent: the holders of `party`. */
static Status absent_by(Engine *e, Str person, const DeputyDef *def, int64_t party,
                        const Held *away, int64_t at, int64_t until, Deputies *out) {
    Held holds;
    TRY(spans_held(e, person, def->of, &holds));
    Holders holders = {.party = party, .at = at, .until = until};
    for (;;) {
        Str deputy;
        bool found;
        Held theirs;
        TRY(org_holder_next(e, &holders, &deputy, &found));
        if (!found)
            return OK;
        TRY(spans_held(e, deputy, def->by, &theirs));
        if (!str_eq(deputy, person) && spans_meet(&theirs, away, &holds, at, until) &&
            !arena_push(&e->event, out, ((Deputy){deputy, def->of, true})))
            return ERR_NOMEM;
    }
}

static Status deputies_by_policy(Engine *e, Str person, bool of, int64_t at, int64_t until,
                                 Deputies *out) {
    Held away = {0};
    if (of && e->b->deputy_count > 0)
        TRY(absent_read(e, person, &away));
    for (uint32_t i = 0; i < e->b->deputy_count; i++) {
        const DeputyDef *def = &e->b->deputies[i];
        int64_t begin = at > def->dated.from ? at : def->dated.from,
                end = until < def->dated.until ? until : def->dated.until - 1;
        if (begin > end)
            continue;
        if (!of) {
            TRY(absent_for(e, person, def, begin, end, out));
            continue;
        }
        if (away.n == 0)
            return OK;
        TRY(absent_by(e, person, def, def->by, &away, begin, end, out));
        for (uint32_t k = 0; k < e->b->party_count; k++)
            if (e->b->parties[k].team == (int64_t)def->by)
                TRY(absent_by(e, person, def, k, &away, begin, end, out));
    }
    return OK;
}

Status org_deputies(Engine *e, Str person, bool of, int64_t at, int64_t until, Deputy **out,
                    uint32_t *n) {
    Delegation *list;
    uint32_t count;
    Deputies found = {0};
    TRY(deputy_read(e, of ? 't' : 'f', person, &list, &count));
    for (uint32_t i = 0; i < count; i++)
        if (list[i].from <= until && at < list[i].until &&
            !arena_push(&e->event, &found,
                        ((Deputy){list[i].person, (int64_t)list[i].party - 1, false})))
            return ERR_NOMEM;
    TRY(deputies_by_policy(e, person, of, at, until, &found));
    *out = found.at;
    *n = found.n;
    return OK;
}

Status org_event(Engine *e, const Flow *flow) {
    const Value *f = flow->vm.fields;
    int64_t at = flow->vm.time;
    switch (e->b->events[flow->event].engine) {
    case ENGINE_JOINED:
        e->matched = true;
        return org_begin(e, value_str(f[0]), f[1], at, INT64_MAX);
    case ENGINE_APPOINTED:
        e->matched = true;
        return org_begin(e, value_str(f[0]), f[1], f[2].kind == V_ABSENT ? at : f[2].i,
                         f[3].kind == V_ABSENT ? INT64_MAX : f[3].i);
    case ENGINE_LEFT:
        e->matched = true;
        if (f[1].kind != V_ABSENT)
            return f[1].aux == 1 ? OK : org_end(e, value_str(f[0]), f[1].i, at);
        for (uint32_t i = 0; i < e->b->party_count; i++)
            TRY(org_end(e, value_str(f[0]), i, at));
        return deputies_end(e, value_str(f[0]), at);
    case ENGINE_DELEGATED:
        e->matched = true;
        return org_delegate(e, flow);
    case ENGINE_ABSENT: {
        Interval span = {f[1].kind == V_ABSENT ? at : f[1].i,
                         f[2].kind == V_ABSENT ? INT64_MAX : f[2].i};
        e->matched = true;
        return span.from < span.to ? absent_write(e, value_str(f[0]), &span, INT64_MAX) : OK;
    }
    case ENGINE_PRESENT:
        e->matched = true;
        return absent_write(e, value_str(f[0]), NULL, at);
    case ENGINE_SWAPPED:
        return rotation_swap(e, flow);
    default:
        return OK;
    }
}

static Status org_has(Engine *e, Str person, int64_t party, int64_t at, bool *yes) {
    Held held;
    TRY(org_spans(e, party, person, &held));
    for (uint32_t i = 0; i < held.n; i++)
        *yes = *yes || (held.at[i].from <= at && at < held.at[i].to);
    return OK;
}

Status org_superior(Engine *e, Str person, int64_t at, Value *out) {
    for (int teams = 0; teams < 2; teams++)
        for (uint32_t i = 0; i < e->b->party_count; i++) {
            const PartyDef *p = &e->b->parties[i];
            bool holds = false;
            if ((p->kind == PARTY_TEAM_DEF) != (teams == 1))
                continue;
            int32_t above =
                teams == 1 && p->votes >= 0 ? p->votes : bundle_superior(e->b, (int32_t)i, at);
            if (above >= 0)
                TRY(org_has(e, person, i, at, &holds));
            if (holds) {
                *out = (Value){.kind = V_PARTY, .i = above};
                return OK;
            }
        }
    return OK;
}

/* The party itself acts, or one who holds it; of a team also who holds one of its seats. */
Status org_holds(Engine *e, Str person, Value party, int64_t at, bool *yes) {
    *yes = false;
    if (party.aux == 1) {
        *yes = str_eq(person, value_str(party));
        return OK;
    }
    if (!bundle_party_is(e->b, party.i, at))
        return OK;
    if (bundle_party(e->b, person) == party.i) {
        *yes = true;
        return OK;
    }
    const RotationDef *rotation = bundle_rotation(e->b, party);
    if (rotation != NULL) {
        OnCall now;
        TRY(on_call(e, rotation, at, &now));
        return now.how == ONCALL_NOBODY ? OK : org_holds(e, person, now.who, at, yes);
    }
    TRY(org_has(e, person, party.i, at, yes));
    for (uint32_t i = 0; i < e->b->party_count && !*yes; i++)
        if (e->b->parties[i].team == party.i)
            TRY(org_has(e, person, i, at, yes));
    return OK;
}

/* Whether somebody holds a party at an instant, and whether anybody ever did before. */
static Status org_held(Engine *e, int64_t party, int64_t at, bool *now, bool *ever) {
    buf_reset(&e->key);
    put_key_u64(&e->key, (uint64_t)party);
    TRY(buf_status(&e->key));
    Str from, prefix;
    TRY(arena_str(&e->event, buf_str(&e->key), &from));
    prefix = from;
    for (bool after = false; !*now; after = true) {
        Str key, value;
        bool found;
        Status status = led_next(e->l, LED_ORG, from, after, &key, &value, &found);
        if (status != OK)
            return engine_fail(e, status, "reading the ledger");
        if (!found || !str_starts(key, prefix))
            return OK;
        TRY(arena_str(&e->event, key, &from));
        Held held;
        TRY(intervals_take(e, value, true, &held));
        TRY(held_there(e, party, &held));
        for (uint32_t i = 0; i < held.n; i++) {
            *ever = *ever || held.at[i].from <= at;
            *now = *now || (held.at[i].from <= at && at < held.at[i].to);
        }
    }
    return OK;
}

Status org_vacant(Engine *e, Value party, int64_t at, bool *vacant) {
    const RotationDef *rotation = bundle_rotation(e->b, party);
    if (rotation != NULL) {
        OnCall on;
        TRY(on_call(e, rotation, at, &on));
        *vacant = on_call_vacant(&on);
        return OK;
    }
    if (party.aux == 0 && !bundle_party_is(e->b, party.i, at)) {
        *vacant = true;
        return OK;
    }
    bool now = party.aux == 1 || !e->has_people, ever = false;
    if (!now)
        TRY(org_held(e, party.i, at, &now, &ever));
    for (uint32_t i = 0; i < e->b->party_count && !now; i++)
        if (e->b->parties[i].team == party.i)
            TRY(org_held(e, i, at, &now, &ever));
    *vacant = ever && !now;
    return OK;
}

Status org_holder_next(Engine *e, Holders *h, Str *person, bool *found) {
    enum { PARTY_BYTES = 8 };
    if (!h->begun) {
        buf_reset(&e->key);
        put_key_u64(&e->key, (uint64_t)h->party);
        TRY(buf_status(&e->key));
        TRY(arena_str(&e->event, buf_str(&e->key), &h->last));
    }
    Str prefix = {h->last.p, PARTY_BYTES};
    for (;;) {
        Str key, value;
        bool there, holds = false;
        Status status = led_next(e->l, LED_ORG, h->last, h->begun, &key, &value, &there);
        if (status != OK)
            return engine_fail(e, status, "reading the ledger");
        *found = there && str_starts(key, prefix);
        if (!*found)
            return OK;
        h->begun = true;
        TRY(arena_str(&e->event, key, &h->last));
        prefix.p = h->last.p;
        Held held;
        TRY(intervals_take(e, value, true, &held));
        TRY(held_there(e, h->party, &held));
        for (uint32_t k = 0; k < held.n; k++) {
            h->ever = h->ever || held.at[k].from <= h->at;
            holds = holds || (held.at[k].to > h->at && held.at[k].from <= h->until);
        }
        *person = str_from(h->last, PARTY_BYTES);
        if (holds)
            return OK;
    }
}

Status org_row_next(Engine *e, OrgRows *rows, Str *person, const Interval **held, uint32_t *n,
                    bool *found) {
    enum { PARTY_BYTES = 8 };
    Str key, value;
    Held all;
    bool begun = rows->last.n > 0;
    if (!begun) {
        buf_reset(&e->key);
        put_key_u64(&e->key, (uint64_t)rows->party);
        TRY(buf_status(&e->key));
        TRY(arena_str(&e->event, buf_str(&e->key), &rows->last));
    }
    Status status = led_next_in(e->l, LED_ORG, rows->last, begun, PARTY_BYTES, &key, &value, found);
    if (status != OK || !*found)
        return status == OK ? OK : engine_fail(e, status, "reading the ledger");
    TRY(arena_str(&e->event, key, &rows->last));
    TRY(intervals_take(e, value, true, &all));
    TRY(held_there(e, rows->party, &all));
    *person = str_from(rows->last, PARTY_BYTES);
    *held = all.at;
    *n = all.n;
    return OK;
}

Status org_is_absent(Engine *e, Str person, int64_t at, bool *yes) {
    Held away;
    *yes = false;
    if (!e->has_people)
        return OK;
    TRY(absent_read(e, person, &away));
    for (uint32_t i = 0; i < away.n; i++)
        *yes = *yes || (away.at[i].from <= at && at < away.at[i].to);
    return OK;
}

Status org_absence_next(Engine *e, Str person, int64_t at, int64_t *next) {
    Held away;
    TRY(absent_read(e, person, &away));
    for (uint32_t i = 0; i < away.n; i++) {
        if (away.at[i].from > at && away.at[i].from < *next)
            *next = away.at[i].from;
        if (away.at[i].to > at && away.at[i].to < *next)
            *next = away.at[i].to;
    }
    return OK;
}

Status org_is_gone(Engine *e, Str person, int64_t at, bool *yes) {
    bool ever = false, now = false;
    for (uint32_t i = 0; i < e->b->party_count; i++) {
        Held held;
        TRY(org_read(e, i, person, &held));
        ever = ever || held.n > 0;
        for (uint32_t k = 0; k < held.n; k++)
            now = now || (held.at[k].from <= at && at < held.at[k].to);
    }
    *yes = ever && !now;
    return OK;
}

/* Puts a person among those of a list in order, unless they are in it. */
static Status member_add(Engine *e, uint32_t *room, Value **list, uint32_t *n, Str person) {
    uint32_t at = 0;
    while (at < *n && str_cmp(value_str((*list)[at]), person) < 0)
        at++;
    if (at < *n && str_eq(value_str((*list)[at]), person))
        return OK;
    if (!arena_room(&e->event, (void **)list, *n, room, sizeof **list))
        return ERR_NOMEM;
    memmove(*list + at + 1, *list + at, (*n - at) * sizeof **list);
    (*list)[at] = value_person(person);
    (*n)++;
    return OK;
}

Status org_members(Engine *e, Value party, int64_t at, Value *out) {
    Value *list = NULL;
    uint32_t n = 0, room = 0;
    if (value_is_person(party)) {
        Str who;
        TRY(arena_str(&e->event, value_str(party), &who));
        TRY(member_add(e, &room, &list, &n, who));
    }
    const RotationDef *rotation = bundle_rotation(e->b, party);
    if (rotation != NULL) {
        OnCall now;
        TRY(on_call(e, rotation, at, &now));
        if (now.how != ONCALL_NOBODY)
            return org_members(e, now.who, at, out);
    }
    for (uint32_t i = 0; !value_is_person(party) && i < e->b->party_count; i++) {
        if ((int64_t)i != party.i && e->b->parties[i].team != party.i)
            continue;
        Holders h = {.party = i, .at = at, .until = at};
        Str person;
        bool found = true;
        while (found) {
            TRY(org_holder_next(e, &h, &person, &found));
            if (found)
                TRY(member_add(e, &room, &list, &n, person));
        }
    }
    *out = (Value){.items = list, .n = n, .kind = V_LIST};
    return OK;
}

static Status bound_add(Engine *e, Instants *list, int64_t instant, int64_t at, int64_t until) {
    if (instant <= at || instant > until || instant == INT64_MAX)
        return OK;
    for (uint32_t i = 0; i < list->n; i++)
        if (list->at[i] == instant)
            return OK;
    return arena_push(&e->event, list, instant) ? OK : ERR_NOMEM;
}

static Status bounds_of_seats(Engine *e, Str person, int64_t at, int64_t until, Instants *out) {
    for (uint32_t i = 0; i < e->b->party_count; i++) {
        Held held;
        TRY(org_spans(e, i, person, &held));
        for (uint32_t k = 0; k < held.n; k++) {
            TRY(bound_add(e, out, held.at[k].from, at, until));
            TRY(bound_add(e, out, held.at[k].to, at, until));
        }
    }
    return OK;
}

/* When the absences of a person begin and end. */
static Status bounds_of_absence(Engine *e, Str person, int64_t at, int64_t until, Instants *out) {
    Held away;
    TRY(absent_read(e, person, &away));
    for (uint32_t i = 0; i < away.n; i++) {
        TRY(bound_add(e, out, away.at[i].from, at, until));
        TRY(bound_add(e, out, away.at[i].to, at, until));
    }
    return OK;
}

/* Of those for whom a person acts by the policy, and who act for them. */
static Status bounds_by_policy(Engine *e, Str person, int64_t at, int64_t until, Instants *out) {
    if (e->b->deputy_count == 0)
        return OK;
    TRY(bounds_of_absence(e, person, at, until, out));
    for (uint32_t i = 0; i < e->b->deputy_count; i++) {
        TRY(bound_add(e, out, e->b->deputies[i].dated.from, at, until));
        TRY(bound_add(e, out, e->b->deputies[i].dated.until, at, until));
    }
    for (int side = 0; side < 2; side++) {
        Deputies found = {0};
        TRY(deputies_by_policy(e, person, side == 1, at, until, &found));
        for (uint32_t i = 0; i < found.n; i++) {
            TRY(bounds_of_absence(e, found.at[i].person, at, until, out));
            TRY(bounds_of_seats(e, found.at[i].person, at, until, out));
        }
    }
    return OK;
}

Status org_bounds(Engine *e, Str person, int64_t at, int64_t until, Instants *out) {
    static const char sides[2] = {'f', 't'};
    TRY(bounds_of_seats(e, person, at, until, out));
    TRY(bounds_by_policy(e, person, at, until, out));
    for (int side = 0; side < 2; side++) {
        Delegation *list;
        uint32_t n;
        TRY(deputy_read(e, sides[side], person, &list, &n));
        for (uint32_t i = 0; i < n; i++) {
            TRY(bound_add(e, out, list[i].from, at, until));
            TRY(bound_add(e, out, list[i].until, at, until));
            if (list[i].until > at)
                TRY(bounds_of_seats(e, list[i].person, at, until, out));
        }
    }
    return OK;
}

/* What a person holds, ever: whoever looks at it again looks at the instant too. */
static Status org_parties_of(Engine *e, Str person, int64_t *out, uint32_t *n) {
    for (uint32_t i = 0; i < e->b->party_count; i++) {
        Held held;
        TRY(org_read(e, i, person, &held));
        if (held.n > 0)
            out[(*n)++] = i;
    }
    return OK;
}

static bool is_of_team(const Engine *e, int64_t party, int64_t team) {
    return party == team || e->b->parties[party].team == team;
}

/* Seats in which the holders of `party` act for those who are absent. */
static uint32_t party_deputises(const Engine *e, int64_t party, int64_t *out) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < e->b->deputy_count; i++)
        if (is_of_team(e, party, e->b->deputies[i].by) ||
            is_of_team(e, e->b->deputies[i].by, party))
            out[n++] = e->b->deputies[i].of;
    return n;
}

/* What concerns an absence: what the person holds, and what their deputies hold. */
static Status absence_concerns(Engine *e, Str person, int64_t *out, uint32_t *n) {
    TRY(org_parties_of(e, person, out, n));
    for (uint32_t i = 0; i < e->b->deputy_count; i++)
        out[(*n)++] = e->b->deputies[i].by;
    return OK;
}

Status org_concerned(Engine *e, const Flow *flow, int64_t **out, uint32_t *n) {
    const Value *f = flow->vm.fields;
    int32_t kind = e->b->events[flow->event].engine;
    *n = 0;
    *out = new (&e->event, int64_t, 2 * (size_t)e->b->party_count + e->b->deputy_count + 3);
    if (*out == NULL)
        return ERR_NOMEM;
    if (kind == ENGINE_ABSENT || kind == ENGINE_PRESENT)
        return absence_concerns(e, value_str(f[0]), *out, n);
    if (kind == ENGINE_DELEGATED) {
        (*out)[(*n)++] = e->b->party_count; /* a person may sit in a seat by their own name */
        TRY(org_parties_of(e, flow->by, *out, n));
        return org_parties_of(e, value_str(f[0]), *out, n);
    }
    if (kind == ENGINE_LEFT && f[1].kind == V_ABSENT)
        for (uint32_t i = 0; i < e->b->party_count; i++)
            (*out)[(*n)++] = i;
    else if ((kind == ENGINE_JOINED || kind == ENGINE_APPOINTED || kind == ENGINE_LEFT) &&
             f[1].kind == V_PARTY && f[1].aux == 0) {
        (*out)[0] = f[1].i;
        *n = 1 + party_deputises(e, f[1].i, *out + 1);
    }
    return OK;
}
