/* What a failure leaves behind: the k-th allocation, or the k-th write or commit, fails for k = 1,
 * 2, ... until a run passes; a process is killed while it commits. Afterwards the ledger has the
 * state of just so many commits as were acknowledged, or of one more, and going on from there ends
 * where an undisturbed run does. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/ledger/ledger.h"
#include "tests/unit/unit.h"

enum { BATCHES = 26, KILLS = 50, DIGEST = 32 };

static char base[] = "/tmp/remit-fault-XXXXXX", dir[100];
static int dirs;
static uint8_t digests[BATCHES + 1][DIGEST]; /* of an undisturbed run, by commits */

static void clean_up(void) {
    char command[120];
    snprintf(command, sizeof command, "rm -rf %s", base);
    if (system(command) != 0)
        printf("cannot remove %s\n", base);
}

static void remove_dir(void) {
    char path[140];
    static const char *const names[] = {"data.mdb", "lock.mdb", "lock"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
}

static Str fresh(void) {
    if (dirs == 0 && (mkdtemp(base) == NULL || atexit(clean_up) != 0))
        abort();
    snprintf(dir, sizeof dir, "%s/%d", base, dirs++);
    return str_of(dir);
}

static void set_key(uint64_t i, uint8_t key[16]) {
    uint64_t a = (i + 1) * 0x9E3779B97F4A7C15u, b = (a ^ (a >> 31)) * 0xBF58476D1CE4E5B9u;
    memcpy(key, &b, 8);
    memcpy(key + 8, &a, 8);
}

/* The changes of batch number i, a function of i alone. */
static Status batch(Ledger *l, uint64_t i) {
    static char bytes[6000];
    uint64_t random = i * 7919 + 13;
    memset(bytes, (int)(i % 100), sizeof bytes);
    for (int n = 0; n < 12; n++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        char key[8] = {0, 0, 0, 0, 0, 0, 0, (char)(random >> 60)};
        size_t length = random >> 33 & 7 ? 40 + (random >> 40 & 63) : 5000;
        led_mark(l);
        if (random >> 30 & 1)
            TRY(led_put(l, LED_DUTY, (Str){key, 8}, (Str){bytes, length}));
        else
            TRY(led_del(l, LED_DUTY, (Str){key, 8}));
        TRY(led_append(l, (Str){bytes, n == 3 ? 4000 : 60}, NULL));
        uint8_t id[16];
        set_key(i * 12 + (uint64_t)n, id);
        TRY(led_set_add(l, LED_SET_EVENTS, id, i, 1));
        Str first, value;
        bool found;
        TRY(led_next(l, LED_DUTY, S(""), false, &first, &value, &found));
        if (n % 5 == 4) {
            led_undo(l);
            set_key(i * 12 + (uint64_t)n, id);
            TRY(led_set_add(l, LED_SET_EVENTS, id, i, 1));
        }
    }
    return led_put(l, LED_META, S("batches"), (Str){(const char *)&i, sizeof i});
}

/* How many batches the ledger has. */
static Status batches_of(Ledger *l, uint64_t *n) {
    Str value;
    bool found;
    TRY(led_find(l, LED_META, S("batches"), &value, &found));
    *n = 0;
    if (found)
        memcpy(n, value.p, sizeof *n);
    *n += found;
    return OK;
}

static Status open_ledger(Ledger **l) {
    led_test_rooms(2500, 900, 12);
    return led_open(&(LedOptions){.dir = str_of(dir), .create = true, .no_sync = true}, l, NULL);
}

/* Opens and does the batches that are missing. *done counts those that are acknowledged. */
static Status run(uint64_t *done) {
    Ledger *l;
    uint64_t i;
    TRY(open_ledger(&l));
    Status status = batches_of(l, &i);
    for (; i < BATCHES && status == OK; i++) {
        status = batch(l, i);
        if (status == OK)
            status = led_commit(l, NULL);
        if (status == OK)
            *done = i + 1;
    }
    led_close(l);
    return status;
}

static void undisturbed(void) {
    Ledger *l;
    EXPECT(led_open(&(LedOptions){.dir = {NULL, 0}}, &l, NULL) == OK);
    for (uint64_t i = 0; i <= BATCHES; i++) {
        EXPECT(led_digest(l, digests[i], NULL) == OK);
        if (i < BATCHES)
            EXPECT(batch(l, i) == OK && led_commit(l, NULL) == OK);
    }
    led_close(l);
}

/* The sets have what they should after n batches. */
static bool sets_hold(Ledger *l, uint64_t n) {
    for (uint64_t i = 0; i < (n + 1) * 12; i++) {
        uint8_t key[16];
        uint64_t a = 0, b;
        bool found;
        set_key(i, key);
        if (led_set_find(l, LED_SET_EVENTS, key, &a, &b, &found) != OK || found != (i < n * 12) ||
            (found && a != i / 12))
            return false;
    }
    return true;
}

/* Opens what a failure left: it is the state after `done` commits or, if one was under way, one
 * more. */
static bool state_is_whole(uint64_t done) {
    Ledger *l;
    uint64_t n = 0;
    uint8_t digest[DIGEST];
    if (open_ledger(&l) != OK)
        return false;
    bool good = batches_of(l, &n) == OK && n >= done && n <= done + 1 && n <= BATCHES;
    good = good && led_digest(l, digest, NULL) == OK && memcmp(digest, digests[n], DIGEST) == 0;
    good = good && sets_hold(l, n);
    led_close(l);
    return good;
}

/* One k; false when there is no k-th any more. */
static bool fails_at(uint64_t k, void (*set)(uint64_t), const char *what) {
    uint64_t done = 0, allocations = mem_count();
    fresh();
    set(k);
    Status status = run(&done);
    set(0);
    allocations = mem_count() - allocations;
    if (status == OK)
        EXPECT(done == BATCHES && state_is_whole(BATCHES)); /* there are some that nobody needs */
    if (status != OK) {
        bool whole = state_is_whole(done), ends = run(&done) == OK && state_is_whole(BATCHES);
        if (!whole || !ends)
            printf("after failing %s %llu (%s)\n", what, (unsigned long long)k,
                   status_text(status));
        EXPECT(whole && ends);
    }
    remove_dir();
    return status != OK || (set == mem_fail_at && k <= allocations);
}

TEST(each_failing_allocation_leaves_a_whole_state) {
    uint64_t k = 1;
    undisturbed();
    while (fails_at(k, mem_fail_at, "allocation") && k < 5000)
        k++;
    EXPECT(k > 60 && k < 5000);
    printf("%llu allocations\n", (unsigned long long)k - 1);
}

TEST(each_failing_write_leaves_a_whole_state) {
    uint64_t k = 1;
    undisturbed();
    while (fails_at(k, led_fail_at, "write") && k < 5000)
        k++;
    EXPECT(k > 300 && k < 5000);
    printf("%llu writes\n", (unsigned long long)k - 1);
}

/* Changes of all kinds, some of which need memory. */
static Status change(Ledger *l, uint64_t i) {
    static char bytes[4000];
    char key[8] = {(char)(i % 50), (char)(i % 3)};
    uint8_t id[16];
    memset(bytes, (int)i, sizeof bytes);
    set_key(i, id);
    TRY(led_put(l, LED_DUTY, (Str){key, 8}, (Str){bytes, i % 5 == 0 ? sizeof bytes : i % 200}));
    TRY(led_set_add(l, LED_SET_NAMES, id, i, 1));
    TRY(led_append(l, (Str){bytes, i % 300}, NULL));
    key[0]++;
    TRY(led_del(l, LED_DUTY, (Str){key, 8}));
    Str first, value;
    bool found;
    return led_next(l, LED_DUTY, S(""), false, &first, &value, &found);
}

TEST(each_failing_allocation_in_memory_changes_nothing) {
    uint8_t before[DIGEST], after[DIGEST];
    Ledger *l;
    int failed = 0;
    EXPECT(led_open(&(LedOptions){.dir = {NULL, 0}}, &l, NULL) == OK);
    for (uint64_t i = 0; i < 600; i++)
        for (uint64_t k = 1; k < 8; k++) {
            EXPECT(led_digest(l, before, NULL) == OK);
            led_mark(l);
            mem_fail_at(k);
            Status status = change(l, i);
            mem_fail_at(0);
            if (status == OK)
                break;
            failed++;
            led_undo(l);
            EXPECT(led_digest(l, after, NULL) == OK);
            EXPECT(memcmp(before, after, DIGEST) == 0);
        }
    EXPECT(failed > 50);
    led_close(l);
}

/* ---- kills ---- */

static void commit_for_ever(int out) {
    Ledger *l;
    uint64_t i;
    if (open_ledger(&l) != OK || batches_of(l, &i) != OK)
        _exit(2);
    for (;; i++) {
        if (batch(l, i) != OK || led_commit(l, NULL) != OK || write(out, &i, sizeof i) != sizeof i)
            _exit(3);
    }
}

/* Lets a child commit at least so many batches, and then a while longer, and kills it. Gives how
 * many it said it had committed. */
static uint64_t kill_one(uint64_t before, unsigned batches, unsigned microseconds) {
    int out[2];
    uint64_t i = 0, said = before;
    if (pipe(out) != 0)
        abort();
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(out[0]);
        commit_for_ever(out[1]);
    }
    close(out[1]);
    for (; batches > 0 && read(out[0], &i, sizeof i) == sizeof i; batches--)
        said = i + 1;
    nanosleep(&(struct timespec){0, (long)microseconds * 1000}, NULL);
    int code = 0;
    EXPECT(kill(child, SIGKILL) == 0 && waitpid(child, &code, 0) == child);
    EXPECT(WIFSIGNALED(code) && WTERMSIG(code) == SIGKILL);
    while (read(out[0], &i, sizeof i) == sizeof i)
        said = i + 1;
    close(out[0]);
    return said;
}

