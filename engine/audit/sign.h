/* audit: what is signed: checkpoints of a ledger, rotations of keys, what a witness has seen. A key
 * signs one history: the size and root of each log that it signed last stand beside it, in
 * KEY.seen.
 *
 * Errors:  ERR_POLICY: what is to be signed is not a continuation of that; ERR_SYNTAX,
 * ERR_NOTFOUND: the call is wrong; those of files and of the ledger. */
#ifndef REMIT_AUDIT_SIGN_H
#define REMIT_AUDIT_SIGN_H

#include "engine/audit/checkpoint.h"
#include "engine/ledger/ledger.h"

/* Makes PATH, a private key, and PATH.pub. ERR_STATE: one of them is there. */
MUST_USE Status key_files_make(Str path, Str name, KeyType type, Err *err);
/* A key, from the file of a private or a public one, or the text of a public one. */
MUST_USE Status key_any(Str arg, Arena *a, Key *out, Err *err);
/* The note by which the key of the file `path` gives way to `next` at `from` entries. */
MUST_USE Status sign_rotation(Str path, const Key *next, uint64_t from, Buf *out, Err *err);
/* A note of any text that names the key which signs it: what is signed of a history has its own
 * guard, sign_checkpoint. */
MUST_USE Status sign_text(Str path, void (*text)(void *ctx, const Key *key, Buf *out), void *ctx,
                          Buf *out, Err *err);
/* A checkpoint of all of the ledger. */
MUST_USE Status sign_checkpoint(Ledger *l, Str path, Buf *out, Err *err);

/* What a witness is shown that a checkpoint continues what it saw before. */
typedef struct Shown {
    Ledger *ledger;     /* or */
    Str journal;        /* an exported one, or */
    const Proof *proof; /* of consistency */
} Shown;
/* The checkpoint with one more signature, by the witness whose key is in the file `path`. `log`:
 * must have signed it. seconds: now, since 1970. */
MUST_USE Status sign_seen(const Checkpoint *c, const Key *log, Str path, const Shown *shown,
                          uint64_t seconds, Buf *out, Err *err);

#endif
