/* book: the order of its parts, the title page, the index of names and the sources. */
#include "engine/book/book_int.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/sha256.h"

/* ---- the title page */

static void row_text(Book *b, BookWord what, Str text) {
    if (text.n == 0)
        return;
    book_row_of(b, what);
    book_text(b, text);
}

static void row_hash(Book *b) {
    uint8_t digest[SHA256_BYTES];
    sha256(b->policy->bytes, digest);
    book_row_of(b, BOOK_HASH);
    book_raw(b, "<code>");
    put_hex(b->out, digest, sizeof digest);
    book_raw(b, "</code>");
}

static void row_currency(Book *b) {
    if (b->p->currency == 0)
        return;
    book_row_of(b, BOOK_CURRENCY);
    put_currency(b->out, b->p->currency);
}

static void row_quiet(Book *b) {
    if (b->p->quiet.from == b->p->quiet.to)
        return;
    book_row_of(b, BOOK_QUIET);
    put_time(b->out, b->p->quiet.from);
    book_say(b, BOOK_DASH);
    put_time(b->out, b->p->quiet.to);
}

void book_title(Book *b) {
    Program *p = b->p;
    put_text(b->out, b->html ? S("<section id=\"title\"><h1>") : S("# "));
    book_text(b, p->name);
    put_text(b->out, b->html ? S("</h1>\n") : S("\n\n"));
    book_table(b, "title", NULL, 2);
    row_text(b, BOOK_VERSION, p->version);
    row_hash(b);
    if (p->has_zone)
        row_text(b, BOOK_ZONE, p->zone.name);
    if (p->calendar != NULL) {
        book_row_of(b, BOOK_CALENDAR);
        book_link(b, "calendar", p->calendar->name,
                  book_name(b, p->calendar->name, p->calendar->node->more));
    }
    row_currency(b);
    row_quiet(b);
    book_table_end(b);
}

/* ---- the index of names */

typedef struct Entry {
    const char *kind;
    Str name, alias;
    BookWord what;
} Entry;

typedef struct Entries {
    VEC(Entry) all;
    bool nomem;
} Entries;

static void entry_add(Entries *e, const char *kind, BookWord what, Str name, Str alias) {
    if (!vec_push(&e->all, ((Entry){kind, name, alias, what})))
        e->nomem = true;
}

static void entries_gather(const Program *p, Entries *e) {
    for (size_t i = 0; i < p->parties.n; i++) {
        const Party *x = p->parties.at[i];
        entry_add(e, "party", BOOK_KIND_PARTY, x->name, x->alias.n > 0 ? x->alias : x->label);
    }
    for (size_t i = 0; i < p->duties.n; i++)
        entry_add(e, "duty", BOOK_KIND_DUTY, p->duties.at[i]->name, p->duties.at[i]->node->more);
    for (size_t i = 0; i < p->approvals.n; i++)
        entry_add(e, "approval", BOOK_KIND_APPROVAL, p->approvals.at[i]->base.name,
                  p->approvals.at[i]->base.node->more);
    for (size_t i = 0; i < p->kpis.n; i++)
        if (!p->kpis.at[i]->nameless)
            entry_add(e, "kpi", BOOK_KIND_KPI, p->kpis.at[i]->name, p->kpis.at[i]->node->more);
    for (size_t i = 0; i < p->tables.n; i++)
        if (p->tables.at[i]->node != NULL && p->tables.at[i]->called == p->tables.at[i])
            entry_add(e, "table", BOOK_KIND_TABLE, p->tables.at[i]->name,
                      p->tables.at[i]->node->more);
    for (size_t i = 0; i < p->rules.n; i++)
        entry_add(e, "rule", BOOK_KIND_RULE, p->rules.at[i]->name, p->rules.at[i]->node->more);
    for (size_t i = 0; i < p->events.n; i++) {
        const Event *x = p->events.at[i];
        if (!x->engine && !x->told && x->entity == NULL && x->duty == NULL)
            entry_add(e, "event", BOOK_KIND_EVENT, x->name, x->alias);
    }
    for (size_t i = 0; i < p->entities.n; i++)
        entry_add(e, "entity", BOOK_KIND_ENTITY, p->entities.at[i]->name,
                  p->entities.at[i]->node->more);
    for (size_t i = 0; i < p->types.n; i++)
        entry_add(e, "type", BOOK_KIND_TYPE, p->types.at[i]->name, p->types.at[i]->node->more);
    for (size_t i = 0; i < p->feeds.n; i++)
        entry_add(e, "feed", BOOK_KIND_FEED, p->feeds.at[i]->name, p->feeds.at[i]->node->more);
}

static int entry_order(const void *a, const void *b) {
    const Entry *x = a, *y = b;
    int order = str_cmp(x->name, y->name);
    return order != 0 ? order : strcmp(x->kind, y->kind);
}

static void put_entry(Book *b, const Entry *e) {
    put_text(b->out, b->html ? S("<li>") : S("- "));
    book_link(b, e->kind, e->name, e->name);
    if (e->alias.n > 0 && !str_eq(e->alias, e->name)) {
        put_c(b->out, ' ');
        book_text(b, e->alias);
    }
    put_text(b->out, b->html ? S(" <small>") : S(" ("));
    book_say(b, e->what);
    put_text(b->out, b->html ? S("</small></li>\n") : S(")\n"));
}

