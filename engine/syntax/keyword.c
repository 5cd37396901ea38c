/* syntax: keyword spellings, from grammar/keywords.def. */
#include "engine/syntax/keyword.h"

#include <stdlib.h>

#include "engine/base/attribute.h"
#include "engine/base/near.h"
#include "engine/base/utf8.h"
#include "engine/syntax/tree.h"
#include "remit_grammar.h"

const KeywordRow keyword_rows[] = {
#define KEYWORD(token, en, zh) {TK_##token, 0, en, zh},
#define UNIT(name, en, zh, family, size) {TK_UNIT, UNIT_##name, en, zh},
#define WEEKDAY(name, number, en, zh) {TK_WEEKDAY, number, en, zh},
#define TYPE(name, en, zh) {TK_TYPE, TYPE_##name, en, zh},
#define HIT(name, en, zh) {TK_HIT, HIT_##name, en, zh},
#define STATE(name, en, zh) {TK_STATE, STATE_##name, en, zh},
#define LEVEL(name, en, zh) {TK_LEVEL, LEVEL_##name, en, zh},
#define AGG(name, en, zh) {TK_AGG, AGG_##name, en, zh},
#define POWER(name, en, zh) {TK_POWER, POWER_##name, en, zh},
#define COMPARISON(name, kind, en, zh) {TK_COMPARISON, COMPARISON_##name, en, zh},
#define ATTRIBUTE(name, of, need, datum, en, zh) {TK_ATTRIBUTE, ATTRIBUTE_##name, en, zh},
#define ROUNDING(name, en, zh) {TK_ROUNDING, ROUNDING_##name, en, zh},
#include "grammar/keywords.def"
};
enum { KEYWORD_ROWS = sizeof keyword_rows / sizeof *keyword_rows, KEYWORD_SLOTS = 4096 };
_Static_assert(KEYWORD_ROWS * 5 < KEYWORD_SLOTS, "room for each spelling");
const size_t keyword_row_count = KEYWORD_ROWS;

static int spelling_order(const void *a, const void *b) {
    const Spelling *x = a, *y = b;
    int order = str_cmp(x->words[0], y->words[0]);
    if (order != 0)
        return order;
    if (x->word_count != y->word_count)
        return x->word_count > y->word_count ? -1 : 1;
    return str_cmp(x->text, y->text);
}

static bool spelling_add(Keywords *k, size_t cap, const KeywordRow *row, bool chinese) {
    Str rest = str_of(chinese ? row->zh : row->en), text;
    while (rest.n > 0) {
        str_cut(rest, '|', &text, &rest);
        if (k->n == cap)
            return false;
        Spelling *s = &k->at[k->n++];
        *s = (Spelling){.chinese = chinese,
                        .token = row->token,
                        .sub = row->sub,
                        .row = (uint16_t)(row - keyword_rows),
                        .text = text};
        Str words = text, word;
        while (words.n > 0 && s->word_count < KEYWORD_WORDS) {
            str_cut(words, ' ', &word, &words);
            s->words[s->word_count++] = word;
        }
    }
    return true;
}

/* The slot of a first word, or the free one where it would stand: there are free ones. */
static uint16_t *keyword_slot(const Keywords *k, Str word) {
    size_t i = str_hash(word) % KEYWORD_SLOTS;
    while (k->slots[i] != 0 && !str_eq(k->at[k->slots[i] - 1].words[0], word))
        i = (i + 1) % KEYWORD_SLOTS;
    return &k->slots[i];
}

Status keywords_init(Keywords *k, Arena *a) {
    size_t cap = (size_t)KEYWORD_ROWS * 5;
    *k = (Keywords){new (a, Spelling, cap), 0, new (a, uint16_t, KEYWORD_SLOTS)};
    if (k->at == NULL || k->slots == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < KEYWORD_ROWS; i++)
        if (!spelling_add(k, cap, &keyword_rows[i], false) ||
            !spelling_add(k, cap, &keyword_rows[i], true))
            return ERR_LIMIT;
    qsort(k->at, k->n, sizeof *k->at, spelling_order); /* a total order: no spelling stands twice */
    for (size_t i = 0; i < k->n; i++) {
        uint16_t *slot = keyword_slot(k, k->at[i].words[0]);
        if (*slot == 0)
            *slot = (uint16_t)(i + 1);
    }
    return OK;
}

