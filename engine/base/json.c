/* base: JSON, read by pulling and written. */
#include "engine/base/json.h"

#include "engine/base/hex.h"
#include "engine/base/limits.h"
#include "engine/base/utf8.h"

Status json_over(Str text, Arena *arena, Json *out) {
    if (text.n > SIZE_MAX - JSON_PAD)
        return ERR_NOMEM;
    char *copy = arena_take(arena, text.n + JSON_PAD, 1);
    if (copy == NULL)
        return ERR_NOMEM;
    if (text.n > 0)
        memcpy(copy, text.p, text.n);
    memset(copy + text.n, 0, JSON_PAD);
    *out = json_from((Str){copy, text.n}, arena);
    return OK;
}

__attribute__((cold, noinline)) bool json_fail(Json *j, Status status, const char *at,
                                               const char *why) {
    if (j->why == NULL) {
        j->p = j->end = at;
        j->why = why;
        j->status = status;
    }
    return false;
}

static bool fail(Json *j, const char *at, const char *why) {
    return json_fail(j, ERR_SYNTAX, at, why);
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

char json_peek_slow(Json *j) {
    while (j->p < j->end && is_space(*j->p))
        j->p++;
    return j->p < j->end ? *j->p : '\0';
}

/* Strings. */

/* The code unit of an escape of four hex digits that has been checked. */
static uint32_t code_unit(const char *digits) {
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++)
        unit = unit << 4 | (uint32_t)hex_digit(digits[i]);
    return unit;
}

/* Whether at begins with a backslash, u and four hex digits. At the end of the text: not closed. */
static bool unit_escape(Json *j, const char *at) {
    for (ptrdiff_t i = 0; i < 6; i++) {
        if (at + i >= j->end)
            return fail(j, j->end, "a string is not closed");
        bool good = i == 0 ? at[i] == '\\' : i == 1 ? at[i] == 'u' : hex_digit(at[i]) >= 0;
        if (!good)
            return fail(j, at,
                        i < 2 ? "half of a surrogate pair" : "an escape without 4 hex digits");
    }
    return true;
}

/* The length of the \u escape at `at`, a pair of surrogates being one; 0 after failing. */
static size_t wide_escape(Json *j, const char *at) {
    if (!unit_escape(j, at))
        return 0;
    uint32_t unit = code_unit(at + 2);
    if (unit < 0xD800 || unit > 0xDFFF)
        return 6;
    if (unit >= 0xDC00) {
        fail(j, at, "half of a surrogate pair");
        return 0;
    }
    if (!unit_escape(j, at + 6))
        return 0;
    uint32_t low = code_unit(at + 8);
    if (low < 0xDC00 || low > 0xDFFF) {
        fail(j, at, "half of a surrogate pair");
        return 0;
    }
    return 12;
}

/* The length of the escape at `at`, which is before the end; 0 after failing. */
static size_t escape(Json *j, const char *at) {
    if (at + 1 >= j->end) {
        fail(j, j->end, "a string is not closed");
        return 0;
    }
    switch (at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return 2;
    case 'u':
        return wide_escape(j, at);
    default:
        fail(j, at, "an escape that JSON does not have");
        return 0;
    }
}

/* The length of the sequences beyond ASCII at `at`, of which there is one at least; 0 after
 * failing. */
static size_t wide(Json *j, const char *at) {
    const char *p = at;
    do {
        size_t n = utf8_step(p, (size_t)(j->end - p));
        if (n == 0) {
            fail(j, p, "a byte that is not UTF-8");
            return 0;
        }
        p += n;
    } while (p < j->end && (unsigned char)*p >= 0x80);
    return (size_t)(p - at);
}

/* The closing quote of the string that goes on at `at`, a place json_plain gave; NULL after
 * failing. *escaped says whether there is an escape before it. */
static const char *closing(Json *j, const char *at, bool *escaped) {
    *escaped = false;
    for (;; at = json_plain(at, j->end)) {
        if (at >= j->end) {
            fail(j, j->end, "a string is not closed");
            return NULL;
        }
        size_t n = 0;
        if (*at == '"')
            return at;
        if ((unsigned char)*at >= 0x80) {
            n = wide(j, at);
        } else if (*at == '\\') {
            *escaped = true;
            n = escape(j, at);
        } else {
            fail(j, at, "a control character in a string");
        }
        if (n == 0)
            return NULL;
        at += n;
    }
}

/* What the escape letter c stands for; itself for quote, backslash and slash. */
static char short_escape(char c) {
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return c;
    }
}

/* Writes the code point of a checked \u escape at *p to `to`, moves *p behind it, gives the length.
 */
