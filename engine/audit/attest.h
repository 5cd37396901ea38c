/* audit: attestations: one signed file with a range of the journal, the policies in force, and the
 * proof that the range belongs to a signed checkpoint, so that whoever has it alone can run the
 * inputs again and see that the rest follows (docs/journal.md).
 *
 * Trusts:  a Record to be written from; nothing of a file.
 * Memory:  the range is held as a whole; what is taken is borrowed from the file's bytes.
 * Errors:  ERR_SYNTAX: not of the form, or a wrong call; those of the ledger and of the key. */
#ifndef REMIT_AUDIT_ATTEST_H
#define REMIT_AUDIT_ATTEST_H

#include "engine/audit/checkpoint.h"
#include "engine/audit/record.h"

typedef struct AttestOptions {
    uint64_t from; /* 0 */
    bool has_to;
    uint64_t to;    /* goes on to the last entry that follows from the input there */
    Str key;        /* the file of the log's private key */
    Str checkpoint; /* the file of one that is signed already; empty: one of now is made */
} AttestOptions;

typedef struct AttestRange {
    uint64_t from, to; /* first and last entry */
} AttestRange;

/* Appends the file. ERR_SYNTAX: there is no such range; ERR_POLICY: the key does not sign this
 * ledger, or the checkpoint is not of it. */
MUST_USE Status attest(Record *r, const AttestOptions *opt, Buf *out, AttestRange *range, Err *err);

typedef enum AttestKind { ATTEST_POLICY, ATTEST_PROOF, ATTEST_JOURNAL, ATTEST_KINDS } AttestKind;

typedef struct AttestPart {
    AttestKind kind;
    uint64_t size;
    MerkleHash sha; /* of its bytes */
    Str bytes;      /* as they stand in the file */
    bool whole;     /* they have that hash */
} AttestPart;

typedef struct Attest {
    SignedNote note;
    Str origin;
    Key key; /* that the file names as its own: proves nothing by itself */
    AttestRange range;
    AttestPart *parts; /* policies, the proof, the journal */
    size_t n, policies;
    MerkleHash root; /* of the tree over the range's entries alone */
} Attest;

/* Whether bytes are meant to be an attestation, by their first line. */
bool attest_begins(Str bytes);
/* Reads the note at the file's head, and finds the parts; no signature is verified yet. */
MUST_USE Status attest_take(Str bytes, Arena *a, Attest *out, Err *err);

#endif
