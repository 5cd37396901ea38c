/* run: what tests reach, told: a table and what is missing, JSON, lcov. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/json.h"
#include "engine/base/unicode.h"
#include "engine/base/utf8.h"
#include "engine/run/coverage.h"

enum { NAME_COLUMNS = 10 };

typedef struct KindWords {
    const char *name, *name_zh, *never, *never_zh;
} KindWords;
static const KindWords kind_words[COVER_KINDS] = {
#define COVER(kind, name, name_zh, never, never_zh) {name, name_zh, never, never_zh},
#include "engine/run/coverage.def"
};

CoverSum cover_sum(const Cover *c, CoverKind kind) {
    size_t n;
    const CoverItem *items = cover_items(c, &n);
    CoverSum sum = {0, 0};
    for (size_t i = 0; i < n; i++) {
        if (kind != COVER_KINDS && items[i].kind != kind)
            continue;
        sum.all++;
        sum.reached += items[i].tests > 0;
    }
    return sum;
}

/* ---- in the order of the text */

static int by_place(const void *a, const void *b) {
    const CoverItem *x = *(const CoverItem *const *)a, *y = *(const CoverItem *const *)b;
    int order = span_order(x->at, y->at);
    if (order != 0)
        return order;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->part != y->part)
        return x->part < y->part ? -1 : 1;
    return x < y ? -1 : x > y; /* one array: as they were found */
}

static const CoverItem **sorted(const Cover *c, Arena *a, size_t *n) {
    const CoverItem *items = cover_items(c, n);
    const CoverItem **list = new (a, const CoverItem *, *n + 1);
    for (size_t i = 0; list != NULL && i < *n; i++)
        list[i] = &items[i];
    if (list != NULL && *n > 0)
        qsort(list, *n, sizeof *list, by_place); /* by_place is a total order */
    return list;
}

static uint32_t item_line(Policy *p, const CoverItem *item) {
    return source_place(&p->sources, item->at.file, item->at.from).line;
}

static Str file_name(const Policy *p, uint32_t file) {
    return p->sources.files.at[file].name;
}

static Str decl_name(const Cover *c, const CoverItem *item) {
    size_t n;
    const CoverDecl *decls = cover_decls(c, &n);
    return item->decl < n ? decls[item->decl].name : (Str){NULL, 0};
}

/* ---- for people */

/* Tenths of a percent, rounded down: only all of it is 100. */
static uint64_t tenths(CoverSum s) {
    return s.all == 0 ? 1000 : (uint64_t)s.reached * 1000 / s.all;
}

static void put_sum(Buf *out, const char *name, const char *of, CoverSum s) {
    char share[40];
    uint64_t t = tenths(s);
    snprintf(share, sizeof share, "%zu%s%zu", s.reached, of, s.all);
    put_fmt(out, "  %s", name);
    for (size_t used = uc_columns(str_of(name)); used < NAME_COLUMNS; used++)
        put_c(out, ' ');
    put_fmt(out, " %15s  %3llu.%llu %%\n", share, (unsigned long long)(t / 10),
            (unsigned long long)(t % 10));
}

void put_cut(Buf *out, Str text, size_t columns) {
    size_t used = 0, at = 0;
    if (uc_columns(text) <= columns) {
        put_text(out, text);
        return;
    }
    while (at < text.n) {
        uint32_t cp;
        size_t step = utf8_decode(str_from(text, at), &cp);
        step = step == 0 ? 1 : step;
        used += uc_columns((Str){text.p + at, step});
        if (used + 4 > columns)
            break;
        at += step;
    }
    put_text(out, str_trim(str_upto(text, at)));
    put_text(out, S(" ..."));
}

void put_cover_text(Buf *out, Policy *p, const Cover *c, bool chinese, size_t columns) {
    const char *of = chinese ? " / " : " of ";
    Arena a = {0};
    size_t n;
    const CoverItem **list = sorted(c, &a, &n);
    put_text(out, chinese ? S("测试触及的部分\n") : S("reached by the tests\n"));
    for (int k = 0; k < COVER_KINDS; k++) {
        CoverSum sum = cover_sum(c, (CoverKind)k);
        if (sum.all > 0)
            put_sum(out, chinese ? kind_words[k].name_zh : kind_words[k].name, of, sum);
    }
    put_sum(out, chinese ? "合计" : "all", of, cover_sum(c, COVER_KINDS));
    for (size_t i = 0; list != NULL && i < n; i++) {
        const CoverItem *item = list[i];
        if (item->tests > 0)
            continue;
        Str decl = decl_name(c, item), file = file_name(p, item->at.file);
        put_fmt(out, "%.*s:%u: %s%s%.*s\n    ", STR_ARG(file), item_line(p, item),
                chinese ? kind_words[item->kind].never_zh : kind_words[item->kind].never,
                decl.n == 0 ? ""
                : chinese   ? "："
                            : ": ",
                STR_ARG(decl));
        put_cut(out, item->what, columns > 20 ? columns - 4 : 16);
        put_c(out, '\n');
    }
    out->failed = out->failed || list == NULL;
    arena_free(&a);
}

/* ---- for programs */

static void put_sum_json(Buf *out, const char *name, CoverSum s) {
    put_fmt(out, "\"%s\":{\"reached\":%zu,\"of\":%zu}", name, s.reached, s.all);
}

