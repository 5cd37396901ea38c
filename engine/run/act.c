/* run: what events do to duties: raise them, act on them; and what time does: breaches and rungs.
 */
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/civil.h"
#include "engine/base/limits.h"
#include "engine/base/moment.h"
#include "engine/base/sha256.h"
#include "engine/run/engine_int.h"
#include "engine/run/gather.h"
#include "engine/run/saying.h"

/* ---- links: how a clause finds duties by values that are not their key */

static Status link_key(Engine *e, uint32_t decl, uint32_t act, const Str *values, uint32_t n,
                       uint64_t number) {
    uint8_t hash[SHA256_BYTES];
    buf_reset(&e->text);
    for (uint32_t i = 0; i < n; i++)
        put_str(&e->text, values[i]);
    TRY(buf_status(&e->text));
    sha256(buf_str(&e->text), hash);
    buf_reset(&e->key);
    put_key_u64(&e->key, (uint64_t)decl << 32 | act);
    put_bytes(&e->key, hash, 16);
    put_key_u64(&e->key, number);
    return buf_status(&e->key);
}

/* Lists of those that a clause without a key or a link looks through: those under way, and those
 * that have ended, with the instant of their end, for as long as a late event may still concern
 * them. */
enum { LINK_PREFIX = 24, LINK_SCAN = 0xFFFF, LINK_ENDED = 0xFFFE };

static Status link_put(Engine *e, bool there) {
    Status status = there ? led_put(e->l, LED_LINK, buf_str(&e->key), S("1"))
                          : led_del(e->l, LED_LINK, buf_str(&e->key));
    return status == OK ? OK : engine_fail(e, status, "writing the ledger");
}

/* Puts the link by which a clause finds the duty into e->key; *is false: it has none. */
static Status link_of(Engine *e, const Duty *d, uint32_t clause, bool *is) {
    const ActDef *act = &d->def->acts[clause];
    *is = act->match == MATCH_BY_LINK;
    if (!*is)
        return OK;
    Value *values = new (&e->event, Value, act->slot_count + 1);
    if (values == NULL)
        return ERR_NOMEM;
    for (uint32_t k = 0; k < act->slot_count; k++) {
        values[k] = d->frame[act->slots[k]];
        *is = *is && values[k].kind != V_ABSENT;
    }
    if (!*is)
        return OK; /* what is absent equals nothing */
    Str *texts;
    TRY(key_texts(e, values, act->slot_count, &texts));
    return link_key(e, d->decl, clause, texts, act->slot_count, d->number);
}

static Status links_add(Engine *e, const Duty *d) {
    for (uint32_t i = 0; i < d->def->act_count; i++) {
        bool is;
        TRY(link_of(e, d, i, &is));
        if (is)
            TRY(link_put(e, true));
    }
    return OK;
}

static Status link_there(Engine *e, bool *all) {
    Str value;
    bool found;
    Status status = led_find(e->l, LED_LINK, buf_str(&e->key), &value, &found);
    *all = *all && found;
    return status == OK ? OK : engine_fail(e, status, "reading the ledger");
}

/* Whether a clause is linked by who owes the duty, which may have changed since. */
static bool links_owner(const Duty *d, const ActDef *act) {
    for (uint32_t k = 0; k < act->slot_count; k++)
        if ((int64_t)act->slots[k] == d->def->owner_slot)
            return true;
    return false;
}

static bool has_scan(const DutyDef *def) {
    for (uint32_t i = 0; i < def->act_count; i++)
        if (def->acts[i].match == MATCH_BY_SCAN)
            return true;
    return false;
}

static Status next_linked(Engine *e, Str *from, Str *value, uint64_t *number, bool *found) {
    Str key, prefix = {from->p, LINK_PREFIX};
    Status status = led_next(e->l, LED_LINK, *from, true, &key, value, found);
    if (status != OK)
        return engine_fail(e, status, "reading the ledger");
    *found = *found && str_starts(key, prefix);
    if (!*found)
        return OK;
    TRY(arena_str(&e->event, key, from));
    Take t = take_from(str_from(*from, LINK_PREFIX));
    *number = take_key_u64(&t);
    return OK;
}

static Status link_begin(Engine *e, uint32_t decl, uint32_t list, const Str *values, uint32_t n,
                         Str *from) {
    TRY(link_key(e, decl, list, values, n, 0));
    return arena_str(&e->event, buf_str(&e->key), from);
}

/* Those that have ended stand by the instant of their end. */
static Status ended_key(Engine *e, uint32_t decl, int64_t at, uint64_t number) {
    static const uint8_t none[16] = {0};
    buf_reset(&e->key);
    put_key_u64(&e->key, (uint64_t)decl << 32 | LINK_ENDED);
    put_bytes(&e->key, none, sizeof none);
    put_key_i64(&e->key, at);
    put_key_u64(&e->key, number);
    return buf_status(&e->key);
}

/* The next that ended, behind `from` or at it. */
static Status ended_next(Engine *e, Str *from, bool after, int64_t *at, uint64_t *number,
                         bool *found) {
    Str key, value, prefix = {from->p, LINK_PREFIX};
    Status status = led_next(e->l, LED_LINK, *from, after, &key, &value, found);
    if (status != OK)
        return engine_fail(e, status, "reading the ledger");
    *found = *found && str_starts(key, prefix);
    if (!*found)
        return OK;
    TRY(arena_str(&e->event, key, from));
    Take t = take_from(str_from(*from, LINK_PREFIX));
    *at = take_key_i64(&t);
    *number = take_key_u64(&t);
    return take_done(&t) == OK ? OK : engine_fail(e, ERR_DAMAGED, "a duty that has ended");
}

/* Forgets those that ended so long ago that no event can concern them any more: a few each time. */
static Status ended_forget(Engine *e, uint32_t decl) {
    enum { AT_ONCE = 4 };
    Str from;
    TRY(ended_key(e, decl, INT64_MIN, 0));
    TRY(arena_str(&e->event, buf_str(&e->key), &from));
    for (int i = 0; i < AT_ONCE; i++) {
        uint64_t number;
        int64_t at;
        bool found;
        TRY(ended_next(e, &from, false, &at, &number, &found));
        if (!found || at >= e->clock - e->b->late_ms)
            return OK;
        TRY(ended_key(e, decl, at, number));
        TRY(link_put(e, false));
    }
    return OK;
}

static Status scan_listed(Engine *e, const Duty *d, bool there) {
    TRY(link_key(e, d->decl, LINK_SCAN, NULL, 0, d->number));
    return link_put(e, there);
}

