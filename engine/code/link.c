/* code: a new version of a policy linked to those before it.
 *
 * The new bundle's parts are taken one kind after the other, each after those that it names: each
 * gets the numbers of what it names, and then is either one that the old bundle has, byte for byte,
 * or is put behind the old ones. Declarations name one another, so it is first assumed that each is
 * what the old one of its name is; where that turns out wrong all begins again without it. */
#include "engine/code/link.h"

#include <string.h>

#include "engine/base/limits.h"
#include "engine/base/sha256.h"
#include "engine/code/relocate.h"
#include "engine/code/verify.h"

enum { NOWHERE = UINT32_MAX, LINK_DEPTH = 200 };

/* A part that is known by its bytes. */
typedef struct Known {
    Str bytes;
    uint32_t number;
    uint8_t part;
} Known;

typedef struct Assumed {
    int32_t old; /* number of the declaration that it is taken for, or -1 */
    uint8_t fate;
} Assumed;

typedef struct Link {
    const Bundle *old;
    Str bytes;
    const LinkPlan *plan;
    Arena *a; /* of the round */
    Err *err;
    Bundle *add, *out;
    Relocation to;
    Known *known; /* open addressing */
    size_t slots;
    Relocation canon; /* of each old part the first that is alike */
    Buf scratch;
    uint8_t *fn_state; /* 0 not seen, 1 on the way, 2 done */
    uint8_t *table_state;
    uint32_t *loops_of; /* of each instruction of the new bundle that loops: the loop's number */
    uint32_t depth;
    Assumed *assumed[DECL_KINDS]; /* of each declaration of the new bundle; they outlive a round */
    bool wrong;                   /* an assumption was */
} Link;

static Status too_large(Link *k) {
    return err_say(k->err, ERR_LIMIT,
                   "all versions together are too large for one ledger; begin a new ledger under "
                   "the new one",
                   "各版本合起来太大，一个账本容纳不下；请用新版本新建账本");
}

/* ---- parts that are known */

static size_t slot_of(const Link *k, Part part, Str bytes) {
    size_t at = (size_t)(str_hash(bytes) * 31 + part) & (k->slots - 1);
    while (k->known[at].bytes.p != NULL &&
           (k->known[at].part != part || !str_eq(k->known[at].bytes, bytes)))
        at = (at + 1) & (k->slots - 1);
    return at;
}

/* The number of a part with these bytes; otherwise it is known from now on as `number`. */
static Status known_or(Link *k, Part part, uint32_t number, uint32_t *out) {
    TRY(buf_status(&k->scratch));
    size_t at = slot_of(k, part, buf_str(&k->scratch));
    if (k->known[at].bytes.p == NULL) {
        k->known[at].part = (uint8_t)part;
        k->known[at].number = number;
        TRY(arena_str(k->a, buf_str(&k->scratch), &k->known[at].bytes));
    }
    *out = k->known[at].number;
    return OK;
}

/* A function with its code, without its place in it, and with what its loops do: those have numbers
 * of their own, which say nothing. */
static void put_whole_fn(Buf *out, const Bundle *b, const FnDef *f, const uint32_t *loops_of,
                         const Relocation *canon) {
    FnDef plain = *f;
    plain.from = 0;
    plain.to = f->to - f->from;
    put_part(out, &(Bundle){.fns = &plain, .fn_count = 1}, PART_FN, 0);
    for (uint32_t i = f->from; i < f->to; i++) {
        bool loops = INS_OP(b->code[i]) == OP_LOOP;
        uint32_t word = loops ? b->code[i] & 0xFFFF : b->code[i];
        if (canon != NULL && !loops) /* what comes first has a number that fits, too */
            (void)relocate_code(canon, &word, 1);
        put_u32(out, word);
        if (!loops)
            continue;
        LoopDef loop = b->loops[loops_of == NULL ? INS_BX(b->code[i]) : loops_of[i]];
        const FnDef *inner = &b->fns[loop.fn];
        loop.fn = -1;
        put_part(out, &(Bundle){.loops = &loop, .loop_count = 1}, PART_LOOP, 0);
        put_whole_fn(out, b, inner, loops_of, canon);
    }
}

static int32_t canon_fn(const Link *k, int32_t fn) {
    return fn < 0 || (uint32_t)fn >= k->old->fn_count ? fn : (int32_t)k->canon.to[PART_FN][fn];
}

static Status put_plain_table(Link *k, const TableDef *t) {
    uint32_t *noughts = new (k->a, uint32_t, t->row_count + 1);
    int32_t *fns = new (k->a, int32_t, t->row_count + 1);
    if (noughts == NULL || fns == NULL)
        return ERR_NOMEM;
    TableDef plain = *t;
    plain.file = 0;
    plain.lines = noughts;
    plain.row_fns = fns;
    for (uint32_t i = 0; i < t->row_count; i++)
        fns[i] = canon_fn(k, t->row_fns[i]);
    put_part(&k->scratch, &(Bundle){.tables = &plain, .table_count = 1}, PART_TABLE, 0);
    return OK;
}

static void put_plain_entity(Buf *out, const EntityDef *e) {
    EntityDef plain = *e;
    plain.base = plain.file = plain.line = 0;
    put_part(out, &(Bundle){.entities = &plain, .entity_count = 1}, PART_ENTITY, 0);
}

static Status put_plain(Link *k, const Bundle *b, Part part, uint32_t n) {
    buf_reset(&k->scratch);
    if (part == PART_FN)
        put_whole_fn(&k->scratch, b, &b->fns[n], b == k->add ? k->loops_of : NULL,
                     b == k->add ? NULL : &k->canon);
    else if (part == PART_TABLE)
        return put_plain_table(k, &b->tables[n]);
    else if (part == PART_ENTITY)
        put_plain_entity(&k->scratch, &b->entities[n]);
    else
        put_part(&k->scratch, b, part, n);
    return OK;
}

static const Part known_parts[] = {PART_ZONE,   PART_CALENDAR, PART_LOCAL,  PART_ENUM,
                                   PART_RECORD, PART_EVENT,    PART_ENTITY, PART_CONSTANT,
                                   PART_FN,     PART_TABLE,    PART_SOURCE};
enum { KNOWN_PARTS = sizeof known_parts / sizeof *known_parts };

static Status canon_begin(Link *k) {
    for (int part = 0; part < PARTS; part++) {
        uint32_t n = part_count(k->old, (Part)part);
        k->canon.to[part] = new (k->a, uint32_t, n + 1);
        if (k->canon.to[part] == NULL)
            return ERR_NOMEM;
        for (uint32_t i = 0; i < n; i++)
            k->canon.to[part][i] = i;
    }
    k->canon.picked = new (k->a, uint32_t, k->old->record_field_count + 1);
    for (uint32_t i = 0; k->canon.picked != NULL && i < k->old->record_field_count; i++)
        k->canon.picked[i] = i;
    return k->canon.picked == NULL ? ERR_NOMEM : OK;
}

/* All that the old bundle has; of parts that are alike the first counts. *more: what names them
 * may be alike in turn. */
static Status know_once(Link *k, bool *more) {
    *more = false;
    memset(k->known, 0, k->slots * sizeof *k->known);
    for (size_t i = 0; i < KNOWN_PARTS; i++)
        for (uint32_t n = 0; n < part_count(k->old, known_parts[i]); n++) {
            uint32_t number, *canon = &k->canon.to[known_parts[i]][n];
            TRY(put_plain(k, k->old, known_parts[i], n));
            TRY(known_or(k, known_parts[i], n, &number));
            *more = *more || number != *canon;
            *canon = number;
        }
    return OK;
}

