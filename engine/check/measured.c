/* check: measures in conditions (language.md 24): the value of a KPI, `refund_rate(r.category)
 * above 5%`, and a measure of its own, `count(complaint.opened where it.customer = c.customer) over
 * 30 days`. The second is a KPI without a name or levels: what its condition compares with what is
 * at hand groups its series, the rest of the condition says which events give a sample. */
#include "engine/check/check_int.h"

#include "engine/base/limits.h"
#include "engine/syntax/format.h"
#include "engine/syntax/keyword.h"
#include "engine/syntax/marks.h"

static void say_not_here(Program *p, const Node *node) {
    diag_add2(
        p->diags, DIAG_NO_MEASURE_HERE, node->span, source_text(p->sources, node->at),
        say_both(p,
                 "rules, duties and approvals may ask, and what a KPI sets off; not a table, "
                 "a threshold, a test or what is measured itself",
                 "规则、职责、审批以及指标引发的动作可以询问；决策表、阈值、测试与度量本身不能"));
}

/* What a condition finds: absent where there may be nothing to measure. */
static Type measured_type(const KpiSym *kpi) {
    Type type = kpi->type;
    if (type.kind == TY_ERROR)
        return type;
    AggRow what = kpi->aggs[0].what;
    type.optional = kpi->ratio || kpi->samples > 0 || kpi->compare != COMPARE_NOTHING ||
                    (what != AGG_SUM && what != AGG_COUNT && what != AGG_DISTINCT);
    if (kpi->ratio)
        type = (Type){.kind = TY_QUOTIENT, .optional = true, .of = kpi};
    return type;
}

/* ---- the value of a KPI */

bool asks_kpi(Program *p, const Node *node) {
    return node->kind == N_CALL && (node->flag != 0 || decision_find(p, node->text) == NULL) &&
           kpi_find(p, node->text) != NULL;
}

Type kpi_value_check(Program *p, const Scope *scope, Node *node) {
    KpiSym *kpi = kpi_find(p, node->text);
    size_t given = node_count(node->a);
    if (kpi == NULL) {
        (void)say_no_declaration(p, DECL_KPI, node->at, node->text);
    } else if (node->flag != 0 && !str_eq(node->more, keyword_of(TK_VALUE, -1, false)) &&
               !str_eq(node->more, keyword_of(TK_VALUE, -1, true))) {
        diag_add2(p->diags, DIAG_UNKNOWN_FIELD, node->span, kpi->name, node->more);
        kpi = NULL;
    } else if (p->asks_nothing || !kpi->read) {
        say_not_here(p, node);
        kpi = NULL;
    } else if (given != kpi->by_count) {
        diag_add3(p->diags, DIAG_ARGUMENT_COUNT, node->span, kpi->name,
                  say_number(p, kpi->by_count, " argument", " arguments", " 个参数"),
                  say_count(p, given));
        kpi = NULL;
    }
    uint32_t i = 0;
    for (Node *arg = node->a; arg != NULL; arg = arg->next, i++)
        expr_want(p, scope, arg, kpi == NULL ? NULL : &kpi->by[i].type);
    if (kpi == NULL)
        return type_error();
    node->bind = BIND_MEASURE;
    node->means = kpi;
    return measured_type(kpi);
}

/* ---- a measure of its own */

/* A condition in the making: what groups the series, and which events count. */
typedef struct Parts {
    Program *p;
    KpiSym *kpi;
    NodeList keys; /* what is at hand, in the order of kpi->by */
    Node *filter;
    bool good;
} Parts;

static bool is_field_of_it(const Node *node) {
    return node->kind == N_FIELD && node->bind == BIND_FIELD && node->a->bind == BIND_IT;
}

/* it.FIELD = what is at hand: the field groups. */
static bool part_groups(Parts *parts, Node *field, Node *other) {
    Uses uses = uses_here(other);
    KpiSym *kpi = parts->kpi;
    if (!is_field_of_it(field) || uses.it || !uses.at_hand || kpi->by_count == LIMIT_FIELDS)
        return false;
    for (uint32_t i = 0; i < kpi->by_count; i++)
        if (str_eq(kpi->by[i].name, field->text))
            return false; /* a second value of it: no series has both */
    Type want = *type_of(field);
    if (!type_fits(type_of(other), &want)) {
        say_wrong_type(parts->p, other, type_of(other), &want);
        parts->good = false;
        return true;
    }
    kpi->by[kpi->by_count++] = (Field){.name = field->text, .at = field->span};
    if (parts->keys.first == NULL)
        parts->keys.first = other;
    else
        parts->keys.last->next = other;
    parts->keys.last = other;
    return true;
}

