/* code: the clauses of KPIs as auditors read them: as they are written, in one line; or, of a
 * pattern put to use, with what was given in place of its parameters. */
#include "engine/code/emit_int.h"
#include "engine/syntax/keyword.h"
#include "engine/syntax/marks.h"

/* A comment ends with its line. */
static Str skip_comment(Str text) {
    size_t i = 0;
    while (i < text.n && text.p[i] != '\n')
        i++;
    return str_from(text, i);
}

/* A part of the source without line ends and comments. */
static void put_flat(Buf *out, Str text) {
    bool gap = false, quoted = false;
    while (text.n > 0) {
        char c = text.p[0];
        if (!quoted && str_starts(text, S("--"))) {
            text = skip_comment(text);
            continue;
        }
        quoted = c == '"' ? !quoted : quoted;
        bool blank = !quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r');
        if (gap && !blank)
            put_c(out, ' ');
        if (!blank)
            put_c(out, c);
        gap = blank;
        text = str_from(text, 1);
    }
}

static void put_span(Buf *out, Value v) {
    put_duration(out, (Family)v.aux, v.i);
}

static void put_agg(Emit *e, Buf *out, const AggSym *agg) {
    put_fmt(out, "%.*s(", STR_ARG(keyword_of(TK_AGG, (int)agg->what, false)));
    if (agg->what == AGG_PERCENTILE) {
        dec_put(out, agg->share);
        put_text(out, S(", "));
    }
    for (int state = 0, n = 0; state < STATE_COUNT; state++)
        if ((agg->states >> state & 1) != 0)
            put_fmt(out, "%s%.*s", n++ == 0 ? "" : ", ",
                    STR_ARG(keyword_of(TK_STATE, state, false)));
    if (agg->states != 0)
        put_text(out, S(" duty "));
    put_text(out, agg->event->name);
    if (agg->field >= 0)
        put_fmt(out, ".%.*s", STR_ARG(agg->event->fields[agg->field].name));
    if (agg->where != NULL) {
        put_text(out, S(" where "));
        put_flat(out, source_text(e->p->sources, agg->where->span));
    }
    put_c(out, ')');
}

static void put_window(Buf *out, const KpiSym *kpi) {
    if (kpi->window == WINDOW_NOW)
        return;
    if (kpi->window == WINDOW_CALENDAR) {
        put_fmt(out, " per %.*s", STR_ARG(keyword_of(TK_UNIT, kpi->period, false)));
        return;
    }
    put_text(out,
             kpi->window == WINDOW_SESSIONS ? S(" over sessions with a gap of ") : S(" over "));
    put_span(out, kpi->length);
    if (kpi->window == WINDOW_STEPS) {
        put_text(out, S(" by "));
        put_span(out, kpi->step);
    }
}

static void put_compare(Buf *out, const KpiSym *kpi) {
    static const char *const forms[] = {[COMPARE_CHANGE] = " as change from ",
                                        [COMPARE_MULTIPLE] = " as multiple of ",
                                        [COMPARE_DIFFERENCE] = " as difference from ",
                                        [COMPARE_RATE] = " as change per "};
    if (kpi->compare == COMPARE_NOTHING)
        return;
    put_text(out, str_of(forms[kpi->compare]));
    if (kpi->compare == COMPARE_RATE) {
        Buf unit = {0};
        put_span(&unit, kpi->per);
        Str one = buf_str(&unit); /* "1 hour" */
        put_text(out, str_starts(one, S("1 ")) ? str_from(one, 2) : one);
        put_text(out, S(" from "));
        buf_free(&unit);
    }
    put_span(out, kpi->before);
    put_text(out, S(" before"));
}

/* Whether it stands in a pattern, whose text has names where the values stand. */
static bool in_pattern(const KpiSym *kpi) {
    return kpi->home != NULL && kpi->home->use != NULL;
}

static Str kept(Emit *e, Buf *text) {
    Str out = {NULL, 0};
    Status status = text->failed ? ERR_NOMEM : arena_str(e->a, buf_str(text), &out);
    buf_free(text);
    if (status != OK)
        emit_nomem(e);
    return out;
}

Str said_measure(Emit *e, const KpiSym *kpi) {
    Buf out = {0};
    if (!kpi->nameless && !in_pattern(kpi)) {
        const Node *node = kpi->node->c;
        while (node->kind != N_MEASURE)
            node = node->next;
        put_flat(&out, source_text(e->p->sources, node->span));
        return kept(e, &out);
    }
    put_text(&out, S("measure "));
    for (uint32_t i = 0; i < kpi->agg_count; i++) {
        put_text(&out, i == 0 ? S("") : S(" / "));
        put_agg(e, &out, &kpi->aggs[i]);
    }
    put_window(&out, kpi);
    put_compare(&out, kpi);
    return kept(e, &out);
}

Str said_level(Emit *e, const KpiSym *kpi, const LevelSym *level) {
    Buf out = {0};
    if (!in_pattern(kpi))
        put_flat(&out, source_text(e->p->sources, level->node->span));
    return kept(e, &out);
}
