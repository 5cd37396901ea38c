/* run: tests in the language. */
#include "engine/run/policytest_int.h"

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

/* ---- sending */

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

/* ---- one test */

/* Notes how an expectation went. Of the first that is not met all is kept. */
static Status note_expected(Tester *t, StepSeen *seen, bool ok, uint32_t i, uint32_t *first) {
    seen->met = ok;
    if (ok)
        return OK;
    TRY(buf_status(&t->why));
    TRY(arena_str(&t->keep, buf_str(&t->why), &seen->why));
    if (t->failed)
        return OK;
    t->failed = true;
    *first = i;
    return arena_str(&t->keep, buf_str(&t->wanted), &t->missed);
}

/* After the first failure the rest of the test goes on where it is to be told how it went. */
static Status run_steps(Tester *t, bool whole, uint32_t *first) {
    Status status = OK;
    for (uint32_t i = 0; i < t->test->step_count && status == OK && (whole || !t->failed); i++) {
        const TestStep *step = &t->test->steps[i];
        bool ok = true;
        status = step->is_event ? send(t, step) : test_expect(t, step, &ok);
        if (status == OK)
            status = note_expected(t, &t->seen[i], ok, i, first);
        t->seen[i].reached = status == OK;
        t->seen[i].size = led_size(t->l);
        arena_reset(&t->arena);
    }
    return t->failed && status != ERR_NOMEM ? OK : status;
}

static Status count_effect(void *ctx, const Effect *e) {
    Tester *t = ctx;
    (void)e;
    return ++t->effects > t->most ? ERR_LIMIT : OK;
}

static void count_nothing(void *ctx) {
    (void)ctx;
}

static Status run_test(Tester *t, const TestRun *how, bool *passed) {
    LedOptions led = {.name = S("test")};
    EngineOptions engine = {.watch = how->watch};
    if (t->most > 0)
        engine.sink = (EffectSink){t, count_effect, count_nothing, count_nothing};
    t->seen = new (&t->keep, StepSeen, t->test->step_count + 1);
    if (t->seen == NULL)
        return ERR_NOMEM;
    uint32_t first = 0;
    TRY(led_open(&led, &t->l, t->err));
    TRY(engine_open(t->p->bundle, t->p->bytes, t->l, &engine, &t->e, t->err));
    TRY(run_steps(t, !how->silent, &first));
    *passed = !t->failed;
    if (how->looked != NULL)
        TRY(how->looked(how->ctx, t));
    return *passed || how->silent ? OK : put_report(t, first);
}

static void tester_free(Tester *t) {
    engine_close(t->e);
    led_close(t->l);
    buf_free(&t->why);
    buf_free(&t->wanted);
    arena_free(&t->arena);
    arena_free(&t->keep);
}

Status policy_test(Policy *p, const PolicyTest *test, const TestRun *how, Buf *report, bool *passed,
                   Err *err) {
    Tester t = {.p = p,
                .test = test,
                .err = err,
                .columns = how->columns,
                .chinese = how->chinese,
                .most = how->effects};
    *passed = false;
    Status status = run_test(&t, how, passed);
    if (status != OK && t.e != NULL && engine_error(t.e)->code != OK)
        (void)err_as(err, status, engine_error(t.e));
    if (how->said != NULL)
        *how->said = t.effects;
    put_text(report, buf_str(&t.report));
    buf_free(&t.report);
    tester_free(&t);
    return status == OK ? buf_status(report) : status;
}

/* ---- which tests are meant */

/* Whether a file is meant: by its path, or the end of it from a folder on. */
static bool is_file(Str path, Str wanted) {
    return str_ends(path, wanted) &&
           (path.n == wanted.n || path.p[path.n - wanted.n - 1] == '/' || wanted.n == 0);
}

