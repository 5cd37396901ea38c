/* What an auditor reads from files: an exported journal, or text: keys, checkpoints, rotations and
 * proofs. Laws: a journal is judged whatever it is, and without a finding it ends with the number
 * of its entries; what is read as text is the same text when it is written again. */
#include "tests/fuzz/fuzz.h"

#include "engine/audit/checkpoint.h"
#include "engine/audit/exported.h"
#include "engine/base/check.h"

static Status bytes_read(void *ctx, uint64_t at, char *to, size_t n) {
    const Str *s = ctx;
    CHECK(at <= s->n && n <= s->n - at);
    if (n > 0)
        memcpy(to, s->p + at, n);
    return OK;
}

/* root: that was signed, of `size` entries; NULL: nothing was. */
static void judge(Str file, uint64_t size, const MerkleHash *root) {
    static Judge judge_room;
    static Findings findings;
    Signed target = {.size = size};
    Bytes from = {&file, bytes_read, file.n};
    uint64_t entries = 0;
    findings = (Findings){.n = 0};
    if (root != NULL)
        target.root = *root;
    judge_begin(&judge_room, &findings, &target, root == NULL ? 0 : 1, true);
    CHECK(export_read(&from, &judge_room, &entries) == OK);
    Buf out = {0};
    for (size_t i = 0; i < findings.n; i++) {
        put_finding(&out, &findings.list[i], i % 2 == 0);
        CHECK(findings.list[i].from <= findings.list[i].to || findings.list[i].to == 0);
    }
    buf_free(&out);
    if (findings.n > 0 || root == NULL)
        return;
    CHECK(entries == size && (target.right & 1u << VOICE_ENTRIES) != 0);
}

/* By what the file itself says at its end, and by nothing. */
static void as_journal(Str file) {
    MerkleHash root;
    judge(file, 0, NULL);
    if (file.n < 16 + 2 + MERKLE_BYTES)
        return;
    memcpy(root.b, file.p + file.n - MERKLE_BYTES, MERKLE_BYTES);
    judge(file, (uint8_t)file.p[file.n - MERKLE_BYTES - 1], &root);
}

static void as_text(Str text) {
    Arena a = {0};
    Buf out = {0};
    Err err = {0};
    Key key;
    Secret secret;
    Checkpoint checkpoint;
    Rotation rotation;
    Proof *proof = new (&a, Proof, 1);
    CHECK(proof != NULL);
    if (key_take(text, &a, &key, &err) == OK) {
        put_key(&out, &key);
        CHECK(str_eq(str_trim(text), buf_str(&out)));
    }
    buf_reset(&out);
    if (secret_take(text, &a, &secret, &err) == OK) {
        put_secret(&out, &secret);
        CHECK(str_eq(str_trim(text), buf_str(&out)));
    }
    buf_reset(&out);
    if (checkpoint_take(text, &a, &checkpoint, &err) == OK) {
        put_checkpoint(&out, checkpoint.origin, checkpoint.size, &checkpoint.root);
        CHECK(str_starts(checkpoint.note.text, buf_str(&out)));
    }
    buf_reset(&out);
    if (rotation_take(text, &a, &rotation, &err) == OK) {
        put_rotation(&out, rotation.from, &rotation.next);
        CHECK(str_eq(rotation.note.text, buf_str(&out)));
    }
    buf_reset(&out);
    if (proof_take(text, &a, proof, &err) == OK) {
        put_proof(&out, proof);
        CHECK(str_eq(text, buf_str(&out)));
    }
    buf_free(&out);
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    Str bytes = {(const char *)data, n};
    if (export_begins(bytes))
        as_journal(bytes);
    else
        as_text(bytes);
    return 0;
}
