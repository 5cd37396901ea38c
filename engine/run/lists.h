/* run: lists inside records: how many, then each; and the hash by which a name is found. */
#ifndef REMIT_RUN_LISTS_H
#define REMIT_RUN_LISTS_H

#include "engine/base/sha256.h"
#include "engine/base/value.h"

void put_texts(Buf *out, const Str *texts, uint32_t n);
void put_value_list(Buf *out, const Value *values, uint32_t n);
/* Leaves of the journal, in order: the first, then the distances. */
void put_leaves(Buf *out, const uint64_t *leaves, uint32_t n);

/* The length of a list whose items take at least a byte each. ERR_DAMAGED. */
MUST_USE Status take_list(Take *t, uint32_t *n);
/* The reverse of the puts; all that is given is owned by a. ERR_DAMAGED, ERR_NOMEM. */
MUST_USE Status take_texts(Arena *a, Str bytes, Str **out, uint32_t *n);
MUST_USE Status take_value_list(Arena *a, Str bytes, Value **out, uint32_t *n);
MUST_USE Status take_leaves(Arena *a, Str bytes, uint64_t **out, uint32_t *n);

/* By what LED_SET_NAMES knows an occurrence of a declaration: the first 16 bytes of `out`. kind:
 * "duty", "approval". scratch is overwritten. ERR_NOMEM. */
MUST_USE Status name_hash(Str kind, Str name, const Str *key, uint32_t n, uint32_t occurrence,
                          Buf *scratch, uint8_t out[SHA256_BYTES]);

#endif
