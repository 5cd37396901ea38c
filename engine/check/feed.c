/* check: feeds: what a file's rows hold, how it is read, which events come of it. A feed sees one
 * row; its columns are at hand by their names, as the parameters of a table are. */
#include "engine/check/check_int.h"

#include "engine/base/form.h"
#include "engine/base/limits.h"
#include "engine/base/path.h"

/* ---- columns */

/* What a text cannot say. */
static bool column_type_ok(Program *p, const FeedSym *feed, const Node *node, const Type *type) {
    const Type *item = type->kind == TY_LIST ? type->item : type;
    bool holds = item->kind == TY_RECORD;
    if (!holds || feed->json)
        return true;
    diag_add3(
        p->diags, DIAG_FEED_COLUMN_TYPE, node->a == NULL ? node->at : node->a->span,
        type_text(p, type), say_both(p, "a cell", "单元格"),
        say_both(p, "give each of its fields a column, and put it together where the event comes",
                 "请给它的每个字段一列，并在给出事件处组合"));
    return false;
}

static uint32_t texts_of(Program *p, const Node *said, Str **out) {
    uint32_t n = 0;
    *out = new (p->arena, Str, node_count(said->a) + 1);
    if (*out == NULL) {
        p->nomem = true;
        return 0;
    }
    for (const Node *text = said->a; text != NULL; text = text->next)
        (*out)[n++] = text->text;
    return n;
}

