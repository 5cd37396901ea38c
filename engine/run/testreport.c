/* run: what a test that failed tells: the expectation that was not met, and the whole test as two
 * columns, what it does and expects beside what happened. */
#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/unicode.h"
#include "engine/base/utf8.h"
#include "engine/run/policytest_int.h"
#include "engine/run/series.h"

/* ---- words */

void put_when(Tester *t, Buf *out, int64_t at) {
    put_local(out, zone_cache_local(&engine_render(t->e)->zone, at));
}

static void put_party(Tester *t, Buf *out, Value v) {
    put_text(out, party_text(t->p->bundle, v));
}

static void put_said(Tester *t, Buf *out, Value v) {
    put_value_text(out, t->p->bundle, &engine_render(t->e)->zone, v);
}

void put_either(const Tester *t, Buf *out, const char *en, const char *zh) {
    put_text(out, str_of(t->chinese ? zh : en));
}

void put_state_name(const Tester *t, Buf *out, const char *state) {
    static const char *const names[][2] = {
        {"open", "进行中"},      {"paused", "暂停中"},        {"breached", "已违约"},
        {"fulfilled", "已完成"}, {"waived", "已豁免"},        {"cancelled", "已取消"},
        {"granted", "已批准"},   {"refused", "已否决"},       {"lapsed", "已失效"},
        {"withdrawn", "已撤回"}, {"unattainable", "无法通过"}};
    size_t i = 0;
    while (i < sizeof names / sizeof *names && strcmp(names[i][0], state) != 0)
        i++;
    put_either(t, out, state, i < sizeof names / sizeof *names ? names[i][1] : state);
}

void put_wanted(Tester *t, Buf *out, const TestCheck *c) {
    static const char *const states[STATE_COUNT] = {
        "open",    "paused",  "breached", "fulfilled", "waived",      "cancelled",
        "granted", "refused", "lapsed",   "withdrawn", "unattainable"};
    if (c->negated)
        put_either(t, out, "not ", "非 ");
    switch (c->what) {
    case CHECK_STATE:
        put_state_name(t, out, states[c->state]);
        if (c->late)
            put_either(t, out, " late", " 迟");
        return;
    case CHECK_ESCALATED:
        put_either(t, out, "escalated to ", "已上报 ");
        put_party(t, out, c->value);
        return;
    case CHECK_REMINDED:
        put_either(t, out, "reminded ", "已提醒 ");
        put_party(t, out, c->value);
        return;
    case CHECK_DUE:
        put_either(t, out, "due at ", "到期于 ");
        put_when(t, out, c->value.i);
        return;
    case CHECK_OWED_BY:
        put_either(t, out, "owed by ", "责任人 ");
        put_party(t, out, c->value);
        return;
    default:
        put_either(t, out, "reported late", "补报");
    }
}

void put_state(Tester *t, Buf *out, const Duty *d) {
    static const char *const states[DUTY_STATES] = {"open",      "paused", "breached",
                                                    "fulfilled", "waived", "cancelled"};
    put_state_name(t, out, states[duty_state(d)]);
    if (d->fold.ended && d->fold.late)
        put_either(t, out, " late", " 迟");
    if (d->fold.due != INSTANT_NEVER) {
        put_either(t, out, ", due ", "，到期于 ");
        put_when(t, out, d->fold.due);
    }
    put_either(t, out, ", owed by ", "，责任人 ");
    put_party(t, out, d->owner);
}

void put_held(Tester *t, Buf *out, const EntityDef *def, uint32_t field, Value v) {
    put_text(out, def->fields[field].name);
    put_text(out, S(": "));
    if (v.kind == V_ABSENT)
        put_either(t, out, "absent", "缺");
    else
        put_said(t, out, v);
}

/* The end of the text in quotes or of the remark that begins at i; i: none begins there. */
static size_t past_quoted(Str text, size_t i) {
    bool remark = str_starts(str_from(text, i), S("--"));
    if (!remark && text.p[i] != '"')
        return i;
    for (size_t k = i + 1; k < text.n; k++)
        if (text.p[k] == '\n' || (!remark && text.p[k] == '"'))
            return remark ? k : k + 1;
    return text.n;
}

