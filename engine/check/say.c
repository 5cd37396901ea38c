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

Str say_number(Program *p, size_t n, const char *one, const char *many, const char *zh) {
    return say(p, "%zu%.*s", n, STR_ARG(say_both(p, n == 1 ? one : many, zh)));
}

Str say_both(Program *p, const char *en, const char *zh) {
    return diag_both(p->diags, en, zh);
}

Str say_quoted(Program *p, Str text) {
    return say(p, "`%.*s`", STR_ARG(text));
}

bool is_lost(const Program *p, Str name) {
    Str first;
    str_cut(name, '.', &first, NULL);
    for (size_t i = 0; i < p->lost.words.n; i++)
        if (str_eq(p->lost.words.at[i], first))
            return true;
    return false;
}

bool said_before(Program *p, Span at, Str name) {
    for (size_t i = 0; i < p->diags->all.n; i++) {
        Diag *d = &p->diags->all.at[i];
        Str said = d->code == DIAG_UNKNOWN_FIELD ? d->args[1] : d->args[0];
        bool unknown = d->code == DIAG_UNKNOWN_NAME || d->code == DIAG_UNKNOWN_EVENT ||
                       d->code == DIAG_NOT_A_PARTY || d->code == DIAG_NOT_A_DUTY ||
                       d->code == DIAG_NOT_CALLABLE || d->code == DIAG_UNKNOWN_ENTITY ||
                       d->code == DIAG_UNKNOWN_TYPE || d->code == DIAG_UNTYPED_INPUT ||
                       d->code == DIAG_UNKNOWN_FIELD || d->code == DIAG_NOT_A_MEMBER;
        if (!unknown || !str_eq(said, name))
            continue;
        if (d->span.file != at.file || d->span.from != at.from)
            d->again++;
        bool fixed = d->has_fix && d->fix_span.from == d->span.from;
        if (d->span.file == at.file && at.from < d->span.from && fixed == d->has_fix) {
            d->span = at; /* the first place is shown */
            d->fix_span = fixed ? at : d->fix_span;
        }
        return true;
    }
    if (p->lost.module && str_find(name, '.') < 0)
        return true; /* a module that is not there may have it */
    return say_unseen(p, at, name);
}

void say_header(Program *p, DiagCode code, Span at, NodeKind setting) {
    for (const Node *s = p->header == NULL ? NULL : p->header->a; s != NULL; s = s->next)
        if (s->kind == setting || s->kind == N_ERROR)
            return; /* it is there, and wrong */
    for (size_t i = 0; i < p->diags->all.n; i++)
        if (p->diags->all.at[i].code == code) {
            p->diags->all.at[i].again++;
            return;
        }
    if (!is_lost(p, S("policy")))
        diag_add(p->diags, code, at);
}

/* Why two families of time do not mix. */
static Str family_hint(Program *p, const Type *a, const Type *b) {
    uint32_t families = a->families | b->families, months = 1u << FAMILY_MONTHS;
    bool works = (families & FAMILIES_WORKING) != 0;
    if (!works && (families & months) != 0)
        return say_both(p,
                        "a month has no fixed length: add them to an instant one after the other, "
                        "as in X.time + 1 month - 1 day",
                        "一个月的长短不定：请依次加到时间点上，如 X.时间 + 1 个月 - 1 天");
    if (!works)
        return say_both(p, "a day of the calendar is not always 24 hours: the families never mix",
                        "日历上的一天不总是 24 小时：时间的种类不能混用");
    return say_both(p, "a working day is not 24 hours: the families of time never mix",
                    "一个工作日不等于 24 小时：时间的种类不能混用");
}

/* A number where time is wanted: with a unit of that family. */
static Str unit_hint(Program *p, const Type *wanted, bool literal, Str number) {
    static const char *const units[FAMILIES][2] = {
        [FAMILY_ELAPSED] = {"minutes", "分钟"},
        [FAMILY_DAYS] = {"days", "天"},
        [FAMILY_MONTHS] = {"months", "个月"},
        [FAMILY_WORKING] = {"working hours", "工作小时"},
        [FAMILY_WORKING_DAYS] = {"working days", "工作日"}};
    for (uint32_t f = 0; literal && f < FAMILIES; f++)
        if (wanted->families == 1u << f)
            return say(p, "%.*s%.*s %.*s",
                       STR_ARG(say_both(p, "write its unit, as in ", "请写明单位，如 ")),
                       STR_ARG(number), STR_ARG(say_both(p, units[f][0], units[f][1])));
    return (wanted->families & FAMILIES_CALENDAR) != 0
               ? say_both(p, "add a unit of time, as in 2 hours", "请写明时间单位，如 2 小时")
               : say_both(p, "add a unit of time, as in 2 working hours",
                          "请写明时间单位，如 2 工作小时");
}

