/* check: tests in the language: steps in the order of time, with constants only. */
#include "engine/check/check_int.h"

#include "engine/base/check.h"

static bool constant(Program *p, Node *node, const Type *want, Value *out) {
    Type type = *want;
    type.optional = false;
    if (!expr_constant(p, node, &type, DIAG_NOT_IN_A_TEST, out))
        return false;
    if (want->kind != TY_LIST || out->kind == V_LIST)
        return true;
    Value *item = new (p->arena, Value, 1); /* a single item stands for a list of one */
    if (item == NULL) {
        p->nomem = true;
        return false;
    }
    *item = *out;
    *out = (Value){.items = item, .n = 1, .kind = V_LIST};
    return true;
}

static Value *field_values(Program *p, const Event *event, Node *inits, bool whole,
                           const Node *at) {
    Value *values = new (p->arena, Value, event->field_count + 1);
    if (values == NULL) {
        p->nomem = true;
        return NULL;
    }
    if (whole)
        init_check(p, NULL, event, inits, at);
    for (Node *init = inits; init != NULL; init = init->next) {
        if (init->kind == N_ERROR)
            continue;
        int field = field_find(event->fields, event->field_count, init->text);
        if (field < 0) {
            if (!whole)
                say_unknown_field(p, init->at, event->name, event->fields, event->field_count,
                                  init->text);
            continue;
        }
        constant(p, init->a, &event->fields[field].type, &values[field]);
    }
    return values;
}

/* Values that a test may give although the policy's types forbid them: rejects are tested too. */
static bool step_event(Program *p, const Node *node, TestStep *step) {
    const Event *event = event_named(p, node->b);
    if (event == NULL)
        return false;
    step->is_event = true;
    step->send = (TestEvent){.event = event, .arrives = INT64_MIN};
    step->send.fields = field_values(p, event, node->c, true, node->b);
    for (const Node *opt = node->d; opt != NULL; opt = opt->next) {
        Value v;
        Type text = type_plain(TY_TEXT);
        if (opt->op == OPT_ARRIVES)
            moment_value(p, opt->a, &step->send.arrives);
        else if (opt->a->kind == N_LIT && opt->a->op == LIT_TEXT && constant(p, opt->a, &text, &v))
            *(opt->op == OPT_BY ? &step->send.actor : &step->send.id) = value_str(v);
        else if (opt->op == OPT_BY && opt->a->kind == N_REF)
            step->send.actor = opt->a->text;
        else
            diag_add(p->diags, DIAG_NOT_IN_A_TEST, opt->a->span);
    }
    return true;
}

static void step_checks(Program *p, const Node *checks, TestStep *step) {
    step->checks = new (p->arena, TestCheck, node_count(checks) + 1);
    if (step->checks == NULL) {
        p->nomem = true;
        return;
    }
    Type party = type_plain(TY_PARTY);
    for (const Node *c = checks; c != NULL; c = c->next) {
        TestCheck *check = &step->checks[step->check_count++];
        *check = (TestCheck){.what = c->op,
                             .negated = c->flag != 0,
                             .late = c->more.n > 0,
                             .state = (StateRow)c->slot};
        if (c->op == CHECK_DUE) {
            check->value = value_of(V_INSTANT, 0);
            moment_value(p, c->a, &check->value.i);
        } else if (c->a != NULL && c->a->kind == N_LIT && c->a->op == LIT_TEXT) {
            check->value = value_person(c->a->text);
        } else if (c->a != NULL) {
            constant(p, c->a, &party, &check->value);
        }
    }
}

/* A part of a key or group: a member of an enumeration may stand in quotes too. */
static bool key_constant(Program *p, Node *node, const Type *type, Value *out) {
    int member = type->kind == TY_ENUM && node->kind == N_LIT && node->op == LIT_TEXT
                     ? enum_find(type->members, node->text)
                     : -1;
    if (member < 0)
        return constant(p, node, type, out);
    *out = value_of(V_ENUM, member);
    out->n = type->members->number;
    return true;
}

static void say_key_count(Program *p, const Node *at, Str name, size_t wanted, size_t given) {
    diag_add3(p->diags, DIAG_ARGUMENT_COUNT, at->at, name,
              say_number(p, wanted, " argument", " arguments", " 个参数"), say_count(p, given));
}

static void kpi_check_value(Program *p, const KpiSym *kpi, const Node *c, KpiCheck *out) {
    if (c->op == KPI_CHECK_VALUE)
        kpi_constant(p, kpi, c->a, &out->value);
    if (c->op == KPI_CHECK_LEVEL && out->level != LEVEL_CLEARED)
        level_needed(p, kpi, out->level, c->at);
}

