/* The codec of records: what is put comes back, and what was not put by it is refused. */
#include "engine/ledger/record.h"

#include "tests/unit/unit.h"

enum { NO_TAG = 0xC8 }; /* far from both ends, where tags are given out */

static SampleRec sample(void) {
    return (SampleRec){
        .number = 300, .instant = -2, .yes = true, .name = S("\xE8\xB4\xA3"), .bytes = S("\0\1")};
}

static Buf sample_bytes(void) {
    SampleRec r = sample();
    Buf b = {0};
    sample_rec_put(&b, &r);
    return b;
}

TEST(a_record_has_the_bytes_that_it_should) {
    Buf b = sample_bytes();
    EXPECT_STR(buf_str(&b), S("\xFE\x03\xAC\x02\x03\x01\x03\xE8\xB4\xA3\x02\0\1"));
    EmptyRec r = {0};
    buf_reset(&b);
    empty_rec_put(&b, &r);
    EXPECT_STR(buf_str(&b), S("\xFF\x01"));
    buf_free(&b);
}

TEST(a_record_comes_back) {
    Buf b = sample_bytes();
    SampleRec r, want = sample();
    EXPECT(sample_rec_take(buf_str(&b), &r) == OK);
    EXPECT(r.number == want.number && r.instant == want.instant && r.yes == want.yes);
    EXPECT(str_eq(r.name, want.name) && str_eq(r.bytes, want.bytes));
    EXPECT(r.name.p > b.p && r.name.p < b.p + b.n);
    SampleRec most = {UINT64_MAX, INT64_MIN, false, {NULL, 0}, {NULL, 0}, 0};
    buf_reset(&b);
    sample_rec_put(&b, &most);
    EXPECT(sample_rec_take(buf_str(&b), &r) == OK);
    EXPECT(r.number == UINT64_MAX && r.instant == INT64_MIN && !r.yes && r.name.n == 0);
    buf_free(&b);
}

TEST(another_tag_or_version_is_refused) {
    Buf b = sample_bytes();
    SampleRec r;
    EmptyRec e;
    EXPECT(empty_rec_take(buf_str(&b), &e) == ERR_DAMAGED);
    b.p[1] = 2;
    EXPECT(sample_rec_take(buf_str(&b), &r) == ERR_VERSION);
    b.p[1] = 4;
    EXPECT(sample_rec_take(buf_str(&b), &r) == ERR_VERSION);
    b.p[1] = 3;
    b.p[0] = (char)NO_TAG;
    EXPECT(sample_rec_take(buf_str(&b), &r) == ERR_DAMAGED);
    EXPECT(rec_name(NO_TAG) == NULL && strcmp(rec_name(REC_sample), "sample") == 0);
    EXPECT(rec_tag((Str){NULL, 0}) == 0 && rec_tag(S("\xFE")) == REC_sample);
    buf_free(&b);
}

TEST(cut_or_lengthened_records_are_refused) {
    Buf b = sample_bytes();
    SampleRec r;
    for (size_t n = 0; n < b.n; n++)
        EXPECT(sample_rec_take((Str){b.p, n}, &r) == ERR_DAMAGED);
    put_c(&b, 0);
    EXPECT(sample_rec_take(buf_str(&b), &r) == ERR_DAMAGED);
    buf_free(&b);
}

TEST(a_record_has_one_form_only) {
    SampleRec r;
    EXPECT(sample_rec_take(S("\xFE\x03\x80\0\0\0\0\0"), &r) == ERR_DAMAGED); /* 0 in two bytes */
    EXPECT(sample_rec_take(S("\xFE\x03\0\0\2\0\0"), &r) == ERR_DAMAGED);     /* a flag of 2 */
    EXPECT(sample_rec_take(S("\xFE\x03\0\0\0\0\0"), &r) == OK);
}

TEST(changed_bytes_are_refused_or_read) {
    Buf b = sample_bytes(), again = {0};
    for (size_t i = 0; i < b.n; i++)
        for (int bit = 0; bit < 8; bit++) {
            SampleRec r;
            b.p[i] = (char)(b.p[i] ^ (1 << bit));
            if (sample_rec_take(buf_str(&b), &r) == OK) {
                buf_reset(&again);
                sample_rec_put(&again, &r);
                EXPECT(str_eq(buf_str(&b), buf_str(&again)));
            }
            b.p[i] = (char)(b.p[i] ^ (1 << bit));
        }
    buf_free(&b);
    buf_free(&again);
}

TEST(a_record_can_be_printed) {
    Buf b = sample_bytes(), to = {0};
    EXPECT(rec_print(buf_str(&b), &to) == OK);
    EXPECT_STR(buf_str(&to),
               S("sample number=300 instant=-2 yes=yes name=\"\xE8\xB4\xA3\" bytes=0001"));
    EXPECT(rec_print(S("\xC8\x01"), &to) == ERR_DAMAGED && rec_print(S(""), &to) == ERR_DAMAGED);
    buf_free(&b);
    buf_free(&to);
}

UNIT_MAIN(T(a_record_has_the_bytes_that_it_should) T(a_record_comes_back)
              T(another_tag_or_version_is_refused) T(cut_or_lengthened_records_are_refused)
                  T(a_record_has_one_form_only) T(changed_bytes_are_refused_or_read)
                      T(a_record_can_be_printed))
