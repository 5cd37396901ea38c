/* check: from trees to a checked policy: names bound, types known, tables proved, reactions
 * acyclic. Trusts:  nothing of the text; trees are as node.def says, pieces that could not be read
 * are N_ERROR. Never:   stops at the first mistake. What failed has TY_ERROR, which silences what
 * merely follows. Memory:  all in the compile arena, for as long as the policy is needed. Errors:
 * diagnostics; a Status is for memory alone. Read:    this page, then load.c (files and modules),
 * declare.c (names), expr.c, table.c, duty.c. */
#ifndef REMIT_CHECK_CHECK_H
#define REMIT_CHECK_CHECK_H

#include "engine/base/atoms.h"
#include "engine/base/attribute.h"
#include "engine/base/calendar.h"
#include "engine/base/decl.h"
#include "engine/base/encoding.h"
#include "engine/base/reject.h"
#include "engine/base/told.h"
#include "engine/base/value.h"
#include "engine/syntax/parse.h"

typedef enum TypeKind {
    TY_ERROR, /* unknown because of an earlier mistake: goes with everything */
    TY_FLAG,
    TY_INTEGER,
    TY_NUMBER,
    TY_PERCENT,
    TY_MONEY,
    TY_DURATION,
    TY_DATE,
    TY_TIME,
    TY_INSTANT,
    TY_TEXT,
    TY_ID,
    TY_PARTY,
    TY_ENUM,
    TY_LIST,
    TY_RECORD,  /* of a record type: `of` is the RecordType */
    TY_OUTPUTS, /* what a table gives: `of` is the Table */
    TY_EVENT,   /* an event at hand: `of` is the Event */
    TY_ENTITY,  /* an entity: `of` is the Entity; optional: it may not be there */
    TY_NOTHING, /* a literal `absent` */
    TY_QUOTIENT /* of two exact numbers, which a KPI measures: `of` is the KpiSym */
} TypeKind;

typedef struct Member {
    Str name, alias;
} Member;

/* Where declarations stand: the policy itself, or a module. What a name means depends on it. */
typedef struct Space Space;
typedef struct Used { /* that it may use another's names */
    Str as;           /* by this name and a point */
    bool bare;        /* and without it */
    const Space *space;
    const Node *use;
    struct Used *next;
} Used;
/* What a use gives for a parameter of a pattern. */
typedef struct Given {
    Str name;
    int kind;                  /* HOLE_* */
    const Node *hole;          /* the parameter */
    Node *arg;                 /* what is given */
    Str text;                  /* the name in it; of a value nothing */
    const Space *space;        /* where that is looked up */
    const struct Event *event; /* HOLE_EVENT: which it is */
    struct Given *next;
} Given;
struct Space {
    Str name; /* empty: the policy itself. What stands in it begins with name and a point */
    const Space *outer; /* around it, or NULL */
    const Node *use;    /* of a pattern put to use: where */
    const Node *pattern;
    const Space *user; /* likewise: who uses it */
    uint32_t file;     /* likewise: its source */
    Given *given;      /* likewise */
    Used *used;        /* in the order of the text */
    int walked;        /* WALK_*, while cycles are sought */
    const Space *on_path;
};
enum { WALK_NOT, WALK_NOW, WALK_DONE };

/* A name that was sought in vain though there is one: why it is not to be had. */
typedef struct Unseen {
    Str name; /* empty: there is none */
    enum { UNSEEN_TWICE, UNSEEN_PRIVATE } why;
    Str full[2];
    Span at;
    const Space *home;
} Unseen;

/* A set of members, sorted by name: the members are its identity (language.md 6). */
typedef struct Enum {
    Member *members;
    uint32_t count, number;
} Enum;

typedef struct Type {
    TypeKind kind;
    bool optional;
    uint32_t families; /* TY_DURATION: bit 1 << Family for each that may be */
    uint32_t currency; /* TY_MONEY, packed */
    const Enum *members;
    bool bounded; /* TY_INTEGER, NUMBER, PERCENT, MONEY: between lo and hi */
    Dec lo, hi;
    const struct Type *item; /* TY_LIST */
    bool one_or_many;        /* TY_LIST: a single item stands for a list of one */
    const void *of;          /* TY_RECORD, TY_OUTPUTS, TY_EVENT, TY_ENTITY */
} Type;

