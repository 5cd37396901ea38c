/* audit: signing, and what a key has signed before. */
#include "engine/audit/sign.h"

#include "engine/audit/verify.h"
#include "engine/base/base64.h"
#include "engine/base/os.h"

enum { SECRET_FILE_MOST = 4096, SEEN_MOST = 1 << 20 };

/* ---- keys in files */

/* A private key, whose file stays locked until signer_close: two signers wait for each other. */
typedef struct Signer {
    Arena a;
    OsFile file;
    Secret secret;
    Str seen; /* the path of what it has signed */
} Signer;

static void signer_close(Signer *s) {
    os_close(&s->file);
    secret_wipe(&s->secret, sizeof s->secret);
    arena_free(&s->a);
}

static Status secret_read(OsFile *file, Arena *a, Secret *out, Err *err) {
    char text[SECRET_FILE_MOST];
    size_t n = 0, got = 1;
    Err why = {0};
    while (got > 0 && n < sizeof text) {
        TRY(os_read(file, text + n, sizeof text - n, &got, err));
        n += got;
    }
    Status status = secret_take((Str){text, n}, a, out, &why);
    secret_wipe(text, sizeof text);
    return status == OK ? OK
                        : err_set(err, status, "%.*s: %s", STR_ARG(file->path),
                                  why.code != OK ? why.text : status_text(status));
}

static Status signer_open(Str path, KeyType type, Signer *s, Err *err) {
    *s = (Signer){.file = {-1, path}};
    TRY(os_open_read(path, &s->a, &s->file, err));
    TRY(os_lock(&s->file, err));
    TRY(secret_read(&s->file, &s->a, &s->secret, err));
    TRY(arena_printf(&s->a, &s->seen, "%.*s.seen", STR_ARG(path)));
    if (s->secret.key.type == type)
        return OK;
    return err_set(err, ERR_SYNTAX,
                   type == KEY_LOG ? "%.*s: it is a witness's key; a log's is expected here"
                                   : "%.*s: it is a log's key; a witness's is expected here "
                                     "(remit key make --witness)",
                   STR_ARG(path));
}

Status key_files_make(Str path, Str name, KeyType type, Err *err) {
    Secret secret;
    Arena a = {0};
    Buf private = {0}, public = {0};
    Str beside;
    Status status = arena_printf(&a, &beside, "%.*s.pub", STR_ARG(path));
    if (status == OK)
        status = secret_make(name, type, &secret, err);
    if (status == OK) {
        put_secret(&private, &secret);
        put_c(&private, '\n');
        put_key(&public, &secret.key);
        put_c(&public, '\n');
        status = private.failed || public.failed ? ERR_NOMEM : OK;
    }
    if (status == OK)
        status = os_create_file(path, buf_str(&private), true, err);
    if (status == OK)
        status = os_create_file(beside, buf_str(&public), false, err);
    secret_wipe(&secret, sizeof secret);
    if (private.n > 0)
        secret_wipe(private.p, private.n);
    buf_free(&private);
    buf_free(&public);
    arena_free(&a);
    return status;
}

Status key_any(Str arg, Arena *a, Key *out, Err *err) {
    OsFile f;
    Secret secret;
    if (key_take(arg, a, out, NULL) == OK || key_read(arg, a, out, NULL) == OK)
        return OK;
    TRY(os_open_read(arg, a, &f, err));
    Status status = secret_read(&f, a, &secret, NULL);
    *out = secret.key;
    os_close(&f);
    secret_wipe(&secret.seed, sizeof secret.seed);
    return status == ERR_SYNTAX
               ? err_set(err, status, "%.*s: it is no key: neither a public nor a private one",
                         STR_ARG(arg))
               : status;
}

Status sign_rotation(Str path, const Key *next, uint64_t from, Buf *out, Err *err) {
    Signer s;
    Buf text = {0};
    Status status = signer_open(path, KEY_LOG, &s, err);
    if (status == OK && (next->type != KEY_LOG || !str_eq(next->name, s.secret.key.name)))
        status = err_set(err, ERR_SYNTAX, "the new key must be one of a log and have the name %.*s",
                         STR_ARG(s.secret.key.name));
    else if (status == OK && key_eq(next, &s.secret.key))
        status = err_set(err, ERR_SYNTAX, "the new key is the old one");
    if (status == OK) {
        put_rotation(&text, from, next);
        put_text(out, buf_str(&text));
        put_c(out, '\n');
        status = text.failed ? ERR_NOMEM : put_signature(out, buf_str(&text), &s.secret, 0);
    }
    buf_free(&text);
    signer_close(&s);
    return status;
}

