/* run: rotations: who is on call when. A turn belongs to one place after the other, at each
 * handover, in the order of the text and, among members of a team, of their joining. Nothing of it
 * is kept: it follows from the policy and from who held what when; only swaps are records.
 * Read:    on_call, then turn_at. */
#ifndef REMIT_RUN_ROTATION_H
#define REMIT_RUN_ROTATION_H

#include "engine/run/engine_int.h"

typedef enum OnCallHow {
    ONCALL_NOBODY,
    ONCALL_TURN,   /* it is their turn */
    ONCALL_STANDS, /* they stand in for `turn`, who is absent or has left */
    ONCALL_SWAP    /* a swap has put them there */
} OnCallHow;

typedef struct OnCall {
    Value who; /* a person, or a seat that nobody has ever held; absent: nobody */
    uint8_t how;
    Value turn;            /* whose turn it is; absent: nobody's */
    int64_t from, until;   /* the turn; INSTANT_NEVER: it has no end */
    const LayerDef *layer; /* NULL: it is in none */
    bool unknown;          /* nobody has ever been in it: its own name is said */
} OnCall;

/* A rotation in memory: the places with all who ever held them, and how far its turns were gone
 * through. Made anew when people change. */
typedef struct Roster Roster;

Status on_call(Engine *e, const RotationDef *def, int64_t at, OnCall *out);
/* The next instant after `at` at which somebody else may be on call; INSTANT_NEVER: none is known.
 */
Status on_call_next(Engine *e, const RotationDef *def, int64_t at, int64_t *next);
/* Nobody is on call, though somebody has been in it. */
static inline bool on_call_vacant(const OnCall *on) {
    return on->how == ONCALL_NOBODY && !on->unknown;
}
/* "turn", "stands in", "swap", "nobody". */
Str on_call_text(uint8_t how);
/* remit.swapped. */
Status rotation_swap(Engine *e, const Flow *flow);
/* What is kept in memory of rotations is out of date. */
void rotations_forget(Engine *e);

#endif
