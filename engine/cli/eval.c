/* cli: remit eval. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/cli.h"
#include "engine/cli/line.h"

static const Option eval_options[] = {
    {"--policy", "PATH", "what it may name: tables, functions, parties (may repeat)",
     "可用其中的声明：决策表、函数、主体（可重复）", true},
    {"--calendar", "NAME", "the calendar of working time, such as cn.office",
     "工作时间所用的日历，如 cn.office", false},
    {"--zone", "ZONE", "the zone of wall time (default: the calendar's, else UTC)",
     "时区（默认：日历的时区，没有则 UTC）", false},
    {"--at", "DATE|INSTANT", "of which time what applies for a time is asked",
     "有时效的内容，按这一时间取", false},
    {NULL, NULL, NULL, NULL, false},
};

/* Where no policy is given: the library's calendars, and no currency. */
static const char plain_policy[] = "policy \"expression\" version \"1\" { zone \"UTC\" }\n"
                                   "use std.calendar.cn\n"
                                   "use std.calendar.de\n"
                                   "use std.calendar.plain\n";

static RemitPolicy *eval_policy(const Args *args, int *code) {
    RemitPolicyOptions options = {.paths = args->policies,
                                  .path_count = args->policy_count,
                                  .zone = arg(args, "--zone"),
                                  .calendar = arg(args, "--calendar")};
    if (args->policy_count == 0) {
        options.text = (RemitText){plain_policy, sizeof plain_policy - 1};
        options.text_name = "expression";
        options.zone_of_calendar = true;
    }
    RemitPolicy *policy;
    RemitError error;
    *code = (int)remit_policy_open(&options, &policy, &error);
    if (*code != REMIT_OK) {
        fail(args, &error);
        return NULL;
    }
    if (remit_policy_errors(policy) == 0)
        return policy;
    remit_policy_diagnostics(policy, &args->look, to_stderr(), &error);
    remit_policy_close(policy);
    *code = REMIT_FAULT;
    return NULL;
}

static int eval_one(const Args *args, RemitPolicy *policy, RemitNames *names, const char *text,
                    size_t n, bool line) {
    RemitEvalOptions options = {
        .expression = {text, n}, .names = names, .line = line, .at = arg(args, "--at")};
    RemitLook look = args->look;
    RemitError error;
    look.wrapped = is_terminal(2);
    look.color = look.color && look.wrapped;
    RemitStatus status = remit_eval(policy, &options, &look, to_stdout(), to_stderr(), &error);
    return status == REMIT_OK || status == REMIT_FAULT ? (int)status : fail(args, &error);
}

static bool says_nothing(const char *text) {
    text += strspn(text, " \t\r\n");
    return *text == '\0' || strncmp(text, "--", 2) == 0; /* a comment */
}

/* Each line is an expression, and gives a line. */
static int eval_lines(const Args *args, RemitPolicy *policy, RemitNames *names) {
    char *text = NULL;
    size_t room = 0;
    int worst = REMIT_OK;
    ssize_t n;
    while (worst <= REMIT_FAULT && (n = getline(&text, &room, stdin)) >= 0) {
        while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
            n--;
        text[n] = '\0';
        if (says_nothing(text)) {
            putchar('\n');
            continue;
        }
        int code = eval_one(args, policy, names, text, (size_t)n, true);
        worst = code > worst ? code : worst;
    }
    bool failed = ferror(stdin) != 0;
    free(text); /* lint: free: what getline took */
    if (failed)
        return complain(args, REMIT_FAILED, "standard input cannot be read", "无法读取标准输入");
    return worst;
}

/* ---- at a terminal */

static const char prompt_begins[] = "An expression a line; .help tells more, .quit ends.\n";
static const char prompt_begins_zh[] = "每行一个表达式；.help 查看说明，.quit 结束。\n";
static const char prompt_help[] =
    "2 working days + 1 working day  an expression gives its value\n"
    "let x = 5% * 80 EUR             gives it a name, which later lines know\n"
    ".names                          the names given so far\n"
    ".help                           this help\n"
    ".quit                           the end; so does Ctrl-D\n"
    "The arrows move in the line and bring lines back. What a policy declares is known under\n"
    "--policy PATH, what has versions in time under --at DATE.\n";
