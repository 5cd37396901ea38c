/* run: what diagnostics suggest, written into the files. */
#include "engine/run/fixed.h"

#include "engine/base/os.h"
#include "engine/syntax/fix.h"

static Status fixed_file(Fixing *f, Str path, size_t *out) {
    for (size_t i = 0; i < f->files.n; i++)
        if (str_eq(f->files.at[i].path, path)) {
            *out = i;
            return OK;
        }
    FixedFile file = {0};
    TRY(arena_str(&f->arena, path, &file.path));
    if (!vec_push(&f->files, file))
        return ERR_NOMEM;
    *out = f->files.n - 1;
    return OK;
}

static bool is_of_grammar(const Diag *diag) {
    return str_starts(diag_code(diag->code), S("E01"));
}

/* How many errors a file has; those of the grammar apart, since others may be hidden by them. */
static void count_errors(const Diags *d, Str path, size_t *misread, size_t *wrong) {
    *misread = *wrong = 0;
    for (size_t i = 0; i < d->all.n; i++) {
        const Diag *diag = &d->all.at[i];
        if (!str_eq(d->sources->files.at[diag->span.file].name, path))
            continue;
        *misread += is_of_grammar(diag);
        *wrong += diag_severity(diag->code) == SEVERITY_ERROR;
    }
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What a mended place read and reads: with the words beside it where one of the two says nothing.
 */
static Status fixed_place(Fixing *f, const Diags *d, const Diag *diag, size_t file) {
    Str text = d->sources->files.at[diag->fix_span.file].text;
    uint32_t from = diag->fix_span.from, to = diag->fix_span.to;
    bool beside = from == to || diag->fix.n == 0;
    while (beside && from > 0 && !is_blank(text.p[from - 1]))
        from--;
    while (beside && to < text.n && !is_blank(text.p[to]))
        to++;
    Str head = {text.p + from, diag->fix_span.from - from};
    Str tail = {text.p + diag->fix_span.to, to - diag->fix_span.to};
    FixedPlace place = {.path = f->files.at[file].path, .file = file, .last = true};
    place.line = source_place(d->sources, diag->fix_span.file, diag->fix_span.from).line;
    TRY(arena_str(&f->arena, (Str){text.p + from, to - from}, &place.before));
    TRY(arena_printf(&f->arena, &place.after, "%.*s%.*s%.*s", STR_ARG(head), STR_ARG(diag->fix),
                     STR_ARG(tail)));
    return vec_push(&f->places, place) ? OK : ERR_NOMEM;
}

static Status fix_file(Fixing *f, const Diags *d, uint32_t file, bool *changed, Err *err) {
    const Source *s = &d->sources->files.at[file];
    Str after;
    const Diag **applied;
    size_t n, at;
    TRY(fix_source(d, file, &f->arena, &after, &applied, &n));
    if (n == 0 || s->embedded || s->pattern.n > 0)
        return OK;
    TRY(fixed_file(f, s->name, &at));
    FixedFile *kept = &f->files.at[at];
    if (kept->stuck)
        return OK;
    TRY(arena_str(&f->arena, s->text, &kept->before));
    TRY(os_write_file(s->name, after, err));
    count_errors(d, s->name, &kept->misread, &kept->wrong);
    kept->last = true;
    for (size_t i = 0; i < n; i++) {
        kept->last_read = kept->last_read || is_of_grammar(applied[i]);
        TRY(fixed_place(f, d, applied[i], at));
    }
    *changed = true;
    return OK;
}

/* Where the last round did not help, it is as if it had not been. */
static Status fix_judge(Fixing *f, const Diags *d, size_t at, bool *undone, Err *err) {
    FixedFile *file = &f->files.at[at];
    size_t misread, wrong;
    count_errors(d, file->path, &misread, &wrong);
    bool worse =
        file->last_read ? misread >= file->misread : misread > file->misread || wrong > file->wrong;
    if (file->last && worse) {
        TRY(os_write_file(file->path, file->before, err));
        file->stuck = true;
        *undone = true;
    }
    for (size_t i = 0; i < f->places.n; i++) {
        FixedPlace *place = &f->places.at[i];
        if (place->file == at && place->last) {
            place->last = false;
            place->undone = file->last && worse;
        }
    }
    file->last = file->last_read = false;
    return OK;
}

Status fixing_round(Fixing *f, const Diags *d, bool *more, Err *err) {
    *more = false;
    for (size_t i = 0; i < f->files.n; i++)
        TRY(fix_judge(f, d, i, more, err));
    bool undone = *more; /* the files are to be read as they are now */
    for (size_t i = 0; !undone && i < d->sources->files.n; i++)
        TRY(fix_file(f, d, (uint32_t)i, more, err));
    return OK;
}

void fixing_free(Fixing *f) {
    vec_free(&f->files);
    vec_free(&f->places);
    arena_free(&f->arena);
}
