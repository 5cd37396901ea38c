/* check: decision tables: inputs, outputs, cells. prove.c proves what they cover. */
#include "engine/check/check_int.h"

#include <stdlib.h>

#include "engine/base/check.h"
#include "engine/base/utf8.h"
#include "engine/syntax/keyword.h"
#include "engine/syntax/marks.h"

/* ---- inputs and outputs */

/* An input that no event has a field for: one like it, or to give it a type. */
static void say_untyped(Program *p, const Node *param) {
    if (is_lost(p, param->text) || said_before(p, param->at, param->text))
        return;
    Str like = {NULL, 0};
    size_t most = name_distance_most(param->text) + 1;
    for (size_t i = 0; i < p->events.n; i++) {
        const Event *event = p->events.at[i];
        for (uint32_t k = 0; !event->engine && k < event->field_count; k++) {
            size_t off = name_distance(param->text, event->fields[k].name, most);
            if (off >= most)
                continue;
            like = event->fields[k].name;
            most = off;
        }
    }
    Str hint = like.n > 0
                   ? say(p, "%.*s%.*s%.*s", STR_ARG(say_both(p, "did you mean ", "是否想写 ")),
                         STR_ARG(like), STR_ARG(say_both(p, "?", "？")))
                   : say(p, "%.*s%.*s: %.*s", STR_ARG(say_both(p, "write ", "请写 ")),
                         STR_ARG(param->text), STR_ARG(say_both(p, "TYPE", "类型")));
    Diag *diag = diag_add2(p->diags, DIAG_UNTYPED_INPUT, param->at, param->text, hint);
    if (like.n > 0)
        diag_guess(diag, param->at, like);
}

/* All events have been read. */
const NameIndex *fields_index(Program *p) {
    NameIndex *x = &p->names[IN_FIELDS];
    for (; x->done < p->events.n; x->done++) {
        const Event *event = p->events.at[x->done];
        for (uint32_t k = 0; k < event->field_count && !event->engine; k++) {
            const Field *field = &event->fields[k];
            uint32_t place = (uint32_t)p->fields.n;
            if (!vec_push(&p->fields, ((FieldPlace){event, k})))
                p->nomem = true;
            names_add(p, x, field->name, place);
            if (!str_eq(field->name, field->alias))
                names_add(p, x, field->alias, place);
        }
    }
    return x;
}

static const Type *field_type(const Program *p, const NameEntry *e) {
    const FieldPlace *at = &p->fields.at[e->place];
    return &at->event->fields[at->field].type;
}

/* The first from this one on whose event can be seen from here. */
static const NameEntry *field_seen(const Program *p, const NameIndex *x, const NameEntry *e) {
    while (e != NULL) {
        const Event *event = p->fields.at[e->place].event;
        if (space_sees(p, event->home) || event_given(p, event))
            break;
        e = names_next(x, e);
    }
    return e;
}

/* Which events have which type: a few of them, the one that differs from the first among them. */
static void say_types_differ(Program *p, const Node *param, const NameEntry *first) {
    enum { SHOWN = 3 };
    const NameIndex *x = &p->names[IN_FIELDS];
    Str seen = {NULL, 0};
    size_t shown = 0, left = 0;
    bool other = false;
    for (const NameEntry *e = first; e != NULL; e = field_seen(p, x, names_next(x, e))) {
        bool same = type_same(field_type(p, first), field_type(p, e));
        if (shown == SHOWN || (shown == SHOWN - 1 && same && !other)) {
            left++;
            continue;
        }
        other = other || !same;
        shown++;
        Str between = seen.n == 0 ? S("") : say_both(p, "; ", "；");
        seen = say(p, "%.*s%.*s%.*s%.*s%.*s", STR_ARG(seen), STR_ARG(between),
                   STR_ARG(type_text(p, field_type(p, e))), STR_ARG(say_both(p, " in ", "，见 ")),
                   STR_ARG(p->fields.at[e->place].event->name));
    }
    if (left > 0)
        seen = say(p, "%.*s%.*s%zu%.*s", STR_ARG(seen), STR_ARG(say_both(p, "; ", "；另有 ")), left,
                   STR_ARG(say_both(p, " more", " 处")));
    diag_add2(p->diags, DIAG_INPUT_TYPES_DIFFER, param->at, param->text, seen);
}

