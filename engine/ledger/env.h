/* ledger: the LMDB environment of one ledger's directory: data.mdb and lock.mdb (LMDB's), lock
 * (ours). Trusts:  that data.mdb was written by LMDB; its length and both meta pages are checked
 * before it is mapped. Never:   lets LMDB's own errors, pages or transaction numbers out. Errors:
 * ERR_NOMEM, ERR_FULL (disk), ERR_IO, ERR_DAMAGED; the words are kept in `err`. */
#ifndef REMIT_LEDGER_ENV_H
#define REMIT_LEDGER_ENV_H

#include <lmdb.h>

#include "engine/base/mem.h"
#include "engine/ledger/ledger.h"

typedef enum EnvDb {
#define DB(id, name) DB_##id,
#include "engine/ledger/db.def"
    DB_COUNT
} EnvDb;

/* Zeroed is closed. */
typedef struct Env {
    MDB_env *env;
    MDB_txn *read, *write;
    MDB_dbi db[DB_COUNT];
    MDB_cursor *cursor[DB_COUNT]; /* of the write transaction, opened when first needed */
    int lock;                     /* the descriptor of DIR/lock, with its lock; -1 in readers */
    bool open, reading, read_only, map_full;
    uint64_t file_bytes; /* data.mdb's length as last set */
    Arena paths;
    Err err; /* what failed last */
} Env;

/* Opens, and creates with `create`. *empty: the environment holds nothing at all yet; its databases
 * are then made by env_make, before which nothing else may be called but env_close. */
MUST_USE Status env_open(Env *v, const LedOptions *opt, bool *empty, Err *err);
/* Begins a write transaction (left open) in which all databases exist. */
MUST_USE Status env_make(Env *v);
/* Syncs the directory and its parent and notes in `lock` that a ledger was made. */
MUST_USE Status env_made(Env *v, Str dir);
void env_close(Env *v);

/* Reading, from a snapshot that stands until env_renew. Values are the map's own bytes. */
MUST_USE Status env_read(Env *v);
void env_renew(Env *v); /* the next env_read takes a new snapshot */
MUST_USE Status env_get(Env *v, EnvDb db, Str key, Str *value, bool *found);
MUST_USE Status env_cursor(Env *v, EnvDb db, MDB_cursor **out);
/* Moves a cursor. key: in for MDB_SET_RANGE. found false at the end. */
MUST_USE Status env_move(Env *v, MDB_cursor *at, MDB_cursor_op op, Str *key, Str *value,
                         bool *found);

/* Writing, in one transaction. The snapshot is let go first. */
MUST_USE Status env_begin(Env *v);
MUST_USE Status env_put(Env *v, EnvDb db, Str key, Str value, bool append);
MUST_USE Status env_del(Env *v, EnvDb db, Str key); /* absent: OK */
MUST_USE Status env_drop(Env *v, EnvDb db);         /* empties the database */
/* A cursor of the write transaction; lives until its end. */
MUST_USE Status env_write_cursor(Env *v, EnvDb db, MDB_cursor **out);
MUST_USE Status env_del_at(Env *v, MDB_cursor *at);
MUST_USE Status env_commit(Env *v);
void env_abort(Env *v);
/* After a failure with map_full: a map of twice the size. No transaction may be open. */
MUST_USE Status env_grow(Env *v);

/* Looks at data.mdb without mapping it. *empty: it has no byte. ERR_NOTFOUND: it is not there. */
MUST_USE Status env_probe(const char *path, bool *empty, Err *err);

#endif
