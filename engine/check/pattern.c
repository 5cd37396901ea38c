/* check: patterns put to use. A use copies the pattern's tree into a source of its own, fills in
 * what is given, and declares it in a space of its own: so each use has its own names, and what is
 * wrong within one shows both places. */
#include "engine/check/check_int.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"

/* ---- what is given for a parameter */

Given *given_find(const Space *space, Str name) {
    for (Given *g = space == NULL ? NULL : space->given; g != NULL; g = g->next)
        if (str_eq(g->name, name))
            return g;
    return NULL;
}

/* The parameter with which a dotted name begins; values and fields are no names of things. */
const Given *given_thing(const Space *space, Str name) {
    Str first;
    str_cut(name, '.', &first, NULL);
    const Given *g = given_find(space, first);
    return g != NULL && g->kind != HOLE_VALUE && g->kind != HOLE_FIELD && g->text.n > 0 ? g : NULL;
}

static const Given *given_event(const Program *p, const Event *event) {
    for (const Space *s = p->here; s != NULL; s = s->outer)
        for (const Given *g = s->given; g != NULL; g = g->next)
            if (g->event == event && event != NULL)
                return g;
    return NULL;
}

bool event_given(const Program *p, const Event *event) {
    return given_event(p, event) != NULL;
}

Str field_given(const Program *p, const Event *event, Str name) {
    for (const Space *s = p->here; s != NULL; s = s->outer) {
        const Given *g = given_find(s, name), *of;
        if (g == NULL || g->kind != HOLE_FIELD)
            continue;
        of = given_find(s, g->hole->more);
        if (of != NULL && of->event == event && g->text.n > 0)
            return g->text;
    }
    return name;
}

/* Whether it is told at the use already what is wrong with a field: nothing is given for it, or the
 * event lacks what is given. */
static bool field_told(const Program *p, const Event *event, Str field) {
    for (const Space *s = p->here; s != NULL; s = s->outer) {
        for (const Node *hole = s->pattern == NULL ? NULL : s->pattern->a; hole != NULL;
             hole = hole->next)
            if (hole->op == HOLE_FIELD && str_eq(hole->text, field) &&
                given_find(s, hole->text) == NULL)
                return true;
        for (const Given *g = s->given; g != NULL; g = g->next) {
            const Given *of = g->kind == HOLE_FIELD ? given_find(s, g->hole->more) : NULL;
            if (of != NULL && of->event == event && str_eq(g->text, field))
                return true;
        }
    }
    return false;
}

bool say_field_needed(Program *p, Span at, const Event *event, Str field) {
    const Given *g = given_event(p, event);
    Source *source = &p->sources->files.at[at.file];
    if (g == NULL || source->pattern.n == 0)
        return false;
    if (field_told(p, event, field))
        return true;
    Place place = source_place(p->sources, at.file, at.from);
    Diag *diag =
        diag_add3(p->diags, DIAG_PATTERN_FIELD, g->arg->span, event->name, field, source->pattern);
    diag->args[3] = say(p, "%.*s:%u", STR_ARG(source->name), place.line);
    diag_other(diag, at);
    return true;
}

/* ---- filling in */

static const char *literal_words[][2] = {
    {"a number", "数"},     {"a percentage", "百分比"}, {"an amount of money", "金额"},
    {"a duration", "时长"}, {"a date", "日期"},         {"a time of day", "时刻"}};

static void blank_wrong(Program *p, Node *blank, bool told) {
    if (!told)
        diag_add2(p->diags, DIAG_PATTERN_BLANK, blank->span, blank->text,
                  say_both(p, literal_words[blank->op][0], literal_words[blank->op][1]));
    blank->kind = N_LIT; /* something that reads, so that nothing follows */
    blank->slot = UNIT_HOUR;
    blank->text = blank->op == LIT_TIME ? S("00:00") : S("1");
}

/* Puts a given value where the parameter stands; the place stays that of the parameter. */
static void node_give(Node *node, const Node *value) {
    Node was = *node;
    *node = *value;
    node->next = was.next;
    node->span = was.span;
    node->at = was.at;
}

/* Whether a parameter is declared to be what stands there: then a use that gives something else is
 * told so. */
