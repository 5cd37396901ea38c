/* run: a duty between its record in the ledger and its form in memory. */
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/sha256.h"
#include "engine/ledger/record.h"
#include "engine/run/lists.h"
#include "engine/run/view.h"
#include "engine/run/engine_int.h"

Subject duty_subject(const Duty *d) {
    return (Subject){.kind = SUBJECT_DUTY,
                     .decl = d->decl,
                     .occurrence = d->occurrence,
                     .key = d->key,
                     .key_count = d->key_count};
}

void duty_owned(Duty *d) {
    d->owner = d->fold.given != NULL ? d->fold.given->more : d->first_owner;
    if (d->def->owner_slot >= 0)
        d->frame[d->def->owner_slot] = d->owner;
}

Value duty_owner_at(const Duty *d, int64_t at) {
    Value owner = d->first_owner;
    for (uint32_t i = 0; i < d->fold.counted && d->acts[i].time <= at; i++) {
        const Act *act = &d->acts[i];
        if (!act->dropped && act_hands_on(d->def, act, owner))
            owner = act->more;
    }
    return owner;
}

uint8_t duty_state(const Duty *d) {
    if (d->fold.ended && d->fold.end_kind == ACT_IS_EXPIRE)
        return d->fold.violations > 0 ? DUTY_BREACHED : DUTY_FULFILLED;
    if (d->fold.ended)
        return d->fold.end_kind == ACT_IS_FULFIL  ? DUTY_FULFILLED
               : d->fold.end_kind == ACT_IS_WAIVE ? DUTY_WAIVED
                                                  : DUTY_CANCELLED;
    if (d->breached)
        return DUTY_BREACHED;
    return d->fold.reasons != 0 ? DUTY_PAUSED : DUTY_OPEN;
}

Status rung_span(const Duty *d, const RungDef *rung, Value *out) {
    *out = rung->span_slot >= 0 ? d->frame[rung->span_slot] : rung->span;
    return OK;
}

Status duty_rung(const Duty *d, uint32_t i, uint32_t *which, int64_t *at) {
    const RungDef *rung = &d->def->rungs[i];
    Value span;
    *which = 0;
    *at = INSTANT_NEVER;
    TRY(rung_span(d, rung, &span));
    if ((d->fired >> i & 1) == 0)
        return fold_rung(&d->terms, &d->fold, rung, span, at);
    return rung->repeats == 0
               ? OK
               : fold_repeat(&d->terms, &d->fold, rung, span, d->repeats[i], which, at);
}

/* ---- keys */

Status key_texts(Engine *e, const Value *values, uint32_t n, Str **out) {
    Str *texts = new (&e->event, Str, n + 1);
    if (texts == NULL)
        return ERR_NOMEM;
    size_t total = 0;
    for (uint32_t i = 0; i < n; i++) {
        Value v = values[i];
        if (v.kind == V_DEC || v.kind == V_MONEY || v.kind == V_PERCENT) {
            Dec d = dec_normal(value_to_dec(v)); /* 7.00 and 7 are one key */
            v.i = d.coef;
            v.scale = d.scale;
        }
        buf_reset(&e->text);
        put_value_text(&e->text, e->b, &e->render.zone, v);
        TRY(buf_status(&e->text));
        TRY(arena_str(&e->event, buf_str(&e->text), &texts[i]));
        total += texts[i].n;
    }
    if (total > LIMIT_KEY_BYTES) {
        e->vm.trap =
            (Trap){.code = TRAP_TOO_LONG, .fn = e->vm.trap.fn, .at = e->vm.trap.at, .table = -1};
        return ERR_TRAP;
    }
    *out = texts;
    return OK;
}

Status duty_hash(const Bundle *b, uint32_t decl, const Str *key, uint32_t n, uint32_t occurrence,
                 Buf *scratch, uint8_t out[SHA256_BYTES]) {
    return name_hash(S("duty"), b->duties[decl].name, key, n, occurrence, scratch, out);
}

Status duty_named(Engine *e, uint32_t decl, const Str *key, uint32_t n, uint32_t occurrence,
                  uint64_t *number, bool *found) {
    uint8_t hash[SHA256_BYTES];
    uint64_t b;
    TRY(duty_hash(e->b, decl, key, n, occurrence, &e->text, hash));
    Status status = led_set_find(e->l, LED_SET_NAMES, hash, number, &b, found);
    return status == OK ? OK : engine_fail(e, status, "reading the ledger");
}