enum {
    FAMILIES_CALENDAR = 1 << FAMILY_ELAPSED | 1 << FAMILY_DAYS | 1 << FAMILY_MONTHS,
    FAMILIES_WORKING = 1 << FAMILY_WORKING | 1 << FAMILY_WORKING_DAYS
};

/* A type with a name. */
typedef struct NamedType {
    const Space *home; /* where it stands */
    bool secret;       /* not to be used from elsewhere */
    Str name, alias;
    const Node *node;
    Type type;
    bool reading, ready;
    Span at;
} NamedType;

typedef struct Field {
    Str name, alias;
    Type type;
    bool has_preset;
    Value preset;
    Span at;
} Field;

/* A type whose values have fields. It comes behind those that it is made of. */
typedef struct RecordType {
    Str name, alias;
    Field *fields;
    uint32_t field_count;
    uint32_t number;
    uint32_t first; /* number of its first field among those of all record types */
    uint32_t depth; /* how many are in one another, this one counted */
    bool broken;    /* part of it could not be read */
    Span at;
} RecordType;

typedef struct Event {
    const Space *home; /* where it stands */
    bool secret;       /* not to be used from elsewhere */
    Str name, alias;
    Field *fields;
    uint32_t field_count;
    uint32_t number;
    bool open;   /* unknown fields are allowed */
    bool engine; /* one of the engine's own */
    bool named;  /* something in the policy speaks of it */
    bool broken; /* part of it could not be read */
    Span at;
    /* Of a duty's record, which is no event: */
    const struct DutySym *duty;  /* whose it is, else NULL */
    bool ended;                  /* how long it took is known */
    bool *used;                  /* of each field: a measure asks for it */
    Node **source;               /* of each field: what it is when the duty is raised, or NULL */
    const struct Entity *entity; /* whose record it is, which is no event either; else NULL */
    /* Of what the engine says, which never comes in: */
    bool told;
    uint8_t row;  /* a ToldRow */
    uint32_t *of; /* of which duties, approvals or KPIs, by number, in order */
    uint32_t of_count;
} Event;

/* Records that rules read and change: one for each key. */
typedef struct Entity {
    Str name, alias;
    const Space *home; /* where it stands */
    bool secret;       /* not to be used from elsewhere */
    const Node *node;
    Field *fields;
    uint32_t field_count;
    uint32_t *keys; /* the fields that are its key, in the order of the text */
    uint32_t key_count;
    uint32_t *indexes; /* fields by which they are found */
    uint32_t index_count;
    uint32_t number;
    bool broken; /* part of it could not be read */
    Span at;
} Entity;
/* The first fields of a duty's record, by their numbers; the last ones only when it has ended. */
enum { RECORD_OWNER, RECORD_LATE, RECORD_ELAPSED, RECORD_WORKED, RECORD_FIELDS };

/* A zone and a calendar of one's own; NULL: the policy's. */
typedef struct LocalTime {
    bool said; /* one of them is there */
    const Zone *zone;
    const struct Calend *calendar;
    uint32_t number; /* in the bundle */
} LocalTime;

typedef enum PartyKind { PARTY_ROLE, PARTY_TEAM, PARTY_SEAT, PARTY_ROTATION } PartyKind;

/* The instants from and before which a declaration applies. */
typedef struct Dated {
    int64_t from, until; /* INT64_MIN, INT64_MAX: without a bound */
} Dated;

/* From when until when a role or a team is there, and under whom. */
typedef struct PartySpan {
    Dated dated;
    struct Party *under; /* NULL: nobody */
    const Node *node;
    struct PartySpan *next; /* the one that comes behind it in time */
} PartySpan;

