/* audit: backups: a copy of one snapshot, made beside its place, read again, then named. */
#include "engine/audit/backup.h"

#include <string.h>

#include "engine/audit/apart.h"
#include "engine/audit/doctor.h"
#include "engine/audit/replay.h"
#include "engine/audit/verify.h"
#include "engine/base/base64.h"
#include "engine/base/hex.h"
#include "engine/base/json.h"

enum { READ_S_PER_MB = 2, REBUILD_S_PER_MB = 30, COPY_BYTES = 1 << 16 };

/* ---- what stands in a folder, read apart */

typedef struct Look {
    Status status;
    Err err;
    LedCopy is;
    bool ended;
} Look;

typedef struct LookTask {
    Str dir;
    bool adopt;
} LookTask;

static Status look_in(const LookTask *task, Look *look) {
    Ledger *l = NULL;
    LedOptions opt = {.dir = task->dir, .read_only = true};
    if (task->adopt)
        TRY(led_adopt(task->dir, &look->err));
    TRY(led_open(&opt, &l, &look->err));
    Status status = led_digest(l, look->is.digest, &look->err);
    if (status == OK)
        status = led_root(l, look->is.root);
    look->is.size = led_size(l);
    led_close(l);
    return status;
}

static void look_work(void *ctx, void *result) {
    Look *look = result;
    look->status = look_in(ctx, look);
    look->ended = true;
}

static void put_line(Buf *out, bool json, Str text) {
    if (json) {
        put_text(out, S("{\"damaged\":"));
        put_json_string(out, text);
        put_text(out, S("}\n"));
        return;
    }
    put_text(out, text);
    put_c(out, '\n');
}

/* How a process ended that read the ledger, and what it says of it. *whole: well. Errors: what is
 * no damage. */
static Status told(const BackupOptions *opt, OsEnd how, Status status, const Err *why, Buf *out,
                   bool *whole, Err *err) {
    *whole = how == OS_DONE && status == OK;
    if (how == OS_CRASHED)
        put_line(out, opt->json,
                 opt->chinese ? S("读取时崩溃：文件已损坏")
                              : S("reading it ended in a crash: it is damaged"));
    else if (how == OS_ENDLESS)
        put_line(out, opt->json,
                 opt->chinese ? S("读取没有尽头，已停止：文件已损坏")
                              : S("reading it did not end, and was stopped: it is damaged"));
    else if (status == ERR_DAMAGED || status == ERR_VERSION || status == ERR_MISMATCH ||
             status == ERR_NOTFOUND)
        put_line(out, opt->json, str_of(opt->chinese ? why->chinese : why->text));
    else if (status != OK)
        return err_as(err, status, why);
    return OK;
}

static Status look_at(const BackupOptions *opt, Str dir, bool adopt, LedCopy *is, Buf *out,
                      bool *whole, Err *err) {
    Look *look = mem_zalloc(sizeof *look);
    LookTask task = {dir, adopt};
    OsEnd how = OS_DONE;
    if (look == NULL)
        return ERR_NOMEM;
    Status status =
        ledger_apart(dir, READ_S_PER_MB, look_work, &task, look, sizeof *look, &how, err);
    if (status == OK && how == OS_DONE && !look->ended)
        how = OS_CRASHED;
    if (status == OK)
        status = told(opt, how, look->status, &look->err, out, whole, err);
    *is = look->is;
    mem_free(look);
    return status;
}

/* The journal against its tree, then the tables: every value is read. */
static Status read_again(const BackupOptions *opt, Str dir, bool adopt, LedCopy *is, Buf *out,
                         bool *whole, Err *err) {
    VerifyOptions tree = {
        .ledger = dir, .unsigned_too = true, .json = opt->json, .chinese = opt->chinese};
    Buf found = {0};
    Status status = verify(&tree, &found, whole, err);
    if (status == OK && !*whole)
        put_text(out, buf_str(&found));
    buf_free(&found);
    return status == OK && *whole ? look_at(opt, dir, adopt, is, out, whole, err) : status;
}

