/* syntax: the tree's builders. */
#include "engine/syntax/build.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/syntax/keyword.h"
#include "engine/syntax/marks.h"
#include "remit_grammar.h"

void build_nomem(Builder *b) {
    b->nomem = true;
}

/* An expression that stands alone is all that was read. */
void build_evaluated(Builder *b, Node *expr) {
    b->items = (NodeList){expr, expr};
}

Tok build_no_token(void) {
    return (Tok){0};
}

NodeList build_none(void) {
    return (NodeList){NULL, NULL};
}

NodeList build_list(Builder *b, NodeList list, Node *node) {
    if (node == NULL || node == &b->sink)
        return list;
    if (list.last == NULL)
        return (NodeList){node, node};
    list.last->next = node;
    list.last = node;
    return list;
}

NodeList build_item(Builder *b, NodeList list, Node *node) {
    b->items = build_list(b, list, node);
    return b->items;
}

/* A node from token `at` to token `end`, named by `name`. */
static Node *build_node(Builder *b, NodeKind kind, Span from, Span to, Tok name) {
    Node *node = new (b->arena, Node, 1);
    if (node == NULL) {
        b->nomem = true;
        return &b->sink;
    }
    node->kind = (uint8_t)kind;
    node->span = span_join(from, to);
    node->at = name.kind == 0 ? from : name.span;
    node->text = name.text;
    return node;
}

static Span build_end(Span from, const Node *last) {
    while (last != NULL && last->next != NULL)
        last = last->next;
    return last == NULL || last->span.to == 0 ? from : last->span;
}

Node *build_error(Builder *b) {
    return build_node(b, N_ERROR, b->here, b->here, build_no_token());
}

Node *build_leaf(Builder *b, NodeKind kind, Tok at, Tok text) {
    return build_node(b, kind, at.span, text.span, text);
}

Node *build_1(Builder *b, NodeKind kind, Tok at, Node *a) {
    Node *node = build_node(b, kind, at.span, build_end(at.span, a), at);
    node->text = a != NULL && a->kind == N_NAME ? a->text : (Str){NULL, 0};
    node->a = a;
    return node;
}

Node *build_over(Builder *b, NodeKind kind, Node *a) {
    Node *node = build_node(b, kind, a->span, a->span, build_no_token());
    node->a = a;
    return node;
}

Node *build_after(Builder *b, NodeKind kind, Node *a, Tok end) {
    Node *node = build_node(b, kind, a->span, end.span, build_no_token());
    node->a = a;
    return node;
}

Node *build_wrap(Builder *b, NodeKind kind, Tok at, NodeList list) {
    Node *node = build_node(b, kind, at.span, build_end(at.span, list.last), at);
    node->a = list.first;
    return node;
}

Node *build_group(Builder *b, NodeKind kind, NodeList list) {
    Node *node = build_node(b, kind, list.first == NULL ? b->here : list.first->span,
                            build_end(b->here, list.last), build_no_token());
    node->a = list.first;
    return node;
}

Node *build_pair(Builder *b, NodeKind kind, Tok at, Tok text, Tok more) {
    Node *node = build_node(b, kind, at.span, more.span, text);
    node->more = more.text;
    return node;
}

Node *build_named(Builder *b, NodeKind kind, Tok at, Tok name, Tok label, Node *x, Node *y, Node *z,
                  Tok end) {
    Span to = end.span;
    to = span_join(to, build_end(name.span, x));
    to = span_join(to, build_end(name.span, y));
    to = span_join(to, build_end(name.span, z));
    if (label.kind != 0)
        to = span_join(to, label.span);
    Node *node = build_node(b, kind, at.span, span_join(to, name.span), name);
    node->more = label.text;
    node->a = x;
    node->b = y;
    node->c = z;
    return node;
}

Node *build_dotted(Builder *b, Node *name, Tok part) {
    Str joined;
    if (arena_printf(b->arena, &joined, "%.*s.%.*s", STR_ARG(name->text), STR_ARG(part.text)) !=
        OK) {
        b->nomem = true;
        return name;
    }
    name->text = joined;
    name->span = span_join(name->span, part.span);
    name->at = name->span;
    return name;
}

Node *build_policy(Builder *b, Tok at, Tok name, Tok version, NodeList settings, Tok end) {
    Node *node = build_named(b, N_POLICY, at, name, version, settings.first, NULL, NULL, end);
    return node;
}

Node *build_event(Builder *b, Tok at, Node *name, Tok label, Tok mode, NodeList fields, Tok end) {
    Node *node = build_node(b, N_EVENT, at.span, end.span, at);
    node->text = name->text;
    node->at = name->span;
    node->more = label.text;
    node->a = fields.first;
    node->op = mode.kind == 0 ? 0 : (uint16_t)(mode.sub + 1);
    node->flag = mode.kind != 0 && mode.sub == STATE_OPEN;
    return node;
}

Node *build_field(Builder *b, Tok label, Node *type, Node *preset) {
    Node *node = build_node(b, N_FIELD_DECL, label.span, build_end(label.span, type), label);
    node->more = label.more;
    node->a = type;
    node->b = preset;
    return node;
}

Node *build_key_field(Builder *b, Tok label, Node *type, Node *preset) {
    Node *node = build_field(b, label, type, preset);
    node->flag = 1;
    return node;
}

Node *build_set(Builder *b, Tok at, Tok entity, NodeList key, NodeList inits, Tok end) {
    Node *node =
        build_named(b, N_SET, at, entity, build_no_token(), key.first, inits.first, NULL, end);
    if (inits.last != NULL)
        node->span = span_join(node->span, inits.last->span);
    return node;
}

Node *build_for_each(Builder *b, Tok at, Tok name, Node *of, Node *where, NodeList actions,
                     Tok end) {
    return build_named(b, N_FOR_EACH, at, name, build_no_token(), of, where, actions.first, end);
}

