/* cli: help, made of the commands' own tables. */
#include <stdio.h>
#include <string.h>

#include "engine/cli/cli.h"

enum { HELP_INDENT = 29, HELP_COLUMNS = 100, HELP_MOST = 2048 };

static size_t help_columns(const Args *args) {
    size_t columns = args->look.columns > 40 ? (size_t)args->look.columns : 80;
    return columns < HELP_COLUMNS ? columns : HELP_COLUMNS;
}

static bool is_wide(char c) {
    return ((unsigned char)c & 0x80) != 0;
}

/* Broken anew into lines, of which `indent` columns are blank or full already. Where the text has a
 * new line there is a blank, but none beside wide letters. */
static void put_help(const Args *args, const char *text, size_t indent) {
    char line[HELP_MOST];
    size_t n = 0;
    for (size_t i = 0; text[i] != '\0' && n < sizeof line; i++)
        if (text[i] != '\n')
            line[n++] = text[i];
        else if (!is_wide(i > 0 ? text[i - 1] : ' ') && !is_wide(text[i + 1]))
            line[n++] = ' ';
    remit_wrap((RemitText){line, n}, indent, indent, help_columns(args), to_stdout());
    putchar('\n');
}

static void help_options(const Args *args, const Option *options) {
    for (; options->name != NULL; options++) {
        char left[64];
        snprintf(left, sizeof left, "%s%s%s", options->name, options->value == NULL ? "" : " ",
                 options->value == NULL ? "" : options->value);
        printf("  %-26s ", left);
        put_help(args, said(args, options->help, options->zh), HELP_INDENT);
    }
}

int help_command(const Args *args, const Command *c) {
    const char *text = said(args, c->summary, c->zh);
    size_t first = strcspn(text, "\n");
    printf("remit %s%s%s\n\n%.*s\n", c->name, *c->operands ? " " : "", c->operands, (int)first,
           text);
    if (text[first] == '\n')
        put_help(args, text + first + 1, 0);
    putchar('\n');
    help_options(args, c->options);
    help_options(args, common);
    return done(args, REMIT_OK);
}

int help_all(const Args *args) {
    printf("%s\n\n", said(args, "remit: rules for duties, run and proved",
                          "remit：用规则写明职责，照规则运行，有据可查"));
    for (size_t i = 0; i < COMMANDS; i++) {
        const char *text = said(args, commands[i]->summary, commands[i]->zh);
        printf("  %-11s%.*s\n", commands[i]->name, (int)strcspn(text, "\n"), text);
    }
    printf("%s",
           said(args,
                "\nremit COMMAND --help tells a command's options; remit --version the version.\n"
                "Exit codes: 0 done; 1 the policy or the data is at fault; 2 the call was wrong;\n"
                "3 the ledger or the system failed.\n",
                "\nremit COMMAND --help 说明一个命令的选项；remit --version 输出版本。\n"
                "退出码：0 完成；1 政策或数据有误；2 命令用法有误；3 账本或系统出错。\n"));
    return done(args, REMIT_OK);
}