static void part_filters(Parts *parts, Node *cond, const Node *like) {
    if (parts->filter == NULL) {
        parts->filter = cond;
        return;
    }
    Node *both = new (parts->p->arena, Node, 1);
    if (both == NULL) {
        parts->p->nomem = true;
        return;
    }
    *both = *like;
    both->next = NULL;
    both->a = parts->filter;
    both->b = cond;
    parts->filter = both;
}

static void part_sort(Parts *parts, Node *cond, const Node *like) {
    if (cond->kind == N_BINARY && cond->op == MARK_AND) {
        part_sort(parts, cond->a, like == NULL ? cond : like);
        part_sort(parts, cond->b, like == NULL ? cond : like);
        return;
    }
    if (cond->kind == N_BINARY && cond->op == MARK_EQ &&
        (part_groups(parts, cond->a, cond->b) || part_groups(parts, cond->b, cond->a)))
        return;
    if (!uses_here(cond).at_hand) {
        part_filters(parts, cond, like);
        return;
    }
    diag_add1(parts->p->diags, DIAG_MEASURE_KEY, cond->span,
              source_text(parts->p->sources, cond->span));
    parts->good = false;
}

/* The event of EVENT or EVENT.FIELD, written as an expression: a name for the measure. */
static Node *measured_name(Program *p, const Node *of) {
    Str text;
    Node *name = new (p->arena, Node, 1);
    if (name == NULL) {
        p->nomem = true;
        return NULL;
    }
    if (!dotted_text(p, of, &text)) {
        diag_add2(p->diags, DIAG_UNEXPECTED, of->span, source_text(p->sources, of->span),
                  say_both(p, "an event, or one of its fields", "事件或其字段"));
        return NULL;
    }
    *name = (Node){.kind = N_NAME, .text = text, .span = of->span, .at = of->span};
    return name;
}

/* An aggregate as KPIs have it: what it takes by name, a percentile's number before it. */
static Node *aggregate_named(Program *p, const Node *from) {
    size_t n = node_count(from->a);
    Node *agg = new (p->arena, Node, 1);
    if (agg == NULL) {
        p->nomem = true;
        return NULL;
    }
    *agg = *from;
    agg->b = agg->next = NULL;
    agg->c = n == 2 ? from->a : NULL;
    if (n == 0 || n > 2) {
        diag_add3(p->diags, DIAG_ARGUMENT_COUNT, from->span, source_text(p->sources, from->at),
                  say_number(p, 1, " argument", " arguments", " 个参数"), say_count(p, n));
        return NULL;
    }
    agg->a = measured_name(p, n == 2 ? from->a->next : from->a);
    return agg->a == NULL ? NULL : agg;
}

/* ---- a measure's text, whatever language its keywords are in */

/* The words of a file, with keywords in English. */
typedef struct InEnglish {
    Str *words;
    uint32_t *from; /* of each its first byte */
    uint32_t n;
} InEnglish;

static Status english_of(Program *p, Speller *speller, uint32_t file, InEnglish *out) {
    Shaped of = {0};
    Str *words = NULL;
    Status status = format_words(p->sources, file, p->arena, speller, &of, &words);
    uint32_t n = status == OK ? (uint32_t)of.pieces.n : 0;
    out->from = new (p->arena, uint32_t, n + 1);
    if (status == OK && out->from == NULL)
        status = ERR_NOMEM;
    for (uint32_t i = 0; status == OK && i < n; i++)
        out->from[i] = of.pieces.at[i].from;
    out->words = words;
    out->n = status == OK ? n : 0;
    shape_free(&of);
    return status == ERR_LIMIT ? OK : status; /* a text with mistakes is left as it stands */
}

