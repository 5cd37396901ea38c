/* run: input files. */
#include "engine/run/feed.h"

#include <string.h>

#include "engine/base/limits.h"

enum { FEED_CHUNK = 1 << 18, KEPT_BYTES = 4096 };
#define BYTE_ORDER_MARK "\xEF\xBB\xBF" /* that some programs put at the start of a file */

Status feed_open(Feed *f, Str path, FeedKind kind, Arena *keep, Err *err) {
    *f = (Feed){.csv = kind == FEED_CSV || (kind == FEED_BY_NAME && str_ends(path, S(".csv")))};
    return os_open_read(path, keep, &f->file, err);
}

void feed_close(Feed *f) {
    os_close(&f->file);
    buf_free(&f->text);
    arena_free(&f->columns);
    seen_free(&f->seen);
}

static Status feed_fill(Feed *f, Err *err) {
    if (f->at > 0) {
        memmove(f->text.p, f->text.p + f->at, f->text.n - f->at);
        f->text.n -= f->at;
        f->at = 0;
    }
    if (!buf_reserve(&f->text, FEED_CHUNK + JSON_PAD))
        return ERR_NOMEM;
    size_t got;
    TRY(os_read(&f->file, f->text.p + f->text.n, FEED_CHUNK, &got, err));
    f->text.n += got;
    f->over = got == 0;
    memset(f->text.p + f->text.n, 0, JSON_PAD);
    return OK;
}

static size_t line_length(Str text, bool last) {
    ptrdiff_t end = str_find(text, '\n');
    return end >= 0 ? (size_t)end + 1 : last ? text.n : 0;
}

/* The next line or record, its line break included; empty at the end. *cut: it was too long, and
 * its beginning stands for it. */
static Status feed_piece(Feed *f, Str *piece, bool *cut, Err *err) {
    *cut = false;
    for (;;) {
        Str rest = {f->text.p == NULL ? "" : f->text.p + f->at, f->text.n - f->at};
        size_t n = f->csv ? csv_record(rest, f->over) : line_length(rest, f->over);
        if (n > LIMIT_LINE_BYTES || (n == 0 && rest.n > LIMIT_LINE_BYTES)) {
            *cut = true;
            n = n == 0 ? rest.n : n;
        }
        if (n > 0 || f->over) {
            *piece = (Str){rest.p, n};
            f->at += n;
            f->offset += n;
            return OK;
        }
        TRY(feed_fill(f, err));
    }
}

/* Passes over the rest of a line that is too long. */
static Status feed_skip(Feed *f, Str piece, Err *err) {
    while (piece.n > 0 && piece.p[piece.n - 1] != '\n') {
        bool cut;
        TRY(feed_piece(f, &piece, &cut, err));
    }
    return OK;
}

/* What is wrong with a first line that does not name type and time. */
static Status feed_no_header(const Feed *f, Str record, bool has_type, bool has_time, Err *err) {
    Str path = f->file.path;
    if (has_type || has_time)
        return err_set(err, ERR_SYNTAX, "%.*s: the first line names no column %s", STR_ARG(path),
                       has_type ? "time" : "type");
    const char *hint = str_find(record, ',') >= 0    ? ""
                       : str_find(record, ';') >= 0  ? ", with commas between them, not semicolons"
                       : str_find(record, '\t') >= 0 ? ", with commas between them, not tabs"
                                                     : "";
    return err_set(err, ERR_SYNTAX,
                   "%.*s: the first line must name the columns, type and time among them%s",
                   STR_ARG(path), hint);
}

static Status feed_header(Feed *f, EventReader *r, Str record, Err *err) {
    Str *cells;
    uint32_t n;
    if (str_starts(record, S(BYTE_ORDER_MARK)))
        record = str_from(record, sizeof BYTE_ORDER_MARK - 1);
    Status status = csv_cells(record, &f->columns, &cells, &n);
    bool has_type = false, has_time = false;
    for (uint32_t i = 0; status == OK && i < n; i++) {
        Str name = str_trim(cells[i]);
        TRY(arena_str(&f->columns, name, &cells[i]));
        has_type = has_type || str_eq(name, S("type"));
        has_time = has_time || str_eq(name, S("time"));
        for (uint32_t k = 0; k < i; k++)
            if (str_eq(cells[k], cells[i]))
                return err_set(err, ERR_SYNTAX, "%.*s: the header names the column %.*s twice",
                               STR_ARG(f->file.path), STR_ARG(name));
    }
    if (status == ERR_NOMEM)
        return status;
    if (status != OK || !has_type || !has_time)
        return feed_no_header(f, record, has_type, has_time, err);
    r->columns = cells;
    r->column_count = n;
    f->has_header = true;
    return OK;
}

static Str line_of(Str piece) {
    while (piece.n > 0 && (piece.p[piece.n - 1] == '\n' || piece.p[piece.n - 1] == '\r'))
        piece.n--;
    return piece;
}

Status feed_next(Feed *f, EventReader *r, Reading *what, Input *event, Refusal *refusal,
                 uint64_t *at, bool *over, Err *err) {
    *over = false;
    r->seen = &f->seen;
    do {
        Str piece;
        bool cut;
        *at = f->offset;
        TRY(feed_piece(f, &piece, &cut, err));
        if (piece.n == 0) {
            *what = READ_NOTHING;
            *over = true;
            return OK;
        }
        if (cut) {
            Str beginning; /* enough to know it by */
            TRY(arena_str(r->arena, str_upto(piece, KEPT_BYTES), &beginning));
            TRY(event_too_long(r, beginning, what, refusal));
            return feed_skip(f, piece, err);
        }
        if (!f->csv && *at == 0 && str_starts(piece, S(BYTE_ORDER_MARK)))
            piece = str_from(piece, sizeof BYTE_ORDER_MARK - 1);
        if (!f->csv) {
            TRY(event_read(r, line_of(piece), what, event, refusal));
        } else if (!f->has_header) {
            TRY(feed_header(f, r, piece, err));
            *what = READ_NOTHING;
        } else {
            TRY(event_read_csv(r, piece, what, event, refusal));
        }
    } while (*what == READ_NOTHING);
    return OK;
}
