/* audit: which declarations of two policies mean something else. */
#include "engine/audit/differ_int.h"

#include <string.h>

/* ---- small things */

Status differ_keep(Differ *d, Str *out) {
    TRY(buf_status(&d->text));
    Status status = arena_str(&d->arena, buf_str(&d->text), out);
    buf_reset(&d->text);
    return status;
}

Status differ_point(Differ *d, Change *c, Point p) {
    return arena_push(&d->arena, &c->points, p) ? OK : ERR_NOMEM;
}

/* ---- the policies */

/* Its text is asked for clause by clause: a bundle's is compiled again. */
static Status side_open(Differ *d, int which, Policy *p) {
    Side *s = &d->side[which];
    s->policy = p;
    if (p->bundle->version_count != 1)
        return err_say(d->err, ERR_MISMATCH,
                       "\"%.*s\" is a bundle of several versions: give the version that is meant",
                       "“%.*s”是含多个版本的编译包：请给出所指的版本", STR_ARG(p->bundle->policy));
    if (p->program == NULL) {
        policy_init(&s->again, true);
        s->has_again = true;
        TRY(policy_add_sources(&s->again, p->bundle, d->err));
        TRY(policy_finish(&s->again, d->err));
        if (s->again.bundle == NULL)
            return err_say(d->err, ERR_VERSION,
                           "bundle \"%.*s\": its text is not read by this program any more",
                           "编译包“%.*s”：本程序已不能读取其中的源文", STR_ARG(p->bundle->policy));
        s->policy = &s->again;
    }
    s->b = s->policy->bundle;
    s->zone = (ZoneCache){.zone = bundle_zone(s->b)};
    return OK;
}

static void side_close(Side *s) {
    differ_unspell(s);
    if (s->has_again)
        policy_free(&s->again);
}

static Status number_parties(Differ *d) {
    uint32_t most = d->side[WAS].b->party_count + d->side[IS].b->party_count;
    d->parties = new (&d->arena, Str, most + 1);
    for (int i = 0; i < SIDES; i++)
        d->party_of[i] = new (&d->arena, uint32_t, most + 1);
    if (d->parties == NULL || d->party_of[WAS] == NULL || d->party_of[IS] == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < most; i++)
        d->party_of[WAS][i] = d->party_of[IS][i] = UINT32_MAX;
    for (int side = 0; side < SIDES; side++)
        for (uint32_t i = 0; i < d->side[side].b->party_count; i++) {
            uint32_t n = 0;
            while (n < d->party_count && !str_eq(d->parties[n], d->side[side].b->parties[i].name))
                n++;
            if (n == d->party_count)
                d->parties[d->party_count++] = d->side[side].b->parties[i].name;
            d->party_of[side][n] = i;
        }
    return OK;
}

/* ---- which is which */

static const Thing *counterpart(const Things *in, const Thing *t) {
    for (uint32_t i = 0; i < in->n; i++)
        if (in->at[i].kind == t->kind && in->at[i].nth == t->nth &&
            (t->kind == THING_HEADER || str_eq(in->at[i].name, t->name)))
            return &in->at[i];
    return NULL;
}

/* One that means the same and has no counterpart either: it has another name. */
static const Thing *renamed(const Differ *d, const Thing *gone) {
    const Things *in = &d->side[IS].things;
    for (uint32_t i = 0; i < in->n; i++)
        if (in->at[i].kind == gone->kind && str_eq(in->at[i].meaning, gone->meaning) &&
            counterpart(&d->side[WAS].things, &in->at[i]) == NULL)
            return &in->at[i];
    return NULL;
}

static bool is_taken(const Differ *d, const Thing *t) {
    for (uint32_t i = 0; i < d->changes.n; i++)
        if (d->changes.at[i].thing[IS] == t)
            return true;
    return false;
}

static Status note_change(Differ *d, ChangeFate fate, const Thing *was, const Thing *is) {
    Change c = {.fate = (uint8_t)fate, .thing = {was, is}};
    return arena_push(&d->arena, &d->changes, c) ? OK : ERR_NOMEM;
}

static Status changed_of_kind(Differ *d, ThingKind kind) {
    for (uint32_t i = 0; i < d->side[WAS].things.n; i++) {
        const Thing *was = &d->side[WAS].things.at[i];
        if (was->kind != kind)
            continue;
        const Thing *is = counterpart(&d->side[IS].things, was);
        if (is != NULL && str_eq(was->meaning, is->meaning))
            continue;
        ChangeFate fate = CHANGE_OTHER;
        if (is == NULL) {
            is = renamed(d, was);
            if (is != NULL && is_taken(d, is))
                is = NULL;
            fate = is == NULL ? CHANGE_GONE : CHANGE_NAME;
        }
        TRY(note_change(d, fate, was, is));
    }
    for (uint32_t i = 0; i < d->side[IS].things.n; i++) {
        const Thing *is = &d->side[IS].things.at[i];
        if (is->kind == kind && counterpart(&d->side[WAS].things, is) == NULL && !is_taken(d, is))
            TRY(note_change(d, CHANGE_NEW, NULL, is));
    }
    return OK;
}

/* How it is otherwise; *same: it is not, after all. */
static Status explain(Differ *d, Change *c, bool *same) {
    *same = false;
    if (c->fate != CHANGE_OTHER)
        return OK;
    return c->thing[WAS]->kind == THING_TABLE ? differ_tables(d, c, same) : differ_clauses(d, c);
}

static Status explain_all(Differ *d) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < d->changes.n; i++) {
        Change *c = &d->changes.at[i];
        bool same;
        TRY(explain(d, c, &same));
        if (!same)
            d->changes.at[kept++] = *c;
    }
    d->changes.n = kept;
    return OK;
}

static Status differ_all(Differ *d, Policy *old, Policy *new_one) {
    Atlas *atlas;
    TRY(side_open(d, WAS, old));
    TRY(side_open(d, IS, new_one));
    TRY(atlas_open(&d->arena, &atlas));
    for (int i = 0; i < SIDES; i++)
        TRY(atlas_read(atlas, d->side[i].policy->bytes, &d->side[i].things, d->err));
    TRY(number_parties(d));
    for (int kind = 0; kind < THING_KINDS; kind++)
        TRY(changed_of_kind(d, (ThingKind)kind));
    for (int i = 0; i < SIDES && d->changes.n > 0; i++)
        TRY(differ_spell(d, i));
    TRY(explain_all(d));
    return differ_say(d);
}

Status policies_differ(Policy *old, Policy *new_one, const DifferOptions *opt, Buf *out,
                       size_t *changes, Err *err) {
    Differ d = {.opt = opt, .out = out, .err = err};
    Status status = differ_all(&d, old, new_one);
    *changes = d.changes.n;
    for (int i = 0; i < SIDES; i++)
        side_close(&d.side[i]);
    buf_free(&d.text);
    arena_free(&d.arena);
    return status == OK ? buf_status(out) : status;
}
