/* audit: the entities of a ledger, in the order of their kinds and keys. */
#include "engine/audit/show_int.h"
#include "engine/base/json.h"

/* "name: Pen, stock: 3": what is there, key apart. */
static Status fields_text(Show *s, const EntityDef *def, const Value *fields, Str *out) {
    Buf text = {0};
    Status status = OK;
    for (uint32_t i = 0, k = 0; i < def->field_count; i++) {
        if (k < def->key_count && def->keys[k] == i) {
            k++;
            continue;
        }
        if (fields[i].kind == V_ABSENT)
            continue;
        Str field = {NULL, 0}, value;
        status = status != OK ? status : show_value(s, fields[i], &value);
        if (status == OK)
            status = show_said(s, SAY_FIELD, (Args){{def->fields[i].name, value}}, &field);
        put_text(&text, text.n > 0 ? show_word(s, SAY_COMMA) : S(""));
        put_text(&text, field);
    }
    if (status == OK)
        status = text.failed ? ERR_NOMEM : arena_str(&s->arena, buf_str(&text), out);
    buf_free(&text);
    return status;
}

static Status key_text(Show *s, const EntityDef *def, const Value *fields, Str *out) {
    Buf text = {0};
    for (uint32_t i = 0; i < def->key_count; i++) {
        put_text(&text, i > 0 ? S("/") : S(""));
        put_value_text(&text, s->r->b, &s->r->render.zone, fields[def->keys[i]]);
    }
    Status status = text.failed ? ERR_NOMEM : arena_str(&s->arena, buf_str(&text), out);
    buf_free(&text);
    return status;
}

static Status entity_row(Show *s, const EntityDef *def, const Value *fields, uint64_t leaf) {
    Str key, text, entry;
    TRY(key_text(s, def, fields, &key));
    TRY(fields_text(s, def, fields, &text));
    TRY(arena_printf(&s->arena, &entry, "%llu", (unsigned long long)leaf));
    TRY(show_cell(s, def->name));
    TRY(show_cell(s, key));
    TRY(show_cell(s, text));
    TRY(show_cell(s, entry));
    return show_end_row(s);
}

static void put_entity_json(Show *s, Buf *out, const EntityDef *def, const Value *fields,
                            uint64_t leaf) {
    put_text(out, S("{\"entity\":"));
    put_json_string(out, def->name);
    put_text(out, S(",\"fields\":{"));
    bool comma = false;
    for (uint32_t i = 0; i < def->field_count; i++) {
        if (fields[i].kind == V_ABSENT)
            continue;
        put_text(out, comma ? S(",") : S(""));
        comma = true;
        put_json_string(out, def->fields[i].name);
        put_c(out, ':');
        put_value_json(out, s->r->b, &s->r->render.zone, fields[i]);
    }
    put_fmt(out, "},\"changed\":%llu}", (unsigned long long)leaf);
}

static Status each_entity(Show *s, Str key, Str value) {
    const ShowOptions *o = s->opt;
    uint32_t entity = key.n == 0 ? UINT32_MAX : (uint8_t)key.p[0];
    Value *fields;
    uint64_t leaf;
    if (entity >= s->r->b->entity_count)
        return ERR_DAMAGED;
    const EntityDef *def = &s->r->b->entities[bundle_newest(s->r->b, entity)];
    if (o->entity.n > 0 && !str_eq(o->entity, def->name) && !str_eq(o->entity, def->alias))
        return OK;
    TRY(view_entity(s->r->b, entity, value, &s->arena, &fields, &leaf));
    s->rows++;
    if (!o->json)
        return entity_row(s, def, fields, leaf);
    Buf out = {0};
    put_entity_json(s, &out, def, fields, leaf);
    Status status = show_end_line(s, &out);
    buf_free(&out);
    return status;
}

Status show_entities(Show *s) {
    static const Sentence columns[] = {SAY_HEAD_ENTITY, SAY_HEAD_KEY, SAY_HEAD_FIELDS,
                                       SAY_HEAD_ENTRY};
    TRY(show_columns(s, columns, 4));
    return show_walk(s, LED_ENTITY, each_entity);
}

Status show_entity_filter(Show *s) {
    if (s->opt->entity.n == 0 || bundle_entity(s->r->b, s->opt->entity) >= 0)
        return OK;
    Str *names = new (&s->arena, Str, s->r->b->entity_count + 1);
    if (names == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < s->r->b->entity_count; i++)
        names[i] = s->r->b->entities[i].name;
    return show_unknown(s->err, "no entity is called", s->opt->entity, names,
                        s->r->b->entity_count);
}
