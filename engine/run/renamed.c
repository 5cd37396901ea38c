/* run: names by their aliases. The new text is read like any policy, and each use must mean there
 * what it meant before: what does not is put back, until all do and the policy means the same. */
#include "engine/run/renamed.h"

#include "engine/base/sha256.h"
#include "engine/base/unicode.h"
#include "engine/check/alias.h"
#include "engine/code/meaning.h"

enum { ROUNDS_MOST = 64 };

typedef struct Renaming {
    Policy was;    /* as it is */
    NameUses uses; /* in it */
    NamesBy by;
    uint32_t files;                /* those that are given */
    uint8_t meaning[SHA256_BYTES]; /* of it */
    bool *kept;                    /* of each use: it stays as it is */
    size_t stays;
    Arena arena; /* the texts of a round */
    Str *texts;
} Renaming;

static Str use_text(const Renaming *r, const NameUse *use) {
    return source_text(&r->was.sources, use->at);
}

/* What is written in place of a use. */
static Str written(const Renaming *r, size_t i) {
    const NameUse *use = &r->uses.all.at[i];
    if (r->kept[i])
        return use_text(r, use);
    return r->by == NAMES_BY_ALIAS ? use->alias : use->name;
}

static Status texts_write(Renaming *r) {
    Buf out = {0};
    Status status = OK;
    arena_reset(&r->arena);
    for (uint32_t file = 0, i = 0; file < r->files && status == OK; file++) {
        Str text = r->was.sources.files.at[file].text;
        uint32_t from = 0;
        buf_reset(&out);
        for (; i < r->uses.all.n && r->uses.all.at[i].at.file == file; i++) {
            Span at = r->uses.all.at[i].at;
            put_text(&out, (Str){text.p + from, at.from - from});
            put_text(&out, written(r, i));
            from = at.to;
        }
        put_text(&out, str_from(text, from));
        status = out.failed ? ERR_NOMEM : arena_str(&r->arena, buf_str(&out), &r->texts[file]);
    }
    buf_free(&out);
    return status;
}

/* The given files once more, with these texts, or their own. */
static Status sources_again(const Policy *p, uint32_t files, const Str *texts, Policy *out,
                            Err *err) {
    policy_init(out, p->header);
    for (uint32_t i = 0; i < files; i++) {
        const Source *source = &p->sources.files.at[i];
        TRY(policy_add_text(out, source->name, texts == NULL ? source->text : texts[i], err));
        source_stem(&out->sources, i, source->stem);
    }
    return OK;
}

static void keep(Renaming *r, size_t i) {
    r->stays += !r->kept[i];
    r->kept[i] = true;
}

/* Puts back what does not mean the same where it stands now. */
static void strays_keep(Renaming *r, const NameUses *now) {
    int64_t shift = 0; /* how much further behind it stands */
    for (size_t i = 0, k = 0; i < r->uses.all.n; i++) {
        const NameUse *use = &r->uses.all.at[i];
        bool first = i == 0 || r->uses.all.at[i - 1].at.file != use->at.file;
        int64_t at = use->at.from + (first ? 0 : shift);
        shift = at - use->at.from + (int64_t)written(r, i).n - (use->at.to - use->at.from);
        while (k < now->all.n &&
               (now->all.at[k].at.file < use->at.file ||
                (now->all.at[k].at.file == use->at.file && now->all.at[k].at.from < at)))
            k++;
        bool there = k < now->all.n && now->all.at[k].at.file == use->at.file &&
                     now->all.at[k].at.from == at && str_eq(now->all.at[k].of, use->of);
        if (!there)
            keep(r, i);
    }
}

/* Puts back more: fields and members, whose names may be part of what a policy computes; then all.
 */
static void more_keep(Renaming *r) {
    size_t before = r->stays;
    for (size_t i = 0; i < r->uses.all.n; i++)
        if (str_starts(r->uses.all.at[i].of, S("f ")) || str_starts(r->uses.all.at[i].of, S("m ")))
            keep(r, i);
    bool all = r->stays == before;
    for (size_t i = 0; i < r->uses.all.n && all; i++)
        keep(r, i);
}

static Status meaning_differs(const Renaming *r, const Policy *now, bool *yes) {
    uint8_t meaning[SHA256_BYTES];
    Status status = OK;
    *yes = now->diags.errors > 0 || (now->bundle == NULL) != (r->was.bundle == NULL);
    if (!*yes && now->bundle != NULL) {
        status = bundle_meaning(now->bytes, true, meaning);
        *yes = status == OK && memcmp(meaning, r->meaning, sizeof meaning) != 0;
    }
    return status;
}

