/* base: values compared, kept and printed. */
#include "engine/base/value.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/base/civil.h"
#include "engine/base/ckd.h"
#include "engine/base/limits.h"

enum { VALUE_DEPTH = 2 * LIMIT_RECORD_DEPTH + 2 }; /* lists and records in one another */

bool value_eq(Value a, Value b) {
    if (a.kind != b.kind)
        return false;
    switch ((ValueKind)a.kind) {
    case V_ABSENT:
        return true;
    case V_DEC:
    case V_PERCENT:
        return dec_cmp(value_to_dec(a), value_to_dec(b)) == 0;
    case V_MONEY:
        return a.n == b.n && dec_cmp(value_to_dec(a), value_to_dec(b)) == 0;
    case V_DURATION:
        return a.aux == b.aux && a.i == b.i;
    case V_TEXT:
        return str_eq(value_str(a), value_str(b));
    case V_PARTY:
        return a.aux == b.aux && (a.aux == 1 ? str_eq(value_str(a), value_str(b)) : a.i == b.i);
    case V_RECORD:
    case V_LIST:
        if (a.aux != b.aux)
            return false;
        for (uint32_t i = 0; a.n == b.n && i < a.n; i++)
            if (!value_eq(a.items[i], b.items[i]))
                return false;
        return a.n == b.n;
    case V_FLAG:
    case V_INT:
    case V_DATE:
    case V_TIME:
    case V_INSTANT:
    case V_ENUM:
    case V_KINDS:
        break;
    }
    return a.i == b.i;
}

int value_cmp(Value a, Value b) {
    if (a.kind != b.kind)
        return a.kind < b.kind ? -1 : 1;
    switch ((ValueKind)a.kind) {
    case V_ABSENT:
        return 0;
    case V_DEC:
    case V_PERCENT:
        return dec_cmp(value_to_dec(a), value_to_dec(b));
    case V_MONEY:
        if (a.n != b.n)
            return a.n < b.n ? -1 : 1;
        return dec_cmp(value_to_dec(a), value_to_dec(b));
    case V_DURATION:
        if (a.aux != b.aux)
            return a.aux < b.aux ? -1 : 1;
        break;
    case V_TEXT:
        return str_cmp(value_str(a), value_str(b));
    case V_PARTY:
        if (a.aux != b.aux)
            return a.aux < b.aux ? -1 : 1;
        if (a.aux == 1)
            return str_cmp(value_str(a), value_str(b));
        break;
    case V_RECORD:
    case V_LIST:
        if (a.aux != b.aux)
            return a.aux < b.aux ? -1 : 1;
        for (uint32_t i = 0; i < a.n && i < b.n; i++) {
            int order = value_cmp(a.items[i], b.items[i]);
            if (order != 0)
                return order;
        }
        return (a.n > b.n) - (a.n < b.n);
    case V_FLAG:
    case V_INT:
    case V_DATE:
    case V_TIME:
    case V_INSTANT:
    case V_ENUM:
    case V_KINDS:
        break;
    }
    return (a.i > b.i) - (a.i < b.i);
}

void put_value(Buf *out, Value v, bool normal) {
    put_u8(out, v.kind);
    Dec d = normal ? dec_normal(value_to_dec(v)) : value_to_dec(v);
    switch ((ValueKind)v.kind) {
    case V_ABSENT:
        return;
    case V_MONEY:
        put_varint(out, v.n);
        put_u8(out, d.scale);
        put_zigzag(out, d.coef);
        return;
    case V_DEC:
    case V_PERCENT:
        put_u8(out, d.scale);
        put_zigzag(out, d.coef);
        return;
    case V_DURATION:
        put_u8(out, (uint8_t)v.aux);
        put_zigzag(out, v.i);
        return;
    case V_TEXT:
        put_str(out, value_str(v));
        return;
    case V_ENUM:
        put_varint(out, v.n);
        put_zigzag(out, v.i);
        return;
    case V_PARTY:
        put_u8(out, (uint8_t)v.aux);
        if (v.aux == 1)
            put_str(out, value_str(v));
        else
            put_zigzag(out, v.i);
        return;
    case V_RECORD:
    case V_LIST:
        if (v.kind == V_RECORD)
            put_varint(out, v.aux);
        put_varint(out, v.n);
        for (uint32_t i = 0; i < v.n; i++)
            put_value(out, v.items[i], normal);
        return;
    case V_FLAG:
    case V_INT:
    case V_DATE:
    case V_TIME:
    case V_INSTANT:
    case V_KINDS:
        put_zigzag(out, v.i);
        return;
    }
}

