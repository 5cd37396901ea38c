/* audit: a ledger's files read in a process of its own: LMDB trusts its pages, and a rotten one
 * makes it crash or go round for ever. */
#ifndef REMIT_AUDIT_APART_H
#define REMIT_AUDIT_APART_H

#include "engine/base/os.h"

/* Runs work, which reads the ledger in dir and leaves n bytes in `result`. It may compute for a
 * minute, and for `per_mb` seconds more for each MiB of data.mdb: many times what it takes. */
MUST_USE Status ledger_apart(Str dir, uint64_t per_mb, void (*work)(void *ctx, void *result),
                             void *ctx, void *result, size_t n, OsEnd *how, Err *err);

#endif
