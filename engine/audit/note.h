/* audit: keys and signed notes, in the forms of C2SP's signed-note and tlog-cosignature
 * (docs/journal.md). A note is text and lines of signatures.
 *
 * Trusts:  nothing: notes and keys come from files.
 * Memory:  what is taken lives in the arena given, texts of notes are borrowed from their bytes.
 * Errors:  ERR_SYNTAX: not of the form, err says how; ERR_NOMEM. */
#ifndef REMIT_AUDIT_NOTE_H
#define REMIT_AUDIT_NOTE_H

#include "engine/base/buf.h"
#include "engine/base/ed25519.h"

enum {
    KEY_ID = 4,
    KEY_NAME_MOST = 255, /* bytes */
    NOTE_MOST = 64 << 10,
    NOTE_LINES_MOST = 100
};

typedef enum KeyType { KEY_LOG = 1, KEY_WITNESS = 4 } KeyType;

typedef struct Key {
    Str name;
    KeyType type;
    uint8_t id[KEY_ID];
    uint8_t bytes[ED25519_KEY];
} Key;

typedef struct Secret {
    Key key;
    uint8_t seed[ED25519_KEY];
} Secret;

/* Whether it can be a key's name. */
bool key_name_ok(Str name);
bool key_eq(const Key *a, const Key *b);
/* NAME+ID+BASE64, of one line; white space at its ends is left out. */
MUST_USE Status key_take(Str text, Arena *a, Key *out, Err *err);
void put_key(Buf *out, const Key *key);
/* PRIVATE+KEY+NAME+ID+BASE64 likewise. Wipe it by secret_wipe. */
MUST_USE Status secret_take(Str text, Arena *a, Secret *out, Err *err);
void put_secret(Buf *out, const Secret *secret);
/* A new one. The name is borrowed. ERR_SYNTAX: it can be no name. */
MUST_USE Status secret_make(Str name, KeyType type, Secret *out, Err *err);

typedef struct NoteLine {
    Str name;
    uint8_t id[KEY_ID];
    Str signature; /* what stands behind the id */
} NoteLine;

typedef struct SignedNote {
    Str bytes; /* all of it */
    Str text;  /* what is signed, its last newline included */
    NoteLine *lines;
    size_t n;
} SignedNote;

MUST_USE Status note_take(Str bytes, Arena *a, SignedNote *out, Err *err);

typedef enum NoteSigned {
    NOTE_UNSIGNED, /* no line is of this key */
    NOTE_BAD,      /* one is, and its signature is not */
    NOTE_SIGNED
} NoteSigned;
/* Whether the key signed it. *seconds, of a witness: when; may be NULL. */
NoteSigned note_signed(const SignedNote *note, const Key *key, uint64_t *seconds);
/* The note as it is but for the lines that this key has signed. */
void put_note_without(Buf *out, const SignedNote *note, const Key *key);
/* Appends a line with a signature of the text. seconds: of a witness, since 1970. */
MUST_USE Status put_signature(Buf *out, Str text, const Secret *secret, uint64_t seconds);

/* The lines of a text, one after the other: false behind the last. Only a newline ends a line. */
bool line_take(Str *rest, Str *line);
/* A whole number of digits alone, without leading zeros. */
bool number_take(Str text, uint64_t *out);

#endif
