/* run: input files. */
#include "engine/run/feed.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/limits.h"

enum { FEED_CHUNK = 1 << 18, KEPT_BYTES = 4096 };

Status feed_open(Feed *f, Str path, FeedKind kind, Arena *keep, Err *err) {
    *f = (Feed){.csv = kind == FEED_CSV || (kind == FEED_BY_NAME && str_ends(path, S(".csv")))};
    return os_open_read(path, keep, &f->file, err);
}

void feed_close(Feed *f) {
    os_close(&f->file);
    buf_free(&f->text);
    arena_free(&f->columns);
    seen_free(&f->seen);
    mapper_close(f->by);
    vec_free(&f->order);
    buf_free(&f->again);
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

/* What no reader of text makes anything of. */
static Status not_text(const Feed *f, Err *err) {
    Str start = buf_str(&f->text);
    bool archive = str_starts(start, S("PK\003\004"));
    if (archive || str_starts(start, S("\xD0\xCF\x11\xE0")))
        return err_say(err, ERR_SYNTAX,
                       "%.*s: it is a workbook or an archive, not text: save it as %s",
                       "%.*s：这是工作簿或压缩包，不是文本：请另存为 %s", STR_ARG(f->file.path),
                       f->csv ? "CSV" : "JSON");
    return OK;
}

/* Looks at the first bytes of a file. *marked: what a mark there says, with its length. */
static Status feed_start(Feed *f, Encoding *marked, size_t *n, Err *err) {
    f->begun = true;
    while (f->text.n < ENCODING_MARK && !f->over)
        TRY(feed_fill(f, err));
    *n = encoding_mark(buf_str(&f->text), marked);
    return not_text(f, err);
}

static void feed_pass(Feed *f, size_t n) {
    f->at += n;
    f->offset += n;
}

/* A file that no feed maps is UTF-8. */
static Status plain_start(Feed *f, Err *err) {
    Encoding marked;
    size_t n;
    TRY(feed_start(f, &marked, &n, err));
    if (n > 0 && marked != ENCODED_UTF8)
        return f->csv
                   ? err_say(err, ERR_SYNTAX,
                             "%.*s: it is %.*s, as its first bytes say: save it as UTF-8, or let a "
                             "feed of the policy read it, which may say an encoding",
                             "%.*s：开头的字节表明它是 %.*s：请另存为 "
                             "UTF-8，或由政策的导入来读，导入可写明编码",
                             STR_ARG(f->file.path), STR_ARG(encoding_title(marked)))
                   : err_say(err, ERR_SYNTAX,
                             "%.*s: it is %.*s, as its first bytes say: save it as UTF-8",
                             "%.*s：开头的字节表明它是 %.*s：请另存为 UTF-8", STR_ARG(f->file.path),
                             STR_ARG(encoding_title(marked)));
    feed_pass(f, n);
    return OK;
}

static Str line_of(Str piece) {
    while (piece.n > 0 && (piece.p[piece.n - 1] == '\n' || piece.p[piece.n - 1] == '\r'))
        piece.n--;
    return piece;
}

static size_t line_length(Encoding encoding, Str text, bool last) {
    size_t n = encoded_line(encoding, text);
    return n == 0 && last ? text.n : n;
}

/* The next line or record, its line break included; empty at the end. *cut: it was too long, and
 * its beginning stands for it. */
static Status feed_piece(Feed *f, Str *piece, bool *cut, CsvForm form, Err *err) {
    *cut = false;
    for (;;) {
        Str rest = {f->text.p == NULL ? "" : f->text.p + f->at, f->text.n - f->at};
        size_t n =
            f->csv ? csv_record(rest, f->over, form) : line_length(f->encoding, rest, f->over);
        if (n > LIMIT_LINE_BYTES || (n == 0 && rest.n > LIMIT_LINE_BYTES)) {
            *cut = true;
            n = n > 0 ? n : rest.n - rest.n % 2; /* whole units of UTF-16 */
        }
        if (n > 0 || f->over) {
            *piece = (Str){rest.p, n};
            feed_pass(f, n);
            return OK;
        }
        TRY(feed_fill(f, err));
    }
}

/* Passes over the rest of a line that is too long. */
static Status feed_skip(Feed *f, Str piece, CsvForm form, Err *err) {
    while (piece.n > 0 && encoded_line(f->encoding, piece) == 0) {
        bool cut;
        TRY(feed_piece(f, &piece, &cut, form, err));
        f->next_line += f->by == NULL ? 0 : encoded_lines(f->encoding, piece);
    }
    return OK;
}

/* What is wrong with a first line that does not name type and time. */
static Status feed_no_header(const Feed *f, Str record, bool has_type, bool has_time, Err *err) {
    Str path = f->file.path;
    if (has_type || has_time)
        return err_say(err, ERR_SYNTAX, "%.*s: the first line names no column %s",
                       "%.*s：首行没有写明 %s 列", STR_ARG(path), has_type ? "time" : "type");
    bool commas = str_find(record, ',') >= 0;
    if (!commas && str_find(record, ';') >= 0)
        return err_say(err, ERR_SYNTAX,
                       "%.*s: the first line must name the columns, type and time among them, with "
                       "commas between them, not semicolons",
                       "%.*s：首行须写明各列，包括 type 和 time，以逗号而不是分号隔开",
                       STR_ARG(path));
    if (!commas && str_find(record, '\t') >= 0)
        return err_say(err, ERR_SYNTAX,
                       "%.*s: the first line must name the columns, type and time among them, with "
                       "commas between them, not tabs",
                       "%.*s：首行须写明各列，包括 type 和 time，以逗号而不是制表符隔开",
                       STR_ARG(path));
    return err_say(err, ERR_SYNTAX,
                   "%.*s: the first line must name the columns, type and time among them",
                   "%.*s：首行须写明各列，包括 type 和 time", STR_ARG(path));
}

static Status feed_header(Feed *f, EventReader *r, Str record, Err *err) {
    Str *cells;
    uint32_t n;
    Status status = csv_cells(record, csv_plain, &f->columns, &cells, &n);
    bool has_type = false, has_time = false;
    for (uint32_t i = 0; status == OK && i < n; i++) {
        Str name = str_trim(cells[i]);
        TRY(arena_str(&f->columns, name, &cells[i]));
        has_type = has_type || str_eq(name, S("type"));
        has_time = has_time || str_eq(name, S("time"));
        for (uint32_t k = 0; k < i; k++)
            if (str_eq(cells[k], cells[i]))
                return err_say(err, ERR_SYNTAX, "%.*s: the header names the column %.*s twice",
                               "%.*s：表头把 %.*s 列写了两次", STR_ARG(f->file.path),
                               STR_ARG(name));
    }
    if (status == ERR_NOMEM)
        return status;
    if (status != OK || !has_type || !has_time)
        return feed_no_header(f, record, has_type, has_time, err);
    TRY(arena_str(&f->columns, line_of(record), &r->header));
    r->columns = cells;
    r->column_count = n;
    f->has_header = true;
    return OK;
}

/* ---- rows that a feed of the policy maps */

Status feed_open_mapped(Feed *f, Str path, Mapper *by, Arena *keep, Err *err) {
    const FeedDef *feed = mapper_feed(by);
    *f = (Feed){.csv = !feed->json, .by = by, .line = 1, .next_line = 1};
    json_rows_init(&f->rows, feed->rows);
    if (feed->sorted && str_eq(path, S("-")))
        return err_say(err, ERR_SYNTAX,
                       "the feed %.*s is sorted by time, so it reads a file twice; standard input "
                       "can be read once: save it to a file",
                       "导入 %.*s 按时间排序，要把文件读两遍，而标准输入只能读一遍：请先存成文件",
                       STR_ARG(feed->name));
    return os_open_read(path, keep, &f->file, err);
}

/* Whether a file with this mark is what the feed reads. */
static bool mark_agrees(Encoding said, Encoding marked) {
    return said == marked || (said == ENCODED_UTF16 && encoding_is_wide(marked));
}

static Status wrong_mark(const Feed *f, Encoding said, Encoding marked, Err *err) {
    const FeedDef *feed = mapper_feed(f->by);
    if (feed->json)
        return err_say(err, ERR_SYNTAX,
                       "%.*s: it is %.*s, as its first bytes say, but JSON is UTF-8: save it so",
                       "%.*s：开头的字节表明它是 %.*s，而 JSON 须为 UTF-8：请另存为 UTF-8",
                       STR_ARG(f->file.path), STR_ARG(encoding_title(marked)));
    Str write = encoding_name(encoding_is_wide(marked) ? ENCODED_UTF16 : marked);
    return err_say(
        err, ERR_SYNTAX,
        "%.*s: it is %.*s, as its first bytes say, but the feed %.*s reads %.*s; write: encoding "
        "\"%.*s\"",
        "%.*s：开头的字节表明它是 %.*s，而导入 %.*s 按 %.*s 读；请写作：编码 \"%.*s\"",
        STR_ARG(f->file.path), STR_ARG(encoding_title(marked)), STR_ARG(feed->name),
        STR_ARG(encoding_title(said)), STR_ARG(write));
}

/* In which encoding the rows of a feed stand. */
static Status mapped_start(Feed *f, Err *err) {
    const FeedDef *feed = mapper_feed(f->by);
    Encoding said = feed->json ? ENCODED_UTF8 : feed->encoding, marked = said;
    size_t n;
    TRY(feed_start(f, &marked, &n, err));
    if (n > 0 && !mark_agrees(said, marked))
        return wrong_mark(f, said, marked, err);
    if (n == 0 && said == ENCODED_UTF16 && f->text.n > 0)
        return err_say(
            err, ERR_SYNTAX,
            "%.*s: it does not begin with the mark that says which UTF-16 it is; let the "
            "feed %.*s say encoding \"utf-16le\", as Windows writes it, or \"utf-16be\"",
            "%.*s：开头没有说明是哪种 UTF-16 的标记；请在导入 %.*s 中写明编码 "
            "\"utf-16le\"（Windows "
            "的写法）或 \"utf-16be\"",
            STR_ARG(f->file.path), STR_ARG(feed->name));
    feed_pass(f, n);
    f->encoding = n > 0 ? marked : said;
    mapper_encoding(f->by, f->encoding);
    return OK;
}

/* The next value of a JSON file; *cut: what is left is broken. */
static Status json_piece(Feed *f, Str *row, bool *cut, bool *over, Err *err) {
    *over = *cut = false;
    for (;;) {
        Str rest = {f->text.p == NULL ? "" : f->text.p + f->at, f->text.n - f->at};
        size_t used;
        RowsNow now = json_rows_next(&f->rows, rest, f->over, &used, row);
        if (now == ROWS_MORE && rest.n - used > LIMIT_LINE_BYTES) {
            *row = str_from(rest, used);
            used = rest.n;
            json_rows_stop(&f->rows);
            now = ROWS_BAD;
        }
        *over = now == ROWS_OVER;
        *cut = now == ROWS_BAD;
        f->line = f->next_line;
        if (now == ROWS_ROW || now == ROWS_BAD) {
            f->line += encoded_lines(ENCODED_UTF8, (Str){rest.p, (size_t)(row->p - rest.p)});
            f->row_at = f->offset + (uint64_t)(row->p - rest.p);
        }
        f->next_line += encoded_lines(ENCODED_UTF8, str_upto(rest, used));
        feed_pass(f, used);
        if (now != ROWS_MORE)
            return OK;
        TRY(feed_fill(f, err));
    }
}

static Status csv_piece(Feed *f, Str *row, bool *cut, bool *over, Err *err) {
    const FeedDef *feed = mapper_feed(f->by);
    f->line = f->next_line;
    f->row_at = f->offset;
    TRY(feed_piece(f, row, cut, (CsvForm){feed->separator, feed->quote, f->encoding}, err));
    *over = row->n == 0;
    f->next_line += encoded_lines(f->encoding, *row);
    return OK;
}

/* Passes over the lines before the one that names the columns, and takes that one. */
static Status mapped_header(Feed *f, Err *err) {
    const FeedDef *feed = mapper_feed(f->by);
    Str row = {NULL, 0};
    bool cut = false;
    f->has_header = true;
    if (feed->json)
        return OK;
    while (feed->header > 0 && f->next_line < feed->header) {
        f->csv = false; /* lines, whatever is in them */
        TRY(feed_piece(f, &row, &cut, csv_plain, err));
        f->csv = true;
        if (row.n == 0)
            return err_say(err, ERR_SYNTAX, "%.*s: it has no line %u, which names the columns",
                           "%.*s：没有写明各列的第 %u 行", STR_ARG(f->file.path), feed->header);
        f->next_line += encoded_lines(f->encoding, row);
    }
    bool over = feed->header == 0;
    if (!over)
        TRY(csv_piece(f, &row, &cut, &over, err));
    if (cut)
        return err_say(err, ERR_SYNTAX, "%.*s: the line that names the columns is too long",
                       "%.*s：写明各列的那一行太长", STR_ARG(f->file.path));
    if (over && feed->header > 0)
        return err_say(err, ERR_SYNTAX,
                       "%.*s: it is empty: the line that names the columns is missing",
                       "%.*s：是空的：缺少写明各列的那一行", STR_ARG(f->file.path));
    Str path = f->file.path;
    return mapper_header(f->by, row, path, err);
}

/* Reads the next row; *over: there is none. */
static Status mapped_row(Feed *f, bool *refused, bool *cut, uint32_t *length, bool *over,
                         Err *err) {
    Str row;
    if (!f->begun)
        TRY(mapped_start(f, err));
    if (!f->has_header)
        TRY(mapped_header(f, err));
    TRY(f->csv ? csv_piece(f, &row, cut, over, err) : json_piece(f, &row, cut, over, err));
    if (*over && !f->csv && !f->rows.found && f->offset > 0)
        return err_say(err, ERR_SYNTAX,
                       "%.*s: nothing is at the path \"%.*s\" that the feed %.*s reads",
                       "%.*s：路径“%.*s”处没有内容，而导入 %.*s 要读它", STR_ARG(f->file.path),
                       STR_ARG(mapper_feed(f->by)->rows), STR_ARG(mapper_feed(f->by)->name));
    if (*over)
        return OK;
    Str whole = row;
    row = *cut ? str_upto(row, KEPT_BYTES) : row;
    *length = (uint32_t)row.n;
    f->given = 0;
    Status status = mapper_row(f->by, row, *cut, &f->count, refused);
    if (status != OK || !*cut || !f->csv)
        return status;
    f->csv = false; /* the rest of the line, whatever is in it */
    status = feed_skip(f, whole, csv_plain, err);
    f->csv = true;
    return status;
}

/* ---- in the order of time */

/* By time, then as they stand in the file: no two are of one row and one number. */
static int place_cmp(const void *a, const void *b) {
    const RowPlace *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return (x->event > y->event) - (x->event < y->event);
}

static Status places_find(Feed *f, Err *err) {
    for (;;) {
        bool refused, cut, over;
        uint32_t length;
        TRY(mapped_row(f, &refused, &cut, &length, &over, err));
        if (over)
            break;
        RowPlace place = {.time = INT64_MIN,
                          .offset = f->row_at,
                          .length = length,
                          .line = f->line,
                          .event = cut ? ROW_CUT : ROW_REFUSED};
        if (refused && !vec_push(&f->order, place))
            return ERR_NOMEM;
        for (uint32_t i = 0; i < f->count; i++) {
            place.time = mapper_time(f->by, i);
            place.event = (uint16_t)i;
            if (!vec_push(&f->order, place))
                return ERR_NOMEM;
        }
    }
    if (f->order.n > 0)
        /* total: no two places have one row and one number */
        qsort(f->order.at, f->order.n, sizeof *f->order.at, place_cmp);
    f->sorted = true;
    return OK;
}

/* The event, or refusal, that is next in the order of time. */
static Status placed_next(Feed *f, Reading *what, Input *event, Refusal *refusal, bool *over,
                          Err *err) {
    *over = f->placed == f->order.n;
    if (*over)
        return OK;
    RowPlace place = f->order.at[f->placed++];
    bool cut = place.event == ROW_CUT, refused;
    buf_reset(&f->again);
    if (!buf_reserve(&f->again, place.length + 1))
        return ERR_NOMEM;
    TRY(os_read_at(&f->file, place.offset, f->again.p, place.length, err));
    f->line = place.line;
    f->row_at = place.offset;
    TRY(mapper_row(f->by, (Str){f->again.p, place.length}, cut, &f->count, &refused));
    bool same = refused ? place.event >= ROW_CUT
                        : place.event < f->count && mapper_time(f->by, place.event) == place.time;
    if (!same)
        return err_say(err, ERR_IO, "%.*s: it was changed while it was read",
                       "%.*s：读取时被改动了", STR_ARG(f->file.path));
    *what = refused ? READ_REFUSED : READ_EVENT;
    return refused ? mapper_refusal(f->by, &f->seen, refusal)
                   : mapper_event(f->by, place.event, &f->seen, event);
}

static Status mapped_next(Feed *f, Reading *what, Input *event, Refusal *refusal, uint64_t *at,
                          bool *over, Err *err) {
    if (mapper_feed(f->by)->sorted) {
        if (!f->sorted)
            TRY(places_find(f, err));
        Status status = placed_next(f, what, event, refusal, over, err);
        *at = f->row_at;
        return status;
    }
    bool refused = false, cut;
    uint32_t length;
    *over = false;
    while (f->given == f->count && !refused && !*over)
        TRY(mapped_row(f, &refused, &cut, &length, over, err));
    *at = f->row_at;
    *what = *over ? READ_NOTHING : refused ? READ_REFUSED : READ_EVENT;
    return *over     ? OK
           : refused ? mapper_refusal(f->by, &f->seen, refusal)
                     : mapper_event(f->by, f->given++, &f->seen, event);
}

Status feed_next(Feed *f, EventReader *r, Reading *what, Input *event, Refusal *refusal,
                 uint64_t *at, bool *over, Err *err) {
    *over = false;
    if (f->by != NULL)
        return mapped_next(f, what, event, refusal, at, over, err);
    r->seen = &f->seen;
    if (!f->begun)
        TRY(plain_start(f, err));
    do {
        Str piece;
        bool cut;
        *at = f->offset;
        TRY(feed_piece(f, &piece, &cut, csv_plain, err));
        if (piece.n == 0) {
            *what = READ_NOTHING;
            *over = true;
            return OK;
        }
        if (cut) {
            Str beginning; /* enough to know it by */
            TRY(arena_str(r->arena, str_upto(piece, KEPT_BYTES), &beginning));
            TRY(event_too_long(r, beginning, what, refusal));
            return feed_skip(f, piece, csv_plain, err);
        }
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