static Status english_all(Program *p) {
    Speller speller;
    size_t files = p->sources->files.n;
    InEnglish *all = new (p->arena, InEnglish, files + 1);
    if (all == NULL)
        return ERR_NOMEM;
    Status status = speller_init(&speller, p->arena, SPELL_ENGLISH);
    for (uint32_t i = 0; status == OK && i < files; i++)
        if (!p->sources->files.at[i].data)
            status = format_names(p->sources, i, p->arena, &speller);
    speller_ready(&speller);
    for (uint32_t i = 0; status == OK && i < files; i++)
        if (!p->sources->files.at[i].data)
            status = english_of(p, &speller, i, &all[i]);
    speller_free(&speller);
    p->in_english = all;
    return status;
}

static bool is_ascii(Str s) {
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

/* A stretch of text with its keywords in English, one blank between its words: so that a policy in
 * the other language has the same measures. */
static Str text_in_english(Program *p, Span span) {
    Str text = source_text(p->sources, span), all = {NULL, 0};
    if (is_ascii(text))
        return text;
    if (p->in_english == NULL && english_all(p) != OK) {
        p->nomem = true;
        return text;
    }
    const InEnglish *file = &p->in_english[span.file];
    for (uint32_t i = 0; i < file->n && file->from[i] < span.to; i++)
        if (file->from[i] >= span.from)
            all = say(p, "%.*s%s%.*s", STR_ARG(all), all.n > 0 ? " " : "", STR_ARG(file->words[i]));
    return all.n > 0 ? all : text;
}

/* What names the series of such a measure: what it is, whatever the condition compares it with, so
 * that the same measure in two conditions is one. */
static Str measured_called(Program *p, const KpiSym *kpi, const Node *filter, const Node *window,
                           const Node *compare) {
    Str by = {NULL, 0}, where = {NULL, 0};
    for (uint32_t i = 0; i < kpi->by_count; i++)
        by = say(p, "%.*s%s%.*s", STR_ARG(by), i == 0 ? ".by." : ",", STR_ARG(kpi->by[i].name));
    if (filter != NULL)
        where = say(p, ".where.%.*s", STR_ARG(text_in_english(p, filter->span)));
    const AggSym *agg = &kpi->aggs[0];
    Str of = agg->event->name;
    if (agg->field >= 0)
        of = say(p, "%.*s.%.*s", STR_ARG(of), STR_ARG(agg->event->fields[agg->field].name));
    if (agg->what == AGG_PERCENTILE) {
        Buf share = {0};
        dec_put(&share, agg->share);
        of = say(p, "%.*s,%.*s", STR_ARG(buf_str(&share)), STR_ARG(of));
        buf_free(&share);
    }
    if (p->here != NULL && (filter != NULL || p->here->use != NULL) &&
        p->here->name.n > 0) /* names mean others elsewhere */
        where = say(p, "%.*s.in.%.*s", STR_ARG(where), STR_ARG(p->here->name));
    Str name =
        say(p, "%.*s(%.*s)%.*s%.*s.%.*s", STR_ARG(keyword_of(TK_AGG, (int)agg->what, false)),
            STR_ARG(of), STR_ARG(by), STR_ARG(where), STR_ARG(text_in_english(p, window->span)));
    if (compare != NULL)
        name = say(p, "%.*s.%.*s", STR_ARG(name), STR_ARG(text_in_english(p, compare->span)));
    char *plain = (char *)(uintptr_t)name.p;
    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)plain[i] <= 0x20 || plain[i] == '"' || plain[i] == '\\')
            plain[i] = '_';
    return name;
}

/* The measure itself, or the same one of another condition. */
static KpiSym *measured_declare(Program *p, KpiSym *kpi) {
    for (size_t i = 0; i < p->kpis.n; i++)
        if (p->kpis.at[i]->nameless && str_eq(p->kpis.at[i]->name, kpi->name))
            return p->kpis.at[i];
    kpi->number = (uint32_t)p->kpis.n;
    if (!vec_push(&p->kpis, kpi) || !vec_push(&p->decls, ((Decl){DECL_KPI, kpi->number})))
        p->nomem = true;
    return kpi;
}