/* ---- what is said in the end */

static void put_contents(const BackupOptions *opt, const char *name, const char *zh, Str path,
                         uint64_t bytes, const LedCopy *is, Buf *out) {
    unsigned long long n = bytes, entries = is->size;
    if (opt->json) {
        put_fmt(out, "{\"%s\":", name);
        put_json_string(out, path);
        put_fmt(out, ",\"bytes\":%llu,\"entries\":%llu,\"root\":\"", n, entries);
    } else {
        put_fmt(out,
                opt->chinese ? "%s  %.*s\n字节  %llu\n日志  %llu 条\n根    "
                             : "%-8s %.*s\nbytes    %llu\nentries  %llu\nroot     ",
                opt->chinese ? zh : name, STR_ARG(path), n, entries);
    }
    put_base64(out, is->root, sizeof is->root);
    put_text(out, opt->json      ? S("\",\"digest\":\"")
                  : opt->chinese ? S("\n摘要  ")
                                 : S("\ndigest   "));
    put_hex(out, is->digest, sizeof is->digest);
    put_text(out, opt->json ? S("\"}\n") : S("\n"));
}

static Status bytes_of(Str path, Arena *a, uint64_t *out, Err *err) {
    OsFile f;
    TRY(os_open_read(path, a, &f, err));
    Status status = os_size(&f, out, err);
    os_close(&f);
    return status;
}

/* ---- making one */

/* A folder gets a file of the ledger's name and how many entries it has. */
static Status name_of(const BackupOptions *opt, const Ledger *l, const LedCopy *copy, Arena *a,
                      Str *path, Err *err) {
    bool folder = false;
    Err none = {0};
    *path = opt->file;
    if (os_is_dir(opt->file, &folder, &none) != OK || !folder)
        return OK;
    Status status = arena_printf(a, path, "%.*s/%.*s-%llu.backup", STR_ARG(opt->file),
                                 STR_ARG(led_name(l)), (unsigned long long)copy->size);
    return status == OK ? OK : err_status(err, status);
}

static Status place_of(const BackupOptions *opt, Arena *a, Str *temporary, Err *err) {
    bool folder = false;
    Err none = {0};
    if (os_is_dir(opt->file, &folder, &none) != OK)
        folder = false;
    return os_make_temporary(folder ? opt->file : os_folder_of(opt->file), a, temporary, err);
}

static Status same_again(const BackupOptions *opt, Str dir, const LedCopy *copy, Err *err) {
    Buf found = {0};
    LedCopy is = {0};
    bool whole = false;
    Status status = read_again(opt, dir, false, &is, &found, &whole, err);
    bool same = whole && is.size == copy->size &&
                memcmp(is.root, copy->root, sizeof is.root) == 0 &&
                memcmp(is.digest, copy->digest, sizeof is.digest) == 0;
    if (status == OK && !same)
        status = err_say(err, ERR_DAMAGED,
                         "the copy is not what the ledger is, and no backup was made: %.*s",
                         "副本与账本不符，未生成备份：%.*s", STR_ARG(buf_str(&found)));
    buf_free(&found);
    return status;
}

static Status make_in(const BackupOptions *opt, Ledger *l, Str dir, Arena *a, Buf *out, Err *err) {
    LedCopy copy = {0};
    Str data, path;
    uint64_t bytes;
    TRY(led_copy(l, dir, &copy, err));
    TRY(same_again(opt, dir, &copy, err));
    TRY(arena_printf(a, &data, "%.*s/data.mdb", STR_ARG(dir)));
    TRY(bytes_of(data, a, &bytes, err));
    TRY(name_of(opt, l, &copy, a, &path, err));
    TRY(os_name_file(data, path, err));
    put_contents(opt, "backup", "备份", path, bytes, &copy, out);
    return buf_status(out);
}

