/* base: text as pointer and length. */
#include "engine/base/str.h"

#include <string.h>

#include "engine/base/check.h"

Str str_of(const char *c_string) {
    return c_string == NULL ? (Str){NULL, 0} : (Str){c_string, strlen(c_string)};
}

int str_cmp(Str a, Str b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n == 0 ? 0 : memcmp(a.p, b.p, n);
    if (order != 0)
        return order;
    return (a.n > b.n) - (a.n < b.n);
}

bool str_ends(Str s, Str suffix) {
    return s.n >= suffix.n &&
           (suffix.n == 0 || memcmp(s.p + (s.n - suffix.n), suffix.p, suffix.n) == 0);
}

bool str_contains(Str s, Str part) {
    return part.n == 0 || (s.n >= part.n && memmem(s.p, s.n, part.p, part.n) != NULL);
}

ptrdiff_t str_find(Str s, char c) {
    const char *at = s.n == 0 ? NULL : memchr(s.p, c, s.n);
    return at == NULL ? -1 : at - s.p;
}

bool str_cut(Str s, char c, Str *head, Str *tail) {
    ptrdiff_t at = str_find(s, c);
    Str front = at < 0 ? s : (Str){s.p, (size_t)at};
    Str back = at < 0 ? (Str){NULL, 0} : str_from(s, (size_t)at + 1);
    if (head != NULL)
        *head = front;
    if (tail != NULL)
        *tail = back;
    return at >= 0;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

Str str_trim(Str s) {
    while (s.n > 0 && is_space(s.p[0]))
        s = str_from(s, 1);
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

uint64_t str_hash(Str s) {
    uint64_t h = 0x9E3779B97F4A7C15u ^ s.n;
    const char *p = s.p;
    size_t n = s.n;
    while (n >= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        h = (h ^ word) * 0xBF58476D1CE4E5B9u;
        h ^= h >> 29;
        p += 8;
        n -= 8;
    }
    uint64_t last = 0;
    if (n > 0)
        memcpy(&last, p, n);
    h = (h ^ last) * 0x94D049BB133111EBu;
    return h ^ (h >> 32);
}
