/* audit: what a ledger holds is broken in one place at a time, by the ledger's own calls, so that
 * every value is readable: doctor names each, and nothing else of an unbroken one. */
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/civil.h"
#include "engine/ledger/ledger_int.h"
#include "engine/ledger/record.h"
#include "engine/run/inspect.h"
#include "remit.h"
#include "tests/unit/unit.h"

enum { PATH = 200, SAID = 1 << 14 };

static const char policy_text[] =
    "policy \"Broken\" version \"1\" { zone \"Asia/Shanghai\" currency CNY }\n"
    "role boss\n"
    "team desk \"T\" under boss { role lead role agent }\n"
    "entity client { key k: id  tier: text  index by tier }\n"
    "event a.opened { k: id  n: integer }\n"
    "event a.closed { ref: id }\n"
    "event a.asked { k: id }\n"
    "rule keep on a.opened as c { set client(c.k) { tier: \"gold\" } }\n"
    "duty answer on a.opened as c {\n"
    "  owed by desk  due within 4 hours\n"
    "  fulfilled by a.closed where it.ref = c.k\n"
    "  escalate { at due to desk.lead }\n"
    "}\n"
    "approval pay on a.asked as q { requires { 1 of desk }  when unattainable { notify boss } }\n"
    "kpi load by k {\n"
    "  measure sum(a.opened.n) over 1 day\n"
    "  warning above 100\n"
    "}\n"
    "duty report every day at 09:00 { owed by desk  due within 2 hours  fulfilled by "
    "remit.reported }\n";

#define LINE(id, type, more, hour, data)                                                           \
    "{\"specversion\":\"1.0\",\"id\":\"" id "\",\"source\":\"/t\",\"type\":\"" type "\"," more     \
    "\"time\":\"2026-03-02T" hour ":00+08:00\",\"data\":{" data "}}\n"
#define EVENT(id, type, hour, data) LINE(id, type, "", hour, data)

static const char events_text[] =
    EVENT("p", "remit.appointed", "08:00", "\"person\":\"ann\",\"seat\":\"desk.lead\"")
        LINE("d", "remit.delegated", "\"actor\":\"ann\",", "08:00", "\"person\":\"bob\"")
            EVENT("1", "a.opened", "09:00", "\"k\":\"K1\",\"n\":7")
                EVENT("2", "a.opened", "09:30", "\"k\":\"K2\",\"n\":8")
                    EVENT("3", "a.closed", "10:00", "\"ref\":\"K1\"")
                        EVENT("4", "a.asked", "10:30", "\"k\":\"K3\"")
                            EVENT("5", "a.opened", "10:30", "\"k\":\"K4\",\"n\":\"x\"");

static char base[] = "/tmp/remit-doctor-XXXXXX", ledger[PATH], policy_path[PATH], events[PATH];
static RemitPolicy *policy;

static void clean_up(void) {
    char command[PATH];
    remit_policy_close(policy);
    snprintf(command, sizeof command, "rm -rf %s", base);
    if (system(command) != 0)
        printf("cannot remove %s\n", base);
}

static void write_file(const char *path, const char *text) {
    FILE *f = fopen(path, "wb");
    EXPECT(f != NULL && fputs(text, f) >= 0);
    if (f != NULL)
        fclose(f);
}

static void make(void) {
    RemitError error = {0};
    RemitSummary summary;
    const char *policies[] = {policy_path}, *files[] = {events};
    static int number;
    if (number == 0 && (mkdtemp(base) == NULL || atexit(clean_up) != 0))
        abort();
    snprintf(policy_path, sizeof policy_path, "%s/p.remit", base);
    snprintf(events, sizeof events, "%s/e.jsonl", base);
    snprintf(ledger, sizeof ledger, "%s/ledger%d", base, number++);
    if (policy == NULL) {
        RemitPolicyOptions o = {.paths = policies, .path_count = 1};
        write_file(policy_path, policy_text);
        write_file(events, events_text);
        EXPECT(remit_policy_open(&o, &policy, &error) == REMIT_OK);
        EXPECT(remit_policy_errors(policy) == 0);
    }
    RemitRunOptions o = {.ledger = ledger, .events = files, .event_count = 1, .no_sync = true};
    EXPECT(remit_run(policy, &o, &summary, &error) == REMIT_OK);
}

typedef struct Said {
    char text[SAID];
    size_t n;
} Said;

static int keep(void *ctx, const char *text, size_t n) {
    Said *s = ctx;
    size_t room = SAID - 1 - s->n;
    n = n < room ? n : room;
    memcpy(s->text + s->n, text, n);
    s->n += n;
    return 0;
}

