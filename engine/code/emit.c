/* code: a checked policy compiled. Each declaration becomes tables of the bundle and a few
 * functions: what is computed when a duty is raised goes first into its results and its frame; what
 * is computed later (conditions of clauses, addressees of rungs, reactions) reads the frame. */
#include "engine/code/emit.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/code/emit_int.h"
#include "engine/syntax/marks.h"

void emit_nomem(Emit *e) {
    if (e->status == OK)
        e->status = ERR_NOMEM;
}

static Status emit_over(Err *err, const char *en, const char *zh, const char *most) {
    Err english = {0}, chinese = {0};
    (void)err_set(&english, ERR_LIMIT, "%s is more than the limit of %s", en, most);
    (void)err_set(&chinese, ERR_LIMIT, "%s超过上限 %s", zh, most);
    return err_pair(err, ERR_LIMIT, english.text, chinese.text);
}

void emit_limit(Emit *e, const char *en, const char *zh, const char *most) {
    if (e->status != OK)
        return;
    e->status = emit_over(e->err, en, zh, most);
    diag_add2(e->p->diags, DIAG_TOO_LARGE, e->at, diag_both(e->p->diags, en, zh), str_of(most));
}

void *emit_copy(Emit *e, const void *from, size_t n, size_t size) {
    char *to = arena_array(e->a, size, 16, n == 0 ? 1 : n);
    if (to == NULL) {
        emit_nomem(e);
        return NULL;
    }
    if (n > 0)
        memcpy(to, from, n * size);
    return to;
}

static void *emit_array(Emit *e, size_t n, size_t size) {
    void *to = arena_array(e->a, size, 16, n == 0 ? 1 : n);
    if (to == NULL)
        emit_nomem(e);
    return to;
}

static bool is_text(Value v) {
    return v.kind == V_TEXT || value_is_person(v);
}

static bool same_constant(Value a, Value b) {
    return a.kind == b.kind && a.scale == b.scale && a.n == b.n && a.aux == b.aux &&
           (is_text(a) ? value_eq(a, b) : a.i == b.i);
}

/* The slot with the number of a constant, from 1, or the empty one in which it belongs. */
static uint32_t *constant_slot(const Emit *e, Value v) {
    uint64_t hash = is_text(v) ? str_hash(value_str(v)) : (uint64_t)v.i;
    hash = (hash ^ ((uint64_t)v.kind << 56) ^ v.scale ^ v.n) * 0x9E3779B97F4A7C15u;
    uint32_t at = (uint32_t)(hash >> 32) & (CONSTANT_SLOTS - 1);
    while (e->constant_slots[at] != 0 &&
           !same_constant(e->constants.at[e->constant_slots[at] - 1], v))
        at = (at + 1) & (CONSTANT_SLOTS - 1);
    return &e->constant_slots[at];
}

uint32_t emit_constant(Emit *e, Value v) {
    if (e->constant_slots == NULL)
        e->constant_slots = new (e->a, uint32_t, CONSTANT_SLOTS);
    if (e->constant_slots == NULL) {
        emit_nomem(e);
        return 0;
    }
    uint32_t *slot = constant_slot(e, v);
    if (*slot != 0)
        return *slot - 1;
    if (e->constants.n >= UINT16_MAX) {
        emit_limit(e, "the number of constants outside tables", "表外常量的数量", "65,535");
        return 0;
    }
    if (!vec_push(&e->constants, v)) {
        emit_nomem(e);
        return 0;
    }
    *slot = (uint32_t)e->constants.n;
    return *slot - 1;
}

/* Of a list: what is said of its items, too. */
TypeDef emit_type(const Type *type) {
    if (type->kind == TY_LIST) {
        TypeDef list = emit_type(type->item);
        list.item = list.kind;
        list.kind = V_LIST;
        list.optional = type->optional;
        list.one_or_many = type->one_or_many;
        return list;
    }
    TypeDef def = {.kind = (uint8_t)type_value_kind(type),
                   .optional = type->optional,
                   .is_id = type->kind == TY_ID,
                   .bounded = type->bounded,
                   .one_or_many = type->one_or_many,
                   .families = (uint8_t)type->families,
                   .currency = type->currency,
                   .lo = type->lo,
                   .hi = type->hi};
    if (type->kind == TY_ENUM)
        def.members = type->members->number;
    if (type->kind == TY_RECORD)
        def.members = ((const RecordType *)type->of)->number;
    return def;
}

KindDef emit_kind(const Type *type) {
    return (KindDef){(uint8_t)type_value_kind(type), type->optional};
}

/* ---- functions */

void fn_begin(Emit *e, Str name, const Scope *scope, const Event *event, DeclKind of, int32_t owner,
              bool later) {
    e->fn = (FnBuild){.later = later, .scope = scope};
    e->fn.def = (FnDef){.name = name,
                        .event = event == NULL ? -1 : (int32_t)event->number,
                        .of = (uint8_t)of,
                        .owner = owner,
                        .local = e->local,
                        .from = (uint32_t)e->code.n};
    e->fn.def.results = emit_array(e, LIMIT_REGISTERS, sizeof(KindDef));
    e->fn.def.args = emit_array(e, LIMIT_FIELDS, sizeof(KindDef));
}

void fn_result(Emit *e, KindDef kind) {
    if (e->status != OK)
        return;
    if (e->fn.def.result_count >= LIMIT_REGISTERS)
        emit_limit(e, "what this declaration computes", "该声明计算的值", "250");
    else
        e->fn.def.results[e->fn.def.result_count++] = kind;
}

uint32_t fn_reg(Emit *e, uint32_t count) {
    uint32_t first = e->fn.next;
    e->fn.next += count;
    if (e->fn.next > e->fn.def.registers)
        e->fn.def.registers = e->fn.next;
    if (e->fn.next > LIMIT_REGISTERS) {
        emit_limit(e, "what is computed at once here", "此处同时计算的值", "250");
        e->fn.next = 0;
        return 0;
    }
    return first;
}

static void ins(Emit *e, uint32_t word) {
    if (e->status == OK && (!vec_push(&e->code, word) || !vec_push(&e->lines, e->line)))
        emit_nomem(e);
}

void ins_abc(Emit *e, Op op, uint32_t a, uint32_t b, uint32_t c) {
    ins(e, (uint32_t)op | a << 8 | b << 16 | c << 24);
}

void ins_abx(Emit *e, Op op, uint32_t a, uint32_t bx) {
    if (bx > UINT16_MAX)
        emit_limit(e, "what this policy has of one kind", "本政策中同一种类的数量", "65,535");
    ins(e, (uint32_t)op | a << 8 | bx << 16);
}

uint32_t jump_from(Emit *e, Op op, uint32_t a) {
    ins_abx(e, op, a, 0);
    return (uint32_t)(e->code.n == 0 ? 0 : e->code.n - 1);
}

void jump_here(Emit *e, uint32_t jump) {
    if (e->status != OK)
        return;
    size_t distance = e->code.n - jump - 1;
    if (distance > UINT16_MAX)
        emit_limit(e, "this expression", "这个表达式", "65,535 instructions");
    e->code.at[jump] |= (uint32_t)distance << 16;
}

static void mark_in(Emit *e, EmitMarks *marks, const Node *node, int32_t reg) {
    if (marks == NULL || e->status != OK)
        return;
    EmitMark made = {.at = (uint32_t)e->code.n, .reg = reg, .node = node};
    if (!arena_push(marks->arena, marks, made))
        emit_nomem(e);
}

static void mark(Emit *e, const Node *node, int32_t reg) {
    mark_in(e, e->marks, node, reg);
}

void mark_condition(Emit *e, const Node *node, uint32_t reg) {
    mark(e, node, (int32_t)reg);
}

void mark_value(Emit *e, const Node *node, uint32_t reg) {
    mark_in(e, e->marks == NULL ? NULL : e->marks->values, node, (int32_t)reg);
}

void mark_action(Emit *e, const Node *node) {
    static const uint8_t actions[] = {N_EMIT,     N_OBLIGE, N_NOTIFY, N_ASK,
                                      N_RAISE_TO, N_SET,    N_DELETE};
    for (size_t i = 0; i < sizeof actions; i++)
        if (node->kind == actions[i])
            mark(e, node, -1);
}

/* The number of a source in the bundle. */
static uint32_t emit_file(const Emit *e, uint32_t file) {
    return e->files == NULL ? 0 : e->files[file];
}

void emit_at(Emit *e, const Node *node) {
    Place place = source_place(e->p->sources, node->span.file, node->span.from);
    uint32_t line = place.line > 0xFFFFF ? 0xFFFFF : place.line;
    e->line = emit_file(e, node->span.file) << 20 | line;
    e->at = node->span;
}

