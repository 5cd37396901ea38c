/* run: policies from files. */
#include "engine/run/policy.h"

#include "engine/base/limits.h"
#include "engine/base/os.h"
#include "engine/code/emit.h"
#include "engine/run/stdlib.h"
#include "engine/syntax/allow.h"

enum { BUNDLE_BYTES_MOST = 256 << 20 };

void policy_init(Policy *p, bool header) {
    *p = (Policy){.header = header};
    p->sources.arena = &p->arena;
    p->diags.arena = &p->arena;
    p->diags.sources = &p->sources;
}

void policy_free(Policy *p) {
    program_free(p->program);
    sources_free(&p->sources);
    diags_free(&p->diags);
    arena_free(&p->arena);
}

static Status add_text(Policy *p, Str name, Str stem, Str text, Err *err) {
    uint32_t file;
    Status status = source_add(&p->sources, name, text, false, &file);
    if (status == ERR_LIMIT)
        return err_say(err, status,
                       "%.*s: it is larger than 64 MiB, or there are more than 10,000 files",
                       "%.*s：大于 64 MiB，或文件超过 10,000 个", STR_ARG(name));
    if (status == OK)
        source_stem(&p->sources, file, stem);
    return status;
}

Status policy_add_text(Policy *p, Str name, Str text, Err *err) {
    return add_text(p, name, name, text, err);
}

static Status bundle_fails(Err *err, Status status, Str path, const Err *why) {
    Err at = {0};
    (void)err_set(&at, status, "%.*s", STR_ARG(path));
    return err_because(err, status, at.text, at.text, why);
}

static Status add_bundle(Policy *p, Str path, Err *err) {
    if (p->bundle != NULL || p->sources.files.n > 0)
        return err_say(err, ERR_MISMATCH, "%.*s: a bundle is a whole policy; give it alone",
                       "%.*s：编译包就是整个政策；请单独给出", STR_ARG(path));
    Err why = {0};
    TRY(os_read_file(path, BUNDLE_BYTES_MOST, &p->arena, &p->bytes, err));
    Status status = bundle_take(p->bytes, &p->arena, &p->bundle, &why);
    return status == OK ? OK : bundle_fails(err, status, path, &why);
}

/* A path's next part: of ./a//b it is a, then b. */
static bool path_part(Str *path, Str *part) {
    while (path->n > 0) {
        Str rest = {NULL, 0};
        str_cut(*path, '/', part, &rest);
        *path = rest;
        if (part->n > 0 && !str_eq(*part, S(".")))
            return true;
    }
    return false;
}

/* Whether two paths name the same file, however they are written. */
static bool same_path(Str a, Str b) {
    bool root = str_starts(a, S("/"));
    if (root != str_starts(b, S("/")))
        return false;
    for (;;) {
        Str x = {NULL, 0}, y = {NULL, 0};
        bool more = path_part(&a, &x);
        if (more != path_part(&b, &y))
            return false;
        if (!more)
            return true;
        if (!str_eq(x, y))
            return false;
    }
}

/* The number of the source that was read from there; false: none was. */
static bool file_number(const Policy *p, Str path, uint32_t *file) {
    for (size_t i = 0; i < p->sources.files.n; i++)
        if (!p->sources.files.at[i].embedded && same_path(p->sources.files.at[i].name, path)) {
            *file = (uint32_t)i;
            return true;
        }
    return false;
}

/* What follows the last slash. */
static Str base_name(Str path) {
    size_t n = path.n;
    while (n > 0 && path.p[n - 1] != '/')
        n--;
    return str_from(path, n);
}

/* stem: what the bundle calls it, so that it is the same bundle wherever its files lie. */
static Status add_file(Policy *p, Str path, Str stem, Err *err) {
    if (p->bundle != NULL)
        return err_say(err, ERR_MISMATCH, "%.*s: a bundle is a whole policy; give it alone",
                       "%.*s：编译包就是整个政策；请单独给出", STR_ARG(path));
    uint32_t there;
    if (file_number(p, path, &there))
        return OK; /* named twice */
    Str text;
    TRY(os_read_file(path, LIMIT_SOURCE_BYTES, &p->arena, &text, err));
    return add_text(p, path, stem, text, err);
}

Status policy_add_path(Policy *p, Str path, Err *err) {
    bool dir;
    TRY(os_is_dir(path, &dir, err));
    if (!dir)
        return str_ends(path, S(".remitc")) ? add_bundle(p, path, err)
                                            : add_file(p, path, base_name(path), err);
    Str *paths;
    size_t n;
    TRY(os_list(path, S(".remit"), &p->arena, &paths, &n, err));
    if (n == 0)
        return err_say(err, ERR_NOTFOUND, "%.*s: there is no file *.remit in it",
                       "%.*s：其中没有 *.remit 文件", STR_ARG(path));
    for (size_t i = 0; i < n; i++) {
        Str stem = str_from(paths[i], path.n); /* os_list puts the folder before each */
        while (stem.n > 0 && stem.p[0] == '/')
            stem = str_from(stem, 1);
        TRY(add_file(p, paths[i], stem, err));
    }
    return OK;
}

