/* check: conditions that can never hold, as constants alone show it: `x above 5 and x below 3`, a
 * value outside its field's range, what the condition around it excludes. What cannot be told so is
 * taken to be possible. */
#include "engine/check/check_int.h"

#include "engine/base/limits.h"
#include "engine/syntax/marks.h"

/* What one part of a condition says of an expression: how it compares with a constant. A condition
 * that is no comparison is compared with yes. */
typedef struct Fact {
    const Node *said; /* the part */
    const Node *on;
    int op;       /* MARK_* */
    bool absence; /* `v` is whether there is no value */
    bool negated; /* what holds is that the part does not */
    Value v;
} Fact;

enum { FACTS = 48, CHOICES = 8, SPLITS = 6 };

/* All that holds at once. Where there is no room for a part, it is taken to be possible. */
typedef struct Facts {
    Program *p;
    Fact at[FACTS];
    uint32_t count;
    struct {
        const Node *node;
        bool negated;
    } choices[CHOICES]; /* of two parts one holds */
    uint32_t choice_count;
} Facts;

/* A condition around another one: `negated` where what is looked at stands behind `else`. */
typedef struct Known {
    const Node *cond;
    bool negated;
    const struct Known *outer;
} Known;

/* Two parts that exclude each other; `first` is NULL where the second alone never holds. */
typedef struct Clash {
    const Fact *first, *second;
    Fact kept[2];
    Str why;
} Clash;

/* ---- one part */

static bool constant_of(Program *p, const Node *node, Value *out) {
    if (node->kind == N_LIT && node->bind == BIND_CONST)
        return literal_value(p, node, out);
    if (node->bind == BIND_PARTY) {
        *out = value_of(V_PARTY, ((const Party *)node->means)->number);
        return true;
    }
    if (node->bind == BIND_MEMBER) {
        *out = value_of(V_ENUM, node->slot);
        out->n = ((const Enum *)node->means)->number;
        return true;
    }
    return false;
}

static int mirrored(int op) {
    return op == MARK_LT   ? MARK_GT
           : op == MARK_LE ? MARK_GE
           : op == MARK_GT ? MARK_LT
           : op == MARK_GE ? MARK_LE
                           : op;
}

static int opposite(int op) {
    return op == MARK_LT   ? MARK_GE
           : op == MARK_LE ? MARK_GT
           : op == MARK_GT ? MARK_LE
           : op == MARK_GE ? MARK_LT
           : op == MARK_EQ ? MARK_NE
                           : MARK_EQ;
}

static bool is_comparison(const Node *node) {
    return node->kind == N_BINARY && node->bind != BIND_MEASURE && node->bind != BIND_AMONG &&
           (node->op == MARK_EQ || node->op == MARK_NE || node->op == MARK_LT ||
            node->op == MARK_LE || node->op == MARK_GT || node->op == MARK_GE);
}

/* Of a flag `= no` and `<> yes` say the same. Of a whole number `above 5` says `at least 6`. */
static void fact_plain(Fact *f) {
    if (f->v.kind == V_FLAG && f->op == MARK_NE) {
        f->op = MARK_EQ;
        f->v.i = !f->v.i;
    }
    bool whole = f->v.kind == V_INT && type_of(f->on)->kind == TY_INTEGER;
    if (whole && f->op == MARK_GT && f->v.i < INT64_MAX) {
        f->op = MARK_GE;
        f->v.i++;
    } else if (whole && f->op == MARK_LT && f->v.i > INT64_MIN) {
        f->op = MARK_LE;
        f->v.i--;
    }
}

static Fact fact_of(Program *p, const Node *node, bool negated) {
    Fact f = {
        .said = node, .on = node, .op = MARK_EQ, .negated = negated, .v = value_flag(!negated)};
    if (node->kind == N_IS_ABSENT) {
        f.on = node->a;
        f.absence = true;
        f.v = value_flag((node->flag == 0) != negated);
    } else if (is_comparison(node)) {
        bool left = constant_of(p, node->a, &f.v), right = !left && constant_of(p, node->b, &f.v);
        if (left || right) {
            f.on = left ? node->b : node->a;
            f.op = left ? mirrored(node->op) : node->op;
            f.op = negated ? opposite(f.op) : f.op;
        }
    }
    fact_plain(&f);
    return f;
}

