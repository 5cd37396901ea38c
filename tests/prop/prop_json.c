/* Law: json_skip accepts a text exactly when a plain validator does that follows RFC 8259's grammar
 * byte by byte, on random texts and random damage to them; and what put_json_string writes is read
 * back as it was. */
#include "engine/base/json.h"
#include "engine/base/limits.h"
#include "engine/base/utf8.h"
#include "tests/prop/prop.h"

/* The plain validator: recursive descent over a text that ends with a NUL outside it. */
typedef struct Plain {
    const char *p, *end;
} Plain;

static bool is_any(char c, const char *set) {
    return c != '\0' && strchr(set, c) != NULL;
}

static char now(const Plain *t) {
    return t->p < t->end ? *t->p : '\0';
}

static void spaces(Plain *t) {
    while (is_any(now(t), " \t\r\n"))
        t->p++;
}

static bool take(Plain *t, const char *set) {
    bool yes = is_any(now(t), set);
    t->p += yes;
    return yes;
}

static bool plain_digits(Plain *t) {
    const char *start = t->p;
    while (take(t, "0123456789"))
        continue;
    return t->p > start;
}

static bool plain_number(Plain *t) {
    (void)take(t, "-");
    if (!take(t, "0") && !plain_digits(t))
        return false;
    if (take(t, ".") && !plain_digits(t))
        return false;
    if (take(t, "eE")) {
        (void)take(t, "+-");
        return plain_digits(t);
    }
    return true;
}

static long plain_unit(Plain *t) {
    char hex[5] = {0};
    for (int i = 0; i < 4; i++) {
        hex[i] = now(t);
        if (!take(t, "0123456789abcdefABCDEF"))
            return -1;
    }
    return strtol(hex, NULL, 16);
}

