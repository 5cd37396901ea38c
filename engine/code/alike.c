/* code: what each declaration of a bundle means, in bytes.
 *
 * The parts of a bundle get numbers that it shares with other bundles: what has a name, by its
 * name; constants, loops and functions by their bytes, once what they name has its number. */
#include "engine/code/alike.h"

#include <stdlib.h>
#include <string.h>

#include "engine/code/relocate.h"
#include "engine/code/verify.h"

enum { ALIKE_DEPTH = 200, KNOWN_FIRST = 1024, NOT_YET = 0, ON_THE_WAY = 1, DONE = 2 };

/* What has numbers beside the parts of a bundle. */
enum { OF_FIELD = PARTS + 1, OF_MEMBER, OF_PLACE, OF_ALL };

typedef struct Known {
    Str bytes;
    uint32_t number;
    uint8_t of;
} Known;

struct Atlas {
    Arena *a;
    Known *known; /* open addressing */
    size_t slots, n;
    uint32_t next[OF_ALL];
};

/* A bundle that is being read. */
typedef struct Reading {
    Atlas *atlas;
    Bundle *b;
    Relocation to;
    Buf key;
    uint8_t *fn_state, *loop_state, *kpi_state;
    uint32_t depth;
    Things *out;
    Err *err;
} Reading;

/* ---- numbers in common */

static size_t slot_of(const Atlas *s, int of, Str bytes) {
    size_t at = (size_t)(str_hash(bytes) * 31 + (uint64_t)of) & (s->slots - 1);
    while (s->known[at].bytes.p != NULL &&
           (s->known[at].of != of || !str_eq(s->known[at].bytes, bytes)))
        at = (at + 1) & (s->slots - 1);
    return at;
}

static Status grow(Atlas *s) {
    Known *old = s->known;
    size_t slots = s->slots;
    if (s->n * 2 < slots)
        return OK;
    s->slots = slots == 0 ? KNOWN_FIRST : slots * 2;
    s->known = new (s->a, Known, s->slots);
    if (s->known == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < slots; i++)
        if (old[i].bytes.p != NULL)
            s->known[slot_of(s, old[i].of, old[i].bytes)] = old[i];
    return OK;
}

/* The number of what has these bytes; -1: none has. */
static int64_t known_find(const Atlas *s, int of, Str bytes) {
    size_t at = s->slots == 0 ? 0 : slot_of(s, of, bytes);
    return s->slots == 0 || s->known[at].bytes.p == NULL ? -1 : (int64_t)s->known[at].number;
}

static Status known_put(Atlas *s, int of, Str bytes, uint32_t number) {
    TRY(grow(s));
    size_t at = slot_of(s, of, bytes);
    if (s->known[at].bytes.p != NULL)
        return OK;
    s->known[at] = (Known){.number = number, .of = (uint8_t)of};
    s->n++;
    return arena_str(s->a, bytes, &s->known[at].bytes);
}

/* The number of what r->key says; a new one if it has none. */
static Status number(Reading *r, int of, uint32_t *out) {
    TRY(buf_status(&r->key));
    int64_t there = known_find(r->atlas, of, buf_str(&r->key));
    *out = there >= 0 ? (uint32_t)there : r->atlas->next[of];
    if (there < 0)
        TRY(known_put(r->atlas, of, buf_str(&r->key), r->atlas->next[of]++));
    return OK;
}

static Status number_named(Reading *r, int of, Str name, uint32_t *out) {
    buf_reset(&r->key);
    put_str(&r->key, name);
    return number(r, of, out);
}

/* ---- enumerations: by their members, else by where they stand */

static void place_key(Buf *key, int kind, Str of, Str field) {
    buf_reset(key);
    put_u8(key, (uint8_t)kind);
    put_str(key, of);
    put_str(key, field);
}

static bool is_enum(const TypeDef *t) {
    return (t->kind == V_LIST ? t->item : t->kind) == V_ENUM;
}

typedef Status (*PlaceVisit)(Reading *r, uint32_t members);

static Status visit_fields(Reading *r, int kind, Str of, const FieldDef *fields, uint32_t n,
                           PlaceVisit visit) {
    for (uint32_t i = 0; i < n; i++)
        if (is_enum(&fields[i].type)) {
            place_key(&r->key, kind, of, fields[i].name);
            TRY(buf_status(&r->key));
            TRY(visit(r, fields[i].type.members));
        }
    return OK;
}

