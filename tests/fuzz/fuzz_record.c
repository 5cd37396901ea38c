/* Bytes of a ledger that are none: records, leaves of the journal, a duty's record. The first byte
 * says as what they are read. Refused, or taken and told without reading out of bounds. */
#include "tests/fuzz/policy.h"

#include "engine/ledger/record.h"
#include "engine/run/view.h"

static void as_leaf(Policy *p, Str bytes, Arena *a) {
    Leaf leaf;
    if (take_leaf(bytes, a, &leaf) != OK)
        return;
    Buf out = {0};
    put_leaf(&out, &leaf);
    CHECK(buf_status(&out) == OK);
    buf_free(&out);
    Ledger *l;
    Err err = {0};
    uint64_t index;
    bool is;
    CHECK(led_open(&(LedOptions){.create = true}, &l, &err) == OK);
    CHECK(led_append(l, bytes, &index) == OK);
    Render render = {
        .b = p->bundle, .zone = {.zone = bundle_zone(p->bundle)}, .source = S("remit:fuzz")};
    Status status = outbox_render(l, &render, index, a, &out, &is);
    CHECK(status == OK || status == ERR_DAMAGED || status == ERR_VERSION || status == ERR_NOTFOUND);
    buf_free(&out);
    led_close(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n == 0)
        return 0;
    Policy *p = fuzz_policy();
    Arena a = {0};
    Str bytes = {(const char *)data + 1, n - 1};
    Buf out = {0};
    Duty duty;
    switch (data[0] % 3) {
    case 0:
        CHECK(rec_print(bytes, &out) != ERR_NOMEM);
        break;
    case 1:
        as_leaf(p, bytes, &a);
        break;
    default:
        if (view_duty(p->bundle, 7, bytes, &a, &duty) == OK)
            CHECK(duty.def != NULL);
        break;
    }
    buf_free(&out);
    arena_free(&a);
    return 0;
}
