/* run: rows of exports as events. */
#include "engine/run/mapping.h"

#include "engine/base/form.h"
#include "engine/base/hex.h"
#include "engine/base/limits.h"
#include "engine/base/near.h"
#include "engine/base/path.h"
#include "engine/base/sha256.h"
#include "engine/base/utf8.h"
#include "engine/run/event_int.h"

/* A column of the file, or a path into a row, that some column of the feed needs. */
typedef struct Place {
    Str name;
    uint32_t number; /* of a CSV file's column; UINT32_MAX: the row has fewer */
    bool single;     /* one text is asked for: the file may have it once only */
    uint32_t *all;   /* of columns of one name: each */
    uint32_t count;
    PathStep steps[PATH_STEPS];
    uint32_t step_count;
} Place;

typedef struct RowCell {
    Str text;
    bool json;  /* a list or an object, as it stands */
    Str *items; /* of columns of one name: what stands in them; else NULL */
    uint32_t item_count;
} RowCell;

typedef struct Mapped {
    Input event;
    Str *id_parts;
} Mapped;

struct Mapper {
    const Bundle *b;
    const FeedDef *feed;
    Str source;
    Arena keep, row_arena;
    EventReader reader; /* makes values in the row's arena */
    Vm vm;
    VmHost host;
    ZoneCache zone;
    Place *places;
    uint32_t place_count;
    uint32_t **places_of; /* of each column of the feed: its places, as many as it joins */
    Str header;           /* the record that names the columns */
    uint32_t width;       /* how many there are; 0: not known */
    NumberForm *numbers;  /* of each column of the feed */
    Encoding encoding;    /* of its rows */
    /* the row */
    Str row;        /* in UTF-8, but for what cannot be read */
    bool bad;       /* it cannot be read: */
    size_t good;    /* so many of its bytes can */
    Str about;      /* what it is about, by its first id: "Ticket=T1" */
    int64_t now;    /* the time of the event that is made */
    RowCell *cells; /* of each place */
    Value *values;
    Mapped *events;
    uint32_t count;
    bool cut;
    Str field, message;
    RejectReason reason;
};

/* ---- lines */

static void put_member(Buf *out, const char *name, Str text) {
    put_fmt(out, "\"%s\":", name);
    put_json_string(out, text);
    put_c(out, ',');
}

void put_event_line(Buf *out, const Bundle *b, ZoneCache *cache, const Input *in) {
    const EventDef *event = &b->events[in->event];
    put_text(out, S("{\"specversion\":\"1.0\","));
    put_member(out, "id", in->id);
    put_member(out, "source", in->source);
    put_member(out, "type", event->name);
    put_text(out, S("\"time\":\""));
    zone_put_instant(out, cache, in->time);
    put_text(out, S("\","));
    if (in->actor.n > 0)
        put_member(out, "actor", in->actor);
    put_text(out, S("\"data\":{"));
    bool first = true;
    for (uint32_t i = 0; i < in->field_count; i++) {
        if (in->fields[i].kind == V_ABSENT)
            continue;
        put_text(out, first ? S("") : S(","));
        first = false;
        put_json_string(out, event->fields[i].name);
        put_c(out, ':');
        put_value_json(out, b, cache, in->fields[i]);
    }
    put_text(out, S("}}"));
}

/* ---- opening */

/* A feed looks at its row alone, and changes nothing. */
static Status nothing_emit(void *ctx, uint32_t n, const Value *values) {
    (void)ctx;
    (void)n;
    (void)values;
    return OK;
}
static Status nothing_escalate(void *ctx, const Value *parties, uint32_t n) {
    return nothing_emit(ctx, n, parties);
}
static Status nothing_notify(void *ctx, const VmNotice *notice) {
    return nothing_emit(ctx, notice->n, notice->parties);
}
static Status nothing_measure(void *ctx, uint32_t kpi, const Value *group, Value out[2]) {
    out[0] = out[1] = value_absent();
    return nothing_emit(ctx, kpi, group);
}

static Status place_of(Mapper *m, Str name, uint32_t *out) {
    for (*out = 0; *out < m->place_count; (*out)++)
        if (str_eq(m->places[*out].name, name))
            return OK;
    Place *place = &m->places[m->place_count++];
    *place = (Place){.name = name, .number = UINT32_MAX};
    place->step_count = m->feed->json ? path_steps(name, place->steps) : 0;
    return OK;
}

static Status mapper_places(Mapper *m) {
    const FeedDef *feed = m->feed;
    size_t most = 0;
    for (uint32_t i = 0; i < feed->column_count; i++)
        most += feed->columns[i].from_count;
    m->places = new (&m->keep, Place, most + 1);
    m->places_of = new (&m->keep, uint32_t *, feed->column_count + 1);
    m->numbers = new (&m->keep, NumberForm, feed->column_count + 1);
    m->values = new (&m->keep, Value, feed->column_count + 1);
    m->events = new (&m->keep, Mapped, feed->fed_count + 1);
    if (m->places == NULL || m->places_of == NULL || m->numbers == NULL || m->values == NULL ||
        m->events == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < feed->column_count; i++) {
        const ColumnDef *column = &feed->columns[i];
        m->places_of[i] = new (&m->keep, uint32_t, column->from_count);
        if (m->places_of[i] == NULL)
            return ERR_NOMEM;
        bool list = column->field.type.kind == V_LIST && column->from_count == 1;
        for (uint32_t k = 0; k < column->from_count; k++) {
            TRY(place_of(m, column->from[k], &m->places_of[i][k]));
            m->places[m->places_of[i][k]].single |= !list;
        }
        if (column->numbers.n > 0 && !number_form(column->numbers, &m->numbers[i]))
            return ERR_DAMAGED; /* the bundle was checked */
    }
    m->cells = new (&m->keep, RowCell, m->place_count + 1);
    return m->cells == NULL ? ERR_NOMEM : OK;
}

