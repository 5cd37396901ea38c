/* run: leaves as bytes, effects as JSON. */
#include "engine/run/leaf.h"

#include "engine/base/check.h"
#include "engine/base/civil.h"
#include "engine/base/json.h"
#include "engine/base/limits.h"
#include "engine/base/utf8.h"

typedef struct DataRow {
    EffectId effect;
    const char *name;
    enum { MAYBE, ALWAYS, KEPT } need;
} DataRow;

static const DataRow data_rows[] = {
#define DATA(effect, field, name, need) {EFFECT_##effect, name, need},
#include "engine/run/effect.def"
};
enum { DATA_ROWS = sizeof data_rows / sizeof *data_rows };

typedef struct EffectRow {
    EffectId id;
    const char *type;
} EffectRow;

static const EffectRow effect_rows[] = {
#define EFFECT(id, number, type, subject) {EFFECT_##id, type},
#include "engine/run/effect.def"
};
enum { EFFECT_ROWS = sizeof effect_rows / sizeof *effect_rows };

Str effect_type(const Bundle *b, const Effect *e) {
    if (e->id == EFFECT_EMITTED)
        return e->event < b->event_count ? b->events[e->event].name : S("?");
    for (size_t i = 0; i < EFFECT_ROWS; i++)
        if (effect_rows[i].id == e->id)
            return str_of(effect_rows[i].type);
    return S("?");
}

/* The first row of an effect's data, and how many there are. */
static const DataRow *data_of(EffectId id, uint32_t *count) {
    size_t first = 0;
    while (first < DATA_ROWS && data_rows[first].effect != id)
        first++;
    *count = 0;
    while (first + *count < DATA_ROWS && data_rows[first + *count].effect == id)
        (*count)++;
    return &data_rows[first];
}

Value effect_value(const Effect *e, Str name) {
    uint32_t n;
    const DataRow *rows = data_of(e->id, &n);
    for (uint32_t i = 0; i < n; i++)
        if (str_eq(str_of(rows[i].name), name))
            return e->values[i];
    return value_absent();
}

/* ---- bytes */

static void put_subject_bytes(Buf *out, const Subject *s) {
    put_u8(out, (uint8_t)s->kind);
    if (s->kind == SUBJECT_NONE)
        return;
    put_varint(out, s->decl);
    put_varint(out, s->occurrence);
    put_varint(out, s->key_count);
    for (uint32_t i = 0; i < s->key_count; i++)
        put_str(out, s->key[i]);
}

static uint32_t take_small(Take *t) {
    uint64_t v = take_varint(t);
    if (v > UINT32_MAX)
        t->failed = true;
    return (uint32_t)v;
}

static uint32_t take_items(Take *t) {
    uint32_t n = take_small(t);
    if (n > take_left(t)) {
        t->failed = true;
        return 0;
    }
    return n;
}

static void take_subject(Take *t, Arena *a, Subject *s) {
    *s = (Subject){.kind = (SubjectKind)take_u8(t)};
    if (s->kind == SUBJECT_NONE || t->failed)
        return;
    s->decl = take_small(t);
    s->occurrence = take_small(t);
    uint32_t n = take_items(t);
    s->key = new (a, Str, n + 1);
    if (s->key == NULL) {
        t->failed = true;
        return;
    }
    for (; s->key_count < n; s->key_count++)
        s->key[s->key_count] = take_str(t);
    t->failed = t->failed || s->kind > SUBJECT_DIGEST;
}

static void put_cause(Buf *out, const Cause *c) {
    put_u8(out, (uint8_t)c->kind);
    if (c->kind == CAUSE_EVENT || c->kind == CAUSE_EFFECT)
        put_varint(out, c->index);
    if (c->kind == CAUSE_TIMER) {
        put_zigzag(out, c->instant);
        put_subject_bytes(out, &c->subject);
    }
}

static void take_cause(Take *t, Arena *a, Cause *c) {
    *c = (Cause){.kind = (CauseKind)take_u8(t)};
    if (c->kind == CAUSE_EVENT || c->kind == CAUSE_EFFECT) {
        c->index = take_varint(t);
    } else if (c->kind == CAUSE_TIMER) {
        c->instant = take_zigzag(t);
        t->failed = t->failed || !instant_ok(c->instant);
        take_subject(t, a, &c->subject);
    } else if (c->kind != CAUSE_NONE) {
        t->failed = true;
    }
}

