/* cli: remit tree. */
#include "engine/cli/cli.h"

static const Option tree_options[] = {{NULL, NULL, NULL, NULL, false}};

static int run_tree(Args *args) {
    if (args->path_count == 0)
        return usage(args, "which files? give files, folders or both; - is standard input",
                     "哪些文件？请给出文件或文件夹；- 为标准输入");
    RemitError error;
    int code = (int)remit_tree(args->paths, args->path_count, &args->look, to_stdout(), &error);
    return code == REMIT_OK ? done(args, code) : fail(args, &error);
}

const Command command_tree = {
    "tree",
    "PATH...",
    "prints the tree of each file, for editors: outlines, folding\n"
    "As the parser reads it, with names and places; what it cannot read is passed over.\n"
    "With --json an object a file.",
    "输出各文件的语法树，供编辑器作大纲与折叠\n"
    "与解析所得一致，带名称与位置；读不了的部分略过。用 --json 时每个文件一个对象。",
    tree_options,
    run_tree};