static bool measured_parts(Program *p, const Scope *scope, KpiSym *kpi, const Node *where,
                           Parts *parts) {
    kpi->by = new (p->arena, Field, LIMIT_FIELDS);
    if (kpi->by == NULL) {
        p->nomem = true;
        return false;
    }
    *parts = (Parts){.p = p, .kpi = kpi, .good = true};
    if (where == NULL)
        return true;
    Scope inner = scope == NULL ? (Scope){0} : *scope;
    inner.it = kpi->aggs[0].event;
    uint32_t before = p->diags->errors;
    Node *cond = (Node *)(uintptr_t)where;
    p->asks_nothing = true;
    expr_condition(p, &inner, cond);
    p->asks_nothing = false;
    if (p->diags->errors != before)
        return false;
    part_sort(parts, cond, NULL);
    return parts->good;
}

Type measured_check(Program *p, const Scope *scope, Node *node) {
    if (node->bind == BIND_MEASURE) /* of a list behind `in`: it is looked at more than once */
        return *type_of(node);
    if (p->asks_nothing) {
        say_not_here(p, node);
        return type_error();
    }
    KpiSym *kpi = new (p->arena, KpiSym, 1);
    const Node *where = node->a->b;
    Node *agg = aggregate_named(p, node->a);
    if (kpi == NULL || agg == NULL)
        return type_error();
    *kpi = (KpiSym){.dated = {INT64_MIN, INT64_MAX},
                    .nameless = true,
                    .read = true,
                    .node = node,
                    .at = node->at};
    Parts parts;
    Str field;
    kpi->aggs[0].event = event_of(p, agg->a->text, &field);
    if (kpi->aggs[0].event == NULL) {
        (void)event_named(p, agg->a);
        return type_error();
    }
    if (kpi->aggs[0].event->entity != NULL) {
        diag_add2(p->diags, DIAG_WINDOW_OF_NOW, node->c->span,
                  source_text(p->sources, node->c->span), kpi->aggs[0].event->name);
        return type_error();
    }
    bool good = measured_parts(p, scope, kpi, where, &parts);
    uint32_t before = p->diags->errors;
    good = agg_check(p, kpi, agg) && good;
    window_check(p, kpi, node->c);
    if (!good || p->diags->errors != before)
        return type_error();
    kpi->aggs[0].where = parts.filter;
    measure_type(p, kpi, agg);
    compare_check(p, kpi, node->d);
    if (p->diags->errors != before)
        return type_error();
    kpi->name = measured_called(p, kpi, parts.filter, node->c, node->d);
    node->a = parts.keys.first;
    node->c = node->d = NULL;
    node->bind = BIND_MEASURE;
    node->means = measured_declare(p, kpi);
    return measured_type(kpi);
}

/* ---- what is done with it */

bool is_measure(Program *p, const Node *node) {
    return node->kind == N_MEASURED || asks_kpi(p, node);
}

Type measured_compare(Program *p, const Scope *scope, Node *node) {
    bool right = !is_measure(p, node->a);
    Node *measure = right ? node->b : node->a, *other = right ? node->a : node->b;
    Type is = expr_check(p, scope, measure, NULL);
    if (is.kind == TY_ERROR) {
        expr_check(p, scope, other, NULL);
        return type_error();
    }
    const KpiSym *kpi = measure->means;
    Type want = kpi->type, given = expr_operand(p, scope, other, NULL);
    bool numbers = plain_number(&want) && plain_number(&given);
    if (given.kind == TY_ERROR)
        return type_error();
    if (!(numbers && (kpi->ratio || given.kind != TY_PERCENT || want.kind == TY_PERCENT)) &&
        !type_same(&want, &given)) {
        say_wrong_type(p, other, &given, &want);
        return type_error();
    }
    node->bind = BIND_MEASURE;
    node->flag = right;
    return type_plain(TY_FLAG);
}

Type measured_rounded(Program *p, Node *node, Type type) {
    const KpiSym *kpi = node->a->means;
    Type of = kpi->type;
    if (of.kind == TY_INTEGER)
        of = type_plain(TY_NUMBER);
    if (of.kind != TY_NUMBER && of.kind != TY_MONEY) {
        Type number = type_plain(TY_NUMBER);
        say_wrong_type(p, node->a, &type, &number);
        return type_error();
    }
    of.bounded = false;
    of.optional = true;
    return of;
}