Node *build_case(Builder *b, Tok at, Node *cond, NodeList actions, Tok end, NodeList otherwise) {
    Node *node = build_node(b, N_CASE, at.span, end.span, at);
    node->a = cond;
    node->c = actions.first;
    node->d = otherwise.first;
    if (otherwise.last != NULL)
        node->span = span_join(node->span, otherwise.last->span);
    return node;
}

Node *build_heard(Builder *b, Node *name, NodeList of, int how) {
    (void)b;
    name->b = of.first;
    name->op = (uint16_t)how;
    return name;
}

Node *build_path(Builder *b, Node *dotted) {
    Node *path = NULL;
    uint32_t from = dotted->span.from;
    for (Str rest = dotted->text; rest.n > 0;) {
        Str part;
        if (!str_cut(rest, '.', &part, &rest))
            rest = (Str){NULL, 0};
        Tok tok = {.kind = TK_ID, .text = part};
        tok.span = (Span){dotted->span.file, from, from + (uint32_t)part.n};
        from = tok.span.to + 1;
        bool it = str_eq(part, keyword_of(TK_IT, -1, false)) ||
                  str_eq(part, keyword_of(TK_IT, -1, true)); /* it was read as a name */
        path =
            path == NULL ? build_leaf(b, it ? N_IT : N_REF, tok, tok) : build_member(b, path, tok);
    }
    return path == NULL ? dotted : path;
}

Node *build_list_of(Builder *b, Tok at, NodeList items, Tok end) {
    Node *node = build_node(b, N_LIST, at.span, end.span, at);
    node->text = (Str){NULL, 0};
    node->a = items.first;
    return node;
}

Node *build_type(Builder *b, Tok type, Tok currency, Node *from, Node *to) {
    Node *node = build_node(b, N_TYPE_NAME, type.span, build_end(type.span, to), type);
    if (currency.kind != 0)
        node->span = span_join(node->span, currency.span);
    node->op = (uint16_t)type.sub;
    if (type.text.p == NULL)
        node->kind = N_ERROR; /* the parser put it in */
    node->more = currency.text;
    node->a = from;
    node->b = to;
    return node;
}

Node *build_named_type(Builder *b, Tok at, Tok name, Tok label, Node *type) {
    Node *node = build_node(b, N_NAMED_TYPE, at.span, build_end(name.span, type), name);
    node->more = label.text;
    node->a = type;
    return node;
}

Node *build_type_from(Builder *b, Tok type, Node *from, Tok dots) {
    Node *node = build_type(b, type, build_no_token(), from, NULL);
    node->span = span_join(type.span, dots.span);
    return node;
}

Node *build_record_type(Builder *b, Tok name, NodeList fields, Tok end) {
    Node *node = build_node(b, N_TYPE_RECORD, name.span, end.span, name);
    node->a = fields.first;
    return node;
}

Node *build_type_in(Builder *b, Tok type, Tok unit) {
    Node *node = build_node(b, N_TYPE_DURATION_IN, type.span, unit.span, type);
    node->op = (uint16_t)unit.sub;
    node->flag = type.sub != TYPE_DURATION;
    return node;
}

Node *build_column(Builder *b, Tok name, Node *value) {
    Node *node = build_node(b, N_COLUMN, name.span, build_end(name.span, value), name);
    node->a = value;
    return node;
}

Node *build_table(Builder *b, Tok at, Tok name, NodeList params, NodeList columns, Tok hit,
                  NodeList outs, NodeList rows, Tok end) {
    Node *node = build_node(b, N_TABLE, at.span, end.span, name);
    node->op = (uint16_t)hit.sub;
    node->a = params.first;
    node->b = outs.first;
    node->c = rows.first;
    node->d = columns.first;
    return node;
}

/* Without a hit policy it is unique, as in DMN. */
Node *build_table_from(Builder *b, Tok at, Tok name, NodeList params, NodeList columns, Tok hit,
                       NodeList outs, Tok file) {
    columns = build_list(b, columns, build_leaf(b, N_TABLE_FILE, file, file));
    Node *node = build_table(b, at, name, params, columns, hit, outs, build_none(), file);
    node->op = hit.kind == 0 ? HIT_UNIQUE : (uint16_t)hit.sub;
    return node;
}

Node *build_param(Builder *b, Tok name, Node *type) {
    Node *node = build_node(b, N_PARAM, name.span, build_end(name.span, type), name);
    node->a = type;
    return node;
}

Node *build_none_of(Builder *b, Tok at, Node *first, NodeList rest, Tok end) {
    Node *node = build_node(b, N_TEST_NONE, at.span, end.span, at);
    node->a = first;
    first->next = rest.first;
    return node;
}

Node *build_row(Builder *b, Tok arrow, NodeList cells, NodeList outputs) {
    Span from = cells.first == NULL ? arrow.span : cells.first->span;
    Node *node = build_node(b, N_ROW, from, build_end(arrow.span, outputs.last), arrow);
    node->a = cells.first;
    node->b = outputs.first;
    return node;
}

Node *build_define(Builder *b, Tok at, Tok name, NodeList params, Node *type, Tok equals,
                   Node *expr) {
    NodeList cells = build_none();
    if (b->nomem)
        return &b->sink;
    for (const Node *param = params.first; param != NULL; param = param->next)
        cells = build_list(b, cells, build_leaf(b, N_CELL_ANY, equals, equals));
    Tok result = {.text = S("value"), .span = type->span};
    NodeList outs = build_list(b, build_none(), build_param(b, result, type));
    Node *row = build_row(b, equals, cells, (NodeList){expr, expr});
    Tok first = {.sub = HIT_FIRST, .span = equals.span};
    Tok end = {.span = expr->span};
    Node *node = build_table(b, at, name, params, build_none(), first, outs,
                             build_list(b, build_none(), row), end);
    node->flag = 1;
    return node;
}

Node *build_test(Builder *b, Tok op, Node *value) {
    Node *node = build_node(b, N_TEST_CMP, op.span, value->span, op);
    node->op = (uint16_t)op.kind;
    node->a = value;
    return node;
}