static void put_values(Buf *out, const Value *values, uint32_t n) {
    put_varint(out, n);
    for (uint32_t i = 0; i < n; i++)
        put_value(out, values[i], false);
}

static Value *take_values(Take *t, Arena *a, uint32_t *count) {
    uint32_t n = take_items(t);
    Value *values = new (a, Value, n + 1);
    *count = 0;
    if (values == NULL) {
        t->failed = true;
        return NULL;
    }
    for (; *count < n; (*count)++)
        values[*count] = take_value(t, a);
    return values;
}

static void put_effect_bytes(Buf *out, const Effect *e) {
    uint32_t n;
    (void)data_of(e->id, &n);
    put_varint(out, (uint64_t)e->id);
    put_u8(out, e->has_time);
    put_zigzag(out, e->time);
    put_zigzag(out, e->seen - e->time);
    put_cause(out, &e->cause);
    put_subject_bytes(out, &e->subject);
    put_varint(out, e->policy);
    put_value(out, e->owner, false);
    put_values(out, e->values, n);
    if (e->id == EFFECT_EMITTED) {
        put_varint(out, e->event);
        put_values(out, e->fields, e->field_count);
    }
    put_varint(out, e->rule);
    put_varint(out, e->line);
    put_varint(out, e->trace_count);
    for (uint32_t i = 0; i < e->trace_count; i++) {
        put_varint(out, e->traces[i].table);
        put_varint(out, e->traces[i].row);
        put_values(out, e->traces[i].inputs, e->traces[i].input_count);
    }
}

static void take_traces(Take *t, Arena *a, Effect *e) {
    uint32_t n = take_items(t);
    e->traces = new (a, Trace, n + 1);
    if (e->traces == NULL) {
        t->failed = true;
        return;
    }
    for (; e->trace_count < n && !t->failed; e->trace_count++) {
        Trace *trace = &e->traces[e->trace_count];
        trace->table = take_small(t);
        trace->row = take_small(t);
        trace->inputs = take_values(t, a, &trace->input_count);
    }
}

/* Whether older programs wrote so many data of an effect: a reject before its type, its actor and
 * what it is about were kept; a notice before quiet hours held it; what is told before rotations
 * said who is on call. */
static bool had_before(EffectId id, uint32_t n) {
    bool rung = id == EFFECT_DUTY_REMINDED || id == EFFECT_DUTY_ESCALATED;
    return (id == EFFECT_REJECTED && n == 5) || (id == EFFECT_NOTIFIED && (n == 2 || n == 3)) ||
           (rung && n == 6) || (id == EFFECT_DIGEST && n == 6);
}

static void take_effect(Take *t, Arena *a, Effect *e) {
    uint32_t wanted, n;
    e->id = (EffectId)take_small(t);
    e->has_time = take_u8(t) != 0;
    e->time = take_zigzag(t);
    e->seen = (int64_t)((uint64_t)e->time + (uint64_t)take_zigzag(t));
    if (e->has_time && (!instant_ok(e->time) || !instant_ok(e->seen)))
        t->failed = true;
    take_cause(t, a, &e->cause);
    take_subject(t, a, &e->subject);
    e->policy = take_small(t);
    e->owner = take_value(t, a);
    (void)data_of(e->id, &wanted);
    Value *values = take_values(t, a, &n);
    if ((n != wanted && !had_before(e->id, n)) || n > EFFECT_VALUES)
        t->failed = true;
    for (uint32_t i = 0; i < n && !t->failed; i++)
        e->values[i] = values[i];
    if (e->id == EFFECT_EMITTED) {
        e->event = take_small(t);
        e->fields = take_values(t, a, &e->field_count);
    }
    e->rule = take_small(t);
    e->line = take_small(t);
    take_traces(t, a, e);
}

static void put_event(Buf *out, const EventLeaf *e) {
    put_varint(out, e->event);
    put_zigzag(out, e->time);
    put_str(out, e->source);
    put_str(out, e->id);
    put_str(out, e->actor);
    put_varint(out, e->policy);
    put_values(out, e->fields, e->field_count);
}

