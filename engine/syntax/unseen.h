/* syntax: characters that nobody sees, by their number and what they are called. */
#ifndef REMIT_SYNTAX_UNSEEN_H
#define REMIT_SYNTAX_UNSEEN_H

#include "engine/syntax/diag.h"

/* Whether a text begins with one; *bytes: how long it is, *called: "U+200B (a zero-width space)" in
 * both languages, *breaks: whether it ends a line; all others can be left out. */
bool unseen_at(Diags *d, Str text, size_t *bytes, Str *called, bool *breaks);
/* The text without them. Owned by the diagnostics' arena when it is another one. */
Str unseen_without(Diags *d, Str text);

#endif
