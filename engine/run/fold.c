/* run: the fold of a duty. */
#include "engine/run/fold.h"

#include "engine/base/check.h"
#include "engine/base/civil.h"
#include "engine/base/moment.h"

Status span_terms(const Zone *zone, const Calendar *calendar, int64_t from, Value span,
                  int64_t *unpaused, int64_t *limit_ms, bool *working, bool *assumed) {
    Family family = (Family)span.aux;
    *working = family == FAMILY_WORKING || family == FAMILY_WORKING_DAYS;
    TRY(moment_add(zone, calendar, from, family, span.i, unpaused, assumed));
    if (family == FAMILY_WORKING_DAYS)
        return cal_between(calendar, from, *unpaused, limit_ms, NULL);
    *limit_ms = *working ? span.i : *unpaused - from;
    return OK;
}

static const Calendar *active_calendar(const Terms *terms, bool working) {
    return working ? terms->calendar : NULL;
}

static int64_t later(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* The earliest instant, not before `unpaused`, by which limit_ms of active time has passed since
 * `from`. */
static Status active_end(const Terms *terms, const Fold *fold, bool working, int64_t from,
                         int64_t limit_ms, int64_t unpaused, int64_t *out) {
    int64_t end;
    TRY(active_add(active_calendar(terms, working), from, limit_ms, fold->pauses, fold->pause_count,
                   &end, NULL));
    *out = later(end, unpaused);
    return OK;
}

/* Adds [from, to) to a list, joined with the one before where they touch. */
static void interval_add(Interval *list, uint32_t *n, int64_t from, int64_t to) {
    if (from >= to)
        return;
    if (*n > 0 && list[*n - 1].to >= from)
        list[*n - 1].to = later(to, list[*n - 1].to);
    else
        list[(*n)++] = (Interval){from, to};
}

static uint32_t bits_count(uint64_t bits) {
    uint32_t n = 0;
    for (; bits != 0; bits &= bits - 1)
        n++;
    return n;
}

static void fold_end(Fold *fold, const Act *act, uint8_t kind) {
    fold->ended = true;
    fold->end_kind = kind;
    fold->end_at = act->time;
    fold->end_leaf = act->leaf;
}

const Value *portion_of(const Terms *terms, uint32_t part) {
    for (uint32_t i = 0; i < terms->def->act_count; i++) {
        const ActDef *act = &terms->def->acts[i];
        if (act->kind == ACT_IS_PORTION && act->clause == part)
            return &terms->frame[act->amount_slot];
    }
    return NULL;
}

static void parts_counted(const Terms *terms, const Act *act, uint32_t count, Fold *out) {
    out->parts = count;
    if (out->parts >= terms->def->parts_needed)
        fold_end(out, act, ACT_IS_FULFIL);
}

/* Adds a portion to its part, which is done when it comes to its amount, and is no more when one
 * that is less than nothing takes it below. */
static Status fold_portion(const Terms *terms, const Act *act, Fold *out, uint64_t *parts) {
    const Value *whole = portion_of(terms, act->clause);
    if (whole == NULL || out->sums == NULL)
        return ERR_DAMAGED;
    Value *sum = &out->sums[act->clause];
    Dec total = value_to_dec(act->more);
    if (sum->kind != V_ABSENT)
        TRY(dec_add(value_to_dec(*sum), total, &total));
    Value more = *whole;
    if (act->more.kind == V_DEC || sum->kind == V_DEC)
        more.kind = V_DEC; /* numbers may come to a whole one */
    more.i = total.coef;
    more.scale = total.scale;
    *sum = more;
    uint64_t bit = (uint64_t)1 << act->clause;
    *parts = dec_cmp(total, value_to_dec(*whole)) >= 0 ? *parts | bit : *parts & ~bit;
    parts_counted(terms, act, bits_count(*parts), out);
    return OK;
}

bool act_hands_on(const DutyDef *def, const Act *act, Value owner) {
    return act->kind == ACT_IS_REASSIGN ||
           (act->kind == ACT_IS_MOVE && move_takes(&def->moves[act->clause], owner));
}

/* What one act does. Violations are counted when all pauses are known. */
static Status fold_act(const Terms *terms, const Act *act, Fold *out, uint64_t *parts,
                       int64_t *paused_from) {
    uint64_t bit = (uint64_t)1 << act->clause, before = out->reasons;
    switch ((ActKind)act->kind) {
    case ACT_IS_PAUSE:
        out->reasons |= bit;
        if (before == 0)
            *paused_from = act->time;
        return OK;
    case ACT_IS_RESUME:
        out->reasons &= ~bit;
        if (before != 0 && out->reasons == 0)
            interval_add(out->pauses, &out->pause_count, *paused_from, act->time);
        return OK;
    case ACT_IS_PART:
        *parts |= bit;
        parts_counted(terms, act, terms->def->parts_once ? bits_count(*parts) : out->parts + 1,
                      out);
        return OK;
    case ACT_IS_PORTION:
        return fold_portion(terms, act, out, parts);
    case ACT_IS_REASSIGN:
    case ACT_IS_MOVE:
        if (act_hands_on(terms->def, act, out->given != NULL ? out->given->more : terms->owner))
            out->given = act;
        return OK;
    case ACT_IS_ACKNOWLEDGE:
        interval_add(out->quiet, &out->quiet_count, act->time, act->more.i);
        return OK;
    case ACT_IS_VIOLATE:
        return OK;
    case ACT_IS_FULFIL:
    case ACT_IS_WAIVE:
    case ACT_IS_CANCEL:
    case ACT_IS_EXPIRE:
    case ACT_IS_UNRAISE:
    case ACT_KINDS:
        fold_end(out, act, act->kind);
    }
    return OK;
}

/* Folds up to the end; *n: how many acts count. */
static Status fold_run(const Terms *terms, const Act *acts, uint32_t *n, Fold *out) {
    int64_t paused_from = 0;
    uint64_t parts = 0; /* bits of those that there are */
    uint32_t i = 0;
    *out = (Fold){.pauses = out->pauses, .quiet = out->quiet, .sums = out->sums};
    for (uint32_t k = 0; out->sums != NULL && k < terms->def->part_count; k++)
        out->sums[k] = value_absent();
    for (; i < *n && !out->ended; i++)
        if (!acts[i].dropped)
            TRY(fold_act(terms, &acts[i], out, &parts, &paused_from));
    *n = out->counted = i;
    if (out->reasons != 0)
        interval_add(out->pauses, &out->pause_count, paused_from, INT64_MAX);
    out->due = INSTANT_NEVER;
    return terms->unpaused == INSTANT_NEVER
               ? OK
               : active_end(terms, out, terms->working, terms->begins, terms->limit_ms,
                            terms->unpaused, &out->due);
}

static bool is_paused_at(const Fold *fold, int64_t at) {
    for (uint32_t i = 0; i < fold->pause_count; i++)
        if (fold->pauses[i].from <= at && at < fold->pauses[i].to)
            return true;
    return false;
}

/* A prohibition holds from when it begins up to, not including, its end, but for its pauses. */
static Status fold_forbidden(const Terms *terms, const Act *acts, uint32_t n, Fold *out) {
    uint32_t within = 0;
    while (within < n && acts[within].time <= out->due)
        within++;
    if (within < n) { /* what comes after its time changes nothing, its end included */
        n = within;
        TRY(fold_run(terms, acts, &n, out));
    }
    out->breach_at = INSTANT_NEVER;
    for (uint32_t i = 0; i < n; i++) {
        if (acts[i].dropped || acts[i].kind != ACT_IS_VIOLATE || acts[i].time >= out->due ||
            acts[i].time < terms->begins || is_paused_at(out, acts[i].time))
            continue;
        if (out->violations++ == 0)
            out->breach_at = acts[i].time;
    }
    if (!out->ended && terms->over)
        fold_end(out, &(Act){.time = out->due}, ACT_IS_EXPIRE);
    return OK;
}

static bool has_sums(const DutyDef *def) {
    for (uint32_t i = 0; i < def->act_count; i++)
        if (def->acts[i].kind == ACT_IS_PORTION)
            return true;
    return false;
}

Status fold_acts(const Terms *terms, const Act *acts, uint32_t n, Arena *a, Fold *out) {
    *out = (Fold){.pauses = new (a, Interval, n + 1), .quiet = new (a, Interval, n + 1)};
    if (out->pauses == NULL || out->quiet == NULL)
        return ERR_NOMEM;
    if (has_sums(terms->def)) {
        out->sums = new (a, Value, terms->def->part_count);
        if (out->sums == NULL)
            return ERR_NOMEM;
    }
    TRY(fold_run(terms, acts, &n, out));
    out->breach_at = out->due;
    if (terms->def->forbids)
        return fold_forbidden(terms, acts, n, out);
    out->late = out->ended && out->due != INSTANT_NEVER && out->end_at > out->due;
    return OK;
}

static Status rung_share(const Terms *terms, const Fold *fold, Dec share, int64_t *out) {
    int64_t num = share.coef, den = 1, part;
    for (int i = 0; i < share.scale; i++)
        den *= 10;
    TRY(cal_share_of(terms->limit_ms, num, den, &part));
    return active_end(terms, fold, terms->working, terms->begins, part, terms->begins, out);
}

/* One more span of active time from an instant on. */
static Status span_active(const Terms *terms, const Fold *fold, int64_t from, Value span,
                          int64_t *out) {
    int64_t unpaused, limit;
    bool working;
    TRY(span_terms(terms->zone, terms->calendar, from, span, &unpaused, &limit, &working, NULL));
    return active_end(terms, fold, working, from, limit, unpaused, out);
}

static Status rung_after(const Terms *terms, const Fold *fold, Value span, int64_t *out) {
    return span_active(terms, fold, fold->breach_at, span, out);
}

/* Before the deadline; working time that reaches back to a closing means the opening that follows
 * it. A rung that would lie before the raising stands at it, one that would lie in a pause at its
 * end: while the clock of the duty stands still, nothing happens. */
static Status rung_before(const Terms *terms, const Fold *fold, Value span, int64_t *out) {
    int64_t at;
    TRY(moment_add(terms->zone, terms->calendar, fold->due, (Family)span.aux, -span.i, &at, NULL));
    if ((Family)span.aux == FAMILY_WORKING_DAYS)
        TRY(cal_next_open(terms->calendar, at, &at, NULL));
    *out = later(at, terms->begins);
    for (uint32_t i = 0; i < fold->pause_count; i++)
        if (fold->pauses[i].from < *out && *out < fold->pauses[i].to)
            *out = fold->pauses[i].to;
    return OK;
}

static Status rung_at(const Terms *terms, const Fold *fold, const RungDef *rung, Value span,
                      int64_t *out) {
    if (rung->kind == RUNG_AT_SHARE)
        return rung_share(terms, fold, rung->share, out);
    *out = rung->kind == RUNG_BEFORE_DUE ? fold->due : fold->breach_at;
    if (*out == INSTANT_NEVER || rung->kind == RUNG_AT_DUE)
        return OK;
    return rung->kind == RUNG_AFTER_DUE ? rung_after(terms, fold, span, out)
                                        : rung_before(terms, fold, span, out);
}

int64_t quiet_hours_end(const Zone *zone, int32_t from, int32_t to, int64_t at) {
    if (from == to)
        return at;
    int64_t local = zone_local(zone, at), day = local_day(local);
    int64_t time = local - day * DAY_MS;
    bool over_midnight = from > to;
    bool within = over_midnight ? time >= from || time < to : time >= from && time < to;
    if (!within)
        return at;
    int64_t end = zone_instant(zone, (over_midnight && time >= from ? day + 1 : day) * DAY_MS + to);
    return later(at, end); /* the clocks may show a time twice */
}

/* The end of the acknowledgement that holds at `at`; `at` itself when none does. */
static int64_t acknowledged_end(const Fold *fold, int64_t at) {
    for (uint32_t i = 0; i < fold->quiet_count; i++)
        if (fold->quiet[i].from <= at && at < fold->quiet[i].to)
            return fold->quiet[i].to;
    return at;
}

/* When what would come at `at` comes: neither acknowledged nor in quiet hours. Each step goes on.
 */
static int64_t quiet_end(const Terms *terms, const Fold *fold, const RungDef *rung, int64_t at) {
    const DutyDef *def = terms->def;
    for (;;) {
        int64_t end = acknowledged_end(fold, at);
        if (!rung->urgent)
            end = quiet_hours_end(terms->zone, def->quiet_from, def->quiet_to, end);
        if (end == at)
            return at;
        at = end;
    }
}

Status fold_rung(const Terms *terms, const Fold *fold, const RungDef *rung, Value span,
                 int64_t *out) {
    TRY(rung_at(terms, fold, rung, span, out));
    if (*out != INSTANT_NEVER)
        *out = quiet_end(terms, fold, rung, *out);
    return OK;
}

Status fold_repeat(const Terms *terms, const Fold *fold, const RungDef *rung, Value span,
                   uint32_t times, uint32_t *which, int64_t *out) {
    int64_t at;
    TRY(rung_at(terms, fold, rung, span, &at));
    *out = INSTANT_NEVER;
    *which = 0;
    for (uint32_t i = 1; i <= rung->repeats && at != INSTANT_NEVER; i++) {
        TRY(span_active(terms, fold, at, rung->repeat, &at));
        if (rung->until_acknowledged && fold->quiet_count > 0 && fold->quiet[0].from <= at)
            break; /* it has been acknowledged */
        if (i <= times || at == INSTANT_NEVER)
            continue;
        int64_t end = quiet_end(terms, fold, rung, at);
        if (*which > 0 && end > *out)
            break;
        *which = i;
        *out = end;
    }
    return OK;
}

Status fold_active(const Calendar *calendar, const Fold *fold, int64_t from, int64_t to,
                   int64_t *ms) {
    return active_between(calendar, from, to, fold->pauses, fold->pause_count, ms, NULL);
}

Status fold_left(const Terms *terms, const Fold *fold, int64_t at, int64_t *ms) {
    int64_t used;
    TRY(active_between(active_calendar(terms, terms->working), terms->begins,
                       later(at, terms->begins), fold->pauses, fold->pause_count, &used, NULL));
    *ms = used > terms->limit_ms ? 0 : terms->limit_ms - used;
    return OK;
}