static size_t unescape_wide(const char **p, char *to) {
    uint32_t cp = code_unit(*p + 2);
    *p += 6;
    if (cp >= 0xD800 && cp <= 0xDBFF) {
        cp = 0x10000 + ((cp - 0xD800) << 10) + (code_unit(*p + 2) - 0xDC00);
        *p += 6;
    }
    return utf8_encode(cp, to);
}

/* Unescapes raw, which has been checked, to `to`, where raw.n bytes fit. Gives the length. */
static size_t unescape(Str raw, char *to) {
    const char *p = raw.p, *end = raw.p + raw.n;
    size_t n = 0;
    while (p < end) {
        if (*p != '\\') {
            to[n++] = *p++;
        } else if (p[1] == 'u') {
            n += unescape_wide(&p, to + n);
        } else {
            to[n++] = short_escape(p[1]);
            p += 2;
        }
    }
    return n;
}

bool json_string_slow(Json *j, const char *at, Str *out) {
    bool escaped;
    const char *start = j->p + 1, *quote = closing(j, at, &escaped);
    if (quote == NULL)
        return false;
    Str raw = {start, (size_t)(quote - start)};
    if (escaped) {
        char *to = arena_take(j->arena, raw.n, 1);
        if (to == NULL)
            return json_fail(j, ERR_NOMEM, j->p, "memory is out");
        raw = (Str){to, unescape(raw, to)};
    }
    *out = raw;
    j->p = quote + 1;
    return true;
}

bool json_raw_string_slow(Json *j, const char *at, Str *out) {
    bool escaped;
    const char *start = j->p + 1, *quote = closing(j, at, &escaped);
    if (quote == NULL)
        return false;
    *out = (Str){start, (size_t)(quote - start)};
    j->p = quote + 1;
    return true;
}

/* Other scalars. */

