/* run: events read. */
#include "engine/run/event_int.h"

#include "engine/base/base64.h"
#include "engine/base/canonical.h"
#include "engine/base/check.h"
#include "engine/base/civil.h"
#include "engine/base/limits.h"
#include "engine/base/near.h"
#include "engine/base/sha256.h"
#include "engine/base/utf8.h"

/* ---- ids for lines that have none */

static bool seen_grow(Seen *s) {
    size_t cap = s->cap == 0 ? 1024 : s->cap * 2;
    uint64_t *hashes = mem_zalloc(cap * sizeof *hashes);
    uint32_t *counts = mem_zalloc(cap * sizeof *counts);
    if (hashes == NULL || counts == NULL) {
        mem_free(hashes);
        mem_free(counts);
        return false;
    }
    for (size_t i = 0; i < s->cap; i++) {
        if (s->hashes[i] == 0)
            continue;
        size_t at = s->hashes[i] & (cap - 1);
        while (hashes[at] != 0)
            at = (at + 1) & (cap - 1);
        hashes[at] = s->hashes[i];
        counts[at] = s->counts[i];
    }
    mem_free(s->hashes);
    mem_free(s->counts);
    *s = (Seen){hashes, counts, cap, s->used};
    return true;
}

/* How often the line has come, this time included. */
static Status seen_count(Seen *s, uint64_t hash, uint32_t *count) {
    hash = hash == 0 ? 1 : hash;
    if (s->used * 2 >= s->cap && !seen_grow(s))
        return ERR_NOMEM;
    size_t at = hash & (s->cap - 1);
    while (s->hashes[at] != 0 && s->hashes[at] != hash)
        at = (at + 1) & (s->cap - 1);
    s->used += s->hashes[at] == 0;
    s->hashes[at] = hash;
    *count = ++s->counts[at];
    return OK;
}

void seen_free(Seen *s) {
    mem_free(s->hashes);
    mem_free(s->counts);
    *s = (Seen){0};
}

Status event_make_id(EventReader *r, Str line, Str *out) {
    uint8_t hash[SHA256_BYTES];
    uint64_t first = 0;
    uint32_t count;
    sha256(line, hash);
    for (int i = 0; i < 8; i++)
        first = first << 8 | hash[i];
    TRY(seen_count(r->seen, first, &count));
    Buf text = {0};
    put_text(&text, line);
    put_c(&text, '\0');
    put_dec(&text, count);
    Status status = buf_status(&text);
    sha256(buf_str(&text), hash);
    buf_reset(&text);
    put_hex(&text, hash, sizeof hash);
    if (status == OK)
        status = text.failed ? ERR_NOMEM : arena_str(r->arena, buf_str(&text), out);
    buf_free(&text);
    return status;
}

/* ---- values */

static Status wrong(Str *why, const char *text) {
    *why = str_of(text);
    return ERR_SYNTAX;
}

static Status out_of_range(const EventReader *r, const TypeDef *type, Str *why) {
    Buf range = {0};
    bool below = dec_cmp(type->hi, DEC_NO_END) == 0;
    if (below)
        dec_put(&range, type->lo);
    else
        dec_put_range(&range, type->lo, type->hi);
    Status status = buf_status(&range);
    if (status == OK)
        status = arena_printf(r->arena, why, below ? "it is less than %.*s" : "it is outside %.*s",
                              STR_ARG(buf_str(&range)));
    buf_free(&range);
    return status == OK ? ERR_SYNTAX : status;
}

Status event_in_range(const EventReader *r, const TypeDef *type, Dec d, Str *why) {
    if (type->bounded && (dec_cmp(d, type->lo) < 0 || dec_cmp(d, type->hi) > 0))
        return out_of_range(r, type, why);
    return OK;
}

static Status read_dec(Str text, Dec *out, Str *why) {
    Status status = dec_parse(text, out);
    if (status == OK)
        return OK;
    return wrong(why, status == ERR_SYNTAX ? "it is not a number"
                                           : "it has more digits than the 18 there are");
}

static Status from_int(const EventReader *r, const TypeDef *type, Str text, Value *out, Str *why) {
    Dec d;
    TRY(read_dec(text, &d, why));
    *out = value_int(0);
    if (dec_to_i64(d, &out->i) != OK)
        return wrong(why, "it is not a whole number");
    return event_in_range(r, type, d, why);
}

static Status from_money(const EventReader *r, const TypeDef *type, Str text, Value *out,
                         Str *why) {
    Str amount = text, currency;
    Dec d;
    if (dec_parse(text, &d) == OK) {
        *out = value_dec(V_MONEY, d);
        out->n = type->currency;
        return event_in_range(r, type, d, why);
    }
    if (str_cut(text, ' ', &amount, &currency)) {
        if (currency.n != 3)
            return wrong(why, "its currency is not three letters");
        if (currency_pack(currency) != type->currency) {
            Buf want = {0};
            put_currency(&want, type->currency);
            Status status = buf_status(&want);
            if (status == OK)
                status = arena_printf(r->arena, why, "its currency is %.*s, not %.*s",
                                      STR_ARG(currency), STR_ARG(buf_str(&want)));
            buf_free(&want);
            return status == OK ? ERR_SYNTAX : status;
        }
    }
    TRY(read_dec(amount, &d, why));
    *out = value_dec(V_MONEY, d);
    out->n = type->currency;
    return event_in_range(r, type, d, why);
}

static Status from_percent(const EventReader *r, const TypeDef *type, Str text, Value *out,
                           Str *why) {
    Dec d;
    if (!str_ends(text, S("%")) || percent_parse((Str){text.p, text.n - 1}, &d) != OK)
        return wrong(why, "it is not a percentage: write it as in \"5%\"");
    *out = value_dec(V_PERCENT, d);
    return event_in_range(r, type, d, why);
}

/* "...; did you mean x?", when a name is near. */
static Status meant(Arena *a, Str what, Str name, const Str *names, size_t n, Str *why) {
    ptrdiff_t best = nearest(name, names, n);
    if (best < 0)
        *why = what;
    else
        TRY(arena_printf(a, why, "%.*s; did you mean %.*s?", STR_ARG(what), STR_ARG(names[best])));
    return ERR_SYNTAX;
}

