/* audit: the versions of a ledger's policy: what runs under which, and what a new one changes. */
#ifndef REMIT_AUDIT_VERSIONS_H
#define REMIT_AUDIT_VERSIONS_H

#include "engine/audit/record.h"
#include "engine/run/adopt.h"
#include "engine/run/migrate.h"

/* How many duties and approvals are under way: of each declaration, or of each version. */
typedef struct Running {
    uint64_t *duties, *approvals;
} Running;

/* by_version: counted by version, else by declaration. Lists are a's. */
MUST_USE Status running_count(Ledger *l, const Bundle *b, bool by_version, Arena *a, Running *out);
/* What came of an adoption, for people or as one object, with a newline. l: as it is after it. */
MUST_USE Status put_adopted(Buf *out, Ledger *l, const Bundle *b, const Adopted *adopted, bool json,
                            bool chinese);

/* Moves duties to the newest version, as `what` says (migrate.h). A row for each goes to out, for
 * people or as lines of JSON. */
MUST_USE Status put_migrated(Buf *out, Engine *e, const Bundle *b, const MigrateLeaf *what,
                             bool json, bool chinese);

#endif
