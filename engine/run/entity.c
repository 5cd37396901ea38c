/* run: entities: records that rules read and change. Rules of one event read the state before it
 * (semantics.md 19): what they set waits until the event is done, and then makes one entry of the
 * journal for each entity. What is set twice to different values refuses the event. */
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/sha256.h"
#include "engine/ledger/record.h"
#include "engine/run/lists.h"
#include "engine/run/view.h"

/* Where something was set. */
typedef struct Setter {
    bool there;
    uint32_t fn, at, rule;
} Setter;

typedef struct Change {
    uint32_t entity;
    Str id; /* its key in the ledger */
    Value *key;
    Value *values;   /* a value a field */
    Setter *setters; /* of each field */
    Setter deleter;
    int64_t time, seen;
    Cause cause;
    Subject by;
} Change;

/* ---- keys and records */

/* A text so that shorter ones come first and none begins another: 0 is 0 255, the end 0 0. */
static void put_key_text(Buf *out, Str text) {
    for (size_t i = 0; i < text.n; i++) {
        put_c(out, text.p[i]);
        if (text.p[i] == '\0')
            put_u8(out, 255);
    }
    put_u8(out, 0);
    put_u8(out, 0);
}

static void put_key_value(Buf *out, const Bundle *b, Value v) {
    if (v.kind == V_TEXT)
        put_key_text(out, value_str(v));
    else if (v.kind == V_PARTY)
        put_key_text(out, party_text(b, v));
    else if (v.kind == V_ENUM)
        put_key_text(out, b->enums[v.n].members[v.i].name);
    else
        put_key_i64(out, v.i);
}

/* An index puts more before it. */
enum { KEY_MOST = LED_KEY_MOST - 160 };

Status entity_key(Buf *out, const Bundle *b, uint32_t entity, const Value *key) {
    const EntityDef *def = &b->entities[entity];
    buf_reset(out);
    put_u8(out, (uint8_t)def->base);
    for (uint32_t i = 0; i < def->key_count; i++)
        put_key_value(out, b, key[i]);
    TRY(buf_status(out));
    return out->n > KEY_MOST ? ERR_LIMIT : OK;
}

Status view_entity(const Bundle *b, uint32_t entity, Str bytes, Arena *a, Value **fields,
                   uint64_t *leaf) {
    const EntityDef *def = &b->entities[bundle_newest(b, entity)];
    EntityRec rec;
    Value *kept;
    uint32_t n;
    TRY(entity_rec_take(bytes, &rec));
    TRY(take_value_list(a, rec.fields, &kept, &n));
    *leaf = rec.leaf;
    *fields = new (a, Value, def->field_count + 1);
    if (*fields == NULL)
        return ERR_NOMEM;
    bool fits = n <= def->field_count;
    for (uint32_t i = 0; fits && i < def->field_count; i++) {
        const FieldDef *f = &def->fields[i];
        Value v = def->slots[i] < n ? kept[def->slots[i]] : value_absent();
        if (v.kind == V_ABSENT && !f->type.optional && f->has_preset)
            v = f->preset; /* it is older than the field */
        if (bundle_fits(b, &f->type, v))
            (*fields)[i] = v;
        else
            TRY(value_as(b, a, &f->type, v, &(*fields)[i], &fits));
    }
    return fits ? OK : ERR_DAMAGED;
}

/* The field of the newest version that a field is. */
static uint32_t newest_field(const Bundle *b, uint32_t entity, uint32_t field) {
    const EntityDef *def = &b->entities[bundle_newest(b, entity)];
    uint32_t i = 0;
    while (def->slots[i] != b->entities[entity].slots[field])
        i++;
    return i;
}

/* What an entity holds as some version of it knows it. *known false: it holds what that one does
 * not know, in *field. */