static Status know_old(Link *k) {
    size_t all = 64;
    for (size_t i = 0; i < KNOWN_PARTS; i++)
        all += part_count(k->old, known_parts[i]) + part_count(k->add, known_parts[i]);
    for (k->slots = 64; k->slots < all * 2; k->slots *= 2)
        continue;
    k->known = new (k->a, Known, k->slots);
    if (k->known == NULL)
        return ERR_NOMEM;
    TRY(canon_begin(k));
    bool more = true;
    for (int i = 0; more && i < LINK_DEPTH; i++)
        TRY(know_once(k, &more));
    return OK;
}

/* ---- the bundle that is made */

/* Lists with room for what comes behind. */
#define GROW(k, list, count)                                                                       \
    do {                                                                                           \
        size_t grow_n = (size_t)(k)->old->count + (k)->add->count;                                 \
        void *grown = arena_array((k)->a, sizeof *(k)->out->list, 16, grow_n + 1);                 \
        if (grown == NULL)                                                                         \
            return ERR_NOMEM;                                                                      \
        if ((k)->old->count > 0)                                                                   \
            memcpy(grown, (k)->old->list, (k)->old->count * sizeof *(k)->out->list);               \
        (k)->out->list = grown;                                                                    \
    } while (0)

static Status out_begin(Link *k) {
    k->out = new (k->a, Bundle, 1);
    if (k->out == NULL)
        return ERR_NOMEM;
    *k->out = *k->old;
    k->out->version = k->add->version;
    k->out->late_ms = k->add->late_ms;
    k->out->quiet_from = k->add->quiet_from;
    k->out->quiet_to = k->add->quiet_to;
    GROW(k, zones, zone_count);
    GROW(k, calendars, calendar_count);
    k->out->locals = new (k->a, LocalDef, (size_t)k->old->local_count + k->add->local_count + 2);
    if (k->out->locals == NULL)
        return ERR_NOMEM;
    if (k->old->local_count > 0)
        memcpy(k->out->locals, k->old->locals, k->old->local_count * sizeof *k->out->locals);
    GROW(k, enums, enum_count);
    GROW(k, parties, party_count);
    GROW(k, records, record_count);
    GROW(k, events, event_count);
    GROW(k, entities, entity_count);
    GROW(k, constants, constant_count);
    GROW(k, fns, fn_count);
    GROW(k, loops, loop_count);
    GROW(k, tables, table_count);
    GROW(k, duties, duty_count);
    GROW(k, approvals, approval_count);
    GROW(k, rules, rule_count);
    GROW(k, kpis, kpi_count);
    GROW(k, rotations, rotation_count);
    GROW(k, deputies, deputy_count);
    GROW(k, powers, power_count);
    GROW(k, decls, decl_count);
    GROW(k, code, code_count);
    GROW(k, lines, code_count);
    GROW(k, sources, source_count);
    GROW(k, versions, version_count);
    return OK;
}

static Status maps_begin(Link *k) {
    for (int part = 0; part < PARTS; part++) {
        k->to.to[part] = new (k->a, uint32_t, part_count(k->add, (Part)part) + 1);
        if (k->to.to[part] == NULL)
            return ERR_NOMEM;
    }
    k->to.picked = new (k->a, uint32_t, k->add->record_field_count + 1);
    k->fn_state = new (k->a, uint8_t, k->add->fn_count + 1);
    k->table_state = new (k->a, uint8_t, k->add->table_count + 1);
    k->loops_of = new (k->a, uint32_t, k->add->code_count + 1);
    return k->to.picked == NULL || k->fn_state == NULL || k->table_state == NULL ||
                   k->loops_of == NULL
               ? ERR_NOMEM
               : OK;
}

/* A part that stands in `list` already relocated: one that is known, or one behind the others. */
#define PLACE(k, part, list, count, n)                                                             \
    do {                                                                                           \
        uint32_t placed;                                                                           \
        TRY(put_plain(k, (k)->add, part, n));                                                      \
        TRY(known_or(k, part, (k)->out->count, &placed));                                          \
        if (placed == (k)->out->count)                                                             \
            (k)->out->list[(k)->out->count++] = (k)->add->list[n];                                 \
        (k)->to.to[part][n] = placed;                                                              \
    } while (0)

/* ---- zones, calendars, sources, types */

/* A zone keeps its number, and its rules are the newest. */
static void link_zones(Link *k) {
    for (uint32_t i = 0; i < k->add->zone_count; i++) {
        uint32_t n = 0;
        while (n < k->out->zone_count && !str_eq(k->out->zones[n].name, k->add->zones[i].name))
            n++;
        k->out->zones[n] = k->add->zones[i];
        k->out->zone_count += n == k->out->zone_count;
        k->to.to[PART_ZONE][i] = n;
    }
    for (uint32_t i = 0; i < k->out->calendar_count; i++)
        for (uint32_t n = 0; n < k->out->zone_count; n++)
            if (str_eq(k->out->calendars[i].zone->name, k->out->zones[n].name))
                k->out->calendars[i].zone = &k->out->zones[n];
}

static void relocate_local_def(Link *k, LocalDef *l) {
    l->zone = k->to.to[PART_ZONE][l->zone];
    l->calendar = l->calendar < 0 ? -1 : (int32_t)k->to.to[PART_CALENDAR][l->calendar];
}

/* Where the new version counts time that says nothing else: as the old one, or a place of its own.
 */
static void link_home(Link *k) {
    LocalDef own = {k->add->zone, k->add->calendar};
    relocate_local_def(k, &own);
    k->to.home = 0;
    if (own.zone == k->old->zone && own.calendar == k->old->calendar)
        return;
    uint32_t n = 0;
    while (n < k->out->local_count &&
           (k->out->locals[n].zone != own.zone || k->out->locals[n].calendar != own.calendar))
        n++;
    if (n == k->out->local_count)
        k->out->locals[k->out->local_count++] = own;
    k->to.home = n + 1;
}

static Status link_places(Link *k) {
    link_zones(k);
    for (uint32_t i = 0; i < k->add->calendar_count; i++)
        PLACE(k, PART_CALENDAR, calendars, calendar_count, i);
    for (uint32_t i = 0; i < k->add->local_count; i++) {
        relocate_local_def(k, &k->add->locals[i]);
        PLACE(k, PART_LOCAL, locals, local_count, i);
    }
    link_home(k);
    for (uint32_t i = 0; i < k->add->source_count; i++)
        PLACE(k, PART_SOURCE, sources, source_count, i);
    return k->out->source_count > 1u << 12 ? too_large(k) : OK;
}

static Status link_records(Link *k) {
    uint32_t before = 0, first = k->old->record_field_count;
    for (uint32_t i = 0; i < k->add->record_count; i++) {
        uint32_t n = k->out->record_count, fields = k->add->records[i].field_count;
        relocate_record(&k->to, &k->add->records[i]);
        PLACE(k, PART_RECORD, records, record_count, i);
        bool added = k->out->record_count > n;
        uint32_t from = added ? first : k->out->records[k->to.to[PART_RECORD][i]].first;
        for (uint32_t f = 0; f < fields; f++)
            k->to.picked[before + f] = from + f;
        if (added) {
            k->out->records[n].first = first;
            first += fields;
        }
        before += fields;
    }
    return OK;
}

/* ---- people */

/* The spans of before an instant, or from it on. */
static uint32_t spans_cut(const PartySpanDef *spans, uint32_t n, int64_t at, bool before,
                          PartySpanDef *out) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++) {
        PartySpanDef s = spans[i];
        if (before && s.dated.until > at)
            s.dated.until = at;
        if (!before && s.dated.from < at)
            s.dated.from = at;
        if (s.dated.from < s.dated.until)
            out[count++] = s;
    }
    return count;
}

