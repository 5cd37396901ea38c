/* base: JSON: what must be read, what must be refused and where, and the published suite when it
 * lies in
 * ../shared/data/json. Every text is read from a block of just its bytes and the padding, so that
 * the address sanitizer sees a read too far, and with several paddings, for they may not matter. */
#include "engine/base/json.h"

#include <dirent.h>

#include "engine/base/limits.h"
#include "tests/unit/unit.h"

/* The outcome of reading one text whole. */
typedef struct Outcome {
    bool good;
    size_t at; /* where reading stopped */
    const char *why;
    Status status;
} Outcome;

/* Reads everything through the stepping functions, as a caller does who keeps nothing. */
static void walk(Json *j) {
    int open = 0;
    bool object[LIMIT_NESTING + 2]; /* one more, for the begin that fails */
    Str text;
    bool flag;
    do {
        switch (json_peek(j)) {
        case '{':
            object[open + 1] = json_object_begin(j);
            open += j->why == NULL;
            break;
        case '[':
            object[open + 1] = !json_array_begin(j);
            open += j->why == NULL;
            break;
        case '"':
            (void)json_string(j, &text);
            break;
        case 't':
        case 'f':
            (void)json_bool(j, &flag);
            break;
        case 'n':
            (void)json_literal(j, S("null"));
            break;
        default:
            (void)json_number(j, &text);
        }
        while (open > 0 && !(object[open] ? json_object_next(j, &text) : json_array_next(j)))
            open--;
    } while (open > 0);
}

static Outcome read_with(Str text, char pad, bool skipping) {
    char *block = mem_alloc(text.n + JSON_PAD);
    memset(block + text.n, pad, JSON_PAD);
    if (text.n > 0)
        memcpy(block, text.p, text.n);
    Arena arena = {0};
    Json j = json_from((Str){block, text.n}, &arena);
    if (skipping)
        (void)json_skip(&j, NULL);
    else
        walk(&j);
    Outcome o = {.good = json_done(&j)};
    o.at = (size_t)(j.p - block);
    o.why = j.why;
    o.status = j.status;
    EXPECT(o.good == (j.why == NULL) && o.good == (j.status == OK) && j.p == j.end);
    Str s;
    bool again = o.good || json_string(&j, &s) || json_number(&j, &s) || json_skip(&j, NULL) ||
                 json_object_next(&j, &s) || json_array_next(&j) || json_object_begin(&j) ||
                 json_done(&j) || json_peek(&j) != 0;
    EXPECT(o.good || (!again && j.why == o.why && (size_t)(j.p - block) == o.at));
    arena_free(&arena);
    mem_free(block);
    return o;
}

/* The outcome of text, which must be the same for each padding, and for skipping and stepping (the
 * words of a failure may differ between these two). */
static Outcome read_text(Str text) {
    static const char pads[] = {'\0', '"', '\\', '0', ' ', '}', 'u', '\xBF', 'e', '.'};
    Outcome first = read_with(text, pads[0], true), stepped = read_with(text, pads[0], false);
    EXPECT_INT(stepped.good, first.good);
    EXPECT_INT(stepped.at, first.at);
    EXPECT_INT(stepped.status, first.status);
    for (size_t i = 1; i < sizeof pads; i++)
        for (int skipping = 0; skipping < 2; skipping++) {
            Outcome o = read_with(text, pads[i], skipping);
            const char *why = skipping ? first.why : stepped.why;
            EXPECT(o.good == first.good && o.at == first.at && o.why == why);
        }
    return first;
}

static void cut_everywhere(Str text) {
    for (size_t n = 0; n < text.n; n++)
        (void)read_text((Str){text.p, n});
}