static Status entity_as(Engine *e, uint32_t entity, const Value *held, Value *fields,
                        uint32_t *field, bool *known) {
    const EntityDef *def = &e->b->entities[entity];
    *known = true;
    if (entity == bundle_newest(e->b, entity)) {
        memcpy(fields, held, def->field_count * sizeof *fields);
        return OK;
    }
    for (uint32_t i = 0; i < def->field_count && *known; i++) {
        *field = i;
        TRY(value_as(e->b, &e->event, &def->fields[i].type, held[newest_field(e->b, entity, i)],
                     &fields[i], known));
    }
    return OK;
}

/* The entity of the key in e->key as the ledger has it; all lives in the event arena. */
static Status entity_read(Engine *e, uint32_t entity, Str id, Value **fields, uint64_t *leaf,
                          bool *found) {
    Str bytes, kept;
    Status status = led_find(e->l, LED_ENTITY, id, &bytes, found);
    if (status == OK && !*found)
        return OK;
    if (status == OK)
        status = arena_str(&e->event, bytes, &kept);
    if (status == OK)
        status = view_entity(e->b, entity, kept, &e->event, fields, leaf);
    return status == OK || status == ERR_NOMEM ? status : engine_fail(e, status, "an entity");
}

static Status stop_unknown(Engine *e, uint32_t entity, const Value *held, uint32_t field);

static Status as_known(Engine *e, uint32_t entity, const Value *held, Value *fields) {
    uint32_t field = 0;
    bool known;
    TRY(entity_as(e, entity, held, fields, &field, &known));
    return known ? OK : stop_unknown(e, entity, held, field);
}

Status entity_get(void *ctx, uint32_t entity, const Value *key, Value *fields, bool *found) {
    Engine *e = ctx;
    Value *held;
    uint64_t leaf;
    *found = false;
    Status status = entity_key(&e->key, e->b, entity, key);
    if (status == ERR_LIMIT)
        return OK; /* nothing can be kept under such a key */
    TRY(status);
    TRY(entity_read(e, entity, buf_str(&e->key), &held, &leaf, found));
    return *found ? as_known(e, entity, held, fields) : OK;
}

/* A long text stands as its hash, since only what is equal is sought. */
Status found_key(Buf *out, const Bundle *b, uint32_t entity, uint32_t index, Value v, Str id,
                 size_t *prefix) {
    enum { TEXT_LONG = 64 };
    uint8_t hash[SHA256_BYTES];
    buf_reset(out);
    put_u8(out, (uint8_t)b->entities[entity].base);
    put_u8(out, (uint8_t)index);
    Str text = v.kind == V_TEXT    ? value_str(v)
               : v.kind == V_PARTY ? party_text(b, v)
               : v.kind == V_ENUM  ? b->enums[v.n].members[v.i].name
                                   : S("");
    put_u8(out, text.n > TEXT_LONG);
    if (text.n > TEXT_LONG) {
        sha256(text, hash);
        put_bytes(out, hash, sizeof hash);
    } else {
        put_key_value(out, b, v);
    }
    *prefix = out->n;
    put_text(out, id);
    return buf_status(out);
}

static Status next_take(Engine *e, uint32_t entity, Str bytes, Value *fields) {
    Str kept;
    Value *held;
    uint64_t leaf;
    TRY(arena_str(&e->event, bytes, &kept));
    TRY(view_entity(e->b, entity, kept, &e->event, &held, &leaf));
    return as_known(e, entity, held, fields);
}

static void cursor_put(VmCursor *cursor, Str key) {
    cursor->begun = true;
    cursor->n = (uint32_t)key.n;
    memcpy(cursor->key, key.p, key.n);
}

static Status next_of_all(Engine *e, uint32_t entity, VmCursor *cursor, Value *fields,
                          bool *found) {
    Str key, value;
    if (!cursor->begun) {
        cursor->key[0] = (char)(uint8_t)e->b->entities[entity].base;
        cursor->n = 1;
    }
    TRY(led_next_in(e->l, LED_ENTITY, (Str){cursor->key, cursor->n}, cursor->begun, 1, &key, &value,
                    found));
    if (!*found)
        return OK;
    cursor_put(cursor, key);
    return next_take(e, entity, value, fields);
}

