/* run: rows of JSON files. */
#include "engine/run/jsonrows.h"

enum {
    STATE_START,   /* before a document */
    STATE_LINES,   /* a value a line */
    STATE_VALUE,   /* before the value that the steps so far lead to */
    STATE_MEMBERS, /* in an object, before a member */
    STATE_ITEMS,   /* in a list, before an item that is sought */
    STATE_LIST,    /* in the list of rows */
    STATE_REST,    /* behind the rows of a document */
    STATE_DEAD
};

void json_rows_init(JsonRows *r, Str path) {
    *r = (JsonRows){0};
    r->step_count = path_steps(path, r->steps);
}

void json_rows_stop(JsonRows *r) {
    r->state = STATE_DEAD;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_space(Str text, size_t at, bool commas) {
    while (at < text.n && (is_space(text.p[at]) || (commas && text.p[at] == ',')))
        at++;
    return at;
}

/* Behind a string that begins at `at`; 0: it does not end in text. */
static size_t string_end(Str text, size_t at) {
    for (size_t i = at + 1; i < text.n; i++) {
        if (text.p[i] == '\\')
            i++;
        else if (text.p[i] == '"')
            return i + 1;
    }
    return 0;
}

/* Behind a value that begins at `at`; 0: it does not end in text. What stands in it is not looked
 * at. */
static size_t value_end(Str text, size_t at, bool last) {
    size_t depth = 0;
    if (at < text.n && text.p[at] == '"')
        return string_end(text, at);
    if (at < text.n && (text.p[at] == '{' || text.p[at] == '[')) {
        for (size_t i = at; i < text.n; i++) {
            char c = text.p[i];
            if (c == '"') {
                size_t end = string_end(text, i);
                if (end == 0)
                    return 0;
                i = end - 1;
            } else if (c == '{' || c == '[') {
                depth++;
            } else if ((c == '}' || c == ']') && --depth == 0) {
                return i + 1;
            }
        }
        return 0;
    }
    size_t i = at;
    while (i < text.n && !is_space(text.p[i]) && text.p[i] != ',' && text.p[i] != ']' &&
           text.p[i] != '}')
        i++;
    return i == at || (i == text.n && !last) ? 0 : i;
}

/* Passes over the rest of a document, whose size does not matter; true: it is behind us. */
static bool pass_rest(JsonRows *r, Str text, size_t *at) {
    for (; *at < text.n && r->open > 0; (*at)++) {
        char c = text.p[*at];
        if (r->quoted) {
            if (r->escaped)
                r->escaped = false;
            else if (c == '\\')
                r->escaped = true;
            else if (c == '"')
                r->quoted = false;
        } else if (c == '"') {
            r->quoted = true;
        } else if (c == '{' || c == '[') {
            r->open++;
        } else if (c == '}' || c == ']') {
            r->open--;
        }
    }
    return r->open == 0;
}

typedef struct Walk {
    JsonRows *r;
    Str text;
    bool last;
    size_t at;
    Str *row;
} Walk;

static RowsNow broken(Walk *w) {
    *w->row = str_from(w->text, w->at);
    w->at = w->text.n;
    w->r->state = STATE_DEAD;
    return ROWS_BAD;
}

static RowsNow lacking(Walk *w) {
    return w->last ? broken(w) : ROWS_MORE;
}

static RowsNow give(Walk *w, size_t end) {
    *w->row = (Str){w->text.p + w->at, end - w->at};
    w->at = end;
    return ROWS_ROW;
}

/* The value to which the steps lead so far. */
static bool at_value(Walk *w, RowsNow *out) {
    JsonRows *r = w->r;
    char c = w->text.p[w->at];
    if (r->at == r->step_count) {
        r->found = true;
        if (c == '[') {
            r->open++;
            w->at++;
            r->state = STATE_LIST;
            return false;
        }
        size_t end = value_end(w->text, w->at, w->last);
        if (end == 0) {
            *out = lacking(w);
            return true;
        }
        *out = give(w, end);
        r->state = STATE_REST;
        return true;
    }
    bool item = r->steps[r->at].item;
    if (c == (item ? '[' : '{')) {
        r->open++;
        r->item = 0;
        w->at++;
        r->state = item ? STATE_ITEMS : STATE_MEMBERS;
        return false;
    }
    size_t end = value_end(w->text, w->at, w->last); /* the path does not lead on */
    if (end == 0) {
        *out = lacking(w);
        return true;
    }
    w->at = end;
    r->state = STATE_REST;
    return false;
}

/* A member of an object on the path. */
static bool at_member(Walk *w, RowsNow *out) {
    JsonRows *r = w->r;
    size_t name = w->at, end = w->text.p[name] == '"' ? string_end(w->text, name) : 0, colon;
    if (w->text.p[name] == '}') {
        w->at++;
        r->open--;
        r->state = STATE_REST;
        return false;
    }
    *out = w->text.p[name] != '"' ? broken(w) : end == 0 ? lacking(w) : ROWS_ROW;
    if (end == 0)
        return true;
    colon = skip_space(w->text, end, false);
    size_t value = colon < w->text.n ? skip_space(w->text, colon + 1, false) : colon;
    if (value >= w->text.n) {
        *out = lacking(w);
        return true;
    }
    if (w->text.p[colon] != ':') {
        *out = broken(w);
        return true;
    }
    Str is = {w->text.p + name + 1, end - name - 2};
    if (str_eq(is, r->steps[r->at].name)) {
        r->at++;
        w->at = value;
        r->state = STATE_VALUE;
        return false;
    }
    end = value_end(w->text, value, w->last);
    if (end == 0) {
        *out = lacking(w);
        return true;
    }
    w->at = end;
    return false;
}

/* An item of a list on the path. */
static bool at_item(Walk *w, RowsNow *out) {
    JsonRows *r = w->r;
    if (w->text.p[w->at] == ']') {
        w->at++;
        r->open--;
        r->state = STATE_REST;
        return false;
    }
    if (r->item == r->steps[r->at].place) {
        r->at++;
        r->state = STATE_VALUE;
        return false;
    }
    size_t end = value_end(w->text, w->at, w->last);
    if (end == 0) {
        *out = lacking(w);
        return true;
    }
    r->item++;
    w->at = end;
    return false;
}

static bool at_row(Walk *w, RowsNow *out) {
    if (w->text.p[w->at] == ']') {
        w->at++;
        w->r->open--;
        w->r->state = STATE_REST;
        return false;
    }
    size_t end = value_end(w->text, w->at, w->last);
    *out = end > 0 ? give(w, end) : w->text.p[w->at] == '}' ? broken(w) : lacking(w);
    return true;
}

static bool at_line(Walk *w, RowsNow *out) {
    Str rest = str_from(w->text, w->at);
    ptrdiff_t end = str_find(rest, '\n');
    if (end < 0 && !w->last)
        *out = ROWS_MORE;
    else
        *out = give(w, end < 0 ? w->text.n : w->at + (size_t)end);
    return true;
}

static void at_start(JsonRows *r, Walk *w) {
    r->at = r->open = 0;
    if (r->step_count > 0) {
        r->state = STATE_VALUE;
    } else if (w->text.p[w->at] == '[') {
        r->found = true;
        r->open = 1;
        w->at++;
        r->state = STATE_LIST;
    } else {
        r->found = true;
        r->state = STATE_LINES;
    }
}

RowsNow json_rows_next(JsonRows *r, Str text, bool last, size_t *used, Str *row) {
    Walk w = {.r = r, .text = text, .last = last, .row = row};
    RowsNow now = ROWS_MORE;
    for (bool done = false; !done;) {
        if (r->state == STATE_DEAD) {
            w.at = text.n;
        } else if (r->state == STATE_REST) {
            if (pass_rest(r, text, &w.at))
                r->state = STATE_START;
        }
        if (r->state != STATE_DEAD && r->state != STATE_REST) {
            bool commas =
                r->state == STATE_LIST || r->state == STATE_MEMBERS || r->state == STATE_ITEMS;
            w.at = skip_space(text, w.at, commas);
        }
        if (w.at >= text.n) {
            bool whole =
                r->state == STATE_START || r->state == STATE_LINES || r->state == STATE_DEAD;
            now = !last ? ROWS_MORE : whole ? ROWS_OVER : broken(&w);
            break;
        }
        switch (r->state) {
        case STATE_START:
            at_start(r, &w);
            break;
        case STATE_LINES:
            done = at_line(&w, &now);
            break;
        case STATE_VALUE:
            done = at_value(&w, &now);
            break;
        case STATE_MEMBERS:
            done = at_member(&w, &now);
            break;
        case STATE_ITEMS:
            done = at_item(&w, &now);
            break;
        case STATE_LIST:
            done = at_row(&w, &now);
            break;
        default:
            break;
        }
    }
    *used = w.at;
    return now;
}
