/* run: expectations of tests, held against the ledger. */
#include "engine/base/sha256.h"
#include "engine/run/policytest_int.h"
#include "engine/run/series.h"

/* What is looked at, for the report. */
static Status look_at(Tester *t, Subject subject) {
    if (t->failed)
        return OK; /* the first failure is told */
    Str *key = new (&t->keep, Str, subject.key_count + 1);
    if (key == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < subject.key_count; i++)
        TRY(arena_str(&t->keep, subject.key[i], &key[i]));
    t->about = subject;
    t->about.key = key;
    t->is_about = true;
    return OK;
}

typedef struct Seek {
    const Subject *subject;
    EffectId id;
    Value party, text;
    bool any_text;
    const TestStep *step;
    bool found;
} Seek;

static Status seek_told(Tester *t, void *ctx, const Leaf *leaf) {
    Seek *s = ctx;
    (void)t;
    if (leaf->kind == LEAF_EFFECT && leaf->effect.id == s->id &&
        same_subject(&leaf->effect.subject, s->subject) &&
        (value_eq(effect_value(&leaf->effect, S("to")), s->party) ||
         value_eq(effect_value(&leaf->effect, S("on_call")), s->party)))
        s->found = true;
    return OK;
}

static Status seek_notified(Tester *t, void *ctx, const Leaf *leaf) {
    Seek *s = ctx;
    (void)t;
    if (leaf->kind == LEAF_EFFECT && leaf->effect.id == EFFECT_DIGEST && s->any_text &&
        value_eq(leaf->effect.values[0], s->party))
        s->found = true;
    if (leaf->kind != LEAF_EFFECT || leaf->effect.id != EFFECT_NOTIFIED)
        return OK;
    Value to = effect_value(&leaf->effect, S("to")), text = effect_value(&leaf->effect, S("text"));
    bool addressed = false;
    for (uint32_t i = 0; to.kind == V_LIST && i < to.n; i++)
        addressed = addressed || value_eq(to.items[i], s->party);
    Value on_call = effect_value(&leaf->effect, S("on_call"));
    for (uint32_t i = 0; on_call.kind == V_LIST && i < on_call.n; i++)
        addressed = addressed || value_eq(on_call.items[i], s->party);
    if (addressed && (s->any_text || value_eq(text, s->text)))
        s->found = true;
    return OK;
}

static Status seek_emitted(Tester *t, void *ctx, const Leaf *leaf) {
    Seek *s = ctx;
    (void)t;
    if (leaf->kind != LEAF_EFFECT || leaf->effect.id != EFFECT_EMITTED ||
        leaf->effect.event != s->step->event->number)
        return OK;
    bool same = true;
    for (uint32_t i = 0; i < leaf->effect.field_count; i++) {
        Value want = s->step->fields[i];
        if (want.kind == V_INT && leaf->effect.fields[i].kind == V_DEC)
            want = value_dec(V_DEC, dec_of_i64(want.i));
        same = same && (want.kind == V_ABSENT || value_eq(want, leaf->effect.fields[i]));
    }
    s->found = s->found || same;
    return OK;
}

static Status seek_rejected(Tester *t, void *ctx, const Leaf *leaf) {
    Seek *s = ctx;
    (void)t;
    if (leaf->kind == LEAF_EFFECT && leaf->effect.id == EFFECT_REJECTED &&
        str_eq(value_str(effect_value(&leaf->effect, S("reason"))), s->step->text))
        s->found = true;
    return OK;
}

/* Whether a digest told a party of a rung of the duty. */
static Status told_in_digest(Tester *t, const Duty *d, Value party, bool raises, bool *told) {
    bool collected = false;
    for (uint32_t i = 0; i < d->said_count && !*told; i++) {
        Str bytes, kept;
        Leaf leaf;
        TRY(led_leaf(t->l, d->said[i], &bytes));
        TRY(arena_str(&t->arena, bytes, &kept));
        TRY(take_leaf(kept, &t->arena, &leaf));
        const Effect *e = &leaf.effect;
        if (leaf.kind != LEAF_EFFECT || !value_eq(e->values[0], party))
            continue;
        collected = collected || (e->id == EFFECT_DUTY_COLLECTED &&
                                  (e->values[COLLECTED_RAISES].i != 0) == raises);
        *told = collected && e->id == EFFECT_DIGEST;
    }
    return OK;
}

static bool state_is(const Duty *d, const TestCheck *c) {
    static const uint8_t states[STATE_COUNT] = {DUTY_OPEN,      DUTY_PAUSED, DUTY_BREACHED,
                                                DUTY_FULFILLED, DUTY_WAIVED, DUTY_CANCELLED};
    bool paused = c->state == STATE_PAUSED && !d->fold.ended && d->fold.reasons != 0;
    if (duty_state(d) != states[c->state] && !paused)
        return false;
    return c->state != STATE_FULFILLED || d->fold.late == c->late;
}

