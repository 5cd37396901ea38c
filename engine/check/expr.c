/* check: expressions: what names mean, what types come out. */
#include "engine/check/check_int.h"
#include "engine/check/elsewhere.h"

#include "engine/base/check.h"
#include "engine/base/civil.h"
#include "engine/base/limits.h"
#include "engine/syntax/keyword.h"
#include "engine/syntax/marks.h"

enum { ROUND_PLACES = DEC_SCALE_MAX };

/* ---- literals */

static Str literal_name(Program *p, int kind) {
    static const char *const names[][2] = {{"number", "数"},
                                           {"percentage", "百分比"},
                                           {"amount of money", "金额"},
                                           {"duration", "时长"},
                                           {"date", "日期"},
                                           {"time of day", "时刻"},
                                           {"date and time", "日期与时刻"},
                                           {"instant", "时间点"},
                                           {"text", "文本"},
                                           {"flag", "是否值"}};
    return say_both(p, names[kind][0], names[kind][1]);
}

static bool literal_bad(Program *p, const Node *node, Str why) {
    diag_add3(p->diags, DIAG_BAD_LITERAL, node->span, source_text(p->sources, node->span),
              literal_name(p, node->op), why);
    return false;
}

/* A time of day, with a date before it or not, whose hour lacks its first digit. */
static bool time_bad(Program *p, const Node *node, Str date, Str time) {
    Str padded = elsewhere_time(p, time), whole = padded;
    if (padded.n > 0 && date.n > 0)
        whole = say(p, "%.*s %.*s", STR_ARG(date), STR_ARG(padded));
    Diag *diag = diag_add3(
        p->diags, DIAG_BAD_LITERAL, node->span, source_text(p->sources, node->span),
        literal_name(p, node->op),
        elsewhere_hint(p, whole, say_both(p, "there is no such time of day", "没有这个时刻")));
    if (whole.n > 0)
        diag_fix(diag, node->span, whole);
    return false;
}

static Str literal_why(Program *p, Status status) {
    if (status == ERR_OVERFLOW)
        return say_both(p, "it has more digits than the 18 there are", "位数超过了 18 位");
    if (status == ERR_INEXACT)
        return say_both(p, "it is no whole number of its smallest unit", "不是最小单位的整数倍");
    return (Str){NULL, 0};
}

static Dec signed_dec(const Node *node, Dec d) {
    return node->flag ? (Dec){-d.coef, d.scale} : d;
}

static bool literal_number(Program *p, const Node *node, Value *out) {
    Dec d;
    Status status = dec_parse_source(node->text, &d);
    if (status != OK)
        return literal_bad(p, node, literal_why(p, status));
    d = signed_dec(node, d);
    *out = str_find(node->text, '.') < 0 ? value_int(d.coef) : value_dec(V_DEC, d);
    return true;
}

static bool literal_money(Program *p, const Node *node, Value *out) {
    Dec d;
    Status status = dec_parse_source(node->text, &d);
    if (status != OK)
        return literal_bad(p, node, literal_why(p, status));
    *out = value_dec(V_MONEY, signed_dec(node, d));
    out->n = currency_pack(node->more);
    currency_decimals(p, node);
    return true;
}

static bool literal_percent(Program *p, const Node *node, Value *out) {
    Dec d;
    Status status = percent_parse(node->text, &d);
    if (status != OK)
        return literal_bad(p, node, literal_why(p, status));
    *out = value_dec(V_PERCENT, signed_dec(node, d));
    return true;
}

static bool literal_duration(Program *p, const Node *node, Value *out) {
    Family family;
    int64_t amount;
    Status status = duration_make(node->text, node->slot, &family, &amount);
    if (status != OK)
        return literal_bad(p, node, literal_why(p, status));
    *out = value_duration(family, node->flag != 0 ? -amount : amount);
    return true;
}

bool moment_value(Program *p, const Node *node, int64_t *out) {
    int32_t day, time = 0;
    if (node->kind != N_LIT)
        return false;
    if (node->op == LIT_INSTANT) {
        if (instant_parse(node->text, out) != OK)
            return literal_bad(p, node,
                               say_both(p, "write it as in 2026-03-02T09:00:00+08:00",
                                        "写法如 2026-03-02T09:00:00+08:00"));
        return true;
    }
    if (date_parse(node->text, &day) != OK)
        return literal_bad(p, node, say_both(p, "there is no such day", "没有这一天"));
    if (node->op == LIT_DATETIME && time_parse(node->more, false, &time) != OK)
        return time_bad(p, node, node->text, node->more);
    int64_t local = (int64_t)day * 86400000 + time;
    *out = p->has_zone ? zone_instant(zone_here(p), local) : local;
    return true;
}

bool literal_value(Program *p, const Node *node, Value *out) {
    int32_t n;
    switch (node->op) {
    case LIT_NUMBER:
        return literal_number(p, node, out);
    case LIT_PERCENT:
        return literal_percent(p, node, out);
    case LIT_MONEY:
        return literal_money(p, node, out);
    case LIT_DURATION:
        return literal_duration(p, node, out);
    case LIT_DATE:
        if (date_parse(node->text, &n) != OK)
            return literal_bad(p, node, say_both(p, "there is no such day", "没有这一天"));
        *out = value_of(V_DATE, n);
        return true;
    case LIT_TIME:
        if (time_parse(node->text, false, &n) != OK)
            return time_bad(p, node, (Str){NULL, 0}, node->text);
        *out = value_of(V_TIME, n);
        return true;
    case LIT_DATETIME:
    case LIT_INSTANT:
        *out = value_of(V_INSTANT, 0);
        return moment_value(p, node, &out->i);
    case LIT_TEXT:
        *out = value_text(node->text);
        return true;
    case LIT_FLAG:
        *out = value_flag(node->flag);
        return true;
    case LIT_PERSON:
        *out = value_person(node->text);
        return true;
    default:
        UNREACHABLE();
    }
}

bool count_read(Program *p, Span at, Str text, int64_t most, Str what, int64_t *out) {
    Node literal = {.kind = N_LIT, .op = LIT_NUMBER, .text = text, .span = at};
    Value v;
    if (!literal_value(p, &literal, &v))
        return false;
    if (v.kind == V_INT && v.i >= 1 && v.i <= most) {
        *out = v.i;
        return true;
    }
    diag_add3(p->diags, DIAG_BAD_LITERAL, at, text, what,
              say(p, "%c%s%lld%c%s%lld%c", DIAG_BOTH_EN, "write 1 to ", (long long)most,
                  DIAG_BOTH_ZH, "请写 1 至 ", (long long)most, DIAG_BOTH_END));
    return false;
}

/* The type of a literal, from its value. */
static Type literal_type(Value v) {
    static const TypeKind kinds[V_KINDS] = {
        [V_FLAG] = TY_FLAG,         [V_INT] = TY_INTEGER,     [V_DEC] = TY_NUMBER,
        [V_PERCENT] = TY_PERCENT,   [V_MONEY] = TY_MONEY,     [V_DATE] = TY_DATE,
        [V_TIME] = TY_TIME,         [V_INSTANT] = TY_INSTANT, [V_TEXT] = TY_TEXT,
        [V_DURATION] = TY_DURATION, [V_PARTY] = TY_PARTY,
    };
    Type type = type_plain(kinds[v.kind]);
    if (type.kind == TY_MONEY)
        type.currency = v.n;
    if (type.kind == TY_DURATION)
        type.families = 1u << v.aux;
    return type;
}

