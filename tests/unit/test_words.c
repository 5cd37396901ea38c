/* base: words in two languages. */
#include "engine/base/words.h"
#include "tests/unit/unit.h"

static Str said(Buf *out, Words words, bool chinese, const Str *args, size_t n) {
    buf_reset(out);
    put_words(out, words, chinese, args, n);
    return buf_str(out);
}

TEST(arguments_stand_where_the_language_wants_them) {
    const Words words = {"{0} is owed by {1}", "由 {1} 承担 {0}"};
    const Str args[] = {S("A"), S("bo")};
    Buf out = {0};
    EXPECT_STR(said(&out, words, false, args, 2), S("A is owed by bo"));
    EXPECT_STR(said(&out, words, true, args, 2), S("由 bo 承担 A"));
    buf_free(&out);
}

TEST(a_group_is_left_out_with_its_argument) {
    const Words words = {"fulfilled[ {0}][ by {1}[ as {2}]].", "[{1}[（{2}）]][{0}]完成。"};
    Buf out = {0};
    EXPECT_STR(said(&out, words, false, (Str[]){S(""), S(""), S("")}, 3), S("fulfilled."));
    EXPECT_STR(said(&out, words, false, (Str[]){S(""), S(""), S("x")}, 3), S("fulfilled."));
    EXPECT_STR(said(&out, words, false, (Str[]){S("late"), S("bo"), S("")}, 3),
               S("fulfilled late by bo."));
    EXPECT_STR(said(&out, words, true, (Str[]){S("逾期"), S("bo"), S("乙")}, 3),
               S("bo（乙）逾期完成。"));
    buf_free(&out);
}

TEST(what_arguments_hold_is_no_pattern) {
    const Words words = {"[{0}] {1}", "[{0}] {1}"};
    Buf out = {0};
    EXPECT_STR(said(&out, words, false, (Str[]){S("{1}]["), S("[x")}, 2), S("{1}][ [x"));
    buf_free(&out);
}

TEST(arguments_are_told_apart_from_braces) {
    const char *pattern = "{a} {12} {1}{0} {";
    Str text;
    EXPECT_INT(words_next(&pattern, &text), 1);
    EXPECT_STR(text, S("{a} {12} "));
    EXPECT_INT(words_next(&pattern, &text), 0);
    EXPECT_STR(text, S(""));
    EXPECT_INT(words_next(&pattern, &text), -1);
    EXPECT_STR(text, S(" {"));
    EXPECT_INT(words_next(&pattern, &text), -1);
    EXPECT_STR(text, S(""));
}

UNIT_MAIN(T(arguments_stand_where_the_language_wants_them) T(a_group_is_left_out_with_its_argument)
              T(what_arguments_hold_is_no_pattern) T(arguments_are_told_apart_from_braces))
