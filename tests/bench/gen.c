/* Events for the benchmark, the same bytes for the same arguments on every machine:
 *   gen w1 EVENTS SEED   complaints that are opened, in random kinds
 *   gen w2 EVENTS SEED   complaints that are opened, wait, go on and are resolved, with repeats
 *   gen w3 EVENTS SEED [SERIES]
 *                        orders paid and refunded in SERIES (200) categories, some of them late
 * docs/performance.md says what they stand for. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define START INT64_C(1772409600) /* 2026-03-02T00:00:00Z */

static uint64_t state;

static uint64_t next_random(void) { /* xorshift64* */
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(0x2545F4914F6CDD1D);
}

static int64_t between(int64_t low, int64_t high) {
    return low + (int64_t)((next_random() >> 11) % (uint64_t)(high - low + 1));
}

static int one_in(int64_t n) {
    return between(1, n) == 1;
}

static void put_time(int64_t seconds) {
    time_t t = (time_t)seconds;
    struct tm tm;
    char text[32];
    gmtime_r(&t, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    fputs(text, stdout);
}

/* The id is a UUID made of the event's number, so that a repeat has the same. */
static void put_head(uint64_t number, uint64_t seed, const char *source, const char *type,
                     int64_t at) {
    uint64_t keep = state;
    state = (number + 1) * UINT64_C(0x9E3779B97F4A7C15) ^ seed << 32;
    for (int i = 0; i < 4; i++)
        next_random();
    uint64_t a = next_random(), b = next_random();
    state = keep;
    printf("{\"specversion\":\"1.0\",\"id\":\"%08" PRIx64 "-%04" PRIx64 "-4%03" PRIx64
           "-8%03" PRIx64 "-%012" PRIx64 "\",\"source\":\"%s\",\"type\":\"%s\",\"time\":\"",
           a >> 32, a >> 16 & 0xFFFF, a & 0xFFF, b >> 48 & 0xFFF, b & 0xFFFFFFFFFFFF, source, type);
    put_time(at);
    fputs("\",\"data\":{", stdout);
}

static void put_opened(int64_t complaint, int severity) {
    static const char *const common[] = {"quality", "delivery", "refund", "other"};
    const char *category = between(1, 100) <= 15 ? "fraud" : common[between(0, 3)];
    int64_t low = 100;
    for (int64_t decade = between(0, 4); decade > 0; decade--)
        low *= 10;
    int64_t cents = between(low, low * 10 - 1);
    printf("\"complaint\":\"C%07" PRId64 "\",\"category\":\"%s\",\"severity\":%d,"
           "\"order_value\":\"%" PRId64 ".%02d\",\"vip\":%s}}\n",
           complaint, category, severity, cents / 100, (int)(cents % 100),
           one_in(10) ? "true" : "false");
}

static void w1(int64_t events, uint64_t seed) {
    int64_t at = START;
    for (int64_t i = 0; i < events; i++) {
        at += between(0, 2);
        put_head((uint64_t)i, seed, "/shop/complaints", "complaint.opened", at);
        put_opened(i + 1, (int)between(1, 5));
    }
}

/* ---- w2 */

typedef struct Event {
    int64_t at, order;
    int64_t complaint;
    int kind, severity; /* 0 opened, 1 waiting, 2 replied, 3 resolved */
    uint64_t draw;      /* the generator's state for its data */
} Event;

static int by_time(const void *a, const void *b) {
    const Event *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

typedef struct Events {
    Event *at;
    int64_t n;
} Events;

/* Openings fall on even seconds, all else on odd ones, so that nothing happens at the instant of a
 * rung; and no two things happen to one complaint at one instant. */
static void add(Events *e, int64_t at, int64_t complaint, int kind, int severity) {
    at = at / 2 * 2 + (kind != 0);
    int64_t last = e->n > 0 && e->at[e->n - 1].complaint == complaint ? e->at[e->n - 1].at : 0;
    if (at <= last)
        at = last + 2 - (last % 2 == 0);
    e->at[e->n] = (Event){at, e->n, complaint, kind, severity, next_random() | 1};
    e->n++;
}

static void life(Events *e, int64_t complaint, int64_t days) {
    static const int64_t minutes[] = {0, 2880, 1440, 480, 240, 60};
    int severity = (int)between(1, 5);
    int64_t limit = minutes[severity] * 60, at = START + between(0, days * 86400);
    add(e, at, complaint, 0, severity);
    for (int64_t pauses = one_in(2) ? between(1, 2) : 0; pauses > 0; pauses--) {
        at += between(60, limit / 2);
        add(e, at, complaint, 1, severity);
        if (one_in(90))
            add(e, at + 60, complaint, 1, severity); /* waits already */
        if (one_in(12))
            break; /* nobody answers */
        at += between(300, 8 * 3600);
        add(e, at, complaint, 2, severity);
    }
    if (one_in(90))
        add(e, at + 120, complaint, 2, severity); /* an answer that nobody waits for, perhaps */
    if (one_in(20))
        return; /* never resolved */
    at += one_in(3) ? limit + between(0, 12 * 3600) : between(limit / 20, limit);
    add(e, at, complaint, 3, severity);
    if (one_in(100))
        add(e, at + between(60, 7200), complaint, 3, severity); /* has ended */
}

static void put_event(const Event *e, int64_t number, uint64_t seed) {
    static const char *const types[] = {"complaint.opened", "complaint.waiting_customer",
                                        "complaint.customer_replied", "complaint.resolved"};
    put_head((uint64_t)number, seed, "/shop/complaints", types[e->kind], e->at);
    state = e->draw;
    if (e->kind == 0)
        put_opened(e->complaint, e->severity);
    else
        printf("\"complaint\":\"C%07" PRId64 "\"}}\n", e->complaint);
}

static void w2(int64_t events, uint64_t seed) {
    int64_t complaints = events / 3 + 1, repeats = events / 100;
    Events e = {calloc((size_t)complaints * 10, sizeof *e.at), 0};
    if (e.at == NULL)
        exit(3);
    int64_t days = 1 + events / 10000;
    for (int64_t i = 1; i <= complaints; i++)
        life(&e, i, days);
    qsort(e.at, (size_t)e.n, sizeof *e.at, by_time);
    int64_t base = events - repeats < e.n ? events - repeats : e.n;
    uint64_t pick = seed * 2 + 1;
    for (int64_t i = 0; i < base; i++) {
        put_event(&e.at[i], i, seed);
        state = pick;
        if (i % 99 == 98) { /* one line in a hundred is an earlier one again */
            int64_t back = one_in(10) || i < 5000 ? i : 5000;
            int64_t of = i - between(0, back);
            pick = next_random() | 1;
            put_event(&e.at[of], of, seed);
        }
    }
    free(e.at);
}

/* ---- w3 */

/* Whether many come back to the shop in this category at that time: it is so for one in four
 * stretches of forty minutes. */
static bool in_a_spell(int64_t category, int64_t at, uint64_t seed) {
    uint64_t x = (uint64_t)category << 32 ^ (uint64_t)(at / 2400) ^ seed << 48;
    x *= UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 31) * UINT64_C(0xBF58476D1CE4E5B9);
    return x >> 62 == 0;
}

/* Three and a half events a minute and category, in the order in which they arrive. One in fifty
 * is late; of these one in ten is a refund so late that few windows hold it, or none. */
static void w3(int64_t events, uint64_t seed, int64_t series) {
    for (int64_t i = 0; i < events; i++) {
        int64_t at = START + i * 120 / (series * 7), category = between(1, series);
        bool refund = one_in(in_a_spell(category, at, seed) ? 9 : 40);
        int64_t cents = between(100, 50000);
        if (one_in(50)) {
            bool very = one_in(10);
            refund = refund || very;
            at -= very ? between(3000, 4200) : between(1, 600);
        }
        put_head((uint64_t)i, seed, "/shop/orders", refund ? "order.refunded" : "order.paid", at);
        printf("\"order\":\"O%08" PRId64 "\",\"category\":\"cat-%03" PRId64
               "\",\"amount\":\"%" PRId64 ".%02d\"}}\n",
               i + 1, category, cents / 100, (int)(cents % 100));
    }
}

int main(int argc, char **argv) {
    int64_t events = argc > 2 ? atoll(argv[2]) : 0;
    uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    int64_t series = argc > 4 ? atoll(argv[4]) : 200;
    state = seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
    if (argc > 1 && events > 0 && strcmp(argv[1], "w1") == 0)
        w1(events, seed);
    else if (argc > 1 && events > 0 && strcmp(argv[1], "w2") == 0)
        w2(events, seed);
    else if (argc > 1 && events > 0 && series > 0 && series < 1000 && strcmp(argv[1], "w3") == 0)
        w3(events, seed, series);
    else
        return fputs("usage: gen w1|w2|w3 EVENTS [SEED [SERIES]]\n", stderr), 2;
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 3;
}
