/* book: the states of a duty as a small picture. */
#include "engine/book/book_int.h"

enum { BOX_W = 104, BOX_H = 28, COLUMN = 190, LINE = 46, TOP = 8, LEFT = 4 };

static void put_box(Book *b, int x, int y, BookWord what, const char *class) {
    put_fmt(b->out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\"/>",
            class, x, y, BOX_W, BOX_H);
    put_fmt(b->out, "<text x=\"%d\" y=\"%d\">", x + BOX_W / 2, y + 19);
    book_say(b, what);
    put_text(b->out, S("</text>"));
}

/* From the open box to the one on the right in row `row`. both: and back. */
static void put_arrow(Book *b, int row, BookWord label, bool both) {
    int x = LEFT + BOX_W, to = LEFT + COLUMN, y = TOP + BOX_H / 2, end = y + row * LINE;
    int bend = x + (to - x) / 3;
    put_fmt(b->out, "<path d=\"M%d %dH%dV%dH%d\"/>", x, y, bend, end, to);
    put_fmt(b->out, "<path class=\"head\" d=\"M%d %dl-7 -4v8z\"/>", to, end);
    if (both)
        put_fmt(b->out, "<path class=\"head\" d=\"M%d %dl7 -4v8z\"/>", x, y);
    if (label != BOOK_WORDS) {
        put_fmt(b->out, "<text class=\"on\" x=\"%d\" y=\"%d\">", bend + 28, end - 5);
        book_say(b, label);
        put_text(b->out, S("</text>"));
    }
}

typedef struct State {
    BookWord name, label;
    const char *class;
    bool both, further; /* further: it may still be fulfilled, late */
} State;

static bool acts(const DutySym *duty, int kind) {
    for (uint32_t i = 0; i < duty->act_count; i++)
        if (duty->acts[i].kind == kind)
            return true;
    return false;
}

/* The power to waive makes a state, too. */
static bool may(const Book *b, const DutySym *duty, PowerRow verb) {
    for (size_t i = 0; i < b->p->powers.n; i++)
        if (b->p->powers.at[i].of == duty && b->p->powers.at[i].verb == verb)
            return true;
    return false;
}

static size_t states_of(const Book *b, const DutySym *duty, State out[5]) {
    size_t n = 0;
    bool due = duty->due != NULL;
    if (duty->forbids)
        out[n++] = (State){BOOK_STATE_ENDED, BOOK_WORDS, "good", false, false};
    else
        out[n++] = (State){BOOK_STATE_FULFILLED, BOOK_IN_TIME, "good", false, false};
    if (due || duty->forbids)
        out[n++] = (State){BOOK_STATE_BREACHED, duty->forbids ? BOOK_WORDS : BOOK_WHEN_DUE, "bad",
                           false, !duty->forbids};
    if (duty->pause_count > 0)
        out[n++] = (State){BOOK_STATE_PAUSED, BOOK_WORDS, "", true, false};
    if (acts(duty, ACT_WAIVE) || may(b, duty, POWER_WAIVE))
        out[n++] = (State){BOOK_STATE_WAIVED, BOOK_WORDS, "", false, false};
    if (acts(duty, ACT_CANCEL))
        out[n++] = (State){BOOK_STATE_CANCELLED, BOOK_WORDS, "", false, false};
    return n;
}

/* From the breached box to a fulfilled one further right. */
static void put_late(Book *b, int row) {
    int x = LEFT + COLUMN + BOX_W, y = TOP + BOX_H / 2 + row * LINE, to = LEFT + 2 * COLUMN;
    put_fmt(b->out, "<path d=\"M%d %dH%d\"/><path class=\"head\" d=\"M%d %dl-7 -4v8z\"/>", x, y, to,
            to, y);
    put_fmt(b->out, "<text class=\"on\" x=\"%d\" y=\"%d\">", (x + to) / 2, y - 5);
    book_say(b, BOOK_IS_LATE);
    put_text(b->out, S("</text>"));
    put_box(b, to, TOP + row * LINE, BOOK_STATE_FULFILLED, "late");
}

void book_life(Book *b, const DutySym *duty) {
    State states[5];
    size_t n = states_of(b, duty, states);
    if (!b->html)
        return;
    int height = TOP * 2 + BOX_H + (int)(n - 1) * LINE;
    put_fmt(b->out,
            "<svg class=\"life\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\">",
            2 * COLUMN + BOX_W + 2 * LEFT, height, 2 * COLUMN + BOX_W + 2 * LEFT, height);
    put_text(b->out, S("<title>"));
    book_say(b, BOOK_LIFE);
    put_text(b->out, S("</title>"));
    put_box(b, LEFT, TOP, BOOK_STATE_OPEN, "");
    for (size_t i = 0; i < n; i++) {
        put_arrow(b, (int)i, states[i].label, states[i].both);
        put_box(b, LEFT + COLUMN, TOP + (int)i * LINE, states[i].name, states[i].class);
        if (states[i].further)
            put_late(b, (int)i);
    }
    put_text(b->out, S("</svg>\n"));
}
