/* base: Unicode's tables in use. Normalizing needs no memory beside its result: the marks that
 * follow a starter (a code point of combining class 0) are brought in order by walking over them
 * once for each class among them, and twice in all, first to compose the starter, then to write
 * what is left. */
#include "engine/base/unicode.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/base/unicode-15.0.0.inc"
#include "engine/base/utf8.h"

enum {
    XID_START = 1,
    XID_CONTINUE = 2,
    WIDTH_SHIFT = 2,
    WIDTH_MASK = 3,
    UNSURE = 16,
    DECOMPOSES = 32
};

static unsigned class_of(uint32_t cp) {
    if (cp >= UC_END)
        return UC_REST;
    unsigned low = cp & ((1u << UC_BITS) - 1);
    return UC_BLOCKS[(size_t)UC_INDEX[cp >> UC_BITS] << UC_BITS | low];
}

static unsigned flags_of(uint32_t cp) {
    return UC_CLASS_FLAGS[class_of(cp)];
}

static int combining_of(uint32_t cp) {
    return UC_CLASS_COMBINING[class_of(cp)];
}

bool uc_xid_start(uint32_t cp) {
    return (flags_of(cp) & XID_START) != 0;
}

bool uc_xid_continue(uint32_t cp) {
    return (flags_of(cp) & XID_CONTINUE) != 0;
}

int uc_width(uint32_t cp) {
    return (int)(flags_of(cp) >> WIDTH_SHIFT & WIDTH_MASK);
}

size_t uc_columns(Str s) {
    size_t columns = 0;
    for (size_t at = 0; at < s.n;) {
        uint32_t cp;
        size_t n = utf8_decode(str_from(s, at), &cp);
        columns += n == 0 ? 1 : (size_t)uc_width(cp);
        at += n == 0 ? 1 : n;
    }
    return columns;
}

/* Pairs. Hangul syllables go by arithmetic (The Unicode Standard, section 3.12). */

enum {
    HANGUL = 0xAC00,
    LEADS = 0x1100, /* 19 of them */
    VOWELS = 0x1161,
    TAILS = 0x11A7, /* one below the first: none is a tail too */
    LEAD_COUNT = 19,
    VOWEL_COUNT = 21,
    TAIL_COUNT = 28,
    HANGUL_COUNT = LEAD_COUNT * VOWEL_COUNT * TAIL_COUNT
};

enum { PAIR_COUNT = sizeof UC_PAIRS / sizeof *UC_PAIRS / 3, DECOMPOSED_MAX = 4 };

/* Takes cp apart into two, or into one (*second is 0); false if it is whole. */
static bool split_pair(uint32_t cp, uint32_t *first, uint32_t *second) {
    uint32_t syllable = cp - HANGUL;
    if (syllable < HANGUL_COUNT) {
        uint32_t tail = syllable % TAIL_COUNT, open = syllable / TAIL_COUNT;
        *first = tail != 0 ? cp - tail : LEADS + open / VOWEL_COUNT;
        *second = tail != 0 ? TAILS + tail : VOWELS + open % VOWEL_COUNT;
        return true;
    }
    if ((flags_of(cp) & DECOMPOSES) == 0)
        return false;
    size_t low = 0, high = PAIR_COUNT - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (UC_PAIRS[3 * middle] < cp)
            low = middle + 1;
        else
            high = middle;
    }
    ASSERT(UC_PAIRS[3 * low] == cp);
    *first = UC_PAIRS[3 * low + 1];
    *second = UC_PAIRS[3 * low + 2];
    return true;
}

static uint32_t hangul_of(uint32_t first, uint32_t second) {
    uint32_t lead = first - LEADS, vowel = second - VOWELS, tail = second - TAILS;
    if (lead < LEAD_COUNT && vowel < VOWEL_COUNT)
        return HANGUL + (lead * VOWEL_COUNT + vowel) * TAIL_COUNT;
    uint32_t syllable = first - HANGUL;
    bool open = syllable < HANGUL_COUNT && syllable % TAIL_COUNT == 0;
    return open && tail > 0 && tail < TAIL_COUNT ? first + tail : 0;
}