static size_t digits_at(Str text, size_t from) {
    size_t n = 0;
    while (from + n < text.n && text.p[from + n] >= '0' && text.p[from + n] <= '9')
        n++;
    return n;
}

/* An amount whose thousands are parted by commas, 5,500 or 1,250.50 EUR: *fix is how it is written,
 * in the place of *whole. False: no such digits follow. */
static bool thousands(Program *p, const Node *at, const Type *wanted, Span *whole, Str *fix) {
    Str rest = str_from(p->sources->files.at[at->span.file].text, at->span.from);
    size_t first = digits_at(rest, 0), n = first, digits;
    if (first == 0 || first > 3 || first != at->span.to - at->span.from)
        return false;
    *fix = (Str){rest.p, first};
    while (n < rest.n && rest.p[n] == ',' && (digits = digits_at(rest, n + 1)) == 3) {
        *fix = say(p, "%.*s_%.*s", STR_ARG(*fix), 3, rest.p + n + 1);
        n += 1 + digits;
    }
    if (n == first)
        return false;
    size_t decimals = n < rest.n && rest.p[n] == '.' ? digits_at(rest, n + 1) : 0;
    if (decimals > 0) {
        *fix = say(p, "%.*s.%.*s", STR_ARG(*fix), (int)decimals, rest.p + n + 1);
        n += 1 + decimals;
    }
    Str currency = type_currency_text(p, wanted);
    if (!str_starts(str_from(rest, n), S(" ")) ||
        !str_starts(str_from(rest, n + 1), currency)) /* else it stands there already */
        *fix = say(p, "%.*s %.*s", STR_ARG(*fix), STR_ARG(currency));
    whole->to = whole->from + (uint32_t)n;
    return true;
}

/* Whether 5,500 cannot be two amounts: behind < or >, or as a group begins with 0. */
static bool one_amount(Program *p, Span at, Str fix) {
    Str before = str_trim((Str){p->sources->files.at[at.file].text.p, at.from});
    static const char *const orders[] = {"<", ">", "<=", ">=", "≤", "≥"};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (str_ends(before, str_of(orders[i])))
            return true;
    for (size_t i = 0; i + 1 < fix.n; i++)
        if (fix.p[i] == '_' && fix.p[i + 1] == '0')
            return true;
    return false;
}

/* What to write instead, where that is plain, and the change that does it. */
static Str other_type(Program *p, const Node *at, const Type *is, const Type *wanted, Str *fix,
                      Span *whole) {
    bool literal = at->kind == N_LIT, number = is->kind == TY_INTEGER || is->kind == TY_NUMBER;
    Str text = source_text(p->sources, at->span);
    if (is->kind == TY_OUTPUTS)
        for (uint32_t i = 0; i < ((const Table *)is->of)->result_count; i++) {
            const Field *output = &((const Table *)is->of)->results[i];
            if (!type_fits(&output->type, wanted))
                continue;
            *fix = say(p, "%.*s.%.*s", STR_ARG(text), STR_ARG(output->name));
            return say(p, "%.*s%.*s", STR_ARG(say_both(p, "take one of them: ", "请取其中一项：")),
                       STR_ARG(*fix));
        }
    if (wanted->kind == TY_ENUM && literal && is->kind == TY_TEXT &&
        enum_find(wanted->members, at->text) >= 0) {
        *fix = at->text;
        return say_both(p, "write it without quotes", "请去掉引号");
    }
    if (wanted->kind == TY_MONEY && wanted->currency != 0 && literal && number) {
        if (thousands(p, at, wanted, whole, fix))
            return say(p, "%.*s%.*s",
                       STR_ARG(say_both(p, "thousands are written so: ", "千位请写作：")),
                       STR_ARG(*fix));
        *fix = say(p, "%.*s %.*s", STR_ARG(text), STR_ARG(type_currency_text(p, wanted)));
        return say(p, "%.*s%.*s", STR_ARG(say_both(p, "add the currency: ", "请写明币种：")),
                   STR_ARG(*fix));
    }
    if (wanted->kind == TY_DURATION && number)
        return unit_hint(p, wanted, literal, text);
    if (wanted->kind == TY_PERCENT && number)
        return literal ? say_both(p, "write it in percent, as in 5%", "请写成百分比，如 5%")
                       : say_both(p, "multiply it: 100% * (...)", "请相乘：100% * (...)");
    if ((wanted->kind == TY_TEXT || wanted->kind == TY_ID) && literal && is->kind != TY_TEXT) {
        *fix = say(p, "\"%.*s\"", STR_ARG(text));
        return say_both(p, "put it in quotes", "请加上引号");
    }
    if (wanted->kind == TY_FLAG)
        return say_both(p, "write yes or no", "请写 是 或 否");
    if (wanted->kind == TY_DATE)
        return say_both(p, "write it as in 2026-03-02", "写法如 2026-03-02");
    if (wanted->kind == TY_INSTANT)
        return say_both(p, "write it as in 2026-03-02 09:00", "写法如 2026-03-02 09:00");
    if (wanted->kind == TY_PARTY)
        return say_both(p, "name a role, a team, or a field that holds one",
                        "请写角色、团队，或存有它们的字段");
    return (Str){NULL, 0};
}

