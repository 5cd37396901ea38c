/* cli: remit run and decide. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/cli/cli.h"

static const Option run_options[] = {
    {"--ledger", "DIR", "the ledger; made if it is not there", false},
    {"--policy", "PATH", "files, folders or a bundle; may repeat", true},
    {"--events", "FILE", "events, or - for standard input; may repeat", true},
    {"--feed", "NAME=FILE", "an export that the policy's feed NAME maps; may repeat", true},
    {"--until", "INSTANT", "after all input, fire what is due at or before it", false},
    {"--batch", "N", "events a commit (default 1,000)", false},
    {"--effects", "FILE", "keep FILE equal to the ledger's effects", false},
    {"--format", "csv|json", "form of the events (default: *.csv is CSV)", false},
    {"--source", "TEXT", "source of events that name none", false},
    {"--not-after", "INSTANT", "refuse events later than this", false},
    {"--name", "NAME", "name of a new ledger (default main)", false},
    {"--strict", NULL, "exit 1 when events were rejected", false},
    {"--quiet", NULL, "no summary, no warnings of the policy", false},
    {NULL, NULL, NULL, false},
};

/* ---- numbers for people */

static void put_number(FILE *f, uint64_t n) {
    char digits[32];
    int count = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            fputc(',', f);
        fputc(digits[i], f);
    }
}

static void put_count(FILE *f, uint64_t n, const char *what, bool *first) {
    if (n == 0)
        return;
    fputs(*first ? "" : ", ", f);
    *first = false;
    put_number(f, n);
    fprintf(f, " %s", what);
}

/* `what` is one of them. */
static void put_things(FILE *f, uint64_t n, const char *what, bool *first) {
    put_count(f, n, what, first);
    if (n > 1)
        fputc('s', f);
}

/* Of a clock that only goes forward. */
static uint64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t a_second(uint64_t n, uint64_t us) {
    return n * 1000000 / (us + 1);
}

/* ---- progress */

typedef struct Progress {
    bool shown;
    uint64_t start, last; /* us */
} Progress;

static int show_progress(void *ctx, const RemitSummary *s) {
    Progress *p = ctx;
    uint64_t now = now_us();
    if (now - p->last < 200000)
        return 0;
    p->last = now;
    p->shown = true;
    fputs("\r\x1b[K", stderr);
    put_number(stderr, s->events);
    fputs(" events, ", stderr);
    put_number(stderr, s->effects);
    fputs(" effects, ", stderr);
    put_number(stderr, a_second(s->events, now - p->start));
    fputs(" a second", stderr);
    fflush(stderr);
    return 0;
}

/* ---- the summary */

static uint64_t rejected_in_all(const RemitSummary *s) {
    uint64_t n = 0;
    for (int i = 0; i < REMIT_REASONS; i++)
        n += s->rejected[i];
    return n;
}

/* Also when it had been before: a call that is made again after a kill must end as it would have.
 */
static bool was_rejected(const RemitSummary *s) {
    return rejected_in_all(s) + s->again > 0;
}

static void put_rejected(FILE *f, const RemitSummary *s) {
    bool first = true;
    fputs(" (", f);
    for (int i = 0; i < REMIT_REASONS; i++)
        put_count(f, s->rejected[i], remit_reason(i), &first);
    fputc(')', f);
}

static void put_summary(const RemitSummary *s, uint64_t took_us) {
    FILE *f = stderr;
    bool first = true;
    fputs("events   ", f);
    put_number(f, s->events);
    fputs(" taken", f);
    first = false;
    put_count(f, s->repeated, "repeated", &first);
    put_count(f, s->unmatched, "unmatched", &first);
    put_count(f, rejected_in_all(s), "rejected", &first);
    if (rejected_in_all(s) > 0)
        put_rejected(f, s);
    fputs("\nduties   ", f);
    put_number(f, s->raised);
    fputs(" raised, ", f);
    put_number(f, s->fulfilled);
    fputs(" fulfilled", f);
    if (s->late > 0) {
        fputs(" (", f);
        put_number(f, s->late);
        fputs(" late)", f);
    }
    fputs(", ", f);
    put_number(f, s->breached);
    fputs(" breached", f);
    put_count(f, s->waived, "waived", &first);
    put_count(f, s->paused, "paused", &first);
    put_count(f, s->corrected, "corrected", &first);
    if (s->opened > 0 || s->granted + s->refused + s->lapsed + s->withdrawn + s->unattainable > 0) {
        fputs("\nasked    ", f);
        put_number(f, s->opened);
        fputs(s->opened == 1 ? " approval" : " approvals", f);
        put_count(f, s->granted, "granted", &first);
        put_count(f, s->refused, "refused", &first);
        put_count(f, s->lapsed, "lapsed", &first);
        put_count(f, s->withdrawn, "withdrawn", &first);
        put_count(f, s->unattainable, "unattainable", &first);
    }
    fputs("\neffects  ", f);
    put_number(f, s->effects);
    put_things(f, s->reminded, "reminder", &first);
    put_things(f, s->escalated, "escalation", &first);
    put_things(f, s->notified, "notification", &first);
    put_count(f, s->emitted, "emitted", &first);
    if (s->has_clock)
        fprintf(f, "\nclock    %s", s->clock_text);
    fprintf(f, "\ntime     %llu.%02llu s, ", (unsigned long long)(took_us / 1000000),
            (unsigned long long)(took_us / 10000 % 100));
    put_number(f, a_second(s->events + s->repeated + rejected_in_all(s), took_us));
    fputs(" events a second\n", f);
}

