/* check: modules: which files make up the policy, what each module uses, and what a name means
 * where it stands. */
#include "engine/check/check_int.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"

/* ---- names that stand in a module */

Str name_own(const Space *home, Str full) {
    bool bare = home == NULL || home->name.n == 0 || full.n == 0; /* or a name is missing */
    return bare ? full : str_from(full, home->name.n + 1);
}

Str name_full(Program *p, const Space *home, Str own) {
    if (own.n == 0 || home == NULL || home->name.n == 0)
        return own;
    return say(p, "%.*s.%.*s", STR_ARG(home->name), STR_ARG(own));
}

/* What follows a name and a point. */
static bool name_below(Str name, Str above, Str *rest) {
    if (above.n == 0 || name.n < above.n + 2 || !str_starts(name, above) || name.p[above.n] != '.')
        return false;
    *rest = str_from(name, above.n + 1);
    return true;
}

static Str last_part(Str name) {
    size_t n = name.n;
    while (n > 0 && name.p[n - 1] != '.')
        n--;
    return str_from(name, n);
}

Str name_short(Program *p, const Space *home, Str full) {
    if (home == NULL || home->name.n == 0)
        return full;
    return say(p, "%.*s.%.*s", STR_ARG(last_part(home->name)), STR_ARG(name_own(home, full)));
}

Str name_here(Program *p, const Space *home, Str full) {
    if (home == NULL)
        return full;
    for (const Space *s = p->here; s != NULL; s = s->outer) {
        if (s == home)
            return name_own(home, full);
        for (const Used *u = s->used; u != NULL; u = u->next)
            if (u->space == home)
                return say(p, "%.*s.%.*s", STR_ARG(u->as), STR_ARG(name_own(home, full)));
    }
    return (Str){NULL, 0};
}

void space_enter(Program *p, const Space *home) {
    p->here = home != NULL ? home : p->spaces.n > 0 ? p->spaces.at[0] : NULL;
}

bool space_sees(const Program *p, const Space *home) {
    for (const Space *s = p->here; s != NULL; s = s->outer) {
        if (s == home)
            return true;
        for (const Used *u = s->used; u != NULL; u = u->next)
            if (u->space == home)
                return true;
    }
    return home == NULL;
}

/* ---- seeking: first where the name stands, then what that uses, then around it */

Seek seek_begin(Program *p, Str name) {
    Seek s = {.p = p, .asked = name, .name = name, .at = p->here};
    p->unseen = (Unseen){.name = {NULL, 0}};
    for (const Given *g; (g = given_thing(s.at, s.name)) != NULL; s.at = g->space)
        s.name = s.name.n == g->name.n
                     ? g->text
                     : say(p, "%.*s%.*s", STR_ARG(g->text), STR_ARG(str_from(s.name, g->name.n)));
    return s;
}

/* What a pattern uses by a pattern of its own stands in it: desk.way.reply. */
static Reach reach_below(const Space *home, Str name) {
    Str rest;
    const Used *u = home->used;
    while (u != NULL) {
        bool own = u->space->user == home && name_below(name, u->as, &rest);
        home = own ? u->space : home;
        name = own ? rest : name;
        u = own ? home->used : u->next;
    }
    return (Reach){home, name, false};
}

/* One use may offer a name in three ways: by its name here, by its own, and bare. */
static bool seek_used(Seek *s, Reach *out) {
    while (s->used != NULL) {
        const Used *u = s->used;
        Str rest;
        int way = s->way++;
        if ((way == 0 && name_below(s->name, u->as, &rest)) ||
            (way == 1 && name_below(s->name, u->space->name, &rest))) {
            *out = reach_below(u->space, rest);
            return true;
        }
        if (way == 2 && u->bare) {
            *out = reach_below(u->space, s->name);
            return true;
        }
        if (way >= 2) {
            s->used = u->next;
            s->way = 0;
        }
    }
    return false;
}

