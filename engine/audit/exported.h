/* audit: the exported journal: the file that an auditor gets (docs/journal.md). */
#ifndef REMIT_AUDIT_EXPORTED_H
#define REMIT_AUDIT_EXPORTED_H

#include "engine/audit/judge.h"
#include "engine/ledger/ledger.h"

/* Writes the first `size` entries, in pieces. Memory: one entry. A block whose root the ledger
 * keeps is written with that root; *differs: one is not that of the entries, *block its number.
 * Errors: the ledger's, those of `write`. */
MUST_USE Status export_journal(Ledger *l, uint64_t size,
                               Status (*write)(void *ctx, Str bytes, Err *err), void *ctx,
                               bool *differs, uint64_t *block, Err *err);

/* Bytes of a file, or of memory. */
typedef struct Bytes {
    void *ctx;
    Status (*read_at)(void *ctx, uint64_t at, char *to, size_t n); /* within size */
    uint64_t size;
} Bytes;

/* Whether bytes are meant to be an exported journal, by their head. */
bool export_begins(Str bytes);
/* Reads all of it before the judge, who must have begun; ends him. What the file itself shows goes
 * to his findings. *entries: how many it holds, as far as can be told. Errors: those of `from`;
 * ERR_NOMEM. */
MUST_USE Status export_read(const Bytes *from, Judge *judge, uint64_t *entries);
/* The entries of a file that is whole, one after the other, borrowed from its bytes. ERR_DAMAGED:
 * it is not; else what `each` gives. */
MUST_USE Status export_entries(Str bytes, Status (*each)(void *ctx, Str entry), void *ctx);

#endif