/* The same as one JSON object, for programs. */
static void put_json_summary(const RemitSummary *s, uint64_t took_us) {
    const struct {
        const char *name;
        uint64_t n;
    } counts[] = {
        {"raised", s->raised},       {"fulfilled", s->fulfilled}, {"late", s->late},
        {"breached", s->breached},   {"waived", s->waived},       {"paused", s->paused},
        {"resumed", s->resumed},     {"corrected", s->corrected}, {"reminded", s->reminded},
        {"escalated", s->escalated}, {"notified", s->notified},   {"emitted", s->emitted},
        {"opened", s->opened},       {"granted", s->granted},     {"refused", s->refused},
        {"lapsed", s->lapsed},       {"withdrawn", s->withdrawn}, {"unattainable", s->unattainable},
        {"effects", s->effects},     {"bytes", s->bytes},         {"microseconds", took_us},
    };
    FILE *f = stderr;
    fprintf(f, "{\"events\":%llu,\"repeated\":%llu,\"unmatched\":%llu,\"rejected\":{",
            (unsigned long long)s->events, (unsigned long long)s->repeated,
            (unsigned long long)s->unmatched);
    for (int i = 0; i < REMIT_REASONS; i++)
        fprintf(f, "%s\"%s\":%llu", i > 0 ? "," : "", remit_reason(i),
                (unsigned long long)s->rejected[i]);
    fputc('}', f);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        fprintf(f, ",\"%s\":%llu", counts[i].name, (unsigned long long)counts[i].n);
    if (s->has_clock)
        fprintf(f, ",\"clock\":\"%s\"", s->clock_text);
    fputs("}\n", f);
}

static void warn_clock(const RemitSummary *s) {
    if (s->has_clock && s->clock / 1000 > (int64_t)time(NULL) + 86400)
        fprintf(stderr,
                "remit: warning: the ledger's clock is over a day ahead of this machine's: %s\n"
                "       an event with a wrong time? --not-after INSTANT refuses such events\n",
                s->clock_text);
}

/* A file of another form gives a reject a line; that is said once more, for the summary alone would
 * not tell what to do. */
static void warn_form(const RemitSummary *s) {
    const uint64_t malformed = s->rejected[0];
    if (malformed > 0 && malformed == rejected_in_all(s) && s->events + s->repeated == 0)
        fputs(
            "remit: warning: not one line is an event: input is a CloudEvent a line, as JSON, or\n"
            "       CSV whose first line names the columns (*.csv, or --format csv)\n",
            stderr);
}

static bool read_format(const Args *args, bool *csv, bool *json) {
    const char *format = arg(args, "--format");
    *csv = format != NULL && strcmp(format, "csv") == 0;
    *json = format != NULL && strcmp(format, "json") == 0;
    if (format == NULL || *csv || *json)
        return true;
    usage(args, "--format: \"%s\" is neither csv nor json", format);
    return false;
}