Diag *say_wrong_type(Program *p, const Node *at, const Type *is, const Type *wanted) {
    if (is->kind == TY_ERROR || wanted->kind == TY_ERROR)
        return NULL;
    DiagCode code = DIAG_WRONG_TYPE;
    Str a = type_text(p, is), b = type_text(p, wanted);
    if (is->kind == TY_DURATION && wanted->kind == TY_DURATION) {
        code = DIAG_WRONG_FAMILY;
    } else if (is->kind == TY_MONEY && wanted->kind == TY_MONEY) {
        code = DIAG_WRONG_CURRENCY;
        a = type_currency_text(p, is);
        b = type_currency_text(p, wanted);
    }
    Str fix = {NULL, 0};
    Span whole = at->span;
    Str hint = code == DIAG_WRONG_TYPE     ? other_type(p, at, is, wanted, &fix, &whole)
               : code == DIAG_WRONG_FAMILY ? family_hint(p, is, wanted)
                                           : say_both(p,
                                                      "amounts in different currencies cannot be "
                                                      "compared or added",
                                                      "不同币种不能比较或相加");
    Diag *diag = diag_add3(p->diags, code, at->span, a, b, hint);
    if (fix.n > 0) {
        diag_guess(diag, whole, fix);
        diag->certain = is->kind != TY_OUTPUTS && /* one of them */
                        (whole.to == at->span.to || one_amount(p, whole, fix));
    }
    if (code == DIAG_WRONG_CURRENCY)
        declared_currency(p, diag, is, wanted);
    else
        declared_as(p, diag, at, wanted);
    return diag;
}

void say_unknown(Program *p, DiagCode code, Span at, Str name, const Str *near, size_t n) {
    if (name.n == 0 || is_lost(p, name) || said_before(p, at, name))
        return;
    ptrdiff_t best = nearest(name, near, n);
    if (best < 0 && p->lost.nameless)
        return; /* it may be the name that is missing */
    Str like = best < 0 ? (Str){NULL, 0} : near[best];
    Diag *diag = diag_add2(p->diags, code, at, name, like);
    diag_like(diag, at, name, near, n, best);
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
    case V_RECORD:
    case V_KINDS:
        put_text(out, S("absent"));
    }
}

ptrdiff_t say_no_declaration(Program *p, DeclKind kind, Span at, Str name) {
    bool duty = kind == DECL_DUTY, approval = kind == DECL_APPROVAL;
    size_t n = duty ? p->duties.n : approval ? p->approvals.n : p->kpis.n;
    Str *names = new (p->arena, Str, n + 1);
    if (names == NULL) {
        p->nomem = true;
        return -1;
    }
    for (size_t i = 0; i < n; i++)
        names[i] = duty ? name_here(p, p->duties.at[i]->home, p->duties.at[i]->name)
                   : approval
                       ? name_here(p, p->approvals.at[i]->base.home, p->approvals.at[i]->base.name)
                       : name_here(p, p->kpis.at[i]->home, p->kpis.at[i]->name);
    say_unknown(p,
                duty       ? DIAG_NOT_A_DUTY
                : approval ? DIAG_NOT_AN_APPROVAL
                           : DIAG_NOT_A_KPI,
                at, name, names, n);
    return nearest(name, names, n);
}
