/* run: the record of an approval: written, taken apart and checked, found by name. */
#include <string.h>

#include "engine/base/limits.h"
#include "engine/base/sha256.h"
#include "engine/ledger/record.h"
#include "engine/run/approval.h"
#include "engine/run/lists.h"
#include "engine/run/view.h"

Subject approval_subject(const Approval *a) {
    return (Subject){.kind = SUBJECT_APPROVAL,
                     .decl = a->decl,
                     .occurrence = a->occurrence,
                     .key = a->key,
                     .key_count = a->key_count};
}

/* ---- writing */

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

static void put_votes(Buf *t, const Approval *a) {
    put_varint(t, a->vote_count);
    for (uint32_t i = 0; i < a->vote_count; i++) {
        const Vote *v = &a->votes[i];
        put_str(t, v->by);
        put_u8(t, (uint8_t)(v->yes | v->returned << 1));
        put_varint(t, v->leaf);
        put_zigzag(t, v->time);
        put_authorities(t, &v->who);
    }
}

static void put_stages(Buf *t, const Approval *a) {
    put_varint(t, a->stage_count);
    for (uint32_t i = 0; i < a->stage_count; i++) {
        const AskedStage *s = &a->stages[i];
        put_str(t, s->name);
        put_value(t, s->each, false);
        put_varint(t, s->voters);
        put_zigzag(t, s->opened);
    }
}

static void put_needs(Buf *t, const Approval *a) {
    put_varint(t, a->need_count);
    for (uint32_t i = 0; i < a->need_count; i++) {
        const AskedNeed *n = &a->needs[i];
        put_varint(t, n->stage);
        put_varint(t, n->def == NO_SEAT ? 0 : (uint64_t)n->def + 1);
        put_varint(t, n->count);
        put_u8(t, (uint8_t)(n->points | n->asked << 1));
    }
}

static void put_seats(Buf *t, const Approval *a) {
    put_varint(t, a->seat_count);
    for (uint32_t i = 0; i < a->seat_count; i++) {
        const AskedSeat *s = &a->seats[i];
        put_value(t, s->who, false);
        put_varint(t, s->def == NO_SEAT ? 0 : (uint64_t)s->def + 1);
        put_varint(t, s->need);
        put_u8(t, (uint8_t)(s->members | s->gone << 1));
    }
}

static void put_handed(Buf *t, const Approval *a) {
    put_varint(t, a->handed_count);
    for (uint32_t i = 0; i < a->handed_count; i++) {
        put_varint(t, a->handed[i].seat);
        put_str(t, a->handed[i].person);
    }
}

