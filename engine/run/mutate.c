/* run: where a policy can be changed. The parsed files are walked as they are written; an edit is a
 * span of text and what stands there instead. */
#include "engine/run/mutate.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/check.h"
#include "engine/check/check_int.h"
#include "engine/run/policytest_int.h"
#include "engine/syntax/keyword.h"
#include "engine/syntax/marks.h"

typedef struct Maker {
    Policy *p;
    const Cover *cover;
    Arena *a;
    MutantList *out;
    Err *err;
    Status status;
    const Node *decl; /* the declaration that is walked */
    bool everywhere;  /* any test may notice what is changed here */
    Buf text;         /* scratch */
} Maker;

typedef struct MutantWords {
    const char *what, *what_zh, *advice, *advice_zh;
} MutantWords;
static const MutantWords words[MUTANT_KINDS] = {
#define MUTANT(kind, what, what_zh, advice, advice_zh) {what, what_zh, advice, advice_zh},
#include "engine/run/mutant.def"
};

Str mutant_what(const Mutant *m, bool chinese) {
    return str_of(chinese ? words[m->kind].what_zh : words[m->kind].what);
}

Str mutant_advice(const Mutant *m, bool chinese) {
    return str_of(chinese ? words[m->kind].advice_zh : words[m->kind].advice);
}

/* ---- text */

static Str file_text(const Maker *m, uint32_t file) {
    return m->p->sources.files.at[file].text;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The end of the remark or the text in quotes that begins at i; i: none does. */
static size_t past_quoted(Str text, size_t i) {
    static const char open[] = "“", close[] = "”";
    bool remark = str_starts(str_from(text, i), S("--"));
    bool wide = str_starts(str_from(text, i), str_of(open));
    if (!remark && !wide && text.p[i] != '"')
        return i;
    Str end = remark ? S("\n") : wide ? str_of(close) : S("\"");
    for (size_t k = i + 1; k < text.n; k++)
        if (text.p[k] == '\n' || str_starts(str_from(text, k), end))
            return text.p[k] == '\n' ? k : k + end.n;
    return text.n;
}

/* +1 where a brace, bracket or parenthesis opens at i, -1 where one closes; *n: its bytes. */
static int bracket_at(Str text, size_t i, size_t *n) {
    static const char *const marks[2][6] = {{"{", "(", "[", "｛", "（", "［"},
                                            {"}", ")", "]", "｝", "）", "］"}};
    for (int side = 0; side < 2; side++)
        for (int k = 0; k < 6; k++)
            if (str_starts(str_from(text, i), str_of(marks[side][k]))) {
                *n = str_of(marks[side][k]).n;
                return side == 0 ? 1 : -1;
            }
    *n = 1;
    return 0;
}

/* The end of what begins at `from` and stands in a list: where the list's brace closes, or at
 * `most`. */
static uint32_t list_end(Str text, uint32_t from, uint32_t most) {
    int depth = 0;
    for (size_t i = from; i < most;) {
        size_t end = past_quoted(text, i), n;
        if (end > i) {
            i = end;
            continue;
        }
        depth += bracket_at(text, i, &n);
        if (depth < 0)
            return (uint32_t)i;
        i += n;
    }
    return most;
}

/* ---- edits */

/* Whether a line's remark takes it out, and why not, where it lacks a reason. */
static bool remark_excuses(Maker *m, Str line, Str name, uint32_t number) {
    static const char *const says[] = {"mutate: none", "变异：无", "变异: 无"};
    for (size_t i = 0; i + 1 < line.n;) {
        size_t end = past_quoted(line, i);
        if (!str_starts(str_from(line, i), S("--"))) {
            i = end > i ? end : i + 1;
            continue;
        }
        Str remark = str_trim(str_from(line, i + 2));
        for (size_t k = 0; k < sizeof says / sizeof *says; k++) {
            if (!str_starts(remark, str_of(says[k])))
                continue;
            Str rest = str_trim(str_from(remark, str_of(says[k]).n));
            bool wide = str_starts(rest, S("，"));
            if ((wide || str_starts(rest, S(","))) && str_trim(str_from(rest, wide ? 3 : 1)).n > 0)
                return true;
            if (m->status == OK)
                m->status = err_say(
                    m->err, ERR_SYNTAX, "%.*s:%u: say why behind a comma: -- mutate: none, REASON",
                    "%.*s:%u：请在逗号后写明理由：-- mutate: none, 理由", STR_ARG(name), number);
            return true;
        }
        return false;
    }
    return false;
}

/* A remark on the line, or alone on the line before. */
static bool is_excused(Maker *m, uint32_t file, uint32_t line) {
    Str name = m->p->sources.files.at[file].name;
    if (remark_excuses(m, source_line(&m->p->sources, file, line), name, line))
        return true;
    if (line < 2)
        return false;
    Str before = str_trim(source_line(&m->p->sources, file, line - 1));
    return str_starts(before, S("--")) && remark_excuses(m, before, name, line - 1);
}

static void make(Maker *m, MutantKind kind, Span at, Str text) {
    const Source *source = &m->p->sources.files.at[at.file];
    if (m->status != OK || source->embedded || source->pattern.n > 0 || source->data)
        return;
    Mutant made = {.kind = (uint8_t)kind, .at = at, .everywhere = m->everywhere};
    made.line = source_place(&m->p->sources, at.file, at.from).line;
    if (is_excused(m, at.file, made.line) || m->status != OK)
        return;
    made.decl = cover_decl_at(m->cover, at.file, made.line);
    made.everywhere = made.everywhere || made.decl < 0;
    if (arena_str(m->a, text, &made.text) != OK || !vec_push(m->out, made))
        m->status = ERR_NOMEM;
}

static void make_buf(Maker *m, MutantKind kind, Span at) {
    if (m->text.failed)
        m->status = ERR_NOMEM;
    else
        make(m, kind, at, buf_str(&m->text));
    buf_reset(&m->text);
}

/* What is taken out leaves its newlines, so that lines keep their numbers. */
static void make_gone(Maker *m, MutantKind kind, Span at) {
    Str text = source_text(&m->p->sources, at);
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\n')
            put_c(&m->text, '\n');
    make_buf(m, kind, at);
}

/* A node of a list with all that belongs to it, up to the next or to the end of the list. */
static Span whole_of(const Maker *m, const Node *node) {
    Str text = file_text(m, node->span.file);
    uint32_t most = node->next != NULL && node->next->span.from > node->span.from
                        ? node->next->span.from
                        : (uint32_t)text.n;
    uint32_t end = node->next != NULL ? most : list_end(text, node->span.from, most);
    while (end > node->span.to && is_blank(text.p[end - 1]))
        end--;
    return (Span){node->span.file, node->span.from, end};
}

static void drop(Maker *m, MutantKind kind, const Node *node) {
    make_gone(m, kind, whole_of(m, node));
}

/* Whether what stands there is in Chinese. */
static bool in_chinese(const Maker *m, Span at) {
    Str text = source_text(&m->p->sources, at);
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] >= 0x80)
            return true;
    return false;
}