/* yes and no may be members of an enumeration; in a test (no scope) a text names a person where a
 * party is wanted. */
static Type check_literal(Program *p, const Scope *scope, Node *node, const Type *want) {
    if (node->op == LIT_FLAG && want != NULL && want->kind == TY_ENUM) {
        int member = enum_find(want->members, node->flag ? S("yes") : S("no"));
        if (member < 0)
            member = enum_find(want->members, node->flag ? S("是") : S("否"));
        if (member >= 0) {
            node->bind = BIND_MEMBER;
            node->means = want->members;
            node->slot = (uint32_t)member;
            return (Type){.kind = TY_ENUM, .members = want->members};
        }
    }
    if (node->op == LIT_TEXT && scope == NULL && want != NULL && want->kind == TY_PARTY &&
        node->text.n > 0)
        node->op = LIT_PERSON;
    Value v;
    if (!literal_value(p, node, &v))
        return type_error();
    node->bind = BIND_CONST;
    return literal_type(v);
}

/* ---- names */

static const Local *local_find(const Scope *scope, Str name) {
    for (size_t i = 0; scope != NULL && i < scope->locals.n; i++)
        if (named(scope->locals.at[i].name, scope->locals.at[i].alias, name))
            return &scope->locals.at[i];
    return NULL;
}

static bool is_alias(const Scope *scope, Str name) {
    return scope != NULL && scope->event != NULL && scope->alias.n > 0 &&
           str_eq(scope->alias, name);
}

bool dotted_text(Program *p, const Node *node, Str *out) {
    if (node->kind == N_REF) {
        *out = node->text;
        return true;
    }
    Str left;
    if (node->kind != N_FIELD || !dotted_text(p, node->a, &left))
        return false;
    *out = say(p, "%.*s.%.*s", STR_ARG(left), STR_ARG(node->text));
    return true;
}

static const Node *dotted_root(const Node *node) {
    while (node->kind == N_FIELD)
        node = node->a;
    return node;
}

/* A bare name that is a field of an event at hand: how it is reached. */
static Str field_path(Program *p, const Scope *scope, uint32_t file, Str name) {
    Str own = keyword_of(TK_IT, -1, source_chinese(p->sources, file));
    const Event *it = scope == NULL ? NULL : scope->it,
                *event = scope == NULL ? NULL : scope->event;
    if (it != NULL && field_find(it->fields, it->field_count, name) >= 0)
        return say(p, "%.*s.%.*s", STR_ARG(own), STR_ARG(name));
    const Event *named = it != NULL ? it : event;
    if (named != NULL && name.n > named->name.n && str_starts(name, named->name) &&
        name.p[named->name.n] == '.') { /* by the event's name, in place of what it is called */
        Str field = str_from(name, named->name.n + 1);
        Str is = it == NULL && scope->alias.n > 0 ? scope->alias : own;
        if (field_find(named->fields, named->field_count, field) >= 0)
            return say(p, "%.*s.%.*s", STR_ARG(is), STR_ARG(field));
    }
    if (event == NULL || field_find(event->fields, event->field_count, name) < 0)
        return (Str){NULL, 0};
    if (scope->alias.n > 0)
        return say(p, "%.*s.%.*s", STR_ARG(scope->alias), STR_ARG(name));
    return it == NULL ? say(p, "%.*s.%.*s", STR_ARG(own), STR_ARG(name)) : (Str){NULL, 0};
}