bool seek_next(Seek *s, Reach *out) {
    for (;;) {
        switch (s->step) {
        case SEEK_ENGINE: /* the engine's own, which stand in no module */
            *out = (Reach){NULL, s->name, true};
            s->step = SEEK_OWN;
            return true;
        case SEEK_OWN:
            if (s->found != NULL || s->at == NULL)
                return false;
            *out = (Reach){s->at, s->name, true};
            s->step = SEEK_USED;
            s->used = s->at->used;
            s->way = 0;
            return true;
        case SEEK_USED:
        default:
            if (s->found != NULL && s->inside)
                return false;
            if (seek_used(s, out))
                return true;
            if (s->found != NULL)
                return false;
            s->at = s->at->outer;
            s->step = SEEK_OWN;
        }
    }
}

void seek_hit(Seek *s, const Reach *reach, void *sym, bool secret, Str name, Span at) {
    Unseen *u = &s->p->unseen;
    if (secret && !reach->inside) {
        if (s->found == NULL)
            *u = (Unseen){s->asked, UNSEEN_PRIVATE, {name, {NULL, 0}}, at, reach->home};
        return;
    }
    if (s->found == NULL) {
        s->found = sym;
        s->inside = reach->inside;
        *u = (Unseen){s->asked, UNSEEN_TWICE, {name, {NULL, 0}}, at, reach->home};
    } else if (s->found != sym && !s->inside) {
        u->full[1] = name;
    }
}

void *seek_end(Seek *s) {
    if (s->found != NULL && s->p->unseen.full[1].n > 0)
        return NULL; /* two modules offer it */
    if (s->found != NULL)
        s->p->unseen = (Unseen){.name = {NULL, 0}};
    return s->found;
}

/* ---- why a name means nothing here though there is one like it */

/* A module that is not used here, and has what the name begins with for its name or the end of it.
 */
static Str module_not_used(Program *p, Str name) {
    Str rest;
    for (size_t i = 0; i < p->spaces.n; i++) {
        const Space *s = p->spaces.at[i];
        if (s->use == NULL && s != p->here && !space_sees(p, s) &&
            (name_below(name, s->name, &rest) || name_below(name, last_part(s->name), &rest)))
            return s->name;
    }
    const Str *names = NULL;
    size_t n = p->modules == NULL ? 0 : p->modules->list(p->modules->ctx, &names);
    for (size_t i = 0; i < n; i++)
        if (name_below(name, names[i], &rest) || name_below(name, last_part(names[i]), &rest))
            return space_find(p, names[i]) != NULL ? (Str){NULL, 0} : names[i];
    return (Str){NULL, 0};
}

bool say_unseen(Program *p, Span at, Str name) {
    Unseen u = p->unseen;
    if (u.name.n > 0 && str_eq(u.name, name)) {
        if (u.why == UNSEEN_PRIVATE)
            diag_other(diag_add2(p->diags, DIAG_PRIVATE_NAME, at, name_own(u.home, u.full[0]),
                                 u.home->name),
                       u.at);
        else
            diag_add3(p->diags, DIAG_AMBIGUOUS_NAME, at, name, u.full[0], u.full[1]);
        return true;
    }
    Str module = str_find(name, '.') < 0 ? (Str){NULL, 0} : module_not_used(p, name);
    if (module.n == 0)
        return false;
    diag_add2(p->diags, DIAG_MODULE_NOT_USED, at, name, module);
    return true;
}

/* ---- modules and their files */

Space *space_find(Program *p, Str name) {
    for (size_t i = 0; i < p->spaces.n; i++)
        if (str_eq(p->spaces.at[i]->name, name))
            return p->spaces.at[i];
    return NULL;
}

Space *space_new(Program *p, Str name) {
    Space *space = new (p->arena, Space, 1);
    if (space == NULL || !vec_push(&p->spaces, space)) {
        p->nomem = true;
        return NULL;
    }
    space->name = name;
    return space;
}

static void file_add(Program *p, Node *items, Space *space) {
    if (space == NULL || !vec_push(&p->files, items) || !vec_push(&p->homes, space))
        p->nomem = true;
}

static Space *space_of(Program *p, const Node *module) {
    Space *space = space_find(p, module->text);
    return space != NULL ? space : space_new(p, module->text);
}

/* A module stands in a file, not in another module or pattern; one without braces is its first
 * line. */
