/* run: the engine: events in, records changed, effects out. One event at a time, in input order;
 * what one event does commits whole or not at all. Trusts:  a bundle that was verified; a ledger
 * that was opened (ledger.h). Never:   reads a clock, writes outside the ledger, keeps state that
 * the ledger does not have. Memory:  the batch arena until engine_commit, the event arena until the
 * next event; steady state allocates nothing. Errors:  what is wrong with an event becomes a
 * reject; a Status is the machine's, and engine_error has its words. Read:    event.h (what comes
 * in), leaf.h (what is kept), engine.c (one event), act.c (duties), fold.h, timer.c. */
#ifndef REMIT_RUN_ENGINE_H
#define REMIT_RUN_ENGINE_H

#include "engine/code/bundle.h"
#include "engine/ledger/ledger.h"
#include "engine/run/leaf.h"
#include "engine/vm/vm.h"

/* An event that was read: its form is right and its fields fit the policy's declaration. */
typedef struct Input {
    uint32_t event;
    int64_t time;
    Str id, source, actor; /* actor empty: not said */
    Value *fields;
    uint32_t field_count;
    Str raw;      /* the line it came in: for a reject; empty: it is written anew for one */
    bool made_id; /* the id was made from the line */
} Input;

/* A line that could not be read, or an event that does not fit. */
typedef struct Refusal {
    RejectReason reason;
    bool has_time;
    int64_t time;
    Str source, id; /* as far as they are known */
    Str field, message;
    Str type, actor, about; /* as far as they are known; about: "duty/answer/T1", "ticket=T1" */
    Str raw;
    bool has_content;
    uint64_t content; /* of what it says, whatever its form; without it the line itself counts */
} Refusal;

typedef struct Counts {
    uint64_t events;   /* taken in */
    uint64_t repeated; /* of them `again`: rejects that came again */
    uint64_t again;
    uint64_t unmatched;
    uint64_t rejected[REJECT_REASONS];
    uint64_t effects;
    uint64_t by_effect[EFFECT_IDS]; /* by EffectId */
    uint64_t late;                  /* duties fulfilled after their deadline */
} Counts;

/* Where effects go. `effect` is called with each as it happens; it is not yet on disk, and its
 * texts die with the event. `undo` takes back all since the last `mark`: an event that is refused
 * whole says nothing. A sink has all three, or none. */
typedef struct EffectSink {
    void *ctx;
    Status (*effect)(void *ctx, const Effect *e);
    void (*mark)(void *ctx);
    void (*undo)(void *ctx);
} EffectSink;

typedef struct Engine Engine;

typedef struct EngineOptions {
    bool has_not_after;
    int64_t not_after; /* events later than this are refused */
    EffectSink sink;   /* may be empty */
    Watch *watch;      /* who asks what runs, or NULL */
} EngineOptions;

/* All that an event says, whatever the bundle's numbers are: its name, time, actor and fields. */
void put_event_content(Buf *out, const Bundle *b, const Input *in);

/* Puts an engine on a ledger. A new ledger gets its genesis; another's policy must be this bundle
 * (ERR_MISMATCH, both are named). bytes: the bundle's file, kept in the ledger. All is borrowed for
 * the engine's life. */
MUST_USE Status engine_open(const Bundle *b, Str bytes, Ledger *l, const EngineOptions *opt,
                            Engine **out, Err *err);
void engine_close(Engine *e);
/* Takes one event. OK also when it was refused, repeated or did nothing: counts tell. */
MUST_USE Status engine_take(Engine *e, const Input *in);
MUST_USE Status engine_refuse(Engine *e, const Refusal *why);
/* What came of an event that was refused before. */
typedef struct Retried {
    bool refused;  /* again: nothing was written */
    bool repeated; /* it is in already */
    RejectReason reason;
    Str field, message; /* in the arena that was given */
} Retried;
/* Takes an event that was refused and kept. If it is refused again, it is as if it had not been
 * tried. */
MUST_USE Status engine_retry(Engine *e, const Input *in, Arena *a, Retried *out);
/* From now on events later than `not_after` are refused, or none (a replay: each refusal has the
 * bound that was set when it was made). */
void engine_bound(Engine *e, bool has_not_after, int64_t not_after);
/* Marks a reject, by its leaf, all of whose events are in now; so many of them were taken by the
 * retry. */
MUST_USE Status engine_retried(Engine *e, uint64_t reject, uint64_t events);
/* Fires all that is due at or before `until` (engine.md 12). A tick at or before the last one does
 * nothing. */
MUST_USE Status engine_tick(Engine *e, int64_t until);
/* Moves the clock to `to`, as an event of that time would: what is due before it fires. Tests of
 * policies use it. */
MUST_USE Status engine_move(Engine *e, int64_t to);
/* Puts the open batch on disk. */
MUST_USE Status engine_commit(Engine *e, Err *err);
/* Writes to the ledger's open batch what a commit would: before its records are read. */
MUST_USE Status engine_write(Engine *e);
/* The same, with the numbers that another engine on the ledger goes on with. */
MUST_USE Status engine_settle(Engine *e);
/* Begins what comes into being with a version of the bundle that was just adopted. */
MUST_USE Status engine_begin_version(Engine *e, uint32_t version);
const Counts *engine_counts(const Engine *e);
/* The clock; false when no event has come yet. */
bool engine_clock(const Engine *e, int64_t *clock);
/* The words for the last Status that was not OK. */
const Err *engine_error(const Engine *e);
/* Arena for what belongs to one input event: reset by engine_take and engine_refuse when they are
 * done. */
Arena *engine_arena(Engine *e);
Render *engine_render(Engine *e);

#endif
