/* base: the end of the line for a broken invariant. */
#include "engine/base/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void check_failed(const char *what, const char *file, int line) {
    fprintf(stderr, "remit: internal error: %s does not hold at %s:%d\n", what, file, line);
    abort();
}
