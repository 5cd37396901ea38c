/* Faults in a whole run through the public header: the k-th allocation or write to the ledger
 * fails, for k = 1, 2, ... until a run passes. Then the ledger is as before or as after, and the
 * same call again ends where an undisturbed one does, with the same effects file. And runs over the
 * beginning of a file, for each length of it. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/mem.h"
#include "engine/ledger/ledger.h"
#include "remit.h"
#include "tests/unit/unit.h"

enum { PATH = 200, DIGEST = 65, EFFECTS = 1 << 16 };

static const char policy_text[] =
    "policy \"Faults\" version \"1\" { zone \"Asia/Shanghai\" currency CNY }\n"
    "role director \"D\"\n"
    "team desk \"T\" under director { role lead  role agent }\n"
    "type part { code: id  n: integer 1..  tags: list of text = [\"x\"] }\n"
    "event a.opened { k: id  n: integer 1..9  t: text?  m: money?  e: one of red, green = red\n"
    "  main: part?  parts: list of part = [] }\n"
    "event a.packed { k: id  first: part  parts: list of part }\n"
    "entity shelf { key k: id  main: part?  parts: list of part }\n"
    "rule pack on a.opened as c where c.main is present {\n"
    "  set shelf(c.k) { main: c.main  parts: c.parts }\n"
    "  emit a.packed { k: c.k  first: part { code: c.k  n: count(c.parts) + 1 }  parts: c.parts } "
    "}\n"
    "event a.closed { k: id }\n"
    "event a.held { k: id }\n"
    "event a.freed { k: id }\n"
    "event a.seen { k: id }\n"
    "duty answer on a.opened as c { owed by desk  due within 4 hours\n"
    "  fulfilled by a.closed  paused from a.held until a.freed\n"
    "  escalate { at 50% remind desk  at due to desk.lead  after 2 hours to director } }\n"
    "rule tell on a.opened as c where c.n > 5 { emit a.seen { k: c.k } notify director }\n"
    "rule fail on a.opened as c where c.n > 8 { emit a.told { n: c.n * 200_000_000_000_000_000 } "
    "}\n"
    "event a.told { n: integer }\n";

#define EVENT(id, type, hour, data)                                                                \
    "{\"specversion\":\"1.0\",\"id\":\"" id "\",\"source\":\"/t\",\"type\":\"a." type              \
    "\",\"time\":\"2026-03-02T" hour ":00+08:00\",\"data\":{\"k\":" data "}}\n"

#define LATE                                                                                       \
    "{\"specversion\":\"1.0\",\"id\":\"13\",\"source\":\"/t\",\"type\":\"a.closed\","              \
    "\"time\":\"2026-01-02T00:00:00Z\",\"data\":{\"k\":\"K1\"}}\n"                                 \
    "{\"specversion\":\"1.0\",\"id\":\"14\",\"source\":\"/t\",\"type\":\"a.closed\","              \
    "\"time\":\"2027-01-02T00:00:00Z\",\"data\":{\"k\":\"K1\"}}\n"

static const char events_json[] = EVENT("1", "opened", "09:00", "\"K1\",\"n\":8")
    EVENT("2", "opened", "09:30", "\"K2\",\"n\":2") EVENT("3", "held", "10:00", "\"K2\"") EVENT(
        "15", "opened", "10:00",
        "\"K9\",\"n\":1,\"main\":{\"n\":2,\"code\":\"m\"},\"parts\":[{\"code\":\"a\","
        "\"n\":1,\"tags\":[]},{\"n\":2,\"code\":\"b\"}]")
        EVENT("16", "opened", "10:00",
              "\"K9\",\"n\":1,\"parts\":[{"
              "\"code\":\"a\",\"n\":1,\"tag\":[]}"
              "]") "no event\n" EVENT("4", "closed", "10:30", "\"K1\"")
            EVENT("5", "opened", "11:00", "\"K3\",\"n\":99") EVENT("6", "freed", "12:00", "\"K2\"")
                EVENT("8", "opened", "12:00", "\"K4\",\"n\":1,\"e\":\"rde\"")
                    EVENT("9", "opened", "12:00", "\"K5\",\"n\":1,\"m\":\"1.00 USD\"")
                        EVENT("10", "opend", "12:00", "\"K6\",\"n\":1")
                            EVENT("11", "opened", "12:00", "\"K7\",\"n\":1,\"x\":1")
                                EVENT("12", "opened", "12:00", "\"K8\",\"n\":9,\"t\":\"overflow\"")
                                    LATE EVENT("1", "closed", "12:00", "\"K1\"")
                                        EVENT("4", "closed", "10:30", "\"K1\"")
                                            EVENT("7", "closed", "19:00", "\"K2\"");

static const char events_csv[] =
    "id,source,type,time,k,n,t,main.code,main.n,parts\n"
    "1,/t,a.opened,2026-03-02T09:00:00+08:00,K1,8,\"one, \"\"two\"\"\n"
    "and three\"\n"
    "3,/t,a.opened,2026-03-02T09:00:01+08:00,K3,8,,m,2,\"[{\"\"code\"\":\"\"a\"\",\"\"n\"\":1}]\"\n"
    "4,/t,a.opened,2026-03-02T09:00:02+08:00,K3,8,,m,,\n"
    "2,/t,a.closed,2026-03-02T11:00:00+08:00,K1,,\n"
    ",,a.opened,2026-03-02T12:00:00+08:00,K4,1,x\n";

static char base[] = "/tmp/remit-fault-run-XXXXXX", ledger[PATH], effects[PATH], events[PATH];
static RemitPolicy *policy;

static void clean_up(void) {
    char command[PATH];
    remit_policy_close(policy);
    snprintf(command, sizeof command, "rm -rf %s", base);
    if (system(command) != 0)
        printf("cannot remove %s\n", base);
}

/* Names for a new ledger, whose files are gone. */
static void fresh(const char *ending) {
    static const char *const names[] = {"data.mdb", "lock.mdb", "lock"};
    if (ledger[0] == '\0' && (mkdtemp(base) == NULL || atexit(clean_up) != 0))
        abort();
    snprintf(ledger, sizeof ledger, "%s/ledger", base);
    snprintf(effects, sizeof effects, "%s/effects", base);
    snprintf(events, sizeof events, "%s/events.%s", base, ending);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[2 * PATH];
        snprintf(path, sizeof path, "%s/%s", ledger, names[i]);
        unlink(path);
    }
    rmdir(ledger);
    unlink(effects);
}