/* The type that all event fields of this name have (language.md 6); reports when there is none or
 * they differ. */
/* To take the type of its field is to speak of an event. */
static void field_names_event(Program *p, const NameEntry *e) {
    p->events.at[p->fields.at[e->place].event->number]->named = true;
}

Type type_from_fields(Program *p, const Node *param) {
    const NameIndex *x = fields_index(p);
    const NameEntry *first = p->nomem ? NULL : field_seen(p, x, names_first(x, param->text));
    if (first == NULL) {
        say_untyped(p, param);
        return type_error();
    }
    Type type = *field_type(p, first);
    bool differ = false;
    field_names_event(p, first);
    for (const NameEntry *e = field_seen(p, x, names_next(x, first)); e != NULL;
         e = field_seen(p, x, names_next(x, e))) {
        const Type *other = field_type(p, e);
        field_names_event(p, e);
        differ = differ ||
                 (!type_same(&type, other) && type.kind != TY_ERROR && other->kind != TY_ERROR);
        type.optional = type.optional || other->optional;
        if (type.bounded && other->bounded) {
            type.lo = dec_cmp(other->lo, type.lo) < 0 ? other->lo : type.lo;
            type.hi = dec_cmp(other->hi, type.hi) > 0 ? other->hi : type.hi;
        } else {
            type.bounded = false;
        }
    }
    if (differ) {
        say_types_differ(p, param, first);
        return type_error();
    }
    return type;
}

static bool is_many(const Type *type) {
    return type->kind == TY_LIST || type->kind == TY_RECORD;
}

static bool input_kind_ok(const Type *type) {
    return (type->kind < TY_LIST || is_many(type)) &&
           !(type->kind == TY_DURATION && (type->families & (type->families - 1)) != 0);
}

/* The parameter of a function that takes both kinds of working time: said once what it computes is
 * known, for where that compares it with another kind that is the mistake. */
static bool waits_for_body(const Table *t, const Type *type) {
    return t->node->flag != 0 && type->kind == TY_DURATION && type->families == FAMILIES_WORKING;
}

static void say_input_kind(Program *p, const Node *param, const Type *type) {
    Type family = {.kind = TY_DURATION, .families = 1u << FAMILY_WORKING};
    say_wrong_type(p, param->a == NULL ? param : param->a, type, &family);
}

static void say_inputs_waiting(Program *p, const Table *t) {
    for (const Node *param = t->in_nodes; param != NULL; param = param->next) {
        Type type = param->a == NULL ? type_error() : type_read(p, param->a);
        if (!input_kind_ok(&type) && waits_for_body(t, &type))
            say_input_kind(p, param, &type);
    }
}

static Field *table_fields(Program *p, const Table *t, bool inputs, uint32_t *count) {
    const Node *params = inputs ? t->in_nodes : t->out_nodes;
    size_t n = node_count(params);
    Field *fields = new (p->arena, Field, n == 0 ? 1 : n);
    if (fields == NULL) {
        p->nomem = true;
        return NULL;
    }
    for (const Node *param = params; param != NULL; param = param->next) {
        if (field_find(fields, *count, param->text) >= 0) {
            diag_add2(p->diags, DIAG_DECLARED_TWICE, param->at, param->text, (Str){NULL, 0});
            continue;
        }
        Type type;
        if (param->a != NULL) {
            type = type_read(p, param->a);
        } else if (inputs) {
            type = type_from_fields(p, param);
        } else {
            type = type_error();
            diag_add2(
                p->diags, DIAG_UNEXPECTED, param->at, say_quoted(p, param->text),
                say(p, "%.*s: %.*s", STR_ARG(param->text), STR_ARG(say_both(p, "TYPE", "类型"))));
        }
        if (inputs && !input_kind_ok(&type) && !waits_for_body(t, &type)) {
            say_input_kind(p, param, &type);
            type = type_error();
        }
        fields[(*count)++] = (Field){.name = param->text, .type = type, .at = param->at};
    }
    return fields;
}

