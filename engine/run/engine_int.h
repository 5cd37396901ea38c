/* run: what the engine's files share. */
#ifndef REMIT_RUN_ENGINE_INT_H
#define REMIT_RUN_ENGINE_INT_H

#include "engine/run/engine.h"
#include "engine/run/fold.h"
#include "engine/run/match.h"

/* Who does something when an event comes, in the order in which they do it: declarations in text
 * order; within a duty its clauses (fulfil, waive, cancel, resume, pause), then the raising. */
typedef enum HandlerKind {
    HANDLE_ACT,
    HANDLE_RAISE,
    HANDLE_RULE,
    HANDLE_OPEN,     /* an approval */
    HANDLE_WITHDRAW, /* an approval, by a clause of its own */
    HANDLE_SAMPLE    /* a KPI: `act` is its aggregate */
} HandlerKind;

typedef struct Handler {
    uint8_t kind;
    uint32_t decl; /* number of the duty, rule, approval or KPI */
    uint32_t act;  /* its clause */
} Handler;

typedef struct Handlers {
    const Handler *at;
    uint32_t n;
} Handlers;

/* An event on its way through the declarations: an input event, or one that was emitted. */
typedef struct Flow {
    uint32_t event;
    VmEvent vm;
    uint64_t leaf;
    uint64_t begun;  /* the journal's size when its handling began; 0: it is not handled now */
    Cause cause;     /* of what it makes */
    Subject subject; /* of what has no subject of its own */
    Str by;          /* who acts; empty: not said */
} Flow;

/* The state of a duty or an approval before the event at hand changed it. */
typedef struct Before {
    uint64_t number;
    uint8_t state; /* STATE_BEFORE_NONE: it was not there */
} Before;
enum { STATE_BEFORE_NONE = 255 };

/* A duty that changed, for what is measured of it: taken when the event at hand is done. */
typedef struct Changed {
    uint32_t decl;
    uint8_t was, is; /* DutyState; was: STATE_BEFORE_NONE where it has just come */
    Value owner_was, owner;
    const Value *frame;
    int64_t raised, ended; /* ended: of one that was fulfilled */
    int64_t elapsed, worked;
    bool late;
    uint64_t leaf; /* of what was said of it last */
} Changed;

/* The leaves of what a reaction makes, in order. */
typedef struct Heard {
    uint64_t *at;
    uint32_t n, room;
} Heard;

/* Changes to entities that wait until what is at hand is done: rules read the state before it. */
typedef struct Changes {
    struct Change **at; /* in the order in which they were made */
    uint32_t n, room;
    struct Change **slots; /* by key; open addressing */
    uint32_t slot_count;
} Changes;

/* What had fulfilled a duty until something else ended that one before it. */
typedef struct Freed {
    uint64_t number;      /* of the duty */
    uint64_t leaf;        /* of the event */
    uint8_t kind, clause; /* by which clause */
} Freed;

/* OwnNumbers of a version that are no duty's or approval's: those of its schedules, and behind them
 * those of dates at which duties are handed on. */
typedef struct OwnNumbers {
    uint64_t first;
    uint32_t schedules, moves;
} OwnNumbers;

