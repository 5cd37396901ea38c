/* run: inspecting entities and their indexes, links, people, samples, and what this copy alone
 * knows. */
#include <string.h>

#include "engine/run/inspect_int.h"
#include "engine/run/view.h"

/* ---- entities */

static Status entity_subject(Inspect *in, uint32_t entity, const Value *fields, Subject *out) {
    const EntityDef *def = &in->b->entities[entity];
    Value *key = new (&in->e->event, Value, def->key_count + 1);
    if (key == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < def->key_count; i++)
        key[i] = fields[def->keys[i]];
    *out = (Subject){
        .kind = SUBJECT_ENTITY, .decl = entity, .occurrence = 1, .key_count = def->key_count};
    TRY(key_texts(in->e, key, def->key_count, &out->key));
    return entity_key(&in->key, in->b, entity, key);
}

static Status indexes_lead(Inspect *in, uint32_t entity, const Value *fields, Str id,
                           const Subject *subject) {
    const EntityDef *def = &in->b->entities[entity];
    for (uint32_t i = 0; i < def->index_count; i++) {
        Value v = fields[def->indexes[i]];
        size_t prefix;
        Str value;
        bool found;
        if (v.kind == V_ABSENT)
            continue;
        TRY(found_key(&in->key, in->b, entity, i, v, id, &prefix));
        TRY(led_find(in->l, LED_FOUND, buf_str(&in->key), &value, &found));
        in->indexed += found;
        if (!found)
            TRY(fault_of(in, FAULT_INDEX_LOST, i, subject));
    }
    return OK;
}

static Status entity_fits(Inspect *in, Str key, Str value) {
    uint32_t base = key.n == 0 ? UINT32_MAX : (unsigned char)key.p[0];
    Value *fields;
    Subject subject;
    uint64_t leaf;
    bool bad = base >= in->b->entity_count;
    if (!bad)
        TRY(is_bad(view_entity(in->b, base, value, &in->e->event, &fields, &leaf), &bad));
    if (bad || leaf >= led_size(in->l)) {
        fault(in, FAULT_RECORD, base, S("entity"));
        return OK;
    }
    uint32_t entity = bundle_newest(in->b, base);
    TRY(entity_subject(in, entity, fields, &subject));
    if (!str_eq(buf_str(&in->key), key))
        return fault_of(in, FAULT_ENTITY, entity, &subject);
    return indexes_lead(in, entity, fields, key, &subject);
}

static Status found_count(Inspect *in, Str key, Str value) {
    (void)key, (void)value;
    if (in->indexed == 0)
        fault(in, FAULT_INDEX_MANY, 1, S(""));
    else
        in->indexed--;
    return OK;
}

/* ---- links */

/* The clauses of links, in the low half of their first number (act.c, since.c). */
enum { LISTS = 0x8000, LIST_LOOK = 0x8000, LIST_DROP = 0xC000, LIST_ENDED = 0xFFFE };

static Status leads(Inspect *in, LedTable table, uint64_t number, const char *what) {
    bool there;
    TRY(numbered(in, table, number, &there));
    if (!there)
        fault(in, FAULT_LINK_FALSE, number, str_of(what));
    return OK;
}

static Status link_fits(Inspect *in, Str key, Str value) {
    Take t = take_from(key), last = take_from(key.n < 8 ? S("") : str_from(key, key.n - 8));
    uint64_t first = take_key_u64(&t), number = take_key_u64(&last);
    uint32_t list = (uint32_t)first;
    (void)value;
    if (key.n != 32 && key.n != 40) {
        fault(in, FAULT_RECORD, 0, S("link"));
        return OK;
    }
    if (first == UINT64_C(0xFFFFFFFF00000000))
        return leads(in, LED_DUTY, number, "duty");
    if (first >> 63 != 0)
        return leads(in, LED_APPROVAL, number, "approval");
    if (list < LISTS || list >= LIST_ENDED)
        return leads(in, LED_DUTY, number, "duty");
    if (number >= led_size(in->l))
        fault(in, FAULT_LINK_FALSE, number, S("entry"));
    return OK;
}

/* ---- people */

static bool intervals_good(Take *t) {
    for (uint64_t n = take_varint(t); n > 0 && !t->failed; n--) {
        int64_t from = take_zigzag(t), to = take_zigzag(t);
        t->failed |= from >= to;
    }
    return take_done(t) == OK;
}

static Status seat_fits(Inspect *in, Str key, Str value) {
    Take k = take_from(key), t = take_from(value);
    uint64_t party = take_key_u64(&k);
    if (!intervals_good(&t) || k.failed || party >= in->b->party_count)
        fault(in, FAULT_PEOPLE, party, key.n > 8 ? str_from(key, 8) : S(""));
    return OK;
}