/* Each place of an enumeration that has a name; r->key says it. */
static Status visit_places(Reading *r, PlaceVisit visit) {
    const Bundle *b = r->b;
    for (uint32_t i = 0; i < b->event_count; i++)
        if (!event_is_record(&b->events[i]))
            TRY(visit_fields(r, 0, b->events[i].name, b->events[i].fields, b->events[i].field_count,
                             visit));
    for (uint32_t i = 0; i < b->entity_count; i++)
        TRY(visit_fields(r, 1, b->entities[i].name, b->entities[i].fields,
                         b->entities[i].field_count, visit));
    for (uint32_t i = 0; i < b->record_count; i++)
        TRY(visit_fields(r, 2, b->records[i].name, b->records[i].fields, b->records[i].field_count,
                         visit));
    for (uint32_t i = 0; i < b->table_count; i++) {
        TRY(visit_fields(r, 3, b->tables[i].name, b->tables[i].inputs, b->tables[i].input_count,
                         visit));
        TRY(visit_fields(r, 4, b->tables[i].name, b->tables[i].outputs, b->tables[i].output_count,
                         visit));
    }
    return OK;
}

/* An enumeration that no bundle before had is the one that stood in its place. */
static Status place_takes(Reading *r, uint32_t members) {
    int64_t there = known_find(r->atlas, OF_PLACE, buf_str(&r->key));
    if (r->to.to[PART_ENUM][members] == UINT32_MAX && there >= 0)
        r->to.to[PART_ENUM][members] = (uint32_t)there;
    return OK;
}

static Status place_tells(Reading *r, uint32_t members) {
    return known_put(r->atlas, OF_PLACE, buf_str(&r->key), r->to.to[PART_ENUM][members]);
}

static Status number_enums(Reading *r) {
    uint32_t *to = r->to.to[PART_ENUM];
    for (uint32_t i = 0; i < r->b->enum_count; i++) {
        buf_reset(&r->key);
        put_part(&r->key, r->b, PART_ENUM, i);
        int64_t there = known_find(r->atlas, PART_ENUM, buf_str(&r->key));
        to[i] = there >= 0 ? (uint32_t)there : UINT32_MAX;
    }
    TRY(visit_places(r, place_takes));
    for (uint32_t i = 0; i < r->b->enum_count; i++) {
        buf_reset(&r->key);
        put_part(&r->key, r->b, PART_ENUM, i);
        if (to[i] == UINT32_MAX)
            TRY(number(r, PART_ENUM, &to[i]));
        else
            TRY(known_put(r->atlas, PART_ENUM, buf_str(&r->key), to[i]));
    }
    return visit_places(r, place_tells);
}

/* Members go by their names. */
static Status value_alike(Reading *r, Value *v) {
    if (v->kind == V_ENUM) {
        uint32_t member;
        buf_reset(&r->key);
        put_u32(&r->key, r->to.to[PART_ENUM][v->n]);
        put_str(&r->key, r->b->enums[v->n].members[v->i].name);
        TRY(number(r, OF_MEMBER, &member));
        v->i = member;
    }
    for (uint32_t i = 0; value_holds_more(*v) && i < v->n; i++)
        TRY(value_alike(r, (Value *)(uintptr_t)&v->items[i]));
    return OK;
}

/* ---- what has a name */

static Status maps(Reading *r) {
    Arena *a = r->atlas->a;
    for (int part = 0; part < PARTS; part++) {
        r->to.to[part] = new (a, uint32_t, part_count(r->b, (Part)part) + 1);
        if (r->to.to[part] == NULL)
            return ERR_NOMEM;
    }
    int32_t *older = new (a, int32_t, r->b->event_count + 1);
    r->to.picked = new (a, uint32_t, r->b->record_field_count + 1);
    r->to.over_older = new (a, bool, r->b->fn_count + 1);
    r->fn_state = new (a, uint8_t, r->b->fn_count + 1);
    r->loop_state = new (a, uint8_t, r->b->loop_count + 1);
    r->kpi_state = new (a, uint8_t, r->b->kpi_count + 1);
    r->to.older = older;
    if (older == NULL || r->to.picked == NULL || r->to.over_older == NULL || r->fn_state == NULL ||
        r->loop_state == NULL || r->kpi_state == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < r->b->event_count; i++)
        older[i] = -1;
    return OK;
}