static void write_events(const char *text, size_t n) {
    FILE *f = fopen(events, "wb");
    EXPECT(f != NULL && fwrite(text, 1, n, f) == n);
    if (f != NULL)
        fclose(f);
}

static RemitStatus run(RemitError *error) {
    RemitSummary summary;
    const char *files[] = {events};
    RemitRunOptions o = {.ledger = ledger,
                         .events = files,
                         .event_count = 1,
                         .until = "2026-03-03T00:00:00+08:00",
                         .not_after = "2026-12-31T00:00:00Z",
                         .batch = 2,
                         .effects = effects,
                         .no_sync = true};
    *error = (RemitError){0};
    return remit_run(policy, &o, &summary, error);
}

/* Where a ledger has come to. */
typedef struct End {
    char digest[DIGEST], state[DIGEST];
    char effects[EFFECTS];
    size_t n;
} End;

static bool read_end(End *end) {
    RemitError error;
    FILE *f = fopen(effects, "rb");
    end->n = f == NULL ? 0 : fread(end->effects, 1, sizeof end->effects, f);
    if (f != NULL)
        fclose(f);
    return remit_digest(ledger, NULL, false, end->digest, &error) == REMIT_OK &&
           remit_digest(ledger, NULL, true, end->state, &error) == REMIT_OK;
}

static bool same_end(const End *a, const End *b) {
    return strcmp(a->digest, b->digest) == 0 && a->n == b->n &&
           memcmp(a->effects, b->effects, a->n) == 0;
}

/* The effects so far are the beginning of all of them, in whole lines. */
static bool is_beginning(const End *all, const End *part) {
    return part->n <= all->n && memcmp(part->effects, all->effects, part->n) == 0 &&
           (part->n == 0 || part->effects[part->n - 1] == '\n');
}

