/* audit: verification of journals, ledgers and proofs. */
#include "engine/audit/verify_int.h"

#include <stdlib.h>

#include "engine/audit/apart.h"
#include "engine/base/base64.h"
#include "engine/base/json.h"
#include "engine/base/os.h"
#include "engine/run/leaf.h"

enum { KEY_FILE_MOST = 4096, PROOF_MOST = 32 << 20, ATTEST_MOST = 1 << 30, VERIFY_S_PER_MB = 2 };

/* ---- files */

/* The words of an error of a file's form, with its path. What is evidence is at fault then
 * (ERR_POLICY), whatever the call. */
static Status of_file(Str path, Status status, Status fault, const Err *why, Err *err) {
    if (status == ERR_SYNTAX)
        return err_set(err, fault, "%.*s: %s", STR_ARG(path), why->text);
    return status == OK ? OK : err_status(err, status);
}

Status key_read(Str arg, Arena *a, Key *out, Err *err) {
    Err why = {0};
    Str text;
    if (key_take(arg, a, out, NULL) == OK)
        return OK;
    TRY(os_read_file(arg, KEY_FILE_MOST, a, &text, err));
    if (str_starts(str_trim(text), S("PRIVATE+KEY+")))
        return err_set(err, ERR_SYNTAX,
                       "%.*s: it is a private key; the public one is expected here: %.*s.pub",
                       STR_ARG(arg), STR_ARG(arg));
    return of_file(arg, key_take(text, a, out, &why), ERR_SYNTAX, &why, err);
}

Status checkpoint_read(Str path, Arena *a, Checkpoint *out, Err *err) {
    Err why = {0};
    Str text;
    TRY(os_read_file(path, NOTE_MOST, a, &text, err));
    return of_file(path, checkpoint_take(text, a, out, &why), ERR_POLICY, &why, err);
}

static Status rotations_read(const VerifyOptions *opt, Arena *a, Trust *trust, Err *err) {
    Rotation *list = new (a, Rotation, opt->rotation_count + 1);
    if (list == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < opt->rotation_count; i++) {
        Err why = {0};
        Str text;
        TRY(os_read_file(opt->rotations[i], NOTE_MOST, a, &text, err));
        Status status = rotation_take(text, a, &list[i], &why);
        TRY(of_file(opt->rotations[i], status, ERR_POLICY, &why, err));
    }
    Status status = trust_rotations(trust, list, opt->rotation_count, err);
    return status == ERR_SYNTAX ? ERR_POLICY : status;
}

static Status trust_read(const VerifyOptions *opt, Arena *a, Trust *trust, Err *err) {
    trust->needed = opt->witnesses;
    for (size_t i = 0; i < opt->key_count; i++) {
        Key key;
        TRY(key_read(opt->keys[i], a, &key, err));
        TRY(trust_key(trust, &key));
    }
    if (trust->needed > trust->witnesses.n)
        return err_set(err, ERR_SYNTAX,
                       "%zu of the witnesses must have signed, and %zu are known by their keys",
                       trust->needed, trust->witnesses.n);
    return rotations_read(opt, a, trust, err);
}

/* ---- what is being verified */

static const FindingId of_judgement[] = {
    [JUDGED_UNSIGNED] = FINDING_UNSIGNED,       [JUDGED_RETIRED] = FINDING_RETIRED,
    [JUDGED_BAD] = FINDING_BAD_SIGNATURE,       [JUDGED_ORIGIN] = FINDING_ORIGIN,
    [JUDGED_UNWITNESSED] = FINDING_UNWITNESSED,
};