static const char *const good[] = {
    "null",
    " true ",
    "false\r\n\t ",
    "0",
    "-0",
    "-0.0e-0",
    "12.50E+07",
    "123456789012345678901234567890",
    "\"\"",
    "\"\xE4\xB8\xAD\xE6\x96\x87 \xF0\x9F\x98\x80 caf\xC3\xA9 and more than sixteen bytes\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u4e2D\\uD83D\\uDE00\\u0000\"",
    "\"\x7F\"",
    "[]",
    "{}",
    "[ ]",
    "{ }",
    "[1,2 , 3]",
    "[[],[[]],{},[{}]]",
    "{\"a\":1,\"b\" : {\"c\":[null,true,false]},\"\":\"\"}",
    "{\"a\":1,\"a\":2}",
    "\n[\t{\"k\"\r:\n\"v\"} ]\n",
};

typedef struct Bad {
    const char *text;
    size_t at;
    const char *why;
} Bad;

static const Bad bad[] = {
    {"", 0, "a value was expected"},
    {"  ", 2, "a value was expected"},
    {"nul", 0, "a value was expected"},
    {"nulL", 0, "a value was expected"},
    {"truefalse", 4, "more after the value"},
    {"1 2", 2, "more after the value"},
    {"\xEF\xBB\xBF{}", 0, "a value was expected"},
    {"+1", 0, "a value was expected"},
    {"-", 1, "a digit was expected"},
    {"-a", 1, "a digit was expected"},
    {"01", 0, "a number that begins with 0"},
    {"-012", 1, "a number that begins with 0"},
    {".5", 0, "a value was expected"},
    {"1.", 2, "a digit was expected"},
    {"1.e5", 2, "a digit was expected"},
    {"1e", 2, "a digit was expected"},
    {"1e+", 3, "a digit was expected"},
    {"1ee5", 2, "a digit was expected"},
    {"1.5.5", 3, "more after the value"},
    {"0x10", 1, "more after the value"},
    {"NaN", 0, "a value was expected"},
    {"Infinity", 0, "a value was expected"},
    {"-Infinity", 1, "a digit was expected"},
    {"\"abc", 4, "a string is not closed"},
    {"\"a\\\"", 4, "a string is not closed"},
    {"\"a\\", 3, "a string is not closed"},
    {"\"a\\u12", 6, "a string is not closed"},
    {"\"\\uD83D", 7, "a string is not closed"},
    {"\"a\tb\"", 2, "a control character in a string"},
    {"\"long enough to be past one block\n\"", 33, "a control character in a string"},
    {"\"a\\qb\"", 2, "an escape that JSON does not have"},
    {"\"\\U0041\"", 1, "an escape that JSON does not have"},
    {"\"a\\u12\"", 2, "an escape without 4 hex digits"},
    {"\"a\\u12G4\"", 2, "an escape without 4 hex digits"},
    {"\"\\uDE00\"", 1, "half of a surrogate pair"},
    {"\"\\uD83D\"", 7, "half of a surrogate pair"},
    {"\"\\uD83Dx\"", 7, "half of a surrogate pair"},
    {"\"\\uD83D\\n\"", 7, "half of a surrogate pair"},
    {"\"\\uD83D\\u0041\"", 1, "half of a surrogate pair"},
    {"\"\\uD83D\\uD83D\"", 1, "half of a surrogate pair"},
    {"\"a\xFF\"", 2, "a byte that is not UTF-8"},
    {"\"\xE4\xB8\xAD\xE4\xB8\"", 4, "a byte that is not UTF-8"},
    {"\"\xC0\x80\"", 1, "a byte that is not UTF-8"},
    {"\"\xED\xA0\x80\"", 1, "a byte that is not UTF-8"},
    {"'a'", 0, "a value was expected"},
    {"[", 1, "a comma or ] was expected"},
    {"[1", 2, "a comma or ] was expected"},
    {"[1 2]", 3, "a comma or ] was expected"},
    {"[1,]", 3, "a value was expected"},
    {"[,1]", 1, "a value was expected"},
    {"[1,,2]", 3, "a value was expected"},
    {"[1}", 2, "a comma or ] was expected"},
    {"[]]", 2, "more after the value"},
    {"]", 0, "a value was expected"},
    {"{", 1, "a comma or } was expected"},
    {"{]", 1, "a string was expected"},
    {"{1:2}", 1, "a string was expected"},
    {"{\"a\"}", 4, "a colon was expected"},
    {"{\"a\":}", 5, "a value was expected"},
    {"{\"a\":1,}", 7, "a string was expected"},
    {"{,\"a\":1}", 1, "a string was expected"},
    {"{\"a\":1 \"b\":2}", 7, "a comma or } was expected"},
    {"{\"a\":1]", 6, "a comma or } was expected"},
    {"{\"a\"::1}", 5, "a value was expected"},
    {"{\"a\xFF\":1}", 3, "a byte that is not UTF-8"},
    {"[1] // no comments", 4, "more after the value"},
    {"[\x0B]", 1, "a value was expected"},
    {"[\xC2\xA0]", 1, "a value was expected"},
};