struct Engine {
    const Bundle *b;
    Ledger *l;
    EngineOptions opt;
    Err err;
    Arena keep;  /* for the engine's life */
    Arena event; /* until the event is done */
    Arena rota;  /* until people change */
    struct Roster *rosters;
    Vm vm;
    VmHost host;
    Render render;
    Handlers *handlers; /* of each event */
    bool has_clock, has_ticked;
    int64_t clock, ticked;
    uint64_t next;   /* the next creation number */
    uint64_t series; /* the next number of a series */
    struct LiveSet *live;
    int64_t instant;      /* up to which time has passed: samples count from here on */
    bool has_stale;       /* perhaps something stale waits to be told */
    bool has_people;      /* somebody was appointed once */
    VEC(Before) befores;  /* what was changed by the event at hand, as it was before */
    VEC(Changed) changed; /* by it, and not yet measured */
    bool measures_duties;
    uint64_t told;              /* a bit for each EffectId that the policy hears of something */
    uint32_t *entity_records;   /* of each entity: the event that is its record, or 0 */
    int64_t before;             /* what is due before it fires now */
    struct OwnNumbers *numbers; /* of each version: which numbers are its schedules' */
    int64_t first_timer;        /* no timer lies before it */
    Counts counts;
    /* while something is handled */
    int64_t now; /* when it happens */
    Flow *flow;  /* the event that is handled; NULL in a timer */
    Cause cause;
    Subject subject;
    const struct Approval *approval; /* whose reaction is carried out */
    const struct Duty *reacting;     /* whose reaction is carried out; NULL: no duty's */
    const Subject *grouping;         /* the series whose reaction is */
    Heard *heard;                    /* of the reaction that is carried out; NULL: none is */
    uint32_t episode;                /* of the KPI whose reaction runs: one more part of a duty's
                                        key; 0: none */
    uint32_t rule;                   /* number + 1 of the rule that acts */
    uint32_t line;
    VEC(Freed) freed;   /* by the act at hand, not yet offered again */
    VEC(Flow) queue;    /* emitted, not yet handled */
    VEC(Flow) deferred; /* emitted by timers of this instant: handled after all of them */
    bool matched;       /* the event found something to act on */
    bool acts;          /* it is of a kind that acts on duties */
    Changes changes;
    Retried *retried;     /* where it goes what came of an event that is tried again, or NULL */
    Arena *retried_arena; /* and its texts */
    Refusal refusal;      /* why the event at hand is refused, when a handler says so */
    bool refused;
    Buf leaf, record, key, text;
};

/* A duty in memory. Its record is DutyRec of record.def. */
typedef struct Duty {
    uint64_t number;
    uint32_t decl;
    const DutyDef *def;
    uint32_t policy; /* number of the version that it runs under */
    Str *key;
    uint32_t key_count;
    uint32_t occurrence;
    uint64_t latest;   /* of a first occurrence: the number of the latest, 0: itself; of a later
                          one that comes again by itself: of the next, 0: there is none */
    uint64_t leaf;     /* of the effect that opened it */
    uint32_t local;    /* where its time is counted */
    Value owner;       /* who owes it now */
    Value first_owner; /* who owed it when it was raised */
    Value attributes[ATTRIBUTES]; /* what it says of itself */
    Value span;                   /* what was said: a duration, or the instant or date of due by */
    Terms terms;
    bool assumed;
    Value *frame;
    Act *acts;
    uint32_t act_count;
    Fold fold;
    /* what has been said */
    bool breached;
    uint64_t fired;    /* bit 1 << rung */
    uint32_t *repeats; /* of each rung: how often it came again; NULL where none repeats */
    uint32_t round, last_rung, early_rung;
    bool ended;      /* it had ended when it was loaded */
    uint8_t was;     /* its state when it was loaded */
    uint8_t counted; /* the state and owner that measures know of; STATE_BEFORE_NONE: none */
    Value counted_owner;
    bool reported_late;
    uint64_t *said; /* leaves of its effects, in order */
    uint32_t said_count;
    Value *told; /* to whom it was escalated, in order, without repeats */
    uint32_t told_count;
    /* its timer, as it stands in the ledger */
    int64_t timer_at; /* INSTANT_NEVER: none */
    uint32_t timer_rung;
} Duty;

/* A ballot. */
typedef struct Vote {
    Str by;
    bool yes;
    bool returned;  /* its stage was returned to: it is void, and they may vote again */
    uint64_t seats; /* bits of the seats in which it may count, judged when it was cast */
    Voter who;      /* by what authority in which of them */
    uint64_t leaf;
    int64_t time;
} Vote;

/* A seat as it is asked. */
typedef struct AskedSeat {
    Value who;
    uint32_t def;    /* number of its SeatDef; NO_SEAT: a signer who was added */
    uint32_t need;   /* number of its requirement */
    uint32_t weight; /* where points are asked for; else 0 */
    bool members;
    bool gone; /* taken out again */
} AskedSeat;

/* A requirement as it is asked. */
typedef struct AskedNeed {
    uint32_t stage;
    uint32_t def;   /* number of its NeedDef; NO_SEAT: of a signer who was added */
    uint32_t count; /* votes or points */
    bool points;
    bool asked;
} AskedNeed;

