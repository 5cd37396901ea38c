/* code: feeds compiled: for each event that a row gives one function over the columns. */
#include "engine/code/emit_int.h"

/* Columns without forms of their own have the feed's. */
static void feed_forms(const FeedSym *feed, const Field *field, ColumnDef *def) {
    TypeKind kind = field->type.kind == TY_LIST ? field->type.item->kind : field->type.kind;
    const Node *dates = feed->said[SAID_DATES], *numbers = feed->said[SAID_NUMBERS];
    bool number = kind == TY_INTEGER || kind == TY_NUMBER || kind == TY_PERCENT || kind == TY_MONEY;
    if (number && def->numbers.n == 0 && numbers != NULL)
        def->numbers = numbers->a->text;
    if ((kind != TY_DATE && kind != TY_INSTANT) || def->date_count > 0 || dates == NULL)
        return;
    for (const Node *text = dates->a; text != NULL && def->dates != NULL; text = text->next)
        def->dates[def->date_count++] = text->text;
}

static void emit_column(Emit *e, const FeedSym *feed, uint32_t i, ColumnDef *def) {
    const Field *field = &feed->columns[i];
    const ColumnSym *ways = &feed->ways[i];
    size_t forms = feed->said[SAID_DATES] == NULL ? 0 : node_count(feed->said[SAID_DATES]->a);
    *def = (ColumnDef){.field = {field->name, field->alias, emit_type(&field->type),
                                 field->has_preset, field->preset},
                       .from = ways->from,
                       .from_count = ways->from_count,
                       .numbers = ways->numbers,
                       .dates = new (e->a, Str, ways->date_count + forms + 1),
                       .readings = new (e->a, ReadingDef, ways->reading_count + 1)};
    if (def->dates == NULL || def->readings == NULL) {
        emit_nomem(e);
        return;
    }
    for (uint32_t k = 0; k < ways->date_count; k++)
        def->dates[def->date_count++] = ways->dates[k];
    for (uint32_t k = 0; k < ways->reading_count; k++)
        def->readings[def->reading_count++] =
            (ReadingDef){ways->readings[k].text, ways->readings[k].value};
    feed_forms(feed, field, def);
}

static void emit_value(Emit *e, const Node *node, const Type *want, uint32_t *at) {
    emit_expr(e, node, (*at)++, want);
    fn_result(e, emit_kind(want == NULL ? type_of(node) : want));
}

/* What names it, then its fields. */
static uint32_t emit_results(Emit *e, const FeedSym *feed, const FedSym *fed, FedDef *def) {
    const Node *source = feed->said[SAID_SOURCE], *id = fed->id;
    def->has_source = source != NULL;
    def->has_actor = fed->actor != NULL;
    def->named_id = id == NULL && feed->said[SAID_IDENTITY] != NULL;
    if (def->named_id)
        id = feed->said[SAID_IDENTITY]->a;
    def->id_parts = (uint32_t)node_count(id);
    size_t most = fed_def_fixed(def) + node_count(fed->node->c);
    uint32_t base = fn_reg(e, most > LIMIT_REGISTERS ? LIMIT_REGISTERS + 1 : (uint32_t)most);
    uint32_t at = base;
    if (source != NULL)
        emit_value(e, source->a, NULL, &at);
    for (; id != NULL; id = id->next)
        emit_value(e, id, NULL, &at);
    if (fed->actor != NULL)
        emit_value(e, fed->actor, NULL, &at);
    for (const Node *init = fed->node->c; init != NULL && e->status == OK; init = init->next)
        if (init->bind == BIND_FIELD) {
            def->fields[def->field_count++] = init->slot;
            emit_value(e, init->a, &fed->event->fields[init->slot].type, &at);
        }
    return base;
}

/* Whether an expression reads what is let. */
static bool uses_let(const Scope *scope, const Node *node) {
    for (; node != NULL; node = node->next) {
        if (node->bind == BIND_LOCAL && !scope->locals.at[node->slot].parameter)
            return true;
        const Node *kids[] = {node->a, node->b, node->c, node->d};
        for (int i = 0; i < 4; i++)
            if (uses_let(scope, kids[i]))
                return true;
    }
    return false;
}

/* Over the columns. What is let is computed where it is asked for: before the event has a time no
 * version of anything can be. */
static void fn_over_row(Emit *e, const FeedSym *feed, Str what, bool lets) {
    Str name = what;
    if (arena_printf(e->a, &name, "feed %.*s %.*s", STR_ARG(feed->name), STR_ARG(what)) != OK)
        emit_nomem(e);
    fn_begin(e, name, &feed->scope, NULL, DECL_RULE, -1, false);
    for (uint32_t i = 0; e->status == OK && i < feed->column_count; i++)
        e->fn.def.args[e->fn.def.arg_count++] = emit_kind(&feed->scope.locals.at[i].type);
    if (lets)
        emit_lets(e, &feed->scope);
}

