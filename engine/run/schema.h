/* run: what producers may send, as JSON Schema (2020-12) and as headers of CSV files. */
#ifndef REMIT_RUN_SCHEMA_H
#define REMIT_RUN_SCHEMA_H

#include "engine/code/bundle.h"

/* One document: an event is a CloudEvent of one of the policy's types, or of the engine's own.
 * event not negative: of this one alone. */
void put_schema(Buf *out, const Bundle *b, int32_t event);
/* The line that names the columns of an event, without its end: a record's fields each have one. */
void put_csv_header(Buf *out, const Bundle *b, uint32_t event);
/* Whether events of this kind can come in. */
bool schema_has(const Bundle *b, uint32_t event);

#endif