/* A stage as it is asked. */
typedef struct AskedStage {
    Str name;        /* empty: there are none */
    Value each;      /* the time for it; absent: none */
    uint32_t voters; /* how many could vote when it opened */
    int64_t opened;  /* INSTANT_NEVER: it was not opened */
} AskedStage;

/* Who gave on their place in a seat that several may fill, for this matter. */
typedef struct Handed {
    uint32_t seat;
    Str person;
} Handed;

/* An approval in memory. Its record is ApprovalRec of record.def. */
typedef struct Approval {
    uint64_t number;
    uint32_t decl;
    const ApprovalDef *def;
    uint32_t policy; /* as Duty's */
    Str *key;
    uint32_t key_count;
    uint32_t occurrence;
    uint64_t latest;     /* as Duty's */
    int64_t raised, due; /* due: of the open stage; INSTANT_NEVER when there is none */
    Str asker;           /* who asked for it; empty: not said */
    bool assumed;
    Value *excluded;
    AskedStage *stages;
    uint32_t stage_count;
    uint32_t open; /* the stage that is open, or was last */
    AskedNeed *needs;
    uint32_t need_count;
    AskedSeat *seats; /* in the order of the text, then those that were added */
    uint32_t seat_count;
    Handed *handed;
    uint32_t handed_count;
    Value *frame;
    Vote *votes;
    uint32_t vote_count;
    uint8_t state; /* ApprovalState */
    uint8_t was;   /* its state when it was loaded */
    int64_t ended;
    uint64_t *said;
    uint32_t said_count;
    int64_t timer_at;
    uint32_t timer_rung;
} Approval;

/* engine.c */
Status engine_fail(Engine *e, Status status, const char *what);
Status engine_leaf(Engine *e, const Leaf *leaf, uint64_t *index);
/* Completes an effect from what is being handled (time, clock, cause, subject), journals it and
 * hands it on. */
Status engine_effect(Engine *e, Effect *effect, uint64_t *index);
/* Adds what a reaction made to what was said. */
Status heard_join(Engine *e, const Heard *heard, uint64_t **said, uint32_t *count);
/* Runs a function of actions (a reaction, a rule) over frame or event. */
Status engine_actions(Engine *e, int32_t fn, const VmEvent *event, const Value *frame);
/* Handles what was emitted, and what that emits. */
Status engine_cascade(Engine *e);
/* Timers before this instant are due now. */
int64_t engine_horizon(const Engine *e);
/* What an instant or amount that cannot be had does to the event: a trap's Status. */
Status engine_time_trap(Engine *e, Status status);
Status alert(Engine *e, const char *reason, Str message);
/* Says that a reaction failed, and adds that to what was said of a duty or an approval. */
Status alert_kept(Engine *e, Str message, uint64_t **said, uint32_t *count);

/* duty.c: records */
Status duty_load(Engine *e, uint64_t number, Duty *out);
Status duty_save(Engine *e, Duty *d);
Subject duty_subject(const Duty *d);
/* The number of the latest occurrence of a duty with this key that was raised at or before `at`. */
Status duty_find_key(Engine *e, uint32_t decl, const Str *key, uint32_t n, int64_t at,
                     uint64_t *number, bool *found);
Status duty_named(Engine *e, uint32_t decl, const Str *key, uint32_t n, uint32_t occurrence,
                  uint64_t *number, bool *found);
Status duty_name(Engine *e, const Duty *d); /* makes it findable */
/* Of the values of a key, their texts. */
Status key_texts(Engine *e, const Value *values, uint32_t n, Str **out);
uint8_t duty_state(const Duty *d);
/* Room for how often its rungs came again. */
Status duty_repeats(Duty *d, Arena *a);
/* When rung i comes next, again perhaps; INSTANT_NEVER when it does not. *which: 0, or as which
 * repetition. */
Status duty_rung(const Duty *d, uint32_t i, uint32_t *which, int64_t *at);
/* When rung n, or that repetition of it, would come but for quiet hours, where it comes at `at`;
 * absent: when it comes. */
Status duty_held(const Duty *d, uint32_t n, uint32_t again, int64_t at, Value *out);
/* Goes through all duties in the order in which they came into being; what an event's arena holds
 * of one goes before the next, unless something waits that it belongs to. */
