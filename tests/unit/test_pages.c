/* Help pages for a terminal. */
#include "engine/base/unicode.h"
#include "engine/run/pages.h"
#include "tests/unit/unit.h"

static void page_is(const char *markdown, size_t columns, const char *expected) {
    Buf out = {0};
    page_put(&out, str_of(markdown), columns, false);
    EXPECT_STR(buf_str(&out), str_of(expected));
    buf_free(&out);
}

TEST(paragraphs_are_broken_and_their_lines_joined) {
    page_is("# A name\n\nOne two\nthree four.\nFive.\n", 12,
            "A name\n\nOne two\nthree four.\nFive.\n");
    page_is("一二三四\n五六，七八\n", 8, "一二三四\n五六，七\n八\n");
}

TEST(examples_are_indented_and_stay_as_they_are) {
    page_is("Wrong:\n\n```remit file=p.remit\npolicy \"x\"   {\n\n}\n```\n\n```console\n$ "
            "remit\n```\nEnd.\n",
            10, "Wrong:\n\n    policy \"x\"   {\n\n    }\n\n    $ remit\n\nEnd.\n");
}

TEST(links_are_their_texts_and_lists_hang) {
    page_is("See [duties](../guide/duties.md), `x[1]` and [no link.\n", 80,
            "See duties, `x[1]` and [no link.\n");
    page_is("- one two three\n- four\n", 9, "- one two\n  three\n- four\n");
}

TEST(each_page_has_its_title_and_no_line_of_its_prose_is_too_long) {
    for (size_t i = 0; i < page_count; i++) {
        Buf out = {0};
        Str rest, line;
        page_put(&out, pages[i].text, 80, false);
        rest = buf_str(&out);
        str_cut(rest, '\n', &line, &rest);
        Str name = pages[i].name;
        EXPECT(str_starts(line, str_starts(name, S("zh.")) ? str_from(name, 3) : name));
        while (rest.n > 0) {
            str_cut(rest, '\n', &line, &rest);
            if (!str_starts(line, S("    ")) && !str_starts(line, S("|")) && uc_columns(line) > 80)
                EXPECT_STR(line, name);
        }
        buf_free(&out);
    }
}

TEST(a_page_is_found_by_its_code) {
    const Page *page = page_of(S("E0203"), false);
    EXPECT(page != NULL && str_eq(page->name, S("E0203")));
    EXPECT(page_of(S("E0203"), true) != NULL);
    EXPECT(page_of(S("E9999"), true) == NULL);
    EXPECT(page_of(S("zh.E0203"), false) == NULL);
}

UNIT_MAIN(T(paragraphs_are_broken_and_their_lines_joined)
              T(examples_are_indented_and_stay_as_they_are) T(links_are_their_texts_and_lists_hang)
                  T(each_page_has_its_title_and_no_line_of_its_prose_is_too_long)
                      T(a_page_is_found_by_its_code))
