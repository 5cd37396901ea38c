/* code: the bundle's bytes. Each put_x has its take_x beside it, in the same order. */
#include "engine/code/bundle.h"

#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/form.h"
#include "engine/base/json.h"
#include "engine/base/limits.h"
#include "engine/base/path.h"
#include "engine/base/sha256.h"
#include "engine/base/utf8.h"
#include "engine/code/lookup.h"
#include "engine/code/part.h"
#include "engine/code/verify.h"

static const char bundle_magic[8] = {'R', 'E', 'M', 'I', 'T', 'C', '\r', '\n'};

typedef struct Reader {
    Take t;
    Arena *a;
    Bundle *b;
    bool nomem;
} Reader;

/* The length of a list whose items take at least one byte each. */
static uint32_t take_count(Reader *r) {
    uint64_t n = take_varint(&r->t);
    if (n > take_left(&r->t)) {
        r->t.failed = true;
        return 0;
    }
    return (uint32_t)n;
}

/* A name: effects print it inside JSON as it stands. */
static Str take_plain(Reader *r) {
    Str s = take_str(&r->t);
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= 0x20 || s.p[i] == '"' || s.p[i] == '\\')
            r->t.failed = true;
    r->t.failed = r->t.failed || !utf8_valid(s);
    return s;
}

static void *take_array(Reader *r, uint32_t n, size_t size) {
    void *p = arena_array(r->a, size, 16, n == 0 ? 1 : n);
    if (p == NULL)
        r->nomem = r->t.failed = true;
    return p;
}

/* A list: its length, then each item by `take`. */
#define TAKE_LIST(r, list, count, take)                                                            \
    do {                                                                                           \
        uint32_t list_n = take_count(r);                                                           \
        (list) = take_array(r, list_n, sizeof *(list));                                            \
        (count) = 0;                                                                               \
        for (uint32_t list_i = 0; (list) != NULL && list_i < list_n && !(r)->t.failed; list_i++) { \
            take(r, &(list)[list_i]);                                                              \
            (count)++;                                                                             \
        }                                                                                          \
    } while (0)
#define PUT_LIST(out, list, count, put)                                                            \
    do {                                                                                           \
        put_varint(out, count);                                                                    \
        for (uint32_t list_i = 0; list_i < (count); list_i++)                                      \
            put(out, &(list)[list_i]);                                                             \
    } while (0)

/* Numbers of things: -1 for none is 0 on disk. `most`: how many there are. */
static void put_index(Buf *out, int64_t n) {
    put_varint(out, (uint64_t)(n + 1));
}
static int32_t take_index(Reader *r, uint32_t most, bool none) {
    uint64_t n = take_varint(&r->t);
    if (n > most || (n == 0 && !none)) {
        r->t.failed = true;
        return -1;
    }
    return (int32_t)n - 1;
}
static bool take_flag(Reader *r) {
    uint8_t v = take_u8(&r->t);
    r->t.failed = r->t.failed || v > 1;
    return v == 1;
}
static uint8_t take_below(Reader *r, unsigned limit) {
    uint8_t v = take_u8(&r->t);
    if (v < limit)
        return v;
    r->t.failed = true;
    return 0; /* some count what is taken into an array of that size by it */
}
static uint32_t take_u32v(Reader *r) {
    uint64_t v = take_varint(&r->t);
    if (v > UINT32_MAX)
        r->t.failed = true;
    return (uint32_t)v;
}

static void put_decimal(Buf *out, Dec d) {
    put_u8(out, d.scale);
    put_zigzag(out, d.coef);
}
static Dec take_decimal(Reader *r) {
    Dec d = {.scale = take_below(r, DEC_SCALE_MAX + 1)};
    d.coef = take_zigzag(&r->t);
    return d;
}

/* A value whose numbers name things of this bundle (enumerations and parties come before all
 * values). */
static void check_value(Reader *r, Value v) {
    const Bundle *b = r->b;
    if (v.kind == V_ENUM &&
        (v.n >= b->enum_count || v.i < 0 || v.i >= (int64_t)b->enums[v.n].count))
        r->t.failed = true;
    if (v.kind == V_PARTY && v.aux == 0 && (v.i < 0 || v.i >= (int64_t)b->party_count))
        r->t.failed = true;
    if (v.kind == V_RECORD && (v.aux >= b->record_count || v.n != b->records[v.aux].field_count))
        r->t.failed = true;
    for (uint32_t i = 0; !r->t.failed && value_holds_more(v) && i < v.n; i++) {
        check_value(r, v.items[i]);
        if (v.kind == V_RECORD && !bundle_fits(b, &b->records[v.aux].fields[i].type, v.items[i]))
            r->t.failed = true;
    }
}
static Value take_checked(Reader *r) {
    Value v = take_value(&r->t, r->a);
    if (!r->t.failed)
        check_value(r, v);
    return v;
}

static void put_type(Buf *out, const TypeDef *t) {
    put_u8(out, t->kind);
    put_u8(out, (uint8_t)(t->optional | t->is_id << 1 | t->bounded << 2 | t->person_only << 3 |
                          t->one_or_many << 4));
    put_u8(out, t->families);
    put_varint(out, t->currency);
    put_varint(out, t->members);
    put_u8(out, t->item);
    if (t->bounded) {
        put_decimal(out, t->lo);
        put_decimal(out, t->hi);
    }
}
static void take_type(Reader *r, TypeDef *t) {
    t->kind = take_below(r, V_KINDS);
    uint8_t flags = take_below(r, 32);
    t->optional = flags & 1;
    t->is_id = flags >> 1 & 1;
    t->bounded = flags >> 2 & 1;
    t->person_only = flags >> 3 & 1;
    t->one_or_many = flags >> 4 & 1;
    t->families = take_below(r, 1u << FAMILIES);
    t->currency = take_u32v(r);
    t->members = take_u32v(r);
    t->item = take_below(r, V_KINDS);
    if (t->bounded) {
        t->lo = take_decimal(r);
        t->hi = take_decimal(r);
    }
    uint8_t one = t->kind == V_LIST ? t->item : t->kind;
    if ((one == V_ENUM && t->members >= r->b->enum_count) ||
        (one == V_RECORD && t->members >= r->b->record_count) || one == V_ABSENT || one == V_LIST)
        r->t.failed = true;
}

static void put_name(Buf *out, const NameDef *n) {
    put_str(out, n->name);
    put_str(out, n->alias);
}
static void take_name(Reader *r, NameDef *n) {
    n->name = take_str(&r->t);
    n->alias = take_str(&r->t);
}

static void put_enum(Buf *out, const EnumDef *e) {
    PUT_LIST(out, e->members, e->count, put_name);
}
static void take_enum(Reader *r, EnumDef *e) {
    TAKE_LIST(r, e->members, e->count, take_name);
}

static uint32_t take_local(Reader *r) {
    uint32_t local = take_u32v(r);
    if (local <= r->b->local_count)
        return local;
    r->t.failed = true;
    return 0;
}

static void put_local_def(Buf *out, const LocalDef *l) {
    put_varint(out, l->zone);
    put_index(out, l->calendar);
}
static void take_local_def(Reader *r, LocalDef *l) {
    l->zone = take_u32v(r);
    l->calendar = take_index(r, r->b->calendar_count, true);
    if (l->zone >= r->b->zone_count || (l->calendar < 0 && r->b->calendar >= 0))
        r->t.failed = true;
}

static void put_dated(Buf *out, const DatedDef *d) {
    put_zigzag(out, d->from);
    put_zigzag(out, d->until);
}
/* Whether a bound is an instant of the years that there are, or of the day beside them. */
static bool bound_ok(int64_t t) {
    return t >= INSTANT_MIN - 2 * DAY_MS && t <= INSTANT_MAX + 2 * DAY_MS;
}
static void take_dated(Reader *r, DatedDef *d) {
    d->from = take_zigzag(&r->t);
    d->until = take_zigzag(&r->t);
    if ((d->from != INT64_MIN && !bound_ok(d->from)) ||
        (d->until != INT64_MAX && !bound_ok(d->until)))
        r->t.failed = true;
}

static void put_party_span(Buf *out, const PartySpanDef *s) {
    put_dated(out, &s->dated);
    put_index(out, s->under);
}
static void take_party_span(Reader *r, PartySpanDef *s) {
    take_dated(r, &s->dated);
    s->under = take_index(r, INT32_MAX, true); /* may name a later party: checked when all are in */
}

static void put_party(Buf *out, const PartyDef *p) {
    put_str(out, p->name);
    put_str(out, p->alias);
    put_str(out, p->label);
    put_u8(out, p->kind);
    PUT_LIST(out, p->spans, p->span_count, put_party_span);
    put_index(out, p->team);
    put_index(out, p->votes);
    put_varint(out, p->local);
}
static void take_party(Reader *r, PartyDef *p) {
    p->name = take_str(&r->t);
    p->alias = take_str(&r->t);
    p->label = take_str(&r->t);
    p->kind = take_below(r, PARTY_ROTATION_DEF + 1);
    TAKE_LIST(r, p->spans, p->span_count, take_party_span);
    p->team = take_index(r, INT32_MAX, true);
    p->votes = take_index(r, INT32_MAX, true);
    p->local = take_local(r);
}

static void put_field(Buf *out, const FieldDef *f) {
    put_str(out, f->name);
    put_str(out, f->alias);
    put_type(out, &f->type);
    put_u8(out, f->has_preset);
    if (f->has_preset)
        put_value(out, f->preset, false);
}
static void take_field(Reader *r, FieldDef *f) {
    f->name = take_plain(r);
    f->alias = take_str(&r->t);
    take_type(r, &f->type);
    f->has_preset = take_flag(r);
    if (f->has_preset)
        f->preset = take_checked(r);
    if (f->has_preset && (f->preset.kind != f->type.kind ||
                          (value_holds_more(f->preset) && !bundle_fits(r->b, &f->type, f->preset))))
        r->t.failed = true;
}

static void put_record(Buf *out, const RecordDef *d) {
    put_str(out, d->name);
    put_str(out, d->alias);
    PUT_LIST(out, d->fields, d->field_count, put_field);
}
/* What comes before it is there already: a record type can hold no other. */
static void take_record(Reader *r, RecordDef *d) {
    d->name = take_plain(r);
    d->alias = take_str(&r->t);
    d->first = r->b->record_field_count;
    TAKE_LIST(r, d->fields, d->field_count, take_field);
    if (d->field_count > LIMIT_RECORD_FIELDS || r->b->record_count >= LIMIT_RECORD_TYPES)
        r->t.failed = true;
    r->b->record_field_count += d->field_count;
}

static void number_fields(Reader *r) {
    Bundle *b = r->b;
    b->record_of = take_array(r, b->record_field_count, sizeof *b->record_of);
    for (uint32_t i = 0; b->record_of != NULL && i < b->record_count && !r->t.failed; i++)
        for (uint32_t k = 0; k < b->records[i].field_count; k++)
            b->record_of[b->records[i].first + k] = (uint16_t)i;
}

static void put_number(Buf *out, const uint32_t *n) {
    put_varint(out, *n);
}
static void take_number(Reader *r, uint32_t *n) {
    *n = take_u32v(r);
}

static void put_event(Buf *out, const EventDef *e) {
    put_str(out, e->name);
    put_str(out, e->alias);
    put_u8(out, e->open);
    put_index(out, e->engine);
    PUT_LIST(out, e->fields, e->field_count, put_field);
    put_index(out, e->duty);
    put_index(out, e->entity);
    put_index(out, e->told);
    if (e->told >= 0)
        PUT_LIST(out, e->of, e->of_count, put_number);
    if (e->duty < 0)
        return;
    put_u8(out, e->ended);
    for (uint32_t i = 0; i < e->field_count; i++)
        put_varint(out, e->from[i]);
}
static void take_event(Reader *r, EventDef *e) {
    e->name = take_plain(r);
    e->alias = take_str(&r->t);
    e->open = take_flag(r);
    e->engine = take_index(r, ENGINE_EVENTS, true);
    TAKE_LIST(r, e->fields, e->field_count, take_field);
    e->duty = take_index(r, INT32_MAX, true);
    e->entity = take_index(r, INT32_MAX, true);
    e->told = take_index(r, TOLD_ROWS, true);
    if (e->told >= 0)
        TAKE_LIST(r, e->of, e->of_count, take_number);
    if (e->field_count > LIMIT_FIELDS + (e->duty >= 0 ? RECORD_HAS_WORKED + 1 : 0))
        r->t.failed = true;
    if (e->duty < 0 || r->t.failed)
        return;
    e->ended = take_flag(r);
    e->from = take_array(r, e->field_count, sizeof *e->from);
    for (uint32_t i = 0; e->from != NULL && i < e->field_count; i++)
        e->from[i] = take_u32v(r);
}

static void put_entity(Buf *out, const EntityDef *e) {
    put_str(out, e->name);
    put_str(out, e->alias);
    put_str(out, e->label);
    PUT_LIST(out, e->fields, e->field_count, put_field);
    PUT_LIST(out, e->keys, e->key_count, put_number);
    PUT_LIST(out, e->indexes, e->index_count, put_number);
    put_varint(out, e->base);
    PUT_LIST(out, e->slots, e->field_count, put_number);
    put_varint(out, e->file);
    put_varint(out, e->line);
}
/* What may be part of a key, or be found by. */
static bool ok_key_kind(const EntityDef *e, uint32_t field) {
    if (field >= e->field_count)
        return false;
    switch ((int)e->fields[field].type.kind) {
    case V_FLAG:
    case V_INT:
    case V_DATE:
    case V_TIME:
    case V_INSTANT:
    case V_TEXT:
    case V_ENUM:
    case V_PARTY:
        return true;
    default:
        return false;
    }
}
static bool ok_key_part(const EntityDef *e, uint32_t field) {
    return ok_key_kind(e, field) && !e->fields[field].has_preset && !e->fields[field].type.optional;
}
static void take_entity(Reader *r, EntityDef *e) {
    e->name = take_plain(r);
    e->alias = take_str(&r->t);
    e->label = take_str(&r->t);
    TAKE_LIST(r, e->fields, e->field_count, take_field);
    TAKE_LIST(r, e->keys, e->key_count, take_number);
    TAKE_LIST(r, e->indexes, e->index_count, take_number);
    uint32_t slots = 0;
    e->base = take_u32v(r);
    TAKE_LIST(r, e->slots, slots, take_number);
    e->file = take_u32v(r);
    e->line = take_u32v(r);
    r->t.failed = r->t.failed || slots != e->field_count;
    bool ok = e->field_count <= LIMIT_ENTITY_FIELDS && e->key_count > 0;
    for (uint32_t i = 0; ok && i < e->key_count; i++)
        ok = ok_key_part(e, e->keys[i]) && (i == 0 || e->keys[i - 1] < e->keys[i]);
    ok = ok && e->index_count <= LIMIT_ENTITY_FIELDS;
    for (uint32_t i = 0; ok && i < e->index_count; i++)
        ok = ok_key_kind(e, e->indexes[i]);
    r->t.failed = r->t.failed || !ok;
}

static void put_constant(Buf *out, const Value *v) {
    put_value(out, *v, false);
}
static void take_constant(Reader *r, Value *v) {
    *v = take_checked(r);
}

static void put_test(Buf *out, const CellTest *t) {
    put_u8(out, (uint8_t)(t->negated | t->absent << 1 | t->has_lo << 2 | t->has_hi << 3 |
                          t->open_lo << 4 | t->open_hi << 5 | t->also << 6));
    put_value(out, t->has_lo ? t->lo : value_absent(), false);
    put_value(out, t->has_hi ? t->hi : value_absent(), false);
}
static void take_test(Reader *r, CellTest *t) {
    uint8_t flags = take_below(r, 128);
    *t = (CellTest){.negated = flags & 1,
                    .also = flags >> 6 & 1,
                    .absent = flags >> 1 & 1,
                    .has_lo = flags >> 2 & 1,
                    .has_hi = flags >> 3 & 1,
                    .open_lo = flags >> 4 & 1,
                    .open_hi = flags >> 5 & 1};
    t->lo = take_checked(r);
    t->hi = take_checked(r);
    if ((!t->has_lo && t->lo.kind != V_ABSENT) || (!t->has_hi && t->hi.kind != V_ABSENT))
        r->t.failed = true;
}