static Status number_records(Reading *r) {
    uint32_t field = 0;
    for (uint32_t i = 0; i < r->b->record_count; i++) {
        const RecordDef *d = &r->b->records[i];
        TRY(number_named(r, PART_RECORD, d->name, &r->to.to[PART_RECORD][i]));
        for (uint32_t f = 0; f < d->field_count; f++, field++) {
            place_key(&r->key, 2, d->name, d->fields[f].name);
            TRY(number(r, PARTS, &r->to.picked[field]));
        }
    }
    return OK;
}

static Status number_places(Reading *r) {
    for (uint32_t i = 0; i < r->b->zone_count; i++)
        TRY(number_named(r, PART_ZONE, r->b->zones[i].name, &r->to.to[PART_ZONE][i]));
    for (uint32_t i = 0; i < r->b->calendar_count; i++)
        TRY(number_named(r, PART_CALENDAR, r->b->calendars[i].name, &r->to.to[PART_CALENDAR][i]));
    for (uint32_t i = 0; i < r->b->local_count; i++) {
        const LocalDef *l = &r->b->locals[i];
        buf_reset(&r->key);
        put_u32(&r->key, r->to.to[PART_ZONE][l->zone]);
        put_u32(&r->key, l->calendar < 0 ? UINT32_MAX : r->to.to[PART_CALENDAR][l->calendar]);
        TRY(number(r, PART_LOCAL, &r->to.to[PART_LOCAL][i]));
    }
    return OK;
}

/* Which of those of its name this one is: they apply at different times. */
#define NTH(list, n, out)                                                                          \
    do {                                                                                           \
        (out) = 0;                                                                                 \
        for (uint32_t before = 0; before < (n); before++)                                          \
            (out) += str_eq((list)[before].name, (list)[n].name);                                  \
    } while (0)

#define NUMBER_NAMED(r, part, list, count)                                                         \
    do {                                                                                           \
        for (uint32_t named = 0; named < (r)->b->count; named++) {                                 \
            uint32_t nth;                                                                          \
            NTH((r)->b->list, named, nth);                                                         \
            buf_reset(&(r)->key);                                                                  \
            put_str(&(r)->key, (r)->b->list[named].name);                                          \
            put_varint(&(r)->key, nth);                                                            \
            TRY(number(r, part, &(r)->to.to[part][named]));                                        \
        }                                                                                          \
    } while (0)

/* Records of duties and entities and what the engine says are told by whose they are. */
static Status number_events(Reading *r) {
    for (uint32_t i = 0; i < r->b->event_count; i++) {
        const EventDef *e = &r->b->events[i];
        buf_reset(&r->key);
        put_str(&r->key, e->name);
        put_varint(&r->key, e->duty < 0 ? 0 : r->to.to[PART_DUTY][e->duty] + 1u);
        put_u8(&r->key, e->ended);
        put_varint(&r->key, e->entity < 0 ? 0 : r->to.to[PART_ENTITY][e->entity] + 1u);
        put_varint(&r->key, (uint64_t)(e->told + 1));
        TRY(number(r, PART_EVENT, &r->to.to[PART_EVENT][i]));
    }
    return OK;
}

static const Part decl_parts[DECL_KINDS] = {PART_DUTY, PART_RULE, PART_APPROVAL, PART_KPI};

static Status number_decl(Reading *r, uint32_t n) {
    DeclDef d = r->b->decls[n];
    buf_reset(&r->key);
    put_u8(&r->key, d.kind);
    put_u32(&r->key, r->to.to[decl_parts[d.kind]][d.number]);
    return number(r, PART_DECL, &r->to.to[PART_DECL][n]);
}

/* KPIs without a name come later: they are told by what they measure. */
static Status number_kpis(Reading *r) {
    for (uint32_t i = 0; i < r->b->kpi_count; i++) {
        uint32_t nth;
        if (r->b->kpis[i].nameless)
            continue;
        NTH(r->b->kpis, i, nth);
        buf_reset(&r->key);
        put_u8(&r->key, 0);
        put_str(&r->key, r->b->kpis[i].name);
        put_varint(&r->key, nth);
        TRY(number(r, PART_KPI, &r->to.to[PART_KPI][i]));
    }
    for (uint32_t i = 0; i < r->b->decl_count; i++)
        if (r->b->decls[i].kind != DECL_KPI || !r->b->kpis[r->b->decls[i].number].nameless)
            TRY(number_decl(r, i));
    return OK;
}

