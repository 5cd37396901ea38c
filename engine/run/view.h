/* run: a duty as it stands, for those who read: its record taken apart and folded. */
#ifndef REMIT_RUN_VIEW_H
#define REMIT_RUN_VIEW_H

#include "engine/run/engine_int.h"

/* Takes a duty's record apart; all lives in a. ERR_DAMAGED, ERR_VERSION, ERR_NOMEM. */
MUST_USE Status view_duty(const Bundle *b, uint64_t number, Str bytes, Arena *a, Duty *out);
/* An approval's record, likewise. */
MUST_USE Status view_approval(const Bundle *b, uint64_t number, Str bytes, Arena *a, Approval *out);
/* The key of an entity in the ledger: its number, then the values of its key in an order that is
 * theirs (of enumerations and parties that of their names). ERR_LIMIT: it is too long. */
MUST_USE Status entity_key(Buf *out, const Bundle *b, uint32_t entity, const Value *key);
/* What an index has for a value: the numbers of the entity and of the index, the value, then the
 * key of the entity. *prefix: how much of it is the value's. */
MUST_USE Status found_key(Buf *out, const Bundle *b, uint32_t entity, uint32_t index, Value v,
                          Str id, size_t *prefix);
/* A value as another type holds it, members of enumerations and fields of records by their names;
 * *fits stays unless it cannot be had. */
MUST_USE Status value_as(const Bundle *b, Arena *a, const TypeDef *type, Value v, Value *out,
                         bool *fits);
/* An entity's record, likewise: a value a field, as the newest version of it has them. */
MUST_USE Status view_entity(const Bundle *b, uint32_t entity, Str bytes, Arena *a, Value **fields,
                            uint64_t *leaf);
/* Active time left at `at`, in the family of the deadline. */
MUST_USE Status view_left(const Duty *d, int64_t at, Value *out);

/* What came of a part that is a sum: as much as nothing, where nothing came. */
Value view_sum(const Duty *d, uint32_t part);
/* Of a duty with such parts `,"sums":[{"sum":...,"of":...}]`; of others nothing. */
void put_json_sums(Buf *out, const Bundle *b, ZoneCache *zone, const Duty *d);

/* The 16 bytes by which LED_SET_NAMES knows a duty stand first in `out`. scratch is overwritten. */
MUST_USE Status duty_hash(const Bundle *b, uint32_t decl, const Str *key, uint32_t n,
                          uint32_t occurrence, Buf *scratch, uint8_t out[32]);

/* The same of an approval. */
MUST_USE Status approval_hash(const Bundle *b, uint32_t decl, const Str *key, uint32_t n,
                              uint32_t occurrence, Buf *scratch, uint8_t out[32]);

#endif
