/* cli: remit run and decide. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/cli/cli.h"
#include "engine/cli/proof.h"

static const Option run_options[] = {
    {"--ledger", "DIR", "the ledger; made if it is not there", "账本所在的文件夹；没有就新建",
     false},
    {"--policy", "PATH", "files, folders or a bundle; may repeat",
     "政策：文件、文件夹或编译包；可重复", true},
    {"--events", "FILE", "events, or - for standard input; may repeat",
     "事件文件，- 为标准输入；可重复", true},
    {"--feed", "NAME=FILE", "an export that the policy's feed NAME maps; may repeat",
     "由政策中名为 NAME 的导入转换的文件；可重复", true},
    {"--until", "INSTANT", "after all input, fire what is due at or before it",
     "读完输入后，到此时间点为止该发生的都发生", false},
    {"--batch", "N", "events a commit (default 1,000)", "每次提交的事件数（默认 1,000）", false},
    {"--effects", "FILE", "keep FILE equal to the ledger's effects", "让 FILE 与账本的结果始终一致",
     false},
    {"--format", "csv|json", "form of the events (default: *.csv is CSV)",
     "事件的格式（默认：*.csv 为 CSV）", false},
    {"--source", "TEXT", "source of events that name none", "没有写明来源的事件，来源记为此",
     false},
    {"--not-after", "INSTANT", "refuse events later than this", "拒收晚于此时间点的事件", false},
    {"--name", "NAME", "name of a new ledger (default main)", "新账本的名称（默认 main）", false},
    {"--sign", "KEY", "when all is done, sign a checkpoint of the journal with this key",
     "运行完毕后用此密钥为日志的检查点签名", false},
    {"--checkpoint", "FILE", "of --sign: the file that it goes to", "--sign 的检查点写入此文件",
     false},
    REQUIRE_SIGNATURE,
    {"--strict", NULL, "exit 1 when events were rejected", "有事件被拒收时以 1 退出", false},
    {"--quiet", NULL, "no summary, no warnings of the policy", "不输出汇总，也不输出政策的警告",
     false},
    {NULL, NULL, NULL, NULL, false},
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

/* What there is none of is left out: "3 repeated", "重复 3". */
static void put_count(const Args *args, FILE *f, uint64_t n, const char *en, const char *zh) {
    if (n == 0)
        return;
    fputs(said(args, ", ", "，"), f);
    fprintf(f, "%s%s", said(args, "", zh), said(args, "", " "));
    put_number(f, n);
    fprintf(f, "%s%s", said(args, " ", ""), said(args, en, ""));
}