/* ---- columns: the inputs, or what is computed of them */

static void column_add(Program *p, Table *t, const Node *node) {
    int param = field_find(t->params, t->param_count, node->text);
    uint32_t at = t->input_count;
    if (field_find(t->inputs, at, node->text) >= 0 || (node->a != NULL && param >= 0)) {
        diag_add2(p->diags, DIAG_DECLARED_TWICE, node->at, node->text, (Str){NULL, 0});
        t->ready = false;
        return;
    }
    if (node->a == NULL && param < 0) {
        say_unknown_field(p, node->at, t->name, t->params, t->param_count, node->text);
        t->ready = false;
        return;
    }
    if (node->a == NULL) {
        t->inputs[at] = t->params[param];
        t->feeds[t->input_count++] = (ColumnFeed){.param = (uint32_t)param};
        return;
    }
    Type type = expr_check(p, &t->scope, node->a, NULL);
    if (type.kind == TY_OUTPUTS && ((const Table *)type.of)->result_count == 1)
        type = ((const Table *)type.of)->results[0].type;
    if (!input_kind_ok(&type)) {
        say_input_kind(p, node, &type);
        type = type_error();
    }
    t->inputs[at] = (Field){.name = node->text, .type = type, .at = node->at};
    t->feeds[t->input_count++] = (ColumnFeed){.value = node->a};
}

void params_scope(Program *p, Table *t) {
    for (uint32_t k = 0; k < t->param_count; k++)
        scope_add(p, &t->scope,
                  (Local){.name = t->params[k].name,
                          .type = t->params[k].type,
                          .number = k,
                          .at = t->params[k].at});
}

/* Parameters that are no column are inputs without cells: rows may give them. */
static void table_columns(Program *p, Table *t) {
    t->inputs = t->params;
    t->input_count = t->column_count = t->param_count;
    if (t->column_nodes == NULL)
        return;
    size_t most = node_count(t->column_nodes) + t->param_count;
    t->inputs = new (p->arena, Field, most);
    t->feeds = new (p->arena, ColumnFeed, most);
    t->input_count = 0;
    if (t->inputs == NULL || t->feeds == NULL) {
        p->nomem = true;
        return;
    }
    params_scope(p, t);
    for (const Node *node = t->column_nodes; node != NULL; node = node->next)
        if (node->kind == N_COLUMN)
            column_add(p, t, node);
    t->column_count = t->input_count;
    for (uint32_t k = 0; k < t->param_count; k++)
        if (field_find(t->inputs, t->column_count, t->params[k].name) < 0) {
            t->inputs[t->input_count] = t->params[k];
            t->feeds[t->input_count++] = (ColumnFeed){.param = k};
        }
}

/* ---- what a call gives */

static Str hit_name(Program *p, const Table *t) {
    return say(p, "%c%.*s%c%.*s%c", DIAG_BOTH_EN, STR_ARG(keyword_hit(t->hit, false)), DIAG_BOTH_ZH,
               STR_ARG(keyword_hit(t->hit, true)), DIAG_BOTH_END);
}

static bool can_add(const Type *type) {
    bool family = type->kind == TY_DURATION && (type->families & (type->families - 1)) == 0;
    return family || type->kind == TY_INTEGER || type->kind == TY_NUMBER ||
           type->kind == TY_PERCENT || type->kind == TY_MONEY || type->kind == TY_ERROR;
}

/* Whether the one output can be added up, compared. Reports what cannot. */
static bool can_collect(Program *p, const Table *t) {
    const Type *type = &t->outputs[0].type;
    if (t->hit == HIT_COLLECT_COUNT)
        return true;
    if (t->output_count != 1) {
        diag_add3(p->diags, DIAG_HIT_OUTPUTS, t->at, t->name, hit_name(p, t),
                  say_both(p, "it works on one output", "它只作用于一个输出"));
        return false;
    }
    if (t->hit == HIT_COLLECT_SUM ? can_add(type) && !type->optional : type_ordered(type))
        return true;
    Str what = t->hit != HIT_COLLECT_SUM
                   ? say_both(p, "values of this type have no order: ", "该类型的值没有大小：")
               : type->optional
                   ? say_both(p, "what is added up may not be absent: ", "相加的值不能空缺：")
                   : say_both(p, "values of this type have no sum: ", "该类型的值不能相加：");
    diag_add3(p->diags, DIAG_HIT_OUTPUTS, t->outputs[0].at, t->name, hit_name(p, t),
              say(p, "%.*s%.*s", STR_ARG(what), STR_ARG(type_text(p, type))));
    return false;
}

