/* audit: checkpoints, rotations, proofs: their text; and whom a verifier trusts. */
#include "engine/audit/checkpoint.h"

#include "engine/base/base64.h"

static const Str inclusion_mark = {"c2sp.org/tlog-proof@v1\n", 23};
static const Str consistency_mark = {"old ", 4};
static const Str rotation_mark = {"remit key rotation 1", 20};

static Status hash_take(Str line, Arena *a, MerkleHash *out) {
    Str bytes;
    TRY(base64_read(line, a, &bytes));
    if (bytes.n != MERKLE_BYTES)
        return ERR_SYNTAX;
    memcpy(out->b, bytes.p, MERKLE_BYTES);
    return OK;
}

static void put_hash(Buf *out, const MerkleHash *hash) {
    put_base64(out, hash->b, MERKLE_BYTES);
    put_c(out, '\n');
}

/* ---- checkpoints */

Status checkpoint_take(Str bytes, Arena *a, Checkpoint *out, Err *err) {
    *out = (Checkpoint){.size = 0};
    TRY(note_take(bytes, a, &out->note, err));
    Str rest = out->note.text, size = {NULL, 0}, root = {NULL, 0}, line;
    bool good = line_take(&rest, &out->origin) && line_take(&rest, &size) &&
                line_take(&rest, &root) && out->origin.n > 0 && number_take(size, &out->size);
    Status status = good ? hash_take(root, a, &out->root) : ERR_SYNTAX;
    while (status == OK && line_take(&rest, &line))
        status = line.n > 0 ? OK : ERR_SYNTAX;
    return status == ERR_SYNTAX ? err_set(err, status,
                                          "it is no checkpoint: an origin, a number of entries "
                                          "and a root in base64 were expected, a line each")
                                : status;
}

void put_checkpoint(Buf *out, Str origin, uint64_t size, const MerkleHash *root) {
    put_text(out, origin);
    put_fmt(out, "\n%llu\n", (unsigned long long)size);
    put_hash(out, root);
}

/* ---- rotations */

Status rotation_take(Str bytes, Arena *a, Rotation *out, Err *err) {
    *out = (Rotation){.from = 0};
    TRY(note_take(bytes, a, &out->note, err));
    Str rest = out->note.text, mark = {NULL, 0}, name = mark, size = mark, key = mark;
    bool good = line_take(&rest, &mark) && str_eq(mark, rotation_mark) && line_take(&rest, &name) &&
                line_take(&rest, &size) && line_take(&rest, &key) && rest.n == 0 &&
                number_take(size, &out->from);
    if (!good)
        return err_set(err, ERR_SYNTAX, "it is no rotation of a key: \"%.*s\" was expected",
                       STR_ARG(rotation_mark));
    TRY(key_take(key, a, &out->next, err));
    if (str_eq(out->next.name, name) && out->next.type == KEY_LOG)
        return OK;
    return err_set(err, ERR_SYNTAX, "it names a key that is not one of the log %.*s",
                   STR_ARG(name));
}

void put_rotation(Buf *out, uint64_t from, const Key *next) {
    put_text(out, rotation_mark);
    put_fmt(out, "\n%.*s\n%llu\n", STR_ARG(next->name), (unsigned long long)from);
    put_key(out, next);
    put_c(out, '\n');
}

/* ---- proofs */

bool proof_begins(Str bytes) {
    return str_starts(bytes, inclusion_mark) || str_starts(bytes, consistency_mark);
}

static Status inclusion_head(Str *rest, Arena *a, Proof *out) {
    Str line;
    *rest = str_from(*rest, inclusion_mark.n);
    if (!line_take(rest, &line))
        return ERR_SYNTAX;
    if (str_starts(line, S("extra "))) {
        out->has_entry = true;
        TRY(base64_read(str_from(line, 6), a, &out->entry));
        if (!line_take(rest, &line))
            return ERR_SYNTAX;
    }
    return str_starts(line, S("index ")) && number_take(str_from(line, 6), &out->number)
               ? OK
               : ERR_SYNTAX;
}

static Status consistency_head(Str *rest, Proof *out) {
    Str line;
    return line_take(rest, &line) && number_take(str_from(line, consistency_mark.n), &out->number)
               ? OK
               : ERR_SYNTAX;
}

static Status body_take(Str bytes, Arena *a, Proof *out, Err *err) {
    Str line;
    bool ended = false;
    if (str_starts(bytes, inclusion_mark)) {
        TRY(inclusion_head(&bytes, a, out));
    } else if (str_starts(bytes, consistency_mark)) {
        out->kind = PROOF_CONSISTENCY;
        TRY(consistency_head(&bytes, out));
    } else {
        return ERR_SYNTAX;
    }
    while (!ended && line_take(&bytes, &line)) {
        ended = line.n == 0;
        if (ended)
            break;
        if (out->n == MERKLE_MOST)
            return ERR_SYNTAX;
        TRY(hash_take(line, a, &out->hash[out->n++]));
    }
    out->has_checkpoint = bytes.n > 0;
    if (ended && out->has_checkpoint)
        return checkpoint_take(bytes, a, &out->checkpoint, err);
    return ended ? OK : ERR_SYNTAX;
}

Status proof_take(Str bytes, Arena *a, Proof *out, Err *err) {
    *out = (Proof){.kind = PROOF_INCLUSION};
    Status status = body_take(bytes, a, out, err);
    return status == ERR_SYNTAX
               ? err_set(err, status,
                         "it is no proof: \"c2sp.org/tlog-proof@v1\" or \"old N\", hashes in "
                         "base64, an empty line and a checkpoint were expected")
               : status;
}

