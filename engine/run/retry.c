/* run: rejects read again, and taken. */
#include "engine/run/retry.h"

#include "engine/base/json.h"
#include "engine/run/run_int.h"

/* The members of what is kept of a row or a record. Empty: it is not there. */
typedef struct Parts {
    Str feed, columns, record, row, start;
} Parts;

/* Whether it is an object of just these members: no event has them. */
static bool parts_read(Json *j, Parts *out) {
    static const Str names[] = {
        {"feed", 4}, {"columns", 7}, {"record", 6}, {"beginning", 9}, {"row", 3}};
    Str *const slots[] = {&out->feed, &out->columns, &out->record, &out->start, &out->row};
    Str name;
    if (json_peek(j) != '{' || !json_object_begin(j))
        return false;
    while (json_object_next(j, &name)) {
        size_t i = 0;
        while (i < 5 && !str_eq(name, names[i]))
            i++;
        if (i == 5 || (i == 4 ? !json_skip(j, slots[i]) : !json_string(j, slots[i])))
            return false;
    }
    return json_done(j) && (out->feed.n > 0 || out->columns.n > 0);
}

static Status refused_as(Refusal *why, bool *refused, RejectReason reason, const char *message) {
    *refused = true;
    *why = (Refusal){.reason = reason, .message = str_of(message)};
    return OK;
}

/* ---- rows of feeds */

static Status kept_mapper(Kept *k, uint32_t feed, const Parts *parts) {
    if (k->mapper != NULL && str_eq(k->feed, parts->feed) && str_eq(k->columns, parts->columns))
        return OK;
    mapper_close(k->mapper);
    k->mapper = NULL;
    arena_reset(&k->names);
    TRY(arena_str(&k->names, parts->feed, &k->feed));
    TRY(arena_str(&k->names, parts->columns, &k->columns));
    TRY(mapper_open(k->b, feed, k->source, &k->mapper));
    if (k->b->feeds[feed].json)
        return OK;
    Err err = {0};
    Status status = mapper_header(k->mapper, k->columns, S("the file"), &err);
    if (status != OK) {
        mapper_close(k->mapper);
        k->mapper = NULL;
    }
    return status;
}

static Status kept_row(Kept *k, const Parts *parts, bool *refused, Refusal *why) {
    int32_t feed = bundle_feed(k->b, parts->feed);
    if (feed < 0)
        return refused_as(why, refused, REJECT_SCHEMA, "the policy has no feed of its name");
    if (parts->start.n > 0)
        return refused_as(why, refused, REJECT_MALFORMED, "only the beginning of it is kept");
    Status status = kept_mapper(k, (uint32_t)feed, parts);
    if (status == ERR_SYNTAX)
        return refused_as(why, refused, REJECT_SCHEMA,
                          "the file in which it came had not the columns of the feed");
    TRY(status);
    Str row = k->b->feeds[feed].json ? parts->row : parts->record;
    TRY(mapper_row(k->mapper, row, false, &k->count, refused));
    k->mapped = true;
    return *refused ? mapper_refusal(k->mapper, &k->seen, why) : OK;
}

/* ---- lines */

static Status kept_line(Kept *k, const RejectLeaf *reject, const Parts *parts, Str line,
                        bool *refused, Refusal *why) {
    Reading what;
    uint32_t n = 0;
    Str *columns = NULL;
    if (parts->columns.n > 0) {
        Status status = csv_cells(parts->columns, csv_plain, &k->arena, &columns, &n);
        if (status != OK)
            return status == ERR_SYNTAX
                       ? refused_as(why, refused, REJECT_MALFORMED, "its columns cannot be read")
                       : status;
    }
    for (uint32_t i = 0; i < n; i++)
        columns[i] = str_trim(columns[i]);
    k->reader.columns = columns;
    k->reader.column_count = n;
    if (n > 0)
        TRY(event_read_csv(&k->reader, parts->record, &what, &k->event, why));
    else
        TRY(event_read(&k->reader, line, &what, &k->event, why));
    if (what == READ_NOTHING)
        return refused_as(why, refused, REJECT_MALFORMED, "nothing is in it");
    *refused = what == READ_REFUSED;
    k->count = what == READ_EVENT;
    if (what == READ_EVENT && k->event.made_id) { /* as it was made in its file */
        k->event.id = reject->id;
        k->event.source = reject->source;
    }
    return OK;
}

Status kept_read(Kept *k, const RejectLeaf *reject, bool *refused, Refusal *why) {
    arena_reset(&k->arena);
    seen_free(&k->seen);
    k->count = 0;
    k->mapped = *refused = false;
    k->reader = (EventReader){.b = k->b,
                              .arena = &k->arena,
                              .source = k->source,
                              .seen = &k->seen,
                              .zone = {.zone = bundle_zone(k->b)}};
    Parts parts = {0};
    Json j;
    TRY(json_over(reject->raw, &k->arena, &j));
    Str line = {j.p, reject->raw.n};
    if (!parts_read(&j, &parts)) {
        if (j.status == ERR_NOMEM)
            return ERR_NOMEM;
        parts = (Parts){0};
    }
    return parts.feed.n > 0 ? kept_row(k, &parts, refused, why)
                            : kept_line(k, reject, &parts, line, refused, why);
}

