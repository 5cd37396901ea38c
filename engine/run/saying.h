/* run: what is said of a duty. Each function says its effect, notes where it stands in the journal,
 * and changes nothing else; the caller folds, plans and saves. */
#ifndef REMIT_RUN_SAYING_H
#define REMIT_RUN_SAYING_H

#include "engine/run/engine_int.h"

Effect duty_effect(const Duty *d, EffectId id);
Status duty_say(Engine *e, Duty *d, Effect *effect);
Value instant_or_absent(int64_t at);
/* The round, from the second on. */
Value round_value(const Duty *d);
/* Runs what the policy says `when` a duty gets into a state. What it makes has the duty as its
 * subject. */
Status duty_react(Engine *e, Duty *d, uint8_t state);
/* Says that its clock stands or goes on, if one act, which has that place, made it so. */
Status say_clock(Engine *e, Duty *d, const Act *act, uint32_t place);
/* What came of a sum with this portion. */
Status say_progressed(Engine *e, Duty *d, const Act *act, const Flow *flow);
Status say_reassigned(Engine *e, Duty *d, Value from);
Status say_acknowledged(Engine *e, Duty *d, const Act *act, const Flow *flow);
/* Its breach; of a prohibition by an event (flow), and which one it is. */
Status say_breached(Engine *e, Duty *d, const Flow *flow);
/* Its end. flow: the event that ended it; NULL: its time was over. */
Status say_end(Engine *e, Duty *d, const Flow *flow);

/* What was said of a duty, for a correction. */
typedef struct Said {
    uint8_t state;
    int64_t due, at; /* INSTANT_NEVER: not known, none */
    bool late;
} Said;
Said said_of(const Duty *d);
/* What a duty was before an act: its fold, and whether a breach stood. */
Said said_under(const Duty *d, const Fold *old, bool breached);
Status say_corrected(Engine *e, Duty *d, Said was);
/* A breach that was said and is one no more: the duty is open again, and the rungs at and after it
 * are to come again (language.md 12). */
void take_back(Duty *d);
/* A rung that comes at the deadline or after it. */
bool rung_after_due(const RungDef *rung);

/* forbid.c: prohibitions. What one act changed of one (act NULL: one that was dropped); *reacts:
 * the policy may do something upon it. */
Status forbid_told(Engine *e, Duty *d, const Act *act, uint32_t place, const Fold *old,
                   const Flow *flow, bool *reacts);
/* Its time is over. */
Status forbid_over(Engine *e, Duty *d);

#endif
