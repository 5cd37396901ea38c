/* No allocation per event in steady state: what a run asks of the system does not grow with the
 * events. */
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/civil.h"
#include "engine/base/limits.h"
#include "engine/run/event.h"
#include "engine/run/policy.h"
#include "engine/run/run.h"
#include "tests/unit/unit.h"

static const char stateless[] =
    "policy \"W1\" version \"1\" { zone \"UTC\" currency CNY }\n"
    "role lead\nrole agent\n"
    "type item { sku: id n: integer 1.. price: money gift: flag = no }\n"
    "event complaint.opened { complaint: id kind: one of fraud, refund, other severity: integer "
    "1..5\n  order_value: money vip: flag = no items: list of item = [] }\n"
    "event complaint.routed { owner: party sla: integer worth: money first: item }\n"
    "table route(kind, severity, order_value, vip) first -> owner: party, sla: integer {\n"
    "  fraud | - | > 50_000 CNY | - => lead, 30\n"
    "  - | >= 4 | - | yes => lead, 60\n"
    "  - | - | - | - => agent, 480\n}\n"
    "rule routing on complaint.opened as c {\n"
    "  let r = route(c.kind, c.severity, c.order_value, c.vip)\n"
    "  emit complaint.routed { owner: r.owner sla: r.sla worth: sum(c.items, it.price * it.n)\n"
    "    first: item { sku: c.complaint n: 1 + count(c.items where it.n > 3) price: 1 CNY } }\n}\n";

static const char durable[] =
    "policy \"W2\" version \"1\" { zone \"UTC\" currency CNY }\n"
    "role management\nteam service under management { role lead }\n"
    "event complaint.opened { complaint: id severity: integer 1..5 }\n"
    "event complaint.waiting { complaint: id }\n"
    "event complaint.replied { complaint: id }\n"
    "event complaint.resolved { complaint: id }\n"
    "table limit(severity) unique -> within: duration {\n"
    "  1 => 48 hours\n  2 => 24 hours\n  3 => 8 hours\n  4 => 4 hours\n  5 => 1 hour\n}\n"
    "duty handle on complaint.opened as c {\n"
    "  owed by service\n  due within limit(c.severity)\n"
    "  fulfilled by complaint.resolved where it.complaint = c.complaint\n"
    "  paused from complaint.waiting until complaint.replied\n"
    "  escalate { at 50% remind service  at due to service.lead  after 4 hours to management }\n"
    "}\n";

static const char measured[] =
    "policy \"W3\" version \"1\" { zone \"UTC\" currency CNY }\n"
    "event order.paid { order: id shop: one of north, south, east amount: money }\n"
    "kpi steps by shop {\n"
    "  measure sum(order.paid.amount) / count(order.paid) over 10 minutes by 1 minute\n"
    "  warning above 500 CNY for 2 minutes, clear below 400 CNY\n}\n"
    "kpi slides by shop {\n"
    "  measure max(order.paid.amount) over 10 minutes\n  warning above 800 CNY\n}\n";

static void policy_make(Policy *p, const char *text) {
    Err err = {0};
    policy_init(p, true);
    bool good = policy_add_text(p, S("p.remit"), str_of(text), &err) == OK &&
                policy_finish(p, &err) == OK && p->bundle != NULL;
    EXPECT(good);
    if (!good)
        exit(1);
}

