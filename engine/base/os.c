/* base: files: read, list, write and cut, with the words of the system's errors. */
#include "engine/base/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/limits.h"

static Status os_fail(Err *err, Str path, const char *en, const char *zh) {
    Status status = errno == ENOENT || errno == ENOTDIR  ? ERR_NOTFOUND
                    : errno == ENOSPC || errno == EDQUOT ? ERR_FULL
                    : errno == ENOMEM                    ? ERR_NOMEM
                                                         : ERR_IO;
    const char *why = strerror(errno);
    Err english = {0}, chinese = {0};
    (void)err_set(&english, status, "%.*s: %s: %s", STR_ARG(path), en, why);
    (void)err_set(&chinese, status, "%.*s：%s：%s", STR_ARG(path), zh, why);
    return err_pair(err, status, english.text, chinese.text);
}

/* A file that cannot be read is as good as missing: the call named it. */
static Status os_unreadable(Err *err, Str path) {
    Status status = os_fail(err, path, "cannot be opened", "无法打开");
    if (status != ERR_IO || (errno != EACCES && errno != EPERM && errno != ELOOP))
        return status;
    return err_say(err, ERR_NOTFOUND, "%.*s: cannot be opened: %s", "%.*s：无法打开：%s",
                   STR_ARG(path), strerror(errno));
}

/* A C string for the system; a path with a NUL inside names no file. */
static Status os_path(Str path, char out[PATH_MAX], Err *err) {
    if (path.n >= PATH_MAX || (path.n > 0 && memchr(path.p, '\0', path.n) != NULL) || path.n == 0)
        return err_say(err, ERR_NOTFOUND, "\"%.*s\" is not the name of a file", "“%.*s”不是文件名",
                       STR_ARG(path));
    memcpy(out, path.p, path.n);
    out[path.n] = '\0';
    return OK;
}

