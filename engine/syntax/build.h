/* syntax: what the grammar's actions call to build the tree. A builder never fails: without memory
 * it sets `nomem`, gives its sink, and the driver stops. */
#ifndef REMIT_SYNTAX_BUILD_H
#define REMIT_SYNTAX_BUILD_H

#include "engine/syntax/diag.h"
#include "engine/syntax/tree.h"

enum { PARSE_DEPTH = 4000, PARSE_ROOM = 64 }; /* what one step may add is below the room */

typedef struct Builder {
    Arena *arena;
    Diags *diags;
    NodeList items; /* the declarations read so far */
    bool nomem;
    Node sink;
    Span here; /* of the token last given to the parser */
} Builder;

void build_nomem(Builder *b);
NodeList build_none(void);
NodeList build_list(Builder *b, NodeList list, Node *node);
NodeList build_item(Builder *b, NodeList list, Node *node);
void build_evaluated(Builder *b, Node *expr);
Tok build_no_token(void);
Node *build_error(Builder *b);

Node *build_leaf(Builder *b, NodeKind kind, Tok at, Tok text);
Node *build_1(Builder *b, NodeKind kind, Tok at, Node *a);
Node *build_over(Builder *b, NodeKind kind, Node *a);
Node *build_after(Builder *b, NodeKind kind, Node *a, Tok end);
Node *build_wrap(Builder *b, NodeKind kind, Tok at, NodeList list);
Node *build_group(Builder *b, NodeKind kind, NodeList list);
Node *build_pair(Builder *b, NodeKind kind, Tok at, Tok text, Tok more);
Node *build_named(Builder *b, NodeKind kind, Tok at, Tok name, Tok label, Node *x, Node *y, Node *z,
                  Tok end);
Node *build_dotted(Builder *b, Node *name, Tok part);
/* An event's name, and of which declarations it is heard: how is HEARD_OF or HEARD_EXCEPT. */
Node *build_heard(Builder *b, Node *name, NodeList of, int how);
Node *build_policy(Builder *b, Tok at, Tok name, Tok version, NodeList settings, Tok end);
Node *build_event(Builder *b, Tok at, Node *name, Tok label, Tok mode, NodeList fields, Tok end);
Node *build_field(Builder *b, Tok label, Node *type, Node *preset);
Node *build_key_field(Builder *b, Tok label, Node *type, Node *preset);
Node *build_set(Builder *b, Tok at, Tok entity, NodeList key, NodeList inits, Tok end);
Node *build_for_each(Builder *b, Tok at, Tok name, Node *of, Node *where, NodeList actions,
                     Tok end);
/* Actions on a condition; span to `end`, or to what follows else. */
Node *build_case(Builder *b, Tok at, Node *cond, NodeList actions, Tok end, NodeList otherwise);
/* Names joined by points as an expression. */
Node *build_path(Builder *b, Node *dotted);
Node *build_list_of(Builder *b, Tok at, NodeList items, Tok end);
Node *build_named_type(Builder *b, Tok at, Tok name, Tok label, Node *type);
Node *build_type(Builder *b, Tok type, Tok currency, Node *from, Node *to);
/* A range that has no end. */
Node *build_type_from(Builder *b, Tok type, Node *from, Tok dots);
Node *build_record_type(Builder *b, Tok name, NodeList fields, Tok end);
/* in: the module of the type, or NULL. */
Node *build_record(Builder *b, Node *in, Tok name, NodeList inits, Tok end);
Node *build_type_in(Builder *b, Tok type, Tok unit);
Node *build_table(Builder *b, Tok at, Tok name, NodeList params, NodeList columns, Tok hit,
                  NodeList outs, NodeList rows, Tok end);
Node *build_column(Builder *b, Tok name, Node *value);
Node *build_table_from(Builder *b, Tok at, Tok name, NodeList params, NodeList columns, Tok hit,
                       NodeList outs, Tok file);
Node *build_define(Builder *b, Tok at, Tok name, NodeList params, Node *type, Tok equals,
                   Node *expr);