static Status number_all_named(Reading *r) {
    TRY(number_enums(r));
    TRY(number_places(r));
    NUMBER_NAMED(r, PART_PARTY, parties, party_count);
    TRY(number_records(r));
    NUMBER_NAMED(r, PART_ENTITY, entities, entity_count);
    NUMBER_NAMED(r, PART_TABLE, tables, table_count);
    NUMBER_NAMED(r, PART_DUTY, duties, duty_count);
    NUMBER_NAMED(r, PART_APPROVAL, approvals, approval_count);
    NUMBER_NAMED(r, PART_RULE, rules, rule_count);
    TRY(number_kpis(r));
    return number_events(r);
}

/* ---- code */

static Status fn_alike(Reading *r, uint32_t n);

static Status loop_alike(Reading *r, uint32_t n) {
    LoopDef *l = &r->b->loops[n];
    if (r->loop_state[n] == DONE)
        return OK;
    r->loop_state[n] = DONE;
    if (l->fn >= 0)
        TRY(fn_alike(r, (uint32_t)l->fn));
    TRY(value_alike(r, &l->nothing));
    relocate_loop(&r->to, l);
    l->fn = l->fn < 0 ? -1 : (int32_t)r->to.to[PART_FN][l->fn];
    buf_reset(&r->key);
    put_part(&r->key, r->b, PART_LOOP, n);
    return number(r, PART_LOOP, &r->to.to[PART_LOOP][n]);
}

static Status kpi_alike(Reading *r, uint32_t n);

static Status named_by_code(Reading *r, const FnDef *f) {
    for (uint32_t at = f->from; at < f->to; at++) {
        uint32_t *word = &r->b->code[at];
        Op op = INS_OP(*word);
        if (op == OP_LOOP)
            TRY(loop_alike(r, INS_BX(*word)));
        if (op == OP_STATE_IS || op == OP_MEASURE || op == OP_MEASURE_IS) {
            DeclDef d = r->b->decls[INS_BX(*word)];
            if (d.kind == DECL_KPI && r->b->kpis[d.number].nameless) {
                TRY(kpi_alike(r, d.number));
                TRY(number_decl(r, INS_BX(*word)));
            }
        }
    }
    return OK;
}

/* Fields go by their names. */
static Status fields_alike(Reading *r, const FnDef *f) {
    for (uint32_t at = f->from; at < f->to && f->event >= 0; at++) {
        uint32_t *word = &r->b->code[at], field;
        if (INS_OP(*word) != OP_FIELD)
            continue;
        TRY(number_named(r, OF_FIELD, r->b->events[f->event].fields[INS_BX(*word)].name, &field));
        *word = (*word & 0xFFFF) | field << 16;
    }
    return OK;
}

static void put_fn_alike(Buf *out, const Bundle *b, const FnDef *f) {
    FnDef plain = *f;
    plain.name = (Str){NULL, 0};
    plain.from = plain.home = 0;
    plain.to = f->to - f->from;
    put_part(out, &(Bundle){.fns = &plain, .fn_count = 1}, PART_FN, 0);
    for (uint32_t i = f->from; i < f->to; i++)
        put_u32(out, b->code[i]);
}

static Status too_large(Reading *r) {
    return err_say(r->err, ERR_LIMIT,
                   "both policies together are too large to be held against each "
                   "other",
                   "两份政策合起来太大，无法比较");
}

static Status fn_alike(Reading *r, uint32_t n) {
    FnDef *f = &r->b->fns[n];
    if (r->fn_state[n] == DONE)
        return OK;
    if (r->fn_state[n] == ON_THE_WAY || r->depth >= ALIKE_DEPTH)
        return err_say(r->err, ERR_DAMAGED, "bundle: its functions call each other in a circle",
                       "编译包：函数互相循环调用");
    r->fn_state[n] = ON_THE_WAY;
    r->depth++;
    TRY(named_by_code(r, f));
    r->depth--;
    r->fn_state[n] = DONE;
    TRY(fields_alike(r, f));
    f->event = f->event < 0 ? -1 : (int32_t)r->to.to[PART_EVENT][f->event];
    relocate_fn(&r->to, f);
    if (!relocate_code(&r->to, r->b->code + f->from, f->to - f->from))
        return too_large(r);
    buf_reset(&r->key);
    put_fn_alike(&r->key, r->b, f);
    return number(r, PART_FN, &r->to.to[PART_FN][n]);
}

static Status constants_alike(Reading *r) {
    for (uint32_t i = 0; i < r->b->constant_count; i++) {
        TRY(value_alike(r, &r->b->constants[i]));
        relocate_value(&r->to, &r->b->constants[i]);
        buf_reset(&r->key);
        put_value(&r->key, r->b->constants[i], true);
        TRY(number(r, PART_CONSTANT, &r->to.to[PART_CONSTANT][i]));
    }
    return OK;
}

