/* check: KPIs: what they measure, over which window, the levels, and what happens at them. */
#include "engine/check/check_int.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/syntax/keyword.h"
#include "engine/syntax/marks.h"

enum { DAY = 86400000 };

static void obliged_by(Program *p, const Node *actions) {
    for (const Node *a = actions; a != NULL; a = a->next) {
        DutySym *duty = a->kind == N_OBLIGE ? duty_find(p, a->text) : NULL;
        if (duty != NULL)
            duty->by_kpi = true;
        if (node_holds_actions(a)) {
            obliged_by(p, a->c);
            obliged_by(p, a->d);
        }
    }
}

/* Which duties a KPI obliges; before the duties' clauses are read, since their keys differ. */
void kpis_oblige(Program *p) {
    for (size_t i = 0; i < p->kpis.n; i++) {
        space_enter(p, p->kpis.at[i]->home);
        for (const Node *c = p->kpis.at[i]->node->c; c != NULL; c = c->next)
            if (c->kind == N_WHEN_LEVEL)
                obliged_by(p, c->a);
    }
}

/* ---- measures */

/* The entity of a name, or of the beginning of one behind which a field stands. */
static const Event *record_of_entity(Program *p, Str name, Str *field) {
    for (size_t n = name.n; n > 0; n--) {
        const Entity *entity =
            n < name.n && name.p[n] != '.' ? NULL : entity_find(p, (Str){name.p, n});
        if (entity == NULL)
            continue;
        *field = n == name.n ? (Str){NULL, 0} : str_from(name, n + 1);
        return entity_record(p, entity);
    }
    return NULL;
}

const Event *event_of(Program *p, Str name, Str *field) {
    for (size_t n = name.n; n > 0; n--) {
        if (n < name.n && name.p[n] != '.')
            continue;
        Event *event = event_find(p, (Str){name.p, n});
        if (event == NULL)
            continue;
        event->named = true;
        *field = n == name.n ? (Str){NULL, 0} : str_from(name, n + 1);
        return event;
    }
    for (size_t n = name.n; n > 0; n--) { /* duties that were fulfilled */
        const DutySym *duty =
            n < name.n && name.p[n] != '.' ? NULL : duty_find(p, (Str){name.p, n});
        if (duty == NULL)
            continue;
        *field = n == name.n ? (Str){NULL, 0} : str_from(name, n + 1);
        return duty_record(p, duty, true);
    }
    return record_of_entity(p, name, field);
}

static Str agg_text(Program *p, AggRow what) {
    static const char *const names[AGG_ROWS][2] = {
#define AGG(name, en, zh) [AGG_##name] = {en, zh},
#include "grammar/keywords.def"
    };
    return say_both(p, names[what][0], names[what][1]);
}

static bool can_add(const Type *type) {
    switch ((int)type->kind) {
    case TY_INTEGER:
    case TY_NUMBER:
    case TY_PERCENT:
    case TY_MONEY:
        return true;
    case TY_DURATION: /* of one family */
        return (type->families & (type->families - 1)) == 0;
    default:
        return false;
    }
}

/* Which percentile it is; others have no such number. */
static bool agg_share(Program *p, AggSym *agg, const Node *node) {
    bool takes = agg->what == AGG_PERCENTILE;
    Value v;
    if (!takes && node->c == NULL)
        return true;
    if (takes && node->c != NULL && literal_value(p, node->c, &v)) {
        agg->share = v.kind == V_INT ? dec_of_i64(v.i) : value_to_dec(v);
        if (agg->share.scale <= 6 && dec_sign(agg->share) > 0 &&
            dec_cmp(agg->share, dec_of_i64(100)) <= 0)
            return true;
    }
    const Node *at = node->c == NULL ? node->a : node->c;
    diag_add3(p->diags, DIAG_BAD_SAMPLE, at->span, agg_text(p, agg->what),
              source_text(p->sources, at->span),
              takes ? say_both(p, "say which, above 0 and up to 100: percentile(95, EVENT.FIELD)",
                               "请写明第几百分位，大于 0，不大于 100：百分位(95, 事件.字段)")
                    : say_both(p, "only percentile begins with a number", "只有百分位以数开头"));
    return false;
}