bool checkpoint_told(Verifying *v, const Checkpoint *c) {
    const Key *by;
    size_t witnesses;
    Judged judged = checkpoint_judge(v->trust, c, &by, &witnesses);
    if (judged != JUDGED_GOOD) {
        findings_add(&v->findings, of_judgement[judged], 0, 0, c->size);
        return false;
    }
    if (v->opt->json) {
        put_text(v->out, S("{\"checkpoint\":"));
        put_fmt(v->out, "%llu,\"origin\":", (unsigned long long)c->size);
        put_json_string(v->out, c->origin);
        put_text(v->out, S(",\"root\":\""));
        put_base64(v->out, c->root.b, MERKLE_BYTES);
        put_text(v->out, S("\",\"key\":\""));
        put_hex(v->out, by->id, KEY_ID);
        put_fmt(v->out, "\",\"witnesses\":%zu}\n", witnesses);
        return true;
    }
    put_fmt(v->out,
            v->opt->chinese ? "检查点：%.*s，%llu 条，密钥 "
                            : "checkpoint: %.*s, %llu entries, key ",
            STR_ARG(c->origin), (unsigned long long)c->size);
    put_hex(v->out, by->id, KEY_ID);
    if (witnesses > 0)
        put_fmt(v->out, v->opt->chinese ? "，见证 %zu 个" : ", witnesses %zu", witnesses);
    put_c(v->out, '\n');
    return true;
}

static int by_size(const void *x, const void *y) {
    const Signed *a = x, *b = y;
    if (a->size != b->size)
        return a->size < b->size ? -1 : 1;
    return memcmp(a->root.b, b->root.b, MERKLE_BYTES);
}

/* The roots of the checkpoints that may be believed, by size. */
static size_t signed_roots(Verifying *v, Signed *out) {
    size_t n = 0;
    for (size_t i = 0; i < v->count; i++)
        if (checkpoint_told(v, &v->checkpoints[i]))
            out[n++] = (Signed){.size = v->checkpoints[i].size, .root = v->checkpoints[i].root};
    qsort(out, n, sizeof *out, by_size); /* a total order: those that are equal are the same */
    return n;
}

static void beyond(Verifying *v, const Signed *targets, size_t n) {
    uint64_t last = n == 0 ? 0 : targets[n - 1].size;
    if (n > 0 && last < v->entries && !findings_fatal(&v->findings))
        findings_add(&v->findings, FINDING_BEYOND, last, v->entries - 1, 0);
}

/* ---- an exported journal */

typedef struct FileBytes {
    OsFile file;
    Err *err;
} FileBytes;

static Status file_read(void *ctx, uint64_t at, char *to, size_t n) {
    FileBytes *f = ctx;
    return os_read_at(&f->file, at, to, n, f->err);
}

Status journal_judge(Str path, Signed *targets, size_t n, Findings *findings, uint64_t *entries,
                     Err *err) {
    Arena a = {0};
    FileBytes f = {.err = err};
    Bytes bytes = {.ctx = &f, .read_at = file_read};
    Judge *judge = new (&a, Judge, 1);
    Status status = judge == NULL ? ERR_NOMEM : os_open_read(path, &a, &f.file, err);
    if (status == OK) {
        status = os_size(&f.file, &bytes.size, err);
        judge_begin(judge, findings, targets, n, true);
        if (status == OK)
            status = export_read(&bytes, judge, entries);
        os_close(&f.file);
    }
    arena_free(&a);
    return status;
}

/* ---- a ledger's folder */

typedef struct LedgerTask {
    Str dir;
    Signed *targets;
    size_t n;
} LedgerTask;

typedef struct LedgerResult {
    Status status;
    Err err;
    Findings findings;
    Signed targets[SIGNED_MOST];
    uint64_t entries;
    bool ended;
} LedgerResult;

static void form_checked(Findings *f, uint64_t index, Str bytes, Arena *a) {
    Leaf leaf;
    Status status = take_leaf(bytes, a, &leaf);
    if (status != OK || (leaf.kind == LEAF_GENESIS) != (index == 0))
        findings_add(f, FINDING_FORM, index, index, 0);
    arena_reset(a);
}

/* Hands the ledger's journal to the judge, by blocks. */
static Status ledger_read(Ledger *l, Judge *judge, LedgerResult *r, Arena *a) {
    MerkleHash hash[BLOCK_ENTRIES];
    uint64_t size = led_size(l);
    for (uint64_t first = 0; first < size; first += BLOCK_ENTRIES) {
        Block b = {.first = first, .entry = hash};
        for (; b.entries < BLOCK_ENTRIES && first + b.entries < size; b.entries++) {
            Str leaf;
            Status status = led_leaf(l, first + b.entries, &leaf);
            if (status != OK) {
                findings_add(&r->findings, FINDING_UNREADABLE_LEDGER, first + b.entries, size - 1,
                             0);
                return status;
            }
            hash[b.entries] = merkle_leaf(leaf);
            form_checked(&r->findings, first + b.entries, leaf, a);
        }
        TRY(led_block_root(l, first / BLOCK_ENTRIES, &b.root, &b.has_root));
        judge_block(judge, &b);
    }
    r->entries = size;
    return OK;
}