static Status from_enum(const EventReader *r, const TypeDef *type, Str text, Value *out, Str *why) {
    const EnumDef *e = &r->b->enums[type->members];
    for (uint32_t i = 0; i < e->count; i++)
        if (str_eq(e->members[i].name, text) || (text.n > 0 && str_eq(e->members[i].alias, text))) {
            *out = value_of(V_ENUM, i);
            out->n = type->members;
            return OK;
        }
    Str *names = new (r->arena, Str, e->count + 1), what = {NULL, 0};
    if (names == NULL)
        return ERR_NOMEM;
    Buf all = {0};
    for (uint32_t i = 0; i < e->count; i++) {
        names[i] = e->members[i].name;
        if (all.n > 200)
            continue;
        put_text(&all, i == 0 ? S("") : S(", "));
        put_text(&all, names[i]);
    }
    Status status = buf_status(&all);
    if (status == OK)
        status = arena_printf(r->arena, &what, "\"%.*s\" is none of %.*s", STR_ARG(text),
                              STR_ARG(buf_str(&all)));
    buf_free(&all);
    return status == OK ? meant(r->arena, what, text, names, e->count, why) : status;
}

static Status from_time(const TypeDef *type, Str text, Value *out, Str *why) {
    int32_t n = 0;
    if (type->kind == V_INSTANT) {
        *out = value_of(V_INSTANT, 0);
        return instant_parse(text, &out->i) == OK
                   ? OK
                   : wrong(why,
                           "it is not an instant with its offset, as in 2026-03-02T09:00:00+08:00");
    }
    Status status = type->kind == V_DATE ? date_parse(text, &n) : time_parse(text, false, &n);
    *out = value_of((ValueKind)type->kind, n);
    if (status != OK)
        return wrong(why, type->kind == V_DATE ? "it is not a date, as in 2026-03-02"
                                               : "it is not a time of day, as in 09:00");
    return OK;
}

static Status from_duration(const TypeDef *type, Str text, Value *out, Str *why) {
    Family family;
    int64_t amount;
    if (duration_parse(text, &family, &amount) != OK)
        return wrong(why, "it is not a duration, as in \"2 working hours\"");
    if ((type->families >> family & 1) == 0)
        return wrong(why, "it is a duration of another kind than the field's");
    *out = value_duration(family, amount);
    return OK;
}

Status no_such_seat(const Bundle *b, Str text, Arena *a, Str *why) {
    Str *names = new (a, Str, b->party_count + 1);
    Str what;
    if (names == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < b->party_count; i++)
        names[i] = b->parties[i].name;
    TRY(arena_printf(a, &what, "there is no role, team or seat %.*s", STR_ARG(text)));
    return meant(a, what, text, names, b->party_count, why);
}

Status no_such_duty(const Bundle *b, Str text, Arena *a, Str *why) {
    Str *names = new (a, Str, b->duty_count + 1);
    Str what;
    if (names == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < b->duty_count; i++)
        names[i] = b->duties[i].name;
    TRY(arena_printf(a, &what, "there is no duty %.*s", STR_ARG(text)));
    return meant(a, what, text, names, b->duty_count, why);
}

Status no_such_approval(const Bundle *b, Str text, Arena *a, Str *why) {
    Str *names = new (a, Str, b->approval_count + 1);
    Str what;
    if (names == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < b->approval_count; i++)
        names[i] = b->approvals[i].name;
    TRY(arena_printf(a, &what, "there is no approval %.*s", STR_ARG(text)));
    return meant(a, what, text, names, b->approval_count, why);
}

/* What is no role, team or seat is a person's id, but not where a seat of a team is meant. */
static Status from_party(const EventReader *r, Str text, Value *out, Str *why) {
    Str team, role;
    if (text.n == 0)
        return wrong(why, "it names nobody");
    int32_t party = bundle_party(r->b, text);
    if (party < 0 && str_cut(text, '.', &team, &role)) {
        int32_t of = bundle_party(r->b, team);
        if (of >= 0 && r->b->parties[of].kind == PARTY_TEAM_DEF)
            return no_such_seat(r->b, text, r->arena, why);
    }
    *out = party >= 0 ? value_of(V_PARTY, party) : value_person(text);
    return OK;
}

Status value_from_text(const EventReader *r, const TypeDef *type, Str text, Value *out, Str *why) {
    bool yes = false;
    switch ((ValueKind)type->kind) {
    case V_FLAG:
        *out = value_flag(flag_parse(text, &yes) && yes);
        return flag_parse(text, &yes) ? OK : wrong(why, "it is neither yes nor no");
    case V_INT:
        return from_int(r, type, text, out, why);
    case V_DEC: {
        Dec d;
        TRY(read_dec(text, &d, why));
        *out = value_dec(V_DEC, d);
        return event_in_range(r, type, d, why);
    }
    case V_PERCENT:
        return from_percent(r, type, text, out, why);
    case V_MONEY:
        return from_money(r, type, text, out, why);
    case V_DURATION:
        return from_duration(type, text, out, why);
    case V_DATE:
    case V_TIME:
    case V_INSTANT:
        return from_time(type, text, out, why);
    case V_TEXT:
        if (text.n > LIMIT_EVENT_TEXT)
            return wrong(why, "it is longer than 1 MiB");
        if (type->is_id && text.n == 0)
            return wrong(why, "an id cannot be empty");
        *out = value_text(text);
        return OK;
    case V_ENUM:
        return from_enum(r, type, text, out, why);
    case V_PARTY:
        return from_party(r, text, out, why);
    case V_ABSENT:
    case V_LIST:
    case V_RECORD:
    case V_KINDS:
        break;
    }
    return wrong(why, "a field of this type cannot be read from text");
}

/* ---- JSON values */

/* Says that a mistake lies in this field, or this item, of what is around it. */
static Status in_field(EventReader *r, Str name) {
    return arena_printf(r->arena, &r->within, ".%.*s%.*s", STR_ARG(name), STR_ARG(r->within));
}

static Status in_item(EventReader *r, uint32_t n) {
    return arena_printf(r->arena, &r->within, "[%u]%.*s", n, STR_ARG(r->within));
}

static bool is_schema_mistake(Status status, Str why) {
    return status == ERR_SYNTAX && why.n > 0;
}