static bool agg_field(Program *p, AggSym *agg, const Node *name, Str field) {
    const Event *event = agg->event;
    if (agg->states != 0 && agg->what != AGG_COUNT) {
        diag_add3(p->diags, DIAG_BAD_SAMPLE, name->span, agg_text(p, agg->what),
                  say_both(p, "states of a duty", "职责的状态"),
                  say_both(p, "they can be counted: count(open duty NAME)",
                           "只能计数：计数(进行中 职责 名称)"));
        return false;
    }
    if (agg->what == AGG_COUNT) {
        agg->type = type_plain(TY_INTEGER);
        if (field.n == 0)
            return true;
        diag_add3(p->diags, DIAG_BAD_SAMPLE, name->span, agg_text(p, agg->what),
                  say_both(p, "a field", "字段"),
                  say_both(p, "name the event alone", "只写事件名"));
        return false;
    }
    if (field.n == 0) {
        diag_add3(p->diags, DIAG_BAD_SAMPLE, name->span, agg_text(p, agg->what),
                  event->entity != NULL ? say_both(p, "an entity", "档案")
                                        : say_both(p, "an event", "事件"),
                  event->entity != NULL
                      ? say_both(p, "name a field of it: ENTITY.FIELD", "请写出其字段：档案.字段")
                      : say_both(p, "name a field of it: EVENT.FIELD", "请写出其字段：事件.字段"));
        return false;
    }
    field = field_given(p, event, field);
    Str outer, inner;
    if (str_cut(field, '.', &outer, &inner) &&
        field_find(event->fields, event->field_count, outer) >= 0) {
        diag_add3(p->diags, DIAG_BAD_SAMPLE, name->span, agg_text(p, agg->what),
                  say_both(p, "a field of a record or of a list", "记录或列表的字段"),
                  say_both(p, "it takes fields of the event itself: emit an event that has it",
                           "它只用于事件自身的字段：请发出带有该字段的事件"));
        return false;
    }
    agg->field = field_find(event->fields, event->field_count, field);
    if (agg->field < 0) {
        Span at = name->span; /* of the field in `order.amuont`, as it was written */
        if (str_ends(source_text(p->sources, at), field))
            at.from = at.to - (uint32_t)field.n;
        if (!say_field_needed(p, name->span, event, field))
            say_unknown_field(p, at, event->name, event->fields, event->field_count, field);
        return false;
    }
    agg->type = event->fields[agg->field].type;
    if (event->duty != NULL && agg->field == RECORD_WORKED)
        need_calendar(p, name, &agg->type);
    agg->type.optional = false;
    agg->type.bounded = false;
    if (agg->what == AGG_DISTINCT && agg->type.kind < TY_LIST && agg->type.kind != TY_ERROR) {
        agg->type = type_plain(TY_INTEGER);
        return true;
    }
    if (can_add(&agg->type) || agg->type.kind == TY_ERROR)
        return agg->type.kind != TY_ERROR;
    bool mixed = agg->type.kind == TY_DURATION;
    diag_add3(p->diags, DIAG_BAD_SAMPLE, name->span, agg_text(p, agg->what),
              type_text(p, &agg->type),
              agg->what == AGG_DISTINCT
                  ? say_both(p, "a list or a record is no value to tell from others",
                             "列表与记录不是可以区分的值")
              : mixed ? say_both(p, "declare the field in one unit: duration in minutes",
                                 "请以一种单位声明该字段：时长 属于 分钟")
                      : say_both(p, "it takes integers, numbers, percentages, money and durations",
                                 "它只用于整数、数、百分比、金额与时长"));
    return false;
}

/* The fields by which an event finds its series. */
static bool agg_group(Program *p, KpiSym *kpi, AggSym *agg, bool first) {
    agg->group = new (p->arena, uint32_t, kpi->by_count + 1);
    if (agg->group == NULL) {
        p->nomem = true;
        return false;
    }
    bool good = true;
    for (uint32_t i = 0; i < kpi->by_count; i++) {
        Field *by = &kpi->by[i];
        int n = field_find(agg->event->fields, agg->event->field_count, by->name);
        Str why = {NULL, 0};
        if (n < 0)
            why = say_both(p, "each event that is measured must have it",
                           "被度量的每个事件都应有该字段");
        else if (agg->event->fields[n].type.optional)
            why = say_both(p, "it may be absent there, and would then belong to no group",
                           "它在那里可能空缺，便不属于任何一组");
        else if (agg->event->fields[n].type.kind >= TY_LIST)
            why = say_both(p, "a list or a record is no group", "列表或记录不能用来分组");
        else if (!first && by->type.kind != TY_ERROR &&
                 !type_same(&by->type, &agg->event->fields[n].type))
            why = say_both(p, "it has another type there", "它在那里类型不同");
        if (why.n > 0) {
            diag_add3(p->diags, DIAG_GROUP_FIELD, by->at, agg->event->name, by->name, why);
            good = false;
            continue;
        }
        agg->group[i] = (uint32_t)n;
        if (first) {
            by->type = agg->event->fields[n].type;
            by->type.bounded = false;
        }
    }
    return good;
}

