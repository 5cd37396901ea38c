/* code: versions of a policy in one bundle. A ledger that goes on under a new version keeps what
 * runs under the old one: both are linked into one bundle, as a linker does with object files. What
 * the two mean alike is one thing; all numbers of the old one stay, so that records and journal
 * keep their meaning; what is new is numbered on behind. Of a duty, approval, rule or KPI that the
 * new version changes, the old declaration takes nothing new from the version's instant on, and the
 * new one nothing before it; what the old one began it ends. */
#ifndef REMIT_CODE_LINK_H
#define REMIT_CODE_LINK_H

#include "engine/code/bundle.h"

typedef struct LinkPlan {
    int64_t from;   /* from when the new version applies */
    uint64_t first; /* the number of its first schedule */
} LinkPlan;

/* How a declaration of a new version goes on. */
typedef enum LinkFate {
    LINK_SAME,    /* as it was */
    LINK_JUDGES,  /* a KPI that measures what it did, with other levels or reactions */
    LINK_CHANGED, /* there is one of its name that means something else */
    LINK_NEW,
    LINK_GONE /* the old one's: nothing follows it */
} LinkFate;

typedef struct LinkedDecl {
    uint8_t kind; /* DeclKind */
    uint8_t fate; /* LinkFate */
    Str name;
} LinkedDecl;

/* What was linked, by kind in the order of the new version's text, then what is gone. */
typedef struct Linked {
    LinkedDecl *at;
    uint32_t n;
} Linked;

/* The bytes of both in one go to `out`. bytes: the new version's own bundle. ERR_MISMATCH with what
 * cannot follow the old one in err: another policy's name, zone or currency, an entity or a party
 * that became something else, an instant before an earlier version's. ERR_LIMIT: both together are
 * too large. ERR_DAMAGED, ERR_VERSION: as bundle_take. linked: may be NULL; its memory is a's. */
MUST_USE Status bundle_link(const Bundle *old, Str bytes, const LinkPlan *plan, Arena *a, Buf *out,
                            Linked *linked, Err *err);

#endif
