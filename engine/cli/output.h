/* cli: what is written to a file whole, or to standard output. */
#ifndef REMIT_CLI_OUTPUT_H
#define REMIT_CLI_OUTPUT_H

#include <stdio.h>

#include "engine/cli/cli.h"

typedef struct Output {
    RemitWriter to;
    FILE *file;    /* FILE.part beside the file; NULL: standard output */
    bool straight; /* the file is none that another can take the place of: a device, a pipe */
    char path[4096], part[4096 + 8];
} Output;

/* path: NULL or "-" is standard output. False, after a message: it cannot be written. */
bool output_open(Output *out, const Args *args, const char *path);
/* Ends it: with REMIT_OK the file takes its place, else it is as it was before, and the
 * error is said. Gives the exit code. */
int output_close(Output *out, const Args *args, int code, const RemitError *error);

#endif