int32_t fn_end(Emit *e, uint32_t from) {
    ins_abx(e, OP_RET, from, 0);
    e->fn.def.to = (uint32_t)e->code.n;
    if (!vec_push(&e->fns, e->fn.def))
        emit_nomem(e);
    int32_t number = (int32_t)e->fns.n - 1;
    emit_bodies(e);
    return number;
}

static Str fn_name(Emit *e, const char *kind, Str name, const char *part) {
    Str text = name;
    if (arena_printf(e->a, &text, "%s %.*s%s%s", kind, STR_ARG(name), *part ? " " : "", part) != OK)
        emit_nomem(e);
    return text;
}

static uint32_t node_line(const Emit *e, const Node *node) {
    return source_place(e->p->sources, node->span.file, node->span.from).line;
}

/* ---- plain tables of the bundle */

static FieldDef *emit_fields(Emit *e, const Field *fields, uint32_t n) {
    FieldDef *out = emit_array(e, n, sizeof *out);
    for (uint32_t i = 0; out != NULL && i < n; i++)
        out[i] = (FieldDef){fields[i].name, fields[i].alias, emit_type(&fields[i].type),
                            fields[i].has_preset, fields[i].preset};
    return out;
}

static void emit_enums(Emit *e) {
    Bundle *b = e->b;
    b->enum_count = (uint32_t)e->p->enums.n;
    b->enums = emit_array(e, b->enum_count, sizeof *b->enums);
    for (uint32_t i = 0; b->enums != NULL && i < b->enum_count; i++) {
        const Enum *from = e->p->enums.at[i];
        b->enums[i].count = from->count;
        b->enums[i].members = emit_array(e, from->count, sizeof(NameDef));
        for (uint32_t k = 0; b->enums[i].members != NULL && k < from->count; k++)
            b->enums[i].members[k] = (NameDef){from->members[k].name, from->members[k].alias};
    }
}

static void emit_record_types(Emit *e) {
    Bundle *b = e->b;
    b->record_count = (uint32_t)e->p->record_types.n;
    b->records = emit_array(e, b->record_count, sizeof *b->records);
    for (uint32_t i = 0; b->records != NULL && i < b->record_count; i++) {
        const RecordType *from = e->p->record_types.at[i];
        b->records[i] = (RecordDef){.name = from->name,
                                    .alias = from->alias,
                                    .fields = emit_fields(e, from->fields, from->field_count),
                                    .field_count = from->field_count};
    }
}

static void emit_parties(Emit *e) {
    Bundle *b = e->b;
    b->party_count = (uint32_t)e->p->parties.n;
    b->parties = emit_array(e, b->party_count, sizeof *b->parties);
    for (uint32_t i = 0; b->parties != NULL && i < b->party_count; i++) {
        const Party *from = e->p->parties.at[i];
        PartyDef *def = &b->parties[i];
        *def =
            (PartyDef){.name = from->name,
                       .alias = from->alias,
                       .label = from->label,
                       .kind = (uint8_t)from->kind,
                       .team = from->team == NULL ? -1 : (int32_t)from->team->number,
                       .votes = from->votes == NULL ? -1 : (int32_t)from->votes->number,
                       .local = from->team == NULL ? from->local.number : from->team->local.number};
        size_t n = 0;
        for (const PartySpan *span = from->spans; span != NULL; span = span->next)
            n++;
        def->spans = emit_array(e, n, sizeof *def->spans);
        for (const PartySpan *s = from->spans; def->spans != NULL && s != NULL; s = s->next)
            def->spans[def->span_count++] = (PartySpanDef){
                {s->dated.from, s->dated.until}, s->under == NULL ? -1 : (int32_t)s->under->number};
    }
}

static void emit_events(Emit *e) {
    Bundle *b = e->b;
    uint32_t events = (uint32_t)e->p->events.n;
    b->event_count = events + (uint32_t)e->p->records.n;
    b->events = emit_array(e, b->event_count, sizeof *b->events);
    for (uint32_t i = 0; b->events != NULL && i < b->event_count; i++) {
        const Event *from = i < events ? e->p->events.at[i] : e->p->records.at[i - events];
        b->events[i] = (EventDef){from->name,
                                  from->alias,
                                  from->open,
                                  from->engine ? (int32_t)i : -1,
                                  emit_fields(e, from->fields, from->field_count),
                                  from->field_count,
                                  from->duty == NULL ? -1 : (int32_t)from->duty->number,
                                  from->ended,
                                  NULL,
                                  from->entity == NULL ? -1 : (int32_t)from->entity->number,
                                  from->told ? (int32_t)from->row : -1,
                                  from->of,
                                  from->of_count,
                                  NULL,
                                  0};
    }
}

/* Which fields of duties' records are asked for. */
static void record_uses(const Node *node) {
    for (; node != NULL; node = node->next) {
        bool field = node->kind == N_FIELD && node->bind == BIND_FIELD && node->a->bind == BIND_IT;
        const Event *record = field ? type_of(node->a)->of : NULL;
        if (record != NULL && record->duty != NULL)
            record->used[node->slot] = true;
        const Node *kids[] = {node->a, node->b, node->c, node->d};
        for (int i = 0; i < 4; i++)
            record_uses(kids[i]);
    }
}

static void records_use(const Program *p) {
    for (size_t i = 0; i < p->kpis.n; i++)
        for (uint32_t k = 0; k < p->kpis.at[i]->agg_count; k++) {
            const AggSym *agg = &p->kpis.at[i]->aggs[k];
            if (agg->event->duty == NULL)
                continue;
            for (uint32_t n = 0; n < p->kpis.at[i]->by_count; n++)
                agg->event->used[agg->group[n]] = true;
            if (agg->field >= 0)
                agg->event->used[agg->field] = true;
            record_uses(agg->where);
        }
}

/* What the records of a duty ask of its raising is kept with it. */
static void emit_records(Emit *e, const DutySym *duty) {
    for (size_t n = 0; n < e->p->records.n; n++) {
        const Event *from = e->p->records.at[n];
        if (from->duty != duty)
            continue;
        EventDef *def = &e->b->events[from->number];
        def->from = emit_array(e, from->field_count, sizeof *def->from);
        for (uint32_t i = 0; def->from != NULL && i < from->field_count; i++) {
            bool asked = from->source[i] != NULL && from->used[i];
            def->from[i] = from->source[i] == NULL ? FROM_OWN
                           : asked                 ? FROM_FRAME + emit_slot(e, from->source[i])
                                                   : FROM_NOTHING;
            if (def->from[i] == FROM_NOTHING)
                def->fields[i].type.optional = true;
        }
    }
}

/* 0, 1, ... */
static uint32_t *emit_count(Emit *e, uint32_t n) {
    uint32_t *at = emit_array(e, n, sizeof *at);
    for (uint32_t i = 0; at != NULL && i < n; i++)
        at[i] = i;
    return at;
}

static void emit_entities(Emit *e) {
    Bundle *b = e->b;
    b->entities = emit_array(e, e->p->entities.n, sizeof *b->entities);
    for (size_t i = 0; b->entities != NULL && i < e->p->entities.n; i++) {
        const Entity *from = e->p->entities.at[i];
        uint32_t *slots = emit_count(e, from->field_count);
        if (slots == NULL)
            return;
        b->entities[b->entity_count++] =
            (EntityDef){.name = from->name,
                        .alias = from->alias,
                        .label = from->node->more,
                        .fields = emit_fields(e, from->fields, from->field_count),
                        .field_count = from->field_count,
                        .indexes = from->indexes,
                        .index_count = from->index_count,
                        .keys = from->keys,
                        .key_count = from->key_count,
                        .base = (uint32_t)i,
                        .slots = slots,
                        .file = emit_file(e, from->at.file),
                        .line = node_line(e, from->node)};
    }
}

/* ---- zones and calendars, and which of them go together */

static uint32_t emit_zone(Emit *e, const Zone *zone) {
    Bundle *b = e->b;
    uint32_t n = 0;
    while (n < b->zone_count && !str_eq(b->zones[n].name, zone->name))
        n++;
    if (n == b->zone_count)
        b->zones[b->zone_count++] = *zone;
    return n;
}

/* A calendar, in its own zone or that of where it is used. */
static int32_t emit_calendar(Emit *e, const Calend *from, uint32_t zone) {
    Bundle *b = e->b;
    if (from == NULL)
        return -1;
    const Zone *in = &b->zones[from->own_zone ? emit_zone(e, from->calendar.zone) : zone];
    for (uint32_t i = 0; i < b->calendar_count; i++)
        if (b->calendars[i].zone == in && b->calendars[i].dates == from->calendar.dates &&
            str_eq(b->calendars[i].name, from->calendar.name))
            return (int32_t)i;
    b->calendars[b->calendar_count] = from->calendar;
    b->calendars[b->calendar_count].zone = in;
    return (int32_t)b->calendar_count++;
}