/* ---- meanings */

#define UNPLACE(list, count)                                                                       \
    for (uint32_t unplaced = 0; unplaced < (count); unplaced++)                                    \
    (list)[unplaced].file = (list)[unplaced].line = 0

static Status tell(Reading *r, ThingKind kind, uint32_t n, uint32_t nth, Str name) {
    Thing t = {.kind = (uint8_t)kind, .number = n, .nth = nth};
    TRY(buf_status(&r->key));
    TRY(arena_str(r->atlas->a, name, &t.name));
    TRY(arena_str(r->atlas->a, buf_str(&r->key), &t.meaning));
    return arena_push(r->atlas->a, r->out, t) ? OK : ERR_NOMEM;
}

/* The members that a field may have: its type tells only where they stand. */
static void put_fields_members(Buf *out, const Bundle *b, const FieldDef *fields, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (is_enum(&fields[i].type))
            put_part(out, b, PART_ENUM, fields[i].type.members);
}

static Status kpi_alike(Reading *r, uint32_t n) {
    KpiDef *k = &r->b->kpis[n];
    if (r->kpi_state[n] == DONE)
        return OK;
    r->kpi_state[n] = DONE;
    for (uint32_t i = 0; i < k->agg_count; i++)
        if (k->aggs[i].fn >= 0)
            TRY(fn_alike(r, (uint32_t)k->aggs[i].fn));
    for (uint32_t i = 0; i < k->level_count; i++) {
        if (k->levels[i].raise.fn >= 0)
            TRY(fn_alike(r, (uint32_t)k->levels[i].raise.fn));
        if (k->levels[i].has_clear && k->levels[i].clear.fn >= 0)
            TRY(fn_alike(r, (uint32_t)k->levels[i].clear.fn));
    }
    for (uint32_t i = 0; i < k->reaction_count; i++)
        TRY(fn_alike(r, (uint32_t)k->reactions[i].fn));
    Str name = k->name;
    relocate_kpi(&r->to, k);
    UNPLACE(k->reactions, k->reaction_count);
    UNPLACE(k->levels, k->level_count);
    for (uint32_t i = 0; i < k->level_count; i++)
        k->levels[i].text = k->levels[i].raise.text = k->levels[i].clear.text = (Str){NULL, 0};
    k->name = k->measure = (Str){NULL, 0};
    k->file = k->line = k->rank = k->version = 0;
    buf_reset(&r->key);
    put_part(&r->key, r->b, PART_KPI, n);
    k->name = name;
    if (!k->nameless)
        return OK;
    Str meaning;
    TRY(arena_str(r->atlas->a, buf_str(&r->key), &meaning));
    buf_reset(&r->key);
    put_u8(&r->key, 1);
    put_text(&r->key, meaning);
    return number(r, PART_KPI, &r->to.to[PART_KPI][n]);
}

static Status tell_header(Reading *r) {
    const Bundle *b = r->b;
    buf_reset(&r->key);
    put_str(&r->key, b->policy);
    put_u32(&r->key, b->currency);
    put_zigzag(&r->key, b->late_ms);
    put_zigzag(&r->key, b->quiet_from);
    put_zigzag(&r->key, b->quiet_to);
    put_str(&r->key, b->zones[b->zone].name);
    put_str(&r->key, b->calendar < 0 ? S("") : b->calendars[b->calendar].name);
    return tell(r, THING_HEADER, 0, 0, b->policy);
}

static Status tell_calendars(Reading *r) {
    for (uint32_t i = 0; i < r->b->calendar_count; i++) {
        buf_reset(&r->key);
        put_part(&r->key, r->b, PART_CALENDAR, i);
        TRY(tell(r, THING_CALENDAR, i, 0, r->b->calendars[i].name));
    }
    return OK;
}

static Status tell_parties(Reading *r) {
    for (uint32_t i = 0; i < r->b->party_count; i++) {
        PartyDef *p = &r->b->parties[i];
        Str name = p->name;
        relocate_party(&r->to, p);
        p->name = (Str){NULL, 0};
        buf_reset(&r->key);
        put_part(&r->key, r->b, PART_PARTY, i);
        for (uint32_t n = 0; n < r->b->rotation_count; n++)
            if (r->b->rotations[n].party == i) {
                relocate_rotation(&r->to, &r->b->rotations[n]);
                UNPLACE(r->b->rotations[n].layers, r->b->rotations[n].layer_count);
                put_part(&r->key, r->b, PART_ROTATION, n);
            }
        p->name = name;
        TRY(tell(r, THING_PARTY, i, 0, name));
    }
    return OK;
}