/* Those that something may concern long behind their end stay in the list until they are met there
 * and nothing can: prohibitions whose end may move, and what comes again. */
static bool stays_listed(const DutyDef *def) {
    return def->forbids || duty_def_renews(def);
}

Status duty_listed(Engine *e, const Duty *d, const Fold *old) {
    bool was = old != NULL && old->ended, is = d->fold.ended;
    if (!has_scan(d->def) || (was && is && old->end_at == d->fold.end_at))
        return OK;
    if (old == NULL || was != is)
        TRY(scan_listed(e, d, !is || stays_listed(d->def)));
    if (stays_listed(d->def))
        return OK;
    if (was) {
        TRY(ended_key(e, d->decl, old->end_at, d->number));
        TRY(link_put(e, false));
    }
    if (!is)
        return OK;
    TRY(ended_key(e, d->decl, d->fold.end_at, d->number));
    TRY(link_put(e, true));
    return ended_forget(e, d->decl);
}

Status duty_is_linked(Engine *e, const Duty *d, bool *all) {
    *all = true;
    for (uint32_t i = 0; i < d->def->act_count; i++) {
        bool is;
        TRY(link_of(e, d, i, &is));
        if (is && !links_owner(d, &d->def->acts[i]))
            TRY(link_there(e, all));
    }
    if (!has_scan(d->def) || d->fold.ended)
        return OK;
    TRY(link_key(e, d->decl, LINK_SCAN, NULL, 0, d->number));
    return link_there(e, all);
}

/* ---- raising */

static Status key_of_schedule(Engine *e, int64_t at, Str **out) {
    Value v = value_of(V_INSTANT, at);
    return key_texts(e, &v, 1, out);
}

/* The first instant after `from` at which the clocks show that time of day. */
static int64_t next_time(const Zone *zone, int64_t from, int64_t time_ms) {
    int64_t day = local_day(zone_local(zone, from)), at = from;
    for (int i = 0; i < 3 && at <= from; i++)
        at = zone_instant(zone, (day + i) * DAY_MS + time_ms);
    return at;
}

/* When its clock starts: at its raising, or so much later. */
static Status duty_begins(Engine *e, Duty *d, Value span) {
    bool assumed = false;
    d->terms.begins = d->terms.raised;
    if (span.kind == V_ABSENT)
        return OK;
    if (span.i < 0) {
        e->vm.trap =
            (Trap){.code = TRAP_NO_TIME, .fn = e->vm.trap.fn, .at = e->vm.trap.at, .table = -1};
        return ERR_TRAP;
    }
    Status status =
        moment_add(local_zone(e->b, d->local), local_calendar(e->b, d->local), d->terms.raised,
                   (Family)span.aux, span.i, &d->terms.begins, &assumed);
    d->assumed = d->assumed || assumed;
    return engine_time_trap(e, status);
}

static Status duty_terms_set(Engine *e, Duty *d, Value due) {
    bool assumed = false;
    d->span = due;
    d->terms.def = d->def;
    d->terms.zone = local_zone(e->b, d->local);
    d->terms.calendar = local_calendar(e->b, d->local);
    if (!d->def->due_by) {
        if (due.i <= 0) {
            e->vm.trap =
                (Trap){.code = TRAP_NO_TIME, .fn = e->vm.trap.fn, .at = e->vm.trap.at, .table = -1};
            return ERR_TRAP;
        }
        Status status =
            span_terms(d->terms.zone, d->terms.calendar, d->terms.begins, due, &d->terms.unpaused,
                       &d->terms.limit_ms, &d->terms.working, &assumed);
        d->assumed = d->assumed || assumed;
        return engine_time_trap(e, status);
    }
    int64_t at = due.i;
    if (due.kind == V_DATE) /* by a date: until its end */
        at = zone_instant(d->terms.zone, (due.i + 1) * DAY_MS);
    if (due.kind == V_TIME) /* by a time of day: the next one */
        at = next_time(d->terms.zone, d->terms.begins, due.i);
    if (d->def->due_end != DUE_END_NONE)
        TRY(engine_time_trap(
            e, due_end(e->b, d->local, (DueEnd)d->def->due_end, d->terms.begins, &at, &assumed)));
    d->assumed = d->assumed || assumed;
    d->terms.unpaused = at;
    d->terms.limit_ms = at != INSTANT_NEVER && at > d->terms.begins ? at - d->terms.begins : 0;
    return OK;
}

Status traces_of(Engine *e, Effect *effect) {
    effect->traces = new (&e->event, Trace, e->vm.trace_count + 1);
    if (effect->traces == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < e->vm.trace_count; i++) {
        const TraceRow *row = &e->vm.trace[i];
        Trace *trace = &effect->traces[effect->trace_count++];
        *trace = (Trace){.table = row->table,
                         .row = (uint32_t)row->row,
                         .input_count = e->b->tables[row->table].input_count};
        trace->inputs = new (&e->event, Value, trace->input_count + 1);
        if (trace->inputs == NULL)
            return ERR_NOMEM;
        memcpy(trace->inputs, row->inputs, trace->input_count * sizeof(Value));
    }
    return OK;
}

/* Whether a duty of this key may be raised now: there is none yet, or it may come again and its
 * last one has ended. */
static Status may_raise(Engine *e, Duty *d, bool *yes, Duty *first, Duty *before) {
    uint64_t number;
    bool found;
    d->occurrence = 1;
    *yes = true;
    before->number = 0;
    TRY(duty_named(e, d->decl, d->key, d->key_count, 1, &number, &found));
    first->number = 0;
    if (!found)
        return OK;
    *yes = false;
    if (!d->def->again)
        return OK;
    TRY(duty_load(e, number, first));
    Duty last = *first;
    if (first->latest != 0)
        TRY(duty_load(e, first->latest, &last));
    *yes = last.fold.ended;
    d->occurrence = last.occurrence + 1;
    *before = last;
    return OK;
}