static void take_event(Take *t, Arena *a, EventLeaf *e) {
    e->event = take_small(t);
    e->time = take_zigzag(t);
    t->failed = t->failed || !instant_ok(e->time);
    e->source = take_str(t);
    e->id = take_str(t);
    e->actor = take_str(t);
    e->policy = take_small(t);
    e->fields = take_values(t, a, &e->field_count);
}

static void put_reject(Buf *out, const RejectLeaf *r) {
    put_u8(out, r->reason);
    put_u8(out, r->has_time);
    put_zigzag(out, r->time);
    put_zigzag(out, r->bound);
    put_str(out, r->source);
    put_str(out, r->id);
    put_str(out, r->raw);
}

static void take_reject(Take *t, RejectLeaf *r) {
    r->reason = take_u8(t);
    r->has_time = take_u8(t) != 0;
    r->time = take_zigzag(t);
    r->bound = take_zigzag(t);
    r->source = take_str(t);
    r->id = take_str(t);
    r->raw = take_str(t);
    if (r->reason >= REJECT_REASONS)
        t->failed = true;
}

static void put_change(Buf *out, const ChangeLeaf *c) {
    put_u8(out, (uint8_t)c->how);
    put_zigzag(out, c->time);
    put_zigzag(out, c->seen - c->time);
    put_cause(out, &c->cause);
    put_subject_bytes(out, &c->subject);
    put_subject_bytes(out, &c->by);
    put_varint(out, c->policy);
    put_varint(out, c->before);
    put_varint(out, c->rule);
    put_varint(out, c->line);
    put_varint(out, c->field_count);
    for (uint32_t i = 0; i < c->field_count; i++) {
        put_varint(out, c->fields[i].field);
        put_value(out, c->fields[i].was, false);
        put_value(out, c->fields[i].is, false);
        put_varint(out, c->fields[i].rule);
        put_varint(out, c->fields[i].line);
    }
}

static void take_change(Take *t, Arena *a, ChangeLeaf *c) {
    c->how = (ChangeHow)take_u8(t);
    c->time = take_zigzag(t);
    c->seen = (int64_t)((uint64_t)c->time + (uint64_t)take_zigzag(t));
    t->failed = t->failed || c->how >= CHANGE_HOWS || !instant_ok(c->time) || !instant_ok(c->seen);
    take_cause(t, a, &c->cause);
    take_subject(t, a, &c->subject);
    take_subject(t, a, &c->by);
    c->policy = take_small(t);
    c->before = take_varint(t);
    c->rule = take_small(t);
    c->line = take_small(t);
    uint32_t n = take_items(t);
    c->fields = new (a, ChangedField, n + 1);
    if (c->fields == NULL) {
        t->failed = true;
        return;
    }
    for (; c->field_count < n && !t->failed; c->field_count++) {
        ChangedField *f = &c->fields[c->field_count];
        f->field = take_small(t);
        f->was = take_value(t, a);
        f->is = take_value(t, a);
        f->rule = take_small(t);
        f->line = take_small(t);
    }
}

Str change_text(ChangeHow how) {
    static const char *const names[CHANGE_HOWS] = {"set", "created", "deleted"};
    return str_of(names[how]);
}

bool leaf_is_input(uint8_t kind) {
    return kind == LEAF_EVENT || kind == LEAF_TICK || kind == LEAF_REJECT || kind == LEAF_RETRIED ||
           kind == LEAF_POLICY || kind == LEAF_MIGRATE;
}