typedef struct Items {
    Value *at;
    uint32_t n, room;
} Items;

static Status json_items(EventReader *r, Json *j, const TypeDef *item, Items *items, Str *why) {
    json_array_begin(j);
    while (json_array_next(j)) {
        Value v;
        Status status = event_json_value(r, j, item, &v, why);
        if (status == OK && v.kind == V_ABSENT)
            status = wrong(why, "a list cannot hold null");
        if (status == OK && items->n == LIMIT_LIST_ITEMS)
            return wrong(why, "it has more than 100,000 items");
        if (is_schema_mistake(status, *why))
            TRY(in_item(r, items->n));
        TRY(status);
        if (!arena_push(r->arena, items, v))
            return ERR_NOMEM;
    }
    return j->status;
}

static Status json_list(EventReader *r, Json *j, const TypeDef *type, Value *out, Str *why) {
    TypeDef item = type_of_item(type);
    Items items = {0};
    if (json_peek(j) != '[') {
        Value *one = new (r->arena, Value, 1);
        if (one == NULL)
            return ERR_NOMEM;
        *out = (Value){.items = one, .n = 1, .kind = V_LIST};
        return type->one_or_many ? event_json_value(r, j, &item, one, why)
                                 : wrong(why, "it is not a list");
    }
    Status status = json_items(r, j, &item, &items, why);
    *out = (Value){.items = items.at, .n = items.n, .kind = V_LIST};
    return status;
}

/* ---- JSON objects as records */

/* "there is no field x; did you mean y?" */
static Status no_such_field(Arena *a, const FieldDef *fields, uint32_t n, Str name, Str *why) {
    Str *names = new (a, Str, n + 1), what;
    if (names == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < n; i++)
        names[i] = fields[i].name;
    TRY(arena_printf(a, &what, "there is no field %.*s", STR_ARG(name)));
    return meant(a, what, name, names, n, why);
}

Status event_fill_in(Arena *a, const FieldDef *fields, uint32_t n, Value *values, Str *missing,
                     Str *why) {
    for (uint32_t i = 0; i < n; i++) {
        if (values[i].kind != V_ABSENT)
            continue;
        values[i] = fields[i].has_preset ? fields[i].preset : value_absent();
        if (fields[i].has_preset || fields[i].type.optional)
            continue;
        *missing = fields[i].name;
        TRY(arena_printf(a, why, "the field %.*s is missing", STR_ARG(fields[i].name)));
        return ERR_SYNTAX;
    }
    return OK;
}

/* The number of the member's field; -1: it is unknown, and is skipped. `next` is a guess. */
static Status member_field(EventReader *r, Json *j, const FieldDef *fields, uint32_t n, Str name,
                           uint32_t next, int32_t *field, Str *why) {
    *field =
        next < n && str_eq(fields[next].name, name) ? (int32_t)next : bundle_field(fields, n, name);
    if (*field >= 0)
        return OK;
    if (r->open)
        return json_skip(j, NULL) ? OK : j->status;
    Str kept;
    TRY(arena_str(r->arena, name, &kept));
    Status status = no_such_field(r->arena, fields, n, kept, why);
    TRY(in_field(r, kept));
    return status;
}

static Status json_members(EventReader *r, Json *j, const RecordDef *def, Value *values,
                           bool *given, Str *why) {
    uint32_t next = 0;
    Str name;
    json_object_begin(j);
    while (json_object_next(j, &name)) {
        int32_t field;
        TRY(member_field(r, j, def->fields, def->field_count, name, next, &field, why));
        if (field < 0)
            continue;
        next = (uint32_t)field + 1;
        if (given[field]) {
            json_fail(j, ERR_SYNTAX, j->p, "a member stands twice");
            break;
        }
        given[field] = true;
        Status status = event_json_value(r, j, &def->fields[field].type, &values[field], why);
        if (is_schema_mistake(status, *why))
            TRY(in_field(r, def->fields[field].name));
        TRY(status);
    }
    return j->status;
}

static Status json_record(EventReader *r, Json *j, const TypeDef *type, Value *out, Str *why) {
    const RecordDef *def = &r->b->records[type->members];
    Value *values = new (r->arena, Value, def->field_count + 1u);
    bool given[LIMIT_RECORD_FIELDS] = {false};
    Str missing;
    if (values == NULL)
        return ERR_NOMEM;
    if (json_peek(j) != '{') {
        TRY(arena_printf(r->arena, why, "it is not an object with the fields of %.*s",
                         STR_ARG(def->name)));
        return ERR_SYNTAX;
    }
    TRY(json_members(r, j, def, values, given, why));
    Status status = event_fill_in(r->arena, def->fields, def->field_count, values, &missing, why);
    if (is_schema_mistake(status, *why))
        TRY(in_field(r, missing));
    *out = value_record(type->members, values, def->field_count);
    return status;
}

/* A number where it cannot stand: what the field takes. */
static const char *wrong_number(const TypeDef *type) {
    static const char *const spans[FAMILIES] = {
        [FAMILY_ELAPSED] = "it is a number: write a duration with its unit, as in \"90 minutes\"",
        [FAMILY_DAYS] = "it is a number: write a duration with its unit, as in \"3 days\"",
        [FAMILY_MONTHS] = "it is a number: write a duration with its unit, as in \"3 months\"",
        [FAMILY_WORKING] =
            "it is a number: write a duration with its unit, as in \"2 working hours\"",
        [FAMILY_WORKING_DAYS] =
            "it is a number: write a duration with its unit, as in \"2 working days\""};
    for (uint32_t f = 0; type->kind == V_DURATION && f < FAMILIES; f++)
        if ((type->families >> f & 1) != 0)
            return spans[f];
    return type->kind == V_PERCENT ? "it is a number: write a percentage, as in \"5%\""
           : type->kind == V_FLAG  ? "it is a number: write true or false"
           : type->kind == V_TEXT  ? "it is a number: write a text, in quotes"
                                   : "it is a number, which is not of the field's type";
}

static bool takes_number(const TypeDef *type) {
    return type->kind == V_INT || type->kind == V_DEC || type->kind == V_MONEY;
}

