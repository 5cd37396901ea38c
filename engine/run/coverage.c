/* run: what tests reach. Three witnesses tell: the machine (vm/watch.h) of conditions, rows and
 * actions; the engine of clauses, seats and powers; the journal of states, rungs and levels. */
#include "engine/run/coverage.h"

#include "engine/base/check.h"
#include "engine/run/policytest_int.h"

static const uint32_t NO_ITEM = UINT32_MAX, NO_DECL = UINT32_MAX;
/* States of duties that are counted: those of DutyState, and one more. */
enum { STATE_LATE = DUTY_STATES, COVER_STATES };
enum { LEVEL_RAISED, LEVEL_CLEARS, COVER_LEVELS };

/* A place of the policy's own files that something is found at. */
typedef struct CoverFile {
    uint32_t base; /* the source in which it stands: of a pattern's use where the pattern does */
    bool own;      /* it is the policy's, and not of the standard library */
    uint32_t *decl_at; /* of a source that is its own base: of each line the declaration + 1 */
    uint32_t lines;
} CoverFile;

struct Cover {
    Policy *p;
    Arena *a;
    VEC(CoverItem) items;
    VEC(CoverDecl) decls;
    CoverFile *files;  /* of each source */
    uint32_t *sources; /* of each file of the bundle: its source */
    Watch watch;
    uint32_t *instruction_decl; /* of each instruction: the declaration in which it stands */
    /* the items of what has a number */
    uint32_t *rules, *duty_schedules, *powers;
    uint32_t **rows, **clauses, **states, **rungs, **seats, **withdrawals, **outcomes, **levels;
    uint32_t *flags[2], *actions; /* of each mark; flags[0]: that it holds */
    uint32_t *mark_flag;          /* of each mark: its number among the watch's flags */
    Status status;
};

static void failed(Cover *c) {
    c->status = ERR_NOMEM;
}

static void *take(Cover *c, size_t n, size_t size) {
    void *p = arena_array(c->a, size, 16, n + 1);
    if (p == NULL)
        failed(c);
    return p;
}

/* A list of numbers of items, none so far. */
static uint32_t *take_numbers(Cover *c, size_t n) {
    uint32_t *list = take(c, n, sizeof *list);
    for (size_t i = 0; list != NULL && i < n; i++)
        list[i] = NO_ITEM;
    return list;
}

/* ---- files and declarations */

static const char *decl_word(const Node *node) {
    switch ((int)node->kind) {
    case N_TABLE:
        return node->flag != 0 ? "function" : "table";
    case N_DUTY:
        return "duty";
    case N_RULE:
        return "rule";
    case N_APPROVAL:
        return "approval";
    case N_KPI:
        return "kpi";
    case N_PATTERN:
        return "pattern";
    case N_ENTITY:
        return "entity";
    case N_EVENT:
        return "event";
    case N_GRANT:
        return "power";
    default:
        return "declaration";
    }
}

bool cover_decl_runs(const CoverDecl *decl) {
    return decl->node->kind == N_DUTY || decl->node->kind == N_RULE || decl->node->kind == N_KPI ||
           decl->node->kind == N_APPROVAL || decl->node->kind == N_TABLE;
}

static uint32_t line_of(Cover *c, uint32_t file, uint32_t offset) {
    return source_place(&c->p->sources, file, offset).line;
}

static void decl_add(Cover *c, const Node *node) {
    CoverFile *file = &c->files[node->span.file];
    CoverDecl decl = {.node = node};
    if (!file->own || file->base != node->span.file)
        return;
    if (arena_printf(c->a, &decl.name, "%s%s%.*s", decl_word(node), node->text.n > 0 ? " " : "",
                     STR_ARG(node->text)) != OK ||
        !vec_push(&c->decls, decl)) {
        failed(c);
        return;
    }
    uint32_t last = line_of(c, node->span.file, node->span.to);
    for (uint32_t line = line_of(c, node->span.file, node->span.from);
         line <= last && line < file->lines; line++)
        if (file->decl_at[line] == 0)
            file->decl_at[line] = (uint32_t)c->decls.n;
}

