/* audit: reading in a process of its own, with a bound. */
#include "engine/audit/apart.h"

#include "engine/base/ckd.h"

enum { APART_LEAST_S = 60, APART_MOST_S = 1 << 30 };

/* The bytes of a ledger's file; 0 where they are not to be had: its reader says why. */
static uint64_t data_bytes(Str dir) {
    Arena a = {0};
    Err none = {0};
    OsFile f;
    Str path;
    uint64_t bytes = 0;
    if (arena_printf(&a, &path, "%.*s/data.mdb", STR_ARG(dir)) == OK &&
        os_open_read(path, &a, &f, &none) == OK) {
        if (os_size(&f, &bytes, &none) != OK)
            bytes = 0;
        os_close(&f);
    }
    arena_free(&a);
    return bytes;
}

Status ledger_apart(Str dir, uint64_t per_mb, void (*work)(void *ctx, void *result), void *ctx,
                    void *result, size_t n, OsEnd *how, Err *err) {
    uint64_t seconds;
    if (ckd_mul(&seconds, data_bytes(dir) >> 20, per_mb) || seconds > APART_MOST_S)
        seconds = APART_MOST_S;
    return os_apart(work, ctx, result, n, seconds + APART_LEAST_S, how, err);
}