static bool plain_escape(Plain *t) {
    if (take(t, "\"\\/bfnrt"))
        return true;
    if (!take(t, "u"))
        return false;
    long unit = plain_unit(t);
    if (unit < 0xD800 || unit > 0xDFFF)
        return unit >= 0;
    if (unit >= 0xDC00 || !take(t, "\\") || !take(t, "u"))
        return false;
    unit = plain_unit(t);
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

static bool plain_string(Plain *t) {
    if (!take(t, "\""))
        return false;
    while (t->p < t->end) {
        if (take(t, "\""))
            return true;
        if (take(t, "\\")) {
            if (!plain_escape(t))
                return false;
            continue;
        }
        uint32_t cp;
        size_t n = utf8_decode((Str){t->p, (size_t)(t->end - t->p)}, &cp);
        if (n == 0 || cp < 0x20)
            return false;
        t->p += n;
    }
    return false;
}

static bool plain_word(Plain *t, const char *word) {
    for (; *word != '\0'; word++, t->p++)
        if (now(t) != *word)
            return false;
    return true;
}

static bool plain_value(Plain *t, int depth);

static bool plain_items(Plain *t, int depth, char open) {
    const char *close = open == '{' ? "}" : "]";
    if (depth > LIMIT_NESTING)
        return false;
    spaces(t);
    if (take(t, close))
        return true;
    for (;;) {
        spaces(t);
        if (open == '{') {
            if (!plain_string(t))
                return false;
            spaces(t);
            if (!take(t, ":"))
                return false;
        }
        if (!plain_value(t, depth))
            return false;
        if (take(t, close))
            return true;
        if (!take(t, ","))
            return false;
    }
}

static bool plain_value(Plain *t, int depth) {
    spaces(t);
    char c = now(t);
    bool good = c == '"'               ? plain_string(t)
                : c == '{' || c == '[' ? (t->p++, plain_items(t, depth + 1, c))
                : c == 't'             ? plain_word(t, "true")
                : c == 'f'             ? plain_word(t, "false")
                : c == 'n'             ? plain_word(t, "null")
                                       : plain_number(t);
    spaces(t);
    return good;
}

static bool plain_text(Str s) {
    Plain t = {s.p, s.p + s.n};
    return plain_value(&t, 0) && t.p == t.end;
}

/* Random texts. */

static void put_any(Buf *b, const char *const *parts, uint32_t n) {
    put_text(b, str_of(parts[prop_roll(n)]));
}

static void put_space(Buf *b) {
    static const char *const spaces_[] = {"", "", "", "", " ", "\n", "\t\r ", "  "};
    put_any(b, spaces_, 8);
}

static void put_string(Buf *b) {
    static const char *const parts[] = {"a",
                                        "complaint",
                                        "\\n",
                                        "\\\"",
                                        "\\u4e2d",
                                        "\\uD83D\\uDE00",
                                        "\\\\",
                                        "\xE5\xA4\x84\xE7\x90\x86",
                                        "\xC3\xA9",
                                        "\xF0\x9F\x98\x80",
                                        " ",
                                        "exactly 16 bytes",
                                        "\x7F",
                                        "\xED\x9F\xBF",
                                        "\xEE\x80\x80",
                                        "\xF4\x8F\xBF\xBF"};
    put_c(b, '"');
    for (uint32_t n = prop_roll(5); n > 0; n--)
        put_any(b, parts, 16);
    put_c(b, '"');
}

static void put_value(Buf *b, int depth);

static void put_items(Buf *b, int depth, bool object) {
    put_c(b, object ? '{' : '[');
    for (uint32_t i = 0, n = prop_roll(4); i < n; i++) {
        if (i > 0)
            put_c(b, ',');
        put_space(b);
        if (object) {
            put_string(b);
            put_space(b);
            put_c(b, ':');
        }
        put_value(b, depth + 1);
    }
    put_space(b);
    put_c(b, object ? '}' : ']');
}

static void put_value(Buf *b, int depth) {
    static const char *const scalars[] = {
        "true",  "false", "null",    "0",     "-1",
        "80.00", "1e5",   "-0.5E-7", "10000", "12345678901234567890"};
    put_space(b);
    uint32_t kind = prop_roll(depth > 6 ? 4 : 8);
    if (kind >= 4)
        put_items(b, depth, kind >= 6);
    else if (kind >= 2)
        put_string(b);
    else
        put_any(b, scalars, 10);
    put_space(b);
}

/* Changes one to three bytes, mostly to bytes that mean something. */
static void damage(Buf *b) {
    static const char bytes[] = "\"\\{}[],:0-.eEu tfn\x80\xBF\xC3\xE4\xED\xA0\xF0\x1F\x7F/d8D";
    for (uint32_t n = prop_roll(4); n > 0 && b->n > 0; n--) {
        uint32_t at = prop_roll((uint32_t)b->n);
        switch (prop_roll(3)) {
        case 0:
            b->p[at] = bytes[prop_roll(sizeof bytes - 1)];
            break;
        case 1:
            memmove(b->p + at, b->p + at + 1, b->n - at - 1);
            b->n--;
            break;
        default:
            b->n = at;
        }
    }
}

static bool skip_agrees(Str text, Arena *arena) {
    Json j;
    if (json_over(text, arena, &j) != OK)
        return false;
    bool read = json_skip(&j, NULL) && json_done(&j);
    return read == plain_text(text);
}

static bool written_comes_back(Str s, Buf *b, Arena *arena) {
    Json j;
    Str back;
    buf_reset(b);
    put_json_string(b, s);
    return !utf8_valid(s) || (json_over(buf_str(b), arena, &j) == OK && json_string(&j, &back) &&
                              json_done(&j) && str_eq(s, back) && plain_text(buf_str(b)));
}

static bool holds(void) {
    Buf text = {0}, written = {0};
    Arena arena = {0};
    uint64_t accepted = 0, i = 0;
    bool good = true;
    for (; i < prop_rounds && good; i++) {
        buf_reset(&text);
        put_value(&text, 0);
        damage(&text);
        Str s = buf_str(&text);
        good = skip_agrees(s, &arena) && written_comes_back(s, &written, &arena);
        if (!good)
            printf("broken by: %.*s\n", STR_ARG(s));
        accepted += plain_text(s);
        arena_reset(&arena);
    }
    printf("%llu texts, %llu of them JSON\n", (unsigned long long)i, (unsigned long long)accepted);
    buf_free(&text);
    buf_free(&written);
    arena_free(&arena);
    return good;
}

int main(int argc, char **argv) {
    prop_start(argc, argv, 100000);
    return prop_end(holds());
}
