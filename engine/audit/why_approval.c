/* audit: why an approval is as it is: who asked, whose yes was needed, who voted by what authority,
 * what is missing, how it ended. */
#include "engine/audit/why_int.h"

#include <string.h>

#include "engine/base/json.h"
#include "engine/run/event.h"

static const char *const states[APPROVAL_STATES] = {"open",   "granted",   "refused",
                                                    "lapsed", "withdrawn", "unattainable"};

static void put_seat(Why *w, uint32_t seat) {
    put_text(w->out, party_text(w->r->b, w->a.seats[seat]));
    if (w->a.def->seats[seat].members)
        put_text(w->out, S(".members"));
}

static bool is_asked(const Approval *a, uint32_t seat) {
    return (a->needs >> a->def->seats[seat].need & 1) != 0;
}

/* ---- authority, as it was when the vote was cast */

/* By what a person sits in a seat: says it and is true. */
static Status put_holds(Why *w, uint32_t seat, Str person, int64_t at, const char *who, bool *yes) {
    const Bundle *b = w->r->b;
    Value v = w->a.seats[seat];
    bool members = w->a.def->seats[seat].members;
    int64_t since = 0;
    *yes = false;
    if (v.aux == 1) {
        *yes = str_eq(value_str(v), person);
        if (*yes)
            put_fmt(w->out, "%sis named", who);
        return OK;
    }
    bool team = b->parties[v.i].kind == PARTY_TEAM_DEF;
    int64_t direct = team && !members ? b->parties[v.i].votes : v.i;
    int32_t itself = bundle_party(b, person);
    if (itself >= 0 && (itself == v.i || itself == direct)) {
        *yes = true;
        put_text(w->out, S("acts as the seat itself"));
        return OK;
    }
    if (direct >= 0)
        TRY(record_held(w->r, person, direct, at, yes, &since));
    for (uint32_t i = 0; i < b->party_count && !*yes; i++)
        if (direct >= 0 && b->parties[i].team == direct) {
            TRY(record_held(w->r, person, i, at, yes, &since));
            direct = *yes ? (int64_t)i : direct;
        }
    if (!*yes)
        return OK;
    put_fmt(w->out, "%sholds %.*s since ", who, STR_ARG(b->parties[direct].name));
    why_local(w, since);
    if (team && !members)
        put_fmt(w->out, ", who votes for %.*s", STR_ARG(b->parties[v.i].name));
    return OK;
}

static Status put_deputy(Why *w, uint32_t seat, const Vote *vote, bool *yes) {
    const Bundle *b = w->r->b;
    Buf key = {0};
    Str value;
    bool found;
    put_c(&key, 'f');
    put_text(&key, vote->by);
    Status status =
        key.failed ? ERR_NOMEM : led_find(w->r->l, LED_DELEGATE, buf_str(&key), &value, &found);
    buf_free(&key);
    TRY(status);
    if (!found)
        return OK;
    Str kept;
    TRY(arena_str(&w->arena, value, &kept));
    Take t = take_from(kept);
    for (uint64_t n = take_varint(&t); n > 0 && !t.failed && !*yes; n--) {
        Str whom = take_str(&t), who;
        uint64_t party = take_varint(&t);
        int64_t from = take_zigzag(&t), to = take_zigzag(&t);
        if (t.failed || vote->time < from || vote->time >= to || party > b->party_count)
            continue;
        TRY(arena_printf(&w->arena, &who, "acts for %.*s%s%.*s by delegation, who ", STR_ARG(whom),
                         party > 0 ? " as " : "",
                         STR_ARG((party > 0 ? b->parties[party - 1].name : S("")))));
        TRY(put_holds(w, seat, whom, vote->time, who.p, yes));
    }
    return t.failed ? ERR_DAMAGED : OK;
}