Status sign_text(Str path, void (*put)(void *ctx, const Key *key, Buf *out), void *ctx, Buf *out,
                 Err *err) {
    Signer s;
    Buf text = {0};
    Status status = signer_open(path, KEY_LOG, &s, err);
    if (status == OK) {
        put(ctx, &s.secret.key, &text);
        put_text(out, buf_str(&text));
        put_c(out, '\n');
        status = text.failed ? ERR_NOMEM : put_signature(out, buf_str(&text), &s.secret, 0);
    }
    buf_free(&text);
    signer_close(&s);
    return status;
}

/* ---- what has been signed */

typedef struct Seen {
    bool any;
    uint64_t size;
    MerkleHash root;
} Seen;

/* SIZE ROOT ORIGIN */
static bool seen_line(Str line, Arena *a, Str *origin, Seen *out) {
    Str size, rest, root, bytes;
    if (!str_cut(line, ' ', &size, &rest) || !str_cut(rest, ' ', &root, origin) ||
        !number_take(size, &out->size) || base64_read(root, a, &bytes) != OK ||
        bytes.n != MERKLE_BYTES)
        return false;
    memcpy(out->root.b, bytes.p, MERKLE_BYTES);
    out->any = true;
    return true;
}

/* What the key has signed of a log; lines of other logs go to `others`. */
static Status seen_read(Signer *s, Str origin, Seen *out, Buf *others, Err *err) {
    Str text, line, of;
    *out = (Seen){.any = false};
    Err why = {0};
    Status status = os_read_file(s->seen, SEEN_MOST, &s->a, &text, &why);
    if (status == ERR_NOTFOUND)
        return OK;
    if (status != OK)
        return err_as(err, status, &why);
    while (line_take(&text, &line)) {
        Seen seen = {.any = false};
        if (!seen_line(line, &s->a, &of, &seen))
            return err_set(err, ERR_DAMAGED, "%.*s is damaged: \"%.*s\"", STR_ARG(s->seen),
                           STR_ARG(line));
        if (str_eq(of, origin)) {
            *out = seen;
            continue;
        }
        put_text(others, line);
        put_c(others, '\n');
    }
    return text.n == 0 ? OK
                       : err_set(err, ERR_DAMAGED, "%.*s is damaged: it is cut", STR_ARG(s->seen));
}

static Status seen_write(Signer *s, Str origin, uint64_t size, const MerkleHash *root, Buf *others,
                         Err *err) {
    put_fmt(others, "%llu ", (unsigned long long)size);
    put_base64(others, root->b, MERKLE_BYTES);
    put_c(others, ' ');
    put_text(others, origin);
    put_c(others, '\n');
    TRY(buf_status(others));
    return os_write_file(s->seen, buf_str(others), err);
}

static Status goes_back(Str origin, uint64_t size, const Seen *seen, Err *err) {
    return err_set(err, ERR_POLICY,
                   "not signed: %.*s has %llu entries, and this key has signed %llu before: it was "
                   "set back, or is another",
                   STR_ARG(origin), (unsigned long long)size, (unsigned long long)seen->size);
}

static Status forked(Str origin, const Seen *seen, Err *err) {
    return err_set(err, ERR_POLICY,
                   "not signed: the first %llu entries of %.*s are not those that this key has "
                   "signed before",
                   (unsigned long long)seen->size, STR_ARG(origin));
}

/* ---- checkpoints of a ledger */

static Status ledger_continues(Ledger *l, Str origin, const Seen *seen, Err *err) {
    MerkleHash root;
    if (!seen->any)
        return OK;
    if (seen->size > led_size(l))
        return goes_back(origin, led_size(l), seen, err);
    TRY(led_root_at(l, seen->size, &root));
    return merkle_eq(&root, &seen->root) ? OK : forked(origin, seen, err);
}