TEST(json_reads_what_rfc_8259_allows) {
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        Outcome o = read_text(str_of(good[i]));
        if (!o.good)
            printf("refused: %s\n", good[i]);
        EXPECT(o.good);
        cut_everywhere(str_of(good[i]));
    }
}

TEST(json_refuses_and_says_where_and_why) {
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Outcome o = read_text(str_of(bad[i].text));
        if (o.good || o.at != bad[i].at)
            printf("text: %s\n", bad[i].text);
        EXPECT(!o.good);
        EXPECT_INT(o.at, bad[i].at);
        EXPECT_INT(o.status, ERR_SYNTAX);
        EXPECT_STR(str_of(o.why), str_of(bad[i].why));
        cut_everywhere(str_of(bad[i].text));
    }
    EXPECT(!read_text(S("[1\0]")).good);
    EXPECT(!read_text(S("\0")).good);
    EXPECT(!read_text(S("1\0")).good);
    EXPECT(!read_text(S("\"\0\"")).good);
}

TEST(json_nesting_is_bounded) {
    Buf b = {0};
    for (int depth = LIMIT_NESTING; depth <= LIMIT_NESTING + 1; depth++) {
        buf_reset(&b);
        for (int i = 0; i < depth; i++)
            put_text(&b, i % 2 == 0 ? S("[") : S("{\"a\":"));
        put_text(&b, S("1"));
        for (int i = depth; i > 0; i--)
            put_c(&b, i % 2 == 1 ? ']' : '}');
        Outcome o = read_text(buf_str(&b));
        EXPECT_INT(o.good, depth == LIMIT_NESTING);
        EXPECT_INT(o.status, depth == LIMIT_NESTING ? OK : ERR_LIMIT);
    }
    buf_reset(&b);
    for (int i = 0; i < 100000; i++)
        put_c(&b, '[');
    EXPECT_INT(read_text(buf_str(&b)).at, LIMIT_NESTING);
    buf_free(&b);
}

TEST(json_string_borrows_unless_it_must_unescape) {
    static const char line[] = "[\"plain \xE4\xB8\xAD\",\"a\\u00e9\\uD83D\\uDE00\\n\\\"\"]";
    Arena arena = {0};
    Json j;
    Str s = {0};
    EXPECT_INT(json_over(str_of(line), &arena, &j), OK);
    const char *start = j.p, *end = j.end;
    EXPECT(json_array_begin(&j) && json_array_next(&j) && json_string(&j, &s));
    EXPECT_STR(s, S("plain \xE4\xB8\xAD"));
    EXPECT(s.p >= start && s.p < end);
    EXPECT(json_array_next(&j));
    Json again = j;
    EXPECT(json_string(&j, &s));
    EXPECT_STR(s, S("a\xC3\xA9\xF0\x9F\x98\x80\n\""));
    EXPECT(s.p < start || s.p >= end);
    EXPECT(!json_array_next(&j) && json_done(&j));
    EXPECT(json_raw_string(&again, &s));
    EXPECT_STR(s, S("a\\u00e9\\uD83D\\uDE00\\n\\\""));
    arena_free(&arena);
}