Status event_json_value(EventReader *r, Json *j, const TypeDef *type, Value *out, Str *why) {
    Str text;
    bool flag;
    *out = value_absent();
    if (type->kind == V_LIST && json_peek(j) != 'n')
        return json_list(r, j, type, out, why);
    if (type->kind == V_RECORD && json_peek(j) != 'n')
        return json_record(r, j, type, out, why);
    switch (json_peek(j)) {
    case 'n':
        return json_literal(j, S("null")) ? OK : ERR_SYNTAX;
    case '"':
        if (!json_string(j, &text))
            return j->status;
        if (type->kind == V_FLAG)
            return wrong(why, "it is a text, not true or false");
        return value_from_text(r, type, text, out, why);
    case 't':
    case 'f':
        if (!json_bool(j, &flag))
            return j->status;
        *out = value_flag(flag);
        return type->kind == V_FLAG
                   ? OK
                   : wrong(why, "it is true or false, which is not of the field's type");
    case '{':
    case '[':
        return json_skip(j, NULL)
                   ? wrong(why, "it is an object or a list, which is not of the field's type")
                   : j->status;
    default:
        if (!json_number(j, &text))
            return j->status;
        return takes_number(type) ? value_from_text(r, type, text, out, why)
                                  : wrong(why, wrong_number(type));
    }
}

/* ---- CloudEvents */

typedef struct Head {
    Str specversion, id, source, type, time, actor;
    bool has_time, has_data, has_base64, seen[6];
    const char *data; /* where its value begins */
    Str base64;
    int64_t instant;
} Head;

typedef struct Line {
    EventReader *r;
    Str line;
    Head head;
    Json j;
    Input *event;
    Refusal *refusal;
    Reading *what;
    bool csv;
    bool cut; /* it is the beginning of one that is too long */
} Line;

/* What a line of JSON says, whatever the order of its members and its white space. */
static Status content_of(Line *l) {
    Json again = json_from(l->line, l->r->arena);
    Buf text = {0};
    uint8_t hash[SHA256_BYTES];
    Status status = put_canonical_json(&text, &again, l->r->arena);
    if (status == OK)
        status = buf_status(&text);
    sha256(buf_str(&text), hash);
    buf_free(&text);
    l->refusal->has_content = status == OK;
    l->refusal->content = 0;
    for (int i = 0; i < 8; i++)
        l->refusal->content = l->refusal->content << 8 | hash[i];
    return status == ERR_NOMEM ? status : OK;
}

/* A CSV record is kept with the names of its columns, so that it can be read again. */
static Status kept_csv(Line *l) {
    Buf text = {0};
    uint8_t hash[SHA256_BYTES];
    put_text(&text, S("{\"columns\":"));
    put_json_string(&text, l->r->header);
    put_text(&text, S(",\"record\":"));
    put_json_string(&text, l->line);
    put_c(&text, '}');
    Status status =
        text.failed ? ERR_NOMEM : arena_str(l->r->arena, buf_str(&text), &l->refusal->raw);
    buf_free(&text);
    sha256(l->line, hash);
    l->refusal->has_content = true;
    for (int i = 0; i < 8; i++)
        l->refusal->content = l->refusal->content << 8 | hash[i];
    return status;
}

/* The line as a refusal. The made id stands in when it has none. */
static Status refuse(Line *l, RejectReason reason, Str field, Str message) {
    bool whole = l->head.source.n > 0 && l->head.id.n > 0;
    *l->refusal = (Refusal){.reason = reason,
                            .has_time = l->head.has_time,
                            .time = l->head.instant,
                            .field = field,
                            .message = message,
                            .raw = l->line,
                            .type = l->head.type,
                            .actor = l->head.actor,
                            .source = l->head.source,
                            .id = l->head.id};
    *l->what = READ_REFUSED;
    if (l->j.status == OK && !l->csv)
        TRY(content_of(l));
    if (l->csv && l->r->column_count > 0 && !l->cut && utf8_valid(l->line)) /* else byte for byte */
        TRY(kept_csv(l));
    if (whole)
        return OK;
    l->refusal->source = l->r->source;
    return event_make_id(l->r, l->line, &l->refusal->id);
}

static Status malformed(Line *l, const char *message) {
    return refuse(l, REJECT_MALFORMED, (Str){NULL, 0}, str_of(message));
}

/* Of a line that is not JSON, or says a thing twice, nothing is believed, not even its id. */
static Status malformed_json(Line *l) {
    if (l->j.status == ERR_NOMEM)
        return ERR_NOMEM;
    l->head = (Head){0};
    Str text;
    size_t column =
        l->j.p < l->line.p ? 0 : utf8_count((Str){l->line.p, (size_t)(l->j.p - l->line.p)});
    TRY(arena_printf(l->r->arena, &text, "not an event at column %zu: %s", column + 1, l->j.why));
    return refuse(l, REJECT_MALFORMED, (Str){NULL, 0}, text);
}

static bool name_ok(Str name) { /* lower-case letters and digits */
    for (size_t i = 0; i < name.n; i++)
        if (!((name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= '0' && name.p[i] <= '9')))
            return false;
    return name.n > 0;
}

/* Whether all 8 bytes are printable ASCII. */
static bool eight_printable(const char *p) {
    const uint64_t ones = 0x0101010101010101u;
    uint64_t w;
    memcpy(&w, p, 8);
    /* 0x7F and above carry into the top bit or have it; below 0x20 it is borrowed. */
    return (((w + ones) | w | (w - ones * 0x20)) & ones * 0x80) == 0;
}

bool event_string_ok(Str s) {
    for (size_t i = 0; i < s.n;) {
        uint32_t cp;
        if (s.n - i >= 8 && eight_printable(s.p + i)) {
            i += 8;
            continue;
        }
        if (s.p[i] >= 0x20 && s.p[i] < 0x7F) {
            i++;
            continue;
        }
        size_t n = utf8_decode(str_from(s, i), &cp);
        if (n == 0 || cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || (cp >= 0xFDD0 && cp <= 0xFDEF) ||
            (cp & 0xFFFE) == 0xFFFE)
            return false;
        i += n;
    }
    return true;
}