static bool hole_fits(const Node *hole, int literal) {
    const Node *type = hole->a;
    if (hole->op != HOLE_VALUE || type == NULL)
        return false;
    switch (type->kind) {
    case N_TYPE_OF:
    case N_ERROR:
        return true;
    case N_TYPE_WORKING:
    case N_TYPE_DURATION_IN:
        return literal == LIT_DURATION;
    case N_TYPE_NAME:
        break;
    default:
        return false;
    }
    return literal == LIT_DURATION  ? type->op == TYPE_DURATION
           : literal == LIT_PERCENT ? type->op == TYPE_PERCENT
           : literal == LIT_TIME    ? type->op == TYPE_TIME
                                    : type->op == TYPE_INTEGER || type->op == TYPE_NUMBER;
}

static void blank_fill(Program *p, const Space *space, Node *blank) {
    const Given *g = given_find(space, blank->text);
    if (g != NULL && g->kind == HOLE_VALUE && g->arg != NULL && g->arg->kind == N_LIT &&
        g->arg->op == blank->op)
        node_give(blank, g->arg);
    else if (space == NULL || g == NULL || g->arg != NULL)
        blank_wrong(p, blank, g != NULL && hole_fits(g->hole, blank->op));
}

/* Several parties where one name of a list stands. */
static Node *parties_give(Program *p, Node *node, const Given *g) {
    Node *last = node, *next = node->next;
    Str name = node->text;
    uint32_t n = 0;
    for (const Node *party = g->arg; party != NULL; party = party->next, n++) {
        Node *copy = n == 0 ? node : new (p->arena, Node, 1);
        if (copy == NULL) {
            p->nomem = true;
            return last;
        }
        *copy = *node;
        copy->text = say(p, "%.*s#%u", STR_ARG(name), n);
        last->next = copy;
        last = copy;
    }
    last->next = next;
    return last;
}

/* grouped: it stands in a KPI, whose group's fields are names of their own. */
static void tree_fill(Program *p, const Space *space, Node *list, bool grouped);

/* How many must say yes, where that is given: as if it were written out. */
static void need_fill(const Space *space, Node *need) {
    const Given *g = need->c->kind == N_REF ? given_find(space, need->c->text) : NULL;
    const Node *literal = g != NULL && g->kind == HOLE_VALUE ? g->arg : NULL;
    if (literal == NULL || literal->kind != N_LIT ||
        (literal->op != LIT_NUMBER && literal->op != LIT_PERCENT))
        return;
    need->op = literal->op == LIT_PERCENT ? NEED_SHARE : NEED_COUNT;
    need->text = literal->text;
    need->c = NULL;
}

static Node *node_fill(Program *p, const Space *space, Node *node, bool grouped) {
    if (node->kind == N_BLANK) {
        blank_fill(p, space, node);
        return node;
    }
    if (node->d != NULL && node->d->kind == N_BLANK && node->kind != N_EVERY) {
        blank_fill(p, space, node->d);
        if (node->d->kind == N_LIT)
            node->text = node->d->text;
        node->d = NULL;
    }
    if (node->kind == N_NEED && node->op == NEED_GIVEN && node->c != NULL)
        need_fill(space, node);
    const Given *g = node->kind == N_REF ? given_find(space, node->text) : NULL;
    if (g != NULL && g->kind == HOLE_VALUE && g->arg != NULL)
        node_give(node, g->arg);
    else if (g != NULL && g->kind == HOLE_FIELD && grouped)
        node->text = g->text;
    else if (g != NULL && g->kind == HOLE_PARTIES && g->arg != NULL)
        return parties_give(p, node, g);
    else if (node->kind == N_KPI)
        for (Node *by = node->a; by != NULL; by = by->next)
            if ((g = given_find(space, by->text)) != NULL && g->kind == HOLE_FIELD)
                by->text = g->text;
    Node *kids[] = {node->a, node->b, node->c, node->d};
    for (size_t i = 0; i < 4; i++)
        tree_fill(p, space, kids[i], grouped || node->kind == N_KPI);
    return node;
}

/* space: NULL: a text that is no pattern, in which nothing is left open. */
static void tree_fill(Program *p, const Space *space, Node *list, bool grouped) {
    for (Node *node = list; node != NULL && !p->nomem; node = node->next)
        if (space != NULL || node->kind != N_PATTERN)
            node = node_fill(p, space, node, grouped);
}