static Status check_holds(Tester *t, const Duty *d, const TestCheck *c, bool *holds) {
    Subject subject = duty_subject(d);
    Seek seek = {.subject = &subject, .party = c->value};
    switch (c->what) {
    case CHECK_STATE:
        *holds = state_is(d, c);
        break;
    case CHECK_ESCALATED:
    case CHECK_REMINDED:
        seek.id = c->what == CHECK_ESCALATED ? EFFECT_DUTY_ESCALATED : EFFECT_DUTY_REMINDED;
        TRY(visit_leaves(t, seek_told, &seek));
        TRY(told_in_digest(t, d, c->value, c->what == CHECK_ESCALATED, &seek.found));
        *holds = seek.found;
        break;
    case CHECK_DUE:
        *holds = d->fold.due == c->value.i;
        break;
    case CHECK_OWED_BY:
        *holds = value_eq(d->owner, c->value);
        break;
    default:
        *holds = d->reported_late;
    }
    *holds = *holds != c->negated;
    return OK;
}

/* Whether a table has the record of this creation number. */
static Status is_numbered(Tester *t, LedTable table, uint64_t number, bool *there) {
    Buf key = {0};
    Str value;
    put_key_u64(&key, number);
    Status status = key.failed ? ERR_NOMEM : led_find(t->l, table, buf_str(&key), &value, there);
    buf_free(&key);
    return status;
}

static Status find_duty(Tester *t, const TestStep *step, Duty *d, bool *found) {
    uint32_t decl = step->duty->number;
    uint64_t number = 0;
    *found = false;
    if (step->key_count > 0) {
        Str *key;
        TRY(key_texts(t->e, step->key, step->key_count, &key));
        TRY(duty_find_key(t->e, decl, key, step->key_count, INT64_MAX, &number, found));
        return *found ? duty_load(t->e, number, d) : OK;
    }
    for (uint64_t n = 1; n < t->e->next; n++) { /* without a key: the latest one */
        bool there;
        TRY(is_numbered(t, LED_DUTY, n, &there));
        if (!there)
            continue;
        Duty other;
        TRY(duty_load(t->e, n, &other));
        if (other.decl == decl) {
            *d = other;
            *found = true;
        }
    }
    return OK;
}

/* One that was to be there, or not to be there, and is not or is. */
static Status by_presence(Tester *t, const TestStep *step, bool found, const char *none, bool *ok) {
    *ok = step->negated != found;
    if (!*ok)
        put_either(t, &t->why, found ? "there is one" : none, found ? "有" : "没有");
    return OK;
}

static Status expect_duty(Tester *t, const TestStep *step, bool *ok) {
    Duty d;
    bool found;
    TRY(find_duty(t, step, &d, &found));
    if (found)
        TRY(look_at(t, duty_subject(&d)));
    if (step->negated || !found)
        return by_presence(t, step, found, "there is no such duty", ok);
    for (uint32_t i = 0; i < step->check_count && *ok; i++) {
        TRY(check_holds(t, &d, &step->checks[i], ok));
        if (*ok)
            continue;
        put_wanted(t, &t->wanted, &step->checks[i]);
        put_either(t, &t->why, "it is ", "");
        put_state(t, &t->why, &d);
    }
    return OK;
}

/* ---- approvals */

static Status put_approval_state(Tester *t, const Approval *a) {
    static const char *const states[APPROVAL_STATES] = {"open",   "granted",   "refused",
                                                        "lapsed", "withdrawn", "unattainable"};
    put_state_name(t, &t->why, states[a->state]);
    if (a->due != INSTANT_NEVER) {
        put_either(t, &t->why, ", due ", "，到期于 ");
        put_when(t, &t->why, a->due);
    }
    for (uint32_t i = 0; i < a->vote_count; i++) {
        put_either(t, &t->why, a->votes[i].yes ? ", yes by " : ", no by ",
                   a->votes[i].yes ? "，同意 " : "，反对 ");
        put_text(&t->why, a->votes[i].by);
    }
    return buf_status(&t->why);
}

