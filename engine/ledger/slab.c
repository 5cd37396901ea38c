/* ledger: memory for the cache's records. */
#include "engine/ledger/slab.h"

#include <stdalign.h>
#include <string.h>

struct SlabBig {
    SlabBig *newer, *older;
    alignas(16) char data[];
};

static size_t class_of(size_t n) {
    return n == 0 ? 1 : (n + SLAB_STEP - 1) / SLAB_STEP;
}

static void *big_take(Slab *s, size_t n) {
    if (n > SIZE_MAX - sizeof(SlabBig))
        return NULL;
    SlabBig *big = mem_alloc(sizeof(SlabBig) + n);
    if (big == NULL)
        return NULL;
    big->newer = NULL;
    big->older = s->big;
    if (s->big != NULL)
        s->big->newer = big;
    s->big = big;
    return big->data;
}

static void big_give(Slab *s, void *p) {
    SlabBig *big = (SlabBig *)(void *)((char *)p - offsetof(SlabBig, data));
    if (big->newer != NULL)
        big->newer->older = big->older;
    else
        s->big = big->older;
    if (big->older != NULL)
        big->older->newer = big->newer;
    mem_free(big);
}

void *slab_take(Slab *s, size_t n) {
    if (n > SLAB_MOST)
        return big_take(s, n);
    size_t class = class_of(n);
    void *p = s->given[class];
    if (p == NULL)
        return arena_take(&s->arena, class * SLAB_STEP, SLAB_STEP);
    memcpy(&s->given[class], p, sizeof(void *));
    return p;
}

void slab_give(Slab *s, void *p, size_t n) {
    if (p == NULL)
        return;
    if (n > SLAB_MOST) {
        big_give(s, p);
        return;
    }
    size_t class = class_of(n);
    memcpy(p, &s->given[class], sizeof(void *));
    s->given[class] = p;
}

void slab_free(Slab *s) {
    while (s->big != NULL)
        big_give(s, s->big->data);
    arena_free(&s->arena);
    *s = (Slab){0};
}
