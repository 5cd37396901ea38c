/* base: forms of dates and numbers. */
#include "engine/base/form.h"

#include <string.h>

/* ---- the parts of a form */

typedef enum Part {
    PART_END,
    PART_YEAR,  /* 4 digits */
    PART_YEAR2, /* 2 */
    PART_MONTH,
    PART_MONTH_NAME,
    PART_DAY,
    PART_HOUR,
    PART_MINUTE,
    PART_SECOND,
    PART_FRACTION,
    PART_HALF,
    PART_OFFSET,
    PART_TEXT,
    PART_BAD
} Part;

typedef struct FormPart {
    Part what;
    bool both; /* of one or two digits: exactly two; of a name: whole */
    Str text;  /* PART_TEXT */
} FormPart;

static const struct {
    Str word;
    Part what;
    bool both;
} parts[] = {
    {{"YYYY", 4}, PART_YEAR, true},       {{"YY", 2}, PART_YEAR2, true},
    {{"MMMM", 4}, PART_MONTH_NAME, true}, {{"MMM", 3}, PART_MONTH_NAME, false},
    {{"MM", 2}, PART_MONTH, true},        {{"M", 1}, PART_MONTH, false},
    {{"DD", 2}, PART_DAY, true},          {{"D", 1}, PART_DAY, false},
    {{"hh", 2}, PART_HOUR, true},         {{"h", 1}, PART_HOUR, false},
    {{"mm", 2}, PART_MINUTE, true},       {{"m", 1}, PART_MINUTE, false},
    {{"ss", 2}, PART_SECOND, true},       {{"s", 1}, PART_SECOND, false},
    {{"PM", 2}, PART_HALF, true},         {{"Z", 1}, PART_OFFSET, true},
};

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* A text in single quotes; two of them stand for one, and '' alone is one too. */
static FormPart quoted(Str *form) {
    size_t n = 1;
    while (n < form->n && form->p[n] != '\'')
        n++;
    if (n >= form->n)
        return (FormPart){.what = PART_BAD};
    FormPart part = {.what = PART_TEXT, .text = {form->p + 1, n - 1}};
    if (n == 1)
        part.text = (Str){form->p, 1};
    *form = str_from(*form, n + 1);
    return part;
}

/* Takes the next part of a form. */
static FormPart part_next(Str *form) {
    if (form->n == 0)
        return (FormPart){.what = PART_END};
    if (form->p[0] == '\'')
        return quoted(form);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (form->p[0] == parts[i].word.p[0] && str_starts(*form, parts[i].word)) {
            *form = str_from(*form, parts[i].word.n);
            return (FormPart){.what = parts[i].what, .both = parts[i].both};
        }
    size_t n = 0;
    while (n < form->n && form->p[n] == 'f')
        n++;
    if (n > 0) {
        *form = str_from(*form, n);
        return (FormPart){.what = PART_FRACTION};
    }
    if (is_letter(form->p[0]) && form->p[0] != 'T')
        return (FormPart){.what = PART_BAD};
    FormPart part = {.what = PART_TEXT, .text = {form->p, 1}};
    *form = str_from(*form, 1);
    return part;
}

/* ---- epochs */

static int64_t epoch_unit(Str form) {
    return str_eq(form, S("epoch seconds")) ? 1000 : str_eq(form, S("epoch milliseconds")) ? 1 : 0;
}

bool moment_counts(Str form) {
    return epoch_unit(form) != 0;
}

/* Digits with a fraction perhaps, in units of `unit` ms; what is finer than a millisecond goes up.
 */