Node *build_range(Builder *b, Node *from, Node *to, int open) {
    Node *node = build_node(b, N_TEST_RANGE, from->span, to->span, build_no_token());
    node->flag = (uint8_t)open;
    node->a = from;
    node->b = to;
    return node;
}

Node *build_on(Builder *b, Tok at, Node *event, Tok alias, Node *where) {
    Node *node = build_node(b, N_ON, at.span, build_end(event->span, where), at);
    node->text = alias.text;
    node->a = event;
    node->b = where;
    return node;
}

Node *build_every(Builder *b, Tok at, int kind, Node *days, Tok unit, Tok time) {
    Node *node = build_node(b, N_EVERY, at.span, time.kind != 0 ? time.span : at.span, at);
    node->op = (uint16_t)kind;
    node->text = (Str){NULL, 0};
    node->d = kind == EVERY_STEPS || time.kind == 0 ? NULL : build_literal(b, LIT_TIME, time);
    node->a = days;
    node->flag = unit.kind == 0 ? 0 : (uint8_t)(unit.sub + 1);
    return node;
}

/* When on these days. */
Node *build_times(Builder *b, Node *every, NodeList times) {
    if (times.last != NULL && every->op != EVERY_WRONG)
        every->span = span_join(every->span, times.last->span);
    every->d = b->nomem ? NULL : times.first;
    return every;
}

Node *build_every_wrong(Builder *b, Tok at, Tok word, Tok end) {
    Node *node = build_every(b, at, EVERY_WRONG, NULL, build_no_token(), build_no_token());
    node->span = span_join(at.span, end.span);
    node->at = word.span;
    node->text = word.text;
    node->flag = word.span.from != end.span.from; /* every second monday */
    return node;
}

Node *build_every_span(Builder *b, Tok at, Tok span, Node *from) {
    Node *node = build_every(b, at, EVERY_SPAN, build_literal(b, LIT_DURATION, span),
                             build_no_token(), build_no_token());
    node->b = from;
    return node;
}

Node *build_every_steps(Builder *b, Tok at, Tok step, Tok from, Tok to) {
    Node *node =
        build_every(b, at, EVERY_STEPS, build_literal(b, LIT_DURATION, step), build_no_token(), to);
    NodeList times = build_list(b, build_none(), build_literal(b, LIT_TIME, from));
    node->d = build_list(b, times, build_literal(b, LIT_TIME, to)).first;
    return node;
}

Node *build_monthday(Builder *b, Tok at, Tok what, int weekday, Tok number) {
    Node *node = build_node(b, N_MONTHDAY, at.span, number.kind != 0 ? number.span : what.span, at);
    node->op = (uint16_t)weekday;
    node->slot = (uint32_t)what.sub;
    node->text = number.text;
    return node;
}

/* At each instant for each of many. */
Node *build_every_each(Builder *b, Node *every, Tok at, Tok item, Node *of, Node *where) {
    every->c = build_for_each(b, at, item, of, where, build_none(), at);
    every->c->span = span_join(at.span, build_end(of->span, where));
    return every;
}

Node *build_missed(Node *every, int missed) {
    every->slot = (uint32_t)missed;
    return every;
}

Node *build_end_of(Builder *b, Tok at, Tok unit, Tok of) {
    Node *node = build_node(b, N_END_OF, at.span, of.kind != 0 ? of.span : unit.span, at);
    node->slot = (uint32_t)unit.sub;
    node->op = of.kind == 0 ? 0 : (uint16_t)(of.sub + 1);
    return node;
}

Node *build_act(Builder *b, Tok at, int act, Node *event, Node *where, Node *since, Tok each) {
    Node *node = build_node(b, N_ACT, at.span, build_end(event->span, where), at);
    node->op = (uint16_t)act;
    node->flag = each.kind != 0;
    node->a = event;
    node->b = where;
    node->c = since;
    return node;
}

Node *build_dates_of(Builder *b, Tok at, Tok from, Tok until) {
    Node *node = build_node(b, N_DATED, at.span, until.kind != 0 ? until.span : from.span, at);
    node->text = from.text;
    node->more = until.text;
    return node;
}

Node *build_dated(Node *item, Node *dated) {
    if (dated == NULL)
        return item;
    dated->next = item->d; /* of a table its columns and its file, of a power a time */
    item->d = dated;
    return item;
}

Node *build_undated(Builder *b, Node *item, const Node *dated) {
    static const struct {
        NodeKind kind;
        const char *what, *what_zh, *why, *why_zh;
    } rows[] = {
        {N_POLICY, "a policy", "政策", "it takes effect when a ledger runs under it",
         "账本以它运行时即生效"},
        {N_MODULE, "a module", "模块", "say it of what stands in it", "请写在其中各声明上"},
        {N_PATTERN, "a pattern", "范式", "say it of what stands in it", "请写在其中各声明上"},
        {N_USE, "a use", "引用", "say it of what is used", "请写在被引用的声明上"},
        {N_EVENT, "an event", "事件",
         "it comes when it comes; say it of what listens, and make a field that is of a time only "
         "optional: TYPE?",
         "事件何时发生不由政策决定；请写在听取它的声明上，只在一段时间内有的字段请写成可空缺：类型"
         "?"},
        {N_ENTITY, "an entity", "档案",
         "what is kept stays; say it of the rules that set it, and make a field that is of a time "
         "only optional: TYPE?",
         "档案一直保留；请写在设置它的规则上，只在一段时间内有的字段请写成可空缺：类型?"},
        {N_NAMED_TYPE, "a type", "类型", "its values have no time; say it of what uses it",
         "类型的值没有时间；请写在使用它的声明上"},
        {N_CALENDAR, "a calendar", "日历",
         "it has dates of its own: holiday DATE, workday DATE, published YEAR..YEAR",
         "日历自有日期：假日 日期、补班 日期、已公布 年..年"},
        {N_ROTATION, "a rotation", "轮值",
         "its turns begin with a date of their own: handover ... from DATE",
         "轮值自有起始日期：交班 …… 自 日期"},
        {N_TEST, "a test", "测试", "its lines have their times: at INSTANT ...",
         "测试的各行自有时间：在 时间点 ……"},
    };
    for (size_t i = 0; dated != NULL && i < sizeof rows / sizeof *rows; i++)
        if (rows[i].kind == item->kind)
            diag_add2(b->diags, DIAG_HAS_NO_PERIOD, dated->span,
                      diag_both(b->diags, rows[i].what, rows[i].what_zh),
                      diag_both(b->diags, rows[i].why, rows[i].why_zh));
    return item;
}

