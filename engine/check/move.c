/* check: `reassign duty D from A to B from DATE`: who owes a duty from a date on in another's place
 * (language.md 26). */
#include "engine/base/limits.h"
#include "engine/check/check_int.h"

static const Party *move_party(Program *p, Node *who) {
    static const Scope none = {0};
    Type party = type_plain(TY_PARTY);
    bool ok = expr_want(p, &none, who, &party).kind == TY_PARTY && who->bind == BIND_PARTY;
    return ok ? who->means : NULL;
}

static uint32_t moves_of(const Program *p, const DutySym *duty) {
    uint32_t n = 0;
    for (size_t i = 0; i < p->moves.n; i++)
        n += p->moves.at[i].of == duty;
    return n;
}

void moves_check(Program *p) {
    for (size_t i = 0; i < p->reassigns.n && !p->nomem; i++) {
        const Node *node = p->reassigns.at[i];
        space_enter(p, node->means);
        Value date;
        MoveSym move = {.node = node, .running = node->flag != 0};
        move.from = move_party(p, node->a);
        move.to = move_party(p, node->b);
        bool ok = literal_value(p, node->d, &date) && move.from != NULL && move.to != NULL;
        if (ok && move.from == move.to)
            diag_add1(p->diags, DIAG_MOVE_TO_SELF, node->b->span, move.from->name);
        move.day = ok ? (int32_t)date.i : 0;
        for (const Node *name = node->c; name != NULL; name = name->next) {
            move.of = duty_called(p, name);
            if (!ok || move.of == NULL)
                continue;
            if (moves_of(p, move.of) == LIMIT_PAUSES)
                diag_add2(p->diags, DIAG_TOO_LARGE, name->at, say_both(p, "this duty", "这项职责"),
                          say_both(p, "32 reassignments", "32 次转办"));
            else if (!vec_push(&p->moves, move))
                p->nomem = true;
        }
    }
}