void put_leaf(Buf *out, const Leaf *leaf) {
    put_u8(out, (uint8_t)leaf->kind);
    put_u8(out, LEAF_VERSION);
    switch (leaf->kind) {
    case LEAF_GENESIS:
        put_str(out, leaf->genesis.ledger);
        put_str(out, leaf->genesis.policy);
        put_str(out, leaf->genesis.version);
        put_str(out, leaf->genesis.bundle);
        return;
    case LEAF_CLOCK:
    case LEAF_TICK:
        put_zigzag(out, leaf->time);
        return;
    case LEAF_EVENT:
        put_event(out, &leaf->event);
        return;
    case LEAF_REJECT:
        put_reject(out, &leaf->reject);
        return;
    case LEAF_EFFECT:
        put_effect_bytes(out, &leaf->effect);
        return;
    case LEAF_CHANGE:
        put_change(out, &leaf->change);
        return;
    case LEAF_RETRIED:
        put_varint(out, leaf->retried.reject);
        put_varint(out, leaf->retried.events);
        return;
    case LEAF_POLICY:
        put_str(out, leaf->policy.version);
        put_str(out, leaf->policy.bundle);
        put_zigzag(out, leaf->policy.from);
        return;
    case LEAF_MIGRATE:
        put_str(out, leaf->migrate.duty);
        put_varint(out, leaf->migrate.key_count);
        for (uint32_t i = 0; i < leaf->migrate.key_count; i++)
            put_str(out, leaf->migrate.key[i]);
        put_str(out, leaf->migrate.actor);
        return;
    }
    UNREACHABLE();
}

static Status take_migrate(Take *t, Arena *a, MigrateLeaf *out) {
    out->duty = take_str(t);
    uint64_t n = take_varint(t);
    if (t->failed || n > take_left(t))
        return ERR_DAMAGED;
    out->key = new (a, Str, n + 1);
    if (out->key == NULL)
        return ERR_NOMEM;
    for (; out->key_count < n; out->key_count++)
        out->key[out->key_count] = take_str(t);
    out->actor = take_str(t);
    return OK;
}

Status take_leaf(Str bytes, Arena *a, Leaf *out) {
    Take t = take_from(bytes);
    *out = (Leaf){.kind = (LeafKind)take_u8(&t)};
    uint8_t version = take_u8(&t);
    if (!t.failed && version != LEAF_VERSION)
        return ERR_VERSION;
    switch (out->kind) {
    case LEAF_GENESIS:
        out->genesis.ledger = take_str(&t);
        out->genesis.policy = take_str(&t);
        out->genesis.version = take_str(&t);
        out->genesis.bundle = take_str(&t);
        break;
    case LEAF_CLOCK:
    case LEAF_TICK:
        out->time = take_zigzag(&t);
        t.failed = t.failed || !instant_ok(out->time);
        break;
    case LEAF_EVENT:
        take_event(&t, a, &out->event);
        break;
    case LEAF_REJECT:
        take_reject(&t, &out->reject);
        break;
    case LEAF_EFFECT:
        take_effect(&t, a, &out->effect);
        break;
    case LEAF_CHANGE:
        take_change(&t, a, &out->change);
        break;
    case LEAF_RETRIED:
        out->retried.reject = take_varint(&t);
        out->retried.events = take_varint(&t);
        break;
    case LEAF_POLICY:
        out->policy.version = take_str(&t);
        out->policy.bundle = take_str(&t);
        out->policy.from = take_zigzag(&t);
        break;
    case LEAF_MIGRATE:
        TRY(take_migrate(&t, a, &out->migrate));
        break;
    default:
        return ERR_DAMAGED;
    }
    return take_done(&t);
}

static bool change_fits(const ChangeLeaf *c, const Bundle *b) {
    if (c->subject.kind != SUBJECT_ENTITY || c->subject.decl >= b->entity_count ||
        c->rule > b->rule_count)
        return false;
    for (uint32_t i = 0; i < c->field_count; i++)
        if (c->fields[i].field >= b->entities[c->subject.decl].field_count ||
            c->fields[i].rule > b->rule_count)
            return false;
    return true;
}

bool leaf_fits(const Leaf *leaf, const Bundle *b) {
    if (leaf->kind == LEAF_CHANGE)
        return change_fits(&leaf->change, b);
    if (leaf->kind == LEAF_EVENT)
        return leaf->event.event < b->event_count;
    if (leaf->kind != LEAF_EFFECT)
        return true;
    const Effect *e = &leaf->effect;
    bool known = e->policy < b->version_count &&
                 (e->id != EFFECT_EMITTED || e->event < b->event_count) && e->rule <= b->rule_count;
    for (uint32_t i = 0; i < e->trace_count; i++)
        known = known && e->traces[i].table < b->table_count;
    return known;
}