static void put_cell(Buf *out, const Cell *c) {
    put_u8(out, c->any);
    PUT_LIST(out, c->tests, c->test_count, put_test);
}
static void take_cell(Reader *r, Cell *c, const TypeDef *type) {
    c->any = take_flag(r);
    CellTest *tests;
    TAKE_LIST(r, tests, c->test_count, take_test);
    c->tests = tests;
    for (uint32_t i = 0; i < c->test_count && !r->t.failed; i++) {
        const CellTest *t = &tests[i];
        bool same =
            (!t->has_lo || t->lo.kind == type->kind) && (!t->has_hi || t->hi.kind == type->kind);
        bool whole = t->absent ? !t->has_lo && !t->has_hi : t->has_lo || t->has_hi;
        bool ordered = type->kind != V_FLAG && type->kind != V_ENUM && type->kind != V_PARTY &&
                       type->kind != V_LIST && type->kind != V_RECORD;
        if (!same || !whole || (!ordered && !t->absent && (!t->has_lo || !t->has_hi)))
            r->t.failed = true;
        if (type->kind == V_FLAG && t->has_lo && (t->lo.i < 0 || t->lo.i > 1))
            r->t.failed = true;
    }
}

static void put_table(Buf *out, const TableDef *t) {
    put_str(out, t->name);
    put_u8(out, t->hit);
    put_u8(out, t->function);
    put_varint(out, t->file);
    put_dated(out, &t->dated);
    PUT_LIST(out, t->inputs, t->input_count, put_field);
    PUT_LIST(out, t->outputs, t->output_count, put_field);
    put_varint(out, t->row_count);
    for (uint32_t row = 0; hit_ranks((HitRow)t->hit) && row < t->row_count; row++)
        put_varint(out, t->order[row]);
    for (uint32_t row = 0; row < t->row_count; row++) {
        put_varint(out, t->lines[row]);
        put_index(out, t->row_fns[row]);
        for (uint32_t i = 0; i < t->input_count; i++)
            put_cell(out, &t->cells[(size_t)row * t->input_count + i]);
        for (uint32_t i = 0; i < t->output_count && t->row_fns[row] < 0; i++)
            put_value(out, t->results[(size_t)row * t->output_count + i], false);
    }
}

static void take_row(Reader *r, TableDef *t, uint32_t row) {
    t->lines[row] = take_u32v(r);
    t->row_fns[row] = take_index(r, INT32_MAX, true);
    for (uint32_t i = 0; i < t->input_count && !r->t.failed; i++)
        take_cell(r, &t->cells[(size_t)row * t->input_count + i], &t->inputs[i].type);
    for (uint32_t i = 0; i < t->output_count && t->row_fns[row] < 0 && !r->t.failed; i++) {
        Value v = take_checked(r);
        const TypeDef *type = &t->outputs[i].type;
        if (v.kind != type->kind && !(v.kind == V_ABSENT && type->optional))
            r->t.failed = true;
        t->results[(size_t)row * t->output_count + i] = v;
    }
}

ColumnType bundle_column(const Bundle *b, const TypeDef *t) {
    ColumnType c = {.kind = (ValueKind)t->kind,
                    .optional = t->optional,
                    .bounded = t->bounded && t->kind != V_LIST};
    if (t->kind == V_ENUM)
        c.members = b->enums[t->members].count;
    if (!c.bounded)
        return c;
    int64_t lo = 0, hi = 0;
    c.lo = value_dec((ValueKind)t->kind, t->lo);
    c.hi = value_dec((ValueKind)t->kind, t->hi);
    if (t->kind == V_INT && dec_to_i64(t->lo, &lo) == OK && dec_to_i64(t->hi, &hi) == OK) {
        c.lo = value_int(lo);
        c.hi = value_int(hi);
    }
    c.lo.n = c.hi.n = t->currency;
    return c;
}

static Status table_lookup(Reader *r, TableDef *t) {
    ColumnType *types = new (r->a, ColumnType, t->input_count + 1);
    if (types == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < t->input_count; i++)
        types[i] = bundle_column(r->b, &t->inputs[i].type);
    return lookup_build(types, t->input_count, t->cells, t->row_count, t->order,
                        hit_gathers((HitRow)t->hit), r->a, &t->lookup);
}

/* The order of the rows: that of the text, or the one that is kept. Each row once. */
static void take_order(Reader *r, TableDef *t, uint32_t rows) {
    bool *seen = new (r->a, bool, (size_t)rows + 1);
    t->order = new (r->a, uint32_t, (size_t)rows + 1);
    if (seen == NULL || t->order == NULL) {
        r->nomem = r->t.failed = true;
        return;
    }
    for (uint32_t i = 0; i < rows && !r->t.failed; i++) {
        t->order[i] = hit_ranks((HitRow)t->hit) ? take_u32v(r) : i;
        if (t->order[i] >= rows || seen[t->order[i]])
            r->t.failed = true;
        else
            seen[t->order[i]] = true;
    }
}

static bool can_add(const TypeDef *type) {
    bool family = type->kind == V_DURATION && type->families != 0 &&
                  (type->families & (type->families - 1)) == 0;
    return !type->optional && (family || type->kind == V_INT || type->kind == V_DEC ||
                               type->kind == V_PERCENT || type->kind == V_MONEY);
}

static bool can_order(const TypeDef *type) {
    return type->kind != V_FLAG && type->kind != V_TEXT && type->kind != V_ENUM &&
           type->kind != V_PARTY && type->kind != V_LIST && type->kind != V_RECORD;
}

/* What a call of the table gives. */
static void table_kinds(Reader *r, TableDef *t) {
    HitRow hit = (HitRow)t->hit;
    bool one = hit >= HIT_COLLECT_SUM;
    t->kinds = new (r->a, KindDef, (size_t)t->output_count + 1);
    if (t->kinds == NULL) {
        r->nomem = r->t.failed = true;
        return;
    }
    t->result_count = one ? 1 : t->output_count;
    for (uint32_t i = 0; i < t->output_count; i++)
        t->kinds[i] = hit_lists(hit)
                          ? (KindDef){V_LIST, false}
                          : (KindDef){t->outputs[i].type.kind, t->outputs[i].type.optional};
    if (hit == HIT_COLLECT_COUNT)
        t->kinds[0] = (KindDef){V_INT, false};
    else if (one &&
             (t->output_count != 1 || (hit == HIT_COLLECT_SUM && !can_add(&t->outputs[0].type)) ||
              (hit_picks(hit) && !can_order(&t->outputs[0].type))))
        r->t.failed = true;
}

static void take_table(Reader *r, TableDef *t) {
    t->name = take_str(&r->t);
    t->hit = take_below(r, HIT_COUNT);
    t->function = take_flag(r);
    t->file = take_u32v(r);
    take_dated(r, &t->dated);
    TAKE_LIST(r, t->inputs, t->input_count, take_field);
    TAKE_LIST(r, t->outputs, t->output_count, take_field);
    uint32_t rows = take_count(r);
    if (t->input_count > LIMIT_FIELDS || t->output_count > LIMIT_FIELDS || t->input_count > 64)
        r->t.failed = true;
    if (r->t.failed)
        return;
    t->lines = take_array(r, rows, sizeof *t->lines);
    t->row_fns = take_array(r, rows, sizeof *t->row_fns);
    t->cells = new (r->a, Cell, (size_t)rows * t->input_count + 1);
    t->results = new (r->a, Value, (size_t)rows * t->output_count + 1);
    if (t->lines == NULL || t->row_fns == NULL || t->cells == NULL || t->results == NULL) {
        r->nomem = r->t.failed = true;
        return;
    }
    t->row_count = rows;
    take_order(r, t, rows);
    table_kinds(r, t);
    for (uint32_t row = 0; row < rows && !r->t.failed; row++)
        take_row(r, t, row);
    if (!r->t.failed && table_lookup(r, t) != OK)
        r->nomem = r->t.failed = true;
}

static void put_kind(Buf *out, const KindDef *k) {
    put_u8(out, (uint8_t)(k->kind << 1 | k->optional));
}
static void take_kind(Reader *r, KindDef *k) {
    uint8_t v = take_below(r, V_KINDS << 1);
    *k = (KindDef){v >> 1, v & 1};
}

static void put_fn(Buf *out, const FnDef *f) {
    put_str(out, f->name);
    put_index(out, f->event);
    put_u8(out, f->of);
    put_index(out, f->owner);
    put_varint(out, f->local);
    put_varint(out, f->home);
    PUT_LIST(out, f->args, f->arg_count, put_kind);
    PUT_LIST(out, f->results, f->result_count, put_kind);
    put_varint(out, f->registers);
    put_varint(out, f->from);
    put_varint(out, f->to);
}
static void take_fn(Reader *r, FnDef *f) {
    f->name = take_str(&r->t);
    f->event = take_index(r, r->b->event_count, true);
    f->of = take_below(r, DECL_KINDS);
    f->owner = take_index(r, INT32_MAX, true);
    f->local = take_local(r);
    f->home = take_local(r);
    TAKE_LIST(r, f->args, f->arg_count, take_kind);
    TAKE_LIST(r, f->results, f->result_count, take_kind);
    f->registers = take_u32v(r);
    f->from = take_u32v(r);
    f->to = take_u32v(r);
    if (f->registers > LIMIT_REGISTERS || f->from >= f->to)
        r->t.failed = true;
}

static void put_loop(Buf *out, const LoopDef *l) {
    put_u8(out, l->does);
    put_index(out, l->entity);
    put_kind(out, &l->item);
    put_index(out, l->fn);
    put_index(out, l->index);
    put_varint(out, l->given);
    put_kind(out, &l->result);
    put_value(out, l->nothing, false);
}
/* What a sum of nothing is; a value that is sought has none. */
static bool ok_nothing(const LoopDef *l) {
    if (l->does != LOOP_SUMS)
        return l->nothing.kind == V_ABSENT;
    uint8_t kind = l->result.kind;
    bool adds = kind == V_INT || kind == V_DEC || kind == V_PERCENT || kind == V_MONEY ||
                kind == V_DURATION;
    return adds && l->nothing.kind == kind && !l->result.optional;
}
static void take_loop(Reader *r, LoopDef *l) {
    l->does = take_below(r, LOOP_DOES);
    l->entity = take_index(r, r->b->entity_count, true);
    take_kind(r, &l->item);
    l->fn = take_index(r, r->b->fn_count, false);
    l->index = take_index(r, l->entity < 0 ? 0 : r->b->entities[l->entity].index_count, true);
    l->given = take_u32v(r);
    take_kind(r, &l->result);
    l->nothing = take_checked(r);
    bool flag = l->does == LOOP_ANY, count = l->does == LOOP_COUNTS, each = l->does == LOOP_EACH;
    uint8_t kind = l->result.kind;
    bool ok = ok_nothing(l) && l->given <= LIMIT_FIELDS &&
              (!flag || (kind == V_FLAG && !l->result.optional)) &&
              (!count || (kind == V_INT && !l->result.optional)) && (!each || kind == V_ABSENT);
    if (l->does == LOOP_LEAST || l->does == LOOP_GREATEST)
        ok = ok && l->result.optional && kind != V_ABSENT && kind != V_LIST && kind != V_RECORD;
    r->t.failed = r->t.failed || !ok;
}

static void put_act(Buf *out, const ActDef *a) {
    put_u8(out, a->kind);
    put_u8(out, a->clause);
    put_u8(out, a->match);
    put_u8(out, (uint8_t)(a->each | a->of_subject << 1));
    put_index(out, a->field);
    put_index(out, a->amount_slot);
    put_varint(out, a->event);
    put_index(out, a->link_fn);
    put_index(out, a->test_fn);
    PUT_LIST(out, a->slots, a->slot_count, put_number);
    put_value(out, a->has_since ? a->since : value_absent(), false);
    put_varint(out, a->file);
    put_varint(out, a->line);
}
static void take_act(Reader *r, ActDef *a) {
    a->kind = take_below(r, ACT_KINDS);
    a->clause = take_u8(&r->t);
    a->match = take_below(r, MATCH_BY_SELF + 1);
    uint8_t flags = take_below(r, 4);
    a->each = flags & 1;
    a->of_subject = flags >> 1 & 1;
    a->field = take_index(r, LIMIT_FIELDS, true);
    a->amount_slot = take_index(r, LIMIT_REGISTERS, true);
    a->event = take_u32v(r);
    a->link_fn = take_index(r, r->b->fn_count, true);
    a->test_fn = take_index(r, r->b->fn_count, true);
    TAKE_LIST(r, a->slots, a->slot_count, take_number);
    a->since = take_checked(r);
    a->has_since = a->since.kind == V_DURATION;
    if (!a->has_since && a->since.kind != V_ABSENT)
        r->t.failed = true;
    a->file = take_u32v(r);
    a->line = take_u32v(r);
    if (a->event >= r->b->event_count)
        r->t.failed = true;
}

static void put_rung(Buf *out, const RungDef *g) {
    put_u8(out, g->kind);
    put_u8(out, g->raises);
    put_decimal(out, g->share);
    put_index(out, g->span_slot);
    put_value(out, g->span, false);
    put_index(out, g->to_fn);
    put_value(out, g->repeat, false);
    put_varint(out, (uint64_t)g->repeats << 1 | g->until_acknowledged);
    put_u8(out, g->urgent);
    put_value(out, g->stale, false);
    put_varint(out, g->file);
    put_varint(out, g->line);
}
/* A duration of more than nothing, or nothing. */
static Value take_wait(Reader *r) {
    Value v = take_checked(r);
    if (v.kind != V_ABSENT && (v.kind != V_DURATION || v.i <= 0))
        r->t.failed = true;
    return v;
}
static void take_rung(Reader *r, RungDef *g) {
    g->kind = take_below(r, RUNG_AFTER_DUE + 1);
    g->raises = take_flag(r);
    g->share = take_decimal(r);
    g->span_slot = take_index(r, LIMIT_REGISTERS, true);
    g->span = take_checked(r);
    g->to_fn = take_index(r, r->b->fn_count, false);
    g->repeat = take_checked(r);
    g->repeats = take_u32v(r);
    g->until_acknowledged = g->repeats & 1;
    g->repeats >>= 1;
    if (g->repeat.kind == V_ABSENT ? g->repeats > 0
                                   : g->repeat.kind != V_DURATION || g->repeat.i <= 0 ||
                                         g->repeats == 0 || g->repeats > LIMIT_REPEATS)
        r->t.failed = true;
    g->urgent = take_flag(r);
    g->stale = take_wait(r);
    g->file = take_u32v(r);
    g->line = take_u32v(r);
    bool spans = g->kind == RUNG_BEFORE_DUE || g->kind == RUNG_AFTER_DUE;
    if (spans && g->span_slot < 0 && g->span.kind != V_DURATION)
        r->t.failed = true;
    if (g->kind == RUNG_AT_SHARE &&
        (dec_sign(g->share) <= 0 || dec_cmp(g->share, dec_of_i64(1)) > 0))
        r->t.failed = true;
}

static void put_reaction(Buf *out, const ReactionDef *x) {
    put_u8(out, x->state);
    put_u8(out, x->late);
    put_index(out, x->fn);
}
static void take_reaction(Reader *r, ReactionDef *x) {
    x->state = take_below(r, DUTY_STATES); /* there are as many ApprovalStates */
    x->late = take_flag(r);
    x->fn = take_index(r, r->b->fn_count, false);
}

static void put_schedule_time(Buf *out, const int32_t *ms) {
    put_varint(out, (uint64_t)*ms);
}
static void take_schedule_time(Reader *r, int32_t *ms) {
    uint32_t time = take_u32v(r);
    *ms = time < DAY_MS ? (int32_t)time : -1;
}

static void put_schedule(Buf *out, const ScheduleDef *s) {
    put_u8(out, s->kind);
    if (s->kind == SCHEDULE_NONE)
        return;
    put_u8(out, s->weekdays);
    put_u8(out, s->months);
    put_u8(out, s->what);
    put_u8(out, (uint8_t)(s->nth + 1));
    put_u8(out, s->missed);
    put_u8(out, s->has_from);
    put_zigzag(out, s->from);
    put_value(out, s->span, false);
    PUT_LIST(out, s->times, s->time_count, put_schedule_time);
    put_varint(out, s->local);
}

