/* run: what the policy hears of what the engine says: an effect that a rule or a clause listens to
 * is an event too, handled after the one at hand as one that was emitted. */
#include "engine/run/engine_int.h"

/* Which effect each row of told.def is. */
static const uint8_t told_effects[TOLD_ROWS] = {
#define TOLD(effect, type, of) [TOLD_##effect] = EFFECT_##effect,
#include "engine/base/told.def"
};

void told_init(Engine *e) {
    for (uint32_t i = 0; i < e->b->event_count; i++)
        if (e->b->events[i].told >= 0)
            e->told |= 1ull << told_effects[e->b->events[i].told];
}

static Status told_key(Engine *e, const Subject *subject, Value *out) {
    Buf *text = &e->text;
    buf_reset(text);
    for (uint32_t i = 0; i < subject->key_count; i++) {
        put_text(text, i > 0 ? S("/") : S(""));
        put_text(text, subject->key[i]);
    }
    TRY(buf_status(text));
    Str key;
    TRY(arena_str(&e->event, buf_str(text), &key));
    *out = value_text(key);
    return OK;
}

static Str told_name(const Engine *e, const EventDef *def, uint32_t decl) {
    DeclKind kind = told_of((ToldRow)def->told);
    return kind == DECL_DUTY       ? e->b->duties[decl].name
           : kind == DECL_APPROVAL ? e->b->approvals[decl].name
                                   : e->b->kpis[decl].name;
}

static void put_told(const Engine *e, Buf *text, Value v) {
    if (v.kind == V_TEXT)
        put_text(text, value_str(v));
    else if (v.kind == V_PARTY)
        put_text(text, party_text(e->b, v));
}

/* A datum as what an event's field holds: a party, or several, as text where that is wanted. */
static Status told_value(Engine *e, Value v, ValueKind kind, Value *out) {
    if (kind == V_TEXT && (v.kind == V_PARTY || v.kind == V_LIST)) {
        buf_reset(&e->text);
        for (uint32_t i = 0; v.kind == V_LIST && i < v.n; i++) {
            put_text(&e->text, i > 0 ? S(", ") : S(""));
            put_told(e, &e->text, v.items[i]);
        }
        put_told(e, &e->text, v);
        TRY(buf_status(&e->text));
        v = value_text(buf_str(&e->text));
    }
    if (v.kind != kind)
        v = value_absent();
    return value_keep(v, &e->event, out);
}

static Status told_fields_of(Engine *e, const EventDef *def, const Effect *effect, Value *fields) {
    for (uint32_t i = 0; i < def->field_count; i++) {
        const FieldDef *field = &def->fields[i];
        if (i == 0) {
            fields[i] = value_text(told_name(e, def, effect->subject.decl));
        } else if (i == 1) {
            TRY(told_key(e, &effect->subject, &fields[i]));
        } else {
            Value v =
                str_eq(field->name, S("owner")) ? effect->owner : effect_value(effect, field->name);
            TRY(told_value(e, v, (ValueKind)field->type.kind, &fields[i]));
        }
        if (fields[i].kind == V_ABSENT && !field->type.optional)
            return engine_fail(e, ERR_STATE, "telling the policy what was said");
    }
    return OK;
}

static bool told_tells(const EventDef *def, const Effect *effect) {
    if (def->told < 0 || told_effects[def->told] != effect->id)
        return false;
    for (uint32_t i = 0; i < def->of_count; i++)
        if (def->of[i] == effect->subject.decl)
            return true;
    return false;
}

Status effect_tell(Engine *e, const Effect *effect) {
    for (uint32_t n = 0; n < e->b->event_count; n++) {
        const EventDef *def = &e->b->events[n];
        if (!told_tells(def, effect))
            continue;
        TRY(queue_room(e));
        Value *fields = new (&e->event, Value, def->field_count + 1);
        if (fields == NULL)
            return ERR_NOMEM;
        TRY(told_fields_of(e, def, effect, fields));
        TRY(queue_push(e, n, effect, fields));
    }
    return OK;
}
