/* Bytes as a bundle: it is refused with a reason, or it is printed, comes back as the same bytes,
 * and runs a few events in memory. Bytes that begin with P and a policy's digit are edits of that
 * policy's bundle as it is compiled now, three bytes each: where (two bytes, the lower first) and
 * what stands there. So the corpus keeps its worth when the form of bundles changes. Each is tried
 * as it is and with the checksum made anew, which it would hardly ever have. */
#include "tests/fuzz/fuzz.h"

#include "tests/fuzz/bundle_run.h"

enum { POLICIES = sizeof bundle_policies / sizeof *bundle_policies };

static void run_edited(const char *text, const uint8_t *edits, size_t n) {
    Policy p;
    CHECK(bundle_compile(text, &p));
    char *bytes = mem_alloc(p.bytes.n);
    if (bytes != NULL) {
        memcpy(bytes, p.bytes.p, p.bytes.n);
        for (size_t i = 0; i + 3 <= n; i += 3) {
            size_t at = (size_t)(edits[i] | edits[i + 1] << 8);
            if (at < p.bytes.n)
                bytes[at] = (char)edits[i + 2];
        }
        bool same = str_eq((Str){bytes, p.bytes.n}, p.bytes);
        CHECK(bundle_run((Str){bytes, p.bytes.n}) == same);
        bundle_seal(bytes, p.bytes.n);
        (void)bundle_run((Str){bytes, p.bytes.n});
        mem_free(bytes);
    }
    policy_free(&p);
}

static void run_as_it_is(const uint8_t *data, size_t n) {
    (void)bundle_run((Str){(const char *)data, n});
    char *bytes = mem_alloc(n + SHA256_BYTES);
    if (bytes == NULL)
        return;
    if (n > 0)
        memcpy(bytes, data, n);
    bundle_seal(bytes, n + SHA256_BYTES);
    (void)bundle_run((Str){bytes, n + SHA256_BYTES});
    mem_free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n >= 2 && data[0] == 'P' && data[1] >= '0' && data[1] < '0' + POLICIES)
        run_edited(bundle_policies[data[1] - '0'], data + 2, n - 2);
    else
        run_as_it_is(data, n);
    return 0;
}
