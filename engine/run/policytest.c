/* run: tests in the language. */
#include "engine/run/policytest_int.h"

/* Visits every leaf so far. */
Status visit_leaves(Tester *t, LeafVisit visit, void *ctx) {
    for (uint64_t i = 0; i < led_size(t->l); i++) {
        Str bytes, kept;
        Leaf leaf;
        TRY(led_leaf(t->l, i, &bytes));
        TRY(arena_str(&t->arena, bytes, &kept));
        TRY(take_leaf(kept, &t->arena, &leaf));
        if (leaf.kind == LEAF_EFFECT)
            leaf.effect.index = i;
        TRY(visit(t, ctx, &leaf));
    }
    return OK;
}

bool same_subject(const Subject *a, const Subject *b) {
    if (a->kind != b->kind || a->decl != b->decl || a->occurrence != b->occurrence ||
        a->key_count != b->key_count)
        return false;
    for (uint32_t i = 0; i < a->key_count; i++)
        if (!str_eq(a->key[i], b->key[i]))
            return false;
    return true;
}

static Status send(Tester *t, const TestStep *step) {
    const TestEvent *send = &step->send;
    if (send->arrives != INT64_MIN)
        TRY(engine_move(t->e, send->arrives));
    Arena *a = engine_arena(t->e);
    Value *fields = new (a, Value, send->event->field_count + 1);
    if (fields == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < send->event->field_count; i++) {
        bool preset = send->fields[i].kind == V_ABSENT && send->event->fields[i].has_preset;
        fields[i] = preset ? send->event->fields[i].preset : send->fields[i];
        if (send->event->fields[i].type.kind == TY_NUMBER && fields[i].kind == V_INT)
            fields[i] = value_dec(V_DEC, dec_of_i64(fields[i].i));
    }
    Input in = {.event = send->event->number,
                .time = step->time,
                .source = S("remit:test"),
                .id = send->id,
                .actor = send->actor,
                .fields = fields,
                .field_count = send->event->field_count};
    t->sent++;
    if (in.id.n == 0)
        TRY(arena_printf(a, &in.id, "t%u", t->sent));
    in.raw = in.id;
    return engine_take(t->e, &in);
}

static Status run_steps(Tester *t, bool *ok) {
    for (uint32_t i = 0; i < t->test->step_count && *ok; i++) {
        const TestStep *step = &t->test->steps[i];
        TRY(step->is_event ? send(t, step) : test_expect(t, step, ok));
        arena_reset(&t->arena);
    }
    return OK;
}

static Status run_test(Tester *t, bool *ok) {
    LedOptions led = {.name = S("test")};
    EngineOptions engine = {0};
    TRY(led_open(&led, &t->l, t->err));
    TRY(engine_open(t->p->bundle, t->p->bytes, t->l, &engine, &t->e, t->err));
    *ok = true;
    return run_steps(t, ok);
}

static bool holds(Str text, Str part) {
    for (size_t i = 0; i + part.n <= text.n; i++)
        if (str_starts(str_from(text, i), part))
            return true;
    return false;
}

Status policy_tests(Policy *p, Str filter, bool (*each)(void *ctx, const TestResult *result),
                    void *ctx, Err *err) {
    Tester t = {.p = p, .err = err};
    Status status = OK;
    for (size_t i = 0; i < p->program->tests.n && status == OK; i++) {
        t.test = &p->program->tests.at[i];
        if (!holds(t.test->title, filter))
            continue;
        Span at = t.test->node->span;
        TestResult result = {.title = t.test->title,
                             .file = p->sources.files.at[at.file].name,
                             .line = source_place(&p->sources, at.file, at.from).line};
        buf_reset(&t.report);
        status = run_test(&t, &result.passed);
        if (status != OK && t.e != NULL && engine_error(t.e)->code != OK)
            err_set(err, status, "%s", engine_error(t.e)->text);
        result.report = buf_str(&t.report);
        engine_close(t.e);
        led_close(t.l);
        t.e = NULL;
        t.l = NULL;
        if (status == OK && !each(ctx, &result))
            break;
    }
    buf_free(&t.report);
    arena_free(&t.arena);
    return status == OK ? OK : err_set(err, status, "%s", status_text(status));
}