void put_line_of(Buf *out, Str text) {
    size_t begin = out->n;
    bool blank = false;
    for (size_t i = 0; i < text.n;) {
        char ch = text.p[i];
        size_t end = past_quoted(text, i);
        bool white = ch == ' ' || ch == '\n' || ch == '\t' || ch == '\r' || ch == '-';
        white = white && (ch != '-' || end > i);
        if (!white && blank && out->n > begin)
            put_c(out, ' ');
        if (!white)
            put_text(out, (Str){text.p + i, end > i ? end - i : 1});
        blank = white;
        i = end > i ? end : i + 1;
    }
}

/* ---- what happened */

/* The fields of an event that was emitted, as an expectation would name them. */
static void put_fields(Tester *t, Buf *out, const Effect *e) {
    const EventDef *event = &t->p->bundle->events[e->event];
    put_text(out, S(" {"));
    for (uint32_t i = 0; i < e->field_count; i++) {
        if (e->fields[i].kind == V_ABSENT)
            continue;
        put_c(out, ' ');
        put_text(out, event->fields[i].name);
        put_text(out, S(": "));
        put_said(t, out, e->fields[i]);
    }
    put_text(out, S(" }"));
}

/* What an effect says, in Chinese. */
static const char *const verbs[EFFECT_IDS] = {
    [EFFECT_DUTY_OPENED] = "产生",
    [EFFECT_DUTY_REMINDED] = "已提醒",
    [EFFECT_DUTY_ESCALATED] = "已上报",
    [EFFECT_DUTY_BREACHED] = "已违约",
    [EFFECT_DUTY_PAUSED] = "已暂停",
    [EFFECT_DUTY_RESUMED] = "已恢复",
    [EFFECT_DUTY_FULFILLED] = "已完成",
    [EFFECT_DUTY_WAIVED] = "已豁免",
    [EFFECT_DUTY_CANCELLED] = "已取消",
    [EFFECT_DUTY_CORRECTED] = "已更正",
    [EFFECT_NOTIFIED] = "已通知",
    [EFFECT_ALERT] = "警示",
    [EFFECT_REJECTED] = "已拒收",
    [EFFECT_DUTY_VACANT] = "席位空缺",
    [EFFECT_DUTY_REASSIGNED] = "已改派",
    [EFFECT_DUTY_ACKNOWLEDGED] = "已确认",
    [EFFECT_DUTY_ENDED] = "已结束",
    [EFFECT_DUTY_SILENCED] = "不必通知",
    [EFFECT_APPROVAL_OPENED] = "发起",
    [EFFECT_APPROVAL_VOTED] = "已表决",
    [EFFECT_APPROVAL_GRANTED] = "已批准",
    [EFFECT_APPROVAL_REFUSED] = "已否决",
    [EFFECT_APPROVAL_LAPSED] = "已失效",
    [EFFECT_APPROVAL_WITHDRAWN] = "已撤回",
    [EFFECT_APPROVAL_UNATTAINABLE] = "无法通过",
    [EFFECT_APPROVAL_ESCALATED] = "已上报",
    [EFFECT_APPROVAL_ADVANCED] = "进入下一阶段",
    [EFFECT_SIGNER_ADDED] = "已加签",
    [EFFECT_SIGNER_REMOVED] = "已减签",
    [EFFECT_APPROVAL_TRANSFERRED] = "已转办",
    [EFFECT_APPROVAL_RETURNED] = "已退回",
    [EFFECT_DUTY_COLLECTED] = "留待汇总",
    [EFFECT_COLLECTED] = "留待汇总",
    [EFFECT_DIGEST] = "汇总通知",
    [EFFECT_SWAPPED] = "已换班",
    [EFFECT_KPI_WARNING] = "预警",
    [EFFECT_KPI_CRITICAL] = "严重",
    [EFFECT_KPI_CLEARED] = "解除",
    [EFFECT_KPI_RESTATED] = "已重述",
    [EFFECT_DUTY_PROGRESSED] = "有进展",
    [EFFECT_DUTY_MIGRATED] = "已转入新版本",
};

/* The last word of an effect's type: "opened" of remit.duty.opened. */
static void put_verb(const Tester *t, Buf *out, EffectId id, Str type) {
    if (t->chinese && verbs[id] != NULL) {
        put_text(out, str_of(verbs[id]));
        return;
    }
    size_t from = type.n;
    while (from > 0 && type.p[from - 1] != '.')
        from--;
    for (size_t i = from; i < type.n; i++)
        put_c(out, type.p[i] == '_' ? ' ' : type.p[i]);
}

