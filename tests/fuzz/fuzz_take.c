/* The take_* cursors of base/buf.h. The first bytes say in which order to take; what comes of the
 * rest, put again in that order, is the same bytes: every number and text has one form. */
#include "tests/fuzz/fuzz.h"

#include "engine/base/buf.h"
#include "engine/base/check.h"

enum { STEPS = 32 };

static void take_and_put(Take *t, Buf *b, unsigned how) {
    switch (how % 9) {
    case 0:
        put_u8(b, take_u8(t));
        break;
    case 1:
        put_u16(b, take_u16(t));
        break;
    case 2:
        put_u32(b, take_u32(t));
        break;
    case 3:
        put_u64(b, take_u64(t));
        break;
    case 4:
        put_varint(b, take_varint(t));
        break;
    case 5:
        put_zigzag(b, take_zigzag(t));
        break;
    case 6:
        put_str(b, take_str(t));
        break;
    case 7:
        put_key_u64(b, take_key_u64(t));
        break;
    default:
        put_key_i64(b, take_key_i64(t));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n < STEPS)
        return 0;
    Str rest = {(const char *)data + STEPS, n - STEPS};
    Take t = take_from(rest);
    Buf b = {0};
    for (size_t i = 0; i < STEPS; i++) {
        Take before = t;
        size_t kept = b.n;
        take_and_put(&t, &b, data[i]);
        CHECK(t.p >= before.p && t.p <= t.end);
        if (t.failed) {
            b.n = kept;
            t = before;
            break;
        }
    }
    CHECK(buf_status(&b) == OK);
    CHECK(str_eq(buf_str(&b), (Str){rest.p, (size_t)(t.p - rest.p)}));
    buf_free(&b);
    return 0;
}
