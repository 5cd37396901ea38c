/* The ledger's interface: records, marks, commits, reopening, locks, and what it must refuse to
 * open. */
#include "engine/ledger/ledger.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static char base[] = "/tmp/remit-ledger-XXXXXX";
static char dir[100];
static int dirs;

static void clean_up(void) {
    char command[120];
    snprintf(command, sizeof command, "rm -rf %s", base);
    if (system(command) != 0)
        printf("cannot remove %s\n", base);
}

/* A new directory's name; the directory itself is not made. */
static Str fresh(void) {
    if (dirs == 0 && (mkdtemp(base) == NULL || atexit(clean_up) != 0))
        abort();
    snprintf(dir, sizeof dir, "%s/%d", base, dirs++);
    return str_of(dir);
}

static Ledger *must_open(Str d, bool create, bool read_only) {
    Ledger *l = NULL;
    Err err = {0};
    Status status =
        led_open(&(LedOptions){.dir = d, .create = create, .read_only = read_only, .no_sync = true},
                 &l, &err);
    if (status != OK)
        printf("%s: cannot open: %s\n", unit_name, err.text);
    EXPECT(status == OK);
    if (l == NULL)
        abort();
    return l;
}

static Status open_status(LedOptions opt, Err *err) {
    Ledger *l;
    *err = (Err){0};
    Status status = led_open(&opt, &l, err);
    if (status == OK)
        led_close(l);
    return status;
}

static void must_commit(Ledger *l) {
    Err err = {0};
    Status status = led_commit(l, &err);
    if (status != OK)
        printf("%s: cannot commit: %s\n", unit_name, err.text);
    EXPECT(status == OK);
}

static bool has(Ledger *l, LedTable table, const char *key, const char *want) {
    Str value;
    bool found = false;
    EXPECT(led_find(l, table, str_of(key), &value, &found) == OK);
    return want == NULL ? !found : found && str_eq(value, str_of(want));
}

static void put(Ledger *l, LedTable table, const char *key, const char *value) {
    EXPECT(led_put(l, table, str_of(key), str_of(value)) == OK);
}

/* All keys of a table as one text. */
static Str keys(Ledger *l, LedTable table) {
    static char text[1000];
    size_t n = 0;
    Str key = {NULL, 0}, value;
    bool found = false;
    EXPECT(led_next(l, table, key, false, &key, &value, &found) == OK);
    while (found && n < 900) {
        memcpy(text + n, key.p, key.n);
        text[n + key.n] = ' ';
        n += key.n + 1;
        EXPECT(led_next(l, table, key, true, &key, &value, &found) == OK);
    }
    return (Str){text, n};
}

static void records_go_in_and_out(Ledger *l) {
    EXPECT(has(l, LED_DUTY, "a", NULL));
    put(l, LED_DUTY, "a", "1");
    put(l, LED_DUTY, "b", "");
    put(l, LED_META, "a", "other");
    EXPECT(has(l, LED_DUTY, "a", "1") && has(l, LED_DUTY, "b", "") &&
           has(l, LED_META, "a", "other"));
    put(l, LED_DUTY, "a", "2");
    EXPECT(has(l, LED_DUTY, "a", "2"));
    EXPECT(led_del(l, LED_DUTY, S("a")) == OK && led_del(l, LED_DUTY, S("zzz")) == OK);
    EXPECT(has(l, LED_DUTY, "a", NULL) && has(l, LED_META, "a", "other"));
    must_commit(l);
    EXPECT(has(l, LED_DUTY, "a", NULL) && has(l, LED_DUTY, "b", "") &&
           has(l, LED_META, "a", "other"));
}

TEST(records_go_in_and_out_of_memory) {
    Ledger *l = must_open((Str){NULL, 0}, false, false);
    EXPECT(led_is_new(l));
    records_go_in_and_out(l);
    EXPECT(!led_is_new(l));
    led_close(l);
}

TEST(records_survive_closing) {
    Str d = fresh();
    Ledger *l = must_open(d, true, false);
    EXPECT(led_is_new(l));
    records_go_in_and_out(l);
    put(l, LED_DUTY, "lost", "not committed");
    led_close(l);
    l = must_open(d, false, false);
    EXPECT(!led_is_new(l));
    EXPECT_STR(led_name(l), S("main"));
    EXPECT_STR(keys(l, LED_DUTY), S("b "));
    EXPECT(has(l, LED_META, "a", "other") && has(l, LED_DUTY, "lost", NULL));
    led_close(l);
}

