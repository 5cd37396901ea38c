/* Bytes of a ledger that are none: records, leaves of the journal, a duty's record. The first byte
 * says as what they are read. Refused, or taken and told without reading out of bounds.
 * Bytes that begin with A, D or S are edits, three bytes each (where, the lower byte first, and
 * what stands there), of the record of an approval, a duty or a KPI's series, as the engine writes
 * it now: then `why` and `show` are asked about it. */
#include "tests/fuzz/policy.h"

#include "engine/audit/show.h"
#include "engine/audit/why.h"
#include "engine/ledger/record.h"
#include "engine/run/view.h"

static void as_leaf(Policy *p, Str bytes, Arena *a) {
    Leaf leaf;
    if (take_leaf(bytes, a, &leaf) != OK)
        return;
    Buf out = {0};
    put_leaf(&out, &leaf);
    CHECK(buf_status(&out) == OK);
    buf_free(&out);
    Ledger *l;
    Err err = {0};
    uint64_t index;
    bool is;
    CHECK(led_open(&(LedOptions){.create = true}, &l, &err) == OK);
    CHECK(led_append(l, bytes, &index) == OK);
    Render render = {
        .b = p->bundle, .zone = {.zone = bundle_zone(p->bundle)}, .source = S("remit:fuzz")};
    Status status = outbox_render(l, &render, index, a, &out, &is);
    CHECK(status == OK || status == ERR_DAMAGED || status == ERR_VERSION || status == ERR_NOTFOUND);
    buf_free(&out);
    led_close(l);
}

/* ---- edited records */

static const char day[] =
    "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/t\",\"type\":\"remit.appointed\","
    "\"time\":\"2026-03-02T08:00:00+08:00\",\"data\":{\"person\":\"li\",\"seat\":\"desk.lead\"}}\n"
    "{\"specversion\":\"1.0\",\"id\":\"2\",\"source\":\"/"
    "t\",\"type\":\"remit.delegated\",\"actor\":"
    "\"xu\",\"time\":\"2026-03-02T08:00:00+08:00\",\"data\":{\"person\":\"wu\"}}\n"
    "{\"specversion\":\"1.0\",\"id\":\"3\",\"source\":\"/"
    "t\",\"type\":\"a.opened\",\"actor\":\"he\","
    "\"time\":\"2026-03-02T09:00:00+08:00\",\"data\":{\"k\":\"K\",\"n\":5,\"d\":\"0.1\",\"m\":"
    "\"9.50 CNY\",\"who\":\"he\"}}\n"
    "{\"specversion\":\"1.0\",\"id\":\"4\",\"source\":\"/t\",\"type\":\"remit.decided\",\"actor\":"
    "\"li\",\"time\":\"2026-03-02T09:30:00+08:00\",\"data\":{\"approval\":\"ok\",\"key\":\"K\","
    "\"vote\":\"yes\"}}\n"
    "{\"specversion\":\"1.0\",\"id\":\"5\",\"source\":\"/t\",\"type\":\"remit.decided\",\"actor\":"
    "\"he\",\"time\":\"2026-03-02T09:40:00+08:00\",\"data\":{\"approval\":\"ok\",\"key\":\"K\","
    "\"vote\":\"yes\"}}\n"
    "{\"specversion\":\"1.0\",\"id\":\"6\",\"source\":\"/"
    "t\",\"type\":\"remit.signer_added\",\"actor\":\"desk\",\"time\":"
    "\"2026-03-02T09:50:00+08:00\",\"data\":{\"approval\":\"ok\",\"key\":\"K\",\"person\":"
    "\"sun\",\"place\":\"after\"}}\n"
    "{\"specversion\":\"1.0\",\"id\":\"7\",\"source\":\"/"
    "t\",\"type\":\"remit.returned\",\"actor\":\"desk\",\"time\":"
    "\"2026-03-02T09:55:00+08:00\",\"data\":{\"approval\":\"ok\",\"key\":\"K\"}}\n";