/* Whether the declaration's keywords are Chinese. */
static bool writes_chinese(const Maker *m) {
    Str text = file_text(m, m->decl->span.file);
    return (unsigned char)text.p[m->decl->span.from] >= 0x80;
}

/* ---- literals */

enum { DIGITS_MOST = 17 };

/* The digit that stands at i, in full width perhaps, or -1; *n: its bytes. */
static int digit_at(Str text, size_t i, size_t *n) {
    static const char zero[] = "０"; /* the others differ from it in the last byte */
    *n = 1;
    if (text.p[i] >= '0' && text.p[i] <= '9')
        return text.p[i] - '0';
    if (!str_starts(str_from(text, i), (Str){zero, 2}) || i + 2 >= text.n)
        return -1;
    int digit = (unsigned char)text.p[i + 2] - (unsigned char)zero[2];
    *n = digit >= 0 && digit <= 9 ? 3 : 1;
    return *n == 3 ? digit : -1;
}

/* The digits with which a literal begins, behind its sign. */
static Span digits_of(const Maker *m, const Node *lit) {
    Str text = file_text(m, lit->span.file);
    uint32_t from = lit->span.from;
    while (from < lit->span.to && (text.p[from] == '-' || is_blank(text.p[from])))
        from++;
    uint32_t to = from;
    size_t n = 1;
    while (to < lit->span.to &&
           (digit_at(text, to, &n) >= 0 || text.p[to] == '_' || text.p[to] == '.'))
        to += (uint32_t)n;
    return (Span){lit->span.file, from, to};
}

