/* audit: what verification is made of: journals and proofs (verify.c), attestations (attested.c).
 */
#ifndef REMIT_AUDIT_VERIFY_INT_H
#define REMIT_AUDIT_VERIFY_INT_H

#include "engine/audit/attest.h"
#include "engine/audit/verify.h"

enum { SIGNED_MOST = 64 };

typedef struct Verifying {
    const VerifyOptions *opt;
    Arena *a;
    Trust *trust;
    Checkpoint *checkpoints; /* those given, and one that a proof carries */
    size_t count;
    Findings findings;
    Buf *out;
    uint64_t entries;
    char why[200]; /* of a ledger that cannot be read */
} Verifying;

/* Says a checkpoint, and whether it may be believed; if not, that is found. */
bool checkpoint_told(Verifying *v, const Checkpoint *c);
/* What was found, and whether it is whole. */
void put_verified(Verifying *v, bool whole);

/* An attestation: its signature, its parts, its entries, its place in the checkpoint's tree; then
 * its inputs run again. */
MUST_USE Status attest_verify(Verifying *v, Str bytes, bool *whole, Err *err);

#endif