static void put_datum(Tester *t, Buf *out, const Effect *e, Str name, Str before) {
    Value v = effect_value(e, name);
    if (v.kind == V_ABSENT)
        return;
    put_text(out, before);
    if (v.kind == V_INSTANT)
        put_when(t, out, v.i);
    else
        put_said(t, out, v);
}

static bool is_set(const Effect *e, Str name) {
    Value v = effect_value(e, name);
    return v.kind == V_FLAG && v.i != 0;
}

/* What belongs to the verb, in the words of expectations where these have some. */
static void put_told(Tester *t, Buf *out, const Effect *e) {
    switch ((int)e->id) {
    case EFFECT_EMITTED:
        put_fields(t, out, e);
        return;
    case EFFECT_REJECTED:
        put_datum(t, out, e, S("reason"), S(" "));
        put_datum(t, out, e, S("message"), S(": "));
        return;
    case EFFECT_NOTIFIED:
        put_datum(t, out, e, S("to"), S(" "));
        put_datum(t, out, e, S("text"), S(" \""));
        put_text(out, effect_value(e, S("text")).kind == V_TEXT ? S("\"") : S(""));
        return;
    case EFFECT_DUTY_REMINDED:
        put_datum(t, out, e, S("to"), S(" "));
        return;
    case EFFECT_DUTY_FULFILLED:
        if (is_set(e, S("late")))
            put_either(t, out, " late", " 迟");
        if (is_set(e, S("reported_late")))
            put_either(t, out, ", reported late", "，补报");
        return;
    case EFFECT_APPROVAL_VOTED:
        put_datum(t, out, e, S("vote"), S(" "));
        put_datum(t, out, e, S("by"), t->chinese ? S("，行为人 ") : S(" by "));
        put_datum(t, out, e, S("seat"), t->chinese ? S("，席位 ") : S(" as "));
        return;
    case EFFECT_ALERT:
        put_datum(t, out, e, S("message"), S(": "));
        return;
    case EFFECT_DUTY_OPENED:
    case EFFECT_DUTY_RESUMED:
    case EFFECT_APPROVAL_OPENED:
        put_datum(t, out, e, S("due"), t->chinese ? S("，到期于 ") : S(", due "));
        return;
    case EFFECT_DUTY_CORRECTED:
        put_datum(t, out, e, S("was.state"), t->chinese ? S("，原为 ") : S(", was "));
        put_datum(t, out, e, S("is.state"), t->chinese ? S("，现为 ") : S(", is "));
        return;
    case EFFECT_KPI_WARNING:
    case EFFECT_KPI_CRITICAL:
    case EFFECT_KPI_CLEARED:
        put_either(t, out, ", value ", "，值 ");
        put_measure_text(out, t->p->bundle, &engine_render(t->e)->zone,
                         &t->p->bundle->kpis[e->subject.decl], e->values[KPI_DATA_VALUE]);
        return;
    default:
        put_datum(t, out, e, S("from"), t->chinese ? S(" 自 ") : S(" from "));
        put_datum(t, out, e, S("to"), t->chinese ? S(" ") : S(" to "));
        put_datum(t, out, e, S("seat"), S(" "));
    }
}

static void put_effect(Tester *t, Buf *out, const Effect *e) {
    bool named = !t->is_about && e->subject.kind != SUBJECT_NONE && e->id != EFFECT_REJECTED;
    if (named) {
        put_subject(out, t->p->bundle, &e->subject);
        put_text(out, S(": "));
    }
    if (e->id == EFFECT_EMITTED)
        put_text(out, effect_type(t->p->bundle, e));
    else
        put_verb(t, out, e->id, effect_type(t->p->bundle, e));
    put_told(t, out, e);
}

static void put_change(Tester *t, Buf *out, const ChangeLeaf *c) {
    const EntityDef *def = &t->p->bundle->entities[c->subject.decl];
    put_text(out, change_text(c->how));
    for (uint32_t i = 0; c->how != CHANGE_DELETED && i < c->field_count; i++) {
        put_text(out, i == 0 ? S(" ") : S("  "));
        put_held(t, out, def, c->fields[i].field, c->fields[i].is);
    }
}