static bool ok_schedule(const Bundle *b, const ScheduleDef *s) {
    for (uint32_t i = 0; i < s->time_count; i++)
        if (s->times[i] < 0 || s->times[i] >= DAY_MS || (i > 0 && s->times[i - 1] >= s->times[i]))
            return false;
    if (s->time_count == 0 || !day_ok(s->from))
        return false;
    switch ((ScheduleKind)s->kind) {
    case SCHEDULE_NONE:
    case SCHEDULE_DAY:
        return true;
    case SCHEDULE_WEEKDAY:
        return s->weekdays != 0;
    case SCHEDULE_WORKING_DAY:
        return local_calendar(b, s->local) != NULL;
    case SCHEDULE_MONTH:
        return (s->months == 1 || s->months == 3 || s->months == 12) && s->nth != 0 &&
               (s->what != MONTHLY_WORKING_DAY || local_calendar(b, s->local) != NULL) &&
               (s->what != MONTHLY_WEEKDAY || s->weekdays != 0);
    case SCHEDULE_SPAN:
        return s->span.kind == V_DURATION && s->span.i > 0 && s->span.i <= DAY_MAX &&
               (s->span.aux == FAMILY_DAYS || (s->span.aux == FAMILY_MONTHS && s->has_from));
    }
    return false;
}

static void take_schedule(Reader *r, ScheduleDef *s) {
    *s = (ScheduleDef){.kind = take_below(r, SCHEDULE_SPAN + 1), .span = value_absent()};
    if (s->kind == SCHEDULE_NONE)
        return;
    s->weekdays = take_below(r, 128);
    s->months = take_below(r, 13);
    s->what = take_below(r, MONTHLY_WEEKDAY + 1);
    s->nth = (int8_t)(take_below(r, 33) - 1);
    s->missed = take_below(r, MISSED_ARE_NONE + 1);
    s->has_from = take_flag(r);
    int64_t from = take_zigzag(&r->t);
    s->span = take_checked(r);
    TAKE_LIST(r, s->times, s->time_count, take_schedule_time);
    s->local = take_local(r);
    s->from = day_ok(from) ? (int32_t)from : 0;
    if (!day_ok(from) || !ok_schedule(r->b, s))
        r->t.failed = true;
}

static void put_move(Buf *out, const MoveDef *m) {
    put_zigzag(out, m->day);
    put_varint(out, m->from);
    put_varint(out, m->to);
    put_u8(out, m->running);
    put_varint(out, m->file);
    put_varint(out, m->line);
}
static void take_move(Reader *r, MoveDef *m) {
    int64_t day = take_zigzag(&r->t);
    m->from = take_u32v(r);
    m->to = take_u32v(r);
    m->running = take_flag(r);
    m->file = take_u32v(r);
    m->line = take_u32v(r);
    if (!day_ok(day) || m->from >= r->b->party_count || m->to >= r->b->party_count ||
        m->from == m->to)
        r->t.failed = true;
    else
        m->day = (int32_t)day;
}

static void put_duty(Buf *out, const DutyDef *d) {
    put_dated(out, &d->dated);
    put_str(out, d->name);
    put_str(out, d->alias);
    put_str(out, d->label);
    put_index(out, d->event);
    put_schedule(out, &d->schedule);
    put_index(out, d->each_fn);
    put_u8(out, (uint8_t)(d->again | d->due_by << 1 | d->by_kpi << 2 | d->forbids << 3 |
                          d->has_start << 4));
    put_varint(out, d->attributes);
    put_u8(out, d->due_end);
    put_varint(out, d->local);
    put_varint(out, (uint64_t)d->quiet_from);
    put_varint(out, (uint64_t)d->quiet_to);
    put_index(out, d->silent_fn);
    put_index(out, d->group_fn);
    put_value(out, d->group_within, false);
    put_value(out, d->again_span, false);
    put_index(out, d->again_slot);
    PUT_LIST(out, d->params, d->param_count, put_field);
    PUT_LIST(out, d->key, d->key_count, put_name);
    put_index(out, d->raise_fn);
    PUT_LIST(out, d->frame, d->frame_count, put_kind);
    put_index(out, d->owner_slot);
    PUT_LIST(out, d->acts, d->act_count, put_act);
    put_varint(out, d->pause_count);
    put_varint(out, d->part_count);
    put_varint(out, (uint64_t)d->parts_needed << 1 | d->parts_once);
    PUT_LIST(out, d->rungs, d->rung_count, put_rung);
    PUT_LIST(out, d->reactions, d->reaction_count, put_reaction);
    PUT_LIST(out, d->moves, d->move_count, put_move);
    put_varint(out, d->version);
    put_varint(out, d->home);
    put_varint(out, d->file);
    put_varint(out, d->line);
}
static int32_t take_time_of_day(Reader *r) {
    uint32_t ms = take_u32v(r);
    if (ms <= DAY_MS)
        return (int32_t)ms;
    r->t.failed = true;
    return 0;
}

static void take_duty(Reader *r, DutyDef *d) {
    take_dated(r, &d->dated);
    d->name = take_plain(r);
    d->alias = take_str(&r->t);
    d->label = take_str(&r->t);
    d->event = take_index(r, r->b->event_count, true);
    take_schedule(r, &d->schedule);
    d->each_fn = take_index(r, r->b->fn_count, true);
    uint8_t flags = take_below(r, 32);
    d->again = flags & 1;
    d->due_by = flags >> 1 & 1;
    d->by_kpi = flags >> 2 & 1;
    d->forbids = flags >> 3 & 1;
    d->has_start = flags >> 4 & 1;
    d->attributes = take_below(r, 1 << ATTRIBUTES);
    d->due_end = take_below(r, DUE_ENDS);
    d->local = take_local(r);
    d->quiet_from = take_time_of_day(r);
    d->quiet_to = take_time_of_day(r);
    d->silent_fn = take_index(r, r->b->fn_count, true);
    d->group_fn = take_index(r, r->b->fn_count, true);
    d->group_within = take_wait(r);
    d->again_span = take_wait(r);
    d->again_slot = take_index(r, LIMIT_REGISTERS, true);
    TAKE_LIST(r, d->params, d->param_count, take_field);
    TAKE_LIST(r, d->key, d->key_count, take_name);
    d->raise_fn = take_index(r, r->b->fn_count, false);
    TAKE_LIST(r, d->frame, d->frame_count, take_kind);
    d->owner_slot = take_index(r, LIMIT_REGISTERS, true);
    TAKE_LIST(r, d->acts, d->act_count, take_act);
    d->pause_count = take_u32v(r);
    d->part_count = take_u32v(r);
    d->parts_needed = take_u32v(r);
    d->parts_once = d->parts_needed & 1;
    d->parts_needed >>= 1;
    TAKE_LIST(r, d->rungs, d->rung_count, take_rung);
    TAKE_LIST(r, d->reactions, d->reaction_count, take_reaction);
    TAKE_LIST(r, d->moves, d->move_count, take_move);
    d->version = take_u32v(r);
    d->home = take_local(r);
    d->file = take_u32v(r);
    d->line = take_u32v(r);
    bool scheduled = d->schedule.kind != SCHEDULE_NONE;
    bool each = d->each_fn >= 0;
    bool triggers = (d->event >= 0) + scheduled + (d->param_count > 0 && !each) > 1;
    if (triggers || (each && (!scheduled || d->param_count == 0 || d->key_count == 0)) ||
        d->move_count > LIMIT_PAUSES || d->rung_count > LIMIT_RUNGS ||
        d->pause_count > LIMIT_PAUSES || d->part_count > LIMIT_PAUSES ||
        (d->part_count > 0) != (d->parts_needed > 0) ||
        d->parts_needed > (d->parts_once ? d->part_count : LIMIT_PARTS))
        r->t.failed = true;
}

static void put_need(Buf *out, const NeedDef *n) {
    put_varint(out, n->stage);
    put_u8(out, n->kind);
    put_varint(out, (uint64_t)n->count << 1 | n->conditional);
    put_value(out, n->share, false);
}
static void take_need(Reader *r, NeedDef *n) {
    n->stage = take_u32v(r);
    n->kind = take_below(r, COUNT_KINDS);
    uint32_t v = take_u32v(r);
    n->count = v >> 1;
    n->conditional = v & 1;
    n->share = take_checked(r);
    uint32_t most = n->kind == COUNT_IS_POINTS ? LIMIT_POINTS : LIMIT_SEATS;
    bool counts = n->kind == COUNT_IS_FIXED || n->kind == COUNT_IS_POINTS;
    bool share = !r->t.failed && n->share.kind == V_PERCENT && n->share.i > 0 &&
                 dec_cmp(value_to_dec(n->share), dec_of_i64(1)) <= 0;
    if ((counts ? n->count == 0 || n->count > most : n->count != 0) ||
        (n->kind == COUNT_IS_SHARE ? !share : n->share.kind != V_ABSENT))
        r->t.failed = true;
}

static void put_seat(Buf *out, const SeatDef *s) {
    put_varint(out, (uint64_t)s->need << 2 | (unsigned)s->list << 1 | s->members);
    put_varint(out, s->weight);
    put_varint(out, s->file);
    put_varint(out, s->line);
}
static void take_seat(Reader *r, SeatDef *s) {
    uint32_t v = take_u32v(r);
    *s = (SeatDef){.need = v >> 2, .members = v & 1, .list = v >> 1 & 1};
    s->weight = take_u32v(r);
    s->file = take_u32v(r);
    s->line = take_u32v(r);
    if (s->weight > LIMIT_POINTS || (s->list && (s->members || s->weight > 0)))
        r->t.failed = true;
}

static void put_stage(Buf *out, const StageDef *s) {
    put_str(out, s->name);
    put_str(out, s->label);
    put_u8(out, (uint8_t)(s->conditional | s->has_due << 1));
    put_varint(out, s->file);
    put_varint(out, s->line);
}
static void take_stage(Reader *r, StageDef *s) {
    s->name = take_str(&r->t);
    s->label = take_str(&r->t);
    uint8_t flags = take_below(r, 4);
    s->conditional = flags & 1;
    s->has_due = flags >> 1 & 1;
    s->file = take_u32v(r);
    s->line = take_u32v(r);
}

static void put_approval(Buf *out, const ApprovalDef *d) {
    put_dated(out, &d->dated);
    put_str(out, d->name);
    put_str(out, d->alias);
    put_str(out, d->label);
    put_index(out, d->event);
    put_u8(out, (uint8_t)(d->again | d->resubmits << 1));
    put_varint(out, d->resubmit_most);
    put_u8(out, d->refuse);
    put_varint(out, d->noes);
    put_varint(out, d->local);
    PUT_LIST(out, d->params, d->param_count, put_field);
    PUT_LIST(out, d->key, d->key_count, put_name);
    put_varint(out, d->excluded_count);
    PUT_LIST(out, d->stages, d->stage_count, put_stage);
    PUT_LIST(out, d->needs, d->need_count, put_need);
    PUT_LIST(out, d->seats, d->seat_count, put_seat);
    put_index(out, d->raise_fn);
    PUT_LIST(out, d->frame, d->frame_count, put_kind);
    PUT_LIST(out, d->acts, d->act_count, put_act);
    PUT_LIST(out, d->reactions, d->reaction_count, put_reaction);
    put_varint(out, d->version);
    put_varint(out, d->file);
    put_varint(out, d->line);
}
static void take_approval(Reader *r, ApprovalDef *d) {
    take_dated(r, &d->dated);
    d->name = take_str(&r->t);
    d->alias = take_str(&r->t);
    d->label = take_str(&r->t);
    d->event = take_index(r, r->b->event_count, true);
    uint8_t flags = take_below(r, 4);
    d->again = flags & 1;
    d->resubmits = flags >> 1 & 1;
    d->resubmit_most = take_u32v(r);
    d->refuse = take_below(r, REFUSE_KINDS);
    d->noes = take_u32v(r);
    d->local = take_local(r);
    TAKE_LIST(r, d->params, d->param_count, take_field);
    TAKE_LIST(r, d->key, d->key_count, take_name);
    d->excluded_count = take_u32v(r);
    TAKE_LIST(r, d->stages, d->stage_count, take_stage);
    TAKE_LIST(r, d->needs, d->need_count, take_need);
    TAKE_LIST(r, d->seats, d->seat_count, take_seat);
    d->raise_fn = take_index(r, r->b->fn_count, false);
    TAKE_LIST(r, d->frame, d->frame_count, take_kind);
    TAKE_LIST(r, d->acts, d->act_count, take_act);
    TAKE_LIST(r, d->reactions, d->reaction_count, take_reaction);
    d->version = take_u32v(r);
    d->file = take_u32v(r);
    d->line = take_u32v(r);
    if ((d->event >= 0 && d->param_count > 0) || d->excluded_count > LIMIT_REGISTERS ||
        d->need_count > LIMIT_SEATS || d->seat_count > LIMIT_SEATS || d->stage_count == 0 ||
        d->stage_count > LIMIT_SEATS || (d->resubmits && !d->again) ||
        (d->refuse == REFUSED_BY_NOES) != (d->noes > 0))
        r->t.failed = true;
}

static void put_rule(Buf *out, const RuleDef *u) {
    put_dated(out, &u->dated);
    put_str(out, u->name);
    put_str(out, u->label);
    put_index(out, u->event);
    put_schedule(out, &u->schedule);
    put_index(out, u->fn);
    put_varint(out, u->version);
    put_varint(out, u->file);
    put_varint(out, u->line);
}
static void take_rule(Reader *r, RuleDef *u) {
    take_dated(r, &u->dated);
    u->name = take_str(&r->t);
    u->label = take_str(&r->t);
    u->event = take_index(r, r->b->event_count, true);
    take_schedule(r, &u->schedule);
    u->fn = take_index(r, r->b->fn_count, false);
    u->version = take_u32v(r);
    u->file = take_u32v(r);
    u->line = take_u32v(r);
}

static void put_agg(Buf *out, const AggDef *g) {
    put_u8(out, g->kind);
    put_u8(out, g->sample);
    put_varint(out, g->unit);
    put_varint(out, g->currency);
    put_varint(out, g->event);
    put_varint(out, g->states);
    put_index(out, g->fn);
    if (g->kind == AGG_IS_PERCENTILE)
        put_value(out, value_dec(V_DEC, g->share), false);
}
static bool ok_share(Value v) {
    Dec share = {v.i, v.scale};
    return v.kind == V_DEC && v.scale <= SHARE_SCALE && dec_sign(share) > 0 &&
           dec_cmp(share, dec_of_i64(100)) <= 0;
}
static void take_agg(Reader *r, AggDef *g) {
    g->kind = take_below(r, AGG_KINDS);
    g->sample = take_below(r, V_KINDS);
    g->unit = take_below(r, FAMILIES);
    g->currency = take_u32v(r);
    g->event = take_u32v(r);
    g->states = take_u32v(r);
    g->fn = take_index(r, r->b->fn_count, false);
    if (g->kind == AGG_IS_PERCENTILE) {
        Value share = take_checked(r);
        g->share = (Dec){share.i, share.scale};
        r->t.failed = r->t.failed || !ok_share(share);
    }
    g->now = g->states != 0 || (g->event < r->b->event_count && r->b->events[g->event].entity >= 0);
    bool counts = g->kind == AGG_IS_COUNT || g->kind == AGG_IS_DISTINCT;
    bool number =
        g->sample == V_INT || (!counts && (g->sample == V_DEC || g->sample == V_PERCENT ||
                                           g->sample == V_MONEY || g->sample == V_DURATION));
    if (g->event >= r->b->event_count || !number)
        r->t.failed = true;
}

