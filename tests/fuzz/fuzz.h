/* What every fuzz target defines: one call on hostile bytes, which must neither crash nor leak.
 * A target is tests/fuzz/fuzz_NAME.c; its inputs that once mattered are in tests/fuzz/corpus/NAME/,
 * each under a name that says what it was. `./dev fuzz` runs it in libFuzzer, and every `./dev
 * test` runs it over its corpus by replay.c. A law that the bytes must keep is a CHECK. */
#ifndef REMIT_TESTS_FUZZ_H
#define REMIT_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* data: n bytes of any kind, borrowed. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#endif
