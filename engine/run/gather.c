/* run: alarms that wait. */
#include "engine/run/gather.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/base/moment.h"
#include "engine/base/sha256.h"
#include "engine/ledger/record.h"
#include "engine/run/lists.h"
#include "engine/run/rotation.h"
#include "engine/run/saying.h"

enum {
    STALE_GROUP = 0,  /* no group has this number: what is stale waits under it */
    NUMBER_BYTES = 8, /* of a key of LED_WAITING */
    ADDRESSEE_BYTES = 40,
    SUBJECTS_MOST = 20, /* of a digest */
    SUBJECTS_BYTES = 1000
};

/* ---- records */

Status view_group(const Bundle *b, uint64_t number, Str bytes, Arena *a, Group *out) {
    GroupRec rec;
    *out = (Group){.number = number};
    TRY(group_rec_take(bytes, &rec));
    uint64_t most = rec.kind == GATHER_DUTY  ? b->duty_count
                    : rec.kind == GATHER_KPI ? b->kpi_count
                                             : (uint64_t)b->kpi_count + 1;
    if (rec.kind >= GATHER_KINDS || rec.decl >= most || rec.local > b->local_count ||
        !instant_ok(rec.timer_at))
        return ERR_DAMAGED;
    out->kind = (uint8_t)rec.kind;
    out->decl = (uint32_t)rec.decl;
    out->local = (uint32_t)rec.local;
    out->timer_at = rec.timer_at;
    TRY(take_texts(a, rec.key, &out->key, &out->key_count));
    Take t = take_from(rec.to);
    TRY(value_keep(take_value(&t, a), a, &out->to));
    return take_done(&t);
}

static Status number_key(Engine *e, uint64_t number) {
    buf_reset(&e->key);
    put_key_u64(&e->key, number);
    return buf_status(&e->key);
}

static Status group_load(Engine *e, uint64_t number, Group *out) {
    Str bytes;
    bool found;
    TRY(number_key(e, number));
    Status status = led_find(e->l, LED_GROUP, buf_str(&e->key), &bytes, &found);
    if (status == OK)
        status = found ? view_group(e->b, number, bytes, &e->event, out) : ERR_DAMAGED;
    return status == OK || status == ERR_NOMEM ? status
                                               : engine_fail(e, status, "a group of alarms");
}

static Status group_save(Engine *e, const Group *g) {
    Buf *t = &e->text;
    buf_reset(t);
    put_texts(t, g->key, g->key_count);
    size_t to = t->n;
    put_value(t, g->to, false);
    TRY(buf_status(t));
    GroupRec rec = {.kind = g->kind,
                    .decl = g->decl,
                    .key = {t->p, to},
                    .to = {t->p + to, t->n - to},
                    .local = g->local,
                    .timer_at = g->timer_at};
    buf_reset(&e->record);
    group_rec_put(&e->record, &rec);
    TRY(buf_status(&e->record));
    TRY(number_key(e, g->number));
    Status status = led_put(e->l, LED_GROUP, buf_str(&e->key), buf_str(&e->record));
    return status == OK ? OK : engine_fail(e, status, "writing a group of alarms");
}

/* By what a group under way is found. */
static Status group_name(Engine *e, const Group *g) {
    uint8_t hash[SHA256_BYTES];
    buf_reset(&e->text);
    put_u8(&e->text, g->kind);
    put_varint(&e->text, g->decl);
    put_texts(&e->text, g->key, g->key_count);
    put_value(&e->text, g->to, false);
    TRY(buf_status(&e->text));
    sha256(buf_str(&e->text), hash);
    buf_reset(&e->key);
    put_bytes(&e->key, hash, 16);
    return buf_status(&e->key);
}

static Status group_find(Engine *e, Group *g, bool *found) {
    Str value;
    TRY(group_name(e, g));
    Status status = led_find(e->l, LED_GROUP, buf_str(&e->key), &value, found);
    if (status != OK)
        return engine_fail(e, status, "reading the groups of alarms");
    Take t = take_from(*found ? value : S(""));
    g->number = *found ? take_key_u64(&t) : 0;
    return OK;
}

