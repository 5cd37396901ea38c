/* base: dates, times and numbers as other programs and people write them, by a form that says how:
 * "DD.MM.YYYY hh:mm" reads 31.12.2025 14:05, "1.234,56" says that points group digits and a comma
 * stands before the decimals. What a form does not read is ERR_SYNTAX, never a guess. Nothing here
 * allocates, or knows a zone.
 *
 * In a form of dates YYYY, YY, MM, DD, hh, mm and ss are digits of that number, M, D, h, m and s
 * one or two; f a fraction of a second of any length; MMM and MMMM the English name of a month,
 * short and whole; PM the half of the day, AM and PM or 上午 and 下午, and Z an offset, which may
 * be Z itself, UTC, GMT, +08:00, +0800 or +08. Text in single quotes, T and all that is no letter
 * stand for themselves. Two forms are whole words: "epoch seconds" and "epoch milliseconds". */
#ifndef REMIT_BASE_FORM_H
#define REMIT_BASE_FORM_H

#include "engine/base/civil.h"

/* What a text says. Without a date day is 0; of an epoch offset_ms is 0. */
typedef struct Moment {
    bool has_date, has_time, has_offset;
    int32_t day;       /* since 1970-01-01 */
    int32_t time_ms;   /* of the day */
    int32_t offset_ms; /* local time - UTC */
} Moment;

/* What a form asks for; both false: it is none, and *why says what is wrong with it. */
typedef struct MomentForm {
    bool date, time;
} MomentForm;
MomentForm moment_form(Str form, const char **why);
/* Whether a form counts time since 1970. */
bool moment_counts(Str form);
/* Reads the whole of a text. ERR_SYNTAX: it is not of the form, or there is no such time.
 * ERR_NOTFOUND: it is, and there is no such date. ERR_OVERFLOW: it lies outside the years 0001 to
 * 9999. */
MUST_USE Status moment_read(Str form, Str text, Moment *out);
/* The same by the form that ISO 8601 gives, whose end may be missing: 2026-03-02, 2026-03-02 09:00,
 * 2026-03-02T09:00:30.250+08:00. */
MUST_USE Status moment_read_iso(Str text, Moment *out);

/* Elapsed time as clocks and ISO 8601 write it: 27:05:30, 2 days 03:15:00, PT3H15M; a day is 24
 * hours. 3:15 is none: it may be hours or minutes. ERR_SYNTAX. */
MUST_USE Status elapsed_read(Str text, int64_t *ms);

/* How numbers are written. Empty texts: digits are not grouped, there are no decimals. */
typedef struct NumberForm {
    Str group, point;
} NumberForm;
/* Of the number 1234.56, or 1234, as it is written: "1.234,56", "1 234,56", "1234,56", "1,234".
 * False: it is not that number. */
bool number_form(Str sample, NumberForm *out);
/* The number as the language writes it, in at most FORM_DIGITS bytes at `to`; groups must be of
 * three. ERR_SYNTAX: the text is no number of this form. */
enum { FORM_DIGITS = 64 };
MUST_USE Status number_read(const NumberForm *form, Str text, char to[FORM_DIGITS], Str *out);

#endif