/* What is on disk is what `said` batches make, or one more; `model` is brought up to it. */
static uint64_t check_killed(Ledger *model, uint64_t modelled, uint64_t said) {
    Ledger *l = NULL;
    uint64_t n = 0;
    uint8_t digest[DIGEST], want[DIGEST];
    EXPECT(open_ledger(&l) == OK);
    if (l == NULL)
        return modelled;
    EXPECT(batches_of(l, &n) == OK && n >= said && n <= said + 1);
    for (; modelled < n; modelled++)
        EXPECT(batch(model, modelled) == OK && led_commit(model, NULL) == OK);
    EXPECT(led_digest(l, digest, NULL) == OK && led_digest(model, want, NULL) == OK);
    EXPECT(memcmp(digest, want, DIGEST) == 0 && sets_hold(l, n));
    led_close(l);
    return modelled;
}

TEST(a_killed_process_leaves_a_committed_state) {
    Ledger *model;
    uint64_t said = 0, modelled = 0;
    unsigned random = 12345;
    fresh();
    EXPECT(led_open(&(LedOptions){.dir = {NULL, 0}}, &model, NULL) == OK);
    for (int i = 0; i < KILLS; i++) {
        random = random * 1664525u + 1013904223u;
        said = kill_one(said, (random >> 24) % 30, random >> 8 & 0xFFF); /* 30 batches and 4 ms */
        modelled = check_killed(model, modelled, said);
        said = modelled;
    }
    EXPECT(modelled > KILLS);
    printf("%llu batches in %d kills\n", (unsigned long long)modelled, KILLS);
    led_close(model);
}

