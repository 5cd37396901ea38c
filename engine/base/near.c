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

/* ---- what is certain */

/* How two words differ where they do: `at` letters are alike before, `same` behind. */
typedef struct Slip {
    uint32_t a[LONGEST], b[LONGEST];
    size_t n, m, at, same;
} Slip;

static bool is_part_mark(uint32_t c) {
    return c == '.' || c == '_' || c == ' ' || c == '/';
}

/* Whether letter i of a text stands at the beginning or the end of a part of it. */
static bool is_at_edge(const uint32_t *text, size_t n, size_t i) {
    return i == 0 || i + 1 >= n || is_part_mark(text[i - 1]) || is_part_mark(text[i + 1]) ||
           is_part_mark(text[i]);
}

static bool is_digit_or_mark(uint32_t c) {
    return (c >= '0' && c <= '9') || is_part_mark(c);
}

static bool is_swap(const Slip *s) {
    return s->n == s->m && s->at + s->same + 2 == s->n && s->a[s->at] == s->b[s->at + 1] &&
           s->a[s->at + 1] == s->b[s->at] && !is_digit_or_mark(s->a[s->at]) &&
           !is_digit_or_mark(s->a[s->at + 1]);
}

/* One letter of a name more, less or another, in Latin letters and inside a part. */
static bool is_inner(const Slip *s) {
    bool more = s->n > s->m;
    const uint32_t *longer = more ? s->a : s->b;
    size_t n = more ? s->n : s->m;
    for (size_t i = 0; i < n; i++)
        if (longer[i] >= 0x250)
            return false;
    return !is_at_edge(longer, n, s->at);
}

bool is_slip(Str word, Str meant, bool keyword) {
    Slip s = {.n = 0};
    s.n = letters(word, s.a);
    s.m = letters(meant, s.b);
    if (s.n > LONGEST || s.m > LONGEST || name_distance(word, meant, 1) != 1)
        return false;
    size_t shorter = s.n < s.m ? s.n : s.m;
    bool latin = s.m > 0 && s.b[0] < 0x250;
    if ((s.n > s.m ? s.n : s.m) < (keyword && !latin ? 3 : 4))
        return false;
    while (s.at < shorter && s.a[s.at] == s.b[s.at])
        s.at++;
    while (s.same < shorter - s.at && s.a[s.n - 1 - s.same] == s.b[s.m - 1 - s.same])
        s.same++;
    if (is_swap(&s))
        return true;
    bool marks = (s.at < s.n && s.n >= s.m && is_digit_or_mark(s.a[s.at])) ||
                 (s.at < s.m && s.m >= s.n && is_digit_or_mark(s.b[s.at]));
    return !marks && (keyword || is_inner(&s));
}

bool is_sure(Str word, const Str *candidates, size_t n, size_t best) {
    if (!is_slip(word, candidates[best], false))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!str_eq(candidates[i], candidates[best]) && name_distance(word, candidates[i], 2) <= 2)
            return false;
    return true;
}