/* Modules hold declarations; tests are none. */
static void decls_add(Cover *c, const Node *list) {
    for (const Node *node = list; node != NULL && c->status == OK; node = node->next) {
        if (node->kind == N_MODULE && node->a != NULL)
            decls_add(c, node->a);
        else if (node->kind != N_TEST && node->kind != N_MODULE)
            decl_add(c, node);
    }
}

static void files_find(Cover *c) {
    const Sources *all = &c->p->sources;
    uint32_t in_bundle = 0;
    c->files = take(c, all->files.n, sizeof *c->files);
    c->sources = take(c, all->files.n, sizeof *c->sources);
    for (uint32_t i = 0; c->status == OK && i < all->files.n; i++) {
        const Source *from = &all->files.at[i];
        CoverFile *file = &c->files[i];
        file->base = from->pattern.n > 0 ? from->of : i;
        file->own = !all->files.at[file->base].embedded;
        if (from->pattern.n > 0)
            continue;
        c->sources[in_bundle++] = i;
        file->lines = line_of(c, i, (uint32_t)from->text.n) + 1;
        file->decl_at = take(c, file->lines, sizeof *file->decl_at);
    }
}

int32_t cover_decl_at(const Cover *c, uint32_t file, uint32_t line) {
    const CoverFile *f = &c->files[c->files[file].base];
    return f->decl_at == NULL || line >= f->lines ? -1 : (int32_t)f->decl_at[line] - 1;
}

static uint32_t decl_of(const Cover *c, uint32_t file, uint32_t line) {
    int32_t decl = cover_decl_at(c, file, line);
    return decl < 0 ? NO_DECL : (uint32_t)decl;
}

/* ---- items */

/* An item at a node: a new one, or in a pattern's further use the one that stands for it. */
static uint32_t item_at(Cover *c, CoverKind kind, uint8_t part, Span at, Str what) {
    const CoverFile *file = &c->files[at.file];
    if (!file->own || c->status != OK)
        return NO_ITEM;
    bool shared = file->base != at.file;
    at.file = file->base;
    for (size_t i = 0; shared && i < c->items.n; i++) {
        const CoverItem *there = &c->items.at[i];
        if (there->kind == kind && there->part == part && there->at.file == at.file &&
            there->at.from == at.from)
            return (uint32_t)i;
    }
    CoverItem item = {.kind = (uint8_t)kind, .part = part, .at = at, .what = what};
    item.decl = decl_of(c, at.file, line_of(c, at.file, at.from));
    if (!vec_push(&c->items, item)) {
        failed(c);
        return NO_ITEM;
    }
    return (uint32_t)c->items.n - 1;
}

/* What stands there, behind some words. */
static uint32_t item_text(Cover *c, CoverKind kind, uint8_t part, Span at, const char *before) {
    Buf text = {0};
    Str what = {NULL, 0};
    put_text(&text, str_of(before));
    put_line_of(&text, source_text(&c->p->sources, at));
    if (text.failed || arena_str(c->a, buf_str(&text), &what) != OK)
        failed(c);
    buf_free(&text);
    return item_at(c, kind, part, at, what);
}

static void rows_find(Cover *c) {
    const Program *p = c->p->program;
    c->rows = take(c, p->tables.n, sizeof *c->rows);
    for (size_t t = 0; c->status == OK && t < p->tables.n; t++) {
        const Table *table = p->tables.at[t];
        c->rows[t] = take_numbers(c, table->row_count);
        for (uint32_t r = 0; c->status == OK && r < table->row_count; r++)
            c->rows[t][r] = item_text(c, COVER_ROW, 0, table->rows[r].at, "");
    }
}

static void schedule_find(Cover *c, const DutySym *d, uint32_t *out) {
    if (d->schedule.set)
        *out = item_text(c, COVER_SCHEDULE, 0, d->node->b->span, "");
}

static bool has_act(const DutySym *d, int kind) {
    for (uint32_t i = 0; i < d->act_count; i++)
        if (d->acts[i].kind == kind)
            return true;
    return false;
}

