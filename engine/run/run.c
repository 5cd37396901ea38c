/* run: files through the engine, batch by batch. */
#include "engine/run/run_int.h"

#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/sha256.h"
#include "engine/code/meaning.h"
#include "engine/run/adopt.h"

enum { RUN_BATCH = 1000, RUN_BATCH_BYTES = 64 << 20 };

Status run_fail(Run *r, Status status) {
    const Err *why = r->engine == NULL ? NULL : engine_error(r->engine);
    return status == OK ? OK : err_as(r->err, status, why);
}

Status run_commit(Run *r) {
    TRY(engine_commit(r->engine, r->err));
    TRY(outbox_flush(&r->outbox, r->err));
    r->in_batch = 0;
    r->out->counts = *engine_counts(r->engine);
    if (r->opt->progress != NULL &&
        !r->opt->progress(r->opt->progress_ctx, &r->out->counts, r->out->bytes))
        r->out->stopped = true;
    return OK;
}

static Status run_one(Run *r, Reading what, const Input *event, const Refusal *refusal) {
    Status status =
        what == READ_EVENT ? engine_take(r->engine, event) : engine_refuse(r->engine, refusal);
    return run_fail(r, status);
}

Status run_counted(Run *r) {
    if (++r->in_batch >= r->batch || led_pending(r->ledger) > RUN_BATCH_BYTES)
        return run_commit(r);
    return OK;
}

/* Where a refused line stood, for `show rejected`; outside the digest. */
static Status note_place(Run *r, const Feed *f, uint64_t at, uint64_t rejects_before) {
    uint64_t now = 0;
    for (int i = 0; i < REJECT_REASONS; i++)
        now += engine_counts(r->engine)->rejected[i];
    if (now == rejects_before)
        return OK;
    Buf key = {0}, value = {0};
    put_text(&key, S("place:"));
    put_key_u64(&key, led_size(r->ledger) - 1);
    put_varint(&value, at);
    put_str(&value, f->file.path);
    if (f->by != NULL)
        put_varint(&value, f->line);
    Status status = key.failed || value.failed
                        ? ERR_NOMEM
                        : led_put(r->ledger, LED_LOCAL, buf_str(&key), buf_str(&value));
    buf_free(&key);
    buf_free(&value);
    return status;
}

static uint64_t rejects(const Engine *e) {
    uint64_t n = 0;
    for (int i = 0; i < REJECT_REASONS; i++)
        n += engine_counts(e)->rejected[i];
    return n;
}

static Status run_feed(Run *r, size_t number) {
    Feed feed;
    EventReader reader = {.b = r->p->bundle,
                          .arena = engine_arena(r->engine),
                          .source = r->opt->source,
                          .zone = {.zone = bundle_zone(r->p->bundle)}};
    Status status = input_open(r->p, r->opt, number, &r->keep, &feed, r->err);
    uint64_t before = r->out->bytes;
    while (status == OK && !r->out->stopped) {
        Reading what;
        Input event;
        Refusal refusal;
        uint64_t at;
        bool over;
        status = feed_next(&feed, &reader, &what, &event, &refusal, &at, &over, r->err);
        r->out->bytes = before + feed.offset;
        if (status != OK || over)
            break;
        uint64_t refused = rejects(r->engine);
        status = run_one(r, what, &event, &refusal);
        if (status == OK)
            status = note_place(r, &feed, at, refused); /* in the commit of what it is about */
        if (status == OK)
            status = run_counted(r);
    }
    feed_close(&feed);
    return status;
}

/* Whether two bundles do the same. */
static Status mean_same(Str a, Str b, bool *same) {
    uint8_t of_a[SHA256_BYTES], of_b[SHA256_BYTES];
    TRY(bundle_meaning(a, false, of_a));
    TRY(bundle_meaning(b, false, of_b));
    *same = memcmp(of_a, of_b, sizeof of_a) == 0;
    return OK;
}

/* From now on the ledger's own bundle counts: what is read goes by its numbers. */
static void run_as(Run *r, const Bundle *b, Str bytes) {
    r->own = *r->p;
    r->own.bundle = (Bundle *)(uintptr_t)b;
    r->own.bytes = bytes;
    r->p = &r->own;
}

