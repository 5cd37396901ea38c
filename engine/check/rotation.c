/* check: rotations: who is on call when. */
#include "engine/check/check_int.h"

#include "engine/base/limits.h"

static Party *rotation_of(Program *p, size_t i) {
    return p->parties.at[i]->kind == PARTY_ROTATION ? p->parties.at[i] : NULL;
}

/* `from 18:00 to 09:00`, `while closed`. */
static void hours_read(Program *p, const Node *node, LayerSym *layer) {
    Value from, to;
    layer->hours = node == NULL ? HOURS_ALL : node->op;
    if (node == NULL)
        return;
    if (node->op != HOURS_OF_DAY) {
        if (calendar_here(p) == NULL && p->header != NULL)
            say_header(p, DIAG_NO_CALENDAR, node->span, N_SET_CALENDAR);
        return;
    }
    if (!literal_value(p, node->a, &from) || !literal_value(p, node->b, &to))
        return;
    if (from.i == to.i)
        diag_add(p->diags, DIAG_QUIET_ALL_DAY, node->span);
    layer->from_ms = (int32_t)from.i;
    layer->to_ms = (int32_t)to.i;
}

/* Who takes turns: seats, and teams by their members. */
static void places_read(Program *p, Node *list, LayerSym *layer) {
    static const Scope none = {0};
    Type party = type_plain(TY_PARTY);
    for (Node *seat = list; seat != NULL; seat = seat->next) {
        bool members = is_members(seat);
        Node *who = members ? seat->a : seat;
        if (expr_want(p, &none, who, &party).kind != TY_PARTY)
            continue;
        const Party *is = who->bind == BIND_PARTY ? who->means : NULL;
        if (is == NULL || is->kind == PARTY_ROTATION || (is->kind == PARTY_TEAM && !members)) {
            diag_add1(p->diags, DIAG_NOT_IN_TURN, seat->span, source_text(p->sources, seat->span));
            continue;
        }
        if (layer->place_count == LIMIT_SEATS) {
            diag_add2(p->diags, DIAG_TOO_LARGE, seat->span, say_both(p, "this list", "这个列表"),
                      S("60"));
            return;
        }
        layer->places[layer->place_count++] = (PlaceSym){is, members};
    }
}

static void handover_read(Program *p, const Node *node, LayerSym *layer) {
    schedule_read(p, node->a, &layer->handover);
    Value from;
    if (node->b != NULL && literal_value(p, node->b, &from))
        layer->from = (int32_t)from.i;
    else if (node->b == NULL && layer->handover.has_from)
        layer->from = layer->handover.from;
    else if (node->b == NULL)
        diag_add(p->diags, DIAG_NO_FIRST_TURN, node->at);
}

static bool is_many(const LayerSym *layer) {
    bool many = layer->place_count > 1;
    for (uint32_t i = 0; i < layer->place_count; i++)
        many = many || layer->places[i].members;
    return many;
}

/* The lines of a rotation without layers, or of a layer. */
static void layer_read(Program *p, const Node *lines, const Node *hours, const Node *at, Str name,
                       LayerSym *layer) {
    const Node *handover = NULL, *places = NULL;
    *layer = (LayerSym){.name = name, .node = at};
    layer->places = new (p->arena, PlaceSym, LIMIT_SEATS);
    if (layer->places == NULL) {
        p->nomem = true;
        return;
    }
    hours_read(p, hours, layer);
    for (const Node *line = lines; line != NULL; line = line->next) {
        const Node **seen = line->kind == N_HANDOVER ? &handover
                            : line->kind == N_PLACES ? &places
                                                     : NULL;
        if (seen != NULL && *seen != NULL)
            diag_add1(p->diags, DIAG_SAID_TWICE, line->at, source_text(p->sources, line->span));
        else if (seen != NULL)
            *seen = line;
        if (line->kind == N_LAYER)
            diag_add1(p->diags, DIAG_LAYERS_ALONE, line->at, name);
    }
    if (handover != NULL)
        handover_read(p, handover, layer);
    if (places != NULL)
        places_read(p, places->a, layer);
    else if (!has_error(lines))
        diag_add1(p->diags, DIAG_NOBODY_IN_TURN, at->at, name);
    if (handover == NULL && is_many(layer))
        diag_add1(p->diags, DIAG_NO_HANDOVER, at->at, name);
}

static void rotation_read(Program *p, Party *party) {
    const Node *node = party->node;
    size_t layers = 0, others = 0;
    for (const Node *line = node->b; line != NULL; line = line->next) {
        layers += line->kind == N_LAYER;
        others += line->kind == N_HANDOVER || line->kind == N_PLACES;
    }
    party->layers = new (p->arena, LayerSym, layers + 1);
    if (party->layers == NULL) {
        p->nomem = true;
        return;
    }
    if (layers == 0 || others > 0) {
        party->layer_count = 1;
        layer_read(p, node->b, node->c, node, party->name, &party->layers[0]);
        return;
    }
    if (node->c != NULL)
        diag_add1(p->diags, DIAG_LAYERS_ALONE, node->c->span, party->name);
    for (const Node *line = node->b; line != NULL && !p->nomem; line = line->next)
        if (line->kind == N_LAYER)
            layer_read(p, line->b, line->c, line, line->text, &party->layers[party->layer_count++]);
    if (!has_error(node->b))
        layers_cover(p, party);
}

void rotations_check(Program *p) {
    for (size_t i = 0; i < p->parties.n && !p->nomem; i++) {
        Party *party = rotation_of(p, i);
        if (party == NULL)
            continue;
        space_enter(p, party->home);
        local_enter(p, &party->local);
        rotation_read(p, party);
    }
    local_enter(p, NULL);
}

const Party *rotation_called(Program *p, const Node *name) {
    const Party *party = party_find(p, name->text);
    if (party != NULL && party->kind == PARTY_ROTATION)
        return party;
    Str *names = new (p->arena, Str, p->parties.n + 1);
    size_t n = 0;
    if (names == NULL) {
        p->nomem = true;
        return NULL;
    }
    for (size_t i = 0; i < p->parties.n; i++)
        if (rotation_of(p, i) != NULL)
            names[n++] = name_here(p, p->parties.at[i]->home, p->parties.at[i]->name);
    say_unknown(p, DIAG_NO_ROTATION, name->at, name->text, names, n);
    return NULL;
}
