/* Lines of CloudEvents through the engine: run/feed.h, run/event.h and all that an event sets off.
 */
#include "tests/fuzz/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    fuzz_input(data, n, FEED_JSON);
    return 0;
}
