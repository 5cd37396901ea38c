/* audit: versions of a policy. */
#include "engine/audit/versions.h"

#include "engine/audit/words.h"
#include "engine/base/json.h"
#include "engine/run/view.h"

/* ---- what runs */

typedef struct Counting {
    const Bundle *b;
    bool by_version;
    Running *out;
    Arena row;
} Counting;

static Status count_duty(Counting *c, uint64_t number, Str bytes) {
    Duty d;
    TRY(view_duty(c->b, number, bytes, &c->row, &d));
    if (!d.fold.ended)
        c->out->duties[c->by_version ? d.policy : d.decl]++;
    return OK;
}

static Status count_approval(Counting *c, uint64_t number, Str bytes) {
    Approval a;
    TRY(view_approval(c->b, number, bytes, &c->row, &a));
    if (a.state == APPROVAL_OPEN)
        c->out->approvals[c->by_version ? a.policy : a.decl]++;
    return OK;
}

static Status count_all(Counting *c, Ledger *l, LedTable table,
                        Status (*one)(Counting *c, uint64_t number, Str bytes)) {
    uint64_t next = 0;
    for (;;) {
        Buf from = {0};
        Str key, value, kept;
        bool found = false;
        put_key_u64(&from, next);
        Status status = from.failed
                            ? ERR_NOMEM
                            : led_next(l, table, buf_str(&from), false, &key, &value, &found);
        buf_free(&from);
        if (status != OK || !found)
            return status;
        Take t = take_from(key);
        next = take_key_u64(&t);
        arena_reset(&c->row);
        TRY(arena_str(&c->row, value, &kept));
        TRY(one(c, next++, kept));
    }
}

Status running_count(Ledger *l, const Bundle *b, bool by_version, Arena *a, Running *out) {
    Counting c = {.b = b, .by_version = by_version, .out = out};
    out->duties = new (a, uint64_t, (by_version ? b->version_count : b->duty_count) + 1);
    out->approvals = new (a, uint64_t, (by_version ? b->version_count : b->approval_count) + 1);
    if (out->duties == NULL || out->approvals == NULL)
        return ERR_NOMEM;
    Status status = count_all(&c, l, LED_DUTY, count_duty);
    if (status == OK)
        status = count_all(&c, l, LED_APPROVAL, count_approval);
    arena_free(&c.row);
    return status;
}

/* ---- what was adopted */

static const char *const fate_names[] = {[LINK_SAME] = "same",
                                         [LINK_JUDGES] = "judged otherwise",
                                         [LINK_CHANGED] = "changed",
                                         [LINK_NEW] = "new",
                                         [LINK_GONE] = "gone"};
static const char *const kind_names[DECL_KINDS] = {"duty", "rule", "approval", "kpi"};

/* Those of a name that run as they stood before. */
static uint64_t runs_on(const Bundle *b, const Running *r, const LinkedDecl *d) {
    uint64_t n = 0;
    uint32_t newest = b->version_count - 1;
    for (uint32_t i = 0; d->kind == DECL_DUTY && i < b->duty_count; i++)
        n += str_eq(b->duties[i].name, d->name) && b->duties[i].version < newest ? r->duties[i] : 0;
    for (uint32_t i = 0; d->kind == DECL_APPROVAL && i < b->approval_count; i++)
        n += str_eq(b->approvals[i].name, d->name) && b->approvals[i].version < newest
                 ? r->approvals[i]
                 : 0;
    return n;
}

static bool is_nameless(const Bundle *b, const LinkedDecl *d) {
    int32_t kpi = d->kind == DECL_KPI ? bundle_kpi(b, d->name) : -1;
    return kpi >= 0 && b->kpis[kpi].nameless;
}

