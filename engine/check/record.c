/* check: what a measure knows of a duty: who owes it, how long it took, and the fields of what
 * raised it; and of an entity: its fields. They read like the fields of an event, and are one to
 * aggregates; no such event ever comes in. */
#include "engine/check/check_int.h"

static const Event *raised_by(Program *p, const DutySym *duty) {
    const Node *on = duty->node->b;
    const Space *here = p->here;
    space_enter(p, duty->home);
    const Event *event = on != NULL && on->kind == N_ON ? event_find(p, on->a->text) : NULL;
    p->here = here;
    return event;
}

static void field_add(Event *record, Field field, Node *source) {
    for (uint32_t i = 0; i < record->field_count; i++)
        if (str_eq(record->fields[i].name, field.name))
            return; /* what the language says of every duty goes first */
    record->source[record->field_count] = source;
    record->fields[record->field_count++] = field;
}

static void own_fields(Event *record) {
    Type elapsed = {.kind = TY_DURATION, .families = 1u << FAMILY_ELAPSED};
    Type worked = {.kind = TY_DURATION, .families = 1u << FAMILY_WORKING};
    const Field fields[RECORD_FIELDS] = {
        [RECORD_OWNER] = {.name = S("owner"), .alias = S("承办人"), .type = type_plain(TY_PARTY)},
        [RECORD_LATE] = {.name = S("late"), .alias = S("迟"), .type = type_plain(TY_FLAG)},
        [RECORD_ELAPSED] = {.name = S("elapsed"), .alias = S("历时"), .type = elapsed},
        [RECORD_WORKED] = {.name = S("worked"), .alias = S("工作用时"), .type = worked}};
    uint32_t n = record->ended ? RECORD_FIELDS : RECORD_LATE;
    for (uint32_t i = 0; i < n; i++)
        field_add(record, fields[i], NULL);
}

static Node *node_of(Program *p, Node like) {
    Node *node = new (p->arena, Node, 1);
    if (node == NULL)
        p->nomem = true;
    else
        *node = like;
    return node;
}

/* The fields of the event that raises it, or its parameters, as what a frame keeps. */
static void raised_fields(Program *p, const DutySym *duty, const Event *event, Event *record) {
    Node *at_hand = node_of(p, (Node){.kind = N_IT, .bind = BIND_EVENT});
    for (uint32_t i = 0; event != NULL && !p->nomem && i < event->field_count; i++) {
        Node *field =
            node_of(p, (Node){.kind = N_FIELD, .bind = BIND_FIELD, .slot = i, .a = at_hand});
        if (field != NULL)
            type_set(p, field, event->fields[i].type);
        field_add(record, event->fields[i], field);
    }
    for (uint32_t i = 0; i < duty->param_count && !p->nomem; i++) {
        Node *param = node_of(p, (Node){.kind = N_REF, .bind = BIND_LOCAL, .slot = i});
        if (param != NULL)
            type_set(p, param, duty->params[i].type);
        field_add(record, duty->params[i], param);
    }
}

const Event *duty_record(Program *p, const DutySym *duty, bool ended) {
    for (size_t i = 0; i < p->records.n; i++)
        if (p->records.at[i]->duty == duty && p->records.at[i]->ended == ended)
            return p->records.at[i];
    const Event *event = raised_by(p, duty);
    uint32_t most = RECORD_FIELDS + duty->param_count + (event == NULL ? 0 : event->field_count);
    Event *record = new (p->arena, Event, 1);
    Field *fields = new (p->arena, Field, most);
    bool *used = new (p->arena, bool, most);
    Node **source = new (p->arena, Node *, most);
    if (record == NULL || fields == NULL || used == NULL || source == NULL ||
        !vec_push(&p->records, record)) {
        p->nomem = true;
        return NULL;
    }
    *record = (Event){.home = duty->home,
                      .name = duty->name,
                      .fields = fields,
                      .number = (uint32_t)(p->events.n + p->records.n - 1),
                      .broken = duty->broken,
                      .at = duty->at,
                      .duty = duty,
                      .ended = ended,
                      .used = used,
                      .source = source};
    own_fields(record);
    raised_fields(p, duty, event, record);
    return record;
}

const Event *entity_record(Program *p, const Entity *entity) {
    for (size_t i = 0; i < p->records.n; i++)
        if (p->records.at[i]->entity == entity)
            return p->records.at[i];
    Event *record = new (p->arena, Event, 1);
    if (record == NULL || !vec_push(&p->records, record)) {
        p->nomem = true;
        return NULL;
    }
    *record = (Event){.home = entity->home,
                      .name = entity->name,
                      .alias = entity->alias,
                      .fields = entity->fields,
                      .field_count = entity->field_count,
                      .number = (uint32_t)(p->events.n + p->records.n - 1),
                      .at = entity->at,
                      .entity = entity};
    return record;
}