bool event_uri_ok(Str s) {
    static const char marks[] = "-._~:/?#[]@!$&'()*+,;=%";
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!alnum && (c == '\0' || memchr(marks, c, sizeof marks - 1) == NULL))
            return false;
        if (c == '%')
            for (size_t k = 1; k <= 2; k++)
                if (i + k >= s.n || !((s.p[i + k] >= '0' && s.p[i + k] <= '9') ||
                                      (s.p[i + k] >= 'a' && s.p[i + k] <= 'f') ||
                                      (s.p[i + k] >= 'A' && s.p[i + k] <= 'F')))
                    return false;
    }
    return true;
}

/* An attribute's value: a string, an integer of 32 bits, or a boolean; null is as good as none. */
static Status attribute(Line *l, Str name, bool *bad) {
    Str text;
    bool flag;
    Dec d;
    int64_t n;
    *bad = false;
    switch (json_peek(&l->j)) {
    case '"':
        if (!json_string(&l->j, &text))
            return OK;
        *bad = !event_string_ok(text);
        return OK;
    case 't':
    case 'f':
        json_bool(&l->j, &flag);
        return OK;
    case 'n':
        json_literal(&l->j, S("null"));
        return OK;
    case '{':
    case '[':
        *bad = json_skip(&l->j, NULL);
        return OK;
    default:
        if (!json_number(&l->j, &text))
            return OK;
        *bad = dec_parse(text, &d) != OK || dec_to_i64(d, &n) != OK || n < INT32_MIN ||
               n > INT32_MAX || str_find(text, '.') >= 0 || str_find(text, 'e') >= 0 ||
               str_find(text, 'E') >= 0;
        (void)name;
        return OK;
    }
}

/* A context attribute that must be a string and not empty. */
static const char attribute_too_long[] = "a context attribute is longer than 64 KiB";

static bool string_attribute(Line *l, Str *out, const char **why) {
    if (json_peek(&l->j) == 'n' && json_literal(&l->j, S("null")))
        return true;
    if (json_peek(&l->j) != '"') {
        *why = json_skip(&l->j, NULL) ? "a context attribute is not a string" : NULL;
        return false;
    }
    if (!json_string(&l->j, out))
        return false;
    if (out->n > LIMIT_ATTRIBUTE_BYTES) {
        *out = (Str){NULL, 0};
        *why = attribute_too_long;
        return false;
    }
    if (out->n == 0 || !event_string_ok(*out)) {
        *why = "a context attribute is empty or holds a character that it may not";
        return false;
    }
    return true;
}

typedef enum Known {
    KNOWN_SPECVERSION,
    KNOWN_ID,
    KNOWN_SOURCE,
    KNOWN_TYPE,
    KNOWN_TIME,
    KNOWN_ACTOR,
    KNOWN_NONE
} Known;

static Known known_attribute(Str name) {
    switch (name.n) {
    case 2:
        return str_eq(name, S("id")) ? KNOWN_ID : KNOWN_NONE;
    case 4:
        return str_eq(name, S("type"))   ? KNOWN_TYPE
               : str_eq(name, S("time")) ? KNOWN_TIME
                                         : KNOWN_NONE;
    case 5:
        return str_eq(name, S("actor")) ? KNOWN_ACTOR : KNOWN_NONE;
    case 6:
        return str_eq(name, S("source")) ? KNOWN_SOURCE : KNOWN_NONE;
    case 11:
        return str_eq(name, S("specversion")) ? KNOWN_SPECVERSION : KNOWN_NONE;
    default:
        return KNOWN_NONE;
    }
}

/* Names of the other members, to find one that comes twice. */
enum { OTHERS_MOST = 64 };
typedef struct Others {
    Str names[OTHERS_MOST];
    uint32_t n;
} Others;

static bool others_twice(Others *o, Str name) {
    for (uint32_t i = 0; i < o->n; i++)
        if (str_eq(o->names[i], name))
            return true;
    if (o->n < OTHERS_MOST)
        o->names[o->n++] = name;
    return false;
}

static bool is_uri_attribute(Str name) {
    return str_eq(name, S("dataschema"));
}

static Status member_twice(Line *l) {
    json_fail(&l->j, ERR_SYNTAX, l->j.p, "a member stands twice");
    return OK;
}

/* One member of the event; *why says what is wrong with it. */
static Status read_member(Line *l, Str name, Others *others, const char **why) {
    Head *h = &l->head;
    Known known = known_attribute(name);
    Str *const slots[] = {&h->specversion, &h->id, &h->source, &h->type, &h->time, &h->actor};
    if (known != KNOWN_NONE) {
        if (h->seen[known])
            return member_twice(l);
        h->seen[known] = true;
        string_attribute(l, slots[known], why);
        return OK;
    }
    if (others_twice(others, name))
        return member_twice(l);
    if (str_eq(name, S("data"))) {
        h->has_data = true;
        json_peek(&l->j);
        h->data = l->j.p;
        json_skip(&l->j, NULL);
        return OK;
    }
    if (str_eq(name, S("data_base64"))) {
        if (json_peek(&l->j) == 'n' && json_literal(&l->j, S("null")))
            return OK;
        h->has_base64 = true;
        if (json_peek(&l->j) != '"' && json_skip(&l->j, NULL))
            *why = "data_base64 is not a string";
        else
            json_string(&l->j, &h->base64);
        return OK;
    }
    if (!name_ok(name)) {
        json_skip(&l->j, NULL);
        *why = "an attribute's name holds more than lower-case letters and digits";
        return OK;
    }
    const char *before = l->j.p;
    bool bad;
    TRY(attribute(l, name, &bad));
    if (bad)
        *why = "an attribute is not a string, an integer or a boolean of CloudEvents";
    Json again = l->j;
    again.p = before;
    Str text;
    if (!bad && json_peek(&again) == '"' && json_string(&again, &text)) {
        bool context = str_eq(name, S("subject")) || str_eq(name, S("datacontenttype")) ||
                       is_uri_attribute(name);
        if (context && text.n == 0)
            *why = "a context attribute is empty";
        if (is_uri_attribute(name) && !event_uri_ok(text))
            *why = "dataschema is not a URI";
        if (str_eq(name, S("datacontenttype")) && str_find(text, '/') <= 0)
            *why = "datacontenttype is not a media type";
    } else if (!bad &&
               (str_eq(name, S("subject")) || str_eq(name, S("datacontenttype")) ||
                is_uri_attribute(name)) &&
               json_peek(&again) != 'n') {
        *why = "a context attribute is not a string";
    }
    return OK;
}

