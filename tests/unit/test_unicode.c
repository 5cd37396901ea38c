/* base: Unicode: standing cases, and the published ones when they lie in ../shared/data/unicode. */
#include "engine/base/unicode.h"

#include <stdlib.h>

#include "engine/base/utf8.h"
#include "tests/unit/unit.h"

/* Code points in hex, with spaces between, as UTF-8. */
static void put_points(Buf *b, Str hex) {
    buf_reset(b);
    while (hex.n > 0) {
        Str head;
        str_cut(hex, ' ', &head, &hex);
        char digits[8] = {0};
        EXPECT(head.n > 0 && head.n < sizeof digits);
        memcpy(digits, head.p, head.n < sizeof digits ? head.n : 0);
        put_utf8(b, (uint32_t)strtoul(digits, NULL, 16));
    }
}

/* Checks all that a line says: of a text (any form), its NFC and its NFD. */
static void check_nfc(Str any_hex, Str nfc_hex, Str nfd_hex) {
    Buf any = {0}, nfc = {0}, nfd = {0};
    Arena arena = {0};
    Str out = {0};
    put_points(&any, any_hex);
    put_points(&nfc, nfc_hex);
    put_points(&nfd, nfd_hex);
    EXPECT_INT(uc_nfc(buf_str(&any), &arena, &out), OK);
    EXPECT_STR(out, buf_str(&nfc));
    EXPECT_INT(uc_nfc(buf_str(&nfd), &arena, &out), OK);
    EXPECT_STR(out, buf_str(&nfc));
    EXPECT_INT(uc_nfc(buf_str(&nfc), &arena, &out), OK);
    EXPECT_STR(out, buf_str(&nfc));
    EXPECT(out.p == nfc.p);
    EXPECT(uc_is_nfc(buf_str(&nfc)));
    EXPECT_INT(uc_is_nfc(buf_str(&any)), str_eq(buf_str(&any), buf_str(&nfc)));
    EXPECT_INT(uc_is_nfc(buf_str(&nfd)), str_eq(buf_str(&nfd), buf_str(&nfc)));
    buf_free(&any);
    buf_free(&nfc);
    buf_free(&nfd);
    arena_free(&arena);
}