static Status refuse_other(Run *r, const Bundle *ledgers) {
    const Bundle *is = r->p->bundle;
    const VersionDef *last = &ledgers->versions[ledgers->version_count - 1];
    Buf a = {0}, b = {0};
    put_hex(&a, last->hash.p, last->hash.n);
    put_hex(&b, is->hash, sizeof is->hash);
    Status status =
        err_say(r->err, ERR_MISMATCH,
                "the ledger runs under another bundle\n"
                "  the ledger's  %.*s  \"%.*s\" version %.*s\n"
                "  this one      %.*s  \"%.*s\" version %.*s\n"
                "to let the ledger go on under this one: remit adopt --ledger DIR --policy PATH",
                "账本用的是另一个编译包\n"
                "  账本的  %.*s  “%.*s”版本 %.*s\n"
                "  这一个  %.*s  “%.*s”版本 %.*s\n"
                "要让账本改用这一个：remit adopt --ledger 账本 --policy 政策",
                STR_ARG(buf_str(&a)), STR_ARG(ledgers->policy), STR_ARG(last->version),
                STR_ARG(buf_str(&b)), STR_ARG(is->policy), STR_ARG(is->version));
    buf_free(&a);
    buf_free(&b);
    return status;
}

/* The ledger goes on under its own bundle, of all its versions. The policy given must be its newest
 * one, or differ from that in remarks, layout or tests alone. */
static Status run_under(Run *r) {
    const Bundle *ledgers;
    Str bytes, newest;
    bool same;
    TRY(ledger_bundle(r->ledger, &r->keep, &ledgers, &bytes, r->err));
    if (ledgers == NULL)
        return OK;
    TRY(ledger_given(r->ledger, ledgers->version_count - 1, &r->keep, &newest, r->err));
    same = str_eq(newest, r->p->bytes);
    if (!same && mean_same(newest, r->p->bytes, &same) == OK)
        r->out->reworded = same;
    if (!same)
        return refuse_other(r, ledgers);
    run_as(r, ledgers, bytes);
    return OK;
}

Status run_open(Run *r) {
    TRY(inputs_check(r->p, r->opt, r->err)); /* a wrong call leaves no trace */
    LedOptions led = {.dir = r->opt->ledger,
                      .name = r->opt->name,
                      .create = !r->existing,
                      .no_sync = r->opt->no_sync};
    TRY(led_open(&led, &r->ledger, r->err));
    EngineOptions engine = {.has_not_after = r->opt->has_not_after, .not_after = r->opt->not_after};
    engine.sink = outbox_sink(&r->sink);
    r->sink = (OutboxSink){&r->outbox, NULL};
    r->outbox.file.fd = -1;
    r->outbox.write = r->opt->write;
    r->outbox.ctx = r->opt->write_ctx;
    r->outbox.readable = r->opt->readable;
    TRY(run_under(r));
    TRY(engine_open(r->p->bundle, r->p->bytes, r->ledger, &engine, &r->engine, r->err));
    r->sink.engine = r->engine;
    if (r->opt->effects.n > 0)
        return outbox_open_file(&r->outbox, r->opt->effects, r->engine, r->ledger, &r->keep,
                                r->err);
    return OK;
}

static Status run_inside(Run *r) {
    TRY(run_open(r));
    for (size_t i = 0; i < r->opt->event_count && !r->out->stopped; i++)
        TRY(run_feed(r, i));
    if (r->opt->has_until && !r->out->stopped)
        TRY(run_fail(r, engine_tick(r->engine, r->opt->until)));
    return run_commit(r);
}

void job_begin(Run *r, const Policy *p, const RunOptions *opt, RunResult *out, Err *err) {
    *r = (Run){.p = p,
               .opt = opt,
               .out = out,
               .err = err,
               .batch = opt->batch == 0 ? RUN_BATCH : opt->batch};
    *out = (RunResult){0};
}

void job_end(Run *r) {
    if (r->engine != NULL) {
        r->out->counts = *engine_counts(r->engine);
        r->out->has_clock = engine_clock(r->engine, &r->out->clock);
    }
    engine_close(r->engine);
    led_close(r->ledger);
    outbox_close(&r->outbox);
    arena_free(&r->keep);
}

Status run_all(const Policy *p, const RunOptions *opt, RunResult *out, Err *err) {
    Run r;
    job_begin(&r, p, opt, out, err);
    Status status = run_inside(&r);
    job_end(&r);
    return status == OK ? OK : err_status(err, status);
}