const Spelling *keywords_find(const Keywords *k, Str word, size_t *count) {
    size_t first = *keyword_slot(k, word);
    *count = 0;
    if (first == 0)
        return NULL;
    while (first - 1 + *count < k->n && str_eq(k->at[first - 1 + *count].words[0], word))
        (*count)++;
    return &k->at[first - 1];
}

static Str first_spelling(const char *spellings) {
    Str text;
    str_cut(str_of(spellings), '|', &text, NULL);
    return text;
}

Str keyword_text(uint16_t row, bool chinese) {
    const KeywordRow *k = &keyword_rows[row];
    return first_spelling(chinese ? k->zh : k->en);
}

Str keyword_of(int token, int sub, bool chinese) {
    for (uint16_t i = 0; i < KEYWORD_ROWS; i++)
        if (keyword_rows[i].token == token && (sub < 0 || keyword_rows[i].sub == sub))
            return keyword_text(i, chinese);
    return (Str){NULL, 0};
}

Str keyword_hit(HitRow hit, bool chinese) {
    return keyword_of(TK_HIT, (int)hit, chinese);
}

bool token_declares(int token) {
    switch (token) {
    case TK_POLICY:
    case TK_USE:
    case TK_ROLE:
    case TK_TEAM:
    case TK_ROTATION:
    case TK_EVENT:
    case TK_ENTITY:
    case TK_TABLE:
    case TK_DEFINE:
    case TK_NAMED_TYPE:
    case TK_DUTY:
    case TK_RULE:
    case TK_APPROVAL:
    case TK_DEPUTY_OF:
    case TK_REASSIGN_DUTY:
    case TK_TEST:
    case TK_FEED:
    case TK_CALENDAR:
    case TK_KPI:
    case TK_MODULE:
    case TK_PATTERN:
    case TK_PRIVATE:
    case TK_PUBLIC:
        return true;
    default:
        return false;
    }
}

bool token_opens(int token) {
    return token == TK_LB || token == TK_RECLB;
}

bool token_is_literal(int token) {
    switch (token) {
    case TK_NUMBER:
    case TK_PERCENT:
    case TK_MONEY:
    case TK_DURATION:
    case TK_DATE:
    case TK_TIME:
    case TK_DATETIME:
    case TK_INSTANT:
        return true;
    default:
        return false;
    }
}

bool token_is_operator(int token) {
    switch (token) {
    case TK_EQ:
    case TK_NE:
    case TK_LT:
    case TK_LE:
    case TK_GT:
    case TK_GE:
    case TK_PLUS:
    case TK_MINUS:
    case TK_STAR:
    case TK_SLASH:
    case TK_AND:
    case TK_OR:
    case TK_IS:
    case TK_ABOVE:
    case TK_BELOW:
    case TK_AT_LEAST:
    case TK_AT_MOST:
    case TK_IF:
    case TK_ELSE:
    case TK_STARTS_WITH:
    case TK_COMPARISON:
    case TK_CONTAINS:
    case TK_OF:
    case TK_NOT:
    case TK_IN:
    case TK_ROUNDED_TO:
    case TK_DOT:
        return true;
    default:
        return false;
    }
}

typedef struct TokenName {
    int token;
    const char *en, *zh;
} TokenName;