/* Beside a policy lie files in its folder and below: no way leads out of it. */
static bool stays_below(Str name) {
    if (name.n == 0 || name.p[0] == '/' || str_find(name, '\\') >= 0 || str_find(name, 0) >= 0)
        return false;
    for (Str rest = name, part; rest.n > 0;) {
        if (!str_cut(rest, '/', &part, &rest))
            rest.n = 0;
        if (part.n == 0 || str_eq(part, S("..")) || str_eq(part, S(".")))
            return false;
    }
    return true;
}

/* Its stem lies where that of the policy's file does. */
static Status add_beside(Policy *p, Source from, Str name, uint32_t *file, Err *err) {
    size_t folder = from.name.n - base_name(from.name).n, above = from.name.n - from.stem.n;
    Buf path = {0};
    put_text(&path, (Str){from.name.p, folder});
    put_text(&path, name);
    Str whole, text;
    Status status = path.failed ? ERR_NOMEM : arena_str(&p->arena, buf_str(&path), &whole);
    buf_free(&path);
    TRY(status);
    if (file_number(p, whole, file))
        return OK;
    TRY(os_read_file(whole, LIMIT_SOURCE_BYTES, &p->arena, &text, err));
    TRY(source_add(&p->sources, whole, text, false, file));
    source_stem(&p->sources, *file, str_from(whole, above < folder ? above : folder));
    p->sources.files.at[*file].data = true;
    return OK;
}

static bool find_file(void *ctx, uint32_t beside, Str name, uint32_t *file, Str *why) {
    Policy *p = ctx;
    Source from = p->sources.files.at[beside];
    if (from.embedded || !stays_below(name)) {
        *why = diag_both(&p->diags, "name a file in the folder of the policy or below it",
                         "请写政策所在文件夹内的文件");
        return false;
    }
    Err err = {0};
    Status status = add_beside(p, from, name, file, &err);
    if (status != OK &&
        arena_str(&p->arena, str_of(err.code == OK ? status_text(status) : err.text), why) != OK)
        *why = (Str){NULL, 0};
    return status == OK;
}

/* ---- modules */

static bool find_standard(Policy *p, Str name, uint32_t *file) {
    for (size_t i = 0; i < std_module_count; i++)
        if (str_eq(std_modules[i].name, name))
            return source_add(&p->sources, std_modules[i].file, std_modules[i].text, true, file) ==
                   OK;
    return false;
}

/* finance.tiers is finance/tiers.remit below the folder of the policy. */
static Status module_path(Policy *p, Source from, Str name, Str *out) {
    Buf path = {0};
    put_text(&path, (Str){from.name.p, from.name.n - from.stem.n});
    for (size_t i = 0; i < name.n; i++)
        put_c(&path, name.p[i] == '.' ? '/' : name.p[i]);
    put_text(&path, S(".remit"));
    Status status = path.failed ? ERR_NOMEM : arena_str(&p->arena, buf_str(&path), out);
    buf_free(&path);
    return status;
}

/* The standard library's come first, since no one else's name begins with std. */
static bool find_module(void *ctx, uint32_t beside, Str name, uint32_t *file, Str *tried) {
    Policy *p = ctx;
    Source from = p->sources.files.at[beside];
    if (find_standard(p, name, file))
        return true;
    Str library = diag_both(&p->diags, "the standard library", "标准库"), path, text;
    *tried = library;
    if (from.embedded || str_starts(name, S("std.")) || module_path(p, from, name, &path) != OK)
        return false;
    Err err = {0};
    if (arena_printf(&p->arena, tried, "%.*s%.*s%.*s", STR_ARG(path),
                     STR_ARG(diag_both(&p->diags, " and ", " 与 ")), STR_ARG(library)) != OK ||
        file_number(p, path, file) ||
        os_read_file(path, LIMIT_SOURCE_BYTES, &p->arena, &text, &err) != OK ||
        source_add(&p->sources, path, text, false, file) != OK)
        return false;
    source_stem(&p->sources, *file, str_from(path, from.name.n - from.stem.n));
    return true;
}

static size_t list_modules(void *ctx, const Str **names) {
    Policy *p = ctx;
    Str *list = new (&p->arena, Str, std_module_count + 1);
    *names = list;
    for (size_t i = 0; list != NULL && i < std_module_count; i++)
        list[i] = std_modules[i].name;
    return list == NULL ? 0 : std_module_count;
}