/* Marks the columns that an expression reads; what is let may read any. */
static void columns_used(const Scope *scope, const Node *node, uint32_t columns, bool *used) {
    for (; node != NULL; node = node->next) {
        if (node->bind == BIND_LOCAL)
            for (uint32_t i = 0; i < columns; i++)
                used[i] = used[i] || i == node->slot || !scope->locals.at[node->slot].parameter;
        const Node *kids[] = {node->a, node->b, node->c, node->d};
        for (int i = 0; i < 4; i++)
            columns_used(scope, kids[i], columns, used);
    }
}

/* Whether a row counts at all is asked before the rest of it is looked at. */
static void emit_only(Emit *e, const FeedSym *feed, FeedDef *def) {
    bool used[LIMIT_FIELDS] = {false};
    def->only_fn = -1;
    if (feed->said[SAID_ONLY] == NULL)
        return;
    const Node *only = feed->said[SAID_ONLY]->a;
    def->only_uses = new (e->a, uint32_t, feed->column_count + 1);
    if (def->only_uses == NULL) {
        emit_nomem(e);
        return;
    }
    columns_used(&feed->scope, only, feed->column_count, used);
    for (uint32_t i = 0; i < feed->column_count; i++)
        if (used[i])
            def->only_uses[def->only_use_count++] = i;
    fn_over_row(e, feed, S("only"), uses_let(&feed->scope, only));
    uint32_t at = fn_reg(e, 1), base = at;
    emit_value(e, only, NULL, &at);
    def->only_fn = fn_end(e, base);
}

static void emit_fed(Emit *e, const FeedSym *feed, const FedSym *fed, FedDef *def) {
    Place place = source_place(e->p->sources, fed->node->span.file, fed->node->span.from);
    *def = (FedDef){.event = fed->event->number,
                    .fields = new (e->a, uint32_t, fed->event->field_count + 1),
                    .file = e->files == NULL ? 0 : e->files[fed->node->span.file],
                    .line = place.line};
    if (def->fields == NULL) {
        emit_nomem(e);
        return;
    }
    fn_over_row(e, feed, S("when"), uses_let(&feed->scope, fed->when));
    uint32_t at = fn_reg(e, 1), base = at;
    emit_value(e, fed->when, NULL, &at);
    def->when_fn = fn_end(e, base);
    fn_over_row(e, feed, fed->event->name, true);
    emit_where(e, fed->where);
    def->fn = fn_end(e, emit_results(e, feed, fed, def));
}

void emit_feeds(Emit *e) {
    Bundle *b = e->b;
    const Program *p = e->p;
    b->feeds = new (e->a, FeedDef, p->feeds.n + 1);
    if (b->feeds == NULL) {
        emit_nomem(e);
        return;
    }
    EmitMarks *marks = e->marks;
    e->marks = NULL; /* tests of the policy read no files */
    for (size_t i = 0; i < p->feeds.n && e->status == OK; i++) {
        const FeedSym *feed = p->feeds.at[i];
        FeedDef *def = &b->feeds[b->feed_count++];
        *def = (FeedDef){.name = feed->name,
                         .alias = feed->alias,
                         .label = feed->node->more,
                         .json = feed->json,
                         .sorted = feed->said[SAID_SORTED] != NULL,
                         .separator = feed->separator,
                         .quote = feed->quote,
                         .encoding = feed->encoding,
                         .header = feed->header,
                         .rows = feed->rows,
                         .local = feed->local.number,
                         .columns = new (e->a, ColumnDef, feed->column_count + 1),
                         .fed = new (e->a, FedDef, feed->fed_count + 1)};
        if (def->columns == NULL || def->fed == NULL) {
            emit_nomem(e);
            return;
        }
        const Node *source = feed->said[SAID_SOURCE];
        if (source != NULL && source->a->kind == N_LIT && source->a->op == LIT_TEXT)
            def->source = source->a->text;
        emit_in(e, &feed->local);
        for (uint32_t k = 0; k < feed->column_count; k++)
            emit_column(e, feed, k, &def->columns[def->column_count++]);
        emit_only(e, feed, def);
        for (uint32_t k = 0; k < feed->fed_count && e->status == OK; k++)
            emit_fed(e, feed, &feed->fed[k], &def->fed[def->fed_count++]);
    }
    emit_in(e, NULL);
    e->marks = marks;
}