static void put_decl_json(Buf *out, const LinkedDecl *d, uint64_t runs, bool first) {
    put_fmt(out, "%s{\"kind\":\"%s\",\"name\":", first ? "" : ",", kind_names[d->kind]);
    put_json_string(out, d->name);
    put_fmt(out, ",\"is\":\"%s\",\"running\":%llu}",
            d->fate == LINK_JUDGES ? "judged_otherwise" : fate_names[d->fate],
            (unsigned long long)runs);
}

static Str words_of(Buf *scratch, bool chinese, Sentence what, Args args) {
    buf_reset(scratch);
    put_sentence(scratch, chinese, what, args);
    return buf_str(scratch);
}

static void put_decl_text(Buf *out, Buf *scratch, bool chinese, const LinkedDecl *d,
                          uint64_t runs) {
    static const Sentence fates[] = {[LINK_JUDGES] = SAY_ADOPT_JUDGED,
                                     [LINK_CHANGED] = SAY_ADOPT_CHANGED,
                                     [LINK_NEW] = SAY_ADOPT_NEW,
                                     [LINK_GONE] = SAY_ADOPT_GONE};
    static const Sentence kinds[DECL_KINDS] = {SAY_ADOPT_DUTY, SAY_ADOPT_RULE, SAY_ADOPT_APPROVAL,
                                               SAY_ADOPT_KPI};
    Buf count = {0};
    put_fmt(&count, "%llu", (unsigned long long)runs);
    put_text(out, S("  "));
    put_text(out, words_of(scratch, chinese, fates[d->fate],
                           (Args){{sentence_word(chinese, kinds[d->kind]), d->name,
                                   runs > 0 ? buf_str(&count) : S("")}}));
    put_c(out, '\n');
    out->failed = out->failed || count.failed;
    buf_free(&count);
}

Status put_adopted(Buf *out, Ledger *l, const Bundle *b, const Adopted *adopted, bool json,
                   bool chinese) {
    Arena a = {0};
    Running r;
    Buf at = {0}, scratch = {0};
    ZoneCache zone = {.zone = bundle_zone(b)};
    bool first = true;
    uint64_t same = 0;
    Status status = running_count(l, b, false, &a, &r);
    zone_put_instant(&at, &zone, adopted->from);
    if (json) {
        put_text(out, S("{\"version\":"));
        put_json_string(out, b->version);
        put_fmt(out, ",\"from\":\"%.*s\",\"declarations\":[", STR_ARG(buf_str(&at)));
    } else {
        put_text(out, words_of(&scratch, chinese, SAY_ADOPTED, (Args){{b->version, buf_str(&at)}}));
        put_c(out, '\n');
    }
    for (uint32_t i = 0; status == OK && i < adopted->linked.n; i++) {
        const LinkedDecl *d = &adopted->linked.at[i];
        same += d->fate == LINK_SAME;
        if (is_nameless(b, d) || (d->fate == LINK_SAME && !json))
            continue;
        uint64_t runs = d->fate == LINK_CHANGED || d->fate == LINK_GONE ? runs_on(b, &r, d) : 0;
        if (json)
            put_decl_json(out, d, runs, first);
        else
            put_decl_text(out, &scratch, chinese, d, runs);
        first = false;
    }
    if (json) {
        put_text(out, S("]}\n"));
    } else {
        Buf n = {0};
        put_fmt(&n, "%llu", (unsigned long long)same);
        put_text(out, S("  "));
        put_text(out, words_of(&scratch, chinese, SAY_ADOPT_SAME, (Args){{buf_str(&n)}}));
        put_c(out, '\n');
        out->failed = out->failed || n.failed;
        buf_free(&n);
    }
    if (status == OK && (out->failed || at.failed || scratch.failed))
        status = ERR_NOMEM;
    buf_free(&at);
    buf_free(&scratch);
    arena_free(&a);
    return status;
}

/* ---- what was moved */

typedef struct Moving {
    Buf *out;
    Engine *e;
    const Bundle *b;
    bool json, chinese;
    uint64_t moved, stay;
    Buf scratch;
} Moving;

