/* audit: attestations, written and taken. */
#include "engine/audit/attest.h"

#include "engine/audit/exported.h"
#include "engine/audit/sign.h"
#include "engine/audit/verify.h"
#include "engine/base/base64.h"
#include "engine/base/sha256.h"
#include "engine/run/adopt.h"

static const Str mark = {"remit attest 1\n", 15};
static const char *const kinds[ATTEST_KINDS] = {"policy", "proof", "journal"};

bool attest_begins(Str bytes) {
    return str_starts(bytes, str_upto(mark, 13)); /* of any version */
}

static MerkleHash sha_of(Str bytes) {
    MerkleHash out;
    sha256(bytes, out.b);
    return out;
}

/* ---- the range */

/* Goes from input to input: a clock entry begins what ends with all that followed from the input
 * behind it. */
typedef struct Group {
    bool moved; /* the clock was, and its input has not come yet */
} Group;

/* Whether the entry begins something new. */
static bool group_begins(Group *g, Str entry) {
    uint8_t kind = entry.n > 0 ? (uint8_t)entry.p[0] : 0;
    if (kind != LEAF_CLOCK && !leaf_is_input(kind))
        return false;
    bool begins = kind == LEAF_CLOCK || !g->moved;
    g->moved = kind == LEAF_CLOCK;
    return begins;
}

typedef struct Attesting {
    Record *r;
    const AttestOptions *opt;
    Ledger *range; /* its entries alone */
    uint32_t policies;
    AttestRange at;
    Arena arena;
    Buf journal, proof;
    Str *given; /* the policies, as they were given */
    MerkleHash root;
    Err *err;
} Attesting;

static Status no_entry(Err *err, uint64_t index, uint64_t size) {
    return err_say(err, ERR_SYNTAX, "there is no entry %llu: the journal has %llu, from 0",
                   "没有第 %llu 条：日志有 %llu 条，从 0 数起", (unsigned long long)index,
                   (unsigned long long)size);
}

/* The entries up to the last one that follows from the input at `to`. */
static Status range_read(Attesting *w) {
    uint64_t size = led_size(w->r->l);
    uint64_t to = w->opt->has_to ? w->opt->to : size - 1;
    Group group = {false};
    if (to >= size)
        return no_entry(w->err, to, size);
    if (w->opt->from != 0)
        return err_say(w->err, ERR_SYNTAX,
                       "a range begins with entry 0: what follows can be run again from there "
                       "alone",
                       "范围须从第 0 条开始：只有从那里起才能重新运行");
    w->policies = 1;
    for (uint64_t i = 0; i < size; i++) {
        Str entry;
        TRY(led_leaf(w->r->l, i, &entry));
        if (group_begins(&group, entry) && i > to)
            break;
        w->policies += entry.n > 0 && entry.p[0] == LEAF_POLICY;
        w->at.to = i;
        TRY(led_append(w->range, entry, NULL));
    }
    return OK;
}

static Status policies_read(Attesting *w) {
    w->given = new (&w->arena, Str, w->policies);
    if (w->given == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < w->policies; i++)
        TRY(ledger_given(w->r->l, i, &w->arena, &w->given[i], w->err));
    return OK;
}

static Status journal_put(void *ctx, Str bytes, Err *err) {
    Attesting *w = ctx;
    put_text(&w->journal, bytes);
    return w->journal.failed ? err_status(err, ERR_NOMEM) : OK;
}

static Status journal_write(Attesting *w) {
    bool differs;
    uint64_t block;
    TRY(led_root_at(w->range, led_size(w->range), &w->root));
    return export_journal(w->range, led_size(w->range), journal_put, w, &differs, &block, w->err);
}

/* ---- that it belongs to a checkpoint */

static Status checkpoint_made(Attesting *w, Checkpoint *out) {
    Buf note = {0};
    Str kept;
    if (w->opt->checkpoint.n > 0)
        return checkpoint_read(w->opt->checkpoint, &w->arena, out, w->err);
    Status status = sign_checkpoint(w->r->l, w->opt->key, &note, w->err);
    if (status == OK)
        status = arena_str(&w->arena, buf_str(&note), &kept);
    buf_free(&note);
    TRY(status);
    return checkpoint_take(kept, &w->arena, out, w->err);
}

