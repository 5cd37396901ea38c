/* cli: remit diff. */
#include <stdio.h>

#include "engine/cli/cli.h"

static const Option diff_options[] = {
    {"--stat", NULL, "only which declarations changed", "只列出有变化的声明", false},
    {NULL, NULL, NULL, NULL, false},
};

static int compare(const Args *args, RemitPolicy *before, RemitPolicy *after) {
    RemitDiffOptions o = {.brief = arg(args, "--stat") != NULL};
    RemitError error;
    size_t changes = 0;
    int code = (int)remit_diff(before, after, &o, &args->look, to_stdout(), &changes, &error);
    if (code != REMIT_OK)
        return fail(args, &error);
    return done(args, changes > 0 ? REMIT_FAULT : REMIT_OK);
}

static int run_diff(Args *args) {
    int code;
    if (args->path_count != 2 || args->policy_count > 0)
        return usage(args, "which two policies? remit diff OLD NEW",
                     "哪两个政策？remit diff OLD NEW");
    RemitPolicy *before = open_policy(args, args->paths, 1, false, to_stderr(), &code);
    RemitPolicy *after =
        before == NULL ? NULL : open_policy(args, args->paths + 1, 1, false, to_stderr(), &code);
    if (after != NULL)
        code = compare(args, before, after);
    else if (code == REMIT_FAULT)
        code = REMIT_CALL; /* 1 says that they differ */
    remit_policy_close(before);
    remit_policy_close(after);
    return code;
}

const Command command_diff = {
    "diff",
    "OLD NEW",
    "says what changed in meaning between two policies\n"
    "OLD and NEW are each a file, a folder or a bundle. Declaration by declaration, with inputs\n"
    "that show the difference; layout, remarks and tests do not count. Exit code 0: they mean\n"
    "the same; 1: something changed; 2: one of them cannot be read or has errors.",
    "说明两份政策在含义上的差别\n"
    "OLD 和 NEW 各为文件、文件夹或编译包。逐项说明，并给出能显示差别的输入；\n"
    "排版、注释和测试不计。退出码 0：含义相同；1：有变化；2：读不了或有错误。",
    diff_options,
    run_diff};
