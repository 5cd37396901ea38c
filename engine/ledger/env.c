/* ledger: the LMDB environment. */
#include "engine/ledger/env.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "engine/base/check.h"
#include "engine/base/ckd.h"

enum { FILE_STEP = 1 << 20, LOCK_LINE = 64 };
#define MAP_LEAST ((size_t)16 << 30)
static const char lock_made[] = "a ledger was made here\n";

/* ---- errors ---- */

#ifdef REMIT_TESTING
static _Thread_local uint64_t env_failing;

void led_fail_at(uint64_t k) {
    env_failing = k;
}

static bool env_fails(void) {
    return env_failing != 0 && --env_failing == 0;
}

static _Thread_local size_t env_map;

void led_test_map(size_t bytes) {
    env_map = bytes;
}

static size_t map_bytes(size_t bytes) {
    return env_map != 0 ? env_map : bytes;
}
#else
static size_t map_bytes(size_t bytes) {
    return bytes;
}

static bool env_fails(void) {
    return false;
}
#endif

static Status code_status(int code) {
    switch (code) {
    case ENOMEM:
        return ERR_NOMEM;
    case MDB_MAP_FULL:
    case ENOSPC:
    case EDQUOT:
        return ERR_FULL;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_BAD_VALSIZE:
    case MDB_INCOMPATIBLE:
        return ERR_DAMAGED;
    case MDB_VERSION_MISMATCH:
        return ERR_VERSION;
    default:
        return ERR_IO;
    }
}

static Status failed(Err *err, int code, const char *what) {
    Status status = code_status(code);
    *err = (Err){0};
    return status == ERR_DAMAGED ? err_say(err, status, "the ledger is damaged: cannot %s: %s",
                                           "账本已损坏（%s）：%s", what, mdb_strerror(code))
                                 : err_say(err, status, "cannot %s: %s", "账本读写失败（%s）：%s",
                                           what, mdb_strerror(code));
}

static Status read_failed(EnvTxn *t, int code) {
    return failed(&t->err, code, "read the ledger");
}

static Status write_failed(Env *v, int code, const char *what) {
    v->map_full = code == MDB_MAP_FULL;
    return failed(&v->writer.err, code, what);
}

static MDB_val val_of(Str s) {
    return (MDB_val){s.n, (void *)(uintptr_t)s.p}; /* LMDB does not write through it */
}

static Str str_val(MDB_val v) {
    return (Str){v.mv_data, v.mv_size};
}

/* ---- what stands behind each value ---- */

enum { SUM_BYTES = 4, SUM_LANES = 4 };

static uint64_t sum_mix(uint64_t h, uint64_t word) {
    h = (h ^ word) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 32;
}

static uint64_t sum_word(const char *p, size_t n) {
    uint64_t word = 0;
    memcpy(&word, p, n);
    return word;
}

static uint64_t sum_add(uint64_t h, Str s) {
    uint64_t lane[SUM_LANES] = {h, h + 1, h + 2, h + 3};
    for (; s.n >= 8 * SUM_LANES; s = str_from(s, 8 * SUM_LANES))
        for (size_t i = 0; i < SUM_LANES; i++)
            lane[i] = sum_mix(lane[i], sum_word(s.p + 8 * i, 8));
    for (size_t i = 0; i < SUM_LANES; i++)
        h = sum_mix(h, lane[i]);
    for (; s.n >= 8; s = str_from(s, 8))
        h = sum_mix(h, sum_word(s.p, 8));
    return s.n == 0 ? h : sum_mix(h, sum_word(s.p, s.n));
}

/* LMDB knows nothing of what became of a page on disk: this tells a value from another one. Each
 * step keeps different words different, so that only chance, one in 2^32, hides a change. */
static uint32_t value_sum(EnvDb db, Str key, Str value) {
    uint64_t h = sum_mix((uint64_t)db + 1, (uint64_t)key.n << 32 | value.n);
    return (uint32_t)sum_mix(sum_add(sum_add(h, key), value), 0);
}

/* The value that stands in front of its sum. */
static Status value_of_sum(EnvTxn *t, EnvDb db, Str key, MDB_val d, Str *value) {
    Str all = str_val(d);
    if (all.n >= SUM_BYTES) {
        *value = str_upto(all, all.n - SUM_BYTES);
        if (sum_word(all.p + value->n, SUM_BYTES) == value_sum(db, key, *value))
            return OK;
    }
    t->err = (Err){0};
    return err_say(&t->err, ERR_DAMAGED, "the ledger is damaged: a value is not what was written",
                   "账本已损坏：有的值与写入时不同");
}