static Status duty_open(Engine *e, Duty *d, Duty *first, const Duty *before) {
    d->number = e->next++;
    d->was = d->counted = STATE_BEFORE_NONE;
    d->round = 1;
    d->timer_at = INSTANT_NEVER;
    d->acts = new (&e->event, Act, (size_t)d->def->move_count + 2);
    if (d->acts == NULL)
        return ERR_NOMEM;
    TRY(duty_repeats(d, &e->event));
    TRY(engine_time_trap(e, fold_acts(&d->terms, d->acts, 0, &e->event, &d->fold)));
    Effect effect = duty_effect(d, EFFECT_DUTY_OPENED);
    effect.values[0] = instant_or_absent(d->fold.due);
    effect.values[1] = value_flag(d->assumed);
    if (d->def->has_start)
        effect.values[2] = value_of(V_INSTANT, d->terms.begins);
    memcpy(effect.values + 3, d->attributes, sizeof d->attributes);
    effect.line = d->def->file << 20 | d->def->line;
    TRY(traces_of(e, &effect));
    TRY(duty_say(e, d, &effect));
    d->leaf = d->said[0];
    TRY(duty_name(e, d));
    TRY(links_add(e, d));
    TRY(duty_listed(e, d, NULL));
    TRY(correct_note(e, d, e->flow));
    TRY(duty_plan(e, d));
    TRY(duty_save(e, d));
    if (first->number != 0) {
        first->latest = d->number;
        TRY(duty_save(e, first));
    }
    TRY(renewal_noted(e, before, d));
    TRY(since_find(e, d));
    return moves_past(e, d);
}

/* What a KPI obliges has the episode as one more part of its key (language.md 10). */
static Status key_of_episode(Engine *e, Duty *d) {
    Str *key = new (&e->event, Str, d->key_count + 1);
    if (key == NULL)
        return ERR_NOMEM;
    memcpy(key, d->key, d->key_count * sizeof *key);
    TRY(arena_printf(&e->event, &key[d->key_count], "%u", e->episode));
    d->key = key;
    d->key_count++;
    return OK;
}

/* Of many that a schedule raises at once each has its instant as one more part of its key, and is
 * caused by itself. */
static Status key_of_each(Engine *e, Duty *d, int64_t at) {
    Str *instant, *key = new (&e->event, Str, d->key_count + 1);
    if (key == NULL)
        return ERR_NOMEM;
    TRY(key_of_schedule(e, at, &instant));
    memcpy(key, d->key, d->key_count * sizeof *key);
    key[d->key_count++] = *instant;
    d->key = key;
    d->occurrence = 1;
    e->subject = duty_subject(d);
    e->cause = (Cause){.kind = CAUSE_TIMER, .instant = at, .subject = e->subject};
    return OK;
}

/* What a duty must come to is more than nothing, and so is the time until it comes again. */
static Status amounts_ok(Engine *e, const Duty *d) {
    bool at_once = d->def->again_slot >= 0 && d->frame[d->def->again_slot].i <= 0;
    if (at_once) {
        e->vm.trap =
            (Trap){.code = TRAP_NO_TIME, .fn = e->vm.trap.fn, .at = e->vm.trap.at, .table = -1};
        return ERR_TRAP;
    }
    for (uint32_t i = 0; i < d->def->part_count; i++) {
        const Value *whole = portion_of(&d->terms, i);
        if (whole == NULL || dec_sign(value_to_dec(*whole)) > 0)
            continue;
        e->vm.trap =
            (Trap){.code = TRAP_NO_AMOUNT, .fn = e->vm.trap.fn, .at = e->vm.trap.at, .table = -1};
        return ERR_TRAP;
    }
    return OK;
}

/* What a duty's function gives: its key, who owes it, what it keeps. *kept NULL: it does not arise.
 */
static Status raise_compute(Engine *e, Duty *d, const VmEvent *event, const Value *args, int64_t at,
                            Value **kept) {
    const Value *results;
    bool applies, outer = e->vm.tracing;
    e->vm.tracing = true;
    e->vm.trace_count = 0;
    Status status = vm_call(&e->vm, d->def->raise_fn, event, NULL, args, &results, &applies);
    e->vm.tracing = outer;
    *kept = NULL;
    TRY(status);
    if (!applies)
        return OK;
    uint32_t keys = d->def->key_count, fixed = duty_def_fixed(d->def);
    *kept = new (&e->event, Value, fixed + d->def->frame_count + 1);
    if (*kept == NULL)
        return ERR_NOMEM;
    memcpy(*kept, results, (fixed + d->def->frame_count) * sizeof **kept);
    d->terms.def = d->def;
    d->terms.raised = at;
    d->policy = bundle_version_of(e->b, d->def->version, at);
    d->key_count = d->def->schedule.kind != SCHEDULE_NONE && keys == 0 ? 1 : keys;
    TRY(d->def->schedule.kind != SCHEDULE_NONE && keys == 0 ? key_of_schedule(e, at, &d->key)
                                                            : key_texts(e, *kept, keys, &d->key));
    if (d->def->each_fn >= 0)
        TRY(key_of_each(e, d, at));
    if (e->episode > 0)
        TRY(key_of_episode(e, d));
    d->owner = d->first_owner = d->terms.owner = move_owner(e->b, d->def, (*kept)[keys], at);
    d->local = duty_local(e->b, d->def, d->owner);
    uint32_t more = keys + 1;
    for (uint32_t i = 0; i < ATTRIBUTES; i++)
        d->attributes[i] = (d->def->attributes >> i & 1) != 0 ? (*kept)[more++] : value_absent();
    d->frame = *kept + fixed;
    d->terms.frame = d->frame;
    duty_owned(d);
    return OK;
}

/* Its time, by what its function gave. */
static Status raise_terms(Engine *e, Duty *d, const Value *kept) {
    uint32_t fixed = duty_def_fixed(d->def);
    TRY(amounts_ok(e, d));
    TRY(duty_begins(e, d, d->def->has_start ? kept[fixed - 2] : value_absent()));
    return duty_terms_set(e, d, kept[fixed - 1]);
}

/* Raises a duty through its function: by an event, by arguments, or by a schedule (neither). */
Status duty_raise(Engine *e, uint32_t decl, const VmEvent *event, const Value *args, int64_t at) {
    Duty d = {.decl = decl, .def = &e->b->duties[decl]}, first = {0}, before = {0};
    Value *kept;
    bool yes;
    if (!dated_at(&d.def->dated, at))
        return OK;
    TRY(raise_compute(e, &d, event, args, at, &kept));
    if (kept == NULL)
        return OK;
    TRY(may_raise(e, &d, &yes, &first, &before));
    if (!yes)
        return OK;
    TRY(raise_terms(e, &d, kept));
    return duty_open(e, &d, &first, &before);
}

Status duty_as_raised(Engine *e, uint32_t decl, const VmEvent *event, int64_t at, Duty *out,
                      bool *applies) {
    Value *kept;
    *out = (Duty){.decl = decl, .def = &e->b->duties[decl]};
    TRY(raise_compute(e, out, event, NULL, at, &kept));
    *applies = kept != NULL;
    return *applies ? raise_terms(e, out, kept) : OK;
}