static bool table_results(Program *p, Table *t) {
    t->results = t->outputs;
    t->result_count = t->output_count;
    if (t->hit < HIT_COLLECT_SUM && !hit_lists(t->hit))
        return true;
    t->results = new (p->arena, Field, t->output_count + 1);
    Type *items = new (p->arena, Type, t->output_count + 1);
    if (t->results == NULL || items == NULL || t->output_count == 0) {
        p->nomem = p->nomem || t->results == NULL || items == NULL;
        return false;
    }
    for (uint32_t i = 0; i < t->output_count; i++) {
        items[i] = t->outputs[i].type;
        t->results[i] = t->outputs[i];
        if (hit_lists(t->hit))
            t->results[i].type = (Type){.kind = TY_LIST, .item = &items[i]};
    }
    if (hit_lists(t->hit))
        return true;
    t->result_count = 1;
    t->results[0].type.bounded = t->results[0].type.bounded && hit_picks(t->hit);
    if (t->hit == HIT_COLLECT_COUNT)
        t->results[0].type = type_plain(TY_INTEGER);
    if (!can_collect(p, t))
        t->results[0].type = type_error();
    return true;
}

/* ---- cells */

/* The input of which a name is a value, where its own column has no such value; NULL: none. */
static const Field *input_of_value(const Table *t, const Node *node, const Type *type) {
    bool own = type->kind == TY_PARTY || type->kind == TY_ERROR ||
               (type->kind == TY_ENUM && enum_find(type->members, node->text) >= 0);
    for (uint32_t i = 0; node->kind == N_REF && !own && i < t->input_count; i++) {
        const Type *other = &t->inputs[i].type;
        if (other->kind == TY_ENUM && enum_find(other->members, node->text) >= 0)
            return &t->inputs[i];
    }
    return NULL;
}

static bool test_value(Program *p, const Table *t, Node *node, const Type *type, Value *out) {
    const Node *root = node;
    while (root->kind == N_FIELD)
        root = root->a;
    if (root->kind == N_REF && field_find(t->inputs, t->input_count, root->text) >= 0 &&
        !(type->kind == TY_ENUM && enum_find(type->members, root->text) >= 0)) {
        diag_add(p->diags, DIAG_BAD_CELL, node->span); /* another input */
        return false;
    }
    const Field *other = input_of_value(t, node, type);
    if (other != NULL) {
        diag_add3(p->diags, DIAG_WRONG_TYPE, node->span, type_text(p, &other->type),
                  type_text(p, type),
                  say(p,
                      "%c%.*s is a value of %.*s: are two cells swapped?%c%.*s 是 %.*s "
                      "的取值：两格是否写反了？%c",
                      DIAG_BOTH_EN, STR_ARG(node->text), STR_ARG(other->name), DIAG_BOTH_ZH,
                      STR_ARG(node->text), STR_ARG(other->name), DIAG_BOTH_END));
        return false;
    }
    Type want = *type;
    want.optional = false;
    return expr_constant(p, node, &want, DIAG_BAD_CELL, out);
}

static bool test_compare(Program *p, const Table *t, const Node *node, const Type *type,
                         CellTest *test) {
    Value v;
    if (!test_value(p, t, node->a, type, &v))
        return false;
    if (node->op == MARK_EQ || node->op == MARK_NE) {
        *test = (CellTest){
            .negated = node->op == MARK_NE, .has_lo = true, .has_hi = true, .lo = v, .hi = v};
        return true;
    }
    if (!type_ordered(type)) {
        diag_add3(p->diags, DIAG_NO_OPERATOR, node->span, source_text(p->sources, node->at),
                  type_text(p, type), type_text(p, type));
        return false;
    }
    bool upper = node->op == MARK_LT || node->op == MARK_LE;
    *test = upper ? (CellTest){.has_hi = true, .hi = v, .open_hi = node->op == MARK_LT}
                  : (CellTest){.has_lo = true, .lo = v, .open_lo = node->op == MARK_GT};
    return true;
}

