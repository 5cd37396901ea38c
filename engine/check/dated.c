/* check: from when until when a declaration applies, and the versions of what is declared more than
 * once, each for its time. */
#include <stdlib.h>

#include "engine/base/civil.h"
#include "engine/check/check_int.h"
#include "engine/syntax/keyword.h"
#include "engine/syntax/marks.h"

static void say_bad_date(Program *p, Span at, Str text, Str what, Str how) {
    diag_add3(p->diags, DIAG_BAD_LITERAL, at, text, what, how);
}

/* The first instant of the day `days` behind a date. */
static int64_t date_begins(Program *p, Str text, Span at, int32_t days, int64_t otherwise) {
    int32_t day;
    if (text.n == 0)
        return otherwise;
    if (date_parse(text, &day) != OK || !day_ok((int64_t)day + days)) {
        say_bad_date(p, at, text, say_both(p, "date", "日期"),
                     say_both(p, "there is no such day", "没有这一天"));
        return otherwise;
    }
    int64_t local = (day + (int64_t)days) * DAY_MS;
    return p->has_zone ? zone_instant(zone_here(p), local) : local;
}

const Node *dated_said(const Node *children) {
    while (children != NULL && children->kind != N_DATED)
        children = children->next;
    return children;
}

Dated dated_read(Program *p, const Node *dated) {
    Dated d = {INT64_MIN, INT64_MAX};
    if (dated == NULL)
        return d;
    d.from = date_begins(p, dated->text, dated->span, 0, INT64_MIN);
    d.until = date_begins(p, dated->more, dated->span, 1, INT64_MAX);
    if (d.from >= d.until)
        say_bad_date(p, dated->span, dated->more, say_both(p, "last date", "终止日期"),
                     say_both(p, "it is before the first", "它早于起始日期"));
    return d;
}

void during_enter(Program *p, const Dated *during) {
    p->during = during != NULL ? *during : (Dated){INT64_MIN, INT64_MAX};
}

/* ---- versions of a table */

/* The day of an instant, `days` later, as it is written. */
static Str day_text(Program *p, int64_t at, int32_t days) {
    Buf out = {0};
    int32_t day = local_day(p->has_zone ? zone_local(&p->zone, at) : at) + days;
    put_date(&out, day);
    Str text = say(p, "%.*s", STR_ARG(buf_str(&out)));
    buf_free(&out);
    return text;
}

/* "before 2026-01-01", "from 2026-03-01 until 2026-03-31" */
static Str period_text(Program *p, Dated d) {
    if (d.from == INT64_MIN && d.until == INT64_MAX)
        return say_both(p, "at any time", "任何时候");
    if (d.from == INT64_MIN) {
        Str end = day_text(p, d.until, 0);
        return say(p, "%cbefore %.*s%c%.*s 之前%c", DIAG_BOTH_EN, STR_ARG(end), DIAG_BOTH_ZH,
                   STR_ARG(end), DIAG_BOTH_END);
    }
    Str begin = day_text(p, d.from, 0);
    if (d.until == INT64_MAX)
        return say(p, "%cfrom %.*s on%c自 %.*s 起%c", DIAG_BOTH_EN, STR_ARG(begin), DIAG_BOTH_ZH,
                   STR_ARG(begin), DIAG_BOTH_END);
    Str last = day_text(p, d.until - 1, 0);
    if (str_eq(begin, last))
        return say(p, "%con %.*s%c于 %.*s%c", DIAG_BOTH_EN, STR_ARG(begin), DIAG_BOTH_ZH,
                   STR_ARG(begin), DIAG_BOTH_END);
    return say(p, "%cfrom %.*s until %.*s%c自 %.*s 直到 %.*s%c", DIAG_BOTH_EN, STR_ARG(begin),
               STR_ARG(last), DIAG_BOTH_ZH, STR_ARG(begin), STR_ARG(last), DIAG_BOTH_END);
}

/* A version of a name: when it applies, and where it stands. */
typedef struct Version {
    Dated dated;
    Span at;
    void *of;
} Version;

