/* syntax: the tree of a policy, as written. Built by grammar/remit.y, read by check/ and the
 * formatter. All nodes live in the compile arena. node.def says what each kind's children are. */
#ifndef REMIT_SYNTAX_TREE_H
#define REMIT_SYNTAX_TREE_H

#include "engine/base/buf.h"
#include "engine/base/decl.h"
#include "engine/syntax/token.h"

typedef enum NodeKind {
    N_NONE,
#define NODE(kind, doc) N_##kind,
#include "engine/syntax/node.def"
    N_COUNT
} NodeKind;

enum {
    LIT_NUMBER,
    LIT_PERCENT,
    LIT_MONEY,
    LIT_DURATION,
    LIT_DATE,
    LIT_TIME,
    LIT_DATETIME,
    LIT_INSTANT,
    LIT_TEXT,
    LIT_FLAG,
    LIT_PERSON /* a text where a party is wanted, in tests */
};
enum {
    ACT_FULFIL,
    ACT_WAIVE,
    ACT_CANCEL,
    ACT_RESUME,
    ACT_PAUSE,
    ACT_REASSIGN,
    ACT_ACKNOWLEDGE,
    ACT_PART,
    ACT_EXPIRE,
    ACT_VIOLATE,
    ACT_WITHDRAW,
    ACT_PORTION /* a part that is a sum of several */
};
enum { RUNG_SHARE, RUNG_BEFORE, RUNG_DUE, RUNG_AFTER };
enum {
    NEED_ONE,
    NEED_COUNT,
    NEED_ANY,
    NEED_ALL,
    NEED_SHARE,
    NEED_MAJORITY,
    NEED_GIVEN,
    NEED_POINTS
};
enum { REFUSED_BY_COUNT, REFUSED_BY_ONE, REFUSED_BY_MORE };
enum { RESUBMIT_COUNT, RESUBMIT_EVER };
enum { STEP_AT, STEP_AFTER };
enum { OPT_BY, OPT_ARRIVES, OPT_ID };
enum { FEED_OF_CSV, FEED_OF_JSON };
/* What a feed, or one of its columns, says. */
enum {
    SAID_SOURCE,
    SAID_SEPARATOR,
    SAID_QUOTE,
    SAID_ENCODING,
    SAID_HEADER,
    SAID_NO_HEADER,
    SAID_ROWS,
    SAID_DATES,
    SAID_NUMBERS,
    SAID_SORTED,
    SAID_UNSORTED,
    SAID_IDENTITY,
    SAID_ONLY,
    SAID_FROM,
    SAID_KINDS
};
enum {
    CHECK_STATE,
    CHECK_ESCALATED,
    CHECK_REMINDED,
    CHECK_DUE,
    CHECK_OWED_BY,
    CHECK_REPORTED_LATE
};
enum { WINDOW_SLIDES, WINDOW_STEPS, WINDOW_CALENDAR, WINDOW_NOW, WINDOW_SESSIONS };
enum { COMPARE_NOTHING, COMPARE_CHANGE, COMPARE_MULTIPLE, COMPARE_DIFFERENCE, COMPARE_RATE };
enum { EMPTY_HOLD, EMPTY_CLEAR, EMPTY_ALERT };
enum { SIDE_ABOVE, SIDE_BELOW, SIDE_AT_LEAST, SIDE_AT_MOST, SIDE_IS };
enum { KPI_CHECK_LEVEL, KPI_CHECK_CLEAR, KPI_CHECK_VALUE, KPI_CHECK_ABSENT };
/* When a rotation has somebody on call. */
enum { HOURS_ALL, HOURS_OF_DAY, HOURS_OPEN, HOURS_CLOSED };
enum {
    EVERY_WEEKDAY,
    EVERY_DAY,
    EVERY_WORKING_DAY,
    EVERY_MONTH,
    EVERY_SPAN,
    EVERY_STEPS,
    EVERY_WRONG
};
enum { MISSED_EACH, MISSED_LATEST, MISSED_NONE };
/* Of which declarations an event is heard: no word of it; those named; all others. */
enum { HEARD_PLAIN, HEARD_OF, HEARD_EXCEPT };
enum {
    HOLE_VALUE,
    HOLE_FIELD,
    HOLE_EVENT,
    HOLE_ROLE,
    HOLE_TEAM,
    HOLE_PARTY,
    HOLE_PARTIES,
    HOLE_TABLE,
    HOLE_CALENDAR,
    HOLE_DUTY,
    HOLE_APPROVAL,
    HOLE_KPI,
    HOLE_ENTITY
};
enum { CELL_OPEN_FROM = 1, CELL_OPEN_TO = 2 };