Status mapper_open(const Bundle *b, uint32_t feed, Str source, Mapper **out) {
    Mapper *m = mem_zalloc(sizeof *m);
    if (m == NULL)
        return ERR_NOMEM;
    m->b = b;
    m->feed = &b->feeds[feed];
    m->source = source;
    m->zone = (ZoneCache){.zone = local_zone(b, m->feed->local)};
    m->reader = (EventReader){
        .b = b, .arena = &m->row_arena, .source = source, .zone = {.zone = bundle_zone(b)}};
    m->host = (VmHost){.emit = nothing_emit,
                       .oblige = nothing_emit,
                       .ask = nothing_emit,
                       .escalate = nothing_escalate,
                       .notify = nothing_notify,
                       .measure = nothing_measure};
    vm_init(&m->vm, b, &m->row_arena, &m->host);
    m->vm.at = &m->now;
    Status status = mapper_places(m);
    if (status != OK)
        mapper_close(m);
    else
        *out = m;
    return status;
}

void mapper_close(Mapper *m) {
    if (m == NULL)
        return;
    arena_free(&m->keep);
    arena_free(&m->row_arena);
    mem_free(m);
}

void mapper_encoding(Mapper *m, Encoding e) {
    m->encoding = e;
}

const FeedDef *mapper_feed(const Mapper *m) {
    return m->feed;
}

/* ---- the header */

static CsvForm form_of(const Mapper *m) {
    return (CsvForm){m->feed->separator, m->feed->quote, ENCODED_UTF8};
}

/* The text as UTF-8. *bad: what is at *good is not of the encoding, and the text is as it came. */
static Status decoded(const Mapper *m, Str text, Arena *a, Str *out, bool *bad, size_t *good) {
    bool utf8 = m->encoding == ENCODED_UTF8, wide = encoding_is_wide(m->encoding);
    *out = text;
    *good = utf8 ? utf8_good(text) : wide ? 0 : utf8_ascii(text);
    if (!utf8 && *good < text.n) {
        char *to = arena_take(a, encoding_room(m->encoding, text) + 1, 1);
        if (to == NULL)
            return ERR_NOMEM;
        size_t n = encoding_read(m->encoding, text, to, good);
        if (*good == text.n)
            *out = (Str){to, n};
    }
    *bad = *good < text.n;
    return OK;
}

static Status no_column(const Mapper *m, Str name, const Str *names, uint32_t n, Str path,
                        Err *err) {
    ptrdiff_t best = nearest(name, names, n);
    if (best >= 0)
        return err_say(err, ERR_SYNTAX,
                       "%.*s: the feed %.*s needs the column \"%.*s\", which is not in the header; "
                       "did you mean \"%.*s\"?",
                       "%.*s：导入 %.*s 需要列“%.*s”，而表头里没有；是不是“%.*s”？", STR_ARG(path),
                       STR_ARG(m->feed->name), STR_ARG(name), STR_ARG(names[best]));
    char other = n > 1 || names[0].n == 0        ? 0
                 : str_find(names[0], ';') >= 0  ? ';'
                 : str_find(names[0], '\t') >= 0 ? '\t'
                 : str_find(names[0], '|') >= 0  ? '|'
                 : str_find(names[0], ',') >= 0  ? ','
                                                 : 0;
    if (other != 0)
        return err_say(
            err, ERR_SYNTAX,
            "%.*s: the feed %.*s needs the column \"%.*s\", but the header is one column; "
            "does the feed lack: separator \"%s%c\"?",
            "%.*s：导入 %.*s 需要列“%.*s”，而表头只有一列；导入中是否少写了：分隔符 \"%s%c\"？",
            STR_ARG(path), STR_ARG(m->feed->name), STR_ARG(name), other == '\t' ? "\\" : "",
            other == '\t' ? 't' : other);
    return err_say(err, ERR_SYNTAX,
                   "%.*s: the feed %.*s needs the column \"%.*s\", which is not in the header",
                   "%.*s：导入 %.*s 需要列“%.*s”，而表头里没有", STR_ARG(path),
                   STR_ARG(m->feed->name), STR_ARG(name));
}

/* Without a header columns go by number, from 1. */
static Status by_number(Mapper *m, Str path, Err *err) {
    for (uint32_t i = 0; i < m->place_count; i++) {
        Str name = m->places[i].name;
        uint32_t n = 0;
        for (size_t k = 0; k < name.n && k < 5; k++)
            n = name.p[k] >= '0' && name.p[k] <= '9' ? n * 10 + (uint32_t)(name.p[k] - '0')
                                                     : UINT32_MAX / 20;
        if (name.n == 0 || name.n > 4 || n == 0 || n > 9999)
            return err_say(err, ERR_SYNTAX,
                           "%.*s: the feed %.*s has no header, so its columns go by number, from "
                           "\"1\", and \"%.*s\" is none",
                           "%.*s：导入 %.*s 没有表头，各列按编号从“1”数起，而“%.*s”不是编号",
                           STR_ARG(path), STR_ARG(m->feed->name), STR_ARG(name));
        m->places[i].number = n - 1;
    }
    return OK;
}

/* Whether all columns of the feed stand in a text, if it is of the encoding. */
static bool names_all(const Mapper *m, Encoding e, Str text, Arena *a) {
    char *to = arena_take(a, encoding_room(e, text) + 1, 1);
    size_t read;
    if (to == NULL)
        return false;
    Str names = {to, encoding_read(e, text, to, &read)};
    bool all = read == text.n && m->place_count > 0;
    for (uint32_t i = 0; all && i < m->place_count; i++)
        all = str_contains(names, m->places[i].name);
    return all;
}

/* Which encoding a text may be in that is not UTF-8, as a question. */
static const char *lacking_encoding(const Mapper *m, Str text, Arena *a) {
    const char *gbk = "; does the feed lack: encoding \"gbk\"?",
               *windows = "; does the feed lack: encoding \"windows-1252\"?",
               *either = "; does the feed lack: encoding \"gbk\" or encoding \"windows-1252\"?";
    bool one = names_all(m, ENCODED_GB18030, text, a);
    if (m->encoding != ENCODED_UTF8)
        return "";
    if (one != names_all(m, ENCODED_WINDOWS_1252, text, a))
        return one ? gbk : windows;
    return encoding_has(ENCODED_GB18030, text) ? either : windows;
}

