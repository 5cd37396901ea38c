/* base: JSON in one form. */
#include "engine/base/canonical.h"

#include <stdlib.h>

typedef struct Entry {
    Str name, value;
} Entry;

static int entry_order(const void *a, const void *b) {
    const Entry *x = a, *y = b;
    int order = str_cmp(x->name, y->name);
    return order != 0 ? order : str_cmp(x->value, y->value);
}

/* A value as text of its own. */
static Status value_text_of(Json *j, Arena *a, Str *out) {
    Buf text = {0};
    Status status = put_canonical_json(&text, j, a);
    if (status == OK)
        status = arena_str(a, buf_str(&text), out);
    buf_free(&text);
    return status;
}

static Status put_object(Buf *out, Json *j, Arena *a) {
    VEC(Entry) entries = {0};
    Status status = OK;
    Str name;
    json_object_begin(j);
    while (status == OK && json_object_next(j, &name)) {
        Entry entry;
        status = arena_str(a, name, &entry.name);
        if (status == OK)
            status = value_text_of(j, a, &entry.value);
        if (status == OK && !vec_push(&entries, entry))
            status = ERR_NOMEM;
    }
    if (entries.n > 1)
        qsort(entries.at, entries.n, sizeof *entries.at,
              entry_order); /* a total order: equal entries are the same */
    put_c(out, '{');
    for (size_t i = 0; i < entries.n; i++) {
        if (i > 0)
            put_c(out, ',');
        put_json_string(out, entries.at[i].name);
        put_c(out, ':');
        put_text(out, entries.at[i].value);
    }
    put_c(out, '}');
    vec_free(&entries);
    return status;
}

static Status put_array(Buf *out, Json *j, Arena *a) {
    bool first = true;
    put_c(out, '[');
    json_array_begin(j);
    while (json_array_next(j)) {
        if (!first)
            put_c(out, ',');
        first = false;
        TRY(put_canonical_json(out, j, a));
    }
    put_c(out, ']');
    return OK;
}

Status put_canonical_json(Buf *out, Json *j, Arena *a) {
    Str text;
    Status status = OK;
    switch (json_peek(j)) {
    case '{':
        status = put_object(out, j, a);
        break;
    case '[':
        status = put_array(out, j, a);
        break;
    case '"':
        if (json_string(j, &text))
            put_json_string(out, text);
        break;
    default:
        if (json_skip(j, &text))
            put_text(out, text);
    }
    if (status == OK && j->status != OK)
        status = j->status;
    return status == OK ? buf_status(out) : status;
}
