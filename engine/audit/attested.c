/* audit: attestations, verified. */
#include "engine/audit/exported.h"
#include "engine/audit/replay.h"
#include "engine/audit/verify_int.h"
#include "engine/base/json.h"

typedef struct Attested {
    Verifying *v;
    Attest file;
    Proof proof;
    Record from; /* the range as the journal of a Record in memory */
    Judge judge;
    MerklePeaks peaks; /* over all entries up to the one at hand */
    uint64_t policies; /* that the entries name */
    Err *err;
} Attested;

static void find(Attested *w, FindingId id, uint64_t n) {
    findings_add(&w->v->findings, id, w->file.range.from, w->file.range.to, n);
}

/* ---- the signature */

static void put_signed(Attested *w, bool known) {
    const Attest *f = &w->file;
    Buf *out = w->v->out;
    unsigned long long from = f->range.from, to = f->range.to;
    if (w->v->opt->json) {
        put_fmt(out, "{\"attest\":[%llu,%llu],\"origin\":", from, to);
        put_json_string(out, f->origin);
        put_text(out, S(",\"key\":\""));
        put_key(out, &f->key);
        put_fmt(out, "\",\"known\":%s}\n", known ? "true" : "false");
        return;
    }
    put_fmt(out,
            w->v->opt->chinese ? "证明：%.*s，第 %llu 至 %llu 条，密钥 "
                               : "attestation: %.*s, entries %llu to %llu, key ",
            STR_ARG(f->origin), from, to);
    put_hex(out, f->key.id, KEY_ID);
    put_c(out, '\n');
    if (known)
        return;
    put_text(out, w->v->opt->chinese ? S("密钥由文件自己给出，未与已知的密钥核对：")
                                     : S("the file itself names the key, nobody vouches for it: "));
    put_key(out, &f->key);
    put_c(out, '\n');
}

/* Whether a key that is trusted has signed the note. */
static Status signature_told(Attested *w, bool *good) {
    bool bad = false, by = false, own = w->v->trust->logs.n == 0 && w->v->opt->unsigned_too;
    if (own)
        TRY(trust_key(w->v->trust, &w->file.key));
    for (size_t i = 0; i < w->v->trust->logs.n && !by; i++) {
        const Trusted *t = &w->v->trust->logs.at[i];
        NoteSigned is = note_signed(&w->file.note, &t->key, NULL);
        bad = bad || is == NOTE_BAD;
        by = is == NOTE_SIGNED && key_eq(&t->key, &w->file.key);
    }
    *good = by && !bad;
    if (*good)
        put_signed(w, !own);
    else
        find(w, bad ? FINDING_ATTEST_BAD : FINDING_ATTEST_UNSIGNED, 0);
    return OK;
}

/* ---- the parts */

static void parts_checked(Attested *w) {
    for (size_t i = 0; i < w->file.n; i++) {
        const AttestPart *p = &w->file.parts[i];
        if (!p->whole && p->kind == ATTEST_POLICY)
            find(w, FINDING_ATTEST_POLICY, i);
        else if (!p->whole && p->kind == ATTEST_PROOF)
            find(w, FINDING_ATTEST_PROOF, 0);
    }
}

static Status part_read(void *ctx, uint64_t at, char *to, size_t n) {
    const Str *bytes = ctx;
    memcpy(to, bytes->p + at, n);
    return OK;
}

/* The entries against the root that is signed: what is changed is named by its index in the whole
 * journal. */
static Status journal_checked(Attested *w) {
    const AttestPart *p = &w->file.parts[w->file.n - 1];
    Str bytes = p->bytes;
    Bytes from = {.ctx = &bytes, .read_at = part_read, .size = bytes.n};
    uint64_t n = w->file.range.to - w->file.range.from + 1, entries = 0;
    Signed root = {.size = n, .root = w->file.root};
    Findings *all = &w->v->findings;
    size_t before = all->n;
    judge_begin(&w->judge, all, &root, 1, true);
    TRY(export_read(&from, &w->judge, &entries));
    for (size_t i = before; i < all->n; i++) {
        all->list[i].from += w->file.range.from;
        all->list[i].to += w->file.range.from;
    }
    if (all->n == before && entries != n)
        find(w, FINDING_ATTEST_COUNT, entries);
    else if (all->n == before && !p->whole)
        find(w, FINDING_ATTEST_JOURNAL, 0);
    w->v->entries = entries;
    return OK;
}

