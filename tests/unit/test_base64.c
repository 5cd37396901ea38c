/* base: base64 against the vectors of RFC 4648, section 10, and what it must refuse. */
#include "engine/base/base64.h"
#include "tests/unit/unit.h"

TEST(base64_gives_the_published_texts) {
    static const char *const cases[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"},
                                           {"\xFB\xFF\xBF", "+/+/"}};
    Buf b = {0};
    Arena arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Str bytes = str_of(cases[i][0]), back = {0};
        buf_reset(&b);
        put_base64(&b, bytes.p, bytes.n);
        EXPECT_STR(buf_str(&b), str_of(cases[i][1]));
        EXPECT_INT(base64_read(buf_str(&b), &arena, &back), OK);
        EXPECT_STR(back, bytes);
    }
    buf_free(&b);
    arena_free(&arena);
}

TEST(base64_comes_back) {
    char bytes[64];
    Buf b = {0};
    Arena arena = {0};
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(uint8_t)(i * 37 + 11);
    for (size_t n = 0; n <= sizeof bytes; n++) {
        Str back = {0};
        buf_reset(&b);
        put_base64(&b, bytes, n);
        EXPECT(base64_read(buf_str(&b), &arena, &back) == OK && str_eq(back, (Str){bytes, n}));
    }
    buf_free(&b);
    arena_free(&arena);
}

TEST(base64_read_is_strict) {
    static const char *const bad[] = {
        "Z",    "Zg",         "Zg=",    "Zg===", "=",         "====",       "Z===",     "=Zg=",
        "Zh==", "Zm9=",       "Zm9v\n", "Zm 9",  "Zm9-",      "Zm9_",       "Zg==Zg==", "Zm8=Zm8=",
        "Z=g=", "\xC3\xA9Zg", " Zm9v",  "Zm9v=", "Zm9vZm9v=", "Zm9vZm9v==", "ZZ==",     "Zm9"};
    Arena arena = {0};
    Str out = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT_INT(base64_read(str_of(bad[i]), &arena, &out), ERR_SYNTAX);
    EXPECT_INT(base64_read(S("Zm\0v"), &arena, &out), ERR_SYNTAX);
    EXPECT(out.p == NULL);
    mem_fail_at(1);
    Arena empty = {0};
    EXPECT_INT(base64_read(S("Zm9v"), &empty, &out), ERR_NOMEM);
    mem_fail_at(0);
    arena_free(&arena);
}

/* Of the 64 characters before the padding only those are read that leave no bit over. */
TEST(base64_read_refuses_stray_bits) {
    Arena arena = {0};
    int one = 0, two = 0;
    for (int c = 0; c < 256; c++) {
        char short_text[4] = {'Z', (char)c, '=', '='}, long_text[4] = {'Z', 'm', (char)c, '='};
        Str out = {0};
        one += base64_read((Str){short_text, 4}, &arena, &out) == OK;
        two += base64_read((Str){long_text, 4}, &arena, &out) == OK;
    }
    EXPECT_INT(one, 64 / 16);
    EXPECT_INT(two, 64 / 4);
    arena_free(&arena);
}

UNIT_MAIN(T(base64_gives_the_published_texts) T(base64_comes_back) T(base64_read_is_strict)
              T(base64_read_refuses_stray_bits))
