/* audit: replays: an entry at a time, the inputs to the engine, what comes of them compared. */
#include "engine/audit/replay.h"

#include <string.h>

#include "engine/audit/log.h"
#include "engine/base/json.h"
#include "engine/base/os.h"
#include "engine/run/adopt.h"
#include "engine/run/migrate.h"
#include "engine/run/retry.h"

enum { REPLAY_BATCH = 1000, REPLAY_BATCH_BYTES = 64 << 20 };

/* A reject of the journal, and where it stands in the fresh one. */
typedef struct Moved {
    uint64_t was, is;
} Moved;

typedef struct Replay {
    Record *from;
    const ReplayOptions *opt;
    ReplayResult *out;
    Err *err;
    Ledger *l;
    Engine *e;
    Kept kept;
    Arena arena; /* of the entry at hand */
    Buf line;
    VEC(Moved) rejects;
    uint64_t size;     /* of the journal that is replayed */
    uint64_t compared; /* entries of the fresh one */
    size_t in_batch;
    uint32_t version; /* of the policy, under which it goes on */
    bool has_clock;   /* a clock entry before the moment that nothing was taken behind yet */
    int64_t clock;
} Replay;

static Status fail(Replay *r, Status status) {
    const Err *why = r->e == NULL ? NULL : engine_error(r->e);
    return status == OK ? OK : err_as(r->err, status, why);
}

/* ---- inputs */

static Status take(Replay *r, const Input *in) {
    Retried retried;
    /* What was taken may have been refused before, which a plain call would not try again. */
    TRY(fail(r, engine_retry(r->e, in, &r->arena, &retried)));
    return retried.refused ? fail(r, engine_take(r->e, in)) : OK;
}

static Status refuse(Replay *r, Refusal why, Str raw) {
    why.raw = raw;
    return fail(r, engine_refuse(r->e, &why));
}

/* An event that came, under the numbers of its own policy. */
static Status take_event(Replay *r, const EventLeaf *e) {
    Input in = {.event = e->event,
                .time = e->time,
                .id = e->id,
                .source = e->source,
                .actor = e->actor,
                .fields = e->fields,
                .field_count = e->field_count};
    if (r->opt->policy == NULL)
        return take(r, &in);
    buf_reset(&r->line);
    put_event_line(&r->line, r->from->b, &r->from->render.zone, &in);
    TRY(buf_status(&r->line));
    RejectLeaf line = {.raw = buf_str(&r->line)};
    Refusal why;
    bool refused;
    TRY(kept_read(&r->kept, &line, &refused, &why));
    if (refused)
        return refuse(r, why, line.raw);
    TRY(kept_event(&r->kept, 0, &in));
    return take(r, &in);
}

/* What was kept of a line that could not be read may be less than what came: its beginning, or
 * bytes without their encoding. It is refused again in the words that stand behind its entry. */
static Status words_kept(Replay *r, uint64_t index, Refusal *why) {
    Str bytes, kept;
    Leaf leaf;
    TRY(led_leaf(r->from->l, index + 1, &bytes));
    TRY(arena_str(&r->arena, bytes, &kept));
    TRY(take_leaf(kept, &r->arena, &leaf));
    if (leaf.kind != LEAF_EFFECT || leaf.effect.id != EFFECT_REJECTED)
        return ERR_DAMAGED;
    Value message = effect_value(&leaf.effect, S("message"));
    if (message.kind == V_TEXT)
        why->message = value_str(message);
    return OK;
}

/* What was refused: read again, and refused as it stands, or by the engine. */
static Status take_reject(Replay *r, uint64_t index, const RejectLeaf *reject) {
    Refusal why;
    bool refused;
    TRY(kept_read(&r->kept, reject, &refused, &why));
    engine_bound(r->e, reject->reason == REJECT_FUTURE, reject->bound);
    Status status = OK;
    if (refused) {
        why.source = reject->source;
        why.id = reject->id;
        if (reject->reason == REJECT_MALFORMED && why.reason == REJECT_MALFORMED)
            TRY(words_kept(r, index, &why));
        status = refuse(r, why, reject->raw);
    }
    for (uint32_t i = 0; !refused && status == OK && i < r->kept.count; i++) {
        Input in;
        TRY(kept_event(&r->kept, i, &in));
        in.raw = reject->raw;
        status = fail(r, engine_take(r->e, &in));
    }
    engine_bound(r->e, false, 0);
    TRY(status);
    if (led_size(r->l) < 2)
        return OK;
    /* The effect that tells it stands behind it. */
    Moved moved = {index, led_size(r->l) - 2};
    return vec_push(&r->rejects, moved) ? OK : ERR_NOMEM;
}