static Status put_votes(Why *w, const uint32_t *seats) {
    const Approval *a = &w->a;
    put_text(w->out, S("\nWho voted\n"));
    if (a->vote_count == 0)
        put_text(w->out, S("  nobody\n"));
    for (uint32_t i = 0; i < a->vote_count; i++) {
        const Vote *v = &a->votes[i];
        uint32_t seat = seats[i];
        Leaf leaf;
        TRY(record_leaf(w->r, v->leaf, &w->arena, &leaf, w->err));
        for (uint32_t s = 0; seat == NO_SEAT && s < a->def->seat_count; s++)
            seat = (v->seats >> s & 1) != 0 ? s : NO_SEAT;
        if (seat == NO_SEAT)
            return ERR_DAMAGED;
        put_text(w->out, S("  "));
        why_local(w, v->time);
        put_fmt(w->out, "  %.*s says %s as ", STR_ARG(v->by), v->yes ? "yes" : "no");
        put_seat(w, seat);
        if (leaf.kind == LEAF_EVENT)
            put_fmt(w->out, ", by event %.*s", STR_ARG(leaf.event.id));
        put_fmt(w->out, "  [%llu]\n                    ", (unsigned long long)v->leaf);
        bool yes;
        TRY(put_holds(w, seat, v->by, v->time, "", &yes));
        if (!yes)
            TRY(put_deputy(w, seat, v, &yes));
        if (!yes)
            put_text(w->out, S("by an appointment that was taken back since"));
        if (v->yes && seats[i] == NO_SEAT)
            put_text(w->out, S("; it does not count: its seats are filled, or votes by the same "
                               "authority count already"));
        put_c(w->out, '\n');
    }
    return OK;
}

/* ---- refused ballots: rejects are kept by their place in the journal */

/* Whether a refused line was a ballot for this approval. A line of CSV has lost its columns. */
static Status is_about(Why *w, Arena *a, const Leaf *leaf, bool *yes, Str *by) {
    *yes = false;
    if (leaf->kind != LEAF_REJECT || leaf->reject.reason != REJECT_AUTHORITY)
        return OK;
    char *line = arena_take(a, leaf->reject.raw.n + JSON_PAD, 1);
    if (line == NULL)
        return ERR_NOMEM;
    if (leaf->reject.raw.n > 0)
        memcpy(line, leaf->reject.raw.p, leaf->reject.raw.n);
    Seen seen = {0};
    EventReader reader = {.b = w->r->b,
                          .arena = a,
                          .source = S("remit:input"),
                          .seen = &seen,
                          .zone = w->r->render.zone};
    Reading what;
    Input in = {0};
    Refusal refusal = {0};
    Status status = event_read(&reader, (Str){line, leaf->reject.raw.n}, &what, &in, &refusal);
    seen_free(&seen);
    TRY(status);
    if (what != READ_EVENT || w->r->b->events[in.event].engine != ENGINE_DECIDED ||
        bundle_approval(w->r->b, value_str(in.fields[0])) != (int32_t)w->a.decl)
        return OK;
    Value key = in.fields[1];
    *yes = key.n == w->a.key_count && in.time >= w->a.raised &&
           (w->a.state == APPROVAL_OPEN || in.time <= w->a.ended);
    for (uint32_t i = 0; *yes && i < key.n; i++)
        *yes = str_eq(value_str(key.items[i]), w->a.key[i]);
    *by = in.actor;
    return OK;
}

static Status put_refused(Why *w) {
    Arena a = {0};
    uint64_t index = RECORD_BEGIN;
    Status status = OK;
    bool head = false;
    while (status == OK) {
        Str by;
        bool there, yes;
        Leaf leaf, effect;
        arena_reset(&a);
        status = record_reject(w->r, &index, &a, &leaf, &there, w->err);
        if (status != OK || !there)
            break;
        status = is_about(w, &a, &leaf, &yes, &by);
        if (status != OK || !yes)
            continue;
        status = record_leaf(w->r, index + 1, &a, &effect, w->err);
        if (status != OK || effect.kind != LEAF_EFFECT)
            continue;
        put_text(w->out, head ? S("") : S("\nWhat was refused\n"));
        head = true;
        put_text(w->out, S("  "));
        why_local(w, leaf.reject.time);
        put_fmt(w->out, "  a ballot of %.*s, event %.*s  [%llu]\n                    %.*s\n",
                STR_ARG(by), STR_ARG(leaf.reject.id), (unsigned long long)index,
                STR_ARG(value_str(effect_value(&effect.effect, S("message")))));
    }
    arena_free(&a);
    return status;
}

