/* base: what is said to people, in two languages. */
#include "engine/base/words.h"

enum { GROUPS_MOST = 4 }; /* of [ ] within each other */

int words_next(const char **pattern, Str *text) {
    const char *p = *pattern;
    while (*p != '\0' && !(p[0] == '{' && p[1] >= '0' && p[1] <= '9' && p[2] == '}'))
        p++;
    *text = (Str){*pattern, (size_t)(p - *pattern)};
    *pattern = *p == '\0' ? p : p + 3;
    return *p == '\0' ? -1 : p[1] - '0';
}

/* Where a [ begins in what was put, and whether all arguments since are there. */
typedef struct Group {
    size_t from;
    bool whole;
} Group;

typedef struct Groups {
    Group at[GROUPS_MOST + 1];
    int depth;
} Groups;

static void put_grouped(Buf *out, Groups *g, Str text) {
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '[') {
            ASSERT(g->depth < GROUPS_MOST);
            g->at[++g->depth] = (Group){out->n, true};
        } else if (text.p[i] == ']') {
            ASSERT(g->depth > 0);
            out->n = g->at[g->depth].whole ? out->n : g->at[g->depth].from;
            g->depth--;
        } else {
            put_c(out, text.p[i]);
        }
    }
}

void put_words(Buf *out, Words words, bool chinese, const Str *args, size_t n) {
    const char *pattern = chinese ? words.zh : words.en;
    Groups g = {0};
    Str text;
    for (int arg; (arg = words_next(&pattern, &text)) >= 0;) {
        ASSERT((size_t)arg < n);
        put_grouped(out, &g, text);
        g.at[g.depth].whole = g.at[g.depth].whole && args[arg].n > 0;
        put_text(out, args[arg]);
    }
    put_grouped(out, &g, text);
    ASSERT(g.depth == 0);
}
