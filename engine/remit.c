/* remit.h over the layers: options and handles in, statuses and words out; no logic of its own. */
#include "remit.h"

#include <string.h>

#include "engine/audit/attest.h"
#include "engine/audit/backup.h"
#include "engine/audit/differ.h"
#include "engine/audit/doctor.h"
#include "engine/audit/endorse.h"
#include "engine/audit/log.h"
#include "engine/audit/prove.h"
#include "engine/audit/replay.h"
#include "engine/audit/show.h"
#include "engine/audit/sign.h"
#include "engine/audit/verify.h"
#include "engine/audit/versions.h"
#include "engine/audit/whatif.h"
#include "engine/audit/why.h"
#include "engine/audit/whynot.h"
#include "engine/book/book.h"
#include "engine/base/near.h"
#include "engine/base/civil.h"
#include "engine/base/diff.h"
#include "engine/base/json.h"
#include "engine/base/shown.h"
#include "engine/base/unicode.h"
#include "engine/base/wrap.h"
#include "engine/code/reference.h"
#include "engine/code/verify.h"
#include "engine/run/coverage.h"
#include "engine/run/eval.h"
#include "engine/run/fixed.h"
#include "engine/run/formatted.h"
#include "engine/run/mutate.h"
#include "engine/run/pages.h"
#include "engine/run/policytest.h"
#include "engine/run/renamed.h"
#include "engine/run/run.h"
#include "engine/run/schema.h"
#include "engine/run/treed.h"

struct RemitPolicy {
    Policy policy;
};

const char *remit_version(void) {
    return "0.1.0";
}

size_t remit_columns(RemitText text) {
    return uc_columns((Str){text.data, text.size});
}

int remit_nearest(const char *word, const char *const *words, size_t n) {
    int best = -1;
    Str kept = {NULL, 0};
    for (size_t i = 0; i < n; i++) {
        Str names[2] = {kept, str_of(words[i])};
        if (nearest(str_of(word), names, 2) != 1)
            continue;
        kept = names[1];
        best = (int)i;
    }
    return best;
}

/* ---- statuses */

static RemitStatus status_of(Status status) {
    switch (status) {
    case OK:
        return REMIT_OK;
    case ERR_NOTFOUND:
    case ERR_MISMATCH:
    case ERR_SYNTAX:
    case ERR_LIMIT:
        return REMIT_CALL;
    case ERR_POLICY:
    case ERR_TRAP:
        return REMIT_FAULT;
    case ERR_NOMEM:
    case ERR_IO:
    case ERR_OVERFLOW:
    case ERR_INEXACT:
    case ERR_BYZERO:
    case ERR_DAMAGED:
    case ERR_VERSION:
    case ERR_LOCKED:
    case ERR_FULL:
    case ERR_STATE:
        return REMIT_FAILED;
    }
    return REMIT_FAILED;
}

static void give_text(char *to, size_t room, const char *text) {
    size_t n = strlen(text);
    n = n < room - 1 ? n : room - 1;
    memcpy(to, text, n);
}

static RemitStatus give(RemitError *error, RemitStatus status, const char *en, const char *zh) {
    if (error == NULL)
        return status;
    *error = (RemitError){.status = status};
    if (status != REMIT_OK) {
        give_text(error->text, sizeof error->text, en);
        give_text(error->chinese, sizeof error->chinese, zh);
    }
    return status;
}

static RemitStatus give_ok(RemitError *error) {
    return give(error, REMIT_OK, "", "");
}

/* What err says, or the short name of the status. */
static RemitStatus give_as(RemitError *error, RemitStatus as, Status status, const Err *err) {
    bool has = err->code != OK;
    return give(error, as, has ? err->text : status_text(status),
                has ? err->chinese : status_chinese(status));
}

static RemitStatus give_status(RemitError *error, Status status, const Err *err) {
    return give_as(error, status_of(status), status, err);
}

static RemitStatus give_written(RemitError *error, Status status) {
    return status == ERR_IO
               ? give(error, status_of(status), "the output cannot be written", "无法写出结果")
               : give_status(error, status, &(Err){0});
}

static Str text_of(const char *c_string) {
    return str_of(c_string);
}

/* A writer that has said "stop" is a file that cannot be written. */
static Status write_all(RemitWriter to, Str bytes) {
    if (to.write == NULL || bytes.n == 0)
        return OK;
    return to.write(to.ctx, bytes.p, bytes.n) == 0 ? OK : ERR_IO;
}

static RemitStatus write_buf(RemitWriter to, Buf *b, RemitError *error) {
    Status status = b->failed ? ERR_NOMEM : write_all(to, buf_str(b));
    buf_free(b);
    return give_written(error, status);
}

/* What was made, or what was wrong. */
static RemitStatus write_or_give(RemitWriter to, Buf *made, Status status, const Err *err,
                                 RemitError *error) {
    if (status == OK)
        return write_buf(to, made, error);
    buf_free(made);
    return give_status(error, status, err);
}

/* What a look through something found; not all of it is whole: REMIT_FAULT, which it says itself.
 */
static RemitStatus write_found(RemitWriter to, Buf *found, bool whole, RemitError *error) {
    RemitStatus written = write_buf(to, found, error);
    return written != REMIT_OK || whole ? written : give(error, REMIT_FAULT, "", "");
}

RemitStatus remit_wrap(RemitText text, size_t used, size_t indent, size_t columns, RemitWriter to) {
    Buf out = {0};
    put_wrapped(&out, (Str){text.data, text.size}, used, indent, columns);
    return write_buf(to, &out, NULL);
}

/* ---- policies */

static Status policy_sources(Policy *p, const RemitPolicyOptions *o, Err *err) {
    if (o->text.data != NULL)
        TRY(policy_add_text(p, o->text_name == NULL ? S("policy") : text_of(o->text_name),
                            (Str){o->text.data, o->text.size}, err));
    for (size_t i = 0; i < o->path_count; i++)
        TRY(policy_add_path(p, text_of(o->paths[i]), err));
    return OK;
}

static Status policy_read(Policy *p, const RemitPolicyOptions *o, Err *err) {
    TRY(policy_sources(p, o, err));
    return policy_finish(p, err);
}

RemitStatus remit_policy_open(const RemitPolicyOptions *options, RemitPolicy **out,
                              RemitError *error) {
    *out = NULL;
    RemitPolicy *policy = mem_zalloc(sizeof *policy);
    if (policy == NULL)
        return give(error, REMIT_FAILED, "out of memory", "内存不足");
    Err err = {0};
    policy_init(&policy->policy, !options->partial);
    policy->policy.settings =
        (Settings){text_of(options->zone), text_of(options->calendar), options->zone_of_calendar};
    Status status = policy_read(&policy->policy, options, &err);
    if (status != OK) {
        remit_policy_close(policy);
        RemitStatus call = status == ERR_DAMAGED || status == ERR_VERSION || status == ERR_IO
                               ? REMIT_CALL
                               : status_of(status);
        return give_as(error, call, status, &err);
    }
    *out = policy;
    return give_ok(error);
}

void remit_policy_close(RemitPolicy *policy) {
    if (policy == NULL)
        return;
    policy_free(&policy->policy);
    mem_free(policy);
}

size_t remit_policy_errors(const RemitPolicy *policy) {
    return policy->policy.diags.errors;
}

size_t remit_policy_warnings(const RemitPolicy *policy) {
    return policy->policy.diags.warnings;
}

static RemitText out_text(Str s) {
    return (RemitText){s.p, s.n};
}

RemitText remit_policy_name(const RemitPolicy *policy) {
    return out_text(policy->policy.bundle == NULL ? S("") : policy->policy.bundle->policy);
}

RemitText remit_policy_revision(const RemitPolicy *policy) {
    return out_text(policy->policy.bundle == NULL ? S("") : policy->policy.bundle->version);
}

RemitPolicyCounts remit_policy_counts(const RemitPolicy *policy) {
    const Policy *p = &policy->policy;
    RemitPolicyCounts n = {.files = p->sources.files.n};
    if (p->program != NULL) {
        n.tests = p->program->tests.n;
        n.duties = p->program->duties.n;
        n.approvals = p->program->approvals.n;
        for (size_t i = 0; i < p->program->kpis.n; i++)
            n.kpis += !p->program->kpis.at[i]->nameless;
        n.rules = p->program->rules.n;
        n.entities = p->program->entities.n;
        n.feeds = p->program->feeds.n;
        n.allowed = p->allowed;
        for (size_t i = 0; i < p->program->tables.n; i++)
            n.functions += p->program->tables.at[i]->node->flag;
        n.tables = p->program->tables.n - n.functions;
        n.events = p->program->events.n - ENGINE_EVENTS;
    } else if (p->bundle != NULL) {
        n = (RemitPolicyCounts){.duties = p->bundle->duty_count,
                                .approvals = p->bundle->approval_count,
                                .rules = p->bundle->rule_count,
                                .entities = p->bundle->entity_count,
                                .feeds = p->bundle->feed_count,
                                .tables = p->bundle->table_count,
                                .files = p->bundle->source_count};
        for (uint32_t i = ENGINE_EVENTS; i < p->bundle->event_count; i++)
            n.events += p->bundle->events[i].duty < 0;
        for (uint32_t i = 0; i < p->bundle->kpi_count; i++)
            n.kpis += !p->bundle->kpis[i].nameless;
    }
    return n;
}

