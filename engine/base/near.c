/* base: the name that was probably meant. */
#include "engine/base/near.h"

#include "engine/base/utf8.h"

enum { LONGEST = 48 };

/* The code points of a text; LONGEST + 1 when there are more than LONGEST. */
static size_t letters(Str text, uint32_t *out) {
    size_t n = 0;
    for (size_t i = 0; i < text.n;) {
        uint32_t cp = 0;
        size_t used = utf8_decode(str_from(text, i), &cp);
        if (n == LONGEST)
            return LONGEST + 1;
        out[n++] = used == 0 ? 0xFFFD : cp;
        i += used == 0 ? 1 : used;
    }
    return n;
}

size_t name_distance(Str x, Str y, size_t most) {
    uint32_t a[LONGEST], b[LONGEST];
    size_t rows[3][LONGEST + 1];
    size_t n = letters(x, a), m = letters(y, b);
    if (n > LONGEST || m > LONGEST || (n > m ? n - m : m - n) > most)
        return most + 1;
    for (size_t j = 0; j <= m; j++)
        rows[1][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *two = rows[(i + 2) % 3], *one = rows[i % 3], *row = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = one[j - 1] + (a[i - 1] != b[j - 1]);
            if (one[j] + 1 < best)
                best = one[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                two[j - 2] + 1 < best)
                best = two[j - 2] + 1;
            row[j] = best;
        }
    }
    size_t d = rows[(n + 1) % 3][m];
    return d > most ? most + 1 : d;
}

size_t name_distance_most(Str word) {
    size_t n = utf8_count(word);
    return n < 3 ? 1 : (n + 2) / 3;
}

ptrdiff_t nearest(Str word, const Str *candidates, size_t n) {
    ptrdiff_t best = -1;
    size_t most = name_distance_most(word);
    bool rival = false;
    for (size_t i = 0; i < n; i++) {
        size_t d = name_distance(word, candidates[i], most);
        if (d > most || d >= utf8_count(candidates[i]))
            continue;
        if (best < 0 || d < most) {
            best = (ptrdiff_t)i;
            most = d;
            rival = false;
            if (d == 0)
                break;
        } else {
            rival = rival || !str_eq(candidates[i], candidates[best]);
        }
    }
    return rival && utf8_count(word) < 3 ? -1 : best;
}