static Status next_found(Engine *e, uint32_t entity, uint32_t index, Value sought, VmCursor *cursor,
                         Value *fields, bool *found) {
    Str key, value;
    size_t prefix;
    bool there;
    TRY(found_key(&e->key, e->b, entity, index, sought, S(""), &prefix));
    if (!cursor->begun) {
        cursor->n = (uint32_t)prefix;
        memcpy(cursor->key, e->key.p, prefix);
    }
    TRY(led_next_in(e->l, LED_FOUND, (Str){cursor->key, cursor->n}, cursor->begun, prefix, &key,
                    &value, found));
    if (!*found)
        return OK;
    cursor_put(cursor, key);
    Str id = {cursor->key + prefix, cursor->n - prefix};
    TRY(led_find(e->l, LED_ENTITY, id, &value, &there));
    return there ? next_take(e, entity, value, fields) : ERR_DAMAGED;
}

Status entity_next(void *ctx, uint32_t entity, int32_t index, Value sought, VmCursor *cursor,
                   Value *fields, bool *found) {
    _Static_assert((int)LED_KEY_MOST <= (int)VM_CURSOR, "a cursor holds any key");
    Engine *e = ctx;
    Status status = index < 0
                        ? next_of_all(e, entity, cursor, fields, found)
                        : next_found(e, entity, (uint32_t)index, sought, cursor, fields, found);
    return status == OK || status == ERR_NOMEM || status == ERR_TRAP
               ? status
               : engine_fail(e, status, "an entity");
}

/* ---- what goes wrong */

/* "product(A1).stock" */
static void put_held_name(Buf *out, Engine *e, uint32_t entity, const Value *key, int64_t field) {
    const EntityDef *def = &e->b->entities[entity];
    put_fmt(out, "%.*s(", STR_ARG(def->name));
    for (uint32_t i = 0; i < def->key_count; i++) {
        put_text(out, i == 0 ? S("") : S(", "));
        put_value_text(out, e->b, &e->render.zone, key[i]);
    }
    put_c(out, ')');
    if (field >= 0)
        put_fmt(out, ".%.*s", STR_ARG(def->fields[field].name));
}

/* Stops what is at hand with the words in e->text. */
static Status stop(Engine *e, TrapCode code, uint32_t fn, uint32_t at) {
    Str more;
    TRY(buf_status(&e->text));
    TRY(arena_str(&e->event, buf_str(&e->text), &more));
    e->vm.trap = (Trap){.code = code, .fn = fn, .at = at, .table = -1, .more = more};
    return ERR_TRAP;
}

/* A version before the newest meets a value that came in with a later one. */
static Status stop_unknown(Engine *e, uint32_t entity, const Value *held, uint32_t field) {
    const EntityDef *def = &e->b->entities[bundle_newest(e->b, entity)];
    uint32_t at = newest_field(e->b, entity, field);
    Value *key = new (&e->event, Value, def->key_count + 1);
    if (key == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < def->key_count; i++)
        key[i] = held[def->keys[i]];
    buf_reset(&e->text);
    put_held_name(&e->text, e, bundle_newest(e->b, entity), key, at);
    put_text(&e->text, S(" is "));
    put_value_text(&e->text, e->b, &e->render.zone, held[at]);
    put_text(&e->text, S(", which the version of the policy that reads it does not know"));
    return stop(e, TRAP_BAD_VALUE, e->vm.trap.fn, e->vm.trap.at);
}

static void put_setter(Buf *out, const Engine *e, const Setter *setter) {
    uint32_t line = e->b->lines[setter->at];
    put_fmt(out, " in %.*s at %.*s:%u", STR_ARG(e->b->fns[setter->fn].name),
            STR_ARG(e->b->sources[line >> 20].name), line & 0xFFFFF);
}