/* What the old version says up to the instant, and the new one from it on. */
static Status spans_join(Link *k, PartyDef *p, const PartySpanDef *spans, uint32_t n) {
    PartySpanDef *all = new (k->a, PartySpanDef, p->span_count + n + 1);
    if (all == NULL)
        return ERR_NOMEM;
    uint32_t count = spans_cut(p->spans, p->span_count, k->plan->from, true, all);
    uint32_t seam = count;
    count += spans_cut(spans, n, k->plan->from, false, all + count);
    if (seam > 0 && seam < count && all[seam - 1].dated.until == all[seam].dated.from &&
        all[seam - 1].under == all[seam].under) {
        all[seam - 1].dated.until = all[seam].dated.until;
        memmove(all + seam, all + seam + 1, (count - seam - 1) * sizeof *all);
        count--;
    }
    if (count == 0)
        return OK; /* it begins later, and is gone again before: nothing of it was ever there */
    p->spans = all;
    p->span_count = count;
    return OK;
}

static uint32_t party_named(const Bundle *b, uint32_t count, Str name) {
    uint32_t n = 0;
    while (n < count && !str_eq(b->parties[n].name, name))
        n++;
    return n;
}

static Status link_parties(Link *k) {
    uint32_t count = k->old->party_count;
    bool *stays = new (k->a, bool, count + 1);
    if (stays == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < k->add->party_count; i++) {
        uint32_t n = party_named(k->old, count, k->add->parties[i].name);
        k->to.to[PART_PARTY][i] = n < count ? n : k->out->party_count++;
        if (n < count)
            stays[n] = true;
    }
    for (uint32_t i = 0; i < k->add->party_count; i++) {
        PartyDef *p = &k->add->parties[i];
        uint32_t n = k->to.to[PART_PARTY][i];
        relocate_party(&k->to, p);
        if (n >= count) {
            PartyDef begins = *p;
            begins.span_count = 0;
            TRY(spans_join(k, &begins, p->spans, p->span_count));
            k->out->parties[n] = begins.span_count > 0 ? begins : *p;
            continue;
        }
        PartyDef was = k->old->parties[n];
        if (was.kind != p->kind)
            return err_say(
                k->err, ERR_MISMATCH,
                "%.*s was a role, a team or a rotation, and is another of them now: give "
                "it another name",
                "%.*s 原是角色、团队或轮值，现在成了另一种：请换个名称", STR_ARG(p->name));
        PartyDef *out = &k->out->parties[n];
        *out = *p;
        out->spans = was.spans;
        out->span_count = was.span_count;
        TRY(spans_join(k, out, p->spans, p->span_count));
    }
    for (uint32_t n = 0; n < count; n++)
        if (!stays[n])
            TRY(spans_join(k, &k->out->parties[n], NULL, 0));
    return OK;
}

/* ---- entities */

static bool same_type(const TypeDef *a, const TypeDef *b) {
    return a->kind == b->kind && a->item == b->item && a->is_id == b->is_id &&
           a->currency == b->currency && a->members == b->members;
}

static bool members_within(const EnumDef *a, const EnumDef *b) {
    for (uint32_t i = 0; i < a->count; i++) {
        bool found = false;
        for (uint32_t n = 0; n < b->count; n++)
            found = found || str_eq(a->members[i].name, b->members[n].name);
        if (!found)
            return false;
    }
    return true;
}

/* Whether what is kept under the old type can be read under the new one. */
static bool type_goes_on(const Link *k, const TypeDef *was, const TypeDef *is) {
    bool enums = was->kind == V_ENUM && is->kind == V_ENUM &&
                 members_within(&k->out->enums[was->members], &k->out->enums[is->members]);
    return (enums || same_type(was, is)) && (!was->optional || is->optional);
}

/* The slot of a field in what is kept for a base, by its name; the newest that has it tells its
 * type. */
static bool slot_named(const Link *k, uint32_t base, Str name, uint32_t *slot,
                       const FieldDef **field) {
    for (uint32_t i = k->out->entity_count; i-- > 0;) {
        const EntityDef *e = &k->out->entities[i];
        for (uint32_t f = 0; e->base == base && f < e->field_count; f++)
            if (str_eq(e->fields[f].name, name)) {
                *slot = e->slots[f];
                *field = &e->fields[f];
                return true;
            }
    }
    return false;
}

static uint32_t slots_kept(const Link *k, uint32_t base) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < k->out->entity_count; i++)
        for (uint32_t f = 0;
             k->out->entities[i].base == base && f < k->out->entities[i].field_count; f++)
            if (k->out->entities[i].slots[f] >= kept)
                kept = k->out->entities[i].slots[f] + 1;
    return kept;
}

/* Its fields find their places among those that are kept; others come behind. */
static Status entity_slots(Link *k, EntityDef *e, uint32_t base) {
    uint32_t next = slots_kept(k, base);
    for (uint32_t i = 0; i < e->field_count; i++) {
        const FieldDef *was, *f = &e->fields[i];
        uint32_t slot;
        if (slot_named(k, base, f->name, &slot, &was)) {
            if (!type_goes_on(k, &was->type, &f->type))
                return err_say(
                    k->err, ERR_MISMATCH,
                    "entity %.*s, field %.*s: it was of another type, under which values "
                    "are kept: give it another name",
                    "实体 %.*s 的字段 %.*s：原来是另一种类型，值按那种类型保存：请换个名称",
                    STR_ARG(e->name), STR_ARG(f->name));
            e->slots[i] = slot;
            continue;
        }
        if (!f->type.optional && !f->has_preset)
            return err_say(
                k->err, ERR_MISMATCH,
                "entity %.*s, field %.*s: those that there are lack it: write `?` behind "
                "its type, or the value that it has from the beginning",
                "实体 %.*s 的字段 %.*s：已有的没有它：请在类型后写 `?`，或写明起始值",
                STR_ARG(e->name), STR_ARG(f->name));
        if (next >= LIMIT_ENTITY_FIELDS)
            return too_large(k);
        e->slots[i] = next++;
    }
    return OK;
}

static bool same_key(const EntityDef *a, const EntityDef *b) {
    bool same = a->key_count == b->key_count;
    for (uint32_t i = 0; same && i < a->key_count; i++)
        same = str_eq(a->fields[a->keys[i]].name, b->fields[b->keys[i]].name);
    return same;
}

/* Those who are found by a field are found by its values as texts: they are kept under the new
 * numbers only from now on. */
static bool same_indexes(const EntityDef *a, const EntityDef *b) {
    bool same = a->index_count == b->index_count;
    for (uint32_t i = 0; same && i < a->index_count; i++)
        same = str_eq(a->fields[a->indexes[i]].name, b->fields[b->indexes[i]].name);
    return same;
}

static Status link_entities(Link *k) {
    for (uint32_t i = 0; i < k->add->entity_count; i++) {
        EntityDef *e = &k->add->entities[i];
        relocate_entity(&k->to, e);
        uint32_t n = k->old->entity_count;
        while (n > 0 && !str_eq(k->old->entities[n - 1].name, e->name))
            n--;
        PLACE(k, PART_ENTITY, entities, entity_count, i);
        uint32_t placed = k->to.to[PART_ENTITY][i];
        if (placed < k->old->entity_count && bundle_newest(k->old, placed) != placed)
            return err_say(k->err, ERR_MISMATCH,
                           "entity %.*s is as it was in an earlier version than the last: what has "
                           "come in since would be lost; keep its fields and members",
                           "实体 %.*s 回到了更早版本的样子：其后新增的会丢失；请保留其字段和成员",
                           STR_ARG(e->name));
        if (placed < k->old->entity_count)
            continue;
        EntityDef *out = &k->out->entities[placed];
        out->base = placed;
        if (n == 0)
            continue;
        const EntityDef *was = &k->old->entities[n - 1];
        if (!same_key(was, out))
            return err_say(k->err, ERR_MISMATCH,
                           "entity %.*s has another key: those that there are are kept under "
                           "theirs; give it another name",
                           "实体 %.*s 的主键不同了：已有的按原主键保存；请换个名称",
                           STR_ARG(out->name));
        if (!same_indexes(was, out))
            return err_say(
                k->err, ERR_MISMATCH,
                "entity %.*s is looked for by other fields than before: those that there "
                "are would not be found; give it another name",
                "实体 %.*s 改按别的字段查找：已有的会找不到；请换个名称", STR_ARG(out->name));
        for (uint32_t f = 0; f < was->field_count; f++)
            if (bundle_field(out->fields, out->field_count, was->fields[f].name) < 0)
                return err_say(k->err, ERR_MISMATCH,
                               "entity %.*s has no field %.*s any more: what runs under the old "
                               "version may read it; keep it",
                               "实体 %.*s 不再有字段 %.*s：按旧版本运行的还可能读它；请保留",
                               STR_ARG(out->name), STR_ARG(was->fields[f].name));
        k->out->entity_count--; /* its own slots do not count yet */
        Status status = entity_slots(k, out, was->base);
        k->out->entity_count++;
        TRY(status);
        out->base = was->base;
    }
    return k->out->entity_count > LIMIT_ENTITIES ? too_large(k) : OK;
}