static void put_bound(Buf *out, const BoundDef *g) {
    put_u8(out, g->side);
    put_index(out, g->fn);
    put_str(out, g->text);
    put_value(out, g->value, false);
    put_value(out, g->hold, false);
}
static bool is_span(Value v) {
    return v.kind == V_DURATION && v.i > 0 && (v.aux == FAMILY_ELAPSED || v.aux == FAMILY_DAYS);
}
static void take_bound(Reader *r, BoundDef *g) {
    g->side = take_below(r, SIDE_IS_AT_MOST + 1);
    g->fn = take_index(r, r->b->fn_count, true);
    g->text = take_str(&r->t);
    g->value = take_checked(r);
    g->hold = take_checked(r);
    bool number = (g->fn >= 0 && g->value.kind == V_ABSENT) || g->value.kind == V_INT ||
                  g->value.kind == V_DEC || g->value.kind == V_PERCENT ||
                  g->value.kind == V_MONEY || g->value.kind == V_DURATION;
    if (!number || (g->hold.kind != V_ABSENT && !is_span(g->hold)))
        r->t.failed = true;
}

static void put_level(Buf *out, const LevelDef *g) {
    put_u8(out, g->level);
    put_bound(out, &g->raise);
    put_u8(out, g->has_clear);
    if (g->has_clear)
        put_bound(out, &g->clear);
    put_varint(out, g->file);
    put_varint(out, g->line);
    put_str(out, g->text);
}
static void take_level(Reader *r, LevelDef *g) {
    *g = (LevelDef){.level = take_below(r, KPI_CLEARED)};
    take_bound(r, &g->raise);
    g->has_clear = take_flag(r);
    if (g->has_clear)
        take_bound(r, &g->clear);
    g->file = take_u32v(r);
    g->line = take_u32v(r);
    g->text = take_str(&r->t);
}

static void put_kpi_reaction(Buf *out, const KpiReactionDef *x) {
    put_u8(out, x->level);
    put_index(out, x->fn);
    put_varint(out, x->file);
    put_varint(out, x->line);
}
static void take_kpi_reaction(Reader *r, KpiReactionDef *x) {
    x->level = take_below(r, KPI_LEVELS);
    x->fn = take_index(r, r->b->fn_count, false);
    x->file = take_u32v(r);
    x->line = take_u32v(r);
}

static void put_kpi(Buf *out, const KpiDef *k) {
    put_str(out, k->name);
    put_str(out, k->alias);
    put_str(out, k->label);
    put_u8(out, k->nameless);
    put_dated(out, &k->dated);
    PUT_LIST(out, k->by, k->by_count, put_field);
    PUT_LIST(out, k->aggs, k->agg_count, put_agg);
    put_u8(out, k->window);
    put_value(out, k->length, false);
    put_value(out, k->step, false);
    put_u8(out, k->compare);
    put_value(out, k->before, false);
    put_value(out, k->per, false);
    put_varint(out, k->samples);
    put_u8(out, k->empty);
    PUT_LIST(out, k->levels, k->level_count, put_level);
    PUT_LIST(out, k->reactions, k->reaction_count, put_kpi_reaction);
    put_value(out, k->group_within, false);
    PUT_LIST(out, k->group_by, k->group_by_count, put_number);
    put_varint(out, k->rank);
    put_varint(out, k->local);
    put_varint(out, k->version);
    put_index(out, k->base);
    put_varint(out, k->file);
    put_varint(out, k->line);
    put_str(out, k->measure);
}

static bool ok_window(const KpiDef *k) {
    bool slides = k->window == WINDOW_IS_SLIDING, steps = k->window == WINDOW_IS_STEPPED;
    bool session = k->window == WINDOW_IS_SESSION;
    bool months = slides && k->length.kind == V_DURATION && k->length.aux == FAMILY_MONTHS;
    if (months                       ? k->length.i <= 0 || k->length.i > LIMIT_WINDOW_MONTHS
        : slides || steps || session ? !is_span(k->length)
                                     : k->length.kind != V_ABSENT)
        return false;
    if (session && k->length.aux != FAMILY_ELAPSED)
        return false;
    if (!steps)
        return k->step.kind == V_ABSENT;
    return is_span(k->step) && k->step.aux == k->length.aux && k->length.i % k->step.i == 0 &&
           (k->step.aux == FAMILY_DAYS ? k->step.i == 1 : DAY_MS % k->step.i == 0);
}

static bool ok_compare(const KpiDef *k) {
    if (k->compare == COMPARES_NOTHING)
        return k->before.kind == V_ABSENT && k->per.kind == V_ABSENT;
    const Value *b = &k->before, *per = &k->per;
    bool before = b->kind == V_DURATION && b->i > 0 &&
                  (b->aux == FAMILY_ELAPSED || b->aux == FAMILY_DAYS || b->aux == FAMILY_MONTHS);
    if (k->compare != COMPARES_RATE)
        return before && per->kind == V_ABSENT;
    return before && per->kind == V_DURATION && per->i > 0 && per->aux == b->aux;
}

static void take_kpi(Reader *r, KpiDef *k) {
    k->name = take_plain(r);
    k->alias = take_str(&r->t);
    k->label = take_str(&r->t);
    k->nameless = take_flag(r);
    take_dated(r, &k->dated);
    TAKE_LIST(r, k->by, k->by_count, take_field);
    k->agg_count = take_below(r, KPI_AGGS + 1);
    for (uint32_t i = 0; i < k->agg_count; i++)
        take_agg(r, &k->aggs[i]);
    k->window = take_below(r, WINDOW_IS_SESSION + 1);
    k->length = take_checked(r);
    k->step = take_checked(r);
    k->compare = take_below(r, COMPARE_RULES);
    k->before = take_checked(r);
    k->per = take_checked(r);
    k->samples = take_varint(&r->t);
    k->empty = take_below(r, EMPTY_ALERTS + 1);
    k->level_count = take_below(r, KPI_STEPS + 1);
    for (uint32_t i = 0; i < k->level_count; i++)
        take_level(r, &k->levels[i]);
    TAKE_LIST(r, k->reactions, k->reaction_count, take_kpi_reaction);
    k->group_within = take_wait(r);
    TAKE_LIST(r, k->group_by, k->group_by_count, take_number);
    for (uint32_t i = 0; i < k->group_by_count; i++)
        r->t.failed = r->t.failed || k->group_by[i] >= k->by_count;
    k->rank = take_u32v(r);
    k->local = take_local(r);
    k->version = take_u32v(r);
    k->base = take_index(r, INT32_MAX, true);
    k->file = take_u32v(r);
    k->line = take_u32v(r);
    k->measure = take_str(&r->t);
    if (k->agg_count == 0 || k->by_count > LIMIT_FIELDS || k->rank > INT16_MAX || !ok_window(k) ||
        !ok_compare(k))
        r->t.failed = true;
}

static void put_deputy(Buf *out, const DeputyDef *d) {
    put_varint(out, d->of);
    put_varint(out, d->by);
    put_dated(out, &d->dated);
    put_varint(out, d->file);
    put_varint(out, d->line);
}
static void take_deputy(Reader *r, DeputyDef *d) {
    d->of = take_u32v(r);
    d->by = take_u32v(r);
    take_dated(r, &d->dated);
    d->file = take_u32v(r);
    d->line = take_u32v(r);
}

static void put_place(Buf *out, const PlaceDef *p) {
    put_varint(out, (uint64_t)p->party << 1 | p->members);
}
static void take_place(Reader *r, PlaceDef *p) {
    uint32_t v = take_u32v(r);
    *p = (PlaceDef){v >> 1, v & 1};
}

static void put_layer(Buf *out, const LayerDef *l) {
    put_str(out, l->name);
    put_u8(out, l->hours);
    put_varint(out, (uint64_t)l->from_ms);
    put_varint(out, (uint64_t)l->to_ms);
    put_schedule(out, &l->handover);
    put_zigzag(out, l->from);
    PUT_LIST(out, l->places, l->place_count, put_place);
    put_varint(out, l->file);
    put_varint(out, l->line);
}
static void take_layer(Reader *r, LayerDef *l) {
    l->name = take_plain(r);
    l->hours = take_below(r, ONCALL_HOURS);
    l->from_ms = take_time_of_day(r);
    l->to_ms = take_time_of_day(r);
    take_schedule(r, &l->handover);
    int64_t from = take_zigzag(&r->t);
    TAKE_LIST(r, l->places, l->place_count, take_place);
    l->file = take_u32v(r);
    l->line = take_u32v(r);
    l->from = day_ok(from) ? (int32_t)from : 0;
    if (!day_ok(from) || l->place_count == 0 || l->place_count > LIMIT_SEATS)
        r->t.failed = true;
}

static void put_rotation(Buf *out, const RotationDef *d) {
    put_varint(out, d->party);
    PUT_LIST(out, d->layers, d->layer_count, put_layer);
}
static void take_rotation(Reader *r, RotationDef *d) {
    d->party = take_u32v(r);
    TAKE_LIST(r, d->layers, d->layer_count, take_layer);
}

static void put_power(Buf *out, const PowerDef *p) {
    put_u8(out, p->verb);
    put_u8(out, p->approval);
    put_varint(out, p->of);
    put_u8(out, p->owner);
    PUT_LIST(out, p->parties, p->party_count, put_number);
    put_value(out, p->span, false);
    put_dated(out, &p->dated);
    put_varint(out, p->file);
    put_varint(out, p->line);
}
static void take_power(Reader *r, PowerDef *p) {
    p->verb = take_below(r, POWER_VERBS);
    p->approval = take_flag(r);
    p->of = take_u32v(r);
    p->owner = take_flag(r);
    TAKE_LIST(r, p->parties, p->party_count, take_number);
    p->span = take_checked(r);
    take_dated(r, &p->dated);
    p->file = take_u32v(r);
    p->line = take_u32v(r);
}

static uint32_t decl_count(const Bundle *b, uint8_t kind) {
    switch ((DeclKind)kind) {
    case DECL_DUTY:
        return b->duty_count;
    case DECL_RULE:
        return b->rule_count;
    case DECL_APPROVAL:
        return b->approval_count;
    case DECL_KPI:
        return b->kpi_count;
    case DECL_KINDS:
        break;
    }
    return 0;
}

/* ---- feeds */

static void put_text_item(Buf *out, const Str *text) {
    put_str(out, *text);
}
static void take_text_item(Reader *r, Str *text) {
    *text = take_str(&r->t);
}
static void put_number_item(Buf *out, const uint32_t *n) {
    put_varint(out, *n);
}
static void take_number_item(Reader *r, uint32_t *n) {
    *n = take_u32v(r);
}

static void put_reading(Buf *out, const ReadingDef *d) {
    put_str(out, d->text);
    put_value(out, d->value, false);
}
static void take_reading(Reader *r, ReadingDef *d) {
    d->text = take_str(&r->t);
    d->value = take_checked(r);
}

static void put_column(Buf *out, const ColumnDef *d) {
    put_field(out, &d->field);
    PUT_LIST(out, d->from, d->from_count, put_text_item);
    PUT_LIST(out, d->dates, d->date_count, put_text_item);
    put_str(out, d->numbers);
    PUT_LIST(out, d->readings, d->reading_count, put_reading);
}
static bool ok_column(const ColumnDef *d) {
    const char *why;
    NumberForm form;
    for (uint32_t i = 0; i < d->date_count; i++) {
        MomentForm moment = moment_form(d->dates[i], &why);
        if (d->field.type.kind == V_TIME ? !moment.time : !moment.date)
            return false;
    }
    for (uint32_t i = 0; i < d->reading_count; i++) {
        Value v = d->readings[i].value;
        bool absent = v.kind == V_ABSENT, optional = d->field.type.optional;
        if (absent ? !optional && !d->field.has_preset : v.kind != d->field.type.kind)
            return false;
    }
    return d->from_count > 0 && (d->numbers.n == 0 || number_form(d->numbers, &form));
}
static void take_column(Reader *r, ColumnDef *d) {
    take_field(r, &d->field);
    TAKE_LIST(r, d->from, d->from_count, take_text_item);
    TAKE_LIST(r, d->dates, d->date_count, take_text_item);
    d->numbers = take_str(&r->t);
    TAKE_LIST(r, d->readings, d->reading_count, take_reading);
    r->t.failed = r->t.failed || !ok_column(d);
}

static void put_fed(Buf *out, const FedDef *d) {
    put_varint(out, d->event);
    put_index(out, d->when_fn);
    put_index(out, d->fn);
    put_u8(out, (uint8_t)(d->has_source | d->has_actor << 1 | d->named_id << 2));
    put_varint(out, d->id_parts);
    PUT_LIST(out, d->fields, d->field_count, put_number_item);
    put_varint(out, d->file);
    put_varint(out, d->line);
}
static void take_fed(Reader *r, FedDef *d) {
    d->event = take_u32v(r);
    d->when_fn = take_index(r, r->b->fn_count, false);
    d->fn = take_index(r, r->b->fn_count, false);
    uint8_t has = take_below(r, 8);
    d->has_source = has & 1;
    d->has_actor = has >> 1 & 1;
    d->named_id = has >> 2 & 1;
    d->id_parts = take_u32v(r);
    TAKE_LIST(r, d->fields, d->field_count, take_number_item);
    d->file = take_u32v(r);
    d->line = take_u32v(r);
    if (d->event >= r->b->event_count || d->id_parts > LIMIT_REGISTERS)
        r->t.failed = true;
}

static void put_feed(Buf *out, const FeedDef *d) {
    put_str(out, d->name);
    put_str(out, d->alias);
    put_str(out, d->label);
    put_u8(out, (uint8_t)(d->json | d->sorted << 1));
    put_u8(out, (uint8_t)d->separator);
    put_u8(out, (uint8_t)d->quote);
    put_u8(out, (uint8_t)d->encoding);
    put_varint(out, d->header);
    put_str(out, d->source);
    put_str(out, d->rows);
    put_varint(out, d->local);
    PUT_LIST(out, d->columns, d->column_count, put_column);
    put_index(out, d->only_fn);
    PUT_LIST(out, d->only_uses, d->only_use_count, put_number_item);
    PUT_LIST(out, d->fed, d->fed_count, put_fed);
}
static void take_feed(Reader *r, FeedDef *d) {
    d->name = take_plain(r);
    d->alias = take_str(&r->t);
    d->label = take_str(&r->t);
    uint8_t is = take_below(r, 4);
    d->json = is & 1;
    d->sorted = is >> 1;
    d->separator = (char)take_below(r, 0x7F);
    d->quote = (char)take_below(r, 0x7F);
    d->encoding = (Encoding)take_below(r, ENCODINGS);
    d->header = take_u32v(r);
    d->source = take_str(&r->t);
    d->rows = take_str(&r->t);
    d->local = take_local(r);
    TAKE_LIST(r, d->columns, d->column_count, take_column);
    d->only_fn = take_index(r, r->b->fn_count, true);
    TAKE_LIST(r, d->only_uses, d->only_use_count, take_number_item);
    TAKE_LIST(r, d->fed, d->fed_count, take_fed);
    bool paths = d->rows.n == 0 || path_ok(d->rows);
    for (uint32_t i = 0; d->json && !r->t.failed && i < d->column_count; i++)
        for (uint32_t k = 0; k < d->columns[i].from_count; k++)
            paths = paths && path_ok(d->columns[i].from[k]);
    if (d->column_count == 0 || d->column_count > LIMIT_FIELDS || d->separator == d->quote ||
        d->separator == '\n' || d->quote == '\n' || !paths)
        r->t.failed = true;
}

static void put_decl(Buf *out, const DeclDef *d) {
    put_varint(out, (uint64_t)d->number * DECL_KINDS + d->kind);
}
static void take_decl(Reader *r, DeclDef *d) {
    uint64_t v = take_varint(&r->t);
    *d = (DeclDef){(uint8_t)(v % DECL_KINDS), (uint32_t)(v / DECL_KINDS)};
    if (v / DECL_KINDS >= decl_count(r->b, d->kind))
        r->t.failed = true;
}

static void put_source(Buf *out, const SourceDef *s) {
    put_str(out, s->name);
    put_str(out, s->text);
}
static void take_source(Reader *r, SourceDef *s) {
    s->name = take_str(&r->t);
    s->text = take_str(&r->t);
}