/* How many duties are in some states: which they are, and whose. */
static const Event *gauge_of(Program *p, AggSym *agg, const Node *node) {
    const DutySym *duty = duty_find(p, node->a->text);
    if (duty == NULL) {
        (void)say_no_declaration(p, DECL_DUTY, node->a->span, node->a->text);
        return NULL;
    }
    for (const Node *state = node->d; state != NULL; state = state->next) {
        if (state_fits(DECL_DUTY, (StateRow)state->op)) {
            agg->states |= 1u << state->op;
            continue;
        }
        diag_add2(p->diags, DIAG_UNEXPECTED, state->span,
                  say_quoted(p, source_text(p->sources, state->span)),
                  say_both(p, "a state of a duty", "职责的状态"));
        return NULL;
    }
    return duty_record(p, duty, false);
}

/* What of an expression may change by itself: time, people, other state; NULL: nothing. */
static const Node *asks_elsewhere(const Node *node) {
    for (; node != NULL; node = node->next) {
        const Node *kids[] = {node->a, node->b, node->c, node->d};
        for (int i = 0; i < 4; i++) {
            const Node *found = asks_elsewhere(kids[i]);
            if (found != NULL)
                return found;
        }
        if (node->bind == BIND_ATTR || node->bind == BIND_SUPERIOR || node->bind == BIND_MEMBERS ||
            node->bind == BIND_MEASURE || expr_reads(node))
            return node;
    }
    return NULL;
}

/* What counts now must follow from the duty or entity alone, or nobody would know when it changes.
 */
static bool gauge_fixed(Program *p, const AggSym *agg) {
    const Node *where = agg->now ? agg->where : NULL, *found = asks_elsewhere(where);
    if (found != NULL)
        diag_add2(p->diags, DIAG_GAUGE_READS, found->span, source_text(p->sources, found->span),
                  agg->event->name);
    return found == NULL;
}

bool agg_check(Program *p, KpiSym *kpi, const Node *node) {
    AggSym *agg = &kpi->aggs[kpi->agg_count];
    *agg = (AggSym){.what = (AggRow)node->op, .field = -1, .node = node};
    Str field = {NULL, 0};
    agg->event = node->d != NULL ? gauge_of(p, agg, node) : event_of(p, node->a->text, &field);
    if (agg->event == NULL) {
        if (node->d == NULL)
            (void)event_named(p, node->a);
        return false;
    }
    agg->now = agg->states != 0 || agg->event->entity != NULL;
    bool good = agg_share(p, agg, node);
    good = agg_field(p, agg, node->a, field) && good;
    good = agg_group(p, kpi, agg, kpi->agg_count == 0) && good;
    agg->scope.it = agg->event;
    if (node->b != NULL) {
        uint32_t before = p->diags->errors;
        expr_condition(p, &agg->scope, node->b);
        agg->where = node->b;
        good = good && p->diags->errors == before && gauge_fixed(p, agg);
    }
    kpi->agg_count++;
    return good;
}

bool plain_number(const Type *t) {
    return t->kind == TY_INTEGER || t->kind == TY_NUMBER || t->kind == TY_PERCENT;
}

static bool constant_span(Program *p, Node *node, Value *out) {
    Type any = {.kind = TY_DURATION, .families = FAMILIES_CALENDAR | FAMILIES_WORKING};
    return node != NULL && expr_constant(p, node, &any, DIAG_BAD_CELL, out);
}

static void say_window(Program *p, const Node *at, const char *why, const char *zh) {
    diag_add2(p->diags, DIAG_BAD_WINDOW, at->span, source_text(p->sources, at->span),
              say_both(p, why, zh));
}

void measure_type(Program *p, KpiSym *kpi, const Node *node) {
    const Type *a = &kpi->aggs[0].type, *b = &kpi->aggs[1].type;
    kpi->type = *a;
    kpi->ratio = kpi->agg_count == 2 || agg_keeps(kpi->aggs[0].what) == AGG_KEEPS_MEAN;
    if (kpi->ratio && a->kind == TY_INTEGER)
        kpi->type = type_plain(TY_NUMBER);
    if (kpi->agg_count < 2)
        return;
    if (type_same(a, b) || (plain_number(a) && plain_number(b)))
        kpi->type = type_plain(TY_NUMBER);
    else if (!plain_number(b)) {
        diag_add2(p->diags, DIAG_BAD_MEASURE, node->span, type_text(p, a), type_text(p, b));
        kpi->type = type_error();
    }
}