/* `en` is one of them. */
static void put_things(const Args *args, FILE *f, uint64_t n, const char *en, const char *zh) {
    put_count(args, f, n, en, zh);
    if (n > 1 && !args->look.chinese)
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
    const Args *args;
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
    fputs(said(p->args, " events, ", " 个事件，"), stderr);
    put_number(stderr, s->effects);
    fputs(said(p->args, " effects, ", " 条结果，每秒 "), stderr);
    put_number(stderr, a_second(s->events, now - p->start));
    fputs(said(p->args, " a second", " 个事件"), stderr);
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

/* The reasons, as records and filters name them too, whatever the language. */
static void put_rejected(const Args *args, FILE *f, const RemitSummary *s) {
    const char *before = said(args, " (", "（");
    for (int i = 0; i < REMIT_REASONS; i++) {
        if (s->rejected[i] == 0)
            continue;
        fputs(before, f);
        before = said(args, ", ", "，");
        if (args->look.chinese)
            fprintf(f, "%s ", remit_reason(i));
        put_number(f, s->rejected[i]);
        if (!args->look.chinese)
            fprintf(f, " %s", remit_reason(i));
    }
    fputs(said(args, ")", "）"), f);
}

static void put_events(const Args *args, FILE *f, const RemitSummary *s) {
    fputs(said(args, "events   ", "事件  收下 "), f);
    put_number(f, s->events);
    fputs(said(args, " taken", ""), f);
    put_count(args, f, s->repeated, "repeated", "重复");
    put_count(args, f, s->unmatched, "unmatched", "无对应");
    put_count(args, f, rejected_in_all(s), "rejected", "拒收");
    if (rejected_in_all(s) > 0)
        put_rejected(args, f, s);
}

static void put_duties(const Args *args, FILE *f, const RemitSummary *s) {
    fputs(said(args, "\nduties   ", "\n职责  产生 "), f);
    put_number(f, s->raised);
    fputs(said(args, " raised, ", "，完成 "), f);
    put_number(f, s->fulfilled);
    fputs(said(args, " fulfilled", ""), f);
    if (s->late > 0) {
        fputs(said(args, " (", "（迟 "), f);
        put_number(f, s->late);
        fputs(said(args, " late)", "）"), f);
    }
    fputs(said(args, ", ", "，违约 "), f);
    put_number(f, s->breached);
    fputs(said(args, " breached", ""), f);
    put_count(args, f, s->waived, "waived", "豁免");
    put_count(args, f, s->paused, "paused", "暂停");
    put_count(args, f, s->corrected, "corrected", "更正");
}

static void put_approvals(const Args *args, FILE *f, const RemitSummary *s) {
    if (s->opened + s->granted + s->refused + s->lapsed + s->withdrawn + s->unattainable == 0)
        return;
    fputs(said(args, "\nasked    ", "\n审批  发起 "), f);
    put_number(f, s->opened);
    fputs(said(args, s->opened == 1 ? " approval" : " approvals", ""), f);
    put_count(args, f, s->granted, "granted", "批准");
    put_count(args, f, s->refused, "refused", "否决");
    put_count(args, f, s->lapsed, "lapsed", "失效");
    put_count(args, f, s->withdrawn, "withdrawn", "撤回");
    put_count(args, f, s->unattainable, "unattainable", "无法通过");
}

static void put_summary(const Args *args, const RemitSummary *s, uint64_t took_us) {
    FILE *f = stderr;
    put_events(args, f, s);
    put_duties(args, f, s);
    put_approvals(args, f, s);
    fputs(said(args, "\neffects  ", "\n结果  "), f);
    put_number(f, s->effects);
    fputs(said(args, "", " 条"), f);
    put_things(args, f, s->reminded, "reminder", "提醒");
    put_things(args, f, s->escalated, "escalation", "上报");
    put_things(args, f, s->notified, "notification", "通知");
    put_count(args, f, s->emitted, "emitted", "发出");
    if (s->has_clock)
        fprintf(f, "%s%s", said(args, "\nclock    ", "\n时钟  "), s->clock_text);
    fprintf(f, "%s%llu.%02llu%s", said(args, "\ntime     ", "\n用时  "),
            (unsigned long long)(took_us / 1000000), (unsigned long long)(took_us / 10000 % 100),
            said(args, " s, ", " 秒，每秒 "));
    put_number(f, a_second(s->events + s->repeated + rejected_in_all(s), took_us));
    fputs(said(args, " events a second\n", " 个事件\n"), f);
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

static void warn_clock(const Args *args, const RemitSummary *s) {
    if (s->has_clock && s->clock / 1000 > (int64_t)time(NULL) + 86400)
        complain(args, REMIT_OK,
                 "warning: the ledger's clock is over a day ahead of this machine's: %s\n"
                 "       an event with a wrong time? --not-after INSTANT refuses such events",
                 "警告：账本的时钟比本机快了不止一天：%s\n"
                 "       是否有时间写错的事件？--not-after INSTANT 可拒收这样的事件",
                 s->clock_text);
}

/* A file of another form gives a reject a line; that is said once more, for the summary alone would
 * not tell what to do. */
static void warn_form(const Args *args, const RemitSummary *s) {
    const uint64_t malformed = s->rejected[0];
    if (malformed > 0 && malformed == rejected_in_all(s) && s->events + s->repeated == 0)
        complain(args, REMIT_OK,
                 "warning: not one line is an event: input is a CloudEvent a line, as JSON, or\n"
                 "       CSV whose first line names the columns (*.csv, or --format csv)",
                 "警告：没有一行是事件：输入应为每行一个 CloudEvent 的 JSON，\n"
                 "       或首行写明各列的 CSV（*.csv，或 --format csv）");
}

static void note_reworded(const Args *args, const RemitSummary *s) {
    if (s->reworded && arg(args, "--quiet") == NULL && args->look.format != REMIT_JSON)
        complain(args, REMIT_OK,
                 "note: the policy differs from the ledger's in remarks, layout or tests alone;\n"
                 "       the ledger goes on under its own",
                 "提示：此政策与账本的政策只有备注、排版或测试不同；\n"
                 "       账本继续按其自身的政策运行");
}

static bool read_format(const Args *args, bool *csv, bool *json) {
    const char *format = arg(args, "--format");
    *csv = format != NULL && strcmp(format, "csv") == 0;
    *json = format != NULL && strcmp(format, "json") == 0;
    if (format == NULL || *csv || *json)
        return true;
    usage(args, "--format: \"%s\" is neither csv nor json", "--format：“%s”既不是 csv，也不是 json",
          format);
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
        usage(args, "--effects %s would overwrite %s, which is read",
              "--effects %s 会覆盖正要读取的 %s", o->effects, same);
    else if (stat(o->effects, &st) == 0 && !S_ISREG(st.st_mode))
        usage(args,
              "--effects %s is not a plain file; without --effects they go to standard output",
              "--effects %s 不是普通文件；不写 --effects 时，结果写到标准输出", o->effects);
    else
        return true;
    return false;
}

/* A key that is not there is found before the run, not after it. */
static int sign_ready(Args *args) {
    const char *key = arg(args, "--sign");
    RemitError error;
    if ((key == NULL) != (arg(args, "--checkpoint") == NULL))
        return usage(args, "--sign KEY and --checkpoint FILE belong together",
                     "--sign KEY 和 --checkpoint FILE 须一起给出");
    if (key == NULL)
        return REMIT_OK;
    int code = (int)remit_key_show(key, &args->look, (RemitWriter){NULL, NULL}, &error);
    return code == REMIT_OK ? code : fail(args, &error);
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
        return usage(args, "which ledger? --ledger DIR", "哪个账本？--ledger DIR");
    if (args->policy_count == 0)
        return usage(args, "which policy? --policy PATH", "哪个政策？--policy PATH");
    if (args->path_count > 0)
        return usage(args, "\"%s\" is not expected here; events are given as --events FILE",
                     "这里不应有“%s”；事件用 --events FILE 给出", args->paths[0]);
    if (!read_format(args, &o.csv, &o.json) || !arg_number(args, "--batch", &o.batch))
        return REMIT_CALL;
    if (arg(args, "--batch") != NULL && o.batch == 0)
        return usage(args, "--batch: a commit holds at least 1 event",
                     "--batch：每次提交至少 1 个事件");
    if (!effects_ok(args, &o))
        return REMIT_CALL;
    int code = sign_ready(args);
    if (code != REMIT_OK)
        return code;
    RemitPolicy *policy = open_required(args, &code);
    if (policy == NULL)
        return code;
    if (o.effects == NULL)
        o.to = to_stdout();
    o.readable = is_terminal(STDOUT_FILENO) && args->look.format != REMIT_JSON;
    Progress progress = {.args = args, .start = now_us(), .last = now_us()};
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
        fail(args, &error);
    else if (arg(args, "--quiet") == NULL && args->look.format == REMIT_JSON)
        put_json_summary(&summary, now_us() - progress.start);
    else if (arg(args, "--quiet") == NULL)
        put_summary(args, &summary, now_us() - progress.start);
    warn_clock(args, &summary);
    warn_form(args, &summary);
    note_reworded(args, &summary);
    remit_policy_close(policy);
    if (code == REMIT_OK && arg(args, "--sign") != NULL)
        code = checkpoint_write(args, o.ledger, arg(args, "--sign"), arg(args, "--checkpoint"));
    if (code == REMIT_OK && arg(args, "--strict") != NULL && was_rejected(&summary))
        code = REMIT_FAULT;
    return done(args, code);
}

const Command command_run = {
    "run",
    "--ledger DIR --policy PATH [--events FILE]...",
    "runs events through a policy against a ledger\n"
    "Effects go to standard output as CloudEvents, one a line. What was committed stays:\n"
    "the same call again after a kill ends as if it had not been killed.",
    "让事件按政策运行，记入账本\n"
    "结果以 CloudEvents 写到标准输出，每行一条。提交过的不会丢失：\n"
    "中断后重新运行同一命令，结果与不曾中断时相同。",
    run_options,
    run_run};

static const Option decide_options[] = {
    {"--policy", "PATH", "files, folders or a bundle; may repeat",
     "政策：文件、文件夹或编译包；可重复", true},
    {"--events", "FILE", "events, or - for standard input (the default); may repeat",
     "事件文件，- 为标准输入（默认）；可重复", true},
    {"--feed", "NAME=FILE", "an export that the policy's feed NAME maps; may repeat",
     "由政策中名为 NAME 的导入转换的文件；可重复", true},
    {"--format", "csv|json", "form of the events (default: *.csv is CSV)",
     "事件的格式（默认：*.csv 为 CSV）", false},
    {"--source", "TEXT", "source of events that name none", "没有写明来源的事件，来源记为此",
     false},
    {"--strict", NULL, "exit 1 when events were rejected", "有事件被拒收时以 1 退出", false},
    {NULL, NULL, NULL, NULL, false},
};

static int run_decide(Args *args) {
    RemitDecideOptions o = {.events = args->events,
                            .feeds = args->feeds,
                            .event_count = args->event_count,
                            .source = arg(args, "--source")};
    static const char *const standard_input[] = {"-"};
    if (args->policy_count == 0)
        return usage(args, "which policy? --policy PATH", "哪个政策？--policy PATH");
    if (args->path_count > 0)
        return usage(args, "\"%s\" is not expected here; events are given as --events FILE",
                     "这里不应有“%s”；事件用 --events FILE 给出", args->paths[0]);
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
        fail(args, &error);
    remit_policy_close(policy);
    if (code == REMIT_OK && arg(args, "--strict") != NULL && was_rejected(&summary))
        code = REMIT_FAULT;
    return done(args, code);
}

const Command command_decide = {
    "decide",
    "--policy PATH [--events FILE]...",
    "answers without a ledger: events through rules and tables\n"
    "What rules emit and whom they notify goes to standard output; nothing is kept and\n"
    "no duty is raised.",
    "不用账本，让事件通过规则和决策表，给出答案\n"
    "规则发出的和通知的写到标准输出；不留记录，也不产生职责。",
    decide_options,
    run_decide};