static Status tell_records(Reading *r) {
    for (uint32_t i = 0; i < r->b->record_count; i++) {
        RecordDef *d = &r->b->records[i];
        Str name = d->name;
        Buf members = {0};
        put_fields_members(&members, r->b, d->fields, d->field_count);
        relocate_record(&r->to, d);
        d->name = (Str){NULL, 0};
        buf_reset(&r->key);
        put_part(&r->key, r->b, PART_RECORD, i);
        put_text(&r->key, buf_str(&members));
        r->key.failed = r->key.failed || members.failed;
        buf_free(&members);
        TRY(tell(r, THING_RECORD, i, 0, name));
    }
    return OK;
}

static Status tell_events(Reading *r) {
    for (uint32_t i = ENGINE_EVENTS; i < r->b->event_count; i++) {
        EventDef *e = &r->b->events[i];
        Str name = e->name;
        if (event_is_record(e))
            continue;
        Buf members = {0};
        put_fields_members(&members, r->b, e->fields, e->field_count);
        relocate_event(&r->to, e);
        e->name = (Str){NULL, 0};
        buf_reset(&r->key);
        put_part(&r->key, r->b, PART_EVENT, i);
        put_text(&r->key, buf_str(&members));
        r->key.failed = r->key.failed || members.failed;
        buf_free(&members);
        TRY(tell(r, THING_EVENT, i, 0, name));
    }
    return OK;
}

static Status tell_entities(Reading *r) {
    for (uint32_t i = 0; i < r->b->entity_count; i++) {
        EntityDef *e = &r->b->entities[i];
        Str name = e->name;
        Buf members = {0};
        put_fields_members(&members, r->b, e->fields, e->field_count);
        relocate_entity(&r->to, e);
        e->name = (Str){NULL, 0};
        e->base = e->file = e->line = 0;
        buf_reset(&r->key);
        put_part(&r->key, r->b, PART_ENTITY, i);
        put_text(&r->key, buf_str(&members));
        r->key.failed = r->key.failed || members.failed;
        buf_free(&members);
        TRY(tell(r, THING_ENTITY, i, 0, name));
    }
    return OK;
}

static Status table_values(Reading *r, TableDef *t) {
    for (uint32_t row = 0; row < t->row_count; row++) {
        for (uint32_t i = 0; i < t->input_count; i++) {
            Cell *c = &t->cells[(size_t)row * t->input_count + i];
            for (uint32_t k = 0; k < c->test_count; k++) {
                CellTest *test = (CellTest *)(uintptr_t)&c->tests[k];
                TRY(value_alike(r, &test->lo));
                if (test->has_hi)
                    TRY(value_alike(r, &test->hi));
            }
        }
        for (uint32_t o = 0; o < t->output_count && t->row_fns[row] < 0; o++)
            TRY(value_alike(r, &t->results[(size_t)row * t->output_count + o]));
        if (t->row_fns[row] >= 0)
            TRY(fn_alike(r, (uint32_t)t->row_fns[row]));
    }
    return OK;
}

static Status tell_tables(Reading *r) {
    for (uint32_t i = 0; i < r->b->table_count; i++) {
        TableDef *t = &r->b->tables[i];
        Str name = t->name;
        uint32_t nth;
        Buf members = {0};
        NTH(r->b->tables, i, nth);
        put_fields_members(&members, r->b, t->inputs, t->input_count);
        put_fields_members(&members, r->b, t->outputs, t->output_count);
        Status status = table_values(r, t);
        if (status == OK) {
            relocate_table(&r->to, t);
            memset(t->lines, 0, t->row_count * sizeof *t->lines);
            t->file = 0;
            t->name = (Str){NULL, 0};
            buf_reset(&r->key);
            put_part(&r->key, r->b, PART_TABLE, i);
            put_text(&r->key, buf_str(&members));
            r->key.failed = r->key.failed || members.failed;
            t->name = name;
        }
        buf_free(&members);
        TRY(status);
        TRY(tell(r, THING_TABLE, i, nth, name));
    }
    return OK;
}

static Status fns_alike(Reading *r) {
    for (uint32_t i = 0; i < r->b->fn_count; i++)
        TRY(fn_alike(r, i));
    return OK;
}