Status backup_make(const BackupOptions *opt, Buf *out, Err *err) {
    Arena a = {0};
    Ledger *l = NULL;
    Str dir = {NULL, 0};
    LedOptions led = {.dir = opt->ledger, .read_only = true};
    Status status = led_open(&led, &l, err);
    if (status == OK)
        status = place_of(opt, &a, &dir, err);
    if (status == OK) {
        status = make_in(opt, l, dir, &a, out, err);
        Status gone = os_remove_folder(dir, status == OK ? err : NULL);
        status = status == OK ? gone : status;
    }
    led_close(l);
    arena_free(&a);
    return status;
}

/* ---- bringing one back */

static Status copy_bytes(OsFile *from, OsFile *to, Err *err) {
    char *room = mem_alloc(COPY_BYTES);
    size_t got = 1;
    Status status = room == NULL ? ERR_NOMEM : OK;
    while (status == OK && got > 0) {
        status = os_read(from, room, COPY_BYTES, &got, err);
        if (status == OK && got > 0)
            status = os_write(to, (Str){room, got}, err);
    }
    mem_free(room);
    return status == OK ? os_sync(to, err) : status;
}

static Status copy_file(Str from, Str to, Arena *a, Err *err) {
    OsFile in, out;
    TRY(os_open_read(from, a, &in, err));
    Status status = os_open_write(to, a, &out, err);
    if (status == OK) {
        status = copy_bytes(&in, &out, err);
        os_close(&out);
    }
    os_close(&in);
    return status;
}

typedef struct Rebuild {
    Str from, to;
} Rebuild;

typedef struct Rebuilt {
    Status status;
    Err err;
    bool ended;
} Rebuilt;

static Status nothing_more(void *ctx, Record *fresh, Err *err) {
    (void)ctx, (void)fresh, (void)err;
    return OK;
}

static Status keep_one(void *ctx, Str key, Str value, bool *stop) {
    *stop = false;
    return led_put(ctx, LED_FEED, key, value);
}

/* Which files of effects are kept and how far inputs were read follows from no entry. */
static Status feeds_kept(Record *from, Str to, Err *err) {
    Ledger *l = NULL;
    LedOptions opt = {.dir = to};
    Arena row = {0};
    TRY(led_open(&opt, &l, err));
    Status status = record_walk(from, LED_FEED, &row, keep_one, l);
    if (status == OK)
        status = led_commit(l, err);
    led_close(l);
    arena_free(&row);
    return status;
}

static Status rebuild_in(const Rebuild *task, Rebuilt *out) {
    Record from;
    ReplayResult result = {0};
    ReplayOptions opt = {.dir = task->to, .sync = true, .compare = true};
    Err *err = &out->err;
    Status status = record_open(&from, task->from, err);
    if (status == OK)
        status = replay_then(&from, &opt, &result, nothing_more, NULL, err);
    if (status == OK && result.differs)
        status = err_say(err, ERR_DAMAGED,
                         "its journal cannot be followed: what is replayed differs at entry %llu",
                         "日志无法重新运行：从第 %llu 条起不同", (unsigned long long)result.at);
    if (status == OK)
        status = feeds_kept(&from, task->to, err);
    arena_free(&result.arena);
    record_close(&from);
    return status;
}

static void rebuild_work(void *ctx, void *result) {
    Rebuilt *r = result;
    r->status = rebuild_in(ctx, r);
    r->ended = true;
}

static Status rebuild(const BackupOptions *opt, Str from, Str to, Buf *out, bool *whole, Err *err) {
    Rebuilt *r = mem_zalloc(sizeof *r);
    Rebuild task = {from, to};
    OsEnd how = OS_DONE;
    if (r == NULL)
        return ERR_NOMEM;
    Status status =
        ledger_apart(from, REBUILD_S_PER_MB, rebuild_work, &task, r, sizeof *r, &how, err);
    if (status == OK && how == OS_DONE && !r->ended)
        how = OS_CRASHED;
    if (status == OK)
        status = told(opt, how, r->status, &r->err, out, whole, err);
    mem_free(r);
    return status;
}

/* The folders in which a ledger is put together. */
typedef struct Yard {
    Str all, ledger, rebuilt, data;
} Yard;