static void put_instant_or_none(Moving *m, Buf *out, int64_t at) {
    if (at == INSTANT_NEVER)
        put_text(out, S("-"));
    else
        zone_put_instant(out, &engine_render(m->e)->zone, at);
}

static void put_owner_change(Moving *m, Buf *out, const MigrateTold *told) {
    if (!value_eq(told->was_owner, told->is_owner))
        put_text(out, party_text(m->b, told->is_owner));
}

static void put_moved_json(Moving *m, const MigrateTold *told, Str subject) {
    put_text(m->out, S("{\"subject\":"));
    put_json_string(m->out, subject);
    put_text(m->out, S(",\"from\":"));
    put_json_string(m->out, m->b->versions[told->from].version);
    put_text(m->out, S(",\"to\":"));
    put_json_string(m->out, m->b->versions[told->to].version);
    put_fmt(m->out, ",\"moved\":%s,\"was_due\":\"", told->stays.n > 0 ? "false" : "true");
    put_instant_or_none(m, m->out, told->was_due);
    put_text(m->out, S("\",\"is_due\":\""));
    put_instant_or_none(m, m->out, told->is_due);
    put_text(m->out, S("\""));
    if (told->stays.n > 0) {
        put_text(m->out, S(",\"reason\":"));
        put_json_string(m->out, told->stays);
    }
    put_text(m->out, S("}\n"));
}

static void put_moved_text(Moving *m, const MigrateTold *told, Str subject) {
    Buf was = {0}, is = {0}, owner = {0};
    put_instant_or_none(m, &was, told->was_due);
    put_instant_or_none(m, &is, told->is_due);
    put_owner_change(m, &owner, told);
    Args args = {{subject, buf_str(&was), buf_str(&is), buf_str(&owner)}};
    bool same = told->was_due == told->is_due;
    if (told->stays.n > 0)
        args = (Args){{subject, told->stays}};
    put_text(m->out, words_of(&m->scratch, m->chinese,
                              told->stays.n > 0 ? SAY_MIGRATE_STAYS
                              : same            ? SAY_MIGRATE_SAME
                                                : SAY_MIGRATE_MOVED,
                              args));
    put_c(m->out, '\n');
    m->out->failed = m->out->failed || was.failed || is.failed || owner.failed;
    buf_free(&was);
    buf_free(&is);
    buf_free(&owner);
}

static Status tell_moved(void *ctx, const MigrateTold *told) {
    Moving *m = ctx;
    Buf subject = {0};
    put_subject(&subject, m->b, &told->subject);
    if (m->json)
        put_moved_json(m, told, buf_str(&subject));
    else
        put_moved_text(m, told, buf_str(&subject));
    m->moved += told->stays.n == 0;
    m->stay += told->stays.n > 0;
    m->out->failed = m->out->failed || subject.failed;
    buf_free(&subject);
    return m->out->failed ? ERR_NOMEM : OK;
}

Status put_migrated(Buf *out, Engine *e, const Bundle *b, const MigrateLeaf *what, bool json,
                    bool chinese) {
    Moving m = {.out = out, .e = e, .b = b, .json = json, .chinese = chinese};
    Status status = engine_migrate(e, what, tell_moved, &m);
    if (status == OK && !json) {
        Buf moved = {0}, stay = {0};
        put_fmt(&moved, "%llu", (unsigned long long)m.moved);
        put_fmt(&stay, "%llu", (unsigned long long)m.stay);
        put_text(out, words_of(&m.scratch, chinese, SAY_MIGRATED,
                               (Args){{buf_str(&moved), buf_str(&stay)}}));
        put_c(out, '\n');
        out->failed = out->failed || moved.failed || stay.failed;
        buf_free(&moved);
        buf_free(&stay);
    }
    if (status == OK && (out->failed || m.scratch.failed))
        status = ERR_NOMEM;
    buf_free(&m.scratch);
    return status;
}