static void put_version(Buf *out, const VersionDef *v) {
    put_str(out, v->version);
    put_str(out, v->hash);
    put_zigzag(out, v->from);
    put_zigzag(out, v->late_ms);
    put_varint(out, (uint64_t)v->quiet_from);
    put_varint(out, (uint64_t)v->quiet_to);
    put_varint(out, v->first);
    PUT_LIST(out, v->events, v->event_count, put_number);
}
static void take_version(Reader *r, VersionDef *v) {
    v->version = take_str(&r->t);
    v->hash = take_str(&r->t);
    v->from = take_zigzag(&r->t);
    v->late_ms = take_zigzag(&r->t);
    v->quiet_from = take_time_of_day(r);
    v->quiet_to = take_time_of_day(r);
    v->first = take_varint(&r->t);
    TAKE_LIST(r, v->events, v->event_count, take_number);
    r->t.failed = r->t.failed || v->hash.n != SHA256_BYTES || v->late_ms < 0;
}

static void take_zone(Reader *r, Zone *z) {
    Status status = zone_take(&r->t, r->a, z);
    if (status != OK)
        r->t.failed = true;
    r->nomem = r->nomem || status == ERR_NOMEM;
}
static void take_calendar(Reader *r, Calendar *c) {
    Status status = cal_take(&r->t, r->a, r->b->zones, r->b->zone_count, c);
    if (status != OK)
        r->t.failed = true;
    r->nomem = r->nomem || status == ERR_NOMEM;
}

static void put_word(Buf *out, const uint32_t *word) {
    put_u32(out, *word);
}
static void take_word(Reader *r, uint32_t *word) {
    *word = take_u32(&r->t);
}

/* Each list of parts with how one is put. */
#define EACH_PART(X)                                                                               \
    X(ZONE, zones, zone_count, zone_put)                                                           \
    X(CALENDAR, calendars, calendar_count, cal_put)                                                \
    X(LOCAL, locals, local_count, put_local_def)                                                   \
    X(ENUM, enums, enum_count, put_enum)                                                           \
    X(PARTY, parties, party_count, put_party)                                                      \
    X(RECORD, records, record_count, put_record)                                                   \
    X(EVENT, events, event_count, put_event)                                                       \
    X(ENTITY, entities, entity_count, put_entity)                                                  \
    X(CONSTANT, constants, constant_count, put_constant)                                           \
    X(FN, fns, fn_count, put_fn)                                                                   \
    X(LOOP, loops, loop_count, put_loop)                                                           \
    X(TABLE, tables, table_count, put_table)                                                       \
    X(DUTY, duties, duty_count, put_duty)                                                          \
    X(APPROVAL, approvals, approval_count, put_approval)                                           \
    X(RULE, rules, rule_count, put_rule)                                                           \
    X(KPI, kpis, kpi_count, put_kpi)                                                               \
    X(FEED, feeds, feed_count, put_feed)                                                           \
    X(ROTATION, rotations, rotation_count, put_rotation)                                           \
    X(DEPUTY, deputies, deputy_count, put_deputy)                                                  \
    X(POWER, powers, power_count, put_power)                                                       \
    X(DECL, decls, decl_count, put_decl)                                                           \
    X(SOURCE, sources, source_count, put_source)

uint32_t part_count(const Bundle *b, Part part) {
    switch (part) {
#define COUNT_PART(name, list, count, put)                                                         \
    case PART_##name:                                                                              \
        return b->count;
        EACH_PART(COUNT_PART)
#undef COUNT_PART
    case PARTS:
        break;
    }
    return 0;
}

void put_part(Buf *out, const Bundle *b, Part part, uint32_t n) {
    switch (part) {
#define PUT_PART(name, list, count, put)                                                           \
    case PART_##name:                                                                              \
        put(out, &b->list[n]);                                                                     \
        return;
        EACH_PART(PUT_PART)
#undef PUT_PART
    case PARTS:
        break;
    }
}

/* Parts come in an order in which what is named has already been read. */
void bundle_put(Buf *out, const Bundle *b) {
    size_t from = out->n;
    put_bytes(out, bundle_magic, sizeof bundle_magic);
    put_varint(out, BUNDLE_VERSION);
    put_str(out, b->policy);
    put_str(out, b->version);
    put_varint(out, b->currency);
    put_zigzag(out, b->late_ms);
    put_varint(out, (uint64_t)b->quiet_from);
    put_varint(out, (uint64_t)b->quiet_to);
    PUT_LIST(out, b->zones, b->zone_count, zone_put);
    put_varint(out, b->zone);
    PUT_LIST(out, b->calendars, b->calendar_count, cal_put);
    put_index(out, b->calendar);
    PUT_LIST(out, b->locals, b->local_count, put_local_def);
    PUT_LIST(out, b->enums, b->enum_count, put_enum);
    PUT_LIST(out, b->parties, b->party_count, put_party);
    PUT_LIST(out, b->records, b->record_count, put_record);
    PUT_LIST(out, b->events, b->event_count, put_event);
    PUT_LIST(out, b->entities, b->entity_count, put_entity);
    PUT_LIST(out, b->constants, b->constant_count, put_constant);
    PUT_LIST(out, b->fns, b->fn_count, put_fn);
    PUT_LIST(out, b->loops, b->loop_count, put_loop);
    PUT_LIST(out, b->tables, b->table_count, put_table);
    PUT_LIST(out, b->duties, b->duty_count, put_duty);
    PUT_LIST(out, b->approvals, b->approval_count, put_approval);
    PUT_LIST(out, b->rules, b->rule_count, put_rule);
    PUT_LIST(out, b->kpis, b->kpi_count, put_kpi);
    PUT_LIST(out, b->feeds, b->feed_count, put_feed);
    PUT_LIST(out, b->rotations, b->rotation_count, put_rotation);
    PUT_LIST(out, b->deputies, b->deputy_count, put_deputy);
    PUT_LIST(out, b->powers, b->power_count, put_power);
    PUT_LIST(out, b->decls, b->decl_count, put_decl);
    PUT_LIST(out, b->code, b->code_count, put_word);
    PUT_LIST(out, b->lines, b->code_count, put_word);
    PUT_LIST(out, b->sources, b->source_count, put_source);
    uint32_t versions = b->version_count > 1 ? b->version_count : 0; /* its own is made anew */
    PUT_LIST(out, b->versions, versions, put_version);
    uint8_t sum[SHA256_BYTES];
    sha256(str_from(buf_str(out), from), sum);
    put_bytes(out, sum, sizeof sum);
}

/* Whether the bytes end with the SHA-256 of those before; these alone stay in *bytes. Gives the
 * SHA-256 of all, too, in one pass. */
static bool take_sum(Str *bytes, uint8_t name[SHA256_BYTES]) {
    Str sum = str_from(*bytes, bytes->n - SHA256_BYTES);
    bytes->n -= SHA256_BYTES;
    uint8_t found[SHA256_BYTES];
    Sha256 all, part;
    sha256_begin(&all);
    sha256_update(&all, *bytes);
    part = all;
    sha256_final(&part, found);
    sha256_update(&all, sum);
    sha256_final(&all, name);
    return str_eq(sum, (Str){(const char *)found, sizeof found});
}

static void take_parts(Reader *r) {
    Bundle *b = r->b;
    b->policy = take_str(&r->t);
    b->version = take_str(&r->t);
    b->currency = take_u32v(r);
    b->late_ms = take_zigzag(&r->t);
    b->quiet_from = take_time_of_day(r);
    b->quiet_to = take_time_of_day(r);
    TAKE_LIST(r, b->zones, b->zone_count, take_zone);
    b->zone = take_u32v(r);
    TAKE_LIST(r, b->calendars, b->calendar_count, take_calendar);
    b->calendar = take_index(r, b->calendar_count, true);
    TAKE_LIST(r, b->locals, b->local_count, take_local_def);
    if (b->zone >= b->zone_count)
        r->t.failed = true;
    TAKE_LIST(r, b->enums, b->enum_count, take_enum);
    TAKE_LIST(r, b->parties, b->party_count, take_party);
    TAKE_LIST(r, b->records, b->record_count, take_record);
    number_fields(r);
    TAKE_LIST(r, b->events, b->event_count, take_event);
    TAKE_LIST(r, b->entities, b->entity_count, take_entity);
    TAKE_LIST(r, b->constants, b->constant_count, take_constant);
    TAKE_LIST(r, b->fns, b->fn_count, take_fn);
    TAKE_LIST(r, b->loops, b->loop_count, take_loop);
    TAKE_LIST(r, b->tables, b->table_count, take_table);
    TAKE_LIST(r, b->duties, b->duty_count, take_duty);
    TAKE_LIST(r, b->approvals, b->approval_count, take_approval);
    TAKE_LIST(r, b->rules, b->rule_count, take_rule);
    TAKE_LIST(r, b->kpis, b->kpi_count, take_kpi);
    TAKE_LIST(r, b->feeds, b->feed_count, take_feed);
    TAKE_LIST(r, b->rotations, b->rotation_count, take_rotation);
    TAKE_LIST(r, b->deputies, b->deputy_count, take_deputy);
    TAKE_LIST(r, b->powers, b->power_count, take_power);
    TAKE_LIST(r, b->decls, b->decl_count, take_decl);
    TAKE_LIST(r, b->code, b->code_count, take_word);
    uint32_t lines = 0;
    TAKE_LIST(r, b->lines, lines, take_word);
    TAKE_LIST(r, b->sources, b->source_count, take_source);
    TAKE_LIST(r, b->versions, b->version_count, take_version);
    if (b->zone >= b->zone_count || lines != b->code_count || b->late_ms < 0)
        r->t.failed = true;
}

/* ---- checks of what could not be checked while reading */

static bool ok_span(const Bundle *b, const PartyDef *p, uint32_t k) {
    const PartySpanDef *s = &p->spans[k];
    return s->under < (int32_t)b->party_count && s->dated.from < s->dated.until &&
           (k == 0 || p->spans[k - 1].dated.until <= s->dated.from);
}

static const PartySpanDef *party_span(const PartyDef *p, int64_t at) {
    uint32_t k = 0;
    while (k + 1 < p->span_count && p->spans[k + 1].dated.from <= at)
        k++;
    return &p->spans[k];
}

/* What stands in a circle does so from the beginning of one of its spans on. */
static bool under_itself(const Bundle *b, uint32_t party, int64_t at) {
    uint32_t steps = 0;
    int32_t up = (int32_t)party;
    while (up >= 0 && steps++ <= b->party_count) {
        int32_t under = party_span(&b->parties[up], at)->under;
        up = under >= 0 ? under : b->parties[up].team;
    }
    return up >= 0;
}

static bool ok_parties(const Bundle *b) {
    for (uint32_t i = 0; i < b->party_count; i++) {
        const PartyDef *p = &b->parties[i];
        if (p->span_count == 0 || p->team >= (int32_t)b->party_count ||
            p->votes >= (int32_t)b->party_count || (p->kind == PARTY_SEAT_DEF) != (p->team >= 0) ||
            (p->votes >= 0 && b->parties[p->votes].team != (int32_t)i))
            return false;
        for (uint32_t k = 0; k < p->span_count; k++)
            if (!ok_span(b, p, k))
                return false;
    }
    for (uint32_t i = 0; i < b->party_count; i++)
        for (uint32_t k = 0; k < b->parties[i].span_count; k++)
            if (under_itself(b, i, k == 0 ? INT64_MIN : b->parties[i].spans[k].dated.from))
                return false;
    return true;
}

static bool ok_engine_field(const EventDef *e, uint32_t n, uint8_t kind, bool optional) {
    if (n >= e->field_count)
        return false;
    const TypeDef *type = &e->fields[n].type;
    return type->kind == kind && type->optional == optional &&
           (kind != V_LIST || type->item == V_TEXT);
}

