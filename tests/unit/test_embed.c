/* include/remit.h as an embedder uses it: a policy from text, answers without a ledger, a run into
 * one, and what is in it read back. Nothing of engine/ is seen here but the tests' own harness. */
#include "remit.h"

#include <ftw.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static const char policy_text[] = "policy \"Desk\" version \"7\" { zone \"Asia/Shanghai\" }\n"
                                  "role director\n"
                                  "event asked { ask: id  urgent: flag }\n"
                                  "event answered { ask: id }\n"
                                  "duty answer on asked as a {\n"
                                  "  owed by director\n"
                                  "  due within 2 hours\n"
                                  "  fulfilled by answered where it.ask = a.ask\n"
                                  "}\n"
                                  "rule shout on asked as a where a.urgent { notify director "
                                  "\"urgent: \" + a.ask }\n";
static const char event_lines[] = "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":"
                                  "\"asked\",\"time\":\"2026-03-02T"
                                  "09:00:00+08:00\",\"data\":{\"ask\":\"A1\",\"urgent\":true}}\n"
                                  "{\"specversion\":\"1.0\",\"id\":\"2\",\"source\":\"s\",\"type\":"
                                  "\"asked\",\"time\":\"2026-03-02T"
                                  "09:05:00+08:00\",\"data\":{\"ask\":\"A2\",\"urgent\":false}}\n"
                                  "not an event\n"
                                  "{\"specversion\":\"1.0\",\"id\":\"3\",\"source\":\"s\",\"type\":"
                                  "\"answered\",\"time\":\"2026-03-"
                                  "02T10:00:00+08:00\",\"data\":{\"ask\":\"A1\"}}\n";

typedef struct Text {
    char at[1 << 16];
    size_t n;
} Text;

static char folder[] = "/tmp/remit-embed-XXXXXX", ledger[64], events[64];

static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *where) {
    (void)s;
    (void)kind;
    (void)where;
    return remove(path);
}

