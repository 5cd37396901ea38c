/* run: the files of a policy in their layout. */
#ifndef REMIT_RUN_FORMATTED_H
#define REMIT_RUN_FORMATTED_H

#include "engine/run/policy.h"
#include "engine/syntax/spell.h"

/* Reads standard input as a file of the policy, called "-". */
MUST_USE Status policy_add_stream(Policy *p, Err *err);

/* Told of each file that can be read: its text and what it is laid out. */
typedef Status FormattedFile(void *ctx, Str path, Str before, Str after, Err *err);

/* Names that could be longer; in the order of files and bytes. */
typedef struct Widers {
    VEC(Wider) all;
} Widers;

/* Lays out the sources of a policy that is not finished. What is wrong in one is in its
 * diagnostics; that file is passed over. ERR_DAMAGED: one would not read the same afterwards, an
 * error of ours; the others are done. wider: NULL, or names that could be longer. */
MUST_USE Status policy_format(Policy *p, SpellIn in, const Widers *wider, FormattedFile *tell,
                              void *ctx, Err *err);

#endif