static void emit_local(Emit *e, LocalTime *from) {
    Bundle *b = e->b;
    from->number = 0;
    if (!from->said)
        return;
    const Calend *calendar = from->calendar != NULL ? from->calendar : e->p->calendar;
    uint32_t zone = from->zone != NULL ? emit_zone(e, from->zone) : b->zone;
    LocalDef def = {zone, emit_calendar(e, calendar, zone)};
    if (def.zone == b->zone && def.calendar == b->calendar)
        return; /* as the policy's */
    uint32_t n = 0;
    while (n < b->local_count &&
           (b->locals[n].zone != def.zone || b->locals[n].calendar != def.calendar))
        n++;
    if (n == b->local_count)
        b->locals[b->local_count++] = def;
    from->number = n + 1;
}

static void emit_calendars(Emit *e) {
    Bundle *b = e->b;
    const Program *p = e->p;
    size_t most = p->duties.n + p->approvals.n + p->rules.n + p->kpis.n + p->parties.n + p->feeds.n;
    b->zones = emit_array(e, 2 * most + p->calendars.n + 1, sizeof *b->zones);
    b->calendars = emit_array(e, most + p->calendars.n, sizeof *b->calendars);
    b->locals = emit_array(e, most, sizeof *b->locals);
    b->calendar = -1;
    if (b->zones == NULL || b->calendars == NULL || b->locals == NULL)
        return;
    (void)emit_zone(e, &p->zone);
    b->calendar = emit_calendar(e, p->calendar, b->zone);
    for (size_t i = 0; i < p->parties.n; i++)
        emit_local(e, &p->parties.at[i]->local);
    for (size_t i = 0; i < p->duties.n; i++)
        emit_local(e, &p->duties.at[i]->local);
    for (size_t i = 0; i < p->approvals.n; i++)
        emit_local(e, &p->approvals.at[i]->base.local);
    for (size_t i = 0; i < p->rules.n; i++)
        emit_local(e, &p->rules.at[i]->local);
    for (size_t i = 0; i < p->kpis.n; i++)
        emit_local(e, &p->kpis.at[i]->local);
    for (size_t i = 0; i < p->feeds.n; i++)
        emit_local(e, &p->feeds.at[i]->local);
}

void emit_in(Emit *e, const LocalTime *local) {
    e->local = local == NULL ? 0 : local->number;
    ((Program *)(uintptr_t)e->p)->local = local != NULL && local->said ? local : NULL;
}

/* Each source once: the uses of a pattern share the one that it stands in. */
static void emit_sources(Emit *e) {
    Bundle *b = e->b;
    const Sources *all = e->p->sources;
    e->files = emit_array(e, all->files.n, sizeof *e->files);
    b->sources = emit_array(e, all->files.n, sizeof *b->sources);
    for (size_t i = 0; b->sources != NULL && e->files != NULL && i < all->files.n; i++) {
        const Source *from = &all->files.at[i];
        if (from->pattern.n > 0) {
            e->files[i] = e->files[from->of];
            continue;
        }
        e->files[i] = b->source_count;
        b->sources[b->source_count++] = (SourceDef){from->stem, from->text};
    }
}

/* ---- decision tables */

static void emit_row(Emit *e, const Table *t, TableDef *def, uint32_t r) {
    const Row *row = &t->rows[r];
    Value *results = &def->results[(size_t)r * t->output_count];
    bool constant = true;
    for (uint32_t o = 0; o < t->output_count; o++)
        constant =
            emit_const_value(e, row->outputs[o], &t->outputs[o].type, &results[o]) && constant;
    def->lines[r] = source_place(e->p->sources, row->at.file, row->at.from).line;
    def->row_fns[r] = -1;
    if (constant)
        return;
    Scope *scope = new (e->a, Scope, 1);
    if (scope == NULL) {
        emit_nomem(e);
        return;
    }
    for (uint32_t i = 0; i < t->input_count; i++)
        if (!vec_push(&scope->locals, ((Local){.name = t->inputs[i].name,
                                               .type = t->inputs[i].type,
                                               .number = i,
                                               .parameter = true})))
            emit_nomem(e);
    Str name = t->node->flag != 0 ? fn_name(e, "define", t->name, "")
                                  : fn_name(e, "table", t->name, "row");
    fn_begin(e, name, scope, NULL, DECL_RULE, -1, false);
    for (uint32_t i = 0; e->status == OK && i < t->input_count; i++)
        e->fn.def.args[e->fn.def.arg_count++] = emit_kind(&t->inputs[i].type);
    uint32_t base = fn_reg(e, t->output_count == 0 ? 1 : t->output_count);
    for (uint32_t o = 0; o < t->output_count; o++) {
        results[o] = (Value){.kind = V_KINDS};
        emit_expr(e, row->outputs[o], base + o, &t->outputs[o].type);
        fn_result(e, emit_kind(&t->outputs[o].type));
    }
    def->row_fns[r] = fn_end(e, base);
    vec_free(&scope->locals);
}

static void emit_table(Emit *e, const Table *t, TableDef *def) {
    *def = (TableDef){.name = t->name,
                      .hit = (uint8_t)t->hit,
                      .function = t->node->flag != 0,
                      .input_count = t->input_count,
                      .output_count = t->output_count,
                      .row_count = t->row_count,
                      .dated = {t->dated.from, t->dated.until},
                      .file = t->row_count > 0 ? emit_file(e, t->rows[0].at.file)
                                               : emit_file(e, t->at.file)};
    def->inputs = emit_fields(e, t->inputs, t->input_count);
    def->outputs = emit_fields(e, t->outputs, t->output_count);
    def->cells = t->cells;
    def->order = t->order;
    def->results = emit_array(e, (size_t)t->row_count * t->output_count, sizeof(Value));
    def->row_fns = emit_array(e, t->row_count, sizeof(int32_t));
    def->lines = emit_array(e, t->row_count, sizeof(uint32_t));
    for (uint32_t r = 0; r < t->row_count && e->status == OK; r++)
        emit_row(e, t, def, r);
}

static void emit_tables(Emit *e) {
    Bundle *b = e->b;
    b->table_count = (uint32_t)e->p->tables.n;
    b->tables = emit_array(e, b->table_count, sizeof *b->tables);
    for (uint32_t i = 0; b->tables != NULL && i < b->table_count; i++)
        emit_table(e, e->p->tables.at[i], &b->tables[i]);
}

/* ---- duties */

void emit_where(Emit *e, const Node *where) {
    if (where == NULL)
        return;
    uint32_t flag = fn_reg(e, 1);
    emit_expr(e, where, flag, NULL);
    mark_condition(e, where, flag);
    uint32_t jump = jump_from(e, OP_SKIP_IF, flag);
    ins_abc(e, OP_STOP, 0, 0, 0);
    jump_here(e, jump);
    e->fn.next = flag;
}

static const char *kind_name(const DutySym *duty) {
    return duty->kind == DECL_DUTY ? "duty" : "approval";
}

static int32_t emit_links(Emit *e, const DutySym *duty, const ActSym *act) {
    if (act->link_count == 0 || act->of_subject)
        return -1;
    fn_begin(e, fn_name(e, kind_name(duty), duty->name, "match"), act->scope, act->event, DECL_DUTY,
             -1, true);
    uint32_t base = fn_reg(e, act->link_count);
    for (uint32_t i = 0; i < act->link_count; i++) {
        const Link *link = &act->links[i];
        Type want =
            link->key_part >= 0 ? duty->key_types[link->key_part] : *type_of(link->duty_side);
        if (link->event_side != NULL) {
            emit_expr(e, link->event_side, base + i, &want);
            Type type = *type_of(link->event_side);
            type.kind = want.kind == TY_NUMBER ? TY_NUMBER : type.kind;
            fn_result(e, emit_kind(&type));
        } else {
            const Type *type = &act->event->fields[link->field].type;
            ins_abx(e, OP_FIELD, base + i, link->field);
            if (want.kind == TY_NUMBER && type->kind == TY_INTEGER && !type->optional)
                ins_abc(e, OP_INT_DEC, base + i, base + i, 0);
            fn_result(e, (KindDef){(uint8_t)type_value_kind(type), type->optional});
        }
    }
    return fn_end(e, base);
}

static int32_t emit_rest(Emit *e, const DutySym *duty, const ActSym *act) {
    if (act->rest_count == 0)
        return -1;
    fn_begin(e, fn_name(e, kind_name(duty), duty->name, "where"), act->scope, act->event,
             duty->kind, (int32_t)duty->number, true);
    uint32_t flag = fn_reg(e, 1);
    for (uint32_t i = 0; i < act->rest_count; i++) {
        emit_expr(e, act->rest[i], flag, NULL);
        mark_condition(e, act->rest[i], flag);
        if (i + 1 < act->rest_count) {
            uint32_t jump = jump_from(e, OP_SKIP_IF, flag);
            ins_abx(e, OP_RET, flag, 0);
            jump_here(e, jump);
        }
    }
    fn_result(e, (KindDef){V_FLAG, false});
    return fn_end(e, flag);
}

