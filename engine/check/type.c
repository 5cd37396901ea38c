/* check: types: read, compared, named. */
#include "engine/check/check_int.h"
#include "engine/check/elsewhere.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/limits.h"

Type type_plain(TypeKind kind) {
    return (Type){.kind = kind};
}

Type type_error(void) {
    return type_plain(TY_ERROR);
}

static const Type type_unknown = {.kind = TY_ERROR};

const Type *type_of(const Node *node) {
    return node == NULL || node->type == NULL ? &type_unknown : node->type;
}

void type_set(Program *p, Node *node, Type type) {
    Type *copy = new (p->arena, Type, 1);
    if (copy == NULL) {
        p->nomem = true;
        return;
    }
    *copy = type;
    node->type = copy;
}

static Str family_text(Program *p, uint32_t families) {
    switch (families) {
    case 1 << FAMILY_ELAPSED:
        return say_both(p, "a duration in hours or minutes", "以小时或分钟计的时长");
    case 1 << FAMILY_DAYS:
        return say_both(p, "a duration in days", "以天计的时长");
    case 1 << FAMILY_MONTHS:
        return say_both(p, "a duration in months", "以月计的时长");
    case 1 << FAMILY_WORKING:
        return say_both(p, "a duration in working hours", "以工作小时计的时长");
    case 1 << FAMILY_WORKING_DAYS:
        return say_both(p, "a duration in working days", "以工作日计的时长");
    case FAMILIES_CALENDAR:
        return say_both(p, "a calendar duration", "日历时长");
    case FAMILIES_WORKING:
        return say_both(p, "a working duration", "工作时长");
    default:
        return say_both(p, "a duration", "时长");
    }
}

Str type_member_text(Program *p, const Type *type) {
    Buf out = {0};
    for (uint32_t i = 0; i < type->members->count; i++) {
        if (i == 8) {
            put_text(&out, S(", ..."));
            break;
        }
        put_text(&out, i == 0 ? S("") : S(", "));
        put_text(&out, type->members->members[i].name);
    }
    Str text = {NULL, 0};
    if (arena_str(p->arena, buf_str(&out), &text) != OK)
        p->nomem = true;
    buf_free(&out);
    return text;
}

Str type_currency_text(Program *p, const Type *type) {
    char letters[4] = {(char)(type->currency >> 16), (char)(type->currency >> 8),
                       (char)type->currency, '\0'};
    return say(p, "%s", letters);
}

/* A text between what stands before and behind it in each language. */
static Str around(Program *p, const char *en, const char *zh, Str middle, const char *en_end,
                  const char *zh_end) {
    return say(p, "%.*s%.*s%.*s", STR_ARG(say_both(p, en, zh)), STR_ARG(middle),
               STR_ARG(say_both(p, en_end, zh_end)));
}

Str type_text(Program *p, const Type *type) {
    switch (type->kind) {
    case TY_ERROR:
        return say_both(p, "unknown", "未知");
    case TY_FLAG:
        return say_both(p, "a flag (yes or no)", "是否值（是或否）");
    case TY_INTEGER:
        return say_both(p, "an integer", "整数");
    case TY_NUMBER:
        return say_both(p, "a number", "数");
    case TY_PERCENT:
        return say_both(p, "a percentage", "百分比");
    case TY_MONEY:
        if (type->currency == 0)
            return say_both(p, "money", "金额");
        return around(p, "money in ", "以 ", type_currency_text(p, type), "", " 计的金额");
    case TY_DURATION:
        return family_text(p, type->families);
    case TY_DATE:
        return say_both(p, "a date", "日期");
    case TY_TIME:
        return say_both(p, "a time of day", "时刻");
    case TY_INSTANT:
        return say_both(p, "an instant", "时间点");
    case TY_TEXT:
        return say_both(p, "a text", "文本");
    case TY_ID:
        return say_both(p, "an id", "编号");
    case TY_PARTY:
        return say_both(p, "a party (role, team or person)", "主体（角色、团队或人员）");
    case TY_ENUM:
        return around(p, "one of ", "取值 ", type_member_text(p, type), "", "");
    case TY_LIST:
        return around(p, "a list, each item ", "列表，每项为", type_text(p, type->item), "", "");
    case TY_RECORD:
        return around(p, "a record ", "记录 ", ((const RecordType *)type->of)->name, "", "");
    case TY_OUTPUTS:
        return around(p, "the outputs of ", "决策表 ", ((const Table *)type->of)->name, "",
                      " 的输出");
    case TY_EVENT:
        return around(p, "an event ", "事件 ", ((const Event *)type->of)->name, "", "");
    case TY_ENTITY:
        return around(p, "the whole entity ", "整个档案 ", ((const Entity *)type->of)->name, "",
                      "");
    case TY_NOTHING:
        return say_both(p, "nothing", "空缺");
    case TY_QUOTIENT:
        return say_both(p, "a quotient, which may be compared, or rounded to a number",
                        "商（可以比较，或取整为数）");
    }
    UNREACHABLE();
}