static int value_put(MDB_cursor *at, EnvDb db, Str key, Str value, unsigned flags) {
    uint32_t sum = value_sum(db, key, value);
    MDB_val k = val_of(key), d = {.mv_size = value.n + SUM_BYTES};
    int code = mdb_cursor_put(at, &k, &d, flags | MDB_RESERVE);
    if (code != 0)
        return code;
    if (value.n > 0)
        memcpy(d.mv_data, value.p, value.n);
    memcpy((char *)d.mv_data + value.n, &sum, SUM_BYTES);
    return 0;
}

/* ---- opening ---- */

static Status path_of(Env *v, Str dir, const char *file, const char **out) {
    Str path;
    TRY(arena_printf(&v->paths, &path, "%.*s%s%s", (int)dir.n, dir.p, *file == '\0' ? "" : "/",
                     file));
    *out = path.p;
    return OK;
}

static Status dir_make(const char *dir, Err *err) {
    if (mkdir(dir, 0777) == 0 || errno == EEXIST)
        return OK;
    return err_say(err, ERR_IO, "cannot make %s: %s", "无法建立 %s：%s", dir, strerror(errno));
}

/* What the lock file's first line says of the process that holds it. */
static Status locked(int fd, const char *path, Err *err) {
    char line[LOCK_LINE];
    ssize_t n = pread(fd, line, sizeof line - 1, 0);
    long pid = 0;
    for (ssize_t i = 0; i < n && line[i] >= '0' && line[i] <= '9' && pid < LONG_MAX / 10 - 1; i++)
        pid = pid * 10 + (line[i] - '0');
    if (pid > 0)
        return err_say(err, ERR_LOCKED, "%s: process %ld is writing this ledger",
                       "%s：进程 %ld 正在写这个账本", path, pid);
    return err_say(err, ERR_LOCKED, "%s: another process is writing this ledger",
                   "%s：另一进程正在写这个账本", path);
}

/* The lock file has the pid of its last writer, then, once there is a ledger, lock_made. */
static Status lock_write(int fd, const char *path, const char *made, Err *err) {
    char line[LOCK_LINE];
    int n = snprintf(line, sizeof line, "%-10ld\n%s", (long)getpid(), made);
    if (n < 0 || pwrite(fd, line, (size_t)n, 0) != n)
        return err_say(err, ERR_IO, "cannot write %s: %s", "无法写入 %s：%s", path,
                       strerror(errno));
    return OK;
}

static bool lock_says_made(int fd) {
    char line[LOCK_LINE];
    ssize_t n = pread(fd, line, sizeof line - 1, 0);
    line[n < 0 ? 0 : n] = '\0';
    return strstr(line, lock_made) != NULL;
}

static Status lock_take(Env *v, const char *path, Err *err) {
    v->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (v->lock < 0)
        return err_say(err, ERR_IO, "cannot open %s: %s", "无法打开 %s：%s", path, strerror(errno));
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(v->lock, F_OFD_SETLK, &whole) != 0) {
        if (errno == EAGAIN || errno == EACCES)
            return locked(v->lock, path, err);
        return err_say(err, ERR_IO, "cannot lock %s: %s", "无法锁定 %s：%s", path, strerror(errno));
    }
    return lock_write(v->lock, path, lock_says_made(v->lock) ? lock_made : "", err);
}

static Status map_open(Env *v, const LedOptions *opt, const char *dir, const char *data, Err *err) {
    struct stat st = {0};
    int code = stat(data, &st) == 0 || errno == ENOENT ? mdb_env_create(&v->env) : errno;
    size_t map = (size_t)st.st_size * 4 < MAP_LEAST ? MAP_LEAST : (size_t)st.st_size * 4;
    v->file_bytes = (uint64_t)st.st_size;
    if (code == 0)
        code = mdb_env_set_maxdbs(v->env, DB_COUNT);
    if (code == 0)
        code = mdb_env_set_mapsize(v->env, map_bytes(map));
    unsigned flags =
        MDB_NOTLS | (opt->read_only ? MDB_RDONLY : 0) | (opt->no_sync ? MDB_NOSYNC : 0);
    if (code == 0)
        code = mdb_env_open(v->env, dir, flags, 0666);
    int dead;
    if (code == 0)
        code = mdb_reader_check(v->env, &dead);
    if (code != 0)
        return err_say(err, code_status(code), "cannot open %s: %s", "无法打开 %s：%s", data,
                       mdb_strerror(code));
    v->open = true;
    return OK;
}

