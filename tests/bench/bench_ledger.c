/* Speed of the ledger alone under the load of durable duties: for each event a look-up and an entry
 * of a random id, a look-up of a name, changes of a duty and of timers, and leaves, committed by
 * batches. *   bench_ledger [DIR] [-b BATCHES] [-n EVENTS of a batch] [-d DUTIES] [-w WINDOW] [-s:
 * no sync]
 *                [-m: in memory] [-t: written by a second thread] [-k: keep DIR]
 * An event is about one of the last WINDOW duties. Prints events a second, what the kernel was
 * given to write, and where the time went. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/ledger/ledger.h"

enum { DUTY_BYTES = 120, LEAF_BYTES = 70, LEAVES = 3, TIMER_KEY = 18 };

typedef struct Bench {
    Ledger *l;
    uint64_t random, duties, most, window, timers, clock, events;
    double committing, slowest;
    sem_t sealed, written;
    bool threads, stop;
} Bench;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint64_t next_random(Bench *b) { /* splitmix64 */
    uint64_t z = (b->random += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static void must(Status status) {
    if (status != OK) {
        fprintf(stderr, "bench_ledger: %s\n", status_text(status));
        exit(1);
    }
}

static void put_big(char *to, uint64_t v) {
    v = __builtin_bswap64(v);
    memcpy(to, &v, 8);
}

static void name_of(uint64_t duty, uint8_t key[16]) {
    uint64_t a = duty * 0x9E3779B97F4A7C15u, z = a ^ (a >> 29), y = z * 0xBF58476D1CE4E5B9u;
    memcpy(key, &y, 8);
    memcpy(key + 8, &z, 8);
}

static void add_timer(Bench *b, uint64_t duty) {
    char key[TIMER_KEY] = {0};
    put_big(key,
            b->clock + 1000 + next_random(b) % (b->most * 3)); /* a duty has a timer for a while */
    put_big(key + 8, duty);
    must(led_add(b->l, LED_TIMER, (Str){key, sizeof key}, (Str){NULL, 0}));
    b->timers++;
}

/* The first timer fires: it goes and another one comes. */
static void fire_timer(Bench *b) {
    Str key, value;
    bool found;
    must(led_next(b->l, LED_TIMER, (Str){NULL, 0}, false, &key, &value, &found));
    if (!found)
        return;
    char copy[TIMER_KEY];
    memcpy(copy, key.p, sizeof copy);
    must(led_del(b->l, LED_TIMER, (Str){copy, sizeof copy}));
    b->timers--;
}

static void change_duty(Bench *b, uint64_t duty, bool made) {
    char key[8], bytes[DUTY_BYTES];
    Str value;
    bool found;
    put_big(key, duty);
    memset(bytes, (int)(duty & 127), sizeof bytes);
    memcpy(bytes, &b->clock, 8);
    if (!made) {
        must(led_find(b->l, LED_DUTY, (Str){key, 8}, &value, &found));
        if (!found)
            must(ERR_NOTFOUND);
    }
    Str to = {key, 8}, now_has = {bytes, sizeof bytes};
    must(made ? led_add(b->l, LED_DUTY, to, now_has) : led_put(b->l, LED_DUTY, to, now_has));
}

static void handle(Bench *b) {
    uint8_t id[16], name[16];
    uint64_t x, y, words[2] = {next_random(b), next_random(b)};
    bool found;
    char leaf[LEAF_BYTES];
    led_mark(b->l);
    b->clock++;
    memcpy(id, words, 16);
    must(led_set_find(b->l, LED_SET_EVENTS, id, &x, &y, &found));
    must(led_set_add(b->l, LED_SET_EVENTS, id, b->clock, 1));
    bool made = b->duties < b->most && next_random(b) % 3 == 0;
    uint64_t live = b->duties < b->window ? b->duties : b->window;
    uint64_t duty = made || b->duties == 0 ? b->duties++ : b->duties - 1 - next_random(b) % live;
    name_of(duty, name);
    must(led_set_find(b->l, LED_SET_NAMES, name, &x, &y, &found));
    if (!found)
        must(led_set_add(b->l, LED_SET_NAMES, name, duty, 0));
    if (next_random(b) % 10 < 7)
        change_duty(b, duty, !found);
    else if (!found)
        change_duty(b, duty, true);
    if (b->timers > b->most / 2)
        fire_timer(b);
    add_timer(b, duty);
    memset(leaf, 'x', sizeof leaf);
    for (int i = 0; i < LEAVES; i++) {
        memcpy(leaf, &b->clock, 8);
        must(led_append(b->l, (Str){leaf, sizeof leaf}, NULL));
    }
    b->events++;
}

static void commit_must(Status status, const Err *err) {
    if (status != OK) {
        fprintf(stderr, "bench_ledger: %s\n", err->text);
        exit(1);
    }
}

static void *writer(void *arg) {
    Bench *b = arg;
    Err err = {0};
    for (;;) {
        sem_wait(&b->sealed);
        if (b->stop)
            return NULL;
        commit_must(led_write(b->l, &err), &err);
        sem_post(&b->written);
    }
}

/* Waits for the batch before, closes this one and lets it be written. */
static void commit(Bench *b, bool first) {
    Err err = {0};
    if (!b->threads) {
        commit_must(led_commit(b->l, &err), &err);
        return;
    }
    if (!first) {
        sem_wait(&b->written);
        commit_must(led_settle(b->l, &err), &err);
    }
    commit_must(led_seal(b->l, &err), &err);
    sem_post(&b->sealed);
}

static void run(Bench *b, uint64_t batches, uint64_t batch) {
    for (uint64_t i = 0; i < batches; i++) {
        for (uint64_t k = 0; k < batch; k++)
            handle(b);
        double start = now();
        commit(b, i == 0);
        double took = now() - start;
        b->committing += took;
        b->slowest = took > b->slowest ? took : b->slowest;
    }
    if (b->threads) {
        Err err = {0};
        sem_wait(&b->written);
        commit_must(led_settle(b->l, &err), &err);
    }
}

static void report(const Bench *b, double took, double reopen, const char *dir) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    char path[300];
    snprintf(path, sizeof path, "%s/data.mdb", dir);
    struct stat st = {0};
    bool disk = *dir != '\0' && stat(path, &st) == 0;
    printf("%.0f events/s  %.2f s, of which %.2f in commits (slowest %.1f ms)\n",
           (double)b->events / took, took, b->committing, b->slowest * 1e3);
    printf("written %.0f MiB  file %.0f MiB  peak %.1f MiB  cpu %.2f s  reopened in %.1f ms\n",
           (double)u.ru_oublock / 2048, disk ? (double)st.st_size / 1048576 : 0.0,
           (double)u.ru_maxrss / 1024,
           (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
               (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6,
           reopen * 1e3);
}

int main(int argc, char **argv) {
    uint64_t batches = 300, batch = 1000;
    Bench b = {.most = 95000, .window = 20000, .random = 1};
    char made[] = "/tmp/bench-ledger-XXXXXX", command[320];
    const char *dir = NULL;
    bool sync = true, memory = false, keep = false;
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (strcmp(arg, "-s") == 0)
            sync = false;
        else if (strcmp(arg, "-m") == 0)
            memory = true;
        else if (strcmp(arg, "-t") == 0)
            b.threads = true;
        else if (strcmp(arg, "-k") == 0)
            keep = true;
        else if (i + 1 < argc && strcmp(arg, "-b") == 0)
            batches = strtoull(argv[++i], NULL, 10);
        else if (i + 1 < argc && strcmp(arg, "-n") == 0)
            batch = strtoull(argv[++i], NULL, 10);
        else if (i + 1 < argc && strcmp(arg, "-d") == 0)
            b.most = strtoull(argv[++i], NULL, 10);
        else if (i + 1 < argc && strcmp(arg, "-w") == 0)
            b.window = strtoull(argv[++i], NULL, 10);
        else
            dir = arg;
    }
    if (memory)
        dir = "";
    else if (dir == NULL && (dir = mkdtemp(made)) == NULL)
        return 1;
    LedOptions opt = {.dir = str_of(dir), .create = true, .no_sync = !sync};
    Err err = {0};
    if (led_open(&opt, &b.l, &err) != OK) {
        fprintf(stderr, "bench_ledger: %s\n", err.text);
        return 1;
    }
    pthread_t thread;
    if (sem_init(&b.sealed, 0, 0) != 0 || sem_init(&b.written, 0, 0) != 0 ||
        (b.threads && pthread_create(&thread, NULL, writer, &b) != 0))
        return 1;
    double start = now();
    run(&b, batches, batch);
    double took = now() - start, reopen = 0;
    b.stop = true;
    sem_post(&b.sealed);
    if (b.threads)
        pthread_join(thread, NULL);
    uint8_t root[32];
    must(led_root(b.l, root));
    led_close(b.l);
    if (!memory) {
        start = now();
        if (led_open(&opt, &b.l, &err) != OK)
            return 1;
        reopen = now() - start;
        led_close(b.l);
    }
    report(&b, took, reopen, dir);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return memory || keep || system(command) == 0 ? 0 : 1;
}