/* ---- files that are cut or changed ---- */

static Buf file_bytes(const char *name) {
    char path[140];
    Buf b = {0};
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "rb");
    while (f != NULL && buf_reserve(&b, 1 << 20)) {
        size_t n = fread(b.p + b.n, 1, 1 << 20, f);
        b.n += n;
        if (n == 0)
            break;
    }
    if (f != NULL)
        fclose(f);
    return b;
}

static void write_file(const char *name, Str bytes) {
    char path[140];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "wb");
    EXPECT(f != NULL && (bytes.n == 0 || fwrite(bytes.p, 1, bytes.n, f) == bytes.n));
    if (f != NULL)
        fclose(f);
}

/* In a child, for it may crash: 0 it opened and is whole, 1 it was refused with words, else wrong.
 */
static int open_in_child(bool read_only) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        Ledger *l;
        Err err = {0};
        uint8_t digest[DIGEST];
        LedOptions opt = {
            .dir = str_of(dir), .create = true, .read_only = read_only, .no_sync = true};
        Status status = led_open(&opt, &l, &err);
        if (status != OK)
            _exit(status == ERR_DAMAGED && err.code == status && err.text[0] != '\0' ? 1 : 2);
        if (led_digest(l, digest, &err) != OK || memcmp(digest, digests[BATCHES], DIGEST) != 0)
            _exit(3);
        for (uint64_t i = 0; i < led_size(l); i++)
            if (led_leaf(l, i, &(Str){NULL, 0}) != OK)
                _exit(4);
        bool whole = sets_hold(l, BATCHES);
        if (whole && !read_only)
            whole = batch(l, BATCHES) == OK && led_commit(l, &err) == OK;
        led_close(l);
        _exit(whole ? 0 : 5);
    }
    int code = 0;
    waitpid(child, &code, 0);
    return WIFEXITED(code) ? WEXITSTATUS(code) : 100 + WTERMSIG(code);
}