Status duties_each(Engine *e, Status (*each)(Engine *e, Duty *d, void *ctx), void *ctx);
/* Sets who owes the duty, in its frame too, from its fold. */
void duty_owned(Duty *d);
/* Who owed it at an instant, by what is known of it now. */
Value duty_owner_at(const Duty *d, int64_t at);
Status rung_span(const Duty *d, const RungDef *rung, Value *out);

/* The leaf of an event that came. */
Status engine_event_find(Engine *e, Str source, Str id, uint64_t *leaf, bool *found);

/* gauge.c: a duty that is measured as that of another declaration from now on. */
Status duty_measured_as(Engine *e, const Duty *was, Duty *is);
/* twin.c */
/* Values of some fields as others of their names hold them; *fits: they can. In the event's arena.
 */
Status fields_as(Engine *e, const FieldDef *from, uint32_t n, const Value *fields,
                 const FieldDef *to, uint32_t count, Value **out, bool *fits);
/* An event as another of its name; *fits: it has all that that one needs. */
Status flow_as(Engine *e, const Flow *flow, uint32_t event, Flow *out, bool *fits);

/* move.c */
uint32_t moves_count(const Bundle *b, uint32_t version);
/* Who owes a duty that is raised at an instant for `owner`. */
Value move_owner(const Bundle *b, const DutyDef *d, Value owner, int64_t raised);
/* Hands on a duty that was raised late, before dates that are past, or was found to have gone on
 * beyond them. */
Status moves_past(Engine *e, Duty *d);
Status moves_begin(Engine *e, uint32_t version);
Status move_fire(Engine *e, uint64_t number, int64_t at);
Status move_skip(Engine *e, uint64_t number, int64_t at);

/* correct.c */
/* Keeps that an event touched a duty that may be corrected. */
Status correct_note(Engine *e, const Duty *d, const Flow *flow);
/* remit.corrected. */
Status correct_event(Engine *e, Flow *flow);

/* act.c */
/* Folds anew. The time of a prohibition that was over goes on if a late pause moves its end to the
 * clock or beyond. */
Status duty_refold(Engine *e, Duty *d);
/* Puts it where clauses that name no instance find it. old: its fold before; NULL: it has just
 * come. */
Status duty_listed(Engine *e, const Duty *d, const Fold *old);
/* What a clause's event must equal, as texts; *absent: it equals nothing. */
Status act_values(Engine *e, const ActDef *act, Flow *flow, Str **texts, uint32_t *n, bool *absent);
/* What tables gave in the last call, for an effect. */
Status traces_of(Engine *e, Effect *effect);
Status duty_raise(Engine *e, uint32_t decl, const VmEvent *event, const Value *args, int64_t at);
Status duty_act(Engine *e, uint32_t decl, const ActDef *act, Flow *flow);
/* What a duty would be that this event raises, or a schedule (NULL) at an instant; *applies: it
 * would arise. Nothing is written. */
Status duty_as_raised(Engine *e, uint32_t decl, const VmEvent *event, int64_t at, Duty *out,
                      bool *applies);
/* Whether all clauses that look for a duty like this one find it. */
Status duty_is_linked(Engine *e, const Duty *d, bool *all);
/* Lets clauses find an open duty that they did not know. */
Status duty_found_by(Engine *e, const Duty *d);
/* Folds an act into the duty and says what it changed. */
Status duty_apply(Engine *e, Duty *d, Act act, const Flow *flow);
/* Notes that a party was told that the duty was not done. */
Status duty_tell(Engine *e, Duty *d, Value party);
/* Its breach (0) or a rung (from 1) at its instant. */
Status duty_fire(Engine *e, Duty *d, uint32_t rung, int64_t at);
Status duty_fire_failed(Engine *e, Duty *d, uint32_t rung, int64_t at, Str message);

