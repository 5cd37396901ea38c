/* code: the bundle: a compiled policy as one file of bytes, and as the tables that the VM and the
 * engine read. Trusts:  nothing of a file: bundle_take checks every number, verify.h every
 * instruction. Never:   knows the language's text; it carries the sources, for people. Memory:  a
 * Bundle and all it points to live in the arena that took it; its texts borrow the file's bytes.
 * Errors:  ERR_DAMAGED with the reason in Err; ERR_VERSION for a form that this program does not
 * know. The last 32 bytes are the SHA-256 of all before them: what was changed on its way is
 * refused before it is read. They prove nothing of who wrote it, so all else is checked too. Read:
 * op.def, then this page, then verify.c and lookup.h. */
#ifndef REMIT_CODE_BUNDLE_H
#define REMIT_CODE_BUNDLE_H

#include "engine/base/atoms.h"
#include "engine/base/attribute.h"
#include "engine/base/calendar.h"
#include "engine/base/decl.h"
#include "engine/base/encoding.h"
#include "engine/base/told.h"
#include "engine/base/value.h"

/* Version list: 1 the first; 2 entities; 3 loops; 4 indexes; 5 a checksum at its end; 6 KPIs of
 * entities; 7 alarms that wait; 8 records; 9 what the engine says is heard; 10 rotations;
 * 11 what a duty concerns, and when its clock starts; 12 and 13 what applies when; 14 times of a
 * schedule; 15 standing duties; 16 feeds;
 * 17 what a duty says of itself; 18 names of the dates of calendars;
 * 19 which tables are functions; 20 encodings of feeds; 21 versions of a policy in one. */
enum { BUNDLE_VERSION = 21 };

typedef enum Op {
#define OP(name, form, a, b, c, cost, effect) OP_##name,
#include "engine/code/op.def"
    OP_COUNT
} Op;

#define INS_OP(i) ((Op)((i)&0xFF))
#define INS_A(i) (((i) >> 8) & 0xFF)
#define INS_B(i) (((i) >> 16) & 0xFF)
#define INS_C(i) ((i) >> 24)
#define INS_BX(i) ((i) >> 16)

/* What a value of a field, column or register may be. */
typedef struct TypeDef {
    uint8_t kind; /* ValueKind */
    bool optional;
    bool is_id;        /* V_TEXT: an id */
    bool bounded;      /* V_INT, V_DEC, V_PERCENT, V_MONEY */
    bool person_only;  /* V_PARTY: no role or team */
    bool one_or_many;  /* V_LIST: a single item is read as a list of one */
    uint8_t families;  /* V_DURATION: bit 1 << Family */
    uint32_t currency; /* V_MONEY */
    uint32_t members;  /* V_ENUM: number of the enumeration; V_RECORD: of the record type */
    uint8_t item;      /* V_LIST: kind of its items, whose type the other members tell */
    Dec lo, hi;
} TypeDef;

/* What an item of a list may be. */
static inline TypeDef type_of_item(const TypeDef *list) {
    TypeDef item = *list;
    item.kind = list->item;
    item.optional = item.one_or_many = false;
    item.item = V_ABSENT;
    return item;
}

typedef struct NameDef {
    Str name, alias; /* alias: empty when there is none */
} NameDef;

typedef struct EnumDef {
    NameDef *members;
    uint32_t count;
} EnumDef;

/* A zone, and a calendar or -1, that are not the policy's. Number 0 stands for the policy's, the
 * first of them is 1. */
typedef struct LocalDef {
    uint32_t zone;
    int32_t calendar;
} LocalDef;

/* The instants from and before which a declaration applies; the least, the greatest: without. */
typedef struct DatedDef {
    int64_t from, until;
} DatedDef;
static inline bool dated_at(const DatedDef *d, int64_t at) {
    return d->from <= at && at < d->until;
}
static inline bool dated_ever(const DatedDef *d) { /* it has no bounds */
    return d->from == INT64_MIN && d->until == INT64_MAX;
}

/* From when until when a party is there, and under whom. */
typedef struct PartySpanDef {
    DatedDef dated;
    int32_t under; /* party, or -1 */
} PartySpanDef;

enum { PARTY_ROLE_DEF, PARTY_TEAM_DEF, PARTY_SEAT_DEF, PARTY_ROTATION_DEF };
typedef struct PartyDef {
    Str name, alias, label;
    uint8_t kind;
    PartySpanDef *spans; /* in the order of time, one at least */
    uint32_t span_count;
    int32_t team;   /* of a seat, or -1 */
    int32_t votes;  /* of a team: the seat whose holders vote for it, or -1 */
    uint32_t local; /* of a team, and of its seats: where its time is counted */
} PartyDef;