/* What other languages call something that has another name here, or nothing. */
static Str word_here(Str name) {
    static const char *const words[][2] = {
        {"true", "yes"},      {"false", "no"}, {"True", "yes"},       {"False", "no"},
        {"TRUE", "yes"},      {"FALSE", "no"}, {"null", "is absent"}, {"NULL", "is absent"},
        {"nil", "is absent"}, {"真", "是"},    {"假", "否"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq(name, str_of(words[i][0])))
            return str_of(words[i][1]);
    return (Str){NULL, 0};
}

static bool is_team(Program *p, Str name) {
    const Party *party = party_find(p, name);
    return party != NULL && party->kind == PARTY_TEAM;
}

/* `legal.lead and director`: names stand side by side where each is one who must say yes. */
static bool say_joined(Program *p, const Node *node, Str name) {
    static const char *const ands[] = {"and", "AND", "和", "与", "及", "且"};
    static const char *const ors[] = {"or", "OR", "或", "或者"};
    for (size_t i = 0; i < sizeof ands / sizeof *ands; i++)
        if (str_eq(name, str_of(ands[i]))) {
            Str hint = say_both(p, "leave it out: all of them must", "请去掉它：各项都须同意");
            Diag *diag = diag_add2(p->diags, DIAG_SEATS_JOINED, node->span, name, hint);
            diag_fix(diag, node->span, S(""));
            return true;
        }
    for (size_t i = 0; i < sizeof ors / sizeof *ors; i++)
        if (str_eq(name, str_of(ors[i]))) {
            diag_add2(p->diags, DIAG_SEATS_JOINED, node->span, name,
                      say_both(p, "where one of them is enough, write: 1 of A, B",
                               "其中一个同意即可时，请写：1 之 甲, 乙"));
            return true;
        }
    return false;
}

static void say_unknown_name(Program *p, const Scope *scope, const Node *node, Str name,
                             const Type *want) {
    if (say_joined(p, node, name))
        return;
    const Enum *e = want != NULL && want->kind == TY_ENUM ? want->members : NULL;
    size_t locals = scope == NULL ? 0 : scope->locals.n, members = e == NULL ? 0 : e->count;
    Str *names = new (p->arena, Str, locals + members + p->parties.n + 2);
    if (names == NULL) {
        p->nomem = true;
        return;
    }
    Str path = field_path(p, scope, node->span.file, name);
    path = path.n == 0 ? word_here(name) : path;
    if (path.n > 0) {
        bool fits = str_find(path, ' ') < 0; /* else it does not simply take the name's place */
        if (is_lost(p, name) || said_before(p, node->span, name))
            return;
        Diag *diag = diag_add2(p->diags, DIAG_UNKNOWN_NAME, node->span, name, path);
        if (fits)
            diag_fix(diag, node->span, path);
        return;
    }
    size_t n = 0;
    for (size_t i = 0; i < members; i++)
        names[n++] = e->members[i].name;
    for (size_t i = 0; i < locals; i++)
        names[n++] = scope->locals.at[i].name;
    if (scope != NULL && scope->event != NULL && scope->alias.n > 0)
        names[n++] = scope->alias;
    for (size_t i = 0; i < p->parties.n; i++)
        names[n++] = name_here(p, p->parties.at[i]->home, p->parties.at[i]->name);
    Str team, seat;
    if (str_cut(name, '.', &team, &seat) && is_team(p, team))
        names[n++] = say(p, "%.*s.members", STR_ARG(team));
    if (e == NULL) {
        say_unknown(p, DIAG_UNKNOWN_NAME, node->span, name, names, n);
        return;
    }
    if (name.n == 0 || is_lost(p, name) || said_before(p, node->span, name))
        return;
    ptrdiff_t best = nearest(name, names, n);
    Str like = best < 0 ? (Str){NULL, 0} : names[best];
    Diag *diag =
        diag_add3(p->diags, DIAG_NOT_A_MEMBER, node->span, name, type_member_text(p, want), like);
    diag_like(diag, node->span, name, names, n, best);
}

static Type check_party(Program *p, Node *node, Str name) {
    Party *party = party_find(p, name);
    if (party == NULL)
        return type_error();
    node->bind = BIND_PARTY;
    node->means = party;
    role_is_there(p, node, party);
    return type_plain(TY_PARTY);
}

static Type check_ref(Program *p, const Scope *scope, Node *node, const Type *want) {
    if (want != NULL && want->kind == TY_ENUM) {
        int member = enum_find(want->members, node->text);
        if (member >= 0) {
            node->bind = BIND_MEMBER;
            node->means = want->members;
            node->slot = (uint32_t)member;
            return (Type){.kind = TY_ENUM, .members = want->members};
        }
    }
    const Local *local = local_find(scope, node->text);
    if (local == NULL && node->flag != 0 && scope != NULL && scope->owner > 0 &&
        !is_alias(scope, node->text))
        local = &scope->locals.at[scope->owner - 1];
    if (local != NULL) {
        node->bind = BIND_LOCAL;
        node->means = local->node;
        node->slot = (uint32_t)(local - scope->locals.at);
        return local->type;
    }
    if (is_alias(scope, node->text)) {
        node->bind = BIND_EVENT;
        return (Type){.kind = TY_EVENT, .of = scope->event};
    }
    Type party = check_party(p, node, node->text);
    bool may_be_member = want != NULL && want->kind == TY_ERROR; /* of what is not known */
    if (party.kind == TY_ERROR && !may_be_member)
        say_unknown_name(p, scope, node, node->text, want);
    return party;
}

static const char *const property_words[][2] = {
#define PROPERTY(name, en, zh) {en, zh},
#include "grammar/keywords.def"
};

bool is_property(const Node *node, PropertyRow property) {
    const char *const(*words)[2] = property_words;
    return node->kind == N_FIELD && (str_eq(node->text, str_of(words[property][0])) ||
                                     str_eq(node->text, str_of(words[property][1])));
}

typedef struct AttrRow {
    PropertyRow property;
    TypeKind kind;
    bool optional;
} AttrRow;

static Type check_event_field(Program *p, Node *node, const Event *event) {
    static const AttrRow attrs[] = {{PROPERTY_TIME, TY_INSTANT, false},
                                    {PROPERTY_ID, TY_ID, false},
                                    {PROPERTY_SOURCE, TY_TEXT, false},
                                    {PROPERTY_ACTOR, TY_PARTY, true}};
    node->text = field_given(p, event, node->text);
    int field = field_find(event->fields, event->field_count, node->text);
    if (field >= 0) {
        node->bind = BIND_FIELD;
        node->slot = (uint32_t)field;
        return event->fields[field].type;
    }
    for (uint32_t i = 0; i < sizeof attrs / sizeof *attrs; i++)
        if (is_property(node, attrs[i].property)) {
            node->bind = BIND_ATTR;
            node->slot = i;
            return (Type){.kind = attrs[i].kind, .optional = attrs[i].optional};
        }
    if (!event->broken && !say_field_needed(p, node->at, event, node->text))
        say_unknown_field(p, node->at, event->name, event->fields, event->field_count, node->text);
    return type_error();
}

/* The output of this name, or -1. What a function gives is its value, in either language, unless
 * that is a record with such a field. */
static int output_find(const Table *table, Str name) {
    int output = field_find(table->results, table->result_count, name);
    if (output >= 0 || table->node->flag == 0 || !str_eq(name, keyword_of(TK_VALUE, -1, true)))
        return output;
    const Type *type = &table->results[0].type;
    const RecordType *record = type->kind == TY_RECORD ? type->of : NULL;
    return record != NULL && field_find(record->fields, record->field_count, name) >= 0 ? -1 : 0;
}

static Type check_output(Program *p, Node *node, const Table *table) {
    int output = output_find(table, node->text);
    if (output < 0) {
        say_unknown_field(p, node->at, table->name, table->results, table->result_count,
                          node->text);
        return type_error();
    }
    node->bind = BIND_OUTPUT;
    node->slot = (uint32_t)output;
    return table->results[output].type;
}

/* A field of a record; of one that may be absent it may be, too. */
static Type check_pick(Program *p, Node *node, const Type *of) {
    const RecordType *record = of->of;
    int field = field_find(record->fields, record->field_count, node->text);
    if (field < 0) {
        if (!record->broken)
            say_unknown_field(p, node->at, record->name, record->fields, record->field_count,
                              node->text);
        return type_error();
    }
    node->bind = BIND_PICK;
    node->slot = (uint32_t)field;
    Type type = record->fields[field].type;
    type.optional = type.optional || of->optional;
    return type;
}

static void say_of_many(Program *p, const Node *node) {
    Str many = source_text(p->sources, node->a->span), field = node->text;
    Str en = say(p,
                 "take it of all, as in sum(%.*s.%.*s), or of each: for each X in %.*s { ... "
                 "X.%.*s ... }",
                 STR_ARG(many), STR_ARG(field), STR_ARG(many), STR_ARG(field));
    Str zh =
        say(p,
            "可对全部取值，如 合计(%.*s.%.*s)，或逐项处理：对每个 X 属于 %.*s { ... X.%.*s ... "
            "}",
            STR_ARG(many), STR_ARG(field), STR_ARG(many), STR_ARG(field));
    diag_add3(p->diags, DIAG_FIELD_OF_MANY, node->span, many, field,
              diag_both(p->diags, en.p, zh.p));
}

/* A field of what is a list of records. */
static Type check_field_of_many(Program *p, Node *node, const Type *of) {
    const RecordType *record = of->item->of;
    if (field_find(record->fields, record->field_count, node->text) >= 0)
        say_of_many(p, node);
    else if (!record->broken)
        say_unknown_field(p, node->at, record->name, record->fields, record->field_count,
                          node->text);
    return type_error();
}

/* Who stands above a party; of one that the policy names somebody must (language.md 18). */
static Type check_superior(Program *p, Node *node, Type of) {
    if (of.optional) {
        say_absent(p, node->a);
        return type_error();
    }
    node->bind = BIND_SUPERIOR;
    if (node->a->bind != BIND_PARTY)
        return of;
    const Party *party = node->a->means;
    const Party *of_whom = party->kind == PARTY_SEAT ? party->team : party;
    bool above = true; /* at any time */
    for (const PartySpan *span = of_whom->spans; span != NULL; span = span->next)
        above = above && span->under != NULL;
    above = above || (of_whom != party && of_whom->votes != NULL && of_whom->votes != party);
    if (!above)
        diag_add1(p->diags, DIAG_NOBODY_ABOVE, node->at, party->name);
    return above ? of : type_error();
}

const Enum *weekdays(Program *p) {
    static const char *const words[][2] = {
#define WEEKDAY(name, number, en, zh) {en, zh},
#include "grammar/keywords.def"
    };
    enum { DAYS = sizeof words / sizeof *words };
    Member *members = new (p->arena, Member, DAYS);
    if (members == NULL) {
        p->nomem = true;
        return NULL;
    }
    for (size_t i = 0; i < DAYS; i++) {
        Str rest;
        str_cut(str_of(words[i][0]), '|', &members[i].name, &rest);
        str_cut(str_of(words[i][1]), '|', &members[i].alias, &rest);
    }
    return enum_of(p, members, DAYS);
}

/* A part of an instant, in the policy's zone, or of a date. */
static Type check_part(Program *p, Node *node, const Type *of) {
    static const struct {
        PropertyRow property;
        bool of_date; /* of an instant alone otherwise */
        TypeKind kind;
    } parts[] = {{PROPERTY_DATE, false, TY_DATE},    {PROPERTY_TIME_OF_DAY, false, TY_TIME},
                 {PROPERTY_WEEKDAY, true, TY_ENUM},  {PROPERTY_YEAR, true, TY_INTEGER},
                 {PROPERTY_MONTH, true, TY_INTEGER}, {PROPERTY_DAY, true, TY_INTEGER},
                 {PROPERTY_IS_OPEN, false, TY_FLAG}, {PROPERTY_IS_WORKING_DAY, true, TY_FLAG}};
    Str names[sizeof parts / sizeof *parts];
    size_t n = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (of->kind == TY_DATE && !parts[i].of_date)
            continue;
        const char *const *words = property_words[parts[i].property];
        names[n++] = str_of(words[node->text.n > 0 && (node->text.p[0] & 0x80) != 0]);
        if (!is_property(node, parts[i].property))
            continue;
        if (of->optional) {
            say_absent(p, node->a);
            return type_error();
        }
        node->bind = BIND_PART;
        node->slot = (uint32_t)parts[i].property;
        Type type = type_plain(parts[i].kind);
        if (type.kind == TY_ENUM) {
            type.members = weekdays(p);
            node->means = type.members;
        }
        bool calendar =
            parts[i].property == PROPERTY_IS_OPEN || parts[i].property == PROPERTY_IS_WORKING_DAY;
        Type working = {.kind = TY_DURATION, .families = FAMILIES_WORKING};
        if (calendar)
            need_calendar(p, node, &working);
        return type.kind == TY_ENUM && type.members == NULL ? type_error() : type;
    }
    ptrdiff_t best = nearest(node->text, names, n);
    Diag *diag = diag_add3(p->diags, DIAG_UNKNOWN_FIELD, node->at, type_text(p, of), node->text,
                           best < 0 ? S("") : names[best]);
    diag_like(diag, node->at, node->text, names, n, best);
    return type_error();
}

