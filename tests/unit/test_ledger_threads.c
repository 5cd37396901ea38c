/* The ledger with a second thread that writes: while a batch goes to disk the next one is executed,
 * and all that is read is right. For the thread sanitizer too. And the ledger with readers in other
 * processes, which see committed states only. */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/ledger/ledger.h"
#include "tests/unit/unit.h"

enum { BATCHES = 120, EVENTS = 40, KEYS = 300, TIMERS = 60 };

static char base[] = "/tmp/remit-threads-XXXXXX", dir[100];
static int dirs;

static void clean_up(void) {
    char command[120];
    snprintf(command, sizeof command, "rm -rf %s", base);
    if (system(command) != 0)
        printf("cannot remove %s\n", base);
}

static Str fresh(void) {
    if (dirs == 0 && (mkdtemp(base) == NULL || atexit(clean_up) != 0))
        abort();
    snprintf(dir, sizeof dir, "%s/%d", base, dirs++);
    return str_of(dir);
}

static Ledger *must_open(Str d, bool read_only) {
    Ledger *l = NULL;
    Err err = {0};
    LedOptions opt = {.dir = d, .create = !read_only, .read_only = read_only, .no_sync = true};
    if (led_open(&opt, &l, &err) != OK) {
        printf("cannot open: %s\n", err.text);
        abort();
    }
    return l;
}

static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void set_key(uint64_t i, uint8_t key[16]) {
    uint64_t a = (i + 1) * 0x9E3779B97F4A7C15u, b = (a ^ (a >> 31)) * 0xBF58476D1CE4E5B9u;
    b ^= b >> 27;
    memcpy(key, &b, 8);
    memcpy(key + 8, &a, 8);
}

typedef struct Work {
    Ledger *l;
    uint32_t random;
    uint64_t entries, leaves, value[KEYS], clock;
} Work;

static void look(Work *w, uint32_t i) {
    char key[8] = {0};
    Str value, next;
    bool found;
    uint8_t k[16];
    uint64_t a = 0, b;
    key[7] = (char)(i & 255);
    key[6] = (char)(i >> 8);
    EXPECT(led_find(w->l, LED_DUTY, (Str){key, 8}, &value, &found) == OK);
    EXPECT(found == (w->value[i] != 0) && (!found || memcmp(value.p, &w->value[i], 8) == 0));
    set_key(i, k);
    EXPECT(led_set_find(w->l, LED_SET_NAMES, k, &a, &b, &found) == OK);
    EXPECT(found == (i < w->entries) && (!found || a == i * 7ull));
    uint32_t want = i;
    while (want < KEYS && w->value[want] == 0)
        want++;
    EXPECT(led_next(w->l, LED_DUTY, (Str){key, 8}, false, &next, &value, &found) == OK);
    EXPECT(found == (want < KEYS) && (!found || (uint8_t)next.p[7] == (want & 255)));
    if (w->leaves > 0) {
        uint64_t at = next_random(&w->random) % w->leaves;
        EXPECT(led_leaf(w->l, at, &value) == OK && value.n == 70 && memcmp(value.p, &at, 8) == 0);
    }
}

static void event(Work *w) {
    uint32_t i = next_random(&w->random) % KEYS;
    char key[8] = {0}, bytes[120] = {0}, leaf[70] = {0}, timer[16] = {0};
    led_mark(w->l);
    look(w, i);
    key[7] = (char)(i & 255);
    key[6] = (char)(i >> 8);
    w->clock++;
    w->value[i] = next_random(&w->random) % 4 == 0 ? 0 : w->clock;
    memcpy(bytes, &w->value[i], 8);
    Str k = {key, 8};
    EXPECT(w->value[i] == 0 ? led_del(w->l, LED_DUTY, k) == OK
                            : led_put(w->l, LED_DUTY, k, (Str){bytes, sizeof bytes}) == OK);
    uint64_t big = __builtin_bswap64(w->clock + next_random(&w->random) % TIMERS);
    memcpy(timer, &big, 8);
    big = __builtin_bswap64(w->clock);
    memcpy(timer + 8, &big, 8);
    EXPECT(led_add(w->l, LED_TIMER, (Str){timer, 16}, S("")) == OK);
    Str first, value;
    bool found;
    EXPECT(led_next(w->l, LED_TIMER, S(""), false, &first, &value, &found) == OK && found);
    if (memcmp(first.p, &big, 8) < 0)
        EXPECT(led_del(w->l, LED_TIMER, first) == OK);
    uint8_t id[16];
    set_key(w->entries, id);
    EXPECT(led_set_add(w->l, LED_SET_NAMES, id, w->entries * 7, 1) == OK);
    w->entries++;
    memcpy(leaf, &w->leaves, 8);
    EXPECT(led_append(w->l, (Str){leaf, sizeof leaf}, NULL) == OK);
    w->leaves++;
}