void blanks_report(Program *p, Node *items) {
    tree_fill(p, NULL, items, false);
}

/* ---- finding a pattern */

static const Node *pattern_in(Program *p, const Space *home, Str name) {
    for (size_t i = 0; i < p->files.n; i++)
        for (const Node *item = p->homes.at[i] == home ? p->files.at[i] : NULL; item != NULL;
             item = item->next)
            if (item->kind == N_PATTERN &&
                (str_eq(item->text, name) || str_eq(name_alias(item->more), name)))
                return item;
    return NULL;
}

const Node *pattern_find(Program *p, const Space *here, const Node *use, const Space **home,
                         Str *tried) {
    for (*home = here; *home != NULL; *home = (*home)->outer) {
        const Node *own = pattern_in(p, *home, use->text);
        if (own != NULL)
            return own;
    }
    size_t n = use->text.n;
    while (n > 0 && use->text.p[n - 1] != '.')
        n--;
    if (n == 0)
        return NULL;
    Str above = {use->text.p, n - 1}, name = str_from(use->text, n);
    for (const Space *s = here; s != NULL && *home == NULL; s = s->outer)
        for (const Used *u = s->used; u != NULL; u = u->next)
            if (str_eq(u->as, above))
                *home = u->space;
    if (*home == NULL)
        *home = tried == NULL ? space_find(p, above) : module_get(p, above, use->span.file, tried);
    const Node *pattern = *home == NULL ? NULL : pattern_in(p, *home, name);
    if (pattern != NULL && pattern->secret)
        diag_other(diag_add2(p->diags, DIAG_PRIVATE_NAME, use->at, name, (*home)->name),
                   pattern->at);
    return pattern != NULL && pattern->secret ? NULL : pattern;
}

/* ---- a use */

static Str pattern_name(Program *p, const Space *home, const Node *pattern) {
    return name_full(p, home, pattern->text);
}

/* No pattern may put itself to use, by whatever way. */
static bool pattern_returns(Program *p, const Space *here, const Node *use, const Space *home,
                            const Node *pattern) {
    Str name = pattern_name(p, home, pattern), path = name;
    for (const Space *s = here; s != NULL; s = s->user) {
        if (s->pattern == NULL)
            continue;
        path =
            say(p, "%.*s -> %.*s", STR_ARG(pattern_name(p, s->outer, s->pattern)), STR_ARG(path));
        if (s->outer != home || !str_eq(s->pattern->text, pattern->text))
            continue;
        diag_add2(p->diags, DIAG_MODULE_CYCLE, use->at, name, path);
        return true;
    }
    return false;
}

static Str hole_words(Program *p, const Node *hole) {
    static const char *const words[][2] = {
        {"a value", "值"},      {"a field", "字段"}, {"an event", "事件"},    {"a role", "角色"},
        {"a team", "团队"},     {"a party", "主体"}, {"parties", "主体"},     {"a table", "决策表"},
        {"a calendar", "日历"}, {"a duty", "职责"},  {"an approval", "审批"}, {"a kpi", "指标"},
        {"an entity", "档案"}};
    if (hole->op == HOLE_FIELD && hole->a != NULL && hole->a->kind != N_ERROR)
        return say(p, "%.*s%.*s", STR_ARG(say_both(p, "a field that holds: ", "字段，类型为")),
                   STR_ARG(source_text(p->sources, hole->a->span)));
    return hole->op == HOLE_VALUE && hole->a != NULL && hole->a->kind != N_ERROR
               ? source_text(p->sources, hole->a->span)
               : say_both(p, words[hole->op][0], words[hole->op][1]);
}

static void given_add(Program *p, Space *space, Given given) {
    Given **end = &space->given;
    while (*end != NULL)
        end = &(*end)->next;
    *end = new (p->arena, Given, 1);
    if (*end == NULL)
        p->nomem = true;
    else
        **end = given;
}

static void say_given_kind(Program *p, const Given *g, Str is) {
    diag_other(diag_add3(p->diags, DIAG_PATTERN_KIND, g->arg->span, g->hole->text,
                         hole_words(p, g->hole), is),
               g->hole->span);
}