static void put_sarif(Buf *out, Diags *d, bool chinese) {
    put_text(out, S("{\"$schema\":\"https://json.schemastore.org/"
                    "sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{"
                    "\"tool\":{\"driver\":{\"name\":\"remit\"}},"
                    "\"columnKind\":\"unicodeCodePoints\",\"results\":["));
    for (size_t i = 0; i < d->all.n; i++) {
        const Diag *diag = &d->all.at[i];
        Place from = source_place(&*d->sources, diag->span.file, diag->span.from);
        Place to = source_place(d->sources, diag->span.file, diag->span.to);
        Buf text = {0};
        diag_whole(d, diag, chinese, &text);
        put_text(out, i == 0 ? S("") : S(","));
        put_fmt(out, "{\"ruleId\":\"%.*s\",\"level\":\"%s\",\"message\":{\"text\":",
                STR_ARG(diag_code(diag->code)),
                diag_severity(diag->code) == SEVERITY_ERROR ? "error" : "warning");
        put_json_string(out, buf_str(&text));
        put_text(out, S("},\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":"));
        put_json_string(out, d->sources->files.at[diag->span.file].name);
        put_fmt(out,
                "},\"region\":{\"startLine\":%u,\"startColumn\":%u,\"endLine\":%u,\"endColumn\":%u}"
                "}}]}",
                from.line, from.column, to.line, to.column);
        buf_free(&text);
    }
    put_text(out, S("]}]}\n"));
}

static size_t columns_of(const RemitLook *look) {
    return look->columns > 0 ? (size_t)look->columns : 80;
}

static DiagLook diag_look(const RemitLook *look) {
    return (DiagLook){look->chinese, look->color, look->wrapped, columns_of(look)};
}

RemitStatus remit_policy_diagnostics(RemitPolicy *policy, const RemitLook *look, RemitWriter to,
                                     RemitError *error) {
    Diags *d = &policy->policy.diags;
    Buf out = {0};
    if (look->format == REMIT_SARIF)
        put_sarif(&out, d, look->chinese);
    for (size_t i = 0; look->format != REMIT_SARIF && i < d->all.n; i++) {
        if (look->format == REMIT_JSON)
            diag_json(d, &d->all.at[i], look->chinese, &out);
        else
            diag_print(d, &d->all.at[i], diag_look(look), &out);
    }
    return write_buf(to, &out, error);
}

/* ---- what diagnostics suggest */

/* A place that was mended, each text on one line. */
static RemitStatus tell_fixed(const RemitFixOptions *o, const FixedPlace *place,
                              RemitError *error) {
    Buf before = {0}, after = {0};
    put_on_line(&before, place->before);
    put_on_line(&after, place->after);
    bool good = !before.failed && !after.failed;
    RemitFixed told = {out_text(place->path), place->line, out_text(buf_str(&before)),
                       out_text(buf_str(&after))};
    if (good)
        o->fixed(o->ctx, &told);
    buf_free(&before);
    buf_free(&after);
    return good ? REMIT_OK : give_status(error, ERR_NOMEM, &(Err){0});
}

RemitStatus remit_fix(const RemitFixOptions *o, RemitError *error) {
    RemitPolicyOptions options = {.paths = o->paths, .path_count = o->path_count};
    Fixing f = {0};
    Err err = {0};
    bool more = true;
    RemitStatus result = REMIT_OK;
    for (int i = 0; more && i < FIX_ROUNDS && result == REMIT_OK; i++) {
        RemitPolicy *policy;
        result = remit_policy_open(&options, &policy, error);
        if (result != REMIT_OK)
            break;
        if (policy->policy.bundle != NULL && policy->policy.sources.files.n == 0)
            result = give(error, REMIT_CALL, "a bundle has no text to mend: give its files",
                          "编译包没有可改的文字：请给出源文件");
        Status status =
            result == REMIT_OK ? fixing_round(&f, &policy->policy.diags, &more, &err) : OK;
        if (status != OK)
            result = give_status(error, status, &err);
        remit_policy_close(policy);
    }
    for (size_t i = 0; result == REMIT_OK && o->fixed != NULL && i < f.places.n; i++)
        if (!f.places.at[i].undone)
            result = tell_fixed(o, &f.places.at[i], error);
    fixing_free(&f);
    return result;
}

static Status tree_texts(Policy *p, const char *const *paths, size_t n, bool json, Buf *out,
                         Err *err) {
    for (size_t i = 0; i < n; i++) {
        bool stream = str_eq(text_of(paths[i]), S("-"));
        TRY(stream ? policy_add_stream(p, err) : policy_add_path(p, text_of(paths[i]), err));
    }
    if (p->bundle != NULL)
        return err_say(err, ERR_SYNTAX, "a bundle has no text: give its files",
                       "编译包没有源文：请给出源文件");
    for (uint32_t i = 0; i < p->sources.files.n; i++)
        TRY(put_tree(p, i, json, out));
    return OK;
}

RemitStatus remit_tree(const char *const *paths, size_t path_count, const RemitLook *look,
                       RemitWriter to, RemitError *error) {
    Policy p;
    Err err = {0};
    Buf out = {0};
    policy_init(&p, false);
    Status status = tree_texts(&p, paths, path_count, look->format == REMIT_JSON, &out, &err);
    policy_free(&p);
    return write_or_give(to, &out, status, &err, error);
}

static Status give_formatted(void *ctx, Str path, Str before, Str after, Err *err) {
    const RemitFormatOptions *options = ctx;
    bool changed = !str_eq(before, after);
    Buf patch = {0};
    if (changed && options->diff.write != NULL)
        put_diff(&patch, path, before, after);
    Status status = patch.failed ? ERR_NOMEM : write_all(options->diff, buf_str(&patch));
    buf_free(&patch);
    if (status == OK && changed && options->write)
        status = os_write_file(path, after, err);
    bool stops = status == OK && options->formatted != NULL &&
                 options->formatted(options->ctx, out_text(path), out_text(after), changed) != 0;
    return stops ? err_say(err, ERR_IO, "the output cannot be written", "无法写出结果") : status;
}

typedef struct Renamed {
    const RemitFormatOptions *options;
    const Policy *was;
} Renamed;

static int give_stays(void *ctx, Str path, Place at, Str now, Str other) {
    const RemitFormatOptions *o = ((const Renamed *)ctx)->options;
    return o->stays == NULL ? 0
                            : o->stays(o->ctx, out_text(path), at.line, at.column, out_text(now),
                                       out_text(other));
}

/* `before` is the text with other names already: what changes is told of the text as it was. */
static Status give_renamed(void *ctx, Str path, Str before, Str after, Err *err) {
    const Renamed *renamed = ctx;
    RemitFormatOptions copy = *renamed->options;
    for (size_t i = 0; i < renamed->was->sources.files.n; i++)
        if (str_eq(renamed->was->sources.files.at[i].name, path))
            before = renamed->was->sources.files.at[i].text;
    return give_formatted(&copy, path, before, after, err);
}

/* Lays out a policy with other names. */
static Status format_renamed(Policy *p, const RemitFormatOptions *o, Err *err) {
    Policy out;
    Widers wider = {0};
    Renamed renamed = {.options = o, .was = p};
    Status status = policy_rename(p, (NamesBy)o->names, &out, &wider, give_stays, &renamed, err);
    if (status == OK && p->diags.errors == 0)
        status = policy_format(&out, (SpellIn)o->keywords, &wider, give_renamed, &renamed, err);
    vec_free(&wider.all);
    policy_free(&out);
    return status;
}

/* What is wrong with files is told last. */
static RemitStatus format_end(RemitPolicy *policy, const RemitLook *look, RemitWriter errors,
                              RemitError *error) {
    RemitStatus status = remit_policy_diagnostics(policy, look, errors, error);
    return status == REMIT_OK && policy->policy.diags.errors > 0
               ? give(error, REMIT_FAULT, "there are errors", "有错误")
               : status;
}

static Status format_sources(Policy *p, const RemitFormatOptions *o, Err *err) {
    bool stream = o->path_count == 1 && strcmp(o->paths[0], "-") == 0;
    RemitPolicyOptions sources = {.paths = o->paths,
                                  .path_count = stream ? 0 : o->path_count,
                                  .text = o->text,
                                  .text_name = o->text_name};
    TRY(policy_sources(p, &sources, err));
    if (p->bundle != NULL)
        return err_say(err, ERR_MISMATCH, "a bundle has no text to lay out: give its files",
                       "编译包没有可排版的文字：请给出源文件");
    return stream ? policy_add_stream(p, err) : OK;
}

RemitStatus remit_format(const RemitFormatOptions *options, const RemitLook *look,
                         RemitWriter errors, RemitError *error) {
    RemitPolicy policy;
    RemitFormatOptions copy = *options;
    Err err = {0};
    policy_init(&policy.policy, false);
    Status status = format_sources(&policy.policy, options, &err);
    bool call = status == ERR_IO || status == ERR_DAMAGED || status == ERR_VERSION;
    if (status == OK && options->names != REMIT_NAMES_KEPT)
        status = format_renamed(&policy.policy, options, &err);
    else if (status == OK)
        status = policy_format(&policy.policy, (SpellIn)options->keywords, NULL, give_formatted,
                               &copy, &err);
    RemitStatus result = status == OK ? format_end(&policy, look, errors, error)
                         : call       ? give_as(error, REMIT_CALL, ERR_SYNTAX, &err)
                                      : give_status(error, status, &err);
    policy_free(&policy.policy);
    return result;
}

static RemitStatus need_bundle(const RemitPolicy *policy, RemitError *error) {
    return policy->policy.bundle != NULL
               ? REMIT_OK
               : give(error, REMIT_FAULT, "the policy has errors", "政策有错误");
}

RemitStatus remit_policy_bundle(const RemitPolicy *policy, RemitText *bytes, char name[65],
                                RemitError *error) {
    RemitStatus status = need_bundle(policy, error);
    if (status != REMIT_OK)
        return status;
    *bytes = out_text(policy->policy.bytes);
    Buf hex = {0};
    put_hex(&hex, policy->policy.bundle->hash, 32);
    memcpy(name, hex.failed ? "" : hex.p, hex.failed ? 0 : 64);
    name[64] = '\0';
    buf_free(&hex);
    return give_ok(error);
}

RemitStatus remit_policy_disassemble(const RemitPolicy *policy, RemitWriter to, RemitError *error) {
    RemitStatus status = need_bundle(policy, error);
    if (status != REMIT_OK)
        return status;
    Buf out = {0};
    put_disassembly(&out, policy->policy.bundle);
    return write_buf(to, &out, error);
}

static RemitStatus no_event(const Bundle *b, Str name, RemitError *error) {
    Arena a = {0};
    Str *names = new (&a, Str, b->event_count + 1);
    Err err = {0};
    size_t n = 0;
    for (uint32_t i = 0; names != NULL && i < b->event_count; i++)
        if (schema_has(b, i))
            names[n++] = b->events[i].name;
    ptrdiff_t best = names == NULL ? -1 : nearest(name, names, n);
    if (best >= 0)
        err_say(&err, ERR_NOTFOUND, "there is no event %.*s; did you mean %.*s?",
                "没有事件 %.*s；是不是 %.*s？", STR_ARG(name), STR_ARG(names[best]));
    else
        err_say(&err, ERR_NOTFOUND, "there is no event %.*s", "没有事件 %.*s", STR_ARG(name));
    arena_free(&a);
    return give_as(error, REMIT_CALL, ERR_SYNTAX, &err);
}

RemitStatus remit_schema(const RemitPolicy *policy, const char *event, bool csv, RemitWriter to,
                         RemitError *error) {
    RemitStatus status = need_bundle(policy, error);
    if (status != REMIT_OK)
        return status;
    const Bundle *b = policy->policy.bundle;
    int32_t only = event == NULL ? -1 : bundle_event(b, text_of(event));
    if (event != NULL && (only < 0 || !schema_has(b, (uint32_t)only)))
        return no_event(b, text_of(event), error);
    Buf out = {0};
    if (!csv)
        put_schema(&out, b, only);
    for (uint32_t i = 0; csv && i < b->event_count; i++) {
        if (only >= 0 ? (uint32_t)only != i : !schema_has(b, i) || b->events[i].engine >= 0)
            continue;
        if (only < 0)
            put_fmt(&out, "# %.*s\n", STR_ARG(b->events[i].name));
        put_csv_header(&out, b, i);
        put_c(&out, '\n');
    }
    return write_buf(to, &out, error);
}

static Status record_open_past(Record *r, const char *ledger, const RemitPast *past, Err *err) {
    Asof when = {0};
    if (past != NULL)
        when = (Asof){text_of(past->place), text_of(past->as_of), past->has_index, past->index};
    return record_open_at(r, text_of(ledger), &when, err);
}

/* The policy's text with its trees: its own, or compiled again from what its bundle carries. */
static Status book_policy(Policy *given, Policy *again, Policy **out, Err *err) {
    *out = given;
    if (given->program != NULL)
        return OK;
    TRY(policy_add_sources(again, given->bundle, err));
    TRY(policy_finish(again, err));
    *out = again;
    return again->bundle != NULL
               ? OK
               : err_say(err, ERR_VERSION, "the bundle's sources are of another release",
                         "编译包中的源文件属于另一版本");
}

RemitStatus remit_book(RemitPolicy *policy, const RemitBookOptions *options, const RemitLook *look,
                       RemitWriter to, RemitError *error) {
    RemitStatus good = need_bundle(policy, error);
    if (good != REMIT_OK)
        return good;
    Err err = {0};
    Policy again, *shown;
    Buf out = {0};
    policy_init(&again, false);
    Status status = book_policy(&policy->policy, &again, &shown, &err);
    BookOptions book = {look->chinese, options->markdown};
    if (status == OK)
        status = book_write(shown, &book, &out, &err);
    policy_free(&again);
    return write_or_give(to, &out, status, &err, error);
}

RemitStatus remit_instructions(RemitWriter to, RemitError *error) {
    Buf out = {0};
    put_op_reference(&out);
    return write_buf(to, &out, error);
}

/* ---- expressions */

static const char *kind_name(ValueKind kind) {
    static const char *const names[V_KINDS] = {
        [V_ABSENT] = "absent",   [V_FLAG] = "flag",         [V_INT] = "integer",
        [V_DEC] = "number",      [V_PERCENT] = "percent",   [V_MONEY] = "money",
        [V_DATE] = "date",       [V_DURATION] = "duration", [V_TIME] = "time",
        [V_INSTANT] = "instant", [V_TEXT] = "text",         [V_ENUM] = "enumeration",
        [V_PARTY] = "party",     [V_LIST] = "list",         [V_RECORD] = "record"};
    return names[kind];
}

static void put_evaluated(Buf *out, const Evaluated *e, bool json) {
    ZoneCache zone = {.zone = bundle_zone(e->bundle)};
    if (json)
        put_fmt(out, "{\"type\":\"%s\",\"value\":%s",
                e->names != NULL ? "record" : kind_name(e->values[0].kind),
                e->names != NULL ? "{" : "");
    for (uint32_t i = 0; i < e->count; i++) {
        put_text(out, i == 0 ? S("") : json ? S(",") : S(", "));
        if (e->names != NULL && json)
            put_json_string(out, e->names[i].name);
        else if (e->names != NULL)
            put_text(out, e->names[i].name);
        put_text(out, e->names == NULL ? S("") : json ? S(":") : S(": "));
        if (json)
            put_value_json(out, e->bundle, &zone, e->values[i]);
        else
            put_value_text(out, e->bundle, &zone, e->values[i]);
    }
    put_text(out, !json ? S("\n") : e->names != NULL ? S("}}\n") : S("}\n"));
}

/* An error in one line: a code and its words. */
static void put_short(Buf *out, Str code, Str words, const RemitLook *look) {
    if (look->format == REMIT_JSON) {
        put_fmt(out, "{\"error\":{\"code\":\"%.*s\",\"message\":", STR_ARG(code));
        put_json_string(out, words);
        put_text(out, S("}}\n"));
    } else {
        put_fmt(out, "%s[%.*s]: %.*s\n", look->chinese ? "错误" : "error", STR_ARG(code),
                STR_ARG(words));
    }
}

static void put_mistakes(Buf *out, Diags *d, const RemitLook *look, bool line) {
    Buf words = {0};
    for (size_t i = 0; i < d->all.n; i++) {
        const Diag *diag = &d->all.at[i];
        if (!line && look->format == REMIT_JSON) {
            diag_json(d, diag, look->chinese, out);
        } else if (!line) {
            diag_print(d, diag, diag_look(look), out);
        } else if (diag_severity(diag->code) == SEVERITY_ERROR) {
            diag_message(diag, look->chinese, &words);
            put_short(out, diag_code(diag->code), buf_str(&words), look);
            break;
        }
    }
    out->failed = out->failed || words.failed;
    buf_free(&words);
}

static RemitStatus eval_write(Diags *d, const Evaluated *e, const RemitEvalOptions *options,
                              const RemitLook *look, RemitWriter to, RemitWriter errors,
                              RemitError *error) {
    Buf out = {0}, words = {0};
    bool fault = e->bundle == NULL || e->count == 0;
    if (!fault) {
        put_evaluated(&out, e, look->format == REMIT_JSON);
    } else if (e->bundle == NULL) {
        put_mistakes(&out, d, look, options->line);
    } else {
        put_trap_words(&words, e->bundle, &e->trap, look->chinese);
        put_short(&out, trap_code(e->trap.code), buf_str(&words), look);
    }
    out.failed = out.failed || words.failed;
    buf_free(&words);
    RemitStatus status = write_buf(fault && !options->line ? errors : to, &out, error);
    return status != REMIT_OK
               ? status
               : give(error, fault ? REMIT_FAULT : REMIT_OK, "it has no value", "没有值");
}

/* An instant, or the beginning of a day where the policy is. */
static bool moment_option(const Bundle *b, Str text, int64_t *out) {
    int32_t day;
    if (instant_parse(text, out) == OK)
        return true;
    if (date_parse(text, &day) != OK)
        return false;
    *out = zone_instant(bundle_zone(b), day * DAY_MS);
    return true;
}

/* Each is a whole `let`, so that it is read again with what is asked. */
struct RemitNames {
    Arena arena;
    VEC(Str) lets, names;
};

RemitStatus remit_names_open(RemitNames **out, RemitError *error) {
    Arena arena = {0};
    RemitNames *names = new (&arena, RemitNames, 1);
    *out = names;
    if (names == NULL)
        return give(error, REMIT_FAILED, "there is not enough memory", "内存不足");
    names->arena = arena; /* it holds itself */
    return REMIT_OK;
}

void remit_names_close(RemitNames *names) {
    if (names == NULL)
        return;
    Arena arena = names->arena;
    vec_free(&names->lets);
    vec_free(&names->names);
    arena_free(&arena);
}

RemitText remit_name(const RemitNames *names, size_t i) {
    for (size_t k = 0; k < names->lets.n; k++) {
        bool later = false;
        for (size_t j = k + 1; j < names->lets.n; j++)
            later = later || str_eq(names->names.at[j], names->names.at[k]);
        if (!later && i-- == 0)
            return out_text(names->lets.at[k]);
    }
    return (RemitText){0};
}

static Status names_keep(RemitNames *names, Str let, Str name) {
    Str kept, word;
    TRY(arena_str(&names->arena, let, &kept));
    TRY(arena_str(&names->arena, name, &word));
    return vec_push(&names->lets, kept) && vec_push(&names->names, word) ? OK : ERR_NOMEM;
}

/* Those given before, and behind them what is asked. */
static Status asked_texts(const RemitNames *names, Str text, Arena *arena, const Str **out,
                          size_t *count) {
    size_t n = names == NULL ? 0 : names->lets.n;
    Str *texts = new (arena, Str, n + 1);
    if (texts == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        texts[i] = names->lets.at[i];
    texts[n] = text;
    *out = texts;
    *count = n + 1;
    return OK;
}

static Status eval_asked(Policy *policy, const RemitEvalOptions *options, const int64_t *at,
                         Arena *arena, Diags *diags, Evaluated *out, Err *err) {
    const Str *texts;
    size_t count;
    Str text = {options->expression.data, options->expression.size};
    *out = (Evaluated){0};
    TRY(asked_texts(options->names, text, arena, &texts, &count));
    TRY(eval_text(policy, texts, count, at, arena, diags, out, err));
    bool names = options->names != NULL && out->name.n > 0 && out->count > 0;
    return names ? names_keep(options->names, text, out->name) : OK;
}

RemitStatus remit_eval(RemitPolicy *policy, const RemitEvalOptions *options, const RemitLook *look,
                       RemitWriter to, RemitWriter errors, RemitError *error) {
    RemitStatus bundle = need_bundle(policy, error);
    if (bundle != REMIT_OK)
        return bundle;
    if (policy->policy.program == NULL)
        return give(error, REMIT_CALL, "a bundle has no names for an expression: give its files",
                    "编译包没有可供表达式用的名称：请给出源文件");
    Err err = {0};
    Arena arena = {0};
    Diags diags = {.arena = &arena, .sources = &policy->policy.sources};
    Evaluated e;
    int64_t at = 0;
    if (options->at != NULL && !moment_option(policy->policy.bundle, text_of(options->at), &at)) {
        err_say(&err, ERR_SYNTAX,
                "--at: \"%s\" is neither a date, as in 2026-07-01, nor an instant with its offset, "
                "as in 2026-03-02T09:00:00+08:00",
                "--at：“%s”既不是 2026-07-01 这样的日期，也不是 2026-03-02T09:00:00+08:00 "
                "这样带时差的时间点",
                options->at);
        return give_as(error, REMIT_CALL, ERR_SYNTAX, &err);
    }
    size_t before = policy->policy.sources.files.n;
    Status status = eval_asked(&policy->policy, options, options->at != NULL ? &at : NULL, &arena,
                               &diags, &e, &err);
    RemitStatus result = status == OK ? eval_write(&diags, &e, options, look, to, errors, error)
                                      : give_status(error, status, &err);
    policy->policy.sources.files.n = before;
    diags_free(&diags);
    arena_free(&arena);
    return result;
}

/* ---- tests */

typedef struct TestOut {
    const RemitTestOptions *options;
    const RemitLook *look;
    RemitWriter to;
    RemitTestCounts *counts;
    Status status;
} TestOut;

static void put_result_json(Buf *out, const TestResult *r, bool list) {
    put_text(out, S("{\"test\":"));
    put_json_string(out, r->title);
    put_text(out, S(",\"file\":"));
    put_json_string(out, r->file);
    put_fmt(out, ",\"line\":%u", r->line);
    if (!list)
        put_fmt(out, ",\"passed\":%s", r->passed ? "true" : "false");
    if (!r->passed) {
        put_text(out, S(",\"report\":"));
        put_json_string(out, r->report);
    }
    put_text(out, S("}\n"));
}

/* A text in which nothing moves the cursor or changes what comes after it: control characters as
 * escapes. lines: line breaks stay. */
static void put_harmless(Buf *out, Str text, bool lines) {
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        unsigned char next = i + 1 < text.n ? (unsigned char)text.p[i + 1] : 0;
        if (c == 0xC2 && next >= 0x80 && next < 0xA0)
            put_fmt(out, "\\u00%02x", (unsigned)(unsigned char)text.p[++i]);
        else if ((c < 0x20 && !(lines && c == '\n')) || c == 0x7F)
            put_fmt(out, "\\u00%02x", (unsigned)c);
        else
            put_c(out, (char)c);
    }
}

static bool test_each(void *ctx, const TestResult *r) {
    TestOut *t = ctx;
    Buf out = {0};
    if (r->passed)
        t->counts->passed++;
    else
        t->counts->failed++;
    if (t->look->format == REMIT_JSON) {
        put_result_json(&out, r, t->options->list);
    } else if (t->options->list) {
        put_fmt(&out, "%.*s:%u  ", STR_ARG(r->file), r->line);
        put_harmless(&out, r->title, false);
        put_c(&out, '\n');
    } else if (!r->passed) {
        put_fmt(&out, "%s%s%s ", t->look->color ? "\x1b[1;31m" : "",
                t->look->chinese ? "未通过" : "FAIL", t->look->color ? "\x1b[0m" : "");
        put_harmless(&out, r->title, false);
        put_fmt(&out, " (%.*s:%u)\n", STR_ARG(r->file), r->line);
        put_harmless(&out, r->report, true);
    }
    t->status = out.failed ? ERR_NOMEM : write_all(t->to, buf_str(&out));
    buf_free(&out);
    RemitTestResult result = {out_text(r->title), out_text(r->file), r->line, r->passed,
                              out_text(r->report)};
    return t->status == OK &&
           (t->options->each == NULL || t->options->each(t->options->ctx, &result) == 0);
}

static Str *texts_of(Arena *a, const char *const *texts, size_t n) {
    Str *out = new (a, Str, n + 1);
    for (size_t i = 0; out != NULL && i < n; i++)
        out[i] = text_of(texts[i]);
    return out;
}

/* Which tests are meant; false when memory is out. */
static bool filter_of(const RemitTestOptions *o, Arena *a, TestFilter *out) {
    *out = (TestFilter){.titles = texts_of(a, o->titles, o->title_count),
                        .title_count = o->title_count,
                        .places = texts_of(a, o->places, o->place_count),
                        .place_count = o->place_count,
                        .of = texts_of(a, o->of, o->of_count),
                        .of_count = o->of_count};
    return out->titles != NULL && out->places != NULL && out->of != NULL;
}

static Status write_coverage(Policy *p, const Cover *c, const RemitTestOptions *options,
                             const RemitLook *look, RemitWriter to, RemitTestCounts *counts) {
    CoverSum all = cover_sum(c, COVER_KINDS);
    counts->reached = all.reached;
    counts->reachable = all.all;
    Buf out = {0}, lcov = {0};
    if (options->coverage && look->format == REMIT_JSON)
        put_cover_json(&out, p, c);
    else if (options->coverage)
        put_cover_text(&out, p, c, look->chinese, columns_of(look));
    if (options->lcov.write != NULL)
        put_cover_lcov(&lcov, p, c);
    Status status = out.failed || lcov.failed ? ERR_NOMEM : write_all(to, buf_str(&out));
    if (status == OK)
        status = write_all(options->lcov, buf_str(&lcov));
    buf_free(&out);
    buf_free(&lcov);
    return status;
}

RemitStatus remit_policy_test(RemitPolicy *policy, const RemitTestOptions *options,
                              const RemitLook *look, RemitWriter to, RemitTestCounts *counts,
                              RemitError *error) {
    RemitStatus bundle = need_bundle(policy, error);
    if (bundle != REMIT_OK)
        return bundle;
    if (policy->policy.program == NULL)
        return give(error, REMIT_CALL, "a bundle holds no tests: give the policy's files",
                    "编译包里没有测试：请给出政策的源文件");
    *counts = (RemitTestCounts){0};
    Arena a = {0};
    Err err = {0};
    TestOut out = {options, look, to, counts, OK};
    TestOptions tests = {
        .list = options->list, .fail_fast = options->fail_fast, .each = test_each, .ctx = &out};
    Cover *cover = NULL;
    bool covers = !options->list && (options->coverage || options->lcov.write != NULL);
    Status status = filter_of(options, &a, &tests.filter) ? OK : ERR_NOMEM;
    if (status == OK && covers)
        status = cover_open(&policy->policy, &a, &cover);
    if (status == OK && covers)
        tests.run = cover_run(cover);
    tests.run.columns = columns_of(look);
    tests.run.chinese = look->chinese;
    if (status == OK)
        status = policy_tests(&policy->policy, &tests, &err);
    if (status == OK)
        status = out.status;
    if (status == OK && covers)
        status = write_coverage(&policy->policy, cover, options, look, to, counts);
    cover_close(cover);
    arena_free(&a);
    if (status != OK)
        return give_status(error, status, &err);
    return counts->failed > 0 ? give(error, REMIT_FAULT, "tests failed", "有测试未通过")
                              : give_ok(error);
}

/* ---- mutants */

struct RemitMutants {
    RemitPolicy *policy;
    Arena arena;
    MutantTrial *trial;
    Buf before, after; /* of the one that was asked for last */
};

RemitStatus remit_mutants_open(RemitPolicy *policy, const RemitTestOptions *options, size_t limit,
                               uint64_t seed, RemitMutants **out, RemitError *error) {
    *out = NULL;
    RemitStatus bundle = need_bundle(policy, error);
    if (bundle != REMIT_OK)
        return bundle;
    if (policy->policy.program == NULL)
        return give(error, REMIT_CALL, "a bundle holds no tests: give the policy's files",
                    "编译包里没有测试：请给出政策的源文件");
    RemitMutants *m = mem_zalloc(sizeof *m);
    if (m == NULL)
        return give(error, REMIT_FAILED, "out of memory", "内存不足");
    m->policy = policy;
    Err err = {0};
    TestFilter filter;
    Status status = filter_of(options, &m->arena, &filter) ? OK : ERR_NOMEM;
    if (status == OK)
        status = trial_open(&policy->policy, &filter, &m->arena, &m->trial, &err);
    if (status != OK) {
        remit_mutants_close(m);
        return give_status(error, status, &err);
    }
    if (limit > 0)
        trial_draw(m->trial, limit, seed);
    *out = m;
    return give_ok(error);
}

void remit_mutants_close(RemitMutants *m) {
    if (m == NULL)
        return;
    trial_close(m->trial);
    buf_free(&m->before);
    buf_free(&m->after);
    arena_free(&m->arena);
    mem_free(m);
}

size_t remit_mutants_count(const RemitMutants *m) {
    return trial_mutants(m->trial)->n;
}

RemitStatus remit_mutants_get(RemitMutants *m, size_t i, RemitMutant *out, RemitError *error) {
    const Mutant *mutant = &trial_mutants(m->trial)->at[i];
    Policy *p = &m->policy->policy;
    buf_reset(&m->before);
    buf_reset(&m->after);
    put_mutant_lines(&m->before, &m->after, p, mutant);
    *out = (RemitMutant){.file = out_text(p->sources.files.at[mutant->at.file].name),
                         .line = mutant->line,
                         .what = out_text(mutant_what(mutant, false)),
                         .what_chinese = out_text(mutant_what(mutant, true)),
                         .advice = out_text(mutant_advice(mutant, false)),
                         .advice_chinese = out_text(mutant_advice(mutant, true)),
                         .before = out_text(buf_str(&m->before)),
                         .after = out_text(buf_str(&m->after))};
    bool failed = m->before.failed || m->after.failed;
    return give(error, failed ? REMIT_FAILED : REMIT_OK, "out of memory", "内存不足");
}

RemitStatus remit_mutants_try(RemitMutants *m, size_t i, RemitMutantResult *out,
                              RemitError *error) {
    static const RemitFate fates[] = {[MUTANT_IS_WRONG] = REMIT_MUTANT_WRONG,
                                      [MUTANT_IS_SAME] = REMIT_MUTANT_SAME,
                                      [MUTANT_IS_NOTICED] = REMIT_MUTANT_NOTICED,
                                      [MUTANT_IS_SURVIVING] = REMIT_MUTANT_SURVIVED};
    Err err = {0};
    MutantResult result;
    Status status = trial_try(m->trial, &trial_mutants(m->trial)->at[i], &result, &err);
    *out = (RemitMutantResult){.fate = fates[result.fate], .tests = result.tried};
    if (result.fate == MUTANT_IS_NOTICED)
        out->by = out_text(m->policy->policy.program->tests.at[result.by].title);
    return give_status(error, status, &err);
}

/* ---- two policies */

RemitStatus remit_diff(RemitPolicy *before, RemitPolicy *after, const RemitDiffOptions *options,
                       const RemitLook *look, RemitWriter to, size_t *changes, RemitError *error) {
    DifferOptions opt = {.json = look->format == REMIT_JSON,
                         .chinese = look->chinese,
                         .brief = options->brief,
                         .columns = columns_of(look)};
    RemitStatus ready = need_bundle(before, error);
    if (ready == REMIT_OK)
        ready = need_bundle(after, error);
    if (ready != REMIT_OK)
        return ready;
    Err err = {0};
    Buf out = {0};
    Status status = policies_differ(&before->policy, &after->policy, &opt, &out, changes, &err);
    return write_or_give(to, &out, status, &err, error);
}

/* ---- running */

const char *remit_reason(int reason) {
    return reason >= 0 && reason < REJECT_REASONS ? reject_text((RejectReason)reason).p : "?";
}

static void fill_summary(RemitSummary *out, const Counts *c, uint64_t bytes) {
    out->events = c->events;
    out->repeated = c->repeated;
    out->again = c->again;
    out->unmatched = c->unmatched;
    for (int i = 0; i < REMIT_REASONS; i++)
        out->rejected[i] = c->rejected[i];
    out->effects = c->effects;
    out->raised = c->by_effect[EFFECT_DUTY_OPENED];
    out->fulfilled = c->by_effect[EFFECT_DUTY_FULFILLED];
    out->late = c->late;
    out->breached = c->by_effect[EFFECT_DUTY_BREACHED];
    out->escalated = c->by_effect[EFFECT_DUTY_ESCALATED];
    out->reminded = c->by_effect[EFFECT_DUTY_REMINDED];
    out->waived = c->by_effect[EFFECT_DUTY_WAIVED];
    out->paused = c->by_effect[EFFECT_DUTY_PAUSED];
    out->resumed = c->by_effect[EFFECT_DUTY_RESUMED];
    out->corrected = c->by_effect[EFFECT_DUTY_CORRECTED];
    out->notified = c->by_effect[EFFECT_NOTIFIED];
    out->emitted = c->by_effect[EFFECT_EMITTED];
    out->opened = c->by_effect[EFFECT_APPROVAL_OPENED];
    out->granted = c->by_effect[EFFECT_APPROVAL_GRANTED];
    out->refused = c->by_effect[EFFECT_APPROVAL_REFUSED];
    out->lapsed = c->by_effect[EFFECT_APPROVAL_LAPSED];
    out->withdrawn = c->by_effect[EFFECT_APPROVAL_WITHDRAWN];
    out->unattainable = c->by_effect[EFFECT_APPROVAL_UNATTAINABLE];
    out->bytes = bytes;
}

static void fill_clock(RemitSummary *out, const Bundle *b, const RunResult *r) {
    out->has_clock = r->has_clock;
    out->reworded = r->reworded;
    out->clock = r->clock;
    if (!r->has_clock)
        return;
    Buf text = {0};
    ZoneCache zone = {.zone = bundle_zone(b)};
    zone_put_instant(&text, &zone, r->clock);
    size_t n = text.n < sizeof out->clock_text - 1 ? text.n : sizeof out->clock_text - 1;
    memcpy(out->clock_text, text.p == NULL ? "" : text.p, text.failed ? 0 : n);
    buf_free(&text);
}

typedef struct RunLink {
    const RemitRunOptions *options;
    RemitWriter to;
} RunLink;

static Status run_write(void *ctx, Str lines, Err *err) {
    RunLink *link = ctx;
    Status status = write_all(link->to, lines);
    return status == OK ? OK : err_say(err, status, "the output cannot be written", "无法写出结果");
}

static bool run_progress(void *ctx, const Counts *counts, uint64_t bytes) {
    RunLink *link = ctx;
    RemitSummary so_far = {0};
    fill_summary(&so_far, counts, bytes);
    return link->options->progress(link->options->progress_ctx, &so_far) == 0;
}

static RemitStatus instant_option(const char *text, const char *what, bool *has, int64_t *out,
                                  RemitError *error) {
    *has = text != NULL;
    if (text == NULL || instant_parse(text_of(text), out) == OK)
        return REMIT_OK;
    Err err = {0};
    err_say(&err, ERR_SYNTAX,
            "%s: \"%s\" is not an instant with its offset, as in 2026-03-02T09:00:00+08:00",
            "%s：“%s”不是 2026-03-02T09:00:00+08:00 这样带时差的时间点", what, text);
    return give_as(error, REMIT_CALL, ERR_SYNTAX, &err);
}

/* The files of a run and the feeds that map them. */
static RemitStatus inputs_of(const char *const *events, const RemitText *feeds, size_t n, Arena *a,
                             RunOptions *run, RemitError *error) {
    Str *paths = new (a, Str, n + 1), *names = new (a, Str, n + 1);
    if (paths == NULL || names == NULL)
        return give(error, REMIT_FAILED, "out of memory", "内存不足");
    for (size_t i = 0; i < n; i++) {
        paths[i] = text_of(events[i]);
        if (feeds != NULL)
            names[i] = (Str){feeds[i].data, feeds[i].size};
    }
    run->events = paths;
    run->feeds = names;
    run->event_count = n;
    return REMIT_OK;
}

static FeedKind kind_of(bool csv, bool json) {
    return csv ? FEED_CSV : json ? FEED_JSON : FEED_BY_NAME;
}

RemitStatus remit_run(const RemitPolicy *policy, const RemitRunOptions *o, RemitSummary *summary,
                      RemitError *error) {
    *summary = (RemitSummary){0};
    RemitStatus status = need_bundle(policy, error);
    RunLink link = {o, o->to};
    RunOptions run = {.ledger = text_of(o->ledger),
                      .name = text_of(o->name),
                      .kind = kind_of(o->csv, o->json),
                      .batch = o->batch,
                      .effects = text_of(o->effects),
                      .source = o->source == NULL ? S("remit:input") : text_of(o->source),
                      .no_sync = o->no_sync,
                      .readable = o->readable,
                      .write = o->to.write == NULL ? NULL : run_write,
                      .write_ctx = &link,
                      .progress = o->progress == NULL ? NULL : run_progress,
                      .progress_ctx = &link};
    if (status == REMIT_OK && run.ledger.n == 0)
        status = give(error, REMIT_CALL, "no ledger is named", "没有给出账本");
    if (status == REMIT_OK)
        status = instant_option(o->until, "--until", &run.has_until, &run.until, error);
    if (status == REMIT_OK)
        status =
            instant_option(o->not_after, "--not-after", &run.has_not_after, &run.not_after, error);
    Arena a = {0};
    if (status == REMIT_OK)
        status = inputs_of(o->events, o->feeds, o->event_count, &a, &run, error);
    if (status == REMIT_OK) {
        Err err = {0};
        RunResult result;
        Status done = run_all(&policy->policy, &run, &result, &err);
        fill_summary(summary, &result.counts, result.bytes);
        fill_clock(summary, policy->policy.bundle, &result);
        status = give_status(error, done, &err);
    }
    arena_free(&a);
    return status;
}

RemitStatus remit_decide(const RemitPolicy *policy, const RemitDecideOptions *o, RemitWriter to,
                         RemitSummary *summary, RemitError *error) {
    *summary = (RemitSummary){0};
    RemitStatus status = need_bundle(policy, error);
    Arena a = {0};
    RunLink link = {NULL, to};
    RunOptions run = {.kind = kind_of(o->csv, o->json),
                      .source = o->source == NULL ? S("remit:input") : text_of(o->source),
                      .write = to.write == NULL ? NULL : run_write,
                      .write_ctx = &link};
    if (status == REMIT_OK)
        status = inputs_of(o->events, o->feeds, o->event_count, &a, &run, error);
    if (status == REMIT_OK) {
        RunResult result;
        Err err = {0};
        Status done = decide_all(&policy->policy, &run, &result, &err);
        fill_summary(summary, &result.counts, result.bytes);
        status = give_status(error, done, &err);
    }
    arena_free(&a);
    return status;
}

typedef struct RetryLink {
    RunLink out; /* first, so that it may be written to as one */
    RemitWriter told;
    bool json;
    bool chinese;
} RetryLink;

static void put_told_json(Buf *out, const RetryTold *t) {
    static const char *const now[] = {"taken", "known", "refused"};
    put_fmt(out, "{\"index\":%llu,\"reason\":\"%s\",\"source\":", (unsigned long long)t->index,
            reject_text((RejectReason)t->reject->reason).p);
    put_json_string(out, t->reject->source);
    put_text(out, S(",\"id\":"));
    put_json_string(out, t->reject->id);
    put_fmt(out, ",\"now\":\"%s\",\"events\":%llu", now[t->now], (unsigned long long)t->events);
    if (t->now == RETRY_REFUSED) {
        put_fmt(out, ",\"why\":\"%s\",\"field\":", reject_text(t->reason).p);
        put_json_string(out, t->field);
        put_text(out, S(",\"message\":"));
        put_json_string(out, t->message);
    }
    put_text(out, S("}\n"));
}

static void put_told_text(Buf *out, const RetryTold *t, bool chinese) {
    put_fmt(out, "%s ", reject_text((RejectReason)t->reject->reason).p);
    put_on_line(out, t->reject->source);
    put_c(out, ' ');
    put_on_line(out, t->reject->id);
    if (t->now == RETRY_TAKEN)
        put_text(out, chinese ? S("：收下") : S(": taken"));
    else if (t->now == RETRY_KNOWN)
        put_text(out, chinese ? S("：已经在内") : S(": it is in already"));
    else
        put_fmt(out, chinese ? "：再次拒收（%s）：" : ": refused again (%s): ",
                reject_text(t->reason).p);
    if (t->now == RETRY_REFUSED && t->field.n > 0) {
        put_text(out, t->field);
        put_text(out, chinese ? S("：") : S(": "));
    }
    put_on_line(out, t->now == RETRY_REFUSED ? t->message : S(""));
    put_c(out, '\n');
}

static Status retry_told(void *ctx, const RetryTold *told, Err *err) {
    RetryLink *link = ctx;
    Buf line = {0};
    if (link->json)
        put_told_json(&line, told);
    else
        put_told_text(&line, told, link->chinese);
    Status status = line.failed ? ERR_NOMEM : write_all(link->told, buf_str(&line));
    buf_free(&line);
    return status == OK ? OK : err_say(err, status, "the output cannot be written", "无法写出结果");
}

RemitStatus remit_retry(const RemitPolicy *policy, const RemitRetryOptions *o,
                        const RemitLook *look, RemitWriter told, RemitRetrySummary *summary,
                        RemitError *error) {
    *summary = (RemitRetrySummary){0};
    RemitStatus status = need_bundle(policy, error);
    RetryLink link = {{NULL, o->to}, told, look->format == REMIT_JSON, look->chinese};
    RunOptions run = {.ledger = text_of(o->ledger),
                      .batch = o->batch,
                      .effects = text_of(o->effects),
                      .source = S("remit:input"),
                      .write = o->to.write == NULL ? NULL : run_write,
                      .write_ctx = &link};
    RetryOptions retry = {.reason = text_of(o->reason),
                          .from = text_of(o->source),
                          .id = text_of(o->id),
                          .type = text_of(o->type),
                          .told = retry_told,
                          .told_ctx = &link};
    if (status == REMIT_OK && run.ledger.n == 0)
        status = give(error, REMIT_CALL, "no ledger is named", "没有给出账本");
    if (status == REMIT_OK)
        status =
            instant_option(o->not_after, "--not-after", &run.has_not_after, &run.not_after, error);
    if (status != REMIT_OK)
        return status;
    Err err = {0};
    RunResult result;
    RetryResult tried;
    Status done = retry_all(&policy->policy, &run, &retry, &result, &tried, &err);
    *summary = (RemitRetrySummary){tried.tried, tried.now[RETRY_TAKEN], tried.now[RETRY_KNOWN],
                                   tried.now[RETRY_REFUSED], result.counts.events};
    return give_status(error, done, &err);
}

typedef struct ConvertLink {
    RunLink out; /* first, so that it may be written to as one */
    RemitWriter errors;
} ConvertLink;

static Status convert_told(void *ctx, Str line, Err *err) {
    ConvertLink *link = ctx;
    Status status = write_all(link->errors, line);
    return status == OK ? OK : err_say(err, status, "the output cannot be written", "无法写出结果");
}

RemitStatus remit_convert(const RemitPolicy *policy, const RemitDecideOptions *o, RemitWriter to,
                          RemitWriter errors, RemitSummary *summary, RemitError *error) {
    *summary = (RemitSummary){0};
    RemitStatus status = need_bundle(policy, error);
    Arena a = {0};
    ConvertLink link = {{NULL, to}, errors};
    RunOptions run = {.source = o->source == NULL ? S("remit:input") : text_of(o->source),
                      .write = to.write == NULL ? NULL : run_write,
                      .write_ctx = &link};
    if (status == REMIT_OK)
        status = inputs_of(o->events, o->feeds, o->event_count, &a, &run, error);
    if (status == REMIT_OK) {
        RunResult result;
        Err err = {0};
        Status done = convert_all(&policy->policy, &run, convert_told, &result, &err);
        fill_summary(summary, &result.counts, result.bytes);
        status = give_status(error, done, &err);
    }
    arena_free(&a);
    return status;
}

/* ---- asking */

typedef struct ShowLink {
    RemitTable table;
    RemitWriter json;
} ShowLink;

enum { SHOW_COLUMNS = 16 };

static bool show_cells(int (*to)(void *, const RemitText *, size_t), void *ctx, const Str *texts,
                       size_t n) {
    RemitText cells[SHOW_COLUMNS];
    for (size_t i = 0; i < n && i < SHOW_COLUMNS; i++)
        cells[i] = out_text(texts[i]);
    return to == NULL || to(ctx, cells, n) == 0;
}

static bool show_begin(void *ctx, const Str *columns, size_t n) {
    ShowLink *link = ctx;
    return show_cells(link->table.begin, link->table.ctx, columns, n);
}

static bool show_row(void *ctx, const Str *cells, size_t n) {
    ShowLink *link = ctx;
    return show_cells(link->table.row, link->table.ctx, cells, n);
}

static bool show_line(void *ctx, Str line) {
    ShowLink *link = ctx;
    return write_all(link->json, line) == OK;
}

RemitStatus remit_show(const RemitShowOptions *o, const RemitLook *look, RemitTable table,
                       RemitWriter json, RemitError *error) {
    Record r;
    Err err = {0};
    Status status = record_open_past(&r, o->ledger, o->past, &err);
    ShowLink link = {table, json};
    ShowOptions opt = {.what = text_of(o->what),
                       .owner = text_of(o->owner),
                       .state = text_of(o->state),
                       .duty = text_of(o->duty),
                       .approval = text_of(o->approval),
                       .kpi = text_of(o->kpi),
                       .entity = text_of(o->entity),
                       .rotation = text_of(o->rotation),
                       .overdue = o->overdue,
                       .json = look->format == REMIT_JSON,
                       .chinese = look->chinese,
                       .limit = o->limit};
    if (status == OK)
        status = show(&r, &opt, (ShowSink){&link, show_begin, show_row, show_line}, &err);
    record_close(&r);
    return give_status(error, status, &err);
}

static Status hex_of(const uint8_t digest[32], char out[65]) {
    Buf hex = {0};
    put_hex(&hex, digest, 32);
    bool good = !hex.failed && hex.n == 64;
    memcpy(out, good ? hex.p : "", good ? 64 : 0);
    out[good ? 64 : 0] = '\0';
    buf_free(&hex);
    return good ? OK : ERR_NOMEM;
}

RemitStatus remit_digest(const char *ledger, const RemitPast *past, bool state, char out[65],
                         RemitError *error) {
    Record r;
    Err err = {0};
    uint8_t digest[32];
    Status status = record_open_past(&r, ledger, past, &err);
    if (status == OK)
        status = state ? digest_state(&r, digest, &err) : led_digest(r.l, digest, &err);
    record_close(&r);
    status = status == OK ? hex_of(digest, out) : status;
    return give_status(error, status, &err);
}

static RemitStatus tell_why(const char *ledger, const RemitPast *past, const char *subject,
                            const RemitLook *look, RemitWriter to, RemitError *error,
                            Status (*tell)(Record *, Str, WhyForm, Buf *, Err *)) {
    Record r;
    Err err = {0};
    Buf out = {0};
    Status status = record_open_past(&r, ledger, past, &err);
    if (status == OK)
        status = tell(&r, text_of(subject), (WhyForm){look->format == REMIT_JSON, look->chinese},
                      &out, &err);
    record_close(&r);
    if (status == OK && look->format == REMIT_JSON)
        return write_buf(to, &out, error);
    Buf lines = {.failed = out.failed};
    if (status == OK)
        put_lines(&lines, buf_str(&out));
    buf_free(&out);
    if (status == OK)
        return write_buf(to, &lines, error);
    buf_free(&lines);
    return give_status(error, status, &err);
}

RemitStatus remit_why(const char *ledger, const RemitPast *past, const char *subject,
                      const RemitLook *look, RemitWriter to, RemitError *error) {
    return tell_why(ledger, past, subject, look, to, error, why);
}

RemitStatus remit_why_not(const char *ledger, const RemitPast *past, const char *subject,
                          const RemitLook *look, RemitWriter to, RemitError *error) {
    return tell_why(ledger, past, subject, look, to, error, why_not);
}

static bool log_line(void *ctx, Str line) {
    RemitWriter *to = ctx;
    return write_all(*to, line) == OK;
}

/* The entries from *from on; *from is then where the next ones begin. */
static Status log_once(const RemitLogOptions *o, const RemitLook *look, RemitWriter to,
                       uint64_t *from, Err *err) {
    Record r;
    LogOptions opt = {.effects_only = o->effects_only,
                      .from = *from,
                      .subject = text_of(o->subject),
                      .type = text_of(o->type),
                      .who = text_of(o->who),
                      .rule = text_of(o->rule),
                      .has_since = o->since != NULL,
                      .has_until = o->until != NULL,
                      .json = look->format == REMIT_JSON};
    Status status = record_open_past(&r, o->ledger, o->past, err);
    if (status == OK && opt.has_since)
        status = record_moment(&r, text_of(o->since), false, &opt.since, err);
    if (status == OK && opt.has_until)
        status = record_moment(&r, text_of(o->until), true, &opt.until, err);
    if (status == OK) {
        uint64_t size = led_size(r.l);
        status = log_entries(&r, &opt, log_line, &to, err);
        *from = size > *from ? size : *from;
    }
    record_close(&r);
    return status;
}

RemitStatus remit_log(const RemitLogOptions *o, const RemitLook *look, RemitWriter to,
                      RemitError *error) {
    uint64_t from = o->from;
    for (;;) {
        Err err = {0};
        Status status = log_once(o, look, to, &from, &err);
        bool absent = status == ERR_NOTFOUND && o->wait != NULL;
        if (status != OK && !absent)
            return give_status(error, status, &err);
        if (o->wait == NULL || o->wait(o->ctx) == 0)
            return give_ok(error);
    }
}

/* ---- versions */

static Status adopt_from(const char *text, const Bundle *b, AdoptFrom *out, Err *err) {
    int32_t day;
    *out = (AdoptFrom){.said = text != NULL};
    if (text == NULL || instant_parse(text_of(text), &out->at) == OK)
        return OK;
    if (date_parse(text_of(text), &day) != OK)
        return err_say(err, ERR_SYNTAX,
                       "--from: \"%s\" is neither a date nor an instant with its offset, as in "
                       "2026-03-02 or 2026-03-02T09:00:00+08:00",
                       "--from：“%s”既不是日期也不是带时差的时刻，应如 2026-03-02 或 "
                       "2026-03-02T09:00:00+08:00",
                       text);
    out->at = zone_instant(bundle_zone(b), (int64_t)day * DAY_MS);
    return OK;
}

static Status adopt_in(const Policy *p, const RemitAdoptOptions *o, const RemitLook *look,
                       Ledger *l, Arena *a, Buf *out, Err *err) {
    AdoptFrom from;
    Adopted adopted;
    const Bundle *b;
    Str bytes;
    TRY(adopt_from(o->from, p->bundle, &from, err));
    TRY(ledger_adopt(l, p->bytes, from, a, &adopted, err));
    TRY(ledger_bundle(l, a, &b, &bytes, err));
    TRY(put_adopted(out, l, b, &adopted, look->format == REMIT_JSON, look->chinese));
    return o->dry ? OK : led_commit(l, err);
}

RemitStatus remit_adopt(const RemitPolicy *policy, const RemitAdoptOptions *o,
                        const RemitLook *look, RemitWriter to, RemitError *error) {
    RemitStatus ready = need_bundle(policy, error);
    if (ready != REMIT_OK)
        return ready;
    Err err = {0};
    Arena a = {0};
    Buf out = {0};
    Ledger *l = NULL;
    LedOptions led = {.dir = text_of(o->ledger)};
    Status status = led_open(&led, &l, &err);
    if (status == OK)
        status = adopt_in(&policy->policy, o, look, l, &a, &out, &err);
    led_close(l);
    arena_free(&a);
    if (status == OK)
        return write_buf(to, &out, error);
    buf_free(&out);
    return give_as(error,
                   status == ERR_STATE || status == ERR_LIMIT ? REMIT_CALL : status_of(status),
                   status, &err);
}

static Status migrate_in(const RemitMigrateOptions *o, const RemitLook *look, Ledger *l, Arena *a,
                         Buf *out, Err *err) {
    const Bundle *b;
    Str bytes;
    Engine *e;
    EngineOptions none = {0};
    MigrateLeaf what = {.duty = text_of(o->duty),
                        .key = texts_of(a, o->key, o->key_count),
                        .key_count = (uint32_t)o->key_count,
                        .actor = text_of(o->actor)};
    if (what.key == NULL)
        return ERR_NOMEM;
    TRY(ledger_bundle(l, a, &b, &bytes, err));
    if (b == NULL)
        return err_say(err, ERR_NOTFOUND, "nothing was ever run against this ledger",
                       "这个账本还没有运行过");
    TRY(engine_open(b, bytes, l, &none, &e, err));
    Status status = put_migrated(out, e, b, &what, look->format == REMIT_JSON, look->chinese);
    if (status != OK)
        (void)err_as(err, status, engine_error(e));
    else if (!o->dry)
        status = engine_commit(e, err);
    engine_close(e);
    return status;
}

RemitStatus remit_migrate(const RemitMigrateOptions *o, const RemitLook *look, RemitWriter to,
                          RemitError *error) {
    Err err = {0};
    Arena a = {0};
    Buf out = {0};
    Ledger *l = NULL;
    LedOptions led = {.dir = text_of(o->ledger)};
    Status status = led_open(&led, &l, &err);
    if (status == OK)
        status = migrate_in(o, look, l, &a, &out, &err);
    led_close(l);
    arena_free(&a);
    return write_or_give(to, &out, status, &err, error);
}

/* ---- replays */

static bool replay_progress(void *ctx, uint64_t done, uint64_t of) {
    const RemitReplayOptions *o = ctx;
    return o->progress == NULL || o->progress(o->ctx, done, of) != 0;
}

static ReplayOptions replay_options(const RemitReplayOptions *o) {
    return (ReplayOptions){.dir = text_of(o->into),
                           .place = text_of(o->place),
                           .sync = o->into != NULL,
                           .progress = replay_progress,
                           .progress_ctx = (void *)(uintptr_t)o};
}

RemitStatus remit_replay(const RemitReplayOptions *o, const RemitLook *look, RemitWriter to,
                         RemitReplay *out, RemitError *error) {
    Record from;
    Err err = {0};
    ReplayResult result = {0};
    ReplayOptions opt = replay_options(o);
    *out = (RemitReplay){0};
    Status status = record_open(&from, text_of(o->ledger), &err);
    if (status == OK)
        status = replay_compared(&from, &opt, &result, &err);
    record_close(&from);
    *out = (RemitReplay){.inputs = result.inputs,
                         .entries = result.entries,
                         .same = status == OK && result.same,
                         .stopped = result.stopped};
    if (status == OK && result.digests)
        status = hex_of(result.digest, out->digest);
    if (status == OK && result.digests)
        status = hex_of(result.again, out->again);
    Buf words = {0};
    if (status == OK && result.differs)
        put_difference(&words, &result, look->format == REMIT_JSON, look->chinese);
    arena_free(&result.arena);
    RemitStatus written = status == OK && result.differs ? write_buf(to, &words, error) : REMIT_OK;
    if (status != OK || written != REMIT_OK)
        return status != OK ? give_status(error, status, &err) : written;
    if (out->same || out->stopped)
        return REMIT_OK;
    return result.differs
               ? give(error, REMIT_FAULT, "the journal does not follow from its inputs",
                      "日志与其输入得出的结果不符")
               : give(error, REMIT_FAULT, "the entries are the same, but the digests are not",
                      "各条相同，而摘要不同");
}

RemitStatus remit_what_if(const RemitPolicy *policy, const RemitWhatIfOptions *o,
                          const RemitLook *look, RemitTable table, RemitWriter json,
                          RemitError *error) {
    RemitStatus ready = need_bundle(policy, error);
    if (ready != REMIT_OK)
        return ready;
    Record from;
    Err err = {0};
    ShowLink link = {table, json};
    ReplayOptions opt = replay_options(&o->replay);
    opt.policy = policy->policy.bundle;
    opt.bytes = policy->policy.bytes;
    WhatIfOptions what = {
        .each = o->each, .json = look->format == REMIT_JSON, .chinese = look->chinese};
    Status status = record_open(&from, text_of(o->replay.ledger), &err);
    if (status == OK)
        status = what_if_replayed(&from, &opt, &what,
                                  (ShowSink){&link, show_begin, show_row, show_line}, &err);
    record_close(&from);
    return give_status(error, status, &err);
}

/* ---- proving */

RemitStatus remit_policy_sign(const RemitPolicy *policy, const char *key, RemitWriter to,
                              RemitError *error) {
    RemitStatus ready = need_bundle(policy, error);
    if (ready != REMIT_OK)
        return ready;
    Err err = {0};
    Buf out = {0};
    Status status = endorse(policy->policy.bundle, text_of(key), &out, &err);
    return write_or_give(to, &out, status, &err, error);
}

RemitStatus remit_policy_signed(const RemitPolicy *policy, const char *path,
                                const char *const *keys, size_t key_count, RemitError *error) {
    RemitStatus ready = need_bundle(policy, error);
    if (ready != REMIT_OK)
        return ready;
    if (policy->policy.program != NULL || path == NULL)
        return give(error, REMIT_CALL,
                    "a signed policy is required, and sources have no signature: remit build "
                    "--sign KEY --output FILE.remitc, then --policy FILE.remitc",
                    "要求政策有签名，而源文件没有：先 remit build --sign 密钥 --output "
                    "文件.remitc，再 --policy 文件.remitc");
    Err err = {0};
    Arena a = {0};
    Str *texts = texts_of(&a, keys, key_count);
    Status status = texts == NULL
                        ? ERR_NOMEM
                        : endorsed(policy->policy.bundle, text_of(path), texts, key_count, &err);
    arena_free(&a);
    return give_as(error, status == ERR_POLICY ? REMIT_CALL : status_of(status), status, &err);
}

RemitStatus remit_key_make(const char *path, const char *name, bool witness, RemitError *error) {
    Err err = {0};
    Status status =
        key_files_make(text_of(path), text_of(name), witness ? KEY_WITNESS : KEY_LOG, &err);
    return give_status(error, status, &err);
}

static void put_key_told(Buf *out, const Key *key, bool json) {
    const char *type = key->type == KEY_LOG ? "log" : "witness";
    put_text(out, json ? S("{\"name\":") : S("name    "));
    if (json)
        put_json_string(out, key->name);
    else
        put_text(out, key->name);
    put_text(out, json ? S(",\"id\":\"") : S("\nid      "));
    put_hex(out, key->id, KEY_ID);
    put_fmt(out, json ? "\",\"type\":\"%s\",\"public\":\"" : "\ntype    %s\npublic  ", type);
    put_key(out, key);
    put_text(out, json ? S("\"}\n") : S("\n"));
}

RemitStatus remit_key_show(const char *key, const RemitLook *look, RemitWriter to,
                           RemitError *error) {
    Err err = {0};
    Arena a = {0};
    Buf out = {0};
    Key found;
    Status status = key_any(text_of(key), &a, &found, &err);
    if (status == OK)
        put_key_told(&out, &found, look->format == REMIT_JSON);
    arena_free(&a);
    return status == OK ? write_buf(to, &out, error) : give_status(error, status, &err);
}

RemitStatus remit_key_rotate(const char *key, const char *next, uint64_t from, RemitWriter to,
                             RemitError *error) {
    Err err = {0};
    Arena a = {0};
    Buf out = {0};
    Key found;
    Status status = key_any(text_of(next), &a, &found, &err);
    if (status == OK)
        status = sign_rotation(text_of(key), &found, from, &out, &err);
    arena_free(&a);
    return write_or_give(to, &out, status, &err, error);
}

/* A ledger for its journal alone: no policy is needed. */
static Status journal_open(const char *dir, Ledger **out, Err *err) {
    LedOptions opt = {.dir = text_of(dir), .read_only = true};
    return led_open(&opt, out, err);
}

static Status export_write(void *ctx, Str bytes, Err *err) {
    RemitWriter *to = ctx;
    return write_all(*to, bytes) == OK
               ? OK
               : err_set(err, ERR_IO, "the exported journal cannot be written");
}

/* The words of a call that read a ledger. */
static RemitStatus ledger_status_told(RemitError *error, Ledger *l, Status status, Err *err) {
    if (status != OK && err->code == OK && l != NULL && led_error(l)->code != OK)
        *err = *led_error(l);
    led_close(l);
    return give_status(error, status, err);
}

RemitStatus remit_export(const char *ledger, RemitWriter to, RemitError *error) {
    Err err = {0};
    Ledger *l = NULL;
    bool differs = false;
    uint64_t block = 0;
    Status status = journal_open(ledger, &l, &err);
    if (status == OK)
        status = export_journal(l, led_size(l), export_write, &to, &differs, &block, &err);
    if (status == OK && differs) {
        status = ERR_POLICY;
        err_set(&err, status,
                "the ledger is damaged: the root that it keeps for entries %llu to %llu is not "
                "theirs; all is written as it is",
                (unsigned long long)(block * BLOCK_ENTRIES),
                (unsigned long long)(block * BLOCK_ENTRIES + BLOCK_ENTRIES - 1));
    }
    return ledger_status_told(error, l, status, &err);
}

RemitStatus remit_checkpoint(const char *ledger, const char *key, RemitWriter to,
                             RemitError *error) {
    Err err = {0};
    Ledger *l = NULL;
    Buf out = {0};
    Status status = journal_open(ledger, &l, &err);
    if (status == OK)
        status = sign_checkpoint(l, text_of(key), &out, &err);
    RemitStatus told = ledger_status_told(error, l, status, &err);
    if (told == REMIT_OK)
        return write_buf(to, &out, error);
    buf_free(&out);
    return told;
}

/* What shows a witness that the log goes on: opened into `shown`. */
static Status shown_open(const RemitCosignOptions *o, Arena *a, Shown *shown, Err *err) {
    shown->journal = text_of(o->journal);
    if (o->ledger != NULL)
        return journal_open(o->ledger, &shown->ledger, err);
    if (o->proof == NULL)
        return OK;
    Str bytes;
    Proof *proof = new (a, Proof, 1);
    if (proof == NULL)
        return ERR_NOMEM;
    TRY(os_read_file(text_of(o->proof), NOTE_MOST, a, &bytes, err));
    shown->proof = proof;
    return proof_take(bytes, a, proof, err);
}

static Status cosigned(const RemitCosignOptions *o, Arena *a, Shown *shown, Buf *out, Err *err) {
    Checkpoint c;
    Key log;
    TRY(checkpoint_read(text_of(o->checkpoint), a, &c, err));
    TRY(key_any(text_of(o->log), a, &log, err));
    TRY(shown_open(o, a, shown, err));
    int64_t at = 0;
    if (o->at != NULL && (instant_parse(text_of(o->at), &at) != OK || at < 0))
        return err_set(err, ERR_SYNTAX, "--at: \"%s\" is not an instant, as 2026-03-02T09:00:00Z",
                       o->at);
    uint64_t seconds = o->at != NULL ? (uint64_t)at / 1000 : o->seconds;
    return sign_seen(&c, &log, text_of(o->key), shown, seconds, out, err);
}

RemitStatus remit_cosign(const RemitCosignOptions *o, RemitWriter to, RemitError *error) {
    Err err = {0};
    Arena a = {0};
    Buf out = {0};
    Shown shown = {0};
    Status status = cosigned(o, &a, &shown, &out, &err);
    arena_free(&a);
    RemitStatus told = ledger_status_told(error, shown.ledger, status, &err);
    if (told == REMIT_OK)
        return write_buf(to, &out, error);
    buf_free(&out);
    return told;
}

static Status proved(const RemitProveOptions *o, bool json, Arena *a, Ledger **l, Buf *out,
                     Err *err) {
    Checkpoint c;
    ProveOptions opt = {.kind = o->consistency ? PROOF_CONSISTENCY : PROOF_INCLUSION,
                        .number = o->number,
                        .has_size = o->has_size,
                        .size = o->size,
                        .json = json};
    if (o->checkpoint != NULL) {
        TRY(checkpoint_read(text_of(o->checkpoint), a, &c, err));
        opt.checkpoint = &c;
    }
    TRY(journal_open(o->ledger, l, err));
    return prove(*l, &opt, out, err);
}

RemitStatus remit_prove(const RemitProveOptions *o, const RemitLook *look, RemitWriter to,
                        RemitError *error) {
    Err err = {0};
    Arena a = {0};
    Buf out = {0};
    Ledger *l = NULL;
    Status status = proved(o, look->format == REMIT_JSON, &a, &l, &out, &err);
    arena_free(&a);
    RemitStatus told = ledger_status_told(error, l, status, &err);
    if (told == REMIT_OK)
        return write_buf(to, &out, error);
    buf_free(&out);
    return told;
}

RemitStatus remit_attest(const RemitAttestOptions *o, RemitWriter to, RemitAttested *out,
                         RemitError *error) {
    Record r;
    Err err = {0};
    Buf file = {0};
    AttestRange range = {0};
    AttestOptions opt = {.from = o->from,
                         .has_to = o->has_to,
                         .to = o->to,
                         .key = text_of(o->key),
                         .checkpoint = text_of(o->checkpoint)};
    Status status = record_open(&r, text_of(o->ledger), &err);
    if (status == OK)
        status = attest(&r, &opt, &file, &range, &err);
    if (status != OK && err.code == OK && r.l != NULL && led_error(r.l)->code != OK)
        err = *led_error(r.l);
    record_close(&r);
    *out = (RemitAttested){range.from, range.to, file.n};
    if (status == OK)
        return write_buf(to, &file, error);
    buf_free(&file);
    return give_status(error, status, &err);
}

RemitStatus remit_verify(const RemitVerifyOptions *o, const RemitLook *look, RemitWriter to,
                         RemitError *error) {
    Err err = {0};
    Arena a = {0};
    Buf out = {0};
    bool whole = false;
    VerifyOptions opt = {.file = text_of(o->file),
                         .ledger = text_of(o->ledger),
                         .checkpoints = texts_of(&a, o->checkpoints, o->checkpoint_count),
                         .keys = texts_of(&a, o->keys, o->key_count),
                         .rotations = texts_of(&a, o->rotations, o->rotation_count),
                         .checkpoint_count = o->checkpoint_count,
                         .key_count = o->key_count,
                         .rotation_count = o->rotation_count,
                         .witnesses = o->witnesses,
                         .unsigned_too = o->unsigned_too,
                         .json = look->format == REMIT_JSON,
                         .chinese = look->chinese};
    bool room = opt.checkpoints != NULL && opt.keys != NULL && opt.rotations != NULL;
    Status status = room ? verify(&opt, &out, &whole, &err) : ERR_NOMEM;
    arena_free(&a);
    if (status != OK) {
        buf_free(&out);
        return give_status(error, status, &err);
    }
    return write_found(to, &out, whole, error);
}

/* ---- backups */

static BackupOptions backup_options(const RemitBackupOptions *o, const RemitLook *look) {
    return (BackupOptions){.ledger = text_of(o->ledger),
                           .file = text_of(o->file),
                           .rebuild = o->rebuild,
                           .quick = o->quick,
                           .json = look->format == REMIT_JSON,
                           .chinese = look->chinese};
}

/* Something stands where a file or a folder is to be made: the call is wrong. */
static RemitStatus give_made(RemitError *error, Status status, const Err *err) {
    return status == ERR_STATE ? give_as(error, REMIT_CALL, status, err)
                               : give_status(error, status, err);
}

RemitStatus remit_backup(const RemitBackupOptions *o, const RemitLook *look, RemitWriter to,
                         RemitError *error) {
    Err err = {0};
    Buf out = {0};
    BackupOptions opt = backup_options(o, look);
    Status status = backup_make(&opt, &out, &err);
    if (status == OK)
        return write_buf(to, &out, error);
    buf_free(&out);
    return give_made(error, status, &err);
}

RemitStatus remit_restore(const RemitBackupOptions *o, const RemitLook *look, RemitWriter to,
                          RemitError *error) {
    Err err = {0};
    Buf out = {0};
    bool whole = false;
    BackupOptions opt = backup_options(o, look);
    Status status = backup_restore(&opt, &out, &whole, &err);
    if (status != OK) {
        buf_free(&out);
        return give_made(error, status, &err);
    }
    return write_found(to, &out, whole, error);
}

/* A ledger anew from another's journal. */
static Status rebuild_anew(const RemitDoctorOptions *o, const RemitLook *look, Buf *out,
                           bool *whole, Err *err) {
    BackupOptions opt = {.ledger = text_of(o->rebuild),
                         .file = text_of(o->ledger),
                         .rebuild = true,
                         .folder = true,
                         .json = look->format == REMIT_JSON,
                         .chinese = look->chinese};
    return backup_restore(&opt, out, whole, err);
}

RemitStatus remit_doctor(const RemitDoctorOptions *o, const RemitLook *look, RemitWriter to,
                         RemitError *error) {
    Err err = {0};
    Buf out = {0};
    bool whole = false;
    DoctorOptions opt = {.ledger = text_of(o->ledger),
                         .place = text_of(o->place),
                         .replay = o->replay,
                         .json = look->format == REMIT_JSON,
                         .chinese = look->chinese};
    Status status = o->rebuild != NULL ? rebuild_anew(o, look, &out, &whole, &err)
                                       : doctor(&opt, &out, &whole, &err);
    if (status != OK) {
        buf_free(&out);
        return give_made(error, status, &err);
    }
    return write_found(to, &out, whole, error);
}

RemitStatus remit_explain(const char *code, const RemitLook *look, RemitWriter to,
                          RemitError *error) {
    char upper[16] = {0}; /* e0203 is E0203 */
    for (size_t i = 0; i + 1 < sizeof upper && code[i] != '\0'; i++)
        upper[i] = (char)(code[i] >= 'a' && code[i] <= 'z' ? code[i] - 'a' + 'A' : code[i]);
    const Page *page = page_of(text_of(upper), look->chinese);
    if (page != NULL && look->wrapped) {
        Buf out = {0};
        page_put(&out, page->text, columns_of(look), look->color);
        return write_buf(to, &out, error);
    }
    if (page != NULL)
        return give_written(error, write_all(to, page->text));
    Err err = {0};
    err_say(&err, ERR_NOTFOUND, "there is no code %s", "没有代码 %s", code);
    return give_as(error, REMIT_CALL, ERR_SYNTAX, &err);
}
