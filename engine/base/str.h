/* base: text as pointer and length. A Str borrows its bytes, is passed by value and is not
 * NUL-ended. An empty Str may have p == NULL. */
#ifndef REMIT_BASE_STR_H
#define REMIT_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/check.h"

typedef struct Str {
    const char *p;
    size_t n;
} Str;

/* The Str of a string literal. */
#define S(literal) ((Str){(literal), sizeof(literal) - 1})
/* The two arguments of "%.*s". Lengths beyond INT_MAX are cut, for messages only. */
#define STR_ARG(s) (int)((s).n > 4096 ? 4096 : (s).n), ((s).p ? (s).p : "")

Str str_of(const char *c_string); /* borrows; NULL gives the empty Str */
static inline bool str_eq(Str a, Str b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
/* Byte order, the shorter first: < 0, 0, > 0. It is code point order for UTF-8. */
int str_cmp(Str a, Str b);
static inline bool str_starts(Str s, Str prefix) {
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}
bool str_ends(Str s, Str suffix);
/* Whether part stands somewhere in s; the empty one does in every text. */
bool str_contains(Str s, Str part);
/* The position of c in s, or -1. */
ptrdiff_t str_find(Str s, char c);
/* The first n bytes of s, or all of it if it has fewer. */
static inline Str str_upto(Str s, size_t n) {
    return (Str){s.p, s.n < n ? s.n : n};
}
/* s without its first n bytes (n <= s.n). */
static inline Str str_from(Str s, size_t n) {
    ASSERT(n <= s.n);
    return n == 0 ? s : (Str){s.p + n, s.n - n};
}
/* Splits s at the first c: *head before it, *tail after it. Without c: false, *head is all of s and
 * *tail is empty. head or tail may be NULL. */
bool str_cut(Str s, char c, Str *head, Str *tail);
/* s without white space (space, tab, CR, LF) at both ends. */
Str str_trim(Str s);
/* A fast hash for tables in memory only: it never reaches the ledger. */
uint64_t str_hash(Str s);

#endif