/* ---- two parts */

static bool is_number(Value v) {
    return v.kind == V_INT || v.kind == V_DEC;
}

static bool alike(Value a, Value b) {
    if (is_number(a) && is_number(b))
        return true;
    if (a.kind != b.kind)
        return false;
    switch (a.kind) {
    case V_MONEY:
    case V_ENUM:
        return a.n == b.n;
    case V_DURATION:
    case V_PARTY:
        return a.aux == b.aux;
    default:
        return a.kind < V_LIST;
    }
}

static int compared(Value a, Value b) {
    return is_number(a) ? dec_cmp(value_to_dec(a), value_to_dec(b)) : value_cmp(a, b);
}

/* Whether no value is on both sides: at most, or below, `f`, and at least, or above, `g`. */
static bool apart(const Fact *f, const Fact *g) {
    bool upper = f->op == MARK_LT || f->op == MARK_LE || f->op == MARK_EQ,
         lower = g->op == MARK_GT || g->op == MARK_GE || g->op == MARK_EQ;
    if (!upper || !lower)
        return false;
    int order = compared(f->v, g->v);
    return order < 0 || (order == 0 && (f->op == MARK_LT || g->op == MARK_GT));
}

static bool excludes(const Fact *f, const Fact *g) {
    if (f->absence != g->absence || !expr_same(f->on, g->on) || !alike(f->v, g->v))
        return false;
    if (f->op == MARK_EQ && g->op == MARK_EQ)
        return is_number(f->v) ? compared(f->v, g->v) != 0 : !value_eq(f->v, g->v);
    if (f->op == MARK_NE || g->op == MARK_NE) {
        bool equal = is_number(f->v) ? compared(f->v, g->v) == 0 : value_eq(f->v, g->v);
        return equal && (f->op == MARK_EQ || g->op == MARK_EQ);
    }
    return apart(f, g) || apart(g, f);
}

/* Where the range of a field of an event begins and ends; false: it has none. */
static bool range_of(const Fact *f, Value *lo, Value *hi) {
    const Type *t = type_of(f->on);
    *lo = *hi = f->v;
    if (f->on->kind != N_FIELD || f->on->bind != BIND_FIELD || !t->bounded || f->absence)
        return false;
    if (is_number(f->v))
        lo->kind = hi->kind = V_DEC;
    else if (f->v.kind != V_PERCENT && f->v.kind != V_MONEY)
        return false;
    lo->i = t->lo.coef;
    lo->scale = t->lo.scale;
    hi->i = t->hi.coef;
    hi->scale = t->hi.scale;
    return true;
}

/* Whether a part that compares a field with a constant lies outside the range of that field. */
static bool outside(const Fact *f) {
    Value lo, hi;
    if (!range_of(f, &lo, &hi))
        return false;
    Fact least = {.op = MARK_GE, .v = lo}, most = {.op = MARK_LE, .v = hi};
    return apart(f, &least) || apart(&most, f);
}

/* Whether a part compares an expression with itself so that it cannot hold. */
static bool with_itself(const Fact *f) {
    const Node *node = f->said;
    bool yes = f->op == MARK_EQ && f->v.kind == V_FLAG && f->v.i != 0;
    return f->on == node && yes && is_comparison(node) &&
           (node->op == MARK_NE || node->op == MARK_LT || node->op == MARK_GT) &&
           expr_same(node->a, node->b);
}

static Str quoted(Program *p, const Node *node) {
    return say_quoted(p, source_text(p->sources, node->span));
}

static Str fact_text(Program *p, const Fact *f) {
    Str said = quoted(p, f->said);
    return f->negated ? say(p, "%.*s%.*s", STR_ARG(say_both(p, "not ", "非 ")), STR_ARG(said))
                      : said;
}

