/* syntax: what diagnostics suggest, applied to a text. */
#include "engine/syntax/fix.h"

#include <stdlib.h>

static int fix_order(const void *a, const void *b) {
    const Diag *const *x = a, *const *y = b;
    int order = span_order((*x)->fix_span, (*y)->fix_span);
    if (order != 0)
        return order;
    return (*x)->number < (*y)->number ? -1 : (*x)->number > (*y)->number;
}

Status fix_source(const Diags *d, uint32_t file, Arena *a, Str *out, const Diag ***applied,
                  size_t *n) {
    Str text = d->sources->files.at[file].text;
    const Diag **fixes = new (a, const Diag *, d->all.n + 1);
    size_t count = 0, at = 0;
    Buf mended = {0};
    *n = 0;
    *out = text;
    *applied = fixes;
    if (fixes == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < d->all.n; i++)
        if (d->all.at[i].certain && d->all.at[i].fix_span.file == file)
            fixes[count++] = &d->all.at[i];
    if (count == 0)
        return OK;
    /* a total order: numbers differ */
    qsort(fixes, count, sizeof *fixes, fix_order);
    for (size_t i = 0; i < count; i++) {
        Span span = fixes[i]->fix_span;
        bool within = span.from < at || (*n > 0 && span.from == at && span.to == at);
        if (within || span.to > text.n)
            continue;
        put_bytes(&mended, text.p + at, span.from - at);
        put_text(&mended, fixes[i]->fix);
        at = span.to;
        fixes[(*n)++] = fixes[i];
    }
    put_bytes(&mended, text.p + at, text.n - at);
    Status status = mended.failed ? ERR_NOMEM : arena_str(a, buf_str(&mended), out);
    buf_free(&mended);
    return status;
}
