/* run: what was kept of a reject, read again: a line of JSON, a record of CSV with the names of its
 * columns, or a row that a feed maps.
 * Memory: what is read lives until the next one is. */
#ifndef REMIT_RUN_RETRY_H
#define REMIT_RUN_RETRY_H

#include "engine/run/mapping.h"

typedef struct Kept {
    const Bundle *b;
    Str source; /* of events that name none */
    Arena arena;
    EventReader reader;
    Seen seen;
    Mapper *mapper;
    Str feed, columns; /* that the mapper is for; in `names` */
    Arena names;
    uint32_t count; /* events */
    bool mapped;
    Input event;
} Kept;

/* Reads what was kept. *refused: it is refused as it stands, `why`; else k->count events come of
 * it. ERR_NOMEM. */
MUST_USE Status kept_read(Kept *k, const RejectLeaf *reject, bool *refused, Refusal *why);
/* Event number i of it. */
MUST_USE Status kept_event(Kept *k, uint32_t i, Input *out);
void kept_free(Kept *k);

#endif
