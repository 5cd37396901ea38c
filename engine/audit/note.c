/* audit: keys and signed notes. */
#include "engine/audit/note.h"

#include "engine/base/base64.h"
#include "engine/base/ckd.h"
#include "engine/base/hex.h"
#include "engine/base/sha256.h"
#include "engine/base/utf8.h"

static const Str dash = {"\xE2\x80\x94 ", 4}; /* what a signature's line begins with */

bool line_take(Str *rest, Str *line) {
    if (rest->n == 0 || str_find(*rest, '\n') < 0)
        return false;
    return str_cut(*rest, '\n', line, rest);
}

bool number_take(Str text, uint64_t *out) {
    *out = 0;
    if (text.n == 0 || (text.n > 1 && text.p[0] == '0'))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || ckd_mul(out, *out, 10u) ||
            ckd_add(out, *out, (uint64_t)(text.p[i] - '0')))
            return false;
    }
    return true;
}

/* ---- keys */

static bool is_space(uint32_t cp) { /* Unicode's White_Space beyond ASCII */
    return cp == 0x85 || cp == 0xA0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200A) ||
           cp == 0x2028 || cp == 0x2029 || cp == 0x202F || cp == 0x205F || cp == 0x3000;
}

bool key_name_ok(Str name) {
    if (name.n == 0 || name.n > KEY_NAME_MOST)
        return false;
    while (name.n > 0) {
        uint32_t cp;
        size_t n = utf8_decode(name, &cp);
        if (n == 0 || cp <= ' ' || cp == '+' || cp == 0x7F || is_space(cp))
            return false;
        name = str_from(name, n);
    }
    return true;
}

bool key_eq(const Key *a, const Key *b) {
    return str_eq(a->name, b->name) && a->type == b->type &&
           memcmp(a->bytes, b->bytes, ED25519_KEY) == 0;
}

static void key_identify(Key *key) {
    uint8_t type = (uint8_t)key->type, digest[SHA256_BYTES];
    Sha256 h;
    sha256_begin(&h);
    sha256_update(&h, key->name);
    sha256_update(&h, S("\n"));
    sha256_update(&h, (Str){(const char *)&type, 1});
    sha256_update(&h, (Str){(const char *)key->bytes, ED25519_KEY});
    sha256_final(&h, digest);
    memcpy(key->id, digest, KEY_ID);
}

/* NAME+ID+BASE64: of the last part the 32 bytes behind the type. */
static Status parts_take(Str text, Arena *a, Key *out, uint8_t id[KEY_ID],
                         uint8_t bytes[ED25519_KEY]) {
    Str rest, hex, base64, decoded;
    if (!str_cut(text, '+', &out->name, &rest) || !str_cut(rest, '+', &hex, &base64) ||
        !key_name_ok(out->name) || hex_read(hex, id, KEY_ID) != OK)
        return ERR_SYNTAX;
    TRY(base64_read(base64, a, &decoded));
    if (decoded.n != 1 + ED25519_KEY || (decoded.p[0] != KEY_LOG && decoded.p[0] != KEY_WITNESS))
        return ERR_SYNTAX;
    out->type = decoded.p[0] == KEY_LOG ? KEY_LOG : KEY_WITNESS;
    memcpy(bytes, decoded.p + 1, ED25519_KEY);
    return arena_str(a, out->name, &out->name);
}

Status key_take(Str text, Arena *a, Key *out, Err *err) {
    uint8_t id[KEY_ID];
    *out = (Key){.type = KEY_LOG};
    Status status = parts_take(str_trim(text), a, out, id, out->bytes);
    if (status == ERR_SYNTAX)
        return err_set(err, status, "it is no public key: NAME+ID+BASE64 was expected");
    TRY(status);
    key_identify(out);
    return memcmp(id, out->id, KEY_ID) == 0
               ? OK
               : err_set(err, ERR_SYNTAX, "the public key's id is not its own: it was changed");
}