void book_index(Book *b) {
    Entries e = {0};
    entries_gather(b->p, &e);
    if (e.nomem)
        b->status = ERR_NOMEM;
    if (e.all.n > 1)
        qsort(e.all.at, e.all.n, sizeof *e.all.at,
              entry_order); /* a total order: of a kind names differ */
    book_section(b, "index", BOOK_INDEX);
    book_raw(b, "<ul class=\"index\">\n");
    for (size_t i = 0; i < e.all.n; i++)
        put_entry(b, &e.all.at[i]);
    book_raw(b, "</ul>\n");
    vec_free(&e.all);
}

/* ---- the sources, folded */

static void put_source(Book *b, uint32_t file) {
    const Source *source = &b->p->sources->files.at[file];
    Str rest = source->text, line;
    book_raw(b, "<details><summary>");
    book_code(b, source->stem);
    book_raw(b, "</summary><pre>");
    for (unsigned n = 1; rest.n > 0; n++) {
        str_cut(rest, '\n', &line, &rest);
        put_fmt(b->out, "<span id=\"line-%u-%u\">", file, n);
        book_text(b, line);
        put_text(b->out, S("</span>"));
    }
    book_raw(b, "</pre></details>\n");
}

/* Of the library only what is linked to. */
void book_sources(Book *b) {
    if (!b->html)
        return;
    book_section(b, "source", BOOK_SOURCE);
    for (uint32_t i = 0; i < b->p->sources->files.n; i++) {
        const Source *source = &b->p->sources->files.at[i];
        if (source->pattern.n == 0 && (b->shown[i] || !source->embedded))
            put_source(b, i);
    }
}

/* ---- the page around them */

static void put_nav(Book *b) {
    for (uint32_t i = 0; i < b->section_count; i++) {
        const BookSection *section = &b->sections[i];
        Str title = book_word(b->chinese, section->title);
        if (b->html)
            put_fmt(b->out, "<a href=\"#%s\">%.*s</a> ", section->id, STR_ARG(title));
        else
            put_fmt(b->out, "- [%.*s](#%s)\n", STR_ARG(title), section->id);
    }
}

static void put_all(Book *b, const char *const *texts) {
    for (; *texts != NULL; texts++)
        put_text(b->out, str_of(*texts));
}

static void put_top(Book *b) {
    put_fmt(b->out, "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">",
            b->chinese ? "zh-CN" : "en");
    put_text(b->out, S("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                       "<title>"));
    book_text(b, b->p->name);
    put_text(b->out, S("</title><link rel=\"icon\" href=\"data:,\"><style>"));
    put_all(b, book_style);
    put_text(b->out,
             S("</style></head><body>\n<header class=\"top\"><input id=\"find\" type=\"search"
               "\" autocomplete=\"off\" placeholder=\""));
    book_say(b, BOOK_SEARCH);
    put_text(b->out, S("\" aria-label=\""));
    book_say(b, BOOK_SEARCH);
    put_text(b->out, S("\"><nav>"));
    put_nav(b);
    put_text(b->out, S("</nav></header>\n<ul id=\"found\" hidden data-none=\""));
    book_say(b, BOOK_NOTHING_FOUND);
    put_text(b->out, S("\"></ul>\n<main>\n"));
}

static void put_end(Book *b) {
    if (!b->html)
        return;
    put_text(b->out, S("</section></main>\n<script>"));
    put_all(b, book_script);
    put_text(b->out, S("</script></body></html>\n"));
}

/* ---- all of it */

static void put_parts(Book *b) {
    static void (*const parts[])(Book *) = {
        book_org,   book_duties, book_approvals, book_kpis,  book_tables,
        book_rules, book_data,   book_calendars, book_index, book_sources,
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts && b->status == OK; i++)
        parts[i](b);
}

static Status book_begin(Book *b) {
    size_t n = b->p->sources->files.n;
    b->texts = new (&b->arena, BookText, n);
    b->shown = new (&b->arena, bool, n);
    if (b->texts == NULL || b->shown == NULL)
        return ERR_NOMEM;
    TRY(speller_init(&b->speller, &b->arena, b->chinese ? SPELL_CHINESE : SPELL_ENGLISH));
    for (uint32_t i = 0; i < n; i++)
        if (!b->p->sources->files.at[i].data && b->p->sources->files.at[i].pattern.n == 0)
            TRY(format_names(b->p->sources, i, &b->arena, &b->speller));
    speller_ready(&b->speller);
    return OK;
}

/* The parts first: what stands at the top names those that there are. */
static Status write_all(Book *b, Buf *out) {
    Buf body = {0};
    b->out = &body;
    book_title(b);
    put_parts(b);
    Status status = body.failed ? ERR_NOMEM : b->status;
    b->out = out;
    if (status == OK && b->html)
        put_top(b);
    if (status == OK)
        put_text(out, buf_str(&body));
    if (status == OK)
        put_end(b);
    buf_free(&body);
    return status;
}

static void book_end(Book *b) {
    for (size_t i = 0; b->texts != NULL && i < b->p->sources->files.n; i++)
        if (b->texts[i].ready)
            shape_free(&b->texts[i].of);
    vec_free(&b->meants.all);
    speller_free(&b->speller);
    arena_free(&b->arena);
}

Status book_write(Policy *p, const BookOptions *o, Buf *out, Err *err) {
    Book b = {.policy = p, .p = p->program, .o = o, .chinese = o->chinese, .html = !o->markdown};
    Status status = book_begin(&b);
    if (status == OK)
        status = write_all(&b, out);
    book_end(&b);
    return status == OK ? buf_status(out) : err_status(err, status);
}