TEST(uc_nfc_composes) {
    static const char *const cases[][3] = {
        {"0041 030A", "00C5", "0041 030A"},
        {"212B", "00C5", "0041 030A"},                     /* a singleton */
        {"0064 0307 0323", "1E0D 0307", "0064 0323 0307"}, /* marks out of order */
        {"00E9 0327", "0229 0301", "0065 0327 0301"},      /* a mark under a composed letter */
        {"0061 0315 0300 05AE 0062", "00E0 05AE 0315 0062", "0061 05AE 0300 0315 0062"},
        {"0061 0300 0300", "00E0 0300", "0061 0300 0300"},
        {"0061 0302 0301", "1EA5", "0061 0302 0301"},
        {"0061 0301 0302", "00E1 0302", "0061 0301 0302"}, /* of one class: order counts */
        {"1100 1161 11A8", "AC01", "1100 1161 11A8"},      /* Hangul */
        {"AC00 11A8", "AC01", "1100 1161 11A8"},
        {"AC01 11A8", "AC01 11A8", "1100 1161 11A8 11A8"},
        {"AC00 11A7", "AC00 11A7", "1100 1161 11A7"},           /* no tail at all */
        {"1100 0300 1161", "1100 0300 1161", "1100 0300 1161"}, /* a mark between blocks */
        {"09C7 09BE", "09CB", "09C7 09BE"},                     /* two starters */
        {"09C7 0300 09BE", "09C7 0300 09BE", "09C7 0300 09BE"},
        {"0958", "0915 093C", "0915 093C"}, /* excluded from composition */
        {"2ADC", "2ADD 0338", "2ADD 0338"},
        {"0344", "0308 0301", "0308 0301"}, /* marks alone */
        {"0301 0327 0061", "0327 0301 0061", "0327 0301 0061"},
        {"1F82", "1F82", "03B1 0313 0300 0345"}, /* of four parts */
        {"FB1D", "05D9 05B4", "05D9 05B4"},
        {"1D160", "1D158 1D165 1D16E", "1D158 1D165 1D16E"},
        {"F900 4E2D", "8C48 4E2D", "8C48 4E2D"},
        {"0062 0041 030A 0063 212B", "0062 00C5 0063 00C5", "0062 0041 030A 0063 0041 030A"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_nfc(str_of(cases[i][0]), str_of(cases[i][1]), str_of(cases[i][2]));
}

TEST(uc_nfc_leaves_what_is_composed) {
    Arena arena = {0};
    Str out = {0};
    static const char *const texts[] = {
        "",     "handle_complaint", "处理投诉", "caf\xC3\xA9", "한국어", "ไทย",
        "नमस्ते", "\xF0\x9F\x98\x80"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        EXPECT(uc_is_nfc(str_of(texts[i])));
        EXPECT(uc_nfc(str_of(texts[i]), &arena, &out) == OK && out.p == texts[i]);
        EXPECT_STR(out, str_of(texts[i]));
    }
    EXPECT(arena.total == 0);
    EXPECT(uc_is_nfc((Str){NULL, 0}));
    arena_free(&arena);
}

TEST(uc_nfc_refuses_what_is_not_utf8) {
    Arena arena = {0};
    Str out = {0};
    EXPECT_INT(uc_nfc(S("ok\xFF"), &arena, &out), ERR_SYNTAX);
    EXPECT(!uc_is_nfc(S("ok\xFF")));
    EXPECT(!uc_is_nfc(S("\xED\xA0\x80")));
    mem_fail_at(1);
    EXPECT_INT(uc_nfc(S("A\xCC\x8A"), &arena, &out), ERR_NOMEM);
    mem_fail_at(0);
    EXPECT(out.p == NULL);
    arena_free(&arena);
}

/* Hostile: a long run of marks, each out of order, ends soon and right. */
TEST(uc_nfc_orders_long_runs) {
    enum { MARKS = 50000 };
    Buf text = {0}, want = {0};
    Arena arena = {0};
    Str out = {0};
    put_c(&text, 'q');
    put_c(&want, 'q');
    for (int i = 0; i < MARKS; i++) {
        put_utf8(&text, 0x0301); /* class 230 */
        put_utf8(&text, 0x0323); /* class 220 */
        put_utf8(&want, 0x0323);
    }
    for (int i = 0; i < MARKS; i++)
        put_utf8(&want, 0x0301);
    EXPECT_INT(uc_nfc(buf_str(&text), &arena, &out), OK);
    EXPECT(str_eq(out, buf_str(&want)));
    EXPECT(!uc_is_nfc(buf_str(&text)) && uc_is_nfc(buf_str(&want)));
    buf_free(&text);
    buf_free(&want);
    arena_free(&arena);
}

TEST(uc_xid_names) {
    static const uint32_t starts[] = {'a',    'Z',    0xAA,    0x4E2D, 0x3042,
                                      0xAC00, 0x2118, 0x1D400, 0x30000};
    static const uint32_t goes_on[] = {'0', '_', 0xB7, 0x0301, 0x0660, 0xFF10, 0xE0100, 0x203F};
    static const uint32_t neither[] = {' ',        '-',     '.',    0x7F,     0x3002,
                                       0xFF0C,     0x1F600, 0x2E2F, 0x10FFFF, 0x110000,
                                       0xFFFFFFFF, 0x200D,  0xD800, 0xE000};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        EXPECT(uc_xid_start(starts[i]) && uc_xid_continue(starts[i]));
    for (size_t i = 0; i < sizeof goes_on / sizeof *goes_on; i++)
        EXPECT(!uc_xid_start(goes_on[i]) && uc_xid_continue(goes_on[i]));
    for (size_t i = 0; i < sizeof neither / sizeof *neither; i++)
        EXPECT(!uc_xid_start(neither[i]) && !uc_xid_continue(neither[i]));
}

TEST(uc_width_in_columns) {
    static const uint32_t none[] = {0x0301, 0x200B, 0x200D, 0xFE0F,
                                    0x20DD, 0x3099, 0x302A, 0xE0020};
    static const uint32_t two[] = {0x4E2D,  0xFF0C, 0x3000, 0xAC00, 0x1F600, 0x20000,
                                   0x2FFFD, 0x9FFF, 0x4DBF, 0xFF01, 0x1100};
    static const uint32_t one[] = {'a',    ' ',    '\n',       0xE9,    0x3B1,  0xFF71,
                                   0x2014, 0x1161, 0xFFFFFFFF, 0x2FFFE, 0xE000, 0x10FFFD};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        EXPECT_INT(uc_width(none[i]), 0);
    for (size_t i = 0; i < sizeof two / sizeof *two; i++)
        EXPECT_INT(uc_width(two[i]), 2);
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        EXPECT_INT(uc_width(one[i]), 1);
    EXPECT_INT(uc_columns(S("")), 0);
    EXPECT_INT(uc_columns(S("duty 处理投诉")), 13);
    EXPECT_INT(uc_columns(S("e\xCC\x81!")), 2);
    EXPECT_INT(uc_columns(S("a\xFF\xFE")), 3);
}

/* The published cases. */

static FILE *open_data(const char *path) {
    FILE *f = fopen(path, "r");
    if (f == NULL)
        printf("skipped: %s, for %s is not there\n", unit_name, path);
    return f;
}

TEST(uc_published_normal_forms) {
    FILE *f = open_data("../shared/data/unicode/nfc.txt");
    char line[2000];
    int rows = 0;
    if (f == NULL)
        return;
    while (fgets(line, sizeof line, f) != NULL) {
        Str any = {0}, nfc = {0}, nfd = str_trim(str_of(line));
        if (str_starts(nfd, S("#")) || nfd.n == 0)
            continue;
        int before = unit_failures;
        EXPECT(str_cut(nfd, ';', &any, &nfd) && str_cut(nfd, ';', &nfc, &nfd));
        check_nfc(any, nfc, nfd);
        if (unit_failures > before)
            printf("line: %s", line);
        rows++;
    }
    fclose(f);
    EXPECT(rows > 0);
    printf("normal forms: %d\n", rows);
}

TEST(uc_published_names) {
    FILE *f = open_data("../shared/data/unicode/xid.csv");
    unsigned cp, start, go_on;
    int rows = 0;
    if (f == NULL)
        return;
    EXPECT(fscanf(f, "%*[^\n]") == 0);
    for (; fscanf(f, "%x,%u,%u", &cp, &start, &go_on) == 3; rows++) {
        EXPECT_INT(uc_xid_start(cp), start);
        EXPECT_INT(uc_xid_continue(cp), go_on);
    }
    EXPECT(feof(f) && rows > 0);
    fclose(f);
    printf("names' code points: %d\n", rows);
}

/* Marks that are East Asian Wide: they take no column of their own. */
static bool is_wide_mark(unsigned cp) {
    return (cp >= 0x302A && cp <= 0x302D) || cp == 0x3099 || cp == 0x309A || cp == 0x16FE4;
}

TEST(uc_published_widths) {
    FILE *f = open_data("../shared/data/unicode/width.csv");
    unsigned cp;
    char kind[4];
    int rows = 0;
    if (f == NULL)
        return;
    EXPECT(fscanf(f, "%*[^\n]") == 0);
    for (; fscanf(f, "%x,%3s", &cp, kind) == 2; rows++) {
        bool wide = strcmp(kind, "W") == 0 || strcmp(kind, "F") == 0;
        int width = uc_width(cp);
        if (wide)
            EXPECT_INT(width, is_wide_mark(cp) ? 0 : 2);
        else
            EXPECT(width == 0 || width == 1);
    }
    EXPECT(feof(f) && rows > 0);
    fclose(f);
    printf("widths: %d\n", rows);
}

UNIT_MAIN(T(uc_nfc_composes) T(uc_nfc_leaves_what_is_composed) T(uc_nfc_refuses_what_is_not_utf8)
              T(uc_nfc_orders_long_runs) T(uc_xid_names) T(uc_width_in_columns)
                  T(uc_published_normal_forms) T(uc_published_names) T(uc_published_widths))