void compare_check(Program *p, KpiSym *kpi, const Node *node) {
    if (node == NULL || kpi->type.kind == TY_ERROR || !constant_span(p, node->a, &kpi->before))
        return;
    kpi->compare = node->op;
    uint16_t family = kpi->before.aux;
    if ((family != FAMILY_ELAPSED && family != FAMILY_DAYS && family != FAMILY_MONTHS) ||
        kpi->before.i <= 0) {
        say_window(p, node->a, "write hours, days or months before, and more than nothing",
                   "请写若干小时、天或月之前，且大于零");
        return;
    }
    if (node->op == COMPARE_CHANGE || node->op == COMPARE_MULTIPLE)
        kpi->type = type_plain(TY_NUMBER);
    else if (kpi->type.kind == TY_INTEGER && node->op == COMPARE_RATE)
        kpi->type = type_plain(TY_NUMBER);
    kpi->ratio = kpi->ratio || node->op != COMPARE_DIFFERENCE;
    if (node->op != COMPARE_RATE)
        return;
    Family unit;
    int64_t size;
    if (duration_make(S("1"), (uint32_t)node->flag - 1, &unit, &size) != OK || unit != family)
        say_window(p, node,
                   "the time before is counted in the same kind of unit: hours, days or months",
                   "之前的时间应与速率的单位同类：小时、天或月");
    else
        kpi->per = value_duration(unit, size);
}

void window_check(Program *p, KpiSym *kpi, Node *node) {
    kpi->window = node->op;
    if (node->op == WINDOW_CALENDAR) {
        kpi->period = node->flag - 1;
        if (kpi->period < UNIT_DAY || kpi->period > UNIT_YEAR)
            say_window(p, node, "write per day, per week, per month, per quarter or per year",
                       "请写 逐 天、逐 周、逐 月、逐 季度 或 逐 年");
        return;
    }
    if (!constant_span(p, node->a, &kpi->length))
        return;
    bool days = kpi->length.aux == FAMILY_DAYS;
    if (node->op == WINDOW_SESSIONS && (kpi->length.aux != FAMILY_ELAPSED || kpi->length.i <= 0)) {
        say_window(p, node->a, "a gap is so many hours, minutes or seconds, and more than nothing",
                   "间隔应为若干小时、分钟或秒，且大于零");
        return;
    }
    bool months = kpi->length.aux == FAMILY_MONTHS && node->op == WINDOW_SLIDES;
    if ((!days && !months && kpi->length.aux != FAMILY_ELAPSED) || kpi->length.i <= 0 ||
        (months && kpi->length.i > LIMIT_WINDOW_MONTHS)) {
        say_window(
            p, node->a,
            node->op == WINDOW_SLIDES
                ? "write hours, minutes, days, months or years, more than nothing and at most "
                  "100 years"
                : "write hours, minutes or days, and more than nothing",
            node->op == WINDOW_SLIDES ? "请写小时、分钟、天、月或年，大于零且不超过 100 年"
                                      : "请写小时、分钟或天，且大于零");
        return;
    }
    if (node->op != WINDOW_STEPS || !constant_span(p, node->b, &kpi->step))
        return;
    if (kpi->step.aux != kpi->length.aux || kpi->step.i <= 0 || kpi->length.i % kpi->step.i != 0)
        say_window(p, node->b, "a window is so many whole steps: over 1 hour by 1 minute",
                   "窗口应是步长的整倍数：窗口 1 小时 按 1 分钟");
    else if (days && kpi->step.i != 1)
        say_window(p, node->b, "in days the step is 1 day", "以天计时步长为 1 天");
    else if (!days && DAY % kpi->step.i != 0)
        say_window(p, node->b, "so many whole steps make a day", "一天应是步长的整倍数");
}

/* What is sampled needs a window, what stands now has none; where one is divided by the other, the
 * window is that of the samples. */