/* Checks the pages of a snapshot, which a reader's transaction keeps as they are meanwhile. */
static Status pages_check(Env *v, const char *data, Err *err) {
    enum { TRIES = 100 };
    bool changed = true;
    for (int i = 0; i < TRIES && changed; i++) {
        MDB_txn *txn;
        int code = mdb_txn_begin(v->env, NULL, MDB_RDONLY, &txn);
        if (code != 0)
            return err_say(err, code_status(code), "cannot read %s: %s", "无法读取 %s：%s", data,
                           mdb_strerror(code));
        Status status = env_check(data, mdb_txn_id(txn), &changed, err);
        mdb_txn_abort(txn);
        TRY(status);
    }
    return OK; /* a writer is at work too fast to be looked at */
}

/* *empty: nothing was ever written to it. Without all of our databases it is not a ledger's. */
static Status dbs_open(Env *v, const char *data, bool *empty, Err *err) {
    static const char *const names[DB_COUNT] = {
#define DB(id, name) name,
#include "engine/ledger/db.def"
    };
    MDB_stat st;
    int code = mdb_env_stat(v->env, &st);
    *empty = code == 0 && st.ms_entries == 0;
    if (*empty)
        return OK;
    MDB_txn *txn = NULL;
    if (code == 0)
        code = mdb_txn_begin(v->env, NULL, MDB_RDONLY, &txn);
    bool some = false;
    for (size_t i = 0; i < DB_COUNT && txn != NULL; i++) {
        int one = mdb_dbi_open(txn, names[i], 0, &v->db[i]);
        some = some || one == 0;
        code = code == 0 ? one : code;
    }
    if (code == 0)
        code = mdb_txn_commit(txn); /* keeps the handles */
    else if (txn != NULL)
        mdb_txn_abort(txn);
    if (some && code == MDB_NOTFOUND)
        return err_say(err, ERR_DAMAGED, "%s is damaged: one of its databases is gone",
                       "%s 已损坏：缺了一个数据库", data);
    if (code == MDB_NOTFOUND || code == MDB_INCOMPATIBLE)
        return err_say(err, ERR_MISMATCH, "%s is not a ledger's", "%s 不属于账本", data);
    if (code != 0)
        return err_say(err, code_status(code), "cannot read %s: %s", "无法读取 %s：%s", data,
                       mdb_strerror(code));
    return OK;
}

static Status env_open_in(Env *v, const LedOptions *opt, bool *empty, Err *err) {
    const char *dir, *lock, *data;
    if (memchr(opt->dir.p, '\0', opt->dir.n) != NULL || opt->dir.n > 4000)
        return err_say(err, ERR_NOTFOUND, "not a directory's name", "这不是文件夹的名称");
    TRY(path_of(v, opt->dir, "", &dir));
    TRY(path_of(v, opt->dir, "lock", &lock));
    TRY(path_of(v, opt->dir, "data.mdb", &data));
    bool create = opt->create && !opt->read_only;
    if (create)
        TRY(dir_make(dir, err));
    bool no_byte = false;
    Status status = env_probe(data, &no_byte, err);
    if (status == ERR_NOTFOUND && !create)
        return err_say(err, ERR_NOTFOUND, "there is no ledger in %s", "%s 中没有账本", dir);
    if (status != OK && status != ERR_NOTFOUND)
        return status;
    if (!opt->read_only)
        TRY(lock_take(v, lock, err));
    bool gone = status == ERR_NOTFOUND || no_byte;
    if (gone && (!create || lock_says_made(v->lock)))
        return err_say(err, ERR_DAMAGED, "%s is missing or empty", "%s 不存在或为空", data);
    TRY(map_open(v, opt, dir, data, err));
    TRY(pages_check(v, data, err));
    return dbs_open(v, data, empty, err);
}

Status env_open(Env *v, const LedOptions *opt, bool *empty, Err *err) {
    *v = (Env){.lock = -1};
    Status status = env_open_in(v, opt, empty, err);
    if (status == OK)
        return OK;
    env_close(v);
    return err_because(err, status, "cannot open the ledger", "无法打开账本", NULL);
}

