/* book: a policy as people read it: one page of HTML that stands alone, or Markdown.
 * Trusts:  a policy that was checked without errors, with its trees.
 * Never:   asks the network or the clock; what it shows is in the policy.
 * Memory:  its own arena, freed at the end; the page goes to `out`.
 * Errors:  ERR_NOMEM.
 * Read:    book_int.h (what the parts share), book.c (their order), page.c (the two forms). */
#ifndef REMIT_BOOK_BOOK_H
#define REMIT_BOOK_BOOK_H

#include "engine/run/policy.h"

typedef struct BookOptions {
    bool chinese;
    bool markdown; /* else HTML */
} BookOptions;

/* p: compiled from text, without errors. */
MUST_USE Status book_write(Policy *p, const BookOptions *o, Buf *out, Err *err);

#endif
