/* run: events in their usual form. What is expected is compared, not looked for, so that the
 * processor runs ahead of the bytes; that reads a line in a third of the time that the general
 * reader (event.c) takes. All that is out of the ordinary is left to that one. */
#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/limits.h"
#include "engine/run/event_int.h"

typedef struct Cursor {
    const char *p, *end;
} Cursor;

static inline uint64_t eight(const char *p) {
    uint64_t w;
    memcpy(&w, p, 8);
    return w;
}

/* Passes over exactly these bytes. n is known to the compiler, which makes a few wide compares of
 * it: a call of memcmp for each would take as long as the rest. */
static inline __attribute__((always_inline)) bool pass(Cursor *c, Str what) {
    uint64_t other = 0;
    if ((size_t)(c->end - c->p) < what.n)
        return false;
    if (what.n < 8)
        other = (uint64_t)memcmp(c->p, what.p, what.n);
    for (size_t i = 0; i + 8 <= what.n; i += 8)
        other |= eight(c->p + i) ^ eight(what.p + i);
    if (what.n > 8)
        other |= eight(c->p + what.n - 8) ^ eight(what.p + what.n - 8);
    if (other != 0)
        return false;
    c->p += what.n;
    return true;
}

/* The bytes up to the next quote, which is not passed: printable ASCII without escapes, not empty.
 */
static inline bool plain(Cursor *c, Str *out) {
    const char *at = json_plain(c->p, c->end);
    *out = (Str){c->p, (size_t)(at - c->p)};
    if (at >= c->end || *at != '"' || out->n == 0 || out->n > LIMIT_ATTRIBUTE_BYTES)
        return false;
    uint64_t del = 0; /* json_plain lets it pass; the padding allows to read beyond */
    for (const char *p = c->p; p < at; p += 8)
        del |= eight(p) + 0x0101010101010101u;
    c->p = at;
    return (del & 0x8080808080808080u) == 0;
}

/* Sources are few and come again and again: the last good one is known by its bytes. */
static bool good_source(EventReader *r, Str source) {
    if (str_eq(source, (Str){r->last_source, r->last_source_n}))
        return true;
    if (!event_uri_ok(source))
        return false;
    if (source.n <= sizeof r->last_source) {
        memcpy(r->last_source, source.p, source.n);
        r->last_source_n = (uint32_t)source.n;
    }
    return true;
}

/* An instant. The day of the line before is known by its bytes: only the time of day is read. */
static bool usual_time(EventReader *r, Str text, int64_t *out) {
    if (text.n == 20 && text.p[19] == 'Z' && memcmp(text.p, r->last_day, sizeof r->last_day) == 0) {
        int32_t second = second_of_day(text.p + 11);
        *out = r->last_day_at + second * SECOND_MS;
        return second >= 0;
    }
    if (instant_parse(text, out) != OK)
        return false;
    if (text.n == 20 && text.p[19] == 'Z' && *out % SECOND_MS == 0) {
        memcpy(r->last_day, text.p, sizeof r->last_day);
        r->last_day_at = local_day(*out) * DAY_MS;
        if (second_of_day(text.p + 11) < 0)
            r->last_day[0] = '\0'; /* a leap second is of the day after */
    }
    return true;
}

static bool known_type(EventReader *r, Str name, uint32_t *event) {
    const Bundle *b = r->b;
    if (r->last_event < b->event_count && str_eq(b->events[r->last_event].name, name)) {
        *event = r->last_event;
        return true;
    }
    int32_t found = bundle_event(b, name);
    if (found < 0)
        return false;
    *event = r->last_event = (uint32_t)found;
    return true;
}

/* The digits of a number without sign and exponent, in quotes or without. */
static inline bool digits(Cursor *c, Str *text) {
    bool quoted = *c->p == '"';
    const char *p = c->p + quoted;
    while (p < c->end && ((*p >= '0' && *p <= '9') || *p == '.'))
        p++;
    *text = (Str){c->p + quoted, (size_t)(p - c->p) - quoted};
    if (p >= c->end || (quoted && *p != '"') || (!quoted && *p != ',' && *p != '}'))
        return false;
    c->p = p + quoted;
    return true;
}

