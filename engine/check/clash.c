/* check: what a text says that can hardly be meant: clauses of one duty that one event sets off at
 * once, hours that no layer of a rotation has, roles that are over. Warnings, all of them. */
#include "engine/check/check_int.h"

#include "engine/base/civil.h"

/* ---- one event in two clauses */

static bool same_condition(const Node *a, const Node *b) {
    return a == NULL || b == NULL ? a == b : expr_same(a, b);
}

static bool ends(const ActSym *act) {
    return act->kind == ACT_FULFIL || act->kind == ACT_WAIVE || act->kind == ACT_CANCEL;
}

/* Whether whatever sets off one clause sets off the other on the same duties. */
static bool at_once(const ActSym *a, const ActSym *b) {
    return a->event == b->event && a->since == NULL && b->since == NULL &&
           same_condition(a->node->b, b->node->b) && same_condition(a->node->d, b->node->d);
}

static Str act_word(Program *p, int kind) {
    return kind == ACT_FULFIL  ? say_both(p, "fulfils", "完成")
           : kind == ACT_WAIVE ? say_both(p, "waives", "豁免")
                               : say_both(p, "cancels", "取消");
}

void acts_clash(Program *p, const DutySym *duty) {
    for (uint32_t i = 0; i < duty->act_count; i++)
        for (uint32_t k = 0; k < i; k++) {
            const ActSym *a = &duty->acts[k], *b = &duty->acts[i];
            if (a->event == NULL || !at_once(a, b))
                continue;
            if (a->kind == ACT_PAUSE && b->kind == ACT_RESUME && a->clause == b->clause)
                diag_add1(p->diags, DIAG_PAUSE_OF_NOTHING, b->node->a->span, b->event->name);
            else if (ends(a) && ends(b) && a->kind != b->kind)
                diag_other(diag_add3(p->diags, DIAG_ENDS_TWICE, b->node->a->span, b->event->name,
                                     act_word(p, a->kind < b->kind ? a->kind : b->kind),
                                     act_word(p, a->kind < b->kind ? b->kind : a->kind)),
                           a->node->a->span);
        }
}

/* ---- hours of nobody */

static bool covers(const LayerSym *layer, bool open, int32_t at_ms) {
    switch (layer->hours) {
    case HOURS_OPEN:
        return open;
    case HOURS_CLOSED:
        return !open;
    case HOURS_OF_DAY:
        return layer->from_ms < layer->to_ms ? layer->from_ms <= at_ms && at_ms < layer->to_ms
                                             : layer->from_ms <= at_ms || at_ms < layer->to_ms;
    default:
        return true;
    }
}

/* Until when it stays as it is at `at_ms`. */
static int32_t next_edge(const Party *rotation, int32_t at_ms) {
    int32_t next = DAY_MS;
    for (uint32_t i = 0; i < rotation->layer_count; i++) {
        const LayerSym *layer = &rotation->layers[i];
        const int32_t edges[] = {layer->from_ms, layer->to_ms};
        for (size_t k = 0; layer->hours == HOURS_OF_DAY && k < 2; k++)
            if (edges[k] > at_ms && edges[k] < next)
                next = edges[k];
    }
    return next;
}

static bool covered(const Party *rotation, bool open, int32_t at_ms) {
    for (uint32_t i = 0; i < rotation->layer_count; i++)
        if (covers(&rotation->layers[i], open, at_ms))
            return true;
    return false;
}

/* The hours in words: of each day, of working time, or of all other time. */
static Str hours_text(Program *p, bool open, bool closed, int32_t from, int32_t to) {
    Str when = open && closed ? S("")
               : open         ? say_both(p, "while open", "营业期间")
                              : say_both(p, "while closed", "非营业期间");
    if (from == 0 && to == DAY_MS && when.n > 0)
        return when;
    Buf first = {0}, last = {0};
    put_time(&first, from);
    put_time(&last, to);
    Str out = say(p, "%.*s%.*s%.*s%.*s%.*s%.*s", STR_ARG(say_both(p, "from ", "")),
                  STR_ARG(buf_str(&first)), STR_ARG(say_both(p, " to ", " 至 ")),
                  STR_ARG(buf_str(&last)), STR_ARG(when.n > 0 ? S(" ") : S("")), STR_ARG(when));
    buf_free(&first);
    buf_free(&last);
    return out;
}

void layers_cover(Program *p, const Party *rotation) {
    for (int32_t at = 0, to; at < DAY_MS; at = to) {
        to = next_edge(rotation, at);
        bool open = !covered(rotation, true, at), closed = !covered(rotation, false, at);
        if (!open && !closed)
            continue;
        while (to < DAY_MS && open == !covered(rotation, true, to) &&
               closed == !covered(rotation, false, to))
            to = next_edge(rotation, to);
        diag_add2(p->diags, DIAG_NOBODY_ON_CALL, rotation->at, rotation->name,
                  hours_text(p, open, closed, at, to));
        return; /* the first of them */
    }
}

/* ---- roles that are over */

void role_is_there(Program *p, const Node *node, const Party *party) {
    for (const PartySpan *span = party->spans; span != NULL; span = span->next)
        if (span->dated.from < p->during.until && p->during.from < span->dated.until)
            return;
    if (party->spans != NULL && p->during.from < p->during.until)
        diag_add1(p->diags, DIAG_ROLE_IS_OVER, node->span, party->name);
}
