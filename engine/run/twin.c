/* run: an event as another version of the policy declares it. What runs under an older version
 * hears events of its name in the form that it knows, and what a newer one raised hears those that
 * come late in the old one: field by field by their names, members of enumerations by theirs. An
 * event that lacks what a version asks is none of that version's. */
#include "engine/run/engine_int.h"
#include "engine/run/view.h"

static bool in_range(const TypeDef *type, Value v) {
    if (!type->bounded)
        return true;
    Dec d = v.kind == V_INT ? dec_of_i64(v.i) : value_to_dec(v);
    return dec_cmp(type->lo, d) <= 0 && dec_cmp(d, type->hi) <= 0;
}

static bool member_as(const Bundle *b, const TypeDef *type, Value v, Value *out) {
    const EnumDef *to = &b->enums[type->members];
    Str name = b->enums[v.n].members[v.i].name;
    for (uint32_t i = 0; i < to->count; i++)
        if (str_eq(to->members[i].name, name)) {
            *out = (Value){.i = i, .n = type->members, .kind = V_ENUM, .aux = v.aux};
            return true;
        }
    return false;
}

static Status record_as(const Bundle *b, Arena *a, const TypeDef *type, Value v, Value *out,
                        bool *fits) {
    const RecordDef *from = &b->records[v.aux], *to = &b->records[type->members];
    Value *fields = new (a, Value, to->field_count + 1);
    if (fields == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < to->field_count && *fits; i++) {
        int32_t n = bundle_field(from->fields, from->field_count, to->fields[i].name);
        fields[i] = to->fields[i].has_preset ? to->fields[i].preset : value_absent();
        TRY(value_as(b, a, &to->fields[i].type, n >= 0 ? v.items[n] : fields[i], &fields[i], fits));
    }
    *out = (Value){
        .items = fields, .n = to->field_count, .kind = V_RECORD, .aux = (uint16_t)type->members};
    return OK;
}

static Status list_as(const Bundle *b, Arena *a, const TypeDef *type, Value v, Value *out,
                      bool *fits) {
    TypeDef item = type_of_item(type);
    Value *items = new (a, Value, v.n + 1u);
    if (items == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < v.n && *fits; i++)
        TRY(value_as(b, a, &item, v.items[i], &items[i], fits));
    *out = v;
    out->items = items;
    return OK;
}

Status value_as(const Bundle *b, Arena *a, const TypeDef *type, Value v, Value *out, bool *fits) {
    *out = v;
    if (v.kind == V_ABSENT || v.kind != type->kind) {
        *fits = *fits && v.kind == V_ABSENT && type->optional;
        return OK;
    }
    switch ((int)v.kind) {
    case V_ENUM:
        *fits = *fits && member_as(b, type, v, out);
        return OK;
    case V_RECORD:
        return record_as(b, a, type, v, out, fits);
    case V_LIST:
        return list_as(b, a, type, v, out, fits);
    case V_INT:
    case V_DEC:
    case V_PERCENT:
        *fits = *fits && in_range(type, v);
        return OK;
    case V_MONEY:
        *fits = *fits && in_range(type, v) && v.n == type->currency;
        return OK;
    case V_PARTY:
        *fits = *fits && (!type->person_only || value_is_person(v));
        return OK;
    case V_DURATION:
        *fits = *fits && (type->families >> v.aux & 1) != 0;
        return OK;
    default:
        return OK;
    }
}

Status fields_as(Engine *e, const FieldDef *from, uint32_t n, const Value *fields,
                 const FieldDef *to, uint32_t count, Value **out, bool *fits) {
    *fits = true;
    *out = new (&e->event, Value, count + 1);
    if (*out == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < count && *fits; i++) {
        int32_t at = bundle_field(from, n, to[i].name);
        Value v = at >= 0 ? fields[at] : to[i].has_preset ? to[i].preset : value_absent();
        TRY(value_as(e->b, &e->event, &to[i].type, v, &(*out)[i], fits));
    }
    return OK;
}

Status flow_as(Engine *e, const Flow *flow, uint32_t event, Flow *out, bool *fits) {
    const EventDef *from = &e->b->events[flow->event], *to = &e->b->events[event];
    *out = *flow;
    *fits = flow->event == event;
    if (*fits)
        return OK;
    Value *fields;
    TRY(fields_as(e, from->fields, from->field_count, flow->vm.fields, to->fields, to->field_count,
                  &fields, fits));
    out->event = event;
    out->vm.fields = fields;
    return OK;
}
