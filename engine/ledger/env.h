/* ledger: the LMDB environment of one ledger's directory: data.mdb and lock.mdb (LMDB's), lock.
 *
 * One transaction reads and one writes. Each may be in a thread of its own: what touches the reader
 * and what touches the writer share nothing that changes, but for env_read, env_renew and env_grow,
 * of which the last needs both to be at rest.
 * Trusts:  that LMDB wrote data.mdb; its length and meta pages are looked at before it is mapped.
 * Never:   lets LMDB's own errors, pages or transaction numbers out.
 * Errors:  ERR_NOMEM, ERR_FULL, ERR_IO, ERR_DAMAGED; the words are kept with the transaction. */
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

typedef struct EnvTxn {
    MDB_txn *txn;
    const MDB_dbi *db;
    Err err; /* what failed last */
} EnvTxn;

/* Zeroed is closed. */
typedef struct Env {
    MDB_env *env;
    MDB_dbi db[DB_COUNT];
    int lock; /* the descriptor of DIR/lock, with its lock; -1 in readers */
    bool open;
    Arena paths;
    /* reading */
    EnvTxn reader;
    bool reading;
    uint64_t snapshot; /* counts those taken */
    /* writing */
    EnvTxn writer;
    MDB_cursor *cursor[DB_COUNT]; /* opened when first needed in a transaction */
    bool map_full;                /* why the last write failed */
    uint64_t file_bytes;          /* data.mdb's length as last seen */
} Env;

/* Opens, and creates with `create`. *empty: the environment holds nothing yet; its databases are
 * then made by env_make, before which nothing may be called but env_close. */
MUST_USE Status env_open(Env *v, const LedOptions *opt, bool *empty, Err *err);
/* Begins a write transaction (left open) in which all databases exist. */
MUST_USE Status env_make(Env *v);
/* Syncs the directory and its parent, and notes in `lock` that a ledger was made. */
MUST_USE Status env_made(Env *v, Str dir, Err *err);
void env_close(Env *v);

/* The reader's snapshot stands until env_renew. Values are the map's own bytes. */
MUST_USE Status env_read(Env *v);
void env_renew(Env *v); /* the next env_read takes a new snapshot */

/* Of either transaction. */
MUST_USE Status env_get(EnvTxn *t, EnvDb db, Str key, Str *value, bool *found);
/* A cursor, to be closed by the caller before the transaction ends. */
MUST_USE Status env_cursor(EnvTxn *t, EnvDb db, MDB_cursor **out);
/* Moves a cursor. key: in for MDB_SET_RANGE. found false at the end. */
MUST_USE Status env_move(EnvTxn *t, MDB_cursor *at, MDB_cursor_op op, Str *key, Str *value,
                         bool *found);
/* A cursor of the reader in *at: opened when NULL, taken over from an older snapshot when `of`,
 * which is brought up to date, says so. */
MUST_USE Status env_cursor_here(Env *v, EnvDb db, MDB_cursor **at, uint64_t *of);

/* The writer's transaction. */
MUST_USE Status env_begin(Env *v);
MUST_USE Status env_put(Env *v, EnvDb db, Str key, Str value, bool append);
MUST_USE Status env_del(Env *v, EnvDb db, Str key); /* absent: OK */
MUST_USE Status env_drop(Env *v, EnvDb db);         /* empties the database */
/* A cursor that lives until the transaction ends. */
MUST_USE Status env_write_cursor(Env *v, EnvDb db, MDB_cursor **out);
MUST_USE Status env_del_at(Env *v, MDB_cursor *at);
/* The end: by env_commit, also when that fails, or by env_abort. */
MUST_USE Status env_commit(Env *v);
void env_abort(Env *v);
/* After a failure with map_full: a map of twice the size. Lets the snapshot go. */
MUST_USE Status env_grow(Env *v);

/* Checks all pages of snapshot number `txn` if they are few: that each is a page, that keys are in
 * order, that no page is in use twice or free and in use, that all counts are right. LMDB trusts
 * all of this. *changed: another snapshot is there by now; nothing was checked. ERR_DAMAGED. */
MUST_USE Status env_check(const char *path, uint64_t txn, bool *changed, Err *err);

/* Looks at data.mdb without mapping it. *empty: it has no byte. ERR_NOTFOUND: it is not there. */
MUST_USE Status env_probe(const char *path, bool *empty, Err *err);

#endif