TEST(keys_come_in_byte_order) {
    Ledger *l = must_open((Str){NULL, 0}, false, false);
    put(l, LED_LINK, "b", "");
    put(l, LED_LINK, "ab", "");
    put(l, LED_LINK, "a", "");
    EXPECT(led_put(l, LED_LINK, (Str){"a\0", 2}, S("")) == OK);
    put(l, LED_LINK, "\xff", "");
    put(l, LED_LINK, "longer than eight bytes 2", "");
    put(l, LED_LINK, "longer than eight bytes 1", "");
    EXPECT_STR(keys(l, LED_LINK),
               S("a a\0 ab b longer than eight bytes 1 longer than eight bytes 2 \xff "));
    Str key, value;
    bool found;
    EXPECT(led_next(l, LED_LINK, S("aa"), false, &key, &value, &found) == OK && found);
    EXPECT_STR(key, S("ab"));
    EXPECT(led_next(l, LED_LINK, S("\xff"), true, &key, &value, &found) == OK && !found);
    led_close(l);
}

TEST(undo_goes_back_to_the_mark) {
    Ledger *l = must_open((Str){NULL, 0}, false, false);
    uint8_t k1[16] = {1}, k2[16] = {2};
    uint64_t a, b;
    bool found;
    put(l, LED_DUTY, "a", "1");
    put(l, LED_DUTY, "b", "1");
    EXPECT(led_append(l, S("leaf"), NULL) == OK && led_set_add(l, LED_SET_NAMES, k1, 7, 8) == OK);
    led_mark(l);
    put(l, LED_DUTY, "a", "2");
    put(l, LED_DUTY, "a", "3");
    put(l, LED_DUTY, "c", "1");
    EXPECT(led_del(l, LED_DUTY, S("b")) == OK && led_del(l, LED_DUTY, S("c")) == OK);
    put(l, LED_DUTY, "d", "1");
    EXPECT(led_append(l, S("more"), NULL) == OK && led_set_add(l, LED_SET_NAMES, k2, 1, 2) == OK);
    EXPECT_STR(keys(l, LED_DUTY), S("a d "));
    led_undo(l);
    EXPECT_STR(keys(l, LED_DUTY), S("a b "));
    EXPECT(has(l, LED_DUTY, "a", "1") && has(l, LED_DUTY, "b", "1") && has(l, LED_DUTY, "c", NULL));
    EXPECT_INT(led_size(l), 1);
    EXPECT(led_set_find(l, LED_SET_NAMES, k2, &a, &b, &found) == OK && !found);
    EXPECT(led_set_find(l, LED_SET_NAMES, k1, &a, &b, &found) == OK && found && a == 7 && b == 8);
    put(l, LED_DUTY, "e", "1");
    led_undo(l);
    EXPECT_STR(keys(l, LED_DUTY), S("a b "));
    must_commit(l);
    EXPECT(led_del(l, LED_DUTY, S("a")) == OK);
    led_undo(l);
    EXPECT_STR(keys(l, LED_DUTY), S("a b "));
    led_close(l);
}

TEST(sets_keep_their_entries) {
    Str d = fresh();
    Ledger *l = must_open(d, true, false);
    uint8_t key[16] = {0};
    uint64_t a, b;
    bool found;
    for (unsigned i = 0; i < 3000; i++) {
        memcpy(key, &i, sizeof i);
        EXPECT(led_set_add(l, (LedSet)(i % 3), key, i * 3ull, ((uint64_t)1 << 48) - 1 - i) == OK);
        if (i % 700 == 0)
            must_commit(l);
    }
    EXPECT(led_set_add(l, (LedSet)(2999 % 3), key, 1, 1) == ERR_STATE);
    key[15] = 1;
    EXPECT(led_set_add(l, LED_SET_NAMES, key, 1, (uint64_t)1 << 48) == ERR_LIMIT);
    key[15] = 0;
    must_commit(l);
    led_close(l);
    l = must_open(d, false, false);
    for (unsigned i = 0; i < 3000; i++) {
        memcpy(key, &i, sizeof i);
        EXPECT(led_set_find(l, (LedSet)(i % 3), key, &a, &b, &found) == OK);
        EXPECT(found && a == i * 3ull && b == ((uint64_t)1 << 48) - 1 - i);
        EXPECT(led_set_find(l, (LedSet)((i + 1) % 3), key, &a, &b, &found) == OK && !found);
    }
    led_close(l);
}

