/* run: a help page for a terminal. */
#include "engine/base/unicode.h"
#include "engine/base/wrap.h"
#include "engine/run/pages.h"

enum { EXAMPLE_INDENT = 4 };

const Page *page_of(Str code, bool chinese) {
    const Page *found = NULL;
    for (size_t i = 0; i < page_count; i++) {
        Str name = pages[i].name;
        bool zh = str_starts(name, S("zh."));
        if (!str_eq(zh ? str_from(name, 3) : name, code))
            continue;
        if (zh == chinese)
            return &pages[i];
        found = zh ? found : &pages[i];
    }
    return found;
}

/* `[text](place)` at the beginning: its text. *n: how much it takes; 0: there is no link. */
static Str link_text(Str line, size_t *n) {
    ptrdiff_t close = str_find(line, ']');
    *n = 0;
    if (line.p[0] != '[' || close < 0 || (size_t)close + 1 >= line.n || line.p[close + 1] != '(')
        return (Str){NULL, 0};
    ptrdiff_t end = str_find(str_from(line, (size_t)close + 2), ')');
    if (end < 0)
        return (Str){NULL, 0};
    *n = (size_t)close + 3 + (size_t)end;
    return (Str){line.p + 1, (size_t)close - 1};
}

/* A line without the places of its links. */
static void put_plain(Buf *out, Str line) {
    while (line.n > 0) {
        size_t n;
        Str text = link_text(line, &n);
        if (n > 0)
            put_text(out, text);
        else
            put_c(out, line.p[0]);
        line = str_from(line, n > 0 ? n : 1);
    }
}

typedef struct PageOut {
    Buf *out;
    size_t columns;
    bool color, example, begun;
    size_t indent; /* of the paragraph's further lines: 2 in a list */
    Buf words;     /* the paragraph that is being read */
} PageOut;

static void put_gap(PageOut *p) {
    if (p->begun)
        put_c(p->out, '\n');
    p->begun = true;
}

static void paragraph_end(PageOut *p) {
    if (p->words.n == 0)
        return;
    put_wrapped(p->out, buf_str(&p->words), 0, p->indent, p->columns);
    put_c(p->out, '\n');
    buf_reset(&p->words);
    p->indent = 0;
}

static void put_heading(PageOut *p, Str text) {
    put_gap(p);
    put_text(p->out, p->color ? S("\033[1m") : S(""));
    put_plain(p->out, text);
    put_text(p->out, p->color ? S("\033[0m\n") : S("\n"));
}

/* Wide letters need no blank between the lines of a paragraph. */
static bool ends_wide(const Buf *words) {
    size_t at = words->n;
    while (at > 0 && ((unsigned char)words->p[at - 1] & 0xC0) == 0x80)
        at--;
    return at > 0 && at < words->n && uc_columns((Str){words->p + at - 1, words->n - at + 1}) > 1;
}

static void put_prose(PageOut *p, Str line) {
    bool item = str_starts(line, S("- "));
    if (item)
        paragraph_end(p);
    if (p->words.n == 0 && !item)
        put_gap(p);
    if (item && p->indent == 0)
        p->indent = 2;
    if (p->words.n > 0 && !ends_wide(&p->words))
        put_c(&p->words, ' ');
    put_plain(&p->words, item ? line : str_trim(line));
}

static void put_line(PageOut *p, Str line) {
    if (str_starts(line, S("```"))) {
        paragraph_end(p);
        p->example = !p->example;
        if (p->example)
            put_gap(p);
    } else if (p->example) {
        for (size_t i = 0; line.n > 0 && i < EXAMPLE_INDENT; i++)
            put_c(p->out, ' ');
        put_text(p->out, line);
        put_c(p->out, '\n');
    } else if (str_trim(line).n == 0) {
        paragraph_end(p);
    } else if (str_starts(line, S("#"))) {
        paragraph_end(p);
        while (str_starts(line, S("#")))
            line = str_from(line, 1);
        put_heading(p, str_trim(line));
    } else if (str_starts(line, S("|"))) {
        paragraph_end(p);
        put_plain(p->out, line);
        put_c(p->out, '\n');
    } else {
        put_prose(p, line);
    }
}

void page_put(Buf *out, Str markdown, size_t columns, bool color) {
    PageOut p = {.out = out, .columns = columns, .color = color};
    for (Str line; markdown.n > 0;) {
        str_cut(markdown, '\n', &line, &markdown);
        put_line(&p, line);
    }
    paragraph_end(&p);
    out->failed = out->failed || p.words.failed;
    buf_free(&p.words);
}
