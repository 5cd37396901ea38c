/* The cache above the tables: its order, its sorting, what an undo brings back, what goes and
 * stays. */
#include "engine/ledger/cache.h"

#include <stdlib.h>

#include "tests/unit/unit.h"

enum { MANY = 20000, TABLE = 3 };

static uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 20;
}

/* Key number i, in the order of i: numbers, or texts of which many begin alike. */
static Str key_of(uint32_t i, bool text, char to[64]) {
    if (text)
        return (Str){to, (size_t)snprintf(to, 64, "prefix %03u/%05u%.*s", i / 100, i, (int)(i % 9),
                                          "abcdefghi")};
    uint64_t big = __builtin_bswap64(i);
    memcpy(to, &big, 8);
    return (Str){to, 8};
}

static void put(Cache *c, Str key, const char *value) {
    EXPECT(cache_put(c, TABLE, key, str_of(value), CACHE_SET) == OK);
}

static void drop(Cache *c, Str key) {
    EXPECT(cache_put(c, TABLE, key, S(""), CACHE_DEL) == OK);
}

static bool holds(Cache *c, Str key, const char *want) {
    const Entry *e = cache_find(c, TABLE, key);
    bool live = e != NULL && (e->flags & E_LIVE) != 0;
    return want == NULL ? !live : live && str_eq(cache_value(e), str_of(want));
}

static void order_agrees(bool text) {
    static bool there[MANY];
    Cache c = {.alone = true};
    uint64_t random = 5;
    Entry *e;
    memset(there, 0, sizeof there);
    for (int round = 0; round < 6 * MANY; round++) {
        char k[64], w[64];
        /* first it grows, then it shrinks from its lower end and everywhere */
        uint32_t i = (uint32_t)(next_random(&random) % MANY);
        bool add = next_random(&random) % 10 < (round < 3 * MANY ? 8 : 2);
        if (round > 4 * MANY && round % 3 == 0)
            i /= 16;
        Str key = key_of(i, text, k);
        if (add)
            put(&c, key, "x");
        else
            drop(&c, key);
        there[i] = add;
        if (round % 5 == 0)
            cache_commit(&c);
        if (round % 7 != 0)
            continue;
        uint32_t from = (uint32_t)(next_random(&random) % MANY), want = from + (round % 2 == 0);
        while (want < MANY && !there[want])
            want++;
        EXPECT(cache_next(&c, TABLE, key_of(from, text, k), round % 2 == 0, &e) == OK);
        EXPECT(e == NULL ? want == MANY
                         : want < MANY && str_eq(cache_key(e), key_of(want, text, w)));
    }
    cache_free(&c);
}

TEST(the_order_of_numbers_is_kept) {
    order_agrees(false);
}

TEST(the_order_of_texts_that_begin_alike_is_kept) {
    order_agrees(true);
}

TEST(keys_that_come_in_order_fill_their_nodes) {
    Cache c = {.alone = true};
    Entry *e;
    char k[64];
    for (uint32_t i = 0; i < MANY; i++) {
        put(&c, key_of(i, false, k), "");
        EXPECT(cache_next(&c, TABLE, S(""), false, &e) == OK && e != NULL);
    }
    EXPECT_INT(c.order[TABLE].height, 3);
    cache_free(&c);
}

TEST(checkpoints_take_records_by_table_and_key) {
    for (int text = 0; text < 2; text++) {
        Cache c = {0};
        uint64_t random = 9;
        char k[64];
        for (int n = 0; n < 5000; n++) {
            uint32_t i = (uint32_t)next_random(&random) % MANY;
            uint8_t table = (uint8_t)(1 + next_random(&random) % 5);
            EXPECT(cache_put(&c, table, key_of(i, text, k), S("v"), CACHE_SET) == OK);
        }
        EXPECT(cache_ready(&c) == OK && cache_take_ready(&c) == OK);
        cache_commit(&c);
        size_t n = c.dirty.n;
        cache_take(&c);
        EXPECT(n > 4000 && c.taken.n == n);
        for (size_t i = 1; i < n; i++) {
            const Entry *a = c.taken.at[i - 1], *b = c.taken.at[i];
            EXPECT(a->table < b->table ||
                   (a->table == b->table && str_cmp(cache_key(a), cache_key(b)) < 0));
        }
        cache_free(&c);
    }
}