static bool window_fits(Program *p, KpiSym *kpi, const Node *node) {
    const AggSym *sampled = NULL;
    for (uint32_t i = 0; i < kpi->agg_count; i++)
        if (!kpi->aggs[i].now)
            sampled = &kpi->aggs[i];
    if (sampled != NULL && node->c == NULL)
        diag_add1(p->diags, DIAG_WINDOW_MISSING, node->at, sampled->event->name);
    if (sampled == NULL && node->c != NULL)
        diag_add2(p->diags, DIAG_WINDOW_OF_NOW, node->c->span,
                  source_text(p->sources, node->c->span), kpi->aggs[0].event->name);
    return (sampled != NULL) == (node->c != NULL);
}

static void measure_check(Program *p, KpiSym *kpi, Node *node) {
    kpi->type = type_error();
    bool good = agg_check(p, kpi, node->a);
    if (node->b != NULL)
        good = agg_check(p, kpi, node->b) && good;
    kpi->window = WINDOW_NOW;
    if (good && !window_fits(p, kpi, node))
        return;
    if (node->c != NULL)
        window_check(p, kpi, node->c);
    if (!good)
        return;
    measure_type(p, kpi, node);
    compare_check(p, kpi, node->d);
}

/* ---- levels */

bool kpi_constant(Program *p, const KpiSym *kpi, Node *node, Value *out) {
    if (kpi->type.kind == TY_ERROR)
        return false;
    Type seen = expr_check(p, NULL, node, NULL), want = kpi->type;
    bool numbers = plain_number(&want) && plain_number(&seen);
    bool whole = want.kind == TY_INTEGER && !kpi->ratio; /* a count is not 5% */
    if (numbers && !whole)
        want = seen;
    want.optional = false;
    if (!expr_constant(p, node, &want, DIAG_BAD_CELL, out))
        return false;
    return true;
}

static bool has_local(const Scope *scope, Str name) {
    for (size_t i = 0; i < scope->locals.n; i++)
        if (str_eq(scope->locals.at[i].name, name))
            return true;
    return false;
}

/* The names of a threshold that is computed: the group, and the period that is measured. */
static void targets_scope(Program *p, KpiSym *kpi) {
    static const struct {
        const char *en, *zh;
        TypeKind kind;
    } periods[] = {{"month", "月份", TY_INTEGER},
                   {"quarter", "季度", TY_INTEGER},
                   {"year", "年份", TY_INTEGER},
                   {"day", "日期", TY_DATE}};
    for (uint32_t i = 0; i < kpi->by_count; i++)
        scope_add(p, &kpi->targets,
                  (Local){.name = kpi->by[i].name,
                          .type = kpi->by[i].type,
                          .number = i,
                          .parameter = true,
                          .at = kpi->by[i].at});
    for (uint32_t i = 0; i < 4; i++)
        for (int zh = 0; zh < 2; zh++) {
            Str name = str_of(zh ? periods[i].zh : periods[i].en);
            if (!has_local(&kpi->targets, name)) /* a group of that name hides it */
                scope_add(p, &kpi->targets,
                          (Local){.name = name,
                                  .type = type_plain(periods[i].kind),
                                  .number = kpi->by_count + i,
                                  .parameter = true,
                                  .at = kpi->at});
        }
}

static bool is_computed(const KpiSym *kpi, const Node *node) {
    while (node->kind == N_FIELD)
        node = node->a;
    return node->kind == N_CALL || node->kind == N_BINARY || node->kind == N_UNARY ||
           node->kind == N_ELSE || node->kind == N_ROUNDED || node->kind == N_MEASURED ||
           (node->kind == N_REF && has_local(&kpi->targets, node->text));
}

/* A threshold of the group and the period. */
static bool bound_computed(Program *p, const KpiSym *kpi, Node *node, BoundSym *out) {
    uint32_t before = p->diags->errors;
    Type want = kpi->type, is = expr_scalar(p, node, expr_check(p, &kpi->targets, node, NULL));
    if (is.kind == TY_ERROR || want.kind == TY_ERROR || p->diags->errors != before)
        return false;
    bool numbers = plain_number(&want) && plain_number(&is) &&
                   (kpi->ratio || is.kind != TY_PERCENT || want.kind == TY_PERCENT);
    if (!numbers && !type_same(&want, &is)) {
        say_wrong_type(p, node, &is, &want);
        return false;
    }
    out->computed = node;
    return true;
}

static bool bound_check(Program *p, const KpiSym *kpi, const Node *node, BoundSym *out) {
    *out = (BoundSym){.side = node->op};
    if (is_computed(kpi, node->a) ? !bound_computed(p, kpi, node->a, out)
                                  : !kpi_constant(p, kpi, node->a, &out->value))
        return false;
    if (node->b == NULL || !constant_span(p, node->b, &out->hold))
        return node->b == NULL;
    if ((out->hold.aux == FAMILY_ELAPSED || out->hold.aux == FAMILY_DAYS) && out->hold.i > 0)
        return true;
    diag_add1(p->diags, DIAG_BAD_HOLD, node->b->span, source_text(p->sources, node->b->span));
    return false;
}

