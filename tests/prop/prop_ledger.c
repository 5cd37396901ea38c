/* Laws of the ledger: whatever is put, deleted, undone, committed and reopened, it answers as a
 * plain model does; and digest and root do not depend on how a run is cut into batches. Checkpoints
 * and merges are made to come often, so that all of it is seen from memory, log, tables and runs.
 */
#include <stdlib.h>
#include <unistd.h>

#include "engine/ledger/ledger.h"
#include "tests/prop/prop.h"

enum { KEYS = 400, TABLES = 3, SETS_MOST = 40000, LEAVES_MOST = 20000, STEPS = 6000 };

/* The model: small universes of keys, and all states thrice: now, at the mark, committed. */
typedef struct State {
    uint32_t value[TABLES][KEYS]; /* 0: absent; else the seed of the value's bytes */
    uint32_t set[LED_SETS];       /* entries: keys are a function of their number */
    uint32_t leaves;
} State;

static State now, marked, kept;
static const LedTable tables[TABLES] = {LED_DUTY, LED_TIMER, LED_LINK};
static char base[] = "/tmp/remit-prop-ledger-XXXXXX", dir[100];
static Ledger *l;
static bool holds = true;
static char bytes[70000];

static void fail(const char *what) {
    if (holds)
        printf("does not hold: %s\n", what);
    holds = false;
}

static void must(bool is, const char *what) {
    if (!is)
        fail(what);
}

/* Key number i of a table: short, long, sharing prefixes; in the order of i. */
static Str key_of(int table, uint32_t i, char to[LED_KEY_MOST]) {
    if (table == 0) {
        memset(to, 0, 8);
        to[6] = (char)(i >> 8);
        to[7] = (char)i;
        return (Str){to, 8};
    }
    if (table == 1) { /* many with the same first 8 bytes */
        memset(to, 7, 18);
        to[7] = (char)(i / 50);
        to[15] = (char)(i % 50);
        to[17] = (char)i;
        return (Str){to, 18};
    }
    if (i == 0)
        return (Str){NULL, 0};
    size_t n = i % 7 == 0 ? LED_KEY_MOST : 2 + i % 5; /* text, some of it long */
    memset(to, 'k', n);
    to[0] = (char)(i >> 8);
    to[1] = (char)i;
    return (Str){to, n};
}

static Str value_of(uint32_t seed) {
    static const uint32_t lengths[] = {0,   1,   8,   40,   120,  120,  120, 127,
                                       128, 136, 300, 1898, 1899, 1900, 2030};
    uint32_t n = lengths[seed % 15];
    if (seed % 97 == 0)
        n = 1900 + seed % 60000;
    for (uint32_t i = 0; i < n && i < 16; i++)
        bytes[i] = (char)(seed >> (i % 4 * 8));
    memset(bytes + 16, (int)(seed % 251), n > 16 ? n - 16 : 0);
    return (Str){bytes, n};
}

static void set_key(uint32_t set, uint32_t i, uint8_t key[16]) {
    uint64_t a = ((uint64_t)i + 1) * 0x9E3779B97F4A7C15u, b = (a ^ (a >> 31)) * 0xBF58476D1CE4E5B9u;
    b ^= b >> 27;
    a = b * 0x94D049BB133111EBu + set;
    if (set == 2) /* not spread as a hash is */
        b = i % 16;
    memcpy(key, &b, 8);
    memcpy(key + 8, &a, 8);
}

static Str leaf_of(uint32_t i) {
    return value_of(i * 7 + 3);
}

static void open_ledger(bool create) {
    Err err = {0};
    LedOptions opt = {.dir = str_of(dir), .create = create, .no_sync = true};
    if (led_open(&opt, &l, &err) != OK) {
        printf("cannot open: %s\n", err.text);
        exit(1);
    }
}

static void check_find(int table, uint32_t i) {
    char k[LED_KEY_MOST];
    Str value;
    bool found;
    Status status = led_find(l, tables[table], key_of(table, i, k), &value, &found);
    uint32_t want = now.value[table][i];
    must(status == OK && found == (want != 0), "a record is found if it is there");
    must(!found || str_eq(value, value_of(want)), "a record has its last value");
}