/* "`it.severity` is 1..5". */
static Str range_text(Program *p, const Fact *f) {
    Value lo, hi;
    Buf text = {0};
    (void)range_of(f, &lo, &hi);
    put_literal(p, &text, lo);
    put_text(&text, S(".."));
    if (dec_cmp(value_to_dec(hi), DEC_NO_END) != 0)
        put_literal(p, &text, hi);
    Str out = say(p, "%.*s%.*s%.*s", STR_ARG(quoted(p, f->on)),
                  STR_ARG(say_both(p, " is ", " 的范围是 ")), STR_ARG(buf_str(&text)));
    p->nomem = p->nomem || text.failed;
    buf_free(&text);
    return out;
}

/* Whether a part never holds beside those that there are: *out says why. */
static bool fact_clashes(const Facts *facts, const Fact *f, Clash *out) {
    Program *p = facts->p;
    for (uint32_t i = 0; i < facts->count; i++)
        if (excludes(&facts->at[i], f)) {
            *out = (Clash){.kept = {facts->at[i], *f}};
            out->first = &out->kept[0];
            out->second = &out->kept[1];
            return true;
        }
    if (!outside(f) && !with_itself(f))
        return false;
    *out = (Clash){.kept = {{0}, *f}};
    out->second = &out->kept[1];
    out->why = outside(f) ? range_text(p, f) : say_both(p, "both sides are the same", "两侧相同");
    return true;
}

/* ---- a whole condition */

/* Adds what a condition says; true: it never holds beside what is there. */
static bool add(Facts *facts, const Node *node, bool negated, Clash *out) {
    if (node->kind == N_UNARY && node->op != MARK_MINUS)
        return add(facts, node->a, !negated, out);
    bool joins = node->kind == N_BINARY && (node->op == MARK_AND || node->op == MARK_OR);
    if (joins && (node->op == MARK_AND) != negated)
        return add(facts, node->a, negated, out) || add(facts, node->b, negated, out);
    if (joins) {
        if (facts->choice_count < CHOICES) {
            facts->choices[facts->choice_count].node = node;
            facts->choices[facts->choice_count++].negated = negated;
        }
        return false;
    }
    Fact f = fact_of(facts->p, node, negated);
    if (fact_clashes(facts, &f, out))
        return true;
    if (facts->count < FACTS)
        facts->at[facts->count++] = f;
    return false;
}

/* Whether none of the two parts of some choice can hold. */
static bool choices_clash(const Facts *facts, uint32_t depth, Clash *out) {
    for (uint32_t i = 0; i < facts->choice_count && depth < SPLITS; i++) {
        const Node *node = facts->choices[i].node, *ways[] = {node->a, node->b};
        bool none = true;
        for (int k = 0; k < 2 && none; k++) {
            Facts one = *facts;
            one.choices[i] = one.choices[--one.choice_count];
            none = add(&one, ways[k], facts->choices[i].negated, out) ||
                   choices_clash(&one, depth + 1, out);
        }
        if (!none)
            continue;
        *out = (Clash){.kept = {{0}, {.said = node}},
                       .why = say_both(facts->p, "none of its cases can hold here",
                                       "它的各种情形在此都不成立")};
        out->second = &out->kept[1];
        return true;
    }
    return false;
}

static bool known_add(Facts *facts, const Known *known, Clash *out) {
    return known != NULL &&
           (known_add(facts, known->outer, out) || add(facts, known->cond, known->negated, out));
}

static bool lies_in(const Node *part, const Node *whole) {
    return part->span.file == whole->span.file && part->span.from >= whole->span.from &&
           part->span.to <= whole->span.to;
}

static void say_never(Program *p, const Node *cond, const Clash *clash) {
    const Node *at = lies_in(clash->second->said, cond) ? clash->second->said : cond;
    Str why = clash->why;
    if (clash->first != NULL)
        why = say(p, "%.*s%.*s%.*s", STR_ARG(fact_text(p, clash->first)),
                  STR_ARG(say_both(p, " excludes ", " 排除了 ")),
                  STR_ARG(fact_text(p, clash->second)));
    Diag *diag = diag_add1(p->diags, DIAG_NEVER_HOLDS, at->span, why);
    if (clash->first != NULL)
        diag_other(diag, clash->first->said->span);
}