/* ---- declarations: which is which */

static const DatedDef *dated_of(const Bundle *b, DeclKind kind, uint32_t n) {
    switch (kind) {
    case DECL_DUTY:
        return &b->duties[n].dated;
    case DECL_RULE:
        return &b->rules[n].dated;
    case DECL_APPROVAL:
        return &b->approvals[n].dated;
    case DECL_KPI:
    case DECL_KINDS:
        break;
    }
    return &b->kpis[n].dated;
}

static Str name_of(const Bundle *b, DeclKind kind, uint32_t n) {
    switch (kind) {
    case DECL_DUTY:
        return b->duties[n].name;
    case DECL_RULE:
        return b->rules[n].name;
    case DECL_APPROVAL:
        return b->approvals[n].name;
    case DECL_KPI:
    case DECL_KINDS:
        break;
    }
    return b->kpis[n].name;
}

static const Part decl_parts[DECL_KINDS] = {PART_DUTY, PART_RULE, PART_APPROVAL, PART_KPI};

/* The last of a name that still applies at the instant; a KPI that goes on with another's series
 * stands for that one. -1: there is none. */
static int32_t decl_named(const Link *k, DeclKind kind, Str name) {
    for (uint32_t i = part_count(k->old, decl_parts[kind]); i-- > 0;)
        if (str_eq(name_of(k->old, kind, i), name) &&
            dated_of(k->old, kind, i)->until > k->plan->from)
            return (int32_t)i;
    return -1;
}

static Status assume(Link *k, Arena *keep) {
    for (int kind = 0; kind < DECL_KINDS; kind++) {
        uint32_t n = part_count(k->add, decl_parts[kind]);
        k->assumed[kind] = new (keep, Assumed, n + 1);
        if (k->assumed[kind] == NULL)
            return ERR_NOMEM;
        for (uint32_t i = 0; i < n; i++) {
            int32_t old = decl_named(k, (DeclKind)kind, name_of(k->add, (DeclKind)kind, i));
            k->assumed[kind][i] = (Assumed){old, old >= 0 ? LINK_SAME : LINK_NEW};
        }
    }
    return OK;
}

static uint32_t base_of(const Bundle *b, uint32_t kpi) {
    return b->kpis[kpi].base < 0 ? kpi : (uint32_t)b->kpis[kpi].base;
}

/* The numbers that they have if what is assumed is true. */
static void number_decls(Link *k) {
    uint32_t next[DECL_KINDS];
    for (int kind = 0; kind < DECL_KINDS; kind++)
        next[kind] = part_count(k->old, decl_parts[kind]);
    for (int kind = 0; kind < DECL_KINDS; kind++)
        for (uint32_t i = 0; i < part_count(k->add, decl_parts[kind]); i++) {
            const Assumed *as = &k->assumed[kind][i];
            bool kpi = kind == DECL_KPI && as->fate <= LINK_JUDGES;
            k->to.to[decl_parts[kind]][i] = kpi ? base_of(k->old, (uint32_t)as->old)
                                            : as->fate == LINK_SAME ? (uint32_t)as->old
                                                                    : next[kind];
            next[kind] += as->fate != LINK_SAME;
        }
    uint32_t decls = k->old->decl_count;
    for (uint32_t i = 0; i < k->add->decl_count; i++) {
        DeclDef d = k->add->decls[i];
        const Assumed *as = &k->assumed[d.kind][d.number];
        uint32_t number = k->to.to[decl_parts[d.kind]][d.number], n = 0;
        while (n < k->old->decl_count &&
               (k->old->decls[n].kind != d.kind || k->old->decls[n].number != number))
            n++;
        k->to.to[PART_DECL][i] = n < k->old->decl_count ? n : decls;
        decls += as->fate != LINK_SAME;
    }
}

/* ---- events */

static bool same_field(const FieldDef *a, const FieldDef *b) {
    Buf x = {0}, y = {0};
    Bundle one = {.records = &(RecordDef){.fields = (FieldDef *)(uintptr_t)a, .field_count = 1}};
    put_part(&x, &one, PART_RECORD, 0);
    one.records->fields = (FieldDef *)(uintptr_t)b;
    put_part(&y, &one, PART_RECORD, 0);
    bool same = !x.failed && !y.failed && str_eq(buf_str(&x), buf_str(&y));
    buf_free(&x);
    buf_free(&y);
    return same;
}

/* Whether an event has all fields of another, and they are alike. */
static bool has_all(const EventDef *is, const EventDef *was) {
    for (uint32_t i = 0; i < was->field_count; i++) {
        int32_t n = bundle_field(is->fields, is->field_count, was->fields[i].name);
        if (n < 0 || !same_field(&is->fields[n], &was->fields[i]))
            return false;
    }
    return is->open == was->open && is->ended == was->ended;
}

static int32_t older_of(const Link *k, const EventDef *e) {
    for (uint32_t i = k->old->event_count; i-- > ENGINE_EVENTS;) {
        const EventDef *was = &k->old->events[i];
        if (was->told < 0 && e->told < 0 && (was->duty < 0) == (e->duty < 0) &&
            (was->entity < 0) == (e->entity < 0) && str_eq(was->name, e->name) && has_all(e, was))
            return (int32_t)i;
    }
    return -1;
}

/* What is heard of a declaration is heard of those too that go on under older versions of it. */
static Status told_of_older(Link *k, EventDef *e) {
    DeclKind kind = told_of((ToldRow)e->told);
    uint32_t old = part_count(k->old, decl_parts[kind]), n = 0;
    uint32_t *all = new (k->a, uint32_t, old + e->of_count + 1);
    if (all == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < old; i++) {
        bool heard = false;
        for (uint32_t f = 0; f < e->of_count; f++) {
            Str name = e->of[f] < old ? name_of(k->old, kind, e->of[f]) : (Str){NULL, 0};
            for (uint32_t d = 0; e->of[f] >= old && d < part_count(k->add, decl_parts[kind]); d++)
                if (k->to.to[decl_parts[kind]][d] == e->of[f])
                    name = name_of(k->add, kind, d);
            heard = heard || str_eq(name, name_of(k->old, kind, i));
        }
        if (heard && (kind != DECL_KPI || k->old->kpis[i].base < 0))
            all[n++] = i;
    }
    for (uint32_t f = 0; f < e->of_count; f++)
        if (e->of[f] >= old)
            all[n++] = e->of[f];
    e->of = all;
    e->of_count = n;
    return OK;
}