/* The n-th event, in the usual form or in another. */
static void put_opened(Buf *out, uint64_t n, bool usual) {
    static const char *const kinds[] = {"fraud", "refund", "other"};
    put_fmt(
        out,
        "{%s\"specversion\":\"1.0\",\"id\":\"e%06llu\",\"source\":\"/shop\",\"type\":"
        "\"complaint.opened\",\"time\":\"2026-03-02T%02u:%02u:%02uZ\",\"data\":{"
        "\"complaint\":\"C%06llu\",\"kind\":\"%s\",\"severity\":%u,\"order_value\":\"%u.50\""
        ",\"vip\":%s,\"items\":[{\"sku\":\"a\",\"n\":3,\"price\":\"2.50\"},{\"sku\":\"b\",\"n\":4,"
        "\"price\":1,\"gift\":true}]}}\n",
        usual ? "" : " ", (unsigned long long)n, (unsigned)(n / 3600 % 24), (unsigned)(n / 60 % 60),
        (unsigned)(n % 60), (unsigned long long)n, kinds[n % 3], (unsigned)(n % 5 + 1),
        (unsigned)(n * 7919 % 90000), n % 4 == 0 ? "true" : "false");
}

static Status swallow(void *ctx, Str lines, Err *err) {
    (void)err;
    *(size_t *)ctx += lines.n;
    return OK;
}

/* How many allocations `remit decide` makes over that many events. */
static uint64_t decide_count(const Policy *p, uint64_t events, bool usual) {
    char path[] = "/tmp/remit-steady-XXXXXX";
    int fd = mkstemp(path);
    Buf text = {0};
    for (uint64_t i = 0; i < events; i++)
        put_opened(&text, i, usual);
    EXPECT(fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n);
    buf_free(&text);
    size_t written = 0;
    Str file = str_of(path);
    RunOptions opt = {.events = &file,
                      .event_count = 1,
                      .source = S("s"),
                      .write = swallow,
                      .write_ctx = &written};
    RunResult result;
    Err err = {0};
    uint64_t before = mem_count();
    EXPECT(decide_all(p, &opt, &result, &err) == OK);
    uint64_t count = mem_count() - before;
    EXPECT_INT(result.counts.events, events);
    EXPECT(written > events * 100);
    close(fd);
    unlink(path);
    return count;
}

static void decide_is_steady(bool usual) {
    Policy p;
    policy_make(&p, stateless);
    uint64_t few = decide_count(&p, 4000, usual);
    EXPECT_INT(decide_count(&p, 24000, usual), few);
    policy_free(&p);
}

TEST(decisions_allocate_nothing_per_event) {
    decide_is_steady(true);
}

TEST(nor_do_events_in_another_form) {
    decide_is_steady(false);
}

/* ---- duties */

enum { BATCH = 1000, OPEN = 4000 };

typedef struct Stream {
    Policy p;
    Ledger *l;
    Engine *e;
    EventReader r;
    Outbox outbox;
    OutboxSink sink;
    Buf line;
    uint64_t n;
    void (*put)(Buf *out, uint64_t n); /* the n-th event */
} Stream;

/* Complaints come and go: OPEN of them are under way, each waits and goes on before it is
 * resolved. Every event has an id of its own and is two seconds after the one before. */
static void put_step(Buf *out, uint64_t n) {
    static const char *const types[] = {"opened", "waiting", "replied", "resolved"};
    uint64_t round = n / OPEN, complaint = round / 4 * OPEN + n % OPEN;
    uint64_t second = n * 2, day = second / 86400;
    buf_reset(out);
    put_fmt(out,
            "{\"specversion\":\"1.0\",\"id\":\"e%08llu\",\"source\":\"/shop\",\"type\":"
            "\"complaint.%s\",\"time\":\"2026-03-%02uT%02u:%02u:%02uZ\",\"data\":{"
            "\"complaint\":\"C%08llu\"",
            (unsigned long long)n, types[round % 4], (unsigned)day + 1,
            (unsigned)(second / 3600 % 24), (unsigned)(second / 60 % 60), (unsigned)(second % 60),
            (unsigned long long)complaint);
    if (round % 4 == 0)
        put_fmt(out, ",\"severity\":%u", (unsigned)(n % 5 + 1));
    put_text(out, S("}}"));
    buf_reserve(out, JSON_PAD);
}

/* Orders of three shops, each ten seconds after the one before, by turns small and great for ten
 * minutes; one in eleven is late. */
