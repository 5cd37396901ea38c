/* audit: a ledger looked through. */
#include "engine/audit/doctor.h"

#include "engine/audit/apart.h"
#include "engine/audit/replay.h"
#include "engine/audit/verify.h"
#include "engine/base/json.h"
#include "engine/run/inspect.h"

enum { LOOK_S_PER_MB = 10, REPLAY_S_PER_MB = 40, DIFFERENCE = 1000 };

typedef struct Look {
    const DoctorOptions *opt;
} Look;

/* What comes out of the process that reads. */
typedef struct Looked {
    Status status;
    Err err;
    Faults faults;
    bool ended, differs, digests_differ;
    char difference[DIFFERENCE];
} Looked;

static Status policy_of(Ledger *l, Arena *a, Bundle **b, Str *bytes, Err *err) {
    Str held;
    bool found;
    TRY(led_find(l, LED_POLICY, S("0"), &held, &found));
    if (!found && led_size(l) == 0)
        return OK; /* nothing was ever run against it */
    if (!found)
        return err_say(err, ERR_DAMAGED, "the ledger's policy is missing", "账本里没有政策");
    TRY(arena_str(a, held, bytes));
    return bundle_take(*bytes, a, b, err);
}

static Status inspect_in(Str dir, Arena *a, Faults *out, Err *err) {
    Ledger *l;
    Bundle *b = NULL;
    Str bytes;
    LedOptions opt = {.dir = dir, .read_only = true};
    TRY(led_open(&opt, &l, err));
    Status status = led_hold(l);
    if (status == OK)
        status = policy_of(l, a, &b, &bytes, err);
    if (status == OK && b != NULL)
        status = inspect(l, b, bytes, out, err);
    if (status != OK && err->code != status)
        (void)err_as(err, status, led_error(l));
    led_close(l);
    return status;
}

static Status replay_in(const DoctorOptions *opt, Looked *out, Err *err) {
    Record from;
    ReplayResult result = {0};
    ReplayOptions how = {.place = opt->place};
    Buf words = {0};
    Status status = record_open(&from, opt->ledger, err);
    if (status == OK)
        status = replay_compared(&from, &how, &result, err);
    record_close(&from);
    out->differs = status == OK && result.differs;
    out->digests_differ = status == OK && !result.differs && !result.same;
    if (out->differs)
        put_difference(&words, &result, false, opt->chinese);
    for (size_t i = 0; i < words.n && i + 1 < DIFFERENCE; i++)
        out->difference[i] = words.p[i] == '\n' && i + 1 < words.n ? ';' : words.p[i];
    for (size_t i = words.n < DIFFERENCE ? words.n : 0; i > 0 && words.p[i - 1] == '\n'; i--)
        out->difference[i - 1] = '\0';
    buf_free(&words);
    arena_free(&result.arena);
    return status;
}

static void look_work(void *ctx, void *result) {
    const Look *look = ctx;
    Looked *r = result;
    Arena a = {0};
    r->status = inspect_in(look->opt->ledger, &a, &r->faults, &r->err);
    if (r->status == OK && look->opt->replay && r->faults.entries > 0)
        r->status = replay_in(look->opt, r, &r->err);
    arena_free(&a);
    r->ended = true;
}

/* ---- telling */

/* What stopped the look at the journal stops that at the tables, too: it is said once. */
static void put_one(Buf *out, bool json, const char *name, Str text) {
    if (str_contains(buf_str(out), text))
        return;
    if (json) {
        put_fmt(out, "{\"finding\":\"%s\",\"message\":", name);
        put_json_string(out, text);
        put_text(out, S("}\n"));
        return;
    }
    put_text(out, text);
    put_c(out, '\n');
}

static void put_faults(const DoctorOptions *opt, const Faults *faults, Buf *out) {
    Fault more = {.id = FAULT_MORE, .number = faults->more};
    for (size_t i = 0; i < faults->n + (faults->more > 0); i++) {
        const Fault *f = i < faults->n ? &faults->list[i] : &more;
        Buf text = {0};
        put_fault(&text, f, opt->chinese);
        put_one(out, opt->json, fault_name(f->id), buf_str(&text));
        out->failed |= text.failed;
        buf_free(&text);
    }
}

static bool is_damage(Status status) {
    return status == ERR_DAMAGED || status == ERR_VERSION || status == ERR_MISMATCH;
}

