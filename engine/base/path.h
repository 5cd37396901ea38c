/* base: paths into JSON documents: names with points between them, an item of a list in brackets,
 * "fields.customer.name", "lines[0].sku"; a name that holds a point or a bracket in brackets and
 * single quotes, "['a.b']". */
#ifndef REMIT_BASE_PATH_H
#define REMIT_BASE_PATH_H

#include "engine/base/str.h"

enum { PATH_STEPS = 16 };

typedef struct PathStep {
    Str name;       /* of an object's member */
    bool item;      /* of a list: by number */
    uint32_t place; /* from 0 */
} PathStep;

/* The steps of a path; 0: it is none, or has more than PATH_STEPS. Names borrow the text. */
uint32_t path_steps(Str path, PathStep out[PATH_STEPS]);
bool path_ok(Str path);

#endif