Status duty_name(Engine *e, const Duty *d) {
    uint8_t hash[SHA256_BYTES];
    TRY(duty_hash(e->b, d->decl, d->key, d->key_count, d->occurrence, &e->text, hash));
    Status status = led_set_add(e->l, LED_SET_NAMES, hash, d->number, 0);
    return status == OK ? OK : engine_fail(e, status, "writing the ledger");
}

Status duty_find_key(Engine *e, uint32_t decl, const Str *key, uint32_t n, int64_t at,
                     uint64_t *number, bool *found) {
    TRY(duty_named(e, decl, key, n, 1, number, found));
    if (!*found || !e->b->duties[decl].again)
        return OK;
    Duty d;
    TRY(duty_load(e, *number, &d));
    uint32_t occurrence = 1;
    if (d.latest != 0) {
        TRY(duty_load(e, d.latest, &d));
        occurrence = d.occurrence;
        *number = d.number;
    }
    while (d.terms.raised > at &&
           occurrence > 1) { /* an older event belongs to an older occurrence */
        TRY(duty_named(e, decl, key, n, --occurrence, number, found));
        if (!*found)
            return engine_fail(e, ERR_DAMAGED, "an occurrence of a duty is missing");
        TRY(duty_load(e, *number, &d));
    }
    return OK;
}

Status duties_each(Engine *e, Status (*each)(Engine *e, Duty *d, void *ctx), void *ctx) {
    uint64_t next = 0;
    for (;;) {
        ArenaMark mark = arena_mark(&e->event);
        Str key, value;
        bool found;
        buf_reset(&e->key);
        put_key_u64(&e->key, next);
        TRY(buf_status(&e->key));
        Status status = led_next(e->l, LED_DUTY, buf_str(&e->key), false, &key, &value, &found);
        if (status != OK)
            return engine_fail(e, status, "reading the duties");
        if (!found)
            return OK;
        Take t = take_from(key);
        Duty d;
        next = take_key_u64(&t);
        TRY(duty_load(e, next++, &d));
        TRY(each(e, &d, ctx));
        if (e->queue.n == 0 && e->changed.n == 0)
            arena_back(&e->event, mark);
    }
}

/* ---- records */

static bool has_more(uint8_t kind) {
    return kind == ACT_IS_REASSIGN || kind == ACT_IS_ACKNOWLEDGE || kind == ACT_IS_MOVE ||
           kind == ACT_IS_PORTION;
}

/* In the byte of an act's kind. */
enum { ACT_DROPPED = 0x80 };

static void put_acts(Buf *out, const Act *acts, uint32_t n) {
    put_varint(out, n);
    for (uint32_t i = 0; i < n; i++) {
        put_zigzag(out, acts[i].time);
        put_u8(out, (uint8_t)(acts[i].kind | (acts[i].dropped ? ACT_DROPPED : 0)));
        put_u8(out, acts[i].clause);
        put_varint(out, acts[i].leaf);
        if (has_more(acts[i].kind))
            put_value(out, acts[i].more, false);
    }
}

static bool repeats_any(const DutyDef *def) {
    for (uint32_t i = 0; i < def->rung_count; i++)
        if (def->rungs[i].repeats > 0)
            return true;
    return false;
}

static void put_repeats(Buf *out, const Duty *d) {
    for (uint32_t i = 0; i < d->def->rung_count && d->repeats != NULL; i++)
        if (d->def->rungs[i].repeats > 0)
            put_varint(out, d->repeats[i]);
}

Status duty_repeats(Duty *d, Arena *a) {
    d->repeats = NULL;
    if (!repeats_any(d->def))
        return OK;
    d->repeats = new (a, uint32_t, d->def->rung_count);
    return d->repeats == NULL ? ERR_NOMEM : OK;
}

static Status take_repeats(Arena *a, Str bytes, Duty *d) {
    Take t = take_from(bytes);
    TRY(duty_repeats(d, a));
    for (uint32_t i = 0; i < d->def->rung_count && d->repeats != NULL; i++)
        if (d->def->rungs[i].repeats > 0)
            d->repeats[i] = (uint32_t)take_varint(&t);
    return take_done(&t);
}

/* The lists of a record one behind the other in one buffer, so that it can hold them all. */
typedef struct Lists {
    size_t key, owner, attributes, span, frame, acts, repeats, said, told, end;
} Lists;

static Str list_at(const Buf *b, size_t from, size_t to) {
    return (Str){b->p + from, to - from};
}

