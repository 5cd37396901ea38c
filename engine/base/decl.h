/* base: the kinds of declarations that react to events, and how decision tables hit; check/ finds
 * them, code/ keeps them. */
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
