/* check: one policy from its files, in the order in which what is found is needed. */
#include "engine/check/check.h"

#include <string.h>

#include "engine/check/check_int.h"

enum { LATE_DAYS = 30 };

Status check_policy(Sources *sources, Arena *arena, Diags *diags, const Modules *modules,
                    const Settings *settings, bool with_header, Program **out) {
    Program *p = new (arena, Program, 1);
    if (p == NULL)
        return ERR_NOMEM;
    p->arena = arena;
    p->sources = sources;
    p->diags = diags;
    p->settings = settings;
    p->modules = modules;
    during_enter(p, NULL);
    p->asks_nothing = true; /* until it is known what KPIs measure */
    p->late_ms = LATE_DAYS * INT64_C(86400000);
    *out = p;
    void (*const steps[])(Program *) = {
        patterns_check, calendars_check, locals_check, rotations_check, tables_check,   calls_check,
        kpis_oblige,    duties_params,   kpis_read,    powers_check,    deputies_check, moves_check,
        duties_check,   approvals_check, kpis_check,   rules_check,     feeds_check,    sets_check,
        states_check,   graph_check,     tests_check,  idle_check};
    modules_load(p);
    if (!p->nomem)
        declare_all(p, with_header);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !p->nomem; i++) {
        space_enter(p, NULL);
        steps[i](p);
        local_enter(p, NULL);
        during_enter(p, NULL);
    }
    space_enter(p, NULL);
    p->settings = NULL; /* the caller's, who may be gone when an expression is checked */
    p->modules = NULL;
    declared_gather(p);
    return p->nomem || diags->nomem ? ERR_NOMEM : OK;
}

/* The tree of one source; NULL when it has errors. */
static Status asked_parse(Program *p, uint32_t file, Node **out) {
    TRY(parse_expression(p->sources, file, p->arena, p->diags, out));
    if (*out == NULL && p->diags->errors == 0)
        diag_add2(p->diags, DIAG_UNEXPECTED, (Span){file, 0, 0},
                  diag_both(p->diags, "nothing", "空"),
                  diag_both(p->diags, "an expression", "表达式"));
    if (p->diags->errors > 0)
        *out = NULL;
    return p->diags->nomem ? ERR_NOMEM : OK;
}

/* A name stands for the last value that it was given. */
static void asked_keep(Program *p, Scope *scope, const Node *let, Type type) {
    for (size_t i = 0; i < scope->locals.n; i++)
        if (str_eq(scope->locals.at[i].name, let->text))
            scope->locals.at[i].name = (Str){0};
    Local local = {.name = let->text,
                   .type = type,
                   .node = let->a,
                   .number = (uint32_t)scope->locals.n,
                   .at = let->at};
    if (!vec_push(&scope->locals, local))
        p->nomem = true;
}

/* The sources from `file` on, in order: each `let` is a name for those behind it. */
static Status asked_read(Program *p, uint32_t file, Asked *out) {
    for (; file < p->sources->files.n && p->diags->errors == 0; file++) {
        Node *read = NULL;
        TRY(asked_parse(p, file, &read));
        if (read == NULL)
            break;
        bool let = read->kind == N_LET, last = file + 1 == p->sources->files.n;
        Node *expr = let ? read->a : read;
        Type type = let ? let_type(p, &out->scope, read) : expr_check(p, &out->scope, expr, NULL);
        (void)entity_whole(p, expr, &type);
        if (let && !last)
            asked_keep(p, &out->scope, read, type);
        out->expr = expr;
        out->name = let ? read->text : (Str){0};
    }
    return OK;
}

Status check_expression(Program *p, uint32_t file, const int64_t *at, Arena *arena, Diags *diags,
                        Asked *out) {
    *out = (Asked){0};
    names_complete(p);
    if (p->nomem)
        return ERR_NOMEM;
    Program here = *p; /* messages and their texts go elsewhere; an expression declares nothing */
    here.arena = arena;
    here.diags = diags;
    if (at != NULL)
        here.during = (Dated){*at, *at + 1};
    here.asks_nothing = true; /* where nothing is at hand, nothing is measured */
    memset(&here.asked, 0, sizeof here.asked);
    memset(&here.heard, 0, sizeof here.heard);
    Status status = asked_read(&here, file, out);
    if (status == OK)
        states_check(&here);
    vec_free(&here.asked);
    vec_free(&here.heard);
    diags_sort(diags);
    if (diags->errors > 0)
        out->expr = NULL;
    return status != OK ? status : here.nomem || diags->nomem ? ERR_NOMEM : OK;
}

void asked_free(Asked *asked) {
    vec_free(&asked->scope.locals);
}

void program_free(Program *p) {
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->tables.n; i++)
        vec_free(&p->tables.at[i]->scope.locals);
    for (size_t i = 0; i < p->duties.n; i++)
        vec_free(&p->duties.at[i]->scope.locals);
    for (size_t i = 0; i < p->approvals.n; i++)
        vec_free(&p->approvals.at[i]->base.scope.locals);
    for (size_t i = 0; i < p->rules.n; i++)
        vec_free(&p->rules.at[i]->scope.locals);
    for (size_t i = 0; i < p->kpis.n; i++)
        vec_free(&p->kpis.at[i]->scope.locals);
    for (size_t i = 0; i < p->kpis.n; i++)
        vec_free(&p->kpis.at[i]->targets.locals);
    for (size_t i = 0; i < p->feeds.n; i++)
        vec_free(&p->feeds.at[i]->scope.locals);
    vec_free(&p->feeds);
    vec_free(&p->lost.words);
    vec_free(&p->files);
    vec_free(&p->homes);
    vec_free(&p->spaces);
    vec_free(&p->types);
    vec_free(&p->record_types);
    vec_free(&p->events);
    vec_free(&p->entities);
    vec_free(&p->records);
    vec_free(&p->parties);
    vec_free(&p->tables);
    vec_free(&p->calendars);
    vec_free(&p->duties);
    vec_free(&p->approvals);
    vec_free(&p->rules);
    vec_free(&p->enums);
    vec_free(&p->kpis);
    vec_free(&p->fields);
    for (size_t i = 0; i < NAME_INDEXES; i++)
        vec_free(&p->names[i].entries);
    vec_free(&p->decls);
    vec_free(&p->grants);
    vec_free(&p->powers);
    vec_free(&p->reassigns);
    vec_free(&p->moves);
    vec_free(&p->deputies);
    vec_free(&p->asked);
    vec_free(&p->heard);
    vec_free(&p->tests);
}