static Value take_many(Take *t, Arena *a, Value v, int depth);

/* Whether a value is one that can be computed with and written. */
static bool in_bounds(const Value *v) {
    if (v->kind == V_DATE)
        return day_ok(v->i);
    if (v->kind == V_TIME)
        return v->i >= 0 && v->i <= DAY_MS;
    if (v->kind == V_INSTANT)
        return instant_ok(v->i);
    return v->scale <= DEC_SCALE_MAX && v->aux < FAMILIES;
}

static uint32_t take_u32_varint(Take *t) {
    uint64_t n = take_varint(t);
    t->failed = t->failed || n > UINT32_MAX;
    return (uint32_t)n;
}

static Value take_at(Take *t, Arena *a, int depth) {
    Value v = {.kind = take_u8(t)};
    switch ((ValueKind)v.kind) {
    case V_ABSENT:
        return v;
    case V_MONEY:
        v.n = take_u32_varint(t);
        v.scale = take_u8(t);
        v.i = take_zigzag(t);
        break;
    case V_DEC:
    case V_PERCENT:
        v.scale = take_u8(t);
        v.i = take_zigzag(t);
        break;
    case V_DURATION:
        v.aux = take_u8(t);
        v.i = take_zigzag(t);
        break;
    case V_TEXT:
        return value_text(take_str(t));
    case V_ENUM:
        v.n = take_u32_varint(t);
        v.i = take_zigzag(t);
        break;
    case V_PARTY:
        v.aux = take_u8(t);
        if (v.aux == 1)
            return value_person(take_str(t));
        t->failed = t->failed || v.aux != 0;
        v.i = take_zigzag(t);
        break;
    case V_RECORD: {
        uint64_t type = take_varint(t);
        t->failed = t->failed || type >= LIMIT_RECORD_TYPES;
        v.aux = (uint16_t)type;
        return take_many(t, a, v, depth);
    }
    case V_LIST:
        return take_many(t, a, v, depth);
    case V_FLAG:
        v.i = take_zigzag(t);
        t->failed = t->failed || v.i < 0 || v.i > 1;
        break;
    case V_INT:
    case V_DATE:
    case V_TIME:
    case V_INSTANT:
        v.i = take_zigzag(t);
        break;
    case V_KINDS:
    default:
        t->failed = true;
    }
    t->failed = t->failed || !in_bounds(&v);
    return v;
}

static Value take_many(Take *t, Arena *a, Value v, int depth) {
    uint64_t n = take_varint(t);
    if (t->failed || n > take_left(t) || depth > VALUE_DEPTH) { /* each has at least one byte */
        t->failed = true;
        return v;
    }
    Value *items = new (a, Value, n);
    if (items == NULL) {
        t->failed = true;
        return v;
    }
    for (uint64_t i = 0; i < n; i++)
        items[i] = take_at(t, a, depth + 1);
    v.items = items;
    v.n = (uint32_t)n;
    return v;
}

Value take_value(Take *t, Arena *a) {
    return take_at(t, a, 0);
}

Status value_keep(Value v, Arena *a, Value *out) {
    *out = v;
    if (v.kind == V_TEXT || value_is_person(v)) {
        Str copy;
        TRY(arena_str(a, value_str(v), &copy));
        out->p = copy.p;
    } else if (value_holds_more(v)) {
        Value *items = new (a, Value, v.n);
        if (items == NULL)
            return ERR_NOMEM;
        for (uint32_t i = 0; i < v.n; i++)
            TRY(value_keep(v.items[i], a, &items[i]));
        out->items = items;
    }
    return OK;
}

uint32_t currency_pack(Str letters) {
    uint32_t packed = 0;
    for (size_t i = 0; i < 3 && i < letters.n; i++)
        packed = packed << 8 | (uint8_t)letters.p[i];
    return packed;
}

void put_currency(Buf *out, uint32_t currency) {
    for (int shift = 16; shift >= 0; shift -= 8)
        put_c(out, (char)(uint8_t)(currency >> shift));
}

/* The units of time, of which keywords.def holds the spellings. */
typedef struct Unit {
    const char *en, *zh;
    Family family;
    int64_t size;
} Unit;

static const Unit units[] = {
#define UNIT(name, en, zh, family, size) {en, zh, FAMILY_##family, size},
#include "grammar/keywords.def"
};
enum { UNITS = sizeof units / sizeof *units };