/* renew.c: duties that come again so long after they are done. */
/* Whether it is done and none has followed. */
bool renewal_waits(const Duty *d);
/* When the next one comes; INSTANT_NEVER: none does. */
Status renewal_at(const Duty *d, int64_t *at);
/* A duty that follows another of its key has been raised: that one waits no more. */
Status renewal_noted(Engine *e, const Duty *last, const Duty *next);
/* Raises the next one. */
Status renewal_fire(Engine *e, Duty *d, int64_t at);
/* It could not be raised: none comes. */
Status renewal_failed(Engine *e, Duty *d, Str message);
/* act.c: opens a duty whose terms are set. first: of its key; last: the one before it. */
Status duty_follow(Engine *e, Duty *d, int64_t at, const Duty *before);
/* since.c */
/* An event that came before, as it was when it came. */
/* The same of any entry; *is_event: it is one that came in or was emitted. */
Status flow_find(Engine *e, uint64_t index, Flow *flow, bool *is_event);
Status flow_kept(Engine *e, uint64_t index, Flow *flow);
/* Forgets an event that was kept for a clause: it was a mistake. */
Status since_drop(Engine *e, uint32_t decl, const ActDef *act, Flow *flow);
/* Whether the clause looks back from the duty's raising to `time`. */
Status since_reaches(Engine *e, const ActDef *act, const Duty *d, int64_t time, bool *yes);
/* Keeps an event that fulfilled nothing. values: what a duty's must equal; none: any duty's. */
Status since_keep(Engine *e, uint32_t decl, const ActDef *act, const Flow *flow, const Str *values,
                  uint32_t n);
/* Fulfils a duty that was just raised by the oldest kept event that fits it. */
Status since_find(Engine *e, Duty *d);

/* timer.c */
/* A timer, which is its key alone. number: its owner's, or above those of duties and approvals. */
typedef struct Due {
    int64_t at;
    uint64_t number;
    uint32_t rung;
} Due;
/* Its key, in e->key. */
Status timer_key(Engine *e, int64_t at, uint64_t number, uint32_t rung);
Status timer_read(Str key, Due *out);
/* What comes next of a duty: 0 its breach, else a rung from 1. left: those that have no instant are
 * passed over. */
Status duty_next(const Duty *d, bool left, int64_t *at, uint32_t *rung);
Status timer_set(Engine *e, uint64_t number, int64_t *at, uint32_t *rung, int64_t new_at,
                 uint32_t new_rung);
Status timers_fire(Engine *e, int64_t before);
/* What became due before the horizon through what was just handled. */
Status timers_found(Engine *e);
/* schedule.c */
/* What a number of timers is; a duty's or an approval's where it is neither. */
typedef enum NumberOf { NUMBER_OF_OWNER, NUMBER_OF_SCHEDULE, NUMBER_OF_MOVE } NumberOf;
NumberOf number_of(const Engine *e, uint64_t number);
/* The i-th schedule of all, from 0, its number and whose it is; NULL: there are fewer. */
const ScheduleDef *schedule_nth(const Bundle *b, uint32_t i, uint64_t *number, DeclDef *decl);
/* The schedule of a number; NULL: there is none. */
const ScheduleDef *schedule_of(const Bundle *b, uint64_t number, DeclDef *decl);
uint32_t schedules_count(const Bundle *b, uint32_t version);
/* When a schedule's declaration applies. */
const DatedDef *schedule_dated(const Bundle *b, DeclDef decl);
/* Its first instant at or after `from`; INSTANT_NEVER: none. last: the one before, or
 * INSTANT_NEVER; a schedule of so many days without a first date counts on from it. */
int64_t schedule_next(const Bundle *b, const ScheduleDef *s, int64_t last, int64_t from);
/* Puts the timers of a version's schedules, from an instant on. */
Status schedules_begin(Engine *e, uint32_t version, int64_t from);
Status schedule_fire(Engine *e, uint64_t number, int64_t at);
Status schedule_skip(Engine *e, uint64_t number, int64_t at);
/* The end of the day, month, ... in which a duty is raised; of working days one that is after it.
 */
Status due_end(const Bundle *b, uint32_t local, DueEnd end, int64_t raised, int64_t *out,
               bool *assumed);
/* The next timer of a duty. */
Status duty_plan(Engine *e, Duty *d);
/* The same where a timer failed: a rung whose instant cannot be computed never comes. */
Status duty_plan_left(Engine *e, Duty *d);

