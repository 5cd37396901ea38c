/* check: cells that say what a list or a text must contain. Each is a condition on its column, and
 * is tested in a column of its own behind the others, computed from it: `contains "x"` holds yes
 * there, `not contains "x"` no. So the proof knows that the one is the other's opposite. */
#include "engine/check/check_int.h"

#include "engine/base/check.h"
#include "engine/syntax/marks.h"

/* The tests of a cell that are of this kind, bare or turned round; NULL: it has none, or others
 * too. */
static const Node *tests_of(const Node *cell, bool *negated) {
    const Node *first = cell->kind == N_CELL_TESTS ? cell->a : NULL;
    *negated = first != NULL && first->next == NULL &&
               (first->kind == N_TEST_NOT || first->kind == N_TEST_NONE);
    if (*negated)
        first = first->a;
    for (const Node *test = first; test != NULL; test = test->next)
        if (test->kind != N_TEST_CONTAINS)
            return NULL;
    return first;
}

/* Two cells of a column with the same tests share a column. */
static bool same_tests(const Program *p, const Node *a, const Node *b) {
    for (; a != NULL && b != NULL; a = a->next, b = b->next)
        if (!str_eq(source_text(p->sources, a->a->span), source_text(p->sources, b->a->span)))
            return false;
    return a == b;
}

static Node *node_like(Program *p, Node like) {
    Node *node = new (p->arena, Node, 1);
    if (node == NULL)
        p->nomem = true;
    else
        *node = like;
    return node;
}

/* What the column holds: X contains A or X contains B. */
static Node *condition(Program *p, const Table *t, uint32_t column, const Node *tests) {
    Node *whole = NULL;
    for (const Node *test = tests; test != NULL && !p->nomem; test = test->next) {
        const ColumnFeed *feed = &t->feeds[column];
        Node ref = {.kind = N_REF, .span = test->span, .at = test->at};
        ref.text = t->params[feed->param].name;
        if (feed->value != NULL) {
            ref = *feed->value;
            ref.next = NULL;
        }
        Node one = {.kind = N_BINARY, .op = MARK_CONTAINS, .span = test->span, .at = test->at};
        one.a = node_like(p, ref);
        one.b = test->a;
        Node *made = node_like(p, one);
        Node either = {.kind = N_BINARY, .op = MARK_OR, .span = test->span, .at = test->at};
        either.a = whole;
        either.b = made;
        whole = whole == NULL ? made : node_like(p, either);
    }
    return whole;
}

/* A name that holds no space and no quote, for it is printed as it stands. */
static Str column_name(Program *p, Str column, Str test) {
    static const char space[] = "\xC2\xA0"; /* one that does not break */
    Buf out = {0};
    put_text(&out, column);
    put_text(&out, str_of(space));
    for (size_t i = 0; i < test.n; i++) {
        char c = test.p[i];
        if ((unsigned char)c <= ' ')
            put_text(&out, str_of(space));
        else if (c != '"' && c != '\\')
            put_c(&out, c);
    }
    Str name = say(p, "%.*s", STR_ARG(buf_str(&out)));
    buf_free(&out);
    return name;
}

/* The hidden column of these tests, which is made if there is none. */
static void column_make(Program *p, Table *t, uint32_t column, const Node *tests) {
    for (uint32_t i = t->column_count; i < t->input_count; i++)
        if (t->feeds[i].tests != NULL && t->feeds[i].of == column &&
            same_tests(p, t->feeds[i].tests, tests))
            return;
    const Node *last = tests;
    while (last->next != NULL)
        last = last->next;
    Str said = source_text(p->sources, span_join(tests->span, last->span));
    Node *value = condition(p, t, column, tests);
    if (value == NULL)
        return;
    (void)expr_check(p, &t->scope, value, NULL);
    t->inputs[t->input_count] = (Field){.name = column_name(p, t->inputs[column].name, said),
                                        .type = type_plain(TY_FLAG),
                                        .at = tests->span};
    t->feeds[t->input_count++] =
        (ColumnFeed){.value = value, .tests = tests, .of = column, .said = said};
}

static size_t count_tests(const Table *t) {
    size_t n = 0;
    bool negated;
    for (const Node *row = t->row_nodes; row != NULL; row = row->next)
        for (const Node *cell = row->a; cell != NULL; cell = cell->next)
            n += tests_of(cell, &negated) != NULL;
    return n;
}

/* Room for more columns, each with what feeds it. */
static bool columns_grow(Program *p, Table *t, size_t more) {
    Field *inputs = new (p->arena, Field, t->input_count + more);
    ColumnFeed *feeds = new (p->arena, ColumnFeed, t->input_count + more);
    if (inputs == NULL || feeds == NULL) {
        p->nomem = true;
        return false;
    }
    for (uint32_t i = 0; i < t->input_count; i++) {
        inputs[i] = t->inputs[i];
        feeds[i] = t->feeds != NULL ? t->feeds[i] : (ColumnFeed){.param = i};
    }
    if (t->feeds == NULL)
        params_scope(p, t);
    t->inputs = inputs;
    t->feeds = feeds;
    return true;
}

void contains_columns(Program *p, Table *t) {
    size_t most = count_tests(t);
    if (most == 0 || !columns_grow(p, t, most))
        return;
    for (const Node *row = t->row_nodes; row != NULL && !p->nomem; row = row->next) {
        uint32_t column = 0;
        for (const Node *cell = row->a; cell != NULL && column < t->column_count;
             cell = cell->next, column++) {
            bool negated;
            const Node *tests = tests_of(cell, &negated);
            if (tests != NULL && t->inputs[column].type.kind != TY_ERROR)
                column_make(p, t, column, tests);
        }
    }
}

bool contains_cell(Program *p, const Table *t, uint32_t column, const Node *cell, Cell *cells) {
    bool negated;
    const Node *tests = tests_of(cell, &negated);
    CellTest *test = tests == NULL ? NULL : new (p->arena, CellTest, 1);
    if (test == NULL) {
        p->nomem = p->nomem || tests != NULL;
        return false;
    }
    for (uint32_t i = t->column_count; i < t->input_count; i++) {
        if (t->feeds[i].tests == NULL || t->feeds[i].of != column ||
            !same_tests(p, t->feeds[i].tests, tests))
            continue;
        Value yes = value_flag(!negated);
        *test = (CellTest){.has_lo = true, .has_hi = true, .lo = yes, .hi = yes};
        cells[i] = (Cell){.tests = test, .test_count = 1};
        cells[column].any = true;
        return true;
    }
    return false;
}

Str contains_said(Program *p, const Table *t, uint32_t column, const uint32_t *atoms) {
    Str said = S("-");
    uint32_t found = 0;
    for (uint32_t i = t->column_count; i < t->input_count; i++) {
        if (t->feeds == NULL || t->feeds[i].tests == NULL || t->feeds[i].of != column)
            continue;
        found++;
        said =
            atoms[i] == 1 ? t->feeds[i].said
            : t->feeds[i].tests->next == NULL
                ? say(p, "%.*s %.*s", STR_ARG(say_both(p, "not", "非")), STR_ARG(t->feeds[i].said))
                : say(p, "%.*s (%.*s)", STR_ARG(say_both(p, "not", "非")),
                      STR_ARG(t->feeds[i].said));
    }
    return found == 1 ? said : S("-");
}