/* ---- its place in the tree */

static Status entry_taken(void *ctx, Str entry) {
    Attested *w = ctx;
    MerkleHash hash = merkle_leaf(entry);
    merkle_add(&w->peaks, &hash, NULL, NULL);
    w->policies += entry.n > 0 && (entry.p[0] == LEAF_POLICY || entry.p[0] == LEAF_GENESIS);
    for (size_t i = 0; i < w->v->count; i++) { /* those that the verifier has himself */
        const Checkpoint *c = &w->v->checkpoints[i];
        if (c->size != w->peaks.size)
            continue;
        MerkleHash root = merkle_root(&w->peaks);
        if (!merkle_eq(&c->root, &root))
            findings_add(&w->v->findings, FINDING_NOT_SIGNED, 0, 0, c->size);
    }
    return led_append(w->from.l, entry, NULL);
}

static void place_checked(Attested *w) {
    const Proof *p = &w->proof;
    const Checkpoint *c = &p->checkpoint;
    uint64_t size = w->file.range.to + 1;
    MerkleHash root = merkle_root(&w->peaks);
    bool good = checkpoint_told(w->v, c);
    if (good && (p->number != size || !str_eq(c->origin, w->file.origin) ||
                 !merkle_consistent(size, &root, c->size, &c->root, p->hash, p->n)))
        find(w, FINDING_ATTEST_PLACE, 0);
    for (size_t i = 0; i < w->v->count; i++) {
        const Checkpoint *own = &w->v->checkpoints[i];
        if (own->size == c->size && !merkle_eq(&own->root, &c->root))
            find(w, FINDING_FORKED, own->size);
    }
}

/* The verifier's own checkpoints must be of trees that the file can be held against. */
static Status own_checkpoints(Attested *w) {
    for (size_t i = 0; i < w->v->count; i++) {
        const Checkpoint *c = &w->v->checkpoints[i];
        if (c->size > w->file.range.to + 1 && c->size != w->proof.checkpoint.size)
            return err_say(w->err, ERR_SYNTAX,
                           "the checkpoint of %llu entries cannot be held against this file: it "
                           "has entries %llu to %llu and a proof for the checkpoint of %llu",
                           "%llu 条的检查点无法与本文件核对：其中有第 %llu 至 %llu 条，以及对 "
                           "%llu 条的检查点的证明",
                           (unsigned long long)c->size, (unsigned long long)w->file.range.from,
                           (unsigned long long)w->file.range.to,
                           (unsigned long long)w->proof.checkpoint.size);
        (void)checkpoint_told(w->v, c);
    }
    return OK;
}

static Status proof_read(Attested *w) {
    const AttestPart *p = &w->file.parts[w->file.n - 2];
    Status status = proof_take(p->bytes, w->v->a, &w->proof, NULL);
    if (status == ERR_SYNTAX ||
        (status == OK && (w->proof.kind != PROOF_CONSISTENCY || !w->proof.has_checkpoint))) {
        find(w, FINDING_ATTEST_PROOF, 0);
        return OK;
    }
    return status;
}

/* ---- run again */

static Status policy_given(Attested *w, size_t number) {
    Str key;
    TRY(arena_printf(w->v->a, &key, "given/%zu", number));
    return led_put(w->from.l, LED_POLICY, key, w->file.parts[number].bytes);
}