static Status read_head(Line *l, const char **why) {
    Others others;
    others.n = 0;
    Str name;
    if (json_peek(&l->j) != '{') {
        *why = "it is not a JSON object";
        if (!json_skip(&l->j, NULL))
            *why = NULL;
        return OK;
    }
    if (json_object_begin(&l->j))
        while (json_object_next(&l->j, &name)) {
            const char *bad = NULL;
            TRY(read_member(l, name, &others, &bad));
            *why = *why == NULL ? bad : *why;
        }
    json_done(&l->j);
    return OK;
}

/* What must be there (contract.md 10), and the time. */
static const char *check_head(Head *h) {
    if (h->time.n > 0) {
        h->has_time = instant_parse(h->time, &h->instant) == OK;
        if (!h->has_time)
            return "time is not an instant with its offset, as in 2026-03-02T09:00:00+08:00";
    }
    if (h->specversion.n == 0)
        return "specversion is missing";
    if (!str_eq(h->specversion, S("1.0")))
        return "specversion is not 1.0";
    if (h->id.n == 0)
        return "id is missing";
    if (h->source.n == 0)
        return "source is missing";
    if (!event_uri_ok(h->source))
        return "source is not a URI reference";
    if (h->type.n == 0)
        return "type is missing";
    if (!h->has_time)
        return "time is missing";
    if (h->has_data && h->has_base64)
        return "data and data_base64 stand together";
    return NULL;
}

/* "there is no event x; did you mean y?" */
static Status unknown(Line *l, Str field, const char *what, Str name, const Str *names, size_t n) {
    ptrdiff_t best = nearest(name, names, n);
    Str text;
    if (best >= 0)
        TRY(arena_printf(l->r->arena, &text, "there is no %s %.*s; did you mean %.*s?", what,
                         STR_ARG(name), STR_ARG(names[best])));
    else
        TRY(arena_printf(l->r->arena, &text, "there is no %s %.*s", what, STR_ARG(name)));
    return refuse(l, REJECT_SCHEMA, field, text);
}

static Status unknown_type(Line *l) {
    const Bundle *b = l->r->b;
    Str *names = new (l->r->arena, Str, b->event_count + 1);
    if (names == NULL)
        return ERR_NOMEM;
    uint32_t n = 0;
    for (uint32_t i = 0; i < b->event_count; i++)
        if (!event_is_record(&b->events[i]))
            names[n++] = b->events[i].name;
    return unknown(l, S("type"), "event", l->head.type, names, n);
}

/* name: of the event's field in which it lies. */
static Status bad_field(Line *l, Str name, Str why) {
    Str place;
    TRY(arena_printf(l->r->arena, &place, "%.*s%.*s", STR_ARG(name), STR_ARG(l->r->within)));
    return refuse(l, REJECT_SCHEMA, place, why);
}

/* What is amiss with a field that the event does not have, or its record. */
static Status unknown_field(Line *l, const FieldDef *fields, uint32_t n, Str place, Str name) {
    Str why;
    Status status = no_such_field(l->r->arena, fields, n, name, &why);
    return status == ERR_SYNTAX ? refuse(l, REJECT_SCHEMA, place, why) : status;
}

/* Fields that were not given: presets, absence, or a refusal. */
static Status complete(Line *l, const EventDef *event, Value *fields) {
    Str missing, why;
    Status status =
        event_fill_in(l->r->arena, event->fields, event->field_count, fields, &missing, &why);
    l->r->within = (Str){NULL, 0};
    if (status == ERR_SYNTAX)
        return bad_field(l, missing, why);
    TRY(status);
    l->event->fields = fields;
    l->event->field_count = event->field_count;
    *l->what = READ_EVENT;
    return OK;
}

static Status read_fields(Line *l, const EventDef *event, Json *j) {
    Value *fields = new (l->r->arena, Value, event->field_count + 1);
    bool given[LIMIT_FIELDS] = {false};
    Str name, why;
    if (fields == NULL)
        return ERR_NOMEM;
    if (json_peek(j) != '{')
        return bad_field(l, S("data"), S("data is not an object"));
    uint32_t next = 0;
    json_object_begin(j);
    while (json_object_next(j, &name)) {
        int32_t i;
        why = l->r->within = (Str){NULL, 0};
        Status status =
            member_field(l->r, j, event->fields, event->field_count, name, next, &i, &why);
        if (is_schema_mistake(status, why))
            return refuse(l, REJECT_SCHEMA, str_from(l->r->within, 1), why);
        if (status != OK && j->status == OK)
            return status;
        if (i < 0)
            continue;
        next = (uint32_t)i + 1;
        if (given[i]) {
            json_fail(j, ERR_SYNTAX, j->p, "a member stands twice");
            break;
        }
        given[i] = true;
        status = event_json_value(l->r, j, &event->fields[i].type, &fields[i], &why);
        if (is_schema_mistake(status, why))
            return bad_field(l, event->fields[i].name, why);
        if (status != OK && j->status == OK)
            return status;
    }
    if (j->status != OK) {
        l->j = *j;
        return malformed_json(l);
    }
    return complete(l, event, fields);
}

static Status read_data(Line *l, const EventDef *event) {
    l->r->open = event->open;
    l->r->within = (Str){NULL, 0};
    if (l->head.has_base64) {
        Str bytes;
        Status status = base64_read(l->head.base64, l->r->arena, &bytes);
        if (status == ERR_NOMEM)
            return status;
        if (status != OK)
            return malformed(l, "data_base64 is not Base64 (RFC 4648)");
        Json j;
        TRY(json_over(bytes, l->r->arena, &j));
        return read_fields(l, event, &j);
    }
    if (l->head.has_data) {
        Json j = json_from(str_from(l->line, (size_t)(l->head.data - l->line.p)), l->r->arena);
        if (json_peek(&j) != 'n')
            return read_fields(l, event, &j);
    }
    Json j = json_from((Str){"{}                                  ", 2}, l->r->arena);
    return read_fields(l, event, &j);
}