static Status absence_fits(Inspect *in, Str key, Str value) {
    Take t = take_from(value);
    if (!intervals_good(&t))
        fault(in, FAULT_PEOPLE, 0, key);
    return OK;
}

typedef struct Deputed {
    Str person;
    uint64_t party;
    int64_t from, until;
} Deputed;

static bool deputed_take(Take *t, const Bundle *b, Deputed *out) {
    out->person = take_str(t);
    out->party = take_varint(t);
    out->from = take_zigzag(t);
    out->until = take_zigzag(t);
    t->failed |= out->party > b->party_count || out->from > out->until;
    return !t->failed;
}

/* Whether the other side of a delegation has it. */
static Status deputed_back(Inspect *in, char side, Str person, const Deputed *d, bool *there) {
    Str value;
    bool found;
    *there = false;
    buf_reset(&in->key);
    put_c(&in->key, side);
    put_text(&in->key, d->person);
    TRY(buf_status(&in->key));
    TRY(led_find(in->l, LED_DELEGATE, buf_str(&in->key), &value, &found));
    Take t = take_from(found ? value : S("\0"));
    for (uint64_t n = take_varint(&t); n > 0 && !*there; n--) {
        Deputed other;
        if (!deputed_take(&t, in->b, &other))
            return OK;
        *there = str_eq(other.person, person) && other.party == d->party && other.from == d->from &&
                 other.until == d->until;
    }
    return OK;
}

static Status delegation_fits(Inspect *in, Str key, Str value) {
    Take t = take_from(value);
    Str person = key.n > 0 ? str_from(key, 1) : S("");
    char side = key.n > 0 && key.p[0] == 'f' ? 't' : 'f';
    for (uint64_t n = take_varint(&t); n > 0 && !t.failed; n--) {
        Deputed d;
        bool there = true;
        if (deputed_take(&t, in->b, &d))
            TRY(deputed_back(in, side, person, &d, &there));
        if (!there)
            fault(in, FAULT_DELEGATE, 0, person);
    }
    if (take_done(&t) != OK)
        fault(in, FAULT_PEOPLE, 0, person);
    return OK;
}

/* ---- samples, what waits */

static Status pane_owned(Inspect *in, Str key, Str value) {
    Take t = take_from(key);
    uint64_t series = take_key_u64(&t);
    bool there = false;
    (void)value;
    if (!t.failed)
        TRY(numbered(in, LED_SERIES, series, &there));
    if (!there)
        fault(in, FAULT_PANE_FALSE, series, S(""));
    return OK;
}

static Status waiting_fits(Inspect *in, Str key, Str value) {
    Take t = take_from(key), v = take_from(value);
    uint64_t group = take_key_u64(&t), duty = take_varint(&v);
    bool there = true, owed = true;
    if (group != 0)
        TRY(numbered(in, LED_GROUP, group, &there));
    if (duty != 0)
        TRY(numbered(in, LED_DUTY, duty, &owed));
    if (t.failed || take_done(&v) != OK || !there || !owed)
        fault(in, FAULT_GROUP_FALSE, group, S(""));
    return OK;
}

/* ---- of this copy alone */

static Status feed_fits(Inspect *in, Str key, Str value) {
    static const Str effects = {"effects:", 8};
    Take t = take_from(value);
    if (!str_starts(key, effects))
        return OK;
    uint64_t start = take_varint(&t);
    if (take_done(&t) != OK || start > led_size(in->l))
        fault(in, FAULT_FEED, start, str_from(key, effects.n));
    return OK;
}

static Status only_read(Inspect *in, Str key, Str value) {
    (void)in, (void)key, (void)value;
    return OK;
}

Status inspect_tables(Inspect *in) {
    static const LedTable read[] = {LED_META, LED_SCHEDULE, LED_POLICY,
                                    LED_SWAP, LED_COUNTER,  LED_LOCAL};
    TRY(inspect_table(in, LED_ENTITY, entity_fits));
    TRY(inspect_table(in, LED_FOUND, found_count));
    TRY(inspect_table(in, LED_LINK, link_fits));
    TRY(inspect_table(in, LED_ORG, seat_fits));
    TRY(inspect_table(in, LED_ABSENT, absence_fits));
    TRY(inspect_table(in, LED_DELEGATE, delegation_fits));
    TRY(inspect_table(in, LED_PANE, pane_owned));
    TRY(inspect_table(in, LED_WAITING, waiting_fits));
    TRY(inspect_table(in, LED_FEED, feed_fits));
    for (size_t i = 0; i < sizeof read / sizeof *read; i++)
        TRY(inspect_table(in, read[i], only_read));
    return OK;
}