static Status stop_twice(Engine *e, const Change *c, uint32_t field, const Value *value) {
    buf_reset(&e->text);
    put_held_name(&e->text, e, c->entity, c->key, field);
    put_text(&e->text, S(" = "));
    put_value_text(&e->text, e->b, &e->render.zone, c->values[field]);
    put_setter(&e->text, e, &c->setters[field]);
    if (value == NULL) {
        put_text(&e->text, S(", but it is deleted"));
    } else {
        put_text(&e->text, S(", but = "));
        put_value_text(&e->text, e->b, &e->render.zone, *value);
    }
    return stop(e, TRAP_SET_TWICE, e->vm.trap.fn, e->vm.trap.at);
}

static Status stop_deleted(Engine *e, const Change *c, uint32_t field) {
    buf_reset(&e->text);
    put_held_name(&e->text, e, c->entity, c->key, -1);
    put_text(&e->text, S(" is deleted"));
    put_setter(&e->text, e, &c->deleter);
    put_fmt(&e->text, ", but its %.*s is set",
            STR_ARG(e->b->entities[c->entity].fields[field].name));
    return stop(e, TRAP_SET_TWICE, e->vm.trap.fn, e->vm.trap.at);
}

/* ---- setting */

/* Whether what fits a type is in its range, and an id not empty; so too all that it holds. */
static bool in_range(const Bundle *b, const TypeDef *type, Value v) {
    if (v.kind == V_ABSENT)
        return true;
    TypeDef item = type_of_item(type);
    for (uint32_t i = 0; value_holds_more(v) && i < v.n; i++)
        if (!in_range(b, v.kind == V_LIST ? &item : &b->records[v.aux].fields[i].type, v.items[i]))
            return false;
    if (type->is_id && v.kind == V_TEXT && v.n == 0)
        return false;
    if (!type->bounded || value_holds_more(v))
        return true;
    Dec d = v.kind == V_INT ? dec_of_i64(v.i) : value_to_dec(v);
    return dec_cmp(d, type->lo) >= 0 && dec_cmp(d, type->hi) <= 0;
}

/* Whether a field takes a value. Kinds are proved; which enumeration it is of is not. */
static bool takes(const Engine *e, const TypeDef *type, Value v) {
    return bundle_fits(e->b, type, v) && in_range(e->b, type, v);
}

/* Goes to the first part of a value that fits its type but is out of its range, whose name is put
 * behind that of the field. */
static void go_outside(Engine *e, TypeDef *type, Value *v) {
    for (uint32_t i = 0; value_holds_more(*v) && i < v->n;) {
        TypeDef one =
            v->kind == V_LIST ? type_of_item(type) : e->b->records[type->members].fields[i].type;
        if (in_range(e->b, &one, v->items[i])) {
            i++;
            continue;
        }
        if (v->kind == V_LIST)
            put_fmt(&e->text, "[%u]", i);
        else
            put_fmt(&e->text, ".%.*s", STR_ARG(e->b->records[type->members].fields[i].name));
        *v = v->items[i];
        *type = one;
        i = 0;
    }
}

static Status stop_range(Engine *e, uint32_t entity, const Value *key, uint32_t field, Value v) {
    TypeDef type = e->b->entities[entity].fields[field].type;
    buf_reset(&e->text);
    put_held_name(&e->text, e, entity, key, field);
    bool fits = bundle_fits(e->b, &type, v);
    if (fits)
        go_outside(e, &type, &v);
    if (fits && type.is_id && v.kind == V_TEXT && v.n == 0) {
        put_text(&e->text, S(" cannot be empty"));
    } else if (fits) {
        put_text(&e->text, S(" takes "));
        dec_put_range(&e->text, type.lo, type.hi);
        put_text(&e->text, S(", not "));
        put_value_text(&e->text, e->b, &e->render.zone, v);
    } else {
        put_text(&e->text, S(" is of another kind"));
    }
    return stop(e, TRAP_BAD_VALUE, e->vm.trap.fn, e->vm.trap.at);
}
static uint32_t hash_of(Str id) {
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < id.n; i++)
        h = (h ^ (uint8_t)id.p[i]) * 16777619u;
    return h;
}