/* ---- JSON */

/* How many of the PART_STEP bytes at p come before the first that put_part may have to change;
 * *wide: one of them is not ASCII. */
#ifdef __SSE2__
enum { PART_STEP = 16 };
static inline size_t part_clean(const char *p, bool *wide) {
    __m128i v = _mm_loadu_si128((const __m128i_u *)(const void *)p);
    __m128i marks =
        _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('%')), _mm_cmpeq_epi8(v, _mm_set1_epi8('/')));
    marks = _mm_or_si128(marks, _mm_cmpeq_epi8(v, _mm_set1_epi8('#')));
    marks = _mm_or_si128(marks, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
    marks = _mm_or_si128(marks, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    marks = _mm_or_si128(marks, _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(' ')), v));
    *wide = *wide || _mm_movemask_epi8(v) != 0;
    return (size_t)__builtin_ctz((unsigned)_mm_movemask_epi8(marks) | 1u << PART_STEP);
}
#else
enum { PART_STEP = 1 };
static bool part_marked(unsigned char c);
static inline size_t part_clean(const char *p, bool *wide) {
    *wide = *wide || (unsigned char)*p >= 0x80;
    return !part_marked((unsigned char)*p);
}
#endif

/* What part_clean looks for: bytes up to 0x20 and ", #, %, /, \\. */
static bool part_marked(unsigned char c) {
    const uint64_t low = UINT64_C(0x1FFFFFFFF) | UINT64_C(1) << '"' | UINT64_C(1) << '#' |
                         UINT64_C(1) << '%' | UINT64_C(1) << '/';
    return c < 64 ? (low >> c & 1) != 0 : c == '\\';
}

static char *put_marked(char *to, unsigned char c, bool json) {
    static const char digits[] = "0123456789ABCDEF";
    if (c == '"' || c == '\\') {
        if (json)
            *to++ = '\\';
        *to++ = (char)c;
        return to;
    }
    *to++ = '%';
    *to++ = digits[c >> 4];
    *to++ = digits[c & 15];
    return to;
}

/* contract.md 4: only %, /, # and bytes up to 0x20 are encoded. In JSON, quotes and backslashes are
 * escaped as well; false, and nothing is put, if the part is not UTF-8. */
static bool put_good_part(Buf *out, Str part, bool json) {
    if (part.n > SIZE_MAX / 4 || !buf_reserve(out, part.n * 3 + PART_STEP))
        return true;
    char *to = out->p + out->n;
    const char *p = part.p, *end = part.p + part.n;
    bool wide = false;
    while (end - p >= PART_STEP) {
        size_t clean = part_clean(p, &wide);
        memcpy(to, p, PART_STEP);
        to += clean;
        p += clean;
        if (clean < PART_STEP)
            to = put_marked(to, (unsigned char)*p++, json);
    }
    for (; p < end; p++) {
        wide = wide || (unsigned char)*p >= 0x80;
        if (part_marked((unsigned char)*p))
            to = put_marked(to, (unsigned char)*p, json);
        else
            *to++ = *p;
    }
    if (json && wide && !utf8_valid(part))
        return false;
    out->n = (size_t)(to - out->p);
    return true;
}

/* In JSON what is not UTF-8 becomes U+FFFD, as in put_json_string. */
static void put_part(Buf *out, Str part, bool json) {
    while (!put_good_part(out, part, json)) {
        size_t good = utf8_good(part);
        (void)put_good_part(out, str_upto(part, good), json);
        put_utf8(out, 0xFFFD);
        part = str_from(part, good + 1);
    }
}

/* Numbers in a leaf that was not looked at may be those of nothing: "?". */
#define NAME_OF(list, count) (s->decl < (count) ? (list)[s->decl].name : S("?"))