uint64_t group_timer_number(const Group *g) {
    return g->number | (g->kind == GATHER_NOTICE ? NOTICE_TIMER : DIGEST_TIMER);
}

/* Sets the group's timer; a new group is named, one without a timer is gone. */
static Status group_timer(Engine *e, Group *g, int64_t at, bool named) {
    uint32_t rung = 0;
    uint64_t timer = group_timer_number(g);
    bool new = g->timer_at == INSTANT_NEVER, over = at == INSTANT_NEVER;
    TRY(timer_set(e, timer, &g->timer_at, &rung, at, 0));
    Status status = OK;
    if (named && (new || over)) {
        TRY(group_name(e, g));
        buf_reset(&e->record);
        put_key_u64(&e->record, g->number);
        status = over ? led_del(e->l, LED_GROUP, buf_str(&e->key))
                      : led_put(e->l, LED_GROUP, buf_str(&e->key), buf_str(&e->record));
    }
    if (status != OK)
        return engine_fail(e, status, "writing the groups of alarms");
    if (!over)
        return group_save(e, g);
    TRY(number_key(e, g->number));
    status = led_del(e->l, LED_GROUP, buf_str(&e->key));
    return status == OK ? OK : engine_fail(e, status, "writing the groups of alarms");
}

/* What keeps addressees of stale alarms apart, in their order as far as the first letters go. */
static Status put_addressee(Engine *e, Value to) {
    enum { LETTERS = ADDRESSEE_BYTES - 16 };
    static const char none[LETTERS] = {0};
    uint8_t hash[SHA256_BYTES];
    Str text = party_text(e->b, to);
    size_t n = text.n < LETTERS ? text.n : LETTERS;
    put_bytes(&e->key, text.p, n);
    put_bytes(&e->key, none, LETTERS - n);
    buf_reset(&e->text);
    put_value(&e->text, to, false);
    TRY(buf_status(&e->text));
    sha256(buf_str(&e->text), hash);
    put_bytes(&e->key, hash, 16);
    return OK;
}

static Status waiting_add(Engine *e, uint64_t group, Value to, uint64_t leaf, uint64_t duty) {
    TRY(number_key(e, group));
    if (group == STALE_GROUP) {
        TRY(put_addressee(e, to));
        e->has_stale = true;
    }
    put_key_u64(&e->key, leaf);
    buf_reset(&e->record);
    put_varint(&e->record, duty);
    TRY(buf_status(&e->key));
    TRY(buf_status(&e->record));
    Status status = led_put(e->l, LED_WAITING, buf_str(&e->key), buf_str(&e->record));
    return status == OK ? OK : engine_fail(e, status, "writing an alarm that waits");
}

/* One that waits. */
typedef struct Waiting {
    Str key;
    uint64_t leaf, duty;
    Effect said; /* as it was collected */
} Waiting;

/* The leaf at an index, for as long as the event lasts. */
static Status leaf_at(Engine *e, uint64_t index, Leaf *out) {
    Str bytes, copy;
    Status status = led_leaf(e->l, index, &bytes);
    if (status != OK)
        return engine_fail(e, status, "reading the journal");
    TRY(arena_str(&e->event, bytes, &copy));
    return take_leaf(copy, &e->event, out);
}

/* A cause as it was when the effect was made: with the event's id, which its leaf does not hold. */
static Status cause_whole(Engine *e, Cause *c) {
    Leaf leaf;
    if (c->kind != CAUSE_EVENT)
        return OK;
    TRY(leaf_at(e, c->index, &leaf));
    if (leaf.kind != LEAF_EVENT)
        return engine_fail(e, ERR_DAMAGED, "the event that caused a notice");
    c->id = leaf.event.id;
    return OK;
}