static bool has_power(const Cover *c, const DutySym *d, PowerRow verb) {
    for (size_t i = 0; i < c->p->program->powers.n; i++)
        if (c->p->program->powers.at[i].of == d && c->p->program->powers.at[i].verb == verb)
            return true;
    return false;
}

static void state_find(Cover *c, const DutySym *d, int state, const char *what) {
    c->states[d->number][state] = item_at(c, COVER_STATE, (uint8_t)state, d->at, str_of(what));
}

/* The states that the text lets it come to. */
static void states_find(Cover *c, const DutySym *d) {
    c->states[d->number] = take_numbers(c, COVER_STATES);
    if (c->status != OK)
        return;
    bool ends = has_act(d, ACT_FULFIL) || has_act(d, ACT_PART) || has_act(d, ACT_PORTION);
    if (ends || d->forbids)
        state_find(c, d, DUTY_FULFILLED, d->forbids ? "kept" : "fulfilled in time");
    if (ends && !d->forbids)
        state_find(c, d, STATE_LATE, "fulfilled late");
    state_find(c, d, DUTY_BREACHED, "breached");
    if (d->pause_count > 0 || has_power(c, d, POWER_PAUSE))
        state_find(c, d, DUTY_PAUSED, "paused");
    if (has_act(d, ACT_WAIVE) || has_power(c, d, POWER_WAIVE))
        state_find(c, d, DUTY_WAIVED, "waived");
    if (has_act(d, ACT_CANCEL))
        state_find(c, d, DUTY_CANCELLED, "cancelled");
}

/* Its clauses as they are written; what the engine adds of its own has no text. */
static uint32_t *clauses_find(Cover *c, const DutySym *d) {
    uint32_t *list = take_numbers(c, d->act_count);
    for (uint32_t i = 0; c->status == OK && i < d->act_count; i++) {
        const ActSym *act = &d->acts[i];
        if (act->node->kind == N_ACT)
            list[i] = item_text(c, COVER_CLAUSE, (uint8_t)act->kind, act->node->span, "");
    }
    return list;
}

static void duties_find(Cover *c) {
    const Program *p = c->p->program;
    c->duty_schedules = take_numbers(c, p->duties.n);
    c->clauses = take(c, p->duties.n, sizeof *c->clauses);
    c->states = take(c, p->duties.n, sizeof *c->states);
    c->rungs = take(c, p->duties.n, sizeof *c->rungs);
    for (size_t i = 0; c->status == OK && i < p->duties.n; i++) {
        const DutySym *d = p->duties.at[i];
        schedule_find(c, d, &c->duty_schedules[i]);
        states_find(c, d);
        c->clauses[i] = clauses_find(c, d);
        c->rungs[i] = take_numbers(c, d->rung_count);
        for (uint32_t r = 0; c->status == OK && r < d->rung_count; r++)
            c->rungs[i][r] = item_text(c, COVER_RUNG, 0, d->rungs[r].node->span, "");
    }
}

static bool reacts(const ApprovalSym *a, StateRow state) {
    for (uint32_t i = 0; i < a->base.reaction_count; i++)
        if (a->base.reactions[i].state == state)
            return true;
    return false;
}

static void outcome_find(Cover *c, const ApprovalSym *a, int state, const char *what) {
    c->outcomes[a->base.number][state] =
        item_at(c, COVER_OUTCOME, (uint8_t)state, a->base.at, str_of(what));
}

static void outcomes_find(Cover *c, const ApprovalSym *a) {
    c->outcomes[a->base.number] = take_numbers(c, APPROVAL_STATES);
    if (c->status != OK)
        return;
    bool lapses = a->each != NULL;
    for (uint32_t i = 0; i < a->stage_count; i++)
        lapses = lapses || a->stages[i].each != NULL;
    outcome_find(c, a, APPROVAL_GRANTED, "granted");
    outcome_find(c, a, APPROVAL_REFUSED, "refused");
    if (lapses)
        outcome_find(c, a, APPROVAL_LAPSED, "lapsed");
    if (a->base.act_count > 0 || reacts(a, STATE_WITHDRAWN) ||
        has_power(c, &a->base, POWER_WITHDRAW))
        outcome_find(c, a, APPROVAL_WITHDRAWN, "withdrawn");
    if (reacts(a, STATE_UNATTAINABLE))
        outcome_find(c, a, APPROVAL_UNATTAINABLE, "unattainable");
}

