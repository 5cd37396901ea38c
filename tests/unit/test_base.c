/* base: text, arenas, bytes out and in. */
#include "engine/base/buf.h"
#include "engine/base/mem.h"
#include "tests/unit/unit.h"

TEST(str_cut_splits_once) {
    Str head, tail;
    EXPECT(str_cut(S("a.b.c"), '.', &head, &tail));
    EXPECT_STR(head, S("a"));
    EXPECT_STR(tail, S("b.c"));
    EXPECT(!str_cut(S("abc"), '.', &head, &tail));
    EXPECT_STR(head, S("abc"));
    EXPECT_STR(tail, S(""));
}

TEST(str_cmp_is_byte_order) {
    EXPECT(str_cmp(S("a"), S("b")) < 0);
    EXPECT(str_cmp(S("ab"), S("a")) > 0);
    EXPECT(str_cmp(S(""), S("")) == 0);
    EXPECT(str_cmp(S("z"), S("\xE4\xB8\xAD")) < 0);
}

TEST(arena_reset_keeps_its_memory) {
    Arena a = {0};
    for (int i = 0; i < 1000; i++)
        EXPECT(arena_alloc(&a, 100, 8) != NULL);
    arena_reset(&a);
    uint64_t before = mem_count();
    for (int i = 0; i < 1000; i++)
        EXPECT(arena_alloc(&a, 100, 8) != NULL);
    EXPECT_INT(mem_count(), before);
    arena_free(&a);
}

TEST(arena_back_frees_to_the_mark) {
    Arena a = {0};
    char *first = arena_alloc(&a, 10, 1);
    ArenaMark mark = arena_mark(&a);
    char *second = arena_alloc(&a, 10, 1);
    EXPECT(arena_alloc(&a, 100000, 1) != NULL);
    arena_back(&a, mark);
    EXPECT(arena_alloc(&a, 10, 1) == second);
    EXPECT(first != NULL && first != second);
    arena_free(&a);
}

TEST(varints_come_back) {
    const uint64_t cases[] = {0, 1, 127, 128, 16383, 16384, UINT64_MAX};
    Buf b = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_varint(&b, cases[i]);
        put_zigzag(&b, (int64_t)cases[i]);
    }
    Take t = take_from(buf_str(&b));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        EXPECT(take_varint(&t) == cases[i]);
        EXPECT(take_zigzag(&t) == (int64_t)cases[i]);
    }
    EXPECT(take_done(&t) == OK);
    buf_free(&b);
}

TEST(a_longer_form_of_a_varint_is_damage) {
    Take t = take_from(S("\x80\x00"));
    take_varint(&t);
    EXPECT(take_done(&t) == ERR_DAMAGED);
}

TEST(take_past_the_end_fails_and_stays_failed) {
    Take t = take_from(S("abc"));
    EXPECT_INT(take_u32(&t), 0);
    EXPECT(t.failed);
    EXPECT_INT(take_u8(&t), 0);
    EXPECT(take_done(&t) == ERR_DAMAGED);
}

TEST(keys_sort_as_their_numbers) {
    const int64_t cases[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
    Buf a = {0}, b = {0};
    for (size_t i = 1; i < sizeof cases / sizeof *cases; i++) {
        buf_reset(&a);
        buf_reset(&b);
        put_key_i64(&a, cases[i - 1]);
        put_key_i64(&b, cases[i]);
        EXPECT(str_cmp(buf_str(&a), buf_str(&b)) < 0);
    }
    buf_free(&a);
    buf_free(&b);
}

UNIT_MAIN(T(str_cut_splits_once) T(str_cmp_is_byte_order) T(arena_reset_keeps_its_memory)
              T(arena_back_frees_to_the_mark) T(varints_come_back)
                  T(a_longer_form_of_a_varint_is_damage) T(take_past_the_end_fails_and_stays_failed)
                      T(keys_sort_as_their_numbers))
