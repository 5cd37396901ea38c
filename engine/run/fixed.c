/* run: what diagnostics suggest, written into the files. */
#include "engine/run/fixed.h"

#include "engine/base/os.h"
#include "engine/syntax/fix.h"

static Status fixed_file(Fixing *f, Str path, FixedFile **out) {
    for (size_t i = 0; i < f->files.n; i++)
        if (str_eq(f->files.at[i].path, path)) {
            *out = &f->files.at[i];
            return OK;
        }
    FixedFile file = {0};
    TRY(arena_str(&f->arena, path, &file.path));
    if (!vec_push(&f->files, file))
        return ERR_NOMEM;
    *out = &f->files.at[f->files.n - 1];
    return OK;
}

static Status fix_file(Fixing *f, const Diags *d, uint32_t file, bool *changed, Err *err) {
    const Source *s = &d->sources->files.at[file];
    Str after;
    size_t n;
    FixedFile *kept;
    TRY(fix_source(d, file, &f->arena, &after, &n));
    if (n == 0 || s->embedded || s->pattern.n > 0)
        return OK;
    TRY(fixed_file(f, s->name, &kept));
    TRY(arena_str(&f->arena, s->text, &kept->before));
    TRY(os_write_file(s->name, after, err));
    kept->places += n;
    kept->last = n;
    *changed = true;
    return OK;
}

/* The last round did harm: it is as if it had not been. */
static Status fix_undo(Fixing *f, Err *err) {
    for (size_t i = 0; i < f->files.n; i++) {
        FixedFile *file = &f->files.at[i];
        if (file->last == 0)
            continue;
        TRY(os_write_file(file->path, file->before, err));
        file->places -= file->last;
    }
    return OK;
}

/* How many errors are of the grammar: others may only have been hidden before. */
static size_t misread_count(const Diags *d) {
    size_t n = 0;
    for (size_t i = 0; i < d->all.n; i++)
        n += str_starts(diag_code(d->all.at[i].code), S("E01"));
    return n;
}

Status fixing_round(Fixing *f, const Diags *d, bool *more, Err *err) {
    *more = false;
    size_t misread = misread_count(d);
    if (f->begun && misread > f->misread)
        return fix_undo(f, err);
    f->begun = true;
    f->misread = misread;
    for (size_t i = 0; i < f->files.n; i++)
        f->files.at[i].last = 0;
    for (size_t i = 0; i < d->sources->files.n; i++)
        TRY(fix_file(f, d, (uint32_t)i, more, err));
    return OK;
}

void fixing_free(Fixing *f) {
    vec_free(&f->files);
    arena_free(&f->arena);
}