void env_close(Env *v) {
    if (v->writer.txn != NULL)
        env_abort(v);
    if (v->reader.txn != NULL)
        mdb_txn_abort(v->reader.txn);
    if (v->env != NULL)
        mdb_env_close(v->env);
    if (v->lock >= 0)
        close(v->lock);
    arena_free(&v->paths);
    v->env = NULL;
    v->reader.txn = NULL;
    v->open = v->reading = false;
    v->lock = -1;
}

Status env_make(Env *v) {
    static const char *const names[DB_COUNT] = {
#define DB(id, name) name,
#include "engine/ledger/db.def"
    };
    TRY(env_begin(v));
    for (size_t i = 0; i < DB_COUNT; i++) {
        int code = env_fails() ? EIO : mdb_dbi_open(v->writer.txn, names[i], MDB_CREATE, &v->db[i]);
        if (code != 0) {
            env_abort(v);
            return write_failed(v, code, "make the ledger's databases");
        }
    }
    return OK;
}

static int sync_dir(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int code = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return code;
}

Status env_made(Env *v, Str dir, Err *err) {
    const char *path, *parent;
    TRY(path_of(v, dir, "", &path));
    TRY(path_of(v, dir, "..", &parent));
    int code = sync_dir(path);
    if (code == 0)
        code = sync_dir(parent);
    if (code != 0)
        return err_say(err, code_status(code), "cannot sync %s: %s", "无法同步 %s：%s", path,
                       strerror(code));
    return lock_write(v->lock, path, lock_made, err);
}

/* ---- reading ---- */

static int read_begin(Env *v) {
    return v->reader.txn == NULL ? mdb_txn_begin(v->env, NULL, MDB_RDONLY, &v->reader.txn)
                                 : mdb_txn_renew(v->reader.txn);
}

Status env_read(Env *v) {
    if (v->reading)
        return OK;
    v->reader.db = v->db;
    int code = read_begin(v);
    if (code == MDB_MAP_RESIZED) { /* the writer made its map greater */
        code = mdb_env_set_mapsize(v->env, 0);
        if (code == 0)
            code = read_begin(v);
    }
    if (code != 0)
        return read_failed(&v->reader, code);
    v->reading = true;
    v->snapshot++;
    return OK;
}

void env_renew(Env *v) {
    if (v->reading)
        mdb_txn_reset(v->reader.txn);
    v->reading = false;
}

Status env_get(EnvTxn *t, EnvDb db, Str key, Str *value, bool *found) {
    MDB_val k = val_of(key), d;
    int code = mdb_get(t->txn, t->db[db], &k, &d);
    *found = code == 0;
    if (code == 0)
        return value_of_sum(t, db, key, d, value);
    return code == MDB_NOTFOUND ? OK : read_failed(t, code);
}

Status env_cursor(EnvTxn *t, EnvDb db, MDB_cursor **out) {
    int code = mdb_cursor_open(t->txn, t->db[db], out);
    return code == 0 ? OK : read_failed(t, code);
}

/* The databases are opened in order, so that their handles are, too. */
static EnvDb db_of(const EnvTxn *t, MDB_dbi dbi) {
    ASSERT(dbi >= t->db[0] && dbi - t->db[0] < DB_COUNT && t->db[dbi - t->db[0]] == dbi);
    return (EnvDb)(dbi - t->db[0]);
}

Status env_move(EnvTxn *t, MDB_cursor *at, MDB_cursor_op op, Str *key, Str *value, bool *found) {
    MDB_val k = val_of(*key), d;
    int code = mdb_cursor_get(at, &k, &d, op);
    *found = code == 0;
    if (code != 0)
        return code == MDB_NOTFOUND ? OK : read_failed(t, code);
    *key = str_val(k);
    return value_of_sum(t, db_of(t, mdb_cursor_dbi(at)), *key, d, value);
}

Status env_cursor_here(Env *v, EnvDb db, MDB_cursor **at, uint64_t *of) {
    int code = 0;
    if (*at == NULL)
        code = mdb_cursor_open(v->reader.txn, v->db[db], at);
    else if (*of != v->snapshot)
        code = mdb_cursor_renew(v->reader.txn, *at);
    *of = v->snapshot;
    return code == 0 ? OK : read_failed(&v->reader, code);
}

/* ---- writing ---- */