/* Gives one parameter what the use or its default says; false: nothing. */
static bool hole_give(Program *p, Space *space, const Node *hole, Node *arg, const Space *user) {
    Given g = {.name = hole->text, .kind = hole->op, .hole = hole, .arg = arg, .space = user};
    if (g.kind == HOLE_VALUE) {
        given_add(p, space, g);
        return true;
    }
    if (g.kind != HOLE_PARTIES && (!dotted_text(p, arg, &g.text) || arg->next != NULL)) {
        say_given_kind(p, &g, say_both(p, "one name is wanted", "这里要写一个名称"));
        return false;
    }
    if (g.kind == HOLE_FIELD) {
        const Given *outer = given_find(user, g.text);
        if (outer != NULL && outer->kind == HOLE_FIELD)
            g.text = outer->text;
    }
    given_add(p, space, g);
    uint32_t n = 0;
    for (Node *party = g.kind == HOLE_PARTIES ? arg : NULL; party != NULL; party = party->next) {
        Given one = {.name = say(p, "%.*s#%u", STR_ARG(hole->text), n++),
                     .kind = HOLE_PARTY,
                     .hole = hole,
                     .arg = party,
                     .space = user};
        if (!dotted_text(p, party, &one.text)) {
            say_given_kind(p, &one, say_both(p, "names are wanted", "这里要写名称"));
            return false;
        }
        given_add(p, space, one);
    }
    return true;
}

static bool hole_known(Program *p, const Node *pattern, Str full, const Node *init) {
    Str *names = new (p->arena, Str, node_count(pattern->a) + 1);
    size_t n = 0;
    if (names == NULL) {
        p->nomem = true;
        return false;
    }
    for (const Node *hole = pattern->a; hole != NULL; hole = hole->next) {
        if (str_eq(hole->text, init->text))
            return true;
        names[n++] = hole->text;
    }
    ptrdiff_t best = nearest(init->text, names, n);
    Str like = best < 0 ? (Str){NULL, 0} : names[best];
    Diag *diag = diag_add3(p->diags, DIAG_PATTERN_UNKNOWN, init->at, full, init->text, like);
    diag_like(diag, init->at, init->text, names, n, best);
    return false;
}

/* All that is given, against all that is wanted; false: something was said. */
static bool holes_give(Program *p, Space *space, const Node *pattern, const Node *use,
                       const Space *home) {
    Str full = pattern_name(p, home, pattern);
    bool good = true;
    for (const Node *init = use->a; init != NULL; init = init->next) {
        if (init->kind == N_ERROR || !hole_known(p, pattern, full, init)) {
            good = false;
            continue;
        }
        for (const Node *old = use->a; old != init; old = old->next)
            if (str_eq(old->text, init->text))
                diag_add2(p->diags, DIAG_DECLARED_TWICE, init->at, init->text, (Str){NULL, 0});
    }
    Str missing = {NULL, 0};
    for (const Node *hole = pattern->a; hole != NULL && !p->nomem; hole = hole->next) {
        const Node *init = use->a;
        if (hole->kind != N_HOLE)
            continue;
        while (init != NULL && !str_eq(init->text, hole->text))
            init = init->next;
        Node *arg = init != NULL ? init->a : hole->b;
        if (arg != NULL) {
            good = hole_give(p, space, hole, arg, init != NULL ? space->user : home) && good;
            continue;
        }
        Str one = say(p, "%.*s: %.*s", STR_ARG(hole->text), STR_ARG(hole_words(p, hole)));
        missing = missing.n == 0 ? one : say(p, "%.*s, %.*s", STR_ARG(missing), STR_ARG(one));
    }
    if (missing.n > 0 && good) /* else one that is not known may be meant for it */
        diag_other(diag_add2(p->diags, DIAG_PATTERN_NEEDS, use->at, full, missing), pattern->at);
    return good && missing.n == 0;
}