bool type_same(const Type *a, const Type *b) {
    if (a->kind != b->kind)
        return false;
    switch ((int)a->kind) {
    case TY_DURATION:
        return a->families == b->families;
    case TY_MONEY:
        return a->currency == b->currency;
    case TY_ENUM:
        return a->members == b->members;
    case TY_LIST:
        return type_same(a->item, b->item);
    case TY_RECORD:
    case TY_OUTPUTS:
    case TY_EVENT:
    case TY_ENTITY:
        return a->of == b->of;
    default:
        return true;
    }
}

bool type_fits(const Type *from, const Type *to) {
    if (from->kind == TY_ERROR || to->kind == TY_ERROR)
        return true;
    if (from->kind == TY_NOTHING)
        return to->optional;
    if (to->kind == TY_DURATION && from->kind == TY_DURATION)
        return (from->families & ~to->families) == 0;
    if (to->kind == TY_NUMBER && from->kind == TY_INTEGER)
        return true;
    if ((to->kind == TY_TEXT && from->kind == TY_ID) ||
        (to->kind == TY_ID && from->kind == TY_TEXT))
        return true;
    if (to->kind == TY_LIST && to->one_or_many && from->kind != TY_LIST)
        return type_fits(from, to->item);
    if (to->kind == TY_LIST && from->kind == TY_LIST)
        return type_fits(from->item, to->item) && /* an integer in a list is made no number */
               (from->item->kind != TY_INTEGER || to->item->kind != TY_NUMBER);
    return type_same(from, to);
}

bool type_ordered(const Type *type) {
    switch ((int)type->kind) {
    case TY_ERROR:
    case TY_INTEGER:
    case TY_NUMBER:
    case TY_PERCENT:
    case TY_MONEY:
    case TY_DATE:
    case TY_TIME:
    case TY_INSTANT:
        return true;
    case TY_DURATION: /* within one family only */
        return (type->families & (type->families - 1)) == 0;
    default:
        return false;
    }
}

static int member_order(const void *a, const void *b) {
    return str_cmp(((const Member *)a)->name, ((const Member *)b)->name);
}

const Enum *enum_of(Program *p, Member *members, uint32_t n) {
    if (n > 1)
        qsort(members, n, sizeof *members, member_order); /* a total order: names differ */
    for (size_t i = 0; i < p->enums.n; i++) {
        Enum *e = p->enums.at[i];
        bool same = e->count == n;
        for (uint32_t k = 0; same && k < n; k++)
            same = str_eq(e->members[k].name, members[k].name);
        for (uint32_t k = 0; same && k < n; k++)
            if (e->members[k].alias.n == 0)
                e->members[k].alias = members[k].alias;
        if (same)
            return e;
    }
    Enum *e = new (p->arena, Enum, 1);
    if (e == NULL || !vec_push(&p->enums, e)) {
        p->nomem = true;
        return NULL;
    }
    *e = (Enum){members, n, (uint32_t)p->enums.n - 1};
    return e;
}

int enum_find(const Enum *e, Str name) {
    for (uint32_t i = 0; i < e->count; i++)
        if (str_eq(e->members[i].name, name) || (name.n > 0 && str_eq(e->members[i].alias, name)))
            return (int)i;
    return -1;
}

static Type type_enum(Program *p, const Node *node) {
    size_t n = node_count(node->a), used = 0;
    Member *members = new (p->arena, Member, n);
    if (members == NULL) {
        p->nomem = true;
        return type_error();
    }
    for (const Node *m = node->a; m != NULL; m = m->next) {
        bool twice = false;
        for (size_t i = 0; i < used; i++)
            twice = twice || str_eq(members[i].name, m->text);
        if (twice)
            diag_add2(p->diags, DIAG_DECLARED_TWICE, m->at, m->text, (Str){NULL, 0});
        else
            members[used++] = (Member){m->text, name_alias(m->more)};
    }
    Type type = {.kind = TY_ENUM, .members = enum_of(p, members, (uint32_t)used)};
    return type.members == NULL ? type_error() : type;
}