Node *build_part(Builder *b, Node *event, Node *where) {
    Tok at = {.span = event->span, .text = event->text};
    return build_act(b, at, ACT_PART, event, where, NULL, build_no_token());
}

/* A part that is done when a field of its events comes to an amount. */
Node *build_portion(Builder *b, Node *amount, Node *of, Node *where) {
    Tok at = {.span = amount->span, .text = amount->text};
    return build_act(b, at, ACT_PORTION, of, where, amount, build_no_token());
}

Node *build_sum(Builder *b, Tok at, Node *amount, Node *of, Node *where) {
    NodeList one = build_list(b, build_none(), build_portion(b, amount, of, where));
    return build_parts(b, at, build_no_token(), one, 1, at);
}

/* What the engine says of the approval then; which one is meant is checked as a condition on its
 * state. */
Node *build_outcome(Builder *b, Tok at, Node *approval, const NodeList *key, Tok state) {
    Tok name = build_name(approval);
    Node *node = build_node(b, N_NAME, at.span, state.span, at);
    node->text = (Str){NULL, 0};
    node->op = HEARD_OF;
    node->b = build_param(b, name, NULL);
    node->c = build_state_is(b, at, name, key == NULL ? build_none() : *key, build_no_token(),
                             DECL_APPROVAL, state);
    node->flag = key != NULL;
    return node;
}

Node *build_parts(Builder *b, Tok at, Tok count, NodeList parts, int once, Tok end) {
    Node *node = build_node(b, N_PARTS, at.span, build_end(end.span, parts.last), at);
    node->text = count.text;
    node->a = parts.first;
    node->flag = (uint8_t)once;
    return node;
}

Node *build_pause(Builder *b, Tok at, Node *from, Node *where, Tok until, Node *to, Node *where2) {
    Node *pause = build_act(b, at, ACT_PAUSE, from, where, NULL, build_no_token());
    Node *resume = build_act(b, until, ACT_RESUME, to, where2, NULL, build_no_token());
    Node *node = build_node(b, N_PAUSE, at.span, resume->span, at);
    node->a = pause;
    node->b = resume;
    return node;
}

Node *build_reassign(Builder *b, Tok at, NodeList duties, Node *from, Node *to, Tok date,
                     Tok running) {
    Node *node =
        build_node(b, N_REASSIGN, at.span, running.kind != 0 ? running.span : date.span, at);
    node->a = from;
    node->b = to;
    node->c = duties.first;
    node->d = build_literal(b, LIT_DATE, date);
    node->flag = running.kind != 0;
    return node;
}

Node *build_quiet(Builder *b, Tok at, Tok from, Tok to) {
    Node *node = build_node(b, N_QUIET, at.span, to.span, at);
    node->a = build_literal(b, LIT_TIME, from);
    node->b = build_literal(b, LIT_TIME, to);
    return node;
}

Node *build_hours_of(Builder *b, Tok at, int hours, Tok from, Tok to) {
    Node *node = build_node(b, N_HOURS_OF, at.span, to.kind != 0 ? to.span : at.span, at);
    node->op = (uint16_t)hours;
    if (hours == HOURS_OF_DAY) {
        node->a = build_literal(b, LIT_TIME, from);
        node->b = build_literal(b, LIT_TIME, to);
    }
    return node;
}

Node *build_handover(Builder *b, Tok at, Node *every, Node *from) {
    Node *node = build_node(b, N_HANDOVER, at.span, from != NULL ? from->span : every->span, at);
    node->a = every;
    node->b = from;
    return node;
}

Node *build_grouped(Builder *b, Tok at, NodeList by, Node *span) {
    Node *node = build_node(b, N_GROUPED, at.span, span->span, at);
    node->a = by.first;
    node->b = span;
    return node;
}

Node *build_stale(Builder *b, Tok at, Node *span, Node *before) {
    Node *node = build_node(b, N_STALE, at.span, span->span, at);
    node->a = span;
    node->next = before;
    return node;
}

Node *build_forbid(Builder *b, Tok at, Node *event, Node *where, Node *during, Tok until, Node *end,
                   Node *where2) {
    Node *act = build_act(b, at, ACT_VIOLATE, event, where, NULL, build_no_token());
    Node *node = build_node(b, N_FORBID, at.span, build_end(act->span, during), at);
    act->d = during;
    node->a = act;
    if (end == NULL)
        return node;
    node->b = build_act(b, until, ACT_EXPIRE, end, where2, NULL, build_no_token());
    node->span = span_join(node->span, node->b->span);
    return node;
}

Node *build_when(Builder *b, Tok at, Tok state, Tok late, NodeList actions) {
    Node *node = build_node(b, N_WHEN, at.span, build_end(state.span, actions.last), state);
    node->op = (uint16_t)state.sub;
    node->flag = late.kind != 0;
    node->a = actions.first;
    return node;
}

Node *build_rung(Builder *b, Tok at, int when, Node *span, Node *action) {
    Node *node = build_node(b, N_RUNG, at.span, build_end(at.span, action), at);
    if (span != NULL)
        node->span = span_join(node->span, span->span);
    node->op = (uint16_t)when;
    node->a = span;
    node->b = action;
    return node;
}