TEST(leaves_of_all_lengths_come_back) {
    static const size_t lengths[] = {0,    1,      70,   127,  128,  1800, 1889, 1890,
                                     1891, 1893,   1894, 1895, 1896, 1897, 1900, 1901,
                                     3795, 100000, 70,   0,    0,    5};
    enum { N = sizeof lengths / sizeof *lengths };
    static char bytes[100000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7 % 251);
    Str d = fresh(), leaf;
    Ledger *l = must_open(d, true, false), *m = must_open((Str){NULL, 0}, false, false);
    uint64_t index;
    for (size_t i = 0; i < 3 * N; i++) {
        Str out = {bytes + i % N, lengths[i % N] - (lengths[i % N] == sizeof bytes ? N : 0)};
        EXPECT(led_append(l, out, &index) == OK && index == i && led_append(m, out, &index) == OK);
        if (i == N || i == 2 * N + 3)
            must_commit(l);
    }
    uint8_t root[32], want[32];
    EXPECT(led_root(l, root) == OK && led_root(m, want) == OK && memcmp(root, want, 32) == 0);
    for (int again = 0; again < 2; again++) {
        EXPECT_INT(led_size(l), 3 * N);
        for (size_t i = 0; i < 3 * N; i++) {
            Str out = {bytes + i % N, lengths[i % N] - (lengths[i % N] == sizeof bytes ? N : 0)};
            EXPECT(led_leaf(l, i, &leaf) == OK && str_eq(leaf, out));
        }
        EXPECT(led_leaf(l, 3 * N, &leaf) == ERR_NOTFOUND);
        must_commit(l);
        led_close(l);
        l = must_open(d, false, false);
        EXPECT(led_root(l, root) == OK && memcmp(root, want, 32) == 0);
    }
    led_close(l);
    led_close(m);
}

TEST(long_keys_and_values_are_kept_or_refused) {
    static char bytes[LED_VALUE_MOST + 1];
    memset(bytes, 'x', sizeof bytes);
    static const size_t lengths[] = {1890, 1898, 1899, 1900, 1901, 100000, LED_VALUE_MOST};
    Str d = fresh(), value;
    bool found;
    Ledger *l = must_open(d, true, false);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        EXPECT(led_put(l, LED_POLICY, (Str){bytes, i * 80}, (Str){bytes, lengths[i]}) == OK);
    EXPECT(led_put(l, LED_POLICY, (Str){bytes, LED_KEY_MOST + 1}, S("")) == ERR_LIMIT);
    EXPECT(led_put(l, LED_POLICY, S("k"), (Str){bytes, sizeof bytes}) == ERR_LIMIT);
    EXPECT(led_append(l, (Str){bytes, sizeof bytes}, NULL) == ERR_LIMIT);
    EXPECT(led_pending(l) > LED_VALUE_MOST);
    must_commit(l);
    EXPECT_INT(led_pending(l), 0);
    led_close(l);
    l = must_open(d, false, false);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        EXPECT(led_find(l, LED_POLICY, (Str){bytes, i * 80}, &value, &found) == OK && found);
        EXPECT(str_eq(value, (Str){bytes, lengths[i]}));
    }
    led_close(l);
}