/* What a leaf says of what is looked at, or of anything where that is nothing; empty: nothing. */
static void put_leaf_words(Tester *t, Buf *out, const Leaf *leaf) {
    const Subject *subject = leaf->kind == LEAF_EFFECT   ? &leaf->effect.subject
                             : leaf->kind == LEAF_CHANGE ? &leaf->change.subject
                                                         : NULL;
    if (subject == NULL || (t->is_about && !same_subject(subject, &t->about)))
        return;
    if (leaf->kind == LEAF_EFFECT)
        put_effect(t, out, &leaf->effect);
    else if (t->is_about)
        put_change(t, out, &leaf->change);
}

/* ---- two columns */

enum { WHEN_COLUMNS = 16, MARK_COLUMNS = 4, COLUMNS_LEAST = 60, COLUMNS_MOST = 140 };

typedef struct Line {
    int64_t at;
    Str left, right;
    bool sent;  /* an event of the test, beside which its first effect may stand */
    bool first; /* the expectation that was not met first */
} Line;

typedef struct Course {
    Tester *t;
    Buf text; /* scratch */
    VEC(Line) lines;
    Status status;
} Course;

static void course_add(Course *c, Line line) {
    if (c->status == OK && !vec_push(&c->lines, line))
        c->status = ERR_NOMEM;
}

static Str course_keep(Course *c) {
    Str kept = {NULL, 0};
    if (c->status == OK)
        c->status = c->text.failed ? ERR_NOMEM : arena_str(&c->t->keep, buf_str(&c->text), &kept);
    buf_reset(&c->text);
    return kept;
}

/* What a step says, on one line. */
static Str step_words(Course *c, const TestStep *step) {
    Span span = step->node->b->span;
    span.to = span.to < step->node->span.to ? step->node->span.to : span.to;
    put_line_of(&c->text, source_text(&c->t->p->sources, span));
    return course_keep(c);
}

static void course_leaf(Course *c, const Leaf *leaf) {
    put_leaf_words(c->t, &c->text, leaf);
    if (c->text.n == 0)
        return;
    int64_t at = leaf->kind == LEAF_EFFECT ? leaf->effect.time : leaf->change.time;
    Str words = course_keep(c);
    Line *last = c->lines.n == 0 ? NULL : &c->lines.at[c->lines.n - 1];
    if (last != NULL && last->sent && last->right.n == 0 && last->at == at)
        last->right = words;
    else
        course_add(c, (Line){.at = at, .right = words});
}

static Str as_expected(const Tester *t) {
    return t->chinese ? S("符合") : S("as expected");
}

static void course_step(Course *c, uint32_t i, uint32_t first) {
    const TestStep *step = &c->t->test->steps[i];
    const StepSeen *seen = &c->t->seen[i];
    Str right = step->is_event ? (Str){NULL, 0} : seen->met ? as_expected(c->t) : seen->why;
    course_add(c, (Line){.at = step->time,
                         .left = step_words(c, step),
                         .right = right,
                         .sent = step->is_event,
                         .first = i == first});
}

/* A step, and what happened up to its end. */
static Status course_steps(Course *c, uint32_t i, uint64_t from, uint32_t first) {
    Tester *t = c->t;
    const TestStep *step = &t->test->steps[i];
    bool placed = false;
    for (uint64_t n = from; n < t->seen[i].size; n++) {
        Str bytes;
        Leaf leaf;
        TRY(led_leaf(t->l, n, &bytes));
        TRY(take_leaf(bytes, &t->arena, &leaf));
        bool taken = leaf.kind == LEAF_EVENT || leaf.kind == LEAF_REJECT;
        if (step->is_event && !placed && taken) {
            course_step(c, i, first);
            placed = true;
        }
        if (leaf.kind == LEAF_EFFECT)
            leaf.effect.index = n;
        course_leaf(c, &leaf);
        arena_reset(&t->arena);
    }
    if (!placed)
        course_step(c, i, first);
    return c->status;
}

