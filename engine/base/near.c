/* base: the name that was probably meant. */
#include "engine/base/near.h"

/* Edit distance (insert, delete, change, swap of neighbours), in bytes; more than `most` is `most`
 * + 1. */
static size_t distance(Str a, Str b, size_t most) {
    enum { LONGEST = 48 };
    size_t rows[3][LONGEST + 1];
    if (a.n > LONGEST || b.n > LONGEST)
        return most + 1;
    for (size_t j = 0; j <= b.n; j++)
        rows[1][j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t *two = rows[(i + 2) % 3], *one = rows[i % 3], *row = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t best = one[j - 1] + (a.p[i - 1] != b.p[j - 1]);
            if (one[j] + 1 < best)
                best = one[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1] &&
                two[j - 2] + 1 < best)
                best = two[j - 2] + 1;
            row[j] = best;
        }
    }
    size_t d = rows[(a.n + 1) % 3][b.n];
    return d > most ? most + 1 : d;
}

ptrdiff_t nearest(Str word, const Str *candidates, size_t n) {
    ptrdiff_t best = -1;
    size_t most = word.n < 3 ? 1 : (word.n + 2) / 3;
    for (size_t i = 0; i < n; i++) {
        size_t d = distance(word, candidates[i], most);
        if (d <= most && d < candidates[i].n && (best < 0 || d < most)) {
            best = (ptrdiff_t)i;
            most = d;
            if (d == 0)
                break;
        }
    }
    return best;
}