typedef struct FieldDef {
    Str name, alias;
    TypeDef type;
    bool has_preset;
    Value preset;
} FieldDef;

/* A record type. Its fields are of types that come before it, so that none holds itself. */
typedef struct RecordDef {
    Str name, alias;
    FieldDef *fields;
    uint32_t field_count;
    uint32_t first; /* the number of its first field among those of all record types; found when the
                       bundle is taken */
} RecordDef;

/* Numbers of the engine's own events; -1 for the policy's. */
typedef enum EngineEvent {
#define ENGINE_EVENT(name, type, actor) ENGINE_##name,
#include "engine/base/engine_events.def"
    ENGINE_EVENTS
} EngineEvent;

typedef struct EventDef {
    Str name, alias;
    bool open;
    int32_t engine; /* EngineEvent or -1 */
    FieldDef *fields;
    uint32_t field_count;
    /* Of a duty's record, of which measures read their samples; no such event ever comes. */
    int32_t duty; /* or -1 */
    bool ended;   /* of one that was fulfilled; else as it is now */
    uint32_t *from;
    int32_t entity; /* whose fields these are, likewise; or -1 */
    /* What the engine says of some duties, approvals or KPIs, which never comes in: */
    int32_t told; /* a ToldRow, or -1 */
    uint32_t *of; /* their numbers, in order */
    uint32_t of_count;
    uint32_t *twins; /* what other versions of the policy declare of this name, in order; found when
                        the bundle is taken */
    uint32_t twin_count;
} EventDef;

/* Whether it never comes in: what measures know of a duty or an entity, or what the engine says. */
static inline bool event_is_record(const EventDef *e) {
    return e->duty >= 0 || e->entity >= 0 || e->told >= 0;
}

/* Records that rules read and change, one for each key. */
typedef struct EntityDef {
    Str name, alias, label;
    FieldDef *fields;
    uint32_t field_count;
    uint32_t *keys; /* fields that are its key, in order */
    uint32_t key_count;
    uint32_t *indexes; /* fields by which they are found */
    uint32_t index_count;
    uint32_t base;   /* whose records these are: its own, or those of another version's of its name
                        that comes before it */
    uint32_t *slots; /* of each field: its place in them */
    uint32_t kept;   /* of a base: how many places there are, and its newest version, which has */
    uint32_t newest; /* all of them; found when the bundle is taken */
    uint32_t file, line;
} EntityDef;
/* Where a field of a duty's record comes from: FROM_FRAME and the slot on. */
enum { FROM_OWN, FROM_NOTHING, FROM_FRAME };
/* The first fields of a record, those that are the duty's own. */
enum { RECORD_HAS_OWNER, RECORD_HAS_LATE, RECORD_HAS_ELAPSED, RECORD_HAS_WORKED };

/* The kind that a register, argument or result has. */
typedef struct KindDef {
    uint8_t kind;
    bool optional;
} KindDef;

typedef struct TableDef {
    Str name;
    uint8_t hit;
    bool function; /* it was written as one: define */
    FieldDef *inputs, *outputs;
    uint32_t input_count, output_count;
    uint32_t result_count; /* what a call gives, made when the bundle is taken */
    KindDef *kinds;        /* and of which kinds */
    uint32_t row_count;
    uint32_t *order; /* the rows, the one that goes first before the others */
    Cell *cells;     /* of row r and input i at r * input_count + i */
    Value *
        results; /* of row r and output o at r * output_count + o; V_KINDS: computed by `row_fns` */
    int32_t *
        row_fns; /* of row r: a function over the inputs that gives all outputs, or -1: constants */
    uint32_t *lines; /* of each row, in source `file` */
    uint32_t file;
    DatedDef dated;        /* when it applies: one of several versions of its name */
    struct Lookup *lookup; /* made when the bundle is taken */
} TableDef;

typedef struct FnDef {
    Str name;      /* for people: "duty handle_complaint raise" */
    int32_t event; /* the event at hand, or -1 */
    uint8_t of;    /* DeclKind of `owner` */
    int32_t owner; /* whose frame it reads: a duty, or -1 */
    uint32_t local;
    uint32_t home; /* what counts in place of local 0, unless another function calls it */
    KindDef *args, *results;
    uint32_t arg_count, result_count;
    uint32_t registers;
    uint32_t from, to; /* its instructions in the code */
    bool stops;        /* one of them is STOP; found when the bundle is taken */
} FnDef;