static void seats_find(Cover *c, const ApprovalSym *a) {
    uint32_t count = 0, n = 0;
    for (uint32_t i = 0; i < a->need_count; i++)
        count += a->needs[i].seat_count;
    uint32_t *list = c->seats[a->base.number] = take_numbers(c, count);
    for (uint32_t i = 0; c->status == OK && i < a->need_count; i++)
        for (const Node *seat = a->needs[i].seats; seat != NULL; seat = seat->next)
            list[n++] = item_text(c, COVER_SEAT, 0, seat->span, "");
}

static void approvals_find(Cover *c) {
    const Program *p = c->p->program;
    c->withdrawals = take(c, p->approvals.n, sizeof *c->withdrawals);
    c->outcomes = take(c, p->approvals.n, sizeof *c->outcomes);
    c->seats = take(c, p->approvals.n, sizeof *c->seats);
    for (size_t i = 0; c->status == OK && i < p->approvals.n; i++) {
        const ApprovalSym *a = p->approvals.at[i];
        c->withdrawals[i] = clauses_find(c, &a->base);
        outcomes_find(c, a);
        seats_find(c, a);
    }
}

static void rules_find(Cover *c) {
    const Program *p = c->p->program;
    c->rules = take_numbers(c, p->rules.n);
    for (size_t i = 0; c->status == OK && i < p->rules.n; i++)
        c->rules[i] = item_text(c, COVER_RULE, 0, p->rules.at[i]->node->b->span, "");
}

static void kpis_find(Cover *c) {
    const Program *p = c->p->program;
    c->levels = take(c, p->kpis.n, sizeof *c->levels);
    for (size_t i = 0; c->status == OK && i < p->kpis.n; i++) {
        const KpiSym *k = p->kpis.at[i];
        c->levels[i] = take_numbers(c, (size_t)2 * COVER_LEVELS);
        for (uint32_t n = 0; c->status == OK && n < k->level_count; n++) {
            uint32_t *of = &c->levels[i][n * COVER_LEVELS];
            Span at = k->levels[n].node->span;
            of[LEVEL_RAISED] = item_text(c, COVER_LEVEL, LEVEL_RAISED, at, "raised: ");
            of[LEVEL_CLEARS] = item_text(c, COVER_LEVEL, LEVEL_CLEARS, at, "cleared: ");
        }
    }
}

static void powers_find(Cover *c) {
    const Program *p = c->p->program;
    c->powers = take_numbers(c, p->powers.n);
    for (size_t i = 0; c->status == OK && i < p->powers.n; i++) {
        uint8_t part = 0; /* which of the powers that one line gives */
        while (part < UINT8_MAX && i > part &&
               p->powers.at[i - part - 1].node == p->powers.at[i].node)
            part++;
        c->powers[i] = item_text(c, COVER_POWER, part, p->powers.at[i].node->span, "");
    }
}

static void marks_find(Cover *c) {
    const EmitMarks *marks = &c->p->marks;
    c->flags[0] = take_numbers(c, marks->n);
    c->flags[1] = take_numbers(c, marks->n);
    c->actions = take_numbers(c, marks->n);
    for (uint32_t i = 0; c->status == OK && i < marks->n; i++) {
        Span at = marks->at[i].node->span;
        if (marks->at[i].reg < 0) {
            c->actions[i] = item_text(c, COVER_ACTION, 0, at, "");
            continue;
        }
        c->flags[0][i] = item_text(c, COVER_BRANCH, 0, at, "true: ");
        c->flags[1][i] = item_text(c, COVER_BRANCH, 1, at, "false: ");
    }
}

/* ---- the watch */