/* Writing effects over what is read would be the end of it. */
static const char *same_file(const char *path, const char *const *others, size_t n) {
    struct stat a, b;
    for (size_t i = 0; i < n && stat(path, &a) == 0; i++)
        if (stat(others[i], &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
            return others[i];
    return NULL;
}

static bool effects_ok(const Args *args, const RemitRunOptions *o) {
    struct stat st;
    if (o->effects == NULL)
        return true;
    const char *same = same_file(o->effects, o->events, o->event_count);
    same = same == NULL ? same_file(o->effects, args->policies, args->policy_count) : same;
    if (same != NULL)
        usage(args, "--effects %s would overwrite %s, which is read", o->effects, same);
    else if (stat(o->effects, &st) == 0 && !S_ISREG(st.st_mode))
        usage(args,
              "--effects %s is not a plain file; without --effects they go to standard output",
              o->effects);
    else
        return true;
    return false;
}

static int run_run(Args *args) {
    RemitRunOptions o = {.ledger = arg(args, "--ledger"),
                         .name = arg(args, "--name"),
                         .events = args->events,
                         .feeds = args->feeds,
                         .event_count = args->event_count,
                         .source = arg(args, "--source"),
                         .until = arg(args, "--until"),
                         .not_after = arg(args, "--not-after"),
                         .effects = arg(args, "--effects")};
    if (o.ledger == NULL)
        return usage(args, "which ledger? --ledger DIR");
    if (args->policy_count == 0)
        return usage(args, "which policy? --policy PATH");
    if (args->path_count > 0)
        return usage(args, "\"%s\" is not expected here; events are given as --events FILE",
                     args->paths[0]);
    if (!read_format(args, &o.csv, &o.json) || !arg_number(args, "--batch", &o.batch))
        return REMIT_CALL;
    if (arg(args, "--batch") != NULL && o.batch == 0)
        return usage(args, "--batch: a commit holds at least 1 event");
    if (!effects_ok(args, &o))
        return REMIT_CALL;
    int code;
    RemitPolicy *policy =
        open_policy(args, args->policies, args->policy_count, false, to_stderr(), &code);
    if (policy == NULL)
        return code;
    if (o.effects == NULL)
        o.to = to_stdout();
    o.readable = is_terminal(STDOUT_FILENO) && args->look.format != REMIT_JSON;
    Progress progress = {.start = now_us(), .last = now_us()};
    if (is_terminal(STDERR_FILENO) && (o.effects != NULL || !is_terminal(STDOUT_FILENO))) {
        o.progress = show_progress;
        o.progress_ctx = &progress;
    }
    RemitSummary summary;
    RemitError error;
    code = (int)remit_run(policy, &o, &summary, &error);
    fflush(stdout);
    if (progress.shown)
        fputs("\r\x1b[K", stderr);
    if (code != REMIT_OK)
        fail(&error);
    else if (arg(args, "--quiet") == NULL && args->look.format == REMIT_JSON)
        put_json_summary(&summary, now_us() - progress.start);
    else if (arg(args, "--quiet") == NULL)
        put_summary(&summary, now_us() - progress.start);
    warn_clock(&summary);
    warn_form(&summary);
    remit_policy_close(policy);
    if (code == REMIT_OK && arg(args, "--strict") != NULL && was_rejected(&summary))
        code = REMIT_FAULT;
    return done(code);
}

const Command command_run = {
    "run", "--ledger DIR --policy PATH [--events FILE]...",
    "runs events through a policy against a ledger\n"
    "Effects go to standard output as CloudEvents, one a line. What was committed stays:\n"
    "the same call again after a kill ends as if it had not been killed.",
    run_options, run_run};

static const Option decide_options[] = {
    {"--policy", "PATH", "files, folders or a bundle; may repeat", true},
    {"--events", "FILE", "events, or - for standard input (the default); may repeat", true},
    {"--feed", "NAME=FILE", "an export that the policy's feed NAME maps; may repeat", true},
    {"--format", "csv|json", "form of the events (default: *.csv is CSV)", false},
    {"--source", "TEXT", "source of events that name none", false},
    {"--strict", NULL, "exit 1 when events were rejected", false},
    {NULL, NULL, NULL, false},
};

static int run_decide(Args *args) {
    RemitDecideOptions o = {.events = args->events,
                            .feeds = args->feeds,
                            .event_count = args->event_count,
                            .source = arg(args, "--source")};
    static const char *const standard_input[] = {"-"};
    if (args->policy_count == 0)
        return usage(args, "which policy? --policy PATH");
    if (args->path_count > 0)
        return usage(args, "\"%s\" is not expected here; events are given as --events FILE",
                     args->paths[0]);
    if (!read_format(args, &o.csv, &o.json))
        return REMIT_CALL;
    if (o.event_count == 0) {
        o.events = standard_input;
        o.feeds = NULL;
        o.event_count = 1;
    }
    int code;
    RemitPolicy *policy =
        open_policy(args, args->policies, args->policy_count, false, to_stderr(), &code);
    if (policy == NULL)
        return code;
    RemitSummary summary;
    RemitError error;
    code = (int)remit_decide(policy, &o, to_stdout(), &summary, &error);
    if (code != REMIT_OK)
        fail(&error);
    remit_policy_close(policy);
    if (code == REMIT_OK && arg(args, "--strict") != NULL && was_rejected(&summary))
        code = REMIT_FAULT;
    return done(code);
}

const Command command_decide = {
    "decide", "--policy PATH [--events FILE]...",
    "answers without a ledger: events through rules and tables\n"
    "What rules emit and whom they notify goes to standard output; nothing is kept and\n"
    "no duty is raised.",
    decide_options, run_decide};
