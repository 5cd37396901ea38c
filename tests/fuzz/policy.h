/* A policy with all that input can set off, and a ledger in memory for each input: what
 * fuzz_events, fuzz_csv and fuzz_record share. */
#ifndef REMIT_TESTS_FUZZ_POLICY_H
#define REMIT_TESTS_FUZZ_POLICY_H

#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/base/check.h"
#include "engine/run/run.h"

static const char fuzz_text[] =
    "policy \"Fuzz\" version \"1\" { zone \"Asia/Shanghai\" calendar cn.office currency CNY }\n"
    "use std.calendar.cn\n"
    "role director \"D\"\n"
    "team desk \"T\" under director { role lead  role agent }\n"
    "team shop under director { role agent votes agent }\n"
    "event a.opened { k: id  n: integer 1..9  d: number?  p: percent?  m: money?  s: duration?\n"
    "  w: working duration?  t: text?  on: date?  at: instant?  e: one of red, green = red\n"
    "  f: flag = no  who: party? }\n"
    "type part { code: id  n: integer 1..  cost: money?  tags: list of text = [\"x\"] }\n"
    "type box { label: text  at: instant?  main: part  more: list of part = [] }\n"
    "event a.boxed { k: id  box: box  parts: list of part = []  other: box? }\n"
    "event a.packed { k: id  first: part  box: box }\n"
    "entity shelf { key k: id  box: box  parts: list of part = []  n: integer = 0 }\n"
    "define worth(parts: list of part) -> money = sum(p in parts, (p.cost else 0 CNY) * p.n)\n"
    "rule pack on a.boxed as b where b.box.main.n > 1 or any(b.parts where it.tags contains b.k) "
    "{\n"
    "  set shelf(b.k) { box: b.box  parts: b.box.more  n: count(p in b.parts where p = b.box.main) "
    "}\n"
    "  emit a.packed { k: b.k  first: part { code: b.box.main.code  n: 2  cost: worth(b.parts) }\n"
    "    box: b.other else b.box }\n"
    "  for each p in b.parts where p.cost is present { notify desk \"p \" + p.code + p.n } }\n"
    "duty unpack on a.boxed as b { key (b.box.main.code)  owed by desk  due within 1 day  again\n"
    "  fulfilled by a.packed where it.box = b.box and it.first.code = b.box.main.code }\n"
    "event a.closed { k: id }\n"
    "event a.held { k: id }\n"
    "event a.freed { k: id }\n"
    "event a.seen { k: id  t: text?  m: money? }\n"
    "table sla(n, e) first -> within: working duration {\n"
    "  > 7 | -   => 1 working hour\n"
    "  -   | red => 1 working day\n"
    "  -   | -   => 2 working days\n"
    "}\n"
    "duty answer on a.opened as c { owed by desk  due within sla(c.n, c.e)\n"
    "  fulfilled by a.closed  paused from a.held until a.freed\n"
    "  escalate { at 50% remind desk  at due to desk.lead  after 2 hours to director } }\n"
    "duty look(k: id) { owed by director  due within 3 hours  fulfilled by remit.reported }\n"
    "rule echo on a.opened as c where c.n > 5 { emit a.seen { k: c.k  t: c.t  m: c.m } oblige "
    "look(c.k) }\n"
    "approval ok on a.opened as c {\n"
    "  requires { desk.lead  2 of desk.members, director, shop when c.n > 2 }\n"
    "  excluding c.who  each within c.w else 2 working hours  again\n"
    "  withdrawn by a.held where it.k = c.k\n"
    "  when granted { ask more(c.k, c.who else desk) }  when refused { emit a.rated { k: c.k } }\n"
    "  when lapsed { escalate to director }  when unattainable { notify desk } }\n"
    "deputy of desk.lead is director\ndesk, director may add signers to, remove signers from ok\n"
    "desk, director may transfer, return, urge ok, more\n"
    "approval more(k: id, p: party) { requires { stage first { one of p, desk.agent }\n"
    "  stage then { 50% of desk.members  2 points of director 2, desk.lead 1 } }\n"
    "  refused by majority  resubmit at most 2 times\n"
    "  when withdrawn { notify p }  when unattainable { notify desk } }\n"
    "event a.rated { k: id }\n"
    "kpi rate by e { measure sum(a.opened.m) / count(a.opened) over 2 hours\n"
    "  warning above 5 CNY for 10 minutes, clear below 4 CNY  critical at least 500 CNY\n"
    "  when warning { notify director \"now \" + value } }\n"
    "kpi mean { measure average(a.opened.d) over 1 hour by 5 minutes  empty: alert  warning below "
    "3 }\n"
    "kpi refused { measure count(a.rated) per day  warning at least 1  when warning { oblige "
    "look(\"r\") } }\n";