/* A value of one of the commonest forms; false: it may be any other. */
static inline bool common_value(EventReader *r, Cursor *c, const TypeDef *type, Value *out) {
    Str text, why;
    switch ((ValueKind)type->kind) {
    case V_TEXT:
    case V_ENUM:
        if (*c->p != '"')
            return false;
        c->p++;
        if (!plain(c, &text))
            return false;
        c->p++;
        return value_from_text(r, type, text, out, &why) == OK;
    case V_INT:
    case V_DEC:
    case V_MONEY:
        return digits(c, &text) && value_from_text(r, type, text, out, &why) == OK;
    case V_FLAG:
        *out = value_flag(*c->p == 't');
        return pass(c, S("true")) || pass(c, S("false"));
    case V_ABSENT:
    case V_PERCENT:
    case V_DURATION:
    case V_DATE:
    case V_TIME:
    case V_INSTANT:
    case V_PARTY:
    case V_LIST:
    case V_RECORD:
    case V_KINDS:
        break;
    }
    return false;
}

/* One field's value; false when there is none, it is null, or it is wrong. */
static inline bool field_value(EventReader *r, Cursor *c, const TypeDef *type, Value *out) {
    Cursor at = *c;
    if (common_value(r, &at, type, out)) {
        *c = at;
        return true;
    }
    Json j = {.p = c->p, .end = c->end, .arena = r->arena};
    Str why;
    if (event_json_value(r, &j, type, out, &why) != OK || out->kind == V_ABSENT)
        return false;
    c->p = j.p;
    return true;
}

/* "NAME": of the next field; `first` has no comma before it. */
static inline bool field_name(Cursor *c, Str name, bool first) {
    Cursor at = *c;
    size_t n = name.n + (first ? 3 : 4);
    if ((size_t)(at.end - at.p) < n || (!first && *at.p++ != ',') || at.p[0] != '"' ||
        memcmp(at.p + 1, name.p, name.n) != 0 || at.p[name.n + 1] != '"' || at.p[name.n + 2] != ':')
        return false;
    c->p += n;
    return true;
}

static bool fields(EventReader *r, Cursor *c, const EventDef *event, Value *out) {
    bool first = true;
    for (uint32_t i = 0; i < event->field_count; i++) {
        const FieldDef *f = &event->fields[i];
        if (field_name(c, f->name, first)) {
            if (!field_value(r, c, &f->type, &out[i]))
                return false;
            first = false;
        } else if (f->has_preset) {
            out[i] = f->preset;
        } else if (f->type.optional) {
            out[i] = value_absent();
        } else {
            return false;
        }
    }
    return pass(c, S("}}")) && c->p == c->end;
}

bool event_read_usual(EventReader *r, Str line, Input *event) {
    Cursor c = {line.p, line.p + line.n};
    Str type, time;
    *event = (Input){.raw = line};
    if (!pass(&c, S("{\"specversion\":\"1.0\",\"id\":\"")) || !plain(&c, &event->id) ||
        !pass(&c, S("\",\"source\":\"")) || !plain(&c, &event->source) ||
        !good_source(r, event->source) || !pass(&c, S("\",\"type\":\"")) || !plain(&c, &type) ||
        !known_type(r, type, &event->event) || !pass(&c, S("\",\"time\":\"")) ||
        !plain(&c, &time) || !usual_time(r, time, &event->time) || !pass(&c, S("\",\"data\":{")) ||
        event->time < r->b->versions[r->b->version_count - 1].from) /* of an older version */
        return false;
    const EventDef *def = &r->b->events[event->event];
    r->open = def->open;
    event->field_count = def->field_count;
    event->fields = arena_take(r->arena, (def->field_count + 1) * sizeof *event->fields, 8);
    return event->fields != NULL && fields(r, &c, def, event->fields);
}