static void open_policy(void) {
    RemitError error;
    RemitPolicyOptions o = {.text = {policy_text, sizeof policy_text - 1}, .text_name = "p.remit"};
    if (policy == NULL && remit_policy_open(&o, &policy, &error) != REMIT_OK)
        printf("%s\n", error.text);
    EXPECT(policy != NULL && remit_policy_errors(policy) == 0);
}

static void undisturbed(const char *ending, const char *text, size_t n, End *end) {
    RemitError error;
    fresh(ending);
    open_policy();
    write_events(text, n);
    EXPECT(run(&error) == REMIT_OK && read_end(end));
    EXPECT(end->n > 0);
}

/* One k; false when the run passed without meeting it. */
static bool fails_at(uint64_t k, void (*set)(uint64_t), const char *what, const End *want) {
    static End end;
    RemitError error;
    uint64_t made = mem_count();
    fresh("jsonl");
    set(k);
    RemitStatus status = run(&error);
    set(0);
    made = mem_count() - made;
    if (status != REMIT_OK)
        EXPECT(status == REMIT_FAILED && error.text[0] != '\0');
    bool begun = read_end(&end), part = !begun || is_beginning(want, &end);
    RemitError later;
    bool ends = run(&later) == REMIT_OK && read_end(&end) && same_end(&end, want);
    if (!part || !ends)
        printf("after failing %s %llu (%s): %s; then: %s\n", what, (unsigned long long)k,
               error.text, part ? "as it should be" : "other effects",
               ends ? "as it should be" : later.text);
    EXPECT(part && ends);
    return status != REMIT_OK || (set == mem_fail_at && k <= made);
}

TEST(each_failing_allocation_leaves_a_ledger_that_goes_on) {
    static End want;
    uint64_t k = 1;
    undisturbed("jsonl", events_json, sizeof events_json - 1, &want);
    while (fails_at(k, mem_fail_at, "allocation", &want) && k < 20000)
        k++;
    EXPECT(k > 50 && k < 20000);
    printf("%llu allocations\n", (unsigned long long)k - 1);
}

TEST(each_failing_write_leaves_a_ledger_that_goes_on) {
    static End want;
    uint64_t k = 1;
    undisturbed("jsonl", events_json, sizeof events_json - 1, &want);
    while (fails_at(k, led_fail_at, "write", &want) && k < 5000)
        k++;
    EXPECT(k > 20 && k < 5000);
    printf("%llu writes\n", (unsigned long long)k - 1);
}

/* A run over the first n bytes, then one over all of them. The state is that of all, unless what
 * was cut is an event by itself, which only a row of CSV can be, and only inside its last cells. */
static void cut_at(size_t n, const char *ending, const char *text, size_t all, const End *want) {
    static End end;
    RemitError error;
    fresh(ending);
    write_events(text, n);
    RemitStatus first = run(&error);
    bool csv = strcmp(ending, "csv") == 0, header = !csv || memchr(text, '\n', n) != NULL;
    EXPECT(first == REMIT_OK || (!header && error.text[0] != '\0'));
    write_events(text, all);
    EXPECT(run(&error) == REMIT_OK && read_end(&end));
    bool same = strcmp(end.state, want->state) == 0;
    if (!same && !csv)
        printf("cut at %zu\n", n);
    EXPECT(same || csv);
}

TEST(input_cut_at_each_byte_is_mended) {
    static End want;
    undisturbed("jsonl", events_json, sizeof events_json - 1, &want);
    for (size_t n = 0; n < sizeof events_json; n++)
        cut_at(n, "jsonl", events_json, sizeof events_json - 1, &want);
    undisturbed("csv", events_csv, sizeof events_csv - 1, &want);
    for (size_t n = 0; n < sizeof events_csv; n++)
        cut_at(n, "csv", events_csv, sizeof events_csv - 1, &want);
}

UNIT_MAIN(T(each_failing_allocation_leaves_a_ledger_that_goes_on)
              T(each_failing_write_leaves_a_ledger_that_goes_on)
                  T(input_cut_at_each_byte_is_mended))
