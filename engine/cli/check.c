/* cli: remit check, build, disasm and explain. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/cli/output.h"

static const Option check_options[] = {
    {"--fix", NULL, "first write into the files what can only have been meant so",
     "先改好只可能有一种本意之处", false},
    {"--format", "text|json|sarif", "form of the diagnostics", "诊断的格式", false},
    {NULL, NULL, NULL, NULL, false},
};

typedef struct CountRow {
    size_t n;
    const char *one, *many, *zh;
} CountRow;

/* "ok: 1 duty, 2 events": what there is none of is left out. */
static void print_counts(const RemitPolicyCounts *n, bool chinese) {
    const CountRow rows[] = {{n->duties, "duty", "duties", "项职责"},
                             {n->approvals, "approval", "approvals", "项审批"},
                             {n->kpis, "KPI", "KPIs", "个指标"},
                             {n->rules, "rule", "rules", "条规则"},
                             {n->tables, "table", "tables", "张决策表"},
                             {n->functions, "function", "functions", "个函数"},
                             {n->entities, "entity", "entities", "种档案"},
                             {n->feeds, "feed", "feeds", "个导入"},
                             {n->events, "event", "events", "种事件"},
                             {n->tests, "test", "tests", "个测试"}};
    const char *begin = chinese ? "通过：" : "ok: ", *before = begin;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].n == 0)
            continue;
        printf("%s%zu %s", before, rows[i].n,
               chinese          ? rows[i].zh
               : rows[i].n == 1 ? rows[i].one
                                : rows[i].many);
        before = chinese ? "，" : ", ";
    }
    if (before == begin)
        printf("%s", chinese ? "通过" : "ok");
    if (n->allowed > 0 && chinese)
        printf("（允许了 %zu 条警告）", n->allowed);
    else if (n->allowed > 0)
        printf(" (%zu warning%s allowed)", n->allowed, n->allowed == 1 ? "" : "s");
    printf("\n");
}

static void print_fixed(void *ctx, const RemitFixed *fixed) {
    const Args *args = ctx;
    bool chinese = args->look.chinese;
    fprintf(stderr, "%s%.*s:%zu%s%.*s -> %.*s\n", chinese ? "改好 " : "mended ",
            (int)fixed->path.size, fixed->path.data, fixed->line, chinese ? "：" : ": ",
            (int)fixed->before.size, fixed->before.data, (int)fixed->after.size, fixed->after.data);
}

static int run_check(Args *args) {
    const char *format = arg(args, "--format");
    if (args->path_count == 0)
        return usage(args, "which files? give files, folders or both",
                     "哪些文件？请给出文件或文件夹");
    if (format != NULL && strcmp(format, "sarif") == 0)
        set_format(args, REMIT_SARIF);
    else if (format != NULL && strcmp(format, "json") == 0)
        set_format(args, REMIT_JSON);
    else if (format != NULL && strcmp(format, "text") != 0)
        return usage(args, "--format: \"%s\" is none of text, json, sarif",
                     "--format：“%s”不是 text、json、sarif 之一", format);
    int code;
    if (arg(args, "--fix") != NULL) {
        RemitFixOptions fix = {.paths = args->paths,
                               .path_count = args->path_count,
                               .fixed = print_fixed,
                               .ctx = args};
        RemitError error;
        code = (int)remit_fix(&fix, &error);
        if (code != REMIT_OK)
            return fail(args, &error);
    }
    RemitPolicy *policy =
        open_policy(args, args->paths, args->path_count, false, to_stdout(), &code);
    if (policy == NULL)
        return done(args, code);
    RemitPolicyCounts n = remit_policy_counts(policy);
    if (args->look.format == REMIT_TEXT)
        print_counts(&n, args->look.chinese);
    remit_policy_close(policy);
    return done(args, REMIT_OK);
}

const Command command_check = {
    "check",
    "PATH...",
    "reads a policy and says what is wrong with it\n"
    "PATHs are files or folders (all *.remit in them); together they are one policy.",
    "读入政策，指出其中的错误\n"
    "PATH 是文件或文件夹（其中所有 *.remit）；合在一起是一个政策。",
    check_options,
    run_check};

static const Option build_options[] = {
    {"--output", "FILE", "the bundle (default: policy.remitc)", "编译包（默认 policy.remitc）",
     false},
    {"--sign", "KEY", "sign it with this private key, into FILE.sig beside it",
     "用此私钥签名，写入旁边的 FILE.sig", false},
    {NULL, NULL, NULL, NULL, false},
};

static int write_file(const Args *args, const char *path, RemitText bytes) {
    Output out;
    RemitError error = {.status = REMIT_OK};
    if (!output_open(&out, args, path))
        return REMIT_CALL;
    bool written = out.to.write(out.to.ctx, bytes.data, bytes.size) == 0;
    if (!written)
        snprintf(error.text, sizeof error.text, "%s: cannot be written", path);
    return output_close(&out, args, written ? REMIT_OK : REMIT_FAILED, &error);
}