/* What goes over many: entities of a kind, by their keys, or the items of a list. */
typedef struct LoopDef {
    uint8_t does;   /* LoopDoes */
    int32_t entity; /* -1: a list */
    KindDef item;   /* of a list: what its items are */
    int32_t fn; /* over what it is given and the item (of an entity a flag and its fields): actions,
                   or a value; it stops where an item does not count */
    int32_t index;  /* of entities: only those that an index finds for a value, which stands before
                       what is given; -1: all */
    uint32_t given; /* arguments that are the same for all */
    KindDef result; /* what is found; of EACH: absent */
    Value nothing;  /* SUMS: what nothing comes to */
} LoopDef;

typedef enum MatchDef { MATCH_BY_KEY, MATCH_BY_LINK, MATCH_BY_SCAN, MATCH_BY_SELF } MatchDef;
typedef enum ActKind {
    ACT_IS_FULFIL,
    ACT_IS_WAIVE,
    ACT_IS_CANCEL,
    ACT_IS_RESUME,
    ACT_IS_PAUSE,
    ACT_IS_REASSIGN,    /* by the engine's own event alone */
    ACT_IS_ACKNOWLEDGE, /* likewise */
    ACT_IS_PART,        /* with others it fulfils */
    ACT_IS_EXPIRE,      /* a prohibition is over */
    ACT_IS_VIOLATE,     /* what a prohibition forbids */
    ACT_IS_MOVE,        /* a reassignment by the policy: of the duty's `moves`; no clause says it */
    ACT_IS_UNRAISE,     /* a correction of what raised it; no clause says it */
    ACT_IS_PORTION,     /* a part that is done when several come to an amount */
    ACT_KINDS
} ActKind;

static inline bool act_is_part(uint8_t kind) {
    return kind == ACT_IS_PART || kind == ACT_IS_PORTION;
}

/* A clause by which an event acts on a duty. */
typedef struct ActDef {
    uint8_t kind;   /* ActKind */
    uint8_t clause; /* of a pause and its resume: which reason; of a part: which one */
    uint8_t match;  /* MatchDef */
    bool each;
    bool of_subject;     /* the values to match are the key of what the engine speaks of */
    int32_t field;       /* PORTION: the event's field that is added up; -1: each counts one */
    int32_t amount_slot; /* PORTION: frame slot of what it must come to; else -1 */
    uint32_t event;
    int32_t link_fn; /* over the event: the values to match, or -1 */
    int32_t test_fn; /* over event and frame: a flag, or -1 */
    uint32_t *slots; /* BY_LINK: frame slots that the values equal */
    uint32_t slot_count;
    bool has_since;
    Value since; /* a duration: how long before the raising an event may lie */
    uint32_t file, line;
} ActDef;

typedef enum RungKind { RUNG_AT_SHARE, RUNG_BEFORE_DUE, RUNG_AT_DUE, RUNG_AFTER_DUE } RungKind;

typedef struct RungDef {
    uint8_t kind;      /* RungKind */
    bool raises;       /* escalates; else reminds */
    Dec share;         /* AT_SHARE: a fraction */
    int32_t span_slot; /* frame slot of the duration, or -1 */
    Value span;        /* the duration when span_slot is -1 */
    int32_t to_fn;     /* over the frame: the parties */
    Value repeat;      /* how long after the last time it comes again, or absent */
    uint32_t repeats;  /* how often at most */
    bool until_acknowledged;
    bool urgent; /* quiet hours do not hold it */
    Value stale; /* how old it may be when it is found, or absent */
    uint32_t file, line;
} RungDef;

typedef enum DutyState {
    DUTY_OPEN,
    DUTY_PAUSED,
    DUTY_BREACHED,
    DUTY_FULFILLED,
    DUTY_WAIVED,
    DUTY_CANCELLED,
    DUTY_STATES
} DutyState;

typedef struct ReactionDef {
    uint8_t state; /* DutyState; of an approval: ApprovalState */
    bool late;     /* only when it is fulfilled late */
    int32_t fn;    /* over the frame: actions */
} ReactionDef;

typedef enum ScheduleKind {
    SCHEDULE_NONE,
    SCHEDULE_WEEKDAY,
    SCHEDULE_DAY,
    SCHEDULE_WORKING_DAY,
    SCHEDULE_MONTH,
    SCHEDULE_SPAN
} ScheduleKind;
typedef enum MonthlyWhat { MONTHLY_DAY, MONTHLY_WORKING_DAY, MONTHLY_WEEKDAY } MonthlyWhat;
typedef enum Missed { MISSED_ARE_EACH, MISSED_ARE_LATEST, MISSED_ARE_NONE } Missed;

