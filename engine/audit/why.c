/* audit: why: finds what is asked about. */
#include "engine/audit/why.h"

#include "engine/audit/why_int.h"
#include "engine/base/hex.h"
#include "engine/base/near.h"
#include "engine/run/series.h"

enum { KEYS_LOOKED_AT = 200000 }; /* for a key that is like the one asked for */

/* ---- finding it */

/* A part of a subject with its %XX undone. */
static Status undo_part(Arena *a, Str part, Str *out) {
    char *p = arena_take(a, part.n + 1, 1);
    size_t n = 0;
    if (p == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < part.n; i++) {
        int high = i + 2 < part.n ? hex_digit(part.p[i + 1]) : -1,
            low = i + 2 < part.n ? hex_digit(part.p[i + 2]) : -1;
        if (part.p[i] == '%' && high >= 0 && low >= 0) {
            p[n++] = (char)(high * 16 + low);
            i += 2;
        } else {
            p[n++] = part.p[i];
        }
    }
    *out = (Str){p, n};
    return OK;
}

/* Names of declarations, for what was probably meant. */
static Str duty_name_of(const Bundle *b, uint32_t i) {
    return b->duties[i].name;
}
static Str approval_name_of(const Bundle *b, uint32_t i) {
    return b->approvals[i].name;
}
static Str entity_name_of(const Bundle *b, uint32_t i) {
    return b->entities[i].name;
}
static Str rule_name_of(const Bundle *b, uint32_t i) {
    return b->rules[i].name;
}
static Str kpi_name_of(const Bundle *b, uint32_t i) {
    return b->kpis[i].name;
}

static Status say_no_name(Why *w, Status code, const char *what, Str name, uint32_t n,
                          Str (*name_of)(const Bundle *, uint32_t)) {
    Str *names = new (&w->arena, Str, n + 1);
    if (names == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < n; i++)
        names[i] = name_of(w->r->b, i);
    ptrdiff_t best = nearest(name, names, n);
    if (best >= 0)
        return err_set(w->err, code, "no %s is called %.*s; did you mean %.*s?", what,
                       STR_ARG(name), STR_ARG(names[best]));
    return err_set(w->err, code, "no %s is called %.*s", what, STR_ARG(name));
}

/* The occurrence behind #, cut off the key's last part. */
static uint32_t cut_occurrence(Str *rest) {
    Str head, tail;
    if (!str_cut(*rest, '#', &head, &tail) || tail.n == 0)
        return 1;
    uint32_t n = 0;
    for (size_t i = 0; i < tail.n; i++) {
        if (tail.p[i] < '0' || tail.p[i] > '9' || n > 100000000)
            return 1;
        n = n * 10 + (uint32_t)(tail.p[i] - '0');
    }
    *rest = head;
    return n;
}

/* What has keys: where it stands, what it is called, what a record of it is about. */
typedef struct Kind {
    LedTable table;
    const char *prefix, *what; /* "duty/", "duty" */
    Status (*subject)(const Bundle *b, uint64_t number, Str value, Arena *a, Subject *out);
} Kind;

static Status duty_is(const Bundle *b, uint64_t number, Str value, Arena *a, Subject *out) {
    Duty d;
    TRY(view_duty(b, number, value, a, &d));
    *out = duty_subject(&d);
    return OK;
}

static Status approval_is(const Bundle *b, uint64_t number, Str value, Arena *a, Subject *out) {
    Approval found;
    TRY(view_approval(b, number, value, a, &found));
    *out = approval_subject(&found);
    return OK;
}

static Status series_is(const Bundle *b, uint64_t number, Str value, Arena *a, Subject *out) {
    Series s;
    TRY(view_series(b, number, value, a, &s));
    *out = series_subject(&s);
    return OK;
}

static const Kind duties = {LED_DUTY, "duty/", "duty", duty_is};
static const Kind approvals = {LED_APPROVAL, "approval/", "approval", approval_is};
static const Kind kpis = {LED_SERIES, "kpi/", "KPI", series_is};