static Status link_events(Link *k) {
    int32_t *older = new (k->a, int32_t, k->add->event_count + 1);
    if (older == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < k->add->event_count; i++) {
        EventDef *e = &k->add->events[i];
        relocate_event(&k->to, e);
        if (e->told >= 0)
            TRY(told_of_older(k, e));
        older[i] = -1;
        if (i < ENGINE_EVENTS) {
            k->to.to[PART_EVENT][i] = i;
            continue;
        }
        PLACE(k, PART_EVENT, events, event_count, i);
        if (k->to.to[PART_EVENT][i] >= k->old->event_count)
            older[i] = older_of(k, e);
    }
    k->to.older = older;
    return OK;
}

/* ---- code */

/* The field of the older event that a field of an event is; -1: it has none. */
static int32_t older_field(const Link *k, uint32_t event, uint32_t field) {
    const EventDef *was = &k->old->events[k->to.older[event]];
    return bundle_field(was->fields, was->field_count, k->add->events[event].fields[field].name);
}

static bool reads_older(const Link *k, const FnDef *f) {
    if (f->event < 0 || k->to.older[f->event] < 0)
        return false;
    for (uint32_t at = f->from; at < f->to; at++) {
        uint32_t word = k->add->code[at];
        if (INS_OP(word) == OP_LOOP ||
            (INS_OP(word) == OP_FIELD && older_field(k, (uint32_t)f->event, INS_BX(word)) < 0))
            return false;
    }
    return true;
}

static Status link_over_older(Link *k) {
    bool *over = new (k->a, bool, k->add->fn_count + 1);
    if (over == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < k->add->fn_count; i++)
        over[i] = reads_older(k, &k->add->fns[i]);
    k->to.over_older = over;
    return OK;
}

static Status link_fn(Link *k, uint32_t n);

static Status link_table(Link *k, uint32_t n) {
    if (k->table_state[n] == 2)
        return OK;
    k->table_state[n] = 2;
    TableDef *t = &k->add->tables[n];
    for (uint32_t row = 0; row < t->row_count; row++)
        if (t->row_fns[row] >= 0)
            TRY(link_fn(k, (uint32_t)t->row_fns[row]));
    relocate_table(&k->to, t);
    PLACE(k, PART_TABLE, tables, table_count, n);
    return OK;
}

/* What a function's code names is linked before it, and what its loops name. */
static Status link_named(Link *k, const FnDef *f) {
    for (uint32_t at = f->from; at < f->to; at++) {
        uint32_t word = k->add->code[at];
        if (INS_OP(word) == OP_LOOKUP || INS_OP(word) == OP_IN_FORCE)
            TRY(link_table(k, INS_BX(word)));
        if (INS_OP(word) != OP_LOOP)
            continue;
        k->loops_of[at] = INS_BX(word);
        TRY(link_named(k, &k->add->fns[k->add->loops[INS_BX(word)].fn]));
    }
    return OK;
}

static void fields_older(Link *k, const FnDef *f) {
    for (uint32_t at = f->from; at < f->to; at++) {
        uint32_t *word = &k->add->code[at];
        if (INS_OP(*word) == OP_FIELD)
            *word = (*word & 0xFFFF) | (uint32_t)older_field(k, (uint32_t)f->event, INS_BX(*word))
                                           << 16;
    }
}

/* Where a function computes no time, it is the same in whatever place. */
static bool counts_time(const Link *k, const FnDef *f) {
    for (uint32_t at = f->from; at < f->to; at++)
        switch ((int)INS_OP(k->add->code[at])) {
        case OP_ADD_TIME:
        case OP_SUB_TIME:
        case OP_ADD_DATE:
        case OP_SUB_DATE:
        case OP_WORKED:
        case OP_IS_OPEN:
        case OP_IS_WORKDAY:
        case OP_LOOKUP:
        case OP_LOOP:
            return true;
        default:
            break;
        }
    return false;
}

/* A function with its loops' behind it: a loop's function comes behind the one that it stands in.
 */
static void fn_append(Link *k, const FnDef *f) {
    uint32_t number = k->out->fn_count++;
    FnDef *out = &k->out->fns[number];
    *out = *f;
    out->from = k->out->code_count;
    uint32_t loop = k->out->loop_count;
    for (uint32_t at = f->from; at < f->to; at++) {
        uint32_t word = k->add->code[at];
        if (INS_OP(word) == OP_LOOP)
            word = (word & 0xFFFF) | k->out->loop_count++ << 16;
        k->out->lines[k->out->code_count] = relocate_line(&k->to, k->add->lines[at]);
        k->out->code[k->out->code_count++] = word;
    }
    out->to = k->out->code_count;
    for (uint32_t at = f->from; at < f->to; at++) {
        if (INS_OP(k->add->code[at]) != OP_LOOP)
            continue;
        LoopDef *l = &k->out->loops[loop++];
        *l = k->add->loops[k->loops_of[at]];
        const FnDef *inner = &k->add->fns[l->fn];
        l->fn = (int32_t)k->out->fn_count;
        fn_append(k, inner);
    }
}

static Status relocate_whole_fn(Link *k, uint32_t n) {
    FnDef *f = &k->add->fns[n];
    bool times = counts_time(k, f);
    k->fn_state[n] = 2;
    if (k->to.over_older[n])
        fields_older(k, f);
    if (f->event >= 0)
        f->event =
            k->to.over_older[n] ? k->to.older[f->event] : (int32_t)k->to.to[PART_EVENT][f->event];
    relocate_fn(&k->to, f);
    f->home = times ? f->home : 0;
    for (uint32_t at = f->from; at < f->to; at++)
        if (INS_OP(k->add->code[at]) == OP_LOOP) {
            LoopDef *l = &k->add->loops[k->loops_of[at]];
            relocate_loop(&k->to, l);
            TRY(relocate_whole_fn(k, (uint32_t)l->fn));
        }
    return relocate_code(&k->to, k->add->code + f->from, f->to - f->from) ? OK : too_large(k);
}

/* A function that stands by itself, or computes a row of a table; those of loops go with it. */
static Status link_fn(Link *k, uint32_t n) {
    if (k->fn_state[n] == 2)
        return OK;
    FnDef *f = &k->add->fns[n];
    if (k->fn_state[n] == 1 || k->depth >= LINK_DEPTH)
        return err_say(k->err, ERR_DAMAGED, "bundle: its functions call each other in a circle",
                       "编译包：函数互相循环调用");
    k->fn_state[n] = 1;
    k->depth++;
    TRY(link_named(k, f));
    k->depth--;
    TRY(relocate_whole_fn(k, n));
    uint32_t placed;
    TRY(put_plain(k, k->add, PART_FN, n));
    TRY(known_or(k, PART_FN, k->out->fn_count, &placed));
    if (placed == k->out->fn_count)
        fn_append(k, f);
    k->to.to[PART_FN][n] = placed;
    return k->out->loop_count > 0xFFFF ? too_large(k) : OK;
}

static Status link_code(Link *k) {
    for (uint32_t i = 0; i < k->add->constant_count; i++) {
        relocate_value(&k->to, &k->add->constants[i]);
        PLACE(k, PART_CONSTANT, constants, constant_count, i);
    }
    TRY(link_over_older(k));
    for (uint32_t i = 0; i < k->add->fn_count; i++) /* a loop's comes behind what it stands in */
        TRY(link_fn(k, i));
    for (uint32_t i = 0; i < k->add->table_count; i++)
        TRY(link_table(k, i));
    return k->out->table_count > 0xFFFF ? too_large(k) : OK;
}

/* ---- declarations: whether they are alike */

/* A copy of a list without places in the text. */
#define UNPLACED(k, list, count)                                                                   \
    do {                                                                                           \
        void *unplaced = arena_array((k)->a, sizeof *(list), 16, (count) + 1);                     \
        if (unplaced == NULL)                                                                      \
            return ERR_NOMEM;                                                                      \
        if ((count) > 0)                                                                           \
            memcpy(unplaced, (list), (count) * sizeof *(list));                                    \
        (list) = unplaced;                                                                         \
        for (uint32_t un = 0; un < (count); un++)                                                  \
            (list)[un].file = (list)[un].line = 0;                                                 \
    } while (0)

