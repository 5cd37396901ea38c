/* audit: whether a journal is the one that was signed, and what of it is not. */
#ifndef REMIT_AUDIT_VERIFY_H
#define REMIT_AUDIT_VERIFY_H

#include "engine/audit/checkpoint.h"
#include "engine/audit/exported.h"

typedef struct VerifyOptions {
    Str file;   /* an exported journal, a proof or an attestation */
    Str ledger; /* or the folder of a ledger, read in a process of its own */
    const Str *checkpoints, *keys, *rotations; /* files; a key may be the text itself */
    size_t checkpoint_count, key_count, rotation_count;
    size_t witnesses;  /* so many of those among the keys must have signed */
    bool unsigned_too; /* without checkpoint: the journal's own hashes alone; an attestation: by the
                          key that it names itself */
    bool json, chinese;
} VerifyOptions;

/* Says to `out` what was found. ERR_SYNTAX, ERR_NOTFOUND: the call is wrong. */
MUST_USE Status verify(const VerifyOptions *opt, Buf *out, bool *whole, Err *err);

/* A key: the text itself, or the path of a file that holds it. */
MUST_USE Status key_read(Str arg, Arena *a, Key *out, Err *err);
/* The file of a checkpoint. */
MUST_USE Status checkpoint_read(Str path, Arena *a, Checkpoint *out, Err *err);
/* Reads an exported journal against roots that were signed (by size). *entries: how many it has. */
MUST_USE Status journal_judge(Str path, Signed *targets, size_t n, Findings *findings,
                              uint64_t *entries, Err *err);

#endif