/* The code point that the two make together; 0 if none does. */
static uint32_t composed(uint32_t first, uint32_t second) {
    uint32_t syllable = hangul_of(first, second);
    if (syllable != 0)
        return syllable;
    size_t low = 0, high = sizeof UC_COMPOSED / sizeof *UC_COMPOSED;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const uint32_t *pair = UC_PAIRS + (size_t)3 * UC_COMPOSED[middle];
        if (pair[1] == first && pair[2] == second)
            return pair[0];
        if (pair[1] < first || (pair[1] == first && pair[2] < second))
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

/* The full canonical decomposition of cp, in parts; gives its length. */
static int decompose(uint32_t cp, uint32_t parts[DECOMPOSED_MAX]) {
    uint32_t first, second;
    int n = 1;
    parts[0] = cp;
    while (split_pair(parts[0], &first, &second)) {
        parts[0] = first;
        if (second == 0)
            continue;
        ASSERT(n < DECOMPOSED_MAX);
        memmove(parts + 2, parts + 1, (size_t)(n - 1) * sizeof *parts);
        parts[1] = second;
        n++;
    }
    return n;
}

/* Walking over a text's decomposition. A Walk can be copied, to come back to its place. */

typedef struct Walk {
    Str rest; /* of the text, which is UTF-8 */
    uint32_t
        parts[DECOMPOSED_MAX]; /* of the code point before it; those from `at` on are to come */
    int at, n;
} Walk;

/* The next code point into *cp, which is not taken; false at the end. */
static bool walk_peek(Walk *w, uint32_t *cp) {
    if (w->at == w->n) {
        uint32_t whole;
        if (w->rest.n == 0)
            return false;
        w->rest = str_from(w->rest, utf8_decode(w->rest, &whole));
        w->n = decompose(whole, w->parts);
        w->at = 0;
    }
    *cp = w->parts[w->at];
    return true;
}

static void walk_take(Walk *w) {
    w->at++;
}

/* The marks from a place on to the next starter, in canonical order: by class, those of one class
 * as they stand. */
typedef struct Marks {
    Walk start, now;
    int class, next_class; /* of the marks in this round, and in the next as far as seen */
} Marks;

enum { NO_CLASS = 256 };

static Marks marks_from(const Walk *w) {
    return (Marks){*w, *w, 0, NO_CLASS};
}

/* False when there are no more; then m->now stands behind all of them. */
static bool marks_next(Marks *m, uint32_t *cp) {
    for (;;) {
        while (walk_peek(&m->now, cp)) {
            int class = combining_of(*cp);
            if (class == 0)
                break;
            walk_take(&m->now);
            if (class == m->class)
                return true;
            if (class > m->class && class < m->next_class)
                m->next_class = class;
        }
        if (m->next_class == NO_CLASS)
            return false;
        m->now = m->start;
        m->class = m->next_class;
        m->next_class = NO_CLASS;
    }
}

/* Where the normal form goes: compared with a text, written, or just counted. */
typedef struct Sink {
    Str expected; /* what is still to come if `same` */
    bool same;
    char *to; /* NULL: not written */
    size_t n; /* bytes so far */
} Sink;

static void sink_put(Sink *sink, uint32_t cp) {
    char bytes[4];
    Str s = {bytes, utf8_encode(cp, bytes)};
    sink->same = sink->same && str_starts(sink->expected, s);
    if (sink->same)
        sink->expected = str_from(sink->expected, s.n);
    if (sink->to != NULL)
        memcpy(sink->to + sink->n, s.p, s.n);
    sink->n += s.n;
}

/* Composes *starter with those of the marks from *w on that compose, and moves *w behind all the
 * marks. The others go to the sink, if there is one. Gives how many they are. */
static size_t absorb(Walk *w, uint32_t *starter, Sink *sink) {
    Marks marks = marks_from(w);
    size_t left = 0;
    int left_class = 0; /* of the last that is left: it blocks its like */
    for (uint32_t mark; marks_next(&marks, &mark);) {
        uint32_t both = marks.class == left_class ? 0 : composed(*starter, mark);
        if (both != 0) {
            *starter = both;
            continue;
        }
        left++;
        left_class = marks.class;
        if (sink != NULL)
            sink_put(sink, mark);
    }
    *w = marks.now;
    return left;
}

/* Writes the starter that *w stands at with all that composes with it, and the marks behind. */
static void compose_starter(Walk *w, uint32_t starter, Sink *sink) {
    walk_take(w);
    for (;;) {
        Walk marks = *w;
        uint32_t bare = starter, next, both = 0;
        size_t left = absorb(w, &starter, NULL);
        if (left == 0 && walk_peek(w, &next))
            both = composed(starter, next);
        if (both == 0) {
            sink_put(sink, starter);
            if (left > 0)
                (void)absorb(&marks, &bare, sink);
            return;
        }
        walk_take(w);
        starter = both;
    }
}

static void compose(Str s, Sink *sink) {
    Walk w = {.rest = s};
    uint32_t none = 0, next; /* marks before any starter compose with nothing */
    (void)absorb(&w, &none, sink);
    while (walk_peek(&w, &next))
        compose_starter(&w, next, sink);
}

/* Where the part of s begins that may not be normalized: at a starter that keeps to itself, from
 * which on something is unsure. s.n if nothing is. */
static size_t unsure_from(Str s) {
    size_t safe = 0;
    int before = 0;
    for (size_t at = 0; at < s.n;) {
        if ((uint8_t)s.p[at] < 0x80) {
            safe = at++;
            before = 0;
            continue;
        }
        uint32_t cp;
        size_t n = utf8_decode(str_from(s, at), &cp);
        int class = combining_of(cp);
        if (n == 0 || (flags_of(cp) & UNSURE) != 0 || (class != 0 && class < before))
            return safe;
        if (class == 0)
            safe = at;
        before = class;
        at += n;
    }
    return s.n;
}

bool uc_is_nfc(Str s) {
    if (!utf8_valid(s))
        return false;
    Str rest = str_from(s, unsure_from(s));
    Sink sink = {.expected = rest, .same = true};
    if (rest.n > 0)
        compose(rest, &sink);
    return sink.same && sink.n == rest.n;
}

Status uc_nfc(Str s, Arena *arena, Str *out) {
    if (!utf8_valid(s))
        return ERR_SYNTAX;
    size_t safe = unsure_from(s);
    Str rest = str_from(s, safe);
    Sink sink = {.expected = rest, .same = true};
    if (rest.n > 0)
        compose(rest, &sink);
    if (sink.same && sink.n == rest.n) {
        *out = s;
        return OK;
    }
    size_t n = safe + sink.n;
    char *to = arena_take(arena, n, 1);
    if (to == NULL)
        return ERR_NOMEM;
    if (safe > 0)
        memcpy(to, s.p, safe);
    sink = (Sink){.to = to + safe};
    compose(rest, &sink);
    ASSERT(safe + sink.n == n);
    *out = (Str){to, n};
    return OK;
}