Status duty_save(Engine *e, Duty *d) {
    TRY(state_before(e, d->number, d->was));
    TRY(duty_changed(e, d));
    Buf *t = &e->text;
    Lists at = {0};
    buf_reset(t);
    put_texts(t, d->key, d->key_count);
    at.owner = t->n;
    put_value(t, d->first_owner, false);
    at.attributes = t->n;
    put_value_list(t, d->attributes, ATTRIBUTES);
    at.span = t->n;
    put_value(t, d->span, false);
    at.frame = t->n;
    put_value_list(t, d->frame, d->def->frame_count);
    at.acts = t->n;
    put_acts(t, d->acts, d->act_count);
    at.repeats = t->n;
    put_repeats(t, d);
    at.said = t->n;
    put_leaves(t, d->said, d->said_count);
    at.told = t->n;
    put_value_list(t, d->told, d->told_count);
    at.end = t->n;
    TRY(buf_status(t));
    DutyRec rec = {
        .decl = d->decl,
        .key = list_at(t, at.key, at.owner),
        .occurrence = d->occurrence,
        .latest = d->latest,
        .leaf = d->leaf,
        .raised = d->terms.raised,
        .owner = list_at(t, at.owner, at.attributes),
        .attributes = list_at(t, at.attributes, at.span),
        .begins = d->terms.begins,
        .span = list_at(t, at.span, at.frame),
        .unpaused = d->terms.unpaused,
        .limit_ms = d->terms.limit_ms,
        .working = d->terms.working,
        .assumed = d->assumed,
        .frame = list_at(t, at.frame, at.acts),
        .acts = list_at(t, at.acts, at.repeats),
        .breached = d->breached,
        .over = d->terms.over,
        .local = d->local,
        .fired = d->fired,
        .repeats = list_at(t, at.repeats, at.said),
        .round = d->round,
        .last_rung = d->last_rung,
        .early_rung = d->early_rung,
        .reported_late = d->reported_late,
        .said = list_at(t, at.said, at.told),
        .told = list_at(t, at.told, at.end),
        .timer_at = d->timer_at,
        .timer_rung = d->timer_rung,
    };
    buf_reset(&e->record);
    duty_rec_put(&e->record, &rec);
    TRY(buf_status(&e->record));
    buf_reset(&e->key);
    put_key_u64(&e->key, d->number);
    Status status = led_put(e->l, LED_DUTY, buf_str(&e->key), buf_str(&e->record));
    return status == OK ? OK : engine_fail(e, status, "writing a duty");
}

static Status take_one(Arena *a, Str bytes, Value *out) {
    Take t = take_from(bytes);
    TRY(value_keep(take_value(&t, a), a, out));
    return take_done(&t);
}

static Status take_acts(Arena *a, Str bytes, Duty *d) {
    Take t = take_from(bytes);
    TRY(take_list(&t, &d->act_count));
    d->acts =
        new (a, Act, d->act_count + d->def->move_count + 2); /* room for one more, and moves */
    if (d->acts == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < d->act_count; i++) {
        d->acts[i].time = take_zigzag(&t);
        uint8_t kind = take_u8(&t);
        d->acts[i].kind = kind & (ACT_DROPPED - 1);
        d->acts[i].dropped = (kind & ACT_DROPPED) != 0;
        d->acts[i].clause = take_u8(&t);
        d->acts[i].leaf = take_varint(&t);
        d->acts[i].more = value_absent();
        if (has_more(d->acts[i].kind))
            TRY(value_keep(take_value(&t, a), a, &d->acts[i].more));
        t.failed = t.failed || !instant_ok(d->acts[i].time) || d->acts[i].kind >= ACT_KINDS ||
                   d->acts[i].clause >= LIMIT_PAUSES ||
                   (d->acts[i].kind == ACT_IS_MOVE && d->acts[i].clause >= d->def->move_count) ||
                   (act_is_part(d->acts[i].kind) && d->acts[i].clause >= d->def->part_count);
    }
    return take_done(&t);
}