Status kept_event(Kept *k, uint32_t i, Input *out) {
    *out = k->event;
    return k->mapped ? mapper_event(k->mapper, i, &k->seen, out) : OK;
}

void kept_free(Kept *k) {
    mapper_close(k->mapper);
    arena_free(&k->arena);
    arena_free(&k->names);
    seen_free(&k->seen);
}

/* ---- all of them */

typedef struct Retry {
    Run *run;
    const RetryOptions *opt;
    RetryResult *out;
    Kept kept;
    Arena arena; /* of the reject at hand */
    VEC(uint64_t) rejects;
} Retry;

/* The rejects that have not been taken yet. */
static Status rejects_find(Retry *r) {
    Buf from = {0};
    Status status = OK;
    for (bool found = true; status == OK;) {
        Str key, value;
        status =
            led_next(r->run->ledger, LED_REJECT, buf_str(&from), from.n > 0, &key, &value, &found);
        if (status != OK || !found)
            break;
        Take t = take_from(key);
        uint64_t index = take_key_u64(&t);
        if (value.n == 1 && !vec_push(&r->rejects, index))
            status = ERR_NOMEM;
        buf_reset(&from);
        put_bytes(&from, key.p, key.n);
        status = status == OK ? buf_status(&from) : status;
    }
    buf_free(&from);
    return status;
}

static Status leaf_at(Retry *r, uint64_t index, Leaf *out) {
    Str bytes, kept;
    TRY(led_leaf(r->run->ledger, index, &bytes));
    TRY(arena_str(&r->arena, bytes, &kept));
    return take_leaf(kept, &r->arena, out);
}

static bool is_asked(const RetryOptions *opt, const RejectLeaf *reject, const Effect *told) {
    Value type = told->values[5];
    return (opt->reason.n == 0 || str_eq(opt->reason, reject_text((RejectReason)reject->reason))) &&
           (opt->from.n == 0 || str_eq(opt->from, reject->source)) &&
           (opt->id.n == 0 || str_eq(opt->id, reject->id)) &&
           (opt->type.n == 0 || (type.kind == V_TEXT && str_eq(opt->type, value_str(type))));
}

/* Takes the events of a reject; *again: what is refused again of them, or of it as a whole. */
static Status take_again(Retry *r, const RejectLeaf *reject, RetryTold *told) {
    Refusal why;
    bool refused;
    TRY(kept_read(&r->kept, reject, &refused, &why));
    if (refused) {
        told->now = RETRY_REFUSED;
        told->reason = why.reason;
        told->field = why.field;
        told->message = why.message;
        return OK;
    }
    told->now = RETRY_KNOWN;
    for (uint32_t i = 0; i < r->kept.count; i++) {
        Input event;
        Retried retried;
        TRY(kept_event(&r->kept, i, &event));
        TRY(run_fail(r->run, engine_retry(r->run->engine, &event, &r->arena, &retried)));
        if (retried.refused) {
            told->now = RETRY_REFUSED;
            told->reason = retried.reason;
            told->field = retried.field;
            told->message = retried.message;
        } else if (!retried.repeated) {
            told->events++;
            told->now = told->now == RETRY_REFUSED ? RETRY_REFUSED : RETRY_TAKEN;
        }
    }
    return OK;
}

static Status retry_one(Retry *r, uint64_t index) {
    Leaf leaf, effect;
    arena_reset(&r->arena);
    TRY(leaf_at(r, index, &leaf));
    TRY(leaf_at(r, index + 1, &effect));
    if (leaf.kind != LEAF_REJECT || effect.kind != LEAF_EFFECT)
        return ERR_DAMAGED;
    if (!is_asked(r->opt, &leaf.reject, &effect.effect))
        return OK;
    RetryTold told = {.index = index, .reject = &leaf.reject};
    TRY(take_again(r, &leaf.reject, &told));
    if (told.now != RETRY_REFUSED)
        TRY(run_fail(r->run, engine_retried(r->run->engine, index, told.events)));
    r->out->tried++;
    r->out->now[told.now]++;
    if (r->opt->told != NULL)
        TRY(r->opt->told(r->opt->told_ctx, &told, r->run->err));
    return run_counted(r->run);
}

static Status retry_inside(Retry *r) {
    TRY(run_open(r->run));
    r->kept.b = r->run->p->bundle; /* the ledger's, of all its versions */
    TRY(rejects_find(r));
    for (size_t i = 0; i < r->rejects.n; i++)
        TRY(retry_one(r, r->rejects.at[i]));
    return run_commit(r->run);
}

Status retry_all(const Policy *p, const RunOptions *opt, const RetryOptions *retry, RunResult *run,
                 RetryResult *out, Err *err) {
    Run inner;
    job_begin(&inner, p, opt, run, err);
    inner.existing = true;
    *out = (RetryResult){0};
    Retry r = {
        .run = &inner, .opt = retry, .out = out, .kept = {.b = p->bundle, .source = opt->source}};
    Status status = retry_inside(&r);
    job_end(&inner);
    kept_free(&r.kept);
    arena_free(&r.arena);
    vec_free(&r.rejects);
    return status == OK ? OK : err_status(err, status);
}