static Dec bound_dec(Value v) {
    return v.kind == V_INT || v.kind == V_DURATION ? dec_of_i64(v.i) : value_to_dec(v);
}

/* Whether a value can both raise and clear the level. */
static bool sides_cross(const BoundSym *raise, const BoundSym *clear) {
    bool up = raise->side == SIDE_ABOVE || raise->side == SIDE_AT_LEAST;
    bool back = clear->side == SIDE_BELOW || clear->side == SIDE_AT_MOST;
    if (up != back)
        return true;
    int order = dec_cmp(bound_dec(clear->value), bound_dec(raise->value));
    bool both = raise->side >= SIDE_AT_LEAST && clear->side >= SIDE_AT_LEAST;
    return (up ? order > 0 : order < 0) || (order == 0 && both);
}

/* Whether the measure is a part of a whole: a count or sum of events over that of all of them. */
static bool measures_share(const KpiSym *kpi) {
    const AggSym *part = &kpi->aggs[0], *whole = &kpi->aggs[1];
    return kpi->agg_count == 2 && part->event == whole->event && part->what == whole->what &&
           part->field == whole->field && whole->where == NULL;
}

/* What is written as 80 and was probably meant as 80%: more than the whole; and where both sides of
 * the quotient are counted alike, so many times that it is no multiple of everyday. */
static void share_check(Program *p, const KpiSym *kpi, const Node *node, const BoundSym *bound) {
    enum { TIMES = 10 };
    if (kpi->agg_count != 2 || kpi->compare != COMPARE_NOTHING ||
        !type_same(&kpi->aggs[0].type, &kpi->aggs[1].type) ||
        kpi->aggs[0].type.kind == TY_PERCENT ||
        (bound->value.kind != V_INT && bound->value.kind != V_DEC))
        return;
    Dec value = bound_dec(bound->value);
    bool share = measures_share(kpi);
    int over = dec_cmp(value, dec_of_i64(share ? 1 : TIMES));
    if (share ? over <= 0 : over < 0)
        return;
    Buf times = {0};
    put_percent(&times, value);
    Str text = source_text(p->sources, node->a->span);
    Diag *diag = diag_add3(p->diags, DIAG_SHARE_PLAIN, node->a->span, text, kpi->name,
                           say(p, "%.*s", STR_ARG(buf_str(&times))));
    diag_guess(diag, node->a->span, say(p, "%.*s%%", STR_ARG(text)));
    buf_free(&times);
}

/* Why clearing is on the wrong side, and what to write. */
static void say_clear_side(Program *p, const Node *node, const LevelSym *level) {
    bool raise = level->raise.value.kind == V_PERCENT, clear = level->clear.value.kind == V_PERCENT;
    const Node *plain = raise ? node->b->a : node->a->a;
    Str text = source_text(p->sources, plain->span);
    Str hint =
        say_both(p, "clear on the other side of the level, or at it", "请在级别的另一侧解除");
    if (raise != clear)
        hint = say(p, "%.*s %.*s%%",
                   STR_ARG(say_both(p, "write it in percent too:", "请也写成百分比：")),
                   STR_ARG(text));
    Diag *diag =
        diag_add3(p->diags, DIAG_CLEAR_SIDE, node->b->span, source_text(p->sources, node->b->span),
                  source_text(p->sources, span_join(node->a->span, node->a->a->span)), hint);
    if (raise != clear)
        diag_guess(diag, plain->span, say(p, "%.*s%%", STR_ARG(text)));
}

static bool side_is_up(int side) {
    return side == SIDE_ABOVE || side == SIDE_AT_LEAST;
}

/* A critical level that is nearer than the warning, and needs to hold no longer. */
static void levels_order(Program *p, const KpiSym *kpi) {
    if (kpi->level_count < 2)
        return;
    const LevelSym *warning = &kpi->levels[0], *critical = &kpi->levels[1];
    if (!warning->good || !critical->good || critical->node->a->b != NULL ||
        warning->raise.computed != NULL || critical->raise.computed != NULL ||
        side_is_up(warning->raise.side) != side_is_up(critical->raise.side))
        return;
    int order = dec_cmp(bound_dec(critical->raise.value), bound_dec(warning->raise.value));
    if (side_is_up(warning->raise.side) ? order < 0 : order > 0)
        diag_add2(p->diags, DIAG_LEVELS_CROSS, critical->node->a->span, kpi->name,
                  source_text(p->sources, warning->node->a->span));
}

