/* run: powers: whether who acts may do so (semantics.md 12, 13). */
#include "engine/base/check.h"
#include "engine/base/civil.h"
#include "engine/run/engine_int.h"

/* Whether a person holds the party, or acts for somebody who does. */
static Status may_as(Engine *e, Str who, Value party, int64_t at, bool *yes) {
    TRY(org_holds(e, who, party, at, yes));
    if (*yes || !e->has_people)
        return OK;
    Deputy *for_whom;
    uint32_t n;
    TRY(org_deputies(e, who, false, at, at, &for_whom, &n));
    for (uint32_t i = 0; i < n && !*yes; i++)
        if (for_whom[i].party < 0 || (party.aux == 0 && for_whom[i].party == party.i))
            TRY(org_holds(e, for_whom[i].person, party, at, yes));
    return OK;
}

static bool power_is_for(const PowerDef *p, const Power *asked) {
    return p->verb == (uint8_t)asked->verb && p->approval == asked->approval && p->of == asked->of;
}

bool power_given(const Bundle *b, const Power *asked) {
    for (uint32_t i = 0; i < b->power_count; i++)
        if (power_is_for(&b->powers[i], asked))
            return true;
    return false;
}

Status power_permits(Engine *e, const Power *asked, Str who, int64_t at, const PowerDef **by) {
    *by = NULL;
    for (uint32_t i = 0; i < e->b->power_count; i++) {
        const PowerDef *p = &e->b->powers[i];
        bool yes = false;
        if (!power_is_for(p, asked) || !dated_at(&p->dated, at))
            continue;
        for (uint32_t k = 0; k < p->party_count && !yes; k++)
            TRY(may_as(e, who, (Value){.kind = V_PARTY, .i = p->parties[k]}, at, &yes));
        if (p->owner && !yes)
            TRY(may_as(e, who, asked->owner, at, &yes));
        if (yes) {
            if (e->vm.watch != NULL && e->vm.watch->powers != NULL)
                e->vm.watch->powers[i] = 1;
            *by = p;
            return OK;
        }
    }
    return OK;
}

/* " from 2026-07-01 until 2026-12-31": of what applies for a time. */
static void put_dated_days(Buf *out, const Engine *e, const DatedDef *d) {
    const Zone *zone = bundle_zone(e->b);
    if (d->from != INT64_MIN) {
        put_text(out, S(" from "));
        put_date(out, local_day(zone_local(zone, d->from)));
    }
    if (d->until != INT64_MAX) {
        put_text(out, S(" until "));
        put_date(out, local_day(zone_local(zone, d->until - 1)));
    }
}

Status power_missing(Engine *e, const Power *asked, Str who, Str *message) {
    static const char *const verbs[POWER_VERBS] = {"waive",
                                                   "pause or resume",
                                                   "acknowledge",
                                                   "reassign",
                                                   "withdraw",
                                                   "add signers to",
                                                   "remove signers from",
                                                   "transfer",
                                                   "return",
                                                   "urge",
                                                   "correct",
                                                   "swap"};
    Str name = asked->verb == POWER_TO_SWAP ? e->b->parties[asked->of].name
               : asked->approval            ? e->b->approvals[asked->of].name
                                            : e->b->duties[asked->of].name;
    Buf text = {0};
    uint32_t n = 0;
    put_fmt(&text, "%.*s may not %s %.*s: only ", STR_ARG(who), verbs[asked->verb], STR_ARG(name));
    for (uint32_t i = 0; i < e->b->power_count; i++) {
        const PowerDef *p = &e->b->powers[i];
        if (!power_is_for(p, asked))
            continue;
        for (uint32_t k = 0; k < p->party_count; k++) {
            put_text(&text, n++ == 0 ? S("") : S(" or "));
            put_text(&text, e->b->parties[p->parties[k]].name);
            put_dated_days(&text, e, &p->dated);
        }
        if (p->owner) {
            put_text(&text, n++ == 0 ? S("") : S(" or "));
            put_text(&text, S("who owes it"));
            put_dated_days(&text, e, &p->dated);
        }
    }
    put_text(&text, S(", and who acts for them"));
    Status status = text.failed ? ERR_NOMEM : arena_str(&e->event, buf_str(&text), message);
    buf_free(&text);
    return status;
}

Status refuse_authority(Engine *e, const Flow *flow, Str field, Str message) {
    e->refusal = (Refusal){.reason = REJECT_AUTHORITY,
                           .has_time = true,
                           .time = flow->vm.time,
                           .source = flow->vm.source,
                           .id = flow->vm.id,
                           .field = field,
                           .message = message};
    e->refused = true;
    return ERR_TRAP;
}