static void canon_acts(const Link *k, ActDef *acts, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        acts[i].link_fn = canon_fn(k, acts[i].link_fn);
        acts[i].test_fn = canon_fn(k, acts[i].test_fn);
    }
}

static Status canon_reactions(const Link *k, ReactionDef **list, uint32_t n) {
    ReactionDef *copy = new (k->a, ReactionDef, n + 1);
    if (copy == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        copy[i] = (*list)[i];
        copy[i].fn = canon_fn(k, copy[i].fn);
    }
    *list = copy;
    return OK;
}

/* When it applies from the new version's instant on. */
static DatedDef rest_of(const Link *k, DatedDef d) {
    if (d.from < k->plan->from)
        d.from = k->plan->from;
    return d;
}

static void put_powers(const Link *k, Buf *out, const Bundle *b, bool approval, uint32_t of) {
    for (uint32_t i = 0; i < b->power_count; i++) {
        PowerDef p = b->powers[i];
        if (p.verb == POWER_TO_SWAP || p.approval != approval || p.of != of ||
            p.dated.until <= k->plan->from)
            continue;
        p.file = p.line = 0;
        p.dated = rest_of(k, p.dated);
        put_part(out, &(Bundle){.powers = &p, .power_count = 1}, PART_POWER, 0);
    }
}

static Status put_duty_meaning(Link *k, Buf *out, const Bundle *b, uint32_t n, uint32_t number) {
    DutyDef d = b->duties[n];
    d.file = d.line = d.version = 0;
    d.dated = rest_of(k, d.dated);
    UNPLACED(k, d.acts, d.act_count);
    UNPLACED(k, d.rungs, d.rung_count);
    UNPLACED(k, d.moves, d.move_count);
    canon_acts(k, d.acts, d.act_count);
    TRY(canon_reactions(k, &d.reactions, d.reaction_count));
    for (uint32_t i = 0; i < d.rung_count; i++)
        d.rungs[i].to_fn = canon_fn(k, d.rungs[i].to_fn);
    d.raise_fn = canon_fn(k, d.raise_fn);
    d.each_fn = canon_fn(k, d.each_fn);
    d.silent_fn = canon_fn(k, d.silent_fn);
    d.group_fn = canon_fn(k, d.group_fn);
    put_part(out, &(Bundle){.duties = &d, .duty_count = 1}, PART_DUTY, 0);
    put_powers(k, out, b, false, number);
    return OK;
}

static Status put_approval_meaning(Link *k, Buf *out, const Bundle *b, uint32_t n,
                                   uint32_t number) {
    ApprovalDef d = b->approvals[n];
    d.file = d.line = d.version = 0;
    d.dated = rest_of(k, d.dated);
    UNPLACED(k, d.acts, d.act_count);
    UNPLACED(k, d.stages, d.stage_count);
    UNPLACED(k, d.seats, d.seat_count);
    canon_acts(k, d.acts, d.act_count);
    TRY(canon_reactions(k, &d.reactions, d.reaction_count));
    d.raise_fn = canon_fn(k, d.raise_fn);
    put_part(out, &(Bundle){.approvals = &d, .approval_count = 1}, PART_APPROVAL, 0);
    put_powers(k, out, b, true, number);
    return OK;
}

static Status put_rule_meaning(Link *k, Buf *out, const Bundle *b, uint32_t n) {
    RuleDef u = b->rules[n];
    u.file = u.line = u.version = 0;
    u.dated = rest_of(k, u.dated);
    u.fn = canon_fn(k, u.fn);
    put_part(out, &(Bundle){.rules = &u, .rule_count = 1}, PART_RULE, 0);
    return OK;
}

/* measured: only what it measures, by which levels, and when. */
static Status put_kpi_meaning(Link *k, Buf *out, const Bundle *b, uint32_t n, bool measured) {
    KpiDef d = b->kpis[n];
    d.file = d.line = d.version = d.rank = 0;
    d.base = -1;
    d.measure = d.label = (Str){NULL, 0};
    d.dated = rest_of(k, d.dated);
    UNPLACED(k, d.reactions, d.reaction_count);
    for (uint32_t i = 0; i < d.reaction_count; i++)
        d.reactions[i].fn = canon_fn(k, d.reactions[i].fn);
    for (uint32_t i = 0; i < d.agg_count; i++)
        d.aggs[i].fn = canon_fn(k, d.aggs[i].fn);
    for (uint32_t i = 0; i < d.level_count; i++) {
        d.levels[i].file = d.levels[i].line = 0;
        d.levels[i].raise.fn = canon_fn(k, d.levels[i].raise.fn);
        d.levels[i].clear.fn = canon_fn(k, d.levels[i].clear.fn);
        d.levels[i].text = d.levels[i].raise.text = d.levels[i].clear.text = (Str){NULL, 0};
        if (measured)
            d.levels[i] = (LevelDef){.level = d.levels[i].level};
    }
    if (measured) {
        d.alias = (Str){NULL, 0};
        d.dated = (DatedDef){0, 0};
        d.empty = 0;
        d.reaction_count = d.group_by_count = 0;
        d.group_within = value_absent();
    }
    put_part(out, &(Bundle){.kpis = &d, .kpi_count = 1}, PART_KPI, 0);
    return OK;
}

static Status put_meaning(Link *k, Buf *out, const Bundle *b, DeclKind kind, uint32_t n,
                          uint32_t number, bool measured) {
    buf_reset(out);
    switch (kind) {
    case DECL_DUTY:
        return put_duty_meaning(k, out, b, n, number);
    case DECL_APPROVAL:
        return put_approval_meaning(k, out, b, n, number);
    case DECL_RULE:
        return put_rule_meaning(k, out, b, n);
    case DECL_KPI:
    case DECL_KINDS:
        break;
    }
    return put_kpi_meaning(k, out, b, n, measured);
}

static Status alike(Link *k, DeclKind kind, uint32_t is, uint32_t was, bool measured, bool *out) {
    Buf other = {0};
    uint32_t number = k->to.to[decl_parts[kind]][is];
    Status status = put_meaning(k, &k->scratch, k->add, kind, is, number, measured);
    if (status == OK)
        status = put_meaning(k, &other, k->old, kind, was, was, measured);
    if (status == OK && (other.failed || k->scratch.failed))
        status = ERR_NOMEM;
    *out = status == OK && str_eq(buf_str(&other), buf_str(&k->scratch));
    buf_free(&other);
    return status;
}

/* Whether what is assumed of a declaration is so; otherwise the next that may be. */
static Status assumed_right(Link *k, DeclKind kind, uint32_t n) {
    Assumed *as = &k->assumed[kind][n];
    bool same = true;
    if (as->fate == LINK_SAME)
        TRY(alike(k, kind, n, (uint32_t)as->old, false, &same));
    if (!same && kind == DECL_KPI) {
        as->fate = LINK_JUDGES;
        k->wrong = true;
        return OK;
    }
    if (kind == DECL_KPI && as->fate == LINK_JUDGES)
        TRY(alike(k, kind, n, base_of(k->old, (uint32_t)as->old), true, &same));
    if (!same) {
        as->fate = LINK_CHANGED;
        k->wrong = true;
    }
    return OK;
}

static Status link_decls(Link *k) {
    for (uint32_t i = 0; i < k->add->power_count; i++)
        relocate_power(&k->to, &k->add->powers[i]);
    for (uint32_t i = 0; i < k->add->duty_count; i++)
        relocate_duty(&k->to, &k->add->duties[i]);
    for (uint32_t i = 0; i < k->add->approval_count; i++)
        relocate_approval(&k->to, &k->add->approvals[i]);
    for (uint32_t i = 0; i < k->add->rule_count; i++)
        relocate_rule(&k->to, &k->add->rules[i]);
    for (uint32_t i = 0; i < k->add->kpi_count; i++)
        relocate_kpi(&k->to, &k->add->kpis[i]);
    for (int kind = 0; kind < DECL_KINDS; kind++)
        for (uint32_t i = 0; i < part_count(k->add, decl_parts[kind]); i++)
            TRY(assumed_right(k, (DeclKind)kind, i));
    return OK;
}