Str subject_name(const Bundle *b, const Subject *s) {
    switch (s->kind) {
    case SUBJECT_DUTY:
        return NAME_OF(b->duties, b->duty_count);
    case SUBJECT_APPROVAL:
        return NAME_OF(b->approvals, b->approval_count);
    case SUBJECT_KPI:
        return NAME_OF(b->kpis, b->kpi_count);
    case SUBJECT_RULE:
        return NAME_OF(b->rules, b->rule_count);
    case SUBJECT_ENTITY:
        return NAME_OF(b->entities, b->entity_count);
    case SUBJECT_NONE:
    case SUBJECT_EVENT:
    case SUBJECT_DIGEST:
        break;
    }
    return (Str){NULL, 0};
}

/* json: as it stands inside a JSON string. The names of declarations need no escapes. */
static void put_subject_text(Buf *out, const Bundle *b, const Subject *s, bool json) {
    static const char *const kinds[] = {
        [SUBJECT_DUTY] = "duty/",   [SUBJECT_APPROVAL] = "approval/", [SUBJECT_KPI] = "kpi/",
        [SUBJECT_EVENT] = "event",  [SUBJECT_RULE] = "rule/",         [SUBJECT_ENTITY] = "entity/",
        [SUBJECT_DIGEST] = "digest"};
    if (s->kind == SUBJECT_NONE)
        return;
    put_text(out, str_of(kinds[s->kind]));
    put_text(out, subject_name(b, s));
    for (uint32_t i = 0; i < s->key_count; i++) {
        put_c(out, '/');
        put_part(out, s->key[i], json);
    }
    if (s->occurrence > 1) {
        put_c(out, '#');
        put_dec(out, s->occurrence);
    }
}

void put_subject(Buf *out, const Bundle *b, const Subject *s) {
    put_subject_text(out, b, s, false);
}

static void put_cause_json(Buf *out, Render *r, const Effect *e) {
    const Cause *c = &e->cause;
    if (c->kind == CAUSE_NONE)
        return;
    put_text(out, S(",\"cause\":"));
    if (c->kind == CAUSE_EVENT) {
        put_json_string(out, c->id);
        return;
    }
    put_c(out, '"');
    if (c->kind == CAUSE_EFFECT) {
        put_dec(out, (int64_t)c->index);
    } else {
        put_subject_text(out, r->b, &c->subject, true);
        put_c(out, '@');
        zone_put_instant(out, &r->zone, c->instant);
    }
    put_c(out, '"');
}

/* Data with nesting: names with a point stand in an object of the part before it. */
static void put_data_json(Buf *out, Render *r, const Effect *e, bool comma) {
    uint32_t n;
    const DataRow *rows = data_of(e->id, &n);
    Str open = {NULL, 0};
    for (uint32_t i = 0; i < n; i++) {
        Str name = str_of(rows[i].name), outer = {NULL, 0}, inner = name;
        bool nested = str_cut(name, '.', &outer, &inner);
        if (!nested)
            inner = name;
        if (open.n > 0 && (!nested || !str_eq(open, outer))) {
            put_c(out, '}');
            open.n = 0;
            comma = true;
        }
        if (rows[i].need == KEPT || (e->values[i].kind == V_ABSENT && rows[i].need == MAYBE))
            continue;
        if (comma)
            put_c(out, ',');
        comma = true;
        if (nested && open.n == 0) {
            put_c(out, '"');
            put_text(out, outer);
            put_text(out, S("\":{"));
            open = outer;
        }
        put_c(out, '"');
        put_text(out, inner);
        put_text(out, S("\":"));
        put_value_json(out, r->b, &r->zone, e->values[i]);
    }
    if (open.n > 0)
        put_c(out, '}');
}

static void put_emitted_json(Buf *out, Render *r, const Effect *e) {
    bool comma = false;
    const EventDef *event = &r->b->events[e->event];
    for (uint32_t i = 0; i < e->field_count && i < event->field_count; i++) {
        if (e->fields[i].kind == V_ABSENT)
            continue;
        if (comma)
            put_c(out, ',');
        comma = true;
        put_c(out, '"');
        put_text(out, event->fields[i].name);
        put_text(out, S("\":"));
        put_value_json(out, r->b, &r->zone, e->fields[i]);
    }
}