/* The next one behind `from`, among those whose key begins with its first `prefix` bytes. */
static Status waiting_next(Engine *e, Str from, size_t prefix, Waiting *w, bool *found) {
    Str key, value;
    Leaf leaf;
    Status status =
        led_next_in(e->l, LED_WAITING, from, from.n > prefix, prefix, &key, &value, found);
    if (status != OK || !*found)
        return status == OK ? OK : engine_fail(e, status, "reading what waits");
    TRY(arena_str(&e->event, key, &w->key));
    Take v = take_from(value), k = take_from(str_from(w->key, w->key.n - NUMBER_BYTES));
    w->duty = take_varint(&v);
    w->leaf = take_key_u64(&k);
    status = leaf_at(e, w->leaf, &leaf);
    if (status == OK && leaf.kind != LEAF_EFFECT)
        status = ERR_DAMAGED;
    if (status != OK)
        return engine_fail(e, status, "an alarm that waits");
    w->said = leaf.effect;
    return OK;
}

static Status waiting_drop(Engine *e, Str key) {
    Status status = led_del(e->l, LED_WAITING, key);
    return status == OK ? OK : engine_fail(e, status, "writing what waits");
}

/* ---- what happens to an alarm */

/* Whether something of `at` is found too late. */
static bool is_stale(const Engine *e, const Zone *zone, Value stale, int64_t at) {
    int64_t until;
    return stale.kind == V_DURATION &&
           moment_add(zone, NULL, at, (Family)stale.aux, stale.i, &until, NULL) == OK &&
           until < e->clock;
}

/* When what a group collects from `at` on is told. */
static Status group_end(Engine *e, const Group *g, int64_t at, int64_t *end) {
    bool duty = g->kind == GATHER_DUTY;
    Value within =
        duty ? e->b->duties[g->decl].group_within : bundle_judge(e->b, g->decl, at)->group_within;
    const VersionDef *version = &e->b->versions[bundle_version_at(e->b, at)];
    const Zone *zone = local_zone(e->b, g->local);
    TRY(engine_time_trap(e, moment_add(zone, local_calendar(e->b, g->local), at, (Family)within.aux,
                                       within.i, end, NULL)));
    *end = quiet_hours_end(zone, duty ? e->b->duties[g->decl].quiet_from : version->quiet_from,
                           duty ? e->b->duties[g->decl].quiet_to : version->quiet_to, *end);
    return OK;
}

/* Whether an alarm of this group waits; the first one does not, and begins the group. */
static Status group_waits(Engine *e, Group *g, int64_t at, bool *waits) {
    int64_t end;
    TRY(group_find(e, g, waits));
    if (*waits)
        return OK;
    TRY(group_end(e, g, at, &end));
    g->number = e->next++;
    g->timer_at = INSTANT_NEVER;
    return group_timer(e, g, end, true);
}

/* What keeps the group of a duty's rungs apart. What is absent is an empty text. */
static Status group_of_duty(Engine *e, const Duty *d, Value to, Group *g) {
    *g = (Group){.kind = GATHER_DUTY, .decl = d->decl, .to = to, .local = d->local};
    if (d->def->group_fn < 0)
        return OK;
    const Value *values;
    TRY(vm_call(&e->vm, d->def->group_fn, NULL, d->frame, NULL, &values, NULL));
    g->key_count = e->b->fns[d->def->group_fn].result_count;
    Value *copy = new (&e->event, Value, g->key_count + 1);
    if (copy == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < g->key_count; i++)
        copy[i] = values[i].kind == V_ABSENT ? value_text(S("")) : values[i];
    return key_texts(e, copy, g->key_count, &g->key);
}

/* Says that a rung waits, and keeps it. */
static Status rung_collect(Engine *e, Duty *d, const RungDef *rung, Effect *effect,
                           const char *reason, uint64_t group) {
    effect->id = EFFECT_DUTY_COLLECTED;
    effect->values[COLLECTED_REASON] = value_text(str_of(reason));
    effect->values[COLLECTED_RAISES] = value_flag(rung->raises);
    TRY(duty_say(e, d, effect));
    return waiting_add(e, group, effect->values[0], d->said[d->said_count - 1], d->number);
}