/* A key that is like the one asked for: the closest of those of this name. */
static Status say_no_key(Why *w, const Kind *kind, uint32_t decl, Str name, Str whole) {
    Str best = {NULL, 0}, from = {NULL, 0};
    Arena rows = {0}, keep = {0};
    Status status = OK;
    for (uint32_t n = 0; n < KEYS_LOOKED_AT && status == OK; n++) {
        Str key, value, names[2] = {best, {NULL, 0}};
        bool found;
        Subject subject;
        status = led_next(w->r->l, kind->table, from, n > 0, &key, &value, &found);
        if (status != OK || !found)
            break;
        arena_reset(&rows);
        Take t = take_from(key);
        uint64_t number = take_key_u64(&t);
        Buf text = {0};
        status = arena_str(&rows, value, &value);
        if (status == OK)
            status = kind->subject(w->r->b, number, value, &rows, &subject);
        if (status == OK && subject.decl == decl && subject.key_count > 0) {
            put_subject(&text, w->r->b, &subject);
            names[1] = str_from(buf_str(&text), str_of(kind->prefix).n + name.n + 1);
            ptrdiff_t near = nearest(whole, names, 2);
            status = text.failed ? ERR_NOMEM : OK;
            if (status == OK && near == 1)
                status = arena_str(&keep, names[1], &best);
        }
        buf_reset(&text);
        put_key_u64(&text, number);
        status = status != OK ? status : text.failed ? ERR_NOMEM : OK;
        if (status == OK)
            status = arena_str(&keep, buf_str(&text), &from);
        buf_free(&text);
    }
    if (status == OK && best.n > 0)
        status = err_set(w->err, ERR_NOTFOUND,
                         "there is no %s %.*s with the key %.*s in this ledger; did you mean "
                         "%s%.*s/%.*s?",
                         kind->what, STR_ARG(name), STR_ARG(whole), kind->prefix, STR_ARG(name),
                         STR_ARG(best));
    else if (status == OK)
        status =
            err_set(w->err, ERR_NOTFOUND, "there is no %s %.*s with the key %.*s in this ledger",
                    kind->what, STR_ARG(name), STR_ARG(whole));
    arena_free(&rows);
    arena_free(&keep);
    return status;
}

static Status key_read(Why *w, Str rest, KeyAsked *out) {
    out->whole = rest;
    out->occurrence = cut_occurrence(&rest);
    out->n = 0;
    out->parts = new (&w->arena, Str, rest.n + 2);
    if (out->parts == NULL)
        return ERR_NOMEM;
    for (bool more = true; more;) {
        Str part;
        more = str_cut(rest, '/', &part, &rest);
        TRY(undo_part(&w->arena, part, &out->parts[out->n++]));
    }
    return OK;
}

/* The record that a name's hash leads to, kept in the arena; *found: the name is known. */
static Status record_named(Why *w, const uint8_t hash[32], LedTable table, uint64_t *number,
                           Str *kept, bool *found) {
    uint64_t b;
    bool there;
    TRY(led_set_find(w->r->l, LED_SET_NAMES, hash, number, &b, found));
    if (!*found)
        return OK;
    Buf key = {0};
    Str value;
    put_key_u64(&key, *number);
    Status status =
        key.failed ? ERR_NOMEM : led_find(w->r->l, table, buf_str(&key), &value, &there);
    buf_free(&key);
    TRY(status);
    return there ? arena_str(&w->arena, value, kept) : ERR_DAMAGED;
}

/* Cuts NAME/KEY, or NAME#2 of what has no key; *keyless: there is no key. */
static void name_cut(Str rest, Str *name, Str *key, bool *keyless) {
    *keyless = !str_cut(rest, '/', name, key);
    if (!*keyless)
        return;
    ptrdiff_t mark = str_find(rest, '#');
    *name = mark < 0 ? rest : str_upto(rest, (size_t)mark);
    *key = mark < 0 ? (Str){NULL, 0} : str_from(rest, (size_t)mark);
}