static int by_time(const void *a, const void *b) {
    const Version *x = a, *y = b;
    if (x->dated.from != y->dated.from)
        return x->dated.from < y->dated.from ? -1 : 1;
    return span_order(x->at, y->at);
}

static void say_overlap(Program *p, Str name, const Version *before, const Version *v) {
    Place place = source_place(p->sources, before->at.file, before->at.from);
    Str last = v->dated.from == INT64_MIN ? (Str){NULL, 0} : day_text(p, v->dated.from, -1);
    Dated both = {v->dated.from,
                  before->dated.until < v->dated.until ? before->dated.until : v->dated.until};
    Str how = both.from == INT64_MIN || before->dated.from == v->dated.from
                  ? say_both(p, "each says from when until when it applies: from DATE until DATE",
                             "请各写明适用期：自 日期 直到 日期")
                  : say(p,
                        "%cend the one on line %u before: until %.*s%c请让第 %u "
                        "行的版本在此之前结束：直到 %.*s%c",
                        DIAG_BOTH_EN, place.line, STR_ARG(last), DIAG_BOTH_ZH, place.line,
                        STR_ARG(last), DIAG_BOTH_END);
    diag_other(diag_add3(p->diags, DIAG_VERSIONS_OVERLAP, v->at, name, period_text(p, both), how),
               before->at);
}

/* Puts versions of one name in the order of time, and says which apply at once. */
static void versions_sort(Program *p, Str name, Version *all, size_t n) {
    const Version *last = NULL;          /* the one that ends last so far */
    qsort(all, n, sizeof *all, by_time); /* a total order: no two stand in one place */
    for (size_t i = 0; i < n; i++) {
        if (last != NULL && all[i].dated.from < last->dated.until)
            say_overlap(p, name, last, &all[i]);
        if (last == NULL || all[i].dated.until > last->dated.until)
            last = &all[i];
    }
}

static void order_versions(Program *p, Table *called, Version *all) {
    size_t n = 0;
    for (size_t i = called->number; i < p->tables.n; i++) {
        Table *t = p->tables.at[i];
        if (t->called == called)
            all[n++] = (Version){t->dated, t->at, t};
    }
    versions_sort(p, called->name, all, n);
    called->eldest = all[0].of;
    for (size_t i = 1; i < n; i++)
        ((Table *)all[i - 1].of)->later = all[i].of;
}

void versions_order(Program *p) {
    Version *all = new (p->arena, Version, p->tables.n + 1);
    if (all == NULL) {
        p->nomem = true;
        return;
    }
    for (size_t i = 0; i < p->tables.n; i++) {
        space_enter(p, p->tables.at[i]->home);
        p->tables.at[i]->dated = dated_read(p, dated_said(p->tables.at[i]->node->d));
    }
    for (size_t i = 0; i < p->tables.n; i++)
        if (p->tables.at[i]->called == p->tables.at[i])
            order_versions(p, p->tables.at[i], all);
}

void spans_order(Program *p, Party *party) {
    size_t n = 0;
    for (const PartySpan *span = party->spans; span != NULL; span = span->next)
        n++;
    Version *all = n < 2 ? NULL : new (p->arena, Version, n);
    if (all == NULL) {
        p->nomem = p->nomem || n >= 2;
        return;
    }
    n = 0;
    for (PartySpan *span = party->spans; span != NULL; span = span->next)
        all[n++] = (Version){span->dated, span->node->at, span};
    versions_sort(p, party->name, all, n);
    party->spans = all[0].of;
    for (size_t i = 0; i < n; i++)
        ((PartySpan *)all[i].of)->next = i + 1 < n ? all[i + 1].of : NULL;
}

const PartySpan *party_span(const Party *party, int64_t at) {
    const PartySpan *span = party->spans;
    while (span->next != NULL && span->next->dated.from <= at)
        span = span->next;
    return span;
}

