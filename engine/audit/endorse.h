/* audit: signed policies: a note beside a bundle, by whoever answers for it (docs/journal.md).
 * Errors:  ERR_SYNTAX: the call or the key is wrong; ERR_POLICY: the bundle has no such signature,
 * err says why; those of files. */
#ifndef REMIT_AUDIT_ENDORSE_H
#define REMIT_AUDIT_ENDORSE_H

#include "engine/audit/note.h"
#include "engine/code/bundle.h"

/* Appends the note by the private key in the file `key`. */
MUST_USE Status endorse(const Bundle *b, Str key, Buf *out, Err *err);
/* Whether the note in PATH.sig, beside the bundle's file, is of this bundle and signed by one of
 * the keys (texts or files). */
MUST_USE Status endorsed(const Bundle *b, Str path, const Str *keys, size_t n, Err *err);

#endif