/* What was found, and whether it is nothing. */
static Status told(const DoctorOptions *opt, OsEnd how, const Looked *r, Buf *out, bool *whole,
                   Err *err) {
    *whole = false;
    put_faults(opt, &r->faults, out);
    if (how == OS_CRASHED || how == OS_ENDLESS) {
        Finding f = {.id = how == OS_CRASHED ? FINDING_CRASHED : FINDING_ENDLESS};
        Buf text = {0};
        put_finding(&text, &f, opt->chinese);
        put_one(out, opt->json, finding_name(f.id), buf_str(&text));
        buf_free(&text);
        return buf_status(out);
    }
    if (is_damage(r->status)) {
        put_one(out, opt->json, "damaged", str_of(opt->chinese ? r->err.chinese : r->err.text));
        return buf_status(out);
    }
    if (r->status != OK)
        return err_as(err, r->status, &r->err);
    if (r->differs)
        put_one(out, opt->json, "replay", str_of(r->difference));
    if (r->digests_differ)
        put_one(out, opt->json, "replay",
                opt->chinese
                    ? S("重新运行得出的各条相同，而摘要不同：有表与日志不符")
                    : S("replayed, the entries are the same and the digest is not: a table "
                        "is not what the journal makes of it"));
    *whole = r->faults.n == 0 && !r->differs && !r->digests_differ;
    return buf_status(out);
}

static Status look_apart(const DoctorOptions *opt, Looked *r, Buf *out, bool *whole, Err *err) {
    Look look = {opt};
    OsEnd how = OS_DONE;
    uint64_t per_mb = opt->replay ? REPLAY_S_PER_MB : LOOK_S_PER_MB;
    TRY(ledger_apart(opt->ledger, per_mb, look_work, &look, r, sizeof *r, &how, err));
    if (how == OS_DONE && !r->ended)
        how = OS_CRASHED;
    return told(opt, how, r, out, whole, err);
}

static Status look_whole(const DoctorOptions *opt, Faults *counts, Buf *out, bool *whole,
                         Err *err) {
    Looked *r = mem_zalloc(sizeof *r);
    Status status = r == NULL ? ERR_NOMEM : look_apart(opt, r, out, whole, err);
    if (status == OK)
        *counts = r->faults;
    mem_free(r);
    return status;
}

Status doctor_look(Str ledger, bool json, bool chinese, Buf *out, bool *whole, Err *err) {
    DoctorOptions opt = {.ledger = ledger, .json = json, .chinese = chinese};
    Faults *counts = mem_zalloc(sizeof *counts);
    Status status = counts == NULL ? ERR_NOMEM : look_whole(&opt, counts, out, whole, err);
    mem_free(counts);
    return status;
}

/* The journal against its tree: what verify says, but for its last line. */
static Status tree_holds(const DoctorOptions *opt, Buf *out, bool *whole, Err *err) {
    VerifyOptions tree = {
        .ledger = opt->ledger, .unsigned_too = true, .json = opt->json, .chinese = opt->chinese};
    Buf found = {0};
    Status status = verify(&tree, &found, whole, err);
    if (status == OK)
        status = buf_status(&found);
    size_t n = found.n;
    while (n > 0 && (n == found.n || found.p[n - 1] != '\n'))
        n--;
    if (status == OK)
        put_text(out, (Str){found.p, n});
    buf_free(&found);
    return status;
}

static void put_end(const DoctorOptions *opt, bool whole, bool journal, const Faults *f, Buf *out) {
    unsigned long long entries = f->entries, records = f->records, timers = f->timers;
    if (opt->json) {
        put_fmt(out,
                "{\"whole\":%s,\"journal\":%s,\"entries\":%llu,\"records\":%llu,\"timers\":%llu,"
                "\"names\":%llu}\n",
                whole ? "true" : "false", journal ? "true" : "false", entries, records, timers,
                (unsigned long long)f->names);
        return;
    }
    if (whole) {
        put_fmt(out,
                opt->chinese ? "完整：日志 %llu 条，记录 %llu 个，定时器 %llu 个，名称 %llu 个\n"
                             : "whole: %llu entries, %llu records, %llu timers, %llu names\n",
                entries, records, timers, (unsigned long long)f->names);
        return;
    }
    put_text(out, opt->chinese ? S("不完整\n") : S("not whole\n"));
    if (journal)
        put_text(out,
                 opt->chinese
                     ? S("日志完好：remit doctor --ledger DIR --rebuild NEWDIR 由它重建账本\n")
                     : S("its journal is whole: remit doctor --ledger DIR --rebuild NEWDIR makes "
                         "a ledger of it anew\n"));
    else
        put_text(out, opt->chinese ? S("日志有损坏：用最近的备份恢复，remit restore\n")
                                   : S("its journal is damaged: bring back the last backup, remit "
                                       "restore\n"));
}

Status doctor(const DoctorOptions *opt, Buf *out, bool *whole, Err *err) {
    bool journal = false, tables = false;
    Faults *counts = mem_zalloc(sizeof *counts);
    Status status = counts == NULL ? ERR_NOMEM : tree_holds(opt, out, &journal, err);
    if (status == OK)
        status = look_whole(opt, counts, out, &tables, err);
    *whole = journal && tables;
    if (status == OK)
        put_end(opt, *whole, journal, counts, out);
    mem_free(counts);
    return status == OK ? buf_status(out) : status;
}