Status why_find_duty(Why *w, Str rest, uint32_t *decl, KeyAsked *key, bool *found) {
    Str name, kept;
    bool keyless;
    name_cut(rest, &name, &rest, &keyless);
    int32_t known = bundle_duty(w->r->b, name);
    if (known < 0)
        return say_no_name(w, ERR_NOTFOUND, "duty", name, w->r->b->duty_count, duty_name_of);
    if (keyless && bundle_key_parts(w->r->b, (DeclDef){DECL_DUTY, (uint32_t)known}) > 0)
        return err_set(w->err, ERR_SYNTAX, "the key is missing: write it as in duty/%.*s/C1",
                       STR_ARG(name));
    Buf scratch = {0};
    uint8_t hash[32];
    uint64_t number;
    *decl = (uint32_t)known;
    TRY(key_read(w, rest, key));
    key->n = keyless ? 0 : key->n;
    Status status = duty_hash(w->r->b, *decl, key->parts, key->n, key->occurrence, &scratch, hash);
    buf_free(&scratch);
    TRY(status);
    TRY(record_named(w, hash, LED_DUTY, &number, &kept, found));
    return *found ? view_duty(w->r->b, number, kept, &w->arena, &w->d) : OK;
}

static Status why_one_duty(Why *w, Str subject, Str rest) {
    uint32_t decl;
    KeyAsked key;
    bool found;
    TRY(why_find_duty(w, rest, &decl, &key, &found));
    if (!found)
        return say_no_key(w, &duties, decl, w->r->b->duties[decl].name, key.whole);
    TRY(record_leaf(w->r, w->d.leaf, &w->arena, &w->opened, w->err));
    if (w->opened.kind != LEAF_EFFECT)
        return ERR_DAMAGED;
    return w->json ? why_duty_json(w, subject) : why_duty_text(w, subject);
}

Status why_find_approval(Why *w, Str rest, uint32_t *decl, KeyAsked *key, bool *found) {
    Str name, kept;
    bool keyless;
    name_cut(rest, &name, &rest, &keyless);
    int32_t known = bundle_approval(w->r->b, name);
    if (known < 0)
        return say_no_name(w, ERR_NOTFOUND, "approval", name, w->r->b->approval_count,
                           approval_name_of);
    if (keyless && w->r->b->approvals[known].key_count > 0)
        return err_set(w->err, ERR_SYNTAX, "the key is missing: write it as in approval/%.*s/L1",
                       STR_ARG(name));
    Buf scratch = {0};
    uint8_t hash[32];
    uint64_t number;
    *decl = (uint32_t)known;
    TRY(key_read(w, rest, key));
    key->n = keyless ? 0 : key->n;
    Status status =
        approval_hash(w->r->b, *decl, key->parts, key->n, key->occurrence, &scratch, hash);
    buf_free(&scratch);
    TRY(status);
    TRY(record_named(w, hash, LED_APPROVAL, &number, &kept, found));
    return *found ? view_approval(w->r->b, number, kept, &w->arena, &w->a) : OK;
}

static Status why_one_approval(Why *w, Str subject, Str rest) {
    uint32_t decl;
    KeyAsked key;
    bool found;
    TRY(why_find_approval(w, rest, &decl, &key, &found));
    if (!found)
        return say_no_key(w, &approvals, decl, w->r->b->approvals[decl].name, key.whole);
    if (w->a.said_count == 0)
        return ERR_DAMAGED;
    TRY(record_leaf(w->r, w->a.said[0], &w->arena, &w->opened, w->err));
    if (w->opened.kind != LEAF_EFFECT)
        return ERR_DAMAGED;
    return w->json ? why_approval_json(w, subject) : why_approval_text(w, subject);
}

static Status why_one_kpi(Why *w, Str subject, Str rest) {
    Str name, part;
    bool more = str_cut(rest, '/', &name, &rest);
    int32_t decl = bundle_kpi(w->r->b, name);
    if (decl < 0)
        return say_no_name(w, ERR_SYNTAX, "KPI", name, w->r->b->kpi_count, kpi_name_of);
    Str whole = rest;
    Str *key = new (&w->arena, Str, rest.n + 2);
    if (key == NULL)
        return ERR_NOMEM;
    uint32_t n = 0;
    while (more) {
        more = str_cut(rest, '/', &part, &rest);
        TRY(undo_part(&w->arena, part, &key[n++]));
    }
    Status status = why_kpi(w, subject, (uint32_t)decl, key, n);
    if (status != ERR_NOTFOUND || n == 0)
        return status;
    *w->err = (Err){0}; /* the first words would stay */
    return say_no_key(w, &kpis, (uint32_t)decl, w->r->b->kpis[decl].name, whole);
}