/* Links beyond the key's are conditions like any other. */
static void links_to_rest(Emit *e, const DutySym *duty, ActSym *act) {
    if (act->of_subject)
        return;
    uint32_t keep = act->match == MATCH_KEY ? duty->key_count : act->link_count;
    const Node **rest = emit_array(e, act->rest_count + act->link_count, sizeof *rest);
    if (rest == NULL)
        return;
    uint32_t n = 0;
    for (uint32_t i = 0; i < act->rest_count; i++)
        rest[n++] = act->rest[i];
    for (uint32_t i = keep; i < act->link_count; i++) {
        Node *equal = new (e->a, Node, 3);
        if (equal == NULL) {
            emit_nomem(e);
            return;
        }
        equal[0] = (Node){.kind = N_BINARY,
                          .op = MARK_EQ,
                          .span = act->node->span,
                          .at = act->node->at,
                          .a = &equal[1],
                          .b = &equal[2]};
        equal[1] = *act->links[i].event_side;
        equal[2] = *act->links[i].duty_side;
        equal[1].next = equal[2].next = NULL;
        type_set((Program *)(uintptr_t)e->p, &equal[0], type_plain(TY_FLAG));
        rest[n++] = &equal[0];
    }
    act->rest = rest;
    act->rest_count = n;
    act->link_count = keep;
}

static uint8_t act_def(int kind) {
    return kind == ACT_WITHDRAW  ? ACT_IS_CANCEL
           : kind == ACT_PORTION ? ACT_IS_PORTION
                                 : (uint8_t)kind;
}

static void emit_act(Emit *e, const DutySym *duty, const ActSym *from, ActDef *def) {
    ActSym act = *from;
    links_to_rest(e, duty, &act);
    *def = (ActDef){.kind = act_def(act.kind),
                    .clause = (uint8_t)act.clause,
                    .match = (uint8_t)act.match,
                    .each = act.each,
                    .of_subject = act.of_subject,
                    .field = act.field,
                    .amount_slot = act.amount == NULL ? -1 : (int32_t)emit_slot(e, act.amount),
                    .event = act.event->number,
                    .file = emit_file(e, act.node->span.file),
                    .line = node_line(e, act.node)};
    def->link_fn = emit_links(e, duty, &act);
    def->test_fn = emit_rest(e, duty, &act);
    if (act.match == MATCH_LINK) {
        def->slots = emit_array(e, act.link_count, sizeof(uint32_t));
        for (uint32_t i = 0; def->slots != NULL && i < act.link_count; i++) {
            const Link *link = &act.links[i];
            const Node *side =
                link->duty_side != NULL ? link->duty_side : duty->key[link->key_part];
            def->slots[def->slot_count++] = emit_slot(e, side);
        }
    }
    if (act.since != NULL)
        def->has_since = emit_const_value(e, act.since, NULL, &def->since);
}

/* Clauses by which one event fulfils a duty are told apart. */
static void acts_number(DutyDef *def) {
    for (uint32_t i = 0; i < def->act_count; i++)
        for (uint32_t k = 0; def->acts[i].kind == ACT_IS_FULFIL && k < i; k++)
            if (def->acts[k].kind == ACT_IS_FULFIL && def->acts[k].event == def->acts[i].event &&
                def->acts[i].clause < LIMIT_PAUSES - 1)
                def->acts[i].clause++;
}

static void emit_rung(Emit *e, const DutySym *duty, const Rung *from, RungDef *def) {
    *def = (RungDef){.kind = (uint8_t)from->when,
                     .raises = from->raises,
                     .share = from->share,
                     .span_slot = -1,
                     .repeat = from->repeat,
                     .repeats = from->repeats,
                     .until_acknowledged = from->until_acknowledged,
                     .urgent = from->urgent,
                     .stale = from->stale,
                     .file = emit_file(e, from->node->span.file),
                     .line = node_line(e, from->node)};
    if (from->span != NULL && !emit_const_value(e, from->span, NULL, &def->span))
        def->span_slot = (int32_t)emit_slot(e, from->span);
    fn_begin(e, fn_name(e, "duty", duty->name, "rung"), &duty->scope, NULL, duty->kind,
             (int32_t)duty->number, true);
    uint32_t count = (uint32_t)node_count(from->parties), base = fn_reg(e, count), i = 0;
    for (const Node *party = from->parties; party != NULL; party = party->next, i++) {
        emit_expr(e, party, base + i, NULL);
        fn_result(e, (KindDef){V_PARTY, false});
    }
    def->to_fn = fn_end(e, base);
}

/* DutyState or ApprovalState, by which of them the state belongs to. */
uint8_t state_def(StateRow state) {
    static const uint8_t states[STATE_COUNT] = {[STATE_OPEN] = DUTY_OPEN,
                                                [STATE_PAUSED] = DUTY_PAUSED,
                                                [STATE_BREACHED] = DUTY_BREACHED,
                                                [STATE_FULFILLED] = DUTY_FULFILLED,
                                                [STATE_WAIVED] = DUTY_WAIVED,
                                                [STATE_CANCELLED] = DUTY_CANCELLED,
                                                [STATE_GRANTED] = APPROVAL_GRANTED,
                                                [STATE_REFUSED] = APPROVAL_REFUSED,
                                                [STATE_LAPSED] = APPROVAL_LAPSED,
                                                [STATE_WITHDRAWN] = APPROVAL_WITHDRAWN,
                                                [STATE_UNATTAINABLE] = APPROVAL_UNATTAINABLE};
    return states[state];
}

/* By date; those of one date as they are written. */
static void emit_moves(Emit *e, const DutySym *duty, DutyDef *def) {
    def->moves = emit_array(e, e->p->moves.n, sizeof *def->moves);
    for (size_t i = 0; def->moves != NULL && i < e->p->moves.n; i++) {
        const MoveSym *from = &e->p->moves.at[i];
        if (from->of != duty)
            continue;
        uint32_t at = def->move_count++;
        for (; at > 0 && def->moves[at - 1].day > from->day; at--)
            def->moves[at] = def->moves[at - 1];
        def->moves[at] = (MoveDef){.day = from->day,
                                   .from = from->from->number,
                                   .to = from->to->number,
                                   .running = from->running,
                                   .file = emit_file(e, from->node->span.file),
                                   .line = node_line(e, from->node)};
    }
}

static int32_t emit_silent(Emit *e, const DutySym *duty) {
    if (duty->silent == NULL)
        return -1;
    fn_begin(e, fn_name(e, "duty", duty->name, "silent"), &duty->scope, NULL, duty->kind,
             (int32_t)duty->number, true);
    uint32_t flag = fn_reg(e, 1);
    emit_expr(e, duty->silent, flag, NULL);
    mark_condition(e, duty->silent, flag);
    fn_result(e, (KindDef){V_FLAG, false});
    return fn_end(e, flag);
}

/* What keeps the groups of its rungs apart. */
static int32_t emit_grouping(Emit *e, const DutySym *duty) {
    if (duty->grouped.by == NULL)
        return -1;
    fn_begin(e, fn_name(e, "duty", duty->name, "group"), &duty->scope, NULL, duty->kind,
             (int32_t)duty->number, true);
    uint32_t base = fn_reg(e, (uint32_t)node_count(duty->grouped.by)), at = base;
    for (const Node *by = duty->grouped.by; by != NULL; by = by->next) {
        emit_expr(e, by, at++, NULL);
        fn_result(e, emit_kind(type_of(by)));
    }
    return fn_end(e, base);
}

static void emit_reaction(Emit *e, const DutySym *duty, const Reaction *from, ReactionDef *def) {
    def->state = state_def(from->state);
    def->late = from->late;
    fn_begin(e, fn_name(e, kind_name(duty), duty->name, "reaction"), &duty->scope, NULL, duty->kind,
             (int32_t)duty->number, true);
    emit_actions(e, from->actions);
    def->fn = fn_end(e, 0);
}

/* The end of something by which it is due; a prohibition may have no time of its own. */
static uint8_t duty_due_end(const DutySym *duty) {
    if (duty->due == NULL)
        return DUE_NEVER;
    return duty->due->kind == N_END_OF ? duty->due->flag : DUE_END_NONE;
}

/* The item of a standing duty as parameters: of an entity whether it is there, and its fields. */
static void emit_each_params(Emit *e, const Loop *each, DutyDef *def) {
    const Entity *entity = each->entity;
    Field item = {.name = each->node->text, .type = each->item}, there = item;
    there.type = type_plain(TY_FLAG);
    def->param_count = entity == NULL ? 1 : entity->field_count + 1;
    def->params = emit_array(e, def->param_count, sizeof *def->params);
    FieldDef *first = emit_fields(e, entity == NULL ? &item : &there, 1),
             *rest = entity == NULL ? NULL : emit_fields(e, entity->fields, entity->field_count);
    if (def->params == NULL || first == NULL)
        return;
    def->params[0] = *first;
    for (uint32_t i = 1; rest != NULL && i < def->param_count; i++) {
        def->params[i] = rest[i - 1];
        def->params[i].has_preset = false;
    }
}

