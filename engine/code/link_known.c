/* code: linking: what the old bundle has, and room for what comes behind. */
#include "engine/code/link_int.h"

Status link_too_large(Link *k) {
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
Status link_known_or(Link *k, Part part, uint32_t number, uint32_t *out) {
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

int32_t link_canon_fn(const Link *k, int32_t fn) {
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
        fns[i] = link_canon_fn(k, t->row_fns[i]);
    put_part(&k->scratch, &(Bundle){.tables = &plain, .table_count = 1}, PART_TABLE, 0);
    return OK;
}

static void put_plain_entity(Buf *out, const EntityDef *e) {
    EntityDef plain = *e;
    plain.base = plain.file = plain.line = 0;
    put_part(out, &(Bundle){.entities = &plain, .entity_count = 1}, PART_ENTITY, 0);
}

Status link_put_plain(Link *k, const Bundle *b, Part part, uint32_t n) {
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
            TRY(link_put_plain(k, k->old, known_parts[i], n));
            TRY(link_known_or(k, known_parts[i], n, &number));
            *more = *more || number != *canon;
            *canon = number;
        }
    return OK;
}

Status link_know_old(Link *k) {
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

static Status lists_begin(Link *k) {
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

Status link_begin(Link *k) {
    TRY(lists_begin(k));
    return maps_begin(k);
}