static Status digest_of(Ledger *l, char out[65]) {
    uint8_t digest[32];
    Err err = {0};
    Status status = led_digest(l, digest, &err);
    for (size_t i = 0; i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    return status;
}

TEST(the_digest_covers_what_it_should) {
    char empty[65], now[65], then[65];
    Ledger *l = must_open((Str){NULL, 0}, false, false);
    uint8_t key[16] = {1};
    EXPECT(digest_of(l, empty) == OK);
    put(l, LED_COUNTER, "a", "1");
    put(l, LED_FEED, "a", "1");
    put(l, LED_LOCAL, "a", "1");
    EXPECT(led_set_add(l, LED_SET_EVENTS, key, 1, 1) == OK);
    EXPECT(digest_of(l, now) == OK && strcmp(now, empty) == 0);
    put(l, LED_META, "a", "1");
    EXPECT(digest_of(l, now) == OK && strcmp(now, empty) != 0);
    must_commit(l);
    EXPECT(digest_of(l, then) == OK && strcmp(now, then) == 0);
    put(l, LED_META, "a", "");
    EXPECT(digest_of(l, now) == OK && strcmp(now, then) != 0);
    EXPECT(led_del(l, LED_META, S("a")) == OK);
    EXPECT(digest_of(l, now) == OK && strcmp(now, empty) == 0);
    put(l, LED_ORG, "a", "1");
    EXPECT(digest_of(l, now) == OK && strcmp(now, then) != 0);
    led_undo(l);
    EXPECT(led_append(l, S("x"), NULL) == OK && digest_of(l, now) == OK && strcmp(now, then) != 0);
    led_close(l);
}

TEST(a_second_writer_is_told_the_first_ones_pid) {
    Str d = fresh();
    Ledger *l = must_open(d, true, false);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        Err err;
        char pid[30];
        snprintf(pid, sizeof pid, "process %d ", (int)getppid());
        Status status = open_status((LedOptions){.dir = d}, &err);
        _exit(status == ERR_LOCKED && strstr(err.text, pid) != NULL ? 0 : 1);
    }
    int code = -1;
    EXPECT(child > 0 && waitpid(child, &code, 0) == child && code == 0);
    led_close(l);
    led_close(must_open(d, false, false));
}

TEST(what_is_not_a_ledger_is_refused) {
    Err err;
    Str d = fresh();
    EXPECT(open_status((LedOptions){.dir = d}, &err) == ERR_NOTFOUND);
    EXPECT(open_status((LedOptions){.dir = d, .read_only = true, .create = true}, &err) ==
           ERR_NOTFOUND);
    EXPECT(access(dir, F_OK) != 0);
    mkdir(dir, 0777);
    EXPECT(open_status((LedOptions){.dir = d}, &err) == ERR_NOTFOUND);
    char path[120];
    snprintf(path, sizeof path, "%s/data.mdb", dir);
    FILE *f = fopen(path, "w");
    for (int i = 0; f != NULL && i < 3000; i++)
        fprintf(f, "not a ledger\n");
    if (f != NULL)
        fclose(f);
    EXPECT(open_status((LedOptions){.dir = d, .create = true}, &err) == ERR_DAMAGED);
    EXPECT(strstr(err.text, "data.mdb") != NULL);
    EXPECT(open_status((LedOptions){.dir = d, .read_only = true}, &err) == ERR_DAMAGED);
}

TEST(a_ledgers_name_is_checked) {
    Err err;
    Str d = fresh();
    EXPECT(open_status((LedOptions){.dir = d, .name = S("north"), .create = true}, &err) == OK);
    EXPECT(open_status((LedOptions){.dir = d, .name = S("south")}, &err) == ERR_MISMATCH);
    EXPECT(strstr(err.text, "north") != NULL && strstr(err.text, "south") != NULL);
    EXPECT(open_status((LedOptions){.dir = d}, &err) == OK);
    EXPECT(open_status((LedOptions){.dir = d, .name = S("north")}, &err) == OK);
}

TEST(readers_cannot_write) {
    Str d = fresh();
    Err err = {0};
    led_close(must_open(d, true, false));
    Ledger *l = must_open(d, false, true);
    EXPECT(led_put(l, LED_DUTY, S("a"), S("b")) == ERR_STATE);
    EXPECT(led_del(l, LED_DUTY, S("a")) == ERR_STATE && led_append(l, S("a"), NULL) == ERR_STATE);
    EXPECT(led_set_add(l, LED_SET_NAMES, (uint8_t[16]){0}, 0, 0) == ERR_STATE);
    EXPECT(led_commit(l, &err) == ERR_STATE && err.code == ERR_STATE);
    led_close(l);
}

UNIT_MAIN(T(records_go_in_and_out_of_memory) T(records_survive_closing) T(keys_come_in_byte_order)
              T(undo_goes_back_to_the_mark) T(sets_keep_their_entries)
                  T(leaves_of_all_lengths_come_back) T(long_keys_and_values_are_kept_or_refused)
                      T(the_digest_covers_what_it_should)
                          T(a_second_writer_is_told_the_first_ones_pid)
                              T(what_is_not_a_ledger_is_refused) T(a_ledgers_name_is_checked)
                                  T(readers_cannot_write))