static Said said;

static RemitStatus doctor_says(void) {
    RemitError error = {0};
    RemitLook look = {.format = REMIT_JSON};
    RemitDoctorOptions o = {.ledger = ledger};
    said = (Said){.n = 0};
    RemitStatus status = remit_doctor(&o, &look, (RemitWriter){&said, keep}, &error);
    if (error.text[0] != '\0')
        printf("%s\n", error.text);
    return status;
}

/* ---- what is broken */

static bool first_of(Ledger *l, LedTable table, Str *key, Str *value) {
    bool found = false;
    EXPECT(led_next(l, table, (Str){NULL, 0}, false, key, value, &found) == OK && found);
    return found;
}

static void drop_first(Ledger *l, LedTable table) {
    char room[LED_KEY_MOST];
    Str key, value;
    if (!first_of(l, table, &key, &value))
        return;
    memcpy(room, key.p, key.n);
    EXPECT(led_del(l, table, (Str){room, key.n}) == OK);
}

/* The first record again, under a key whose last byte is another. */
static void double_first(Ledger *l, LedTable table, uint8_t change) {
    char room[LED_KEY_MOST], bytes[4096];
    Str key, value;
    if (!first_of(l, table, &key, &value) || value.n > sizeof bytes)
        return;
    memcpy(room, key.p, key.n);
    if (value.n > 0)
        memcpy(bytes, value.p, value.n);
    room[key.n - 1] = (char)(room[key.n - 1] ^ change);
    EXPECT(led_put(l, table, (Str){room, key.n}, (Str){bytes, value.n}) == OK);
}

static void put_raw(Ledger *l, LedTable table, Str key, Str value) {
    EXPECT(led_put(l, table, key, value) == OK);
}

static void lose_timer(Ledger *l) {
    drop_first(l, LED_TIMER);
}
static void add_timer(Ledger *l) {
    Buf b = {0};
    put_key_i64(&b, 1700000000000);
    put_key_u64(&b, 5);
    put_u8(&b, 0);
    put_u8(&b, 0);
    put_raw(l, LED_TIMER, buf_str(&b), S(""));
    buf_free(&b);
}
static void lose_duty(Ledger *l) {
    drop_first(l, LED_DUTY);
}
static void lose_approval(Ledger *l) {
    drop_first(l, LED_APPROVAL);
}
static void lose_series(Ledger *l) {
    drop_first(l, LED_SERIES);
}
static void double_duty(Ledger *l) {
    double_first(l, LED_DUTY, 0x40);
}
static void false_name(Ledger *l) {
    static const uint8_t key[LED_SET_KEY] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    EXPECT(led_set_add(l, LED_SET_NAMES, key, 999, 0) == OK);
}
static void false_event(Ledger *l) {
    static const uint8_t key[LED_SET_KEY] = {16, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 1};
    EXPECT(led_set_add(l, LED_SET_EVENTS, key, 0, 0) == OK);
}
static void lose_index(Ledger *l) {
    drop_first(l, LED_FOUND);
}
static void double_index(Ledger *l) {
    double_first(l, LED_FOUND, 1);
}
static void lose_reject(Ledger *l) {
    drop_first(l, LED_REJECT);
}
static void double_reject(Ledger *l) {
    double_first(l, LED_REJECT, 1);
}
static void move_clock(Ledger *l) {
    Buf b = {0};
    put_zigzag(&b, 1700000000000);
    put_raw(l, LED_META, S("clock"), buf_str(&b));
    buf_free(&b);
}
static void lower_next(Ledger *l) {
    Buf b = {0};
    put_zigzag(&b, 2);
    put_raw(l, LED_META, S("next"), buf_str(&b));
    buf_free(&b);
}
static void bad_record(Ledger *l) {
    Str key, value;
    char room[LED_KEY_MOST];
    if (!first_of(l, LED_DUTY, &key, &value))
        return;
    memcpy(room, key.p, key.n);
    put_raw(l, LED_DUTY, (Str){room, key.n}, S("\x01\x05nonsense"));
}
static void bad_people(Ledger *l) {
    Str key, value;
    char room[LED_KEY_MOST];
    if (!first_of(l, LED_ORG, &key, &value))
        return;
    memcpy(room, key.p, key.n);
    put_raw(l, LED_ORG, (Str){room, key.n}, S("\x01\x04\x02"));
}
static void one_sided(Ledger *l) {
    drop_first(l, LED_DELEGATE);
}
static void lose_link(Ledger *l) {
    drop_first(l, LED_LINK);
}
static void false_pane(Ledger *l) {
    Buf b = {0};
    put_key_u64(&b, 77);
    put_u8(&b, 0);
    put_raw(l, LED_PANE, buf_str(&b), S("x"));
    buf_free(&b);
}
static void false_waiting(Ledger *l) {
    Buf b = {0};
    put_key_u64(&b, 88);
    put_key_u64(&b, 1);
    put_raw(l, LED_WAITING, buf_str(&b), S("\0"));
    buf_free(&b);
}
static void false_feed(Ledger *l) {
    put_raw(l, LED_FEED, S("effects:/x"), S("\x7f"));
}
static void other_policy(Ledger *l) {
    put_raw(l, LED_POLICY, S("given/0"), S("nonsense"));
}