static Status epoch_read(Str text, int64_t unit, Moment *out) {
    size_t i = text.n > 0 && text.p[0] == '-' ? 1 : 0;
    int64_t whole = 0, part = 0, scale = unit;
    bool rest = false, negative = i == 1;
    if (i == text.n || !is_digit(text.p[i]))
        return ERR_SYNTAX;
    for (; i < text.n && is_digit(text.p[i]); i++) {
        if (whole > INSTANT_MAX)
            return ERR_OVERFLOW;
        whole = whole * 10 + (text.p[i] - '0');
    }
    if (i < text.n && text.p[i] == '.') {
        if (++i == text.n)
            return ERR_SYNTAX;
        for (; i < text.n && is_digit(text.p[i]); i++) {
            scale /= 10;
            part += scale * (text.p[i] - '0');
            rest = rest || (scale == 0 && text.p[i] != '0');
        }
    }
    if (i < text.n)
        return ERR_SYNTAX;
    if (whole > INSTANT_MAX)
        return ERR_OVERFLOW;
    int64_t t = whole * unit + part;
    t = negative ? -t : t + rest;
    if (!instant_ok(t))
        return ERR_OVERFLOW;
    *out = (Moment){.has_date = true,
                    .has_time = true,
                    .has_offset = true,
                    .day = local_day(t),
                    .time_ms = local_time(t)};
    return OK;
}

/* ---- forms */

MomentForm moment_form(Str form, const char **why) {
    MomentForm out = {0};
    bool seen[PART_BAD + 1] = {false};
    *why = NULL;
    if (epoch_unit(form) != 0)
        return (MomentForm){true, true};
    for (Str rest = form;;) {
        FormPart part = part_next(&rest);
        if (part.what == PART_END)
            break;
        Part what = part.what == PART_YEAR2        ? PART_YEAR
                    : part.what == PART_MONTH_NAME ? PART_MONTH
                                                   : part.what;
        if (what == PART_BAD)
            *why = "letters";
        else if (what != PART_TEXT && seen[what])
            *why = "twice";
        if (*why != NULL)
            return out;
        seen[what] = true;
    }
    out.date = seen[PART_YEAR] && seen[PART_MONTH] && seen[PART_DAY];
    out.time = seen[PART_HOUR];
    if (!out.date && (seen[PART_YEAR] || seen[PART_MONTH] || seen[PART_DAY]))
        *why = "date";
    else if (!out.time && (seen[PART_MINUTE] || seen[PART_SECOND] || seen[PART_HALF] ||
                           seen[PART_FRACTION] || seen[PART_OFFSET]))
        *why = "hour";
    else if (seen[PART_FRACTION] && !seen[PART_SECOND])
        *why = "second";
    else if (!out.date && !out.time)
        *why = "empty";
    return *why == NULL ? out : (MomentForm){0};
}

/* `least` to `most` digits; -1: there are fewer. */
static int32_t digits(Str *text, size_t least, size_t most) {
    int32_t n = 0;
    size_t i = 0;
    for (; i < most && i < text->n && is_digit(text->p[i]); i++)
        n = n * 10 + (text->p[i] - '0');
    if (i < least)
        return -1;
    *text = str_from(*text, i);
    return n;
}

/* Digits of a fraction of a second, in ms; what is finer goes up. */
static int32_t fraction(Str *text) {
    int32_t ms = 0, scale = 1000;
    size_t i = 0;
    bool rest = false;
    for (; i < text->n && is_digit(text->p[i]); i++) {
        scale /= 10;
        ms += scale * (text->p[i] - '0');
        rest = rest || (scale == 0 && text->p[i] != '0');
    }
    if (i == 0)
        return -1;
    *text = str_from(*text, i);
    return ms + rest;
}

static int32_t month_named(Str *text, bool whole) {
    static const char *const names[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};
    for (int32_t i = 0; i < 12; i++) {
        size_t n = whole ? strlen(names[i]) : 3, k = 0;
        while (k < n && k < text->n && (char)(text->p[k] | 0x20) == names[i][k])
            k++;
        if (k == n) {
            *text = str_from(*text, n);
            return i + 1;
        }
    }
    return -1;
}

static bool offset(Str *text, int32_t *ms) {
    *ms = 0;
    if (str_starts(*text, S("UTC")) || str_starts(*text, S("GMT"))) {
        *text = str_from(*text, 3);
        return true;
    }
    if (text->n > 0 && (text->p[0] == 'Z' || text->p[0] == 'z')) {
        *text = str_from(*text, 1);
        return true;
    }
    if (text->n == 0 || (text->p[0] != '+' && text->p[0] != '-'))
        return false;
    bool west = text->p[0] == '-';
    *text = str_from(*text, 1);
    int32_t hours = digits(text, 2, 2), minutes = 0;
    if (text->n > 0 && text->p[0] == ':') {
        *text = str_from(*text, 1);
        minutes = digits(text, 2, 2);
    } else if (text->n > 0 && is_digit(text->p[0])) {
        minutes = digits(text, 2, 2);
    }
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *ms = (hours * 60 + minutes) * (int32_t)MINUTE_MS * (west ? -1 : 1);
    return true;
}

