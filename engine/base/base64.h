/* base: base64 by RFC 4648, section 4: the alphabet with + and /, padded with =. Reading is strict:
 * no white space, no missing padding, and (section 3.5) no stray bits, so that each run of bytes
 * has just one text. */
#ifndef REMIT_BASE_BASE64_H
#define REMIT_BASE_BASE64_H

#include "engine/base/buf.h"
#include "engine/base/mem.h"

/* The bytes that s says, in the arena. ERR_SYNTAX, ERR_NOMEM. */
MUST_USE Status base64_read(Str s, Arena *arena, Str *out);
/* Appends the text for n bytes: 4 characters for each 3 of them. */
void put_base64(Buf *b, const void *p, size_t n);

#endif
