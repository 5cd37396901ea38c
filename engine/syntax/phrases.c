/* syntax: phrases of several words that have another order or other marks here: `between 1 and 5`
 * in a cell, `in a, b`, `to boss after 2 days`, `every last working day of the month`. */
#include "engine/base/limits.h"
#include "engine/syntax/syntax_int.h"
#include "remit_grammar.h"

/* Whether the next raw token is one of two words. */
static bool word_is(const Join *before, const char *en, const char *zh) {
    Join j = *before;
    const RawToken *t = join_raw(&j, 0);
    return t->kind == RAW_WORD && (str_eq(t->text, str_of(en)) || str_eq(t->text, str_of(zh)));
}

static Str printed(Parse *p, const char *before, Str a, const char *between, Str b,
                   const char *behind) {
    Str out = a;
    if (arena_printf(p->b.arena, &out, "%s%.*s%s%.*s%s", before, STR_ARG(a), between, STR_ARG(b),
                     behind) != OK)
        p->b.nomem = true;
    return out;
}

/* ---- `between 10 and 20` as a cell */

/* Whether a cell that is a name could end here. */
static bool is_cell(Parse *p) {
    trial_begin(&p->try, p->parser);
    return trial_feed(&p->try, TK_ID) &&
           (trial_accepts(&p->try, TK_BAR) || trial_accepts(&p->try, TK_FAT));
}

static bool mend_between(Parse *p, const Join *before, Tok tok) {
    if (tok.kind != TK_ID || !word_is(before, "between", "介于") || !is_cell(p))
        return false;
    Join j = *before;
    join_seek(&j, tok.span.to);
    Tok from = join_next(&j);
    if (!token_is_literal(from.kind) ||
        !(word_is(&j, "and", "和") || word_is(&j, "to", "到") || word_is(&j, "与", "至")))
        return false;
    join_seek(&j, join_raw(&j, 0)->span.to);
    Tok to = join_next(&j);
    if (!token_is_literal(to.kind))
        return false;
    const Sources *sources = p->b.diags->sources;
    Span whole = span_join(tok.span, to.span);
    Str range =
        printed(p, "", source_text(sources, from.span), "..", source_text(sources, to.span), "");
    diag_fix(diag_misspelt(p->b.diags, whole, range), whole, range);
    parse_feed(p, from);
    parse_feed(p, (Tok){.kind = TK_DOTDOT, .text = S(".."), .span = from.span});
    parse_feed(p, to);
    join_seek(&p->join, whole.to);
    return true;
}

/* ---- `in rye, wheat` and `in {rye, wheat}` */

/* Behind `in`: names or literals with commas between; *list: from the first to the last, *end:
 * where they end, a } included if `braces`. */
static bool listed(const Join *from, bool braces, Span *list, uint32_t *end) {
    Join j = *from;
    for (size_t i = 0; i < LIMIT_NESTING; i++) {
        Tok value = join_next(&j);
        if (value.kind != TK_ID && value.kind != TK_STRING && !token_is_literal(value.kind))
            return false;
        *list = i == 0 ? value.span : span_join(*list, value.span);
        *end = list->to;
        const RawToken *next = join_raw(&j, 0);
        if (next->kind != RAW_MARK || next->mark != TK_COMMA) {
            *end = braces ? next->span.to : *end;
            return braces ? next->kind == RAW_MARK && next->mark == TK_RB : i > 0;
        }
        join_seek(&j, next->span.to);
    }
    return false;
}

/* Whether a comma could follow `in` and a name: then it parts something else. */
static bool comma_follows(Parse *p) {
    trial_begin(&p->try, p->parser);
    return !trial_feed(&p->try, TK_IN) || !trial_feed(&p->try, TK_ID) ||
           trial_accepts(&p->try, TK_COMMA) || trial_accepts(&p->try, TK_COMMALABEL);
}

static bool mend_list(Parse *p, Tok tok) {
    Join j = p->join;
    if (tok.kind != TK_IN || !parse_accepts(p->parser, TK_IN) || comma_follows(p))
        return false;
    RawToken next = *join_raw(&j, 0);
    bool braces = next.kind == RAW_MARK && next.mark == TK_LB;
    Span list = next.span;
    uint32_t end = 0;
    if (braces)
        join_seek(&j, next.span.to);
    if (!listed(&j, braces, &list, &end))
        return false;
    const Sources *sources = p->b.diags->sources;
    Span whole = {list.file, next.span.from, end};
    Str written = printed(p, "(", source_text(sources, list), ")", S(""), "");
    diag_fix(diag_add2(p->b.diags, DIAG_LIST_OPEN, whole, mend_quoted(p, tok.text), written), whole,
             written);
    parse_feed(p, tok);
    join_seek(&p->join, whole.from + (braces ? 1 : 0));
    parse_feed(p, (Tok){.kind = TK_LP, .text = S("("), .span = {list.file, list.from, list.from}});
    for (Tok value = join_next(&p->join); value.span.to <= list.to; value = join_next(&p->join)) {
        parse_feed(p, value);
        if (value.span.to == list.to)
            break;
    }
    parse_feed(p, (Tok){.kind = TK_RP, .text = S(")"), .span = {list.file, list.to, list.to}});
    join_seek(&p->join, whole.to);
    return true;
}

/* ---- rungs */

/* Where the words of a rung end: before a }, at the end of the line. */
static uint32_t rung_end(const Join *from, uint32_t begin) {
    Join j = *from;
    join_seek(&j, begin);
    uint32_t end = begin;
    for (size_t i = 0; i < LIMIT_NESTING; i++) {
        RawToken t = *join_raw(&j, 0);
        if (t.kind == RAW_END || t.line || (t.kind == RAW_MARK && t.mark == TK_RB))
            break;
        end = t.span.to;
        join_seek(&j, end);
    }
    return end;
}