/* What was read, part by part; -1: it was not there. */
typedef struct Parts {
    int32_t year, month, day, hour, minute, second, ms;
    int half; /* 1: before noon, 2: after */
} Parts;

static bool half(Str *text, Parts *p) {
    static const char *const words[] = {"AM", "am", "A.M.", "a.m.", "上午",
                                        "PM", "pm", "P.M.", "p.m.", "下午"};
    for (int i = 0; i < 10; i++)
        if (str_starts(*text, str_of(words[i]))) {
            *text = str_from(*text, strlen(words[i]));
            p->half = i < 5 ? 1 : 2;
            return true;
        }
    return false;
}

/* One part of a form from the text. */
static bool read_part(FormPart part, Str *text, Parts *p, Moment *out) {
    size_t least = part.both ? 2 : 1;
    switch (part.what) {
    case PART_YEAR:
        return (p->year = digits(text, 4, 4)) > 0;
    case PART_YEAR2:
        p->year = digits(text, 2, 2);
        p->year += p->year < 0 ? 0 : p->year < 69 ? 2000 : 1900; /* as POSIX has it */
        return p->year >= 0;
    case PART_MONTH:
        return (p->month = digits(text, least, 2)) > 0;
    case PART_MONTH_NAME:
        return (p->month = month_named(text, part.both)) > 0;
    case PART_DAY:
        return (p->day = digits(text, least, 2)) > 0;
    case PART_HOUR:
        return (p->hour = digits(text, least, 2)) >= 0;
    case PART_MINUTE:
        return (p->minute = digits(text, least, 2)) >= 0;
    case PART_SECOND:
        return (p->second = digits(text, least, 2)) >= 0;
    case PART_FRACTION:
        return (p->ms = fraction(text)) >= 0;
    case PART_HALF:
        return half(text, p);
    case PART_OFFSET:
        return out->has_offset = offset(text, &out->offset_ms);
    case PART_TEXT:
        if (!str_starts(*text, part.text))
            return false;
        *text = str_from(*text, part.text.n);
        return true;
    case PART_END:
    case PART_BAD:
        break;
    }
    return false;
}

/* Puts the parts together. A fraction that went up to a whole second goes on to the next. */
static Status moment_make(const Parts *p, bool date, bool time, Moment *out) {
    int64_t local = 0;
    int32_t hour = p->hour;
    if (date && !civil_ok(p->year, p->month, p->day))
        return ERR_NOTFOUND;
    if (date)
        local = days_from_civil(p->year, p->month, p->day) * DAY_MS;
    if (p->half > 0) {
        if (hour < 1 || hour > 12)
            return ERR_SYNTAX;
        hour = hour % 12 + (p->half == 2 ? 12 : 0);
    }
    if (hour > 23 || p->minute > 59 || p->second > 59)
        return ERR_SYNTAX;
    local += ((hour * 60 + p->minute) * 60 + p->second) * SECOND_MS + p->ms;
    if (!instant_ok(local) || (!date && local >= DAY_MS))
        return ERR_OVERFLOW;
    out->has_date = date;
    out->has_time = time;
    out->day = local_day(local);
    out->time_ms = local_time(local);
    return OK;
}

Status moment_read(Str form, Str text, Moment *out) {
    *out = (Moment){0};
    int64_t unit = epoch_unit(form);
    if (unit != 0)
        return epoch_read(text, unit, out);
    Parts p = {0};
    bool date = false, time = false;
    for (FormPart part = part_next(&form); part.what != PART_END; part = part_next(&form)) {
        if (!read_part(part, &text, &p, out))
            return ERR_SYNTAX;
        date = date || part.what == PART_DAY;
        time = time || part.what == PART_HOUR;
    }
    return text.n > 0 ? ERR_SYNTAX : moment_make(&p, date, time, out);
}

