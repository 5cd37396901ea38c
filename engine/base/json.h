/* base: JSON, RFC 8259 to the letter, read by pulling and without a tree. For the hot path: one
 * line of input goes straight into the slots of its event, and text without escapes is borrowed
 * from it.
 *
 *   Json j = json_from(line, arena);
 *   Str name;
 *   if (json_object_begin(&j))
 *       while (json_object_next(&j, &name))
 *           ... json_string(&j, &text) | json_number(&j, &text) | json_skip(&j, NULL) ...
 *   if (!json_done(&j))
 *       ... j.why and j.p say what is wrong, and where ...
 *
 * Padding: at least JSON_PAD bytes after `end` must be readable. What they hold does not matter.
 * Failing is sticky: `why` and `status` are set, p stays at the offending byte, `end` is moved
 * there, so that all later calls fail too and every loop of the caller ends. The first failure
 * stays. Errors:  ERR_SYNTAX, the text is not JSON; ERR_LIMIT, nested deeper than LIMIT_NESTING;
 * ERR_NOMEM. Memory:  only json_string and json_object_next allocate, only for a string with
 * escapes, in `arena`. Not checked here: a name that comes twice in an object; callers know which
 * names they have seen. Where a call needs a value at p, white space before it has been skipped or
 * is skipped by the call. */
#ifndef REMIT_BASE_JSON_H
#define REMIT_BASE_JSON_H

#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/mem.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { JSON_PAD = 32 };

typedef struct Json {
    const char *p;   /* the next byte; after a failure, the offending one */
    const char *end; /* behind the last byte; after a failure, p */
    Arena *arena;    /* takes what has to be unescaped */
    const char *why; /* NULL while all is well, else a static phrase without a full stop */
    Status status;   /* OK while why is NULL */
    int depth;       /* of the objects and arrays that are open */
    bool fresh;      /* one was opened and nothing of it read yet */
} Json;

/* Reads text, behind which JSON_PAD bytes are readable. Borrows both. */
static inline Json json_from(Str padded, Arena *arena) {
    return (Json){.p = padded.p, .end = padded.p + padded.n, .arena = arena};
}
/* Reads a copy of any text, made in the arena with its padding. ERR_NOMEM. */
MUST_USE Status json_over(Str text, Arena *arena, Json *out);

/* Fails at `at` (within the text), unless j has failed before. Always false. Also for callers, who
 * find what JSON allows and their schema does not. why: static, or living as long as j. */
bool json_fail(Json *j, Status status, const char *at, const char *why);

/* The bits 0x80 of those of the 8 bytes at p that are a quote, a backslash, a control character or,
 * if `wide`, beyond ASCII; the first byte's bit is the lowest. The lowest bit set is right; those
 * above it may be wrong, for a borrow runs on from a right one. */
static inline uint64_t json_marks(const char *p, bool wide) {
    const uint64_t ones = 0x0101010101010101u;
    uint64_t w;
    memcpy(&w, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';
    uint64_t marks = ((quote - ones) & ~quote) | ((slash - ones) & ~slash) |
                     ((w - ones * 0x20) & ~w) | (wide ? w : 0);
    return marks & ones * 0x80;
}

/* The two scanners below are for json_string and the tests. Each gives the first byte at or after p
 * that is not plain text inside a string, as json_marks has it; if none is before end, some
 * place from end to end + 15. */
static inline const char *json_plain_portable(const char *p, const char *end) {
    for (; p < end; p += 8) {
        uint64_t marks = json_marks(p, true);
        if (marks != 0)
            return p + (__builtin_ctzll(marks) >> 3);
    }
    return p;
}

#ifdef __SSE2__
static inline const char *json_plain_sse2(const char *p, const char *end) {
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'),
                  space = _mm_set1_epi8(' ');
    for (; p < end; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i_u *)(const void *)p);
        __m128i marks = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash));
        /* Signed: bytes from 0x80 on are negative, and so below a space too. */
        marks = _mm_or_si128(marks, _mm_cmplt_epi8(v, space));
        int mask = _mm_movemask_epi8(marks);
        if (mask != 0)
            return p + __builtin_ctz((unsigned)mask);
    }
    return p;
}
#define json_plain json_plain_sse2
#else
#define json_plain json_plain_portable
#endif

/* The slow halves of the functions that follow. */
char json_peek_slow(Json *j);
bool json_string_slow(Json *j, const char *at, Str *out);
bool json_raw_string_slow(Json *j, const char *at, Str *out);

/* Skips white space and gives the next byte without taking it; 0 at the end and after a failure. */
static inline char json_peek(Json *j) {
    return j->p < j->end && (unsigned char)*j->p > ' ' ? *j->p : json_peek_slow(j);
}

/* A string, unescaped: borrowed from the text if it has no escape, else in the arena. Valid UTF-8,
 * and free of what RFC 8259 forbids: raw control characters, bad escapes, lone surrogates. It may
 * hold NUL, from \u0000. */
static inline bool json_string(Json *j, Str *out) {
    if (json_peek(j) != '"')
        return json_fail(j, ERR_SYNTAX, j->p, "a string was expected");
    const char *at = json_plain(j->p + 1, j->end);
    if (at >= j->end || *at != '"')
        return json_string_slow(j, at, out);
    *out = (Str){j->p + 1, (size_t)(at - j->p - 1)};
    j->p = at + 1;
    return true;
}

/* The bytes between a string's quotes as they stand, escapes included; checked as in json_string.
 */
static inline bool json_raw_string(Json *j, Str *out) {
    if (json_peek(j) != '"')
        return json_fail(j, ERR_SYNTAX, j->p, "a string was expected");
    const char *at = json_plain(j->p + 1, j->end);
    if (at >= j->end || *at != '"')
        return json_raw_string_slow(j, at, out);
    *out = (Str){j->p + 1, (size_t)(at - j->p - 1)};
    j->p = at + 1;
    return true;
}

/* A number's own text, as "-1.50e3": exact, never a float. What may follow is for the next call. */
bool json_number(Json *j, Str *text);
/* Takes `word`, one of true, false, null. */
bool json_literal(Json *j, Str word);
bool json_bool(Json *j, bool *out);
/* Takes any value, checking all of it. Its text, from first byte to last, goes to raw if not NULL.
 */
bool json_skip(Json *j, Str *raw);

/* Takes { or [. Then the _next function is called until it says false: at the end, which it takes,
 * or after a failure. While it says true, the caller takes one value before it calls again. */
bool json_object_begin(Json *j);
bool json_array_begin(Json *j);
/* Takes a member's name, unescaped as by json_string, and its colon. */
bool json_object_next(Json *j, Str *name);
bool json_array_next(Json *j);

/* True if nothing failed and only white space is left. Fails if there is more. */
bool json_done(Json *j);

/* Appends s in quotes, escaping what RFC 8259 demands (quote, backslash, control characters) and
 * nothing else. In place of each byte that is not UTF-8 there is U+FFFD. */
void put_json_string(Buf *b, Str s);

#endif
