/* run: duties that are moved to the newest version of the policy while they are under way. Of each
 * is computed anew what the event that raised it, or the schedule, makes of it under that version:
 * who owes it, until when, by which clauses and rungs. What was done of it stays. A rung whose
 * instant is past is not made up for; a deadline that is past breaches at once. */
#ifndef REMIT_RUN_MIGRATE_H
#define REMIT_RUN_MIGRATE_H

#include "engine/run/engine.h"

/* What became of one. */
typedef struct MigrateTold {
    Subject subject;
    uint32_t from, to;       /* numbers of versions */
    int64_t was_due, is_due; /* INSTANT_NEVER: none known */
    Value was_owner, is_owner;
    Str stays; /* why it was not moved; empty: it was */
} MigrateTold;

typedef Status MigrateTell(void *ctx, const MigrateTold *told);

/* Moves those that are meant and run under an older version, in the order in which they came into
 * being. It is an input: its entry comes first. ERR_NOTFOUND: the policy has no such duty. */
MUST_USE Status engine_migrate(Engine *e, const MigrateLeaf *what, MigrateTell *tell, void *ctx);

#endif