static Status approval_holds(Tester *t, const Approval *a, const TestCheck *c, bool *holds) {
    static const uint8_t states[STATE_COUNT] = {[STATE_GRANTED] = APPROVAL_GRANTED,
                                                [STATE_REFUSED] = APPROVAL_REFUSED,
                                                [STATE_LAPSED] = APPROVAL_LAPSED,
                                                [STATE_WITHDRAWN] = APPROVAL_WITHDRAWN,
                                                [STATE_UNATTAINABLE] = APPROVAL_UNATTAINABLE};
    Subject subject = approval_subject(a);
    Seek seek = {.subject = &subject, .party = c->value, .id = EFFECT_APPROVAL_ESCALATED};
    if (c->what == CHECK_STATE) {
        *holds = a->state == states[c->state];
    } else if (c->what == CHECK_DUE) {
        *holds = a->due == c->value.i;
    } else {
        TRY(visit_leaves(t, seek_told, &seek));
        *holds = seek.found;
    }
    *holds = *holds != c->negated;
    return OK;
}

/* The approval that a step names; without a key the latest one. */
static Status find_approval(Tester *t, const TestStep *step, Approval *a, bool *found) {
    uint64_t number = 0;
    uint32_t decl = step->duty->number;
    *found = false;
    if (step->key_count > 0) {
        Str *key;
        TRY(key_texts(t->e, step->key, step->key_count, &key));
        TRY(approval_find_key(t->e, decl, key, step->key_count, INT64_MAX, &number, found));
        return *found ? approval_load(t->e, number, a) : OK;
    }
    for (uint64_t n = t->e->next; n-- > 1 && !*found;) {
        bool there;
        TRY(is_numbered(t, LED_APPROVAL, n, &there));
        if (!there)
            continue;
        TRY(approval_load(t->e, n, a));
        *found = a->decl == decl;
    }
    return OK;
}

static Status expect_approval(Tester *t, const TestStep *step, bool *ok) {
    Approval a;
    bool found;
    TRY(find_approval(t, step, &a, &found));
    if (found)
        TRY(look_at(t, approval_subject(&a)));
    if (step->negated || !found)
        return by_presence(t, step, found, "there is no such approval", ok);
    for (uint32_t i = 0; i < step->check_count && *ok; i++) {
        TRY(approval_holds(t, &a, &step->checks[i], ok));
        if (*ok)
            continue;
        put_wanted(t, &t->wanted, &step->checks[i]);
        put_either(t, &t->why, "it is ", "");
        TRY(put_approval_state(t, &a));
    }
    return OK;
}

/* ---- KPIs */

static bool level_stands(const Series *s, LevelRow row) {
    uint8_t level = row == LEVEL_WARNING ? KPI_WARNING : KPI_CRITICAL;
    for (uint32_t i = 0; i < s->def->level_count; i++)
        if (s->def->levels[i].level == level && s->levels[i].raised)
            return true;
    return false;
}

static bool was_cleared(const Series *s) {
    for (uint32_t i = 0; i < s->def->level_count; i++)
        if (!s->levels[i].raised && s->levels[i].episode > 0)
            return true;
    return false;
}

static bool kpi_holds(const Series *s, const Measure *m, const KpiCheck *c) {
    bool holds = false;
    BoundDef bound = {.value = c->value};
    switch (c->what) {
    case KPI_CHECK_LEVEL:
        holds = c->level == LEVEL_CLEARED ? was_cleared(s) : level_stands(s, c->level);
        break;
    case KPI_CHECK_CLEAR:
        holds = !level_stands(s, LEVEL_WARNING) && !level_stands(s, LEVEL_CRITICAL);
        break;
    case KPI_CHECK_ABSENT:
        holds = m->absent;
        break;
    default:
        bound.side = c->side == SIDE_ABOVE      ? SIDE_IS_ABOVE
                     : c->side == SIDE_BELOW    ? SIDE_IS_BELOW
                     : c->side == SIDE_AT_LEAST ? SIDE_IS_AT_LEAST
                                                : SIDE_IS_AT_MOST;
        holds = !m->absent && bound_holds(&bound, bound.value, m);
        if (c->side == SIDE_IS) {
            bound.side = SIDE_IS_AT_LEAST;
            holds = holds && bound_holds(&bound, bound.value, m);
        }
    }
    return holds != c->negated;
}

/* The series of the step's group and what it measures now; one that has no sample yet is empty. */
static Status find_series(Tester *t, const TestStep *step, Series *s, Measure *m) {
    uint8_t hash[SHA256_BYTES];
    uint64_t number, zero;
    bool found;
    Buf key = {0};
    Str value;
    int64_t clock = INT64_MIN;
    *s = (Series){.def = &t->p->bundle->kpis[step->kpi->number], .decl = step->kpi->number};
    TRY(key_texts(t->e, step->key, step->key_count, &s->key));
    TRY(engine_write(t->e));
    Status status = series_hash(s->def, s->key, &key, hash);
    if (status == OK)
        status = led_set_find(t->l, LED_SET_NAMES, hash, &number, &zero, &found);
    if (status == OK && found) {
        buf_reset(&key);
        put_key_u64(&key, number);
        status = led_find(t->l, LED_SERIES, buf_str(&key), &value, &found);
        if (status == OK)
            status = view_series(t->p->bundle, number, value, &t->arena, s);
    }
    (void)engine_clock(t->e, &clock);
    if (status == OK)
        status = series_at(t->l, s, clock, &t->arena, &key, m);
    buf_free(&key);
    return status;
}

