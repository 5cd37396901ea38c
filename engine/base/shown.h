/* base: text that others wrote, for the eyes of people. */
#ifndef REMIT_BASE_SHOWN_H
#define REMIT_BASE_SHOWN_H

#include "engine/base/buf.h"

/* The text on one line: what ends a line, moves a cursor or turns the direction of writing is
 * spelt, as in \n, \x1b and \u202e. What is no UTF-8 stays as it is. */
void put_on_line(Buf *out, Str text);
/* The same of each of its lines; tabs stay. */
void put_lines(Buf *out, Str text);

#endif
