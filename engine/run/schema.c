/* run: schemas. The document accepts whatever the engine accepts as an event of its type; what a
 * schema cannot say (that a day exists, how many digits there are, the range of a number that is
 * sent as a text) is said in a description. */
#include "engine/run/schema.h"

#include "engine/base/json.h"
#include "engine/base/limits.h"

#define NUMBER "[+-]?[0-9]+(\\\\.[0-9]+)?([eE][+-]?[0-9]+)?"
#define CLOCK "([01][0-9]|2[0-3]):[0-5][0-9]"
#define DAY "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
#define PLAIN "^[^\\u0000-\\u001f\\u007f-\\u009f\\ufdd0-\\ufdef\\ufffe\\uffff]*$"

/* Which events take fields that they do not declare, and so do the records in them. */
typedef struct Place {
    const Bundle *b;
    bool open;
    bool engine; /* in an event of the engine's own: some texts are names of declarations */
} Place;

static void put_type_schema(Buf *out, const Place *in, const TypeDef *type);

static void put_name(Buf *out, Str name) {
    put_json_string(out, name);
    put_c(out, ':');
}

/* A name in a reference, which is a URI: what is not ASCII is escaped. */
static void put_ref(Buf *out, const char *kind, Str name, const char *end) {
    put_fmt(out, "{\"$ref\":\"#/$defs/%s/", kind);
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c < 0x80)
            put_c(out, name.p[i]);
        else
            put_fmt(out, "%%%02X", c);
    }
    put_fmt(out, "%s\"}", end);
}

/* Names and aliases, as members of a list. */
static void put_also(Buf *out, Str name, Str alias, bool *first) {
    for (int i = 0; i < 2; i++) {
        Str text = i == 0 ? name : alias;
        if (text.n == 0)
            continue;
        put_text(out, *first ? S("") : S(","));
        *first = false;
        put_json_string(out, text);
    }
}

static void put_bounds(Buf *out, const TypeDef *type) {
    if (!type->bounded)
        return;
    if (dec_cmp(type->lo, DEC_NO_END) != 0) {
        put_text(out, S(",\"minimum\":"));
        dec_put(out, type->lo);
    }
    if (dec_cmp(type->hi, DEC_NO_END) != 0) {
        put_text(out, S(",\"maximum\":"));
        dec_put(out, type->hi);
    }
}

/* A number, or its text. */
static void put_number_schema(Buf *out, const TypeDef *type) {
    put_fmt(out, "{\"anyOf\":[{\"type\":\"%s\"", type->kind == V_INT ? "integer" : "number");
    put_bounds(out, type);
    put_text(out, S("},{\"type\":\"string\",\"pattern\":\"^" NUMBER));
    if (type->kind == V_MONEY) {
        put_text(out, S("( "));
        put_currency(out, type->currency);
        put_text(out, S(")?"));
    }
    put_text(out, S("$\"}]"));
    if (type->bounded) {
        put_text(out, S(",\"description\":\"also as a text: within "));
        dec_put_range(out, type->lo, type->hi);
        put_c(out, '"');
    }
    put_c(out, '}');
}

/* "90 minutes": the units of the families that may be. */
static void put_duration_schema(Buf *out, const TypeDef *type) {
    put_text(out, S("{\"type\":\"string\",\"pattern\":\"^\\\\s*-?[0-9.]+\\\\s*("));
    put_units(out, type->families);
    put_text(out, S(")\\\\s*$\"}"));
}

static void put_list_schema(Buf *out, const Place *in, const TypeDef *type) {
    TypeDef item = type_of_item(type);
    if (type->one_or_many)
        put_text(out, S("{\"anyOf\":["));
    put_text(out, S("{\"type\":\"array\",\"items\":"));
    put_type_schema(out, in, &item);
    put_fmt(out, ",\"maxItems\":%d}", LIMIT_LIST_ITEMS);
    if (type->one_or_many) {
        put_c(out, ',');
        put_type_schema(out, in, &item);
        put_text(out, S("]}"));
    }
}

static void put_text_schema(Buf *out, const TypeDef *type) {
    put_fmt(out, "{\"type\":\"string\",\"maxLength\":%d%s}", LIMIT_EVENT_TEXT,
            type->is_id ? ",\"minLength\":1" : "");
}

