/* base: the kinds of declarations that react to events, and how decision tables hit; check/ finds
 * them, code/ keeps them; what aggregates need. */
#ifndef REMIT_BASE_DECL_H
#define REMIT_BASE_DECL_H

#include <stdbool.h>

/* Kept in bundles: never renumbered. */
typedef enum DeclKind { DECL_DUTY, DECL_RULE, DECL_APPROVAL, DECL_KPI, DECL_KINDS } DeclKind;

/* Hit policies: the rows of keywords.def's class. Kept in bundles: never renumbered. */
typedef enum HitRow {
#define HIT(name, en, zh) HIT_##name,
#include "grammar/keywords.def"
    HIT_COUNT
} HitRow;

/* Aggregates: the rows of keywords.def's class. Kept in bundles: never renumbered. */
typedef enum AggKind {
#define AGG(name, en, zh) AGG_IS_##name,
#include "grammar/keywords.def"
    AGG_KINDS
} AggKind;

/* What an aggregate needs of its samples. */
typedef enum AggKeeps {
    AGG_KEEPS_SUM,   /* their sum */
    AGG_KEEPS_COUNT, /* how many there are */
    AGG_KEEPS_MEAN,  /* both */
    AGG_KEEPS_EXTREME,
    AGG_KEEPS_VALUES, /* how many have each value */
    AGG_KEEPS_RANKS   /* that, in the order of the values */
} AggKeeps;

static inline AggKeeps agg_keeps(unsigned kind) {
    static const unsigned char keeps[] = {
#define AGGREGATE(name, keeps, of_nothing) [AGG_IS_##name] = AGG_KEEPS_##keeps,
#include "engine/base/agg.def"
    };
    _Static_assert(sizeof keeps == AGG_KINDS, "each aggregate has its row in agg.def");
    return (AggKeeps)keeps[kind];
}
/* Whether nothing has no value; else it is 0. */
static inline bool agg_may_lack(unsigned kind) {
    enum { NOUGHT, ABSENT };
    static const bool lacks[AGG_KINDS] = {
#define AGGREGATE(name, keeps, of_nothing) [AGG_IS_##name] = (of_nothing) == ABSENT,
#include "engine/base/agg.def"
    };
    return lacks[kind];
}

/* What is done with many, one after another. Kept in bundles: never renumbered. */
typedef enum LoopDoes {
    LOOP_EACH, /* actions */
    LOOP_COUNTS,
    LOOP_ANY,
    LOOP_SUMS,
    LOOP_LEAST,
    LOOP_GREATEST,
    LOOP_DOES
} LoopDoes;

/* Whether all rows that apply count; else one does. */
static inline bool hit_gathers(HitRow hit) {
    return hit >= HIT_RULE_ORDER;
}
/* Whether the result is a list, one of each output. */
static inline bool hit_lists(HitRow hit) {
    return hit == HIT_RULE_ORDER || hit == HIT_OUTPUT_ORDER || hit == HIT_COLLECT_LIST;
}
/* Whether rows go by the order in which an output lists its values, not by that of the text. */
static inline bool hit_ranks(HitRow hit) {
    return hit == HIT_PRIORITY || hit == HIT_OUTPUT_ORDER;
}
/* Whether the result is the least or the greatest of what the rows give. */
static inline bool hit_picks(HitRow hit) {
    return hit == HIT_COLLECT_MIN || hit == HIT_COLLECT_MAX;
}

/* What a requirement of an approval asks of its seats. Kept in bundles: never renumbered. */
typedef enum CountKind {
    COUNT_IS_FIXED,
    COUNT_IS_ALL,      /* each of a list */
    COUNT_IS_GIVEN,    /* as many as the opening function gives; none: it is not asked */
    COUNT_IS_SHARE,    /* a share of those who could vote when its stage opens, rounded up */
    COUNT_IS_MAJORITY, /* more than half of them */
    COUNT_IS_POINTS,   /* weights that sum up to so many */
    COUNT_KINDS
} CountKind;

/* What refuses an approval. Kept in bundles: never renumbered. */
typedef enum RefuseKind {
    REFUSED_BY_A_NO,
    REFUSED_BY_MOST, /* more than half of those who could vote, or so many that too few are left */
    REFUSED_BY_NOES, /* so many, or so many that too few are left */
    REFUSE_KINDS
} RefuseKind;

/* `due by end of ...`: kept in bundles: never renumbered. */
typedef enum DueEnd {
    DUE_END_NONE,
    DUE_END_OF_DAY,
    DUE_END_OF_WORKING_DAY,
    DUE_END_OF_WEEK,
    DUE_END_OF_MONTH,
    DUE_END_OF_QUARTER,
    DUE_END_OF_YEAR,
    DUE_LAST_WORKING_DAY_OF_WEEK,
    DUE_LAST_WORKING_DAY_OF_MONTH,
    DUE_LAST_WORKING_DAY_OF_QUARTER,
    DUE_LAST_WORKING_DAY_OF_YEAR,
    DUE_NEVER, /* a prohibition that an event alone ends */
    DUE_ENDS
} DueEnd;

#endif