static void say_kpi_twice(Program *p, const KpiSym *kpi, const Node *node) {
    diag_add2(p->diags, DIAG_KPI_TWICE, node->at, kpi->name, source_text(p->sources, node->at));
}

static void level_check(Program *p, KpiSym *kpi, const Node *node) {
    if (node->op == LEVEL_CLEARED) {
        diag_add2(p->diags, DIAG_UNEXPECTED, node->at,
                  say_quoted(p, source_text(p->sources, node->at)),
                  say_both(p, "warning or critical", "预警 或 严重"));
        return;
    }
    for (uint32_t i = 0; i < kpi->level_count; i++)
        if (kpi->levels[i].level == (LevelRow)node->op) {
            say_kpi_twice(p, kpi, node);
            return;
        }
    LevelSym level = {.level = (LevelRow)node->op, .node = node, .has_clear = node->b != NULL};
    bool good = bound_check(p, kpi, node->a, &level.raise);
    if (node->b != NULL)
        good = bound_check(p, kpi, node->b, &level.clear) && good;
    level.good = good;
    bool fixed = level.raise.computed == NULL && level.clear.computed == NULL;
    if (good && level.has_clear && fixed && sides_cross(&level.raise, &level.clear)) {
        say_clear_side(p, node, &level);
    } else if (good && fixed) {
        share_check(p, kpi, node->a, &level.raise);
        if (level.has_clear)
            share_check(p, kpi, node->b, &level.clear);
    }
    uint32_t place = kpi->level_count++;
    if (place == 1 && kpi->levels[0].level > level.level) { /* warning before critical */
        kpi->levels[1] = kpi->levels[0];
        place = 0;
    }
    kpi->levels[place] = level;
}

bool kpi_unread(const Program *p) {
    for (size_t i = 0; i < p->kpis.n; i++)
        if (p->kpis.at[i]->broken)
            return true;
    return false;
}

void level_needed(Program *p, const KpiSym *kpi, LevelRow level, Span at) {
    bool there = kpi->broken || (level == LEVEL_CLEARED && kpi->level_count > 0);
    for (uint32_t i = 0; i < kpi->level_count; i++)
        there = there || kpi->levels[i].level == level;
    if (there)
        return;
    bool chinese = source_chinese(p->sources, at.file);
    int named = (int)(level == LEVEL_CLEARED ? LEVEL_WARNING : level);
    diag_add3(p->diags, DIAG_NO_SUCH_LEVEL, at, kpi->name, keyword_of(TK_LEVEL, named, chinese),
              keyword_of(TK_ABOVE, -1, chinese));
}

static void reaction_level(Program *p, KpiSym *kpi, const Node *node) {
    level_needed(p, kpi, (LevelRow)node->op, node->at);
    kpi->reactions[kpi->reaction_count++] = (LevelReaction){(LevelRow)node->op, node->a};
    actions_check(p, &kpi->scope, node->a, say_both(p, "a reaction", "反应"), false);
}

/* ---- one KPI */

static void kpi_group(Program *p, KpiSym *kpi) {
    size_t n = node_count(kpi->node->a);
    kpi->by = new (p->arena, Field, n + 1);
    kpi->reactions = new (p->arena, LevelReaction, node_count(kpi->node->c) + 1);
    if (kpi->by == NULL || kpi->reactions == NULL) {
        p->nomem = true;
        return;
    }
    for (const Node *by = kpi->node->a; by != NULL; by = by->next)
        kpi->by[kpi->by_count++] = (Field){.name = by->text, .at = by->at};
}

static void kpi_scope(Program *p, KpiSym *kpi) {
    for (uint32_t i = 0; i < kpi->by_count; i++)
        scope_add(p, &kpi->scope,
                  (Local){.name = kpi->by[i].name,
                          .type = kpi->by[i].type,
                          .number = i,
                          .parameter = true,
                          .at = kpi->by[i].at});
    for (uint32_t i = 0; i < kpi->by_count; i++)
        if (str_eq(kpi->by[i].name, S("value")))
            return; /* a group of that name hides it */
    scope_add(p, &kpi->scope,
              (Local){.name = S("value"),
                      .alias = keyword_of(TK_VALUE, 0, true),
                      .type = type_plain(TY_TEXT),
                      .number = kpi->by_count,
                      .parameter = true,
                      .at = kpi->at});
}

