/* code: linking: zones, calendars, sources, types, people and entities. */
#include "engine/code/link_int.h"

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

Status link_places(Link *k) {
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
    return k->out->source_count > 1u << 12 ? link_too_large(k) : OK;
}

Status link_records(Link *k) {
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

Status link_parties(Link *k) {
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
            return link_too_large(k);
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

Status link_entities(Link *k) {
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
    return k->out->entity_count > LIMIT_ENTITIES ? link_too_large(k) : OK;
}