static bool step_kpi(Program *p, const Node *node, TestStep *step) {
    const KpiSym *kpi = kpi_find(p, node->text);
    if (kpi == NULL) {
        (void)say_no_declaration(p, DECL_KPI, node->at, node->text);
        return false;
    }
    step->kpi = kpi;
    size_t given = node_count(node->a), checks = node_count(node->b);
    step->key = new (p->arena, Value, given + 1);
    step->kpi_checks = new (p->arena, KpiCheck, checks + 1);
    if (step->key == NULL || step->kpi_checks == NULL) {
        p->nomem = true;
        return false;
    }
    if (given != kpi->by_count) {
        say_key_count(p, node, kpi->name, kpi->by_count, given);
        return false;
    }
    for (Node *part = node->a; part != NULL; part = part->next) {
        key_constant(p, part, &kpi->by[step->key_count].type, &step->key[step->key_count]);
        step->key_count++;
    }
    for (const Node *c = node->b; c != NULL; c = c->next) {
        KpiCheck *check = &step->kpi_checks[step->kpi_check_count++];
        *check = (KpiCheck){.what = c->op, .negated = c->flag != 0};
        if (c->op == KPI_CHECK_LEVEL)
            check->level = (LevelRow)c->slot;
        else
            check->side = (int)c->slot;
        kpi_check_value(p, kpi, c, check);
    }
    return true;
}

/* The episode behind the key of what a KPI obliged. */
static void key_episode(Program *p, Node *node, TestStep *step) {
    Type whole = type_plain(TY_INTEGER);
    if (constant(p, node, &whole, &step->key[step->key_count]))
        step->key_count++;
}

/* Why an event is said to be rejected must be one of the reasons that there are. */
static bool reason_check(Program *p, const Node *node) {
    Str names[REJECT_REASONS], all = {NULL, 0};
    for (int i = 0; i < REJECT_REASONS; i++) {
        names[i] = reject_text((RejectReason)i);
        if (str_eq(names[i], node->text))
            return true;
        all = say(p, "%.*s%s%.*s", STR_ARG(all), i == 0 ? "" : ", ", STR_ARG(names[i]));
    }
    ptrdiff_t best = nearest(node->text, names, REJECT_REASONS);
    Str like = best < 0 ? (Str){NULL, 0} : names[best];
    Diag *diag = diag_add3(p->diags, DIAG_NOT_A_MEMBER, node->at, node->text, all, like);
    diag_like(diag, node->at, node->text, names, REJECT_REASONS, best);
    return false;
}

/* The key and what is expected of a duty or an approval. */
static bool step_owing(Program *p, const Node *node, const DutySym *duty, TestStep *step) {
    step->duty = duty;
    step->negated = node->flag != 0;
    size_t given = node_count(node->a), wanted = key_wanted(duty) - (duty->by_kpi ? 1 : 0);
    bool episode = duty->by_kpi && given == wanted + 1;
    if (given == wanted + 1 && kpi_unread(p))
        return false; /* what obliges the duty may be gone */
    if (given != 0 && given != wanted && !duty->keyless && !episode)
        say_key_count(p, node, duty->name, wanted, given);
    step->key = new (p->arena, Value, given + 1);
    if (step->key == NULL) {
        p->nomem = true;
        return false;
    }
    for (Node *part = node->a; part != NULL; part = part->next) {
        if (step->key_count == wanted) {
            if (episode)
                key_episode(p, part, step);
            break;
        }
        Value *v = &step->key[step->key_count];
        if (duty->schedule.set && (duty->each == NULL || step->key_count == duty->key_count)) {
            *v = value_of(V_INSTANT, 0);
            if (!moment_value(p, part, &v->i) && part->kind != N_LIT)
                diag_add(p->diags, DIAG_NOT_IN_A_TEST, part->span);
        } else {
            key_constant(p, part, &duty->key_types[step->key_count], v);
        }
        step->key_count++;
    }
    step_checks(p, node->b, step);
    return true;
}

static bool step_duty(Program *p, const Node *node, TestStep *step) {
    DutySym *duty = duty_find(p, node->text);
    if (duty == NULL) {
        (void)say_no_declaration(p, DECL_DUTY, node->at, node->text);
        return false;
    }
    return step_owing(p, node, duty, step);
}

