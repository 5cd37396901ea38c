/* base: the 16-byte value that rules compute with, records keep and events carry.
 *
 *   bytes 0-7    i: a number, or p: where text, list items or fields stand (borrowed)
 *   bytes 8-11   n: length of text, list or record; a currency's three letters; an enumeration's
 *                number
 *   byte  12     kind (ValueKind); 0 is "absent"
 *   byte  13     scale of a decimal
 *   bytes 14-15  family of a duration; 1 where a party is a person; number of a record's type
 *
 * The verifier of bundles proves which kind a register holds; the kind stands here too, for
 * absence, for printing and for assertions. */
#ifndef REMIT_BASE_VALUE_H
#define REMIT_BASE_VALUE_H

#include "engine/base/buf.h"
#include "engine/base/dec.h"

typedef enum ValueKind {
    V_ABSENT,
    V_FLAG,     /* i: 0 or 1 */
    V_INT,      /* i */
    V_DEC,      /* i / 10^scale */
    V_PERCENT,  /* i / 10^scale, as a fraction: 5% is 0.05 */
    V_MONEY,    /* i / 10^scale, n: currency */
    V_DURATION, /* i in the unit of its family (Family) */
    V_DATE,     /* i: days since 1970-01-01 */
    V_TIME,     /* i: ms since midnight */
    V_INSTANT,  /* i: ms since 1970-01-01T00:00:00Z */
    V_TEXT,     /* p, n: UTF-8; ids are texts too */
    V_ENUM,     /* i: number of the member, n: number of the enumeration */
    V_PARTY,    /* a seat, role or team: i is its number; a person: p, n are the id and aux is 1 */
    V_LIST,     /* p: Value[n] */
    V_RECORD,   /* p: Value[n], one a field, absent ones too; aux: number of its type */
    V_KINDS
} ValueKind;

/* The families of durations (language.md 7). They never mix. */
typedef enum Family {
    FAMILY_ELAPSED,      /* ms of real time */
    FAMILY_DAYS,         /* calendar days */
    FAMILY_MONTHS,       /* calendar months */
    FAMILY_WORKING,      /* ms of a calendar's open time */
    FAMILY_WORKING_DAYS, /* working days of a calendar */
    FAMILIES
} Family;

typedef struct Value {
    union {
        int64_t i;
        const char *p;
        const struct Value *items;
    };
    uint32_t n;
    uint8_t kind;
    uint8_t scale;
    uint16_t aux;
} Value;

_Static_assert(sizeof(Value) == 16, "a value has 16 bytes");

static inline Value value_absent(void) {
    return (Value){.i = 0};
}
static inline Value value_flag(bool yes) {
    return (Value){.i = yes, .kind = V_FLAG};
}
static inline Value value_int(int64_t i) {
    return (Value){.i = i, .kind = V_INT};
}
static inline Value value_of(ValueKind kind, int64_t i) {
    return (Value){.i = i, .kind = (uint8_t)kind};
}
static inline Value value_dec(ValueKind kind, Dec d) {
    return (Value){.i = d.coef, .kind = (uint8_t)kind, .scale = d.scale};
}
static inline Value value_text(Str s) {
    return (Value){.p = s.p, .n = (uint32_t)s.n, .kind = V_TEXT};
}
static inline Value value_duration(Family family, int64_t amount) {
    return (Value){.i = amount, .kind = V_DURATION, .aux = (uint16_t)family};
}
static inline Value value_person(Str id) {
    return (Value){.p = id.p, .n = (uint32_t)id.n, .kind = V_PARTY, .aux = 1};
}
static inline Dec value_to_dec(Value v) {
    return (Dec){v.i, v.scale};
}
static inline Str value_str(Value v) {
    return (Str){v.p, v.n};
}
static inline bool value_is_person(Value v) {
    return v.kind == V_PARTY && v.aux == 1;
}

static inline Value value_record(uint32_t type, const Value *fields, uint32_t n) {
    return (Value){.items = fields, .n = n, .kind = V_RECORD, .aux = (uint16_t)type};
}
/* Whether a value stands for others, which it points to. */
static inline bool value_holds_more(Value v) {
    return v.kind == V_LIST || v.kind == V_RECORD;
}

/* Whether a and b are the same: of one kind, decimals as numbers (7.00 = 7), texts byte for byte.
 */
bool value_eq(Value a, Value b);
/* < 0, 0, > 0 for two values of one kind that has an order (numbers, money of one currency,
 * durations of one family, dates, times, instants, texts by code point). Others compare by their
 * bytes. */
int value_cmp(Value a, Value b);

/* The canonical bytes: kind, then what the kind needs. Decimals keep their scale unless `normal` is
 * set, as for keys and for comparing content. */
void put_value(Buf *out, Value v, bool normal);
/* Reads one value; texts are borrowed, items and fields are owned by `a`. Failure is remembered in
 * t. */
Value take_value(Take *t, Arena *a);
/* A copy whose text, items and fields are owned by a. */
MUST_USE Status value_keep(Value v, Arena *a, Value *out);

/* "CNY" in 24 bits, and back. */
uint32_t currency_pack(Str letters);
void put_currency(Buf *out, uint32_t currency);

/* A duration as the language writes it, in the largest unit that divides it: "2 working hours", "90
 * minutes". */
void put_duration(Buf *out, Family family, int64_t amount);
/* The same in a sentence, in either language: "2 working hours", "2 个工作小时". */
void put_duration_in(Buf *out, Family family, int64_t amount, bool chinese);
/* The reverse; English or Chinese units. ERR_SYNTAX: not of the form NUMBER UNIT; ERR_OVERFLOW;
 * ERR_INEXACT: not a whole number of its family's unit. */
MUST_USE Status duration_parse(Str text, Family *family, int64_t *amount);
/* The words for units of these families (bit 1 << Family), in all spellings, with bars between. */
void put_units(Buf *out, uint32_t families);
/* yes or no, as the language spells them in both languages, and JSON's true and false; else false.
 */
bool flag_parse(Str text, bool *yes);
/* NUMBER of the unit with row `unit` of keywords.def as an amount of its family. Errors as
 * duration_parse. */
MUST_USE Status duration_make(Str number, unsigned unit, Family *family, int64_t *amount);
/* A percentage's digits as a fraction: "5" is 0.05. Errors as dec_parse. */
MUST_USE Status percent_parse(Str digits, Dec *out);
/* A fraction as "5%". */
void put_percent(Buf *out, Dec fraction);

#endif
