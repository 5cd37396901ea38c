/* book: the page in its two forms, and what must be escaped in them. */
#include "engine/book/book_int.h"

/* ---- characters */

static const char *html_of(char c) {
    return c == '&'    ? "&amp;"
           : c == '<'  ? "&lt;"
           : c == '>'  ? "&gt;"
           : c == '"'  ? "&quot;"
           : c == '\'' ? "&#39;"
                       : NULL;
}

static void put_escaped(Book *b, char c) {
    const char *html = html_of(c);
    if (b->plain)
        put_c(b->out, c);
    else if (c == '\n' || c == '\r')
        put_c(b->out, ' ');
    else if (html != NULL && (b->html || c == '<' || c == '>' || c == '&'))
        put_text(b->out, str_of(html));
    else if (!b->html && memchr("\\`*_[]|#~", c, 9) != NULL)
        put_fmt(b->out, "\\%c", c);
    else
        put_c(b->out, c);
}

void book_text(Book *b, Str text) {
    for (size_t i = 0; i < text.n; i++)
        put_escaped(b, text.p[i]);
}

void book_raw(Book *b, const char *html) {
    if (b->html)
        put_text(b->out, str_of(html));
}

/* In a reference what is not a letter, a digit, a point or of another script is a percent code. */
static void put_fragment(Book *b, const char *kind, Str name) {
    put_text(b->out, str_of(kind));
    put_c(b->out, '-');
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '.' || c == '_' || c == '-' || (unsigned char)c >= 0x80;
        if (plain)
            put_c(b->out, c);
        else
            put_fmt(b->out, "-%02x", (unsigned)(unsigned char)c);
    }
}

/* ---- words */

void book_say(Book *b, BookWord what) {
    book_text(b, book_word(b->chinese, what));
}

void book_said(Book *b, BookWord what, const Str *args, size_t n) {
    put_words(b->out, book_words[what], b->chinese, args, n);
}

Str book_cut(Book *b, size_t from) {
    Str out = {NULL, 0};
    Str text = str_from(buf_str(b->out), from);
    if (b->status == OK)
        b->status = arena_str(&b->arena, text, &out);
    b->out->n = from;
    return out;
}

/* ---- runs */

void book_strong(Book *b, Str text) {
    put_text(b->out, b->html ? S("<b>") : S("**"));
    book_text(b, text);
    put_text(b->out, b->html ? S("</b>") : S("**"));
}

void book_code(Book *b, Str text) {
    book_raw(b, "<code>");
    book_text(b, text);
    book_raw(b, "</code>");
}

void book_link(Book *b, const char *kind, Str name, Str text) {
    if (b->plain) {
        book_text(b, text);
        return;
    }
    put_text(b->out, b->html ? S("<a href=\"#") : S("["));
    if (!b->html) {
        book_text(b, text);
        put_text(b->out, S("](#"));
    }
    put_fragment(b, kind, name);
    put_text(b->out, b->html ? S("\">") : S(")"));
    if (b->html) {
        book_text(b, text);
        put_text(b->out, S("</a>"));
    }
}

void book_anchor(Book *b, const char *kind, Str name) {
    put_text(b->out, S("<a id=\""));
    put_fragment(b, kind, name);
    put_text(b->out, S("\"></a>"));
}

/* The source whose text a source shares. */
static uint32_t source_shared(const Book *b, uint32_t file) {
    const Source *source = &b->p->sources->files.at[file];
    return source->pattern.n > 0 ? source->of : file;
}

void book_place(Book *b, Span at) {
    if (at.file >= b->p->sources->files.n)
        return;
    uint32_t file = source_shared(b, at.file);
    uint32_t line = source_place(b->p->sources, file, at.from).line;
    Str stem = b->p->sources->files.at[file].stem;
    b->shown[file] = true;
    book_raw(b, "<a class=\"src\" href=\"#");
    if (b->html)
        put_fmt(b->out, "line-%u-%u\">", file, line);
    book_text(b, stem);
    put_fmt(b->out, ":%u", line);
    book_raw(b, "</a>");
}

