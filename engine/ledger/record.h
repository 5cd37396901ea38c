/* ledger: what records and leaves look like in bytes: tag, version, then the fields of record.def
 * in their order. Numbers are varints (I64 zigzag), a FLAG is one byte 0 or 1, TEXT and BYTES are a
 * varint length and the bytes. One record has one form: no two byte strings mean the same.
 *
 * Trusts:  nothing in bytes that it reads.
 * Memory:  texts that are taken are borrowed from the bytes.
 * Errors:  take gives ERR_DAMAGED for another or an unknown tag, for bytes that do not end where
 * the record does, for a number or flag in another form than put gives it; ERR_VERSION for a
 *          version that is not this program's. put leaves failure in the Buf. */
#ifndef REMIT_LEDGER_RECORD_H
#define REMIT_LEDGER_RECORD_H

#include "engine/base/buf.h"

/* The C types of the kinds. */
typedef uint64_t RecU64;
typedef int64_t RecI64;
typedef bool RecFLAG;
typedef Str RecTEXT, RecBYTES;

/* The structs: zeroed is a record of zeros and empty texts. */
#define RECORD(type, name, tag, version, doc) typedef struct type##Rec {
#define F(kind, field, doc) Rec##kind field;
#define END(type, name)                                                                            \
    char end_; /* so that one without fields is a struct too */                                    \
    }                                                                                              \
    type##Rec;
#include "engine/ledger/record.def"

/* The tags: REC_sample. */
typedef enum RecTag {
#define RECORD(type, name, tag, version, doc) REC_##name = (tag),
#define F(kind, field, doc)
#define END(type, name)
#include "engine/ledger/record.def"
} RecTag;

/* The functions: void sample_rec_put(Buf *b, const SampleRec *r), and
 * Status sample_rec_take(Str bytes, SampleRec *r), which must take all of the bytes. */
#define RECORD(type, name, tag, version, doc)                                                      \
    void name##_rec_put(Buf *b, const type##Rec *r);                                               \
    MUST_USE Status name##_rec_take(Str bytes, type##Rec *r);
#define F(kind, field, doc)
#define END(type, name)
#include "engine/ledger/record.def"

/* The first byte: whose form it is. 0 for no bytes. */
static inline unsigned rec_tag(Str bytes) {
    return bytes.n == 0 ? 0 : (unsigned char)bytes.p[0];
}
/* The name of a tag's records as in record.def, for messages; NULL for an unknown tag. */
const char *rec_name(unsigned tag);
/* A record as one line of text, `name field=value ...`, bytes in hexadecimal, for people who look
 * into a damaged ledger. Errors as take. */
MUST_USE Status rec_print(Str bytes, Buf *to);

#endif