static bool ok_events(const Bundle *b) {
    if (b->event_count < ENGINE_EVENTS)
        return false;
    for (uint32_t i = 0; i < b->event_count; i++) {
        if (b->events[i].engine != (i < ENGINE_EVENTS ? (int32_t)i : -1))
            return false;
    }
#define ENGINE_EVENT(id, type_name, actor)                                                         \
    if (!str_eq(b->events[ENGINE_##id].name, S(type_name)))                                        \
        return false;
#include "engine/base/engine_events.def"
    uint32_t counts[ENGINE_EVENTS] = {0};
#define ENGINE_KIND_TEXT V_TEXT
#define ENGINE_KIND_KEY V_LIST
#define ENGINE_KIND_PARTY V_PARTY
#define ENGINE_KIND_VOTE V_ENUM
#define ENGINE_KIND_INSTANT V_INSTANT
#define ENGINE_FIELD(event_id, field, field_type, may_be_absent)                                   \
    if (!ok_engine_field(&b->events[ENGINE_##event_id], counts[ENGINE_##event_id]++,               \
                         ENGINE_KIND_##field_type, may_be_absent))                                 \
        return false;
#include "engine/base/engine_events.def"
    for (uint32_t i = 0; i < ENGINE_EVENTS; i++)
        if (counts[i] != b->events[i].field_count)
            return false;
    const EnumDef *vote = &b->enums[b->events[ENGINE_DECIDED].fields[2].type.members];
    return vote->count == 2 && str_eq(vote->members[0].name, S("no")) &&
           str_eq(vote->members[1].name, S("yes"));
}

static bool ok_own_field(const EventDef *record, uint32_t i) {
    static const uint8_t kinds[] = {[RECORD_HAS_OWNER] = V_PARTY,
                                    [RECORD_HAS_LATE] = V_FLAG,
                                    [RECORD_HAS_ELAPSED] = V_DURATION,
                                    [RECORD_HAS_WORKED] = V_DURATION};
    return i < (record->ended ? sizeof kinds : 1u) && record->fields[i].type.kind == kinds[i];
}

/* The record of an entity has its fields, one for one. */
static bool ok_entity_record(const Bundle *b, const EventDef *record) {
    if (record->entity >= (int32_t)b->entity_count || record->engine >= 0 || record->duty >= 0)
        return false;
    const EntityDef *of = &b->entities[record->entity];
    for (uint32_t i = 0; i < record->field_count && i < of->field_count; i++) {
        const TypeDef *a = &record->fields[i].type, *is = &of->fields[i].type;
        if (a->kind != is->kind || a->item != is->item || (is->optional && !a->optional))
            return false;
    }
    return record->field_count == of->field_count;
}

/* What the engine says has the fields that told.def says, of declarations that there are. */
static bool ok_told(const Bundle *b, const EventDef *e) {
    static const uint8_t kinds[] = {
        [TOLD_AS_ID] = V_TEXT,         [TOLD_AS_TEXT] = V_TEXT,   [TOLD_AS_PARTY] = V_PARTY,
        [TOLD_AS_INSTANT] = V_INSTANT, [TOLD_AS_INTEGER] = V_INT, [TOLD_AS_FLAG] = V_FLAG};
    ToldField fields[TOLD_FIELDS_MOST];
    uint32_t n = told_fields((ToldRow)e->told, fields);
    DeclKind kind = told_of((ToldRow)e->told);
    uint32_t most = kind == DECL_DUTY       ? b->duty_count
                    : kind == DECL_APPROVAL ? b->approval_count
                                            : b->kpi_count;
    if (e->engine >= 0 || e->duty >= 0 || e->entity >= 0 || e->field_count != n)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (e->fields[i].type.kind != kinds[fields[i].type] ||
            e->fields[i].type.optional != fields[i].optional)
            return false;
    for (uint32_t i = 0; i < e->of_count; i++)
        if (e->of[i] >= most || (i > 0 && e->of[i] <= e->of[i - 1]))
            return false;
    return true;
}

/* Records of duties and entities: each field is what it says. */
static bool ok_records(const Bundle *b) {
    for (uint32_t n = 0; n < b->event_count; n++) {
        const EventDef *record = &b->events[n];
        if (record->entity >= 0 && !ok_entity_record(b, record))
            return false;
        if (record->told >= 0 && !ok_told(b, record))
            return false;
        if (record->duty < 0)
            continue;
        if (record->duty >= (int32_t)b->duty_count || record->engine >= 0)
            return false;
        const DutyDef *d = &b->duties[record->duty];
        for (uint32_t i = 0; i < record->field_count; i++) {
            const TypeDef *type = &record->fields[i].type;
            uint32_t slot = record->from[i] - FROM_FRAME;
            bool ok = record->from[i] == FROM_OWN ? ok_own_field(record, i)
                      : record->from[i] == FROM_NOTHING
                          ? type->optional
                          : slot < d->frame_count && d->frame[slot].kind == type->kind &&
                                (type->optional || !d->frame[slot].optional);
            if (!ok)
                return false;
        }
    }
    return true;
}

/* Whether a function reads no more than this event and so many arguments. It may end by STOP: what
 * it belongs to does then not apply. */
static bool fn_opens(const Bundle *b, int32_t fn, int32_t event, uint32_t args) {
    const FnDef *f = &b->fns[fn];
    return (f->event < 0 || f->event == event) && f->owner < 0 && f->arg_count <= args;
}

/* Whether a function reads no more than this event, the frame of this declaration and so many
 * arguments, and always has its results. */
static bool fn_reads(const Bundle *b, int32_t fn, int32_t event, DeclKind of, int32_t owner,
                     uint32_t args) {
    const FnDef *f = &b->fns[fn];
    return !f->stops && (f->event < 0 || f->event == event) &&
           (f->owner < 0 || (f->of == of && f->owner == owner)) && f->arg_count <= args;
}

static bool fn_is(const Bundle *b, int32_t fn, int32_t event, int32_t duty, uint32_t args) {
    return fn_reads(b, fn, event, DECL_DUTY, duty, args);
}

const KindDef *bundle_frame(const Bundle *b, const FnDef *f, uint32_t *count) {
    *count = 0;
    if (f->owner < 0)
        return NULL;
    switch ((DeclKind)f->of) {
    case DECL_DUTY:
        *count = b->duties[f->owner].frame_count;
        return b->duties[f->owner].frame;
    case DECL_APPROVAL:
        *count = b->approvals[f->owner].frame_count;
        return b->approvals[f->owner].frame;
    case DECL_RULE:
    case DECL_KPI:
    case DECL_KINDS:
        break;
    }
    return NULL;
}

static bool fn_gives(const Bundle *b, int32_t fn, uint32_t n, uint8_t kind) {
    const FnDef *f = &b->fns[fn];
    for (uint32_t i = 0; i < f->result_count; i++)
        if (f->results[i].kind != kind || f->results[i].optional)
            return false;
    return n == UINT32_MAX || f->result_count == n;
}

static bool ok_args(const FnDef *f, const FieldDef *fields, uint32_t n) {
    if (f->arg_count > n)
        return false;
    for (uint32_t i = 0; i < f->arg_count; i++)
        if (f->args[i].kind != fields[i].type.kind ||
            (fields[i].type.optional && !f->args[i].optional))
            return false;
    return true;
}

static bool ok_tables(const Bundle *b) {
    for (uint32_t i = 0; i < b->table_count; i++) {
        const TableDef *t = &b->tables[i];
        for (uint32_t r = 0; r < t->row_count; r++) {
            if (t->row_fns[r] < 0)
                continue;
            if (t->row_fns[r] >= (int32_t)b->fn_count ||
                !fn_is(b, t->row_fns[r], -2, -2, t->input_count))
                return false;
            const FnDef *f = &b->fns[t->row_fns[r]];
            if (!ok_args(f, t->inputs, t->input_count) || f->result_count != t->output_count)
                return false;
            for (uint32_t o = 0; o < t->output_count; o++)
                if (f->results[o].kind != t->outputs[o].type.kind ||
                    (f->results[o].optional && !t->outputs[o].type.optional))
                    return false;
        }
        if (t->file >= b->source_count)
            return false;
    }
    return true;
}

static bool is_addable(uint8_t kind) {
    return kind == V_INT || kind == V_DEC || kind == V_PERCENT || kind == V_MONEY ||
           kind == V_DURATION;
}

/* A portion adds up a field of its event, or counts it, to an amount of the same kind. */
static bool ok_portion(const Bundle *b, const DutyDef *d, const ActDef *a) {
    if (a->kind != ACT_IS_PORTION)
        return a->field < 0 && a->amount_slot < 0;
    const EventDef *event = &b->events[a->event];
    if (a->each || a->has_since || a->amount_slot < 0 ||
        a->amount_slot >= (int32_t)d->frame_count || a->field >= (int32_t)event->field_count)
        return false;
    KindDef amount = d->frame[a->amount_slot];
    uint8_t kind = a->field < 0 ? (uint8_t)V_INT : event->fields[a->field].type.kind;
    bool numbers =
        (kind == V_INT || kind == V_DEC) && (amount.kind == V_INT || amount.kind == V_DEC);
    return !amount.optional && is_addable(kind) && (numbers || kind == amount.kind);
}

/* What the engine says names its subject: no function computes what is matched. */
static bool ok_subject(const Bundle *b, const ActDef *a) {
    int32_t told = b->events[a->event].told;
    return told >= 0 && a->link_fn < 0 &&
           (a->match == MATCH_BY_KEY || (a->match == MATCH_BY_LINK && a->slot_count > 0));
}

static bool ok_slots(const DutyDef *d, const ActDef *a) {
    for (uint32_t i = 0; i < a->slot_count; i++)
        if (a->slots[i] >= d->frame_count)
            return false;
    return true;
}

static bool ok_act(const Bundle *b, const DutyDef *d, uint32_t number, const ActDef *a) {
    bool pauses = a->kind == ACT_IS_RESUME || a->kind == ACT_IS_PAUSE;
    if (a->file >= b->source_count || a->clause >= (pauses                     ? d->pause_count
                                                    : act_is_part(a->kind)     ? d->part_count
                                                    : a->kind == ACT_IS_FULFIL ? LIMIT_PAUSES
                                                                               : 1))
        return false;
    if (!ok_portion(b, d, a))
        return false;
    if (a->kind == ACT_IS_UNRAISE || a->kind == ACT_IS_MOVE)
        return false;
    bool forbidding = a->kind == ACT_IS_EXPIRE || a->kind == ACT_IS_VIOLATE,
         fulfilling = a->kind == ACT_IS_FULFIL || act_is_part(a->kind);
    if ((forbidding && !d->forbids) || (fulfilling && d->forbids) ||
        (a->kind == ACT_IS_VIOLATE && a->match == MATCH_BY_SELF))
        return false;
    if ((a->kind == ACT_IS_REASSIGN &&
         (a->match != MATCH_BY_SELF || a->event != ENGINE_REASSIGNED)) ||
        (a->kind == ACT_IS_ACKNOWLEDGE &&
         (a->match != MATCH_BY_SELF || a->event != ENGINE_ACKNOWLEDGED)))
        return false;
    if (a->test_fn >= 0 && (!fn_is(b, a->test_fn, (int32_t)a->event, (int32_t)number, 0) ||
                            !fn_gives(b, a->test_fn, 1, V_FLAG)))
        return false;
    if (a->match == MATCH_BY_SELF)
        return b->events[a->event].engine >= ENGINE_REPORTED;
    if (a->of_subject)
        return ok_subject(b, a) && ok_slots(d, a);
    if ((a->match == MATCH_BY_KEY || a->match == MATCH_BY_LINK) != (a->link_fn >= 0))
        return false;
    if (a->link_fn < 0)
        return a->slot_count == 0;
    const FnDef *f = &b->fns[a->link_fn];
    if (!fn_is(b, a->link_fn, (int32_t)a->event, -2, 0) ||
        f->result_count != (a->match == MATCH_BY_KEY ? d->key_count : a->slot_count))
        return false;
    return ok_slots(d, a);
}

static bool ok_rung(const Bundle *b, const DutyDef *d, uint32_t number, const RungDef *g) {
    if (g->file >= b->source_count || !fn_is(b, g->to_fn, -2, (int32_t)number, 0) ||
        !fn_gives(b, g->to_fn, UINT32_MAX, V_PARTY) || b->fns[g->to_fn].result_count == 0)
        return false;
    return g->span_slot < 0 ||
           (g->span_slot < (int32_t)d->frame_count && d->frame[g->span_slot].kind == V_DURATION &&
            !d->frame[g->span_slot].optional);
}

/* A deadline that is an end of something: its raising function gives a number, and this says which.
 */
static bool due_end_ok(const Bundle *b, const DutyDef *d) {
    bool works = d->due_end == DUE_END_OF_WORKING_DAY ||
                 (d->due_end >= DUE_LAST_WORKING_DAY_OF_WEEK && d->due_end != DUE_NEVER);
    return d->due_end != DUE_END_NONE && (!works || local_calendar(b, d->local) != NULL) &&
           (d->due_end != DUE_NEVER || d->forbids);
}

/* Whether a result that raises a duty is a party: who owes it, or what is said of it that is one.
 */
static bool raises_party(const DutyDef *d, uint32_t result) {
    uint32_t at = d->key_count;
    if (result == at++)
        return true;
    for (uint32_t i = 0; i < ATTRIBUTES; i++)
        if ((d->attributes >> i & 1) != 0 && result == at++)
            return attribute_rows[i].of == ATTRIBUTE_OF_PARTY;
    return false;
}

static bool ok_raise(const Bundle *b, const DutyDef *d) {
    const FnDef *f = &b->fns[d->raise_fn];
    if (!fn_opens(b, d->raise_fn, d->event, d->param_count) ||
        !ok_args(f, d->params, d->param_count))
        return false;
    uint32_t fixed = duty_def_fixed(d);
    if (f->result_count != fixed + d->frame_count)
        return false;
    for (uint32_t i = 0; i < fixed; i++) {
        KindDef k = f->results[i];
        bool party = raises_party(d, i), due = i + 1 == fixed;
        if (d->has_start && i + 2 == fixed && k.kind != V_DURATION)
            return false;
        if (k.optional || (party && k.kind != V_PARTY) ||
            (due && !d->due_by && k.kind != V_DURATION) ||
            (due && d->due_by && k.kind != V_INSTANT && k.kind != V_DATE && k.kind != V_TIME &&
             !due_end_ok(b, d)) ||
            k.kind == V_LIST || k.kind == V_RECORD)
            return false;
    }
    for (uint32_t i = 0; i < d->frame_count; i++)
        if (f->results[fixed + i].kind != d->frame[i].kind ||
            f->results[fixed + i].optional != d->frame[i].optional)
            return false;
    return true;
}

/* Whether what a function gives can be written as keys are. */
static bool fn_keys(const Bundle *b, int32_t fn) {
    const FnDef *f = &b->fns[fn];
    for (uint32_t i = 0; i < f->result_count; i++)
        if (f->results[i].kind == V_LIST)
            return false;
    return true;
}

/* A duty that comes again by itself may come again, and not by a schedule too. */
static bool ok_renewal(const DutyDef *d) {
    if (!duty_def_renews(d))
        return true;
    bool slot = d->again_slot < 0 ||
                (d->again_span.kind == V_ABSENT && d->again_slot < (int32_t)d->frame_count &&
                 d->frame[d->again_slot].kind == V_DURATION && !d->frame[d->again_slot].optional);
    return slot && d->again && !d->forbids && !d->has_start && d->schedule.kind == SCHEDULE_NONE;
}

static bool ok_duties(const Bundle *b) {
    for (uint32_t i = 0; i < b->duty_count; i++) {
        const DutyDef *d = &b->duties[i];
        bool ok = d->file < b->source_count && ok_raise(b, d) &&
                  d->owner_slot < (int32_t)d->frame_count &&
                  (d->owner_slot < 0 ||
                   (d->frame[d->owner_slot].kind == V_PARTY && !d->frame[d->owner_slot].optional));
        for (uint32_t k = 0; ok && k < d->act_count; k++)
            ok = ok_act(b, d, i, &d->acts[k]);
        for (uint32_t k = 0; ok && k < d->rung_count; k++)
            ok = ok_rung(b, d, i, &d->rungs[k]);
        for (uint32_t k = 0; ok && k < d->reaction_count; k++)
            ok = fn_is(b, d->reactions[k].fn, -2, (int32_t)i, 0);
        for (uint32_t k = 0; ok && k < d->move_count; k++)
            ok = d->moves[k].file < b->source_count &&
                 (k == 0 || d->moves[k - 1].day <= d->moves[k].day);
        ok = ok && ok_renewal(d);
        if (d->each_fn >= 0)
            ok = ok && fn_is(b, d->each_fn, -2, -2, 0);
        if (d->silent_fn >= 0)
            ok = ok && fn_is(b, d->silent_fn, -2, (int32_t)i, 0) &&
                 fn_gives(b, d->silent_fn, 1, V_FLAG);
        if (d->group_fn >= 0)
            ok = ok && fn_is(b, d->group_fn, -2, (int32_t)i, 0) && fn_keys(b, d->group_fn);
        if (!ok)
            return false;
    }
    return true;
}

/* What withdraws an approval names its whole key. */
static bool ok_withdrawal(const Bundle *b, const ApprovalDef *d, uint32_t number, const ActDef *a) {
    if (a->file >= b->source_count || a->kind != ACT_IS_CANCEL || a->match != MATCH_BY_KEY ||
        a->of_subject || a->field >= 0 || a->amount_slot >= 0 || a->link_fn < 0 ||
        a->slot_count > 0)
        return false;
    if (a->test_fn >= 0 &&
        (!fn_reads(b, a->test_fn, (int32_t)a->event, DECL_APPROVAL, (int32_t)number, 0) ||
         !fn_gives(b, a->test_fn, 1, V_FLAG)))
        return false;
    return fn_is(b, a->link_fn, (int32_t)a->event, -2, 0) &&
           b->fns[a->link_fn].result_count == d->key_count;
}

/* The next `n` results of an opening function are of one kind, each of them always there. */
static bool ok_results(const FnDef *f, uint32_t *at, uint32_t n, uint8_t kind, bool optional) {
    for (uint32_t i = 0; i < n; i++, (*at)++)
        if (*at >= f->result_count || f->results[*at].kind != kind ||
            (f->results[*at].optional && !optional))
            return false;
    return true;
}

static bool ok_opening(const Bundle *b, const ApprovalDef *d) {
    const FnDef *f = &b->fns[d->raise_fn];
    uint32_t dues = 0, flags = 0, given = 0, at = 0;
    for (uint32_t i = 0; i < d->stage_count; i++) {
        dues += d->stages[i].has_due;
        flags += d->stages[i].conditional;
    }
    for (uint32_t i = 0; i < d->need_count; i++) {
        flags += d->needs[i].conditional;
        given += d->needs[i].kind == COUNT_IS_GIVEN;
    }
    if (!fn_opens(b, d->raise_fn, d->event, d->param_count) ||
        !ok_args(f, d->params, d->param_count) ||
        f->result_count != (uint64_t)d->key_count + dues + d->excluded_count + d->seat_count +
                               flags + given + d->frame_count)
        return false;
    for (; at < d->key_count; at++)
        if (f->results[at].optional || f->results[at].kind == V_LIST ||
            f->results[at].kind == V_RECORD)
            return false;
    if (!ok_results(f, &at, dues, V_DURATION, false) ||
        !ok_results(f, &at, d->excluded_count, V_PARTY, true))
        return false;
    for (uint32_t i = 0; i < d->seat_count; i++)
        if (!ok_results(f, &at, 1, d->seats[i].list ? V_LIST : V_PARTY, false))
            return false;
    if (!ok_results(f, &at, flags, V_FLAG, false) || !ok_results(f, &at, given, V_INT, false))
        return false;
    for (uint32_t i = 0; i < d->frame_count; i++, at++)
        if (f->results[at].kind != d->frame[i].kind ||
            f->results[at].optional != d->frame[i].optional)
            return false;
    return true;
}

static bool ok_stages(const Bundle *b, const ApprovalDef *d) {
    for (uint32_t i = 0; i < d->stage_count; i++)
        if (d->stages[i].file >= b->source_count)
            return false;
    for (uint32_t i = 0; i < d->need_count; i++) /* in the order of the stages */
        if (d->needs[i].stage >= d->stage_count ||
            (i > 0 && d->needs[i].stage < d->needs[i - 1].stage))
            return false;
    return true;
}

static bool ok_approvals(const Bundle *b) {
    for (uint32_t i = 0; i < b->approval_count; i++) {
        const ApprovalDef *d = &b->approvals[i];
        bool ok = d->file < b->source_count && ok_opening(b, d) && ok_stages(b, d);
        for (uint32_t k = 0; ok && k < d->seat_count; k++) {
            const SeatDef *s = &d->seats[k];
            ok = s->need < d->need_count && s->file < b->source_count &&
                 (k == 0 || s->need >= d->seats[k - 1].need) &&
                 (d->needs[s->need].kind == COUNT_IS_POINTS) == (s->weight > 0);
        }
        for (uint32_t k = 0; ok && k < d->act_count; k++)
            ok = ok_withdrawal(b, d, i, &d->acts[k]);
        for (uint32_t k = 0; ok && k < d->reaction_count; k++)
            ok = fn_reads(b, d->reactions[k].fn, -2, DECL_APPROVAL, (int32_t)i, 0);
        if (!ok)
            return false;
    }
    return true;
}

/* A sample's function: from its event to the group and, unless it counts events, a number;
 * a distinct takes any value but a list. */
static bool ok_agg(const Bundle *b, const KpiDef *k, const AggDef *g) {
    const FnDef *f = &b->fns[g->fn];
    uint32_t wanted = k->by_count + (g->kind != AGG_IS_COUNT);
    const EventDef *event = &b->events[g->event];
    if (!fn_opens(b, g->fn, (int32_t)g->event, 0) || f->result_count != wanted)
        return false;
    bool states = event->duty >= 0 && !event->ended;
    if (states != (g->states != 0) || g->states >= 1u << DUTY_STATES ||
        (states && g->kind != AGG_IS_COUNT) || (k->window == WINDOW_IS_NOW && !g->now))
        return false;
    for (uint32_t i = 0; i < k->by_count; i++)
        if (f->results[i].kind != k->by[i].type.kind || f->results[i].optional)
            return false;
    if (g->kind == AGG_IS_DISTINCT)
        return f->results[k->by_count].kind != V_LIST && f->results[k->by_count].kind != V_RECORD;
    return g->kind == AGG_IS_COUNT || f->results[k->by_count].kind == g->sample;
}

static bool ok_kpi_args(const FnDef *f, const KpiDef *k) {
    for (uint32_t i = 0; i < f->arg_count; i++)
        if (f->args[i].kind != (i < k->by_count ? k->by[i].type.kind : (uint8_t)V_TEXT))
            return false;
    return f->arg_count <= k->by_count + 1;
}

/* A threshold that is computed: from the group and the period to a number. */
static bool ok_bound(const Bundle *b, const KpiDef *k, const BoundDef *g) {
    if (g->fn < 0)
        return true;
    const FnDef *f = &b->fns[g->fn];
    if (!fn_is(b, g->fn, -2, -2, k->by_count + TARGET_NAMES) || f->result_count != 1)
        return false;
    for (uint32_t i = 0; i < f->arg_count; i++)
        if (f->args[i].kind != (i < k->by_count                 ? k->by[i].type.kind
                                : i == k->by_count + TARGET_DAY ? (uint8_t)V_DATE
                                                                : (uint8_t)V_INT))
            return false;
    uint8_t kind = f->results[0].kind;
    return kind == V_INT || kind == V_DEC || kind == V_PERCENT || kind == V_MONEY ||
           kind == V_DURATION;
}

static bool ok_kpis(const Bundle *b) {
    for (uint32_t i = 0; i < b->kpi_count; i++) {
        const KpiDef *k = &b->kpis[i];
        bool ok = k->file < b->source_count;
        for (uint32_t n = 0; ok && n < k->agg_count; n++)
            ok = ok_agg(b, k, &k->aggs[n]);
        for (uint32_t n = 0; ok && n < k->level_count; n++)
            ok = k->levels[n].file < b->source_count && ok_bound(b, k, &k->levels[n].raise) &&
                 (!k->levels[n].has_clear || ok_bound(b, k, &k->levels[n].clear));
        for (uint32_t n = 0; ok && n < k->reaction_count; n++)
            ok = fn_is(b, k->reactions[n].fn, -2, -2, k->by_count + 1) &&
                 ok_kpi_args(&b->fns[k->reactions[n].fn], k) &&
                 k->reactions[n].file < b->source_count;
        if (!ok)
            return false;
    }
    return true;
}

static bool ok_deputies(const Bundle *b) {
    for (uint32_t i = 0; i < b->deputy_count; i++) {
        const DeputyDef *d = &b->deputies[i];
        if (d->of >= b->party_count || d->by >= b->party_count || d->of == d->by ||
            d->file >= b->source_count)
            return false;
    }
    return true;
}

/* Each party that is a rotation is one of the list, once; a seat of no rotation takes turns. */
static bool ok_rotations(const Bundle *b) {
    uint32_t parties = 0;
    for (uint32_t i = 0; i < b->party_count; i++)
        parties += b->parties[i].kind == PARTY_ROTATION_DEF;
    for (uint32_t i = 0; i < b->rotation_count; i++) {
        const RotationDef *d = &b->rotations[i];
        if (d->party >= b->party_count || b->parties[d->party].kind != PARTY_ROTATION_DEF ||
            (i > 0 && b->rotations[i - 1].party >= d->party) || d->layer_count == 0)
            return false;
        const Calendar *calendar = local_calendar(b, b->parties[d->party].local);
        for (uint32_t k = 0; k < d->layer_count; k++) {
            const LayerDef *l = &d->layers[k];
            if (l->file >= b->source_count || (l->hours >= ONCALL_OPEN && calendar == NULL))
                return false;
            for (uint32_t n = 0; n < l->place_count; n++)
                if (l->places[n].party >= b->party_count ||
                    b->parties[l->places[n].party].kind == PARTY_ROTATION_DEF)
                    return false;
        }
    }
    return parties == b->rotation_count;
}

static bool ok_powers(const Bundle *b) {
    for (uint32_t i = 0; i < b->power_count; i++) {
        const PowerDef *p = &b->powers[i];
        bool span = p->verb == POWER_TO_ACKNOWLEDGE;
        uint32_t most = p->verb == POWER_TO_SWAP ? b->party_count
                        : p->approval            ? b->approval_count
                                                 : b->duty_count;
        if (p->of >= most ||
            p->approval != (p->verb >= POWER_TO_WITHDRAW && p->verb <= POWER_TO_URGE) ||
            (p->approval && p->owner) || p->file >= b->source_count ||
            (span ? p->span.kind != V_DURATION || p->span.i <= 0 : p->span.kind != V_ABSENT))
            return false;
        for (uint32_t k = 0; k < p->party_count; k++)
            if (p->parties[k] >= b->party_count)
                return false;
    }
    return true;
}

/* A function over the columns of a feed; they are what it is given. */
static bool over_row(const Bundle *b, const FeedDef *feed, int32_t fn) {
    const FnDef *f = &b->fns[fn];
    if (!fn_opens(b, fn, -1, LIMIT_FIELDS) || f->arg_count != feed->column_count)
        return false;
    for (uint32_t i = 0; i < f->arg_count; i++) {
        const FieldDef *column = &feed->columns[i].field;
        bool optional = column->type.optional && !column->has_preset;
        if (f->args[i].kind != column->type.kind || (optional && !f->args[i].optional))
            return false;
    }
    return true;
}

static bool ok_only(const Bundle *b, const FeedDef *feed) {
    if (feed->only_fn < 0)
        return feed->only_use_count == 0;
    const FnDef *f = &b->fns[feed->only_fn];
    for (uint32_t i = 0; i < feed->only_use_count; i++)
        if (feed->only_uses[i] >= feed->column_count)
            return false;
    return over_row(b, feed, feed->only_fn) && !f->stops && f->result_count == 1 &&
           f->results[0].kind == V_FLAG && !f->results[0].optional;
}

/* When an event comes, then texts and parts of an id, then values of its fields' kinds. */
static bool ok_fed(const Bundle *b, const FeedDef *feed, const FedDef *d) {
    const EventDef *event = &b->events[d->event];
    const FnDef *f = &b->fns[d->fn], *when = &b->fns[d->when_fn];
    uint32_t fixed = fed_def_fixed(d);
    if (event_is_record(event) || d->file >= b->source_count || !over_row(b, feed, d->fn) ||
        d->field_count > event->field_count || f->result_count != fixed + d->field_count)
        return false;
    if (!over_row(b, feed, d->when_fn) || when->stops || when->result_count != 1 ||
        (when->results[0].kind != V_INSTANT && when->results[0].kind != V_DATE))
        return false;
    const KindDef *r = f->results;
    for (uint32_t i = 0; i < fixed; i++) {
        bool part = i >= d->has_source && i < d->has_source + d->id_parts;
        bool good = r[i].kind == V_TEXT || r[i].kind == V_PARTY ||
                    (part && r[i].kind != V_ABSENT && r[i].kind < V_LIST);
        bool actor = d->has_actor && i + 1 == fixed;
        if (!good || (r[i].optional && !actor))
            return false;
    }
    for (uint32_t i = 0; i < d->field_count; i++) {
        if (d->fields[i] >= event->field_count)
            return false;
        const TypeDef *type = &event->fields[d->fields[i]].type;
        KindDef is = r[fixed + i];
        if (is.kind != type->kind || (is.optional && !type->optional))
            return false;
    }
    return true;
}

static bool ok_feeds(const Bundle *b) {
    for (uint32_t i = 0; i < b->feed_count; i++) {
        if (!ok_only(b, &b->feeds[i]))
            return false;
        for (uint32_t k = 0; k < b->feeds[i].fed_count; k++)
            if (!ok_fed(b, &b->feeds[i], &b->feeds[i].fed[k]))
                return false;
    }
    return true;
}

/* ---- versions */

/* A policy of its own is its only version, from the beginning of time. */
static bool only_version(Bundle *b, Arena *a) {
    b->versions = new (a, VersionDef, 1);
    uint32_t *events = new (a, uint32_t, b->event_count + 1);
    if (b->versions == NULL || events == NULL)
        return false;
    for (uint32_t i = 0; i < b->event_count; i++)
        events[i] = i;
    *b->versions = (VersionDef){.version = b->version,
                                .hash = {(const char *)b->hash, SHA256_BYTES},
                                .from = INT64_MIN,
                                .late_ms = b->late_ms,
                                .quiet_from = b->quiet_from,
                                .quiet_to = b->quiet_to,
                                .first = 1,
                                .events = events,
                                .event_count = b->event_count};
    b->version_count = 1;
    return true;
}

/* What may be told apart by name alone: what the engine says of other declarations may not. */
static bool are_twins(const EventDef *a, const EventDef *b) {
    return a->engine < 0 && a->told < 0 && b->told < 0 && (a->duty < 0) == (b->duty < 0) &&
           a->ended == b->ended && (a->entity < 0) == (b->entity < 0) && str_eq(a->name, b->name);
}

/* With one version nothing has twins. */
static bool twins_find(Bundle *b, Arena *a) {
    for (uint32_t i = 0; b->version_count > 1 && i < b->event_count; i++) {
        EventDef *e = &b->events[i];
        for (int round = 0; round < 2; round++) {
            e->twin_count = 0;
            for (uint32_t k = 0; k < b->event_count; k++)
                if (k != i && are_twins(e, &b->events[k])) {
                    if (round == 1)
                        e->twins[e->twin_count] = k;
                    e->twin_count++;
                }
            if (round == 0 && (e->twins = new (a, uint32_t, e->twin_count + 1)) == NULL)
                return false;
        }
    }
    return true;
}

static bool ok_version(const Bundle *b, uint32_t i) {
    const VersionDef *v = &b->versions[i];
    if ((i == 0) != (v->from == INT64_MIN) || (i > 0 && v->from <= b->versions[i - 1].from) ||
        (i > 0 && !bound_ok(v->from)) || v->first == 0 || v->first >= (UINT64_C(1) << 62))
        return false;
    for (uint32_t k = 0; k < v->event_count; k++)
        if (v->events[k] >= b->event_count)
            return false;
    return true;
}

static bool ok_bases(Bundle *b) {
    for (uint32_t i = 0; i < b->kpi_count; i++)
        b->kpis[i].next = -1;
    for (uint32_t i = 0; i < b->kpi_count; i++) {
        int32_t at = b->kpis[i].base;
        if (at < 0)
            continue;
        if (at >= (int32_t)i || b->kpis[at].base >= 0 ||
            b->kpis[i].agg_count != b->kpis[at].agg_count)
            return false;
        while (b->kpis[at].next >= 0)
            at = b->kpis[at].next;
        if (b->kpis[at].version >= b->kpis[i].version)
            return false;
        b->kpis[at].next = (int32_t)i;
    }
    for (uint32_t i = 0; i < b->entity_count; i++) {
        EntityDef *e = &b->entities[i];
        EntityDef *base = e->base <= i ? &b->entities[e->base] : NULL;
        if (base == NULL || base->base != e->base || e->key_count != base->key_count)
            return false;
        for (uint32_t k = 0; k < e->field_count; k++) {
            if (e->slots[k] >= LIMIT_ENTITY_FIELDS)
                return false;
            for (uint32_t other = 0; other < k; other++)
                if (e->slots[other] == e->slots[k])
                    return false;
            base->kept = e->slots[k] >= base->kept ? e->slots[k] + 1 : base->kept;
        }
        base->newest = i;
        if (e->field_count != base->kept) /* a version has all fields of those before it */
            return false;
    }
    return true;
}

static bool ok_versions(Bundle *b) {
    for (uint32_t i = 0; i < b->version_count; i++)
        if (!ok_version(b, i))
            return false;
    for (uint32_t i = 0; i < b->duty_count; i++)
        if (b->duties[i].version >= b->version_count)
            return false;
    for (uint32_t i = 0; i < b->approval_count; i++)
        if (b->approvals[i].version >= b->version_count)
            return false;
    for (uint32_t i = 0; i < b->rule_count; i++)
        if (b->rules[i].version >= b->version_count)
            return false;
    for (uint32_t i = 0; i < b->kpi_count; i++)
        if (b->kpis[i].version >= b->version_count)
            return false;
    return ok_bases(b);
}

static bool ok_rest(Bundle *b) {
    for (uint32_t i = 0; i < b->fn_count; i++) {
        FnDef *f = &b->fns[i];
        if (f->owner >= (int32_t)decl_count(b, f->of) || f->to > b->code_count ||
            (i > 0 && f->from < b->fns[i - 1].to))
            return false;
        for (uint32_t at = f->from; at < f->to; at++) {
            f->stops = f->stops || INS_OP(b->code[at]) == OP_STOP;
            b->asks_state = b->asks_state || INS_OP(b->code[at]) == OP_STATE_IS;
        }
    }
    uint32_t next[DECL_KINDS] = {0}; /* each once, in the order of its kind */
    for (uint32_t i = 0; i < b->decl_count; i++)
        if (b->decls[i].number != next[b->decls[i].kind]++)
            return false;
    for (uint32_t i = 0; i < b->rule_count; i++)
        if (!fn_opens(b, b->rules[i].fn, b->rules[i].event, 0) ||
            (b->rules[i].event >= 0) == (b->rules[i].schedule.kind != SCHEDULE_NONE) ||
            b->rules[i].file >= b->source_count)
            return false;
    for (uint32_t i = 0; i < b->entity_count; i++)
        if (b->entities[i].file >= b->source_count || b->entity_count > LIMIT_ENTITIES)
            return false;
    for (uint32_t i = 0; i < b->code_count; i++)
        if (b->lines[i] >> 20 >= b->source_count)
            return false;
    return true;
}

Status bundle_take(Str bytes, Arena *a, Bundle **out, Err *err) {
    Reader r = {.t = take_from(bytes), .a = a, .b = new (a, Bundle, 1)};
    if (r.b == NULL)
        return ERR_NOMEM;
    Str magic = take_bytes(&r.t, sizeof bundle_magic);
    if (!str_eq(magic, (Str){bundle_magic, sizeof bundle_magic}))
        return err_say(err, ERR_DAMAGED, "this is not a bundle: its first bytes are others",
                       "这不是编译包：开头的字节不对");
    uint64_t version = take_varint(&r.t);
    if (version != BUNDLE_VERSION)
        return err_say(err, ERR_VERSION, "this bundle has form %llu; this program reads form %d",
                       "编译包的格式是 %llu；本程序读的是格式 %d", (unsigned long long)version,
                       BUNDLE_VERSION);
    Str parts = bytes;
    if (take_left(&r.t) < SHA256_BYTES || !take_sum(&parts, r.b->hash))
        return err_say(err, ERR_DAMAGED,
                       "this bundle was cut or changed: its checksum is not that of its %zu bytes; "
                       "build it again, or copy it anew",
                       "编译包被截断或改动过：校验和与其 %zu 字节不符；请重新编译或重新复制",
                       bytes.n);
    r.t.end = parts.p + parts.n;
    take_parts(&r);
    if (r.nomem)
        return ERR_NOMEM;
    if (take_done(&r.t) != OK)
        return err_say(err, ERR_DAMAGED, "bundle: damaged near byte %zu of %zu",
                       "编译包：在第 %zu 字节附近损坏（共 %zu 字节）", (size_t)(r.t.p - bytes.p),
                       parts.n);
    if ((r.b->version_count == 0 && !only_version(r.b, a)) || !twins_find(r.b, a))
        return ERR_NOMEM;
    if (!ok_rest(r.b) || !ok_versions(r.b) || !ok_parties(r.b) || !ok_events(r.b) ||
        !ok_records(r.b) || !ok_tables(r.b) || !ok_duties(r.b) || !ok_approvals(r.b) ||
        !ok_kpis(r.b) || !ok_rotations(r.b) || !ok_feeds(r.b) || !ok_powers(r.b) ||
        !ok_deputies(r.b))
        return err_say(err, ERR_DAMAGED, "bundle: its parts do not fit together",
                       "编译包：各部分不相符");
    Arena scratch = {0};
    Status status = verify_code(r.b, &scratch, err);
    arena_free(&scratch);
    TRY(status);
    *out = r.b;
    return OK;
}

/* ---- looking things up, printing values */

static bool is_named(Str name, Str alias, Str wanted) {
    return str_eq(name, wanted) || (alias.n > 0 && str_eq(alias, wanted));
}

/* What stands behind the last point: of a seat its role, whatever module its team is in. */
static Str last_part(Str name) {
    size_t n = name.n;
    while (n > 0 && name.p[n - 1] != '.')
        n--;
    return str_from(name, n);
}

int32_t bundle_party(const Bundle *b, Str name) {
    for (uint32_t i = 0; i < b->party_count; i++)
        if (is_named(b->parties[i].name, b->parties[i].alias, name))
            return (int32_t)i;
    Str role = last_part(name);
    if (role.n == name.n)
        return -1;
    Str team = {name.p, name.n - role.n - 1};
    for (uint32_t i = 0; i < b->party_count; i++) {
        const PartyDef *p = &b->parties[i];
        if (p->team < 0 || !is_named(b->parties[p->team].name, b->parties[p->team].alias, team))
            continue;
        if (is_named(last_part(p->name), last_part(p->alias), role))
            return (int32_t)i;
    }
    return -1;
}

uint32_t duty_local(const Bundle *b, const DutyDef *duty, Value owner) {
    bool named = owner.kind == V_PARTY && !value_is_person(owner);
    uint32_t local = duty->local != 0 || !named ? duty->local : b->parties[owner.i].local;
    return local != 0 ? local : duty->home;
}

uint32_t bundle_key_parts(const Bundle *b, DeclDef decl) {
    switch ((DeclKind)decl.kind) {
    case DECL_DUTY: {
        const DutyDef *d = &b->duties[decl.number];
        bool instant = d->schedule.kind != SCHEDULE_NONE && d->key_count == 0;
        return instant ? 1 : d->key_count + d->by_kpi + (d->each_fn >= 0);
    }
    case DECL_APPROVAL:
        return b->approvals[decl.number].key_count;
    case DECL_KPI:
        return b->kpis[decl.number].by_count;
    case DECL_RULE:
    case DECL_KINDS:
        break;
    }
    return 0;
}

const RotationDef *bundle_rotation(const Bundle *b, Value party) {
    if (party.kind != V_PARTY || party.aux != 0)
        return NULL;
    for (uint32_t i = 0; i < b->rotation_count; i++)
        if (b->rotations[i].party == party.i)
            return &b->rotations[i];
    return NULL;
}

int32_t bundle_superior(const Bundle *b, int32_t party, int64_t at) {
    const PartyDef *p = &b->parties[party];
    if (p->kind != PARTY_SEAT_DEF)
        return party_span(p, at)->under;
    const PartyDef *team = &b->parties[p->team];
    return team->votes >= 0 && team->votes != party ? team->votes : party_span(team, at)->under;
}

static int64_t span_change(const PartyDef *p, int64_t at) {
    for (uint32_t k = 0; k < p->span_count; k++) {
        if (p->spans[k].dated.from > at)
            return p->spans[k].dated.from;
        if (p->spans[k].dated.until > at)
            return p->spans[k].dated.until;
    }
    return INT64_MAX;
}

int64_t bundle_party_change(const Bundle *b, int64_t party, int64_t at) {
    const PartyDef *p = &b->parties[party];
    int64_t own = span_change(p, at),
            team = p->team < 0 ? INT64_MAX : span_change(&b->parties[p->team], at);
    return own < team ? own : team;
}

bool bundle_party_is(const Bundle *b, int64_t party, int64_t at) {
    const PartyDef *p = &b->parties[party];
    return dated_at(&party_span(p, at)->dated, at) &&
           (p->team < 0 || dated_at(&party_span(&b->parties[p->team], at)->dated, at));
}

bool side_holds(int64_t side, int order) {
    switch (side) {
    case SIDE_IS_ABOVE:
        return order > 0;
    case SIDE_IS_BELOW:
        return order < 0;
    case SIDE_IS_AT_LEAST:
        return order >= 0;
    case SIDE_IS_AT_MOST:
        return order <= 0;
    case SIDE_IS_EQUAL:
        return order == 0;
    default:
        return order != 0;
    }
}

KindDef bundle_measure(const KpiDef *k, bool *quotient) {
    const AggDef *a = &k->aggs[0];
    bool two = k->agg_count == 2, unit = a->sample == V_MONEY || a->sample == V_DURATION;
    *quotient = two || agg_keeps(a->kind) == AGG_KEEPS_MEAN ||
                (k->compare != COMPARES_NOTHING && k->compare != COMPARES_DIFFERENCE);
    if (k->compare == COMPARES_CHANGE || k->compare == COMPARES_MULTIPLE)
        return (KindDef){V_DEC, true};
    if (*quotient)
        return (KindDef){unit && (!two || k->aggs[1].sample != a->sample) ? a->sample : V_DEC,
                         true};
    return (KindDef){a->sample,
                     agg_may_lack(a->kind) || k->samples > 0 || k->compare != COMPARES_NOTHING};
}

Value bundle_measure_nothing(const KpiDef *k) {
    bool quotient;
    KindDef kind = bundle_measure(k, &quotient);
    const AggDef *a = &k->aggs[0];
    if (kind.optional)
        return value_absent();
    if (kind.kind == V_INT)
        return value_int(0);
    if (kind.kind == V_DURATION)
        return value_duration((Family)a->unit, 0);
    Value v = value_dec((ValueKind)kind.kind, dec_of_i64(0));
    v.n = kind.kind == V_MONEY ? a->currency : 0;
    return v;
}

uint32_t bundle_version_at(const Bundle *b, int64_t at) {
    uint32_t i = b->version_count - 1;
    while (i > 0 && b->versions[i].from > at)
        i--;
    return i;
}

int32_t bundle_event_at(const Bundle *b, Str name, int64_t at) {
    for (uint32_t i = bundle_version_at(b, at) + 1; i-- > 0;)
        for (uint32_t k = 0; k < b->versions[i].event_count; k++) {
            const EventDef *e = &b->events[b->versions[i].events[k]];
            if (!event_is_record(e) && is_named(e->name, e->alias, name))
                return (int32_t)b->versions[i].events[k];
        }
    return -1;
}

int32_t bundle_event(const Bundle *b, Str name) {
    return bundle_event_at(b, name, INT64_MAX);
}

/* The last of this name: that of the latest version. */
#define LAST_NAMED(b, list, count, wanted)                                                         \
    for (uint32_t i = (b)->count; i-- > 0;)                                                        \
        if (is_named((b)->list[i].name, (b)->list[i].alias, wanted))                               \
            return (int32_t)i;                                                                     \
    return -1

int32_t bundle_entity(const Bundle *b, Str name) {
    LAST_NAMED(b, entities, entity_count, name);
}

int32_t bundle_duty(const Bundle *b, Str name) {
    LAST_NAMED(b, duties, duty_count, name);
}

int32_t bundle_approval(const Bundle *b, Str name) {
    LAST_NAMED(b, approvals, approval_count, name);
}

int32_t bundle_kpi(const Bundle *b, Str name) {
    for (uint32_t i = b->kpi_count; i-- > 0;)
        if (is_named(b->kpis[i].name, b->kpis[i].alias, name))
            return b->kpis[i].base < 0 ? (int32_t)i : b->kpis[i].base;
    return -1;
}

const KpiDef *bundle_judge(const Bundle *b, uint32_t kpi, int64_t at) {
    const KpiDef *k = &b->kpis[kpi];
    while (k->next >= 0 && b->versions[b->kpis[k->next].version].from <= at)
        k = &b->kpis[k->next];
    return k;
}

int32_t bundle_feed(const Bundle *b, Str name) {
    for (uint32_t i = 0; i < b->feed_count; i++)
        if (is_named(b->feeds[i].name, b->feeds[i].alias, name))
            return (int32_t)i;
    return -1;
}

int32_t bundle_field(const FieldDef *fields, uint32_t n, Str name) {
    for (uint32_t i = 0; i < n; i++)
        if (is_named(fields[i].name, fields[i].alias, name))
            return (int32_t)i;
    return -1;
}

bool bundle_fits(const Bundle *b, const TypeDef *type, Value v) {
    if (v.kind == V_ABSENT)
        return type->optional;
    if (v.kind != type->kind)
        return false;
    if (v.kind == V_ENUM)
        return v.n == type->members && v.i >= 0 && v.i < (int64_t)b->enums[v.n].count;
    if (v.kind == V_PARTY && v.aux == 0)
        return v.i >= 0 && v.i < (int64_t)b->party_count;
    if (v.kind == V_RECORD) {
        const RecordDef *d = &b->records[type->members];
        bool fits = v.aux == type->members && v.n == d->field_count;
        for (uint32_t i = 0; fits && i < v.n; i++)
            fits = bundle_fits(b, &d->fields[i].type, v.items[i]);
        return fits;
    }
    for (uint32_t i = 0; v.kind == V_LIST && i < v.n; i++) {
        TypeDef item = type_of_item(type);
        if (!bundle_fits(b, &item, v.items[i]))
            return false;
    }
    return true;
}

Str party_text(const Bundle *b, Value v) {
    if (v.kind != V_PARTY)
        return S("?");
    if (v.aux == 1)
        return value_str(v);
    return v.i >= 0 && v.i < (int64_t)b->party_count ? b->parties[v.i].name : S("?");
}

static Str member_text(const Bundle *b, Value v) {
    bool known = v.n < b->enum_count && v.i >= 0 && v.i < (int64_t)b->enums[v.n].count;
    return known ? b->enums[v.n].members[v.i].name : S("?");
}

static const RecordDef *record_of(const Bundle *b, Value v) {
    return v.aux < b->record_count ? &b->records[v.aux] : NULL;
}

/* Inside a record texts stand in quotes and lists in brackets, so that it can be told where they
 * end. */
static void put_part_text(Buf *out, const Bundle *b, ZoneCache *cache, Value v) {
    if (v.kind == V_TEXT)
        put_json_string(out, value_str(v));
    if (v.kind != V_LIST) {
        if (v.kind != V_TEXT)
            put_value_text(out, b, cache, v);
        return;
    }
    put_c(out, '[');
    for (uint32_t i = 0; i < v.n; i++) {
        put_text(out, i == 0 ? S("") : S(", "));
        put_part_text(out, b, cache, v.items[i]);
    }
    put_c(out, ']');
}

/* As the language writes it. */
static void put_record_text(Buf *out, const Bundle *b, ZoneCache *cache, Value v) {
    const RecordDef *d = record_of(b, v);
    put_text(out, d == NULL ? S("?") : d->name);
    put_text(out, S(" {"));
    for (uint32_t i = 0; d != NULL && i < v.n && i < d->field_count; i++) {
        if (v.items[i].kind == V_ABSENT)
            continue;
        put_c(out, ' ');
        put_text(out, d->fields[i].name);
        put_text(out, S(": "));
        put_part_text(out, b, cache, v.items[i]);
    }
    put_text(out, S(" }"));
}

void put_value_text(Buf *out, const Bundle *b, ZoneCache *cache, Value v) {
    put_value_in(out, b, cache, v, false);
}

void put_value_in(Buf *out, const Bundle *b, ZoneCache *cache, Value v, bool chinese) {
    switch ((ValueKind)v.kind) {
    case V_ABSENT:
    case V_KINDS:
        put_text(out, chinese ? S("空缺") : S("absent"));
        return;
    case V_FLAG:
        put_text(out, !chinese ? (v.i != 0 ? S("yes") : S("no")) : v.i != 0 ? S("是") : S("否"));
        return;
    case V_INT:
        put_dec(out, v.i);
        return;
    case V_DEC:
        dec_put(out, value_to_dec(v));
        return;
    case V_PERCENT:
        put_percent(out, value_to_dec(v));
        return;
    case V_MONEY:
        dec_put(out, value_to_dec(v));
        put_c(out, ' ');
        put_currency(out, v.n);
        return;
    case V_DURATION:
        put_duration_in(out, (Family)v.aux, v.i, chinese);
        return;
    case V_DATE:
        put_date(out, (int32_t)v.i);
        return;
    case V_TIME:
        put_time(out, (int32_t)v.i);
        return;
    case V_INSTANT:
        zone_put_instant(out, cache, v.i);
        return;
    case V_TEXT:
        put_text(out, value_str(v));
        return;
    case V_ENUM:
        put_text(out, member_text(b, v));
        return;
    case V_PARTY:
        put_text(out, party_text(b, v));
        return;
    case V_LIST:
        for (uint32_t i = 0; i < v.n; i++) {
            put_text(out, i == 0 ? S("") : chinese ? S("、") : S(", "));
            put_value_in(out, b, cache, v.items[i], chinese);
        }
        return;
    case V_RECORD:
        put_record_text(out, b, cache, v);
        return;
    }
}

static void put_record_json(Buf *out, const Bundle *b, ZoneCache *cache, Value v) {
    const RecordDef *d = record_of(b, v);
    bool first = true;
    put_c(out, '{');
    for (uint32_t i = 0; d != NULL && i < v.n && i < d->field_count; i++) {
        if (v.items[i].kind == V_ABSENT)
            continue;
        put_text(out, first ? S("\"") : S(",\""));
        put_text(out, d->fields[i].name);
        put_text(out, S("\":"));
        put_value_json(out, b, cache, v.items[i]);
        first = false;
    }
    put_c(out, '}');
}

void put_value_json(Buf *out, const Bundle *b, ZoneCache *cache, Value v) {
    switch ((ValueKind)v.kind) {
    case V_ABSENT:
    case V_KINDS:
        put_text(out, S("null"));
        return;
    case V_FLAG:
        put_text(out, v.i != 0 ? S("true") : S("false"));
        return;
    case V_INT:
        put_dec(out, v.i);
        return;
    case V_LIST:
        put_c(out, '[');
        for (uint32_t i = 0; i < v.n; i++) {
            put_text(out, i == 0 ? S("") : S(","));
            put_value_json(out, b, cache, v.items[i]);
        }
        put_c(out, ']');
        return;
    case V_RECORD:
        put_record_json(out, b, cache, v);
        return;
    case V_TEXT:
        put_json_string(out, value_str(v));
        return;
    case V_PARTY:
        put_json_string(out, party_text(b, v));
        return;
    case V_ENUM:
        put_json_string(out, member_text(b, v));
        return;
    case V_DEC:
    case V_PERCENT:
    case V_MONEY:
    case V_DURATION:
    case V_DATE:
    case V_TIME:
    case V_INSTANT: /* none of these needs escapes */
        put_c(out, '"');
        put_value_text(out, b, cache, v);
        put_c(out, '"');
        return;
    }
}