static Status compile(Policy *p, Err *err) {
    Bundle *made;
    Arena scratch = {0};
    p->values = (EmitMarks){.arena = &p->arena};
    p->marks = (EmitMarks){.arena = &p->arena, .values = p->traced ? &p->values : NULL};
    Status status = emit_bundle(p->program, &scratch, &p->marks, &made, err);
    Buf bytes = {0};
    if (status == OK) {
        bundle_put(&bytes, made);
        status = bytes.failed ? ERR_NOMEM : arena_str(&p->arena, buf_str(&bytes), &p->bytes);
    }
    buf_free(&bytes);
    arena_free(&scratch);
    if (status == ERR_LIMIT && p->diags.errors > 0)
        return OK; /* there is no bundle, and it is told why */
    return status == OK ? bundle_take(p->bytes, &p->arena, &p->bundle, err) : status;
}

static Status policy_check(Policy *p) {
    Modules modules = {find_module, list_modules, find_file, p};
    bool replaces = p->settings.zone.n > 0 || p->settings.calendar.n > 0;
    return check_policy(&p->sources, &p->arena, &p->diags, &modules, replaces ? &p->settings : NULL,
                        p->header, &p->program);
}

/* What is wrong in a trial's reading of a pattern is told of the pattern's own text. */
static void trial_tell(Policy *p, const Policy *trial, uint32_t text) {
    for (size_t i = 0; i < trial->diags.all.n; i++) {
        const Diag *found = &trial->diags.all.at[i];
        const Source *in = &trial->sources.files.at[found->span.file];
        uint32_t file;
        if (in->pattern.n == 0 || in->used.file != text || !file_number(p, in->name, &file))
            continue;
        Span at = {file, found->span.from, found->span.to};
        Diag *diag = diag_add(&p->diags, found->code, at);
        diag->again = found->again;
        for (int k = 0; k < DIAG_ARGS; k++)
            if (found->args[k].n > 0 && arena_str(&p->arena, found->args[k], &diag->args[k]) != OK)
                p->diags.nomem = true;
    }
    diags_sort(&p->diags);
}

Status policy_add_again(Policy *p, const Policy *from, uint32_t file, Str text, Err *err) {
    for (uint32_t i = 0; i < from->sources.files.n; i++) {
        const Source *source = &from->sources.files.at[i];
        if (!source->embedded && source->pattern.n == 0 && !source->data)
            TRY(add_text(p, source->name, source->stem, i == file ? text : source->text, err));
    }
    return OK;
}

static bool is_standard(Str name) {
    for (size_t i = 0; i < std_module_count; i++)
        if (str_eq(std_modules[i].file, name))
            return true;
    return false;
}

Status policy_add_sources(Policy *p, const Bundle *b, Err *err) {
    for (uint32_t i = 0; i < b->source_count; i++) {
        const SourceDef *source = &b->sources[i];
        if (is_standard(source->name))
            continue;
        TRY(add_text(p, source->name, source->name, source->text, err));
        p->sources.files.at[p->sources.files.n - 1].data = !str_ends(source->name, S(".remit"));
    }
    return OK;
}

/* Patterns that nobody uses are tried with made-up parameters, in a policy of their own. */
static Status try_patterns(Policy *p, Str uses) {
    Policy trial;
    policy_init(&trial, p->header);
    trial.settings = p->settings;
    Status status = OK;
    uint32_t text = 0;
    for (size_t i = 0; i < p->sources.files.n && status == OK; i++) {
        const Source *from = &p->sources.files.at[i];
        if (!from->embedded && from->pattern.n == 0 && !from->data)
            status = add_text(&trial, from->name, from->stem, from->text, NULL);
    }
    if (status == OK)
        status = source_add(&trial.sources, S("trial"), uses, false, &text);
    if (status == OK)
        status = policy_check(&trial);
    if (status == OK)
        trial_tell(p, &trial, text);
    policy_free(&trial);
    return status == ERR_LIMIT ? OK : status;
}

Status policy_finish(Policy *p, Err *err) {
    if (p->bundle != NULL)
        return OK;
    Status status = policy_check(p);
    Buf uses = {0};
    if (status == OK && p->diags.errors == 0)
        patterns_trial(p->program, &uses);
    if (uses.n > 0 && status == OK)
        status = uses.failed ? ERR_NOMEM : try_patterns(p, buf_str(&uses));
    buf_free(&uses);
    if (status == OK)
        status = allow_apply(&p->diags, &p->allowed);
    Str gone = status == OK ? p->program->no_setting : (Str){NULL, 0};
    Str like = status == OK ? p->program->like_setting : (Str){NULL, 0};
    if (gone.n > 0 && like.n > 0)
        return err_say(err, ERR_NOTFOUND,
                       "there is no zone or calendar \"%.*s\"; did you mean %.*s?",
                       "没有时区或日历“%.*s”；是不是 %.*s？", STR_ARG(gone), STR_ARG(like));
    if (gone.n > 0)
        return err_say(err, ERR_NOTFOUND, "there is no zone or calendar \"%.*s\"",
                       "没有时区或日历“%.*s”", STR_ARG(gone));
    if (status == OK && p->diags.errors == 0 && p->program->header != NULL)
        status = compile(p, err);
    return status == OK ? OK : err_status(err, status);
}