/* Of a rung that a rotation is told of: who is on call, and why. */
static Status rung_on_call(Engine *e, Effect *effect) {
    const RotationDef *rotation = bundle_rotation(e->b, effect->values[0]);
    OnCall on;
    if (rotation == NULL)
        return OK;
    TRY(on_call(e, rotation, e->now, &on));
    if (on.how == ONCALL_NOBODY)
        return OK;
    Value *v = &effect->values[RUNG_ON_CALL];
    v[0] = on.who;
    v[1] = value_text(on_call_text(on.how));
    v[2] = on.turn;
    v[3] = on.from == INT64_MIN ? value_absent() : instant_or_absent(on.from);
    v[4] = instant_or_absent(on.until);
    return OK;
}

/* Of several who are told, who is on call for each of the rotations among them, in their order;
 * absent: nobody is. *out is absent where nobody is on call for any. unheard: of each, that nobody
 * would hear of it; or NULL. */
static Status all_on_call(Engine *e, const Value *to, uint32_t n, Value *out, bool *unheard) {
    Value *list = new (&e->event, Value, n + 1);
    uint32_t count = 0;
    bool any = false;
    if (list == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        const RotationDef *rotation = bundle_rotation(e->b, to[i]);
        OnCall on;
        if (rotation == NULL)
            continue;
        TRY(on_call(e, rotation, e->now, &on));
        if (unheard != NULL)
            unheard[i] = on_call_vacant(&on);
        any = any || on.how != ONCALL_NOBODY;
        list[count++] = on.how != ONCALL_NOBODY ? on.who : value_absent();
    }
    *out = any ? (Value){.items = list, .n = count, .kind = V_LIST} : value_absent();
    return OK;
}

Status gather_rung(Engine *e, Duty *d, uint32_t n, Effect *effect) {
    const RungDef *rung = &d->def->rungs[n];
    Group g;
    bool waits = false;
    if (is_stale(e, d->terms.zone, rung->stale, e->now))
        return rung_collect(e, d, rung, effect, "stale", STALE_GROUP);
    if (d->def->group_within.kind != V_ABSENT && !rung->urgent) {
        TRY(group_of_duty(e, d, effect->values[0], &g));
        TRY(group_waits(e, &g, e->now, &waits));
    }
    if (waits)
        return rung_collect(e, d, rung, effect, "grouped", g.number);
    TRY(rung_on_call(e, effect));
    TRY(duty_say(e, d, effect));
    return rung->raises ? duty_tell(e, d, effect->values[0]) : OK;
}

/* A notice on its way. */
typedef struct Notice {
    Value *to;
    uint32_t n;
    Value text, stale, held;
    bool urgent;
    uint32_t kpi; /* number + 1 of the KPI that groups it; 0: none */
    const Str *key;
    uint32_t key_count;
    uint64_t duty; /* whose reaction says it; 0: no duty's */
    Effect from;   /* of one that was held: as it was collected */
} Notice;

static Effect notice_effect(const Engine *e, const Notice *m, EffectId id, Value *to, uint32_t n) {
    Effect effect = {.id = id, .subject = e->subject, .cause = m->from.cause, .line = m->from.line};
    effect.values[0] = (Value){.items = to, .n = n, .kind = V_LIST};
    effect.values[1] = m->text;
    return effect;
}

static Status notice_collect(Engine *e, const Notice *m, Value *to, uint32_t n, const char *reason,
                             Value until, uint64_t *leaf) {
    Effect effect = notice_effect(e, m, EFFECT_COLLECTED, to, n);
    effect.values[2] = value_text(str_of(reason));
    effect.values[3] = until;
    effect.values[4] = m->stale;
    return engine_effect(e, &effect, leaf);
}

/* A notice to a rotation for which nobody is on call reaches nobody: that is no silent matter. */
static Status say_unheard(Engine *e, const Notice *m, const Value *to, uint32_t n,
                          const bool *unheard) {
    for (uint32_t i = 0; i < n; i++) {
        if (!unheard[i])
            continue;
        Str text = m->text.kind == V_TEXT ? value_str(m->text) : S(""), message;
        TRY(arena_printf(&e->event, &message,
                         "nobody is on call for %.*s: a notice reached nobody: %.*s",
                         STR_ARG(party_text(e->b, to[i])), STR_ARG(text)));
        Effect effect = notice_effect(e, m, EFFECT_ALERT, NULL, 0);
        effect.values[0] = value_text(S("vacant"));
        effect.values[1] = value_text(message);
        TRY(engine_effect(e, &effect, NULL));
    }
    return OK;
}

