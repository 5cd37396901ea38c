/* base: files, as the engine needs them. Every failure names the file and the system's reason. */
#ifndef REMIT_BASE_OS_H
#define REMIT_BASE_OS_H

#include "engine/base/mem.h"

/* The whole of a file, at most `most` bytes, NUL behind it. ERR_NOTFOUND, ERR_IO, ERR_LIMIT,
 * ERR_NOMEM. */
MUST_USE Status os_read_file(Str path, size_t most, Arena *a, Str *out, Err *err);
MUST_USE Status os_is_dir(Str path, bool *yes, Err *err);
/* The files below a folder, recursively, whose names end with `suffix`, sorted by path. ERR_LIMIT
 * above 10,000. */
MUST_USE Status os_list(Str dir, Str suffix, Arena *a, Str **paths, size_t *n, Err *err);
/* The path of a file that may not exist yet, absolute and without links in its folder. */
MUST_USE Status os_absolute(Str path, Arena *a, Str *out, Err *err);

/* An open file. fd -1: none. */
typedef struct OsFile {
    int fd;
    Str path;
} OsFile;
/* "-" is standard input. */
MUST_USE Status os_open_read(Str path, Arena *a, OsFile *out, Err *err);
/* Whether os_open_read will do, without touching what the file holds (it may be a pipe). */
MUST_USE Status os_can_read(Str path, Err *err);
/* For reading and writing, made if it is not there. */
MUST_USE Status os_open_write(Str path, Arena *a, OsFile *out, Err *err);
void os_close(OsFile *f);
/* Up to n bytes; *got is 0 at the end. */
MUST_USE Status os_read(OsFile *f, char *to, size_t n, size_t *got, Err *err);
MUST_USE Status os_read_at(OsFile *f, uint64_t at, char *to, size_t n, Err *err);
MUST_USE Status os_write(OsFile *f, Str bytes, Err *err); /* all of them, at the file's position */
MUST_USE Status os_size(OsFile *f, uint64_t *out, Err *err);
MUST_USE Status os_truncate(OsFile *f, uint64_t size, Err *err); /* and goes to its end */
/* Writes a file whole: beside it first, then in its place, with the rights it has; a link stays
 * one.
 */
MUST_USE Status os_write_file(Str path, Str bytes, Err *err);
/* Writes a new file and has it on disk; only its owner may read it if `secret`. ERR_STATE: there is
 * one of that name. */
MUST_USE Status os_create_file(Str path, Str bytes, bool secret, Err *err);
/* Waits until no other process has the file locked, and locks it until it is closed. */
MUST_USE Status os_lock(OsFile *f, Err *err);

/* How a process of its own ended. */
typedef enum OsEnd { OS_DONE, OS_CRASHED, OS_ENDLESS } OsEnd;
/* Runs work in a process of its own, which may crash: its result, n bytes, is what work leaves in
 * `result` (zeroed before). One that computes for more than that many seconds is ended. */
MUST_USE Status os_apart(void (*work)(void *ctx, void *result), void *ctx, void *result, size_t n,
                         uint64_t seconds, OsEnd *how, Err *err);

/* A new folder of a name of its own in another, for this user alone. place empty: /tmp. */
MUST_USE Status os_make_temporary(Str place, Arena *a, Str *out, Err *err);
MUST_USE Status os_make_folder(Str path, Err *err);
/* Gives a file on disk, or a folder, another name on the same file system; both names are on disk
 * then. ERR_STATE: something of that name is there (of a folder, but for an empty one), and stays.
 */
MUST_USE Status os_name_file(Str from, Str to, Err *err);
MUST_USE Status os_name_folder(Str from, Str to, Err *err);
MUST_USE Status os_sync(OsFile *f, Err *err);
/* The folder in which a path stands. */
Str os_folder_of(Str path);
/* Removes a folder and the files in it; what is not there is fine. */
MUST_USE Status os_remove_folder(Str dir, Err *err);

#endif
