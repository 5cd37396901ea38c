/* Laws of the normal form, on random texts of letters, marks, syllables and their parts: it is its
 * own normal form; only what differs from it is not in it; marks of different classes may come in
 * any order; what begins with a letter of its own can be normalized apart. */
#include "engine/base/unicode.h"
#include "engine/base/utf8.h"
#include "tests/prop/prop.h"

/* Marks of classes that differ all: 1, 7, 9, 10, 129, 202, 216, 220, 230, 232, 233, 240. */
static const uint32_t classed[] = {0x0334, 0x093C, 0x094D, 0x05B0, 0x0F71, 0x0327,
                                   0x031B, 0x0323, 0x0301, 0x0315, 0x035C, 0x0345};
enum { CLASSES = sizeof classed / sizeof *classed };

static uint32_t any_point(void) {
    static const uint32_t points[] = {
        'a',     'e',     'o',     'u',     0xE9,   0xF4,   0x1ECD, 0x212B, 0x212A,  0x1E69,
        0x1F82,  0x03B1,  0x0301,  0x0300,  0x0302, 0x0307, 0x0323, 0x0327, 0x0338,  0x0344,
        0x0345,  0x0343,  0x0F73,  0x0F71,  0x1100, 0x1112, 0x1161, 0x1175, 0x11A7,  0x11A8,
        0x11C2,  0xAC00,  0xAC01,  0xD7A3,  0x09C7, 0x09BE, 0x09D7, 0x0915, 0x093C,  0x0958,
        0x0DD9,  0x0DCA,  0x0DCF,  0x0DDD,  0x3099, 0x304B, 0x4E2D, 0xF900, 0x1D157, 0x1D165,
        0x1D160, 0x11131, 0x11127, 0x2F800, 0x05B4, 0x05D9};
    if (prop_roll(8) == 0)
        return prop_roll(0x3400);
    return points[prop_roll(sizeof points / sizeof *points)];
}

static void put_any(Buf *b, uint32_t most) {
    for (uint32_t n = prop_roll(most); n > 0; n--)
        put_utf8(b, any_point());
}

static bool is_own_form(Str s, Arena *arena) {
    Str once = {0}, twice = {0};
    if (uc_nfc(s, arena, &once) != OK || uc_nfc(once, arena, &twice) != OK)
        return false;
    return twice.p == once.p && twice.n == once.n && uc_is_nfc(once) &&
           uc_is_nfc(s) == str_eq(s, once) && (once.p == s.p) == str_eq(s, once);
}

/* A letter with marks of different classes, and the same with the marks in another order. */
static bool order_of_classes_is_free(Arena *arena) {
    uint32_t letter = any_point(), marks[CLASSES];
    Buf b = {0}, other = {0};
    Str first = {0}, second = {0};
    memcpy(marks, classed, sizeof classed);
    put_utf8(&b, letter);
    put_utf8(&other, letter);
    uint32_t n = prop_roll(CLASSES + 1);
    for (int turn = 0; turn < 2; turn++) {
        uint32_t count = turn == 0 ? CLASSES : n; /* first which marks, then which order */
        for (uint32_t i = count; i > 1; i--) {
            uint32_t k = prop_roll(i), keep = marks[i - 1];
            marks[i - 1] = marks[k];
            marks[k] = keep;
        }
        for (uint32_t i = 0; i < n; i++)
            put_utf8(turn == 0 ? &b : &other, marks[i]);
    }
    bool good = uc_nfc(buf_str(&b), arena, &first) == OK &&
                uc_nfc(buf_str(&other), arena, &second) == OK && str_eq(first, second);
    buf_free(&b);
    buf_free(&other);
    return good;
}

/* nfc(x y) = nfc(x) nfc(y) where y begins with a letter that composes with nothing before it. */
static bool parts_stand_alone(Arena *arena) {
    Buf x = {0}, y = {0}, both = {0}, joined = {0};
    Str a = {0}, b = {0}, whole = {0};
    put_any(&x, 8);
    put_utf8(&y, prop_roll(2) == 0 ? 'o' : 0x4E2D);
    put_any(&y, 8);
    put_text(&both, buf_str(&x));
    put_text(&both, buf_str(&y));
    bool good = uc_nfc(buf_str(&x), arena, &a) == OK && uc_nfc(buf_str(&y), arena, &b) == OK &&
                uc_nfc(buf_str(&both), arena, &whole) == OK;
    put_text(&joined, a);
    put_text(&joined, b);
    good = good && str_eq(whole, buf_str(&joined));
    buf_free(&x);
    buf_free(&y);
    buf_free(&both);
    buf_free(&joined);
    return good;
}

static bool holds(void) {
    Buf b = {0};
    Arena arena = {0};
    bool good = true;
    for (uint64_t i = 0; i < prop_rounds && good; i++) {
        buf_reset(&b);
        put_any(&b, 12);
        bool own = is_own_form(buf_str(&b), &arena), order = order_of_classes_is_free(&arena);
        bool parts = parts_stand_alone(&arena);
        good = own && order && parts;
        if (!good)
            printf("broken in round %llu:%s%s%s\n", (unsigned long long)i, own ? "" : " own form",
                   order ? "" : " order", parts ? "" : " parts");
        arena_reset(&arena);
    }
    buf_free(&b);
    arena_free(&arena);
    return good;
}

int main(int argc, char **argv) {
    prop_start(argc, argv, 50000);
    return prop_end(holds());
}
