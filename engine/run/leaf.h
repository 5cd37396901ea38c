/* run: the journal's leaves: what was taken in and what followed, small and binary. JSON is a
 * rendering of them, so that effects look the same when they happen, in a replay, and years later.
 * docs/journal.md has the form.
 *
 *   every leaf: kind (1 byte), version (1 byte), then fields as varints and length-prefixed bytes
 * in the order of the structs below. */
#ifndef REMIT_RUN_LEAF_H
#define REMIT_RUN_LEAF_H

#include "engine/base/reject.h"
#include "engine/code/bundle.h"

typedef enum LeafKind {
    LEAF_GENESIS = 1, /* the ledger's name, the policy's name, version and bundle */
    LEAF_CLOCK = 2,   /* the clock moves to `time` */
    LEAF_EVENT = 3,   /* an event was taken */
    LEAF_TICK = 4,    /* all that is due at or before `time` has fired */
    LEAF_REJECT = 5,  /* an event was refused: its raw bytes are kept */
    LEAF_EFFECT = 6,  /* something followed */
    LEAF_CHANGE = 7,  /* an entity was changed, which no effect tells */
    LEAF_RETRIED = 8, /* what was refused before was taken after all: see `retried` */
    LEAF_POLICY = 9,  /* a new version of the policy applies from an instant on */
    LEAF_MIGRATE = 11 /* duties are moved to the newest version */
} LeafKind;
enum { LEAF_VERSION = 1 };

typedef enum EffectId {
#define EFFECT(id, number, type, subject) EFFECT_##id = (number),
#include "engine/run/effect.def"
} EffectId;

enum { EFFECT_IDS = 64 }; /* numbers of effects are below it */

typedef enum SubjectKind {
    SUBJECT_NONE,
    SUBJECT_DUTY,
    SUBJECT_APPROVAL,
    SUBJECT_KPI,
    SUBJECT_EVENT,
    SUBJECT_RULE,   /* that comes by a schedule: its instant */
    SUBJECT_ENTITY, /* by its key */
    SUBJECT_DIGEST  /* what groups (or "stale"), the group, the addressee */
} SubjectKind;

/* What an effect is about: a declaration and a key, or an event's source and id. */
typedef struct Subject {
    SubjectKind kind;
    uint32_t decl;       /* number of the duty */
    uint32_t occurrence; /* 1, 2, ... */
    Str *key;            /* its parts as texts; an event: source and id */
    uint32_t key_count;
} Subject;

typedef enum CauseKind {
    CAUSE_NONE,
    CAUSE_EVENT,  /* an input event: the leaf at `index` */
    CAUSE_EFFECT, /* an emitted event: the leaf at `index` */
    CAUSE_TIMER   /* the timer of `subject` at `instant` */
} CauseKind;

typedef struct Cause {
    CauseKind kind;
    uint64_t index;
    int64_t instant;
    Subject subject;
    Str id; /* CAUSE_EVENT: the event's id; filled in when it is known, else found through index */
} Cause;

/* A table's row and the values it was asked for (contract: `why`). */
typedef struct Trace {
    uint32_t table, row;
    Value *inputs;
    uint32_t input_count;
} Trace;

enum { EFFECT_VALUES = 12 };

/* The places of a KPI's data among the values of its effects. */
enum {
    KPI_DATA_LEVEL,
    KPI_DATA_GROUP, /* a list: one value a field of `by` */
    KPI_DATA_EPISODE,
    KPI_DATA_VALUE, /* a list of two: a fraction */
    KPI_DATA_SAMPLES,
    KPI_DATA_SINCE,
    KPI_DATA_BEFORE,
    /* Of a restated episode: when it was raised and cleared, and the value at the raising. */
    KPI_DATA_WAS = KPI_DATA_VALUE,
    KPI_DATA_IS = KPI_DATA_BEFORE + 1
};

/* Where data say who is on call: of a rung these and the four behind it, which are kept for `why`.
 */
enum { RUNG_ON_CALL = 6, NOTIFIED_ON_CALL = 3, DIGEST_ON_CALL = 6 };
/* The places of data of remit.duty.collected. */
enum { COLLECTED_ROUND = 3, COLLECTED_REASON = 6, COLLECTED_RAISES = 7 };

typedef struct Effect {
    EffectId id;
    uint64_t index; /* of its leaf */
    bool has_time;
    int64_t time, seen; /* seen: the clock; equal to time where that is when it happened */
    Cause cause;
    Subject subject;
    uint32_t policy;             /* number of the policy version */
    bool versioned;              /* it is set; else it is that of who says so */
    Value owner;                 /* DUTY */
    Value values[EFFECT_VALUES]; /* its data, in the order of effect.def; V_ABSENT: left out */
    uint32_t event;              /* EMITTED: the event's number */
    Value *fields;               /* EMITTED: one value a field */
    uint32_t field_count;
    uint32_t rule; /* which declaration made it: number + 1 of the rule; 0: none */
    Trace *traces;
    uint32_t trace_count;
    uint32_t line; /* of the policy: file << 20 | line; 0: none */
} Effect;