void put_cover_json(Buf *out, Policy *p, const Cover *c) {
    static const char *const names[COVER_KINDS] = {
        [COVER_RULE] = "rule",       [COVER_CLAUSE] = "clause",     [COVER_ROW] = "row",
        [COVER_STATE] = "state",     [COVER_RUNG] = "rung",         [COVER_SEAT] = "seat",
        [COVER_OUTCOME] = "outcome", [COVER_LEVEL] = "level",       [COVER_BRANCH] = "branch",
        [COVER_ACTION] = "action",   [COVER_SCHEDULE] = "schedule", [COVER_POWER] = "power"};
    Arena a = {0};
    size_t n;
    const CoverItem **list = sorted(c, &a, &n);
    for (size_t i = 0; list != NULL && i < n; i++) {
        const CoverItem *item = list[i];
        put_fmt(out, "{\"covers\":\"%s\",\"of\":", names[item->kind]);
        put_json_string(out, decl_name(c, item));
        put_text(out, S(",\"file\":"));
        put_json_string(out, file_name(p, item->at.file));
        put_fmt(out, ",\"line\":%u,\"text\":", item_line(p, item));
        put_json_string(out, item->what);
        put_fmt(out, ",\"tests\":%u}\n", item->tests);
    }
    put_text(out, S("{\"coverage\":{"));
    for (int k = 0; k < COVER_KINDS; k++) {
        put_sum_json(out, kind_words[k].name, cover_sum(c, (CoverKind)k));
        put_c(out, ',');
    }
    put_sum_json(out, "all", cover_sum(c, COVER_KINDS));
    put_text(out, S("}}\n"));
    out->failed = out->failed || list == NULL;
    arena_free(&a);
}

/* ---- lcov */

/* How often each line of a file was reached, + 1; 0: nothing there counts. */
typedef struct LcovFile {
    Policy *p;
    const Cover *c;
    uint32_t file;
    uint32_t *lines, line_count;
    size_t found, hit;
} LcovFile;

/* What stands on one line counts as often as the part that was reached least. */
static void line_counts(LcovFile *f, uint32_t line, uint32_t tests) {
    if (line < f->line_count && (f->lines[line] == 0 || tests + 1 < f->lines[line]))
        f->lines[line] = tests + 1;
}

static void put_functions(Buf *out, LcovFile *f) {
    size_t n, found = 0, hit = 0;
    const CoverDecl *decls = cover_decls(f->c, &n);
    Buf reached = {0};
    for (size_t i = 0; i < n; i++) {
        if (decls[i].node->span.file != f->file || !cover_decl_runs(&decls[i]))
            continue;
        uint32_t line = source_place(&f->p->sources, f->file, decls[i].node->span.from).line;
        put_fmt(out, "FN:%u,%.*s:%u\n", line, STR_ARG(decls[i].name), line);
        put_fmt(&reached, "FNDA:%u,%.*s:%u\n", decls[i].tests, STR_ARG(decls[i].name), line);
        line_counts(f, line, decls[i].tests);
        found++;
        hit += decls[i].tests > 0;
    }
    put_text(out, buf_str(&reached));
    put_fmt(out, "FNF:%zu\nFNH:%zu\n", found, hit);
    buf_free(&reached);
}

/* A condition's two branches follow each other in the order of the text. */
static void put_branches(Buf *out, LcovFile *f, const CoverItem **list, size_t n) {
    size_t found = 0, hit = 0, block = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        const CoverItem *yes = list[i], *no = list[i + 1];
        if (yes->at.file != f->file || yes->kind != COVER_BRANCH || yes->part != 0)
            continue;
        uint32_t line = item_line(f->p, yes), all = yes->tests + no->tests;
        for (uint32_t k = 0; k < 2; k++) {
            put_fmt(out, "BRDA:%u,%zu,%u,", line, block, k);
            if (all == 0)
                put_text(out, S("-\n"));
            else
                put_fmt(out, "%u\n", list[i + k]->tests);
            hit += list[i + k]->tests > 0;
        }
        found += 2;
        block++;
        line_counts(f, line, all);
    }
    put_fmt(out, "BRF:%zu\nBRH:%zu\n", found, hit);
}

static void put_lines(Buf *out, LcovFile *f) {
    for (uint32_t line = 1; line < f->line_count; line++) {
        if (f->lines[line] == 0)
            continue;
        put_fmt(out, "DA:%u,%u\n", line, f->lines[line] - 1);
        f->found++;
        f->hit += f->lines[line] > 1;
    }
    put_fmt(out, "LF:%zu\nLH:%zu\nend_of_record\n", f->found, f->hit);
}

/* What is said of a whole declaration stands on its line, which counts by itself. */
static bool counts_by_line(const CoverItem *item) {
    return item->kind != COVER_BRANCH && item->kind != COVER_STATE && item->kind != COVER_OUTCOME &&
           item->kind != COVER_RULE;
}

static bool has_items(const CoverItem **list, size_t n, uint32_t file) {
    for (size_t i = 0; i < n; i++)
        if (list[i]->at.file == file)
            return true;
    return false;
}

void put_cover_lcov(Buf *out, Policy *p, const Cover *c) {
    Arena a = {0};
    size_t n;
    const CoverItem **list = sorted(c, &a, &n);
    for (uint32_t file = 0; list != NULL && file < p->sources.files.n; file++) {
        LcovFile f = {.p = p, .c = c, .file = file};
        if (!has_items(list, n, file))
            continue;
        f.line_count =
            source_place(&p->sources, file, (uint32_t)p->sources.files.at[file].text.n).line + 1;
        f.lines = new (&a, uint32_t, f.line_count);
        if (f.lines == NULL)
            break;
        put_fmt(out, "TN:\nSF:%.*s\n", STR_ARG(file_name(p, file)));
        put_functions(out, &f);
        for (size_t i = 0; i < n; i++)
            if (list[i]->at.file == file && counts_by_line(list[i]))
                line_counts(&f, item_line(p, list[i]), list[i]->tests);
        put_branches(out, &f, list, n);
        put_lines(out, &f);
    }
    out->failed = out->failed || list == NULL;
    arena_free(&a);
}