static Str why_no_form(Program *p, const char *why) {
    static const char *const words[][3] = {
        {"letters",
         "it has letters that mean nothing; capitals count: YYYY, MM, DD, but hh, mm, ss, and "
         "others "
         "go in single quotes",
         "其中有无意义的字母；大小写有别，年月日用 YYYY、MM、DD，时分秒用 "
         "hh、mm、ss；其他字母须写在单引号中"},
        {"twice", "something comes twice in it", "其中有内容重复"},
        {"date", "a date needs a year, a month and a day", "日期须有年、月、日"},
        {"hour", "it has a part of a time, but no hours", "其中有时刻的一部分，却没有小时"},
        {"second", "a fraction needs seconds", "小数须接在秒之后"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq(str_of(why), str_of(words[i][0])))
            return say_both(p, words[i][1], words[i][2]);
    return say_both(p, "it has neither a date nor a time", "其中没有日期，也没有时刻");
}

/* Whether each text is a form of what is wanted: a date, or a time of day. */
static void dates_check(Program *p, const Node *said, bool date) {
    Str what = date ? say_both(p, "a date", "日期") : say_both(p, "a time of day", "时刻");
    for (const Node *text = said->a; text != NULL; text = text->next) {
        const char *why;
        MomentForm form = moment_form(text->text, &why);
        if (why == NULL && (date ? form.date : form.time))
            continue;
        Str because = why != NULL ? why_no_form(p, why)
                      : date ? say_both(p, "it has no year, month and day", "其中没有年、月、日")
                             : say_both(p, "it has no hours", "其中没有小时");
        diag_add3(p->diags, DIAG_DATE_FORM, text->span, text->text, what, because);
    }
}

static void numbers_check(Program *p, const Node *said) {
    NumberForm form;
    if (!number_form(said->a->text, &form))
        diag_add1(p->diags, DIAG_NUMBER_FORM, said->a->span, said->a->text);
}

static void reading_check(Program *p, const Node *node, const Field *field, ColumnSym *ways) {
    for (uint32_t i = 0; i < ways->reading_count; i++)
        if (str_eq(ways->readings[i].text, node->text))
            diag_add1(p->diags, DIAG_SAID_TWICE, node->at, say_quoted(p, node->text));
    ReadingSym reading = {.text = node->text, .value = value_absent()};
    if (node->a != NULL) {
        Type want = field->type;
        want.optional = false;
        (void)expr_constant(p, node->a, &want, DIAG_BAD_CELL, &reading.value);
    } else if (!field->type.optional && !field->has_preset) {
        diag_add1(p->diags, DIAG_FEED_NOTHING, node->span, field->name);
    }
    ways->readings[ways->reading_count++] = reading;
}

/* Paths into documents must be paths. */
static void from_check(Program *p, const FeedSym *feed, const Node *at, Str text) {
    if (!feed->json || path_ok(text))
        return;
    diag_add3(p->diags, DIAG_FEED_SETTING, at->at, text, say_both(p, "path", "路径"),
              say_both(p, "write it as in \"fields.customer.name\" or \"lines[0].sku\"",
                       "写法如 \"fields.customer.name\" 或 \"lines[0].sku\""));
}

static void ways_read(Program *p, const FeedSym *feed, const Node *node, const Field *field,
                      ColumnSym *ways) {
    const Node *seen[SAID_KINDS] = {0};
    ways->readings = new (p->arena, ReadingSym, node_count(node->c) + 1);
    if (ways->readings == NULL) {
        p->nomem = true;
        return;
    }
    for (const Node *way = node->c; way != NULL && !p->nomem; way = way->next) {
        if (way->kind == N_READING) {
            reading_check(p, way, field, ways);
            continue;
        }
        if (way->kind != N_SAID)
            continue;
        if (seen[way->op] != NULL) {
            diag_add1(p->diags, DIAG_SAID_TWICE, way->span, source_text(p->sources, way->at));
            continue;
        }
        seen[way->op] = way;
        if (way->op == SAID_FROM) {
            ways->from_count = texts_of(p, way, &ways->from);
        } else if (way->op == SAID_DATES) {
            dates_check(p, way, field->type.kind != TY_TIME);
            ways->date_count = texts_of(p, way, &ways->dates);
        } else {
            numbers_check(p, way);
            ways->numbers = way->a->text;
        }
    }
    if (ways->from_count == 0) {
        ways->from = new (p->arena, Str, 1);
        if (ways->from == NULL) {
            p->nomem = true;
            return;
        }
        ways->from[0] = node->more.n > 0 ? node->more : node->text;
        ways->from_count = 1;
        if (node->more.n > 0)
            from_check(p, feed, node, node->more);
    } else {
        for (uint32_t i = 0; i < ways->from_count; i++)
            from_check(p, feed, node, ways->from[i]);
    }
}

static void column_read(Program *p, FeedSym *feed, const Node *node) {
    int old = field_find(feed->columns, feed->column_count, node->text);
    if (old >= 0) {
        diag_other(diag_add2(p->diags, DIAG_DECLARED_TWICE, node->at, node->text, (Str){NULL, 0}),
                   feed->columns[old].at);
        return;
    }
    Field field = {.name = node->text,
                   .alias = name_alias(node->more),
                   .type = type_read(p, node->a),
                   .at = node->at};
    if (field.type.kind != TY_ERROR && !column_type_ok(p, feed, node, &field.type))
        field.type = type_error();
    if (node->b != NULL)
        field_preset(p, &field, node->b);
    uint32_t number = feed->column_count++;
    feed->columns[number] = field;
    ways_read(p, feed, node, &field, &feed->ways[number]);
    Local local = {.name = field.name,
                   .alias = field.alias,
                   .type = field.type,
                   .number = number,
                   .parameter = true,
                   .at = field.at};
    if (field.has_preset)
        local.type.optional = false;
    scope_add(p, &feed->scope, local);
}

static void columns_read(Program *p, FeedSym *feed) {
    size_t n = 0;
    const Node *at = NULL;
    for (const Node *part = feed->node->a; part != NULL; part = part->next)
        if (part->kind == N_COLUMNS) {
            n += node_count(part->a);
            at = part;
            feed->broken = feed->broken || has_error(part->a);
        }
    if (at == NULL && !feed->broken)
        diag_add3(p->diags, DIAG_FEED_LACKS, feed->at, feed->name, say_both(p, "columns", "列"),
                  say_both(p, "add: columns { NAME \"as in the file\": TYPE }",
                           "请补上：各列 { 名称 \"文件中的列名\": 类型 }"));
    if (n > LIMIT_FIELDS)
        diag_add2(p->diags, DIAG_TOO_LARGE, at->at,
                  say(p, "%zu%.*s", n, STR_ARG(say_both(p, " columns", " 列"))), S("250"));
    feed->columns = new (p->arena, Field, n + 1);
    feed->ways = new (p->arena, ColumnSym, n + 1);
    if (feed->columns == NULL || feed->ways == NULL) {
        p->nomem = true;
        return;
    }
    for (const Node *part = feed->node->a; part != NULL; part = part->next)
        for (const Node *c = part->kind == N_COLUMNS ? part->a : NULL; c != NULL; c = c->next)
            if (c->kind == N_FIELD_DECL && feed->column_count < LIMIT_FIELDS && !p->nomem)
                column_read(p, feed, c);
}

/* ---- how the file is read */

static void setting_bad(Program *p, const Node *said, const char *en, const char *zh,
                        const char *fix_en, const char *fix_zh) {
    diag_add3(p->diags, DIAG_FEED_SETTING, said->a->span, said->a->text, say_both(p, en, zh),
              say_both(p, fix_en, fix_zh));
}

/* One character of ASCII that is no letter, digit or line break. */
static char mark_read(Program *p, const Node *said, bool quote) {
    Str text = said->a->text;
    char c = text.n == 1 ? text.p[0] : 0;
    bool good = c == '\t' || (c >= ' ' && c < 0x7F && !(c >= '0' && c <= '9') &&
                              !((c | 0x20) >= 'a' && (c | 0x20) <= 'z'));
    if (good && !(quote && c == ' '))
        return c;
    setting_bad(p, said, quote ? "quote" : "separator", quote ? "引号" : "分隔符",
                "write one character, such as \";\" or \"\\t\"",
                "请写一个字符，如 \";\" 或 \"\\t\"");
    return quote ? '"' : ',';
}

static Encoding encoding_said(Program *p, const Node *said) {
    Encoding found;
    if (encoding_named(said->a->text, &found))
        return found;
    setting_bad(
        p, said, "encoding", "编码",
        "write \"utf-8\", \"gbk\", \"gb18030\", \"utf-16\", \"windows-1252\" or \"latin-1\"",
        "请写 \"utf-8\"、\"gbk\"、\"gb18030\"、\"utf-16\"、\"windows-1252\" 或 \"latin-1\"");
    return ENCODED_UTF8;
}

static void form_only(Program *p, FeedSym *feed, const Node *said) {
    static const bool csv[SAID_KINDS] = {
        [SAID_SEPARATOR] = true, [SAID_QUOTE] = true,     [SAID_HEADER] = true,
        [SAID_ENCODING] = true,  [SAID_NO_HEADER] = true,
    };
    bool wrong = feed->json ? csv[said->op] : said->op == SAID_ROWS;
    if (wrong)
        diag_add2(p->diags, DIAG_FEED_OTHER_FORM, said->span, source_text(p->sources, said->at),
                  feed->json ? S("csv") : S("json"));
}

static void settings_read(Program *p, FeedSym *feed) {
    feed->separator = ',';
    feed->quote = '"';
    feed->header = 1;
    for (const Node *s = feed->node->a; s != NULL; s = s->next) {
        int64_t line;
        if (s->kind != N_SAID)
            continue;
        if (feed->said[s->op] != NULL) {
            diag_add1(p->diags, DIAG_SAID_TWICE, s->span, source_text(p->sources, s->at));
            continue;
        }
        feed->said[s->op] = s;
        form_only(p, feed, s);
        if (s->op == SAID_SEPARATOR)
            feed->separator = mark_read(p, s, false);
        else if (s->op == SAID_QUOTE)
            feed->quote = mark_read(p, s, true);
        else if (s->op == SAID_ENCODING)
            feed->encoding = encoding_said(p, s);
        else if (s->op == SAID_DATES)
            dates_check(p, s, true);
        else if (s->op == SAID_NUMBERS)
            numbers_check(p, s);
        else if (s->op == SAID_HEADER &&
                 count_read(p, s->a->span, s->a->text, 10000, say_both(p, "line", "行号"), &line))
            feed->header = (uint32_t)line;
        else if (s->op == SAID_ROWS)
            feed->rows = s->a->text;
    }
    if (feed->said[SAID_NO_HEADER] != NULL)
        feed->header = 0;
    if (feed->said[SAID_ROWS] != NULL)
        from_check(p, feed, feed->said[SAID_ROWS]->a, feed->rows);
    if (feed->separator == feed->quote)
        setting_bad(
            p, feed->said[SAID_QUOTE] != NULL ? feed->said[SAID_QUOTE] : feed->said[SAID_SEPARATOR],
            "quote", "引号", "it is the separator, too; take another", "它同时是分隔符；请另选");
    const Node *both[][2] = {{feed->said[SAID_HEADER], feed->said[SAID_NO_HEADER]},
                             {feed->said[SAID_SORTED], feed->said[SAID_UNSORTED]}};
    for (int i = 0; i < 2; i++)
        if (both[i][0] != NULL && both[i][1] != NULL)
            diag_other(diag_add1(p->diags, DIAG_SAID_TWICE, both[i][1]->span,
                                 source_text(p->sources, both[i][1]->at)),
                       both[i][0]->span);
}

/* ---- the events */

static void row_alone(Program *p, const Node *expr) {
    if (expr != NULL && expr_reads(expr))
        diag_add1(p->diags, DIAG_FEED_READS, expr->span, source_text(p->sources, expr->span));
}

/* What is part of an id must be one plain value. */
static void id_check(Program *p, const FeedSym *feed, Node *parts) {
    for (Node *part = parts; part != NULL; part = part->next) {
        Type type = expr_operand(p, &feed->scope, part, NULL);
        if (type.kind == TY_LIST || type.kind == TY_RECORD)
            diag_add1(p->diags, DIAG_FEED_ID, part->span, type_text(p, &type));
        row_alone(p, part);
    }
}

static void when_check(Program *p, const FeedSym *feed, Node *when) {
    Type type = expr_scalar(p, when, expr_check(p, &feed->scope, when, NULL));
    if (type.kind != TY_ERROR && type.kind != TY_INSTANT && type.kind != TY_DATE)
        diag_add1(p->diags, DIAG_FED_WHEN, when->span, type_text(p, &type));
    row_alone(p, when);
}

/* Who acts need not be known. */
static void text_check(Program *p, const FeedSym *feed, Node *node, bool optional) {
    Type type = optional ? expr_scalar(p, node, expr_check(p, &feed->scope, node, NULL))
                         : expr_operand(p, &feed->scope, node, NULL);
    Type text = type_plain(TY_TEXT);
    if (type.kind != TY_ERROR && type.kind != TY_TEXT && type.kind != TY_ID &&
        type.kind != TY_PARTY)
        say_wrong_type(p, node, &type, &text);
    row_alone(p, node);
}

static void fed_read(Program *p, FeedSym *feed, Node *node) {
    FedSym *fed = &feed->fed[feed->fed_count];
    *fed = (FedSym){.node = node, .when = node->a->a, .where = node->a->b};
    when_check(p, feed, node->a->a);
    if (fed->where != NULL) {
        expr_condition(p, &feed->scope, node->a->b);
        row_alone(p, fed->where);
    }
    for (Node *opt = node->d; opt != NULL; opt = opt->next) {
        const Node **place = opt->op == OPT_BY ? &fed->actor : &fed->id;
        if (*place != NULL)
            diag_add1(p->diags, DIAG_SAID_TWICE, opt->span, source_text(p->sources, opt->at));
        *place = opt->a;
        if (opt->op == OPT_BY)
            text_check(p, feed, opt->a, true);
        else
            id_check(p, feed, opt->a);
    }
    fed->event = event_named(p, node->b);
    if (fed->event == NULL) {
        for (Node *init = node->c; init != NULL; init = init->next)
            if (init->kind != N_ERROR)
                expr_check(p, &feed->scope, init->a, NULL);
        return;
    }
    init_check(p, &feed->scope, fed->event, node->c, node->b);
    for (const Node *init = node->c; init != NULL; init = init->next)
        if (init->kind != N_ERROR)
            row_alone(p, init->a);
    feed->fed_count++;
}

/* The rows of a file have one order; what comes of a row at different times cannot all be in it. */
static void order_check(Program *p, const FeedSym *feed) {
    if (feed->said[SAID_SORTED] != NULL || feed->said[SAID_UNSORTED] != NULL)
        return;
    for (uint32_t i = 1; i < feed->fed_count; i++)
        if (!expr_same(feed->fed[0].when, feed->fed[i].when)) {
            diag_other(diag_add(p->diags, DIAG_FEED_ORDER, feed->fed[i].when->span),
                       feed->fed[0].when->span);
            return;
        }
}

static void feed_read(Program *p, FeedSym *feed) {
    const Node *node = feed->node;
    feed->json = node->op == FEED_OF_JSON;
    feed->broken = has_error(node->a);
    settings_read(p, feed);
    columns_read(p, feed);
    if (p->nomem)
        return;
    lets_read(p, &feed->scope, node->a);
    size_t n = 0;
    for (const Node *part = node->a; part != NULL; part = part->next) {
        n += part->kind == N_FED;
        if (part->kind == N_LET)
            row_alone(p, part->a);
    }
    if (n == 0 && !feed->broken)
        diag_add3(p->diags, DIAG_FEED_LACKS, feed->at, feed->name, say_both(p, "events", "事件"),
                  say_both(p, "say which event comes when: at COLUMN EVENT { FIELD: COLUMN }",
                           "请写明何时给出哪个事件：于 列 事件 { 字段: 列 }"));
    feed->fed = new (p->arena, FedSym, n + 1);
    if (feed->fed == NULL) {
        p->nomem = true;
        return;
    }
    const Node *said = feed->said[SAID_SOURCE];
    if (said != NULL)
        text_check(p, feed, said->a, false);
    if (feed->said[SAID_IDENTITY] != NULL)
        id_check(p, feed, feed->said[SAID_IDENTITY]->a);
    if (feed->said[SAID_ONLY] != NULL) {
        expr_condition(p, &feed->scope, feed->said[SAID_ONLY]->a);
        row_alone(p, feed->said[SAID_ONLY]->a);
    }
    for (Node *part = node->a; part != NULL && !p->nomem; part = part->next)
        if (part->kind == N_FED)
            fed_read(p, feed, part);
    order_check(p, feed);
}

void feeds_check(Program *p) {
    for (size_t i = 0; i < p->feeds.n && !p->nomem; i++) {
        FeedSym *feed = p->feeds.at[i];
        space_enter(p, feed->home);
        local_enter(p, &feed->local);
        feed_read(p, feed);
        local_enter(p, NULL);
    }
}
