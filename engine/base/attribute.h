/* base: what a duty says of itself with a value, once, when it is raised: the rows of ATTRIBUTE in
 * keywords.def. From a row come its clause, its place in bundles, records and effects, and what
 * `why` says. */
#ifndef REMIT_BASE_ATTRIBUTE_H
#define REMIT_BASE_ATTRIBUTE_H

#include "engine/base/str.h"

typedef enum Attribute {
#define ATTRIBUTE(name, of, need, datum, en, zh) ATTRIBUTE_##name,
#include "grammar/keywords.def"
    ATTRIBUTES
} Attribute;

typedef enum AttributeOf { ATTRIBUTE_OF_PARTY, ATTRIBUTE_OF_PLAIN } AttributeOf;

typedef struct AttributeRow {
    uint8_t of;        /* AttributeOf: what may be said */
    Str datum;         /* its name in effects and answers */
    Str said, said_zh; /* the words of its clause */
} AttributeRow;

extern const AttributeRow attribute_rows[ATTRIBUTES];

/* How many of the attributes whose bits these are come before one. */
static inline uint32_t attributes_before(uint32_t bits, uint32_t which) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < which; i++)
        n += bits >> i & 1;
    return n;
}

#endif