static bool step_approval(Program *p, const Node *node, TestStep *step) {
    ApprovalSym *approval = approval_find(p, node->text);
    if (approval == NULL) {
        (void)say_no_declaration(p, DECL_APPROVAL, node->at, node->text);
        return false;
    }
    for (const Node *c = node->b; c != NULL; c = c->next) {
        bool state =
            c->op == CHECK_STATE && state_fits(DECL_APPROVAL, (StateRow)c->slot) && c->more.n == 0;
        if (c->kind == N_CHECK && !state && c->op != CHECK_ESCALATED && c->op != CHECK_DUE)
            diag_add2(
                p->diags, DIAG_UNEXPECTED, c->at, say_quoted(p, source_text(p->sources, c->at)),
                say_both(p,
                         "open, granted, refused, lapsed, withdrawn, unattainable, "
                         "escalated to or due at",
                         "进行中、已批准、已拒绝、已失效、已撤回、无法达成、已上报 或 到期于"));
    }
    return step_owing(p, node, &approval->base, step);
}

/* What an entity must hold: some of its fields, or none at all. */
static bool step_entity(Program *p, const Node *node, TestStep *step) {
    Entity *entity = entity_find(p, node->text);
    Node *first = node->a;
    size_t given = node_count(first);
    if (entity == NULL) {
        say_no_entity(p, node);
        return false;
    }
    step->entity = entity;
    step->negated = node->flag != 0;
    step->key = new (p->arena, Value, given + 1);
    if (step->key == NULL) {
        p->nomem = true;
        return false;
    }
    if (given != entity->key_count) {
        if (!entity->broken)
            say_key_count(p, node, entity->name, entity->key_count, given);
        return false;
    }
    for (Node *part = first; part != NULL; part = part->next, step->key_count++)
        key_constant(p, part, &entity->fields[entity->keys[step->key_count]].type,
                     &step->key[step->key_count]);
    Event as = {.name = entity->name, .fields = entity->fields, .field_count = entity->field_count};
    step->fields = field_values(p, &as, node->b, false, node);
    return true;
}

static bool step_expect(Program *p, const Node *node, TestStep *step) {
    const Node *what = node->b;
    step->after = node->op == STEP_AFTER;
    step->expect = (NodeKind)what->kind;
    Type party = type_plain(TY_PARTY);
    switch (what->kind) {
    case N_EXPECT_DUTY:
        return step_duty(p, what, step);
    case N_EXPECT_KPI:
        return step_kpi(p, what, step);
    case N_EXPECT_APPROVAL:
        return step_approval(p, what, step);
    case N_EXPECT_NOTIFIED:
        step->negated = what->flag != 0;
        if (what->a->kind == N_LIT && what->a->op == LIT_TEXT)
            step->party = value_person(what->a->text);
        else
            constant(p, what->a, &party, &step->party);
        if (what->b != NULL && what->b->kind == N_LIT)
            step->text = what->b->text.p == NULL ? S("") : what->b->text;
        else if (what->b != NULL)
            diag_add(p->diags, DIAG_NOT_IN_A_TEST, what->b->span);
        return true;
    case N_EXPECT_EMITTED:
        step->negated = what->flag != 0;
        step->event = event_named(p, what->a);
        if (step->event == NULL)
            return false;
        step->fields = field_values(p, step->event, what->b, false, what->a);
        return true;
    case N_EXPECT_ENTITY:
        return step_entity(p, what, step);
    case N_EXPECT_REJECTED:
        step->text = what->text;
        return reason_check(p, what);
    default:
        return false;
    }
}

static void test_check(Program *p, const Node *node) {
    PolicyTest test = {.title = node->text, .node = node};
    test.steps = new (p->arena, TestStep, node_count(node->a) + 1);
    if (test.steps == NULL) {
        p->nomem = true;
        return;
    }
    int64_t last = INT64_MIN;
    for (const Node *s = node->a; s != NULL; s = s->next) {
        if (s->kind != N_STEP_EVENT && s->kind != N_STEP_EXPECT)
            continue;
        TestStep *step = &test.steps[test.step_count];
        *step = (TestStep){.node = s};
        if (!moment_value(p, s->a, &step->time))
            continue;
        bool ok = s->kind == N_STEP_EVENT ? step_event(p, s, step) : step_expect(p, s, step);
        int64_t when =
            step->is_event && step->send.arrives != INT64_MIN ? step->send.arrives : step->time;
        if (when < last)
            diag_add(p->diags, DIAG_STEPS_OUT_OF_ORDER, s->a->span);
        last = when > last ? when : last;
        test.step_count += ok;
    }
    if (!vec_push(&p->tests, test))
        p->nomem = true;
}

void tests_check(Program *p) {
    p->asks_nothing = true;
    for (size_t i = 0; i < p->files.n; i++) {
        space_enter(p, p->homes.at[i]);
        for (const Node *item = p->files.at[i]; item != NULL && !p->nomem; item = item->next)
            if (item->kind == N_TEST)
                test_check(p, item);
    }
}
