/* What the programs of laws share: a seed that is printed and can be given again, and random
 * numbers that are the same on every machine. int main(int argc, char **argv) { prop_start(argc,
 * argv, 1000); ... return prop_end(holds); } The seed is --seed N, else REMIT_SEED, else 1;
 * --rounds N sets the length of the run. */
#ifndef REMIT_TESTS_PROP_H
#define REMIT_TESTS_PROP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t prop_state, prop_rounds;

__attribute__((unused)) static uint64_t prop_u64(void) { /* splitmix64 */
    uint64_t z = (prop_state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* From 0 to n - 1; n >= 1. */
__attribute__((unused)) static uint32_t prop_roll(uint32_t n) {
    return (uint32_t)(prop_u64() % n);
}

static void prop_start(int argc, char **argv, uint64_t rounds) {
    const char *seed = getenv("REMIT_SEED");
    prop_rounds = rounds;
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], "--seed") == 0)
            seed = argv[i + 1];
        if (strcmp(argv[i], "--rounds") == 0)
            prop_rounds = strtoull(argv[i + 1], NULL, 10);
    }
    prop_state = seed == NULL ? 1 : strtoull(seed, NULL, 10);
    printf("seed %llu\n", (unsigned long long)prop_state);
}

/* Prints the result, and gives the exit code. */
static int prop_end(bool holds) {
    printf("%d passed, %d failed\n", holds, !holds);
    return !holds;
}

#endif