/* The n-th of the spellings between bars; the last one when there are fewer. */
static Str spelling(const char *spellings, int n) {
    Str rest = str_of(spellings), text = rest;
    for (int i = 0; i <= n && rest.n > 0; i++)
        str_cut(rest, '|', &text, &rest);
    return text;
}

/* A unit as a sentence says it: 小时, 天, but 个工作日, 个月, where it can be counted with 个. */
static Str counted(const Unit *u) {
    Str first = spelling(u->zh, 0), second = spelling(u->zh, 1);
    bool plain = u->family == FAMILY_ELAPSED || u->family == FAMILY_DAYS;
    return !plain && str_starts(second, S("个")) ? second : first;
}

void put_duration(Buf *out, Family family, int64_t amount) {
    put_duration_in(out, family, amount, false);
}

void put_duration_in(Buf *out, Family family, int64_t amount, bool chinese) {
    const Unit *best = NULL;
    for (size_t i = 0; i < UNITS; i++) {
        const Unit *u = &units[i];
        bool plain = family != FAMILY_DAYS && family != FAMILY_MONTHS;
        if (u->family != family || (!plain && u->size != 1) || amount % u->size != 0)
            continue;
        if (best == NULL || u->size > best->size)
            best = u;
    }
    int64_t count = amount / best->size;
    put_dec(out, count);
    put_c(out, ' ');
    put_text(out, chinese ? counted(best) : spelling(best->en, count == 1 || count == -1 ? 0 : 1));
}

Status duration_make(Str number, unsigned unit, Family *family, int64_t *amount) {
    if (unit >= UNITS)
        return ERR_SYNTAX;
    const Unit *u = &units[unit];
    Dec d, product;
    TRY(dec_parse_source(number, &d));
    TRY(dec_mul(d, dec_of_i64(u->size), &product));
    *family = u->family;
    return dec_to_i64(product, amount);
}

void put_units(Buf *out, uint32_t families) {
    bool first = true;
    for (unsigned i = 0; i < UNITS; i++) {
        if ((families >> units[i].family & 1) == 0)
            continue;
        put_fmt(out, "%s%s|%s", first ? "" : "|", units[i].en, units[i].zh);
        first = false;
    }
}

Status duration_parse(Str text, Family *family, int64_t *amount) {
    text = str_trim(text);
    size_t digits = 0;
    while (digits < text.n && ((text.p[digits] >= '0' && text.p[digits] <= '9') ||
                               text.p[digits] == '.' || (digits == 0 && text.p[0] == '-')))
        digits++;
    if (digits == 0)
        return ERR_SYNTAX;
    Str name = str_trim(str_from(text, digits));
    for (unsigned i = 0; i < UNITS; i++)
        for (int k = 0; k < 2; k++)
            if (str_eq(name, spelling(units[i].en, k)) || str_eq(name, spelling(units[i].zh, k)))
                return duration_make((Str){text.p, digits}, i, family, amount);
    return ERR_SYNTAX;
}

Status percent_parse(Str digits, Dec *out) {
    Dec d;
    TRY(dec_parse_source(digits, &d));
    if (d.scale > 16)
        return ERR_INEXACT;
    *out = (Dec){d.coef, (uint8_t)(d.scale + 2)};
    return OK;
}

void put_percent(Buf *out, Dec fraction) {
    if (fraction.scale >= 2) {
        dec_put(out, (Dec){fraction.coef, (uint8_t)(fraction.scale - 2)});
    } else { /* by its digits: a hundred times the number need not fit */
        put_dec(out, fraction.coef);
        if (fraction.coef != 0)
            put_text(out, fraction.scale == 0 ? S("00") : S("0"));
    }
    put_c(out, '%');
}

bool flag_parse(Str text, bool *yes) {
    enum {
#define KEYWORD(token, en, zh) WORD_##token,
#include "grammar/keywords.def"
        WORDS
    };
    static const char *const words[][2] = {
#define KEYWORD(token, en, zh) {en, zh},
#include "grammar/keywords.def"
    };
    static const int rows[] = {WORD_NO, WORD_YES};
    static const char *const json[] = {"false", "true"};
    for (int i = 0; i < 2; i++)
        if (str_eq(text, str_of(json[i])) || str_eq(text, str_of(words[rows[i]][0])) ||
            str_eq(text, str_of(words[rows[i]][1]))) {
            *yes = i == 1;
            return true;
        }
    return false;
}