static const TokenName token_names[] = {
    {TK_ID, "a name", "名称"},
    {TK_LABEL, "a field", "字段"},
    {TK_COMMALABEL, "a field", "字段"},
    {TK_STRING, "a text in quotes", "引号中的文本"},
    {TK_NUMBER, "a number", "数"},
    {TK_PERCENT, "a percentage", "百分比"},
    {TK_MONEY, "an amount of money", "金额"},
    {TK_DURATION, "a duration as in 2 hours", "时长，如 2 小时"},
    {TK_DATE, "a date", "日期"},
    {TK_TIME, "a time of day", "时刻"},
    {TK_DATETIME, "a date and time", "日期与时刻"},
    {TK_INSTANT, "an instant", "时间点"},
    {TK_UNIT, "a unit of time", "时间单位"},
    {TK_WEEKDAY, "a weekday", "星期"},
    {TK_TYPE, "a type", "类型"},
    {TK_CURRENCY_CODE, "a currency", "币种"},
    {TK_HIT, "unique, first, any, priority, rule order, output order or collect",
     "唯一、首行、任意、优先级、规则顺序、输出顺序或收集"},
    {TK_STATE, "a state", "状态"},
    {TK_LEVEL, "warning or critical", "预警或严重"},
    {TK_AGG, "an aggregate, as sum or count", "聚合，如合计或计数"},
    {TK_COMPARISON, "a comparison, as ends with", "比较，如结尾为"},
    {TK_ATTRIBUTE, "`concerning` and its like", "`标的`之类"},
    {TK_POWER,
     "what one may do: waive, pause, acknowledge, reassign, correct, withdraw, return, transfer, "
     "urge, add signers to or remove signers from",
     "可做的事：豁免、暂停、确认、转办、更正、撤回、退回、移交、催办、加签或减签"},
    {TK_DECIDED, "approval", "审批"},
    {TK_GRANT, "who may do something", "谁可做什么"},
    {TK_ROUNDING, "half up, half even, half down, up, down, ceiling or floor",
     "四舍五入、四舍六入五成双、五舍六入、进位、截尾、向上取整或向下取整"},
    {TK_LB, "{", "{"},
    {TK_RECLB, "{", "{"},
    {TK_RB, "}", "}"},
    {TK_LP, "(", "("},
    {TK_CALLP, "(", "("},
    {TK_RP, ")", ")"},
    {TK_LBRACK, "[", "["},
    {TK_RBRACK, "]", "]"},
    {TK_COMMA, ",", ","},
    {TK_SEMI, ";", ";"},
    {TK_COLON, ":", ":"},
    {TK_DOTDOT, "..", ".."},
    {TK_DOT, ".", "."},
    {TK_BAR, "|", "|"},
    {TK_FAT, "=>", "=>"},
    {TK_ARROW, "->", "->"},
    {TK_EQ, "=", "="},
    {TK_NE, "!=", "!="},
    {TK_LE, "<=", "<="},
    {TK_GE, ">=", ">="},
    {TK_LT, "<", "<"},
    {TK_GT, ">", ">"},
    {TK_PLUS, "+", "+"},
    {TK_MINUS, "-", "-"},
    {TK_STAR, "*", "*"},
    {TK_SLASH, "/", "/"},
    {TK_QUESTION, "?", "?"},
    {0, "the end of the file", "文件结尾"},
};

Str token_name(int token, bool chinese) {
    for (size_t i = 0; i < sizeof token_names / sizeof *token_names; i++)
        if (token_names[i].token == token)
            return str_of(chinese ? token_names[i].zh : token_names[i].en);
    return keyword_of(token, -1, chinese);
}

bool keyword_is_value(Str word) {
    static const int words[] = {TK_YES, TK_NO, TK_ABSENT, TK_NOT};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq(word, keyword_of(words[i], -1, false)) ||
            str_eq(word, keyword_of(words[i], -1, true)))
            return true;
    return false;
}

bool keyword_sure(const Keywords *k, Str words, const Spelling *meant) {
    enum { LONG = 6 };
    size_t near = meant->chinese || utf8_count(meant->text) < LONG ? 1 : 2;
    if (!is_slip(words, meant->text, true))
        return false;
    for (size_t i = 0; i < k->n; i++)
        if ((k->at[i].token != meant->token || k->at[i].sub != meant->sub) &&
            !str_eq(k->at[i].text, meant->text) &&
            name_distance(words, k->at[i].text, near) <= near)
            return false;
    return true;
}