TEST(values_of_all_lengths_are_undone) {
    static const size_t lengths[] = {0, 1, 8, 9, 100, 128, 129, 1900, 2040, 2041, 5000, 100000};
    enum { N = sizeof lengths / sizeof *lengths };
    static char bytes[100000];
    Cache c = {0};
    for (size_t a = 0; a < N; a++)
        for (size_t b = 0; b < N; b++) {
            memset(bytes, 'a', sizeof bytes);
            EXPECT(cache_put(&c, TABLE, S("k"), (Str){bytes, lengths[a]}, CACHE_SET) == OK);
            cache_mark(&c);
            for (size_t d = 0; d < 3; d++) { /* first touch, then again, then gone */
                memset(bytes, 'b', sizeof bytes);
                EXPECT(cache_put(&c, TABLE, S("k"), (Str){bytes, lengths[(b + d * a) % N]},
                                 d == 2 ? CACHE_DEL : CACHE_SET) == OK);
            }
            cache_undo(&c);
            const Entry *e = cache_find(&c, TABLE, S("k"));
            memset(bytes, 'a', sizeof bytes);
            EXPECT(e != NULL && (e->flags & E_LIVE) &&
                   str_eq(cache_value(e), (Str){bytes, lengths[a]}));
        }
    cache_free(&c);
}

TEST(a_value_may_be_put_from_itself) {
    Cache c = {0};
    put(&c, S("k"), "abcdefgh");
    for (int i = 0; i < 3; i++) {
        Str value = cache_value(cache_find(&c, TABLE, S("k")));
        EXPECT(cache_put(&c, TABLE, S("k"), str_from(value, 2), CACHE_SET) == OK);
    }
    EXPECT(holds(&c, S("k"), "gh"));
    static char bytes[9000];
    memset(bytes, 'x', sizeof bytes);
    EXPECT(cache_put(&c, TABLE, S("far"), (Str){bytes, sizeof bytes}, CACHE_SET) == OK);
    Str value = cache_value(cache_find(&c, TABLE, S("far")));
    EXPECT(cache_put(&c, TABLE, S("far"), (Str){value.p + 5, 10}, CACHE_SET) == OK);
    EXPECT(holds(&c, S("far"), "xxxxxxxxxx"));
    cache_free(&c);
}

static void commit(Cache *c) {
    EXPECT(cache_ready(c) == OK);
    cache_commit(c);
}

static void checkpoint(Cache *c) {
    EXPECT(cache_take_ready(c) == OK);
    cache_take(c);
    cache_taken(c, 0, c->taken.n);
    cache_settle(c);
}

TEST(an_added_record_that_goes_again_leaves_nothing) {
    Cache c = {0};
    EXPECT(cache_put(&c, TABLE, S("a"), S("1"), CACHE_ADD) == OK);
    drop(&c, S("a"));
    EXPECT_INT(c.changed.n, 1);
    commit(&c);
    EXPECT(c.dirty.n == 0 && c.entries == 0);
    EXPECT(cache_put(&c, TABLE, S("a"), S("1"), CACHE_ADD) == OK);
    commit(&c);
    drop(&c, S("a"));
    commit(&c);
    EXPECT(c.dirty.n == 0 && c.entries == 0);
    put(&c, S("a"), "1"); /* this one may be in the tables */
    drop(&c, S("a"));
    commit(&c);
    EXPECT(c.dirty.n == 1 && c.entries == 1 && holds(&c, S("a"), NULL));
    cache_free(&c);
}