static void ledger_work(void *ctx, void *result) {
    LedgerTask *task = ctx;
    LedgerResult *r = result;
    Arena a = {0};
    Ledger *l = NULL;
    LedOptions opt = {.dir = task->dir, .read_only = true};
    MerkleHash root;
    Judge *judge = mem_zalloc(sizeof *judge);
    r->status = judge == NULL ? ERR_NOMEM : led_open(&opt, &l, &r->err);
    if (r->status == OK) {
        memcpy(r->targets, task->targets, task->n * sizeof *task->targets);
        judge_begin(judge, &r->findings, r->targets, task->n, false);
        r->status = led_root(l, root.b); /* now: a run may go on beside */
        if (r->status == OK)
            r->status = ledger_read(l, judge, r, &a);
        if (r->status == OK) {
            judge_end(judge);
            if (!judge_agrees(judge, r->entries, &root))
                findings_add(&r->findings, FINDING_KEPT_ALL, 0, 0, r->entries);
        }
        if (r->status != OK)
            err_as(&r->err, r->status, led_error(l));
    }
    led_close(l);
    mem_free(judge);
    arena_free(&a);
    r->ended = true;
}

static bool is_damage(Status status) {
    return status == ERR_DAMAGED || status == ERR_VERSION || status == ERR_MISMATCH;
}

static Status ledger_told(Verifying *v, Signed *targets, size_t n, LedgerResult *r, Err *err) {
    LedgerTask task = {v->opt->ledger, targets, n};
    OsEnd how = OS_DONE;
    TRY(ledger_apart(task.dir, VERIFY_S_PER_MB, ledger_work, &task, r, sizeof *r, &how, err));
    if (how != OS_DONE || !r->ended) {
        findings_add(&v->findings, how == OS_ENDLESS ? FINDING_ENDLESS : FINDING_CRASHED, 0, 0, 0);
        return OK;
    }
    for (size_t i = 0; i < r->findings.n; i++) {
        const Finding *f = &r->findings.list[i];
        findings_add(&v->findings, f->id, f->from, f->to, f->n);
    }
    v->findings.more += r->findings.more;
    v->entries = r->entries;
    if (!is_damage(r->status))
        return r->status == OK ? OK : err_as(err, r->status, &r->err);
    if (r->findings.n == 0)
        findings_add(&v->findings, FINDING_UNREADABLE_LEDGER, 0, 0, 0);
    memcpy(v->why, r->err.text, sizeof v->why - 1);
    return OK;
}

static Status ledger_verify(Verifying *v, Signed *targets, size_t n, Err *err) {
    LedgerResult *r = mem_zalloc(sizeof *r);
    Status status = r == NULL ? ERR_NOMEM : ledger_told(v, targets, n, r, err);
    mem_free(r);
    return status;
}

/* ---- proofs */

static Status needs(Err *err, Str path, const char *what) {
    return err_set(err, ERR_SYNTAX, "%.*s: %s", STR_ARG(path), what);
}

static Status inclusion_verify(Verifying *v, const Proof *p, Err *err) {
    if (v->count != 1)
        return needs(err, v->opt->file, "one checkpoint is needed, in the proof or beside it");
    if (!p->has_entry)
        return needs(err, v->opt->file, "the proof does not carry its entry (a line \"extra\")");
    const Checkpoint *c = &v->checkpoints[0];
    if (!checkpoint_told(v, c))
        return OK;
    MerkleHash leaf = merkle_leaf(p->entry);
    if (!merkle_included(&leaf, p->number, c->size, p->hash, p->n, &c->root))
        findings_add(&v->findings, FINDING_PROOF, p->number, p->number, 0);
    v->entries = c->size;
    return OK;
}