/* Whether an event of the engine's own is about an approval. */
static inline bool is_of_approval(int32_t engine) {
    return engine >= ENGINE_DECIDED && engine < ENGINE_REPORTED;
}

/* approval.c */
Status approval_open(Engine *e, uint32_t decl, const VmEvent *event, const Value *args, int64_t at);
Status approval_withdraw(Engine *e, uint32_t decl, const ActDef *act, Flow *flow);
/* remit.decided and remit.withdrawn. */
Status approval_event(Engine *e, Flow *flow);
/* Approvals that hang on these parties are looked at again: somebody came or went. */
Status approvals_review(Engine *e, const int64_t *parties, uint32_t n);
enum { RENEWAL_RUNG = 0xFF };     /* among the rungs of a duty's timers: it comes again */
enum { APPROVAL_TIMER = 0x8000 }; /* among the rungs of timers: its owner is an approval */
Status approval_fire(Engine *e, uint64_t number, uint32_t rung, int64_t at);
Status approval_fire_failed(Engine *e, uint64_t number, uint32_t rung, int64_t at, Str message);
Status approval_escalate(Engine *e, const Value *parties, uint32_t n);
Status approval_load(Engine *e, uint64_t number, Approval *out);
Status approval_find_key(Engine *e, uint32_t decl, const Str *key, uint32_t n, int64_t at,
                         uint64_t *number, bool *found);
Subject approval_subject(const Approval *a);
/* authority.c: whether it is looked at when somebody comes or goes on whom it hangs. */
Status approval_hangs(Engine *e, const Approval *a, bool *all);

/* live.c: series in memory (live.h) */
struct LiveSet;
Status live_open(Engine *e);
void live_close(Engine *e);
/* Begins what engine_undo takes back: in the ledger, and of series. */
Status engine_mark(Engine *e);
void engine_undo(Engine *e);

/* kpi.c */
/* The timers of series have numbers above all others: at one instant they come last, in the order
 * of the reactions, then of the series. */
enum { KPI_RANK_BIT = 48 };
#define KPI_TIMER (UINT64_C(1) << 63)
Status kpi_sample(Engine *e, uint32_t decl, uint32_t agg, const Flow *flow);
/* What a gauge counts of a duty or an entity as it was and as it is; NULL: nothing. */
Status kpi_gauge(Engine *e, uint32_t decl, uint32_t agg, const Flow *was, const Flow *is);
/* The same of an entity of all measures that look at such ones; NULL: there was, or is, none. */
Status entity_measure(Engine *e, uint32_t entity, const Value *was, const Value *is);
/* Whether one more event can be emitted within the event at hand; ERR_TRAP. */
Status queue_room(Engine *e);
/* An event that an effect makes, to be handled after the one at hand; the fields are in the event's
 * arena. */
Status queue_push(Engine *e, uint32_t event, const Effect *effect, Value *fields);
/* told.c: lets the policy hear of an effect, as an event that is handled after the one at hand;
 * e->told says of which ids it does. */
void told_init(Engine *e);
Status effect_tell(Engine *e, const Effect *effect);
/* kpi.c: judges a series at an instant at the latest. */
struct Live;
Status series_at_latest(Engine *e, struct Live *live, int64_t at);
/* gauge.c: counts what there is in a measure of how things stand that begins now. */
Status duty_count_now(Engine *e, const Duty *d, uint32_t kpi);
Status entities_count_now(Engine *e, uint32_t kpi);
/* gauge.c: what is measured of duties. duty_changed notes it when its record is written, and
 * changes_take measures what was noted, when all else is done. */
Status duty_changed(Engine *e, Duty *d);
Status changes_take(Engine *e);
/* Judges a series at its timer's instant, and handles what its reactions emit. */
Status kpi_fire(Engine *e, uint64_t number, int64_t at);

/* state.c: notes the state before the event at hand, the first time that it changes. */
Status state_before(Engine *e, uint64_t number, uint8_t was);
/* The VM's question for the state of a declaration. */
Status state_answer(void *ctx, DeclDef decl, int64_t state, const Value *key, uint32_t n, bool *is);
/* The VM's question for what a KPI measures: two numbers, the second of a quotient. */
Status measure_answer(void *ctx, uint32_t kpi, const Value *group, Value out[2]);
/* entity.c: the VM's questions and actions; and what they made of entities, once what is at hand is
 * done. ERR_TRAP: a new entity lacks a field. */