static void refused(Work *w) {
    led_mark(w->l);
    EXPECT(led_put(w->l, LED_DUTY, S("\0\0\0\0\0\0\0\5"), S("gone")) == OK);
    EXPECT(led_append(w->l, S("gone"), NULL) == OK);
    led_undo(w->l);
}

typedef struct Writer {
    Ledger *l;
    sem_t sealed, written;
    int batches;
    Status status;
} Writer;

static void *write_batches(void *arg) {
    Writer *w = arg;
    Err err = {0};
    for (int i = 0; i < w->batches; i++) {
        sem_wait(&w->sealed);
        Status status = led_write(w->l, &err);
        w->status = w->status == OK ? status : w->status;
        sem_post(&w->written);
    }
    return NULL;
}

static void run_threaded(Work *work, int batches) {
    Writer writer = {.l = work->l, .batches = batches};
    pthread_t thread;
    Err err = {0};
    EXPECT(sem_init(&writer.sealed, 0, 0) == 0 && sem_init(&writer.written, 0, 0) == 0);
    EXPECT(pthread_create(&thread, NULL, write_batches, &writer) == 0);
    for (int i = 0; i < batches; i++) {
        for (int k = 0; k < EVENTS; k++)
            event(work);
        refused(work);
        if (i > 0) {
            sem_wait(&writer.written);
            EXPECT(led_settle(work->l, &err) == OK);
        }
        EXPECT(led_seal(work->l, &err) == OK);
        sem_post(&writer.sealed);
    }
    sem_wait(&writer.written);
    EXPECT(led_settle(work->l, &err) == OK && writer.status == OK);
    pthread_join(thread, NULL);
}

static void run_plain(Work *work, int batches) {
    Err err = {0};
    for (int i = 0; i < batches; i++) {
        for (int k = 0; k < EVENTS; k++)
            event(work);
        refused(work);
        EXPECT(led_commit(work->l, &err) == OK);
    }
}

TEST(a_second_thread_may_write) {
    led_test_rooms(30000, 3000, 20);
    Str d = fresh();
    uint8_t digest[3][32];
    Err err = {0};
    Work a = {.l = must_open(d, false), .random = 7},
         b = {.l = must_open(S(""), false), .random = 7};
    run_threaded(&a, BATCHES);
    run_plain(&b, BATCHES);
    EXPECT(led_digest(a.l, digest[0], &err) == OK && led_digest(b.l, digest[1], &err) == OK);
    led_close(a.l);
    led_close(b.l);
    a.l = must_open(d, false);
    EXPECT(led_digest(a.l, digest[2], &err) == OK);
    EXPECT(memcmp(digest[0], digest[1], 32) == 0 && memcmp(digest[0], digest[2], 32) == 0);
    for (uint32_t i = 0; i < KEYS; i++)
        look(&a, i);
    led_close(a.l);
}

TEST(a_full_map_grows_under_way) {
    led_test_rooms(100000, 10000, 400);
    led_test_map((size_t)1 << 20);
    Str d = fresh();
    Work a = {.l = must_open(d, false), .random = 3};
    run_threaded(&a, BATCHES);
    run_plain(&a, BATCHES / 2);
    led_test_map(0);
    led_close(a.l);
    a.l = must_open(d, false);
    for (uint32_t i = 0; i < KEYS; i++)
        look(&a, i);
    led_close(a.l);
}

TEST(seal_write_and_settle_come_in_turn) {
    Str d = fresh();
    Ledger *l = must_open(d, false);
    Err err = {0};
    EXPECT(led_write(l, &err) == ERR_STATE && led_settle(l, &err) == ERR_STATE);
    EXPECT(led_put(l, LED_META, S("a"), S("1")) == OK && led_seal(l, &err) == OK);
    EXPECT(led_seal(l, &err) == ERR_STATE && led_settle(l, &err) == ERR_STATE);
    EXPECT(led_write(l, &err) == OK && led_write(l, &err) == ERR_STATE);
    EXPECT(led_settle(l, &err) == OK && led_commit(l, &err) == OK);
    led_close(l);
}

