/* book: KPIs: what is measured, over which window, the levels and what they set off. */
#include "engine/book/book_int.h"

static bool label_of(const Node *clause, BookWord *out) {
    switch ((int)clause->kind) {
    case N_MEASURE:
        *out = BOOK_MEASURE;
        return true;
    case N_SAMPLES:
    case N_EMPTY:
        *out = BOOK_SAMPLES;
        return true;
    case N_LEVEL:
        *out = BOOK_LEVEL;
        return true;
    case N_WHEN_LEVEL:
    case N_WHEN:
        *out = BOOK_REACTION;
        return true;
    case N_SET_ZONE:
    case N_SET_CALENDAR:
        *out = BOOK_COUNTS;
        return true;
    case N_GROUPED:
        *out = BOOK_LADDER_SAYS;
        return true;
    case N_DATED:
        *out = BOOK_APPLIES;
        return true;
    default:
        return false;
    }
}

static void put_kpi(Book *b, const KpiSym *kpi) {
    BookWord before = BOOK_WORDS, label;
    book_heading(b, "kpi", kpi->name, book_name(b, kpi->name, kpi->node->more));
    book_table(b, "says", NULL, 2);
    book_doc(b, kpi->node);
    for (uint32_t i = 0; i < kpi->by_count; i++) {
        if (i == 0)
            book_row_of(b, BOOK_BY);
        else
            book_say(b, BOOK_LISTED);
        book_text(b, book_name(b, kpi->by[i].name, kpi->by[i].alias));
    }
    for (const Node *clause = kpi->node->c; clause != NULL; clause = clause->next) {
        if (!label_of(clause, &label))
            continue;
        if (label == before)
            book_br(b);
        else
            book_row_of(b, label);
        book_node(b, kpi->home, clause);
        before = label;
    }
    book_row_of(b, BOOK_SOURCE_LINE);
    book_place(b, kpi->at);
    book_table_end(b);
    book_heading_end(b);
}

void book_kpis(Book *b) {
    bool any = false;
    for (size_t i = 0; i < b->p->kpis.n; i++) {
        if (b->p->kpis.at[i]->nameless)
            continue;
        if (!any)
            book_section(b, "kpis", BOOK_KPIS);
        any = true;
        put_kpi(b, b->p->kpis.at[i]);
    }
}