typedef struct Party {
    LocalTime local;
    const Space *home; /* where it stands */
    bool secret;       /* not to be used from elsewhere */
    Str name;          /* "director", "customer_service", "customer_service.lead" */
    Str alias; /* its label where that is a valid name: "运营总监", "客户服务组.组长"; else empty */
    Str label;
    PartyKind kind;
    uint32_t number;
    PartySpan *spans;        /* in the order of time, one at least */
    struct Party *team;      /* of a seat */
    struct Party *votes;     /* of a team: the seat whose holders vote for it, or NULL */
    struct LayerSym *layers; /* of a rotation */
    uint32_t layer_count;
    const Node *node;
    Span at;
} Party;

typedef struct Row {
    Node **outputs; /* expressions */
    Span at;
} Row;

/* A name with a value: a let, or a parameter. */
typedef struct Local {
    Str name, alias;
    Type type;
    const Node *node; /* the LET's value; NULL for a parameter */
    uint32_t number;  /* among the lets, or among the parameters */
    bool parameter;
    bool item; /* what a loop is at */
    Span at;
} Local;

/* What names mean inside a declaration. */
typedef struct Scope {
    const Event *event; /* the trigger's event, or NULL */
    Str alias;
    const Event *it; /* the event at hand in a clause, or NULL */
    VEC(Local) locals;
    uint32_t owner;     /* 1 + the local that is who owes the duty; 0: none */
    const Node *target; /* the SET whose values are looked at, or NULL */
    const Type *item;   /* what `it` is in a loop, or NULL */
    uint32_t loops;     /* how many are around */
} Scope;

/* Something that goes over many. */
typedef struct Loop {
    LoopDoes does;
    bool negated;         /* of ANY: what is asked is whether none is otherwise */
    bool named;           /* the item has a name: it is the last local of the scope */
    const Entity *entity; /* all of a kind; NULL: the items of a list */
    const Node *source;   /* the list */
    Type item;
    const Node *where, *value, *actions; /* NULL: none */
    int index;          /* of an entity: which one finds those that count; -1: none */
    const Node *sought; /* what its field is then */
    Scope scope;        /* of these; in what is found of many `it` is the item too */
    const Node *node;
} Loop;

/* An input of a table: a parameter, or an expression over the parameters. */
typedef struct ColumnFeed {
    uint32_t param;
    Node *value; /* or NULL */
    /* Of one that is made for the cells of another column that say `contains`: */
    const Node *tests; /* the tests, else NULL */
    uint32_t of;       /* the number of that column */
    Str said;          /* as they are written */
} ColumnFeed;

typedef struct Table {
    Dated dated;           /* when it applies */
    struct Table *called;  /* of the versions of a name the one that was declared first, or it */
    struct Table *eldest;  /* of that one: the version that applies before the others */
    struct Table *later;   /* the version that comes behind it in time, or NULL */
    struct Table *partial; /* of the eldest: as it is where none may apply, so that what it gives
                            * may be absent */
    const Space *home;     /* where it stands */
    bool secret;           /* not to be used from elsewhere */
    Str name, alias;
    const Node *node;
    Node *in_nodes, *out_nodes, *row_nodes; /* PARAMs and ROWs, of the policy or a CSV file */
    const Node *column_nodes; /* COLUMNs, where the columns are not simply the inputs */
    const Node *file_node;    /* names the file with the rows, or NULL */
    struct CsvTable *csv;     /* what it holds */
    HitRow hit;
    Field *params; /* what a call gives it */
    uint32_t param_count;
    ColumnFeed *feeds; /* where each input comes from; NULL: it is the parameter of its number */
    uint32_t column_count; /* inputs that have cells; those behind are parameters without */
    Scope scope;           /* of what columns compute: the parameters */
    Field *inputs, *outputs;
    Field *results; /* what a call gives: the outputs, or what is gathered of them */
    uint32_t input_count, output_count, result_count;
    Row *rows;
    Cell *cells;     /* of row r and input i at r * input_count + i */
    uint32_t *order; /* the rows, the one that goes first before the others */
    uint32_t row_count;
    uint32_t number;
    bool ready; /* its inputs and outputs have types */
    bool reads; /* it reads entities, or the state of declarations */
    Span at;
} Table;