void put_key(Buf *out, const Key *key) {
    uint8_t bytes[1 + ED25519_KEY] = {(uint8_t)key->type};
    memcpy(bytes + 1, key->bytes, ED25519_KEY);
    put_text(out, key->name);
    put_c(out, '+');
    put_hex(out, key->id, KEY_ID);
    put_c(out, '+');
    put_base64(out, bytes, sizeof bytes);
}

static const Str private_mark = {"PRIVATE+KEY+", 12};

Status secret_take(Str text, Arena *a, Secret *out, Err *err) {
    uint8_t id[KEY_ID];
    text = str_trim(text);
    *out = (Secret){.key = {.type = KEY_LOG}};
    Status status = str_starts(text, private_mark)
                        ? parts_take(str_from(text, private_mark.n), a, &out->key, id, out->seed)
                        : ERR_SYNTAX;
    if (status == ERR_SYNTAX)
        return err_set(err, status,
                       "it is no private key: PRIVATE+KEY+NAME+ID+BASE64 was expected");
    TRY(status);
    TRY(ed25519_public(out->seed, out->key.bytes));
    key_identify(&out->key);
    return memcmp(id, out->key.id, KEY_ID) == 0
               ? OK
               : err_set(err, ERR_SYNTAX, "the private key's id is not its own: it was changed");
}

void put_secret(Buf *out, const Secret *secret) {
    uint8_t bytes[1 + ED25519_KEY] = {(uint8_t)secret->key.type};
    memcpy(bytes + 1, secret->seed, ED25519_KEY);
    put_text(out, private_mark);
    put_text(out, secret->key.name);
    put_c(out, '+');
    put_hex(out, secret->key.id, KEY_ID);
    put_c(out, '+');
    put_base64(out, bytes, sizeof bytes);
    secret_wipe(bytes, sizeof bytes);
}

Status secret_make(Str name, KeyType type, Secret *out, Err *err) {
    *out = (Secret){.key = {.name = name, .type = type}};
    if (!key_name_ok(name))
        return err_set(err, ERR_SYNTAX,
                       "\"%.*s\" can be no name of a key: it has 1 to %d bytes and no spaces, "
                       "control characters or +",
                       STR_ARG(name), KEY_NAME_MOST);
    TRY(ed25519_make(out->seed));
    TRY(ed25519_public(out->seed, out->key.bytes));
    key_identify(&out->key);
    return OK;
}

/* ---- notes */

/* Where the last empty line begins; -1: there is none. */
static ptrdiff_t last_empty_line(Str s) {
    for (size_t i = s.n; i >= 2; i--)
        if (s.p[i - 1] == '\n' && s.p[i - 2] == '\n')
            return (ptrdiff_t)i - 1;
    return -1;
}

static bool plain(Str s) { /* UTF-8 without control characters but newlines */
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' && s.p[i] != '\n')
            return false;
    return utf8_valid(s);
}

static Status signature_take(Str line, Arena *a, NoteLine *out) {
    Str rest, base64, bytes;
    if (!str_starts(line, dash))
        return ERR_SYNTAX;
    rest = str_from(line, dash.n);
    if (!str_cut(rest, ' ', &out->name, &base64) || !key_name_ok(out->name))
        return ERR_SYNTAX;
    TRY(base64_read(base64, a, &bytes));
    if (bytes.n <= KEY_ID)
        return ERR_SYNTAX;
    memcpy(out->id, bytes.p, KEY_ID);
    out->signature = str_from(bytes, KEY_ID);
    return OK;
}

