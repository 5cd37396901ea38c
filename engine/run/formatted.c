/* run: the files of a policy in their layout. */
#include "engine/run/formatted.h"

#include "engine/base/limits.h"
#include "engine/base/os.h"
#include "engine/syntax/format.h"
#include "engine/syntax/parse.h"

Status policy_add_stream(Policy *p, Err *err) {
    OsFile in;
    Buf text = {0};
    TRY(os_open_read(S("-"), &p->arena, &in, err));
    Status status = OK;
    for (size_t got = 1; got > 0 && status == OK && !text.failed;) {
        got = 0;
        if (text.n > LIMIT_SOURCE_BYTES || !buf_reserve(&text, 65536))
            break;
        status = os_read(&in, text.p + text.n, 65536, &got, err);
        text.n += got;
    }
    os_close(&in);
    if (status == OK)
        status = text.failed ? ERR_NOMEM : policy_add_text(p, S("-"), buf_str(&text), err);
    buf_free(&text);
    return status;
}

/* Whether a source is free of mistakes; those it has are told in the policy's diagnostics. */
static Status source_is_good(Policy *p, uint32_t file, Arena *work, bool *good) {
    Diags mistakes = {.arena = work, .sources = &p->sources};
    Node *items;
    Status status = parse_source(&p->sources, file, work, &mistakes, NULL, &items);
    bool unnamed = mistakes.has_unnamed;
    *good = mistakes.all.n == 0 && !unnamed;
    diags_free(&mistakes);
    if (status != OK || *good)
        return status;
    uint32_t before = p->diags.errors;
    status = parse_source(&p->sources, file, &p->arena, &p->diags, NULL, &items);
    if (status == OK && p->diags.errors == before && unnamed)
        diag_missing(&p->diags, mistakes.unnamed,
                     diag_both(&p->diags, "the name of the record's type", "记录类型的名称"),
                     S("`{`"), (Str){NULL, 0});
    *good = p->diags.errors == before;
    return status;
}

static Status format_one(Policy *p, uint32_t file, Speller *speller, Arena *work, Buf *out,
                         FormattedFile *tell, void *ctx, Err *err) {
    const Source *source = &p->sources.files.at[file];
    bool good;
    TRY(source_is_good(p, file, work, &good));
    if (!good)
        return OK;
    buf_reset(out);
    arena_reset(work); /* of the tree nothing is asked any more */
    Status status = format_source(&p->sources, file, work, speller, out);
    if (status == ERR_DAMAGED)
        return err_say(err, status,
                       "%.*s: laid out anew it would not read the same, so it is left as it is; "
                       "this is an error of remit",
                       "%.*s：重新排版后含义会变，故保持原样；这是 remit 的错误",
                       STR_ARG(source->name));
    TRY(status);
    return tell(ctx, source->name, source->text, buf_str(out), err);
}

Status policy_format(Policy *p, SpellIn in, const Widers *wider, FormattedFile *tell, void *ctx,
                     Err *err) {
    Arena work = {0};
    Speller speller;
    Buf out = {0};
    Status status = speller_init(&speller, &p->arena, in);
    if (status == OK && wider != NULL) {
        speller.wider = wider->all.at;
        speller.wider_count = wider->all.n;
    }
    for (uint32_t i = 0; in != SPELL_KEPT && status == OK && i < p->sources.files.n; i++)
        status = format_names(&p->sources, i, &p->arena, &speller);
    speller_ready(&speller);
    bool damaged = false;
    for (uint32_t i = 0; status == OK && i < p->sources.files.n; i++) {
        status = format_one(p, i, &speller, &work, &out, tell, ctx, err);
        damaged |= status == ERR_DAMAGED; /* the others are done all the same */
        status = status == ERR_DAMAGED ? OK : status;
        arena_reset(&work);
    }
    status = status == OK && damaged ? ERR_DAMAGED : status;
    diags_sort(&p->diags);
    speller_free(&speller);
    buf_free(&out);
    arena_free(&work);
    return status == OK ? OK : err_status(err, status);
}
