/* run: the files of a policy with what diagnostics suggest written into them, round by round. */
#ifndef REMIT_RUN_FIXED_H
#define REMIT_RUN_FIXED_H

#include "engine/syntax/diag.h"

typedef struct FixedFile {
    Str path, before; /* its text before the last round */
    size_t places, last;
} FixedFile;

typedef struct Fixing {
    Arena arena;
    VEC(FixedFile) files;
    size_t misread; /* errors of the grammar before the last round */
    bool begun;
} Fixing;

enum { FIX_ROUNDS = 20 };

/* One round, by the diagnostics of the files as they are now. *more: something was written, and the
 * policy is to be read again. A round that left more errors of the grammar than there were is
 * taken back. ERR_IO, ERR_NOMEM. */
MUST_USE Status fixing_round(Fixing *f, const Diags *d, bool *more, Err *err);
void fixing_free(Fixing *f);

#endif
