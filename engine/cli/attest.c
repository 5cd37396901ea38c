/* cli: remit attest, remit verify. */
#include <stdio.h>
#include <string.h>

#include "engine/cli/output.h"
#include "engine/cli/proof.h"

static const Option attest_options[] = {
    {"--ledger", "DIR", "the ledger", "账本所在的文件夹", false},
    {"--key", "FILE", "the log's private key, which signs it", "日志的私钥，用来签名", false},
    {"--output", "FILE", "the attestation (default: standard output)",
     "证明文件（默认写到标准输出）", false},
    {"--from", "INDEX", "the entry it begins with (default: 0)", "从第几条开始（默认第 0 条）",
     false},
    {"--to", "INDEX", "the last entry; all that follows from its input goes with it (default: all)",
     "到第几条为止；该条输入引起的都包括在内（默认全部）", false},
    {"--checkpoint", "FILE", "one that is signed already, by witnesses too (default: one of now)",
     "用已签名的检查点，可含见证签名（默认现在新签一个）", false},
    {NULL, NULL, NULL, NULL, false},
};

static void print_attested(const Args *args, const RemitAttested *a, const char *path) {
    unsigned long long from = a->from, to = a->to;
    if (args->look.format == REMIT_JSON)
        printf("{\"attest\":[%llu,%llu],\"bytes\":%zu}\n", from, to, a->bytes);
    else
        printf(args->look.chinese ? "第 %llu 至 %llu 条  %s\n" : "entries %llu to %llu  %s\n", from,
               to, path);
}

static int run_attest(Args *args) {
    size_t from, to;
    RemitAttestOptions o = {.ledger = arg(args, "--ledger"),
                            .key = arg(args, "--key"),
                            .checkpoint = arg(args, "--checkpoint"),
                            .has_to = arg(args, "--to") != NULL};
    const char *path = arg(args, "--output");
    if (o.ledger == NULL)
        return usage(args, "which ledger? --ledger DIR", "哪个账本？--ledger DIR");
    if (o.key == NULL)
        return usage(args, "which key? --key FILE, one that remit key make has made",
                     "哪个密钥？--key FILE，由 remit key make 生成");
    if (args->path_count > 0)
        return usage(args, "\"%s\" is not expected here", "这里不应有“%s”", args->paths[0]);
    if (!arg_number(args, "--from", &from) || !arg_number(args, "--to", &to))
        return REMIT_CALL;
    o.from = from;
    o.to = to;
    Output out;
    RemitAttested attested;
    RemitError error;
    if (!output_open(&out, args, path))
        return REMIT_CALL;
    int code = (int)remit_attest(&o, out.to, &attested, &error);
    code = output_close(&out, args, code, &error);
    if (code == REMIT_OK && path != NULL && strcmp(path, "-") != 0)
        print_attested(args, &attested, path);
    return done(args, code);
}

const Command command_attest = {
    "attest",
    "--ledger DIR --key KEY --output FILE",
    "packs policy, inputs and what followed into one signed file\n"
    "remit verify FILE runs the inputs again, with no ledger at hand, and says whether what\n"
    "followed follows, whether it belongs to the signed tree of the journal, and who signed.",
    "把政策、输入和由此得出的结果装入一个签名的文件\n"
    "remit verify 文件 不需要账本：重新运行输入，说明结果是否由此得出、是否属于已签名的\n"
    "日志树，以及由谁签名。",
    attest_options,
    run_attest};

static const Option verify_options[] = {
    {"--key", "KEY", "a public key: of the log, of a witness", "公钥：日志的、见证人的", true},
    {"--checkpoint", "FILE", "a checkpoint that you have", "你所持有的检查点", true},
    {"--rotation", "FILE", "a key that gave way to another", "密钥更替的记录", true},
    {"--witnesses", "N", "so many witnesses must have signed", "须有这么多见证人签名", false},
    {"--ledger", "DIR", "a ledger in place of a file", "验证账本而不是文件", false},
    {"--unsigned", NULL, "go by the file's own key or hashes: nobody vouches for them",
     "只凭文件自己的密钥或哈希：没有人为其担保", false},
    {NULL, NULL, NULL, NULL, false},
};

static int run_verify(Args *args) {
    return verify_at(args, 0);
}

const Command command_verify = {
    "verify",
    "FILE --key KEY",
    "says whether an attestation, a journal or a proof is what was signed\n"
    "An attestation's inputs are run again: the first entry that does not follow is named, and\n"
    "so is each that was changed, dropped, added or moved.",
    "验证证明文件、日志或证明是否就是所签的\n"
    "证明文件中的输入会重新运行：指出第一条不由此得出的记录，以及被改动、删去、添加或\n"
    "移动的每一条。",
    verify_options,
    run_verify};