static Status notice_say(Engine *e, const Notice *m, Value *to, uint32_t n) {
    Effect effect = notice_effect(e, m, EFFECT_NOTIFIED, to, n);
    effect.values[2] = m->held;
    if (n == 0)
        return OK;
    bool *unheard = new (&e->event, bool, n);
    if (unheard == NULL)
        return ERR_NOMEM;
    TRY(all_on_call(e, to, n, &effect.values[NOTIFIED_ON_CALL], unheard));
    TRY(engine_effect(e, &effect, NULL));
    return say_unheard(e, m, to, n, unheard);
}

/* A KPI's notice: those of its addressees whose group is under way hear of it later. */
static Status notice_group(Engine *e, const Notice *m) {
    Value *now = new (&e->event, Value, m->n + 1), *later = new (&e->event, Value, m->n + 1);
    uint64_t *groups = new (&e->event, uint64_t, m->n + 1), leaf;
    uint32_t n = 0, waiting = 0;
    if (now == NULL || later == NULL || groups == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < m->n; i++) {
        bool waits;
        Group g = {.kind = GATHER_KPI,
                   .decl = m->kpi - 1,
                   .key = (Str *)(uintptr_t)m->key,
                   .key_count = m->key_count,
                   .to = m->to[i],
                   .local = e->b->kpis[m->kpi - 1].local};
        TRY(group_waits(e, &g, e->now, &waits));
        if (waits) {
            groups[waiting] = g.number;
            later[waiting++] = m->to[i];
        } else {
            now[n++] = m->to[i];
        }
    }
    TRY(notice_say(e, m, now, n));
    if (waiting == 0)
        return OK;
    TRY(notice_collect(e, m, later, waiting, "grouped", value_absent(), &leaf));
    for (uint32_t i = 0; i < waiting; i++)
        TRY(waiting_add(e, groups[i], later[i], leaf, m->duty));
    return OK;
}

/* Says a notice that no quiet hours hold. */
static Status notice_take(Engine *e, const Notice *m) {
    uint64_t leaf;
    if (is_stale(e, bundle_zone(e->b), m->stale, e->now)) {
        TRY(notice_collect(e, m, m->to, m->n, "stale", value_absent(), &leaf));
        for (uint32_t i = 0; i < m->n; i++)
            TRY(waiting_add(e, STALE_GROUP, m->to[i], leaf, m->duty));
        return OK;
    }
    return m->kpi > 0 && !m->urgent ? notice_group(e, m) : notice_say(e, m, m->to, m->n);
}

/* Keeps a notice until the end of quiet hours. */
static Status notice_hold(Engine *e, const Notice *m, int64_t end) {
    uint64_t leaf;
    Group g = {.number = e->next++,
               .kind = GATHER_NOTICE,
               .decl = m->kpi,
               .key = (Str *)(uintptr_t)m->key,
               .key_count = m->key_count,
               .timer_at = INSTANT_NEVER};
    TRY(notice_collect(e, m, m->to, m->n, "quiet", value_of(V_INSTANT, end), &leaf));
    TRY(group_timer(e, &g, end, false));
    return waiting_add(e, g.number, value_absent(), leaf, m->duty);
}

/* By what the KPI whose reaction says it groups what is said. */
static Status notice_kpi(Engine *e, Notice *m) {
    const Subject *s = e->grouping;
    const KpiDef *def = s == NULL ? NULL : bundle_judge(e->b, s->decl, e->now);
    if (def == NULL || def->group_within.kind == V_ABSENT)
        return OK;
    Str *key = new (&e->event, Str, def->group_by_count + 1);
    if (key == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < def->group_by_count; i++)
        key[i] = s->key[def->group_by[i]];
    m->kpi = s->decl + 1;
    m->key = key;
    m->key_count = def->group_by_count;
    return OK;
}

