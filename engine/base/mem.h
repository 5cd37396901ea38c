/* base: memory. An Arena owns what it gives out and frees it all at once; it is named for how long
 * it lives (process, compile, batch, event). Only mem.c calls malloc and free. */
#ifndef REMIT_BASE_MEM_H
#define REMIT_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

#include "engine/base/status.h"
#include "engine/base/str.h"

/* Plain memory, for the few things that no arena can own. NULL when there is none. */
void *mem_alloc(size_t n);
void *mem_zalloc(size_t n);
void *mem_realloc(void *p, size_t n); /* on failure NULL, and p stays as it was */
void mem_free(void *p);

/* How many allocations this process has made so far: what tests of steady state read. */
uint64_t mem_count(void);
#ifdef REMIT_TESTING
/* From now on the k-th allocation (from 1) fails, and only that one; 0 stops failing. */
void mem_fail_at(uint64_t k);
#endif

typedef struct ArenaBlock ArenaBlock;

/* A zeroed Arena is an empty one and needs no init. */
typedef struct Arena {
    char *at, *end;     /* the free part of the block in use */
    ArenaBlock *blocks; /* newest first */
    ArenaBlock *spare;  /* kept by arena_reset for reuse */
    size_t total;       /* bytes held in blocks */
} Arena;

/* n zeroed bytes aligned to align (a power of two, at most 16), owned by the arena until it is
 * reset or freed. NULL when memory is out. n == 0 gives a pointer that must not be read. */
void *arena_alloc(Arena *a, size_t n, size_t align);
/* The same without zeroing: for bytes that are overwritten at once. */
void *arena_take(Arena *a, size_t n, size_t align);
/* A zeroed array of n things of type T. NULL when memory is out or n * sizeof(T) does not fit. */
/* clang-format takes `new` for the word of C++ and would put a space behind it. */
/* clang-format off */
#define new(a, T, n) ((T *)arena_array((a), sizeof(T), _Alignof(T), (n)))
/* clang-format on */
void *arena_array(Arena *a, size_t size, size_t align, size_t n);
/* A copy of s owned by the arena, NUL-ended behind its last byte. */
MUST_USE Status arena_str(Arena *a, Str s, Str *out);
/* printf into the arena. */
MUST_USE Status arena_printf(Arena *a, Str *out, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Empties the arena and keeps its memory: no allocation the next time round. */
void arena_reset(Arena *a);
/* Gives all memory back. The arena is then empty and may be used again. */
void arena_free(Arena *a);

/* A position to go back to. */
typedef struct ArenaMark {
    ArenaBlock *block;
    char *at;
} ArenaMark;
ArenaMark arena_mark(const Arena *a);
/* Frees what was given out since the mark, which is of this arena and no older than its reset. */
void arena_back(Arena *a, ArenaMark mark);

/* A growing array: VEC_PUSH(arena-less). Items move when it grows; free it with vec_free. */
#define VEC(T)                                                                                     \
    struct {                                                                                       \
        T *at;                                                                                     \
        size_t n, cap;                                                                             \
    }
/* Makes room for one more item and gives its index in v->n - 1; false when memory is out. */
#define vec_push(v, item)                                                                          \
    (vec_room((void **)&(v)->at, (v)->n, &(v)->cap, sizeof *(v)->at)                               \
         ? ((v)->at[(v)->n++] = (item), true)                                                      \
         : false)
#define vec_free(v) (mem_free((v)->at), (v)->at = NULL, (v)->n = (v)->cap = 0)
bool vec_room(void **at, size_t n, size_t *cap, size_t size);
/* The same for a list of `at`, `n` and `room` (uint32_t) whose items live in an arena; what it grew
 * out of goes with the arena. */
#define arena_push(a, list, item)                                                                  \
    (arena_room((a), (void **)&(list)->at, (list)->n, &(list)->room, sizeof *(list)->at)           \
         ? ((list)->at[(list)->n++] = (item), true)                                                \
         : false)
bool arena_room(Arena *a, void **at, uint32_t n, uint32_t *room, size_t size);

#endif
