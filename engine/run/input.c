/* run: the files of a run, and what comes of those that a feed maps. */
#include "engine/base/near.h"
#include "engine/base/shown.h"
#include "engine/run/run.h"

enum { CONVERT_OUT = 1 << 18 };

static Str feed_named(const RunOptions *opt, size_t i) {
    return opt->feeds == NULL ? (Str){NULL, 0} : opt->feeds[i];
}

static Status no_feed(const Bundle *b, Str name, Err *err) {
    Str names[64] = {0};
    size_t n = 0;
    for (; n < b->feed_count && n < 64; n++)
        names[n] = b->feeds[n].name;
    ptrdiff_t best = nearest(name, names, n);
    if (best >= 0)
        return err_say(err, ERR_NOTFOUND, "the policy has no feed \"%.*s\"; did you mean %.*s?",
                       "政策中没有导入“%.*s”；是不是 %.*s？", STR_ARG(name), STR_ARG(names[best]));
    return n == 0 ? err_say(err, ERR_NOTFOUND, "the policy has no feed \"%.*s\": it declares none",
                            "政策中没有导入“%.*s”：它没有声明任何导入", STR_ARG(name))
                  : err_say(err, ERR_NOTFOUND, "the policy has no feed \"%.*s\"",
                            "政策中没有导入“%.*s”", STR_ARG(name));
}

Status inputs_check(const Policy *p, const RunOptions *opt, Err *err) {
    for (size_t i = 0; i < opt->event_count; i++) {
        Str feed = feed_named(opt, i);
        if (feed.n > 0 && bundle_feed(p->bundle, feed) < 0)
            return no_feed(p->bundle, feed, err);
        TRY(os_can_read(opt->events[i], err));
    }
    return OK;
}

Status input_open(const Policy *p, const RunOptions *opt, size_t i, Arena *keep, Feed *out,
                  Err *err) {
    Str name = feed_named(opt, i);
    *out = (Feed){.file = {.fd = -1}};
    if (name.n == 0)
        return feed_open(out, opt->events[i], opt->kind, keep, err);
    int32_t feed = bundle_feed(p->bundle, name);
    Mapper *mapper;
    if (feed < 0)
        return no_feed(p->bundle, name, err);
    TRY(mapper_open(p->bundle, (uint32_t)feed, opt->source, &mapper));
    return feed_open_mapped(out, opt->events[i], mapper, keep, err);
}

void put_refusal(Buf *out, const Feed *f, const Refusal *why) {
    put_text(out, f->file.path);
    if (f->by != NULL)
        put_fmt(out, ":%u", f->line);
    put_text(out, S(": "));
    if (why->field.n > 0) {
        put_text(out, why->field);
        put_text(out, S(": "));
    }
    put_on_line(out, why->message);
    put_c(out, '\n');
}

/* ---- events out */

typedef struct Convert {
    const RunOptions *opt;
    Status (*told)(void *ctx, Str line, Err *err);
    RunResult *out;
    Buf lines, line;
    Arena keep;
    ZoneCache zone;
} Convert;

static Status convert_flush(Convert *c, size_t most, Err *err) {
    if (c->lines.n <= most)
        return buf_status(&c->lines);
    TRY(buf_status(&c->lines));
    Status status =
        c->opt->write == NULL ? OK : c->opt->write(c->opt->write_ctx, buf_str(&c->lines), err);
    buf_reset(&c->lines);
    return status;
}

static Status convert_file(Convert *c, const Policy *p, Feed *f, Err *err) {
    for (;;) {
        Reading what;
        Input event;
        Refusal refusal;
        uint64_t at;
        bool over;
        TRY(feed_next(f, NULL, &what, &event, &refusal, &at, &over, err));
        if (over)
            return OK;
        if (what == READ_EVENT) {
            c->out->counts.events++;
            put_event_line(&c->lines, p->bundle, &c->zone, &event);
            put_c(&c->lines, '\n');
            TRY(convert_flush(c, CONVERT_OUT, err));
            continue;
        }
        c->out->counts.rejected[refusal.reason]++;
        buf_reset(&c->line);
        put_refusal(&c->line, f, &refusal);
        TRY(convert_flush(c, 0, err)); /* what came before it is told before it */
        TRY(buf_status(&c->line));
        TRY(c->told(c->opt->write_ctx, buf_str(&c->line), err));
    }
}

Status convert_all(const Policy *p, const RunOptions *opt,
                   Status (*told)(void *ctx, Str line, Err *err), RunResult *out, Err *err) {
    Convert c = {.opt = opt, .told = told, .out = out, .zone = {.zone = bundle_zone(p->bundle)}};
    *out = (RunResult){0};
    Status status = inputs_check(p, opt, err);
    for (size_t i = 0; i < opt->event_count && status == OK; i++) {
        Feed feed;
        status = input_open(p, opt, i, &c.keep, &feed, err);
        if (status == OK)
            status = convert_file(&c, p, &feed, err);
        out->bytes += feed.offset;
        feed_close(&feed);
    }
    if (status == OK)
        status = convert_flush(&c, 0, err);
    buf_free(&c.lines);
    buf_free(&c.line);
    arena_free(&c.keep);
    return status == OK ? OK : err_status(err, status);
}