Status event_read(EventReader *r, Str line, Reading *what, Input *event, Refusal *refusal) {
    *what = READ_EVENT;
    if (event_read_usual(r, line, event))
        return OK;
    Line l = {.r = r, .line = line, .event = event, .refusal = refusal, .what = what};
    const char *why = NULL;
    *what = READ_NOTHING;
    l.j = json_from(line, r->arena);
    if (json_peek(&l.j) == 0 && l.j.p == line.p + line.n)
        return OK;
    TRY(read_head(&l, &why));
    const char *head = check_head(&l.head);
    if (l.j.status != OK)
        return malformed_json(&l);
    if (why != NULL || head != NULL)
        return malformed(&l, why != NULL ? why : head);
    int32_t type = bundle_event_at(r->b, l.head.type, l.head.instant);
    if (type < 0)
        return unknown_type(&l);
    *event = (Input){.event = (uint32_t)type,
                     .time = l.head.instant,
                     .id = l.head.id,
                     .source = l.head.source,
                     .actor = l.head.actor,
                     .raw = line};
    return read_data(&l, &r->b->events[type]);
}

Status event_too_long(EventReader *r, Str beginning, Reading *what, Refusal *refusal) {
    Line l = {
        .csv = true, .cut = true, .r = r, .line = beginning, .refusal = refusal, .what = what};
    return malformed(&l, "the line is longer than 16 MiB; its first 4 KiB are kept");
}

/* ---- CSV */

/* The length of the record at the start of text when quotes count; 0: it does not end in text.
 * `bytes`: a byte of ASCII is that character wherever it stands. */
static inline size_t record_in(Str text, bool last, CsvForm form, bool bytes) {
    bool begins = true, quoted = false; /* a cell begins here; inside quotes */
    for (size_t i = 0, step = 1; i < text.n; i += step) {
        char c = bytes ? text.p[i] : (char)encoded_char(form.encoding, str_from(text, i), &step);
        if (quoted) {
            quoted = c != form.quote; /* a doubled quote opens again at once */
            begins = c == form.quote;
            continue;
        }
        if (c == '\n')
            return i + step;
        quoted = c == form.quote && begins;
        begins = c == form.separator;
    }
    return last && !quoted ? text.n : 0;
}

static size_t quoted_record(Str text, bool last, CsvForm form) {
    if (form.encoding == ENCODED_GB18030 || encoding_is_wide(form.encoding))
        return record_in(text, last, form, false);
    return record_in(text, last, form, true);
}

size_t csv_record(Str text, bool last, CsvForm form) {
    Str most = str_upto(text, LIMIT_LINE_BYTES);
    size_t n = quoted_record(most, last && most.n == text.n, form);
    if (n > 0 || (!last && most.n < LIMIT_LINE_BYTES))
        return n;
    n = encoded_line(form.encoding, text); /* a quote that never closes takes no other line along */
    return n == 0 && last ? text.n : n;
}

/* One cell from `at` on; gives the place behind it, or SIZE_MAX. */
static size_t csv_cell(Str record, size_t at, CsvForm form, Arena *a, Str *out) {
    if (at >= record.n || record.p[at] != form.quote) {
        size_t end = at;
        while (end < record.n && record.p[end] != form.separator)
            if (record.p[end++] == form.quote)
                return SIZE_MAX;
        *out = (Str){record.p + at, end - at};
        return end;
    }
    char *text = arena_take(a, record.n, 1);
    size_t n = 0;
    if (text == NULL)
        return SIZE_MAX - 1;
    for (at++; at < record.n; at++) {
        if (record.p[at] == form.quote && (at + 1 >= record.n || record.p[at + 1] != form.quote)) {
            *out = (Str){text, n};
            return at + 1 < record.n && record.p[at + 1] != form.separator ? SIZE_MAX : at + 1;
        }
        if (record.p[at] == form.quote)
            at++;
        text[n++] = record.p[at];
    }
    return SIZE_MAX;
}

Status csv_cells(Str record, CsvForm form, Arena *a, Str **cells, uint32_t *n) {
    while (record.n > 0 && (record.p[record.n - 1] == '\n' || record.p[record.n - 1] == '\r'))
        record.n--;
    size_t most = 1;
    for (size_t i = 0; i < record.n; i++)
        most += record.p[i] == form.separator;
    *cells = new (a, Str, most);
    *n = 0;
    if (*cells == NULL)
        return ERR_NOMEM;
    for (size_t at = 0;;) {
        at = csv_cell(record, at, form, a, &(*cells)[(*n)++]);
        if (at == SIZE_MAX - 1)
            return ERR_NOMEM;
        if (at == SIZE_MAX)
            return ERR_SYNTAX;
        if (at >= record.n)
            return OK;
        at++; /* the separator */
    }
}

static Status csv_list(EventReader *r, const TypeDef *type, Str text, Value *out, Str *why) {
    TypeDef item = type_of_item(type);
    size_t most = 1;
    for (size_t i = 0; i < text.n; i++)
        most += text.p[i] == ';';
    if (most > LIMIT_LIST_ITEMS)
        return wrong(why, "it has more than 100,000 items");
    Value *items = new (r->arena, Value, most);
    if (items == NULL)
        return ERR_NOMEM;
    uint32_t n = 0;
    Str rest = text, part;
    for (bool more = true; more;) {
        more = str_cut(rest, ';', &part, &rest);
        Status status = value_from_text(r, &item, str_trim(part), &items[n], why);
        if (is_schema_mistake(status, *why))
            TRY(in_item(r, n));
        TRY(status);
        n++;
    }
    *out = (Value){.items = items, .n = n, .kind = V_LIST};
    return OK;
}

/* A list of records stands in a cell as JSON. */
static Status csv_json(EventReader *r, const TypeDef *type, Str text, Value *out, Str *why) {
    Json j;
    TRY(json_over(text, r->arena, &j));
    Status status = event_json_value(r, &j, type, out, why);
    if (is_schema_mistake(status, *why) || status == ERR_NOMEM)
        return status;
    if (j.status == OK)
        (void)json_done(&j);
    return j.status == OK ? status : wrong(why, "it is not JSON, as in [{\"FIELD\": VALUE}]");
}

Status event_cell(EventReader *r, const TypeDef *type, Str text, Value *out, Str *why) {
    if (type->kind == V_RECORD)
        return wrong(why, "it is a record: give each of its fields a column, NAME.FIELD");
    if (type->kind == V_LIST && type->item == V_RECORD)
        return csv_json(r, type, text, out, why);
    return type->kind == V_LIST ? csv_list(r, type, text, out, why)
                                : value_from_text(r, type, text, out, why);
}

