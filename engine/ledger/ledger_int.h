/* ledger: what its files share. */
#ifndef REMIT_LEDGER_LEDGER_INT_H
#define REMIT_LEDGER_LEDGER_INT_H

#include "engine/ledger/cache.h"
#include "engine/ledger/env.h"
#include "engine/ledger/journal.h"
#include "engine/ledger/ledger.h"
#include "engine/ledger/log.h"
#include "engine/ledger/setmem.h"

/* What a commit writes anew each time, in `sys` under "head". */
typedef struct Head {
    uint64_t commits; /* also the number of the last frame */
    uint64_t log;     /* which of the logs takes frames: 0 or 1 */
    MerklePeaks peaks;
} Head;

struct Ledger {
    bool memory, read_only;
    Env env;
    Arena life;
    Str name, dir;
    Head head; /* as committed */
    Cache cache;
    SetMem set[LED_SETS];
    size_t set_done[LED_SETS], set_mark[LED_SETS]; /* items committed; there at the mark */
    Journal journal;
    MDB_cursor *leaf_at;
    Arena held; /* long values put together, until the next put, del, undo or commit */
    Buf frame;
    Err err;
};

/* Keeps the words of a failure. */
Status led_failed(Ledger *l, Status status, const char *what);

#endif