/* A reject was taken after all. Under another policy it may have been taken at once. */
static Status take_retried(Replay *r, const RetriedLeaf *retried) {
    for (size_t from = 0, to = r->rejects.n; from < to;) {
        size_t middle = from + (to - from) / 2;
        const Moved *m = &r->rejects.at[middle];
        Str bytes;
        if (m->was == retried->reject) {
            TRY(led_leaf(r->l, m->is, &bytes));
            return bytes.n > 0 && bytes.p[0] == LEAF_REJECT
                       ? fail(r, engine_retried(r->e, m->is, retried->events))
                       : OK;
        }
        if (m->was < retried->reject)
            from = middle + 1;
        else
            to = middle;
    }
    return r->opt->policy == NULL ? ERR_DAMAGED : OK;
}

/* The ledger's next version is adopted again; another policy than its own stays. */
static Status take_policy(Replay *r, const PolicyLeaf *policy) {
    Str given, bytes;
    const Bundle *b;
    Adopted adopted;
    EngineOptions engine = {.watch = r->opt->watch};
    if (r->opt->policy != NULL)
        return OK;
    TRY(fail(r, engine_settle(r->e)));
    engine_close(r->e);
    r->e = NULL;
    TRY(ledger_given(r->from->l, ++r->version, &r->arena, &given, r->err));
    TRY(ledger_adopt(r->l, given, (AdoptFrom){true, policy->from}, &r->arena, &adopted, r->err));
    TRY(ledger_bundle(r->l, &r->out->arena, &b, &bytes, r->err));
    kept_free(&r->kept);
    r->kept = (Kept){.b = b, .source = S("remit:input")};
    if (r->from->grows) {
        TRY(arena_str(&r->from->arena, bytes, &given));
        TRY(bundle_take(given, &r->from->arena, &r->from->b, r->err));
        TRY(render_init(&r->from->render, r->from->b, led_name(r->from->l), &r->from->arena));
    }
    return engine_open(b, bytes, r->l, &engine, &r->e, r->err);
}

/* What an input's entry says (leaf_is_input). */
static Status take_again(Replay *r, uint64_t index, const Leaf *leaf) {
    if (leaf->kind == LEAF_EVENT)
        return take_event(r, &leaf->event);
    if (leaf->kind == LEAF_TICK)
        return fail(r, engine_tick(r->e, leaf->time));
    if (leaf->kind == LEAF_REJECT)
        return take_reject(r, index, &leaf->reject);
    if (leaf->kind == LEAF_POLICY)
        return take_policy(r, &leaf->policy);
    if (leaf->kind == LEAF_MIGRATE) /* under another policy there is only one version */
        return r->opt->policy == NULL ? fail(r, engine_migrate(r->e, &leaf->migrate, NULL, NULL))
                                      : OK;
    return take_retried(r, &leaf->retried);
}

/* ---- what came of it */

static Status entry_words(Replay *r, uint64_t index, Str bytes, Str *out) {
    Leaf leaf;
    Buf text = {0};
    Str kept;
    TRY(arena_str(&r->arena, bytes, &kept));
    Status status = take_leaf(kept, &r->arena, &leaf);
    if (status == OK && leaf_fits(&leaf, r->from->b)) {
        if (leaf.kind == LEAF_EFFECT)
            leaf.effect.index = index;
        put_entry_text(&text, r->from, index, &leaf);
    } else if (status == OK || status == ERR_DAMAGED || status == ERR_VERSION) {
        put_fmt(&text, "%8llu  no entry of this policy", (unsigned long long)index);
        status = OK;
    }
    if (status == OK)
        status = buf_status(&text);
    if (status == OK)
        status = arena_str(&r->out->arena, buf_str(&text), out);
    buf_free(&text);
    return status;
}

static Status differs(Replay *r, uint64_t at, Str was, Str is) {
    r->out->differs = true;
    r->out->at = at;
    if (was.n > 0)
        TRY(entry_words(r, at, was, &r->out->was));
    return is.n > 0 ? entry_words(r, at, is, &r->out->is) : OK;
}

/* The entries that came since the last look. */
static Status compare_new(Replay *r) {
    uint64_t size = led_size(r->l);
    for (; r->compared < size && !r->out->differs; r->compared++) {
        Str was = {NULL, 0}, kept, is;
        if (r->compared < r->size)
            TRY(led_leaf(r->from->l, r->compared, &was));
        TRY(arena_str(&r->arena, was, &kept));
        TRY(led_leaf(r->l, r->compared, &is));
        if (!str_eq(kept, is))
            TRY(differs(r, r->compared, kept, is));
    }
    return OK;
}

static Status commit(Replay *r, uint64_t index) {
    r->in_batch = 0;
    TRY(engine_commit(r->e, r->err));
    if (r->opt->progress != NULL && !r->opt->progress(r->opt->progress_ctx, index, r->size))
        r->out->stopped = true;
    return OK;
}

