/* cli: remit completion: what shells need to complete a call, made of the commands' own tables. */
#include <stdio.h>
#include <string.h>

#include "engine/cli/cli.h"

static const Option completion_options[] = {
    {NULL, NULL, NULL, NULL, false},
};

/* What may stand where a value or an operand does. */
typedef enum Kind { KIND_NONE, KIND_WORDS, KIND_FILES, KIND_FOLDERS } Kind;

/* Operands that are words; those of other commands are files, or nothing that a shell could know.
 */
static const struct {
    const char *command, *words;
} operand_words[] = {
    {"show", "duties|timers|rejected|unmatched|people|approvals|kpis|entities|schedule|waiting|"
             "rotation|policy|digest"},
    {"log", "effects"},
    {"completion", "bash|zsh|fish"},
};

static const char *words_of(const Command *c) {
    for (size_t i = 0; i < sizeof operand_words / sizeof *operand_words; i++)
        if (strcmp(operand_words[i].command, c->name) == 0)
            return operand_words[i].words;
    return "";
}

static Kind operands_kind(const Command *c) {
    if (*words_of(c) != '\0')
        return KIND_WORDS;
    return strstr(c->operands, "DIR]") != NULL ? KIND_FOLDERS
           : strstr(c->operands, "PATH") != NULL || strstr(c->operands, "FILE") != NULL ? KIND_FILES
                                                                                        : KIND_NONE;
}

static Kind value_kind(const char *value) {
    bool words = value[0] >= 'a' && value[0] <= 'z' && strchr(value, '|') != NULL;
    if (words)
        return KIND_WORDS;
    if (strcmp(value, "DIR") == 0)
        return KIND_FOLDERS;
    bool files = strcmp(value, "PATH") == 0 || strstr(value, "FILE") != NULL;
    return files ? KIND_FILES : KIND_NONE;
}

/* Words that stand in a table with `|` between them, with blanks. */
static void put_words(const char *words) {
    for (; *words != '\0'; words++)
        putchar(*words == '|' ? ' ' : *words);
}

/* Help in one line, between single quotes; `marks` get a backslash. */
static void put_help(const char *text, size_t n, const char *marks) {
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\n' || text[i] == ' ') {
            if (i > 0 && text[i - 1] != ' ' && text[i - 1] != '\n')
                putchar(' ');
        } else if (text[i] == '\'') {
            printf("'\\''");
        } else {
            if (strchr(marks, text[i]) != NULL)
                putchar('\\');
            putchar(text[i]);
        }
    }
}

static size_t first_line(const char *text) {
    return strcspn(text, "\n");
}

/* The options of a command, then those of every command. */
static const Option *option_at(const Command *c, size_t i) {
    size_t own = 0;
    while (c->options[own].name != NULL)
        own++;
    const Option *o = i < own ? &c->options[i] : &common[i - own];
    return o->name == NULL ? NULL : o;
}

/* ---- bash */

static void bash_value(const Command *c, const Option *o) {
    printf("    '%s %s') ", c->name, o->name);
    switch (value_kind(o->value)) {
    case KIND_WORDS:
        printf("_remit_words '");
        put_words(o->value);
        printf("'; ");
        break;
    case KIND_FILES:
        printf("_remit_paths -f; ");
        break;
    case KIND_FOLDERS:
        printf("_remit_paths -d; ");
        break;
    case KIND_NONE:
        break;
    }
    printf("return ;;\n");
}

static void bash_options(const Command *c) {
    const Option *o;
    printf("        %s) _remit_words '", c->name);
    for (size_t i = 0; (o = option_at(c, i)) != NULL; i++)
        printf("%s%s", i == 0 ? "" : " ", o->name);
    printf("' ;;\n");
}

static void bash_operands(const Command *c) {
    Kind kind = operands_kind(c);
    if (kind == KIND_NONE)
        return;
    printf("    %s) ", c->name);
    if (kind == KIND_WORDS) {
        printf("_remit_words '");
        put_words(words_of(c));
        printf("' ;;\n");
    } else {
        printf("_remit_paths -%c ;;\n", kind == KIND_FILES ? 'f' : 'd');
    }
}

