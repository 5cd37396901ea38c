/* cli: results of tests as JUnit XML, the form that CI tools read: a suite a file. */
#ifndef REMIT_CLI_JUNIT_H
#define REMIT_CLI_JUNIT_H

#include <stdint.h>
#include <stdio.h>

#include "engine/cli/cli.h"

/* What is told of one suite, or of all. */
typedef struct JunitCounts {
    size_t tests, failures;
    int64_t took_us;
} JunitCounts;

/* Zeroed is empty. Suites wait in temporary files, since their counts go before them. */
typedef struct Junit {
    FILE *suites, *cases; /* those that are complete; the cases of the one that is not */
    char file[4096];      /* whose suite that is */
    JunitCounts all, suite;
    int64_t since_us; /* when the test at hand began */
    bool failed;
} Junit;

void junit_begin(Junit *j);
/* Adds a result; it took the time since the last one. */
void junit_add(Junit *j, const RemitTestResult *result);
/* Writes all to a file, under the name of what was tested; 0, or the exit code after a message. */
int junit_write(Junit *j, const Args *args, const char *path);

#endif