Status duty_found_by(Engine *e, const Duty *d) {
    TRY(links_add(e, d));
    return duty_listed(e, d, NULL);
}

Status duty_follow(Engine *e, Duty *d, int64_t at, const Duty *before) {
    Duty first = {0};
    uint64_t number;
    bool found;
    TRY(duty_named(e, d->decl, d->key, d->key_count, 1, &number, &found));
    if (!found)
        return engine_fail(e, ERR_DAMAGED, "the first of a duty that comes again is missing");
    TRY(duty_load(e, number, &first));
    d->terms.raised = at;
    d->policy = bundle_version_of(e->b, d->def->version, at);
    d->terms.frame = d->frame;
    d->terms.def = d->def;
    d->local = duty_local(e->b, d->def, d->owner);
    duty_owned(d);
    TRY(duty_begins(e, d, value_absent()));
    TRY(duty_terms_set(e, d, d->span));
    e->vm.trace_count = 0;
    return duty_open(e, d, &first, before);
}

/* ---- acting */

/* Acts of one instant: what fulfils first. */
static int act_rank(uint8_t kind) {
    return act_is_part(kind) ? ACT_IS_FULFIL : kind == ACT_IS_UNRAISE ? -2 : kind;
}

/* What takes back of a sum goes before what adds to it, so that what all of an instant come to
 * counts. */
static int act_place(const Act *act) {
    return act->kind == ACT_IS_PORTION && act->more.i < 0 ? -1 : act_rank(act->kind);
}

/* -1, 0, 1 by time, then kind; ties by the source and id of the events. */
static Status act_order(Engine *e, const Act *a, const Act *b, int *order) {
    *order = a->time != b->time ? (a->time < b->time ? -1 : 1) : act_place(a) - act_place(b);
    if (*order != 0)
        return OK;
    Leaf x, y;
    Str bytes;
    Status status = led_leaf(e->l, a->leaf, &bytes);
    if (status == OK)
        status = take_leaf(bytes, &e->event, &x);
    Str source = {NULL, 0}, id = {NULL, 0};
    if (status == OK && x.kind == LEAF_EVENT) {
        TRY(arena_str(&e->event, x.event.source, &source));
        TRY(arena_str(&e->event, x.event.id, &id));
    }
    if (status == OK)
        status = led_leaf(e->l, b->leaf, &bytes);
    if (status == OK)
        status = take_leaf(bytes, &e->event, &y);
    if (status != OK)
        return engine_fail(e, status, "reading the journal");
    Str source2 = y.kind == LEAF_EVENT ? y.event.source : S(""),
        id2 = y.kind == LEAF_EVENT ? y.event.id : S("");
    *order = str_cmp(source, source2);
    if (*order == 0)
        *order = str_cmp(id, id2);
    if (*order == 0) /* clauses that hear the same event, as they do */
        *order = a->kind != b->kind ? a->kind - b->kind : a->clause - b->clause;
    return OK;
}

/* Puts an act among those of the duty, in its order; *at is its place. */
static Status act_insert(Engine *e, Duty *d, Act act, uint32_t *at) {
    uint32_t place = d->act_count;
    while (place > 0) {
        int order;
        TRY(act_order(e, &d->acts[place - 1], &act, &order));
        if (order <= 0)
            break;
        place--;
    }
    memmove(&d->acts[place + 1], &d->acts[place], (d->act_count - place) * sizeof act);
    d->acts[place] = act;
    d->act_count++;
    *at = place;
    return OK;
}

/* The duty had not ended before this act. */
static Status act_on_open(Engine *e, Duty *d, const Act *act, uint32_t place, const Fold *old,
                          const Flow *flow) {
    Said was = said_under(d, old, d->breached);
    if (d->fold.ended) {
        bool in_time = d->breached && !d->fold.late;
        d->reported_late = d->fold.end_kind == ACT_IS_FULFIL && in_time;
        TRY(say_end(e, d, flow));
        if (in_time)
            TRY(say_corrected(e, d, was));
        return duty_listed(e, d, old);
    }
    if (act->kind == ACT_IS_ACKNOWLEDGE)
        TRY(say_acknowledged(e, d, act, flow));
    if (act->kind == ACT_IS_PORTION)
        TRY(say_progressed(e, d, act, flow));
    TRY(say_clock(e, d, act, place));
    if (d->breached && d->fold.due > old->due && d->fold.due >= engine_horizon(e)) {
        take_back(d);
        TRY(say_corrected(e, d, was));
    }
    return OK;
}

/* The duty had ended: what lies before its end and changes the outcome is corrected. */
static Status act_on_ended(Engine *e, Duty *d, const Fold *old) {
    const Fold *now = &d->fold;
    TRY(duty_listed(e, d, old));
    if (now->end_kind == old->end_kind && now->end_at == old->end_at && now->late == old->late)
        return OK;
    Said was = said_under(d, old, d->breached);
    if (now->end_kind == ACT_IS_FULFIL && !now->late && d->breached)
        d->reported_late = true;
    else if (now->end_kind != ACT_IS_FULFIL || now->late)
        d->reported_late = false;
    return say_corrected(e, d, was);
}

Status duty_refold(Engine *e, Duty *d) {
    Status status = fold_acts(&d->terms, d->acts, d->act_count, &e->event, &d->fold);
    if (status == OK && d->terms.over && d->fold.due >= engine_horizon(e)) {
        d->terms.over = false;
        status = fold_acts(&d->terms, d->acts, d->act_count, &e->event, &d->fold);
    }
    TRY(engine_time_trap(e, status));
    duty_owned(d);
    return OK;
}

Status duty_apply(Engine *e, Duty *d, Act act, const Flow *flow) {
    if (act.time < d->terms.raised)
        return OK; /* what lies before its start has no effect */
    Fold old = d->fold;
    Value owner = d->owner;
    uint32_t place = 0;
    TRY(act_insert(e, d, act, &place));
    TRY(correct_note(e, d, flow));
    TRY(duty_refold(e, d));
    uint32_t line = e->line;
    bool reacts = false;
    if (!value_eq(owner, d->owner))
        TRY(say_reassigned(e, d, owner));
    if (d->def->forbids)
        TRY(forbid_told(e, d, &d->acts[place], place, &old, flow, &reacts));
    else
        TRY(old.ended ? act_on_ended(e, d, &old)
                      : act_on_open(e, d, &d->acts[place], place, &old, flow));
    reacts = reacts || (!old.ended && d->fold.ended && duty_state(d) != DUTY_BREACHED);
    e->line = line;
    TRY(duty_plan(e, d));
    TRY(duty_save(e, d)); /* reactions read what stands in the ledger */
    if (old.ended && (!d->fold.ended || d->fold.end_at > old.end_at))
        TRY(moves_past(e, d));
    return reacts ? duty_react(e, d, duty_state(d)) : OK;
}