/* What is wrong with bytes that are not of the encoding. */
static Status not_encoded(Mapper *m, Str text, size_t good, Arena *a, Str *out) {
    return arena_printf(a, out, "its byte %zu (0x%02X) is not %.*s%s", good + 1,
                        (unsigned char)text.p[good], STR_ARG(encoding_title(m->encoding)),
                        lacking_encoding(m, text, a));
}

static Status header_cells(Mapper *m, Str record, Str **names, uint32_t *n, Str path, Err *err) {
    Str text, why = S("a quote is not closed");
    bool bad;
    size_t good;
    TRY(decoded(m, record, &m->keep, &text, &bad, &good));
    text = bad ? record : encoded_without_end(ENCODED_UTF8, text);
    TRY(arena_str(&m->keep, text, &m->header));
    Status status = bad ? ERR_SYNTAX : csv_cells(m->header, form_of(m), &m->keep, names, n);
    if (bad)
        TRY(not_encoded(m, record, good, &m->keep, &why));
    if (status == ERR_SYNTAX)
        return err_say(err, ERR_SYNTAX,
                       "%.*s: the line that names the columns cannot be read: %.*s",
                       "%.*s：无法读取写明各列的那一行：%.*s", STR_ARG(path), STR_ARG(why));
    return status;
}

Status mapper_header(Mapper *m, Str record, Str path, Err *err) {
    Str *names;
    uint32_t n;
    if (record.n == 0)
        return by_number(m, path, err);
    TRY(header_cells(m, record, &names, &n, path, err));
    m->width = n;
    for (uint32_t i = 0; i < n; i++)
        names[i] = str_trim(names[i]);
    for (uint32_t i = 0; i < m->place_count; i++) {
        Place *place = &m->places[i];
        for (uint32_t k = 0; k < n; k++) {
            if (!str_eq(names[k], place->name))
                continue;
            if (place->number != UINT32_MAX && place->single)
                return err_say(err, ERR_SYNTAX,
                               "%.*s: the header names the column %.*s twice; a column of the type "
                               "list of text takes all of that name",
                               "%.*s：表头把 %.*s 列写了两次；文本清单类型的列会收下同名的各列",
                               STR_ARG(path), STR_ARG(place->name));
            place->number = place->number == UINT32_MAX ? k : place->number;
            if (place->all == NULL && (place->all = new (&m->keep, uint32_t, n)) == NULL)
                return ERR_NOMEM;
            place->all[place->count++] = k;
        }
        if (place->number == UINT32_MAX)
            return no_column(m, place->name, names, n, path, err);
    }
    return OK;
}

/* ---- cells */

/* The row is refused; what was refused first is told. */
static Status refuse(Mapper *m, RejectReason reason, Str field, Str message) {
    if (m->message.n > 0)
        return OK;
    m->reason = reason;
    m->field = field;
    m->message = message;
    return OK;
}

/* What stands in the columns of one name; the empty ones are left out. */
static Status cells_of_name(Mapper *m, const Place *place, const Str *cells, uint32_t n,
                            RowCell *out) {
    out->items = new (&m->row_arena, Str, place->count);
    if (out->items == NULL)
        return ERR_NOMEM;
    for (uint32_t k = 0; k < place->count; k++) {
        Str text = place->all[k] < n ? str_trim(cells[place->all[k]]) : (Str){NULL, 0};
        if (text.n > 0)
            out->items[out->item_count++] = text;
    }
    out->text = out->item_count > 0 ? out->items[0] : (Str){NULL, 0};
    return OK;
}

static Status csv_row(Mapper *m, bool *blank) {
    Str *cells;
    uint32_t n;
    *blank = str_trim(m->row).n == 0;
    if (*blank)
        return OK;
    Status status = csv_cells(m->row, form_of(m), &m->row_arena, &cells, &n);
    if (status == ERR_SYNTAX)
        return refuse(m, REJECT_MALFORMED, S(""),
                      S("a quote stands where none may, or is not closed"));
    TRY(status);
    *blank = true;
    for (uint32_t i = 0; i < n; i++)
        *blank = *blank && str_trim(cells[i]).n == 0;
    if (m->width > 0 && n > m->width)
        return refuse(m, REJECT_MALFORMED, S(""),
                      S("it has more cells than the header has columns"));
    for (uint32_t i = 0; i < m->place_count; i++) {
        const Place *place = &m->places[i];
        m->cells[i] =
            (RowCell){.text = place->number < n ? str_trim(cells[place->number]) : (Str){NULL, 0}};
        if (place->count > 1)
            TRY(cells_of_name(m, place, cells, n, &m->cells[i]));
    }
    return OK;
}

/* What a path leads to. */
static Status json_cell(Mapper *m, Json *j, RowCell *out) {
    char c = json_peek(j);
    Str raw;
    (void)m;
    if (c == '"') {
        if (json_string(j, &out->text))
            out->text = str_trim(out->text);
        return OK;
    }
    if (!json_skip(j, &raw))
        return OK;
    out->json = c == '[' || c == '{';
    if (!str_eq(raw, S("null")))
        out->text = raw;
    return OK;
}

