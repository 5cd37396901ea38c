/* audit: why-not: why an approval was not asked for, or is not granted. */
#include "engine/audit/whynot_int.h"
#include "engine/run/approval.h"

static const char *const states[] = {"open",      "granted",      "refused", "lapsed",
                                     "withdrawn", "unattainable", "returned"};

/* ---- seats */

/* Who holds a party now, in words; empty: it is vacant. */
static Status holders_of(Why *w, Value party, Str *out) {
    Buf from = {0}, list = {0};
    Status status = OK;
    *out = (Str){NULL, 0};
    if (value_is_person(party)) {
        *out = value_str(party);
        return OK;
    }
    put_key_u64(&from, (uint64_t)party.i);
    size_t prefix = from.n;
    for (bool after = false; status == OK; after = true) {
        Str key, value, person;
        bool found, yes;
        status = from.failed
                     ? ERR_NOMEM
                     : led_next(w->r->l, LED_ORG, buf_str(&from), after, &key, &value, &found);
        if (status != OK || !found || key.n <= prefix ||
            !str_starts(key, str_upto(buf_str(&from), prefix)))
            break;
        status = arena_str(&w->arena, str_from(key, prefix), &person);
        if (status == OK)
            status = record_held(w->r, person, party.i, w->r->clock, &yes, NULL);
        from.n = prefix;
        put_text(&from, person);
        if (status != OK || !yes)
            continue;
        put_text(&list, list.n > 0 ? why_word(w, SAY_LISTED) : S(""));
        put_text(&list, person);
    }
    if (status == OK)
        status = list.failed ? ERR_NOMEM : arena_str(&w->arena, buf_str(&list), out);
    buf_free(&from);
    buf_free(&list);
    return status;
}

static Status tell_seat(WhyNot *n, uint32_t seat) {
    Why *w = &n->w;
    const Approval *a = &w->a;
    const AskedSeat *s = &a->seats[seat];
    Str who = party_text(w->r->b, s->who), holders;
    if (s->members)
        TRY(arena_printf(&w->arena, &who, "%.*s.members", STR_ARG(who)));
    TRY(holders_of(w, s->who, &holders));
    const SeatDef *def = s->def == NO_SEAT ? NULL : &a->def->seats[s->def];
    const Fact facts[] = {
        fact_text("seat", who), fact_text("holders", holders),
        fact_text("stage", a->stages[seat_stage(a, seat)].name),
        fact_text("place", def != NULL ? why_place(w, def->file, def->line) : S(""))};
    if (holders.n == 0 && !s->members)
        not_tell(n, "vacant", SAY_NOT_SEAT_VACANT, facts, 4);
    else
        not_tell(n, "seat_open", SAY_NOT_SEAT_OPEN, facts, 4);
    return OK;
}

static void tell_need(WhyNot *n, uint32_t need, const uint32_t *seats) {
    const Approval *a = &n->w.a;
    const AskedNeed *d = &a->needs[need];
    const Fact facts[] = {fact_number("have", need_have(a, need, seats)),
                          fact_number("need", d->count),
                          fact_text("stage", a->stages[d->stage].name)};
    not_tell(n, "quorum", d->points ? SAY_NOT_POINTS : SAY_NOT_QUORUM, facts, 3);
}

static Status tell_needs(WhyNot *n) {
    const Approval *a = &n->w.a;
    uint32_t *seats;
    TRY(approval_arrange(&n->w.arena, a, &seats));
    for (uint32_t i = 0; i < a->need_count; i++) {
        if (!a->needs[i].asked || need_have(a, i, seats) >= a->needs[i].count)
            continue;
        tell_need(n, i, seats);
        for (uint32_t s = 0; s < a->seat_count; s++)
            if (a->seats[s].need == i && !a->seats[s].gone && seat_lacking(a, s, seats))
                TRY(tell_seat(n, s));
    }
    return OK;
}

static void tell_excluded(WhyNot *n) {
    Why *w = &n->w;
    const Approval *a = &w->a;
    Str list = {NULL, 0};
    for (uint32_t i = 0; i < a->def->excluded_count; i++) {
        Str one = why_value(w, a->excluded[i]);
        if (a->excluded[i].kind != V_ABSENT)
            list = list.n == 0 ? one : why_said(w, SAY_AND_ALSO, (Args){{list, one}});
    }
    if (list.n > 0)
        not_tell(n, "excluded", SAY_NOT_EXCLUDED, (Fact[]){fact_text("who", list)}, 1);
}

/* ---- its end */

/* What ended it, as it was said. */
static Status tell_end(WhyNot *n) {
    Why *w = &n->w;
    static const EffectId ends[] = {EFFECT_APPROVAL_REFUSED, EFFECT_APPROVAL_LAPSED,
                                    EFFECT_APPROVAL_WITHDRAWN, EFFECT_APPROVAL_UNATTAINABLE};
    for (uint32_t i = w->a.said_count; i-- > 0;) {
        Leaf leaf;
        TRY(record_leaf(w->r, w->a.said[i], &w->arena, &leaf, w->err));
        for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
            if (leaf.kind != LEAF_EFFECT || leaf.effect.id != ends[k])
                continue;
            size_t from = w->out->n;
            if (!w->json)
                return why_effect(w, w->a.said[i], &leaf.effect, false);
            (void)from;
            not_begin(n, "ended", SAY_NOTHING,
                      (Fact[]){fact_at("time", leaf.effect.time),
                               fact_text("state", str_of(states[w->a.state])),
                               {"by", effect_value(&leaf.effect, S("by")), {NULL, 0}},
                               {"seat", effect_value(&leaf.effect, S("seat")), {NULL, 0}},
                               fact_number("index", w->a.said[i])},
                      5);
            not_end(n);
            return OK;
        }
    }
    return OK;
}

static Status approval_came(WhyNot *n, Str subject) {
    Why *w = &n->w;
    Str state = str_of(states[w->a.state]);
    not_head(n, subject, states[w->a.state],
             w->a.state == APPROVAL_GRANTED ? SAY_NOT_BUT_GRANTED : SAY_NOT_GRANTED,
             (Args){{subject, engine_word(w->chinese, state)}});
    if (w->a.state != APPROVAL_GRANTED) {
        TRY(w->a.state == APPROVAL_OPEN ? OK : tell_end(n));
        TRY(tell_needs(n));
        tell_excluded(n);
    }
    return not_foot(n);
}

Status not_approval(WhyNot *n, Str subject, uint32_t decl, const KeyAsked *key, bool found) {
    const ApprovalDef *d = &n->w.r->b->approvals[decl];
    if (found)
        return approval_came(n, subject);
    not_head(n, subject, "not_asked", SAY_NOT_ASKED_FOR, (Args){{subject}});
    if (d->event >= 0) {
        TRY(probe_open(n));
        const Raised r = {.decl = {DECL_APPROVAL, decl},
                          .kind = "approval",
                          .name = d->name,
                          .dated = &d->dated,
                          .event = d->event,
                          .raise_fn = d->raise_fn,
                          .key_count = d->key_count,
                          .file = d->file,
                          .line = d->line,
                          .again = d->again,
                          .last = true,
                          .where = probe_approval_where(&n->probe, decl)};
        bool met;
        TRY(not_raised(n, &r, key, &met));
    } else {
        TRY(not_made(n, &(Sought){OP_ASK, decl, d->raise_fn, d->key_count}, key));
    }
    return not_foot(n);
}