static Str *csv_slot(Head *h, Str name) {
    switch (known_attribute(name)) {
    case KNOWN_ID:
        return &h->id;
    case KNOWN_SOURCE:
        return &h->source;
    case KNOWN_TYPE:
        return &h->type;
    case KNOWN_TIME:
        return &h->time;
    case KNOWN_ACTOR:
        return &h->actor;
    case KNOWN_SPECVERSION:
    case KNOWN_NONE:
        break;
    }
    return NULL;
}

/* Where a column's values go: `customer.address.city` into a field of a record in a record, which
 * are made as they are met. *slot is NULL where there is no such field; *fields: those there are.
 */
static Status csv_place(EventReader *r, Str column, const FieldDef **fields, uint32_t *n,
                        Value *values, const TypeDef **type, Value **slot, Str *name) {
    *slot = NULL;
    for (Str rest = column;;) {
        bool more = str_cut(rest, '.', name, &rest);
        int32_t i = bundle_field(*fields, *n, *name);
        if (i < 0 || (more && (*fields)[i].type.kind != V_RECORD)) {
            *name = i < 0 ? *name : rest;
            return OK;
        }
        *type = &(*fields)[i].type;
        *slot = &values[i];
        if (!more)
            return OK;
        const RecordDef *def = &r->b->records[(*type)->members];
        if (values[i].kind == V_ABSENT) {
            Value *made = new (r->arena, Value, def->field_count + 1u);
            if (made == NULL)
                return ERR_NOMEM;
            values[i] = value_record((*type)->members, made, def->field_count);
        }
        values = (Value *)(uintptr_t)values[i].items;
        *fields = def->fields;
        *n = def->field_count;
        *slot = NULL;
    }
}

/* What the columns of a record left out. */
static Status csv_fill_in(EventReader *r, Value record, Str *why) {
    const RecordDef *def = &r->b->records[record.aux];
    Value *values = (Value *)(uintptr_t)record.items;
    Str missing;
    Status status = OK;
    for (uint32_t i = 0; status == OK && i < def->field_count; i++)
        if (values[i].kind == V_RECORD) {
            status = csv_fill_in(r, values[i], why);
            if (status == ERR_SYNTAX)
                TRY(in_field(r, def->fields[i].name));
        }
    TRY(status);
    status = event_fill_in(r->arena, def->fields, def->field_count, values, &missing, why);
    if (status == ERR_SYNTAX)
        TRY(in_field(r, missing));
    return status;
}

static Status csv_complete(Line *l, const EventDef *event, Value *values) {
    for (uint32_t i = 0; i < event->field_count; i++) {
        Str why;
        l->r->within = (Str){NULL, 0};
        Status status = values[i].kind == V_RECORD ? csv_fill_in(l->r, values[i], &why) : OK;
        if (status == ERR_SYNTAX)
            return bad_field(l, event->fields[i].name, why);
        TRY(status);
    }
    return complete(l, event, values);
}

static Status csv_fields(Line *l, const EventDef *event, const Str *cells, uint32_t n) {
    EventReader *r = l->r;
    Value *values = new (r->arena, Value, event->field_count + 1);
    if (values == NULL)
        return ERR_NOMEM;
    r->open = event->open;
    for (uint32_t i = 0; i < n; i++) {
        if (cells[i].n == 0)
            continue;
        const FieldDef *fields = event->fields;
        uint32_t count = event->field_count;
        const TypeDef *type = NULL;
        Value *slot;
        Str name, why = {NULL, 0};
        TRY(csv_place(r, r->columns[i], &fields, &count, values, &type, &slot, &name));
        if (slot == NULL) {
            if (csv_slot(&l->head, r->columns[i]) != NULL || event->open)
                continue;
            return unknown_field(l, fields, count, r->columns[i], name);
        }
        r->within = (Str){NULL, 0};
        Status status = slot->kind != V_ABSENT ? wrong(&why, "two columns give it")
                                               : event_cell(r, type, cells[i], slot, &why);
        if (status == ERR_SYNTAX)
            return bad_field(l, r->columns[i], why);
        TRY(status);
    }
    return csv_complete(l, event, values);
}

Status event_read_csv(EventReader *r, Str record, Reading *what, Input *event, Refusal *refusal) {
    while (record.n > 0 && (record.p[record.n - 1] == '\n' || record.p[record.n - 1] == '\r'))
        record.n--;
    Line l = {
        .csv = true, .r = r, .line = record, .event = event, .refusal = refusal, .what = what};
    Str *cells;
    uint32_t n;
    *what = READ_NOTHING;
    if (str_trim(record).n == 0)
        return OK;
    if (!utf8_valid(record))
        return malformed(&l, "it is not valid UTF-8");
    Status status = csv_cells(record, csv_plain, r->arena, &cells, &n);
    if (status == ERR_SYNTAX)
        return malformed(&l, "a quote stands where none may, or is not closed");
    TRY(status);
    if (n > r->column_count)
        return malformed(&l, "it has more cells than the header has columns");
    for (uint32_t i = 0; i < n; i++) {
        Str *slot = csv_slot(&l.head, r->columns[i]);
        if (slot != NULL)
            *slot = cells[i];
        if (slot != NULL && slot->n > LIMIT_ATTRIBUTE_BYTES) {
            l.head = (Head){0};
            return malformed(&l, attribute_too_long);
        }
    }
    bool made = l.head.id.n == 0;
    if (l.head.source.n == 0)
        l.head.source = r->source;
    if (made)
        TRY(event_make_id(r, record, &l.head.id));
    l.head.specversion = S("1.0");
    const char *why = check_head(&l.head);
    if (why != NULL)
        return malformed(&l, why);
    int32_t type = bundle_event_at(r->b, l.head.type, l.head.instant);
    if (type < 0)
        return unknown_type(&l);
    *event = (Input){.event = (uint32_t)type,
                     .time = l.head.instant,
                     .id = l.head.id,
                     .source = l.head.source,
                     .actor = l.head.actor,
                     .made_id = made};
    return csv_fields(&l, &r->b->events[type], cells, n);
}