static Status proof_write(Attesting *w) {
    Proof *p = new (&w->arena, Proof, 1);
    MerkleHash root;
    if (p == NULL)
        return ERR_NOMEM;
    *p = (Proof){.kind = PROOF_CONSISTENCY, .number = w->at.to + 1, .has_checkpoint = true};
    TRY(checkpoint_made(w, &p->checkpoint));
    uint64_t size = p->checkpoint.size;
    if (size < p->number)
        return err_say(w->err, ERR_POLICY,
                       "the checkpoint has %llu entries, and the range goes on to entry %llu",
                       "检查点只有 %llu 条，而范围到第 %llu 条为止", (unsigned long long)size,
                       (unsigned long long)w->at.to);
    if (size > led_size(w->r->l))
        return err_say(w->err, ERR_POLICY, "the checkpoint is not of this ledger",
                       "该检查点不属于这个账本");
    TRY(led_root_at(w->r->l, size, &root));
    if (!merkle_eq(&root, &p->checkpoint.root))
        return err_say(w->err, ERR_POLICY, "the checkpoint is not of this ledger",
                       "该检查点不属于这个账本");
    TRY(led_consistency(w->r->l, p->number, size, p->hash, &p->n));
    put_proof(&w->proof, p);
    return buf_status(&w->proof);
}

/* ---- the note */

static void put_part(Buf *out, AttestKind kind, Str bytes) {
    MerkleHash sha = sha_of(bytes);
    put_fmt(out, "%s %zu ", kinds[kind], bytes.n);
    put_base64(out, sha.b, sizeof sha.b);
    put_c(out, '\n');
}

static void put_note_text(void *ctx, const Key *key, Buf *out) {
    const Attesting *w = ctx;
    put_text(out, mark);
    put_text(out, key->name);
    put_text(out, S("\nkey "));
    put_key(out, key);
    put_fmt(out, "\nentries %llu %llu ", (unsigned long long)w->at.from,
            (unsigned long long)w->at.to);
    put_base64(out, w->root.b, sizeof w->root.b);
    put_c(out, '\n');
    for (uint32_t i = 0; i < w->policies; i++)
        put_part(out, ATTEST_POLICY, w->given[i]);
    put_part(out, ATTEST_PROOF, buf_str(&w->proof));
    put_part(out, ATTEST_JOURNAL, buf_str(&w->journal));
}

static Status attest_inside(Attesting *w, Buf *out) {
    LedOptions memory = {.name = led_name(w->r->l)};
    TRY(led_open(&memory, &w->range, w->err));
    TRY(range_read(w));
    TRY(policies_read(w));
    TRY(journal_write(w));
    TRY(proof_write(w));
    TRY(sign_text(w->opt->key, put_note_text, w, out, w->err));
    put_c(out, '\n');
    for (uint32_t i = 0; i < w->policies; i++)
        put_text(out, w->given[i]);
    put_text(out, buf_str(&w->proof));
    put_text(out, buf_str(&w->journal));
    return buf_status(out);
}

Status attest(Record *r, const AttestOptions *opt, Buf *out, AttestRange *range, Err *err) {
    Attesting w = {.r = r, .opt = opt, .err = err};
    Status status = attest_inside(&w, out);
    *range = w.at;
    led_close(w.range);
    buf_free(&w.journal);
    buf_free(&w.proof);
    arena_free(&w.arena);
    return status == OK ? OK : err_status(err, status);
}

/* ---- taken */

static bool sha_take(Str text, Arena *a, MerkleHash *out) {
    Str bytes;
    if (base64_read(text, a, &bytes) != OK || bytes.n != MERKLE_BYTES)
        return false;
    memcpy(out->b, bytes.p, MERKLE_BYTES);
    return true;
}

/* "KIND SIZE SHA-256" */
static bool part_take(Str line, Arena *a, AttestPart *out) {
    Str kind, rest, size, sha;
    if (!str_cut(line, ' ', &kind, &rest) || !str_cut(rest, ' ', &size, &sha) ||
        !number_take(size, &out->size) || !sha_take(sha, a, &out->sha))
        return false;
    for (unsigned i = 0; i < ATTEST_KINDS; i++)
        if (str_eq(kind, str_of(kinds[i]))) {
            out->kind = (AttestKind)i;
            return true;
        }
    return false;
}