static Status why_one_entity(Why *w, Str subject, Str rest) {
    Str name;
    if (!str_cut(rest, '/', &name, &rest))
        return err_set(w->err, ERR_SYNTAX, "the key is missing: write it as in entity/%.*s/A1",
                       STR_ARG(name));
    int32_t decl = bundle_entity(w->r->b, name);
    if (decl < 0)
        return say_no_name(w, ERR_NOTFOUND, "entity", name, w->r->b->entity_count, entity_name_of);
    KeyAsked key;
    TRY(key_read(w, rest, &key));
    return why_entity(w, subject, (uint32_t)decl, key.parts, key.n);
}

static Status why_one_rule(Why *w, Str subject, Str rest) {
    Str name;
    str_cut(rest, '/', &name, &rest);
    for (uint32_t i = 0; i < w->r->b->rule_count; i++)
        if (str_eq(w->r->b->rules[i].name, name))
            return why_rule(w, subject, i, rest);
    return say_no_name(w, ERR_NOTFOUND, "rule", name, w->r->b->rule_count, rule_name_of);
}

Status why_event_parts(Why *w, Str rest, Str *source, Str *id) {
    if (!str_cut(rest, '/', source, id))
        return err_set(w->err, ERR_SYNTAX,
                       "the id is missing: write it as in event/remit:input/e1");
    TRY(undo_part(&w->arena, *source, source));
    return undo_part(&w->arena, *id, id);
}

static Status why_one_event(Why *w, Str subject, Str rest) {
    Str source, id;
    TRY(why_event_parts(w, rest, &source, &id));
    return why_event(w, subject, source, id);
}

Status why_what(Why *w, Str subject) {
    Str kind, rest;
    bool parts = str_cut(subject, '/', &kind, &rest);
    if (parts && str_eq(kind, S("duty")))
        return why_one_duty(w, subject, rest);
    if (parts && str_eq(kind, S("kpi")))
        return why_one_kpi(w, subject, rest);
    if (parts && str_eq(kind, S("approval")))
        return why_one_approval(w, subject, rest);
    if (parts && str_eq(kind, S("entity")))
        return why_one_entity(w, subject, rest);
    if (parts && str_eq(kind, S("rule")))
        return why_one_rule(w, subject, rest);
    if (parts && str_eq(kind, S("event")))
        return why_one_event(w, subject, rest);
    if (parts && str_eq(kind, S("digest")))
        return why_digest(w, subject);
    if (parts && str_eq(kind, S("rotation")))
        return err_set(
            w->err, ERR_SYNTAX,
            "`remit show rotation %.*s` lists who is on call; why a rung reached whom, its "
            "duty says",
            STR_ARG(rest));
    if (parts && str_eq(kind, S("person")))
        return err_set(
            w->err, ERR_SYNTAX,
            "`remit show people` lists who holds what; of what is asked about a person, the "
            "duty, approval or event says why");
    if (parts && bundle_duty(w->r->b, kind) >= 0)
        return err_set(w->err, ERR_SYNTAX, "\"%.*s\" is no subject; did you mean duty/%.*s?",
                       STR_ARG(subject), STR_ARG(subject));
    if (parts && bundle_approval(w->r->b, kind) >= 0)
        return err_set(w->err, ERR_SYNTAX, "\"%.*s\" is no subject; did you mean approval/%.*s?",
                       STR_ARG(subject), STR_ARG(subject));
    return err_set(w->err, ERR_SYNTAX,
                   "\"%.*s\" is no subject: write it as effects have it, as in "
                   "duty/handle_complaint/C1 or event/SOURCE/ID",
                   STR_ARG(subject));
}

Status why(Record *r, Str subject, WhyForm form, Buf *out, Err *err) {
    Why w = {.r = r, .out = out, .err = err, .json = form.json, .chinese = form.chinese};
    Status status = why_what(&w, subject);
    arena_free(&w.arena);
    if (status == OK)
        status = buf_status(out);
    return status == OK ? OK : err_set(err, status, "reading the ledger: %s", status_text(status));
}