static void check_next(int table, uint32_t i, bool after) {
    char k[LED_KEY_MOST], w[LED_KEY_MOST];
    Str key, value;
    bool found;
    Status status = led_next(l, tables[table], key_of(table, i, k), after, &key, &value, &found);
    uint32_t want = after ? i + 1 : i;
    while (want < KEYS && now.value[table][want] == 0)
        want++;
    must(status == OK && found == (want < KEYS), "there is a next record or not");
    must(!found || str_eq(key, key_of(table, want, w)), "the next record is the next");
    must(!found || str_eq(value, value_of(now.value[table][want])),
         "the next record has its value");
}

/* The next among those with the same first bytes, which what is behind them does not disturb. */
static void check_next_in(int table, uint32_t i, bool after, size_t prefix) {
    char k[LED_KEY_MOST], w[LED_KEY_MOST];
    Str key, value, from = key_of(table, i, k);
    bool found;
    prefix = prefix < from.n ? prefix : from.n;
    Status status = led_next_in(l, tables[table], from, after, prefix, &key, &value, &found);
    uint32_t want = after ? i + 1 : i;
    while (want < KEYS && now.value[table][want] == 0)
        want++;
    bool is = want < KEYS && str_starts(key_of(table, want, w), str_upto(from, prefix));
    must(status == OK && found == is, "there is a next record with the prefix or not");
    must(!found || str_eq(key, key_of(table, want, w)), "the next record with the prefix is it");
    must(!found || str_eq(value, value_of(now.value[table][want])),
         "the next record with the prefix has its value");
}

static void check_set(LedSet set, uint32_t i) {
    uint8_t key[16];
    uint64_t a = 0, b = 0;
    bool found;
    set_key(set, i, key);
    must(led_set_find(l, set, key, &a, &b, &found) == OK && found == (i < now.set[set]),
         "a set has what was added to it");
    must(!found || (a == i * 3ull && b == i + 5ull), "a set's entry is what was added");
}

static void check_leaf(uint32_t i) {
    Str leaf;
    Status status = led_leaf(l, i, &leaf);
    must(i < now.leaves ? status == OK && str_eq(leaf, leaf_of(i)) : status == ERR_NOTFOUND,
         "a leaf is what was appended");
}

static void check_all(void) {
    for (int table = 0; table < TABLES; table++) {
        for (uint32_t i = 0; i < KEYS; i++)
            check_find(table, i);
        for (uint32_t i = 0; i < KEYS; i++)
            check_next(table, i, i % 2 == 0);
        for (uint32_t i = 0; i < KEYS; i++)
            check_next_in(table, i, i % 3 == 0, table == 0 ? 7 : table == 1 ? 8 : i % 3);
    }
    for (uint32_t set = 0; set < LED_SETS; set++)
        for (uint32_t i = 0; i < now.set[set] + 20; i += 1 + now.set[set] / 500)
            check_set((LedSet)set, i);
    for (uint32_t i = 0; i <= now.leaves; i += 1 + now.leaves / 300)
        check_leaf(i);
    must(led_size(l) == now.leaves, "the journal has all leaves");
}

static void change(void) {
    char k[LED_KEY_MOST];
    int table = (int)prop_roll(TABLES);
    uint32_t i = prop_roll(KEYS), seed = (uint32_t)prop_u64() | 1;
    Str key = key_of(table, i, k);
    Status status;
    if (prop_roll(5) < 2) {
        status = led_del(l, tables[table], key);
        seed = 0;
    } else if (now.value[table][i] == 0 && prop_roll(2) == 0) {
        status = led_add(l, tables[table], key, value_of(seed));
    } else {
        status = led_put(l, tables[table], key, value_of(seed));
    }
    now.value[table][i] = seed;
    must(status == OK, "a change is taken");
}

static void add_to_set(void) {
    uint32_t set = prop_roll(8) % LED_SETS, i = now.set[set];
    uint8_t key[16];
    if (i == SETS_MOST)
        return;
    set_key(set, i, key);
    must(led_set_add(l, (LedSet)set, key, i * 3ull, i + 5ull) == OK, "a set takes an entry");
    now.set[set]++;
}