Status entity_get(void *ctx, uint32_t entity, const Value *key, Value *fields, bool *found);
Status entity_next(void *ctx, uint32_t entity, int32_t index, Value sought, VmCursor *cursor,
                   Value *fields, bool *found);
Status entity_set(void *ctx, uint32_t entity, const Value *key, uint32_t field, Value value);
Status entity_drop(void *ctx, uint32_t entity, const Value *key);
Status entities_apply(Engine *e);
/* power.c: what somebody asks to do to a duty or an approval. */
typedef struct Power {
    PowerVerb verb;
    bool approval;
    uint32_t of;
    Value owner; /* who owes the duty */
} Power;
/* Whether the policy gives such a power to anybody. */
bool power_given(const Bundle *b, const Power *asked);
/* The power by which a person may do so at an instant, or NULL (semantics.md 13). */
Status power_permits(Engine *e, const Power *asked, Str who, int64_t at, const PowerDef **by);
/* "zhao may not waive answer: only director or desk.lead, and who acts for them" */
Status power_missing(Engine *e, const Power *asked, Str who, Str *message);
/* Refuses the event at hand for want of authority: ERR_TRAP. */
Status refuse_authority(Engine *e, const Flow *flow, Str field, Str message);

/* org.c */
/* One who acts for another, or for whom one acts. */
typedef struct Deputy {
    Str person;
    int64_t party; /* in this seat alone; -1: in all */
    bool absent;   /* because who is acted for is absent, by the policy; else by delegation */
} Deputy;
/* For whom a person acts at some instant from `at` to `until` (of: who acts for them). */
Status org_deputies(Engine *e, Str person, bool of, int64_t at, int64_t until, Deputy **out,
                    uint32_t *n);
/* Those who hold a party at `at` or will by `until`, one after the other. */
typedef struct Holders {
    int64_t party;
    int64_t at, until;
    Str last;
    bool begun;
    bool ever; /* somebody, of those that were gone through, held it by `at` */
} Holders;
Status org_holder_next(Engine *e, Holders *h, Str *person, bool *found);
/* Instants. */
typedef struct Instants {
    int64_t *at;
    uint32_t n, room;
} Instants;
/* Adds the instants after `at`, up to `until`, at which what a person may do begins or ends: their
 * seats and delegations, and the seats of those for whom they act and who act for them. */
Status org_bounds(Engine *e, Str person, int64_t at, int64_t until, Instants *out);
/* The parties that an event of the organisation is about. */
Status org_concerned(Engine *e, const Flow *flow, int64_t **out, uint32_t *n);
Status org_event(Engine *e, const Flow *flow);
/* Whether a person holds the party, or is it (semantics.md 13). */
Status org_holds(Engine *e, Str person, Value party, int64_t at, bool *yes);
/* Who stands above a person at an instant: above the first role or seat in the order of the policy
 * that they hold; else the one that votes for their team, or whom it is under. *out stays when
 * there is nobody. */
Status org_superior(Engine *e, Str person, int64_t at, Value *out);
/* The persons who hold a party at an instant, of a team also who holds one of its seats: each once,
 * by their ids. */
Status org_members(Engine *e, Value party, int64_t at, Value *list);
/* Those who ever held a party, one after the other, and when. */
typedef struct OrgRows {
    int64_t party;
    Str last;
} OrgRows;
Status org_row_next(Engine *e, OrgRows *rows, Str *person, const Interval **held, uint32_t *n,
                    bool *found);
Status org_is_absent(Engine *e, Str person, int64_t at, bool *yes);
/* Whether a person held something once, and nothing at an instant. */
Status org_is_gone(Engine *e, Str person, int64_t at, bool *yes);
/* Lowers *next to the next instant at which an absence of a person begins or ends. */
Status org_absence_next(Engine *e, Str person, int64_t at, int64_t *next);
/* Whether a seat has lost its last holder. One that nobody has ever held is not vacant (contract.md
 * 6); of a team also the holders of its seats count. */
Status org_vacant(Engine *e, Value party, int64_t at, bool *vacant);

#endif
