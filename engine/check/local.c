/* check: where time is counted: a declaration's own zone and calendar, or the policy's; a team's.
 */
#include "engine/check/check_int.h"

const Zone *zone_here(const Program *p) {
    return p->local != NULL && p->local->zone != NULL ? p->local->zone : &p->zone;
}

const Calend *calendar_here(const Program *p) {
    return p->local != NULL && p->local->calendar != NULL ? p->local->calendar : p->calendar;
}

static void local_zone(Program *p, const Node *said, LocalTime *out) {
    Zone *zone = new (p->arena, Zone, 1);
    if (zone == NULL)
        p->nomem = true;
    else if (zone_read(p, said, zone))
        out->zone = zone;
}

static void local_calendar(Program *p, const Node *said, LocalTime *out) {
    Calend *c = calendar_find(p, said->text);
    if (c == NULL) {
        say_no_calendar(p, said);
        return;
    }
    c->used = true;
    out->calendar = c;
}

void local_read(Program *p, const Node *clauses, LocalTime *out) {
    const Node *zone = NULL, *calendar = NULL;
    for (const Node *c = clauses; c != NULL; c = c->next) {
        const Node **place = c->kind == N_SET_ZONE       ? &zone
                             : c->kind == N_SET_CALENDAR ? &calendar
                                                         : NULL;
        if (place == NULL)
            continue;
        if (*place != NULL) {
            Str what = place == &zone ? say_both(p, "the zone", "时区")
                                      : say_both(p, "the calendar", "日历");
            diag_other(diag_add2(p->diags, DIAG_DECLARED_TWICE, c->span, what, (Str){NULL, 0}),
                       (*place)->span);
            continue;
        }
        *place = c;
        if (place == &zone)
            local_zone(p, c, out);
        else
            local_calendar(p, c, out);
    }
    if (out->zone == NULL && zone == NULL && out->calendar != NULL && out->calendar->own_zone)
        out->zone = out->calendar->calendar.zone;
    out->said = out->zone != NULL || out->calendar != NULL;
}

void local_enter(Program *p, const LocalTime *local) {
    p->local = local != NULL && local->said ? local : NULL;
}

void locals_check(Program *p) {
    for (size_t i = 0; i < p->parties.n && !p->nomem; i++) {
        Party *party = p->parties.at[i];
        space_enter(p, party->home);
        if (party->kind == PARTY_TEAM || party->kind == PARTY_ROTATION)
            local_read(p, party->node->b, &party->local);
    }
    for (size_t i = 0; i < p->duties.n && !p->nomem; i++) {
        space_enter(p, p->duties.at[i]->home);
        local_read(p, p->duties.at[i]->node->c, &p->duties.at[i]->local);
    }
    for (size_t i = 0; i < p->approvals.n && !p->nomem; i++) {
        DutySym *base = &p->approvals.at[i]->base;
        space_enter(p, base->home);
        local_read(p, base->node->c, &base->local);
    }
    for (size_t i = 0; i < p->feeds.n && !p->nomem; i++) {
        space_enter(p, p->feeds.at[i]->home);
        local_read(p, p->feeds.at[i]->node->a, &p->feeds.at[i]->local);
    }
    for (size_t i = 0; i < p->rules.n && !p->nomem; i++) {
        space_enter(p, p->rules.at[i]->home);
        local_read(p, p->rules.at[i]->node->c, &p->rules.at[i]->local);
    }
    for (size_t i = 0; i < p->kpis.n && !p->nomem; i++) {
        space_enter(p, p->kpis.at[i]->home);
        local_read(p, p->kpis.at[i]->node->c, &p->kpis.at[i]->local);
    }
}