/* ---- readers: the writer's process tells a number of commits and a digest, the reader looks ----
 */

enum { READ_ROUNDS = 40 };

typedef struct Told {
    uint64_t leaves, entries;
    uint8_t digest[32];
} Told;

/* One look of a reader that was opened when there was less. True when all is as told. */
static bool reader_sees(Ledger *l, const Told *told) {
    uint8_t digest[32], key[16];
    Err err = {0};
    Str value;
    bool found, good = led_digest(l, digest, &err) == OK && memcmp(digest, told->digest, 32) == 0;
    good = good && led_size(l) == told->leaves;
    for (uint64_t i = 0; i < told->leaves && good; i += 37)
        good = led_leaf(l, i, &value) == OK && memcmp(value.p, &i, 8) == 0;
    for (uint64_t i = 0; i < told->entries + 20 && good; i += 11) {
        uint64_t a = 0, b;
        set_key(i, key);
        good = led_set_find(l, LED_SET_NAMES, key, &a, &b, &found) == OK;
        good = good && found == (i < told->entries) && (!found || a == i * 7);
    }
    if (!good)
        printf("a reader does not see what was committed: %s\n", err.text);
    return good;
}

static int reader(Str d, int in, int out) {
    Ledger *l = NULL;
    Told told;
    bool good = true;
    for (int i = 0; i < READ_ROUNDS && read(in, &told, sizeof told) == sizeof told; i++) {
        if (l == NULL || i % 15 == 14) {
            led_close(l);
            l = must_open(d, true);
        }
        good = good && reader_sees(l, &told);
        if (write(out, "x", 1) != 1)
            return 2;
    }
    led_close(l);
    fflush(stdout);
    return good ? 0 : 1;
}

TEST(readers_see_what_is_committed) {
    led_test_rooms(20000, 2000, 15);
    Str d = fresh();
    int to[2], from[2], code = -1;
    char c;
    Err err = {0};
    EXPECT(pipe(to) == 0 && pipe(from) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(reader(d, to[0], from[1]));
    close(to[0]);
    close(from[1]);
    Work w = {.l = must_open(d, false), .random = 5};
    for (int i = 0; i < READ_ROUNDS; i++) {
        run_plain(&w, 1 + i % 4);
        Told told = {.leaves = w.leaves, .entries = w.entries};
        EXPECT(led_digest(w.l, told.digest, &err) == OK);
        EXPECT(write(to[1], &told, sizeof told) == sizeof told);
        EXPECT(read(from[0], &c, 1) == 1);
    }
    led_close(w.l);
    close(to[1]);
    close(from[0]);
    EXPECT(waitpid(child, &code, 0) == child && code == 0);
}

/* A reader walks a table, slowly, while the writer goes on: keys come in order and values stay. */
static int slow_reader(Str d, int in) {
    char c;
    int good = read(in, &c, 1) == 1 ? 0 : 1;
    Ledger *l = must_open(d, true);
    for (int walk = 0; walk < 30; walk++) {
        Str key = {NULL, 0}, value, first = {NULL, 0};
        char before[8] = {0}, copy[8] = {0};
        bool found = true;
        for (int n = 0; n < 700 && found; n++) {
            if (led_next(l, LED_DUTY, key, n > 0, &key, &value, &found) != OK)
                return 3;
            if (found && n > 0 && memcmp(key.p, before, 8) <= 0)
                return 4;
            if (found)
                memcpy(before, key.p, 8);
            if (found && n == 0) {
                first = value;
                memcpy(copy, value.p, 8);
            }
        }
        if (first.n > 0 && memcmp(first.p, copy, 8) != 0)
            return 5;
    }
    led_close(l);
    return good;
}

TEST(readers_may_be_slow) {
    led_test_rooms(20000, 2000, 15);
    Str d = fresh();
    int to[2], code = -1;
    EXPECT(pipe(to) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(slow_reader(d, to[0]));
    Work w = {.l = must_open(d, false), .random = 9};
    run_plain(&w, 10);
    EXPECT(write(to[1], "x", 1) == 1);
    for (int i = 0; i < 2000 && waitpid(child, &code, WNOHANG) == 0; i++)
        run_plain(&w, 1);
    EXPECT(code == 0);
    led_close(w.l);
}

UNIT_MAIN(T(a_second_thread_may_write) T(a_full_map_grows_under_way)
              T(seal_write_and_settle_come_in_turn) T(readers_see_what_is_committed)
                  T(readers_may_be_slow))