static void module_misplaced(Program *p, const Node *items, bool whole_file) {
    for (const Node *item = items; item != NULL; item = item->next) {
        if (item->kind == N_PATTERN)
            module_misplaced(p, item->c, false);
        if (item->kind != N_MODULE)
            continue;
        if (!whole_file || (item->flag == 0 && item != items))
            diag_add1(p->diags, DIAG_MODULE_PLACE, item->at, item->text);
        module_misplaced(p, item->a, false);
    }
}

static void file_place(Program *p, Node *items) {
    module_misplaced(p, items, true);
    blanks_report(p, items);
    bool whole = items != NULL && items->kind == N_MODULE && items->flag == 0;
    file_add(p, items, whole ? space_of(p, items) : p->spaces.at[0]);
    for (const Node *item = items; item != NULL && !p->nomem; item = item->next)
        if (item->kind == N_MODULE && item->flag != 0)
            file_add(p, item->a, space_of(p, item));
}

static Node *file_read(Program *p, uint32_t file) {
    Node *items = NULL;
    if (parse_source(p->sources, file, p->arena, p->diags, &p->lost, &items) != OK)
        p->nomem = true;
    return items;
}

/* Whether a file that nobody named holds the module that was looked for, and nothing but modules:
 * what else lies beside a policy is none of it. */
static bool file_suits(Program *p, const Node *items, Str module, Str *why) {
    bool there = false, alone = true;
    for (const Node *item = items; item != NULL; item = item->next) {
        there = there || (item->kind == N_MODULE && str_eq(item->text, module));
        alone = alone && item->kind == N_MODULE;
        if (item->kind == N_MODULE && item->flag == 0)
            break; /* the rest of the file is of it */
    }
    *why = there ? say_both(p, ", which holds more than: module ", "，其中不止：模块 ")
                 : say_both(p, ", which does not begin with: module ", "，其首行不是：模块 ");
    return there && alone;
}

/* ---- use */

Space *module_get(Program *p, Str name, uint32_t beside, Str *tried) {
    Space *space = space_find(p, name);
    uint32_t file;
    if (space != NULL && name.n > 0)
        return space;
    if (name.n == 0 || p->modules == NULL ||
        !p->modules->find(p->modules->ctx, beside, name, &file, tried))
        return NULL;
    Node *items = file_read(p, file);
    Str why;
    if (!file_suits(p, items, name, &why)) {
        *tried = say(p, "%.*s%.*s%.*s", STR_ARG(p->sources->files.at[file].name), STR_ARG(why),
                     STR_ARG(name));
        return NULL;
    }
    file_place(p, items);
    return p->nomem ? NULL : space_find(p, name);
}

static void say_no_module(Program *p, const Node *use, Str tried) {
    const Str *list = NULL;
    size_t n = p->modules == NULL ? 0 : p->modules->list(p->modules->ctx, &list);
    size_t patterns = 0;
    for (size_t i = 0; i < p->files.n; i++)
        for (const Node *item = p->files.at[i]; item != NULL; item = item->next)
            patterns += item->kind == N_PATTERN;
    Str *names = new (p->arena, Str, n + p->spaces.n + patterns);
    if (names == NULL || is_lost(p, use->text) || said_before(p, use->at, use->text)) {
        p->nomem = p->nomem || names == NULL;
        return;
    }
    for (size_t i = 0; i < n; i++)
        names[i] = list[i];
    for (size_t i = 1; i < p->spaces.n; i++)
        names[n++] = p->spaces.at[i]->name;
    for (size_t i = 0; i < p->files.n; i++)
        for (const Node *item = p->files.at[i]; item != NULL; item = item->next)
            if (item->kind == N_PATTERN)
                names[n++] = name_full(p, p->homes.at[i], item->text);
    ptrdiff_t best = nearest(use->text, names, n);
    Str hint = tried;
    if (best >= 0)
        hint = say(p, "%.*s%.*s%.*s", STR_ARG(say_both(p, "did you mean ", "是否想写 ")),
                   STR_ARG(names[best]), STR_ARG(say_both(p, "?", "？")));
    else if (hint.n > 0)
        hint =
            say(p, "%.*s%.*s", STR_ARG(say_both(p, "looked for in ", "已查找：")), STR_ARG(tried));
    Diag *diag = diag_add2(p->diags, DIAG_UNKNOWN_MODULE, use->at, use->text, hint);
    diag_like(diag, use->at, use->text, names, n, best);
}