static void clear_folder(void) {
    (void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void make_folder(void) {
    if (ledger[0] != '\0')
        return;
    if (mkdtemp(folder) == NULL)
        exit(3);
    snprintf(ledger, sizeof ledger, "%s/ledger", folder);
    snprintf(events, sizeof events, "%s/events.ndjson", folder);
    FILE *f = fopen(events, "wb");
    if (f == NULL || fputs(event_lines, f) < 0 || fclose(f) != 0)
        exit(3);
    (void)atexit(clear_folder);
}

static int collect(void *ctx, const char *bytes, size_t n) {
    Text *text = ctx;
    if (n > sizeof text->at - 1 - text->n)
        return 1;
    memcpy(text->at + text->n, bytes, n);
    text->n += n;
    text->at[text->n] = '\0';
    return 0;
}

static int refuse(void *ctx, const char *bytes, size_t n) {
    (void)ctx;
    (void)bytes;
    (void)n;
    return 1;
}

static bool has(const Text *text, const char *what) {
    return strstr(text->at, what) != NULL;
}

static RemitPolicy *open_policy(const char *text) {
    make_folder();
    RemitPolicy *policy = NULL;
    RemitError error;
    RemitPolicyOptions options = {.text = {text, strlen(text)}, .text_name = "desk.remit"};
    EXPECT_INT(remit_policy_open(&options, &policy, &error), REMIT_OK);
    return policy;
}

TEST(policy_from_text_tells_about_itself) {
    RemitPolicy *policy = open_policy(policy_text);
    EXPECT_INT(remit_policy_errors(policy), 0);
    RemitText name = remit_policy_name(policy), version = remit_policy_revision(policy);
    EXPECT_STR(((Str){name.data, name.size}), S("Desk"));
    EXPECT_STR(((Str){version.data, version.size}), S("7"));
    RemitPolicyCounts n = remit_policy_counts(policy);
    EXPECT(n.duties == 1 && n.rules == 1 && n.events == 2 && n.files == 1);
    RemitText bytes;
    RemitError error;
    char hash[65];
    EXPECT_INT(remit_policy_bundle(policy, &bytes, hash, &error), REMIT_OK);
    EXPECT(bytes.size > 100 && strlen(hash) == 64);
    remit_policy_close(policy);
}

TEST(policy_with_errors_gives_diagnostics_alone) {
    RemitPolicy *policy =
        open_policy("policy \"X\" version \"1\" { zone \"UTC\" }\nrole a under b\n");
    static Text text;
    RemitLook look = {0};
    RemitError error;
    RemitText bytes;
    char hash[65];
    EXPECT(remit_policy_errors(policy) > 0);
    EXPECT_INT(remit_policy_diagnostics(policy, &look, (RemitWriter){&text, collect}, &error),
               REMIT_OK);
    EXPECT(has(&text, "error[E0") && has(&text, "desk.remit:2:"));
    EXPECT_INT(remit_policy_bundle(policy, &bytes, hash, &error), REMIT_FAULT);
    EXPECT(error.status == REMIT_FAULT && error.text[0] != '\0');
    remit_policy_close(policy);
}

TEST(answers_come_without_a_ledger) {
    RemitPolicy *policy = open_policy(policy_text);
    static Text text;
    const char *const files[] = {events};
    RemitDecideOptions options = {.events = files, .event_count = 1, .json = true};
    RemitSummary summary;
    RemitError error;
    EXPECT_INT(remit_decide(policy, &options, (RemitWriter){&text, collect}, &summary, &error),
               REMIT_OK);
    EXPECT(has(&text, "remit.notified") && has(&text, "urgent: A1") && !has(&text, "urgent: A2"));
    EXPECT_INT(summary.events, 3);
    EXPECT_INT(summary.rejected[0], 1);
    EXPECT_INT(remit_decide(policy, &options, (RemitWriter){NULL, refuse}, &summary, &error),
               REMIT_FAILED);
    remit_policy_close(policy);
}

static int rows, columns;
static int table_begin(void *ctx, const RemitText *names, size_t n) {
    (void)ctx;
    (void)names;
    columns = (int)n;
    return 0;
}
static int table_row(void *ctx, const RemitText *cells, size_t n) {
    (void)ctx;
    rows += n == (size_t)columns && cells[0].size > 0;
    return 0;
}

TEST(a_run_is_kept_and_read_back) {
    RemitPolicy *policy = open_policy(policy_text);
    static Text effects, why, log;
    const char *const files[] = {events};
    RemitRunOptions options = {.ledger = ledger,
                               .events = files,
                               .event_count = 1,
                               .json = true,
                               .until = "2026-03-02T12:00:00+08:00",
                               .to = {&effects, collect},
                               .no_sync = true};
    RemitSummary summary;
    RemitError error = {0};
    EXPECT_INT(remit_run(policy, &options, &summary, &error), REMIT_OK);
    EXPECT_STR(str_of(error.text), S(""));
    EXPECT(summary.raised == 2 && summary.fulfilled == 1 && summary.breached == 1);
    EXPECT(has(&effects, "remit.duty.fulfilled") && has(&effects, "duty/answer/A2"));
    char first[65], second[65];
    EXPECT_INT(remit_digest(ledger, NULL, false, first, &error), REMIT_OK);
    EXPECT_INT(remit_run(policy, &options, &summary, &error), REMIT_OK);
    EXPECT_INT(summary.events, 0);
    EXPECT_INT(summary.repeated, 4); /* the line that is no event too */
    EXPECT_INT(remit_digest(ledger, NULL, false, second, &error), REMIT_OK);
    EXPECT_STR(str_of(second), str_of(first));
    RemitLook look = {0};
    EXPECT_INT(
        remit_why(ledger, NULL, "duty/answer/A2", &look, (RemitWriter){&why, collect}, &error),
        REMIT_OK);
    EXPECT(has(&why, "desk.remit") && has(&why, "director"));
    EXPECT_INT(
        remit_why(ledger, NULL, "duty/answer/A9", &look, (RemitWriter){&why, collect}, &error),
        REMIT_CALL);
    RemitLogOptions entries = {.ledger = ledger, .effects_only = true};
    EXPECT_INT(remit_log(&entries, &look, (RemitWriter){&log, collect}, &error), REMIT_OK);
    EXPECT(has(&log, "remit.duty.breached"));
    RemitShowOptions show = {.ledger = ledger, .what = "duties"};
    RemitTable table = {NULL, table_begin, table_row};
    EXPECT_INT(remit_show(&show, &look, table, (RemitWriter){0}, &error), REMIT_OK);
    EXPECT_INT(rows, 2);
    remit_policy_close(policy);
}

TEST(a_wrong_call_is_told_from_a_fault) {
    RemitPolicy *policy = open_policy(policy_text);
    RemitRunOptions options = {.ledger = ledger, .until = "yesterday"};
    RemitSummary summary;
    RemitError error;
    EXPECT_INT(remit_run(policy, &options, &summary, &error), REMIT_CALL);
    EXPECT(strstr(error.text, "yesterday") != NULL);
    char hash[65];
    EXPECT(remit_digest("/nowhere/at/all", NULL, false, hash, &error) != REMIT_OK);
    EXPECT(error.text[0] != '\0');
    remit_policy_close(policy);
    remit_policy_close(NULL);
}

UNIT_MAIN(T(policy_from_text_tells_about_itself) T(policy_with_errors_gives_diagnostics_alone)
              T(answers_come_without_a_ledger) T(a_run_is_kept_and_read_back)
                  T(a_wrong_call_is_told_from_a_fault))