static const struct {
    const char *what;
    void (*breaks)(Ledger *l);
    const char *name; /* of the finding */
} cases[] = {
    {"a timer is lost", lose_timer, "timer"},
    {"a timer too many", add_timer, "timer"},
    {"a duty is lost", lose_duty, "name"},
    {"an approval is lost", lose_approval, "name"},
    {"a series is lost", lose_series, "name"},
    {"a duty without a name", double_duty, "name"},
    {"a name too many", false_name, "name"},
    {"an id too many", false_event, "event"},
    {"an index entry is lost", lose_index, "index"},
    {"an index entry too many", double_index, "index"},
    {"a reject is lost", lose_reject, "reject"},
    {"a reject too many", double_reject, "reject"},
    {"another clock", move_clock, "clock"},
    {"numbers given again", lower_next, "number"},
    {"a record of another form", bad_record, "record"},
    {"people's times", bad_people, "people"},
    {"a delegation on one side", one_sided, "people"},
    {"a link is lost", lose_link, "link"},
    {"samples of nothing", false_pane, "samples"},
    {"an alarm of nothing", false_waiting, "group"},
    {"effects ahead of the journal", false_feed, "feed"},
    {"another policy", other_policy, "policy"},
};

static void break_in(void (*breaks)(Ledger *l)) {
    Err err = {0};
    Ledger *l = NULL;
    LedOptions o = {.dir = str_of(ledger), .no_sync = true};
    EXPECT(led_open(&o, &l, &err) == OK);
    if (l == NULL)
        return;
    breaks(l);
    EXPECT(led_commit(l, &err) == OK);
    led_close(l);
}

/* An unbroken one is whole, or the rest says nothing. */
TEST(an_unbroken_ledger_is_whole) {
    make();
    EXPECT(doctor_says() == REMIT_OK);
    EXPECT(strstr(said.text, "\"finding\"") == NULL);
    EXPECT(strstr(said.text, "{\"whole\":true,\"journal\":true,") != NULL);
    if (strstr(said.text, "\"finding\"") != NULL)
        printf("%s", said.text);
}

TEST(each_break_is_named) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char wanted[64];
        make();
        break_in(cases[i].breaks);
        snprintf(wanted, sizeof wanted, "{\"finding\":\"%s\"", cases[i].name);
        bool found = doctor_says() == REMIT_FAULT && strstr(said.text, wanted) != NULL;
        if (!found)
            printf("%s: no %s among\n%s", cases[i].what, wanted, said.text);
        EXPECT(found);
        EXPECT(strstr(said.text, "\"journal\":true") != NULL); /* that was not touched */
    }
}

/* Whatever a table lacks, the journal has it: computed anew, the ledger is whole. */
TEST(tables_are_rebuilt_from_the_journal) {
    static void (*const breaks[])(Ledger *) = {lose_timer, lose_duty,  false_name, lose_index,
                                               move_clock, bad_record, lose_link,  lose_reject};
    RemitLook look = {.format = REMIT_JSON};
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
        RemitError error = {0};
        char anew[PATH + 8];
        make();
        break_in(breaks[i]);
        snprintf(anew, sizeof anew, "%s-anew", ledger);
        RemitDoctorOptions o = {.ledger = ledger, .rebuild = anew};
        said = (Said){.n = 0};
        EXPECT_INT(remit_doctor(&o, &look, (RemitWriter){&said, keep}, &error), REMIT_OK);
        snprintf(ledger, sizeof ledger, "%.*s", PATH - 1, anew);
        EXPECT_INT(doctor_says(), REMIT_OK);
    }
}

UNIT_MAIN(T(tables_are_rebuilt_from_the_journal) T(an_unbroken_ledger_is_whole)
              T(each_break_is_named))