/* What the data of an effect of a duty or an approval begins with. */
static void put_owing_json(Buf *out, Render *r, const Effect *e) {
    bool duty = e->subject.kind == SUBJECT_DUTY;
    put_text(out, duty ? S("\"duty\":") : S("\"approval\":"));
    put_json_string(out, subject_name(r->b, &e->subject));
    put_text(out, S(",\"key\":["));
    for (uint32_t i = 0; i < e->subject.key_count; i++) {
        put_text(out, i == 0 ? S("") : S(","));
        put_json_string(out, e->subject.key[i]);
    }
    put_c(out, ']');
    if (!duty)
        return;
    put_text(out, S(",\"owner\":"));
    put_value_json(out, r->b, &r->zone, e->owner);
}

/* What an effect's data begins with: that of its subject. */
static SubjectKind data_subject(EffectId id) {
    switch (id) {
#define SUBJECT_IS_DUTY SUBJECT_DUTY
#define SUBJECT_IS_APPROVAL SUBJECT_APPROVAL
#define SUBJECT_IS_KPI SUBJECT_KPI
#define SUBJECT_IS_CAUSE SUBJECT_NONE
#define SUBJECT_IS_EVENT SUBJECT_NONE
#define EFFECT(id, number, type, subject)                                                          \
    case EFFECT_##id:                                                                              \
        return SUBJECT_IS_##subject;
#include "engine/run/effect.def"
    }
    return SUBJECT_NONE;
}

/* An episode as it was or is: empty if there is none. */
static void put_episode_json(Buf *out, Render *r, const char *name, const Value *v) {
    static const char *const names[] = {"\"raised\":", "\"cleared\":", "\"value\":"};
    bool first = true;
    put_fmt(out, ",\"%s\":{", name);
    for (int i = 0; i < 3; i++) {
        if (v[i].kind == V_ABSENT)
            continue;
        put_text(out, first ? S("") : S(","));
        put_text(out, str_of(names[i]));
        put_measure_json(out, r->b, &r->zone, v[i]);
        first = false;
    }
    put_c(out, '}');
}

/* A KPI's data is its own: its group is an object, its value may be a fraction. */
static void put_kpi_json(Buf *out, Render *r, const Effect *e) {
    const KpiDef *def = e->subject.decl < r->b->kpi_count ? &r->b->kpis[e->subject.decl] : NULL;
    put_text(out, S("\"kpi\":"));
    put_json_string(out, def == NULL ? S("?") : def->name);
    put_text(out, S(",\"level\":"));
    put_value_json(out, r->b, &r->zone, e->values[KPI_DATA_LEVEL]);
    put_text(out, S(",\"group\":{"));
    Value group = e->values[KPI_DATA_GROUP];
    for (uint32_t i = 0; def != NULL && group.kind == V_LIST && i < group.n && i < def->by_count;
         i++) {
        put_text(out, i == 0 ? S("\"") : S(",\""));
        put_text(out, def->by[i].name);
        put_text(out, S("\":"));
        put_value_json(out, r->b, &r->zone, group.items[i]);
    }
    put_c(out, '}');
    if (e->values[KPI_DATA_EPISODE].kind != V_ABSENT) {
        put_text(out, S(",\"episode\":"));
        put_value_json(out, r->b, &r->zone, e->values[KPI_DATA_EPISODE]);
    }
    if (e->id == EFFECT_KPI_RESTATED) {
        put_episode_json(out, r, "was", &e->values[KPI_DATA_WAS]);
        put_episode_json(out, r, "is", &e->values[KPI_DATA_IS]);
        return;
    }
    if (e->values[KPI_DATA_VALUE].kind == V_ABSENT)
        return;
    put_text(out, S(",\"value\":"));
    put_measure_json(out, r->b, &r->zone, e->values[KPI_DATA_VALUE]);
}

static void put_quoted_subject(Buf *out, Render *r, const Subject *s) {
    if (s->kind == SUBJECT_NONE)
        return;
    put_text(out, S(",\"subject\":\""));
    put_subject_text(out, r->b, s, true);
    put_c(out, '"');
}