/* A copy of a tree that nobody has looked at yet, as if it stood in another source. */
static Node *tree_copy(Program *p, const Node *list, uint32_t file) {
    Node *first = NULL, **end = &first;
    for (; list != NULL; list = list->next) {
        Node *copy = new (p->arena, Node, 1);
        if (copy == NULL) {
            p->nomem = true;
            return first;
        }
        *copy = *list;
        copy->span.file = copy->at.file = file;
        copy->next = NULL;
        copy->a = tree_copy(p, list->a, file);
        copy->b = tree_copy(p, list->b, file);
        copy->c = tree_copy(p, list->c, file);
        copy->d = tree_copy(p, list->d, file);
        *end = copy;
        end = &copy->next;
    }
    return first;
}

/* A source of its own for a use; false: there are too many. */
static bool pattern_source(Program *p, const Node *pattern, const Node *use, Str as, Str full,
                           uint32_t *file) {
    Status status = source_use(p->sources, pattern->at.file, full, as, use->at, file);
    if (status == ERR_LIMIT)
        diag_add2(p->diags, DIAG_TOO_LARGE, use->at, say_both(p, "this policy", "本政策"),
                  say(p, "%d%.*s", LIMIT_SOURCES, STR_ARG(say_both(p, " sources", " 个源文件"))));
    p->nomem = p->nomem || status == ERR_NOMEM;
    return status == OK;
}

Space *pattern_use(Program *p, Space *here, const Node *use, const Node *pattern,
                   const Space *home) {
    if (pattern_returns(p, here, use, home, pattern))
        return NULL;
    Str as = use->more.n > 0 ? use->more : pattern->text, full = pattern_name(p, home, pattern);
    Str name = name_full(p, here, as);
    const Space *old = space_find(p, name);
    if (old != NULL) {
        Diag *diag = diag_add1(p->diags, DIAG_USED_TWICE, use->at, as);
        if (old->use != NULL)
            diag_other(diag, old->use->at);
        return NULL;
    }
    uint32_t file;
    if (p->pattern_uses >= LIMIT_PATTERN_USES) {
        if (p->pattern_uses++ == LIMIT_PATTERN_USES)
            diag_add2(p->diags, DIAG_TOO_LARGE, use->at, say_both(p, "this policy", "本政策"),
                      say(p, "%d%.*s", LIMIT_PATTERN_USES,
                          STR_ARG(say_both(p, " uses of patterns", " 次范式使用"))));
        return NULL;
    }
    p->pattern_uses++;
    if (!pattern_source(p, pattern, use, as, full, &file))
        return NULL;
    Node *again = tree_copy(p, pattern->c, file);
    Space *space = p->nomem ? NULL : space_new(p, name);
    if (space == NULL)
        return NULL;
    space->outer = home;
    space->user = here;
    space->use = use;
    space->pattern = pattern;
    space->file = file;
    if (holes_give(p, space, pattern, use, home))
        tree_fill(p, space, again, false);
    else
        p->sources->files.at[file].quiet = true;
    if (p->nomem || !vec_push(&p->files, again) || !vec_push(&p->homes, space)) {
        p->nomem = true;
        return NULL;
    }
    return space;
}

/* ---- whether what is given is of the kind that is wanted, once names are known */

static bool party_of_kind(const Party *party, int kind) {
    return kind == HOLE_TEAM   ? party->kind == PARTY_TEAM
           : kind == HOLE_ROLE ? party->kind != PARTY_TEAM && party->kind != PARTY_ROTATION
                               : true;
}

static Str party_words(Program *p, const Party *party) {
    bool team = party->kind == PARTY_TEAM;
    return say(p, "%.*s%.*s", STR_ARG(party->name),
               STR_ARG(team                            ? say_both(p, " is a team", " 是团队")
                       : party->kind == PARTY_ROTATION ? say_both(p, " is a rotation", " 是轮值")
                                                       : say_both(p, " is a role", " 是角色")));
}

static bool given_party(Program *p, const Given *g) {
    const Party *party = party_find(p, g->text);
    if (party == NULL) {
        Type want = type_plain(TY_PARTY);
        return expr_want(p, NULL, g->arg, &want).kind == TY_ERROR && false;
    }
    if (party_of_kind(party, g->kind))
        return true;
    say_given_kind(p, g, party_words(p, party));
    return false;
}

