/* cli: what is written to a file whole, or to standard output. */
#include "engine/cli/output.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool output_open(Output *out, const Args *args, const char *path) {
    *out = (Output){.to = to_stdout()};
    if (path == NULL || strcmp(path, "-") == 0)
        return true;
    if (*path == '\0' || strlen(path) >= sizeof out->path) {
        usage(args, "\"%s\" is not the name of a file", "“%s”不是文件名", path);
        return false;
    }
    snprintf(out->path, sizeof out->path, "%s", path);
    struct stat there;
    out->straight = stat(path, &there) == 0 && !S_ISREG(there.st_mode);
    snprintf(out->part, sizeof out->part, out->straight ? "%s" : "%s.part", path);
    out->file = fopen(out->part, "wb");
    if (out->file == NULL) {
        complain(args, REMIT_CALL, "%s: cannot be written: %s", "%s：无法写入：%s", path,
                 strerror(errno));
        return false;
    }
    out->to = (RemitWriter){out->file, write_stream};
    return true;
}

/* Nothing is left of what was begun. */
static void drop(const Output *out) {
    if (!out->straight)
        unlink(out->part);
}

/* Whether the file is in its place now. */
static bool placed(Output *out, const Args *args) {
    bool written = fflush(out->file) == 0 && (out->straight || fsync(fileno(out->file)) == 0);
    written = fclose(out->file) == 0 && written;
    out->file = NULL;
    if (written && (out->straight || rename(out->part, out->path) == 0))
        return true;
    complain(args, REMIT_FAILED, "%s: cannot be written: %s", "%s：无法写入：%s", out->path,
             strerror(errno));
    drop(out);
    return false;
}

int output_close(Output *out, const Args *args, int code, const RemitError *error) {
    if (code != REMIT_OK) {
        if (out->file != NULL) {
            fclose(out->file);
            drop(out);
        }
        return fail(args, error);
    }
    if (out->file == NULL)
        return done(args, code);
    return placed(out, args) ? REMIT_OK : REMIT_FAILED;
}