/* ---- whose yes was needed */

static void put_need(Why *w, uint32_t need, const uint32_t *seats) {
    const Approval *a = &w->a;
    uint32_t filled = 0, first = NO_SEAT;
    bool asked = (a->needs >> need & 1) != 0;
    for (uint32_t s = 0; s < a->def->seat_count && first == NO_SEAT; s++)
        first = a->def->seats[s].need == need ? s : NO_SEAT;
    for (uint32_t i = 0; i < a->vote_count; i++)
        filled += seats[i] != NO_SEAT && a->def->seats[seats[i]].need == need;
    put_text(w->out, S("  "));
    if (!asked)
        put_text(w->out, S("not asked  "));
    else
        put_fmt(w->out, "%u of %u     ", filled, a->def->needs[need].count);
    bool comma = false;
    for (uint32_t s = 0; s < a->def->seat_count; s++)
        if (a->def->seats[s].need == need) {
            put_text(w->out, comma ? S(", ") : S(""));
            put_seat(w, s);
            comma = true;
        }
    if (first != NO_SEAT) {
        put_text(w->out, S(", "));
        why_place(w, a->def->seats[first].file, a->def->seats[first].line);
        put_text(w->out, S("\n            "));
        why_source(w, a->def->seats[first].file, a->def->seats[first].line);
        if (a->def->needs[need].conditional)
            put_text(w->out, asked ? S("\n            its condition held")
                                   : S("\n            its condition did not hold"));
    }
    put_c(w->out, '\n');
}

static void put_excluded(Why *w) {
    const Approval *a = &w->a;
    bool head = false;
    for (uint32_t i = 0; i < a->def->excluded_count; i++) {
        if (a->excluded[i].kind != V_PARTY)
            continue;
        put_text(w->out, head ? S(", ") : S("  excluded   "));
        head = true;
        put_text(w->out, party_text(w->r->b, a->excluded[i]));
    }
    if (head)
        put_text(w->out, S(", with those who act for them and for whom they act\n"));
}

static Status put_due(Why *w) {
    Approval *a = &w->a;
    static const DutyDef none = {.schedule = {.kind = SCHEDULE_NONE}};
    if (a->due == INSTANT_NEVER)
        return OK;
    w->d = (Duty){.def = &none, .span = a->each, .assumed = a->assumed};
    w->d.terms =
        (Terms){.zone = bundle_zone(w->r->b),
                .calendar = bundle_calendar(w->r->b),
                .raised = a->raised,
                .unpaused = a->due,
                .working = a->each.aux == FAMILY_WORKING || a->each.aux == FAMILY_WORKING_DAYS};
    w->d.fold.due = a->due;
    put_c(w->out, '\n');
    Status status = why_deadline(w);
    w->d = (Duty){0};
    return status;
}

static Status put_ended(Why *w) {
    const Approval *a = &w->a;
    put_text(w->out, S("\nWhat happened\n"));
    Arena arena = {0};
    Status status = OK;
    Leaf leaf;
    for (uint32_t i = 0; i < a->said_count && status == OK; i++) {
        arena_reset(&arena);
        status = record_leaf(w->r, a->said[i], &arena, &leaf, w->err);
        if (status == OK && leaf.kind != LEAF_EFFECT)
            status = ERR_DAMAGED;
        if (status == OK)
            status = why_effect(w, a->said[i], &leaf.effect, false);
    }
    arena_free(&arena);
    return status;
}