/* Of two checkpoints the newer one stands in the proof, or has the greater size. */
static Status consistency_verify(Verifying *v, const Proof *p, Err *err) {
    size_t wanted = p->number == 0 ? 1 : 2, newer = v->count - 1;
    if (v->count != wanted)
        return needs(err, v->opt->file,
                     "two checkpoints are needed: the older one beside the proof, the newer one "
                     "in it or beside it");
    if (wanted == 2 && !p->has_checkpoint && v->checkpoints[0].size > v->checkpoints[1].size)
        newer = 0;
    const Checkpoint *now = &v->checkpoints[newer];
    const Checkpoint *was = &v->checkpoints[wanted == 2 ? 1 - newer : newer];
    bool good = true;
    for (size_t i = 0; i < v->count; i++)
        good = checkpoint_told(v, &v->checkpoints[i]) && good;
    v->entries = now->size;
    if (!good)
        return OK;
    if (p->number == 0
            ? p->n == 0
            : was->size == p->number && str_eq(was->origin, now->origin) &&
                  merkle_consistent(p->number, &was->root, now->size, &now->root, p->hash, p->n))
        return OK;
    findings_add(&v->findings, FINDING_FORKED, p->number, p->number, p->number);
    return OK;
}

/* ---- the whole */

void put_verified(Verifying *v, bool whole) {
    bool zh = v->opt->chinese, json = v->opt->json;
    uint64_t more = v->findings.more;
    if (more > 0) {
        v->findings.n--;
        findings_add(&v->findings, FINDING_MORE, 0, 0, more + 1);
    }
    for (size_t i = 0; i < v->findings.n; i++) {
        const Finding *f = &v->findings.list[i];
        Buf text = {0};
        put_finding(&text, f, zh);
        if (v->why[0] != '\0' && f->id == FINDING_UNREADABLE_LEDGER)
            put_fmt(&text, " (%s)", v->why);
        if (json) {
            put_fmt(v->out, "{\"finding\":\"%s\",\"from\":%llu,\"to\":%llu,\"message\":",
                    finding_name(f->id), (unsigned long long)f->from, (unsigned long long)f->to);
            put_json_string(v->out, buf_str(&text));
            put_text(v->out, S("}\n"));
        } else {
            put_text(v->out, buf_str(&text));
            put_c(v->out, '\n');
        }
        v->out->failed = v->out->failed || text.failed;
        buf_free(&text);
    }
    if (json)
        put_fmt(v->out, "{\"whole\":%s,\"entries\":%llu}\n", whole ? "true" : "false",
                (unsigned long long)v->entries);
    else if (!whole)
        put_text(v->out, zh ? S("不完整\n") : S("not whole\n"));
    else
        put_fmt(v->out, zh ? "完整：%llu 条\n" : "whole: %llu entries\n",
                (unsigned long long)v->entries);
}

static void put_included(Verifying *v, const Proof *p) {
    uint8_t digest[MERKLE_BYTES];
    MerkleHash hash = merkle_leaf(p->entry);
    memcpy(digest, hash.b, sizeof digest);
    if (v->opt->json) {
        put_fmt(v->out, "{\"whole\":true,\"entries\":%llu,\"entry\":%llu,\"bytes\":\"",
                (unsigned long long)v->entries, (unsigned long long)p->number);
        put_base64(v->out, p->entry.p, p->entry.n);
        put_text(v->out, S("\"}\n"));
        return;
    }
    unsigned long long all = v->entries, at = p->number;
    if (v->opt->chinese)
        put_fmt(v->out, "完整：%llu 条中有第 %llu 条，哈希 ", all, at);
    else
        put_fmt(v->out, "whole: entry %llu is one of the %llu, its hash ", at, all);
    put_hex(v->out, digest, sizeof digest);
    put_c(v->out, '\n');
}