Status moment_read_iso(Str text, Moment *out) {
    static const Str forms[] = {
        {"YYYY-MM-DD", 10}, {"YYYY-MM-DD hh:mm", 16}, {"YYYY-MM-DD hh:mm:ss", 19}};
    *out = (Moment){0};
    size_t n = text.n > 18 && text.p[16] == ':' ? 19 : text.n > 15 ? 16 : 10;
    char start[19];
    if (text.n < 10)
        return ERR_SYNTAX;
    n = n > text.n ? 10 : n;
    memcpy(start, text.p, n);
    if (n > 10 && (start[10] == 'T' || start[10] == 't'))
        start[10] = ' ';
    Status status = moment_read(forms[n == 10 ? 0 : n == 16 ? 1 : 2], (Str){start, n}, out);
    if (status != OK)
        return status;
    Str rest = str_from(text, n);
    int32_t ms = 0;
    if (n == 19 && rest.n > 1 && (rest.p[0] == '.' || rest.p[0] == ',')) {
        rest = str_from(rest, 1);
        ms = fraction(&rest);
    }
    if (ms < 0 || (n == 10 && rest.n > 0))
        return ERR_SYNTAX;
    if (rest.n > 1 && rest.p[0] == ' ')
        rest = str_from(rest, 1);
    int64_t local = out->day * DAY_MS + out->time_ms + ms;
    if (!instant_ok(local))
        return ERR_OVERFLOW;
    out->day = local_day(local);
    out->time_ms = local_time(local);
    out->has_offset = rest.n > 0;
    if (rest.n > 0 && (!offset(&rest, &out->offset_ms) || rest.n > 0))
        return ERR_SYNTAX;
    return OK;
}

/* ---- durations */

/* A number and what stands behind it, "2 days" of "2 days 03:15:00"; -1: it does not stand there.
 */
static int64_t number_before(Str *text, const Str *words, size_t n) {
    Str rest = *text;
    int32_t number = digits(&rest, 1, 9);
    rest = str_trim(rest);
    for (size_t i = 0; number >= 0 && i < n; i++)
        if (str_starts(rest, words[i])) {
            *text = str_from(rest, words[i].n);
            return number;
        }
    return -1;
}

/* h:mm:ss with a fraction perhaps. */
static Status clock_read(Str text, int64_t *ms) {
    int32_t hours = digits(&text, 1, 9), minutes, seconds, part = 0;
    if (hours < 0 || !str_starts(text, S(":")))
        return ERR_SYNTAX;
    text = str_from(text, 1);
    minutes = digits(&text, 2, 2);
    if (minutes < 0 || minutes > 59 || !str_starts(text, S(":")))
        return ERR_SYNTAX;
    text = str_from(text, 1);
    seconds = digits(&text, 2, 2);
    if (str_starts(text, S("."))) {
        text = str_from(text, 1);
        part = fraction(&text);
    }
    if (seconds < 0 || seconds > 59 || part < 0 || text.n > 0)
        return ERR_SYNTAX;
    *ms = ((hours * (int64_t)60 + minutes) * 60 + seconds) * SECOND_MS + part;
    return OK;
}

/* PnDTnHnMnS, of which at least one part is there. */
static Status period_read(Str text, int64_t *ms) {
    static const struct {
        Str letter;
        int64_t unit;
    } units[] = {
        {{"D", 1}, DAY_MS}, {{"H", 1}, HOUR_MS}, {{"M", 1}, MINUTE_MS}, {{"S", 1}, SECOND_MS}};
    bool some = false;
    text = str_from(text, 1);
    *ms = 0;
    for (size_t i = 0; i < 4; i++) {
        if (i == 1 && text.n > 1 && text.p[0] == 'T')
            text = str_from(text, 1);
        else if (i == 1 && text.n > 0)
            return ERR_SYNTAX;
        int64_t n = number_before(&text, &units[i].letter, 1);
        some = some || n >= 0;
        *ms += n < 0 ? 0 : n * units[i].unit;
    }
    return some && text.n == 0 ? OK : ERR_SYNTAX;
}