static const char prompt_help_zh[] = "2 工作日 + 1 工作日    给出表达式的值\n"
                                     "设 甲 = 5% * 80 CNY    起个名字，后面的行可用\n"
                                     ".names                 列出起过的名字\n"
                                     ".help                  本说明\n"
                                     ".quit                  结束；Ctrl-D 也可以\n"
                                     "方向键在行内移动、找回先前的行。用 --policy PATH "
                                     "可使用政策里的声明，用 --at DATE 指定日期。\n";

static void show_names(const RemitNames *names) {
    for (size_t i = 0;; i++) {
        RemitText let = remit_name(names, i);
        if (let.size == 0)
            return;
        printf("%.*s\n", (int)let.size, let.data);
    }
}

/* A line that begins with a point is about the prompt itself; false: that it should end. */
static bool prompt_command(const Args *args, const RemitNames *names, const char *line) {
    bool chinese = args->look.chinese;
    if (strcmp(line, ".quit") == 0)
        return false;
    if (strcmp(line, ".help") == 0)
        printf("%s", chinese ? prompt_help_zh : prompt_help);
    else if (strcmp(line, ".names") == 0)
        show_names(names);
    else
        printf(chinese ? "没有 %s；.help 列出可用的\n"
                       : "there is no %s; .help lists what there is\n",
               line);
    return true;
}

/* What other prompts are left by, or asked by, without a point. */
static const char *as_command(const char *line) {
    static const char *const words[][2] = {{"quit", ".quit"}, {"exit", ".quit"}, {"退出", ".quit"},
                                           {"help", ".help"}, {"?", ".help"},    {"帮助", ".help"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(line, words[i][0]) == 0)
            return words[i][1];
    return line;
}

static int eval_prompt(const Args *args, RemitPolicy *policy, RemitNames *names) {
    LineEditor editor = {0};
    printf("%s", args->look.chinese ? prompt_begins_zh : prompt_begins);
    while (line_read(&editor, "> ")) {
        char *text = editor.text + strspn(editor.text, " ");
        for (size_t n = strlen(text); n > 0 && text[n - 1] == ' '; n--)
            text[n - 1] = '\0';
        const char *line = as_command(text);
        if (*line == '.' && !prompt_command(args, names, line))
            break;
        if (*line == '.' || says_nothing(line))
            continue;
        (void)eval_one(args, policy, names, line, strlen(line), false); /* it has said so */
        fflush(stdout);
    }
    return REMIT_OK;
}

static int eval_input(const Args *args, RemitPolicy *policy) {
    RemitNames *names;
    RemitError error;
    if (remit_names_open(&names, &error) != REMIT_OK)
        return fail(args, &error);
    bool prompt = args->path_count == 0 && is_terminal(0) && is_terminal(1) &&
                  args->look.format != REMIT_JSON;
    int code = prompt ? eval_prompt(args, policy, names) : eval_lines(args, policy, names);
    remit_names_close(names);
    return code;
}

static int run_eval(Args *args) {
    int code;
    if (args->path_count > 1)
        return usage(args, "one expression is taken; put it in quotes",
                     "只能给出一个表达式；请加上引号");
    RemitPolicy *policy = eval_policy(args, &code);
    if (policy == NULL)
        return code;
    bool input = args->path_count == 0 || strcmp(args->paths[0], "-") == 0;
    code = input ? eval_input(args, policy)
                 : eval_one(args, policy, NULL, args->paths[0], strlen(args->paths[0]), false);
    remit_policy_close(policy);
    return done(args, code);
}

const Command command_eval = {
    "eval",
    "[EXPRESSION]",
    "computes an expression as a policy would\n"
    "Without an EXPRESSION, each line of standard input is one and gives a line; at a terminal "
    "there\n"
    "is a prompt. `let NAME = EXPRESSION` gives a name, which later lines know.",
    "像政策那样计算一个表达式\n"
    "不给出 EXPRESSION 时，标准输入每行一个表达式，得出一行；在终端上有提示符。\n"
    "“设 名称 = 表达式”给值起名，后面的行可用。",
    eval_options,
    run_eval};