/* The ledger's name and first policy, which the engine begins with. */
static Status record_begun(Attested *w, Str genesis) {
    Leaf leaf;
    Bundle *b;
    Err why = {0};
    Status status = take_leaf(genesis, w->v->a, &leaf);
    if (status == OK && leaf.kind != LEAF_GENESIS)
        status = ERR_DAMAGED;
    if (status == ERR_DAMAGED || status == ERR_VERSION) {
        findings_add(&w->v->findings, FINDING_FORM, 0, 0, 0);
        return OK;
    }
    TRY(status);
    status = bundle_take(w->file.parts[0].bytes, &w->from.arena, &b, &why);
    if (status != OK)
        return err_because(w->err, status, "the attestation's policy", "证明文件中的政策", &why);
    w->from.b = b;
    w->from.grows = true;
    LedOptions memory = {.name = leaf.genesis.ledger};
    TRY(led_open(&memory, &w->from.l, w->err));
    return render_init(&w->from.render, b, led_name(w->from.l), &w->from.arena);
}

static void put_follows(Attested *w, const ReplayResult *r) {
    Buf *out = w->v->out;
    bool json = w->v->opt->json, zh = w->v->opt->chinese;
    if (r->differs) {
        put_difference(out, r, json, zh);
        findings_add(&w->v->findings, FINDING_ATTEST_FOLLOWS, r->at, w->file.range.to, 0);
        return;
    }
    unsigned long long inputs = r->inputs, entries = r->entries - w->file.range.from;
    if (json)
        put_fmt(out, "{\"inputs\":%llu,\"again\":%llu,\"same\":true}\n", inputs, entries);
    else
        put_fmt(out,
                zh ? "重新运行 %llu 条输入：%llu 条日志全都相同\n"
                   : "%llu inputs again: all %llu entries are the same\n",
                inputs, entries);
}

static Status run_again(Attested *w) {
    ReplayResult result;
    Err why = {0};
    for (size_t i = 0; i < w->file.policies; i++)
        TRY(policy_given(w, i));
    Status status = replay_in_memory(&w->from, &result, &why);
    if (status == OK)
        put_follows(w, &result);
    arena_free(&result.arena);
    if (status == ERR_DAMAGED) { /* an entry that cannot be one of this policy */
        findings_add(&w->v->findings, FINDING_ATTEST_FOLLOWS, result.entries, w->file.range.to, 0);
        return OK;
    }
    return status == OK ? OK : err_as(w->err, status, &why);
}

/* ---- the whole */

static Status first_entry(void *ctx, Str entry) {
    Str *first = ctx;
    if (first->n == 0)
        *first = entry;
    return OK;
}

static Status signed_verify(Attested *w) {
    Str first = {NULL, 0};
    const Findings *found = &w->v->findings;
    Str journal = w->file.parts[w->file.n - 1].bytes;
    parts_checked(w);
    TRY(journal_checked(w));
    if (findings_fatal(found))
        return OK;
    TRY(proof_read(w));
    if (findings_fatal(found))
        return OK;
    TRY(own_checkpoints(w));
    TRY(export_entries(journal, first_entry, &first));
    TRY(record_begun(w, first));
    if (findings_fatal(found))
        return OK;
    TRY(export_entries(journal, entry_taken, w));
    place_checked(w);
    if (w->policies != w->file.policies)
        find(w, FINDING_ATTEST_POLICIES, w->file.policies);
    return findings_fatal(found) ? OK : run_again(w);
}

Status attest_verify(Verifying *v, Str bytes, bool *whole, Err *err) {
    Attested *w = mem_zalloc(sizeof *w);
    if (w == NULL)
        return ERR_NOMEM;
    *w = (Attested){.v = v, .err = err};
    Status status = attest_take(bytes, v->a, &w->file, NULL);
    bool good = false;
    if (status == ERR_SYNTAX) {
        findings_add(&v->findings, FINDING_ATTEST_HEAD, 0, 0, 0);
        status = OK;
    } else if (status == OK) {
        status = signature_told(w, &good);
    }
    if (status == OK && good)
        status = signed_verify(w);
    *whole = status == OK && !findings_fatal(&v->findings);
    led_close(w->from.l);
    arena_free(&w->from.arena);
    mem_free(w);
    return status;
}