Status elapsed_read(Str text, int64_t *ms) {
    static const Str days[] = {{"days", 4}, {"day", 3}, {"d", 1}, {"天", 3}};
    if (str_starts(text, S("P")))
        return period_read(text, ms);
    int64_t n = number_before(&text, days, sizeof days / sizeof *days);
    if (n >= 0 && str_starts(text, S(",")))
        text = str_from(text, 1);
    Status status = clock_read(n < 0 ? text : str_trim(text), ms);
    if (status == OK && n >= 0)
        *ms += n * DAY_MS;
    return status;
}

/* ---- numbers */

bool number_form(Str sample, NumberForm *out) {
    *out = (NumberForm){0};
    if (!str_starts(sample, S("1")))
        return false;
    Str rest = str_from(sample, 1);
    ptrdiff_t at = 0;
    while ((size_t)at < rest.n && !str_starts(str_from(rest, (size_t)at), S("234")))
        at++;
    if ((size_t)at == rest.n)
        return false;
    out->group = str_upto(rest, (size_t)at);
    rest = str_from(rest, (size_t)at + 3);
    if (rest.n > 0) {
        if (rest.n < 3 || !str_ends(rest, S("56")))
            return false;
        out->point = str_upto(rest, rest.n - 2);
    }
    for (int i = 0; i < 2; i++) {
        Str mark = i == 0 ? out->group : out->point;
        for (size_t k = 0; k < mark.n; k++)
            if (is_digit(mark.p[k]) || is_letter(mark.p[k]) || mark.p[k] == '-' || mark.p[k] == '+')
                return false;
        if (mark.n > 4)
            return false;
    }
    return !(out->group.n > 0 && str_eq(out->group, out->point));
}

/* The length of the mark between groups at the start of a text, or 0. A blank stands for those that
 * do not break a line, too. */
static size_t group_at(const NumberForm *form, Str text) {
    static const Str blanks[] = {{"\xC2\xA0", 2}, {"\xE2\x80\xAF", 3}};
    if (form->group.n > 0 && str_starts(text, form->group))
        return form->group.n;
    for (size_t i = 0; str_eq(form->group, S(" ")) && i < 2; i++)
        if (str_starts(text, blanks[i]))
            return blanks[i].n;
    return 0;
}

/* Digits in groups of three, or in none, to the point; *ok false: they are not. */
static size_t whole_digits(const NumberForm *form, Str *text, char *to, size_t room, bool *ok) {
    size_t n = 0, since = 0;
    bool grouped = false;
    while (text->n > 0 && n < room) {
        if (is_digit(text->p[0])) {
            to[n++] = text->p[0];
            *text = str_from(*text, 1);
            since++;
            continue;
        }
        size_t mark = since == 0 ? 0 : group_at(form, *text);
        if (mark == 0)
            break;
        *ok = *ok && (grouped ? since == 3 : since <= 3);
        grouped = true;
        since = 0;
        *text = str_from(*text, mark);
    }
    *ok = *ok && n > 0 && (!grouped || since == 3);
    return n;
}

Status number_read(const NumberForm *form, Str text, char to[FORM_DIGITS], Str *out) {
    size_t n = 0;
    bool ok = true;
    if (text.n > 0 && (text.p[0] == '-' || text.p[0] == '+')) {
        if (text.p[0] == '-')
            to[n++] = '-';
        text = str_from(text, 1);
    } else if (str_starts(text, S("\xE2\x88\x92"))) { /* the minus sign of typesetters */
        to[n++] = '-';
        text = str_from(text, 3);
    }
    n += whole_digits(form, &text, to + n, 30, &ok);
    if (ok && text.n > 0) {
        if (form->point.n == 0 || !str_starts(text, form->point))
            return ERR_SYNTAX;
        text = str_from(text, form->point.n);
        ok = text.n > 0 && text.n <= 30;
        to[n++] = '.';
        for (size_t i = 0; ok && i < text.n; i++) {
            ok = is_digit(text.p[i]);
            to[n++] = text.p[i];
        }
    }
    *out = (Str){to, n};
    return ok ? OK : ERR_SYNTAX;
}