Node *build_repeat(Builder *b, Node *rung, Tok at, Node *span, int acknowledged, Tok most) {
    Node *node = build_node(b, N_REPEAT, at.span, span->span, at);
    node->a = span;
    node->text = most.text;
    node->flag = (uint8_t)acknowledged;
    rung->c = node;
    rung->span = span_join(rung->span, span->span);
    return rung;
}

Node *build_need(Builder *b, int need, Tok count, NodeList seats, Node *when) {
    Span from = count.kind != 0 ? count.span : seats.first->span;
    Node *node = build_node(b, N_NEED, from, build_end(from, seats.last), count);
    if (when != NULL)
        node->span = span_join(node->span, when->span);
    node->at = count.kind != 0 ? count.span : seats.first->span;
    node->op = (uint16_t)need;
    node->a = seats.first;
    node->b = when;
    return node;
}

Node *build_deputy(Builder *b, Tok at, NodeList of, NodeList by) {
    Node *node = build_node(b, N_DEPUTY, at.span, build_end(at.span, by.last), at);
    node->a = of.first;
    node->b = by.first;
    return node;
}

Node *build_need_given(Builder *b, Node *count, NodeList seats, Node *when) {
    Node *node = build_need(b, NEED_GIVEN, build_no_token(), seats, when);
    node->span = span_join(count->span, node->span);
    node->at = count->span;
    node->c = count;
    return node;
}

Node *build_weighed(Builder *b, Node *seat, Tok weight) {
    Node *node = build_node(b, N_WEIGHED, seat->span, weight.span, weight);
    node->at = weight.span;
    node->a = seat;
    return node;
}

Node *build_state_is(Builder *b, Tok at, Tok name, NodeList key, Tok negated, int of, Tok state) {
    Node *node = build_node(b, N_STATE_IS, at.span, state.span, name);
    node->a = key.first;
    node->op = (uint16_t)(of << 8 | state.sub);
    node->flag = negated.kind != 0;
    return node;
}

Node *build_gauge(Builder *b, Tok agg, NodeList states, Node *of, Node *where, Tok end) {
    Node *node = build_aggregate(b, agg, (Tok){0}, of, where, end);
    node->d = states.first;
    return node;
}

Node *build_compared(Builder *b, Tok at, int mark, Node *a, Node *c) {
    at.kind = mark;
    return build_binary(b, at, a, c);
}

Node *build_kpi_value(Builder *b, Tok at, Tok name, NodeList group, Tok property) {
    Node *node = build_node(b, N_CALL, at.span, property.span, name);
    node->a = group.first;
    node->more = property.text;
    node->flag = 1;
    return node;
}

Node *build_measured(Builder *b, Tok agg, NodeList args, Node *where, Tok end, Node *window,
                     Node *compare) {
    Node *node =
        build_node(b, N_MEASURED, agg.span, (compare != NULL ? compare : window)->span, agg);
    node->d = compare;
    node->a = build_aggregate(b, agg, (Tok){0}, args.first, where, end);
    node->c = window;
    return node;
}

Node *build_owner(Builder *b, Tok name) {
    Node *node = build_leaf(b, N_REF, name, name);
    node->flag = 1;
    return node;
}

Node *build_power(Builder *b, Tok verb) {
    Node *node = build_leaf(b, N_POWER, verb, verb);
    node->op = (uint16_t)verb.sub;
    return node;
}

Node *build_grant(Builder *b, Tok may, NodeList parties, NodeList verbs, NodeList names,
                  Node *span) {
    Node *node = build_node(b, N_GRANT, parties.first->span, build_end(may.span, names.last), may);
    if (span != NULL)
        node->span = span_join(node->span, span->span);
    node->text = (Str){NULL, 0};
    node->a = parties.first;
    node->b = verbs.first;
    node->c = names.first;
    node->d = span;
    return node;
}

Node *build_say(Builder *b, NodeKind kind, Tok at, NodeList parties, Node *text) {
    Node *node = build_node(b, kind, at.span, build_end(at.span, parties.last), at);
    node->a = parties.first;
    node->b = text;
    if (text != NULL)
        node->span = span_join(node->span, text->span);
    return node;
}

Node *build_emit(Builder *b, Tok at, Node *event, NodeList inits, Tok end) {
    Node *node = build_node(b, N_EMIT, at.span, end.span, at);
    node->a = event;
    node->b = inits.first;
    return node;
}

Node *build_init(Builder *b, Tok label, Node *value) {
    Node *node = build_node(b, N_INIT, label.span, value->span, label);
    node->a = value;
    return node;
}

Node *build_literal(Builder *b, int kind, Tok text) {
    Node *node = build_node(b, N_LIT, text.span, text.span, text);
    node->op = (uint16_t)kind;
    node->more = text.more;
    node->slot = (uint32_t)text.sub;
    if (text.text.p == NULL)
        node->kind = N_ERROR;
    return node;
}

Node *build_negative(Builder *b, Tok minus, int kind, Tok text) {
    Node *node = build_literal(b, kind, text);
    node->span = span_join(minus.span, text.span);
    node->flag = 1;
    return node;
}

Node *build_flag(Builder *b, Tok at, bool yes) {
    Node *node = build_literal(b, LIT_FLAG, at);
    node->flag = yes;
    return node;
}

/* node, which stands on these; what failed in its place where that is one operator too many, which
 * is said once, where the chain begins. */
static Node *build_rise(Builder *b, Node *node, const Node *a, const Node *c) {
    uint16_t below = c != NULL && c->height > a->height ? c->height : a->height;
    node->height = (uint16_t)(below + 1);
    if (node->height <= LIMIT_CHAIN)
        return node;
    diag_add2(b->diags, DIAG_TOO_LARGE, (Span){a->span.file, a->span.from, a->span.from + 1},
              diag_both(b->diags, "this row of operators", "这一串运算"), S("1,000"));
    Node *failed = build_node(b, N_ERROR, a->span, node->span, build_no_token());
    failed->height = below;
    return failed;
}

