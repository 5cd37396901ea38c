/* A replay finds what does not follow from the inputs: an entry that was added, one that is
 * another, and a record that no entry accounts for. */
#include <ftw.h>
#include <unistd.h>

#include "engine/ledger/ledger.h"
#include "remit.h"
#include "tests/unit/unit.h"

static const char policy_text[] = "policy \"Desk\" version \"1\" { zone \"UTC\" }\n"
                                  "role director\n"
                                  "event asked { ask: id }\n"
                                  "event answered { ask: id }\n"
                                  "duty answer on asked { owed by director  due within 2 hours\n"
                                  "  fulfilled by answered }\n";
#define EVENT(id, type, hour)                                                                      \
    "{\"specversion\":\"1.0\",\"id\":\"" id "\",\"source\":\"s\",\"type\":\"" type                 \
    "\",\"time\":\"2026-03-02T" hour ":00:00Z\",\"data\":{\"ask\":\"A\"}}\n"
static const char event_lines[] =
    EVENT("1", "asked", "09") "not an event\n" EVENT("2", "asked", "12") EVENT("2", "asked", "13")
        EVENT("3", "answered", "13");

static const char pattern[] = "/tmp/remit-replay-XXXXXX";
static char folder[sizeof pattern], ledger[64], events[64];

static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *where) {
    (void)s;
    (void)kind;
    (void)where;
    return remove(path);
}

static void make(void) {
    memcpy(folder, pattern, sizeof folder);
    if (mkdtemp(folder) == NULL)
        exit(3);
    (void)snprintf(ledger, sizeof ledger, "%s/ledger", folder);
    (void)snprintf(events, sizeof events, "%s/events.ndjson", folder);
    FILE *f = fopen(events, "wb");
    if (f == NULL || fputs(event_lines, f) < 0 || fclose(f) != 0)
        exit(3);
    RemitPolicy *policy = NULL;
    RemitError error;
    RemitPolicyOptions options = {.text = {policy_text, sizeof policy_text - 1},
                                  .text_name = "desk.remit"};
    EXPECT_INT(remit_policy_open(&options, &policy, &error), REMIT_OK);
    const char *files[] = {events};
    RemitRunOptions run = {.ledger = ledger, .events = files, .event_count = 1};
    RemitSummary summary;
    EXPECT_INT(remit_run(policy, &run, &summary, &error), REMIT_OK);
    EXPECT_INT(summary.events, 3);
    remit_policy_close(policy);
}