static inline Policy *fuzz_policy(void) {
    static Policy policy;
    Err err = {0};
    if (policy.bundle != NULL)
        return &policy;
    policy_init(&policy, true);
    Status status = policy_add_text(&policy, S("fuzz.remit"), str_of(fuzz_text), &err);
    if (status == OK)
        status = policy_finish(&policy, &err);
    if (status != OK || policy.bundle == NULL)
        fprintf(stderr, "the policy has errors: %s\n", err.text);
    CHECK(status == OK && policy.bundle != NULL);
    return &policy;
}

static inline Status effect_seen(void *ctx, const Effect *e) {
    (void)ctx;
    CHECK(e->id != 0);
    return OK;
}

/* All events of one file of input. */
static inline void feed_all(Engine *e, Policy *p, Str path, FeedKind kind) {
    Feed feed;
    Arena keep = {0};
    Err err = {0};
    EventReader reader = {.b = p->bundle,
                          .arena = engine_arena(e),
                          .source = S("remit:input"),
                          .zone = {.zone = bundle_zone(p->bundle)}};
    CHECK(feed_open(&feed, path, kind, &keep, &err) == OK);
    for (;;) {
        Reading what;
        Input event;
        Refusal refusal;
        uint64_t at;
        bool over;
        Status status = feed_next(&feed, &reader, &what, &event, &refusal, &at, &over, &err);
        CHECK(status == OK || (status == ERR_SYNTAX && kind == FEED_CSV)); /* no header */
        if (status != OK || over)
            break;
        CHECK((what == READ_EVENT ? engine_take(e, &event) : engine_refuse(e, &refusal)) == OK);
    }
    feed_close(&feed);
    arena_free(&keep);
}

/* The bytes as a file of input through the engine, twice: the second time changes nothing, and all
 * effects are JSON. */
static inline void fuzz_input(const uint8_t *data, size_t n, FeedKind kind) {
    Policy *p = fuzz_policy();
    Ledger *l;
    Engine *e;
    Err err = {0};
    char path[64];
    uint8_t first[32], second[32];
    int fd = memfd_create("input", 0);
    CHECK(fd >= 0 && write(fd, data, n) == (ssize_t)n);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CHECK(led_open(&(LedOptions){.create = true}, &l, &err) == OK);
    EngineOptions opt = {.sink = {.effect = effect_seen}, .has_not_after = true};
    opt.not_after = (int64_t)1900000000000; /* else one event of the year 9999 fires for ever */
    CHECK(engine_open(p->bundle, p->bytes, l, &opt, &e, &err) == OK);
    feed_all(e, p, str_of(path), kind);
    CHECK(engine_commit(e, &err) == OK && led_digest(l, first, &err) == OK);
    uint64_t size = led_size(l);
    feed_all(e, p, str_of(path), kind);
    CHECK(engine_commit(e, &err) == OK && led_digest(l, second, &err) == OK);
    CHECK(led_size(l) == size && memcmp(first, second, sizeof first) == 0);
    Arena a = {0};
    Buf out = {0};
    for (uint64_t i = 0; i < size; i++) {
        bool is;
        CHECK(outbox_render(l, engine_render(e), i, &a, &out, &is) == OK);
        for (int pad = 0; pad < JSON_PAD; pad++)
            put_c(&out, '\0');
        CHECK(buf_status(&out) == OK);
        Json j = json_from((Str){out.p, out.n - JSON_PAD}, &a);
        CHECK(!is || (json_skip(&j, NULL) && json_done(&j)));
        buf_reset(&out);
        arena_reset(&a);
    }
    buf_free(&out);
    arena_free(&a);
    engine_close(e);
    led_close(l);
    close(fd);
}

#endif