Node *build_member(Builder *b, Node *of, Tok name) {
    Node *node = build_node(b, N_FIELD, of->span, name.span, name);
    node->a = of;
    return build_rise(b, node, of, NULL);
}

Node *build_unary(Builder *b, Tok op, Node *a) {
    if (op.kind == TK_MINUS && a->kind == N_LIT && a->op == LIT_DURATION && a->flag == 0) {
        a->flag = 1; /* a constant, as -5 is */
        a->span = span_join(op.span, a->span);
        return a;
    }
    Node *node = build_node(b, N_UNARY, op.span, a->span, op);
    node->op = (uint16_t)op.kind;
    node->a = a;
    return node;
}

Node *build_attribute(Builder *b, Tok keyword, Node *a) {
    Node *node = build_1(b, N_ATTRIBUTE, keyword, a);
    node->op = (uint16_t)keyword.sub;
    return node;
}

Node *build_binary(Builder *b, Tok op, Node *a, Node *c) {
    Node *node = build_node(b, N_BINARY, a->span, c->span, op);
    node->op = (uint16_t)op.kind;
    node->slot = op.kind == TK_COMPARISON ? (uint32_t)op.sub : 0;
    node->a = a;
    node->b = c;
    return build_rise(b, node, a, c);
}

Node *build_if(Builder *b, Tok op, Node *a, Node *c) {
    Node *node = build_node(b, N_IF, a->span, c->span, op);
    node->a = a;
    node->b = c;
    return build_rise(b, node, a, c);
}

Node *build_else(Builder *b, Tok op, Node *a, Node *c) {
    Node *node = build_node(b, N_ELSE, a->span, c->span, op);
    node->a = a;
    node->b = c;
    return node;
}

Node *build_absent(Builder *b, Node *a, Tok end, bool negated) {
    Node *node = build_node(b, N_IS_ABSENT, a->span, end.span, end);
    node->a = a;
    node->flag = negated;
    return node;
}

Node *build_rounded(Builder *b, Tok at, Node *a, Tok places, Tok how) {
    Node *node = build_node(b, N_ROUNDED, a->span, how.span, at);
    node->at = span_join(at.span, how.span);
    node->text = places.text;
    node->op = (uint16_t)how.sub;
    node->a = a;
    return build_rise(b, node, a, NULL);
}

/* x in (a, b) is x = a or x = b. */
Node *build_among(Builder *b, Node *a, Tok at, NodeList list, Tok end) {
    Node *whole = NULL, *next;
    if (b->nomem)
        return &b->sink;
    Tok equals = at, either = at;
    equals.kind = MARK_EQ;
    either.kind = MARK_OR;
    for (Node *item = list.first; item != NULL; item = next) {
        next = item->next;
        item->next = NULL;
        Node *one = build_binary(b, equals, a, item);
        whole = whole == NULL ? one : build_binary(b, either, whole, one);
    }
    if (b->nomem)
        return &b->sink;
    whole->span = span_join(a->span, end.span);
    return whole;
}

Node *build_op(Builder *b, NodeKind kind, Tok at, Tok end, int op) {
    Node *node = build_node(b, kind, at.span, end.span, at);
    node->op = (uint16_t)op;
    return node;
}

Node *build_measure(Builder *b, Tok at, Node *a, Node *by, Node *window, Node *compare) {
    const Node *last = compare != NULL ? compare : window != NULL ? window : by != NULL ? by : a;
    Node *node = build_node(b, N_MEASURE, at.span, last->span, at);
    node->a = a;
    node->b = by;
    node->c = window;
    node->d = compare;
    return node;
}

Node *build_compare(Builder *b, int how, Tok at, Tok unit, Node *before, Tok end) {
    Node *node = build_node(b, N_COMPARE, at.span, end.span, at);
    node->op = (uint16_t)how;
    node->flag = unit.kind == 0 ? 0 : (uint8_t)(unit.sub + 1);
    node->a = before;
    return node;
}

Node *build_aggregate(Builder *b, Tok agg, Tok share, Node *of, Node *where, Tok end) {
    Node *node = build_node(b, N_AGGREGATE, agg.span, end.span, agg);
    node->op = (uint16_t)agg.sub;
    if (share.kind != 0)
        node->c = build_literal(b, LIT_NUMBER, share);
    node->a = of;
    node->b = where;
    return node;
}

Node *build_window(Builder *b, Tok at, Node *length, Node *step) {
    Node *node = build_node(b, N_WINDOW, at.span, step == NULL ? length->span : step->span, at);
    node->op = step == NULL ? WINDOW_SLIDES : WINDOW_STEPS;
    node->a = length;
    node->b = step;
    return node;
}

Node *build_window_sessions(Builder *b, Tok at, Node *gap) {
    Node *node = build_window(b, at, gap, NULL);
    node->op = WINDOW_SESSIONS;
    return node;
}

Node *build_window_per(Builder *b, Tok at, Tok unit) {
    Node *node = build_node(b, N_WINDOW, at.span, unit.span, at);
    node->op = WINDOW_CALENDAR;
    node->flag = (uint8_t)(unit.sub + 1);
    return node;
}

Node *build_bound(Builder *b, Node *side, Node *value, Node *hold) {
    (void)b;
    side->span = span_join(side->span, hold == NULL ? value->span : hold->span);
    side->a = value;
    side->b = hold;
    return side;
}

Node *build_level(Builder *b, Tok level, Node *raise, Node *clear) {
    Node *node =
        build_node(b, N_LEVEL, level.span, clear == NULL ? raise->span : clear->span, level);
    node->op = (uint16_t)level.sub;
    node->a = raise;
    node->b = clear;
    return node;
}

Node *build_when_level(Builder *b, Tok at, Tok level, NodeList actions, Tok end) {
    Node *node = build_node(b, N_WHEN_LEVEL, at.span, end.span, level);
    node->op = (uint16_t)level.sub;
    node->a = actions.first;
    return node;
}