static const TypeKind type_kinds[TYPE_COUNT] = {
    [TYPE_FLAG] = TY_FLAG,       [TYPE_INTEGER] = TY_INTEGER, [TYPE_NUMBER] = TY_NUMBER,
    [TYPE_PERCENT] = TY_PERCENT, [TYPE_MONEY] = TY_MONEY,     [TYPE_DURATION] = TY_DURATION,
    [TYPE_DATE] = TY_DATE,       [TYPE_TIME] = TY_TIME,       [TYPE_INSTANT] = TY_INSTANT,
    [TYPE_TEXT] = TY_TEXT,       [TYPE_ID] = TY_ID,           [TYPE_PARTY] = TY_PARTY,
    [TYPE_PERSON] = TY_PARTY,
};

/* Money's currency: said with the type, or by the bounds, or by the policy's header. */
static uint32_t type_currency(Program *p, const Node *node) {
    if (node->more.n > 0) {
        if (currency_pack(node->more) != p->currency)
            currency_known(p, node->span, node->more);
        return currency_pack(node->more);
    }
    const Node *bound = node->b != NULL && node->b->more.n > 0 ? node->b : node->a;
    if (bound != NULL && bound->kind == N_LIT && bound->op == LIT_MONEY)
        return currency_pack(bound->more);
    if (p->currency == 0)
        say_header(p, DIAG_NO_CURRENCY, node->span, N_SET_CURRENCY);
    return p->currency;
}

static void type_bounds(Program *p, const Node *node, Type *type) {
    Value lo, hi;
    Type plain = *type;
    if (type->kind == TY_MONEY && node->a->kind == N_LIT && node->a->op == LIT_NUMBER)
        plain.kind = TY_NUMBER; /* 0..1000 CNY */
    if (node->b == NULL)
        plain = *type;
    if (!expr_constant(p, node->a, &plain, DIAG_BAD_CELL, &lo))
        return;
    if (node->b == NULL) {
        type->bounded = true;
        type->lo = lo.kind == V_INT ? dec_of_i64(lo.i) : value_to_dec(lo);
        type->hi = DEC_NO_END;
        return;
    }
    if (!expr_constant(p, node->b, type, DIAG_BAD_CELL, &hi))
        return;
    type->bounded = true;
    type->lo = lo.kind == V_INT ? dec_of_i64(lo.i) : value_to_dec(lo);
    type->hi = hi.kind == V_INT ? dec_of_i64(hi.i) : value_to_dec(hi);
    if (dec_cmp(type->lo, type->hi) > 0)
        diag_add1(p->diags, DIAG_BAD_BOUNDS, span_join(node->a->span, node->b->span),
                  source_text(p->sources, span_join(node->a->span, node->b->span)));
}

static Type type_named(Program *p, const Node *node) {
    Type type = type_plain(type_kinds[node->op]);
    if (type.kind == TY_MONEY) {
        type.currency = type_currency(p, node);
        if (type.currency == 0)
            return type_error();
    } else if (node->more.n > 0)
        diag_add2(p->diags, DIAG_UNEXPECTED, node->span, say_quoted(p, node->more),
                  say_both(p, "a field", "字段"));
    if (type.kind == TY_DURATION)
        type.families = FAMILIES_CALENDAR;
    if (node->a == NULL)
        return type;
    Span range = {node->a->span.file, node->a->span.from, node->span.to};
    if (type.kind == TY_INTEGER || type.kind == TY_NUMBER || type.kind == TY_PERCENT ||
        type.kind == TY_MONEY)
        type_bounds(p, node, &type);
    else
        diag_add3(p->diags, DIAG_BAD_LITERAL, range, source_text(p->sources, range),
                  say_both(p, "range", "范围"),
                  say_both(p, "integers, numbers, percentages and money have ranges",
                           "整数、数、百分比和金额才有范围"));
    return type;
}

static Type type_item(Program *p, const Node *node, Type type) {
    Type *item = new (p->arena, Type, 1);
    if (item == NULL) {
        p->nomem = true;
        return type_error();
    }
    *item = type_read(p, node->a);
    if (item->kind == TY_LIST) { /* by a name: the grammar has no other way */
        diag_add3(p->diags, DIAG_WRONG_TYPE, node->a->span, type_text(p, item),
                  say_both(p, "what is no list itself", "本身不是列表的类型"), (Str){NULL, 0});
        return type_error();
    }
    type.item = item;
    return type;
}

static const Family unit_families[UNIT_COUNT] = {
#define UNIT(name, en, zh, family, size) [UNIT_##name] = FAMILY_##family,
#include "grammar/keywords.def"
};