static void bash(void) {
    printf("# Completion of remit for bash, as `remit completion bash` prints it.\n"
           "_remit_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\"); }\n"
           "_remit_paths() {\n"
           "    compopt -o filenames 2>/dev/null\n"
           "    mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$cur\")\n"
           "}\n"
           "_remit() {\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
           "    COMPREPLY=()\n"
           "    # bash takes --name=value apart\n"
           "    if [ \"$cur\" = = ]; then cur=; fi\n"
           "    if [ \"$prev\" = = ]; then prev=${COMP_WORDS[COMP_CWORD - 2]}; fi\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        _remit_words '");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("%s ", commands[i]->name);
    printf("--help --version'\n        return\n    fi\n"
           "    case \"${COMP_WORDS[1]} $prev\" in\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        const Option *o;
        for (size_t k = 0; (o = option_at(commands[i], k)) != NULL; k++)
            if (o->value != NULL)
                bash_value(commands[i], o);
    }
    printf("    esac\n    case $cur in\n    -*)\n        case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < COMMANDS; i++)
        bash_options(commands[i]);
    printf("        esac\n        return\n        ;;\n    esac\n    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < COMMANDS; i++)
        bash_operands(commands[i]);
    printf("    esac\n}\ncomplete -F _remit remit\n");
}

/* ---- zsh */

static void zsh_kind(Kind kind, const char *words) {
    switch (kind) {
    case KIND_WORDS:
        printf("(");
        put_words(words);
        printf(")");
        break;
    case KIND_FILES:
        printf("_files");
        break;
    case KIND_FOLDERS:
        printf("_files -/");
        break;
    case KIND_NONE:
        printf(" ");
        break;
    }
}

static void zsh_option(const Option *o) {
    printf(" \\\n            '%s%s%s[", o->many ? "*" : "", o->name, o->value == NULL ? "" : "=");
    put_help(o->help, strlen(o->help), "[]:\\");
    printf("]");
    if (o->value != NULL) {
        printf("%s:value:", o->value[0] == '[' ? ":" : "");
        zsh_kind(value_kind(o->value), o->value);
    }
    printf("'");
}

static void zsh(void) {
    printf("#compdef remit\n# Completion of remit for zsh, as `remit completion zsh` prints it.\n"
           "_remit() {\n    local -a names\n    if (( CURRENT == 2 )); then\n        names=(\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        printf("            '%s:", commands[i]->name);
        put_help(commands[i]->summary, first_line(commands[i]->summary), ":\\");
        printf("'\n");
    }
    printf("        )\n        _describe command names\n        return\n    fi\n"
           "    shift words\n    (( CURRENT-- ))\n    case $words[1] in\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        const Option *o;
        printf("    %s)\n        _arguments", commands[i]->name);
        for (size_t k = 0; (o = option_at(commands[i], k)) != NULL; k++)
            zsh_option(o);
        printf(" \\\n            '*:operand:");
        zsh_kind(operands_kind(commands[i]), words_of(commands[i]));
        printf("'\n        ;;\n");
    }
    printf("    esac\n}\n_remit \"$@\"\n");
}

/* ---- fish */

static void fish_kind(Kind kind, const char *words, bool value) {
    switch (kind) {
    case KIND_WORDS:
        printf("%s -a '", value ? " -x" : "");
        put_words(words);
        printf("'");
        break;
    case KIND_FILES:
        printf("%s -F", value ? " -r" : "");
        break;
    case KIND_FOLDERS:
        printf("%s -a '(__fish_complete_directories)'", value ? " -x" : "");
        break;
    case KIND_NONE:
        printf("%s", value ? " -x" : "");
        break;
    }
}

static void fish_command(const Command *c) {
    const Option *o;
    for (size_t i = 0; (o = option_at(c, i)) != NULL; i++) {
        printf("complete -c remit -n '__remit_is %s' -l %s", c->name, o->name + 2);
        if (o->value != NULL && o->value[0] != '[')
            fish_kind(value_kind(o->value), o->value, true);
        printf(" -d '");
        put_help(o->help, strlen(o->help), "\\");
        printf("'\n");
    }
    if (operands_kind(c) == KIND_NONE)
        return;
    printf("complete -c remit -n '__remit_is %s'", c->name);
    fish_kind(operands_kind(c), words_of(c), false);
    printf("\n");
}

static void fish(void) {
    printf("# Completion of remit for fish, as `remit completion fish` prints it.\n"
           "function __remit_is\n    set -l words (commandline -opc)\n"
           "    test (count $words) -ge 2; and test $words[2] = $argv[1]\nend\n"
           "function __remit_bare\n    test (count (commandline -opc)) -eq 1\nend\n"
           "complete -c remit -f\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        printf("complete -c remit -n __remit_bare -a %s -d '", commands[i]->name);
        put_help(commands[i]->summary, first_line(commands[i]->summary), "\\");
        printf("'\n");
    }
    for (size_t i = 0; i < COMMANDS; i++)
        fish_command(commands[i]);
}

static int run_completion(Args *args) {
    static const struct {
        const char *name;
        void (*print)(void);
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    if (args->path_count != 1)
        return usage(args, "for which shell? bash, zsh or fish", "为哪个 shell？bash、zsh 或 fish");
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(args->paths[0], shells[i].name) == 0) {
            shells[i].print();
            return done(args, REMIT_OK);
        }
    return usage(args, "\"%s\" is none of bash, zsh, fish", "“%s”不是 bash、zsh、fish 之一",
                 args->paths[0]);
}

const Command command_completion = {
    "completion",
    "bash|zsh|fish",
    "prints what a shell needs to complete commands and options\n"
    "In bash: eval \"$(remit completion bash)\". `./dev install` puts all three where shells look.",
    "输出 shell 补全命令和选项所需的内容\n"
    "bash 中：eval \"$(remit completion bash)\"。`./dev install` 会把三种都装好。",
    completion_options,
    run_completion};