static Status tell_duties(Reading *r) {
    for (uint32_t i = 0; i < r->b->duty_count; i++) {
        DutyDef *d = &r->b->duties[i];
        uint32_t nth;
        NTH(r->b->duties, i, nth);
        Buf members = {0};
        put_fields_members(&members, r->b, d->params, d->param_count);
        DutyDef kept = *d;
        relocate_duty(&r->to, d);
        UNPLACE(d->acts, d->act_count);
        UNPLACE(d->rungs, d->rung_count);
        d->name = (Str){NULL, 0};
        d->move_count = 0;
        d->file = d->line = d->version = d->home = 0;
        buf_reset(&r->key);
        put_part(&r->key, r->b, PART_DUTY, i);
        put_text(&r->key, buf_str(&members));
        r->key.failed = r->key.failed || members.failed;
        buf_free(&members);
        d->name = kept.name;
        d->move_count = kept.move_count;
        TRY(tell(r, THING_DUTY, i, nth, kept.name));
    }
    return OK;
}

static Status tell_approvals(Reading *r) {
    for (uint32_t i = 0; i < r->b->approval_count; i++) {
        ApprovalDef *d = &r->b->approvals[i];
        Str name = d->name;
        uint32_t nth;
        NTH(r->b->approvals, i, nth);
        relocate_approval(&r->to, d);
        UNPLACE(d->acts, d->act_count);
        UNPLACE(d->stages, d->stage_count);
        UNPLACE(d->seats, d->seat_count);
        d->name = (Str){NULL, 0};
        d->file = d->line = d->version = 0;
        buf_reset(&r->key);
        put_part(&r->key, r->b, PART_APPROVAL, i);
        d->name = name;
        TRY(tell(r, THING_APPROVAL, i, nth, name));
    }
    return OK;
}

static Status tell_rules(Reading *r) {
    for (uint32_t i = 0; i < r->b->rule_count; i++) {
        RuleDef *u = &r->b->rules[i];
        Str name = u->name;
        uint32_t nth;
        NTH(r->b->rules, i, nth);
        relocate_rule(&r->to, u);
        u->name = (Str){NULL, 0};
        u->file = u->line = u->version = 0;
        buf_reset(&r->key);
        put_part(&r->key, r->b, PART_RULE, i);
        u->name = name;
        TRY(tell(r, THING_RULE, i, nth, name));
    }
    return OK;
}

static Status tell_kpis(Reading *r) {
    for (uint32_t i = 0; i < r->b->kpi_count; i++) {
        KpiDef *k = &r->b->kpis[i];
        uint32_t nth;
        TRY(kpi_alike(r, i));
        if (k->nameless)
            continue; /* the condition that measures it is another then */
        NTH(r->b->kpis, i, nth);
        Str name = k->name;
        k->name = (Str){NULL, 0};
        buf_reset(&r->key);
        put_part(&r->key, r->b, PART_KPI, i);
        put_fields_members(&r->key, r->b, NULL, 0);
        k->name = name;
        TRY(tell(r, THING_KPI, i, nth, name));
    }
    return OK;
}

static Status tell_feeds(Reading *r) {
    for (uint32_t i = 0; i < r->b->feed_count; i++) {
        FeedDef *f = &r->b->feeds[i];
        Str name = f->name;
        relocate_feed(&r->to, f);
        UNPLACE(f->fed, f->fed_count);
        f->name = (Str){NULL, 0};
        buf_reset(&r->key);
        put_part(&r->key, r->b, PART_FEED, i);
        f->name = name;
        TRY(tell(r, THING_FEED, i, 0, name));
    }
    return OK;
}

/* ---- powers, deputies, moves: those of one name together, in whatever order */

typedef struct Told {
    Str name, bytes;
    uint32_t number;
} Told;
typedef VEC(Told) ToldList;

static int told_order(const void *a, const void *b) {
    const Told *x = a, *y = b;
    int order = str_cmp(x->name, y->name);
    return order != 0 ? order : str_cmp(x->bytes, y->bytes);
}

static Status told_add(Reading *r, ToldList *list, Str name, uint32_t n) {
    Told t = {.name = name, .number = n};
    TRY(buf_status(&r->key));
    TRY(arena_str(r->atlas->a, buf_str(&r->key), &t.bytes));
    return vec_push(list, t) ? OK : ERR_NOMEM;
}