/* The places that lead on from here by a member (name) or an item: which of them go there. */
static Status json_walk(Mapper *m, Json *j, const uint32_t *here, uint32_t n, uint32_t depth) {
    char c = json_peek(j);
    bool leads = false;
    for (uint32_t i = 0; i < n; i++)
        leads = leads || m->places[here[i]].step_count > depth;
    if (!leads || (c != '{' && c != '[')) {
        RowCell cell = {0};
        TRY(json_cell(m, j, &cell));
        for (uint32_t i = 0; i < n; i++)
            if (m->places[here[i]].step_count == depth)
                m->cells[here[i]] = cell;
        return OK;
    }
    const char *from = j->p;
    uint32_t *next = new (&m->row_arena, uint32_t, n + 1), count, item = 0;
    Str name = {NULL, 0};
    if (next == NULL)
        return ERR_NOMEM;
    if (c == '{')
        json_object_begin(j);
    else
        json_array_begin(j);
    while (c == '{' ? json_object_next(j, &name) : json_array_next(j)) {
        count = 0;
        for (uint32_t i = 0; i < n; i++) {
            const Place *place = &m->places[here[i]];
            const PathStep *step = &place->steps[depth];
            if (place->step_count > depth && step->item == (c == '[') &&
                (c == '[' ? step->place == item : str_eq(step->name, name)))
                next[count++] = here[i];
        }
        item++;
        if (count == 0)
            json_skip(j, NULL);
        else
            TRY(json_walk(m, j, next, count, depth + 1));
    }
    for (uint32_t i = 0; i < n && j->status == OK; i++)
        if (m->places[here[i]].step_count == depth)
            m->cells[here[i]] = (RowCell){.text = {from, (size_t)(j->p - from)}, .json = true};
    return OK;
}

static Status json_row(Mapper *m, bool *blank) {
    Json j;
    uint32_t *all = new (&m->row_arena, uint32_t, m->place_count + 1);
    *blank = str_trim(m->row).n == 0;
    if (*blank)
        return OK;
    if (all == NULL)
        return ERR_NOMEM;
    TRY(json_over(m->row, &m->row_arena, &j));
    for (uint32_t i = 0; i < m->place_count; i++) {
        all[i] = i;
        m->cells[i] = (RowCell){0};
    }
    bool object = json_peek(&j) == '{';
    TRY(json_walk(m, &j, all, m->place_count, 0));
    if (j.status == OK)
        (void)json_done(&j);
    if (j.status == ERR_NOMEM)
        return ERR_NOMEM;
    if (j.status != OK) {
        Str text;
        TRY(arena_printf(&m->row_arena, &text, "it is not JSON: %s", j.why));
        return refuse(m, REJECT_MALFORMED, S(""), text);
    }
    return object ? OK : refuse(m, REJECT_MALFORMED, S(""), S("it is not a JSON object"));
}

/* ---- values */

static Status wrong(Str *why, const char *text) {
    *why = str_of(text);
    return ERR_SYNTAX;
}

/* So many digits. */
static bool is_count(Str text, size_t least, size_t most) {
    bool all = text.n >= least && text.n <= most;
    for (size_t i = 0; all && i < text.n; i++)
        all = text.p[i] >= '0' && text.p[i] <= '9';
    return all;
}

static Status moment_value(Mapper *m, const ColumnDef *column, ValueKind kind, Str text, Value *out,
                           Str *why) {
    Moment moment;
    Status status = ERR_SYNTAX;
    bool beyond = false,
         none = false; /* of one form it is beyond all years; no date that there is */
    for (uint32_t i = 0; i < column->date_count && status != OK; i++) {
        if (none && moment_counts(column->dates[i]))
            continue; /* the 30th of February is no number of seconds */
        status = moment_read(column->dates[i], text, &moment);
        beyond = beyond || status == ERR_OVERFLOW;
        none = none || status == ERR_NOTFOUND;
    }
    if (column->date_count == 0)
        status = moment_read_iso(text, &moment);
    else if (status != OK && beyond)
        status = ERR_OVERFLOW;
    if (status == ERR_OVERFLOW)
        return wrong(why, "it lies outside the years 0001 to 9999");
    if (status != OK && column->date_count == 0 && is_count(text, 9, 10))
        return wrong(why, "it is no date; if it counts seconds, say: dates \"epoch seconds\"");
    if (status != OK && column->date_count == 0 && is_count(text, 12, 13))
        return wrong(why,
                     "it is no date; if it counts milliseconds, say: dates \"epoch milliseconds\"");
    if (status != OK && column->date_count == 0)
        return wrong(why, "it is no date of the form 2026-03-02 or 2026-03-02 09:00; the feed says "
                          "others by: dates \"DD.MM.YYYY hh:mm\"");
    if (status != OK) {
        Buf all = {0};
        for (uint32_t i = 0; i < column->date_count; i++) {
            put_text(&all, i == 0 ? S("") : S(" or "));
            put_text(&all, column->dates[i]);
        }
        status = buf_status(&all);
        if (status == OK)
            status = arena_printf(&m->row_arena, why,
                                  "it is not of the form %.*s, or there is no such date",
                                  STR_ARG(buf_str(&all)));
        buf_free(&all);
        return status == OK ? ERR_SYNTAX : status;
    }
    int64_t local = moment.day * DAY_MS + moment.time_ms;
    int64_t t = moment.has_offset ? local - moment.offset_ms : zone_cache_instant(&m->zone, local);
    if (instant_ok(t) && moment.has_offset)
        local = zone_cache_local(&m->zone, t);
    if (!instant_ok(t) || !day_ok(local_day(local)))
        return wrong(why, "it lies outside the years 0001 to 9999");
    if (kind == V_INSTANT)
        *out = value_of(V_INSTANT, t);
    else if (kind == V_DATE)
        *out = value_of(V_DATE, local_day(local));
    else
        *out = value_of(V_TIME, moment.has_offset ? local_time(local) : moment.time_ms);
    return OK;
}

static bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}

/* Takes three capitals from the start or the end of an amount. */
static Str currency_of(Str *text) {
    size_t n = text->n;
    Str found = {NULL, 0};
    const char *p = text->p;
    if (n > 3 && is_capital(p[n - 1]) && is_capital(p[n - 2]) && is_capital(p[n - 3])) {
        found = (Str){p + n - 3, 3};
        text->n -= 3;
    } else if (n > 3 && is_capital(p[0]) && is_capital(p[1]) && is_capital(p[2])) {
        found = (Str){p, 3};
        *text = str_from(*text, 3);
    }
    *text = str_trim(*text);
    return found;
}