/* What it would have brought is not to be had: no message about that. */
static void use_lost(Program *p, const Node *use) {
    p->lost.module = p->lost.module || use->more.n == 0;
    if (!vec_push(&p->lost.words, use->more.n > 0 ? use->more : last_part(use->text)))
        p->nomem = true;
}

/* Adds what `here` uses; two uses of one name are an error. */
static void used_add(Program *p, Space *here, const Node *use, Space *of) {
    Str as = use->more.n > 0 ? use->more : last_part(of->name);
    bool bare = use->more.n == 0 && of->pattern == NULL;
    Used **end = &here->used;
    for (; *end != NULL; end = &(*end)->next) {
        if ((*end)->space == of && str_eq((*end)->as, as))
            return; /* said in another file too */
        if (str_eq((*end)->as, as) && use->more.n > 0 && (*end)->use->more.n > 0) {
            diag_other(diag_add1(p->diags, DIAG_USED_TWICE, use->at, as), (*end)->use->at);
            return;
        }
    }
    Used *used = new (p->arena, Used, 1);
    if (used == NULL) {
        p->nomem = true;
        return;
    }
    *used = (Used){.as = as, .space = of, .bare = bare, .use = use};
    *end = used;
}

static void use_read(Program *p, Space *here, const Node *use) {
    Str tried = {NULL, 0};
    uint32_t before = p->diags->errors;
    const Space *home = NULL;
    Space *of = space_find(p, use->text);
    const Node *pattern =
        of == NULL || use->flag != 0 ? pattern_find(p, here, use, &home, NULL) : NULL;
    of = pattern == NULL ? of : NULL;
    if (of == NULL && pattern == NULL && p->diags->errors == before)
        of = module_get(p, use->text, use->span.file, &tried);
    if (p->nomem)
        return;
    if (of != NULL && use->flag != 0)
        diag_add1(p->diags, DIAG_MODULE_ARGUMENTS, use->at, use->text);
    else if (of != NULL && of != here)
        used_add(p, here, use, of);
    if (of != NULL)
        return;
    Str above;
    if (pattern == NULL)
        pattern = pattern_find(p, here, use, &home, &above);
    Space *made = pattern == NULL ? NULL : pattern_use(p, here, use, pattern, home);
    if (pattern == NULL && !p->nomem && p->diags->errors == before)
        say_no_module(p, use, tried);
    if (made != NULL)
        used_add(p, here, use, made);
    else
        use_lost(p, use);
}

/* ---- no module leads back to itself */

static Str path_text(Program *p, const Space *last, Str end) {
    Str text = end;
    for (const Space *s = last; s != NULL; s = s->on_path)
        text = say(p, "%.*s -> %.*s", STR_ARG(s->name), STR_ARG(text));
    return text;
}

static void cycle_seek(Program *p, Space *space) {
    space->walked = WALK_NOW;
    for (const Used *u = space->used; u != NULL; u = u->next) {
        Space *to = (Space *)(uintptr_t)u->space;
        if (to->walked == WALK_NOW) {
            Space *first = to;
            const Space *above = first->on_path;
            first->on_path = NULL; /* the path begins there */
            diag_add2(p->diags, DIAG_MODULE_CYCLE, u->use->at, to->name,
                      path_text(p, space, to->name));
            first->on_path = above;
        } else if (to->walked == WALK_NOT) {
            to->on_path = space;
            cycle_seek(p, to);
        }
    }
    space->walked = WALK_DONE;
}

void modules_load(Program *p) {
    uint32_t given = (uint32_t)p->sources->files.n;
    Space *root = space_new(p, (Str){NULL, 0});
    p->here = root;
    for (uint32_t i = 0; i < given && !p->nomem; i++)
        file_place(p, file_read(p, i));
    for (size_t i = 0; i < p->files.n && !p->nomem; i++) /* grows as modules use modules */
        for (const Node *item = p->files.at[i]; item != NULL && !p->nomem; item = item->next)
            if (item->kind == N_USE)
                use_read(p, p->homes.at[i], item);
    for (size_t i = 1; i < p->spaces.n && !p->nomem; i++)
        if (p->spaces.at[i]->walked == WALK_NOT)
            cycle_seek(p, p->spaces.at[i]);
}