TEST(json_gives_values_as_they_stand) {
    Arena arena = {0};
    Json j;
    Str name = {0}, raw = {0};
    bool flag = false;
    EXPECT_INT(
        json_over(S(" {\"n\": -1.50e3 , \"d\\u0061ta\":\t{\"x\": [1, {}]} ,\"f\":true,\"g\" : "
                    "false,\"z\":null }"),
                  &arena, &j),
        OK);
    EXPECT(json_object_begin(&j) && json_object_next(&j, &name));
    EXPECT_STR(name, S("n"));
    EXPECT_INT(json_peek(&j), '-');
    EXPECT(json_number(&j, &raw));
    EXPECT_STR(raw, S("-1.50e3"));
    EXPECT(json_object_next(&j, &name) && json_skip(&j, &raw));
    EXPECT_STR(name, S("data"));
    EXPECT_STR(raw, S("{\"x\": [1, {}]}"));
    EXPECT(json_object_next(&j, &name) && json_bool(&j, &flag) && flag);
    EXPECT(json_object_next(&j, &name) && json_bool(&j, &flag) && !flag);
    EXPECT(json_object_next(&j, &name) && json_literal(&j, S("null")));
    EXPECT(!json_object_next(&j, &name) && json_done(&j) && j.depth == 0);
    arena_free(&arena);
}

TEST(json_a_value_of_another_kind_is_refused) {
    Arena arena = {0};
    Json j;
    Str s;
    bool flag;
    EXPECT(json_over(S("1"), &arena, &j) == OK && !json_string(&j, &s) && j.why != NULL);
    EXPECT(json_over(S("1"), &arena, &j) == OK && !json_bool(&j, &flag) && j.why != NULL);
    EXPECT(json_over(S("1"), &arena, &j) == OK && !json_object_begin(&j) && j.why != NULL);
    EXPECT(json_over(S("{}"), &arena, &j) == OK && !json_array_begin(&j) && j.why != NULL);
    EXPECT(json_over(S("true"), &arena, &j) == OK && !json_number(&j, &s) && j.why != NULL);
    EXPECT(json_over(S("1 "), &arena, &j) == OK && !json_fail(&j, ERR_LIMIT, j.p + 1, "too low"));
    EXPECT(!json_number(&j, &s) && !json_done(&j) && j.status == ERR_LIMIT);
    EXPECT_STR(str_of(j.why), S("too low"));
    arena_free(&arena);
}

TEST(json_says_when_memory_is_out) {
    Arena arena = {0}, empty = {0};
    Json j;
    Str s;
    mem_fail_at(1);
    EXPECT_INT(json_over(S("[]"), &arena, &j), ERR_NOMEM);
    EXPECT_INT(json_over(S("\"a\\n\""), &arena, &j), OK);
    j.arena = &empty;
    mem_fail_at(1);
    EXPECT(!json_string(&j, &s));
    EXPECT_INT(j.status, ERR_NOMEM);
    mem_fail_at(0);
    arena_free(&arena);
    arena_free(&empty);
}

TEST(put_json_string_escapes_what_it_must) {
    Buf b = {0};
    put_json_string(&b, S("a\"b\\c/\b\f\n\r\t\x01\x1F\x7F \xE4\xB8\xAD\xF0\x9F\x98\x80 end\0"));
    EXPECT_STR(buf_str(&b), S("\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\x7F "
                              "\xE4\xB8\xAD\xF0\x9F\x98\x80 end\\u0000\""));
    buf_reset(&b);
    put_json_string(&b, (Str){NULL, 0});
    EXPECT_STR(buf_str(&b), S("\"\""));
    buf_free(&b);
}

TEST(put_json_string_replaces_what_is_not_utf8) {
    Buf b = {0};
    put_json_string(&b, S("a\xFF\"\xE4\xB8\"\xC0\xAF\xED\xA0\x80z\xE4"));
    EXPECT_STR(buf_str(&b),
               S("\"a\uFFFD\\\"\uFFFD\uFFFD\\\"\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDz\uFFFD\""));
    buf_free(&b);
}

