/* cli: remit key: keys that sign, and how one gives way to the next. */
#include <stdio.h>
#include <string.h>

#include "engine/cli/cli.h"
#include "engine/cli/output.h"

static const Option options[] = {
    {"--name", "NAME", "of a new key: its name, as example.com/complaints",
     "新密钥的名称，如 example.com/complaints", false},
    {"--witness", NULL, "of a new key: for a witness, not for a log",
     "新密钥供见证人使用，而非日志", false},
    {"--from", "SIZE", "of a rotation: the new key signs from so many entries on",
     "更换：从多少条起由新密钥签名", false},
    {"--out", "FILE", "of a rotation: the file that is written", "更换：写入的文件", false},
    {NULL, NULL, NULL, NULL, false},
};

static int make(Args *args) {
    const char *name = arg(args, "--name");
    RemitError error;
    if (args->path_count != 2)
        return usage(args, "which file? remit key make FILE --name NAME",
                     "哪个文件？remit key make FILE --name NAME");
    if (name == NULL)
        return usage(args, "which name? --name NAME, as example.com/complaints",
                     "什么名称？--name NAME，如 example.com/complaints");
    int code = (int)remit_key_make(args->paths[1], name, arg(args, "--witness") != NULL, &error);
    if (code != REMIT_OK)
        return fail(args, &error);
    char public[4096 + 8];
    snprintf(public, sizeof public, "%s.pub", args->paths[1]);
    code = (int)remit_key_show(public, &args->look, to_stdout(), &error);
    return code == REMIT_OK ? done(args, code) : fail(args, &error);
}

static int show(Args *args) {
    RemitError error;
    if (args->path_count != 2)
        return usage(args, "which key? remit key show FILE", "哪个密钥？remit key show FILE");
    int code = (int)remit_key_show(args->paths[1], &args->look, to_stdout(), &error);
    return code == REMIT_OK ? done(args, code) : fail(args, &error);
}

static int rotate(Args *args) {
    size_t from;
    Output out;
    RemitError error;
    if (args->path_count != 3)
        return usage(args, "which keys? remit key rotate OLD NEW --from SIZE",
                     "哪些密钥？remit key rotate OLD NEW --from SIZE");
    if (arg(args, "--from") == NULL)
        return usage(args, "from how many entries on? --from SIZE", "从多少条起？--from SIZE");
    if (!arg_number(args, "--from", &from) || !output_open(&out, args, arg(args, "--out")))
        return REMIT_CALL;
    int code = (int)remit_key_rotate(args->paths[1], args->paths[2], from, out.to, &error);
    return output_close(&out, args, code, &error);
}

static int run_key(Args *args) {
    static const struct {
        const char *name;
        int (*run)(Args *args);
    } tasks[] = {{"make", make}, {"show", show}, {"rotate", rotate}};
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
        if (args->path_count > 0 && strcmp(args->paths[0], tasks[i].name) == 0)
            return tasks[i].run(args);
    return usage(args, "what? make, show or rotate", "做什么？make、show 或 rotate");
}

const Command command_key = {
    "key",
    "make FILE | show KEY | rotate OLD NEW",
    "makes and shows the keys that sign checkpoints\n"
    "make writes FILE, which only its owner may read, and FILE.pub. KEY, OLD and NEW are such\n"
    "files; of KEY and NEW the public one is enough. rotate prints the note by which OLD gives\n"
    "way to NEW.",
    "生成和查看为检查点签名的密钥\n"
    "make 写出 FILE（只有其所有者可读）和 FILE.pub。KEY、OLD、NEW 是这样的文件；\n"
    "KEY 和 NEW 用公钥即可。rotate 输出 OLD 让位给 NEW 的签名说明。",
    options,
    run_key};
