/* audit: why an entity is as it is: its fields, and the changes that made them so, the latest
 * first. Each entry of the journal names the one before it. */
#include "engine/audit/why_int.h"

#include "engine/base/json.h"
#include "engine/run/event_int.h"

enum { CHANGES_SHOWN = 12 };

/* The values of a key from their texts. */
static Status key_values(Why *w, uint32_t decl, const Str *parts, uint32_t n, Value **out) {
    const EntityDef *def = &w->r->b->entities[decl];
    if (n != def->key_count)
        return err_set(w->err, ERR_SYNTAX, "the key of %.*s has %u part%s, not %u",
                       STR_ARG(def->name), def->key_count, def->key_count == 1 ? "" : "s", n);
    Value *key = new (&w->arena, Value, n + 1);
    if (key == NULL)
        return ERR_NOMEM;
    EventReader reader = {.b = w->r->b, .arena = &w->arena};
    for (uint32_t i = 0; i < n; i++) {
        const FieldDef *field = &def->fields[def->keys[i]];
        Str why;
        Status status = value_from_text(&reader, &field->type, parts[i], &key[i], &why);
        if (status == ERR_SYNTAX)
            return err_set(w->err, ERR_SYNTAX, "%.*s: %.*s", STR_ARG(field->name), STR_ARG(why));
        TRY(status);
    }
    *out = key;
    return OK;
}

static void put_set_fields(Why *w, const EntityDef *def, const ChangeLeaf *c) {
    for (uint32_t i = 0; i < c->field_count; i++) {
        const ChangedField *f = &c->fields[i];
        bool line = f->line > 0;
        why_say(w, SAY_FIELD_SET,
                (Args){{def->fields[f->field].name, why_value(w, f->is),
                        c->how == CHANGE_SET ? why_value(w, f->was) : S(""),
                        line ? why_place(w, f->line >> 20, f->line & 0xFFFFF) : S(""),
                        line ? why_source(w, f->line >> 20, f->line & 0xFFFFF) : S("")}});
    }
}

void why_change(Why *w, uint64_t index, const ChangeLeaf *c, bool subject) {
    const EntityDef *def = &w->r->b->entities[c->subject.decl];
    Str time = why_local(w, c->time);
    put_text(w->out, S("  "));
    put_text(w->out, time);
    put_text(w->out, S("  "));
    if (subject) {
        put_subject(w->out, w->r->b, &c->subject);
        put_c(w->out, ' ');
    }
    put_text(w->out, engine_word(w->chinese, change_text(c->how)));
    if (c->seen != c->time)
        why_say(w, SAY_SEEN, (Args){{why_local(w, c->seen)}});
    put_fmt(w->out, "  [%llu]\n", (unsigned long long)index);
    if (c->how == CHANGE_DELETED && c->line > 0) {
        why_say(w, SAY_CHANGE_BY, (Args){{why_place(w, c->line >> 20, c->line & 0xFFFFF)}});
    } else {
        put_set_fields(w, def, c);
    }
}

/* The journal's entry of a change; what the arena held is gone. */
static Status change_read(Why *w, uint64_t leaf, Arena *a, Leaf *out) {
    arena_reset(a);
    Status status = record_leaf(w->r, leaf, a, out, w->err);
    return status == OK && out->kind != LEAF_CHANGE ? ERR_DAMAGED : status;
}

static void put_because(Why *w, const Cause *cause) {
    if (cause->kind == CAUSE_TIMER)
        why_say(w, SAY_BECAUSE_TIMER, (Args){{why_subject(w, &cause->subject)}});
    else if (cause->kind == CAUSE_EVENT)
        why_say(w, SAY_BECAUSE_EVENT, (Args){{cause->id, why_number(w, cause->index)}});
    else
        why_say(w, SAY_BECAUSE_ENTRY, (Args){{why_number(w, cause->index)}});
}

static Status put_history(Why *w, uint64_t leaf) {
    Arena a = {0};
    Status status = OK;
    why_say_word(w, SAY_WHAT_CHANGED);
    for (int n = 0; leaf != 0 && status == OK; n++) {
        Leaf entry;
        if (n == CHANGES_SHOWN) {
            why_say_word(w, SAY_CHANGED_BEFORE);
            break;
        }
        status = change_read(w, leaf, &a, &entry);
        if (status != OK)
            break;
        why_change(w, leaf, &entry.change, false);
        put_because(w, &entry.change.cause);
        leaf = entry.change.before;
    }
    arena_free(&a);
    return status;
}

static Status entity_text(Why *w, Str subject, const EntityDef *def, const Value *fields,
                          uint64_t leaf) {
    why_say(w, SAY_IT_HOLDS, (Args){{subject}});
    for (uint32_t i = 0; i < def->field_count; i++) {
        put_fmt(w->out, "  %.*s = ", STR_ARG(def->fields[i].name));
        put_text(w->out, why_value(w, fields[i]));
        put_c(w->out, '\n');
    }
    return put_history(w, leaf);
}

static Status entity_json(Why *w, Str subject, const EntityDef *def, const Value *fields,
                          uint64_t leaf) {
    put_text(w->out, S("{\"subject\":"));
    put_json_string(w->out, subject);
    put_text(w->out, S(",\"fields\":{"));
    for (uint32_t i = 0; i < def->field_count; i++) {
        put_text(w->out, i > 0 ? S(",") : S(""));
        put_json_string(w->out, def->fields[i].name);
        put_c(w->out, ':');
        put_value_json(w->out, w->r->b, &w->r->render.zone, fields[i]);
    }
    put_text(w->out, S("},\"changes\":["));
    Arena a = {0};
    Status status = OK;
    for (bool first = true; leaf != 0 && status == OK; first = false) {
        Leaf entry;
        status = change_read(w, leaf, &a, &entry);
        if (status != OK)
            break;
        put_fmt(w->out, "%s%llu", first ? "" : ",", (unsigned long long)leaf);
        leaf = entry.change.before;
    }
    arena_free(&a);
    put_text(w->out, S("]}\n"));
    return status;
}

Status why_entity(Why *w, Str subject, uint32_t decl, const Str *parts, uint32_t n) {
    const EntityDef *def = &w->r->b->entities[decl];
    Value *key = NULL, *fields;
    Str bytes, kept;
    uint64_t leaf;
    bool found = false;
    Buf id = {0};
    TRY(key_values(w, decl, parts, n, &key));
    Status status = entity_key(&id, w->r->b, decl, key);
    if (status == OK)
        status = led_find(w->r->l, LED_ENTITY, buf_str(&id), &bytes, &found);
    buf_free(&id);
    if (status != ERR_LIMIT)
        TRY(status);
    if (!found)
        return err_set(w->err, ERR_NOTFOUND,
                       "there is no %.*s in this ledger; remit log --subject %.*s tells whether "
                       "there was",
                       STR_ARG(subject), STR_ARG(subject));
    TRY(arena_str(&w->arena, bytes, &kept));
    TRY(view_entity(w->r->b, decl, kept, &w->arena, &fields, &leaf));
    return w->json ? entity_json(w, subject, def, fields, leaf)
                   : entity_text(w, subject, def, fields, leaf);
}
