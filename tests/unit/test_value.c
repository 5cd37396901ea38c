/* base/value: values as the language writes them. */
#include "tests/unit/unit.h"

#include "engine/base/value.h"

static void expect_percent(int64_t coef, uint8_t scale, const char *want) {
    Buf out = {0};
    put_percent(&out, (Dec){coef, scale});
    EXPECT_STR(buf_str(&out), str_of(want));
    buf_free(&out);
}

TEST(percent_keeps_its_places_but_two) {
    expect_percent(5, 2, "5%");
    expect_percent(50, 3, "5.0%");
    expect_percent(525, 4, "5.25%");
    expect_percent(-1, 3, "-0.1%");
    expect_percent(0, 2, "0%");
}

TEST(percent_of_a_fraction_with_few_places_has_none) {
    expect_percent(1, 0, "100%");
    expect_percent(-8, 1, "-80%");
    expect_percent(0, 0, "0%");
    expect_percent(0, 1, "0%");
}

TEST(percent_of_a_great_fraction_is_written_whole) {
    expect_percent(INT64_MAX, 0, "922337203685477580700%");
    expect_percent(INT64_MIN, 1, "-92233720368547758080%");
}

UNIT_MAIN(T(percent_keeps_its_places_but_two) T(percent_of_a_fraction_with_few_places_has_none)
              T(percent_of_a_great_fraction_is_written_whole))