/* The first of the fields that differs, or the least number of those that one lacks. */
static bool fields_alike(const Field *a, uint32_t n, const Field *b, uint32_t m, bool names,
                         Str *which) {
    for (uint32_t i = 0; i < n || i < m; i++) {
        *which = i < m ? b[i].name : a[i].name;
        if (i >= n || i >= m || (names && !str_eq(a[i].name, b[i].name)))
            return false;
        if (a[i].type.kind != TY_ERROR && b[i].type.kind != TY_ERROR &&
            (!type_same(&a[i].type, &b[i].type) || a[i].type.optional != b[i].type.optional))
            return false;
    }
    return true;
}

static void version_alike(Program *p, Table *t) {
    const Table *called = t->called;
    Str which;
    if (t == called || !t->ready || !called->ready)
        return;
    bool same = fields_alike(called->params, called->param_count, t->params, t->param_count, true,
                             &which) &&
                fields_alike(called->results, called->result_count, t->results, t->result_count,
                             called->result_count > 1, &which);
    if (same)
        return;
    Place place = source_place(p->sources, called->at.file, called->at.from);
    diag_other(
        diag_add3(p->diags, DIAG_VERSION_DIFFERS, t->at, t->name, which, say(p, "%u", place.line)),
        called->at);
    t->ready = false;
}

/* As the eldest is where no version may apply. */
static void make_partial(Program *p, Table *eldest) {
    Dated always;
    const Dated any = {INT64_MIN, INT64_MAX};
    during_enter(p, &any);
    if (!eldest->ready || !versions_lack(p, eldest, &always))
        return;
    Table *partial = new (p->arena, Table, 1);
    Field *results = new (p->arena, Field, eldest->result_count + 1);
    if (partial == NULL || results == NULL) {
        p->nomem = true;
        return;
    }
    *partial = *eldest;
    partial->results = results;
    for (uint32_t i = 0; i < eldest->result_count; i++) {
        results[i] = eldest->results[i];
        results[i].type.optional = results[i].type.kind != TY_ERROR;
    }
    eldest->partial = partial;
}

void versions_alike(Program *p) {
    for (size_t i = 0; i < p->tables.n && !p->nomem; i++)
        version_alike(p, p->tables.at[i]);
    for (size_t i = 0; i < p->tables.n && !p->nomem; i++)
        if (p->tables.at[i]->called == p->tables.at[i])
            make_partial(p, p->tables.at[i]->eldest);
}

bool versions_lack(const Program *p, const Table *eldest, Dated *when) {
    int64_t from = p->during.from;
    for (const Table *t = eldest; t != NULL && from < p->during.until; t = t->later) {
        if (t->dated.from > from) {
            *when =
                (Dated){from, t->dated.from < p->during.until ? t->dated.from : p->during.until};
            return true;
        }
        from = t->dated.until > from ? t->dated.until : from;
        if (from == INT64_MAX)
            return false;
    }
    *when = (Dated){from, p->during.until};
    return from < p->during.until;
}

bool versions_read(const Table *eldest) {
    while (eldest != NULL && !eldest->reads)
        eldest = eldest->later;
    return eldest != NULL;
}

/* The call of a table whose value this is, or NULL. */
static const Node *asked_by(const Node *node) {
    for (;;) {
        const Node *let = node->bind == BIND_LOCAL ? node->means : NULL;
        if (node->kind == N_FIELD && node->bind == BIND_OUTPUT)
            node = node->a;
        else if (let != NULL)
            node = let;
        else
            return node->kind == N_CALL && node->bind == BIND_TABLE ? node : NULL;
    }
}

Str or_else(Program *p, const Node *node) {
    bool chinese = source_chinese(p->sources, node->span.file);
    return say(p, "%.*s %.*s ...", STR_ARG(source_text(p->sources, node->span)),
               STR_ARG(keyword_of(TK_ELSE, -1, chinese)));
}

void say_absent(Program *p, const Node *node) {
    Dated when;
    const Node *call = asked_by(node);
    if (call != NULL && call->slot != 0 && versions_lack(p, call->means, &when))
        diag_add3(p->diags, DIAG_NO_VERSION, node->span, ((const Table *)call->means)->name,
                  period_text(p, when), source_text(p->sources, node->span));
    else
        diag_add2(p->diags, DIAG_MAY_BE_ABSENT, node->span, source_text(p->sources, node->span),
                  or_else(p, node));
}