static void clear(void) {
    (void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static Ledger *open_ledger(void) {
    Ledger *l = NULL;
    Err err = {0};
    LedOptions options = {.dir = str_of(ledger)};
    EXPECT(led_open(&options, &l, &err) == OK);
    if (l == NULL)
        exit(1);
    return l;
}

static void close_ledger(Ledger *l) {
    Err err = {0};
    EXPECT(led_commit(l, &err) == OK);
    led_close(l);
}

typedef struct Text {
    char at[4096];
    size_t n;
} Text;

static int collect(void *ctx, const char *bytes, size_t n) {
    Text *text = ctx;
    if (n > sizeof text->at - 1 - text->n)
        return 1;
    memcpy(text->at + text->n, bytes, n);
    text->n += n;
    text->at[text->n] = '\0';
    return 0;
}

static RemitStatus told(RemitLook look, Text *text, RemitReplay *out) {
    RemitReplayOptions options = {.ledger = ledger};
    RemitError error;
    *text = (Text){0};
    return remit_replay(&options, &look, (RemitWriter){text, collect}, out, &error);
}

static RemitStatus replayed(Text *text, RemitReplay *out) {
    return told((RemitLook){.format = REMIT_JSON}, text, out);
}

TEST(what_follows_is_the_same) {
    Text text;
    RemitReplay out;
    make();
    EXPECT_INT(replayed(&text, &out), REMIT_OK);
    EXPECT(out.same && strcmp(out.digest, out.again) == 0 && strlen(out.digest) == 64);
    EXPECT_INT(out.inputs, 5);
    EXPECT_INT(text.n, 0);
    clear();
}

/* The same entry once more, which nothing caused. */
TEST(an_entry_that_was_added_is_named) {
    Text text;
    RemitReplay out;
    make();
    Ledger *l = open_ledger();
    uint64_t size = led_size(l);
    for (uint64_t i = 0; i < size; i++) {
        Str leaf;
        EXPECT(led_leaf(l, i, &leaf) == OK);
        if (leaf.n == 0 || leaf.p[0] != 6 /* an effect */)
            continue;
        char copy[512];
        EXPECT(leaf.n <= sizeof copy);
        memcpy(copy, leaf.p, leaf.n);
        EXPECT(led_append(l, (Str){copy, leaf.n}, NULL) == OK);
        break;
    }
    close_ledger(l);
    EXPECT_INT(replayed(&text, &out), REMIT_FAULT);
    char start[40];
    (void)snprintf(start, sizeof start, "{\"entry\":%llu,\"was\":\"", (unsigned long long)size);
    EXPECT(strncmp(text.at, start, strlen(start)) == 0);
    EXPECT(strstr(text.at, "\"is\":\"\"}") != NULL);
    EXPECT_INT(told((RemitLook){.format = REMIT_TEXT}, &text, &out), REMIT_FAULT);
    EXPECT(strstr(text.at, "the replay differs at entry ") == text.at);
    EXPECT(strstr(text.at, "\n  is   nothing: the replay ends before it\n") != NULL);
    EXPECT_INT(told((RemitLook){.format = REMIT_TEXT, .chinese = true}, &text, &out), REMIT_FAULT);
    EXPECT(strstr(text.at, "条起不同\n  原为  ") != NULL);
    EXPECT(strstr(text.at, "\n  现为  无：重新运行在此之前结束\n") != NULL);
    clear();
}

/* An event behind which nothing stands of what follows from it. */
TEST(an_effect_that_does_not_follow_is_named) {
    Text text;
    RemitReplay out;
    make();
    Ledger *l = open_ledger();
    uint64_t size = led_size(l);
    Str leaf;
    EXPECT(led_leaf(l, 2, &leaf) == OK);
    char copy[512];
    EXPECT(leaf.n <= sizeof copy && leaf.p[0] == 3 /* an event */);
    memcpy(copy, leaf.p, leaf.n);
    for (size_t i = 0; i < leaf.n; i++) /* an id and a key that nothing has yet */
        copy[i] = copy[i] == '1' ? '9' : copy[i] == 'A' ? 'B' : copy[i];
    EXPECT(led_append(l, (Str){copy, leaf.n}, NULL) == OK);
    close_ledger(l);
    EXPECT_INT(replayed(&text, &out), REMIT_FAULT);
    char start[40];
    (void)snprintf(start, sizeof start, "{\"entry\":%llu,", (unsigned long long)size + 1);
    EXPECT(strncmp(text.at, start, strlen(start)) == 0);
    EXPECT(strstr(text.at, "remit.duty.opened") != NULL);
    clear();
}

TEST(a_record_that_no_entry_accounts_for_is_seen) {
    Text text;
    RemitReplay out;
    make();
    Ledger *l = open_ledger();
    EXPECT(led_put(l, LED_ORG, S("12345678zhao"), S("\1\0\2")) == OK);
    close_ledger(l);
    EXPECT_INT(replayed(&text, &out), REMIT_FAULT);
    EXPECT(!out.same && strcmp(out.digest, out.again) != 0);
    EXPECT_INT(text.n, 0);
    clear();
}

UNIT_MAIN(T(what_follows_is_the_same) T(an_entry_that_was_added_is_named)
              T(an_effect_that_does_not_follow_is_named)
                  T(a_record_that_no_entry_accounts_for_is_seen))
