/* check: what the engine says of duties, approvals and KPIs, as events that a policy hears:
 * `on remit.duty.breached of settle`. Of which declarations is said by name, or by those that are
 * not meant, so that what follows from what stays known (language.md 15). Each is an event of its
 * own to rules and clauses; none of them ever comes in. */
#include "engine/check/check_int.h"

#include "engine/base/told.h"

static Type type_of_told(ToldType type, bool optional) {
    static const TypeKind kinds[] = {
        [TOLD_AS_ID] = TY_ID,           [TOLD_AS_TEXT] = TY_TEXT,       [TOLD_AS_PARTY] = TY_PARTY,
        [TOLD_AS_INSTANT] = TY_INSTANT, [TOLD_AS_INTEGER] = TY_INTEGER, [TOLD_AS_FLAG] = TY_FLAG};
    Type t = type_plain(kinds[type]);
    t.optional = optional;
    return t;
}

static size_t declared(const Program *p, DeclKind kind) {
    return kind == DECL_DUTY ? p->duties.n : kind == DECL_APPROVAL ? p->approvals.n : p->kpis.n;
}

/* The number of a declaration, or -1. */
static int64_t number_of(Program *p, DeclKind kind, Str name) {
    if (kind == DECL_KPI) {
        const KpiSym *kpi = kpi_find(p, name);
        return kpi == NULL ? -1 : (int64_t)kpi->number;
    }
    const ApprovalSym *approval = kind == DECL_APPROVAL ? approval_find(p, name) : NULL;
    const DutySym *duty = kind == DECL_DUTY  ? duty_find(p, name)
                          : approval != NULL ? &approval->base
                                             : NULL;
    return duty == NULL ? -1 : (int64_t)duty->number;
}

/* Of which declarations it is heard, one flag each; none of those that are not known. */
static bool *which(Program *p, const Node *name, DeclKind kind) {
    size_t n = declared(p, kind);
    bool *in = new (p->arena, bool, n + 1);
    if (in == NULL) {
        p->nomem = true;
        return NULL;
    }
    bool except = name->op == HEARD_EXCEPT;
    for (size_t i = 0; i < n; i++)
        in[i] = except;
    for (const Node *one = name->b; one != NULL; one = one->next) {
        int64_t number = number_of(p, kind, one->text);
        if (number >= 0)
            in[number] = !except;
        else
            (void)say_no_declaration(p, kind, one->span, one->text);
    }
    return in;
}

static bool same_which(const Event *told, const bool *in, size_t n) {
    uint32_t k = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!in[i])
            continue;
        if (k == told->of_count || told->of[k] != i)
            return false;
        k++;
    }
    return k == told->of_count;
}

static const Event *told_new(Program *p, ToldRow row, const bool *in, Span at) {
    size_t n = declared(p, told_of(row));
    ToldField rows[TOLD_FIELDS_MOST];
    uint32_t count = told_fields(row, rows);
    Event *told = new (p->arena, Event, 1);
    Field *fields = new (p->arena, Field, count);
    uint32_t *of = new (p->arena, uint32_t, n + 1);
    if (told == NULL || fields == NULL || of == NULL || !vec_push(&p->records, told)) {
        p->nomem = true;
        return NULL;
    }
    *told = (Event){.home = p->here,
                    .name = told_type(row),
                    .fields = fields,
                    .field_count = count,
                    .number = (uint32_t)(p->events.n + p->records.n - 1),
                    .at = at,
                    .told = true,
                    .row = (uint8_t)row,
                    .of = of};
    for (uint32_t i = 0; i < count; i++)
        fields[i] = (Field){.name = rows[i].name,
                            .alias = rows[i].alias,
                            .type = type_of_told(rows[i].type, rows[i].optional)};
    for (uint32_t i = 0; i < n; i++)
        if (in[i])
            of[told->of_count++] = i;
    return told;
}

static const Event *not_told(Program *p, const Node *name) {
    static const char *const words[][2] = {
        {".approved", ".granted"}, {".denied", ".refused"},    {".rejected", ".refused"},
        {".expired", ".lapsed"},   {".done", ".fulfilled"},    {".completed", ".fulfilled"},
        {".closed", ".fulfilled"}, {".overdue", ".breached"},  {".missed", ".breached"},
        {".late", ".breached"},    {".canceled", ".cancelled"}};
    Str names[TOLD_ROWS];
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        Str ends = str_of(words[i][0]);
        if (name->text.n <= ends.n || !str_eq(str_from(name->text, name->text.n - ends.n), ends))
            continue;
        Str meant = say(p, "%.*s%s", (int)(name->text.n - ends.n), name->text.p, words[i][1]);
        if (told_find(meant) < 0)
            continue;
        say_unknown(p, DIAG_UNKNOWN_EVENT, name->span, name->text, &meant, 1);
        return NULL;
    }
    for (int i = 0; i < TOLD_ROWS; i++)
        names[i] = told_type((ToldRow)i);
    say_unknown(p, DIAG_UNKNOWN_EVENT, name->span, name->text, names, TOLD_ROWS);
    return NULL;
}

const Event *event_heard(Program *p, const Node *name) {
    int row = told_find(name->text);
    if (row < 0) {
        bool known = event_find(p, name->text) != NULL;
        if (name->b != NULL && known)
            diag_add1(p->diags, DIAG_HEARD_OF, name->b->span, name->text);
        if (!known && str_starts(name->text, S("remit.")))
            return not_told(p, name);
        return event_named(p, name);
    }
    DeclKind kind = told_of((ToldRow)row);
    if (name->b == NULL)
        diag_add1(p->diags, DIAG_HEARD_OF_WHICH, name->span, name->text);
    if (name->op == HEARD_OF && name->c == NULL &&
        !vec_push(&p->heard, ((HeardSym){name, p->here, (ToldRow)row})))
        p->nomem = true;
    const bool *in = which(p, name, kind);
    if (in == NULL)
        return NULL;
    for (size_t i = 0; i < p->records.n; i++)
        if (p->records.at[i]->told && p->records.at[i]->row == row &&
            same_which(p->records.at[i], in, declared(p, kind)))
            return p->records.at[i];
    return told_new(p, (ToldRow)row, in, name->span);
}

bool told_tells(const Event *told, ToldRow row, uint32_t decl) {
    if (!told->told || told->row != row)
        return false;
    for (uint32_t i = 0; i < told->of_count; i++)
        if (told->of[i] == decl)
            return true;
    return false;
}
