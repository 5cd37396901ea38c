/* Sorted runs: sorting, filters, look-ups, merges step by step, and the state that a kill leaves.
 */
#include "engine/ledger/runs.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static char base[] = "/tmp/remit-runs-XXXXXX", dir[100];
static int dirs;

static void clean_up(void) {
    char command[120];
    snprintf(command, sizeof command, "rm -rf %s", base);
    if (system(command) != 0)
        printf("cannot remove %s\n", base);
}

static void open_env(Env *v, bool fresh) {
    bool empty = false;
    Err err = {0};
    if (dirs == 0 && (mkdtemp(base) == NULL || atexit(clean_up) != 0))
        abort();
    if (fresh)
        snprintf(dir, sizeof dir, "%s/%d", base, dirs++);
    LedOptions opt = {.dir = str_of(dir), .create = true, .no_sync = true};
    EXPECT(env_open(v, &opt, &empty, &err) == OK && empty == fresh);
    if (fresh)
        EXPECT(env_make(v) == OK && env_commit(v) == OK && env_made(v, opt.dir, &err) == OK);
    EXPECT(env_read(v) == OK);
}

static SetItem item_no(uint64_t i) {
    uint64_t a = (i + 1) * 0x9E3779B97F4A7C15u, b = (a ^ (a >> 31)) * 0xBF58476D1CE4E5B9u;
    b ^= b >> 27;
    SetItem item = {.a = i * 5, .b = i & 0xFFFFFFFFFFFFu};
    memcpy(item.key, &b, 8);
    memcpy(item.key + 8, &a, 8);
    return item;
}

/* Writes items [from, to) as a run of level 0. */
static void add_run(Runs *r, Env *v, uint32_t id, LedSet set, uint64_t from, uint64_t to) {
    size_t n = (size_t)(to - from);
    SetItem *items = calloc(n, sizeof *items), *room = calloc(n, sizeof *items);
    if (items == NULL || room == NULL)
        abort();
    for (size_t i = 0; i < n; i++)
        items[i] = item_no(from + i);
    runs_sort(items, room, n);
    EXPECT(runs_ready(r) == OK && env_begin(v) == OK);
    uint8_t *filter = runs_filter(r, n);
    RunWriter w = run_writer(id, n, filter);
    for (size_t i = 0; i < n; i++)
        EXPECT(run_put(&w, v, &items[i]) == OK);
    EXPECT(run_end(&w, v) == OK && run_enter(v, id, set, n) == OK && env_commit(v) == OK);
    env_renew(v);
    EXPECT(env_read(v) == OK);
    runs_add(r, id, set, n, filter);
    free(items);
    free(room);
}

/* One step of the merges, committed. */
static void step(Runs *r, Env *v, uint64_t budget, uint32_t *next_id) {
    Merge next[RUNS_LEVELS];
    FilterList bits = {0};
    EXPECT(runs_plan(r, next, next_id) == OK && env_begin(v) == OK);
    EXPECT(runs_step(r, v, budget, next, &bits) == OK && env_commit(v) == OK);
    env_renew(v);
    EXPECT(env_read(v) == OK);
    runs_stepped(r, next, &bits);
    vec_free(&bits);
}

static bool has(Runs *r, Env *v, LedSet set, uint64_t i) {
    SetItem want = item_no(i), item = {.a = 0};
    bool found = false;
    EXPECT(runs_find(r, v, set, want.key, &item, &found) == OK);
    EXPECT(!found || (item.a == want.a && item.b == want.b));
    return found;
}

static bool has_all(Runs *r, Env *v, LedSet set, uint64_t from, uint64_t to, uint64_t by) {
    bool all = true;
    for (uint64_t i = from; i < to; i += by)
        all &= has(r, v, set, i);
    return all;
}

static bool has_none(Runs *r, Env *v, LedSet set, uint64_t from, uint64_t to, uint64_t by) {
    bool any = false;
    for (uint64_t i = from; i < to; i += by)
        any |= has(r, v, set, i);
    return !any;
}

static uint64_t rows(Env *v, EnvDb db) {
    MDB_stat st;
    EXPECT(mdb_stat(v->reader.txn, v->db[db], &st) == 0);
    return st.ms_entries;
}

static uint64_t leaf_pages(Env *v, EnvDb db) {
    MDB_stat st;
    EXPECT(mdb_stat(v->reader.txn, v->db[db], &st) == 0);
    return st.ms_leaf_pages;
}

static int by_key(const void *a, const void *b) {
    return memcmp(((const SetItem *)a)->key, ((const SetItem *)b)->key, LED_SET_KEY);
}

