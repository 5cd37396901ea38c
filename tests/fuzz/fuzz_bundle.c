/* Bytes as a bundle: it is refused with a reason, or it is printed, comes back as the same bytes,
 * and runs a few events in memory. */
#include "tests/fuzz/fuzz.h"

#include "tests/fuzz/bundle_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    (void)bundle_run((Str){(const char *)data, n});
    return 0;
}