static void slot_put(Changes *c, Change *change) {
    uint32_t at = hash_of(change->id) & (c->slot_count - 1);
    while (c->slots[at] != NULL)
        at = (at + 1) & (c->slot_count - 1);
    c->slots[at] = change;
}

static Change *change_find(const Changes *c, Str id) {
    if (c->slot_count == 0)
        return NULL;
    uint32_t at = hash_of(id) & (c->slot_count - 1);
    while (c->slots[at] != NULL && !str_eq(c->slots[at]->id, id))
        at = (at + 1) & (c->slot_count - 1);
    return c->slots[at];
}

static Status change_add(Engine *e, Change *change) {
    Changes *c = &e->changes;
    if ((c->n + 1) * 2 > c->slot_count) {
        c->slot_count = c->slot_count == 0 ? 16 : c->slot_count * 2;
        c->slots = new (&e->event, Change *, c->slot_count);
        if (c->slots == NULL)
            return ERR_NOMEM;
        for (uint32_t i = 0; i < c->n; i++)
            slot_put(c, c->at[i]);
    }
    if (!arena_push(&e->event, c, change))
        return ERR_NOMEM;
    slot_put(c, change);
    return OK;
}

static Status change_new(Engine *e, uint32_t entity, const Value *key, Change **out) {
    const EntityDef *def = &e->b->entities[entity];
    Change *c = new (&e->event, Change, 1);
    if (c == NULL)
        return ERR_NOMEM;
    *c = (Change){.entity = entity,
                  .time = e->now,
                  .seen = e->clock,
                  .cause = e->cause,
                  .by = e->subject,
                  .key = new (&e->event, Value, def->key_count),
                  .values = new (&e->event, Value, def->field_count),
                  .setters = new (&e->event, Setter, def->field_count)};
    if (c->key == NULL || c->values == NULL || c->setters == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < def->key_count; i++)
        TRY(value_keep(key[i], &e->event, &c->key[i]));
    TRY(arena_str(&e->event, buf_str(&e->key), &c->id));
    *out = c;
    return change_add(e, c);
}

/* What is to be changed of the entity of this key. */
static Status change_of(Engine *e, uint32_t entity, const Value *key, Change **out) {
    Status status = entity_key(&e->key, e->b, entity, key);
    if (status == ERR_LIMIT) {
        buf_reset(&e->text);
        return stop(e, TRAP_TOO_LONG, e->vm.trap.fn, e->vm.trap.at);
    }
    TRY(status);
    *out = change_find(&e->changes, buf_str(&e->key));
    return *out != NULL ? OK : change_new(e, entity, key, out);
}

static Setter setter_now(const Engine *e) {
    return (Setter){true, e->vm.trap.fn, e->vm.trap.at, e->rule};
}

/* Of two equal values, whether the first is written with more digits: 2.00 and 2. */
static bool finer(Value a, Value b) {
    if (!value_holds_more(a))
        return a.scale > b.scale;
    uint32_t i = 0;
    while (i < a.n && !finer(a.items[i], b.items[i]) && !finer(b.items[i], a.items[i]))
        i++;
    return i < a.n && finer(a.items[i], b.items[i]);
}
Status entity_set(void *ctx, uint32_t entity, const Value *key, uint32_t field, Value value) {
    Engine *e = ctx;
    uint32_t newest = bundle_newest(e->b, entity);
    if (newest != entity) { /* what is changed is changed as the newest version knows it */
        bool fits = true;
        field = newest_field(e->b, entity, field);
        if (value.kind != V_ABSENT)
            TRY(value_as(e->b, &e->event, &e->b->entities[newest].fields[field].type, value, &value,
                         &fits));
        entity = newest;
    }
    const EntityDef *def = &e->b->entities[entity];
    Change *c;
    for (uint32_t i = 0; i < def->key_count; i++)
        if (!takes(e, &def->fields[def->keys[i]].type, key[i]))
            return stop_range(e, entity, key, def->keys[i], key[i]);
    if (!takes(e, &def->fields[field].type, value))
        return stop_range(e, entity, key, field, value);
    TRY(change_of(e, entity, key, &c));
    if (c->deleter.there)
        return stop_deleted(e, c, field);
    if (c->setters[field].there && !value_eq(c->values[field], value))
        return stop_twice(e, c, field, &value);
    if (c->setters[field].there && !finer(value, c->values[field]))
        return OK; /* which of two equal ones is kept does not go by the order of the rules */
    c->setters[field] = setter_now(e);
    return value_keep(value, &e->event, &c->values[field]);
}