static Status put_opened(Why *w) {
    const Approval *a = &w->a;
    const Effect *e = &w->opened.effect;
    put_text(w->out, S("Why it was asked for\n"));
    TRY(why_cause(w, &e->cause));
    if (e->rule > 0 && e->rule <= w->r->b->rule_count) {
        const RuleDef *rule = &w->r->b->rules[e->rule - 1];
        put_fmt(w->out, "  rule    %.*s, ", STR_ARG(rule->name));
        why_place(w, rule->file, rule->line);
        put_c(w->out, '\n');
    }
    put_fmt(w->out, "  approval %.*s, policy version %.*s, ", STR_ARG(a->def->name),
            STR_ARG(w->r->b->version));
    why_place(w, a->def->file, a->def->line);
    put_text(w->out, S("\n            "));
    why_source(w, a->def->file, a->def->line);
    put_c(w->out, '\n');
    return OK;
}

Status why_approval_text(Why *w, Str subject) {
    const Approval *a = &w->a;
    uint32_t *seats;
    TRY(approval_arrange(&w->arena, a, &seats));
    put_text(w->out, subject);
    put_fmt(w->out, " is %s\n", states[a->state]);
    if (a->asker.n > 0)
        put_fmt(w->out, "asked for by %.*s", STR_ARG(a->asker));
    else
        put_text(w->out, S("asked for"));
    put_text(w->out, S(" on "));
    why_moment(w, a->raised);
    if (a->due != INSTANT_NEVER) {
        put_text(w->out, S(", due "));
        why_moment(w, a->due);
    }
    put_text(w->out, S("\n\n"));
    TRY(put_opened(w));
    put_text(w->out, S("\nWhose yes it needs\n"));
    for (uint32_t i = 0; i < a->def->need_count; i++)
        put_need(w, i, seats);
    put_excluded(w);
    TRY(put_due(w));
    TRY(put_votes(w, seats));
    TRY(put_refused(w));
    return put_ended(w);
}

Status why_approval_json(Why *w, Str subject) {
    const Approval *a = &w->a;
    uint32_t *seats;
    TRY(approval_arrange(&w->arena, a, &seats));
    put_text(w->out, S("{\"subject\":"));
    put_json_string(w->out, subject);
    why_json_value(w, "state", value_text(str_of(states[a->state])));
    if (a->asker.n > 0)
        why_json_value(w, "asked_by", value_text(a->asker));
    put_text(w->out, S(",\"file\":"));
    put_json_string(w->out, w->r->b->sources[a->def->file].name);
    put_fmt(w->out, ",\"line\":%u", a->def->line);
    why_json_value(w, "raised", value_of(V_INSTANT, a->raised));
    if (a->due != INSTANT_NEVER) {
        why_json_value(w, "within", a->each);
        why_json_value(w, "due", value_of(V_INSTANT, a->due));
    }
    put_text(w->out, S(",\"seats\":["));
    for (uint32_t s = 0; s < a->def->seat_count; s++) {
        Str name = party_text(w->r->b, a->seats[s]);
        if (a->def->seats[s].members)
            TRY(arena_printf(&w->arena, &name, "%.*s.members", STR_ARG(name)));
        put_text(w->out, s == 0 ? S("{\"seat\":") : S(",{\"seat\":"));
        put_json_string(w->out, name);
        put_fmt(w->out, ",\"asked\":%s", is_asked(a, s) ? "true" : "false");
        for (uint32_t i = 0; i < a->vote_count; i++)
            if (seats[i] == s)
                why_json_value(w, "by", value_text(a->votes[i].by));
        put_c(w->out, '}');
    }
    put_text(w->out, S("],\"said\":["));
    for (uint32_t i = 0; i < a->said_count; i++) {
        Leaf leaf;
        TRY(record_leaf(w->r, a->said[i], &w->arena, &leaf, w->err));
        Buf line = {0};
        put_effect_json(&line, &w->r->render, &leaf.effect);
        put_text(w->out, i == 0 ? S("") : S(","));
        put_bytes(w->out, line.p, line.n > 0 ? line.n - 1 : 0);
        w->out->failed = w->out->failed || line.failed;
        buf_free(&line);
    }
    put_text(w->out, S("]}\n"));
    return OK;
}