static bool test_range(Program *p, const Table *t, const Node *node, const Type *type,
                       CellTest *test) {
    Value lo, hi;
    Type first = *type;
    bool bare = type->kind == TY_MONEY && node->a->kind == N_LIT && node->a->op == LIT_NUMBER;
    if (bare)
        first = type_plain(TY_NUMBER); /* 1000..10_000 CNY */
    bool ok = test_value(p, t, node->a, &first, &lo);
    if (!test_value(p, t, node->b, type, &hi) || !ok)
        return false;
    if (bare) {
        lo = value_dec(V_MONEY, value_to_dec(lo));
        lo.n = type->currency;
    }
    if (!type_ordered(type)) {
        diag_add3(p->diags, DIAG_NO_OPERATOR, node->span, S(".."), type_text(p, type),
                  type_text(p, type));
        return false;
    }
    *test = (CellTest){.has_lo = true,
                       .has_hi = true,
                       .lo = lo,
                       .hi = hi,
                       .open_lo = (node->flag & CELL_OPEN_FROM) != 0,
                       .open_hi = (node->flag & CELL_OPEN_TO) != 0};
    int order = value_cmp(lo, hi);
    if (order > 0 || (order == 0 && (test->open_lo || test->open_hi)))
        diag_add1(p->diags, DIAG_BAD_BOUNDS, node->span, source_text(p->sources, node->span));
    return true;
}

enum { UTF8_LAST = 0x10FFFF };

/* The least text that is more than all that begin with `prefix`: its last character is the next
 * one. Empty: there is none. */
static Str text_behind(Program *p, Str prefix) {
    uint32_t cp = UTF8_LAST;
    size_t n = prefix.n;
    while (n > 0 && cp == UTF8_LAST) {
        for (n--; n > 0 && ((unsigned char)prefix.p[n] & 0xC0) == 0x80;)
            n--;
        (void)utf8_decode(str_from(prefix, n), &cp);
    }
    if (cp == UTF8_LAST)
        return (Str){NULL, 0};
    cp = cp + 1 == 0xD800 ? 0xE000 : cp + 1; /* no character is a surrogate */
    char last[4];
    size_t bytes = utf8_encode(cp, last);
    return say(p, "%.*s%.*s", (int)n, prefix.p, (int)bytes, last);
}

static bool test_starts(Program *p, const Table *t, const Node *node, const Type *type,
                        CellTest *test) {
    if (type->kind != TY_TEXT && type->kind != TY_ID) {
        Type text = type_plain(TY_TEXT);
        diag_add3(p->diags, DIAG_NO_OPERATOR, node->span, source_text(p->sources, node->at),
                  type_text(p, type), type_text(p, &text));
        return false;
    }
    Value v;
    if (!test_value(p, t, node->a, type, &v))
        return false;
    Str behind = text_behind(p, value_str(v));
    *test = (CellTest){.has_lo = true, .lo = v, .has_hi = behind.n > 0, .open_hi = true};
    test->hi = value_text(behind);
    if (!test->has_hi)
        test->hi = value_absent();
    return true;
}

