/* run: reassignments by the policy: `reassign duty D from A to B from DATE`. What is raised from
 * that date on for A is owed by B. Of `running move` duties the open ones are handed on at the
 * date: an act of each of them, which counts if A owes it then, so that a late act before it still
 * does. The timers of these dates have the numbers behind those of the schedules. */
#include "engine/base/check.h"
#include "engine/base/civil.h"
#include "engine/run/saying.h"

static int64_t move_at(const Bundle *b, const DutyDef *d, const MoveDef *move) {
    return zone_instant(local_zone(b, d->local), move->day * DAY_MS);
}

/* The running move of a version, by its number from 0. */
static const MoveDef *move_of(const Bundle *b, uint32_t version, uint64_t number, uint32_t *duty,
                              uint32_t *which) {
    for (*duty = 0; *duty < b->duty_count; ++*duty)
        for (*which = 0; *which < b->duties[*duty].move_count; ++*which)
            if (b->duties[*duty].version == version && b->duties[*duty].moves[*which].running &&
                number-- == 0)
                return &b->duties[*duty].moves[*which];
    return NULL;
}

uint32_t moves_count(const Bundle *b, uint32_t version) {
    uint32_t n = 0, duty, which;
    while (move_of(b, version, n, &duty, &which) != NULL)
        n++;
    return n;
}

Value move_owner(const Bundle *b, const DutyDef *d, Value owner, int64_t raised) {
    for (uint32_t i = 0; i < d->move_count; i++)
        if (move_at(b, d, &d->moves[i]) <= raised && move_takes(&d->moves[i], owner))
            owner = (Value){.kind = V_PARTY, .i = d->moves[i].to};
    return owner;
}

static Status move_apply(Engine *e, Duty *d, uint32_t which, int64_t at) {
    const MoveDef *move = &d->def->moves[which];
    e->now = at;
    e->subject = duty_subject(d);
    e->cause = (Cause){.kind = CAUSE_TIMER, .instant = at, .subject = e->subject};
    e->rule = 0;
    e->line = move->file << 20 | move->line;
    return duty_apply(e, d,
                      (Act){.time = at,
                            .kind = ACT_IS_MOVE,
                            .clause = (uint8_t)which,
                            .leaf = d->leaf,
                            .more = {.kind = V_PARTY, .i = move->to}},
                      NULL);
}

/* Whether the date has been there for the duty already. */
static bool move_counted(const Duty *d, uint32_t which) {
    for (uint32_t i = 0; i < d->act_count; i++)
        if (d->acts[i].kind == ACT_IS_MOVE && d->acts[i].clause == which)
            return true;
    return false;
}

Status moves_past(Engine *e, Duty *d) {
    for (uint32_t i = 0; i < d->def->move_count; i++) {
        int64_t at = move_at(e->b, d->def, &d->def->moves[i]);
        bool over = d->fold.ended && d->fold.end_at <= at;
        if (!d->def->moves[i].running || at <= d->terms.raised || at >= engine_horizon(e) || over ||
            move_counted(d, i))
            continue;
        Cause cause = e->cause;
        Subject subject = e->subject;
        uint32_t line = e->line, rule = e->rule;
        int64_t now = e->now;
        Status status = move_apply(e, d, i, at);
        e->cause = cause;
        e->subject = subject;
        e->line = line;
        e->rule = rule;
        e->now = now;
        TRY(status);
    }
    return OK;
}

Status moves_begin(Engine *e, uint32_t version) {
    const OwnNumbers *n = &e->numbers[version];
    for (uint32_t i = 0; i < n->moves; i++) {
        uint32_t duty, which, rung = 0;
        const MoveDef *move = move_of(e->b, version, i, &duty, &which);
        int64_t at = move_at(e->b, &e->b->duties[duty], move), old = INSTANT_NEVER;
        if (at >= e->clock)
            TRY(timer_set(e, n->first + n->schedules + i, &old, &rung, at, 0));
    }
    return OK;
}

static const MoveDef *move_numbered(const Engine *e, uint64_t number, uint32_t *duty,
                                    uint32_t *which) {
    uint32_t version = e->b->version_count - 1;
    while (version > 0 && e->numbers[version].first > number)
        version--;
    const OwnNumbers *n = &e->numbers[version];
    return move_of(e->b, version, number - n->first - n->schedules, duty, which);
}

static Status move_done(Engine *e, uint64_t number, int64_t at) {
    uint32_t rung = 0;
    return timer_set(e, number, &at, &rung, INSTANT_NEVER, 0);
}

Status move_skip(Engine *e, uint64_t number, int64_t at) {
    return move_done(e, number, at);
}

/* A date that has come. */
typedef struct Come {
    uint32_t duty, which;
    int64_t at;
} Come;

static Status move_one(Engine *e, Duty *d, void *ctx) {
    const Come *c = ctx;
    bool concerned = d->decl == c->duty && !d->fold.ended && d->terms.raised < c->at;
    return concerned ? move_apply(e, d, c->which, c->at) : OK;
}

/* Goes through all duties: such a date comes seldom. */
Status move_fire(Engine *e, uint64_t number, int64_t at) {
    Come c = {.at = at};
    if (move_numbered(e, number, &c.duty, &c.which) == NULL)
        return engine_fail(e, ERR_DAMAGED, "a timer of a date that the policy does not have");
    TRY(move_done(e, number, at));
    return duties_each(e, move_one, &c);
}