TEST(items_are_sorted_however_their_keys_are_spread) {
    enum { N = 5000 };
    static SetItem items[N], want[N], room[N];
    for (int kind = 0; kind < 4; kind++)
        for (size_t n = 0; n < N; n = n * 2 + 1) {
            for (size_t i = 0; i < n; i++) {
                items[i] = item_no(i);
                if (kind == 1) /* all in one bucket */
                    memset(items[i].key, 7, 8);
                if (kind == 2) /* nearly all */
                    memset(items[i].key, i % 3 == 0 ? 200 : 7, 7);
                if (kind == 3) /* in order */
                    items[i].key[0] = items[i].key[1] = 0, items[i].key[2] = (uint8_t)(i >> 8),
                    items[i].key[3] = (uint8_t)i;
                want[i] = items[i];
            }
            runs_sort(items, room, n);
            qsort(want, n, sizeof *want, by_key);
            EXPECT(n == 0 || memcmp(items, want, n * sizeof *want) == 0);
        }
}

TEST(a_run_has_what_was_put_and_nothing_else) {
    Env v;
    Runs r = {0};
    open_env(&v, true);
    add_run(&r, &v, 1, LED_SET_EVENTS, 0, 10000);
    EXPECT(has_all(&r, &v, LED_SET_EVENTS, 0, 10000, 1));
    EXPECT(has_none(&r, &v, LED_SET_EVENTS, 10000, 20000, 1));
    EXPECT(has_none(&r, &v, LED_SET_NAMES, 0, 10000, 7));
    EXPECT_INT(rows(&v, DB_BLOCKS0), (10000 + RUN_BLOCK - 1) / RUN_BLOCK);
    EXPECT(leaf_pages(&v, DB_BLOCKS0) <= 10000 / RUN_BLOCK / 2 + 3); /* two blocks a page */
    runs_free(&r);
    env_close(&v);
}

TEST(filters_say_no_to_nearly_all_that_is_not_there) {
    Env v;
    Runs r = {0}, through_map = {.in_map = true};
    open_env(&v, true);
    add_run(&r, &v, 1, LED_SET_EVENTS, 0, 100000);
    size_t maybe = 0;
    const Run *run = &r.runs.at[0];
    EXPECT(run->filter != NULL);
    for (uint64_t i = 100000; i < 200000; i++) {
        SetItem item = item_no(i);
        maybe += runs_maybe(run, item.key);
    }
    EXPECT(maybe < 2000); /* two in a hundred */
    printf("%zu of 100000 pass a filter\n", maybe);
    EXPECT(runs_load(&through_map, &v) == OK);
    EXPECT(has_all(&through_map, &v, LED_SET_EVENTS, 0, 100000, 31));
    EXPECT(has_none(&through_map, &v, LED_SET_EVENTS, 100000, 200000, 31));
    runs_free(&through_map);
    runs_free(&r);
    env_close(&v);
}

/* All along a merge, in steps of any size, all entries are found; it is the same when the process
 * ends between two steps and another one goes on. */
static void merge_in_steps(uint64_t budget, bool kill) {
    enum { EACH = 1500 };
    Env v;
    Runs r = {0};
    uint32_t next_id = 9;
    int steps = 0;
    open_env(&v, true);
    for (uint32_t i = 0; i < RUNS_FAN; i++)
        add_run(&r, &v, i + 1, LED_SET_NAMES, i * EACH, (i + 1) * EACH);
    while (runs_busy(&r) && steps < 1000) {
        step(&r, &v, budget, &next_id);
        steps++;
        EXPECT(has_all(&r, &v, LED_SET_NAMES, (uint64_t)steps % 7, RUNS_FAN * EACH, 7));
        EXPECT(has_none(&r, &v, LED_SET_NAMES, RUNS_FAN * EACH, RUNS_FAN * EACH + 300, 1));
        if (kill) {
            runs_free(&r);
            env_close(&v);
            open_env(&v, false);
            EXPECT(runs_load(&r, &v) == OK);
        }
    }
    EXPECT(steps == (int)((RUNS_FAN * EACH + budget - 1) / budget) || budget % RUN_BLOCK != 0);
    EXPECT(has_all(&r, &v, LED_SET_NAMES, 0, RUNS_FAN * EACH, 1));
    EXPECT(r.runs.n == 1 && r.runs.at[0].level == 1 && !r.runs.at[0].out);
    EXPECT_INT(rows(&v, DB_BLOCKS0), 0);
    EXPECT_INT(rows(&v, DB_FILTERS0), 0);
    EXPECT_INT(rows(&v, DB_BLOCKS1), (RUNS_FAN * EACH + RUN_BLOCK - 1) / RUN_BLOCK);
    EXPECT(leaf_pages(&v, DB_BLOCKS1) <= RUNS_FAN * EACH / RUN_BLOCK / 2 + 3);
    runs_free(&r);
    env_close(&v);
}

TEST(merges_lose_nothing_in_steps_of_any_size) {
    merge_in_steps(1, false);
    merge_in_steps(630, false);
    merge_in_steps(5000, false);
    merge_in_steps(1000000, false);
}

TEST(merges_go_on_in_another_process) {
    merge_in_steps(63, true);
    merge_in_steps(2000, true);
}

