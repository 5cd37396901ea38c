/* cli: remit book. */
#include <stdlib.h>
#include <string.h>

#include "engine/cli/cli.h"
#include "engine/cli/output.h"

static const Option book_options[] = {
    {"--policy", "PATH", "files, folders or a bundle; may repeat",
     "政策：文件、文件夹或编译包；可重复", true},
    {"--markdown", NULL, "Markdown instead of a page of HTML", "改为输出 Markdown，不输出 HTML",
     false},
    {"--output", "FILE", "the file that is written; default standard output",
     "写入的文件；默认标准输出", false},
    {NULL, NULL, NULL, NULL, false},
};

static int write_book(Args *args, RemitPolicy *policy, const RemitBookOptions *o) {
    Output out;
    RemitError error;
    if (!output_open(&out, args, arg(args, "--output")))
        return REMIT_FAILED;
    int code = (int)remit_book(policy, o, &args->look, out.to, &error);
    return output_close(&out, args, code, &error);
}

static int run_book(Args *args) {
    RemitBookOptions o = {.markdown = arg(args, "--markdown") != NULL};
    int code = REMIT_OK;
    if (args->path_count > 0)
        return usage(args, "\"%s\" is not expected here; the policy is --policy PATH",
                     "这里不应有“%s”；政策由 --policy PATH 给出", args->paths[0]);
    if (args->policy_count == 0)
        return usage(args, "which policy? --policy PATH", "哪个政策？--policy PATH");
    RemitPolicy *policy =
        open_policy(args, args->policies, args->policy_count, false, to_stderr(), &code);
    if (policy == NULL)
        return code;
    code = write_book(args, policy, &o);
    remit_policy_close(policy);
    return code;
}

const Command command_book = {
    "book",
    "--policy PATH [--output FILE]",
    "writes the policy for the people whom it binds\n"
    "One page of HTML that stands alone, or Markdown: who owes what and by when, ladders,\n"
    "approvals, tables, KPIs, the organisation, calendars, an index of names and the\n"
    "source. --lang says in which language.",
    "把政策写成手册，供受其约束的人阅读\n"
    "一个独立的 HTML 页面，或 Markdown：谁负责什么、何时到期，升级、审批、决策表、\n"
    "指标、组织、日历、名称索引和源文件。--lang 指定语言。",
    book_options,
    run_book};