static uint8_t **byte_lists(Cover *c, size_t n, const uint32_t *counts) {
    uint8_t **lists = take(c, n, sizeof *lists);
    for (size_t i = 0; c->status == OK && i < n; i++)
        lists[i] = take(c, counts[i], 1);
    return lists;
}

static void watch_flags(Cover *c) {
    const Bundle *b = c->p->bundle;
    const EmitMarks *marks = &c->p->marks;
    uint32_t *at = take(c, b->code_count + 1, sizeof *at), n = 0;
    WatchFlag *flags = take(c, marks->n, sizeof *flags);
    c->mark_flag = take_numbers(c, marks->n);
    uint32_t mark = 0;
    for (uint32_t i = 0; c->status == OK && i <= b->code_count; i++) {
        at[i] = n;
        for (; mark < marks->n && marks->at[mark].at == i; mark++) {
            if (marks->at[mark].reg < 0)
                continue;
            c->mark_flag[mark] = n;
            flags[n++] = (WatchFlag){i, (uint32_t)marks->at[mark].reg};
        }
    }
    c->watch.flags_at = at;
    c->watch.flags = flags;
    c->watch.held = take(c, n, 1);
}

static void watch_make(Cover *c) {
    const Bundle *b = c->p->bundle;
    size_t most = b->table_count + b->duty_count + b->approval_count;
    uint32_t *counts = take(c, most, sizeof *counts);
    if (c->status != OK)
        return;
    c->watch.ran = take(c, b->code_count, 1);
    c->watch.powers = take(c, b->power_count, 1);
    for (uint32_t i = 0; i < b->table_count; i++)
        counts[i] = b->tables[i].row_count;
    c->watch.rows = byte_lists(c, b->table_count, counts);
    for (uint32_t i = 0; i < b->duty_count; i++)
        counts[i] = b->duties[i].act_count;
    c->watch.duty_acts = byte_lists(c, b->duty_count, counts);
    for (uint32_t i = 0; i < b->approval_count; i++)
        counts[i] = b->approvals[i].act_count;
    c->watch.approval_acts = byte_lists(c, b->approval_count, counts);
    for (uint32_t i = 0; i < b->approval_count; i++)
        counts[i] = b->approvals[i].seat_count;
    c->watch.seats = byte_lists(c, b->approval_count, counts);
    watch_flags(c);
}

static void instructions_find(Cover *c) {
    const Bundle *b = c->p->bundle;
    c->instruction_decl = take(c, b->code_count, sizeof(uint32_t));
    for (uint32_t i = 0; c->status == OK && i < b->code_count; i++)
        c->instruction_decl[i] = decl_of(c, c->sources[b->lines[i] >> 20], b->lines[i] & 0xFFFFF);
}

Status cover_open(Policy *p, Arena *a, Cover **out) {
    Cover *c = new (a, Cover, 1);
    *out = c;
    if (c == NULL)
        return ERR_NOMEM;
    c->p = p;
    c->a = a;
    files_find(c);
    for (size_t i = 0; c->status == OK && i < p->program->files.n; i++)
        decls_add(c, p->program->files.at[i]);
    void (*const steps[])(Cover *) = {rules_find,     duties_find, rows_find,
                                      approvals_find, kpis_find,   powers_find,
                                      marks_find,     watch_make,  instructions_find};
    for (size_t i = 0; c->status == OK && i < sizeof steps / sizeof *steps; i++)
        steps[i](c);
    return c->status;
}

void cover_close(Cover *c) {
    if (c == NULL)
        return;
    vec_free(&c->items);
    vec_free(&c->decls);
}

const CoverItem *cover_items(const Cover *c, size_t *n) {
    *n = c->items.n;
    return c->items.at;
}

const CoverDecl *cover_decls(const Cover *c, size_t *n) {
    *n = c->decls.n;
    return c->decls.at;
}

/* ---- after a test */

static void reach(Cover *c, uint32_t item) {
    if (item != NO_ITEM)
        c->items.at[item].reached = true;
}

static void touch(Cover *c, uint32_t decl) {
    if (decl != NO_DECL)
        c->decls.at[decl].touched = true;
}