TEST(merged_runs_are_merged_in_turn) {
    enum { EACH = 200, RUNS = 8 * 8 * 8 + 5 };
    Env v;
    Runs r = {0};
    uint32_t id = 1;
    open_env(&v, true);
    for (uint64_t i = 0; i < RUNS; i++) {
        uint32_t mine = id++;
        add_run(&r, &v, mine, LED_SET_EVENTS, i * EACH, (i + 1) * EACH);
        for (int k = 0; k < 4; k++)
            step(&r, &v, EACH / 2, &id); /* twice what came, as commits do */
        EXPECT(r.runs.n < 5 * 2 * RUNS_FAN);
        EXPECT(has_all(&r, &v, LED_SET_EVENTS, i % 97, (i + 1) * EACH, 997));
    }
    uint64_t most = 0;
    for (int k = 0; k < 10000 && runs_busy(&r); k++)
        step(&r, &v, EACH, &id);
    for (size_t i = 0; i < r.runs.n; i++)
        most = r.runs.at[i].level > most ? r.runs.at[i].level : most;
    EXPECT_INT(most, 3);
    EXPECT(has_all(&r, &v, LED_SET_EVENTS, 0, RUNS * EACH, 13));
    EXPECT(has_none(&r, &v, LED_SET_EVENTS, RUNS * EACH, RUNS * EACH * 2, 13));
    runs_free(&r);
    env_close(&v);
}

TEST(of_a_key_that_is_there_twice_the_newest_stays) {
    Env v;
    Runs r = {0};
    uint32_t next_id = 9;
    open_env(&v, true);
    for (uint32_t i = 0; i < RUNS_FAN; i++)
        add_run(&r, &v, i + 1, LED_SET_NAMES, i * 90, (i + 1) * 100); /* overlapping */
    while (runs_busy(&r))
        step(&r, &v, 100, &next_id);
    EXPECT(has_all(&r, &v, LED_SET_NAMES, 0, RUNS_FAN * 100, 1));
    EXPECT_INT(rows(&v, DB_BLOCKS1), (RUNS_FAN * 100 + RUN_BLOCK - 1) / RUN_BLOCK);
    runs_free(&r);
    env_close(&v);
}

TEST(an_unfinished_run_can_be_cleared) {
    Env v;
    Runs r = {0};
    open_env(&v, true);
    add_run(&r, &v, 3, LED_SET_EVENTS, 0, 500);
    EXPECT(env_begin(&v) == OK);
    RunWriter w = run_writer(4, 500, NULL);
    SetItem items[500], room[500];
    for (uint64_t i = 0; i < 500; i++)
        items[i] = item_no(i + 500);
    runs_sort(items, room, 500);
    for (size_t i = 0; i < 400; i++)
        EXPECT(run_put(&w, &v, &items[i]) == OK);
    EXPECT(env_commit(&v) == OK);
    env_renew(&v);
    EXPECT(env_read(&v) == OK && rows(&v, DB_BLOCKS0) == 8 + 6);
    EXPECT(env_begin(&v) == OK && run_clear(&v, 0, 4) == OK && env_commit(&v) == OK);
    env_renew(&v);
    EXPECT(env_read(&v) == OK && rows(&v, DB_BLOCKS0) == 8);
    EXPECT(has_all(&r, &v, LED_SET_EVENTS, 0, 500, 1));
    runs_free(&r);
    env_close(&v);
}

static void put_row(Env *v, Str key, Str value) {
    EXPECT(env_begin(v) == OK && env_put(v, DB_SYS, key, value, false) == OK &&
           env_commit(v) == OK);
    env_renew(v);
    EXPECT(env_read(v) == OK);
}

TEST(rows_that_make_no_sense_are_refused) {
    static const Str bad[] = {
        {"", 0},
        {"\0\0", 2},
        {"\0\0\5\0", 4}, /* too short, too long */
        {"\3\0\5", 3},
        {"\0\x08\5", 3},                              /* no such set, level */
        {"\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", 10}, /* too many items */
    };
    Env v;
    Runs r = {0};
    open_env(&v, true);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put_row(&v, S("run\0\0\0\1"), bad[i]);
        EXPECT(runs_load(&r, &v) == ERR_DAMAGED);
    }
    put_row(&v, S("run\0\0\0\1"), S("\0\0\5"));
    EXPECT(runs_load(&r, &v) == OK && r.runs.n == 1);
    put_row(&v, S("merge\1"),
            S("\0\1\1\1\1\1\1\1\1\1\5\0"
              "0123456789abcdef"));
    EXPECT(runs_load(&r, &v) == ERR_DAMAGED); /* an input that is the output */
    runs_free(&r);
    env_close(&v);
}

UNIT_MAIN(T(items_are_sorted_however_their_keys_are_spread)
              T(a_run_has_what_was_put_and_nothing_else)
                  T(filters_say_no_to_nearly_all_that_is_not_there)
                      T(merges_lose_nothing_in_steps_of_any_size) T(merges_go_on_in_another_process)
                          T(merged_runs_are_merged_in_turn)
                              T(of_a_key_that_is_there_twice_the_newest_stays)
                                  T(an_unfinished_run_can_be_cleared)
                                      T(rows_that_make_no_sense_are_refused))