static bool given_named(Program *p, Given *g) {
    Node name = {.kind = N_NAME, .text = g->text, .span = g->arg->span, .at = g->arg->span};
    switch (g->kind) {
    case HOLE_EVENT:
        g->event = event_named(p, &name);
        return g->event != NULL;
    case HOLE_TABLE:
        if (decision_find(p, g->text) != NULL)
            return true;
        say_unknown(p, DIAG_NOT_CALLABLE, name.at, g->text, NULL, 0);
        return false;
    case HOLE_CALENDAR:
        if (calendar_find(p, g->text) != NULL)
            return true;
        say_unknown(p, DIAG_UNKNOWN_CALENDAR, name.at, g->text, NULL, 0);
        return false;
    case HOLE_ENTITY:
        if (entity_find(p, g->text) != NULL)
            return true;
        say_unknown(p, DIAG_NOT_CALLABLE, name.at, g->text, NULL, 0);
        return false;
    default:
        break;
    }
    DeclKind kind = g->kind == HOLE_DUTY       ? DECL_DUTY
                    : g->kind == HOLE_APPROVAL ? DECL_APPROVAL
                                               : DECL_KPI;
    bool there = kind == DECL_DUTY       ? duty_find(p, g->text) != NULL
                 : kind == DECL_APPROVAL ? approval_find(p, g->text) != NULL
                                         : kpi_find(p, g->text) != NULL;
    if (!there)
        (void)say_no_declaration(p, kind, name.at, g->text);
    return there;
}

/* A field is one of the event that another parameter gives. */
static bool given_is_field(Program *p, const Space *space, const Given *g) {
    const Given *of = given_find(space, g->hole->more);
    if (of == NULL && p->sources->files.at[space->file].quiet)
        return false; /* it is not given, which was said */
    if (of == NULL || of->kind != HOLE_EVENT) {
        diag_add3(p->diags, DIAG_PATTERN_UNKNOWN, g->hole->at,
                  pattern_name(p, space->outer, space->pattern), g->hole->more, (Str){NULL, 0});
        return false;
    }
    if (of->event == NULL)
        return false;
    int n = field_find(of->event->fields, of->event->field_count, g->text);
    if (n < 0) {
        say_unknown_field(p, g->arg->span, of->event->name, of->event->fields,
                          of->event->field_count, g->text);
        return false;
    }
    if (g->hole->a == NULL)
        return true;
    space_enter(p, space->outer);
    Type want = type_read(p, g->hole->a), is = of->event->fields[n].type;
    want.bounded = false;
    if (want.kind == TY_ERROR || is.kind == TY_ERROR)
        return false;
    if (type_fits(&is, &want) && (want.optional || !is.optional))
        return true;
    say_given_kind(p, g,
                   say(p, "%.*s%.*s%.*s", STR_ARG(g->text),
                       STR_ARG(say_both(p, " holds: ", " 的类型为")), STR_ARG(type_text(p, &is))));
    return false;
}

static bool given_value(Program *p, const Space *space, const Given *g) {
    space_enter(p, space->outer);
    Type want = type_read(p, g->hole->a);
    space_enter(p, g->space);
    Value v;
    if (g->arg->next != NULL) {
        say_given_kind(p, g, say_both(p, "one value is wanted", "这里要写一个值"));
        return false;
    }
    return want.kind != TY_ERROR && expr_constant(p, g->arg, &want, DIAG_BAD_CELL, &v);
}

static bool given_check(Program *p, const Space *space, Given *g) {
    space_enter(p, g->space);
    switch (g->kind) {
    case HOLE_VALUE:
        return given_value(p, space, g);
    case HOLE_FIELD:
        return given_is_field(p, space, g);
    case HOLE_ROLE:
    case HOLE_TEAM:
    case HOLE_PARTY:
        return given_party(p, g);
    case HOLE_PARTIES:
        return true; /* each of them is given by itself */
    default:
        return given_named(p, g);
    }
}

void patterns_check(Program *p) {
    for (size_t i = 0; i < p->spaces.n && !p->nomem; i++) {
        const Space *space = p->spaces.at[i];
        bool good = true;
        for (Given *g = space->given; g != NULL; g = g->next)
            good = given_check(p, space, g) && good;
        if (!good)
            p->sources->files.at[space->file].quiet = true;
    }
    space_enter(p, NULL);
}