static Status duty_take(const Bundle *b, const DutyRec *rec, Arena *a, Duty *d) {
    uint32_t frame;
    if (rec->decl >= b->duty_count || rec->local > b->local_count || !instant_ok(rec->raised) ||
        !instant_ok(rec->begins) || rec->begins < rec->raised ||
        !(instant_ok(rec->unpaused) ||
          (rec->unpaused == INSTANT_NEVER && b->duties[rec->decl].due_end == DUE_NEVER)))
        return ERR_DAMAGED;
    *d = (Duty){.number = d->number,
                .decl = (uint32_t)rec->decl,
                .def = &b->duties[rec->decl],
                .policy = bundle_version_of(b, b->duties[rec->decl].version, rec->raised),
                .occurrence = (uint32_t)rec->occurrence,
                .latest = rec->latest,
                .leaf = rec->leaf,
                .assumed = rec->assumed,
                .breached = rec->breached,
                .fired = rec->fired,
                .round = (uint32_t)rec->round,
                .last_rung = (uint32_t)rec->last_rung,
                .early_rung = (uint32_t)rec->early_rung,
                .reported_late = rec->reported_late,
                .timer_at = rec->timer_at,
                .timer_rung = (uint32_t)rec->timer_rung};
    d->local = (uint32_t)rec->local;
    d->terms = (Terms){.zone = local_zone(b, d->local),
                       .calendar = local_calendar(b, d->local),
                       .raised = rec->raised,
                       .begins = rec->begins,
                       .def = d->def,
                       .unpaused = rec->unpaused,
                       .limit_ms = rec->limit_ms,
                       .working = rec->working,
                       .over = rec->over};
    TRY(take_texts(a, rec->key, &d->key, &d->key_count));
    TRY(take_one(a, rec->owner, &d->first_owner));
    d->terms.owner = d->first_owner;
    Value *said;
    uint32_t said_count;
    TRY(take_value_list(a, rec->attributes, &said, &said_count));
    if (said_count != ATTRIBUTES)
        return ERR_DAMAGED;
    memcpy(d->attributes, said, sizeof d->attributes);
    TRY(take_one(a, rec->span, &d->span));
    TRY(take_value_list(a, rec->frame, &d->frame, &frame));
    if (frame != d->def->frame_count)
        return ERR_DAMAGED;
    d->terms.frame = d->frame;
    TRY(take_value_list(a, rec->told, &d->told, &d->told_count));
    TRY(take_acts(a, rec->acts, d));
    TRY(take_repeats(a, rec->repeats, d));
    TRY(take_leaves(a, rec->said, &d->said, &d->said_count));
    TRY(fold_acts(&d->terms, d->acts, d->act_count, a, &d->fold));
    duty_owned(d);
    d->ended = d->fold.ended;
    d->was = d->counted = duty_state(d);
    d->counted_owner = d->owner;
    return OK;
}

Status view_duty(const Bundle *b, uint64_t number, Str bytes, Arena *a, Duty *out) {
    DutyRec rec;
    out->number = number;
    TRY(duty_rec_take(bytes, &rec));
    return duty_take(b, &rec, a, out);
}

Status view_left(const Duty *d, int64_t at, Value *out) {
    int64_t left;
    TRY(fold_left(&d->terms, &d->fold, at, &left));
    *out = value_duration(d->terms.working ? FAMILY_WORKING : FAMILY_ELAPSED, left);
    return OK;
}

Value view_sum(const Duty *d, uint32_t part) {
    Value sum = d->fold.sums[part];
    if (sum.kind != V_ABSENT)
        return sum;
    sum = *portion_of(&d->terms, part);
    sum.i = 0;
    return sum;
}

void put_json_sums(Buf *out, const Bundle *b, ZoneCache *zone, const Duty *d) {
    bool first = true;
    for (uint32_t i = 0; d->fold.sums != NULL && i < d->def->part_count; i++) {
        const Value *whole = portion_of(&d->terms, i);
        if (whole == NULL)
            continue;
        put_text(out, first ? S(",\"sums\":[{\"sum\":") : S(",{\"sum\":"));
        put_value_json(out, b, zone, view_sum(d, i));
        put_text(out, S(",\"of\":"));
        put_value_json(out, b, zone, *whole);
        put_c(out, '}');
        first = false;
    }
    if (!first)
        put_c(out, ']');
}

Status duty_load(Engine *e, uint64_t number, Duty *out) {
    buf_reset(&e->key);
    put_key_u64(&e->key, number);
    TRY(buf_status(&e->key));
    Str bytes;
    bool found;
    Status status = led_find(e->l, LED_DUTY, buf_str(&e->key), &bytes, &found);
    if (status != OK)
        return engine_fail(e, status, "reading a duty");
    if (!found)
        return engine_fail(e, ERR_DAMAGED, "a duty is missing");
    status = view_duty(e->b, number, bytes, &e->event, out);
    return status == OK || status == ERR_NOMEM ? status : engine_fail(e, status, "a duty's record");
}