static Status put_series(Tester *t, const Series *s, const Measure *m) {
    Value value;
    TRY(measure_value(m, &t->arena, &value));
    bool warning = level_stands(s, LEVEL_WARNING), critical = level_stands(s, LEVEL_CRITICAL);
    put_either(t, &t->why, "it is ", "");
    put_either(t, &t->why,
               warning && critical ? "warning and critical"
               : warning           ? "warning"
               : critical          ? "critical"
                                   : "clear",
               warning && critical ? "预警和严重"
               : warning           ? "预警"
               : critical          ? "严重"
                                   : "解除");
    put_either(t, &t->why, ", value ", "，值 ");
    put_measure_text(&t->why, t->p->bundle, &engine_render(t->e)->zone, s->def, value);
    put_fmt(&t->why, t->chinese ? "，样本 %llu 个" : " of %llu samples",
            (unsigned long long)m->samples);
    return OK;
}

static Status expect_kpi(Tester *t, const TestStep *step, bool *ok) {
    Series s;
    Measure m;
    TRY(find_series(t, step, &s, &m));
    TRY(look_at(t, series_subject(&s)));
    for (uint32_t i = 0; i < step->kpi_check_count && *ok; i++) {
        *ok = kpi_holds(&s, &m, &step->kpi_checks[i]);
        if (!*ok)
            TRY(put_series(t, &s, &m));
    }
    return OK;
}

/* ---- entities */

static Status entity_subject(Tester *t, const TestStep *step, Subject *out) {
    *out = (Subject){.kind = SUBJECT_ENTITY,
                     .decl = step->entity->number,
                     .occurrence = 1,
                     .key_count = step->key_count};
    return key_texts(t->e, step->key, step->key_count, &out->key);
}

static Status expect_entity(Tester *t, const TestStep *step, bool *ok) {
    const EntityDef *def = &t->p->bundle->entities[step->entity->number];
    Value *held = new (&t->arena, Value, def->field_count + 1);
    bool found;
    Subject subject;
    if (held == NULL)
        return ERR_NOMEM;
    TRY(entity_subject(t, step, &subject));
    TRY(look_at(t, subject));
    TRY(entity_get(t->e, step->entity->number, step->key, held, &found));
    if (step->negated || !found)
        return by_presence(t, step, found, "there is none", ok);
    for (uint32_t i = 0; i < def->field_count && *ok; i++) {
        Value want = step->fields[i];
        if (def->fields[i].type.kind == V_DEC && want.kind == V_INT)
            want = value_dec(V_DEC, dec_of_i64(want.i));
        *ok = want.kind == V_ABSENT || value_eq(want, held[i]);
        if (*ok)
            continue;
        put_either(t, &t->why, "it has ", "");
        put_held(t, &t->why, def, i, held[i]);
    }
    return OK;
}

static Status expect_seen(Tester *t, const TestStep *step, bool *ok) {
    Seek seek = {.party = step->party,
                 .any_text = step->text.p == NULL,
                 .text = value_text(step->text),
                 .step = step};
    LeafVisit visit = step->expect == N_EXPECT_NOTIFIED  ? seek_notified
                      : step->expect == N_EXPECT_EMITTED ? seek_emitted
                                                         : seek_rejected;
    TRY(visit_leaves(t, visit, &seek));
    *ok = seek.found != step->negated;
    if (!*ok)
        put_either(t, &t->why, seek.found ? "it happened" : "it did not happen",
                   seek.found ? "发生了" : "没有发生");
    return OK;
}

Status test_expect(Tester *t, const TestStep *step, bool *ok) {
    buf_reset(&t->why);
    buf_reset(&t->wanted);
    if (!t->failed)
        t->is_about = false;
    TRY(step->after ? engine_tick(t->e, step->time) : engine_move(t->e, step->time));
    if (step->expect == N_EXPECT_DUTY)
        return expect_duty(t, step, ok);
    if (step->expect == N_EXPECT_ENTITY)
        return expect_entity(t, step, ok);
    if (step->expect == N_EXPECT_KPI)
        return expect_kpi(t, step, ok);
    return step->expect == N_EXPECT_APPROVAL ? expect_approval(t, step, ok)
                                             : expect_seen(t, step, ok);
}