static void touch_node(Cover *c, const Node *node) {
    if (node != NULL)
        touch(c, decl_of(c, node->span.file, line_of(c, node->span.file, node->span.from)));
}

static void touch_subject(Cover *c, const Subject *s) {
    const Program *p = c->p->program;
    if (s->kind == SUBJECT_DUTY && s->decl < p->duties.n)
        touch_node(c, p->duties.at[s->decl]->node);
    else if (s->kind == SUBJECT_APPROVAL && s->decl < p->approvals.n)
        touch_node(c, p->approvals.at[s->decl]->base.node);
    else if (s->kind == SUBJECT_KPI && s->decl < p->kpis.n)
        touch_node(c, p->kpis.at[s->decl]->node);
    else if (s->kind == SUBJECT_RULE && s->decl < p->rules.n)
        touch_node(c, p->rules.at[s->decl]->node);
    else if (s->kind == SUBJECT_ENTITY && s->decl < p->entities.n)
        touch_node(c, p->entities.at[s->decl]->node);
}

static void reach_rung(Cover *c, const Effect *e) {
    Value rung = effect_value(e, S("rung"));
    if (rung.kind == V_INT && rung.i >= 1 &&
        (uint64_t)rung.i <= c->p->program->duties.at[e->subject.decl]->rung_count)
        reach(c, c->rungs[e->subject.decl][rung.i - 1]);
}

static bool says(const Effect *e, Str name, Str word) {
    Value v = effect_value(e, name);
    return v.kind == V_TEXT && str_eq(value_str(v), word);
}

static bool is_so(const Effect *e, Str name) {
    Value v = effect_value(e, name);
    return v.kind == V_FLAG && v.i != 0;
}

static void reach_duty(Cover *c, const Effect *e) {
    uint32_t *states = c->states[e->subject.decl];
    switch ((int)e->id) {
    case EFFECT_DUTY_OPENED:
        reach(c, c->duty_schedules[e->subject.decl]);
        return;
    case EFFECT_DUTY_FULFILLED:
        reach(c, states[is_so(e, S("late")) ? STATE_LATE : DUTY_FULFILLED]);
        return;
    case EFFECT_DUTY_CORRECTED:
        if (says(e, S("is.state"), S("fulfilled")))
            reach(c, states[is_so(e, S("is.late")) ? STATE_LATE : DUTY_FULFILLED]);
        return;
    case EFFECT_DUTY_BREACHED:
        reach(c, states[DUTY_BREACHED]);
        return;
    case EFFECT_DUTY_PAUSED:
        reach(c, states[DUTY_PAUSED]);
        return;
    case EFFECT_DUTY_WAIVED:
        reach(c, states[DUTY_WAIVED]);
        return;
    case EFFECT_DUTY_CANCELLED:
        reach(c, states[DUTY_CANCELLED]);
        return;
    default:
        reach_rung(c, e);
    }
}

static void reach_approval(Cover *c, const Effect *e) {
    static const uint8_t ends[] = {[EFFECT_APPROVAL_GRANTED] = APPROVAL_GRANTED,
                                   [EFFECT_APPROVAL_REFUSED] = APPROVAL_REFUSED,
                                   [EFFECT_APPROVAL_LAPSED] = APPROVAL_LAPSED,
                                   [EFFECT_APPROVAL_WITHDRAWN] = APPROVAL_WITHDRAWN,
                                   [EFFECT_APPROVAL_UNATTAINABLE] = APPROVAL_UNATTAINABLE};
    if ((size_t)e->id < sizeof ends && ends[e->id] != 0)
        reach(c, c->outcomes[e->subject.decl][ends[e->id]]);
}

static void reach_kpi(Cover *c, const Effect *e) {
    const KpiSym *k = c->p->program->kpis.at[e->subject.decl];
    bool clears = e->id == EFFECT_KPI_CLEARED;
    if (!clears && e->id != EFFECT_KPI_WARNING && e->id != EFFECT_KPI_CRITICAL)
        return;
    bool warning = says(e, S("level"), S("warning"));
    for (uint32_t n = 0; n < k->level_count; n++)
        if ((k->levels[n].level == LEVEL_WARNING) == warning)
            reach(c, c->levels[e->subject.decl]
                              [n * COVER_LEVELS + (clears ? LEVEL_CLEARS : LEVEL_RAISED)]);
}

