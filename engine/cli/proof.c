/* cli: what `remit log` does to prove a journal: export, checkpoint, cosign, prove, verify. */
#include "engine/cli/proof.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/cli/output.h"

static int lacks_ledger(Args *args) {
    return usage(args, "which ledger? --ledger DIR", "哪个账本？--ledger DIR");
}

static int export(Args *args) {
    Output out;
    RemitError error;
    if (args->path_count > 2)
        return usage(args, "one file is written, or without one standard output",
                     "只写一个文件；不给出则写到标准输出");
    if (arg(args, "--ledger") == NULL)
        return lacks_ledger(args);
    const char *path = args->path_count == 2 ? args->paths[1] : arg(args, "--out");
    if (!output_open(&out, args, path))
        return REMIT_CALL;
    int code = (int)remit_export(arg(args, "--ledger"), out.to, &error);
    if (code != REMIT_FAULT)
        return output_close(&out, args, code, &error);
    int kept = output_close(&out, args, REMIT_OK, &error); /* a damaged ledger is evidence too */
    return kept == REMIT_OK ? fail(args, &error) : kept;
}

int checkpoint_write(Args *args, const char *ledger, const char *key, const char *path) {
    Output out;
    RemitError error;
    if (!output_open(&out, args, path))
        return REMIT_CALL;
    int code = (int)remit_checkpoint(ledger, key, out.to, &error);
    return output_close(&out, args, code, &error);
}

static int checkpoint(Args *args) {
    const char *keys[CLI_PATHS];
    if (args->path_count > 1)
        return usage(args, "\"%s\" is not expected here", "这里不应有“%s”", args->paths[1]);
    if (arg(args, "--ledger") == NULL)
        return lacks_ledger(args);
    if (arg_list(args, "--key", keys) != 1)
        return usage(args, "which key? --key FILE, one that remit key make has made",
                     "哪个密钥？--key FILE，由 remit key make 生成");
    return checkpoint_write(args, arg(args, "--ledger"), keys[0], arg(args, "--out"));
}

static int cosign(Args *args) {
    Output out;
    RemitError error;
    const char *keys[CLI_PATHS];
    if (args->path_count != 2)
        return usage(args, "which checkpoint? remit log cosign CHECKPOINT --key FILE --log KEY",
                     "哪个检查点？remit log cosign CHECKPOINT --key FILE --log KEY");
    if (arg_list(args, "--key", keys) != 1)
        return usage(args, "which key? --key FILE, of a witness",
                     "哪个密钥？--key FILE，见证人的密钥");
    if (arg(args, "--log") == NULL)
        return usage(args, "of which log? --log KEY, its public key",
                     "哪个日志？--log KEY，它的公钥");
    RemitCosignOptions o = {.checkpoint = args->paths[1],
                            .key = keys[0],
                            .log = arg(args, "--log"),
                            .proof = arg(args, "--proof"),
                            .journal = arg(args, "--journal"),
                            .ledger = arg(args, "--ledger"),
                            .at = arg(args, "--at"),
                            .seconds = (uint64_t)time(NULL)};
    if (!output_open(&out, args, arg(args, "--out")))
        return REMIT_CALL;
    int code = (int)remit_cosign(&o, out.to, &error);
    return output_close(&out, args, code, &error);
}

static int prove(Args *args) {
    Output out;
    RemitError error;
    const char *checkpoints[CLI_PATHS];
    size_t count = arg_list(args, "--checkpoint", checkpoints), number, size;
    bool inclusion = args->path_count == 2 && strcmp(args->paths[1], "inclusion") == 0;
    bool consistency = args->path_count == 2 && strcmp(args->paths[1], "consistency") == 0;
    const char *of = inclusion ? "--index" : "--from", *to = inclusion ? "--size" : "--to";
    if (!inclusion && !consistency)
        return usage(args, "prove what? inclusion --index N, or consistency --from SIZE",
                     "证明什么？inclusion --index N，或 consistency --from SIZE");
    if (arg(args, "--ledger") == NULL)
        return lacks_ledger(args);
    if (arg(args, of) == NULL)
        return usage(args, inclusion ? "which entry? --index N" : "from which size? --from SIZE",
                     inclusion ? "哪一条？--index N" : "从多少条起？--from SIZE");
    if (!arg_number(args, of, &number) || !arg_number(args, to, &size))
        return REMIT_CALL;
    if (count > 1 || (count == 1 && arg(args, to) != NULL))
        return usage(args, "one tree: %s SIZE, or one --checkpoint FILE",
                     "只能有一棵树：%s SIZE，或一个 --checkpoint FILE", to);
    RemitProveOptions o = {.ledger = arg(args, "--ledger"),
                           .consistency = consistency,
                           .number = number,
                           .has_size = arg(args, to) != NULL,
                           .size = size,
                           .checkpoint = count == 1 ? checkpoints[0] : NULL};
    if (!output_open(&out, args, arg(args, "--out")))
        return REMIT_CALL;
    int code = (int)remit_prove(&o, &args->look, out.to, &error);
    return output_close(&out, args, code, &error);
}

int verify_at(Args *args, size_t first) {
    const char *checkpoints[CLI_PATHS], *keys[CLI_PATHS], *rotations[CLI_PATHS];
    RemitVerifyOptions o = {.ledger = arg(args, "--ledger"),
                            .checkpoints = checkpoints,
                            .keys = keys,
                            .rotations = rotations,
                            .unsigned_too = arg(args, "--unsigned") != NULL};
    RemitError error;
    o.checkpoint_count = arg_list(args, "--checkpoint", checkpoints);
    o.key_count = arg_list(args, "--key", keys);
    o.rotation_count = arg_list(args, "--rotation", rotations);
    bool given = args->path_count == first + 1;
    if (args->path_count > first + 1 || given == (o.ledger != NULL))
        return usage(args,
                     "verify what? one attestation, exported journal or proof, or --ledger DIR",
                     "验证什么？一个证明文件、导出的日志或证明，或 --ledger DIR");
    if (o.ledger != NULL && o.checkpoint_count == 0 && !o.unsigned_too)
        return usage(args, "which checkpoint? --checkpoint FILE (--unsigned: none)",
                     "哪个检查点？--checkpoint FILE（--unsigned：不用）");
    if (o.key_count == 0 && !o.unsigned_too)
        return usage(args, "whose signature? --key KEY, the public key of the log",
                     "谁的签名？--key KEY，日志的公钥");
    if (!arg_number(args, "--witnesses", &o.witnesses))
        return REMIT_CALL;
    o.file = given ? args->paths[first] : NULL;
    int code = (int)remit_verify(&o, &args->look, to_stdout(), &error);
    if (code == REMIT_FAULT && error.text[0] == '\0')
        return done(args, code); /* the findings are said */
    return code == REMIT_OK ? done(args, code) : fail(args, &error);
}

static int verify(Args *args) {
    return verify_at(args, 1);
}

int log_task(Args *args, bool *is) {
    static const struct {
        const char *name;
        int (*run)(Args *args);
    } tasks[] = {{"export", export},
                 {"checkpoint", checkpoint},
                 {"cosign", cosign},
                 {"prove", prove},
                 {"verify", verify}};
    *is = false;
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks && !*is; i++) {
        *is = args->path_count > 0 && strcmp(args->paths[0], tasks[i].name) == 0;
        if (*is)
            return tasks[i].run(args);
    }
    return REMIT_OK;
}