typedef struct ScheduleDef {
    uint8_t kind;     /* ScheduleKind */
    uint8_t weekdays; /* bit 1 << (weekday - 1), Monday 1 */
    uint8_t months;   /* MONTH: every 1, 3 or 12, from January on */
    uint8_t what;     /* MONTH: MonthlyWhat */
    int8_t nth;       /* MONTH: which of them, from 1; -1 the last */
    uint8_t missed;   /* Missed */
    bool has_from;
    int32_t from;   /* SPAN: the first date */
    Value span;     /* SPAN: days or months; else absent */
    int32_t *times; /* of the day, ms, the earlier first; one at least */
    uint32_t time_count;
    uint32_t local;
} ScheduleDef;

/* Kept in bundles: never renumbered. */
typedef enum HoursDef {
    ONCALL_ALL,
    ONCALL_OF_DAY,
    ONCALL_OPEN,
    ONCALL_CLOSED,
    ONCALL_HOURS
} HoursDef;

/* Who takes turns: a role or seat, or each member of a team. */
typedef struct PlaceDef {
    uint32_t party;
    bool members;
} PlaceDef;

typedef struct LayerDef {
    Str name;
    uint8_t hours;          /* HoursDef: when it has somebody on call */
    int32_t from_ms, to_ms; /* ONCALL_OF_DAY */
    ScheduleDef handover;   /* SCHEDULE_NONE: there are no turns */
    int32_t from;           /* the date of the first turn */
    PlaceDef *places;
    uint32_t place_count;
    uint32_t file, line;
} LayerDef;

/* A party that is whoever is on call. The first layer that has somebody counts. */
typedef struct RotationDef {
    uint32_t party;
    LayerDef *layers;
    uint32_t layer_count;
} RotationDef;

/* From a date on one party owes in another's place. */
typedef struct MoveDef {
    int32_t day;
    uint32_t from, to; /* parties */
    bool running;      /* the duties that are open then, too */
    uint32_t file, line;
} MoveDef;
static inline bool move_takes(const MoveDef *m, Value owner) {
    return owner.kind == V_PARTY && owner.aux == 0 && owner.i == m->from;
}

typedef struct DutyDef {
    Str name, alias, label;
    DatedDef dated;
    int32_t event; /* that raises it, or -1 */
    ScheduleDef schedule;
    int32_t each_fn; /* of a schedule: actions that oblige one for each of many, or -1 */
    bool again, due_by;
    uint32_t attributes;          /* bits of what it says of itself (attribute.h) */
    bool has_start;               /* its clock starts later than it is raised */
    int32_t quiet_from, quiet_to; /* of the day, ms: no rung comes from the one up to the other;
                                     equal: any time */
    int32_t silent_fn;            /* over the frame: a flag under which no rung is said, or -1 */
    int32_t group_fn;             /* over the frame: what keeps its groups apart, or -1 */
    Value group_within;           /* how long rungs of one group wait for each other, or absent */
    bool forbids;                 /* a prohibition: it says what must not happen, until its end */
    Value again_span;             /* how long after it is done it comes again, or absent */
    int32_t again_slot;           /* frame slot of that duration, or -1 */
    bool by_kpi;                  /* a KPI obliges it: its key has the episode behind these parts */
    uint8_t due_end;              /* DueEnd: then the deadline is no value */
    uint32_t local;               /* 0: that of who owes it */
    FieldDef *params;
    uint32_t param_count;
    NameDef *key; /* what its parts are called; a schedule's key is its instant */
    uint32_t key_count;
    int32_t raise_fn; /* over the event or the arguments: key parts, owner, attributes, start if
                         any, due, frame */
    KindDef *frame;
    uint32_t frame_count;
    int32_t owner_slot; /* frame slot that holds who owes it, or -1 */
    ActDef *acts;
    uint32_t act_count;
    uint32_t pause_count;
    uint32_t part_count, parts_needed; /* of what fulfils it together; 0: there is nothing */
    bool parts_once;                   /* each part counts once */
    MoveDef *moves;                    /* by date */
    uint32_t move_count;
    RungDef *rungs;
    uint32_t rung_count;
    ReactionDef *reactions;
    uint32_t reaction_count;
    uint32_t version; /* of the policy, in which it first stood so */
    uint32_t home;    /* where time is counted if neither it nor who owes it says */
    uint32_t file, line;
} DutyDef;

/* Whether it comes again so long after it is done. */
static inline bool duty_def_renews(const DutyDef *d) {
    return d->again_slot >= 0 || d->again_span.kind != V_ABSENT;
}

/* How many results of raise_fn come before the frame. */
static inline uint32_t duty_def_fixed(const DutyDef *d) {
    return d->key_count + 2 + attributes_before(d->attributes, ATTRIBUTES) + d->has_start;
}

typedef enum ApprovalState {
    APPROVAL_OPEN,
    APPROVAL_GRANTED,
    APPROVAL_REFUSED,
    APPROVAL_LAPSED,
    APPROVAL_WITHDRAWN,
    APPROVAL_UNATTAINABLE,
    APPROVAL_STATES
} ApprovalState;

