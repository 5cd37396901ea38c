/* base: SHA-256 against the vectors that NIST publishes with FIPS 180-4; hexadecimal digits. */
#include "engine/base/sha256.h"

#include "engine/base/buf.h"
#include "engine/base/hex.h"
#include "tests/unit/unit.h"

static void check(Str message, const char *want) {
    uint8_t digest[SHA256_BYTES];
    Buf b = {0};
    sha256(message, digest);
    put_hex(&b, digest, sizeof digest);
    EXPECT_STR(buf_str(&b), str_of(want));
    buf_free(&b);
}

static char *million_a(void) {
    char *text = mem_alloc(1000000);
    memset(text, 'a', 1000000);
    return text;
}

TEST(sha256_gives_the_published_digests) {
    char *a = million_a();
    check((Str){NULL, 0}, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check(S("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check(S("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    check(
        S("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
          "lmnopqrsmnopqrstnopqrstu"),
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    check((Str){a, 1000000}, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    mem_free(a);
}

TEST(sha256_in_parts_is_the_same) {
    char *a = million_a();
    uint8_t whole[SHA256_BYTES], parts[SHA256_BYTES];
    for (size_t n = 0; n < 300; n += 7)
        for (size_t cut = 0; cut <= n; cut++) {
            Sha256 h;
            sha256((Str){a, n}, whole);
            sha256_begin(&h);
            sha256_update(&h, (Str){a, cut});
            sha256_update(&h, (Str){NULL, 0});
            Sha256 copy = h;
            sha256_update(&h, S("something else"));
            sha256_update(&copy, (Str){a + cut, n - cut});
            sha256_final(&copy, parts);
            EXPECT(memcmp(whole, parts, sizeof whole) == 0);
            sha256_final(&h, parts);
            EXPECT(memcmp(whole, parts, sizeof whole) != 0);
        }
    mem_free(a);
}

TEST(hex_read_takes_just_the_digits) {
    uint8_t out[3];
    EXPECT(hex_read(S("00aBfF"), out, 3) == OK && out[0] == 0 && out[1] == 0xAB && out[2] == 0xFF);
    EXPECT(hex_read(S(""), out, 0) == OK);
    static const char *const bad[] = {"",       "00aBf",  "00aBfF0", "00aBfF00",
                                      "00aBfg", "00 BfF", "0x0011",  "-1aBfF"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT_INT(hex_read(str_of(bad[i]), out, 3), ERR_SYNTAX);
    for (int c = 0; c < 256; c++) {
        bool digit = c != 0 && strchr("0123456789abcdefABCDEF", c) != NULL;
        EXPECT_INT(hex_digit((char)c), !digit ? -1 : c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
}

UNIT_MAIN(T(sha256_gives_the_published_digests) T(sha256_in_parts_is_the_same)
              T(hex_read_takes_just_the_digits))