static void put_enum_schema(Buf *out, const EnumDef *e) {
    bool first = true;
    put_text(out, S("{\"enum\":["));
    for (uint32_t i = 0; i < e->count; i++)
        put_also(out, e->members[i].name, e->members[i].alias, &first);
    put_text(out, S("]}"));
}

static void put_type_schema(Buf *out, const Place *in, const TypeDef *type) {
    switch ((ValueKind)type->kind) {
    case V_FLAG:
        put_text(out, S("{\"type\":\"boolean\"}"));
        return;
    case V_INT:
    case V_DEC:
    case V_MONEY:
        put_number_schema(out, type);
        return;
    case V_PERCENT:
        put_text(out,
                 S("{\"type\":\"string\",\"pattern\":\"^[+-]?[0-9][0-9_]*(\\\\.[0-9_]+)?%$\""));
        if (type->bounded) {
            put_text(out, S(",\"description\":\"as a fraction within "));
            dec_put_range(out, type->lo, type->hi);
            put_c(out, '"');
        }
        put_c(out, '}');
        return;
    case V_DURATION:
        put_duration_schema(out, type);
        return;
    case V_DATE:
        put_text(out, S("{\"type\":\"string\",\"format\":\"date\",\"pattern\":\"^" DAY "$\"}"));
        return;
    case V_TIME:
        put_text(out, S("{\"type\":\"string\",\"pattern\":\"^" CLOCK
                        "(:[0-5][0-9](\\\\.[0-9]+)?)?$\"}"));
        return;
    case V_INSTANT:
        put_text(out, S("{\"$ref\":\"#/$defs/instant\"}"));
        return;
    case V_TEXT:
        put_text_schema(out, type);
        return;
    case V_ENUM:
        put_enum_schema(out, &in->b->enums[type->members]);
        return;
    case V_PARTY:
        put_text(out, S("{\"$ref\":\"#/$defs/party\"}"));
        return;
    case V_LIST:
        put_list_schema(out, in, type);
        return;
    case V_RECORD:
        put_ref(out, "record", in->b->records[type->members].name, in->open ? "/open" : "/closed");
        return;
    case V_ABSENT:
    case V_KINDS:
        break;
    }
    put_text(out, S("true"));
}

/* What may be left out may be null, too. */
static bool may_lack(const FieldDef *f) {
    return f->type.optional || f->has_preset;
}

static void put_declared(Buf *out, const Bundle *b, bool duties) {
    bool first = true;
    put_text(out, S("{\"enum\":["));
    for (uint32_t i = 0; i < (duties ? b->duty_count : b->approval_count); i++)
        put_also(out, duties ? b->duties[i].name : b->approvals[i].name,
                 duties ? b->duties[i].alias : b->approvals[i].alias, &first);
    put_text(out, S("]}"));
}

static void put_field_schema(Buf *out, const Place *in, const FieldDef *f) {
    bool duty = str_eq(f->name, S("duty"));
    if (in->engine && (duty || str_eq(f->name, S("approval")))) {
        put_declared(out, in->b, duty);
        return;
    }
    if (!may_lack(f)) {
        put_type_schema(out, in, &f->type);
        return;
    }
    put_text(out, S("{\"anyOf\":["));
    put_type_schema(out, in, &f->type);
    put_text(out, S(",{\"type\":\"null\"}]"));
    if (f->has_preset) {
        ZoneCache zone = {.zone = bundle_zone(in->b)};
        put_text(out, S(",\"default\":"));
        put_value_json(out, in->b, &zone, f->preset);
    }
    put_c(out, '}');
}

/* A field is given by its name or its alias, once. */
static void put_given(Buf *out, const FieldDef *fields, uint32_t n) {
    bool first = true;
    put_text(out, S(",\"required\":["));
    for (uint32_t i = 0; i < n; i++)
        if (!may_lack(&fields[i]) && fields[i].alias.n == 0)
            put_also(out, fields[i].name, fields[i].alias, &first);
    put_c(out, ']');
    first = true;
    for (uint32_t i = 0; i < n; i++) {
        if (fields[i].alias.n == 0 || str_eq(fields[i].name, fields[i].alias))
            continue;
        put_text(out, first ? S(",\"allOf\":[") : S(","));
        first = false;
        bool lack = may_lack(&fields[i]);
        for (int k = 0; k < 2; k++) {
            put_text(out, k > 0  ? (lack ? S(",") : S("},{\"required\":["))
                          : lack ? S("{\"not\":{\"required\":[")
                                 : S("{\"oneOf\":[{\"required\":["));
            put_json_string(out, k == 0 ? fields[i].name : fields[i].alias);
            put_text(out, !lack ? S("]") : S(""));
        }
        put_text(out, lack ? S("]}}") : S("}]}"));
    }
    put_text(out, first ? S("") : S("]"));
}