/* So many of the seats that name it must say yes. */
typedef struct NeedDef {
    uint32_t stage;
    uint8_t kind;     /* CountKind */
    uint32_t count;   /* how many, or how many points; else 0 */
    Value share;      /* COUNT_IS_SHARE; else absent */
    bool conditional; /* the raise function gives a flag for it */
} NeedDef;

/* A seat of an approval: a role, a seat of a team, a team (its voter sits there), a person; or each
 * member of a team. */
typedef struct SeatDef {
    uint32_t need;
    bool members, list; /* list: the raise function gives several */
    uint32_t weight;    /* COUNT_IS_POINTS; else 0 */
    uint32_t file, line;
} SeatDef;

/* Requirements that are asked together. An approval without stages has one that has no name. */
typedef struct StageDef {
    Str name, label;
    bool conditional, has_due; /* the raise function gives a flag, a duration */
    uint32_t file, line;
} StageDef;

typedef struct ApprovalDef {
    Str name, alias, label;
    DatedDef dated;
    int32_t event;          /* that opens it, or -1: asked for by rules */
    bool again, resubmits;  /* it may come again; only if it was not granted */
    uint32_t resubmit_most; /* so often; 0: without bound */
    uint8_t refuse;         /* RefuseKind */
    uint32_t noes;          /* REFUSED_BY_NOES */
    uint32_t local;
    FieldDef *params;
    uint32_t param_count;
    NameDef *key;
    uint32_t key_count;
    uint32_t excluded_count;
    StageDef *stages;
    uint32_t stage_count;
    NeedDef *needs;
    uint32_t need_count;
    SeatDef *seats; /* in the order of the text */
    uint32_t seat_count;
    int32_t raise_fn; /* over the event or the arguments: key parts, the time of each stage that has
                         one, those excluded, the party of each seat or a list of them, a flag for
                         each need that has a condition, one for each stage, the count of each need
                         that is given, frame */
    KindDef *frame;
    uint32_t frame_count;
    ActDef *acts; /* what withdraws it */
    uint32_t act_count;
    ReactionDef *reactions; /* their states are ApprovalStates */
    uint32_t reaction_count;
    uint32_t version; /* as a duty's */
    uint32_t file, line;
} ApprovalDef;

typedef struct RuleDef {
    Str name, label;
    int32_t event; /* -1: it has a schedule */
    ScheduleDef schedule;
    DatedDef dated;
    int32_t fn;       /* over the event: actions */
    uint32_t version; /* as a duty's */
    uint32_t file, line;
} RuleDef;

enum { SHARE_SCALE = 6 };

/* How two values stand to each other: those of SideDef, then equal and not. */
enum { SIDE_IS_EQUAL = 4, SIDE_IS_OTHER, SIDE_ROWS };

/* What an event gives to a measure. */
typedef struct AggDef {
    uint8_t kind;   /* AggKind */
    uint8_t sample; /* ValueKind of a sample; of a count and of a distinct V_INT */
    uint16_t unit;  /* family of a duration */
    uint32_t currency;
    uint32_t event;  /* or the record of a duty or an entity */
    uint32_t states; /* bit 1 << DutyState: how many duties are in them; else 0 */
    bool now;        /* it measures what stands now, duties in states or entities; no samples */
    Dec share;       /* of a percentile: above 0, up to 100; up to SHARE_SCALE places */
    int32_t fn;      /* over the event: the group's values, then the sample unless it counts */
} AggDef;

typedef enum SideDef { SIDE_IS_ABOVE, SIDE_IS_BELOW, SIDE_IS_AT_LEAST, SIDE_IS_AT_MOST } SideDef;

typedef struct BoundDef {
    uint8_t side; /* SideDef */
    int32_t fn;   /* over the group and the period (TARGET_*): the value; -1: it is written out */
    Str text;     /* of such a value: as written */
    Value value;
    Value hold; /* a duration, or absent */
} BoundDef;

/* What a threshold is given behind the group: of the beginning of the window that is measured, or
 * of now where it slides. */
enum { TARGET_MONTH, TARGET_QUARTER, TARGET_YEAR, TARGET_DAY, TARGET_NAMES };

typedef enum KpiLevel { KPI_WARNING, KPI_CRITICAL, KPI_CLEARED, KPI_LEVELS } KpiLevel;

typedef struct LevelDef {
    uint8_t level; /* KPI_WARNING or KPI_CRITICAL */
    BoundDef raise, clear;
    bool has_clear;
    uint32_t file, line;
    Str text; /* as written; empty: its bounds say it all */
} LevelDef;