/* ---- from entry to entry */

/* Whether the moment is before this entry. */
static bool is_past(const Replay *r, uint64_t index, const Leaf *leaf) {
    const Moment *m = &r->opt->until;
    return (m->has_index && index > m->index) ||
           (m->has_instant && leaf->kind == LEAF_CLOCK && leaf->time > m->instant);
}

static Status one(Replay *r, uint64_t index, bool *past) {
    Str bytes, kept;
    Leaf leaf;
    TRY(led_leaf(r->from->l, index, &bytes));
    uint8_t kind = bytes.n > 0 ? (uint8_t)bytes.p[0] : 0;
    *past = r->opt->until.has_index && index > r->opt->until.index;
    if (*past || (kind != LEAF_CLOCK && !leaf_is_input(kind)))
        return OK;
    arena_reset(&r->arena);
    TRY(arena_str(&r->arena, bytes, &kept));
    TRY(take_leaf(kept, &r->arena, &leaf));
    if (!leaf_fits(&leaf, r->from->b))
        return ERR_DAMAGED;
    *past = is_past(r, index, &leaf);
    if (kind == LEAF_CLOCK && !*past) {
        r->has_clock = true;
        r->clock = leaf.time;
    }
    if (*past || kind == LEAF_CLOCK)
        return OK;
    r->has_clock = false;
    if (r->opt->watch != NULL)
        r->opt->watch->waits = index != r->opt->watched;
    TRY(take_again(r, index, &leaf));
    r->out->inputs++;
    if (r->opt->compare)
        TRY(compare_new(r));
    if (++r->in_batch >= REPLAY_BATCH || led_pending(r->l) > REPLAY_BATCH_BYTES)
        return commit(r, index);
    return OK;
}

/* The clock goes to the moment, where the journal went on beyond it. */
static Status to_moment(Replay *r) {
    int64_t clock;
    const Moment *m = &r->opt->until;
    bool known = engine_clock(r->e, &clock);
    if (m->has_instant)
        return known && clock <= m->instant ? fail(r, engine_tick(r->e, m->instant)) : OK;
    return r->has_clock ? fail(r, engine_move(r->e, r->clock)) : OK;
}

static Status inside(Replay *r) {
    bool past = false;
    for (uint64_t i = 1; i < r->size && !past && !r->out->differs && !r->out->stopped; i++) {
        Status status = one(r, i, &past);
        if (status != OK)
            return r->err->code != OK ? status : entry_fails(r->err, status, i);
    }
    if (past)
        TRY(to_moment(r));
    if (r->opt->compare && !r->out->differs && !past && led_size(r->l) < r->size) {
        Str was, kept;
        TRY(led_leaf(r->from->l, led_size(r->l), &was));
        TRY(arena_str(&r->arena, was, &kept));
        TRY(differs(r, led_size(r->l), kept, (Str){NULL, 0}));
    }
    return commit(r, r->size);
}

static Status begin(Replay *r) {
    const Bundle *b = r->opt->policy;
    Str bytes = r->opt->bytes, kept;
    LedOptions led = {
        .dir = r->opt->dir, .name = led_name(r->from->l), .create = true, .no_sync = !r->opt->sync};
    EngineOptions engine = {.watch = r->opt->watch};
    Bundle *first;
    if (b == NULL)
        TRY(ledger_given(r->from->l, 0, &r->arena, &bytes, r->err));
    TRY(arena_str(&r->out->arena, bytes, &kept));
    if (b == NULL) {
        TRY(bundle_take(kept, &r->out->arena, &first, r->err));
        b = first;
    }
    TRY(led_open(&led, &r->l, r->err));
    if (!led_is_new(r->l))
        return err_say(r->err, ERR_MISMATCH, "%.*s: a ledger stands there already",
                       "%.*s：那里已经有账本", STR_ARG(r->opt->dir));
    r->kept = (Kept){.b = b, .source = S("remit:input")};
    return engine_open(b, kept, r->l, &engine, &r->e, r->err);
}

static Status replay(Record *from, const ReplayOptions *opt, ReplayResult *out, Err *err) {
    Replay r = {.from = from, .opt = opt, .out = out, .err = err};
    *out = (ReplayResult){0};
    r.size = led_size(from->l);
    Status status = begin(&r);
    if (status == OK)
        status = inside(&r);
    out->entries = r.l == NULL ? 0 : led_size(r.l);
    engine_close(r.e);
    led_close(r.l);
    kept_free(&r.kept);
    arena_free(&r.arena);
    buf_free(&r.line);
    vec_free(&r.rejects);
    return status == OK ? OK : err_status(err, status);
}

