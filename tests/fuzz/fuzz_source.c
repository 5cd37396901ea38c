/* Bytes as a policy: what is wrong with it is said, in both languages; what has no errors compiles,
 * and its bundle is verified and comes back as the same bytes. */
#include "tests/fuzz/fuzz.h"

#include "engine/base/check.h"
#include "engine/run/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    Policy p;
    Err err = {0};
    policy_init(&p, true);
    Str text = {(const char *)data, n};
    Status status = policy_add_text(&p, S("fuzz.remit"), text, &err);
    if (status == OK)
        status = policy_finish(&p, &err);
    /* What the compiler makes is never refused by its own verifier; bounds it may meet. */
    CHECK(status == OK || status == ERR_NOMEM || status == ERR_LIMIT || status == ERR_SYNTAX);
    Buf out = {0};
    for (size_t i = 0; i < p.diags.all.n; i++) {
        DiagLook look = {i % 2 == 1, i % 3 == 1, i % 5 < 3, i % 4 == 0 ? 20 : i % 4 == 1 ? 45 : 80};
        diag_print(&p.diags, &p.diags.all.at[i], look, &out);
        diag_json(&p.diags, &p.diags.all.at[i], i % 2 == 0, &out);
        buf_reset(&out);
    }
    if (p.bundle != NULL) {
        CHECK(p.diags.errors == 0);
        bundle_put(&out, p.bundle);
        CHECK(out.failed || str_eq(buf_str(&out), p.bytes));
    }
    buf_free(&out);
    policy_free(&p);
    return 0;
}