TEST(a_checkpoint_leaves_clean_copies_and_forgets_the_dead) {
    Cache c = {0};
    put(&c, S("a"), "1");
    put(&c, S("b"), "1");
    drop(&c, S("b"));
    put(&c, S("c"), "1");
    commit(&c);
    EXPECT(cache_take_ready(&c) == OK);
    cache_take(&c);
    put(&c, S("c"), "2"); /* changed while the checkpoint is under way */
    commit(&c);
    cache_taken(&c, 0, c.taken.n);
    uint64_t unhid = c.unhid;
    cache_settle(&c);
    EXPECT(c.unhid > unhid && c.clean.n == 1 && c.dirty.n == 1 && c.entries == 2);
    EXPECT(holds(&c, S("a"), "1") && holds(&c, S("c"), "2"));
    Entry *e;
    EXPECT(cache_next(&c, TABLE, S(""), false, &e) == OK && e != NULL);
    EXPECT_STR(cache_key(e), S("c")); /* clean copies hide nothing and are not in the order */
    cache_free(&c);
}

TEST(clean_copies_come_back_by_undo) {
    Cache c = {0};
    put(&c, S("a"), "1");
    commit(&c);
    checkpoint(&c);
    cache_mark(&c);
    put(&c, S("a"), "2");
    EXPECT(c.clean.n == 0);
    uint64_t unhid = c.unhid;
    cache_undo(&c);
    EXPECT(c.clean.n == 1 && holds(&c, S("a"), "1") && c.unhid > unhid && c.changed.n == 0);
    cache_free(&c);
}

TEST(clean_copies_go_when_room_is_short_but_used_ones_later) {
    Cache c = {0};
    char k[64];
    for (uint32_t i = 0; i < 1000; i++)
        put(&c, key_of(i, false, k), "0123456789");
    commit(&c);
    checkpoint(&c);
    EXPECT_INT(c.clean.n, 1000);
    for (uint32_t i = 0; i < 1000; i += 10)
        EXPECT(holds(&c, key_of(i, false, k), "0123456789"));
    cache_trim(&c, c.clean_bytes / 2);
    EXPECT(c.clean.n <= 500 && c.clean.n > 400);
    for (uint32_t i = 0; i < 1000; i += 10)
        EXPECT(cache_look(&c, TABLE, key_of(i, false, k)) != NULL);
    cache_trim(&c, 0);
    EXPECT(c.clean.n == 0 && c.entries == 0 && c.clean_bytes == 0);
    cache_free(&c);
}

TEST(what_was_read_is_kept_as_a_copy) {
    Cache c = {0};
    cache_keep(&c, TABLE, S("is"), S("value"), true);
    cache_keep(&c, TABLE, S("is not"), S(""), false);
    EXPECT(holds(&c, S("is"), "value"));
    const Entry *e = cache_find(&c, TABLE, S("is not"));
    EXPECT(e != NULL && (e->flags & E_LIVE) == 0 && (e->flags & E_ABSENT) != 0);
    put(&c, S("is not"), "now");
    drop(&c, S("is not"));
    commit(&c);
    EXPECT(c.dirty.n == 0);
    cache_free(&c);
}

UNIT_MAIN(T(the_order_of_numbers_is_kept) T(the_order_of_texts_that_begin_alike_is_kept)
              T(keys_that_come_in_order_fill_their_nodes)
                  T(checkpoints_take_records_by_table_and_key) T(values_of_all_lengths_are_undone)
                      T(a_value_may_be_put_from_itself)
                          T(an_added_record_that_goes_again_leaves_nothing)
                              T(a_checkpoint_leaves_clean_copies_and_forgets_the_dead)
                                  T(clean_copies_come_back_by_undo)
                                      T(clean_copies_go_when_room_is_short_but_used_ones_later)
                                          T(what_was_read_is_kept_as_a_copy))