bool expr_bound(const Scope *scope, const Node *node) {
    const Node *root = dotted_root(node);
    return root->kind != N_REF || local_find(scope, root->text) != NULL ||
           is_alias(scope, root->text);
}

/* Those who hold a party. */
static Type check_members(Program *p, Node *node, Type of) {
    static const Type person = {.kind = TY_PARTY};
    if (of.optional) {
        say_absent(p, node->a);
        return type_error();
    }
    node->bind = BIND_MEMBERS;
    return (Type){.kind = TY_LIST, .item = &person};
}

static Type check_field(Program *p, const Scope *scope, Node *node) {
    Str name;
    bool bound = expr_bound(scope, node);
    if (!bound && dotted_text(p, node, &name)) {
        Type party = check_party(p, node, name);
        if (party.kind == TY_ERROR &&
            (is_property(node, PROPERTY_SUPERIOR) || is_property(node, PROPERTY_MEMBERS))) {
            Type of = expr_check(p, scope, node->a, NULL);
            if (of.kind == TY_PARTY)
                return is_property(node, PROPERTY_MEMBERS) ? check_members(p, node, of)
                                                           : check_superior(p, node, of);
            if (of.kind != TY_ERROR)
                diag_add2(p->diags, DIAG_UNKNOWN_FIELD, node->at, type_text(p, &of), node->text);
            return type_error();
        }
        if (party.kind == TY_ERROR)
            say_unknown_name(p, scope, node, name, NULL);
        return party;
    }
    Type of = expr_check(p, scope, node->a, NULL);
    if (of.kind == TY_EVENT)
        return check_event_field(p, node, of.of);
    if (of.kind == TY_OUTPUTS && output_find(of.of, node->text) < 0)
        of = expr_scalar(p, node->a, of); /* one output that is a record stands for it */
    if (of.kind == TY_RECORD)
        return check_pick(p, node, &of);
    if (of.kind == TY_LIST && of.item->kind == TY_RECORD)
        return check_field_of_many(p, node, &of);
    if (of.kind == TY_OUTPUTS)
        return check_output(p, node, of.of);
    if (of.kind == TY_ENTITY)
        return entity_field(p, scope, node, &of);
    if (of.kind == TY_PARTY && is_property(node, PROPERTY_SUPERIOR))
        return check_superior(p, node, of);
    if (of.kind == TY_PARTY && is_property(node, PROPERTY_MEMBERS))
        return check_members(p, node, of);
    if (of.kind == TY_INSTANT || of.kind == TY_DATE)
        return check_part(p, node, &of);
    if (of.kind != TY_ERROR)
        diag_add2(p->diags, DIAG_UNKNOWN_FIELD, node->at, type_text(p, &of), node->text);
    return type_error();
}

static Type check_function(Program *p, const Scope *scope, Node *node, int function);

/* Whether a text is one of the spellings between bars. */
static bool spelt(Str text, const char *spellings) {
    Str rest = str_of(spellings), one;
    while (rest.n > 0) {
        str_cut(rest, '|', &one, &rest);
        if (str_eq(one, text))
            return true;
    }
    return false;
}

