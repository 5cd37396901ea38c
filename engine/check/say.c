/* check: diagnostics that several files use. */
#include "engine/check/check_int.h"

#include <stdio.h>

#include "engine/base/civil.h"

Str say(Program *p, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *out = n < 0 ? NULL : arena_take(p->arena, (size_t)n + 1, 1);
    if (out == NULL) {
        p->nomem = true;
        return (Str){NULL, 0};
    }
    va_start(args, fmt);
    vsnprintf(out, (size_t)n + 1, fmt, args);
    va_end(args);
    return (Str){out, (size_t)n};
}

Str say_count(Program *p, size_t n) {
    return say(p, "%zu", n);
}

bool is_lost(const Program *p, Str name) {
    Str first;
    str_cut(name, '.', &first, NULL);
    for (size_t i = 0; i < p->lost.words.n; i++)
        if (str_eq(p->lost.words.at[i], first))
            return true;
    return false;
}

void say_wrong_type(Program *p, const Node *at, const Type *is, const Type *wanted) {
    if (is->kind == TY_ERROR || wanted->kind == TY_ERROR)
        return;
    DiagCode code = DIAG_WRONG_TYPE;
    Str a = type_text(p, is), b = type_text(p, wanted);
    if (is->kind == TY_DURATION && wanted->kind == TY_DURATION) {
        code = DIAG_WRONG_FAMILY;
    } else if (is->kind == TY_MONEY && wanted->kind == TY_MONEY) {
        code = DIAG_WRONG_CURRENCY;
        a = str_from(a, sizeof "money in " - 1);
        b = str_from(b, sizeof "money in " - 1);
    }
    diag_add2(p->diags, code, at->span, a, b);
}

void say_unknown(Program *p, DiagCode code, Span at, Str name, const Str *near, size_t n) {
    if (is_lost(p, name))
        return;
    ptrdiff_t best = nearest(name, near, n);
    Str like = best < 0 ? (Str){NULL, 0} : near[best];
    Diag *diag = diag_add2(p->diags, code, at, name, like);
    if (best >= 0)
        diag_fix(diag, at, like);
}

void put_literal(Program *p, Buf *out, Value v) {
    switch ((ValueKind)v.kind) {
    case V_FLAG:
        put_text(out, v.i != 0 ? S("yes") : S("no"));
        return;
    case V_INT:
        put_dec(out, v.i);
        return;
    case V_DEC:
        dec_put(out, value_to_dec(v));
        return;
    case V_MONEY:
        dec_put(out, value_to_dec(v));
        put_c(out, ' ');
        put_currency(out, v.n);
        return;
    case V_PERCENT:
        put_percent(out, value_to_dec(v));
        return;
    case V_DURATION:
        put_duration(out, (Family)v.aux, v.i);
        return;
    case V_DATE:
        put_date(out, (int32_t)v.i);
        return;
    case V_TIME:
        put_time(out, (int32_t)v.i);
        return;
    case V_INSTANT:
        put_instant(out, v.i, zone_offset(&p->zone, v.i));
        return;
    case V_TEXT:
        put_c(out, '"');
        put_text(out, value_str(v));
        put_c(out, '"');
        return;
    case V_PARTY:
        put_text(out, value_is_person(v) ? value_str(v) : p->parties.at[v.i]->name);
        return;
    case V_ENUM:
        put_text(out, p->enums.at[v.n]->members[v.i].name);
        return;
    case V_ABSENT:
    case V_LIST:
    case V_KINDS:
        put_text(out, S("absent"));
    }
}