/* Opens the ledger with just these bytes as data.mdb. */
static int open_cut(Str bytes, bool read_only) {
    write_file("data.mdb", bytes);
    write_file("lock.mdb", (Str){NULL, 0});
    return open_in_child(read_only);
}

TEST(a_cut_file_is_refused_or_whole) {
    uint64_t done = 0;
    undisturbed();
    fresh();
    EXPECT(run(&done) == OK && done == BATCHES);
    Buf all = file_bytes("data.mdb");
    size_t pages = all.n / 4096, refused = 0, whole = 0;
    EXPECT(pages > 30);
    for (size_t i = 0; i < 3 * pages; i++) {
        size_t n = i < pages ? i * 4096 : i * 7919 % all.n;
        int code = open_cut((Str){all.p, n}, i % 2 == 0);
        if (code > 1)
            printf("cut to %zu of %zu bytes: %d\n", n, all.n, code);
        EXPECT(code <= 1);
        refused += code == 1;
        whole += code == 0;
    }
    EXPECT(refused > pages && open_cut(buf_str(&all), false) == 0);
    printf("%zu refused, %zu whole\n", refused, whole);
    buf_free(&all);
    remove_dir();
}

/* LMDB leaves out pages at the end of the file that are free; such a file is not damaged. */
TEST(a_file_without_its_free_last_pages_is_whole) {
    uint64_t done = 0, last;
    size_t meta = 0;
    undisturbed();
    fresh();
    EXPECT(run(&done) == OK);
    Buf all = file_bytes("data.mdb");
    for (size_t k = 0; k < 2; k++, meta += 4096) { /* both metas say there are five pages more */
        last = all.n / 4096 + 4;
        memcpy(all.p + meta + 136, &last, 8);
    }
    EXPECT_INT(open_cut(buf_str(&all), true), 0);
    EXPECT_INT(open_cut(buf_str(&all), false), 0);
    EXPECT_INT(open_cut((Str){all.p, all.n / 2}, false), 1);
    buf_free(&all);
    remove_dir();
}

TEST(nonsense_in_the_first_pages_is_refused) {
    uint64_t done = 0;
    undisturbed();
    fresh();
    EXPECT(run(&done) == OK);
    Buf all = file_bytes("data.mdb");
    static const size_t places[] = {10, 16, 17, 40, 41, 80, 81, 87, 128, 129, 135, 136, 137, 143};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        for (size_t meta = 0; meta < 2; meta++) {
            char *p = all.p + meta * 4096 + places[i], was = *p;
            *p = (char)(was ^ 0x55);
            int code = open_cut(buf_str(&all), true);
            if (code > 2)
                printf("byte %zu of page %zu: %d\n", places[i], meta, code);
            EXPECT(code <= 2); /* ERR_MISMATCH will do */
            *p = was;
        }
    write_file("data.mdb", (Str){NULL, 0});
    EXPECT_INT(open_in_child(false), 1); /* it was a ledger: it is not begun anew */
    EXPECT_INT(open_in_child(true), 1);
    buf_free(&all);
    remove_dir();
}

UNIT_MAIN(T(each_failing_allocation_leaves_a_whole_state) T(each_failing_write_leaves_a_whole_state)
              T(each_failing_allocation_in_memory_changes_nothing)
                  T(a_killed_process_leaves_a_committed_state) T(a_cut_file_is_refused_or_whole)
                      T(a_file_without_its_free_last_pages_is_whole)
                          T(nonsense_in_the_first_pages_is_refused))
