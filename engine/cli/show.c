/* cli: remit show, why and log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/cli/cli.h"
#include "engine/cli/proof.h"

const RemitPast *past_of(const Args *args, RemitPast *past, bool *ok) {
    size_t index = 0;
    *past = (RemitPast){.place = getenv("TMPDIR"),
                        .as_of = arg(args, "--as-of"),
                        .has_index = arg(args, "--at-index") != NULL};
    *ok = arg_number(args, "--at-index", &index);
    past->index = index;
    if (*ok && past->has_index && past->as_of != NULL) {
        usage(args, "--as-of and --at-index say two moments; one is enough",
              "--as-of 和 --at-index 指两个时刻；给出一个即可");
        *ok = false;
    }
    return past->has_index || past->as_of != NULL ? past : NULL;
}

static const Option show_options[] = {
    {"--ledger", "DIR", "the ledger", "账本所在的文件夹", false},
    PAST_OPTIONS,
    {"--owner", "WHO",
     "duties of this role, team, seat or person; approvals on which they have still to decide",
     "只取此角色、团队、席位或个人的职责；还待其表决的审批", false},
    {"--state", "[STATE]",
     "open, paused, breached, fulfilled, waived or cancelled; of approvals open, granted, refused, "
     "lapsed, withdrawn or unattainable; of KPIs clear, warning or critical; of the rejected "
     "taken, "
     "by a retry; of the digest: of what the duties mean, not of the journal",
     "职责：open（进行中）、paused（暂停中）、breached（已违约）、fulfilled（已完成）、waived（已豁"
     "免）"
     "或 cancelled（已取消）；审批：open（审批中）、granted（已批准）、refused（已否决）、"
     "lapsed（已失效）、withdrawn（已撤回）或 unattainable（无法通过）；指标：clear（正常）、"
     "warning（预警）或 "
     "critical（严重）；拒收：taken（重试后已收下）；digest：按职责的含义，不按日志",
     false},
    {"--duty", "NAME", "duties of this rule", "只取这项规则的职责", false},
    {"--approval", "NAME", "approvals of this name", "只取此名称的审批", false},
    {"--kpi", "NAME", "series of this KPI", "只取这个指标的序列", false},
    {"--entity", "NAME", "entities of this name", "只取此名称的档案", false},
    {"--overdue", NULL, "duties past their deadline and not done; approvals that lapsed",
     "过了期限还没办完的职责；已失效的审批", false},
    {"--limit", "N", "at most N rows; of the schedule 20 unless said",
     "至多 N 行；schedule 默认 20 行", false},
    {"--next", "N", "of the schedule and of a rotation: the same",
     "用于 schedule 和 rotation，作用同上", false},
    {NULL, NULL, NULL, NULL, false},
};

static int show_digest(Args *args, const char *ledger, const RemitPast *past, bool state) {
    char digest[65];
    RemitError error;
    int code = (int)remit_digest(ledger, past, state, digest, &error);
    if (code != REMIT_OK)
        return fail(args, &error);
    if (args->look.format == REMIT_JSON)
        printf("{\"digest\":\"%s\"}\n", digest);
    else
        printf("%s\n", digest);
    return done(args, code);
}

static int run_show(Args *args) {
    RemitShowOptions o = {.ledger = arg(args, "--ledger"),
                          .owner = arg(args, "--owner"),
                          .state = arg(args, "--state"),
                          .duty = arg(args, "--duty"),
                          .approval = arg(args, "--approval"),
                          .kpi = arg(args, "--kpi"),
                          .entity = arg(args, "--entity"),
                          .overdue = arg(args, "--overdue") != NULL};
    bool rotation = args->path_count == 2 && strcmp(args->paths[0], "rotation") == 0;
    if (args->path_count != 1 && !rotation)
        return usage(args,
                     "what? duties, timers, rejected, unmatched, people, approvals, kpis, "
                     "entities, schedule, waiting, rotation NAME, policy or digest",
                     "看什么？duties、timers、rejected、unmatched、people、approvals、kpis、entitie"
                     "s、schedule、waiting、rotation NAME、policy 或 digest");
    if (!rotation && strcmp(args->paths[0], "rotation") == 0)
        return usage(args, "which rotation? remit show rotation NAME",
                     "哪个轮值？remit show rotation NAME");
    if (o.ledger == NULL)
        return usage(args, "which ledger? --ledger DIR", "哪个账本？--ledger DIR");
    if (!arg_number(args, "--limit", &o.limit))
        return REMIT_CALL;
    if (o.limit == 0 && !arg_number(args, "--next", &o.limit))
        return REMIT_CALL;
    bool ok;
    RemitPast past;
    o.past = past_of(args, &past, &ok);
    if (!ok)
        return REMIT_CALL;
    o.what = args->paths[0];
    o.rotation = rotation ? args->paths[1] : NULL;
    if (strcmp(o.what, "digest") == 0)
        return show_digest(args, o.ledger, o.past, o.state != NULL);
    Grid grid = {.room = table_columns()};
    RemitError error;
    int code = (int)remit_show(&o, &args->look, grid_table(&grid), to_stdout(), &error);
    grid_print(&grid);
    return code == REMIT_OK ? done(args, code) : fail(args, &error);
}

const Command command_show = {
    "show",
    "WHAT --ledger DIR",
    "shows what stands in a ledger\n"
    "WHAT is duties, timers, rejected, unmatched, people, approvals, kpis, entities,\n"
    "schedule, waiting, rotation NAME, policy or digest.",
    "查看账本的现状\n"
    "WHAT 是 duties（职责）、timers（定时）、rejected（拒收）、unmatched（无对应）、\n"
    "people（人员）、approvals（审批）、kpis（指标）、entities（档案）、schedule（日程）、\n"
    "waiting（等待）、rotation NAME（轮值）、policy（政策）或 digest（摘要）。",
    show_options,
    run_show};

static const Option why_options[] = {
    {"--ledger", "DIR", "the ledger", "账本所在的文件夹", false},
    PAST_OPTIONS,
    {NULL, NULL, NULL, NULL, false},
};

static int tell_why(Args *args, RemitStatus (*tell)(const char *, const RemitPast *, const char *,
                                                    const RemitLook *, RemitWriter, RemitError *)) {
    const char *ledger = arg(args, "--ledger");
    if (args->path_count != 1)
        return usage(args,
                     "why what? a subject as effects have it, such as duty/handle_complaint/C1",
                     "问什么？请写结果中的主题，如 duty/处理投诉/T1");
    if (ledger == NULL)
        return usage(args, "which ledger? --ledger DIR", "哪个账本？--ledger DIR");
    bool ok;
    RemitPast moment;
    const RemitPast *past = past_of(args, &moment, &ok);
    if (!ok)
        return REMIT_CALL;
    RemitError error;
    int code = (int)tell(ledger, past, args->paths[0], &args->look, to_stdout(), &error);
    return code == REMIT_OK ? done(args, code) : fail(args, &error);
}

static int run_why(Args *args) {
    return tell_why(args, remit_why);
}

static int run_why_not(Args *args) {
    return tell_why(args, remit_why_not);
}

const Command command_why_not = {
    "why-not",
    "SUBJECT --ledger DIR",
    "tells why something is not so: what failed, and what it read\n"
    "Of a duty why it did not arise, or which rungs did not come; of an approval why it\n"
    "is not granted; of an event what heard it and did nothing; of a KPI why no level\n"
    "was raised.",
    "说明一件事为何没有发生：哪里不成立，读到什么\n"
    "职责：为何没有产生，或哪几级没有到来；审批：为何没有批准；事件：哪些听取了它\n"
    "却没有动作；指标：为何没有触发级别。",
    why_options,
    run_why_not};

const Command command_why = {
    "why",
    "SUBJECT --ledger DIR",
    "tells why a duty is as it is: event, rule, table row, deadline, rungs",
    "说明一项职责为何如此：事件、规则、表的行、期限、各级",
    why_options,
    run_why};

static const Option log_options[] = {
    {"--ledger", "DIR", "the ledger", "账本所在的文件夹", false},
    PAST_OPTIONS,
    {"--from", "INDEX", "begin at this entry; of consistency: how many the older tree has",
     "从这一条开始；prove consistency：较早的树有多少条", false},
    {"--subject", "SUBJECT", "only what is about it, or begins so: duty/handle",
     "只取与它有关的，或以它开头的，如 duty/handle", false},
    {"--type", "TYPE", "only effects and events of this type", "只取此类型的结果和事件", false},
    {"--who", "WHO", "only what this person, role, team or seat did, owes or is told",
     "只取此人、角色、团队或席位所做、所负责或被告知的", false},
    {"--rule", "NAME", "only what this rule, duty, approval, KPI or entity has made",
     "只取这条规则、职责、审批、指标或档案产生的", false},
    {"--since", "MOMENT", "only from this instant or date on, by the entries' own times",
     "只取此时间点或日期起的，按各条自己的时间", false},
    {"--until", "MOMENT", "only until this instant, or the end of this date",
     "只取到此时间点或此日期结束为止的", false},
    {"--follow", NULL, "then wait, and print what comes", "然后等待，来一条输出一条", false},
    {"--key", "KEY", "signs: a file that remit key makes; verifies: a public key",
     "签名：remit key 生成的文件；验证：公钥", true},
    {"--checkpoint", "FILE", "what was signed", "已签名的检查点", true},
    {"--rotation", "FILE", "how a key gave way to another", "密钥更换的签名说明", true},
    {"--witnesses", "N", "so many of the witnesses among the keys must have signed",
     "所给密钥的见证人中至少有 N 个已签名", false},
    {"--unsigned", NULL, "without a checkpoint: what the journal says of itself",
     "不用检查点：只看日志自己的哈希", false},
    {"--index", "N", "the entry whose inclusion is proved", "证明哪一条在日志中", false},
    {"--size", "SIZE", "in the tree of so many entries; default all", "在多少条的树中；默认全部",
     false},
    {"--to", "SIZE", "of consistency: the same", "prove consistency：同上", false},
    {"--log", "KEY", "of a witness: the public key of the log", "见证人：日志的公钥", false},
    {"--proof", "FILE", "of a witness: how it goes on from what he saw last",
     "见证人：从上次所见延续至今的证明", false},
    {"--journal", "FILE", "of a witness: the exported journal instead", "见证人：改用导出的日志",
     false},
    {"--at", "INSTANT", "of a witness: when he has seen it; default now",
     "见证人：何时所见；默认现在", false},
    {"--out", "FILE", "the file that is written; default standard output",
     "写入的文件；默认标准输出", false},
    {NULL, NULL, NULL, NULL, false},
};

/* Half a second until the next look at the ledger; what was printed is out. */
static int wait_for_more(void *ctx) {
    (void)ctx;
    struct timespec half = {.tv_nsec = 500000000};
    if (fflush(stdout) != 0)
        return 0;
    (void)nanosleep(&half, NULL);
    return 1;
}