/* Says so if a condition never holds where what is known does; true: it does not. */
static bool condition(Program *p, const Node *cond, const Known *known) {
    Facts facts = {.p = p};
    Clash clash = {0};
    if (cond == NULL || cond->kind == N_ERROR || known_add(&facts, known, &clash))
        return false;
    if (!add(&facts, cond, false, &clash) && !choices_clash(&facts, 0, &clash))
        return false;
    say_never(p, cond, &clash);
    return true;
}

/* ---- where conditions stand */

static void walk(Program *p, const Node *list, const Known *known);

static void walk_below(Program *p, const Node *node, const Known *known) {
    walk(p, node->a, known);
    walk(p, node->b, known);
    walk(p, node->c, known);
    walk(p, node->d, known);
}

/* Whether what it looks at stays as it was when a duty was raised: the event and what is let. */
static bool stays(const Node *node) {
    if (node == NULL)
        return true;
    switch ((int)node->kind) {
    case N_BINARY:
    case N_UNARY:
    case N_FIELD:
    case N_IS_ABSENT:
    case N_REF:
    case N_IT:
    case N_LIT:
        return node->bind != BIND_MEASURE && node->bind != BIND_MEMBERS && stays(node->a) &&
               stays(node->b);
    default:
        return false;
    }
}

/* A declaration that an event sets off. What a rule does is done at once; what a duty or an
 * approval does may come much later. */
static void walk_triggered(Program *p, const Node *node) {
    const Node *where = node->b != NULL && node->b->kind == N_ON ? node->b->b : NULL;
    Known known = {.cond = where};
    bool never = condition(p, where, NULL), counts = where != NULL && !never;
    if (where != NULL)
        walk(p, where, NULL);
    else
        walk(p, node->b, NULL);
    counts = counts && (node->kind == N_RULE || stays(where));
    walk(p, node->c, counts ? &known : NULL);
}

/* Two conditions that must hold at once, the first around the second. */
static void walk_both(Program *p, const Node *first, const Node *second, const Known *known) {
    Known around = {.cond = first, .outer = known};
    bool never = condition(p, first, known);
    (void)condition(p, second, first == NULL || never ? known : &around);
    walk(p, first, NULL);
    walk(p, second, NULL);
}

static void walk_case(Program *p, const Node *node, const Known *known) {
    Known holds = {.cond = node->a, .outer = known},
          not = {.cond = node->a, .negated = true, .outer = known};
    bool never = condition(p, node->a, known);
    walk(p, node->a, NULL);
    walk(p, node->c, never ? known : &holds);
    walk(p, node->d, never ? known : &not );
}

static void walk_stage(Program *p, const Node *node, const Known *known) {
    Known around = {.cond = node->b, .outer = known};
    bool never = condition(p, node->b, known);
    walk(p, node->b, NULL);
    walk(p, node->a, node->b == NULL || never ? known : &around);
}

static void walk_one(Program *p, const Node *node, const Known *known) {
    switch ((int)node->kind) {
    case N_PATTERN: /* it is read where it is put to use */
    case N_TEST:
        return;
    case N_DUTY:
    case N_APPROVAL:
    case N_RULE:
        walk_triggered(p, node);
        return;
    case N_STAGE:
        walk_stage(p, node, known);
        return;
    case N_ACT:
        walk_both(p, node->b, node->d, known);
        return;
    case N_CASE:
        walk_case(p, node, known);
        return;
    case N_NEED:
        (void)condition(p, node->b, known);
        break;
    case N_IF:
        (void)condition(p, node->b, NULL);
        break;
    case N_SILENT:
        (void)condition(p, node->a, known);
        break;
    case N_FOR_EACH: /* of each item anew */
    case N_AGGREGATE:
    case N_CALL:
    case N_FED_WHEN:
        (void)condition(p, node->b, NULL);
        walk_below(p, node, NULL);
        return;
    default:
        break;
    }
    walk_below(p, node, known);
}

static void walk(Program *p, const Node *list, const Known *known) {
    for (; list != NULL && !p->nomem; list = list->next)
        walk_one(p, list, known);
}

void conditions_check(Program *p) {
    for (size_t i = 0; i < p->files.n && !p->nomem; i++)
        if (p->homes.at[i]->pattern == NULL)
            walk(p, p->files.at[i], NULL);
}