static bool range_take(Str line, Arena *a, Attest *out) {
    Str from, to, rest, root;
    return str_starts(line, S("entries ")) && str_cut(str_from(line, 8), ' ', &from, &rest) &&
           str_cut(rest, ' ', &to, &root) && number_take(from, &out->range.from) &&
           number_take(to, &out->range.to) && out->range.from <= out->range.to &&
           sha_take(root, a, &out->root);
}

static Status text_take(Str text, Arena *a, Attest *out) {
    Str line, rest = str_from(text, mark.n);
    size_t lines = 0;
    for (size_t i = 0; i < rest.n; i++)
        lines += rest.p[i] == '\n';
    out->parts = new (a, AttestPart, lines + 1);
    if (out->parts == NULL)
        return ERR_NOMEM;
    if (!line_take(&rest, &out->origin) || !line_take(&rest, &line) || !str_starts(line, S("key ")))
        return ERR_SYNTAX;
    TRY(key_take(str_from(line, 4), a, &out->key, NULL));
    if (!str_eq(out->key.name, out->origin) || !line_take(&rest, &line) ||
        !range_take(line, a, out))
        return ERR_SYNTAX;
    while (line_take(&rest, &line)) {
        AttestPart *p = &out->parts[out->n];
        bool in_order = part_take(line, a, p) && (out->n == 0 || p->kind >= p[-1].kind);
        if (!in_order)
            return ERR_SYNTAX;
        out->policies += p->kind == ATTEST_POLICY;
        out->n++;
    }
    return out->policies > 0 && out->n == out->policies + 2 &&
                   out->parts[out->n - 2].kind == ATTEST_PROOF &&
                   out->parts[out->n - 1].kind == ATTEST_JOURNAL
               ? OK
               : ERR_SYNTAX;
}

/* The note ends with the empty line behind its signatures. */
static bool note_ends(Str bytes, size_t *end) {
    static const Str dash = {"\xE2\x80\x94 ", 4};
    Str line, rest = bytes;
    bool signatures = false;
    while (line_take(&rest, &line)) {
        bool is_signature = str_starts(line, dash);
        if (signatures && line.n == 0) {
            *end = (size_t)(line.p - bytes.p);
            return *end <= NOTE_MOST;
        }
        if (signatures && !is_signature)
            return false;
        signatures = is_signature;
    }
    return false;
}

/* The parts by their sizes; where bytes came or went in one, those behind it stand that much
 * further: what has its hash there is whole. The journal, the last one, has what is left. */
static void parts_find(Str body, Attest *out) {
    uint64_t sum = 0, at = 0, shift = 0;
    for (size_t i = 0; i < out->n; i++)
        sum += out->parts[i].size < UINT32_MAX ? out->parts[i].size : UINT32_MAX;
    bool longer = body.n > sum;
    for (size_t i = 0; i < out->n; i++) {
        AttestPart *p = &out->parts[i];
        uint64_t from = at < body.n ? at : body.n, left = body.n - from;
        p->bytes = (Str){body.p + from, (size_t)(p->size < left ? p->size : left)};
        MerkleHash sha = sha_of(p->bytes);
        p->whole = p->bytes.n == p->size && merkle_eq(&sha, &p->sha);
        if (i + 1 == out->n && !p->whole)
            p->bytes.n = (size_t)left;
        at += p->bytes.n;
        if (p->whole || shift != 0 || i + 1 == out->n)
            continue;
        shift = longer ? body.n - sum : sum - body.n;
        at = longer ? at + shift : at - (shift < at ? shift : at);
    }
    AttestPart *last = &out->parts[out->n - 1];
    if (last->whole && at < body.n) { /* bytes follow behind it */
        last->whole = false;
        last->bytes.n += (size_t)(body.n - at);
    }
}

Status attest_take(Str bytes, Arena *a, Attest *out, Err *err) {
    size_t end = 0;
    *out = (Attest){.n = 0};
    Status status = str_starts(bytes, mark) && note_ends(bytes, &end)
                        ? note_take(str_upto(bytes, end), a, &out->note, NULL)
                        : ERR_SYNTAX;
    if (status == OK)
        status = text_take(out->note.text, a, out);
    if (status == ERR_SYNTAX)
        return err_say(err, ERR_SYNTAX, "it is no attestation of form 1: its head cannot be read",
                       "不是第 1 版的证明文件：文件头无法读取");
    TRY(status);
    parts_find(str_from(bytes, end + 1), out);
    return OK;
}