/* Takes in what stands behind the digits: the unit, as it is written of several or of one. */
static void put_unit(Maker *m, const Node *lit, Span *at, bool several) {
    Str text = file_text(m, lit->span.file);
    Str unit = {text.p + at->to, lit->span.to - at->to};
    bool plain = unit.n > 0 && (unsigned char)unit.p[unit.n - 1] < 0x80;
    at->to = lit->span.to;
    if (plain && unit.p[unit.n - 1] == 's')
        unit.n--;
    put_text(&m->text, unit);
    put_text(&m->text, plain && several ? S("s") : S(""));
}

/* One step up or down in the last place that is written. */
static void make_stepped(Maker *m, MutantKind kind, const Node *lit, int64_t step) {
    Span at = digits_of(m, lit);
    Str text = source_text(&m->p->sources, at);
    int64_t value = 0;
    int digits = 0, places = -1;
    for (size_t i = 0, n; i < text.n; i += n) {
        int digit = digit_at(text, i, &n);
        if (text.p[i] == '.')
            places = 0;
        if (digit < 0)
            continue;
        value = value * 10 + digit;
        places += places >= 0;
        if (++digits > DIGITS_MOST)
            return;
    }
    value += step;
    if (digits == 0 || value < 0)
        return;
    int64_t unit = 1;
    for (int i = 0; i < places; i++)
        unit *= 10;
    put_dec(&m->text, value / unit);
    if (places > 0)
        put_fmt(&m->text, ".%0*lld", places, (long long)(value % unit));
    if (lit->op == LIT_DURATION)
        put_unit(m, lit, &at, value != 1);
    make_buf(m, kind, at);
}

/* A unit of the other clock; UNIT_COUNT: there is none. */
static UnitRow other_clock(uint32_t unit) {
    switch ((int)unit) {
    case UNIT_MINUTE:
        return UNIT_WORKING_MINUTE;
    case UNIT_HOUR:
        return UNIT_WORKING_HOUR;
    case UNIT_DAY:
        return UNIT_WORKING_DAY;
    case UNIT_WORKING_MINUTE:
        return UNIT_MINUTE;
    case UNIT_WORKING_HOUR:
        return UNIT_HOUR;
    case UNIT_WORKING_DAY:
        return UNIT_DAY;
    default:
        return UNIT_COUNT;
    }
}

static void make_counted(Maker *m, const Node *lit) {
    UnitRow other = other_clock(lit->slot);
    Span at = digits_of(m, lit);
    Str text = file_text(m, lit->span.file);
    at.from = at.to;
    while (at.from < lit->span.to && is_blank(text.p[at.from]))
        at.from++;
    at.to = lit->span.to;
    if (other == UNIT_COUNT || at.from >= at.to)
        return;
    bool chinese = in_chinese(m, at);
    put_text(&m->text, keyword_of(TK_UNIT, (int)other, chinese));
    if (!chinese && text.p[at.to - 1] == 's')
        put_c(&m->text, 's');
    make_buf(m, MUTANT_SPAN_COUNTED, at);
}

static void make_minute_later(Maker *m, const Node *lit) {
    Str text = source_text(&m->p->sources, lit->span);
    if (text.n != 5 || text.p[2] != ':')
        return; /* with seconds, or in full width */
    int minute = (text.p[0] - '0') * 600 + (text.p[1] - '0') * 60 + (text.p[3] - '0') * 10 +
                 (text.p[4] - '0') + 1;
    put_fmt(&m->text, "%02d:%02d", minute / 60 % 24, minute % 60);
    make_buf(m, MUTANT_TIME_MOVED, lit->span);
}

static void literal(Maker *m, const Node *lit) {
    switch ((int)lit->op) {
    case LIT_NUMBER:
    case LIT_PERCENT:
    case LIT_MONEY:
        make_stepped(m, MUTANT_NUMBER_UP, lit, 1);
        make_stepped(m, MUTANT_NUMBER_DOWN, lit, -1);
        return;
    case LIT_DURATION:
        make_stepped(m, MUTANT_SPAN_LONGER, lit, 1);
        make_stepped(m, MUTANT_SPAN_SHORTER, lit, -1);
        make_counted(m, lit);
        return;
    case LIT_TIME:
        make_minute_later(m, lit);
        return;
    case LIT_FLAG:
        make(m, MUTANT_FLAG_TURNED, lit->span,
             keyword_of(lit->flag != 0 ? TK_NO : TK_YES, -1, in_chinese(m, lit->span)));
        return;
    default:
        return;
    }
}