static Status cover_leaf(Tester *t, void *ctx, const Leaf *leaf) {
    Cover *c = ctx;
    (void)t;
    if (leaf->kind == LEAF_CHANGE)
        touch_subject(c, &leaf->change.subject);
    if (leaf->kind != LEAF_EFFECT)
        return OK;
    const Effect *e = &leaf->effect;
    touch_subject(c, &e->subject);
    if (e->subject.kind == SUBJECT_DUTY)
        reach_duty(c, e);
    else if (e->subject.kind == SUBJECT_APPROVAL)
        reach_approval(c, e);
    else if (e->subject.kind == SUBJECT_KPI)
        reach_kpi(c, e);
    return OK;
}

static void reach_list(Cover *c, uint8_t *seen, const uint32_t *items, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        if (seen[i] != 0)
            reach(c, items[i]);
        seen[i] = 0;
    }
}

static void reach_marks(Cover *c) {
    for (uint32_t i = 0; i < c->p->marks.n; i++) {
        uint32_t flag = c->mark_flag[i];
        if (flag == NO_ITEM) {
            if (c->watch.ran[c->p->marks.at[i].at] != 0)
                reach(c, c->actions[i]);
            continue;
        }
        if ((c->watch.held[flag] & WATCH_HELD) != 0)
            reach(c, c->flags[0][i]);
        if ((c->watch.held[flag] & WATCH_HELD_NOT) != 0)
            reach(c, c->flags[1][i]);
        c->watch.held[flag] = 0;
    }
}

static void reach_code(Cover *c) {
    const Bundle *b = c->p->bundle;
    for (uint32_t i = 0; i < b->rule_count; i++)
        if (c->watch.ran[b->fns[b->rules[i].fn].to - 1] != 0)
            reach(c, c->rules[i]);
    reach_marks(c);
    for (uint32_t i = 0; i < b->code_count; i++) {
        if (c->watch.ran[i] == 0)
            continue;
        touch(c, c->instruction_decl[i]);
        if (INS_OP(b->code[i]) == OP_LOOKUP)
            touch_node(c, c->p->program->tables.at[INS_BX(b->code[i])]->node);
        c->watch.ran[i] = 0;
    }
}

static void reach_watched(Cover *c) {
    const Bundle *b = c->p->bundle;
    reach_code(c);
    for (uint32_t i = 0; i < b->table_count; i++)
        reach_list(c, c->watch.rows[i], c->rows[i], b->tables[i].row_count);
    for (uint32_t i = 0; i < b->duty_count; i++)
        reach_list(c, c->watch.duty_acts[i], c->clauses[i], b->duties[i].act_count);
    for (uint32_t i = 0; i < b->approval_count; i++) {
        const ApprovalDef *a = &b->approvals[i];
        reach_list(c, c->watch.approval_acts[i], c->withdrawals[i], a->act_count);
        reach_list(c, c->watch.seats[i], c->seats[i], a->seat_count);
    }
    reach_list(c, c->watch.powers, c->powers, b->power_count);
}

/* A test is over: what it reached is added up. */
static Status cover_test(void *ctx, Tester *t) {
    Cover *c = ctx;
    for (size_t i = 0; i < c->items.n; i++)
        c->items.at[i].reached = false;
    for (size_t i = 0; i < c->decls.n; i++)
        c->decls.at[i].touched = false;
    TRY(visit_leaves(t, cover_leaf, c));
    reach_watched(c);
    for (size_t i = 0; i < c->items.n; i++)
        c->items.at[i].tests += c->items.at[i].reached;
    for (size_t i = 0; i < c->decls.n; i++)
        c->decls.at[i].tests += c->decls.at[i].touched;
    return OK;
}

TestRun cover_run(Cover *c) {
    return (TestRun){.watch = &c->watch, .looked = cover_test, .ctx = c};
}
