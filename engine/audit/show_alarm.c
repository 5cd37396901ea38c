/* audit: alarms that wait to be told, and the timers of what waits. */
#include "engine/audit/show_int.h"

#include "engine/base/civil.h"
#include "engine/base/json.h"
#include "engine/run/gather.h"

static Status group_get(Show *s, uint64_t number, Group *out) {
    Buf key = {0};
    Str value;
    bool found;
    put_key_u64(&key, number);
    Status status =
        key.failed ? ERR_NOMEM : led_find(s->r->l, LED_GROUP, buf_str(&key), &value, &found);
    buf_free(&key);
    TRY(status);
    return found ? view_group(s->r->b, number, value, &s->arena, out) : ERR_DAMAGED;
}

Status show_gather_timer(Show *s, uint64_t number, Str *owner, Str *what) {
    Group g;
    TRY(group_get(s, number & ~(number >= DIGEST_TIMER ? DIGEST_TIMER : NOTICE_TIMER), &g));
    *what = g.kind == GATHER_NOTICE ? S("notify") : S("digest");
    *owner = S("notice");
    if (g.kind == GATHER_NOTICE)
        return OK;
    Subject subject;
    TRY(digest_subject(s->r->b, &g, &s->arena, &subject));
    return show_subject(s, &subject, owner);
}

/* One that waits: the group's number, of what is stale its addressee, then the leaf. */
static Status each_waiting(Show *s, Str key, Str value) {
    Take t = take_from(key), end = take_from(str_from(key, key.n < 8 ? 0 : key.n - 8));
    Group g;
    Leaf leaf;
    uint64_t number = take_key_u64(&t);
    (void)value;
    TRY(record_leaf(s->r, take_key_u64(&end), &s->arena, &leaf, s->err));
    if (leaf.kind != LEAF_EFFECT || number == 0)
        return ERR_DAMAGED;
    TRY(group_get(s, number, &g));
    const Effect *e = &leaf.effect;
    Value to = g.kind == GATHER_NOTICE ? effect_value(e, S("to")) : g.to;
    Str subject;
    TRY(show_subject(s, &e->subject, &subject));
    s->rows++;
    if (!s->opt->json) {
        TRY(show_cell_time(s, g.timer_at));
        TRY(show_cell_value(s, to));
        TRY(show_cell_value(s, effect_value(e, S("reason"))));
        TRY(show_cell(s, subject));
        TRY(show_cell_time(s, e->time));
        return show_end_row(s);
    }
    Buf out = {0};
    put_text(&out, S("{\"until\":\""));
    zone_put_instant(&out, &s->r->render.zone, g.timer_at);
    put_c(&out, '"');
    show_json(s, &out, "to", to);
    show_json(s, &out, "reason", effect_value(e, S("reason")));
    put_text(&out, S(",\"subject\":"));
    put_json_string(&out, subject);
    show_json(s, &out, "since", value_of(V_INSTANT, e->time));
    show_json(s, &out, "text", effect_value(e, S("text")));
    put_c(&out, '}');
    Status status = show_end_line(s, &out);
    buf_free(&out);
    return status;
}

Status show_waiting(Show *s) {
    static const char *const columns[] = {"until", "to", "reason", "of", "since"};
    TRY(show_columns(s, columns, 5));
    return show_walk(s, LED_WAITING, each_waiting);
}
