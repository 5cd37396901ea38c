/* base: the one place that asks the system for memory. */
#include "engine/base/mem.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/ckd.h"

/* lint: mutable: counters, not state: nothing that is computed depends on them. */
static _Thread_local uint64_t mem_allocations;
#ifdef REMIT_TESTING
static _Thread_local uint64_t mem_failing;

void mem_fail_at(uint64_t k) {
    mem_failing = k;
}

static bool mem_fails(void) {
    return mem_failing != 0 && --mem_failing == 0;
}
#else
static bool mem_fails(void) {
    return false;
}
#endif

uint64_t mem_count(void) {
    return mem_allocations;
}

void *mem_alloc(size_t n) {
    mem_allocations++;
    return mem_fails() ? NULL : malloc(n == 0 ? 1 : n);
}

void *mem_zalloc(size_t n) {
    mem_allocations++;
    return mem_fails() ? NULL : calloc(1, n == 0 ? 1 : n);
}

void *mem_realloc(void *p, size_t n) {
    mem_allocations++;
    return mem_fails() ? NULL : realloc(p, n == 0 ? 1 : n);
}

void mem_free(void *p) {
    free(p);
}

struct ArenaBlock {
    ArenaBlock *older;
    size_t size; /* bytes in data */
    alignas(16) char data[];
};

enum { ARENA_FIRST = 4096, ARENA_MOST = 1 << 20 };

static bool arena_use(Arena *a, ArenaBlock *block) {
    block->older = a->blocks;
    a->blocks = block;
    a->at = block->data;
    a->end = block->data + block->size;
    return true;
}

static bool arena_grow(Arena *a, size_t need) {
    for (ArenaBlock **spare = &a->spare; *spare != NULL; spare = &(*spare)->older) {
        ArenaBlock *block = *spare;
        if (block->size >= need) {
            *spare = block->older;
            return arena_use(a, block);
        }
    }
    size_t size = a->blocks == NULL ? ARENA_FIRST : a->blocks->size * 2;
    if (size > ARENA_MOST)
        size = ARENA_MOST;
    if (size < need)
        size = need;
    if (size > SIZE_MAX - sizeof(ArenaBlock))
        return false;
    ArenaBlock *block = mem_alloc(sizeof(ArenaBlock) + size);
    if (block == NULL)
        return false;
    block->size = size;
    a->total += size;
    return arena_use(a, block);
}

void *arena_take(Arena *a, size_t n, size_t align) {
    ASSERT(align != 0 && align <= 16 && (align & (align - 1)) == 0);
    size_t pad = (size_t)(-(uintptr_t)a->at) & (align - 1);
    if (a->at == NULL || (size_t)(a->end - a->at) < pad || (size_t)(a->end - a->at) - pad < n) {
        if (n > SIZE_MAX - 16 || !arena_grow(a, n))
            return NULL;
        pad = 0;
    }
    char *p = a->at + pad;
    a->at = p + n;
    return p;
}

void *arena_alloc(Arena *a, size_t n, size_t align) {
    void *p = arena_take(a, n, align);
    return p == NULL || n == 0 ? p : memset(p, 0, n);
}

void *arena_array(Arena *a, size_t size, size_t align, size_t n) {
    size_t bytes;
    return ckd_mul(&bytes, size, n) ? NULL : arena_alloc(a, bytes, align);
}

Status arena_str(Arena *a, Str s, Str *out) {
    if (s.n == SIZE_MAX)
        return ERR_NOMEM;
    char *p = arena_take(a, s.n + 1, 1);
    if (p == NULL)
        return ERR_NOMEM;
    if (s.n > 0)
        memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    *out = (Str){p, s.n};
    return OK;
}

Status arena_printf(Arena *a, Str *out, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *p = n < 0 ? NULL : arena_take(a, (size_t)n + 1, 1);
    if (p == NULL)
        return ERR_NOMEM;
    va_start(args, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, args);
    va_end(args);
    *out = (Str){p, (size_t)n};
    return OK;
}

static void arena_spare(Arena *a, ArenaBlock *block) {
    block->older = a->spare;
    a->spare = block;
}

void arena_back(Arena *a, ArenaMark mark) {
    while (a->blocks != mark.block) {
        ArenaBlock *block = a->blocks;
        a->blocks = block->older;
        arena_spare(a, block);
    }
    a->at = mark.at;
    a->end = a->blocks == NULL ? NULL : a->blocks->data + a->blocks->size;
}

void arena_reset(Arena *a) {
    arena_back(a, (ArenaMark){NULL, NULL});
}

ArenaMark arena_mark(const Arena *a) {
    return (ArenaMark){a->blocks, a->at};
}

void arena_free(Arena *a) {
    arena_reset(a);
    while (a->spare != NULL) {
        ArenaBlock *block = a->spare;
        a->spare = block->older;
        mem_free(block);
    }
    *a = (Arena){0};
}

bool arena_room(Arena *a, void **at, uint32_t n, uint32_t *room, size_t size) {
    if (n < *room)
        return true;
    if (*room > UINT32_MAX / 4)
        return false;
    uint32_t more = *room == 0 ? 8 : *room * 2;
    void *p = arena_array(a, size, 16, more);
    if (p == NULL)
        return false;
    if (n > 0)
        memcpy(p, *at, n * size);
    *at = p;
    *room = more;
    return true;
}

bool vec_room(void **at, size_t n, size_t *cap, size_t size) {
    if (n < *cap)
        return true;
    size_t more = *cap == 0 ? 8 : *cap * 2;
    size_t bytes;
    if (more < *cap || ckd_mul(&bytes, more, size))
        return false;
    void *p = mem_realloc(*at, bytes);
    if (p == NULL)
        return false;
    *at = p;
    *cap = more;
    return true;
}