/* ---- conditions and operators */

/* What an operator is turned into; 0: it is left. */
static const char *turned(const Node *binary, MutantKind *kind) {
    *kind = MUTANT_BORDER_TURNED;
    switch ((int)binary->op) {
    case MARK_LT:
        return "<=";
    case MARK_LE:
        return "<";
    case MARK_GT:
        return ">=";
    case MARK_GE:
        return ">";
    case MARK_EQ:
        *kind = MUTANT_EQUALS_TURNED;
        return "!=";
    case MARK_NE:
        *kind = MUTANT_EQUALS_TURNED;
        return "=";
    case MARK_PLUS:
        *kind = MUTANT_SIGN_TURNED;
        return "-";
    case MARK_MINUS:
        *kind = MUTANT_SIGN_TURNED;
        return "+";
    default:
        return NULL;
    }
}

static void operator_turned(Maker *m, const Node *binary) {
    MutantKind kind;
    const char *other = turned(binary, &kind);
    bool and_or = binary->op == MARK_AND || binary->op == MARK_OR;
    if (and_or)
        make(m, MUTANT_AND_OR_TURNED, binary->at,
             keyword_of(binary->op == MARK_AND ? TK_OR : TK_AND, -1, in_chinese(m, binary->at)));
    else if (other != NULL)
        make(m, kind, binary->at, str_of(other));
}

static void walk(Maker *m, const Node *list);
static void walk_one(Maker *m, const Node *node);

/* What its own operator turns is not negated once more. */
static void condition(Maker *m, const Node *cond) {
    if (cond == NULL)
        return;
    bool equals = cond->kind == N_BINARY && (cond->op == MARK_EQ || cond->op == MARK_NE);
    if (!equals && cond->kind != N_UNARY) {
        bool chinese = writes_chinese(m);
        put_fmt(&m->text, "%.*s (", STR_ARG(keyword_of(TK_NOT, -1, chinese)));
        put_text(&m->text, source_text(&m->p->sources, cond->span));
        put_c(&m->text, ')');
        make_buf(m, MUTANT_CONDITION_TURNED, cond->span);
    }
    walk(m, cond);
}

static void negation(Maker *m, const Node *unary) {
    if (unary->op == TK_NOT)
        make(m, MUTANT_NOT_DROPPED, (Span){unary->span.file, unary->span.from, unary->a->span.from},
             S(""));
}

/* ---- parties */

static const Party *party_of(const Node *node) {
    return node->type != NULL && node->bind == BIND_PARTY ? node->means : NULL;
}

/* One that stands above it, else any other of the policy itself. */
static const Party *other_party(const Maker *m, const Party *party) {
    const Program *p = m->p->program;
    const Party *above = party == NULL || party->spans == NULL ? NULL : party->spans->under;
    if (above == NULL && party != NULL && party->team != NULL)
        above = party->team;
    if (above != NULL && above->home->name.n == 0)
        return above;
    for (size_t i = 0; i < p->parties.n; i++)
        if (p->parties.at[i] != party && p->parties.at[i]->home->name.n == 0)
            return p->parties.at[i];
    return NULL;
}

static void party_changed(Maker *m, const Node *node) {
    bool known = node->type != NULL && type_of(node)->kind == TY_PARTY;
    const Party *other = known ? other_party(m, party_of(node)) : NULL;
    if (other != NULL)
        make(m, MUTANT_PARTY_CHANGED, node->span, other->name);
}

static void parties_changed(Maker *m, const Node *list) {
    for (const Node *node = list; node != NULL; node = node->next)
        party_changed(m, node);
}

/* ---- tables */