enum { TYPE_WORDS = 4 * TYPE_COUNT };

/* The words of the language for types: two spellings at most of each, in both languages. */
static size_t type_words(Str out[TYPE_WORDS]) {
    static const char *const words[] = {
#define TYPE(name, en, zh) en, zh,
#include "grammar/keywords.def"
    };
    size_t n = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        Str rest = str_of(words[i]);
        while (rest.n > 0 && n < TYPE_WORDS)
            str_cut(rest, '|', &out[n++], &rest);
    }
    return n;
}

bool type_is_taken(Str name) {
    Str words[TYPE_WORDS];
    size_t n = type_words(words);
    for (size_t i = 0; i < n; i++)
        if (str_eq(words[i], name))
            return true;
    return false;
}

static void say_unknown_type(Program *p, const Node *node) {
    bool sure = false;
    Str here = elsewhere_type(node->text, &sure);
    if (here.n > 0) {
        if (!is_lost(p, node->text) && !said_before(p, node->span, node->text)) {
            Diag *diag = diag_add2(p->diags, DIAG_UNKNOWN_TYPE, node->span, node->text, here);
            (sure ? diag_fix : diag_guess)(diag, node->span, here);
        }
        return;
    }
    Str *names = new (p->arena, Str, TYPE_WORDS + p->types.n);
    if (names == NULL) {
        p->nomem = true;
        return;
    }
    size_t n = type_words(names);
    for (size_t i = 0; i < p->types.n; i++)
        names[n++] = name_here(p, p->types.at[i]->home, p->types.at[i]->name);
    say_unknown(p, DIAG_UNKNOWN_TYPE, node->span, node->text, names, n);
}

/* ---- records */

Event record_as_event(const RecordType *record) {
    return (Event){.name = record->name,
                   .fields = record->fields,
                   .field_count = record->field_count,
                   .broken = record->broken,
                   .at = record->at};
}

static void record_field(Program *p, RecordType *record, const Node *f) {
    int old = field_find(record->fields, record->field_count, f->text);
    if (old >= 0) {
        diag_other(diag_add2(p->diags, DIAG_DECLARED_TWICE, f->at, f->text, (Str){NULL, 0}),
                   record->fields[old].at);
        return;
    }
    Field field = {
        .name = f->text, .alias = name_alias(f->more), .type = type_read(p, f->a), .at = f->at};
    if (f->b != NULL)
        field_preset(p, &field, f->b);
    const Type *one = field.type.kind == TY_LIST ? field.type.item : &field.type;
    const RecordType *inner = one->kind == TY_RECORD ? one->of : NULL;
    if (inner != NULL && inner->depth >= record->depth)
        record->depth = inner->depth + 1;
    record->broken = record->broken || one->kind == TY_ERROR;
    record->fields[record->field_count++] = field;
}

static void record_limits(Program *p, const RecordType *record, size_t fields) {
    if (fields > LIMIT_RECORD_FIELDS)
        diag_add2(p->diags, DIAG_TOO_LARGE, record->at,
                  say(p, "%zu%.*s", fields, STR_ARG(say_both(p, " fields", " 个字段"))),
                  say(p, "%d", LIMIT_RECORD_FIELDS));
    if (record->depth > LIMIT_RECORD_DEPTH)
        diag_add2(p->diags, DIAG_TOO_LARGE, record->at,
                  say_both(p, "records in one another", "记录的嵌套"),
                  say(p, "%d", LIMIT_RECORD_DEPTH));
    if (record->number == LIMIT_RECORD_TYPES)
        diag_add2(
            p->diags, DIAG_TOO_LARGE, record->at, say_both(p, "this policy", "这个政策"),
            say(p, "%d%.*s", LIMIT_RECORD_TYPES, STR_ARG(say_both(p, " record types", " 种记录"))));
}

/* What it is made of is read first, and so has lower numbers. */
static Type type_record(Program *p, const NamedType *named) {
    const Node *node = named->node->a;
    size_t n = node_count(node->a);
    RecordType *record = new (p->arena, RecordType, 1);
    Field *fields = new (p->arena, Field, n + 1);
    if (record == NULL || fields == NULL) {
        p->nomem = true;
        return type_error();
    }
    *record = (RecordType){
        .name = named->name, .alias = named->alias, .fields = fields, .depth = 1, .at = named->at};
    for (const Node *f = node->a; f != NULL; f = f->next) {
        if (f->kind == N_ERROR)
            record->broken = true;
        else if (record->field_count < LIMIT_RECORD_FIELDS)
            record_field(p, record, f);
    }
    if (n == 0)
        diag_add1(p->diags, DIAG_RECORD_EMPTY, named->at, named->name);
    record->number = (uint32_t)p->record_types.n;
    if (record->number > 0) {
        const RecordType *last = p->record_types.at[record->number - 1];
        record->first = last->first + last->field_count;
    }
    record_limits(p, record, n);
    if (!vec_push(&p->record_types, record))
        p->nomem = true;
    return (Type){.kind = TY_RECORD, .of = record};
}