typedef struct KpiReactionDef {
    uint8_t level; /* KpiLevel */
    int32_t fn;    /* over the group's values and the value as text: actions */
    uint32_t file, line;
} KpiReactionDef;

typedef enum WindowKind {
    WINDOW_IS_SLIDING,
    WINDOW_IS_STEPPED,
    WINDOW_IS_DAY,
    WINDOW_IS_WEEK,
    WINDOW_IS_MONTH,
    WINDOW_IS_QUARTER,
    WINDOW_IS_YEAR,
    WINDOW_IS_NOW,     /* only what stands now */
    WINDOW_IS_SESSION, /* samples between which no gap is longer than `length` */
} WindowKind;
/* How what is measured is held against what it was before. Kept in bundles: never renumbered. */
typedef enum CompareRule {
    COMPARES_NOTHING,
    COMPARES_CHANGE, /* (now - before) / before */
    COMPARES_MULTIPLE,
    COMPARES_DIFFERENCE,
    COMPARES_RATE, /* the difference in a unit of time */
    COMPARE_RULES
} CompareRule;
typedef enum EmptyRule { EMPTY_HOLDS, EMPTY_CLEARS, EMPTY_ALERTS } EmptyRule;

enum { KPI_AGGS = 2, KPI_STEPS = 2 };

typedef struct KpiDef {
    DatedDef dated;
    Str name, alias, label;
    bool nameless; /* a condition measures it, and nothing else knows it */
    FieldDef *by;
    uint32_t by_count;
    AggDef aggs[KPI_AGGS]; /* the second divides the first */
    uint32_t agg_count;
    uint8_t window;     /* WindowKind */
    Value length, step; /* durations in days or in elapsed time; absent where there is none */
    uint8_t compare;    /* CompareRule */
    Value before, per;  /* with what it was so long before; the unit of a rate */
    uint64_t samples;   /* with fewer the value is absent */
    uint8_t empty;      /* EmptyRule */
    LevelDef levels[KPI_STEPS];
    uint32_t level_count;
    KpiReactionDef *reactions;
    uint32_t reaction_count;
    Value group_within; /* how long what its reactions say waits for each other, or absent */
    uint32_t *group_by; /* which fields keep its groups apart */
    uint32_t group_by_count;
    uint32_t rank; /* its place in the order of judging */
    uint32_t local;
    uint32_t version; /* as a duty's */
    int32_t base;     /* the KPI of the version before that measures the same, whose series it goes
                         on with: it only judges them; -1: its own */
    int32_t next; /* the KPI of the next version that judges its series; -1: none; found when the
                     bundle is taken */
    uint32_t file, line;
    Str measure; /* what it measures, as text */
} KpiDef;

/* Kept in bundles: never renumbered. */
typedef enum PowerVerb {
    POWER_TO_WAIVE,
    POWER_TO_PAUSE, /* and to resume */
    POWER_TO_ACKNOWLEDGE,
    POWER_TO_REASSIGN,
    POWER_TO_WITHDRAW, /* this and those up to urging are of approvals */
    POWER_TO_ADD_SIGNER,
    POWER_TO_REMOVE_SIGNER,
    POWER_TO_TRANSFER,
    POWER_TO_RETURN,
    POWER_TO_URGE,
    POWER_TO_CORRECT, /* of duties again */
    POWER_TO_SWAP,    /* of a rotation, by its party */
    POWER_VERBS
} PowerVerb;

/* While a holder of one party is absent, the holders of another act for them in it. */
typedef struct DeputyDef {
    uint32_t of, by; /* parties */
    DatedDef dated;
    uint32_t file, line;
} DeputyDef;

/* Who may do something to a duty or an approval. */
typedef struct PowerDef {
    uint8_t verb; /* PowerVerb */
    bool approval;
    uint32_t of; /* number of the duty or approval */
    bool owner;  /* who owes the duty may, and its members */
    uint32_t *parties;
    uint32_t party_count;
    Value span; /* how long an acknowledgement holds, or absent */
    DatedDef dated;
    uint32_t file, line;
} PowerDef;

/* What a text in a column means. */
typedef struct ReadingDef {
    Str text;
    Value value; /* absent: as if the cell were empty */
} ReadingDef;

/* How a column of a feed is read. Its field's type is what functions see. */
typedef struct ColumnDef {
    FieldDef field;
    Str *from; /* columns of the file, or paths: their texts are joined */
    uint32_t from_count;
    Str *dates; /* forms (base/form.h), tried in this order; none: ISO 8601 */
    uint32_t date_count;
    Str numbers; /* 1234.56 as it is written; empty: as in the language */
    ReadingDef *readings;
    uint32_t reading_count;
} ColumnDef;