static Status freed_note(Engine *e, const Duty *d, const Act *act, const Fold *old);

/* Tells who asks that a clause acted; of the engine's own acts a copy comes here. */
static void watch_act(const Engine *e, const Duty *d, const ActDef *act) {
    for (uint32_t i = 0;
         e->vm.watch != NULL && e->vm.watch->duty_acts != NULL && i < d->def->act_count; i++) {
        const ActDef *own = &d->def->acts[i];
        bool here = own->line == act->line && own->file == act->file;
        if (own->kind == act->kind && own->event == act->event && own->clause == act->clause &&
            (here ||
             own->match == MATCH_BY_SELF)) /* where a power permits it, it stems from that */
            e->vm.watch->duty_acts[d->decl][i] = 1;
    }
}

/* Tests the rest of a clause on an instance, and acts on it. *done: it fitted. What the event
 * itself brought into being is no instance of its acts, wherever the text has the one and the
 * other. */
static Status act_try(Engine *e, const ActDef *act, Value more, Flow *flow, Duty *d, bool *done) {
    *done = false;
    if (flow->begun > 0 && d->leaf >= flow->begun)
        return OK;
    int64_t time = flow->vm.time;
    if (time < d->terms.raised && act->has_since) { /* as if it had waited for the raising */
        bool reaches;
        TRY(since_reaches(e, act, d, time, &reaches));
        if (!reaches)
            return OK;
        time = d->terms.raised;
    }
    if (time < d->terms.raised && act->match != MATCH_BY_KEY && act->match != MATCH_BY_SELF)
        return OK;
    if (act->test_fn >= 0) {
        const Value *flag;
        TRY(vm_call(&e->vm, act->test_fn, &flow->vm, d->frame, NULL, &flag, NULL));
        if (flag[0].i == 0)
            return OK;
    }
    if (act->kind == ACT_IS_PORTION)
        more = act->field < 0 ? value_int(1) : flow->vm.fields[act->field];
    if (act->kind == ACT_IS_PORTION && more.kind == V_ABSENT)
        return OK; /* what is absent adds nothing */
    *done = true;
    e->matched = true;
    watch_act(e, d, act);
    e->line = act->file << 20 | act->line;
    Act applied = {
        .time = time, .kind = act->kind, .clause = act->clause, .leaf = flow->leaf, .more = more};
    Fold old = d->fold;
    TRY(duty_apply(e, d, applied, flow));
    return freed_note(e, d, &applied, &old);
}

Status act_values(Engine *e, const ActDef *act, Flow *flow, Str **texts, uint32_t *n,
                  bool *absent) {
    const Value *values;
    if (act->of_subject) {
        *texts = (Str *)(uintptr_t)flow->subject.key;
        *n = flow->subject.key_count;
        *absent = *n == 0;
        return OK;
    }
    TRY(vm_call(&e->vm, act->link_fn, &flow->vm, NULL, NULL, &values, NULL));
    *n = e->b->fns[act->link_fn].result_count;
    *absent = false;
    for (uint32_t i = 0; i < *n; i++)
        *absent = *absent || values[i].kind == V_ABSENT;
    return *absent ? OK : key_texts(e, values, *n, texts);
}

static Status act_by_key(Engine *e, uint32_t decl, const ActDef *act, Flow *flow, const Str *key,
                         uint32_t n, bool *used) {
    uint64_t number;
    bool found;
    TRY(duty_find_key(e, decl, key, n, flow->vm.time, &number, &found));
    if (!found)
        return OK;
    Duty d;
    TRY(duty_load(e, number, &d));
    if (d.decl != decl)
        return OK;
    bool over = d.fold.ended && d.fold.end_at <= flow->vm.time;
    TRY(act_try(e, act, value_absent(), flow, &d, used));
    *used = *used && !over;
    return OK;
}

/* Whether what lies behind the end of a duty may count yet: a prohibition becomes longer when a
 * late event pauses it, and what ended a duty may be corrected. Behind the horizon no event comes
 * that could move an end. */
static bool end_may_move(const Engine *e, const Duty *d) {
    Power asked = {.verb = POWER_TO_CORRECT, .of = d->decl, .owner = d->owner};
    bool moves = d->def->forbids || power_given(e->b, &asked);
    return moves && d->fold.end_at >= e->clock - e->b->late_ms;
}

/* The instances that a clause may concern, in the order in which they came into being: of a link's
 * list, or of those under way and those that have ended since the event. */
typedef struct Candidates {
    Str from;
    uint64_t next; /* of the list; 0: no more */
    uint64_t *ended;
    uint32_t ended_count, ended_room, ended_at;
} Candidates;

static Status candidates_step(Engine *e, Candidates *c) {
    Str value;
    bool found;
    TRY(next_linked(e, &c->from, &value, &c->next, &found));
    c->next = found ? c->next : 0;
    return OK;
}

static Status ended_add(Engine *e, Candidates *c, uint64_t number) {
    if (c->ended_count == c->ended_room) {
        uint32_t room = 2 * c->ended_room + 8;
        uint64_t *more = new (&e->event, uint64_t, room);
        if (more == NULL)
            return ERR_NOMEM;
        if (c->ended_count > 0)
            memcpy(more, c->ended, c->ended_count * sizeof *more);
        c->ended = more;
        c->ended_room = room;
    }
    c->ended[c->ended_count++] = number;
    return OK;
}

/* By number: a shell sort. */
static void ended_sort(Candidates *c) {
    for (uint32_t gap = c->ended_count / 2; gap > 0; gap /= 2)
        for (uint32_t i = gap; i < c->ended_count; i++) {
            uint64_t one = c->ended[i];
            uint32_t k = i;
            for (; k >= gap && c->ended[k - gap] > one; k -= gap)
                c->ended[k] = c->ended[k - gap];
            c->ended[k] = one;
        }
}

/* Those that ended at an instant or behind it. */
static Status ended_find(Engine *e, uint32_t decl, int64_t since, Candidates *c) {
    Str from;
    int64_t at;
    uint64_t number;
    bool found = true;
    TRY(ended_key(e, decl, since, 0));
    TRY(arena_str(&e->event, buf_str(&e->key), &from));
    for (bool after = false; found; after = true) {
        TRY(ended_next(e, &from, after, &at, &number, &found));
        if (found)
            TRY(ended_add(e, c, number));
    }
    ended_sort(c);
    return OK;
}

