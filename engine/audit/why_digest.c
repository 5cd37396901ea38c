/* audit: digests. The ledger keeps no record of what was told: the journal is gone through. */
#include "engine/audit/why_int.h"

#include "engine/base/json.h"

static bool is_of(Why *w, Buf *text, const Leaf *leaf, Str subject) {
    if (leaf->kind != LEAF_EFFECT || leaf->effect.subject.kind != SUBJECT_DIGEST)
        return false;
    buf_reset(text);
    put_subject(text, w->r->b, &leaf->effect.subject);
    return str_eq(buf_str(text), subject);
}

/* The subjects that a digest names, one a line, so that each may be asked about. */
static void put_subjects(Why *w, const Effect *e) {
    Value list = effect_value(e, S("subjects"));
    for (uint32_t i = 0; list.kind == V_LIST && i < list.n; i++) {
        put_text(w->out, S("                    "));
        put_text(w->out, value_str(list.items[i]));
        put_c(w->out, '\n');
    }
}

static Status said_one(Why *w, uint64_t index, const Effect *e, bool first) {
    if (!w->json) {
        TRY(why_effect(w, index, e, false));
        put_subjects(w, e);
        return OK;
    }
    why_effect_json(w, e, first);
    return OK;
}

static void said_begin(Why *w, Str subject) {
    if (!w->json) {
        why_say(w, SAY_WHAT_WAS_TOLD, (Args){{subject}});
        return;
    }
    put_text(w->out, S("{\"subject\":"));
    put_json_string(w->out, subject);
    put_text(w->out, S(",\"said\":["));
}

Status why_digest(Why *w, Str subject) {
    Arena a = {0};
    Buf text = {0};
    uint32_t n = 0;
    Status status = OK;
    for (uint64_t i = 0; i < led_size(w->r->l) && status == OK; i++) {
        Leaf leaf;
        arena_reset(&a);
        status = record_leaf(w->r, i, &a, &leaf, w->err);
        if (status != OK || !is_of(w, &text, &leaf, subject))
            continue;
        if (n == 0)
            said_begin(w, subject);
        status = said_one(w, i, &leaf.effect, n++ == 0);
    }
    if (status == OK)
        status = buf_status(&text);
    if (status == OK && n > 0 && w->json)
        put_text(w->out, S("]}\n"));
    arena_free(&a);
    buf_free(&text);
    if (status == OK && n == 0)
        return err_set(w->err, ERR_NOTFOUND,
                       "no digest %.*s was told; `remit log --type remit.digest` lists them",
                       STR_ARG(str_from(subject, sizeof "digest/" - 1)));
    return status;
}
