/* syntax: files, lines and columns. */
#include "engine/syntax/source.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/utf8.h"

Span span_join(Span a, Span b) {
    ASSERT(a.file == b.file);
    return (Span){a.file, a.from < b.from ? a.from : b.from, a.to > b.to ? a.to : b.to};
}

int span_order(Span a, Span b) {
    if (a.file != b.file)
        return a.file < b.file ? -1 : 1;
    return (a.from > b.from) - (a.from < b.from);
}

Status source_add(Sources *all, Str name, Str text, bool embedded, uint32_t *file) {
    if (text.n > LIMIT_SOURCE_BYTES || all->files.n >= LIMIT_SOURCES)
        return ERR_LIMIT;
    Source source = {.embedded = embedded};
    TRY(arena_str(all->arena, name, &source.name));
    source.stem = source.name;
    TRY(arena_str(all->arena, text, &source.text));
    if (!vec_push(&all->files, source))
        return ERR_NOMEM;
    *file = (uint32_t)(all->files.n - 1);
    return OK;
}

Status source_use(Sources *all, uint32_t of, Str pattern, Str as, Span used, uint32_t *file) {
    if (all->files.n >= LIMIT_SOURCES)
        return ERR_LIMIT;
    Source source = all->files.at[of];
    source.pattern = pattern;
    source.as = as;
    source.used = used;
    if (all->files.at[of].pattern.n == 0)
        source.of = of;
    if (!vec_push(&all->files, source))
        return ERR_NOMEM;
    *file = (uint32_t)(all->files.n - 1);
    return OK;
}

void source_stem(Sources *all, uint32_t file, Str stem) {
    Source *source = &all->files.at[file];
    source->stem = str_from(source->name, source->name.n - stem.n);
}

void sources_free(Sources *all) {
    vec_free(&all->files);
}

/* The table of line starts; without memory for it, everything is on line 1. */
static void source_index(Sources *all, Source *source) {
    if (source->lines != NULL)
        return;
    uint32_t count = 1;
    for (size_t i = 0; i < source->text.n; i++)
        count += source->text.p[i] == '\n';
    uint32_t *lines = new (all->arena, uint32_t, count);
    if (lines == NULL)
        return;
    uint32_t n = 1;
    for (size_t i = 0; i < source->text.n; i++)
        if (source->text.p[i] == '\n')
            lines[n++] = (uint32_t)i + 1;
    source->lines = lines;
    source->line_count = count;
}

Place source_place(Sources *all, uint32_t file, uint32_t offset) {
    Source *source = &all->files.at[file];
    source_index(all, source);
    if (source->lines == NULL)
        return (Place){1, 1};
    if (offset > source->text.n)
        offset = (uint32_t)source->text.n;
    uint32_t low = 0, high = source->line_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (source->lines[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    Str before = {source->text.p + source->lines[low], offset - source->lines[low]};
    return (Place){low + 1, (uint32_t)utf8_count(before) + 1};
}

Str source_line(Sources *all, uint32_t file, uint32_t line) {
    Source *source = &all->files.at[file];
    source_index(all, source);
    if (source->lines == NULL || line == 0 || line > source->line_count)
        return (Str){NULL, 0};
    Str rest = str_from(source->text, source->lines[line - 1]);
    Str text;
    str_cut(rest, '\n', &text, NULL);
    if (text.n > 0 && text.p[text.n - 1] == '\r')
        text.n--;
    return text;
}

bool source_chinese(const Sources *all, uint32_t file) {
    return all->files.at[file].chinese;
}

Str source_text(const Sources *all, Span span) {
    Str text = all->files.at[span.file].text;
    uint32_t to = span.to > text.n ? (uint32_t)text.n : span.to;
    uint32_t from = span.from > to ? to : span.from;
    return (Str){text.p + from, to - from};
}