static Status candidates_begin(Engine *e, uint32_t decl, const ActDef *act, const Flow *flow,
                               const Str *values, uint32_t n, bool one, Candidates *c) {
    bool linked = act->match == MATCH_BY_LINK;
    Power corrected = {.verb = POWER_TO_CORRECT, .of = decl};
    uint32_t list = linked ? (uint32_t)(act - e->b->duties[decl].acts) : LINK_SCAN;
    *c = (Candidates){0};
    TRY(link_begin(e, decl, list, values, n, &c->from));
    TRY(candidates_step(e, c));
    if (linked)
        return OK;
    bool all = !one && power_given(e->b, &corrected); /* their ends may move yet */
    return ended_find(e, decl, all ? e->clock - e->b->late_ms : flow->vm.time, c);
}

/* The next one, or 0. */
static Status candidates_next(Engine *e, Candidates *c, uint64_t *number) {
    uint64_t ended = c->ended_at < c->ended_count ? c->ended[c->ended_at] : 0;
    if (ended != 0 && (c->next == 0 || ended < c->next)) {
        c->ended_at++;
        *number = ended;
        return OK;
    }
    *number = c->next;
    return *number == 0 ? OK : candidates_step(e, c);
}

/* Whether the duty had ended before an act: of those of one instant the order counts that they
 * have in its fold. */
static Status was_over(Engine *e, const Duty *d, const ActDef *act, const Flow *flow, bool *over) {
    const Fold *f = &d->fold;
    *over = f->ended && f->end_at < flow->vm.time;
    if (!f->ended || f->end_at != flow->vm.time || d->def->forbids) {
        *over = *over || (f->ended && f->end_at == flow->vm.time);
        return OK;
    }
    Act mine = {
        .time = flow->vm.time, .kind = act->kind, .clause = act->clause, .leaf = flow->leaf};
    if (act->kind == ACT_IS_PORTION && act->field >= 0)
        mine.more = flow->vm.fields[act->field];
    int order;
    TRY(act_order(e, &mine, &d->acts[f->counted - 1], &order));
    *over = order >= 0;
    return OK;
}

/* A fulfilment takes the oldest that it fits, unless the clause says each; pauses and waivers take
 * all. One that another has fulfilled since is taken too: what had fulfilled it is free again. */
static Status act_by_list(Engine *e, uint32_t decl, const ActDef *act, Flow *flow,
                          const Str *values, uint32_t n, bool *used) {
    bool one = act_rank(act->kind) == ACT_IS_FULFIL && !act->each, done = false;
    Candidates c;
    TRY(candidates_begin(e, decl, act, flow, values, n, one, &c));
    while (!(done && one)) {
        uint64_t number;
        bool over;
        TRY(candidates_next(e, &c, &number));
        if (number == 0)
            return OK;
        Duty d;
        TRY(duty_load(e, number, &d));
        if (d.decl != decl) /* it was moved to another version since */
            continue;
        TRY(was_over(e, &d, act, flow, &over));
        bool concerned = end_may_move(e, &d) || renewal_waits(&d);
        bool late = d.fold.end_at >= e->clock - e->b->late_ms && duty_def_renews(d.def);
        if (over && stays_listed(d.def) && act->match == MATCH_BY_SCAN && !concerned && !late)
            TRY(scan_listed(e, &d, false));
        if (over && (one || !concerned))
            continue;
        TRY(act_try(e, act, value_absent(), flow, &d, &done));
        *used = *used || done;
    }
    return OK;
}

/* ---- what had fulfilled a duty that another event has ended before it */

/* The place of an act among those of its duty. */
static uint32_t place_of(const Duty *d, const Act *act) {
    uint32_t i = 0;
    while (i < d->act_count && (d->acts[i].leaf != act->leaf || d->acts[i].kind != act->kind ||
                                d->acts[i].clause != act->clause))
        i++;
    return i;
}

/* What counted as a fulfilment, or as a part of one, and lies behind the end now that an act has
 * come before it. */
static Status freed_note(Engine *e, const Duty *d, const Act *act, const Fold *old) {
    if (!d->fold.ended || place_of(d, act) >= d->fold.counted)
        return OK;
    uint32_t last = old->ended ? old->counted : d->act_count - 1; /* it moved on by one */
    for (uint32_t i = d->fold.counted; i <= last && i < d->act_count; i++) {
        const Act *one = &d->acts[i];
        Freed freed = {d->number, one->leaf, one->kind, one->clause};
        if (act_rank(one->kind) == ACT_IS_FULFIL && !one->dropped && !vec_push(&e->freed, freed))
            return ERR_NOMEM;
    }
    return OK;
}

static Status offer_to(Engine *e, uint32_t decl, const ActDef *act, Flow *flow, bool *used) {
    Str *texts = NULL;
    uint32_t n = 0;
    bool absent = false;
    Flow own;
    bool fits = act->event == flow->event;
    for (uint32_t i = 0; i < e->b->events[flow->event].twin_count; i++)
        fits = fits || e->b->events[flow->event].twins[i] == act->event;
    if (fits)
        TRY(flow_as(e, flow, act->event, &own, &fits));
    flow = &own;
    if (!fits || act->each || (act->match != MATCH_BY_LINK && act->match != MATCH_BY_SCAN))
        return OK;
    if (act->match == MATCH_BY_LINK)
        TRY(act_values(e, act, flow, &texts, &n, &absent));
    return absent ? OK : act_by_list(e, decl, act, flow, texts, n, used);
}

/* It fulfils another duty now, and no more the one that it had fulfilled. */
static Status freed_drop(Engine *e, const Freed *freed) {
    Duty d;
    TRY(duty_load(e, freed->number, &d));
    for (uint32_t i = 0; i < d.act_count; i++)
        if (d.acts[i].leaf == freed->leaf && d.acts[i].kind == freed->kind &&
            d.acts[i].clause == freed->clause)
            d.acts[i].dropped = true;
    return duty_save(e, &d);
}