typedef struct Calend {
    const Space *home; /* where it stands */
    bool secret;       /* not to be used from elsewhere */
    Str name, alias;
    const Node *node;
    Calendar calendar;
    bool own_zone;
    bool used;
    uint32_t number;
    Span at;
} Calend;

/* How a clause finds the instances it acts on (language.md 10, contract.md 7). */
typedef enum MatchKind {
    MATCH_KEY,  /* its values are the whole key */
    MATCH_LINK, /* its values equal kept values: an index */
    MATCH_SCAN, /* no value ties it to one: the oldest that fits */
    MATCH_SELF  /* the engine's own acts name duty and key */
} MatchKind;

typedef struct Link {
    const Node *event_side; /* expression over the acting event; NULL: the field `field` of it */
    uint32_t field;
    const Node *duty_side; /* expression over the raising event, lets and parameters */
    int key_part;          /* which part of the key it is, or -1 */
} Link;

typedef struct ActSym {
    int kind;        /* ACT_* */
    uint32_t clause; /* number of the pause clause: the reason */
    const Event *event;
    MatchKind match;
    Link *links;
    uint32_t link_count;
    const Node **rest; /* conditions that remain to be tested */
    uint32_t rest_count;
    const Node *since;  /* duration literal */
    const Node *amount; /* of a portion: what it must come to with others */
    int field;          /* of a portion: the event's field that is added up; -1: each counts one */
    bool of_subject;    /* its values are the key of what the engine speaks of */
    bool each;
    const Node *node;
    struct Scope *scope;
} ActSym;

typedef struct Rung {
    int when; /* RUNG_* */
    const Node *node;
    Dec share;        /* RUNG_SHARE: a fraction */
    const Node *span; /* RUNG_AFTER, RUNG_BEFORE */
    Value constant;   /* that span where it is written out, or absent */
    bool raises;      /* escalates; else reminds */
    const Node *parties;
    Value repeat;     /* how long after the last time it comes again, or absent */
    uint32_t repeats; /* how often at most */
    bool until_acknowledged;
    Value stale; /* how old it may be when it is found, or absent */
    bool urgent; /* it comes in quiet hours too */
} Rung;

typedef struct Reaction {
    StateRow state;
    bool late; /* only when it is fulfilled late */
    const Node *actions;
} Reaction;

enum { MONTH_NOTHING, MONTH_DAY, MONTH_WORKING_DAY, MONTH_WEEKDAY };

typedef struct Schedule {
    bool set;
    int kind;         /* EVERY_*; not EVERY_STEPS */
    uint8_t weekdays; /* bit 1 << (weekday - 1) */
    int32_t months;   /* EVERY_MONTH: 1, 3 or 12 */
    int what;         /* likewise: MONTH_* */
    int32_t nth;      /* likewise: which one, from 1; -1: the last */
    Value span;       /* EVERY_SPAN */
    bool has_from;
    int32_t from;   /* a date */
    int missed;     /* MISSED_* */
    int32_t *times; /* of the day, ms, the earlier first */
    uint32_t time_count;
} Schedule;

/* Alarms of one group within so much time are told together. */
typedef struct Grouping {
    const Node *by; /* values; of a KPI names of its group */
    Value within;   /* a duration; absent: they are not grouped */
} Grouping;

/* Who takes turns: a seat, or each member of a team. */
typedef struct PlaceSym {
    const Party *party;
    bool members;
} PlaceSym;

typedef struct LayerSym {
    Str name;
    int hours; /* HOURS_* */
    int32_t from_ms, to_ms;
    Schedule handover; /* not set: there is one place, and it has no turns */
    int32_t from;      /* the date of the first turn */
    PlaceSym *places;
    uint32_t place_count;
    const Node *node;
} LayerSym;

/* A duty, or what an approval has in common with one. */
/* Times of day, ms; equal: there are none. */
typedef struct Quiet {
    int32_t from, to;
} Quiet;

