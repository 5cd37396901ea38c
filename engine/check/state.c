/* check: what a condition asks of other declarations: `duty answer(c.ticket) is open`, `approval
 * launch(l.launch) is granted`, `kpi refund_rate(r.category) is critical` (language.md 24). */
#include "engine/check/check_int.h"

#include "engine/base/limits.h"

bool state_fits(DeclKind of, StateRow state) {
    switch (state) {
    case STATE_OPEN:
        return true;
    case STATE_PAUSED:
    case STATE_BREACHED:
    case STATE_FULFILLED:
    case STATE_WAIVED:
    case STATE_CANCELLED:
        return of == DECL_DUTY;
    case STATE_GRANTED:
    case STATE_REFUSED:
    case STATE_LAPSED:
    case STATE_WITHDRAWN:
    case STATE_UNATTAINABLE:
        return of == DECL_APPROVAL;
    case STATE_COUNT:
        break;
    }
    return false;
}

static void say_state(Program *p, const Node *node, int of) {
    Str states = say_both(p, "warning, critical or clear", "预警、严重 或 解除");
    if (of == DECL_DUTY)
        states = say_both(p, "open, paused, breached, fulfilled, waived or cancelled",
                          "进行中、暂停中、已违约、已完成、已豁免 或 已取消");
    if (of == DECL_APPROVAL)
        states = say_both(p, "open, granted, refused, lapsed, withdrawn or unattainable",
                          "进行中、已批准、已拒绝、已失效、已撤回 或 无法达成");
    diag_add2(p->diags, DIAG_UNEXPECTED, node->span, say_both(p, "this state", "这个状态"), states);
}

/* The types of a key, where they are known by now; NULL: not yet. */
static const Type *key_type(const Node *node, int of, uint32_t i) {
    if (of == DECL_KPI) {
        const KpiSym *kpi = node->means;
        return i < kpi->by_count ? &kpi->by[i].type : NULL;
    }
    const DutySym *duty = node->means;
    if (i >= duty->key_count && i < duty->param_count)
        return &duty->params[i].type; /* of one whose key is not read yet */
    return key_wanted_type(duty, i);
}

Type state_check(Program *p, const Scope *scope, Node *node) {
    int of = node->op >> 8, state = node->op & 0xFF;
    DutySym *duty = of == DECL_DUTY ? duty_find(p, node->text) : NULL;
    ApprovalSym *approval = of == DECL_APPROVAL ? approval_find(p, node->text) : NULL;
    KpiSym *kpi = of == DECL_KPI ? kpi_find(p, node->text) : NULL;
    if (approval != NULL)
        duty = &approval->base;
    node->means = kpi != NULL ? (const void *)kpi : duty;
    if (node->means == NULL)
        (void)say_no_declaration(p, (DeclKind)of, node->at, node->text);
    else if (of == DECL_KPI ? state == LEVEL_CLEARED : !state_fits((DeclKind)of, (StateRow)state))
        say_state(p, node, of);
    uint32_t i = 0;
    for (Node *part = node->a; part != NULL; part = part->next, i++) {
        const Type *want = node->means == NULL ? NULL : key_type(node, of, i);
        Type type = expr_check(p, scope, part, want);
        if (entity_whole(p, part, &type))
            continue;
        if (type.optional && type.kind != TY_ERROR)
            say_absent(p, part);
    }
    if (node->means != NULL && !vec_push(&p->asked, node))
        p->nomem = true;
    return type_plain(TY_FLAG);
}

/* Now all keys are known. */
static void asked_check(Program *p, const Node *node) {
    int of = node->op >> 8, state = node->op & 0xFF;
    const DutySym *duty = of == DECL_KPI ? NULL : node->means;
    const KpiSym *kpi = of == DECL_KPI ? node->means : NULL;
    if (duty != NULL && duty->keyless)
        return;
    size_t given = node_count(node->a), wanted = kpi != NULL ? kpi->by_count : key_wanted(duty);
    if (given != wanted) {
        diag_add3(p->diags, DIAG_ARGUMENT_COUNT, node->at, node->text,
                  say_number(p, wanted, " argument", " arguments", " 个参数"), say_count(p, given));
        return;
    }
    uint32_t i = 0;
    for (const Node *part = node->a; part != NULL; part = part->next, i++) {
        const Type *want = duty != NULL ? key_wanted_type(duty, i) : key_type(node, of, i);
        const Type *is = type_of(part);
        if (want != NULL && is->kind != TY_ERROR && want->kind != TY_ERROR && !type_fits(is, want))
            say_wrong_type(p, part, is, want);
    }
    if (kpi == NULL || state == LEVEL_COUNT || state == LEVEL_CLEARED)
        return;
    level_needed(p, kpi, (LevelRow)state, node->at);
}

void states_check(Program *p) {
    for (size_t i = 0; i < p->asked.n && !p->nomem; i++)
        asked_check(p, p->asked.at[i]);
}