/* Offers it to the oldest duty that it fits, as when it came. */
static Status offer_again(Engine *e, uint32_t decl, const Freed *freed) {
    const DutyDef *def = &e->b->duties[decl];
    Flow flow, *outer = e->flow;
    Cause cause = e->cause;
    int64_t now = e->now;
    bool used = false, is_event;
    TRY(flow_find(e, freed->leaf, &flow, &is_event));
    if (!is_event)
        return OK;
    e->flow = &flow;
    e->cause = flow.cause;
    e->now = flow.vm.time;
    Status status = OK;
    for (uint32_t i = 0; i < def->act_count && !used && status == OK; i++)
        if (def->acts[i].kind == freed->kind && def->acts[i].clause == freed->clause)
            status = offer_to(e, decl, &def->acts[i], &flow, &used);
    e->flow = outer;
    e->cause = cause;
    e->now = now;
    return status == OK && used ? freed_drop(e, freed) : status;
}

/* Each is offered to what lies behind the one before it, so there are no more than duties. */
static Status freed_offer(Engine *e, uint32_t decl) {
    for (size_t i = 0; i < e->freed.n; i++) {
        Freed one = e->freed.at[i];
        TRY(offer_again(e, decl, &one));
    }
    e->freed.n = 0;
    return OK;
}

/* Whether who acts may do so, where the policy says who may; the act then stems from that power.
 * *more: what the act says besides its kind. */
static Status act_powers(Engine *e, ActDef *act, const Flow *flow, const Duty *d, Value *more) {
    static const PowerVerb verbs[] = {[ACT_IS_WAIVE] = POWER_TO_WAIVE,
                                      [ACT_IS_RESUME] = POWER_TO_PAUSE,
                                      [ACT_IS_PAUSE] = POWER_TO_PAUSE,
                                      [ACT_IS_REASSIGN] = POWER_TO_REASSIGN,
                                      [ACT_IS_ACKNOWLEDGE] = POWER_TO_ACKNOWLEDGE};
    if (act->kind >= sizeof verbs / sizeof *verbs || act_rank(act->kind) == ACT_IS_FULFIL ||
        act->kind == ACT_IS_CANCEL)
        return OK;
    Power asked = {
        .verb = verbs[act->kind], .of = d->decl, .owner = duty_owner_at(d, flow->vm.time)};
    const PowerDef *by;
    if (!power_given(e->b, &asked))
        return OK;
    TRY(power_permits(e, &asked, flow->by, flow->vm.time, &by));
    if (by == NULL) {
        Str message;
        TRY(power_missing(e, &asked, flow->by, &message));
        return refuse_authority(e, flow, S("actor"), message);
    }
    act->file = by->file;
    act->line = by->line;
    if (act->kind == ACT_IS_REASSIGN)
        *more = flow->vm.fields[2];
    if (act->kind == ACT_IS_ACKNOWLEDGE) {
        int64_t until, limit;
        bool working;
        Status status = span_terms(d->terms.zone, d->terms.calendar, flow->vm.time, by->span,
                                   &until, &limit, &working, NULL);
        TRY(engine_time_trap(e, status));
        *more = value_of(V_INSTANT, until);
    }
    return OK;
}

/* The engine's own acts name duty and key themselves. */
static Status act_by_self(Engine *e, uint32_t decl, const ActDef *act, Flow *flow) {
    Str name = value_str(flow->vm.fields[0]);
    const DutyDef *def = &e->b->duties[decl];
    if (!str_eq(name, def->name) && (def->alias.n == 0 || !str_eq(name, def->alias)))
        return OK;
    Value list = flow->vm.fields[1];
    Str *key;
    TRY(key_texts(e, list.items, list.n, &key));
    uint64_t number;
    bool found, holds, done;
    TRY(duty_find_key(e, decl, key, list.n, flow->vm.time, &number, &found));
    if (!found)
        return OK;
    Duty d;
    TRY(duty_load(e, number, &d));
    if (d.decl != decl) /* it runs as another version declares it */
        return OK;
    if (e->b->events[act->event].engine == ENGINE_REPORTED) {
        Value owed_by = duty_owner_at(&d, flow->vm.time);
        TRY(org_holds(e, flow->by, owed_by, flow->vm.time, &holds));
        if (!holds) {
            Str message;
            Str owner = party_text(e->b, owed_by);
            TRY(arena_printf(&e->event, &message,
                             "%.*s is not %.*s, who owes this duty, nor one of its members",
                             STR_ARG(flow->by), STR_ARG(owner)));
            return refuse_authority(e, flow, S("actor"), message);
        }
    }
    ActDef mine = *act;
    Value more = value_absent();
    TRY(act_powers(e, &mine, flow, &d, &more));
    return act_try(e, &mine, more, flow, &d, &done);
}

static Status duty_acted(Engine *e, uint32_t decl, const ActDef *act, Flow *flow) {
    Str *texts = NULL;
    uint32_t n = 0;
    bool absent = false, used = false;
    if (act->match == MATCH_BY_SELF)
        return act_by_self(e, decl, act, flow);
    if (act->match != MATCH_BY_SCAN)
        TRY(act_values(e, act, flow, &texts, &n, &absent));
    if (absent)
        return OK;
    if (act->match == MATCH_BY_KEY)
        TRY(act_by_key(e, decl, act, flow, texts, n, &used));
    else
        TRY(act_by_list(e, decl, act, flow, texts, n, &used));
    bool keep = act->has_since && act->kind == ACT_IS_FULFIL && (!used || act->each);
    return keep ? since_keep(e, decl, act, flow, texts, n) : OK;
}

Status duty_act(Engine *e, uint32_t decl, const ActDef *act, Flow *flow) {
    e->freed.n = 0;
    TRY(duty_acted(e, decl, act, flow));
    return freed_offer(e, decl);
}

/* ---- time */

static bool is_among(const Value *parties, size_t n, Value party) {
    for (size_t i = 0; i < n; i++)
        if (value_eq(parties[i], party))
            return true;
    return false;
}

Status duty_tell(Engine *e, Duty *d, Value party) {
    if (is_among(d->told, d->told_count, party))
        return OK;
    Value *more = new (&e->event, Value, d->told_count + 1);
    if (more == NULL)
        return ERR_NOMEM;
    memcpy(more, d->told, d->told_count * sizeof *more);
    more[d->told_count] = party;
    d->told = more;
    d->told_count++;
    return OK;
}

static Status say_vacant(Engine *e, Duty *d, Value seat, uint32_t n) {
    Effect effect = duty_effect(d, EFFECT_DUTY_VACANT);
    effect.values[0] = seat;
    effect.values[1] = value_int(n + 1);
    return duty_say(e, d, &effect);
}

/* Whom rung n reaches, each once. Vacant seats are said; when all of them are, those of the next
 * rung are told in their place, and so on (semantics.md 14). */