static void day_take(Policy *p, Ledger *l) {
    Err err = {0};
    Engine *e;
    char path[64];
    int fd = memfd_create("day", 0);
    CHECK(fd >= 0 && write(fd, day, sizeof day - 1) == (ssize_t)(sizeof day - 1));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    EngineOptions opt = {.sink = {.effect = effect_seen}};
    CHECK(engine_open(p->bundle, p->bytes, l, &opt, &e, &err) == OK);
    feed_all(e, p, str_of(path), FEED_JSON);
    CHECK(engine_commit(e, &err) == OK);
    engine_close(e);
    close(fd);
}

/* Changes the first record of a table. */
static void record_edit(Ledger *l, LedTable table, const uint8_t *edits, size_t n, Arena *a) {
    Str key, value, kept_key;
    bool found;
    CHECK(led_next(l, table, S(""), false, &key, &value, &found) == OK && found);
    char *bytes = arena_take(a, value.n + 1, 1);
    CHECK(bytes != NULL && arena_str(a, key, &kept_key) == OK);
    memcpy(bytes, value.p, value.n);
    for (size_t i = 0; i + 3 <= n; i += 3) {
        size_t at = (size_t)(edits[i] | edits[i + 1] << 8);
        if (at < value.n)
            bytes[at] = (char)edits[i + 2];
    }
    CHECK(led_put(l, table, kept_key, (Str){bytes, value.n}) == OK);
}

static bool row_seen(void *ctx, const Str *cells, size_t n) {
    (void)ctx;
    for (size_t i = 0; i < n; i++)
        CHECK(cells[i].n == 0 || cells[i].p != NULL);
    return true;
}

static bool line_seen(void *ctx, Str line) {
    (void)ctx;
    CHECK(line.n > 0);
    return true;
}

static void ask(Record *r, Str what, Str subject) {
    Buf out = {0};
    for (int form = 0; form < 3; form++) { /* English, Chinese, JSON */
        Err err = {0};
        bool json = form == 2, chinese = form == 1;
        ShowOptions opt = {.what = what, .json = json, .chinese = chinese};
        Status status = why(r, subject, (WhyForm){.json = json, .chinese = chinese}, &out, &err);
        CHECK(status == OK || err.text[0] != '\0');
        buf_reset(&out);
        status = show(r, &opt, (ShowSink){NULL, row_seen, row_seen, line_seen}, &err);
        CHECK(status == OK || err.text[0] != '\0');
    }
    buf_free(&out);
}

static void as_edits(Policy *p, LedTable table, Str what, Str subject, const uint8_t *edits,
                     size_t n) {
    Ledger *l;
    Err err = {0};
    Arena a = {0};
    CHECK(led_open(&(LedOptions){.create = true}, &l, &err) == OK);
    day_take(p, l);
    record_edit(l, table, edits, n, &a);
    Record r = {.l = l, .b = p->bundle, .has_clock = true, .clock = 1772416800000};
    CHECK(render_init(&r.render, r.b, S("fuzz"), &a) == OK);
    ask(&r, what, subject);
    arena_free(&r.arena);
    arena_free(&a);
    led_close(l);
}

/* ---- bytes as they are */

static void as_record(Policy *p, Str bytes, unsigned kind, Arena *a) {
    Duty duty;
    Approval approval;
    if (kind == 0 && view_duty(p->bundle, 7, bytes, a, &duty) == OK)
        CHECK(duty.def != NULL);
    if (kind == 1 && view_approval(p->bundle, 7, bytes, a, &approval) == OK)
        CHECK(approval.def != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n == 0)
        return 0;
    Policy *p = fuzz_policy();
    Arena a = {0};
    Str bytes = {(const char *)data + 1, n - 1};
    Buf out = {0};
    if (data[0] == 'A')
        as_edits(p, LED_APPROVAL, S("approvals"), S("approval/ok/K"), data + 1, n - 1);
    else if (data[0] == 'D')
        as_edits(p, LED_DUTY, S("duties"), S("duty/answer/K"), data + 1, n - 1);
    else if (data[0] == 'S')
        as_edits(p, LED_SERIES, S("kpis"), S("kpi/rate/red"), data + 1, n - 1);
    else if (data[0] % 3 == 0)
        CHECK(rec_print(bytes, &out) != ERR_NOMEM);
    else if (data[0] % 3 == 1)
        as_leaf(p, bytes, &a);
    else
        as_record(p, bytes, data[0] / 3 % 2, &a);
    buf_free(&out);
    arena_free(&a);
    return 0;
}