static void put_object(Buf *out, const Place *in, const FieldDef *fields, uint32_t n) {
    put_text(out, S("{\"type\":\"object\",\"properties\":{"));
    for (uint32_t i = 0; i < n; i++) {
        put_text(out, i == 0 ? S("") : S(","));
        put_name(out, fields[i].name);
        put_field_schema(out, in, &fields[i]);
        if (fields[i].alias.n == 0 || str_eq(fields[i].name, fields[i].alias))
            continue;
        put_c(out, ',');
        put_name(out, fields[i].alias);
        put_field_schema(out, in, &fields[i]);
    }
    put_c(out, '}');
    put_given(out, fields, n);
    put_fmt(out, ",\"additionalProperties\":%s}", in->open ? "true" : "false");
}

static bool needs_data(const EventDef *event) {
    for (uint32_t i = 0; i < event->field_count; i++)
        if (!may_lack(&event->fields[i]))
            return true;
    return false;
}

static bool needs_actor(const EventDef *event) {
    static const bool asks[] = {
#define ENGINE_EVENT(name, type, actor) actor,
#include "engine/base/engine_events.def"
    };
    return event->engine >= 0 && asks[event->engine];
}

static void put_event(Buf *out, const Bundle *b, uint32_t number) {
    const EventDef *event = &b->events[number];
    Place in = {b, event->open, event->engine >= 0};
    bool needs = needs_data(event), first = true;
    put_text(out, S("{\"properties\":{\"type\":{\"enum\":["));
    put_also(out, event->name, event->alias, &first);
    put_text(out, S("]},\"data\":"));
    put_text(out, needs ? S("") : S("{\"anyOf\":[{\"type\":\"null\"},"));
    put_object(out, &in, event->fields, event->field_count);
    put_text(out, needs ? S("") : S("]}"));
    if (needs_actor(event))
        put_text(out, S(",\"actor\":{\"type\":\"string\"}},\"required\":[\"actor\"]"));
    else
        put_c(out, '}');
    if (needs)
        put_text(out, S(",\"anyOf\":[{\"required\":[\"data\"]},{\"required\":[\"data_base64\"],"
                        "\"properties\":{\"data_base64\":{\"type\":\"string\"}}}]"));
    put_c(out, '}');
}

bool schema_has(const Bundle *b, uint32_t event) {
    const EventDef *e = &b->events[event];
    if (event_is_record(e))
        return false;
    for (uint32_t i = 0; e->engine >= 0 && i < e->field_count; i++)
        if ((str_eq(e->fields[i].name, S("duty")) && b->duty_count == 0) ||
            (str_eq(e->fields[i].name, S("approval")) && b->approval_count == 0) ||
            (str_eq(e->fields[i].name, S("rotation")) && b->rotation_count == 0))
            return false; /* there is nothing that it could name */
    return true;
}

static void put_records(Buf *out, const Bundle *b) {
    put_text(out, S("\"record\":{"));
    for (uint32_t i = 0; i < b->record_count; i++) {
        put_text(out, i == 0 ? S("\n") : S(",\n"));
        put_name(out, b->records[i].name);
        for (int open = 0; open < 2; open++) {
            Place in = {b, open == 1, false};
            put_text(out, open == 0 ? S("{\"closed\":") : S(",\"open\":"));
            put_object(out, &in, b->records[i].fields, b->records[i].field_count);
        }
        put_c(out, '}');
    }
    put_text(out, S("},\n"));
}