/* What the language itself can compute, or -1. */
static int function_find(Str name) {
    static const struct {
        int builtin;
        const char *en, *zh;
    } rows[] = {
#define FUNCTION(name, en, zh) {BUILTIN_##name, en, zh},
#include "grammar/keywords.def"
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (spelt(name, rows[i].en) || spelt(name, rows[i].zh))
            return rows[i].builtin;
    for (int agg = AGG_MIN; agg <= AGG_MAX; agg++)
        if (str_eq(name, keyword_of(TK_AGG, agg, false)) ||
            str_eq(name, keyword_of(TK_AGG, agg, true)))
            return agg == AGG_MIN ? BUILTIN_MIN : BUILTIN_MAX;
    return -1;
}

bool function_named(Str name, Builtin function) {
    return function_find(name) == (int)function;
}

static Type check_call(Program *p, const Scope *scope, Node *node) {
    if (node->flag != 0 || asks_kpi(p, node))
        return kpi_value_check(p, scope, node);
    if (is_loop(p, scope, node))
        return loop_check(p, scope, node);
    if (node->b != NULL) {
        diag_add2(p->diags, DIAG_NO_WHERE, node->at, node->text,
                  source_text(p->sources, node->b->span));
        return type_error();
    }
    const Table *called = decision_find(p, node->text);
    const Table *table = called == NULL ? NULL : called->eldest;
    int function = table == NULL ? function_find(node->text) : -1;
    if (function >= 0)
        return check_function(p, scope, node, function);
    Unseen unseen = p->unseen; /* why a table was not found */
    Entity *entity = table == NULL ? entity_find(p, node->text) : NULL;
    if (entity != NULL)
        return entity_call(p, scope, node, entity);
    p->unseen = p->unseen.name.n == 0 ? unseen : p->unseen;
    if (table == NULL) {
        Str *names = new (p->arena, Str, p->tables.n + p->entities.n + 1);
        size_t n = 0;
        for (size_t i = 0; names != NULL && i < p->tables.n; i++)
            names[n++] = name_here(p, p->tables.at[i]->home, p->tables.at[i]->name);
        for (size_t i = 0; names != NULL && i < p->entities.n; i++)
            names[n++] = name_here(p, p->entities.at[i]->home, p->entities.at[i]->name);
        if (names != NULL)
            say_unknown(p, DIAG_NOT_CALLABLE, node->at, node->text, names, n);
        arguments_any(p, scope, node->a);
        return type_error();
    }
    node->bind = BIND_TABLE;
    node->means = table;
    if (!table->ready) {
        for (Node *arg = node->a; arg != NULL; arg = arg->next)
            expr_check(p, scope, arg, NULL);
        return type_error();
    }
    size_t n = node_count(node->a);
    if (n != table->param_count)
        diag_add3(p->diags, DIAG_ARGUMENT_COUNT, node->span, table->name,
                  say_number(p, table->param_count, " argument", " arguments", " 个参数"),
                  say_count(p, n));
    uint32_t i = 0;
    for (Node *arg = node->a; arg != NULL; arg = arg->next, i++)
        expr_want(p, scope, arg, i < table->param_count ? &table->params[i].type : NULL);
    Dated lacks;
    bool partial = table->partial != NULL && versions_lack(p, table, &lacks);
    node->slot = partial;
    return (Type){.kind = TY_OUTPUTS, .of = partial ? table->partial : table};
}

/* ---- operators */

static Type no_operator(Program *p, const Node *node, const Type *a, const Type *b) {
    if (a->kind == TY_ERROR || b->kind == TY_ERROR)
        return type_error();
    if (a->kind == TY_MONEY && b->kind == TY_MONEY && a->currency != b->currency) {
        say_wrong_type(p, node->b, b, a);
        return type_error();
    }
    if (a->kind == TY_DURATION && b->kind == TY_DURATION && a->families != b->families) {
        unsigned both_of = a->families | b->families;
        bool work = (both_of & FAMILIES_WORKING) != 0 && (both_of & FAMILIES_CALENDAR) != 0;
        if (work && node->op != MARK_PLUS &&
            node->op != MARK_MINUS) /* neither side is the wrong one */
            diag_add3(p->diags, DIAG_MIXED_TIME, node->span, type_text(p, a), type_text(p, b),
                      (Str){NULL, 0});
        else
            say_wrong_type(p, node->b, b, a);
        return type_error();
    }
    declared_beside(p,
                    diag_add3(p->diags, DIAG_NO_OPERATOR, node->span,
                              source_text(p->sources, node->at), type_text(p, a), type_text(p, b)),
                    node);
    return type_error();
}

static bool numeric(const Type *t) {
    return t->kind == TY_INTEGER || t->kind == TY_NUMBER;
}

static bool one_family(const Type *t) {
    return t->kind == TY_DURATION && (t->families & (t->families - 1)) == 0;
}

static bool dated(const Type *t) { /* what a date can be moved by */
    uint32_t whole = 1u << FAMILY_DAYS | 1u << FAMILY_MONTHS | 1u << FAMILY_WORKING_DAYS;
    return t->kind == TY_DURATION && (t->families & ~whole) == 0;
}

static Type plain(const Type *t) {
    Type type = *t;
    type.bounded = false;
    type.optional = false;
    return type;
}

static Type check_sum(Program *p, const Node *node, const Type *a, const Type *b) {
    bool plus = node->op == MARK_PLUS;
    if (numeric(a) && numeric(b))
        return type_plain(a->kind == TY_INTEGER && b->kind == TY_INTEGER ? TY_INTEGER : TY_NUMBER);
    if ((a->kind == TY_MONEY || a->kind == TY_PERCENT) && type_same(a, b))
        return plain(a);
    if (one_family(a) && one_family(b) && a->families == b->families)
        return plain(a);
    if ((a->kind == TY_INSTANT && b->kind == TY_DURATION) || (a->kind == TY_DATE && dated(b))) {
        need_calendar(p, node->b, b);
        return type_plain(a->kind);
    }
    if (!plus && a->kind == TY_INSTANT && b->kind == TY_INSTANT)
        return (Type){.kind = TY_DURATION, .families = 1u << FAMILY_ELAPSED};
    if (!plus && a->kind == TY_DATE && b->kind == TY_DATE)
        return (Type){.kind = TY_DURATION, .families = 1u << FAMILY_DAYS};
    bool text = a->kind == TY_TEXT || a->kind == TY_ID || b->kind == TY_TEXT || b->kind == TY_ID;
    if (plus && text && a->kind < TY_LIST && b->kind < TY_LIST)
        return type_plain(TY_TEXT);
    return no_operator(p, node, a, b);
}

static Type check_times(const Type *a, const Type *b) {
    if (numeric(a) && numeric(b))
        return type_plain(a->kind == TY_INTEGER && b->kind == TY_INTEGER ? TY_INTEGER : TY_NUMBER);
    bool whole = numeric(a) || a->kind == TY_PERCENT, factor = numeric(b) || b->kind == TY_PERCENT;
    if ((a->kind == TY_MONEY || one_family(a)) && factor)
        return plain(a);
    if (whole && (b->kind == TY_MONEY || one_family(b)))
        return plain(b);
    if (a->kind == TY_PERCENT && factor)
        return type_plain(TY_PERCENT);
    if (numeric(a) && b->kind == TY_PERCENT)
        return type_plain(TY_NUMBER);
    return type_error();
}

static Type check_over(const Type *a, const Type *b) {
    if (numeric(a) && (numeric(b) || b->kind == TY_PERCENT))
        return type_plain(TY_NUMBER);
    if (a->kind == TY_PERCENT && b->kind == TY_PERCENT)
        return type_plain(TY_NUMBER);
    if ((a->kind == TY_MONEY && (numeric(b) || b->kind == TY_PERCENT)) ||
        (one_family(a) && numeric(b)) || (a->kind == TY_PERCENT && numeric(b)))
        return plain(a);
    if ((a->kind == TY_MONEY || one_family(a)) && type_same(a, b))
        return type_plain(TY_NUMBER);
    return type_error();
}

/* 5% of it: of what kind it is. */
static Type check_share(const Type *a, const Type *b) {
    if (a->kind != TY_PERCENT)
        return type_error();
    if (b->kind == TY_INTEGER)
        return type_plain(TY_NUMBER);
    if (b->kind == TY_NUMBER || b->kind == TY_MONEY || b->kind == TY_PERCENT || one_family(b))
        return plain(b);
    return type_error();
}

static Type check_product(Program *p, const Node *node, const Type *a, const Type *b) {
    Type type = node->op == MARK_STAR    ? check_times(a, b)
                : node->op == MARK_SLASH ? check_over(a, b)
                                         : check_share(a, b);
    return type.kind == TY_ERROR ? no_operator(p, node, a, b) : type;
}

/* What may not be absent in an operation. */
static Type present(Program *p, const Node *node, Type type) {
    if (type.kind == TY_QUOTIENT) {
        diag_add1(p->diags, DIAG_QUOTIENT_PLAIN, node->span, source_text(p->sources, node->span));
        return type_error();
    }
    if (type.optional && type.kind != TY_ERROR) {
        say_absent(p, node);
        return type_error();
    }
    return type;
}

/* A table of one output stands for that output. */
Type expr_scalar(Program *p, Node *node, Type type) {
    if (entity_whole(p, node, &type))
        return type_error();
    if (type.kind != TY_OUTPUTS || ((const Table *)type.of)->result_count != 1)
        return type;
    type = ((const Table *)type.of)->results[0].type;
    type_set(p, node, type);
    return type;
}

Type expr_operand(Program *p, const Scope *scope, Node *node, const Type *want) {
    return present(p, node, expr_scalar(p, node, expr_check(p, scope, node, want)));
}

/* The type of an operand: one value, and present. */
static Type operand(Program *p, const Scope *scope, Node *node, const Type *want) {
    return expr_operand(p, scope, node, want);
}

static bool bare_name(const Scope *scope, const Node *node) {
    return node->kind == N_REF && local_find(scope, node->text) == NULL &&
           !is_alias(scope, node->text);
}

/* Both sides of a comparison, a bare name after the side that says what it may be a member of. */
static void check_sides(Program *p, const Scope *scope, Node *node, Type *a, Type *b) {
    if (bare_name(scope, node->a) && !bare_name(scope, node->b)) {
        *b = operand(p, scope, node->b, NULL);
        *a = operand(p, scope, node->a, b);
    } else {
        *a = operand(p, scope, node->a, NULL);
        *b = operand(p, scope, node->b, a);
    }
}

static Type check_comparison(Program *p, const Scope *scope, Node *node) {
    Type a, b;
    if (is_measure(p, node->a) != is_measure(p, node->b))
        return measured_compare(p, scope, node);
    check_sides(p, scope, node, &a, &b);
    bool equality = node->op == MARK_EQ || node->op == MARK_NE;
    bool fits = type_fits(&a, &b) || type_fits(&b, &a);
    if (fits && a.kind == TY_DURATION && b.kind == TY_DURATION)
        fits = one_family(&a) && one_family(&b) && a.families == b.families;
    bool many = a.kind == TY_LIST || a.kind == TY_RECORD;
    bool comparable = a.kind != TY_OUTPUTS && a.kind != TY_EVENT && a.kind != TY_ENTITY &&
                      (!many || b.kind == TY_ERROR || type_same(&a, &b));
    if (!fits && a.kind != b.kind && (node->a->kind == N_LIT || node->b->kind == N_LIT)) {
        bool right = node->b->kind == N_LIT; /* the constant is what is wrong */
        Diag *diag = say_wrong_type(p, right ? node->b : node->a, right ? &b : &a, right ? &a : &b);
        if (diag != NULL)
            declared_beside(p, diag, node);
        return type_plain(TY_FLAG);
    }
    if (!fits || !comparable || (!equality && (!type_ordered(&a) || !type_ordered(&b))))
        no_operator(p, node, &a, &b);
    return type_plain(TY_FLAG);
}

/* Whether a value is among those of a list, of which the type is known. */
static Type among(Program *p, const Scope *scope, Node *node, Type list) {
    if (list.kind != TY_LIST) {
        if (list.kind != TY_ERROR)
            diag_add3(p->diags, DIAG_NOT_MANY, node->b->span,
                      source_text(p->sources, node->b->span), type_text(p, &list),
                      say_both(p, "name a list, or write the values: in (A, B)",
                               "请写一个列表，或写出各值：属于 (甲, 乙)"));
        expr_check(p, scope, node->a, NULL);
        return type_plain(TY_FLAG);
    }
    Type want = *list.item;
    want.bounded = false;
    expr_want(p, scope, node->a, &want);
    node->bind = BIND_AMONG;
    return type_plain(TY_FLAG);
}

/* Whether one value is among those of a list. */
static Type check_among(Program *p, const Scope *scope, Node *node) {
    return among(p, scope, node, operand(p, scope, node->b, NULL));
}

/* Two values of the kind that a comparison is of. */
static Type check_compared(Program *p, const Scope *scope, Node *node) {
    static const TypeKind kinds[] = {
#define COMPARISON(name, kind, en, zh) TY_##kind,
#include "grammar/keywords.def"
    };
    Type want = type_plain(kinds[node->slot]);
    Node *sides[] = {node->a, node->b};
    for (int i = 0; i < 2; i++) {
        Type is = operand(p, scope, sides[i], &want);
        bool text = want.kind == TY_TEXT && is.kind == TY_ID;
        if (is.kind != want.kind && is.kind != TY_ERROR && !text)
            say_wrong_type(p, sides[i], &is, &want);
    }
    return type_plain(TY_FLAG);
}

/* What begins with a text or has it inside; a is the type of the first. */
static Type check_affix(Program *p, const Scope *scope, Node *node, Type a) {
    Type text = type_plain(TY_TEXT);
    if (a.kind != TY_TEXT && a.kind != TY_ID && a.kind != TY_ERROR)
        say_wrong_type(p, node->a, &a, &text);
    Type b = operand(p, scope, node->b, &text);
    if (b.kind != TY_TEXT && b.kind != TY_ID && b.kind != TY_ERROR)
        say_wrong_type(p, node->b, &b, &text);
    return type_plain(TY_FLAG);
}

/* A list that contains a value is that value in the list. */
static Type check_contains(Program *p, const Scope *scope, Node *node) {
    Type a = operand(p, scope, node->a, NULL);
    if (a.kind != TY_LIST)
        return check_affix(p, scope, node, a);
    Node *list = node->a;
    node->a = node->b;
    node->b = list;
    node->op = MARK_IN;
    return among(p, scope, node, a);
}

static Type check_binary(Program *p, const Scope *scope, Node *node) {
    Type a, b;
    switch (node->op) {
    case MARK_IN:
        return check_among(p, scope, node);
    case MARK_STARTS_WITH:
        return check_affix(p, scope, node, operand(p, scope, node->a, NULL));
    case MARK_CONTAINS:
        return check_contains(p, scope, node);
    case MARK_COMPARISON:
        return check_compared(p, scope, node);
    case MARK_AND:
    case MARK_OR:
        expr_condition(p, scope, node->a);
        expr_condition(p, scope, node->b);
        return type_plain(TY_FLAG);
    case MARK_PLUS:
    case MARK_MINUS:
    case MARK_STAR:
    case MARK_SLASH:
    case MARK_OF:
        a = operand(p, scope, node->a, NULL);
        b = operand(p, scope, node->b, NULL);
        return node->op == MARK_PLUS || node->op == MARK_MINUS ? check_sum(p, node, &a, &b)
                                                               : check_product(p, node, &a, &b);
    default:
        return check_comparison(p, scope, node);
    }
}

/* Arguments that can be ordered against each other: the type of the one that is chosen. */
static Type check_ordered(Program *p, const Scope *scope, Node *node) {
    Type type = operand(p, scope, node->a, NULL);
    for (Node *arg = node->a->next; arg != NULL; arg = arg->next) {
        Type next = operand(p, scope, arg, NULL);
        if (numeric(&type) && numeric(&next))
            type.kind = next.kind == TY_NUMBER ? TY_NUMBER : type.kind;
        else if (type.kind == TY_ERROR || next.kind == TY_ERROR)
            type = type_error();
        else if (!type_same(&type, &next)) {
            say_wrong_type(p, arg, &next, &type);
            return type_error();
        }
    }
    if (!type_ordered(&type)) {
        diag_add3(p->diags, DIAG_NO_OPERATOR, node->span, node->text, type_text(p, &type),
                  type_text(p, &type));
        return type_error();
    }
    return plain(&type);
}

/* A number, of whatever kind, that can be less than nothing. */
static Type check_signed(Program *p, const Scope *scope, Node *node) {
    Type type = operand(p, scope, node->a, NULL);
    if (numeric(&type) || type.kind == TY_MONEY || type.kind == TY_PERCENT || one_family(&type) ||
        type.kind == TY_ERROR)
        return plain(&type);
    Type wanted = type_plain(TY_NUMBER);
    say_wrong_type(p, node->a, &type, &wanted);
    return type_error();
}

/* The working time from one instant to another. */
static Type check_worked(Program *p, const Scope *scope, Node *node) {
    Type instant = type_plain(TY_INSTANT);
    Type type = {.kind = TY_DURATION, .families = 1u << FAMILY_WORKING};
    expr_want(p, scope, node->a, &instant);
    expr_want(p, scope, node->a->next, &instant);
    need_calendar(p, node, &type);
    return type;
}

static Type check_function(Program *p, const Scope *scope, Node *node, int function) {
    size_t n = node_count(node->a), wanted = function == BUILTIN_ABS ? 1 : 2;
    bool any = function == BUILTIN_MIN || function == BUILTIN_MAX;
    if (any ? n < 2 : n != wanted) {
        diag_add3(p->diags, DIAG_ARGUMENT_COUNT, node->span, node->text,
                  any ? say_both(p, "two arguments or more", "至少两个参数")
                      : say_number(p, wanted, " argument", " arguments", " 个参数"),
                  say_count(p, n));
        for (Node *arg = node->a; arg != NULL; arg = arg->next)
            expr_check(p, scope, arg, NULL);
        return type_error();
    }
    node->bind = BIND_BUILTIN;
    node->slot = (uint32_t)function;
    switch ((Builtin)function) {
    case BUILTIN_ABS:
        return check_signed(p, scope, node);
    case BUILTIN_WORKED:
        return check_worked(p, scope, node);
    case BUILTIN_MIN:
    case BUILTIN_MAX:
        return check_ordered(p, scope, node);
    case BUILTIN_ALL: /* goes over many: loop.c */
        break;
    }
    UNREACHABLE();
}

/* Rounding to no places gives a whole number. */
static Type check_rounded(Program *p, const Scope *scope, Node *node) {
    Type type = expr_check(p, scope, node->a, NULL);
    bool quotient = type.kind == TY_QUOTIENT;
    type = quotient ? measured_rounded(p, node, type)
                    : present(p, node->a, expr_scalar(p, node->a, type));
    Value places = value_int(0);
    Dec d;
    Status status = dec_parse_source(node->text, &d);
    bool good = status == OK && dec_to_i64(d, &places.i) == OK && places.i <= ROUND_PLACES;
    if (!good)
        diag_add2(p->diags, DIAG_OUT_OF_RANGE, node->at, say(p, "%.*s", STR_ARG(node->text)),
                  say_both(p, "the 0 to 18 places there are", "可用的 0 至 18 位小数"));
    node->slot = (uint32_t)places.i;
    if (numeric(&type))
        return (Type){.kind = good && places.i == 0 ? TY_INTEGER : TY_NUMBER, .optional = quotient};
    if (quotient)
        return type;
    if (type.kind == TY_MONEY || type.kind == TY_PERCENT || type.kind == TY_ERROR)
        return plain(&type);
    Type wanted = type_plain(TY_NUMBER);
    say_wrong_type(p, node->a, &type, &wanted);
    return type_error();
}

static Type check_else(Program *p, const Scope *scope, Node *node, const Type *want) {
    Type a = expr_scalar(p, node->a, expr_check(p, scope, node->a, want));
    if (!a.optional && a.kind != TY_ERROR)
        diag_add1(p->diags, DIAG_POINTLESS_ELSE, node->at, source_text(p->sources, node->a->span));
    Type inner = a;
    inner.optional = false;
    Type b = expr_scalar(p, node->b, expr_check(p, scope, node->b, &inner));
    if (!type_fits(&b, &inner) && !type_fits(&inner, &b)) {
        say_wrong_type(p, node->b, &b, &inner);
        return type_error();
    }
    Type type = type_fits(&b, &inner) ? inner : b;
    if (type.kind == TY_DURATION && b.kind == TY_DURATION)
        type.families |= b.families;
    type.bounded = false;
    type.optional = b.optional;
    return type;
}

/* What there is on a condition; where it does not hold there is nothing. */
static Type check_if(Program *p, const Scope *scope, Node *node, const Type *want) {
    expr_condition(p, scope, node->b);
    Type wanted = want != NULL ? *want : type_error();
    wanted.optional = true;
    Type a = expr_scalar(p, node->a, expr_check(p, scope, node->a, want != NULL ? &wanted : NULL));
    if (a.kind == TY_QUOTIENT || a.kind == TY_OUTPUTS || a.kind == TY_EVENT ||
        a.kind == TY_ENTITY) {
        Type flag = type_plain(TY_FLAG);
        return no_operator(p, node, &a, &flag);
    }
    a.optional = a.kind != TY_ERROR;
    return a;
}

/* The opposite of a condition, or a number with the other sign. */
static Type check_unary(Program *p, const Scope *scope, Node *node) {
    if (node->op == MARK_MINUS)
        return check_signed(p, scope, node);
    expr_condition(p, scope, node->a);
    return type_plain(TY_FLAG);
}

/* A list of what is written: items of one type. */
static Type check_list(Program *p, const Scope *scope, Node *node, const Type *want) {
    Type *item = new (p->arena, Type, 1);
    if (item == NULL) {
        p->nomem = true;
        return type_error();
    }
    const Type *wanted = want != NULL && want->kind == TY_LIST ? want->item : NULL;
    if (wanted != NULL)
        *item = *wanted;
    else if (node->a == NULL) {
        diag_add3(p->diags, DIAG_NOT_MANY, node->span, source_text(p->sources, node->span),
                  say_both(p, "a list of nothing known", "类型未知的空列表"),
                  say_both(p, "write an item", "请至少写一项"));
        return type_error();
    }
    size_t n = 0;
    for (Node *one = node->a; one != NULL; one = one->next, n++) {
        Type type = wanted != NULL ? expr_want(p, scope, one, wanted)
                                   : operand(p, scope, one, n == 0 ? NULL : item);
        if (wanted != NULL || type.kind == TY_ERROR)
            continue;
        if (n == 0)
            *item = plain(&type);
        else if (item->kind == TY_INTEGER && type.kind == TY_NUMBER)
            item->kind = TY_NUMBER;
        else if (!type_fits(&type, item))
            say_wrong_type(p, one, &type, item);
    }
    if (n > LIMIT_LIST_WRITTEN)
        diag_add2(p->diags, DIAG_TOO_LARGE, node->span, say_both(p, "this list", "这个列表"),
                  say(p, "%d", LIMIT_LIST_WRITTEN));
    if (item->kind >= TY_LIST && item->kind != TY_RECORD) {
        say_wrong_type(p, node, item, &(Type){.kind = TY_TEXT});
        return type_error();
    }
    return (Type){.kind = TY_LIST, .item = item};
}

static const RecordType *record_find(Program *p, const Node *node) {
    NamedType *named = type_find(p, node->text);
    Type type = named == NULL ? type_error() : named_type_read(p, named);
    if (type.kind == TY_RECORD)
        return type.of;
    Str *names = new (p->arena, Str, p->record_types.n + 1);
    if (names == NULL) {
        p->nomem = true;
        return NULL;
    }
    for (size_t i = 0; i < p->record_types.n; i++)
        names[i] = p->record_types.at[i]->name;
    if (named == NULL)
        say_unknown(p, DIAG_UNKNOWN_TYPE, node->at, node->text, names, p->record_types.n);
    else if (type.kind != TY_ERROR)
        diag_add1(p->diags, DIAG_NOT_A_RECORD, node->at, node->text);
    return NULL;
}

/* A record with its fields written out. */
/* `customer: { ... }`: the type is wanted, and not named (syntax/forms.c). */
static const RecordType *record_wanted(Program *p, const Node *node, const Type *want) {
    const Type *of = want != NULL && want->kind == TY_LIST ? want->item : want;
    const RecordType *record = of != NULL && of->kind == TY_RECORD ? of->of : NULL;
    Str name = record != NULL ? record->name : (Str){NULL, 0};
    Str what = record != NULL ? say_quoted(p, name)
                              : say_both(p, "the record's type (as in `address { ... }`)",
                                         "记录的类型（如 address { ... }）");
    Span gap = {node->at.file, node->at.from, node->at.from};
    Diag *diag = diag_missing(p->diags, gap, what, S("`{`"), (Str){NULL, 0});
    if (record != NULL)
        diag_fix(diag, gap, say(p, "%.*s ", STR_ARG(name)));
    return record;
}

static Type check_record(Program *p, const Scope *scope, Node *node, const Type *want) {
    const RecordType *record =
        node->text.n == 0 ? record_wanted(p, node, want) : record_find(p, node);
    if (record == NULL) {
        for (Node *init = node->a; init != NULL; init = init->next)
            if (init->kind != N_ERROR)
                expr_check(p, scope, init->a, NULL);
        return type_error();
    }
    Event fields = record_as_event(record);
    init_check(p, scope, &fields, node->a, node);
    node->bind = BIND_RECORD;
    node->means = record;
    return (Type){.kind = TY_RECORD, .of = record};
}

static Type check_kind(Program *p, const Scope *scope, Node *node, const Type *want) {
    switch (node->kind) {
    case N_RECORD:
        return check_record(p, scope, node, want);
    case N_LIST:
        return check_list(p, scope, node, want);
    case N_LIT:
        return check_literal(p, scope, node, want);
    case N_REF:
        return check_ref(p, scope, node, want);
    case N_IT:
        if (scope != NULL && scope->item != NULL) {
            node->bind = BIND_ITEM;
            return *scope->item;
        }
        node->bind = BIND_IT;
        if (scope == NULL || scope->it == NULL) {
            if (scope != NULL && scope->event == NULL)
                diag_add2(p->diags, DIAG_UNKNOWN_NAME, node->span, S("it"), (Str){NULL, 0});
            if (scope == NULL || scope->event == NULL)
                return type_error();
            node->bind = BIND_EVENT;
            return (Type){.kind = TY_EVENT, .of = scope->event};
        }
        return (Type){.kind = TY_EVENT, .of = scope->it};
    case N_FIELD:
        return check_field(p, scope, node);
    case N_CALL:
        return check_call(p, scope, node);
    case N_UNARY:
        return check_unary(p, scope, node);
    case N_BINARY:
        return check_binary(p, scope, node);
    case N_IF:
        return check_if(p, scope, node, want);
    case N_ELSE:
        return check_else(p, scope, node, want);
    case N_ROUNDED:
        return check_rounded(p, scope, node);
    case N_STATE_IS:
        return state_check(p, scope, node);
    case N_MEASURED:
        return measured_check(p, scope, node);
    case N_IS_ABSENT: {
        Type a = expr_check(p, scope, node->a, NULL);
        if (a.kind != TY_ENTITY)
            a = expr_scalar(p, node->a, a);
        if (!a.optional && a.kind != TY_ERROR)
            diag_add1(p->diags, DIAG_POINTLESS_ELSE, node->at,
                      source_text(p->sources, node->a->span));
        return type_plain(TY_FLAG);
    }
    default:
        return type_error();
    }
}

Type expr_check(Program *p, const Scope *scope, Node *node, const Type *want) {
    Type type = check_kind(p, scope, node, want);
    type_set(p, node, type);
    return type;
}

Type expr_want(Program *p, const Scope *scope, Node *node, const Type *want) {
    Type type = expr_check(p, scope, node, want);
    if (want == NULL || type.kind == TY_ERROR)
        return type;
    type = expr_scalar(p, node, type);
    if (!type_fits(&type, want)) {
        say_wrong_type(p, node, &type, want);
        return type_error();
    }
    if (type.optional && !want->optional)
        return present(p, node, type);
    Value v;
    if (want->bounded && node->kind == N_LIT && literal_value(p, node, &v)) {
        Dec d = v.kind == V_INT ? dec_of_i64(v.i) : value_to_dec(v);
        if (dec_cmp(d, want->lo) < 0 || dec_cmp(d, want->hi) > 0) {
            Buf range = {0};
            dec_put_range(&range, want->lo, want->hi);
            diag_add2(p->diags, DIAG_OUT_OF_RANGE, node->span, source_text(p->sources, node->span),
                      say(p, "%.*s", STR_ARG(buf_str(&range))));
            buf_free(&range);
        }
    }
    return type;
}

void expr_condition(Program *p, const Scope *scope, Node *node) {
    Type type = expr_scalar(p, node, expr_check(p, scope, node, NULL));
    if (type.kind == TY_ERROR)
        return;
    if (type.kind != TY_FLAG)
        diag_add1(p->diags, DIAG_NOT_A_CONDITION, node->span, type_text(p, &type));
    else
        present(p, node, type);
}

/* A list of constants. */
static bool list_constant(Program *p, Node *node, const Type *want, DiagCode code, Value *out) {
    Value *items = new (p->arena, Value, node_count(node->a) + 1);
    uint32_t n = 0;
    if (items == NULL) {
        p->nomem = true;
        return false;
    }
    if (want == NULL || want->kind != TY_LIST) {
        (void)expr_want(p, NULL, node, want);
        return false;
    }
    for (Node *one = node->a; one != NULL; one = one->next)
        if (!expr_constant(p, one, want->item, code, &items[n++]))
            return false;
    *out = (Value){.items = items, .n = n, .kind = V_LIST};
    return true;
}

/* A record of constants. */
static bool record_constant(Program *p, Node *node, const Type *want, DiagCode code, Value *out) {
    size_t mistakes = p->diags->errors;
    Type type = expr_want(p, NULL, node, want);
    const RecordType *record = type.of;
    if (type.kind != TY_RECORD || p->diags->errors > mistakes)
        return false;
    Value *fields = new (p->arena, Value, record->field_count + 1);
    if (fields == NULL) {
        p->nomem = true;
        return false;
    }
    for (uint32_t i = 0; i < record->field_count; i++)
        fields[i] = record->fields[i].has_preset ? record->fields[i].preset : value_absent();
    for (Node *init = node->a; init != NULL; init = init->next)
        if (init->kind != N_ERROR &&
            !expr_constant(p, init->a, &record->fields[init->slot].type, code, &fields[init->slot]))
            return false;
    *out = value_record(record->number, fields, record->field_count);
    return true;
}

bool expr_constant(Program *p, Node *node, const Type *want, DiagCode code, Value *out) {
    if (node->kind == N_RECORD)
        return record_constant(p, node, want, code, out);
    if (node->kind == N_LIST)
        return list_constant(p, node, want, code, out);
    if (node->kind != N_LIT && node->kind != N_REF && node->kind != N_FIELD) {
        diag_add(p->diags, code, node->span);
        return false;
    }
    Type type = expr_want(p, NULL, node, want);
    if (type.kind == TY_ERROR)
        return false;
    switch (node->bind) {
    case BIND_CONST:
        if (!literal_value(p, node, out))
            return false;
        if (want != NULL && want->kind == TY_NUMBER && out->kind == V_INT)
            *out = value_dec(V_DEC, dec_of_i64(out->i));
        return true;
    case BIND_PARTY:
        *out = value_of(V_PARTY, ((const Party *)node->means)->number);
        return true;
    case BIND_MEMBER:
        *out = value_of(V_ENUM, node->slot);
        out->n = ((const Enum *)node->means)->number;
        return true;
    default:
        diag_add(p->diags, code, node->span);
        return false;
    }
}

void field_preset(Program *p, Field *field, Node *node) {
    if (!expr_constant(p, node, &field->type, DIAG_BAD_CELL, &field->preset))
        field->preset = value_absent();
    field->has_preset = true;
}
