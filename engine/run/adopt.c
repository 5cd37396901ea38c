/* run: adopting a new version: the entry of the journal, the linked bundle, and what begins or is
 * looked at again because of it. */
#include "engine/run/adopt.h"

#include "engine/base/civil.h"
#include "engine/run/live.h"
#include "engine/run/view.h"

static Status reading(Err *err, Status status, Ledger *l) {
    return err_because(err, status, "reading the ledger's policy", "读取账本的政策", led_error(l));
}

static Status policy_of(Ledger *l, Str key, Arena *a, Str *bytes, bool *found, Err *err) {
    Str held;
    Status status = led_find(l, LED_POLICY, key, &held, found);
    if (status != OK)
        return reading(err, status, l);
    return *found ? arena_str(a, held, bytes) : OK;
}

Status ledger_bundle(Ledger *l, Arena *a, const Bundle **bundle, Str *bytes, Err *err) {
    Bundle *b;
    bool found = false;
    *bundle = NULL;
    if (led_size(l) == 0)
        return OK;
    TRY(policy_of(l, S("0"), a, bytes, &found, err));
    if (!found)
        return err_say(err, ERR_DAMAGED, "the ledger's policy is missing", "账本里没有政策");
    TRY(bundle_take(*bytes, a, &b, err));
    *bundle = b;
    return OK;
}

static Status given_key(uint32_t number, Arena *a, Str *out) {
    return arena_printf(a, out, "given/%u", number);
}

Status ledger_given(Ledger *l, uint32_t number, Arena *a, Str *bytes, Err *err) {
    Str key;
    bool found;
    TRY(given_key(number, a, &key));
    TRY(policy_of(l, key, a, bytes, &found, err));
    if (!found && number == 0) /* no other ever followed */
        TRY(policy_of(l, S("0"), a, bytes, &found, err));
    return found ? OK
                 : err_say(err, ERR_DAMAGED, "the ledger lacks version %u of its policy",
                           "账本里没有政策的第 %u 个版本", number);
}

/* ---- what begins with it */

/* A series that is judged otherwise from the instant on is judged then. */
static Status series_retime(Engine *e, const VersionDef *v) {
    Str from = {NULL, 0}, key, value;
    bool found = true;
    for (bool after = false; found; after = true) {
        Status status = led_next(e->l, LED_SERIES, from, after, &key, &value, &found);
        if (status != OK)
            return engine_fail(e, status, "reading the series");
        if (!found)
            return OK;
        TRY(arena_str(&e->keep, key, &from));
        Take t = take_from(key);
        Live *live;
        TRY(live_get(e, take_key_u64(&t), &live));
        const KpiDef *judge = bundle_judge(e->b, live->s.decl, v->from);
        if (judge->version + 1u == e->b->version_count || judge->dated.until == v->from)
            TRY(series_at_latest(e, live, v->from));
    }
    return OK;
}

static bool counts_duties(const KpiDef *k) {
    for (uint32_t i = 0; i < k->agg_count; i++)
        if (k->aggs[i].states != 0)
            return true;
    return false;
}

/* What a new measure of how things stand counts of what there is already. */
static Status count_duty(Engine *e, Duty *d, void *ctx) {
    const uint32_t *kpi = ctx;
    return duty_count_now(e, d, *kpi);
}

static Status gauges_begin(Engine *e, uint32_t version) {
    for (uint32_t i = 0; i < e->b->kpi_count; i++) {
        const KpiDef *k = &e->b->kpis[i];
        if (k->version != version || k->base >= 0)
            continue;
        if (counts_duties(k))
            TRY(duties_each(e, count_duty, &i));
        TRY(entities_count_now(e, i));
    }
    return OK;
}

/* Approvals that hang on anybody are looked at again: who is there may change at the instant. */
static Status seats_review(Engine *e) {
    int64_t *parties = new (&e->event, int64_t, e->b->party_count + 1);
    if (parties == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < e->b->party_count; i++)
        parties[i] = i;
    return approvals_review(e, parties, e->b->party_count);
}