Status env_begin(Env *v) {
    v->map_full = false;
    v->writer.db = v->db;
    int code = mdb_txn_begin(v->env, NULL, 0, &v->writer.txn);
    if (code != 0)
        v->writer.txn = NULL;
    return code == 0 ? OK : write_failed(v, code, "write the ledger");
}

Status env_write_cursor(Env *v, EnvDb db, MDB_cursor **out) {
    if (v->cursor[db] == NULL) {
        int code = mdb_cursor_open(v->writer.txn, v->db[db], &v->cursor[db]);
        if (code != 0)
            return write_failed(v, code, "write the ledger");
    }
    *out = v->cursor[db];
    return OK;
}

Status env_put(Env *v, EnvDb db, Str key, Str value, bool append) {
    MDB_cursor *at = NULL;
    TRY(env_write_cursor(v, db, &at));
    int code = env_fails() ? EIO : value_put(at, db, key, value, append ? MDB_APPEND : 0);
    return code == 0 ? OK : write_failed(v, code, "write the ledger");
}

Status env_del(Env *v, EnvDb db, Str key) {
    MDB_cursor *at = NULL;
    TRY(env_write_cursor(v, db, &at));
    MDB_val k = val_of(key), d;
    int code = mdb_cursor_get(at, &k, &d, MDB_SET);
    if (code == MDB_NOTFOUND)
        return OK;
    return code == 0 ? env_del_at(v, at) : write_failed(v, code, "read the ledger");
}

Status env_del_at(Env *v, MDB_cursor *at) {
    int code = env_fails() ? EIO : mdb_cursor_del(at, 0);
    return code == 0 ? OK : write_failed(v, code, "write the ledger");
}

Status env_drop(Env *v, EnvDb db) {
    int code = env_fails() ? EIO : mdb_drop(v->writer.txn, v->db[db], 0);
    return code == 0 ? OK : write_failed(v, code, "write the ledger");
}

/* LMDB's write cursors end with their transaction. */
static void write_ended(Env *v) {
    v->writer.txn = NULL;
    for (size_t i = 0; i < DB_COUNT; i++)
        v->cursor[i] = NULL;
}

/* Keeps data.mdb as long as the pages that it is said to have, though LMDB does not write free ones
 * at its end: only a cut file shall look cut. If that fails, env_probe finds another way. */
static void file_extend(Env *v) {
    MDB_envinfo info;
    MDB_stat st;
    int fd;
    if (mdb_env_info(v->env, &info) != 0 || mdb_env_stat(v->env, &st) != 0 ||
        mdb_env_get_fd(v->env, &fd) != 0)
        return;
    uint64_t need = ((uint64_t)info.me_last_pgno + 1) * st.ms_psize;
    if (need <= v->file_bytes)
        return;
    struct stat file;
    if (fstat(fd, &file) == 0 && (uint64_t)file.st_size < need && ftruncate(fd, (off_t)need) != 0)
        return;
    v->file_bytes = need;
}

enum { DISK_FULL_BELOW = 64 << 10 }; /* bytes that are left when a write of pages was cut short */

/* LMDB answers EIO when a write was cut short, which is how a disk gets full. */
static int commit_code(Env *v, int code) {
    int fd;
    struct statvfs disk;
    if (code != EIO || mdb_env_get_fd(v->env, &fd) != 0 || fstatvfs(fd, &disk) != 0)
        return code;
    uint64_t room = DISK_FULL_BELOW / (disk.f_frsize == 0 ? 1 : (uint64_t)disk.f_frsize);
    return (uint64_t)disk.f_bavail <= room ? ENOSPC : code;
}

Status env_commit(Env *v) {
    if (env_fails()) {
        env_abort(v);
        return write_failed(v, EIO, "commit");
    }
    int code = commit_code(v, mdb_txn_commit(v->writer.txn));
    write_ended(v);
    if (code != 0)
        return write_failed(v, code, "commit");
    file_extend(v);
    return OK;
}

void env_abort(Env *v) {
    if (v->writer.txn != NULL)
        mdb_txn_abort(v->writer.txn);
    write_ended(v);
}

Status env_grow(Env *v) {
    MDB_envinfo info;
    size_t size;
    int code = mdb_env_info(v->env, &info);
    env_renew(v);
    if (code == 0)
        code = ckd_mul(&size, info.me_mapsize, 2) ? ENOMEM : mdb_env_set_mapsize(v->env, size);
    return code == 0 ? OK : write_failed(v, code, "make the ledger's map greater");
}