static void put_order(Buf *out, uint64_t n) {
    static const char *const shops[] = {"north", "south", "east"};
    uint64_t second = n * 10 + 900 - (n % 11 == 0 ? n * 37 % 800 : 0), day = second / 86400;
    buf_reset(out);
    put_fmt(out,
            "{\"specversion\":\"1.0\",\"id\":\"e%08llu\",\"source\":\"/shop\",\"type\":"
            "\"order.paid\",\"time\":\"2026-03-%02uT%02u:%02u:%02uZ\",\"data\":{"
            "\"order\":\"O%08llu\",\"shop\":\"%s\",\"amount\":\"%u.50\"}}",
            (unsigned long long)n, (unsigned)day + 1, (unsigned)(second / 3600 % 24),
            (unsigned)(second / 60 % 60), (unsigned)(second % 60), (unsigned long long)n,
            shops[n % 3], (unsigned)((n / 60 % 2 == 0 ? 100 : 900) + n * 7919 % 100));
    buf_reserve(out, JSON_PAD);
}

static void stream_open(Stream *s, const char *policy, void (*put)(Buf *out, uint64_t n)) {
    Err err = {0};
    *s = (Stream){.outbox = {.file = {.fd = -1}}, .put = put};
    policy_make(&s->p, policy);
    LedOptions led = {.create = true};
    EXPECT(led_open(&led, &s->l, &err) == OK);
    s->sink = (OutboxSink){&s->outbox, NULL};
    EngineOptions opt = {.sink = outbox_sink(&s->sink)};
    EXPECT(engine_open(s->p.bundle, s->p.bytes, s->l, &opt, &s->e, &err) == OK);
    s->sink.engine = s->e;
    s->r = (EventReader){.b = s->p.bundle, .arena = engine_arena(s->e), .source = S("s")};
}

static void stream_close(Stream *s) {
    engine_close(s->e);
    led_close(s->l);
    outbox_close(&s->outbox);
    buf_free(&s->line);
    policy_free(&s->p);
}

/* One event, without the commit: what it allocates. */
static uint64_t stream_step(Stream *s) {
    Input event;
    Refusal why;
    Reading what;
    s->put(&s->line, s->n++);
    uint64_t before = mem_count();
    EXPECT(event_read(&s->r, buf_str(&s->line), &what, &event, &why) == OK && what == READ_EVENT);
    EXPECT(engine_take(s->e, &event) == OK);
    uint64_t count = mem_count() - before;
    if (s->n % BATCH == 0) {
        Err err = {0};
        EXPECT(engine_commit(s->e, &err) == OK);
        EXPECT(outbox_flush(&s->outbox, &err) == OK);
    }
    return count;
}

/* What is kept grows, by doubling and in blocks: now and then one event pays for thousands. */
static void stream_is_steady(Stream *s) {
    while (s->n < 4 * OPEN)
        (void)stream_step(s);
    uint64_t count = 0, quiet = 0, batches = 8 * OPEN / BATCH;
    for (uint64_t i = 0; i < batches; i++) {
        uint64_t in_batch = 0;
        for (int k = 0; k < BATCH; k++)
            in_batch += stream_step(s);
        count += in_batch;
        quiet += in_batch == 0;
    }
    EXPECT(count < batches);
    EXPECT(quiet > batches / 2);
}

TEST(duties_allocate_nothing_per_event) {
    Stream s;
    stream_open(&s, durable, put_step);
    stream_is_steady(&s);
    stream_close(&s);
}

TEST(samples_allocate_nothing_per_event) {
    Stream s;
    stream_open(&s, measured, put_order);
    stream_is_steady(&s);
    EXPECT(engine_counts(s.e)->by_effect[EFFECT_KPI_WARNING] > 100);
    stream_close(&s);
}

UNIT_MAIN(T(decisions_allocate_nothing_per_event) T(nor_do_events_in_another_form)
              T(duties_allocate_nothing_per_event) T(samples_allocate_nothing_per_event))
