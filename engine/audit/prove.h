/* audit: proofs from a ledger. */
#ifndef REMIT_AUDIT_PROVE_H
#define REMIT_AUDIT_PROVE_H

#include "engine/audit/checkpoint.h"
#include "engine/ledger/ledger.h"

typedef struct ProveOptions {
    ProofKind kind;
    uint64_t number;              /* the entry, or how many entries the older tree has */
    bool has_size;                /* else all entries */
    uint64_t size;                /* of the tree */
    const Checkpoint *checkpoint; /* of the tree, goes into the proof; or NULL */
    bool json;
} ProveOptions;

/* ERR_LIMIT: there is no such entry, or no such size. ERR_POLICY: the checkpoint is not of this
 * ledger. */
MUST_USE Status prove(Ledger *l, const ProveOptions *opt, Buf *out, Err *err);

#endif