static Status checkpoint_signed(Signer *s, Ledger *l, Buf *text, Buf *others, Buf *out, Err *err) {
    Str origin = s->secret.key.name;
    Seen seen;
    uint64_t size = led_size(l);
    MerkleHash root;
    TRY(seen_read(s, origin, &seen, others, err));
    TRY(ledger_continues(l, origin, &seen, err));
    TRY(led_root_at(l, size, &root));
    put_checkpoint(text, origin, size, &root);
    put_text(out, buf_str(text));
    put_c(out, '\n');
    TRY(buf_status(text));
    TRY(put_signature(out, buf_str(text), &s->secret, 0));
    return seen_write(s, origin, size, &root, others, err);
}

Status sign_checkpoint(Ledger *l, Str path, Buf *out, Err *err) {
    Signer s;
    Buf text = {0}, others = {0};
    Status status = signer_open(path, KEY_LOG, &s, err);
    if (status == OK)
        status = checkpoint_signed(&s, l, &text, &others, out, err);
    buf_free(&text);
    buf_free(&others);
    signer_close(&s);
    return status;
}

/* ---- witnesses */

/* Whether an exported journal has both roots. */
static Status journal_continues(Str path, const Checkpoint *c, const Seen *seen, bool *yes,
                                Err *err) {
    Signed roots[2] = {{.size = seen->size, .root = seen->root},
                       {.size = c->size, .root = c->root}};
    Findings *findings = mem_zalloc(sizeof *findings);
    uint64_t entries;
    Status status =
        findings == NULL ? ERR_NOMEM : journal_judge(path, roots, 2, findings, &entries, err);
    *yes = status == OK && !findings_fatal(findings);
    mem_free(findings);
    return status;
}

static Status continues(const Shown *shown, const Checkpoint *c, const Seen *seen, Err *err) {
    MerkleHash root;
    bool yes = false;
    if (c->size < seen->size)
        return goes_back(c->origin, c->size, seen, err);
    if (c->size == seen->size) {
        yes = merkle_eq(&c->root, &seen->root);
    } else if (shown->proof != NULL) {
        const Proof *p = shown->proof;
        yes = p->kind == PROOF_CONSISTENCY && p->number == seen->size &&
              merkle_consistent(seen->size, &seen->root, c->size, &c->root, p->hash, p->n);
    } else if (shown->journal.n > 0) {
        TRY(journal_continues(shown->journal, c, seen, &yes, err));
    } else if (shown->ledger != NULL) {
        if (led_size(shown->ledger) < c->size)
            return err_set(err, ERR_POLICY, "not signed: the ledger has only %llu entries",
                           (unsigned long long)led_size(shown->ledger));
        TRY(led_root_at(shown->ledger, c->size, &root));
        yes = merkle_eq(&root, &c->root);
        TRY(led_root_at(shown->ledger, seen->size, &root));
        yes = yes && merkle_eq(&root, &seen->root);
    } else {
        return err_set(err, ERR_SYNTAX,
                       "this witness has seen %llu entries: a consistency proof from there, an "
                       "exported journal or the ledger is needed",
                       (unsigned long long)seen->size);
    }
    return yes ? OK : forked(c->origin, seen, err);
}

static Status log_signed(const Checkpoint *c, const Key *log, Err *err) {
    if (str_eq(c->origin, log->name) && note_signed(&c->note, log, NULL) == NOTE_SIGNED)
        return OK;
    return err_set(err, ERR_POLICY, "not signed: the checkpoint is not signed by the log's key");
}

static Status seen_signed(Signer *s, const Checkpoint *c, const Key *log, const Shown *shown,
                          uint64_t seconds, Buf *others, Buf *out, Err *err) {
    Seen seen;
    TRY(log_signed(c, log, err));
    TRY(seen_read(s, c->origin, &seen, others, err));
    if (seen.any && seen.size > 0)
        TRY(continues(shown, c, &seen, err));
    put_note_without(out, &c->note, &s->secret.key);
    TRY(put_signature(out, c->note.text, &s->secret, seconds));
    return seen_write(s, c->origin, c->size, &c->root, others, err);
}

Status sign_seen(const Checkpoint *c, const Key *log, Str path, const Shown *shown,
                 uint64_t seconds, Buf *out, Err *err) {
    Signer s;
    Buf others = {0};
    Status status = signer_open(path, KEY_WITNESS, &s, err);
    if (status == OK)
        status = seen_signed(&s, c, log, shown, seconds, &others, out, err);
    buf_free(&others);
    signer_close(&s);
    return status;
}