/* Obliges one for each of many. */
static int32_t emit_each(Emit *e, const DutySym *duty) {
    static const Scope nothing_at_hand = {0};
    if (duty->each == NULL)
        return -1;
    fn_begin(e, fn_name(e, "duty", duty->name, "each"), &nothing_at_hand, NULL, DECL_DUTY, -1,
             false);
    emit_for_each(e, duty->each->node);
    return fn_end(e, 0);
}

/* Bits of what it says of itself. */
static uint32_t duty_attributes(const DutySym *duty) {
    uint32_t bits = 0;
    for (int i = 0; i < ATTRIBUTES; i++)
        bits |= duty->attributes[i] != NULL ? (uint32_t)1 << i : 0;
    return bits;
}

/* The function that raises a duty; last, since the others have by then said what the frame must
 * keep. */
static int32_t emit_raise(Emit *e, const DutySym *duty, DutyDef *def) {
    fn_begin(e, fn_name(e, "duty", duty->name, "raise"), &duty->scope, duty->scope.event, DECL_DUTY,
             -1, false);
    for (uint32_t i = 0; e->status == OK && i < duty->param_count; i++)
        e->fn.def.args[e->fn.def.arg_count++] = emit_kind(&duty->params[i].type);
    if (duty->each != NULL)
        emit_item_args(e, &duty->each->item);
    uint32_t count = duty->key_count + 2 + attributes_before(duty_attributes(duty), ATTRIBUTES) +
                     (duty->start != NULL) + (uint32_t)e->slots.n;
    uint32_t base = fn_reg(e, count), at = base;
    emit_where(e, duty->where);
    emit_lets(e, &duty->scope);
    for (uint32_t i = 0; i < duty->key_count; i++) {
        if (duty->key[i] == NULL) {
            emit_at(e, duty->node);
            ins_abx(e, OP_ARG, at++, i);
        } else {
            emit_expr(e, duty->key[i], at++, NULL);
        }
        fn_result(e, emit_kind(&duty->key_types[i]));
    }
    if (duty->scope.owner > 0 && e->status == OK)
        ins_abc(e, OP_MOVE, at++, e->fn.local_at[duty->scope.owner - 1], 0);
    else
        emit_expr(e, duty->owner, at++, NULL);
    fn_result(e, (KindDef){V_PARTY, false});
    for (int i = 0; i <= ATTRIBUTES; i++) {
        const Node *more = i < ATTRIBUTES ? duty->attributes[i] : duty->start;
        if (more == NULL)
            continue;
        emit_expr(e, more, at++, NULL);
        fn_result(e, emit_kind(type_of(more)));
    }
    bool by_end = duty->due == NULL || duty->due->kind == N_END_OF;
    if (by_end)
        ins_abx(e, OP_LOADK, at++, emit_constant(e, value_int(duty_due_end(duty))));
    else
        emit_expr(e, duty->due, at++, NULL);
    fn_result(e, by_end ? (KindDef){V_INT, false} : emit_kind(type_of(duty->due)));
    def->frame = emit_array(e, e->slots.n, sizeof(KindDef));
    for (size_t i = 0; def->frame != NULL && i < e->slots.n; i++) {
        emit_expr(e, e->slots.at[i].node, at++, NULL);
        def->frame[def->frame_count++] = emit_kind(&e->slots.at[i].type);
        fn_result(e, emit_kind(&e->slots.at[i].type));
    }
    return fn_end(e, base);
}

static NameDef *emit_key_names(Emit *e, const DutySym *duty) {
    NameDef *key = emit_array(e, duty->key_count + 1, sizeof(NameDef));
    for (uint32_t i = 0; key != NULL && i < duty->key_count; i++) {
        const Node *node = duty->key[i];
        key[i] = (NameDef){node == NULL ? duty->params[i].name : node->text, {NULL, 0}};
    }
    return key;
}

static ScheduleDef emit_schedule(const Emit *e, const Schedule *s) {
    static const uint8_t kinds[] = {[EVERY_WEEKDAY] = SCHEDULE_WEEKDAY,
                                    [EVERY_DAY] = SCHEDULE_DAY,
                                    [EVERY_WORKING_DAY] = SCHEDULE_WORKING_DAY,
                                    [EVERY_MONTH] = SCHEDULE_MONTH,
                                    [EVERY_SPAN] = SCHEDULE_SPAN};
    static const uint8_t whats[] = {[MONTH_NOTHING] = MONTHLY_DAY,
                                    [MONTH_DAY] = MONTHLY_DAY,
                                    [MONTH_WORKING_DAY] = MONTHLY_WORKING_DAY,
                                    [MONTH_WEEKDAY] = MONTHLY_WEEKDAY};
    static const uint8_t missed[] = {[MISSED_EACH] = MISSED_ARE_EACH,
                                     [MISSED_LATEST] = MISSED_ARE_LATEST,
                                     [MISSED_NONE] = MISSED_ARE_NONE};
    ScheduleDef def = {.span = value_absent()};
    if (!s->set)
        return def;
    def.kind = kinds[s->kind];
    def.local = e->local;
    def.weekdays = s->weekdays;
    def.months = (uint8_t)s->months;
    def.what = whats[s->what];
    def.nth = (int8_t)s->nth;
    def.missed = missed[s->missed];
    def.has_from = s->has_from;
    def.from = s->from;
    def.times = s->times;
    def.time_count = s->time_count;
    if (s->kind == EVERY_SPAN)
        def.span = s->span;
    return def;
}

static void emit_duty(Emit *e, const DutySym *duty, DutyDef *def) {
    e->slots.n = 0;
    Quiet quiet = duty->quiet.from != duty->quiet.to ? duty->quiet : e->p->quiet;
    *def = (DutyDef){.local = e->local,
                     .name = duty->name,
                     .dated = {duty->dated.from, duty->dated.until},
                     .alias = duty->alias,
                     .label = duty->node->more,
                     .event = duty->scope.event == NULL ? -1 : (int32_t)duty->scope.event->number,
                     .schedule = emit_schedule(e, &duty->schedule),
                     .again = duty->again,
                     .again_slot = -1,
                     .due_by = duty->due_by || duty->due == NULL,
                     .forbids = duty->forbids,
                     .quiet_from = quiet.from,
                     .quiet_to = quiet.to,
                     .silent_fn = -1,
                     .group_fn = -1,
                     .group_within = duty->grouped.within,
                     .by_kpi = duty->by_kpi,
                     .due_end = duty_due_end(duty),
                     .attributes = duty_attributes(duty),
                     .has_start = duty->start != NULL,
                     .param_count = duty->param_count,
                     .pause_count = duty->pause_count,
                     .part_count = duty->part_count,
                     .parts_needed = duty->parts_needed,
                     .parts_once = duty->parts_once,
                     .file = emit_file(e, duty->at.file),
                     .line = node_line(e, duty->node)};
    def->params = emit_fields(e, duty->params, duty->param_count);
    if (duty->each != NULL)
        emit_each_params(e, duty->each, def);
    def->acts = emit_array(e, duty->act_count, sizeof(ActDef));
    def->rungs = emit_array(e, duty->rung_count, sizeof(RungDef));
    def->reactions = emit_array(e, duty->reaction_count, sizeof(ReactionDef));
    if (e->status != OK)
        return;
    def->key = emit_key_names(e, duty);
    def->key_count = duty->key_count;
    for (uint32_t i = 0; i < duty->act_count; i++)
        emit_act(e, duty, &duty->acts[i], &def->acts[def->act_count++]);
    acts_number(def);
    for (uint32_t i = 0; i < duty->rung_count; i++)
        emit_rung(e, duty, &duty->rungs[i], &def->rungs[def->rung_count++]);
    for (uint32_t i = 0; i < duty->reaction_count; i++)
        emit_reaction(e, duty, &duty->reactions[i], &def->reactions[def->reaction_count++]);
    emit_moves(e, duty, def);
    if (duty->renewed != NULL && !emit_const_value(e, duty->renewed, NULL, &def->again_span))
        def->again_slot = (int32_t)emit_slot(e, duty->renewed);
    def->silent_fn = emit_silent(e, duty);
    def->group_fn = emit_grouping(e, duty);
    emit_records(e, duty);
    def->owner_slot = -1;
    for (size_t i = 0; i < e->slots.n; i++)
        if (e->slots.at[i].node->bind == BIND_LOCAL && duty->scope.owner > 0 &&
            e->slots.at[i].node->slot == duty->scope.owner - 1)
            def->owner_slot = (int32_t)i;
    def->raise_fn = emit_raise(e, duty, def);
    def->each_fn = emit_each(e, duty);
}