/* What another row has in the same place; NULL: the same everywhere. */
static const Node *elsewhere(const Maker *m, const Node *rows, const Node *row, int column,
                             bool output) {
    Str own = {NULL, 0};
    for (const Node *other = rows; other != NULL; other = other->next) {
        const Node *cell = output ? row->b : row->a, *there = output ? other->b : other->a;
        for (int i = 0; i < column && cell != NULL && there != NULL; i++) {
            cell = cell->next;
            there = there->next;
        }
        if (cell == NULL || there == NULL || there->kind != cell->kind)
            continue;
        own = source_text(&m->p->sources, cell->span);
        if (!str_eq(own, source_text(&m->p->sources, there->span)))
            return there;
    }
    return NULL;
}

/* A value that has no steps of its own: a name, a seat. */
static bool is_named(const Node *value) {
    return value->kind == N_REF || value->kind == N_FIELD;
}

static void value_elsewhere(Maker *m, const Node *rows, const Node *row, int column, bool output,
                            const Node *value) {
    const Node *other = elsewhere(m, rows, row, column, output);
    if (other != NULL)
        make(m, MUTANT_VALUE_CHANGED, value->span, source_text(&m->p->sources, other->span));
}

static void cells(Maker *m, const Node *rows, const Node *row) {
    int column = 0;
    for (const Node *cell = row->a; cell != NULL; cell = cell->next, column++) {
        if (cell->kind != N_CELL_TESTS)
            continue;
        make(m, MUTANT_CELL_WIDENED, cell->span, S("-"));
        const Node *first = cell->a;
        if (first->kind == N_TEST_IS && first->next == NULL && is_named(first->a))
            value_elsewhere(m, rows, row, column, false, cell);
        for (const Node *test = cell->a; test != NULL; test = test->next)
            walk_one(m, test);
    }
}

static void outputs(Maker *m, const Node *rows, const Node *row) {
    int column = 0;
    for (const Node *value = row->b; value != NULL; value = value->next, column++) {
        if (is_named(value))
            value_elsewhere(m, rows, row, column, true, value);
        else
            walk_one(m, value);
    }
}

static bool rows_have_order(const Node *table) {
    return table->op == HIT_FIRST || table->op == HIT_PRIORITY || table->op == HIT_RULE_ORDER ||
           table->op == HIT_OUTPUT_ORDER;
}

static void rows_swapped(Maker *m, const Node *row) {
    const Node *next = row->next;
    Span between = {row->span.file, row->span.to, next->span.from};
    put_text(&m->text, source_text(&m->p->sources, next->span));
    put_text(&m->text, source_text(&m->p->sources, between));
    put_text(&m->text, source_text(&m->p->sources, row->span));
    make_buf(m, MUTANT_ROWS_SWAPPED, (Span){row->span.file, row->span.from, next->span.to});
}

static void table(Maker *m, const Node *node) {
    for (const Node *row = node->c; row != NULL; row = row->next) {
        if (row->kind != N_ROW)
            continue;
        if (node->flag == 0)
            drop(m, MUTANT_ROW_DROPPED, row);
        if (row->next != NULL && row->next->kind == N_ROW && rows_have_order(node))
            rows_swapped(m, row);
        cells(m, node->c, row);
        outputs(m, node->c, row);
    }
    for (const Node *part = node->d; part != NULL; part = part->next)
        if (part->kind == N_COLUMN && part->a != NULL)
            walk(m, part->a);
}

/* ---- duties */

static void act(Maker *m, const Node *node) {
    condition(m, node->b);
    walk(m, node->c);
    if (node->d != NULL)
        condition(m, node->d);
}

static void rung(Maker *m, const Node *node) {
    drop(m, MUTANT_RUNG_DROPPED, node);
    bool chinese = writes_chinese(m);
    if (node->op == RUNG_DUE) {
        put_fmt(&m->text, "%.*s 1 %.*s ", STR_ARG(keyword_of(TK_AFTER, -1, chinese)),
                STR_ARG(keyword_of(TK_UNIT, UNIT_HOUR, chinese)));
        make_buf(m, MUTANT_RUNG_MOVED,
                 (Span){node->span.file, node->span.from, node->b->span.from});
    }
    if (node->b->kind == N_RAISE_TO) {
        put_fmt(&m->text, "%.*s ", STR_ARG(keyword_of(TK_REMIND, -1, chinese)));
        make_buf(m, MUTANT_RUNG_SOFTENED,
                 (Span){node->span.file, node->b->span.from, node->b->a->span.from});
    }
    walk(m, node->a);
    parties_changed(m, node->b->a);
    walk(m, node->c);
    walk(m, node->d);
}

