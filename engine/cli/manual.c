/* cli: remit manual: the manual pages, made of the commands' own tables. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/cli/cli.h"

static const Option manual_options[] = {
    {NULL, NULL, NULL, NULL, false},
};

/* A text as roff reads it: what would be a mark is escaped, blanks at the beginning of lines go. */
static void put_roff(const char *text, size_t n) {
    bool begins = true;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (begins && c == ' ')
            continue;
        if (begins && (c == '.' || c == '\''))
            printf("\\&");
        begins = c == '\n';
        switch (c) {
        case '\\':
            printf("\\e");
            break;
        case '-':
            printf("\\-");
            break;
        case '\'':
            printf("\\(aq");
            break;
        case '`':
            printf("\\(ga");
            break;
        case '^':
            printf("\\(ha");
            break;
        case '~':
            printf("\\(ti");
            break;
        case '"':
            printf("\\(dq");
            break;
        default:
            putchar(c);
            break;
        }
    }
}

static void put_line(const char *text) {
    put_roff(text, strlen(text));
    putchar('\n');
}

static size_t first_line(const char *text) {
    return strcspn(text, "\n");
}

static void put_upper(const char *text) {
    for (; *text != '\0'; text++)
        putchar(toupper((unsigned char)*text));
}

static void put_title(const char *name) {
    printf(".\\\" As `remit manual` prints it.\n.TH REMIT%s", *name == '\0' ? "" : "\\-");
    put_upper(name);
    printf(" 1 \"\" \"remit %s\" \"User commands\"\n.nh\n.ad l\n", remit_version());
}

static void put_options(const Option *options) {
    for (; options->name != NULL; options++) {
        printf(".TP\n\\fB");
        put_roff(options->name, strlen(options->name));
        printf("\\fR");
        if (options->value != NULL) {
            printf(" \\fI");
            put_roff(options->value, strlen(options->value));
            printf("\\fR");
        }
        putchar('\n');
        put_line(options->help);
        if (options->many && strstr(options->help, "may repeat") == NULL)
            printf("It may repeat.\n");
    }
}

static void put_exit_codes(void) {
    static const char *const codes[] = {"done", "the policy or the data is at fault",
                                        "the call was wrong", "the ledger or the system failed"};
    printf(".SH EXIT STATUS\n");
    for (int i = 0; i < 4; i++) {
        printf(".TP\n%d\n", i);
        put_line(codes[i]);
    }
}

static void page_of_command(const Command *c) {
    put_title(c->name);
    printf(".SH NAME\nremit\\-%s \\- ", c->name);
    put_roff(c->summary, first_line(c->summary));
    printf("\n.SH SYNOPSIS\n\\fBremit %s\\fR", c->name);
    if (*c->operands != '\0') {
        putchar(' ');
        put_roff(c->operands, strlen(c->operands));
    }
    putchar('\n');
    const char *more = c->summary + first_line(c->summary);
    if (*more == '\n') {
        printf(".SH DESCRIPTION\n");
        put_line(more + 1);
    }
    printf(".SH OPTIONS\n");
    put_options(c->options);
    put_options(common);
    put_exit_codes();
    printf(".SH SEE ALSO\n.BR remit (1)\n");
}

static void page_of_all(void) {
    put_title("");
    printf(
        ".SH NAME\nremit \\- rules for duties, run and proved\n"
        ".SH SYNOPSIS\n\\fBremit\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]... "
        "[\\fIOPERAND\\fR]...\n.br\n"
        "\\fBremit \\-\\-version\\fR\n.br\n\\fBremit\\fR \\fICOMMAND\\fR \\fB\\-\\-help\\fR\n"
        ".SH DESCRIPTION\n"
        "Remit is a language for what an organisation owes: duties, approvals, decision tables,\n"
        "escalation and KPIs. A policy is text in files that end in .remit. It is checked, "
        "tested,\n"
        "and run over events against a ledger, which keeps all that came in and followed and can\n"
        "tell why. The same events give the same record.\n"
        ".SH COMMANDS\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        const Command *c = commands[i];
        printf(".TP\n\\fB%s\\fR", c->name);
        if (*c->operands != '\0') {
            putchar(' ');
            put_roff(c->operands, strlen(c->operands));
        }
        putchar('\n');
        put_roff(c->summary, first_line(c->summary));
        putchar('\n');
    }
    printf(".SH OPTIONS\nOf every command:\n");
    put_options(common);
    put_exit_codes();
    printf(".SH ENVIRONMENT\n.TP\nNO_COLOR\nnot empty: no colours\n.TP\nCOLUMNS\n"
           "the width of the output where there is no terminal\n.TP\nREMIT_LANG\n"
           "en or zh: the language of messages where \\-\\-lang does not say, but not of JSON\n"
           ".TP\nLC_ALL, LC_MESSAGES, LANG\n"
           "where REMIT_LANG does not say and standard output is a terminal: a Chinese locale of "
           "UTF\\-8\ngives Chinese\n.SH SEE ALSO\n");
    for (size_t i = 0; i < COMMANDS; i++)
        printf(".BR remit\\-%s (1)%s\n", commands[i]->name, i + 1 < COMMANDS ? "," : "");
}

static int run_manual(Args *args) {
    if (args->path_count > 1)
        return usage(args, "one command is taken", "只能给出一个命令");
    const Command *c = args->path_count == 0 ? NULL : command_find(args->paths[0]);
    if (c == NULL && args->path_count > 0)
        return usage(args, "there is no command \"%s\"", "没有命令“%s”", args->paths[0]);
    if (is_terminal(STDOUT_FILENO)) /* roff is for programs: the help says the same */
        return help_shown(args, c);
    if (c == NULL)
        page_of_all();
    else
        page_of_command(c);
    return done(args, REMIT_OK);
}

const Command command_manual = {
    "manual",
    "[COMMAND]",
    "prints a manual page, of remit or of one of its commands\n"
    "To read it: remit manual run | man -l -. `./dev install` puts all where man looks.",
    "输出 remit 或其中一个命令的手册页（英文）\n"
    "阅读：remit manual run | man -l -。`./dev install` 会装到 man 能找到的地方。",
    manual_options,
    run_manual};