static Status yard_make(const BackupOptions *opt, Arena *a, Yard *y, Err *err) {
    TRY(os_make_temporary(os_folder_of(opt->ledger), a, &y->all, err));
    TRY(arena_printf(a, &y->ledger, "%.*s/ledger", STR_ARG(y->all)));
    TRY(arena_printf(a, &y->rebuilt, "%.*s/rebuilt", STR_ARG(y->all)));
    TRY(arena_printf(a, &y->data, "%.*s/data.mdb", STR_ARG(y->ledger)));
    return os_make_folder(y->ledger, err);
}

static Status yard_clear(const Yard *y, Err *err) {
    if (y->all.n == 0)
        return OK;
    if (y->data.n > 0) {
        TRY(os_remove_folder(y->ledger, err));
        TRY(os_remove_folder(y->rebuilt, err));
    }
    return os_remove_folder(y->all, err);
}

/* What was read stands elsewhere than what the caller knows: names that instead. */
static Status named_as(Buf *text, Str inside, Str as) {
    Buf named = {0};
    Str rest = buf_str(text);
    while (rest.n >= inside.n && inside.n > 0) {
        bool here = str_starts(rest, inside);
        put_text(&named, here ? as : str_upto(rest, 1));
        rest = str_from(rest, here ? inside.n : 1);
    }
    put_text(&named, rest);
    buf_reset(text);
    put_text(text, buf_str(&named));
    Status status = buf_status(&named);
    buf_free(&named);
    return status == OK ? buf_status(text) : status;
}

/* The backup's name for what was read in the yard. */
static Status restored_as(Buf *out, const Yard *y, const BackupOptions *opt) {
    TRY(named_as(out, y->data, opt->file));
    return named_as(out, y->ledger, opt->file);
}

static Status restore_in(const BackupOptions *opt, const Yard *y, Arena *a, Buf *out, bool *whole,
                         Err *err) {
    LedCopy is = {0};
    Str from = opt->folder ? opt->file : y->ledger, data;
    Str ready = opt->rebuild ? y->rebuilt : from;
    uint64_t bytes;
    if (!opt->folder)
        TRY(copy_file(opt->file, y->data, a, err));
    if (opt->rebuild) {
        TRY(rebuild(opt, from, ready, out, whole, err));
        if (!*whole)
            return restored_as(out, y, opt);
    }
    TRY(read_again(opt, ready, true, &is, out, whole, err));
    if (*whole && !opt->quick)
        TRY(doctor_look(ready, opt->json, opt->chinese, out, whole, err));
    if (!*whole)
        return restored_as(out, y, opt);
    TRY(arena_printf(a, &data, "%.*s/data.mdb", STR_ARG(ready)));
    TRY(bytes_of(data, a, &bytes, err));
    TRY(os_name_folder(ready, opt->ledger, err));
    put_contents(opt, "ledger", "账本", opt->ledger, bytes, &is, out);
    return buf_status(out);
}

Status backup_restore(const BackupOptions *opt, Buf *out, bool *whole, Err *err) {
    Arena a = {0};
    Yard yard = {0};
    bool there = false;
    Err none = {0};
    *whole = false;
    Str lock;
    Status status = arena_printf(&a, &lock, "%.*s/data.mdb", STR_ARG(opt->ledger));
    if (status == OK && os_is_dir(opt->ledger, &there, &none) == OK && there &&
        os_can_read(lock, &none) == OK)
        status = err_say(err, ERR_STATE, "%.*s: a ledger stands there already",
                         "%.*s：那里已经有账本", STR_ARG(opt->ledger));
    if (status == OK && !opt->folder)
        status = os_can_read(opt->file, err);
    if (status == OK)
        status = yard_make(opt, &a, &yard, err);
    if (status == OK)
        status = restore_in(opt, &yard, &a, out, whole, err);
    Status gone = yard_clear(&yard, status == OK ? err : NULL);
    arena_free(&a);
    return status == OK ? gone : status;
}