/* ---- approvals */

static bool is_list(const Node *seat) {
    return !is_members(seat) && type_of(seat)->kind == TY_LIST;
}

static void emit_seats(Emit *e, const ApprovalSym *a, ApprovalDef *def) {
    uint32_t seats = 0;
    for (uint32_t i = 0; i < a->need_count; i++)
        seats += a->needs[i].seat_count;
    def->stages = emit_array(e, a->stage_count, sizeof(StageDef));
    def->needs = emit_array(e, a->need_count, sizeof(NeedDef));
    def->seats = emit_array(e, seats, sizeof(SeatDef));
    if (def->needs == NULL || def->seats == NULL || def->stages == NULL)
        return;
    for (uint32_t i = 0; i < a->stage_count; i++) {
        const Stage *stage = &a->stages[i];
        Node at = {.span = stage->at};
        def->stages[def->stage_count++] =
            (StageDef){.name = stage->name,
                       .label = stage->label,
                       .conditional = stage->when != NULL,
                       .has_due = stage->each != NULL || a->each != NULL,
                       .file = emit_file(e, stage->at.file),
                       .line = node_line(e, &at)};
    }
    for (uint32_t i = 0; i < a->need_count; i++) {
        const Need *need = &a->needs[i];
        bool share = need->kind == COUNT_IS_SHARE;
        bool counts = need->kind == COUNT_IS_FIXED || need->kind == COUNT_IS_POINTS;
        def->needs[def->need_count++] =
            (NeedDef){.stage = need->stage,
                      .kind = need->kind,
                      .count = counts ? need->count : 0,
                      .share = share ? value_dec(V_PERCENT, need->share) : value_absent(),
                      .conditional = need->when != NULL};
        for (const Node *of = need->seats; of != NULL; of = of->next) {
            const Node *seat = seat_of(of);
            def->seats[def->seat_count++] =
                (SeatDef){.need = i,
                          .members = is_members(seat),
                          .list = is_list(seat),
                          .weight = of->kind == N_WEIGHED ? of->slot : 0,
                          .file = emit_file(e, seat->span.file),
                          .line = node_line(e, seat)};
        }
    }
}

static void emit_result(Emit *e, const Node *node, uint32_t at, bool optional) {
    emit_expr(e, node, at, NULL);
    KindDef kind = emit_kind(type_of(node));
    kind.optional = kind.optional && optional;
    fn_result(e, kind);
}

static void emit_asked_when(Emit *e, const Node *when, uint32_t at) {
    emit_result(e, when, at, false);
    mark_condition(e, when, at);
}

/* How many results an opening function has. */
static uint32_t opening_count(const Emit *e, const ApprovalSym *a, const ApprovalDef *def) {
    uint32_t n = a->base.key_count + (uint32_t)node_count(a->excluded) + def->seat_count +
                 (uint32_t)e->slots.n;
    for (uint32_t i = 0; i < def->stage_count; i++)
        n += (uint32_t)def->stages[i].has_due + def->stages[i].conditional;
    for (uint32_t i = 0; i < def->need_count; i++)
        n += (uint32_t)def->needs[i].conditional + (a->needs[i].given != NULL);
    return n;
}

/* The function that opens an approval; what it gives is said at ApprovalDef. */
static int32_t emit_opening(Emit *e, const ApprovalSym *a, ApprovalDef *def) {
    const DutySym *base = &a->base;
    fn_begin(e, fn_name(e, "approval", base->name, "open"), &base->scope, base->scope.event,
             DECL_APPROVAL, -1, false);
    for (uint32_t i = 0; e->status == OK && i < base->param_count; i++)
        e->fn.def.args[e->fn.def.arg_count++] = emit_kind(&base->params[i].type);
    uint32_t count = opening_count(e, a, def);
    uint32_t first = fn_reg(e, count == 0 ? 1 : count), at = first;
    emit_where(e, base->where);
    emit_lets(e, &base->scope);
    for (uint32_t i = 0; i < base->key_count; i++) {
        if (base->key[i] == NULL)
            ins_abx(e, OP_ARG, at++, i);
        else
            emit_expr(e, base->key[i], at++, NULL);
        fn_result(e, emit_kind(&base->key_types[i]));
    }
    for (uint32_t i = 0; i < a->stage_count; i++)
        if (def->stages[i].has_due)
            emit_result(e, a->stages[i].each != NULL ? a->stages[i].each : a->each, at++, false);
    for (const Node *who = a->excluded; who != NULL; who = who->next)
        emit_result(e, who, at++, true);
    for (uint32_t i = 0; i < a->need_count; i++)
        for (const Node *of = a->needs[i].seats; of != NULL; of = of->next)
            emit_result(e, is_members(seat_of(of)) ? seat_of(of)->a : seat_of(of), at++, false);
    for (uint32_t i = 0; i < a->need_count; i++)
        if (a->needs[i].when != NULL)
            emit_asked_when(e, a->needs[i].when, at++);
    for (uint32_t i = 0; i < a->stage_count; i++)
        if (a->stages[i].when != NULL)
            emit_asked_when(e, a->stages[i].when, at++);
    for (uint32_t i = 0; i < a->need_count; i++)
        if (a->needs[i].given != NULL)
            emit_result(e, a->needs[i].given, at++, false);
    def->frame = emit_array(e, e->slots.n, sizeof(KindDef));
    for (size_t i = 0; def->frame != NULL && i < e->slots.n; i++) {
        emit_expr(e, e->slots.at[i].node, at++, NULL);
        def->frame[def->frame_count++] = emit_kind(&e->slots.at[i].type);
        fn_result(e, emit_kind(&e->slots.at[i].type));
    }
    def->excluded_count = (uint32_t)node_count(a->excluded);
    return fn_end(e, first);
}

static uint8_t refuse_def(int refused_by) {
    return refused_by == REFUSED_BY_ONE    ? REFUSED_BY_A_NO
           : refused_by == REFUSED_BY_MORE ? REFUSED_BY_MOST
                                           : REFUSED_BY_NOES;
}

static void emit_approval(Emit *e, const ApprovalSym *a, ApprovalDef *def) {
    const DutySym *base = &a->base;
    e->slots.n = 0;
    *def =
        (ApprovalDef){.local = e->local,
                      .name = base->name,
                      .dated = {base->dated.from, base->dated.until},
                      .alias = base->alias,
                      .label = base->node->more,
                      .event = base->scope.event == NULL ? -1 : (int32_t)base->scope.event->number,
                      .again = base->again,
                      .resubmits = a->resubmits,
                      .resubmit_most = a->resubmit_most,
                      .refuse = refuse_def(a->refused_by),
                      .noes = a->noes,
                      .param_count = base->param_count,
                      .key_count = base->key_count,
                      .file = emit_file(e, base->at.file),
                      .line = node_line(e, base->node)};
    def->params = emit_fields(e, base->params, base->param_count);
    def->key = emit_key_names(e, base);
    def->acts = emit_array(e, base->act_count, sizeof(ActDef));
    def->reactions = emit_array(e, base->reaction_count, sizeof(ReactionDef));
    if (e->status != OK)
        return;
    emit_seats(e, a, def);
    for (uint32_t i = 0; i < base->act_count; i++)
        emit_act(e, base, &base->acts[i], &def->acts[def->act_count++]);
    for (uint32_t i = 0; i < base->reaction_count; i++)
        emit_reaction(e, base, &base->reactions[i], &def->reactions[def->reaction_count++]);
    def->raise_fn = emit_opening(e, a, def);
}

static void emit_rule(Emit *e, const Rule *rule, RuleDef *def) {
    *def = (RuleDef){.name = rule->name,
                     .label = rule->node->more,
                     .event = rule->scope.event == NULL ? -1 : (int32_t)rule->scope.event->number,
                     .schedule = emit_schedule(e, &rule->schedule),
                     .dated = {rule->dated.from, rule->dated.until},
                     .fn = -1,
                     .file = emit_file(e, rule->at.file),
                     .line = node_line(e, rule->node)};
    fn_begin(e, fn_name(e, "rule", rule->name, ""), &rule->scope, rule->scope.event, DECL_DUTY, -1,
             false);
    emit_where(e, rule->where);
    emit_lets(e, &rule->scope);
    emit_actions(e, rule->clauses);
    def->fn = fn_end(e, 0);
}

/* ---- KPIs */

/* Over a measured event: its group, then the sample; it stops where its condition does not hold. */
static int32_t emit_sample(Emit *e, const KpiSym *kpi, const AggSym *agg) {
    fn_begin(e, fn_name(e, "kpi", kpi->name, "sample"), &agg->scope, agg->event, DECL_KPI, -1,
             false);
    uint32_t count = kpi->by_count + (agg->field >= 0), base = fn_reg(e, count + 1);
    emit_at(e, agg->node);
    emit_where(e, agg->where);
    emit_at(e, agg->node);
    for (uint32_t i = 0; i < kpi->by_count; i++) {
        ins_abx(e, OP_FIELD, base + i, agg->group[i]);
        fn_result(e, emit_kind(&kpi->by[i].type));
    }
    if (agg->field >= 0) {
        ins_abx(e, OP_FIELD, base + kpi->by_count, (uint32_t)agg->field);
        fn_result(e, emit_kind(&agg->event->fields[agg->field].type));
    }
    return fn_end(e, base);
}