Status gather_notice(Engine *e, const VmNotice *notice) {
    const Duty *d = e->reacting;
    Notice m = {.to = new (&e->event, Value, notice->n + 1),
                .n = notice->n,
                .text = notice->text,
                .stale = notice->stale,
                .held = value_absent(),
                .urgent = notice->urgent,
                .duty = d == NULL ? 0 : d->number};
    if (m.to == NULL)
        return ERR_NOMEM;
    memcpy(m.to, notice->parties, m.n * sizeof *m.to);
    TRY(notice_kpi(e, &m));
    int64_t end = quiet_hours_end(d == NULL ? bundle_zone(e->b) : d->terms.zone,
                                  d == NULL ? e->b->quiet_from : d->def->quiet_from,
                                  d == NULL ? e->b->quiet_to : d->def->quiet_to, e->now);
    return end > e->now && !m.urgent ? notice_hold(e, &m, end) : notice_take(e, &m);
}

/* ---- telling several as one */

typedef struct Digest {
    Value to;
    const char *reason;
    Subject subject;
    Value *subjects;
    uint32_t subject_count, count;
    size_t bytes;
    int64_t from, until;
    uint32_t line;
} Digest;

/* Whether what was collected is still to be told: its duty goes on, and the breach that it tells of
 * was not taken back. */
static Status still_holds(Engine *e, const Waiting *w, bool *yes) {
    Duty d;
    *yes = true;
    if (w->said.id != EFFECT_DUTY_COLLECTED)
        return OK;
    TRY(duty_load(e, w->duty, &d));
    int64_t rung = w->said.values[1].i;
    if (rung < 1 || rung > (int64_t)d.def->rung_count)
        return engine_fail(e, ERR_DAMAGED, "a rung that waits");
    Value round = w->said.values[COLLECTED_ROUND];
    bool same = d.round == (round.kind == V_ABSENT ? 1 : (uint32_t)round.i);
    *yes = !d.fold.ended && (same || !rung_after_due(&d.def->rungs[rung - 1]));
    return OK;
}

static Status digest_add(Engine *e, Digest *g, const Waiting *w) {
    int64_t time = w->said.time;
    g->from = g->count == 0 || time < g->from ? time : g->from;
    g->until = g->count == 0 || time > g->until ? time : g->until;
    g->count++;
    if (g->subject_count == SUBJECTS_MOST)
        return OK;
    Str text;
    buf_reset(&e->text);
    put_subject(&e->text, e->b, &w->said.subject);
    TRY(buf_status(&e->text));
    for (uint32_t i = 0; i < g->subject_count; i++)
        if (str_eq(value_str(g->subjects[i]), buf_str(&e->text)))
            return OK;
    if (g->bytes + e->text.n > SUBJECTS_BYTES)
        return OK;
    TRY(arena_str(&e->event, buf_str(&e->text), &text));
    g->bytes += text.n;
    g->subjects[g->subject_count++] = value_text(text);
    return OK;
}

static Status digest_say(Engine *e, Digest *g, uint64_t *index) {
    Effect effect = {.id = EFFECT_DIGEST, .subject = g->subject, .line = g->line};
    effect.values[0] = g->to;
    effect.values[1] = value_text(str_of(g->reason));
    effect.values[2] = value_int(g->count);
    effect.values[3] = (Value){.items = g->subjects, .n = g->subject_count, .kind = V_LIST};
    effect.values[4] = value_of(V_INSTANT, g->from);
    effect.values[5] = value_of(V_INSTANT, g->until);
    Value on;
    TRY(all_on_call(e, &g->to, 1, &on, NULL));
    effect.values[DIGEST_ON_CALL] = on.kind == V_LIST ? on.items[0] : value_absent();
    return engine_effect(e, &effect, index);
}