Node *build_kpi_check(Builder *b, Tok at, int check, int which, Node *value) {
    Node *node = build_node(b, N_KPI_CHECK, at.span, build_end(at.span, value), at);
    node->op = (uint16_t)check;
    node->slot = (uint32_t)which;
    node->a = value;
    return node;
}

Node *build_calendar(Builder *b, Tok at, Node *name, Tok label, NodeList items, Tok end) {
    Node *node = build_node(b, N_CALENDAR, at.span, end.span, at);
    node->text = name->text;
    node->at = name->span;
    node->more = label.text;
    node->a = items.first;
    return node;
}

Node *build_hours(Builder *b, NodeList days, NodeList spans) {
    Node *node = build_group(b, N_CAL_HOURS, days);
    node->b = spans.first;
    return node;
}

Node *build_dates(Builder *b, NodeKind kind, Tok at, Tok from, Tok to, NodeList spans, Tok label) {
    Node *node = build_node(b, kind, at.span, to.span, at);
    if (label.kind != 0)
        node->span = span_join(node->span, label.span);
    node->text = label.text;
    if (kind != N_CAL_WORKDAYS) {
        node->a = build_literal(b, LIT_DATE, from);
        node->b = build_literal(b, LIT_DATE, to);
    }
    node->c = spans.first;
    return node;
}

Node *build_days(Builder *b, Tok first, Tok last) {
    Node *node = build_node(b, N_CAL_DAYS, first.span, last.span, first);
    node->op = (uint16_t)first.sub;
    node->flag = (uint8_t)last.sub;
    return node;
}

Node *build_step(Builder *b, Tok at, Node *when, Node *event, NodeList inits, Tok end,
                 NodeList opts) {
    Node *node = build_node(b, N_STEP_EVENT, at.span, end.span, at);
    node->a = when;
    node->b = event;
    node->c = inits.first;
    node->d = opts.first;
    return node;
}

Node *build_opt(Builder *b, Tok at, int opt, Node *value) {
    Node *node = build_1(b, N_STEP_OPT, at, value);
    node->op = (uint16_t)opt;
    return node;
}

Node *build_expect(Builder *b, Tok at, int when, Node *moment, Node *what) {
    Node *node = build_node(b, N_STEP_EXPECT, at.span, build_end(at.span, what), at);
    node->op = (uint16_t)when;
    node->a = moment;
    node->b = what;
    return node;
}

/* The parenthesis that closes behind a key is part of what stands there. */
static Span closed_behind(const Builder *b, Span span) {
    Str text = b->diags->sources->files.at[span.file].text;
    uint32_t at = span.to;
    while (at < text.n && str_find(S(" \t\r\n"), text.p[at]) >= 0)
        at++;
    bool wide = at < text.n && str_starts(str_from(text, at), S("）"));
    if (wide || (at < text.n && text.p[at] == ')'))
        span.to = at + (wide ? (uint32_t)S("）").n : 1);
    return span;
}

Node *build_expect_none(Builder *b, NodeKind kind, Tok at, Tok name, NodeList key) {
    Node *node = build_node(b, kind, at.span, build_end(name.span, key.last), name);
    node->a = key.first;
    node->flag = 1;
    if (key.first != NULL)
        node->span = closed_behind(b, node->span);
    return node;
}

Node *build_expect_gone(Builder *b, Tok at, Tok name, NodeList key, Tok end) {
    Node *node = build_expect_none(b, N_EXPECT_ENTITY, at, name, key);
    node->span = span_join(node->span, end.span);
    return node;
}

Node *build_expected(Builder *b, NodeKind kind, Tok at, Node *what, Node *more, bool negated) {
    Node *node = build_node(b, kind, at.span, build_end(what->span, more), at);
    node->a = what;
    node->b = more;
    node->flag = negated;
    return node;
}

Node *build_enclosed(Node *node, Tok open, Tok close) {
    node->span = span_join(open.span, close.span);
    return node;
}

Node *build_until(Node *node, Tok end) {
    node->span = span_join(node->span, end.span);
    return node;
}

Node *build_check(Builder *b, Tok at, int check, Tok state, Node *value) {
    Node *node = build_node(b, N_CHECK, state.span, build_end(at.span, value), state);
    node->span = span_join(node->span, at.span);
    node->op = (uint16_t)check;
    node->slot = (uint32_t)state.sub;
    node->text = (Str){NULL, 0};
    node->a = value;
    if (check == CHECK_STATE)
        node->more = at.span.from != state.span.from ? S("late") : (Str){NULL, 0};
    return node;
}

Node *build_check_not(Node *check) {
    check->flag = !check->flag;
    return check;
}

/* ---- modules */

Tok build_name(const Node *name) {
    return (Tok){.kind = TK_ID, .span = name->span, .text = name->text};
}

/* The names joined by points that stand for a module; false if something else is among them. */
static bool build_prefix(Builder *b, const Node *node, Str *out) {
    if (node->kind == N_REF) {
        *out = node->text;
        return true;
    }
    Str left;
    if (node->kind != N_FIELD || !build_prefix(b, node->a, &left))
        return false;
    if (arena_printf(b->arena, out, "%.*s.%.*s", STR_ARG(left), STR_ARG(node->text)) != OK)
        b->nomem = true;
    return !b->nomem;
}

/* Puts the module's name before a node's own; false, which is said, when `in` is no name. what:
 * that which stands in it. */
static bool build_within(Builder *b, Node *in, Tok name, Str what, Str wanted, Node *node) {
    Str prefix;
    if (b->nomem)
        return true;
    if (!build_prefix(b, in, &prefix)) {
        if (!b->nomem)
            diag_add2(b->diags, DIAG_UNEXPECTED, name.span, what, wanted);
        return false;
    }
    if (arena_printf(b->arena, &node->text, "%.*s.%.*s", STR_ARG(prefix), STR_ARG(name.text)) != OK)
        b->nomem = true;
    node->span = span_join(in->span, node->span);
    node->at = span_join(in->span, name.span);
    return true;
}