typedef struct DutySym {
    LocalTime local;
    const Space *home; /* where it stands */
    bool secret;       /* not to be used from elsewhere */
    Str name, alias;
    const Node *node;
    DeclKind kind;
    uint32_t number;
    Scope scope;
    Schedule schedule;
    Dated dated;
    const Node *where; /* the trigger's condition */
    Field *params;
    uint32_t param_count;
    const Node **key; /* expressions; a schedule has none: its instant */
    Type *key_types;
    uint32_t key_count;
    const Node *owner;
    const Node *attributes[ATTRIBUTES]; /* what it says of itself, or NULL */
    const Node *start;                  /* how much later its clock starts, or NULL */
    const Node *due;
    bool due_by; /* an instant; else a duration */
    bool again;
    const Node *renewed; /* how long after it is done it comes again, or NULL */
    ActSym *acts;
    uint32_t act_count;
    uint32_t pause_count;
    struct Loop *each;                 /* of a schedule: for each of these it is raised, or NULL */
    uint32_t part_count, parts_needed; /* of what fulfils it together */
    bool parts_once;                   /* each of them counts once */
    Rung *rungs;
    uint32_t rung_count;
    Reaction *reactions;
    uint32_t reaction_count;
    const Node *lets;   /* the clause list: LETs are in it, in order */
    bool obliged;       /* some rule obliges it */
    Quiet quiet;        /* hours in which no rung comes */
    const Node *silent; /* under this condition none is said */
    Grouping grouped;   /* those of one group are told together */
    bool forbids;       /* it says what must not happen */
    bool by_kpi;        /* some KPI does: its key then has one more part, the episode */
    bool broken;        /* part of it could not be read */
    bool keyless;       /* its key is not known because of a mistake */
    Span at;
} DutySym;

/* A line of requires: so many of these seats must say yes. */
typedef struct Need {
    uint8_t kind;      /* COUNT_IS_* of bundle.h, by what it says */
    uint32_t stage;    /* its number */
    uint32_t count;    /* or points */
    Dec share;         /* NEED_SHARE */
    const Node *seats; /* parties; N_FIELD named members: each member of a team; WEIGHEDs */
    uint32_t seat_count;
    bool lists; /* among them lists, whose length is not known */
    const Node *when;
    const Node *given; /* how many, where that is computed */
    const Node *node;
} Need;

/* Requirements that are asked together, after those of the stage before are had. */
typedef struct Stage {
    Str name, label; /* empty: there are no stages */
    const Node *when;
    const Node *each; /* a duration, or NULL */
    Span at;
} Stage;

typedef struct ApprovalSym {
    DutySym base; /* its name, trigger, key, lets, acts (what withdraws it) and reactions */
    Need *needs;
    uint32_t need_count;
    Stage *stages;
    uint32_t stage_count;
    const Node *excluded;   /* parties */
    const Node *each;       /* a duration, or NULL */
    int refused_by;         /* REFUSED_BY_* */
    uint32_t noes;          /* REFUSED_BY_COUNT: so many */
    uint32_t ways;          /* to reach the points that are asked for, at most */
    bool resubmits;         /* it may come again unless it was granted */
    uint32_t resubmit_most; /* so often; 0: without bound */
} ApprovalSym;

typedef struct Rule {
    LocalTime local;
    const Space *home; /* where it stands */
    bool secret;       /* not to be used from elsewhere */
    Str name, alias;
    const Node *node;
    uint32_t number;
    Scope scope;
    Schedule schedule; /* in place of an event */
    Dated dated;
    const Node *where;
    const Node *clauses; /* LETs and actions, in order */
    Span at;
} Rule;

/* That some may do something to a duty or an approval. */
/* Who owes a duty from a date on in another's place. */
typedef struct MoveSym {
    const DutySym *of;
    const Party *from, *to;
    int32_t day;
    bool running; /* those that are open too */
    const Node *node;
} MoveSym;

typedef struct PowerSym {
    PowerRow verb;
    const DutySym *of;     /* or the base of an approval */
    const Party *rotation; /* POWER_SWAP: of this one */
    const Party **parties;
    uint32_t party_count;
    bool owner; /* who owes the duty may */
    Value span; /* how long an acknowledgement holds; absent: of no other */
    Dated dated;
    const Node *node;
} PowerSym;

