/* cli: remit eval. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/cli.h"

static const Option eval_options[] = {
    {"--policy", "PATH", "what it may name: tables, functions, parties (may repeat)", true},
    {"--calendar", "NAME", "the calendar of working time, such as cn.office", false},
    {"--zone", "ZONE", "the zone of wall time (default: the calendar's, else UTC)", false},
    {"--at", "DATE|INSTANT", "of which time what applies for a time is asked", false},
    {NULL, NULL, NULL, false},
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
        fail(&error);
        return NULL;
    }
    if (remit_policy_errors(policy) == 0)
        return policy;
    remit_policy_diagnostics(policy, &args->look, to_stderr(), &error);
    remit_policy_close(policy);
    *code = REMIT_FAULT;
    return NULL;
}

static int eval_one(const Args *args, RemitPolicy *policy, const char *text, size_t n, bool line) {
    RemitEvalOptions options = {.expression = {text, n}, .line = line, .at = arg(args, "--at")};
    RemitLook look = args->look;
    RemitError error;
    look.wrapped = is_terminal(2);
    look.color = look.color && look.wrapped;
    RemitStatus status = remit_eval(policy, &options, &look, to_stdout(), to_stderr(), &error);
    return status == REMIT_OK || status == REMIT_FAULT ? (int)status : fail(&error);
}

/* Each line is an expression, and gives a line. */
static int eval_lines(const Args *args, RemitPolicy *policy) {
    char *text = NULL;
    size_t room = 0;
    int worst = REMIT_OK;
    ssize_t n;
    while (worst <= REMIT_FAULT && (n = getline(&text, &room, stdin)) >= 0) {
        while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
            n--;
        size_t blank = strspn(text, " \t\r\n");
        if ((size_t)n <= blank || strncmp(text + blank, "--", 2) == 0) {
            putchar('\n'); /* nothing, or a comment */
            continue;
        }
        int code = eval_one(args, policy, text, (size_t)n, true);
        worst = code > worst ? code : worst;
    }
    bool failed = ferror(stdin) != 0;
    free(text); /* lint: free: what getline took */
    if (failed) {
        fprintf(stderr, "remit: standard input cannot be read\n");
        return REMIT_FAILED;
    }
    return worst;
}

static int run_eval(Args *args) {
    int code;
    if (args->path_count > 1)
        return usage(args, "one expression is taken; put it in quotes");
    RemitPolicy *policy = eval_policy(args, &code);
    if (policy == NULL)
        return code;
    bool lines = args->path_count == 0 || strcmp(args->paths[0], "-") == 0;
    code = lines ? eval_lines(args, policy)
                 : eval_one(args, policy, args->paths[0], strlen(args->paths[0]), false);
    remit_policy_close(policy);
    return done(code);
}

const Command command_eval = {
    "eval", "[EXPRESSION]",
    "computes an expression as a policy would\n"
    "Without an EXPRESSION, each line of standard input is one and gives a line.",
    eval_options, run_eval};