void put_effect_json(Buf *out, Render *r, const Effect *e) {
    put_text(out, S("{\"specversion\":\"1.0\",\"id\":\""));
    put_dec(out, (int64_t)e->index);
    put_text(out, r->head);
    put_text(out, effect_type(r->b, e));
    put_c(out, '"');
    put_quoted_subject(out, r, &e->subject);
    if (e->has_time) {
        put_text(out, S(",\"time\":\""));
        zone_put_instant(out, &r->zone, e->time);
        put_c(out, '"');
    }
    put_cause_json(out, r, e);
    if (e->has_time && e->seen != e->time) {
        put_text(out, S(",\"seen\":\""));
        zone_put_instant(out, &r->zone, e->seen);
        put_c(out, '"');
    }
    put_text(out, r->tails[e->policy]);
    if (e->id == EFFECT_EMITTED) {
        put_emitted_json(out, r, e);
    } else {
        SubjectKind of = data_subject(e->id);
        if (of == SUBJECT_DUTY || of == SUBJECT_APPROVAL)
            put_owing_json(out, r, e);
        if (of == SUBJECT_KPI)
            put_kpi_json(out, r, e);
        else
            put_data_json(out, r, e, of != SUBJECT_NONE);
    }
    put_text(out, S("}}\n"));
}

/* One line for people, without time and newline. */
void put_effect_text(Buf *out, Render *r, const Effect *e) {
    put_text(out, effect_type(r->b, e));
    put_c(out, ' ');
    put_subject(out, r->b, &e->subject);
    uint32_t n;
    const DataRow *rows = data_of(e->id, &n);
    for (uint32_t i = 0; i < n; i++) {
        Value v = e->values[i];
        if (v.kind == V_FLAG && v.i != 0)
            put_fmt(out, " %s", rows[i].name);
        if (v.kind == V_ABSENT || v.kind == V_FLAG || (v.kind == V_LIST && v.n == 0) ||
            rows[i].need == KEPT)
            continue;
        put_fmt(out, " %s=", rows[i].name);
        if (data_subject(e->id) == SUBJECT_KPI && v.kind == V_LIST && i != KPI_DATA_GROUP)
            put_measure_text(out, r->b, &r->zone, &r->b->kpis[e->subject.decl], v);
        else
            put_value_text(out, r->b, &r->zone, v);
    }
    const EventDef *def =
        e->id == EFFECT_EMITTED && e->event < r->b->event_count ? &r->b->events[e->event] : NULL;
    for (uint32_t i = 0; def != NULL && i < e->field_count && i < def->field_count; i++) {
        if (e->fields[i].kind == V_ABSENT)
            continue;
        put_fmt(out, " %.*s=", STR_ARG(def->fields[i].name));
        put_value_text(out, r->b, &r->zone, e->fields[i]);
    }
}

static bool is_unreserved(unsigned char c) { /* RFC 3986, section 2.3 */
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static void put_source(Buf *out, Str ledger, Str policy) {
    put_text(out, S("remit:"));
    put_text(out, ledger);
    put_c(out, '/');
    for (size_t i = 0; i < policy.n; i++) {
        unsigned char c = (unsigned char)policy.p[i];
        if (is_unreserved(c))
            put_c(out, (char)c);
        else
            put_fmt(out, "%%%02X", c);
    }
}

Status render_init(Render *r, const Bundle *b, Str ledger, Arena *a) {
    Buf text = {0};
    *r = (Render){.b = b, .zone = {.zone = bundle_zone(b)}};
    put_source(&text, ledger, b->policy);
    Status status = text.failed ? ERR_NOMEM : arena_str(a, buf_str(&text), &r->source);
    buf_reset(&text);
    put_text(&text, S("\",\"source\":"));
    put_json_string(&text, r->source);
    put_text(&text, S(",\"type\":\""));
    if (status == OK)
        status = text.failed ? ERR_NOMEM : arena_str(a, buf_str(&text), &r->head);
    r->tails = new (a, Str, b->version_count);
    if (r->tails == NULL)
        status = ERR_NOMEM;
    for (uint32_t i = 0; status == OK && i < b->version_count; i++) {
        buf_reset(&text);
        put_text(&text, S(",\"policy\":"));
        put_json_string(&text, b->versions[i].version);
        put_text(&text, S(",\"data\":{"));
        status = text.failed ? ERR_NOMEM : arena_str(a, buf_str(&text), &r->tails[i]);
    }
    buf_free(&text);
    return status;
}