typedef struct EventLeaf {
    uint32_t event;
    int64_t time;
    Str source, id, actor;
    Value *fields;
    uint32_t field_count;
    uint32_t policy;
} EventLeaf;

/* A field that was set. */
typedef struct ChangedField {
    uint32_t field;
    Value was, is;
    uint32_t rule, line; /* as an effect's */
} ChangedField;

typedef enum ChangeHow { CHANGE_SET, CHANGE_CREATED, CHANGE_DELETED, CHANGE_HOWS } ChangeHow;

/* A reject was tried again, and all that came of it is in. */
typedef struct RetriedLeaf {
    uint64_t reject; /* its leaf */
    uint64_t events; /* taken now; others had come already */
} RetriedLeaf;

typedef struct ChangeLeaf {
    ChangeHow how;
    int64_t time, seen;
    Cause cause;
    Subject subject; /* the entity */
    Subject by;      /* what had it as its subject: a duty, an event */
    uint32_t policy;
    uint64_t before; /* the leaf of the change before; 0: none */
    ChangedField *fields;
    uint32_t field_count;
    uint32_t rule, line; /* of a deletion */
} ChangeLeaf;

typedef struct RejectLeaf {
    uint8_t reason; /* RejectReason */
    bool has_time;
    int64_t time;
    int64_t bound;  /* reason future: the bound that was set */
    Str source, id; /* as far as they could be read */
    Str raw;        /* the line */
} RejectLeaf;

typedef struct GenesisLeaf {
    Str ledger, policy, version;
    Str bundle; /* its 32 bytes of SHA-256 */
} GenesisLeaf;

typedef struct PolicyLeaf {
    Str version;
    Str bundle; /* its 32 bytes of SHA-256 */
    int64_t from;
} PolicyLeaf;

typedef struct MigrateLeaf {
    Str duty; /* empty: all duties */
    Str *key; /* of the one that is meant; none: all of it */
    uint32_t key_count;
    Str actor; /* empty: not said */
} MigrateLeaf;

typedef struct Leaf {
    LeafKind kind;
    int64_t time; /* CLOCK, TICK */
    union {
        GenesisLeaf genesis;
        EventLeaf event;
        RejectLeaf reject;
        Effect effect;
        ChangeLeaf change;
        RetriedLeaf retried;
        PolicyLeaf policy;
        MigrateLeaf migrate;
    };
} Leaf;

/* Whether an entry of that kind says what came in: all others follow from those. */
bool leaf_is_input(uint8_t kind);

void put_leaf(Buf *out, const Leaf *leaf);
/* Texts are borrowed from the bytes, lists are owned by a. ERR_DAMAGED, ERR_VERSION, ERR_NOMEM. */
MUST_USE Status take_leaf(Str bytes, Arena *a, Leaf *out);

/* Whether the numbers in a leaf are those of things that the bundle has. */
bool leaf_fits(const Leaf *leaf, const Bundle *b);

/* What JSON needs beside the effect. */
typedef struct Render {
    const Bundle *b;
    ZoneCache zone;
    Str source; /* remit:LEDGER/POLICY */
    Str head;   /* what stands between id and type */
    Str *tails; /* of each version what stands between the instants and data */
} Render;
/* For effects of a ledger of that name. Texts live in the arena. ERR_NOMEM. */
MUST_USE Status render_init(Render *r, const Bundle *b, Str ledger, Arena *a);
/* The line of an effect, as contract.md 1 has it, with a newline. The cause's id must be filled in.
 */
void put_effect_json(Buf *out, Render *r, const Effect *e);
/* One line for people, without time and newline. */
void put_effect_text(Buf *out, Render *r, const Effect *e);
/* "set", "created", "deleted". */
Str change_text(ChangeHow how);
/* The value of a field of an effect's data, by name; V_ABSENT if it has none. */
Value effect_value(const Effect *e, Str name);
/* The name of the declaration that a subject is of; empty where it is of none. */
Str subject_name(const Bundle *b, const Subject *s);
/* "duty/handle_complaint/C1", percent-encoded as contract.md 4 says. */
void put_subject(Buf *out, const Bundle *b, const Subject *s);
/* What a KPI measured: a value, or a list of two values that is a fraction: {"num","den"} and,
 * where it is a plain number, the percentage rounded half even to two places. */
void put_measure_json(Buf *out, const Bundle *b, ZoneCache *zone, Value v);
/* The same for people: of a share (a quotient of two aggregates of one kind) the percentage alone,
 * of a mean two decimals, rounded half even too; a fraction of anything else as it is. */
void put_measure_text(Buf *out, const Bundle *b, ZoneCache *zone, const KpiDef *def, Value v);
/* The same in a sentence of either language. */
void put_measure_in(Buf *out, const Bundle *b, ZoneCache *zone, const KpiDef *def, Value v,
                    bool chinese);
/* The effect's type: "remit.duty.opened", or the emitted event's name. */
Str effect_type(const Bundle *b, const Effect *e);

#endif