/* Who acts for whom while they are away: a DEPUTY, whose parties are bound. */
typedef struct DeputySym {
    const Node *node;
    Dated dated;
} DeputySym;

/* One aggregate of a measure: which event gives it a sample, of what, into which series. */
typedef struct AggSym {
    AggRow what;
    const Event *event; /* or the record of a duty or of an entity */
    uint32_t states;    /* of duties as they are now: bit 1 << StateRow for each that counts */
    bool now;           /* it is a gauge: of duties in some states, or of entities */
    int field;          /* -1: count needs none */
    Type type;          /* of a sample; of a distinct TY_INTEGER */
    Dec share;          /* of a percentile */
    const Node *where;
    uint32_t *group; /* of each field of `by`: its number in the event */
    Scope scope;     /* of its condition */
    const Node *node;
} AggSym;

/* A threshold: a side, a constant, and how long it must hold (V_ABSENT: not at all). */
typedef struct BoundSym {
    int side;             /* SIDE_* */
    const Node *computed; /* of the group and the period, instead of `value`; or NULL */
    Value value, hold;
} BoundSym;

typedef struct LevelSym {
    LevelRow level;
    BoundSym raise, clear;
    bool has_clear, good;
    const Node *node;
} LevelSym;

typedef struct LevelReaction {
    LevelRow level;
    const Node *actions;
} LevelReaction;

typedef struct KpiSym {
    LocalTime local;
    const Space *home; /* where it stands */
    bool secret;       /* not to be used from elsewhere */
    Str name, alias;
    const Node *node;
    Dated dated;
    bool nameless;         /* a measure in a condition: `node` is N_MEASURED */
    bool read;             /* what it measures is known */
    bool broken;           /* a part of it could not be read */
    uint32_t number, rank; /* rank: its place in the order of judging */
    Scope scope;           /* of its reactions: the fields of `by`, and value */
    Scope targets;         /* of computed thresholds: the fields of `by`, and the period */
    Field *by;
    uint32_t by_count;
    AggSym aggs[2]; /* the second divides the first */
    uint32_t agg_count;
    Type type;  /* of its value; a ratio's: of its quotient */
    bool ratio; /* the value is a fraction */
    int window; /* WINDOW_* */
    Value length, step;
    int period;        /* WINDOW_CALENDAR: UNIT_DAY, UNIT_WEEK and longer */
    int compare;       /* COMPARE_* */
    Value before, per; /* with what it was so long before; of a rate: per what */
    int64_t samples;
    int empty; /* EMPTY_* */
    LevelSym levels[2];
    uint32_t level_count;
    LevelReaction *reactions;
    uint32_t reaction_count;
    Grouping grouped;
    Span at;
} KpiSym;

/* What a text in a column means. */
typedef struct ReadingSym {
    Str text;
    Value value; /* absent: as if the cell were empty */
} ReadingSym;

/* How a column of a feed is read. */
typedef struct ColumnSym {
    Str *from; /* the columns of the file, or paths, whose texts are joined */
    uint32_t from_count;
    Str *dates; /* forms, tried in this order; none: ISO 8601 */
    uint32_t date_count;
    Str numbers; /* 1234.56 as it is written; empty: as here */
    ReadingSym *readings;
    uint32_t reading_count;
} ColumnSym;

/* An event that comes from a row. */
typedef struct FedSym {
    const Event *event;
    const Node *node, *when, *where;
    const Node *actor, *id; /* or NULL; id: a list */
} FedSym;

/* What becomes of the rows of a file. */
typedef struct FeedSym {
    LocalTime local;
    const Space *home;
    bool secret;
    Str name, alias;
    const Node *node;
    uint32_t number;
    bool json;
    Scope scope; /* the columns, and what is let */
    Field *columns;
    ColumnSym *ways; /* of each column */
    uint32_t column_count;
    const Node *said[SAID_KINDS]; /* or NULL */
    char separator, quote;
    Encoding encoding;
    uint32_t header; /* the line that names the columns; 0: there is none */
    Str rows;        /* the path of the rows in a document; empty: the document or its lines */
    FedSym *fed;
    uint32_t fed_count;
    bool broken;
    Span at;
} FeedSym;

