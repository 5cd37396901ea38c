/* run: where effects go: a registered file, or a writer such as standard output. Nothing is written
 * before its commit. The file always holds exactly the ledger's effects from where it was
 * registered to the last commit (engine.md 15). */
#ifndef REMIT_RUN_OUTBOX_H
#define REMIT_RUN_OUTBOX_H

#include "engine/base/os.h"
#include "engine/run/engine.h"

typedef struct Outbox {
    OsFile file;                                     /* fd -1: none */
    Status (*write)(void *ctx, Str lines, Err *err); /* or this; NULL: none */
    void *ctx;
    bool readable; /* lines for people, not JSON */
    Buf pending;   /* lines of the open batch */
    size_t mark;   /* where those of the event at hand begin in it */
} Outbox;

/* Registers the file in the ledger (in the open batch: commit before the first event), cuts it
 * after its last line that equals the ledger's, and completes it. */
MUST_USE Status outbox_open_file(Outbox *o, Str path, Engine *e, Ledger *l, Arena *a, Err *err);
void outbox_close(Outbox *o);
/* What the sink of an engine points to; both are set before the engine's first effect. */
typedef struct OutboxSink {
    Outbox *outbox;
    Engine *engine;
} OutboxSink;
/* A sink that keeps the lines till the commit. */
EffectSink outbox_sink(OutboxSink *ctx);
/* Writes what was committed. */
MUST_USE Status outbox_flush(Outbox *o, Err *err);
/* The line of the effect at a leaf; *is: the leaf is an effect. Fills in the cause's id. */
MUST_USE Status outbox_render(Ledger *l, Render *r, uint64_t index, Arena *a, Buf *out, bool *is);

#endif
