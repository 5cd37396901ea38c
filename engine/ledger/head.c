/* ledger: the head, which each commit writes anew, and the frames of the logs that it tells of. */
#include <string.h>

#include "engine/ledger/ledger_int.h"

/* The numbers of a head, in the order in which they are written. */
#define HEAD_NUMBERS(h)                                                                            \
    {                                                                                              \
        &(h)->commits, &(h)->settled, &(h)->log, &(h)->sealed, &(h)->log_bytes, &(h)->point_due,   \
            &(h)->merge_due, &(h)->run_next, &(h)->run_sealed, &(h)->run_changes,                  \
            &(h)->tables.parts, &(h)->tables.longs, &(h)->peaks.size                               \
    }
enum { HEAD_COUNT = 13 };

Status head_write(Env *v, Buf *row, const Head *h) {
    const uint64_t *const numbers[HEAD_COUNT] = HEAD_NUMBERS(h);
    buf_reset(row);
    for (size_t i = 0; i < HEAD_COUNT; i++)
        put_varint(row, *numbers[i]);
    put_bytes(row, h->peaks.peak, merkle_peaks(h->peaks.size) * sizeof(MerkleHash));
    TRY(buf_status(row));
    return env_put(v, DB_SYS, S("head"), buf_str(row), false);
}

Status head_read(Ledger *l, Head *h) {
    uint64_t *const numbers[HEAD_COUNT] = HEAD_NUMBERS(h);
    Str bytes;
    bool found;
    *h = (Head){0};
    TRY(env_get(&l->env.reader, DB_SYS, S("head"), &bytes, &found));
    Take t = take_from(found ? bytes : (Str){NULL, 0});
    for (size_t i = 0; i < HEAD_COUNT; i++)
        *numbers[i] = take_varint(&t);
    Str peaks = take_bytes(&t, merkle_peaks(h->peaks.size) * sizeof(MerkleHash));
    if (take_done(&t) != OK || h->log > 1 || h->sealed > 1 || h->run_next > UINT32_MAX ||
        h->run_sealed > UINT32_MAX)
        return ERR_DAMAGED;
    if (peaks.n > 0)
        memcpy(h->peaks.peak, peaks.p, peaks.n);
    return OK;
}

typedef struct Replay {
    Ledger *l;
    SetMem *set;
} Replay;

static Status replay_record(void *ctx, uint8_t table, Str key, Str value, bool live) {
    Replay *r = ctx;
    return cache_put(&r->l->cache, table, key, value, live ? CACHE_SET : CACHE_DEL);
}

static Status replay_item(void *ctx, LedSet set, const SetItem *item) {
    Replay *r = ctx;
    if (setmem_find(&r->set[set], item->key) != NULL)
        return ERR_DAMAGED;
    return setmem_add(&r->set[set], item);
}

static Status replay_end(void *ctx, uint64_t number) {
    Replay *r = ctx;
    if (number > r->l->head.commits)
        return ERR_DAMAGED;
    TRY(cache_ready(&r->l->cache));
    cache_commit(&r->l->cache);
    return OK;
}

Status led_replay(Ledger *l, uint64_t from) {
    Replay replay = {l, l->sealed};
    LogSink sink = {&replay, replay_record, replay_item, replay_end};
    EnvDb now = l->head.log == 0 ? DB_LOG0 : DB_LOG1, before = l->head.log == 0 ? DB_LOG1 : DB_LOG0;
    cache_expect(&l->cache, (size_t)l->head.log_bytes / 100);
    if (l->head.sealed != 0) {
        TRY(log_read(&l->env.reader, before, from, &l->flight.frame, &sink));
        if (!l->read_only)
            TRY(point_resume(l));
    }
    replay.set = l->set;
    TRY(log_read(&l->env.reader, now, from, &l->flight.frame, &sink));
    for (size_t i = 0; i < LED_SETS; i++)
        l->set_done[i] = l->set[i].items.n;
    return OK;
}
