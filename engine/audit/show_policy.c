/* audit: the policy of a ledger, a row a version. */
#include "engine/audit/show_int.h"
#include "engine/audit/versions.h"
#include "engine/base/json.h"

static Status version_row(Show *s, uint32_t i, const Running *r) {
    const Bundle *b = s->r->b;
    const VersionDef *v = &b->versions[i];
    Buf hash = {0};
    put_hex(&hash, v->hash.p, b->version_count > 1 ? 6 : v->hash.n); /* room for what follows */
    TRY(show_cell(s, b->policy));
    TRY(show_cell(s, v->version));
    Status status = show_cell(s, buf_str(&hash));
    buf_free(&hash);
    TRY(status);
    if (b->version_count > 1) {
        TRY(i == 0 ? show_cell(s, S("")) : show_cell_time(s, v->from));
        TRY(show_cell_value(s, value_int((int64_t)r->duties[i])));
        TRY(show_cell_value(s, value_int((int64_t)r->approvals[i])));
    }
    return show_end_row(s);
}

static Status version_json(Show *s, uint32_t i, const Running *r) {
    const Bundle *b = s->r->b;
    const VersionDef *v = &b->versions[i];
    Buf out = {0};
    put_text(&out, S("{\"policy\":"));
    put_json_string(&out, b->policy);
    show_json(s, &out, "version", value_text(v->version));
    put_text(&out, S(",\"bundle\":\""));
    put_hex(&out, v->hash.p, v->hash.n);
    put_c(&out, '"');
    if (i > 0)
        show_json(s, &out, "from", value_of(V_INSTANT, v->from));
    if (b->version_count > 1)
        put_fmt(&out, ",\"duties\":%llu,\"approvals\":%llu", (unsigned long long)r->duties[i],
                (unsigned long long)r->approvals[i]);
    put_c(&out, '}');
    Status status = show_end_line(s, &out);
    buf_free(&out);
    return status;
}

Status show_policy(Show *s) {
    static const Sentence columns[] = {SAY_HEAD_POLICY,         SAY_HEAD_VERSION,
                                       SAY_HEAD_BUNDLE,         SAY_HEAD_FROM,
                                       SAY_HEAD_DUTIES_RUNNING, SAY_HEAD_APPROVALS_RUNNING};
    const Bundle *b = s->r->b;
    Running r = {NULL, NULL};
    Arena a = {0};
    TRY(show_columns(s, columns, b->version_count > 1 ? 6 : 3));
    Status status = b->version_count > 1 ? running_count(s->r->l, b, true, &a, &r) : OK;
    for (uint32_t i = 0; status == OK && i < b->version_count && !s->stopped; i++)
        status = s->opt->json ? version_json(s, i, &r) : version_row(s, i, &r);
    arena_free(&a);
    return status;
}
