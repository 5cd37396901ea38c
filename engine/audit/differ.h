/* audit: what changed in meaning between two policies, declaration by declaration, with inputs that
 * show it. Layout, remarks, tests and the order of the text do not count, nor what a version is
 * called. A witness is told only when it was asked of both policies and the answers differ.
 * Read: code/alike.h (what is held against what), differ.c (which), differ_table.c (regions),
 * differ_clause.c (how the rest reads). */
#ifndef REMIT_AUDIT_DIFFER_H
#define REMIT_AUDIT_DIFFER_H

#include "engine/run/policy.h"

typedef struct DifferOptions {
    bool json, chinese;
    bool brief;     /* only which declarations changed */
    size_t columns; /* of sentences */
} DifferOptions;

/* Writes it to `out`; *changes: how many declarations mean something else. Policies without errors.
 * ERR_MISMATCH: one is a bundle of several versions. ERR_LIMIT: they are too large. */
MUST_USE Status policies_differ(Policy *old, Policy *new_one, const DifferOptions *opt, Buf *out,
                                size_t *changes, Err *err);

#endif