Node *build_param(Builder *b, Tok name, Node *type);
Node *build_row(Builder *b, Tok arrow, NodeList cells, NodeList outputs);
Node *build_test(Builder *b, Tok op, Node *value);
Node *build_none_of(Builder *b, Tok at, Node *first, NodeList rest, Tok end);
Node *build_range(Builder *b, Node *from, Node *to, int open);
Node *build_on(Builder *b, Tok at, Node *event, Tok alias, Node *where);
Node *build_every(Builder *b, Tok at, int kind, Node *days, Tok unit, Tok time);
Node *build_every_span(Builder *b, Tok at, Tok span, Node *from);
/* Within the day: a step, from when to when. */
Node *build_every_steps(Builder *b, Tok at, Tok step, Tok from, Tok to);
Node *build_times(Builder *b, Node *every, NodeList times);
/* A word that says no schedule, and what it is about. */
Node *build_every_wrong(Builder *b, Tok at, Tok word, Tok end);
Node *build_monthday(Builder *b, Tok at, Tok what, int weekday, Tok number);
Node *build_every_each(Builder *b, Node *every, Tok at, Tok item, Node *of, Node *where);
Node *build_missed(Node *every, int missed);
Node *build_end_of(Builder *b, Tok at, Tok unit, Tok of);
Node *build_act(Builder *b, Tok at, int act, Node *event, Node *where, Node *since, Tok each);
Node *build_dates_of(Builder *b, Tok at, Tok from, Tok until);
Node *build_dated(Node *item, Node *dated);
/* A declaration that may say no dates: says why, if it does. */
Node *build_undated(Builder *b, Node *item, const Node *dated);
Node *build_part(Builder *b, Node *event, Node *where);
Node *build_portion(Builder *b, Node *amount, Node *of, Node *where);
Node *build_sum(Builder *b, Tok at, Node *amount, Node *of, Node *where);
Node *build_outcome(Builder *b, Tok at, Node *approval, const NodeList *key, Tok state);
Node *build_parts(Builder *b, Tok at, Tok count, NodeList parts, int once, Tok end);
Node *build_pause(Builder *b, Tok at, Node *from, Node *where, Tok until, Node *to, Node *where2);
Node *build_reassign(Builder *b, Tok at, NodeList duties, Node *from, Node *to, Tok date,
                     Tok running);
Node *build_quiet(Builder *b, Tok at, Tok from, Tok to);
Node *build_hours_of(Builder *b, Tok at, int hours, Tok from, Tok to);
Node *build_handover(Builder *b, Tok at, Node *every, Node *from);
Node *build_grouped(Builder *b, Tok at, NodeList by, Node *span);
/* before: one that was said already, or NULL. */
Node *build_stale(Builder *b, Tok at, Node *span, Node *before);
Node *build_forbid(Builder *b, Tok at, Node *event, Node *where, Node *during, Tok until, Node *end,
                   Node *where2);
Node *build_when(Builder *b, Tok at, Tok state, Tok late, NodeList actions);
Node *build_rung(Builder *b, Tok at, int when, Node *span, Node *action);
Node *build_repeat(Builder *b, Node *rung, Tok at, Node *span, int acknowledged, Tok most);
Node *build_gauge(Builder *b, Tok agg, NodeList states, Node *of, Node *where, Tok end);
/* One of the words that compare: the mark it stands for. */
Node *build_compared(Builder *b, Tok at, int mark, Node *a, Node *c);
/* kpi NAME(GROUP).PROPERTY */
Node *build_kpi_value(Builder *b, Tok at, Tok name, NodeList group, Tok property);
/* An aggregate in a condition, of `args` and where that holds, over a window. */
Node *build_measured(Builder *b, Tok agg, NodeList args, Node *where, Tok end, Node *window,
                     Node *compare);
/* unit: of a rate */
Node *build_compare(Builder *b, int how, Tok at, Tok unit, Node *before, Tok end);
Node *build_state_is(Builder *b, Tok at, Tok name, NodeList key, Tok negated, int of, Tok state);
Node *build_owner(Builder *b, Tok name);
Node *build_power(Builder *b, Tok verb);
Node *build_grant(Builder *b, Tok may, NodeList parties, NodeList verbs, NodeList names,
                  Node *span);
