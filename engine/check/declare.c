/* check: what is declared: names, kinds, the organisation, events and their fields. */
#include "engine/check/check_int.h"
#include "engine/check/elsewhere.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/unicode.h"
#include "engine/base/utf8.h"
#include "engine/syntax/keyword.h"

/* ---- looking names up */

Str name_alias(Str label) {
    for (size_t i = 0; i < label.n;) {
        uint32_t cp;
        size_t n = utf8_decode(str_from(label, i), &cp);
        if (n == 0 || !(i == 0 ? uc_xid_start(cp) || cp == '_' : uc_xid_continue(cp)))
            return (Str){NULL, 0};
        i += n;
    }
    return label;
}

bool named(Str name, Str alias, Str wanted) {
    return str_eq(name, wanted) || (alias.n > 0 && str_eq(alias, wanted));
}

/* Enters the next symbol of a list, by what it is called within its module. */
static void enter(Program *p, NameIndex *x, const Space *home, Str name, Str alias) {
    uint32_t place = (uint32_t)x->done++;
    Str own = name_own(home, name), like = alias.n == 0 ? alias : name_own(home, alias);
    names_add(p, x, own, place);
    if (!str_eq(own, like))
        names_add(p, x, like, place);
}

#define SEEK(index, list, base)                                                                    \
    Seek seek = seek_begin(p, name);                                                               \
    for (Reach r; seek_next(&seek, &r);)                                                           \
        for (const NameEntry *e = names_first(&p->names[index], r.name); e != NULL;                \
             e = names_next(&p->names[index], e))                                                  \
            if (p->list.at[e->place]->base home == r.home)                                         \
                seek_hit(&seek, &r, p->list.at[e->place], p->list.at[e->place]->base secret,       \
                         p->list.at[e->place]->base name, p->list.at[e->place]->base at);          \
    return seek_end(&seek)

/* Enters what was declared since the last time, then seeks. base: where in the symbol its name is.
 */
#define FIND(index, list, base)                                                                    \
    for (NameIndex *x = &p->names[index]; x->done < p->list.n;)                                    \
        enter(p, x, p->list.at[x->done]->base home, p->list.at[x->done]->base name,                \
              p->list.at[x->done]->base alias);                                                    \
    SEEK(index, list, base)

Event *event_find(Program *p, Str name) {
    FIND(IN_EVENTS, events, );
}

Entity *entity_find(Program *p, Str name) {
    FIND(IN_ENTITIES, entities, );
}

NamedType *type_find(Program *p, Str name) {
    FIND(IN_TYPES, types, );
}

/* Of versions of one name the one that was declared first has it. */
Table *decision_find(Program *p, Str name) {
    for (NameIndex *x = &p->names[IN_TABLES]; x->done < p->tables.n;) {
        const Table *t = p->tables.at[x->done];
        if (t->called == t)
            enter(p, x, t->home, t->name, t->alias);
        else
            x->done++;
    }
    SEEK(IN_TABLES, tables, );
}

DutySym *duty_find(Program *p, Str name) {
    FIND(IN_DUTIES, duties, );
}

ApprovalSym *approval_find(Program *p, Str name) {
    FIND(IN_APPROVALS, approvals, base.);
}

KpiSym *kpi_find(Program *p, Str name) {
    FIND(IN_KPIS, kpis, );
}

Calend *calendar_find(Program *p, Str name) {
    FIND(IN_CALENDARS, calendars, );
}

/* A seat's team and role may each be named by name or label: 客户服务组.lead. */
static void enter_party(Program *p, NameIndex *x, const Party *party) {
    uint32_t place = (uint32_t)x->done;
    enter(p, x, party->home, party->name, party->alias);
    if (party->team == NULL)
        return;
    const Party *team = party->team;
    Str teams[2] = {name_own(party->home, team->name),
                    team->alias.n == 0 ? team->alias : name_own(party->home, team->alias)};
    Str roles[2] = {str_from(party->name, team->name.n + 1), name_alias(party->label)};
    for (int i = 0; i < 4; i++) {
        Str of = teams[i / 2], role = roles[i % 2];
        if (i > 0 && of.n > 0 && role.n > 0)
            names_add(p, x, say(p, "%.*s.%.*s", STR_ARG(of), STR_ARG(role)), place);
    }
}