Status entity_drop(void *ctx, uint32_t entity, const Value *key) {
    Engine *e = ctx;
    Change *c;
    entity = bundle_newest(e->b, entity);
    TRY(change_of(e, entity, key, &c));
    for (uint32_t i = 0; i < e->b->entities[entity].field_count; i++)
        if (c->setters[i].there)
            return stop_twice(e, c, i, NULL);
    if (!c->deleter.there)
        c->deleter = setter_now(e);
    return OK;
}

/* ---- carrying it out */

/* A new entity: its key, its defaults, what is set. */
static Status make(Engine *e, const Change *c, Value *fields) {
    const EntityDef *def = &e->b->entities[c->entity];
    for (uint32_t i = 0; i < def->field_count; i++)
        fields[i] = c->setters[i].there         ? c->values[i]
                    : def->fields[i].has_preset ? def->fields[i].preset
                                                : value_absent();
    for (uint32_t i = 0; i < def->key_count; i++)
        fields[def->keys[i]] = c->key[i];
    for (uint32_t i = 0; i < def->field_count; i++) {
        if (bundle_fits(e->b, &def->fields[i].type, fields[i]))
            continue;
        uint32_t by = 0;
        while (by + 1 < def->field_count && !c->setters[by].there)
            by++;
        buf_reset(&e->text);
        put_held_name(&e->text, e, c->entity, c->key, -1);
        put_fmt(&e->text, " would be new, and nothing sets its %.*s", STR_ARG(def->fields[i].name));
        return stop(e, TRAP_INCOMPLETE, c->setters[by].fn, c->setters[by].at);
    }
    return OK;
}

static void changed_add(const Engine *e, ChangeLeaf *leaf, uint32_t field, Value was, Value is,
                        const Setter *setter) {
    leaf->fields[leaf->field_count++] =
        (ChangedField){.field = field,
                       .was = was,
                       .is = is,
                       .rule = setter->there ? setter->rule : 0,
                       .line = setter->there ? e->b->lines[setter->at] : 0};
}

static Status leaf_begin(Engine *e, const Change *c, Leaf *leaf) {
    const EntityDef *def = &e->b->entities[c->entity];
    *leaf = (Leaf){.kind = LEAF_CHANGE};
    leaf->change = (ChangeLeaf){.time = c->time,
                                .seen = c->seen,
                                .cause = c->cause,
                                .by = c->by,
                                .policy = bundle_version_at(e->b, c->time)};
    leaf->change.subject = (Subject){
        .kind = SUBJECT_ENTITY, .decl = c->entity, .occurrence = 1, .key_count = def->key_count};
    leaf->change.fields = new (&e->event, ChangedField, def->field_count);
    if (leaf->change.fields == NULL)
        return ERR_NOMEM;
    return key_texts(e, c->key, def->key_count, &leaf->change.subject.key);
}

static Status ledger_status(Engine *e, Status status) {
    return status == OK || status == ERR_NOMEM ? status
                                               : engine_fail(e, status, "writing an entity");
}