/* The rows of keywords.def's classes. */
typedef enum UnitRow {
#define UNIT(name, en, zh, family, size) UNIT_##name,
#include "grammar/keywords.def"
    UNIT_COUNT
} UnitRow;
typedef enum TypeRow {
#define TYPE(name, en, zh) TYPE_##name,
#include "grammar/keywords.def"
    TYPE_COUNT
} TypeRow;
typedef enum StateRow {
#define STATE(name, en, zh) STATE_##name,
#include "grammar/keywords.def"
    STATE_COUNT
} StateRow;
typedef enum LevelRow {
#define LEVEL(name, en, zh) LEVEL_##name,
#include "grammar/keywords.def"
    LEVEL_COUNT
} LevelRow;
typedef enum AggRow {
#define AGG(name, en, zh) AGG_##name,
#include "grammar/keywords.def"
    AGG_ROWS
} AggRow;
typedef enum PropertyRow {
#define PROPERTY(name, en, zh) PROPERTY_##name,
#include "grammar/keywords.def"
    PROPERTY_ROWS
} PropertyRow;
typedef enum PowerRow {
#define POWER(name, en, zh) POWER_##name,
#include "grammar/keywords.def"
    POWER_ROWS
} PowerRow;

typedef enum ComparisonRow {
#define COMPARISON(name, kind, en, zh) COMPARISON_##name,
#include "grammar/keywords.def"
    COMPARISON_ROWS
} ComparisonRow;

/* In the order of DecRound. */
typedef enum RoundingRow {
#define ROUNDING(name, en, zh) ROUNDING_##name,
#include "grammar/keywords.def"
    ROUNDING_COUNT
} RoundingRow;
typedef enum FunctionRow {
#define FUNCTION(name, en, zh) FUNCTION_##name,
#include "grammar/keywords.def"
    FUNCTION_COUNT
} FunctionRow;

typedef struct Node Node;
struct Node {
    uint8_t kind; /* NodeKind */
    uint8_t flag;
    uint16_t op;
    Span span; /* the whole construct */
    Span at;   /* its name, or what a message about it should underline */
    Str text, more;
    Node *a, *b, *c, *d;
    Node *next;
    /* what check/ finds out */
    const void *means; /* the symbol that a name stands for */
    const void *type;  /* its type */
    uint8_t bind;      /* how the name is bound */
    bool secret;       /* a declaration that is private to its module */
    uint16_t height;   /* of an expression: operators and fields on top of each other */
    uint32_t slot;     /* a number that goes with the binding; a literal's unit */
};

/* A list under construction. */
typedef struct NodeList {
    Node *first, *last;
} NodeList;

/* The name of a kind, as "DUTY". */
Str node_name(NodeKind kind);
/* Whether child a of an expression is a list: arguments, items or fields. */
bool node_lists(const Node *node);
/* How many nodes a list has. */
size_t node_count(const Node *list);
/* Whether an action holds others, in c and d. */
static inline bool node_holds_actions(const Node *action) {
    return action->kind == N_FOR_EACH || action->kind == N_CASE;
}
/* Prints a tree as indented lines, for tests of the parser. */
void node_dump(const Node *list, int depth, Buf *out);

#endif