void put_proof(Buf *out, const Proof *p) {
    if (p->kind == PROOF_INCLUSION) {
        put_text(out, inclusion_mark);
        if (p->has_entry) {
            put_text(out, S("extra "));
            put_base64(out, p->entry.p, p->entry.n);
            put_c(out, '\n');
        }
        put_fmt(out, "index %llu\n", (unsigned long long)p->number);
    } else {
        put_text(out, consistency_mark);
        put_fmt(out, "%llu\n", (unsigned long long)p->number);
    }
    for (size_t i = 0; i < p->n; i++)
        put_hash(out, &p->hash[i]);
    put_c(out, '\n');
    if (p->has_checkpoint)
        put_text(out, p->checkpoint.note.bytes);
}

/* ---- trust */

void trust_free(Trust *t) {
    vec_free(&t->logs);
    vec_free(&t->witnesses);
    *t = (Trust){.needed = 0};
}

Status trust_key(Trust *t, const Key *key) {
    if (key->type == KEY_WITNESS) { /* given twice, or under two names, it counts once */
        for (size_t i = 0; i < t->witnesses.n; i++)
            if (memcmp(t->witnesses.at[i].bytes, key->bytes, ED25519_KEY) == 0)
                return OK;
        return vec_push(&t->witnesses, *key) ? OK : ERR_NOMEM;
    }
    Trusted all = {*key, 0, UINT64_MAX};
    return vec_push(&t->logs, all) ? OK : ERR_NOMEM;
}

static Trusted *signer_of(const Trust *t, const Rotation *r, bool *bad) {
    for (size_t i = 0; i < t->logs.n; i++) {
        Trusted *k = &t->logs.at[i];
        NoteSigned is = str_eq(k->key.name, r->next.name) ? note_signed(&r->note, &k->key, NULL)
                                                          : NOTE_UNSIGNED;
        *bad = *bad || is == NOTE_BAD;
        if (is == NOTE_SIGNED)
            return k;
    }
    return NULL;
}

static bool is_trusted(const Trust *t, const Key *key) {
    for (size_t i = 0; i < t->logs.n; i++)
        if (key_eq(&t->logs.at[i].key, key))
            return true;
    return false;
}

/* Follows one, if its signer is trusted by now; *done says so. */
static Status follow(Trust *t, const Rotation *r, bool *done, Err *err) {
    bool bad = false;
    Trusted *by = signer_of(t, r, &bad);
    *done = by != NULL;
    if (bad)
        return err_set(err, ERR_SYNTAX, "a signature under a rotation of %.*s does not verify",
                       STR_ARG(r->next.name));
    if (by == NULL)
        return OK;
    if (r->from < by->from || by->until != UINT64_MAX || is_trusted(t, &r->next))
        return err_set(err, ERR_SYNTAX,
                       "a rotation of %.*s at %llu entries does not fit the others: a key goes "
                       "once, to a new one, and sizes do not go back",
                       STR_ARG(r->next.name), (unsigned long long)r->from);
    by->until = r->from;
    Trusted next = {r->next, r->from, UINT64_MAX};
    return vec_push(&t->logs, next) ? OK : ERR_NOMEM;
}

Status trust_rotations(Trust *t, const Rotation *rotations, size_t n, Err *err) {
    VEC(bool) done = {0};
    Status status = OK;
    size_t left = n;
    for (size_t i = 0; i < n && status == OK; i++)
        status = vec_push(&done, false) ? OK : ERR_NOMEM;
    for (bool moved = true; moved && status == OK;) {
        moved = false;
        for (size_t i = 0; i < n && status == OK; i++) {
            if (done.at[i])
                continue;
            status = follow(t, &rotations[i], &done.at[i], err);
            moved = moved || done.at[i];
            left -= done.at[i];
        }
    }
    vec_free(&done);
    if (status == OK && left > 0)
        return err_set(err, ERR_SYNTAX, "a rotation is not signed by a key that is trusted");
    return status;
}

/* The witnesses that signed; false: one of their signatures does not verify. */
static bool count_witnesses(const Trust *t, const Checkpoint *c, size_t *count) {
    *count = 0;
    for (size_t i = 0; i < t->witnesses.n; i++) {
        NoteSigned is = note_signed(&c->note, &t->witnesses.at[i], NULL);
        if (is == NOTE_BAD)
            return false;
        *count += is == NOTE_SIGNED;
    }
    return true;
}

Judged checkpoint_judge(const Trust *t, const Checkpoint *c, const Key **by, size_t *witnesses) {
    Judged judged = JUDGED_UNSIGNED;
    *by = NULL;
    *witnesses = 0;
    for (size_t i = 0; i < t->logs.n; i++) {
        const Trusted *k = &t->logs.at[i];
        NoteSigned is = note_signed(&c->note, &k->key, NULL);
        if (is == NOTE_BAD)
            return JUDGED_BAD;
        if (is == NOTE_UNSIGNED)
            continue;
        if (!str_eq(k->key.name, c->origin))
            return JUDGED_ORIGIN;
        bool now = c->size >= k->from && c->size < k->until;
        if (now)
            *by = &k->key;
        else if (c->size >= k->until && judged == JUDGED_UNSIGNED)
            judged = JUDGED_RETIRED;
    }
    if (!count_witnesses(t, c, witnesses))
        return JUDGED_BAD;
    if (*by == NULL)
        return judged;
    return *witnesses < t->needed ? JUDGED_UNWITNESSED : JUDGED_GOOD;
}