Status approval_save(Engine *e, Approval *a) {
    TRY(state_before(e, a->number, a->was));
    Buf *t = &e->text;
    buf_reset(t);
    put_texts(t, a->key, a->key_count);
    size_t stages = t->n;
    put_stages(t, a);
    size_t excluded = t->n;
    put_value_list(t, a->excluded, a->def->excluded_count);
    size_t needs = t->n;
    put_needs(t, a);
    size_t seats = t->n;
    put_seats(t, a);
    size_t handed = t->n;
    put_handed(t, a);
    size_t frame = t->n;
    put_value_list(t, a->frame, a->def->frame_count);
    size_t votes = t->n;
    put_votes(t, a);
    size_t said = t->n;
    put_leaves(t, a->said, a->said_count);
    TRY(buf_status(t));
    Str all = buf_str(t);
    ApprovalRec rec = {.decl = a->decl,
                       .key = list_at(all, 0, stages),
                       .occurrence = a->occurrence,
                       .latest = a->latest,
                       .raised = a->raised,
                       .asker = a->asker,
                       .stages = list_at(all, stages, excluded),
                       .open = a->open,
                       .due = a->due,
                       .assumed = a->assumed,
                       .excluded = list_at(all, excluded, needs),
                       .needs = list_at(all, needs, seats),
                       .seats = list_at(all, seats, handed),
                       .handed = list_at(all, handed, frame),
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

/* ---- taking apart */

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
        uint8_t flags = take_u8(&t);
        v->yes = flags & 1;
        v->returned = flags >> 1 & 1;
        v->leaf = take_varint(&t);
        v->time = take_zigzag(&t);
        TRY(take_authorities(arena, &t, a->seat_count, &v->who, &v->seats));
        t.failed = t.failed || flags > 3 || !instant_ok(v->time);
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

static Status take_stages(Arena *arena, Str bytes, Approval *a) {
    Take t = take_from(bytes);
    uint64_t n = take_varint(&t);
    if (t.failed || n == 0 || n > APPROVAL_STAGES)
        return ERR_DAMAGED;
    a->stages = new (arena, AskedStage, n + 1); /* room for one more, here and below */
    if (a->stages == NULL)
        return ERR_NOMEM;
    for (; a->stage_count < n && !t.failed; a->stage_count++) {
        AskedStage *s = &a->stages[a->stage_count];
        TRY(arena_str(arena, take_str(&t), &s->name));
        s->each = take_value(&t, arena);
        uint64_t voters = take_varint(&t);
        s->voters = (uint32_t)voters;
        s->opened = take_zigzag(&t);
        t.failed = t.failed || voters > UINT32_MAX ||
                   (s->each.kind != V_ABSENT && s->each.kind != V_DURATION) ||
                   (s->opened != INSTANT_NEVER && !instant_ok(s->opened));
    }
    return take_done(&t);
}

static Status take_needs(Arena *arena, Str bytes, Approval *a) {
    Take t = take_from(bytes);
    uint64_t n = take_varint(&t);
    if (t.failed || n > LIMIT_SEATS)
        return ERR_DAMAGED;
    a->needs = new (arena, AskedNeed, n + 1);
    if (a->needs == NULL)
        return ERR_NOMEM;
    for (; a->need_count < n && !t.failed; a->need_count++) {
        uint64_t stage = take_varint(&t), def = take_varint(&t), count = take_varint(&t);
        uint8_t flags = take_u8(&t);
        t.failed = t.failed || stage >= a->stage_count || def > a->def->need_count || flags > 3 ||
                   count > ((flags & 1) != 0 ? (uint64_t)LIMIT_POINTS : UINT32_MAX);
        a->needs[a->need_count] = (AskedNeed){.stage = (uint32_t)stage,
                                              .def = def == 0 ? NO_SEAT : (uint32_t)def - 1,
                                              .count = (uint32_t)count,
                                              .points = flags & 1,
                                              .asked = flags >> 1 & 1};
    }
    return take_done(&t);
}

static Status take_seats(const Bundle *b, Arena *arena, Str bytes, Approval *a) {
    Take t = take_from(bytes);
    uint64_t n = take_varint(&t);
    if (t.failed || n > LIMIT_SEATS)
        return ERR_DAMAGED;
    a->seats = new (arena, AskedSeat, n + 1);
    if (a->seats == NULL)
        return ERR_NOMEM;
    for (; a->seat_count < n && !t.failed; a->seat_count++) {
        AskedSeat *s = &a->seats[a->seat_count];
        TRY(value_keep(take_value(&t, arena), arena, &s->who));
        uint64_t def = take_varint(&t), need = take_varint(&t);
        uint8_t flags = take_u8(&t);
        t.failed = t.failed || def > a->def->seat_count || need >= a->need_count || flags > 3 ||
                   !are_parties(b, &s->who, 1, false);
        if (t.failed)
            break;
        s->def = def == 0 ? NO_SEAT : (uint32_t)def - 1;
        s->need = (uint32_t)need;
        s->members = flags & 1;
        s->gone = flags >> 1 & 1;
        s->weight = def == 0 ? 0 : a->def->seats[s->def].weight;
        t.failed = a->needs[need].points != (s->weight > 0) || (s->members && s->who.aux == 1);
    }
    return take_done(&t);
}

static Status take_handed(Arena *arena, Str bytes, Approval *a) {
    Take t = take_from(bytes);
    uint64_t n = take_varint(&t);
    if (t.failed || n > take_left(&t))
        return ERR_DAMAGED;
    a->handed = new (arena, Handed, n + 1);
    if (a->handed == NULL)
        return ERR_NOMEM;
    for (; a->handed_count < n && !t.failed; a->handed_count++) {
        Handed *h = &a->handed[a->handed_count];
        uint64_t seat = take_varint(&t);
        TRY(arena_str(arena, take_str(&t), &h->person));
        h->seat = (uint32_t)seat;
        t.failed = t.failed || seat >= a->seat_count;
    }
    return take_done(&t);
}

static bool instants_fit(const ApprovalRec *rec) {
    return instant_ok(rec->raised) && instant_ok(rec->ended) &&
           (rec->due == INSTANT_NEVER || instant_ok(rec->due));
}

Status view_approval(const Bundle *b, uint64_t number, Str bytes, Arena *arena, Approval *out) {
    ApprovalRec rec;
    uint32_t excluded, frame;
    TRY(approval_rec_take(bytes, &rec));
    if (rec.decl >= b->approval_count || rec.state >= APPROVAL_STATES || !instants_fit(&rec))
        return ERR_DAMAGED;
    *out = (Approval){.number = number,
                      .decl = (uint32_t)rec.decl,
                      .def = &b->approvals[rec.decl],
                      .policy =
                          bundle_version_of(b, b->approvals[rec.decl].version, (int64_t)rec.raised),
                      .occurrence = (uint32_t)rec.occurrence,
                      .latest = rec.latest,
                      .raised = rec.raised,
                      .due = rec.due,
                      .assumed = rec.assumed,
                      .open = (uint32_t)rec.open,
                      .state = (uint8_t)rec.state,
                      .ended = rec.ended,
                      .timer_at = rec.timer_at,
                      .timer_rung = (uint32_t)rec.timer_rung};
    TRY(arena_str(arena, rec.asker, &out->asker));
    TRY(take_texts(arena, rec.key, &out->key, &out->key_count));
    TRY(take_stages(arena, rec.stages, out));
    TRY(take_value_list(arena, rec.excluded, &out->excluded, &excluded));
    TRY(take_needs(arena, rec.needs, out));
    TRY(take_seats(b, arena, rec.seats, out));
    TRY(take_handed(arena, rec.handed, out));
    TRY(take_value_list(arena, rec.frame, &out->frame, &frame));
    TRY(take_votes(arena, rec.votes, out));
    TRY(take_leaves(arena, rec.said, &out->said, &out->said_count));
    bool fits = rec.open < out->stage_count && excluded == out->def->excluded_count &&
                frame == out->def->frame_count && are_parties(b, out->excluded, excluded, true);
    bool timed = out->due == INSTANT_NEVER || out->stages[rec.open].each.kind == V_DURATION;
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

Status approval_named(Engine *e, uint32_t decl, const Str *key, uint32_t n, uint32_t occurrence,
                      uint64_t *number, bool *found) {
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
