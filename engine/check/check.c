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
        states_check,   graph_check,     tests_check};
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
    diags_sort(diags);
    return p->nomem || diags->nomem ? ERR_NOMEM : OK;
}

Status check_expression(Program *p, uint32_t file, const int64_t *at, Arena *arena, Diags *diags,
                        Node **out) {
    static const Scope nothing_at_hand = {0};
    *out = NULL;
    Node *expr = NULL;
    TRY(parse_expression(p->sources, file, arena, diags, &expr));
    if (expr == NULL && diags->errors == 0)
        diag_add2(diags, DIAG_UNEXPECTED, (Span){file, 0, 0}, diag_both(diags, "nothing", "空"),
                  diag_both(diags, "an expression", "表达式"));
    if (expr == NULL || diags->errors > 0)
        return diags->nomem ? ERR_NOMEM : OK;
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
    Type type = expr_check(&here, &nothing_at_hand, expr, NULL);
    (void)entity_whole(&here, expr, &type);
    states_check(&here);
    vec_free(&here.asked);
    diags_sort(diags);
    if (diags->errors == 0)
        *out = expr;
    return here.nomem || diags->nomem ? ERR_NOMEM : OK;
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
    vec_free(&p->tests);
}