/* The attributes that every event has. */
static void put_envelope(Buf *out) {
    put_fmt(out,
            "\"type\":\"object\",\n\"properties\":{\"specversion\":{\"const\":\"1.0\"},\n"
            "\"id\":{\"$ref\":\"#/$defs/name\"},\n"
            "\"source\":{\"allOf\":[{\"$ref\":\"#/$defs/name\"},{\"format\":\"uri-reference\","
            "\"pattern\":\"^([-A-Za-z0-9._~:/?#\\\\[\\\\]@!$&'()*+,;=]|%%[0-9A-Fa-f]{2})*$\"}]},\n"
            "\"type\":{\"$ref\":\"#/$defs/name\"},\n"
            "\"time\":{\"$ref\":\"#/$defs/instant\"},\n"
            "\"actor\":{\"anyOf\":[{\"$ref\":\"#/$defs/name\"},{\"type\":\"null\"}]},\n"
            "\"subject\":{\"anyOf\":[{\"$ref\":\"#/$defs/name\"},{\"type\":\"null\"}]},\n"
            "\"datacontenttype\":{\"anyOf\":[{\"$ref\":\"#/$defs/name\"},{\"type\":\"null\"}]},\n"
            "\"dataschema\":{\"anyOf\":[{\"$ref\":\"#/$defs/name\"},{\"type\":\"null\"}]},\n"
            "\"data\":true,\n\"data_base64\":{\"type\":[\"string\",\"null\"],"
            "\"description\":\"the same as data, as Base64 of JSON; not both\"}},\n"
            "\"patternProperties\":{\"^(?!data_base64$)[a-z0-9]+$\":true},\n"
            "\"additionalProperties\":false,\n"
            "\"required\":[\"specversion\",\"id\",\"source\",\"type\",\"time\"],\n"
            "\"not\":{\"required\":[\"data\",\"data_base64\"],"
            "\"properties\":{\"data_base64\":{\"type\":\"string\"}}},\n");
}

void put_schema(Buf *out, const Bundle *b, int32_t only) {
    bool first = true;
    put_text(out, S("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\n\"title\":"));
    put_json_string(out, b->policy);
    put_text(out,
             S(",\n\"description\":\"events that the policy takes, as CloudEvents 1.0; version "));
    Buf version = {0};
    put_json_string(&version, b->version);
    put_text(out, str_from(str_upto(buf_str(&version), version.n - 1), 1));
    out->failed = out->failed || version.failed;
    buf_free(&version);
    put_text(out, S("\",\n"));
    put_envelope(out);
    put_text(out, S("\"discriminator\":{\"propertyName\":\"type\"},\n\"oneOf\":["));
    for (uint32_t i = 0; i < b->event_count; i++) {
        if (!schema_has(b, i) || (only >= 0 && (uint32_t)only != i))
            continue;
        put_text(out, first ? S("") : S(","));
        put_ref(out, "event", b->events[i].name, "");
        first = false;
    }
    put_text(out, S("],\n\"$defs\":{\n"));
    put_fmt(out,
            "\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":%d,\"pattern\":\"%s\"},\n",
            LIMIT_ATTRIBUTE_BYTES, PLAIN);
    put_text(out, S("\"instant\":{\"type\":\"string\",\"format\":\"date-time\",\"pattern\":\"^" DAY
                    "[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\\\.[0-9]+)?"
                    "([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$\"},\n"));
    put_text(out,
             S("\"party\":{\"type\":\"string\",\"minLength\":1,\"description\":\"a role, a team, a "
               "seat as in team.lead, or a person's id\"},\n"));
    put_records(out, b);
    put_text(out, S("\"event\":{"));
    first = true;
    for (uint32_t i = 0; i < b->event_count; i++) {
        if (!schema_has(b, i) || (only >= 0 && (uint32_t)only != i))
            continue;
        put_text(out, first ? S("\n") : S(",\n"));
        first = false;
        put_name(out, b->events[i].name);
        put_event(out, b, i);
    }
    put_text(out, S("}}}\n"));
}

/* ---- CSV */

static void put_columns(Buf *out, const Bundle *b, Str before, const FieldDef *fields, uint32_t n) {
    Buf name = {0};
    for (uint32_t i = 0; i < n; i++) {
        buf_reset(&name);
        put_text(&name, before);
        put_text(&name, fields[i].name);
        if (fields[i].type.kind == V_RECORD) {
            const RecordDef *d = &b->records[fields[i].type.members];
            put_c(&name, '.');
            put_columns(out, b, buf_str(&name), d->fields, d->field_count);
        } else {
            put_c(out, ',');
            put_text(out, buf_str(&name));
        }
    }
    out->failed = out->failed || name.failed;
    buf_free(&name);
}

void put_csv_header(Buf *out, const Bundle *b, uint32_t event) {
    put_text(out, S("id,source,type,time,actor"));
    put_columns(out, b, S(""), b->events[event].fields, b->events[event].field_count);
}