/* `to boss after 2 days`, `remind owner at 50%`: whom before when. */
static bool mend_rung(Parse *p, const Join *before, Tok tok) {
    bool who = word_is(before, "to", "上报") || word_is(before, "remind", "提醒");
    if (!who || !parse_accepts(p->parser, TK_AT_DUE))
        return false;
    Join j = *before;
    join_seek(&j, join_raw(&j, 0)->span.to);
    uint32_t behind = join_raw(&j, 0)->span.from;
    for (size_t i = 0; i < LIMIT_NESTING; i++) {
        RawToken t = *join_raw(&j, 0);
        if (t.line || (t.kind != RAW_WORD && !(t.kind == RAW_MARK && t.mark == TK_DOT)))
            return false;
        if (i > 0 && (word_is(&j, "after", "逾期") || word_is(&j, "at", "到期")))
            break;
        behind = t.span.to;
        join_seek(&j, behind);
    }
    Span when = join_raw(&j, 0)->span, whom = {tok.span.file, tok.span.from, behind};
    when.to = rung_end(before, when.from);
    const Sources *sources = p->b.diags->sources;
    Span whole = span_join(tok.span, when);
    Str turned = printed(p, "", source_text(sources, when), " ", source_text(sources, whom), "");
    diag_fix(diag_add1(p->b.diags, DIAG_RUNG_TURNED, whole, turned), whole, turned);
    join_seek(&p->join, whole.to);
    p->guessed = true;
    return true;
}

/* `escalate to boss after 2 days`: behind the action stands when it is to be. */
static bool mend_escalated(Parse *p, const Join *before, Tok tok) {
    if (tok.line || !word_is(before, "after", "逾期") || parse_accepts(p->parser, TK_AFTER))
        return false;
    Str text = p->join.lexer.text;
    uint32_t line = tok.span.from, from = 0, to = 0;
    while (line > 0 && text.p[line - 1] != '\n')
        line--;
    for (uint32_t i = line; i < tok.span.from; i++)
        for (int zh = 0; zh < 2 && to == 0; zh++) {
            Str words = zh ? S("升级 上报 ") : S("escalate to ");
            from = i;
            to = str_starts(str_from(text, i), words) ? i + (uint32_t)words.n : 0;
            if (to > 0)
                i = tok.span.from;
        }
    if (to == 0)
        return false;
    const Sources *sources = p->b.diags->sources;
    bool chinese = (unsigned char)text.p[from] >= 0x80;
    Span when = {tok.span.file, tok.span.from, rung_end(&p->join, tok.span.from)};
    Span whom = {tok.span.file, to, p->last.to}, whole = {tok.span.file, from, when.to};
    Str turned = printed(p, chinese ? "升级 { " : "escalate { ", source_text(sources, when),
                         chinese ? " 上报 " : " to ", source_text(sources, whom), " }");
    diag_fix(diag_add1(p->b.diags, DIAG_RUNG_TURNED, whole, turned), whole, turned);
    join_seek(&p->join, whole.to);
    p->guessed = true;
    return true;
}

/* ---- schedules */

/* The unit of time that is called so. */
static Tok unit_called(const Parse *p, Str name, Span at) {
    const Keywords *k = p->join.keywords;
    for (size_t i = 0; i < k->n; i++)
        if (k->at[i].token == TK_UNIT && str_eq(k->at[i].text, name))
            return (Tok){.kind = TK_UNIT, .sub = k->at[i].sub, .text = k->at[i].text, .span = at};
    return (Tok){.kind = TK_BAD};
}

/* Whether the raw token n is this word, on the line. */
static bool raw_is(Join *j, size_t n, const char *word) {
    const RawToken *t = join_raw(j, n);
    return t->kind == RAW_WORD && !t->line && str_eq(t->text, str_of(word));
}

/* `every last working day of the month`: the month comes first. */
static bool mend_schedule(Parse *p, const Join *before, Tok tok) {
    static const char *const units[] = {"month", "quarter", "year"};
    Join j = *before;
    if (p->last_kind != TK_EVERY || !raw_is(&j, 0, "last"))
        return false;
    size_t at = raw_is(&j, 1, "working") ? 2 : 1;
    Str day = at == 2 ? S("working day") : S("day"), unit = {NULL, 0};
    if (!raw_is(&j, at, "day") || !(raw_is(&j, at + 1, "of") || raw_is(&j, at + 1, "in")))
        return false;
    at += raw_is(&j, at + 2, "the") ? 3 : 2;
    for (size_t k = 0; k < sizeof units / sizeof *units; k++)
        unit = raw_is(&j, at, units[k]) ? str_of(units[k]) : unit;
    if (unit.n == 0)
        return false;
    Span whole = span_join(tok.span, join_raw(&j, at)->span);
    Str turned = printed(p, "", unit, " on last ", day, "");
    diag_fix(diag_misspelt(p->b.diags, whole, turned), whole, turned);
    parse_feed(p, unit_called(p, unit, whole));
    parse_feed(p, (Tok){.kind = TK_ON, .text = S("on"), .span = whole});
    parse_feed(p, (Tok){.kind = TK_LAST, .text = S("last"), .span = whole});
    parse_feed(p, unit_called(p, day, whole));
    join_seek(&p->join, whole.to);
    return true;
}

bool mend_phrase(Parse *p, const Join *before, Tok tok) {
    return mend_between(p, before, tok) || mend_list(p, tok) || mend_rung(p, before, tok) ||
           mend_escalated(p, before, tok) || mend_schedule(p, before, tok);
}