/* On the next day of the month, or the next of these weekdays. */
static void monthday(Maker *m, const Node *day) {
    Span at = {day->span.file, day->span.to - (uint32_t)day->text.n, day->span.to};
    if (day->text.n == 0 || !str_eq(source_text(&m->p->sources, at), day->text))
        return; /* the last one, or in full width */
    int64_t number = 0;
    for (size_t i = 0; i < day->text.n && i < DIGITS_MOST; i++)
        number = number * 10 + (day->text.p[i] - '0');
    put_dec(&m->text, number + 1);
    make_buf(m, MUTANT_DAY_MOVED, at);
}

static void schedule(Maker *m, const Node *every) {
    m->everywhere = true;
    for (const Node *days = every->a; days != NULL; days = days->next) {
        if (days->kind == N_CAL_DAYS && days->op == days->flag)
            make(m, MUTANT_DAY_MOVED, days->span,
                 keyword_of(TK_WEEKDAY, days->op % 7 + 1, in_chinese(m, days->span)));
        else if (days->kind == N_LIT)
            literal(m, days);
        else if (days->kind == N_MONTHDAY)
            monthday(m, days);
    }
    walk(m, every->d);
    m->everywhere = false;
    if (every->c != NULL)
        condition(m, every->c->b);
}

/* ---- actions */

static bool is_action(const Node *node) {
    return node->kind == N_EMIT || node->kind == N_OBLIGE || node->kind == N_NOTIFY ||
           node->kind == N_ASK || node->kind == N_RAISE_TO || node->kind == N_SET ||
           node->kind == N_DELETE;
}

static void action(Maker *m, const Node *node) {
    if (node->kind == N_NOTIFY || node->kind == N_RAISE_TO)
        parties_changed(m, node->a);
    if (node->kind == N_OBLIGE || node->kind == N_ASK)
        walk(m, node->a);
    if (node->kind == N_EMIT || node->kind == N_SET)
        walk(m, node->b);
    if (node->kind == N_NOTIFY)
        walk(m, node->c);
}

/* Of a reaction with one action the reaction is dropped. */
static void reaction(Maker *m, const Node *node) {
    bool one = node->a != NULL && node->a->next == NULL;
    drop(m, MUTANT_REACTION_DROPPED, node);
    for (const Node *part = node->a; part != NULL; part = part->next) {
        if (is_action(part) && !one)
            drop(m, MUTANT_ACTION_DROPPED, part);
        walk_one(m, part);
    }
}

/* ---- approvals */

static void need_count(Maker *m, const Node *node, MutantKind kind, int step) {
    int64_t count = 0;
    for (size_t i = 0; i < node->text.n && i < DIGITS_MOST; i++)
        if (node->text.p[i] >= '0' && node->text.p[i] <= '9')
            count = count * 10 + (node->text.p[i] - '0');
    if (count + step < 1)
        return;
    put_dec(&m->text, count + step);
    make_buf(m, kind, node->at);
}

/* One of several seats, with the comma before or behind it. */
static void seats_dropped(Maker *m, const Node *list) {
    const Node *before = NULL;
    for (const Node *seat = list; seat != NULL; before = seat, seat = seat->next) {
        Span at = seat->span;
        if (before == NULL && seat->next == NULL)
            return;
        if (seat->next != NULL)
            at.to = seat->next->span.from;
        else
            at.from = before->span.to;
        make_gone(m, MUTANT_SEAT_DROPPED, at);
    }
}

static void need(Maker *m, const Node *node) {
    drop(m, MUTANT_NEED_DROPPED, node);
    bool all = node->op == NEED_ALL, any = node->op == NEED_ANY;
    if (all || any)
        make(m, MUTANT_ALL_ONE_TURNED, node->at,
             keyword_of(all ? TK_ONE_OF : TK_ALL_OF, -1, in_chinese(m, node->at)));
    if (node->op == NEED_COUNT || node->op == NEED_POINTS) {
        need_count(m, node, MUTANT_COUNT_UP, 1);
        need_count(m, node, MUTANT_COUNT_DOWN, -1);
    }
    if (node->op != NEED_ONE)
        seats_dropped(m, node->a);
    else
        parties_changed(m, node->a);
    condition(m, node->b);
}

/* ---- KPIs */

