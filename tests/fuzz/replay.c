/* The plain main of fuzz targets: runs the target on nothing, then on each file named, or in a
 * folder named, in the order of their names. Prints each name first, so that a crash has one. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { INPUT_MAX = 64 << 20, PATH_BYTES = 4096 };

static int passed, failed;

static void refuse(const char *path, const char *why) {
    printf("%s: %s\n", path, why);
    failed++;
}

/* The input goes into a block of just its size, so that reading past its end is seen. */
static void replay_file(const char *path) {
    printf("%s\n", path);
    fflush(stdout);
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
        refuse(path, "cannot be read");
        if (f != NULL)
            fclose(f);
        return;
    }
    long size = ftell(f);
    rewind(f);
    uint8_t *bytes = size >= 0 && size <= INPUT_MAX ? malloc((size_t)size + (size == 0)) : NULL;
    if (bytes != NULL && fread(bytes, 1, (size_t)size, f) == (size_t)size) {
        LLVMFuzzerTestOneInput(bytes, (size_t)size);
        passed++;
    } else {
        refuse(path, "cannot be read whole");
    }
    free(bytes);
    fclose(f);
}

static int not_hidden(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static void replay_folder(const char *path) {
    struct dirent **entries = NULL;
    int n = scandir(path, &entries, not_hidden, alphasort);
    if (n < 0)
        refuse(path, "cannot be listed");
    for (int i = 0; i < n; i++) {
        char full[PATH_BYTES];
        int length = snprintf(full, sizeof full, "%s/%s", path, entries[i]->d_name);
        if (length > 0 && (size_t)length < sizeof full)
            replay_file(full);
        else
            refuse(entries[i]->d_name, "has too long a path");
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv) {
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    passed++;
    for (int i = 1; i < argc; i++) {
        struct stat status;
        if (stat(argv[i], &status) == 0 && S_ISDIR(status.st_mode))
            replay_folder(argv[i]);
        else
            replay_file(argv[i]);
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