static Status rung_reach(Engine *e, Duty *d, uint32_t n, int64_t at, Value **out, uint32_t *count) {
    VEC(Value) vacant = {0};
    Status status = OK;
    *count = 0;
    for (uint32_t next = n; next < d->def->rung_count && *count == 0 && status == OK; next++) {
        const Value *to;
        int32_t fn = d->def->rungs[next].to_fn;
        status = vm_call(&e->vm, fn, NULL, d->frame, NULL, &to, NULL);
        if (status != OK)
            break;
        uint32_t all = e->b->fns[fn].result_count;
        *out = new (&e->event, Value, all + 1);
        if (*out == NULL) {
            status = ERR_NOMEM;
            break;
        }
        memcpy(*out, to, all * sizeof **out);
        for (uint32_t i = 0; i < all && status == OK; i++) {
            Value party = (*out)[i];
            bool gone = false;
            if (is_among(*out, *count, party) || is_among(vacant.at, vacant.n, party))
                continue;
            status = org_vacant(e, party, at, &gone);
            if (status == OK && !gone)
                (*out)[(*count)++] = party;
            else if (status == OK)
                status = vec_push(&vacant, party) ? say_vacant(e, d, party, n) : ERR_NOMEM;
        }
    }
    vec_free(&vacant);
    return status;
}

/* A rung is spent: the first time, or as a repetition. */
static void rung_spend(Duty *d, uint32_t n, uint32_t again) {
    d->fired |= (uint64_t)1 << n;
    if (again > 0)
        d->repeats[n] = again;
}

/* Whether the policy wants the rungs of a duty not to be said now. */
static Status is_silent(Engine *e, const Duty *d, bool *yes) {
    const Value *flag;
    *yes = false;
    if (d->def->silent_fn < 0)
        return OK;
    TRY(vm_call(&e->vm, d->def->silent_fn, NULL, d->frame, NULL, &flag, NULL));
    *yes = flag[0].i != 0;
    return OK;
}

static Status say_silenced(Engine *e, Duty *d, uint32_t n, uint32_t again) {
    Effect effect = duty_effect(d, EFFECT_DUTY_SILENCED);
    effect.values[0] = value_int(n + 1);
    effect.values[1] = instant_or_absent(d->fold.due);
    effect.values[2] = round_value(d);
    effect.values[3] = again > 0 ? value_int(again) : value_absent();
    return duty_say(e, d, &effect);
}

Status duty_held(const Duty *d, uint32_t n, uint32_t again, int64_t at, Value *out) {
    *out = value_absent();
    if (d->def->quiet_from == d->def->quiet_to)
        return OK;
    DutyDef def = *d->def;
    def.quiet_to = def.quiet_from;
    Terms terms = d->terms;
    terms.def = &def;
    Value span;
    int64_t when;
    uint32_t which;
    TRY(rung_span(d, &def.rungs[n], &span));
    TRY(again > 0 ? fold_repeat(&terms, &d->fold, &def.rungs[n], span, again - 1, &which, &when)
                  : fold_rung(&terms, &d->fold, &def.rungs[n], span, &when));
    if (when < at)
        *out = value_of(V_INSTANT, when);
    return OK;
}

static Status fire_rung(Engine *e, Duty *d, uint32_t n, int64_t at) {
    const RungDef *rung = &d->def->rungs[n];
    e->line = rung->file << 20 | rung->line;
    Value *parties = NULL;
    uint32_t count = 0, again;
    int64_t when;
    TRY(engine_time_trap(e, duty_rung(d, n, &again, &when)));
    bool silent;
    Value held;
    TRY(is_silent(e, d, &silent));
    TRY(engine_time_trap(e, duty_held(d, n, again, at, &held)));
    if (!silent)
        TRY(rung_reach(e, d, n, at, &parties, &count));
    rung_spend(d, n, again);
    d->last_rung = n + 1;
    if (!rung_after_due(rung))
        d->early_rung = d->last_rung;
    if (silent)
        return say_silenced(e, d, n, again);
    for (uint32_t i = 0; i < count; i++) {
        Effect effect = duty_effect(d, rung->raises ? EFFECT_DUTY_ESCALATED : EFFECT_DUTY_REMINDED);
        effect.values[0] = parties[i];
        effect.values[1] = value_int(n + 1);
        effect.values[2] = instant_or_absent(d->fold.due);
        effect.values[3] = round_value(d);
        effect.values[4] = again > 0 ? value_int(again) : value_absent();
        effect.values[5] = held;
        TRY(gather_rung(e, d, n, &effect));
    }
    return OK;
}

static Status fire_breach(Engine *e, Duty *d) {
    d->breached = true;
    e->line = d->def->file << 20 | d->def->line;
    return say_breached(e, d, NULL);
}

/* What comes at its deadline: the breach, or the end of a prohibition. */
static Status fire_deadline(Engine *e, Duty *d) {
    return d->def->forbids ? forbid_over(e, d) : fire_breach(e, d);
}

static void fire_begin(Engine *e, const Duty *d, int64_t at) {
    e->now = at;
    e->subject = duty_subject(d);
    e->cause = (Cause){.kind = CAUSE_TIMER, .instant = at, .subject = e->subject};
    e->rule = 0;
}

Status duty_fire(Engine *e, Duty *d, uint32_t rung, int64_t at) {
    fire_begin(e, d, at);
    if (rung == RENEWAL_RUNG)
        return renewal_fire(e, d, at);
    TRY(rung == 0 ? fire_deadline(e, d) : fire_rung(e, d, rung - 1, at));
    TRY(duty_plan(e, d));
    TRY(duty_save(e, d));
    bool reacts = rung == 0 && (!d->def->forbids || d->fold.violations == 0);
    return reacts ? duty_react(e, d, duty_state(d)) : OK;
}

/* What is left to do when a timer's function or reaction failed: it is spent, and a breach is a
 * breach. */
Status duty_fire_failed(Engine *e, Duty *d, uint32_t rung, int64_t at, Str message) {
    fire_begin(e, d, at);
    if (rung == RENEWAL_RUNG)
        return renewal_failed(e, d, message);
    if (rung == 0) {
        TRY(fire_deadline(e, d));
    } else {
        uint32_t again;
        int64_t when;
        TRY(duty_rung(d, rung - 1, &again, &when));
        rung_spend(d, rung - 1, again);
    }
    TRY(alert_kept(e, message, &d->said, &d->said_count));
    TRY(duty_plan_left(e, d));
    return duty_save(e, d);
}
