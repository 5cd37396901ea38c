/* code: the reference page of the instructions. */
#ifndef REMIT_CODE_REFERENCE_H
#define REMIT_CODE_REFERENCE_H

#include "engine/base/buf.h"

/* The page in Markdown: how an instruction is laid out, then a row for each. */
void put_op_reference(Buf *out);

#endif
