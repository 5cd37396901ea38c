/* base: UTF-8 against a plain second reading of the standard's table 3-7. */
#include "engine/base/utf8.h"
#include "tests/unit/unit.h"

/* Every code point, and each of its truncations. */
TEST(utf8_round_trip_of_all_code_points) {
    uint32_t wrong = 0;
    for (uint32_t cp = 0; cp <= 0x10FFFF + 100; cp++) {
        char bytes[4];
        size_t n = utf8_encode(cp, bytes);
        bool scalar = cp <= 0x10FFFF && !(cp >= 0xD800 && cp < 0xE000);
        size_t want = !scalar ? 0 : cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
        uint32_t back = 0;
        wrong += n != want;
        wrong += n > 0 && (utf8_decode((Str){bytes, n}, &back) != n || back != cp);
        wrong += n > 0 && !utf8_valid((Str){bytes, n});
        for (size_t cut = 0; cut < n; cut++)
            wrong += utf8_decode((Str){bytes, cut}, &back) != 0 || back != 0xFFFD;
    }
    EXPECT_INT(wrong, 0);
}

/* What a plain reading of the bit layout gives: the shortest form of a scalar value, or nothing. */
static size_t plain_step(const uint8_t *u) {
    uint32_t cp;
    size_t n = u[0] < 0x80 ? 1 : u[0] >> 5 == 6 ? 2 : u[0] >> 4 == 14 ? 3 : u[0] >> 3 == 30 ? 4 : 0;
    cp = n == 1 ? u[0] : n == 2 ? u[0] & 31u : n == 3 ? u[0] & 15u : u[0] & 7u;
    for (size_t i = 1; i < n; i++) {
        if (u[i] >> 6 != 2)
            return 0;
        cp = cp << 6 | (u[i] & 63u);
    }
    char back[4];
    return n != 0 && utf8_encode(cp, back) == n ? n : 0;
}

TEST(utf8_step_agrees_with_the_bit_layout) {
    static const uint8_t tails[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
    enum { TAILS = sizeof tails };
    uint32_t wrong = 0;
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++)
            for (size_t c = 0; c < TAILS; c++)
                for (size_t d = 0; d < TAILS; d++) {
                    uint8_t u[4] = {(uint8_t)a, (uint8_t)b, tails[c], tails[d]};
                    wrong += utf8_step((const char *)u, 4) != plain_step(u);
                }
    EXPECT_INT(wrong, 0);
}

TEST(utf8_refuses_what_is_not_well_formed) {
    static const char *const bad[] = {
        "\x80",         "\xBF",         "\xC0\x80",         "\xC1\xBF",     "\xC2",
        "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80",     "\xED\xBF\xBF", "\xE4\xB8",
        "\xF0\x80\x80", "\xF0\x8F\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80", "\xFF",
        "\xC2\xC2\x80", "\xFE",         "\xE4\xB8\x41",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        EXPECT(!utf8_valid(str_of(bad[i])));
        EXPECT_INT(utf8_good(str_of(bad[i])), 0);
        EXPECT_INT(utf8_step(bad[i], strlen(bad[i])), 0);
    }
    EXPECT_INT(utf8_good(S("abcdefghij\xE4\xB8\xAD\xFFzz")), 13);
}

/* A wrong byte at each place of texts of each length is found there. */
TEST(utf8_good_finds_the_place) {
    char text[40];
    for (size_t n = 0; n <= sizeof text; n++) {
        memset(text, 'a', sizeof text);
        EXPECT_INT(utf8_good((Str){text, n}), n);
        for (size_t bad = 0; bad < n; bad++) {
            text[bad] = '\xA0';
            EXPECT_INT(utf8_good((Str){text, n}), bad);
            text[bad] = 'a';
        }
    }
}

TEST(utf8_count_counts_code_points) {
    EXPECT_INT(utf8_count(S("")), 0);
    EXPECT_INT(utf8_count(S("abc")), 3);
    EXPECT_INT(utf8_count(S("处理投诉 ok")), 7);
    EXPECT_INT(utf8_count(S("\xF0\x9F\x98\x80")), 1);
    EXPECT_INT(utf8_count(S("a\xFF\xE4\xB8")), 4);
    EXPECT(utf8_valid(S("处理投诉 ok")));
    EXPECT(utf8_valid((Str){NULL, 0}));
}

TEST(put_utf8_replaces_what_is_no_code_point) {
    Buf b = {0};
    put_utf8(&b, 'x');
    put_utf8(&b, 0x4E2D);
    put_utf8(&b, 0xD800);
    put_utf8(&b, 0x110000);
    EXPECT_STR(buf_str(&b), S("x\xE4\xB8\xAD\xEF\xBF\xBD\xEF\xBF\xBD"));
    buf_free(&b);
}

UNIT_MAIN(T(utf8_round_trip_of_all_code_points) T(utf8_step_agrees_with_the_bit_layout)
              T(utf8_refuses_what_is_not_well_formed) T(utf8_good_finds_the_place)
                  T(utf8_count_counts_code_points) T(put_utf8_replaces_what_is_no_code_point))