/* A declaration that reacts to events, in the order of the text. */
typedef struct Decl {
    DeclKind kind;
    uint32_t number; /* among those of its kind */
} Decl;

/* ---- tests of the policy, with constants only */
typedef struct TestEvent {
    const Event *event;
    Value *fields;
    Str id, actor;   /* empty when not said */
    int64_t arrives; /* INT64_MIN: at its time */
} TestEvent;

typedef struct TestCheck {
    int what; /* CHECK_* */
    bool negated, late;
    StateRow state;
    Value value;
} TestCheck;

typedef struct KpiCheck {
    int what; /* KPI_CHECK_* */
    bool negated;
    LevelRow level;
    int side; /* SIDE_* */
    Value value;
} KpiCheck;

typedef struct TestStep {
    const Node *node;
    int64_t time;
    bool is_event;
    TestEvent send;
    bool after;          /* tick the instant first */
    NodeKind expect;     /* N_EXPECT_* */
    const DutySym *duty; /* or the base of an approval */
    const KpiSym *kpi;
    KpiCheck *kpi_checks;
    uint32_t kpi_check_count;
    Value *key;
    uint32_t key_count;
    TestCheck *checks;
    uint32_t check_count;
    bool negated;
    Value party;
    Str text; /* notified text, or reject's reason; p == NULL: any */
    const Event *event;
    const Entity *entity;
    Value *fields; /* V_ABSENT: any */
} TestStep;

typedef struct PolicyTest {
    Str title;
    const Node *node;
    TestStep *steps;
    uint32_t step_count;
} PolicyTest;

/* What a caller says in place of the header. Empty: as the header says. */
typedef struct Settings {
    Str zone, calendar;
    bool zone_of_calendar; /* the zone is the calendar's own where it has one */
} Settings;
/* How a module's file is found: beside the policy's files, or in the standard library. */
typedef struct Modules {
    /* Adds the file of module `name`, used in source `beside`, to the sources; false: there is
     * none, *tried says where it was looked for. */
    bool (*find)(void *ctx, uint32_t beside, Str name, uint32_t *file, Str *tried);
    size_t (*list)(void *ctx, const Str **names); /* for "did you mean" */
    /* Adds the file `name` that lies beside source `beside` to the sources, or finds it there;
     * false: it cannot be read, and why. */
    bool (*file)(void *ctx, uint32_t beside, Str name, uint32_t *file, Str *why);
    void *ctx;
} Modules;

/* That what the engine says of some declarations is heard. */
typedef struct HeardSym {
    const Node *name; /* a NAME that says of which */
    const Space *home;
    ToldRow row;
} HeardSym;

/* An index from names to places in a list; a name may stand at several. */
typedef struct NameEntry {
    Str name;
    uint32_t place;
    uint32_t next; /* the next entry of this name, or 0; numbers of entries begin with 1 */
    uint32_t last; /* the last one; kept in the first */
    bool first;
} NameEntry;
typedef struct NameIndex {
    VEC(NameEntry) entries;
    uint32_t *slots; /* numbers of first entries by the hash of their names, or 0 */
    uint32_t room;   /* of the slots, a power of two */
    size_t done;     /* how many of the list are in it */
} NameIndex;
enum {
    IN_TYPES,
    IN_EVENTS,
    IN_PARTIES,
    IN_TABLES,
    IN_ENTITIES,
    IN_CALENDARS,
    IN_DUTIES,
    IN_APPROVALS,
    IN_RULES,
    IN_KPIS,
    IN_FIELDS, /* of the policy's events: places in Program.fields */
    NAME_INDEXES
};

typedef struct FieldPlace {
    const Event *event;
    uint32_t field;
} FieldPlace;

