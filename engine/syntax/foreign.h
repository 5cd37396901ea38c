/* syntax: texts and remarks as other languages and keyboards write them, which no token of this one
 * is: 'late', „late“, 「迟」, // a remark, # a remark. */
#ifndef REMIT_SYNTAX_FOREIGN_H
#define REMIT_SYNTAX_FOREIGN_H

#include "engine/base/mem.h"
#include "engine/base/str.h"

typedef struct Foreign {
    uint32_t to; /* the byte behind it */
    Str marks;   /* what is around a text, or what a remark begins with */
    Str inner;   /* what is in it; of a remark nothing */
    Str instead; /* how it is written here */
} Foreign;

/* Whether at byte `at` of the text, where no token begins, a text begins that ends on its line.
 * What it gives is borrowed from the text or owned by the arena. ERR_NOMEM is *nomem. */
bool foreign_quoted(Str text, uint32_t at, Arena *arena, Foreign *out, bool *nomem);
/* Whether a remark begins at byte `at`; as above. */
bool foreign_remark(Str text, uint32_t at, Arena *arena, Foreign *out, bool *nomem);

#endif