/* Marks that stand for a currency, and for which. */
static const struct {
    Str mark, codes;
} currency_marks[] = {
    {{"\xC2\xA5", 2}, {"CNY JPY", 7}},
    {{"\xEF\xBF\xA5", 3}, {"CNY JPY", 7}}, /* full-width */
    {{"元", 3}, {"CNY TWD HKD", 11}},
    {{"円", 3}, {"JPY", 3}},
    {{"€", 3}, {"EUR", 3}},
    {{"£", 2}, {"GBP", 3}},
    {{"₩", 3}, {"KRW", 3}},
    {{"₹", 3}, {"INR", 3}},
    {{"$", 1}, {"USD CAD AUD NZD HKD TWD SGD MXN", 31}},
};

static bool is_code_of(Str codes, uint32_t currency) {
    Str code;
    for (bool more = true; more;) {
        more = str_cut(codes, ' ', &code, &codes);
        if (currency_pack(code) == currency)
            return true;
    }
    return false;
}

/* Takes the mark of a currency from the start, behind a sign perhaps, or the end of an amount. */
static Status take_mark(Mapper *m, const TypeDef *type, Str *text, Str *why) {
    int sign = text->n > 0 && (text->p[0] == '-' || text->p[0] == '+');
    Str rest = str_trim(str_from(*text, (size_t)sign));
    for (size_t i = 0; i < sizeof currency_marks / sizeof *currency_marks; i++) {
        Str mark = currency_marks[i].mark;
        bool starts = str_starts(rest, mark);
        if (!starts && !str_ends(rest, mark))
            continue;
        if (!is_code_of(currency_marks[i].codes, type->currency)) {
            TRY(arena_printf(&m->row_arena, why, "%.*s does not stand for the column's currency",
                             STR_ARG(mark)));
            return ERR_SYNTAX;
        }
        rest = str_trim(starts ? str_from(rest, mark.n) : str_upto(rest, rest.n - mark.n));
        return arena_printf(&m->row_arena, text, "%.*s%.*s", sign, text->p, STR_ARG(rest));
    }
    return OK;
}

/* A number, a percentage or an amount in the form of its column, as the language writes it. */
static Status number_value(Mapper *m, uint32_t column, const TypeDef *type, Str text, Value *out,
                           Str *why) {
    const NumberForm *form = &m->numbers[column];
    Str rest = text, currency = {NULL, 0}, plain, whole;
    char digits[FORM_DIGITS];
    bool percent = false;
    if (type->kind == V_MONEY)
        currency = currency_of(&rest);
    if (type->kind == V_MONEY && currency.n == 0)
        TRY(take_mark(m, type, &rest, why));
    if (type->kind == V_PERCENT) {
        percent = str_ends(rest, S("%"));
        rest = str_trim((Str){rest.p, rest.n - percent});
    }
    if (m->feed->columns[column].numbers.n == 0) {
        plain = rest;
    } else if (number_read(form, rest, digits, &plain) != OK) {
        TRY(arena_printf(&m->row_arena, why, "it is no number in the form of %.*s",
                         STR_ARG(m->feed->columns[column].numbers)));
        return ERR_SYNTAX;
    }
    TRY(arena_printf(&m->row_arena, &whole, "%.*s%s%.*s%s", STR_ARG(plain),
                     currency.n > 0 ? " " : "", STR_ARG(currency), percent ? "%" : ""));
    return value_from_text(&m->reader, type, whole, out, why);
}

/* A duration as in the language, or elapsed time. */
static Status duration_value(Mapper *m, const TypeDef *type, Str text, Value *out, Str *why) {
    int64_t ms;
    bool elapsed = (type->families >> FAMILY_ELAPSED & 1) != 0;
    if (elapsed_read(text, &ms) != OK) {
        Status status = value_from_text(&m->reader, type, text, out, why);
        return status == ERR_SYNTAX && elapsed
                   ? wrong(why, "it is not a duration, as in \"2 hours\", 3:15:00 or PT3H15M")
                   : status;
    }
    if (!elapsed)
        return wrong(why, "it is elapsed time, and the column's durations are of another kind");
    *out = value_duration(FAMILY_ELAPSED, ms);
    return OK;
}

static Status one_value(Mapper *m, uint32_t column, const TypeDef *type, Str text, Value *out,
                        Str *why) {
    const ColumnDef *def = &m->feed->columns[column];
    switch ((int)type->kind) {
    case V_DATE:
    case V_INSTANT:
        return moment_value(m, def, (ValueKind)type->kind, text, out, why);
    case V_TIME:
        if (def->date_count > 0)
            return moment_value(m, def, V_TIME, text, out, why);
        return value_from_text(&m->reader, type, text, out, why);
    case V_INT:
    case V_DEC:
    case V_PERCENT:
    case V_MONEY:
        return number_value(m, column, type, text, out, why);
    case V_DURATION:
        return duration_value(m, type, text, out, why);
    default:
        return value_from_text(&m->reader, type, text, out, why);
    }
}

/* Items with semicolons between them. */
static Status list_value(Mapper *m, uint32_t column, const TypeDef *type, Str text, Value *out,
                         Str *why) {
    TypeDef item = type_of_item(type);
    size_t most = 1;
    for (size_t i = 0; i < text.n; i++)
        most += text.p[i] == ';';
    if (most > LIMIT_LIST_ITEMS)
        return wrong(why, "it has more than 100,000 items");
    Value *items = new (&m->row_arena, Value, most);
    uint32_t n = 0;
    Str part, rest = text;
    if (items == NULL)
        return ERR_NOMEM;
    for (bool more = true; more; n++) {
        more = str_cut(rest, ';', &part, &rest);
        TRY(one_value(m, column, &item, str_trim(part), &items[n], why));
    }
    *out = (Value){.items = items, .n = n, .kind = V_LIST};
    return OK;
}

/* Items of columns of one name: each as it is. */
static Status items_value(Mapper *m, uint32_t column, const TypeDef *type, const RowCell *cell,
                          Value *out, Str *why) {
    TypeDef item = type_of_item(type);
    Value *items = new (&m->row_arena, Value, cell->item_count + 1);
    if (items == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < cell->item_count; i++)
        TRY(one_value(m, column, &item, cell->items[i], &items[i], why));
    *out = (Value){.items = items, .n = cell->item_count, .kind = V_LIST};
    return OK;
}