/* Notes with the duty that a digest told of it. */
static Status digest_note(Engine *e, const Digest *g, const Waiting *w, uint64_t index) {
    Duty d;
    if (w->duty == 0)
        return OK;
    TRY(duty_load(e, w->duty, &d));
    if (d.said_count == 0 || d.said[d.said_count - 1] != index) {
        Heard heard = {.at = &index, .n = 1};
        TRY(heard_join(e, &heard, &d.said, &d.said_count));
    }
    if (w->said.id == EFFECT_DUTY_COLLECTED && w->said.values[COLLECTED_RAISES].i != 0)
        TRY(duty_tell(e, &d, g->to));
    return duty_save(e, &d);
}

/* Tells all that waits under the keys that begin so, and forgets it. */
static Status digest_tell(Engine *e, Digest *g, Str prefix) {
    Waiting w;
    bool found, holds;
    uint64_t index = 0;
    g->subjects = new (&e->event, Value, SUBJECTS_MOST);
    if (g->subjects == NULL)
        return ERR_NOMEM;
    for (Str from = prefix;; from = w.key) {
        TRY(waiting_next(e, from, prefix.n, &w, &found));
        if (!found)
            break;
        TRY(still_holds(e, &w, &holds));
        if (holds)
            TRY(digest_add(e, g, &w));
    }
    if (g->count > 0)
        TRY(digest_say(e, g, &index));
    for (Str from = prefix;;) {
        TRY(waiting_next(e, from, prefix.n, &w, &found));
        if (!found)
            return OK;
        TRY(still_holds(e, &w, &holds));
        if (holds)
            TRY(digest_note(e, g, &w, index));
        TRY(waiting_drop(e, w.key));
    }
}

static Status subject_of(Str first, const Str *key, uint32_t n, Str to, Arena *a, Subject *out) {
    *out = (Subject){.kind = SUBJECT_DIGEST, .occurrence = 1, .key_count = n + 2};
    out->key = new (a, Str, (size_t)n + 2);
    if (out->key == NULL)
        return ERR_NOMEM;
    out->key[0] = first;
    if (n > 0)
        memcpy(out->key + 1, key, n * sizeof *key);
    out->key[n + 1] = to;
    return OK;
}

Status digest_subject(const Bundle *b, const Group *g, Arena *a, Subject *out) {
    Str name = g->kind == GATHER_DUTY ? b->duties[g->decl].name : b->kpis[g->decl].name;
    return subject_of(name, g->key, g->key_count, party_text(b, g->to), a, out);
}

static void digest_begin(Engine *e, const Subject *subject, int64_t at) {
    e->now = at;
    e->subject = *subject;
    e->cause = (Cause){.kind = CAUSE_TIMER, .instant = at, .subject = *subject};
    e->rule = 0;
    e->line = 0;
}

/* The interval of a group is over: what came in it is told, and another begins; or nothing did, and
 * the group is over. */
static Status group_fire(Engine *e, Group *g, int64_t at) {
    bool duty = g->kind == GATHER_DUTY;
    const DutyDef *d = duty ? &e->b->duties[g->decl] : NULL;
    const KpiDef *k = duty ? NULL : &e->b->kpis[g->decl];
    Digest digest = {.to = g->to, .reason = "grouped"};
    digest.line = duty ? d->file << 20 | d->line : k->file << 20 | k->line;
    TRY(digest_subject(e->b, g, &e->event, &digest.subject));
    digest_begin(e, &digest.subject, at);
    TRY(number_key(e, g->number));
    Str prefix;
    TRY(arena_str(&e->event, buf_str(&e->key), &prefix));
    TRY(digest_tell(e, &digest, prefix));
    int64_t next = INSTANT_NEVER;
    if (digest.count > 0)
        TRY(group_end(e, g, at, &next));
    return group_timer(e, g, next, true);
}

