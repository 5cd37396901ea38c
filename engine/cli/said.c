/* cli: what is said to people, and in which language. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/cli/cli.h"

/* ---- the language */

static bool names_chinese(const char *value) {
    return strncmp(value, "zh", 2) == 0 && (value[2] == '\0' || strchr("_-.@", value[2]) != NULL);
}

/* What is printed is UTF-8: a terminal of another encoding is better off with English. */
static bool is_utf8(const char *locale) {
    const char *point = strchr(locale, '.');
    return point != NULL &&
           (strncasecmp(point + 1, "UTF-8", 5) == 0 || strncasecmp(point + 1, "UTF8", 4) == 0);
}

static const char *locale_of_messages(void) {
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && *value != '\0')
            return value;
    }
    return "";
}

/* A locale counts where somebody looks on: what a program reads, or a job writes into a file, is
 * the same everywhere. */
bool chinese_by_environment(void) {
    const char *own = getenv("REMIT_LANG");
    if (own != NULL && *own != '\0')
        return names_chinese(own);
    const char *locale = locale_of_messages();
    return is_terminal(1) && names_chinese(locale) && is_utf8(locale);
}

void set_format(Args *args, RemitFormat format) {
    args->look.format = format;
    if (format != REMIT_TEXT && !args->language_given)
        args->look.chinese = false;
}

const char *said(const Args *args, const char *en, const char *zh) {
    return args->look.chinese ? zh : en;
}

/* ---- what went wrong */

int done(const Args *args, int code) {
    if (fflush(stdout) != 0 && code == REMIT_OK)
        return complain(args, REMIT_FAILED, "the output cannot be written", "无法写出结果");
    return code;
}

int fail(const Args *args, const RemitError *error) {
    return complain(args, (int)error->status, "%s", "%s", said(args, error->text, error->chinese));
}

/* One of the two texts, which take the same list. */
static void print_said(const Args *args, const char *en, const char *zh, va_list list)
    __attribute__((format(printf, 2, 0), format(printf, 3, 0)));
static void print_said(const Args *args, const char *en, const char *zh, va_list list) {
    if (args->look.chinese)
        vfprintf(stderr, zh, list);
    else
        vfprintf(stderr, en, list);
}

int complain(const Args *args, int code, const char *en, const char *zh, ...) {
    va_list list;
    fflush(stdout);
    fprintf(stderr, "remit: ");
    va_start(list, zh);
    print_said(args, en, zh, list);
    va_end(list);
    fputc('\n', stderr);
    return code;
}

int usage(const Args *args, const char *en, const char *zh, ...) {
    const char *blank = *args->command == '\0' ? "" : " ";
    va_list list;
    fflush(stdout);
    fprintf(stderr, "remit%s%s: ", blank, args->command);
    va_start(list, zh);
    print_said(args, en, zh, list);
    va_end(list);
    fprintf(stderr, "\n%sremit%s%s --help\n", said(args, "Try: ", "请看："), blank, args->command);
    return REMIT_CALL;
}