/* A list or an object of a JSON file. */
static Status json_value(Mapper *m, const TypeDef *type, Str text, Value *out, Str *why) {
    Json j;
    TRY(json_over(text, &m->row_arena, &j));
    m->reader.within = (Str){NULL, 0};
    m->reader.open = false;
    if (type->kind != V_LIST && type->kind != V_RECORD)
        return wrong(why, text.p[0] == '[' ? "it is a list" : "it is an object");
    return event_json_value(&m->reader, &j, type, out, why);
}

/* The text of a column: that of its places, with blanks between them. */
static Status column_text(Mapper *m, uint32_t column, RowCell *out) {
    const ColumnDef *def = &m->feed->columns[column];
    *out = m->cells[m->places_of[column][0]];
    for (uint32_t i = 1; i < def->from_count; i++) {
        RowCell next = m->cells[m->places_of[column][i]];
        if (next.text.n == 0)
            continue;
        if (out->text.n == 0)
            *out = next;
        else
            TRY(arena_printf(&m->row_arena, &out->text, "%.*s %.*s", STR_ARG(out->text),
                             STR_ARG(next.text)));
        out->json = out->json || next.json;
    }
    return OK;
}

/* ERR_SYNTAX: it does not fit, *why. */
static Status column_value(Mapper *m, uint32_t column, RowCell cell, Value *out, Str *why) {
    const ColumnDef *def = &m->feed->columns[column];
    const TypeDef *type = &def->field.type;
    bool empty = cell.text.n == 0;
    for (uint32_t i = 0; i < def->reading_count && !cell.json && cell.item_count < 2; i++)
        if (str_eq(def->readings[i].text, cell.text)) {
            *out = def->readings[i].value;
            empty = out->kind == V_ABSENT;
            if (!empty)
                return OK;
        }
    if (empty) {
        *out = def->field.has_preset ? def->field.preset : value_absent();
        return def->field.has_preset || type->optional ? OK : wrong(why, "the column is empty");
    }
    if (cell.json)
        return json_value(m, type, cell.text, out, why);
    if (type->kind == V_LIST && cell.items != NULL)
        return items_value(m, column, type, &cell, out, why);
    if (type->kind == V_LIST && type->item != V_RECORD)
        return list_value(m, column, type, cell.text, out, why);
    if (type->kind == V_LIST || type->kind == V_RECORD)
        return wrong(why, "it is not a list or an object");
    return one_value(m, column, type, cell.text, out, why);
}

/* What a column is called in the file. */
static Status column_name(Mapper *m, const ColumnDef *def, Str *out) {
    *out = def->from[0];
    for (uint32_t i = 1; i < def->from_count; i++)
        TRY(arena_printf(&m->row_arena, out, "%.*s + %.*s", STR_ARG(*out), STR_ARG(def->from[i])));
    return OK;
}

/* The beginning of a text, whole characters. */
static Str beginning(Str text) {
    enum { SHOWN = 80 };
    Str cut = str_upto(text, SHOWN);
    while (cut.n < text.n && cut.n > 0 && ((unsigned char)text.p[cut.n] & 0xC0) == 0x80)
        cut.n--;
    return cut;
}

static Status refuse_column(Mapper *m, uint32_t column, RowCell cell, Str why) {
    const ColumnDef *def = &m->feed->columns[column];
    Str field, message = why;
    if (m->message.n > 0)
        return OK;
    TRY(column_name(m, def, &field));
    if (cell.json)
        TRY(arena_printf(&m->row_arena, &field, "%.*s%.*s", STR_ARG(field),
                         STR_ARG(m->reader.within)));
    Str shown = beginning(cell.text);
    if (shown.n > 0 && why.p[0] != '"')
        TRY(arena_printf(&m->row_arena, &message, "\"%.*s\"%s: %.*s", STR_ARG(shown),
                         shown.n < cell.text.n ? "..." : "", STR_ARG(why)));
    return refuse(m, REJECT_SCHEMA, field, message);
}

/* The values of the columns. *bad of those that are not as they should be. */
static Status row_values(Mapper *m, bool *bad) {
    for (uint32_t i = 0; i < m->feed->column_count; i++) {
        RowCell cell;
        Str why = {NULL, 0};
        TRY(column_text(m, i, &cell));
        Status status = column_value(m, i, cell, &m->values[i], &why);
        bad[i] = status == ERR_SYNTAX;
        if (status == OK && m->about.n == 0 && m->feed->columns[i].field.type.is_id &&
            cell.text.n > 0 && cell.text.n <= LIMIT_KEY_BYTES)
            TRY(arena_printf(&m->row_arena, &m->about, "%.*s=%.*s",
                             STR_ARG(m->feed->columns[i].field.name), STR_ARG(cell.text)));
        if (status != OK && status != ERR_SYNTAX)
            return status;
        if (!bad[i])
            continue;
        if (why.n == 0)
            why = S("it is not JSON");
        m->values[i] = (Value){.kind = m->feed->columns[i].field.type.kind};
        TRY(refuse_column(m, i, cell, why));
    }
    return OK;
}

/* ---- events */

static Status refuse_trap(Mapper *m) {
    Buf text = {0};
    put_trap(&text, m->b, &m->vm.trap);
    Str message;
    Status status = text.failed ? ERR_NOMEM : arena_str(&m->row_arena, buf_str(&text), &message);
    buf_free(&text);
    TRY(status);
    return refuse(m, REJECT_FAILED, S(""), message);
}

/* Whether a row counts that may not be as it should be. *counts is true where that cannot be said.
 */