Node *build_call_in(Builder *b, Node *in, Tok name, NodeList args, Tok end) {
    Node *node = build_named(b, N_CALL, name, name, build_no_token(), args.first, NULL, NULL, end);
    bool good = build_within(b, in, name,
                             diag_both(b->diags, "a call of what is no module", "对非模块的调用"),
                             diag_both(b->diags, "a table or function, or one of a module",
                                       "表或函数，或某模块的表或函数"),
                             node);
    return good ? node : in;
}

Node *build_record(Builder *b, Node *in, Tok name, NodeList inits, Tok end) {
    Node *node =
        build_named(b, N_RECORD, name, name, build_no_token(), inits.first, NULL, NULL, end);
    bool good = in == NULL ||
                build_within(b, in, name,
                             diag_both(b->diags, "a record of what is no module", "对非模块的记录"),
                             diag_both(b->diags, "the name of a type, or of one of a module",
                                       "类型名，或某模块的类型名"),
                             node);
    return good ? node : in;
}

Node *build_module(Builder *b, Tok at, Node *name, NodeList items, Tok end) {
    Node *node =
        build_node(b, N_MODULE, at.span, end.kind != 0 ? end.span : name->span, build_name(name));
    node->a = items.first;
    node->flag = end.kind != 0;
    return node;
}

Node *build_private(Builder *b, Tok at, Node *item) {
    bool hides = item->kind != N_POLICY && item->kind != N_USE && item->kind != N_MODULE &&
                 item->kind != N_TEST && item->kind != N_GRANT && item->kind != N_DEPUTY &&
                 item->kind != N_REASSIGN;
    if (!hides && item->kind != N_ERROR)
        diag_add3(b->diags, DIAG_WRONG_PLACE, at.span, at.text,
                  diag_both(b->diags, "a line like this", "这样的声明"),
                  diag_both(b->diags, "only what has a name that others may use is private",
                            "只有可供引用的声明才分私有与公开"));
    item->secret = hides;
    return item;
}

Node *build_use(Builder *b, Tok at, Node *name, NodeList gives, Tok as) {
    Span end = as.kind != 0 ? as.span : build_end(name->span, gives.last);
    Node *node = build_node(b, N_USE, at.span, end, build_name(name));
    node->more = as.text;
    node->a = gives.first;
    return node;
}

Node *build_blank(Builder *b, int kind, Tok name) {
    Node *node = build_leaf(b, N_BLANK, name, name);
    node->op = (uint16_t)kind;
    return node;
}

Node *build_open(Builder *b, Node *node, int kind, Tok name) {
    node->d = build_blank(b, kind, name);
    return node;
}

Node *build_hole(Builder *b, Tok label, Node *hole, Node *preset) {
    (void)b;
    if (hole->kind != N_HOLE)
        return hole;
    hole->span = span_join(label.span, build_end(hole->span, preset));
    hole->at = label.span;
    hole->text = label.text;
    hole->b = preset;
    return hole;
}

/* Parties are named, all else is a value. */
Node *build_hole_type(Builder *b, Node *type) {
    Node *node = build_node(b, N_HOLE, type->span, type->span, build_no_token());
    bool list = type->kind == N_TYPE_LIST && type->a != NULL;
    const Node *one = list ? type->a : type;
    bool party = one->kind == N_TYPE_NAME && one->op == TYPE_PARTY;
    node->op = (uint16_t)(!party ? HOLE_VALUE : list ? HOLE_PARTIES : HOLE_PARTY);
    node->a = type;
    return type->kind == N_ERROR ? type : node;
}

Node *build_hole_field(Builder *b, Node *type, Tok at, Tok event) {
    Node *node =
        build_node(b, N_HOLE, type == NULL ? at.span : type->span, event.span, build_no_token());
    node->op = HOLE_FIELD;
    node->a = type;
    node->more = event.text;
    return node;
}

/* ---- feeds */

Node *build_feed(Builder *b, Tok at, Tok name, Tok label, int of, NodeList parts, Tok end) {
    Node *node = build_named(b, N_FEED, at, name, label, parts.first, NULL, NULL, end);
    node->op = (uint16_t)of;
    return node;
}

Node *build_said(Builder *b, Tok at, int what, NodeList values) {
    Node *node = build_wrap(b, N_SAID, at, values);
    node->op = (uint16_t)what;
    return node;
}

NodeList build_texts(Builder *b, NodeList list, Tok text) {
    return build_list(b, list, build_literal(b, LIT_TEXT, text));
}

Node *build_columns(Builder *b, Tok at, NodeList fields, Tok end) {
    Node *node = build_node(b, N_COLUMNS, at.span, end.span, at);
    node->a = fields.first;
    return node;
}

Node *build_fedfield(Builder *b, Tok label, Node *type, Node *preset, NodeList ways) {
    Node *node = build_field(b, label, type, preset);
    node->c = ways.first;
    node->span = span_join(node->span, build_end(node->span, ways.first));
    return node;
}

Node *build_reading(Builder *b, Tok text, Node *value) {
    Node *node = build_node(b, N_READING, text.span, build_end(text.span, value), text);
    node->a = value;
    return node;
}

Node *build_fed(Builder *b, Tok at, Node *when, Node *event, NodeList inits, Tok end, NodeList opts,
                Node *where) {
    Node *node = build_step(b, at, build_over(b, N_FED_WHEN, when), event, inits, end, opts);
    node->kind = N_FED;
    node->a->b = where;
    node->span = span_join(node->span, build_end(node->span, opts.first));
    node->span = span_join(node->span, build_end(node->span, where));
    return node;
}

Node *build_opts(Builder *b, Tok at, int opt, NodeList values) {
    Node *node = build_wrap(b, N_STEP_OPT, at, values);
    node->op = (uint16_t)opt;
    return node;
}

NodeList build_append(NodeList list, NodeList more) {
    if (list.last == NULL || more.first == NULL)
        return list.last == NULL ? more : list;
    list.last->next = more.first;
    return (NodeList){list.first, more.last};
}