static bool cell_test(Program *p, const Table *t, const Node *node, const Type *type,
                      CellTest *test) {
    if (is_many(type) && node->kind != N_TEST_ABSENT && node->kind != N_TEST_NOT) {
        diag_add3(p->diags, DIAG_CELL_OF_MANY, node->span, source_text(p->sources, node->span),
                  type_text(p, type),
                  type->kind == TY_LIST
                      ? say_both(p,
                                 "write contains VALUE or not contains VALUE, several with commas "
                                 "between them, or - here",
                                 "请写 包含 值 或 非 包含 值，可用逗号并列，或在此写 -")
                      : say_both(p, "compute a column from it: by ..., NAME = ..., or write - here",
                                 "请由它计算一列：按 ..., 名称 = ...，或在此写 -"));
        return false;
    }
    switch (node->kind) {
    case N_TEST_STARTS:
        return test_starts(p, t, node, type, test);
    case N_TEST_IS: {
        Value v;
        if (!test_value(p, t, node->a, type, &v))
            return false;
        *test = (CellTest){.has_lo = true, .has_hi = true, .lo = v, .hi = v};
        return true;
    }
    case N_TEST_CMP:
        return test_compare(p, t, node, type, test);
    case N_TEST_RANGE:
        return test_range(p, t, node, type, test);
    case N_TEST_NOT:
        if (!cell_test(p, t, node->a, type, test))
            return false;
        test->negated = !test->negated;
        return true;
    case N_TEST_ABSENT:
        if (!type->optional && type->kind != TY_ERROR)
            diag_add1(p->diags, DIAG_POINTLESS_ELSE, node->span,
                      say_both(p, "this input", "这个输入"));
        *test = (CellTest){.absent = true};
        return true;
    default: /* a list within a list */
        diag_add(p->diags, DIAG_BAD_CELL, node->span);
        return false;
    }
}

/* None of these holds: each is turned round, and all must hold together. */
static bool none_of(Program *p, const Table *t, const Node *first, const Type *type,
                    CellTest *tests, uint32_t *n) {
    bool ok = true;
    for (const Node *node = first; node != NULL; node = node->next) {
        CellTest *test = &tests[(*n)++];
        ok = cell_test(p, t, node, type, test) && ok;
        test->negated = !test->negated;
        test->also = node->next != NULL;
    }
    return ok;
}

static bool cell_read(Program *p, const Table *t, const Node *node, const Type *type, Cell *cell) {
    if (node->kind == N_CELL_ANY) {
        cell->any = true;
        return true;
    }
    if (node->kind != N_CELL_TESTS || type->kind == TY_ERROR)
        return false;
    size_t n = 0;
    for (const Node *test = node->a; test != NULL; test = test->next)
        n += test->kind == N_TEST_NONE ? node_count(test->a) : 1;
    CellTest *tests = new (p->arena, CellTest, n);
    if (tests == NULL) {
        p->nomem = true;
        return false;
    }
    cell->tests = tests;
    bool ok = true;
    for (const Node *test = node->a; test != NULL; test = test->next)
        if (test->kind == N_TEST_NONE)
            ok = none_of(p, t, test->a, type, tests, &cell->test_count) && ok;
        else
            ok = cell_test(p, t, test, type, &tests[cell->test_count++]) && ok;
    return ok;
}

/* Whether each input and output that is written is one: else it is told there that it is not. */
static bool counts_hold(const Table *t) {
    return t->ready && (t->in_nodes == NULL || node_count(t->in_nodes) == t->param_count) &&
           node_count(t->out_nodes) == t->output_count;
}

/* Whether a member of the table's first input is called so. */
static bool is_first_member(const Table *t, Str name) {
    const Type *type = &t->inputs[0].type;
    for (size_t i = 0; type->kind == TY_ENUM && i < type->members->count; i++)
        if (str_eq(type->members->members[i].name, name))
            return true;
    return false;
}

/* `else => 2`: a word alone where the cells of the last row are to be. */
static bool row_is_else(Program *p, const Table *t, const Node *node) {
    static const char *const words[] = {"else", "Else", "ELSE", "otherwise", "default", "Otherwise",
                                        "否则", "其他", "其余", "默认",      "其它"};
    if (t->column_count == 0 || node_count(node->a) != 1)
        return false;
    Str cell = source_text(p->sources, node->a->span), dashes = S("-");
    bool is = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        is = is || str_eq(cell, str_of(words[i]));
    bool named = is_first_member(t, cell) || t->inputs[0].type.kind == TY_PARTY;
    if (!is || (t->column_count == 1 && named))
        return false;
    for (uint32_t i = 1; i < t->column_count; i++)
        dashes = say(p, "%.*s | -", STR_ARG(dashes));
    Diag *diag = diag_add2(p->diags, DIAG_ELSE_ROW, node->a->span, cell, dashes);
    diag_fix(diag, node->a->span, dashes);
    return true;
}