static void bound(Maker *m, const Node *node) {
    static const struct {
        int token;
    } other[] = {[SIDE_ABOVE] = {TK_AT_LEAST},
                 [SIDE_BELOW] = {TK_AT_MOST},
                 [SIDE_AT_LEAST] = {TK_ABOVE},
                 [SIDE_AT_MOST] = {TK_BELOW}};
    if (node->op < sizeof other / sizeof *other)
        make(m, MUTANT_BORDER_TURNED, node->at,
             keyword_of(other[node->op].token, -1, in_chinese(m, node->at)));
    walk(m, node->a);
    if (node->b == NULL)
        return;
    make_gone(m, MUTANT_HOLD_DROPPED, (Span){node->span.file, node->a->span.to, node->b->span.to});
    walk(m, node->b);
}

/* Of the calendar: the next longer one. */
static void window_changed(Maker *m, const Node *window) {
    static const uint8_t longer[UNIT_COUNT] = {[UNIT_DAY] = UNIT_WEEK,
                                               [UNIT_WEEK] = UNIT_MONTH,
                                               [UNIT_MONTH] = UNIT_QUARTER,
                                               [UNIT_QUARTER] = UNIT_YEAR};
    Span at = {window->span.file, window->at.to, window->span.to};
    Str text = file_text(m, at.file);
    int unit = window->flag - 1;
    if (window->op != WINDOW_CALENDAR || unit < 0 || unit >= UNIT_COUNT || longer[unit] == 0)
        return;
    while (at.from < at.to && is_blank(text.p[at.from]))
        at.from++;
    make(m, MUTANT_WINDOW_CHANGED, at, keyword_of(TK_UNIT, longer[unit], in_chinese(m, at)));
}

static void level(Maker *m, const Node *node) {
    drop(m, MUTANT_LEVEL_DROPPED, node);
    bound(m, node->a);
    if (node->b == NULL)
        return;
    make_gone(m, MUTANT_CLAUSE_DROPPED,
              (Span){node->span.file, node->a->span.to, node->b->span.to});
    bound(m, node->b);
}

/* ---- the walk */

static void walk_children(Maker *m, const Node *node) {
    const Node *const children[] = {node->a, node->b, node->c, node->d};
    for (int i = 0; i < 4; i++)
        walk(m, children[i]);
}

/* A clause that may be left out. */
static bool may_go(const Node *node) {
    switch ((int)node->kind) {
    case N_ACT:
    case N_PARTS:
    case N_PAUSE:
    case N_AGAIN:
    case N_QUIET:
    case N_SILENT:
    case N_GROUPED:
    case N_STARTS:
    case N_EXCLUDING:
    case N_EACH_WITHIN:
    case N_REFUSED_BY:
    case N_RESUBMIT:
    case N_STAGE:
    case N_SAMPLES:
    case N_EMPTY:
        return true;
    default:
        return false;
    }
}

static void walk_one(Maker *m, const Node *node) {
    switch ((int)node->kind) {
    case N_LIT:
        literal(m, node);
        return;
    case N_BINARY:
        operator_turned(m, node);
        walk(m, node->a);
        walk(m, node->b);
        return;
    case N_TEST_CMP:
        operator_turned(m, node);
        walk(m, node->a);
        return;
    case N_UNARY:
        negation(m, node);
        walk(m, node->a);
        return;
    case N_IF:
        walk(m, node->a);
        condition(m, node->b);
        return;
    case N_CALL:
        walk(m, node->a);
        condition(m, node->b);
        return;
    case N_AGGREGATE:
        walk(m, node->c);
        condition(m, node->b);
        return;
    case N_ON:
        condition(m, node->b);
        return;
    case N_EVERY:
        schedule(m, node);
        return;
    case N_ACT:
        act(m, node);
        return;
    case N_PAUSE:
        act(m, node->a);
        act(m, node->b);
        return;
    case N_FORBID:
        act(m, node->a);
        if (node->b != NULL)
            act(m, node->b);
        return;
    case N_OWED_BY:
        parties_changed(m, node->a);
        return;
    case N_RUNG:
        rung(m, node);
        return;
    case N_WHEN:
    case N_WHEN_LEVEL:
        reaction(m, node);
        return;
    case N_CASE:
        condition(m, node->a);
        walk(m, node->c);
        walk(m, node->d);
        return;
    case N_FOR_EACH:
        condition(m, node->b);
        walk(m, node->c);
        return;
    case N_SILENT:
        condition(m, node->a);
        return;
    case N_NEED:
        need(m, node);
        return;
    case N_STAGE:
        condition(m, node->b);
        walk(m, node->a);
        return;
    case N_LEVEL:
        level(m, node);
        return;
    case N_WINDOW:
        window_changed(m, node);
        walk_children(m, node);
        return;
    case N_SAMPLES:
        need_count(m, node, MUTANT_NUMBER_UP, 1);
        need_count(m, node, MUTANT_NUMBER_DOWN, -1);
        return;
    case N_NAME:
    case N_KEY:
    case N_PARAM:
    case N_ATTRIBUTE:
    case N_EXCLUDING:
    case N_DATED:
        return;
    default:
        if (is_action(node))
            action(m, node);
        else
            walk_children(m, node);
    }
}