/* What it measures, and of how many samples. */
static void kpi_read(Program *p, KpiSym *kpi) {
    const Node *seen[3] = {NULL};
    kpi_group(p, kpi);
    for (const Node *c = kpi->node->c; c != NULL && !p->nomem; c = c->next) {
        int which = c->kind == N_MEASURE   ? 0
                    : c->kind == N_SAMPLES ? 1
                    : c->kind == N_EMPTY   ? 2
                                           : 3;
        kpi->broken = kpi->broken || c->kind == N_ERROR;
        if (which == 3)
            continue;
        if (seen[which] != NULL) {
            say_kpi_twice(p, kpi, c);
            continue;
        }
        seen[which] = c;
        Node samples = {.kind = N_LIT, .op = LIT_NUMBER, .text = c->text, .span = c->span};
        Value v;
        if (which == 0)
            measure_check(p, kpi, (Node *)(uintptr_t)c);
        else if (which == 2)
            kpi->empty = c->op;
        else if (literal_value(p, &samples, &v) && v.kind == V_INT && v.i >= 1)
            kpi->samples = v.i;
        else
            diag_add3(p->diags, DIAG_BAD_LITERAL, c->span, c->text,
                      say_both(p, "number of samples", "样本数"),
                      say_both(p, "write a whole number from 1 on", "请写不小于 1 的整数"));
    }
    if (seen[0] == NULL) {
        kpi->type = type_error();
        if (!kpi->broken)
            diag_add1(p->diags, DIAG_KPI_WITHOUT_MEASURE, kpi->at, kpi->name);
    }
}

/* `grouped by region within 30 minutes`: what of its group keeps alarms apart. */
static void kpi_grouped(Program *p, KpiSym *kpi, const Node *node) {
    if (kpi->grouped.within.kind != V_ABSENT) {
        say_kpi_twice(p, kpi, node);
        return;
    }
    for (Node *by = node->a; by != NULL; by = by->next) {
        uint32_t i = 0;
        while (i < kpi->by_count && !str_eq(kpi->by[i].name, by->text))
            i++;
        if (by->kind != N_REF || i == kpi->by_count)
            diag_add2(p->diags, DIAG_NOT_A_GROUP, by->span, source_text(p->sources, by->span),
                      kpi->name);
        by->slot = (uint16_t)i;
    }
    (void)grouped_within(p, node, false, &kpi->grouped);
}

static void kpi_check(Program *p, KpiSym *kpi) {
    const Dated later = {kpi->dated.from, INT64_MAX};
    kpi_scope(p, kpi);
    targets_scope(p, kpi);
    during_enter(p, NULL); /* what is measured may have begun before */
    p->asks_nothing = true;
    for (const Node *c = kpi->node->c; c != NULL && !p->nomem; c = c->next)
        if (c->kind == N_LEVEL)
            level_check(p, kpi, c);
    p->asks_nothing = false;
    levels_order(p, kpi);
    during_enter(p, &later);
    for (const Node *c = kpi->node->c; c != NULL && !p->nomem; c = c->next)
        if (c->kind == N_WHEN_LEVEL)
            reaction_level(p, kpi, c);
    for (const Node *c = kpi->node->c; c != NULL && !p->nomem; c = c->next)
        if (c->kind == N_GROUPED)
            kpi_grouped(p, kpi, c);
}

void kpis_read(Program *p) {
    p->asks_nothing = true;
    for (size_t i = 0; i < p->kpis.n && !p->nomem; i++) {
        space_enter(p, p->kpis.at[i]->home);
        local_enter(p, &p->kpis.at[i]->local);
        p->kpis.at[i]->dated = dated_read(p, dated_said(p->kpis.at[i]->node->d));
        during_enter(p, &p->kpis.at[i]->dated);
        kpi_read(p, p->kpis.at[i]);
    }
    for (size_t i = 0; i < p->kpis.n; i++)
        p->kpis.at[i]->read = true;
    p->asks_nothing = false;
}

void kpis_check(Program *p) {
    for (size_t i = 0; i < p->kpis.n && !p->nomem; i++) {
        if (p->kpis.at[i]->nameless)
            continue;
        space_enter(p, p->kpis.at[i]->home);
        local_enter(p, &p->kpis.at[i]->local);
        kpi_check(p, p->kpis.at[i]);
    }
}