static void append(void) {
    uint64_t index;
    if (now.leaves == LEAVES_MOST)
        return;
    must(led_append(l, leaf_of(now.leaves), &index) == OK && index == now.leaves,
         "a leaf is appended");
    now.leaves++;
}

static void commit(void) {
    Err err = {0};
    if (led_commit(l, &err) != OK)
        printf("%s\n", err.text);
    must(err.code == OK, "a batch is committed");
    kept = marked = now;
}

static void reopen(void) {
    led_close(l);
    open_ledger(false);
    now = marked = kept;
}

static void step(void) {
    uint32_t kind = prop_roll(100);
    if (kind < 30)
        change();
    else if (kind < 45)
        for (int i = 0; i < 10; i++)
            add_to_set();
    else if (kind < 52)
        append();
    else if (kind < 65)
        check_find((int)prop_roll(TABLES), prop_roll(KEYS));
    else if (kind < 73)
        check_next((int)prop_roll(TABLES), prop_roll(4) == 0 ? 0 : prop_roll(KEYS),
                   prop_roll(2) == 0);
    else if (kind < 80)
        check_next_in((int)prop_roll(TABLES), prop_roll(4) == 0 ? 0 : prop_roll(KEYS),
                      prop_roll(2) == 0, prop_roll(18));
    else if (kind < 85)
        check_set((LedSet)prop_roll(LED_SETS), prop_roll(now.set[0] + 20));
    else if (kind < 88)
        check_leaf(prop_roll(now.leaves + 2));
    else if (kind < 92)
        led_mark(l), marked = now;
    else if (kind < 95)
        led_undo(l), now = marked;
    else if (kind < 99 || prop_roll(6) != 0)
        commit();
    else
        reopen();
}

static void remove_dir(void) {
    char command[120];
    snprintf(command, sizeof command, "rm -rf %s", base);
    if (system(command) != 0)
        printf("cannot remove %s\n", base);
}

static void law_model(uint64_t round) {
    snprintf(dir, sizeof dir, "%s/m%llu", base, (unsigned long long)round);
    memset(&now, 0, sizeof now);
    marked = kept = now;
    led_test_rooms(1000u << prop_roll(6), 200u << prop_roll(5), 8u << prop_roll(6));
    open_ledger(true);
    for (int i = 0; i < STEPS && holds; i++) {
        step();
        if (i % 1500 == 1499)
            check_all();
    }
    reopen();
    check_all();
    led_close(l);
}

/* The same changes in batches of any size give one digest and one root. */
static void law_batches(uint64_t seed) {
    static const uint32_t sizes[] = {1, 7, 1000, 0}; /* 0: in memory */
    uint8_t digest[4][32], root[4][32];
    uint64_t state = prop_state;
    for (int k = 0; k < 4; k++) {
        prop_state = state;
        snprintf(dir, sizeof dir, "%s/b%llu-%d", base, (unsigned long long)seed, k);
        if (sizes[k] == 0)
            dir[0] = '\0';
        memset(&now, 0, sizeof now);
        open_ledger(true);
        for (uint32_t i = 0; i < 2000; i++) {
            led_mark(l);
            marked = now;
            change();
            change();
            add_to_set();
            append();
            if (i % 13 == 5)
                led_undo(l), now = marked;
            if (sizes[k] != 0 && i % sizes[k] == 0)
                commit();
        }
        Err err = {0};
        must(led_digest(l, digest[k], &err) == OK && led_root(l, root[k]) == OK,
             "there is a digest");
        led_close(l);
        must(memcmp(digest[0], digest[k], 32) == 0, "batches do not show in the digest");
        must(memcmp(root[0], root[k], 32) == 0, "batches do not show in the root");
    }
}

int main(int argc, char **argv) {
    prop_start(argc, argv, 6);
    if (mkdtemp(base) == NULL)
        return 1;
    for (uint64_t round = 0; round < prop_rounds && holds; round++)
        law_model(round);
    for (uint64_t round = 0; round < 2 && holds; round++)
        law_batches(round);
    remove_dir();
    return prop_end(holds);
}