static Family only_family(uint32_t families) {
    return families == 0 ? FAMILY_ELAPSED : (Family)__builtin_ctz(families);
}

static void emit_agg(Emit *e, const KpiSym *kpi, const AggSym *agg, AggDef *def) {
    _Static_assert((int)AGG_ROWS == (int)AGG_KINDS, "both are the rows of keywords.def");
    bool span = agg->type.kind == TY_DURATION, money = agg->type.kind == TY_MONEY;
    *def = (AggDef){.kind = (uint8_t)agg->what,
                    .sample = (uint8_t)type_value_kind(&agg->type),
                    .unit = span ? (uint16_t)only_family(agg->type.families) : 0,
                    .currency = money ? agg->type.currency : 0,
                    .event = agg->event->number,
                    .share = agg->share};
    for (int state = 0; state < STATE_COUNT; state++)
        if ((agg->states >> state & 1) != 0)
            def->states |= 1u << state_def((StateRow)state);
    def->now = agg->now;
    def->fn = emit_sample(e, kpi, agg);
}

/* A threshold that is computed, over the group and the period. */
static int32_t emit_target(Emit *e, const KpiSym *kpi, const Node *node) {
    fn_begin(e, fn_name(e, "kpi", kpi->name, "threshold"), &kpi->targets, NULL, DECL_KPI, -1,
             false);
    for (uint32_t i = 0; e->status == OK && i < kpi->by_count; i++)
        e->fn.def.args[e->fn.def.arg_count++] = emit_kind(&kpi->by[i].type);
    for (uint32_t i = 0; e->status == OK && i < TARGET_NAMES; i++)
        e->fn.def.args[e->fn.def.arg_count++] = (KindDef){i == TARGET_DAY ? V_DATE : V_INT, false};
    emit_at(e, node);
    uint32_t to = fn_reg(e, 1);
    fn_result(e, emit_kind(type_of(node)));
    emit_expr(e, node, to, NULL);
    return fn_end(e, to);
}

static BoundDef bound_def(Emit *e, const KpiSym *kpi, const BoundSym *from) {
    static const uint8_t sides[] = {[SIDE_ABOVE] = SIDE_IS_ABOVE,
                                    [SIDE_BELOW] = SIDE_IS_BELOW,
                                    [SIDE_AT_LEAST] = SIDE_IS_AT_LEAST,
                                    [SIDE_AT_MOST] = SIDE_IS_AT_MOST};
    BoundDef def = {.side = sides[from->side], .fn = -1, .value = from->value, .hold = from->hold};
    if (from->computed != NULL) {
        def.text = source_text(e->p->sources, from->computed->span);
        def.fn = emit_target(e, kpi, from->computed);
    }
    return def;
}

static uint8_t level_def(LevelRow level) {
    return level == LEVEL_WARNING    ? KPI_WARNING
           : level == LEVEL_CRITICAL ? KPI_CRITICAL
                                     : KPI_CLEARED;
}

static void emit_kpi_reaction(Emit *e, const KpiSym *kpi, const LevelReaction *from,
                              KpiReactionDef *def) {
    fn_begin(e, fn_name(e, "kpi", kpi->name, "reaction"), &kpi->scope, NULL, DECL_KPI, -1, false);
    for (uint32_t i = 0; e->status == OK && i < kpi->scope.locals.n; i++)
        e->fn.def.args[e->fn.def.arg_count++] = emit_kind(&kpi->scope.locals.at[i].type);
    emit_at(e, kpi->node);
    emit_actions(e, from->actions);
    *def = (KpiReactionDef){level_def(from->level), fn_end(e, 0), emit_file(e, kpi->at.file),
                            node_line(e, kpi->node)};
    if (from->actions != NULL)
        def->line = node_line(e, from->actions);
}

static void emit_kpi(Emit *e, const KpiSym *kpi, KpiDef *def) {
    static const uint8_t windows[] = {[WINDOW_SLIDES] = WINDOW_IS_SLIDING,
                                      [WINDOW_STEPS] = WINDOW_IS_STEPPED,
                                      [WINDOW_NOW] = WINDOW_IS_NOW,
                                      [WINDOW_SESSIONS] = WINDOW_IS_SESSION};
    static const uint8_t periods[] = {[UNIT_DAY] = WINDOW_IS_DAY,
                                      [UNIT_WEEK] = WINDOW_IS_WEEK,
                                      [UNIT_MONTH] = WINDOW_IS_MONTH,
                                      [UNIT_QUARTER] = WINDOW_IS_QUARTER,
                                      [UNIT_YEAR] = WINDOW_IS_YEAR};
    *def = (KpiDef){.local = e->local,
                    .base = -1,
                    .name = kpi->name,
                    .alias = kpi->alias,
                    .label = kpi->node->more,
                    .nameless = kpi->nameless,
                    .dated = {kpi->dated.from, kpi->dated.until},
                    .by_count = kpi->by_count,
                    .length = kpi->length,
                    .step = kpi->step,
                    .compare = (uint8_t)kpi->compare,
                    .before = kpi->before,
                    .per = kpi->per,
                    .samples = (uint64_t)kpi->samples,
                    .empty = kpi->empty == EMPTY_HOLD    ? EMPTY_HOLDS
                             : kpi->empty == EMPTY_CLEAR ? EMPTY_CLEARS
                                                         : EMPTY_ALERTS,
                    .group_within = kpi->grouped.within,
                    .rank = kpi->rank,
                    .file = emit_file(e, kpi->at.file),
                    .line = node_line(e, kpi->node)};
    def->window = kpi->window != WINDOW_CALENDAR ? windows[kpi->window] : periods[kpi->period];
    def->measure = said_measure(e, kpi);
    def->by = emit_fields(e, kpi->by, kpi->by_count);
    def->group_by = emit_array(e, node_count(kpi->grouped.by), sizeof(uint32_t));
    for (const Node *by = kpi->grouped.by; def->group_by != NULL && by != NULL; by = by->next)
        def->group_by[def->group_by_count++] = by->slot;
    def->reactions = emit_array(e, kpi->reaction_count, sizeof *def->reactions);
    if (e->status != OK)
        return;
    for (uint32_t i = 0; i < kpi->agg_count; i++)
        emit_agg(e, kpi, &kpi->aggs[i], &def->aggs[def->agg_count++]);
    for (uint32_t i = 0; i < kpi->level_count; i++) {
        const LevelSym *level = &kpi->levels[i];
        def->levels[def->level_count++] = (LevelDef){level_def(level->level),
                                                     bound_def(e, kpi, &level->raise),
                                                     bound_def(e, kpi, &level->clear),
                                                     level->has_clear,
                                                     emit_file(e, level->node->span.file),
                                                     node_line(e, level->node),
                                                     said_level(e, kpi, level)};
    }
    for (uint32_t i = 0; i < kpi->reaction_count; i++)
        emit_kpi_reaction(e, kpi, &kpi->reactions[i], &def->reactions[def->reaction_count++]);
}

static void emit_deputies(Emit *e) {
    size_t n = 0;
    for (size_t i = 0; i < e->p->deputies.n; i++)
        n += node_count(e->p->deputies.at[i].node->a) * node_count(e->p->deputies.at[i].node->b);
    e->b->deputies = emit_array(e, n, sizeof(DeputyDef));
    for (size_t i = 0; e->b->deputies != NULL && i < e->p->deputies.n; i++) {
        const Node *node = e->p->deputies.at[i].node;
        const Dated *dated = &e->p->deputies.at[i].dated;
        for (const Node *of = node->a; of != NULL; of = of->next)
            for (const Node *by = node->b; by != NULL; by = by->next)
                e->b->deputies[e->b->deputy_count++] =
                    (DeputyDef){.of = ((const Party *)of->means)->number,
                                .by = ((const Party *)by->means)->number,
                                .dated = {dated->from, dated->until},
                                .file = emit_file(e, node->span.file),
                                .line = node_line(e, node)};
    }
}