static bool row_read(Program *p, Table *t, const Node *node, Row *row, Cell *cells_out) {
    size_t cells = node_count(node->a), outputs = node_count(node->b);
    row->at = node->span;
    bool hold = counts_hold(t), rest = hold && row_is_else(p, t, node);
    cells = rest ? t->column_count : cells;
    if (cells != t->column_count && hold)
        diag_add3(p->diags, DIAG_CELL_COUNT, node->span,
                  say_number(p, cells, " cell", " cells", " 格条件"), t->name,
                  say_number(p, t->column_count, t->feeds == NULL ? " input" : " column",
                             t->feeds == NULL ? " inputs" : " columns",
                             t->feeds == NULL ? " 个输入" : " 列"));
    if (outputs != t->output_count && hold)
        diag_add3(p->diags, DIAG_OUTPUT_COUNT, node->b == NULL ? node->span : node->b->span,
                  say_number(p, outputs, " value", " values", " 个值"), t->name,
                  say_number(p, t->output_count, " output", " outputs", " 个输出"));
    row->outputs = new (p->arena, Node *, t->output_count + 1);
    if (row->outputs == NULL) {
        p->nomem = true;
        return false;
    }
    bool ok = cells == t->column_count && outputs == t->output_count;
    for (uint32_t k = t->column_count; k < t->input_count; k++)
        cells_out[k].any = true;
    for (uint32_t k = 0; rest && k < t->column_count; k++)
        cells_out[k].any = true;
    uint32_t i = 0;
    for (const Node *cell = rest ? NULL : node->a; cell != NULL && i < t->column_count;
         cell = cell->next, i++)
        if (!contains_cell(p, t, i, cell, cells_out))
            ok = cell_read(p, t, cell, &t->inputs[i].type, &cells_out[i]) && ok;
    i = 0;
    for (Node *output = node->b; output != NULL && i < t->output_count;
         output = output->next, i++) {
        row->outputs[i] = output;
        Scope scope = {0};
        for (uint32_t k = 0; k < t->input_count; k++)
            scope_add(p, &scope,
                      (Local){.name = t->inputs[k].name,
                              .type = t->inputs[k].type,
                              .number = k,
                              .parameter = true,
                              .at = t->inputs[k].at});
        Type want = t->outputs[i].type;
        want.optional = want.optional && !hit_picks(t->hit); /* absent is what no row gives */
        ok = expr_want(p, &scope, output, &want).kind != TY_ERROR && ok;
        vec_free(&scope.locals);
    }
    return ok;
}

/* ---- the order of the rows */

/* The enumeration of an output as it is written, or NULL. */
static const Node *written_enum(Program *p, const Node *param) {
    const Node *type = type_written(p, param->a);
    return type != NULL && type->kind == N_TYPE_ENUM ? type->a : NULL;
}

/* Its place among the values of its output as they are written. */
static bool output_rank(Program *p, const Table *t, const Node *value, const Node *members,
                        uint32_t *out) {
    *out = 0;
    if (value->bind != BIND_MEMBER) {
        diag_add3(
            p->diags, DIAG_HIT_OUTPUTS, value->span, t->name, hit_name(p, t),
            say_both(p, "the rows are put in order before they are asked; write one of the values",
                     "各行须事先排序；请写出其中一个取值"));
        return false;
    }
    const Enum *e = value->means;
    for (; members != NULL; members = members->next, ++*out)
        if (enum_find(e, members->text) == (int)value->slot)
            return true;
    return true;
}

typedef struct Ranked {
    const uint32_t *ranks; /* of each output that lists its values */
    uint32_t n, row;
} Ranked;

