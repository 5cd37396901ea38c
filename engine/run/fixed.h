/* run: the files of a policy with what diagnostics suggest written into them, round by round. */
#ifndef REMIT_RUN_FIXED_H
#define REMIT_RUN_FIXED_H

#include "engine/syntax/diag.h"

typedef struct FixedFile {
    Str path, before;      /* its text before the last round */
    size_t misread, wrong; /* errors of the grammar in it before that, and all */
    bool last, last_read;  /* the last round wrote something, and mended what is of the grammar */
    bool stuck;            /* what was suggested did not help */
} FixedFile;

/* What was written. */
typedef struct FixedPlace {
    Str path, before, after;
    uint32_t line;
    size_t file; /* in `files` */
    bool last, undone;
} FixedPlace;

typedef struct Fixing {
    Arena arena;
    VEC(FixedFile) files;
    VEC(FixedPlace) places;
} Fixing;

enum { FIX_ROUNDS = 20 };

/* One round, by the diagnostics of the files as they are now. *more: something was written, and the
 * policy is to be read again. What the last round wrote into a file is taken back when it left as
 * many errors of the grammar there, or more errors of all kinds if it mended none of those.
 * ERR_IO, ERR_NOMEM. */
MUST_USE Status fixing_round(Fixing *f, const Diags *d, bool *more, Err *err);
void fixing_free(Fixing *f);

#endif