/* FILE or FILE:LINE; line 0: none. */
static Str place_of(Str place, uint32_t *line) {
    size_t n = place.n;
    uint64_t number = 0;
    while (n > 0 && place.p[n - 1] >= '0' && place.p[n - 1] <= '9')
        n--;
    *line = 0;
    if (n == place.n || n == 0 || place.p[n - 1] != ':')
        return place;
    for (size_t i = n; i < place.n && number < UINT32_MAX; i++)
        number = number * 10 + (uint64_t)(place.p[i] - '0');
    *line = number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
    return str_upto(place, n - 1);
}

static bool is_there(Policy *p, const PolicyTest *test, Str place) {
    uint32_t line;
    Str file = place_of(place, &line);
    Span at = test->node->span;
    return is_file(p->sources.files.at[at.file].name, file) &&
           (line == 0 || (line >= source_place(&p->sources, at.file, at.from).line &&
                          line <= source_place(&p->sources, at.file, at.to).line));
}

static bool is_called(Str name, Str alias, Str wanted) {
    return str_eq(name, wanted) || (alias.n > 0 && str_eq(alias, wanted));
}

/* Whether a step names a declaration; the engine's own events name duties and approvals in texts.
 */
static bool step_names(const TestStep *step, Str wanted) {
    const Event *event = step->is_event ? step->send.event : step->event;
    const Value *fields = step->is_event ? step->send.fields : step->fields;
    if ((step->duty != NULL && is_called(step->duty->name, step->duty->alias, wanted)) ||
        (step->kpi != NULL && is_called(step->kpi->name, step->kpi->alias, wanted)) ||
        (step->entity != NULL && is_called(step->entity->name, step->entity->alias, wanted)) ||
        (event != NULL && is_called(event->name, event->alias, wanted)))
        return true;
    for (uint32_t i = 0; event != NULL && event->engine && i < event->field_count; i++)
        if (fields[i].kind == V_TEXT && str_eq(value_str(fields[i]), wanted))
            return true;
    return false;
}

static bool test_names(const PolicyTest *test, Str wanted) {
    for (uint32_t i = 0; i < test->step_count; i++)
        if (step_names(&test->steps[i], wanted))
            return true;
    return false;
}

bool policy_test_meant(Policy *p, const PolicyTest *test, const TestFilter *f) {
    bool title = f->title_count == 0, place = f->place_count == 0, of = f->of_count == 0;
    for (size_t i = 0; i < f->title_count && !title; i++)
        title = str_contains(test->title, f->titles[i]);
    for (size_t i = 0; i < f->place_count && !place; i++)
        place = is_there(p, test, f->places[i]);
    for (size_t i = 0; i < f->of_count && !of; i++)
        of = test_names(test, f->of[i]);
    return title && place && of;
}

/* ---- all of them */

static TestResult result_of(Policy *p, const PolicyTest *test) {
    Span at = test->node->span;
    return (TestResult){.title = test->title,
                        .file = p->sources.files.at[at.file].name,
                        .line = source_place(&p->sources, at.file, at.from).line,
                        .passed = true};
}

Status policy_tests(Policy *p, const TestOptions *o, Err *err) {
    Buf report = {0};
    Status status = OK;
    bool go_on = true;
    size_t meant = 0, n = p->program->tests.n;
    for (size_t i = 0; i < n && status == OK && go_on; i++) {
        const PolicyTest *test = &p->program->tests.at[i];
        if (!policy_test_meant(p, test, &o->filter))
            continue;
        meant++;
        TestResult result = result_of(p, test);
        buf_reset(&report);
        if (!o->list)
            status = policy_test(p, test, &o->run, &report, &result.passed, err);
        result.report = buf_str(&report);
        go_on = status != OK || (o->each(o->ctx, &result) && (result.passed || !o->fail_fast));
    }
    buf_free(&report);
    const TestFilter *f = &o->filter;
    if (status == OK && meant == 0 && f->title_count + f->place_count + f->of_count > 0)
        return err_say(err, ERR_NOTFOUND, "none of the %zu tests is meant",
                       "%zu 个测试中没有一个符合条件", n);
    return status == OK ? OK : err_status(err, status);
}