/* ---- declarations: what becomes of them */

static void end_at(DatedDef *d, int64_t at) {
    if (d->until > at)
        d->until = at;
}

/* What the new version says otherwise, or no more, takes nothing new from its instant on. */
static Status end_old(Link *k) {
    for (int kind = 0; kind < DECL_KINDS; kind++) {
        uint32_t n = part_count(k->old, decl_parts[kind]);
        bool *goes_on = new (k->a, bool, n + 1);
        if (goes_on == NULL)
            return ERR_NOMEM;
        for (uint32_t i = 0; i < part_count(k->add, decl_parts[kind]); i++) {
            const Assumed *as = &k->assumed[kind][i];
            if (as->fate <= LINK_JUDGES)
                goes_on[as->old] = true;
            if (as->fate <= LINK_JUDGES && kind == DECL_KPI)
                goes_on[base_of(k->old, (uint32_t)as->old)] = true;
        }
        for (uint32_t i = 0; i < n; i++)
            if (!goes_on[kind == DECL_KPI ? base_of(k->old, i) : i])
                end_at((DatedDef *)(uintptr_t)dated_of(k->out, (DeclKind)kind, i), k->plan->from);
    }
    return OK;
}

/* A KPI whose series is judged otherwise goes on, whatever its own dates say: those of who judges
 * it count. */
static void kpi_append(Link *k, uint32_t n) {
    const Assumed *as = &k->assumed[DECL_KPI][n];
    KpiDef *d = &k->out->kpis[k->out->kpi_count++];
    *d = k->add->kpis[n];
    d->version = k->old->version_count;
    d->base = as->fate == LINK_JUDGES ? (int32_t)base_of(k->old, (uint32_t)as->old) : -1;
    d->dated = rest_of(k, d->dated);
    uint32_t last = 0;
    for (uint32_t i = 0; i < k->old->kpi_count; i++)
        last = k->old->kpis[i].rank >= last ? k->old->kpis[i].rank + 1 : last;
    d->rank += last;
}

static void decl_append(Link *k, DeclKind kind, uint32_t n) {
    uint32_t version = k->old->version_count;
    switch (kind) {
    case DECL_DUTY: {
        DutyDef *d = &k->out->duties[k->out->duty_count++];
        *d = k->add->duties[n];
        d->version = version;
        d->dated = rest_of(k, d->dated);
        return;
    }
    case DECL_APPROVAL: {
        ApprovalDef *d = &k->out->approvals[k->out->approval_count++];
        *d = k->add->approvals[n];
        d->version = version;
        d->dated = rest_of(k, d->dated);
        return;
    }
    case DECL_RULE: {
        RuleDef *d = &k->out->rules[k->out->rule_count++];
        *d = k->add->rules[n];
        d->version = version;
        d->dated = rest_of(k, d->dated);
        return;
    }
    case DECL_KPI:
    case DECL_KINDS:
        break;
    }
    kpi_append(k, n);
}

static void append_new(Link *k) {
    for (int kind = 0; kind < DECL_KINDS; kind++)
        for (uint32_t i = 0; i < part_count(k->add, decl_parts[kind]); i++)
            if (k->assumed[kind][i].fate != LINK_SAME)
                decl_append(k, (DeclKind)kind, i);
    for (uint32_t i = 0; i < k->add->decl_count; i++) {
        DeclDef d = k->add->decls[i];
        const Assumed *as = &k->assumed[d.kind][d.number];
        if (as->fate == LINK_SAME)
            continue;
        uint32_t number = part_count(k->old, decl_parts[d.kind]);
        for (uint32_t n = 0; n < d.number; n++)
            number += k->assumed[d.kind][n].fate != LINK_SAME;
        k->out->decls[k->out->decl_count++] = (DeclDef){d.kind, number};
    }
}

/* ---- powers, deputies, rotations */

static bool of_old(const Link *k, const PowerDef *p) {
    return p->of < part_count(k->old, p->approval ? PART_APPROVAL : PART_DUTY);
}

/* Those over what changed go with it; what is the same has the same. */
static void link_powers(Link *k) {
    Buf a = {0}, b = {0};
    for (uint32_t i = 0; i < k->old->power_count; i++)
        if (k->old->powers[i].verb == POWER_TO_SWAP) {
            PowerDef p = k->old->powers[i];
            p.file = p.line = 0;
            p.dated = rest_of(k, p.dated);
            if (p.dated.until > k->plan->from)
                put_part(&a, &(Bundle){.powers = &p, .power_count = 1}, PART_POWER, 0);
        }
    for (uint32_t i = 0; i < k->add->power_count; i++)
        if (k->add->powers[i].verb == POWER_TO_SWAP) {
            PowerDef p = k->add->powers[i];
            p.file = p.line = 0;
            p.dated = rest_of(k, p.dated);
            put_part(&b, &(Bundle){.powers = &p, .power_count = 1}, PART_POWER, 0);
        }
    /* who may swap, of all rotations together */
    bool same = !a.failed && !b.failed && str_eq(buf_str(&a), buf_str(&b));
    buf_free(&a);
    buf_free(&b);
    for (uint32_t i = 0; i < k->out->power_count; i++)
        if (k->out->powers[i].verb == POWER_TO_SWAP && !same)
            end_at(&k->out->powers[i].dated, k->plan->from);
    for (uint32_t i = 0; i < k->add->power_count; i++) {
        PowerDef p = k->add->powers[i];
        bool swap = p.verb == POWER_TO_SWAP;
        if (swap ? same : of_old(k, &p))
            continue;
        if (swap)
            p.dated = rest_of(k, p.dated);
        k->out->powers[k->out->power_count++] = p;
    }
}

static bool same_deputy(const Link *k, const DeputyDef *a, const DeputyDef *b) {
    DatedDef x = rest_of(k, a->dated), y = rest_of(k, b->dated);
    return a->of == b->of && a->by == b->by && x.from == y.from && x.until == y.until;
}

static void link_deputies(Link *k) {
    uint32_t old = k->old->deputy_count;
    for (uint32_t i = 0; i < old; i++) {
        bool stays = false;
        for (uint32_t n = 0; n < k->add->deputy_count; n++) {
            DeputyDef d = k->add->deputies[n];
            relocate_deputy(&k->to, &d);
            stays = stays || same_deputy(k, &d, &k->old->deputies[i]);
        }
        if (!stays)
            end_at(&k->out->deputies[i].dated, k->plan->from);
    }
    for (uint32_t n = 0; n < k->add->deputy_count; n++) {
        DeputyDef d = k->add->deputies[n];
        bool there = false;
        relocate_deputy(&k->to, &d);
        for (uint32_t i = 0; i < old; i++)
            there = there || same_deputy(k, &d, &k->old->deputies[i]);
        d.dated = rest_of(k, d.dated);
        if (!there && d.dated.from < d.dated.until)
            k->out->deputies[k->out->deputy_count++] = d;
    }
}

/* Who takes turns is told by the newest version. */
static void link_rotations(Link *k) {
    for (uint32_t n = 0; n < k->add->rotation_count; n++) {
        relocate_rotation(&k->to, &k->add->rotations[n]);
        uint32_t i = 0;
        while (i < k->out->rotation_count &&
               k->out->rotations[i].party != k->add->rotations[n].party)
            i++;
        k->out->rotations[i] = k->add->rotations[n];
        k->out->rotation_count += i == k->out->rotation_count;
    }
}