Status note_take(Str bytes, Arena *a, SignedNote *out, Err *err) {
    *out = (SignedNote){.bytes = bytes};
    ptrdiff_t at = bytes.n > NOTE_MOST ? -1 : last_empty_line(bytes);
    if (at < 1 || !plain(bytes))
        return err_set(err, ERR_SYNTAX,
                       "it is no signed note: text, an empty line and signatures were expected");
    out->text = str_upto(bytes, (size_t)at);
    Str rest = str_from(bytes, (size_t)at + 1), line;
    out->lines = new (a, NoteLine, NOTE_LINES_MOST);
    if (out->lines == NULL)
        return ERR_NOMEM;
    while (line_take(&rest, &line)) {
        if (out->n == NOTE_LINES_MOST)
            return err_set(err, ERR_SYNTAX, "it has more than %d signatures", NOTE_LINES_MOST);
        Status status = signature_take(line, a, &out->lines[out->n++]);
        if (status == ERR_SYNTAX)
            return err_set(err, status, "its line \"%.*s\" is no signature", STR_ARG(line));
        TRY(status);
    }
    return out->n > 0 && rest.n == 0
               ? OK
               : err_set(err, ERR_SYNTAX, "its last line is no whole signature");
}

/* What a witness signs. */
static void put_cosigned(Buf *out, Str text, uint64_t seconds) {
    put_fmt(out, "cosignature/v1\ntime %llu\n", (unsigned long long)seconds);
    put_text(out, text);
}

static NoteSigned witnessed(Str text, const Key *key, Str signature, uint64_t *seconds) {
    Take t = take_from(signature);
    uint64_t when = take_key_u64(&t);
    if (signature.n != 8 + ED25519_SIGNATURE || when > INT64_MAX)
        return NOTE_BAD;
    Buf message = {0};
    put_cosigned(&message, text, when);
    bool good = !message.failed &&
                ed25519_verify(key->bytes, buf_str(&message), (const uint8_t *)signature.p + 8);
    buf_free(&message);
    if (good && seconds != NULL)
        *seconds = when;
    return good ? NOTE_SIGNED : NOTE_BAD;
}

static bool is_by(const NoteLine *line, const Key *key) {
    return str_eq(line->name, key->name) && memcmp(line->id, key->id, KEY_ID) == 0;
}

NoteSigned note_signed(const SignedNote *note, const Key *key, uint64_t *seconds) {
    NoteSigned found = NOTE_UNSIGNED;
    for (size_t i = 0; i < note->n && found != NOTE_BAD; i++) {
        const NoteLine *line = &note->lines[i];
        if (!is_by(line, key))
            continue;
        if (key->type == KEY_WITNESS)
            found = witnessed(note->text, key, line->signature, seconds);
        else
            found =
                line->signature.n == ED25519_SIGNATURE &&
                        ed25519_verify(key->bytes, note->text, (const uint8_t *)line->signature.p)
                    ? NOTE_SIGNED
                    : NOTE_BAD;
    }
    return found;
}

void put_note_without(Buf *out, const SignedNote *note, const Key *key) {
    put_text(out, note->text);
    put_c(out, '\n');
    Str rest = str_from(note->bytes, note->text.n + 1), line = {NULL, 0};
    for (size_t i = 0; i < note->n && line_take(&rest, &line); i++) {
        if (is_by(&note->lines[i], key))
            continue;
        put_text(out, line);
        put_c(out, '\n');
    }
}

Status put_signature(Buf *out, Str text, const Secret *secret, uint64_t seconds) {
    uint8_t signature[ED25519_SIGNATURE];
    Buf message = {0}, bytes = {0};
    bool witness = secret->key.type == KEY_WITNESS;
    put_bytes(&bytes, secret->key.id, KEY_ID);
    if (witness) {
        put_cosigned(&message, text, seconds);
        put_key_u64(&bytes, seconds);
    }
    Status status = buf_status(&message);
    if (status == OK)
        status = ed25519_sign(secret->seed, witness ? buf_str(&message) : text, signature);
    if (status == OK) {
        put_bytes(&bytes, signature, sizeof signature);
        put_text(out, dash);
        put_text(out, secret->key.name);
        put_c(out, ' ');
        put_base64(out, bytes.p, bytes.n);
        put_c(out, '\n');
        status = bytes.failed ? ERR_NOMEM : buf_status(out);
    }
    buf_free(&message);
    buf_free(&bytes);
    return status;
}
