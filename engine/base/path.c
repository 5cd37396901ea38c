/* base: paths into JSON documents, taken apart. */
#include "engine/base/path.h"

/* "[12]" or "['name']" at the start of a text. */
static bool bracket(Str *rest, PathStep *out) {
    size_t i = 1;
    if (rest->n > 1 && rest->p[1] == '\'') {
        for (i = 2; i < rest->n && rest->p[i] != '\'';)
            i++;
        out->name = (Str){rest->p + 2, i - 2};
        i++;
        if (out->name.n == 0)
            return false;
    } else {
        out->item = true;
        for (; i < rest->n && rest->p[i] >= '0' && rest->p[i] <= '9' && i < 8; i++)
            out->place = out->place * 10 + (uint32_t)(rest->p[i] - '0');
        if (i == 1)
            return false;
    }
    if (i >= rest->n || rest->p[i] != ']')
        return false;
    *rest = str_from(*rest, i + 1);
    return true;
}

static bool step(Str *rest, bool first, PathStep *out) {
    *out = (PathStep){.name = {NULL, 0}};
    if (rest->p[0] == '[')
        return bracket(rest, out);
    if (!first) {
        if (rest->p[0] != '.')
            return false;
        *rest = str_from(*rest, 1);
    }
    size_t n = 0;
    while (n < rest->n && rest->p[n] != '.' && rest->p[n] != '[' && rest->p[n] != ']')
        n++;
    out->name = str_upto(*rest, n);
    *rest = str_from(*rest, n);
    return n > 0;
}

uint32_t path_steps(Str path, PathStep out[PATH_STEPS]) {
    uint32_t n = 0;
    for (; path.n > 0; n++)
        if (n == PATH_STEPS || !step(&path, n == 0, &out[n]))
            return 0;
    return n;
}

bool path_ok(Str path) {
    PathStep steps[PATH_STEPS];
    return path_steps(path, steps) > 0;
}