static const char *digits(const char *p, const char *end) {
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* Behind the digits at p, of which there must be one at least; NULL after failing. */
static const char *some_digits(Json *j, const char *p) {
    const char *behind = digits(p, j->end);
    if (behind > p)
        return behind;
    fail(j, p, "a digit was expected");
    return NULL;
}

bool json_number(Json *j, Str *text) {
    char c = json_peek(j);
    if (c != '-' && (c < '0' || c > '9'))
        return fail(j, j->p, "a number was expected");
    const char *start = j->p, *int_part = start + (c == '-');
    const char *p = some_digits(j, int_part);
    if (p == NULL)
        return false;
    if (*int_part == '0' && p > int_part + 1)
        return fail(j, int_part, "a number that begins with 0");
    if (p < j->end && *p == '.' && (p = some_digits(j, p + 1)) == NULL)
        return false;
    if (p < j->end && (*p | 0x20) == 'e') {
        p++;
        p += p < j->end && (*p == '+' || *p == '-');
        if ((p = some_digits(j, p)) == NULL)
            return false;
    }
    *text = (Str){start, (size_t)(p - start)};
    j->p = p;
    return true;
}

bool json_literal(Json *j, Str word) {
    json_peek(j);
    if ((size_t)(j->end - j->p) < word.n || memcmp(j->p, word.p, word.n) != 0)
        return fail(j, j->p, "a value was expected");
    j->p += word.n;
    return true;
}

bool json_bool(Json *j, bool *out) {
    bool yes = json_peek(j) == 't';
    if (!json_literal(j, yes ? S("true") : S("false")))
        return false;
    *out = yes;
    return true;
}

/* Objects and arrays. */

static inline bool begin(Json *j, char open, const char *why) {
    if (json_peek(j) != open)
        return fail(j, j->p, why);
    if (j->depth >= LIMIT_NESTING)
        return json_fail(j, ERR_LIMIT, j->p, "nested too deeply");
    j->p++;
    j->depth++;
    j->fresh = true;
    return true;
}

bool json_object_begin(Json *j) {
    return begin(j, '{', "an object was expected");
}

bool json_array_begin(Json *j) {
    return begin(j, '[', "an array was expected");
}

/* Moves to the next member or item, past its comma; false at the closing mark, which it takes. */
static inline bool next(Json *j, char close, const char *why) {
    char c = json_peek(j);
    if (c == close && j->depth > 0) {
        j->p++;
        j->depth--;
        j->fresh = false;
        return false;
    }
    if (!j->fresh) {
        if (c != ',')
            return fail(j, j->p, why);
        j->p++;
        json_peek(j);
    }
    j->fresh = false;
    return j->p < j->end || fail(j, j->p, why);
}

static inline bool colon(Json *j) {
    if (json_peek(j) != ':')
        return fail(j, j->p, "a colon was expected");
    j->p++;
    return true;
}

static const char IN_OBJECT[] = "a comma or } was expected";
static const char IN_ARRAY[] = "a comma or ] was expected";

bool json_object_next(Json *j, Str *name) {
    return next(j, '}', IN_OBJECT) && json_string(j, name) && colon(j);
}

bool json_array_next(Json *j) {
    if (!next(j, ']', IN_ARRAY))
        return false;
    return *j->p != ']' || fail(j, j->p, "a value was expected");
}

static bool skip_scalar(Json *j, char c) {
    Str text;
    switch (c) {
    case '"':
        return json_raw_string(j, &text);
    case 't':
        return json_literal(j, S("true"));
    case 'f':
        return json_literal(j, S("false"));
    case 'n':
        return json_literal(j, S("null"));
    default:
        if (c == '-' || (c >= '0' && c <= '9'))
            return json_number(j, &text);
        return fail(j, j->p, "a value was expected");
    }
}

/* Moves to the next value of what is open, leaving what has ended; false when only `outside` levels
 * are left, or after failing. in_object tells of each open level whether it is an object. */
static inline bool next_inside(Json *j, const bool *in_object, int outside) {
    Str name;
    while (j->depth > outside && j->why == NULL) {
        bool more = in_object[j->depth]
                        ? next(j, '}', IN_OBJECT) && json_raw_string(j, &name) && colon(j)
                        : json_array_next(j);
        if (more)
            return true;
    }
    return false;
}

/* Takes the object or array at p. */
static bool skip_nested(Json *j) {
    bool in_object[LIMIT_NESTING + 1];
    int outside = j->depth;
    do {
        char c = json_peek(j);
        if (c != '{' && c != '[') {
            if (!skip_scalar(j, c))
                return false;
        } else {
            if (!begin(j, c, NULL))
                return false;
            in_object[j->depth] = c == '{';
        }
    } while (next_inside(j, in_object, outside));
    return j->why == NULL;
}

bool json_skip(Json *j, Str *raw) {
    char c = json_peek(j);
    const char *start = j->p;
    if (!(c == '{' || c == '[' ? skip_nested(j) : skip_scalar(j, c)))
        return false;
    if (raw != NULL)
        *raw = (Str){start, (size_t)(j->p - start)};
    return true;
}

bool json_done(Json *j) {
    json_peek(j);
    return j->p == j->end ? j->why == NULL : fail(j, j->p, "more after the value");
}

/* Writing. */

static bool is_clean(char c) {
    return c != '"' && c != '\\' && (unsigned char)c >= 0x20;
}

/* Whether s is ASCII without anything that needs an escape: most texts are. */
static bool is_plain(Str s) {
    const char *p = s.n == 0 ? "" : s.p, *end = p + s.n;
    uint64_t marks = 0;
#ifdef __SSE2__
    for (; end - p >= 16; p += 16)
        if (json_plain_sse2(p, p + 1) != p + 16)
            return false;
#endif
    for (; end - p >= 8; p += 8)
        marks |= json_marks(p, true);
    for (; p < end; p++)
        marks |= !is_clean(*p) || (*p & 0x80) != 0;
    return marks == 0;
}

/* The length of the start of s that needs no escape. Reads nothing beyond s. */
static size_t clean_run(Str s) {
    size_t at = 0;
    for (; s.n - at >= 8; at += 8) {
        uint64_t marks = json_marks(s.p + at, false);
        if (marks != 0)
            return at + ((size_t)__builtin_ctzll(marks) >> 3);
    }
    while (at < s.n && is_clean(s.p[at]))
        at++;
    return at;
}

static void put_escape(Buf *b, char c) {
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    unsigned char code = (unsigned char)c;
    char letter = code < 0x20 ? letters[code] : c;
    put_c(b, '\\');
    if (letter != 0) {
        put_c(b, letter);
        return;
    }
    put_text(b, S("u00"));
    put_hex(b, &code, 1);
}

static void put_json_utf8(Buf *b, Str s) {
    for (size_t at = 0; at < s.n; at++) {
        size_t run = clean_run(str_from(s, at));
        put_bytes(b, s.p + at, run);
        at += run;
        if (at < s.n)
            put_escape(b, s.p[at]);
    }
}

void put_json_string(Buf *b, Str s) {
    put_c(b, '"');
    if (is_plain(s)) {
        put_bytes(b, s.p, s.n);
        put_c(b, '"');
        return;
    }
    for (;;) {
        size_t good = utf8_good(s);
        put_json_utf8(b, str_upto(s, good));
        if (good == s.n)
            break;
        put_utf8(b, 0xFFFD);
        s = str_from(s, good + 1);
    }
    put_c(b, '"');
}