/* An event that comes from a row. */
typedef struct FedDef {
    uint32_t event;
    int32_t when_fn; /* over the columns: an instant or a date; absent: it does not come */
    int32_t fn; /* over the columns, at that time: source, parts of the id and actor if there are
                   any, then fields; it stops where the event does not come */
    bool has_source, has_actor;
    bool named_id;     /* the event's name goes before the id */
    uint32_t id_parts; /* 0: the id is made of what the event says */
    uint32_t *fields;  /* which fields are given */
    uint32_t field_count;
    uint32_t file, line;
} FedDef;
static inline uint32_t fed_def_fixed(const FedDef *f) {
    return (uint32_t)f->has_source + f->id_parts + f->has_actor;
}

/* What becomes of the rows of a file. */
typedef struct FeedDef {
    Str name, alias, label;
    bool json, sorted;
    char separator, quote;
    Encoding encoding;
    uint32_t header; /* the line that names the columns; 0: they go by number, from 1 */
    Str source;      /* of its events, where that is written out: what a refused row is told by */
    Str rows;        /* path to the rows of a document; empty: a line each, or one list */
    uint32_t local;  /* whose zone is meant */
    ColumnDef *columns;
    uint32_t column_count;
    int32_t only_fn;     /* over the columns: a flag, whether the row counts; -1: it does */
    uint32_t *only_uses; /* the columns that it reads */
    uint32_t only_use_count;
    FedDef *fed;
    uint32_t fed_count;
} FeedDef;

typedef struct DeclDef {
    uint8_t kind;    /* DeclKind */
    uint32_t number; /* among those of its kind */
} DeclDef;

/* A version of the policy that a ledger runs under (link.h). */
typedef struct VersionDef {
    Str version;
    Str hash;     /* the 32 bytes that name its own bundle */
    int64_t from; /* from when it applies; of the first the least */
    int64_t late_ms;
    int32_t quiet_from, quiet_to;
    uint64_t first;   /* the number of its first schedule, behind which come its dates of moves */
    uint32_t *events; /* the numbers of its events */
    uint32_t event_count;
} VersionDef;

typedef struct SourceDef {
    Str name, text;
} SourceDef;

typedef struct Bundle {
    uint8_t hash[32]; /* SHA-256 of the file: its name */
    Str policy, version;
    uint32_t currency;
    int64_t late_ms;
    int32_t quiet_from, quiet_to; /* of the day, ms, as of a duty: what notify says waits too */
    uint32_t zone;                /* the policy's */
    int32_t calendar;             /* the policy's, or -1 */
    Zone *zones;
    uint32_t zone_count;
    Calendar *calendars;
    uint32_t calendar_count;
    LocalDef *locals;
    uint32_t local_count;
    EnumDef *enums;
    uint32_t enum_count;
    RecordDef *records;
    uint32_t record_count;
    uint16_t *record_of; /* of each field of all record types: the type; made when it is taken */
    uint32_t record_field_count;
    PartyDef *parties;
    uint32_t party_count;
    EventDef *events;
    uint32_t event_count;
    EntityDef *entities;
    uint32_t entity_count;
    Value *constants;
    uint32_t constant_count;
    TableDef *tables;
    uint32_t table_count;
    FnDef *fns;
    uint32_t fn_count;
    uint32_t *code;
    uint32_t *lines; /* of each instruction: file << 20 | line */
    uint32_t code_count;
    LoopDef *loops;
    uint32_t loop_count;
    DutyDef *duties;
    uint32_t duty_count;
    ApprovalDef *approvals;
    uint32_t approval_count;
    RuleDef *rules;
    uint32_t rule_count;
    KpiDef *kpis;
    uint32_t kpi_count;
    FeedDef *feeds;
    uint32_t feed_count;
    RotationDef *rotations;
    uint32_t rotation_count;
    DeputyDef *deputies;
    uint32_t deputy_count;
    PowerDef *powers;
    uint32_t power_count;
    bool
        asks_state; /* some condition asks for the state of a declaration; found when it is taken */
    DeclDef *decls; /* what reacts to events, in the order of the text */
    uint32_t decl_count;
    SourceDef *sources;
    uint32_t source_count;
    VersionDef *versions; /* one at least, by their instants; later ones are numbered on */
    uint32_t version_count;
} Bundle;

/* The canonical bytes of b (hash and lookups apart). */
void bundle_put(Buf *out, const Bundle *b);
/* Reads and checks all: numbers, constants, code (verify.h); makes the tables' lookups. bytes is
 * borrowed. */
MUST_USE Status bundle_take(Str bytes, Arena *a, Bundle **out, Err *err);

/* The kinds of the values that a function finds in its frame; NULL when it has none. */
const KindDef *bundle_frame(const Bundle *b, const FnDef *f, uint32_t *count);

