/* Reading the optional test data of ../shared/data (beside the project's folder). Tests on it say
 * when they were skipped because it is not there, and pass. Also splits CSV lines that have no
 * quotes. */
#ifndef REMIT_TESTS_DATA_H
#define REMIT_TESTS_DATA_H

#include <stdio.h>
#include <string.h>

#include "engine/base/buf.h"

/* All of ../shared/data/NAME into b, found from this header's own path. */
static bool data_read(const char *name, Buf *b) {
    char path[4096];
    const char *below = strstr(__FILE__, "tests/unit/data.h");
    int root = below == NULL ? 0 : (int)(below - __FILE__);
    snprintf(path, sizeof path, "%.*s../shared/data/%s", root, __FILE__, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        printf("skipped: ../shared/data/%s is not there\n", name);
        return false;
    }
    char part[4096];
    size_t n;
    while ((n = fread(part, 1, sizeof part, file)) > 0)
        put_bytes(b, part, n);
    fclose(file);
    return buf_status(b) == OK;
}

/* The next line's fields, at most `most`; how many there are. 0 at the end. */
__attribute__((unused)) static size_t data_row(Str *text, Str *fields, size_t most) {
    Str line;
    if (text->n == 0)
        return 0;
    str_cut(*text, '\n', &line, text);
    size_t n = 0;
    while (n < most && str_cut(line, ',', &fields[n++], &line))
        continue;
    return n;
}

#endif