Node *build_need(Builder *b, int need, Tok count, NodeList seats, Node *when);
Node *build_deputy(Builder *b, Tok at, NodeList of, NodeList by);
Node *build_need_given(Builder *b, Node *count, NodeList seats, Node *when);
Node *build_weighed(Builder *b, Node *seat, Tok weight);
Node *build_say(Builder *b, NodeKind kind, Tok at, NodeList parties, Node *text);
Node *build_emit(Builder *b, Tok at, Node *event, NodeList inits, Tok end);
Node *build_init(Builder *b, Tok label, Node *value);
Node *build_literal(Builder *b, int kind, Tok text);
Node *build_negative(Builder *b, Tok minus, int kind, Tok text);
Node *build_flag(Builder *b, Tok at, bool yes);
Node *build_member(Builder *b, Node *of, Tok name);
/* A clause of what a duty says of itself. */
Node *build_attribute(Builder *b, Tok keyword, Node *a);
Node *build_unary(Builder *b, Tok op, Node *a);
Node *build_binary(Builder *b, Tok op, Node *a, Node *c);
/* a where condition c holds. */
Node *build_if(Builder *b, Tok op, Node *a, Node *c);
Node *build_else(Builder *b, Tok op, Node *a, Node *c);
Node *build_absent(Builder *b, Node *a, Tok end, bool negated);
Node *build_rounded(Builder *b, Tok at, Node *a, Tok places, Tok how);
Node *build_among(Builder *b, Node *a, Tok at, NodeList list, Tok end);
Node *build_op(Builder *b, NodeKind kind, Tok at, Tok end, int op);
Node *build_measure(Builder *b, Tok at, Node *a, Node *by, Node *window, Node *compare);
Node *build_aggregate(Builder *b, Tok agg, Tok share, Node *of, Node *where, Tok end);
Node *build_window_sessions(Builder *b, Tok at, Node *gap);
Node *build_window(Builder *b, Tok at, Node *length, Node *step);
Node *build_window_per(Builder *b, Tok at, Tok unit);
Node *build_bound(Builder *b, Node *side, Node *value, Node *hold);
Node *build_level(Builder *b, Tok level, Node *raise, Node *clear);
Node *build_when_level(Builder *b, Tok at, Tok level, NodeList actions, Tok end);
Node *build_kpi_check(Builder *b, Tok at, int check, int which, Node *value);
Node *build_calendar(Builder *b, Tok at, Node *name, Tok label, NodeList items, Tok end);
Node *build_hours(Builder *b, NodeList days, NodeList spans);
Node *build_dates(Builder *b, NodeKind kind, Tok at, Tok from, Tok to, NodeList spans, Tok label);
Node *build_days(Builder *b, Tok first, Tok last);
Node *build_step(Builder *b, Tok at, Node *when, Node *event, NodeList inits, Tok end,
                 NodeList opts);
Node *build_opt(Builder *b, Tok at, int opt, Node *value);
Node *build_expect(Builder *b, Tok at, int when, Node *moment, Node *what);
Node *build_expect_none(Builder *b, NodeKind kind, Tok at, Tok name, NodeList key);
Node *build_expect_gone(Builder *b, Tok at, Tok name, NodeList key, Tok end);
Node *build_expected(Builder *b, NodeKind kind, Tok at, Node *what, Node *more, bool negated);
/* The same with the marks around it. */
Node *build_enclosed(Node *node, Tok open, Tok close);
/* The same, up to a token behind it. */
Node *build_until(Node *node, Tok end);
Node *build_check(Builder *b, Tok at, int check, Tok state, Node *value);
Node *build_check_not(Node *check);
Node *build_feed(Builder *b, Tok at, Tok name, Tok label, int of, NodeList parts, Tok end);
Node *build_said(Builder *b, Tok at, int what, NodeList values);
NodeList build_texts(Builder *b, NodeList list, Tok text);
Node *build_columns(Builder *b, Tok at, NodeList fields, Tok end);
Node *build_fedfield(Builder *b, Tok label, Node *type, Node *preset, NodeList ways);
/* value NULL: absent */
Node *build_reading(Builder *b, Tok text, Node *value);
Node *build_fed(Builder *b, Tok at, Node *when, Node *event, NodeList inits, Tok end, NodeList opts,
                Node *where);
Node *build_opts(Builder *b, Tok at, int opt, NodeList values);
/* The one list behind the other. */
NodeList build_append(NodeList list, NodeList more);
/* A dotted name as the token it would be. */
Tok build_name(const Node *name);
/* A call of what another name holds; says so when `in` is no name. */
Node *build_call_in(Builder *b, Node *in, Tok name, NodeList args, Tok end);
/* end: its brace; without one the module is what follows. */
Node *build_module(Builder *b, Tok at, Node *name, NodeList items, Tok end);
Node *build_private(Builder *b, Tok at, Node *item);
Node *build_use(Builder *b, Tok at, Node *name, NodeList gives, Tok as);
/* A parameter's name where a literal of a kind must stand; or where a node's text must. */
Node *build_blank(Builder *b, int kind, Tok name);
Node *build_open(Builder *b, Node *node, int kind, Tok name);
Node *build_hole(Builder *b, Tok label, Node *hole, Node *preset);
Node *build_hole_type(Builder *b, Node *type);
Node *build_hole_field(Builder *b, Node *type, Tok at, Tok event);

#endif