Type named_type_read(Program *p, NamedType *named) {
    if (named->ready)
        return named->type;
    if (named->reading) {
        diag_add1(p->diags, DIAG_TYPE_CYCLE, named->at, named->name);
        return type_error();
    }
    if (p->type_depth == LIMIT_NESTING) {
        diag_add2(p->diags, DIAG_TOO_LARGE, named->at,
                  say_both(p, "a chain of types", "类型的引用链"), say(p, "%d", LIMIT_NESTING));
        return type_error();
    }
    named->reading = true;
    p->type_depth++;
    const Space *here = p->here;
    space_enter(p, named->home);
    const Node *is = named->node->a;
    named->type =
        is != NULL && is->kind == N_TYPE_RECORD ? type_record(p, named) : type_read(p, is);
    p->here = here;
    p->type_depth--;
    named->ready = true;
    return named->type;
}

const Node *type_written(Program *p, const Node *node) {
    for (int i = 0; node != NULL && i < LIMIT_NESTING; i++) {
        const NamedType *named = node->kind == N_TYPE_OF ? type_find(p, node->text) : NULL;
        if (node->kind == N_TYPE_OPTIONAL)
            node = node->a;
        else if (named != NULL)
            node = named->node->a;
        else
            break;
    }
    return node;
}

Type type_read(Program *p, const Node *node) {
    if (node == NULL)
        return type_error();
    switch (node->kind) {
    case N_TYPE_NAME:
        return type_named(p, node);
    case N_TYPE_OF: {
        NamedType *named = type_find(p, node->text);
        if (named == NULL)
            say_unknown_type(p, node);
        return named == NULL ? type_error() : named_type_read(p, named);
    }
    case N_TYPE_ENUM:
        return type_enum(p, node);
    case N_TYPE_WORKING:
        return (Type){.kind = TY_DURATION, .families = FAMILIES_WORKING};
    case N_TYPE_DURATION_IN:
        return (Type){.kind = TY_DURATION, .families = 1u << unit_families[node->op]};
    case N_TYPE_LIST:
        return type_item(p, node, type_plain(TY_LIST));
    case N_TYPE_OPTIONAL: {
        Type type = type_read(p, node->a);
        type.optional = true;
        return type;
    }
    default:
        return type_error();
    }
}

static const ValueKind value_kinds[] = {
    [TY_FLAG] = V_FLAG,       [TY_INTEGER] = V_INT,    [TY_NUMBER] = V_DEC,
    [TY_PERCENT] = V_PERCENT, [TY_MONEY] = V_MONEY,    [TY_DURATION] = V_DURATION,
    [TY_DATE] = V_DATE,       [TY_TIME] = V_TIME,      [TY_INSTANT] = V_INSTANT,
    [TY_TEXT] = V_TEXT,       [TY_ID] = V_TEXT,        [TY_PARTY] = V_PARTY,
    [TY_ENUM] = V_ENUM,       [TY_LIST] = V_LIST,      [TY_RECORD] = V_RECORD,
    [TY_OUTPUTS] = V_KINDS,   [TY_EVENT] = V_KINDS,    [TY_ENTITY] = V_KINDS,
    [TY_ERROR] = V_KINDS,     [TY_NOTHING] = V_ABSENT,
};

ValueKind type_value_kind(const Type *type) {
    return value_kinds[type->kind];
}

static Value bound_value(const Type *type, Dec d) {
    int64_t i = 0;
    if (type->kind == TY_INTEGER && dec_to_i64(d, &i) == OK)
        return value_int(i);
    Value v = value_dec(value_kinds[type->kind], d);
    v.n = type->currency;
    return v;
}

ColumnType column_type(const Type *type) {
    ColumnType column = {
        .kind = value_kinds[type->kind], .optional = type->optional, .bounded = type->bounded};
    if (type->bounded) {
        column.lo = bound_value(type, type->lo);
        column.hi = bound_value(type, type->hi);
    }
    if (type->kind == TY_ENUM)
        column.members = type->members->count;
    return column;
}
