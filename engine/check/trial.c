/* check: patterns that nobody uses. A text is written that uses each of them once, with made-up
 * events and parties of the kinds that it wants, so that its mistakes are found where it is
 * written. */
#include "engine/check/check_int.h"

#include "engine/base/civil.h"

enum { TRIAL_PARTIES = 12 };

static bool pattern_used(const Program *p, const Node *pattern, const Space *home) {
    for (size_t i = 0; i < p->spaces.n; i++) {
        const Space *s = p->spaces.at[i];
        if (s->pattern != NULL && s->outer == home && str_eq(s->pattern->text, pattern->text))
            return true;
    }
    return false;
}

/* A value of a type that has any; false: none is known. */
static bool put_trial_value(Program *p, Buf *out, const Type *type) {
    static const struct {
        unsigned family;
        const char *text;
    } spans[] = {{FAMILY_ELAPSED, "1 hour"},
                 {FAMILY_DAYS, "1 day"},
                 {FAMILY_MONTHS, "1 month"},
                 {FAMILY_WORKING, "1 working hour"},
                 {FAMILY_WORKING_DAYS, "1 working day"}};
    static const char *const plain[TY_NOTHING + 1] = {
        [TY_FLAG] = "yes",      [TY_INTEGER] = "1",       [TY_NUMBER] = "1.5",
        [TY_PERCENT] = "50%",   [TY_DATE] = "2026-01-01", [TY_TIME] = "09:00",
        [TY_TEXT] = "\"text\"", [TY_ID] = "\"id\"",       [TY_INSTANT] = "2026-01-01 09:00"};
    if (type->bounded && (type->kind == TY_INTEGER || type->kind == TY_NUMBER)) {
        dec_put(out, type->lo);
        return true;
    }
    if (type->bounded && type->kind == TY_PERCENT) {
        put_percent(out, type->lo);
        return true;
    }
    if (type->kind == TY_MONEY) {
        dec_put(out, type->bounded ? type->lo : dec_of_i64(1));
        put_c(out, ' ');
        put_text(out, type->currency == 0 ? S("EUR") : type_currency_text(p, type));
        return true;
    }
    if (type->kind == TY_ENUM && type->members->count > 0) {
        put_text(out, type->members->members[0].name);
        return true;
    }
    for (size_t i = 0; type->kind == TY_DURATION && i < sizeof spans / sizeof *spans; i++)
        if ((type->families >> spans[i].family & 1) != 0) {
            put_text(out, str_of(spans[i].text));
            return true;
        }
    if (plain[type->kind] == NULL)
        return false;
    put_text(out, str_of(plain[type->kind]));
    return true;
}

/* An event with the fields that the pattern names. */
static bool put_trial_event(Program *p, Buf *out, const Node *pattern, const Node *event) {
    put_fmt(out, "event trial.%.*s {", STR_ARG(event->text));
    for (const Node *hole = pattern->a; hole != NULL; hole = hole->next) {
        if (hole->op != HOLE_FIELD || !str_eq(hole->more, event->text))
            continue;
        if (hole->a == NULL)
            return false; /* it may be of any type */
        put_fmt(out, " %.*s: %.*s", STR_ARG(hole->text),
                STR_ARG(source_text(p->sources, hole->a->span)));
    }
    put_text(out, S(" }\n"));
    return true;
}

/* What must be there for a parameter, and what is given. */
static bool put_trial_hole(Program *p, Buf *before, Buf *given, const Node *pattern,
                           const Node *hole) {
    Str name = hole->text;
    if (hole->kind != N_HOLE)
        return false;
    if (hole->b != NULL)
        return true;
    put_fmt(given, "%.*s: ", STR_ARG(name));
    switch (hole->op) {
    case HOLE_EVENT:
        put_fmt(given, "trial.%.*s\n", STR_ARG(name));
        return put_trial_event(p, before, pattern, hole);
    case HOLE_FIELD:
        put_fmt(given, "%.*s\n", STR_ARG(name));
        return true;
    case HOLE_TEAM:
        put_fmt(before, "team trial_%.*s { role lead }\n", STR_ARG(name));
        break;
    case HOLE_ROLE:
    case HOLE_PARTY:
        put_fmt(before, "role trial_%.*s\n", STR_ARG(name));
        break;
    case HOLE_PARTIES: /* plenty, so that a number of them can be asked for */
        for (int i = 1; i <= TRIAL_PARTIES; i++) {
            put_fmt(before, "role trial_%.*s_%d\n", STR_ARG(name), i);
            put_fmt(given, "%strial_%.*s_%d", i == 1 ? "" : ", ", STR_ARG(name), i);
        }
        put_c(given, '\n');
        return true;
    case HOLE_CALENDAR:
        put_fmt(before, "calendar trial_%.*s { monday to friday 09:00..17:00 }\n", STR_ARG(name));
        break;
    case HOLE_VALUE: {
        Type type = type_read(p, hole->a);
        bool made = put_trial_value(p, given, &type);
        put_c(given, '\n');
        return made;
    }
    default:
        return false; /* what it has to be like stands nowhere but in the pattern */
    }
    put_fmt(given, "trial_%.*s\n", STR_ARG(name));
    return true;
}

static void put_trial(Program *p, Buf *out, const Node *pattern, const Space *home) {
    Buf before = {0}, given = {0};
    bool good = true;
    space_enter(p, home);
    for (const Node *hole = pattern->a; hole != NULL && good; hole = hole->next)
        good = put_trial_hole(p, &before, &given, pattern, hole);
    if (good) {
        /* in a module of its own, which may use the pattern's names by the pattern's module alone
         */
        if (home->name.n > 0)
            put_fmt(out, "module %.*s {\n", STR_ARG(home->name));
        put_text(out, buf_str(&before));
        put_fmt(out, "use %.*s with {\n%.*s} as trial_of_%.*s\n", STR_ARG(pattern->text),
                STR_ARG(buf_str(&given)), STR_ARG(pattern->text));
        put_text(out, home->name.n > 0 ? S("}\n") : S(""));
    }
    out->failed = out->failed || before.failed || given.failed;
    buf_free(&before);
    buf_free(&given);
    space_enter(p, NULL);
}

void patterns_trial(Program *p, Buf *out) {
    for (size_t i = 0; i < p->files.n; i++) {
        const Space *home = p->homes.at[i];
        for (const Node *item = p->files.at[i]; item != NULL && home->pattern == NULL;
             item = item->next)
            if (item->kind == N_PATTERN && !p->sources->files.at[item->at.file].embedded &&
                !pattern_used(p, item, home))
                put_trial(p, out, item, home);
    }
}
