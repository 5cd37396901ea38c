/* Bytes as a policy: what can be read is laid out, in each language, and then stands: once more
 * changes nothing, and from the other language it comes back. */
#include "tests/fuzz/fuzz.h"

#include "engine/base/check.h"
#include "engine/run/formatted.h"

static Status keep(void *ctx, Str path, Str before, Str after, Err *err) {
    (void)path;
    (void)before;
    (void)err;
    put_text(ctx, after);
    return OK;
}

/* The text laid out; false: it has mistakes. */
static bool format(Str text, SpellIn in, Buf *out) {
    Policy p;
    Err err = {0};
    policy_init(&p, false);
    Status status = policy_add_text(&p, S("fuzz.remit"), text, &err);
    if (status == OK)
        status = policy_format(&p, in, NULL, keep, out, &err);
    CHECK(status == OK || status == ERR_NOMEM);
    bool good = status == OK && p.diags.errors == 0;
    policy_free(&p);
    return good;
}

/* A text and the same in another language are laid out alike. */
static void same(Str a, Str b, SpellIn in) {
    Buf x = {0}, y = {0};
    if (format(a, in, &x) && format(b, in, &y))
        CHECK(str_eq(buf_str(&x), buf_str(&y)));
    buf_free(&x);
    buf_free(&y);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    Str text = {(const char *)data, n};
    for (SpellIn in = SPELL_KEPT; in <= SPELL_CHINESE; in++) {
        Buf once = {0};
        if (format(text, in, &once)) {
            same(buf_str(&once), text, in);
            if (in == SPELL_CHINESE)
                same(buf_str(&once), text, SPELL_ENGLISH);
        }
        buf_free(&once);
    }
    return 0;
}
