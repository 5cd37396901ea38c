/* audit: signed policies. */
#include "engine/audit/endorse.h"

#include "engine/audit/sign.h"
#include "engine/audit/verify.h"
#include "engine/base/os.h"

static void put_endorsed(void *ctx, const Key *key, Buf *out) {
    const Bundle *b = ctx;
    (void)key;
    put_fmt(out, "remit policy 1\n%.*s\n%.*s\n", STR_ARG(b->policy), STR_ARG(b->version));
    put_hex(out, b->hash, sizeof b->hash);
    put_c(out, '\n');
}

Status endorse(const Bundle *b, Str key, Buf *out, Err *err) {
    return sign_text(key, put_endorsed, (void *)(uintptr_t)b, out, err);
}

static Status signature_read(Str path, Arena *a, SignedNote *note, Err *err) {
    Str file, bytes;
    Err why = {0};
    TRY(arena_printf(a, &file, "%.*s.sig", STR_ARG(path)));
    Status status = os_read_file(file, NOTE_MOST, a, &bytes, &why);
    if (status == ERR_NOTFOUND)
        return err_say(err, ERR_POLICY,
                       "%.*s: a signed policy is required, and %.*s is not there: remit build "
                       "--sign KEY writes it",
                       "%.*s：要求政策有签名，而没有 %.*s：由 remit build --sign 密钥 写出",
                       STR_ARG(path), STR_ARG(file));
    if (status != OK)
        return err_as(err, status, &why);
    status = note_take(bytes, a, note, NULL);
    return status == ERR_SYNTAX ? err_say(err, ERR_POLICY, "%.*s: it is no signed note",
                                          "%.*s：不是签名的文件", STR_ARG(file))
                                : status;
}

static Status is_of(const SignedNote *note, const Bundle *b, Str path, Err *err) {
    Buf text = {0};
    put_endorsed((void *)(uintptr_t)b, NULL, &text);
    bool same = str_eq(note->text, buf_str(&text));
    Status status = buf_status(&text);
    buf_free(&text);
    return status != OK || same
               ? status
               : err_say(err, ERR_POLICY,
                         "%.*s.sig is of another bundle than %.*s: build and sign it anew",
                         "%.*s.sig 不是 %.*s 的签名：请重新编译并签名", STR_ARG(path),
                         STR_ARG(path));
}

static Status checked(const Bundle *b, Str path, const Str *keys, size_t n, Arena *a, Err *err) {
    SignedNote note;
    bool bad = false, good = false;
    TRY(signature_read(path, a, &note, err));
    TRY(is_of(&note, b, path, err));
    for (size_t i = 0; i < n; i++) {
        Key key;
        TRY(key_read(keys[i], a, &key, err));
        NoteSigned is = note_signed(&note, &key, NULL);
        bad = bad || is == NOTE_BAD;
        good = good || (is == NOTE_SIGNED && key.type == KEY_LOG);
    }
    if (good && !bad)
        return OK;
    return bad ? err_say(err, ERR_POLICY, "%.*s.sig: the signature does not verify",
                         "%.*s.sig：签名无效", STR_ARG(path))
               : err_say(err, ERR_POLICY, "%.*s.sig is not signed by a key that is required",
                         "%.*s.sig 没有所要求的密钥的签名", STR_ARG(path));
}

Status endorsed(const Bundle *b, Str path, const Str *keys, size_t n, Err *err) {
    Arena a = {0};
    Status status = checked(b, path, keys, n, &a, err);
    arena_free(&a);
    return status;
}