static Status journal_verify(Verifying *v, Str begin, bool *whole, Err *err) {
    Signed targets[SIGNED_MOST];
    if (v->count == 0 && v->opt->ledger.n == 0 && !export_begins(begin))
        return err_set(err, ERR_POLICY,
                       "%.*s: it is neither an exported journal, nor a proof, nor an "
                       "attestation",
                       STR_ARG(v->opt->file));
    if (v->count == 0 && !v->opt->unsigned_too)
        return err_set(err, ERR_SYNTAX, "a checkpoint is needed");
    size_t n = signed_roots(v, targets);
    if (n == v->count) {
        if (v->opt->ledger.n > 0)
            TRY(ledger_verify(v, targets, n, err));
        else
            TRY(journal_judge(v->opt->file, targets, n, &v->findings, &v->entries, err));
        beyond(v, targets, n);
    }
    *whole = !findings_fatal(&v->findings);
    put_verified(v, *whole);
    return buf_status(v->out);
}

static Status proof_verify(Verifying *v, Proof *p, bool *whole, Err *err) {
    if (p->kind == PROOF_INCLUSION)
        TRY(inclusion_verify(v, p, err));
    else
        TRY(consistency_verify(v, p, err));
    *whole = !findings_fatal(&v->findings);
    if (*whole && p->kind == PROOF_INCLUSION)
        put_included(v, p);
    else
        put_verified(v, *whole);
    return buf_status(v->out);
}

/* The head of a file, to see what it is. */
static Status file_begins(Str path, Arena *a, Str *out, Err *err) {
    OsFile f;
    char *room = new (a, char, 64);
    if (room == NULL)
        return ERR_NOMEM;
    TRY(os_open_read(path, a, &f, err));
    size_t got = 1, n = 0;
    Status status = OK;
    while (status == OK && n < 64 && got > 0) {
        status = os_read(&f, room + n, 64 - n, &got, err);
        n += status == OK ? got : 0;
    }
    os_close(&f);
    *out = (Str){room, n};
    return status;
}

static Status verify_in(Verifying *v, bool *whole, Err *err) {
    const VerifyOptions *opt = v->opt;
    Str begin = {NULL, 0}, bytes;
    v->checkpoints = new (v->a, Checkpoint, opt->checkpoint_count + 1);
    if (v->checkpoints == NULL)
        return ERR_NOMEM;
    if (opt->checkpoint_count >= SIGNED_MOST)
        return err_set(err, ERR_SYNTAX, "at most %d checkpoints are taken", SIGNED_MOST - 1);
    for (; v->count < opt->checkpoint_count; v->count++)
        TRY(checkpoint_read(opt->checkpoints[v->count], v->a, &v->checkpoints[v->count], err));
    TRY(trust_read(opt, v->a, v->trust, err));
    if (opt->ledger.n == 0)
        TRY(file_begins(opt->file, v->a, &begin, err));
    if (attest_begins(begin)) {
        TRY(os_read_file(opt->file, ATTEST_MOST, v->a, &bytes, err));
        TRY(attest_verify(v, bytes, whole, err));
        put_verified(v, *whole);
        return buf_status(v->out);
    }
    if (!proof_begins(begin))
        return journal_verify(v, begin, whole, err);
    Proof *p = new (v->a, Proof, 1);
    Err why = {0};
    if (p == NULL)
        return ERR_NOMEM;
    TRY(os_read_file(opt->file, PROOF_MOST, v->a, &bytes, err));
    Status status = proof_take(bytes, v->a, p, &why);
    if (status == ERR_SYNTAX) { /* a proof whose bytes were changed proves nothing */
        findings_add(&v->findings, FINDING_PROOF, 0, 0, 0);
        *whole = false;
        put_verified(v, false);
        return buf_status(v->out);
    }
    TRY(status);
    if (p->has_checkpoint)
        v->checkpoints[v->count++] = p->checkpoint;
    return proof_verify(v, p, whole, err);
}

Status verify(const VerifyOptions *opt, Buf *out, bool *whole, Err *err) {
    Arena a = {0};
    Trust trust = {0};
    *whole = false;
    Verifying *v = mem_zalloc(sizeof *v);
    if (v != NULL)
        *v = (Verifying){.opt = opt, .a = &a, .trust = &trust, .out = out};
    Status status = v == NULL ? ERR_NOMEM : verify_in(v, whole, err);
    mem_free(v);
    trust_free(&trust);
    arena_free(&a);
    return status;
}