/* BUNDLE.sig, beside the bundle. */
static int write_signature(const Args *args, const RemitPolicy *policy, const char *bundle) {
    char path[4096];
    Output out;
    RemitError error;
    int n = snprintf(path, sizeof path, "%s.sig", bundle);
    if (n < 0 || (size_t)n >= sizeof path)
        return complain(args, REMIT_CALL, "%s: the path is too long", "%s：路径太长", bundle);
    if (!output_open(&out, args, path))
        return REMIT_CALL;
    int code = (int)remit_policy_sign(policy, arg(args, "--sign"), out.to, &error);
    return output_close(&out, args, code, &error);
}

static int run_build(Args *args) {
    if (args->path_count == 0)
        return usage(args, "which files? give files, folders or both",
                     "哪些文件？请给出文件或文件夹");
    if (arg(args, "--sign") != NULL && arg(args, "--output") != NULL &&
        strcmp(arg(args, "--output"), "-") == 0)
        return usage(args, "--sign writes beside the bundle: give --output FILE",
                     "--sign 写在编译包旁边：请给出 --output 文件");
    int code;
    RemitPolicy *policy =
        open_policy(args, args->paths, args->path_count, false, to_stderr(), &code);
    if (policy == NULL)
        return code;
    const char *output = arg(args, "--output") == NULL ? "policy.remitc" : arg(args, "--output");
    bool is_signed = arg(args, "--sign") != NULL;
    RemitText bytes;
    RemitError error;
    char name[65];
    code = (int)remit_policy_bundle(policy, &bytes, name, &error);
    if (code == REMIT_OK)
        code = write_file(args, output, bytes);
    if (code == REMIT_OK && is_signed)
        code = write_signature(args, policy, output);
    if (code == REMIT_OK && args->look.format == REMIT_JSON && strcmp(output, "-") != 0)
        printf("{\"bundle\":\"%s\",\"bytes\":%zu,\"sha256\":\"%s\"}\n", output, bytes.size, name);
    else if (code == REMIT_OK && strcmp(output, "-") != 0)
        printf("%s  %s\n", name, output);
    remit_policy_close(policy);
    return done(args, code);
}

const Command command_build = {
    "build",
    "PATH...",
    "compiles a policy into a bundle, named by its SHA-256\n"
    "The bundle carries bytecode, tables, calendars, zone rules and the sources.",
    "把政策编译成包，以其 SHA-256 为名\n"
    "编译包带有字节码、决策表、日历、时区规则和源文件。",
    build_options,
    run_build};

static const Option no_options[] = {{NULL, NULL, NULL, NULL, false}};

static const Option disasm_options[] = {
    {"--reference", NULL, "print what each instruction does instead", "改为说明每条指令的作用",
     false},
    {NULL, NULL, NULL, NULL, false},
};

static int run_disasm(Args *args) {
    RemitError error;
    if (arg(args, "--reference") != NULL) {
        if (args->path_count > 0)
            return usage(args, "--reference is about all policies: give no path with it",
                         "--reference 与具体的政策无关：不要再给出路径");
        int code = (int)remit_instructions(to_stdout(), &error);
        return code == REMIT_OK ? done(args, code) : fail(args, &error);
    }
    if (args->path_count == 0)
        return usage(args, "which policy? give files, folders or a bundle",
                     "哪个政策？请给出文件、文件夹或编译包");
    int code;
    RemitPolicy *policy =
        open_policy(args, args->paths, args->path_count, false, to_stderr(), &code);
    if (policy == NULL)
        return code;
    code = (int)remit_policy_disassemble(policy, to_stdout(), &error);
    remit_policy_close(policy);
    return code == REMIT_OK ? done(args, code) : fail(args, &error);
}

const Command command_disasm = {"disasm",
                                "PATH...",
                                "prints the bytecode of a policy, function by function",
                                "逐个函数输出政策的字节码",
                                disasm_options,
                                run_disasm};

static int run_explain(Args *args) {
    if (args->path_count != 1)
        return usage(args, "which code? give one, such as E0203", "哪个代码？请给出一个，如 E0203");
    RemitError error;
    RemitLook look = args->look;
    look.wrapped = is_terminal(STDOUT_FILENO);
    look.color = look.color && look.wrapped;
    int code = (int)remit_explain(args->paths[0], &look, to_stdout(), &error);
    return code == REMIT_OK ? done(args, code) : fail(args, &error);
}

const Command command_explain = {
    "explain",
    "CODE",
    "tells what a diagnostic's code means, with an example and its cure",
    "说明诊断代码的含义，附例子和改法",
    no_options,
    run_explain};