static Status tell_list(Reading *r, ThingKind kind, ToldList *list) {
    if (list->n > 1)
        qsort(/* told_order is total: what is equal in both is one thing */
              list->at, list->n, sizeof *list->at, told_order);
    for (size_t i = 0, to; i < list->n; i = to) {
        uint32_t first = list->at[i].number;
        buf_reset(&r->key);
        for (to = i; to < list->n && str_eq(list->at[to].name, list->at[i].name); to++) {
            if (to == i || !str_eq(list->at[to].bytes, list->at[to - 1].bytes))
                put_str(&r->key, list->at[to].bytes);
            first = list->at[to].number < first ? list->at[to].number : first;
        }
        TRY(tell(r, kind, first, 0, list->at[i].name));
    }
    return OK;
}

static Str power_of(const Bundle *b, const PowerDef *p) {
    return p->verb == POWER_TO_SWAP ? b->parties[p->of].name
           : p->approval            ? b->approvals[p->of].name
                                    : b->duties[p->of].name;
}

static Status gather_powers(Reading *r, ToldList *list) {
    for (uint32_t i = 0; i < r->b->power_count; i++) {
        PowerDef *p = &r->b->powers[i];
        Str of = power_of(r->b, p);
        relocate_power(&r->to, p);
        p->file = p->line = 0;
        buf_reset(&r->key);
        put_part(&r->key, r->b, PART_POWER, i);
        TRY(told_add(r, list, of, i));
    }
    return OK;
}

static Status gather_deputies(Reading *r, ToldList *list) {
    for (uint32_t i = 0; i < r->b->deputy_count; i++) {
        DeputyDef *d = &r->b->deputies[i];
        Str of = r->b->parties[d->of].name;
        relocate_deputy(&r->to, d);
        d->file = d->line = 0;
        buf_reset(&r->key);
        put_part(&r->key, r->b, PART_DEPUTY, i);
        TRY(told_add(r, list, of, i));
    }
    return OK;
}

/* A duty's moves were relocated with it. */
static Status gather_moves(Reading *r, ToldList *list) {
    for (uint32_t i = 0; i < r->b->duty_count; i++)
        for (uint32_t n = 0; n < r->b->duties[i].move_count; n++) {
            const MoveDef *m = &r->b->duties[i].moves[n];
            uint32_t from = 0;
            while (from < r->b->party_count && r->to.to[PART_PARTY][from] != m->from)
                from++;
            buf_reset(&r->key);
            put_u32(&r->key, r->to.to[PART_DUTY][i]);
            put_zigzag(&r->key, m->day);
            put_u32(&r->key, m->to);
            put_u8(&r->key, m->running);
            TRY(told_add(r, list, from < r->b->party_count ? r->b->parties[from].name : S(""), i));
        }
    return OK;
}

static Status tell_gathered(Reading *r, ThingKind kind, Status (*gather)(Reading *, ToldList *)) {
    ToldList list = {0};
    Status status = gather(r, &list);
    if (status == OK)
        status = tell_list(r, kind, &list);
    vec_free(&list);
    return status;
}

static Status tell_all(Reading *r) {
    TRY(tell_header(r));
    TRY(tell_calendars(r));
    TRY(tell_parties(r));
    TRY(tell_records(r));
    TRY(tell_events(r));
    TRY(tell_entities(r));
    TRY(tell_tables(r));
    TRY(tell_duties(r));
    TRY(tell_approvals(r));
    TRY(tell_rules(r));
    TRY(tell_kpis(r));
    TRY(tell_feeds(r));
    TRY(tell_gathered(r, THING_POWER, gather_powers));
    TRY(tell_gathered(r, THING_DEPUTY, gather_deputies));
    return tell_gathered(r, THING_MOVE, gather_moves);
}

Status atlas_open(Arena *a, Atlas **out) {
    *out = new (a, Atlas, 1);
    if (*out == NULL)
        return ERR_NOMEM;
    (*out)->a = a;
    return OK;
}

Status atlas_read(Atlas *atlas, Str bytes, Things *out, Err *err) {
    Reading r = {.atlas = atlas, .out = out, .err = err};
    Status status = bundle_take(bytes, atlas->a, &r.b, err);
    if (status == OK)
        status = maps(&r);
    if (status == OK)
        status = number_all_named(&r);
    if (status == OK)
        status = constants_alike(&r);
    if (status == OK)
        status = fns_alike(&r);
    if (status == OK)
        status = tell_all(&r);
    buf_free(&r.key);
    return status;
}