/* ---- blocks */

void book_section(Book *b, const char *id, BookWord title) {
    if (b->section_count < BOOK_SECTIONS)
        b->sections[b->section_count++] = (BookSection){id, title};
    if (b->html)
        put_fmt(b->out, "</section>\n<section id=\"%s\"><h2>", id);
    else
        put_fmt(b->out, "\n<a id=\"%s\"></a>\n\n## ", id);
    book_say(b, title);
    put_text(b->out, b->html ? S("</h2>\n") : S("\n\n"));
}

void book_heading(Book *b, const char *kind, Str name, Str title) {
    if (b->html) {
        put_text(b->out, S("<article id=\""));
        put_fragment(b, kind, name);
        put_text(b->out, S("\" data-find=\""));
        book_text(b, title);
        put_c(b->out, ' ');
        book_text(b, name);
        put_text(b->out, S("\"><h3>"));
    } else {
        put_c(b->out, '\n');
        book_anchor(b, kind, name);
        put_text(b->out, S("\n\n### "));
    }
    book_text(b, title);
    if (!str_eq(title, name)) {
        put_c(b->out, ' ');
        book_code(b, name);
    }
    put_text(b->out, b->html ? S("</h3>\n") : S("\n\n"));
}

void book_heading_end(Book *b) {
    put_text(b->out, b->html ? S("</article>\n") : S("\n"));
}

void book_para(Book *b) {
    book_raw(b, "<p>");
}

void book_para_end(Book *b) {
    put_text(b->out, b->html ? S("</p>\n") : S("\n\n"));
}

void book_br(Book *b) {
    put_text(b->out, S("<br>"));
}

/* ---- tables */

static void cell_end(Book *b) {
    if (b->cell)
        put_text(b->out, b->html ? S("</td>") : S(" "));
    b->cell = false;
}

static void row_end(Book *b) {
    cell_end(b);
    if (b->row)
        put_text(b->out, b->html ? S("</tr>\n") : S("|\n"));
    b->row = false;
}

void book_table(Book *b, const char *class, const BookWord *heads, size_t n) {
    if (b->html)
        put_fmt(b->out, "<div class=\"wide\"><table class=\"%s\">", class);
    if (b->html && heads != NULL)
        put_text(b->out, S("<thead><tr>"));
    for (size_t i = 0; i < n; i++) {
        put_text(b->out, b->html ? heads == NULL ? S("") : S("<th scope=\"col\">") : S("| "));
        if (heads != NULL)
            book_say(b, heads[i]);
        put_text(b->out, b->html ? heads == NULL ? S("") : S("</th>") : S(" "));
    }
    if (b->html && heads != NULL)
        put_text(b->out, S("</tr></thead>"));
    for (size_t i = 0; i < n && !b->html; i++)
        put_text(b->out, i == 0 ? S("|\n| --- ") : S("| --- "));
    put_text(b->out, b->html ? S("<tbody>\n") : S("|\n"));
    b->row = b->cell = false;
}

void book_table_end(Book *b) {
    row_end(b);
    put_text(b->out, b->html ? S("</tbody></table></div>\n") : S("\n"));
}

void book_row(Book *b) {
    row_end(b);
    book_raw(b, "<tr>");
    b->row = true;
}

void book_cell(Book *b) {
    cell_end(b);
    put_text(b->out, b->html ? S("<td>") : S("| "));
    b->cell = true;
}

void book_row_of(Book *b, BookWord what) {
    book_row(b);
    if (b->html)
        put_text(b->out, S("<th scope=\"row\">"));
    else
        put_text(b->out, S("| "));
    book_say(b, what);
    put_text(b->out, b->html ? S("</th>") : S(" "));
    book_cell(b);
}