static int ranked_order(const void *a, const void *b) {
    const Ranked *x = a, *y = b;
    for (uint32_t i = 0; i < x->n; i++)
        if (x->ranks[i] != y->ranks[i])
            return x->ranks[i] < y->ranks[i] ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Rows by what they give: the value that its output lists first goes first; the first output that
 * differs decides, then the text. */
static bool rows_rank(Program *p, Table *t) {
    uint32_t listed = 0, n = 0;
    const Node **written = new (p->arena, const Node *, node_count(t->out_nodes) + 1);
    if (written == NULL) {
        p->nomem = true;
        return false;
    }
    uint32_t k = 0;
    for (const Node *param = t->out_nodes; param != NULL; param = param->next, k++) {
        written[k] = written_enum(p, param);
        listed += written[k] != NULL;
    }
    if (listed == 0) {
        diag_add3(p->diags, DIAG_HIT_OUTPUTS, t->at, t->name, hit_name(p, t),
                  say_both(p, "no output lists its values, the first before the others: one of ...",
                           "没有哪个输出写明了取值的先后：取值 ..."));
        return false;
    }
    uint32_t *ranks = new (p->arena, uint32_t, (size_t)listed * t->row_count + 1);
    Ranked *rows = new (p->arena, Ranked, t->row_count + 1);
    if (ranks == NULL || rows == NULL) {
        p->nomem = true;
        return false;
    }
    bool ok = true;
    for (uint32_t r = 0; r < t->row_count; r++) {
        rows[r] = (Ranked){&ranks[n], listed, r};
        for (uint32_t o = 0; o < k; o++)
            if (written[o] != NULL)
                ok = output_rank(p, t, t->rows[r].outputs[o], written[o], &ranks[n++]) && ok;
    }
    qsort(rows, t->row_count, sizeof *rows, ranked_order); /* a total order: rows differ */
    for (uint32_t r = 0; r < t->row_count; r++)
        t->order[r] = rows[r].row;
    return ok;
}

static void table_rows(Program *p, Table *t) {
    uint32_t before = p->diags->errors;
    if (t->csv != NULL)
        csv_rows(p, t);
    contains_columns(p, t);
    size_t n = node_count(t->row_nodes);
    t->rows = new (p->arena, Row, n == 0 ? 1 : n);
    t->cells = new (p->arena, Cell, n * t->input_count + 1);
    t->order = new (p->arena, uint32_t, n + 1);
    if (t->rows == NULL || t->cells == NULL || t->order == NULL) {
        p->nomem = true;
        return;
    }
    bool ok = true;
    for (const Node *row = t->row_nodes; row != NULL && !p->nomem; row = row->next) {
        if (row->kind == N_ERROR) { /* what it covers is not known */
            ok = false;
            continue;
        }
        Cell *cells = t->cells + (size_t)t->row_count * t->input_count;
        t->order[t->row_count] = t->row_count;
        ok = row_read(p, t, row, &t->rows[t->row_count++], cells) && ok;
    }
    if (p->diags->errors == before)
        say_inputs_waiting(p, t);
    if (ok && hit_ranks(t->hit))
        ok = rows_rank(p, t);
    if (ok && p->diags->errors == before && !p->nomem)
        table_prove(p, t);
}

void tables_check(Program *p) {
    versions_order(p);
    for (size_t i = 0; i < p->tables.n; i++) {
        Table *t = p->tables.at[i];
        space_enter(p, t->home);
        if (t->file_node != NULL && !csv_head(p, t))
            continue;
        t->params = table_fields(p, t, true, &t->param_count);
        t->outputs = table_fields(p, t, false, &t->output_count);
        t->ready = t->params != NULL && t->outputs != NULL && table_results(p, t);
    }
    versions_alike(p);
    for (size_t i = 0; i < p->tables.n && !p->nomem; i++) {
        space_enter(p, p->tables.at[i]->home);
        during_enter(p, &p->tables.at[i]->dated);
        if (p->tables.at[i]->ready)
            table_columns(p, p->tables.at[i]);
    }
    for (size_t i = 0; i < p->tables.n && !p->nomem; i++) {
        space_enter(p, p->tables.at[i]->home);
        during_enter(p, &p->tables.at[i]->dated);
        if (p->tables.at[i]->ready)
            table_rows(p, p->tables.at[i]);
    }
}