static void walk(Maker *m, const Node *list) {
    for (const Node *node = list; node != NULL && m->status == OK; node = node->next) {
        if (is_action(node))
            drop(m, MUTANT_ACTION_DROPPED, node);
        else if (may_go(node))
            drop(m, MUTANT_CLAUSE_DROPPED, node);
        walk_one(m, node);
    }
}

static void walk_decls(Maker *m, const Node *list);

static void walk_decl(Maker *m, const Node *node) {
    m->decl = node;
    switch ((int)node->kind) {
    case N_TABLE:
        table(m, node);
        return;
    case N_DUTY:
    case N_RULE:
    case N_APPROVAL:
        walk(m, node->b);
        walk(m, node->c);
        return;
    case N_KPI:
        walk(m, node->c);
        return;
    case N_GRANT:
    case N_DEPUTY:
    case N_REASSIGN:
        m->everywhere = true;
        drop(m, MUTANT_POWER_DROPPED, node);
        walk(m, node->kind == N_GRANT ? node->d : NULL);
        m->everywhere = false;
        return;
    case N_USE:
        m->everywhere = true;
        walk(m, node->a);
        m->everywhere = false;
        return;
    case N_PATTERN:
        walk_decls(m, node->c);
        return;
    case N_MODULE:
        walk_decls(m, node->a);
        return;
    default:
        return;
    }
}

static void walk_decls(Maker *m, const Node *list) {
    for (const Node *node = list; node != NULL && m->status == OK; node = node->next)
        walk_decl(m, node);
}

static int by_place(const void *a, const void *b) {
    const Mutant *x = a, *y = b;
    int order = span_order(x->at, y->at);
    if (order != 0)
        return order;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->at.to != y->at.to)
        return x->at.to < y->at.to ? -1 : 1;
    return str_cmp(x->text, y->text);
}

Status mutants_find(Policy *p, const Cover *cover, Arena *a, MutantList *out, Err *err) {
    Maker m = {.p = p, .cover = cover, .a = a, .out = out, .err = err};
    for (size_t i = 0; i < p->program->files.n && m.status == OK; i++)
        walk_decls(&m, p->program->files.at[i]);
    buf_free(&m.text);
    if (m.status == OK && out->n > 0) /* by_place is a total order but for equal edits */
        qsort(out->at, out->n, sizeof *out->at, by_place);
    return m.status;
}

/* ---- the lines of a mutant */

void put_mutant_lines(Buf *before, Buf *after, Policy *p, const Mutant *m) {
    Str text = p->sources.files.at[m->at.file].text;
    size_t from = m->at.from, to = m->at.to;
    while (from > 0 && text.p[from - 1] != '\n')
        from--;
    while (to < text.n && text.p[to] != '\n')
        to++;
    Buf changed = {0};
    put_text(&changed, (Str){text.p + from, m->at.from - from});
    put_text(&changed, m->text);
    put_text(&changed, (Str){text.p + m->at.to, to - m->at.to});
    Str was = {text.p + from, to - from}, is = buf_str(&changed);
    if (m->kind == MUTANT_ROWS_SWAPPED) { /* the first tells enough */
        (void)str_cut(was, '\n', &was, NULL);
        (void)str_cut(is, '\n', &is, NULL);
    }
    put_line_of(before, was);
    put_line_of(after, is);
    buf_free(&changed);
}
