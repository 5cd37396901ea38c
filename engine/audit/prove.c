/* audit: proofs from a ledger. */
#include "engine/audit/prove.h"

#include "engine/base/base64.h"
#include "engine/base/mem.h"

static void put_proof_json(Buf *out, const Proof *p, uint64_t size) {
    put_fmt(out, "{\"%s\":%llu,\"size\":%llu", p->kind == PROOF_INCLUSION ? "index" : "old",
            (unsigned long long)p->number, (unsigned long long)size);
    if (p->has_entry) {
        put_text(out, S(",\"entry\":\""));
        put_base64(out, p->entry.p, p->entry.n);
        put_c(out, '"');
    }
    put_text(out, S(",\"hashes\":["));
    for (size_t i = 0; i < p->n; i++) {
        put_text(out, i == 0 ? S("\"") : S(",\""));
        put_base64(out, p->hash[i].b, MERKLE_BYTES);
        put_c(out, '"');
    }
    put_text(out, S("]}\n"));
}

static Status size_found(Ledger *l, const ProveOptions *opt, uint64_t *size, Err *err) {
    *size = opt->checkpoint != NULL ? opt->checkpoint->size
            : opt->has_size         ? opt->size
                                    : led_size(l);
    if (*size > led_size(l))
        return err_set(err, ERR_LIMIT, "the ledger has %llu entries, not %llu",
                       (unsigned long long)led_size(l), (unsigned long long)*size);
    if (opt->kind == PROOF_INCLUSION && opt->number >= *size)
        return err_set(err, ERR_LIMIT, "of %llu entries there is none with number %llu",
                       (unsigned long long)*size, (unsigned long long)opt->number);
    if (opt->kind == PROOF_CONSISTENCY && opt->number > *size)
        return err_set(err, ERR_LIMIT, "%llu entries are not fewer than %llu",
                       (unsigned long long)opt->number, (unsigned long long)*size);
    if (opt->checkpoint == NULL)
        return OK;
    MerkleHash root;
    TRY(led_root_at(l, *size, &root));
    return merkle_eq(&root, &opt->checkpoint->root)
               ? OK
               : err_set(err, ERR_POLICY,
                         "the checkpoint is not of this ledger: its first %llu entries have "
                         "another root",
                         (unsigned long long)*size);
}

static Status proved(Ledger *l, const ProveOptions *opt, Proof *p, uint64_t size) {
    if (opt->kind == PROOF_CONSISTENCY)
        return opt->number == 0 ? OK : led_consistency(l, opt->number, size, p->hash, &p->n);
    TRY(led_inclusion(l, opt->number, size, p->hash, &p->n));
    p->has_entry = true;
    return led_leaf(l, opt->number, &p->entry);
}

Status prove(Ledger *l, const ProveOptions *opt, Buf *out, Err *err) {
    uint64_t size;
    TRY(size_found(l, opt, &size, err));
    Proof *p = mem_zalloc(sizeof *p);
    if (p == NULL)
        return ERR_NOMEM;
    p->kind = opt->kind;
    p->number = opt->number;
    Status status = proved(l, opt, p, size);
    p->has_checkpoint = opt->checkpoint != NULL;
    if (p->has_checkpoint)
        p->checkpoint = *opt->checkpoint;
    if (status == OK && opt->json)
        put_proof_json(out, p, size);
    else if (status == OK)
        put_proof(out, p);
    mem_free(p);
    return status == OK ? buf_status(out) : status;
}