static void emit_layer(Emit *e, const LayerSym *from, LayerDef *def) {
    static const uint8_t hours[] = {[HOURS_ALL] = ONCALL_ALL,
                                    [HOURS_OF_DAY] = ONCALL_OF_DAY,
                                    [HOURS_OPEN] = ONCALL_OPEN,
                                    [HOURS_CLOSED] = ONCALL_CLOSED};
    *def = (LayerDef){.name = from->name,
                      .hours = hours[from->hours],
                      .from_ms = from->from_ms,
                      .to_ms = from->to_ms,
                      .handover = emit_schedule(e, &from->handover),
                      .from = from->from,
                      .file = emit_file(e, from->node->span.file),
                      .line = node_line(e, from->node)};
    def->places = emit_array(e, from->place_count, sizeof *def->places);
    for (uint32_t i = 0; def->places != NULL && i < from->place_count; i++)
        def->places[def->place_count++] =
            (PlaceDef){from->places[i].party->number, from->places[i].members};
}

static void emit_rotations(Emit *e) {
    Bundle *b = e->b;
    b->rotations = emit_array(e, e->p->parties.n, sizeof *b->rotations);
    for (size_t i = 0; b->rotations != NULL && i < e->p->parties.n; i++) {
        const Party *from = e->p->parties.at[i];
        if (from->kind != PARTY_ROTATION)
            continue;
        RotationDef *def = &b->rotations[b->rotation_count++];
        def->party = from->number;
        def->layers = emit_array(e, from->layer_count, sizeof *def->layers);
        emit_in(e, &from->local);
        for (uint32_t k = 0; def->layers != NULL && k < from->layer_count; k++)
            emit_layer(e, &from->layers[k], &def->layers[def->layer_count++]);
    }
    emit_in(e, NULL);
}

static void emit_powers(Emit *e) {
    static const uint8_t verbs[POWER_ROWS] = {[POWER_WAIVE] = POWER_TO_WAIVE,
                                              [POWER_PAUSE] = POWER_TO_PAUSE,
                                              [POWER_ACKNOWLEDGE] = POWER_TO_ACKNOWLEDGE,
                                              [POWER_REASSIGN] = POWER_TO_REASSIGN,
                                              [POWER_WITHDRAW] = POWER_TO_WITHDRAW,
                                              [POWER_ADD_SIGNER] = POWER_TO_ADD_SIGNER,
                                              [POWER_REMOVE_SIGNER] = POWER_TO_REMOVE_SIGNER,
                                              [POWER_TRANSFER] = POWER_TO_TRANSFER,
                                              [POWER_RETURN] = POWER_TO_RETURN,
                                              [POWER_URGE] = POWER_TO_URGE,
                                              [POWER_CORRECT] = POWER_TO_CORRECT,
                                              [POWER_SWAP] = POWER_TO_SWAP};
    Bundle *b = e->b;
    b->powers = emit_array(e, e->p->powers.n, sizeof *b->powers);
    for (size_t i = 0; b->powers != NULL && i < e->p->powers.n; i++) {
        const PowerSym *from = &e->p->powers.at[i];
        PowerDef *def = &b->powers[b->power_count++];
        *def = (PowerDef){.verb = verbs[from->verb],
                          .approval = from->of != NULL && from->of->kind == DECL_APPROVAL,
                          .of = from->of != NULL ? from->of->number : from->rotation->number,
                          .owner = from->owner,
                          .span = from->span,
                          .dated = {from->dated.from, from->dated.until},
                          .file = emit_file(e, from->node->span.file),
                          .line = node_line(e, from->node)};
        def->parties = emit_array(e, from->party_count, sizeof *def->parties);
        for (uint32_t k = 0; def->parties != NULL && k < from->party_count; k++)
            def->parties[def->party_count++] = from->parties[k]->number;
    }
}

static void emit_declarations(Emit *e) {
    Bundle *b = e->b;
    const Program *p = e->p;
    b->duties = emit_array(e, p->duties.n, sizeof *b->duties);
    b->approvals = emit_array(e, p->approvals.n, sizeof *b->approvals);
    b->rules = emit_array(e, p->rules.n, sizeof *b->rules);
    b->kpis = emit_array(e, p->kpis.n, sizeof *b->kpis);
    b->decls = emit_array(e, p->decls.n, sizeof *b->decls);
    emit_deputies(e);
    emit_rotations(e);
    emit_powers(e);
    for (size_t i = 0; i < p->duties.n && e->status == OK; i++) {
        emit_in(e, &p->duties.at[i]->local);
        emit_duty(e, p->duties.at[i], &b->duties[b->duty_count++]);
    }
    for (size_t i = 0; i < p->approvals.n && e->status == OK; i++) {
        emit_in(e, &p->approvals.at[i]->base.local);
        emit_approval(e, p->approvals.at[i], &b->approvals[b->approval_count++]);
    }
    for (size_t i = 0; i < p->rules.n && e->status == OK; i++) {
        emit_in(e, &p->rules.at[i]->local);
        emit_rule(e, p->rules.at[i], &b->rules[b->rule_count++]);
    }
    for (size_t i = 0; i < p->kpis.n && e->status == OK; i++) {
        emit_in(e, &p->kpis.at[i]->local);
        emit_kpi(e, p->kpis.at[i], &b->kpis[b->kpi_count++]);
    }
    emit_feeds(e);
    for (size_t i = 0; i < p->decls.n && e->status == OK; i++)
        b->decls[b->decl_count++] = (DeclDef){(uint8_t)p->decls.at[i].kind, p->decls.at[i].number};
}

/* The code, when all of it is there. */
static void emit_code(Emit *e) {
    Bundle *b = e->b;
    b->constant_count = (uint32_t)e->constants.n;
    b->constants = emit_copy(e, e->constants.at, e->constants.n, sizeof(Value));
    b->fn_count = (uint32_t)e->fns.n;
    b->fns = emit_copy(e, e->fns.at, e->fns.n, sizeof(FnDef));
    b->code_count = (uint32_t)e->code.n;
    b->code = emit_copy(e, e->code.at, e->code.n, sizeof(uint32_t));
    b->lines = emit_copy(e, e->lines.at, e->lines.n, sizeof(uint32_t));
    b->loop_count = (uint32_t)e->loops.n;
    b->loops = emit_copy(e, e->loops.at, e->loops.n, sizeof(LoopDef));
    vec_free(&e->loops);
    vec_free(&e->bodies);
    vec_free(&e->constants);
    vec_free(&e->fns);
    vec_free(&e->code);
    vec_free(&e->lines);
    vec_free(&e->slots);
}

Status emit_bundle(const Program *p, Arena *a, EmitMarks *marks, Bundle **out, Err *err) {
    Emit e = {.p = p, .a = a, .err = err, .b = new (a, Bundle, 1), .marks = marks};
    if (e.b == NULL)
        return ERR_NOMEM;
    Bundle *b = e.b;
    b->policy = p->name;
    b->version = p->version;
    b->currency = p->currency;
    b->late_ms = p->late_ms;
    b->quiet_from = p->quiet.from;
    b->quiet_to = p->quiet.to;
    emit_sources(&e);
    emit_enums(&e);
    emit_calendars(&e);
    emit_record_types(&e);
    emit_parties(&e);
    records_use(p);
    emit_events(&e);
    emit_entities(&e);
    emit_tables(&e);
    emit_declarations(&e);
    emit_code(&e);
    *out = b;
    return e.status;
}

/* The values that an expression gives: what a table does, else one. */
static void emit_results(Emit *e, const Node *expr) {
    const Type *type = type_of(expr);
    const Table *table = type->kind == TY_OUTPUTS ? type->of : NULL;
    uint32_t count = table == NULL ? 1 : table->result_count, base = fn_reg(e, count);
    for (uint32_t i = 0; i < count; i++)
        fn_result(e, table == NULL ? emit_kind(type) : emit_kind(&table->results[i].type));
    emit_expr(e, expr, base, NULL);
    (void)fn_end(e, base);
}

Status emit_evaluated(const Program *p, const Asked *asked, const Bundle *base, Arena *a,
                      Bundle **out, Err *err) {
    Emit e = {.p = p, .a = a, .err = err, .b = new (a, Bundle, 1)};
    if (e.b == NULL)
        return ERR_NOMEM;
    *e.b = *base;
    bool ok = true;
    for (uint32_t i = 0; ok && i < base->code_count; i++)
        ok = vec_push(&e.code, base->code[i]) && vec_push(&e.lines, base->lines[i]);
    for (uint32_t i = 0; ok && i < base->constant_count; i++)
        ok = vec_push(&e.constants, base->constants[i]);
    for (uint32_t i = 0; ok && i < base->fn_count; i++)
        ok = vec_push(&e.fns, base->fns[i]);
    for (uint32_t i = 0; ok && i < base->loop_count; i++)
        ok = vec_push(&e.loops, base->loops[i]);
    if (!ok)
        emit_nomem(&e);
    emit_enums(&e); /* what is asked may need one that the policy does not have */
    if (e.status == OK) {
        fn_begin(&e, S("expression"), &asked->scope, NULL, DECL_RULE, -1, false);
        emit_lets(&e, &asked->scope);
        emit_results(&e, asked->expr);
    }
    emit_code(&e);
    *out = e.b;
    return e.status;
}