/* Quiet hours are over. */
static Status notice_fire(Engine *e, Group *g, int64_t at) {
    Waiting w;
    bool found;
    Str prefix;
    Heard heard = {0};
    TRY(number_key(e, g->number));
    TRY(arena_str(&e->event, buf_str(&e->key), &prefix));
    TRY(waiting_next(e, prefix, NUMBER_BYTES, &w, &found));
    if (!found || w.said.id != EFFECT_COLLECTED)
        return engine_fail(e, ERR_DAMAGED, "a notice that waits is missing");
    TRY(cause_whole(e, &w.said.cause));
    TRY(waiting_drop(e, w.key));
    TRY(group_timer(e, g, INSTANT_NEVER, false));
    e->now = at;
    e->subject = w.said.subject;
    e->rule = w.said.rule;
    e->line = w.said.line;
    Notice m = {.to = (Value *)(uintptr_t)w.said.values[0].items,
                .n = w.said.values[0].n,
                .text = w.said.values[1],
                .stale = w.said.values[4],
                .held = value_of(V_INSTANT, w.said.time),
                .kpi = g->decl,
                .key = g->key,
                .key_count = g->key_count,
                .duty = w.duty,
                .from = w.said};
    e->heard = &heard;
    Status status = notice_take(e, &m);
    e->heard = NULL;
    TRY(status);
    if (w.duty == 0 || heard.n == 0)
        return OK;
    Duty d;
    TRY(duty_load(e, w.duty, &d));
    TRY(heard_join(e, &heard, &d.said, &d.said_count));
    return duty_save(e, &d);
}

static uint64_t timer_number(uint64_t number) {
    return number & ~(number >= DIGEST_TIMER ? DIGEST_TIMER : NOTICE_TIMER);
}

Status gather_fire(Engine *e, uint64_t number, int64_t at) {
    Group g;
    TRY(group_load(e, timer_number(number), &g));
    return g.kind == GATHER_NOTICE ? notice_fire(e, &g, at) : group_fire(e, &g, at);
}

/* A digest whose next instant cannot be computed, say: the group is over, and it is said. */
Status gather_fire_failed(Engine *e, uint64_t number, int64_t at, Str message) {
    Group g;
    Waiting w;
    bool found;
    Str prefix;
    TRY(group_load(e, timer_number(number), &g));
    TRY(number_key(e, g.number));
    TRY(arena_str(&e->event, buf_str(&e->key), &prefix));
    e->now = at;
    for (;;) {
        TRY(waiting_next(e, prefix, NUMBER_BYTES, &w, &found));
        if (!found)
            break;
        e->subject = w.said.subject;
        TRY(waiting_drop(e, w.key));
    }
    TRY(group_timer(e, &g, INSTANT_NEVER, g.kind != GATHER_NOTICE));
    return alert(e, "failed", message);
}

/* Whose key one that is stale waits under: one of those to whom it goes. */
static Status stale_addressee(Engine *e, const Waiting *w, Str prefix, Value *to) {
    Value of = w->said.values[0];
    uint32_t n = of.kind == V_LIST ? of.n : 1;
    for (uint32_t i = 0; i < n; i++) {
        *to = of.kind == V_LIST ? of.items[i] : of;
        TRY(number_key(e, STALE_GROUP));
        TRY(put_addressee(e, *to));
        TRY(buf_status(&e->key));
        if (str_eq(buf_str(&e->key), prefix))
            return OK;
    }
    return engine_fail(e, ERR_DAMAGED, "an alarm that waits for nobody");
}

/* One for each addressee, in the order of their names. */
Status gather_stale(Engine *e) {
    Waiting w;
    bool found;
    Str none;
    if (!e->has_stale)
        return OK;
    TRY(number_key(e, STALE_GROUP));
    TRY(arena_str(&e->event, buf_str(&e->key), &none));
    for (;;) {
        TRY(waiting_next(e, none, NUMBER_BYTES, &w, &found));
        if (!found)
            break;
        Str prefix = {w.key.p, NUMBER_BYTES + ADDRESSEE_BYTES};
        Digest digest = {.reason = "stale"};
        TRY(stale_addressee(e, &w, prefix, &digest.to));
        TRY(subject_of(S("stale"), NULL, 0, party_text(e->b, digest.to), &e->event,
                       &digest.subject));
        digest_begin(e, &digest.subject, e->clock);
        TRY(digest_tell(e, &digest, prefix));
    }
    e->has_stale = false;
    e->cause = (Cause){0};
    e->subject = (Subject){0};
    return OK;
}