/* Each byte below 0x80 at each place of texts up to 40 bytes comes back. */
TEST(put_json_string_comes_back) {
    Buf b = {0};
    Arena arena = {0};
    for (size_t n = 1; n <= 40; n++)
        for (size_t at = 0; at < n; at++)
            for (int c = 0; c < 0x80; c++) {
                char text[40];
                memset(text, 'x', sizeof text);
                text[at] = (char)c;
                buf_reset(&b);
                put_json_string(&b, (Str){text, n});
                Json j;
                Str back = {0};
                bool read = json_over(buf_str(&b), &arena, &j) == OK && json_string(&j, &back) &&
                            json_done(&j) && str_eq(back, (Str){text, n});
                EXPECT(read);
                arena_reset(&arena);
            }
    arena_free(&arena);
    buf_free(&b);
}

/* Both scanners, at every offset, for every byte at every place. */
TEST(json_plain_scanners_agree) {
    char text[64 + JSON_PAD];
    unsigned wrong = 0;
    for (size_t at = 0; at < 40; at++)
        for (int c = 0; c < 256; c++) {
            memset(text, 'x', sizeof text);
            text[at] = (char)c;
            text[at + 1] = (char)(c ^ 1); /* a borrow must not mark a byte too low */
            text[50] = '"';
            bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
            int d = c ^ 1;
            bool next_plain = d >= 0x20 && d < 0x80 && d != '"' && d != '\\';
            const char *want = text + (!plain ? at : !next_plain ? at + 1 : 50);
            for (size_t from = 0; from <= at; from++) {
                wrong += json_plain_portable(text + from, text + 64) != want;
#ifdef __SSE2__
                wrong += json_plain_sse2(text + from, text + 64) != want;
#endif
            }
        }
    EXPECT_INT(wrong, 0);
    memset(text, 'x', sizeof text);
    for (size_t n = 0; n < 64; n++) {
        EXPECT(json_plain_portable(text, text + n) >= text + n);
        EXPECT(json_plain_portable(text, text + n) <= text + n + 15);
#ifdef __SSE2__
        EXPECT(json_plain_sse2(text, text + n) >= text + n);
        EXPECT(json_plain_sse2(text, text + n) <= text + n + 15);
#endif
    }
}

static void one_of_suite(const char *dir, const char *name, int count[3]) {
    char path[600];
    static char bytes[1 << 20];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "rb");
    EXPECT(f != NULL);
    if (f == NULL)
        return;
    Str text = {bytes, fread(bytes, 1, sizeof bytes, f)};
    EXPECT(feof(f));
    fclose(f);
    Outcome o = read_text(text);
    bool right = name[0] == 'i' || o.good == (name[0] == 'y');
    if (!right)
        printf("%s: %s\n", name, o.good ? "was read" : o.why);
    EXPECT(right);
    count[name[0] == 'y' ? 0 : name[0] == 'n' ? 1 : 2]++;
    cut_everywhere(text);
}

TEST(json_test_suite) {
    static const char path[] = "../shared/data/json";
    DIR *dir = opendir(path);
    if (dir == NULL) {
        printf("skipped: json_test_suite, for %s is not there\n", path);
        return;
    }
    int count[3] = {0};
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (strchr("yni", entry->d_name[0]) != NULL && entry->d_name[1] == '_')
            one_of_suite(path, entry->d_name, count);
    closedir(dir);
    EXPECT(count[0] > 0 && count[1] > 0);
    printf("json_test_suite: %d to be read, %d to be refused, %d either\n", count[0], count[1],
           count[2]);
}

UNIT_MAIN(T(json_reads_what_rfc_8259_allows) T(json_refuses_and_says_where_and_why)
              T(json_nesting_is_bounded) T(json_string_borrows_unless_it_must_unescape)
                  T(json_gives_values_as_they_stand) T(json_a_value_of_another_kind_is_refused)
                      T(json_says_when_memory_is_out) T(put_json_string_escapes_what_it_must)
                          T(put_json_string_replaces_what_is_not_utf8) T(put_json_string_comes_back)
                              T(json_plain_scanners_agree) T(json_test_suite))