static Status row_counts(Mapper *m, const bool *bad, bool *counts) {
    const FeedDef *feed = m->feed;
    const Value *flag;
    *counts = true;
    if (feed->only_fn < 0)
        return OK;
    for (uint32_t i = 0; i < feed->only_use_count; i++)
        if (bad[feed->only_uses[i]])
            return OK;
    m->now = INT64_MIN;
    Status status = vm_call(&m->vm, feed->only_fn, NULL, NULL, m->values, &flag, NULL);
    if (status == ERR_TRAP)
        return refuse_trap(m);
    TRY(status);
    *counts = flag->i != 0;
    return OK;
}

static Status text_result(Mapper *m, Value v, Str *out) {
    Buf text = {0};
    *out = v.kind == V_PARTY ? party_text(m->b, v) : value_str(v);
    if (v.kind == V_TEXT || v.kind == V_PARTY)
        return OK;
    put_value_text(&text, m->b, &m->zone, v);
    Status status = text.failed ? ERR_NOMEM : arena_str(&m->row_arena, buf_str(&text), out);
    buf_free(&text);
    return status;
}

/* What a field's type asks of a value beyond its kind. */
static Status value_fits(Mapper *m, const TypeDef *type, Value v, Str *why) {
    if (v.kind == V_ABSENT)
        return OK;
    if (!bundle_fits(m->b, type, v))
        return wrong(why, "it is not of the field's type");
    if (v.kind == V_INT)
        return event_in_range(&m->reader, type, dec_of_i64(v.i), why);
    if (v.kind == V_DEC || v.kind == V_PERCENT || v.kind == V_MONEY)
        return event_in_range(&m->reader, type, value_to_dec(v), why);
    if (v.kind == V_TEXT && v.n > LIMIT_EVENT_TEXT)
        return wrong(why, "it is longer than 1 MiB");
    if (v.kind == V_TEXT && type->is_id && v.n == 0)
        return wrong(why, "an id cannot be empty");
    if (v.kind == V_LIST) {
        TypeDef item = type_of_item(type);
        for (uint32_t i = 0; i < v.n; i++)
            TRY(value_fits(m, &item, v.items[i], why));
    }
    return OK;
}

static Status refuse_field(Mapper *m, const FedDef *fed, Str field, Value v, Str why) {
    Buf text = {0};
    Str place, message;
    TRY(arena_printf(&m->row_arena, &place, "%.*s.%.*s", STR_ARG(m->b->events[fed->event].name),
                     STR_ARG(field)));
    if (v.kind != V_ABSENT) {
        put_value_text(&text, m->b, &m->zone, v);
        put_text(&text, S(": "));
    }
    put_text(&text, why);
    Status status = text.failed ? ERR_NOMEM : arena_str(&m->row_arena, buf_str(&text), &message);
    buf_free(&text);
    TRY(status);
    return refuse(m, REJECT_SCHEMA, place, message);
}

static Status fed_fields(Mapper *m, const FedDef *fed, const Value *results, Input *in) {
    const EventDef *event = &m->b->events[fed->event];
    Value *fields = new (&m->row_arena, Value, event->field_count + 1);
    Str missing, why = {NULL, 0};
    if (fields == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < fed->field_count; i++) {
        const FieldDef *field = &event->fields[fed->fields[i]];
        Status status = value_fits(m, &field->type, results[i], &why);
        if (status == ERR_SYNTAX)
            return refuse_field(m, fed, field->name, results[i], why);
        TRY(status);
        fields[fed->fields[i]] = results[i];
    }
    Status status =
        event_fill_in(&m->row_arena, event->fields, event->field_count, fields, &missing, &why);
    if (status == ERR_SYNTAX)
        return refuse_field(m, fed, missing, value_absent(), why);
    in->fields = fields;
    in->field_count = event->field_count;
    return status;
}

/* What an attribute of CloudEvents may be. */
static const char *attribute_wrong(Str text, bool uri) {
    if (text.n == 0)
        return "it is empty";
    if (text.n > LIMIT_ATTRIBUTE_BYTES)
        return "it is longer than 64 KiB";
    if (!event_string_ok(text))
        return "it holds a character that it may not";
    return uri && !event_uri_ok(text) ? "it is not a URI reference" : NULL;
}

static Status fed_attribute(Mapper *m, const FedDef *fed, const char *name, Str text) {
    const char *why = attribute_wrong(text, str_eq(str_of(name), S("source")));
    return why == NULL
               ? OK
               : refuse_field(m, fed, str_of(name), value_text(beginning(text)), str_of(why));
}

/* One of several parts of an id, encoded as those of a key are (contract.md 4): no two rows have
 * the same id that differ in one. */
static Status id_part(Mapper *m, Str part, Str *out) {
    Buf text = {0};
    for (size_t i = 0; i < part.n; i++) {
        unsigned char c = (unsigned char)part.p[i];
        if (c <= 0x20 || c == '%' || c == '/' || c == '#')
            put_fmt(&text, "%%%02X", c);
        else
            put_c(&text, part.p[i]);
    }
    Status status = text.failed ? ERR_NOMEM : arena_str(&m->row_arena, buf_str(&text), out);
    buf_free(&text);
    return status;
}

/* Source, id and actor, which stand behind the time. */
static Status fed_names(Mapper *m, const FedDef *fed, const Value *results, Mapped *out) {
    const Value *v = results;
    out->event.source = m->source;
    if (fed->has_source) {
        TRY(text_result(m, *v++, &out->event.source));
        TRY(fed_attribute(m, fed, "source", out->event.source));
    }
    Str id = fed->named_id ? m->b->events[fed->event].name : (Str){NULL, 0};
    for (uint32_t i = 0; i < fed->id_parts; i++) {
        Str part;
        TRY(text_result(m, *v++, &part));
        if (fed->id_parts > 1)
            TRY(id_part(m, part, &part));
        if (id.n == 0 && i == 0)
            id = part;
        else
            TRY(arena_printf(&m->row_arena, &id, "%.*s/%.*s", STR_ARG(id), STR_ARG(part)));
    }
    out->event.id = id;
    if (fed->id_parts > 0)
        TRY(fed_attribute(m, fed, "id", id));
    if (fed->has_actor && v->kind != V_ABSENT) {
        TRY(text_result(m, *v, &out->event.actor));
        TRY(fed_attribute(m, fed, "actor", out->event.actor));
    }
    return OK;
}