Party *party_find(Program *p, Str name) {
    for (NameIndex *x = &p->names[IN_PARTIES]; x->done < p->parties.n;)
        enter_party(p, x, p->parties.at[x->done]);
    SEEK(IN_PARTIES, parties, );
}

int field_find(const Field *fields, uint32_t n, Str name) {
    for (uint32_t i = 0; i < n; i++)
        if (named(fields[i].name, fields[i].alias, name))
            return (int)i;
    return -1;
}

void say_unknown_field(Program *p, Span at, Str of, const Field *fields, uint32_t n, Str name) {
    Str *names = new (p->arena, Str, n == 0 ? 1 : n);
    if (names == NULL) {
        p->nomem = true;
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        names[i] = fields[i].name;
    if (name.n == 0 || is_lost(p, name) || said_before(p, at, name))
        return;
    ptrdiff_t best = nearest(name, names, n);
    Diag *diag =
        diag_add3(p->diags, DIAG_UNKNOWN_FIELD, at, of, name, best < 0 ? S("") : names[best]);
    diag_like(diag, at, name, names, n, best);
}

const Event *event_named(Program *p, const Node *name) {
    Event *event = event_find(p, name->text);
    if (event != NULL) {
        event->named = true;
        return event;
    }
    Str *names = new (p->arena, Str, p->events.n == 0 ? 1 : p->events.n);
    if (names == NULL) {
        p->nomem = true;
        return NULL;
    }
    for (size_t i = 0; i < p->events.n; i++)
        names[i] = name_here(p, p->events.at[i]->home, p->events.at[i]->name);
    say_unknown(p, DIAG_UNKNOWN_EVENT, name->span, name->text, names, p->events.n);
    return NULL;
}

/* ---- declaring */

static void say_twice(Program *p, Span at, Str name, Span first) {
    Place place = source_place(p->sources, first.file, first.from);
    Str where = say(p, "%u", place.line);
    if (first.file != at.file)
        where = say(p, "%.*s:%u", STR_ARG(p->sources->files.at[first.file].name), place.line);
    diag_other(diag_add2(p->diags, DIAG_DECLARED_TWICE, at, name, where), first);
}

/* A new symbol of a kind with the fields that all symbols have. */
#define DECLARE(Type, list, find)                                                                  \
    const Type *old = find(p, node->text);                                                         \
    if (old != NULL && old->home == p->here) {                                                     \
        say_twice(p, node->at, node->text, old->at);                                               \
        return NULL;                                                                               \
    }                                                                                              \
    NEW_SYMBOL(Type, list)

#define NEW_SYMBOL(Type, list)                                                                     \
    Type *sym = new (p->arena, Type, 1);                                                           \
    if (sym == NULL || !vec_push(&p->list, sym)) {                                                 \
        p->nomem = true;                                                                           \
        return NULL;                                                                               \
    }                                                                                              \
    sym->name = name_full(p, p->here, node->text);                                                 \
    sym->alias = name_full(p, p->here, name_alias(node->more));                                    \
    sym->home = p->here;                                                                           \
    sym->secret = node->secret;                                                                    \
    sym->at = node->at;                                                                            \
    sym->node = node

static Table *declare_table(Program *p, const Node *node) {
    const Entity *entity = entity_find(p, node->text);
    if (entity != NULL && entity->home == p->here) {
        say_twice(p, node->at, node->text, entity->at);
        return NULL;
    }
    Table *old = decision_find(p, node->text);
    bool again = old != NULL && old->home == p->here;
    if (again && dated_said(node->d) == NULL && dated_said(old->node->d) == NULL) {
        say_twice(p, node->at, node->text, old->at);
        return NULL;
    }
    NEW_SYMBOL(Table, tables);
    sym->called = again ? old : sym;
    sym->number = (uint32_t)p->tables.n - 1;
    sym->hit = (HitRow)node->op;
    sym->in_nodes = node->a;
    sym->out_nodes = node->b;
    sym->row_nodes = node->c;
    for (const Node *d = node->d; d != NULL; d = d->next) {
        if (d->kind == N_COLUMN && sym->column_nodes == NULL)
            sym->column_nodes = d;
        sym->file_node = d->kind == N_TABLE_FILE ? d : NULL;
    }
    return sym;
}

/* Entities and tables are both called by their names. */
static Entity *declare_entity(Program *p, const Node *node) {
    const Table *table = decision_find(p, node->text);
    if (table != NULL && table->home == p->here) {
        say_twice(p, node->at, node->text, table->at);
        return NULL;
    }
    DECLARE(Entity, entities, entity_find);
    sym->number = (uint32_t)p->entities.n - 1;
    return sym;
}

static NamedType *declare_type(Program *p, const Node *node) {
    DECLARE(NamedType, types, type_find);
    if (type_is_taken(node->text))
        diag_add1(p->diags, DIAG_TYPE_TAKEN, node->at, node->text);
    return sym;
}

static Calend *declare_calendar(Program *p, const Node *node) {
    DECLARE(Calend, calendars, calendar_find);
    sym->number = (uint32_t)p->calendars.n - 1;
    return sym;
}

static Rule *rule_find(Program *p, Str name) {
    FIND(IN_RULES, rules, );
}
#undef FIND
#undef SEEK

void names_complete(Program *p) {
    const Str none = {NULL, 0};
    (void)type_find(p, none);
    (void)event_find(p, none);
    (void)party_find(p, none);
    (void)decision_find(p, none);
    (void)calendar_find(p, none);
    (void)duty_find(p, none);
    (void)approval_find(p, none);
    (void)rule_find(p, none);
    (void)kpi_find(p, none);
    (void)fields_index(p);
    (void)weekdays(p);
}

static DutySym *declare_duty(Program *p, const Node *node) {
    DECLARE(DutySym, duties, duty_find);
    sym->number = (uint32_t)p->duties.n - 1;
    if (!vec_push(&p->decls, ((Decl){DECL_DUTY, sym->number})))
        p->nomem = true;
    return sym;
}

static void declare_approval(Program *p, const Node *node) {
    const ApprovalSym *old = approval_find(p, node->text);
    if (old != NULL && old->base.home == p->here) {
        say_twice(p, node->at, node->text, old->base.at);
        return;
    }
    ApprovalSym *sym = new (p->arena, ApprovalSym, 1);
    Decl decl = {DECL_APPROVAL, (uint32_t)p->approvals.n};
    if (sym == NULL || !vec_push(&p->approvals, sym) || !vec_push(&p->decls, decl)) {
        p->nomem = true;
        return;
    }
    sym->base = (DutySym){.name = name_full(p, p->here, node->text),
                          .alias = name_full(p, p->here, name_alias(node->more)),
                          .home = p->here,
                          .secret = node->secret,
                          .node = node,
                          .kind = DECL_APPROVAL,
                          .number = decl.number,
                          .at = node->at};
}

static Rule *declare_rule(Program *p, const Node *node) {
    DECLARE(Rule, rules, rule_find);
    sym->number = (uint32_t)p->rules.n - 1;
    if (!vec_push(&p->decls, ((Decl){DECL_RULE, sym->number})))
        p->nomem = true;
    return sym;
}

static FeedSym *feed_find(Program *p, Str name) {
    for (size_t i = 0; i < p->feeds.n; i++)
        if (p->feeds.at[i]->home == p->here &&
            named(name_own(p->here, p->feeds.at[i]->name), name_own(p->here, p->feeds.at[i]->alias),
                  name))
            return p->feeds.at[i];
    return NULL;
}

static FeedSym *declare_feed(Program *p, const Node *node) {
    DECLARE(FeedSym, feeds, feed_find);
    sym->number = (uint32_t)p->feeds.n - 1;
    return sym;
}

static KpiSym *declare_kpi(Program *p, const Node *node) {
    DECLARE(KpiSym, kpis, kpi_find);
    sym->number = (uint32_t)p->kpis.n - 1;
    if (!vec_push(&p->decls, ((Decl){DECL_KPI, sym->number})))
        p->nomem = true;
    return sym;
}

static void span_add(Program *p, Party *party, const Node *node) {
    PartySpan *span = new (p->arena, PartySpan, 1), **last = &party->spans;
    if (span == NULL) {
        p->nomem = true;
        return;
    }
    span->node = node;
    while (*last != NULL)
        last = &(*last)->next;
    *last = span;
}

/* A role or a team that is declared again for another time. */
static bool party_again(Program *p, Party *old, const Node *node, PartyKind kind) {
    bool may = old->kind == kind && kind != PARTY_ROTATION && kind != PARTY_SEAT;
    if (!may || (dated_said(node->d) == NULL && dated_said(old->node->d) == NULL)) {
        say_twice(p, node->at, node->text, old->at);
        return false;
    }
    if (node->b != NULL || (node->more.n > 0 && !str_eq(node->more, old->node->more))) {
        Place place = source_place(p->sources, old->at.file, old->at.from);
        diag_other(
            diag_add2(p->diags, DIAG_PARTY_AGAIN, node->at, node->text, say(p, "%u", place.line)),
            old->at);
        return false;
    }
    span_add(p, old, node);
    return true;
}

static Party *declare_party(Program *p, const Node *node, PartyKind kind, Str name, Str alias,
                            Party *team) {
    Party *old = party_find(p, name);
    if (old != NULL && old->home == p->here) {
        (void)party_again(p, old, node, kind);
        return NULL;
    }
    Party *party = new (p->arena, Party, 1);
    if (party == NULL || !vec_push(&p->parties, party)) {
        p->nomem = true;
        return NULL;
    }
    *party = (Party){.name = name_full(p, p->here, name),
                     .alias = name_full(p, p->here, alias),
                     .home = p->here,
                     .secret = team != NULL ? team->secret : node->secret,
                     .label = node->more,
                     .kind = kind,
                     .number = (uint32_t)p->parties.n - 1,
                     .team = team,
                     .node = node,
                     .at = node->at};
    span_add(p, party, node);
    return party;
}

static void declare_team(Program *p, const Node *node) {
    Party *team = declare_party(p, node, PARTY_TEAM, node->text, name_alias(node->more), NULL);
    for (const Node *role = node->b; team != NULL && role != NULL; role = role->next) {
        if (role->kind != N_ROLE)
            continue;
        Str alias = name_alias(role->more);
        Str own = name_own(p->here, team->name), like = name_alias(node->more);
        Str full = say(p, "%.*s.%.*s", STR_ARG(own), STR_ARG(role->text));
        Str other = {NULL, 0};
        if (alias.n > 0)
            other = say(p, "%.*s.%.*s", STR_ARG(like.n > 0 ? like : own), STR_ARG(alias));
        declare_party(p, role, PARTY_SEAT, full, other, team);
    }
}

static void declare_event(Program *p, const Node *node) {
    if (str_starts(node->text, S("remit."))) {
        diag_add(p->diags, DIAG_RESERVED_NAME, node->at);
        return;
    }
    const Event *old = event_find(p, node->text);
    if (old != NULL && old->home == p->here) {
        say_twice(p, node->at, node->text, old->at);
        return;
    }
    Event *event = new (p->arena, Event, 1);
    if (event == NULL || !vec_push(&p->events, event)) {
        p->nomem = true;
        return;
    }
    *event = (Event){.name = name_full(p, p->here, node->text),
                     .alias = name_full(p, p->here, name_alias(node->more)),
                     .home = p->here,
                     .secret = node->secret,
                     .number = (uint32_t)p->events.n - 1,
                     .open = node->flag != 0,
                     .at = node->at};
    if (node->op != 0 && !event->open)
        diag_add2(p->diags, DIAG_UNEXPECTED, node->at, say_both(p, "this state", "这个状态"),
                  say_both(p, "open or {", "进行中 或 {"));
    ((Node *)(uintptr_t)node)->means = event;
}

static void declare_policy(Program *p, const Node *node) {
    if (p->here != p->spaces.at[0]) {
        diag_add3(p->diags, DIAG_WRONG_PLACE, node->at,
                  say_both(p, "the policy's header", "政策头"), say_both(p, "a module", "模块"),
                  say_both(p, "put it into a file of its own", "请写在单独的文件中"));
        return;
    }
    if (p->header != NULL) {
        Span first = p->header->at;
        diag_other(
            diag_add1(p->diags, DIAG_TWO_POLICIES, node->at, p->sources->files.at[first.file].name),
            first);
        return;
    }
    p->header = node;
    p->name = node->text;
    p->version = node->more;
}

static void declare_item(Program *p, const Node *node) {
    if (node->kind == N_ROLE || node->kind == N_TEAM || node->kind == N_ROTATION ||
        node->kind == N_TABLE)
        refuse_value_word(p, node->at, node->text);
    switch (node->kind) {
    case N_POLICY:
        declare_policy(p, node);
        return;
    case N_ROLE:
        declare_party(p, node, PARTY_ROLE, node->text, name_alias(node->more), NULL);
        return;
    case N_TEAM:
        declare_team(p, node);
        return;
    case N_ROTATION:
        declare_party(p, node, PARTY_ROTATION, node->text, name_alias(node->more), NULL);
        return;
    case N_NAMED_TYPE:
        declare_type(p, node);
        return;
    case N_EVENT:
        declare_event(p, node);
        return;
    case N_ENTITY:
        declare_entity(p, node);
        return;
    case N_TABLE:
        declare_table(p, node);
        return;
    case N_DUTY:
        declare_duty(p, node);
        return;
    case N_APPROVAL:
        declare_approval(p, node);
        return;
    case N_RULE:
        declare_rule(p, node);
        return;
    case N_CALENDAR:
        declare_calendar(p, node);
        return;
    case N_KPI:
        declare_kpi(p, node);
        return;
    case N_FEED:
        declare_feed(p, node);
        return;
    case N_GRANT:
        ((Node *)(uintptr_t)node)->means = p->here;
        if (!vec_push(&p->grants, node))
            p->nomem = true;
        return;
    case N_REASSIGN:
        ((Node *)(uintptr_t)node)->means = p->here;
        if (!vec_push(&p->reassigns, node))
            p->nomem = true;
        return;
    case N_DEPUTY:
        ((Node *)(uintptr_t)node)->means = p->here;
        if (!vec_push(&p->deputies, (DeputySym){.node = node}))
            p->nomem = true;
        return;
    default:
        return;
    }
}

/* ---- what comes after the names are known */

enum { ENGINE_FIELDS_MOST = 8 };

static Event *engine_event(Program *p, Str name) {
    Event *event = new (p->arena, Event, 1);
    Field *fields = new (p->arena, Field, ENGINE_FIELDS_MOST);
    if (event == NULL || fields == NULL || !vec_push(&p->events, event)) {
        p->nomem = true;
        return NULL;
    }
    *event = (Event){
        .name = name, .fields = fields, .number = (uint32_t)p->events.n - 1, .engine = true};
    return event;
}

static void engine_field(Event *event, const char *name, Type type, bool optional) {
    type.optional = optional;
    event->fields[event->field_count++] = (Field){.name = str_of(name), .type = type};
}

static Type engine_key_type(Program *p) {
    Type *item = new (p->arena, Type, 1);
    if (item == NULL) {
        p->nomem = true;
        return type_error();
    }
    *item = type_plain(TY_TEXT);
    return (Type){.kind = TY_LIST, .item = item, .one_or_many = true};
}

static Type engine_vote_type(Program *p) {
    Member *members = new (p->arena, Member, 2);
    if (members == NULL) {
        p->nomem = true;
        return type_error();
    }
    members[0].name = S("no");
    members[1].name = S("yes");
    return (Type){.kind = TY_ENUM, .members = enum_of(p, members, 2)};
}

static void declare_engine_events(Program *p) {
#define ENGINE_EVENT(id, type_name, actor)                                                         \
    Event *event_##id = engine_event(p, S(type_name));                                             \
    if (event_##id == NULL)                                                                        \
        return;
#define ENGINE_TYPE_TEXT type_plain(TY_TEXT)
#define ENGINE_TYPE_KEY engine_key_type(p)
#define ENGINE_TYPE_PARTY type_plain(TY_PARTY)
#define ENGINE_TYPE_VOTE engine_vote_type(p)
#define ENGINE_TYPE_INSTANT type_plain(TY_INSTANT)
#define ENGINE_FIELD(event, field, type, optional)                                                 \
    engine_field(event_##event, field, ENGINE_TYPE_##type, optional);
#include "engine/base/engine_events.def"
}

/* A team votes by its lead, or by whom it names (language.md 16). */
static void team_votes(Program *p, Party *team) {
    const Node *votes = team->node->b;
    while (votes != NULL && votes->kind != N_VOTES)
        votes = votes->next;
    Str role = votes != NULL ? votes->text : S("lead");
    team->votes = party_find(
        p, say(p, "%.*s.%.*s", STR_ARG(name_own(team->home, team->name)), STR_ARG(role)));
    if (team->votes != NULL || votes == NULL)
        return;
    Str *names = new (p->arena, Str, node_count(team->node->b));
    size_t n = 0;
    for (const Node *r = team->node->b; names != NULL && r != NULL; r = r->next)
        if (r->kind == N_ROLE)
            names[n++] = r->text;
    if (names != NULL)
        say_unknown(p, DIAG_NOT_A_PARTY, votes->at, role, names, n);
}

/* Whether a party stands under itself when a span of it begins: whatever stands in a circle does so
 * from the beginning of one of its spans on. */
static bool under_itself(const Program *p, const Party *party, const PartySpan *span) {
    int64_t at = span == party->spans ? INT64_MIN : span->dated.from;
    size_t steps = 0;
    while (party != NULL && steps++ <= p->parties.n) {
        const Party *under = party_span(party, at)->under;
        party = under != NULL ? under : party->team;
    }
    return party != NULL;
}

static void parties_under(Program *p) {
    Str *names = new (p->arena, Str, p->parties.n == 0 ? 1 : p->parties.n);
    if (names == NULL) {
        p->nomem = true;
        return;
    }
    for (size_t i = 0; i < p->parties.n; i++)
        names[i] = name_here(p, p->parties.at[i]->home, p->parties.at[i]->name);
    for (size_t i = 0; i < p->parties.n; i++) {
        Party *party = p->parties.at[i];
        space_enter(p, party->home);
        if (party->kind == PARTY_TEAM)
            team_votes(p, party);
        for (PartySpan *span = party->spans; span != NULL; span = span->next) {
            const Node *under = party->kind == PARTY_SEAT ? NULL : span->node->a;
            span->dated = dated_read(p, dated_said(span->node->d));
            if (under == NULL)
                continue;
            span->under = party_find(p, under->text);
            if (span->under == NULL)
                say_unknown(p, DIAG_NOT_A_PARTY, under->span, under->text, names, p->parties.n);
        }
        spans_order(p, party);
    }
    for (size_t i = 0; i < p->parties.n; i++)
        for (PartySpan *span = p->parties.at[i]->spans; span != NULL; span = span->next)
            if (under_itself(p, p->parties.at[i], span)) {
                diag_add1(p->diags, DIAG_UNDER_ITSELF, span->node->at, p->parties.at[i]->name);
                span->under = NULL;
            }
}

static void event_fields(Program *p, const Node *node) {
    Event *event = (Event *)(uintptr_t)node->means;
    if (event == NULL)
        return;
    size_t n = node_count(node->a);
    if (n > LIMIT_FIELDS)
        diag_add2(p->diags, DIAG_TOO_LARGE, node->at,
                  say(p, "%zu%.*s", n, STR_ARG(say_both(p, " fields", " 个字段"))), S("250"));
    event->fields = new (p->arena, Field, n == 0 ? 1 : n);
    if (event->fields == NULL) {
        p->nomem = true;
        return;
    }
    for (const Node *f = node->a; f != NULL && event->field_count < LIMIT_FIELDS; f = f->next) {
        if (f->kind == N_ERROR) {
            event->broken = true;
            continue;
        }
        int old = field_find(event->fields, event->field_count, f->text);
        if (old >= 0) {
            say_twice(p, f->at, f->text, event->fields[old].at);
            continue;
        }
        Field field = {
            .name = f->text, .alias = name_alias(f->more), .type = type_read(p, f->a), .at = f->at};
        if (f->b != NULL)
            field_preset(p, &field, f->b);
        event->fields[event->field_count++] = field;
    }
}

static Str zone_like(Str text) {
    Str best = {NULL, 0};
    for (size_t i = 0; i < zone_names(); i++) {
        Str name = zone_name(i);
        if (nearest(text, &name, 1) == 0 &&
            (best.n == 0 || nearest(text, (Str[]){best, name}, 2) == 1))
            best = name;
    }
    return best;
}

bool zone_read(Program *p, const Node *node, Zone *zone) {
    Status status = zone_find(node->text, p->arena, zone);
    if (status == OK)
        return true;
    if (status == ERR_NOMEM) {
        p->nomem = true;
        return false;
    }
    Str best = elsewhere_zone(node->text);
    best = best.n > 0 ? best : zone_like(node->text);
    Diag *diag = diag_add2(p->diags, DIAG_UNKNOWN_ZONE, node->at, node->text, best);
    if (best.n > 0)
        diag_guess(diag, node->at, say(p, "\"%.*s\"", STR_ARG(best)));
    return false;
}

void said_once(Program *p, const Node *first, const Node *setting) {
    Span words = setting->span; /* those before the value */
    if (setting->at.from > words.from)
        words.to = setting->at.from;
    for (const Node *old = first; old != setting; old = old->next)
        if (old->kind == setting->kind) {
            diag_other(diag_add1(p->diags, DIAG_SAID_TWICE, setting->span,
                                 str_trim(source_text(p->sources, words))),
                       old->span);
            return;
        }
}

static void header_settings(Program *p) {
    const Node *zone = NULL;
    for (const Node *s = p->header->a; s != NULL; s = s->next) {
        said_once(p, p->header->a, s);
        if (s->kind == N_SET_ZONE) {
            zone = s;
            p->has_zone = zone_read(p, s, &p->zone);
        } else if (s->kind == N_SET_CURRENCY) {
            bool good = s->text.n == 3;
            for (size_t i = 0; good && i < 3; i++)
                good = s->text.p[i] >= 'A' && s->text.p[i] <= 'Z';
            if (good) {
                p->currency = currency_pack(s->text);
                currency_known(p, s->at, s->text);
            } else
                diag_add3(p->diags, DIAG_BAD_LITERAL, s->at, s->text,
                          say_both(p, "currency", "币种"),
                          say_both(p, "write its three capitals, as in CNY (ISO 4217)",
                                   "请写三个大写字母，如 CNY（ISO 4217）"));
        } else if (s->kind == N_QUIET) {
            (void)quiet_read(p, s, &p->quiet);
        } else if (s->kind == N_SET_LATE) {
            Type want = {.kind = TY_DURATION, .families = 1u << FAMILY_DAYS | 1u << FAMILY_ELAPSED};
            Value v;
            if (expr_constant(p, s->a, &want, DIAG_BAD_CELL, &v))
                p->late_ms = v.aux == FAMILY_DAYS ? v.i * 86400000 : v.i;
        }
    }
    if (zone == NULL)
        say_header(p, DIAG_NO_ZONE, p->header->at, N_SET_ZONE);
}

static Str *calendar_names(Program *p) {
    Str *names = new (p->arena, Str, p->calendars.n == 0 ? 1 : p->calendars.n);
    if (names == NULL)
        p->nomem = true;
    for (size_t i = 0; names != NULL && i < p->calendars.n; i++)
        names[i] = name_here(p, p->calendars.at[i]->home, p->calendars.at[i]->name);
    return names;
}

void say_no_calendar(Program *p, const Node *said) {
    Str *names = calendar_names(p);
    if (names != NULL && !p->lost.module) /* it may be declared there */
        say_unknown(p, DIAG_UNKNOWN_CALENDAR, said->a == NULL ? said->span : said->a->span,
                    said->text, names, p->calendars.n);
}

static void set_zone(Program *p, Str name) {
    Status status = zone_find(name, p->arena, &p->zone);
    p->nomem = p->nomem || status == ERR_NOMEM;
    if (status == OK)
        p->has_zone = true;
    else if (p->no_setting.n == 0) {
        p->no_setting = name;
        p->like_setting = zone_like(name);
    }
}

/* What the caller says in place of the header, before calendars and texts are read. */
static void header_replaced(Program *p) {
    const Settings *s = p->settings;
    Calend *c = s->calendar.n == 0 ? NULL : calendar_find(p, s->calendar);
    if (c != NULL) {
        c->used = true;
        p->calendar = c;
        for (const Node *item = s->zone_of_calendar ? c->node->a : NULL; item != NULL;
             item = item->next)
            if (item->kind == N_SET_ZONE)
                set_zone(p, item->text);
    } else if (s->calendar.n > 0) {
        const Str *names = calendar_names(p);
        ptrdiff_t best = names == NULL ? -1 : nearest(s->calendar, names, p->calendars.n);
        p->no_setting = s->calendar;
        p->like_setting = best < 0 ? (Str){NULL, 0} : names[best];
    }
    if (s->zone.n > 0)
        set_zone(p, s->zone);
}

/* The calendar that the header names; after the modules are in. */
static void header_calendar(Program *p) {
    for (const Node *s = p->header->a; s != NULL; s = s->next) {
        if (s->kind != N_SET_CALENDAR)
            continue;
        Calend *c = calendar_find(p, s->text);
        if (c != NULL) {
            c->used = true;
            p->calendar = c;
            continue;
        }
        say_no_calendar(p, s);
    }
}

void refuse_value_word(Program *p, Span at, Str name) {
    if (keyword_is_value(name))
        diag_add1(p->diags, DIAG_VALUE_WORD, at, name);
}

void scope_add(Program *p, Scope *scope, Local local) {
    refuse_value_word(p, local.at, local.name);
    const Given *given = given_find(p->here, local.name);
    if (given != NULL && given->kind != HOLE_FIELD) {
        say_twice(p, local.at, local.name, given->hole->at);
        return;
    }
    for (size_t i = 0; i < scope->locals.n; i++)
        if (str_eq(scope->locals.at[i].name, local.name)) {
            say_twice(p, local.at, local.name, scope->locals.at[i].at);
            return;
        }
    if (!vec_push(&scope->locals, local))
        p->nomem = true;
}

/* Whether mistakes left no declaration at all: these are no policies, and that is said. */
static bool reads_as_nothing(const Program *p) {
    for (size_t i = 0; i < p->files.n; i++)
        for (const Node *item = p->files.at[i]; item != NULL; item = item->next)
            if (item->kind != N_ERROR)
                return false;
    return p->diags->errors > 0;
}

/* ---- one name of two kinds */

static void say_shared(Program *p, Span at, Str name, const char *kind, const char *zh, Span first,
                       const Space *home) {
    Place place = source_place(p->sources, first.file, first.from);
    if (home == p->here)
        diag_other(diag_add3(p->diags, DIAG_NAME_SHARED, at, name, say_both(p, kind, zh),
                             say(p, "%u", place.line)),
                   first);
}

/* A measure names events, duties and entities alike, a condition entities and KPIs: what stands
 * there must be one of them. */
static void names_shared(Program *p, const Node *item) {
    bool entity = item->kind == N_ENTITY, kpi = item->kind == N_KPI, duty = item->kind == N_DUTY;
    const Event *event = entity || duty ? event_find(p, item->text) : NULL;
    const Entity *of = kpi || duty ? entity_find(p, item->text) : NULL;
    if (event != NULL)
        say_shared(p, item->at, item->text, "event", "事件", event->at, event->home);
    if (of != NULL)
        say_shared(p, item->at, item->text, "entity", "档案", of->at, of->home);
}

void declare_all(Program *p, bool with_header) {
    declare_engine_events(p);
    for (size_t i = 0; i < p->files.n; i++) {
        space_enter(p, p->homes.at[i]);
        for (const Node *item = p->files.at[i]; item != NULL; item = item->next)
            declare_item(p, item);
    }
    for (size_t i = 0; i < p->files.n; i++) {
        space_enter(p, p->homes.at[i]);
        for (const Node *item = p->files.at[i]; item != NULL; item = item->next)
            names_shared(p, item);
    }
    space_enter(p, NULL);
    if (p->header != NULL)
        header_settings(p);
    else if (with_header && p->files.n > 0 && !p->lost.file && !is_lost(p, S("policy")) &&
             !reads_as_nothing(p))
        diag_add(p->diags, DIAG_NO_POLICY, (Span){0, 0, 0});
    if (p->settings != NULL)
        header_replaced(p);
    parties_under(p);
    for (size_t i = 0; i < p->types.n; i++)
        named_type_read(p, p->types.at[i]);
    for (size_t i = 0; i < p->files.n; i++) {
        space_enter(p, p->homes.at[i]);
        for (const Node *item = p->files.at[i]; item != NULL; item = item->next)
            if (item->kind == N_EVENT)
                event_fields(p, item);
    }
    for (size_t i = 0; i < p->entities.n; i++) {
        space_enter(p, p->entities.at[i]->home);
        entity_fields(p, p->entities.at[i]);
    }
    space_enter(p, NULL);
    if (p->header != NULL && (p->settings == NULL || p->settings->calendar.n == 0))
        header_calendar(p);
}
