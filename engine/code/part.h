/* code: single parts of a bundle as bytes, to tell whether two are alike. */
#ifndef REMIT_CODE_PART_H
#define REMIT_CODE_PART_H

#include "engine/code/bundle.h"

typedef enum Part {
    PART_ZONE,
    PART_CALENDAR,
    PART_LOCAL,
    PART_ENUM,
    PART_PARTY,
    PART_RECORD,
    PART_EVENT,
    PART_ENTITY,
    PART_CONSTANT,
    PART_FN,
    PART_LOOP,
    PART_TABLE,
    PART_DUTY,
    PART_APPROVAL,
    PART_RULE,
    PART_KPI,
    PART_FEED,
    PART_ROTATION,
    PART_DEPUTY,
    PART_POWER,
    PART_DECL,
    PART_SOURCE,
    PARTS
} Part;

uint32_t part_count(const Bundle *b, Part part);
/* The bytes of one, as a bundle has them. */
void put_part(Buf *out, const Bundle *b, Part part, uint32_t n);

#endif