static int run_log(Args *args) {
    RemitLogOptions o = {.ledger = arg(args, "--ledger"),
                         .subject = arg(args, "--subject"),
                         .type = arg(args, "--type"),
                         .who = arg(args, "--who"),
                         .rule = arg(args, "--rule"),
                         .since = arg(args, "--since"),
                         .until = arg(args, "--until")};
    size_t from;
    bool task;
    int ended = log_task(args, &task);
    if (task)
        return ended;
    if (o.ledger == NULL)
        return usage(args, "which ledger? --ledger DIR", "哪个账本？--ledger DIR");
    if (args->path_count > 1 || (args->path_count == 1 && strcmp(args->paths[0], "effects") != 0))
        return usage(args,
                     "\"%s\" is not expected here; remit log effects prints the effects alone",
                     "这里不应有“%s”；remit log effects 只输出结果", args->paths[0]);
    if (!arg_number(args, "--from", &from))
        return REMIT_CALL;
    bool ok;
    RemitPast past;
    o.past = past_of(args, &past, &ok);
    if (!ok)
        return REMIT_CALL;
    if (arg(args, "--follow") != NULL && o.past != NULL)
        return usage(args, "--follow waits for what comes: it has no moment of the past",
                     "--follow 等待之后的内容，不能再指定过去的时刻");
    if (arg(args, "--follow") != NULL)
        o.wait = wait_for_more;
    o.from = from;
    o.effects_only = args->path_count == 1;
    RemitError error;
    int code = (int)remit_log(&o, &args->look, to_stdout(), &error);
    return code == REMIT_OK ? done(args, code) : fail(args, &error);
}

const Command command_log = {
    "log",
    "[effects | export | checkpoint | cosign | prove | verify] --ledger DIR",
    "prints the journal; signs, exports, proves and verifies it\n"
    "effects: the effects alone, as the run wrote them. export [FILE]: the whole journal, for an\n"
    "auditor. checkpoint: how many entries there are and their root, signed with --key. cosign\n"
    "CHECKPOINT: a witness's signature. prove inclusion --index N: that an entry is in it; prove\n"
    "consistency --from SIZE: that it only grew. verify FILE: whether an exported journal or a\n"
    "proof, or with --ledger a ledger, is what was signed by --key.",
    "输出日志；签名、导出、证明和验证日志\n"
    "effects：照运行时的样子只输出结果。export [FILE]：导出整份日志，供审计。\n"
    "checkpoint：用 --key 对条数和根哈希签名。cosign CHECKPOINT：见证人签名。\n"
    "prove inclusion --index N：证明某条在其中；prove consistency --from SIZE：证明它只增不改。\n"
    "verify FILE：验证导出的日志、证明，或用 --ledger 验证账本，是否为 --key 所签。",
    log_options,
    run_log};