Status replay_in_memory(Record *from, ReplayResult *out, Err *err) {
    ReplayOptions opt = {.compare = true};
    return replay(from, &opt, out, err);
}

/* ---- compared */

Status replay_then(Record *from, const ReplayOptions *opt, ReplayResult *out,
                   Status (*then)(void *ctx, Record *fresh, Err *err), void *ctx, Err *err) {
    Arena a = {0};
    Record fresh = {0};
    ReplayOptions o = *opt;
    bool temporary = o.dir.n == 0;
    *out = (ReplayResult){0};
    Status status = temporary ? os_make_temporary(o.place, &a, &o.dir, err) : OK;
    if (status == OK)
        status = replay(from, &o, out, err);
    if (status == OK && !out->differs && !out->stopped) {
        status = record_open(&fresh, o.dir, err);
        if (status == OK)
            status = then(ctx, &fresh, err);
        record_close(&fresh);
    }
    if (temporary && o.dir.n > 0) {
        Status gone = os_remove_folder(o.dir, status == OK ? err : NULL);
        status = status == OK ? gone : status;
    }
    arena_free(&a);
    return status;
}

typedef struct Digests {
    Record *from;
    ReplayResult *out;
} Digests;

static Status digests(void *ctx, Record *fresh, Err *err) {
    const Digests *d = ctx;
    TRY(led_digest(d->from->l, d->out->digest, err));
    TRY(led_digest(fresh->l, d->out->again, err));
    d->out->digests = true;
    d->out->same = memcmp(d->out->digest, d->out->again, sizeof d->out->digest) == 0;
    return OK;
}

Status replay_compared(Record *from, const ReplayOptions *opt, ReplayResult *out, Err *err) {
    ReplayOptions o = *opt;
    Digests both = {from, out};
    o.compare = true;
    return replay_then(from, &o, out, digests, &both, err);
}

static void put_side(Buf *out, const char *name, Str words, const char *none) {
    put_fmt(out, "  %s  ", name);
    put_text(out, words.n > 0 ? words : str_of(none));
    put_text(out, S("\n"));
}

void put_difference(Buf *out, const ReplayResult *r, bool json, bool chinese) {
    unsigned long long at = (unsigned long long)r->at;
    if (json) {
        put_fmt(out, "{\"entry\":%llu,\"was\":", at);
        put_json_string(out, r->was);
        put_text(out, S(",\"is\":"));
        put_json_string(out, r->is);
        put_text(out, S("}\n"));
        return;
    }
    put_fmt(out,
            chinese ? "重新运行的结果从第 %llu 条起不同\n" : "the replay differs at entry %llu\n",
            at);
    put_side(out, chinese ? "原为" : "was", r->was,
             chinese ? "无：日志在此之前结束" : "nothing: the journal ends before it");
    put_side(out, chinese ? "现为" : "is ", r->is,
             chinese ? "无：重新运行在此之前结束" : "nothing: the replay ends before it");
}

/* ---- the past */

static Status moment_of(const Record *r, const Asof *asked, Moment *out, Err *err) {
    *out = (Moment){.has_index = asked->has_index, .index = asked->index};
    if (asked->has_index && asked->index >= led_size(r->l))
        return err_say(err, ERR_SYNTAX, "there is no entry %llu: the journal has %llu, from 0",
                       "没有第 %llu 条：日志有 %llu 条，从 0 数起",
                       (unsigned long long)asked->index, (unsigned long long)led_size(r->l));
    out->has_instant = asked->text.n > 0;
    return out->has_instant ? record_moment(r, asked->text, true, &out->instant, err) : OK;
}

static Status replay_past(Record *now, Record *past, const Asof *asked, Err *err) {
    ReplayOptions opt = {0};
    ReplayResult result = {0};
    TRY(moment_of(now, asked, &opt.until, err));
    TRY(os_make_temporary(asked->place, &past->arena, &opt.dir, err));
    past->temporary = opt.dir;
    Status status = replay(now, &opt, &result, err);
    arena_free(&result.arena);
    return status;
}

Status record_open_at(Record *r, Str dir, const Asof *when, Err *err) {
    if (!when->has_index && when->text.n == 0)
        return record_open(r, dir, err);
    Record now, past = {0};
    *r = (Record){0};
    Status status = record_open(&now, dir, err);
    if (status == OK)
        status = replay_past(&now, &past, when, err);
    record_close(&now);
    if (status == OK)
        status = record_open(r, past.temporary, err);
    Str kept = {NULL, 0};
    if (status == OK)
        status = arena_str(&r->arena, past.temporary, &kept);
    if (status == OK) {
        r->temporary = kept;
        past.temporary.n = 0; /* it goes with r */
    }
    record_close(&past);
    return status;
}