Status os_open_read(Str path, Arena *a, OsFile *out, Err *err) {
    char name[PATH_MAX];
    *out = (OsFile){-1, path};
    TRY(arena_str(a, path, &out->path));
    if (str_eq(path, S("-"))) {
        out->fd = dup(STDIN_FILENO);
        return out->fd < 0 ? os_fail(err, S("standard input"), "cannot be read", "无法读取") : OK;
    }
    TRY(os_path(path, name, err));
    out->fd = open(name, O_RDONLY | O_CLOEXEC);
    if (out->fd < 0)
        return os_unreadable(err, path);
    struct stat st;
    if (fstat(out->fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        os_close(out);
        return err_say(err, ERR_NOTFOUND, "%.*s: it is a folder", "%.*s：这是文件夹",
                       STR_ARG(path));
    }
    return OK;
}

Status os_can_read(Str path, Err *err) {
    char name[PATH_MAX];
    struct stat st;
    if (str_eq(path, S("-")))
        return OK;
    TRY(os_path(path, name, err));
    if (access(name, R_OK) != 0)
        return os_unreadable(err, path);
    if (stat(name, &st) == 0 && S_ISDIR(st.st_mode))
        return err_say(err, ERR_NOTFOUND, "%.*s: it is a folder", "%.*s：这是文件夹",
                       STR_ARG(path));
    return OK;
}

Status os_open_write(Str path, Arena *a, OsFile *out, Err *err) {
    char name[PATH_MAX];
    *out = (OsFile){-1, path};
    TRY(arena_str(a, path, &out->path));
    TRY(os_path(path, name, err));
    out->fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    return out->fd < 0 ? os_fail(err, path, "cannot be opened for writing", "无法打开来写入") : OK;
}

void os_close(OsFile *f) {
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

Status os_read(OsFile *f, char *to, size_t n, size_t *got, Err *err) {
    ssize_t r;
    do
        r = read(f->fd, to, n);
    while (r < 0 && errno == EINTR);
    if (r < 0)
        return os_fail(err, f->path, "cannot be read", "无法读取");
    *got = (size_t)r;
    return OK;
}

Status os_read_at(OsFile *f, uint64_t at, char *to, size_t n, Err *err) {
    while (n > 0) {
        ssize_t r = pread(f->fd, to, n, (off_t)at);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return os_fail(err, f->path, "cannot be read", "无法读取");
        if (r == 0)
            return err_say(err, ERR_IO, "%.*s: it ended while it was read",
                           "%.*s：读到一半就结束了", STR_ARG(f->path));
        to += r;
        at += (uint64_t)r;
        n -= (size_t)r;
    }
    return OK;
}

Status os_write(OsFile *f, Str bytes, Err *err) {
    while (bytes.n > 0) {
        ssize_t w = write(f->fd, bytes.p, bytes.n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return os_fail(err, f->path, "cannot be written", "无法写入");
        bytes = str_from(bytes, (size_t)w);
    }
    return OK;
}

Status os_size(OsFile *f, uint64_t *out, Err *err) {
    struct stat st;
    if (fstat(f->fd, &st) != 0)
        return os_fail(err, f->path, "cannot be looked at", "无法查看");
    *out = (uint64_t)st.st_size;
    return OK;
}

Status os_truncate(OsFile *f, uint64_t size, Err *err) {
    if (ftruncate(f->fd, (off_t)size) != 0 || lseek(f->fd, 0, SEEK_END) < 0)
        return os_fail(err, f->path, "cannot be cut", "无法截断");
    return OK;
}

Status os_read_file(Str path, size_t most, Arena *a, Str *out, Err *err) {
    OsFile f;
    TRY(os_open_read(path, a, &f, err));
    Buf text = {0};
    Status status = OK;
    for (size_t got = 1; status == OK && got > 0;) {
        if (!buf_reserve(&text, 65536))
            status = ERR_NOMEM;
        else
            status = os_read(&f, text.p + text.n, text.cap - text.n, &got, err);
        text.n += status == OK ? got : 0;
        if (status == OK && text.n > most)
            status = err_say(err, ERR_LIMIT, "%.*s: it is larger than %zu MiB",
                             "%.*s：大于 %zu MiB", STR_ARG(path), most >> 20);
    }
    os_close(&f);
    if (status == OK)
        status = arena_str(a, buf_str(&text), out);
    buf_free(&text);
    return status;
}

Status os_is_dir(Str path, bool *yes, Err *err) {
    char name[PATH_MAX];
    struct stat st;
    TRY(os_path(path, name, err));
    if (stat(name, &st) != 0)
        return os_fail(err, path, "cannot be opened", "无法打开");
    *yes = S_ISDIR(st.st_mode);
    return OK;
}

typedef struct Listing {
    Arena *a;
    Str suffix;
    VEC(Str) paths;
    Err *err;
} Listing;

static Status list_into(Listing *l, Str dir, int depth) {
    char name[PATH_MAX];
    TRY(os_path(dir, name, l->err));
    DIR *d = opendir(name);
    if (d == NULL)
        return os_fail(l->err, dir, "cannot be opened", "无法打开");
    Status status = OK;
    for (struct dirent *entry; status == OK && (entry = readdir(d)) != NULL;) {
        Str file = str_of(entry->d_name), path;
        if (file.p[0] == '.')
            continue;
        status = arena_printf(l->a, &path, "%.*s/%.*s", STR_ARG(dir), STR_ARG(file));
        bool below = false;
        if (status == OK)
            status = os_is_dir(path, &below, NULL) == ERR_NOMEM ? ERR_NOMEM : OK;
        if (status == OK && below && depth < 32)
            status = list_into(l, path, depth + 1);
        else if (status == OK && str_ends(file, l->suffix))
            status = l->paths.n >= LIMIT_SOURCES ? ERR_LIMIT
                     : vec_push(&l->paths, path) ? OK
                                                 : ERR_NOMEM;
    }
    closedir(d);
    return status;
}

static int path_order(const void *a, const void *b) {
    return str_cmp(*(const Str *)a, *(const Str *)b);
}

Status os_list(Str dir, Str suffix, Arena *a, Str **paths, size_t *n, Err *err) {
    while (dir.n > 1 && dir.p[dir.n - 1] == '/')
        dir.n--;
    Listing l = {.a = a, .suffix = suffix, .err = err};
    Status status = list_into(&l, dir, 0);
    if (status == OK && l.paths.n > 1)
        qsort(l.paths.at, l.paths.n, sizeof *l.paths.at,
              path_order); /* a total order: paths differ */
    *paths = new (a, Str, l.paths.n + 1);
    if (*paths == NULL)
        status = ERR_NOMEM;
    else if (l.paths.n > 0)
        memcpy(*paths, l.paths.at, l.paths.n * sizeof **paths);
    *n = l.paths.n;
    vec_free(&l.paths);
    return status == ERR_LIMIT ? err_say(err, ERR_LIMIT, "%.*s: it holds more than 10,000 files",
                                         "%.*s：其中的文件超过 10,000 个", STR_ARG(dir))
                               : status;
}

Status os_absolute(Str path, Arena *a, Str *out, Err *err) {
    char name[PATH_MAX], real[PATH_MAX];
    TRY(os_path(path, name, err));
    char *slash = strrchr(name, '/');
    const char *file = slash == NULL ? name : slash + 1;
    char dir[PATH_MAX];
    size_t n = slash == NULL ? 0 : (size_t)(slash - name);
    memcpy(dir, name, n);
    dir[n] = '\0';
    if (realpath(slash == NULL ? "." : n == 0 ? "/" : dir, real) == NULL)
        return os_fail(err, path, "its folder cannot be found", "找不到所在的文件夹");
    return arena_printf(a, out, "%s/%s", strcmp(real, "/") == 0 ? "" : real, file);
}

/* Keeps the rights of the file that it takes the place of, and writes through a link. */
Status os_write_file(Str path, Str bytes, Err *err) {
    char name[PATH_MAX], whole[PATH_MAX], beside[PATH_MAX + 8];
    struct stat was;
    TRY(os_path(path, name, err));
    bool there = realpath(name, whole) != NULL && stat(whole, &was) == 0;
    if (there && !S_ISREG(was.st_mode))
        return err_say(err, ERR_MISMATCH, "%.*s: it is no plain file", "%.*s：不是普通文件",
                       STR_ARG(path));
    if (there && access(whole, W_OK) != 0)
        return os_fail(err, path, "cannot be written", "无法写入");
    snprintf(beside, sizeof beside, "%s.part", there ? whole : name);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return os_fail(err, path, "cannot be written", "无法写入");
    OsFile f = {fd, path};
    Status status = os_write(&f, bytes, err);
    if (there && status == OK && fchmod(fd, was.st_mode & 07777) != 0)
        status = os_fail(err, path, "cannot be written", "无法写入");
    if (close(fd) != 0 && status == OK)
        status = os_fail(err, path, "cannot be written", "无法写入");
    if (status == OK && rename(beside, there ? whole : name) != 0)
        status = os_fail(err, path, "cannot be written", "无法写入");
    if (status != OK)
        unlink(beside);
    return status;
}

Status os_make_temporary(Str place, Arena *a, Str *out, Err *err) {
    char in[PATH_MAX], name[PATH_MAX];
    TRY(os_path(place.n > 0 ? place : S("/tmp"), in, err));
    int n = snprintf(name, sizeof name, "%s/remit-XXXXXX", in);
    if (n < 0 || (size_t)n >= sizeof name)
        return err_say(err, ERR_IO, "%s: its path is too long", "%s：路径太长", in);
    if (mkdtemp(name) == NULL)
        return os_fail(err, str_of(name), "a folder cannot be made", "无法建立文件夹");
    return arena_str(a, str_of(name), out);
}

Status os_make_folder(Str path, Err *err) {
    char name[PATH_MAX];
    TRY(os_path(path, name, err));
    return mkdir(name, 0777) == 0 ? OK
                                  : os_fail(err, path, "a folder cannot be made", "无法建立文件夹");
}

Str os_folder_of(Str path) {
    size_t n = path.n;
    while (n > 1 && path.p[n - 1] == '/')
        n--;
    while (n > 0 && path.p[n - 1] != '/')
        n--;
    while (n > 1 && path.p[n - 1] == '/')
        n--;
    return n == 0 ? S(".") : str_upto(path, n);
}

static Status sync_folder(Str path, Err *err) {
    char name[PATH_MAX];
    TRY(os_path(path, name, err));
    int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    Status status =
        fd >= 0 && fsync(fd) == 0 ? OK : os_fail(err, path, "cannot be put on disk", "无法落盘");
    if (fd >= 0)
        close(fd);
    return status;
}

static Status taken(Err *err, Str path) {
    return err_say(err, ERR_STATE, "%.*s: something stands there already; it is left as it is",
                   "%.*s：那里已有内容，保持不动", STR_ARG(path));
}

Status os_name_file(Str from, Str to, Err *err) {
    char a[PATH_MAX], b[PATH_MAX];
    TRY(os_path(from, a, err));
    TRY(os_path(to, b, err));
    if (link(a, b) != 0)
        return errno == EEXIST ? taken(err, to) : os_fail(err, to, "cannot be made", "无法创建");
    if (unlink(a) != 0)
        return os_fail(err, from, "cannot be removed", "无法删除");
    return sync_folder(os_folder_of(to), err);
}

Status os_name_folder(Str from, Str to, Err *err) {
    char a[PATH_MAX], b[PATH_MAX];
    TRY(os_path(from, a, err));
    TRY(os_path(to, b, err));
    if (rename(a, b) != 0)
        return errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR
                   ? taken(err, to)
                   : os_fail(err, to, "cannot be made", "无法创建");
    return sync_folder(os_folder_of(to), err);
}

Status os_sync(OsFile *f, Err *err) {
    return fsync(f->fd) == 0 ? OK : os_fail(err, f->path, "cannot be put on disk", "无法落盘");
}

Status os_remove_folder(Str dir, Err *err) {
    char name[PATH_MAX];
    TRY(os_path(dir, name, err));
    DIR *d = opendir(name);
    if (d == NULL)
        return errno == ENOENT ? OK : os_fail(err, dir, "cannot be read", "无法读取");
    Status status = OK;
    for (struct dirent *entry; status == OK && (entry = readdir(d)) != NULL;) {
        bool self = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        if (!self && unlinkat(dirfd(d), entry->d_name, 0) != 0 && errno != ENOENT)
            status = os_fail(err, dir, "cannot be emptied", "无法清空");
    }
    closedir(d);
    if (status == OK && rmdir(name) != 0 && errno != ENOENT)
        status = os_fail(err, dir, "cannot be removed", "无法删除");
    return status;
}

Status os_create_file(Str path, Str bytes, bool secret, Err *err) {
    char name[PATH_MAX];
    TRY(os_path(path, name, err));
    OsFile f = {open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, secret ? 0600 : 0666), path};
    if (f.fd < 0 && errno == EEXIST)
        return err_say(err, ERR_STATE, "%.*s: there is such a file; it is left as it is",
                       "%.*s：已有这个文件，保持不动", STR_ARG(path));
    if (f.fd < 0)
        return os_fail(err, path, "cannot be made", "无法创建");
    Status status = os_write(&f, bytes, err);
    if (status == OK && fsync(f.fd) != 0)
        status = os_fail(err, path, "cannot be written", "无法写入");
    os_close(&f);
    if (status != OK)
        unlink(name);
    return status;
}

Status os_lock(OsFile *f, Err *err) {
    int r;
    do
        r = flock(f->fd, LOCK_EX);
    while (r != 0 && errno == EINTR);
    return r == 0 ? OK : os_fail(err, f->path, "cannot be locked", "无法加锁");
}

/* A crash of the child is its end and no more: no message of a handler, no core. */
static void crash_quietly(void) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        (void)signal(signals[i], SIG_DFL);
}

Status os_apart(void (*work)(void *ctx, void *result), void *ctx, void *result, size_t n,
                uint64_t seconds, OsEnd *how, Err *err) {
    void *shared = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return ERR_NOMEM;
    pid_t child = fork();
    if (child == 0) {
        struct rlimit time = {seconds, seconds + 1};
        crash_quietly();
        (void)signal(SIGXCPU, SIG_DFL);
        if (setrlimit(RLIMIT_CPU, &time) != 0)
            _exit(1);
        work(ctx, shared);
        _exit(0);
    }
    int end = 0;
    pid_t ended = -1;
    while (child > 0 && (ended = waitpid(child, &end, 0)) < 0 && errno == EINTR)
        ;
    Status status =
        ended > 0 ? OK : err_say(err, ERR_IO, "a process: %s", "进程：%s", strerror(errno));
    bool late = WIFSIGNALED(end) && (WTERMSIG(end) == SIGXCPU || WTERMSIG(end) == SIGKILL);
    bool good = WIFEXITED(end) && WEXITSTATUS(end) == 0;
    *how = good ? OS_DONE : late ? OS_ENDLESS : OS_CRASHED;
    memcpy(result, shared, n);
    munmap(shared, n);
    return status;
}
