/* ledger: a copy of a ledger: all its databases as they stand in one snapshot, put into a new
 * environment in order of key. */
#include <string.h>

#include "engine/base/check.h"
#include "engine/ledger/ledger_int.h"

/* Bytes of a transaction: what LMDB keeps of it in memory. */
enum { COPY_BATCH = 64 << 20 };

typedef struct Copy {
    Env *from, *to;
    size_t bytes; /* of the transaction at hand */
} Copy;

static Status put(Copy *c, EnvDb db, Str key, Str value) {
    TRY(env_put(c->to, db, key, value, true));
    c->bytes += key.n + value.n;
    if (c->bytes < COPY_BATCH)
        return OK;
    c->bytes = 0;
    TRY(env_commit(c->to));
    return env_begin(c->to);
}

static Status copy_db(Copy *c, EnvDb db) {
    MDB_cursor *at;
    Str key = {NULL, 0}, value;
    bool found;
    TRY(env_cursor(&c->from->reader, db, &at));
    Status status = env_move(&c->from->reader, at, MDB_FIRST, &key, &value, &found);
    while (status == OK && found) {
        status = put(c, db, key, value);
        if (status == OK)
            status = env_move(&c->from->reader, at, MDB_NEXT, &key, &value, &found);
    }
    mdb_cursor_close(at);
    return status;
}

/* The map takes what the other environment's file holds. */
static Status room_for(Env *to, uint64_t bytes) {
    MDB_envinfo info = {0};
    while (mdb_env_info(to->env, &info) == 0 && info.me_mapsize / 2 < bytes)
        TRY(env_grow(to));
    return OK;
}

static Status copy_all(Copy *c) {
    TRY(env_make(c->to));
    TRY(env_commit(c->to));
    TRY(room_for(c->to, c->from->file_bytes));
    TRY(env_begin(c->to));
    for (EnvDb db = 0; db < DB_COUNT; db++)
        TRY(copy_db(c, db));
    return env_commit(c->to);
}

static Status copy_into(Ledger *l, Str dir, Err *err) {
    Env to;
    bool empty;
    LedOptions opt = {.dir = dir, .create = true};
    TRY(env_open(&to, &opt, &empty, err));
    Copy copy = {&l->env, &to, 0};
    Status status = empty ? copy_all(&copy)
                          : err_say(err, ERR_STATE, "%.*s: a ledger stands there already",
                                    "%.*s：那里已经有账本", STR_ARG(dir));
    if (status != OK)
        err_as(err, status, to.writer.err.code == status ? &to.writer.err : &l->env.reader.err);
    else
        status = env_made(&to, dir, err);
    env_close(&to);
    return status;
}

Status led_copy(Ledger *l, Str dir, LedCopy *out, Err *err) {
    CHECK(l->read_only && !l->memory);
    l->calls = READER_CALLS; /* the newest state */
    Status status = led_look(l);
    l->holding = true;
    if (status == OK)
        status = copy_into(l, dir, err);
    if (status == OK) {
        out->size = led_size(l);
        status = led_root(l, out->root);
    }
    if (status == OK)
        status = led_digest(l, out->digest, err);
    l->holding = false;
    if (status == OK)
        return OK;
    led_failed(l, status, "cannot copy the ledger");
    return err_as(err, status, &l->err);
}

Status led_adopt(Str dir, Err *err) {
    Env v;
    bool empty;
    LedOptions opt = {.dir = dir};
    TRY(env_open(&v, &opt, &empty, err));
    Status status = empty ? err_say(err, ERR_NOTFOUND, "there is no ledger in %.*s",
                                    "%.*s 中没有账本", STR_ARG(dir))
                          : env_made(&v, dir, err);
    env_close(&v);
    return status;
}
