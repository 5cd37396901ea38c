/* ledger: frames. A commit puts what it changed, as it is afterwards, into a frame at the end of a
 * log; the tables and runs get it later, at a checkpoint. Whoever opens the ledger reads the frames
 * into the cache.
 *
 * In the databases `log0` and `log1`: frame number (8 bytes), part number (4 bytes), both
 * big-endian -> up to LIMIT_VALUE_BYTES of the frame. A frame is a row of changes: table id (1 to
 * 63), key, then 0 (gone) or length + 1 and the value 64 + set, 16 bytes of key, a (8 bytes), b (6
 * bytes) with keys as varint length and bytes, lengths as varints, numbers little-endian. */
#ifndef REMIT_LEDGER_LOG_H
#define REMIT_LEDGER_LOG_H

#include "engine/base/buf.h"
#include "engine/ledger/cache.h"
#include "engine/ledger/env.h"
#include "engine/ledger/setmem.h"

void log_put_record(Buf *frame, const Entry *e);
void log_put_item(Buf *frame, LedSet set, const SetItem *item);
/* Takes what log_put_record put. ERR_DAMAGED when it is not of that form. */
MUST_USE Status log_take_record(Take *t, uint8_t *table, Str *key, Str *value, bool *live);
/* Writes a frame in v's transaction; its number must be above those that are there. */
MUST_USE Status log_write(Env *v, EnvDb db, uint64_t number, Str frame);

/* What to do with the changes of frames that are read. */
typedef struct LogSink {
    void *ctx;
    Status (*record)(void *ctx, uint8_t table, Str key, Str value, bool live);
    Status (*item)(void *ctx, LedSet set, const SetItem *item);
    Status (*end)(void *ctx, uint64_t number); /* after each frame */
} LogSink;

/* Reads the frames from number `from` on, in v's snapshot. room: used for the frames' bytes.
 * Errors: ERR_DAMAGED, the sink's. */
MUST_USE Status log_read(EnvTxn *t, EnvDb db, uint64_t from, Buf *room, const LogSink *sink);

#endif