/* When the event comes; *comes false: it does not. */
static Status fed_time(Mapper *m, const FedDef *fed, bool *comes) {
    const Value *when;
    m->now = INT64_MIN; /* nothing is asked by its time before it has one */
    TRY(vm_call(&m->vm, fed->when_fn, NULL, NULL, m->values, &when, NULL));
    *comes = when->kind != V_ABSENT;
    if (*comes)
        m->now = when->kind == V_INSTANT ? when->i : zone_cache_instant(&m->zone, when->i * DAY_MS);
    return OK;
}

static Status fed_made(Mapper *m, const FedDef *fed) {
    const Value *results;
    bool comes;
    TRY(fed_time(m, fed, &comes));
    if (!comes)
        return OK;
    TRY(vm_call(&m->vm, fed->fn, NULL, NULL, m->values, &results, &comes));
    if (!comes)
        return OK;
    uint32_t fixed = fed_def_fixed(fed), n = fixed + fed->field_count;
    Value *copy = new (&m->row_arena, Value, n + 1);
    if (copy == NULL)
        return ERR_NOMEM;
    memcpy(copy, results, n * sizeof *copy);
    Mapped *out = &m->events[m->count];
    *out = (Mapped){.event = {.event = fed->event, .time = m->now}};
    TRY(fed_names(m, fed, copy, out));
    TRY(fed_fields(m, fed, copy + fixed, &out->event));
    m->count++;
    return OK;
}

static Status fed_event(Mapper *m, const FedDef *fed) {
    Status status = fed_made(m, fed);
    return status == ERR_TRAP ? refuse_trap(m) : status;
}

static Status row_events(Mapper *m) {
    bool bad[LIMIT_FIELDS] = {false}, counts;
    TRY(row_values(m, bad));
    TRY(row_counts(m, bad, &counts));
    if (!counts)
        m->message = (Str){NULL, 0};
    for (uint32_t i = 0; counts && m->message.n == 0 && i < m->feed->fed_count; i++)
        TRY(fed_event(m, &m->feed->fed[i]));
    return OK;
}

static Status cut_row(Mapper *m) {
    return refuse(m, REJECT_MALFORMED, S(""),
                  m->feed->json
                      ? S("the file is broken from here on, or this row is longer than 16 MiB; the "
                          "first 4 KiB are kept, and what follows is not read")
                      : S("the line is longer than 16 MiB; its first 4 KiB are kept"));
}

static Status bad_row(Mapper *m) {
    Str message;
    TRY(not_encoded(m, m->row, m->good, &m->row_arena, &message));
    return refuse(m, REJECT_MALFORMED, S(""), message);
}

Status mapper_row(Mapper *m, Str row, bool cut, uint32_t *count, bool *refused) {
    arena_reset(&m->row_arena);
    m->count = 0;
    m->cut = cut;
    m->field = m->message = (Str){NULL, 0};
    m->about = (Str){NULL, 0};
    row = encoded_without_end(m->encoding, row);
    TRY(decoded(m, row, &m->row_arena, &m->row, &m->bad, &m->good));
    if (cut)
        TRY(arena_str(&m->row_arena, m->row, &m->row));
    bool blank = false;
    if (cut)
        TRY(cut_row(m));
    else if (m->bad && !m->feed->json)
        TRY(bad_row(m));
    else
        TRY(m->feed->json ? json_row(m, &blank) : csv_row(m, &blank));
    if (m->message.n == 0 && !blank)
        TRY(row_events(m));
    *refused = m->message.n > 0;
    *count = m->count = *refused ? 0 : m->count;
    return OK;
}

int64_t mapper_time(const Mapper *m, uint32_t i) {
    return m->events[i].event.time;
}

/* The half of a SHA-256 of all that an event says, and of how often it said so before. */
static Status content_id(Mapper *m, Seen *seen, Input *in) {
    Buf text = {0};
    Str hex;
    put_event_content(&text, m->b, in);
    put_str(&text, in->source);
    m->reader.seen = seen;
    Status status = buf_status(&text);
    if (status == OK)
        status = event_make_id(&m->reader, buf_str(&text), &hex);
    buf_free(&text);
    in->id = status == OK ? str_upto(hex, 32) : (Str){NULL, 0};
    return status;
}

Status mapper_event(Mapper *m, uint32_t i, Seen *seen, Input *out) {
    Input *in = &m->events[i].event;
    if (in->id.n == 0)
        TRY(content_id(m, seen, in));
    *out = *in;
    return OK;
}

/* What is kept of a row: enough to read it again. */
static Status kept_row(Mapper *m, Str *out) {
    *out = m->row; /* byte for byte, where JSON could not hold it */
    if (m->bad)
        return OK;
    Buf text = {0};
    Json j;
    bool whole = m->feed->json && !m->cut;
    if (whole) {
        TRY(json_over(m->row, &m->row_arena, &j));
        whole = json_skip(&j, NULL) && json_done(&j);
    }
    put_c(&text, '{');
    put_member(&text, "feed", m->feed->name);
    if (whole) {
        put_text(&text, S("\"row\":"));
        put_text(&text, m->row);
    } else {
        if (!m->feed->json)
            put_member(&text, "columns", m->header);
        put_text(&text, m->cut || m->feed->json ? S("\"beginning\":") : S("\"record\":"));
        put_json_string(&text, m->row);
    }
    put_c(&text, '}');
    Status status = text.failed ? ERR_NOMEM : arena_str(&m->row_arena, buf_str(&text), out);
    buf_free(&text);
    return status;
}

Status mapper_refusal(Mapper *m, Seen *seen, Refusal *out) {
    *out = (Refusal){.reason = m->reason,
                     .source = m->feed->source.n > 0 ? m->feed->source : m->source,
                     .about = m->about,
                     .field = m->field,
                     .message = m->message};
    TRY(kept_row(m, &out->raw));
    m->reader.seen = seen;
    return event_make_id(&m->reader, m->row, &out->id);
}