/* Reads the new texts; *done: they mean what the old ones do. */
static Status round_try(Renaming *r, bool *done, Err *err) {
    Policy now;
    NameUses uses = {0};
    size_t before = r->stays;
    bool differs = false;
    Status status = sources_again(&r->was, r->files, r->texts, &now, err);
    if (status == OK)
        status = policy_finish(&now, err);
    if (status == OK)
        status = names_used(now.program, &uses);
    if (status == OK)
        strays_keep(r, &uses);
    if (status == OK)
        status = meaning_differs(r, &now, &differs);
    if (differs && r->stays == before)
        more_keep(r);
    *done = !differs && r->stays == before;
    name_uses_free(&uses);
    policy_free(&now);
    return status;
}

/* Tells of what is put back, in the order of the texts. */
static int stays_tell(Policy *p, const Renaming *r, RenameStays *tell, void *ctx) {
    int stop = 0;
    for (size_t i = 0; i < r->uses.all.n && stop == 0 && tell != NULL; i++) {
        const NameUse *use = &r->uses.all.at[i];
        Str to = r->by == NAMES_BY_ALIAS ? use->alias : use->name, now = use_text(r, use);
        if (r->kept[i] && !str_eq(now, to))
            stop = tell(ctx, p->sources.files.at[use->at.file].name,
                        source_place(&p->sources, use->at.file, use->at.from), now, to);
    }
    return stop;
}

/* How much longer each use could be than it is written now. */
static Status widers_note(const Renaming *r, Widers *wider) {
    int64_t shift = 0;
    for (size_t i = 0; i < r->uses.all.n; i++) {
        const NameUse *use = &r->uses.all.at[i];
        bool first = i == 0 || r->uses.all.at[i - 1].at.file != use->at.file;
        int64_t from = use->at.from + (first ? 0 : shift);
        Str now = written(r, i);
        shift = from - use->at.from + (int64_t)now.n - (use->at.to - use->at.from);
        size_t is = uc_columns(now), name = uc_columns(use->name), alias = uc_columns(use->alias),
               most = name > alias ? name : alias;
        Wider one = {use->at.file, (uint32_t)from, most > is ? (uint32_t)(most - is) : 0};
        if (!vec_push(&wider->all, one))
            return ERR_NOMEM;
    }
    return OK;
}

static Status rename_all(Policy *p, Renaming *r, Policy *out, Widers *wider, RenameStays *tell,
                         void *ctx, Err *err) {
    if (r->was.bundle != NULL)
        TRY(bundle_meaning(r->was.bytes, true, r->meaning));
    TRY(names_used(r->was.program, &r->uses));
    while (r->uses.all.n > 0 && r->uses.all.at[r->uses.all.n - 1].at.file >= r->files)
        r->uses.all.n--; /* a module that is not given stays */
    r->kept = new (&r->was.arena, bool, r->uses.all.n + 1);
    r->texts = new (&r->was.arena, Str, r->files + 1);
    if (r->kept == NULL || r->texts == NULL)
        return ERR_NOMEM;
    bool done = false;
    for (int i = 0; i < ROUNDS_MOST && !done; i++) {
        if (i + 1 == ROUNDS_MOST)
            for (size_t k = 0; k < r->uses.all.n; k++)
                keep(r, k);
        TRY(texts_write(r));
        TRY(round_try(r, &done, err));
    }
    if (stays_tell(p, r, tell, ctx) != 0)
        return err_set(err, ERR_IO, "the output cannot be written");
    TRY(widers_note(r, wider));
    policy_free(out);
    return sources_again(p, r->files, r->texts, out, err);
}

Status policy_rename(Policy *p, NamesBy by, Policy *out, Widers *wider, RenameStays *tell,
                     void *ctx, Err *err) {
    Renaming r = {.by = by, .files = (uint32_t)p->sources.files.n};
    policy_init(out, p->header);
    Status status = sources_again(p, r.files, NULL, &r.was, err);
    if (status == OK)
        status = policy_finish(&r.was, err);
    if (status == OK && r.was.diags.errors > 0)
        status = policy_finish(p, err); /* the same mistakes, told of p */
    else if (status == OK)
        status = rename_all(p, &r, out, wider, tell, ctx, err);
    name_uses_free(&r.uses);
    arena_free(&r.arena);
    policy_free(&r.was);
    return status;
}
