/* audit: checkpoints, rotations of keys, and proofs, as text (docs/journal.md), and whom a verifier
 * trusts. Memory and errors as in note.h. */
#ifndef REMIT_AUDIT_CHECKPOINT_H
#define REMIT_AUDIT_CHECKPOINT_H

#include "engine/audit/note.h"
#include "engine/ledger/merkle.h"

typedef struct Checkpoint {
    SignedNote note;
    Str origin;
    uint64_t size;
    MerkleHash root;
} Checkpoint;

/* Nothing is verified yet. */
MUST_USE Status checkpoint_take(Str bytes, Arena *a, Checkpoint *out, Err *err);
/* The text alone, to be signed. */
void put_checkpoint(Buf *out, Str origin, uint64_t size, const MerkleHash *root);

typedef struct Rotation {
    SignedNote note;
    uint64_t from; /* entries */
    Key next;
} Rotation;

MUST_USE Status rotation_take(Str bytes, Arena *a, Rotation *out, Err *err);
void put_rotation(Buf *out, uint64_t from, const Key *next);

typedef enum ProofKind { PROOF_INCLUSION, PROOF_CONSISTENCY } ProofKind;

typedef struct Proof {
    ProofKind kind;
    uint64_t number; /* the entry's index, or how many entries the older tree has */
    bool has_entry;
    Str entry;
    MerkleHash hash[MERKLE_MOST];
    size_t n;
    bool has_checkpoint;
    Checkpoint checkpoint;
} Proof;

/* Whether bytes are meant to be a proof, by their first line. */
bool proof_begins(Str bytes);
MUST_USE Status proof_take(Str bytes, Arena *a, Proof *out, Err *err);
/* With its checkpoint's bytes, where it has one. */
void put_proof(Buf *out, const Proof *proof);

/* A key and the sizes of trees for which it counts: from <= size < until. */
typedef struct Trusted {
    Key key;
    uint64_t from, until;
} Trusted;

typedef struct Trust {
    VEC(Trusted) logs;
    VEC(Key) witnesses;
    size_t needed; /* so many of the witnesses must have signed */
} Trust;

void trust_free(Trust *t);
/* A key of a log or of a witness, as its type says. ERR_NOMEM. */
MUST_USE Status trust_key(Trust *t, const Key *key);
/* Follows rotations, in whatever order they come. ERR_SYNTAX: one is not signed by a key that is
 * trusted, or goes back; err says which. */
MUST_USE Status trust_rotations(Trust *t, const Rotation *rotations, size_t n, Err *err);

typedef enum Judged {
    JUDGED_GOOD,
    JUDGED_UNSIGNED,   /* by no key of a log that is trusted for this size */
    JUDGED_RETIRED,    /* only by one that has been replaced at this size */
    JUDGED_BAD,        /* a signature of a known key does not verify */
    JUDGED_ORIGIN,     /* it is signed by a key of another name than its origin */
    JUDGED_UNWITNESSED /* by too few witnesses */
} Judged;
/* *by: the key of the log that signed it; *witnesses: how many did. */
Judged checkpoint_judge(const Trust *t, const Checkpoint *c, const Key **by, size_t *witnesses);

#endif