Status engine_begin_version(Engine *e, uint32_t version) {
    const VersionDef *v = &e->b->versions[version];
    e->next += (uint64_t)e->numbers[version].schedules + e->numbers[version].moves;
    if (!e->has_clock)
        return OK; /* all begin with the first clock */
    TRY(engine_mark(e));
    e->now = e->instant = e->clock;
    TRY(schedules_begin(e, version, v->from));
    TRY(moves_begin(e, version));
    TRY(series_retime(e, v));
    TRY(gauges_begin(e, version));
    TRY(seats_review(e));
    arena_reset(&e->event);
    return OK;
}

/* ---- adopting */

static Status from_when(Engine *e, AdoptFrom asked, int64_t *from, Err *err) {
    int64_t clock;
    bool has = engine_clock(e, &clock);
    if (!asked.said && !has)
        return err_say(err, ERR_MISMATCH,
                       "nothing has happened in the ledger yet: say from when the new version "
                       "applies, --from INSTANT",
                       "账本里还没有发生过什么：请写明新版本何时生效，--from 时刻");
    *from = asked.said ? asked.at : clock + 1;
    if (has && *from <= clock)
        return err_say(err, ERR_MISMATCH,
                       "the ledger's clock is already there: a new version applies from a later "
                       "instant on, what was decided before stays",
                       "账本的时钟已过该时刻：新版本须从更晚的时刻起生效，此前的决定不变");
    return OK;
}

/* What the ledger keeps of it, in the open batch. */
static Status keep(Engine *e, const Bundle *old, Str old_bytes, Str linked, Str given,
                   const Bundle *add, int64_t from) {
    Leaf leaf = {.kind = LEAF_POLICY,
                 .policy = {add->version, {(const char *)add->hash, sizeof add->hash}, from}};
    Str key;
    TRY(engine_mark(e));
    TRY(engine_leaf(e, &leaf, NULL));
    Status status = OK;
    if (old->version_count == 1)
        status = led_put(e->l, LED_POLICY, S("given/0"), old_bytes);
    TRY(given_key(old->version_count, &e->event, &key));
    if (status == OK)
        status = led_put(e->l, LED_POLICY, key, given);
    if (status == OK)
        status = led_put(e->l, LED_POLICY, S("0"), linked);
    return status == OK ? OK : engine_fail(e, status, "keeping the policy");
}

/* With the engine that runs under the old version. */
static Status link_in(Engine *e, const Bundle *old, Str old_bytes, Str bytes, AdoptFrom from,
                      Arena *a, Adopted *out, Buf *linked, Err *err) {
    Bundle *add;
    LinkPlan plan = {.first = e->next};
    TRY(from_when(e, from, &plan.from, err));
    TRY(bundle_take(bytes, a, &add, err));
    TRY(bundle_link(old, bytes, &plan, a, linked, &out->linked, err));
    out->from = plan.from;
    return keep(e, old, old_bytes, buf_str(linked), bytes, add, plan.from);
}

static Status begin_in(Ledger *l, Str linked, Arena *a, Err *err) {
    Bundle *b;
    Engine *e;
    EngineOptions none = {0};
    TRY(bundle_take(linked, a, &b, err));
    TRY(engine_open(b, linked, l, &none, &e, err));
    Status status = engine_begin_version(e, b->version_count - 1);
    if (status == OK)
        status = engine_settle(e);
    if (status != OK)
        (void)err_as(err, status, engine_error(e));
    engine_close(e);
    return status;
}

Status ledger_adopt(Ledger *l, Str bytes, AdoptFrom from, Arena *a, Adopted *out, Err *err) {
    const Bundle *old;
    Str old_bytes, kept;
    Engine *e;
    EngineOptions none = {0};
    Buf linked = {0};
    TRY(ledger_bundle(l, a, &old, &old_bytes, err));
    if (old == NULL)
        return err_say(err, ERR_STATE,
                       "nothing was ever run against this ledger: run it under this policy at once",
                       "这个账本还没有运行过：直接用这个政策运行即可");
    TRY(engine_open(old, old_bytes, l, &none, &e, err));
    Status status = link_in(e, old, old_bytes, bytes, from, a, out, &linked, err);
    if (status == OK)
        status = engine_settle(e);
    if (status != OK)
        (void)err_as(err, status, engine_error(e));
    engine_close(e);
    if (status == OK)
        status = arena_str(a, buf_str(&linked), &kept);
    buf_free(&linked);
    return status == OK ? begin_in(l, kept, a, err) : status;
}
