/* run: the records' forms, from record.def: a struct, its bytes, and the way back. Byte strings are
 * borrowed. */
#ifndef REMIT_RUN_RECORD_H
#define REMIT_RUN_RECORD_H

#include "engine/base/buf.h"

#define RECORD_U64 uint64_t
#define RECORD_I64 int64_t
#define RECORD_FLAG bool
#define RECORD_BYTES Str
#define RECORD_BEGIN(Type, name, tag, version) typedef struct Type##Rec {
#define FIELD(kind, name) RECORD_##kind name;
#define RECORD_END(Type, name)                                                                     \
    }                                                                                              \
    Type##Rec;                                                                                     \
    void name##_rec_put(Buf *out, const Type##Rec *rec);                                           \
    /* ERR_DAMAGED: other bytes; ERR_VERSION: a form that this program does not know. */           \
    MUST_USE Status name##_rec_take(Str bytes, Type##Rec *out);
#include "engine/run/record.def"
#undef RECORD_U64
#undef RECORD_I64
#undef RECORD_FLAG
#undef RECORD_BYTES

#endif