typedef struct Program {
    Arena *arena;
    Sources *sources;
    Diags *diags;
    Lost lost;
    const Modules *modules; /* NULL: no file can be had */
    bool asked_unknown;     /* an approval was asked for that there is not */
    uint32_t pattern_uses;  /* so far */
    bool nomem;
    bool asks_nothing;        /* no measure may be asked for here */
    const Settings *settings; /* until the header is read */
    Str no_setting;           /* a zone or a calendar of the settings that there is not */
    Str like_setting;         /* what was probably meant, or empty */
    /* the header */
    const Node *header;
    Str name, version;
    Zone zone;
    bool has_zone;
    const Calend *calendar;
    uint32_t currency;      /* 0: none */
    const LocalTime *local; /* of the declaration that is being checked, or NULL */
    Dated during;           /* when what is being checked is computed, as far as that is known */
    Quiet quiet;            /* of the policy: of duties that say none */
    int64_t late_ms;        /* how late an event may come; default 30 days */
    /* declarations, by kind, in the order of the text */
    VEC(Node *) files;   /* each file's declarations */
    VEC(Space *) homes;  /* and where they stand */
    VEC(Space *) spaces; /* the first is the policy itself */
    const Space *here;   /* where the names stand that are looked up now */
    Unseen unseen;       /* of the name that was looked up last */
    VEC(NamedType *) types;
    VEC(RecordType *) record_types;
    uint32_t type_depth; /* named types that are being read, one by way of another */
    VEC(Event *) events;
    VEC(Entity *) entities;
    VEC(Event *) records; /* of duties and entities; their numbers follow those of the events */
    VEC(Party *) parties;
    VEC(Table *) tables;
    VEC(Calend *) calendars;
    VEC(DutySym *) duties;
    VEC(ApprovalSym *) approvals;
    VEC(Rule *) rules;
    VEC(Enum *) enums;
    VEC(KpiSym *) kpis;
    VEC(FeedSym *) feeds;
    VEC(FieldPlace) fields; /* once asked for */
    NameIndex names[NAME_INDEXES];
    VEC(Decl) decls;
    VEC(const Node *) grants;
    VEC(PowerSym) powers;
    VEC(const Node *) reassigns; /* REASSIGNs */
    VEC(MoveSym) moves;
    VEC(DeputySym) deputies;
    VEC(const Node *) asked; /* conditions on the state of declarations */
    VEC(HeardSym) heard;
    VEC(PolicyTest) tests;
    struct InEnglish *in_english; /* measured.c: the texts' words, once asked for */
} Program;

/* The kind of value that a type's values have; V_KINDS for outputs and events. */
ValueKind type_value_kind(const Type *type);
/* Whether two checked expressions are the same. */
bool expr_same(const Node *a, const Node *b);
/* Checks the sources added so far (numbers 0 .. n-1) as one policy. Diagnostics go to diags; *out
 * is usable only when there are no errors. with_header: a policy header is required (a library file
 * alone has none). */
MUST_USE Status check_policy(Sources *sources, Arena *arena, Diags *diags, const Modules *modules,
                             const Settings *settings, bool with_header, Program **out);
/* An expression that was asked for: its tree, what `let` calls it, and the names given before. */
typedef struct Asked {
    Node *expr;  /* NULL: there are errors */
    Str name;    /* empty: it is no `let` */
    Scope scope; /* asked_free gives it back */
} Asked;
/* Reads and checks the sources from number `file` on as expressions of policy p, where no event is
 * at hand, as of the instant *at (NULL: of none): the last is what is asked, those before it are
 * `let NAME = EXPRESSION`, each known to those behind it; of two with one name the later one.
 * What it makes lives in `arena`, what is wrong goes to `diags`; the policy stays as it was. */
MUST_USE Status check_expression(Program *p, uint32_t file, const int64_t *at, Arena *arena,
                                 Diags *diags, Asked *out);
void asked_free(Asked *asked);
/* A text that uses each pattern once that the policy does not use, with made-up parameters; empty:
 * there are none. What is wrong in the readings that it makes is wrong in the pattern. */
void patterns_trial(Program *p, Buf *out);
void program_free(Program *p);

#endif