/* Brings the indexes from what an entity was (NULL: it was not) to what it is. */
static Status indexes_move(Engine *e, uint32_t entity, Str id, const Value *was, const Value *is) {
    const EntityDef *def = &e->b->entities[entity];
    for (uint32_t i = 0; i < def->index_count; i++) {
        uint32_t field = def->indexes[i];
        Value old = was == NULL ? value_absent() : was[field];
        Value now = is == NULL ? value_absent() : is[field];
        size_t prefix;
        if (value_eq(old, now))
            continue;
        if (old.kind != V_ABSENT) {
            TRY(found_key(&e->key, e->b, entity, i, old, id, &prefix));
            TRY(ledger_status(e, led_del(e->l, LED_FOUND, buf_str(&e->key))));
        }
        if (now.kind != V_ABSENT) {
            TRY(found_key(&e->key, e->b, entity, i, now, id, &prefix));
            TRY(ledger_status(e, led_put(e->l, LED_FOUND, buf_str(&e->key), S(""))));
        }
    }
    return OK;
}

static Status entity_write(Engine *e, Str id, uint32_t entity, const Value *fields, uint64_t leaf) {
    const EntityDef *def = &e->b->entities[entity];
    Value *kept = new (&e->event, Value, def->field_count + 1);
    if (kept == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < def->field_count; i++)
        kept[def->slots[i]] = fields[i];
    buf_reset(&e->text);
    put_value_list(&e->text, kept, def->field_count);
    TRY(buf_status(&e->text));
    EntityRec rec = {.fields = buf_str(&e->text), .leaf = leaf};
    buf_reset(&e->record);
    entity_rec_put(&e->record, &rec);
    TRY(buf_status(&e->record));
    return ledger_status(e, led_put(e->l, LED_ENTITY, id, buf_str(&e->record)));
}

static Status delete (Engine *e, const Change *c, Value *held, uint64_t before) {
    Leaf leaf;
    TRY(leaf_begin(e, c, &leaf));
    leaf.change.how = CHANGE_DELETED;
    leaf.change.before = before;
    leaf.change.rule = c->deleter.rule;
    leaf.change.line = e->b->lines[c->deleter.at];
    Setter none = {0};
    for (uint32_t i = 0; i < e->b->entities[c->entity].field_count; i++)
        changed_add(e, &leaf.change, i, held[i], value_absent(), &none);
    TRY(engine_leaf(e, &leaf, NULL));
    TRY(indexes_move(e, c->entity, c->id, held, NULL));
    TRY(ledger_status(e, led_del(e->l, LED_ENTITY, c->id)));
    return entity_measure(e, c->entity, held, NULL);
}

/* What is set to what it was changes nothing, and is not written down. */
static Status change_apply(Engine *e, const Change *c) {
    const EntityDef *def = &e->b->entities[c->entity];
    Value *held = NULL, *fields = new (&e->event, Value, def->field_count);
    uint64_t before = 0, index;
    bool found;
    Leaf leaf;
    if (fields == NULL)
        return ERR_NOMEM;
    TRY(entity_read(e, c->entity, c->id, &held, &before, &found));
    if (c->deleter.there)
        return found ? delete (e, c, held, before) : OK;
    if (!found)
        TRY(make(e, c, fields));
    for (uint32_t i = 0; found && i < def->field_count; i++)
        fields[i] =
            !c->setters[i].there || value_eq(c->values[i], held[i]) ? held[i] : c->values[i];
    TRY(leaf_begin(e, c, &leaf));
    leaf.change.how = found ? CHANGE_SET : CHANGE_CREATED;
    leaf.change.before = before;
    for (uint32_t i = 0; i < def->field_count; i++)
        if (!value_eq(fields[i], found ? held[i] : value_absent()))
            changed_add(e, &leaf.change, i, found ? held[i] : value_absent(), fields[i],
                        &c->setters[i]);
    if (found && leaf.change.field_count == 0)
        return OK;
    TRY(engine_leaf(e, &leaf, &index));
    TRY(indexes_move(e, c->entity, c->id, held, fields));
    TRY(entity_write(e, c->id, c->entity, fields, index));
    return entity_measure(e, c->entity, held, fields);
}

Status entities_apply(Engine *e) {
    Changes changes = e->changes;
    e->changes = (Changes){0};
    for (uint32_t i = 0; i < changes.n; i++)
        TRY(change_apply(e, changes.at[i]));
    return OK;
}