/* The party that has this name or alias, or -1. Seats by team and role, each by name or alias. */
int32_t bundle_party(const Bundle *b, Str name);
/* How many parts the key of a duty, approval or series has; a schedule's is its instant. */
uint32_t bundle_key_parts(const Bundle *b, DeclDef decl);
/* Who stands above a party: of a role or team what it is under; of a team's role the one that votes
 * for the team, of that one what the team is under; at an instant, where it is not there as it last
 * was or first will be. -1: nobody. */
int32_t bundle_superior(const Bundle *b, int32_t party, int64_t at);
/* Whether a party is there at an instant, a seat with its team. */
bool bundle_party_is(const Bundle *b, int64_t party, int64_t at);
/* When behind an instant that may change; INT64_MAX: never. */
int64_t bundle_party_change(const Bundle *b, int64_t party, int64_t at);
/* The rotation that a party is, or NULL. */
const RotationDef *bundle_rotation(const Bundle *b, Value party);
/* Whether a value stands on a side (SideDef, or SIDE_IS_EQUAL, SIDE_IS_OTHER) of a bound, given how
 * it compares with it. */
bool side_holds(int64_t side, int order);
/* The kind of what a KPI measures; *quotient: it is two numbers, the first of that kind, the second
 * a decimal. */
KindDef bundle_measure(const KpiDef *k, bool *quotient);
/* What a KPI measures where there is no sample. */
Value bundle_measure_nothing(const KpiDef *k);
/* The KPI that judges another's series at an instant. */
const KpiDef *bundle_judge(const Bundle *b, uint32_t kpi, int64_t at);
/* The version that applies at an instant. */
uint32_t bundle_version_at(const Bundle *b, int64_t at);
/* The version under which a declaration of version `declared` ran at an instant. */
static inline uint32_t bundle_version_of(const Bundle *b, uint32_t declared, int64_t at) {
    uint32_t then = bundle_version_at(b, at);
    return then > declared ? then : declared;
}
/* By their names, as the latest version has them; -1: none. An event: as the version of an instant
 * has it, else one before, which what runs since may wait for. */
int32_t bundle_event_at(const Bundle *b, Str name, int64_t at);
int32_t bundle_event(const Bundle *b, Str name);
int32_t bundle_entity(const Bundle *b, Str name);
/* The newest version of an entity. */
static inline uint32_t bundle_newest(const Bundle *b, uint32_t entity) {
    return b->entities[b->entities[entity].base].newest;
}
int32_t bundle_duty(const Bundle *b, Str name);
int32_t bundle_approval(const Bundle *b, Str name);
int32_t bundle_kpi(const Bundle *b, Str name);
int32_t bundle_feed(const Bundle *b, Str name);
/* What values a table's input of this type can have. */
ColumnType bundle_column(const Bundle *b, const TypeDef *t);
int32_t bundle_field(const FieldDef *fields, uint32_t n, Str name);
/* Whether a value may stand in a field of this type: its kind, the enumeration or record type it is
 * of, and so on for all that it holds; ranges apart. */
bool bundle_fits(const Bundle *b, const TypeDef *type, Value v);
static inline const Zone *bundle_zone(const Bundle *b) {
    return &b->zones[b->zone];
}
static inline const Calendar *bundle_calendar(const Bundle *b) {
    return b->calendar < 0 ? NULL : &b->calendars[b->calendar];
}
/* Of where time is counted, by number. */
static inline const Zone *local_zone(const Bundle *b, uint32_t local) {
    return local == 0 ? bundle_zone(b) : &b->zones[b->locals[local - 1].zone];
}
static inline const Calendar *local_calendar(const Bundle *b, uint32_t local) {
    int32_t calendar = local == 0 ? b->calendar : b->locals[local - 1].calendar;
    return calendar < 0 ? NULL : &b->calendars[calendar];
}
/* Where the time of a duty is counted that a party owes: its own, else the owner's. */
uint32_t duty_local(const Bundle *b, const DutyDef *duty, Value owner);
/* A value as the language writes it. `cache` is one of the policy's zone. Values that the bundle
 * does not know print as "?". */
void put_value_text(Buf *out, const Bundle *b, ZoneCache *cache, Value v);
/* A value as a sentence of either language has it: "2 working days", "2 个工作日". */
void put_value_in(Buf *out, const Bundle *b, ZoneCache *cache, Value v, bool chinese);
/* A value as JSON (language.md 9). */
void put_value_json(Buf *out, const Bundle *b, ZoneCache *cache, Value v);
/* A party's name: a seat's, role's, team's, or a person's id. */
Str party_text(const Bundle *b, Value v);

#endif
