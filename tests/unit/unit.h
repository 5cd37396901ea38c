/* The unit tests' harness: a test is a function named for what must hold.
 *   TEST(dec_add_keeps_scale) { EXPECT(cond); EXPECT_STR(got, want); EXPECT_INT(got, want); }
 *   UNIT_MAIN(T(dec_add_keeps_scale) T(...))
 * Run without arguments: all tests, one line for each that fails, then "N passed, N failed".
 * With arguments: the tests whose names contain one of them. `--seed N` sets unit_seed, from which
 * all that is random in a test comes; without it a run is the same each time. */
#ifndef REMIT_TESTS_UNIT_H
#define REMIT_TESTS_UNIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/str.h"

static int unit_failures;
static const char *unit_name;
__attribute__((unused)) static unsigned long long unit_seed = 1;

#define TEST(name) static void name(void)
#define EXPECT(cond)                                                                               \
    ((cond) ? (void)0                                                                              \
            : (void)(unit_failures++,                                                              \
                     printf("%s:%d: %s: %s\n", __FILE__, __LINE__, unit_name, #cond)))
#define EXPECT_INT(got, want)                                                                      \
    unit_int(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))
#define EXPECT_STR(got, want) unit_str(__FILE__, __LINE__, #got, (got), (want))

__attribute__((unused)) static void unit_int(const char *file, int line, const char *what,
                                             long long got, long long want) {
    if (got != want) {
        unit_failures++;
        printf("%s:%d: %s: %s is %lld, expected %lld\n", file, line, unit_name, what, got, want);
    }
}

__attribute__((unused)) static void unit_str(const char *file, int line, const char *what, Str got,
                                             Str want) {
    if (!str_eq(got, want)) {
        unit_failures++;
        printf("%s:%d: %s: %s is \"%.*s\", expected \"%.*s\"\n", file, line, unit_name, what,
               STR_ARG(got), STR_ARG(want));
    }
}

typedef struct UnitTest {
    const char *name;
    void (*run)(void);
} UnitTest;

/* Takes `--seed N` out of the arguments and gives how many are left. */
__attribute__((unused)) static int unit_options(int argc, char **argv) {
    int kept = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            unit_seed = strtoull(argv[++i], NULL, 10);
        else
            argv[kept++] = argv[i];
    }
    return kept;
}

#define T(name) {#name, name},
#define UNIT_MAIN(...)                                                                             \
    int main(int argc, char **argv) {                                                              \
        static const UnitTest tests[] = {__VA_ARGS__};                                             \
        int passed = 0, failed = 0;                                                                \
        argc = unit_options(argc, argv);                                                           \
        setvbuf(stdout, NULL, _IOLBF, 0); /* what was said before a crash is not lost */           \
        for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {                                \
            int wanted = argc == 1;                                                                \
            for (int k = 1; k < argc; k++)                                                         \
                wanted |= strstr(tests[i].name, argv[k]) != NULL;                                  \
            if (!wanted)                                                                           \
                continue;                                                                          \
            unit_name = tests[i].name;                                                             \
            unit_failures = 0;                                                                     \
            tests[i].run();                                                                        \
            if (unit_failures != 0)                                                                \
                failed++;                                                                          \
            else                                                                                   \
                passed++;                                                                          \
        }                                                                                          \
        printf("%d passed, %d failed\n", passed, failed);                                          \
        return failed != 0;                                                                        \
    }

#endif