/* As much of a text as goes into so many columns, at a blank where there is one; *rest follows. */
static Str part_of(Str text, size_t columns, Str *rest) {
    size_t at = 0, blank = 0, used = 0;
    while (at < text.n) {
        uint32_t cp;
        size_t step = utf8_decode(str_from(text, at), &cp);
        step = step == 0 ? 1 : step;
        size_t width = uc_columns((Str){text.p + at, step});
        if (used + width > columns)
            break;
        if (text.p[at] == ' ')
            blank = at;
        used += width;
        at += step;
    }
    if (at == text.n) {
        *rest = (Str){NULL, 0};
        return text;
    }
    if (text.p[at] == ' ')
        blank = at;
    size_t end = blank > 0 ? blank : at;
    *rest = str_from(text, end);
    while (rest->n > 0 && rest->p[0] == ' ')
        *rest = str_from(*rest, 1);
    return str_upto(text, end);
}

static void put_blanks(Buf *out, size_t n) {
    for (size_t i = 0; i < n; i++)
        put_c(out, ' ');
}

static void put_padded(Buf *out, Str text, size_t columns) {
    size_t used = uc_columns(text);
    put_text(out, text);
    put_blanks(out, used < columns ? columns - used : 0);
}

static void put_line(Tester *t, const Line *line, bool dated) {
    size_t side = (t->columns - MARK_COLUMNS - WHEN_COLUMNS - 4) / 2;
    Str left = line->left, right = line->right;
    Buf when = {0};
    if (dated)
        put_when(t, &when, line->at);
    put_text(&t->report, line->first ? S("  > ") : S("    "));
    put_padded(&t->report, buf_str(&when), WHEN_COLUMNS);
    buf_free(&when);
    for (bool more = true; more;) {
        Str l = part_of(left, side, &left), r = part_of(right, side, &right);
        put_text(&t->report, l.n > 0 || r.n > 0 ? S("  ") : S(""));
        if (r.n > 0) {
            put_padded(&t->report, l, side);
            put_text(&t->report, S("  "));
        }
        put_text(&t->report, r.n > 0 ? r : l);
        put_c(&t->report, '\n');
        more = left.n > 0 || right.n > 0;
        if (more)
            put_blanks(&t->report, MARK_COLUMNS + WHEN_COLUMNS);
    }
}

static void put_course(Tester *t, const Course *c) {
    Line head = {.left = t->chinese ? S("测试") : S("the test"),
                 .right = t->chinese ? S("实际发生的事") : S("what happened")};
    put_line(t, &head, false);
    for (size_t i = 0; i < c->lines.n; i++)
        put_line(t, &c->lines.at[i], i == 0 || c->lines.at[i].at != c->lines.at[i - 1].at);
}

static void put_failure(Tester *t, const TestStep *step, Str why) {
    Place place = source_place(&t->p->sources, step->node->span.file, step->node->span.from);
    if (t->chinese)
        put_fmt(&t->report, "  第 %u 行：%s ", place.line, step->after ? "此后" : "于");
    else
        put_fmt(&t->report, "  line %u: %s ", place.line, step->after ? "after" : "at");
    put_when(t, &t->report, step->time);
    put_text(&t->report, t->chinese ? S(" 应有 ") : S(" expected "));
    Course words = {.t = t};
    put_text(&t->report, step_words(&words, step));
    buf_free(&words.text);
    put_c(&t->report, '\n');
    if (t->missed.n > 0)
        put_fmt(&t->report, "    %s%.*s\n", t->chinese ? "不符：" : "not so: ", STR_ARG(t->missed));
    put_fmt(&t->report, "    %s%.*s\n", t->chinese ? "实际：" : "but ", STR_ARG(why));
}

Status put_report(Tester *t, uint32_t first) {
    Course c = {.t = t};
    uint64_t from = 0;
    t->columns = t->columns < COLUMNS_LEAST  ? COLUMNS_LEAST
                 : t->columns > COLUMNS_MOST ? COLUMNS_MOST
                                             : t->columns;
    put_failure(t, &t->test->steps[first], t->seen[first].why);
    Status status = OK;
    for (uint32_t i = 0; i < t->test->step_count && t->seen[i].reached && status == OK; i++) {
        status = course_steps(&c, i, from, first);
        from = t->seen[i].size;
    }
    if (status == OK)
        put_course(t, &c);
    buf_free(&c.text);
    vec_free(&c.lines);
    return status == OK ? buf_status(&t->report) : status;
}