/* Rows of files become events of the newest version. */
static void link_feeds(Link *k) {
    k->out->feeds = k->add->feeds;
    k->out->feed_count = k->add->feed_count;
    for (uint32_t i = 0; i < k->add->feed_count; i++)
        relocate_feed(&k->to, &k->add->feeds[i]);
}

static Status link_version(Link *k) {
    VersionDef *v = &k->out->versions[k->out->version_count];
    uint32_t *events = new (k->a, uint32_t, k->add->event_count + 1);
    if (events == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < k->add->event_count; i++)
        events[i] = k->to.to[PART_EVENT][i];
    *v = k->add->versions[0];
    v->from = k->plan->from;
    v->first = k->plan->first;
    v->events = events;
    k->out->version_count++;
    return OK;
}

/* ---- both together */

static Status headers_fit(Link *k) {
    const Bundle *old = k->old, *add = k->add;
    const VersionDef *last = &old->versions[old->version_count - 1];
    if (add->version_count != 1)
        return err_say(k->err, ERR_MISMATCH,
                       "this is a bundle of several versions: give the new one alone",
                       "这是含多个版本的编译包：请只给新版本");
    if (!str_eq(old->policy, add->policy))
        return err_say(k->err, ERR_MISMATCH,
                       "the ledger's policy is \"%.*s\", this one is \"%.*s\": a ledger belongs "
                       "to one policy, in all its versions",
                       "账本的政策是“%.*s”，这个是“%.*s”：一个账本只属于一个政策（的各个版本）",
                       STR_ARG(old->policy), STR_ARG(add->policy));
    for (uint32_t i = 0; i < old->version_count; i++)
        if (str_eq(old->versions[i].version, add->version))
            return err_say(k->err, ERR_MISMATCH,
                           "the ledger has a version \"%.*s\" already: give the new one another in "
                           "its header, policy ... version \"...\"",
                           "账本已有版本“%.*s”：请在政策开头为新版本另起一个版本名",
                           STR_ARG(add->version));
    if (!str_eq(old->zones[old->zone].name, add->zones[add->zone].name))
        return err_say(k->err, ERR_MISMATCH,
                       "the policy's zone was %.*s and is %.*s: the ledger's instants are written "
                       "in it; give duties or teams a zone of their own",
                       "政策的时区原为 %.*s，现为 %.*s：账本的时刻按它书写；可给职责或团队另设时区",
                       STR_ARG(old->zones[old->zone].name), STR_ARG(add->zones[add->zone].name));
    if (old->currency != add->currency)
        return err_say(k->err, ERR_MISMATCH,
                       "the policy's currency changed: amounts without one were read in the old",
                       "政策的币种变了：未写币种的金额曾按旧币种读取");
    if (k->plan->from <= last->from)
        return err_say(k->err, ERR_MISMATCH,
                       "version \"%.*s\" applies from the same instant or a later one: a new "
                       "version follows it",
                       "版本“%.*s”从同一时刻或更晚起生效：新版本须在其后", STR_ARG(last->version));
    return OK;
}

static Status link_round(Link *k) {
    TRY(bundle_take(k->bytes, k->a, &k->add, k->err));
    TRY(headers_fit(k));
    TRY(know_old(k));
    TRY(out_begin(k));
    TRY(maps_begin(k));
    number_decls(k);
    TRY(link_places(k));
    for (uint32_t i = 0; i < k->add->enum_count; i++)
        PLACE(k, PART_ENUM, enums, enum_count, i);
    TRY(link_parties(k));
    TRY(link_records(k));
    TRY(link_entities(k));
    TRY(link_events(k));
    TRY(link_code(k));
    return link_decls(k);
}

static Status link_told(Link *k, Arena *a, Linked *linked) {
    size_t most = 0;
    for (int kind = 0; kind < DECL_KINDS; kind++)
        most += part_count(k->add, decl_parts[kind]) + part_count(k->old, decl_parts[kind]);
    *linked = (Linked){.at = new (a, LinkedDecl, most + 1)};
    if (linked->at == NULL)
        return ERR_NOMEM;
    for (int kind = 0; kind < DECL_KINDS; kind++) {
        uint32_t n = part_count(k->add, decl_parts[kind]);
        for (uint32_t i = 0; i < n; i++) {
            LinkedDecl *d = &linked->at[linked->n++];
            *d = (LinkedDecl){.kind = (uint8_t)kind, .fate = k->assumed[kind][i].fate};
            TRY(arena_str(a, name_of(k->add, (DeclKind)kind, i), &d->name));
        }
        for (uint32_t o = 0; o < part_count(k->old, decl_parts[kind]); o++) {
            Str name = name_of(k->old, (DeclKind)kind, o);
            bool there = decl_named(k, (DeclKind)kind, name) != (int32_t)o;
            for (uint32_t i = 0; i < n; i++)
                there = there || str_eq(name_of(k->add, (DeclKind)kind, i), name);
            if (there)
                continue;
            LinkedDecl *d = &linked->at[linked->n++];
            *d = (LinkedDecl){.kind = (uint8_t)kind, .fate = LINK_GONE};
            TRY(arena_str(a, name, &d->name));
        }
    }
    return OK;
}

/* Whether a declaration of the new bundle was put behind the old ones, where one of these is of its
 * name. */
static bool follows_one_of(const Link *k, DeclKind kind, uint32_t n, const EventDef *told) {
    bool follows = k->assumed[kind][n].fate == LINK_CHANGED;
    bool named = false;
    for (uint32_t i = 0; follows && i < told->of_count; i++)
        named = named || str_eq(name_of(k->out, kind, told->of[i]), name_of(k->add, kind, n));
    return named;
}

/* What runs under an old version hears what is said of those that follow, too. */
static Status told_of_newer(Link *k) {
    for (uint32_t e = 0; e < k->old->event_count; e++) {
        EventDef *told = &k->out->events[e];
        if (told->told < 0)
            continue;
        DeclKind kind = told_of((ToldRow)told->told);
        uint32_t n = part_count(k->add, decl_parts[kind]);
        uint32_t *all = new (k->a, uint32_t, (size_t)told->of_count + n + 1);
        if (all == NULL)
            return ERR_NOMEM;
        if (told->of_count > 0)
            memcpy(all, told->of, told->of_count * sizeof *all);
        uint32_t count = told->of_count;
        for (uint32_t i = 0; i < n; i++)
            if (follows_one_of(k, kind, i, told))
                all[count++] = k->to.to[decl_parts[kind]][i];
        told->of = all;
        told->of_count = count;
    }
    return OK;
}

static Status link_finish(Link *k) {
    TRY(end_old(k));
    append_new(k);
    TRY(told_of_newer(k));
    link_powers(k);
    link_deputies(k);
    link_rotations(k);
    link_feeds(k);
    return link_version(k);
}

Status bundle_link(const Bundle *old, Str bytes, const LinkPlan *plan, Arena *a, Buf *out,
                   Linked *linked, Err *err) {
    Arena round = {0};
    Link k = {.old = old, .bytes = bytes, .plan = plan, .a = &round, .err = err};
    Status status = bundle_take(bytes, &round, &k.add, err);
    if (status == OK)
        status = assume(&k, a);
    do { /* each round finds one declaration at least to be another, or is the last */
        arena_reset(&round);
        k.wrong = false;
        if (status == OK)
            status = link_round(&k);
    } while (status == OK && k.wrong);
    if (status == OK)
        status = link_finish(&k);
    if (status == OK && linked != NULL)
        status = link_told(&k, a, linked);
    if (status == OK) {
        bundle_put(out, k.out);
        status = buf_status(out);
    }
    buf_free(&k.scratch);
    arena_free(&round);
    if (status == ERR_NOMEM && err->code == OK)
        (void)err_say(err, status, "out of memory", "内存不足");
    return status;
}
